//! Pathling and Blaze: many small GET requests, cached by entity tag.

use tests::Server;
use tests::part;

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const ALPHA_ID: &str = "http://fhir.de/CodeSystem/bfarm/alpha-id-se";
const SNOMED: &str = "http://snomed.info/sct";

#[test]
fn pathling_asks_membership_translation_subsumption_and_properties() {
    let demo = Server::demo();
    let path = format!(
        "ValueSet/$validate-code?url=http%3A%2F%2Fsnomed.info%2Fsct%3Ffhir_vs%3Disa%2F73211009\
         &system={SNOMED}&code=44054006&systemVersion="
    );
    assert_eq!(demo.get(&path).parameters().value("result"), true);
    let path = format!(
        "ConceptMap/$translate?url=http://fhir.de/ConceptMap/bfarm/alpha-id-se-icd-10-gm\
         &system={ALPHA_ID}&code=I990031&reverse=false&target=http://fhir.de/ValueSet/bfarm/icd-10-gm"
    );
    let answer = demo.get(&path).parameters();
    assert_eq!(part(answer.all("match")[0], "concept")["code"], "E11.90");
    let path = format!("CodeSystem/$subsumes?codeA=73211009&codeB=44054006&system={SNOMED}");
    assert_eq!(demo.get(&path).parameters().value("outcome"), "subsumes");
    let path = format!("CodeSystem/$lookup?system={SNOMED}&code=44054006&property=parent");
    let answer = demo.get_with(&path, &[("accept-language", "de")]).parameters();
    assert_eq!(answer.value("display"), "Diabetes mellitus Typ 2");
    assert_eq!(answer.properties("parent"), ["73211009"]);
}

#[test]
fn answers_to_get_have_a_tag_and_are_not_sent_twice() {
    let demo = Server::demo();
    for path in [
        format!("CodeSystem/$lookup?system={ICD}&code=E11.90"),
        format!("CodeSystem/$subsumes?codeA=E11&codeB=E11.90&system={ICD}"),
        format!("CodeSystem/$validate-code?url={ICD}&code=E11.90"),
        "ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&count=3".to_owned(),
        format!("ConceptMap/$translate?system={ALPHA_ID}&code=I990031&targetsystem={ICD}"),
        format!("CodeSystem?url={ICD}"),
        "metadata?mode=terminology".to_owned(),
    ] {
        let first = demo.get(&path).ok();
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: '{tag}'");
        assert!(!first.header("cache-control").is_empty(), "{path}");
        let again = demo.get_with(&path, &[("if-none-match", &tag)]);
        assert_eq!(again.status, 304, "{path}");
        assert!(again.body.is_empty(), "{path}");
        assert_eq!(again.header("etag"), tag, "{path}");
        let other = demo.get_with(&path, &[("if-none-match", "W/\"something-else\"")]);
        assert_eq!(other.status, 200, "{path}");
    }
}

#[test]
fn tags_differ_by_language_and_by_question() {
    let demo = Server::demo();
    let path = format!("CodeSystem/$lookup?system={SNOMED}&code=44054006");
    let german = demo.get_with(&path, &[("accept-language", "de")]).ok();
    let english = demo.get_with(&path, &[("accept-language", "en")]).ok();
    assert_ne!(german.header("etag"), english.header("etag"));
    assert!(german.header("vary").to_lowercase().contains("accept-language"));
}

#[test]
fn a_time_to_keep_answers_is_told_where_it_is_set() {
    let server =
        Server::configured(&tests::releases::animal_files(), |config| config.max_age_s = 3600);
    let answer = server
        .get("CodeSystem/$lookup?system=http://begriff.test/CodeSystem/animals&code=cat")
        .ok();
    assert!(
        answer.header("cache-control").contains("max-age=3600"),
        "{}",
        answer.header("cache-control")
    );
    // A refusal may be mended the next moment.
    let refused =
        server.get("CodeSystem/$lookup?system=http://begriff.test/CodeSystem/animals&code=none");
    assert_eq!(refused.header("cache-control"), "no-store");
}

#[test]
fn the_request_of_the_blaze_benchmark_is_answered() {
    let demo = Server::demo();
    for (value_set, system, code, expected) in [
        ("http://fhir.de/ValueSet/bfarm/icd-10-gm", ICD, "E11.90", true),
        ("http://fhir.de/ValueSet/bfarm/alpha-id-se", ALPHA_ID, "I990031", true),
        ("http://loinc.org/vs", "http://loinc.org", "4548-4", true),
        ("http://snomed.info/sct?fhir_vs", SNOMED, "44054006", true),
        ("http://klinik.example/ValueSet/diabetes", SNOMED, "11687002", false),
        ("http://klinik.example/ValueSet/diabetes", ICD, "E11.90", true),
        ("http://klinik.example/ValueSet/diabetes", ICD, "I10", false),
    ] {
        let path = format!("ValueSet/$validate-code?url={value_set}&system={system}&code={code}");
        assert_eq!(demo.get(&path).parameters().value("result"), expected, "{path}");
    }
}
