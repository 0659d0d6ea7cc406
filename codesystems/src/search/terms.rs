//! The sorted dictionary of tokens: a token's number is its row.
//!
//! Front-coded in blocks of [`BLOCK`]: the first token of a block in full, every other as the number
//! of bytes shared with the one before it and the rest. A finite state transducer would be a little
//! smaller, but its builder costs a megabyte before the first key, which an inline code system of
//! five concepts would pay, and its reader trusts its bytes.
//!
//! Layout: `count: u32`, `blocks: u32`, `offsets: u32 × blocks` (from the end of the offsets), then
//! the blocks: per token `shared: u8`, `rest: u8`, rest bytes; `shared` is 0 for the first.

use std::ops::Range;

use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

use crate::{Error, Result};

const BLOCK: usize = 16;

/// Greater than any byte of UTF-8 text, so prefix + this is behind all tokens with the prefix.
const BEHIND: u8 = 0xff;

/// Writes the dictionary of `terms`: sorted, distinct, at most 255 bytes each.
pub(super) fn write<'t>(terms: impl ExactSizeIterator<Item = &'t str>) -> Result<Vec<u8>> {
    let count = terms.len();
    let mut offsets = Vec::with_capacity(count.div_ceil(BLOCK));
    let mut bytes: Vec<u8> = Vec::with_capacity(count * 8);
    let mut previous: &[u8] = &[];
    for (row, term) in terms.map(str::as_bytes).enumerate() {
        let mut shared = 0;
        if row % BLOCK == 0 {
            offsets.push(bytes.len());
        } else {
            shared = previous.iter().zip(term).take_while(|(left, right)| left == right).count();
        }
        let rest = term.get(shared..).unwrap_or_default();
        bytes.extend([u8::try_from(shared).unwrap_or(0), u8::try_from(rest.len()).unwrap_or(0)]);
        bytes.extend_from_slice(rest);
        previous = term;
    }
    let mut out = Vec::with_capacity(8 + offsets.len() * 4 + bytes.len());
    for number in [count, offsets.len()].into_iter().chain(offsets) {
        out.extend(to_u32(number, "bytes of tokens")?.to_le_bytes());
    }
    out.extend(bytes);
    Ok(out)
}

/// `number` as the index stores it.
pub(super) fn to_u32(number: usize, what: &'static str) -> Result<u32> {
    u32::try_from(number).map_err(|_| Error::TooMany { what, limit: u32::MAX.into() })
}

/// The dictionary, read from its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'e> {
    count: u32,
    offsets: &'e [U32],
    bytes: &'e [u8],
}

