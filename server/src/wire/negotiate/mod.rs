//! Settling in which format a request is written and in which its answer is wanted.
//!
//! Sources: FHIR R4 and R5, "RESTful API", sections "Content Types and encodings" and "General parameters"
//! (`_format`, `_pretty`, the mime parameter `fhirVersion`); RFC 9110, section 12 (`Accept`,
//! `Accept-Language`).

mod languages;
mod media_type;

use std::borrow::Cow;

use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};

pub use languages::{LanguagePreferences, LanguageRange};
use media_type::MediaRange;

use super::error::quoted;
use super::parameters::query_pairs;
use super::{BodyFormat, FhirVersion, Format, WireError};

/// What was settled for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// The FHIR version, given by the base path.
    pub version: FhirVersion,
    /// The format of the body; [`BodyFormat::Json`] where there is none.
    pub request_format: BodyFormat,
    /// The format of the answer.
    pub response_format: Format,
    /// Whether the answer is laid out for people.
    pub pretty: bool,
}

impl Negotiated {
    /// JSON in both directions: what answers a request whose own wishes could not be understood.
    #[must_use]
    pub const fn json(version: FhirVersion) -> Self {
        Self {
            version,
            request_format: BodyFormat::Json,
            response_format: Format::Json,
            pretty: false,
        }
    }
}

/// Settles the formats of a request from its method, headers and query string.
///
/// - `Content-Type` counts for requests with a body only (not for GET, HEAD, DELETE, nor for an empty body);
///   absent, the body is JSON.
/// - `_format` overrides `Accept`. Without either, the answer is in the format of the body.
/// - `text/html` and wildcards are answered in JSON (in XML where the body was XML).
/// - A mime parameter `fhirVersion` must name the version of the base path.
///
/// # Errors
/// [`WireError::UnsupportedMediaType`] for a body that is not read here, [`WireError::NotAcceptable`] where
/// neither JSON nor XML of this FHIR version is acceptable, [`WireError::Value`] for a wrong `_pretty`.
pub fn negotiate(
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    version: FhirVersion,
) -> Result<Negotiated, WireError> {
    let request_format = request_format(method, headers, version)?;
    let preferred = match request_format {
        BodyFormat::Xml => Format::Xml,
        BodyFormat::Json | BodyFormat::Form => Format::Json,
    };
    let wishes = Wishes::of(query.unwrap_or_default())?;
    let response_format = match &wishes.format {
        Some(format) => format_parameter(format, version)?,
        None => accepted(headers, version, preferred)?,
    };
    Ok(Negotiated { version, request_format, response_format, pretty: wishes.pretty })
}

/// The general parameters of a query string.
struct Wishes<'a> {
    format: Option<Cow<'a, str>>,
    pretty: bool,
}

impl<'a> Wishes<'a> {
    fn of(query: &'a str) -> Result<Self, WireError> {
        let mut wishes = Self { format: None, pretty: false };
        // Most requests have neither; the search is far cheaper than decoding all of them.
        if memchr::memchr(b'_', query.as_bytes()).is_none() {
            return Ok(wishes);
        }
        for (name, value) in query_pairs(query) {
            match name {
                "_format" if wishes.format.is_none() => {
                    wishes.format = Some(super::parameters::decode(name, value)?);
                }
                "_pretty" => wishes.pretty = pretty_parameter(value)?,
                _ => {}
            }
        }
        wishes.format = wishes.format.filter(|format| !format.trim().is_empty());
        Ok(wishes)
    }
}

fn pretty_parameter(value: &str) -> Result<bool, WireError> {
    match value {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        other => Err(WireError::value("_pretty", other, "'true' or 'false'")),
    }
}

/// The format that the value of `_format` names.
fn format_parameter(value: &str, version: FhirVersion) -> Result<Format, WireError> {
    // An unencoded `+` of `application/fhir+json` has become a blank.
    let spelled = value.trim().replace(' ', "+").to_ascii_lowercase();
    let refused = || WireError::NotAcceptable {
        origin: "_format",
        found: quoted(value),
        expected: Cow::Borrowed("json, xml, application/fhir+json or application/fhir+xml"),
    };
    match spelled.as_str() {
        "json" | "html" => return Ok(Format::Json),
        "xml" => return Ok(Format::Xml),
        _ => {}
    }
    // The blank may also have stood behind a semicolon.
    let spelled = spelled.replace(";+", ";");
    let range = MediaRange::parse(&spelled).ok_or_else(refused)?;
    check_version(&range, version, "_format")?;
    match range.specificity_for(Format::Json).is_some() {
        true => Ok(Format::Json),
        false => range.specificity_for(Format::Xml).map(|_| Format::Xml).ok_or_else(refused),
    }
}

