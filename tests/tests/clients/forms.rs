//! Questionnaires and mapping tools: LForms, smart-forms, snap2snomed, codeagogo, REDCap, openEHR.

use serde_json::{Value, json};
use tests::releases::animal_files;
use tests::{Server, part};

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const SNOMED: &str = "http://snomed.info/sct";

#[test]
fn lforms_sends_the_canonical_as_it_stands() {
    let demo = Server::demo();
    let path = "ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&_format=json&filter=diab&count=7";
    let answer = demo.get(path).ok();
    assert_eq!(answer.header("content-type"), "application/fhir+json;charset=utf-8");
    assert_eq!(answer.codes().len(), 7);
    let path = "ValueSet/$expand?url=http://snomed.info/sct?fhir_vs=isa/73211009&_format=json";
    assert_eq!(demo.get(path).ok().json["expansion"]["total"], 6);
    let path = "ValueSet/$expand?url=http://klinik.example/ValueSet/diabetes|1.0.0&_format=json";
    assert_eq!(demo.get(path).ok().json["version"], "1.0.0");
}

#[test]
fn lforms_shows_the_diagnostics_of_an_error() {
    let path = "ValueSet/$expand?url=http://example.org/ValueSet/none&_format=json";
    let answer = Server::demo().get(path);
    answer.refused(404, "not-found", &["http://example.org/ValueSet/none"]);
    let diagnostics = answer.json["issue"][0]["diagnostics"].as_str().unwrap();
    assert!(diagnostics.contains("http://example.org/ValueSet/none"), "{diagnostics}");
}

#[test]
fn parameters_nobody_knows_change_nothing() {
    let demo = Server::demo();
    let path = "ValueSet/$expand?url=http://loinc.org/vs/LL360-9";
    let plain = demo.get(path).ok();
    let with = demo.get(&format!("{path}&p-patient=Patient/1&p-age=42&x=y")).ok();
    assert_eq!(plain.codes(), with.codes());
    let path = format!("CodeSystem/$lookup?system={ICD}&code=E11.90&p-encounter=Encounter/1");
    assert_eq!(demo.get(&path).parameters().value("code"), "E11.90");
    let path = format!(
        "ValueSet/$validate-code?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&system={ICD}&code=E11.90&p-a=b"
    );
    assert_eq!(demo.get(&path).parameters().value("result"), true);
}

#[test]
fn snap2snomed_posts_a_bare_value_set_with_a_count_of_a_million() {
    let value_set = json!({
        "resourceType": "ValueSet", "status": "draft",
        "compose": { "include": [{ "valueSet": ["http://snomed.info/sct?fhir_vs=isa/73211009"] }] },
    });
    let answer = Server::demo().post("ValueSet/$expand?count=1000000", &value_set).ok();
    assert_eq!(answer.json["expansion"]["total"], 6);
    assert_eq!(answer.codes()[0], "73211009");
}

#[test]
fn snap2snomed_asks_what_replaces_an_inactive_concept() {
    let list = json!([
        { "name": "url", "valueUri": "http://snomed.info/sct?fhir_cm=900000000000526001" },
        { "name": "coding", "valueCoding": { "system": SNOMED, "code": "90688005" } },
    ]);
    let body = json!({ "resourceType": "Parameters", "parameter": list });
    let answer = Server::demo().post("ConceptMap/$translate", &body).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(part(answer.all("match")[0], "concept")["code"], "709044004");
}

#[test]
fn snap2snomed_sorts_code_systems_by_title_and_version() {
    let path = format!("CodeSystem?url={SNOMED}&_summary=true&_sort=title,-version");
    let answer = Server::demo().get(&path).ok();
    assert_eq!(answer.json["total"], 1);
    assert_eq!(answer.resources()[0]["meta"]["tag"][0]["code"], "SUBSETTED");
}

