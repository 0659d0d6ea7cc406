//! A table of numbers, as narrow as its numbers allow.
//!
//! ```text
//! residuals   rows × width bytes
//! bases       u32 for every block of 2^shift rows
//! trailer     rows u32, width u8 (0 to 4), shift u8, slope u16
//! ```
//! Row `i` is the base of its block, plus the slope for every row of the block before it, plus its
//! residual. One form thus serves numbers that are all the same or follow each other (width 0),
//! offsets (a slope of their mean distance) and plain tables (one block). All numbers are
//! little-endian; adding wraps.

use std::ops::Range;

use bytes::Bytes;
use rayon::prelude::*;

use super::format::Container;
use crate::{Error, Result};

const TRAILER: usize = 8;
/// Sizes of blocks that are tried, as powers of two; the last holds all there is.
const SHIFTS: [u8; 5] = [31, 8, 6, 4, 3];
/// Below this many numbers, one thread is done before others are awake.
const ALONE: usize = 1 << 16;

/// A table of numbers in the bytes of a section.
#[derive(Debug, Clone, Default)]
pub struct Column {
    bytes: Bytes,
    rows: usize,
    width: usize,
    /// Where the bases begin.
    bases: usize,
    mask: u32,
    slope: u32,
    shift: u8,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    size: usize,
    /// Of two shapes of one size, the one with fewer blocks is quicker to read.
    blocks: usize,
    slope: u16,
    shift: u8,
    width: usize,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    field.map_or(0, |field| u32::from_le_bytes(*field))
}

fn mask_of(width: usize) -> u32 {
    if width >= 4 { u32::MAX } else { (1u32 << (8 * width)) - 1 }
}

impl Column {
    /// A table without rows.
    #[must_use]
    pub const fn empty() -> Self {
        Self { bytes: Bytes::new(), rows: 0, width: 0, bases: 0, mask: 0, slope: 0, shift: 0 }
    }

