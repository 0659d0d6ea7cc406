//! `$closure`.

use serde_json::{Value, json};
use tests::releases::ANIMALS_URL;

use super::{animals, parameters};

fn named(name: &str) -> Value {
    json!({ "name": "name", "valueString": name })
}

fn concept(code: &str) -> Value {
    let coding = json!({ "system": ANIMALS_URL, "version": "1.0.0", "code": code });
    json!({ "name": "concept", "valueCoding": coding })
}

/// Pairs of a concept and a concept above it, as a closure tells them.
fn pairs(closure: &Value) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut pairs = Vec::new();
    for group in list(&closure["group"]) {
        for element in list(&group["element"]) {
            for target in list(&element["target"]) {
                assert_eq!(target["equivalence"], "subsumes");
                pairs.push((text(&element["code"]), text(&target["code"])));
            }
        }
    }
    pairs.sort();
    pairs
}

fn pair(below: &str, above: &str) -> (String, String) {
    (below.to_owned(), above.to_owned())
}

#[test]
fn a_closure_tells_what_is_new_with_every_update_and_replays_it() {
    let name = "grows";
    let post = |list: Vec<Value>| animals().post("$closure", &parameters(json!(list))).ok().json;
    let started = post(vec![named(name)]);
    assert_eq!((&started["version"], pairs(&started).len()), (&json!("0"), 0));
    let first = post(vec![named(name), concept("siamese"), concept("mammal")]);
    assert_eq!(first["version"], "1");
    assert_eq!(pairs(&first), [pair("siamese", "mammal")]);
    let second = post(vec![named(name), concept("cat")]);
    assert_eq!(second["version"], "2");
    assert_eq!(pairs(&second), [pair("cat", "mammal"), pair("siamese", "cat")]);
    let replayed = post(vec![named(name), json!({ "name": "version", "valueString": "1" })]);
    assert_eq!(pairs(&replayed), pairs(&second));
    let all = post(vec![named(name), json!({ "name": "version", "valueString": "0" })]);
    assert_eq!(pairs(&all).len(), 3);
    let again = post(vec![named(name)]);
    assert_eq!(again["version"], "0", "initialised again");
}

#[test]
fn a_closure_that_was_not_started_is_not_found() {
    let answer = animals().post("$closure", &parameters(json!([named("never"), concept("cat")])));
    answer.refused(404, "not-found", &["never", "initialised"]);
}

#[test]
fn an_unknown_code_leaves_a_closure_as_it_was() {
    let name = "unharmed";
    animals().post("$closure", &parameters(json!([named(name)]))).ok();
    let list = json!([named(name), concept("cat"), concept("no-such-animal")]);
    let answer = animals().post("$closure", &parameters(list));
    answer.refused(404, "not-found", &["no-such-animal", ANIMALS_URL]);
    let list = json!([named(name), json!({ "name": "version", "valueString": "0" })]);
    let replayed = animals().post("$closure", &parameters(list)).ok();
    assert_eq!(replayed.json["version"], "0");
}

#[test]
fn a_closure_is_changed_by_post_alone() {
    // What changes the server's state must not hang on a link.
    let answer = animals().get("$closure?name=by-get");
    answer.refused(405, "not-supported", &["POST"]);
    assert_eq!(answer.header("allow"), "POST");
}

#[test]
fn concepts_added_at_the_same_time_are_all_kept() {
    let name = "busy";
    animals().post("$closure", &parameters(json!([named(name)]))).ok();
    let codes = ["animal", "mammal", "cat", "siamese", "dog", "bat", "bird", "penguin", "sparrow"];
    std::thread::scope(|scope| {
        for code in codes {
            scope.spawn(move || {
                let list = json!([named(name), concept(code)]);
                animals().post("$closure", &parameters(list)).ok();
            });
        }
    });
    let list = json!([named(name), json!({ "name": "version", "valueString": "0" })]);
    let all = animals().post("$closure", &parameters(list)).ok().json;
    assert_eq!(all["version"], "9");
    // One pair for every concept and concept above it.
    assert_eq!(pairs(&all).len(), 1 + 2 + 3 + 2 + 2 + 1 + 2 + 2);
}
