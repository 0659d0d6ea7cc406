//! The language evaluated slowly and obviously, on the plain lists of a world.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::{
    Acceptability, AcceptabilitySet, Attribute, Cardinality, Comparison, ConceptFilter, Concepts,
    Constraint, DescriptionFilter, DescriptionType, DialectIds, FilterConstraint, Focus, History,
    MemberFilter, MemberOf, Operator, Order, Refinement, SearchKind, SearchTerm, SubConstraint,
};
use super::world::{
    ACCEPTABILITIES, DIALECTS, Description, HISTORICAL, IS_A, Member, REFSETS, ROOT, STATUSES,
    TYPES, Value, World,
};

type Set = BTreeSet<usize>;

/// A relationship of a concept: to a value, or from a source.
#[derive(Debug, Clone, PartialEq)]
enum Row {
    To(usize, Value),
    From(usize, usize),
}

impl World {
    fn every(&self) -> Set {
        (0..self.concepts.len()).collect()
    }

    fn is_below(&self, lower: usize, upper: usize) -> bool {
        self.concepts[lower].parents.iter().any(|&p| p == upper || self.is_below(p, upper))
    }

    fn all(&self) -> Set {
        let root = self.concepts.iter().position(|concept| concept.id == ROOT);
        let is_in = |&concept: &usize| match root {
            Some(root) => concept == root || self.is_below(concept, root),
            None => self.concepts[concept].active,
        };
        self.every().into_iter().filter(is_in).collect()
    }

    pub(super) fn evaluate(&self, constraint: &Constraint) -> Set {
        match constraint {
            Constraint::Sub(sub) => self.sub(sub),
            Constraint::And(all) => {
                let mut all = all.iter().map(|one| self.sub(one));
                let first = all.next().unwrap();
                all.fold(first, |a, b| &a & &b)
            }
            Constraint::Or(all) => {
                all.iter().map(|one| self.sub(one)).fold(Set::new(), |a, b| &a | &b)
            }
            Constraint::Minus(all, without) => &self.sub(all) - &self.sub(without),
            Constraint::Refined(focus, refinement) => {
                let focus = self.sub(focus);
                focus.into_iter().filter(|&c| self.refined(c, refinement)).collect()
            }
            Constraint::Dotted(focus, attributes) => {
                let mut set = self.sub(focus);
                for name in attributes {
                    let names = self.names(name);
                    let rows = set.iter().flat_map(|&concept| self.rows(concept));
                    set = rows
                        .filter_map(|(row, _)| match row {
                            Row::To(attribute, Value::Concept(target)) => {
                                names.contains(&attribute).then_some(target)
                            }
                            _ => None,
                        })
                        .collect();
                }
                set
            }
        }
    }

    fn names(&self, name: &SubConstraint) -> Set {
        match name.is_any() {
            true => self.attributes.iter().copied().collect(),
            false => self.sub(name),
        }
    }

    fn rows(&self, concept: usize) -> Vec<(Row, u16)> {
        let own = self.concepts[concept].rows.iter();
        let own = own.map(|(attribute, value, group)| (Row::To(*attribute, value.clone()), *group));
        let is_a = self.find(IS_A);
        let parents = self.concepts[concept].parents.iter();
        own.chain(parents.map(|&parent| (Row::To(is_a, Value::Concept(parent)), 0))).collect()
    }

    fn rows_to(&self, concept: usize) -> Vec<(Row, u16)> {
        let mut found = Vec::new();
        for source in self.every() {
            for (row, group) in self.rows(source) {
                if let Row::To(attribute, value) = row
                    && value == Value::Concept(concept)
                {
                    found.push((Row::From(attribute, source), group));
                }
            }
        }
        found
    }

    fn attribute(&self, attribute: &Attribute, row: &Row) -> bool {
        let names = self.names(&attribute.name);
        match row {
            Row::To(name, value) => {
                !attribute.reverse
                    && names.contains(name)
                    && self.compares(&attribute.comparison, value)
            }
            Row::From(name, source) => match &attribute.comparison {
                Comparison::Concept(equal, value) => {
                    attribute.reverse
                        && names.contains(name)
                        && self.sub(value).contains(source) == *equal
                }
                _ => false,
            },
        }
    }

