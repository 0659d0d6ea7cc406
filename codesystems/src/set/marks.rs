//! Sets of ordinals while they are collected.

use std::cell::RefCell;
use std::mem;
use std::ops::RangeInclusive;

use roaring::RoaringBitmap;
use zerocopy::IntoBytes;

use super::ConceptSet;

/// Words of a block. Which blocks are in use is noted, so that the others need not be looked at.
const BLOCK: usize = 64;
/// Blocks whose ordinals a container of a compressed bitmap holds.
const CONTAINER: usize = (1 << 16) / (64 * BLOCK);
/// Sets of which a thread keeps the memory: an evaluation has some of them at a time. Asked of the
/// allocator anew, it would come in pages that are written twice: cleared and used.
const KEPT: usize = 4;
/// How many words a set has whose memory is kept: small ones come quickly from the allocator.
const KEPT_WORDS: RangeInclusive<usize> = 512..=1 << 17;

/// A set of ordinals while it is collected: a bit for each. Where many small pieces come together
/// this is an order of magnitude quicker than adding them to a compressed bitmap.
#[derive(Debug)]
pub(crate) struct Marks {
    count: u32,
    bits: Bits,
}

#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
    /// For each block, whether there may be anything in it.
    used: Vec<bool>,
}

thread_local! {
    /// Memory without a mark.
    static CLEAN: RefCell<Vec<Bits>> = const { RefCell::new(Vec::new()) };
}

impl Bits {
    fn new(words: usize) -> Self {
        let kept = CLEAN.with(|clean| {
            let mut clean = clean.try_borrow_mut().ok()?;
            let fitting = clean.iter().position(|bits| bits.words.len() >= words)?;
            Some(clean.swap_remove(fitting))
        });
        kept.unwrap_or_else(|| Self {
            words: vec![0; words],
            used: vec![false; words.div_ceil(BLOCK)],
        })
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        let mut bits = mem::take(&mut self.bits);
        if !KEPT_WORDS.contains(&bits.words.len()) {
            return;
        }
        for (words, used) in bits.words.chunks_mut(BLOCK).zip(&mut bits.used) {
            if mem::take(used) {
                words.fill(0);
            }
        }
        // A thread that ends keeps nothing.
        let _ = CLEAN.try_with(|clean| {
            if let Ok(mut clean) = clean.try_borrow_mut()
                && clean.len() < KEPT
            {
                clean.push(bits);
            }
        });
    }
}

impl Marks {
    /// Nothing marked of the ordinals `0..count`; marks beyond are dropped.
    pub(crate) fn new(count: u32) -> Self {
        Self { count, bits: Bits::new((count as usize).div_ceil(64)) }
    }

    /// Marks an ordinal.
    #[inline]
    pub(crate) fn insert(&mut self, ordinal: u32) {
        if ordinal >= self.count {
            return;
        }
        self.unite(ordinal as usize / 64, 1 << (ordinal % 64));
    }

    /// Marks the ordinals of the bits of a word.
    #[inline]
    fn unite(&mut self, at: usize, bits: u64) {
        let Bits { words, used } = &mut self.bits;
        if let (Some(word), Some(used)) = (words.get_mut(at), used.get_mut(at / BLOCK)) {
            *word |= bits;
            *used = true;
        }
    }

    /// Whether an ordinal is marked.
    #[inline]
    pub(crate) fn contains(&self, ordinal: u32) -> bool {
        let word = self.bits.words.get(ordinal as usize / 64);
        word.is_some_and(|word| word >> (ordinal % 64) & 1 == 1)
    }

    /// The marks of a set, whose membership is then one bit away.
    pub(crate) fn of(set: &ConceptSet, count: u32) -> Self {
        let mut marks = Self::new(count);
        // Subtrees are mostly runs: a run is a few words to fill.
        let mut rest = set.bitmap.iter();
        while let Some(run) = rest.next_range() {
            marks.insert_run(*run.start(), run.end().saturating_add(1));
        }
        marks
    }

