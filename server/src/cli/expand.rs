//! Concepts on the command line: expansions of value sets, and search over everything there is.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use clap::Args;
use codesystems::grammar::Grammar;
use serde_json::json;
use serde_json::value::RawValue;

use super::output::{Format, Output, Rows, say_json, settle, tell};
use super::{help, query};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::library::Snapshot;
use crate::operations::expand::{CHUNK, Pending, prepare};
use crate::wire::Parameter;
use crate::wire::json::{JsonWriter, Pretty};

/// `begriff expand URL`.
#[derive(Debug, Args)]
#[command(after_help = help::EXPAND)]
pub(super) struct Expand {
    /// Canonical of the value set, as 'url' or 'url|version'.
    url: String,
    /// Words to search for; the best hits come first.
    #[arg(long)]
    filter: Option<String>,
    /// Concepts to show.
    #[arg(long)]
    count: Option<u32>,
    /// Concepts to pass over.
    #[arg(long)]
    offset: Option<u32>,
    /// Only concepts that are active.
    #[arg(long)]
    active_only: bool,
    /// Language of displays, for example de or 'de-DE,en'.
    #[arg(long)]
    language: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// `begriff search WORDS`.
#[derive(Debug, Args)]
#[command(after_help = help::SEARCH)]
pub(super) struct Search {
    /// Words or beginnings of words in any order, or a code or its beginning.
    #[arg(required = true)]
    words: Vec<String>,
    /// Canonical of a code system, as 'url' or 'url|version'; can be repeated. Without it
    /// everything that has texts is searched, each system in its default version.
    #[arg(long)]
    system: Vec<String>,
    /// Concepts to show.
    #[arg(long, default_value_t = 20)]
    count: u32,
    /// Language of displays, for example de or 'de-DE,en'.
    #[arg(long)]
    language: Option<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn expand(config: Config, ask: &Expand) -> Result<()> {
    let app = query::open(config)?;
    let values = [
        ("url", Some(ask.url.clone())),
        ("filter", ask.filter.clone()),
        ("count", ask.count.map(|count| count.to_string())),
        ("offset", ask.offset.map(|offset| offset.to_string())),
        ("activeOnly", ask.active_only.then(|| "true".to_owned())),
        ("displayLanguage", ask.language.clone()),
    ];
    let request = query::request(&app, "ValueSet/$expand", query::parameters(&values));
    let pending = prepare(&request, None).map_err(|failure| {
        let told = query::error_of(&failure);
        value_set_of(&app.snapshot(), &ask.url).map_or(told, |value_set| {
            Error::Library(format!(
                "'{}' is a code system, expected a value set; all its codes are in '{value_set}'",
                ask.url
            ))
        })
    })?;
    match ask.output.format {
        Format::Json => settle(write_json(&pending)),
        format => {
            let mut rows = Rows::begin(
                format,
                &["system", "version", "code", "display", "inactive", "abstract"],
            )?;
            let mut written = Ok(());
            pending.rows(&mut |concept| {
                written = rows.row(&[
                    concept.system.unwrap_or_default(),
                    concept.version.unwrap_or_default(),
                    &text(concept.code),
                    &text(concept.display),
                    if concept.is_inactive { "true" } else { "false" },
                    if concept.is_abstract { "true" } else { "false" },
                ]);
                written.is_ok()
            });
            settle(written.and_then(|()| rows.end()))
        }
    }
}

/// The value set of all codes, where `url` is a code system.
fn value_set_of(snapshot: &Snapshot, url: &str) -> Option<String> {
    let url = url.split('|').next().unwrap_or(url);
    let system = snapshot.catalogue.versions(url)?.default_version()?;
    Some(system.edition().meta().value_set.clone()).filter(|value_set| !value_set.is_empty())
}

/// Writes the expansion while it is made: memory stays flat.
fn write_json(pending: &Pending) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout());
    let mut layout = Pretty::default();
    let mut written = Ok(());
    let mut write = |json: &[u8]| {
        let mut laid_out = Vec::with_capacity(json.len() * 2);
        layout.lay_out(json, &mut laid_out);
        out.write_all(&laid_out)
    };
    let mut json = JsonWriter::with_capacity(CHUNK + 4_096);
    pending.write(&mut json, &mut |json| {
        if json.as_bytes().len() >= CHUNK {
            written = write(&json.take_chunk());
        }
        written.is_ok()
    });
    written?;
    write(&json.into_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

pub(super) fn search(config: Config, ask: &Search) -> Result<()> {
    let app = query::open(config)?;
    let systems = if ask.system.is_empty() {
        systems_with_texts(&app.snapshot())
    } else {
        named_systems(&app, &ask.system)?
    };
    let value_set =
        json!({"resourceType": "ValueSet", "status": "active", "compose": {"include": systems}});
    let mut parameters = query::parameters(&[
        ("filter", Some(ask.words.join(" "))),
        ("count", Some(ask.count.to_string())),
        ("displayLanguage", ask.language.clone()),
    ]);
    parameters.list.push(Parameter {
        name: "valueSet".into(),
        resource: Some(
            RawValue::from_string(value_set.to_string())
                .map_err(|error| Error::Library(error.to_string()))?,
        ),
        ..Parameter::default()
    });
    let request = query::request(&app, "ValueSet/$expand", parameters);
    let pending = prepare(&request, None).map_err(|failure| query::error_of(&failure))?;
    if pending.shown() == 0 && ask.count > 0 {
        tell(&format!("begriff: nothing found for '{}'", ask.words.join(" ")));
    }
    print_hits(&pending, ask.output.format)
}

/// What an answer tells in bytes.
fn text(told: Option<&[u8]>) -> Cow<'_, str> {
    String::from_utf8_lossy(told.unwrap_or_default())
}

fn print_hits(pending: &Pending, format: Format) -> Result<()> {
    if format == Format::Json {
        let mut hits = Vec::new();
        pending.rows(&mut |hit| {
            let [code, display] =
                [hit.code, hit.display].map(|told| told.map(String::from_utf8_lossy));
            hits.push(json!({"system": hit.system, "code": code, "display": display}));
            true
        });
        return say_json(&hits.into());
    }
    let mut rows = Rows::begin(format, &["system", "code", "display"])?;
    let mut written = Ok(());
    pending.rows(&mut |hit| {
        written = rows.row(&[hit.system.unwrap_or_default(), &text(hit.code), &text(hit.display)]);
        written.is_ok()
    });
    settle(written.and_then(|()| rows.end()))
}

/// Every code system that has texts to search, in the version used when none is asked for.
fn systems_with_texts(snapshot: &Snapshot) -> Vec<serde_json::Value> {
    let catalogue = &snapshot.catalogue;
    let systems = catalogue.code_systems().into_iter().filter(|system| {
        let default = catalogue
            .versions(&system.edition().meta().url)
            .and_then(|versions| versions.default_version());
        default.is_some_and(|default| std::sync::Arc::ptr_eq(default, system))
            && system.edition().text_index().is_some()
            && !system.grammar().is_some_and(Grammar::is_unlistable)
    });
    systems
        .map(|system| {
            let meta = system.edition().meta();
            if meta.version.is_empty() {
                json!({"system": meta.url})
            } else {
                json!({"system": meta.url, "version": meta.version})
            }
        })
        .collect()
}

fn named_systems(app: &App, names: &[String]) -> Result<Vec<serde_json::Value>> {
    let snapshot = app.snapshot();
    names
        .iter()
        .map(|name| {
            let (url, version) = name.split_once('|').unwrap_or((name, ""));
            if snapshot.catalogue.versions(url).is_none() {
                return Err(snapshot.unknown_system(url));
            }
            Ok(if version.is_empty() {
                json!({"system": url})
            } else {
                json!({"system": url, "version": version})
            })
        })
        .collect()
}
