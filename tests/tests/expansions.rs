//! What `$expand`, `$lookup` and `$translate` tell, asked of whole servers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tests::Server;

const ANIMALS: &str = r#"{"resourceType":"CodeSystem","url":"http://example.org/animals","version":"2","language":"en",
  "status":"active","content":"complete","caseSensitive":true,
  "property":[{"code":"inactive","uri":"http://hl7.org/fhir/concept-properties#inactive","type":"boolean"}],
  "concept":[
    {"code":"cat","display":"Cat","designation":[{"language":"de","value":"Katze"},{"value":"Pussycat"}],
     "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/codesystem-conceptOrder","valueInteger":2}],
     "concept":[{"code":"lynx","display":"Lynx"}]},
    {"code":"dodo","display":"Dodo","property":[{"code":"inactive","valueBoolean":true}]},
    {"code":"nameless"}]}"#;

const EARLIER: &str = r#"{"resourceType":"CodeSystem","url":"http://example.org/animals","version":"1","language":"en",
  "status":"retired","content":"complete","concept":[{"code":"cat","display":"Kitty"},{"code":"auk","display":"Great auk"}]}"#;

const SUPPLEMENT: &str = r#"{"resourceType":"CodeSystem","url":"http://example.org/animals-nl","version":"7","language":"nl",
  "status":"active","content":"supplement","supplements":"http://example.org/animals",
  "property":[{"code":"legs","uri":"http://example.org/legs","type":"integer"}],
  "concept":[{"code":"cat","display":"Kat","property":[{"code":"legs","valueInteger":4}]}]}"#;

const PLANTS: &str = r#"{"resourceType":"CodeSystem","url":"http://example.org/plants","version":"1","language":"de",
  "status":"active","content":"complete","caseSensitive":true,
  "property":[{"code":"inactive","uri":"http://hl7.org/fhir/concept-properties#inactive","type":"boolean"},
    {"code":"notSelectable","uri":"http://hl7.org/fhir/concept-properties#notSelectable","type":"boolean"}],
  "concept":[
    {"code":"trees","display":"Bäume","property":[{"code":"notSelectable","valueBoolean":true}]},
    {"code":"oak","display":"Eiche \"Quercus\""},
    {"code":"elm","display":"Ulme","designation":[{"language":"en","value":"Elm"}],
     "property":[{"code":"inactive","valueBoolean":true}]},
    {"code":"nameless"}]}"#;

const ALL: &str = r#"{"resourceType":"ValueSet","url":"http://example.org/vs/all","status":"active",
  "compose":{"include":[{"system":"http://example.org/animals"}]}}"#;

const BOTH: &str = r#"{"resourceType":"ValueSet","url":"http://example.org/vs/both","status":"active",
  "compose":{"include":[{"system":"http://example.org/animals","version":"1"},{"system":"http://example.org/animals","version":"2"}]}}"#;

const LATER_ONLY: &str = r#"{"resourceType":"ValueSet","url":"http://example.org/vs/later","status":"active",
  "compose":{"include":[{"system":"http://example.org/animals","version":"2"}],
             "exclude":[{"system":"http://example.org/animals","version":"1"}]}}"#;

fn server() -> Server {
    Server::with(&[
        ("animals-2.json", ANIMALS),
        ("animals-1.json", EARLIER),
        ("animals-nl.json", SUPPLEMENT),
        ("plants.json", PLANTS),
        ("all.json", ALL),
        ("both.json", BOTH),
        ("later.json", LATER_ONLY),
    ])
}

fn parameters(list: &[(&str, &str, &str)]) -> Value {
    let one = |(name, kind, value): &(&str, &str, &str)| json!({"name": name, *kind: value});
    json!({"resourceType": "Parameters", "parameter": list.iter().map(one).collect::<Vec<_>>()})
}

/// Name and value of each parameter of an expansion.
fn told(answer: &Value) -> Vec<String> {
    let list = answer["expansion"]["parameter"].as_array().unwrap();
    let text = |parameter: &Value| {
        let members = parameter.as_object().unwrap();
        let value = members.iter().find(|(name, _)| name.starts_with("value")).unwrap().1;
        format!("{}={}", parameter["name"].as_str().unwrap(), value.to_string().trim_matches('"'))
    };
    list.iter().map(text).collect()
}

fn entry<'a>(answer: &'a Value, code: &str) -> &'a Value {
    let list = answer["expansion"]["contains"].as_array().unwrap();
    list.iter().find(|entry| entry["code"] == code).unwrap()
}

#[test]
fn portals_that_read_by_get_are_told_versions_and_a_display_for_every_code() {
    let server = server();
    let url = ("url", "http://example.org/vs/all");
    let by_get = server.ask("ValueSet/$expand", &[url, ("excludeNested", "true")]).json;
    assert!(told(&by_get).contains(&"version=http://example.org/animals|2".to_owned()));
    assert_eq!(entry(&by_get, "nameless")["display"], "nameless");
    let by_post = server.post("ValueSet/$expand", &parameters(&[("url", "valueUri", url.1)])).json;
    assert_eq!(told(&by_post), ["used-codesystem=http://example.org/animals|2"]);
    assert_eq!(entry(&by_post, "nameless").get("display"), None);
}

