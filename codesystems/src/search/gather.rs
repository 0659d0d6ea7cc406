//! The places that have every word of a query, found by going through all posting lists at once.
//!
//! Places are taken [`SPAN`] by [`SPAN`]: small enough that what is known of each place of a span, one
//! byte, stays in the nearest memory. The places of the rarest word are written down first, every
//! further word thins them out: its list is read through, or, when few places are left, asked for
//! each of them.

use std::cell::Cell;

use super::bits::StoredBits;
use super::evaluate::{Class, MatchKind};
use super::index::{TextIndex, WideSets};
use super::postings::{Container, List, LongList, Postings, SPAN, Where, spans};
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

/// The postings of a word, read span by span.
#[derive(Debug, Default)]
struct Feed<'e> {
    short: Vec<Short<'e>>,
    long: Vec<(Role, LongList<'e>)>,
    plain: Vec<(Role, &'e [u32])>,
    wide: Vec<WideSets<'e>>,
    /// Places of words that were typed as one, ascending.
    apart: Vec<u32>,
}

/// A short list, read up to `next`.
#[derive(Debug)]
struct Short<'e> {
    role: Role,
    next: Option<(u32, Where)>,
    rest: Postings<'e>,
}

impl<'e> Feed<'e> {
    fn new(index: &TextIndex<'e>, word: &Word) -> Self {
        let mut feed = Self::default();
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
        if !word.splits.is_empty() {
            let apart = word.splits.iter().flat_map(|split| index.places_of_split(split));
            feed.apart = apart.collect();
            feed.apart.sort_unstable();
        }
        feed
    }

    fn add(&mut self, role: Role, list: List<'e>) {
        match list {
            List::Long(list) => self.long.push((role, list)),
            List::Plain(list) => self.plain.push((role, list)),
            List::Short(mut rest) => {
                let next = rest.next();
                self.short.push(Short { role, next, rest });
            }
        }
    }

