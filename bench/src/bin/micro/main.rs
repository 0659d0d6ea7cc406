//! Measures in process the paths that the design holds to figures (`bench/README.md`).

mod constraints;
mod engine;
mod harness;
mod operations;
mod sent;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

use bench::{Result, draw};
use clap::Parser;
use server::app::App;
use server::config::Config;
use server::library::Library;

use harness::Harness;

// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures in process what the parts of the server take.
#[derive(Debug, Parser)]
struct Arguments {
    /// Library to measure with.
    #[arg(long, default_value = "library")]
    library: PathBuf,
    /// Code system to ask about, instead of the largest.
    #[arg(long)]
    system: Option<String>,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Different questions of each measurement; a large number makes caches of the processor miss.
    #[arg(long, default_value_t = 2_000)]
    pool: usize,
    /// Short runs over the embedded demonstration: fails when a result is wrong or a measurement
    /// has nothing to measure, whatever the times are.
    #[arg(long)]
    smoke: bool,
}

fn main() -> ExitCode {
    match measure(Arguments::parse()) {
        Ok(wrong) if wrong.is_empty() => ExitCode::SUCCESS,
        Ok(wrong) => {
            for text in wrong {
                eprintln!("micro: {text}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("micro: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What was wrong.
fn measure(mut arguments: Arguments) -> Result<Vec<String>> {
    let demonstration = tempfile::tempdir()?;
    if arguments.smoke {
        server::demo::load_into(&Library::open(demonstration.path())?)?;
        arguments.library = demonstration.path().to_owned();
        arguments.seconds = 0.1;
        arguments.pool = 200;
        // Of the demonstration's systems the one that has everything: hierarchy and attributes.
        arguments.system.get_or_insert_with(|| "http://snomed.info/sct".into());
    }
    // Refuses a library that is not there, which the server would make.
    drop(draw::open(&arguments.library)?);
    let config = Config { library: arguments.library.clone(), ..Config::default() };
    let app = App::without_store(config)?;
    let snapshot = app.snapshot();
    let named: Vec<String> = arguments.system.clone().into_iter().collect();
    let systems = draw::systems(&snapshot, &named, 8);
    let Some(system) = systems.first() else {
        return Err("no such code system in the library".into());
    };
    let meta = system.edition().meta();
    println!(
        "{}|{}: {} concepts, {} designations; pool of {}\n",
        meta.url,
        meta.version,
        system.edition().concept_count(),
        system.edition().designation_count(),
        arguments.pool
    );
    let mut harness = Harness::new(arguments.seconds);
    harness.begin();
    engine::measure(&mut harness, &snapshot, system, arguments.pool)?;
    constraints::measure(&mut harness, system.edition());
    operations::measure(&mut harness, &app, &systems, arguments.pool)?;
    sent::measure(&mut harness, &app)?;
    tables::measure(&mut harness)?;
    Ok(harness.wrong)
}
