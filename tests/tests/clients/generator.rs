//! The MII ontology generator: whole expansions, batches of 10,000 lookups, closures of thousands.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tests::releases::{german_snomed, large_code_system};
use tests::{Server, part};

const LARGE: &str = "http://begriff.test/CodeSystem/large";
const LARGE_SIZE: usize = 12_000;
const GERMAN_EDITION: &str = "http://snomed.info/sct/11000274103";

/// A code system larger than any page, and two releases of the German edition of SNOMED CT beside
/// an international one.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let large = large_code_system(LARGE, LARGE_SIZE).to_string();
        Server::after(&[
            vec![("CodeSystem-large.json".to_owned(), large)],
            german_snomed("11000274103", "20250515"),
            german_snomed("11000274103", "20251115"),
            german_snomed("900000000000207008", "20260101"),
        ])
        .unlinked()
    })
}

fn lookup(version: &str, code: &str) -> Value {
    json!({
        "request": { "method": "POST", "url": "CodeSystem/$lookup" },
        "resource": { "resourceType": "Parameters", "parameter": [
            { "name": "property", "valueCode": "designation" },
            { "name": "displayLanguage", "valueCode": "de-DE" },
            { "name": "version", "valueString": version },
            { "name": "system", "valueUri": "http://snomed.info/sct" },
            { "name": "code", "valueCode": code },
        ]},
    })
}

#[test]
fn an_expansion_without_count_is_whole_and_every_code_has_a_display() {
    let answer = server().get(&format!("ValueSet/$expand?url={LARGE}/vs")).ok();
    assert_eq!(answer.json["resourceType"], "ValueSet");
    assert_eq!(answer.json["expansion"]["total"], LARGE_SIZE);
    let contains = answer.json["expansion"]["contains"].as_array().unwrap();
    assert_eq!(contains.len(), LARGE_SIZE);
    for entry in contains {
        assert_eq!(entry["system"], LARGE);
        let display = entry["display"].as_str().unwrap_or_default();
        assert!(!display.is_empty(), "{entry} has no display");
    }
    // A concept without a display shows its code.
    let bare = contains.iter().find(|entry| entry["code"] == "C99").unwrap();
    assert_eq!(bare["display"], "C99");
}

#[test]
fn an_expansion_says_which_versions_it_used() {
    let answer = server().get(&format!("ValueSet/$expand?url={LARGE}/vs&count=1")).ok();
    let expected = format!("{LARGE}|1");
    assert_eq!(answer.expansion_parameters("version"), [expected.as_str()]);
    assert_eq!(answer.expansion_parameters("used-codesystem"), [expected.as_str()]);
    let parameters = answer.json["expansion"]["parameter"].as_array().unwrap();
    let version = parameters.iter().find(|parameter| parameter["name"] == "version").unwrap();
    assert_eq!(version["valueUri"], expected.as_str());
    let demo = Server::demo().get("ValueSet/$expand?url=http://klinik.example/ValueSet/diabetes");
    let versions = demo.ok().expansion_parameters("version").len();
    assert_eq!(versions, 2, "one for each of the two systems");
}

#[test]
fn a_value_set_is_found_by_canonical_and_its_full_url_can_be_followed() {
    let demo = Server::demo();
    let url = "http://klinik.example/ValueSet/diabetes";
    let found = demo.get(&format!("ValueSet?url={url}")).ok();
    assert_eq!(found.json["total"], 1);
    let full_url = found.json["entry"][0]["fullUrl"].as_str().unwrap();
    let below = full_url.strip_prefix("http://tx.example/fhir/").unwrap();
    let read = demo.get(below).ok();
    assert_eq!(read.json["url"], url);
    assert_eq!(read.json["version"], found.json["entry"][0]["resource"]["version"]);
    let system = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
    for (version, total) in [("2026", 1), ("1999", 0)] {
        let found = demo.get(&format!("CodeSystem?url={system}&version={version}")).ok();
        assert_eq!(found.json["total"], total, "version {version}");
    }
}

