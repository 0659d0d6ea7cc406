//! What the library holds, and what becomes of it: `list`, `check`, `remove`, `default`.

use clap::Args;
use serde_json::json;

use super::help;
use super::output::{Format, Output, print_rows, say, say_json};
use crate::error::{Error, Result};
use crate::library::{Library, ReleaseFile, Snapshot};

/// `begriff list`.
#[derive(Debug, Args)]
#[command(after_help = help::LIST)]
pub(super) struct List {
    #[command(flatten)]
    output: Output,
}

/// `begriff remove RELEASE`.
#[derive(Debug, Args)]
#[command(after_help = help::REMOVE)]
pub(super) struct Remove {
    /// Name of the release as 'begriff list' shows it, or 'url|version' of what it holds.
    release: String,
}

/// `begriff default SYSTEM VERSION`.
#[derive(Debug, Args)]
#[command(after_help = help::DEFAULT)]
pub(super) struct Default {
    /// Canonical of the code system.
    system: String,
    /// The version; without it the default is forgotten and the newest is used.
    version: Option<String>,
}

/// What a file of the library holds, in a word.
pub(super) fn kind(file: &ReleaseFile) -> &'static str {
    match file.path.split('/').next() {
        Some("editions") => "code-system",
        Some("maps") => "concept-map",
        _ => "resources",
    }
}

pub(super) fn list(library: &Library, ask: &List) -> Result<()> {
    let defaults = library.defaults()?;
    let releases = library.releases()?;
    let is_default = |file: &ReleaseFile| defaults.get(&file.url) == Some(&file.version);
    if ask.output.format == Format::Json {
        let releases: Vec<_> = releases
            .iter()
            .map(|release| {
                let files = release.files.iter().map(|file| {
                    json!({
                        "kind": kind(file),
                        "url": file.url,
                        "version": file.version,
                        "bytes": file.bytes,
                        "hash": file.hash,
                        "default": is_default(file),
                    })
                });
                json!({
                    "name": release.name,
                    "format": release.format,
                    "loadedAt": release.loaded_at,
                    "files": files.collect::<Vec<_>>(),
                })
            })
            .collect();
        let library = library.root().display().to_string();
        return say_json(&json!({"library": library, "releases": releases}));
    }
    let is_table = ask.output.format == Format::Table;
    let mut rows = Vec::new();
    for release in &releases {
        for file in &release.files {
            let size = if is_table { megabytes(file.bytes) } else { file.bytes.to_string() };
            rows.push(vec![
                release.name.clone(),
                kind(file).to_owned(),
                file.url.clone(),
                file.version.clone(),
                if is_default(file) { "default" } else { "" }.to_owned(),
                size,
                release.format.clone(),
                release.loaded_at.clone(),
            ]);
        }
    }
    let size = if is_table { "size" } else { "bytes" };
    let header = ["release", "kind", "url", "version", "default", size, "format", "loaded"];
    print_rows(ask.output.format, &header, &rows)
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

pub(super) fn check(library: &Library) -> Result<()> {
    let snapshot = Snapshot::open(library, None)?;
    if snapshot.problems.is_empty() {
        return say("every file fits its checksums");
    }
    Err(Error::Library(snapshot.problems.join("\n")))
}

pub(super) fn remove(library: &Library, ask: &Remove) -> Result<()> {
    for gone in library.remove(&ask.release)? {
        say(&format!("removed {}", gone.name))?;
    }
    Ok(())
}

pub(super) fn default(library: &Library, ask: &Default) -> Result<()> {
    library.set_default(&ask.system, ask.version.as_deref())?;
    let chosen = ask.version.as_deref().unwrap_or("the newest version");
    say(&format!("{}: {chosen} is used when a request names none", ask.system))
}
