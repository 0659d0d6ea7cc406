//! Numbers of variable length, and the posting list of a token.
//!
//! A posting list holds the places of the designations with the token. Most lists are *short*: the
//! places ascend, each as `(place - previous place) << 2 | where`, in LEB128. *Long* lists are read
//! by [`SPAN`]s of places, and not always from the beginning: a zero byte (no short list begins with
//! one); a byte with a bit for each [`Where`] that occurs, 1 for the first word, 2 for a later one,
//! 4 for a part; the number of spans, `u16`; for each of these, best first, the ends of its
//! containers, `u32` for each span; then, in the same order, the containers. A container holds the
//! places of a span ascending as `u16`, or, from [`DENSE`] places on, as a bit set of `u64`.

use std::ops::Range;

use zerocopy::FromBytes;
use zerocopy::little_endian::{U16, U32, U64};

use super::bits::members;

/// Where in a designation a token stands; a greater one is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Where {
    /// Inside a compound.
    Part = 1,
    /// A whole word that is not the first.
    Later = 2,
    /// The first word.
    First = 3,
}

impl Where {
    /// All, best first.
    pub(super) const ALL: [Self; 3] = [Self::First, Self::Later, Self::Part];

    pub(super) fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            3 => Self::First,
            2 => Self::Later,
            _ => Self::Part,
        }
    }
}

/// Appends `number` as LEB128.
pub(super) fn write_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads numbers in LEB128 until the bytes end; a cut last number ends it, too.
#[derive(Debug, Clone)]
pub(super) struct Numbers<'e>(pub(super) &'e [u8]);

impl Iterator for Numbers<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }
}

/// How many places are read together: as many as two bytes tell apart.
pub(super) const SPAN: u32 = 1 << 16;

/// Places of a span from which on a bit set is the shorter container.
const DENSE: usize = 4_096;

/// Bytes of a container that is a bit set.
const DENSE_BYTES: usize = SPAN as usize / 8;

/// How many spans hold `places` places.
pub(super) fn spans(places: u32) -> u32 {
    places.div_ceil(SPAN)
}

/// Appends the posting list `postings`: `place << 2 | where`, ascending by place; as a long one when
/// it has at least `long_from` postings.
pub(super) fn write_list(out: &mut Vec<u8>, postings: &[u32], long_from: usize) {
    if postings.len() >= long_from.max(1) {
        return write_long(out, postings);
    }
    let mut previous = 0;
    for posting in postings {
        write_number(out, posting - previous);
        previous = posting & !3;
    }
}

fn write_long(out: &mut Vec<u8>, postings: &[u32]) {
    let spans = postings.last().map_or(0, |last| (last >> 2) / SPAN + 1);
    let (mut mask, mut ends, mut containers) = (0_u8, Vec::new(), Vec::new());
    for (at, bit) in Where::ALL.into_iter().zip(0..) {
        let mut places = postings
            .iter()
            .filter(|posting| Where::from_bits(**posting) == at)
            .map(|posting| posting >> 2)
            .peekable();
        if places.peek().is_none() {
            continue;
        }
        mask |= 1 << bit;
        for span in 0..spans {
            let mut lows = Vec::new();
            while let Some(place) = places.next_if(|place| place / SPAN == span) {
                lows.push((place % SPAN) as u16);
            }
            write_container(&mut containers, &lows);
            ends.extend((containers.len() as u32).to_le_bytes());
        }
    }
    out.extend([0, mask]);
    // Places have 30 bits.
    out.extend((spans as u16).to_le_bytes());
    out.extend(ends);
    out.extend(containers);
}

fn write_container(out: &mut Vec<u8>, lows: &[u16]) {
    if lows.len() < DENSE {
        return lows.iter().for_each(|low| out.extend(low.to_le_bytes()));
    }
    let mut bits = vec![0_u8; DENSE_BYTES];
    for low in lows {
        if let Some(byte) = bits.get_mut(usize::from(*low) / 8) {
            *byte |= 1 << (low % 8);
        }
    }
    out.extend(bits);
}

