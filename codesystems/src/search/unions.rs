//! What is stored of ranges of tokens with many postings: short beginnings, and frequent words.
//!
//! Uniting the posting lists behind `d` or `str` anew for each keystroke would take milliseconds.

use std::ops::Range;

use rayon::prelude::*;
use roaring::RoaringBitmap;
use zerocopy::FromBytes;
use zerocopy::little_endian::{U16, U32, U64};

use super::bits::Bits;
use super::build::BuildOptions;
use super::postings::{Container, Where, write_number};
use super::terms::to_u32;
use crate::Result;

/// The posting lists of tokens by their rows.
pub(super) trait PostingLists: Sync {
    /// The postings of a token: `place << 2 | where`, ascending.
    fn of(&self, row: usize) -> &[u32];
}

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
    lists: &impl PostingLists,
    space: &Space<'_>,
    options: &BuildOptions,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let ranges = ranges(terms, lists, space, options);
    if ranges.is_empty() {
        // Not even a thread pool is started for an inline code system.
        let none = 0_u32.to_le_bytes().to_vec();
        return Ok((none.clone(), none));
    }
    let stored: Vec<Stored> = ranges
        .into_par_iter()
        .map(|(range, postings)| Stored::new(range, postings, lists, space, options))
        .collect();
    Ok((encode_frequent(&stored)?, encode_wide(&stored)?))
}

/// The section `frequent_ranges`, made by this thread alone.
pub(super) fn encode_alone(
    terms: &[Box<str>],
    lists: &impl PostingLists,
    space: &Space<'_>,
    options: &BuildOptions,
) -> Result<Vec<u8>> {
    let stored = ranges(terms, lists, space, options).into_iter();
    let stored =
        stored.map(|(range, postings)| Stored::new(range, postings, lists, space, options));
    encode_frequent(&stored.collect::<Vec<Stored>>())
}

/// The ranges with many postings, ascending, with their numbers of postings.
fn ranges(
    terms: &[Box<str>],
    lists: &impl PostingLists,
    space: &Space<'_>,
    options: &BuildOptions,
) -> Vec<(Range<usize>, usize)> {
    let (in_large, large) = options.frequent_in_large;
    let threshold = match space.concepts.len() >= large {
        true => options.frequent_from_postings.min(in_large).max(1),
        false => options.frequent_from_postings.max(1),
    };
    let mut search = RangeSearch { terms, lists, threshold, found: Vec::new() };
    search.visit(0..terms.len(), 0);
    let mut ranges = search.found;
    ranges.sort_unstable_by_key(|(range, _)| (range.start, range.end));
    ranges.dedup();
    ranges
}

impl Stored {
    fn new(
        range: Range<usize>,
        postings: usize,
        lists: &impl PostingLists,
        space: &Space<'_>,
        options: &BuildOptions,
    ) -> Self {
        let union = Union::new(range.clone(), lists, space);
        let relative = space.concepts.len() / options.wide_designations_per_posting.max(1);
        let is_wide = postings >= options.wide_from_postings.max(relative);
        let has_set = postings >= options.sets_from_postings && !is_wide;
        Self {
            range,
            concepts: union.concepts.len() as u32,
            best: union.best(space, options.best_concepts),
            set: if has_set { union.concept_set() } else { Vec::new() },
            wide: if is_wide { union.wide() } else { Vec::new() },
        }
    }
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
struct RangeSearch<'b, L> {
    terms: &'b [Box<str>],
    lists: &'b L,
    threshold: usize,
    /// Ranges of tokens with their number of postings.
    found: Vec<(Range<usize>, usize)>,
}