    /// What is marked, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let blocks =
            (0u32..).step_by(BLOCK).zip(self.bits.words.chunks(BLOCK)).zip(&self.bits.used);
        let words = blocks
            .filter(|(_, used)| **used)
            .flat_map(|((first, words), _)| (first..).zip(words.iter().copied()));
        words.flat_map(|(place, mut rest)| {
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(place * 64 + bit)
            })
        })
    }

    /// Marks the ordinals `start..end`. Most runs of subtrees lie within one word.
    #[inline]
    pub(crate) fn insert_run(&mut self, start: u32, end: u32) {
        let Some(last) = end.min(self.count).checked_sub(1).filter(|&last| last >= start) else {
            return;
        };
        let at = start as usize / 64;
        if at != last as usize / 64 {
            return self.insert_long_run(start, last);
        }
        self.unite(at, u64::MAX << (start % 64) & u64::MAX >> (63 - last % 64));
    }

    /// Marks the ordinals `start..=last`, which are known.
    fn insert_long_run(&mut self, start: u32, last: u32) {
        let (first_word, last_word) = (start as usize / 64, last as usize / 64);
        let Bits { words, used } = &mut self.bits;
        if let Some(used) = used.get_mut(first_word / BLOCK..=last_word / BLOCK) {
            used.fill(true);
        }
        let first_mask = u64::MAX << (start % 64);
        let last_mask = u64::MAX >> (63 - last % 64);
        if let Some([first, between @ .., last]) = words.get_mut(first_word..=last_word) {
            *first |= first_mask;
            between.fill(u64::MAX);
            *last |= last_mask;
        }
    }

    /// The ordinals marked.
    pub(crate) fn into_set(mut self) -> ConceptSet {
        let Bits { words, used } = &mut self.bits;
        let mut set = RoaringBitmap::new();
        let containers = words.chunks_mut(CONTAINER * BLOCK).zip(used.chunks(CONTAINER));
        for ((words, used), container) in containers.zip(0u32..) {
            let is_used = |used: &bool| *used;
            let (Some(first), Some(last)) =
                (used.iter().position(is_used), used.iter().rposition(is_used))
            else {
                continue;
            };
            let end = words.len().min((last + 1) * BLOCK);
            let words = words.get_mut(first * BLOCK..end).unwrap_or_default();
            words.iter_mut().for_each(|word| *word = word.to_le());
            let first = (container as usize * CONTAINER + first) * BLOCK * 64;
            set |= RoaringBitmap::from_lsb0_bytes(first as u32, words.as_bytes());
        }
        set.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::ConceptIx;

    fn numbers(set: &ConceptSet) -> BTreeSet<u32> {
        set.iter().map(|concept| concept.0).collect()
    }

    proptest! {
        /// One set after the other: none sees what the one before has left.
        #[test]
        fn what_is_marked_comes_back(
            sets in prop::collection::vec(prop::collection::btree_set(0u32..200_000, 0..80), 1..4),
            count in 1u32..210_000,
        ) {
            for marked in sets {
                let mut marks = Marks::new(count);
                marked.iter().for_each(|&number| marks.insert(number));
                let expected: BTreeSet<u32> = marked.range(..count).copied().collect();
                prop_assert!(marked.iter().all(|n| marks.contains(*n) == expected.contains(n)));
                let set: ConceptSet = expected.iter().map(|&number| ConceptIx(number)).collect();
                prop_assert!(Marks::of(&set, count).iter().eq(marks.iter()));
                prop_assert_eq!(marks.iter().collect::<BTreeSet<_>>(), expected.clone());
                prop_assert_eq!(numbers(&marks.into_set()), expected);
            }
        }

        #[test]
        fn runs_are_marked_whole(
            long in prop::collection::vec((0u32..200_000, 0u32..9_000), 0..6),
            short in prop::collection::vec((0u32..200_000, 0u32..90), 0..60),
            count in 1u32..210_000,
        ) {
            let runs = [long, short].concat();
            let mut marks = Marks::new(count);
            let mut expected = BTreeSet::new();
            for &(start, length) in &runs {
                marks.insert_run(start, start + length);
                expected.extend(start..(start + length).min(count));
            }
            prop_assert!(marks.iter().eq(expected.iter().copied()));
            prop_assert_eq!(numbers(&marks.into_set()), expected);
        }
    }
}
