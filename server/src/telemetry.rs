//! Logs.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Begins to log to standard error; `BEGRIFF_LOG` chooses what, `level` is the default. `json`
/// gives one JSON object a line. Colours are for terminals.
pub fn start(format: &str, level: &str) {
    let filter = EnvFilter::try_from_env("BEGRIFF_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start (in tests) keeps the first.
    let _ = if format == "json" {
        builder.json().try_init()
    } else {
        builder.with_target(false).try_init()
    };
}
