//! Attributes, groups and cardinalities.
//!
//! An attribute becomes the set of property values that satisfy it ([`Wanted`]). From there one of
//! two ways leads to the concepts: by the inverted postings of these values, or, where the focus is
//! small, by looking at each of its concepts. Groups of several attributes and cardinalities beyond
//! "at least one" are always verified concept by concept, among the candidates of the postings.

use rustc_hash::FxHashMap;

use super::super::ast::{Attribute, Cardinality, Comparison, Refinement, SubConstraint};
use super::super::error::Result;
use super::super::plan;
use super::text::Matcher;
use super::{CONCEPT_COST, Evaluator, IS_A};
use crate::model::PropertyId;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet, PropertyValue};

/// A refinement with everything in it evaluated.
#[derive(Debug)]
enum Test {
    Attribute(Wanted),
    Group(Cardinality, Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// What satisfies one attribute.
#[derive(Debug)]
struct Wanted {
    cardinality: Cardinality,
    /// Properties it may be, for the reverse direction.
    properties: Vec<PropertyId>,
    /// Numbers of the values that satisfy it; in the reverse direction those that lead to concepts.
    values: Marks,
    /// Concepts that, as parents, satisfy it: |Is a| is no property.
    parents: Option<ConceptSet>,
    /// The sources of a reversed attribute.
    sources: Option<ConceptSet>,
}

/// Concepts that may satisfy a refinement.
struct Candidates {
    /// None for every concept.
    set: Option<ConceptSet>,
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
        if plan::sub(focus, self) <= self.limits.few_focus {
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

    /// The properties that a name selects, and whether |Is a| is among them.
    fn named(&self, name: &SubConstraint) -> Result<(Vec<PropertyId>, bool)> {
        if let Some(reference) = name.concept() {
            self.concept(&reference.id)?;
            let property = self.edition.property_id(&reference.id);
            return Ok((property.into_iter().collect(), reference.id == IS_A));
        }
        if name.is_any() {
            return Ok((self.attributes().iter().map(|(_, property)| *property).collect(), false));
        }
        let names = self.sub(name)?;
        let selected = self.attributes().iter().filter(|(concept, _)| names.contains(*concept));
        let is_a = self.edition.find_exact(IS_A).is_some_and(|is_a| names.contains(is_a));
        Ok((selected.map(|(_, property)| *property).collect(), is_a))
    }

    fn wanted(&self, attribute: &Attribute) -> Result<Wanted> {
        let (properties, is_a) = self.named(&attribute.name)?;
        let distinct = properties.iter().map(|&one| self.edition.value_numbers(one).len() as u64);
        self.spend(distinct.sum::<u64>() * CONCEPT_COST / 10)?;
        let mut wanted = Wanted {
            cardinality: attribute.cardinality.unwrap_or(Cardinality::DEFAULT),
            properties,
            values: Marks::new(self.edition.value_count()),
            parents: None,
            sources: None,
        };
        if let Comparison::Concept(equal, value) = &attribute.comparison {
            self.want_concepts(&mut wanted, attribute.reverse, is_a, *equal, value)?;
            return Ok(wanted);
        }
        let is_wanted = self.literal(&attribute.comparison);
        for property in wanted.properties.clone() {
            for value in self.edition.value_numbers(property) {
                if is_wanted(self.edition.value_ref(value).value()) {
                    wanted.values.insert(value);
                }
            }
        }
        Ok(wanted)
    }

    fn want_concepts(
        &self,
        wanted: &mut Wanted,
        reverse: bool,
        is_a: bool,
        equal: bool,
        value: &SubConstraint,
    ) -> Result<()> {
        let edition = self.edition;
        let is_any = value.is_any() && !reverse && !is_a;
        let set = if is_any { ConceptSet::new() } else { self.sub(value)? };
        let chosen = || {
            if value.is_any() && !reverse {
                if equal { edition.all() } else { ConceptSet::new() }
            } else if equal {
                set.clone()
            } else {
                edition.all().and_not(&set)
            }
        };
        if reverse {
            for &property in &wanted.properties {
                for value in edition.value_numbers(property) {
                    if edition.value_concept(value).is_some() {
                        wanted.values.insert(value);
                    }
                }
            }
            if is_a {
                wanted.parents = Some(ConceptSet::new());
            }
            wanted.sources = Some(chosen());
            return Ok(());
        }
        let mut marks = None;
        for &property in &wanted.properties {
            let values = edition.value_numbers(property);
            if value.is_any() {
                if equal {
                    wanted.values.insert_run(values.start, values.end);
                }
            } else if equal && set.len() * self.limits.much_smaller < values.len() as u64 {
                let codes = set.iter().map(|concept| edition.code(concept));
                codes
                    .filter_map(|code| edition.code_value(property, code))
                    .for_each(|value| wanted.values.insert(value));
            } else {
                let set = marks.get_or_insert_with(|| Marks::of(&set, edition.concept_count()));
                for value in values {
                    let concept = edition.value_concept(value);
                    if concept.is_some_and(|concept| set.contains(concept.0) == equal) {
                        wanted.values.insert(value);
                    }
                }
            }
        }
        if is_a {
            wanted.parents = Some(chosen());
        }
        Ok(())
    }

    /// The test of a literal value.
    pub(super) fn literal<'c>(
        &self,
        comparison: &'c Comparison,
    ) -> Box<dyn Fn(PropertyValue<'_>) -> bool + 'c> {
        match comparison {
            Comparison::Number(order, number) => {
                let wanted: f64 = number.parse().unwrap_or(f64::NAN);
                Box::new(move |value| {
                    let found = match value {
                        PropertyValue::Integer(_) | PropertyValue::Decimal(_) => {
                            value.stored().parse::<f64>().ok()
                        }
                        _ => None,
                    };
                    let ordering = found.and_then(|found| found.partial_cmp(&wanted));
                    ordering.is_some_and(|ordering| order.holds(ordering))
                })
            }
            Comparison::Text(equal, terms) => {
                let matchers: Vec<Matcher> = terms.iter().map(Matcher::new).collect();
                Box::new(move |value| match value {
                    PropertyValue::String(text) => {
                        matchers.iter().any(|matcher| matcher.matches(text)) == *equal
                    }
                    _ => false,
                })
            }
            Comparison::Boolean(equal, wanted) => Box::new(
                move |value| matches!(value, PropertyValue::Boolean(found) if (found == *wanted) == *equal),
            ),
            // Concepts are handled before, dates occur in member filters only.
            Comparison::Concept(..) | Comparison::Time(..) => Box::new(|_| false),
        }
    }

    /// Concepts that may satisfy a test, from the postings alone.
    fn candidates(&self, test: &Test, in_group: bool) -> Candidates {
        let every = |exact| Candidates { set: None, exact };
        match test {
            Test::Attribute(wanted) => match wanted.cardinality {
                Cardinality { min: 0, max: None } => every(true),
                Cardinality { min: 0, max: Some(0) } if !in_group => {
                    let without = self.having(wanted);
                    Candidates { set: Some(self.edition.all().and_not(&without)), exact: true }
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
                        (Some(a), Some(b)) => Some(a.and(&b)),
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
                Candidates { set: Some(set), exact }
            }
        }
    }

    /// The concepts that have at least one relationship that satisfies an attribute.
    fn having(&self, wanted: &Wanted) -> ConceptSet {
        let edition = self.edition;
        if let Some(sources) = &wanted.sources {
            let values = self.values_of(sources, &wanted.properties);
            let above =
                wanted.parents.as_ref().map(|_| self.related(super::Operator::ParentOf, sources));
            return above.map_or(values.clone(), |above| values.or(&above));
        }
        let mut marks = Marks::new(edition.concept_count());
        for value in wanted.values.iter() {
            edition.mark_value(value, &mut marks);
        }
        let set = marks.into_set();
        match &wanted.parents {
            Some(parents) => set.or(&self.related(super::Operator::ChildOf, parents)),
            None => set,
        }
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
                let count = groups.values().filter(|rows| in_group(rows, inner)).count();
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
        let values = edition.properties(concept).filter(|row| wanted.values.contains(row.number()));
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
}

fn collect_reversed<'t>(test: &'t Test, into: &mut Vec<&'t Wanted>) {
    match test {
        Test::Attribute(wanted) if wanted.sources.is_some() => into.push(wanted),
        Test::Attribute(_) => {}
        Test::Group(_, inner) => collect_reversed(inner, into),
        Test::And(all) | Test::Or(all) => all.iter().for_each(|one| collect_reversed(one, into)),
    }
}

/// Whether the relationships of one group satisfy what stands in the braces.
fn in_group(rows: &[Row], test: &Test) -> bool {
    match test {
        Test::Attribute(wanted) => {
            let matching = rows.iter().filter(|row| match **row {
                Row::Value(value) => wanted.sources.is_none() && wanted.values.contains(value),
                Row::Parent(parent) => {
                    wanted.sources.is_none()
                        && wanted.parents.as_ref().is_some_and(|parents| parents.contains(parent))
                }
                Row::From(source, value) => wanted.sources.as_ref().is_some_and(|sources| {
                    let is_attribute = match value {
                        u32::MAX => wanted.parents.is_some(),
                        value => wanted.values.contains(value),
                    };
                    is_attribute && sources.contains(source)
                }),
            });
            wanted.cardinality.allows(matching.count() as u32)
        }
        // The parser lets no group into a group.
        Test::Group(_, inner) => in_group(rows, inner),
        Test::And(all) => all.iter().all(|one| in_group(rows, one)),
        Test::Or(all) => all.iter().any(|one| in_group(rows, one)),
    }
}
