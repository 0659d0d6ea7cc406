//! The vocabulary of value sets: what a definition says before anything is looked up.
//!
//! One shape for R4, R4B and R5; names and wording are those of R5. Which code system version an
//! include means, and what its filters select, is decided later, within the scope of a request.

use codesystems::Canonical;
use codesystems::model::Identifier;

/// The definition of a value set.
///
/// Source: FHIR R5 ValueSet. Text that the resource does not give is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValueSet {
    /// Canonical URL, empty for none (a value set sent along with a request may have none).
    pub url: String,
    /// Version, empty for none.
    pub version: String,
    /// Logical id, empty for none.
    pub id: String,
    /// Computer-friendly name.
    pub name: String,
    /// Human-friendly title.
    pub title: String,
    /// Publication status: draft, active, retired, unknown.
    pub status: String,
    /// Finer status of the publisher (extension `structuredefinition-standards-status`):
    /// `deprecated`, `withdrawn`, `trial-use`, …; empty for none.
    pub standards_status: String,
    /// For testing only.
    pub experimental: Option<bool>,
    /// Date, as FHIR dateTime.
    pub date: String,
    /// Who publishes it.
    pub publisher: String,
    /// What it is, for people.
    pub description: String,
    /// Copyright statement.
    pub copyright: String,
    /// BCP 47 tag of the resource.
    pub language: String,
    /// The content must not change any more.
    pub immutable: Option<bool>,
    /// Business identifiers.
    pub identifiers: Vec<Identifier>,
    /// Extensions of the resource, as its JSON array; empty for none.
    pub extension: String,
    /// Code system supplements that must be used (extension `valueset-supplement`).
    pub supplements: Vec<Canonical>,
    /// Parameters an expansion is to be made with (extension `valueset-expansion-parameter` of the
    /// value set or of its compose), in their order.
    pub expansion_parameters: Vec<ExpansionParameter>,
    /// Value sets that the resource contains, imported by `#id`.
    pub contained: Vec<ValueSet>,
    /// The definition of the content.
    pub compose: Option<Compose>,
    /// The content, where the resource brings it.
    pub expansion: Option<StoredExpansion>,
}

/// A parameter with a value, as `expansion.parameter` and the extension
/// `valueset-expansion-parameter` have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpansionParameter {
    /// Name of the parameter.
    pub name: String,
    /// Its value as text: `true`, `5`, `http://snomed.info/sct|…`.
    pub value: String,
    /// FHIR type of the value as in `value[x]`: `String`, `Boolean`, `Uri`, `Code`, …; empty when
    /// there is no value.
    pub value_type: String,
}

/// The definition of a value set's content (`ValueSet.compose`).
///
/// The content is the union of [`Compose::include`] without anything in [`Compose::exclude`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compose {
    /// Whether inactive concepts are part of the value set; `None` when it is not said.
    pub inactive: Option<bool>,
    /// Date at which versions that are not said are fixed; empty for none.
    pub locked_date: String,
    /// What is in.
    pub include: Vec<Include>,
    /// What is out again, whatever it is included by.
    pub exclude: Vec<Include>,
    /// Properties that an expansion should give (R5 `compose.property`).
    pub property: Vec<String>,
}

/// One include or exclude.
///
/// What it selects is the intersection of its parts: the concepts listed (all of the system when
/// [`Include::concepts`] is empty), all filters, and all value sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Include {
    /// Canonical URL of the code system; `None` when value sets alone select.
    pub system: Option<String>,
    /// Version of the code system; `None` leaves the choice to the request. May be a pattern.
    pub version: Option<String>,
    /// Concepts by code, in their order.
    pub concepts: Vec<EnumeratedConcept>,
    /// Conditions that all must hold.
    pub filters: Vec<Filter>,
    /// Value sets whose intersection is meant.
    pub value_sets: Vec<Canonical>,
    /// Copyright of this part, empty for none.
    pub copyright: String,
}

