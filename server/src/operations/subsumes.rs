//! `CodeSystem/$subsumes`.
//!
//! Source: FHIR R4 and R5 CodeSystem-operation-subsumes.

use codesystems::systems::snomed;
use codesystems::systems::snomed::expression::{Expression, Form, Forms, is_meant};
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
    let outcome = outcome(edition, &find(edition, &url, &a)?, &find(edition, &url, &b)?);
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

/// What is compared.
#[derive(Debug, PartialEq)]
enum Compared {
    Concept(ConceptIx),
    /// A post-coordinated expression of SNOMED CT.
    Expression(Expression),
}

fn find(edition: &Edition, url: &str, read: &Reading<'_>) -> Result<Compared, Failure> {
    let code = read.code();
    if let Some(concept) = edition.find(code) {
        return Ok(Compared::Concept(concept));
    }
    let why = if edition.meta().url == snomed::URL && is_meant(code) {
        match valuesets::expressions::valid(edition, code) {
            Ok((expression, _)) => return Ok(Compared::Expression(expression)),
            Err(problem) => format!(" ({problem})"),
        }
    } else {
        read.refusal_in_brackets()
    };
    let version = &edition.meta().version;
    Err(Failure::not_found(format!(
        "Unknown code '{code}' in the CodeSystem '{url}' version '{version}'{why}"
    )))
}

/// Concepts by the hierarchy, expressions by their structure.
fn outcome(edition: &Edition, a: &Compared, b: &Compared) -> &'static str {
    let (is_above, is_below) = match (a, b) {
        (Compared::Concept(a), Compared::Concept(b)) => {
            (edition.is_ancestor(*a, *b), edition.is_ancestor(*b, *a))
        }
        _ => {
            let forms = Forms::new(edition);
            let (a, b) = (form(&forms, a), form(&forms, b));
            (forms.subsumes(&a, &b), forms.subsumes(&b, &a))
        }
    };
    match (a == b, is_above, is_below) {
        (true, ..) | (_, true, true) => "equivalent",
        (_, true, false) => "subsumes",
        (_, false, true) => "subsumed-by",
        (_, false, false) => "not-subsumed",
    }
}

fn form(forms: &Forms<'_>, compared: &Compared) -> Form {
    match compared {
        Compared::Concept(concept) => forms.concept(*concept),
        Compared::Expression(expression) => forms.expression(expression),
    }
}
