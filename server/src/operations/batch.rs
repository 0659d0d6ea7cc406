//! A Bundle of type `batch`: every entry a request of its own.
//!
//! Source: FHIR R4 and R5, RESTful API, batch.

use std::sync::Arc;

use axum::http::StatusCode;
use rayon::prelude::*;

use super::{Answer, Request, answer};
use crate::failure::Failure;
use crate::wire::bundle::{BatchEntry, BatchRequest, BatchResponseWriter};
use crate::wire::json::JsonWriter;
use crate::wire::{BodyFormat, Parameters};

/// Answers a batch: entries are evaluated in parallel, answers come in their order.
///
/// # Errors
/// 400 for a body that is no batch Bundle, 422 for one with more entries than the server takes.
pub fn batch(request: &Request<'_>) -> Result<Answer, Failure> {
    let limits = &request.app.config.limits;
    let bundle = BatchRequest::from_json(request.body, &limits.wire())?;
    let entries = &bundle.entries;
    if entries.len() > limits.batch_entries {
        return Err(Failure::too_costly(format!(
            "the batch has {} entries, at most {} are taken at once",
            entries.len(),
            limits.batch_entries
        )));
    }
    let answers: Vec<(StatusCode, Result<Vec<u8>, Failure>)> = request
        .app
        .workers
        .install(|| entries.par_iter().with_min_len(16).map(|entry| one(request, entry)).collect());
    let size: usize = answers.iter().map(|(_, answer)| answer.as_ref().map_or(300, Vec::len) + 64).sum();
    let mut json = JsonWriter::with_capacity(size + 64);
    let mut out = BatchResponseWriter::begin(&mut json);
    for (status, answer) in &answers {
        match answer {
            Ok(resource) => out.answer(*status, resource),
            Err(failure) => out.outcome(failure.status, Some(&failure.outcome)),
        }
    }
    out.finish();
    Ok(Answer::ok(json.into_bytes()))
}

fn one(request: &Request<'_>, entry: &BatchEntry<'_>) -> (StatusCode, Result<Vec<u8>, Failure>) {
    match carry_out(request, entry) {
        Ok((status, json)) => (status, Ok(json)),
        Err(failure) => (failure.status, Err(failure)),
    }
}

fn carry_out(request: &Request<'_>, entry: &BatchEntry<'_>) -> Result<(StatusCode, Vec<u8>), Failure> {
    let target = entry.target(request.base)?;
    if target.path.trim_matches('/').is_empty() {
        return Err(Failure::not_supported("a batch inside of a batch"));
    }
    let body = entry.resource().map(|resource| resource.get().as_bytes()).unwrap_or_default();
    let parameters =
        Parameters::from_request(target.query, body, BodyFormat::Json, &request.app.config.limits.wire())?;
    let one = Request {
        method: &target.method,
        path: target.path.trim_matches('/'),
        parameters,
        body,
        snapshot: Arc::clone(&request.snapshot),
        ..*request
    };
    Ok(answer(&one)?.into_json())
}