impl<'e> Terms<'e> {
    /// Reads the header; the tokens are read when asked for.
    pub(super) fn new(section: &'e [u8]) -> Option<Self> {
        let (count, rest) = U32::read_from_prefix(section).ok()?;
        let (blocks, rest) = U32::read_from_prefix(rest).ok()?;
        let (offsets, bytes) =
            <[U32]>::ref_from_prefix_with_elems(rest, blocks.get() as usize).ok()?;
        let fits = (count.get() as usize).div_ceil(BLOCK) == offsets.len();
        fits.then_some(Self { count: count.get(), offsets, bytes })
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> u32 {
        self.count
    }

    /// The tokens of `rows`, ascending; damaged ones are left out.
    pub(super) fn texts(&self, rows: &[u32]) -> Vec<Box<str>> {
        let mut texts = Vec::with_capacity(rows.len());
        let mut cursor = self.cursor(0);
        let mut at = None;
        for &row in rows {
            let block = row as usize / BLOCK;
            if at.is_none_or(|at: u32| block > at as usize / BLOCK) {
                (cursor, at) = (self.cursor(block), None);
            }
            while at.is_none_or(|at| at < row) {
                at = cursor.next();
                if at.is_none() {
                    return texts;
                }
            }
            texts.push(String::from_utf8_lossy(cursor.term()).into());
        }
        texts
    }

    /// The rows of the tokens that begin with `prefix`.
    pub(super) fn prefixed(&self, prefix: &str) -> Range<u32> {
        self.look_up(prefix).0
    }

    /// The rows of the tokens that begin with `prefix`, and whether the first of them is `prefix`.
    pub(super) fn look_up(&self, prefix: &str) -> (Range<u32>, bool) {
        let prefix = prefix.as_bytes();
        let block = self.block_before(prefix, None);
        let mut cursor = self.cursor(block);
        let start = loop {
            match cursor.next() {
                Some(row) if cursor.term() >= prefix => break row,
                Some(_) => {}
                None => return (self.count..self.count, false),
            }
        };
        let is_exact = cursor.term() == prefix;
        // Most beginnings end within the block.
        let mut row = start;
        while cursor.term().starts_with(prefix) {
            match cursor.next() {
                Some(next) if !(next as usize).is_multiple_of(BLOCK) => row = next,
                Some(_) | None => {
                    let behind = [prefix, &[BEHIND]].concat();
                    return (start..self.lower_bound(&behind, block).max(start), is_exact);
                }
            }
        }
        (start..row, is_exact)
    }

    /// The row of `term`.
    #[cfg(test)]
    fn find(&self, term: &str) -> Option<u32> {
        let (range, is_exact) = self.look_up(term);
        is_exact.then_some(range.start)
    }

    /// The tokens that `word` begins with, without itself, of those lengths that are `wanted`: their
    /// lengths and rows, longest first. Looked for from the row `near` on.
    pub(super) fn beginnings_of(
        &self,
        word: &str,
        mut near: u32,
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        let mut length = word.len().saturating_sub(1);
        loop {
            while length > 0 && !wanted(length) {
                length -= 1;
            }
            let Some(key) = word.as_bytes().get(..length).filter(|key| !key.is_empty()) else {
                break;
            };
            // Whatever lies between a beginning of the key and the key begins with it, too.
            let Some((row, shared, is_whole)) = self.last_up_to(key, near) else { break };
            if is_whole && wanted(shared) {
                found.push((shared, row));
            }
            near = row;
            length = if is_whole { shared.saturating_sub(1) } else { shared };
        }
        found
    }

    /// The last token that is not greater than `key`: its row, how many bytes it shares with the
    /// key, and whether it has no others. It is looked for from the row `near` on.
    fn last_up_to(&self, key: &[u8], near: u32) -> Option<(u32, usize, bool)> {
        let behind = self.blocks_until(Some(near as usize / BLOCK), |head| head <= key);
        let mut cursor = self.cursor(behind.checked_sub(1)?);
        let mut last = None;
        while let Some(row) = cursor.next().filter(|_| cursor.term() <= key) {
            let term = cursor.term();
            let shared = term.iter().zip(key).take_while(|(left, right)| left == right).count();
            last = Some((row, shared, shared == term.len()));
        }
        last
    }

    /// The first row whose token is not less than `key`, looked for from the block `near` on.
    fn lower_bound(&self, key: &[u8], near: usize) -> u32 {
        let mut cursor = self.cursor(self.block_before(key, Some(near)));
        while let Some(row) = cursor.next() {
            if cursor.term() >= key {
                return row;
            }
        }
        self.count
    }

    /// The last block that begins before `key`, or the first; looked for from the block `near` on.
    fn block_before(&self, key: &[u8], near: Option<usize>) -> usize {
        self.blocks_until(near, |head| head < key).saturating_sub(1)
    }

    /// How many blocks there are whose first token `is_before`, which is so of the first ones alone. Few
    /// are looked at where the last of these is not far from the block `near`.
    fn blocks_until(&self, near: Option<usize>, is_before: impl Fn(&[u8]) -> bool) -> usize {
        let is_before = |offset: &U32| is_before(self.head(offset));
        let Some(near) = near else { return self.offsets.partition_point(is_before) };
        let count = self.offsets.len();
        let is_block_before = |block: usize| self.offsets.get(block).is_some_and(is_before);
        let mut step = 1;
        let (from, behind) = if is_block_before(near) {
            let mut from = near + 1;
            while is_block_before(from + step) {
                from += step + 1;
                step *= 4;
            }
            (from, from + step)
        } else {
            let mut behind = near;
            while behind > step && !is_block_before(behind - step) {
                behind -= step;
                step *= 4;
            }
            (behind.saturating_sub(step), behind)
        };
        let (from, behind) = (from.min(count), behind.min(count));
        let between = self.offsets.get(from..behind).unwrap_or_default();
        from + between.partition_point(is_before)
    }

    /// The first token of the block at `offset`.
    fn head(&self, offset: &U32) -> &'e [u8] {
        let block = self.bytes.get(offset.get() as usize..).unwrap_or_default();
        let length = block.get(1).copied().map_or(0, usize::from);
        block.get(2..2 + length).unwrap_or_default()
    }

