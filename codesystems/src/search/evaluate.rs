//! The answer to a query: all concepts, or the best page of them.
//!
//! Two ways lead to the same answer. *Listing* takes the designations of the rarest word (or of the
//! concepts asked for) and tells from their tokens how they match. *Gathering* goes through the
//! posting lists of all words together. Which is cheaper is estimated beforehand.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::bits::Distinct;
use super::classify::Classifier;
use super::index::TextIndex;
use super::page::{Hits, Page, Selection};
use super::postings::{Where, spans};
use super::query::Query;
use super::resolve::{Split, Word};

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

/// A [`MatchKind`] together with whether the first word of the text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class(u8);

impl Class {
    pub(super) fn new(kind: MatchKind, first: bool) -> Self {
        Self((kind as u8) << 1 | u8::from(!first))
    }

    pub(super) fn kind(self) -> MatchKind {
        match self.0 >> 1 {
            0 => MatchKind::WholeText,
            1 => MatchKind::WholeWords,
            2 => MatchKind::Beginnings,
            3 => MatchKind::Parts,
            _ => MatchKind::Similar,
        }
    }

    /// All, best first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..CLASSES as u8).map(Self)
    }

    /// Its number, below [`CLASSES`].
    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// The score of a designation of this class.
    pub(super) fn score(self, quality: u16) -> u32 {
        u32::from(self.0) << 16 | u32::from(quality)
    }
}

/// How many classes there are.
pub(super) const CLASSES: usize = (MatchKind::Similar as usize + 1) * 2;

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
    pub(super) concept: u32,
}

impl Listed {
    fn new((class, quality): (Class, u16), designation: u32, concept: u32) -> Self {
        let score = class.score(quality);
        Self { key: u64::from(score) << 32 | u64::from(designation), concept }
    }

    pub(super) fn class(self) -> Class {
        Class((self.key >> 48) as u8)
    }

    pub(super) fn quality(self) -> u16 {
        (self.key >> 32) as u16
    }

    pub(super) fn designation(self) -> u32 {
        self.key as u32
    }
}

/// A place that matches: class, place, concept.
pub(super) type Ranked = (Class, u32, u32);

/// How the answer is come by.
#[derive(Debug)]
enum Way<'w> {
    /// From these designations.
    Listing(Vec<Listed>),
    /// By going through the postings of these words, the rarest first.
    Gathering(Vec<&'w Word>),
}

