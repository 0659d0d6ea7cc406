//! The index as read from its sections.

use std::ops::Range;
use std::sync::OnceLock;

use roaring::RoaringBitmap;
use zerocopy::FromBytes;
use zerocopy::little_endian::{U16, U32, U64};

use super::bits::{self, StoredBits};
use super::collect::PART;
use super::evaluate::Costs;
use super::narrow::Narrow;
use super::postings::{List, Numbers, Where, spans};
use super::qualities::Qualities;
use super::sections::{
    FrequentRange, Header, TextSectionRefs, VERSION, WideRange, long_numbers, numbers, row,
    short_numbers,
};
use super::terms::Terms;
use crate::{Error, Result};

/// The text index of one edition, on its mapped bytes.
///
/// Opening checks the sizes of the sections and reads nothing else; damaged content gives fewer or
/// other hits, never a panic.
#[derive(Debug, Clone, Copy)]
pub struct TextIndex<'e> {
    pub(super) concept_count: u32,
    pub(super) terms: Terms<'e>,
    posting_offsets: &'e [U32],
    postings: &'e [u8],
    place_concepts: &'e [U32],
    place_designations: &'e [U32],
    qualities: &'e [U16],
    designation_offsets: &'e [U32],
    token_offsets: &'e [U32],
    designation_tokens: &'e [u8],
    token_codes: &'e [U32],
    wide: Wide<'e>,
    frequent: Frequent<'e>,
    /// Where only some concepts are looked at, their postings ...
    narrow: Option<&'e Narrow>,
    /// ... and concepts and designations of all places, and what is stored of all.
    all_places: [&'e [U32]; 2],
    all_frequent: Frequent<'e>,
    /// The qualities of places, and those of all, where there is room to keep them.
    pub(super) kept_qualities: Option<&'e OnceLock<Qualities>>,
    all_qualities: Option<&'e OnceLock<Qualities>>,
    pub(super) costs: Costs,
}

/// Stored unions of ranges of tokens.
#[derive(Debug, Clone, Copy)]
struct Wide<'e> {
    ranges: &'e [WideRange],
    words: &'e [U64],
    place_words: usize,
    concept_words: usize,
}

/// Stored beginnings of answers.
#[derive(Debug, Clone, Copy, Default)]
struct Frequent<'e> {
    ranges: &'e [FrequentRange],
    bytes: &'e [u8],
}

/// What is stored of a frequent range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best<'e> {
    /// How many concepts have a token of the range.
    pub(super) concept_count: u32,
    /// Of how many of them the best place is stored.
    pub(super) stored: u32,
    /// The best places; see [`BestPlaces`].
    pub(super) places: BestPlaces<'e>,
    /// The concepts as a serialized bitmap, empty when they are not stored.
    pub(super) set: &'e [u8],
}

/// The stored union of one range of tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct WideSets<'e> {
    /// Places with a whole word of the range.
    pub(super) whole: &'e [U64],
    /// Places whose first word is of the range, or that have only parts of words of it.
    pub(super) first_or_part: &'e [U64],
    /// Concepts with a token of the range.
    pub(super) concepts: StoredBits<'e>,
}

/// One token of a designation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) token: u32,
    pub(super) kind: u32,
}

impl Entry {
    pub(super) fn is_part(self) -> bool {
        self.kind >= PART
    }
}

impl<'e> TextIndex<'e> {
    /// Opens an index.
    ///
    /// # Errors
    /// When a section has not the size that the header promises, or the layout is of another
    /// version.
    pub fn new(sections: &TextSectionRefs<'e>) -> Result<Self> {
        let damaged = |section, problem| Error::Section { section, problem };
        let header = Header::ref_from_bytes(sections.header)
            .map_err(|_| damaged("text header", "has not the size of a header"))?;
        if header.version.get() != VERSION {
            let found = header.version.get();
            return Err(Error::UnknownFormat { found, supported: VERSION });
        }
        let size = |section| damaged(section, "has not the size that the header promises");
        let [concepts, designations, places, terms] =
            [header.concepts, header.designations, header.places, header.terms]
                .map(|count| count.get() as usize);
        let rows = |section, name, count| numbers(section, count).ok_or(size(name));
        Ok(Self {
            concept_count: header.concepts.get(),
            terms: Terms::new(sections.terms)
                .filter(|read| read.len() as usize == terms)
                .ok_or(size("terms"))?,
            posting_offsets: rows(sections.posting_offsets, "posting_offsets", terms + 1)?,
            postings: sections.postings,
            place_concepts: rows(sections.place_concepts, "place_concepts", places)?,
            place_designations: rows(sections.place_designations, "place_designations", places)?,
            qualities: short_numbers(sections.qualities, designations).ok_or(size("qualities"))?,
            designation_offsets: rows(
                sections.designation_offsets,
                "designation_offsets",
                concepts + 1,
            )?,
            token_offsets: rows(sections.token_offsets, "token_offsets", designations + 1)?,
            designation_tokens: sections.designation_tokens,
            token_codes: rows(sections.token_codes, "token_codes", terms)?,
            wide: Wide::new(sections.wide_ranges, header).ok_or(size("wide_ranges"))?,
            frequent: Frequent::new(sections.frequent_ranges).ok_or(size("frequent_ranges"))?,
            narrow: None,
            all_places: [&[], &[]],
            all_frequent: Frequent::default(),
            kept_qualities: None,
            all_qualities: None,
            costs: Costs::default(),
        })
    }

