//! The one view of a mapped edition.

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::codec::{self, posting, posting_len, u16s, u32s, u64s};
use super::format::{Container, ContainerKind};
use super::sections::{Section, name_of};
use super::write::{
    DESIGNATION_ESCAPE, DESIGNATION_INACTIVE, FLAG_INACTIVE, FLAG_NOT_SELECTABLE, NONE,
};
use crate::model::{
    ComponentVersion, DesignationUse, DisplayRank, EditionMeta, MembershipSet, PropertyDefinition,
    PropertyId, PropertyKind, PropertyValue, Provenance, SetId,
};
use crate::search::{self, TextIndex, TextSectionRefs, TextSections};
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet, Error, LanguagePreference, Result};

const SECTIONS: usize = Section::ALL.len();
/// Up to how many runs a set is made run by run.
const FEW_RUNS: usize = 48;
/// Up to how many member rows a set is made row by row.
const FEW_ROWS: usize = 1_024;

/// One code system version, read from its mapped bytes.
///
/// Opening costs nothing that grows with the number of concepts. Every answer borrows from the
/// map; damaged bytes that slipped past the checksums give empty answers, never a panic.
#[derive(Debug)]
pub struct Edition {
    sections: [Bytes; SECTIONS],
    meta: EditionMeta,
    provenance: Provenance,
    hash: [u8; 32],
    byte_count: usize,
    count: u32,
    codes: fst::Map<Bytes>,
    folded: Option<fst::Map<Bytes>>,
    /// Code of a membership set -> its number; LOINC has tens of thousands.
    set_numbers: OnceLock<FxHashMap<String, u16>>,
    /// The text index of an edition that was written without it.
    text_on_demand: OnceLock<Option<TextSections>>,
}

