//! From concepts to those that name them in a property: what a refinement of an expression constraint
//! asks for whole subtrees at a time.
//!
//! In the edition, the values of a property are sorted by their text, each with its posting. Sorted by
//! the concepts they name, those of a subtree follow each other, as its concepts do, and so do their
//! postings: half a million of them are one piece of memory to read.

use std::ops::Range;
use std::sync::Arc;

use moka::sync::Cache;

use super::super::write::NONE;
use super::Edition;
use crate::model::PropertyId;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

/// Values of a property for each run of ordinals that is looked for by itself.
const VALUES_PER_RUN: usize = 32;
/// Bytes of sets kept for an edition: some thousands of them.
const KEPT_BYTES: u64 = 16 << 20;

/// The concepts that name a subtree, from earlier questions. Empty until the first is kept.
pub(super) type Kept = Cache<Subtree, Arc<ConceptSet>>;

/// Values of a property that name a concept or one below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Subtree {
    pub(crate) property: PropertyId,
    pub(crate) top: ConceptIx,
    /// Whether those that name the top itself are among them.
    pub(crate) with_top: bool,
}

/// Rows of [`Naming`] that follow each other: where the lists of concepts with a value are.
#[derive(Debug, Default)]
pub(crate) struct NamingRows(Vec<Range<usize>>);

/// The concepts that have a value, by the concepts that the values name. Rows are in the order of
/// properties, then of concepts named; values that name none come last.
#[derive(Debug, Default)]
pub(super) struct Naming {
    named: Vec<u32>,
    /// Where the sources of each row begin, and the end.
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Naming {
    fn of(edition: &Edition) -> Self {
        let mut naming = Self::default();
        for property in (0..edition.meta.properties.len() as u16).map(PropertyId) {
            let named = |value| edition.value_concept(value).map_or(NONE, |concept| concept.0);
            let values = edition.value_numbers(property);
            let mut rows: Vec<(u32, u32)> = values.map(|value| (named(value), value)).collect();
            rows.sort_unstable();
            for (named, value) in rows {
                naming.named.push(named);
                naming.starts.push(naming.sources.len() as u32);
                edition.each_with_value(value, |source| naming.sources.push(source));
            }
        }
        naming.starts.push(naming.sources.len() as u32);
        naming.sources.shrink_to_fit();
        naming
    }

    fn sources(&self, rows: Range<usize>) -> &[u32] {
        let bounds = self.starts.get(rows.start).zip(self.starts.get(rows.end));
        bounds
            .and_then(|(&start, &end)| self.sources.get(start as usize..end as usize))
            .unwrap_or_default()
    }
}

impl Edition {
    /// Where the concepts are that have a value of `property` which names a concept of `named`.
    ///
    /// Cost: a search for each run of `named`, or a pass over the values. The first question makes a
    /// table of four bytes for every value that any concept has.
    pub(crate) fn naming(&self, property: PropertyId, named: &ConceptSet) -> NamingRows {
        let naming = self.naming.get_or_init(|| Naming::of(self));
        let values = self.value_numbers(property);
        let rows = values.start as usize..values.end as usize;
        let mut found = Vec::new();
        let Some(all) = naming.named.get(rows.clone()) else { return NamingRows(found) };
        if let Some(runs) = named.runs(all.len() / VALUES_PER_RUN + 1) {
            let mut from = 0;
            for run in runs {
                let rest = all.get(from..).unwrap_or_default();
                let start = from + rest.partition_point(|concept| *concept < run.start);
                let rest = all.get(start..).unwrap_or_default();
                from = start + rest.partition_point(|concept| *concept < run.end);
                if from > start {
                    found.push(rows.start + start..rows.start + from);
                }
            }
            return NamingRows(found);
        }
        let marks = Marks::of(named, self.count);
        for (row, concept) in rows.zip(all) {
            if !marks.contains(*concept) {
                continue;
            }
            match found.last_mut() {
                Some(last) if last.end == row => last.end += 1,
                _ => found.push(row..row + 1),
            }
        }
        NamingRows(found)
    }

    fn sources<'s>(&'s self, rows: &'s NamingRows) -> impl Iterator<Item = &'s [u32]> {
        let naming = self.naming.get();
        naming.into_iter().flat_map(|naming| rows.0.iter().map(|rows| naming.sources(rows.clone())))
    }

    /// How many concepts are in the lists, each as often as it is listed.
    pub(crate) fn naming_count(&self, rows: &NamingRows) -> u64 {
        self.sources(rows).map(|sources| sources.len() as u64).sum()
    }

    /// Marks the concepts of the lists.
    pub(crate) fn mark_naming(&self, rows: &NamingRows, marks: &mut Marks) {
        self.sources(rows).flatten().for_each(|source| marks.insert(*source));
    }

    /// The concepts that name a subtree, where an earlier question kept them.
    pub(crate) fn kept_naming(&self, subtree: Subtree) -> Option<Arc<ConceptSet>> {
        self.kept_naming.get()?.get(&subtree)
    }

    /// Keeps the concepts that name a subtree for later questions, within a bound of bytes.
    pub(crate) fn keep_naming(&self, subtree: Subtree, set: Arc<ConceptSet>) {
        let bytes = |set: &Arc<ConceptSet>| set.byte_count().try_into().unwrap_or(u32::MAX);
        let kept = self.kept_naming.get_or_init(|| {
            Cache::builder().weigher(move |_, set| bytes(set)).max_capacity(KEPT_BYTES).build()
        });
        kept.insert(subtree, set);
    }

    /// Whether the value with a number is one of `properties` and names a concept of `named`.
    pub(crate) fn is_naming(
        &self,
        value: u32,
        properties: &[PropertyId],
        named: &ConceptSet,
    ) -> bool {
        // Values are numbered by property: most need not be looked at.
        let is_of = |&property: &PropertyId| self.value_numbers(property).contains(&value);
        properties.iter().any(is_of)
            && self.value_concept(value).is_some_and(|concept: ConceptIx| named.contains(concept))
    }
}
