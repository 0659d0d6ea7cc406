//! Attributes, groups and cardinalities.
//!
//! An attribute becomes the set of property values that satisfy it ([`Wanted`]). From there one of
//! two ways leads to the concepts: by the inverted postings of these values, or, where the focus is
//! small, by looking at each of its concepts. Groups of several attributes and cardinalities beyond
//! "at least one" are always verified concept by concept, among the candidates of the postings.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::ast::{Cardinality, Refinement, SubConstraint};
use super::super::error::Result;
use super::super::plan;
use super::wanted::{Values, Wanted};
use super::{CONCEPT_COST, Evaluator};
use crate::model::PropertyId;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

/// What it costs to look at the relationships of a concept, in nanoseconds.
const FOCUS_COST: u64 = 100;
/// What it costs to take a set that was kept, in nanoseconds.
const KEPT_COST: u64 = 1_000;
/// What it costs to find the posting of a value, in the time that reading one of its entries takes.
const VALUE_COST: u64 = 20;

/// A refinement with everything in it evaluated.
#[derive(Debug)]
enum Test {
    Attribute(Wanted),
    Group(Cardinality, Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// Concepts that may satisfy a refinement.
struct Candidates {
    /// None for every concept.
    set: Option<Arc<ConceptSet>>,
    /// Whether all of them do.
    exact: bool,
}

/// One relationship of a concept: its value by number, or a parent.
#[derive(Debug, Clone, Copy)]
enum Row {
    Value(u32),
    Parent(ConceptIx),
    /// Relationship from `source`, by the number of its value.
    From(ConceptIx, u32),
}

/// The group a relationship is in; relationships that are in none are groups of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum GroupKey {
    Own(u16),
    Of(ConceptIx, u16),
    Alone(usize),
}

impl Evaluator<'_> {
    pub(super) fn refined(
        &self,
        focus: &SubConstraint,
        refinement: &Refinement,
    ) -> Result<ConceptSet> {
        let test = self.test(refinement)?;
        let estimate = plan::sub(focus, self);
        if estimate <= self.limits.few_focus
            && estimate.saturating_mul(FOCUS_COST) <= self.reading_cost(&test)
        {
            let focus = self.sub(focus)?;
            self.spend(focus.len() * CONCEPT_COST)?;
            return Ok(focus.iter().filter(|&concept| self.satisfies(concept, &test)).collect());
        }
        let candidates = self.candidates(&test, false);
        let set = match candidates.set {
            Some(set) => self.sub_within(focus, &set)?,
            None => self.sub(focus)?,
        };
        if candidates.exact {
            return Ok(set);
        }
        self.spend(set.len() * CONCEPT_COST)?;
        Ok(set.iter().filter(|&concept| self.satisfies(concept, &test)).collect())
    }

    /// What it costs to read the candidates of a test from postings, in nanoseconds.
    fn reading_cost(&self, test: &Test) -> u64 {
        let of = |all: &[Test]| {
            all.iter().map(|one| self.reading_cost(one)).fold(0, u64::saturating_add)
        };
        match test {
            // Nothing comes from the postings, or what does is looked for value by value.
            Test::Attribute(wanted) if wanted.cardinality.min == 0 || wanted.sources.is_some() => {
                u64::MAX
            }
            Test::Attribute(wanted) => {
                let mut postings = 0;
                let count = |value| VALUE_COST + u64::from(self.edition.posting_count(value));
                match &wanted.values {
                    Values::Naming(named) => {
                        for &property in &wanted.properties {
                            let rows = self.edition.naming(property, named);
                            postings += self.edition.naming_count(&rows);
                        }
                    }
                    Values::Below(below) if self.kept_naming(below).is_some() => return KEPT_COST,
                    Values::Below(below) => {
                        postings = self.naming_count(below);
                        // What is kept serves other questions, too.
                        if postings >= self.limits.keep {
                            postings /= 2;
                        }
                    }
                    Values::Any => {
                        postings = self.values_of_all(&wanted.properties).map(count).sum();
                    }
                    Values::Marked(marks) => postings = marks.iter().map(count).sum(),
                }
                postings + u64::from(self.edition.concept_count()) / 32
            }
            Test::Group(_, inner) => self.reading_cost(inner),
            Test::And(all) | Test::Or(all) => of(all),
        }
    }

    fn test(&self, refinement: &Refinement) -> Result<Test> {
        let all =
            |all: &[Refinement]| all.iter().map(|one| self.test(one)).collect::<Result<Vec<_>>>();
        Ok(match refinement {
            Refinement::Attribute(attribute) => Test::Attribute(self.wanted(attribute)?),
            Refinement::Group(cardinality, inner) => Test::Group(
                cardinality.unwrap_or(Cardinality::DEFAULT),
                Box::new(self.test(inner)?),
            ),
            Refinement::And(operands) => Test::And(all(operands)?),
            Refinement::Or(operands) => Test::Or(all(operands)?),
        })
    }

