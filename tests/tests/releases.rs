//! The publishers' real files through the server: what they hold is found over HTTP in full. Where
//! they are not at hand, that is said and nothing is tested.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use loaders::Options;
use serde_json::{Value, json};
use tests::{Response, Server, shared};

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const ORPHANET: &str = "http://www.orpha.net";
const HPO: &str = "http://human-phenotype-ontology.org";

/// A server over these files, loaded together; `None` where one of them is absent.
fn server(files: &[&str]) -> Option<Server> {
    let paths: Option<Vec<PathBuf>> = files.iter().map(|file| shared::path(file)).collect();
    Some(Server::of_releases(&paths?, &Options::default()))
}

/// The expansion of one include, with further parameters.
fn expanded(server: &Server, include: Value, more: Value) -> Response {
    let value_set = json!({
        "resourceType": "ValueSet", "status": "active", "compose": { "include": [include] },
    });
    let mut list = vec![json!({ "name": "valueSet", "resource": value_set })];
    list.extend(more.as_array().unwrap().iter().cloned());
    let body = json!({ "resourceType": "Parameters", "parameter": list });
    server.post("ValueSet/$expand", &body).ok()
}

/// How many concepts an include has.
fn total(server: &Server, include: Value) -> u64 {
    let answer = expanded(server, include, json!([{ "name": "count", "valueInteger": 0 }]));
    answer.json["expansion"]["total"].as_u64().unwrap()
}

fn filtered(system: &str, version: &str, property: &str, op: &str, value: &str) -> Value {
    let filter = json!({ "property": property, "op": op, "value": value });
    json!({ "system": system, "version": version, "filter": [filter] })
}

fn display(server: &Server, system: &str, version: &str, code: &str, language: &str) -> String {
    let query =
        [("system", system), ("version", version), ("code", code), ("displayLanguage", language)];
    let answer = server.ask("CodeSystem/$lookup", &query).parameters();
    answer.value("display").as_str().unwrap().to_owned()
}

#[test]
fn icd_10_gm_of_two_years_has_all_codes_with_full_titles() {
    let files = [
        "icd10gm-derived/icd10gm2025_rekonstruiert_claml.zip",
        "icd10gm-derived/icd10gm2021_rekonstruiert_claml.zip",
    ];
    let Some(server) = server(&files) else { return };
    for (version, kind, expected) in [
        ("2025", "category", 16_817),
        ("2025", "block", 243),
        ("2025", "chapter", 22),
        ("2021", "category", 16_203),
        ("2021", "chapter", 22),
    ] {
        let include = filtered(ICD, version, "kind", "=", kind);
        assert_eq!(total(&server, include), expected, "{kind} of {version}");
    }
    assert_eq!(
        display(&server, ICD, "2025", "E11.90", ""),
        "Diabetes mellitus, Typ 2: Ohne Komplikationen: Nicht als entgleist bezeichnet"
    );
    let query = [("system", ICD), ("version", "2025"), ("codeA", "IV"), ("codeB", "E11.90")];
    let answer = server.ask("CodeSystem/$subsumes", &query).parameters();
    assert_eq!(answer.value("outcome"), "subsumes");
    let url = "http://fhir.de/ValueSet/bfarm/icd-10-gm";
    let found =
        server.ask("ValueSet/$expand", &[("url", url), ("filter", "diab typ 2"), ("count", "5")]);
    assert_eq!(found.ok().codes()[0], "E11");
    assert_eq!(server.get(&format!("CodeSystem?url={ICD}")).ok().json["total"], 2);
}

#[test]
fn alpha_id_keeps_every_row_and_marks_the_invalid_ones() {
    let Some(server) = server(&["alphaid-synthetic/synthetic2026_alphaidse_edvtxt.zip"]) else {
        return;
    };
    let whole = |active_only: &str| {
        let url = "http://fhir.de/ValueSet/bfarm/alpha-id-se";
        let query = [("url", url), ("activeOnly", active_only), ("count", "0")];
        server.ask("ValueSet/$expand", &query).ok().json["expansion"]["total"].as_u64().unwrap()
    };
    assert_eq!(whole("false"), 89_937);
    assert_eq!(whole("true"), 89_937 - 1_023);
}

#[test]
fn orphanet_of_two_products_and_languages_is_one_code_system() {
    let files = ["orphanet/en_product1_rebuilt.zip", "orphanet/de_product1_rebuilt.zip"];
    let Some(both) = server(&files) else { return };
    assert_eq!(total(&both, json!({ "system": ORPHANET })), 9_960);
    assert_eq!(display(&both, ORPHANET, "", "558", "en"), "Marfan syndrome");
    assert_eq!(display(&both, ORPHANET, "", "558", "de"), "Marfan-Syndrom");
    let query = [("system", ORPHANET), ("code", "558"), ("targetsystem", "http://www.omim.org")];
    let answer = both.ask("ConceptMap/$translate", &query).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
}

