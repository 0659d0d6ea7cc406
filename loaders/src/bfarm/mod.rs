//! BfArM metadata text and transition tables.

pub(crate) mod systems;
#[cfg(test)]
pub(crate) mod test_files;

use crate::{Options, Probe, Release, Report, Result, Sink};

/// Whether the file is of this format; the key names the release it belongs to.
#[must_use]
pub fn recognise(_probe: &Probe<'_>) -> Option<String> {
    None
}

/// Reads a release.
///
/// # Errors
/// When a file is damaged or not what its format asks for.
pub fn load(
    _release: &Release,
    _options: &Options,
    _sink: &mut dyn Sink,
    _report: &mut Report,
) -> Result<()> {
    Ok(())
}
