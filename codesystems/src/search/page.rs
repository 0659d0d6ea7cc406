//! Pages of answers: which concepts they show, and what can be told of each.

use roaring::RoaringBitmap;

use super::best::{BestByClass, best_of_concepts};
use super::bits::{Distinct, Membership};
use super::evaluate::{Class, Listed, MatchKind, Ranked};
use super::index::TextIndex;
use super::resolve::Word;
use crate::model::ConceptIx;

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
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// How many concepts match in all; exact.
    pub total: u64,
    /// Those of the page, best first.
    pub found: Vec<Found>,
}

/// A concept found. More of it is told by [`TextIndex::scores`] and [`TextIndex::hits`] of the index that
/// found it: most pages need nothing more.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The concept.
    pub concept: ConceptIx,
    class: Class,
    at: At,
}

/// How the designation that matches best is known.
#[derive(Debug, Clone, Copy)]
enum At {
    Place(u32),
    /// By its number, and its quality.
    Designation(Option<u32>, u16),
}

/// A page of an answer with all that is known of its concepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// How many concepts match in all; exact.
    pub total: u64,
    /// The page, best first.
    pub hits: Vec<Hit>,
}

/// A concept found, with all that is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The concept.
    pub concept: ConceptIx,
    /// Its designation that matches best; `None` only for a query without words.
    pub designation: Option<u32>,
    /// How this designation matches.
    pub kind: MatchKind,
    /// As [`TextIndex::scores`] gives it.
    pub score: u32,
}

impl Found {
    pub(super) fn ranked(&(class, place, concept): &Ranked) -> Self {
        Self { concept: ConceptIx(concept), class, at: At::Place(place) }
    }

    /// How the designation that matches best matches.
    #[must_use]
    pub fn kind(&self) -> MatchKind {
        self.class.kind()
    }

    fn listed(listed: Listed) -> Self {
        let at = At::Designation(Some(listed.designation()), listed.quality());
        Self { concept: ConceptIx(listed.concept), class: listed.class(), at }
    }
}