impl Edition {
    /// Maps an edition file and compares all checksums.
    ///
    /// # Errors
    /// When the file cannot be mapped, is not an edition, is of an unknown format, truncated or
    /// damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let container = Container::open(path)?;
        container.verify(name_of)?;
        Self::new(&container)
    }

    /// An edition in memory, or inside of a bundle. The sections' checksums are not compared.
    ///
    /// # Errors
    /// When the bytes are not an edition, of an unknown format or truncated.
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        Self::new(&Container::from_bytes(bytes)?)
    }

    /// The edition in `container`.
    ///
    /// # Errors
    /// When it holds something else, or when sections do not fit together.
    pub fn new(container: &Container) -> Result<Self> {
        if container.kind() != ContainerKind::Edition {
            return Err(Error::Section {
                section: "header",
                problem: "does not announce an edition",
            });
        }
        let sections: [Bytes; SECTIONS] = std::array::from_fn(|number| {
            Section::ALL
                .get(number)
                .map_or_else(Bytes::new, |section| container.section(section.number()))
        });
        let get = |section: Section| sections.get(section as usize).cloned().unwrap_or_default();
        let meta: EditionMeta = serde_json::from_slice(&get(Section::Meta))?;
        let mut provenance: Provenance = serde_json::from_slice(&get(Section::Provenance))?;
        provenance.built_at = String::from_utf8_lossy(&get(Section::BuiltAt)).into_owned();
        let count = get(Section::Flags).len() as u32;
        let fst = get(Section::CodeFst);
        let codes = if fst.is_empty() {
            fst::Map::default().map_data(Bytes::from)?
        } else {
            fst::Map::new(fst)?
        };
        let folded = get(Section::FoldedFst);
        let folded = if folded.is_empty() { None } else { Some(fst::Map::new(folded)?) };
        let hash = *container.content_hash();
        let byte_count = container.byte_count();
        let edition = Self {
            sections,
            meta,
            provenance,
            hash,
            byte_count,
            count,
            codes,
            folded,
            set_numbers: OnceLock::new(),
            text_on_demand: OnceLock::new(),
        };
        edition.check()?;
        Ok(edition)
    }

    /// Tables that are asked by ordinal must have one row for each.
    fn check(&self) -> Result<()> {
        let rows = self.count as usize;
        let designations = self.bytes(Section::DesignationLanguage).len();
        let expected = [
            (Section::CodeOffsets, (rows + 1) * 4, false),
            (Section::Status, rows, false),
            (Section::Kind, rows, false),
            (Section::ParentOffsets, (rows + 1) * 4, true),
            (Section::ChildOffsets, (rows + 1) * 4, true),
            (Section::RunOffsets, (rows + 1) * 4, true),
            (Section::DescendantCounts, rows * 4, true),
            (Section::DesignationOffsets, (rows + 1) * 4, true),
            (Section::Displays, rows * 4, true),
            (Section::PropertyOffsets, (rows + 1) * 4, true),
            (Section::TextOffsets, (designations + 1) * 4, true),
            (Section::DesignationFlags, designations, true),
            (Section::DesignationUse, designations, true),
        ];
        for (section, bytes, optional) in expected {
            let found = self.bytes(section).len();
            if found != bytes && !(optional && found == 0) && rows > 0 {
                return Err(Error::Section {
                    section: section.name(),
                    problem: "has the wrong size",
                });
            }
        }
        Ok(())
    }

    fn bytes(&self, section: Section) -> &[u8] {
        self.sections.get(section as usize).map(|bytes| &bytes[..]).unwrap_or_default()
    }

    fn text(&self, texts: Section, range: Range<usize>) -> &str {
        let bytes = self.bytes(texts).get(range).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// What the edition says of itself.
    #[must_use]
    pub fn meta(&self) -> &EditionMeta {
        &self.meta
    }

    /// Where the edition comes from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The content hash: equal for equal content, whenever it was built.
    #[must_use]
    pub fn content_hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Size of the edition in bytes.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.byte_count
    }

    /// How many concepts there are.
    #[must_use]
    pub fn concept_count(&self) -> u32 {
        self.count
    }

    /// How many designations there are.
    #[must_use]
    pub fn designation_count(&self) -> u32 {
        self.bytes(Section::DesignationLanguage).len() as u32
    }

    /// All concepts.
    #[must_use]
    pub fn all(&self) -> ConceptSet {
        ConceptSet::all(self.count)
    }

    // -- codes ------------------------------------------------------------------------------

    /// The concept with `code`. Where the system is case-insensitive, a code that differs only in
    /// case is found too. Cost: one walk through the dictionary, no allocation for exact codes.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<ConceptIx> {
        self.find_exact(code).or_else(|| {
            let folded = if self.meta.case_sensitive == Some(false) {
                self.folded.as_ref().unwrap_or(&self.codes)
            } else {
                return None;
            };
            folded.get(code.to_lowercase()).map(|ordinal| ConceptIx(ordinal as u32))
        })
    }

    /// The concept with exactly `code`.
    #[must_use]
    pub fn find_exact(&self, code: &str) -> Option<ConceptIx> {
        self.codes.get(code).map(|ordinal| ConceptIx(ordinal as u32))
    }

    /// The code of a concept; empty when it is out of range. Cost: one array access.
    #[must_use]
    pub fn code(&self, concept: ConceptIx) -> &str {
        let offsets = u32s(self.bytes(Section::CodeOffsets));
        self.text(Section::CodeBytes, codec::range(offsets, concept.row()))
    }

    /// Concepts whose code begins with `prefix`, in code order.
    pub fn codes_with_prefix(&self, prefix: &str) -> impl Iterator<Item = ConceptIx> + '_ {
        use fst::{Automaton, IntoStreamer, Streamer};
        let automaton = fst::automaton::Str::new(prefix).starts_with();
        let mut found = Vec::new();
        let mut stream = self.codes.search(automaton).into_stream();
        while let Some((_, ordinal)) = stream.next() {
            found.push(ConceptIx(ordinal as u32));
        }
        found.into_iter()
    }

    /// Concepts whose whole code is matched by `automaton`.
    pub fn codes_matching(&self, automaton: impl fst::Automaton) -> ConceptSet {
        use fst::{IntoStreamer, Streamer};
        let mut found = RoaringBitmap::new();
        let mut stream = self.codes.search(automaton).into_stream();
        while let Some((_, ordinal)) = stream.next() {
            found.insert(ordinal as u32);
        }
        found.into()
    }

    // -- status -----------------------------------------------------------------------------

    fn flags(&self, concept: ConceptIx) -> u8 {
        self.bytes(Section::Flags).get(concept.row()).copied().unwrap_or_default()
    }

    /// Whether a concept is no longer to be used.
    #[must_use]
    pub fn is_inactive(&self, concept: ConceptIx) -> bool {
        self.flags(concept) & FLAG_INACTIVE != 0
    }

    /// Whether a concept only groups others (abstract, not selectable).
    #[must_use]
    pub fn is_not_selectable(&self, concept: ConceptIx) -> bool {
        self.flags(concept) & FLAG_NOT_SELECTABLE != 0
    }

    fn flagged(&self, flag: u8) -> ConceptSet {
        let flags = self.bytes(Section::Flags);
        let rows = (0u32..).zip(flags).filter(|&(_, flags)| flags & flag != 0);
        RoaringBitmap::from_sorted_iter(rows.map(|(row, _)| row)).unwrap_or_default().into()
    }

    /// All inactive concepts. Cost: one pass over a byte per concept.
    #[must_use]
    pub fn inactive(&self) -> ConceptSet {
        self.flagged(FLAG_INACTIVE)
    }

    /// All concepts that are not selectable. Cost: one pass over a byte per concept.
    #[must_use]
    pub fn not_selectable(&self) -> ConceptSet {
        self.flagged(FLAG_NOT_SELECTABLE)
    }

    fn named<'a>(&self, section: Section, names: &'a [String], concept: ConceptIx) -> &'a str {
        let number = self.bytes(section).get(concept.row()).copied().unwrap_or_default();
        let number = usize::from(number).checked_sub(1);
        number.and_then(|number| names.get(number)).map_or("", String::as_str)
    }

    /// The status code of a concept, empty when the publisher gives none.
    #[must_use]
    pub fn status(&self, concept: ConceptIx) -> &str {
        self.named(Section::Status, &self.meta.statuses, concept)
    }

    /// The kind of a concept (chapter, block, category, …), empty when it has none.
    #[must_use]
    pub fn kind(&self, concept: ConceptIx) -> &str {
        self.named(Section::Kind, &self.meta.kinds, concept)
    }

    // -- hierarchy --------------------------------------------------------------------------

    fn related(
        &self,
        offsets: Section,
        targets: Section,
        concept: ConceptIx,
    ) -> impl DoubleEndedIterator<Item = ConceptIx> + ExactSizeIterator + '_ {
        let targets = u32s(self.bytes(targets));
        codec::row(u32s(self.bytes(offsets)), targets, concept.row())
            .iter()
            .map(|ordinal| ConceptIx(ordinal.get()))
    }

    /// The direct parents of a concept, ascending.
    pub fn parents(
        &self,
        concept: ConceptIx,
    ) -> impl DoubleEndedIterator<Item = ConceptIx> + ExactSizeIterator + '_ {
        self.related(Section::ParentOffsets, Section::Parents, concept)
    }

    /// The direct children of a concept, ascending.
    pub fn children(
        &self,
        concept: ConceptIx,
    ) -> impl DoubleEndedIterator<Item = ConceptIx> + ExactSizeIterator + '_ {
        self.related(Section::ChildOffsets, Section::Children, concept)
    }

    /// Whether any concept has a parent.
    #[must_use]
    pub fn has_hierarchy(&self) -> bool {
        !self.bytes(Section::Parents).is_empty()
    }

    /// Concepts without a parent, ascending.
    pub fn roots(&self) -> impl Iterator<Item = ConceptIx> + '_ {
        (0..self.count).map(ConceptIx).filter(|&concept| self.parents(concept).len() == 0)
    }

    /// The strict descendants of a concept as ascending, disjoint runs `start..end` of ordinals.
    pub fn descendant_runs(&self, concept: ConceptIx) -> impl Iterator<Item = (u32, u32)> + '_ {
        let range = codec::range(u32s(self.bytes(Section::RunOffsets)), concept.row());
        let runs = u32s(self.bytes(Section::Runs)).get(range.start * 2..range.end * 2);
        runs.unwrap_or_default()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[start, end]| (start.get().min(self.count), end.get().min(self.count)))
    }

    /// How many strict descendants a concept has. Cost: one array access.
    #[must_use]
    pub fn descendant_count(&self, concept: ConceptIx) -> u32 {
        let counts = u32s(self.bytes(Section::DescendantCounts));
        counts.get(concept.row()).map_or(0, |count| count.get())
    }

    /// The strict descendants of a concept.
    ///
    /// Cost: grows with the runs, hardly with the concepts.
    #[must_use]
    pub fn descendants(&self, concept: ConceptIx) -> ConceptSet {
        let range = codec::range(u32s(self.bytes(Section::RunOffsets)), concept.row());
        if range.len() > FEW_RUNS {
            let mut marks = Marks::new(self.count);
            for (start, end) in self.descendant_runs(concept) {
                marks.insert_run(start, end);
            }
            return marks.into_set();
        }
        let mut set = ConceptSet::new();
        for (start, end) in self.descendant_runs(concept) {
            set.insert_run(start, end);
        }
        set
    }

    /// Marks the strict descendants of a concept.
    pub(crate) fn mark_descendants(&self, concept: ConceptIx, marks: &mut Marks) {
        for (start, end) in self.descendant_runs(concept) {
            marks.insert_run(start, end);
        }
    }

    /// The strict ancestors of a concept.
    #[must_use]
    pub fn ancestors(&self, concept: ConceptIx) -> ConceptSet {
        let mut set = ConceptSet::new();
        let mut open: Vec<ConceptIx> = self.parents(concept).collect();
        while let Some(parent) = open.pop() {
            if !set.contains(parent) {
                set.insert(parent);
                open.extend(self.parents(parent));
            }
        }
        set
    }

    /// Whether `ancestor` is a strict ancestor of `descendant`. Cost: a binary search in the runs
    /// of `ancestor`.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: ConceptIx, descendant: ConceptIx) -> bool {
        let range = codec::range(u32s(self.bytes(Section::RunOffsets)), ancestor.row());
        let runs = u32s(self.bytes(Section::Runs)).get(range.start * 2..range.end * 2);
        let runs = runs.unwrap_or_default().as_chunks::<2>().0;
        let after = runs.partition_point(|[start, _]| start.get() <= descendant.0);
        let run = after.checked_sub(1).and_then(|before| runs.get(before));
        run.is_some_and(|[_, end]| descendant.0 < end.get())
    }

    // -- designations -----------------------------------------------------------------------

    /// The numbers of a concept's designations.
    #[must_use]
    pub fn designation_range(&self, concept: ConceptIx) -> Range<u32> {
        let offsets = u32s(self.bytes(Section::DesignationOffsets));
        let count = self.designation_count() as usize;
        let range = codec::range_within(offsets, concept.row(), count);
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
        let displays = u32s(self.bytes(Section::Displays));
        let number = displays.get(concept.row()).map(|number| number.get());
        number.filter(|&number| number != NONE).map(|number| self.designation(number))
    }

    /// How the languages of this edition fit a preference; computed once per request.
    #[must_use]
    pub fn language_scores(&self, preference: &LanguagePreference) -> LanguageScores {
        let languages = self.meta.languages.iter().map(|language| preference.score(language));
        let dialects = self.meta.dialects.iter().map(|dialect| {
            preference
                .tags()
                .iter()
                .position(|tag| tag.eq_ignore_ascii_case(&dialect.language) && !tag.is_empty())
                .map(|position| position as u16)
        });
        LanguageScores {
            any: !preference.is_empty(),
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

    fn component_version(&self, number: u16) -> Option<&ComponentVersion> {
        self.meta.component_versions.get(usize::from(number).checked_sub(1)?)
    }

    /// The concepts that have a designation which is a note: the text index does not hold these.
    /// Cost: one pass over a byte per designation.
    pub(crate) fn with_notes(&self) -> ConceptSet {
        let offsets = u32s(self.bytes(Section::DesignationOffsets));
        let mut marks = Marks::new(self.count);
        for (number, &flags) in (0u32..).zip(self.bytes(Section::DesignationFlags)) {
            if DisplayRank::from_byte(flags & 7) == DisplayRank::Note {
                let after = offsets.partition_point(|start| start.get() <= number);
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

    // -- text -------------------------------------------------------------------------------

    /// The text index over all active designations but notes; `None` when there are none.
    #[must_use]
    pub fn text_index(&self) -> Option<TextIndex<'_>> {
        if self.bytes(Section::TextHeader).is_empty() {
            let sections = self.text_on_demand.get_or_init(|| self.build_text_index());
            return TextIndex::new(&sections.as_ref()?.refs()).ok();
        }
        let refs = TextSectionRefs {
            header: self.bytes(Section::TextHeader),
            terms: self.bytes(Section::TextTerms),
            posting_offsets: self.bytes(Section::TextPostingOffsets),
            postings: self.bytes(Section::TextPostings),
            place_concepts: self.bytes(Section::TextPlaceConcepts),
            place_designations: self.bytes(Section::TextPlaceDesignations),
            qualities: self.bytes(Section::TextQualities),
            designation_offsets: self.bytes(Section::DesignationOffsets),
            token_offsets: self.bytes(Section::TextTokenOffsets),
            designation_tokens: self.bytes(Section::TextDesignationTokens),
            token_codes: self.bytes(Section::TextTokenCodes),
            wide_ranges: self.bytes(Section::TextWideRanges),
            frequent_ranges: self.bytes(Section::TextFrequentRanges),
        };
        TextIndex::new(&refs).ok()
    }

    fn build_text_index(&self) -> Option<TextSections> {
        let designations = (0..self.count).map(ConceptIx).flat_map(|concept| {
            self.designations(concept).map(move |designation| search::IndexedText {
                concept,
                text: designation.value(),
                language: designation.language(),
                rank: designation.rank(),
                searchable: designation.is_searchable(),
            })
        });
        let input = search::TextInput { concept_count: self.count, designations };
        search::build(input).ok()
    }

    // -- properties -------------------------------------------------------------------------

    /// The number of the property called `code`.
    #[must_use]
    pub fn property_id(&self, code: &str) -> Option<PropertyId> {
        let position = self.meta.properties.iter().position(|property| property.code == code);
        position.and_then(|position| u16::try_from(position).ok()).map(PropertyId)
    }

    /// The properties of a concept, in the order in which they were added.
    pub fn properties(&self, concept: ConceptIx) -> impl Iterator<Item = PropertyRef<'_>> + '_ {
        let values = u32s(self.bytes(Section::PropertyValues));
        let offsets = u32s(self.bytes(Section::PropertyOffsets));
        let range = codec::range_within(offsets, concept.row(), values.len());
        let groups = u16s(self.bytes(Section::PropertyGroups));
        range.map(move |record| PropertyRef {
            edition: self,
            value: values.get(record).map_or(NONE, |value| value.get()),
            group: groups.get(record).map_or(0, |group| group.get()),
        })
    }

    /// The values of one property of a concept.
    pub fn values_of(
        &self,
        concept: ConceptIx,
        property: PropertyId,
    ) -> impl Iterator<Item = PropertyRef<'_>> + '_ {
        self.properties(concept).filter(move |value| value.property_id() == property)
    }

    /// All distinct values of a property that occur in the edition, sorted by their text.
    pub fn distinct_values(
        &self,
        property: PropertyId,
    ) -> impl Iterator<Item = PropertyRef<'_>> + '_ {
        self.value_numbers(property).map(|number| self.value_ref(number))
    }

    /// The numbers of the distinct values of a property; ascending by their text.
    pub(crate) fn value_numbers(&self, property: PropertyId) -> Range<u32> {
        let starts = u32s(self.bytes(Section::PropertyStarts));
        let count = self.value_count() as usize;
        let range = codec::range_within(starts, usize::from(property.0), count);
        range.start as u32..range.end as u32
    }

    /// How many distinct values there are of all properties together.
    pub(crate) fn value_count(&self) -> u32 {
        self.bytes(Section::ValueKinds).len() as u32
    }

    /// The concept that the value with a number names.
    pub(crate) fn value_concept(&self, value: u32) -> Option<ConceptIx> {
        self.value_ref(value).concept()
    }

    /// The value with a number, outside of any group.
    pub(crate) fn value_ref(&self, number: u32) -> PropertyRef<'_> {
        PropertyRef { edition: self, value: number, group: 0 }
    }

    /// The number of the value of a property that is the code `code`. Cost: binary search.
    pub(crate) fn code_value(&self, property: PropertyId, code: &str) -> Option<u32> {
        let range = self.value_numbers(property);
        let first = self.first_value_from(range.clone(), code);
        let same = (first..range.end).take_while(|&value| self.value_text(value) == code);
        same.map(|value| self.value_ref(value))
            .find(|value| value.concept().is_some())
            .map(PropertyRef::number)
    }

    /// Marks the concepts that have the value with this number.
    pub(crate) fn mark_value(&self, value: u32, marks: &mut Marks) {
        codec::for_each_posting(self.value_posting(value), |ordinal| marks.insert(ordinal));
    }

    /// Whether any concept that has the value with this number is in `set`.
    pub(crate) fn is_value_of_any(&self, value: u32, set: &ConceptSet) -> bool {
        codec::any_posting(self.value_posting(value), |ordinal| set.contains(ConceptIx(ordinal)))
    }

    /// The first of `range` whose text is not before `text`.
    fn first_value_from(&self, range: Range<u32>, text: &str) -> u32 {
        let Range { start: mut low, end: mut high } = range;
        while low < high {
            let middle = low.midpoint(high);
            if self.value_text(middle) < text { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The concepts that have a value of `property` whose text (the code, for a Coding) is `text`.
    /// Cost: binary search over the distinct values, then one posting.
    #[must_use]
    pub fn with_value(&self, property: PropertyId, text: &str) -> ConceptSet {
        let range = self.value_numbers(property);
        let low = self.first_value_from(range.clone(), text);
        // Values that begin with the text follow each other; among them are those of other types
        // and Codings with the code.
        let mut set = ConceptSet::new();
        for value in (low..range.end).take_while(|&value| self.value_text(value).starts_with(text))
        {
            let reference = self.value_ref(value);
            if reference.value().text() == text {
                set.extend(&reference.concepts());
            }
        }
        set
    }

    /// The concepts that have any value of a property.
    #[must_use]
    pub fn with_property(&self, property: PropertyId) -> ConceptSet {
        let mut set = ConceptSet::new();
        for value in self.distinct_values(property) {
            set.extend(&value.concepts());
        }
        set
    }

    fn value_text(&self, value: u32) -> &str {
        let offsets = u32s(self.bytes(Section::ValueOffsets));
        self.text(Section::ValueTexts, codec::range(offsets, value as usize))
    }

    fn value_posting(&self, value: u32) -> &[u8] {
        let offsets = u32s(self.bytes(Section::PostingOffsets));
        let range = codec::range(offsets, value as usize);
        self.bytes(Section::Postings).get(range).unwrap_or_default()
    }

    // -- memberships ------------------------------------------------------------------------

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
    fn byte(self, section: Section) -> u8 {
        self.edition.bytes(section).get(self.number as usize).copied().unwrap_or_default()
    }

    /// Its number in the edition.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// The text.
    #[must_use]
    pub fn value(self) -> &'e str {
        let offsets = u32s(self.edition.bytes(Section::TextOffsets));
        self.edition.text(Section::Texts, codec::range(offsets, self.number as usize))
    }

    /// Whether the text must be escaped to stand in JSON; if not, it can be copied.
    #[must_use]
    pub fn needs_escape(self) -> bool {
        self.byte(Section::DesignationFlags) & DESIGNATION_ESCAPE != 0
    }

    fn language_number(self) -> u8 {
        self.byte(Section::DesignationLanguage)
    }

    /// BCP 47 tag, empty when unknown.
    #[must_use]
    pub fn language(self) -> &'e str {
        let languages = &self.edition.meta.languages;
        languages.get(usize::from(self.language_number())).map_or("", String::as_str)
    }

    /// Kind of designation.
    #[must_use]
    pub fn designation_use(self) -> Option<&'e DesignationUse> {
        self.edition.meta.designation_uses.get(usize::from(self.byte(Section::DesignationUse)))
    }

    /// Eligibility as display.
    #[must_use]
    pub fn rank(self) -> DisplayRank {
        DisplayRank::from_byte(self.byte(Section::DesignationFlags) & 7)
    }

    /// False for retired designations.
    #[must_use]
    pub fn is_active(self) -> bool {
        self.byte(Section::DesignationFlags) & DESIGNATION_INACTIVE == 0
    }

    /// Whether the text index holds it: active designations but notes.
    fn is_searchable(self) -> bool {
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
        let numbers = u16s(self.edition.bytes(Section::DesignationVersion));
        let number = numbers.get(self.number as usize).map_or(0, |number| number.get());
        self.edition.component_version(number)
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
        let numbers = u16s(self.edition.bytes(Section::DesignationAcceptability));
        let list = numbers.get(self.number as usize).map_or(0, |number| number.get());
        let pairs = u16s(self.edition.bytes(Section::AcceptabilityPairs));
        let offsets = u32s(self.edition.bytes(Section::AcceptabilityOffsets));
        codec::row(offsets, pairs, usize::from(list))
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

/// One value of a property in a mapped edition.
#[derive(Debug, Clone, Copy)]
pub struct PropertyRef<'e> {
    edition: &'e Edition,
    value: u32,
    group: u16,
}

impl<'e> PropertyRef<'e> {
    /// The number of the value in the edition.
    pub(crate) fn number(self) -> u32 {
        self.value
    }

    /// The number of the property.
    #[must_use]
    pub fn property_id(self) -> PropertyId {
        let properties = u16s(self.edition.bytes(Section::ValueProperties));
        PropertyId(properties.get(self.value as usize).map_or(u16::MAX, |property| property.get()))
    }

    /// What the property is.
    #[must_use]
    pub fn definition(self) -> Option<&'e PropertyDefinition> {
        self.edition.meta.properties.get(usize::from(self.property_id().0))
    }

    /// The name of the property.
    #[must_use]
    pub fn code(self) -> &'e str {
        self.definition().map_or("", |definition| definition.code.as_str())
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> PropertyValue<'e> {
        let kinds = self.edition.bytes(Section::ValueKinds);
        let kind = kinds.get(self.value as usize).copied().and_then(PropertyKind::from_byte);
        let text = self.edition.value_text(self.value);
        PropertyValue::from_stored(kind.unwrap_or(PropertyKind::String), text)
    }

    /// The concept of this edition that a code value names.
    #[must_use]
    pub fn concept(self) -> Option<ConceptIx> {
        let concepts = u32s(self.edition.bytes(Section::ValueConcepts));
        let ordinal = concepts.get(self.value as usize).map(|ordinal| ordinal.get());
        ordinal.filter(|&ordinal| ordinal != NONE).map(ConceptIx)
    }

    /// Relationship group, 0 for none.
    #[must_use]
    pub fn group(self) -> u16 {
        self.group
    }

    /// The concepts that have this value of this property.
    #[must_use]
    pub fn concepts(self) -> ConceptSet {
        posting(self.edition.value_posting(self.value)).into()
    }

    /// How many concepts have this value. Cost: one array access.
    #[must_use]
    pub fn concept_count(self) -> u32 {
        posting_len(self.edition.value_posting(self.value))
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
        let numbers = u16s(self.edition.bytes(Section::MemberVersions));
        let number = numbers.get(self.row).map_or(0, |number| number.get());
        self.edition.component_version(number)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EditionBuilder;
    use crate::model::{Acceptability, NewDesignation};

    fn animals() -> EditionBuilder {
        let mut meta = EditionMeta::new("http://example.org/animals", "2026");
        meta.language = "en".into();
        meta.case_sensitive = Some(false);
        let mut builder = EditionBuilder::new(meta);
        for (code, en, de) in [
            ("A10", "Cat", "Katze"),
            ("A2", "Dog", "Hund"),
            ("A", "Animal", "Tier"),
            ("P", "Pet", "Haustier"),
        ] {
            let concept = builder.concept(code);
            builder.display(concept, "en", en);
            builder.display(concept, "de-DE", de);
        }
        for (child, parent) in [("A10", "A"), ("A2", "A"), ("A10", "P"), ("A2", "P")] {
            let (child, parent) = (builder.concept(child), builder.concept(parent));
            builder.parent(child, parent);
        }
        let legs = builder.property_id("legs", PropertyKind::Integer, "number of legs");
        let eats = builder.property_id("eats", PropertyKind::Code, "");
        let lives = builder.property_id("lives", PropertyKind::Coding, "");
        let cat = builder.concept("A10");
        let dog = builder.concept("A2");
        builder.property(cat, legs, PropertyValue::Integer(4), 0);
        builder.property(dog, legs, PropertyValue::Integer(4), 0);
        builder.property(cat, eats, PropertyValue::Code("A2"), 2);
        let home =
            PropertyValue::Coding { system: "s", version: "", code: "home", display: "Home" };
        builder.property(dog, lives, home, 0);
        let set = builder.membership_set("R1", "soft", &["rank", "note"]);
        builder.member(set, cat, &["1", "very"]);
        builder.member(set, cat, &["2", ""]);
        builder.set_inactive(dog, true);
        builder.set_status(dog, "retired");
        builder.set_kind(cat, "species");
        builder
    }

    fn open(builder: EditionBuilder) -> Edition {
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    fn codes(edition: &Edition, set: &ConceptSet) -> Vec<String> {
        set.iter().map(|concept| edition.code(concept).to_owned()).collect()
    }

    #[test]
    fn an_edition_gives_back_what_was_built() {
        let edition = open(animals());
        let find = |code: &str| edition.find(code).unwrap();
        assert_eq!(codes(&edition, &edition.all()), ["A", "A2", "A10", "P"]);
        assert_eq!((edition.display(find("A10")), edition.find("A3")), ("Cat", None));
        assert_eq!(edition.code(find("a10")), "A10", "case-insensitive systems find any case");
        assert_eq!(codes(&edition, &edition.descendants(find("P"))), ["A2", "A10"]);
        assert_eq!(codes(&edition, &edition.ancestors(find("A2"))), ["A", "P"]);
        assert_eq!(edition.descendant_count(find("A")), 2);
        assert!(
            edition.is_ancestor(find("P"), find("A10"))
                && !edition.is_ancestor(find("A10"), find("P"))
        );
        assert!(!edition.is_ancestor(find("A"), find("A")));
        assert_eq!(codes(&edition, &edition.inactive()), ["A2"]);
        assert_eq!((edition.status(find("A2")), edition.kind(find("A10"))), ("retired", "species"));
        assert_eq!((edition.status(find("A")), edition.kind(find("A"))), ("", ""));
    }

    #[test]
    fn a_text_index_made_on_demand_finds_the_same() {
        let written = open(animals());
        let mut builder = animals();
        builder.text_index_on_demand = true;
        let on_demand = open(builder);
        assert!(on_demand.byte_count() < written.byte_count());
        for query in ["katz", "ca", "tier", "xyz"] {
            let query = search::Query::parse(query);
            let selection = search::Selection { within: None, offset: 0, limit: 10 };
            let [expected, found] = [&written, &on_demand]
                .map(|edition| edition.text_index().unwrap().search(&query, &selection));
            assert_eq!(found, expected, "{query:?}");
        }
    }

    #[test]
    fn properties_are_found_from_both_sides() {
        let edition = open(animals());
        let cat = edition.find("A10").unwrap();
        let values: Vec<_> = edition
            .properties(cat)
            .map(|value| (value.code(), value.value(), value.group()))
            .collect();
        assert_eq!(
            values,
            [("legs", PropertyValue::Integer(4), 0), ("eats", PropertyValue::Code("A2"), 2)]
        );
        let with = |property: &str, text: &str| {
            codes(&edition, &edition.with_value(edition.property_id(property).unwrap(), text))
        };
        assert_eq!(with("legs", "4"), ["A2", "A10"]);
        assert_eq!(with("lives", "home"), ["A2"]);
        assert_eq!(with("lives", "ho"), [""; 0]);
        assert_eq!(with("eats", "A2"), ["A10"]);
        let eaten = edition.properties(cat).find_map(PropertyRef::concept).unwrap();
        assert_eq!(edition.code(eaten), "A2");
    }

    #[test]
    fn memberships_keep_their_rows() {
        let edition = open(animals());
        let (set, definition) = edition.membership_set("R1").unwrap();
        assert_eq!(definition.fields, ["rank", "note"]);
        let cat = edition.find("A10").unwrap();
        let rows: Vec<Vec<&str>> =
            edition.member_rows_of(set, cat).map(|row| row.fields().collect()).collect();
        assert_eq!(rows, [["1", "very"], ["2", ""]]);
        assert_eq!(codes(&edition, &edition.members(set)), ["A10"]);
        assert_eq!(edition.memberships(cat).count(), 1);
    }

    #[test]
    fn displays_follow_the_language_asked_for() {
        let edition = open(animals());
        let cat = edition.find("A10").unwrap();
        for (wanted, display) in [
            ("de", "Katze"),
            ("de-AT", "Katze"),
            ("fr", "Cat"),
            ("fr, de;q=0.5, en;q=0.2", "Katze"),
            ("", "Cat"),
        ] {
            let scores = edition.language_scores(&LanguagePreference::parse(wanted));
            assert_eq!(edition.display_for(cat, &scores), display, "for '{wanted}'");
        }
    }

    #[test]
    fn a_dialect_prefers_its_own_term() {
        let mut builder = EditionBuilder::new(EditionMeta::new("http://example.org", ""));
        let synonym = builder.designation_use("s", "synonym", "");
        let (us, gb) = (builder.dialect("1", "en-US"), builder.dialect("2", "en-GB"));
        let concept = builder.concept("x");
        use Acceptability::{Acceptable, Preferred};
        for (text, acceptability) in [
            ("anemia", [(us, Preferred), (gb, Acceptable)]),
            ("anaemia", [(us, Acceptable), (gb, Preferred)]),
        ] {
            let designation = NewDesignation {
                acceptability: &acceptability,
                ..NewDesignation::new("en", synonym, text, DisplayRank::Preferred)
            };
            builder.designation(concept, &designation);
        }
        let edition = open(builder);
        let shown = |wanted: &str| {
            let scores = edition.language_scores(&LanguagePreference::parse(wanted));
            edition.display_for(edition.find("x").unwrap(), &scores).to_owned()
        };
        assert_eq!(
            (shown("en-GB"), shown("en-US"), shown("en")),
            ("anaemia".into(), "anemia".into(), "anemia".into())
        );
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        assert_eq!(animals().finish().unwrap(), animals().finish().unwrap());
    }

    #[test]
    fn a_cycle_is_refused_with_its_codes() {
        let mut builder = animals();
        let (parent, child) = (builder.concept("A10"), builder.concept("A"));
        builder.parent(child, parent);
        let error = builder.finish().unwrap_err().to_string();
        assert!(error.starts_with("hierarchy cycle: ") && error.contains("A10"), "{error}");
    }

    #[test]
    fn an_empty_edition_is_an_edition() {
        let edition = open(EditionBuilder::new(EditionMeta::new("http://example.org", "")));
        assert_eq!((edition.concept_count(), edition.find("")), (0, None));
        assert!(edition.all().is_empty());
    }

    #[test]
    fn damaged_offsets_lead_to_no_more_rows_than_there_are() {
        use Section as S;
        let whole = Container::from_bytes(animals().finish().unwrap().into()).unwrap();
        let tables =
            [S::DesignationOffsets, S::PropertyOffsets, S::PropertyStarts, S::MemberStarts];
        let mut writer = super::super::ContainerWriter::new(ContainerKind::Edition);
        for &section in S::ALL {
            let mut bytes = whole.section(section.number()).to_vec();
            if tables.contains(&section) {
                bytes.iter_mut().skip(4).for_each(|byte| *byte = 0xff);
            }
            if section == S::Runs {
                bytes.iter_mut().skip(2).for_each(|byte| *byte = 0xff);
            }
            writer.section(section.number(), bytes);
        }
        let edition = Edition::from_bytes(writer.finish().into()).unwrap();
        let first = ConceptIx(0);
        assert_eq!(edition.designations(first).count(), 8);
        assert_eq!(edition.properties(first).count(), 4);
        assert_eq!(edition.distinct_values(PropertyId(0)).count(), 3);
        assert_eq!(edition.member_row_count(SetId(0)), 2);
        assert!(edition.descendants(first).len() <= 4);
    }

    #[test]
    fn a_damaged_file_is_refused_when_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.edition");
        let mut bytes = animals().finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert!(Edition::open(&path).is_ok());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(Edition::open(&path), Err(Error::Checksum { .. })));
        std::fs::write(&path, &bytes[..middle]).unwrap();
        assert!(matches!(Edition::open(&path), Err(Error::Truncated { .. })));
        std::fs::write(&path, "something else").unwrap();
        assert!(matches!(Edition::open(&path), Err(Error::NotAnIndex)));
    }
}
