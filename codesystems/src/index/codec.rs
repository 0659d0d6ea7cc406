//! How tables, offsets and postings are laid out in sections.
//!
//! *Table*: `u32`, `u16` or `u8` per row, little-endian at any alignment.
//! *Offsets*: a table with one entry more than there are rows; row `i` is `offsets[i]..offsets[i+1]`.
//! *Posting*: a byte that tells its form; 1 to 4 is the bytes of each of the ascending entries that
//! follow, 128 stands before the number of entries (`u32`) and a serialised roaring bitmap.

use roaring::RoaringBitmap;
use zerocopy::FromBytes;
use zerocopy::little_endian::{U16, U32, U64};

const ROARING: u8 = 128;
/// From how many entries on a posting is stored as roaring bitmap: below, plain numbers are as
/// small and quicker to read.
const ROARING_FROM: usize = 128;

/// A section seen as a table of `u32`; a length that is no multiple gives an empty table.
#[must_use]
pub fn u32s(bytes: &[u8]) -> &[U32] {
    <[U32]>::ref_from_bytes(bytes).unwrap_or_default()
}

/// A section seen as a table of `u16`.
pub(super) fn u16s(bytes: &[u8]) -> &[U16] {
    <[U16]>::ref_from_bytes(bytes).unwrap_or_default()
}

/// A section seen as a table of `u64`.
pub(super) fn u64s(bytes: &[u8]) -> &[U64] {
    <[U64]>::ref_from_bytes(bytes).unwrap_or_default()
}

/// Row `row` of an offsets table; empty when it is out of range.
#[must_use]
pub fn range(offsets: &[U32], row: usize) -> std::ops::Range<usize> {
    match (offsets.get(row), offsets.get(row + 1)) {
        (Some(start), Some(end)) => start.get() as usize..end.get() as usize,
        _ => 0..0,
    }
}

/// As [`range`], in a table of `count` rows: where offsets are damaged, no more than there is.
pub(super) fn range_within(offsets: &[U32], row: usize, count: usize) -> std::ops::Range<usize> {
    let range = range(offsets, row);
    let end = range.end.min(count);
    range.start.min(end)..end
}

/// The rows of a compressed sparse table.
#[must_use]
pub fn row<'a, T>(offsets: &[U32], targets: &'a [T], row: usize) -> &'a [T] {
    targets.get(range(offsets, row)).unwrap_or_default()
}

/// Writes a table of `u32`.
pub fn put_u32s(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

pub(super) fn put_u16s(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_le_bytes).collect()
}

pub(super) fn put_u64s(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    numbers.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// Appends ascending, distinct `numbers` as a posting.
pub(super) fn put_posting(out: &mut Vec<u8>, numbers: &[u32]) {
    if numbers.len() < ROARING_FROM {
        let last = numbers.last().copied().unwrap_or_default();
        let width = 4 - (last.leading_zeros() / 8).min(3);
        out.push(width as u8);
        for number in numbers {
            out.extend(number.to_le_bytes().iter().take(width as usize));
        }
        return;
    }
    out.push(ROARING);
    out.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    let mut bitmap: RoaringBitmap = numbers.iter().copied().collect();
    bitmap.optimize();
    // Writing to a vector cannot fail.
    let _ = bitmap.serialize_into(out);
}

/// What a posting is made of.
enum Posting<'p> {
    /// Entries of so many bytes each, ascending.
    Plain(usize, &'p [u8]),
    /// The number of entries, and a bitmap.
    Roaring(u32, &'p [u8]),
}

impl<'p> Posting<'p> {
    /// `None` for damaged bytes.
    fn of(bytes: &'p [u8]) -> Option<Self> {
        let (&form, rest) = bytes.split_first()?;
        if form == ROARING {
            let (count, bitmap) = rest.split_first_chunk::<4>()?;
            return Some(Self::Roaring(u32::from_le_bytes(*count), bitmap));
        }
        (1..=4).contains(&form).then_some(Self::Plain(usize::from(form), rest))
    }
}

fn entries(width: usize, bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes
        .chunks_exact(width)
        .map(|entry| entry.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte)))
}

/// Reads a posting; damaged bytes give an empty one.
pub(super) fn posting(bytes: &[u8]) -> RoaringBitmap {
    match Posting::of(bytes) {
        Some(Posting::Plain(width, rest)) => {
            RoaringBitmap::from_sorted_iter(entries(width, rest)).unwrap_or_default()
        }
        // The container's checksum vouches for the bytes; the checked reader would cost more than
        // the query.
        Some(Posting::Roaring(_, rest)) => {
            RoaringBitmap::deserialize_unchecked_from(rest).unwrap_or_default()
        }
        None => RoaringBitmap::new(),
    }
}

/// Calls `each` with every entry of a posting.
pub(super) fn for_each_posting(bytes: &[u8], mut each: impl FnMut(u32)) {
    any_posting(bytes, |number| {
        each(number);
        false
    });
}

/// Whether `test` says yes to any entry of a posting; reads no further than that.
pub(super) fn any_posting(bytes: &[u8], test: impl FnMut(u32) -> bool) -> bool {
    match Posting::of(bytes) {
        Some(Posting::Plain(width, rest)) => entries(width, rest).any(test),
        _ => posting(bytes).iter().any(test),
    }
}

/// How many entries a posting has, without reading them.
pub(super) fn posting_len(bytes: &[u8]) -> u32 {
    match Posting::of(bytes) {
        Some(Posting::Plain(width, rest)) => (rest.len() / width) as u32,
        Some(Posting::Roaring(count, _)) => count,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_posting_reads_back_what_was_written(numbers in prop::collection::btree_set(any::<u32>(), 0..600)) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let mut bytes = Vec::new();
            put_posting(&mut bytes, &numbers);
            prop_assert_eq!(posting(&bytes).iter().collect::<Vec<_>>(), numbers.clone());
            prop_assert_eq!(posting_len(&bytes) as usize, numbers.len());
            let mut seen = Vec::new();
            for_each_posting(&bytes, |number| seen.push(number));
            prop_assert_eq!(seen, numbers);
        }
    }
}
