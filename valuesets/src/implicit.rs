//! Value sets named by URL instead of being written down.
//!
//! Sources: Using SNOMED CT with FHIR (implicit value sets), Using LOINC with FHIR (value sets),
//! FHIR R5 `CodeSystem.valueSet`.

use codesystems::model::SetId;
use codesystems::systems::snomed;
use codesystems::{Canonical, Edition};

use crate::model::{Compose, EnumeratedConcept, Filter, FilterOp, Include, ValueSet};
use crate::scope::Scope;
use crate::{Error, Result};

/// The value set that a canonical names implicitly; `None` when the URL has no such form.
///
/// Forms: `<code system>?fhir_vs`, `…?fhir_vs=isa/[code]`, `…?fhir_vs=refset`,
/// `…?fhir_vs=refset/[code]`, `…?fhir_vs=ecl/[expression constraint]` (SNOMED CT, with or without edition and version in the URL),
/// `http://loinc.org/vs`, `/vs/LL…`, `/vs/LG…`, `/vs/LP…`, `http://unitsofmeasure.org/vs`,
/// `http://fhir.de/ValueSet/bfarm/*` (and the older `dimdi`), and `CodeSystem.valueSet` of anything
/// loaded.
///
/// # Errors
/// When the code system is not there, or the code in the URL is not in it.
pub fn value_set(canonical: &Canonical, scope: &Scope<'_>) -> Result<Option<ValueSet>> {
    let canonical = &whole_expression(canonical);
    let url = canonical.url.as_str();
    let include = if let Some((system, form)) = url.split_once("?fhir_vs") {
        Some(query_form(system, form, canonical.version.as_deref(), scope)?)
    } else if let Some(code) = url.strip_prefix("http://loinc.org/vs/") {
        Some(loinc(code, canonical.version.as_deref(), scope)?)
    } else {
        whole(url, scope).map(|system| Include {
            system: Some(system),
            version: canonical.version.clone(),
            ..Include::default()
        })
    };
    let title = match &include {
        Some(include) if is_all_of_snomed(include) => "SNOMED CT Reference Set (All of SNOMED CT)",
        _ => "",
    };
    Ok(include.map(|include| ValueSet {
        url: url.into(),
        title: title.into(),
        version: canonical.version.clone().unwrap_or_default(),
        status: "active".into(),
        compose: Some(Compose { include: vec![include], ..Compose::default() }),
        ..ValueSet::default()
    }))
}

/// The bars around terms in an expression constraint are part of the URL: only a last one that
/// closes no term stands in front of a version.
fn whole_expression(canonical: &Canonical) -> Canonical {
    let written = canonical.to_string();
    let Some((start, expression)) = written.split_once("?fhir_vs=ecl/") else {
        return canonical.clone();
    };
    let bars = expression.matches('|').count();
    let (expression, version) = match expression.rsplit_once('|') {
        Some((expression, version)) if bars % 2 == 1 => (expression, Some(version)),
        _ => (expression, None),
    };
    Canonical::new(format!("{start}?fhir_vs=ecl/{expression}"), version)
}