    /// The same index, which keeps in `kept` what it finds out of the order of its places: made at the
    /// first question for it, some ten kilobytes.
    #[must_use]
    pub fn keeping(self, kept: &'e OnceLock<Qualities>) -> Self {
        Self { kept_qualities: Some(kept), ..self }
    }

    /// The same index, in which only the concepts of `narrow` are found.
    ///
    /// `narrow` must be made from this index.
    #[must_use]
    pub fn narrowed<'n>(&self, narrow: &'n Narrow) -> TextIndex<'n>
    where
        'e: 'n,
    {
        TextIndex {
            place_concepts: &narrow.place_concepts,
            place_designations: &narrow.place_designations,
            narrow: Some(narrow),
            frequent: Frequent::new(&narrow.frequent).unwrap_or_default(),
            all_places: [self.place_concepts, self.place_designations],
            all_frequent: self.frequent,
            kept_qualities: Some(&narrow.qualities),
            all_qualities: self.kept_qualities,
            ..*self
        }
    }

    /// The index of all concepts, and those that are looked at; `None` when that is all.
    pub(super) fn whole(&self) -> Option<(Self, &'e RoaringBitmap)> {
        let narrow = self.narrow?;
        let [place_concepts, place_designations] = self.all_places;
        let (frequent, kept_qualities) = (self.all_frequent, self.all_qualities);
        let whole = TextIndex {
            place_concepts,
            place_designations,
            frequent,
            kept_qualities,
            narrow: None,
            ..*self
        };
        Some((whole, &narrow.concepts))
    }

    /// How many designations can be found.
    pub(super) fn place_count(&self) -> u32 {
        self.place_concepts.len() as u32
    }

    #[inline]
    pub(super) fn concept_of_place(&self, place: u32) -> Option<u32> {
        self.place_concepts.get(place as usize).map(|concept| concept.get())
    }

    #[inline]
    pub(super) fn designation_of_place(&self, place: u32) -> Option<u32> {
        self.place_designations.get(place as usize).map(|designation| designation.get())
    }

    /// Lower is better.
    #[inline]
    pub(super) fn quality(&self, designation: u32) -> u16 {
        self.qualities.get(designation as usize).map_or(u16::MAX, |quality| quality.get())
    }

    /// The designations of `concept`.
    pub(super) fn designations_of(&self, concept: u32) -> Range<u32> {
        let range = row(self.designation_offsets, concept as usize).unwrap_or_default();
        let end = range.end.min(self.qualities.len());
        range.start as u32..end as u32
    }

    /// The posting list of `token`.
    #[inline]
    pub(super) fn list(&self, token: u32) -> List<'e> {
        if let Some(narrow) = self.narrow {
            let of_token = narrow.rows(&(token..token + 1));
            return List::Plain(
                of_token.map(|row| narrow.postings(row)).next().unwrap_or_default(),
            );
        }
        let range = row(self.posting_offsets, token as usize).unwrap_or_default();
        List::new(self.postings.get(range).unwrap_or_default(), spans(self.place_count()))
    }

    /// Tells the posting lists of `tokens`, as far as they have any.
    pub(super) fn each_list(&self, tokens: &Range<u32>, mut tell: impl FnMut(u32, List<'e>)) {
        if let Some(narrow) = self.narrow {
            for row in narrow.rows(tokens) {
                tell(narrow.token(row), List::Plain(narrow.postings(row)));
            }
            return;
        }
        // Where offsets are damaged, no byte is read twice: the work stays within the section.
        let mut read = 0;
        for token in tokens.clone() {
            let range = row(self.posting_offsets, token as usize);
            let range = range.filter(|range| range.start >= read).unwrap_or_default();
            read = read.max(range.end);
            let bytes = self.postings.get(range).unwrap_or_default();
            tell(token, List::new(bytes, spans(self.place_count())));
        }
    }

    /// Tells the postings of `tokens`, token by token.
    pub(super) fn each_posting(&self, tokens: &Range<u32>, mut tell: impl FnMut(u32, Where)) {
        self.each_list(tokens, |_, list| list.each(&mut tell));
    }

    /// The size of the posting lists of `tokens`, in bytes: about two a posting.
    pub(super) fn weight(&self, tokens: &Range<u32>) -> u64 {
        match self.narrow {
            Some(narrow) => narrow.count(tokens) * 2,
            None => self.stored_weight(tokens),
        }
    }

    /// [`Self::weight`] of all concepts, whichever are looked at.
    pub(super) fn stored_weight(&self, tokens: &Range<u32>) -> u64 {
        let at = |token: u32| self.posting_offsets.get(token as usize).map_or(0, |at| at.get());
        let bytes = at(tokens.end).saturating_sub(at(tokens.start));
        // Where offsets are damaged, no more than there is.
        (self.postings.len() as u64).min(bytes.into())
    }

    /// The tokens of a designation in text order.
    #[inline]
    pub(super) fn entries(&self, designation: u32) -> impl Iterator<Item = Entry> {
        let range = row(self.token_offsets, designation as usize).unwrap_or_default();
        let bytes = self.designation_tokens.get(range).unwrap_or_default();
        let codes = self.token_codes;
        Numbers(bytes).map_while(move |number| {
            let token = codes.get((number >> 2) as usize)?.get();
            Some(Entry { token, kind: number & 3 })
        })
    }

    /// The stored beginning of the answer for exactly `tokens`.
    pub(super) fn frequent(&self, tokens: &Range<u32>) -> Option<Best<'e>> {
        match self.narrow {
            Some(narrow) => {
                let rows = narrow.rows(tokens);
                self.frequent.find(&(rows.start as u32..rows.end as u32))
            }
            None => self.frequent.find(tokens),
        }
    }

    /// The stored union of exactly `tokens`.
    pub(super) fn wide(&self, tokens: &Range<u32>) -> Option<WideSets<'e>> {
        self.wide.find(tokens).filter(|_| self.narrow.is_none())
    }
}

