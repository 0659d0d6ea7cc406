//! Names of release files, and which of the files given are read.
//!
//! Source: SNOMED CT Release File Specification, file naming convention:
//! `sct2_Description_Snapshot-en_INT_20250801.txt`, `der2_cRefset_LanguageFull-en_INT_20250801.txt`.

use std::collections::BTreeMap;

use super::rows::parse_date;
use crate::archive::File;
use crate::{Error, Result};

/// What rows a file holds of each component. The order is that in which rows of one effective
/// time override each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReleaseType {
    /// All versions.
    Full,
    /// The newest version.
    Snapshot,
    /// What changed since the release before.
    Delta,
}

/// A file name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName {
    /// Whether it is of a pre-production release (`xsct2_`, `xder2_`).
    pub(super) experimental: bool,
    /// Content type, as in `Description` or `cRefset`.
    pub(super) content: String,
    /// Summary and language, as in `Language-en`.
    pub(super) summary: String,
    /// Full, Snapshot or Delta.
    pub(super) release_type: ReleaseType,
    /// Country code and namespace: `INT`, `DE1000274`.
    pub(super) namespace: String,
    /// Date of the release, YYYYMMDD.
    pub(super) date: u32,
}

impl FileName {
    /// Takes a name apart, if it is that of a release file.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".txt")?;
        let mut parts = stem.split('_');
        let prefix = parts.next()?;
        let experimental = prefix.starts_with(['x', 'X']);
        let prefix = prefix.trim_start_matches(['x', 'X']).to_ascii_lowercase();
        let known = matches!(prefix.as_str(), "sct2" | "der2");
        let (content, sub) = (parts.next()?, parts.next()?);
        let (namespace, date) = (parts.next()?, parts.next()?);
        if !known || parts.next().is_some() {
            return None;
        }
        let (release_type, summary) = release_type(sub)?;
        Some(Self {
            experimental,
            content: content.to_owned(),
            summary,
            release_type,
            namespace: namespace.to_owned(),
            date: parse_date(date.as_bytes())?,
        })
    }

    /// What the file has in common with its other release types and dates.
    fn series(&self) -> (String, String, String) {
        (self.content.clone(), self.summary.clone(), self.namespace.clone())
    }
}

/// Finds the release type in `LanguageSnapshot-en`; what is left is the summary.
fn release_type(sub: &str) -> Option<(ReleaseType, String)> {
    let (before, language) = sub.split_once('-').unwrap_or((sub, ""));
    let types = [
        ("Full", ReleaseType::Full),
        ("Snapshot", ReleaseType::Snapshot),
        ("Delta", ReleaseType::Delta),
    ];
    let (summary, found) =
        types.iter().find_map(|(name, found)| Some((before.strip_suffix(name)?, *found)))?;
    let hyphen = if language.is_empty() { "" } else { "-" };
    Some((found, format!("{summary}{hyphen}{language}")))
}

/// The files that are read, with their names taken apart, those that override others last.
///
/// Of a Full file and a Snapshot file of the same content one is enough: the Snapshot, unless a
/// date before it is `wanted`.
///
/// # Errors
/// When two releases of the same package are among them.
pub(super) fn select(files: &[File], wanted: Option<u32>) -> Result<Vec<(&File, FileName)>> {
    let mut series: BTreeMap<_, Vec<(&File, FileName)>> = BTreeMap::new();
    for file in files {
        let Some(name) = FileName::parse(&file.name) else { continue };
        series.entry(name.series()).or_default().push((file, name));
    }
    let mut selected = Vec::new();
    for mut members in series.into_values() {
        for kind in [ReleaseType::Full, ReleaseType::Snapshot] {
            one_release(&members, kind)?;
        }
        let dates = |kind| {
            let of_kind = members.iter().filter(move |(_, name)| name.release_type == kind);
            of_kind.map(|(_, name)| name.date).max()
        };
        if let (Some(_), Some(snapshot)) = (dates(ReleaseType::Full), dates(ReleaseType::Snapshot))
        {
            let earlier = wanted.is_some_and(|wanted| wanted < snapshot);
            let left_out = if earlier { ReleaseType::Snapshot } else { ReleaseType::Full };
            members.retain(|(_, name)| name.release_type != left_out);
        }
        selected.append(&mut members);
    }
    selected.sort_by(|(a, one), (b, other)| {
        (one.release_type, &a.path).cmp(&(other.release_type, &b.path))
    });
    Ok(selected)
}

fn one_release(members: &[(&File, FileName)], kind: ReleaseType) -> Result<()> {
    let mut of_kind = members.iter().filter(|(_, name)| name.release_type == kind);
    let Some((first, first_name)) = of_kind.next() else { return Ok(()) };
    let Some((other, _)) = of_kind.find(|(_, name)| name.date != first_name.date) else {
        return Ok(());
    };
    let problem = format!(
        "another release of the same package is given too ({}); load one release at a time",
        first.path
    );
    Err(Error::file(&other.path, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> (tempfile::TempDir, Vec<File>) {
        let folder = tempfile::tempdir().unwrap();
        let files = names.iter().map(|name| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            File::on_disk(&path).unwrap()
        });
        let files = files.collect();
        (folder, files)
    }

    fn selected(names: &[&str], wanted: Option<u32>) -> Vec<String> {
        let (_folder, files) = files(names);
        select(&files, wanted).unwrap().into_iter().map(|(file, _)| file.name.clone()).collect()
    }

    #[test]
    fn names_are_taken_apart() {
        let name = FileName::parse("xder2_cRefset_LanguageSnapshot-en-US_DE1000274_20240515.txt");
        let expected = FileName {
            experimental: true,
            content: "cRefset".into(),
            summary: "Language-en-US".into(),
            release_type: ReleaseType::Snapshot,
            namespace: "DE1000274".into(),
            date: 20_240_515,
        };
        assert_eq!(name, Some(expected));
        for other in [
            "readme.txt",
            "doc_Guide_Current_INT_20240101.txt",
            "sct2_Concept_Snapshot_INT_20241301.txt",
            "sct2_Concept_INT_20240101.txt",
            "sct2_Concept_Snapshot_INT_20240101.pdf",
        ] {
            assert_eq!(FileName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_snapshot_is_read_instead_of_the_full_file_unless_an_earlier_date_is_wanted() {
        let (full, snapshot, delta) = (
            "sct2_Concept_Full_INT_20240101.txt",
            "sct2_Concept_Snapshot_INT_20240101.txt",
            "sct2_Concept_Delta_INT_20240101.txt",
        );
        assert_eq!(selected(&[full, snapshot, delta], None), [snapshot, delta]);
        assert_eq!(selected(&[full, snapshot], Some(20_240_101)), [snapshot]);
        assert_eq!(selected(&[full, snapshot], Some(20_230_101)), [full]);
        assert_eq!(selected(&[full], None), [full]);
    }

    #[test]
    fn two_releases_of_one_package_are_refused_and_two_packages_are_not() {
        let international = "sct2_Concept_Snapshot_INT_20240101.txt";
        let (_folder, mixed) = files(&[international, "sct2_Concept_Snapshot_INT_20240701.txt"]);
        let error = select(&mixed, None).unwrap_err().to_string();
        assert!(error.contains("one release at a time"), "{error}");
        let german = "sct2_Concept_Snapshot_DE1000274_20240515.txt";
        assert_eq!(selected(&[international, german], None).len(), 2);
    }
}
