//! The requests of each test, drawn over the API alone: for servers whose library cannot be read.
//!
//! The codes are those that `$expand` of whole code systems tells. What an answer must be is known
//! less well then, and tests that need more than codes and displays have no requests.

use bench::Result;
use bench::draw::typed;
use bench::rf2_generator::random::Random;
use serde_json::{Value, json};

use crate::calls::{Call, Expect, Test, encoded};
use crate::client::{Base, Connection};
use crate::pools::{BATCH, batch_of, expand, filter_of, filter_page, lookup_of};

/// Concepts asked for at once.
const PAGE: usize = 1_000;

/// A concept that the server told.
#[derive(Debug)]
struct Known {
    system: String,
    code: String,
    display: String,
}

/// Draws `size` requests a test about `systems`.
pub(crate) async fn tests(base: &Base, systems: &[String], size: usize) -> Result<Vec<Test>> {
    let mut known = Vec::new();
    for system in systems {
        let share = size.div_ceil(systems.len().max(1));
        known.extend(concepts(base, system, share).await?);
    }
    if known.is_empty() {
        return Err("no concepts to ask about; name code systems with --system".into());
    }
    let drawer = Drawer { known, size };
    Ok(vec![
        drawer.test("lookup", |one, _| Some(lookup_of(&one.system, &one.code))),
        drawer.test("lookup-unknown", |one, _| Some(unknown(one))),
        drawer.test("validate-code", |one, _| Some(validate_code(one))),
        drawer.test("subsumes", |one, random| drawer.subsumes(one, random)),
        drawer.test("expand-hierarchy", |one, _| Some(hierarchy(one))),
        drawer.test("expand-filter", |one, random| {
            let text = typed(&one.display, 1 + random.below(8), random)?;
            Some(filter_page(&whole(&one.system)?, &text))
        }),
        drawer.test("expand-combined", |one, random| {
            let text = typed(&one.display, 1 + random.below(8), random)?;
            let filters = [filter_of("concept", "is-a", &one.code)];
            let expect = Expect::ok().string("contains");
            Some(expand(&filters, &one.system, &text, expect))
        }),
        Test { name: "batch-100", calls: drawer.batches(), is_optional: false },
        drawer.test("search-url", |one, _| {
            let target = format!("/CodeSystem?url={}", encoded(&one.system));
            Some(Call::get(target, Expect::ok().string("entry").string(one.system.as_str())))
        }),
    ])
}

async fn concepts(base: &Base, system: &str, count: usize) -> Result<Vec<Known>> {
    let mut connection = Connection::open(base).await?;
    let mut known: Vec<Known> = Vec::new();
    while known.len() < count {
        let value_set = json!({
            "resourceType": "ValueSet",
            "status": "active",
            "compose": {"include": [{"system": system}]},
        });
        let body = json!({"resourceType": "Parameters", "parameter": [
            {"name": "valueSet", "resource": value_set},
            {"name": "count", "valueInteger": PAGE.min(count - known.len())},
            {"name": "offset", "valueInteger": known.len()},
        ]});
        let call = Call::post("/ValueSet/$expand", body.to_string(), Expect::ok());
        let answer = connection.exchange(&call.bytes(base, "")).await?;
        if answer.status != 200 {
            let text = String::from_utf8_lossy(connection.body()).into_owned();
            return Err(format!("$expand of {system}: status {}: {text}", answer.status).into());
        }
        let found: Value = serde_json::from_slice(connection.body())?;
        let rows = found.pointer("/expansion/contains").and_then(Value::as_array);
        let before = known.len();
        for row in rows.into_iter().flatten() {
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
            if !text("code").is_empty() && !text("code").contains(['"', '\\']) {
                known.push(Known {
                    system: system.to_owned(),
                    code: text("code").to_owned(),
                    display: text("display").to_owned(),
                });
            }
        }
        if known.len() == before {
            break;
        }
    }
    Ok(known)
}

struct Drawer {
    known: Vec<Known>,
    size: usize,
}

impl Drawer {
    fn test(&self, name: &'static str, draw: impl Fn(&Known, &mut Random) -> Option<Call>) -> Test {
        let mut random = Random::new(1, name);
        let mut calls = Vec::new();
        for _ in 0..self.size {
            let one = random.pick(&self.known);
            calls.extend(one.and_then(|one| draw(one, &mut random)));
        }
        Test { name, calls, is_optional: false }
    }

    fn subsumes(&self, one: &Known, random: &mut Random) -> Option<Call> {
        let other = random.pick(&self.known).filter(|other| other.system == one.system)?;
        let query = format!(
            "/CodeSystem/$subsumes?system={}&codeA={}&codeB={}",
            encoded(&one.system),
            encoded(&one.code),
            encoded(&other.code)
        );
        Some(Call::get(query, Expect::ok().string("outcome")))
    }

    fn batches(&self) -> Vec<Call> {
        let mut random = Random::new(1, "batch");
        let batches = (self.size / BATCH).max(20);
        (0..batches)
            .map(|_| {
                let drawn = (0..BATCH).filter_map(|_| random.pick(&self.known));
                let codes: Vec<(String, String)> =
                    drawn.map(|one| (one.system.clone(), one.code.clone())).collect();
                // Not every server echoes the code of a look-up.
                Call { expect: Expect::ok().string("batch-response"), ..batch_of(&codes) }
            })
            .collect()
    }
}

/// The value set of all codes, where the canonical is agreed on.
fn whole(system: &str) -> Option<String> {
    match system {
        "http://snomed.info/sct" => Some(format!("{system}?fhir_vs")),
        "http://loinc.org" => Some("http://loinc.org/vs".into()),
        "http://unitsofmeasure.org" => Some("http://unitsofmeasure.org/vs".into()),
        _ => system
            .strip_prefix("http://fhir.de/CodeSystem/")
            .map(|name| format!("http://fhir.de/ValueSet/{name}")),
    }
}

fn validate_code(one: &Known) -> Call {
    let (system, code) = (encoded(&one.system), encoded(&one.code));
    let target = match whole(&one.system) {
        Some(url) => {
            let url = encoded(&url);
            format!("/ValueSet/$validate-code?url={url}&system={system}&code={code}")
        }
        None => format!("/CodeSystem/$validate-code?url={system}&code={code}"),
    };
    Call::get(target, Expect::ok().member("valueBoolean", "true"))
}

fn unknown(one: &Known) -> Call {
    let code = encoded(&format!("{}~0", one.code));
    let target = format!("/CodeSystem/$lookup?system={}&code={code}", encoded(&one.system));
    Call::get(target, Expect::default().string("OperationOutcome"))
}

fn hierarchy(one: &Known) -> Call {
    let expect = Expect::ok().string("contains");
    if one.system == "http://snomed.info/sct" {
        let url = encoded(&format!("{}?fhir_vs=isa/{}", one.system, one.code));
        return Call::get(format!("/ValueSet/$expand?url={url}&count=20"), expect);
    }
    expand(&[filter_of("concept", "is-a", &one.code)], &one.system, "", expect)
}
