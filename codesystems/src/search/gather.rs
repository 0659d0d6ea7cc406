//! The places that have every word of a query, found by going through all posting lists at once.
//!
//! Places are taken [`SPAN`] by [`SPAN`]: small enough that a set of places of a span, one bit each,
//! stays in the nearest memory. The places of the rarest word are marked first, for each way in which it
//! can be found in a set of its own. Of every further word those are kept that are marked, with the way
//! in which they were found: its list is read through, or, when few places are marked, asked for each of
//! them. No list is read twice.

use std::cell::Cell;

use zerocopy::little_endian::U16;

use super::evaluate::{Class, MatchKind};
use super::feed::{
    ANY, EXACT, FIRST, FIRST_EXACT, Feed, KINDS, Loose, Part, Plane, WHOLE, WORDS, is_in, kind_of,
    mark,
};
use super::index::TextIndex;
use super::postings::{SPAN, spans};
use super::resolve::Word;

/// A place that a query finds, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) place: u32,
    known: u8,
}

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

/// A place of a span in the upper bits, what is known of it in the lowest byte: ordered by places.
type Told = u32;

#[inline]
fn tell(low: u16, known: u8) -> Told {
    u32::from(low) << 8 | u32::from(known)
}

#[inline]
fn low_of(told: Told) -> u16 {
    (told >> 8) as u16
}

/// What is found in one span. Sets of bits stay in the nearest memory, however long the lists are
/// that are read; a byte for each place would not.
#[derive(Debug)]
struct Tables {
    /// The places that have all words read so far.
    all: Plane,
    /// The places of the first word by what is known of them ...
    kinds: [Plane; KINDS.len()],
    /// ... and which of the sets are not empty.
    are_used: [bool; KINDS.len()],
    /// The places of the first word, if they are listed, ...
    first: Vec<u16>,
    /// ... which they are unless there are many.
    are_listed: bool,
    /// The places that have all words read so far, ascending, and what the further ones tell of each, ...
    told: Vec<Told>,
    /// ... and those of them that have the word that is read.
    fresh: Vec<Told>,
    /// What was found.
    found: Vec<Match>,
    /// Memory for loose postings.
    spare: Vec<Loose>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            all: plane(),
            kinds: std::array::from_fn(|_| plane()),
            are_used: [false; KINDS.len()],
            first: Vec::new(),
            are_listed: true,
            told: Vec::new(),
            fresh: Vec::new(),
            found: Vec::new(),
            spare: Vec::new(),
        }
    }
}

fn plane() -> Plane {
    Box::new([0; WORDS])
}

/// Marks what is in `set`, too.
fn unite(plane: &mut Plane, set: &[u64; WORDS]) {
    plane.iter_mut().zip(set).for_each(|(plane, word)| *plane |= word);
}

/// Tells the places that are in both sets, ascending.
#[inline]
fn each_of_both(one: &[u64; WORDS], other: &[u64; WORDS], mut each: impl FnMut(u16)) {
    const LINE: usize = 8;
    let (one, _) = one.as_chunks::<LINE>();
    let (other, _) = other.as_chunks::<LINE>();
    for ((one, other), base) in one.iter().zip(other).zip((0_u32..).step_by(64 * LINE)) {
        let common: [u64; LINE] = std::array::from_fn(|word| one[word] & other[word]);
        if common.iter().fold(0, |any, word| any | word) == 0 {
            continue;
        }
        for (mut open, base) in common.into_iter().zip((base..).step_by(64)) {
            while open != 0 {
                each((base + open.trailing_zeros()) as u16);
                open &= open - 1;
            }
        }
    }
}

/// Takes away what is marked, in the fastest way: the words of what is `listed`, if all of it is.
fn clear(plane: &mut Plane, listed: &[u16], are_all_listed: bool) {
    match are_all_listed {
        true => listed.iter().for_each(|&low| plane[usize::from(low) / 64] = 0),
        false => plane.fill(0),
    }
}

/// Adds those of `lows` that are in `all`. Which are is told without a branch: it cannot be foreseen.
fn keep(fresh: &mut Vec<Told>, all: &Plane, lows: &[U16], known: u8) {
    const BLOCK: usize = 512;
    let mut kept = [0_u16; BLOCK];
    for lows in lows.chunks(BLOCK) {
        let mut count = 0;
        for low in lows {
            let low = low.get();
            kept[count % BLOCK] = low;
            count += usize::from(is_in(all, low));
        }
        fresh.extend(kept.iter().take(count).map(|&low| tell(low, known)));
    }
}

impl Tables {
    /// Takes away what was marked in the span before.
    fn clear(&mut self) {
        let Self { all, kinds, are_used, first, are_listed, .. } = self;
        clear(all, first, *are_listed);
        for (plane, is_used) in kinds.iter_mut().zip(are_used) {
            if std::mem::take(is_used) {
                clear(plane, first, *are_listed);
            }
        }
        first.clear();
    }

