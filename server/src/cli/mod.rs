//! The command line.

mod load;
pub use load::load_release;
mod query;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::{demo, listener, telemetry, watch};

/// Begriff: a FHIR terminology server. Loads the releases of ICD-10-GM, OPS, Alpha-ID, LOINC,
/// SNOMED CT, Orphanet and any FHIR package as their publishers ship them, and serves them.
#[derive(Debug, Parser)]
#[command(name = "begriff", version, about)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of all commands.
#[derive(Debug, Args)]
struct Common {
    /// Configuration file (TOML).
    #[arg(long, global = true, env = "BEGRIFF_CONFIG")]
    config: Option<PathBuf>,
    /// Library directory.
    #[arg(long, global = true)]
    library: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves embedded miniature releases of all six systems, with a web page at /.
    Demo {
        /// Address to listen on.
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Loads releases into the library: files, folders and archives as their publishers ship them.
    Load(load::Load),
    /// Serves the library.
    Serve {
        /// Address to listen on.
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Lists what the library holds.
    List,
    /// Compares every file of the library with its checksums.
    Check,
    /// Removes a release, by its name or as 'url|version'.
    Remove {
        /// Name of the release, or canonical and version of a code system.
        release: String,
    },
    /// Sets the version of a code system to use when a request names none.
    Default {
        /// Canonical of the code system.
        system: String,
        /// The version; without it the default is forgotten and the newest is used.
        version: Option<String>,
    },
    /// Tells what is known of a code.
    Lookup(query::Lookup),
    /// Expands a value set.
    Expand(query::Expand),
    /// Says whether a code is valid, in its code system or in a value set.
    Validate(query::Validate),
    /// Translates a code.
    Translate(query::Translate),
}

/// Reads the command line and does what it says.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to standard output; a closed pipe is nobody's error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn say_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "begriff: {line}");
}

fn execute(cli: Cli) -> Result<()> {
    let mut config = Config::read(cli.common.config.as_deref(), std::env::vars())?;
    if let Some(library) = cli.common.library {
        config.library = library;
    }
    telemetry::start(&config.log_format);
    match cli.command {
        Command::Demo { listen } => {
            config.listen = listen.unwrap_or(config.listen);
            let folder = tempfile::tempdir().map_err(|source| Error::io(&std::env::temp_dir(), source))?;
            config.library = folder.path().to_owned();
            demo::load_into(&Library::open(folder.path())?)?;
            serve(config, demo::WHAT_TO_TRY)
        }
        Command::Serve { listen } => {
            config.listen = listen.unwrap_or(config.listen);
            serve(config, "")
        }
        Command::Load(load) => load::load(&Library::open(&config.library)?, &load),
        Command::List => list(&existing(&config)?),
        Command::Check => check(&existing(&config)?),
        Command::Remove { release } => {
            for gone in existing(&config)?.remove(&release)? {
                say(&format!("removed {}", gone.name));
            }
            Ok(())
        }
        Command::Default { system, version } => {
            existing(&config)?.set_default(&system, version.as_deref())?;
            let chosen = version.unwrap_or_else(|| "the newest version".into());
            say(&format!("{system}: {chosen} is used when a request names none"));
            Ok(())
        }
        Command::Lookup(query) => query::lookup(config, &query),
        Command::Expand(query) => query::expand(config, &query),
        Command::Validate(query) => query::validate(config, &query),
        Command::Translate(query) => query::translate(config, &query),
    }
}

/// Commands that only look must not make a library where there is none.
fn existing(config: &Config) -> Result<Library> {
    if !config.library.join("releases").is_dir() {
        return Err(Error::Library(format!(
            "there is no library in '{}'; load a release with 'begriff load PATH', or name another with --library",
            config.library.display()
        )));
    }
    Library::open(&config.library)
}

fn serve(config: Config, hint: &str) -> Result<()> {
    let listen = config.listen;
    let app = Arc::new(App::open(config)?);
    watch::watch(&app);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Config(format!("threads: {error}")))?;
    runtime.block_on(async {
        let bound = tokio::net::TcpListener::bind(listen).await;
        let socket = bound.map_err(|error| Error::Config(format!("cannot listen on {listen}: {error}")))?;
        let address = socket.local_addr().unwrap_or(listen);
        say(&format!("Begriff serves FHIR R4 at http://{address}/fhir, its web page at http://{address}/"));
        if !hint.is_empty() {
            say(&hint.replace("{base}", &format!("http://{address}")));
        }
        listener::serve(socket, app, stop_signal())
            .await
            .map_err(|error| Error::Config(format!("listener: {error}")))
    })
}

/// Ready when the process is asked to end.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        match terminate {
            Ok(mut terminate) => tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            },
            Err(_) => {
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}

fn list(library: &Library) -> Result<()> {
    let defaults = library.defaults()?;
    for release in library.releases()? {
        say(&format!("{}  ({}, loaded {})", release.name, release.format, release.loaded_at));
        for file in &release.files {
            let chosen = if defaults.get(&file.url) == Some(&file.version) { "  default" } else { "" };
            let hash = file.hash.get(..12).unwrap_or_default();
            let named = if file.url.is_empty() { "resources".into() } else { format!("{}|{}", file.url, file.version) };
            say(&format!("  {named}  {:.1} MB  {hash}{chosen}", file.bytes as f64 / 1e6));
        }
    }
    Ok(())
}

fn check(library: &Library) -> Result<()> {
    let snapshot = crate::library::Snapshot::open(library, None)?;
    if snapshot.problems.is_empty() {
        say("every file fits its checksums");
        return Ok(());
    }
    Err(Error::Library(snapshot.problems.join("\n")))
}
