//! The places that have every word of a query, found by going through all posting lists at once.
//!
//! Places are taken [`SPAN`] by [`SPAN`]: small enough that a set of places of a span, one bit each,
//! stays in the nearest memory. The places of the rarest word are noted first, every further word thins
//! them out: its list is read through, or, when few places are left, asked for each of them. How the
//! words were found is looked up only for the places that are left in the end.

use std::cell::Cell;
use std::iter::repeat;

use zerocopy::little_endian::{U16, U64};

use super::bits::StoredBits;
use super::evaluate::{Class, MatchKind};
use super::index::{TextIndex, WideSets};
use super::postings::{Container, List, LongList, SPAN, Where, spans};
use super::resolve::Word;

/// A place that a query finds, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) place: u32,
    known: u8,
}

/// Every word is there, in whatever way. A combination of words has these three where all have.
const ANY: u8 = 1;
/// ... as the beginning of a word.
const WHOLE: u8 = 2;
/// ... as a word.
const EXACT: u8 = 4;
/// Some word is the first of the text, or its beginning.
const FIRST: u8 = 8;
/// ... is exactly it.
const FIRST_EXACT: u8 = 16;

impl Match {
    /// Whether the designation has every word as it was typed.
    pub(super) fn is_exact(self) -> bool {
        self.known & EXACT != 0
    }

    /// How the designation matches, as far as that can be told without its text.
    pub(super) fn class(self, fuzzy: bool) -> Class {
        let first = self.known & FIRST != 0;
        match self.known {
            _ if fuzzy => Class::new(MatchKind::Similar, first),
            known if known & EXACT != 0 => {
                Class::new(MatchKind::WholeWords, known & FIRST_EXACT != 0)
            }
            known if known & WHOLE != 0 => Class::new(MatchKind::Beginnings, first),
            _ => Class::new(MatchKind::Parts, first),
        }
    }
}

/// What two words together tell of a place; 0 when one of them is not there.
#[inline]
fn both(one: u8, other: u8) -> u8 {
    let all = one & other & (ANY | WHOLE | EXACT);
    let some = (one | other) & (FIRST | FIRST_EXACT);
    all | (some * u8::from(all != 0))
}

