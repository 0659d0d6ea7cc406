//! Pieces of FHIR JSON, read without copying.
//!
//! A resource sent along with a request is read on the request's time: texts are borrowed from the
//! JSON wherever it has no escapes, members that nobody asks for are skipped, and no tree is built.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json_path::{offset_of, path_at};
use crate::{Error, PropertyKind, PropertyValue, Result};

/// Reads a resource of type `resource_type` from JSON; a byte order mark is skipped.
///
/// # Errors
/// [`Error::Resource`] naming the element, when the text is not JSON or an element is not of the
/// type that FHIR gives it.
pub fn from_slice<'a, T: Deserialize<'a>>(resource_type: &str, json: &'a [u8]) -> Result<T> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    serde_json::from_slice(json).map_err(|problem| error(resource_type, json, &problem))
}

/// An error that names the element in which serde stopped.
fn error(resource_type: &str, json: &[u8], problem: &serde_json::Error) -> Error {
    let offset = offset_of(json, problem.line(), problem.column());
    let path = path_at(json, offset);
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    Error::Resource { element: format!("{resource_type}{dot}{path}"), problem: problem.to_string() }
}

/// A FHIR string, borrowed where the JSON allows it; empty for a missing member and for `null`
/// (which arrays of primitives with extensions hold).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text, `None` when it is empty.
    #[must_use]
    pub fn some(&self) -> Option<&str> {
        (!self.is_empty()).then_some(&self.0)
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

/// A `Coding`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Coding<'a> {
    /// Canonical of the code system.
    #[serde(borrow)]
    pub system: Text<'a>,
    /// Its version.
    #[serde(borrow)]
    pub version: Text<'a>,
    /// The code.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// Its display.
    #[serde(borrow)]
    pub display: Text<'a>,
}

/// An `Identifier`, as far as terminology resources are found by it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identifier<'a> {
    /// Namespace of the value.
    #[serde(borrow)]
    pub system: Text<'a>,
    /// The value.
    #[serde(borrow)]
    pub value: Text<'a>,
}

impl Identifier<'_> {
    /// The identifier of the domain.
    #[must_use]
    pub fn owned(&self) -> crate::model::Identifier {
        crate::model::Identifier { system: self.system.to_string(), value: self.value.to_string() }
    }
}

/// The value of a `value[x]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `valueCode`.
    Code(Text<'a>),
    /// `valueString` and everything else that is written as a JSON string: uri, canonical, id, markdown, ….
    String(Text<'a>),
    /// `valueCoding`; boxed, because it is rare and several times as large as the others.
    Coding(Box<Coding<'a>>),
    /// `valueInteger`, `valuePositiveInt`, `valueUnsignedInt`, `valueInteger64`.
    Integer(i64),
    /// `valueDecimal`, as written.
    Decimal(&'a str),
    /// `valueBoolean`.
    Boolean(bool),
    /// `valueDateTime`, `valueDate`, `valueInstant`, as written.
    DateTime(Text<'a>),
    /// A type made of several elements other than Coding, as JSON.
    Complex(&'a str),
}

impl<'a> Value<'a> {
    /// The value as a property value.
    #[must_use]
    pub fn as_property(&self) -> PropertyValue<'_> {
        match self {
            Self::Code(text) => PropertyValue::Code(text),
            Self::String(text) => PropertyValue::String(text),
            Self::Coding(coding) => PropertyValue::Coding {
                system: &coding.system,
                version: &coding.version,
                code: &coding.code,
                display: &coding.display,
            },
            Self::Integer(number) => PropertyValue::Integer(*number),
            Self::Decimal(text) => PropertyValue::Decimal(text),
            Self::Boolean(value) => PropertyValue::Boolean(*value),
            Self::DateTime(text) => PropertyValue::DateTime(text),
            Self::Complex(json) => PropertyValue::String(json),
        }
    }

    /// Whether the value is true; the texts `true` and `false` are taken for booleans.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Boolean(value) => *value,
            Self::Code(text) | Self::String(text) => &**text == "true",
            _ => false,
        }
    }

    /// The text of the value: the code of a Coding, anything else as written.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        self.as_property().text()
    }

    /// Whether it says nothing, which FHIR forbids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Code(text) | Self::String(text) | Self::DateTime(text) => text.is_empty(),
            Self::Coding(coding) => coding.code.is_empty() && coding.display.is_empty(),
            Self::Integer(_) | Self::Decimal(_) | Self::Boolean(_) | Self::Complex(_) => false,
        }
    }

    /// Reads the value of a member called `value` + `suffix`.
    pub(super) fn read<'de: 'a, M: MapAccess<'de>>(
        suffix: &str,
        map: &mut M,
    ) -> Result<Self, M::Error> {
        Ok(match suffix {
            "Code" => Self::Code(map.next_value()?),
            "Coding" => Self::Coding(map.next_value()?),
            "DateTime" | "Date" | "Instant" => Self::DateTime(map.next_value()?),
            _ => Self::from_json(suffix, map.next_value::<&'de RawValue>()?.get())?,
        })
    }

    fn from_json<E: serde::de::Error>(suffix: &str, json: &'a str) -> Result<Self, E> {
        let unquoted = json.trim_matches('"');
        match suffix {
            "Boolean" if unquoted == "true" => Ok(Self::Boolean(true)),
            "Boolean" if unquoted == "false" => Ok(Self::Boolean(false)),
            "Boolean" => Err(E::custom(format!("expected true or false, found {json}"))),
            "Decimal" if unquoted.parse::<f64>().is_ok() => Ok(Self::Decimal(unquoted)),
            "Decimal" => Err(E::custom(format!("expected a decimal number, found {json}"))),
            "Integer" | "PositiveInt" | "UnsignedInt" | "Integer64" => unquoted
                .parse()
                .map(Self::Integer)
                .map_err(|_| E::custom(format!("expected a whole number, found {json}"))),
            _ if json.starts_with('"') => {
                serde_json::from_str(json).map(Self::String).map_err(E::custom)
            }
            _ => Ok(Self::Complex(json)),
        }
    }
}

