//! Queries of one word: the answer is one range of tokens, and it comes in order.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::bits::{Bits, members};
use super::evaluate::{Class, Hits, MatchKind, Selection, Walk};
use super::index::{Best, TextIndex, WideSets};
use super::postings::Where;
use super::resolve::Word;
use super::unions::BEST;

/// Postings up to which sorting them is cheaper than anything stored.
const SORTED: u64 = 4_096;

/// How many concepts a bit set has room for in the time that sorting takes for one posting.
const SORTED_PER_CONCEPT: u64 = 128;

/// Whether a walk went as far as it was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walked {
    /// The page is full, or there is nothing more.
    Enough,
    /// What is stored ends before the page is full.
    TooShort,
}

impl TextIndex<'_> {
    /// The range that alone makes up the answer to `words`, if there is one.
    pub(super) fn single_range<'w>(&self, words: &'w [Word]) -> Option<&'w Range<u32>> {
        let [Word { direct, joined: None, splits, fuzzy: false, .. }] = words else { return None };
        match (direct.as_slice(), splits.as_slice()) {
            ([range], []) => Some(range),
            _ => None,
        }
    }

    /// The concepts with a token of `range`.
    pub(super) fn concepts_of_range(&self, range: &Range<u32>) -> RoaringBitmap {
        if let Some(wide) = self.wide(range) {
            return wide.concepts.to_roaring();
        }
        let stored = self.frequent(range).filter(|best| !best.set.is_empty());
        if let Some(set) = stored.and_then(|best| RoaringBitmap::deserialize_from(best.set).ok()) {
            return set;
        }
        if self.is_few(range) {
            return self.few_concepts(range).into_iter().collect();
        }
        let mut concepts = Bits::new(self.concept_count);
        for (place, _) in self.postings(range).flatten() {
            self.concept_of_place(place).map(|concept| concepts.insert(concept));
        }
        concepts.to_roaring()
    }

    /// Whether sorting the postings of a range takes less than a bit set of all concepts.
    fn is_few(&self, range: &Range<u32>) -> bool {
        self.weight(range) / 2 * SORTED_PER_CONCEPT < u64::from(self.concept_count)
    }

    /// The concepts with a token of a range of few postings, ascending.
    fn few_concepts(&self, range: &Range<u32>) -> Vec<u32> {
        let places = self.postings(range).flatten().map(|(place, _)| place);
        let mut concepts: Vec<u32> =
            places.filter_map(|place| self.concept_of_place(place)).collect();
        concepts.sort_unstable();
        concepts.dedup();
        concepts
    }

    /// The page for a query that is `word`, whose only range is `range`; `None` where the general
    /// way is the better one.
    pub(super) fn page_of_range(
        &self,
        word: &Word,
        range: &Range<u32>,
        selection: &Selection<'_>,
    ) -> Option<Hits> {
        let best = self.frequent(range);
        let total = match (selection.within, best) {
            (None, Some(best)) => best.concept_count.into(),
            (None, None) if self.is_few(range) => self.few_concepts(range).len() as u64,
            (None, None) => self.concepts_of_range(range).len(),
            (Some(within), _) => self.concepts_of_range(range).intersection_len(within),
        };
        let want = selection.offset.saturating_add(selection.limit);
        let want = want.min(usize::try_from(total).unwrap_or(usize::MAX));
        let mut walk = Walk::new(self, selection.within, want);
        // A walk over all places would pass many of other concepts before it meets the few.
        let few = selection.within.is_some() && self.lists_faster(total, self.weight(range) / 2);
        let exact = word.exact.first().map(|&token| token..token + 1);
        let exact = exact.map_or(Walked::Enough, |exact| self.walk(&exact, (true, few), &mut walk));
        if exact == Walked::TooShort
            || self.walk(range, (false, few), &mut walk) == Walked::TooShort
        {
            return None;
        }
        Some(Hits { total, hits: walk.hits(selection.offset) })
    }

    /// Visits the places of `range` in the order of answers; `few`: not beyond what is stored.
    fn walk(
        &self,
        range: &Range<u32>,
        (exact, few): (bool, bool),
        walk: &mut Walk<'_, '_>,
    ) -> Walked {
        if walk.is_full() {
            return Walked::Enough;
        }
        let visit = |walk: &mut Walk<'_, '_>, (place, at): (u32, Where)| {
            self.class(place, at, exact).is_none_or(|class| walk.visit(place, class))
        };
        if let Some(Best { places, .. }) = self.frequent(range) {
            let mut count = 0;
            let go_on = places.iter().inspect(|_| count += 1).all(|found| visit(walk, found));
            if !go_on || count < BEST {
                return Walked::Enough;
            }
            return match self.wide(range).filter(|_| !few) {
                Some(wide) => self.walk_wide(&wide, exact, walk),
                None => Walked::TooShort,
            };
        }
        if self.weight(range) > 4 * SORTED {
            return Walked::TooShort;
        }
        let mut places: Vec<(std::cmp::Reverse<Where>, u32)> = self
            .postings(range)
            .flatten()
            .map(|(place, at)| (std::cmp::Reverse(at), place))
            .collect();
        places.sort_unstable();
        places.into_iter().map(|(at, place)| (place, at.0)).all(|found| visit(walk, found));
        Walked::Enough
    }

    fn walk_wide(&self, wide: &WideSets<'_>, exact: bool, walk: &mut Walk<'_, '_>) -> Walked {
        let planes = || wide.whole.iter().zip(wide.first_or_part).map(|(w, f)| (w.get(), f.get()));
        let mut visit = |words: &mut dyn Iterator<Item = u64>, at| {
            members(words).all(|place| {
                self.class(place, at, exact).is_none_or(|class| walk.visit(place, class))
            })
        };
        let _ = visit(&mut planes().map(|(w, f)| w & f), Where::First)
            && visit(&mut planes().map(|(w, f)| w & !f), Where::Later)
            && visit(&mut planes().map(|(w, f)| f & !w), Where::Part);
        Walked::Enough
    }

    /// How the designation at `place` matches a query of one word; `None`: not in this way.
    fn class(&self, place: u32, at: Where, exact: bool) -> Option<Class> {
        let first = at == Where::First;
        let kind = match (at, exact) {
            (Where::Part, true) => return None,
            (Where::Part, false) => MatchKind::Parts,
            (_, false) => MatchKind::Beginnings,
            (_, true) => {
                let designation = self.designation_of_place(place)?;
                // Places ascend by number of words, so the texts of one word come first.
                let alone = self.quality(designation) >> 10 == 1;
                if alone { MatchKind::WholeText } else { MatchKind::WholeWords }
            }
        };
        Some(Class::new(kind, first))
    }
}
