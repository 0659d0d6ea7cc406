//! `CodeSystem/$lookup`.

use serde_json::json;
use tests::releases::ANIMALS_URL;
use tests::{Server, part};

use super::{animals, parameters};

#[test]
fn a_code_is_looked_up_by_get_post_type_and_instance() {
    let server = animals();
    let query = format!("CodeSystem/$lookup?system={ANIMALS_URL}&version=1.0.0&code=cat");
    let list = json!([
        { "name": "system", "valueUri": ANIMALS_URL },
        { "name": "version", "valueString": "1.0.0" },
        { "name": "code", "valueCode": "cat" },
    ]);
    let coding = json!([
        { "name": "coding", "valueCoding": { "system": ANIMALS_URL, "version": "1.0.0", "code": "cat" } },
    ]);
    for answer in [
        server.get(&query),
        server.post("CodeSystem/$lookup", &parameters(list)),
        server.post("CodeSystem/$lookup", &parameters(coding)),
        server.get("CodeSystem/animals/$lookup?code=cat"),
        server.post(
            "CodeSystem/animals/$lookup",
            &parameters(json!([{ "name": "code", "valueCode": "cat" }])),
        ),
    ] {
        let answer = answer.parameters();
        assert_eq!(answer.value("name"), "Animals");
        assert_eq!(answer.value("version"), "1.0.0");
        assert_eq!(answer.value("display"), "Cat");
        assert_eq!(answer.value("definition"), "A small carnivore");
    }
}

#[test]
fn a_coding_without_a_system_is_told_without_one() {
    let sent = json!([
        { "name": "system", "valueUri": "http://begriff.test/sent" },
        { "name": "code", "valueCode": "a" },
        { "name": "tx-resource", "resource": {
            "resourceType": "CodeSystem", "url": "http://begriff.test/sent", "status": "active", "content": "complete",
            "concept": [{
                "code": "a",
                "designation": [{ "use": { "code": "nick" }, "value": "Nickname" }],
                "property": [{ "code": "group", "valueCoding": { "code": "pets" } }],
            }],
        }},
    ]);
    let answer = animals().post("CodeSystem/$lookup", &parameters(sent)).parameters();
    let group = json!({ "code": "pets" });
    let all = answer.all("property");
    assert!(all.iter().any(|property| property["part"][1]["valueCoding"] == group));
    assert_eq!(*part(answer.all("designation")[0], "use"), json!({ "code": "nick" }));
}

#[test]
fn properties_come_in_their_own_types() {
    let path = format!("CodeSystem/$lookup?system={ANIMALS_URL}&version=1.0.0&code=cat&property=*");
    let answer = animals().get(&path).parameters();
    let value = |code: &str| {
        let all = answer.all("property");
        let found = all.into_iter().find(|property| part(property, "code") == code).unwrap();
        found["part"][1].clone()
    };
    assert_eq!(value("legs")["valueInteger"], 4);
    assert_eq!(value("weight")["valueDecimal"], json!(4.5));
    assert!(answer.text().contains("4.50"), "a decimal keeps its digits");
    assert_eq!(value("described")["valueDateTime"], "1758-01-01");
    assert_eq!(value("habitat")["valueString"], "house");
    assert_eq!(value("eats")["valueCode"], "sparrow");
    assert_eq!(value("group")["valueCoding"]["code"], "pets");
    assert_eq!(value("flies")["valueBoolean"], false);
    assert_eq!(answer.properties("parent"), ["mammal"]);
    assert_eq!(answer.properties("child"), ["siamese"]);
}

#[test]
fn only_the_properties_asked_for_are_told() {
    let path = format!("CodeSystem/$lookup?system={ANIMALS_URL}&version=1.0.0&code=cat");
    let answer = animals().get(&format!("{path}&property=legs&property=habitat")).parameters();
    let codes: Vec<_> =
        answer.all("property").iter().map(|one| part(one, "code").clone()).collect();
    assert_eq!(codes, ["legs", "habitat"]);
    assert!(answer.all("designation").is_empty());
    let german = animals().get(&format!("{path}&property=lang.de")).parameters();
    let values: Vec<_> =
        german.all("designation").iter().map(|one| part(one, "value").clone()).collect();
    assert_eq!(values, ["Katze", "Mieze"]);
}

