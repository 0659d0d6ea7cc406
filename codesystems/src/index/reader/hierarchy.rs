//! The hierarchy of an edition.

use zerocopy::little_endian::U32;

use super::super::codec::u32s;
use super::super::sections::{Section, Table};
use super::Edition;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

/// Up to how many runs a set is made run by run.
const FEW_RUNS: usize = 48;
/// Up to how many concepts are looked for among runs, however few these are: making a set of runs
/// takes as long.
const FEW_TO_SEARCH: usize = 200;

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
        self.runs_of(concept)
            .iter()
            .map(|[start, end]| (start.get().min(self.count), end.get().min(self.count)))
    }

    fn runs_of(&self, concept: ConceptIx) -> &[[U32; 2]] {
        let range = self.table(Table::RunOffsets).range(concept.row());
        let runs = u32s(self.bytes(Section::Runs)).get(range.start * 2..range.end * 2);
        runs.unwrap_or_default().as_chunks::<2>().0
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
        if self.runs_of(concept).len() > FEW_RUNS {
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

    /// Those of `concepts` that are strict descendants of `concept`.
    ///
    /// Cost: grows with `concepts`, or with the runs of the descendants, whichever is less.
    #[must_use]
    pub fn descendants_among(&self, concept: ConceptIx, concepts: &ConceptSet) -> ConceptSet {
        let mut runs = self.runs_of(concept);
        if concepts.len() == u64::from(self.count) {
            return self.descendants(concept);
        }
        if concepts.len() > (FEW_TO_SEARCH + runs.len() / 2) as u64 {
            return concepts.and(&self.descendants(concept));
        }
        let mut found = Vec::new();
        for concept in concepts.iter_from(0) {
            let passed = runs.partition_point(|[_, end]| end.get() <= concept.0);
            runs = runs.get(passed..).unwrap_or_default();
            match runs.first() {
                Some([start, _]) if start.get() <= concept.0 => found.push(concept),
                Some(_) => {}
                None => break,
            }
        }
        found.into_iter().collect()
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
        let runs = self.runs_of(ancestor);
        let after = runs.partition_point(|[start, _]| start.get() <= descendant.0);
        let run = after.checked_sub(1).and_then(|before| runs.get(before));
        run.is_some_and(|[_, end]| descendant.0 < end.get())
    }
}

#[cfg(test)]
mod tests {
    use crate::{ConceptIx, ConceptSet, Edition, EditionBuilder, EditionMeta};

    /// Concepts with two parents each, so that most subtrees are many runs.
    fn edition(count: u32) -> Edition {
        let mut builder = EditionBuilder::new(EditionMeta::new("http://tree.example", "1"));
        for number in 1..count {
            let child = builder.concept(&format!("c{number}"));
            for parent in [number / 3, number * 7 % number.min(97)] {
                let parent = builder.concept(&format!("c{parent}"));
                if parent != child {
                    builder.parent(child, parent);
                }
            }
        }
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    #[test]
    fn descendants_are_found_among_few_and_many_concepts() {
        let edition = edition(3_000);
        let all = edition.all();
        assert!(all.iter().any(|concept| edition.descendant_runs(concept).count() > 100));
        for step in [1, 2, 7, 500] {
            let some: ConceptSet = all.iter().step_by(step).collect();
            for root in all.iter().step_by(41) {
                let expected = some.and(&edition.descendants(root));
                assert_eq!(edition.descendants_among(root, &some), expected, "{root:?} {step}");
            }
        }
        assert!(edition.descendants_among(ConceptIx(0), &ConceptSet::new()).is_empty());
    }
}
