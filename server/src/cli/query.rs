//! Questions on the command line: the same operations as over HTTP.

use clap::Args;

use super::say;
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::operations::{Request, answer};
use crate::wire::json::pretty;
use crate::wire::{FhirVersion, LanguagePreferences, Parameter, ParameterValue, Parameters};

/// `begriff lookup SYSTEM CODE`.
#[derive(Debug, Args)]
pub(super) struct Lookup {
    /// Canonical of the code system.
    system: String,
    /// The code.
    code: String,
    /// Version of the code system.
    #[arg(long)]
    code_system_version: Option<String>,
    /// Language of displays.
    #[arg(long)]
    language: Option<String>,
}

/// `begriff expand URL`.
#[derive(Debug, Args)]
pub(super) struct Expand {
    /// Canonical of the value set.
    url: String,
    /// Words to search for.
    #[arg(long)]
    filter: Option<String>,
    /// Concepts to show.
    #[arg(long)]
    count: Option<u32>,
    /// Concepts to pass over.
    #[arg(long)]
    offset: Option<u32>,
    /// Language of displays.
    #[arg(long)]
    language: Option<String>,
}

/// `begriff validate SYSTEM CODE`.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Canonical of the code system.
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
}

/// `begriff translate SYSTEM CODE`.
#[derive(Debug, Args)]
pub(super) struct Translate {
    /// Canonical of the source code system.
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
}

pub(super) fn lookup(config: Config, ask: &Lookup) -> Result<()> {
    let values = [
        ("system", Some(ask.system.clone())),
        ("code", Some(ask.code.clone())),
        ("version", ask.code_system_version.clone()),
        ("displayLanguage", ask.language.clone()),
    ];
    run(config, "CodeSystem/$lookup", &values)
}

pub(super) fn expand(config: Config, ask: &Expand) -> Result<()> {
    let values = [
        ("url", Some(ask.url.clone())),
        ("filter", ask.filter.clone()),
        ("count", ask.count.map(|count| count.to_string())),
        ("offset", ask.offset.map(|offset| offset.to_string())),
        ("displayLanguage", ask.language.clone()),
    ];
    run(config, "ValueSet/$expand", &values)
}

pub(super) fn validate(config: Config, ask: &Validate) -> Result<()> {
    let in_value_set = ask.value_set.is_some();
    let (path, system, version) = if in_value_set {
        ("ValueSet/$validate-code", "system", "systemVersion")
    } else {
        ("CodeSystem/$validate-code", "url", "version")
    };
    let mut values = vec![
        (system, Some(ask.system.clone())),
        ("code", Some(ask.code.clone())),
        (version, ask.code_system_version.clone()),
        ("display", ask.display.clone()),
    ];
    if in_value_set {
        values.push(("url", ask.value_set.clone()));
    }
    run(config, path, &values)
}

pub(super) fn translate(config: Config, ask: &Translate) -> Result<()> {
    let values = [
        ("system", Some(ask.system.clone())),
        ("code", Some(ask.code.clone())),
        ("url", ask.map.clone()),
        ("targetsystem", ask.target.clone()),
        ("reverse", ask.reverse.then(|| "true".to_owned())),
    ];
    run(config, "ConceptMap/$translate", &values)
}

fn run(config: Config, path: &str, values: &[(&str, Option<String>)]) -> Result<()> {
    super::existing(&config)?;
    // A running server has the store of the library open: questions need none.
    let app = App::without_store(config)?;
    let mut parameters = Parameters::default();
    for (name, value) in values {
        if let Some(value) = value {
            let value = ParameterValue::Untyped(value.clone());
            parameters.list.push(Parameter {
                name: (*name).to_owned(),
                value,
                ..Parameter::default()
            });
        }
    }
    let request = Request {
        app: &app,
        snapshot: app.snapshot(),
        version: FhirVersion::R4,
        base: "http://localhost/fhir",
        languages: &LanguagePreferences::default(),
        method: &axum::http::Method::GET,
        path,
        parameters,
        body: &[],
        too_costly_threshold: None,
    };
    match answer(&request) {
        Ok(answer) => {
            say(&String::from_utf8_lossy(&pretty(&answer.into_json().1)));
            Ok(())
        }
        Err(failure) => {
            let texts = failure.outcome.issues.iter().filter_map(|issue| {
                let details = issue.details.as_ref()?;
                details.text.as_ref().map(ToString::to_string)
            });
            Err(Error::Library(texts.collect::<Vec<_>>().join("; ")))
        }
    }
}
