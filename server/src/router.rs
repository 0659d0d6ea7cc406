//! From an HTTP request to an answer and back: the only list of routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::{any, get};

use crate::app::App;
use crate::exchange::{Exchange, Stage, fail};
use crate::failure::Failure;
use crate::web;
use crate::wire::{FhirVersion, Negotiated, WireError};

/// Paths of the bases and the FHIR version that each speaks.
pub const BASES: [(&str, FhirVersion); 3] =
    [("/fhir", FhirVersion::R4), ("/r4b", FhirVersion::R4B), ("/r5", FhirVersion::R5)];

/// All routes of the server.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/", get(web::page))
        .route("/health", get(health))
        .route("/ready", get(ready));
    for (base, _) in BASES {
        router = router
            .route(base, any(fhir))
            .route(&format!("{base}/"), any(fhir))
            .route(&format!("{base}/{{*path}}"), any(fhir));
    }
    router.with_state(app)
}

/// The process answers.
async fn health() -> &'static str {
    "ok\n"
}

/// The library is open; files that are not served are named.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let snapshot = app.snapshot();
    if snapshot.problems.is_empty() {
        return (StatusCode::OK, "ready\n".into());
    }
    (
        StatusCode::OK,
        format!("ready, but not everything is served:\n{}\n", snapshot.problems.join("\n")),
    )
}

/// The FHIR endpoint.
pub(crate) async fn fhir(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    match Exchange::begin(app, head) {
        Stage::Answered(response) => response,
        Stage::Open(exchange) => match whole(&exchange, body).await {
            Ok(body) => exchange.with_body(body).answer().await,
            Err(failure) => fail(&failure, exchange.negotiated()),
        },
    }
}

/// The whole body, as far as it may be taken in.
async fn whole(exchange: &Exchange, body: Body) -> Result<Bytes, Failure> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let limits = &exchange.app().config.limits;
    let whole = axum::body::to_bytes(body, limits.body_bytes);
    match tokio::time::timeout(Duration::from_secs(limits.request_s), whole).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(unreadable(error, limits.body_bytes).into()),
        Err(_) => {
            let text = format!("the body did not arrive within {} s", limits.request_s);
            Err(Failure::timeout(StatusCode::REQUEST_TIMEOUT, text))
        }
    }
}

/// Why a body could not be taken in.
fn unreadable(error: axum::Error, limit: usize) -> WireError {
    let error = error.into_inner();
    if error.is::<http_body_util::LengthLimitError>() {
        return WireError::TooLarge { found: limit.saturating_add(1), limit };
    }
    WireError::Body { message: error.to_string() }
}

/// Whether a path is that of a base or lies below one, as the routes have it.
pub(crate) fn is_below_base(path: &str) -> bool {
    BASES.iter().any(|(base, _)| {
        path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The answer where answering panicked.
pub(crate) fn panicked() -> Response<Body> {
    fail(&Failure::internal("a panic, see above"), &Negotiated::json(FhirVersion::R4))
}

/// The base that a path lies below; all routes lie below one.
pub(crate) fn base_of(path: &str) -> (&'static str, FhirVersion) {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    BASES.into_iter().find(|(base, _)| base.trim_start_matches('/') == first).unwrap_or(BASES[0])
}
