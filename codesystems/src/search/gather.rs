//! The places that have every word of a query, found by going through all posting lists at once.
//!
//! Places are taken [`SPAN`] by [`SPAN`]: small enough that a set of places of a span, one bit each,
//! stays in the nearest memory. The places of the rarest word are noted first, every further word thins
//! them out: its list is read through, or, when few places are left, asked for each of them. How the
//! words were found is looked up only for the places that are left in the end.

use std::cell::Cell;

use super::evaluate::{Class, MatchKind};
use super::feed::{
    ANY, EXACT, FIRST, FIRST_EXACT, Feed, KINDS, Loose, Part, Plane, WHOLE, WORDS, bit, kind_of,
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
        tables.spare.extend(feeds.into_iter().map(|feed| feed.loose));
        tables.spare.retain(|loose| loose.capacity() <= KEPT);
        tables.spare.truncate(MOST_KEPT);
        TABLES.set(Some(tables));
    }
}
