//! Capabilities, and reading and searching resources.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use serde_json::{Value, json};
use tests::releases::{ANIMALS_2, ANIMALS_URL, animal_files};
use tests::{Response, Server};

const TYPES: [&str; 4] = ["CodeSystem", "ValueSet", "ConceptMap", "NamingSystem"];

/// Animals in two versions, their value sets, map and naming system.
/// Code systems that every server has.
const BUILT_IN: usize = 8;
/// Value sets of all their codes.
const BUILT_IN_VALUE_SETS: usize = 5;

fn animals() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let mut files = animal_files();
        files.push(("CodeSystem-animals-2.json", ANIMALS_2));
        Server::with(&files).unlinked()
    })
}

fn ids(answer: &Response) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer.resources().iter().map(|resource| text(&resource["id"])).collect()
}

/// The ids that a search finds.
fn found(path: &str) -> Vec<String> {
    let answer = animals().get(path).ok();
    assert_eq!(answer.json["type"], "searchset", "{path}");
    let ids = ids(&answer);
    assert_eq!(answer.json["total"], ids.len(), "{path}");
    ids
}

#[test]
fn the_capability_statement_names_every_operation_it_answers() {
    let statement = animals().get("metadata").ok();
    let rest = &statement.json["rest"][0];
    let mut tried = 0;
    for resource in rest["resource"].as_array().unwrap() {
        let kind = resource["type"].as_str().unwrap();
        assert_eq!(animals().get(kind).status, 200, "{kind} can be searched");
        for operation in resource["operation"].as_array().into_iter().flatten() {
            let name = operation["name"].as_str().unwrap();
            let body = json!({ "resourceType": "Parameters" });
            let answer = animals().post(&format!("{kind}/${name}"), &body);
            // Without parameters it is a wrong question, but to an operation there is.
            assert!(matches!(answer.status, 200 | 400), "{kind}/${name}: {}", answer.text());
            tried += 1;
        }
    }
    assert!(tried >= 8, "{tried} operations");
    let system_level: Vec<&Value> =
        rest["operation"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(system_level, ["versions", "closure", "cache-control"]);
    assert_eq!(statement.json["implementation"]["url"], "http://tx.example/fhir");
}

#[test]
fn the_terminology_capabilities_name_every_system_with_every_version() {
    let answer = animals().get("metadata?mode=terminology").ok();
    assert_eq!(answer.json["resourceType"], "TerminologyCapabilities");
    let systems = answer.json["codeSystem"].as_array().unwrap();
    assert_eq!(systems.len(), 1 + BUILT_IN);
    let of_animals = systems.iter().find(|system| system["uri"] == ANIMALS_URL).unwrap();
    let versions: Vec<(&Value, &Value)> = of_animals["version"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| (&version["code"], &version["isDefault"]))
        .collect();
    assert_eq!(versions, [(&json!("2.0.0"), &json!(true)), (&json!("1.0.0"), &json!(false))]);
    let demo = Server::demo().get("metadata?mode=terminology").ok();
    assert_eq!(demo.json["codeSystem"].as_array().unwrap().len(), 7 + BUILT_IN);
    assert!(demo.json["copyright"].as_str().unwrap().contains("LOINC"), "licences are shown");
}

#[test]
fn the_versions_of_fhir_are_told() {
    let answer = animals().get("$versions").parameters();
    assert_eq!(answer.value("default"), "4.0");
}

#[test]
fn every_resource_of_every_type_can_be_read_where_its_full_url_leads() {
    for server in [animals(), Server::demo()] {
        for kind in TYPES {
            let search = server.get(&format!("{kind}?_count=1000")).ok();
            let entries = search.json["entry"].as_array().cloned().unwrap_or_default();
            assert_eq!(search.json["total"], entries.len());
            for entry in entries {
                let full_url = entry["fullUrl"].as_str().unwrap();
                let path = full_url.strip_prefix("http://tx.example/fhir/").unwrap();
                let read = server.get(path).ok();
                assert_eq!(read.json["resourceType"], kind);
                assert_eq!(read.json["id"], entry["resource"]["id"]);
                assert_eq!(read.json["url"], entry["resource"]["url"]);
            }
        }
    }
}

#[test]
fn a_resource_is_read_as_it_was_loaded() {
    let answer = animals().get("CodeSystem/animals").ok();
    let loaded: Value = serde_json::from_str(tests::releases::ANIMALS).unwrap();
    assert_eq!(answer.json, loaded);
}

#[test]
fn resources_are_found_by_every_parameter() {
    for (path, expected) in [
        (format!("CodeSystem?url={ANIMALS_URL}"), vec!["animals-2", "animals"]),
        (format!("CodeSystem?url={ANIMALS_URL}|1.0.0"), vec!["animals"]),
        (format!("CodeSystem?url={ANIMALS_URL}&version=2.0.0"), vec!["animals-2"]),
        (
            format!("CodeSystem?url={ANIMALS_URL},http://example.org/none"),
            vec!["animals-2", "animals"],
        ),
        ("CodeSystem?url=http://example.org/none".into(), vec![]),
        (
            "CodeSystem?system=http://begriff.test/CodeSystem/animals&version=1.0.0".into(),
            vec!["animals"],
        ),
        ("CodeSystem?_id=animals".into(), vec!["animals"]),
        ("CodeSystem?_id=animals,animals-2".into(), vec!["animals-2", "animals"]),
        ("CodeSystem?version=1.0.0".into(), vec!["animals"]),
        ("CodeSystem?name=anim".into(), vec!["animals-2", "animals"]),
        ("CodeSystem?name=nimals".into(), vec![]),
        ("CodeSystem?name:contains=nimals&version=1.0.0".into(), vec!["animals"]),
        ("CodeSystem?title=animals,&version=1.0.0".into(), vec!["animals"]),
        ("CodeSystem?title:exact=Animals".into(), vec![]),
        ("ValueSet?status=draft".into(), vec!["quiet-pets"]),
        ("ValueSet?status=http://hl7.org/fhir/publication-status|draft".into(), vec!["quiet-pets"]),
        ("ValueSet?name:exact=Pets".into(), vec!["pets"]),
        ("ValueSet?title=quiet".into(), vec!["quiet-pets"]),
        ("ValueSet?url:below=http://begriff.test/ValueSet/f".into(), vec!["flying"]),
        (
            "ConceptMap?url=http://begriff.test/ConceptMap/animals-to-sounds".into(),
            vec!["animals-to-sounds"],
        ),
        ("ConceptMap?name=animalsto".into(), vec!["animals-to-sounds"]),
        ("NamingSystem?name=AnimalNames".into(), vec!["animals"]),
        ("NamingSystem?status=active".into(), vec!["animals"]),
    ] {
        assert_eq!(found(&path), expected, "{path}");
    }
}

#[test]
fn an_exact_search_minds_case() {
    assert_eq!(found("ValueSet?name:exact=pets"), Vec::<String>::new());
    assert_eq!(found("ValueSet?name=PETS"), ["pets"]);
}

#[test]
fn a_search_by_post_finds_the_same() {
    let form = "url=http%3A%2F%2Fbegriff.test%2FCodeSystem%2Fanimals&version=2.0.0";
    let content_type = "application/x-www-form-urlencoded";
    let answer = animals().post_text("CodeSystem/_search", content_type, form).ok();
    assert_eq!(ids(&answer), ["animals-2"]);
}

#[test]
fn unknown_parameters_are_told_and_ignored() {
    let answer = animals().get("CodeSystem?version=1.0.0&colour=blue").ok();
    assert_eq!(answer.json["total"], 1);
    let entries = answer.json["entry"].as_array().unwrap();
    assert_eq!(entries[0]["search"]["mode"], "match");
    assert_eq!(entries[1]["search"]["mode"], "outcome");
    let text = entries[1]["resource"]["issue"][0]["details"]["text"].as_str().unwrap();
    assert!(text.contains("colour"), "{text}");
}

#[test]
fn a_summary_leaves_out_what_is_large_and_says_so() {
    let members = |view: &str| {
        let answer = animals().get(&format!("CodeSystem/animals?{view}")).ok();
        let is_cut = answer.json["meta"]["tag"][0]["code"] == "SUBSETTED";
        (answer.json, is_cut)
    };
    let (whole, is_cut) = members("_summary=false");
    assert!(whole["concept"].is_array() && !is_cut);
    let (summary, is_cut) = members("_summary=true");
    assert!(summary["concept"].is_null() && summary["title"].is_string() && is_cut);
    let (text, is_cut) = members("_summary=text");
    assert!(text["title"].is_null() && text["status"].is_string() && is_cut);
    let (data, is_cut) = members("_summary=data");
    assert!(data["concept"].is_array() && data["text"].is_null() && is_cut);
    let (elements, is_cut) = members("_elements=url,title");
    assert!(elements["url"].is_string() && elements["title"].is_string() && is_cut);
    assert!(elements["name"].is_null() && elements["concept"].is_null());
    assert!(elements["status"].is_string() && elements["content"].is_string(), "mandatory");
}

#[test]
fn views_hold_for_searches_too() {
    let answer = animals().get("ValueSet?_summary=true").ok();
    for resource in answer.resources() {
        assert!(resource["compose"].is_null(), "{resource}");
        assert_eq!(resource["meta"]["tag"][0]["code"], "SUBSETTED");
    }
    let answer = animals().get("ValueSet?_elements=url&_count=2").ok();
    for resource in answer.resources() {
        assert!(resource["url"].is_string() && resource["name"].is_null(), "{resource}");
    }
}

#[test]
fn a_count_alone_has_no_entries_but_a_total_and_a_link_to_itself() {
    for view in ["_summary=count", "_count=0"] {
        let answer = animals().get(&format!("ValueSet?{view}")).ok();
        assert_eq!(answer.json["total"], 5 + BUILT_IN_VALUE_SETS, "{view}");
        assert!(answer.json["entry"].is_null(), "{view}");
        assert_eq!(answer.json["link"][0]["relation"], "self", "{view}");
    }
}

fn link(answer: &Response, relation: &str) -> Option<String> {
    let links = answer.json["link"].as_array()?;
    let link = links.iter().find(|link| link["relation"] == relation)?;
    Some(link["url"].as_str().unwrap().to_owned())
}

#[test]
fn pages_of_a_search_are_followed_by_their_links() {
    let demo = Server::demo();
    let whole = ids(&demo.get("ConceptMap").ok());
    assert_eq!(whole.len(), 8);
    let mut next = Some("http://tx.example/fhir/ConceptMap?_count=3&status=active".to_owned());
    let mut seen: Vec<String> = Vec::new();
    while let Some(url) = next {
        let page = demo.get(url.strip_prefix("http://tx.example/fhir/").unwrap()).ok();
        assert_eq!(page.json["total"], 8);
        assert!(page.resources().len() <= 3);
        assert_eq!(link(&page, "previous").is_some(), !seen.is_empty());
        seen.extend(ids(&page));
        next = link(&page, "next");
    }
    assert_eq!(seen, whole);
}

#[test]
fn pages_have_a_size_where_none_is_asked_for_and_a_largest_one() {
    let server = Server::configured(&animal_files(), |config| config.limits.page_size = 2);
    for path in ["ValueSet", "ValueSet?_count=100"] {
        let answer = server.get(path).ok();
        let total = json!(5 + BUILT_IN_VALUE_SETS);
        assert_eq!((answer.resources().len(), &answer.json["total"]), (2, &total), "{path}");
        assert!(link(&answer, "next").is_some(), "{path}");
    }
}

#[test]
fn results_are_sorted_as_asked() {
    for (sort, expected) in [
        ("version", vec!["animals", "animals-2"]),
        ("-version", vec!["animals-2", "animals"]),
        ("title,-version", vec!["animals-2", "animals"]),
        ("status,version", vec!["animals", "animals-2"]),
        ("-_id", vec!["animals-2", "animals"]),
    ] {
        let path = format!("CodeSystem?url={ANIMALS_URL}&_sort={sort}");
        assert_eq!(found(&path), expected, "{sort}");
    }
    let answer = animals().get("CodeSystem?_sort=colour");
    answer.refused(400, "value", &["_sort", "colour", "title"]);
}

#[test]
fn older_names_of_a_code_system_find_it() {
    let path = "CodeSystem?url=http://fhir.de/CodeSystem/dimdi/icd-10-gm";
    let answer = Server::demo().get(path).ok();
    assert_eq!(answer.json["total"], 1);
    assert_eq!(answer.resources()[0]["url"], "http://fhir.de/CodeSystem/bfarm/icd-10-gm");
}

#[test]
fn the_base_is_the_one_the_client_sees() {
    let full_url = |headers: &[(&str, &str)]| {
        let answer = animals().get_with("CodeSystem?_id=animals", headers).ok();
        answer.json["entry"][0]["fullUrl"].as_str().unwrap().to_owned()
    };
    assert_eq!(full_url(&[]), "http://tx.example/fhir/CodeSystem/animals");
    let proxied = [("x-forwarded-proto", "https"), ("x-forwarded-host", "tx.klinik.example")];
    assert_eq!(full_url(&proxied), "https://tx.klinik.example/fhir/CodeSystem/animals");
    let server = Server::configured(&animal_files(), |config| {
        config.base_url = "https://klinik.example/terminologie/fhir/".into();
    });
    let answer = server.get("CodeSystem?_id=animals").ok();
    assert_eq!(
        answer.json["entry"][0]["fullUrl"],
        "https://klinik.example/terminologie/fhir/CodeSystem/animals"
    );
}
