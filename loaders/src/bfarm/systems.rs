//! Canonical URLs and standing facts of the code systems that BfArM publishes.
//!
//! Source: NamingSystems of the German base profiles (`hl7germany/basisprofil-de-r4`); HL7
//! Terminology (THO) for ICD-10-WHO and ICD-O-3; BfArM download terms for the sentence.

use codesystems::EditionMeta;
use codesystems::model::Provenance;
use valuesets::conceptmap::ConceptMapMeta;

use crate::archive::File;
use crate::encoding::Encoding;
use crate::{Error, Options, Release, Report, Result};

/// The sentence that BfArM asks for in works made from its machine-readable files.
pub(crate) const NOTICE: &str = "Die Erstellung erfolgt unter Verwendung der maschinenlesbaren \
     Fassung des Bundesinstituts für Arzneimittel und Medizinprodukte (BfArM).";

/// Who publishes the German classifications.
pub(crate) const PUBLISHER: &str = "Bundesinstitut für Arzneimittel und Medizinprodukte (BfArM)";

/// A code system of BfArM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct System {
    /// Canonical URL.
    pub(crate) url: &'static str,
    /// Further canonical URLs: those of the time when DIMDI published it, and those of a system
    /// with the same codes.
    pub(crate) aliases: &'static [&'static str],
    /// Canonical of the value set of all codes, empty for none.
    pub(crate) value_set: &'static str,
    /// Computer-friendly name.
    pub(crate) name: &'static str,
    /// Name for people, without the version.
    pub(crate) title: &'static str,
    /// Part of the canonical URLs of concept maps.
    pub(crate) slug: &'static str,
    /// Whether codes mean little without the year: the classification changes every year.
    pub(crate) yearly: bool,
}

pub(crate) const ICD_10_GM: System = System {
    url: "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    aliases: &["http://fhir.de/CodeSystem/dimdi/icd-10-gm"],
    value_set: "http://fhir.de/ValueSet/bfarm/icd-10-gm",
    name: "ICD_10_GM",
    title: "ICD-10-GM",
    slug: "icd-10-gm",
    yearly: true,
};

pub(crate) const OPS: System = System {
    url: "http://fhir.de/CodeSystem/bfarm/ops",
    aliases: &["http://fhir.de/CodeSystem/dimdi/ops"],
    value_set: "http://fhir.de/ValueSet/bfarm/ops",
    name: "OPS",
    title: "OPS",
    slug: "ops",
    yearly: true,
};

pub(crate) const ICD_10_WHO: System = System {
    url: "http://hl7.org/fhir/sid/icd-10",
    aliases: &[],
    value_set: "",
    name: "ICD_10_WHO",
    title: "ICD-10-WHO",
    slug: "icd-10",
    yearly: false,
};

pub(crate) const ICD_O_3: System = System {
    url: "http://terminology.hl7.org/CodeSystem/icd-o-3",
    aliases: &[],
    value_set: "",
    name: "ICD_O_3",
    title: "ICD-O-3",
    slug: "icd-o-3",
    yearly: false,
};

pub(crate) const ALPHA_ID: System = System {
    url: "http://fhir.de/CodeSystem/bfarm/alpha-id",
    aliases: &["http://fhir.de/CodeSystem/dimdi/alpha-id"],
    value_set: "http://fhir.de/ValueSet/bfarm/alpha-id",
    name: "Alpha_ID",
    title: "Alpha-ID",
    slug: "alpha-id",
    yearly: true,
};

/// Alpha-ID with ORPHAcodes: what the core data set and other profiles call Alpha-ID is served from
/// it too.
pub(crate) const ALPHA_ID_SE: System = System {
    url: "http://fhir.de/CodeSystem/bfarm/alpha-id-se",
    aliases: &[
        "http://fhir.de/CodeSystem/bfarm/alpha-id",
        "http://fhir.de/CodeSystem/dimdi/alpha-id",
    ],
    value_set: "http://fhir.de/ValueSet/bfarm/alpha-id-se",
    name: "Alpha_ID_SE",
    title: "Alpha-ID-SE",
    slug: "alpha-id-se",
    yearly: true,
};

impl System {
    /// The metadata of `version`, as far as it does not depend on the file; what the user said
    /// wins.
    pub(crate) fn meta(&self, version: &str, options: &Options) -> EditionMeta {
        let text = |given: &Option<String>, otherwise: String| given.clone().unwrap_or(otherwise);
        let version = text(&options.version, version.to_owned());
        EditionMeta {
            aliases: self.aliases.iter().map(|&alias| alias.into()).collect(),
            name: self.name.into(),
            title: text(&options.title, format!("{} {version}", self.title)),
            publisher: PUBLISHER.into(),
            copyright: NOTICE.into(),
            notices: vec![NOTICE.into()],
            language: text(&options.language, "de".into()),
            case_sensitive: Some(true),
            compositional: Some(false),
            value_set: self.value_set.into(),
            hierarchy_meaning: "is-a".into(),
            version_needed: Some(self.yearly),
            ..EditionMeta::new(text(&options.url, self.url.to_owned()), version)
        }
    }
}

