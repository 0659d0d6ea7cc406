//! What a loader saw.

use std::collections::BTreeMap;

/// Something odd in a release that did not stop it from loading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file; `archive.zip!inner/file` for a file in an archive.
    pub path: String,
    /// Line from 1, or 0 when it is not known or the whole file is meant.
    pub line: u64,
    /// What was found, and what was done about it.
    pub message: String,
}

/// Counts and warnings of one load.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many of what: rows read, concepts, designations, … by name, in alphabetical order.
    pub counts: BTreeMap<String, u64>,
    /// The first warnings, at most [`Report::KEPT`].
    pub warnings: Vec<Warning>,
    /// How many warnings there were in all.
    pub warning_count: u64,
    /// Bytes read (uncompressed).
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
}

impl Report {
    /// How many warnings are kept in full.
    pub const KEPT: usize = 1_000;

    /// Adds `number` to the count called `name`.
    pub fn count(&mut self, name: &str, number: u64) {
        *self.counts.entry(name.to_owned()).or_default() += number;
    }

    /// Notes something odd.
    pub fn warn(&mut self, path: &str, line: u64, message: impl Into<String>) {
        self.warning_count += 1;
        if self.warnings.len() < Self::KEPT {
            self.warnings.push(Warning { path: path.into(), line, message: message.into() });
        }
    }
}
