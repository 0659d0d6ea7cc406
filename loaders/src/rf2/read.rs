//! Reads one file into the tables.

use super::ids::{ACCEPTABLE, DEFINED, PREFERRED, STATED};
use super::kind::Kind;
use super::rows::{Row, Rows, UNRELEASED};
use super::tables::{
    Concept, ConcreteValue, Description, Identifier, Input, LanguageMember, Member, Reading,
    Relationship, Span, Stamp, Tables,
};
use crate::{Error, Result};

/// The first columns of a reference set file; what follows are the fields of the set.
const MEMBER_COLUMNS: usize = 6;
/// The columns before `refsetId`, in the order of every file but the identifier file.
const MODULE: usize = 3;

/// One file while it is being read.
struct Reader<'a, 'b> {
    input: &'a Input<'b>,
    reading: Reading,
    rows: Rows,
    tables: Tables,
    effective: usize,
    active: usize,
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read or a line is malformed.
pub(super) fn file(input: &Input<'_>, reading: Reading) -> Result<Tables> {
    let rows = Rows::open(input.file)?;
    let (effective, active) = (rows.column("effectiveTime")?, rows.column("active")?);
    let tables = Tables::of_file(&input.file.path);
    let mut reader = Reader { input, reading, rows, tables, effective, active };
    match input.kind {
        Kind::Concept => reader.concepts()?,
        Kind::Description => reader.descriptions()?,
        Kind::Relationship => reader.relationships()?,
        Kind::ConcreteValue => reader.concrete_values()?,
        Kind::Identifier => reader.identifiers()?,
        Kind::Language => reader.language_members()?,
        Kind::Refset => reader.members()?,
        Kind::Stated => reader.stated()?,
    }
    reader.tables.bytes = reader.rows.bytes();
    Ok(reader.tables)
}

impl Reader<'_, '_> {
    /// Hands every row that is wanted to `take`, with its stamp and whether it is active.
    ///
    /// Where there is one row a component, inactive ones are only counted unless `inactive_too`:
    /// nothing can override them and nothing shows them.
    fn each(
        &mut self,
        inactive_too: bool,
        mut take: impl FnMut(&Row<'_>, Stamp, bool, &mut Tables) -> Result<()>,
    ) -> Result<()> {
        let keep_inactive = inactive_too || self.reading.several;
        while let Some(row) = self.rows.next()? {
            let effective = row.effective_time(self.effective)?;
            if !self.input.is_wanted(effective, self.reading) {
                continue;
            }
            self.tables.rows += 1;
            if effective != UNRELEASED {
                self.tables.newest = self.tables.newest.max(effective);
            }
            let active = row.flag(self.active)?;
            if active || keep_inactive {
                let stamp = Stamp { effective, file: self.input.number };
                take(&row, stamp, active, &mut self.tables)?;
            } else if let Some(skipped) = self.tables.skipped.get_mut(self.input.kind as usize) {
                *skipped += 1;
            }
        }
        Ok(())
    }

    fn concepts(&mut self) -> Result<()> {
        let status = self.rows.column("definitionStatusId")?;
        self.each(true, |row, stamp, active, tables| {
            tables.concepts.push(Concept {
                id: row.sctid(0)?,
                module: row.sctid(MODULE)?,
                stamp,
                active,
                defined: row.sctid(status)? == DEFINED,
            });
            Ok(())
        })
    }

    fn descriptions(&mut self) -> Result<()> {
        let [concept, language, kind, term] =
            self.columns(["conceptId", "languageCode", "typeId", "term"])?;
        let definition = self.input.name.content.eq_ignore_ascii_case("TextDefinition");
        self.each(true, |row, stamp, active, tables| {
            let text = row.text(term)?;
            let term = keep(tables, text)?;
            let language = language_number(row, tables, language)?;
            tables.descriptions.push(Description {
                id: row.sctid(0)?,
                module: row.sctid(MODULE)?,
                concept: row.sctid(concept)?,
                kind: row.sctid(kind)?,
                stamp,
                term,
                language,
                active,
                definition,
            });
            Ok(())
        })
    }

    fn relationships(&mut self) -> Result<()> {
        let [source, destination, kind, group, characteristic] = self.columns([
            "sourceId",
            "destinationId",
            "typeId",
            "relationshipGroup",
            "characteristicTypeId",
        ])?;
        self.each(false, |row, stamp, active, tables| {
            if row.sctid(characteristic)? == STATED {
                tables.stated += 1;
                return Ok(());
            }
            tables.relationships.push(Relationship {
                id: row.sctid(0)?,
                source: row.sctid(source)?,
                destination: row.sctid(destination)?,
                kind: row.sctid(kind)?,
                stamp,
                group: row.group(group)?,
                active,
            });
            Ok(())
        })
    }

    fn concrete_values(&mut self) -> Result<()> {
        let [source, value, kind, group] =
            self.columns(["sourceId", "value", "typeId", "relationshipGroup"])?;
        self.each(false, |row, stamp, active, tables| {
            let text = row.text(value)?;
            if super::concrete::parse(text).is_none() {
                return Err(row.expected(value, "a number '#1', a text '\"x\"', true or false"));
            }
            let value = keep(tables, text)?;
            tables.concrete_values.push(ConcreteValue {
                id: row.sctid(0)?,
                source: row.sctid(source)?,
                kind: row.sctid(kind)?,
                value,
                stamp,
                group: row.group(group)?,
                active,
            });
            Ok(())
        })
    }

    fn language_members(&mut self) -> Result<()> {
        let acceptability = self.rows.column("acceptabilityId")?;
        self.each(false, |row, stamp, active, tables| {
            let found = row.sctid(acceptability)?;
            if found != PREFERRED && found != ACCEPTABLE {
                let (path, line) = (row.path(), row.line);
                tables.notes.add(
                    "language members of unknown acceptability left out",
                    path,
                    line,
                    || format!("acceptabilityId is {found}, expected {PREFERRED} or {ACCEPTABLE}"),
                );
                return Ok(());
            }
            tables.language_members.push(LanguageMember {
                id: row.member_id(0),
                refset: row.sctid(4)?,
                description: row.sctid(5)?,
                stamp,
                active,
                preferred: found == PREFERRED,
            });
            Ok(())
        })
    }

    fn members(&mut self) -> Result<()> {
        let fields = self.rows.header().iter().skip(MEMBER_COLUMNS).cloned().collect();
        self.tables.source()?.fields = fields;
        self.each(true, |row, stamp, active, tables| {
            let fields = keep(tables, row.texts_from(MEMBER_COLUMNS)?)?;
            tables.members.push(Member {
                id: row.member_id(0),
                refset: row.sctid(4)?,
                module: row.sctid(MODULE)?,
                component: row.sctid(5)?,
                fields,
                stamp,
                active,
            });
            Ok(())
        })
    }

    fn identifiers(&mut self) -> Result<()> {
        let [code, scheme, component] =
            self.columns(["alternateIdentifier", "identifierSchemeId", "referencedComponentId"])?;
        self.each(false, |row, stamp, active, tables| {
            let scheme = row.sctid(scheme)?;
            let [first, second] = row.member_id(code);
            let code = keep(tables, row.text(code)?)?;
            tables.identifiers.push(Identifier {
                id: [first ^ scheme, second],
                scheme,
                component: row.sctid(component)?,
                code,
                stamp,
                active,
            });
            Ok(())
        })
    }

    fn stated(&mut self) -> Result<()> {
        self.each(true, |_, _, _, tables| {
            tables.stated += 1;
            Ok(())
        })
    }

    fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N]> {
        let mut found = [0; N];
        for (place, name) in found.iter_mut().zip(names) {
            *place = self.rows.column(name)?;
        }
        Ok(found)
    }
}

fn keep(tables: &mut Tables, text: &str) -> Result<Span> {
    let source = tables.source()?;
    let span = source.texts.push(text);
    span.ok_or_else(|| Error::file(&source.path, "more than 4 GiB of texts"))
}

fn language_number(row: &Row<'_>, tables: &mut Tables, column: usize) -> Result<u8> {
    let code = row.text(column)?;
    let languages = &mut tables.source()?.languages;
    let known = languages.iter().position(|known| known == code);
    let number = known.unwrap_or_else(|| {
        languages.push(code.to_owned());
        languages.len() - 1
    });
    u8::try_from(number).map_err(|_| row.expected(column, "at most 256 different languages"))
}
