//! What an expression or a concept means, as far as structure tells: structural subsumption and the
//! normal form of expressions.
//!
//! A [`Form`] holds the concepts something is below or equal to, and its groups of attributes: those
//! stated and those of its focus concepts. One form subsumes another if the focus concepts of the
//! first are among the subsumers of the second and each group it states is met by a group of the
//! second: every attribute of it by one with the same or a more special name and value. An
//! expression is also below a sufficiently defined concept whose definition it meets, so far as that
//! definition has attributes. General inclusions, property chains and transitive attributes are a
//! matter of classifiers and not looked at.
//!
//! Source: SNOMED CT Compositional Grammar 2.4; "Transforming expressions to normal forms" (nearest
//! primitive supertypes, groups as existential restrictions).

use std::cell::OnceCell;

use super::axiom;
use super::{Attribute, Expression, Value};
use crate::model::PropertyId;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet, Edition, PropertyValue};

/// |OWL axiom reference set|
const OWL_AXIOM: &str = "733073007";

/// What an expression or a concept means.
#[derive(Debug, Clone)]
pub struct Form {
    focus: Vec<ConceptIx>,
    stated: Vec<Group>,
    /// Of a `<<<` expression: what meets the definition is still not below it.
    is_primitive: bool,
    subsumers: ConceptSet,
    /// Groups stated and of the focus concepts, without those that others say more precisely.
    groups: Vec<Group>,
}

impl Form {
    /// The concepts it is equal to or below.
    #[must_use]
    pub fn subsumers(&self) -> &ConceptSet {
        &self.subsumers
    }

    /// Its groups; an attribute in no group is a group of its own.
    pub(in crate::systems::snomed) fn groups(&self) -> &[Group] {
        &self.groups
    }
}

/// Attributes that belong together.
#[derive(Debug, Clone)]
pub(in crate::systems::snomed) struct Group {
    pub(in crate::systems::snomed) pairs: Vec<Pair>,
    /// Whether it is written in braces.
    is_braced: bool,
}

/// An attribute with its value.
#[derive(Debug, Clone)]
pub(in crate::systems::snomed) struct Pair {
    pub(in crate::systems::snomed) name: ConceptIx,
    pub(in crate::systems::snomed) value: Meaning,
}

/// The value of an attribute.
#[derive(Debug, Clone)]
pub(in crate::systems::snomed) enum Meaning {
    Concept(ConceptIx),
    Form(Box<Form>),
    /// Text, number or boolean.
    Literal(Value),
}

/// What a definition requires.
struct Required {
    focus: Vec<ConceptIx>,
    groups: Vec<Group>,
}

/// Makes and compares forms on one edition.
#[derive(Debug)]
pub struct Forms<'e> {
    edition: &'e Edition,
    defined: Option<PropertyId>,
    /// The concept that names each property, by number of the property.
    names: OnceCell<Vec<Option<ConceptIx>>>,
}

impl<'e> Forms<'e> {
    /// For expressions on `edition`.
    #[must_use]
    pub fn new(edition: &'e Edition) -> Self {
        let defined = edition.property_id("sufficientlyDefined");
        Self { edition, defined, names: OnceCell::new() }
    }

    /// What a concept means.
    #[must_use]
    pub fn concept(&self, concept: ConceptIx) -> Form {
        let mut subsumers = self.edition.ancestors(concept);
        subsumers.insert(concept);
        let mut groups = Vec::new();
        self.add_groups(concept, &mut groups);
        Form { focus: vec![concept], stated: Vec::new(), is_primitive: false, subsumers, groups }
    }

