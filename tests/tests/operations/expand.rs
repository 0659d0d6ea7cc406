//! `ValueSet/$expand`: searching, paging, languages, designations, properties, nesting.

use serde_json::{Value, json};
use tests::releases::ANIMALS_URL;
use tests::{Response, Server};

use super::{SYMPTOMS_URL, animals, parameters, value_set};

const ICD: &str = "http://fhir.de/ValueSet/bfarm/icd-10-gm";
const ALL: &str = "http://begriff.test/ValueSet/all-animals|1.0.0";

/// The symptoms that a text finds, best first.
fn symptoms(filter: &str) -> Vec<String> {
    let body = parameters(json!([
        { "name": "valueSet", "resource": value_set(json!({ "include": [{ "system": SYMPTOMS_URL }] })) },
        { "name": "filter", "valueString": filter },
    ]));
    let answer = animals().post("ValueSet/$expand", &body).ok();
    assert_eq!(answer.json["expansion"]["total"], answer.codes().len());
    answer.codes().into_iter().map(str::to_owned).collect()
}

#[test]
fn words_are_found_by_their_beginnings_in_any_order() {
    assert_eq!(symptoms("erbr übel"), ["S1", "S2"]);
    assert_eq!(symptoms("übel erbr"), ["S1", "S2"]);
    assert_eq!(symptoms("übelkeit und"), ["S1"]);
    assert_eq!(symptoms("brechen"), Vec::<String>::new(), "not in the middle of words");
    assert_eq!(symptoms("kopf bauch"), Vec::<String>::new(), "every word must be found");
}

#[test]
fn umlauts_accents_and_case_are_folded() {
    for spelling in ["übelkeit und", "Übelkeit UND", "uebelkeit und", "ubelkeit und"] {
        assert_eq!(symptoms(spelling), ["S1"], "{spelling}");
    }
    for spelling in ["fußschmerz", "fussschmerz", "FUSSSCHMERZ"] {
        assert_eq!(symptoms(spelling), ["S5"], "{spelling}");
    }
}

#[test]
fn synonyms_codes_and_other_languages_are_found() {
    assert_eq!(symptoms("Zephalgie"), ["S4"]);
    assert_eq!(symptoms("brechreiz"), ["S1"]);
    assert_eq!(symptoms("headache"), ["S4"]);
    assert_eq!(symptoms("S3"), ["S3"]);
    let by_alpha_id =
        Server::demo().ask("ValueSet/$expand", &[("url", ICD), ("filter", "alterszucker")]);
    assert_eq!(by_alpha_id.ok().codes()[0], "E11.90", "a diagnosis text of Alpha-ID");
}

#[test]
fn the_best_hit_comes_first() {
    let first = |filter: &str| {
        let answer = Server::demo()
            .ask("ValueSet/$expand", &[("url", ICD), ("filter", filter), ("count", "5")]);
        answer.ok().codes().first().copied().unwrap_or_default().to_owned()
    };
    assert_eq!(first("Diabetes mellitus, Typ 2"), "E11");
    assert_eq!(first("diab typ 2"), "E11");
    assert_eq!(first("E11.90"), "E11.90");
    assert_eq!(first("e11.90"), "E11.90");
}

/// Asks page by page until one is empty, and checks the total on the way.
fn pages(server: &Server, query: &[(&str, &str)], size: usize) -> Vec<String> {
    let mut codes = Vec::new();
    let mut total = None;
    loop {
        let (offset, count) = (codes.len().to_string(), size.to_string());
        let mut query = query.to_vec();
        query.extend([("offset", offset.as_str()), ("count", count.as_str())]);
        let page = server.ask("ValueSet/$expand", &query).ok();
        let now = page.json["expansion"]["total"].as_u64().unwrap();
        assert_eq!(*total.get_or_insert(now), now, "the total is the same on every page");
        assert_eq!(page.json["expansion"]["offset"], codes.len());
        let shown = page.codes();
        assert!(shown.len() <= size);
        if shown.is_empty() {
            assert_eq!(codes.len() as u64, now);
            return codes;
        }
        codes.extend(shown.into_iter().map(str::to_owned));
    }
}

