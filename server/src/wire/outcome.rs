//! OperationOutcome: what a server says about a request beside, or instead of, its answer.

use std::borrow::Cow;

use super::json::JsonWriter;

/// The code system of `issue.details` that terminology clients read.
///
/// Source: HL7 terminology ecosystem guide, "tx-issue-type".
pub const TX_ISSUE_TYPE: &str = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type";

/// The extension that names the message behind a translated `details.text`.
///
/// Source: FHIR extensions pack, StructureDefinition `operationoutcome-message-id` (a string).
pub const MESSAGE_ID_EXTENSION: &str =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id";

/// A text that is either a constant or was put together for this answer.
pub type Text = Cow<'static, str>;

/// How bad an issue is (code system `http://hl7.org/fhir/issue-severity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The request could not be carried out at all.
    Fatal,
    /// The question's answer is no, or the request failed.
    Error,
    /// The answer stands, but something deserves attention.
    Warning,
    /// For information.
    Information,
}

impl Severity {
    /// The FHIR code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

macro_rules! issue_types {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// What kind of issue it is (code system `http://hl7.org/fhir/issue-type`).
        ///
        /// Only codes that R4 knows: an R4 client cannot parse an outcome with a later one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum IssueType { $($(#[doc = $doc])+ $variant,)+ }

        impl IssueType {
            /// The FHIR code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

issue_types! {
    /// Content is wrong in itself.
    Invalid = "invalid",
    /// The content's structure cannot be read.
    Structure = "structure",
    /// A required element or parameter is missing.
    Required = "required",
    /// An element or header has a wrong value.
    Value = "value",
    /// A rule of the content is broken.
    Invariant = "invariant",
    /// A matter of authorisation or authentication.
    Security = "security",
    /// The client has to sign in.
    Login = "login",
    /// The user is unknown or the token is not.
    Unknown = "unknown",
    /// The session has ended.
    Expired = "expired",
    /// The user may not do this.
    Forbidden = "forbidden",
    /// The request could not be processed for a reason of the content.
    Processing = "processing",
    /// The server does not support this.
    NotSupported = "not-supported",
    /// It exists already.
    Duplicate = "duplicate",
    /// More than one candidate fits.
    MultipleMatches = "multiple-matches",
    /// It was not found.
    NotFound = "not-found",
    /// It was deleted.
    Deleted = "deleted",
    /// The content is too long.
    TooLong = "too-long",
    /// A code or code system is not valid.
    CodeInvalid = "code-invalid",
    /// An extension is not acceptable.
    Extension = "extension",
    /// Carrying it out would cost too much.
    TooCostly = "too-costly",
    /// A rule of business forbids it.
    BusinessRule = "business-rule",
    /// A version conflict.
    Conflict = "conflict",
    /// A passing fault: try again.
    Transient = "transient",
    /// A lock could not be had.
    LockError = "lock-error",
    /// The store failed.
    NoStore = "no-store",
    /// An unexpected fault of the server.
    Exception = "exception",
    /// It took too long.
    Timeout = "timeout",
    /// Not all was delivered.
    Incomplete = "incomplete",
    /// Too many requests.
    Throttled = "throttled",
    /// For information.
    Informational = "informational",
}

/// A Coding inside `issue.details`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailCoding {
    /// The code system's canonical URL.
    pub system: Text,
    /// The code.
    pub code: Text,
    /// The display, where there is one.
    pub display: Option<Text>,
}

/// `issue.details`, a CodeableConcept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The codings.
    pub codings: Vec<DetailCoding>,
    /// The text for people.
    pub text: Option<Text>,
}

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What kind it is.
    pub code: IssueType,
    /// Coded and worded details.
    pub details: Option<Details>,
    /// Further text for a person who investigates.
    pub diagnostics: Option<Text>,
    /// Which parts of the request it is about, as paths or parameter names.
    pub expression: Vec<Text>,
    /// Extensions of the issue with a string value: URL and value.
    pub extensions: Vec<(Text, Text)>,
}

