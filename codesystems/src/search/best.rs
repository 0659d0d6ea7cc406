//! The best hits of those that were found, of each concept the best alone.

use roaring::RoaringBitmap;
use rustc_hash::FxHashSet;

use super::bits::Distinct;
use super::evaluate::{CLASSES, Class, Ranked};
use super::index::TextIndex;
use super::page::Found;

/// The `want` least of `ranked`, ascending, of each of `concept_count` concepts the least alone.
pub(super) fn best_of_concepts(
    ranked: &mut [Ranked],
    want: usize,
    concept_count: u32,
) -> Vec<Ranked> {
    let mut seen = Distinct::new(concept_count);
    let mut best = Vec::with_capacity(want);
    ascending(ranked, want.saturating_mul(2), |hit @ (.., concept)| {
        if best.len() < want && seen.insert(concept) {
            best.push(hit);
        }
        best.len() < want
    });
    best
}

/// Collects the best of places that come in ascending order, of each concept the best alone: of each
/// class the first places, until there are enough concepts.
#[derive(Debug)]
pub(super) struct BestByClass {
    want: usize,
    classes: [Vec<(u32, u32)>; CLASSES],
    /// How many places of each class there may be until its concepts are counted.
    counted_at: [usize; CLASSES],
    /// Classes from this one on have enough concepts, or better ones have.
    open: usize,
}

impl BestByClass {
    /// Collects `want` concepts.
    pub(super) fn new(want: usize) -> Self {
        let open = if want == 0 { 0 } else { CLASSES };
        Self { want, classes: Default::default(), counted_at: [want; CLASSES], open }
    }

    #[inline]
    pub(super) fn add(&mut self, (class, place, concept): Ranked) {
        let class = class.number();
        if class >= self.open {
            return;
        }
        let (Some(places), Some(counted_at)) =
            (self.classes.get_mut(class), self.counted_at.get_mut(class))
        else {
            return;
        };
        places.push((place, concept));
        if places.len() >= *counted_at {
            let concepts = places.iter().map(|(_, concept)| *concept);
            let different = concepts.collect::<FxHashSet<u32>>().len();
            *counted_at =
                places.len().saturating_add((self.want - different.min(self.want)).max(16));
            if different >= self.want {
                self.open = class;
            }
        }
    }

    /// What was wanted, best first, of `concept_count` concepts.
    pub(super) fn finish(self, concept_count: u32) -> Vec<Ranked> {
        let places = self.classes.iter().map(Vec::len).sum::<usize>().min(self.want);
        let mut seen = Distinct::new(concept_count);
        let mut best = Vec::with_capacity(places);
        let classes = Class::all().zip(self.classes);
        for (class, (place, concept)) in
            classes.flat_map(|(class, places)| places.into_iter().map(move |place| (class, place)))
        {
            if best.len() == self.want {
                break;
            }
            if seen.insert(concept) {
                best.push((class, place, concept));
            }
        }
        best
    }
}

/// Tells `items` in ascending order as long as `tell` wants more; sorts only what is told, about
/// `expected` of them.
pub(super) fn ascending<T: Ord + Copy>(
    items: &mut [T],
    expected: usize,
    mut tell: impl FnMut(T) -> bool,
) {
    let mut rest = items;
    let mut next = expected.saturating_add(16);
    while !rest.is_empty() {
        if next < rest.len() {
            rest.select_nth_unstable(next);
        }
        let (least, others) = rest.split_at_mut(next.min(rest.len()));
        least.sort_unstable();
        if !least.iter().all(|item| tell(*item)) {
            return;
        }
        rest = others;
        next = next.saturating_mul(4);
    }
}

/// Collects hits in order until there are enough.
#[derive(Debug)]
pub(super) struct Walk<'i, 'w> {
    index: &'i TextIndex<'i>,
    within: Option<&'w RoaringBitmap>,
    want: usize,
    hits: Vec<Ranked>,
    seen: Distinct,
}

impl<'i, 'w> Walk<'i, 'w> {
    pub(super) fn new(
        index: &'i TextIndex<'i>,
        within: Option<&'w RoaringBitmap>,
        want: usize,
    ) -> Self {
        let seen = Distinct::new(index.concept_count);
        Self { index, within, want, hits: Vec::with_capacity(want), seen }
    }

    /// How many more hits are wanted.
    pub(super) fn open(&self) -> usize {
        self.want.saturating_sub(self.hits.len())
    }

    pub(super) fn is_full(&self) -> bool {
        self.hits.len() >= self.want
    }

    /// What was found from `offset` on.
    pub(super) fn found(&self, offset: usize) -> Vec<Found> {
        self.hits.get(offset..).unwrap_or_default().iter().map(Found::ranked).collect()
    }

    /// Adds the designation at `place` unless its concept has a better one; false when there are
    /// enough.
    pub(super) fn visit(&mut self, place: u32, class: Class) -> bool {
        let concept = self.index.concept_of_place(place);
        self.add(place, class, concept)
    }

    /// [`Self::visit`] with the concept of the place.
    pub(super) fn add(&mut self, place: u32, class: Class, concept: Option<u32>) -> bool {
        let Some(concept) = concept else { return true };
        if self.within.is_some_and(|within| !within.contains(concept)) {
            return true;
        }
        if !self.is_full() && self.seen.insert(concept) {
            self.hits.push((class, place, concept));
        }
        !self.is_full()
    }
}