    fn compares(&self, comparison: &Comparison, value: &Value) -> bool {
        match (comparison, value) {
            (Comparison::Concept(equal, wanted), _) if wanted.is_any() => *equal,
            (Comparison::Concept(equal, wanted), Value::Concept(concept)) => {
                self.sub(wanted).contains(concept) == *equal
            }
            (Comparison::Number(order, wanted), Value::Number(number)) => {
                number_compares(number, *order, wanted)
            }
            (Comparison::Text(equal, terms), Value::Text(text)) => {
                text_matches(terms, text) == *equal
            }
            (Comparison::Boolean(equal, wanted), Value::Boolean(value)) => {
                (wanted == value) == *equal
            }
            _ => false,
        }
    }

    fn refined(&self, concept: usize, refinement: &Refinement) -> bool {
        match refinement {
            Refinement::Attribute(attribute) => {
                let rows = match attribute.reverse {
                    true => self.rows_to(concept),
                    false => self.rows(concept),
                };
                let count = rows.iter().filter(|(row, _)| self.attribute(attribute, row)).count();
                attribute.cardinality.unwrap_or(Cardinality::DEFAULT).allows(count as u32)
            }
            Refinement::Group(cardinality, inner) => {
                let groups = self.groups(concept, inner);
                let count = groups.iter().filter(|rows| self.in_group(rows, inner)).count();
                cardinality.unwrap_or(Cardinality::DEFAULT).allows(count as u32)
            }
            Refinement::And(all) => all.iter().all(|one| self.refined(concept, one)),
            Refinement::Or(all) => all.iter().any(|one| self.refined(concept, one)),
        }
    }

    fn in_group(&self, rows: &[Row], inner: &Refinement) -> bool {
        match inner {
            Refinement::Attribute(attribute) => {
                let count = rows.iter().filter(|row| self.attribute(attribute, row)).count();
                attribute.cardinality.unwrap_or(Cardinality::DEFAULT).allows(count as u32)
            }
            Refinement::Group(..) => unreachable!("no group in a group"),
            Refinement::And(all) => all.iter().all(|one| self.in_group(rows, one)),
            Refinement::Or(all) => all.iter().any(|one| self.in_group(rows, one)),
        }
    }

    fn groups(&self, concept: usize, inner: &Refinement) -> Vec<Vec<Row>> {
        let mut groups: BTreeMap<(usize, u16), Vec<Row>> = BTreeMap::new();
        let mut alone = Vec::new();
        for (row, group) in self.rows(concept) {
            match group {
                0 => alone.push(vec![row]),
                _ => groups.entry((usize::MAX, group)).or_default().push(row),
            }
        }
        for (row, group) in self.rows_to(concept) {
            let Row::From(_, source) = row else { continue };
            if self.is_asked(&row, inner) {
                match group {
                    0 => alone.push(vec![row]),
                    _ => groups.entry((source, group)).or_default().push(row),
                }
            }
        }
        groups.into_values().chain(alone).collect()
    }

    fn is_asked(&self, row: &Row, inner: &Refinement) -> bool {
        match inner {
            Refinement::Attribute(attribute) => self.attribute(attribute, row),
            Refinement::Group(_, inner) => self.is_asked(row, inner),
            Refinement::And(all) | Refinement::Or(all) => {
                all.iter().any(|one| self.is_asked(row, one))
            }
        }
    }

