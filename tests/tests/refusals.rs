//! What is wrong with a request is said with status, issue code, parameter and expectation; nothing
//! panics.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};
use tests::releases::{ANIMAL_VALUE_SETS, ANIMALS, ANIMALS_URL, animal_files};
use tests::{Response, Server};

const FHIR: &str = "application/fhir+json";

fn animals() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        Server::configured(&animal_files(), |config| {
            config.limits.body_bytes = 100_000;
            config.limits.url_bytes = 2_000;
            config.limits.batch_entries = 10;
            config.limits.closure_concepts = 5;
        })
        .unlinked()
    })
}

fn send(method: &str, path: &str, content_type: &str, body: impl Into<Body>) -> Response {
    let builder = Request::builder().method(method).uri(format!("/fhir/{path}"));
    let builder = builder.header("content-type", content_type).header("host", "tx.example");
    animals().send(builder.body(body.into()).unwrap())
}

fn parameters(list: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": list })
}

fn expand(compose: Value) -> Response {
    let value_set = json!({ "resourceType": "ValueSet", "status": "active", "compose": compose });
    animals().post("ValueSet/$expand", &value_set)
}

#[test]
fn malformed_json_is_located_by_line_and_column() {
    for (body, words) in [
        (
            "{\n  \"resourceType\": \"Parameters\",\n  \"parameter\": [,]\n}",
            &["line 3", "column 17"][..],
        ),
        ("", &["code"]),
        ("{", &["line 1"]),
        ("[]", &["JSON object"]),
        ("null", &[]),
        ("\"text\"", &[]),
        ("{\"resourceType\":\"Parameters\",\"parameter\":{}}", &["parameter"]),
        ("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":7}]}", &["name"]),
        ("{\"resourceType\":\"Parameters\"} {}", &["line 1"]),
        ("{\"parameter\":[]}", &["resourceType"]),
        ("{\"resourceType\":\"Patient\"}", &["Patient", "Parameters"]),
    ] {
        let answer = animals().post_text("CodeSystem/$lookup", FHIR, body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        let text = answer.json["issue"][0]["details"]["text"].as_str().unwrap();
        for word in words {
            assert!(text.contains(word), "'{word}' is not in: {text}");
        }
    }
    let answer = send("POST", "CodeSystem/$lookup", FHIR, b"{\n\"a\":\"\xff\"}".to_vec());
    answer.refused(400, "structure", &["UTF-8", "line 2", "column 6"]);
}

#[test]
fn malformed_xml_is_located() {
    for body in [
        "<",
        "<Parameters>",
        "<Parameters xmlns=\"http://hl7.org/fhir\"><parameter></Parameters>",
        "text",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><Parameters xmlns=\"http://hl7.org/fhir\">&a;</Parameters>",
    ] {
        let answer =
            animals().post_text("CodeSystem/$lookup?_format=json", "application/fhir+xml", body);
        answer.refused(400, "structure", &["XML"]);
    }
}

#[test]
fn a_parameter_of_the_wrong_type_is_named_with_what_was_expected() {
    for (path, words) in [
        ("ValueSet/pets/$expand?count=many", &["'count'", "'many'", "whole number"][..]),
        ("ValueSet/pets/$expand?count=-1", &["'count'", "-1"]),
        ("ValueSet/pets/$expand?count=99999999999999999999", &["'count'"]),
        ("ValueSet/pets/$expand?offset=1.5", &["'offset'", "1.5"]),
        ("ValueSet/pets/$expand?activeOnly=yes", &["'activeOnly'", "'true' or 'false'"]),
        ("ValueSet/pets/$expand?excludeNested=1", &["'excludeNested'"]),
        ("ValueSet/pets/$expand?count=1&count=2", &["'count'", "2 times"]),
        ("ValueSet?_count=-5", &["'_count'"]),
        ("ValueSet?_summary=most", &["'_summary'", "count"]),
        ("CodeSystem/$lookup?system=x&coding=cat", &["'coding'"]),
        ("ConceptMap/$translate?code=x&reverse=maybe", &["'reverse'"]),
    ] {
        let answer = animals().get(path);
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        let text = answer.json["issue"][0]["details"]["text"].as_str().unwrap();
        for word in words {
            assert!(text.contains(word), "{path}: '{word}' is not in: {text}");
        }
    }
    let list = json!([{ "name": "count", "valueString": "x" }]);
    animals().post("ValueSet/pets/$expand", &parameters(list)).refused(400, "value", &["count"]);
    let list = json!([{ "name": "coding", "valueString": "cat" }]);
    animals().post("CodeSystem/$lookup", &parameters(list)).refused(400, "value", &["coding"]);
    let list = json!([{ "name": "valueSet", "valueUri": "http://example.org/vs" }]);
    animals().post("ValueSet/$expand", &parameters(list)).refused(400, "value", &["valueSet"]);
}