#[test]
fn pages_put_together_are_the_whole() {
    let demo = Server::demo();
    for (query, size) in [
        (vec![("url", ICD)], 50),
        (vec![("url", ICD), ("filter", "diabetes")], 7),
        (vec![("url", ICD), ("filter", "e")], 10),
        (vec![("url", "http://klinik.example/ValueSet/diabetes")], 33),
        (vec![("url", "http://klinik.example/ValueSet/diabetes"), ("filter", "diab")], 13),
        (vec![("url", "http://snomed.info/sct?fhir_vs"), ("activeOnly", "true")], 40),
        (vec![("url", "http://loinc.org/vs/LL360-9")], 1),
    ] {
        let whole = demo.ask("ValueSet/$expand", &query).ok();
        assert_eq!(pages(demo, &query, size), whole.codes(), "{query:?}");
        assert_eq!(whole.json["expansion"]["total"], whole.codes().len(), "{query:?}");
    }
}

#[test]
fn the_ends_of_paging_are_no_errors() {
    let demo = Server::demo();
    for (offset, count, shown) in
        [("0", "0", 0), ("307", "10", 1), ("308", "10", 0), ("2147483647", "2147483647", 0)]
    {
        let query = [("url", ICD), ("offset", offset), ("count", count)];
        let answer = demo.ask("ValueSet/$expand", &query).ok();
        assert_eq!(answer.codes().len(), shown, "offset {offset}, count {count}");
        assert_eq!(answer.json["expansion"]["total"], 308);
    }
}

#[test]
fn inactive_concepts_are_marked_and_can_be_left_out() {
    let all = animals().ask("ValueSet/$expand", &[("url", ALL)]).ok();
    let dodo = all.contains().into_iter().find(|entry| entry["code"] == "dodo").unwrap();
    assert_eq!(dodo["inactive"], true);
    let mammal = all.contains().into_iter().find(|entry| entry["code"] == "mammal").unwrap();
    assert_eq!(mammal["abstract"], true);
    let active = animals().ask("ValueSet/$expand", &[("url", ALL), ("activeOnly", "true")]).ok();
    assert_eq!(active.json["expansion"]["total"], 10);
    assert!(!active.codes().contains(&"dodo"));
    assert_eq!(active.expansion_parameters("activeOnly"), [&json!(true)]);
}

fn cat(answer: &Response) -> Value {
    let all = answer.contains();
    all.into_iter().find(|entry| entry["code"] == "cat").cloned().unwrap()
}

#[test]
fn designations_are_told_where_they_are_asked_for() {
    let values = |query: &[(&str, &str)]| {
        let mut all = vec![("url", ALL)];
        all.extend(query);
        let cat = cat(&animals().ask("ValueSet/$expand", &all).ok());
        let list = cat["designation"].as_array().cloned().unwrap_or_default();
        let mut values: Vec<String> =
            list.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect();
        values.sort();
        values
    };
    assert!(values(&[]).is_empty());
    assert!(values(&[("includeDesignations", "false")]).is_empty());
    let all = values(&[("includeDesignations", "true")]);
    for expected in ["Chat", "Katze", "Mieze"] {
        assert!(all.iter().any(|value| value == expected), "{all:?}");
    }
    assert_eq!(values(&[("designation", "fr")]), ["Chat"]);
    assert_eq!(values(&[("designation", "urn:ietf:bcp:47|de")]), ["Katze", "Mieze"]);
    assert_eq!(values(&[("designation", "http://snomed.info/sct|900000000000013009")]), ["Mieze"]);
    assert_eq!(
        values(&[("includeDesignations", "true"), ("designation", "fr")]),
        ["Chat"],
        "the list bounds what is included"
    );
}

