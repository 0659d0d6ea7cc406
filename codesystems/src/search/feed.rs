//! The postings of a word of a query, span by span, and what each tells of its place.

use zerocopy::little_endian::{U16, U64};

use super::bits::StoredBits;
use super::index::{TextIndex, WideSets};
use super::postings::{Container, List, LongList, SPAN, Where, spans};
use super::resolve::Word;

/// Every word is there, in whatever way. A combination of words has these three where all have.
pub(super) const ANY: u8 = 1;
/// ... as the beginning of a word.
pub(super) const WHOLE: u8 = 2;
/// ... as a word.
pub(super) const EXACT: u8 = 4;
/// Some word is the first of the text, or its beginning.
pub(super) const FIRST: u8 = 8;
/// ... is exactly it.
pub(super) const FIRST_EXACT: u8 = 16;

/// What a token is to a word.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Exact,
    Beginning,
    Joined,
}

impl Role {
    #[inline]
    fn known(self, at: Where) -> u8 {
        match (self, at) {
            (Self::Joined, _) | (_, Where::Part) => ANY,
            (Self::Beginning, Where::Later) => ANY | WHOLE,
            (Self::Beginning, Where::First) => ANY | WHOLE | FIRST,
            (Self::Exact, Where::Later) => ANY | WHOLE | EXACT,
            (Self::Exact, Where::First) => ANY | WHOLE | EXACT | FIRST | FIRST_EXACT,
        }
    }
}

/// All that a posting can tell; see [`Role::known`].
pub(super) const KINDS: [u8; 5] = [
    ANY,
    ANY | WHOLE,
    ANY | WHOLE | FIRST,
    ANY | WHOLE | EXACT,
    ANY | WHOLE | EXACT | FIRST | FIRST_EXACT,
];

/// Which of [`KINDS`] it is.
#[inline]
pub(super) fn kind_of(known: u8) -> usize {
    usize::from(known & WHOLE != 0) * (1 + usize::from(known & FIRST != 0))
        + usize::from(known & EXACT != 0) * 2
}

