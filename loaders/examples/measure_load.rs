//! Loads releases and says how long it took, how much memory, and how large the editions are.
//!
//! ```text
//! cargo run --release -p loaders --example measure_load -- FOLDER_OR_ARCHIVE...
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use codesystems::{Edition, EditionBuilder};
use loaders::{Error, Options, Resource, Result, Sink};
use valuesets::conceptmap::ConceptMapBuilder;

/// Builds editions and forgets them.
struct Measure;

impl Sink for Measure {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        let version = edition.meta.version.clone();
        println!("collected, peak {} MiB", peak_mebibytes());
        let start = Instant::now();
        let wrong = |source| Error::Edition { path: version.clone(), source };
        let bytes = edition.finish().map_err(wrong)?;
        println!(
            "built {version}: {} MiB in {:.1} s, peak {} MiB",
            bytes.len() >> 20,
            start.elapsed().as_secs_f64(),
            peak_mebibytes()
        );
        let edition = Edition::from_bytes(bytes.into()).map_err(wrong)?;
        println!(
            "{} concepts, {} designations",
            edition.concept_count(),
            edition.designation_count()
        );
        Ok(())
    }

    fn concept_map(&mut self, _: ConceptMapBuilder) -> Result<()> {
        Ok(())
    }

    fn resource(&mut self, _: Resource<'_>) -> Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    match measure(&paths) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(paths: &[PathBuf]) -> Result<()> {
    let start = Instant::now();
    let options = Options::default();
    let (releases, unknown) = loaders::recognise(paths, &options)?;
    println!(
        "recognised in {:.1} s, {} files unknown",
        start.elapsed().as_secs_f64(),
        unknown.len()
    );
    for release in &releases {
        let report = loaders::load(release, &options, &mut Measure)?;
        println!("{} {} in {:.1} s", release.format.name(), release.key, report.seconds);
        for (name, number) in &report.counts {
            println!("{number:>10} {name}");
        }
        for warning in report.warnings.iter().take(10) {
            println!("{}:{}: {}", warning.path, warning.line, warning.message);
        }
    }
    Ok(())
}

/// The most memory the process had, on Linux; 0 elsewhere.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() >> 10
}
