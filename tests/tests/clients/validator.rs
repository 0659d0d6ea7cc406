//! The HL7 Java validator and the IG publisher: admission, dependencies sent along, batches.

use serde_json::{Value, json};
use tests::releases::{ANIMALS_URL, animal_files};
use tests::{Response, Server};

const FEATURE: &str = "http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature";
const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";

/// A request as the validator words it, in the session that it begins first.
fn ask(server: &Server, path: &str, parameters: Value) -> Response {
    let begun = send(server, "$cache-control?mode=start", None, json!([])).parameters();
    send(server, path, begun.value("cache-id").as_str(), parameters)
}

fn send(server: &Server, path: &str, session: Option<&str>, parameters: Value) -> Response {
    let body = json!({ "resourceType": "Parameters", "parameter": parameters }).to_string();
    let mut request = axum::http::Request::builder()
        .method("POST")
        .uri(format!("/fhir/{path}"))
        .header("accept", "application/fhir+json; fhirVersion=4.0")
        .header("content-type", "application/fhir+json; fhirVersion=4.0; charset=UTF-8")
        .header("user-agent", "Java FHIR Client for FHIR")
        .header("accept-charset", "UTF-8")
        .header("x-request-id", "77b0ff35-2b3c-4a0a-a0f1-23a5ee6d5f3b")
        .header("accept-language", "de");
    if let Some(session) = session {
        request = request.header("x-cache-id", session);
    }
    server.send(request.body(axum::body::Body::from(body)).unwrap())
}

#[test]
fn the_capability_statement_admits_the_validator() {
    let answer = Server::demo().get("metadata").ok();
    assert_eq!(answer.json["resourceType"], "CapabilityStatement");
    assert_eq!(answer.json["fhirVersion"], "4.0.1");
    let instantiates = answer.json["instantiates"].as_array().unwrap();
    assert!(
        instantiates
            .iter()
            .any(|url| url == "http://hl7.org/fhir/CapabilityStatement/terminology-server")
    );
    let features: Vec<(&Value, &Value)> = answer.json["extension"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|extension| extension["url"] == FEATURE)
        .map(|feature| {
            let part = |name: &str| {
                let parts = feature["extension"].as_array().unwrap();
                parts.iter().find(|part| part["url"] == name).unwrap()
            };
            (&part("definition")["valueCanonical"], tests::value_of(part("value")))
        })
        .collect();
    let feature = |url: &str| features.iter().find(|(known, _)| *known == url).unwrap().1;
    let version = feature("http://hl7.org/fhir/uv/tx-tests/FeatureDefinition/test-version");
    let numbers: Vec<u32> =
        version.as_str().unwrap().split('.').map(|number| number.parse().unwrap()).collect();
    assert!(numbers >= vec![1, 6, 0], "{version}");
    assert_eq!(
        feature("http://hl7.org/fhir/uv/tx-ecosystem/FeatureDefinition/CodeSystemAsParameter"),
        true
    );
}

#[test]
fn the_version_of_the_software_changes_with_the_content() {
    let version = |server: &Server| {
        server.get("metadata?mode=terminology").ok().json["software"]["version"].clone()
    };
    let animals = Server::with(&animal_files());
    assert_eq!(version(&animals), version(&Server::with(&animal_files())));
    assert_ne!(version(&animals), version(Server::demo()));
}

#[test]
fn an_inline_value_set_is_judged_with_the_code_system_sent_along() {
    let value_set = json!({
        "resourceType": "ValueSet", "url": "http://begriff.test/ValueSet/sent", "version": "1",
        "status": "active",
        "compose": { "include": [{ "system": "http://begriff.test/CodeSystem/sent" }] },
    });
    let code_system = json!({
        "resourceType": "CodeSystem", "url": "http://begriff.test/CodeSystem/sent", "version": "7",
        "status": "active", "content": "complete", "caseSensitive": true,
        "concept": [{ "code": "a", "display": "Apfel" }],
    });
    for (code, expected) in [("a", true), ("b", false)] {
        let parameters = json!([
            { "name": "coding", "valueCoding": {
                "system": "http://begriff.test/CodeSystem/sent", "version": "7", "code": code,
            }},
            { "name": "displayLanguage", "valueString": "de" },
            { "name": "default-to-latest-version", "valueBoolean": true },
            { "name": "lenient-display-validation", "valueBoolean": true },
            { "name": "valueSet", "resource": value_set },
            { "name": "tx-resource", "resource": code_system },
            { "name": "diagnostics", "valueBoolean": true },
            { "name": "p-unknown", "valueString": "ignored" },
        ]);
        let answer = ask(Server::demo(), "ValueSet/$validate-code", parameters).parameters();
        assert_eq!(answer.value("result"), expected, "{}", answer.text());
        assert_eq!(answer.value("code"), code);
        assert_eq!(answer.value("system"), "http://begriff.test/CodeSystem/sent");
        if expected {
            assert_eq!(answer.value("display"), "Apfel");
            assert_eq!(answer.value("version"), "7");
        } else {
            let issue = &answer.value("issues")["issue"][0];
            let coding = &issue["details"]["coding"][0];
            assert_eq!(coding["system"], "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type");
            assert_eq!(coding["code"], "not-in-vs");
        }
    }
    // What was sent with one request is gone with it.
    let path = "CodeSystem?url=http://begriff.test/CodeSystem/sent";
    assert_eq!(Server::demo().get(path).ok().json["total"], 0);
}

