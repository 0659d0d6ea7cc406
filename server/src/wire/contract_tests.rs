//! What known clients send, byte for byte, and what must be understood of it.

use axum::http::{HeaderMap, Method};

use super::bundle::BatchRequest;
use super::negotiate::negotiate;
use super::{BodyFormat, FhirVersion, Format, LanguagePreferences, Limits, Parameters, WireError};

fn query(text: &str) -> Parameters {
    Parameters::from_query(text).unwrap()
}

fn posted(body: &str) -> Result<Parameters, WireError> {
    Parameters::from_request(None, body.as_bytes(), BodyFormat::Json, &Limits::default())
}

#[test]
fn a_version_sent_as_string_and_a_code_sent_as_uri_are_texts_like_any_other() {
    let read = posted(
        r#"{"resourceType":"Parameters","parameter":[
            {"name":"property","valueCode":"designation"},
            {"name":"displayLanguage","valueCode":"de-DE"},
            {"name":"version","valueString":"http://snomed.info/sct/11000274103"},
            {"name":"system","valueString":"http://snomed.info/sct"},
            {"name":"code","valueUri":"73211009"}]}"#,
    )
    .unwrap();
    assert_eq!(read.string("version"), Ok(Some("http://snomed.info/sct/11000274103")));
    assert_eq!(read.string("system"), Ok(Some("http://snomed.info/sct")));
    assert_eq!(read.string("code"), Ok(Some("73211009")));
    let languages = read.languages("displayLanguage").unwrap().unwrap();
    assert_eq!(languages.tags().collect::<Vec<_>>(), ["de-DE"]);
}

#[test]
fn unencoded_canonicals_in_a_url_are_kept_whole() {
    let read = query("url=http://snomed.info/sct?fhir_vs=isa/73211009&filter=typ%202&count=20");
    assert_eq!(read.string("url"), Ok(Some("http://snomed.info/sct?fhir_vs=isa/73211009")));
    assert_eq!(read.string("filter"), Ok(Some("typ 2")));
    assert_eq!(read.integer("count"), Ok(Some(20)));

    let versioned = query("url=http://fhir.de/ValueSet/bfarm/icd-10-gm|2026&_format=json");
    assert_eq!(versioned.string("url"), Ok(Some("http://fhir.de/ValueSet/bfarm/icd-10-gm|2026")));

    let encoded = query("url=http%3A%2F%2Fsnomed.info%2Fsct%3Ffhir_vs%3Decl%2F%253C%2073211009");
    assert_eq!(encoded.string("url"), Ok(Some("http://snomed.info/sct?fhir_vs=ecl/%3C 73211009")));
}

#[test]
fn repeated_and_unknown_parameters_are_kept() {
    let read = query("property=parent&property=child&p-study=x&uuid=1&");
    assert_eq!(read.strings("property"), Ok(vec!["parent", "child"]));
    assert_eq!(read.list.len(), 4);
}

#[test]
fn a_bare_value_set_is_posted_to_expand_with_a_count_in_the_url() {
    let body = br#"{"resourceType":"ValueSet","compose":{"include":[{"system":"http://snomed.info/sct"}]}}"#;
    let limits = Limits::default();
    let read =
        Parameters::from_request(Some("count=1000000"), body, BodyFormat::Json, &limits).unwrap();
    assert_eq!(read.integer("count"), Ok(Some(1_000_000)));
    assert!(read.resource("valueSet").unwrap().unwrap().get().contains("compose"));
}

#[test]
fn the_validator_sends_its_value_set_and_its_dependencies_along() {
    let read = posted(
        r#"{"resourceType":"Parameters","parameter":[
            {"name":"coding","valueCoding":{"system":"http://fhir.de/CodeSystem/bfarm/icd-10-gm","version":"2026","code":"E11.90"}},
            {"name":"displayLanguage","valueString":"de"},
            {"name":"default-to-latest-version","valueBoolean":true},
            {"name":"system-version","valueCanonical":"http://loinc.org|2.82"},
            {"name":"valueSet","resource":{"resourceType":"ValueSet","url":"http://example.org/vs"}},
            {"name":"tx-resource","resource":{"resourceType":"CodeSystem","url":"http://example.org/a"}},
            {"name":"tx-resource","resource":{"resourceType":"CodeSystem","url":"http://example.org/b"}},
            {"name":"diagnostics","valueBoolean":true}]}"#,
    )
    .unwrap();
    assert_eq!(read.coding("coding").unwrap().unwrap().code.as_deref(), Some("E11.90"));
    assert_eq!(read.boolean("default-to-latest-version"), Ok(Some(true)));
    assert_eq!(read.strings("system-version"), Ok(vec!["http://loinc.org|2.82"]));
    assert_eq!(read.resources("tx-resource").unwrap().count(), 2);
}

#[test]
fn parameters_inside_of_parameters_are_read_in_turn() {
    let read = posted(
        r#"{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"http://example.org/vs"},
            {"name":"validation","resource":{"resourceType":"Parameters","parameter":[{"name":"code","valueCode":"a"}]}},
            {"name":"validation","resource":{"resourceType":"Parameters","parameter":[{"name":"code","valueCode":"b"}]}}]}"#,
    )
    .unwrap();
    let codes: Vec<_> = read
        .resources("validation")
        .unwrap()
        .map(|inner| {
            Parameters::from_raw(inner).unwrap().string("code").unwrap().unwrap().to_owned()
        })
        .collect();
    assert_eq!(codes, ["a", "b"]);
}

#[test]
fn the_headers_of_the_conformance_runner_are_understood() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("accept", "application/fhir+json; fhirVersion=4.0"),
        ("content-type", "application/fhir+json; fhirVersion=4.0"),
        ("x-request-id", "txTests:suite/test"),
        ("accept-language", "de,*"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let settled = negotiate(&Method::POST, &headers, None, FhirVersion::R4).unwrap();
    assert_eq!(settled.request_format, BodyFormat::Json);
    assert_eq!(settled.response_format, Format::Json);
    let languages = LanguagePreferences::from_headers(&headers);
    assert_eq!(languages.tags().collect::<Vec<_>>(), ["de", "*"]);
}

#[test]
fn a_batch_of_ten_thousand_look_ups_is_read_entry_by_entry() {
    let entry = |code: usize| {
        format!(
            r#"{{"request":{{"method":"POST","url":"CodeSystem/$lookup"}},"resource":{{"resourceType":"Parameters","parameter":[
                {{"name":"system","valueUri":"http://snomed.info/sct"}},{{"name":"code","valueCode":"{code}"}}]}}}}"#
        )
    };
    let entries: Vec<_> = (0..10_000).map(entry).collect();
    let body =
        format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{}]}}"#, entries.join(","));
    let batch = BatchRequest::from_json(body.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(batch.entries.len(), 10_000);
    let last = batch.entries.last().unwrap();
    assert_eq!(last.target("https://example.org/fhir").unwrap().path, "CodeSystem/$lookup");
    let parameters = Parameters::from_raw(last.resource().unwrap()).unwrap();
    assert_eq!(parameters.string("code"), Ok(Some("9999")));
}
