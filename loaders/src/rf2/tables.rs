//! The rows of all files, as compact columns, each component once.
//!
//! Identifiers are numbers and texts lie end to end in one arena a file, so that a full-size
//! release fits into some hundred megabytes before it goes to the builder.

use rayon::prelude::*;

use super::kind::Kind;
use super::names::{FileName, ReleaseType};
use super::notes::Notes;
use super::read;
use super::rows::UNRELEASED;
use crate::archive::File;
use crate::{Error, Result};

/// Where a text lies in the arena of its file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

/// Texts end to end.
#[derive(Debug, Default)]
pub(super) struct Texts(String);

impl Texts {
    /// Keeps a text. None when the arena is full (4 GiB).
    pub(super) fn push(&mut self, text: &str) -> Option<Span> {
        let start = u32::try_from(self.0.len()).ok()?;
        let end = u32::try_from(self.0.len() + text.len()).ok()?;
        self.0.push_str(text);
        Some(Span { start, end })
    }

    pub(super) fn get(&self, span: Span) -> &str {
        self.0.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// When a row came into force, and which file says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    /// YYYYMMDD, or [`UNRELEASED`].
    pub(super) effective: u32,
    /// Number of the file; of two rows of one date, that of the later file counts.
    pub(super) file: u16,
}

/// A row of which there may be several versions.
pub(super) trait Versioned: Copy + Send {
    /// What the versions of a component have in common.
    type Key: Ord;
    fn key(&self) -> Self::Key;
    fn stamp(&self) -> Stamp;
}

/// A row of a concept file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Concept {
    pub(super) id: u64,
    pub(super) module: u64,
    pub(super) stamp: Stamp,
    pub(super) active: bool,
    pub(super) defined: bool,
}

/// A row of a description or text definition file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Description {
    pub(super) id: u64,
    pub(super) module: u64,
    pub(super) concept: u64,
    pub(super) kind: u64,
    pub(super) stamp: Stamp,
    pub(super) term: Span,
    pub(super) language: u8,
    pub(super) active: bool,
    /// Whether it is of a text definition file.
    pub(super) definition: bool,
}

/// A row of a relationship file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relationship {
    pub(super) id: u64,
    pub(super) source: u64,
    pub(super) destination: u64,
    pub(super) kind: u64,
    pub(super) stamp: Stamp,
    pub(super) group: u16,
    pub(super) active: bool,
}

/// A row of a concrete values file.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConcreteValue {
    pub(super) id: u64,
    pub(super) source: u64,
    pub(super) kind: u64,
    pub(super) value: Span,
    pub(super) stamp: Stamp,
    pub(super) group: u16,
    pub(super) active: bool,
}

/// A row of a language reference set.
#[derive(Debug, Clone, Copy)]
pub(super) struct LanguageMember {
    pub(super) id: [u64; 2],
    pub(super) refset: u64,
    pub(super) description: u64,
    pub(super) stamp: Stamp,
    pub(super) active: bool,
    pub(super) preferred: bool,
}

/// A row of any other reference set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) id: [u64; 2],
    pub(super) refset: u64,
    pub(super) module: u64,
    pub(super) component: u64,
    pub(super) fields: Span,
    pub(super) stamp: Stamp,
    pub(super) active: bool,
}

/// A row of an identifier file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identifier {
    /// Digest of scheme and identifier, which are the key of the file.
    pub(super) id: [u64; 2],
    pub(super) scheme: u64,
    pub(super) component: u64,
    pub(super) code: Span,
    pub(super) stamp: Stamp,
    pub(super) active: bool,
}

macro_rules! versioned {
    ($($row:ty, $key:ty);+) => {$(
        impl Versioned for $row {
            type Key = $key;
            fn key(&self) -> $key {
                self.id
            }
            fn stamp(&self) -> Stamp {
                self.stamp
            }
        }
    )+};
}
versioned!(Concept, u64; Description, u64; Relationship, u64; ConcreteValue, u64;
    LanguageMember, [u64; 2]; Member, [u64; 2]; Identifier, [u64; 2]);

/// What one file holds beside its rows.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The path, for people.
    pub(super) path: String,
    /// Terms, values or fields.
    pub(super) texts: Texts,
    /// Columns of a reference set beyond the first six.
    pub(super) fields: Vec<String>,
    /// Language codes of its descriptions; their rows have numbers of it.
    pub(super) languages: Vec<String>,
}

/// How many of a kind of component there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    /// All.
    pub(super) total: u64,
    /// Those that are active.
    pub(super) active: u64,
}

/// The rows of one file, or of all.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) concepts: Vec<Concept>,
    pub(super) descriptions: Vec<Description>,
    pub(super) relationships: Vec<Relationship>,
    pub(super) concrete_values: Vec<ConcreteValue>,
    pub(super) language_members: Vec<LanguageMember>,
    pub(super) members: Vec<Member>,
    pub(super) identifiers: Vec<Identifier>,
    /// By number of the file.
    pub(super) sources: Vec<Source>,
    /// Inactive rows that were counted and left out at once, by kind of file.
    pub(super) skipped: [u64; 8],
    /// Rows of stated relationships, which are not loaded.
    pub(super) stated: u64,
    /// Rows read.
    pub(super) rows: u64,
    /// Bytes read.
    pub(super) bytes: u64,
    /// The newest effective time, 0 for none.
    pub(super) newest: u32,
    /// Things found odd.
    pub(super) notes: Notes,
}