    fn related(&self, operator: Operator, set: &Set) -> Set {
        let child = |a: usize, b: usize| self.concepts[a].parents.contains(&b);
        let of = |concept: usize| match operator {
            Operator::DescendantOf => set.iter().any(|&s| self.is_below(concept, s)),
            Operator::DescendantOrSelfOf => {
                set.contains(&concept) || set.iter().any(|&s| self.is_below(concept, s))
            }
            Operator::ChildOf => set.iter().any(|&s| child(concept, s)),
            Operator::ChildOrSelfOf => {
                set.contains(&concept) || set.iter().any(|&s| child(concept, s))
            }
            Operator::AncestorOf => set.iter().any(|&s| self.is_below(s, concept)),
            Operator::AncestorOrSelfOf => {
                set.contains(&concept) || set.iter().any(|&s| self.is_below(s, concept))
            }
            Operator::ParentOf => set.iter().any(|&s| child(s, concept)),
            Operator::ParentOrSelfOf => {
                set.contains(&concept) || set.iter().any(|&s| child(s, concept))
            }
            Operator::Top => {
                set.contains(&concept) && !set.iter().any(|&s| self.is_below(concept, s))
            }
            Operator::Bottom => {
                set.contains(&concept) && !set.iter().any(|&s| self.is_below(s, concept))
            }
        };
        self.every().into_iter().filter(|&concept| of(concept)).collect()
    }

    fn focus(&self, focus: &Focus) -> Set {
        match focus {
            Focus::Concept(reference) => [self.find(&reference.id)].into(),
            Focus::Any => self.all(),
            Focus::Identifier(_) => [self.identifier].into(),
            Focus::Nested(nested) => self.evaluate(nested),
        }
    }

    fn sub(&self, sub: &SubConstraint) -> Set {
        let wants_inactive = sub.filters.iter().any(|filter| {
            let FilterConstraint::Concept(filters) = filter else { return false };
            filters
                .iter()
                .any(|f| matches!(f, ConceptFilter::Active(equal, value) if equal != value))
        });
        let mut set = match &sub.member_of {
            Some(member_of) => self.members(member_of, sub),
            None if sub.focus == Focus::Any && sub.operator.is_none() && wants_inactive => {
                self.every()
            }
            None => self.focus(&sub.focus),
        };
        if let Some(operator) = sub.operator {
            set = self.related(operator, &set);
        }
        for filter in &sub.filters {
            set.retain(|&concept| match filter {
                FilterConstraint::Concept(filters) => {
                    filters.iter().all(|filter| self.concept_passes(concept, filter))
                }
                FilterConstraint::Description(filters) => {
                    self.concepts[concept].descriptions.iter().any(|description| {
                        let asks =
                            |f: &DescriptionFilter| matches!(f, DescriptionFilter::Active(..));
                        (description.active || filters.iter().any(asks))
                            && filters.iter().all(|f| self.description_passes(description, f))
                    })
                }
            });
        }
        if let Some(history) = &sub.history {
            let refsets: Set = match history {
                History::Minimum | History::Moderate => [0].into(),
                History::Default | History::Maximum => {
                    let historical = self.find(HISTORICAL);
                    let is_one = |&n: &usize| self.is_below(self.find(REFSETS[n]), historical);
                    (0..REFSETS.len()).filter(is_one).collect()
                }
                History::Subset(subset) => self.refsets(&self.evaluate(subset)),
            };
            let rows =
                self.members.iter().filter(|row| row.active && refsets.contains(&row.refset));
            let added: Set =
                rows.filter(|row| set.contains(&row.target)).map(|row| row.concept).collect();
            set.extend(added);
        }
        set
    }

    fn refsets(&self, chosen: &Set) -> Set {
        (0..REFSETS.len()).filter(|&n| chosen.contains(&self.find(REFSETS[n]))).collect()
    }

