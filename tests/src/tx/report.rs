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
    /// Whether the official comparison lets it pass.
    pub passes_officially: bool,
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
    official: usize,
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
            "{:<26} {:<12} {:<7} {:>6} {:>10} {:>6} {:>7}\n",
            "suite", "mode", "version", "passed", "officially", "failed", "skipped"
        );
        for ((version, mode, suite), counts) in &suites {
            let version = version.to_string();
            let Counts { passed, failed, skipped, official, .. } = counts;
            writeln!(
                text,
                "{suite:<26} {mode:<12} {version:<7} {passed:>6} {official:>10} {failed:>6} {skipped:>7}"
            )
            .unwrap();
        }
        for ((version, mode), counts) in &modes {
            let asked = counts.passed + counts.failed;
            if asked == 0 {
                writeln!(text, "{mode} {version}: {} not asked", counts.skipped).unwrap();
                continue;
            }
            write!(
                text,
                "{mode} {version}: {} of {asked}, {} by the official comparison",
                counts.passed, counts.official
            )
            .unwrap();
            if counts.wanting > 0 {
                write!(text, "; {} fail for want of content", counts.wanting).unwrap();
            }
            text.push('\n');
        }
        text
    }
}

impl Counts {
    fn add(&mut self, row: &Row) {
        self.wanting += usize::from(row.wants_content);
        self.official += usize::from(row.passes_officially);
        match row.end {
            End::Passed => self.passed += 1,
            End::Failed => self.failed += 1,
            End::Skipped => self.skipped += 1,
        }
    }
}
