//! One request on its way to its answer: what is settled before, on which thread it is answered, and
//! what makes the response.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use tokio::sync::oneshot;

use crate::app::App;
use crate::failure::Failure;
use crate::operations::batch::Batch;
use crate::operations::{Answer, Request, answer};
use crate::pace::{Kind, Stopwatch, stand_back};
use crate::router::base_of;
use crate::streaming;
use crate::wire::json::sent;
use crate::wire::negotiate::negotiate;
use crate::wire::respond::{
    CacheControl, Conditions, ETag, Head, not_modified, respond, respond_outcome, respond_stream,
};
use crate::wire::{Format, LanguagePreferences, Negotiated, Parameters, xml};

/// Up to how many bytes of body a request may have to be answered on the thread that read it
/// because of what it asks.
const SHORT_BODY: usize = 64 << 10;
/// The same for verdicts: they may bring value sets along.
const SHORT_VERDICT: usize = 4 << 10;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const CACHE_ID: HeaderName = HeaderName::from_static("x-cache-id");
const TOO_COSTLY: HeaderName = HeaderName::from_static("x-too-costly-threshold");

/// The response to a request that failed.
pub(crate) fn fail(failure: &Failure, negotiated: &Negotiated) -> Response<Body> {
    let mut response = respond_outcome(failure.status, &failure.outcome, negotiated);
    if !failure.allow.is_empty() {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(failure.allow));
    }
    response
}

/// How far a request came on the thread that read it.
#[derive(Debug)]
pub(crate) enum Stage {
    /// It is answered.
    Answered(Response<Body>),
    /// It is for a thread that may take its time.
    Open(Exchange),
}

/// One request with everything needed to answer it.
#[derive(Debug)]
pub(crate) struct Exchange {
    app: Arc<App>,
    base_path: &'static str,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    negotiated: Negotiated,
}

impl Exchange {
    /// Settles formats and version of a request without its body; the answer where that fails.
    pub(crate) fn begin(app: Arc<App>, head: Parts) -> Stage {
        let Parts { method, uri, headers, .. } = head;
        let (base_path, version) = base_of(uri.path());
        let wanted = negotiate(&method, &headers, uri.query(), version);
        let negotiated = match &wanted {
            Ok(negotiated) => *negotiated,
            Err(_) => Negotiated::json(version),
        };
        let limit = app.config.limits.url_bytes;
        if uri.path().len() + uri.query().map_or(0, str::len) > limit {
            let text =
                format!("the URL is longer than {limit} bytes; send the parameters with POST");
            let failure = Failure { status: StatusCode::URI_TOO_LONG, ..Failure::invalid(text) };
            return Stage::Answered(fail(&failure, &negotiated));
        }
        if let Err(error) = wanted {
            return Stage::Answered(fail(&error.into(), &negotiated));
        }
        let body = Bytes::new();
        Stage::Open(Self { app, base_path, method, uri, headers, body, negotiated })
    }

    /// What was settled.
    pub(crate) fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// What serves it.
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// The same with its body.
    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// Answers: on this thread where that is quick, else on another.
    pub(crate) async fn answer(self) -> Response<Body> {
        match self.here() {
            Stage::Answered(response) => response,
            Stage::Open(exchange) => exchange.elsewhere().await,
        }
    }

    /// Answers on this thread where that is quick.
    pub(crate) fn here(self) -> Stage {
        if self.is_quick_by_nature() {
            let is_refused = AtomicBool::new(false);
            let response = self.answer_now(Some(&is_refused));
            return match is_refused.into_inner() {
                false => Stage::Answered(response),
                true => Stage::Open(self),
            };
        }
        let kind = self.kind();
        // Batches wait for other threads.
        match !self.is_batch() && self.app.pace.is_quick(kind) {
            true => Stage::Answered(self.answer_and_note(kind)),
            false => Stage::Open(self),
        }
    }

    /// Answers on a thread that may take its time.
    pub(crate) async fn elsewhere(self) -> Response<Body> {
        let negotiated = self.negotiated;
        let seconds = Duration::from_secs(self.app.config.limits.request_s);
        let places = Arc::clone(&self.app.heavy);
        let (sender, response) = oneshot::channel();
        let task = async move {
            // The semaphore is never closed.
            let place = places.acquire_owned().await.ok();
            tokio::task::spawn_blocking(move || {
                stand_back();
                // What is sent while it is written waits for its reader, and keeps no place.
                let answered = move |response| {
                    drop(place);
                    let _ = sender.send(response);
                };
                self.answer_to(answered);
            });
            response.await
        };
        match tokio::time::timeout(seconds, task).await {
            Ok(Ok(response)) => response,
            // The sender is dropped without a word by a panic alone.
            Ok(Err(_)) => fail(&Failure::internal("a panic, see above"), &negotiated),
            Err(_) => {
                let text = format!("the request took longer than {} s", seconds.as_secs());
                fail(&Failure::timeout(StatusCode::SERVICE_UNAVAILABLE, text), &negotiated)
            }
        }
    }

    /// Whether the answer follows from a few lookups, unless a value set has to be compiled first.
    fn is_quick_by_nature(&self) -> bool {
        let path = self.uri.path();
        let Some((_, last)) = path.rsplit_once('/') else { return false };
        let limit = match last {
            "$lookup" | "$subsumes" | "$translate" | "metadata" => SHORT_BODY,
            "$validate-code" => SHORT_VERDICT,
            _ => return false,
        };
        self.body.len() < limit
    }

    fn kind(&self) -> Kind {
        Kind::of(&self.uri, self.body.len())
    }

    fn answer_and_note(&self, kind: Kind) -> Response<Body> {
        let watch = Stopwatch::start();
        let response = self.answer_now(None);
        self.app.pace.note(kind, watch.elapsed());
        response
    }

