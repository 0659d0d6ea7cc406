//! The tables of a download, and its small lists: vocabularies, domains, classes, relationships.

use rustc_hash::FxHashMap;

use crate::archive::File;
use crate::delimited::{Layout, Rows, fields};
use crate::{Error, Options, Release, Report, Result};

/// A table that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `CONCEPT`.
    Concepts,
    /// `CONCEPT_RELATIONSHIP`.
    Relationships,
    /// `CONCEPT_SYNONYM`.
    Synonyms,
    /// `CONCEPT_ANCESTOR`.
    Ancestors,
    /// `VOCABULARY`.
    Vocabularies,
    /// `DOMAIN`.
    Domains,
    /// `CONCEPT_CLASS`.
    Classes,
    /// `RELATIONSHIP`.
    RelationshipTypes,
}

/// Columns by which a table is known; the first whose columns are all there counts.
const SIGNATURES: [(&[&str], Kind); 8] = [
    (&["concept_id", "concept_name", "vocabulary_id", "concept_code"], Kind::Concepts),
    (&["concept_id_1", "concept_id_2", "relationship_id"], Kind::Relationships),
    (&["concept_id", "concept_synonym_name"], Kind::Synonyms),
    (
        &["ancestor_concept_id", "descendant_concept_id", "min_levels_of_separation"],
        Kind::Ancestors,
    ),
    (&["vocabulary_id", "vocabulary_concept_id"], Kind::Vocabularies),
    (&["domain_id", "domain_concept_id"], Kind::Domains),
    (&["concept_class_id", "concept_class_concept_id"], Kind::Classes),
    (&["relationship_id", "reverse_relationship_id"], Kind::RelationshipTypes),
];

/// The table that begins with `text`, by its header line.
pub(super) fn kind(text: &str) -> Option<Kind> {
    let names: Vec<&str> = fields(text.lines().next()?, b'\t', false).collect();
    let has = |name: &&str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    SIGNATURES.iter().find(|(needed, _)| needed.iter().all(has)).map(|&(_, kind)| kind)
}

/// The files of a download by kind.
#[derive(Debug)]
pub(super) struct Files<'r> {
    files: Vec<(Kind, &'r File)>,
    layout: Layout,
}

impl<'r> Files<'r> {
    /// Sorts the files of `release`.
    ///
    /// # Errors
    /// When a file cannot be read, or when no table of concepts is there.
    pub(super) fn of(release: &'r Release, options: &Options) -> Result<Self> {
        let mut files = Vec::new();
        for file in &release.files {
            if let Some(kind) = kind(&String::from_utf8_lossy(&file.head(16 * 1024)?)) {
                files.push((kind, file));
            }
        }
        if !files.iter().any(|(kind, _)| *kind == Kind::Concepts) {
            let found: Vec<&str> = files.iter().map(|(_, file)| file.name.as_str()).collect();
            let problem = format!(
                "CONCEPT.csv is missing, which holds the concepts; found: {}",
                found.join(", ")
            );
            return Err(Error::file(release.path(), problem));
        }
        Ok(Self { files, layout: Layout::tabs(options)? })
    }

    /// The files of one kind, in the order of their paths.
    pub(super) fn all(&self, wanted: Kind) -> impl Iterator<Item = &'r File> + '_ {
        self.files.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, file)| *file)
    }

    /// The rows of a file.
    pub(super) fn rows(&self, file: &File) -> Result<Rows> {
        Rows::with_header(file, self.layout)
    }
}

/// What the small tables say; empty where they are not part of the download.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Concept of each vocabulary.
    pub(super) vocabularies: FxHashMap<String, String>,
    /// Concept of each domain.
    pub(super) domains: FxHashMap<String, String>,
    /// Concept of each concept class.
    pub(super) classes: FxHashMap<String, String>,
    /// Name of each relationship.
    pub(super) relationships: FxHashMap<String, String>,
    /// The version, `YYYYMMDD`.
    pub(super) version: Option<String>,
    /// Date of the vocabularies as a whole, `YYYYMMDD`.
    pub(super) date: Option<String>,
}

impl Lists {
    /// Reads the small tables.
    pub(super) fn read(files: &Files<'_>, report: &mut Report) -> Result<Self> {
        let mut lists = Self::default();
        let mut versions = FxHashMap::default();
        for (kind, key, value, list) in [
            (Kind::Vocabularies, "vocabulary_id", "vocabulary_concept_id", &mut lists.vocabularies),
            (Kind::Vocabularies, "vocabulary_id", "vocabulary_version", &mut versions),
            (Kind::Domains, "domain_id", "domain_concept_id", &mut lists.domains),
            (Kind::Classes, "concept_class_id", "concept_class_concept_id", &mut lists.classes),
            (
                Kind::RelationshipTypes,
                "relationship_id",
                "relationship_name",
                &mut lists.relationships,
            ),
        ] {
            for file in files.all(kind) {
                let mut rows = files.rows(file)?;
                let (key, value) = (rows.required(key)?, rows.column(value));
                while let Some(row) = rows.next()? {
                    list.insert(row.at(key).to_owned(), row.get(value).to_owned());
                }
                rows.close(report);
            }
        }
        let version = |vocabulary: &str| version_date(versions.get(vocabulary)?);
        lists.date = version("None");
        lists.version = version("OMOP Extension").or_else(|| lists.date.clone());
        Ok(lists)
    }
}

/// The date at the end of a version, `YYYYMMDD`: `OMOP Extension 20240716`, `v5.0 30-AUG-24`.
fn version_date(version: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let last = version.split_whitespace().next_back()?;
    if iso_date(last).is_some() {
        return Some(last.to_owned());
    }
    let mut parts = last.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let year = if year.len() == 2 { format!("20{year}") } else { year.to_owned() };
    let date = format!("{year}{month:02}{day:0>2}");
    iso_date(&date).is_some().then_some(date)
}

/// `YYYYMMDD` as `YYYY-MM-DD`.
pub(super) fn iso_date(digits: &str) -> Option<String> {
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
    let number = |text: &str| text.parse::<u32>().ok();
    let sound = digits.len() == 8
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=12).contains(&number(month)?)
        && (1..=31).contains(&number(day)?);
    sound.then(|| format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_end_with_a_date_in_two_forms() {
        for (version, date) in [
            ("OMOP Extension 20240716", Some("20240716")),
            ("v5.0 30-AUG-24", Some("20240830")),
            ("v5.0 5-Feb-2025", Some("20250205")),
            ("LOINC 2.77", None),
            ("", None),
        ] {
            assert_eq!(version_date(version).as_deref(), date, "{version}");
        }
        assert_eq!(iso_date("20991231").as_deref(), Some("2099-12-31"));
        assert_eq!(iso_date("20991331"), None);
    }
}