    fn members(&self, member_of: &MemberOf, sub: &SubConstraint) -> Set {
        let refsets = match &sub.focus {
            Focus::Any => (0..REFSETS.len()).collect(),
            focus => self.refsets(&self.focus(focus)),
        };
        let asks = |filter: &MemberFilter| matches!(filter, MemberFilter::Active(..));
        let asks = sub.member_filters.iter().flatten().any(asks);
        let rows = self.members.iter().filter(|row| {
            (row.active || asks)
                && refsets.contains(&row.refset)
                && sub.member_filters.iter().flatten().all(|f| self.member_passes(row, f))
        });
        let mut set = Set::new();
        for row in rows {
            let taken = |field: &str| match member_of {
                MemberOf::Members => field == "referencedComponentId",
                MemberOf::AllFields => true,
                MemberOf::Fields(names) => names.iter().any(|name| name == field),
            };
            if taken("referencedComponentId") {
                set.insert(row.concept);
            }
            if taken("targetComponentId") {
                set.insert(row.target);
            }
        }
        set
    }

    fn field<'w>(&'w self, row: &'w Member, field: &str) -> &'w str {
        match field {
            "targetComponentId" => &self.concepts[row.target].id,
            "rank" => row.rank,
            _ => &self.concepts[row.concept].id,
        }
    }

    fn member_passes(&self, row: &Member, filter: &MemberFilter) -> bool {
        match filter {
            MemberFilter::Module(equal, concepts) => {
                self.set(concepts).contains(&row.module) == *equal
            }
            MemberFilter::EffectiveTime(order, times) => time_compares(row.date, *order, times),
            MemberFilter::Active(equal, value) => (row.active == *value) == *equal,
            MemberFilter::Field(name, comparison) => {
                let text = self.field(row, name);
                match comparison {
                    Comparison::Concept(equal, value) => {
                        let concept = self.concepts.iter().position(|c| c.id == text);
                        concept.is_some_and(|c| self.sub(value).contains(&c)) == *equal
                    }
                    Comparison::Number(order, wanted) => number_compares(text, *order, wanted),
                    Comparison::Text(equal, terms) => text_matches(terms, text) == *equal,
                    Comparison::Boolean(equal, value) => {
                        text == if equal == value { "1" } else { "0" }
                    }
                    Comparison::Time(order, times) => time_compares(text, *order, times),
                }
            }
        }
    }

    fn set(&self, concepts: &Concepts) -> Set {
        match concepts {
            Concepts::Sub(sub) => self.sub(sub),
            Concepts::Set(all) => all.iter().map(|one| self.find(&one.id)).collect(),
        }
    }

    fn concept_passes(&self, concept: usize, filter: &ConceptFilter) -> bool {
        let concept = &self.concepts[concept];
        match filter {
            ConceptFilter::DefinitionStatus(equal, statuses) => {
                statuses.contains(&concept.defined) == *equal
            }
            ConceptFilter::DefinitionStatusId(equal, concepts) => {
                let status = self.find(STATUSES[usize::from(concept.defined)]);
                self.set(concepts).contains(&status) == *equal
            }
            ConceptFilter::Module(equal, concepts) => {
                self.set(concepts).contains(&concept.module) == *equal
            }
            ConceptFilter::EffectiveTime(order, times) => {
                time_compares(concept.date, *order, times)
            }
            ConceptFilter::Active(equal, value) => (concept.active == *value) == *equal,
        }
    }

    fn accepts(&self, set: Option<&AcceptabilitySet>, preferred: bool) -> bool {
        match set {
            None => true,
            Some(AcceptabilitySet::Tokens(tokens)) => tokens.contains(match preferred {
                true => &Acceptability::Preferred,
                false => &Acceptability::Acceptable,
            }),
            Some(AcceptabilitySet::Concepts(concepts)) => {
                concepts.iter().any(|one| one.id == ACCEPTABILITIES[usize::from(preferred)])
            }
        }
    }

