//! A table of codes as a code system.

use codesystems::model::{ConceptId, DisplayRank, PropertyId, UseId};
use codesystems::{EditionBuilder, EditionMeta, NewDesignation, PropertyKind, PropertyValue};

use super::columns::Column;
use crate::archive::File;
use crate::table::{Row, Table};
use crate::{Error, Options, Report, Result};

/// SNOMED CT's word for the uses of synonyms and definitions, which FHIR servers agree on.
const SNOMED: &str = "http://snomed.info/sct";

/// What a row needs to know of the table.
struct Reader<'a> {
    file: &'a File,
    builder: EditionBuilder,
    language: String,
    synonym: UseId,
    definition: UseId,
    definition_property: Option<PropertyId>,
    /// Column, meaning, and the number of the property for columns that are one.
    columns: Vec<(usize, &'a Column, Option<PropertyId>)>,
    /// Line of each concept, by its number.
    lines: Vec<u64>,
    /// Child, code of its parent, line.
    edges: Vec<(ConceptId, String, u64)>,
}

/// Reads a table of codes.
///
/// # Errors
/// When the URL is not given, a row has no code, a code occurs twice, a parent is missing, the
/// hierarchy has a cycle, or a truth value is not readable.
pub(super) fn read(
    mut table: Table,
    columns: &[(usize, Column)],
    file: &File,
    options: &Options,
    report: &mut Report,
) -> Result<EditionBuilder> {
    let mut reader = Reader::new(columns, file, options)?;
    while let Some(row) = table.next()? {
        if !row.is_blank() {
            reader.row(row)?;
        }
    }
    reader.link()?;
    let builder = reader.builder;
    report.count("concepts", builder.concept_count() as u64);
    report.count("designations", builder.designation_count() as u64);
    table.close(report);
    Ok(builder)
}

impl<'a> Reader<'a> {
    fn new(columns: &'a [(usize, Column)], file: &'a File, options: &Options) -> Result<Self> {
        let mut builder = EditionBuilder::new(meta(columns, file, options)?);
        builder.keep_order = true;
        let synonym = builder.designation_use(SNOMED, "900000000000013009", "Synonym");
        let definition = builder.designation_use(SNOMED, "900000000000550004", "Definition");
        let defines = |column: &(usize, Column)| matches!(column.1, Column::Definition(_));
        let definition_property = columns.iter().any(defines).then(|| {
            builder.property_id("definition", PropertyKind::String, "What the code means, in prose")
        });
        let columns = columns
            .iter()
            .map(|(column, meaning)| match meaning {
                Column::Property(code) => {
                    let property = builder.property_id(code, PropertyKind::String, "");
                    (*column, meaning, Some(property))
                }
                _ => (*column, meaning, None),
            })
            .collect();
        Ok(Self {
            file,
            language: builder.meta.language.clone(),
            builder,
            synonym,
            definition,
            definition_property,
            columns,
            lines: Vec::new(),
            edges: Vec::new(),
        })
    }

    fn error(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::line(&self.file.path, line, problem)
    }

    fn row(&mut self, row: Row<'_>) -> Result<()> {
        let code = self.columns.iter().find(|(_, meaning, _)| **meaning == Column::Code);
        let code = row.get(code.map(|(column, _, _)| *column));
        if code.is_empty() {
            return Err(self.error(row.line, "a row without a code"));
        }
        if let Some(known) = self.builder.find(code) {
            let first = self.lines.get(known.0 as usize).copied().unwrap_or_default();
            let problem = format!("code {code} occurs twice, first in line {first}");
            return Err(self.error(row.line, problem));
        }
        let concept = self.builder.concept(code);
        self.lines.push(row.line);
        for (column, meaning, property) in std::mem::take(&mut self.columns).iter().copied() {
            let text = row.get(Some(column));
            if !text.is_empty() {
                self.field(concept, meaning, property, text, row.line)?;
            }
            self.columns.push((column, meaning, property));
        }
        Ok(())
    }

    fn field(
        &mut self,
        concept: ConceptId,
        meaning: &Column,
        property: Option<PropertyId>,
        text: &str,
        line: u64,
    ) -> Result<()> {
        match meaning {
            Column::Code => {}
            Column::Display(language) => {
                let use_id = self.builder.display_use();
                self.designate(concept, language, use_id, DisplayRank::Preferred, text);
            }
            Column::Synonyms(language) => {
                for synonym in text.split('|').map(str::trim) {
                    let rank = DisplayRank::Synonym;
                    self.designate(concept, language, self.synonym, rank, synonym);
                }
            }
            Column::Definition(language) => self.define(concept, language, text),
            Column::Parent => {
                for parent in text.split('|').map(str::trim).filter(|code| !code.is_empty()) {
                    self.edges.push((concept, parent.to_owned(), line));
                }
            }
            Column::Status => {
                let status = status(text);
                self.builder.set_status(concept, &status);
                if matches!(status.as_str(), "inactive" | "retired") {
                    self.builder.set_inactive(concept, true);
                }
            }
            Column::Inactive => {
                if self.truth(text, line)? {
                    self.builder.set_inactive(concept, true);
                }
            }
            Column::NotSelectable => {
                let truth = self.truth(text, line)?;
                self.builder.set_not_selectable(concept, truth);
            }
            Column::Property(_) => {
                if let Some(property) = property {
                    self.builder.property(concept, property, PropertyValue::String(text), 0);
                }
            }
        }
        Ok(())
    }

