//! `$validate-code` of code systems and value sets.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Method;
use serde_json::{Value, json};
use server::operations::{Request, answer};
use server::wire::{FhirVersion, LanguagePreferences, Parameters};
use tests::releases::{ANIMALS_URL, animal_files};
use tests::{Response, Server};

use super::{animals, parameters, value_set};

const PETS: &str = "http://begriff.test/ValueSet/pets";

/// The kinds of the issues of a verdict.
fn kinds(answer: &Response) -> Vec<String> {
    let issues = answer.value("issues")["issue"].as_array().cloned().unwrap_or_default();
    issues
        .iter()
        .map(|issue| issue["details"]["coding"][0]["code"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn in_system(list: Value) -> Response {
    animals().post("CodeSystem/$validate-code", &parameters(list)).parameters()
}

#[test]
fn a_code_is_judged_by_get_post_type_and_instance() {
    let by_code = json!([
        { "name": "url", "valueUri": ANIMALS_URL },
        { "name": "version", "valueString": "1.0.0" },
        { "name": "code", "valueCode": "cat" },
    ]);
    let by_coding = json!([
        { "name": "coding", "valueCoding": { "system": ANIMALS_URL, "version": "1.0.0", "code": "cat" } },
    ]);
    let by_concept = json!([
        { "name": "codeableConcept", "valueCodeableConcept": { "coding": [
            { "system": ANIMALS_URL, "version": "1.0.0", "code": "cat" },
        ]}},
    ]);
    let path = format!("CodeSystem/$validate-code?url={ANIMALS_URL}&version=1.0.0&code=cat");
    for answer in [
        animals().get(&path),
        animals().get("CodeSystem/animals/$validate-code?code=cat"),
        animals().post("CodeSystem/$validate-code", &parameters(by_code)),
        animals().post("CodeSystem/$validate-code", &parameters(by_coding)),
        animals().post("CodeSystem/$validate-code", &parameters(by_concept)),
    ] {
        let answer = answer.parameters();
        assert_eq!(answer.value("result"), true, "{}", answer.text());
        assert_eq!(answer.value("display"), "Cat");
        assert_eq!(answer.value("version"), "1.0.0");
    }
}

#[test]
fn an_unknown_code_is_named_with_its_system_and_version() {
    let answer = in_system(json!([
        { "name": "url", "valueUri": ANIMALS_URL },
        { "name": "code", "valueCode": "unknown-animal" },
    ]));
    assert_eq!(answer.value("result"), false);
    assert_eq!(kinds(&answer), ["invalid-code", "status-check"], "the system is for tests");
    let message = answer.value("message").as_str().unwrap();
    for word in ["unknown-animal", ANIMALS_URL, "2.0.0"] {
        assert!(message.contains(word), "'{word}' is not in: {message}");
    }
}

#[test]
fn any_designation_is_a_right_display_and_others_are_wrong() {
    for (display, expected) in
        [("Cat", true), ("cat", true), ("Katze", true), ("Mieze", true), ("Dog", false)]
    {
        let answer = in_system(json!([
            { "name": "coding", "valueCoding": {
                "system": ANIMALS_URL, "version": "1.0.0", "code": "cat", "display": display,
            }},
        ]));
        assert_eq!(answer.value("result"), expected, "{display}: {}", answer.text());
        assert_eq!(answer.value("display"), "Cat");
    }
}

#[test]
fn an_unknown_version_names_those_there_are() {
    let answer = in_system(json!([
        { "name": "url", "valueUri": ANIMALS_URL },
        { "name": "version", "valueString": "9" },
        { "name": "code", "valueCode": "cat" },
    ]));
    assert_eq!(answer.value("result"), false);
    let message = answer.value("message").as_str().unwrap();
    assert!(message.contains("1.0.0") && message.contains("2.0.0"), "{message}");
    assert_eq!(answer.value("x-caused-by-unknown-system"), &json!(format!("{ANIMALS_URL}|9")));
}

#[test]
fn membership_is_judged_by_get_post_type_and_instance() {
    let inline = value_set(json!({ "include": [{ "valueSet": [PETS] }] }));
    for (code, expected) in [("dog", true), ("unicorn", false), ("none", false)] {
        let by_code = json!([
            { "name": "url", "valueUri": PETS },
            { "name": "valueSetVersion", "valueString": "1.0.0" },
            { "name": "system", "valueUri": ANIMALS_URL },
            { "name": "code", "valueCode": code },
        ]);
        let by_value_set = json!([
            { "name": "valueSet", "resource": inline },
            { "name": "coding", "valueCoding": { "system": ANIMALS_URL, "code": code } },
        ]);
        for answer in [
            animals().get(&format!(
                "ValueSet/$validate-code?url={PETS}&system={ANIMALS_URL}&code={code}"
            )),
            animals()
                .get(&format!("ValueSet/pets/$validate-code?system={ANIMALS_URL}&code={code}")),
            animals().post("ValueSet/$validate-code", &parameters(by_code)),
            animals().post("ValueSet/$validate-code", &parameters(by_value_set)),
        ] {
            let answer = answer.parameters();
            assert_eq!(answer.value("result"), expected, "{code}: {}", answer.text());
            let kinds = kinds(&answer);
            assert_eq!(kinds.iter().any(|kind| kind == "not-in-vs"), !expected, "{kinds:?}");
        }
    }
}

#[test]
fn rules_of_the_request_decide_on_abstract_and_inactive_codes() {
    let all = "http://begriff.test/ValueSet/all-animals";
    for (code, rule, expected) in [
        ("mammal", "", true),
        ("mammal", "&abstract=false", false),
        ("dodo", "", true),
        ("dodo", "&activeOnly=true", false),
    ] {
        let path = format!(
            "ValueSet/$validate-code?url={all}|1.0.0&system={ANIMALS_URL}&systemVersion=1.0.0&code={code}{rule}"
        );
        let answer = animals().get(&path).parameters();
        assert_eq!(answer.value("result"), expected, "{code}{rule}: {}", answer.text());
        if code == "dodo" {
            assert_eq!(answer.value("inactive"), true);
            assert_eq!(answer.value("status"), "retired");
        }
    }
}

#[test]
fn the_display_of_the_value_set_is_right_too() {
    let validate = |display: &str| {
        let list = json!([
            { "name": "url", "valueUri": PETS },
            { "name": "system-version", "valueCanonical": format!("{ANIMALS_URL}|1.0.0") },
            { "name": "coding", "valueCoding": {
                "system": ANIMALS_URL, "code": "cat", "display": display,
            }},
        ]);
        animals().post("ValueSet/$validate-code", &parameters(list)).parameters()
    };
    for display in ["House cat", "Cat", "Hauskatze", "Katze"] {
        let answer = validate(display);
        assert_eq!(answer.value("result"), true, "{display}: {}", answer.text());
    }
    assert_eq!(validate("Elephant").value("result"), false);
}

#[test]
fn versions_can_be_defaulted_checked_and_forced() {
    let rule = |name: &str, version: &str| {
        let list = json!([
            { "name": "url", "valueUri": "http://begriff.test/ValueSet/pets" },
            { "name": name, "valueCanonical": format!("{ANIMALS_URL}|{version}") },
            { "name": "code", "valueCode": "dog" },
            { "name": "system", "valueUri": ANIMALS_URL },
        ]);
        animals().post("ValueSet/$validate-code", &parameters(list))
    };
    for (name, version) in [
        ("system-version", "1.0.0"),
        ("force-system-version", "1.0.0"),
        ("check-system-version", "1.0.0"),
    ] {
        let answer = rule(name, version).parameters();
        assert_eq!(answer.value("version"), "1.0.0", "{name}");
        assert_eq!(answer.value("display"), "Dog", "{name}");
    }
}

#[test]
fn a_code_of_an_unknown_system_is_neither_right_nor_wrong() {
    let demo = Server::demo();
    let path = "CodeSystem/$validate-code?url=http://begriff.test/none&code=a";
    let answer = demo.get(path).parameters();
    assert_eq!(answer.value("result"), false, "unknown system: {}", answer.text());
    assert_eq!(answer.value("x-caused-by-unknown-system"), "http://begriff.test/none");
}

/// The answer to a verdict by URL; with `hurry` as on a thread that must not be held up.
fn judged(server: &Server, value_set: &str, hurry: Option<&AtomicBool>) -> Option<Vec<u8>> {
    let query =
        format!("url=http://begriff.test/ValueSet/{value_set}&system={ANIMALS_URL}&code=cat");
    let request = Request {
        app: server.app(),
        snapshot: server.app().snapshot(),
        version: FhirVersion::R4,
        base: "http://localhost/fhir",
        languages: &LanguagePreferences::default(),
        method: &Method::GET,
        path: "ValueSet/$validate-code",
        parameters: Parameters::from_query(&query).unwrap(),
        body: b"",
        cache_id: None,
        too_costly_threshold: None,
        hurry,
    };
    answer(&request).ok().map(|answer| answer.into_json().1)
}

#[test]
fn a_value_set_is_not_compiled_on_a_thread_that_must_not_be_held_up() {
    let server = Server::with(&animal_files());
    let is_refused = AtomicBool::new(false);
    let _ = judged(&server, "mammals", Some(&is_refused));
    assert!(is_refused.swap(false, Ordering::Relaxed), "filters may take long");
    let expected = judged(&server, "mammals", None).unwrap();
    assert_eq!(judged(&server, "mammals", Some(&is_refused)), Some(expected));
    assert!(judged(&server, "pets", Some(&is_refused)).is_some());
    assert!(!is_refused.into_inner(), "what is compiled or lists some codes is quick");
}

#[test]
fn the_first_verdict_of_a_value_set_is_the_same_as_all_others() {
    let server = Server::with(&animal_files());
    for value_set in ["mammals", "flying", "quiet-pets", "pets"] {
        let path = format!(
            "ValueSet/$validate-code?url=http://begriff.test/ValueSet/{value_set}&system={ANIMALS_URL}&code=cat"
        );
        let first = server.get(&path).ok();
        assert_eq!(first.body, server.get(&path).ok().body, "{value_set}");
        let translated = format!(
            "ConceptMap/$translate?system={ANIMALS_URL}&code=cat&source=http://begriff.test/ValueSet/{value_set}"
        );
        let server = Server::with(&animal_files());
        let first = server.get(&translated).ok();
        assert_eq!(first.body, server.get(&translated).ok().body, "{value_set}");
    }
}
