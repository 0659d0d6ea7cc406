//! RxNorm in Rich Release Format: concepts of the source `RXNORM` with their names, semantic types,
//! attributes and relationships.
//!
//! What a release says is named as the FHIR guidance for RxNorm names it ("Using RxNorm with
//! FHIR", terminology.hl7.org): `TTY`, `STY` and `SAB` as properties, and every relationship as a
//! property by its `REL` (`RN`, …) and its `RELA` (`has_ingredient`, …) whose values are concepts.
//! A row of `RXNREL` says what its second concept is to the first, and the release has a row for
//! each direction: both are kept, each at its second concept.
//!
//! - **Display** is the name that is neither a prescribable name nor a synonym (`IN`, `SCD`, `SBD`,
//!   …); all other names of the source `RXNORM` are synonyms. The use of each is its term type.
//! - **Inactive** are concepts whose display is suppressed or obsolete (`SUPPRESS`), concepts that
//!   only the archive of names has, and those that `RXNCUI` lists as retired; `replacedBy` names
//!   what took their place.
//! - **Hierarchy** are the relationships `isa` and `inverse_isa`.
//! - **Version** is the date of the release as its file name has it, month first (`08042025`).

mod files;
mod links;
mod names;
#[cfg(test)]
mod tests;

use codesystems::model::{FilterDefinition, Identifier, Provenance};
use codesystems::{EditionBuilder, EditionMeta};
use rustc_hash::FxHashMap;

use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use files::{Files, Kind};

/// Canonical URL of RxNorm.
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";

/// The source of the concepts.
const SOURCE: &str = "RXNORM";

/// The sentence that the terms of service of RxNorm ask for.
const NOTICE: &str = "This product uses publicly available data courtesy of the U.S. National \
    Library of Medicine (NLM), National Institutes of Health, Department of Health and Human \
    Services; NLM is not responsible for the product and does not endorse or recommend this or \
    any other product.";

/// Whether the file is a table of RxNorm; the key is the date of its release if the path has one.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    files::kind(&probe.file.name, probe.text)?;
    Some(files::date_in(&probe.file.path).unwrap_or("rxnorm").to_owned())
}

/// Reads a release. The version is that of the options, else the one `RXNSAB` gives for the source
/// `RXNORM`, else the one in the file names.
///
/// # Errors
/// When a file is damaged, `RXNCONSO` is missing, or the version is said nowhere.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let files = Files::of(release, options, report)?;
    let mut loader = Loader::new(meta(options), report);
    loader.builder.provenance = Provenance {
        sources: release.sources.clone(),
        loader: "rxnorm".into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        built_at: String::new(),
    };
    loader.abbreviations(&files)?;
    loader.version(&files, options, release)?;
    loader.names(&files)?;
    loader.links(&files)?;
    loader.report.count("concepts", loader.builder.concept_count() as u64);
    loader.report.count("designations", loader.builder.designation_count() as u64);
    sink.edition(loader.builder)
}

/// Everything that the readers of the single tables share.
struct Loader<'r> {
    builder: EditionBuilder,
    /// What abbreviations stand for: (kind, abbreviation) -> words.
    words: FxHashMap<(String, String), String>,
    report: &'r mut Report,
}

impl<'r> Loader<'r> {
    fn new(meta: EditionMeta, report: &'r mut Report) -> Self {
        Self { builder: EditionBuilder::new(meta), words: FxHashMap::default(), report }
    }

    /// `RXNDOC`: kind of abbreviation, abbreviation, `expanded_form`, words.
    fn abbreviations(&mut self, files: &Files<'_>) -> Result<()> {
        for file in files.all(Kind::Abbreviations) {
            let mut rows = files.rows(Kind::Abbreviations, file)?;
            while let Some(row) = rows.next()? {
                if row.at(2) == "expanded_form" {
                    let key = (row.at(0).to_owned(), row.at(1).to_owned());
                    self.words.insert(key, row.at(3).to_owned());
                }
            }
            rows.close(self.report);
        }
        Ok(())
    }

    /// What the abbreviation `code` of a kind stands for, empty if the release does not say.
    fn words(&self, kind: &str, code: &str) -> String {
        self.words.get(&(kind.to_owned(), code.to_owned())).cloned().unwrap_or_default()
    }

    fn version(&mut self, files: &Files<'_>, options: &Options, release: &Release) -> Result<()> {
        let mut found = files::is_rxcui(&release.key).then(|| release.key.clone());
        for file in files.all(Kind::Sources) {
            let mut rows = files.rows(Kind::Sources, file)?;
            while let Some(row) = rows.next()? {
                // VSAB, RSAB, SVER, CURVER
                if row.at(3) == SOURCE && row.at(21) != "N" {
                    found = date_of(row.at(6)).or(found);
                }
            }
            rows.close(self.report);
        }
        let meta = &mut self.builder.meta;
        meta.version = match options.version.clone().or(found) {
            Some(version) => version,
            None => {
                let problem = "neither RXNSAB.RRF nor the file names say the version; give it \
                               (--version), month first as in RxNorm_full_08042025";
                return Err(Error::file(release.path(), problem));
            }
        };
        meta.date = files::iso_date(&meta.version).unwrap_or_default();
        Ok(())
    }
}

/// The date in a version of the source, month first: `20AA_250804F` is of the 4th of August 2025.
fn date_of(version: &str) -> Option<String> {
    let date = version.rsplit('_').next()?.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let (year, rest) = date.get(..2).zip(date.get(2..6))?;
    let version = format!("{rest}20{year}");
    (date.len() == 6 && files::iso_date(&version).is_some()).then_some(version)
}

fn meta(options: &Options) -> EditionMeta {
    EditionMeta {
        name: "RxNorm".into(),
        title: options.title.clone().unwrap_or_else(|| "RxNorm".into()),
        publisher: "National Library of Medicine".into(),
        description: "Normalized names of clinical drugs, with links between them".into(),
        copyright: NOTICE.into(),
        notices: vec![NOTICE.into()],
        language: "en".into(),
        case_sensitive: Some(true),
        hierarchy_meaning: "is-a".into(),
        compositional: Some(false),
        version_needed: Some(false),
        identifiers: vec![Identifier {
            system: "urn:ietf:rfc:3986".into(),
            value: "urn:oid:2.16.840.1.113883.6.88".into(),
        }],
        filters: filters(),
        ..EditionMeta::new(
            options.url.clone().unwrap_or_else(|| RXNORM.into()),
            options.version.clone().unwrap_or_default(),
        )
    }
}

/// Source: "Using RxNorm with FHIR", filter properties.
fn filters() -> Vec<FilterDefinition> {
    [
        ("STY", "Concepts of a semantic type", &["="][..], "A type identifier such as T200"),
        ("SAB", "Concepts that a source has a name for", &["="], "A source such as MMSL"),
        ("TTY", "Concepts with a name of a term type", &["=", "in"], "A term type such as SBD"),
    ]
    .map(|(code, description, operators, value)| FilterDefinition {
        code: code.into(),
        description: description.into(),
        operators: operators.iter().map(|&operator| operator.to_owned()).collect(),
        value: value.into(),
    })
    .into()
}
