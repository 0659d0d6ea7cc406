//! What is stored of ranges of tokens with many postings: short beginnings, and frequent words.
//!
//! Uniting the posting lists behind `d` or `str` anew for each keystroke would take milliseconds.

use std::ops::Range;

use rayon::prelude::*;

use super::bits::Bits;
use super::build::{BuildOptions, Lists};
use super::postings::{Where, write_number};
use super::terms::to_u32;
use crate::Result;

/// Places stored of a frequent range.
pub(super) const BEST: usize = 512;

/// The numbers that sets are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space<'p> {
    /// Concept of each place.
    pub(super) concepts: &'p [u32],
    pub(super) concept_count: u32,
}

/// A range of tokens with its postings, encoded.
#[derive(Debug)]
struct Stored {
    range: Range<usize>,
    concepts: u32,
    best: Vec<u8>,
    set: Vec<u8>,
    wide: Vec<u64>,
}

/// The sections `frequent_ranges` and `wide_ranges`.
pub(super) fn encode(
    terms: &[Box<str>],
    lists: &Lists,
    space: &Space<'_>,
    options: &BuildOptions,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let threshold = options.frequent_from_postings.max(1);
    let mut search = RangeSearch { terms, lists, threshold, found: Vec::new() };
    search.visit(0..terms.len(), 0);
    let mut ranges = search.found;
    if ranges.is_empty() {
        // Not even a thread pool is started for an inline code system.
        let none = 0_u32.to_le_bytes().to_vec();
        return Ok((none.clone(), none));
    }
    ranges.sort_unstable_by_key(|(range, _)| (range.start, range.end));
    ranges.dedup();
    let relative = space.concepts.len() / options.wide_designations_per_posting.max(1);
    let wide_from = options.wide_from_postings.max(relative);
    let stored: Vec<Stored> = ranges
        .into_par_iter()
        .map(|(range, postings)| {
            let union = Union::new(range.clone(), lists, space);
            let wide = postings >= wide_from;
            Stored {
                range,
                concepts: union.concepts.len() as u32,
                best: union.best(),
                set: if postings >= options.sets_from_postings && !wide {
                    union.concept_set()
                } else {
                    Vec::new()
                },
                wide: if wide { union.wide() } else { Vec::new() },
            }
        })
        .collect();
    Ok((encode_frequent(&stored)?, encode_wide(&stored)?))
}

fn encode_frequent(stored: &[Stored]) -> Result<Vec<u8>> {
    let mut out = to_u32(stored.len(), "ranges")?.to_le_bytes().to_vec();
    let mut bytes = Vec::new();
    for stored in stored {
        let best = bytes.len();
        bytes.extend_from_slice(&stored.best);
        let set = bytes.len();
        bytes.extend_from_slice(&stored.set);
        for number in [stored.range.start, stored.range.end, stored.concepts as usize, best, set] {
            out.extend(to_u32(number, "bytes of ranges")?.to_le_bytes());
        }
    }
    out.extend(bytes);
    Ok(out)
}

fn encode_wide(stored: &[Stored]) -> Result<Vec<u8>> {
    let wide = || stored.iter().filter(|stored| !stored.wide.is_empty());
    let mut out = to_u32(wide().count(), "ranges")?.to_le_bytes().to_vec();
    for stored in wide() {
        for number in [stored.range.start, stored.range.end] {
            out.extend(to_u32(number, "tokens")?.to_le_bytes());
        }
    }
    wide().flat_map(|stored| &stored.wide).for_each(|word| out.extend(word.to_le_bytes()));
    Ok(out)
}

/// Looks for all beginnings of tokens, and all tokens, with many postings.
#[derive(Debug)]
struct RangeSearch<'b> {
    terms: &'b [Box<str>],
    lists: &'b Lists,
    threshold: usize,
    /// Ranges of tokens with their number of postings.
    found: Vec<(Range<usize>, usize)>,
}

impl RangeSearch<'_> {
    /// `range`: the tokens that share their first `depth` bytes.
    fn visit(&mut self, range: Range<usize>, depth: usize) {
        let weight = range.clone().map(|token| self.lists.of(token).len()).sum();
        if weight < self.threshold {
            return;
        }
        if depth > 0 {
            self.found.push((range.clone(), weight));
        }
        let byte = |row: usize| self.terms.get(row).and_then(|term| term.as_bytes().get(depth));
        let mut groups = Vec::new();
        let mut start = range.start;
        while start < range.end {
            let first = byte(start);
            let group = (start..range.end).take_while(|&row| byte(row) == first).count();
            groups.push((first.is_some(), start..start + group));
            start += group;
        }
        for (longer, group) in groups {
            if longer {
                self.visit(group, depth + 1);
            } else {
                let weight = self.lists.of(group.start).len();
                self.found.extend((weight >= self.threshold).then_some((group, weight)));
            }
        }
    }
}

/// The places of a range of tokens by where the tokens stand, and their concepts.
#[derive(Debug)]
struct Union {
    first: Bits,
    later: Bits,
    part: Bits,
    concepts: Bits,
}

impl Union {
    fn new(range: Range<usize>, lists: &Lists, space: &Space<'_>) -> Self {
        let [first, later, part] = [(); 3].map(|()| Bits::new(space.concepts.len() as u32));
        let concepts = Bits::new(space.concept_count);
        let mut union = Self { first, later, part, concepts };
        for posting in range.flat_map(|token| lists.of(token)) {
            let place = posting >> 2;
            match Where::from_bits(*posting) {
                Where::First => union.first.insert(place),
                Where::Later => union.later.insert(place),
                Where::Part => union.part.insert(place),
            };
            space.concepts.get(place as usize).map(|&concept| union.concepts.insert(concept));
        }
        let sets = union.first.words().iter().zip(union.later.words_mut());
        for ((first, later), part) in sets.zip(union.part.words_mut()) {
            *later &= !first;
            *part &= !(first | *later);
        }
        union
    }

    /// The first [`BEST`] places in the order of answers.
    fn best(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut left = BEST;
        let sets =
            [(&self.first, Where::First), (&self.later, Where::Later), (&self.part, Where::Part)];
        for (set, at) in sets {
            let mut previous = 0;
            for place in set.iter().take(left) {
                write_number(&mut bytes, (place - previous) << 2 | at as u32);
                previous = place;
                left -= 1;
            }
        }
        bytes
    }

    fn concept_set(&self) -> Vec<u8> {
        let mut set = self.concepts.to_roaring();
        set.optimize();
        let mut bytes = Vec::with_capacity(set.serialized_size());
        // Writing into memory cannot fail; an empty set would only be read as damage.
        if set.serialize_into(&mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// Whole words by place, first words or parts by place, concepts.
    fn wide(&self) -> Vec<u64> {
        let places = self.first.words().len();
        let mut words = Vec::with_capacity(2 * places + self.concepts.words().len());
        let both = |(left, right): (&u64, &u64)| left | right;
        words.extend(self.first.words().iter().zip(self.later.words()).map(both));
        words.extend(self.first.words().iter().zip(self.part.words()).map(both));
        words.extend(self.concepts.words());
        words
    }
}
