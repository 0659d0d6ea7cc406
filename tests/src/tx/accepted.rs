//! The reviewed list of failures that are known, and the floor under the number of passes. Both may
//! move in one direction only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Version;

/// What heads the list.
const HEAD: &str = "\
# Cases of HL7's terminology ecosystem suite that are known to fail: version, suite/test, reason.
# A case listed here that passes fails the run: take it off. The list may only shrink;
# BEGRIFF_TX_RECORD=1 takes off what passes and raises the floor. Reasons that begin with `needs` name
# content that is not at hand; with `slip:`, a slip of the pen in the expected answer, which the
# official comparison overlooks (that is checked); with `differs:`, what is meant to be otherwise.
";

/// Known failures with their reasons.
#[derive(Debug, Clone, Default)]
pub struct Accepted(BTreeMap<(Version, String), String>);

/// The number of passes by version and mode that a run must reach.
#[derive(Debug, Clone, Default)]
pub struct Floor(BTreeMap<(Version, String), usize>);

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tx").join(name)
}

impl Accepted {
    /// The list as it is recorded.
    pub fn read() -> Self {
        Self::parse(&std::fs::read_to_string(path("accepted-failures.txt")).unwrap_or_default())
    }

    /// A list from its text.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let entries = lines.map(|line| {
            let mut words = line.splitn(3, ' ');
            let version = words.next().and_then(Version::from_name);
            let version = version.unwrap_or_else(|| panic!("no version of FHIR in: {line}"));
            let (Some(case), Some(reason)) = (words.next(), words.next()) else {
                panic!("a case and a reason are wanted in: {line}");
            };
            ((version, case.to_owned()), reason.to_owned())
        });
        Self(entries.collect())
    }

    /// Why this case may fail.
    pub fn reason(&self, version: Version, case: &str) -> Option<&str> {
        self.0.get(&(version, case.to_owned())).map(String::as_str)
    }

    /// Entries that are no cases of the suite.
    pub fn strangers(&self, cases: &BTreeSet<String>) -> Vec<&str> {
        self.0.keys().map(|(_, case)| case.as_str()).filter(|case| !cases.contains(*case)).collect()
    }

    /// Whether this case fails for want of content that is not at hand; reasons say `needs …`.
    pub fn is_for_want_of_content(&self, version: Version, case: &str) -> bool {
        self.reason(version, case).is_some_and(|reason| reason.starts_with("needs "))
    }

    /// Whether this case is said to fail by a slip of the pen that the official comparison
    /// overlooks; reasons say `slip: …`.
    pub fn is_slip(&self, version: Version, case: &str) -> bool {
        self.reason(version, case).is_some_and(|reason| reason.starts_with("slip: "))
    }

    /// Takes a case off.
    pub fn remove(&mut self, version: Version, case: &str) {
        self.0.remove(&(version, case.to_owned()));
    }

    /// Puts a case on; only where its version and mode have not been recorded before.
    pub fn add(&mut self, version: Version, case: &str, reason: &str) {
        self.0.insert((version, case.to_owned()), reason.to_owned());
    }

    /// The list as text.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for ((version, case), reason) in &self.0 {
            writeln!(text, "{version} {case} {reason}").unwrap();
        }
        text
    }

    /// Records the list.
    pub fn write(&self) {
        std::fs::write(path("accepted-failures.txt"), self.text()).unwrap();
    }
}

impl Floor {
    /// The floor as it is recorded.
    pub fn read() -> Self {
        let text = std::fs::read_to_string(path("floor.json")).unwrap_or_else(|_| "{}".into());
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut floor = BTreeMap::new();
        for (version, modes) in value.as_object().into_iter().flatten() {
            let version = Version::from_name(version).unwrap();
            for (mode, number) in modes.as_object().into_iter().flatten() {
                let number = usize::try_from(number.as_u64().unwrap()).unwrap();
                floor.insert((version, mode.clone()), number);
            }
        }
        Self(floor)
    }

    /// Whether anything is recorded for this version and mode.
    pub fn knows(&self, version: Version, mode: &str) -> bool {
        self.0.contains_key(&(version, mode.to_owned()))
    }

    /// What is below the floor: version, mode, floor, passed.
    pub fn broken<'a>(
        &'a self,
        passed: impl Fn(Version, &str) -> Option<usize> + 'a,
    ) -> Vec<(Version, &'a str, usize, usize)> {
        let all = self.0.iter().filter_map(|((version, mode), floor)| {
            let passed = passed(*version, mode)?;
            (passed < *floor).then_some((*version, mode.as_str(), *floor, passed))
        });
        all.collect()
    }

    /// Raises the floor to this number, if it is below.
    pub fn raise(&mut self, version: Version, mode: &str, passed: usize) {
        let floor = self.0.entry((version, mode.to_owned())).or_default();
        *floor = passed.max(*floor);
    }

    /// Records the floor.
    pub fn write(&self) {
        let mut value = json!({});
        for ((version, mode), number) in &self.0 {
            value[version.to_string()][mode] = json!(number);
        }
        let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
        std::fs::write(path("floor.json"), text).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::{Accepted, Floor};
    use crate::tx::Version;

    #[test]
    fn the_list_reads_what_it_writes() {
        let mut list = Accepted::parse("# head\n\nR4 a/b not done yet\nR5 a/b no data at hand\n");
        assert_eq!(list.reason(Version::R4, "a/b"), Some("not done yet"));
        assert_eq!(list.reason(Version::R5, "a/b"), Some("no data at hand"));
        assert_eq!(list.reason(Version::R4, "a/c"), None);
        assert_eq!(Accepted::parse(&list.text()).text(), list.text());
        list.remove(Version::R5, "a/b");
        assert_eq!(list.reason(Version::R5, "a/b"), None);
        assert_eq!(list.reason(Version::R4, "a/b"), Some("not done yet"));
        assert_eq!(list.strangers(&["a/c".to_owned()].into()), ["a/b"]);
    }

    #[test]
    fn the_floor_only_rises_and_tells_what_is_below_it() {
        let mut floor = Floor::default();
        floor.raise(Version::R4, "general", 10);
        floor.raise(Version::R4, "general", 5);
        assert!(floor.knows(Version::R4, "general"));
        assert!(!floor.knows(Version::R5, "general"));
        assert!(!floor.knows(Version::R4, "omop"));
        assert!(floor.broken(|_, _| Some(10)).is_empty());
        assert!(floor.broken(|_, _| None).is_empty());
        assert_eq!(floor.broken(|_, _| Some(9)), [(Version::R4, "general", 10, 9)]);
    }
}
