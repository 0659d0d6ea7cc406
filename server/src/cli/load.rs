//! `begriff load`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use loaders::archive::File;
use loaders::{Options, Release, Report};
use serde_json::{Value, json};

use super::help;
use super::library::{kind, megabytes};
use super::output::{Format, Output, print_rows, say, say_json, tell};
use super::progress::{Shown, Told};
use crate::error::{Error, Result};
use crate::library::{Library, ReleaseList, Staging};

/// What to load, and what the files do not say.
#[derive(Debug, Clone, Args)]
#[command(after_help = help::LOAD)]
pub(crate) struct Load {
    /// Files, folders or archives (zip, tar.gz, tgz, tar.xz).
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Release format, instead of recognising it: claml, bfarm, alpha-id, loinc, rf2, orphadata,
    /// rxnorm, ndc, omop, fhir, ucum-essence, obo, csv.
    #[arg(long = "as", value_name = "RELEASE_FORMAT")]
    pub release_format: Option<String>,
    /// Canonical URL of the code system or map.
    #[arg(long)]
    pub url: Option<String>,
    /// Version of the code system or map.
    #[arg(long)]
    pub version: Option<String>,
    /// Language of texts that do not say theirs.
    #[arg(long)]
    pub language: Option<String>,
    /// Title.
    #[arg(long)]
    pub title: Option<String>,
    /// Character encoding: utf-8, windows-1252, iso-8859-1, cp850.
    #[arg(long)]
    pub encoding: Option<String>,
    /// Source system of a map.
    #[arg(long)]
    pub source: Option<String>,
    /// Target system of a map.
    #[arg(long)]
    pub target: Option<String>,
    /// Says what would be loaded, and loads nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub output: Output,
}

impl Load {
    fn options(&self) -> Options {
        Options {
            format: self.release_format.clone(),
            url: self.url.clone(),
            version: self.version.clone(),
            language: self.language.clone(),
            title: self.title.clone(),
            encoding: self.encoding.clone(),
            source: self.source.clone(),
            target: self.target.clone(),
            limits: loaders::options::Limits::default(),
        }
    }
}

/// Files named in full where they were left aside.
const NAMED: usize = 10;
/// Warnings of a release that are printed in full.
const WARNINGS: usize = 20;

/// What became of a release.
struct Loaded<'a> {
    release: &'a Release,
    outcome: Result<(ReleaseList, Report)>,
}

/// Loads every release found below the paths. One that fails does not keep the others from being
/// loaded. Where there is nothing to load no library is made.
///
/// # Errors
/// When nothing is recognised in one of the paths, or a release could not be loaded.
pub(super) fn load(library: &Path, ask: &Load) -> Result<()> {
    let options = ask.options();
    let looking = Shown::step("looking into the files");
    let recognised = loaders::recognise(&ask.paths, &options);
    looking.end();
    let (mut releases, unknown) = recognised?;
    if ask.dry_run {
        print_dry_run(&releases, &unknown, ask.output.format)?;
        return name_unrecognised(&ask.paths, &releases);
    }
    let library = Library::open(library)?;
    let mut loaded = Vec::new();
    for release in &mut releases {
        let outcome = load_shown(&library, release, &options);
        let one = Loaded { release, outcome };
        if let Err(error) = &one.outcome {
            tell(&format!("begriff: {error}"));
        } else if ask.output.format == Format::Table {
            print_report(&one)?;
        }
        loaded.push(one);
    }
    let failed = loaded.iter().filter(|one| one.outcome.is_err()).count();
    match ask.output.format {
        Format::Table if failed == loaded.len() => {}
        Format::Table => say(&format!("in the library {}", library.root().display()))?,
        Format::Json => say_json(&as_json(&library, &loaded, &unknown))?,
        Format::Csv => print_files(&loaded)?,
    }
    tell_unknown(&unknown);
    name_unrecognised(&ask.paths, &releases)?;
    if failed > 0 {
        return Err(Error::Library(format!(
            "{failed} of {} could not be loaded; the library is as it was without",
            plural(releases.len(), "release")
        )));
    }
    Ok(())
}

fn load_shown(
    library: &Library,
    release: &mut Release,
    options: &Options,
) -> Result<(ReleaseList, Report)> {
    let shown = Shown::reading(release);
    shown.watch(release);
    let outcome = publish(library, release, |staging| {
        loaders::load(release, options, &mut Told { sink: staging, shown: &shown })
    });
    shown.end();
    outcome
}

/// Reads one release and publishes it.
///
/// # Errors
/// When it cannot be read or stored; the library is as it was then.
pub fn load_release(
    library: &Library,
    release: &Release,
    options: &Options,
) -> Result<(ReleaseList, Report)> {
    publish(library, release, |staging| loaders::load(release, options, staging))
}

fn publish(
    library: &Library,
    release: &Release,
    read: impl FnOnce(&mut Staging) -> loaders::Result<Report>,
) -> Result<(ReleaseList, Report)> {
    let started = Instant::now();
    let mut staging = Staging::new(library, release)?;
    let mut report = read(&mut staging)?;
    let list = staging.publish()?;
    report.seconds = started.elapsed().as_secs_f64();
    Ok((list, report))
}

/// What the files of a release have in common, for people.
pub(super) fn short(release: &Release) -> &str {
    release.key.trim_end_matches('!')
}

