//! Value sets over code systems, sent along with a request: nothing panics, every answer is JSON,
//! and `$expand` and `$validate-code` agree on what is in the set.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use server::app::App;
use server::config::{Config, Limits};
use server::operations::{Request, answer};
use server::wire::{BodyFormat, FhirVersion, LanguagePreferences, Parameters};
use tempfile::TempDir;

/// Code systems, one more than are sent.
const SYSTEMS: u8 = 3;
/// Value sets, one more than are sent at most.
const SETS: u8 = 5;
/// Codes, one more than a code system has at most.
const CODES: u8 = 13;

const COLOURS: [&str; 3] = ["red", "green", "dark blue"];
const PROPERTIES: [&str; 10] = [
    "concept", "code", "display", "colour", "weight", "inactive", "parent", "child", "status",
    "unknown",
];
const OPERATORS: [&str; 11] = [
    "=",
    "is-a",
    "descendent-of",
    "is-not-a",
    "regex",
    "in",
    "not-in",
    "generalizes",
    "child-of",
    "descendent-leaf",
    "exists",
];

#[derive(Debug, Arbitrary)]
struct Case {
    systems: [System; 2],
    sets: Vec<Set>,
    wishes: Wishes,
}

#[derive(Debug, Arbitrary)]
struct System {
    is_case_insensitive: bool,
    is_fragment: bool,
    is_compositional: bool,
    concepts: Vec<Concept>,
}

/// Parents have lower numbers, so that the hierarchy has no cycle, but for a wish.
#[derive(Debug, Arbitrary)]
struct Concept {
    parents: [Option<u8>; 2],
    colour: Option<u8>,
    weight: Option<i8>,
    is_inactive: bool,
    is_abstract: bool,
    german: bool,
}

#[derive(Debug, Arbitrary)]
struct Set {
    include: Vec<Part>,
    exclude: Vec<Part>,
    inactive: Option<bool>,
}

#[derive(Debug, Arbitrary)]
struct Part {
    system: Option<u8>,
    imports: Vec<u8>,
    selection: Selection,
}

#[derive(Debug, Arbitrary)]
enum Selection {
    Whole,
    Codes(Vec<u8>),
    Filters(Vec<Filter>),
}

#[derive(Debug, Arbitrary)]
struct Filter {
    property: u8,
    operator: u8,
    value: FilterValue,
}

#[derive(Debug, Arbitrary)]
enum FilterValue {
    Codes(Vec<u8>),
    Colour(u8),
    Boolean(bool),
    Number(i8),
    Text(String),
}

#[derive(Debug, Arbitrary)]
struct Wishes {
    is_cyclic: bool,
    active_only: Option<bool>,
    exclude_nested: Option<bool>,
    designations: bool,
    definition: bool,
    page: Option<(u8, u8)>,
    filter: Option<String>,
    language: Option<bool>,
}

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

static APP: LazyLock<App> = LazyLock::new(|| {
    let limits = Limits { sent_cache_bytes: 1 << 20, ..Limits::default() };
    let library = FOLDER.path().to_owned();
    let config = Config { library, threads: 1, limits, ..Config::default() };
    App::without_store(config).expect("an empty library can be opened")
});

fn system_url(number: u8) -> String {
    format!("http://example.org/CodeSystem/{}", number % SYSTEMS)
}

fn set_url(number: u8) -> String {
    format!("http://example.org/ValueSet/{}", number % SETS)
}

fn code(number: u8) -> String {
    format!("c{}", number % CODES)
}

fn codes(numbers: &[u8]) -> impl Iterator<Item = String> + '_ {
    numbers.iter().take(5).map(|&number| code(number))
}

