//! Whether a post-coordinated expression satisfies a constraint.
//!
//! An expression is below the concepts that its structure says ([`Form`]) and has its own attributes
//! and those of its focus concepts. It has no descriptions, is in no reference set, and is a child or
//! parent of nothing.

use super::super::ast::{
    Attribute, Cardinality, Comparison, ConceptFilter, Constraint, FilterConstraint, Focus,
    Operator, Refinement, SubConstraint,
};
use super::super::error::Result;
use super::Evaluator;
use crate::systems::snomed::expression::{Expression, Form, Forms, Meaning, Pair, Value};
use crate::{ConceptIx, ConceptSet, PropertyValue};

impl Evaluator<'_> {
    /// Whether an expression satisfies a constraint. One that refines nothing is its concept.
    ///
    /// # Errors
    /// When the constraint names something that the edition does not have.
    pub fn has_expression(&self, constraint: &Constraint, expression: &Expression) -> Result<bool> {
        self.check(constraint)?;
        if let Some(only) = expression.only_concept() {
            let found = self.constraint(constraint)?;
            return Ok(self.edition.find_exact(only).is_some_and(|one| found.contains(one)));
        }
        self.constraint_has(constraint, &Forms::new(self.edition).expression(expression))
    }

    /// Whether an expression is strictly below any concept of `set`.
    #[must_use]
    pub fn is_below(&self, expression: &Expression, set: &ConceptSet) -> bool {
        self.is_form_below(&Forms::new(self.edition).expression(expression), set)
    }

    fn is_form_below(&self, form: &Form, set: &ConceptSet) -> bool {
        form.subsumers().and(set).iter().any(|above| !self.is_equivalent(form, above))
    }

    /// Whether a form means the same as a concept that is above it.
    fn is_equivalent(&self, form: &Form, above: ConceptIx) -> bool {
        let forms = Forms::new(self.edition);
        form.subsumers().contains(above) && forms.subsumes(form, &forms.concept(above))
    }

    fn constraint_has(&self, constraint: &Constraint, form: &Form) -> Result<bool> {
        let has = |sub: &SubConstraint| self.sub_has(sub, form);
        match constraint {
            Constraint::Sub(only) => has(only),
            Constraint::And(all) => all_hold(all, has),
            Constraint::Or(all) => any_holds(all, has),
            Constraint::Minus(all, without) => Ok(has(all)? && !has(without)?),
            Constraint::Refined(focus, refinement) => {
                Ok(has(focus)? && self.refinement_holds(refinement, form)?)
            }
            // The values of attributes are concepts.
            Constraint::Dotted(..) => Ok(false),
        }
    }

    fn sub_has(&self, sub: &SubConstraint, form: &Form) -> Result<bool> {
        let is_known = sub.filters.iter().all(|filter| match filter {
            FilterConstraint::Description(_) => false,
            FilterConstraint::Concept(filters) => filters.iter().all(
                |filter| matches!(filter, ConceptFilter::Active(equal, value) if equal == value),
            ),
        });
        if !is_known || sub.member_of.is_some() && sub.operator.is_none() {
            return Ok(false);
        }
        match sub.operator {
            None => match &sub.focus {
                Focus::Any => Ok(true),
                Focus::Nested(nested) => self.constraint_has(nested, form),
                Focus::Concept(_) | Focus::Identifier(_) => {
                    let one = self.focus(&sub.focus)?;
                    Ok(one.iter().any(|concept| self.is_equivalent(form, concept)))
                }
            },
            Some(operator @ (Operator::DescendantOf | Operator::DescendantOrSelfOf)) => {
                let bare = SubConstraint {
                    operator: None,
                    filters: Vec::new(),
                    history: None,
                    ..sub.clone()
                };
                let is_self =
                    operator == Operator::DescendantOrSelfOf && self.sub_has(&bare, form)?;
                Ok(is_self || self.is_form_below(form, &self.sub(&bare)?))
            }
            Some(_) => Ok(false),
        }
    }

    fn refinement_holds(&self, refinement: &Refinement, form: &Form) -> Result<bool> {
        match refinement {
            Refinement::Attribute(attribute) => {
                let all: Vec<&Pair> = form.groups().iter().flat_map(|group| &group.pairs).collect();
                self.attribute_holds(attribute, &all)
            }
            Refinement::Group(cardinality, inner) => {
                let mut count = 0;
                for group in form.groups() {
                    let pairs: Vec<&Pair> = group.pairs.iter().collect();
                    count += u32::from(self.group_holds(inner, &pairs)?);
                }
                Ok(cardinality.unwrap_or(Cardinality::DEFAULT).allows(count))
            }
            Refinement::And(all) => all_hold(all, |one| self.refinement_holds(one, form)),
            Refinement::Or(all) => any_holds(all, |one| self.refinement_holds(one, form)),
        }
    }

    fn group_holds(&self, inner: &Refinement, group: &[&Pair]) -> Result<bool> {
        match inner {
            Refinement::Attribute(attribute) => self.attribute_holds(attribute, group),
            Refinement::Group(_, inner) => self.group_holds(inner, group),
            Refinement::And(all) => all_hold(all, |one| self.group_holds(one, group)),
            Refinement::Or(all) => any_holds(all, |one| self.group_holds(one, group)),
        }
    }

    fn attribute_holds(&self, attribute: &Attribute, stated: &[&Pair]) -> Result<bool> {
        let names = self.sub(&attribute.name)?;
        let mut count = 0;
        for own in stated.iter().filter(|_| !attribute.reverse) {
            if names.contains(own.name) {
                count += u32::from(self.value_holds(&attribute.comparison, &own.value)?);
            }
        }
        Ok(attribute.cardinality.unwrap_or(Cardinality::DEFAULT).allows(count))
    }

    fn value_holds(&self, comparison: &Comparison, value: &Meaning) -> Result<bool> {
        if let Comparison::Concept(equal, wanted) = comparison {
            if wanted.is_any() {
                return Ok(*equal);
            }
            return match value {
                Meaning::Concept(concept) => Ok(self.sub(wanted)?.contains(*concept) == *equal),
                Meaning::Form(inner) => {
                    let wanted = Constraint::Sub(wanted.clone());
                    Ok(self.constraint_has(&wanted, inner)? == *equal)
                }
                Meaning::Literal(_) => Ok(false),
            };
        }
        let value = match value {
            Meaning::Literal(Value::Text(text)) => PropertyValue::String(text),
            Meaning::Literal(Value::Number(number)) => PropertyValue::Decimal(number),
            Meaning::Literal(Value::Boolean(value)) => PropertyValue::Boolean(*value),
            Meaning::Literal(_) | Meaning::Concept(_) | Meaning::Form(_) => return Ok(false),
        };
        Ok(self.literal(comparison)(value))
    }
}

fn all_hold<T>(all: &[T], holds: impl Fn(&T) -> Result<bool>) -> Result<bool> {
    for one in all {
        if !holds(one)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn any_holds<T>(all: &[T], holds: impl Fn(&T) -> Result<bool>) -> Result<bool> {
    for one in all {
        if holds(one)? {
            return Ok(true);
        }
    }
    Ok(false)
}