#[test]
fn a_batch_of_get_lookups_is_answered() {
    let entry = |code: &str| {
        let url = format!("CodeSystem/$lookup?system={SNOMED}&code={code}&property=inactive");
        json!({ "request": { "method": "GET", "url": url } })
    };
    let bundle = json!({
        "resourceType": "Bundle", "type": "batch", "entry": [entry("73211009"), entry("44054006")],
    });
    let answer = Server::demo().post("", &bundle).ok();
    let statuses: Vec<&Value> = answer.json["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["response"]["status"])
        .collect();
    assert_eq!(statuses, ["200", "200"]);
}

#[test]
fn a_list_of_codes_is_expanded_with_designations_and_the_property_inactive() {
    let value_set = json!({
        "resourceType": "ValueSet", "status": "active", "compose": { "include": [{
            "system": SNOMED,
            "concept": [{ "code": "73211009" }, { "code": "90688005" }, { "code": "44054006" }],
        }]},
    });
    let body = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "valueSet", "resource": value_set },
        { "name": "includeDesignations", "valueBoolean": true },
        { "name": "property", "valueString": "inactive" },
    ]});
    let answer = Server::demo().post("ValueSet/$expand", &body).ok();
    assert_eq!(answer.codes(), ["73211009", "90688005", "44054006"], "in the order of the list");
    // R4 has no contains.property: it comes as the extension that R5 was ported back with.
    let url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property";
    for (entry, expected) in answer.contains().into_iter().zip([false, true, false]) {
        assert!(entry["designation"].is_array(), "{entry}");
        let extensions = entry["extension"].as_array().unwrap();
        let property = extensions.iter().find(|extension| extension["url"] == url).unwrap();
        let parts = property["extension"].as_array().unwrap();
        let value = |name: &str| parts.iter().find(|part| part["url"] == name).unwrap();
        assert_eq!(value("code")["valueCode"], "inactive");
        assert_eq!(value("value")["valueBoolean"], expected);
    }
}

#[test]
fn redcap_pages_with_count_under_either_name_and_plain_json() {
    let demo = Server::demo();
    for name in ["count", "_count"] {
        for url in [
            "http://loinc.org/vs",
            "http://snomed.info/sct?fhir_vs",
            "http://snomed.info/sct?fhir_vs=refset",
        ] {
            let path = format!("ValueSet/$expand?url={url}&{name}=2");
            let answer = demo.get_with(&path, &[("content-type", "application/json")]).ok();
            assert_eq!(answer.codes().len(), 2, "{path}");
        }
    }
    let body = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "url", "valueUri": "http://loinc.org/vs" },
        { "name": "filter", "valueString": "gluc" },
        { "name": "_count", "valueInteger": 3 },
    ]});
    let answer = demo.post_text("ValueSet/$expand", "application/json", &body.to_string()).ok();
    assert_eq!(answer.codes().len(), 3);
}

#[test]
fn bindings_of_openehr_templates_stay_expandable() {
    let demo = Server::demo();
    for (name, total) in [("icd-10-gm", 308), ("alpha-id-se", 133), ("ops", 60)] {
        for authority in ["bfarm", "dimdi"] {
            // Before BfArM took over, the same systems stood under the name of DIMDI, Alpha-ID-SE as Alpha-ID.
            let name =
                if authority == "dimdi" && name == "alpha-id-se" { "alpha-id" } else { name };
            let path =
                format!("ValueSet/$expand?url=http://fhir.de/ValueSet/{authority}/{name}&count=1");
            let answer = demo.get(&path).ok();
            assert_eq!(answer.json["expansion"]["total"], total, "{path}");
        }
    }
}

#[test]
fn the_matches_of_a_map_can_be_restricted_to_a_target_system() {
    let server = Server::with(&animal_files());
    let path = "ConceptMap/$translate?system=http://begriff.test/CodeSystem/animals&code=cat&targetsystem=";
    let known = server.get(&format!("{path}http://begriff.test/CodeSystem/sounds")).parameters();
    assert_eq!(known.value("result"), true, "{}", known.text());
    let unknown = server.get(&format!("{path}http://ohdsi.org/omop")).parameters();
    assert_eq!(unknown.value("result"), false);
}
