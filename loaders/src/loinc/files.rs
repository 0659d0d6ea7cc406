//! Which table of a LOINC release a file is, by its header line alone: folder and file names
//! changed between releases, column names hardly ever.

use crate::archive::File;
use crate::{Error, Release, Result};

/// A table of a LOINC release that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `Loinc.csv`: all terms with all columns.
    Terms,
    /// `LoincTableCore.csv`: all terms with the columns that stay the same between releases.
    CoreTerms,
    /// `Part.csv`.
    Parts,
    /// `LoincPartLink_Primary.csv`, `LoincPartLink_Supplementary.csv`, formerly `LoincPartLink.csv`.
    PartLinks,
    /// `ComponentHierarchyBySystem.csv`, formerly `MultiAxialHierarchy.csv`.
    Hierarchy,
    /// `AnswerList.csv`.
    Answers,
    /// `LoincAnswerListLink.csv`.
    AnswerLinks,
    /// `ConsumerName.csv`.
    ConsumerNames,
    /// `xxYYnnLinguisticVariant.csv`.
    Variant,
    /// `ParentGroup.csv`.
    ParentGroups,
    /// `Group.csv`.
    Groups,
    /// `GroupLoincTerms.csv`.
    GroupTerms,
    /// `PanelsAndForms.csv`.
    Panels,
    /// `MapTo.csv`.
    MapTo,
}

/// Columns that a table must have, columns that it must not have, and what it then is; the first
/// that fits counts.
const SIGNATURES: [(&[&str], &[&str], Kind); 14] = [
    (&["LOINC_NUM", "COMPONENT", "LinguisticVariantDisplayName"], &[], Kind::Variant),
    (&["LOINC_NUM", "COMPONENT", "SHORTNAME", "STATUS", "RELATEDNAMES2"], &[], Kind::Terms),
    (&["LOINC_NUM", "COMPONENT", "SHORTNAME", "STATUS"], &[], Kind::CoreTerms),
    (&["LOINC_NUM", "COMPONENT", "SHORTNAME", "RELATEDNAMES2"], &["STATUS"], Kind::Variant),
    (&["PartNumber", "PartTypeName", "PartDisplayName"], &["LoincNumber"], Kind::Parts),
    (&["LoincNumber", "PartNumber", "LinkTypeName"], &[], Kind::PartLinks),
    (&["PATH_TO_ROOT", "IMMEDIATE_PARENT", "CODE"], &[], Kind::Hierarchy),
    (&["AnswerListId", "AnswerStringId"], &[], Kind::Answers),
    (&["LoincNumber", "AnswerListId"], &[], Kind::AnswerLinks),
    (&["LoincNumber", "ConsumerName"], &[], Kind::ConsumerNames),
    (&["GroupId", "LoincNumber"], &[], Kind::GroupTerms),
    (&["ParentGroupId", "GroupId", "Group"], &[], Kind::Groups),
    (&["ParentGroupId", "ParentGroup"], &[], Kind::ParentGroups),
    (&["ParentLoinc", "Loinc", "SEQUENCE"], &[], Kind::Panels),
];

/// The table whose text begins with `text`, none when it is none of a LOINC release.
pub(super) fn kind(text: &str) -> Option<Kind> {
    let line = text.trim_start_matches('\u{feff}').lines().next()?;
    let names: Vec<&str> = line.split(',').map(|name| name.trim().trim_matches('"')).collect();
    let has = |name: &&str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if names.first() == Some(&"LOINC") && has(&"MAP_TO") {
        return Some(Kind::MapTo);
    }
    SIGNATURES
        .iter()
        .find(|(needed, refused, _)| needed.iter().all(has) && !refused.iter().any(has))
        .map(|&(_, _, kind)| kind)
}

/// The version in a path, as in `Loinc_2.78.zip` or `LOINC_2.63_PanelsAndForms/…`; the innermost
/// folder that names one counts.
pub(super) fn version_in(path: &str) -> Option<&str> {
    path.split(['/', '\\', '!']).rev().find_map(|component| {
        let prefix = component.get(..5).filter(|prefix| prefix.eq_ignore_ascii_case("loinc"))?;
        let rest = component.get(prefix.len()..)?.trim_start_matches(['_', '-', ' ', 'v', 'V']);
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let version = rest.get(..end)?.trim_end_matches('.');
        let (major, minor) = version.split_once('.')?;
        (!major.is_empty() && !minor.is_empty()).then_some(version)
    })
}

/// Orders versions as numbers: 2.9 before 2.80.
pub(super) fn version_order(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// The files of one release by kind.
#[derive(Debug)]
pub(super) struct Files<'r> {
    files: Vec<(Kind, &'r File)>,
    /// The table of terms.
    pub(super) terms: &'r File,
}

impl<'r> Files<'r> {
    /// Sorts the files of `release`.
    ///
    /// # Errors
    /// When a file cannot be read, or when there is not exactly one table of terms.
    pub(super) fn of(release: &'r Release) -> Result<Self> {
        let mut files = Vec::new();
        for file in &release.files {
            let head = file.head(16 * 1024)?;
            if let Some(kind) = kind(&String::from_utf8_lossy(&head)) {
                files.push((kind, file));
            }
        }
        let all = |wanted| files.iter().filter(move |(kind, _)| *kind == wanted).map(|pair| pair.1);
        let full: Vec<&File> = all(Kind::Terms).collect();
        let terms = match full.as_slice() {
            [only] => Some(*only),
            [] => all(Kind::CoreTerms).next(),
            [first, second, ..] => {
                let problem = format!(
                    "a second table of LOINC terms beside {}; load one release at a time",
                    first.path
                );
                return Err(Error::file(&second.path, problem));
            }
        };
        let Some(terms) = terms else {
            return Err(Error::file(
                release.path(),
                "accessory files of LOINC without Loinc.csv; give the whole release",
            ));
        };
        Ok(Self { files, terms })
    }

    /// The files of one kind, in the order of their paths.
    pub(super) fn all(&self, wanted: Kind) -> impl Iterator<Item = &'r File> + '_ {
        self.files.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, file)| *file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_columns_not_by_its_name() {
        for (header, expected) in [
            (
                "\"PartNumber\",\"PartTypeName\",\"PartName\",\"PartDisplayName\",\"Status\"",
                Some(Kind::Parts),
            ),
            ("\u{feff}LoincNumber,ConsumerName", Some(Kind::ConsumerNames)),
            ("\"LOINC\",\"MAP_TO\",\"COMMENT\"", Some(Kind::MapTo)),
            ("LOINC_NUM,COMPONENT,PROPERTY,SHORTNAME,STATUS", Some(Kind::CoreTerms)),
            ("LOINC_NUM,COMPONENT,SHORTNAME,LONG_COMMON_NAME,RELATEDNAMES2", Some(Kind::Variant)),
            ("LOINC_NUM,LONGNAME,SHORTNAME,CLASS,RANK", None),
            ("code,display", None),
            ("", None),
        ] {
            assert_eq!(kind(header), expected, "{header}");
        }
    }

    #[test]
    fn the_version_is_read_from_the_innermost_name_that_has_one() {
        for (path, expected) in [
            ("/data/Loinc_2.78.zip!Loinc_2.78/LoincTable/Loinc.csv", Some("2.78")),
            ("loinc-2.9/LOINC_2.81_Text/loinc.csv", Some("2.81")),
            ("x/LoincTable/Loinc.csv", None),
            ("loinc_2/Loinc.csv", None),
        ] {
            assert_eq!(version_in(path), expected, "{path}");
        }
        assert!(version_order("2.9") < version_order("2.80"));
    }
}
