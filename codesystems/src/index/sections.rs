//! The sections of an edition, by number.
//!
//! `n` is the number of concepts, `m` of designations, `p` of property records, `v` of distinct
//! property values. *Numbers* are a table as [`super::Column`] has it, *offsets* such a table with
//! one entry more than there are rows: row `i` is `offsets[i]..offsets[i+1]`. Tables of one number lie
//! in one section, in this order: what is told of a concept, a designation or a value is read from one
//! place. *Table* and *posting* are explained in the `codec` module; offsets into what is a table or
//! the like are one too.

/// Names and numbers the sections of one kind of container: an enum of them, with `ALL`, `number` and
/// `name`. For the crates of this workspace.
#[doc(hidden)]
#[macro_export]
macro_rules! container_sections {
    ($kind:ident, $what:literal; $($name:ident = $number:literal, $doc:literal;)*) => {
        #[doc = $what]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub(super) enum $kind {
            $(#[doc = $doc] $name,)*
        }

        impl $kind {
            /// Every one of them.
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

container_sections! {
    Table, "A section that holds numbers, as narrow as they are.";
    CodeOffsets = 11, "Offsets (n) into CodeBytes: ordinal to code.";
    Flags = 11, "Numbers (n): 1 inactive, 2 not selectable.";
    Status = 11, "Numbers (n): 0 or 1-based number in the metadata's statuses.";
    Kind = 11, "Numbers (n): 0 or 1-based number in the metadata's kinds.";
    Displays = 11, "Numbers (n): the default display, as 1-based place among the designations of the concept, 0 for none.";
    DesignationOffsets = 11, "Offsets (n) to designation numbers.";
    ParentOffsets = 11, "Offsets (n) into Parents.";
    ChildOffsets = 11, "Offsets (n) into Children.";
    RunOffsets = 11, "Offsets (n) into Runs, counted in runs.";
    DescendantCounts = 11, "Numbers (n): strict descendants.";
    PropertyOffsets = 11, "Offsets (n) to property records.";
    Parents = 21, "Numbers: direct parents, ascending.";
    Children = 23, "Numbers: direct children, ascending.";
    TextOffsets = 31, "Offsets (m) into Texts.";
    DesignationFlags = 31, "Numbers (m): bits 0-2 display rank, 8 inactive, 16 needs escaping in JSON.";
    DesignationLanguage = 31, "Numbers (m): number in the metadata's languages.";
    DesignationUse = 31, "Numbers (m): number in the metadata's designation uses.";
    DesignationAcceptability = 31, "Numbers (m): number of an acceptability list; absent when all are 0.";
    PropertyValues = 51, "Numbers (p): value number.";
    PropertyGroups = 51, "Numbers (p): relationship group; absent when all are 0.";
    ValueProperties = 54, "Numbers (v): property number; values are sorted by property.";
    ValueKinds = 54, "Numbers (v): type of the value.";
    ValueConcepts = 54, "Numbers (v): 0 or 1-based ordinal of the concept a code value names.";
    ValueOffsets = 54, "Offsets (v) into ValueTexts.";
    ValueOrigins = 54, "Numbers (v): 0 or 1-based row of OriginOffsets: system and version of a Coding.";
    PostingOffsets = 54, "Offsets (v) into Postings.";
    PropertyStarts = 58, "Offsets (properties) to value numbers.";
    OriginOffsets = 62, "Offsets into OriginTexts.";
}

container_sections! {
    Section, "Any other section of an edition.";
    Meta = 1, "The metadata, JSON.";
    Provenance = 2, "Source files and loader, JSON.";
    BuiltAt = 3, "Time of the build, RFC 3339; outside of the content hash.";
    CodeFst = 10, "FST: code to ordinal; absent where CodeOrder is there.";
    CodeBytes = 12, "The codes, end to end, UTF-8.";
    FoldedFst = 13, "FST: lower-case code to ordinal; only for case-insensitive systems.";
    CodeOrder = 17, "Table (n) of u32: ordinals in the order of their codes; only for few concepts.";
    FoldedOrder = 18, "Table of u32: ordinals in the order of their lower-case codes; only for few concepts of case-insensitive systems.";
    Runs = 25, "Table of u32 pairs (start, end): strict descendants as ascending runs of ordinals.";
    Texts = 32, "The texts of designations, end to end, UTF-8.";
    DesignationId = 37, "Table (m) of u64: publisher's identifier; absent when all are 0.";
    AcceptabilityOffsets = 38, "Offsets into AcceptabilityPairs.";
    AcceptabilityPairs = 39, "Table of u16: dialect number << 8 | 0 preferred, 1 acceptable.";
    DesignationVersion = 41, "Table (m) of u16: 0 or 1-based number in the metadata's component versions; absent when all are 0.";
    ValueTexts = 56, "The values as text, end to end, UTF-8; of a Coding its code and, after U+001F, its display.";
    OriginTexts = 63, "System and version of Codings, U+001F between them, end to end, UTF-8.";
    Postings = 60, "Postings: the concepts that have a value.";
    MemberStarts = 70, "Offsets (membership sets) to member rows.";
    MemberConcepts = 71, "Table of u32: the concept of a member row; ascending within a set.";
    MemberFields = 72, "Table of u32: number of the row's fields.";
    FieldOffsets = 73, "Offsets into FieldTexts.";
    FieldTexts = 74, "Fields of member rows, joined by U+001F, end to end, UTF-8.";
    MemberVersions = 75, "Table of u16 beside MemberFields: 0 or 1-based number in the metadata's component versions; absent when all are 0.";
    MemberPostingOffsets = 76, "Offsets (membership sets) into MemberPostings.";
    MemberPostings = 77, "Postings: the concepts of each membership set.";
    InactiveMemberStarts = 78, "Offsets (membership sets) to the inactive member rows, which follow all others; absent when they are not kept.";
    TextHeader = 80, "Text index: `header`, see `search::TextSections`.";
    TextTerms = 81, "Text index: `terms`, see `search::TextSections`.";
    TextPostingOffsets = 82, "Text index: `posting_offsets`, see `search::TextSections`.";
    TextPostings = 83, "Text index: `postings`, see `search::TextSections`.";
    TextPlaceConcepts = 84, "Text index: `place_concepts`, see `search::TextSections`.";
    TextPlaceDesignations = 85, "Text index: `place_designations`, see `search::TextSections`.";
    TextDesignationOffsets = 92, "Text index: `designation_offsets`; absent where each concept has one designation.";
    TextQualities = 86, "Text index: `qualities`, see `search::TextSections`.";
    TextTokenOffsets = 87, "Text index: `token_offsets`, see `search::TextSections`.";
    TextDesignationTokens = 88, "Text index: `designation_tokens`, see `search::TextSections`.";
    TextTokenCodes = 89, "Text index: `token_codes`, see `search::TextSections`.";
    TextFrequentRanges = 91, "Text index: `frequent_ranges`, see `search::TextSections`.";
    TextWideRanges = 90, "Text index: `wide_ranges`, see `search::TextSections`.";
}

/// The name of section `number`, for error messages.
pub(super) fn name_of(number: u32) -> &'static str {
    let sections = Section::ALL.iter().map(|section| (section.number(), section.name()));
    let tables = Table::ALL.iter().map(|table| (table.number(), table.name()));
    sections.chain(tables).find(|&(known, _)| known == number).map_or("unknown", |(_, name)| name)
}