    /// Reads on from the first token of `block`.
    pub(super) fn cursor(&self, block: usize) -> Cursor<'e> {
        let start = self.offsets.get(block).map_or(self.bytes.len(), |at| at.get() as usize);
        Cursor {
            rest: self.bytes.get(start..).unwrap_or_default(),
            row: u32::try_from(block * BLOCK).unwrap_or(u32::MAX),
            count: self.count,
            shared: 0,
            term: Vec::with_capacity(64),
        }
    }
}

/// A walk over tokens in order.
#[derive(Debug)]
pub(super) struct Cursor<'e> {
    rest: &'e [u8],
    row: u32,
    count: u32,
    shared: usize,
    term: Vec<u8>,
}

impl Cursor<'_> {
    /// Goes to the next token and gives its row; `None` behind the last.
    pub(super) fn next(&mut self) -> Option<u32> {
        let (&[shared, length], rest) = self.rest.split_first_chunk()?;
        let (added, rest) = rest.split_at_checked(length.into())?;
        if self.row >= self.count {
            return None;
        }
        self.shared = self.term.len().min(shared.into());
        self.term.truncate(self.shared);
        self.term.extend_from_slice(added);
        self.rest = rest;
        self.row += 1;
        Some(self.row - 1)
    }

    /// The token gone to.
    pub(super) fn term(&self) -> &[u8] {
        &self.term
    }

    /// How many bytes it shares with the token before it, at least.
    pub(super) fn shared(&self) -> usize {
        self.shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_token_and_prefix_is_found(
            terms in proptest::collection::btree_set("[a-c]{1,6}", 0..120),
            prefix in "[a-d]{0,4}",
            rest in "[a-c]{0,4}",
            left_out in 0..9_usize,
            near in 0..9_usize,
        ) {
            let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
            let bytes = write(terms.iter().copied()).unwrap();
            let read = Terms::new(&bytes).unwrap();
            for (row, term) in terms.iter().enumerate() {
                prop_assert_eq!(read.find(term), Some(row as u32));
            }
            let matching = terms.iter().filter(|term| term.starts_with(&prefix)).count();
            let range = read.prefixed(&prefix);
            prop_assert_eq!(range.len(), matching);
            prop_assert!(range.clone().all(|row| terms[row as usize].starts_with(&prefix)));
            let known = terms.contains(&prefix.as_str());
            prop_assert_eq!(read.find(&prefix).is_some(), known);
            let blocks = terms.iter().step_by(BLOCK).filter(|head| **head < prefix.as_str()).count();
            let found = read.blocks_until(Some(near), |head| head < prefix.as_bytes());
            prop_assert_eq!(found, blocks);
            let word = format!("{prefix}{rest}");
            let mut beginnings = read.beginnings_of(&word, near as u32 * 20, |length| length != left_out);
            beginnings.reverse();
            let expected: Vec<(usize, u32)> = (terms.iter().zip(0..))
                .filter(|(term, _)| term.len() != left_out)
                .filter(|(term, _)| word.starts_with(**term) && word != **term)
                .map(|(term, row)| (term.len(), row))
                .collect();
            prop_assert_eq!(beginnings, expected);
        }

        #[test]
        fn arbitrary_bytes_are_survived(mut bytes: Vec<u8>, key in "[a-c]{0,3}", row in 0..50_u32) {
            bytes.splice(0..0, [20, 0, 0, 0, 2, 0, 0, 0]);
            if let Some(terms) = Terms::new(&bytes) {
                terms.prefixed(&key);
                terms.find(&key);
                terms.beginnings_of(&key, row, |_| true);
                terms.cursor(row as usize).next();
            }
        }
    }
}
