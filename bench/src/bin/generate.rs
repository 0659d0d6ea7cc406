//! Writes invented releases of all systems, for measuring at full size.

use std::path::PathBuf;
use std::process::ExitCode;

use bench::Result;
use bench::generate::{Shape, System};
use clap::Parser;

/// Writes invented releases in their publishers' formats, a folder for each system.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to write: all, or any of snomed, loinc, icd10gm, ops, alpha_id, orphanet, rxnorm,
    /// packages, local. The value sets of 'packages' list codes of SNOMED CT only where it was
    /// written to the same folder before.
    #[arg(required = true)]
    systems: Vec<String>,
    /// Folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// Size of SNOMED CT: 1 is 520,000 concepts.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Size of the other systems, at most 1.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// Years of ICD-10-GM.
    #[arg(long, default_value_t = 17)]
    icd_years: u16,
    /// Years of Alpha-ID.
    #[arg(long, default_value_t = 8)]
    alpha_id_years: u16,
    /// The same seed gives the same releases.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Adds a German extension to SNOMED CT, as a second package.
    #[arg(long)]
    german: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let systems = wanted(&arguments.systems)?;
    let full = Shape::default();
    let shape = Shape {
        snomed: (full.snomed as f64 * arguments.scale) as usize,
        german: arguments.german,
        share: arguments.share,
        icd_years: arguments.icd_years,
        alpha_id_years: arguments.alpha_id_years,
        seed: arguments.seed,
        ..full
    };
    for system in systems {
        let written = system
            .generate(&shape, &arguments.out)
            .map_err(|error| format!("{}: {error}", system.name()))?;
        let rows: u64 = written.files.iter().map(|(_, rows)| rows).sum();
        let (files, bytes) = (written.files.len(), written.bytes);
        println!("{:>10} {files:>6} files {rows:>9} rows {bytes:>11} bytes", system.name());
    }
    Ok(())
}

fn wanted(names: &[String]) -> Result<Vec<System>> {
    if names.iter().any(|name| name == "all") {
        return Ok(System::ALL.into());
    }
    let known = |name: &String| {
        System::ALL.into_iter().find(|system| system.name() == name).ok_or_else(|| {
            let names = System::ALL.map(System::name).join(", ");
            format!("no system '{name}'; there are: all, {names}").into()
        })
    };
    names.iter().map(known).collect()
}