#[test]
fn displays_follow_the_language_of_parameter_and_header() {
    let display = |query: &[(&str, &str)], header: &str| {
        let mut all = vec![("url", ALL)];
        all.extend(query);
        let path = all
            .iter()
            .map(|(name, value)| format!("{name}={}", tests::encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        let answer =
            animals().get_with(&format!("ValueSet/$expand?{path}"), &[("accept-language", header)]);
        cat(&answer.ok())["display"].as_str().unwrap().to_owned()
    };
    assert_eq!(display(&[], "de"), "Katze");
    assert_eq!(display(&[("displayLanguage", "fr")], "de"), "Chat", "the parameter wins");
    assert_eq!(display(&[("displayLanguage", "en")], ""), "Cat");
}

#[test]
fn properties_are_told_where_they_are_asked_for() {
    let query =
        [("url", ALL), ("property", "legs"), ("property", "parent"), ("property", "habitat")];
    let answer = animals().ask("ValueSet/$expand", &query).ok();
    let extensions = cat(&answer)["extension"].as_array().unwrap().clone();
    let mut told: Vec<String> = extensions
        .iter()
        .map(|extension| {
            let parts = extension["extension"].as_array().unwrap();
            let value = |name: &str| {
                tests::value_of(parts.iter().find(|part| part["url"] == name).unwrap()).to_string()
            };
            format!("{}={}", value("code"), value("value"))
        })
        .collect();
    told.sort();
    assert_eq!(told, ["\"habitat\"=\"house\"", "\"legs\"=4", "\"parent\"=\"mammal\""]);
}

#[test]
fn a_hierarchy_is_nested_where_that_is_wanted_and_flat_elsewhere() {
    let ask = |nested: &str| {
        let query = [
            ("url", "http://begriff.test/ValueSet/mammals"),
            ("system-version", "http://begriff.test/CodeSystem/animals|1.0.0"),
            ("excludeNested", nested),
        ];
        animals().ask("ValueSet/$expand", &query).ok()
    };
    let nested = ask("false");
    let roots = nested.json["expansion"]["contains"].as_array().unwrap();
    assert_eq!(roots.len(), 1);
    assert_eq!(roots[0]["code"], "mammal");
    assert_eq!(roots[0]["contains"][0]["code"], "cat");
    assert_eq!(roots[0]["contains"][0]["contains"][0]["code"], "siamese");
    let flat = ask("true");
    assert_eq!(flat.json["expansion"]["contains"].as_array().unwrap().len(), 5);
    assert_eq!(nested.sorted_codes(), flat.sorted_codes());
    assert_eq!(nested.json["expansion"]["total"], 5);
    let icd = Server::demo().get(&format!("ValueSet/$expand?url={ICD}&excludeNested=false")).ok();
    let chapters = icd.json["expansion"]["contains"].as_array().unwrap();
    assert!(
        chapters.iter().all(|entry| entry["code"]
            .as_str()
            .unwrap()
            .chars()
            .all(|c| "IVX".contains(c)))
    );
    assert_eq!(icd.contains().len(), 308);
}

#[test]
fn an_expansion_is_asked_by_get_post_type_instance_and_bare_body() {
    let pinned = format!("{ANIMALS_URL}|1.0.0");
    let list = json!([
        { "name": "url", "valueUri": "http://begriff.test/ValueSet/pets" },
        { "name": "valueSetVersion", "valueString": "1.0.0" },
        { "name": "system-version", "valueUri": pinned },
    ]);
    let on_instance = json!([{ "name": "system-version", "valueUri": pinned }]);
    let bare = value_set(json!({ "include": [{
        "system": ANIMALS_URL, "version": "1.0.0", "concept": [{ "code": "cat" }, { "code": "dog" }],
    }]}));
    for answer in [
        animals().get(&format!(
            "ValueSet/$expand?url=http://begriff.test/ValueSet/pets&system-version={pinned}"
        )),
        animals().get(&format!("ValueSet/pets/$expand?system-version={pinned}")),
        animals().post("ValueSet/$expand", &parameters(list)),
        animals().post("ValueSet/pets/$expand", &parameters(on_instance)),
        animals().post("ValueSet/$expand", &bare),
    ] {
        assert_eq!(answer.ok().codes(), ["cat", "dog"]);
    }
}

#[test]
fn an_expansion_tells_what_it_was_asked_and_what_it_used() {
    let query = [
        ("url", "http://begriff.test/ValueSet/quiet-pets"),
        ("count", "5"),
        ("offset", "0"),
        ("filter", "c"),
        ("displayLanguage", "de"),
        ("system-version", "http://begriff.test/CodeSystem/animals|1.0.0"),
    ];
    let answer = animals().ask("ValueSet/$expand", &query).ok();
    for (name, expected) in [
        ("count", json!(5)),
        ("offset", json!(0)),
        ("filter", json!("c")),
        ("displayLanguage", json!("de")),
        ("system-version", json!("http://begriff.test/CodeSystem/animals|1.0.0")),
        ("used-codesystem", json!("http://begriff.test/CodeSystem/animals|1.0.0")),
        ("used-valueset", json!("http://begriff.test/ValueSet/pets|1.0.0")),
    ] {
        assert_eq!(answer.expansion_parameters(name), [&expected], "{name}");
    }
    let expansion = &answer.json["expansion"];
    assert!(expansion["timestamp"].is_string());
    assert!(expansion["identifier"].as_str().unwrap().starts_with("urn:uuid:"));
    assert_eq!(answer.json["status"], "draft");
}