    fn designate(
        &mut self,
        concept: ConceptId,
        language: &str,
        use_id: UseId,
        rank: DisplayRank,
        text: &str,
    ) {
        let language = if language.is_empty() { &self.language } else { language };
        self.builder.designation(concept, &NewDesignation::new(language, use_id, text, rank));
    }

    /// The definition in the language of the table is its property `definition`; those in other
    /// languages are designations.
    fn define(&mut self, concept: ConceptId, language: &str, text: &str) {
        let own = language.is_empty() || language == self.language;
        if let Some(property) = self.definition_property.filter(|_| own) {
            self.builder.property(concept, property, PropertyValue::String(text), 0);
        }
        self.designate(concept, language, self.definition, DisplayRank::Note, text);
    }

    fn truth(&self, text: &str, line: u64) -> Result<bool> {
        match text.to_lowercase().as_str() {
            "true" | "1" | "x" | "yes" | "y" | "ja" | "j" | "wahr" => Ok(true),
            "false" | "0" | "no" | "n" | "nein" | "falsch" => Ok(false),
            _ => {
                Err(self.error(line, format!("'{text}' is no truth value, expected true or false")))
            }
        }
    }

    /// Applies the edges once all codes are known.
    fn link(&mut self) -> Result<()> {
        let mut parents: Vec<Vec<(u32, u64)>> = vec![Vec::new(); self.lines.len()];
        for (child, parent, line) in std::mem::take(&mut self.edges) {
            let Some(above) = self.builder.find(&parent) else {
                let child = self.builder.code(child);
                let problem = format!("parent {parent} of {child} is not in the table");
                return Err(self.error(line, problem));
            };
            self.builder.parent(child, above);
            if let Some(row) = parents.get_mut(child.0 as usize) {
                row.push((above.0, line));
            }
        }
        let Some((cycle, line)) = cycle(&parents) else { return Ok(()) };
        let codes: Vec<&str> = cycle.iter().map(|&c| self.builder.code(ConceptId(c))).collect();
        Err(self.error(line, format!("the hierarchy has a cycle: {}", codes.join(" -> "))))
    }
}

/// A cycle among the parents of concepts, as concepts from child to parent with the first repeated
/// at the end, and the line of the edge that closes it.
fn cycle(parents: &[Vec<(u32, u64)>]) -> Option<(Vec<u32>, u64)> {
    let mut done = vec![false; parents.len()];
    for start in 0..parents.len() as u32 {
        // Concepts on the way up, each with the number of its parents that were followed.
        let mut way: Vec<(u32, usize)> = vec![(start, 0)];
        while let Some((concept, followed)) = way.last_mut() {
            let next = parents.get(*concept as usize).and_then(|row| row.get(*followed)).copied();
            *followed += 1;
            let Some((parent, line)) = next.filter(|_| !at(&done, *concept)) else {
                if let Some(done) = done.get_mut(*concept as usize) {
                    *done = true;
                }
                way.pop();
                continue;
            };
            if let Some(first) = way.iter().position(|&(concept, _)| concept == parent) {
                let turn = way.iter().skip(first).map(|&(concept, _)| concept);
                return Some((turn.chain([parent]).collect(), line));
            }
            way.push((parent, 0));
        }
    }
    None
}

fn at(done: &[bool], concept: u32) -> bool {
    done.get(concept as usize).copied().unwrap_or_default()
}

/// A status in English; words that are not known stay as they are.
fn status(text: &str) -> String {
    match text.to_lowercase().as_str() {
        "aktiv" | "active" => "active",
        "inaktiv" | "inactive" | "ungültig" => "inactive",
        "entwurf" | "draft" => "draft",
        "zurückgezogen" | "retired" => "retired",
        "veraltet" | "deprecated" => "deprecated",
        _ => text,
    }
    .to_owned()
}

/// The language is that of the options, else that of the first display column, which may be none.
fn meta(columns: &[(usize, Column)], file: &File, options: &Options) -> Result<EditionMeta> {
    let title = super::title(file, options);
    let first = columns.iter().find_map(|(_, column)| match column {
        Column::Display(language) => Some(language.clone()),
        _ => None,
    });
    let hierarchy = columns.iter().any(|(_, column)| *column == Column::Parent);
    let url = super::url(file, options, "code system")?;
    Ok(EditionMeta {
        name: super::name(&title),
        title,
        language: options.language.clone().or(first).unwrap_or_default(),
        case_sensitive: Some(true),
        hierarchy_meaning: if hierarchy { "is-a".into() } else { String::new() },
        compositional: Some(false),
        ..EditionMeta::new(url, options.version.clone().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::cycle;

    #[test]
    fn a_cycle_is_found_wherever_it_is() {
        let edges = |list: &[&[u32]]| -> Vec<Vec<(u32, u64)>> {
            let row =
                |row: &&[u32]| row.iter().map(|&parent| (parent, u64::from(parent))).collect();
            list.iter().map(row).collect()
        };
        assert_eq!(cycle(&edges(&[&[], &[0], &[0, 1], &[2, 1]])), None);
        assert_eq!(cycle(&edges(&[&[0]])), Some((vec![0, 0], 0)));
        assert_eq!(cycle(&edges(&[&[], &[0, 3], &[1], &[2]])), Some((vec![1, 3, 2, 1], 1)));
    }
}