/// How many postings are read in the time that it takes to look through a text, which lies somewhere in
/// memory.
const READ_PER_TEXT: u64 = 32;

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
        self.evaluate(&words, &Selection { within: None, offset: 0, limit: 0 }).0
    }

    /// All concepts that [`Self::page`] would give without a limit, and its page.
    #[must_use]
    pub fn find(&self, query: &Query, selection: &Selection<'_>) -> (RoaringBitmap, Page) {
        let words = if query.is_empty() { None } else { self.resolve(query) };
        let Some(words) = words.filter(|words| self.single_range(words).is_none()) else {
            let mut all = self.matching(query);
            selection.within.inspect(|within| all &= *within);
            return (all, self.page(query, selection));
        };
        self.evaluate(&words, selection)
    }

    /// [`Self::page`] with all that is known of what is found.
    #[must_use]
    pub fn search(&self, query: &Query, selection: &Selection<'_>) -> Hits {
        self.hits(&self.page(query, selection))
    }

    /// The page `selection` of the concepts that match `query`, best first.
    ///
    /// Order: [`MatchKind`]; first word of the text found; fewer words; rank; shorter text; lower
    /// number of the designation. A query without words gives all concepts by their number.
    #[must_use]
    pub fn page(&self, query: &Query, selection: &Selection<'_>) -> Page {
        if query.is_empty() {
            return self.everything(selection);
        }
        let Some(words) = self.resolve(query) else { return Page::default() };
        if let [word] = words.as_slice()
            && let Some(page) = self.page_beside_splits(word, selection)
        {
            return page;
        }
        if let Some(range) = self.single_range(&words) {
            let whole = self.whole().filter(|(whole, _)| {
                self.weight(range) > self.costs.many
                    && self.frequent(range).is_none()
                    && whole.frequent(range).is_some()
            });
            let page = match whole {
                // What is stored of the range saves going through all these postings.
                Some((whole, concepts)) => {
                    let within = selection.within.or(Some(concepts));
                    let page =
                        whole.page_of_range(&words, range, &Selection { within, ..*selection });
                    page.map(|page| whole.with_qualities(page))
                }
                None => self.page_of_range(&words, range, selection),
            };
            if let Some(page) = page {
                return page;
            }
        }
        match self.way(&words, selection.within) {
            Way::Listing(listed) => self.page_of_listed(listed, selection),
            Way::Gathering(order) => self.page_of_gathered(&words, &order, selection).1,
        }
    }

    /// All concepts with `words`, and the page `selection` of them.
    fn evaluate(&self, words: &[Word], selection: &Selection<'_>) -> (RoaringBitmap, Page) {
        match self.way(words, selection.within) {
            Way::Listing(listed) => {
                let mut all = self.set_of(|add| {
                    listed.iter().for_each(|listed| add(listed.concept));
                });
                selection.within.inspect(|within| all &= *within);
                (all, self.page_of_listed(listed, selection))
            }
            Way::Gathering(order) => {
                let (all, page) = self.page_of_gathered(words, &order, selection);
                (all.into_roaring(), page)
            }
        }
    }

    /// Which way is the cheaper one.
    fn way<'w>(&self, words: &'w [Word], within: Option<&RoaringBitmap>) -> Way<'w> {
        let mut order: Vec<(u64, &Word)> = Vec::with_capacity(words.len());
        for word in words {
            // One that is typed again asks for nothing more.
            if !order.iter().any(|(_, known)| *known == word) {
                order.push((self.posting_estimate(word), word));
            }
        }
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
                return Way::Listing(self.list_concepts(within.iter(), words));
            }
        }
        match order.as_slice() {
            [(_, rarest_word), _, ..] if rarest * classify < gathering => {
                let places = self.places_of(rarest_word);
                Way::Listing(self.list_places(places.into_iter(), words, within))
            }
            _ => Way::Gathering(order.into_iter().map(|(_, word)| word).collect()),
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
    pub(super) fn posting_estimate(&self, word: &Word) -> u64 {
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
        let (rarer, other) = match self.weight(&left) <= self.weight(&split.right) {
            true => (&left, &split.right),
            false => (&split.right, &left),
        };
        let mut places = Vec::new();
        // Parts of a compound are no words.
        let each_word = |range: &Range<u32>, tell: &mut dyn FnMut(u32)| {
            self.each_posting(range, |place, at| {
                if at != Where::Part {
                    tell(place);
                }
            });
        };
        if self.weight(other) <= self.weight(rarer).saturating_mul(READ_PER_TEXT) {
            let mut open = Distinct::new(self.place_count());
            each_word(rarer, &mut |place| _ = open.insert(place));
            each_word(other, &mut |place| {
                if open.take(place) {
                    places.push(place);
                }
            });
        } else {
            each_word(rarer, &mut |place| places.push(place));
        }
        places.retain(|place| {
            let designation = self.designation_of_place(*place);
            designation.is_some_and(|designation| self.is_split(designation, split))
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
            wanted.then_some((place, concept, self.designation_of_place(place)?))
        });
        let mut classifier = Classifier::new(self, words);
        let listed = candidates.filter_map(|(place, concept, designation)| {
            let class = classifier.classify(designation)?;
            Some(Listed::new((class, self.quality_of_place(place)), designation, concept))
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
            Some(Listed::new((class, self.quality(designation)), designation, concept))
        });
        listed.collect()
    }
}

/// All ranges of tokens that `word` stands for.
fn ranges(word: &Word) -> impl Iterator<Item = &Range<u32>> {
    word.direct.iter().chain(&word.joined)
}
