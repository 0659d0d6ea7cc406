//! From finished JSON to an HTTP response.

use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use super::json::{self, pretty};
use super::{Format, Negotiated, OperationOutcome, WireError, xml};

/// What an entity tag is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ETag {
    /// A hash of the content, or of everything the content follows from. Since the same content is served in
    /// several formats, the header names the format too.
    Content(u128),
    /// The version id of a stored resource, which clients send back in `If-Match` and therefore stands as it is.
    Version(String),
}

impl ETag {
    /// The header's value: a weak tag, since compression changes bytes but not meaning.
    ///
    /// Source: FHIR R4, "RESTful API", "Support for Versions": `ETag: W/"23"`.
    #[must_use]
    pub fn header_bytes(&self, negotiated: &Negotiated) -> Vec<u8> {
        let format = match (negotiated.response_format, negotiated.pretty) {
            (Format::Json, false) => "",
            (Format::Json, true) => "-pretty",
            (Format::Xml, _) => "-xml",
        };
        match self {
            Self::Version(id) => ["W/\"", id, "\""].concat().into_bytes(),
            Self::Content(hash) => {
                [b"W/\"", &hexadecimal(*hash)[..], format.as_bytes(), b"\""].concat()
            }
        }
    }
}

/// The 32 digits of a number.
fn hexadecimal(number: u128) -> [u8; 32] {
    let mut rest = number;
    let mut digits = [0; 32];
    for digit in digits.iter_mut().rev() {
        let half = rest as u8 & 15;
        *digit = half + if half < 10 { b'0' } else { b'a' - 10 };
        rest >>= 4;
    }
    digits
}

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheControl {
    /// Not at all.
    NoStore,
    /// Kept, but asked about each time.
    NoCache,
    /// Kept for so many seconds by anyone.
    Public {
        /// The time in seconds.
        max_age_s: u32,
    },
    /// Kept for so many seconds by the client alone, since the answer depends on who asks.
    Private {
        /// The time in seconds.
        max_age_s: u32,
    },
}

impl CacheControl {
    fn header_value(self) -> Option<HeaderValue> {
        let text = match self {
            Self::NoStore => return Some(HeaderValue::from_static("no-store")),
            Self::NoCache => return Some(HeaderValue::from_static("no-cache")),
            Self::Public { max_age_s } => format!("public, max-age={max_age_s}"),
            Self::Private { max_age_s } => format!("private, max-age={max_age_s}"),
        };
        HeaderValue::try_from(text).ok()
    }
}

/// Everything about an answer but its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The entity tag.
    pub etag: Option<ETag>,
    /// How long the answer may be kept.
    pub cache_control: Option<CacheControl>,
    /// The language of the answer's texts, a BCP 47 tag.
    pub language: Option<String>,
    /// Where a resource just created is found.
    pub location: Option<String>,
}

impl Head {
    /// A head with a status alone.
    #[must_use]
    pub const fn new(status: StatusCode) -> Self {
        Self { status, etag: None, cache_control: None, language: None, location: None }
    }

    /// Status 200.
    #[must_use]
    pub const fn ok() -> Self {
        Self::new(StatusCode::OK)
    }

    /// The same with an entity tag.
    #[must_use]
    pub fn etag(mut self, etag: ETag) -> Self {
        self.etag = Some(etag);
        self
    }

    /// The same with a time to keep.
    #[must_use]
    pub const fn cache_control(mut self, cache_control: CacheControl) -> Self {
        self.cache_control = Some(cache_control);
        self
    }

    /// The same with a language.
    #[must_use]
    pub fn language(mut self, tag: impl Into<String>) -> Self {
        self.language = Some(tag.into());
        self
    }
}

/// The entity tags a client already has, from `If-None-Match` of a GET or HEAD request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    tags: Vec<String>,
}