#[test]
fn the_answer_list_of_a_loinc_term_leads_to_its_value_set() {
    let demo = Server::demo();
    let path =
        "CodeSystem/$lookup?system=http://loinc.org&code=20454-5&version=&property=answer-list";
    let answer = demo.get(path).parameters();
    // The client looks for the part with the name of the property, then takes the next part.
    let property = answer.all("property")[0];
    assert_eq!(property["part"][0]["valueCode"], "answer-list");
    let list = property["part"][1]["valueCode"].as_str().unwrap();
    let answers = demo.get(&format!("ValueSet/$expand?url=http://loinc.org/vs/{list}")).ok();
    assert_eq!(answers.codes(), ["LA6576-8", "LA6577-6"]);
}

#[test]
fn ten_thousand_lookups_in_one_batch_are_answered_in_order() {
    let codes = ["73211009", "44054006", "46635009", "64572001"];
    let count = 10_000;
    let entries: Vec<Value> = (0..count)
        .map(|number| match number % 1_000 {
            999 => lookup(GERMAN_EDITION, "no-such-code"),
            _ => lookup(GERMAN_EDITION, codes[number % codes.len()]),
        })
        .collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "batch", "entry": entries });
    let answer = server().post("", &bundle).ok();
    assert_eq!(answer.json["type"], "batch-response");
    let entries = answer.json["entry"].as_array().unwrap();
    assert_eq!(entries.len(), count);
    for (number, entry) in entries.iter().enumerate() {
        // The client compares the whole string.
        let status = entry["response"]["status"].as_str().unwrap();
        if number % 1_000 == 999 {
            assert_eq!(status, "404");
            let outcome = &entry["response"]["outcome"]["resourceType"];
            assert_eq!(outcome, "OperationOutcome", "{entry}");
            continue;
        }
        assert_eq!(status, "200", "entry {number}");
        let parameters = entry["resource"]["parameter"].as_array().unwrap();
        let code = parameters.iter().find(|parameter| parameter["name"] == "code").unwrap();
        assert_eq!(code["valueCode"], codes[number % codes.len()], "entry {number}");
    }
}

#[test]
fn designations_in_a_batch_have_language_use_and_value() {
    let bundle = json!({
        "resourceType": "Bundle", "type": "batch", "entry": [lookup(GERMAN_EDITION, "73211009")]
    });
    let answer = server().post("", &bundle).ok();
    let parameters = &answer.json["entry"][0]["resource"]["parameter"];
    let named = |name: &str| {
        let all = parameters.as_array().unwrap();
        all.iter().filter(|parameter| parameter["name"] == name).collect::<Vec<_>>()
    };
    assert_eq!(named("display")[0]["valueString"], "Zuckerkrankheit");
    let german: Vec<_> = named("designation")
        .into_iter()
        .filter(|designation| {
            let language = part(designation, "language").as_str().unwrap_or_default();
            language == "de" || language.starts_with("de-")
        })
        .collect();
    assert_eq!(german.len(), 1);
    assert_eq!(part(german[0], "value"), "Zuckerkrankheit");
    assert!(part(german[0], "use")["code"].is_string(), "{}", german[0]);
}

#[test]
fn an_edition_without_a_date_means_its_latest_release() {
    for (version, expected) in [
        (GERMAN_EDITION, "http://snomed.info/sct/11000274103/version/20251115"),
        (
            "http://snomed.info/sct/11000274103/version/20250515",
            "http://snomed.info/sct/11000274103/version/20250515",
        ),
        (
            "http://snomed.info/sct/900000000000207008",
            "http://snomed.info/sct/900000000000207008/version/20260101",
        ),
    ] {
        let query =
            [("system", "http://snomed.info/sct"), ("code", "73211009"), ("version", version)];
        let answer = server().ask("CodeSystem/$lookup", &query).parameters();
        assert_eq!(answer.value("version"), expected);
    }
}

