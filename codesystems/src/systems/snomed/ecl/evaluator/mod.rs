//! Tree to set.

use std::cell::{Cell, OnceCell};

use crate::model::PropertyId;
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet, Edition};

use super::ast::{
    AlternateIdentifier, ConceptFilter, Concepts, Constraint, FilterConstraint, Focus, History,
    Operator, SubConstraint,
};
use super::error::{Error, Result};
use super::plan::{self, CONCEPT_COST, Limits, PART_COST};

mod associations;
mod check;
mod concepts;
mod descriptions;
mod expressions;
mod members;
mod refine;
mod text;
mod wanted;

/// |SNOMED CT Concept|, above everything.
const ROOT: &str = "138875005";
/// |Is a|
const IS_A: &str = "116680003";

/// The concepts of an edition that satisfy a constraint.
///
/// # Errors
/// When the constraint names something that the edition does not have.
///
/// ```
/// use codesystems::systems::snomed::ecl;
/// use codesystems::{Edition, EditionBuilder, EditionMeta};
///
/// let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", ""));
/// let (disease, diabetes) = (builder.concept("64572001"), builder.concept("73211009"));
/// builder.parent(diabetes, disease);
/// let edition = Edition::from_bytes(builder.finish()?.into())?;
/// let found = ecl::evaluate(&ecl::parse("< 64572001 |Disease|")?, &edition)?;
/// assert_eq!(found.iter().map(|concept| edition.code(concept)).collect::<Vec<_>>(), ["73211009"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(constraint: &Constraint, edition: &Edition) -> Result<ConceptSet> {
    Evaluator::new(edition).evaluate(constraint)
}

/// Evaluates constraints on one edition.
#[derive(Debug)]
pub struct Evaluator<'e> {
    edition: &'e Edition,
    attributes: OnceCell<Attributes>,
    limits: Limits,
    spent: Cell<u64>,
}

/// The concepts that are names of attributes.
#[derive(Debug)]
struct Attributes {
    named: Vec<(ConceptIx, PropertyId)>,
    /// By number of the property, whether it is an attribute.
    flags: Vec<bool>,
}

impl<'e> Evaluator<'e> {
    /// For constraints on `edition`.
    #[must_use]
    pub fn new(edition: &'e Edition) -> Self {
        Self::with_limits(edition, Limits::default())
    }

    /// As [`Self::new`], with other points at which the way is changed.
    pub(super) fn with_limits(edition: &'e Edition, limits: Limits) -> Self {
        Self { edition, attributes: OnceCell::new(), limits, spent: Cell::new(0) }
    }

    /// Notes what is about to be done.
    fn spend(&self, cost: u64) -> Result<()> {
        let spent = self.spent.get().saturating_add(cost);
        self.spent.set(spent);
        if spent > self.limits.budget { Err(Error::TooCostly) } else { Ok(()) }
    }

