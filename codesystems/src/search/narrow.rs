//! The postings of few concepts alone, for sets that are searched again and again: a value set that
//! lists some thousand codes of a large code system, searched with every key that is typed.

use std::ops::Range;
use std::sync::OnceLock;

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use zerocopy::little_endian::U32;

use super::build::{BuildOptions, best_wheres};
use super::index::TextIndex;
use super::qualities::Qualities;
use super::unions::{self, PostingLists, Space};

/// From which sizes on something is kept of ranges of tokens. Pages of a value set are longer than
/// those of a code system: 1,000 rows are usual.
const OPTIONS: BuildOptions = BuildOptions {
    compounds_from_designations: usize::MAX,
    long_from_postings: usize::MAX,
    frequent_from_postings: 512,
    frequent_in_large: (usize::MAX, usize::MAX),
    best_concepts: 1_024,
    sets_from_postings: usize::MAX,
    wide_from_postings: usize::MAX,
    wide_designations_per_posting: 1,
};

/// The postings of some concepts of a [`TextIndex`], in memory. See [`TextIndex::narrow`].
#[derive(Debug, Default)]
pub struct Narrow {
    pub(super) concepts: RoaringBitmap,
    /// The tokens that occur, ascending.
    tokens: Vec<u32>,
    /// Where the postings of each begin, and the end.
    starts: Vec<u32>,
    /// `place << 2 | where`; places are numbered anew, in the same order.
    postings: Vec<u32>,
    pub(super) place_concepts: Vec<U32>,
    pub(super) place_designations: Vec<U32>,
    pub(super) qualities: OnceLock<Qualities>,
    /// What is kept of ranges of rows with many postings, as `frequent_ranges` of
    /// [`super::TextSections`] has it of tokens.
    pub(super) frequent: Vec<u8>,
}

impl PostingLists for Narrow {
    fn of(&self, row: usize) -> &[u32] {
        self.postings(row)
    }
}

impl Narrow {
    /// The concepts.
    #[must_use]
    pub fn concepts(&self) -> &RoaringBitmap {
        &self.concepts
    }

    /// How much memory it takes, in bytes.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        let numbers = self.tokens.len() + self.starts.len() + self.postings.len();
        let places = self.place_concepts.len() + self.place_designations.len();
        let qualities = self.qualities.get().map_or(0, Qualities::byte_count);
        let bytes = self.frequent.len() + self.concepts.serialized_size() + qualities;
        (numbers + places) * size_of::<u32>() + bytes
    }

    /// The rows of `tokens`.
    pub(super) fn rows(&self, tokens: &Range<u32>) -> Range<usize> {
        let row = |token| self.tokens.partition_point(|known| *known < token);
        let start = row(tokens.start);
        start..row(tokens.end).max(start)
    }

    pub(super) fn token(&self, row: usize) -> u32 {
        self.tokens.get(row).copied().unwrap_or_default()
    }

    pub(super) fn postings(&self, row: usize) -> &[u32] {
        let bounds = self.starts.get(row).zip(self.starts.get(row + 1));
        bounds
            .and_then(|(&start, &end)| self.postings.get(start as usize..end as usize))
            .unwrap_or_default()
    }

    /// How many postings `tokens` have.
    pub(super) fn count(&self, tokens: &Range<u32>) -> u64 {
        let rows = self.rows(tokens);
        let at = |row: usize| self.starts.get(row).copied().unwrap_or_default();
        at(rows.end).saturating_sub(at(rows.start)).into()
    }
}

impl TextIndex<'_> {
    /// The postings of `concepts` alone: with them, a search costs what these have, and not what all
    /// concepts have. Cost: microseconds for each concept; memory: about hundred bytes for each.
    #[must_use]
    pub fn narrow(&self, concepts: &RoaringBitmap) -> Narrow {
        self.narrow_with(concepts, &OPTIONS)
    }

    /// [`Self::narrow`] with other limits than the usual ones.
    pub(super) fn narrow_with(&self, concepts: &RoaringBitmap, options: &BuildOptions) -> Narrow {
        let mut places: Vec<(u16, u32, u32)> = Vec::new();
        for concept in concepts.range(..self.concept_count) {
            let found = self.designations_of(concept);
            let found = found.filter(|designation| self.entries(*designation).next().is_some());
            places.extend(found.map(|number| (self.quality(number), number, concept)));
        }
        places.sort_unstable();
        let mut postings: Vec<(u32, u32)> = Vec::new();
        let (mut entries, mut best) = (Vec::new(), Vec::new());
        for (&(_, designation, _), place) in places.iter().zip(0_u32..) {
            entries.clear();
            entries.extend(self.entries(designation).map(|entry| entry.token << 2 | entry.kind));
            best_wheres(&entries, &mut best);
            postings.extend(best.iter().map(|at| (at >> 2, place << 2 | at & 3)));
        }
        postings.sort_unstable();
        let qualities = Qualities::of(places.len() as u32, |place| {
            places.get(place as usize).map_or(u16::MAX, |&(quality, ..)| quality)
        });
        let mut narrow = Narrow {
            concepts: concepts.clone(),
            qualities: qualities.into(),
            place_concepts: places.iter().map(|&(.., concept)| concept.into()).collect(),
            place_designations: places.iter().map(|&(_, number, _)| number.into()).collect(),
            ..Narrow::default()
        };
        for (token, posting) in postings {
            if narrow.tokens.last() != Some(&token) {
                narrow.tokens.push(token);
                narrow.starts.push(narrow.postings.len() as u32);
            }
            narrow.postings.push(posting);
        }
        narrow.starts.push(narrow.postings.len() as u32);
        narrow.tokens.shrink_to_fit();
        narrow.starts.shrink_to_fit();
        narrow.postings.shrink_to_fit();
        // Rows of the set instead of numbers of concepts: sets of them are that much smaller, but
        // not worth being kept.
        let options = BuildOptions {
            sets_from_postings: usize::MAX,
            wide_from_postings: usize::MAX,
            ..*options
        };
        let rows: FxHashMap<u32, u32> = concepts.iter().zip(0..).collect();
        let row = |concept| rows.get(concept).copied().unwrap_or_default();
        let rows: Vec<u32> = places.iter().map(|(.., concept)| row(concept)).collect();
        let space = Space { concepts: &rows, concept_count: concepts.len() as u32 };
        let terms = self.terms.texts(&narrow.tokens);
        // Too much to be told in numbers of four bytes: then there is nothing kept.
        narrow.frequent =
            unions::encode_alone(&terms, &narrow, &space, &options).unwrap_or_default();
        narrow
    }
}
