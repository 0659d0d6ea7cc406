//! A Bundle of type `batch`: every entry a request of its own.
//!
//! Source: FHIR R4 and R5, RESTful API, batch.

use std::sync::Arc;

use axum::http::StatusCode;
use rayon::prelude::*;

use super::expand::CHUNK;
use super::{Answer, Request, answer};
use crate::failure::Failure;
use crate::wire::bundle::{BatchEntry, BatchRequest, BatchResponseWriter};
use crate::wire::json::{self, JsonWriter};
use crate::wire::{BodyFormat, Parameters};

/// Up to how many entries are answered before anything is sent: such an answer has a length.
const SHORT: usize = 250;
/// Entries that are evaluated together: enough for all threads, and few enough that the answer begins
/// at once and takes little memory.
const TOGETHER: usize = 256;

/// A Bundle of type `batch` that is taken: its answer has status 200, whatever becomes of its entries.
#[derive(Debug)]
pub struct Batch<'a> {
    entries: Vec<BatchEntry<'a>>,
}

impl<'a> Batch<'a> {
    /// Reads the batch that is the body of a request.
    ///
    /// # Errors
    /// 400 for a body that is no batch Bundle, 422 for one with more entries than the server takes.
    pub fn read(request: &Request<'a>) -> Result<Self, Failure> {
        let limits = &request.app.config.limits;
        let entries = BatchRequest::from_json(request.body, &limits.wire())?.entries;
        if entries.len() > limits.batch_entries {
            return Err(Failure::too_costly(format!(
                "the batch has {} entries, at most {} are taken at once",
                entries.len(),
                limits.batch_entries
            )));
        }
        Ok(Self { entries })
    }

    /// Whether the answer is short enough not to be sent in pieces.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.entries.len() <= SHORT
    }

    /// The whole answer.
    #[must_use]
    pub fn answer(&self, request: &Request<'_>) -> Answer {
        let mut whole = Vec::new();
        self.write(request, &mut |piece| {
            if whole.is_empty() {
                whole = piece;
            } else {
                whole.extend_from_slice(&piece);
            }
            true
        });
        Answer::ok(whole)
    }

    /// Writes the answer and gives it away piece by piece: entries are evaluated in parallel, answers
    /// come in their order. Ends early where `give` says that nobody reads on; whether it came to its
    /// end.
    pub fn write(&self, request: &Request<'_>, give: &mut dyn FnMut(Vec<u8>) -> bool) -> bool {
        let mut writer = JsonWriter::with_capacity(CHUNK);
        let mut out = BatchResponseWriter::begin(&mut writer);
        let workers = &request.app.workers;
        for entries in self.entries.chunks(TOGETHER) {
            let evaluate = || entries.par_iter().with_min_len(16).map(|entry| one(request, entry));
            let answers: Vec<_> = workers.install(|| evaluate().collect());
            for (status, answer) in answers {
                match answer {
                    Ok(resource) => {
                        out.answer(status, &resource);
                        json::give(resource);
                    }
                    Err(failure) => out.outcome(failure.status, Some(&failure.outcome)),
                }
                if out.written() >= CHUNK && !self.is_short() && !give(out.take_chunk()) {
                    return false;
                }
            }
        }
        out.finish();
        give(writer.into_bytes())
    }
}

/// Answers a batch in one piece.
///
/// # Errors
/// Those of [`Batch::read`].
pub fn batch(request: &Request<'_>) -> Result<Answer, Failure> {
    Ok(Batch::read(request)?.answer(request))
}

fn one(request: &Request<'_>, entry: &BatchEntry<'_>) -> (StatusCode, Result<Vec<u8>, Failure>) {
    match carry_out(request, entry) {
        Ok((status, json)) => (status, Ok(json)),
        Err(failure) => (failure.status, Err(failure)),
    }
}

fn carry_out(
    request: &Request<'_>,
    entry: &BatchEntry<'_>,
) -> Result<(StatusCode, Vec<u8>), Failure> {
    let target = entry.target(request.base)?;
    if target.path.trim_matches('/').is_empty() {
        return Err(Failure::not_supported("a batch inside of a batch"));
    }
    let body = entry.resource().map(|resource| resource.get().as_bytes()).unwrap_or_default();
    let parameters = Parameters::from_request(
        target.query,
        body,
        BodyFormat::Json,
        &request.app.config.limits.wire(),
    )?;
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
