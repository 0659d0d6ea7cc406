//! Which table of RxNorm a file is, and which release of RxNorm it belongs to.

use crate::archive::File;
use crate::delimited::{Layout, Rows, fields};
use crate::{Error, Options, Release, Report, Result};

/// A table of RxNorm that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `RXNCONSO`: names.
    Names,
    /// `RXNREL`: relationships.
    Relationships,
    /// `RXNSTY`: semantic types.
    SemanticTypes,
    /// `RXNSAT`: attributes.
    Attributes,
    /// `RXNCUI`: identifiers that were retired, with those that took their place.
    Retired,
    /// `RXNATOMARCHIVE`: names that were taken back.
    Archive,
    /// `RXNSAB`: sources with their versions.
    Sources,
    /// `RXNDOC`: what abbreviations stand for.
    Abbreviations,
}

/// Tables with their file names and numbers of fields.
const TABLES: [(Kind, &str, usize); 8] = [
    (Kind::Names, "RXNCONSO", 18),
    (Kind::Relationships, "RXNREL", 16),
    (Kind::SemanticTypes, "RXNSTY", 6),
    (Kind::Attributes, "RXNSAT", 13),
    (Kind::Retired, "RXNCUI", 5),
    (Kind::Archive, "RXNATOMARCHIVE", 16),
    (Kind::Sources, "RXNSAB", 25),
    (Kind::Abbreviations, "RXNDOC", 4),
];

/// The table in a file called `name` that begins with `text`: by its name, else by its first line.
pub(super) fn kind(name: &str, text: &str) -> Option<Kind> {
    let upper = name.to_ascii_uppercase();
    let stem = upper.strip_suffix(".GZ").unwrap_or(&upper).strip_suffix(".RRF");
    let named = TABLES.iter().find(|table| stem == Some(table.1)).map(|table| table.0);
    named.or_else(|| by_layout(text.lines().next()?))
}

/// RRF files have no header line, but their columns can be told apart. Sources and abbreviations
/// look the same in all of the UMLS and go by name only.
fn by_layout(line: &str) -> Option<Kind> {
    if !line.trim_end_matches('\r').ends_with('|') {
        return None;
    }
    let row: Vec<&str> = fields(line, b'|', true).collect();
    let at = |column: usize| row.get(column).copied().unwrap_or_default();
    let level = |column| matches!(at(column), "CUI" | "AUI" | "SCUI" | "SDUI" | "CODE");
    let language = |column| at(column).len() == 3 && at(column).bytes().all(is_upper);
    let suppress = |column| matches!(at(column), "N" | "O" | "Y" | "E");
    match row.len() {
        18 if is_rxcui(at(0)) && language(1) && suppress(16) => Some(Kind::Names),
        // The UMLS has the same columns, with other identifiers.
        16 if level(2) && level(6) && (at(0).is_empty() || is_rxcui(at(0))) => {
            Some(Kind::Relationships)
        }
        16 if language(8) && is_rxcui(at(12)) => Some(Kind::Archive),
        13 if is_rxcui(at(0)) && level(4) => Some(Kind::Attributes),
        6 if is_rxcui(at(0)) && is_semantic_type(at(1)) => Some(Kind::SemanticTypes),
        5 if is_rxcui(at(0)) && at(1).starts_with("RXNORM_") => Some(Kind::Retired),
        _ => None,
    }
}

fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase()
}

fn is_semantic_type(text: &str) -> bool {
    text.len() == 4 && text.strip_prefix('T').is_some_and(is_rxcui)
}

/// Whether `text` is an RxNorm concept identifier: digits.
pub(super) fn is_rxcui(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The date in a path as in `RxNorm_full_08042025.zip`, month first; the innermost one counts.
pub(super) fn date_in(path: &str) -> Option<&str> {
    path.split(['/', '\\', '!']).rev().find_map(|component| {
        let lower = component.to_ascii_lowercase();
        let digits = component.get(lower.find("rxnorm")?..)?;
        let digits = digits.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 8)?;
        iso_date(digits).map(|_| digits)
    })
}

