//! The answer to a query: all concepts, or the best page of them.
//!
//! Two ways lead to the same answer. *Listing* takes the designations of the rarest word (or of the
//! concepts asked for) and tells from their tokens how they match. *Set algebra* unites the posting
//! lists of each word into bit sets over places, intersects these, and walks the result from the
//! best place on until the page is full. Which is cheaper is estimated beforehand.

use std::ops::Range;

use roaring::RoaringBitmap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::bits::{Bits, members};
use super::classify::Classifier;
use super::index::{TextIndex, WideSets};
use super::postings::Where;
use super::query::Query;
use super::resolve::{Split, Word};
use crate::model::ConceptIx;

/// How many concepts a bit set has room for in the time that a hash set takes for one entry.
const HASHED_PER_CONCEPT: usize = 256;

/// How a designation matches, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MatchKind {
    /// The text is the query.
    WholeText = 0,
    /// Every word of the query is a word of the text.
    WholeWords = 1,
    /// Every word of the query is the beginning of a word of the text.
    Beginnings = 2,
    /// A word of the query begins inside a compound, or two words of one are a compound of the
    /// other.
    Parts = 3,
    /// A word of the query is only similar to a word of the text.
    Similar = 4,
}

/// Which page of the answer is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// Only these concepts.
    pub within: Option<&'a RoaringBitmap>,
    /// How many hits to leave out.
    pub offset: usize,
    /// How many hits to give at most.
    pub limit: usize,
}

/// A page of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// How many concepts match in all; exact.
    pub total: u64,
    /// The page, best first.
    pub hits: Vec<Hit>,
}

/// A concept found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The concept.
    pub concept: ConceptIx,
    /// Its designation that matches best; `None` only for a query without words.
    pub designation: Option<u32>,
    /// How this designation matches.
    pub kind: MatchKind,
    /// The order of hits: kind, then whether the first word of the text was found, then number of
    /// words, rank and length. Lower is better; comparable between editions.
    pub score: u32,
}

/// A [`MatchKind`] together with whether the first word of the text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class(u8);

impl Class {
    pub(super) fn new(kind: MatchKind, first: bool) -> Self {
        Self((kind as u8) << 1 | u8::from(!first))
    }

    fn kind(self) -> MatchKind {
        match self.0 >> 1 {
            0 => MatchKind::WholeText,
            1 => MatchKind::WholeWords,
            2 => MatchKind::Beginnings,
            3 => MatchKind::Parts,
            _ => MatchKind::Similar,
        }
    }
}

/// What steps cost, in nanoseconds; decides between two ways to the same answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Costs {
    /// To tell how a designation matches.
    pub(super) classify: u64,
    /// To read 16 bytes of posting lists into sets.
    pub(super) postings: u64,
    /// To pass over a bit set of 1,024 places.
    pub(super) pass: u64,
    /// To look at a place of a set.
    pub(super) visit: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self { classify: 250, postings: 24, pass: 5, visit: 4 }
    }
}

/// A designation that matches: class, quality, number, highest first; and its concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    key: u64,
    concept: u32,
}

impl Listed {
    fn new(index: &TextIndex<'_>, class: Class, designation: u32, concept: u32) -> Self {
        let quality = index.quality(designation);
        let score = u32::from(class.0) << 16 | u32::from(quality);
        Self { key: u64::from(score) << 32 | u64::from(designation), concept }
    }

    fn class(self) -> Class {
        Class((self.key >> 48) as u8)
    }

    fn hit(self) -> Hit {
        Hit {
            concept: ConceptIx(self.concept),
            designation: Some(self.key as u32),
            kind: self.class().kind(),
            score: (self.key >> 32) as u32,
        }
    }
}

/// The places where words were found.
#[derive(Debug, Clone)]
struct Found {
    /// Every word as a whole word.
    whole: Bits,
    /// Some word as the first word.
    first: Bits,
    /// One word: only inside a compound. All words: in whatever way.
    other: Bits,
}

