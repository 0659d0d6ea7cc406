//! Batches.

use serde_json::{Value, json};
use tests::releases::ANIMALS_URL;

use super::animals;

fn batch(entries: Value) -> Value {
    json!({ "resourceType": "Bundle", "type": "batch", "entry": entries })
}

fn get(url: &str) -> Value {
    json!({ "request": { "method": "GET", "url": url } })
}

#[test]
fn every_kind_of_request_can_be_an_entry() {
    let entries = json!([
        get("metadata"),
        get(&format!("CodeSystem?url={ANIMALS_URL}&version=1.0.0")),
        get("/ValueSet/pets"),
        get("http://tx.example/fhir/CodeSystem/animals"),
        get("ValueSet/pets/$expand"),
        get(&format!("CodeSystem/$subsumes?system={ANIMALS_URL}&codeA=animal&codeB=dog")),
        {
            "request": { "method": "POST", "url": "ValueSet/$expand" },
            "resource": { "resourceType": "ValueSet", "status": "active", "compose": {
                "include": [{ "system": ANIMALS_URL, "concept": [{ "code": "dog" }] }],
            }},
        },
    ]);
    let answer = animals().post("", &batch(entries)).ok();
    let kinds: Vec<&Value> = answer.resources().iter().map(|one| &one["resourceType"]).collect();
    assert_eq!(
        kinds,
        [
            "CapabilityStatement",
            "Bundle",
            "ValueSet",
            "CodeSystem",
            "ValueSet",
            "Parameters",
            "ValueSet"
        ]
    );
    for entry in answer.json["entry"].as_array().unwrap() {
        assert_eq!(entry["response"]["status"], "200");
    }
}

#[test]
fn broken_entries_fail_alone() {
    let entries = json!([
        get("CodeSystem/animals"),
        get("CodeSystem/none"),
        { "request": { "method": "GET" } },
        {},
        { "request": { "method": "DELETE", "url": "CodeSystem/animals" } },
        { "request": { "method": "POST", "url": "CodeSystem/$lookup" }, "resource": { "resourceType": "Patient" } },
        get("http://elsewhere.example/fhir/CodeSystem/animals"),
        { "request": { "method": "POST", "url": "" }, "resource": { "resourceType": "Bundle", "type": "batch" } },
        get("ValueSet/pets"),
    ]);
    let answer = animals().post("", &batch(entries)).ok();
    let entries = answer.json["entry"].as_array().unwrap();
    let statuses: Vec<&str> =
        entries.iter().map(|entry| entry["response"]["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["200", "404", "400", "400", "405", "400", "400", "400", "200"]);
    for entry in entries.iter().filter(|entry| entry["response"]["status"] != "200") {
        let issue = &entry["response"]["outcome"]["issue"][0];
        assert_eq!(issue["severity"], "error", "{entry}");
        assert!(issue["details"]["text"].is_string(), "{entry}");
    }
}

#[test]
fn an_empty_batch_has_an_empty_answer() {
    let bundle = json!({ "resourceType": "Bundle", "type": "batch" });
    let answer = animals().post("", &bundle).ok();
    assert_eq!(answer.json["type"], "batch-response");
    assert!(answer.json["entry"].is_null());
}