/// `MMDDYYYY` as `YYYY-MM-DD`.
pub(super) fn iso_date(version: &str) -> Option<String> {
    let (month, day, year) = (version.get(..2)?, version.get(2..4)?, version.get(4..8)?);
    let number = |text: &str| text.parse::<u32>().ok();
    let sound = version.len() == 8
        && (1..=12).contains(&number(month)?)
        && (1..=31).contains(&number(day)?)
        && (1990..2100).contains(&number(year)?);
    sound.then(|| format!("{year}-{month}-{day}"))
}

/// The files of one release by kind.
#[derive(Debug)]
pub(super) struct Files<'r> {
    files: Vec<(Kind, &'r File)>,
    layout: Layout,
}

impl<'r> Files<'r> {
    /// Sorts the files of `release`. The full release holds the prescribable content as a copy of
    /// its own, which is left out.
    ///
    /// # Errors
    /// When a file cannot be read, or when there is not exactly one table of names.
    pub(super) fn of(release: &'r Release, options: &Options, report: &mut Report) -> Result<Self> {
        let mut files = Vec::new();
        for file in &release.files {
            let head = file.head(16 * 1024)?;
            if let Some(kind) = kind(&file.name, &String::from_utf8_lossy(&head)) {
                files.push((kind, file));
            }
        }
        let names =
            |files: &[(Kind, &File)]| files.iter().filter(|(kind, _)| *kind == Kind::Names).count();
        if names(&files) > 1 {
            files.retain(|(_, file)| {
                let prescribable = file.path.to_ascii_lowercase().contains("prescribe/");
                if prescribable {
                    report.count("files left out: prescribable content", 1);
                }
                !prescribable
            });
        }
        match names(&files) {
            1 => Ok(Self { files, layout: Layout::pipes(options)? }),
            0 => {
                let found: Vec<&str> = files.iter().map(|(_, file)| file.name.as_str()).collect();
                let problem = format!(
                    "RXNCONSO.RRF is missing, which holds the names of the concepts; found: {}",
                    found.join(", ")
                );
                Err(Error::file(release.path(), problem))
            }
            _ => Err(Error::file(
                release.path(),
                "several tables RXNCONSO.RRF; load one release at a time",
            )),
        }
    }

    /// The files of one kind, in the order of their paths.
    pub(super) fn all(&self, wanted: Kind) -> impl Iterator<Item = &'r File> + '_ {
        self.files.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, file)| *file)
    }

    /// The rows of a file of this kind.
    pub(super) fn rows(&self, kind: Kind, file: &File) -> Result<Rows> {
        let width = TABLES.iter().find(|table| table.0 == kind).map_or(0, |table| table.2);
        Rows::open(file, self.layout, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_known_by_name_or_by_columns_and_those_of_the_umls_are_left_alone() {
        let relationship = "161||CUI|RO|5||CUI|has_ingredient|1||RXNORM||||N|4096|";
        for (name, line, expected) in [
            ("RXNDOC.RRF", "", Some(Kind::Abbreviations)),
            ("rxnsab.rrf.gz", "", Some(Kind::Sources)),
            ("a.txt", relationship, Some(Kind::Relationships)),
            ("a.txt", "|7|AUI|SY||8|AUI||1||MMSL||||N||\r", Some(Kind::Relationships)),
            ("MRREL.RRF", &relationship.replacen("161", "C0000161", 1), None),
            (
                "MRSTY.RRF",
                "C0000005|T116|A1.4.1.2.1.7|Amino Acid, Peptide, or Protein|AT1|256|",
                None,
            ),
            ("RXNCONSO.ctl", "load data", None),
        ] {
            assert_eq!(kind(name, line), expected, "{name} {line}");
        }
    }

    #[test]
    fn the_date_of_a_release_stands_in_its_name_month_first() {
        for (path, date) in [
            ("/x/RxNorm_full_08042025.zip!rrf/RXNCONSO.RRF", Some("08042025")),
            ("rxnorm_full_prescribe_01052026/rrf/RXNREL.RRF", Some("01052026")),
            ("/RxNorm_20250804/a", None),
            ("/08042025/a", None),
        ] {
            assert_eq!(date_in(path), date, "{path}");
        }
    }
}