/// What an evaluation ends with.
#[derive(Debug)]
enum Outcome {
    Listed(Vec<Listed>),
    Sets(Box<Found>),
}

impl TextIndex<'_> {
    /// All concepts that have a designation with every word of `query`.
    #[must_use]
    pub fn matching(&self, query: &Query) -> RoaringBitmap {
        if query.is_empty() {
            return (0..self.concept_count).collect();
        }
        let Some(words) = self.resolve(query) else { return RoaringBitmap::new() };
        if let Some(range) = self.single_range(&words) {
            return self.concepts_of_range(range);
        }
        match self.evaluate(&words, None) {
            Outcome::Listed(listed) => listed.iter().map(|listed| listed.concept).collect(),
            Outcome::Sets(found) => self.concepts(&found).to_roaring(),
        }
    }

    /// The page `selection` of the concepts that match `query`, best first.
    ///
    /// Order: [`MatchKind`]; first word of the text found; fewer words; rank; shorter text; lower
    /// number of the designation. A query without words gives all concepts by their number.
    #[must_use]
    pub fn search(&self, query: &Query, selection: &Selection<'_>) -> Hits {
        if query.is_empty() {
            return self.everything(selection);
        }
        let Some(words) = self.resolve(query) else { return Hits::default() };
        if let ([word], Some(range)) = (words.as_slice(), self.single_range(&words))
            && let Some(hits) = self.page_of_range(word, range, selection)
        {
            return hits;
        }
        match self.evaluate(&words, selection.within) {
            Outcome::Listed(listed) => self.page_of_listed(listed, selection),
            Outcome::Sets(found) => self.page_of_sets(&words, &found, selection),
        }
    }

    fn everything(&self, selection: &Selection<'_>) -> Hits {
        let hit = |concept| {
            let designations = self.designations_of(concept);
            let designation = designations.min_by_key(|&number| (self.quality(number), number));
            let class = Class::new(MatchKind::Beginnings, true);
            let score = designation.map_or(u16::MAX, |number| self.quality(number));
            let score = u32::from(class.0) << 16 | u32::from(score);
            Hit { concept: ConceptIx(concept), designation, kind: class.kind(), score }
        };
        let page = selection.offset..selection.offset.saturating_add(selection.limit);
        match selection.within {
            Some(within) => Hits {
                total: within.range_cardinality(..self.concept_count),
                hits: within
                    .range(..self.concept_count)
                    .skip(page.start)
                    .take(page.len())
                    .map(hit)
                    .collect(),
            },
            None => Hits {
                total: self.concept_count.into(),
                hits: (0..self.concept_count).skip(page.start).take(page.len()).map(hit).collect(),
            },
        }
    }

    /// The designations or places that match all of `words`.
    fn evaluate(&self, words: &[Word], within: Option<&RoaringBitmap>) -> Outcome {
        let mut order: Vec<&Word> = words.iter().collect();
        order.sort_by_cached_key(|word| self.fill_cost(word));
        let mut remaining: u64 = order.iter().map(|word| self.fill_cost(word)).sum();
        let classify = self.costs.classify;
        if let Some(within) = within {
            let per_concept = self.designations_per_concept();
            let rarest = order.first().map_or(0, |word| self.posting_estimate(word));
            if within.len() * per_concept < rarest.min(remaining / classify.max(1)) {
                return Outcome::Listed(self.list_concepts(within.iter(), words));
            }
        }
        let mut found: Option<Found> = None;
        for word in order {
            match &mut found {
                None if self.posting_estimate(word) * classify <= remaining => {
                    let places = self.places_of(word);
                    return Outcome::Listed(self.list_places(places.into_iter(), words, within));
                }
                Some(found) if found.other.len() as u64 * classify <= remaining => {
                    return Outcome::Listed(self.list_places(found.other.iter(), words, within));
                }
                _ => {}
            }
            remaining = remaining.saturating_sub(self.fill_cost(word));
            let next = self.fill(word);
            match &mut found {
                None => found = Some(next.completed()),
                Some(found) => found.intersect(&next),
            }
        }
        found.map_or(Outcome::Listed(Vec::new()), |found| Outcome::Sets(Box::new(found)))
    }

    /// Whether it is cheaper to look at `concepts` concepts than to walk over `places` places.
    pub(super) fn lists_faster(&self, concepts: u64, places: u64) -> bool {
        concepts * self.designations_per_concept() * self.costs.classify < places * self.costs.visit
    }

    fn designations_per_concept(&self) -> u64 {
        u64::from(self.place_count() / self.concept_count.max(1)) + 1
    }

    /// What it costs to bring the postings of `word` into sets.
    fn fill_cost(&self, word: &Word) -> u64 {
        let passes = u64::from(self.place_count()) * 6 / 1024 * self.costs.pass;
        let narrow = ranges(word).filter(|range| self.wide(range).is_none());
        passes + narrow.map(|range| self.weight(range) * self.costs.postings / 16).sum::<u64>()
    }

    /// About how many postings `word` has.
    fn posting_estimate(&self, word: &Word) -> u64 {
        ranges(word).map(|range| self.weight(range) / 2).sum()
    }

    /// The places of `word`, ascending, in whatever way it is found there.
    fn places_of(&self, word: &Word) -> Vec<u32> {
        let postings = ranges(word).flat_map(|range| self.postings(range).flatten());
        let mut places: Vec<u32> = postings.map(|(place, _)| place).collect();
        word.splits.iter().for_each(|split| places.extend(self.places_of_split(split)));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The places with both halves of `split`, one behind the other.
    fn places_of_split(&self, split: &Split) -> impl Iterator<Item = u32> {
        let left = split.left..split.left + 1;
        let left_is_rarer = self.weight(&left) <= self.weight(&split.right);
        let rarer = if left_is_rarer { left } else { split.right.clone() };
        let places = self.postings(&rarer).flatten().map(|(place, _)| place);
        places.filter(|&place| {
            let designation = self.designation_of_place(place);
            designation.is_some_and(|designation| self.is_split(designation, split))
        })
    }

    fn list_places(
        &self,
        places: impl Iterator<Item = u32>,
        words: &[Word],
        within: Option<&RoaringBitmap>,
    ) -> Vec<Listed> {
        let candidates = places.filter_map(|place| {
            let concept = self.concept_of_place(place)?;
            let wanted = within.is_none_or(|within| within.contains(concept));
            wanted.then_some((concept, self.designation_of_place(place)?))
        });
        let mut classifier = Classifier::new(self, words);
        let listed = candidates.filter_map(|(concept, designation)| {
            let class = classifier.classify(designation)?;
            Some(Listed::new(self, class, designation, concept))
        });
        listed.collect()
    }

    fn list_concepts(&self, concepts: impl Iterator<Item = u32>, words: &[Word]) -> Vec<Listed> {
        let designations = concepts.flat_map(|concept| {
            self.designations_of(concept).map(move |designation| (concept, designation))
        });
        let mut classifier = Classifier::new(self, words);
        let listed = designations.filter_map(|(concept, designation)| {
            let class = classifier.classify(designation)?;
            Some(Listed::new(self, class, designation, concept))
        });
        listed.collect()
    }

    fn page_of_listed(&self, mut listed: Vec<Listed>, selection: &Selection<'_>) -> Hits {
        listed.sort_unstable();
        if listed.len() * HASHED_PER_CONCEPT < self.concept_count as usize {
            let mut seen = FxHashSet::with_capacity_and_hasher(listed.len(), FxBuildHasher);
            listed.retain(|listed| seen.insert(listed.concept));
        } else {
            let mut seen = Bits::new(self.concept_count);
            listed.retain(|listed| seen.insert(listed.concept));
        }
        let page = listed.iter().skip(selection.offset).take(selection.limit);
        Hits { total: listed.len() as u64, hits: page.map(|listed| listed.hit()).collect() }
    }

    /// The places of one word.
    fn fill(&self, word: &Word) -> Found {
        let mut found = Found::new(self.place_count());
        for range in &word.direct {
            match self.wide(range) {
                Some(wide) => found.unite(&wide),
                None => self.postings(range).flatten().for_each(|(place, at)| {
                    found.insert(place, at);
                }),
            }
        }
        if let Some(joined) = &word.joined {
            let places = self.postings(joined).flatten().map(|(place, _)| place);
            places.for_each(|place| _ = found.other.insert(place));
        }
        for split in &word.splits {
            self.places_of_split(split).for_each(|place| _ = found.other.insert(place));
        }
        found
    }

    /// The concepts of all places found.
    fn concepts(&self, found: &Found) -> Bits {
        let mut concepts = Bits::new(self.concept_count);
        for concept in found.other.iter().filter_map(|place| self.concept_of_place(place)) {
            concepts.insert(concept);
        }
        concepts
    }

    fn page_of_sets(&self, words: &[Word], found: &Found, selection: &Selection<'_>) -> Hits {
        let total = match selection.within {
            None => self.concepts(found).len() as u64,
            Some(within) => {
                let wanted = self.concepts(found).to_roaring() & within;
                // A walk over places could pass many of other concepts before it meets the few.
                if self.lists_faster(wanted.len(), found.other.len() as u64) {
                    let listed = self.list_concepts(wanted.iter(), words);
                    return self.page_of_listed(listed, selection);
                }
                wanted.len()
            }
        };
        let want = selection.offset.saturating_add(selection.limit);
        let want = want.min(usize::try_from(total).unwrap_or(usize::MAX));
        let mut walk = Walk::new(self, selection.within, want);
        if !words.iter().any(|word| word.fuzzy) {
            self.walk_exact(words, &mut walk);
        }
        walk.sets(words, found);
        Hits { total, hits: walk.hits(selection.offset) }
    }

    /// Walks over the designations that have every word as a whole.
    fn walk_exact(&self, words: &[Word], walk: &mut Walk<'_, '_>) {
        let exact: Option<Vec<Word>> = words.iter().map(Word::exactly).collect();
        let Some(words) = exact else { return };
        match self.evaluate(&words, walk.within) {
            Outcome::Listed(mut listed) => {
                listed.retain(|listed| listed.class().kind() <= MatchKind::WholeWords);
                listed.sort_unstable();
                listed.into_iter().take_while(|listed| walk.add(*listed)).for_each(drop);
            }
            Outcome::Sets(found) => walk.exact_sets(&words, &found),
        }
    }
}

