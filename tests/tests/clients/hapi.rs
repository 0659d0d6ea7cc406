//! HAPI's remote terminology support, EHRbase and Firely: answers are read by name or by position.

use serde_json::{Value, json};
use tests::releases::{ANIMALS_URL, animal_files};
use tests::{Server, part};

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const ALPHA_ID: &str = "http://fhir.de/CodeSystem/bfarm/alpha-id-se";

fn parameters(list: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": list })
}

#[test]
fn lookup_takes_language_and_leaves_empty_parameters_aside() {
    let demo = Server::demo();
    for (language, display) in
        [("de", "Diabetes mellitus Typ 2"), ("en", "Diabetes mellitus type 2")]
    {
        let path = format!(
            "CodeSystem/$lookup?code=44054006&system=http://snomed.info/sct&language={language}&property="
        );
        let answer = demo.get(&path).parameters();
        assert_eq!(answer.value("display"), display);
    }
}

#[test]
fn parts_of_a_property_are_code_and_value_in_this_order() {
    let path = format!("CodeSystem/$lookup?code=E11.90&system={ICD}&property=*");
    let answer = Server::demo().get(&path).parameters();
    let properties = answer.all("property");
    assert!(!properties.is_empty());
    for property in properties {
        assert_eq!(property["part"][0]["name"], "code", "{property}");
        assert_eq!(property["part"][1]["name"], "value", "{property}");
    }
    assert_eq!(answer.properties("parent"), ["E11.9"]);
}

#[test]
fn an_unknown_code_is_an_answer_with_result_false_and_a_message() {
    let demo = Server::demo();
    for (path, list) in [
        (
            "CodeSystem/$validate-code",
            json!([
                { "name": "url", "valueUri": ICD },
                { "name": "code", "valueString": "E11.999" },
                { "name": "display", "valueString": "Diabetes" },
            ]),
        ),
        (
            "CodeSystem/$validate-code",
            json!([
                { "name": "url", "valueUri": "http://example.org/unknown" },
                { "name": "code", "valueString": "x" },
            ]),
        ),
        (
            "ValueSet/$validate-code",
            json!([
                { "name": "url", "valueUri": "http://fhir.de/ValueSet/bfarm/icd-10-gm" },
                { "name": "code", "valueString": "E11.999" },
                { "name": "system", "valueUri": ICD },
            ]),
        ),
    ] {
        let answer = demo.post(path, &parameters(list)).parameters();
        assert_eq!(answer.value("result"), false, "{path}");
        assert!(!answer.value("message").as_str().unwrap_or_default().is_empty(), "{path}");
    }
}

#[test]
fn a_known_code_is_valid_with_its_display() {
    let demo = Server::demo();
    let display = "Diabetes mellitus, Typ 2: Ohne Komplikationen: Nicht als entgleist bezeichnet";
    let in_system = json!([
        { "name": "url", "valueUri": ICD },
        { "name": "code", "valueString": "E11.90" },
        { "name": "display", "valueString": display },
    ]);
    let answer = demo.post("CodeSystem/$validate-code", &parameters(in_system)).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(answer.value("display"), display);
    let in_value_set = json!([
        { "name": "valueSet", "resource": {
            "resourceType": "ValueSet", "status": "active",
            "compose": { "include": [{ "system": ICD, "concept": [{ "code": "E11.90" }] }] },
        }},
        { "name": "code", "valueString": "E11.90" },
        { "name": "system", "valueUri": ICD },
    ]);
    let answer = demo.post("ValueSet/$validate-code", &parameters(in_value_set)).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(answer.value("display"), display);
}

#[test]
fn existence_is_asked_by_search_with_summary_false() {
    let demo = Server::demo();
    for (path, total) in [
        (format!("CodeSystem?url={ICD}&_summary=false"), 1),
        ("CodeSystem?url=http://example.org/unknown&_summary=false".to_owned(), 0),
        ("ValueSet?url=http://klinik.example/ValueSet/diabetes&_summary=false".to_owned(), 1),
        ("ValueSet?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&_summary=false".to_owned(), 1),
    ] {
        assert_eq!(demo.get(&path).ok().json["total"], total, "{path}");
    }
}

#[test]
fn a_code_is_translated_by_system_target_system_and_map() {
    let demo = Server::demo();
    let map = "http://fhir.de/ConceptMap/bfarm/alpha-id-se-icd-10-gm";
    let by_code = json!([
        { "name": "url", "valueUri": map },
        { "name": "conceptMapVersion", "valueString": "2026" },
        { "name": "code", "valueCode": "I990031" },
        { "name": "system", "valueUri": ALPHA_ID },
        { "name": "targetsystem", "valueUri": ICD },
    ]);
    let coding = json!({ "system": ALPHA_ID, "code": "I990031" });
    let by_coding = json!([
        { "name": "coding", "valueCoding": coding },
        { "name": "targetsystem", "valueUri": ICD },
        { "name": "reverse", "valueBoolean": false },
    ]);
    let by_concept = json!([
        { "name": "codeableConcept", "valueCodeableConcept": { "coding": [coding] } },
        { "name": "target", "valueUri": "http://fhir.de/ValueSet/bfarm/icd-10-gm" },
    ]);
    // The names of R5 on the same endpoint.
    let by_r5_names = json!([
        { "name": "sourceCoding", "valueCoding": coding },
        { "name": "targetSystem", "valueUri": ICD },
    ]);
    let by_r5_code = json!([
        { "name": "url", "valueUri": map },
        { "name": "sourceCode", "valueCode": "I990031" },
        { "name": "system", "valueUri": ALPHA_ID },
        { "name": "targetScope", "valueUri": "http://fhir.de/ValueSet/bfarm/icd-10-gm" },
    ]);
    for list in [by_code, by_coding, by_concept, by_r5_names, by_r5_code] {
        let answer = demo.post("ConceptMap/$translate", &parameters(list.clone())).parameters();
        assert_eq!(answer.value("result"), true, "{list}: {}", answer.text());
        let concept = part(answer.all("match")[0], "concept");
        assert_eq!(concept["system"], ICD);
        assert_eq!(concept["code"], "E11.90");
        assert!(part(answer.all("match")[0], "equivalence").is_string());
    }
}

