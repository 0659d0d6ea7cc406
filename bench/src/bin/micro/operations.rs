//! Operations of the server from parameters to bytes, without HTTP.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use axum::http::Method;
use bench::process::{mib, own_status};
use bench::rf2_generator::random::Random;
use bench::{Result, ask, draw};
use codesystems::{ConceptIx, Edition, LanguagePreference};
use serde_json::json;
use server::app::App;
use server::operations::{Answer, answer, expand};
use server::wire::json::{ContainsRef, ExpansionWriter, JsonWriter};
use server::wire::{BodyFormat, FhirVersion, LanguagePreferences, Parameters};
use valuesets::CodeSystem;
use valuesets::closure::{ClosureTable, NewConcept};

use crate::harness::{Harness, time};

/// Rows of a page.
const ROWS: u32 = 20;
/// Look-ups of the large batch.
const LARGE_BATCH: usize = 10_000;
/// Concepts of a closure table.
const CLOSURE: usize = 1_000;
/// How often a whole expansion is written.
const WHOLE_TIMES: usize = 5;

pub(crate) fn measure(
    harness: &mut Harness,
    app: &App,
    systems: &[Arc<CodeSystem>],
    pool: usize,
) -> Result<()> {
    let Some(system) = systems.first() else { return Ok(()) };
    let edition = system.edition();
    let mut random = Random::new(1, "operations");
    encode_page(harness, edition);
    single_operations(harness, app, edition, pool, &mut random)?;
    batch(harness, app, systems, &mut random)?;
    closure(harness, app, system, &mut random)?;
    whole_expansion(harness, app, edition)
}

/// A question to the server, in process.
struct Question {
    method: Method,
    path: &'static str,
    parameters: Parameters,
    body: Vec<u8>,
}

impl Question {
    fn get(path: &'static str, query: &str) -> Result<Self> {
        let parameters = Parameters::from_query(query)?;
        Ok(Self { method: Method::GET, path, parameters, body: Vec::new() })
    }

    fn ask(&self, app: &App) -> Result<Answer> {
        let languages = LanguagePreferences::default();
        let request = ask::request(
            app,
            &languages,
            &self.method,
            self.path,
            self.parameters.clone(),
            &self.body,
        );
        answer(&request).map_err(|failure| format!("{}: {failure:?}", self.path).into())
    }

