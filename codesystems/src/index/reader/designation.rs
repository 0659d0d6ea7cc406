//! The designations of an edition, and which of them is shown.

use std::ops::Range;

use super::super::codec::{self, u16s, u32s, u64s};
use super::super::sections::{Section, Table};
use super::super::write::{DESIGNATION_ESCAPE, DESIGNATION_INACTIVE};
use super::Edition;
use crate::model::{ComponentVersion, DesignationUse, DisplayRank};
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet, LanguagePreference};

impl Edition {
    /// The numbers of a concept's designations.
    #[must_use]
    pub fn designation_range(&self, concept: ConceptIx) -> Range<u32> {
        let count = self.designation_count() as usize;
        let range = self.table(Table::DesignationOffsets).range_within(concept.row(), count);
        range.start as u32..range.end as u32
    }

    /// Designation `number`.
    #[must_use]
    pub fn designation(&self, number: u32) -> DesignationRef<'_> {
        DesignationRef { edition: self, number }
    }

    /// The designations of a concept, in the order in which they were added.
    pub fn designations(
        &self,
        concept: ConceptIx,
    ) -> impl Iterator<Item = DesignationRef<'_>> + '_ {
        self.designation_range(concept).map(|number| self.designation(number))
    }

    /// The default display of a concept, in the edition's own language; its code where it has none.
    #[must_use]
    pub fn display(&self, concept: ConceptIx) -> &str {
        self.default_designation(concept).map_or_else(|| self.code(concept), DesignationRef::value)
    }

    /// The designation that is the default display.
    #[must_use]
    pub fn default_designation(&self, concept: ConceptIx) -> Option<DesignationRef<'_>> {
        let place = self.table(Table::Displays).at(concept.row()).checked_sub(1)?;
        let first = self.table(Table::DesignationOffsets).get(concept.row())?;
        Some(self.designation(first.checked_add(place)?))
    }

    /// How the languages of this edition fit a preference; computed once per request.
    #[must_use]
    pub fn language_scores(&self, preference: &LanguagePreference) -> LanguageScores {
        if preference.is_empty() {
            return LanguageScores {
                is_exclusive: preference.is_exclusive(),
                ..LanguageScores::default()
            };
        }
        let languages = self.meta.languages.iter().map(|language| preference.score(language));
        let dialects = self.meta.dialects.iter().map(|dialect| {
            preference
                .tags()
                .iter()
                .position(|tag| dialect.is_named(tag))
                .map(|position| position as u16)
        });
        LanguageScores {
            any: true,
            is_exclusive: preference.is_exclusive(),
            languages: languages.collect(),
            dialects: dialects.collect(),
        }
    }

    /// The designation to show for a preference: that of the closest language; among those the one
    /// preferred in a wanted dialect, then the lowest rank, then the first. `None` when no active
    /// designation is of a wanted language.
    #[must_use]
    pub fn preferred_designation(
        &self,
        concept: ConceptIx,
        scores: &LanguageScores,
    ) -> Option<DesignationRef<'_>> {
        if !scores.any {
            return None;
        }
        let eligible = self.designations(concept).filter_map(|designation| {
            let rank = designation.rank();
            if !designation.is_active() || rank > DisplayRank::FullName {
                return None;
            }
            let language = scores.languages.get(usize::from(designation.language_number()));
            let language = language.copied().flatten()?;
            let dialect = designation.dialect_score(scores);
            // A term preferred in a wanted dialect is as good as an exact match of its tag.
            let tag = dialect.map_or(language, |(position, _)| (position * 4).min(language));
            let standing =
                dialect.map_or(if scores.has_dialect() { 2 } else { 0 }, |(_, standing)| standing);
            Some((
                (tag, rank == DisplayRank::FullName, standing, rank, designation.number),
                designation,
            ))
        });
        eligible.min_by_key(|(key, _)| *key).map(|(_, designation)| designation)
    }

    /// The designation to show as display: the preferred one, else the default unless the preference
    /// is exclusive. `None` where the concept has nothing to show.
    #[must_use]
    pub fn shown_designation(
        &self,
        concept: ConceptIx,
        scores: &LanguageScores,
    ) -> Option<DesignationRef<'_>> {
        let preferred = self.preferred_designation(concept, scores);
        if scores.is_exclusive {
            return preferred;
        }
        preferred.or_else(|| self.default_designation(concept))
    }

    /// The display of a concept for a preference; falls back to the default display, then the code.
    #[must_use]
    pub fn display_for(&self, concept: ConceptIx, scores: &LanguageScores) -> &str {
        self.preferred_designation(concept, scores)
            .map_or_else(|| self.display(concept), DesignationRef::value)
    }

    /// The concepts that have a designation which is a note: the text index does not hold these.
    /// Cost: one pass over a byte per designation.
    pub(crate) fn with_notes(&self) -> ConceptSet {
        let offsets = self.table(Table::DesignationOffsets);
        let mut marks = Marks::new(self.count);
        for (number, flags) in (0u32..).zip(self.table(Table::DesignationFlags).iter()) {
            if DisplayRank::from_byte(flags as u8 & 7) == DisplayRank::Note {
                let after = offsets.partition_point(|start| start <= number);
                marks.insert(after.saturating_sub(1) as u32);
            }
        }
        marks.into_set()
    }

    /// Whether the modules and dates of designations are kept.
    #[must_use]
    pub fn has_designation_versions(&self) -> bool {
        !self.bytes(Section::DesignationVersion).is_empty() || self.designation_count() == 0
    }
}

