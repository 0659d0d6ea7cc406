//! Relationships between concepts, and the hierarchy.

use codesystems::model::{ConceptId, PropertyId};
use codesystems::{PropertyKind, PropertyValue};
use rustc_hash::FxHashMap;

use super::Loader;
use super::concepts::concept_id;
use super::tables::{Files, Kind};
use crate::Result;
use crate::acyclic::cut_cycles;
use crate::archive::File;

impl Loader<'_> {
    /// Reads relationships and ancestors.
    pub(super) fn relationships(&mut self, files: &Files<'_>) -> Result<()> {
        let mut edges = Vec::new();
        for file in files.all(Kind::Relationships) {
            self.relationship_rows(files, file, &mut edges)?;
        }
        for file in files.all(Kind::Ancestors) {
            self.ancestor_rows(files, file, &mut edges)?;
        }
        let closing = cut_cycles(&mut edges, self.builder.concept_count());
        for (child, parent) in closing {
            let (child, parent) = (ConceptId(child), ConceptId(parent));
            let message = format!(
                "{} below {} closes a cycle; left out of the hierarchy",
                self.builder.code(child),
                self.builder.code(parent)
            );
            let first = files.all(Kind::Relationships).chain(files.all(Kind::Ancestors)).next();
            self.report.warn(first.map_or("", |file| file.path.as_str()), 0, message);
        }
        self.report.count("hierarchy links", edges.len() as u64);
        for (child, parent) in edges {
            self.builder.parent(ConceptId(child), ConceptId(parent));
        }
        Ok(())
    }

    /// `CONCEPT_RELATIONSHIP`; rows that are no longer valid are counted only.
    fn relationship_rows(
        &mut self,
        files: &Files<'_>,
        file: &File,
        edges: &mut Vec<(u32, u32)>,
    ) -> Result<()> {
        let mut rows = files.rows(file)?;
        let (from, to) = (rows.required("concept_id_1")?, rows.required("concept_id_2")?);
        let (kind, invalid) = (rows.required("relationship_id")?, rows.column("invalid_reason"));
        let mut known: FxHashMap<String, PropertyId> = FxHashMap::default();
        let (mut taken, mut ended) = (0, 0);
        while let Some(row) = rows.next()? {
            if !row.get(invalid).is_empty() {
                ended += 1;
                continue;
            }
            let (from, to, kind) = (row.at(from), row.at(to), row.at(kind));
            let find = |id: &str| concept_id(id).and_then(|id| self.concepts.find(id));
            let (Some(source), Some(target)) = (find(from), find(to)) else {
                let missing = if find(from).is_none() { from } else { to };
                self.unknown(file, row.line, missing);
                continue;
            };
            if kind.is_empty() {
                let message = "a relationship without a name was skipped";
                self.report.warn(&file.path, row.line, message);
                continue;
            }
            let property = match known.get(kind) {
                Some(&property) => property,
                None => {
                    let words = self.lists.relationships.get(kind).cloned().unwrap_or_default();
                    let property = self.builder.property_id(kind, PropertyKind::Code, &words);
                    known.insert(kind.to_owned(), property);
                    property
                }
            };
            self.builder.property(source, property, PropertyValue::Code(to), 0);
            taken += 1;
            match kind {
                "Is a" => edges.push((source.0, target.0)),
                "Subsumes" => edges.push((target.0, source.0)),
                "Maps to" => {
                    if let Some(found) = self.concepts.source(source.0) {
                        self.mappings.push((found.vocabulary, source.0, target.0));
                    }
                }
                _ => {}
            }
        }
        self.report.count("relationships", taken);
        self.report.count("relationships no longer valid", ended);
        rows.close(self.report);
        Ok(())
    }

    /// `CONCEPT_ANCESTOR`: the pairs that are one level apart.
    fn ancestor_rows(
        &mut self,
        files: &Files<'_>,
        file: &File,
        edges: &mut Vec<(u32, u32)>,
    ) -> Result<()> {
        let mut rows = files.rows(file)?;
        let above = rows.required("ancestor_concept_id")?;
        let below = rows.required("descendant_concept_id")?;
        let levels = rows.required("min_levels_of_separation")?;
        while let Some(row) = rows.next()? {
            if row.at(levels) != "1" {
                continue;
            }
            let (above, below) = (row.at(above), row.at(below));
            let find = |id: &str| concept_id(id).and_then(|id| self.concepts.find(id));
            match (find(below), find(above)) {
                (Some(child), Some(parent)) => edges.push((child.0, parent.0)),
                (None, _) => self.unknown(file, row.line, below),
                (_, None) => self.unknown(file, row.line, above),
            }
        }
        rows.close(self.report);
        Ok(())
    }
}
