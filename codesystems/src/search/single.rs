//! Queries of one word: the answer is one range of tokens, and it comes in order.

use std::cmp::Reverse;
use std::ops::Range;

use roaring::RoaringBitmap;

use super::best::{Walk, ascending};
use super::bits::{Membership, members};
use super::evaluate::{Class, MatchKind};
use super::index::{Best, TextIndex, WideSets};
use super::page::{Page, Selection};
use super::postings::Where;
use super::resolve::Word;
use super::unions::StoredSet;

/// Concepts up to which a stored set is asked for each of them.
const FEW_WANTED: u64 = 1 << 15;
/// Bytes of a compressed set that are read in the time that it takes to ask it for a concept.
const READ_PER_QUESTION: u64 = 16;

/// Places of which the concepts are looked up together.
const WALKED: usize = 64;

/// Whether a walk went as far as it was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walked {
    /// The page is full, or there is nothing more.
    Enough,
    /// What is stored ends before the page is full.
    TooShort,
}

impl TextIndex<'_> {
    /// The range that alone makes up the answer to `words`, if there is one: to one word, however often
    /// it was typed.
    pub(super) fn single_range<'w>(&self, words: &'w [Word]) -> Option<&'w Range<u32>> {
        let (word, again) = words.split_first()?;
        let Word { direct, joined: None, splits, fuzzy: false, .. } = word else { return None };
        match (direct.as_slice(), splits.as_slice()) {
            ([range], []) if again.iter().all(|again| again == word) => Some(range),
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
        self.concepts_of_postings(range, None)
    }

    /// The concepts of `within` with a token of `range`.
    fn concepts_of_range_within(
        &self,
        range: &Range<u32>,
        within: &RoaringBitmap,
    ) -> RoaringBitmap {
        match (self.wide(range), self.frequent(range)) {
            (Some(wide), _) if within.len() < FEW_WANTED => {
                within.iter().filter(|concept| wide.concepts.contains(*concept)).collect()
            }
            (None, Some(best))
                if within.len().saturating_mul(READ_PER_QUESTION) < best.set.len() as u64 =>
            {
                match StoredSet::new(best.set) {
                    Some(set) => set.among(within),
                    None => self.concepts_of_postings(range, Some(within)),
                }
            }
            _ => self.concepts_of_range(range) & within,
        }
    }

    fn concepts_of_postings(
        &self,
        range: &Range<u32>,
        within: Option<&RoaringBitmap>,
    ) -> RoaringBitmap {
        let count = self.weight(range) / 2;
        let membership = within.map(|within| Membership::new(within, count, self.concept_count));
        self.set_of(|add| {
            self.each_posting(range, |place, _| {
                let concept = self.concept_of_place(place).filter(|concept| {
                    membership.as_ref().is_none_or(|within| within.contains(*concept))
                });
                concept.into_iter().for_each(&mut *add);
            });
        })
    }

    /// The page for a query that is the word of `words`, typed so often, whose only range is `range`;
    /// `None` where the general way is the better one.
    pub(super) fn page_of_range(
        &self,
        words: &[Word],
        range: &Range<u32>,
        selection: &Selection<'_>,
    ) -> Option<Page> {
        let is_counted = |best: &Best<'_>| {
            selection.within.is_none() || !best.set.is_empty() || self.wide(range).is_some()
        };
        let word = words.first()?;
        let Some(best) = self.frequent(range).filter(is_counted) else {
            return match words {
                [_] => self.page_of_rare_range(word, range, selection),
                _ => None,
            };
        };
        let wanted = selection.within.map(|within| self.concepts_of_range_within(range, within));
        let total = wanted.as_ref().map_or(best.concept_count.into(), RoaringBitmap::len);
        let want = selection.offset.saturating_add(selection.limit);
        let want = want.min(usize::try_from(total).unwrap_or(usize::MAX));
        if let Some(wanted) = &wanted {
            // The share of all places that a walk passes before it has met enough of those wanted;
            // where it comes to an end before that, all of them are gone through.
            let places = self.weight(range) / 2;
            let mut passed = places.saturating_mul(want as u64) / total.max(1);
            let concepts = u64::from(best.concept_count).saturating_mul(want as u64);
            if concepts / total.max(1) > u64::from(best.stored) && self.wide(range).is_none() {
                passed = places * 4;
            }
            if self.lists_faster(total, passed) {
                let listed = self.list_concepts(wanted.iter(), words);
                return Some(self.page_of_listed(listed, selection));
            }
        }
        let mut walk = Walk::new(self, wanted.as_ref(), want);
        let exact = word.exact.first().map(|&token| token..token + 1);
        let exact = exact.map_or(Walked::Enough, |exact| {
            let below = match words {
                [_] => self.exact_below(word, range),
                _ => {
                    self.visit_repeated(exact.start, words, &mut walk);
                    Some(0)
                }
            };
            self.walk(&exact, below, &mut walk)
        });
        if exact == Walked::TooShort || self.walk(range, None, &mut walk) == Walked::TooShort {
            return None;
        }
        Some(Page { total, found: walk.found(selection.offset) })
    }

    /// Visits the texts that are `words` and nothing else: the token `exact` several times.
    fn visit_repeated(&self, exact: u32, words: &[Word], walk: &mut Walk<'_, '_>) {
        let places = self.places_up_to(words.len() - 1)..self.places_up_to(words.len());
        let mut whole = Vec::new();
        self.list(exact).each_first(&places, |place| {
            let designation = self.designation_of_place(place);
            if designation.is_some_and(|designation| self.is_whole_text(designation, words)) {
                whole.push(place);
            }
        });
        let class = Class::new(MatchKind::WholeText, true);
        let _ = whole.into_iter().all(|place| walk.visit(place, class));
    }

    /// The page for `word` where it can be two words, too, and enough is found without that;
    /// `None` where the general way is the only one.
    pub(super) fn page_beside_splits(
        &self,
        word: &Word,
        selection: &Selection<'_>,
    ) -> Option<Page> {
        let ([range], None, false) = (word.direct.as_slice(), &word.joined, word.fuzzy) else {
            return None;
        };
        let want = selection.offset.saturating_add(selection.limit);
        let can_be_full = |best: Best<'_>| best.concept_count as usize >= want;
        if word.splits.is_empty() || !self.frequent(range).is_some_and(can_be_full) {
            return None;
        }
        let mut page = self.page_of_range(std::slice::from_ref(word), range, selection)?;
        // What is found as two words follows behind what has a word of the range.
        let is_full = page.found.len() == selection.limit;
        if !is_full || page.found.iter().any(|found| found.kind() >= MatchKind::Parts) {
            return None;
        }
        let places = word.splits.iter().flat_map(|split| self.places_of_split(split));
        let mut apart: Vec<u32> = places.filter_map(|place| self.concept_of_place(place)).collect();
        apart.sort_unstable();
        apart.dedup();
        let is_wanted =
            |concept: u32| selection.within.is_none_or(|within| within.contains(concept));
        let has_range = |concept: u32| {
            let mut entries = self.designations_of(concept).flat_map(|number| self.entries(number));
            entries.any(|entry| range.contains(&entry.token))
        };
        let further =
            apart.into_iter().filter(|&concept| is_wanted(concept) && !has_range(concept));
        page.total += further.count() as u64;
        Some(page)
    }

    /// [`Self::page_of_range`] for a range of which nothing is stored, or too little; `None` when few
    /// concepts are asked for.
    fn page_of_rare_range(
        &self,
        word: &Word,
        range: &Range<u32>,
        selection: &Selection<'_>,
    ) -> Option<Page> {
        if selection
            .within
            .is_some_and(|within| self.lists_faster(within.len(), self.weight(range)))
        {
            return None;
        }
        let count = self.weight(range) / 2;
        let within = selection.within;
        let within = within.map(|within| Membership::new(within, count, self.concept_count));
        let mut ranked = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
        let exact_below = self.exact_below(word, range);
        self.each_list(range, |token, list| {
            let exact = exact_below.filter(|_| word.exact.contains(&token));
            list.each(|place, at| {
                let found = class(place, at, exact).or_else(|| class(place, at, None));
                let concept = self.concept_of_place(place).filter(|concept| {
                    within.as_ref().is_none_or(|within| within.contains(*concept))
                });
                ranked.extend(found.zip(concept).map(|(class, concept)| (class, place, concept)));
            });
        });
        Some(self.page_of_ranked(ranked, selection))
    }

    /// The first place of a text of several words, where a token of `range` is `word` itself.
    fn exact_below(&self, word: &Word, range: &Range<u32>) -> Option<u32> {
        word.exact.iter().any(|token| range.contains(token)).then(|| self.places_up_to(1))
    }

    /// Visits the places of `range` in the order of answers; `exact`: see [`class`].
    fn walk(&self, range: &Range<u32>, exact: Option<u32>, walk: &mut Walk<'_, '_>) -> Walked {
        if walk.is_full() {
            return Walked::Enough;
        }
        let visit = |walk: &mut Walk<'_, '_>, (place, at): (u32, Where)| {
            class(place, at, exact).is_none_or(|class| walk.visit(place, class))
        };
        if let Some(Best { places, stored, concept_count, .. }) = self.frequent(range) {
            let mut places = places.iter();
            let mut block: Vec<(u32, Where, Option<u32>)> = Vec::with_capacity(WALKED);
            let mut go_on = true;
            while go_on {
                // Concepts lie in no order: the processor fetches those of a block all at once.
                let next = places.by_ref().take(walk.open().clamp(16, WALKED));
                block.clear();
                block.extend(next.map(|(place, at)| (place, at, self.concept_of_place(place))));
                if block.is_empty() {
                    break;
                }
                go_on = block.iter().all(|&(place, at, concept)| {
                    class(place, at, exact).is_none_or(|class| walk.add(place, class, concept))
                });
            }
            if !go_on || stored >= concept_count {
                return Walked::Enough;
            }
            return match self.wide(range) {
                Some(wide) => self.walk_wide(&wide, exact, walk),
                None => Walked::TooShort,
            };
        }
        let count = usize::try_from(self.weight(range) / 2).unwrap_or_default();
        let mut places: Vec<(Reverse<Where>, u32)> = Vec::with_capacity(count);
        self.each_posting(range, |place, at| places.push((Reverse(at), place)));
        let expected = walk.open().saturating_mul(2);
        ascending(&mut places, expected, |(at, place)| visit(walk, (place, at.0)));
        Walked::Enough
    }

    fn walk_wide(
        &self,
        wide: &WideSets<'_>,
        exact: Option<u32>,
        walk: &mut Walk<'_, '_>,
    ) -> Walked {
        let planes = || wide.whole.iter().zip(wide.first_or_part).map(|(w, f)| (w.get(), f.get()));
        let mut visit = |words: &mut dyn Iterator<Item = u64>, at| {
            members(words)
                .all(|place| class(place, at, exact).is_none_or(|class| walk.visit(place, class)))
        };
        let _ = visit(&mut planes().map(|(w, f)| w & f), Where::First)
            && visit(&mut planes().map(|(w, f)| w & !f), Where::Later)
            && visit(&mut planes().map(|(w, f)| f & !w), Where::Part);
        Walked::Enough
    }
}

/// How the designation at `place` matches a query of one word, `exact` if the token is the word: places
/// below that number hold one word alone. `None`: not in this way.
#[inline]
fn class(place: u32, at: Where, exact: Option<u32>) -> Option<Class> {
    let kind = match (at, exact) {
        (Where::Part, Some(_)) => return None,
        (Where::Part, None) => MatchKind::Parts,
        (_, None) => MatchKind::Beginnings,
        (_, Some(several)) if place < several => MatchKind::WholeText,
        (_, Some(_)) => MatchKind::WholeWords,
    };
    Some(Class::new(kind, at == Where::First))
}
