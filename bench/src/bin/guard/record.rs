//! The recorded figures, with the reasons for which they were recorded.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bench::Result;
use serde::{Deserialize, Serialize};

use crate::paths::QUESTIONS;

/// Percent that a path may grow.
const MOST_GROWTH: u64 = 5;

/// What is in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The compiler they were counted with.
    compiler: String,
    /// Instructions of each path for all its questions.
    instructions: BTreeMap<String, u64>,
    /// Why the figures were recorded, oldest first.
    reasons: Vec<Reason>,
}

/// Why figures were recorded, with those that changed by more than may be.
#[derive(Debug, Serialize, Deserialize)]
struct Reason {
    reason: String,
    /// Path, figure before (0 for a new path), figure since.
    changed: Vec<(String, u64, u64)>,
}

impl Record {
    /// Reads the file; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be read or is no record.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| format!("{}: {error}", path.display()).into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// Takes new figures for a reason.
    pub(crate) fn replace(&mut self, reason: &str, counted: &BTreeMap<String, u64>) {
        let changed = counted
            .iter()
            .map(|(name, &new)| (name, self.instructions.get(name).copied().unwrap_or(0), new))
            .filter(|&(_, old, new)| is_grown(old, new) || is_grown(new, old))
            .map(|(name, old, new)| (name.clone(), old, new))
            .collect();
        self.reasons.push(Reason { reason: reason.to_owned(), changed });
        self.instructions.clone_from(counted);
        self.compiler = compiler();
    }

    /// Prints every path beside its record; whether none grew too much and all are recorded.
    pub(crate) fn compare(&self, counted: &BTreeMap<String, u64>) -> bool {
        let mut is_kept = true;
        println!("instructions of one question, recorded and now:");
        for (name, &new) in counted {
            let Some(&old) = self.instructions.get(name) else {
                println!("{name:<16} is not recorded; record it with --record --reason TEXT");
                is_kept = false;
                continue;
            };
            let told = match (is_grown(old, new), is_grown(new, old)) {
                (true, _) => "GREW",
                (_, true) => "shrank; record it to keep it",
                _ => "",
            };
            is_kept &= !is_grown(old, new);
            let each = |all: u64| all / QUESTIONS as u64;
            let percent = (new as f64 / old.max(1) as f64 - 1.0) * 100.0;
            println!("{name:<16} {:>9} {:>9} {percent:>+7.2} % {told}", each(old), each(new));
        }
        if !is_kept {
            eprintln!(
                "guard: a path takes more than {MOST_GROWTH} % more instructions than recorded. Make it as fast again, or record the new figures: bench/guard --record --reason 'why it must be so'"
            );
            if self.compiler != compiler() {
                eprintln!(
                    "guard: they were recorded with {}, this is {}",
                    self.compiler,
                    compiler()
                );
            }
        }
        is_kept
    }
}

/// Whether a figure is more than 5 % above an old one.
fn is_grown(old: u64, new: u64) -> bool {
    u128::from(new) * 100 > u128::from(old) * u128::from(100 + MOST_GROWTH)
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or_else(
        |_| "an unknown compiler".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(figures: &[(&str, u64)]) -> BTreeMap<String, u64> {
        figures.iter().map(|(name, figure)| ((*name).to_owned(), *figure)).collect()
    }

    #[test]
    fn a_path_may_grow_by_five_percent_and_no_more() {
        let mut record = Record::default();
        record.replace("first", &counted(&[("a", 1_000), ("b", 1_000)]));
        assert!(record.compare(&counted(&[("a", 1_050), ("b", 10)])));
        assert!(!record.compare(&counted(&[("a", 1_051), ("b", 10)])));
        assert!(!record.compare(&counted(&[("c", 1)])));
    }

    #[test]
    fn reasons_stay_with_what_they_changed() {
        let mut record = Record::default();
        record.replace("first", &counted(&[("a", 1_000), ("b", 1_000)]));
        record.replace("second", &counted(&[("a", 1_200), ("b", 1_001)]));
        let changed: Vec<_> = record.reasons.iter().map(|reason| reason.changed.len()).collect();
        assert_eq!(changed, [2, 1]);
        assert_eq!(record.reasons[1].changed, [("a".to_owned(), 1_000, 1_200)]);
    }
}
