//! The table of terms: names, axes, status and every other column.

use codesystems::model::{ConceptId, DisplayRank, PropertyId};
use codesystems::{PropertyKind, PropertyValue};

use super::{Loader, files};
use crate::Result;
use crate::archive::File;
use crate::table::{Row, Table};

/// The six axes of the fully specified name, and the class.
pub(super) const AXES: [&str; 7] =
    ["COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS"];

/// What becomes of a column.
enum Meaning {
    /// A text.
    Text(PropertyId),
    /// LOINC codes, apart by `;`.
    Codes(PropertyId),
    /// An axis: its text, unless a part link already said which part it is.
    Axis(PropertyId, u8),
}

/// Columns with the names of a term, which become designations.
struct Names {
    long: Option<usize>,
    short: Option<usize>,
    display: Option<usize>,
    consumer: Option<usize>,
    related: Option<usize>,
}

impl Names {
    fn of(table: &Table) -> Self {
        Self {
            long: table.column("LONG_COMMON_NAME"),
            short: table.column("SHORTNAME"),
            display: table.column("DisplayName"),
            consumer: table.column("CONSUMER_NAME"),
            related: table.column("RELATEDNAMES2"),
        }
    }

    fn contains(&self, column: usize) -> bool {
        [self.long, self.short, self.display, self.consumer, self.related].contains(&Some(column))
    }
}

/// The fully specified name: the axes apart by colons, without the method when there is none.
/// Empty when the component is.
pub(super) fn fully_specified_name(row: Row<'_>, axes: &[Option<usize>]) -> String {
    let mut parts: Vec<&str> = axes.iter().take(6).map(|&axis| row.get(axis)).collect();
    if parts.first().is_none_or(|component| component.is_empty()) {
        return String::new();
    }
    if parts.last().is_some_and(|method| method.is_empty()) {
        parts.pop();
    }
    parts.join(":")
}

/// The columns of the axes, in the order of [`AXES`].
pub(super) fn axis_columns(table: &Table) -> Vec<Option<usize>> {
    AXES.iter().map(|axis| table.column(axis)).collect()
}