#[test]
fn a_loaded_system_is_judged_with_version_and_display() {
    let parameters = |display: &str, lenient: bool| {
        json!([
            { "name": "coding", "valueCoding": {
                "system": ICD, "version": "2026", "code": "E11.90", "display": display,
            }},
            { "name": "url", "valueUri": "http://fhir.de/ValueSet/bfarm/icd-10-gm" },
            { "name": "lenient-display-validation", "valueBoolean": lenient },
        ])
    };
    let validate = |display, lenient| {
        ask(Server::demo(), "ValueSet/$validate-code", parameters(display, lenient)).parameters()
    };
    let wrong = validate("Masern", false);
    assert_eq!(wrong.value("result"), false);
    let issue = &wrong.value("issues")["issue"][0];
    assert_eq!(issue["details"]["coding"][0]["code"], "invalid-display");
    assert_eq!(issue["expression"][0], "Coding.display");
    let lenient = validate("Masern", true);
    assert_eq!(lenient.value("result"), true);
    assert_eq!(lenient.value("issues")["issue"][0]["severity"], "warning");
}

#[test]
fn an_unknown_system_is_told_as_the_cause() {
    let parameters = json!([
        { "name": "coding", "valueCoding": { "system": "http://example.org/none", "code": "x" } },
        { "name": "valueSet", "resource": {
            "resourceType": "ValueSet", "status": "active",
            "compose": { "include": [{ "system": "http://example.org/none" }] },
        }},
    ]);
    let answer = ask(Server::demo(), "ValueSet/$validate-code", parameters).parameters();
    assert_eq!(answer.value("result"), false);
    assert_eq!(answer.value("x-caused-by-unknown-system"), "http://example.org/none");
}

#[test]
fn a_batch_of_validations_is_answered_in_order_and_echoes_every_code() {
    let codes = ["E11.90", "no-such-code", "I10.90", "U60.1"];
    let validations: Vec<Value> = codes
        .iter()
        .map(|code| {
            json!({ "name": "validation", "resource": {
                "resourceType": "Parameters",
                "parameter": [{ "name": "coding", "valueCoding": { "system": ICD, "code": code } }],
            }})
        })
        .collect();
    for (path, shared) in [
        (
            "ValueSet/$batch-validate-code",
            json!({ "name": "url", "valueUri": "http://fhir.de/ValueSet/bfarm/icd-10-gm" }),
        ),
        (
            "CodeSystem/$batch-validate-code",
            json!({ "name": "lenient-display-validation", "valueBoolean": true }),
        ),
    ] {
        let mut parameters = vec![shared];
        parameters.extend(validations.iter().cloned());
        let answer = ask(Server::demo(), path, json!(parameters)).parameters();
        let answers = answer.all("validation");
        assert_eq!(answers.len(), codes.len(), "{path}");
        for (one, code) in answers.into_iter().zip(codes) {
            let parameters = one["resource"]["parameter"].as_array().unwrap();
            let value = |name: &str| {
                parameters.iter().find(|parameter| parameter["name"] == name).map(tests::value_of)
            };
            assert_eq!(value("code").unwrap(), code, "{path}");
            assert_eq!(value("system").unwrap(), ICD, "{path}");
            assert_eq!(*value("result").unwrap(), code != "no-such-code", "{path} {code}");
        }
    }
}

#[test]
fn a_codeable_concept_is_valid_when_one_coding_is_in() {
    let parameters = json!([
        { "name": "codeableConcept", "valueCodeableConcept": { "coding": [
            { "system": ICD, "code": "I10" },
            { "system": ICD, "code": "E11.90" },
        ]}},
        { "name": "url", "valueUri": "http://klinik.example/ValueSet/diabetes" },
    ]);
    let answer = ask(Server::demo(), "ValueSet/$validate-code", parameters).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(answer.value("code"), "E11.90");
    assert!(answer.value("codeableConcept")["coding"].is_array());
}

#[test]
fn the_system_of_a_code_is_inferred_where_that_is_asked() {
    let parameters = json!([
        { "name": "code", "valueCode": "E11.90" },
        { "name": "inferSystem", "valueBoolean": true },
        { "name": "url", "valueUri": "http://klinik.example/ValueSet/diabetes" },
    ]);
    let answer = ask(Server::demo(), "ValueSet/$validate-code", parameters).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(answer.value("system"), ICD);
}

#[test]
fn the_publisher_expands_with_everything_it_sends() {
    let server = Server::with(&animal_files());
    let parameters = json!([
        { "name": "valueSet", "resource": {
            "resourceType": "ValueSet", "status": "active",
            "compose": { "include": [{ "system": ANIMALS_URL, "filter": [
                { "property": "concept", "op": "is-a", "value": "mammal" },
            ]}]},
        }},
        { "name": "count", "valueInteger": 1000 },
        { "name": "offset", "valueInteger": 0 },
        { "name": "excludeNested", "valueBoolean": false },
        { "name": "includeDefinition", "valueBoolean": false },
        { "name": "_limit", "valueString": "1000" },
        { "name": "_incomplete", "valueBoolean": true },
    ]);
    let answer = ask(&server, "ValueSet/$expand", parameters).ok();
    assert_eq!(answer.sorted_codes(), ["bat", "cat", "dog", "mammal", "siamese"]);
    assert_eq!(answer.json["expansion"]["offset"], 0);
}

#[test]
fn the_content_of_a_code_system_is_told_when_it_is_searched_by_version() {
    let path = format!("CodeSystem?url={ICD}&version=2026");
    let answer = Server::demo().get(&path).ok();
    assert!(answer.resources()[0]["content"].is_string());
}