/// The posting list of a token.
#[derive(Debug, Clone)]
pub(super) enum List<'e> {
    Short(Postings<'e>),
    Long(LongList<'e>),
    /// In memory: `place << 2 | where`, ascending.
    Plain(&'e [u32]),
}

impl<'e> List<'e> {
    /// Reads `bytes`; places lie in the first `spans` spans.
    pub(super) fn new(bytes: &'e [u8], spans: u32) -> Self {
        match bytes.split_first() {
            Some((0, rest)) => {
                let list = LongList::new(rest).unwrap_or_default();
                Self::Long(LongList { spans: list.spans.min(spans), ..list })
            }
            _ => Self::Short(Postings::new(bytes)),
        }
    }

    /// Tells all postings; a long list's by [`Where`] first.
    #[inline]
    pub(super) fn each(self, mut tell: impl FnMut(u32, Where)) {
        match self {
            Self::Short(postings) => postings.for_each(|(place, at)| tell(place, at)),
            Self::Plain(postings) => {
                postings.iter().for_each(|posting| tell(posting >> 2, Where::from_bits(*posting)));
            }
            Self::Long(list) => {
                for span in 0..list.spans {
                    for (at, container) in list.containers(span) {
                        container.each(|low| tell(span * SPAN + u32::from(low), at));
                    }
                }
            }
        }
    }
}

impl List<'_> {
    /// Tells the places among `places` where the token is the first word, ascending.
    pub(super) fn each_first(self, places: &Range<u32>, mut tell: impl FnMut(u32)) {
        let Self::Long(list) = self else {
            return self.each(|place, at| {
                if at == Where::First && places.contains(&place) {
                    tell(place);
                }
            });
        };
        for span in places.start / SPAN..list.spans.min(spans(places.end)) {
            let firsts = list.containers(span).filter(|(at, _)| *at == Where::First);
            for (_, container) in firsts {
                container.each(|low| {
                    let place = span * SPAN + u32::from(low);
                    if places.contains(&place) {
                        tell(place);
                    }
                });
            }
        }
    }
}

/// A posting list that is read by spans.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LongList<'e> {
    spans: u32,
    /// For each [`Where`], best first, the ends of its containers.
    ends: [&'e [U32]; 3],
    containers: &'e [u8],
}

impl<'e> LongList<'e> {
    /// `bytes`: what follows the zero byte.
    fn new(bytes: &'e [u8]) -> Option<Self> {
        let (&mask, rest) = bytes.split_first()?;
        let (spans, mut rest) = U16::read_from_prefix(rest).ok()?;
        let mut list = Self { spans: spans.get().into(), ..Self::default() };
        for (bit, ends) in (0..).zip(&mut list.ends) {
            if mask >> bit & 1 == 1 {
                (*ends, rest) =
                    <[U32]>::ref_from_prefix_with_elems(rest, spans.get().into()).ok()?;
            }
        }
        list.containers = rest;
        Some(list)
    }

    /// The containers of `span`, as far as there are any.
    #[inline]
    pub(super) fn containers(
        &self,
        span: u32,
    ) -> impl Iterator<Item = (Where, Container<'e>)> + use<'e> {
        let Self { ends, containers, .. } = *self;
        let mut before = 0;
        Where::ALL.into_iter().zip(ends).filter_map(move |(at, ends)| {
            // The containers of one kind follow those of the one before.
            let start = match span.checked_sub(1) {
                None => before,
                Some(previous) => ends.get(previous as usize)?.get(),
            };
            before = ends.last().map_or(before, |end| end.get());
            let range = start as usize..ends.get(span as usize)?.get() as usize;
            Some((at, Container::new(containers.get(range)?)?))
        })
    }
}

/// Places of one span.
#[derive(Debug, Clone, Copy)]
pub(super) enum Container<'e> {
    Sparse(&'e [U16]),
    Dense(&'e [U64]),
}

impl<'e> Container<'e> {
    fn new(bytes: &'e [u8]) -> Option<Self> {
        match bytes.len() {
            0 => None,
            DENSE_BYTES => <[U64]>::ref_from_bytes(bytes).ok().map(Self::Dense),
            _ => <[U16]>::ref_from_bytes(bytes).ok().map(Self::Sparse),
        }
    }

    /// Tells all places, ascending.
    #[inline]
    pub(super) fn each(self, mut tell: impl FnMut(u16)) {
        match self {
            Self::Sparse(lows) => lows.iter().for_each(|low| tell(low.get())),
            Self::Dense(words) => {
                let words = words.iter().map(|word| word.get());
                members(words).for_each(|low| tell(low as u16));
            }
        }
    }

    #[inline]
    pub(super) fn contains(self, low: u16) -> bool {
        match self {
            Self::Sparse(lows) => lows.binary_search_by_key(&low, |low| low.get()).is_ok(),
            Self::Dense(words) => {
                let word = words.get(usize::from(low) / 64);
                word.is_some_and(|word| word.get() >> (low % 64) & 1 == 1)
            }
        }
    }
}

/// Reads a short posting list: places with where.
#[derive(Debug, Clone)]
pub(super) struct Postings<'e> {
    numbers: Numbers<'e>,
    place: u32,
}

impl<'e> Postings<'e> {
    pub(super) fn new(bytes: &'e [u8]) -> Self {
        Self { numbers: Numbers(bytes), place: 0 }
    }
}

impl Iterator for Postings<'_> {
    type Item = (u32, Where);

    #[inline]
    fn next(&mut self) -> Option<(u32, Where)> {
        let number = self.numbers.next()?;
        self.place = self.place.wrapping_add(number >> 2);
        Some((self.place, Where::from_bits(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Vec<(u32, u32)> {
        let mut read = Vec::new();
        List::new(bytes, 1 << 14).each(|place, at| read.push((place, at as u32)));
        read.sort_unstable();
        read
    }

    proptest! {
        #[test]
        fn a_list_reads_as_written(
            list in proptest::collection::btree_map(0..1_u32 << 30, 1..4_u32, 0..50),
            near in proptest::collection::btree_map(0..1_u32 << 18, 1..4_u32, 0..200),
            dense in proptest::option::of((0..1_u32 << 18, 3_000..9_000_u32, 1..4_u32)),
            long_from in 1..100_usize,
        ) {
            let postings: Vec<u32> = list.iter().map(|(place, at)| place << 2 | at).collect();
            let mut bytes = Vec::new();
            write_list(&mut bytes, &postings, usize::MAX);
            prop_assert_eq!(read(&bytes), list.into_iter().collect::<Vec<_>>());

            let mut list = near;
            if let Some((start, count, at)) = dense {
                list.extend((start..start + count).map(|place| (place, at)));
            }
            let postings: Vec<u32> = list.iter().map(|(place, at)| place << 2 | at).collect();
            bytes.clear();
            write_list(&mut bytes, &postings, long_from);
            prop_assert_eq!(read(&bytes), list.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>());
            let mut firsts = Vec::new();
            List::new(&bytes, 4).each_first(&(500..90_000), |place| firsts.push(place));
            let expected = list.range(500..90_000).filter(|(_, at)| **at == 3);
            prop_assert!(firsts.iter().eq(expected.map(|(place, _)| place)));
            if let List::Long(long) = List::new(&bytes, 4) {
                for place in (0..1 << 18).step_by(97).chain(list.keys().copied()) {
                    let mut of_place = long.containers(place / SPAN).filter(|(_, container)| {
                        container.contains((place % SPAN) as u16)
                    });
                    let found = of_place.next().map(|(at, _)| at as u32);
                    prop_assert_eq!(found, list.get(&place).copied());
                }
            }
        }

        #[test]
        fn arbitrary_bytes_are_survived(mut bytes: Vec<u8>, long: bool) {
            if long {
                bytes.insert(0, 0);
            }
            let mut count = 0;
            List::new(&bytes, 4).each(|_, _| count += 1);
            prop_assert!(count <= bytes.len() * 8 * 4);
        }
    }
}
