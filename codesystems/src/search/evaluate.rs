//! The answer to a query: all concepts, or the best page of them.
//!
//! Two ways lead to the same answer. *Listing* takes the designations of the rarest word (or of the
//! concepts asked for) and tells from their tokens how they match. *Gathering* goes through the
//! posting lists of all words together. Which is cheaper is estimated beforehand.

use std::ops::Range;

use roaring::RoaringBitmap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::best::{best_by_class, best_of_concepts};
use super::bits::{Bits, Membership};
use super::classify::Classifier;
use super::gather::Match;
use super::index::TextIndex;
use super::postings::spans;
use super::query::Query;
use super::resolve::{Split, Word};
use crate::model::ConceptIx;

/// How many concepts a bit set has room for in the time that sorting takes for one.
const SORTED_PER_CONCEPT: usize = 1_024;

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
    /// To read 16 bytes of posting lists.
    pub(super) postings: u64,
    /// To take up a posting list again for the next span.
    pub(super) span: u64,
    /// To ask a posting list for a place.
    pub(super) probe: u64,
    /// To look at a place of a set.
    pub(super) visit: u64,
    /// Posting bytes that few concepts may have until what is stored of all concepts is used.
    pub(super) many: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self { classify: 200, postings: 8, span: 4, probe: 25, visit: 4, many: 16 << 10 }
    }
}

/// A designation that matches: class, quality, number, highest first; and its concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
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

/// A place that matches: class, place, concept.
pub(super) type Ranked = (Class, u32, u32);