#[test]
fn the_classifications_of_orphanet_keep_every_edge() {
    let Some(server) = server(&["orphanet/en_product3_2025-06-24.zip"]) else { return };
    let parents = json!([{ "name": "property", "valueString": "parent" }]);
    let answer = expanded(&server, json!({ "system": ORPHANET }), parents);
    assert_eq!(answer.json["expansion"]["total"], 7_450);
    let edges: usize = answer
        .contains()
        .iter()
        .map(|entry| entry["extension"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(edges, 10_751);
}

#[test]
fn loinc_has_its_terms_and_linguistic_variants() {
    let Some(server) = folder_server("loinc/hl7-tx-subset") else { return };
    let terms = filtered("http://loinc.org", "", "STATUS", "exists", "true");
    assert_eq!(total(&server, terms.clone()), 322);
    for (language, expected) in [("de-DE", 98), ("de-AT", 49)] {
        let designation = json!([{ "name": "designation", "valueString": language }]);
        let answer = expanded(&server, terms.clone(), designation);
        let translated = answer
            .contains()
            .iter()
            .filter(|entry| {
                let list = entry["designation"].as_array().map(Vec::as_slice).unwrap_or_default();
                list.iter().any(|one| one["language"] == language)
            })
            .count();
        assert_eq!(translated, expected, "{language}");
    }
}

#[test]
fn snomed_of_the_test_subset_is_an_experimental_edition() {
    let Some(server) = folder_server("snomed/hl7-tx-subset_INT_20250909") else { return };
    let version = "http://snomed.info/xsct/31000003106/version/20250909";
    let answer = server.get("ValueSet/$expand?url=http://snomed.info/sct?fhir_vs&count=0").ok();
    assert_eq!(answer.json["expansion"]["total"], 2_258);
    assert_eq!(
        answer.expansion_parameters("version"),
        [&json!(format!("http://snomed.info/sct|{version}"))]
    );
    let lookup = server.get("CodeSystem/$lookup?system=http://snomed.info/sct&code=138875005");
    assert_eq!(lookup.parameters().value("version"), version);
}

#[test]
fn seven_years_of_atc_come_from_one_package() {
    let package = "fhir/mii/de.medizininformatikinitiative.kerndatensatz.medikation-2.0.0.tgz";
    let Some(server) = folder_server(package) else { return };
    let system = "http://fhir.de/CodeSystem/bfarm/atc";
    assert_eq!(server.get(&format!("CodeSystem?url={system}")).ok().json["total"], 7);
    for (year, expected) in [
        ("2017", 8_148),
        ("2018", 8_271),
        ("2019", 8_360),
        ("2020", 8_336),
        ("2021", 8_579),
        ("2022", 8_703),
        ("2023", 8_837),
    ] {
        assert_eq!(
            total(&server, json!({ "system": system, "version": year })),
            expected,
            "{year}"
        );
    }
    let answer =
        server.get(&format!("CodeSystem/$lookup?system={system}&code=A10BA02")).parameters();
    assert_eq!(
        (answer.value("version"), answer.value("display")),
        (&json!("2023"), &json!("Metformin"))
    );
}

#[test]
fn icd_10_who_of_two_years_comes_from_one_package() {
    let package =
        "fhir/mii/de.medizininformatikinitiative.kerndatensatz.person-2024.0.0-snapshots.tgz";
    let Some(server) = folder_server(package) else { return };
    let system = "http://hl7.org/fhir/sid/icd-10";
    for (year, expected) in [("2016", 11_429), ("2019", 11_462)] {
        assert_eq!(
            total(&server, json!({ "system": system, "version": year })),
            expected,
            "{year}"
        );
    }
}

#[test]
fn hpo_has_every_term_and_german_names() {
    let files = ["hpo/hp_2025-01-16.obo.gz", "hpo/hp-de.babelon.tsv.gz", "hpo/hp-de.synonyms.tsv"];
    let Some(server) = server(&files) else { return };
    let active = json!([{ "name": "activeOnly", "valueBoolean": true }, { "name": "count", "valueInteger": 0 }]);
    let answer = expanded(&server, json!({ "system": HPO }), active);
    // 450 of the 19,484 terms are obsolete.
    assert_eq!(answer.json["expansion"]["total"], 19_484 - 450);
    assert_eq!(display(&server, HPO, "", "HP:0001250", "en"), "Seizure");
    assert_eq!(display(&server, HPO, "", "HP:0001250", "de"), "Krampfanfall");
}

#[test]
fn units_are_valid_by_grammar() {
    let Some(server) = server(&["ucum/ucum-essence.xml"]) else { return };
    for (unit, expected) in
        [("mg/dL", true), ("mm[Hg]", true), ("10*3/uL", true), ("milligram", false)]
    {
        let query = [("url", "http://unitsofmeasure.org"), ("code", unit)];
        let answer = server.ask("CodeSystem/$validate-code", &query).parameters();
        assert_eq!(answer.value("result"), expected, "{unit}");
    }
}

/// A server over a folder or package that also holds what no terminology server serves.
fn folder_server(below: &str) -> Option<Server> {
    let path = shared::path(below)?;
    let library = tempfile::tempdir().unwrap();
    let options = Options::default();
    let (releases, _) = loaders::recognise(&[path], &options).unwrap();
    assert!(!releases.is_empty(), "{below}");
    let opened = server::library::Library::open(library.path()).unwrap();
    for release in &releases {
        server::cli::load_release(&opened, release, &options).unwrap();
    }
    let server = Server::over(library, |_| ());
    let problems = server.app().snapshot().problems.join("\n");
    assert_eq!(problems, "", "{below}");
    Some(server)
}

/// How many resources of a type there are.
fn count(server: &Server, kind: &str) -> u64 {
    server.get(&format!("{kind}?_summary=count")).ok().json["total"].as_u64().unwrap()
}

/// Asks for every expansion of a server; all must be answered, some in the negative.
fn expand_all(server: &Server) -> (u64, u64) {
    let (mut expanded, mut refused) = (0, 0);
    let snapshot = server.app().snapshot();
    for entry in
        snapshot.resources.all().iter().filter(|entry| entry.resource_type.name() == "ValueSet")
    {
        let answer = server.get(&format!("ValueSet/{}/$expand?count=2", entry.id));
        match answer.status {
            200 => expanded += 1,
            // Of code systems or value sets that are not part of the package.
            400..=499 | 501 => refused += 1,
            status => assert_eq!(status, 200, "{}: {}", entry.url, answer.text()),
        }
    }
    (expanded, refused)
}

#[test]
fn every_package_loads_and_every_value_set_of_it_is_answered() {
    for folder in ["fhir/mii", "fhir/packages"] {
        let Some(folder) = shared::path(folder) else { return };
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        assert!(names.len() >= 7);
        for path in names {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let parent = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            let server = folder_server(&format!("fhir/{parent}/{name}")).unwrap();
            let (expanded, refused) = expand_all(&server);
            assert!(expanded + refused > 0 || count(&server, "CodeSystem") > 0, "{name} is empty");
            if name.contains("expansions") {
                // Most are about code systems that other packages hold; a few value sets are those of
                // all codes of systems that every server has.
                assert!(expanded + refused >= 553, "{name}: {expanded} and {refused}");
            }
        }
    }
}

#[test]
fn the_definitions_of_r4_are_served() {
    let Some(server) = folder_server("fhir/r4-definitions") else { return };
    // 496 + 143 + 424 code systems and 673 + 216 + 428 value sets, of which some stand in two bundles.
    assert!(count(&server, "CodeSystem") >= 1_000, "{}", count(&server, "CodeSystem"));
    assert!(count(&server, "ValueSet") >= 1_300, "{}", count(&server, "ValueSet"));
    assert_eq!(count(&server, "ConceptMap"), 19);
    let path = "ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&system=http://hl7.org/fhir/administrative-gender&code=female";
    assert_eq!(server.get(path).parameters().value("result"), true);
    let path = "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/observation-status";
    assert_eq!(server.get(path).ok().json["expansion"]["total"], 8);
    let (expanded, refused) = expand_all(&server);
    assert!(expanded > 1_200, "{expanded} expanded, {refused} refused");
}

#[test]
fn the_terminology_of_hl7_is_served() {
    let package = "fhir/terminology/hl7.terminology_utg_7.3.0_sourceOfTruth.tar.xz";
    let Some(server) = folder_server(package) else { return };
    // And those that every server has.
    assert_eq!(count(&server, "CodeSystem"), 892 + 8);
    assert!(count(&server, "ValueSet") >= 2_517, "{}", count(&server, "ValueSet"));
    assert_eq!(count(&server, "NamingSystem"), 675);
    let path =
        "CodeSystem/$lookup?system=http://terminology.hl7.org/CodeSystem/v3-ActCode&code=AMB";
    assert_eq!(server.get(path).parameters().value("display"), "ambulatory");
}