impl TextIndex<'_> {
    /// The scores of a page that this index found, in its order: kind, then whether the first word of the
    /// text was found, then number of words, rank and length. Lower is better; comparable between editions.
    #[must_use]
    pub fn scores(&self, page: &Page) -> Vec<u32> {
        let mut hint = 0;
        let mut quality = |at| match at {
            At::Place(place) => self.quality_near(place, &mut hint),
            At::Designation(_, quality) => quality,
        };
        page.found.iter().map(|found| found.class.score(quality(found.at))).collect()
    }

    fn hit(&self, found: &Found, score: u32) -> Hit {
        let designation = match found.at {
            At::Place(place) => self.designation_of_place(place),
            At::Designation(designation, _) => designation,
        };
        Hit { concept: found.concept, designation, kind: found.class.kind(), score }
    }

    /// The same page with the quality of each place in it, which another index numbers otherwise.
    pub(super) fn with_qualities(&self, mut page: Page) -> Page {
        for found in &mut page.found {
            if let At::Place(place) = found.at {
                let (designation, quality) =
                    (self.designation_of_place(place), self.quality_of_place(place));
                found.at = At::Designation(designation, quality);
            }
        }
        page
    }

    /// All that is known of a page that this index found.
    #[must_use]
    pub fn hits(&self, page: &Page) -> Hits {
        let found = page.found.iter().zip(self.scores(page));
        let hits = found.map(|(found, score)| self.hit(found, score)).collect();
        Hits { total: page.total, hits }
    }

    /// The page of a query without words.
    pub(super) fn everything(&self, selection: &Selection<'_>) -> Page {
        let found = |concept| {
            let designations = self.designations_of(concept);
            let best = designations.map(|number| (self.quality(number), number)).min();
            let at = At::Designation(
                best.map(|(_, number)| number),
                best.map_or(u16::MAX, |(quality, _)| quality),
            );
            let class = Class::new(MatchKind::Beginnings, true);
            Found { concept: ConceptIx(concept), class, at }
        };
        let page = selection.offset..selection.offset.saturating_add(selection.limit);
        let on_page = |concepts: &mut dyn Iterator<Item = u32>| {
            concepts.skip(page.start).take(page.len()).map(found).collect()
        };
        match selection.within {
            Some(within) => Page {
                total: within.range_cardinality(..self.concept_count),
                found: on_page(&mut within.range(..self.concept_count)),
            },
            None => Page {
                total: self.concept_count.into(),
                found: on_page(&mut (0..self.concept_count)),
            },
        }
    }

    pub(super) fn page_of_listed(
        &self,
        mut listed: Vec<Listed>,
        selection: &Selection<'_>,
    ) -> Page {
        listed.sort_unstable();
        let mut seen = Distinct::new(self.concept_count);
        listed.retain(|listed| seen.insert(listed.concept));
        let page = listed.iter().skip(selection.offset).take(selection.limit);
        Page {
            total: listed.len() as u64,
            found: page.map(|listed| Found::listed(*listed)).collect(),
        }
    }

    /// The page of the places with all of `order`, which are the `words` with the rarest first; and the
    /// set of their concepts.
    pub(super) fn page_of_gathered(
        &self,
        words: &[Word],
        order: &[&Word],
        selection: &Selection<'_>,
    ) -> (Distinct, Page) {
        let fuzzy = words.iter().any(|word| word.fuzzy);
        let short = if fuzzy { 0 } else { self.places_up_to(words.len()) };
        let mut within =
            selection.within.map(|within| Membership::new(within, 0, self.concept_count));
        let mut seen = 0;
        let want = selection.offset.saturating_add(selection.limit);
        let mut best = BestByClass::new(want);
        let mut all = Distinct::new(self.concept_count);
        let mut concepts: Vec<Option<u32>> = Vec::new();
        self.gather(order, &mut |places| {
            // Concepts of places lie in no order: the processor fetches them all at once.
            seen += places.len() as u64;
            if let Some(within) = &mut within {
                within.expect(seen, self.concept_count);
            }
            concepts.clear();
            concepts.extend(places.iter().map(|found| self.concept_of_place(found.place)));
            for (found, concept) in places.iter().zip(&concepts) {
                let Some(concept) = *concept else { continue };
                if within.as_ref().is_some_and(|within| !within.contains(concept)) {
                    continue;
                }
                all.insert(concept);
                let is_whole = found.place < short
                    && found.is_exact()
                    && self
                        .designation_of_place(found.place)
                        .is_some_and(|designation| self.is_whole_text(designation, words));
                let class = match is_whole {
                    true => Class::new(MatchKind::WholeText, true),
                    false => found.class(fuzzy),
                };
                best.add((class, found.place, concept));
            }
        });
        let best = best.finish(self.concept_count);
        let page = best.get(selection.offset..).unwrap_or_default();
        let found = page.iter().map(Found::ranked).collect();
        let total = all.len() as u64;
        (all, Page { total, found })
    }

    /// The page of `ranked`, in whatever order. Places ascend by quality and number of the
    /// designation.
    pub(super) fn page_of_ranked(
        &self,
        mut ranked: Vec<Ranked>,
        selection: &Selection<'_>,
    ) -> Page {
        let mut concepts = Distinct::new(self.concept_count);
        ranked.iter().for_each(|(.., concept)| _ = concepts.insert(*concept));
        let total = concepts.len() as u64;
        let want = selection.offset.saturating_add(selection.limit);
        let want = want.min(usize::try_from(total).unwrap_or(usize::MAX));
        let best = best_of_concepts(&mut ranked, want, self.concept_count);
        let page = best.get(selection.offset..).unwrap_or_default();
        Page { total, found: page.iter().map(Found::ranked).collect() }
    }

    /// The set of the concepts that `tell` adds, some several times.
    pub(super) fn set_of(&self, tell: impl FnOnce(&mut dyn FnMut(u32))) -> RoaringBitmap {
        let mut concepts = Distinct::new(self.concept_count);
        tell(&mut |concept| _ = concepts.insert(concept));
        concepts.into_roaring()
    }
}
