//! Properties of concepts: definitions and values.

use serde::{Deserialize, Serialize};

/// The type of a property's values.
///
/// Source: FHIR R5 `CodeSystem.property.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub enum PropertyKind {
    /// A code of the same code system (or of an internal list).
    Code,
    /// Text.
    String,
    /// A code of another system.
    Coding,
    /// A whole number.
    Integer,
    /// A decimal number, kept as written.
    Decimal,
    /// True or false.
    Boolean,
    /// A date, or a date with time, as written.
    DateTime,
}

impl PropertyKind {
    /// The code of `CodeSystem.property.type`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::String => "string",
            Self::Coding => "Coding",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
        }
    }

    /// The kind whose [`Self::code`] is `code`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Code,
            Self::String,
            Self::Coding,
            Self::Integer,
            Self::Decimal,
            Self::Boolean,
            Self::DateTime,
        ]
        .into_iter()
        .find(|kind| kind.code() == code)
    }

    /// The number under which the kind is stored.
    #[must_use]
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// The kind stored as `byte`.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Code,
            1 => Self::String,
            2 => Self::Coding,
            3 => Self::Integer,
            4 => Self::Decimal,
            5 => Self::Boolean,
            6 => Self::DateTime,
            _ => return None,
        })
    }
}

/// What a property of a code system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyDefinition {
    /// Name by which filters and lookups ask for it.
    pub code: String,
    /// Canonical meaning, if the publisher gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// One line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Type of the values.
    pub kind: PropertyKind,
}

/// A value of a property, borrowed from a loader or from an edition.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum PropertyValue<'a> {
    /// A code, usually of the same code system.
    Code(&'a str),
    /// Text.
    String(&'a str),
    /// A code of another system.
    Coding {
        /// Canonical of the other system.
        system: &'a str,
        /// Its version, empty for none.
        version: &'a str,
        /// The code.
        code: &'a str,
        /// Its display, empty for none.
        display: &'a str,
    },
    /// A whole number.
    Integer(i64),
    /// A decimal number as written.
    Decimal(&'a str),
    /// True or false.
    Boolean(bool),
    /// A date, or a date with time, as written.
    DateTime(&'a str),
}

/// Separates the parts of a stored Coding; it cannot occur in a FHIR string.
pub(crate) const PART: char = '\u{1f}';

impl<'a> PropertyValue<'a> {
    /// The type of this value.
    #[must_use]
    pub fn kind(&self) -> PropertyKind {
        match self {
            Self::Code(_) => PropertyKind::Code,
            Self::String(_) => PropertyKind::String,
            Self::Coding { .. } => PropertyKind::Coding,
            Self::Integer(_) => PropertyKind::Integer,
            Self::Decimal(_) => PropertyKind::Decimal,
            Self::Boolean(_) => PropertyKind::Boolean,
            Self::DateTime(_) => PropertyKind::DateTime,
        }
    }

    /// The text under which the value is stored and compared.
    pub fn stored(&self) -> std::borrow::Cow<'a, str> {
        match *self {
            Self::Code(text) | Self::String(text) | Self::Decimal(text) | Self::DateTime(text) => {
                text.into()
            }
            Self::Coding { system, version, code, display } => {
                format!("{code}{PART}{system}{PART}{version}{PART}{display}").into()
            }
            Self::Integer(number) => number.to_string().into(),
            Self::Boolean(true) => "true".into(),
            Self::Boolean(false) => "false".into(),
        }
    }

    /// The value of `kind` stored as `text`.
    pub fn from_stored(kind: PropertyKind, text: &'a str) -> Self {
        match kind {
            PropertyKind::Code => Self::Code(text),
            PropertyKind::String => Self::String(text),
            PropertyKind::Decimal => Self::Decimal(text),
            PropertyKind::DateTime => Self::DateTime(text),
            PropertyKind::Integer => {
                text.parse().map_or(Self::Decimal(text), PropertyValue::Integer)
            }
            PropertyKind::Boolean => Self::Boolean(text == "true"),
            PropertyKind::Coding => {
                let mut parts = text.splitn(4, PART);
                let mut part = || parts.next().unwrap_or_default();
                let (code, system, version, display) = (part(), part(), part(), part());
                Self::Coding { system, version, code, display }
            }
        }
    }

    /// The text a filter compares with: the code of a code or Coding, else the value as written.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'a, str> {
        match *self {
            Self::Coding { code, .. } => code.into(),
            _ => self.stored(),
        }
    }
}