/// The postings of a word, read span by span.
#[derive(Debug, Default)]
pub(super) struct Feed<'e> {
    /// Those of short lists, and places of words that were typed as one: span by span, ...
    pub(super) loose: Loose,
    /// ... and where each span begins, and the end.
    starts: Vec<u32>,
    long: Vec<(Role, LongList<'e>)>,
    plain: Vec<(Role, &'e [u32])>,
    wide: Vec<WideSets<'e>>,
}

/// Loose postings of a feed.
pub(super) type Loose = Vec<(u32, u8)>;

impl<'e> Feed<'e> {
    /// Takes memory from `spare`.
    pub(super) fn new(index: &TextIndex<'e>, word: &Word, spare: &mut Vec<Loose>) -> Self {
        let mut feed = Self { loose: spare.pop().unwrap_or_default(), ..Self::default() };
        feed.loose.clear();
        for range in &word.direct {
            if let Some(wide) = index.wide(range) {
                feed.wide.push(wide);
                let exact = word.exact.iter().filter(|token| range.contains(token));
                exact.for_each(|&token| feed.add(Role::Exact, index.list(token)));
                continue;
            }
            index.each_list(range, |token, list| {
                let is_exact = word.exact.contains(&token);
                feed.add(if is_exact { Role::Exact } else { Role::Beginning }, list);
            });
        }
        if let Some(range) = &word.joined {
            index.each_list(range, |_, list| feed.add(Role::Joined, list));
        }
        let apart = word.splits.iter().flat_map(|split| index.places_of_split(split));
        feed.loose.extend(apart.map(|place| (place, ANY)));
        feed.sort(spans(index.place_count()), spare);
        feed
    }

    fn add(&mut self, role: Role, list: List<'e>) {
        match list {
            List::Long(list) => self.long.push((role, list)),
            List::Plain(list) => self.plain.push((role, list)),
            List::Short(list) => {
                self.loose.extend(list.map(|(place, at)| (place, role.known(at))));
            }
        }
    }

    /// Puts loose postings in the order of their spans, of which there are `spans`.
    fn sort(&mut self, spans: u32, spare: &mut Vec<Loose>) {
        self.loose.retain(|(place, _)| place / SPAN < spans);
        if spans <= 1 {
            self.starts = vec![0, self.loose.len() as u32];
            return;
        }
        let mut next = vec![0_u32; spans as usize + 1];
        for (place, _) in &self.loose {
            if let Some(count) = next.get_mut((place / SPAN) as usize + 1) {
                *count += 1;
            }
        }
        let mut before = 0;
        for start in &mut next {
            before += *start;
            *start = before;
        }
        self.starts.clone_from(&next);
        let mut sorted = spare.pop().unwrap_or_default();
        sorted.clear();
        sorted.resize(self.loose.len(), (0, 0));
        for &posting in &self.loose {
            let at = next.get_mut((posting.0 / SPAN) as usize);
            if let Some(at) = at
                && let Some(slot) = sorted.get_mut(*at as usize)
            {
                *slot = posting;
                *at += 1;
            }
        }
        spare.push(std::mem::replace(&mut self.loose, sorted));
    }

    /// The loose postings of a span.
    fn loose(&self, span: u32) -> &[(u32, u8)] {
        let bound = |span: u32| self.starts.get(span as usize).map_or(0, |&start| start as usize);
        self.loose.get(bound(span)..bound(span + 1)).unwrap_or_default()
    }

    /// Hands over the postings of `span`. Containers of more places than `most` come as large sets, as
    /// bit sets do.
    #[inline]
    pub(super) fn read<'f>(&'f self, span: u32, most: usize, mut tell: impl FnMut(Part<'f>)) {
        let (start, behind) = (span * SPAN, (span + 1).saturating_mul(SPAN));
        let loose = self.loose(span);
        if !loose.is_empty() {
            tell(Part::Loose(loose));
        }
        for (role, list) in &self.long {
            for (at, container) in list.containers(span) {
                let known = role.known(at);
                tell(match container {
                    Container::Sparse(lows) if lows.len() <= most => Part::Lows(lows, known),
                    _ => Part::Large(Large::Container(known, container)),
                });
            }
        }
        for (role, list) in &self.plain {
            let bound = |place: u32| list.partition_point(|posting| posting >> 2 < place);
            let of_span = list.get(bound(start)..bound(behind)).unwrap_or_default();
            tell(Part::Plain(of_span, *role));
        }
        self.wide.iter().for_each(|wide| tell(Part::Large(Large::Wide(*wide))));
    }
}

/// Postings of one span.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'f> {
    Loose(&'f [(u32, u8)]),
    Plain(&'f [u32], Role),
    /// Of all of which the same is known.
    Lows(&'f [U16], u8),
    Large(Large<'f>),
}

impl Part<'_> {
    /// How many there are, unless they are a large set.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Loose(loose) => loose.len(),
            Self::Plain(plain, _) => plain.len(),
            Self::Lows(lows, _) => lows.len(),
            Self::Large(_) => 0,
        }
    }

    /// Tells them and what is known of each, unless they are a large set.
    #[inline]
    pub(super) fn each(self, mut tell: impl FnMut(u16, u8)) {
        match self {
            Self::Loose(loose) => {
                loose.iter().for_each(|&(place, known)| tell((place % SPAN) as u16, known));
            }
            Self::Plain(plain, role) => plain.iter().for_each(|&posting| {
                tell((posting >> 2) as u16, role.known(Where::from_bits(posting)));
            }),
            Self::Lows(lows, known) => lows.iter().for_each(|low| tell(low.get(), known)),
            Self::Large(_) => {}
        }
    }

    /// Marks them in `plane`.
    #[inline]
    pub(super) fn mark(self, plane: &mut Plane) {
        self.each(|low, _| mark(plane, low));
    }
}

/// A set that is asked for single places.
#[derive(Debug, Clone, Copy)]
pub(super) enum Large<'e> {
    Container(u8, Container<'e>),
    Wide(WideSets<'e>),
}

impl<'e> Large<'e> {
    /// What is known of a place.
    #[inline]
    pub(super) fn known(self, span: u32, low: u16) -> u8 {
        match self {
            Self::Container(known, container) if container.contains(low) => known,
            Self::Container(..) => 0,
            Self::Wide(wide) => {
                let place = span * SPAN + u32::from(low);
                let has = |set| StoredBits(set).contains(place);
                known_of_wide(has(wide.whole), has(wide.first_or_part))
            }
        }
    }

    /// Hands over the places of `span` as a set for each thing that is known of some.
    pub(super) fn sets(self, span: u32, mut tell: impl FnMut(u8, &[u64; WORDS])) {
        let mut set = [0_u64; WORDS];
        match self {
            Self::Container(known, Container::Sparse(lows)) => {
                lows.iter().for_each(|low| mark(&mut set, low.get()));
                tell(known, &set);
            }
            Self::Container(known, Container::Dense(words)) => {
                set.iter_mut().zip(words).for_each(|(set, word)| *set = word.get());
                tell(known, &set);
            }
            Self::Wide(wide) => {
                let of_span = |set: &'e [U64]| {
                    let start = (span as usize * WORDS).min(set.len());
                    set.get(start..).unwrap_or_default()
                };
                let (whole, other) = (of_span(wide.whole), of_span(wide.first_or_part));
                let mut told = |is_whole: bool, is_other: bool| {
                    let (whole_turned, other_turned) = (turned(is_whole), turned(is_other));
                    for ((set, whole), other) in set.iter_mut().zip(whole).zip(other) {
                        *set = (whole.get() ^ whole_turned) & (other.get() ^ other_turned);
                    }
                    tell(known_of_wide(is_whole, is_other), &set);
                };
                told(true, true);
                told(true, false);
                told(false, true);
            }
        }
    }
}

/// What turns a word of a set so that those have a bit that are in it, or that are not.
fn turned(are_in: bool) -> u64 {
    if are_in { 0 } else { u64::MAX }
}

#[inline]
fn known_of_wide(whole: bool, first_or_part: bool) -> u8 {
    match (whole, first_or_part) {
        (true, true) => Role::Beginning.known(Where::First),
        (true, false) => Role::Beginning.known(Where::Later),
        (false, true) => Role::Beginning.known(Where::Part),
        (false, false) => 0,
    }
}

/// How many words of 64 bits hold the places of a span.
pub(super) const WORDS: usize = SPAN as usize / 64;

/// The places of a span, a bit each.
pub(super) type Plane = Box<[u64; WORDS]>;

/// Marks a place.
#[inline]
pub(super) fn mark(plane: &mut [u64; WORDS], low: u16) {
    plane[usize::from(low) / 64] |= 1 << (low % 64);
}

/// Whether a place is marked.
#[inline]
pub(super) fn is_in(plane: &[u64; WORDS], low: u16) -> bool {
    plane[usize::from(low) / 64] >> (low % 64) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_postings_are_read_by_spans() {
        let loose = vec![(2 * SPAN, 3), (5, 1), (2 * SPAN + 7, 1), (9, 7), (3 * SPAN, 1)];
        let mut feed = Feed { loose, ..Feed::default() };
        feed.sort(3, &mut Vec::new());
        assert_eq!(feed.loose(0), [(5, 1), (9, 7)]);
        assert_eq!(feed.loose(1), []);
        assert_eq!(feed.loose(2), [(2 * SPAN, 3), (2 * SPAN + 7, 1)]);
        assert_eq!(feed.loose(3), [], "places beyond those there are");
    }

    #[test]
    fn what_is_known_has_its_number() {
        for (number, known) in KINDS.into_iter().enumerate() {
            assert_eq!(kind_of(known), number);
        }
    }
}
