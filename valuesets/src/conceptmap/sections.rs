//! The sections of a compiled concept map, by number.
//!
//! `g` is the number of groups, `n` of rows (one row is one target of one source code), `s` of
//! distinct strings, `l` of distinct part lists. *Table* and *offsets* are those of
//! [`codesystems::index::codec`]. Rows are sorted by group, then by source code in byte order,
//! then in the order in which they were added. String 0 is the empty one.
//!
//! *Code index*: an FST from code to a number; with the lowest bit clear the rest is a row, with it
//! set the rest is a row of the offsets table beside it, whose entries are the rows.

macro_rules! sections {
    ($($name:ident = $number:literal, $doc:literal;)*) => {
        /// A section of a compiled concept map.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub(super) enum Section {
            $(#[doc = $doc] $name,)*
        }

        impl Section {
            /// Every section.
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number in the container's table.
            pub(super) fn number(self) -> u32 {
                match self { $(Self::$name => $number,)* }
            }

            /// The name used in error messages.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

sections! {
    Meta = 1, "The metadata, JSON.";
    Provenance = 2, "Source files and loader, JSON.";
    BuiltAt = 3, "Time of the build, RFC 3339; outside of the content hash.";
    Groups = 4, "The groups (g), JSON.";
    StringOffsets = 10, "Offsets (s) into Strings.";
    Strings = 11, "Distinct strings, end to end, UTF-8.";
    GroupStarts = 20, "Offsets (g) to rows.";
    Relationships = 21, "Table (n) of u8: relationship of a row.";
    Sources = 22, "Table (n) of u32: string of the source code.";
    Targets = 23, "Table (n) of u32: string of the target code, u32::MAX for none.";
    SourceDisplays = 24, "Table (n) of u32: string; absent when all are empty.";
    TargetDisplays = 25, "Table (n) of u32: string; absent when all are empty.";
    Comments = 26, "Table (n) of u32: string; absent when all are empty.";
    PartLists = 30, "Table (n) of u32: number of a part list; absent when all are empty.";
    PartOffsets = 31, "Offsets (l) into the tables of parts.";
    PartRoles = 32, "Table of u8: 0 property, 1 dependsOn, 2 product.";
    PartKinds = 33, "Table of u8: type of the value.";
    PartNames = 34, "Table of u32: string.";
    PartValues = 35, "Table of u32: string, the value as stored.";
    SourceFst = 40, "Code index: source code to its first row in each group.";
    SharedSourceOffsets = 41, "Offsets into SharedSourceRows.";
    SharedSourceRows = 42, "Table of u32: rows, ascending.";
    TargetFst = 43, "Code index: target code to all of its rows.";
    SharedTargetOffsets = 44, "Offsets into SharedTargetRows.";
    SharedTargetRows = 45, "Table of u32: rows, ascending.";
}

/// The name of section `number`, for error messages.
pub(super) fn name_of(number: u32) -> &'static str {
    let known = Section::ALL.iter().find(|section| section.number() == number);
    known.map_or("unknown", |section| section.name())
}

/// Stands for "no target" in the table of targets.
pub(super) const NONE: u32 = u32::MAX;

/// What a part of a mapping is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum PartRole {
    Property = 0,
    DependsOn = 1,
    Product = 2,
}
