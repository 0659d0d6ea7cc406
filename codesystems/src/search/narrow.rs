//! The postings of few concepts alone, for sets that are searched again and again: a value set that
//! lists some thousand codes of a large code system, searched with every key that is typed.

use std::ops::Range;

use roaring::RoaringBitmap;
use zerocopy::little_endian::U32;

use super::build::best_wheres;
use super::index::TextIndex;

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
        (numbers + places) * size_of::<u32>() + self.concepts.serialized_size()
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
        let mut narrow = Narrow {
            concepts: concepts.clone(),
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
        narrow
    }
}
