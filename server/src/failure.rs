//! The one place where errors become OperationOutcomes and HTTP statuses.

use axum::http::StatusCode;

use crate::wire::outcome::Text;
use crate::wire::{Issue, IssueType, OperationOutcome, WireError};

/// A request that is answered with an OperationOutcome instead of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// HTTP status.
    pub status: StatusCode,
    /// What to say.
    pub outcome: OperationOutcome,
    /// Methods that are allowed instead, for status 405; empty for none.
    pub allow: &'static str,
}

impl Failure {
    fn new(status: StatusCode, outcome: OperationOutcome) -> Self {
        Self { status, outcome, allow: "" }
    }

    /// 404 with the issue type `not-found`.
    pub fn not_found(text: impl Into<Text>) -> Self {
        Self::new(StatusCode::NOT_FOUND, OperationOutcome::not_found(text))
    }

    /// 400 with the issue type `invalid`.
    pub fn invalid(text: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, OperationOutcome::invalid(text))
    }

    /// 400 with the issue type `required`.
    pub fn required(text: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, OperationOutcome::required(text))
    }

    /// 501 with the issue type `not-supported`.
    pub fn not_supported(text: impl Into<Text>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, OperationOutcome::not_supported(text))
    }

    /// 405; `allow` lists the methods that are allowed.
    pub fn method_not_allowed(text: impl Into<Text>, allow: &'static str) -> Self {
        let outcome = OperationOutcome::not_supported(text);
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, outcome) }
    }

    /// 422 with the issue type `too-costly`.
    pub fn too_costly(text: impl Into<Text>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, OperationOutcome::too_costly(text))
    }

    /// The issue type `timeout`, with 408 where the client was slow and 503 where the server was.
    pub fn timeout(status: StatusCode, text: impl Into<Text>) -> Self {
        Self::new(status, OperationOutcome::timeout(text))
    }

    /// 500: the cause goes to the log, the client gets a general sentence.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        let text = "an unexpected fault of the server; its log tells more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, OperationOutcome::exception(text))
    }
}

impl Failure {
    /// The same as [`From`], worded for an expansion where the words differ.
    #[must_use]
    pub fn of_expansion(error: valuesets::Error) -> Self {
        use valuesets::Error as E;
        let message_id = match &error {
            E::UnknownSystem { .. } => "UNKNOWN_CODESYSTEM_EXP",
            E::UnknownVersion { .. } => "UNKNOWN_CODESYSTEM_VERSION_EXP",
            E::UnknownValueSet { url } if url.contains('|') => "VS_EXP_IMPORT_UNK_PINNED",
            E::UnknownValueSet { .. } => "VS_EXP_IMPORT_UNK",
            _ => return error.into(),
        };
        let text = error.for_expansion();
        let issue = Issue::error(IssueType::NotFound).text(text.clone()).diagnostics(text);
        let issues = vec![issue.tx_issue_type("not-found").message_id(message_id)];
        Self::new(StatusCode::NOT_FOUND, OperationOutcome { issues })
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::new(error.status(), error.to_outcome())
    }
}

impl From<crate::error::Error> for Failure {
    fn from(error: crate::error::Error) -> Self {
        Self::internal(error)
    }
}

impl From<valuesets::Error> for Failure {
    fn from(error: valuesets::Error) -> Self {
        use valuesets::Error as E;
        let text = error.to_string();
        let (status, kind, detail, message_id) = match &error {
            E::UnknownSystem { .. } => {
                (StatusCode::NOT_FOUND, IssueType::NotFound, "not-found", "UNKNOWN_CODESYSTEM")
            }
            E::UnknownVersion { .. } => (
                StatusCode::NOT_FOUND,
                IssueType::NotFound,
                "not-found",
                "UNKNOWN_CODESYSTEM_VERSION",
            ),
            E::UnknownValueSet { .. } => (
                StatusCode::NOT_FOUND,
                IssueType::NotFound,
                "not-found",
                "Unable_to_resolve_value_Set_",
            ),
            E::UnknownImportVersion { .. } => (
                StatusCode::NOT_FOUND,
                IssueType::NotFound,
                "not-found",
                "VS_EXP_IMPORT_UNK_PINNED",
            ),
            E::MissingSupplement { .. } => (
                StatusCode::NOT_FOUND,
                IssueType::NotFound,
                "not-found",
                "VALUESET_SUPPLEMENT_MISSING",
            ),
            E::FilterWithoutValue { .. } => (
                StatusCode::BAD_REQUEST,
                IssueType::Invalid,
                "vs-invalid",
                "UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE",
            ),
            E::UnknownConceptMap { .. } => {
                (StatusCode::NOT_FOUND, IssueType::NotFound, "not-found", "")
            }
            E::CyclicValueSet { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                IssueType::Processing,
                "vs-invalid",
                "VALUESET_CIRCULAR_REFERENCE",
            ),
            E::Constraint { .. } => {
                (StatusCode::BAD_REQUEST, IssueType::Invalid, "vs-invalid", "INVALID_ECL")
            }
            E::UnknownFilter { .. } | E::FilterValue { .. } | E::Definition { .. } => {
                (StatusCode::BAD_REQUEST, IssueType::Invalid, "vs-invalid", "")
            }
            E::TooCostly { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, IssueType::TooCostly, "", "VALUESET_TOO_COSTLY")
            }
            E::VersionNotAllowed { .. } => (
                StatusCode::BAD_REQUEST,
                IssueType::Exception,
                "version-error",
                "VALUESET_VERSION_CHECK",
            ),
            E::NotEnumerable { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                IssueType::NotSupported,
                "",
                "CODESYSTEM_NOT_ENUMERABLE",
            ),
            E::NotSupported { .. } => {
                (StatusCode::NOT_IMPLEMENTED, IssueType::NotSupported, "not-supported", "")
            }
            _ => return Self::internal(text),
        };
        let mut issue = Issue::error(kind).text(text.clone()).diagnostics(text);
        if !detail.is_empty() {
            issue = issue.tx_issue_type(detail);
        }
        if let E::FilterWithoutValue { path, .. } = error {
            issue = issue.expression(path);
        }
        if !message_id.is_empty() {
            issue = issue.message_id(message_id);
        }
        Self::new(status, OperationOutcome { issues: vec![issue] })
    }
}

/// A resource of a request that cannot be read: names the parameter it came in.
pub fn bad_resource(parameter: &str, error: &codesystems::Error) -> Failure {
    Failure::invalid(format!("parameter '{parameter}': {error}"))
}
