//! The vocabulary of code systems: canonical, concept, designation, property, edition.

mod canonical;
mod edition;
mod property;

pub use canonical::Canonical;
pub use edition::{
    ComponentVersion, DesignationUse, Dialect, EditionMeta, FilterDefinition, Identifier,
    MembershipSet, Provenance, SourceFile, SynonymLink,
};
pub(crate) use property::PART;
pub use property::{PropertyDefinition, PropertyKind, PropertyValue};

/// The number of a concept inside one edition.
///
/// Dense from 0; assigned in hierarchy order (depth-first over a spanning tree, codes in natural
/// order among siblings), so that subtrees are mostly runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConceptIx(pub u32);

impl ConceptIx {
    /// The row of this concept in a table of the edition.
    #[must_use]
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

/// The number of a concept while an edition is being built: order of first mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConceptId(pub u32);

/// The number of a designation use in [`EditionMeta::designation_uses`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UseId(pub u8);

/// The number of a property in [`EditionMeta::properties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyId(pub u16);

/// The number of a membership set in [`EditionMeta::membership_sets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u16);

/// How eligible a designation is to be shown as the display of its concept.
///
/// Among the designations of the best matching language the lowest rank wins, then the order in
/// which they were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DisplayRank {
    /// The preferred term of its language.
    Preferred = 0,
    /// A synonym: shown only where its language has no preferred term.
    Synonym = 1,
    /// A long or fully specified name.
    FullName = 2,
    /// Searched and listed, never shown as display: inclusion terms, related names.
    SearchOnly = 3,
    /// Listed, neither shown as display nor searched: definitions, notes, exclusions.
    Note = 4,
}

impl DisplayRank {
    /// The rank stored as `byte`; anything unknown is a note.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Preferred,
            1 => Self::Synonym,
            2 => Self::FullName,
            3 => Self::SearchOnly,
            _ => Self::Note,
        }
    }
}

/// Whether a description is preferred or acceptable in a dialect (a SNOMED CT language reference set).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Acceptability {
    /// The term to show in this dialect.
    Preferred,
    /// A valid synonym in this dialect.
    Acceptable,
}

/// One designation on its way into an edition.
#[derive(Debug, Clone)]
pub struct NewDesignation<'a> {
    /// BCP 47 tag, empty when unknown.
    pub language: &'a str,
    /// Kind of designation, see [`crate::EditionBuilder::designation_use`].
    pub use_id: UseId,
    /// The text.
    pub value: &'a str,
    /// Eligibility as display.
    pub rank: DisplayRank,
    /// False for retired descriptions: stored, listed only on demand, never searched.
    pub active: bool,
    /// Publisher's identifier (SNOMED CT description id), 0 for none.
    pub id: u64,
    /// Dialects in which it is preferred or acceptable: (number of the dialect from
    /// [`crate::EditionBuilder::dialect`], acceptability).
    pub acceptability: &'a [(u8, Acceptability)],
    /// Number of its module and date, see [`crate::EditionBuilder::component_version`]; 0 for none.
    pub version: u16,
}

impl<'a> NewDesignation<'a> {
    /// An active designation without dialects.
    #[must_use]
    pub fn new(language: &'a str, use_id: UseId, value: &'a str, rank: DisplayRank) -> Self {
        Self { language, use_id, value, rank, active: true, id: 0, acceptability: &[], version: 0 }
    }
}
