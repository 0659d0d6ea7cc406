//! The FHIR versions and formats a request can be in.

/// A FHIR version, which a client chooses by the base path it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FhirVersion {
    /// FHIR 4.0.1.
    R4,
    /// FHIR 4.3.0.
    R4B,
    /// FHIR 5.0.0.
    R5,
}

impl FhirVersion {
    /// The published version number: `4.0.1`, `4.3.0` or `5.0.0`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::R4 => "4.0.1",
            Self::R4B => "4.3.0",
            Self::R5 => "5.0.0",
        }
    }

    /// The value of the mime parameter `fhirVersion`: `4.0`, `4.3` or `5.0`.
    ///
    /// Source: FHIR R4 and R5, "RESTful API", section "FHIR Version" of "Content Types and encodings".
    #[must_use]
    pub const fn mime_value(self) -> &'static str {
        match self {
            Self::R4 => "4.0",
            Self::R4B => "4.3",
            Self::R5 => "5.0",
        }
    }

    /// Whether a `fhirVersion` mime parameter names this version, as `4.0` or in full as `4.0.1`.
    #[must_use]
    pub fn is_named_by(self, mime_parameter: &str) -> bool {
        mime_parameter == self.mime_value() || mime_parameter == self.number()
    }

    /// Whether what R5 made an element is an extension in this version (R4 and R4B).
    #[must_use]
    pub const fn uses_backport_extensions(self) -> bool {
        !matches!(self, Self::R5)
    }
}

/// A format of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `application/fhir+json`.
    Json,
    /// `application/fhir+xml`.
    Xml,
}

impl Format {
    /// The `Content-Type` of answers in this format.
    ///
    /// Always the FHIR type, also where a client asked for `application/json`: the FHIR types are what
    /// clients compare with, and every JSON parser accepts them.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/fhir+json;charset=utf-8",
            Self::Xml => "application/fhir+xml;charset=utf-8",
        }
    }
}

/// The format of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyFormat {
    /// A resource in JSON.
    Json,
    /// A resource in XML.
    Xml,
    /// Parameters as `application/x-www-form-urlencoded`, spelled like a query string.
    Form,
}
