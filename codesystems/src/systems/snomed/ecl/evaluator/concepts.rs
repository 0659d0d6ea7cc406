//! Concept filters `{{ C … }}`.

use super::super::ast::{ConceptFilter, Order};
use super::super::error::{Error, Result};
use super::Evaluator;
use crate::{ConceptSet, PropertyValue};

/// |Sufficiently defined by necessary conditions|
const DEFINED: &str = "900000000000073002";
/// |Not sufficiently defined by necessary conditions|
const PRIMITIVE: &str = "900000000000074008";

impl Evaluator<'_> {
    pub(super) fn by_concept(
        &self,
        mut set: ConceptSet,
        filters: &[ConceptFilter],
    ) -> Result<ConceptSet> {
        for filter in filters {
            let (equal, chosen) = match filter {
                ConceptFilter::Active(equal, true) => (!equal, self.edition.inactive()),
                ConceptFilter::Active(equal, false) => (*equal, self.edition.inactive()),
                ConceptFilter::DefinitionStatus(equal, statuses) => {
                    (*equal, self.of_status(statuses.contains(&true), statuses.contains(&false))?)
                }
                ConceptFilter::DefinitionStatusId(equal, concepts) => {
                    let named = self.concepts(concepts)?;
                    let has = |id| {
                        self.edition.find_exact(id).is_some_and(|concept| named.contains(concept))
                    };
                    (*equal, self.of_status(has(DEFINED), has(PRIMITIVE))?)
                }
                ConceptFilter::Module(equal, concepts) => {
                    let modules = self.concepts(concepts)?;
                    (*equal, self.of_modules(&modules)?)
                }
                ConceptFilter::EffectiveTime(order, times) => (true, self.changed(*order, times)?),
            };
            set = if equal { set.and(&chosen) } else { set.and_not(&chosen) };
        }
        Ok(set)
    }

    fn of_status(&self, defined: bool, primitive: bool) -> Result<ConceptSet> {
        let edition = self.edition;
        let property = edition
            .property_id("sufficientlyDefined")
            .ok_or(Error::NotHeld { what: "the definition status of concepts" })?;
        let mut set = ConceptSet::new();
        for (wanted, text) in [(defined, "true"), (primitive, "false")] {
            if wanted {
                set.extend(&edition.with_value(property, text));
            }
        }
        Ok(set)
    }

    fn of_modules(&self, modules: &ConceptSet) -> Result<ConceptSet> {
        let property = self
            .edition
            .property_id("moduleId")
            .ok_or(Error::NotHeld { what: "the modules of concepts" })?;
        let mut set = ConceptSet::new();
        for value in self.edition.distinct_values(property) {
            if value.concept().is_some_and(|module| modules.contains(module)) {
                set.extend(&value.concepts());
            }
        }
        Ok(set)
    }

    fn changed(&self, order: Order, times: &[String]) -> Result<ConceptSet> {
        let edition = self.edition;
        let property = edition
            .property_id("effectiveTime")
            .ok_or(Error::NotHeld { what: "the effective times of concepts" })?;
        let mut set = ConceptSet::new();
        for value in edition.distinct_values(property) {
            if let PropertyValue::DateTime(time) = value.value()
                && compares(&time.replace('-', ""), order, times)
            {
                set.extend(&value.concepts());
            }
        }
        if compares("", order, times) {
            set.extend(&edition.all().and_not(&edition.with_property(property)));
        }
        Ok(set)
    }
}

/// Whether a date compares as wanted: with `!=` to all of `times`, else to any of them. Dates of
/// eight digits compare as texts; one that is not yet released has none and equals only that.
pub(super) fn compares(time: &str, order: Order, times: &[String]) -> bool {
    let holds = |wanted: &String| match order {
        Order::Equal => time == wanted,
        Order::NotEqual => time != wanted,
        _ => !time.is_empty() && !wanted.is_empty() && order.holds(time.cmp(wanted.as_str())),
    };
    if order == Order::NotEqual { times.iter().all(holds) } else { times.iter().any(holds) }
}