    /// Whether the answer has status 200 and contains `text`.
    fn contains(&self, app: &App, text: &str) -> bool {
        self.ask(app).is_ok_and(|answer| {
            let (status, json) = black_box(answer.into_json());
            status.is_success() && memchr::memmem::find(&json, text.as_bytes()).is_some()
        })
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Rows of an expansion, written and nothing else.
fn encode_page(harness: &mut Harness, edition: &Edition) {
    let last = edition.concept_count().saturating_sub(ROWS).max(1);
    let scores = edition.language_scores(&LanguagePreference::default());
    let url = edition.meta().url.as_str();
    harness.measure("encode a page of 20 rows", "", 10, |number| {
        let first = (number as u32).wrapping_mul(7_919) % last;
        let mut json = JsonWriter::with_capacity(4_096);
        json.begin_array();
        let mut out = ExpansionWriter::new(&mut json, FhirVersion::R4);
        for concept in (first..first + ROWS).map(ConceptIx) {
            out.begin(&ContainsRef {
                system: Some(url),
                version: None,
                code: Some(edition.code_bytes(concept)),
                display: Some(edition.display_bytes_for(concept, &scores)),
                is_abstract: edition.is_not_selectable(concept),
                is_inactive: edition.is_inactive(concept),
            });
            out.end();
        }
        json.end_array();
        black_box(json.into_bytes()).len() > ROWS as usize
    });
}

fn single_operations(
    harness: &mut Harness,
    app: &App,
    edition: &Edition,
    pool: usize,
    random: &mut Random,
) -> Result<()> {
    let system = escaped(&edition.meta().url);
    let (mut lookups, mut validations, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pool {
        let Some(concept) = draw::concept(edition, random) else { continue };
        let code = edition.code(concept);
        let query = format!("system={system}&code={}", escaped(code));
        let quoted = format!("\"{code}\"");
        lookups.push((Question::get("CodeSystem/$lookup", &query)?, quoted.clone()));
        let query = format!("url={}&{query}", escaped(&draw::whole_value_set(edition)));
        validations.push((Question::get("ValueSet/$validate-code", &query)?, quoted));
        if let Some((above, _)) = draw::ancestor_and_descendant(edition, random) {
            let url = format!("{}?fhir_vs=isa/{}", edition.meta().url, edition.code(above));
            let query = format!("url={}&count=20", escaped(&url));
            let total = format!("\"total\":{},", edition.descendant_count(above) + 1);
            pages.push((Question::get("ValueSet/$expand", &query)?, total));
        }
    }
    for (name, questions) in [
        ("$lookup, parameters to bytes", lookups),
        ("$validate-code, parameters to bytes", validations),
        ("$expand, page of 20 of a subtree, parameters to bytes", pages),
    ] {
        if questions.is_empty() {
            harness.nothing(name);
            continue;
        }
        harness.measure(name, "", 1, |number| {
            let question = questions.get(number % questions.len());
            question.is_some_and(|(question, text)| question.contains(app, text))
        });
    }
    Ok(())
}

fn batch(
    harness: &mut Harness,
    app: &App,
    systems: &[Arc<CodeSystem>],
    random: &mut Random,
) -> Result<()> {
    let mut entries = Vec::with_capacity(LARGE_BATCH);
    let mut last = String::new();
    while entries.len() < LARGE_BATCH {
        let edition = random.pick(systems).map(|system| system.edition());
        let drawn = edition.and_then(|edition| Some((edition, draw::concept(edition, random)?)));
        let Some((edition, concept)) = drawn else {
            harness.nothing("batch of 10,000 $lookup");
            return Ok(());
        };
        let system = escaped(&edition.meta().url);
        last = format!("\"{}\"", edition.code(concept));
        let url =
            format!("CodeSystem/$lookup?system={system}&code={}", escaped(edition.code(concept)));
        entries.push(json!({"request": {"method": "GET", "url": url}}));
    }
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    let question = Question {
        method: Method::POST,
        path: "",
        parameters: Parameters::default(),
        body: serde_json::to_vec(&bundle)?,
    };
    harness.measure("batch of 10,000 $lookup, bytes to bytes", "0.5 s", 1, |_| {
        question.contains(app, &last)
    });
    Ok(())
}

fn closure(
    harness: &mut Harness,
    app: &App,
    system: &Arc<CodeSystem>,
    random: &mut Random,
) -> Result<()> {
    let edition = system.edition();
    let url = edition.meta().url.as_str();
    let mut codes: Vec<&str> = (0..CLOSURE * 4)
        .filter_map(|_| Some(edition.code(draw::concept(edition, random)?)))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes.truncate(CLOSURE);
    let concepts: Vec<NewConcept<'_>> =
        codes.iter().map(|&code| NewConcept { system: url, version: "", code }).collect();
    let editions = |_: &str, _: &str| Some(system.shared_edition());
    harness.measure(format!("closure table of {} concepts", concepts.len()), "", 1, |_| {
        let update = ClosureTable::new("micro").add(&concepts, &editions);
        update.is_ok_and(|update| update.unknown.is_empty() && !update.groups.is_empty())
    });
    let coding =
        |code: &&str| json!({"name": "concept", "valueCoding": {"system": url, "code": code}});
    let parameters = |concepts: Vec<serde_json::Value>| -> Result<Question> {
        let mut list = vec![json!({"name": "name", "valueString": "micro"})];
        list.extend(concepts);
        let body = json!({"resourceType": "Parameters", "parameter": list});
        let body = serde_json::to_vec(&body)?;
        let limits = app.config.limits.wire();
        let parameters = Parameters::from_request(None, &body, BodyFormat::Json, &limits)?;
        Ok(Question { method: Method::POST, path: "$closure", parameters, body })
    };
    let (begin, add) = (parameters(Vec::new())?, parameters(codes.iter().map(coding).collect())?);
    let name = format!("$closure of {} concepts, begun and filled", codes.len());
    harness.measure(name, "", 1, |_| {
        begin.contains(app, "ConceptMap") && add.contains(app, "\"group\"")
    });
    Ok(())
}

/// Writes the expansion of the whole code system as it is streamed, and drops every chunk.
fn whole_expansion(harness: &mut Harness, app: &App, edition: &Edition) -> Result<()> {
    let query = format!("url={}", escaped(&draw::whole_value_set(edition)));
    let question = Question::get("ValueSet/$expand", &query)?;
    let before = own_status("RssAnon:");
    let (mut firsts, mut totals) = (Vec::new(), Vec::new());
    let (mut bytes, mut peak) = (0, before);
    for _ in 0..WHOLE_TIMES {
        let start = Instant::now();
        let mut first = None;
        bytes = 0;
        match question.ask(app)? {
            Answer::Json(_, json) => bytes = json.len(),
            Answer::Expansion(pending) => {
                let mut json = JsonWriter::with_capacity(expand::CHUNK + 4_096);
                pending.write(&mut json, &mut |json| {
                    if json.as_bytes().len() >= expand::CHUNK {
                        first.get_or_insert_with(|| start.elapsed());
                        bytes += black_box(json.take_chunk()).len();
                    }
                    true
                });
                bytes += json.into_bytes().len();
                peak = peak.max(own_status("RssAnon:"));
            }
        }
        totals.push(start.elapsed().as_nanos() as f64);
        firsts.push(first.unwrap_or_else(|| start.elapsed()).as_nanos() as f64);
    }
    if bytes < edition.concept_count() as usize {
        harness.wrong.push(format!("whole expansion: {bytes} bytes are too few"));
    }
    for times in [&mut firsts, &mut totals] {
        times.sort_by(f64::total_cmp);
    }
    let median = |times: &[f64]| time(times.get(times.len() / 2).copied().unwrap_or_default());
    println!(
        "\nwhole expansion of {} concepts, {bytes} bytes: first chunk after {}, whole after {} (medians of {WHOLE_TIMES}); \
         anonymous memory {} MiB before, {} MiB at most while writing (design: 120,000 codes in 0.5 s, first byte in 20 ms, memory flat)",
        edition.concept_count(),
        median(&firsts),
        median(&totals),
        mib(before),
        mib(peak)
    );
    Ok(())
}