#[test]
fn a_missing_parameter_is_named_with_what_was_expected() {
    for (path, word) in [
        ("CodeSystem/$lookup", "'code'"),
        ("CodeSystem/$lookup?code=cat", "'system'"),
        ("CodeSystem/$validate-code?url=x", "'code'"),
        ("CodeSystem/$validate-code?code=x", "'url'"),
        ("ValueSet/$validate-code?code=cat", "'url'"),
        ("ValueSet/$expand", "'url'"),
        ("CodeSystem/animals/$subsumes?codeA=cat", "'codeB'"),
        ("CodeSystem/$subsumes?codeA=cat&codeB=dog", "'system'"),
        ("ConceptMap/$translate", "'code'"),
    ] {
        animals().get(path).refused(400, "required", &[word, "expected"]);
    }
    animals().post("$closure", &parameters(json!([]))).refused(400, "required", &["'name'"]);
}

#[test]
fn what_is_too_long_too_large_or_too_deep_is_refused_with_the_limit() {
    let path = format!("CodeSystem/$lookup?system={}", "x".repeat(3_000));
    animals().get(&path).refused(414, "invalid", &["2000", "POST"]);
    let body = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "code", "valueCode": "x".repeat(200_000) },
    ]});
    animals().post("CodeSystem/$lookup", &body).refused(413, "too-long", &["100000"]);
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        animals().post_text("CodeSystem/$lookup", FHIR, &deep).refused(400, "too-long", &["128"]);
        // Deep inside of a resource that is sent along.
        let deep = format!(
            "{{\"resourceType\":\"ValueSet\",\"a\":{}1{}}}",
            open.repeat(200),
            close.repeat(200)
        );
        animals().post_text("ValueSet/$expand", FHIR, &deep).refused(400, "too-long", &["128"]);
    }
    let deep = format!(
        "<Parameters xmlns=\"http://hl7.org/fhir\">{}</Parameters>",
        "<parameter><part>".repeat(2_000)
    );
    let answer =
        animals().post_text("CodeSystem/$lookup?_format=json", "application/fhir+xml", &deep);
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[test]
fn a_code_system_that_nests_deeply_is_refused_or_read_but_never_breaks() {
    let nested = |levels: usize| {
        let mut concept = json!({ "code": "leaf" });
        for level in 0..levels {
            concept = json!({ "code": format!("c{level}"), "concept": [concept] });
        }
        json!([{ "name": "code", "valueCode": "leaf" }, { "name": "codeSystem", "resource": {
            "resourceType": "CodeSystem", "url": "http://begriff.test/deep", "status": "active",
            "content": "complete", "concept": [concept],
        }}])
    };
    assert_eq!(animals().post("CodeSystem/$lookup", &parameters(nested(50))).status, 200);
    let answer = animals().post("CodeSystem/$lookup", &parameters(nested(100)));
    answer.refused(400, "too-long", &["128"]);
}

#[test]
fn unknown_things_are_not_found() {
    for (path, word) in [
        ("CodeSystem/$lookup?system=http://example.org/none&code=x", "http://example.org/none"),
        (&format!("CodeSystem/$lookup?system={ANIMALS_URL}&code=unknown-animal"), "unknown-animal"),
        (&format!("CodeSystem/$lookup?system={ANIMALS_URL}&version=9&code=cat"), "'9'"),
        (
            &format!("CodeSystem/$subsumes?system={ANIMALS_URL}&codeA=cat&codeB=unknown"),
            "'unknown'",
        ),
        ("ValueSet/$expand?url=http://example.org/none", "http://example.org/none"),
        ("ValueSet/$validate-code?url=http://example.org/none&code=x", "http://example.org/none"),
        ("CodeSystem/none", "'none'"),
        ("ValueSet/none/$expand", "'none'"),
        ("CodeSystem/none/$lookup?code=x", "'none'"),
        ("Patient", "Patient"),
        ("Patient/1", "Patient/1"),
        ("CodeSystem/$frobnicate", "$frobnicate"),
        ("ValueSet/$lookup", "$lookup"),
        ("CodeSystem/animals/_history/1/x", "_history"),
        ("nonsense/$expand", "nonsense"),
    ] {
        animals().get(path).refused(404, "not-found", &[word]);
    }
}

