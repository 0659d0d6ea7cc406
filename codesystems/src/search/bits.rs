//! Fixed-size sets of small numbers: one bit each, in words of 64.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use roaring::RoaringBitmap;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U64;

/// Buffers that a thread keeps for its next sets. A query takes up to nine of them; asking the
/// allocator for hundreds of kilobytes each time means fresh pages of memory each time.
const KEPT: usize = 12;
/// How many words a buffer has that is kept: small ones come quickly from the allocator.
const KEPT_WORDS: RangeInclusive<usize> = 512..=1 << 17;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u64>>> = const { RefCell::new(Vec::new()) };
}

/// A set of numbers below a limit; what lies beyond is ignored.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Drop for Bits {
    fn drop(&mut self) {
        if !KEPT_WORDS.contains(&self.0.capacity()) {
            return;
        }
        let buffer = std::mem::take(&mut self.0);
        // A thread that ends has no buffers any more.
        let _ = BUFFERS.try_with(|buffers| {
            if let Ok(mut buffers) = buffers.try_borrow_mut()
                && buffers.len() < KEPT
            {
                buffers.push(buffer);
            }
        });
    }
}

impl Bits {
    /// The empty set of numbers below `limit`.
    pub(super) fn new(limit: u32) -> Self {
        let words = words(limit);
        if !KEPT_WORDS.contains(&words) {
            return Self(vec![0; words]);
        }
        let kept = BUFFERS.with(|buffers| {
            let mut buffers = buffers.try_borrow_mut().ok()?;
            let fitting = buffers.iter().position(|buffer| buffer.capacity() >= words);
            // Where there is room for one more, a small one is left to small sets.
            let grown = Some(0).filter(|_| buffers.len() >= KEPT);
            Some(buffers.swap_remove(fitting.or(grown)?))
        });
        match kept {
            Some(mut buffer) => {
                buffer.clear();
                buffer.resize(words, 0);
                Self(buffer)
            }
            None => Self(vec![0; words]),
        }
    }

    /// Adds `number`; true if it is new (and below the limit).
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let Some(word) = self.0.get_mut(number as usize / 64) else { return false };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    #[inline]
    pub(super) fn contains(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        members(self.0.iter().copied())
    }

    pub(super) fn to_roaring(&self) -> RoaringBitmap {
        bits_to_roaring(&self.0)
    }
}

/// A set of concepts that is asked for many of them.
#[derive(Debug)]
pub(super) enum Membership<'s> {
    Compressed(&'s RoaringBitmap),
    Bits(Bits),
}

impl<'s> Membership<'s> {
    /// `set`, of numbers below `limit`, in the form in which it answers about `count` questions
    /// fastest.
    pub(super) fn new(set: &'s RoaringBitmap, count: u64, limit: u32) -> Self {
        let mut membership = Self::Compressed(set);
        membership.expect(count, limit);
        membership
    }

    /// Takes the form in which it answers `count` questions in all fastest.
    pub(super) fn expect(&mut self, count: u64, limit: u32) {
        let Self::Compressed(set) = self else { return };
        // A question to the compressed set takes as long as spreading out some of its members.
        if count.saturating_mul(8) >= set.len().saturating_add(u64::from(limit) / 64) {
            let mut bits = Bits::new(limit);
            set.iter().for_each(|number| _ = bits.insert(number));
            *self = Self::Bits(bits);
        }
    }

    #[inline]
    pub(super) fn contains(&self, number: u32) -> bool {
        match self {
            Self::Compressed(set) => set.contains(number),
            Self::Bits(bits) => bits.contains(number),
        }
    }
}

/// Different numbers below a limit, in the order in which they came; what lies beyond is ignored.
///
/// Cost: nothing to begin, whatever the limit; a thread keeps the memory, and clears what was set.
#[derive(Debug)]
pub(super) struct Distinct {
    limit: u32,
    marks: Marks,
}

/// A bit for each number, and the numbers.
#[derive(Debug, Default)]
struct Marks {
    words: Vec<u64>,
    numbers: Vec<u32>,
}

/// Sets that a thread keeps, and how many numbers each has room for: a query has two at a time.
const KEPT_CLEAN: usize = 3;
const KEPT_NUMBERS: usize = 1 << 12;

thread_local! {
    static CLEAN: RefCell<Vec<Marks>> = const { RefCell::new(Vec::new()) };
}

impl Distinct {
    pub(super) fn new(limit: u32) -> Self {
        let words = words(limit);
        let kept = CLEAN.with(|clean| {
            let mut clean = clean.try_borrow_mut().ok()?;
            let fitting = clean.iter().position(|marks| marks.words.len() >= words);
            // Where there is room for one more, a small one is left to small sets.
            let grown = Some(0).filter(|_| clean.len() >= KEPT_CLEAN);
            Some(clean.swap_remove(fitting.or(grown)?))
        });
        let mut marks = kept.unwrap_or_default();
        if marks.words.len() < words {
            marks.words.resize(words, 0);
        }
        Self { limit, marks }
    }

    /// Adds `number`; true if it is new.
    #[inline]
    pub(super) fn insert(&mut self, number: u32) -> bool {
        if number >= self.limit {
            return false;
        }
        let Some(word) = self.marks.words.get_mut(number as usize / 64) else { return false };
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        if is_new {
            self.marks.numbers.push(number);
        }
        is_new
    }

