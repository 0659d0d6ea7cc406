//! `ConceptMap/$translate`.

use serde_json::{Value, json};
use tests::releases::{ANIMAL_MAP, ANIMALS_URL};
use tests::{Response, Server, part};

use super::{animals, parameters};

const MAP: &str = "http://begriff.test/ConceptMap/animals-to-sounds";
const SOUNDS: &str = "http://begriff.test/CodeSystem/sounds";
const SNOMED: &str = "http://snomed.info/sct";
const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const ALPHA_ID: &str = "http://fhir.de/CodeSystem/bfarm/alpha-id-se";

/// Code and equivalence of every match.
fn matches(answer: &Response) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = answer.all("match");
    all.iter()
        .map(|found| (text(&part(found, "concept")["code"]), text(part(found, "equivalence"))))
        .collect()
}

fn found(code: &str, equivalence: &str) -> (String, String) {
    (code.to_owned(), equivalence.to_owned())
}

#[test]
fn a_map_is_named_by_url_by_instance_or_sent_along() {
    let sent: Value = serde_json::from_str(ANIMAL_MAP).unwrap();
    let list = json!([
        { "name": "conceptMap", "resource": sent },
        { "name": "coding", "valueCoding": { "system": ANIMALS_URL, "code": "dog" } },
    ]);
    let by_url = json!([
        { "name": "url", "valueUri": MAP },
        { "name": "conceptMapVersion", "valueString": "1.0.0" },
        { "name": "code", "valueCode": "dog" },
        { "name": "system", "valueUri": ANIMALS_URL },
    ]);
    for answer in [
        animals().get(&format!("ConceptMap/$translate?url={MAP}&system={ANIMALS_URL}&code=dog")),
        animals().get(&format!(
            "ConceptMap/$translate?system={ANIMALS_URL}&code=dog&targetsystem={SOUNDS}"
        )),
        animals()
            .get(&format!("ConceptMap/animals-to-sounds/$translate?system={ANIMALS_URL}&code=dog")),
        animals().post("ConceptMap/$translate", &parameters(by_url)),
        Server::demo().post("ConceptMap/$translate", &parameters(list)),
    ] {
        let answer = answer.parameters();
        assert_eq!(answer.value("result"), true, "{}", answer.text());
        assert_eq!(matches(&answer), [found("bark", "equivalent"), found("noise", "wider")]);
        let first = answer.all("match")[0];
        assert_eq!(part(first, "concept")["system"], SOUNDS);
        assert_eq!(part(first, "concept")["display"], "Bark");
        assert_eq!(part(first, "source").as_str().unwrap().split('|').next().unwrap(), MAP);
    }
}

#[test]
fn reverse_turns_the_relationship_round() {
    let path = format!("ConceptMap/$translate?url={MAP}&system={SOUNDS}&code=meow&reverse=true");
    let answer = animals().get(&path).parameters();
    assert_eq!(matches(&answer), [found("cat", "equivalent"), found("siamese", "narrower")]);
    let list = json!([
        { "name": "url", "valueUri": MAP },
        { "name": "targetCoding", "valueCoding": { "system": SOUNDS, "code": "meow" } },
    ]);
    let by_r5_name = animals().post("ConceptMap/$translate", &parameters(list)).parameters();
    // By the names of R5 the target is told as concept, the source beside it.
    let sources: Vec<&Value> =
        by_r5_name.all("match").into_iter().map(|found| &part(found, "source")["code"]).collect();
    assert_eq!(sources, ["cat", "siamese"]);
}

#[test]
fn a_code_without_target_is_told_and_the_default_of_a_group_holds() {
    let translate = |code: &str| {
        let path = format!("ConceptMap/$translate?url={MAP}&system={ANIMALS_URL}&code={code}");
        animals().get(&path).parameters()
    };
    let silent = translate("stone");
    assert_eq!(silent.value("result"), false);
    assert_eq!(matches(&silent), [found("", "unmatched")]);
    let default = translate("bat");
    assert_eq!(default.value("result"), true);
    assert_eq!(matches(&default)[0].0, "noise");
}

#[test]
fn the_scope_of_a_map_is_found_by_its_value_sets() {
    let target = "http://begriff.test/ValueSet/all-sounds";
    let path = format!("ConceptMap/$translate?system={ANIMALS_URL}&code=cat&target={target}");
    assert_eq!(matches(&animals().get(&path).parameters()), [found("meow", "equivalent")]);
    let other = format!(
        "ConceptMap/$translate?system={ANIMALS_URL}&code=cat&target=http://begriff.test/ValueSet/other"
    );
    assert_eq!(animals().get(&other).parameters().value("result"), false);
}

#[test]
fn maps_that_loaders_make_answer_without_being_named() {
    let demo = Server::demo();
    for (system, code, target, expected) in [
        (ALPHA_ID, "I990031", ICD, "E11.90"),
        ("http://fhir.de/CodeSystem/bfarm/alpha-id", "I990031", ICD, "E11.90"),
        (ALPHA_ID, "I990031", "http://fhir.de/CodeSystem/dimdi/icd-10-gm", "E11.90"),
        (ALPHA_ID, "I990040", "http://www.orpha.net", "552"),
        ("http://www.orpha.net", "552", "http://hl7.org/fhir/sid/icd-10", "E13.9"),
        ("http://klinik.example/CodeSystem/labor", "GLU", "http://loinc.org", "2345-7"),
    ] {
        let query = [("system", system), ("code", code), ("targetsystem", target)];
        let answer = demo.ask("ConceptMap/$translate", &query).parameters();
        let codes: Vec<String> = matches(&answer).into_iter().map(|(code, _)| code).collect();
        assert!(codes.iter().any(|code| code == expected), "{system} {code}: {}", answer.text());
    }
}