    /// What an expression means, which [`super::check`] has found valid; concepts that the edition
    /// does not have are left out.
    #[must_use]
    pub fn expression(&self, expression: &Expression) -> Form {
        let find = |id: &String| self.edition.find_exact(id);
        let focus: Vec<ConceptIx> = expression.focus.iter().filter_map(find).collect();
        if let ([only], Some(_)) = (focus.as_slice(), expression.only_concept()) {
            return Form { is_primitive: expression.status == "<<<", ..self.concept(*only) };
        }
        let alone = expression.attributes.iter().map(|one| (std::slice::from_ref(one), false));
        let braced = expression.groups.iter().map(|group| (group.as_slice(), true));
        let group = |(attributes, is_braced): (&[Attribute], bool)| Group {
            pairs: attributes.iter().filter_map(|attribute| self.pair(attribute)).collect(),
            is_braced,
        };
        let stated: Vec<Group> = alone.chain(braced).map(group).collect();
        let mut groups = stated.clone();
        let mut subsumers: ConceptSet = focus.iter().copied().collect();
        for &one in &focus {
            subsumers.extend(&self.edition.ancestors(one));
            self.add_groups(one, &mut groups);
        }
        self.leave_out_repeated(&mut groups);
        self.add_defined(&groups, &mut subsumers);
        Form { focus, stated, is_primitive: expression.status == "<<<", subsumers, groups }
    }

    /// Whether everything that is `special` is `general`; both may be the same.
    #[must_use]
    pub fn subsumes(&self, general: &Form, special: &Form) -> bool {
        !general.is_primitive
            && general.focus.iter().all(|&focus| special.subsumers.contains(focus))
            && general.stated.iter().all(|group| self.is_met(group, &special.groups))
    }

    /// The nearest concepts a form is below or equal to.
    #[must_use]
    pub fn parents(&self, form: &Form) -> Vec<ConceptIx> {
        self.nearest(&form.subsumers.iter().collect::<Vec<_>>())
    }

    /// Those that are above no other one.
    fn nearest(&self, all: &[ConceptIx]) -> Vec<ConceptIx> {
        let is_above =
            |one: ConceptIx| all.iter().any(|&other| self.edition.is_ancestor(one, other));
        all.iter().copied().filter(|&one| !is_above(one)).collect()
    }

    /// The expression on its nearest primitive supertypes, with all attributes that hold for it; in
    /// the same order whatever order it was written in.
    #[must_use]
    pub fn normal(&self, form: &Form) -> Expression {
        let primitive: Vec<ConceptIx> =
            form.subsumers.iter().filter(|&one| !self.is_defined(one)).collect();
        let focus = self.nearest(&primitive).into_iter();
        let mut attributes = Vec::new();
        let mut groups = Vec::new();
        for group in &form.groups {
            let mut written: Vec<Attribute> =
                group.pairs.iter().map(|pair| self.attribute(pair)).collect();
            written.sort_by_cached_key(|attribute| format!("{attribute:?}"));
            if group.is_braced { groups.push(written) } else { attributes.append(&mut written) }
        }
        attributes.sort_by_cached_key(|attribute| format!("{attribute:?}"));
        groups.sort_by_cached_key(|group| format!("{group:?}"));
        Expression {
            status: if form.is_primitive { "<<<" } else { "===" }.to_owned(),
            focus: focus.map(|one| self.edition.code(one).to_owned()).collect(),
            attributes,
            groups,
        }
    }

    fn attribute(&self, pair: &Pair) -> Attribute {
        let value = match &pair.value {
            Meaning::Concept(concept) => Value::Concept(self.edition.code(*concept).to_owned()),
            Meaning::Form(form) => Value::Expression(Box::new(Expression {
                status: String::new(),
                ..self.normal(form)
            })),
            Meaning::Literal(value) => value.clone(),
        };
        Attribute { name: self.edition.code(pair.name).to_owned(), value }
    }

    fn is_defined(&self, concept: ConceptIx) -> bool {
        let mut values =
            self.defined.into_iter().flat_map(|id| self.edition.values_of(concept, id));
        values.any(|value| value.value() == PropertyValue::Boolean(true))
    }