    /// Whether `number` was added and not taken since; it counts as added all the same.
    #[inline]
    pub(super) fn take(&mut self, number: u32) -> bool {
        let Some(word) = self.marks.words.get_mut(number as usize / 64) else { return false };
        let bit = 1 << (number % 64);
        let is_there = *word & bit != 0;
        *word &= !bit;
        is_there
    }

    /// How many were added.
    pub(super) fn len(&self) -> usize {
        self.marks.numbers.len()
    }

    pub(super) fn into_roaring(mut self) -> RoaringBitmap {
        let Marks { words: marks, numbers } = &mut self.marks;
        let count = words(self.limit);
        if numbers.len() > count / 4 {
            return bits_to_roaring(marks.get(..count).unwrap_or_default());
        }
        numbers.sort_unstable();
        numbers.iter().copied().collect()
    }
}

impl Drop for Distinct {
    fn drop(&mut self) {
        let mut marks = std::mem::take(&mut self.marks);
        if !KEPT_WORDS.contains(&marks.words.len()) {
            return;
        }
        if marks.numbers.len() > marks.words.len() / 4 {
            marks.words.fill(0);
        } else {
            for number in &marks.numbers {
                if let Some(word) = marks.words.get_mut(*number as usize / 64) {
                    *word = 0;
                }
            }
        }
        marks.numbers.clear();
        marks.numbers.shrink_to(KEPT_NUMBERS);
        // A thread that ends has no buffers any more.
        let _ = CLEAN.try_with(|clean| {
            if let Ok(mut clean) = clean.try_borrow_mut()
                && clean.len() < KEPT_CLEAN
            {
                clean.push(marks);
            }
        });
    }
}

fn bits_to_roaring(words: &[u64]) -> RoaringBitmap {
    if cfg!(target_endian = "little") {
        return RoaringBitmap::from_lsb0_bytes(0, words.as_bytes());
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    RoaringBitmap::from_lsb0_bytes(0, &bytes)
}

/// How many words of 64 bits hold the numbers below `limit`.
pub(super) fn words(limit: u32) -> usize {
    (limit as usize).div_ceil(64)
}

/// The numbers of the bits set in `words`, ascending.
pub(super) fn members(words: impl Iterator<Item = u64>) -> impl Iterator<Item = u32> {
    words.zip((0_u32..).step_by(64)).flat_map(|(mut word, base)| {
        std::iter::from_fn(move || {
            let bit = word.trailing_zeros();
            word &= word.wrapping_sub(1);
            (bit < 64).then_some(base + bit)
        })
    })
}

/// A set as stored: the words of [`Bits`], little-endian.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StoredBits<'e>(pub(super) &'e [U64]);

impl StoredBits<'_> {
    #[inline]
    pub(super) fn contains(self, number: u32) -> bool {
        let word = self.0.get(number as usize / 64);
        word.is_some_and(|word| word.get() >> (number % 64) & 1 == 1)
    }

    pub(super) fn to_roaring(self) -> RoaringBitmap {
        RoaringBitmap::from_lsb0_bytes(0, self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_from_a_kept_buffer_is_empty() {
        for (limit, next, words) in
            [(1_000, 900, 15), (100_000, 90_000, 1_407), (40_000, 5_000, 79)]
        {
            let mut first = Bits::new(limit);
            (0..limit).for_each(|number| _ = first.insert(number));
            drop(first);
            let second = Bits::new(next);
            assert_eq!((second.len(), second.words().len()), (0, words));
        }
        assert_eq!(Bits::new(200_000).words().len(), 3_125);
    }

    #[test]
    fn membership_is_the_same_in_either_form() {
        let set: RoaringBitmap = [0, 7, 64, 999].into_iter().collect();
        for count in [0, 1, 1_000] {
            let mut asked = Membership::new(&set, 0, 1_000);
            asked.expect(count, 1_000);
            assert!((0..1_100).all(|number| asked.contains(number) == set.contains(number)));
        }
    }

    #[test]
    fn different_numbers_are_counted_once_and_leave_nothing_behind() {
        for limit in [40_000, 90_000, 40_000] {
            for numbers in [vec![], vec![3, 7, 3], (0..900).chain(400..50_000).collect()] {
                let mut distinct = Distinct::new(limit);
                numbers.iter().for_each(|&number| _ = distinct.insert(number));
                let expected: RoaringBitmap =
                    numbers.into_iter().filter(|&number| number < limit).collect();
                assert_eq!(distinct.len() as u64, expected.len());
                assert_eq!(distinct.into_roaring(), expected);
            }
        }
    }

    #[test]
    fn kept_sets_that_are_too_small_grow() {
        for limit in [40_000, 500_000] {
            let sets = [(); KEPT + 1].map(|()| (Distinct::new(limit), Bits::new(limit)));
            for (mut distinct, mut bits) in sets {
                assert!(distinct.insert(limit - 1) && bits.insert(limit - 1));
                assert_eq!((distinct.len(), bits.len()), (1, 1));
            }
        }
    }

    #[test]
    fn members_come_back_in_order() {
        let mut bits = Bits::new(130);
        for number in [129, 0, 64, 63, 500] {
            bits.insert(number);
        }
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert_eq!((bits.len(), bits.insert(64), bits.insert(500)), (4, false, false));
        assert_eq!(bits.to_roaring().iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
    }
}
