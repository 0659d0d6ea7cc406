//! x
use crate::{Options, Probe, Release, Report, Result, Sink};
/// x
#[must_use]
pub fn recognise(_probe: &Probe<'_>) -> Option<String> {
    None
}
/// x
/// # Errors
/// x
pub fn load(
    _release: &Release,
    _options: &Options,
    _sink: &mut dyn Sink,
    _report: &mut Report,
) -> Result<()> {
    Ok(())
}
