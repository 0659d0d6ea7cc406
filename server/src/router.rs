//! From an HTTP request to an answer and back: the only list of routes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::{any, get};
use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::app::App;
use crate::failure::Failure;
use crate::operations::expand::{CHUNK, Pending};
use crate::operations::{Answer, Request, answer};
use crate::pace::Kind;
use crate::web;
use crate::wire::json::JsonWriter;
use crate::wire::negotiate::negotiate;
use crate::wire::respond::{
    CacheControl, Conditions, ETag, Head, not_modified, respond, respond_outcome, respond_stream,
};
use crate::wire::{
    FhirVersion, Format, LanguagePreferences, Negotiated, Parameters, WireError, xml,
};

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
pub(crate) async fn fhir(
    State(app): State<Arc<App>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let (base_path, version) = base_of(uri.path());
    let limits = &app.config.limits;
    let wanted = negotiate(&method, &headers, uri.query(), version);
    let negotiated = match &wanted {
        Ok(negotiated) => *negotiated,
        Err(_) => Negotiated::json(version),
    };
    if uri.path().len() + uri.query().map_or(0, str::len) > limits.url_bytes {
        let text = format!(
            "the URL is longer than {} bytes; send the parameters with POST",
            limits.url_bytes
        );
        let failure = Failure { status: StatusCode::URI_TOO_LONG, ..Failure::invalid(text) };
        return fail(&failure, &negotiated);
    }
    if let Err(error) = wanted {
        return fail(&error.into(), &negotiated);
    }
    let seconds = Duration::from_secs(limits.request_s);
    let whole = axum::body::to_bytes(body, limits.body_bytes);
    let body = match tokio::time::timeout(seconds, whole).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => {
            return fail(&unreadable(error, limits.body_bytes).into(), &negotiated);
        }
        Err(_) => {
            let text = format!("the body did not arrive within {} s", limits.request_s);
            return fail(&Failure::timeout(StatusCode::REQUEST_TIMEOUT, text), &negotiated);
        }
    };
    let exchange = Exchange { app, base_path, method, uri, headers, body, negotiated };
    if exchange.is_always_quick() {
        return exchange.answer();
    }
    let kind = Kind::of(&exchange.uri, exchange.body.len());
    if exchange.app.pace.is_quick(kind) {
        return exchange.answer_and_note(kind);
    }
    let places = Arc::clone(&exchange.app.heavy);
    let task = async move {
        // The semaphore is never closed.
        let place = places.acquire_owned().await.ok();
        tokio::task::spawn_blocking(move || {
            let response = exchange.answer_and_note(kind);
            drop(place);
            response
        })
        .await
    };
    match tokio::time::timeout(seconds, task).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => fail(&Failure::internal(panic), &negotiated),
        Err(_) => {
            let text = format!("the request took longer than {} s", seconds.as_secs());
            fail(&Failure::timeout(StatusCode::SERVICE_UNAVAILABLE, text), &negotiated)
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
fn base_of(path: &str) -> (&'static str, FhirVersion) {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    BASES.into_iter().find(|(base, _)| base.trim_start_matches('/') == first).unwrap_or(BASES[0])
}

fn fail(failure: &Failure, negotiated: &Negotiated) -> Response<Body> {
    let mut response = respond_outcome(failure.status, &failure.outcome, negotiated);
    if !failure.allow.is_empty() {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(failure.allow));
    }
    response
}

/// One request with everything needed to answer it.
struct Exchange {
    app: Arc<App>,
    base_path: &'static str,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    negotiated: Negotiated,
}

impl Exchange {
    /// Whether the answer follows from a few lookups.
    fn is_always_quick(&self) -> bool {
        let path = self.uri.path();
        let is_quick = ["$lookup", "$subsumes", "$translate", "metadata"]
            .iter()
            .any(|end| path.ends_with(end))
            || path.ends_with("$validate-code") && self.body.len() < 4_096;
        is_quick && self.body.len() < 64 << 10
    }

    fn answer_and_note(self, kind: Kind) -> Response<Body> {
        let app = Arc::clone(&self.app);
        let begun = Instant::now();
        let response = self.answer();
        app.pace.note(kind, begun.elapsed());
        response
    }

    fn path(&self) -> &str {
        self.uri.path().strip_prefix(self.base_path).unwrap_or_default().trim_matches('/')
    }

    /// The base URL as the client sees it.
    fn base(&self) -> String {
        let configured = &self.app.config.base_url;
        if !configured.is_empty() {
            let configured = configured.trim_end_matches('/');
            let root = configured.strip_suffix(BASES[0].0);
            return match root {
                Some(root) => format!("{root}{}", self.base_path),
                None => configured.to_owned(),
            };
        }
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let host = text("x-forwarded-host")
            .or_else(|| text(header::HOST.as_str()))
            .or_else(|| self.uri.authority().map(axum::http::uri::Authority::as_str))
            .map_or_else(|| self.app.config.listen.to_string(), str::to_owned);
        let own = if self.app.config.tls.is_on() { "https" } else { "http" };
        let scheme = text("x-forwarded-proto").unwrap_or(own);
        format!("{scheme}://{host}{}", self.base_path)
    }

    fn answer(self) -> Response<Body> {
        match self.try_answer() {
            Ok(response) => response,
            Err(failure) => fail(&failure, &self.negotiated),
        }
    }

