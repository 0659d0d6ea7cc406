//! `CodeSystem/$subsumes`.
//!
//! Source: FHIR R4 and R5 CodeSystem-operation-subsumes.

use codesystems::{ConceptIx, Edition};

use super::lookup::code_system;
use super::normalize::{self, Reading};
use super::{Answer, Asked, Request};
use crate::failure::Failure;
use crate::wire::json::{JsonWriter, ParametersWriter};
use crate::wire::{Coding, WireError};

/// Answers `$subsumes` at type level or, with `id`, at instance level.
///
/// # Errors
/// 404 for an unknown system or code, 400 for missing parameters or codings of different systems.
pub fn subsumes(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let asked = Asked::of(request)?;
    let parameters = &request.parameters;
    let codings = (parameters.coding("codingA")?, parameters.coding("codingB")?);
    let mut url = parameters.string("system")?;
    let mut version = parameters.string("version")?;
    if let (Some(a), Some(b)) = codings {
        if a.system != b.system {
            return Err(Failure::invalid(
                "parameters 'codingA' and 'codingB' are of different systems, expected the same",
            ));
        }
        url = url.or(a.system.as_deref());
        version = version.or(a.version.as_deref()).or(b.version.as_deref());
    }
    let (system, url) = code_system(request, &asked, id, url, version)?;
    let edition = system.edition();
    let a = side(request, codings.0, "codeA", "codingA")?;
    let b = side(request, codings.1, "codeB", "codingB")?;
    let is_lenient = normalize::is_wanted(request)?;
    let [a, b] = [a, b].map(|code| Reading::of(is_lenient, edition, code, asked.wording()));
    let outcome = outcome(edition, find(edition, &url, &a)?, find(edition, &url, &b)?);
    let mut json = JsonWriter::with_capacity(128);
    let mut out = ParametersWriter::begin(&mut json);
    out.code("outcome", outcome);
    a.write(&mut out);
    b.write(&mut out);
    out.finish();
    Ok(Answer::ok(json.into_bytes()))
}

fn side<'a>(
    request: &'a Request<'_>,
    coding: Option<&'a Coding>,
    code: &'static str,
    name: &'static str,
) -> Result<&'a str, Failure> {
    let of_coding = coding.and_then(|coding| coding.code.as_deref());
    let code_given = request.parameters.string(code)?;
    let missing =
        || WireError::missing(code, format!("a code, or the parameter '{name}' with one"));
    Ok(of_coding.or(code_given).ok_or_else(missing)?)
}

fn find(edition: &Edition, url: &str, read: &Reading<'_>) -> Result<ConceptIx, Failure> {
    let code = read.code();
    edition.find(code).ok_or_else(|| {
        let why = read.refusal_in_brackets();
        let version = &edition.meta().version;
        Failure::not_found(format!(
            "Unknown code '{code}' in the CodeSystem '{url}' version '{version}'{why}"
        ))
    })
}

fn outcome(edition: &Edition, a: ConceptIx, b: ConceptIx) -> &'static str {
    if a == b {
        "equivalent"
    } else if edition.is_ancestor(a, b) {
        "subsumes"
    } else if edition.is_ancestor(b, a) {
        "subsumed-by"
    } else {
        "not-subsumed"
    }
}
