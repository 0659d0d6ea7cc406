//! Exports of hospital systems: codes as people write them, read only where a request allows it.

use codesystems::normalize::normalize;
use loaders::Options;
use serde_json::{Value, json};
use tests::releases::animal_files;
use tests::{Response, Server, part, shared};

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const OPS: &str = "http://fhir.de/CodeSystem/bfarm/ops";
const ALPHA_ID: &str = "http://fhir.de/CodeSystem/bfarm/alpha-id-se";
const ORPHA: &str = "http://www.orpha.net";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const ICD_VALUE_SET: &str = "http://fhir.de/ValueSet/bfarm/icd-10-gm";

/// Text as it is written, the code that is meant, and the marks beside it.
const WRITTEN: [(&str, &str, &str, &[&str]); 24] = [
    (ICD, "e11.90", "E11.90", &[]),
    (ICD, "e11 90", "E11.90", &[]),
    (ICD, "E1190", "E11.90", &[]),
    (ICD, "E11.90 ", "E11.90", &[]),
    (ICD, "E11.9-", "E11.9", &[]),
    (ICD, "E11.90+", "E11.90", &["†"]),
    (ICD, "E11.90†", "E11.90", &["†"]),
    (ICD, "G63.2*", "G63.2", &["*"]),
    (ICD, "U60.1!", "U60.1", &["!"]),
    (ICD, "E11.90 G", "E11.90", &["G"]),
    (ICD, "E11.90 L", "E11.90", &["L"]),
    (ICD, "E11.90+ V R", "E11.90", &["†", "V", "R"]),
    (ICD, "e10-e14", "E10-E14", &[]),
    (OPS, "1273.0", "1-273.0", &[]),
    (OPS, "5-384.1:L", "5-384.1", &["L"]),
    (OPS, "OPS 5-38", "5-38", &[]),
    (OPS, "5-38-5-39", "5-38...5-39", &[]),
    (ORPHA, "ORPHA:558", "558", &[]),
    (ALPHA_ID, "990002", "I990002", &[]),
    (ALPHA_ID, "i990002", "I990002", &[]),
    (LOINC, "LOINC 2345-7", "2345-7", &[]),
    (LOINC, "2345–7", "2345-7", &[]),
    (SNOMED, "44054006 |Diabetes mellitus type 2|", "44054006", &[]),
    (SNOMED, "SCTID:44054006", "44054006", &[]),
];

fn lenient(path: &str, parameters: &[(&str, &str)]) -> Response {
    let mut all = parameters.to_vec();
    all.push(("normalize-codes", "true"));
    Server::demo().ask(path, &all)
}

/// The marks of the first code that was read otherwise.
fn marks(answer: &Response) -> Vec<String> {
    let read = answer.all("normalized-from")[0];
    let parts = read["part"].as_array().unwrap().iter();
    let marks = parts.filter(|part| part["name"] == "mark");
    marks.map(|mark| mark["valueCoding"]["code"].as_str().unwrap().to_owned()).collect()
}

fn has_message(answer: &Response, message_id: &str) -> bool {
    answer.text().contains(message_id)
}

#[test]
fn lookup_tells_the_code_that_is_meant_and_what_was_written() {
    for (system, text, code, expected) in WRITTEN {
        let answer = lenient("CodeSystem/$lookup", &[("system", system), ("code", text)]);
        let answer = answer.parameters();
        assert_eq!(answer.value("code"), code, "{text}");
        let read = answer.all("normalized-from")[0];
        assert_eq!(part(read, "text"), text);
        assert_eq!(part(read, "code"), code);
        assert!(part(read, "change").is_string(), "{text}");
        assert_eq!(marks(&answer), expected, "{text}");
    }
}