impl Conditions {
    /// Reads the conditions of a request. Other methods have none: operations called by POST always answer.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        if !matches!(*method, Method::GET | Method::HEAD) || !headers.contains_key(IF_NONE_MATCH) {
            return Self::default();
        }
        let values =
            headers.get_all(IF_NONE_MATCH).iter().filter_map(|header| header.to_str().ok());
        // Our own tags hold no comma, so cutting foreign ones at theirs cannot make them match.
        let tags = values.flat_map(|value| value.split(',')).map(|tag| opaque(tag).to_owned());
        Self { tags: tags.filter(|tag| !tag.is_empty()).collect() }
    }

    /// Whether the client has the content with this tag: the answer is then 304. Weak comparison (RFC 9110,
    /// section 8.8.3.2).
    #[must_use]
    pub fn have(&self, etag: &ETag, negotiated: &Negotiated) -> bool {
        self.tags.iter().any(|tag| tag == "*") || self.name(etag, negotiated)
    }

    /// Whether the client names this very tag: the work can then be spared. `*` tells nothing before it is known
    /// whether there is an answer at all.
    #[must_use]
    pub fn name(&self, etag: &ETag, negotiated: &Negotiated) -> bool {
        !self.tags.is_empty() && {
            let own = etag.header_bytes(negotiated);
            self.tags.iter().any(|tag| tag.as_bytes() == own.strip_prefix(b"W/").unwrap_or(&own))
        }
    }
}

/// A tag without its mark of weakness.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// As many headers as a response has with all that is added on its way.
const MOST_HEADERS: usize = 10;

/// The response with this head and this finished JSON, in the format settled for the request; 304 without
/// content where the client has it already.
#[must_use]
pub fn respond(
    head: &Head,
    json: impl Into<Bytes>,
    negotiated: &Negotiated,
    conditions: &Conditions,
) -> Response<Body> {
    let has_it = |etag| head.status.is_success() && conditions.have(etag, negotiated);
    if head.etag.as_ref().is_some_and(has_it) {
        return not_modified(head, negotiated);
    }
    match content(json.into(), negotiated) {
        Ok(bytes) => respond_stream(head, Body::from(bytes), negotiated),
        Err(error) => respond_error(&error, &Negotiated::json(negotiated.version)),
    }
}