/// What is read of the files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Rows of Full and Delta files after this date are left out.
    pub(super) wanted: Option<u32>,
    /// Whether several rows of one component are possible.
    pub(super) several: bool,
}

/// One file on its way in.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) file: &'a File,
    pub(super) name: FileName,
    pub(super) kind: Kind,
    /// Its number; see [`Stamp::file`].
    pub(super) number: u16,
}

/// Reads all files, the largest first and several at a time, and leaves the newest row of each
/// component.
///
/// # Errors
/// When a file cannot be read or a line is malformed.
pub(super) fn read_all(inputs: &[Input<'_>], reading: Reading) -> Result<Tables> {
    let mut by_size: Vec<&Input<'_>> = inputs.iter().collect();
    by_size.sort_by_key(|input| (std::cmp::Reverse(input.file.bytes), input.number));
    let read = by_size.par_iter().with_max_len(1).map(|input| {
        let table = read::file(input, reading)?;
        Ok((input.number, table))
    });
    let mut parts = read.collect::<Result<Vec<_>>>()?;
    parts.sort_by_key(|(number, _)| *number);
    let mut tables = Tables::default();
    for (_, part) in parts {
        tables.append(part);
    }
    if reading.several {
        tables.keep_newest();
    }
    Ok(tables)
}

impl Tables {
    fn append(&mut self, mut part: Self) {
        append(&mut self.concepts, part.concepts);
        append(&mut self.descriptions, part.descriptions);
        append(&mut self.relationships, part.relationships);
        append(&mut self.concrete_values, part.concrete_values);
        append(&mut self.language_members, part.language_members);
        append(&mut self.members, part.members);
        append(&mut self.identifiers, part.identifiers);
        self.sources.append(&mut part.sources);
        for (total, more) in self.skipped.iter_mut().zip(part.skipped) {
            *total += more;
        }
        self.stated += part.stated;
        self.rows += part.rows;
        self.bytes += part.bytes;
        self.newest = self.newest.max(part.newest);
        self.notes.append(part.notes);
    }

    fn keep_newest(&mut self) {
        keep_newest(&mut self.concepts);
        keep_newest(&mut self.descriptions);
        keep_newest(&mut self.relationships);
        keep_newest(&mut self.concrete_values);
        keep_newest(&mut self.language_members);
        keep_newest(&mut self.members);
        keep_newest(&mut self.identifiers);
    }

    /// The text of a row that came from the file of `stamp`.
    pub(super) fn text(&self, stamp: Stamp, span: Span) -> &str {
        self.sources.get(usize::from(stamp.file)).map_or("", |source| source.texts.get(span))
    }

    /// The language code of a description, empty if it has none.
    pub(super) fn language(&self, row: &Description) -> &str {
        let source = self.sources.get(usize::from(row.stamp.file));
        let language = source.and_then(|source| source.languages.get(usize::from(row.language)));
        language.map_or("", String::as_str)
    }

    /// How many components of a kind there are, with those left out while reading.
    pub(super) fn count<R>(&self, kind: Kind, rows: &[R], active: fn(&R) -> bool) -> Count {
        let skipped = self.skipped.get(kind as usize).copied().unwrap_or_default();
        let active = rows.iter().filter(|row| active(row)).count() as u64;
        Count { total: rows.len() as u64 + skipped, active }
    }

    /// The source of a file that is being read, with its path.
    pub(super) fn of_file(path: &str) -> Self {
        let source = Source { path: path.to_owned(), ..Source::default() };
        Self { sources: vec![source], ..Self::default() }
    }

    /// The only source of a file that is being read.
    pub(super) fn source(&mut self) -> Result<&mut Source> {
        self.sources.first_mut().ok_or_else(|| Error::file("", "no file is being read"))
    }
}

/// The first large table is moved, not copied.
fn append<T>(all: &mut Vec<T>, mut more: Vec<T>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.append(&mut more);
    }
}

/// Leaves one row of each component, the newest, in the order of the keys.
pub(super) fn keep_newest<R: Versioned>(rows: &mut Vec<R>)
where
    R::Key: Send,
{
    rows.par_sort_by_key(|row| (row.key(), row.stamp()));
    rows.dedup_by(|newer, kept| {
        let same = newer.key() == kept.key();
        if same {
            *kept = *newer;
        }
        same
    });
}

impl Input<'_> {
    /// Whether a row of this date is read.
    pub(super) fn is_wanted(&self, effective: u32, reading: Reading) -> bool {
        let Some(wanted) = reading.wanted else { return true };
        self.name.release_type == ReleaseType::Snapshot || effective <= wanted
    }
}

impl Stamp {
    /// The date, if the row is released.
    pub(super) fn date(self) -> Option<u32> {
        (self.effective != UNRELEASED).then_some(self.effective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concept(id: u64, effective: u32, file: u16, active: bool) -> Concept {
        Concept { id, module: 1, stamp: Stamp { effective, file }, active, defined: false }
    }

    #[test]
    fn of_several_rows_of_a_component_the_newest_is_left() {
        let mut rows = vec![
            concept(2, 20_200_101, 0, true),
            concept(1, 20_020_131, 1, true),
            concept(2, 20_240_101, 0, false),
            concept(1, 20_020_131, 0, false),
            concept(2, UNRELEASED, 1, true),
        ];
        keep_newest(&mut rows);
        let kept: Vec<_> = rows.iter().map(|row| (row.id, row.stamp.file, row.active)).collect();
        assert_eq!(kept, [(1, 1, true), (2, 1, true)]);
    }
}