impl Issue {
    /// An issue with severity and type alone.
    #[must_use]
    pub const fn new(severity: Severity, code: IssueType) -> Self {
        Self {
            severity,
            code,
            details: None,
            diagnostics: None,
            expression: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// An issue of severity `error`.
    #[must_use]
    pub const fn error(code: IssueType) -> Self {
        Self::new(Severity::Error, code)
    }

    /// An issue of severity `warning`.
    #[must_use]
    pub const fn warning(code: IssueType) -> Self {
        Self::new(Severity::Warning, code)
    }

    /// An issue of severity `information`.
    #[must_use]
    pub const fn information(code: IssueType) -> Self {
        Self::new(Severity::Information, code)
    }

    /// Sets `details.text`.
    #[must_use]
    pub fn text(mut self, text: impl Into<Text>) -> Self {
        self.details.get_or_insert_default().text = Some(text.into());
        self
    }

    /// Adds a coding to `details`.
    #[must_use]
    pub fn coding(mut self, system: impl Into<Text>, code: impl Into<Text>) -> Self {
        let coding = DetailCoding { system: system.into(), code: code.into(), display: None };
        self.details.get_or_insert_default().codings.push(coding);
        self
    }

    /// Adds a coding of [`TX_ISSUE_TYPE`] to `details`, for example `not-in-vs`.
    #[must_use]
    pub fn tx_issue_type(self, code: impl Into<Text>) -> Self {
        self.coding(TX_ISSUE_TYPE, code)
    }

    /// Sets `diagnostics`.
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: impl Into<Text>) -> Self {
        self.diagnostics = Some(diagnostics.into());
        self
    }

    /// Adds a path to `expression`.
    #[must_use]
    pub fn expression(mut self, path: impl Into<Text>) -> Self {
        self.expression.push(path.into());
        self
    }

    /// Adds the extension [`MESSAGE_ID_EXTENSION`], for example with `UNKNOWN_CODESYSTEM`.
    #[must_use]
    pub fn message_id(mut self, id: impl Into<Text>) -> Self {
        self.extensions.push((Text::Borrowed(MESSAGE_ID_EXTENSION), id.into()));
        self
    }

    /// Writes the issue as a JSON object.
    pub fn write(&self, writer: &mut JsonWriter) {
        writer.begin_object();
        self.write_extensions(writer);
        writer.field_str("severity", self.severity.code());
        writer.field_str("code", self.code.code());
        if let Some(details) = &self.details {
            writer.key("details");
            details.write(writer);
        }
        if let Some(diagnostics) = &self.diagnostics {
            writer.field_str("diagnostics", diagnostics);
        }
        writer.field_strings("expression", &self.expression);
        writer.end_object();
    }

    fn write_extensions(&self, writer: &mut JsonWriter) {
        if self.extensions.is_empty() {
            return;
        }
        writer.key("extension");
        writer.begin_array();
        for (url, value) in &self.extensions {
            writer.begin_object();
            writer.field_str("url", url);
            writer.field_str("valueString", value);
            writer.end_object();
        }
        writer.end_array();
    }
}

impl Details {
    fn write(&self, writer: &mut JsonWriter) {
        writer.begin_object();
        if !self.codings.is_empty() {
            writer.key("coding");
            writer.begin_array();
            for coding in &self.codings {
                writer.begin_object();
                writer.field_str("system", &coding.system);
                writer.field_str("code", &coding.code);
                if let Some(display) = &coding.display {
                    writer.field_str("display", display);
                }
                writer.end_object();
            }
            writer.end_array();
        }
        if let Some(text) = &self.text {
            writer.field_str("text", text);
        }
        writer.end_object();
    }
}

/// A list of issues.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationOutcome {
    /// The issues, in the order they are told.
    pub issues: Vec<Issue>,
}

