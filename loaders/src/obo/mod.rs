//! OBO ontologies, above all the Human Phenotype Ontology (HPO), with its translation tables.
//!
//! OBO is read as its format document (OBO Flat File Format 1.4) has it, as far as terms go;
//! stanzas of relations are counted and left out. Identifiers that were merged into another term
//! (`alt_id`) become inactive concepts that name their replacement, so that old data resolves.

mod header;
mod syntax;
mod terms;
#[cfg(test)]
mod tests;
mod translations;

use std::io::BufReader;

use codesystems::model::Provenance;
use codesystems::{EditionBuilder, EditionMeta};

use crate::archive::File;
use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use syntax::Lines;
use terms::Ontology;

/// Whether the file is an OBO ontology or a translation table of one; the key is the prefix of
/// its identifiers, so that translations find their ontology.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    let first = probe.text.trim_start_matches('\u{feff}').lines().find(|line| !line.is_empty())?;
    if first.starts_with("format-version:") {
        let id = probe.text.lines().find_map(|line| line.strip_prefix("ontology:"));
        return Some(header::prefix(id.unwrap_or(&probe.file.name)));
    }
    translations::kind(first)?;
    let subject = probe.text.lines().skip(1).flat_map(|line| line.split('\t')).find_map(|field| {
        let (prefix, number) = field.split_once(':')?;
        let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        numeric.then(|| prefix.to_ascii_lowercase())
    });
    Some(subject.unwrap_or_else(|| "obo".into()))
}

/// Reads an ontology with the translation tables given along.
///
/// # Errors
/// When a file is damaged, when a stanza has no id, or when translations come without an ontology.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let mut tables = Vec::new();
    let mut ontologies = Vec::new();
    for file in &release.files {
        let head = file.head(4096)?;
        let head = String::from_utf8_lossy(&head);
        match head.lines().next().and_then(translations::kind) {
            Some(kind) => tables.push((kind, file)),
            None => ontologies.push(file),
        }
    }
    if ontologies.is_empty() {
        return Err(Error::file(
            release.path(),
            "translations of an ontology without the ontology; give its OBO file along",
        ));
    }
    for file in ontologies {
        let mut ontology = ontology(file, options, report)?;
        for (kind, table) in &tables {
            ontology.translate(*kind, table, options)?;
        }
        let mut builder = ontology.finish();
        builder.provenance = Provenance {
            sources: release.sources.clone(),
            loader: "obo".into(),
            loader_version: env!("CARGO_PKG_VERSION").into(),
            built_at: String::new(),
        };
        report.count("concepts", builder.concept_count() as u64);
        report.count("designations", builder.designation_count() as u64);
        sink.edition(builder)?;
    }
    Ok(())
}

fn ontology<'f, 'r>(
    file: &'f File,
    options: &Options,
    report: &'r mut Report,
) -> Result<Ontology<'f, 'r>> {
    let mut lines = Lines::new(&file.path, BufReader::with_capacity(1 << 16, file.open()?));
    let (meta, prefix) = header::read(&mut lines, options)?;
    let language = options.language.clone().unwrap_or_else(|| "en".into());
    let builder = EditionBuilder::new(EditionMeta { language: language.clone(), ..meta });
    let mut ontology = Ontology::new(file, builder, prefix, language, report);
    ontology.read(&mut lines)?;
    Ok(ontology)
}