    /// Marks the places of the first word.
    fn begin(&mut self, feed: &Feed<'_>, span: u32) {
        self.clear();
        let Self { all, kinds, are_used, first, .. } = self;
        let mut are_listed = true;
        // Those that `all` does not have yet.
        let mut are_new = [false; KINDS.len()];
        let mut of_kind = |known: u8, change: &mut dyn FnMut(&mut Plane)| {
            let kind = kind_of(known);
            are_used[kind] = true;
            change(&mut kinds[kind]);
        };
        feed.read(span, usize::MAX, |part| match part {
            Part::Large(set) => {
                are_listed = false;
                set.sets(span, |known, set| {
                    unite(all, set);
                    of_kind(known, &mut |plane| unite(plane, set));
                });
            }
            _ if are_listed && first.len() + part.len() < LISTED => part.each(|low, known| {
                if !is_in(all, low) {
                    first.push(low);
                }
                mark(all, low);
                of_kind(known, &mut |plane| mark(plane, low));
            }),
            Part::Lows(lows, known) if lows.len() >= UNITED => {
                are_listed = false;
                are_new[kind_of(known)] = true;
                of_kind(known, &mut |plane| part.mark(plane));
            }
            _ => {
                are_listed = false;
                part.each(|low, known| {
                    mark(all, low);
                    of_kind(known, &mut |plane| mark(plane, low));
                });
            }
        });
        self.are_listed = are_listed;
        for (plane, is_new) in self.kinds.iter().zip(are_new) {
            if is_new {
                unite(&mut self.all, plane);
            }
        }
    }

    /// Leaves the places that `feed` has, too; the first of those after [`Self::begin`] if `is_second`.
    fn thin_out(&mut self, feed: &Feed<'_>, span: u32, is_second: bool) {
        if !is_second {
            self.mark_told();
        }
        let Self { all, first, told, fresh, .. } = self;
        let is_listed = !is_second || self.are_listed;
        let count = if is_second { first.len() } else { told.len() };
        let most = if is_listed { count.saturating_mul(READ_PER_PROBE) } else { usize::MAX };
        fresh.clear();
        feed.read(span, most, |part| match part {
            Part::Lows(lows, known) => keep(fresh, all, lows, known),
            Part::Large(set) if is_listed => {
                let mut ask = |low| match set.known(span, low) {
                    0 => {}
                    known => fresh.push(tell(low, known)),
                };
                match is_second {
                    true => first.iter().for_each(|&low| ask(low)),
                    false => told.iter().for_each(|&told| ask(low_of(told))),
                }
            }
            Part::Large(set) => set.sets(span, |known, set| {
                each_of_both(all, set, |low| fresh.push(tell(low, known)));
            }),
            _ => part.each(|low, known| {
                if is_in(all, low) {
                    fresh.push(tell(low, known));
                }
            }),
        });
        // Each part ascends, unless it was asked for what is listed.
        if !fresh.is_sorted() {
            fresh.sort_unstable();
        }
        fresh.dedup_by(|next, kept| {
            let is_same = low_of(*next) == low_of(*kept);
            if is_same {
                *kept |= *next;
            }
            is_same
        });
        if !is_second {
            let mut before = told.iter();
            for fresh in fresh.iter_mut() {
                let known = before.find(|told| low_of(**told) == low_of(*fresh));
                let known = known.map_or(0, |told| both(*told as u8, *fresh as u8));
                *fresh = tell(low_of(*fresh), known);
            }
        }
        std::mem::swap(told, fresh);
    }

    /// Leaves the places in `told` marked alone.
    fn mark_told(&mut self) {
        clear(&mut self.all, &self.first, self.are_listed);
        self.told.iter().for_each(|&told| mark(&mut self.all, low_of(told)));
    }

    /// The places that are left, if the first word is the `only` one or not.
    fn end(&mut self, span: u32, only: bool) -> &[Match] {
        let Self { all, kinds, are_used, told, found, .. } = self;
        let used = kinds.iter().zip(*are_used).zip(KINDS).filter(|((_, is_used), _)| *is_used);
        let used: Vec<(&Plane, u8)> = used.map(|((plane, _), kind)| (plane, kind)).collect();
        // What the first word tells of a place that has it.
        let of_first = |low| {
            let known = |(plane, kind): &(&Plane, u8)| kind * u8::from(is_in(plane, low));
            used.iter().fold(0, |all, kind| all | known(kind))
        };
        let of = |low: u16, known| Match { place: span * SPAN + u32::from(low), known };
        found.clear();
        match only {
            true => each_of_both(all, all, |low| found.push(of(low, of_first(low)))),
            false => found.extend(told.iter().map(|&told| {
                let low = low_of(told);
                of(low, both(of_first(low), told as u8))
            })),
        }
        found
    }
}

/// Places up to which they are listed, and not only marked.
const LISTED: usize = 512;

/// From how many places of a list on it is quicker to add all of them to a set of a span than each.
const UNITED: usize = 512;

/// How many places of a list are read in the time that it takes to ask it for one.
const READ_PER_PROBE: usize = 24;

/// Loose postings of which the memory is kept for the next query, and how many of these.
const KEPT: usize = 1 << 13;
const MOST_KEPT: usize = 4;

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
        let Some((first, further)) = feeds.split_first() else { return };
        for span in 0..spans(self.place_count()) {
            tables.begin(first, span);
            let mut is_empty = tables.are_listed && tables.first.is_empty();
            for (row, feed) in further.iter().enumerate() {
                if is_empty {
                    break;
                }
                tables.thin_out(feed, span, row == 0);
                is_empty = tables.told.is_empty();
            }
            if !is_empty {
                each(tables.end(span, further.is_empty()));
            }
        }
        tables.spare.extend(feeds.into_iter().map(|feed| feed.loose));
        tables.spare.retain(|loose| loose.capacity() <= KEPT);
        tables.spare.truncate(MOST_KEPT);
        TABLES.set(Some(tables));
    }
}