    /// Concepts that may satisfy a test, from the postings alone.
    fn candidates(&self, test: &Test, in_group: bool) -> Candidates {
        let every = |exact| Candidates { set: None, exact };
        match test {
            Test::Attribute(wanted) => match wanted.cardinality {
                Cardinality { min: 0, max: None } => every(true),
                Cardinality { min: 0, max: Some(0) } if !in_group => {
                    let without = self.having(wanted);
                    let set = Arc::new(self.edition.all().and_not(&without));
                    Candidates { set: Some(set), exact: true }
                }
                Cardinality { min: 0, .. } => every(false),
                Cardinality { min, max } => {
                    Candidates { set: Some(self.having(wanted)), exact: min == 1 && max.is_none() }
                }
            },
            Test::Group(Cardinality { min: 0, max: None }, _) => every(true),
            Test::Group(Cardinality { min: 0, .. }, _) => every(false),
            Test::Group(Cardinality { min, max }, inner) => {
                let inner = self.candidates(inner, true);
                // Nothing can be said of a concept without any group.
                let exact = inner.exact && inner.set.is_some() && *min == 1 && max.is_none();
                Candidates { exact, ..inner }
            }
            Test::And(all) => {
                let mut whole = every(!in_group);
                for one in all {
                    let one = self.candidates(one, in_group);
                    whole.exact &= one.exact;
                    whole.set = match (whole.set, one.set) {
                        (Some(a), Some(b)) => Some(Arc::new(a.and(&b))),
                        (a, b) => a.or(b),
                    };
                }
                whole
            }
            Test::Or(all) => {
                let mut set = ConceptSet::new();
                let mut exact = true;
                for one in all {
                    let one = self.candidates(one, in_group);
                    exact &= one.exact;
                    match one.set {
                        Some(one) => set.extend(&one),
                        None => return every(one.exact),
                    }
                }
                Candidates { set: Some(Arc::new(set)), exact }
            }
        }
    }

    /// The concepts that have at least one relationship that satisfies an attribute.
    fn having(&self, wanted: &Wanted) -> Arc<ConceptSet> {
        let edition = self.edition;
        if let Some(sources) = &wanted.sources {
            let values = self.values_of(sources, &wanted.properties);
            let above =
                wanted.parents.as_ref().map(|_| self.related(super::Operator::ParentOf, sources));
            return Arc::new(above.map_or(values.clone(), |above| values.or(&above)));
        }
        let marked = |mark: &dyn Fn(&mut Marks)| {
            let mut marks = Marks::new(edition.concept_count());
            mark(&mut marks);
            marks.into_set()
        };
        let set = match &wanted.values {
            Values::Below(below) => return self.naming(below),
            Values::Marked(values) => marked(&|marks| {
                values.iter().for_each(|value| edition.mark_value(value, marks));
            }),
            Values::Any => marked(&|marks| {
                let values = self.values_of_all(&wanted.properties);
                values.for_each(|value| edition.mark_value(value, marks));
            }),
            Values::Naming(named) => marked(&|marks| {
                for &property in &wanted.properties {
                    edition.mark_naming(&edition.naming(property, named), marks);
                }
            }),
        };
        Arc::new(match &wanted.parents {
            Some(parents) => set.or(&self.related(super::Operator::ChildOf, parents)),
            None => set,
        })
    }

    /// The concepts that are values of attributes of `set`; for dotted expressions.
    pub(super) fn values(&self, set: &ConceptSet, name: &SubConstraint) -> Result<ConceptSet> {
        let (properties, is_a) = self.named(name)?;
        let distinct = properties.iter().map(|&one| self.edition.value_numbers(one).len() as u64);
        self.spend(distinct.sum::<u64>() * CONCEPT_COST / 10)?;
        let values = self.values_of(set, &properties);
        if is_a {
            return Ok(values.or(&self.related(super::Operator::ParentOf, set)));
        }
        Ok(values)
    }

    fn values_of(&self, sources: &ConceptSet, properties: &[PropertyId]) -> ConceptSet {
        let edition = self.edition;
        let distinct: u64 =
            properties.iter().map(|&property| edition.value_numbers(property).len() as u64).sum();
        let mut marks = Marks::new(edition.concept_count());
        if sources.len() < distinct {
            for source in sources.iter() {
                for value in edition.properties(source) {
                    if properties.contains(&value.property_id())
                        && let Some(concept) = value.concept()
                    {
                        marks.insert(concept.0);
                    }
                }
            }
            return marks.into_set();
        }
        for value in properties.iter().flat_map(|&property| edition.value_numbers(property)) {
            if let Some(concept) = edition.value_ref(value).concept()
                && edition.is_value_of_any(value, sources)
            {
                marks.insert(concept.0);
            }
        }
        marks.into_set()
    }

