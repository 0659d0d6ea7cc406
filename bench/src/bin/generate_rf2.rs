//! Writes an invented SNOMED CT release in RF2, for measuring at full size.

use std::path::PathBuf;
use std::process::ExitCode;

use bench::rf2_generator::{Shape, generate};
use clap::Parser;

/// Writes an invented SNOMED CT release in RF2.
#[derive(Debug, Parser)]
struct Arguments {
    /// Concepts, active and inactive.
    #[arg(long, default_value_t = 520_000)]
    concepts: usize,
    /// The same seed gives the same release.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// Adds a German extension as a second package.
    #[arg(long)]
    german: bool,
}

fn main() -> ExitCode {
    let Arguments { concepts, seed, out, german } = Arguments::parse();
    let shape = Shape { concepts, seed, german, ..Shape::default() };
    match generate(&shape, &out) {
        Ok(written) => {
            for (path, rows) in &written.files {
                println!("{rows:>10} {}", path.display());
            }
            println!("{:>10} bytes", written.bytes);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}
