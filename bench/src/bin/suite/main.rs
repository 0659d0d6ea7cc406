//! Measures a terminology server over HTTP: the tests that peers publish figures for, and those of
//! our users, with checked answers and beside a bare handler.
//!
//! `suite all` makes full-size data, loads it, starts the server, runs everything and writes a
//! report. How to repeat the figures and read them: `bench/README.md`.

mod calls;
mod children;
mod client;
mod growth;
mod markdown;
mod measure;
mod pools;
mod prepare;
mod report;
mod run;
mod smoke;
mod streams;
mod svg;
mod tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::Result;
use bench::generate::Shape;
use clap::{Args, Parser, Subcommand};

use measure::Plan;
use report::Report;
use tests::{Pool, TESTS};

/// Measures a terminology server over HTTP, every answer checked.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes full-size data of all systems, loads it, starts the server, runs everything and writes
    /// the report.
    All {
        /// Folder for data and library; what is there of the same shape is used again.
        #[arg(long)]
        out: PathBuf,
        /// Size of SNOMED CT: 1 is 520,000 concepts.
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
        /// Size of the other systems, at most 1.
        #[arg(long, default_value_t = 1.0)]
        share: f64,
        #[command(flatten)]
        how: How,
        /// Report to write, its plots beside it.
        #[arg(long, default_value = "bench/report.md")]
        report: PathBuf,
    },
    /// Runs the tests on a library that is there, or on a server that runs.
    Run {
        /// Library to draw requests from and, without --base, to serve.
        #[arg(long)]
        library: PathBuf,
        /// FHIR base of a server that runs and has the same releases loaded,
        /// http://host:port/path.
        #[arg(long)]
        base: Option<String>,
        /// Process id of the server behind --base, if it runs on this machine: to read its
        /// processor time and memory.
        #[arg(long, requires = "base")]
        pid: Option<u32>,
        #[command(flatten)]
        how: How,
        /// Report to write, its plots beside it.
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Runs tests of SNOMED CT at several sizes and plots how each grows.
    Growth {
        /// Folder for data and libraries, one of each a size.
        #[arg(long)]
        out: PathBuf,
        /// Sizes of SNOMED CT: 1 is 520,000 concepts.
        #[arg(long, value_delimiter = ',', default_values_t = [0.1, 1.0, 3.0])]
        scales: Vec<f64>,
        #[command(flatten)]
        how: How,
        /// Report to write, its plot beside it.
        #[arg(long, default_value = "bench/growth.md")]
        report: PathBuf,
    },
    /// All of it with tiny data and short runs: fails when an answer is wrong or something has no
    /// figures, whatever the times are.
    Smoke,
}

/// How tests are run.
#[derive(Debug, Clone, Args)]
struct How {
    /// Seconds of each run, after a fifth of that to warm up [default: 5].
    #[arg(long)]
    seconds: Option<f64>,
    /// Numbers of connections, one run each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 50])]
    connections: Vec<usize>,
    /// Tests to run (FS01, LK01, …, large, streams); all without it.
    #[arg(long, value_delimiter = ',')]
    tests: Vec<String>,
    /// Pools to run them with.
    #[arg(long, value_delimiter = ',', default_values = ["published", "wide"])]
    pools: Vec<Pool>,
    /// Different requests in a wide pool.
    #[arg(long, default_value_t = 60_000)]
    wide: usize,
    /// Code system of the tests of SNOMED CT, instead of it.
    #[arg(long)]
    system: Option<String>,
    /// Runs of one second.
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// Tells so many of the slowest requests of each run.
    #[arg(long, default_value_t = 0)]
    slowest: usize,
    /// Does not measure the bare handler.
    #[arg(long)]
    without_bare: bool,
    /// The program 'begriff', instead of the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// File to write all figures to, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl How {
    fn plan(&self, library: PathBuf) -> Result<Plan> {
        let others = ["large", "streams"];
        for name in &self.tests {
            if tests::named(name).is_none() && !others.contains(&name.as_str()) {
                let known: Vec<&str> = TESTS.iter().map(|test| test.name).chain(others).collect();
                return Err(format!("no test '{name}'; there are: {}", known.join(", ")).into());
            }
        }
        Ok(Plan {
            library,
            base: None,
            pid: None,
            system: self.system.clone(),
            seconds: self.seconds.unwrap_or(if self.quick { 1.0 } else { 5.0 }),
            connections: self.connections.clone(),
            tests: self.tests.clone(),
            pools: self.pools.clone(),
            wide: self.wide,
            slowest: self.slowest,
            share: 1.0,
            with_bare: !self.without_bare,
            server: match &self.server {
                Some(program) => program.clone(),
                None => children::beside("begriff")?,
            },
        })
    }
}

fn main() -> ExitCode {
    match perform(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("suite: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every answer was right.
fn perform(command: Command) -> Result<bool> {
    match command {
        Command::All { out, scale, share, how, report } => {
            let plan = how.plan(out.join("library"))?;
            let full = Shape::default();
            let snomed = (full.snomed as f64 * scale) as usize;
            let loads = prepare::library(&out, &Shape { snomed, share, ..full }, &plan.server)?;
            let mut measured = measured(&plan)?;
            measured.loads = loads;
            written(&measured, how.json.as_deref(), Some(&report))
        }
        Command::Run { library, base, pid, how, report } => {
            let plan = Plan { base, pid, ..how.plan(library)? };
            written(&measured(&plan)?, how.json.as_deref(), report.as_deref())
        }
        Command::Growth { out, scales, how, report } => {
            let growth = growth::measure(&out, &scales, &how)?;
            growth.write(&report)?;
            Ok(growth.errors() == 0)
        }
        Command::Smoke => smoke::run(),
    }
}

fn measured(plan: &Plan) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, measure::measure(plan))
}

/// Writes what was measured; whether every answer was right.
fn written(report: &Report, json: Option<&Path>, markdown: Option<&Path>) -> Result<bool> {
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_vec_pretty(report)?)?;
    }
    if let Some(path) = markdown {
        markdown::write(report, path)?;
        println!("\nwritten: {}", path.display());
    }
    let errors = report.errors();
    if errors > 0 {
        eprintln!("suite: {errors} answers were wrong");
    }
    Ok(errors == 0)
}
