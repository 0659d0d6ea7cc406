//! Things found odd, counted by what they are; the first of each are named.
//!
//! A broken release can have a million of one kind: a report of them must not cost more than the
//! release.

use std::collections::BTreeMap;

use crate::Report;

/// How many of one kind are named.
const NAMED: usize = 25;

/// Oddities by kind.
#[derive(Debug, Default)]
pub(super) struct Notes(BTreeMap<&'static str, Note>);

#[derive(Debug, Default)]
struct Note {
    count: u64,
    first: Vec<(String, u64, String)>,
}

impl Notes {
    /// Notes one oddity. `kind` is the plural of what was found and done, `message` is only made
    /// when it is kept; `path` is empty when the release as a whole is meant.
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        path: &str,
        line: u64,
        message: impl FnOnce() -> String,
    ) {
        let note = self.0.entry(kind).or_default();
        note.count += 1;
        if note.first.len() < NAMED {
            note.first.push((path.to_owned(), line, message()));
        }
    }

    /// Adds the notes of another file.
    pub(super) fn append(&mut self, other: Self) {
        for (kind, mut more) in other.0 {
            let note = self.0.entry(kind).or_default();
            note.count += more.count;
            more.first.truncate(NAMED.saturating_sub(note.first.len()));
            note.first.append(&mut more.first);
        }
    }

    /// Hands everything to the report; oddities of the release as a whole are put to `path`.
    pub(super) fn report(self, path: &str, report: &mut Report) {
        for (kind, note) in self.0 {
            report.count(kind, note.count);
            let named = note.first.len() as u64;
            for (at, line, message) in note.first {
                report.warn(if at.is_empty() { path } else { &at }, line, message);
            }
            if note.count > named {
                report.warn(path, 0, format!("{kind}: {} more", note.count - named));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_are_named_and_all_are_counted() {
        let mut notes = Notes::default();
        for number in 0..NAMED as u64 + 10 {
            notes.add("rows left out", "a.txt", number, || format!("row {number}"));
        }
        let mut more = Notes::default();
        more.add("rows left out", "b.txt", 1, || "another".into());
        notes.append(more);
        let mut report = Report::default();
        notes.report("release.zip", &mut report);
        assert_eq!(report.counts["rows left out"], NAMED as u64 + 11);
        assert_eq!(report.warnings.len(), NAMED + 1);
        assert_eq!(report.warnings[NAMED].message, "rows left out: 11 more");
        assert_eq!(report.warnings[NAMED].path, "release.zip");
    }
}
