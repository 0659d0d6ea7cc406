//! Resources that come along with requests: by themselves, and kept in sessions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::body::Body;
use serde_json::{Value, json};
use tests::{Response, Server};

const SYSTEM: &str = "http://begriff.test/CodeSystem/sent";
const VALUE_SET: &str = "http://begriff.test/ValueSet/sent";

fn code_system(codes: &[&str]) -> Value {
    let concepts: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
    json!({ "resourceType": "CodeSystem", "url": SYSTEM, "version": "1", "status": "active",
        "content": "complete", "concept": concepts })
}

fn value_set() -> Value {
    json!({ "resourceType": "ValueSet", "url": VALUE_SET, "status": "active",
        "compose": { "include": [{ "system": SYSTEM }] } })
}

fn parameters(list: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": list })
}

fn sent(resource: &Value) -> Value {
    json!({ "name": "tx-resource", "resource": resource })
}

fn asked(code: &str) -> Vec<Value> {
    vec![
        json!({ "name": "url", "valueUri": VALUE_SET }),
        json!({ "name": "coding", "valueCoding": { "system": SYSTEM, "code": code } }),
    ]
}

fn post(server: &Server, path: &str, session: Option<&str>, body: &Value) -> Response {
    let mut request = tests::request("POST", path).header("content-type", "application/fhir+json");
    if let Some(id) = session {
        request = request.header("X-Cache-Id", id);
    }
    server.send(request.body(Body::from(body.to_string())).unwrap())
}

fn begin(server: &Server, list: Value) -> String {
    let answer = post(server, "$cache-control?mode=start", None, &parameters(list)).parameters();
    answer.value("cache-id").as_str().unwrap().to_owned()
}

#[test]
fn a_session_keeps_what_it_was_begun_with_until_it_is_ended() {
    let server = Server::demo();
    let id = begin(server, json!([sent(&code_system(&["a"])), sent(&value_set())]));
    let validate = |code: &str, session: Option<&str>| {
        post(server, "ValueSet/$validate-code", session, &parameters(json!(asked(code))))
    };
    for _ in 0..2 {
        assert_eq!(validate("a", Some(&id)).parameters().value("result"), true);
        assert_eq!(validate("b", Some(&id)).parameters().value("result"), false);
    }
    validate("a", None).refused(404, "not-found", &[VALUE_SET]);
    let checked =
        post(server, "$cache-control?mode=check", Some(&id), &parameters(json!([]))).parameters();
    assert_eq!(checked.value("valid"), true);
    assert_eq!(checked.value("resource-count"), 2);
    let ended = post(server, "$cache-control?mode=end", Some(&id), &parameters(json!([])));
    assert_eq!(ended.status, 200);
    validate("a", Some(&id)).refused(404, "not-found", &[&id, "mode=start"]);
    let checked =
        post(server, "$cache-control?mode=check", Some(&id), &parameters(json!([]))).parameters();
    assert_eq!(checked.value("valid"), false);
}

#[test]
fn an_open_session_takes_in_what_comes_later_and_a_sealed_one_does_not() {
    let server = Server::demo();
    for sealed in [false, true] {
        let id = begin(server, json!([{ "name": "sealed", "valueBoolean": sealed }]));
        let mut first = asked("a");
        first.extend([sent(&code_system(&["a"])), sent(&value_set())]);
        let body = parameters(json!(first));
        let answer = post(server, "ValueSet/$validate-code", Some(&id), &body).parameters();
        assert_eq!(answer.value("result"), true, "what is sent counts at once");
        let later = parameters(json!(asked("a")));
        let answer = post(server, "ValueSet/$validate-code", Some(&id), &later);
        assert_eq!(answer.status == 200, !sealed, "{}", answer.text());
    }
}

#[test]
fn a_name_that_the_client_made_up_begins_a_session_of_its_own() {
    let server = Server::demo();
    let named = json!({ "name": "cache-id", "valueId": "made-up-by-a-client" });
    let mut first = asked("a");
    first.extend([named.clone(), sent(&code_system(&["a"])), sent(&value_set())]);
    let ask =
        |list: Vec<Value>| post(server, "ValueSet/$validate-code", None, &parameters(json!(list)));
    assert_eq!(ask(first).parameters().value("result"), true);
    let mut later = asked("a");
    later.push(named);
    assert_eq!(ask(later).parameters().value("result"), true);
    // It is no session that the server gave: the header does not know it.
    post(
        server,
        "ValueSet/$validate-code",
        Some("made-up-by-a-client"),
        &parameters(json!(asked("a"))),
    )
    .refused(404, "not-found", &["made-up-by-a-client"]);
}

#[test]
fn resources_with_the_same_name_and_other_content_are_told_apart() {
    let server = Server::demo();
    for (codes, expected) in [(["a"], true), (["b"], false), (["a"], true)] {
        let mut list = asked("a");
        list.extend([sent(&code_system(&codes)), sent(&value_set())]);
        let answer =
            post(server, "ValueSet/$validate-code", None, &parameters(json!(list))).parameters();
        assert_eq!(answer.value("result"), expected, "{codes:?}");
    }
}
