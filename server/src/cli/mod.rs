//! The command line.

mod expand;
mod help;
mod library;
mod load;
mod output;
mod progress;
mod query;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

pub use load::load_release;

use self::output::{say, tell};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::tls::{self, Tls};
use crate::{demo, listener, memory, telemetry, watch};

/// Begriff: a FHIR terminology server. Loads the releases of ICD-10-GM, OPS, Alpha-ID, LOINC,
/// SNOMED CT, Orphanet and any FHIR package as their publishers ship them, and serves them.
#[derive(Debug, Parser)]
#[command(name = "begriff", version, after_help = help::BEGRIFF)]
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
    /// Library directory [env: BEGRIFF_LIBRARY] [default: begriff in the platform's folder for
    /// application data, for example ~/.local/share/begriff].
    #[arg(long, global = true)]
    library: Option<PathBuf>,
}

/// How the commands that serve listen.
#[derive(Debug, Args)]
struct Listen {
    /// Address to listen on.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The server's certificate, for TLS: PEM or PKCS#12 [env: BEGRIFF_TLS_CERTIFICATE].
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// Its private key: PEM or PKCS#12; without it, it lies in the file of the certificate
    /// [env: BEGRIFF_TLS_KEY].
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Certificates of the authorities that clients' certificates must come from, PEM
    /// [env: BEGRIFF_TLS_CLIENT_CA].
    #[arg(long, value_name = "FILE")]
    tls_client_ca: Option<PathBuf>,
}

impl Listen {
    /// Puts what is given in place of what is set.
    fn apply(self, config: &mut Config) {
        config.listen = self.listen.unwrap_or(config.listen);
        let tls = &mut config.tls;
        for (given, setting) in [
            (self.tls_certificate, &mut tls.certificate),
            (self.tls_key, &mut tls.key),
            (self.tls_client_ca, &mut tls.client_ca),
        ] {
            if let Some(given) = given {
                *setting = given;
            }
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves embedded miniature releases of all six systems, with a web page at /.
    #[command(after_help = help::DEMO)]
    Demo(Listen),
    /// Loads releases into the library: files, folders and archives as their publishers ship them.
    Load(load::Load),
    /// Serves the library.
    #[command(after_help = help::SERVE)]
    Serve(Listen),
    /// Lists what the library holds.
    List(library::List),
    /// Tells what is known of a code.
    Lookup(query::Lookup),
    /// Says whether a code is valid, in its code system or in a value set.
    Validate(query::Validate),
    /// Finds concepts by words or beginnings of words, in everything that is loaded.
    Search(expand::Search),
    /// Lists the concepts of a value set.
    Expand(expand::Expand),
    /// Says whether code A is the same as code B or above it.
    Subsumes(query::Subsumes),
    /// Translates a code with the concept maps that are loaded.
    Translate(query::Translate),
    /// Compares every file of the library with its checksums.
    #[command(after_help = help::CHECK)]
    Check,
    /// Removes a release, by its name or as 'url|version'.
    Remove(library::Remove),
    /// Sets the version of a code system to use when a request names none.
    Default(library::Default),
}

/// What a question was answered; exit codes tell it to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Done, or yes.
    Yes,
    /// No: not valid, not subsumed, not translated.
    No,
}

/// Reads the command line and does what it says. The exit code is 0 where it is done, 1 for an
/// error, 2 where the answer is no.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            let _ = usage.print();
            return if usage.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match execute(cli) {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(2),
        Err(error) => {
            tell(&format!("begriff: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<Verdict> {
    let mut config = Config::read(cli.common.config.as_deref(), std::env::vars())?;
    if let Some(library) = cli.common.library {
        config.library = library;
    }
    // The demonstration has a library of its own.
    if !matches!(cli.command, Command::Demo(_)) {
        config.library = config.library_folder()?;
    }
    let is_server = matches!(cli.command, Command::Demo(_) | Command::Serve(_));
    if is_server {
        memory::spare();
    }
    telemetry::start(&config.log_format, if is_server { "info" } else { "error" });
    let done = match cli.command {
        Command::Lookup(query) => return query::lookup(config, &query),
        Command::Validate(query) => return query::validate(config, &query),
        Command::Subsumes(query) => return query::subsumes(config, &query),
        Command::Translate(query) => return query::translate(config, &query),
        Command::Demo(listen) => demonstrate(config, listen),
        Command::Serve(listen) => {
            listen.apply(&mut config);
            serve(config, "")
        }
        Command::Search(query) => expand::search(config, &query),
        Command::Expand(query) => expand::expand(config, &query),
        Command::Load(ask) => load::load(&config.library, &ask),
        Command::List(ask) => library::list(&existing(&config)?, &ask),
        Command::Check => library::check(&existing(&config)?),
        Command::Remove(ask) => library::remove(&existing(&config)?, &ask),
        Command::Default(ask) => library::default(&existing(&config)?, &ask),
    };
    done.map(|()| Verdict::Yes)
}

fn demonstrate(mut config: Config, listen: Listen) -> Result<()> {
    listen.apply(&mut config);
    let folder = tempfile::tempdir().map_err(|source| Error::io(&std::env::temp_dir(), source))?;
    config.library = folder.path().to_owned();
    demo::load_into(&Library::open(folder.path())?)?;
    serve(config, demo::WHAT_TO_TRY)
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
    let tls = Tls::open(&config.tls)?.map(Arc::new);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let app = Arc::new(App::open(config)?);
    if app.library.releases()?.is_empty() {
        tell(&format!(
            "begriff: the library '{}' is empty; what 'begriff load PATH' loads is served at once",
            app.library.root().display()
        ));
    }
    watch::watch(&app);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_keep_alive(memory::KEEP_ALIVE)
        .build()
        .map_err(|error| Error::Config(format!("threads: {error}")))?;
    runtime.block_on(async {
        let bound = tokio::net::TcpListener::bind(listen).await;
        let socket =
            bound.map_err(|error| Error::Config(format!("cannot listen on {listen}: {error}")))?;
        let address = socket.local_addr().unwrap_or(listen);
        say(&format!(
            "Begriff serves FHIR R4 at {scheme}://{address}/fhir, its web page at {scheme}://{address}/"
        ))?;
        if !hint.is_empty() {
            say(&hint.replace("{base}", &format!("{scheme}://{address}")))?;
        }
        if let Some(tls) = &tls {
            tokio::spawn(Arc::clone(tls).watch(tls::POLL));
        }
        tokio::spawn(memory::give_back_at_rest(Arc::clone(&app)));
        listener::serve(socket, app, tls, stop_signal())
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
