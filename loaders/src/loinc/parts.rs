//! Parts, and which parts make up a term.

use codesystems::model::{DisplayRank, PropertyId};
use codesystems::{PropertyKind, PropertyValue};
use rustc_hash::FxHashMap;

use super::Loader;
use super::terms::{AXES, description};
use crate::Result;
use crate::archive::File;
use crate::table::Table;

impl Loader<'_> {
    /// The parts: display, name (which the axes of a term are written with), type and status.
    pub(super) fn parts(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, kind) = (table.required("PartNumber")?, table.required("PartTypeName")?);
        let (name, display) = (table.required("PartName")?, table.column("PartDisplayName"));
        let status = table.column("Status");
        let types =
            self.builder.property_id("PartTypeName", PropertyKind::String, "Type of a part");
        while let Some(row) = table.next()? {
            let part = self.part(row.get(code), row.get(name), row.get(display));
            self.builder.property(part, types, PropertyValue::String(row.get(kind)), 0);
            self.builder.set_status(part, row.get(status));
            let inactive = matches!(row.get(status), "DEPRECATED" | "INACTIVE");
            self.builder.set_inactive(part, inactive);
            self.report.count("parts", 1);
        }
        table.close(self.report);
        Ok(())
    }

    /// Brings a part into being. Its display is the display name, its name a synonym beside it.
    pub(super) fn part(
        &mut self,
        code: &str,
        name: &str,
        display: &str,
    ) -> codesystems::model::ConceptId {
        let part = self.builder.concept(code);
        self.builder.set_kind(part, "part");
        let shown = if display.is_empty() { name } else { display };
        self.designate(part, "en", self.uses.display, DisplayRank::Preferred, shown);
        if name != shown {
            self.designate(part, "en", self.uses.part_name, DisplayRank::Synonym, name);
        }
        part
    }

    /// Which parts a term has: the axes from the primary links, details from the supplementary ones.
    ///
    /// A property is named by the last segment of the column `Property`
    /// (`http://loinc.org/property/analyte`), in old releases without that column by `PartTypeName`.
    pub(super) fn part_links(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, part) = (table.required("LoincNumber")?, table.required("PartNumber")?);
        let (name, kind) = (table.column("PartName"), table.column("PartTypeName"));
        let uri = table.column("Property");
        let mut properties: FxHashMap<String, (PropertyId, u8)> = FxHashMap::default();
        let mut rows = 0;
        // Rows of a term follow each other.
        let mut term = (String::new(), None);
        while let Some(row) = table.next()? {
            if term.0 != row.get(code) {
                term = (row.get(code).to_owned(), self.builder.find(row.get(code)));
            }
            let Some(concept) = term.1 else {
                self.unknown(&file.path, row.line, row.get(code));
                continue;
            };
            let uri = if row.get(uri).is_empty() { row.get(kind) } else { row.get(uri) };
            let (property, bit) = match properties.get(uri) {
                Some(&known) => known,
                None => {
                    let new = self.link_property(uri);
                    properties.insert(uri.to_owned(), new);
                    new
                }
            };
            let number = row.get(part);
            if self.builder.find(number).is_none() {
                self.part(number, row.get(name), "");
                self.report.count("parts named by links only", 1);
            }
            self.builder.property(concept, property, PropertyValue::Code(number), 0);
            self.mark_linked(concept.0 as usize, bit);
            rows += 1;
        }
        self.report.count("part links", rows);
        table.close(self.report);
        Ok(())
    }

    fn link_property(&mut self, uri: &str) -> (PropertyId, u8) {
        let name = uri.rsplit('/').next().unwrap_or(uri);
        let name = match name {
            "TIME" => "TIME_ASPCT",
            "SCALE" => "SCALE_TYP",
            "METHOD" => "METHOD_TYP",
            name => name,
        };
        let bit = AXES.iter().position(|axis| *axis == name).map_or(0, |axis| 1 << axis);
        (self.builder.property_id(name, PropertyKind::Code, description(name)), bit)
    }

    fn mark_linked(&mut self, concept: usize, bit: u8) {
        if bit == 0 {
            return;
        }
        if self.linked.len() <= concept {
            self.linked.resize(concept + 1, 0);
        }
        if let Some(bits) = self.linked.get_mut(concept) {
            *bits |= bit;
        }
    }
}