    /// The concept that names a property, if it is an attribute.
    fn name(&self, property: PropertyId) -> Option<ConceptIx> {
        let names = self.names.get_or_init(|| {
            let properties = self.edition.meta().properties.iter();
            let is_id = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit());
            properties
                .map(|property| {
                    let code = Some(property.code.as_str()).filter(|code| is_id(code));
                    code.and_then(|code| self.edition.find_exact(code))
                })
                .collect()
        });
        names.get(usize::from(property.0)).copied().flatten()
    }

    fn pair(&self, attribute: &Attribute) -> Option<Pair> {
        let name = self.edition.find_exact(&attribute.name)?;
        let value = match &attribute.value {
            Value::Concept(id) => Meaning::Concept(self.edition.find_exact(id)?),
            Value::Expression(inner) => match inner.only_concept() {
                Some(id) => Meaning::Concept(self.edition.find_exact(id)?),
                None => Meaning::Form(Box::new(self.expression(inner))),
            },
            literal => Meaning::Literal(literal.clone()),
        };
        Some(Pair { name, value })
    }

    /// Adds the groups of a concept as the release infers them.
    fn add_groups(&self, concept: ConceptIx, groups: &mut Vec<Group>) {
        let mut open: Option<(u16, Group)> = None;
        let mut rows: Vec<(u16, Pair)> = self
            .edition
            .properties(concept)
            .filter_map(|row| {
                let value = match row.value() {
                    PropertyValue::Code(_) => Meaning::Concept(row.concept()?),
                    PropertyValue::Boolean(value) => Meaning::Literal(Value::Boolean(value)),
                    PropertyValue::String(text) => Meaning::Literal(Value::Text(text.to_owned())),
                    other => Meaning::Literal(Value::Number(other.stored().into_owned())),
                };
                Some((row.group(), Pair { name: self.name(row.property_id())?, value }))
            })
            .collect();
        rows.sort_by_key(|(group, _)| *group);
        for (number, pair) in rows {
            match &mut open {
                Some((current, group)) if number != 0 && *current == number => {
                    group.pairs.push(pair)
                }
                _ => {
                    let next = Group { pairs: vec![pair], is_braced: number != 0 };
                    groups.extend(open.replace((number, next)).map(|(_, group)| group));
                }
            }
        }
        groups.extend(open.map(|(_, group)| group));
    }

    /// Whether a group says all that `wanted` says.
    fn is_met(&self, wanted: &Group, groups: &[Group]) -> bool {
        groups.iter().any(|group| {
            wanted.pairs.iter().all(|pair| group.pairs.iter().any(|own| self.implies(own, pair)))
        })
    }

    fn implies(&self, special: &Pair, general: &Pair) -> bool {
        let is_name =
            special.name == general.name || self.edition.is_ancestor(general.name, special.name);
        is_name && self.is_value_of(&special.value, &general.value)
    }

    fn is_value_of(&self, special: &Meaning, general: &Meaning) -> bool {
        match (general, special) {
            (Meaning::Concept(general), Meaning::Concept(special)) => {
                general == special || self.edition.is_ancestor(*general, *special)
            }
            (Meaning::Concept(general), Meaning::Form(special)) => {
                special.subsumers.contains(*general)
            }
            (Meaning::Form(general), Meaning::Concept(special)) => {
                self.subsumes(general, &self.concept(*special))
            }
            (Meaning::Form(general), Meaning::Form(special)) => self.subsumes(general, special),
            (
                Meaning::Literal(Value::Number(general)),
                Meaning::Literal(Value::Number(special)),
            ) => general.parse::<f64>().ok() == special.parse::<f64>().ok(),
            (Meaning::Literal(general), Meaning::Literal(special)) => general == special,
            (Meaning::Literal(_), _) | (_, Meaning::Literal(_)) => false,
        }
    }

    /// Takes out groups that another one says as well or more precisely, and within a group
    /// attributes of which the same is true.
    fn leave_out_repeated(&self, groups: &mut Vec<Group>) {
        for group in groups.iter_mut() {
            group.pairs = without_repeated(&group.pairs, |one, other| self.implies(one, other));
        }
        *groups =
            without_repeated(groups, |one, other| self.is_met(other, std::slice::from_ref(one)));
    }

    /// Adds the sufficiently defined concepts whose definition the groups meet, with their ancestors.
    fn add_defined(&self, groups: &[Group], subsumers: &mut ConceptSet) {
        let mut marks = Marks::new(self.edition.concept_count());
        for pair in groups.iter().flat_map(|group| &group.pairs) {
            self.mark_having(pair, &mut marks);
        }
        let mut candidates = marks.into_set();
        if let Some(defined) = self.defined {
            candidates = candidates.and(&self.edition.with_value(defined, "true"));
        }
        // Primitive concepts are none of those found here: what has other ones above it is out.
        let may_hold = |concept: &ConceptIx| {
            let mut parents = self.edition.parents(*concept);
            parents.all(|parent| subsumers.contains(parent) || self.is_defined(parent))
        };
        let mut open: Vec<(ConceptIx, Vec<Required>)> = candidates
            .and_not(subsumers)
            .iter()
            .filter(may_hold)
            .map(|concept| (concept, self.sufficient(concept)))
            .collect();
        // One may be defined by another.
        loop {
            let before = open.len();
            open.retain(|(concept, sufficient)| {
                let is_met = |required: &Required| {
                    required.focus.iter().all(|&focus| subsumers.contains(focus))
                        && required.groups.iter().all(|group| self.is_met(group, groups))
                };
                let holds = sufficient.iter().any(is_met);
                if holds {
                    subsumers.insert(*concept);
                    subsumers.extend(&self.edition.ancestors(*concept));
                }
                !holds
            });
            if open.len() == before {
                return;
            }
        }
    }

    /// What suffices to be a sufficiently defined concept: what its axioms say, each for itself; where
    /// the edition has no axioms, its primitive ancestors with all that is inferred of it. Axioms go
    /// first, as in an extract relationships to concepts left out are missing.
    fn sufficient(&self, concept: ConceptIx) -> Vec<Required> {
        let edition = self.edition;
        if let Some((set, definition)) = edition.membership_set(OWL_AXIOM) {
            let place = definition.fields.iter().position(|field| field == "owlExpression");
            let rows = edition.member_rows_of(set, concept);
            let axioms = rows.filter_map(|row| row.fields().nth(place?));
            let read = axioms.filter_map(|text| axiom::sufficient(text, edition.code(concept)));
            return read.filter_map(|expression| self.required(&expression)).collect();
        }
        let ancestors = edition.ancestors(concept);
        let mut groups = Vec::new();
        self.add_groups(concept, &mut groups);
        let focus = ancestors.iter().filter(|&one| !self.is_defined(one)).collect();
        if groups.is_empty() { Vec::new() } else { vec![Required { focus, groups }] }
    }

    /// What an axiom requires; `None` where the edition lacks a concept of it.
    fn required(&self, expression: &Expression) -> Option<Required> {
        super::check(expression, self.edition).ok()?;
        let focus = expression.focus.iter().map(|id| self.edition.find_exact(id));
        let alone = expression.attributes.iter().map(std::slice::from_ref);
        let group = |attributes: &[Attribute]| {
            let pairs = attributes.iter().map(|attribute| self.pair(attribute));
            Some(Group { pairs: pairs.collect::<Option<_>>()?, is_braced: true })
        };
        let groups = alone.chain(expression.groups.iter().map(Vec::as_slice)).map(group);
        Some(Required {
            focus: focus.collect::<Option<_>>()?,
            groups: groups.collect::<Option<_>>()?,
        })
    }

    /// Marks the concepts that have an attribute which `pair` implies.
    fn mark_having(&self, pair: &Pair, marks: &mut Marks) {
        let edition = self.edition;
        let properties = (0u16..).map(PropertyId).zip(&edition.meta().properties);
        for (property, _) in properties {
            let Some(name) = self.name(property) else { continue };
            if name != pair.name && !edition.is_ancestor(name, pair.name) {
                continue;
            }
            let mut mark = |concept: ConceptIx| {
                if let Some(value) = edition.code_value(property, edition.code(concept)) {
                    edition.mark_value(value, marks);
                }
            };
            match &pair.value {
                Meaning::Concept(concept) => {
                    mark(*concept);
                    edition.ancestors(*concept).iter().for_each(mark);
                }
                Meaning::Form(form) => form.subsumers.iter().for_each(mark),
                // Concepts are never defined by values alone.
                Meaning::Literal(_) => {}
            }
        }
    }
}

/// What of `all` no other one implies; of those that imply each other the first.
fn without_repeated<T: Clone>(all: &[T], implies: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let is_repeated = |number: usize, one: &T| {
        all.iter().enumerate().any(|(place, other)| {
            place != number && implies(other, one) && (place < number || !implies(one, other))
        })
    };
    let kept = all.iter().enumerate().filter(|&(number, one)| !is_repeated(number, one));
    kept.map(|(_, one)| one.clone()).collect()
}
