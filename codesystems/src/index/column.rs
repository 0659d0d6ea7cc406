//! Tables of numbers, as narrow as their numbers allow; those that are asked together lie together.
//!
//! ```text
//! blocks      of 2^shift rows each, the last one of what is left:
//!               bases      u32 of every table that has one for each block
//!               rows       row after row the residuals of all tables, width bytes each
//! tables      of each: rows u32, base u32, slope u16, width u8 (0 to 4), u8 (1: a base for each block)
//! trailer     how many tables u8, shift u8, two bytes 0
//! ```
//! A number is the base, of its block or of the table, plus the slope for every row before it, in its
//! block or in the table, plus its residual. One form thus serves numbers that are all the same or
//! follow each other (width 0), offsets (a slope of their mean distance) and plain tables. What
//! different tables say of one row is read from one place in memory. All numbers are little-endian;
//! adding wraps.

use std::ops::Range;

use bytes::Bytes;
use rayon::prelude::*;

use super::format::{Container, ContainerWriter};
use crate::{Error, Result};

const TRAILER: usize = 4;
/// Bytes that are told of a table.
const TOLD: usize = 12;
/// Sizes of blocks that are tried, as powers of two; the last holds all there is.
const SHIFTS: [u8; 5] = [31, 8, 6, 4, 3];
/// Below this many numbers, one thread is done before others are awake.
const ALONE: usize = 1 << 16;

