//! Which files belong to which release, and which loader reads it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use codesystems::model::SourceFile;

use crate::archive::{self, File};
use crate::{
    Error, Options, Progress, Report, Result, Sink, alpha_id, bfarm, claml, csv_tables, fhir,
    loinc, ndc, obo, omop, orphadata, rf2, rxnorm, ucum_essence,
};

/// How much of a file recognition looks at, in bytes.
const HEAD: u64 = 16 * 1024;

/// A file as recognition sees it.
#[derive(Debug)]
pub struct Probe<'a> {
    /// The file.
    pub file: &'a File,
    /// Its first bytes, at most 16 KiB.
    pub head: &'a [u8],
    /// The first bytes as text, malformed ones replaced.
    pub text: &'a str,
}

/// A release format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// ClaML 2.0: ICD-10-GM, OPS, ICD-O-3, ICD-10-WHO.
    Claml,
    /// BfArM metadata text (kodes, gruppen, kapitel) and transition tables (umsteiger).
    Bfarm,
    /// Alpha-ID and Alpha-ID-SE.
    AlphaId,
    /// A LOINC release.
    Loinc,
    /// A SNOMED CT release in RF2.
    Rf2,
    /// Orphadata XML products.
    Orphadata,
    /// FHIR packages, resources and Bundles.
    Fhir,
    /// ucum-essence.xml.
    UcumEssence,
    /// RxNorm in Rich Release Format.
    RxNorm,
    /// The NDC directory of the FDA.
    Ndc,
    /// OMOP vocabularies as downloaded from Athena.
    Omop,
    /// OBO ontologies (HPO).
    Obo,
    /// CSV tables of local codes and local maps.
    Csv,
}

type Recognise = fn(&Probe<'_>) -> Option<String>;
type Load = fn(&Release, &Options, &mut dyn Sink, &mut Report) -> Result<()>;

impl Format {
    /// All formats, in the order in which recognition asks them.
    pub const ALL: [Self; 13] = [
        Self::Claml,
        Self::Orphadata,
        Self::UcumEssence,
        Self::Rf2,
        Self::Loinc,
        Self::RxNorm,
        Self::Ndc,
        Self::Omop,
        Self::AlphaId,
        Self::Bfarm,
        Self::Obo,
        Self::Fhir,
        Self::Csv,
    ];

    /// The name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Claml => "claml",
            Self::Bfarm => "bfarm",
            Self::AlphaId => "alpha-id",
            Self::Loinc => "loinc",
            Self::Rf2 => "rf2",
            Self::Orphadata => "orphadata",
            Self::Fhir => "fhir",
            Self::UcumEssence => "ucum-essence",
            Self::RxNorm => "rxnorm",
            Self::Ndc => "ndc",
            Self::Omop => "omop",
            Self::Obo => "obo",
            Self::Csv => "csv",
        }
    }

    /// The format called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    fn functions(self) -> (Recognise, Load) {
        match self {
            Self::Claml => (claml::recognise, claml::load),
            Self::Bfarm => (bfarm::recognise, bfarm::load),
            Self::AlphaId => (alpha_id::recognise, alpha_id::load),
            Self::Loinc => (loinc::recognise, loinc::load),
            Self::Rf2 => (rf2::recognise, rf2::load),
            Self::Orphadata => (orphadata::recognise, orphadata::load),
            Self::Fhir => (fhir::recognise, fhir::load),
            Self::UcumEssence => (ucum_essence::recognise, ucum_essence::load),
            Self::RxNorm => (rxnorm::recognise, rxnorm::load),
            Self::Ndc => (ndc::recognise, ndc::load),
            Self::Omop => (omop::recognise, omop::load),
            Self::Obo => (obo::recognise, obo::load),
            Self::Csv => (csv_tables::recognise, csv_tables::load),
        }
    }
}

/// Files that one loader reads together.
#[derive(Debug, Clone)]
pub struct Release {
    /// Their format.
    pub format: Format,
    /// What they have in common, as the format's `recognise` says: a year, a folder, a package.
    pub key: String,
    /// The files, sorted by path.
    pub files: Vec<File>,
    /// The files on disk they come from.
    pub sources: Vec<SourceFile>,
}

impl Release {
    /// The path to name in an error that concerns the release as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        self.files.first().map_or("", |file| file.root.as_str())
    }

    /// Bytes of all files, uncompressed, as far as they are known.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Tells `progress` what is read of the files from now on.
    pub fn watch(&mut self, progress: &Arc<dyn Progress>) {
        for file in &mut self.files {
            file.progress = Some(Arc::clone(progress));
        }
    }
}

/// Finds the releases below `paths`, in the order in which they should be loaded. Files that no
/// loader knows are returned beside them; they are normal inside of a release (read-me files).
///
/// # Errors
/// When a path cannot be read, when an archive is damaged or over its limits, or when no file at
/// all is recognised.
pub fn recognise(paths: &[PathBuf], options: &Options) -> Result<(Vec<Release>, Vec<File>)> {
    let only = match &options.format {
        Some(name) => Some(Format::from_name(name).ok_or_else(|| {
            Error::Options(format!("unknown format '{name}', expected one of: {}", format_names()))
        })?),
        None => None,
    };
    let mut releases: Vec<Release> = Vec::new();
    let mut unknown = Vec::new();
    for file in archive::files(paths, &options.limits)? {
        let head = file.head(HEAD)?;
        let text = String::from_utf8_lossy(&head);
        let probe = Probe { file: &file, head: &head, text: &text };
        let known = Format::ALL
            .into_iter()
            .filter(|format| only.is_none_or(|only| only == *format))
            .find_map(|format| (format.functions().0)(&probe).map(|key| (format, key)));
        let Some((format, key)) = known else {
            unknown.push(file);
            continue;
        };
        match releases.iter_mut().find(|release| release.format == format && release.key == key) {
            Some(release) => release.files.push(file),
            None => releases.push(Release { format, key, files: vec![file], sources: Vec::new() }),
        }
    }
    if releases.is_empty() {
        return Err(unrecognised(paths, &unknown));
    }
    let sources = archive::provenance(paths)?;
    for release in &mut releases {
        release.sources = sources
            .iter()
            .filter(|source| release.files.iter().any(|file| file.path.contains(&source.name)))
            .cloned()
            .collect();
    }
    releases.sort_by_key(|release| release.format);
    Ok((releases, unknown))
}

/// Files named in full where nothing is recognised.
const NAMED: usize = 10;

fn unrecognised(paths: &[PathBuf], unknown: &[File]) -> Error {
    let names: Vec<&str> = unknown.iter().take(NAMED).map(|file| file.path.as_str()).collect();
    let path = match unknown.len() {
        0 => {
            let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            format!("{}: no files in it", shown.join(", "))
        }
        number if number > NAMED => format!("{} and {} more", names.join(", "), number - NAMED),
        _ => names.join(", "),
    };
    Error::Unrecognised { path, known: format_names() }
}

fn format_names() -> String {
    Format::ALL.map(Format::name).join(", ")
}

/// Reads a release into `sink`.
///
/// # Errors
/// When a file is damaged or not what its format asks for, or when the sink refuses it. What the
/// sink was given until then must not be published.
pub fn load(release: &Release, options: &Options, sink: &mut dyn Sink) -> Result<Report> {
    let start = Instant::now();
    let mut report = Report::default();
    (release.format.functions().1)(release, options, sink, &mut report)?;
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}