/// An element with a name and a `value[x]`: a property of a concept or a mapping, an extension, a
/// parameter, a dependency of a mapping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedValue<'a> {
    /// `code`, `url`, `name`, `property` or `attribute`.
    pub name: Text<'a>,
    /// Type of the value as in `value[x]`: `Code`, `String`, …; empty for a bare `value` and for none.
    pub value_type: Text<'a>,
    /// The value; a bare `value` (R4 `dependsOn.value`) is a string.
    pub value: Option<Value<'a>>,
    /// `system` of a dependency (R4).
    pub system: Text<'a>,
    /// `display` of a dependency (R4).
    pub display: Text<'a>,
    /// Extensions inside of an extension.
    pub extension: Vec<NamedValue<'a>>,
}

impl NamedValue<'_> {
    /// The text of the value, empty for none.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        self.value.as_ref().map_or(Cow::Borrowed(""), Value::text)
    }
}

/// The first extension with `url`.
#[must_use]
pub fn extension<'x, 'a>(list: &'x [NamedValue<'a>], url: &str) -> Option<&'x NamedValue<'a>> {
    list.iter().find(|extension| &*extension.name == url)
}

struct NamedValueVisitor;

impl<'de> Visitor<'de> for NamedValueVisitor {
    type Value = NamedValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a name and a value")
    }

    fn visit_unit<E>(self) -> Result<NamedValue<'de>, E> {
        Ok(NamedValue::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<NamedValue<'de>, M::Error> {
        let mut found = NamedValue::default();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match &*key {
                "code" | "url" | "name" | "property" | "attribute" => {
                    found.name = map.next_value()?;
                }
                "system" => found.system = map.next_value()?,
                "display" => found.display = map.next_value()?,
                "extension" => found.extension = map.next_value()?,
                other => {
                    let Some(suffix) = other.strip_prefix("value") else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    found.value = Some(Value::read(suffix, &mut map)?);
                    found.value_type = suffix_of(&key);
                }
            }
        }
        Ok(found)
    }
}

fn suffix_of<'a>(key: &Text<'a>) -> Text<'a> {
    let start = "value".len();
    match &key.0 {
        Cow::Borrowed(key) => Text(Cow::Borrowed(key.get(start..).unwrap_or_default())),
        Cow::Owned(key) => Text(Cow::Owned(key.get(start..).unwrap_or_default().to_owned())),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for NamedValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedValueVisitor)
    }
}

/// The kind of property that values of a FHIR type are, for `CodeSystem.property.type`.
#[must_use]
pub fn property_kind(code: &str) -> PropertyKind {
    PropertyKind::from_code(code).unwrap_or(PropertyKind::String)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(json: &str) -> NamedValue<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn values_of_all_types_are_read_and_borrowed() {
        let value = named(r#"{"code":"a","valueCode":"x"}"#);
        assert!(matches!(&value.value, Some(Value::Code(Text(Cow::Borrowed("x"))))));
        assert_eq!(&*value.value_type, "Code");
        for (json, expected) in [
            (r#"{"valueDecimal":1.50}"#, PropertyValue::Decimal("1.50")),
            (r#"{"valueInteger":-3}"#, PropertyValue::Integer(-3)),
            (r#"{"valueInteger":"4"}"#, PropertyValue::Integer(4)),
            (r#"{"valueBoolean":"true"}"#, PropertyValue::Boolean(true)),
            (r#"{"valueDate":"2020"}"#, PropertyValue::DateTime("2020")),
            (r#"{"valueUri":"u\n"}"#, PropertyValue::String("u\n")),
            (r#"{"value":"v"}"#, PropertyValue::String("v")),
            (r#"{"valueQuantity":{"value":1}}"#, PropertyValue::String(r#"{"value":1}"#)),
        ] {
            assert_eq!(named(json).value.unwrap().as_property(), expected, "{json}");
        }
    }

    #[test]
    fn an_error_names_the_element() {
        #[derive(Deserialize, Debug)]
        struct Resource<'a> {
            #[serde(borrow)]
            #[expect(dead_code)]
            list: Vec<NamedValue<'a>>,
        }
        let json = b"\xef\xbb\xbf{\n\"list\":[{},{\"valueBoolean\":\"maybe\"}]}";
        let problem = from_slice::<Resource<'_>>("Thing", json).unwrap_err().to_string();
        assert!(
            problem.starts_with("Thing.list[1].valueBoolean: expected true or false"),
            "{problem}"
        );
    }
}
