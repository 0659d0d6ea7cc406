//! Reference sets: `^`, fields of their members, member filters `{{ M … }}`.

use super::super::ast::{Comparison, Focus, MemberFilter, MemberOf, Order};
use super::super::error::{Error, Result};
use super::concepts::compares;
use super::text::Matcher;
use super::{CONCEPT_COST, Evaluator};
use crate::index::MemberRow;
use crate::model::{MembershipSet, SetId};
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

/// The field that names a component which is not the concept itself.
const COMPONENT: &str = "referencedComponentId";

/// A member filter with everything in it evaluated.
enum Test<'c> {
    Concept(bool, ConceptSet),
    Number(Order, f64),
    Text(bool, Vec<Matcher>),
    Boolean(bool),
    Time(Order, &'c [String]),
    Module(bool, ConceptSet),
    EffectiveTime(Order, &'c [String]),
}

/// Which rows of reference sets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    active: bool,
    inactive: bool,
}

impl Wanted {
    const ACTIVE: Self = Self { active: true, inactive: false };
}

/// Where the value to test stands.
type Place<'c> = (&'c str, Test<'c>);

impl Evaluator<'_> {
    pub(super) fn members(
        &self,
        member_of: &MemberOf,
        focus: &Focus,
        filters: &[Vec<MemberFilter>],
    ) -> Result<ConceptSet> {
        let sets = self.reference_sets(focus)?;
        let wanted = self.wanted_rows(filters)?;
        let tests: Vec<Place<'_>> = filters
            .iter()
            .flatten()
            .filter_map(|filter| self.member_test(filter).transpose())
            .collect::<Result<_>>()?;
        self.check_fields(member_of, &tests, &sets)?;
        let mut marks = Marks::new(self.edition.concept_count());
        let is_simple =
            *member_of == MemberOf::Members && tests.is_empty() && wanted == Wanted::ACTIVE;
        if let ([(set, definition)], true) = (sets.as_slice(), is_simple)
            && definition.fields.first().is_none_or(|field| field != COMPONENT)
        {
            return Ok(self.edition.members(*set));
        }
        for (set, definition) in sets {
            self.spend(self.edition.member_row_count(set) as u64 * CONCEPT_COST / 5)?;
            let mut places = Vec::new();
            for (field, test) in &tests {
                match field_place(definition, field) {
                    Some(place) => places.push((place, test)),
                    None => break,
                }
            }
            if places.len() < tests.len() {
                continue;
            }
            let has_component = definition.fields.first().is_some_and(|field| field == COMPONENT);
            let active = self.edition.member_rows(set).filter(|_| wanted.active);
            let inactive = self.edition.inactive_member_rows(set).filter(|_| wanted.inactive);
            for row in active.chain(inactive) {
                if places.iter().all(|(place, test)| self.holds(row, *place, test)) {
                    self.take(row, member_of, definition, has_component, &mut marks);
                }
            }
        }
        Ok(marks.into_set())
    }

    /// The reference sets that a focus names; a concept that is none gives none.
    pub(super) fn reference_sets(&self, focus: &Focus) -> Result<Vec<(SetId, &MembershipSet)>> {
        if let Focus::Concept(reference) = focus {
            // A subset may hold a reference set without the concept that names it.
            let Some(set) = self.edition.membership_set(&reference.id) else {
                return self.concept(&reference.id).map(|_| Vec::new());
            };
            return Ok(vec![set]);
        }
        let all = (0u16..).map(SetId).zip(&self.edition.meta().membership_sets);
        if *focus == Focus::Any {
            return Ok(all.collect());
        }
        let chosen = self.focus(focus)?;
        let is_chosen = |set: &MembershipSet| {
            self.edition.find_exact(&set.code).is_some_and(|concept| chosen.contains(concept))
        };
        Ok(all.filter(|(_, set)| is_chosen(set)).collect())
    }

    /// Fields that no reference set has are mistakes; where there is none, nothing is known of fields.
    fn check_fields(
        &self,
        member_of: &MemberOf,
        tests: &[Place<'_>],
        sets: &[(SetId, &MembershipSet)],
    ) -> Result<()> {
        let selected = match member_of {
            MemberOf::Fields(names) => names.as_slice(),
            MemberOf::Members | MemberOf::AllFields => &[],
        };
        let fields = selected.iter().map(String::as_str);
        for field in fields.chain(tests.iter().map(|(field, _)| *field)) {
            let is_known = |(_, set): &(SetId, &MembershipSet)| field_place(set, field).is_some();
            if sets.is_empty() || sets.iter().any(is_known) {
                continue;
            }
            let mut known: Vec<String> =
                sets.iter().flat_map(|(_, set)| set.fields.iter().cloned()).collect();
            known.push(COMPONENT.to_owned());
            known.sort_unstable();
            known.dedup();
            return Err(Error::UnknownField { field: field.to_owned(), known });
        }
        Ok(())
    }

    /// Which rows the filters on `active` leave: without one, those of active members.
    fn wanted_rows(&self, filters: &[Vec<MemberFilter>]) -> Result<Wanted> {
        let mut wanted = Wanted::ACTIVE;
        let mut is_first = true;
        for filter in filters.iter().flatten() {
            let MemberFilter::Active(equal, value) = filter else { continue };
            let is_active = equal == value;
            wanted.active &= is_active;
            wanted.inactive = !is_active && (is_first || wanted.inactive);
            is_first = false;
        }
        let what = "inactive members of reference sets; load the release again";
        match wanted.inactive && !self.edition.has_inactive_members() {
            true => Err(Error::NotHeld { what }),
            false => Ok(wanted),
        }
    }

    /// None for a filter that is decided by [`Self::wanted_rows`].
    fn member_test<'c>(&self, filter: &'c MemberFilter) -> Result<Option<Place<'c>>> {
        Ok(Some(match filter {
            MemberFilter::Module(equal, concepts) => {
                self.holds_member_versions()?;
                (COMPONENT, Test::Module(*equal, self.concepts(concepts)?))
            }
            MemberFilter::EffectiveTime(order, times) => {
                self.holds_member_versions()?;
                (COMPONENT, Test::EffectiveTime(*order, times))
            }
            MemberFilter::Active(..) => return Ok(None),
            MemberFilter::Field(name, comparison) => (
                name.as_str(),
                match comparison {
                    Comparison::Concept(equal, value) => Test::Concept(*equal, self.sub(value)?),
                    Comparison::Number(order, number) => {
                        Test::Number(*order, number.parse().unwrap_or(f64::NAN))
                    }
                    Comparison::Text(equal, terms) => {
                        Test::Text(*equal, terms.iter().map(Matcher::new).collect())
                    }
                    Comparison::Boolean(equal, value) => Test::Boolean(equal == value),
                    Comparison::Time(order, times) => Test::Time(*order, times),
                },
            ),
        }))
    }

    fn holds_member_versions(&self) -> Result<()> {
        let what = "the modules and effective times of members; load the release again";
        self.edition.has_member_versions().then_some(()).ok_or(Error::NotHeld { what })
    }

    fn holds(&self, row: MemberRow<'_>, place: Option<usize>, test: &Test<'_>) -> bool {
        let text = match place {
            Some(place) => row.fields().nth(place).unwrap_or_default(),
            None => self.edition.code(row.concept()),
        };
        match test {
            Test::Concept(equal, set) => {
                let found = self.edition.find_exact(text);
                found.is_some_and(|concept| set.contains(concept)) == *equal
            }
            Test::Number(order, wanted) => {
                let ordering = text.trim_start_matches('#').parse::<f64>().ok();
                let ordering = ordering.and_then(|found| found.partial_cmp(wanted));
                ordering.is_some_and(|ordering| order.holds(ordering))
            }
            Test::Text(equal, matchers) => {
                matchers.iter().any(|matcher| matcher.matches(text)) == *equal
            }
            Test::Boolean(true) => text == "1" || text.eq_ignore_ascii_case("true"),
            Test::Boolean(false) => text == "0" || text.eq_ignore_ascii_case("false"),
            Test::Time(order, times) => compares(text, *order, times),
            Test::Module(equal, modules) => {
                let module = self.edition.find_exact(row.module());
                module.is_some_and(|module| modules.contains(module)) == *equal
            }
            Test::EffectiveTime(order, times) => compares(row.effective_time(), *order, times),
        }
    }

    /// Marks what of a row is selected.
    fn take(
        &self,
        row: MemberRow<'_>,
        member_of: &MemberOf,
        definition: &MembershipSet,
        has_component: bool,
        marks: &mut Marks,
    ) {
        let concept = row.concept();
        let mut mark = |concept: Option<ConceptIx>| {
            if let Some(concept) = concept {
                marks.insert(concept.0);
            }
        };
        // The row of a description stands with its concept, which is no member for it.
        let component = (!has_component || row.fields().next() == Some(self.edition.code(concept)))
            .then_some(concept);
        match member_of {
            MemberOf::Members => mark(component),
            MemberOf::AllFields => {
                mark(component);
                row.fields().for_each(|text| mark(self.edition.find_exact(text)));
            }
            MemberOf::Fields(names) => {
                for name in names {
                    match field_place(definition, name) {
                        Some(Some(place)) => {
                            let text = row.fields().nth(place).unwrap_or_default();
                            mark(self.edition.find_exact(text));
                        }
                        Some(None) => mark(component),
                        None => {}
                    }
                }
            }
        }
    }
}

/// Where a field stands in the rows of a set: `Some(None)` for the concept of the row itself.
fn field_place(set: &MembershipSet, name: &str) -> Option<Option<usize>> {
    let position = set.fields.iter().position(|field| field.eq_ignore_ascii_case(name));
    match position {
        Some(position) => Some(Some(position)),
        None => name.eq_ignore_ascii_case(COMPONENT).then_some(None),
    }
}
