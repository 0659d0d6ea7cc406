//! Turns what a builder collected into a compiled concept map.

use std::collections::HashMap;
use std::io::Write;

use codesystems::index::{Columns, ContainerKind, ContainerWriter};
use codesystems::{Error, Result};

use super::builder::{ConceptMapBuilder, OwnedDependency, Row};
use super::sections::{PartRole, Section, Table};

/// How many groups, rows and strings the format can number.
const GROUP_LIMIT: u64 = 65_535;
const ROW_LIMIT: u64 = u32::MAX as u64 - 1;

impl ConceptMapBuilder {
    /// Builds the compiled map as one block of memory. The same calls give the same bytes.
    ///
    /// # Errors
    /// [`Error::TooMany`] when there are more than 65,535 groups or more rows than the format can
    /// number.
    pub fn finish(self) -> Result<Vec<u8>> {
        Ok(self.container()?.finish())
    }

    /// Builds the compiled map into `out`.
    ///
    /// # Errors
    /// As [`ConceptMapBuilder::finish`]; errors of the writer come as [`Error::Io`] without a path.
    pub fn finish_into(self, out: &mut impl Write) -> Result<()> {
        let io = |source| Error::Io { path: std::path::PathBuf::new(), source };
        self.container()?.write_to(out).map_err(io)
    }

    fn container(mut self) -> Result<ContainerWriter> {
        let limits =
            [("groups", self.groups.len(), GROUP_LIMIT), ("mappings", self.rows.len(), ROW_LIMIT)];
        if let Some((what, _, limit)) =
            limits.into_iter().find(|&(_, found, limit)| found as u64 > limit)
        {
            return Err(Error::TooMany { what, limit });
        }
        // A stable sort: rows of one code keep the order in which they were added.
        self.rows.sort_by(|a, b| (a.group, &a.source).cmp(&(b.group, &b.source)));
        let mut out = Sections {
            out: ContainerWriter::new(ContainerKind::ConceptMap),
            tables: Columns::new(Table::ALL.iter().map(|table| table.number())),
        };
        let mut strings = Strings::new();
        out.put_table(Table::GroupStarts, group_starts(self.groups.len(), &self.rows));
        write_rows(&mut out, &self.rows, &mut strings);
        write_parts(&mut out, &self.rows, &mut strings);
        strings.write(&mut out)?;
        write_indexes(&mut out, &self.rows)?;
        out.put(Section::Groups, serde_json::to_vec(&self.groups)?);
        out.put(Section::Meta, serde_json::to_vec(&self.meta)?);
        out.put(Section::Provenance, serde_json::to_vec(&self.provenance)?);
        let Sections { mut out, tables } = out;
        tables.write(&mut out);
        out.unhashed_section(Section::BuiltAt.number(), self.provenance.built_at.into_bytes());
        Ok(out)
    }
}

struct Sections {
    out: ContainerWriter,
    tables: Columns,
}

impl Sections {
    /// Adds a section; empty ones are left out.
    fn put(&mut self, section: Section, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.out.section(section.number(), bytes);
        }
    }

    /// Adds a table of numbers.
    fn put_table(&mut self, table: Table, numbers: Vec<u32>) {
        self.tables.put(table as usize, numbers);
    }

    /// Adds a table, unless it says nothing.
    fn put_unless_zero(&mut self, table: Table, numbers: Vec<u32>) {
        if numbers.iter().any(|&number| number != 0) {
            self.put_table(table, numbers);
        }
    }
}

/// Distinct strings, numbered by first mention; the first is the empty one.
///
/// The keys come from files of others, hence the hash that cannot be predicted.
struct Strings<'a> {
    numbers: HashMap<&'a str, u32>,
    texts: Vec<&'a str>,
}

impl<'a> Strings<'a> {
    fn new() -> Self {
        Self { numbers: HashMap::from([("", 0)]), texts: vec![""] }
    }

    fn number(&mut self, text: &'a str) -> u32 {
        let next = self.texts.len() as u32;
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.texts.push(text);
        }
        number
    }

    fn write(self, out: &mut Sections) -> Result<()> {
        let mut offsets = vec![0u32];
        let mut bytes = Vec::new();
        for text in self.texts {
            bytes.extend_from_slice(text.as_bytes());
            let end = u32::try_from(bytes.len()).map_err(|_| Error::TooMany {
                what: "bytes of strings in a concept map",
                limit: u64::from(u32::MAX),
            })?;
            offsets.push(end);
        }
        out.put_table(Table::StringOffsets, offsets);
        out.put(Section::Strings, bytes);
        Ok(())
    }
}

fn group_starts(groups: usize, rows: &[Row]) -> Vec<u32> {
    let start = |group: usize| rows.partition_point(|row| usize::from(row.group) < group) as u32;
    (0..=groups).map(start).collect()
}