/// The response with this head and a body that is already in the settled format, for answers that are sent
/// while they are written.
#[must_use]
pub fn respond_stream(head: &Head, body: Body, negotiated: &Negotiated) -> Response<Body> {
    let mut response = with_headers(head, body, negotiated);
    let content_type = HeaderValue::from_static(negotiated.response_format.content_type());
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The response that the client has the content already. Conditions are the caller's to check.
#[must_use]
pub fn not_modified(head: &Head, negotiated: &Negotiated) -> Response<Body> {
    let head = Head { status: StatusCode::NOT_MODIFIED, ..head.clone() };
    with_headers(&head, Body::empty(), negotiated)
}

/// The response with an OperationOutcome. It must not be kept: what failed once may work the next time.
#[must_use]
pub fn respond_outcome(
    status: StatusCode,
    outcome: &OperationOutcome,
    negotiated: &Negotiated,
) -> Response<Body> {
    let head = Head::new(status).cache_control(CacheControl::NoStore);
    respond(&head, json::sent(outcome.to_json()), negotiated, &Conditions::default())
}

/// The response to a request that could not be understood.
#[must_use]
pub fn respond_error(error: &WireError, negotiated: &Negotiated) -> Response<Body> {
    respond_outcome(error.status(), &error.to_outcome(), negotiated)
}

fn content(json: Bytes, negotiated: &Negotiated) -> Result<Bytes, WireError> {
    match (negotiated.response_format, negotiated.pretty) {
        _ if json.is_empty() => Ok(json),
        (Format::Json, false) => Ok(json),
        (Format::Json, true) => Ok(pretty(&json).into()),
        (Format::Xml, _) => xml::from_json(&json).map(Bytes::from),
    }
}

fn with_headers(head: &Head, body: Body, negotiated: &Negotiated) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    let headers = response.headers_mut();
    headers.reserve(MOST_HEADERS);
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language"));
    // A value that cannot stand in a header is left out: none of these is needed to understand the answer.
    let mut set = |name: HeaderName, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    };
    let text = |text: String| HeaderValue::try_from(text).ok();
    let tag = |etag: &ETag| HeaderValue::try_from(etag.header_bytes(negotiated)).ok();
    set(ETAG, head.etag.as_ref().and_then(tag));
    set(CACHE_CONTROL, head.cache_control.and_then(CacheControl::header_value));
    set(CONTENT_LANGUAGE, head.language.clone().and_then(text));
    set(LOCATION, head.location.clone().and_then(text));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FhirVersion;

    const JSON: Negotiated = Negotiated::json(FhirVersion::R4);

    fn conditions(method: &Method, tags: &str) -> Conditions {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, tags.parse().unwrap());
        Conditions::of(method, &headers)
    }

    fn header(response: &Response<Body>, name: HeaderName) -> Option<&str> {
        response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    #[test]
    fn an_answer_has_type_tag_language_and_time_to_keep() {
        let head = Head::ok()
            .etag(ETag::Content(7))
            .cache_control(CacheControl::Public { max_age_s: 60 })
            .language("de");
        let response = respond(&head, "{}", &JSON, &Conditions::default());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CONTENT_TYPE), Some("application/fhir+json;charset=utf-8"));
        assert_eq!(header(&response, CACHE_CONTROL), Some("public, max-age=60"));
        assert_eq!(header(&response, CONTENT_LANGUAGE), Some("de"));
        assert_eq!(header(&response, VARY), Some("Accept, Accept-Language"));
        let etag = header(&response, ETAG).unwrap();
        assert!(etag.starts_with("W/\"") && etag.len() == 36, "{etag}");
    }

    #[test]
    fn content_that_the_client_has_is_not_sent_again() {
        let head = Head::ok().etag(ETag::Version("3".to_owned()));
        for tags in ["W/\"3\"", "\"3\"", "\"1\", W/\"3\"", "*"] {
            let response = respond(&head, "{}", &JSON, &conditions(&Method::GET, tags));
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{tags}");
            assert_eq!(header(&response, ETAG), Some("W/\"3\""));
            assert_eq!(header(&response, CONTENT_TYPE), None);
        }
        let other = respond(&head, "{}", &JSON, &conditions(&Method::GET, "W/\"4\""));
        assert_eq!(other.status(), StatusCode::OK);
        let posted = respond(&head, "{}", &JSON, &conditions(&Method::POST, "W/\"3\""));
        assert_eq!(posted.status(), StatusCode::OK);
    }

    #[test]
    fn an_error_is_never_not_modified() {
        let head = Head::new(StatusCode::NOT_FOUND).etag(ETag::Version("3".to_owned()));
        let response = respond(&head, "{}", &JSON, &conditions(&Method::GET, "*"));
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_tag_of_content_differs_between_formats_and_that_of_a_version_does_not() {
        let xml = Negotiated { response_format: Format::Xml, ..JSON };
        let pretty = Negotiated { pretty: true, ..JSON };
        let content = ETag::Content(7);
        let tags = [JSON, xml, pretty].map(|negotiated| content.header_bytes(&negotiated));
        assert!(
            tags.iter()
                .enumerate()
                .all(|(at, tag)| !tags.iter().skip(at + 1).any(|other| other == tag))
        );
        let version = ETag::Version("1".to_owned());
        assert_eq!(version.header_bytes(&xml), version.header_bytes(&JSON));
    }

    #[test]
    fn an_error_is_answered_with_its_status_and_is_not_kept() {
        let error = WireError::TooLarge { found: 10, limit: 5 };
        let response = respond_error(&error, &JSON);
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(header(&response, CACHE_CONTROL), Some("no-store"));
    }

    #[test]
    fn a_language_that_cannot_stand_in_a_header_is_left_out() {
        let response = respond(&Head::ok().language("d\ne"), "{}", &JSON, &Conditions::default());
        assert_eq!(header(&response, CONTENT_LANGUAGE), None);
    }
}