#[test]
fn validation_echoes_the_code_and_says_what_was_changed() {
    for (system, text, code, expected) in WRITTEN {
        let asked = [("url", system), ("code", text)];
        let answer = lenient("CodeSystem/$validate-code", &asked).parameters();
        assert_eq!(answer.value("result"), true, "{text}: {}", answer.text());
        assert_eq!(answer.value("code"), code, "{text}");
        assert_eq!(answer.value("normalized-code"), code, "{text}");
        assert!(has_message(&answer, "CODE_NOT_IN_NORMAL_FORM"), "{}", answer.text());
        assert_eq!(marks(&answer), expected, "{text}");
    }
    for (text, code) in [("E1190 G", "E11.90"), ("g63.2*", "G63.2")] {
        let asked = [("url", ICD_VALUE_SET), ("system", ICD), ("code", text)];
        let answer = lenient("ValueSet/$validate-code", &asked).parameters();
        assert_eq!(answer.value("result"), true, "{text}: {}", answer.text());
        assert_eq!(answer.value("code"), code);
        assert_eq!(answer.value("normalized-code"), code);
        assert!(has_message(&answer, "CODE_NOT_IN_NORMAL_FORM"), "{}", answer.text());
        let inferring = [("url", ICD_VALUE_SET), ("inferSystem", "true"), ("code", text)];
        let answer = lenient("ValueSet/$validate-code", &inferring).parameters();
        assert_eq!(answer.value("result"), true, "{text}: {}", answer.text());
        assert_eq!(answer.value("system"), ICD);
    }
}

#[test]
fn a_concept_has_the_code_of_the_coding_that_decides() {
    let list = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "url", "valueUri": ICD_VALUE_SET },
        { "name": "normalize-codes", "valueBoolean": true },
        { "name": "codeableConcept", "valueCodeableConcept": { "coding": [
            { "system": SNOMED, "code": "SCTID:44054006" },
            { "system": ICD, "code": "E11.90 V" },
        ] } },
    ] });
    let answer = Server::demo().post("ValueSet/$validate-code", &list).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(answer.value("code"), "E11.90");
    assert_eq!(answer.value("normalized-code"), "E11.90");
    assert_eq!(answer.all("normalized-from").len(), 2, "each coding that was read");
}

#[test]
fn subsumption_and_translation_read_codes_too() {
    let asked = [("system", ICD), ("codeA", "e10 - e14"), ("codeB", "E1190+")];
    let answer = lenient("CodeSystem/$subsumes", &asked).parameters();
    assert_eq!(answer.value("outcome"), "subsumes");
    assert_eq!(answer.all("normalized-from").len(), 2);
    let asked = [("system", ALPHA_ID), ("code", "990002"), ("targetsystem", ICD)];
    let answer = lenient("ConceptMap/$translate", &asked).parameters();
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    assert_eq!(part(answer.all("match")[0], "concept")["code"], "E10.01");
    assert_eq!(part(answer.all("normalized-from")[0], "code"), "I990002");
}

#[test]
fn loinc_codes_need_their_check_digit_and_descriptions_are_no_concepts() {
    for (system, text, why) in [
        (LOINC, "2345", "its check digit is missing; with it the code is '2345-7'"),
        (LOINC, "2345-1", "its check digit is wrong; with the right one the code is '2345-7'"),
        (SNOMED, "9900000005011", "it has the form of the id of a description"),
    ] {
        let refused = lenient("CodeSystem/$lookup", &[("system", system), ("code", text)]);
        assert_eq!(refused.status, 404, "{text}");
        assert!(refused.text().contains(why), "{}", refused.text());
        let asked = [("url", system), ("code", text)];
        let answer = lenient("CodeSystem/$validate-code", &asked).parameters();
        assert_eq!(answer.value("result"), false, "{text}");
        let message = answer.value("message");
        assert!(message.as_str().unwrap_or_default().contains(why), "{message}");
        let asked = [("system", system), ("code", text), ("targetsystem", ICD)];
        let answer = lenient("ConceptMap/$translate", &asked).parameters();
        assert_eq!(answer.value("result"), false, "{text}");
        assert!(answer.text().contains(why), "{}", answer.text());
    }
}

#[test]
fn strict_is_the_default_and_a_setting_changes_it() {
    let demo = Server::demo();
    for text in ["e11.90", "E1190", "E11.90 ", "E11.90 G"] {
        for more in [&[][..], &[("normalize-codes", "false")]] {
            let asked = [&[("url", ICD), ("code", text)], more].concat();
            let answer = demo.ask("CodeSystem/$validate-code", &asked);
            let is_valid =
                answer.status == 200 && answer.json["parameter"][0]["valueBoolean"] == true;
            assert!(!is_valid, "{text}: {}", answer.text());
        }
    }
    let animals = tests::releases::ANIMALS_URL;
    let set = Server::configured(&animal_files(), |config| config.normalize_codes = true);
    let asked = [("system", animals), ("code", " cat ")];
    assert_eq!(set.ask("CodeSystem/$lookup", &asked).parameters().value("code"), "cat");
    let asked = [("system", animals), ("code", " cat "), ("normalize-codes", "false")];
    assert_ne!(set.ask("CodeSystem/$lookup", &asked).status, 200);
}

