//! What satisfies an attribute: the values and parents it may have.

use std::cell::OnceCell;
use std::sync::Arc;

use super::super::ast::{Attribute, Cardinality, Comparison, Operator, SubConstraint};
use super::super::error::Result;
use super::super::plan::PART_COST;
use super::text::Matcher;
use super::{CONCEPT_COST, Evaluator, IS_A};
use crate::index::{NamingRows, Subtree};
use crate::model::PropertyId;
use crate::set::Marks;
use crate::{ConceptSet, PropertyValue};

/// What satisfies one attribute.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) cardinality: Cardinality,
    /// Properties it may be, for the reverse direction.
    pub(super) properties: Vec<PropertyId>,
    /// The values that satisfy it; in the reverse direction those that lead to concepts.
    pub(super) values: Values,
    /// Concepts that, as parents, satisfy it: |Is a| is no property.
    pub(super) parents: Option<ConceptSet>,
    /// The sources of a reversed attribute.
    pub(super) sources: Option<ConceptSet>,
}

/// Values of properties.
#[derive(Debug)]
pub(super) enum Values {
    /// By their numbers.
    Marked(Marks),
    /// All of the properties.
    Any,
    /// Those of the properties that name one of these concepts.
    Naming(ConceptSet),
    /// Those that name a concept of a subtree.
    Below(Box<Below>),
}

/// What names a subtree, as far as it was looked at.
#[derive(Debug)]
pub(super) struct Below {
    subtree: Subtree,
    concepts: OnceCell<ConceptSet>,
    rows: OnceCell<NamingRows>,
}

impl Evaluator<'_> {
    /// The properties that a name selects, and whether |Is a| is among them.
    pub(super) fn named(&self, name: &SubConstraint) -> Result<(Vec<PropertyId>, bool)> {
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

    pub(super) fn wanted(&self, attribute: &Attribute) -> Result<Wanted> {
        let (properties, is_a) = self.named(&attribute.name)?;
        let distinct = properties.iter().map(|&one| self.edition.value_numbers(one).len() as u64);
        self.spend(distinct.sum::<u64>() * CONCEPT_COST / 10)?;
        let mut wanted = Wanted {
            cardinality: attribute.cardinality.unwrap_or(Cardinality::DEFAULT),
            properties,
            values: Values::Any,
            parents: None,
            sources: None,
        };
        if let Comparison::Concept(equal, value) = &attribute.comparison {
            self.want_concepts(&mut wanted, attribute.reverse, is_a, *equal, value)?;
            return Ok(wanted);
        }
        let is_wanted = self.literal(&attribute.comparison);
        let mut marks = Marks::new(self.edition.value_count());
        for value in self.values_of_all(&wanted.properties) {
            if is_wanted(self.edition.value_ref(value).value()) {
                marks.insert(value);
            }
        }
        wanted.values = Values::Marked(marks);
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
        if let [property] = wanted.properties[..]
            && let (false, false, true) = (reverse, is_a, equal)
            && let Some(subtree) = self.subtree(property, value)
        {
            self.spend(PART_COST)?;
            let (concepts, rows) = (OnceCell::new(), OnceCell::new());
            wanted.values = Values::Below(Box::new(Below { subtree, concepts, rows }));
            return Ok(());
        }
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
            let mut marks = Marks::new(edition.value_count());
            for value in self.values_of_all(&wanted.properties) {
                if edition.value_concept(value).is_some() {
                    marks.insert(value);
                }
            }
            wanted.values = Values::Marked(marks);
            if is_a {
                wanted.parents = Some(ConceptSet::new());
            }
            wanted.sources = Some(chosen());
            return Ok(());
        }
        wanted.values = match value.is_any() {
            true if equal => Values::Any,
            _ => Values::Naming(chosen()),
        };
        if is_a {
            wanted.parents = Some(chosen());
        }
        Ok(())
    }

    /// The subtree that a value is, where it is nothing but one.
    fn subtree(&self, property: PropertyId, value: &SubConstraint) -> Option<Subtree> {
        let (operator, top) = self.simple(value)?;
        let with_top = match operator {
            Operator::DescendantOrSelfOf => true,
            Operator::DescendantOf => false,
            _ => return None,
        };
        Some(Subtree { property, top, with_top })
    }

    fn concepts_of<'b>(&self, below: &'b Below) -> &'b ConceptSet {
        below.concepts.get_or_init(|| {
            let operator = match below.subtree.with_top {
                true => Operator::DescendantOrSelfOf,
                false => Operator::DescendantOf,
            };
            self.related_to(operator, below.subtree.top)
        })
    }

    fn rows_of<'b>(&self, below: &'b Below) -> &'b NamingRows {
        let named = || self.edition.naming(below.subtree.property, self.concepts_of(below));
        below.rows.get_or_init(named)
    }

    /// The concepts that name a subtree, where an earlier question kept them.
    pub(super) fn kept_naming(&self, below: &Below) -> Option<Arc<ConceptSet>> {
        self.edition.kept_naming(below.subtree)
    }

    /// How many concepts are to be marked to know those that name a subtree.
    pub(super) fn naming_count(&self, below: &Below) -> u64 {
        self.edition.naming_count(self.rows_of(below))
    }

    /// The concepts that name a subtree.
    pub(super) fn naming(&self, below: &Below) -> Arc<ConceptSet> {
        if let Some(kept) = self.kept_naming(below) {
            return kept;
        }
        let mut marks = Marks::new(self.edition.concept_count());
        self.edition.mark_naming(self.rows_of(below), &mut marks);
        let set = Arc::new(marks.into_set());
        if self.naming_count(below) >= self.limits.keep {
            self.edition.keep_naming(below.subtree, Arc::clone(&set));
        }
        set
    }

    /// The numbers of all values of `properties`.
    pub(super) fn values_of_all(&self, properties: &[PropertyId]) -> impl Iterator<Item = u32> {
        properties.iter().flat_map(|&property| self.edition.value_numbers(property))
    }

    /// Whether the value with this number satisfies an attribute.
    pub(super) fn is_wanted(&self, value: u32, wanted: &Wanted) -> bool {
        match &wanted.values {
            Values::Marked(marks) => marks.contains(value),
            Values::Any => wanted.properties.contains(&self.edition.value_ref(value).property_id()),
            Values::Naming(named) => self.edition.is_naming(value, &wanted.properties, named),
            Values::Below(below) => {
                self.edition.is_naming(value, &wanted.properties, self.concepts_of(below))
            }
        }
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
}
