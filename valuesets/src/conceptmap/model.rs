//! The vocabulary of concept maps.

use codesystems::PropertyKind;
use codesystems::model::Identifier;
use serde::{Deserialize, Serialize};

/// How a source concept relates to a target concept.
///
/// The finer wording of R4 (`ConceptMap.group.element.target.equivalence`) is kept, because R5's
/// `relationship` can be said from it and not the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Relationship {
    /// Related in an unknown way.
    RelatedTo = 0,
    /// The same meaning.
    Equivalent = 1,
    /// The same meaning and the same definition (R4 only).
    Equal = 2,
    /// The source is narrower: the **target is wider** (R4 `wider`).
    SourceIsNarrower = 3,
    /// The target subsumes the source (R4 `subsumes`).
    TargetSubsumesSource = 4,
    /// The source is broader: the **target is narrower** (R4 `narrower`).
    SourceIsBroader = 5,
    /// The target specialises the source (R4 `specializes`).
    TargetSpecializesSource = 6,
    /// Overlapping meanings (R4 `inexact`).
    Inexact = 7,
    /// There is no target (R4 `unmatched`).
    Unmatched = 8,
    /// Explicitly not related.
    NotRelatedTo = 9,
}

impl Relationship {
    const ALL: [Self; 10] = [
        Self::RelatedTo,
        Self::Equivalent,
        Self::Equal,
        Self::SourceIsNarrower,
        Self::TargetSubsumesSource,
        Self::SourceIsBroader,
        Self::TargetSpecializesSource,
        Self::Inexact,
        Self::Unmatched,
        Self::NotRelatedTo,
    ];

    /// The code in R4 (value set concept-map-equivalence).
    #[must_use]
    pub fn r4(self) -> &'static str {
        match self {
            Self::RelatedTo => "relatedto",
            Self::Equivalent => "equivalent",
            Self::Equal => "equal",
            Self::SourceIsNarrower => "wider",
            Self::TargetSubsumesSource => "subsumes",
            Self::SourceIsBroader => "narrower",
            Self::TargetSpecializesSource => "specializes",
            Self::Inexact => "inexact",
            Self::Unmatched => "unmatched",
            Self::NotRelatedTo => "disjoint",
        }
    }

    /// The code in R5 (value set concept-map-relationship).
    #[must_use]
    pub fn r5(self) -> &'static str {
        match self {
            Self::RelatedTo | Self::Inexact | Self::Unmatched => "related-to",
            Self::Equivalent | Self::Equal => "equivalent",
            Self::SourceIsNarrower | Self::TargetSubsumesSource => "source-is-narrower-than-target",
            Self::SourceIsBroader | Self::TargetSpecializesSource => {
                "source-is-broader-than-target"
            }
            Self::NotRelatedTo => "not-related-to",
        }
    }

    /// The relationship called `code` in R4 or R5.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|relationship| relationship.r4() == code)
            .or_else(|| Self::ALL.into_iter().find(|relationship| relationship.r5() == code))
    }

    /// The relationship stored as `byte`.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        Self::ALL.get(usize::from(byte)).copied().unwrap_or(Self::RelatedTo)
    }

    /// The relationship read from target to source.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::SourceIsNarrower => Self::SourceIsBroader,
            Self::SourceIsBroader => Self::SourceIsNarrower,
            Self::TargetSubsumesSource => Self::TargetSpecializesSource,
            Self::TargetSpecializesSource => Self::TargetSubsumesSource,
            symmetric => symmetric,
        }
    }
}

/// The metadata of a concept map. Field names follow FHIR R5 ConceptMap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConceptMapMeta {
    /// Canonical URL.
    pub url: String,
    /// Version, empty for none.
    pub version: String,
    /// Logical id, empty to derive one.
    pub id: String,
    /// Computer-friendly name.
    pub name: String,
    /// Human-friendly title.
    pub title: String,
    /// Publication status.
    pub status: String,
    /// Date, as FHIR dateTime.
    pub date: String,
    /// Who publishes it.
    pub publisher: String,
    /// What it is, for people.
    pub description: String,
    /// Copyright statement.
    pub copyright: String,
    /// Canonical of the value set the sources come from, empty for none.
    pub source_scope: String,
    /// Canonical of the value set the targets come from, empty for none.
    pub target_scope: String,
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// Properties that mappings may carry.
    pub properties: Vec<MapProperty>,
}

/// What a property of a mapping is (`ConceptMap.property` of R5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapProperty {
    /// Name.
    pub code: String,
    /// Canonical meaning, empty for none.
    #[serde(default)]
    pub uri: String,
    /// One line for people.
    #[serde(default)]
    pub description: String,
    /// Type of the values.
    pub kind: PropertyKind,
}

/// What to answer for a source code without a mapping (`ConceptMap.group.unmapped`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unmapped {
    /// `use-source-code` (R4 `provided`), `fixed` or `other-map`.
    pub mode: String,
    /// The code, for `fixed`.
    pub code: String,
    /// Its display.
    pub display: String,
    /// Relationship in the wording of R4 or R5, empty for none.
    pub relationship: String,
    /// Canonical of another map, for `other-map`.
    pub other_map: String,
}

/// One group of a concept map: from one system to another (`ConceptMap.group`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MapGroup {
    /// Canonical URL of the source system, empty when the map does not say it.
    pub source: String,
    /// Version of the source system, empty for any.
    pub source_version: String,
    /// Canonical URL of the target system, empty when the map does not say it.
    pub target: String,
    /// Version of the target system, empty for any.
    pub target_version: String,
    /// What to answer for codes without a mapping.
    pub unmapped: Option<Unmapped>,
}