impl Loader<'_> {
    /// Brings all terms into being.
    pub(super) fn register_terms(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let code = table.required("LOINC_NUM")?;
        loop {
            let Some(row) = table.next()? else { break };
            let (number, line) = (row.get(code), row.line);
            if number.is_empty() {
                return Err(table.error(line, "a term without LOINC_NUM"));
            }
            if self.builder.find(number).is_some() {
                let problem = format!("LOINC_NUM {number} occurs twice");
                return Err(table.error(line, problem));
            }
            let concept = self.builder.concept(number);
            self.builder.set_kind(concept, "term");
            self.report.count("terms", 1);
        }
        Ok(())
    }

    /// Reads names and columns of all terms. `links` says whether part links were read,
    /// `consumer_column` whether the column of consumer names is to be read for want of the file.
    pub(super) fn terms(&mut self, file: &File, links: bool, consumer_column: bool) -> Result<()> {
        let mut table = Table::open(file)?;
        let code = table.required("LOINC_NUM")?;
        let (status, axes) = (table.column("STATUS"), axis_columns(&table));
        let changed = table.column("VersionLastChanged");
        let notice = table.column("EXTERNAL_COPYRIGHT_NOTICE");
        let mut names = Names::of(&table);
        let columns = self.columns(&table, &names, links);
        if !consumer_column {
            names.consumer = None;
        }
        let copyright = notice.map(|_| {
            let description = "LOINC, or 3rdParty when the term has another copyright notice too";
            self.builder.property_id("copyright", PropertyKind::String, description)
        });
        while let Some(row) = table.next()? {
            let concept = self.builder.concept(row.get(code));
            self.term_names(concept, row, &names, &axes);
            self.term_status(concept, row.get(status));
            self.term_columns(concept, row, &columns);
            if let Some(copyright) = copyright {
                let owner = if row.get(notice).is_empty() { "LOINC" } else { "3rdParty" };
                self.builder.property(concept, copyright, PropertyValue::String(owner), 0);
            }
            let version = row.get(changed);
            if files::version_order(version) > files::version_order(&self.newest) {
                self.newest = version.to_owned();
            }
        }
        table.close(self.report);
        Ok(())
    }

    fn columns(&mut self, table: &Table, names: &Names, links: bool) -> Vec<(usize, Meaning)> {
        let mut columns = Vec::new();
        for (column, name) in table.headers().iter().enumerate() {
            if name == "LOINC_NUM" || name == "RELATEDNAMES" || names.contains(column) {
                continue;
            }
            let axis = AXES.iter().position(|axis| axis == name);
            let codes =
                matches!(name.as_str(), "MAP_TO" | "AskAtOrderEntry" | "AssociatedObservations");
            let kind = if codes || (axis.is_some() && links) {
                PropertyKind::Code
            } else {
                PropertyKind::String
            };
            let property = self.builder.property_id(name, kind, description(name));
            columns.push((
                column,
                match axis {
                    Some(axis) => Meaning::Axis(property, 1 << axis),
                    None if codes => Meaning::Codes(property),
                    None => Meaning::Text(property),
                },
            ));
        }
        columns
    }

    fn term_names(
        &mut self,
        concept: ConceptId,
        row: Row<'_>,
        names: &Names,
        axes: &[Option<usize>],
    ) {
        let (long, short) = (row.get(names.long), row.get(names.short));
        if !long.is_empty() {
            self.designate(concept, "en", self.uses.long_common_name, DisplayRank::Preferred, long);
        } else if short.is_empty() {
            let name = fully_specified_name(row, axes);
            self.designate(concept, "en", self.uses.display, DisplayRank::Preferred, &name);
        }
        for (text, use_id) in [
            (short, self.uses.short_name),
            (row.get(names.display), self.uses.display_name),
            (row.get(names.consumer), self.uses.consumer_name),
        ] {
            self.designate(concept, "en", use_id, DisplayRank::Synonym, text);
        }
        for name in row.get(names.related).split(';') {
            let use_id = self.uses.related_names;
            self.designate(concept, "en", use_id, DisplayRank::SearchOnly, name.trim());
        }
    }

    /// Only DEPRECATED counts as inactive (Using LOINC with FHIR, "Inactive").
    fn term_status(&mut self, concept: ConceptId, status: &str) {
        self.builder.set_status(concept, status);
        self.builder.set_inactive(concept, status == "DEPRECATED");
        if status != "ACTIVE" && !status.is_empty() {
            self.report.count(&format!("terms {}", status.to_lowercase()), 1);
        }
    }

    fn term_columns(&mut self, concept: ConceptId, row: Row<'_>, columns: &[(usize, Meaning)]) {
        let linked = self.linked.get(concept.0 as usize).copied().unwrap_or_default();
        for (column, meaning) in columns {
            let text = row.get(Some(*column));
            if text.is_empty() {
                continue;
            }
            let builder = &mut self.builder;
            match *meaning {
                Meaning::Axis(_, bit) if linked & bit != 0 => {}
                Meaning::Axis(property, _) | Meaning::Text(property) => {
                    builder.property(concept, property, PropertyValue::String(text), 0);
                }
                Meaning::Codes(property) => {
                    for code in text.split(';').map(str::trim).filter(|code| !code.is_empty()) {
                        builder.property(concept, property, PropertyValue::Code(code), 0);
                    }
                }
            }
        }
    }

    /// Names for people without training, from a file of their own.
    pub(super) fn consumer_names(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, name) = (table.required("LoincNumber")?, table.required("ConsumerName")?);
        while let Some(row) = table.next()? {
            let Some(concept) = self.builder.find(row.get(code)) else {
                self.unknown(&file.path, row.line, row.get(code));
                continue;
            };
            let use_id = self.uses.consumer_name;
            self.designate(concept, "en", use_id, DisplayRank::Synonym, row.get(name));
            self.report.count("consumer names", 1);
        }
        table.close(self.report);
        Ok(())
    }

    /// Replacements of deprecated and discouraged terms.
    pub(super) fn map_to(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (from, to) = (table.required("LOINC")?, table.required("MAP_TO")?);
        let property =
            self.builder.property_id("MAP_TO", PropertyKind::Code, description("MAP_TO"));
        while let Some(row) = table.next()? {
            let Some(concept) = self.builder.find(row.get(from)) else {
                self.unknown(&file.path, row.line, row.get(from));
                continue;
            };
            self.builder.property(concept, property, PropertyValue::Code(row.get(to)), 0);
            self.report.count("replacements", 1);
        }
        table.close(self.report);
        Ok(())
    }
}

/// One line on a column for people; the LOINC Users' Guide has the rest.
pub(super) fn description(column: &str) -> &'static str {
    match column {
        "COMPONENT" => "First axis: the component or analyte",
        "PROPERTY" => "Second axis: the kind of property observed",
        "TIME_ASPCT" => "Third axis: the timing of the measurement",
        "SYSTEM" => "Fourth axis: the specimen or system",
        "SCALE_TYP" => "Fifth axis: the scale of measurement",
        "METHOD_TYP" => "Sixth axis: the method of measurement",
        "CLASS" => "Classification for grouping related observations",
        "CLASSTYPE" => "1 laboratory, 2 clinical, 3 claims attachment, 4 survey",
        "STATUS" => "ACTIVE, TRIAL, DISCOURAGED or DEPRECATED",
        "STATUS_REASON" => "Why the term is deprecated or discouraged",
        "ORDER_OBS" => "Whether the term is meant for orders, observations or both",
        "UNITSREQUIRED" => "Whether units are required in a HIPAA attachment",
        "EXAMPLE_UNITS" => "Units in which results have been reported",
        "EXAMPLE_UCUM_UNITS" => "Example units as UCUM codes",
        "VersionLastChanged" => "Release in which the term last changed",
        "VersionFirstReleased" => "Release in which the term first appeared",
        "EXTERNAL_COPYRIGHT_NOTICE" => "Copyright notice of a third party for this term",
        "DefinitionDescription" => "What the term means, in prose",
        "MAP_TO" => "Term to use in place of this deprecated or discouraged one",
        "AskAtOrderEntry" => "Observations to ask for when this is ordered",
        "AssociatedObservations" => "Observations that go with this one",
        "PanelType" => "Convenience group, organizer or panel",
        _ => "",
    }
}