fn write_rows<'a>(out: &mut Sections, rows: &'a [Row], strings: &mut Strings<'a>) {
    let relationships: Vec<u32> = rows.iter().map(|row| row.relationship as u32).collect();
    out.put_table(Table::Relationships, relationships);
    let mut column = |text: fn(&Row) -> &str| -> Vec<u32> {
        rows.iter().map(|row| strings.number(text(row))).collect()
    };
    let sources = column(|row| &row.source);
    let source_displays = column(|row| &row.source_display);
    let target_displays = column(|row| &row.target_display);
    let comments = column(|row| &row.comment);
    let target = |row: &'a Row| row.target.as_deref().map_or(0, |code| strings.number(code) + 1);
    let targets: Vec<u32> = rows.iter().map(target).collect();
    out.put_table(Table::Sources, sources);
    out.put_table(Table::Targets, targets);
    out.put_unless_zero(Table::SourceDisplays, source_displays);
    out.put_unless_zero(Table::TargetDisplays, target_displays);
    out.put_unless_zero(Table::Comments, comments);
}

/// A part as it is stored: role, type, name, value.
type StoredPart = (PartRole, u8, u32, u32);

/// Part lists are numbered too: most mappings of one map carry one of very few.
fn write_parts<'a>(out: &mut Sections, rows: &'a [Row], strings: &mut Strings<'a>) {
    let mut numbers: HashMap<Vec<StoredPart>, u32> = HashMap::from([(Vec::new(), 0)]);
    let mut lists: Vec<Vec<StoredPart>> = vec![Vec::new()];
    let mut of_rows = Vec::with_capacity(rows.len());
    for row in rows {
        let list = stored_parts(row, strings);
        let number = numbers.get(&list).copied().unwrap_or_else(|| {
            let next = lists.len() as u32;
            numbers.insert(list.clone(), next);
            lists.push(list);
            next
        });
        of_rows.push(number);
    }
    if lists.len() == 1 {
        return;
    }
    let mut offsets = vec![0u32];
    for list in &lists {
        offsets.push(offsets.last().copied().unwrap_or_default() + list.len() as u32);
    }
    let mut put = |table: Table, number: fn(&StoredPart) -> u32| {
        out.put_table(table, lists.iter().flatten().map(number).collect());
    };
    put(Table::PartRoles, |&(role, ..)| role as u32);
    put(Table::PartKinds, |&(_, kind, ..)| u32::from(kind));
    put(Table::PartNames, |&(.., name, _)| name);
    put(Table::PartValues, |&(.., value)| value);
    out.put_table(Table::PartLists, of_rows);
    out.put_table(Table::PartOffsets, offsets);
}

fn stored_parts<'a>(row: &'a Row, strings: &mut Strings<'a>) -> Vec<StoredPart> {
    let roles = [
        (PartRole::Property, &row.properties),
        (PartRole::DependsOn, &row.depends_on),
        (PartRole::Product, &row.products),
    ];
    let mut stored = |role: PartRole, (name, kind, value): &'a OwnedDependency| -> StoredPart {
        (role, kind.byte(), strings.number(name), strings.number(value))
    };
    roles
        .into_iter()
        .flat_map(|(role, list)| list.iter().map(move |part| (role, part)))
        .map(|(role, part)| stored(role, part))
        .collect()
}

fn write_indexes(out: &mut Sections, rows: &[Row]) -> Result<()> {
    let mut sources: Vec<(&str, u32)> =
        (0u32..).zip(rows).map(|(number, row)| (row.source.as_str(), number)).collect();
    // What follows the first row of a code in its group is found by walking on from there.
    let mut before: Option<&Row> = None;
    let mut follows = rows.iter().map(|row| {
        let follows = before.is_some_and(|one| one.group == row.group && one.source == row.source);
        before = Some(row);
        follows
    });
    sources.retain(|_| !follows.next().unwrap_or_default());
    let targets: Vec<(&str, u32)> = (0u32..)
        .zip(rows)
        .filter_map(|(number, row)| Some((row.target.as_deref()?, number)))
        .collect();
    let source_tables = [Table::SharedSourceOffsets, Table::SharedSourceRows];
    write_index(out, Section::SourceFst, source_tables, sources)?;
    let target_tables = [Table::SharedTargetOffsets, Table::SharedTargetRows];
    write_index(out, Section::TargetFst, target_tables, targets)
}

fn write_index(
    out: &mut Sections,
    index: Section,
    [shared_offsets, shared_rows]: [Table; 2],
    mut pairs: Vec<(&str, u32)>,
) -> Result<()> {
    pairs.sort_unstable();
    let mut entries = fst::MapBuilder::memory();
    let mut offsets = vec![0u32];
    let mut shared = Vec::new();
    for run in pairs.chunk_by(|a, b| a.0 == b.0) {
        match run {
            [(code, row)] => entries.insert(code, u64::from(*row) << 1)?,
            [(code, _), ..] => {
                entries.insert(code, (offsets.len() as u64 - 1) << 1 | 1)?;
                shared.extend(run.iter().map(|&(_, row)| row));
                offsets.push(shared.len() as u32);
            }
            [] => {}
        }
    }
    out.put(index, entries.into_inner()?);
    if !shared.is_empty() {
        out.put_table(shared_offsets, offsets);
        out.put_table(shared_rows, shared);
    }
    Ok(())
}