impl<'e> Wide<'e> {
    fn new(section: &'e [u8], header: &Header) -> Option<Self> {
        let (count, rest) = U32::read_from_prefix(section).ok()?;
        let (ranges, rest) =
            <[WideRange]>::ref_from_prefix_with_elems(rest, count.get() as usize).ok()?;
        let (place_words, concept_words) =
            (bits::words(header.places.get()), bits::words(header.concepts.get()));
        let words = long_numbers(rest)?;
        let expected = ranges.len().checked_mul(2 * place_words + concept_words)?;
        (words.len() == expected).then_some(Self { ranges, words, place_words, concept_words })
    }

    fn find(&self, tokens: &Range<u32>) -> Option<WideSets<'e>> {
        let key = |range: &WideRange| (range.first.get(), range.behind.get());
        let row = self.ranges.binary_search_by_key(&(tokens.start, tokens.end), key).ok()?;
        let start = row * (2 * self.place_words + self.concept_words);
        let words = self.words.get(start..)?;
        let (whole, words) = words.split_at_checked(self.place_words)?;
        let (first_or_part, words) = words.split_at_checked(self.place_words)?;
        Some(WideSets {
            whole,
            first_or_part,
            concepts: StoredBits(words.get(..self.concept_words)?),
        })
    }
}

impl<'e> Frequent<'e> {
    fn new(section: &'e [u8]) -> Option<Self> {
        let (count, rest) = U32::read_from_prefix(section).ok()?;
        let (ranges, bytes) =
            <[FrequentRange]>::ref_from_prefix_with_elems(rest, count.get() as usize).ok()?;
        Some(Self { ranges, bytes })
    }

    fn find(&self, tokens: &Range<u32>) -> Option<Best<'e>> {
        let key = |range: &FrequentRange| (range.first.get(), range.behind.get());
        let row = self.ranges.binary_search_by_key(&(tokens.start, tokens.end), key).ok()?;
        let range = self.ranges.get(row)?;
        let (best, set) = (range.best.get() as usize, range.set.get() as usize);
        let next = self.ranges.get(row + 1).map(|next| next.best.get() as usize);
        let end = next.unwrap_or(self.bytes.len());
        let mut places = Numbers(self.bytes.get(best..set)?);
        Some(Best {
            concept_count: range.concepts.get(),
            stored: places.next()?,
            places: BestPlaces(places.0),
            set: self.bytes.get(set..end)?,
        })
    }
}

/// The best places of a frequent range, in the order of answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct BestPlaces<'e>(&'e [u8]);

impl<'e> BestPlaces<'e> {
    pub(super) fn iter(self) -> impl Iterator<Item = (u32, Where)> + use<'e> {
        let mut before = (0_u32, Where::First);
        Numbers(self.0).map(move |number| {
            let at = Where::from_bits(number);
            let base = if at == before.1 { before.0 } else { 0 };
            before = (base.wrapping_add(number >> 2), at);
            before
        })
    }
}