/// All ranges of tokens that `word` stands for.
fn ranges(word: &Word) -> impl Iterator<Item = &Range<u32>> {
    word.direct.iter().chain(&word.joined)
}

impl Found {
    fn new(places: u32) -> Self {
        let [whole, first, other] = [(); 3].map(|()| Bits::new(places));
        Self { whole, first, other }
    }

    #[inline]
    fn insert(&mut self, place: u32, at: Where) {
        if at == Where::Part {
            self.other.insert(place);
            return;
        }
        self.whole.insert(place);
        if at == Where::First {
            self.first.insert(place);
        }
    }

    fn unite(&mut self, wide: &WideSets<'_>) {
        let stored = wide.whole.iter().zip(wide.first_or_part).map(|(w, f)| (w.get(), f.get()));
        let sets = self.whole.words_mut().iter_mut().zip(self.first.words_mut());
        for (((whole, first), other), (w, f)) in sets.zip(self.other.words_mut()).zip(stored) {
            *whole |= w;
            *first |= w & f;
            *other |= f & !w;
        }
    }

    /// From the sets of one word to those of a query of one word.
    fn completed(mut self) -> Self {
        for (other, whole) in self.other.words_mut().iter_mut().zip(self.whole.words()) {
            *other |= whole;
        }
        self
    }