/// What an evaluation ends with.
#[derive(Debug)]
enum Outcome {
    Listed(Vec<Listed>),
    Gathered(Vec<Match>),
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
        self.concepts_of(&self.evaluate(&words, None), None)
    }

    /// All concepts that [`Self::search`] would give without a limit, and its page.
    #[must_use]
    pub fn find(&self, query: &Query, selection: &Selection<'_>) -> (RoaringBitmap, Hits) {
        let words = if query.is_empty() { None } else { self.resolve(query) };
        let Some(words) = words.filter(|words| self.single_range(words).is_none()) else {
            let mut all = self.matching(query);
            selection.within.inspect(|within| all &= *within);
            return (all, self.search(query, selection));
        };
        let outcome = self.evaluate(&words, selection.within);
        let all = self.concepts_of(&outcome, selection.within);
        (all, self.page_of(&words, outcome, selection))
    }

    fn concepts_of(&self, outcome: &Outcome, within: Option<&RoaringBitmap>) -> RoaringBitmap {
        let mut concepts = match outcome {
            Outcome::Listed(listed) => self.set_of(listed.len(), |add| {
                listed.iter().for_each(|listed| add(listed.concept));
            }),
            Outcome::Gathered(found) => self.set_of(found.len(), |add| {
                let concepts = found.iter().filter_map(|found| self.concept_of_place(found.place));
                concepts.for_each(add);
            }),
        };
        within.inspect(|within| concepts &= *within);
        concepts
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
        if let [word] = words.as_slice()
            && let Some(hits) = self.page_beside_splits(word, selection)
        {
            return hits;
        }
        if let ([word], Some(range)) = (words.as_slice(), self.single_range(&words)) {
            let whole = self.whole().filter(|(whole, _)| {
                self.weight(range) > self.costs.many
                    && self.frequent(range).is_none()
                    && whole.frequent(range).is_some()
            });
            let hits = match whole {
                // What is stored of the range saves going through all these postings.
                Some((whole, concepts)) => {
                    let within = selection.within.or(Some(concepts));
                    whole.page_of_range(word, range, &Selection { within, ..*selection })
                }
                None => self.page_of_range(word, range, selection),
            };
            if let Some(hits) = hits {
                return hits;
            }
        }
        self.page_of(&words, self.evaluate(&words, selection.within), selection)
    }

    fn page_of(&self, words: &[Word], outcome: Outcome, selection: &Selection<'_>) -> Hits {
        match outcome {
            Outcome::Listed(listed) => self.page_of_listed(listed, selection),
            Outcome::Gathered(found) => self.page_of_gathered(words, &found, selection),
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
        let mut order: Vec<(u64, &Word)> =
            words.iter().map(|word| (self.posting_estimate(word), word)).collect();
        order.sort_by_key(|(estimate, _)| *estimate);
        let rarest = order.first().map_or(0, |(estimate, _)| *estimate);
        let gathering: u64 = order
            .iter()
            .enumerate()
            .map(|(row, (_, word))| self.reading_cost(word, (row > 0).then_some(rarest)))
            .sum();
        let classify = self.costs.classify;
        if let Some(within) = within {
            let designations = within.len() * self.designations_per_concept();
            if designations <= rarest && designations * classify < gathering {
                return Outcome::Listed(self.list_concepts(within.iter(), words));
            }
        }
        match order.as_slice() {
            [(_, rarest_word), _, ..] if rarest * classify < gathering => {
                let places = self.places_of(rarest_word);
                Outcome::Listed(self.list_places(places.into_iter(), words, within))
            }
            _ => {
                let order: Vec<&Word> = order.into_iter().map(|(_, word)| word).collect();
                Outcome::Gathered(self.gather(&order))
            }
        }
    }

    /// Whether it is cheaper to look at `concepts` concepts than to walk over `places` places.
    pub(super) fn lists_faster(&self, concepts: u64, places: u64) -> bool {
        concepts * self.designations_per_concept() * self.costs.classify < places * self.costs.visit
    }

    pub(super) fn designations_per_concept(&self) -> u64 {
        u64::from(self.place_count() / self.concept_count.max(1)) + 1
    }

    /// What it costs to go through the postings of `word`, or to ask them for `asked` places.
    fn reading_cost(&self, word: &Word, asked: Option<u64>) -> u64 {
        let Costs { postings, span, probe, .. } = self.costs;
        let of = |range: &Range<u32>| {
            if self.wide(range).is_some() {
                return asked.map_or(u64::from(self.place_count()) / 64, |asked| asked * probe / 4);
            }
            let lists = u64::from(range.end.saturating_sub(range.start));
            let weight = self.weight(range);
            let again = lists.min(weight / 4) * u64::from(spans(self.place_count())) * span;
            let reading = weight * postings / 16;
            again + asked.map_or(reading, |asked| reading.min(asked * lists * probe))
        };
        ranges(word).map(of).sum()
    }

    /// About how many postings `word` has.
    fn posting_estimate(&self, word: &Word) -> u64 {
        ranges(word).map(|range| self.weight(range) / 2).sum()
    }

    /// The places of `word`, ascending, in whatever way it is found there.
    fn places_of(&self, word: &Word) -> Vec<u32> {
        let mut places: Vec<u32> = Vec::new();
        ranges(word).for_each(|range| self.each_posting(range, |place, _| places.push(place)));
        word.splits.iter().for_each(|split| places.extend(self.places_of_split(split)));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The places with both halves of `split`, one behind the other.
    pub(super) fn places_of_split(&self, split: &Split) -> Vec<u32> {
        let left = split.left..split.left + 1;
        let left_is_rarer = self.weight(&left) <= self.weight(&split.right);
        let mut places = Vec::new();
        let rarer = if left_is_rarer { &left } else { &split.right };
        self.each_posting(rarer, |place, _| {
            let designation = self.designation_of_place(place);
            if designation.is_some_and(|designation| self.is_split(designation, split)) {
                places.push(place);
            }
        });
        places
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

    pub(super) fn list_concepts(
        &self,
        concepts: impl Iterator<Item = u32>,
        words: &[Word],
    ) -> Vec<Listed> {
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

    pub(super) fn page_of_listed(
        &self,
        mut listed: Vec<Listed>,
        selection: &Selection<'_>,
    ) -> Hits {
        listed.sort_unstable();
        let mut seen = FxHashSet::with_capacity_and_hasher(listed.len(), FxBuildHasher);
        listed.retain(|listed| seen.insert(listed.concept));
        let page = listed.iter().skip(selection.offset).take(selection.limit);
        Hits { total: listed.len() as u64, hits: page.map(|listed| listed.hit()).collect() }
    }

    /// The set of the concepts that `tell` adds, about `count` of them, some several times.
    pub(super) fn set_of(
        &self,
        count: usize,
        tell: impl FnOnce(&mut dyn FnMut(u32)),
    ) -> RoaringBitmap {
        if self.is_few(count) {
            let mut concepts = Vec::with_capacity(count);
            tell(&mut |concept| concepts.push(concept));
            concepts.sort_unstable();
            return concepts.into_iter().collect();
        }
        let mut set = Bits::new(self.concept_count);
        tell(&mut |concept| _ = set.insert(concept));
        set.to_roaring()
    }

    /// How many different concepts there are among `concepts`, about `count` of them.
    fn count_distinct(&self, count: usize, concepts: impl Iterator<Item = u32>) -> u64 {
        if self.is_few(count) {
            let mut concepts: Vec<u32> = concepts.collect();
            concepts.sort_unstable();
            concepts.dedup();
            return concepts.len() as u64;
        }
        let mut set = Bits::new(self.concept_count);
        concepts.map(|concept| u64::from(set.insert(concept))).sum()
    }

    /// Whether sorting so many concepts takes less than a bit set of all.
    fn is_few(&self, count: usize) -> bool {
        count.saturating_mul(SORTED_PER_CONCEPT) < self.concept_count as usize
    }

    fn page_of_gathered(&self, words: &[Word], found: &[Match], selection: &Selection<'_>) -> Hits {
        let fuzzy = words.iter().any(|word| word.fuzzy);
        let short = if fuzzy { 0 } else { self.places_up_to(words.len()) };
        let within = selection
            .within
            .map(|within| Membership::new(within, found.len() as u64, self.concept_count));
        // Concepts of places lie in no order: the processor fetches them all at once.
        let concepts: Vec<Option<u32>> =
            found.iter().map(|found| self.concept_of_place(found.place)).collect();
        let ranked = found.iter().zip(concepts).filter_map(|(found, concept)| {
            let concept = concept?;
            if within.as_ref().is_some_and(|within| !within.contains(concept)) {
                return None;
            }
            let is_whole = found.place < short
                && found.is_exact()
                && self.is_whole_text(self.designation_of_place(found.place)?, words);
            let class =
                if is_whole { Class::new(MatchKind::WholeText, true) } else { found.class(fuzzy) };
            Some((class, found.place, concept))
        });
        let mut all = Vec::with_capacity(found.len());
        all.extend(ranked);
        self.page_of_best(all, selection, best_by_class)
    }

    /// The page of `ranked`, in whatever order. Places ascend by quality and number of the
    /// designation.
    pub(super) fn page_of_ranked(&self, ranked: Vec<Ranked>, selection: &Selection<'_>) -> Hits {
        self.page_of_best(ranked, selection, best_of_concepts)
    }

    /// The page of `ranked`, of which `best` finds the best.
    fn page_of_best(
        &self,
        mut ranked: Vec<Ranked>,
        selection: &Selection<'_>,
        best: impl FnOnce(&mut [Ranked], usize) -> Vec<Ranked>,
    ) -> Hits {
        let concepts = ranked.iter().map(|(.., concept)| *concept);
        let total = self.count_distinct(ranked.len(), concepts);
        let want = selection.offset.saturating_add(selection.limit);
        let want = want.min(usize::try_from(total).unwrap_or(usize::MAX));
        let best = best(&mut ranked, want);
        let page = best.get(selection.offset..).unwrap_or_default();
        Hits { total, hits: page.iter().filter_map(|ranked| self.hit(ranked)).collect() }
    }

    /// The hit that `ranked` tells of.
    pub(super) fn hit(&self, &(class, place, concept): &Ranked) -> Option<Hit> {
        let designation = self.designation_of_place(place)?;
        Some(Listed::new(self, class, designation, concept).hit())
    }

    /// The first place of a text of more than `words` words: places ascend by number of words.
    pub(super) fn places_up_to(&self, words: usize) -> u32 {
        let (mut from, mut behind) = (0, self.place_count());
        while from < behind {
            let middle = from + (behind - from) / 2;
            let designation = self.designation_of_place(middle);
            let count = designation.map_or(u16::MAX, |designation| self.quality(designation) >> 10);
            if usize::from(count) <= words {
                from = middle + 1;
            } else {
                behind = middle;
            }
        }
        from
    }
}

/// All ranges of tokens that `word` stands for.
fn ranges(word: &Word) -> impl Iterator<Item = &Range<u32>> {
    word.direct.iter().chain(&word.joined)
}
