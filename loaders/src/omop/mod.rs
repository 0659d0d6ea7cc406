//! OMOP vocabularies in the layout of an Athena download: tables with tabs and without quoting.
//!
//! Concepts of all vocabularies are concepts of one code system; their numbers (`concept_id`) are
//! the codes. Properties carry the names that the terminology server of FHIR uses: `domain-id`,
//! `vocabulary-id`, `concept-class-id`, `standard-concept` (`S`, `C`, or `NS` for neither),
//! `valid-start-date`, `valid-end-date`, `invalid-reason`, and `source-concept-code`, the code in
//! its own vocabulary where that has a canonical URL in FHIR (`concept-code` where it has none).
//! Every valid relationship is a property by its name (`Maps to`, `Is a`, …) whose values are
//! concepts. Concepts with an `invalid_reason` are inactive.
//!
//! - **Hierarchy** are the relationships `Is a` and `Subsumes`, and the pairs of
//!   `CONCEPT_ANCESTOR` that are one level apart if that table is given. What would close a cycle
//!   is left out with a warning.
//! - **Maps**: for each vocabulary with a canonical URL, one from its codes to standard concepts
//!   (`Maps to`), and one from the concepts of the vocabulary to their codes.
//! - **Value sets**: the standard concepts of each domain, as
//!   `https://fhir-terminology.ohdsi.org/ValueSet/Drug`.
//! - **Version** is the date of the vocabulary `OMOP Extension` (`20240716`), as the terminology
//!   server of FHIR has it, else that of the whole (`v5.0 30-AUG-24` is `20240830`).
//!
//! Rows are never held: a concept takes some 50 bytes here beside what the edition is built from,
//! which is what bounds the size: about 0.9 GB for 500,000 concepts with three million
//! relationships and 500,000 synonyms.

mod concepts;
mod maps;
mod relationships;
mod tables;
#[cfg(test)]
mod tests;
mod vocabularies;

use codesystems::model::{FilterDefinition, Provenance};
use codesystems::{EditionBuilder, EditionMeta};

use crate::{Options, Probe, Release, Report, Resource, Result, Sink};
use concepts::Concepts;
use maps::{Mapping, Maps};
use tables::{Files, Kind, Lists};

/// Canonical URL of the code system of all OMOP concepts.
const OMOP: &str = "https://fhir-terminology.ohdsi.org";

/// Whether the file is a table of an Athena download; the key is its folder or archive.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    tables::kind(probe.text)?;
    let folder = probe.file.path.rsplit_once(['/', '\\', '!']).map_or("", |(folder, _)| folder);
    Some(folder.to_owned())
}

/// Reads a download. The version is that of the options, else that of `VOCABULARY.csv`, else the
/// newest date from which a concept is valid, with a warning.
///
/// # Errors
/// When a file is damaged or `CONCEPT.csv` is missing.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let files = Files::of(release, options)?;
    let lists = Lists::read(&files, report)?;
    let mut loader = Loader {
        builder: EditionBuilder::new(meta(options)),
        concepts: Concepts::default(),
        lists,
        mappings: Vec::new(),
        report,
    };
    loader.builder.provenance = Provenance {
        sources: release.sources.clone(),
        loader: "omop".into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        built_at: String::new(),
    };
    for file in files.all(Kind::Concepts) {
        loader.concepts(&files, file)?;
    }
    loader.concepts.sort();
    loader.version(options, release);
    for file in files.all(Kind::Synonyms) {
        loader.synonyms(&files, file)?;
    }
    loader.relationships(&files)?;
    loader.finish(sink)
}

/// Everything that the readers of the single tables share.
struct Loader<'r> {
    builder: EditionBuilder,
    concepts: Concepts,
    lists: Lists,
    mappings: Vec<Mapping>,
    report: &'r mut Report,
}

impl Loader<'_> {
    fn version(&mut self, options: &Options, release: &Release) {
        let meta = &mut self.builder.meta;
        let newest = &self.concepts.newest;
        if options.version.is_none() {
            meta.version = match self.lists.version.clone() {
                Some(version) => version,
                None => {
                    let message = format!(
                        "the download does not name its version (VOCABULARY.csv); took {newest}, \
                         the newest date from which a concept is valid. Give the version if it is \
                         another one"
                    );
                    self.report.warn(release.path(), 0, message);
                    newest.clone()
                }
            };
        }
        let date = self.lists.date.as_deref().unwrap_or(&meta.version);
        meta.date = tables::iso_date(date).unwrap_or_default();
    }

    /// Hands over the edition, then maps and value sets. In this order the maps are built when what
    /// the edition was built from is gone.
    fn finish(self, sink: &mut dyn Sink) -> Result<()> {
        let Self { builder, mut concepts, mappings, report, .. } = self;
        report.count("concepts", builder.concept_count() as u64);
        report.count("designations", builder.designation_count() as u64);
        report.count("value sets", concepts.domains.len() as u64);
        let (meta, provenance) = (builder.meta.clone(), builder.provenance.clone());
        concepts.forget_names();
        sink.edition(builder)?;
        for domain in &concepts.domains {
            sink.resource(Resource {
                resource_type: "ValueSet",
                json: &value_set(domain, &meta).to_string(),
                fhir_version: "4.0",
            })?;
        }
        Maps { concepts, meta, provenance, report }.hand_over(mappings, sink)
    }
}

/// The standard concepts of a domain.
fn value_set(domain: &str, meta: &EditionMeta) -> serde_json::Value {
    let slug = slug(domain);
    serde_json::json!({
        "resourceType": "ValueSet",
        "id": format!("omop-domain-{slug}"),
        "url": format!("{OMOP}/ValueSet/{domain}"),
        "version": meta.version,
        "name": format!("OMOPDomain{}", domain.replace(|c: char| !c.is_ascii_alphanumeric(), "")),
        "title": format!("OMOP standard concepts of the domain {domain}"),
        "status": "active",
        "experimental": false,
        "publisher": meta.publisher,
        "compose": { "include": [{
            "system": meta.url,
            "version": meta.version,
            "filter": [
                { "property": "domain-id", "op": "=", "value": domain },
                { "property": "standard-concept", "op": "=", "value": "S" },
            ],
        }] },
    })
}

/// `text` in lower case with hyphens for everything that may not stand in an id.
fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn meta(options: &Options) -> EditionMeta {
    EditionMeta {
        // The terminology server of FHIR answers this name.
        name: "OMOP Concepts".into(),
        title: options.title.clone().unwrap_or_else(|| "OMOP Concepts".into()),
        publisher: "OHDSI".into(),
        description: "Concepts of the OMOP standardized vocabularies".into(),
        language: "en".into(),
        case_sensitive: Some(true),
        hierarchy_meaning: "is-a".into(),
        compositional: Some(false),
        version_needed: Some(false),
        filters: filters(),
        ..EditionMeta::new(
            options.url.clone().unwrap_or_else(|| OMOP.into()),
            options.version.clone().unwrap_or_default(),
        )
    }
}

fn filters() -> Vec<FilterDefinition> {
    [
        ("domain-id", "Concepts of a domain", "A domain such as Drug"),
        ("vocabulary-id", "Concepts of a vocabulary", "A vocabulary such as LOINC"),
        ("standard-concept", "Standard, classification, or other concepts", "S | C | NS"),
    ]
    .map(|(code, description, value)| FilterDefinition {
        code: code.into(),
        description: description.into(),
        operators: vec!["=".into(), "in".into()],
        value: value.into(),
    })
    .into()
}
