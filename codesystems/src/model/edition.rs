//! What an edition says of itself.

use serde::{Deserialize, Serialize};

use super::PropertyDefinition;

/// The metadata of one code system version.
///
/// Field names follow FHIR R5 CodeSystem; everything a publisher does not say stays empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EditionMeta {
    /// Canonical URL.
    pub url: String,
    /// Version, empty when the publisher gives none.
    pub version: String,
    /// Further canonical URLs under which the same content is asked for.
    pub aliases: Vec<String>,
    /// Logical id of the CodeSystem resource, empty to derive one.
    pub id: String,
    /// Computer-friendly name.
    pub name: String,
    /// Human-friendly title.
    pub title: String,
    /// Publication status: draft, active, retired, unknown.
    pub status: String,
    /// Finer status of the publisher (FHIR extension `structuredefinition-standards-status`):
    /// `deprecated`, `withdrawn`, `trial-use`, …; empty for none.
    pub standards_status: String,
    /// For testing only.
    pub experimental: Option<bool>,
    /// Date of the release, as FHIR dateTime.
    pub date: String,
    /// Who publishes it.
    pub publisher: String,
    /// What it is, for people.
    pub description: String,
    /// Copyright statement, with the sentence the licence asks for.
    pub copyright: String,
    /// Licence notices that must be shown to users.
    pub notices: Vec<String>,
    /// BCP 47 tag of the default language of displays.
    pub language: String,
    /// Whether codes are compared with case.
    pub case_sensitive: Option<bool>,
    /// Canonical of the value set of all codes.
    pub value_set: String,
    /// Meaning of the hierarchy: is-a, grouped-by, part-of, classified-with.
    pub hierarchy_meaning: String,
    /// Whether codes can be composed by a grammar.
    pub compositional: Option<bool>,
    /// Whether a version must be given with each code.
    pub version_needed: Option<bool>,
    /// Extent: complete, fragment, supplement, example, not-present.
    pub content: String,
    /// Canonical of the code system supplemented, for supplements.
    pub supplements: String,
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// Properties that concepts may have; the order numbers them.
    pub properties: Vec<PropertyDefinition>,
    /// Filters beyond those every code system answers.
    pub filters: Vec<FilterDefinition>,
    /// Uses of designations; the order numbers them.
    pub designation_uses: Vec<DesignationUse>,
    /// Language tags of designations; the order numbers them.
    pub languages: Vec<String>,
    /// Status codes of concepts; the order numbers them.
    pub statuses: Vec<String>,
    /// Kinds of concepts (chapter, block, category, …); the order numbers them.
    pub kinds: Vec<String>,
    /// Dialects in which designations are preferred or acceptable; the order numbers them.
    pub dialects: Vec<Dialect>,
    /// Named sets of concepts (reference sets, answer lists, groups); the order numbers them.
    pub membership_sets: Vec<MembershipSet>,
    /// Modules and dates of designations and members of sets; the order numbers them.
    pub component_versions: Vec<ComponentVersion>,
    /// The publisher writes concepts inside of each other (`CodeSystem.concept.concept`).
    pub nested: bool,
    /// Another code system whose concepts this one offers search synonyms for.
    pub synonyms_for: Vec<SynonymLink>,
}

impl EditionMeta {
    /// Metadata of version `version` of the code system `url`; active, complete, nothing else said.
    pub fn new(url: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            version: version.into(),
            status: "active".into(),
            content: "complete".into(),
            ..Self::default()
        }
    }
}

/// A business identifier: system and value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// Namespace of the value.
    pub system: String,
    /// The value.
    pub value: String,
}

/// A filter a code system offers in compose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterDefinition {
    /// Name of the filter.
    pub code: String,
    /// One line for people.
    pub description: String,
    /// Operators it takes.
    pub operators: Vec<String>,
    /// What to write as value.
    pub value: String,
}

/// A kind of designation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesignationUse {
    /// Code system of the use.
    pub system: String,
    /// Code of the use.
    pub code: String,
    /// Its display, empty for none.
    pub display: String,
}

/// A dialect: a reference set of preferred and acceptable designations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Code of the reference set.
    pub code: String,
    /// BCP 47 tag it stands for, empty if unknown.
    pub language: String,
}

impl Dialect {
    /// Whether a language tag names this dialect: its own tag, or its reference set after
    /// `x-sctlang`, the digits in groups of at most eight (`en-x-sctlang-90000000-00005080-04`).
    ///
    /// Source: Using SNOMED CT with FHIR, language reference sets.
    #[must_use]
    pub fn is_named(&self, tag: &str) -> bool {
        if !tag.is_empty() && tag.eq_ignore_ascii_case(&self.language) {
            return true;
        }
        const PRIVATE: &str = "x-sctlang-";
        let tag = tag.to_ascii_lowercase();
        let digits = tag
            .split_once(PRIVATE)
            .filter(|(before, _)| before.is_empty() || before.ends_with('-'));
        digits.is_some_and(|(_, digits)| {
            digits.bytes().filter(|byte| *byte != b'-').eq(self.code.bytes())
        })
    }
}

/// Which module a component belongs to, and since when it is as it is (SNOMED CT).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ComponentVersion {
    /// Code of the module.
    pub module: String,
    /// Effective time as `YYYYMMDD`, empty if not yet released.
    pub date: String,
}

/// A named set of concepts with its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipSet {
    /// Code of the set; often itself a concept.
    pub code: String,
    /// Its name, empty when the code is a concept.
    pub name: String,
    /// Names of the fields that each member row has, in order.
    pub fields: Vec<String>,
}

/// Says that a property of this edition points to concepts that its designations are synonyms of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynonymLink {
    /// Canonical of the other code system.
    pub system: String,
    /// Its version.
    pub version: String,
    /// Properties of this edition whose values are codes of the other system.
    pub properties: Vec<String>,
}

/// Where an edition comes from; part of the content hash except for [`Provenance::built_at`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The files it was built from.
    pub sources: Vec<SourceFile>,
    /// Name of the loader.
    pub loader: String,
    /// Version of the loader.
    pub loader_version: String,
    /// When it was built, RFC 3339; kept outside of the hash.
    #[serde(skip)]
    pub built_at: String,
}

/// One file of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Name without its folder.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}
