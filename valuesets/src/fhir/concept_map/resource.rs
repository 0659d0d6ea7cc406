//! The shape of a ConceptMap in JSON: R4, R4B and R5, as far as the reader asks for it.

use codesystems::fhir::json::{NamedValue, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A ConceptMap. Members that are not listed are skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConceptMap<'a> {
    #[serde(borrow)]
    pub(super) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) url: Text<'a>,
    /// One object in R4, an array in R5.
    #[serde(borrow)]
    pub(super) identifier: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) date: Text<'a>,
    #[serde(borrow)]
    pub(super) publisher: Text<'a>,
    #[serde(borrow)]
    pub(super) description: Text<'a>,
    #[serde(borrow)]
    pub(super) copyright: Text<'a>,
    /// R4; both `source[x]` may not be there at once.
    #[serde(borrow, alias = "sourceUri", alias = "sourceScopeUri", alias = "sourceScopeCanonical")]
    pub(super) source_canonical: Text<'a>,
    #[serde(borrow, alias = "targetUri", alias = "targetScopeUri", alias = "targetScopeCanonical")]
    pub(super) target_canonical: Text<'a>,
    #[serde(borrow)]
    pub(super) property: Vec<Property<'a>>,
    #[serde(borrow)]
    pub(super) group: Vec<Group<'a>>,
}

/// `ConceptMap.property` (R5).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Property<'a> {
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) uri: Text<'a>,
    #[serde(borrow)]
    pub(super) description: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
}

/// `ConceptMap.group`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Group<'a> {
    #[serde(borrow)]
    pub(super) source: Text<'a>,
    #[serde(borrow)]
    pub(super) source_version: Text<'a>,
    #[serde(borrow)]
    pub(super) target: Text<'a>,
    #[serde(borrow)]
    pub(super) target_version: Text<'a>,
    #[serde(borrow)]
    pub(super) element: Vec<Element<'a>>,
    #[serde(borrow)]
    pub(super) unmapped: Option<Unmapped<'a>>,
}

/// `ConceptMap.group.element`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Element<'a> {
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) display: Text<'a>,
    #[serde(borrow)]
    pub(super) value_set: Text<'a>,
    pub(super) no_map: Option<bool>,
    #[serde(borrow)]
    pub(super) target: Vec<Target<'a>>,
}

/// `ConceptMap.group.element.target`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Target<'a> {
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) display: Text<'a>,
    #[serde(borrow)]
    pub(super) value_set: Text<'a>,
    /// R4.
    #[serde(borrow)]
    pub(super) equivalence: Text<'a>,
    /// R5.
    #[serde(borrow)]
    pub(super) relationship: Text<'a>,
    #[serde(borrow)]
    pub(super) comment: Text<'a>,
    #[serde(borrow)]
    pub(super) property: Vec<NamedValue<'a>>,
    #[serde(borrow)]
    pub(super) depends_on: Vec<NamedValue<'a>>,
    #[serde(borrow)]
    pub(super) product: Vec<NamedValue<'a>>,
}

/// `ConceptMap.group.unmapped`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Unmapped<'a> {
    #[serde(borrow)]
    pub(super) mode: Text<'a>,
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) display: Text<'a>,
    #[serde(borrow)]
    pub(super) relationship: Text<'a>,
    /// `url` in R4.
    #[serde(borrow, alias = "url")]
    pub(super) other_map: Text<'a>,
}
