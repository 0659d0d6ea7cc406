//! The hierarchy of an edition.

use super::super::codec::u32s;
use super::super::sections::{Section, Table};
use super::Edition;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

/// Up to how many runs a set is made run by run.
const FEW_RUNS: usize = 48;

impl Edition {
    fn related(
        &self,
        offsets: Table,
        targets: Table,
        concept: ConceptIx,
    ) -> impl DoubleEndedIterator<Item = ConceptIx> + ExactSizeIterator + '_ {
        let targets = self.table(targets);
        let range = self.table(offsets).range_within(concept.row(), targets.len());
        range.map(|row| ConceptIx(targets.at(row)))
    }

    /// The direct parents of a concept, ascending.
    pub fn parents(
        &self,
        concept: ConceptIx,
    ) -> impl DoubleEndedIterator<Item = ConceptIx> + ExactSizeIterator + '_ {
        self.related(Table::ParentOffsets, Table::Parents, concept)
    }

    /// The direct children of a concept, ascending.
    pub fn children(
        &self,
        concept: ConceptIx,
    ) -> impl DoubleEndedIterator<Item = ConceptIx> + ExactSizeIterator + '_ {
        self.related(Table::ChildOffsets, Table::Children, concept)
    }

    /// Whether any concept has a parent.
    #[must_use]
    pub fn has_hierarchy(&self) -> bool {
        !self.table(Table::Parents).is_empty()
    }

    /// Concepts without a parent, ascending.
    pub fn roots(&self) -> impl Iterator<Item = ConceptIx> + '_ {
        (0..self.count).map(ConceptIx).filter(|&concept| self.parents(concept).len() == 0)
    }

    /// The strict descendants of a concept as ascending, disjoint runs `start..end` of ordinals.
    pub fn descendant_runs(&self, concept: ConceptIx) -> impl Iterator<Item = (u32, u32)> + '_ {
        let range = self.table(Table::RunOffsets).range(concept.row());
        let runs = u32s(self.bytes(Section::Runs)).get(range.start * 2..range.end * 2);
        runs.unwrap_or_default()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[start, end]| (start.get().min(self.count), end.get().min(self.count)))
    }

    /// How many strict descendants a concept has. Cost: one array access.
    #[must_use]
    pub fn descendant_count(&self, concept: ConceptIx) -> u32 {
        self.table(Table::DescendantCounts).at(concept.row())
    }

    /// The strict descendants of a concept.
    ///
    /// Cost: grows with the runs, hardly with the concepts.
    #[must_use]
    pub fn descendants(&self, concept: ConceptIx) -> ConceptSet {
        let range = self.table(Table::RunOffsets).range(concept.row());
        if range.len() > FEW_RUNS {
            let mut marks = Marks::new(self.count);
            for (start, end) in self.descendant_runs(concept) {
                marks.insert_run(start, end);
            }
            return marks.into_set();
        }
        let mut set = ConceptSet::new();
        for (start, end) in self.descendant_runs(concept) {
            set.insert_run(start, end);
        }
        set
    }

    /// Marks the strict descendants of a concept.
    pub(crate) fn mark_descendants(&self, concept: ConceptIx, marks: &mut Marks) {
        for (start, end) in self.descendant_runs(concept) {
            marks.insert_run(start, end);
        }
    }

    /// The strict ancestors of a concept.
    #[must_use]
    pub fn ancestors(&self, concept: ConceptIx) -> ConceptSet {
        let mut set = ConceptSet::new();
        let mut open: Vec<ConceptIx> = self.parents(concept).collect();
        while let Some(parent) = open.pop() {
            if !set.contains(parent) {
                set.insert(parent);
                open.extend(self.parents(parent));
            }
        }
        set
    }

    /// Whether `ancestor` is a strict ancestor of `descendant`. Cost: a binary search in the runs
    /// of `ancestor`.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: ConceptIx, descendant: ConceptIx) -> bool {
        let range = self.table(Table::RunOffsets).range(ancestor.row());
        let runs = u32s(self.bytes(Section::Runs)).get(range.start * 2..range.end * 2);
        let runs = runs.unwrap_or_default().as_chunks::<2>().0;
        let after = runs.partition_point(|[start, _]| start.get() <= descendant.0);
        let run = after.checked_sub(1).and_then(|before| runs.get(before));
        run.is_some_and(|[_, end]| descendant.0 < end.get())
    }
}
