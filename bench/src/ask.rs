//! Requests as the server's operations take them, without HTTP around them.

use axum::http::Method;
use server::app::App;
use server::operations::Request;
use server::wire::{FhirVersion, LanguagePreferences, Parameters};

/// A request in R4 to the application's current snapshot, without a session.
#[must_use]
pub fn request<'a>(
    app: &'a App,
    languages: &'a LanguagePreferences,
    method: &'a Method,
    path: &'a str,
    parameters: Parameters,
    body: &'a [u8],
) -> Request<'a> {
    Request {
        app,
        snapshot: app.snapshot(),
        version: FhirVersion::R4,
        base: "http://localhost/fhir",
        languages,
        method,
        path,
        parameters,
        body,
        cache_id: None,
        too_costly_threshold: None,
        hurry: None,
    }
}
