//! `begriff load`.

use std::path::PathBuf;

use clap::Args;
use loaders::{Options, Release, Report};

use super::{say, say_error};
use crate::error::Result;
use crate::library::{Library, ReleaseList, Staging};

/// What to load, and what the files do not say.
#[derive(Debug, Clone, Args)]
pub(crate) struct Load {
    /// Files, folders or archives (zip, tar.gz, tgz, tar.xz).
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Format, instead of recognising it: claml, bfarm, alpha-id, loinc, rxnorm, ndc, omop,
    /// rf2, orphadata, fhir, ucum-essence, obo, csv.
    #[arg(long)]
    pub format: Option<String>,
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
}

impl Load {
    fn options(&self) -> Options {
        Options {
            format: self.format.clone(),
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

/// Loads every release found below the paths. One that fails does not keep the others from being
/// loaded.
///
/// # Errors
/// When nothing is recognised, or a release could not be loaded.
pub(super) fn load(library: &Library, ask: &Load) -> Result<()> {
    let options = ask.options();
    let (releases, unknown) = loaders::recognise(&ask.paths, &options)?;
    if ask.dry_run {
        for release in &releases {
            say(&format!(
                "{} ({}): {} files",
                release.key,
                release.format.name(),
                release.files.len()
            ));
        }
        return Ok(());
    }
    let mut first_error = None;
    for release in &releases {
        match load_release(library, release, &options) {
            Ok((list, report)) => print(release, &list, &report),
            Err(error) => {
                say_error(&error.to_string());
                first_error.get_or_insert(error);
            }
        }
    }
    if !unknown.is_empty() {
        say(&format!(
            "{} files were left aside, no release format was recognised in them",
            unknown.len()
        ));
    }
    first_error.map_or(Ok(()), Err)
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
    let started = std::time::Instant::now();
    let mut staging = Staging::new(library, release)?;
    let mut report = loaders::load(release, options, &mut staging)?;
    let list = staging.publish()?;
    report.seconds = started.elapsed().as_secs_f64();
    Ok((list, report))
}

fn print(release: &Release, list: &ReleaseList, report: &Report) {
    say(&format!("{} ({}) in {:.2} s", list.name, release.format.name(), report.seconds));
    for file in &list.files {
        let named = if file.url.is_empty() { "resources" } else { &file.url };
        let version =
            if file.version.is_empty() { String::new() } else { format!("|{}", file.version) };
        say(&format!("  {named}{version}  {:.1} MB", file.bytes as f64 / 1e6));
    }
    let counts: Vec<String> =
        report.counts.iter().map(|(name, number)| format!("{number} {name}")).collect();
    say(&format!("  {}", counts.join(", ")));
    for warning in report.warnings.iter().take(20) {
        let line =
            if warning.line > 0 { format!(", line {}", warning.line) } else { String::new() };
        say(&format!("  warning: {}{line}: {}", warning.path, warning.message));
    }
    if report.warning_count > 20 {
        say(&format!("  … {} warnings in all", report.warning_count));
    }
}
