//! Measures loading: time, peak memory and size of every release found below paths.
//!
//! Each release is loaded by a process of its own into a library of its own, so that peaks do not
//! add up and an earlier load has warmed nothing but the cache of the file system.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use bench::process::own_status;
use bench::rf2_generator::{Shape, generate};
use bench::{Result, draw};
use clap::Parser;
use loaders::Options;
use serde::{Deserialize, Serialize};
use server::cli::load_release;
use server::library::Library;

// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Loads releases into temporary libraries and tells what it took.
#[derive(Debug, Parser)]
struct Arguments {
    /// Files, folders and archives, as for 'begriff load'.
    #[arg(required_unless_present = "smoke")]
    paths: Vec<PathBuf>,
    /// How often each release is loaded; the fastest load is told.
    #[arg(long, default_value_t = 1)]
    times: usize,
    /// Where the temporary libraries are made, instead of the system's folder.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Loads a small invented release: fails when nothing comes of it.
    #[arg(long)]
    smoke: bool,
    /// Loads the release with this number alone and prints figures as JSON.
    #[arg(long, hide = true)]
    release: Option<usize>,
}

/// What one load took.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    name: String,
    /// Finding out what the files are, with their checksums.
    recognise_seconds: f64,
    load_seconds: f64,
    peak_kib: Option<u64>,
    source_bytes: u64,
    edition_bytes: u64,
    code_systems: usize,
    concepts: u64,
    designations: u64,
    concept_maps: usize,
    warnings: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.release {
        Some(number) => load_one(&arguments, number).map(|()| true),
        None => load_all(arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load_times: {error}");
            ExitCode::FAILURE
        }
    }
}

fn library_folder(scratch: Option<&Path>) -> std::io::Result<tempfile::TempDir> {
    match scratch {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    }
}

/// The child: loads one release and prints its figures.
fn load_one(arguments: &Arguments, number: usize) -> Result<()> {
    let folder = library_folder(arguments.scratch.as_deref())?;
    let library = Library::open(folder.path())?;
    let options = Options::default();
    let start = Instant::now();
    let (releases, _) = loaders::recognise(&arguments.paths, &options)?;
    let recognise_seconds = start.elapsed().as_secs_f64();
    let release = releases.get(number).ok_or("the releases changed meanwhile")?;
    let source_bytes = release.sources.iter().map(|source| source.bytes).sum();
    let start = Instant::now();
    let (list, report) = load_release(&library, release, &options)?;
    let load_seconds = start.elapsed().as_secs_f64();
    // Before the library is opened: opening maps every file.
    let peak_kib = own_status("VmHWM:");
    let (_, snapshot) = draw::open(folder.path())?;
    let systems = snapshot.catalogue.code_systems();
    let sum = |count: fn(&codesystems::Edition) -> u32| {
        systems.iter().map(|system| u64::from(count(system.edition()))).sum()
    };
    let figures = Figures {
        name: format!("{} ({})", list.name, release.format.name()),
        recognise_seconds,
        load_seconds,
        peak_kib,
        source_bytes,
        edition_bytes: list.files.iter().map(|file| file.bytes).sum(),
        code_systems: systems.len(),
        concepts: sum(codesystems::Edition::concept_count),
        designations: sum(codesystems::Edition::designation_count),
        concept_maps: snapshot.catalogue.concept_maps().len(),
        warnings: report.warning_count,
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// The parent: a child for each release. Whether all could be loaded.
fn load_all(mut arguments: Arguments) -> Result<bool> {
    let invented = tempfile::tempdir()?;
    if arguments.smoke {
        let shape = Shape { concepts: 2_000, ..Shape::default() };
        generate(&shape, invented.path()).map_err(|error| error.to_string())?;
        arguments.paths = vec![invented.path().to_owned()];
    }
    println!(
        "| release | recognise s | load s | peak MiB | sources MB | editions MB | systems | concepts | designations | maps | warnings |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let (mut is_whole, mut count) = (true, 0);
    for path in &arguments.paths {
        let (releases, _) = loaders::recognise(std::slice::from_ref(path), &Options::default())?;
        count += releases.len();
        for (number, release) in releases.iter().enumerate() {
            match fastest(&arguments, path, number) {
                Ok(figures) => {
                    println!("{}", line(&figures));
                    is_whole &= !arguments.smoke || figures.concepts > 0;
                }
                Err(error) => {
                    eprintln!("load_times: {}: {error}", release.key);
                    is_whole = false;
                }
            }
        }
    }
    if count == 0 {
        eprintln!("load_times: no release was recognised");
    }
    Ok(is_whole && count > 0)
}

fn fastest(arguments: &Arguments, path: &Path, number: usize) -> Result<Figures> {
    let mut best: Option<Figures> = None;
    for _ in 0..arguments.times.max(1) {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(path).args(["--release", &number.to_string()]);
        if let Some(scratch) = &arguments.scratch {
            command.arg("--scratch").arg(scratch);
        }
        let output = command.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
        }
        let figures: Figures = serde_json::from_slice(&output.stdout)?;
        if best.as_ref().is_none_or(|best| figures.load_seconds < best.load_seconds) {
            best = Some(figures);
        }
    }
    best.ok_or_else(|| "not loaded at all".into())
}

fn line(figures: &Figures) -> String {
    format!(
        "| {} | {:.2} | {:.2} | {} | {:.1} | {:.1} | {} | {} | {} | {} | {} |",
        figures.name,
        figures.recognise_seconds,
        figures.load_seconds,
        bench::process::mib(figures.peak_kib),
        figures.source_bytes as f64 / 1e6,
        figures.edition_bytes as f64 / 1e6,
        figures.code_systems,
        figures.concepts,
        figures.designations,
        figures.concept_maps,
        figures.warnings
    )
}