#[test]
fn a_display_is_in_the_language_asked_for_and_the_others_are_designations() {
    let server = server();
    let ask = |language: &str| {
        let url = ("url", "valueUri", "http://example.org/vs/all");
        let body = parameters(&[url, ("displayLanguage", "valueCode", language)]);
        let mut body = body;
        let list = body["parameter"].as_array_mut().unwrap();
        list.push(json!({"name": "includeDesignations", "valueBoolean": true}));
        server.post("ValueSet/$expand", &body).json
    };
    let german = ask("de");
    assert_eq!(entry(&german, "cat")["display"], "Katze");
    let designations = entry(&german, "cat")["designation"].as_array().unwrap();
    assert_eq!(designations[0]["value"], "Cat");
    assert_eq!(designations[0]["use"]["code"], "preferredForLanguage");
    assert_eq!(designations[1], json!({"value": "Pussycat"}));
    assert_eq!(entry(&german, "dodo")["display"], "Dodo");
    let nothing_else = ask("de, *;q=0");
    assert_eq!(entry(&nothing_else, "dodo").get("display"), None);
    assert_eq!(entry(&nothing_else, "dodo")["designation"][0]["value"], "Dodo");
}

#[test]
fn inactive_concepts_say_so_and_extensions_become_properties() {
    let answer = server().ask("ValueSet/$expand", &[("url", "http://example.org/vs/all")]).json;
    let dodo = entry(&answer, "dodo");
    assert_eq!(dodo["inactive"], true);
    assert!(dodo["extension"].to_string().contains(r#""valueCode":"inactive""#), "{dodo}");
    let cat = entry(&answer, "cat")["extension"].to_string();
    assert!(cat.contains(r#"{"url":"code","valueCode":"order"},{"url":"value","valueDecimal":2}"#));
    let declared = answer["expansion"]["extension"].to_string();
    for name in ["order", "status"] {
        let uri = format!("http://hl7.org/fhir/concept-properties#{name}");
        assert!(declared.contains(&uri), "{declared}");
    }
    assert!(!declared.contains("concept-properties#label"), "{declared}");
}

#[test]
fn an_expansion_says_the_same_the_tenth_time_it_is_asked_for() {
    let server = server();
    let asked = [
        vec![],
        vec![("count", "3"), ("offset", "1")],
        vec![("filter", "e")],
        vec![("displayLanguage", "en")],
        vec![("property", "status")],
        vec![("includeDesignations", "true")],
    ];
    for mut wishes in asked {
        wishes.extend([("url", "http://example.org/plants?fhir_vs"), ("excludeNested", "true")]);
        let ask = || {
            let mut answer = server.ask("ValueSet/$expand", &wishes).json;
            let expansion = answer["expansion"].as_object_mut().unwrap();
            expansion.retain(|name, _| !["identifier", "timestamp"].contains(&name.as_str()));
            assert!(expansion["contains"].as_array().is_some_and(|rows| !rows.is_empty()));
            answer
        };
        let first = ask();
        (0..9).for_each(|_| assert_eq!(ask(), first, "{wishes:?}"));
    }
    let all = [("url", "http://example.org/plants?fhir_vs"), ("excludeNested", "true")];
    let answer = server.ask("ValueSet/$expand", &all).json;
    assert_eq!(entry(&answer, "oak")["display"], "Eiche \"Quercus\"");
    assert_eq!(entry(&answer, "trees")["abstract"], true);
    assert_eq!(entry(&answer, "elm")["inactive"], true);
    assert!(entry(&answer, "elm").to_string().contains("\"valueCode\":\"inactive\""));
    assert!(!entry(&answer, "oak").to_string().contains("inactive"));
}

#[test]
fn supplements_add_when_they_are_asked_for_and_only_then() {
    let server = server();
    let url = ("url", "http://example.org/vs/all");
    let without = server.ask("ValueSet/$expand", &[url, ("displayLanguage", "nl")]).json;
    assert_eq!(entry(&without, "cat")["display"], "Cat");
    let supplement = ("useSupplement", "http://example.org/animals-nl");
    let wishes = [url, ("displayLanguage", "nl"), supplement, ("property", "legs")];
    let with = server.ask("ValueSet/$expand", &wishes).json;
    assert_eq!(entry(&with, "cat")["display"], "Kat");
    assert!(entry(&with, "cat")["extension"].to_string().contains(r#""valueInteger":4"#));
    assert!(told(&with).contains(&"used-supplement=http://example.org/animals-nl|7".to_owned()));
    let found = server.ask("ValueSet/$expand", &[url, supplement, ("filter", "kat")]).json;
    assert_eq!(found["expansion"]["total"], 1);

    let code = [("system", "http://example.org/animals"), ("code", "cat"), supplement];
    let looked_up = server.ask("CodeSystem/$lookup", &code).json.to_string();
    assert!(
        looked_up
            .contains(r#"{"name":"source","valueCanonical":"http://example.org/animals-nl|7"}"#)
    );
    let missing = ("useSupplement", "http://example.org/other");
    for answer in [
        server.ask("ValueSet/$expand", &[url, missing]),
        server.ask("CodeSystem/$lookup", &[code[0], code[1], missing]),
        server.ask("CodeSystem/$lookup", &[("system", "http://example.org/animals-nl"), code[1]]),
    ] {
        assert_eq!(answer.status, 404);
    }
}

#[test]
fn versions_stand_side_by_side_the_newest_first_and_exclude_each_other() {
    let server = server();
    let both = server.ask("ValueSet/$expand", &[("url", "http://example.org/vs/both")]).json;
    let shown: Vec<String> = both["expansion"]["contains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{}@{}", entry["code"].as_str().unwrap(), entry["version"]))
        .collect();
    assert_eq!(shown.first().map(String::as_str), Some(r#"cat@"2""#));
    assert!(shown.contains(&r#"cat@"1""#.to_owned()) && shown.contains(&r#"auk@"1""#.to_owned()));
    assert!(told(&both).contains(&"warning-retired=http://example.org/animals|1".to_owned()));
    let later = server.ask("ValueSet/$expand", &[("url", "http://example.org/vs/later")]).json;
    assert!(told(&later).contains(&"versionsMatch=true".to_owned()));
    let codes = later["expansion"]["contains"].as_array().unwrap().iter();
    assert!(codes.clone().all(|entry| entry["code"] != "cat" && entry["version"] == "2"));
}

#[test]
fn a_client_may_call_an_expansion_too_costly_sooner_than_the_server() {
    let server = server();
    let path = "ValueSet/$expand?url=http://example.org/vs/all";
    for (threshold, status) in [("2", 422), ("100", 200), ("many", 200)] {
        let answer = server.get_with(path, &[("x-too-costly-threshold", threshold)]);
        assert_eq!(answer.status, status, "{threshold}");
    }
}

#[test]
fn groups_are_left_out_where_nobody_can_choose_them() {
    let system = r#"{"resourceType":"CodeSystem","url":"http://example.org/groups","status":"active","content":"complete",
      "property":[{"code":"notSelectable","uri":"http://hl7.org/fhir/concept-properties#notSelectable","type":"boolean"}],
      "concept":[{"code":"group","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[{"code":"one"}]}]}"#;
    let set = r#"{"resourceType":"ValueSet","url":"http://example.org/vs/groups","status":"active",
      "compose":{"include":[{"system":"http://example.org/groups"}]}}"#;
    let server = Server::with(&[("groups.json", system), ("vs.json", set)]);
    let url = ("url", "http://example.org/vs/groups");
    let answer = server.ask("ValueSet/$expand", &[url, ("excludeNotForUI", "true")]);
    assert_eq!(answer.codes(), ["one"]);
    assert!(told(&answer.json).contains(&"excludeNotForUI=true".to_owned()));
    let all = server.ask("ValueSet/$expand", &[url, ("excludeNested", "true")]);
    assert_eq!(all.codes(), ["group", "one"]);
}

#[test]
fn what_is_required_and_of_no_use_is_missing() {
    let server = server();
    let other = json!({"resourceType": "ValueSet", "url": "http://example.org/vs/other", "status": "active",
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/valueset-supplement",
                       "valueCanonical": "http://example.org/animals-nl"}],
        "compose": {"include": [{"system": "http://example.org/things", "concept": [{"code": "a"}]}]}});
    let import = json!({"resourceType": "ValueSet", "status": "active",
        "compose": {"include": [{"valueSet": ["http://example.org/vs/nowhere|3"]}]}});
    let cases = [
        (other, "Required supplement not found: http://example.org/animals-nl|7"),
        (import, "Unable to find included value set 'http://example.org/vs/nowhere' version '3'"),
    ];
    for (value_set, text) in cases {
        let body = json!({"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": value_set}]});
        let answer = server.post("ValueSet/$expand", &body);
        assert_eq!(
            (answer.status, &answer.json["issue"][0]["details"]["text"]),
            (404, &json!(text))
        );
    }
}

#[test]
fn expansions_of_more_concepts_than_a_container_of_a_set_holds_are_whole() {
    let codes: Vec<String> = (0..140_000).map(|number| format!("c{number:06}")).collect();
    let concepts: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
    let url = "http://example.org/wide";
    let wide = json!({"resourceType": "CodeSystem", "url": url, "version": "1", "status": "active",
        "content": "complete", "valueSet": "http://example.org/vs/wide", "concept": concepts});
    let server = Server::with(&[("wide.json", &wide.to_string())]);
    for offset in [0, 65_000, 70_000] {
        let offset_asked = offset.to_string();
        let asked = [("url", "http://example.org/vs/wide"), ("offset", &offset_asked)];
        let answer = server.ask("ValueSet/$expand", &asked).json;
        assert_eq!(answer["expansion"]["total"], codes.len());
        let rows = answer["expansion"]["contains"].as_array().unwrap().iter();
        let told: Vec<&str> = rows.map(|row| row["code"].as_str().unwrap()).collect();
        assert_eq!(told, codes[offset..], "from {offset}");
    }
}