    /// Gives the response to `answered`; what is sent while it is written, is written then. Whoever has
    /// the whole response has nothing of the server in use any more.
    fn answer_to(self, answered: impl FnOnce(Response<Body>)) {
        let is_whole = self.negotiated.response_format == Format::Xml || self.negotiated.pretty;
        if is_whole || !self.is_batch() {
            let response = self.answer_and_note(self.kind());
            drop(self);
            return answered(response);
        }
        let mut answered = Some(answered);
        let mut give = |response| answered.take().map_or((), |answered| answered(response));
        let done = self.with_request(None, |request| {
            let batch = Batch::read(request)?;
            if batch.is_short() {
                return Ok(Some(self.respond(batch.answer(request), None)));
            }
            let (sink, body) = streaming::channel();
            give(respond_stream(&Head::ok(), body, &self.negotiated));
            if batch.write(request, &mut |chunk| sink.send(chunk)) {
                sink.end();
            }
            Ok(None)
        });
        let response = match done {
            Ok(None) => return,
            Ok(Some(response)) => response,
            Err(failure) => fail(&failure, &self.negotiated),
        };
        drop(self);
        give(response);
    }

    fn is_batch(&self) -> bool {
        self.method == Method::POST && self.path().is_empty()
    }

    fn path(&self) -> &str {
        self.uri.path().strip_prefix(self.base_path).unwrap_or_default().trim_matches('/')
    }

    /// The base URL as the client sees it.
    fn base(&self) -> String {
        let configured = &self.app.config.base_url;
        if !configured.is_empty() {
            let configured = configured.trim_end_matches('/');
            let root = configured.strip_suffix(crate::router::BASES[0].0);
            return match root {
                Some(root) => [root, self.base_path].concat(),
                None => configured.to_owned(),
            };
        }
        let text = |name: &HeaderName| self.headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(&FORWARDED_HOST)
            .or_else(|| text(&header::HOST))
            .or_else(|| self.uri.authority().map(axum::http::uri::Authority::as_str));
        let host = host.map_or_else(|| self.app.config.listen.to_string().into(), Cow::Borrowed);
        let own = if self.app.config.tls.is_on() { "https" } else { "http" };
        let scheme = text(&FORWARDED_PROTO).unwrap_or(own);
        [scheme, "://", &host, self.base_path].concat()
    }

    /// The response; with `hurry`, work that takes long is not begun, and the flag raised instead.
    fn answer_now(&self, hurry: Option<&AtomicBool>) -> Response<Body> {
        let answered = self.with_request(hurry, |request| {
            let etag = self.etag(request);
            let conditions = Conditions::of(&self.method, &self.headers);
            if let Some(etag) = &etag
                && conditions.name(etag, &self.negotiated)
            {
                let head = Head::new(StatusCode::NOT_MODIFIED).etag(etag.clone());
                return Ok(not_modified(&head, &self.negotiated));
            }
            Ok(self.respond(answer(request)?, etag))
        });
        match answered {
            Ok(response) => response,
            Err(_) if hurry.is_some_and(|hurry| hurry.load(Ordering::Relaxed)) => {
                Response::default()
            }
            Err(failure) => fail(&failure, &self.negotiated),
        }
    }

    /// Reads the request for `answer`.
    fn with_request<T>(
        &self,
        hurry: Option<&AtomicBool>,
        answer: impl FnOnce(&Request<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let limits = self.app.config.limits.wire();
        let path = percent_decoded(self.path())?;
        let converted;
        let mut body: &[u8] = &self.body;
        let parameters = if path.is_empty() && self.method == Method::POST {
            if self.negotiated.request_format == crate::wire::BodyFormat::Xml {
                limits.check_text(body)?;
                converted = xml::to_json(body)?;
                body = converted.as_bytes();
            }
            Parameters::default()
        } else {
            let format = self.negotiated.request_format;
            Parameters::from_request(self.uri.query(), body, format, &limits)?
        };
        let languages = LanguagePreferences::from_headers(&self.headers);
        let base = self.base();
        answer(&Request {
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
            hurry,
        })
    }

    /// The session whose resources the request may ask for.
    fn cache_id(&self) -> Option<&str> {
        let id = self.headers.get(&CACHE_ID)?.to_str().ok()?;
        Some(id).filter(|id| !id.is_empty())
    }

    fn too_costly_threshold(&self) -> Option<u64> {
        self.headers.get(&TOO_COSTLY)?.to_str().ok()?.trim().parse().ok()
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
        // A tag tells apart what one URL answers, by what is served and by what the request says beside
        // the URL; that the rest goes in, too, makes tags of different URLs differ.
        let mut hasher = rustc_hash::FxHasher::default();
        let asked = (self.uri.path(), self.uri.query(), request.base, request.languages.text());
        asked.hash(&mut hasher);
        (self.app.config.normalize_codes, request.too_costly_threshold).hash(&mut hasher);
        Some(ETag::Content(request.snapshot.tag ^ u128::from(hasher.finish())))
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
                respond(&with_cache(head), sent(json), &self.negotiated, &conditions)
            }
            Answer::Expansion(pending) => {
                let head = with_cache(Head::ok());
                // XML and pretty printing need the whole answer.
                if self.negotiated.response_format == Format::Xml || self.negotiated.pretty {
                    let json = sent(pending.write_all());
                    return respond(&head, json, &self.negotiated, &conditions);
                }
                respond_stream(&head, streaming::expansion(*pending), &self.negotiated)
            }
        }
    }
}

/// The path with its escapes read.
fn percent_decoded(path: &str) -> Result<Cow<'_, str>, Failure> {
    if memchr::memchr(b'%', path.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(path));
    }
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
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| malformed())
}
