//! The FHIR data types that terminology operations exchange.
//!
//! Owned types ([`Coding`], [`CodeableConcept`]) hold what a request said; borrowed ones ([`CodingRef`],
//! [`ValueRef`]) name what an answer writes, so that writing one allocates nothing.

use serde::Deserialize;

/// A FHIR primitive type whose JSON value is a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextType {
    /// `base64Binary`.
    Base64Binary,
    /// `canonical`.
    Canonical,
    /// `code`.
    Code,
    /// `date`.
    Date,
    /// `dateTime`.
    DateTime,
    /// `id`.
    Id,
    /// `instant`.
    Instant,
    /// `integer64` (R5), which JSON carries as a string.
    Integer64,
    /// `markdown`.
    Markdown,
    /// `oid`.
    Oid,
    /// `string`.
    String,
    /// `time`.
    Time,
    /// `uri`.
    Uri,
    /// `url`.
    Url,
    /// `uuid`.
    Uuid,
}

impl TextType {
    /// Every type with its JSON member `value[x]`, whose tail is the type's name with a capital.
    const ALL: [(Self, &'static str, &'static str); 15] = [
        (Self::Base64Binary, "base64Binary", "valueBase64Binary"),
        (Self::Canonical, "canonical", "valueCanonical"),
        (Self::Code, "code", "valueCode"),
        (Self::Date, "date", "valueDate"),
        (Self::DateTime, "dateTime", "valueDateTime"),
        (Self::Id, "id", "valueId"),
        (Self::Instant, "instant", "valueInstant"),
        (Self::Integer64, "integer64", "valueInteger64"),
        (Self::Markdown, "markdown", "valueMarkdown"),
        (Self::Oid, "oid", "valueOid"),
        (Self::String, "string", "valueString"),
        (Self::Time, "time", "valueTime"),
        (Self::Uri, "uri", "valueUri"),
        (Self::Url, "url", "valueUrl"),
        (Self::Uuid, "uuid", "valueUuid"),
    ];

    /// The FHIR name of the type, for example `dateTime`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(each, ..)| *each == self).map_or("string", |(_, name, _)| name)
    }

    /// The JSON member of a `value[x]` of this type, for example `valueDateTime`.
    #[must_use]
    pub const fn value_key(self) -> &'static str {
        match self {
            Self::Base64Binary => "valueBase64Binary",
            Self::Canonical => "valueCanonical",
            Self::Code => "valueCode",
            Self::Date => "valueDate",
            Self::DateTime => "valueDateTime",
            Self::Id => "valueId",
            Self::Instant => "valueInstant",
            Self::Integer64 => "valueInteger64",
            Self::Markdown => "valueMarkdown",
            Self::Oid => "valueOid",
            Self::String => "valueString",
            Self::Time => "valueTime",
            Self::Uri => "valueUri",
            Self::Url => "valueUrl",
            Self::Uuid => "valueUuid",
        }
    }

    /// The type whose `value[x]` has this JSON member; `None` for types that are not strings.
    #[must_use]
    pub fn of_value_key(key: &str) -> Option<Self> {
        Self::ALL.iter().find(|(.., each)| *each == key).map(|(found, ..)| *found)
    }
}

/// A FHIR primitive type whose JSON value is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberType {
    /// `decimal`.
    Decimal,
    /// `integer`.
    Integer,
    /// `positiveInt`.
    PositiveInt,
    /// `unsignedInt`.
    UnsignedInt,
}

impl NumberType {
    /// The FHIR name of the type, for example `positiveInt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::PositiveInt => "positiveInt",
            Self::UnsignedInt => "unsignedInt",
        }
    }

    /// The type whose `value[x]` has this JSON member; `None` for types that are not numbers.
    #[must_use]
    pub fn of_value_key(key: &str) -> Option<Self> {
        match key {
            "valueDecimal" => Some(Self::Decimal),
            "valueInteger" => Some(Self::Integer),
            "valuePositiveInt" => Some(Self::PositiveInt),
            "valueUnsignedInt" => Some(Self::UnsignedInt),
            _ => None,
        }
    }
}

/// A FHIR Coding as a request gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a Coding (a JSON object)")]
pub struct Coding {
    /// The code system's canonical URL.
    pub system: Option<String>,
    /// The code system's version.
    pub version: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The text that came along.
    pub display: Option<String>,
    /// Whether a user chose this coding directly.
    pub user_selected: Option<bool>,
}

impl Coding {
    /// This Coding, borrowed.
    #[must_use]
    pub fn borrow(&self) -> CodingRef<'_> {
        CodingRef {
            system: self.system.as_deref(),
            version: self.version.as_deref(),
            code: self.code.as_deref(),
            display: self.display.as_deref(),
            user_selected: self.user_selected,
        }
    }
}

/// A FHIR CodeableConcept as a request gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(expecting = "a CodeableConcept (a JSON object)")]
pub struct CodeableConcept {
    /// The codings, in the order given.
    #[serde(default)]
    pub coding: Vec<Coding>,
    /// The text that came along.
    pub text: Option<String>,
}

/// A FHIR Coding to be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CodingRef<'a> {
    /// The code system's canonical URL.
    pub system: Option<&'a str>,
    /// The code system's version.
    pub version: Option<&'a str>,
    /// The code.
    pub code: Option<&'a str>,
    /// The display.
    pub display: Option<&'a str>,
    /// Whether a user chose this coding directly.
    pub user_selected: Option<bool>,
}

impl<'a> CodingRef<'a> {
    /// A Coding with system and code alone.
    #[must_use]
    pub const fn new(system: &'a str, code: &'a str) -> Self {
        Self {
            system: Some(system),
            version: None,
            code: Some(code),
            display: None,
            user_selected: None,
        }
    }

    /// The same Coding with a version, where there is one.
    #[must_use]
    pub const fn with_version(mut self, version: Option<&'a str>) -> Self {
        self.version = version;
        self
    }

    /// The same Coding with a display, where there is one.
    #[must_use]
    pub const fn with_display(mut self, display: Option<&'a str>) -> Self {
        self.display = display;
        self
    }
}

/// A `value[x]` to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// A primitive whose JSON value is a string.
    Text(TextType, &'a str),
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A decimal with its digits as published; a text that is not a JSON number is written as
    /// `valueString`, since a wrong number would make the whole answer unreadable.
    Decimal(&'a str),
    /// A Coding.
    Coding(CodingRef<'a>),
    /// A CodeableConcept.
    CodeableConcept(&'a CodeableConcept),
}

impl<'a> ValueRef<'a> {
    /// A `valueCode`.
    #[must_use]
    pub const fn code(text: &'a str) -> Self {
        Self::Text(TextType::Code, text)
    }

    /// A `valueString`.
    #[must_use]
    pub const fn string(text: &'a str) -> Self {
        Self::Text(TextType::String, text)
    }

    /// A `valueUri`.
    #[must_use]
    pub const fn uri(text: &'a str) -> Self {
        Self::Text(TextType::Uri, text)
    }

    /// A `valueCanonical`.
    #[must_use]
    pub const fn canonical(text: &'a str) -> Self {
        Self::Text(TextType::Canonical, text)
    }

    /// A `valueDateTime`.
    #[must_use]
    pub const fn date_time(text: &'a str) -> Self {
        Self::Text(TextType::DateTime, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_type_is_found_by_its_own_member() {
        for (each, name, key) in TextType::ALL {
            assert_eq!((each.name(), each.value_key()), (name, key));
            assert_eq!(TextType::of_value_key(key), Some(each));
        }
        assert_eq!(TextType::of_value_key("valueBoolean"), None);
    }
}