/// How the languages and dialects of an edition fit a preference.
#[derive(Debug, Clone, Default)]
pub struct LanguageScores {
    any: bool,
    is_exclusive: bool,
    languages: Vec<Option<u16>>,
    dialects: Vec<Option<u16>>,
}

impl LanguageScores {
    fn has_dialect(&self) -> bool {
        self.dialects.iter().any(Option::is_some)
    }

    /// Whether any language is preferred at all.
    #[must_use]
    pub fn is_any_wanted(&self) -> bool {
        self.any
    }
}

/// One designation of a mapped edition.
#[derive(Debug, Clone, Copy)]
pub struct DesignationRef<'e> {
    edition: &'e Edition,
    number: u32,
}

impl<'e> DesignationRef<'e> {
    fn byte(self, table: Table) -> u8 {
        self.edition.table(table).at(self.number as usize) as u8
    }

    /// Its number in the edition.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// The text.
    #[must_use]
    pub fn value(self) -> &'e str {
        let range = self.edition.table(Table::TextOffsets).range(self.number as usize);
        self.edition.text(Section::Texts, range)
    }

    /// The text as bytes, not checked for being UTF-8.
    #[must_use]
    pub fn value_bytes(self) -> &'e [u8] {
        self.edition.designation_bytes(self.number)
    }

    /// Whether the text must be escaped to stand in JSON; if not, it can be copied.
    #[must_use]
    pub fn needs_escape(self) -> bool {
        self.byte(Table::DesignationFlags) & DESIGNATION_ESCAPE != 0
    }

    fn language_number(self) -> u8 {
        self.byte(Table::DesignationLanguage)
    }

    /// BCP 47 tag, empty when unknown.
    #[must_use]
    pub fn language(self) -> &'e str {
        let languages = &self.edition.meta.languages;
        languages.get(usize::from(self.language_number())).map_or("", String::as_str)
    }

    /// The numbers of language and use in the edition: both are the same where these are.
    #[must_use]
    pub fn language_and_use(self) -> (u8, u8) {
        (self.language_number(), self.byte(Table::DesignationUse))
    }

    /// Kind of designation.
    #[must_use]
    pub fn designation_use(self) -> Option<&'e DesignationUse> {
        self.edition.meta.designation_uses.get(usize::from(self.byte(Table::DesignationUse)))
    }

    /// Eligibility as display.
    #[must_use]
    pub fn rank(self) -> DisplayRank {
        DisplayRank::from_byte(self.byte(Table::DesignationFlags) & 7)
    }

    /// False for retired designations.
    #[must_use]
    pub fn is_active(self) -> bool {
        self.byte(Table::DesignationFlags) & DESIGNATION_INACTIVE == 0
    }

    /// Whether the text index holds it: active designations but notes.
    pub(super) fn is_searchable(self) -> bool {
        self.is_active() && self.rank() < DisplayRank::Note
    }

    /// The publisher's identifier, 0 for none.
    #[must_use]
    pub fn id(self) -> u64 {
        let ids = u64s(self.edition.bytes(Section::DesignationId));
        ids.get(self.number as usize).map_or(0, |id| id.get())
    }

    /// Module and date, where the edition keeps them.
    fn version(self) -> Option<&'e ComponentVersion> {
        self.edition.component_version(Section::DesignationVersion, self.number as usize)
    }

    /// Code of the module it belongs to, empty for none.
    #[must_use]
    pub fn module(self) -> &'e str {
        self.version().map_or("", |version| version.module.as_str())
    }

    /// Since when it is as it is, as `YYYYMMDD`; empty for none.
    #[must_use]
    pub fn effective_time(self) -> &'e str {
        self.version().map_or("", |version| version.date.as_str())
    }

    /// The dialects the designation is preferred or acceptable in: (number of the dialect in the
    /// metadata, whether it is preferred).
    pub fn acceptability(self) -> impl Iterator<Item = (u8, bool)> + 'e {
        let list = self.edition.table(Table::DesignationAcceptability).at(self.number as usize);
        let pairs = u16s(self.edition.bytes(Section::AcceptabilityPairs));
        let offsets = u32s(self.edition.bytes(Section::AcceptabilityOffsets));
        codec::row(offsets, pairs, list as usize)
            .iter()
            .map(|pair| ((pair.get() >> 8) as u8, pair.get() & 1 == 0))
    }

    /// The best wanted dialect: (position of its tag, 0 preferred or 1 acceptable).
    fn dialect_score(self, scores: &LanguageScores) -> Option<(u16, u8)> {
        if !scores.has_dialect() {
            return None;
        }
        self.acceptability()
            .filter_map(|(dialect, preferred)| {
                let position = scores.dialects.get(usize::from(dialect)).copied().flatten()?;
                Some((position, u8::from(!preferred)))
            })
            .min()
    }
}