#[test]
fn the_display_follows_the_languages_wanted() {
    let path = format!("CodeSystem/$lookup?system={ANIMALS_URL}&version=1.0.0&code=cat");
    for (language, expected) in [
        ("de", "Katze"),
        ("fr-CA, de;q=0.5", "Chat"),
        ("de-AT", "Katze"),
        ("en", "Cat"),
        ("it", "Cat"),
    ] {
        let by_header = animals().get_with(&path, &[("accept-language", language)]);
        assert_eq!(by_header.parameters().value("display"), expected, "{language}");
        let by_parameter = animals().ask(
            "CodeSystem/$lookup",
            &[
                ("system", ANIMALS_URL),
                ("version", "1.0.0"),
                ("code", "cat"),
                ("displayLanguage", language),
            ],
        );
        assert_eq!(by_parameter.parameters().value("display"), expected, "{language}");
    }
}

#[test]
fn the_newest_version_answers_where_none_is_named() {
    let path = format!("CodeSystem/$lookup?system={ANIMALS_URL}&code=dog");
    let answer = animals().get(&path).parameters();
    assert_eq!(answer.value("version"), "2.0.0");
    assert_eq!(answer.value("display"), "Domestic dog");
}

#[test]
fn an_abstract_and_an_inactive_concept_are_marked() {
    let lookup = |code: &str| {
        let path = format!("CodeSystem/$lookup?system={ANIMALS_URL}&version=1.0.0&code={code}");
        animals().get(&path).parameters()
    };
    assert_eq!(lookup("mammal").value("abstract"), true);
    assert_eq!(lookup("dodo").properties("inactive"), [&json!(true)]);
    assert_eq!(lookup("dodo").properties("status"), ["retired"]);
    assert_eq!(lookup("cat").properties("inactive"), [&json!(false)]);
}

#[test]
fn every_system_of_the_demonstration_is_looked_up() {
    for (system, code, display) in [
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "E11", "Diabetes mellitus, Typ 2"),
        ("http://fhir.de/CodeSystem/dimdi/icd-10-gm", "E11", "Diabetes mellitus, Typ 2"),
        ("http://fhir.de/CodeSystem/bfarm/ops", "1", "Diagnostische Maßnahmen"),
        ("http://fhir.de/CodeSystem/bfarm/alpha-id-se", "I990031", "Typ-2-Diabetes"),
        ("http://fhir.de/CodeSystem/bfarm/alpha-id", "I990031", "Typ-2-Diabetes"),
        ("http://klinik.example/CodeSystem/labor", "GLU", "Glukose"),
        ("http://loinc.org", "2345-7", "Glucose [Mass/volume] in Serum or Plasma"),
        ("http://snomed.info/sct", "73211009", "Diabetes mellitus"),
    ] {
        let query = [("system", system), ("code", code)];
        let answer = Server::demo().ask("CodeSystem/$lookup", &query).parameters();
        assert_eq!(answer.value("display"), display, "{system}");
        assert_eq!(answer.value("system"), system);
    }
}

#[test]
fn a_code_system_sent_along_answers() {
    let list = json!([
        { "name": "code", "valueCode": "x" },
        { "name": "codeSystem", "resource": {
            "resourceType": "CodeSystem", "url": "http://begriff.test/CodeSystem/sent",
            "status": "draft", "content": "complete",
            "concept": [{ "code": "x", "display": "Sent along" }],
        }},
    ]);
    let answer = animals().post("CodeSystem/$lookup", &parameters(list)).parameters();
    assert_eq!(answer.value("display"), "Sent along");
}
