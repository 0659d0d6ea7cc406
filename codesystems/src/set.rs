//! Sets of concepts and their algebra.

mod marks;

use std::ops::Range;

use roaring::RoaringBitmap;

pub(crate) use self::marks::Marks;
use crate::ConceptIx;

/// A set of concepts of one edition: whatever selects concepts yields one.
///
/// Shape: a compressed bitmap over ordinals; iteration is ascending, which is hierarchy order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConceptSet {
    bitmap: RoaringBitmap,
}

impl ConceptSet {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All concepts of an edition with `count` concepts.
    #[must_use]
    pub fn all(count: u32) -> Self {
        let mut bitmap = RoaringBitmap::new();
        bitmap.insert_range(0..count);
        Self { bitmap }
    }

    /// Adds a concept.
    pub fn insert(&mut self, concept: ConceptIx) {
        self.bitmap.insert(concept.0);
    }

    /// Adds the ordinals `start..end`.
    pub fn insert_run(&mut self, start: u32, end: u32) {
        self.bitmap.insert_range(start..end);
    }

    /// Removes a concept.
    pub fn remove(&mut self, concept: ConceptIx) {
        self.bitmap.remove(concept.0);
    }

    /// Whether a concept is in the set. Cost: a few nanoseconds.
    #[must_use]
    pub fn contains(&self, concept: ConceptIx) -> bool {
        self.bitmap.contains(concept.0)
    }

    /// How many concepts are in the set.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.bitmap.len()
    }

    /// Whether no concept is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bitmap.is_empty()
    }

    /// The concepts, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = ConceptIx> + '_ {
        self.bitmap.iter().map(ConceptIx)
    }

    /// The concepts from the `offset`-th on, ascending. Cost: does not grow with `offset` beyond
    /// the number of containers of 65,536 ordinals.
    #[must_use]
    pub fn iter_from(&self, offset: u64) -> ConceptsFrom<'_> {
        let start = u32::try_from(offset).ok().and_then(|offset| self.bitmap.select(offset));
        ConceptsFrom(start.map(|start| {
            let mut rest = self.bitmap.iter();
            rest.advance_to(start);
            rest
        }))
    }

    /// How many concepts of the set lie before `concept`.
    #[must_use]
    pub fn rank(&self, concept: ConceptIx) -> u64 {
        concept.0.checked_sub(1).map_or(0, |before| self.bitmap.rank(before))
    }

    /// Concepts in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { bitmap: &self.bitmap & &other.bitmap }
    }

    /// Concepts in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self { bitmap: &self.bitmap | &other.bitmap }
    }

    /// Concepts in this set and not in the other.
    #[must_use]
    pub fn and_not(&self, other: &Self) -> Self {
        Self { bitmap: &self.bitmap - &other.bitmap }
    }

    /// How many concepts are in both, without building the set.
    #[must_use]
    pub fn and_len(&self, other: &Self) -> u64 {
        self.bitmap.intersection_len(&other.bitmap)
    }

    /// Adds all concepts of the other set.
    pub fn extend(&mut self, other: &Self) {
        self.bitmap |= &other.bitmap;
    }

    /// The set as a bitmap of ordinals.
    #[must_use]
    pub fn bitmap(&self) -> &RoaringBitmap {
        &self.bitmap
    }

    /// The runs of concepts that follow one another, ascending; `None` when there are more than `most`.
    pub(crate) fn runs(&self, most: usize) -> Option<Vec<Range<u32>>> {
        let mut runs = Vec::new();
        let mut rest = self.bitmap.iter();
        while let Some(run) = rest.next_range() {
            if runs.len() == most {
                return None;
            }
            runs.push(*run.start()..run.end().saturating_add(1));
        }
        Some(runs)
    }

    /// Bytes of memory the set takes, roughly: for caches with a byte budget.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        // A list of containers has room for four, and each is an allocation of its own.
        self.bitmap.serialized_size() + size_of::<Self>() + 160
    }
}

/// Concepts of a set from one on, ascending; see [`ConceptSet::iter_from`].
#[derive(Clone)]
pub struct ConceptsFrom<'a>(Option<roaring::bitmap::Iter<'a>>);

impl std::fmt::Debug for ConceptsFrom<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl Iterator for ConceptsFrom<'_> {
    type Item = ConceptIx;

    #[inline]
    fn next(&mut self) -> Option<ConceptIx> {
        self.0.as_mut()?.next().map(ConceptIx)
    }
}

impl From<RoaringBitmap> for ConceptSet {
    fn from(bitmap: RoaringBitmap) -> Self {
        Self { bitmap }
    }
}

impl FromIterator<ConceptIx> for ConceptSet {
    fn from_iter<I: IntoIterator<Item = ConceptIx>>(concepts: I) -> Self {
        Self { bitmap: concepts.into_iter().map(|concept| concept.0).collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sets_are_walked_through_whole_containers() {
        let mut set = ConceptSet::new();
        set.insert_run(10, 200_000);
        for offset in [0, 65_000, 65_536, 140_000, 199_989] {
            let walked: Vec<u32> = set.iter_from(offset).map(|concept| concept.0).collect();
            let expected: Vec<u32> = (10 + offset as u32..200_000).collect();
            assert_eq!(walked, expected, "from {offset}");
        }
        assert_eq!(set.iter_from(199_990).next(), None);
        assert_eq!(set.runs(1).unwrap().first(), Some(&(10..200_000)));
    }

    fn set(numbers: &BTreeSet<u32>) -> ConceptSet {
        numbers.iter().copied().map(ConceptIx).collect()
    }

    fn numbers(set: &ConceptSet) -> BTreeSet<u32> {
        set.iter().map(|concept| concept.0).collect()
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_sets(
            a in prop::collection::btree_set(0u32..200_000, 0..80),
            b in prop::collection::btree_set(0u32..200_000, 0..80),
            offset in 0u64..90,
        ) {
            let (left, right) = (set(&a), set(&b));
            prop_assert_eq!(numbers(&left.and(&right)), &a & &b);
            prop_assert_eq!(numbers(&left.or(&right)), &a | &b);
            prop_assert_eq!(numbers(&left.and_not(&right)), &a - &b);
            prop_assert_eq!(left.and_len(&right), (&a & &b).len() as u64);
            let tail: Vec<u32> = left.iter_from(offset).map(|concept| concept.0).collect();
            prop_assert_eq!(tail, a.iter().copied().skip(offset as usize).collect::<Vec<_>>());
            for &number in &a {
                prop_assert_eq!(left.rank(ConceptIx(number)), a.range(..number).count() as u64);
            }
        }
    }
}