    fn satisfies(&self, concept: ConceptIx, test: &Test) -> bool {
        match test {
            Test::Attribute(wanted) => wanted.cardinality.allows(self.count(concept, wanted)),
            Test::Group(cardinality, inner) => {
                let groups = self.groups(concept, inner);
                let count = groups.values().filter(|rows| self.in_group(rows, inner)).count();
                cardinality.allows(count as u32)
            }
            Test::And(all) => all.iter().all(|one| self.satisfies(concept, one)),
            Test::Or(all) => all.iter().any(|one| self.satisfies(concept, one)),
        }
    }

    /// How many relationships of a concept satisfy an attribute.
    fn count(&self, concept: ConceptIx, wanted: &Wanted) -> u32 {
        let edition = self.edition;
        if wanted.sources.is_some() {
            return self.incoming(concept, wanted).len() as u32;
        }
        let values = edition.properties(concept).filter(|row| self.is_wanted(row.number(), wanted));
        let parents = wanted.parents.as_ref().map_or(0, |parents| {
            edition.parents(concept).filter(|parent| parents.contains(*parent)).count()
        });
        (values.count() + parents) as u32
    }

    /// The relationships of wanted sources that have `concept` as value.
    fn incoming(&self, concept: ConceptIx, wanted: &Wanted) -> Vec<(u16, Row)> {
        let edition = self.edition;
        let Some(sources) = &wanted.sources else { return Vec::new() };
        let mut rows = Vec::new();
        for &property in &wanted.properties {
            let Some(value) = edition.code_value(property, edition.code(concept)) else { continue };
            for source in edition.value_ref(value).concepts().and(sources).iter() {
                let own = edition.properties(source).filter(|row| row.number() == value);
                rows.extend(own.map(|row| (row.group(), Row::From(source, value))));
            }
        }
        if wanted.parents.is_some() {
            let below = edition.children(concept).filter(|child| sources.contains(*child));
            rows.extend(below.map(|child| (0, Row::From(child, u32::MAX))));
        }
        rows
    }

    /// The relationships of a concept by group, as far as a test looks at them.
    fn groups(&self, concept: ConceptIx, inner: &Test) -> FxHashMap<GroupKey, Vec<Row>> {
        let mut groups: FxHashMap<GroupKey, Vec<Row>> = FxHashMap::default();
        let edition = self.edition;
        let mut alone = 0;
        let mut put = |key: Option<GroupKey>, row: Row| {
            let key = key.unwrap_or_else(|| {
                alone += 1;
                GroupKey::Alone(alone)
            });
            groups.entry(key).or_default().push(row);
        };
        for row in edition.properties(concept).filter(|row| self.is_attribute(row.property_id())) {
            let key = (row.group() > 0).then_some(GroupKey::Own(row.group()));
            put(key, Row::Value(row.number()));
        }
        for parent in edition.parents(concept) {
            put(None, Row::Parent(parent));
        }
        let mut reversed = Vec::new();
        collect_reversed(inner, &mut reversed);
        let mut seen = rustc_hash::FxHashSet::default();
        for wanted in reversed {
            for (group, row) in self.incoming(concept, wanted) {
                let Row::From(source, value) = row else { continue };
                // Two attributes may look at one relationship; it is in its group once.
                if !seen.insert((source, group, value)) {
                    continue;
                }
                put((group > 0).then_some(GroupKey::Of(source, group)), row);
            }
        }
        groups
    }

    /// Whether the relationships of one group satisfy what stands in the braces.
    fn in_group(&self, rows: &[Row], test: &Test) -> bool {
        match test {
            Test::Attribute(wanted) => {
                let matching = rows.iter().filter(|row| match **row {
                    Row::Value(value) => wanted.sources.is_none() && self.is_wanted(value, wanted),
                    Row::Parent(parent) => {
                        wanted.sources.is_none()
                            && wanted
                                .parents
                                .as_ref()
                                .is_some_and(|parents| parents.contains(parent))
                    }
                    Row::From(source, value) => wanted.sources.as_ref().is_some_and(|sources| {
                        let is_attribute = match value {
                            u32::MAX => wanted.parents.is_some(),
                            value => self.is_wanted(value, wanted),
                        };
                        is_attribute && sources.contains(source)
                    }),
                });
                wanted.cardinality.allows(matching.count() as u32)
            }
            // The parser lets no group into a group.
            Test::Group(_, inner) => self.in_group(rows, inner),
            Test::And(all) => all.iter().all(|one| self.in_group(rows, one)),
            Test::Or(all) => all.iter().any(|one| self.in_group(rows, one)),
        }
    }
}

fn collect_reversed<'t>(test: &'t Test, into: &mut Vec<&'t Wanted>) {
    match test {
        Test::Attribute(wanted) if wanted.sources.is_some() => into.push(wanted),
        Test::Attribute(_) => {}
        Test::Group(_, inner) => collect_reversed(inner, into),
        Test::And(all) | Test::Or(all) => all.iter().for_each(|one| collect_reversed(one, into)),
    }
}