#[test]
fn an_unknown_system_is_no_error_to_a_verdict() {
    let path = "CodeSystem/$validate-code?url=http://example.org/none&code=x";
    let answer = animals().get(path).parameters();
    assert_eq!(answer.value("result"), false);
    assert!(answer.value("message").as_str().unwrap().contains("http://example.org/none"));
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    for (method, path, allow) in [
        ("PUT", "CodeSystem/animals", "GET, HEAD"),
        ("DELETE", "CodeSystem/animals", "GET, HEAD"),
        ("POST", "CodeSystem", "GET, HEAD"),
        ("PATCH", "ValueSet/pets", "GET, HEAD"),
        ("PUT", "CodeSystem/$lookup", "GET, HEAD, POST"),
        ("DELETE", "ValueSet/pets/$expand", "GET, HEAD, POST"),
        ("GET", "$closure?name=x", "POST"),
        ("GET", "", "POST"),
        ("PUT", "metadata", "GET, HEAD"),
    ] {
        let body = if method == "GET" { "" } else { ANIMALS };
        let answer = send(method, path, FHIR, body);
        answer.refused(405, "not-supported", &[]);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[test]
fn a_body_in_an_unknown_format_is_refused_with_those_that_are_read() {
    for content_type in [
        "text/plain",
        "text/turtle",
        "image/png",
        "nonsense",
        "application/fhir+json; fhirVersion=5.0",
        "application/json; charset=latin1",
    ] {
        let answer = send("POST", "CodeSystem/$lookup", content_type, "{}");
        answer.refused(415, "not-supported", &["Content-Type"]);
    }
}

#[test]
fn a_filter_that_cannot_be_used_is_explained() {
    let with = |property: &str, op: &str, value: &str| {
        let filter = json!({ "property": property, "op": op, "value": value });
        expand(json!({ "include": [{ "system": ANIMALS_URL, "filter": [filter] }] }))
    };
    with("colour", "=", "blue").refused(400, "invalid", &["colour", "habitat", ANIMALS_URL]);
    with("concept", "is-a", "dragon").refused(400, "invalid", &["is-a", "dragon"]);
    with("concept", "is-a", "").refused(400, "invalid", &["value"]);
    with("inactive", "=", "perhaps").refused(400, "invalid", &["perhaps", "true"]);
    with("code", "regex", "(").refused(400, "invalid", &["regular expression"]);
    with("code", "regex", &"a".repeat(5_000)).refused(400, "invalid", &["1000"]);
    with("code", "regex", "((a{1000}){1000}){1000}").refused(
        400,
        "invalid",
        &["regular expression"],
    );
    with("concept", "resembles", "cat").refused(400, "invalid", &["resembles"]);
    with("constraint", "=", "< 73211009").refused(400, "invalid", &["constraint", "habitat"]);
}

#[test]
fn a_catastrophic_pattern_is_answered_at_once() {
    let started = std::time::Instant::now();
    for pattern in ["(a+)+$", "(a|a)*b", "([a-z]+)*x", "(.*)*(.*)*(.*)*q", "(a?){50}a{50}"] {
        let filter = json!({ "property": "display", "op": "regex", "value": pattern });
        let answer = expand(json!({ "include": [{ "system": ANIMALS_URL, "filter": [filter] }] }));
        assert_eq!(answer.status, 200, "{pattern}: {}", answer.text());
    }
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_definition_that_makes_no_sense_is_explained() {
    expand(json!({ "include": [{}] })).refused(400, "invalid", &["system", "value set"]);
    expand(json!({ "include": [{ "valueSet": ["http://example.org/none"] }] })).refused(
        404,
        "not-found",
        &["http://example.org/none"],
    );
    for (value_set, word) in [
        (json!({ "resourceType": "ValueSet", "compose": { "include": "all" } }), "include"),
        (json!({ "resourceType": "ValueSet", "compose": "all" }), "compose"),
        (json!({ "resourceType": "ValueSet", "url": 7 }), "url"),
        (
            json!({ "resourceType": "ValueSet", "compose": { "include": [{ "system": ANIMALS_URL, "concept": [7] }] } }),
            "concept",
        ),
    ] {
        animals().post("ValueSet/$expand", &value_set).refused(400, "invalid", &[word]);
    }
}

#[test]
fn value_sets_that_import_each_other_in_a_circle_are_refused() {
    let value_set = |name: &str, imports: &str| {
        let include = json!([{ "valueSet": [format!("http://begriff.test/{imports}")] }]);
        json!({
            "resourceType": "ValueSet", "url": format!("http://begriff.test/{name}"),
            "status": "active", "compose": { "include": include },
        })
    };
    let list = json!([
        { "name": "valueSet", "resource": value_set("a", "b") },
        { "name": "tx-resource", "resource": value_set("a", "b") },
        { "name": "tx-resource", "resource": value_set("b", "c") },
        { "name": "tx-resource", "resource": value_set("c", "a") },
    ]);
    let answer = animals().post("ValueSet/$expand", &parameters(list));
    answer.refused(422, "processing", &["http://begriff.test/a", "http://begriff.test/c"]);
    // A long chain is no circle, but too deep.
    let mut list = vec![json!({ "name": "url", "valueUri": "http://begriff.test/v0" })];
    for number in 0..100 {
        let resource = value_set(&format!("v{number}"), &format!("v{}", number + 1));
        list.push(json!({ "name": "tx-resource", "resource": resource }));
    }
    let answer = animals().post("ValueSet/$expand", &parameters(json!(list)));
    answer.refused(400, "invalid", &["64"]);
}

#[test]
fn a_hierarchy_that_runs_in_a_circle_is_refused() {
    let system = json!({
        "resourceType": "CodeSystem", "url": "http://begriff.test/circle", "version": "1",
        "status": "active", "content": "complete", "hierarchyMeaning": "is-a",
        "property": [{ "code": "parent", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code" }],
        "concept": [
            { "code": "a", "property": [{ "code": "parent", "valueCode": "b" }] },
            { "code": "b", "property": [{ "code": "parent", "valueCode": "c" }] },
            { "code": "c", "property": [{ "code": "parent", "valueCode": "a" }] },
        ],
    });
    let list = json!([
        { "name": "code", "valueCode": "a" }, { "name": "codeSystem", "resource": system },
    ]);
    let answer = animals().post("CodeSystem/$lookup", &parameters(list));
    answer.refused(400, "invalid", &["codeSystem", "cycl"]);
    // Among the files of a package, the others are loaded.
    let system = system.to_string();
    let files = [("CodeSystem-circle.json", system.as_str()), ("CodeSystem-animals.json", ANIMALS)];
    let server = Server::with(&files);
    assert_eq!(server.get("CodeSystem/animals/$lookup?code=cat").status, 200);
    let path = "CodeSystem/$lookup?system=http://begriff.test/circle&code=a";
    assert_eq!(server.get(path).status, 404);
}

#[test]
fn limits_of_batches_and_closures_are_told() {
    let entry = json!({ "request": { "method": "GET", "url": "metadata" } });
    let bundle = |kind: &str, count: usize| json!({ "resourceType": "Bundle", "type": kind, "entry": vec![entry.clone(); count] });
    assert_eq!(animals().post("", &bundle("batch", 10)).status, 200);
    animals().post("", &bundle("batch", 11)).refused(422, "too-costly", &["11", "10"]);
    animals().post("", &bundle("transaction", 1)).refused(400, "not-supported", &["batch"]);
    animals().post("", &bundle("message", 1)).refused(400, "not-supported", &["message"]);
    animals().post("", &parameters(json!([]))).refused(400, "invalid", &["Bundle"]);
    let named = json!({ "name": "name", "valueString": "small" });
    animals().post("$closure", &parameters(json!([named]))).ok();
    let concept =
        json!({ "name": "concept", "valueCoding": { "system": ANIMALS_URL, "code": "cat" } });
    let mut list = vec![named];
    list.extend(vec![concept; 6]);
    animals().post("$closure", &parameters(json!(list))).refused(
        422,
        "too-costly",
        &["5", "small"],
    );
}

#[test]
fn an_expansion_over_the_limit_is_refused_and_a_page_of_it_is_not() {
    let server = Server::configured(&animal_files(), |config| config.limits.expansion_codes = 5);
    let path = "ValueSet/$expand?url=http://begriff.test/ValueSet/all-animals";
    server.get(path).refused(422, "too-costly", &["all-animals", "5"]);
    assert_eq!(server.get(&format!("{path}&count=5")).ok().codes().len(), 5);
    // A client may set a lower limit for its own request.
    let asked = format!("{path}&count=5&limit=4");
    server.get(&asked).refused(422, "too-costly", &["all-animals", ">4"]);
    server.get(&format!("{path}&limit=1000")).refused(422, "too-costly", &[">5"]);
}

#[test]
fn what_stands_beside_a_code_system_cannot_be_reached() {
    for path in [
        "/nonsense",
        "/fhir/../etc/passwd",
        "/fhir/CodeSystem/..%2f..%2fetc%2fpasswd",
        "/fhir/%00",
        "/fhir/%ff",
    ] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let status = animals().send(request).status;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
    }
}

/// Bodies that real clients send, to be damaged.
fn seeds() -> Vec<(&'static str, String)> {
    let lookup = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "system", "valueUri": ANIMALS_URL }, { "name": "code", "valueCode": "cat" },
        { "name": "coding", "valueCoding": { "system": ANIMALS_URL, "code": "cat" } },
    ]});
    let value_set = json!({ "resourceType": "ValueSet", "status": "active", "compose": {
        "include": [
            { "system": ANIMALS_URL, "filter": [{ "property": "legs", "op": "=", "value": "4" }] },
            { "valueSet": ["http://begriff.test/ValueSet/pets"] },
        ],
        "exclude": [{ "system": ANIMALS_URL, "concept": [{ "code": "dog" }] }],
    }});
    let sent = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "code", "valueCode": "cat" },
        { "name": "codeSystem", "resource": serde_json::from_str::<Value>(ANIMALS).unwrap() },
    ]});
    let batch = json!({ "resourceType": "Bundle", "type": "batch", "entry": [
        { "request": { "method": "POST", "url": "CodeSystem/$lookup" }, "resource": lookup },
        { "request": { "method": "GET", "url": "ValueSet?url=http://begriff.test/ValueSet/pets" } },
    ]});
    vec![
        ("CodeSystem/$lookup", lookup.to_string()),
        ("ValueSet/$expand", value_set.to_string()),
        ("CodeSystem/$lookup", sent.to_string()),
        ("ConceptMap/$translate", lookup.to_string()),
        ("ValueSet/$validate-code", lookup.to_string()),
        ("CodeSystem/$batch-validate-code", lookup.to_string()),
        ("$closure", lookup.to_string()),
        ("", batch.to_string()),
        ("", ANIMAL_VALUE_SETS.to_owned()),
    ]
}

