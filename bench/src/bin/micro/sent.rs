//! Validation against resources that come along with the request, as validators of profiles do it:
//! a value set and five code systems of 50 concepts, bytes of the request to bytes of the answer.

use std::hint::black_box;

use axum::http::Method;
use bench::{Result, ask};
use serde_json::{Value, json};
use server::app::App;
use server::operations::answer;
use server::wire::{BodyFormat, LanguagePreferences, Parameters};

use crate::harness::Harness;

/// Code systems sent along.
const SYSTEMS: usize = 5;
/// Concepts of each.
const CONCEPTS: usize = 50;
/// Stands for the version, so that each request can bring something new.
const PLACE: &str = "00000000";

fn url(system: usize) -> String {
    format!("http://bench.example/CodeSystem/sent-{system}")
}

fn code_system(number: usize) -> Value {
    let concepts: Vec<Value> = (0..CONCEPTS)
        .map(|concept| {
            json!({
                "code": format!("c{concept}"), "display": format!("Concept {concept} of {number}"),
                "designation": [{ "language": "de", "value": format!("Begriff {concept}") }],
            })
        })
        .collect();
    json!({
        "resourceType": "CodeSystem", "url": url(number), "version": PLACE, "status": "active",
        "content": "complete", "caseSensitive": true, "concept": concepts,
    })
}

fn request() -> Value {
    let include: Vec<Value> = (0..SYSTEMS).map(|system| json!({ "system": url(system) })).collect();
    let mut parameters = vec![
        json!({ "name": "coding", "valueCoding": { "system": url(3), "code": "c17" } }),
        json!({ "name": "valueSet", "resource": {
            "resourceType": "ValueSet", "url": "http://bench.example/ValueSet/sent",
            "version": PLACE, "status": "active", "compose": { "include": include },
        }}),
    ];
    let sent = (0..SYSTEMS).map(code_system);
    parameters.extend(sent.map(|resource| json!({ "name": "tx-resource", "resource": resource })));
    json!({ "resourceType": "Parameters", "parameter": parameters })
}

fn read(app: &App, body: &[u8]) -> Option<Parameters> {
    Parameters::from_request(None, body, BodyFormat::Json, &app.config.limits.wire()).ok()
}

fn is_valid(app: &App, parameters: Parameters) -> bool {
    let languages = LanguagePreferences::default();
    let request =
        ask::request(app, &languages, &Method::POST, "ValueSet/$validate-code", parameters, &[]);
    answer(&request).is_ok_and(|answer| {
        let json = black_box(answer.into_json().1);
        memchr::memmem::find(&json, b"\"valueBoolean\":true").is_some()
    })
}

pub(crate) fn measure(harness: &mut Harness, app: &App) -> Result<()> {
    let body = serde_json::to_string(&request())?;
    let pieces: Vec<&str> = body.split(PLACE).collect();
    harness.measure(
        "validate-code, 5 code systems of 50 sent, first seen",
        "0.5 ms",
        1,
        |number| {
            let bytes = pieces.join(&format!("{number:08}")).into_bytes();
            read(app, &bytes).is_some_and(|parameters| is_valid(app, parameters))
        },
    );
    harness.measure("the same seen again, bytes to bytes", "", 10, |_| {
        read(app, body.as_bytes()).is_some_and(|parameters| is_valid(app, parameters))
    });
    let parameters = read(app, body.as_bytes()).ok_or("the request cannot be read")?;
    harness.measure("the same seen again, parameters to bytes", "20 µs", 10, |_| {
        is_valid(app, parameters.clone())
    });
    harness.measure("reading its parameters alone", "", 10, |_| {
        black_box(read(app, body.as_bytes())).is_some()
    });
    Ok(())
}