/// Percent escapes as bytes; what is none stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped.filter(|_| byte == b'%') {
            Some(escaped) => {
                bytes.push(escaped);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn is_all_of_snomed(include: &Include) -> bool {
    include.system.as_deref() == Some(snomed::URL)
        && include.filters.is_empty()
        && include.concepts.is_empty()
}

fn whole(url: &str, scope: &Scope<'_>) -> Option<String> {
    if let Some(system) = scope.whole_system(url) {
        return Some(system.to_owned());
    }
    match url {
        "http://loinc.org/vs" => return Some("http://loinc.org".into()),
        "http://unitsofmeasure.org/vs" => return Some("http://unitsofmeasure.org".into()),
        _ => {}
    }
    // The German value sets of whole systems differ from the code system in one path segment.
    let name = url.strip_prefix("http://fhir.de/ValueSet/")?;
    let system = format!("http://fhir.de/CodeSystem/{name}");
    scope.knows_system(&system).then_some(system)
}

/// The code system URL and version of a SNOMED CT URI with edition and version in its path.
fn edition_of(uri: &str) -> (String, Option<String>) {
    for system in ["http://snomed.info/sct", "http://snomed.info/xsct"] {
        if let Some(rest) = uri.strip_prefix(system).filter(|rest| rest.starts_with('/')) {
            // Experimental releases are versions of SNOMED CT too: xsct appears in the version only.
            let version = format!("{system}{rest}");
            return ("http://snomed.info/sct".into(), Some(version));
        }
    }
    (uri.into(), None)
}

fn query_form(uri: &str, form: &str, version: Option<&str>, scope: &Scope<'_>) -> Result<Include> {
    let (system, edition) = edition_of(uri);
    let version = edition.or_else(|| version.map(str::to_owned));
    let include =
        Include { system: Some(system.clone()), version: version.clone(), ..Include::default() };
    let code_system = scope.code_system(&system, version.as_deref())?;
    let edition = code_system.edition();
    let filter = |op, value: &str| Include {
        filters: vec![Filter { property: "concept".into(), op, value: value.into() }],
        ..include.clone()
    };
    match form.strip_prefix('=').unwrap_or(form) {
        "" => Ok(include),
        "refset" => Ok(Include { concepts: refsets(edition), ..include }),
        form => match form.split_once('/') {
            Some(("isa", code)) => {
                known(edition, uri, code)?;
                Ok(filter(FilterOp::IsA, code))
            }
            Some(("refset", code)) if edition.membership_set(code).is_some() => {
                Ok(filter(FilterOp::In, code))
            }
            Some(("ecl", expression)) => Ok(Include {
                filters: vec![Filter {
                    property: "constraint".into(),
                    op: FilterOp::Equal,
                    value: unescaped(expression),
                }],
                ..include
            }),
            _ => Err(Error::UnknownValueSet { url: format!("{uri}?fhir_vs={form}") }),
        },
    }
}

fn known(edition: &Edition, uri: &str, code: &str) -> Result<()> {
    match edition.find(code) {
        Some(_) => Ok(()),
        None => Err(Error::UnknownValueSet { url: format!("{uri}?fhir_vs=isa/{code}") }),
    }
}

/// Every concept that is a reference set with members.
fn refsets(edition: &Edition) -> Vec<EnumeratedConcept> {
    let sets = (0u16..).map(SetId).zip(&edition.meta().membership_sets);
    let sets = sets.filter(|(number, _)| edition.member_row_count(*number) > 0);
    let mut concepts: Vec<_> = sets.filter_map(|(_, set)| edition.find(&set.code)).collect();
    concepts.sort_unstable();
    let listed =
        |concept| EnumeratedConcept { code: edition.code(concept).into(), ..Default::default() };
    concepts.into_iter().map(listed).collect()
}

fn loinc(code: &str, version: Option<&str>, scope: &Scope<'_>) -> Result<Include> {
    let system = "http://loinc.org";
    let include = Include {
        system: Some(system.into()),
        version: version.map(str::to_owned),
        ..Include::default()
    };
    let code_system = scope.code_system(system, version)?;
    let edition = code_system.edition();
    let unknown = || Error::UnknownValueSet { url: format!("http://loinc.org/vs/{code}") };
    if let Some((set, definition)) = edition.membership_set(code) {
        let sequence =
            definition.fields.iter().position(|field| field.to_lowercase().contains("sequence"));
        let mut rows: Vec<(u64, String)> = edition
            .member_rows(set)
            .map(|row| {
                let number = sequence.and_then(|field| row.fields().nth(field)?.parse().ok());
                (number.unwrap_or(0), edition.code(row.concept()).to_owned())
            })
            .collect();
        rows.sort_by_key(|(number, _)| *number);
        let listed = |(_, code)| EnumeratedConcept { code, ..Default::default() };
        return Ok(Include { concepts: rows.into_iter().map(listed).collect(), ..include });
    }
    if !code.starts_with("LP") || edition.find(code).is_none() {
        return Err(unknown());
    }
    let below = |property: &str, op| Filter { property: property.into(), op, value: code.into() };
    Ok(Include { filters: vec![below("concept", FilterOp::DescendentOf)], ..include })
}
