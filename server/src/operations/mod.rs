//! One file an operation. Every operation is a plain synchronous function from a [`Request`] to an
//! [`Answer`]; which thread it runs on is decided outside.

pub mod batch;
pub mod cache_control;
pub mod closure;
pub mod compare;
pub mod expand;
pub mod lookup;
mod normalize;
mod scope;
pub mod subsumes;
pub mod translate;
pub mod validate_code;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{Method, StatusCode};
use serde_json::value::RawValue;

pub use scope::{Asked, Extent};

use crate::app::App;
use crate::capability;
use crate::failure::Failure;
use crate::library::{ResourceType, Snapshot};
use crate::resources;
use crate::wire::respond::Head;
use crate::wire::{FhirVersion, LanguagePreferences, Parameters, WireError};

/// A request after negotiation, with its parameters read.
#[derive(Debug)]
pub struct Request<'a> {
    /// What serves it.
    pub app: &'a App,
    /// What the library holds; one snapshot for the whole request.
    pub snapshot: Arc<Snapshot>,
    /// FHIR version of the base.
    pub version: FhirVersion,
    /// Absolute base URL, without a slash at its end.
    pub base: &'a str,
    /// Languages of the header.
    pub languages: &'a LanguagePreferences,
    /// Method.
    pub method: &'a Method,
    /// Path below the base, without slashes at its ends.
    pub path: &'a str,
    /// Parameters of query string and body.
    pub parameters: Parameters,
    /// The body as it came, for batches.
    pub body: &'a [u8],
    /// The session of the request (header `X-Cache-Id`).
    pub cache_id: Option<&'a str>,
    /// From how many codes on the client takes an expansion to be too costly (header
    /// `X-Too-Costly-Threshold`); the limit of the server counts where it is lower.
    pub too_costly_threshold: Option<u64>,
    /// There where the request is answered on a thread that must not be held up: what takes long is
    /// not begun then, and the flag raised.
    pub hurry: Option<&'a AtomicBool>,
}

impl Request<'_> {
    /// Whether work that takes long must be left to another thread; takes note that there is some.
    #[must_use]
    pub fn is_in_hurry(&self) -> bool {
        if let Some(hurry) = self.hurry {
            hurry.store(true, Ordering::Relaxed);
        }
        self.hurry.is_some()
    }

    /// The resources a session may keep: those sent along, and the one the request is about.
    ///
    /// # Errors
    /// When one of the parameters holds something else.
    pub fn sent_resources(
        &self,
    ) -> Result<impl Iterator<Item = (&'static str, &RawValue)>, WireError> {
        let named = |name: &'static str| -> Result<_, WireError> {
            Ok(self.parameters.resources(name)?.map(move |json| (name, json)))
        };
        Ok(named("tx-resource")?.chain(named("valueSet")?).chain(named("codeSystem")?))
    }
}

/// What an operation answers.
#[derive(Debug)]
pub enum Answer {
    /// Finished JSON.
    Json(Head, Vec<u8>),
    /// An expansion too large to be built in memory: written while it is sent.
    Expansion(Box<expand::Pending>),
}

impl Answer {
    /// Finished JSON with status 200.
    #[must_use]
    pub fn ok(json: Vec<u8>) -> Self {
        Self::Json(Head::ok(), json)
    }

    /// The answer as finished JSON, whatever its size.
    #[must_use]
    pub fn into_json(self) -> (StatusCode, Vec<u8>) {
        match self {
            Self::Json(head, json) => (head.status, json),
            Self::Expansion(pending) => (StatusCode::OK, pending.write_all()),
        }
    }
}

/// Answers a request.
///
/// # Errors
/// Whatever is wrong with it, with the HTTP status that says so.
pub fn answer(request: &Request<'_>) -> Result<Answer, Failure> {
    // No path has more than three segments.
    let (mut segments, mut count) = ([""; 4], 0);
    for (place, segment) in segments.iter_mut().zip(request.path.split('/').filter(is_segment)) {
        (*place, count) = (segment, count + 1);
    }
    let is_read = matches!(*request.method, Method::GET | Method::HEAD);
    match segments.get(..count).unwrap_or_default() {
        [] if *request.method == Method::POST => batch::batch(request),
        ["metadata"] if is_read => capability::metadata(request),
        ["metadata"] => Err(Failure::method_not_allowed("metadata is read with GET", "GET, HEAD")),
        ["$versions"] => capability::versions(request),
        // An operation that changes something is called by POST alone.
        ["$closure"] if *request.method == Method::POST => closure::closure(request),
        ["$closure"] => Err(Failure::method_not_allowed("$closure takes POST", "POST")),
        ["$cache-control"] if is_read || *request.method == Method::POST => {
            cache_control::cache_control(request)
        }
        ["$cache-control"] => {
            Err(Failure::method_not_allowed("$cache-control takes GET and POST", "GET, POST"))
        }
        [kind, rest @ ..] => match ResourceType::from_name(kind) {
            Some(kind) => on_type(request, kind, rest, is_read),
            None => Err(unknown_path(request)),
        },
        [] => Err(Failure::method_not_allowed("the base takes POST with a batch Bundle", "POST")),
    }
}

fn is_segment(segment: &&str) -> bool {
    !segment.is_empty()
}

fn on_type(
    request: &Request<'_>,
    kind: ResourceType,
    rest: &[&str],
    is_read: bool,
) -> Result<Answer, Failure> {
    match rest {
        [] if is_read => resources::search(request, kind),
        ["_search"] if *request.method == Method::POST => resources::search(request, kind),
        [operation] if operation.starts_with('$') => on_operation(request, kind, None, operation),
        [id] if is_read => resources::read(request, kind, id),
        [id, operation] if operation.starts_with('$') => {
            on_operation(request, kind, Some(id), operation)
        }
        [] | [_] => Err(Failure::method_not_allowed(
            "resources are read with GET; they are loaded with 'begriff load'",
            "GET, HEAD",
        )),
        _ => Err(unknown_path(request)),
    }
}

fn on_operation(
    request: &Request<'_>,
    kind: ResourceType,
    id: Option<&str>,
    operation: &str,
) -> Result<Answer, Failure> {
    if !matches!(*request.method, Method::GET | Method::HEAD | Method::POST) {
        let text = format!("{operation} takes GET and POST");
        return Err(Failure::method_not_allowed(text, "GET, HEAD, POST"));
    }
    match (kind, operation) {
        (ResourceType::CodeSystem, "$lookup") => lookup::lookup(request, id),
        (ResourceType::CodeSystem, "$validate-code") => validate_code::in_code_system(request, id),
        (ResourceType::CodeSystem, "$subsumes") => subsumes::subsumes(request, id),
        (ResourceType::ValueSet, "$expand") => expand::expand(request, id),
        (ResourceType::ValueSet, "$related" | "$compare") => compare::compare(request, id),
        (ResourceType::ValueSet, "$validate-code") => validate_code::in_value_set(request, id),
        (ResourceType::CodeSystem | ResourceType::ValueSet, "$batch-validate-code") => {
            validate_code::batch(request, kind)
        }
        (ResourceType::ConceptMap, "$translate") => translate::translate(request, id),
        _ => Err(unknown_path(request)),
    }
}

fn unknown_path(request: &Request<'_>) -> Failure {
    Failure::not_found(format!(
        "'{} {}' is not known here; see [base]/metadata for what is",
        request.method, request.path
    ))
}