    /// Adds the sets of a further word to those of a query.
    fn intersect(&mut self, word: &Self) {
        let others = self.other.words_mut().iter_mut().zip(word.other.words());
        for ((other, word_other), word_whole) in others.zip(word.whole.words()) {
            *other &= word_other | word_whole;
        }
        for (whole, word_whole) in self.whole.words_mut().iter_mut().zip(word.whole.words()) {
            *whole &= word_whole;
        }
        for (first, word_first) in self.first.words_mut().iter_mut().zip(word.first.words()) {
            *first |= word_first;
        }
    }
}

/// Collects hits in order until there are enough.
#[derive(Debug)]
pub(super) struct Walk<'i, 'w> {
    index: &'i TextIndex<'i>,
    pub(super) within: Option<&'w RoaringBitmap>,
    want: usize,
    hits: Vec<Listed>,
    seen: FxHashSet<u32>,
}

impl<'i, 'w> Walk<'i, 'w> {
    pub(super) fn new(
        index: &'i TextIndex<'i>,
        within: Option<&'w RoaringBitmap>,
        want: usize,
    ) -> Self {
        Self { index, within, want, hits: Vec::new(), seen: FxHashSet::default() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.hits.len() >= self.want
    }

    /// The hits from `offset` on.
    pub(super) fn hits(&self, offset: usize) -> Vec<Hit> {
        self.hits.iter().skip(offset).map(|listed| listed.hit()).collect()
    }

    /// Adds a hit unless its concept has a better one; false when there are enough.
    fn add(&mut self, listed: Listed) -> bool {
        if self.hits.len() < self.want && self.seen.insert(listed.concept) {
            self.hits.push(listed);
        }
        self.hits.len() < self.want
    }

    /// Adds the designation at `place`; false when there are enough.
    pub(super) fn visit(&mut self, place: u32, class: Class) -> bool {
        let Some(concept) = self.index.concept_of_place(place) else { return true };
        if self.within.is_some_and(|within| !within.contains(concept)) {
            return true;
        }
        let Some(designation) = self.index.designation_of_place(place) else { return true };
        self.add(Listed::new(self.index, class, designation, concept))
    }

    /// Adds all `places`, as far as they are needed.
    fn visit_all(&mut self, places: impl Iterator<Item = u64>, kind: MatchKind, first: bool) {
        if self.hits.len() < self.want {
            let class = Class::new(kind, first);
            members(places).take_while(|&place| self.visit(place, class)).for_each(drop);
        }
    }

    /// Designations with all words as a whole: the whole text, then any order.
    fn exact_sets(&mut self, words: &[Word], found: &Found) {
        let class = Class::new(MatchKind::WholeText, true);
        for place in found.whole.iter() {
            let Some(designation) = self.index.designation_of_place(place) else { return };
            // Places ascend by number of words.
            let count = usize::from(self.index.quality(designation) >> 10);
            if count > words.len() || self.hits.len() >= self.want {
                break;
            }
            if self.index.is_whole_text(designation, words) {
                self.visit(place, class);
            }
        }
        self.first_and_later(&found.whole, &found.first, MatchKind::WholeWords);
    }

    fn sets(&mut self, words: &[Word], found: &Found) {
        if words.iter().any(|word| word.fuzzy) {
            self.first_and_later(&found.other, &found.first, MatchKind::Similar);
            return;
        }
        self.first_and_later(&found.whole, &found.first, MatchKind::Beginnings);
        let parts = || {
            let words = found.other.words().iter().zip(found.whole.words());
            words.map(|(other, whole)| other & !whole)
        };
        let first = || found.first.words().iter();
        self.visit_all(parts().zip(first()).map(|(p, f)| p & f), MatchKind::Parts, true);
        self.visit_all(parts().zip(first()).map(|(p, f)| p & !f), MatchKind::Parts, false);
    }

    fn first_and_later(&mut self, places: &Bits, first: &Bits, kind: MatchKind) {
        let both = || places.words().iter().zip(first.words());
        self.visit_all(both().map(|(place, first)| place & first), kind, true);
        self.visit_all(both().map(|(place, first)| place & !first), kind, false);
    }
}