    /// The table in a section; an empty section is an empty table. `None` when the bytes are none.
    #[must_use]
    pub fn of(bytes: Bytes) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let end = bytes.len().checked_sub(TRAILER)?;
        let [count @ .., width, shift, low, high] = *bytes.get(end..)?.first_chunk::<TRAILER>()?;
        let rows = u32::from_le_bytes(count) as usize;
        let (width, slope) = (usize::from(width), u32::from(u16::from_le_bytes([low, high])));
        if width > 4 || shift > 31 || rows == 0 {
            return None;
        }
        let bases = rows.checked_mul(width)?;
        let blocks = ((rows - 1) >> shift) + 1;
        if bases + blocks * 4 != end {
            return None;
        }
        Some(Self { bytes, rows, width, bases, mask: mask_of(width), slope, shift })
    }

    /// The tables of a container with these numbers and names, in this order; those beyond `N` are left
    /// out.
    ///
    /// # Errors
    /// When one of the sections holds something else.
    pub fn all<const N: usize>(
        container: &Container,
        tables: impl IntoIterator<Item = (u32, &'static str)>,
    ) -> Result<[Self; N]> {
        let mut all = std::array::from_fn(|_| Self::empty());
        for (slot, (number, section)) in all.iter_mut().zip(tables) {
            *slot = Self::of(container.section(number))
                .ok_or(Error::Section { section, problem: "is no table of numbers" })?;
        }
        Ok(all)
    }

    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of a row. Cost: two accesses.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<u32> {
        (row < self.rows).then(|| {
            let base = u32_at(&self.bytes, self.bases + (row >> self.shift) * 4);
            // Reads beyond narrow residuals end in the bases or the trailer.
            let residual = u32_at(&self.bytes, row * self.width) & self.mask;
            let before = (row & ((1 << self.shift) - 1)) as u32;
            base.wrapping_add(before.wrapping_mul(self.slope)).wrapping_add(residual)
        })
    }

    /// The number of a row; 0 where there is none.
    #[must_use]
    #[inline]
    pub fn at(&self, row: usize) -> u32 {
        self.get(row).unwrap_or_default()
    }

    /// All numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        (0..self.rows).map(|row| self.at(row))
    }

    /// Row `row` of a table of offsets, as `offsets[row]..offsets[row + 1]`; empty when it is out of
    /// range.
    #[must_use]
    #[inline]
    pub fn range(&self, row: usize) -> Range<usize> {
        match (self.get(row), self.get(row + 1)) {
            (Some(start), Some(end)) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    /// As [`Column::range`], in a table of `count` rows: where offsets are damaged, no more than
    /// there is.
    #[must_use]
    #[inline]
    pub fn range_within(&self, row: usize, count: usize) -> Range<usize> {
        let range = self.range(row);
        let end = range.end.min(count);
        range.start.min(end)..end
    }

    /// The first row whose number `is_before` says no to; the numbers must be ordered by that.
    #[must_use]
    pub fn partition_point(&self, is_before: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low.midpoint(high);
            if is_before(self.at(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The table as plain little-endian `u32`, where it was written that way.
    #[must_use]
    pub(crate) fn plain(&self) -> Option<&[u8]> {
        let is_plain = self.width == 4 && self.slope == 0 && self.shift == 31;
        let is_plain = is_plain && u32_at(&self.bytes, self.bases) == 0;
        is_plain.then(|| self.bytes.get(..self.bases)).flatten()
    }

    /// Writes a table in the smallest form; an empty one as nothing.
    #[must_use]
    pub fn write(numbers: &[u32]) -> Vec<u8> {
        let (Some(&first), Some(&last)) = (numbers.first(), numbers.last()) else {
            return Vec::new();
        };
        let distance = last.saturating_sub(first) as usize / (numbers.len() - 1).max(1);
        let mut slopes = vec![0u16, 1];
        slopes.extend(u16::try_from(distance).ok().filter(|&slope| slope > 1));
        let tried: Vec<(u8, u16)> = SHIFTS
            .iter()
            .flat_map(|&shift| slopes.iter().map(move |&slope| (shift, slope)))
            .collect();
        let shape = |&(shift, slope): &(u8, u16)| shape(numbers, shift, slope);
        let best = if numbers.len() < ALONE {
            tried.iter().map(shape).min()
        } else {
            tried.par_iter().map(shape).min()
        };
        best.map_or_else(Vec::new, |shape| put(numbers, shape))
    }

    /// Writes a table as plain numbers, for those who read it as such; see [`Column::plain`].
    #[must_use]
    pub(crate) fn write_plain(numbers: &[u32]) -> Vec<u8> {
        let shape = Shape { size: 0, blocks: 1, slope: 0, shift: 31, width: 4 };
        if numbers.is_empty() { Vec::new() } else { put_with(numbers, shape, |_| 0) }
    }
}

/// What is left of the numbers of a block when the slope is taken off.
fn levelled(block: &[u32], slope: u16) -> impl Iterator<Item = i64> + '_ {
    (0i64..).zip(block).map(move |(row, &number)| i64::from(number) - row * i64::from(slope))
}

fn blocks(numbers: &[u32], shift: u8) -> impl ExactSizeIterator<Item = &[u32]> {
    numbers.chunks(1usize << shift)
}

fn shape(numbers: &[u32], shift: u8, slope: u16) -> Shape {
    let spread = |block: &[u32]| {
        let (low, high) = levelled(block, slope)
            .fold((i64::MAX, i64::MIN), |(low, high), number| (low.min(number), high.max(number)));
        high - low
    };
    let widest = blocks(numbers, shift).map(spread).max().unwrap_or_default();
    // Residuals wrap as the numbers do: none needs more than four bytes.
    let width = (0..4).find(|&width| widest <= i64::from(mask_of(width))).unwrap_or(4);
    let blocks = blocks(numbers, shift).len();
    Shape { size: numbers.len() * width + blocks * 4, blocks, slope, shift, width }
}

fn put(numbers: &[u32], shape: Shape) -> Vec<u8> {
    let lowest = |block: &[u32]| levelled(block, shape.slope).min().unwrap_or_default() as u32;
    put_with(numbers, shape, lowest)
}

fn put_with(numbers: &[u32], shape: Shape, base: impl Fn(&[u32]) -> u32) -> Vec<u8> {
    let Shape { blocks: count, slope, shift, width, .. } = shape;
    let mut out = Vec::with_capacity(numbers.len() * width + count * 4 + TRAILER);
    let bases: Vec<u32> = blocks(numbers, shift).map(base).collect();
    for (block, base) in blocks(numbers, shift).zip(&bases) {
        for number in levelled(block, slope) {
            let residual = (number as u32).wrapping_sub(*base).to_le_bytes();
            out.extend_from_slice(residual.get(..width).unwrap_or_default());
        }
    }
    out.extend(bases.iter().flat_map(|base| base.to_le_bytes()));
    out.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    out.extend_from_slice(&[width as u8, shift]);
    out.extend_from_slice(&slope.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(numbers: &[u32]) -> Column {
        Column::of(Column::write(numbers).into()).unwrap()
    }

    #[test]
    fn tables_take_what_their_numbers_need() {
        let overhead = TRAILER + 4;
        let rows = 0..1000u32;
        for (numbers, expected) in [
            (vec![7; 1000], overhead),
            (rows.clone().collect(), overhead),
            (rows.clone().map(|row| 40 + row * 26).collect(), overhead),
            (rows.clone().map(|row| (row * 4_519) % 200).collect(), overhead + 1000),
            (rows.clone().map(|row| (row * 40_503) % 65_000).collect(), overhead + 2000),
            // Offsets of texts of 20 to 29 bytes.
            (rows.map(|row| row * 24 + (row * 7) % 10).collect(), overhead + 1000),
            (vec![0, u32::MAX, 1], overhead + 12),
        ] {
            let column = column(&numbers);
            assert_eq!(column.bytes.len(), expected);
            assert!(column.iter().eq(numbers));
        }
        assert!(Column::write(&[]).is_empty());
    }

    #[test]
    fn plain_tables_are_there_as_such() {
        let plain = Column::of(Column::write_plain(&[3, 1, 2]).into()).unwrap();
        assert_eq!(plain.plain().unwrap(), [3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
        assert!(plain.iter().eq([3, 1, 2]));
        assert_eq!(column(&[3, 1, 2]).plain(), None);
    }

    proptest! {
        #[test]
        fn a_table_reads_back_what_was_written(numbers in prop::collection::vec(any::<u32>(), 0..300), small in any::<bool>()) {
            let numbers: Vec<u32> =
                numbers.into_iter().map(|number| if small { number >> 18 } else { number }).collect();
            let column = column(&numbers);
            prop_assert!(column.iter().eq(numbers.iter().copied()));
            prop_assert_eq!(column.get(numbers.len()), None);
        }

        #[test]
        fn offsets_read_back_as_ranges(lengths in prop::collection::vec(0u32..90, 1..400)) {
            let mut offsets = vec![0u32];
            for length in &lengths {
                offsets.push(offsets.last().unwrap() + length);
            }
            let column = column(&offsets);
            for (row, ends) in offsets.windows(2).enumerate() {
                prop_assert_eq!(column.range(row), ends[0] as usize..ends[1] as usize);
            }
            prop_assert_eq!(column.range(lengths.len()), 0..0);
            let third = offsets[offsets.len() / 3];
            let first = offsets.partition_point(|&start| start < third);
            prop_assert_eq!(column.partition_point(|start| start < third), first);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), row in 0usize..70) {
            if let Some(column) = Column::of(bytes.into()) {
                let _ = (column.get(row), column.range_within(row, 9), column.iter().count());
            }
        }
    }
}
