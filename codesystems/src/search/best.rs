//! The best hits of those that were found, of each concept the best alone.

use roaring::RoaringBitmap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::evaluate::{Class, Hit, Ranked};
use super::index::TextIndex;

/// The `want` least of `ranked`, ascending, of each concept the least alone.
pub(super) fn best_of_concepts(ranked: &mut [Ranked], want: usize) -> Vec<Ranked> {
    let mut seen = FxHashSet::with_capacity_and_hasher(want, FxBuildHasher);
    let mut best = Vec::with_capacity(want);
    ascending(ranked, want.saturating_mul(2), |hit @ (.., concept)| {
        if best.len() < want && seen.insert(concept) {
            best.push(hit);
        }
        best.len() < want
    });
    best
}

/// [`best_of_concepts`] where `ranked` ascends by place: class after class is gone through.
pub(super) fn best_by_class(ranked: &mut [Ranked], want: usize) -> Vec<Ranked> {
    let mut seen = FxHashSet::with_capacity_and_hasher(want, FxBuildHasher);
    let mut best = Vec::with_capacity(want);
    let mut class = ranked.iter().map(|(class, ..)| *class).min();
    while let Some(now) = class.take() {
        for &hit in &*ranked {
            if best.len() == want {
                return best;
            }
            if hit.0 > now {
                class = Some(class.map_or(hit.0, |next| next.min(hit.0)));
            } else if hit.0 == now && seen.insert(hit.2) {
                best.push(hit);
            }
        }
    }
    best
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
    seen: FxHashSet<u32>,
}

impl<'i, 'w> Walk<'i, 'w> {
    pub(super) fn new(
        index: &'i TextIndex<'i>,
        within: Option<&'w RoaringBitmap>,
        want: usize,
    ) -> Self {
        let seen = FxHashSet::with_capacity_and_hasher(want, FxBuildHasher);
        Self { index, within, want, hits: Vec::with_capacity(want), seen }
    }

    /// How many more hits are wanted.
    pub(super) fn open(&self) -> usize {
        self.want.saturating_sub(self.hits.len())
    }

    pub(super) fn is_full(&self) -> bool {
        self.hits.len() >= self.want
    }

    /// The hits from `offset` on.
    pub(super) fn hits(&self, offset: usize) -> Vec<Hit> {
        let page = self.hits.get(offset..).unwrap_or_default();
        page.iter().filter_map(|ranked| self.index.hit(ranked)).collect()
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