    fn description_passes(&self, description: &Description, filter: &DescriptionFilter) -> bool {
        let in_dialect = |wanted: &[(usize, Option<&AcceptabilitySet>)]| {
            description.dialects.iter().any(|&(dialect, preferred)| {
                let of = |&(known, set): &(usize, Option<&AcceptabilitySet>)| {
                    known == dialect && self.accepts(set, preferred)
                };
                wanted.iter().any(of)
            })
        };
        match filter {
            DescriptionFilter::Term(equal, terms) => {
                text_matches(terms, description.text) == *equal
            }
            DescriptionFilter::Language(equal, codes) => {
                codes.iter().any(|code| code == description.language) == *equal
            }
            DescriptionFilter::Type(equal, types) => {
                let kind = [
                    DescriptionType::FullySpecifiedName,
                    DescriptionType::Synonym,
                    DescriptionType::Definition,
                ];
                types.contains(&kind[description.kind]) == *equal
            }
            DescriptionFilter::TypeId(equal, concepts) => {
                self.set(concepts).contains(&self.find(TYPES[description.kind])) == *equal
            }
            DescriptionFilter::Dialect(equal, aliases, all) => {
                let number = |alias: &str| DIALECTS.iter().position(|(_, tag)| *tag == alias);
                let wanted: Vec<_> = aliases
                    .iter()
                    .map(|(alias, own)| (number(alias).unwrap(), own.as_ref().or(all.as_ref())))
                    .collect();
                in_dialect(&wanted) == *equal
            }
            DescriptionFilter::DialectId(equal, ids, all) => {
                let wanted: Vec<(usize, Option<&AcceptabilitySet>)> = match ids {
                    DialectIds::Sub(sub) => {
                        let chosen = self.sub(sub);
                        let is_chosen = |&n: &usize| chosen.contains(&self.find(DIALECTS[n].0));
                        (0..2).filter(is_chosen).map(|n| (n, all.as_ref())).collect()
                    }
                    DialectIds::Set(set) => set
                        .iter()
                        .map(|(reference, own)| {
                            let number = DIALECTS.iter().position(|(id, _)| *id == reference.id);
                            (number.unwrap(), own.as_ref().or(all.as_ref()))
                        })
                        .collect(),
                };
                in_dialect(&wanted) == *equal
            }
            DescriptionFilter::Module(equal, concepts) => {
                self.set(concepts).contains(&description.module) == *equal
            }
            DescriptionFilter::EffectiveTime(order, times) => {
                time_compares(description.date, *order, times)
            }
            DescriptionFilter::Active(equal, value) => (description.active == *value) == *equal,
            DescriptionFilter::Id(equal, ids) => {
                ids.contains(&description.id.to_string()) == *equal
            }
        }
    }
}

fn number_compares(found: &str, order: Order, wanted: &str) -> bool {
    let (Ok(found), Ok(wanted)) = (found.parse::<f64>(), wanted.parse::<f64>()) else {
        return false;
    };
    match order {
        Order::Equal => found == wanted,
        Order::NotEqual => found != wanted,
        Order::Less => found < wanted,
        Order::LessOrEqual => found <= wanted,
        Order::Greater => found > wanted,
        Order::GreaterOrEqual => found >= wanted,
    }
}

fn time_compares(found: &str, order: Order, times: &[String]) -> bool {
    let known = |wanted: &str| !found.is_empty() && !wanted.is_empty();
    match order {
        Order::Equal => times.iter().any(|wanted| found == wanted),
        Order::NotEqual => times.iter().all(|wanted| found != wanted),
        Order::Less => times.iter().any(|wanted| known(wanted) && found < wanted.as_str()),
        Order::LessOrEqual => times.iter().any(|wanted| known(wanted) && found <= wanted.as_str()),
        Order::Greater => times.iter().any(|wanted| known(wanted) && found > wanted.as_str()),
        Order::GreaterOrEqual => {
            times.iter().any(|wanted| known(wanted) && found >= wanted.as_str())
        }
    }
}

fn text_matches(terms: &[SearchTerm], text: &str) -> bool {
    let lower = text.to_lowercase();
    terms.iter().any(|term| match term.kind {
        SearchKind::Match => {
            let wanted = term.text.to_lowercase();
            wanted.split(' ').all(|w| lower.split(' ').any(|word| word.starts_with(w)))
        }
        SearchKind::Wild => lower.contains(&term.text.trim_matches('*').to_lowercase()),
        SearchKind::Exact => term.text == text,
    })
}