#[test]
fn a_star_code_comes_beside_its_dagger_code() {
    let query = [("system", ALPHA_ID), ("code", "I990005"), ("targetsystem", ICD)];
    let answer = Server::demo().ask("ConceptMap/$translate", &query).parameters();
    let roles: Vec<(String, String)> = answer
        .all("match")
        .iter()
        .map(|found| {
            let property =
                found["part"].as_array().unwrap().iter().find(|part| part["name"] == "property");
            let role = part(property.unwrap(), "value").as_str().unwrap().to_owned();
            (part(found, "concept")["code"].as_str().unwrap().to_owned(), role)
        })
        .collect();
    assert_eq!(roles, [found("E10.20", "primary"), found("N08.3", "asterisk")]);
}

#[test]
fn reference_sets_of_snomed_answer_as_maps() {
    let map = "http://snomed.info/sct?fhir_cm=447562003";
    let answer = Server::demo()
        .ask("ConceptMap/$translate", &[("url", map), ("system", SNOMED), ("code", "44054006")]);
    let answer = answer.parameters();
    assert_eq!(answer.value("result"), true);
    assert_eq!(part(answer.all("match")[0], "concept")["code"], "E11.9");
    let backwards = Server::demo().ask(
        "ConceptMap/$translate",
        &[
            ("url", map),
            ("system", "http://hl7.org/fhir/sid/icd-10"),
            ("code", "E11.9"),
            ("reverse", "true"),
        ],
    );
    let codes: Vec<String> =
        matches(&backwards.parameters()).into_iter().map(|one| one.0).collect();
    assert_eq!(codes, ["44054006", "237599002"]);
}

#[test]
fn the_codings_of_a_concept_are_translated_each() {
    let list = json!([
        { "name": "url", "valueUri": MAP },
        { "name": "codeableConcept", "valueCodeableConcept": { "coding": [
            { "system": ANIMALS_URL, "code": "cat" },
            { "system": ANIMALS_URL, "code": "stone" },
        ]}},
    ]);
    let answer = animals().post("ConceptMap/$translate", &parameters(list)).parameters();
    assert_eq!(answer.value("result"), true);
    assert_eq!(matches(&answer), [found("meow", "equivalent"), found("", "unmatched")]);
}

#[test]
fn an_unknown_map_is_refused() {
    let path =
        format!("ConceptMap/$translate?url=http://example.org/none&system={ANIMALS_URL}&code=cat");
    animals().get(&path).refused(404, "not-found", &["http://example.org/none"]);
    let path = format!("ConceptMap/none/$translate?system={ANIMALS_URL}&code=cat");
    animals().get(&path).refused(404, "not-found", &["none"]);
}

/// A map whose mappings have conditions and further results.
fn conditional_map() -> Value {
    let when =
        |value: &str| json!([{ "property": "http://begriff.test/element/size", "value": value }]);
    json!({
        "resourceType": "ConceptMap", "url": "http://begriff.test/ConceptMap/conditional",
        "status": "active", "group": [{
            "source": ANIMALS_URL, "target": SOUNDS,
            "element": [{ "code": "cat", "target": [
                { "code": "meow", "equivalence": "equal", "dependsOn": when("small") },
                {
                    "code": "roar", "equivalence": "equal", "dependsOn": when("large"),
                    "product": [{ "property": "http://begriff.test/element/volume", "value": "loud" }],
                },
            ]}],
        }],
    })
}

#[test]
fn conditions_choose_among_mappings_and_results_are_told() {
    let ask = |size: Option<&str>| {
        let mut list = vec![
            json!({ "name": "conceptMap", "resource": conditional_map() }),
            json!({ "name": "coding", "valueCoding": { "system": ANIMALS_URL, "code": "cat" } }),
        ];
        if let Some(size) = size {
            list.push(json!({ "name": "dependency", "part": [
                { "name": "element", "valueUri": "http://begriff.test/element/size" },
                { "name": "concept", "valueCodeableConcept": { "coding": [{ "code": size }] } },
            ]}));
        }
        animals().post("ConceptMap/$translate", &parameters(json!(list))).parameters()
    };
    assert_eq!(matches(&ask(Some("small"))), [found("meow", "equal")]);
    assert_eq!(matches(&ask(Some("large"))), [found("roar", "equal")]);
    let both = ask(None);
    assert_eq!(matches(&both), [found("meow", "equal"), found("roar", "equal")]);
    let roar = both.all("match")[1];
    let product =
        roar["part"].as_array().unwrap().iter().find(|part| part["name"] == "product").unwrap();
    assert_eq!(part(product, "element"), "http://begriff.test/element/volume");
    assert_eq!(part(product, "concept")["code"], "loud");
}
