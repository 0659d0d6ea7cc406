//! `CodeSystem/$subsumes`.

use serde_json::json;
use tests::Server;
use tests::releases::ANIMALS_URL;

use super::{animals, parameters};

#[test]
fn the_outcome_says_which_of_two_codes_is_above() {
    for (a, b, expected) in [
        ("mammal", "siamese", "subsumes"),
        ("siamese", "mammal", "subsumed-by"),
        ("cat", "cat", "equivalent"),
        ("cat", "bird", "not-subsumed"),
    ] {
        let coding =
            |code: &str| json!({ "system": ANIMALS_URL, "version": "1.0.0", "code": code });
        let by_codes = json!([
            { "name": "codeA", "valueCode": a },
            { "name": "codeB", "valueCode": b },
            { "name": "system", "valueUri": ANIMALS_URL },
            { "name": "version", "valueString": "1.0.0" },
        ]);
        let by_codings = json!([
            { "name": "codingA", "valueCoding": coding(a) },
            { "name": "codingB", "valueCoding": coding(b) },
        ]);
        let on_instance = json!([
            { "name": "codeA", "valueCode": a }, { "name": "codeB", "valueCode": b },
        ]);
        let query =
            format!("CodeSystem/$subsumes?system={ANIMALS_URL}&version=1.0.0&codeA={a}&codeB={b}");
        for answer in [
            animals().get(&query),
            animals().get(&format!("CodeSystem/animals/$subsumes?codeA={a}&codeB={b}")),
            animals().post("CodeSystem/$subsumes", &parameters(by_codes)),
            animals().post("CodeSystem/$subsumes", &parameters(by_codings)),
            animals().post("CodeSystem/animals/$subsumes", &parameters(on_instance)),
        ] {
            assert_eq!(answer.parameters().value("outcome"), expected, "{a} and {b}");
        }
    }
}

#[test]
fn classifications_and_snomed_subsume_over_several_levels() {
    for (system, a, b) in [
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "IV", "E11.90"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "E10-E14", "E11.90"),
        ("http://snomed.info/sct", "64572001", "237599002"),
        ("http://loinc.org", "LP7786-9", "2345-7"),
    ] {
        let query = [("system", system), ("codeA", a), ("codeB", b)];
        let answer = Server::demo().ask("CodeSystem/$subsumes", &query).parameters();
        assert_eq!(answer.value("outcome"), "subsumes", "{system} {a} {b}");
    }
}

#[test]
fn codings_of_two_systems_cannot_be_compared() {
    let list = json!([
        { "name": "codingA", "valueCoding": { "system": ANIMALS_URL, "code": "dog" } },
        { "name": "codingB", "valueCoding": { "system": "http://example.org/x", "code": "dog" } },
    ]);
    let answer = animals().post("CodeSystem/$subsumes", &parameters(list));
    answer.refused(400, "invalid", &["codingA", "codingB", "same"]);
}