fn check_version(
    range: &MediaRange<'_>,
    version: FhirVersion,
    origin: &'static str,
) -> Result<(), WireError> {
    match range.fhir_version {
        Some(asked) if !version.is_named_by(asked) => Err(WireError::NotAcceptable {
            origin,
            found: format!("FHIR version {}", quoted(asked)),
            expected: Cow::Borrowed(version.mime_value()),
        }),
        _ => Ok(()),
    }
}

fn request_format(
    method: &Method,
    headers: &HeaderMap,
    version: FhirVersion,
) -> Result<BodyFormat, WireError> {
    let without_body = matches!(*method, Method::GET | Method::HEAD | Method::DELETE);
    let is_empty = headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() == b"0");
    let Some(header) = headers.get(CONTENT_TYPE).filter(|_| !without_body && !is_empty) else {
        return Ok(BodyFormat::Json);
    };
    let text = header.to_str().unwrap_or_default();
    let refused = |found: String, expected: Cow<'static, str>| {
        Err(WireError::UnsupportedMediaType { found, expected })
    };
    let Some(range) = MediaRange::parse(text) else {
        return refused(quoted(text), Cow::Borrowed("application/fhir+json"));
    };
    if let Some(asked) = range.fhir_version.filter(|asked| !version.is_named_by(asked)) {
        let found = format!("of FHIR version {}", quoted(asked));
        return refused(found, Cow::Borrowed(version.mime_value()));
    }
    if let Some(charset) = range.charset.filter(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return refused(format!("in charset {}", quoted(charset)), Cow::Borrowed("utf-8"));
    }
    match range.body_format() {
        Some(format) => Ok(format),
        None => refused(
            quoted(text),
            Cow::Borrowed(
                "application/fhir+json, application/json, application/fhir+xml, application/xml or \
                 application/x-www-form-urlencoded",
            ),
        ),
    }
}

/// The best format that the `Accept` headers allow: by quality, then by how exactly it is named, then by the
/// order it is named in.
fn accepted(
    headers: &HeaderMap,
    version: FhirVersion,
    preferred: Format,
) -> Result<Format, WireError> {
    let mut all = headers.get_all(ACCEPT).iter();
    match (all.next().map(HeaderValue::as_bytes), all.next()) {
        (None | Some(b"*/*"), None) => return Ok(preferred),
        (Some(b"application/fhir+json" | b"application/json"), None) => return Ok(Format::Json),
        _ => {}
    }
    let texts: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|h| h.to_str().ok()).collect();
    let parts = || texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    if parts().all(str::is_empty) {
        return Ok(preferred);
    }
    let ranges: Vec<MediaRange<'_>> = parts()
        .filter_map(MediaRange::parse)
        .filter(|range| range.fhir_version.is_none_or(|asked| version.is_named_by(asked)))
        .collect();
    let other = if preferred == Format::Json { Format::Xml } else { Format::Json };
    // `max_by_key` keeps the last of equals, which is thus the preferred format.
    [other, preferred]
        .into_iter()
        .filter_map(|format| Some((wish_for(format, &ranges, preferred)?, format)))
        .max_by_key(|(wish, _)| *wish)
        .map(|(_, format)| format)
        .ok_or_else(|| WireError::NotAcceptable {
            origin: "the Accept header",
            found: quoted(&texts.join(", ")),
            expected: Cow::Owned(format!(
                "application/fhir+json or application/fhir+xml of FHIR version {}",
                version.mime_value()
            )),
        })
}

/// How much a format is wished: quality, specificity, and the reverse of the position. `None` where it is not
/// acceptable. The most specific range that matches decides (RFC 9110, section 12.5.1).
fn wish_for(
    format: Format,
    ranges: &[MediaRange<'_>],
    preferred: Format,
) -> Option<(u16, u8, std::cmp::Reverse<usize>)> {
    let matching = ranges.iter().enumerate().filter_map(|(at, range)| {
        let specificity = match range.is_html() {
            true => (format == preferred).then_some(2),
            false => range.specificity_for(format),
        };
        Some((specificity?, std::cmp::Reverse(at), range.quality))
    });
    let (specificity, at, quality) =
        matching.max_by_key(|(specificity, at, _)| (*specificity, *at))?;
    (quality > 0).then_some((quality, specificity, at))
}

#[cfg(test)]
mod tests;
