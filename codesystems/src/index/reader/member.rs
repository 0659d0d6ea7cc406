//! The membership sets of an edition.

use std::ops::Range;

use super::super::codec::{self, u32s};
use super::super::sections::Section;
use super::super::write::NONE;
use super::Edition;
use crate::model::{ComponentVersion, MembershipSet, SetId};
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

/// Up to how many member rows a set is made row by row.
const FEW_ROWS: usize = 1_024;

impl Edition {
    /// The number and description of the membership set called `code`.
    #[must_use]
    pub fn membership_set(&self, code: &str) -> Option<(SetId, &MembershipSet)> {
        let sets = &self.meta.membership_sets;
        let numbers = self.set_numbers.get_or_init(|| {
            (0u16..).zip(sets).map(|(number, set)| (set.code.clone(), number)).collect()
        });
        let number = *numbers.get(code)?;
        Some((SetId(number), sets.get(usize::from(number))?))
    }

    fn member_range(&self, set: SetId) -> Range<usize> {
        let starts = u32s(self.bytes(Section::MemberStarts));
        let count = self.bytes(Section::MemberConcepts).len() / 4;
        codec::range_within(starts, usize::from(set.0), count)
    }

    /// The concepts in a membership set.
    #[must_use]
    pub fn members(&self, set: SetId) -> ConceptSet {
        let concepts = u32s(self.bytes(Section::MemberConcepts));
        let rows = concepts.get(self.member_range(set)).unwrap_or_default();
        let posting =
            codec::range(u32s(self.bytes(Section::MemberPostingOffsets)), usize::from(set.0));
        if let Some(bytes) =
            self.bytes(Section::MemberPostings).get(posting).filter(|b| !b.is_empty())
        {
            return codec::posting(bytes).into();
        }
        if rows.len() <= FEW_ROWS {
            return rows.iter().map(|ordinal| ConceptIx(ordinal.get())).collect();
        }
        let mut marks = Marks::new(self.count);
        for ordinal in rows {
            marks.insert(ordinal.get());
        }
        marks.into_set()
    }

    /// How many rows a membership set has. Cost: one array access.
    #[must_use]
    pub fn member_row_count(&self, set: SetId) -> usize {
        self.member_range(set).len()
    }

    /// Whether the modules and dates of the members of sets are kept.
    #[must_use]
    pub fn has_member_versions(&self) -> bool {
        !self.bytes(Section::MemberVersions).is_empty()
            || self.bytes(Section::MemberConcepts).is_empty()
    }

    /// Whether the members that are no longer in a set are kept.
    #[must_use]
    pub fn has_inactive_members(&self) -> bool {
        !self.bytes(Section::InactiveMemberStarts).is_empty()
            || self.bytes(Section::MemberConcepts).is_empty()
    }

    /// The rows of members that are no longer in a membership set, in the order of
    /// [`Self::member_rows`]; none where they are not kept.
    pub fn inactive_member_rows(&self, set: SetId) -> impl Iterator<Item = MemberRow<'_>> + '_ {
        let starts = u32s(self.bytes(Section::InactiveMemberStarts));
        let count = self.bytes(Section::MemberConcepts).len() / 4;
        codec::range_within(starts, usize::from(set.0), count)
            .map(move |row| MemberRow { edition: self, row })
    }

    /// All rows of a membership set, by concept, then in the order in which they were added.
    pub fn member_rows(&self, set: SetId) -> impl Iterator<Item = MemberRow<'_>> + '_ {
        self.member_range(set).map(move |row| MemberRow { edition: self, row })
    }

    /// The rows of one concept in a membership set. Cost: binary search.
    pub fn member_rows_of(
        &self,
        set: SetId,
        concept: ConceptIx,
    ) -> impl Iterator<Item = MemberRow<'_>> + '_ {
        let range = self.member_range(set);
        let concepts =
            u32s(self.bytes(Section::MemberConcepts)).get(range.clone()).unwrap_or_default();
        let first = concepts.partition_point(|ordinal| ordinal.get() < concept.0);
        let own = concepts.get(first..).unwrap_or_default().iter();
        let count = own.take_while(|ordinal| ordinal.get() == concept.0).count();
        let start = range.start + first;
        (start..start + count).map(move |row| MemberRow { edition: self, row })
    }

    /// The membership sets a concept is in.
    pub fn memberships(
        &self,
        concept: ConceptIx,
    ) -> impl Iterator<Item = (SetId, &MembershipSet)> + '_ {
        (0u16..)
            .map(SetId)
            .zip(&self.meta.membership_sets)
            .filter(move |&(set, _)| self.member_rows_of(set, concept).next().is_some())
    }
}

/// One row of a membership set in a mapped edition.
#[derive(Debug, Clone, Copy)]
pub struct MemberRow<'e> {
    edition: &'e Edition,
    row: usize,
}

impl<'e> MemberRow<'e> {
    /// Its number in the edition.
    #[must_use]
    pub fn number(self) -> u32 {
        self.row as u32
    }

    /// The concept the row is about.
    #[must_use]
    pub fn concept(self) -> ConceptIx {
        let concepts = u32s(self.edition.bytes(Section::MemberConcepts));
        ConceptIx(concepts.get(self.row).map_or(NONE, |ordinal| ordinal.get()))
    }

    fn version(self) -> Option<&'e ComponentVersion> {
        self.edition.component_version(Section::MemberVersions, self.row)
    }

    /// Code of the module the row belongs to, empty for none.
    #[must_use]
    pub fn module(self) -> &'e str {
        self.version().map_or("", |version| version.module.as_str())
    }

    /// Since when the row is as it is, as `YYYYMMDD`; empty for none.
    #[must_use]
    pub fn effective_time(self) -> &'e str {
        self.version().map_or("", |version| version.date.as_str())
    }

    /// The values of the set's fields, in their order.
    pub fn fields(self) -> impl Iterator<Item = &'e str> + 'e {
        let numbers = u32s(self.edition.bytes(Section::MemberFields));
        let number = numbers.get(self.row).map_or(NONE, |number| number.get());
        let offsets = u32s(self.edition.bytes(Section::FieldOffsets));
        self.edition
            .text(Section::FieldTexts, codec::range(offsets, number as usize))
            .split('\u{1f}')
    }
}