#[test]
fn an_expansion_that_used_nothing_tells_of_nothing() {
    let unknown = json!({ "system": "http://begriff.test/unknown", "concept": [{ "code": "x" }] });
    for compose in [
        json!({ "exclude": [unknown] }),
        json!({ "include": [unknown], "exclude": [unknown] }),
        json!({ "include": [{ "system": ANIMALS_URL, "concept": [{ "code": "cat" }] }],
            "exclude": [{ "system": ANIMALS_URL }, unknown] }),
    ] {
        let answer = expand(compose);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// An answer to nonsense may be anything but a fault of the server.
fn assert_sane(answer: &Response, asked: &dyn std::fmt::Debug) {
    assert!(answer.status < 500 || answer.status == 501, "{asked:?}: {}", answer.text());
    assert!(
        answer.json.is_object() || answer.text().starts_with('<'),
        "{asked:?}: {}",
        answer.text()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_break_an_operation(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        which in 0..9_usize,
        is_xml in any::<bool>(),
    ) {
        let (path, _) = &seeds()[which];
        let content_type = if is_xml { "application/fhir+xml" } else { FHIR };
        assert_sane(&send("POST", path, content_type, bytes.clone()), &(path, bytes));
    }

    #[test]
    fn damaged_bodies_never_break_an_operation(
        which in 0..9_usize,
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let (path, text) = &seeds()[which];
        let mut body = text.clone().into_bytes();
        for (at, byte, how) in damages {
            let at = at.index(body.len());
            match how {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                _ => { body.remove(at); }
            }
        }
        assert_sane(&send("POST", path, FHIR, body.clone()), &(path, String::from_utf8_lossy(&body)));
    }

    #[test]
    fn arbitrary_queries_never_break_a_request(
        query in "[ -~]{0,60}",
        which in 0..8_usize,
    ) {
        let path = [
            "CodeSystem/$lookup", "ValueSet/$expand", "ValueSet/pets/$expand", "CodeSystem",
            "ConceptMap/$translate", "CodeSystem/animals/$subsumes", "metadata", "ValueSet/$validate-code",
        ][which];
        let query: String = query.chars().filter(|c| !matches!(c, '#' | '"' | '<' | '>' | '`' | ' ' | '{' | '}' | '|' | '^' | '\\')).collect();
        for name in ["", "url=", "count=", "filter=", "url=http://begriff.test/ValueSet/pets&filter="] {
            let path = format!("{path}?{name}{query}");
            assert_sane(&animals().get(&path), &path);
        }
    }
}