    /// The edition.
    #[must_use]
    pub fn edition(&self) -> &'e Edition {
        self.edition
    }

    /// The concepts that satisfy a constraint.
    ///
    /// # Errors
    /// When the constraint names something that the edition does not have.
    pub fn evaluate(&self, constraint: &Constraint) -> Result<ConceptSet> {
        self.spent.set(0);
        // Nothing is left out because an empty set came first: what is unknown is always told.
        self.check(constraint)?;
        self.constraint(constraint)
    }

    pub(super) fn constraint(&self, constraint: &Constraint) -> Result<ConceptSet> {
        match constraint {
            Constraint::Sub(sub) => self.sub(sub),
            Constraint::And(operands) => self.conjunction(operands),
            Constraint::Or(operands) => {
                let mut all = ConceptSet::new();
                for operand in operands {
                    all.extend(&self.sub(operand)?);
                }
                Ok(all)
            }
            Constraint::Minus(all, without) => {
                let all = self.sub(all)?;
                let without = self.sub_within(without, &all)?;
                Ok(all.and_not(&without))
            }
            Constraint::Refined(focus, refinement) => self.refined(focus, refinement),
            Constraint::Dotted(focus, attributes) => {
                let mut set = self.sub(focus)?;
                for attribute in attributes {
                    set = self.values(&set, attribute)?;
                }
                Ok(set)
            }
        }
    }

    /// The smallest operand first; the others only as far as they can matter.
    fn conjunction(&self, operands: &[SubConstraint]) -> Result<ConceptSet> {
        let mut ordered: Vec<&SubConstraint> = operands.iter().collect();
        ordered.sort_by_cached_key(|operand| plan::sub(operand, self));
        let mut ordered = ordered.into_iter();
        let Some(first) = ordered.next() else { return Ok(ConceptSet::new()) };
        let mut set = self.sub(first)?;
        for operand in ordered {
            if set.is_empty() {
                break;
            }
            set = self.sub_within(operand, &set)?;
        }
        Ok(set)
    }

    /// What of `within` satisfies `sub`: a few concepts are tested without building the set.
    pub(super) fn sub_within(
        &self,
        sub: &SubConstraint,
        within: &ConceptSet,
    ) -> Result<ConceptSet> {
        if within.len() <= self.limits.few
            && plan::sub(sub, self) > within.len()
            && let Some((operator, concept)) = self.simple(sub)
        {
            let edition = self.edition;
            let is_self = |other: ConceptIx, or_self: bool| or_self && other == concept;
            let keep = |&other: &ConceptIx| match operator {
                Operator::DescendantOf | Operator::DescendantOrSelfOf => {
                    edition.is_ancestor(concept, other)
                        || is_self(other, operator == Operator::DescendantOrSelfOf)
                }
                _ => {
                    edition.is_ancestor(other, concept)
                        || is_self(other, operator == Operator::AncestorOrSelfOf)
                }
            };
            return Ok(within.iter().filter(keep).collect());
        }
        Ok(self.sub(sub)?.and(within))
    }

    /// The operator and concept of a sub-expression that subsumption alone decides.
    fn simple(&self, sub: &SubConstraint) -> Option<(Operator, ConceptIx)> {
        let operator = sub.operator.filter(|operator| {
            matches!(
                operator,
                Operator::DescendantOf
                    | Operator::DescendantOrSelfOf
                    | Operator::AncestorOf
                    | Operator::AncestorOrSelfOf
            )
        })?;
        let Focus::Concept(reference) = &sub.focus else { return None };
        let is_bare = sub.member_of.is_none() && sub.filters.is_empty() && sub.history.is_none();
        is_bare.then(|| self.edition.find_exact(&reference.id)).flatten().map(|c| (operator, c))
    }

    pub(super) fn sub(&self, sub: &SubConstraint) -> Result<ConceptSet> {
        self.spend(PART_COST)?;
        let mut set = self.selected(sub)?;
        for filter in &sub.filters {
            set = match filter {
                FilterConstraint::Description(filters) => self.by_descriptions(&set, filters)?,
                FilterConstraint::Concept(filters) => self.by_concept(set, filters)?,
            };
        }
        if let Some(history) = &sub.history {
            set = self.with_history(set, history)?;
        }
        Ok(set)
    }

    /// Focus, membership and hierarchy.
    fn selected(&self, sub: &SubConstraint) -> Result<ConceptSet> {
        if let Some(member_of) = &sub.member_of {
            let members = self.members(member_of, &sub.focus, &sub.member_filters)?;
            return Ok(sub
                .operator
                .map_or_else(|| members.clone(), |operator| self.related(operator, &members)));
        }
        match (&sub.focus, sub.operator) {
            (Focus::Any, None) => Ok(self.any(sub)),
            (Focus::Any, Some(operator)) => Ok(self.related(operator, &self.all())),
            (Focus::Concept(reference), Some(operator)) => {
                Ok(self.related_to(operator, self.concept(&reference.id)?))
            }
            (focus, operator) => {
                let set = self.focus(focus)?;
                Ok(match operator {
                    Some(operator) => self.related(operator, &set),
                    None => set,
                })
            }
        }
    }

    fn focus(&self, focus: &Focus) -> Result<ConceptSet> {
        match focus {
            Focus::Concept(reference) => Ok([self.concept(&reference.id)?].into_iter().collect()),
            Focus::Any => Ok(self.all()),
            Focus::Identifier(identifier) => {
                Ok([self.identified(identifier)?].into_iter().collect())
            }
            Focus::Nested(nested) => self.constraint(nested),
        }
    }

    pub(super) fn concept(&self, id: &str) -> Result<ConceptIx> {
        self.edition.find_exact(id).ok_or_else(|| Error::UnknownConcept { id: id.to_owned() })
    }

    /// The concept with an alternate identifier; schemes are known by the designations of their
    /// concepts, LOINC by its name.
    fn identified(&self, identifier: &AlternateIdentifier) -> Result<ConceptIx> {
        let unknown = || Error::UnknownIdentifier {
            scheme: identifier.scheme.clone(),
            code: identifier.code.clone(),
        };
        let edition = self.edition;
        let property = edition.property_id("alternateIdentifier").ok_or_else(unknown)?;
        let found = edition.distinct_values(property).find(|value| {
            let crate::PropertyValue::Coding { system, code, .. } = value.value() else {
                return false;
            };
            code == identifier.code && self.is_scheme(system, &identifier.scheme)
        });
        found.and_then(|value| value.concepts().iter().next()).ok_or_else(unknown)
    }

    fn is_scheme(&self, system: &str, alias: &str) -> bool {
        if system == "http://loinc.org" {
            return alias.eq_ignore_ascii_case("loinc");
        }
        let scheme = system.rsplit('/').next().and_then(|code| self.edition.find_exact(code));
        scheme.is_some_and(|scheme| {
            self.edition.designations(scheme).any(|designation| {
                designation.value().replace(' ', "-").eq_ignore_ascii_case(alias)
            })
        })
    }

    /// The wildcard alone: with a filter for inactive concepts these are meant too.
    fn any(&self, sub: &SubConstraint) -> ConceptSet {
        let wants_inactive = sub.filters.iter().any(|filter| match filter {
            FilterConstraint::Concept(filters) => filters.iter().any(
                |filter| matches!(filter, ConceptFilter::Active(equal, value) if equal != value),
            ),
            FilterConstraint::Description(_) => false,
        });
        if wants_inactive { self.edition.all() } else { self.all() }
    }

    /// The root and all below it, else all active concepts.
    fn all(&self) -> ConceptSet {
        match self.edition.find_exact(ROOT) {
            Some(root) => self.related_to(Operator::DescendantOrSelfOf, root),
            None => self.edition.all().and_not(&self.edition.inactive()),
        }
    }

    fn related_to(&self, operator: Operator, concept: ConceptIx) -> ConceptSet {
        let edition = self.edition;
        let (mut set, or_self) = match operator {
            Operator::DescendantOf => (edition.descendants(concept), false),
            Operator::DescendantOrSelfOf => (edition.descendants(concept), true),
            Operator::ChildOf => (edition.children(concept).collect(), false),
            Operator::ChildOrSelfOf => (edition.children(concept).collect(), true),
            Operator::AncestorOf => (edition.ancestors(concept), false),
            Operator::AncestorOrSelfOf => (edition.ancestors(concept), true),
            Operator::ParentOf => (edition.parents(concept).collect(), false),
            Operator::ParentOrSelfOf => (edition.parents(concept).collect(), true),
            Operator::Top | Operator::Bottom => (ConceptSet::new(), true),
        };
        if or_self {
            set.insert(concept);
        }
        set
    }

    fn related(&self, operator: Operator, set: &ConceptSet) -> ConceptSet {
        let all = |related: &dyn Fn(ConceptIx, &mut Marks)| {
            let mut marks = Marks::new(self.edition.concept_count());
            for concept in set.iter() {
                related(concept, &mut marks);
            }
            marks.into_set()
        };
        let children = |concept, marks: &mut Marks| {
            self.edition.children(concept).for_each(|child| marks.insert(child.0));
        };
        let parents = |concept, marks: &mut Marks| {
            self.edition.parents(concept).for_each(|parent| marks.insert(parent.0));
        };
        match operator {
            Operator::DescendantOf => self.below(set),
            Operator::DescendantOrSelfOf => self.below(set).or(set),
            Operator::AncestorOf => self.above(set),
            Operator::AncestorOrSelfOf => self.above(set).or(set),
            Operator::ChildOf => all(&children),
            Operator::ChildOrSelfOf => all(&children).or(set),
            Operator::ParentOf => all(&parents),
            Operator::ParentOrSelfOf => all(&parents).or(set),
            Operator::Top => set.and_not(&self.below(set)),
            Operator::Bottom => set.and_not(&self.above(set)),
        }
    }

    /// Everything strictly below any concept of `set`. Ancestors mostly have the lower ordinals, so
    /// that most concepts of a deep set are already marked when their turn comes.
    fn below(&self, set: &ConceptSet) -> ConceptSet {
        let mut marks = Marks::new(self.edition.concept_count());
        for concept in set.iter() {
            if !marks.contains(concept.0) {
                self.edition.mark_descendants(concept, &mut marks);
            }
        }
        marks.into_set()
    }

    /// Everything strictly above any concept of `set`.
    fn above(&self, set: &ConceptSet) -> ConceptSet {
        let mut marks = Marks::new(self.edition.concept_count());
        let mut open: Vec<ConceptIx> = Vec::new();
        for concept in set.iter() {
            open.extend(self.edition.parents(concept));
            while let Some(parent) = open.pop() {
                if !marks.contains(parent.0) {
                    marks.insert(parent.0);
                    open.extend(self.edition.parents(parent));
                }
            }
        }
        marks.into_set()
    }

    /// The concepts of a filter's value.
    fn concepts(&self, concepts: &Concepts) -> Result<ConceptSet> {
        match concepts {
            Concepts::Sub(sub) => self.sub(sub),
            Concepts::Set(all) => all.iter().map(|one| self.concept(&one.id)).collect(),
        }
    }

    fn with_history(&self, set: ConceptSet, history: &History) -> Result<ConceptSet> {
        let added = self.associated(&set, history)?;
        Ok(set.or(&added))
    }

    fn known_attributes(&self) -> &Attributes {
        self.attributes.get_or_init(|| {
            let properties = &self.edition.meta().properties;
            let named: Vec<(ConceptIx, PropertyId)> = (0u16..)
                .map(PropertyId)
                .zip(properties)
                .filter(|(_, property)| property.code.bytes().all(|byte| byte.is_ascii_digit()))
                .filter_map(|(id, property)| Some((self.edition.find_exact(&property.code)?, id)))
                .collect();
            let mut flags = vec![false; properties.len()];
            for (_, property) in &named {
                if let Some(flag) = flags.get_mut(usize::from(property.0)) {
                    *flag = true;
                }
            }
            Attributes { named, flags }
        })
    }

    /// The concepts that are names of attributes, with the property each is.
    fn attributes(&self) -> &[(ConceptIx, PropertyId)] {
        &self.known_attributes().named
    }

    fn is_attribute(&self, property: PropertyId) -> bool {
        self.known_attributes().flags.get(usize::from(property.0)) == Some(&true)
    }
}
