//! The same library under the bases of other FHIR versions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tests::releases::{ANIMALS_2, ANIMALS_URL, animal_files};
use tests::{Response, Server, part};

const MAP: &str = "http://begriff.test/ConceptMap/animals-to-sounds";

fn animals() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let mut files = animal_files();
        files.push(("CodeSystem-animals-2.json", ANIMALS_2));
        Server::with(&files).unlinked()
    })
}

fn get(base: &str, path: &str, accept: &str) -> Response {
    let builder = Request::builder().uri(format!("{base}/{path}"));
    let builder = builder.header("host", "tx.example").header("accept", accept);
    animals().send(builder.body(Body::empty()).unwrap())
}

const BASES: [(&str, &str, &str); 3] =
    [("/fhir", "4.0", "4.0.1"), ("/r4b", "4.3", "4.3.0"), ("/r5", "5.0", "5.0.0")];

#[test]
fn every_base_says_its_version_and_refuses_others() {
    for (base, version, number) in BASES {
        let metadata = get(base, "metadata", "*/*").ok();
        assert_eq!(metadata.json["fhirVersion"], number);
        assert_eq!(metadata.json["implementation"]["url"], format!("http://tx.example{base}"));
        assert_eq!(get(base, "$versions", "*/*").parameters().value("default"), version);
        for (_, other, _) in BASES {
            let accept = format!("application/fhir+json; fhirVersion={other}");
            let expected = if other == version { 200 } else { 406 };
            assert_eq!(get(base, "CodeSystem/animals", &accept).status, expected, "{base} {other}");
        }
    }
}

#[test]
fn full_urls_stay_within_their_base() {
    for (base, _, _) in BASES {
        let found = get(base, "ValueSet?name=pets", "*/*").ok();
        let full_url = found.json["entry"][0]["fullUrl"].as_str().unwrap();
        let path = full_url.strip_prefix("http://tx.example").unwrap();
        assert_eq!(path, format!("{base}/ValueSet/pets"));
        assert_eq!(get("", path.trim_start_matches('/'), "*/*").ok().json["id"], "pets");
    }
}

#[test]
fn properties_of_expansions_are_members_in_r5_and_extensions_before() {
    let path = "ValueSet/mammals/$expand?property=legs&system-version=http://begriff.test/CodeSystem/animals|1.0.0&excludeNested=true";
    for (base, _, _) in BASES {
        let answer = get(base, path, "*/*").ok();
        let cat = answer.contains().into_iter().find(|entry| entry["code"] == "cat").unwrap();
        if base == "/r5" {
            assert_eq!(cat["property"][0], json!({ "code": "legs", "valueInteger": 4 }));
            assert_eq!(answer.json["expansion"]["property"][0]["code"], "legs");
        } else {
            assert!(cat["property"].is_null() && cat["extension"].is_array(), "{base}: {cat}");
        }
    }
}

#[test]
fn translations_have_a_relationship_in_r5_and_an_equivalence_before() {
    let path = format!("ConceptMap/$translate?url={MAP}&system={ANIMALS_URL}&sourceCode=dog");
    for (base, name, expected) in [
        ("/fhir", "equivalence", ["equivalent", "wider"]),
        ("/r4b", "equivalence", ["equivalent", "wider"]),
        ("/r5", "relationship", ["equivalent", "source-is-narrower-than-target"]),
    ] {
        let answer = get(base, &path, "*/*").parameters();
        let told: Vec<&Value> = answer.all("match").iter().map(|found| part(found, name)).collect();
        assert_eq!(told, expected, "{base}");
    }
}

#[test]
fn verdicts_are_the_same_under_every_base() {
    let path = format!("CodeSystem/$validate-code?url={ANIMALS_URL}&code=dog");
    let answers = BASES.map(|(base, _, _)| get(base, &path, "*/*").parameters().json);
    assert_eq!(answers[0]["parameter"][0]["valueBoolean"], true);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn an_unknown_base_is_not_found() {
    for base in ["/r3", "/stu3", "/fhirx", "/r5x"] {
        assert_eq!(get(base, "metadata", "*/*").status, 404, "{base}");
    }
}