impl Concept {
    fn json(&self, number: u8, is_cyclic: bool) -> Value {
        let parents = self.parents.iter().flatten().filter_map(|&parent| match number {
            0 => is_cyclic.then_some(1),
            number => Some(parent % number),
        });
        let mut properties: Vec<Value> =
            parents.map(|parent| json!({ "code": "parent", "valueCode": code(parent) })).collect();
        if let Some(colour) = self.colour {
            let colour = COLOURS[usize::from(colour) % COLOURS.len()];
            properties.push(json!({ "code": "colour", "valueString": colour }));
        }
        if let Some(weight) = self.weight {
            properties.push(json!({ "code": "weight", "valueInteger": weight }));
        }
        properties.push(json!({ "code": "inactive", "valueBoolean": self.is_inactive }));
        properties.push(json!({ "code": "notSelectable", "valueBoolean": self.is_abstract }));
        let mut concept = json!({
            "code": code(number), "display": format!("Thing {number}"), "property": properties,
        });
        if self.german {
            let value = format!("Ding {number}");
            concept["designation"] = json!([{ "language": "de", "value": value }]);
        }
        concept
    }
}

impl System {
    fn json(&self, number: u8, is_cyclic: bool) -> Value {
        let concepts: Vec<Value> = (0..CODES - 1)
            .zip(&self.concepts)
            .map(|(number, concept)| concept.json(number, is_cyclic))
            .collect();
        let mut system = json!({
            "resourceType": "CodeSystem", "url": system_url(number), "version": "1",
            "status": "active", "content": if self.is_fragment { "fragment" } else { "complete" },
            "caseSensitive": !self.is_case_insensitive, "compositional": self.is_compositional,
            "property": [
                { "code": "colour", "type": "string" }, { "code": "weight", "type": "integer" },
            ],
        });
        if !concepts.is_empty() {
            system["concept"] = Value::Array(concepts);
        }
        system
    }
}

impl Filter {
    fn json(&self) -> Value {
        let value = match &self.value {
            FilterValue::Codes(numbers) => codes(numbers).collect::<Vec<_>>().join(","),
            FilterValue::Colour(number) => COLOURS[usize::from(*number) % COLOURS.len()].to_owned(),
            FilterValue::Boolean(boolean) => boolean.to_string(),
            FilterValue::Number(number) => number.to_string(),
            FilterValue::Text(text) => text.chars().take(16).collect(),
        };
        json!({
            "property": PROPERTIES[usize::from(self.property) % PROPERTIES.len()],
            "op": OPERATORS[usize::from(self.operator) % OPERATORS.len()],
            "value": value,
        })
    }
}

impl Part {
    fn json(&self) -> Value {
        let mut part = json!({});
        if let Some(system) = self.system {
            part["system"] = system_url(system).into();
            match &self.selection {
                Selection::Whole => {}
                Selection::Codes(numbers) => {
                    part["concept"] = codes(numbers).map(|code| json!({ "code": code })).collect();
                }
                Selection::Filters(filters) => {
                    part["filter"] = filters.iter().take(3).map(Filter::json).collect();
                }
            }
        }
        if !self.imports.is_empty() {
            let imports = self.imports.iter().take(3);
            part["valueSet"] = imports.map(|&number| set_url(number)).collect();
        }
        part
    }
}

impl Set {
    fn json(&self, number: u8) -> Value {
        let parts = |parts: &[Part]| parts.iter().take(4).map(Part::json).collect::<Value>();
        let mut compose = json!({ "include": parts(&self.include) });
        if !self.exclude.is_empty() {
            compose["exclude"] = parts(&self.exclude);
        }
        if let Some(inactive) = self.inactive {
            compose["inactive"] = inactive.into();
        }
        json!({
            "resourceType": "ValueSet", "url": set_url(number), "version": "1",
            "status": "active", "compose": compose,
        })
    }
}

impl Case {
    /// The resources, as parameters of a request.
    fn resources(&self) -> Vec<Value> {
        let is_cyclic = self.wishes.is_cyclic;
        let systems = (0..).zip(&self.systems).map(|(number, it)| it.json(number, is_cyclic));
        let sets = (0..SETS - 1).zip(&self.sets).map(|(number, it)| it.json(number));
        systems
            .chain(sets)
            .map(|resource| json!({ "name": "tx-resource", "resource": resource }))
            .collect()
    }
}

