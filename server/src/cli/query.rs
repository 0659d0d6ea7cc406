//! Questions about codes on the command line: the same operations as over HTTP.

use clap::Args;
use serde_json::Value;

use super::output::{Format, Output, print_rows, say};
use super::{Verdict, help};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::failure::Failure;
use crate::operations::{Request, answer};
use crate::wire::json::pretty;
use crate::wire::{FhirVersion, LanguagePreferences, Parameter, ParameterValue, Parameters};

/// `begriff lookup SYSTEM CODE`.
#[derive(Debug, Args)]
#[command(after_help = help::LOOKUP)]
pub(super) struct Lookup {
    /// Canonical of the code system, as 'url' or 'url|version'.
    system: String,
    /// The code.
    code: String,
    /// Version of the code system.
    #[arg(long)]
    code_system_version: Option<String>,
    /// Language of displays, for example de or 'de-DE,en'.
    #[arg(long)]
    language: Option<String>,
    /// Read codes as people write them: e1190, 'E11.90 G', 'OPS 5-470'.
    #[arg(long)]
    normalize: bool,
    #[command(flatten)]
    output: Output,
}

/// `begriff validate SYSTEM CODE`.
#[derive(Debug, Args)]
#[command(after_help = help::VALIDATE)]
pub(super) struct Validate {
    /// Canonical of the code system, as 'url' or 'url|version'.
    system: String,
    /// The code.
    code: String,
    /// Canonical of a value set; without it the code is looked for in its code system.
    #[arg(long)]
    value_set: Option<String>,
    /// Version of the code system.
    #[arg(long)]
    code_system_version: Option<String>,
    /// Display to compare.
    #[arg(long)]
    display: Option<String>,
    /// Language of displays, for example de or 'de-DE,en'.
    #[arg(long)]
    language: Option<String>,
    /// Read codes as people write them: e1190, 'E11.90 G', 'OPS 5-470'.
    #[arg(long)]
    normalize: bool,
    #[command(flatten)]
    output: Output,
}

/// `begriff subsumes SYSTEM A B`.
#[derive(Debug, Args)]
#[command(after_help = help::SUBSUMES)]
pub(super) struct Subsumes {
    /// Canonical of the code system, as 'url' or 'url|version'.
    system: String,
    /// The code that may be the broader one.
    a: String,
    /// The code that may be the narrower one.
    b: String,
    /// Version of the code system.
    #[arg(long)]
    code_system_version: Option<String>,
    /// Read codes as people write them: e1190, 'E11.90 G', 'OPS 5-470'.
    #[arg(long)]
    normalize: bool,
    #[command(flatten)]
    output: Output,
}

/// `begriff translate SYSTEM CODE`.
#[derive(Debug, Args)]
#[command(after_help = help::TRANSLATE)]
pub(super) struct Translate {
    /// Canonical of the source code system, as 'url' or 'url|version'.
    system: String,
    /// The code.
    code: String,
    /// Canonical of the map; without it every map that fits is used.
    #[arg(long)]
    map: Option<String>,
    /// Canonical of the target code system.
    #[arg(long)]
    target: Option<String>,
    /// From target to source.
    #[arg(long)]
    reverse: bool,
    /// Read codes as people write them: e1190, 'E11.90 G', 'OPS 5-470'.
    #[arg(long)]
    normalize: bool,
    #[command(flatten)]
    output: Output,
}

/// A code system as it is named on the command line: `url|version`, or the version beside it.
fn system_and_version(system: &str, version: Option<&String>) -> (String, Option<String>) {
    match system.split_once('|') {
        Some((url, own)) => (url.to_owned(), version.cloned().or_else(|| Some(own.to_owned()))),
        None => (system.to_owned(), version.cloned()),
    }
}

pub(super) fn lookup(config: Config, ask: &Lookup) -> Result<Verdict> {
    let (system, version) = system_and_version(&ask.system, ask.code_system_version.as_ref());
    let values = [
        ("system", Some(system)),
        ("code", Some(ask.code.clone())),
        ("version", version),
        ("displayLanguage", ask.language.clone()),
        ("normalize-codes", ask.normalize.then(|| "true".to_owned())),
    ];
    let app = open(config)?;
    let answer = ask_for(&app, "CodeSystem/$lookup", &values)?;
    answer.print(ask.output.format, &["element", "name", "value"], |answer| {
        let mut rows = Vec::new();
        for parameter in answer.parameters() {
            let part = |name| texts(parts(parameter), name);
            let row = match name(parameter) {
                "designation" => [
                    "designation".to_owned(),
                    [part("language"), part("use")].join(" ").trim().to_owned(),
                    part("value"),
                ],
                "property" => {
                    let description = part("description");
                    let shown = if description.is_empty() {
                        part("value")
                    } else {
                        format!("{} ({description})", part("value"))
                    };
                    ["property".to_owned(), part("code"), shown]
                }
                "normalized-from" => [
                    "normalized-from".to_owned(),
                    String::new(),
                    format!("{} ({})", part("text"), joined(parts(parameter), "change")),
                ],
                other => [other.to_owned(), String::new(), text(parameter)],
            };
            rows.push(row.to_vec());
        }
        rows
    })?;
    Ok(Verdict::Yes)
}

