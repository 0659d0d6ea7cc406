//! Logs.

use tracing_subscriber::EnvFilter;

/// Begins to log to standard error; `BEGRIFF_LOG` chooses what (default `info`). `json` gives one
/// JSON object a line.
pub fn start(format: &str) {
    let filter = EnvFilter::try_from_env("BEGRIFF_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (in tests) keeps the first.
    let _ = if format == "json" { builder.json().try_init() } else { builder.with_target(false).try_init() };
}