/// The metadata of a map `title` under `url`, in `version`.
pub(crate) fn map_meta(url: String, name: String, title: String, version: &str) -> ConceptMapMeta {
    ConceptMapMeta {
        url,
        version: version.into(),
        name,
        title,
        status: "active".into(),
        publisher: PUBLISHER.into(),
        copyright: NOTICE.into(),
        ..ConceptMapMeta::default()
    }
}

/// Where an edition or a map of this release comes from.
pub(crate) fn provenance(release: &Release) -> Provenance {
    Provenance {
        sources: release.sources.clone(),
        loader: release.format.name().into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        built_at: String::new(),
    }
}

/// The years (1990 to 2099) that `text` names, in order. Eight digits are two years
/// (`umsteiger20072008`) or a date, of which only the year counts (`20221206`); other runs of
/// digits count when they begin with a year, dates among them.
pub(crate) fn years(text: &str) -> Vec<Year> {
    let runs = text.split(|next: char| !next.is_ascii_digit()).filter(|run| run.len() >= 4);
    let mut found = Vec::new();
    for run in runs {
        let year = |range: std::ops::Range<usize>| {
            let year = run.get(range)?.parse::<u16>().ok()?;
            (1990..2100).contains(&year).then_some(year)
        };
        let Some(first) = year(0..4) else { continue };
        let second = if run.len() == 8 { year(4..8) } else { None };
        let is_date = run.len() == 8 && second.is_none();
        found.push(Year { year: first, is_date });
        found.extend(second.map(|year| Year { year, is_date: false }));
    }
    found
}

/// A year named in a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Year {
    /// The year.
    pub(crate) year: u16,
    /// Whether it is part of a date (`20250926`), which is the day of publication and not the
    /// version.
    pub(crate) is_date: bool,
}

/// The year that a file is of: the first in its name that is not part of a date, else the last
/// such in its path (older files lie in an archive named after the year).
pub(crate) fn year_of(name: &str, path: &str) -> Option<u16> {
    let version = |year: &Year| !year.is_date;
    let in_name = years(name).into_iter().find(version);
    in_name.or_else(|| years(path).into_iter().rfind(version)).map(|year| year.year)
}

/// The year of a release: what the user said, else what the file name says.
///
/// # Errors
/// When neither names one.
pub(crate) fn required_year(options: &Options, name: &str, path: &str) -> Result<String> {
    let year = || year_of(name, path).map(|year| year.to_string());
    options.version.clone().or_else(year).ok_or_else(|| {
        Error::file(path, "the file name does not say of which year it is; give the version")
    })
}

/// The encoding of a text file: what the user declared; UTF-8 for files from the year `utf8_since`
/// on; for older ones whichever of the three old encodings it is in, see
/// [`Encoding::of_legacy_german`]. An old encoding that was not declared is told in the report.
///
/// # Errors
/// When the declared encoding is not known or the file cannot be read.
pub(crate) fn encoding_of(
    file: &File,
    options: &Options,
    utf8_since: u16,
    report: &mut Report,
) -> Result<Encoding> {
    if let Some(name) = &options.encoding {
        return Encoding::from_name(name);
    }
    if year_of(&file.name, &file.path).is_none_or(|year| year >= utf8_since) {
        return Ok(Encoding::Utf8);
    }
    let encoding = Encoding::of_legacy_german(file)?;
    if encoding != Encoding::Utf8 {
        report.warn(
            &file.path,
            0,
            format!("read as {}; declare the encoding if that is wrong", encoding.name()),
        );
    }
    Ok(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_read_from_the_names_of_all_ages() {
        for (name, path, year) in [
            ("icd10gm2025syst_kodes.txt", "", Some(2025)),
            ("icd10gm2023syst_kodes_20221206.txt", "", Some(2023)),
            ("icd10gm2026_alphaidse_edvtxt_20250926.txt", "", Some(2026)),
            ("codes2008.txt", "", Some(2008)),
            ("CODES.txt", "/data/x1gma2007.zip!Klassifikationsdateien/CODES.txt", Some(2007)),
            ("CODES.txt", "/data/a.zip!CODES.txt", None),
        ] {
            assert_eq!(year_of(name, path), year, "{name} in {path}");
        }
    }

    #[test]
    fn eight_digits_are_two_years_or_a_date() {
        let years = |text| years(text).iter().map(|y| (y.year, y.is_date)).collect::<Vec<_>>();
        assert_eq!(years("umsteiger20072008.txt"), [(2007, false), (2008, false)]);
        assert_eq!(
            years("umsteiger_2023_20221206_2024"),
            [(2023, false), (2022, true), (2024, false)]
        );
        assert_eq!(years("umsteiger_2024_20250"), [(2024, false), (2025, false)]);
    }
}
