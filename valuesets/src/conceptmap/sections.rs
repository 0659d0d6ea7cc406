//! The sections of a compiled concept map, by number.
//!
//! `g` is the number of groups, `n` of rows (one row is one target of one source code), `s` of
//! distinct strings, `l` of distinct part lists. *Numbers* are a table as
//! [`codesystems::index::Column`] has it, *offsets* such a table with one entry more than there are
//! rows. Tables of one number lie in one section, in this order. Rows are sorted by group, then by
//! source code in byte order, then in the order in which they were added. String 0 is the empty one.
//!
//! *Code index*: an FST from code to a number; with the lowest bit clear the rest is a row, with it
//! set the rest is a row of the offsets table beside it, whose entries are the rows.

use codesystems::container_sections;

container_sections! {
    Table, "A section that holds numbers, as narrow as they are.";
    StringOffsets = 10, "Offsets (s) into Strings.";
    GroupStarts = 20, "Offsets (g) to rows.";
    Relationships = 21, "Numbers (n): relationship of a row.";
    Sources = 21, "Numbers (n): string of the source code.";
    Targets = 21, "Numbers (n): 0 or 1-based string of the target code, 0 for none.";
    SourceDisplays = 21, "Numbers (n): string; absent when all are empty.";
    TargetDisplays = 21, "Numbers (n): string; absent when all are empty.";
    Comments = 21, "Numbers (n): string; absent when all are empty.";
    PartLists = 21, "Numbers (n): number of a part list; absent when all are empty.";
    PartOffsets = 31, "Offsets (l) into the tables of parts.";
    PartRoles = 32, "Numbers: 0 property, 1 dependsOn, 2 product.";
    PartKinds = 32, "Numbers: type of the value.";
    PartNames = 32, "Numbers: string.";
    PartValues = 32, "Numbers: string, the value as stored.";
    SharedSourceOffsets = 41, "Offsets into SharedSourceRows.";
    SharedSourceRows = 42, "Numbers: rows, ascending.";
    SharedTargetOffsets = 44, "Offsets into SharedTargetRows.";
    SharedTargetRows = 45, "Numbers: rows, ascending.";
}

container_sections! {
    Section, "Any other section of a compiled concept map.";
    Meta = 1, "The metadata, JSON.";
    Provenance = 2, "Source files and loader, JSON.";
    BuiltAt = 3, "Time of the build, RFC 3339; outside of the content hash.";
    Groups = 4, "The groups (g), JSON.";
    Strings = 11, "Distinct strings, end to end, UTF-8.";
    SourceFst = 40, "Code index: source code to its first row in each group.";
    TargetFst = 43, "Code index: target code to all of its rows.";
}

/// The name of section `number`, for error messages.
pub(super) fn name_of(number: u32) -> &'static str {
    let sections = Section::ALL.iter().map(|section| (section.number(), section.name()));
    let tables = Table::ALL.iter().map(|table| (table.number(), table.name()));
    sections.chain(tables).find(|&(known, _)| known == number).map_or("unknown", |(_, name)| name)
}

/// What a part of a mapping is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum PartRole {
    Property = 0,
    DependsOn = 1,
    Product = 2,
}