#[test]
fn a_map_is_asked_backwards() {
    let list = json!([
        { "name": "url", "valueUri": "http://fhir.de/ConceptMap/bfarm/alpha-id-se-icd-10-gm" },
        { "name": "coding", "valueCoding": { "system": ICD, "code": "E10.01" } },
        { "name": "reverse", "valueBoolean": true },
    ]);
    let answer = Server::demo().post("ConceptMap/$translate", &parameters(list)).parameters();
    assert_eq!(answer.value("result"), true);
    let codes: Vec<_> =
        answer.all("match").iter().map(|found| part(found, "concept")["code"].clone()).collect();
    assert_eq!(codes, ["I990002"]);
}

#[test]
fn a_code_without_translation_is_an_answer_with_result_false() {
    let path = format!("ConceptMap/$translate?code=none&system={ALPHA_ID}&targetsystem={ICD}");
    let answer = Server::demo().get(&path).parameters();
    assert_eq!(answer.value("result"), false);
    assert!(answer.value("message").is_string());
}

#[test]
fn ehrbase_reads_result_and_message_by_position() {
    let demo = Server::demo();
    for (code, expected) in [("E11.90", true), ("E11.999", false)] {
        let path = format!("CodeSystem/$validate-code?url={ICD}&code={code}");
        let answer = demo.get(&path).parameters();
        assert_eq!(answer.json["parameter"][0]["name"], "result");
        assert_eq!(answer.json["parameter"][0]["valueBoolean"], expected);
        if !expected {
            assert_eq!(answer.json["parameter"][1]["name"], "message");
            assert!(answer.json["parameter"][1]["valueString"].is_string());
        }
    }
}

#[test]
fn ehrbase_counts_bundles_and_expands_whole_value_sets() {
    let demo = Server::demo();
    assert_eq!(demo.get(&format!("CodeSystem?url={ICD}")).ok().json["total"], 1);
    let value_set = "http://fhir.de/ValueSet/bfarm/icd-10-gm";
    assert_eq!(demo.get(&format!("ValueSet?url={value_set}")).ok().json["total"], 1);
    let answer = demo.get(&format!("ValueSet/$expand?url={value_set}")).ok();
    assert_eq!(answer.json["expansion"]["total"], 308);
    assert_eq!(answer.contains().len(), 308);
}

#[test]
fn the_value_set_of_a_packaged_code_system_is_found_although_no_file_defines_it() {
    let server = Server::with(&animal_files());
    let url = "http://begriff.test/ValueSet/all-animals";
    let answer = server.get(&format!("ValueSet/$expand?url={url}")).ok();
    assert_eq!(answer.json["expansion"]["total"], 11);
    assert_eq!(server.get(&format!("ValueSet?url={url}")).ok().json["total"], 1);
}

#[test]
fn value_sets_that_a_url_implies_are_found_where_they_can_be_expanded() {
    let demo = Server::demo();
    for (url, total) in [
        ("http://snomed.info/sct?fhir_vs", 1),
        ("http://snomed.info/sct?fhir_vs=isa/73211009", 1),
        ("http://snomed.info/sct?fhir_vs=isa/1", 0),
        ("http://loinc.org/vs/LL360-9", 1),
        ("http://fhir.de/ValueSet/bfarm/alpha-id", 1),
        ("http://fhir.de/ValueSet/bfarm/none", 0),
    ] {
        let found = demo.ask("ValueSet", &[("url", url), ("_summary", "false")]).ok();
        assert_eq!(found.json["total"], total, "{url}");
        let expanded = demo.ask("ValueSet/$expand", &[("url", url), ("count", "1")]);
        assert_eq!(expanded.status == 200, total == 1, "{url}");
        if total == 1 {
            assert_eq!(found.resources()[0]["url"], url);
            let again = demo.post("ValueSet/$expand?count=1", found.resources()[0]).ok();
            let total = |answer: &tests::Response| answer.json["expansion"]["total"].clone();
            assert_eq!(
                total(&again),
                total(&expanded),
                "{url}: the definition found means the same"
            );
        }
    }
}

#[test]
fn firely_sends_context_date_and_abstract() {
    let server = Server::with(&animal_files());
    let url = "http://begriff.test/ValueSet/mammals";
    for (is_abstract, expected) in [("true", true), ("false", false)] {
        let path = format!(
            "ValueSet/$validate-code?url={url}&context=http://example.org/profile%23Observation.code\
             &system={ANIMALS_URL}&code=mammal&date=2026-01-01&abstract={is_abstract}"
        );
        let answer = server.get(&path).parameters();
        assert_eq!(answer.value("result"), expected, "abstract={is_abstract}");
    }
}