    fn try_answer(&self) -> Result<Response<Body>, Failure> {
        let limits = self.app.config.limits.wire();
        let path = percent_decoded(self.path())?;
        let is_batch = path.is_empty() && self.method == Method::POST;
        let converted;
        let mut body: &[u8] = &self.body;
        let parameters = if is_batch {
            if self.negotiated.request_format == crate::wire::BodyFormat::Xml {
                limits.check_text(body)?;
                converted = xml::to_json(body)?;
                body = converted.as_bytes();
            }
            Parameters::default()
        } else {
            Parameters::from_request(
                self.uri.query(),
                body,
                self.negotiated.request_format,
                &limits,
            )?
        };
        let languages = LanguagePreferences::from_headers(&self.headers);
        let base = self.base();
        let request = Request {
            app: &self.app,
            snapshot: self.app.snapshot(),
            version: self.negotiated.version,
            base: &base,
            languages: &languages,
            method: &self.method,
            path: &path,
            parameters,
            body,
            cache_id: self.cache_id(),
            too_costly_threshold: self.too_costly_threshold(),
        };
        let etag = self.etag(&request);
        let conditions = Conditions::of(&self.method, &self.headers);
        if let Some(etag) = &etag
            && conditions.name(etag, &self.negotiated)
        {
            return Ok(not_modified(
                &Head::new(StatusCode::NOT_MODIFIED).etag(etag.clone()),
                &self.negotiated,
            ));
        }
        let answered = answer(&request)?;
        Ok(self.respond(answered, etag))
    }

    /// The session whose resources the request may ask for.
    fn cache_id(&self) -> Option<&str> {
        let id = self.headers.get("x-cache-id")?.to_str().ok()?;
        Some(id).filter(|id| !id.is_empty())
    }

    fn too_costly_threshold(&self) -> Option<u64> {
        self.headers.get("x-too-costly-threshold")?.to_str().ok()?.trim().parse().ok()
    }

    /// GET answers follow from the library and the request alone.
    fn etag(&self, request: &Request<'_>) -> Option<ETag> {
        // What a session keeps may change from one request to the next.
        let is_in_session = request.cache_id.is_some()
            || request.parameters.contains("cache-id")
            || request.path == "$cache-control";
        if is_in_session || !matches!(self.method, Method::GET | Method::HEAD) {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(request.snapshot.hash.as_bytes());
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        hasher.update(self.uri.path().as_bytes());
        hasher.update(self.uri.query().unwrap_or_default().as_bytes());
        hasher.update(request.base.as_bytes());
        hasher.update(&[u8::from(self.app.config.normalize_codes)]);
        hasher.update(request.languages.text().as_bytes());
        if let Some(threshold) = request.too_costly_threshold {
            hasher.update(&threshold.to_le_bytes());
        }
        let mut hex = hasher.finalize().to_hex().to_string();
        hex.truncate(32);
        Some(ETag::Content(hex))
    }

    fn respond(&self, answered: Answer, etag: Option<ETag>) -> Response<Body> {
        let conditions = Conditions::of(&self.method, &self.headers);
        let with_cache = |head: Head| match etag {
            Some(etag) => {
                let seconds = self.app.config.max_age_s;
                let control = if seconds == 0 {
                    CacheControl::NoCache
                } else {
                    CacheControl::Public { max_age_s: seconds }
                };
                head.etag(etag).cache_control(control)
            }
            None => head,
        };
        match answered {
            Answer::Json(head, json) => {
                respond(&with_cache(head), json, &self.negotiated, &conditions)
            }
            Answer::Expansion(pending) => {
                let head = with_cache(Head::ok());
                // XML and pretty printing need the whole answer.
                if self.negotiated.response_format == Format::Xml || self.negotiated.pretty {
                    return respond(&head, pending.write_all(), &self.negotiated, &conditions);
                }
                respond_stream(&head, stream(*pending), &self.negotiated)
            }
        }
    }
}

fn percent_decoded(path: &str) -> Result<String, Failure> {
    // `$` and `|` arrive encoded from careful clients.
    let malformed = || {
        Failure::invalid(format!("the path '{path}' is not valid: expected percent-encoded UTF-8"))
    };
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let digits = path.get(at + 1..at + 3).ok_or_else(malformed)?;
            decoded.push(u8::from_str_radix(digits, 16).map_err(|_| malformed())?);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    String::from_utf8(decoded).map_err(|_| malformed())
}

/// Writes an expansion on a thread of its own while the chunks are sent; a slow reader slows the
/// writer down, so that memory stays flat.
fn stream(pending: Pending) -> Body {
    let (sender, receiver) = mpsc::channel::<Bytes>(4);
    tokio::task::spawn_blocking(move || {
        let mut json = JsonWriter::with_capacity(CHUNK + 4_096);
        let mut send_full = |json: &mut JsonWriter| {
            json.as_bytes().len() < CHUNK || sender.blocking_send(json.take_chunk().into()).is_ok()
        };
        pending.write(&mut json, &mut send_full);
        // Nobody reads any more if this fails: nothing is lost.
        let _ = sender.blocking_send(json.into_bytes().into());
    });
    Body::new(StreamBody::new(Chunks(receiver)))
}

struct Chunks(mpsc::Receiver<Bytes>);

impl futures_core::Stream for Chunks {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }
}