/// What a token is to a word.
#[derive(Debug, Clone, Copy)]
enum Role {
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
const KINDS: [u8; 5] = [
    ANY,
    ANY | WHOLE,
    ANY | WHOLE | FIRST,
    ANY | WHOLE | EXACT,
    ANY | WHOLE | EXACT | FIRST | FIRST_EXACT,
];

/// Which of [`KINDS`] it is.
#[inline]
fn kind_of(known: u8) -> usize {
    usize::from(known & WHOLE != 0) * (1 + usize::from(known & FIRST != 0))
        + usize::from(known & EXACT != 0) * 2
}

/// The postings of a word, read span by span.
#[derive(Debug, Default)]
struct Feed<'e> {
    /// Those of short lists, and places of words that were typed as one: span by span, ...
    loose: Loose,
    /// ... and where each span begins, and the end.
    starts: Vec<u32>,
    long: Vec<(Role, LongList<'e>)>,
    plain: Vec<(Role, &'e [u32])>,
    wide: Vec<WideSets<'e>>,
}

/// Loose postings of a feed.
type Loose = Vec<(u32, u8)>;

impl<'e> Feed<'e> {
    /// Takes memory from `spare`.
    fn new(index: &TextIndex<'e>, word: &Word, spare: &mut Vec<Loose>) -> Self {
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
    fn read<'f>(&'f self, span: u32, most: usize, mut tell: impl FnMut(Part<'f>)) {
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
enum Part<'f> {
    Loose(&'f [(u32, u8)]),
    Plain(&'f [u32], Role),
    /// Of all of which the same is known.
    Lows(&'f [U16], u8),
    Large(Large<'f>),
}

impl Part<'_> {
    /// How many there are, unless they are a large set.
    fn len(self) -> usize {
        match self {
            Self::Loose(loose) => loose.len(),
            Self::Plain(plain, _) => plain.len(),
            Self::Lows(lows, _) => lows.len(),
            Self::Large(_) => 0,
        }
    }

    /// Tells them and what is known of each, unless they are a large set.
    #[inline]
    fn each(self, mut tell: impl FnMut(u16, u8)) {
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
    fn mark(self, plane: &mut Plane) {
        self.each(|low, _| {
            let (word, bit) = bit(low);
            plane[word] |= bit;
        });
    }
}

/// A set that is asked for single places.
#[derive(Debug, Clone, Copy)]
enum Large<'e> {
    Container(u8, Container<'e>),
    Wide(WideSets<'e>),
}

impl<'e> Large<'e> {
    /// What is known of a place.
    #[inline]
    fn known(self, span: u32, low: u16) -> u8 {
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

    /// The places of `span`, 64 a word; `None` where they are listed.
    fn words(self, span: u32) -> Option<impl Iterator<Item = u64>> {
        let (one, other) = match self {
            Self::Container(_, Container::Sparse(_)) => return None,
            Self::Container(_, Container::Dense(words)) => (words, None),
            Self::Wide(wide) => {
                let of_span = |set: &'e [U64]| {
                    let start = (span as usize * WORDS).min(set.len());
                    set.get(start..).unwrap_or_default()
                };
                (of_span(wide.whole), Some(of_span(wide.first_or_part)))
            }
        };
        let further = other.into_iter().flatten().map(|word| word.get()).chain(repeat(0));
        Some(one.iter().zip(further).map(|(word, further)| word.get() | further))
    }
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
const WORDS: usize = SPAN as usize / 64;

/// The places of a span, a bit each.
type Plane = Box<[u64; WORDS]>;

#[inline]
fn bit(low: u16) -> (usize, u64) {
    (usize::from(low) / 64, 1 << (low % 64))
}

/// What is found in one span. Sets of bits stay in the nearest memory, however long the lists are
/// that are read; a byte for each place would not.
#[derive(Debug)]
struct Tables {
    /// The places that have all words read so far.
    all: Plane,
    /// Of places in `all`: whether they have the word that is read. Of others anything.
    next: Plane,
    /// Of places in `all`: by the word that is read, of which each of [`KINDS`] is known. Of others
    /// anything.
    kinds: [Plane; KINDS.len()],
    /// The places in `all`, if they are listed, ...
    lows: Vec<u16>,
    /// ... which they are unless there are many, ...
    are_listed: bool,
    /// ... and what is known of each by the word that is read ...
    fresh: Vec<u8>,
    /// ... and in the end.
    told: Vec<u8>,
    /// Both together.
    found: Vec<Match>,
    /// Memory for loose postings.
    spare: Vec<Loose>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            all: plane(),
            next: plane(),
            kinds: std::array::from_fn(|_| plane()),
            lows: Vec::new(),
            are_listed: true,
            fresh: Vec::new(),
            told: Vec::new(),
            found: Vec::new(),
            spare: Vec::new(),
        }
    }
}

fn plane() -> Plane {
    Box::new([0; WORDS])
}

/// Clears the bits of `lows`, with others or not, in the fastest way.
fn clear(plane: &mut Plane, lows: &[u16]) {
    if lows.len() < LISTED {
        lows.iter().for_each(|&low| plane[bit(low).0] = 0);
    } else {
        plane.fill(0);
    }
}

impl Tables {
    /// Notes the places of the first word.
    fn begin(&mut self, feed: &Feed<'_>, span: u32) {
        let Self { all, lows, .. } = self;
        clear(all, lows);
        lows.clear();
        let (mut are_listed, mut large) = (true, Vec::new());
        feed.read(span, usize::MAX, |part| match part {
            Part::Large(set) => large.push(set),
            _ if are_listed && lows.len() + part.len() < LISTED => part.each(|low, _| {
                let (word, bit) = bit(low);
                if all[word] & bit == 0 {
                    lows.push(low);
                }
                all[word] |= bit;
            }),
            _ => {
                are_listed = false;
                part.mark(all);
            }
        });
        self.are_listed = are_listed && large.is_empty();
        for words in large.into_iter().filter_map(|set| set.words(span)) {
            all.iter_mut().zip(words).for_each(|(all, word)| *all |= word);
        }
    }

    /// Leaves the places that `feed` has, too.
    fn thin_out(&mut self, feed: &Feed<'_>, span: u32) {
        let Self { all, next, lows, .. } = self;
        let most = if self.are_listed {
            clear(next, lows);
            lows.len().saturating_mul(READ_PER_PROBE)
        } else {
            next.fill(0);
            usize::MAX
        };
        let mut large = Vec::new();
        feed.read(span, most, |part| match part {
            Part::Large(set) => large.push(set),
            _ => part.mark(next),
        });
        if self.are_listed {
            for set in large {
                for &low in lows.iter().filter(|low| set.known(span, **low) != 0) {
                    let (word, bit) = bit(low);
                    next[word] |= bit;
                }
            }
            lows.iter().for_each(|&low| all[bit(low).0] &= next[bit(low).0]);
            lows.retain(|&low| {
                let (word, bit) = bit(low);
                all[word] & bit != 0
            });
            return;
        }
        for words in large.into_iter().filter_map(|set| set.words(span)) {
            next.iter_mut().zip(words).for_each(|(next, word)| *next |= word);
        }
        all.iter_mut().zip(next.iter()).for_each(|(all, next)| *all &= next);
        self.list();
    }

    /// Lists the places in `all`.
    fn list(&mut self) {
        let Self { all, lows, .. } = self;
        lows.clear();
        let (lines, _) = all.as_chunks::<8>();
        for (line, base) in lines.iter().zip((0_u32..).step_by(512)) {
            if line.iter().fold(0, |any, word| any | word) == 0 {
                continue;
            }
            for (&word, base) in line.iter().zip((base..).step_by(64)) {
                let mut open = word;
                while open != 0 {
                    lows.push((base + open.trailing_zeros()) as u16);
                    open &= open - 1;
                }
            }
        }
        self.are_listed = true;
    }

    /// Finds out what is known of the places that are left.
    fn tell(&mut self, feed: &Feed<'_>, span: u32) {
        let Self { kinds, lows, fresh, told, .. } = self;
        fresh.clear();
        fresh.resize(lows.len(), 0);
        let mut kinds = kinds.each_mut().map(|plane| (plane, false));
        let mut of_kind = |known: u8, tell: &mut dyn FnMut(&mut Plane)| {
            let (plane, is_used) = &mut kinds[kind_of(known)];
            if !std::mem::replace(is_used, true) {
                clear(plane, lows);
            }
            tell(plane);
        };
        feed.read(span, lows.len().saturating_mul(READ_PER_PROBE), |part| match part {
            Part::Large(set) => {
                let lows = lows.iter().zip(fresh.iter_mut());
                lows.for_each(|(&low, fresh)| *fresh |= set.known(span, low));
            }
            Part::Lows(_, known) => of_kind(known, &mut |plane| part.mark(plane)),
            _ => part.each(|low, known| {
                let (word, bit) = bit(low);
                of_kind(known, &mut |plane| plane[word] |= bit);
            }),
        });
        for ((plane, is_used), known) in kinds.iter().zip(KINDS) {
            if *is_used {
                for (&low, fresh) in lows.iter().zip(fresh.iter_mut()) {
                    let is_set = plane[bit(low).0] >> (low % 64) & 1;
                    *fresh |= known * is_set as u8;
                }
            }
        }
        if told.is_empty() {
            std::mem::swap(told, fresh);
        } else {
            told.iter_mut().zip(fresh.iter()).for_each(|(told, fresh)| *told = both(*told, *fresh));
        }
    }

    /// The places that are left.
    fn end(&mut self, span: u32) -> &[Match] {
        let told = self.lows.iter().zip(self.told.drain(..));
        self.found.clear();
        self.found
            .extend(told.map(|(&low, known)| Match { place: span * SPAN + u32::from(low), known }));
        &self.found
    }
}

/// Places up to which they are listed, and not only marked.
const LISTED: usize = 512;

/// How many places of a list are read in the time that it takes to ask it for one.
const READ_PER_PROBE: usize = 24;

/// Loose postings of which the memory is kept for the next query, and how many of these.
const KEPT: usize = 1 << 16;
const MOST_KEPT: usize = 6;

thread_local! {
    static TABLES: Cell<Option<Tables>> = const { Cell::new(None) };
}

impl TextIndex<'_> {
    /// Hands over the places with all of `words`, the rarest first: ascending, those of a span at once.
    pub(super) fn gather(&self, words: &[&Word], each: &mut dyn FnMut(&[Match])) {
        // A thread's tables are taken out: they stay away from the next query if this one panics.
        let mut tables = TABLES.take().unwrap_or_default();
        let feeds = words.iter().map(|word| Feed::new(self, word, &mut tables.spare));
        let feeds: Vec<Feed<'_>> = feeds.collect();
        for span in 0..spans(self.place_count()) {
            for (row, feed) in feeds.iter().enumerate() {
                match row {
                    0 => tables.begin(feed, span),
                    _ => tables.thin_out(feed, span),
                }
                if tables.are_listed && tables.lows.is_empty() {
                    break;
                }
            }
            // Found places ascend; what was listed on the way is in the order of the lists.
            match tables.are_listed {
                true => tables.lows.sort_unstable(),
                false => tables.list(),
            }
            if !tables.lows.is_empty() {
                feeds.iter().for_each(|feed| tables.tell(feed, span));
                each(tables.end(span));
            }
        }
        let kept = feeds.into_iter().map(|feed| feed.loose);
        tables.spare.extend(kept.filter(|loose| loose.capacity() <= KEPT));
        tables.spare.truncate(MOST_KEPT);
        TABLES.set(Some(tables));
    }
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
