//! Looking into the first level of a JSON resource without reading the rest into memory.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::WireError;

/// The members of a JSON object in their order, with each value as raw text borrowed from the input.
#[derive(Debug, Clone)]
pub struct Members<'a>(
    /// Name and value of each member.
    pub Vec<(Cow<'a, str>, &'a RawValue)>,
);

impl<'a> Members<'a> {
    /// Reads the members of the object that `json` is.
    ///
    /// Cost: one pass; allocates the list.
    ///
    /// # Errors
    /// [`WireError::Json`] where `json` is not one well-formed object.
    pub fn of(json: &'a str) -> Result<Self, WireError> {
        serde_json::from_str(json).map_err(WireError::from)
    }

    /// The raw text of the member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(each, _)| each == name).map(|(_, value)| value.get())
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(24);
        while let Some(BorrowedText(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A JSON string, borrowed where it holds no escapes. (An `Option<Cow<str>>` would always be copied.)
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::wire) struct BorrowedText<'a>(#[serde(borrow)] pub(in crate::wire) Cow<'a, str>);

/// The `resourceType` of a JSON resource; `None` where there is none.
///
/// Cost: constant where `resourceType` is the first member, which is the common case; the body is then not
/// checked any further. Otherwise one pass.
///
/// # Errors
/// [`WireError::Json`] where a body that does not begin with `resourceType` is not a well-formed object.
pub fn resource_type(json: &str) -> Result<Option<Cow<'_, str>>, WireError> {
    if let Some(leading) = leading_resource_type(json) {
        return Ok(Some(Cow::Borrowed(leading)));
    }
    let typed: TypedResource<'_> = serde_json::from_str(json)?;
    Ok(typed.resource_type.map(|name| name.0))
}

#[derive(Deserialize)]
#[serde(expecting = "a FHIR resource (a JSON object)")]
struct TypedResource<'a> {
    #[serde(borrow, rename = "resourceType")]
    resource_type: Option<BorrowedText<'a>>,
}

fn leading_resource_type(json: &str) -> Option<&str> {
    let after_bracket = json.trim_start().strip_prefix('{')?.trim_start();
    let after_key = after_bracket.strip_prefix("\"resourceType\"")?.trim_start();
    let content = after_key.strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let (name, _) = content.split_once('"')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_type_is_found_at_any_place() {
        assert_eq!(
            resource_type(" {\n \"resourceType\" : \"ValueSet\", broken").unwrap().as_deref(),
            Some("ValueSet")
        );
        assert_eq!(
            resource_type(r#"{"id":"x","text":{},"resourceType":"CodeSystem"}"#)
                .unwrap()
                .as_deref(),
            Some("CodeSystem")
        );
        assert_eq!(resource_type(r#"{"id":"x"}"#).unwrap(), None);
        assert!(matches!(resource_type("[]"), Err(WireError::Json { .. })));
    }

    #[test]
    fn members_keep_order_and_raw_text() {
        let members = Members::of(r#"{"b": [1, 2.0], "\u0061": {"c":"d"}}"#).unwrap();
        let names: Vec<_> = members.0.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(members.get("b"), Some("[1, 2.0]"));
        assert_eq!(members.get("z"), None);
    }
}