impl Wishes {
    fn parameters(&self) -> Vec<Value> {
        let mut parameters = Vec::new();
        let mut add = |name: &str, kind: &str, value: Value| {
            parameters.push(json!({ "name": name, kind: value }));
        };
        if let Some(nested) = self.exclude_nested {
            add("excludeNested", "valueBoolean", nested.into());
        }
        if self.designations {
            add("includeDesignations", "valueBoolean", true.into());
            add("property", "valueString", "colour".into());
        }
        if self.definition {
            add("includeDefinition", "valueBoolean", true.into());
        }
        if let Some((offset, count)) = self.page {
            add("offset", "valueInteger", offset.into());
            add("count", "valueInteger", count.into());
        }
        if let Some(filter) = &self.filter {
            add("filter", "valueString", filter.as_str().into());
        }
        if let Some(german) = self.language {
            add("displayLanguage", "valueCode", if german { "de" } else { "en" }.into());
        }
        parameters
    }

    fn is_whole(&self) -> bool {
        self.page.is_none() && self.filter.is_none()
    }
}

/// Asks an operation; `None` where it refuses.
fn ask(path: &str, parameters: &[Value]) -> Option<Value> {
    let body = json!({ "resourceType": "Parameters", "parameter": parameters }).to_string();
    let limits = APP.config.limits.wire();
    let parameters =
        Parameters::from_request(None, body.as_bytes(), BodyFormat::Json, &limits).ok()?;
    let request = Request {
        app: &APP,
        snapshot: APP.snapshot(),
        version: FhirVersion::R4,
        base: "http://localhost/fhir",
        languages: &LanguagePreferences::default(),
        method: &Method::POST,
        path,
        parameters,
        body: &[],
        cache_id: None,
        too_costly_threshold: None,
        hurry: None,
    };
    let (status, json) = match answer(&request) {
        Ok(answer) => answer.into_json(),
        Err(failure) => (failure.status, failure.outcome.to_json()),
    };
    let json = serde_json::from_slice(&json).expect("answers are JSON");
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{json}");
    status.is_success().then_some(json)
}

/// The codes of an expansion, by their system.
fn listed(contains: &Value, codes: &mut BTreeSet<(String, String)>) {
    for entry in contains.as_array().into_iter().flatten() {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        assert!(codes.insert((text("system"), text("code"))), "listed twice: {entry}");
        listed(&entry["contains"], codes);
    }
}

fuzz_target!(|case: Case| {
    let mut shared = case.resources();
    shared.push(json!({ "name": "url", "valueUri": set_url(0) }));
    if let Some(active) = case.wishes.active_only {
        shared.push(json!({ "name": "activeOnly", "valueBoolean": active }));
    }
    let expansion = ask("ValueSet/$expand", &[case.wishes.parameters(), shared.clone()].concat());
    let mut codes = BTreeSet::new();
    if let Some(expansion) = &expansion {
        listed(&expansion["expansion"]["contains"], &mut codes);
    }
    for (system, number) in
        (0..SYSTEMS).flat_map(|system| (0..CODES).map(move |code| (system, code)))
    {
        let (system, code) = (system_url(system), code(number));
        let mut parameters = shared.clone();
        parameters.push(json!({ "name": "system", "valueUri": system }));
        parameters.push(json!({ "name": "code", "valueCode": code }));
        let verdict = ask("ValueSet/$validate-code", &parameters);
        if expansion.is_none() {
            continue;
        }
        let verdict = verdict.expect("a value set that can be expanded can be asked");
        let is_valid = verdict["parameter"][0]["valueBoolean"] == true;
        let is_listed = codes.contains(&(system, code));
        // Codes of a code system that is not there are listed as the value set gives them.
        let told = verdict.to_string();
        if told.contains("x-caused-by-unknown-system") {
            continue;
        }
        // A fragment may lack codes that are valid.
        let may_be = told.contains("UNKNOWN_CODE_IN_FRAGMENT");
        if is_listed || case.wishes.is_whole() && !may_be {
            let asked = Value::from(parameters);
            assert_eq!(is_valid, is_listed, "{verdict}, asked by {asked}");
        }
    }
});
