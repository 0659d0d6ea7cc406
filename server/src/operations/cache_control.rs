//! System-level `$cache-control`: sessions in which resources sent along are kept.
//!
//! Source: HL7 terminology ecosystem guide, `$cache-control`.

use super::{Answer, Request};
use crate::failure::Failure;
use crate::sent::unknown_session;
use crate::wire::json::{JsonWriter, ParametersWriter};
use crate::wire::{TextType, ValueRef, WireError};

/// Answers `$cache-control`: `mode` is `start` (answers `cache-id`), `check` or `end`.
///
/// # Errors
/// 400 for an unknown mode, or where `check` and `end` have no header `X-Cache-Id`.
pub fn cache_control(request: &Request<'_>) -> Result<Answer, Failure> {
    let parameters = &request.parameters;
    let cache = &request.app.sent;
    let mut json = JsonWriter::with_capacity(512);
    match parameters.string("mode")? {
        Some("start") => {
            let is_sealed = parameters.boolean("sealed")?.unwrap_or(false);
            let id = cache.begin(is_sealed, request.sent_resources()?)?;
            let mut out = ParametersWriter::begin(&mut json);
            out.value("cache-id", ValueRef::Text(TextType::Id, &id));
            out.boolean("sealed", is_sealed);
            out.finish();
        }
        Some("check") => {
            let id = named(request)?;
            let mut out = ParametersWriter::begin(&mut json);
            out.value("cache-id", ValueRef::Text(TextType::Id, id));
            match cache.check(id) {
                Some((is_sealed, count)) => {
                    out.boolean("valid", true);
                    out.boolean("sealed", is_sealed);
                    let count = i64::try_from(count).unwrap_or(i64::MAX);
                    out.value("resource-count", ValueRef::Integer(count));
                    let idle = request.app.config.limits.session_idle_s;
                    out.value(
                        "timeout",
                        ValueRef::Integer(i64::try_from(idle).unwrap_or(i64::MAX)),
                    );
                }
                None => {
                    out.boolean("valid", false);
                    let outcome = unknown_session(id).outcome;
                    out.resource("outcome", |json| outcome.write(json));
                }
            }
            out.finish();
        }
        Some("end") => {
            cache.end(named(request)?);
            // Parameters must not be an empty list.
            json.begin_object();
            json.field_str("resourceType", "Parameters");
            json.end_object();
        }
        other => {
            let expected = "'start', 'check' or 'end'";
            return Err(match other {
                Some(mode) => WireError::value("mode", mode, expected).into(),
                None => WireError::missing("mode", expected).into(),
            });
        }
    }
    Ok(Answer::ok(json.into_bytes()))
}

fn named<'a>(request: &Request<'a>) -> Result<&'a str, Failure> {
    let missing = "the id of the cache, which $cache-control?mode=start answered";
    Ok(request.cache_id.ok_or_else(|| WireError::missing("X-Cache-Id", missing))?)
}
