//! The table at the end of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Version;

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As expected.
    Passed,
    /// Not as expected, whether that is accepted or not.
    Failed,
    /// Not asked.
    Skipped,
}

/// One case in the report.
#[derive(Debug, Clone)]
pub struct Row {
    /// Version of the server.
    pub version: Version,
    /// Mode of the case.
    pub mode: String,
    /// Suite of the case.
    pub suite: String,
    /// Suite and name of the case.
    pub case: String,
    /// How it ended.
    pub end: End,
    /// Whether it fails for want of content that is not at hand.
    pub wants_content: bool,
}

/// The cases of a run.
#[derive(Debug, Clone, Default)]
pub struct Report(Vec<Row>);

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    wanting: usize,
}

impl Report {
    /// Adds a case.
    pub fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    /// The cases.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }

    /// Passes of a mode in a version; none if no case of it was asked.
    pub fn passed(&self, version: Version, mode: &str) -> Option<usize> {
        let asked =
            |row: &&Row| row.version == version && row.mode == mode && row.end != End::Skipped;
        self.0.iter().find(asked)?;
        Some(self.0.iter().filter(asked).filter(|row| row.end == End::Passed).count())
    }

    /// The table, by suites and in sum.
    pub fn table(&self) -> String {
        let mut suites: BTreeMap<(Version, &str, &str), Counts> = BTreeMap::new();
        let mut modes: BTreeMap<(Version, &str), Counts> = BTreeMap::new();
        for row in &self.0 {
            suites.entry((row.version, &row.mode, &row.suite)).or_default().add(row);
            modes.entry((row.version, &row.mode)).or_default().add(row);
        }
        let mut text = format!(
            "{:<26} {:<12} {:<7} {:>6} {:>6} {:>7}\n",
            "suite", "mode", "version", "passed", "failed", "skipped"
        );
        for ((version, mode, suite), counts) in &suites {
            let version = version.to_string();
            let Counts { passed, failed, skipped, .. } = counts;
            writeln!(
                text,
                "{suite:<26} {mode:<12} {version:<7} {passed:>6} {failed:>6} {skipped:>7}"
            )
            .unwrap();
        }
        for ((version, mode), counts) in &modes {
            let asked = counts.passed + counts.failed;
            if counts.wanting > 0 {
                writeln!(
                    text,
                    "{mode} {version}: {} of {asked}; {} fail for want of content",
                    counts.passed, counts.wanting
                )
                .unwrap();
            } else if asked > 0 {
                writeln!(text, "{mode} {version}: {} of {asked}", counts.passed).unwrap();
            } else {
                writeln!(text, "{mode} {version}: {} not asked", counts.skipped).unwrap();
            }
        }
        text
    }
}

impl Counts {
    fn add(&mut self, row: &Row) {
        self.wanting += usize::from(row.wants_content);
        match row.end {
            End::Passed => self.passed += 1,
            End::Failed => self.failed += 1,
            End::Skipped => self.skipped += 1,
        }
    }
}
