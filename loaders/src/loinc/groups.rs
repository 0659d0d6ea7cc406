//! Groups of terms, and panels with their elements.

use codesystems::{PropertyKind, PropertyValue};

use super::Loader;
use crate::Result;
use crate::archive::File;
use crate::table::Table;

impl Loader<'_> {
    /// Groups of groups.
    pub(super) fn parent_groups(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, name) = (table.required("ParentGroupId")?, table.required("ParentGroup")?);
        let status = table.column("Status");
        while let Some(row) = table.next()? {
            self.group(row.get(code), row.get(name), row.get(status));
        }
        table.close(self.report);
        Ok(())
    }

    /// Groups, each in a parent group.
    pub(super) fn groups(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, name) = (table.required("GroupId")?, table.required("Group")?);
        let (parent, status) = (table.required("ParentGroupId")?, table.column("Status"));
        let property =
            self.builder.property_id("ParentGroupId", PropertyKind::Code, "Group of this group");
        while let Some(row) = table.next()? {
            let group = self.group(row.get(code), row.get(name), row.get(status));
            if !row.get(parent).is_empty() {
                let value = PropertyValue::Code(row.get(parent));
                self.builder.property(group, property, value, 0);
            }
        }
        table.close(self.report);
        Ok(())
    }

    fn group(&mut self, code: &str, name: &str, status: &str) -> codesystems::model::ConceptId {
        let known = self.builder.find(code);
        let group = self.builder.concept(code);
        if known.is_none() {
            self.builder.set_kind(group, "group");
            self.builder.display(group, "en", name);
            self.builder.set_status(group, &status.to_uppercase());
            self.builder.set_inactive(group, status.eq_ignore_ascii_case("inactive"));
            self.report.count("groups", 1);
        }
        group
    }

    /// Which terms are in a group. The group is a set; `http://loinc.org/vs/LG…` asks for it.
    pub(super) fn group_terms(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, term) = (table.required("GroupId")?, table.required("LoincNumber")?);
        while let Some(row) = table.next()? {
            let Some(term) = self.builder.find(row.get(term)) else {
                self.unknown(&file.path, row.line, row.get(term));
                continue;
            };
            if self.builder.find(row.get(code)).is_none() {
                self.unknown(&file.path, row.line, row.get(code));
                continue;
            }
            let set = self.builder.membership_set(row.get(code), "", &[]);
            self.builder.member(set, term, &[]);
            self.report.count("terms in groups", 1);
        }
        table.close(self.report);
        Ok(())
    }

    /// The elements of panels and forms, in the order of the file, which is that of the panel. A
    /// panel has a first row that stands for itself.
    pub(super) fn panels(&mut self, file: &File) -> Result<()> {
        const FIELDS: [&str; 4] =
            ["SEQUENCE", "DisplayNameForForm", "ObservationRequiredInPanel", "AnswerCardinality"];
        let mut table = Table::open(file)?;
        let (panel, element) = (table.required("ParentLoinc")?, table.required("Loinc")?);
        let columns = FIELDS.map(|name| table.column(name));
        while let Some(row) = table.next()? {
            let (panel, element) = (row.get(panel), row.get(element));
            if panel == element {
                continue;
            }
            let unknown =
                [panel, element].into_iter().find(|code| self.builder.find(code).is_none());
            if let Some(code) = unknown {
                self.unknown(&file.path, row.line, code);
                continue;
            }
            let set = self.builder.membership_set(panel, "", &FIELDS);
            let concept = self.builder.concept(element);
            self.builder.member(set, concept, &columns.map(|column| row.get(column)));
            self.report.count("panel elements", 1);
        }
        table.close(self.report);
        Ok(())
    }
}