#[test]
fn lookup_echoes_the_code_and_ignores_unknown_properties() {
    let demo = Server::demo();
    let system = "http://snomed.info/sct";
    for property in ["*", "designation", "no-such-property"] {
        let query = [("system", system), ("code", "44054006"), ("property", property)];
        let answer = demo.ask("CodeSystem/$lookup", &query).parameters();
        assert_eq!(answer.all("code")[0]["valueCode"], "44054006", "{property}");
        assert_eq!(answer.all("system")[0]["valueUri"], system, "{property}");
        for name in ["name", "version", "display"] {
            let text = answer.all(name)[0]["valueString"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name} with property={property}");
        }
        let has_designations = !answer.all("designation").is_empty();
        assert_eq!(has_designations, property != "no-such-property", "{property}");
    }
}

fn concept(code: &str) -> Value {
    json!({ "name": "concept", "valueCoding": {
        "system": LARGE, "code": code, "display": format!("Concept number {code}"), "version": "1",
    }})
}

#[test]
fn a_closure_takes_thousands_of_concepts_at_once() {
    let name = "6d1c25fe-7d84-4a4c-9a53-1f4a3a7b0d11";
    let parameters = |list: Vec<Value>| json!({ "resourceType": "Parameters", "parameter": list });
    let named = json!({ "name": "name", "valueString": name });
    let started = server().post("$closure", &parameters(vec![named.clone()])).ok();
    assert_eq!(started.json["resourceType"], "ConceptMap");
    assert!(started.json["status"].is_string(), "{}", started.text());
    let mut list = vec![named];
    list.extend((0..5_000).map(|number| concept(&format!("C{number}"))));
    let answer = server().post("$closure", &parameters(list)).ok();
    assert!(answer.json["status"].is_string());
    let groups = answer.json["group"].as_array().unwrap();
    assert_eq!(groups.len(), 1, "one group per system and version");
    assert_eq!(groups[0]["source"], LARGE);
    assert_eq!(groups[0]["sourceVersion"], "1");
    let elements = groups[0]["element"].as_array().unwrap();
    assert_eq!(elements.len(), 4_999, "every concept but the root has an ancestor");
    let deep = elements.iter().find(|element| element["code"] == "C4321").unwrap();
    let mut ancestors: Vec<&str> = deep["target"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["code"].as_str().unwrap())
        .collect();
    ancestors.sort_unstable();
    assert_eq!(ancestors, ["C0", "C4", "C43", "C432"]);
}

#[test]
fn a_closure_over_two_versions_has_a_group_for_each() {
    let named = json!({ "name": "name", "valueString": "two-versions" });
    let coding = |code: &str, date: &str| {
        json!({ "name": "concept", "valueCoding": {
            "system": "http://snomed.info/sct", "code": code,
            "version": format!("{GERMAN_EDITION}/version/{date}"),
        }})
    };
    let parameters = |list: Vec<Value>| json!({ "resourceType": "Parameters", "parameter": list });
    server().post("$closure", &parameters(vec![named.clone()])).ok();
    let list = vec![
        named,
        coding("73211009", "20250515"),
        coding("44054006", "20250515"),
        coding("64572001", "20251115"),
        coding("73211009", "20251115"),
    ];
    let answer = server().post("$closure", &parameters(list)).ok();
    let groups = answer.json["group"].as_array().unwrap();
    assert_eq!(groups.len(), 2, "{}", answer.text());
    for (group, date, pair) in [
        (&groups[0], "20250515", ("44054006", "73211009")),
        (&groups[1], "20251115", ("73211009", "64572001")),
    ] {
        assert_eq!(group["sourceVersion"], format!("{GERMAN_EDITION}/version/{date}"));
        assert_eq!(group["element"].as_array().unwrap().len(), 1);
        assert_eq!(group["element"][0]["code"], pair.0);
        assert_eq!(group["element"][0]["target"][0]["code"], pair.1);
    }
}
