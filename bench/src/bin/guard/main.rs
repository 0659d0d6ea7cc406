//! Guards the hottest paths against becoming slower: counts their instructions under valgrind and
//! compares them with `bench/instructions.json`.
//!
//! Instructions do not depend on what else the machine does; they do on the compiler and on the
//! build, which `bench/guard` sees to.

mod callgrind;
mod paths;
mod record;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::Result;
use bench::generate::{Shape, System};
use clap::Parser;
use loaders::Options;
use server::cli::load_release;
use server::library::Library;

use record::Record;

// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Counts the instructions of the hottest paths and fails when one grew by more than 5 %.
#[derive(Debug, Parser)]
struct Arguments {
    /// The recorded figures.
    #[arg(long, default_value = "bench/instructions.json")]
    file: PathBuf,
    /// Records the figures instead of comparing them.
    #[arg(long, requires = "reason")]
    record: bool,
    /// Why the figures are recorded anew; it is kept in the file.
    #[arg(long, requires = "record")]
    reason: Option<String>,
    /// Walks the paths on this library and counts nothing: what runs under valgrind.
    #[arg(long, hide = true)]
    walk: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("guard: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether no path grew too much.
fn run(arguments: &Arguments) -> Result<bool> {
    if let Some(library) = &arguments.walk {
        paths::walk(library)?;
        return Ok(true);
    }
    let folder = tempfile::tempdir()?;
    let library = library(folder.path())?;
    let names = paths::PATHS.map(|(name, ..)| name);
    let counted = callgrind::count(&library, folder.path(), &names)?;
    match &arguments.reason {
        Some(reason) if !reason.trim().is_empty() => {
            let mut record = Record::read(&arguments.file)?.unwrap_or_default();
            record.replace(reason.trim(), &counted);
            record.write(&arguments.file)?;
            println!("recorded in {}", arguments.file.display());
            Ok(true)
        }
        Some(_) => Err("the reason is empty".into()),
        None => match Record::read(&arguments.file)? {
            Some(record) => Ok(record.compare(&counted)),
            None => Err(format!(
                "there is no '{}'; record it with --record --reason TEXT",
                arguments.file.display()
            )
            .into()),
        },
    }
}

/// The same small library each time.
fn library(folder: &Path) -> Result<PathBuf> {
    let (releases, root) = (folder.join("releases"), folder.join("library"));
    let library = Library::open(&root)?;
    for system in [System::Snomed, System::Packages] {
        system.generate(&Shape::small(), &releases)?;
        let options = Options::default();
        let (found, _) = loaders::recognise(&[releases.join(system.name())], &options)?;
        for release in &found {
            load_release(&library, release, &options)?;
        }
    }
    Ok(root)
}