/// A concept listed by its code (`compose.include.concept`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnumeratedConcept {
    /// Code in the system of the include.
    pub code: String,
    /// Display of this value set, empty to take that of the code system.
    pub display: String,
    /// Further designations of this value set.
    pub designations: Vec<OwnDesignation>,
    /// Extensions of the concept that answers carry on (order, weight, label, deprecation, …), as
    /// the JSON array of the resource; empty for none.
    pub extension: String,
}

/// A designation that a value set gives to a concept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnDesignation {
    /// BCP 47 tag, empty for none.
    pub language: String,
    /// System of the use, empty for none.
    pub use_system: String,
    /// Code of the use, empty for none.
    pub use_code: String,
    /// Display of the use, empty for none.
    pub use_display: String,
    /// The text.
    pub value: String,
    /// Extensions that answers carry on, as the JSON array of the resource; empty for none.
    pub extension: String,
}

/// A condition on the concepts of a code system (`compose.include.filter`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Property or filter defined by the code system.
    pub property: String,
    /// How the property is compared.
    pub op: FilterOp,
    /// What it is compared with: a code, a text, a pattern, a list with commas, a boolean.
    pub value: String,
}

/// How a filter compares.
///
/// Source: FHIR R5 value set `http://hl7.org/fhir/ValueSet/filter-operator`; R4 knows all but
/// `child-of` and `descendent-leaf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FilterOp {
    /// The property has exactly this value.
    Equal,
    /// The concept itself or anything below it.
    IsA,
    /// Anything below the concept, without it.
    DescendentOf,
    /// Neither the concept itself nor anything below it.
    IsNotA,
    /// The whole value of the property matches the regular expression.
    Regex,
    /// The value is one of the codes of a list separated by commas.
    In,
    /// The value is none of the codes of a list separated by commas.
    NotIn,
    /// The concept itself or anything above it.
    Generalizes,
    /// Directly below the concept.
    ChildOf,
    /// Below the concept and without children of its own.
    DescendentLeaf,
    /// The property has a value (`true`) or has none (`false`).
    Exists,
}

impl FilterOp {
    /// All operators, in the order of the specification.
    pub const ALL: [Self; 11] = [
        Self::Equal,
        Self::IsA,
        Self::DescendentOf,
        Self::IsNotA,
        Self::Regex,
        Self::In,
        Self::NotIn,
        Self::Generalizes,
        Self::ChildOf,
        Self::DescendentLeaf,
        Self::Exists,
    ];

    /// The code of the operator.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::IsA => "is-a",
            Self::DescendentOf => "descendent-of",
            Self::IsNotA => "is-not-a",
            Self::Regex => "regex",
            Self::In => "in",
            Self::NotIn => "not-in",
            Self::Generalizes => "generalizes",
            Self::ChildOf => "child-of",
            Self::DescendentLeaf => "descendent-leaf",
            Self::Exists => "exists",
        }
    }

    /// The operator called `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.code() == code)
    }
}

/// An expansion that came with its value set (`ValueSet.expansion`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredExpansion {
    /// Identifier, empty for none.
    pub identifier: String,
    /// When it was made, as FHIR dateTime.
    pub timestamp: String,
    /// Concepts in the whole expansion, if that is said.
    pub total: Option<u64>,
    /// Number of the first concept shown, from 0.
    pub offset: Option<u64>,
    /// Parameters it was made with.
    pub parameters: Vec<ExpansionParameter>,
    /// The concepts, as a forest.
    pub contains: Vec<Contained>,
}

/// A concept of an expansion, with those shown below it (`expansion.contains`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contained {
    /// Canonical URL of the code system, empty for a mere heading.
    pub system: String,
    /// Version of the code system, empty for none.
    pub version: String,
    /// Code, empty for a mere heading.
    pub code: String,
    /// Display.
    pub display: String,
    /// Shown for navigation, not to be coded with.
    pub is_abstract: bool,
    /// No longer to be used.
    pub inactive: bool,
    /// Further designations.
    pub designations: Vec<OwnDesignation>,
    /// Concepts below.
    pub contains: Vec<Contained>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_operator_is_found_by_its_code() {
        for op in FilterOp::ALL {
            assert_eq!(FilterOp::from_code(op.code()), Some(op));
        }
        assert_eq!(FilterOp::from_code("isa"), None);
    }
}
