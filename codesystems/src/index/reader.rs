//! The one view of a mapped edition.

mod at_hand;
mod designation;
mod hierarchy;
mod member;
mod naming;
mod property;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod told;

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::codec::u16s;
use super::codes::Dictionary;
use super::column::Column;
use super::format::{Container, ContainerKind};
use super::sections::{Section, Table, name_of};
use super::write::{FLAG_INACTIVE, FLAG_NOT_SELECTABLE};
use crate::model::{ComponentVersion, EditionMeta, PropertyId, Provenance};
use crate::search::{Qualities, TextSections};
use crate::{ConceptIx, ConceptSet, Error, Result};

use at_hand::AtHand;
pub use designation::{DesignationRef, LanguageScores};
pub use member::MemberRow;
pub(crate) use naming::{NamingRows, Subtree};
pub use property::PropertyRef;
pub use shown::{ShownRow, ShownRows};
pub use told::Told;

const SECTIONS: usize = Section::ALL.len();
const TABLES: usize = Table::ALL.len();

/// One code system version, read from its mapped bytes.
///
/// Opening costs nothing that grows with the number of concepts. Every answer borrows from the
/// map; damaged bytes that slipped past the checksums give empty answers, never a panic.
#[derive(Debug)]
pub struct Edition {
    sections: [Bytes; SECTIONS],
    tables: [Column; TABLES],
    meta: EditionMeta,
    provenance: Provenance,
    hash: [u8; 32],
    byte_count: usize,
    count: u32,
    codes: Dictionary,
    codes_at_hand: AtHand,
    /// Codes in lower case; empty where no code has an upper-case letter.
    folded: Dictionary,
    /// Code of a membership set -> its number; LOINC has tens of thousands.
    set_numbers: OnceLock<FxHashMap<String, u16>>,
    /// Name of a property -> its number.
    property_numbers: OnceLock<FxHashMap<String, PropertyId>>,
    /// The concepts that properties are named after, by number of the property.
    property_concepts: OnceLock<Vec<Option<ConceptIx>>>,
    /// The concepts that have a value, by the concepts named.
    naming: OnceLock<naming::Naming>,
    kept_naming: OnceLock<naming::Kept>,
    rows_at_hand: shown::RowsAtHand,
    /// The text index of an edition that was written without it.
    text_on_demand: OnceLock<Option<TextSections>>,
    text_qualities: OnceLock<Qualities>,
    /// What the text index reads as offsets of designations, where they are not stored that way.
    one_designation_each: OnceLock<Vec<u8>>,
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
        let tables = Table::ALL.iter().map(|table| (table.number(), table.name()));
        let tables: [Column; TABLES] = Column::all(container, tables)?;
        let count = tables.get(Table::Flags as usize).map_or(0, Column::len) as u32;
        let codes = Dictionary::of(get(Section::CodeFst), get(Section::CodeOrder))?;
        let folded = Dictionary::of(get(Section::FoldedFst), get(Section::FoldedOrder))?;
        let hash = *container.content_hash();
        let byte_count = container.byte_count();
        let edition = Self {
            sections,
            tables,
            meta,
            provenance,
            hash,
            byte_count,
            count,
            codes,
            codes_at_hand: AtHand::default(),
            folded,
            set_numbers: OnceLock::new(),
            property_numbers: OnceLock::new(),
            property_concepts: OnceLock::new(),
            naming: OnceLock::new(),
            kept_naming: OnceLock::new(),
            rows_at_hand: shown::RowsAtHand::default(),
            text_on_demand: OnceLock::new(),
            text_qualities: OnceLock::new(),
            one_designation_each: OnceLock::new(),
        };
        edition.check()?;
        Ok(edition)
    }

    /// Tables that are asked by ordinal must have one row for each.
    fn check(&self) -> Result<()> {
        let rows = self.count as usize;
        let designations = self.designation_count() as usize;
        let values = self.value_count() as usize;
        let expected = [
            (Table::CodeOffsets, rows + 1, false),
            (Table::Status, rows, false),
            (Table::Kind, rows, false),
            (Table::ParentOffsets, rows + 1, true),
            (Table::ChildOffsets, rows + 1, true),
            (Table::RunOffsets, rows + 1, true),
            (Table::DescendantCounts, rows, true),
            (Table::DesignationOffsets, rows + 1, true),
            (Table::Displays, rows, true),
            (Table::PropertyOffsets, rows + 1, true),
            (Table::TextOffsets, designations + 1, true),
            (Table::DesignationFlags, designations, true),
            (Table::DesignationUse, designations, true),
            (Table::ValueProperties, values, true),
            (Table::ValueOffsets, values + 1, true),
            (Table::ValueConcepts, values, true),
            (Table::ValueOrigins, values, true),
            (Table::PostingOffsets, values + 1, true),
        ];
        for (table, expected, optional) in expected {
            let found = self.table(table).len();
            if found != expected && !(optional && found == 0) && rows > 0 {
                return Err(Error::Section {
                    section: table.name(),
                    problem: "has the wrong size",
                });
            }
        }
        Ok(())
    }

    fn bytes(&self, section: Section) -> &[u8] {
        self.sections.get(section as usize).map(|bytes| &bytes[..]).unwrap_or_default()
    }

    fn table(&self, table: Table) -> &Column {
        static NONE: Column = Column::empty();
        self.tables.get(table as usize).unwrap_or(&NONE)
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
        self.table(Table::DesignationLanguage).len() as u32
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
            if self.meta.case_sensitive != Some(false) {
                return None;
            }
            let code = code.to_lowercase();
            if self.folded.is_empty() {
                return self.find_exact(&code);
            }
            self.folded.find(&code, |concept| self.code(concept).to_lowercase().cmp(&code))
        })
    }

    /// The concept with exactly `code`.
    #[must_use]
    pub fn find_exact(&self, code: &str) -> Option<ConceptIx> {
        if self.codes.is_walked()
            && let Some(found) = self.codes_at_hand.find(self, code)
        {
            return found;
        }
        self.codes.find(code, |concept| self.code(concept).cmp(code))
    }

    /// The code of a concept; empty when it is out of range. Cost: one array access.
    #[must_use]
    pub fn code(&self, concept: ConceptIx) -> &str {
        self.text(Section::CodeBytes, self.table(Table::CodeOffsets).range(concept.row()))
    }

    /// Concepts whose code begins with `prefix`, in code order.
    pub fn codes_with_prefix(&self, prefix: &str) -> impl Iterator<Item = ConceptIx> + '_ {
        use fst::Automaton as _;
        let automaton = fst::automaton::Str::new(prefix).starts_with();
        self.codes.matching(automaton, |concept| self.code(concept)).into_iter()
    }

    /// Concepts whose whole code is matched by `automaton`.
    pub fn codes_matching(&self, automaton: impl fst::Automaton) -> ConceptSet {
        self.codes.matching(automaton, |concept| self.code(concept)).into_iter().collect()
    }

    // -- status -----------------------------------------------------------------------------

    fn flags(&self, concept: ConceptIx) -> u8 {
        self.table(Table::Flags).at(concept.row()) as u8
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
        let flags = self.table(Table::Flags).iter();
        let rows = (0u32..).zip(flags).filter(|&(_, flags)| flags & u32::from(flag) != 0);
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

    fn named<'a>(&self, table: Table, names: &'a [String], concept: ConceptIx) -> &'a str {
        let number = (self.table(table).at(concept.row()) as usize).checked_sub(1);
        number.and_then(|number| names.get(number)).map_or("", String::as_str)
    }

    /// The status code of a concept, empty when the publisher gives none.
    #[must_use]
    pub fn status(&self, concept: ConceptIx) -> &str {
        self.named(Table::Status, &self.meta.statuses, concept)
    }

    /// The kind of a concept (chapter, block, category, …), empty when it has none.
    #[must_use]
    pub fn kind(&self, concept: ConceptIx) -> &str {
        self.named(Table::Kind, &self.meta.kinds, concept)
    }

    /// Module and date of `row`, by the numbers in `section`; numbers are from 1, 0 is for none.
    fn component_version(&self, section: Section, row: usize) -> Option<&ComponentVersion> {
        let number = u16s(self.bytes(section)).get(row)?.get();
        self.meta.component_versions.get(usize::from(number).checked_sub(1)?)
    }
}
