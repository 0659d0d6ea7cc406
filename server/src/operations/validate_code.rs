//! `CodeSystem/$validate-code`, `ValueSet/$validate-code` and their batches.
//!
//! Sources: FHIR R4 and R5 CodeSystem-operation-validate-code, ValueSet-operation-validate-code;
//! HL7 terminology ecosystem guide (`issues`, `$batch-validate-code`).

use std::sync::Arc;

use valuesets::catalogue::CodeSystem;
use valuesets::issues::{Issue as TxIssue, Wording};
use valuesets::validate::{self, Coding, Rules, Shape, Verdict};

use super::lookup::code_system;
use super::{Answer, Asked, Extent, Request, normalize};
use crate::failure::Failure;
use crate::library::ResourceType;
use crate::wire::json::{JsonWriter, ParametersWriter};
use crate::wire::{self, Issue, IssueType, OperationOutcome, Parameters, Severity, WireError};

/// The codes of a request, and in which shape they came.
struct Given<'a> {
    codings: Vec<Coding<'a>>,
    shape: Shape,
    concept: Option<&'a wire::CodeableConcept>,
}

fn borrowed(coding: &wire::Coding) -> Coding<'_> {
    Coding {
        system: coding.system.as_deref().unwrap_or_default(),
        version: coding.version.as_deref().unwrap_or_default(),
        code: coding.code.as_deref().unwrap_or_default(),
        display: coding.display.as_deref().unwrap_or_default(),
    }
}

fn given<'a>(
    parameters: &'a Parameters,
    system: &'static str,
    version: &'static str,
) -> Result<Given<'a>, Failure> {
    if let Some(concept) = parameters.codeable_concept("codeableConcept")? {
        let codings: Vec<_> = concept.coding.iter().map(borrowed).collect();
        if codings.is_empty() {
            return Err(WireError::value(
                "codeableConcept",
                "without a coding",
                "at least one coding",
            )
            .into());
        }
        return Ok(Given { codings, shape: Shape::CodeableConcept, concept: Some(concept) });
    }
    if let Some(coding) = parameters.coding("coding")? {
        return Ok(Given { codings: vec![borrowed(coding)], shape: Shape::Coding, concept: None });
    }
    let code = parameters.string("code")?.ok_or_else(|| {
        if system == "url" {
            return Failure::from(WireError::missing(
                "code",
                "a code, or one of the parameters 'coding' and 'codeableConcept'",
            ));
        }
        // The wording by which validators know it.
        Failure::invalid(
            "Unable to find code to validate (looked for coding | codeableConcept | code+system | \
             code+inferSystem in parameters",
        )
    })?;
    let coding = Coding {
        system: parameters.string(system)?.unwrap_or_default(),
        version: parameters.string(version)?.unwrap_or_default(),
        code,
        display: parameters.string("display")?.unwrap_or_default(),
    };
    Ok(Given { codings: vec![coding], shape: Shape::Code, concept: None })
}

fn rules(request: &Request<'_>) -> Result<Rules, Failure> {
    let parameters = &request.parameters;
    let flag = |name: &str, default: bool| -> Result<bool, WireError> {
        Ok(parameters.boolean(name)?.unwrap_or(default))
    };
    Ok(Rules {
        allow_abstract: flag("abstract", true)?,
        active_only: flag("activeOnly", false)?,
        lenient_display: flag("lenient-display-validation", false)?,
        infer_system: flag("inferSystem", false)?,
        membership_only: flag("valueset-membership-only", false)?,
        normalize: normalize::is_wanted(request)?,
    })
}

/// Answers `CodeSystem/$validate-code` at type level or, with `id`, at instance level.
///
/// # Errors
/// 400 for missing or malformed parameters; an unknown code or system is an answer with
/// `result = false`.
pub fn in_code_system(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let asked = Asked::of(request)?;
    let parameters = &request.parameters;
    let given = given(parameters, "url", "version")?;
    let mut coding = given.codings.first().copied().unwrap_or_default();
    if coding.system.is_empty() {
        coding.system = parameters.string("system")?.unwrap_or_default();
    }
    let instance: Option<(Arc<CodeSystem>, String)> =
        if id.is_some() || parameters.contains("codeSystem") {
            Some(code_system(request, &asked, id, None, None)?)
        } else {
            None
        };
    let mut scope = asked.scope(request);
    let mut sent = valuesets::Catalogue::new();
    if let Some((system, url)) = &instance {
        // The code system the request is made on is the one that counts.
        if !coding.system.is_empty() && coding.system != url {
            return Err(WireError::value(
                "system",
                coding.system,
                format!("'{url}', the code system asked"),
            )
            .into());
        }
        coding.system = url;
        coding.version = system.version();
        sent.add_code_system(Arc::clone(system));
        scope.sent = Some(&sent);
    } else if coding.system.is_empty() {
        if let Some(url) = parameters.string("url")? {
            coding.system = url;
        } else if given.shape == Shape::Code {
            return Err(WireError::missing("url", "the canonical of a code system").into());
        }
    }
    let verdict = validate::in_code_system(&scope, coding, given.shape, rules(request)?)?;
    Ok(Answer::ok(write(&verdict, given.concept, Wording::new(scope.messages))))
}

