//! Translation tables that come beside an ontology.
//!
//! Babelon tables (monarch-initiative.github.io/babelon) translate labels and definitions, with a
//! status for each; synonym tables are templates of the tool ROBOT with one row per term.

use codesystems::model::DisplayRank;
use codesystems::{NewDesignation, PropertyKind, PropertyValue};

use super::terms::Ontology;
use crate::archive::File;
use crate::table::Table;
use crate::{Options, Result};

/// The layout of a translation table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One row per translated text.
    Babelon,
    /// One row per term, its synonyms apart by `|`.
    Synonyms,
}

/// The layout of a table with the header line `header`, if it is one of these.
pub(super) fn kind(header: &str) -> Option<Kind> {
    let names: Vec<&str> = header.trim_start_matches('\u{feff}').trim().split('\t').collect();
    let has = |name: &&str| names.contains(name);
    if ["subject_id", "predicate_id", "translation_language", "translation_value"].iter().all(has) {
        return Some(Kind::Babelon);
    }
    ["subject_id", "translation_value", "synonym_type"].iter().all(has).then_some(Kind::Synonyms)
}

impl Ontology<'_, '_> {
    /// Reads a translation table.
    pub(super) fn translate(&mut self, kind: Kind, file: &File, options: &Options) -> Result<()> {
        let table = Table::new(&file.path, file.open()?, b'\t', true)?;
        match kind {
            Kind::Babelon => self.babelon(table, file),
            Kind::Synonyms => self.synonym_table(table, file, options),
        }
    }

    fn unknown(&mut self, path: &str, line: u64, code: &str) {
        self.report.count("translations skipped: unknown term", 1);
        let message = format!("{code} is not a term of the ontology; its translation was skipped");
        self.report.warn(path, line, message);
    }

    fn babelon(&mut self, mut table: Table, file: &File) -> Result<()> {
        let (subject, predicate) = (table.required("subject_id")?, table.required("predicate_id")?);
        let language = table.required("translation_language")?;
        let text = table.required("translation_value")?;
        let status = table.column("translation_status");
        while let Some(row) = table.next()? {
            let Some(term) = self.term(row.get(subject)) else {
                self.unknown(&file.path, row.line, row.get(subject));
                continue;
            };
            if row.get(text).is_empty() {
                continue;
            }
            let (use_id, rank) = match row.get(predicate) {
                "rdfs:label" => (self.builder.display_use(), DisplayRank::Preferred),
                "IAO:0000115" => (self.definition_use(), DisplayRank::Note),
                "oboInOwl:hasExactSynonym" => (self.scope_use("EXACT"), DisplayRank::Synonym),
                _ => (self.scope_use("RELATED"), DisplayRank::SearchOnly),
            };
            let designation = NewDesignation::new(row.get(language), use_id, row.get(text), rank);
            self.builder.designation(term, &designation);
            let status = row.get(status).to_lowercase();
            let name = format!("translations to {} ({status})", row.get(language));
            self.report.count(&name, 1);
            if rank == DisplayRank::Preferred && !status.is_empty() {
                let property = self.property_id("translation_status", PropertyKind::String);
                let value = format!("{}: {status}", row.get(language));
                self.builder.property(term, property, PropertyValue::String(&value), 0);
            }
        }
        table.close(self.report);
        Ok(())
    }

    /// The second line of the table tells the template tool what the columns are, with the
    /// language in `@de`; a file name like `hp-de.synonyms.tsv` says it too.
    fn synonym_table(&mut self, mut table: Table, file: &File, options: &Options) -> Result<()> {
        let (subject, text) = (table.required("subject_id")?, table.required("translation_value")?);
        let kind = table.required("synonym_type")?;
        let mut language = options.language.clone().or_else(|| language_in(&file.name));
        while let Some(row) = table.next()? {
            if row.get(subject) == "ID" {
                let tag = row.get(text).split_once('@').map(|(_, rest)| rest);
                let tag = tag.and_then(|rest| rest.split_whitespace().next()).map(str::to_owned);
                language = tag.or(language);
                continue;
            }
            let Some(term) = self.term(row.get(subject)) else {
                self.unknown(&file.path, row.line, row.get(subject));
                continue;
            };
            let kind = row.get(kind).rsplit('#').next().unwrap_or_default();
            let use_id =
                if kind.is_empty() { self.scope_use("EXACT") } else { self.synonym_type(kind) };
            let language = language.as_deref().unwrap_or_default();
            for synonym in row.get(text).split('|').map(str::trim) {
                let rank = DisplayRank::Synonym;
                let designation = NewDesignation::new(language, use_id, synonym, rank);
                self.builder.designation(term, &designation);
                self.report.count(&format!("synonyms in {language}"), 1);
            }
        }
        table.close(self.report);
        Ok(())
    }
}

/// The language in a name like `hp-de.synonyms.tsv`.
fn language_in(name: &str) -> Option<String> {
    let stem = name.split('.').next()?;
    let (_, language) = stem.rsplit_once('-')?;
    (language.len() == 2).then(|| language.to_owned())
}