impl OperationOutcome {
    /// An outcome with one error, its text in both `details.text` and `diagnostics`: clients show the one
    /// or the other.
    #[must_use]
    pub fn error(code: IssueType, text: impl Into<Text>) -> Self {
        let text = text.into();
        Self { issues: vec![Issue::error(code).text(text.clone()).diagnostics(text)] }
    }

    /// Something asked for does not exist (HTTP 404, or 422 for a canonical).
    #[must_use]
    pub fn not_found(text: impl Into<Text>) -> Self {
        Self::error(IssueType::NotFound, text)
    }

    /// The request is wrong in itself (HTTP 400).
    #[must_use]
    pub fn invalid(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Invalid, text)
    }

    /// A required part of the request is missing (HTTP 400).
    #[must_use]
    pub fn required(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Required, text)
    }

    /// The server does not do this (HTTP 4xx or 501).
    #[must_use]
    pub fn not_supported(text: impl Into<Text>) -> Self {
        Self::error(IssueType::NotSupported, text)
    }

    /// The answer would be larger than allowed (HTTP 422).
    #[must_use]
    pub fn too_costly(text: impl Into<Text>) -> Self {
        Self::error(IssueType::TooCostly, text)
    }

    /// The answer took longer than allowed (HTTP 503).
    #[must_use]
    pub fn timeout(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Timeout, text)
    }

    /// The client may not do this (HTTP 403).
    #[must_use]
    pub fn forbidden(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Forbidden, text)
    }

    /// The client has to sign in (HTTP 401).
    #[must_use]
    pub fn login(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Login, text)
    }

    /// The client sent more requests than allowed (HTTP 429).
    #[must_use]
    pub fn throttled(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Throttled, text)
    }

    /// The server failed (HTTP 500). The text must not tell internals.
    #[must_use]
    pub fn exception(text: impl Into<Text>) -> Self {
        Self::error(IssueType::Exception, text)
    }

    /// Nothing to object to (for example a deletion that worked).
    #[must_use]
    pub fn informational(text: impl Into<Text>) -> Self {
        Self { issues: vec![Issue::information(IssueType::Informational).text(text)] }
    }

    /// Whether one of the issues is an error or fatal.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.issues.iter().any(|issue| issue.severity <= Severity::Error)
    }

    /// Writes the resource as a JSON object, without an `id`.
    ///
    /// FHIR requires at least one issue: an empty list is written as the information "All OK".
    pub fn write(&self, writer: &mut JsonWriter) {
        writer.begin_object();
        writer.field_str("resourceType", "OperationOutcome");
        writer.key("issue");
        writer.begin_array();
        for issue in &self.issues {
            issue.write(writer);
        }
        if self.issues.is_empty() {
            Issue::information(IssueType::Informational).text("All OK").write(writer);
        }
        writer.end_array();
        writer.end_object();
    }

    /// The resource as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut writer = JsonWriter::with_capacity(512);
        self.write(&mut writer);
        writer.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(outcome: &OperationOutcome) -> String {
        String::from_utf8(outcome.to_json()).unwrap()
    }

    #[test]
    fn a_terminology_issue_has_coding_text_paths_and_message_id() {
        let issue = Issue::error(IssueType::CodeInvalid)
            .tx_issue_type("not-in-vs")
            .text(
                "The provided code 'http://example.org/cs#x' was not found in the value set 'v|1'",
            )
            .expression("Coding.code")
            .message_id("None_of_the_provided_codes_are_in_the_value_set_one");
        insta::assert_snapshot!(text(&OperationOutcome { issues: vec![issue] }));
    }

    #[test]
    fn an_outcome_without_issues_still_has_one() {
        assert_eq!(
            text(&OperationOutcome::default()),
            r#"{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","details":{"text":"All OK"}}]}"#
        );
    }

    #[test]
    fn errors_are_told_from_warnings() {
        assert!(OperationOutcome::not_found("x").has_errors());
        assert!(!OperationOutcome { issues: vec![Issue::warning(IssueType::Value)] }.has_errors());
    }
}