/// A table of numbers in the bytes of a section.
#[derive(Debug, Clone, Default)]
pub struct Column {
    bytes: Bytes,
    rows: usize,
    /// Where the residuals begin in a block.
    at: usize,
    /// Bytes of a row of all tables.
    stride: usize,
    /// Bytes of a block.
    block: usize,
    /// Where its base stands in a block, if each has one ...
    base_at: Option<usize>,
    /// ... and the base, if not.
    base: u32,
    mask: u32,
    slope: u32,
    shift: u8,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    slope: u16,
    width: usize,
    in_blocks: bool,
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
        Self {
            bytes: Bytes::new(),
            rows: 0,
            at: 0,
            stride: 0,
            block: 0,
            base_at: None,
            base: 0,
            mask: 0,
            slope: 0,
            shift: 0,
        }
    }

    /// The tables in a section, none in an empty one. `None` when the bytes are no tables.
    #[must_use]
    pub fn group(bytes: &Bytes) -> Option<Vec<Self>> {
        if bytes.is_empty() {
            return Some(Vec::new());
        }
        let (rest, &[count, shift, 0, 0]) = bytes.split_last_chunk::<TRAILER>()? else {
            return None;
        };
        let body = rest.len().checked_sub(usize::from(count) * TOLD)?;
        let (told, []) = rest.get(body..)?.as_chunks::<TOLD>() else { return None };
        let (mut heads, mut stride, mut most) = (0, 0, 0);
        let mut columns = Vec::with_capacity(told.len());
        for &[r0, r1, r2, r3, b0, b1, b2, b3, s0, s1, width, in_blocks] in told {
            let rows = u32::from_le_bytes([r0, r1, r2, r3]) as usize;
            let width = usize::from(width);
            if width > 4 || in_blocks > 1 || shift > 31 {
                return None;
            }
            columns.push(Self {
                bytes: bytes.clone(),
                rows,
                at: stride,
                base_at: (in_blocks == 1).then_some(heads),
                base: u32::from_le_bytes([b0, b1, b2, b3]),
                mask: mask_of(width),
                slope: u16::from_le_bytes([s0, s1]).into(),
                shift,
                ..Self::empty()
            });
            heads += 4 * usize::from(in_blocks);
            stride += width;
            most = rows.max(most);
        }
        let blocks = most.div_ceil(1 << shift);
        if blocks * heads + most.checked_mul(stride)? != body {
            return None;
        }
        for column in &mut columns {
            column.at += heads;
            column.stride = stride;
            column.block = heads + (stride << shift);
        }
        Some(columns)
    }

    /// The tables of a container, in this order: the number of the section that each is in, and its
    /// name. Tables of one section follow each other. Those beyond `N` are left out.
    ///
    /// # Errors
    /// When one of the sections holds something else.
    pub fn all<const N: usize>(
        container: &Container,
        tables: impl IntoIterator<Item = (u32, &'static str)>,
    ) -> Result<[Self; N]> {
        let mut all = std::array::from_fn(|_| Self::empty());
        let mut open = (None, Vec::new().into_iter());
        for (slot, (number, section)) in all.iter_mut().zip(tables) {
            if open.0 != Some(number) {
                let group = Self::group(&container.section(number))
                    .ok_or(Error::Section { section, problem: "holds no tables of numbers" })?;
                open = (Some(number), group.into_iter());
            }
            *slot = open.1.next().unwrap_or_default();
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

    /// The number of a row. Cost: two accesses, close to each other.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<u32> {
        (row < self.rows).then(|| {
            let start = (row >> self.shift) * self.block;
            let within = row & ((1 << self.shift) - 1);
            let (base, before) = match self.base_at {
                Some(at) => (u32_at(&self.bytes, start + at), within),
                None => (self.base, row),
            };
            // Reads beyond narrow residuals end in the next row or in what is told of the tables.
            let residual = u32_at(&self.bytes, start + self.at + within * self.stride) & self.mask;
            base.wrapping_add((before as u32).wrapping_mul(self.slope)).wrapping_add(residual)
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

    /// Writes tables that are asked together in the smallest form; nothing where all are empty.
    #[must_use]
    pub fn write(tables: &[&[u32]]) -> Vec<u8> {
        let most = tables.iter().map(|table| table.len()).max().unwrap_or_default();
        if most == 0 {
            return Vec::new();
        }
        let tried = |shift: u8| {
            let shape = |numbers: &&[u32]| shape(numbers, shift);
            let (shapes, sizes): (Vec<Shape>, Vec<usize>) = if most < ALONE {
                tables.iter().map(shape).unzip()
            } else {
                tables.par_iter().map(shape).unzip()
            };
            // Of two forms of one size, the one with fewer blocks is quicker to read.
            let width: usize = shapes.iter().map(|shape| shape.width).sum();
            let heads: usize = sizes.iter().sum();
            (most * width + heads, blocks(most, shift), shift, shapes)
        };
        let best = SHIFTS.map(tried).into_iter().min_by_key(|&(size, blocks, ..)| (size, blocks));
        best.map_or_else(Vec::new, |(_, _, shift, shapes)| put(tables, shift, &shapes))
    }
}

/// Tables to be written, each with the number of the section that it is to lie in.
#[derive(Debug)]
pub struct Columns(Vec<(u32, Vec<u32>)>);

impl Columns {
    /// As many empty tables, in the order in which they are read; those of one section follow each
    /// other.
    pub fn new(sections: impl IntoIterator<Item = u32>) -> Self {
        Self(sections.into_iter().map(|section| (section, Vec::new())).collect())
    }

    /// Fills a table.
    pub fn put(&mut self, table: usize, numbers: Vec<u32>) {
        if let Some((_, slot)) = self.0.get_mut(table) {
            *slot = numbers;
        }
    }

    /// Writes the sections; those without any number are left out.
    pub fn write(&self, out: &mut ContainerWriter) {
        for group in self.0.chunk_by(|(one, _), (other, _)| one == other) {
            let tables: Vec<&[u32]> = group.iter().map(|(_, numbers)| &numbers[..]).collect();
            if let Some((section, _)) =
                group.first().filter(|_| tables.iter().any(|t| !t.is_empty()))
            {
                out.section(*section, Column::write(&tables));
            }
        }
    }
}

/// How many blocks hold `rows` rows.
fn blocks(rows: usize, shift: u8) -> usize {
    rows.div_ceil(1 << shift)
}

/// What is left of numbers when the slope is taken off.
fn levelled(numbers: &[u32], slope: u16) -> impl Iterator<Item = i64> + '_ {
    (0i64..).zip(numbers).map(move |(row, &number)| i64::from(number) - row * i64::from(slope))
}

/// How wide the residuals of `numbers` are.
fn width(numbers: &[u32], slope: u16) -> usize {
    let (low, high) = levelled(numbers, slope)
        .fold((i64::MAX, i64::MIN), |(low, high), number| (low.min(number), high.max(number)));
    // Residuals wrap as the numbers do: none needs more than four bytes.
    let widest = high.saturating_sub(low).max(0);
    (0..4).find(|&width| widest <= i64::from(mask_of(width))).unwrap_or(4)
}

/// The smallest shape of a table in blocks of `2^shift` rows, and the size of its bases.
fn shape(numbers: &[u32], shift: u8) -> (Shape, usize) {
    let (Some(&first), Some(&last)) = (numbers.first(), numbers.last()) else {
        return (Shape { slope: 0, width: 0, in_blocks: false }, 0);
    };
    let distance = last.saturating_sub(first) as usize / (numbers.len() - 1).max(1);
    let mut slopes = vec![0u16, 1];
    slopes.extend(u16::try_from(distance).ok().filter(|&slope| slope > 1));
    let count = blocks(numbers.len(), shift);
    let shapes = slopes.into_iter().flat_map(|slope| {
        let of_block = numbers.chunks(1 << shift).map(|block| width(block, slope)).max();
        let in_blocks = Shape { slope, width: of_block.unwrap_or_default(), in_blocks: true };
        let whole = Shape { slope, width: width(numbers, slope), in_blocks: false };
        [(whole, 0), (in_blocks, count * 4)]
    });
    let best = shapes.min_by_key(|(shape, heads)| (numbers.len() * shape.width + heads, *heads));
    best.unwrap_or((Shape { slope: 0, width: 4, in_blocks: false }, 0))
}

fn put(tables: &[&[u32]], shift: u8, shapes: &[Shape]) -> Vec<u8> {
    let lowest =
        |numbers: &[u32], slope: u16| levelled(numbers, slope).min().unwrap_or_default() as u32;
    let most = tables.iter().map(|table| table.len()).max().unwrap_or_default();
    let bases: Vec<u32> = tables
        .iter()
        .zip(shapes)
        .map(|(numbers, shape)| if shape.in_blocks { 0 } else { lowest(numbers, shape.slope) })
        .collect();
    let mut out = Vec::new();
    for start in (0..most).step_by(1 << shift) {
        let rows = start..most.min(start + (1 << shift));
        let blocks: Vec<&[u32]> = tables
            .iter()
            .map(|table| table.get(start..rows.end.min(table.len())).unwrap_or_default())
            .collect();
        let mut of_block = bases.clone();
        for ((block, shape), base) in blocks.iter().zip(shapes).zip(&mut of_block) {
            if shape.in_blocks {
                *base = lowest(block, shape.slope);
                out.extend_from_slice(&base.to_le_bytes());
            }
        }
        for row in 0..rows.len() {
            for ((block, shape), base) in blocks.iter().zip(shapes).zip(&of_block) {
                let before = if shape.in_blocks { row } else { start + row };
                let level = base.wrapping_add((before as u32).wrapping_mul(shape.slope.into()));
                // Of a shorter table there is nothing to be read here.
                let number = block.get(row).map_or(0, |number| number.wrapping_sub(level));
                let residual = number.to_le_bytes();
                out.extend_from_slice(residual.get(..shape.width).unwrap_or_default());
            }
        }
    }
    for ((table, shape), base) in tables.iter().zip(shapes).zip(bases) {
        out.extend_from_slice(&(table.len() as u32).to_le_bytes());
        out.extend_from_slice(&base.to_le_bytes());
        out.extend_from_slice(&shape.slope.to_le_bytes());
        out.extend_from_slice(&[shape.width as u8, u8::from(shape.in_blocks)]);
    }
    out.extend_from_slice(&[tables.len() as u8, shift, 0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::format::ContainerKind;
    use super::*;

    fn column(numbers: &[u32]) -> Column {
        Column::group(&Column::write(&[numbers]).into()).unwrap().pop().unwrap_or_default()
    }

    #[test]
    fn tables_take_what_their_numbers_need() {
        let overhead = TRAILER + TOLD;
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
        assert!(Column::write(&[]).is_empty() && Column::write(&[&[], &[]]).is_empty());
    }

    #[test]
    fn tables_of_a_section_come_in_order() {
        let mut columns = Columns::new([7, 7, 7, 8, 9]);
        for (table, numbers) in [(0, vec![3, 1]), (2, vec![5]), (4, vec![2]), (5, vec![1])] {
            columns.put(table, numbers);
        }
        let mut writer = ContainerWriter::new(ContainerKind::Edition);
        columns.write(&mut writer);
        let container = Container::from_bytes(writer.finish().into()).unwrap();
        let names = [7, 7, 7, 8, 9].map(|section| (section, "table"));
        let read: [Column; 5] = Column::all(&container, names).unwrap();
        let read: Vec<Vec<u32>> = read.iter().map(|column| column.iter().collect()).collect();
        assert_eq!(read, [vec![3, 1], vec![], vec![5], vec![], vec![2]]);
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
        fn tables_together_read_back_what_was_written(
            rows in 0usize..700,
            tables in prop::collection::vec((any::<u32>(), 0u32..1_000, 0u32..32, any::<bool>()), 1..6),
        ) {
            let tables: Vec<Vec<u32>> = tables
                .iter()
                .map(|&(seed, slope, shift, is_offsets)| {
                    let noise = |row: u32| (row ^ seed).wrapping_mul(2_654_435_761) >> shift;
                    let rows = rows as u32 + u32::from(is_offsets);
                    (0..rows).map(|row| (row * slope).wrapping_add(noise(row))).collect()
                })
                .collect();
            let all: Vec<&[u32]> = tables.iter().map(|table| &table[..]).collect();
            let read = Column::group(&Column::write(&all).into()).unwrap();
            prop_assert!(rows == 0 || read.len() == tables.len());
            for (column, table) in read.iter().zip(&tables) {
                prop_assert!(column.iter().eq(table.iter().copied()));
                prop_assert_eq!(column.get(table.len()), None);
            }
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
        fn arbitrary_bytes_never_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..64),
            told in prop::collection::vec((0u32..20, any::<[u8; 6]>(), 0u8..6, 0u8..3), 0..3),
            shift in 0u8..33,
            row in 0usize..70,
        ) {
            for (rows, base_and_slope, width, in_blocks) in &told {
                bytes.extend(rows.to_le_bytes());
                bytes.extend(base_and_slope);
                bytes.extend([*width, *in_blocks]);
            }
            bytes.extend([told.len() as u8, shift, 0, 0]);
            for end in [bytes.len(), bytes.len() / 2] {
                for column in Column::group(&bytes[..end].to_vec().into()).unwrap_or_default() {
                    let _ = (column.get(row), column.range_within(row, 9), column.iter().count());
                }
            }
        }
    }
}