pub(super) fn validate(config: Config, ask: &Validate) -> Result<Verdict> {
    let (url, version) = system_and_version(&ask.system, ask.code_system_version.as_ref());
    let (path, system_name, version_name) = match ask.value_set {
        Some(_) => ("ValueSet/$validate-code", "system", "systemVersion"),
        None => ("CodeSystem/$validate-code", "url", "version"),
    };
    let mut values = vec![
        (system_name, Some(url.clone())),
        ("code", Some(ask.code.clone())),
        (version_name, version),
        ("display", ask.display.clone()),
        ("displayLanguage", ask.language.clone()),
        ("normalize-codes", ask.normalize.then(|| "true".to_owned())),
    ];
    if ask.value_set.is_some() {
        values.push(("url", ask.value_set.clone()));
    }
    let app = open(config)?;
    let answer = ask_for(&app, path, &values)?;
    let header = ["result", "system", "version", "code", "display", "message"];
    answer.print(ask.output.format, &header, |answer| {
        let or = |name: &str, given: &str| match answer.text_of(name) {
            told if told.is_empty() => given.to_owned(),
            told => told,
        };
        vec![vec![
            answer.text_of("result"),
            or("system", &url),
            answer.text_of("version"),
            or("code", &ask.code),
            answer.text_of("display"),
            answer.text_of("message"),
        ]]
    })?;
    if !answer.text_of("x-caused-by-unknown-system").is_empty() {
        check_system(&app, &url)?;
        return Err(Error::Library(answer.text_of("message")));
    }
    Ok(answer.verdict())
}

pub(super) fn subsumes(config: Config, ask: &Subsumes) -> Result<Verdict> {
    let (system, version) = system_and_version(&ask.system, ask.code_system_version.as_ref());
    let values = [
        ("system", Some(system.clone())),
        ("version", version),
        ("codeA", Some(ask.a.clone())),
        ("codeB", Some(ask.b.clone())),
        ("normalize-codes", ask.normalize.then(|| "true".to_owned())),
    ];
    let app = open(config)?;
    let answer = ask_for(&app, "CodeSystem/$subsumes", &values)?;
    let outcome = answer.text_of("outcome");
    answer.print(ask.output.format, &["outcome", "system", "codeA", "codeB"], |_| {
        vec![vec![outcome.clone(), system.clone(), ask.a.clone(), ask.b.clone()]]
    })?;
    let is_above = matches!(outcome.as_str(), "subsumes" | "equivalent");
    Ok(if is_above { Verdict::Yes } else { Verdict::No })
}

pub(super) fn translate(config: Config, ask: &Translate) -> Result<Verdict> {
    let (system, version) = system_and_version(&ask.system, None);
    let values = [
        ("system", Some(system.clone())),
        ("version", version),
        ("code", Some(ask.code.clone())),
        ("url", ask.map.clone()),
        ("targetsystem", ask.target.clone()),
        ("reverse", ask.reverse.then(|| "true".to_owned())),
        ("normalize-codes", ask.normalize.then(|| "true".to_owned())),
    ];
    let app = open(config)?;
    check_mapped(&app, &system)?;
    let answer = ask_for(&app, "ConceptMap/$translate", &values)?;
    let header = ["equivalence", "system", "version", "code", "display", "map"];
    answer.print(ask.output.format, &header, |answer| {
        let matches = answer.parameters().iter().filter(|parameter| name(parameter) == "match");
        matches
            .map(|found| {
                let coding = parts(found)
                    .iter()
                    .find(|part| name(part) == "concept")
                    .map(|part| part["valueCoding"].clone())
                    .unwrap_or_default();
                let of = |name: &str| coding[name].as_str().unwrap_or_default().to_owned();
                let part = |name| texts(parts(found), name);
                vec![
                    part("equivalence"),
                    of("system"),
                    of("version"),
                    of("code"),
                    of("display"),
                    part("source"),
                ]
            })
            .collect()
    })?;
    if answer.verdict() == Verdict::No {
        super::output::tell(&format!("begriff: {}", answer.text_of("message")));
    }
    Ok(answer.verdict())
}

