//! History supplements: inactive concepts that lead to a set.

use super::super::ast::{Focus, History};
use super::super::error::Result;
use super::Evaluator;
use crate::ConceptSet;
use crate::model::{MembershipSet, PropertyId, SetId};
use crate::set::Marks;

/// |Historical association reference set|
const HISTORICAL: &str = "900000000000522004";
/// Same as.
const MINIMUM: [&str; 1] = ["900000000000527005"];
/// Same as, replaced by, was a, partially equivalent to.
const MODERATE: [&str; 4] =
    ["900000000000527005", "900000000000526001", "900000000000528000", "1186924009"];
/// The field that names the concept an association leads to.
const TARGET: &str = "targetComponentId";

impl Evaluator<'_> {
    /// The concepts from which a historical association leads into `set`.
    pub(super) fn associated(&self, set: &ConceptSet, history: &History) -> Result<ConceptSet> {
        let mut marks = Marks::new(self.edition.concept_count());
        for (number, definition) in self.associations(history)? {
            match self.target_property(&definition.code) {
                Some(property) => {
                    let rows = self.edition.naming(property, set);
                    self.edition.mark_naming(&rows, &mut marks);
                }
                None => self.mark_by_rows(number, definition, set, &mut marks),
            }
        }
        Ok(marks.into_set())
    }

    fn associations(&self, history: &History) -> Result<Vec<(SetId, &MembershipSet)>> {
        let named = |ids: &[&str]| {
            Ok(ids.iter().filter_map(|id| self.edition.membership_set(id)).collect())
        };
        match history {
            History::Minimum => named(&MINIMUM),
            History::Moderate => named(&MODERATE),
            History::Subset(subset) => self.reference_sets(&Focus::Nested(subset.clone())),
            History::Default | History::Maximum => {
                let root = self.edition.find_exact(HISTORICAL);
                let sets = (0u16..).map(SetId).zip(&self.edition.meta().membership_sets);
                let is_association = |set: &MembershipSet| {
                    let below = self.edition.find_exact(&set.code).zip(root);
                    self.target_property(&set.code).is_some()
                        || below.is_some_and(|(set, root)| self.edition.is_ancestor(root, set))
                };
                Ok(sets.filter(|(_, set)| is_association(set)).collect())
            }
        }
    }

    /// The property that the targets of a reference set became, whose postings lead back.
    fn target_property(&self, set: &str) -> Option<PropertyId> {
        let uri = format!("http://snomed.info/id/{set}");
        let properties = (0u16..).map(PropertyId).zip(&self.edition.meta().properties);
        let mut properties = properties.filter(|(_, property)| {
            property.uri.as_deref() == Some(&*uri) && property.code != "inactivationReason"
        });
        properties.next().map(|(id, _)| id)
    }

    fn mark_by_rows(
        &self,
        number: SetId,
        definition: &MembershipSet,
        set: &ConceptSet,
        marks: &mut Marks,
    ) {
        let edition = self.edition;
        let field = definition.fields.iter().position(|field| field == TARGET);
        let Some(field) = field else { return };
        for row in edition.member_rows(number) {
            let target = row.fields().nth(field).and_then(|target| edition.find_exact(target));
            if target.is_some_and(|target| set.contains(target)) {
                marks.insert(row.concept().0);
            }
        }
    }
}
