//! The shape of a CodeSystem in JSON: R4, R4B and R5, as far as the reader asks for it.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::fhir::json::{Coding, Identifier, NamedValue, Text, Value};

/// A CodeSystem. Members that are not listed are skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CodeSystem<'a> {
    #[serde(borrow)]
    pub(super) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) language: Text<'a>,
    #[serde(borrow)]
    pub(super) extension: Vec<NamedValue<'a>>,
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
    pub(super) case_sensitive: Option<bool>,
    #[serde(borrow)]
    pub(super) value_set: Text<'a>,
    #[serde(borrow)]
    pub(super) hierarchy_meaning: Text<'a>,
    pub(super) compositional: Option<bool>,
    pub(super) version_needed: Option<bool>,
    #[serde(borrow)]
    pub(super) content: Text<'a>,
    #[serde(borrow)]
    pub(super) supplements: Text<'a>,
    pub(super) count: Option<u64>,
    #[serde(borrow)]
    pub(super) filter: Vec<Filter<'a>>,
    #[serde(borrow)]
    pub(super) property: Vec<Property<'a>>,
    #[serde(borrow)]
    pub(super) concept: Vec<Concept<'a>>,
}

/// `CodeSystem.filter`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter<'a> {
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) description: Text<'a>,
    #[serde(borrow)]
    pub(super) operator: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) value: Text<'a>,
}

/// `CodeSystem.property`.
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

/// `CodeSystem.concept`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Concept<'a> {
    #[serde(borrow)]
    pub(super) extension: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) display: Text<'a>,
    #[serde(borrow, rename = "_display")]
    pub(super) display_element: Option<Primitive<'a>>,
    #[serde(borrow)]
    pub(super) definition: Text<'a>,
    #[serde(borrow)]
    pub(super) designation: Vec<Designation<'a>>,
    #[serde(borrow)]
    pub(super) property: Vec<ConceptProperty<'a>>,
    #[serde(borrow)]
    pub(super) concept: Vec<Concept<'a>>,
}

/// What a primitive element has beside its value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Primitive<'a> {
    #[serde(borrow)]
    pub(super) extension: Vec<NamedValue<'a>>,
}

/// `CodeSystem.concept.designation`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Designation<'a> {
    #[serde(borrow)]
    pub(super) extension: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) language: Text<'a>,
    #[serde(borrow, rename = "use")]
    pub(super) purpose: Option<Box<Coding<'a>>>,
    #[serde(borrow)]
    pub(super) value: Text<'a>,
}

/// `CodeSystem.concept.property`: there are so many that they are read into as little as possible.
#[derive(Debug, Default)]
pub(super) struct ConceptProperty<'a> {
    pub(super) code: Text<'a>,
    pub(super) value: Option<Value<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for ConceptProperty<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ConceptPropertyVisitor)
    }
}

struct ConceptPropertyVisitor;

impl<'de> Visitor<'de> for ConceptPropertyVisitor {
    type Value = ConceptProperty<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a property with code and value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ConceptProperty<'de>, M::Error> {
        let mut found = ConceptProperty::default();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match (&*key, key.strip_prefix("value")) {
                ("code", _) => found.code = map.next_value()?,
                (_, Some(suffix)) => found.value = Some(Value::read(suffix, &mut map)?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}