#[test]
fn batches_read_codes_entry_by_entry() {
    let entry = |text: &str, more: &str| {
        let url = format!("CodeSystem/$lookup?system={ICD}&code={text}{more}");
        json!({ "request": { "method": "GET", "url": url } })
    };
    let bundle = json!({ "resourceType": "Bundle", "type": "batch", "entry": [
        entry("E1190", "&normalize-codes=true"),
        entry("E1190", ""),
    ] });
    let answer = Server::demo().post("", &bundle).ok();
    let status = |index: usize| answer.json["entry"][index]["response"]["status"].clone();
    assert_eq!((status(0), status(1)), ("200".into(), "404".into()));
    let one = |text: &str| {
        json!({ "name": "validation", "resource": {
        "resourceType": "Parameters", "parameter": [
            { "name": "url", "valueUri": ICD },
            { "name": "code", "valueString": text },
        ],
    } })
    };
    let list = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "normalize-codes", "valueBoolean": true },
        one("E11.90†"),
        one("E99"),
    ] });
    let answer = Server::demo().post("CodeSystem/$batch-validate-code", &list).ok();
    let result = |index: usize| -> Value {
        answer.json["parameter"][index]["resource"]["parameter"][0]["valueBoolean"].clone()
    };
    assert_eq!((result(0), result(1)), (true.into(), false.into()));
}

/// A code system of one year with one code, to be sent along.
fn year(version: &str, code: &str) -> Value {
    json!({ "name": "tx-resource", "resource": {
        "resourceType": "CodeSystem", "url": ICD, "version": version, "status": "active",
        "content": "complete", "caseSensitive": true, "concept": [{ "code": code }],
    } })
}

#[test]
fn a_code_of_an_older_version_of_a_value_set_is_read_in_that_version() {
    let include = |version: &str| json!({ "system": ICD, "version": version });
    let value_set = json!({
        "resourceType": "ValueSet", "status": "active",
        "compose": { "include": [include("1998"), include("1999")] },
    });
    for (text, code, version) in [("x01.2+", "X01.2", "1998"), ("X034", "X03.4", "1999")] {
        let list = json!({ "resourceType": "Parameters", "parameter": [
            year("1998", "X01.2"),
            year("1999", "X03.4"),
            { "name": "valueSet", "resource": value_set },
            { "name": "normalize-codes", "valueBoolean": true },
            { "name": "system", "valueUri": ICD },
            { "name": "code", "valueString": text },
        ] });
        let answer = Server::demo().post("ValueSet/$validate-code", &list).parameters();
        assert_eq!(answer.value("result"), true, "{text}: {}", answer.text());
        assert_eq!(answer.value("code"), code);
        assert_eq!(answer.value("version"), version);
    }
}

/// Every code but those of chapters and blocks is found without its dots and dashes, in any case;
/// every code at all stands for itself.
fn is_read_without_punctuation(server: &Server, url: &str) -> usize {
    let snapshot = server.app().snapshot();
    let system = snapshot.catalogue.versions(url).unwrap().default_version().unwrap();
    let edition = system.edition();
    let mut read = 0;
    for concept in edition.all().iter() {
        let code = edition.code(concept);
        let found = normalize(edition, code).unwrap().unwrap();
        assert_eq!((found.code.as_str(), found.changes.len()), (code, 0));
        if edition.kind(concept) != "category" {
            continue;
        }
        let bare = code.replace(['.', '-'], "");
        for text in
            [bare.to_uppercase(), bare.to_lowercase(), format!("{bare} L"), format!("{code}-")]
        {
            let found = normalize(edition, &text).unwrap();
            assert_eq!(found.map(|found| found.code).as_deref(), Some(code), "{text}");
        }
        read += 1;
    }
    read
}

#[test]
fn codes_of_classifications_are_found_without_their_punctuation() {
    let demo = Server::demo();
    assert!(is_read_without_punctuation(demo, ICD) > 200);
    assert!(is_read_without_punctuation(demo, OPS) > 20);
    if let Some(path) = shared::path("icd10gm-derived/icd10gm2025_rekonstruiert_claml.zip") {
        let whole = Server::of_releases(&[path], &Options::default());
        assert!(is_read_without_punctuation(&whole, ICD) > 10_000);
    }
}