/// Answers `ValueSet/$validate-code` at type level or, with `id`, at instance level.
///
/// # Errors
/// 404 for an unknown value set, 400 for missing or malformed parameters; an unknown code or system
/// is an answer with `result = false`.
pub fn in_value_set(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let asked = Asked::of(request)?;
    let parameters = &request.parameters;
    let given = given(parameters, "system", "systemVersion")?;
    let subject = asked.value_set(request, id, Extent::Known)?;
    let compile = |preferred: Option<&codesystems::Canonical>| match preferred {
        Some(preferred) => asked.compiled_for(request, &subject, preferred),
        None => asked.compiled(request, &subject),
    };
    let value_set = &*subject.value_set;
    let rules = rules(request)?;
    let scope = asked.scope(request);
    let verdict =
        validate::in_value_set(&scope, value_set, &compile, &given.codings, given.shape, rules)?;
    Ok(Answer::ok(write(&verdict, given.concept, Wording::new(scope.messages))))
}

/// Answers `$batch-validate-code`: one answer per parameter `validation`, in order.
///
/// # Errors
/// 400 where a `validation` holds no Parameters resource.
pub fn batch(request: &Request<'_>, kind: ResourceType) -> Result<Answer, Failure> {
    let shared: Vec<_> = request
        .parameters
        .list
        .iter()
        .filter(|parameter| parameter.name != "validation")
        .cloned()
        .collect();
    let mut json = JsonWriter::with_capacity(4096);
    let mut out = ParametersWriter::begin(&mut json);
    for resource in request.parameters.resources("validation")? {
        let mut parameters = Parameters::from_raw(resource)?;
        let own: Vec<String> =
            parameters.list.iter().map(|parameter| parameter.name.clone()).collect();
        parameters
            .list
            .extend(shared.iter().filter(|parameter| !own.contains(&parameter.name)).cloned());
        let one = Request { parameters, snapshot: Arc::clone(&request.snapshot), ..*request };
        let answer = match kind {
            ResourceType::CodeSystem => in_code_system(&one, None),
            _ => in_value_set(&one, None),
        };
        let json = match answer {
            Ok(answer) => answer.into_json().1,
            Err(failure) => failure.outcome.to_json(),
        };
        out.resource_raw("validation", str::from_utf8(&json).unwrap_or("{}"));
    }
    out.finish();
    Ok(Answer::ok(json.into_bytes()))
}

/// The verdict as Parameters: `result` first and `message` second, because clients read them by
/// position.
fn write(verdict: &Verdict, concept: Option<&wire::CodeableConcept>, wording: Wording) -> Vec<u8> {
    let mut json = JsonWriter::with_capacity(512 + verdict.issues.len() * 512);
    let mut out = ParametersWriter::begin(&mut json);
    out.boolean("result", verdict.result);
    if !verdict.message.is_empty() {
        out.string("message", &verdict.message);
    }
    if !verdict.display.is_empty() {
        out.string("display", &verdict.display);
    }
    if !verdict.code.is_empty() {
        out.code("code", &verdict.code);
    }
    if !verdict.system.is_empty() {
        out.uri("system", &verdict.system);
    }
    if !verdict.version.is_empty() {
        out.string("version", &verdict.version);
    }
    if let Some(concept) = concept {
        out.value("codeableConcept", wire::ValueRef::CodeableConcept(concept));
    }
    if !verdict.normalized_code.is_empty() {
        out.code("normalized-code", &verdict.normalized_code);
    }
    for read in &verdict.normalizations {
        normalize::write(&mut out, &read.given, &read.code, &read.changes, wording);
    }
    if verdict.inactive {
        out.boolean("inactive", true);
    }
    if !verdict.status.is_empty() {
        out.code("status", &verdict.status);
    }
    if !verdict.result {
        let name =
            if verdict.is_undecided { "x-caused-by-unknown-system" } else { "x-unknown-system" };
        for system in &verdict.unknown_systems {
            out.canonical(name, system);
        }
    }
    if !verdict.issues.is_empty() {
        let issues = OperationOutcome { issues: verdict.issues.iter().map(issue).collect() };
        out.resource("issues", |json| issues.write(json));
    }
    out.finish();
    json.into_bytes()
}

fn issue(issue: &TxIssue) -> Issue {
    let severity = match issue.severity {
        valuesets::issues::Severity::Error => Severity::Error,
        valuesets::issues::Severity::Warning => Severity::Warning,
        valuesets::issues::Severity::Information => Severity::Information,
    };
    let code = match issue.code {
        "code-invalid" => IssueType::CodeInvalid,
        "not-found" => IssueType::NotFound,
        "business-rule" => IssueType::BusinessRule,
        "processing" => IssueType::Processing,
        "exception" => IssueType::Exception,
        "informational" => IssueType::Informational,
        _ => IssueType::Invalid,
    };
    let mut worded = Issue::new(severity, code).text(issue.text.clone()).tx_issue_type(issue.kind);
    if !issue.message_id.is_empty() {
        worded = worded.message_id(issue.message_id);
    }
    if issue.expression.is_empty() { worded } else { worded.expression(issue.expression.clone()) }
}