    /// Tells the places of `span` and what is known of them, some of them several times. A container
    /// of more places than `most` is handed to `large` instead, a wide set always.
    #[inline]
    fn read(
        &mut self,
        span: u32,
        most: usize,
        mut tell: impl FnMut(u16, u8),
        mut large: impl FnMut(Large<'e>),
    ) {
        let (start, behind) = (span * SPAN, (span + 1).saturating_mul(SPAN));
        for Short { role, next, rest } in &mut self.short {
            while let Some((place, at)) = next.filter(|(place, _)| *place < behind) {
                if place >= start {
                    tell((place % SPAN) as u16, role.known(at));
                }
                *next = rest.next();
            }
        }
        for (role, list) in &self.long {
            for (at, container) in list.containers(span) {
                let known = role.known(at);
                if container.size() > most {
                    large(Large::Container(known, container));
                } else {
                    container.each(|low| tell(low, known));
                }
            }
        }
        for (role, list) in &self.plain {
            let from = list.partition_point(|posting| posting >> 2 < start);
            let list = list.get(from..).unwrap_or_default().iter();
            list.take_while(|posting| *posting >> 2 < behind).for_each(|posting| {
                tell((posting >> 2) as u16, role.known(Where::from_bits(*posting)));
            });
        }
        let from = self.apart.partition_point(|place| *place < start);
        let apart = self.apart.get(from..).unwrap_or_default().iter();
        apart.take_while(|place| **place < behind).for_each(|place| {
            tell((place % SPAN) as u16, ANY);
        });
        self.wide.iter().for_each(|wide| large(Large::Wide(*wide)));
    }
}

/// A set that is asked for single places.
#[derive(Debug, Clone, Copy)]
enum Large<'e> {
    Container(u8, Container<'e>),
    Wide(WideSets<'e>),
}

impl Large<'_> {
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

    /// Tells all places of `span`.
    fn each(self, span: u32, mut tell: impl FnMut(u16, u8)) {
        match self {
            Self::Container(known, container) => container.each(|low| tell(low, known)),
            Self::Wide(wide) => {
                let words = (span * SPAN / 64) as usize..((span + 1) * SPAN / 64) as usize;
                let of = |set: &'_ [zerocopy::little_endian::U64], word: usize| {
                    set.get(word).map_or(0, |word| word.get())
                };
                for (word, base) in words.zip((0_u16..).step_by(64)) {
                    let (whole, other) = (of(wide.whole, word), of(wide.first_or_part, word));
                    let mut open = whole | other;
                    while open != 0 {
                        let bit = open.trailing_zeros();
                        let has = |set: u64| set >> bit & 1 == 1;
                        tell(base + bit as u16, known_of_wide(has(whole), has(other)));
                        open &= open - 1;
                    }
                }
            }
        }
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

type Table = Box<[u8; SPAN as usize]>;

/// What is known of the places of one span.
#[derive(Debug)]
struct Tables {
    /// By the words looked at so far; 0 everywhere between spans.
    known: Table,
    /// By the word looked at; 0 everywhere between words.
    next: Table,
    /// The places known.
    lows: Vec<u16>,
}

impl Default for Tables {
    fn default() -> Self {
        let table = || Box::new([0; SPAN as usize]);
        Self { known: table(), next: table(), lows: Vec::new() }
    }
}

impl Tables {
    /// Writes down the places of the first word.
    fn begin(&mut self, feed: &mut Feed<'_>, span: u32) {
        let Self { known, lows, .. } = self;
        let mut add = |low: u16, new: u8| {
            let slot = &mut known[usize::from(low)];
            if *slot == 0 {
                lows.push(low);
            }
            *slot |= new;
        };
        let mut wide = Vec::new();
        feed.read(span, usize::MAX, &mut add, |set| wide.push(set));
        wide.into_iter().for_each(|set| set.each(span, &mut add));
    }

    /// Leaves the places that `feed` has, too.
    fn thin_out(&mut self, feed: &mut Feed<'_>, span: u32) {
        let Self { known, next, lows } = self;
        let most = lows.len().saturating_mul(READ_PER_PROBE);
        let add = |low: u16, new: u8| {
            let low = usize::from(low);
            if known[low] != 0 {
                next[low] |= new;
            }
        };
        let mut sets = Vec::new();
        feed.read(span, most, add, |set| sets.push(set));
        for set in sets {
            lows.iter().for_each(|&low| next[usize::from(low)] |= set.known(span, low));
        }
        // Which places are left cannot be foreseen, so nothing depends on it but a number.
        let mut left = 0;
        for at in 0..lows.len() {
            let Some(low) = lows.get(at).copied() else { break };
            let row = usize::from(low);
            known[row] = both(known[row], std::mem::take(&mut next[row]));
            if let Some(slot) = lows.get_mut(left) {
                *slot = low;
            }
            left += usize::from(known[row] != 0);
        }
        lows.truncate(left);
    }

    /// Hands over the places left, and forgets them.
    fn end(&mut self, span: u32, found: &mut Vec<Match>) {
        let Self { known, lows, .. } = self;
        found.extend(lows.drain(..).map(|low| {
            let known = std::mem::take(&mut known[usize::from(low)]);
            Match { place: span * SPAN + u32::from(low), known }
        }));
    }
}

/// How many places of a list are read in the time that it takes to ask it for one.
const READ_PER_PROBE: usize = 24;

thread_local! {
    static TABLES: Cell<Option<Tables>> = const { Cell::new(None) };
}

impl TextIndex<'_> {
    /// The places with all of `words`, the rarest first; by spans, within a span in no order.
    pub(super) fn gather(&self, words: &[&Word]) -> Vec<Match> {
        let mut feeds: Vec<Feed<'_>> = words.iter().map(|word| Feed::new(self, word)).collect();
        let mut found = Vec::new();
        let Some((first, further)) = feeds.split_first_mut() else { return found };
        // A thread's tables are taken out: they stay away from the next query if this one panics.
        let mut tables = TABLES.take().unwrap_or_default();
        for span in 0..spans(self.place_count()) {
            tables.begin(first, span);
            for feed in &mut *further {
                if tables.lows.is_empty() {
                    break;
                }
                tables.thin_out(feed, span);
            }
            tables.end(span, &mut found);
        }
        TABLES.set(Some(tables));
        found
    }
}
