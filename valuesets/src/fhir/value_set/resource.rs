//! The shape of a ValueSet in JSON: R4, R4B and R5, as far as the reader asks for it.

use codesystems::fhir::json::{Coding, Identifier, NamedValue, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A ValueSet. Members that are not listed are skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ValueSet<'a> {
    #[serde(borrow, rename = "resourceType")]
    pub(super) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) language: Text<'a>,
    #[serde(borrow)]
    pub(super) extension: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) url: Text<'a>,
    #[serde(borrow)]
    pub(super) identifier: Vec<Identifier<'a>>,
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) title: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    pub(super) experimental: Option<bool>,
    #[serde(borrow)]
    pub(super) date: Text<'a>,
    #[serde(borrow)]
    pub(super) publisher: Text<'a>,
    #[serde(borrow)]
    pub(super) description: Text<'a>,
    #[serde(borrow)]
    pub(super) copyright: Text<'a>,
    pub(super) immutable: Option<bool>,
    #[serde(borrow)]
    pub(super) contained: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(super) compose: Option<Compose<'a>>,
    #[serde(borrow)]
    pub(super) expansion: Option<Expansion<'a>>,
}

/// `ValueSet.compose`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Compose<'a> {
    #[serde(borrow)]
    pub(super) extension: Vec<NamedValue<'a>>,
    pub(super) inactive: Option<bool>,
    #[serde(borrow, rename = "lockedDate")]
    pub(super) locked_date: Text<'a>,
    #[serde(borrow)]
    pub(super) include: Vec<Include<'a>>,
    #[serde(borrow)]
    pub(super) exclude: Vec<Include<'a>>,
    #[serde(borrow)]
    pub(super) property: Vec<Text<'a>>,
}

/// `ValueSet.compose.include` and `exclude`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Include<'a> {
    #[serde(borrow)]
    pub(super) system: Text<'a>,
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    pub(super) concept: Vec<Concept<'a>>,
    #[serde(borrow)]
    pub(super) filter: Vec<Filter<'a>>,
    #[serde(borrow, rename = "valueSet")]
    pub(super) value_set: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) copyright: Text<'a>,
}

/// `ValueSet.compose.include.concept`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Concept<'a> {
    #[serde(borrow)]
    pub(super) extension: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) display: Text<'a>,
    #[serde(borrow)]
    pub(super) designation: Vec<Designation<'a>>,
}

/// `designation` of a concept in compose and expansion.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Designation<'a> {
    #[serde(borrow)]
    pub(super) extension: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) language: Text<'a>,
    #[serde(borrow, rename = "use")]
    pub(super) purpose: Coding<'a>,
    #[serde(borrow)]
    pub(super) value: Text<'a>,
}

/// `ValueSet.compose.include.filter`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter<'a> {
    #[serde(borrow)]
    pub(super) property: Text<'a>,
    #[serde(borrow)]
    pub(super) op: Text<'a>,
    #[serde(borrow, rename = "_op")]
    pub(super) op_element: Option<Primitive<'a>>,
    #[serde(borrow)]
    pub(super) value: Text<'a>,
}

/// What a primitive element has beside its value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Primitive<'a> {
    #[serde(borrow)]
    pub(super) extension: Vec<NamedValue<'a>>,
}

/// `ValueSet.expansion`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Expansion<'a> {
    #[serde(borrow)]
    pub(super) identifier: Text<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    pub(super) total: Option<u64>,
    pub(super) offset: Option<u64>,
    #[serde(borrow)]
    pub(super) parameter: Vec<NamedValue<'a>>,
    #[serde(borrow)]
    pub(super) contains: Vec<Contains<'a>>,
}

/// `ValueSet.expansion.contains`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contains<'a> {
    #[serde(borrow)]
    pub(super) system: Text<'a>,
    #[serde(rename = "abstract")]
    pub(super) is_abstract: Option<bool>,
    pub(super) inactive: Option<bool>,
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) display: Text<'a>,
    #[serde(borrow)]
    pub(super) designation: Vec<Designation<'a>>,
    #[serde(borrow)]
    pub(super) contains: Vec<Contains<'a>>,
}