impl<L: PostingLists> RangeSearch<'_, L> {
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
    fn new(range: Range<usize>, lists: &impl PostingLists, space: &Space<'_>) -> Self {
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

    /// The best places of the first `count` concepts in the order of answers, behind their number.
    fn best(&self, space: &Space<'_>, count: usize) -> Vec<u8> {
        let mut left = count.min(self.concepts.len());
        let mut bytes = Vec::new();
        write_number(&mut bytes, left as u32);
        let mut seen = Bits::new(space.concept_count);
        let sets =
            [(&self.first, Where::First), (&self.later, Where::Later), (&self.part, Where::Part)];
        for (set, at) in sets {
            let mut previous = 0;
            let is_new = |place: &u32| {
                space.concepts.get(*place as usize).is_some_and(|&concept| seen.insert(concept))
            };
            for place in set.iter().filter(is_new).take(left) {
                write_number(&mut bytes, (place - previous) << 2 | at as u32);
                previous = place;
                left -= 1;
            }
        }
        bytes
    }

    fn concept_set(&self) -> Vec<u8> {
        // Without runs, so that it can be asked where it lies.
        let set = self.concepts.to_roaring();
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

/// A stored set of concepts: a RoaringBitmap as it serializes itself, without runs.
///
/// Layout (<https://github.com/RoaringBitmap/RoaringFormatSpec>): cookie and number of containers as
/// `u32`; for each container its high half and its number of concepts less one as `u16`; for each
/// where it begins as `u32`; the containers.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredSet<'e> {
    bytes: &'e [u8],
    descriptions: &'e [[U16; 2]],
    starts: &'e [U32],
}

/// What a set without runs begins with.
const COOKIE: u32 = 12_346;
/// Concepts up to which a container lists them.
const LISTED: usize = 4_096;

impl<'e> StoredSet<'e> {
    /// `None` when the bytes are no such set.
    pub(super) fn new(bytes: &'e [u8]) -> Option<Self> {
        let (cookie, rest) = U32::read_from_prefix(bytes).ok()?;
        let (count, rest) = U32::read_from_prefix(rest).ok()?;
        let count = count.get() as usize;
        let (descriptions, rest) = <[[U16; 2]]>::ref_from_prefix_with_elems(rest, count).ok()?;
        let (starts, _) = <[U32]>::ref_from_prefix_with_elems(rest, count).ok()?;
        (cookie.get() == COOKIE).then_some(Self { bytes, descriptions, starts })
    }

    fn container(&self, high: u16) -> Option<Container<'e>> {
        let row = self.descriptions.binary_search_by_key(&high, |[high, _]| high.get()).ok()?;
        let [_, less_one] = self.descriptions.get(row)?;
        let count = usize::from(less_one.get()) + 1;
        let bytes = self.bytes.get(self.starts.get(row)?.get() as usize..)?;
        Some(if count <= LISTED {
            Container::Sparse(<[U16]>::ref_from_prefix_with_elems(bytes, count).ok()?.0)
        } else {
            Container::Dense(<[U64]>::ref_from_prefix_with_elems(bytes, 1 << 10).ok()?.0)
        })
    }

    /// What it has of `within`, asked one by one.
    pub(super) fn among(&self, within: &RoaringBitmap) -> RoaringBitmap {
        let mut open = (None, None);
        let found = within.iter().filter(|number| {
            let high = (number >> 16) as u16;
            if open.0 != Some(high) {
                open = (Some(high), self.container(high));
            }
            open.1.is_some_and(|container| container.contains(*number as u16))
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stored_set_tells_what_it_has(
            few in proptest::collection::btree_set(0..400_000_u32, 0..300),
            dense in 0..200_000_u32,
            within in proptest::collection::btree_set(0..400_000_u32, 0..300),
        ) {
            let mut set: RoaringBitmap = few.into_iter().collect();
            set.extend(dense..dense + 9_000);
            let mut bytes = Vec::new();
            set.serialize_into(&mut bytes).unwrap();
            let within: RoaringBitmap = within.into_iter().chain(set.iter().step_by(7)).collect();
            prop_assert_eq!(StoredSet::new(&bytes).unwrap().among(&within), &set & &within);
        }

        #[test]
        fn arbitrary_bytes_are_survived(mut bytes: Vec<u8>, count in 0..4_u32, all: [u32; 8]) {
            bytes.splice(0..0, [COOKIE.to_le_bytes(), count.to_le_bytes()].concat());
            if let Some(set) = StoredSet::new(&bytes) {
                let highs = all.iter().map(|number| number >> 12 | number << 16);
                set.among(&highs.chain(0..20).collect());
            }
        }
    }
}
