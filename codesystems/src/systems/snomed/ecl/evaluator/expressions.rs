//! Whether a post-coordinated expression satisfies a constraint.
//!
//! There is no classifier: an expression is strictly below its focus concepts and what is above
//! them, equal to no concept, and has the attributes it states itself. It has no descriptions, is
//! in no reference set, and is a child or parent of nothing.

use super::super::ast::{
    Attribute, Cardinality, Comparison, ConceptFilter, Constraint, FilterConstraint, Focus,
    Operator, Refinement, SubConstraint,
};
use super::super::error::Result;
use super::Evaluator;
use crate::systems::snomed::expression::{self, Expression, Value};
use crate::{ConceptSet, PropertyValue};

impl Evaluator<'_> {
    /// Whether an expression satisfies a constraint. One that refines nothing is its concept.
    ///
    /// # Errors
    /// When the constraint names something that the edition does not have.
    pub fn has_expression(&self, constraint: &Constraint, expression: &Expression) -> Result<bool> {
        self.check(constraint)?;
        self.constraint_has(constraint, expression)
    }

    /// Whether an expression is strictly below any concept of `set`.
    #[must_use]
    pub fn is_below(&self, expression: &Expression, set: &ConceptSet) -> bool {
        let focus = expression.focus.iter().filter_map(|id| self.edition.find_exact(id));
        focus.into_iter().any(|concept| {
            set.contains(concept) || set.and_len(&self.edition.ancestors(concept)) > 0
        })
    }

    fn constraint_has(&self, constraint: &Constraint, expression: &Expression) -> Result<bool> {
        if let Some(only) = expression.only_concept() {
            let found = self.constraint(constraint)?;
            return Ok(self.edition.find_exact(only).is_some_and(|one| found.contains(one)));
        }
        let has = |sub: &SubConstraint| self.sub_has(sub, expression);
        match constraint {
            Constraint::Sub(only) => has(only),
            Constraint::And(all) => all_hold(all, has),
            Constraint::Or(all) => any_holds(all, has),
            Constraint::Minus(all, without) => Ok(has(all)? && !has(without)?),
            Constraint::Refined(focus, refinement) => {
                Ok(has(focus)? && self.refinement_holds(refinement, expression)?)
            }
            // The values of attributes are concepts.
            Constraint::Dotted(..) => Ok(false),
        }
    }

    fn sub_has(&self, sub: &SubConstraint, expression: &Expression) -> Result<bool> {
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
                Focus::Nested(nested) => self.constraint_has(nested, expression),
                Focus::Concept(_) | Focus::Identifier(_) => Ok(false),
            },
            Some(operator @ (Operator::DescendantOf | Operator::DescendantOrSelfOf)) => {
                let bare = SubConstraint {
                    operator: None,
                    filters: Vec::new(),
                    history: None,
                    ..sub.clone()
                };
                let is_self =
                    operator == Operator::DescendantOrSelfOf && self.sub_has(&bare, expression)?;
                Ok(is_self || self.is_below(expression, &self.sub(&bare)?))
            }
            Some(_) => Ok(false),
        }
    }

    fn refinement_holds(&self, refinement: &Refinement, expression: &Expression) -> Result<bool> {
        match refinement {
            Refinement::Attribute(attribute) => {
                let all: Vec<&expression::Attribute> = expression
                    .attributes
                    .iter()
                    .chain(expression.groups.iter().flatten())
                    .collect();
                self.attribute_holds(attribute, &all)
            }
            Refinement::Group(cardinality, inner) => {
                let own = expression.groups.iter().map(|group| group.iter().collect::<Vec<_>>());
                let alone = expression.attributes.iter().map(|attribute| vec![attribute]);
                let mut count = 0;
                for group in own.chain(alone) {
                    count += u32::from(self.group_holds(inner, &group)?);
                }
                Ok(cardinality.unwrap_or(Cardinality::DEFAULT).allows(count))
            }
            Refinement::And(all) => all_hold(all, |one| self.refinement_holds(one, expression)),
            Refinement::Or(all) => any_holds(all, |one| self.refinement_holds(one, expression)),
        }
    }

    fn group_holds(&self, inner: &Refinement, group: &[&expression::Attribute]) -> Result<bool> {
        match inner {
            Refinement::Attribute(attribute) => self.attribute_holds(attribute, group),
            Refinement::Group(_, inner) => self.group_holds(inner, group),
            Refinement::And(all) => all_hold(all, |one| self.group_holds(one, group)),
            Refinement::Or(all) => any_holds(all, |one| self.group_holds(one, group)),
        }
    }

    fn attribute_holds(
        &self,
        attribute: &Attribute,
        stated: &[&expression::Attribute],
    ) -> Result<bool> {
        let names = self.sub(&attribute.name)?;
        let mut count = 0;
        for own in stated.iter().filter(|_| !attribute.reverse) {
            let name = self.edition.find_exact(&own.name);
            if name.is_some_and(|name| names.contains(name)) {
                count += u32::from(self.value_holds(&attribute.comparison, &own.value)?);
            }
        }
        Ok(attribute.cardinality.unwrap_or(Cardinality::DEFAULT).allows(count))
    }

    fn value_holds(&self, comparison: &Comparison, value: &Value) -> Result<bool> {
        if let Comparison::Concept(equal, wanted) = comparison {
            if wanted.is_any() {
                return Ok(*equal);
            }
            return match value {
                Value::Concept(id) => {
                    let set = self.sub(wanted)?;
                    let concept = self.edition.find_exact(id);
                    Ok(concept.is_some_and(|concept| set.contains(concept)) == *equal)
                }
                Value::Expression(inner) => {
                    let wanted = Constraint::Sub(wanted.clone());
                    Ok(self.constraint_has(&wanted, inner)? == *equal)
                }
                Value::Text(_) | Value::Number(_) | Value::Boolean(_) => Ok(false),
            };
        }
        let value = match value {
            Value::Text(text) => PropertyValue::String(text),
            Value::Number(number) => PropertyValue::Decimal(number),
            Value::Boolean(value) => PropertyValue::Boolean(*value),
            Value::Concept(_) | Value::Expression(_) => return Ok(false),
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
