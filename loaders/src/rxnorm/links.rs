//! What is said of concepts beside their names: semantic types, attributes, relationships.

use codesystems::model::{ConceptId, PropertyId};
use codesystems::{PropertyKind, PropertyValue};
use rustc_hash::FxHashMap;

use super::files::{Files, Kind};
use super::{Loader, SOURCE};
use crate::Result;
use crate::acyclic::cut_cycles;
use crate::archive::File;

impl Loader<'_> {
    /// Reads all tables that point to concepts.
    pub(super) fn links(&mut self, files: &Files<'_>) -> Result<()> {
        for file in files.all(Kind::SemanticTypes) {
            self.semantic_types(files, file)?;
        }
        for file in files.all(Kind::Attributes) {
            self.attributes(files, file)?;
        }
        let mut edges = Vec::new();
        for file in files.all(Kind::Relationships) {
            self.relationships(files, file, &mut edges)?;
        }
        let closing = cut_cycles(&mut edges, self.builder.concept_count());
        for (child, parent) in closing {
            let (child, parent) = (ConceptId(child), ConceptId(parent));
            let message = format!(
                "{} isa {} closes a cycle; left out of the hierarchy",
                self.builder.code(child),
                self.builder.code(parent)
            );
            let path = files.all(Kind::Relationships).next().map_or("", |file| file.path.as_str());
            self.report.warn(path, 0, message);
        }
        self.report.count("hierarchy links", edges.len() as u64);
        for (child, parent) in edges {
            self.builder.parent(ConceptId(child), ConceptId(parent));
        }
        Ok(())
    }

    /// The property called `code`, defined when it is first mentioned.
    pub(super) fn property(
        &mut self,
        code: &str,
        kind: PropertyKind,
        description: &str,
    ) -> PropertyId {
        self.builder.property_id(code, kind, description)
    }

    /// Semantic types, by identifier and by name.
    fn semantic_types(&mut self, files: &Files<'_>, file: &File) -> Result<()> {
        let identifier =
            self.property("STY", PropertyKind::Code, "Semantic type, by its identifier (TUI)");
        let name = self.property("STY-name", PropertyKind::String, "Semantic type, by its name");
        let mut rows = files.rows(Kind::SemanticTypes, file)?;
        while let Some(row) = rows.next()? {
            let Some(concept) = self.builder.find(row.at(0)) else {
                self.report.count("semantic types of other concepts", 1);
                continue;
            };
            self.builder.property(concept, identifier, PropertyValue::Code(row.at(1)), 0);
            self.builder.property(concept, name, PropertyValue::String(row.at(3)), 0);
            self.report.count("semantic types", 1);
        }
        rows.close(self.report);
        Ok(())
    }

    /// Attributes that RxNorm itself gives, such as the national drug codes (`NDC`).
    fn attributes(&mut self, files: &Files<'_>, file: &File) -> Result<()> {
        let mut known: FxHashMap<String, PropertyId> = FxHashMap::default();
        let (mut taken, mut others) = (0, 0);
        let mut rows = files.rows(Kind::Attributes, file)?;
        while let Some(row) = rows.next()? {
            let (code, name, value) = (row.at(0), row.at(8), row.at(10));
            let own = row.at(9) == SOURCE && !matches!(row.at(11), "Y" | "E");
            let Some(concept) = self.builder.find(code).filter(|_| own && !name.is_empty()) else {
                others += 1;
                continue;
            };
            let property = match known.get(name) {
                Some(&property) => property,
                None => {
                    let words = self.words("ATN", name);
                    let property = self.property(name, PropertyKind::String, &words);
                    known.insert(name.to_owned(), property);
                    property
                }
            };
            self.builder.property(concept, property, PropertyValue::String(value), 0);
            taken += 1;
        }
        self.report.count("attributes", taken);
        self.report.count("attributes of other sources", others);
        rows.close(self.report);
        Ok(())
    }

    /// Relationships between concepts: what the second is to the first.
    fn relationships(
        &mut self,
        files: &Files<'_>,
        file: &File,
        edges: &mut Vec<(u32, u32)>,
    ) -> Result<()> {
        let mut known: FxHashMap<String, PropertyId> = FxHashMap::default();
        let (mut taken, mut others) = (0, 0);
        let mut rows = files.rows(Kind::Relationships, file)?;
        while let Some(row) = rows.next()? {
            if row.at(10) != SOURCE || row.at(2) != "CUI" || row.at(6) != "CUI" {
                others += 1;
                continue;
            }
            let (target, source) = (row.at(0), row.at(4));
            let ends = self.builder.find(source).zip(self.builder.find(target));
            let Some((concept, other)) = ends else {
                let missing = if self.builder.find(target).is_some() { source } else { target };
                self.report.count("rows skipped: unknown concept", 1);
                let message = format!("{missing} is not in RXNCONSO; the row was skipped");
                self.report.warn(&file.path, row.line, message);
                continue;
            };
            for (kind, name) in [("REL", row.at(3)), ("RELA", row.at(7))] {
                if name.is_empty() {
                    continue;
                }
                let property = match known.get(name) {
                    Some(&property) => property,
                    None => {
                        let words = self.words(kind, name);
                        let property = self.property(name, PropertyKind::Code, &words);
                        known.insert(name.to_owned(), property);
                        property
                    }
                };
                self.builder.property(concept, property, PropertyValue::Code(target), 0);
            }
            match row.at(7) {
                "isa" => edges.push((concept.0, other.0)),
                "inverse_isa" => edges.push((other.0, concept.0)),
                _ => {}
            }
            taken += 1;
        }
        self.report.count("relationships", taken);
        self.report.count("relationships of names or other sources", others);
        rows.close(self.report);
        Ok(())
    }
}