fn plural(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn paths(files: &[File]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

fn print_dry_run(releases: &[Release], unknown: &[File], format: Format) -> Result<()> {
    match format {
        Format::Json => {
            let releases: Vec<Value> = releases
                .iter()
                .map(|release| {
                    json!({
                        "name": short(release),
                        "format": release.format.name(),
                        "files": paths(&release.files),
                        "bytes": release.bytes(),
                    })
                })
                .collect();
            return say_json(&json!({"releases": releases, "leftAside": paths(unknown)}));
        }
        Format::Csv => {
            let rows: Vec<Vec<String>> = releases
                .iter()
                .flat_map(|release| release.files.iter().map(move |file| (release, file)))
                .map(|(release, file)| {
                    let format = release.format.name().to_owned();
                    vec![short(release).to_owned(), format, file.path.clone()]
                })
                .collect();
            print_rows(format, &["release", "format", "file"], &rows)?;
        }
        Format::Table => {
            for release in releases {
                let (files, bytes) = (release.files.len(), megabytes(release.bytes()));
                let (key, name) = (short(release), release.format.name());
                say(&format!("would load {key} ({name}): {}, {bytes}", plural(files, "file")))?;
            }
        }
    }
    tell_unknown(unknown);
    Ok(())
}

/// Files that belong to no release are normal in a folder, so this is no error.
fn tell_unknown(unknown: &[File]) {
    if unknown.is_empty() {
        return;
    }
    let mut named: Vec<&str> = paths(unknown);
    named.truncate(NAMED);
    let more = match unknown.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    tell(&format!(
        "{} left aside, no release format was recognised: {}{more}",
        plural(unknown.len(), "file"),
        named.join(", ")
    ));
}

/// A path that was given and brought nothing is an error: whoever gave it expected something.
fn name_unrecognised(given: &[PathBuf], releases: &[Release]) -> Result<()> {
    let brings = |path: &Path| {
        let shown = path.display().to_string();
        let inside = |file: &File| {
            let rest = file.path.strip_prefix(&shown);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '!']))
                || shown.ends_with('/') && file.path.starts_with(&shown)
        };
        releases.iter().any(|release| release.files.iter().any(inside))
    };
    let nothing: Vec<String> =
        given.iter().filter(|path| !brings(path)).map(|path| path.display().to_string()).collect();
    if nothing.is_empty() {
        return Ok(());
    }
    Err(loaders::Error::Unrecognised {
        path: nothing.join(", "),
        known: loaders::Format::ALL.map(loaders::Format::name).join(", "),
    }
    .into())
}

fn as_json(library: &Library, loaded: &[Loaded<'_>], unknown: &[File]) -> Value {
    let mut releases = Vec::new();
    let mut errors = Vec::new();
    for Loaded { release, outcome } in loaded {
        match outcome {
            Ok((list, report)) => releases.push(release_json(release, list, report)),
            Err(error) => {
                errors.push(json!({"name": short(release), "message": error.to_string()}))
            }
        }
    }
    json!({
        "library": library.root().display().to_string(),
        "releases": releases,
        "errors": errors,
        "leftAside": paths(unknown),
    })
}

fn release_json(release: &Release, list: &ReleaseList, report: &Report) -> Value {
    let files = list.files.iter().map(|file| {
        json!({
            "kind": kind(file),
            "url": file.url,
            "version": file.version,
            "bytes": file.bytes,
            "hash": file.hash,
        })
    });
    let warnings = report.warnings.iter().map(
        |warning| json!({"path": warning.path, "line": warning.line, "message": warning.message}),
    );
    json!({
        "name": list.name,
        "format": release.format.name(),
        "files": files.collect::<Vec<_>>(),
        "counts": report.counts,
        "warnings": warnings.collect::<Vec<_>>(),
        "warningCount": report.warning_count,
        "seconds": report.seconds,
    })
}

fn print_files(loaded: &[Loaded<'_>]) -> Result<()> {
    let published = loaded.iter().filter_map(|one| one.outcome.as_ref().ok());
    let rows: Vec<Vec<String>> = published
        .flat_map(|(list, _)| list.files.iter().map(move |file| (list, file)))
        .map(|(list, file)| {
            vec![
                list.name.clone(),
                kind(file).to_owned(),
                file.url.clone(),
                file.version.clone(),
                file.bytes.to_string(),
                list.format.clone(),
            ]
        })
        .collect();
    print_rows(Format::Csv, &["release", "kind", "url", "version", "bytes", "format"], &rows)
}

fn print_report(loaded: &Loaded<'_>) -> Result<()> {
    let Loaded { release, outcome: Ok((list, report)) } = loaded else { return Ok(()) };
    let mut lines =
        vec![format!("{} ({}) in {:.2} s", list.name, release.format.name(), report.seconds)];
    for file in &list.files {
        let named = if file.url.is_empty() { "resources" } else { &file.url };
        let version =
            if file.version.is_empty() { String::new() } else { format!("|{}", file.version) };
        lines.push(format!("  {named}{version}  {}", megabytes(file.bytes)));
    }
    let counts = report.counts.iter().filter(|(_, number)| **number > 0);
    let counts: Vec<String> = counts.map(|(name, number)| format!("{number} {name}")).collect();
    lines.push(format!("  {}", counts.join(", ")));
    for warning in report.warnings.iter().take(WARNINGS) {
        let line =
            if warning.line > 0 { format!(", line {}", warning.line) } else { String::new() };
        lines.push(format!("  warning: {}{line}: {}", warning.path, warning.message));
    }
    if report.warning_count > WARNINGS as u64 {
        lines.push(format!(
            "  … {} warnings in all; --format json lists up to {}",
            report.warning_count,
            Report::KEPT
        ));
    }
    say(&lines.join("\n"))
}
