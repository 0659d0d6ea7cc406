//! What can be wrong with a request before an operation sees it.

use std::borrow::Cow;

use axum::http::StatusCode;

use super::outcome::{Issue, IssueType, OperationOutcome};

/// The longest piece of a client's own text that an error repeats, in characters.
const MAX_QUOTED_CHARS: usize = 120;

/// A request that cannot be understood: which part of it, what was found there and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A required parameter is absent.
    #[error("parameter '{name}' is missing: expected {expected}")]
    Missing {
        /// The parameter.
        name: Cow<'static, str>,
        /// What it would have to hold.
        expected: Cow<'static, str>,
    },
    /// A parameter that may be given once is given several times.
    #[error("parameter '{name}' is given {count} times, expected it once")]
    Repeated {
        /// The parameter.
        name: String,
        /// How often it is given.
        count: usize,
    },
    /// A parameter holds something else than it must.
    #[error("parameter '{name}' is {found}, expected {expected}")]
    Value {
        /// The parameter.
        name: String,
        /// What it holds; quoted where it is the client's text.
        found: String,
        /// What it must hold.
        expected: Cow<'static, str>,
    },
    /// A JSON body cannot be read.
    #[error("the JSON is malformed at line {line}, column {column}: {message}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1 (0: at the line's beginning).
        column: usize,
        /// The path inside of the resource, what was found and what was expected.
        message: String,
    },
    /// An XML body cannot be read.
    #[error("the XML is malformed: {message}")]
    Xml {
        /// Place, what was found and what was expected.
        message: String,
    },
    /// This build cannot read or write XML.
    #[error("XML is not available on this server, expected JSON (application/fhir+json)")]
    XmlUnavailable,
    /// A body is not UTF-8.
    #[error("the body is not UTF-8 text at line {line}, column {column}")]
    Encoding {
        /// The line of the first wrong byte, from 1.
        line: usize,
        /// Its column in bytes, from 1.
        column: usize,
    },
    /// A body does not arrive whole, or cannot be decompressed.
    #[error("the body cannot be read: {message}")]
    Body {
        /// What went wrong.
        message: String,
    },
    /// A body is larger than the server reads.
    #[error("the body has {found} bytes, expected at most {limit}")]
    TooLarge {
        /// The body's size in bytes.
        found: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A body nests deeper than the server reads.
    #[error("the body nests objects and arrays more than {limit} levels deep")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// A body holds another resource than the request needs.
    #[error("the body is {found}, expected {expected}")]
    Resource {
        /// What the body is.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The answer is asked for in a format or FHIR version that is not served here.
    #[error("{origin} asks for {found}, expected {expected}")]
    NotAcceptable {
        /// `Accept` or `_format`.
        origin: &'static str,
        /// What is asked for.
        found: String,
        /// What is served.
        expected: Cow<'static, str>,
    },
    /// The body is in a format or FHIR version that is not read here.
    #[error("the Content-Type is {found}, expected {expected}")]
    UnsupportedMediaType {
        /// The content type given.
        found: String,
        /// What is read.
        expected: Cow<'static, str>,
    },
    /// An entry of a batch cannot be carried out as it stands.
    #[error("Bundle.entry[{index}].{element} is {found}, expected {expected}")]
    BundleEntry {
        /// The entry's index, from 0.
        index: usize,
        /// The element below the entry, for example `request.url`.
        element: &'static str,
        /// What it holds.
        found: String,
        /// What it must hold.
        expected: Cow<'static, str>,
    },
    /// A Bundle's type is not one the server carries out.
    #[error("Bundle.type is {found}, expected 'batch'{hint}")]
    BundleType {
        /// The type given.
        found: String,
        /// A further sentence, or nothing.
        hint: &'static str,
    },
}

impl WireError {
    /// A required parameter that is absent.
    #[must_use]
    pub fn missing(
        name: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Missing { name: name.into(), expected: expected.into() }
    }

    /// A parameter whose text is not what was expected. The text is quoted, and shortened where long.
    #[must_use]
    pub fn value(name: &str, found: &str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self::Value { name: name.to_owned(), found: quoted(found), expected: expected.into() }
    }

    /// The HTTP status that answers this error.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAcceptable { .. } => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType { .. } | Self::XmlUnavailable => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The FHIR issue type of this error (code system `http://hl7.org/fhir/issue-type`).
    #[must_use]
    pub const fn issue_type(&self) -> IssueType {
        match self {
            Self::Missing { .. } => IssueType::Required,
            Self::Repeated { .. } | Self::Resource { .. } | Self::BundleEntry { .. } => {
                IssueType::Invalid
            }
            Self::Value { .. } => IssueType::Value,
            Self::Json { .. } | Self::Xml { .. } | Self::Encoding { .. } | Self::Body { .. } => {
                IssueType::Structure
            }
            Self::TooLarge { .. } | Self::TooDeep { .. } => IssueType::TooLong,
            Self::NotAcceptable { .. }
            | Self::UnsupportedMediaType { .. }
            | Self::XmlUnavailable
            | Self::BundleType { .. } => IssueType::NotSupported,
        }
    }

    /// The part of the request that is wrong: a parameter's name or an element's path.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        match self {
            Self::Missing { name, .. } => Some(name.to_string()),
            Self::Repeated { name, .. } | Self::Value { name, .. } => Some(name.clone()),
            Self::BundleEntry { index, element, .. } => {
                Some(format!("Bundle.entry[{index}].{element}"))
            }
            Self::BundleType { .. } => Some("Bundle.type".to_owned()),
            _ => None,
        }
    }

    /// The OperationOutcome that tells a client about this error: one issue, the message in both
    /// `details.text` and `diagnostics`, since clients show one or the other.
    #[must_use]
    pub fn to_outcome(&self) -> OperationOutcome {
        let message = self.to_string();
        let mut issue = Issue::error(self.issue_type()).text(message.clone()).diagnostics(message);
        if let Some(expression) = self.expression() {
            issue = issue.expression(expression);
        }
        OperationOutcome { issues: vec![issue] }
    }
}

