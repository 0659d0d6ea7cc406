//! The byte sections of a text index.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Version of the layout; a reader refuses any other.
pub(super) const VERSION: u32 = 3;

macro_rules! sections {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// The sections as built; same texts, same bytes.
        ///
        /// Numbers are little-endian; `D` designations, `C` concepts, `P` places, `T` tokens. A
        /// *place* is the number of a searched designation in the order of quality: fewer words,
        /// lower rank, shorter text, lower number of the designation.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct TextSections {
            $($(#[doc = $doc])* pub $name: Vec<u8>,)*
        }

        /// The sections as read; see [`TextSections`] for what each holds.
        #[derive(Debug, Clone, Copy, Default)]
        pub struct TextSectionRefs<'e> {
            $($(#[doc = $doc])* pub $name: &'e [u8],)*
        }

        impl TextSections {
            /// All sections with their names, in a fixed order.
            #[must_use]
            pub fn named(&self) -> Vec<(&'static str, &[u8])> {
                vec![$((stringify!($name), self.$name.as_slice()),)*]
            }

            /// The sections for reading.
            #[must_use]
            pub fn refs(&self) -> TextSectionRefs<'_> {
                TextSectionRefs { $($name: &self.$name,)* }
            }
        }
    };
}

sections! {
    /// `Header`: version and counts, 32 bytes.
    header,
    /// The sorted tokens, front-coded.
    terms,
    /// Where the posting list of a token begins in `postings`: `u32 × (T + 1)`.
    posting_offsets,
    /// Posting lists: LEB128 of `distance to the previous place << 2 | where`; where is 3 for the
    /// first word, 2 for a later word, 1 for a part of a compound. Lists of very many postings have
    /// a form that can be read from any place on, told where they are read.
    postings,
    /// Concept of a place: `u32 × P`.
    place_concepts,
    /// Designation of a place: `u32 × P`.
    place_designations,
    /// Quality of a designation: `u16 × D`, words (at most 63) `<< 10 | rank << 8 |` characters
    /// (at most 255); lower is better.
    qualities,
    /// First designation of a concept: `u32 × (C + 1)`. The same as an edition's own offsets of
    /// designations, where it has them in this form.
    designation_offsets,
    /// Where the tokens of a designation begin in `designation_tokens`: `u32 × (D + 1)`.
    token_offsets,
    /// Tokens of the designations in text order: LEB128 of `row in token_codes << 2 | kind`; kind
    /// is 0 for the next word, 1 for another form of the same word, 2 for a part of it.
    designation_tokens,
    /// Tokens by descending frequency: `u32 × T`.
    token_codes,
    /// Ranges of tokens with very many postings, with their unions as bit sets; `u32` count, then
    /// per range `first, behind: u32` ascending, then per range three sets in words of
    /// 64 bits: whole words by place, first words or parts by place, concepts.
    wide_ranges,
    /// Ranges of tokens with many postings, with the beginning of their answer; `u32` count, then
    /// per range `first, behind, concepts, best, set: u32` ascending, then bytes: at `best` the number
    /// of concepts told there, up to 512, and their best places in the order of answers, as a posting
    /// list that starts anew where `where` changes; at `set` the concepts as a serialized Roaring
    /// bitmap, or nothing.
    frequent_ranges,
}

/// What a reader must know before it can read the rest.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    pub(super) version: U32,
    pub(super) concepts: U32,
    pub(super) designations: U32,
    pub(super) places: U32,
    pub(super) terms: U32,
    pub(super) reserved: [U32; 3],
}

/// One of the ranges in [`TextSections::wide_ranges`].
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct WideRange {
    pub(super) first: U32,
    pub(super) behind: U32,
}

/// One of the ranges in [`TextSections::frequent_ranges`].
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct FrequentRange {
    pub(super) first: U32,
    pub(super) behind: U32,
    pub(super) concepts: U32,
    pub(super) best: U32,
    pub(super) set: U32,
}

/// The numbers of a section, `None` when it has not `count` of them.
pub(super) fn numbers(section: &[u8], count: usize) -> Option<&[U32]> {
    <[U32]>::ref_from_bytes_with_elems(section, count).ok()
}

/// The short numbers of a section, `None` when it has not `count` of them.
pub(super) fn short_numbers(section: &[u8], count: usize) -> Option<&[U16]> {
    <[U16]>::ref_from_bytes_with_elems(section, count).ok()
}

/// The 64-bit words of a section.
pub(super) fn long_numbers(section: &[u8]) -> Option<&[U64]> {
    <[U64]>::ref_from_bytes(section).ok()
}

/// The range `row` of compressed sparse rows, `None` beyond the last or where damaged.
#[inline]
pub(super) fn row(offsets: &[U32], row: usize) -> Option<std::ops::Range<usize>> {
    let (start, end) = (offsets.get(row)?, offsets.get(row + 1)?);
    Some(start.get() as usize..end.get() as usize)
}