/// The Parameters that an operation answers.
struct Answered {
    json: Vec<u8>,
    value: Value,
}

impl Answered {
    fn print(
        &self,
        format: Format,
        header: &[&str],
        rows: impl FnOnce(&Self) -> Vec<Vec<String>>,
    ) -> Result<()> {
        match format {
            Format::Json => say(&String::from_utf8_lossy(&pretty(&self.json))),
            Format::Table | Format::Csv => print_rows(format, header, &rows(self)),
        }
    }

    fn parameters(&self) -> &[Value] {
        self.value["parameter"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of the parameter called `wanted`, empty for none.
    fn text_of(&self, wanted: &str) -> String {
        texts(self.parameters(), wanted)
    }

    fn verdict(&self) -> Verdict {
        if self.text_of("result") == "true" { Verdict::Yes } else { Verdict::No }
    }
}

fn name(parameter: &Value) -> &str {
    parameter["name"].as_str().unwrap_or_default()
}

fn parts(parameter: &Value) -> &[Value] {
    parameter["part"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn texts(parameters: &[Value], wanted: &str) -> String {
    parameters.iter().find(|parameter| name(parameter) == wanted).map(text).unwrap_or_default()
}

/// All values of the parameters called `wanted`.
fn joined(parameters: &[Value], wanted: &str) -> String {
    let all = parameters.iter().filter(|parameter| name(parameter) == wanted).map(text);
    all.collect::<Vec<_>>().join(", ")
}

/// The value of a parameter, whatever its type; of a Coding the code.
fn text(parameter: &Value) -> String {
    let members = parameter.as_object().into_iter().flatten();
    let mut values = members.filter(|(name, _)| name.starts_with("value")).map(|(_, value)| value);
    match values.next() {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(coding)) => {
            let code = coding.get("code").or_else(|| coding.get("value"));
            code.map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned))
                .unwrap_or_default()
        }
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn ask_for(app: &App, path: &str, values: &[(&str, Option<String>)]) -> Result<Answered> {
    let request = request(app, path, parameters(values));
    let answer = answer(&request).map_err(|failure| {
        let system = values.iter().find(|(name, _)| *name == "system");
        let unknown =
            system.and_then(|(_, url)| url.as_deref()).and_then(|url| check_system(app, url).err());
        unknown.unwrap_or_else(|| error_of(&failure))
    })?;
    let json = answer.into_json().1;
    let value = serde_json::from_slice(&json).map_err(|error| Error::Library(error.to_string()))?;
    Ok(Answered { json, value })
}

/// An unknown code system is often a mistyped one: the error names those there are.
fn check_system(app: &App, url: &str) -> Result<()> {
    let snapshot = app.snapshot();
    match snapshot.catalogue.versions(url) {
        Some(_) => Ok(()),
        None => Err(snapshot.unknown_system(url)),
    }
}

/// Maps can begin at a code system that is not loaded itself.
fn check_mapped(app: &App, url: &str) -> Result<()> {
    let snapshot = app.snapshot();
    let maps = snapshot.catalogue.concept_maps().iter();
    let is_mapped = maps
        .flat_map(|map| map.definitions())
        .any(|group| group.source == url || group.target == url);
    if is_mapped { Ok(()) } else { check_system(app, url) }
}

/// What answers questions, without a server. A running server has the store of the library open:
/// questions need none.
pub(super) fn open(config: Config) -> Result<App> {
    super::existing(&config)?;
    App::without_store(config)
}

pub(super) fn parameters(values: &[(&str, Option<String>)]) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in values {
        if let Some(value) = value {
            parameters.list.push(Parameter {
                name: (*name).to_owned(),
                value: ParameterValue::Untyped(value.clone()),
                ..Parameter::default()
            });
        }
    }
    parameters
}

pub(super) fn request<'a>(app: &'a App, path: &'a str, parameters: Parameters) -> Request<'a> {
    static LANGUAGES: std::sync::OnceLock<LanguagePreferences> = std::sync::OnceLock::new();
    Request {
        app,
        snapshot: app.snapshot(),
        version: FhirVersion::R4,
        base: "http://localhost/fhir",
        languages: LANGUAGES.get_or_init(LanguagePreferences::default),
        method: &axum::http::Method::GET,
        path,
        parameters,
        body: &[],
        cache_id: None,
        too_costly_threshold: None,
        hurry: None,
    }
}

/// The texts of a refusal, on one line.
pub(super) fn error_of(failure: &Failure) -> Error {
    let texts = failure.outcome.issues.iter().filter_map(|issue| {
        let details = issue.details.as_ref()?;
        details.text.as_ref().map(ToString::to_string)
    });
    Error::Library(texts.collect::<Vec<_>>().join("; "))
}