impl From<&WireError> for OperationOutcome {
    fn from(error: &WireError) -> Self {
        error.to_outcome()
    }
}

impl From<serde_json::Error> for WireError {
    /// Keeps line and column apart from the message, which serde_json gives in one text.
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let mut message = error.to_string();
        let suffix = format!(" at line {line} column {column}");
        if message.ends_with(&suffix) {
            message.truncate(message.len() - suffix.len());
        }
        Self::Json { line, column, message }
    }
}

/// A client's text in quotes, cut after [`MAX_QUOTED_CHARS`] characters.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        None => format!("'{text}'"),
        Some((end, _)) => format!("'{}…'", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_quoted_in_part_only() {
        assert_eq!(quoted("x"), "'x'");
        assert_eq!(quoted(&"ä".repeat(500)), format!("'{}…'", "ä".repeat(MAX_QUOTED_CHARS)));
    }

    #[test]
    fn an_error_becomes_an_outcome_that_names_the_parameter() {
        let outcome = WireError::value("count", "-1", "a whole number from 0").to_outcome();
        let issue = outcome.issues.first().unwrap();
        assert_eq!(issue.code, IssueType::Value);
        assert_eq!(issue.expression, ["count"]);
        assert_eq!(
            issue.diagnostics.as_deref(),
            Some("parameter 'count' is '-1', expected a whole number from 0")
        );
    }

    #[test]
    fn a_json_error_keeps_its_position_apart_from_its_message() {
        let error = serde_json::from_str::<bool>("\n 5").unwrap_err();
        assert_eq!(
            WireError::from(error),
            WireError::Json {
                line: 2,
                column: 2,
                message: "invalid type: integer `5`, expected a boolean".to_owned()
            }
        );
    }
}
