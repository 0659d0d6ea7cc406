//! Turns what a builder collected into the sections of an edition.

mod properties;

use std::cmp::Ordering;
use std::io::Write;

use rayon::prelude::*;

use super::builder::{EditionBuilder, RawDesignation};
use super::codec::{put_posting, put_u16s, put_u32s, put_u64s};
use super::codes::FEW;
use super::column::Columns;
use super::format::{ContainerKind, ContainerWriter};
use super::order::{self, Rows, natural};
use super::sections::{Section, Table};
use crate::model::{Acceptability, DisplayRank};
use crate::{ConceptIx, Error, Result, search};

/// Stands for "none" where tables of `u32` number rows.
pub(super) const NONE: u32 = u32::MAX;
pub(super) const FLAG_INACTIVE: u8 = 1;
pub(super) const FLAG_NOT_SELECTABLE: u8 = 2;
pub(super) const DESIGNATION_INACTIVE: u8 = 8;
pub(super) const DESIGNATION_ESCAPE: u8 = 16;

impl EditionBuilder {
    /// Builds the edition as one block of memory.
    ///
    /// # Errors
    /// [`Error::Cycle`] when the hierarchy is not acyclic, [`Error::TooMany`] when a dictionary of
    /// the format overflows.
    pub fn finish(self) -> Result<Vec<u8>> {
        Ok(self.container()?.finish())
    }

    /// Builds the edition into `out`.
    ///
    /// # Errors
    /// As [`EditionBuilder::finish`]; errors of the writer come as [`Error::Io`] without a path.
    pub fn finish_into(self, out: &mut impl Write) -> Result<()> {
        let io = |source| Error::Io { path: std::path::PathBuf::new(), source };
        self.container()?.write_to(out).map_err(io)
    }

    fn container(mut self) -> Result<ContainerWriter> {
        self.check_limits()?;
        let order = self.order()?;
        let mut out = Sections::new();
        write_codes(&mut out, &self, &order)?;
        write_hierarchy(&mut out, &self, &order);
        properties::write(&mut out, &mut self, &order)?;
        write_members(&mut out, &mut self, &order)?;
        write_designations(&mut out, &mut self, &order)?;
        out.put(Section::Meta, serde_json::to_vec(&self.meta)?);
        out.put(Section::Provenance, serde_json::to_vec(&self.provenance)?);
        let mut out = out.finish();
        let built_at = self.provenance.built_at.clone().into_bytes();
        out.unhashed_section(Section::BuiltAt.number(), built_at);
        Ok(out)
    }

    fn check_limits(&self) -> Result<()> {
        let limits: [(&'static str, usize, u64); 9] = [
            ("concepts", self.concept_count(), u64::from(NONE) - 1),
            ("designations", self.designations.len(), u64::from(NONE) - 1),
            ("languages", self.meta.languages.len(), 255),
            ("designation uses", self.meta.designation_uses.len(), 255),
            ("statuses", self.meta.statuses.len(), 254),
            ("kinds", self.meta.kinds.len(), 254),
            ("dialects", self.meta.dialects.len(), 255),
            ("properties", self.meta.properties.len(), 65_535),
            ("membership sets", self.meta.membership_sets.len(), 65_535),
        ];
        match limits.into_iter().find(|&(_, found, limit)| found as u64 > limit) {
            Some((what, _, limit)) => Err(Error::TooMany { what, limit }),
            None => Ok(()),
        }
    }

    fn order(&self) -> Result<order::Order> {
        let inactive = |id: u32| self.inactive.get(id as usize).copied().unwrap_or(false);
        let code = |id: u32| self.codes.texts.get(id);
        let before = |a: u32, b: u32| -> Ordering {
            if self.keep_order { a.cmp(&b) } else { natural(code(a), code(b)) }
        };
        let last = |id: u32| !self.keep_order && inactive(id);
        let order = order::order(self.concept_count(), &self.edges, before, last);
        order.map_err(|cycle| Error::Cycle {
            codes: cycle.into_iter().map(|id| code(id).to_owned()).collect(),
        })
    }
}

struct Sections {
    out: ContainerWriter,
    tables: Columns,
}

impl Sections {
    fn new() -> Self {
        Self {
            out: ContainerWriter::new(ContainerKind::Edition),
            tables: Columns::new(Table::ALL.iter().map(|table| table.number())),
        }
    }

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

    /// Adds a table of small numbers.
    fn put_small(&mut self, table: Table, numbers: impl Iterator<Item = impl Into<u32>>) {
        self.put_table(table, numbers.map(Into::into).collect());
    }

    fn finish(mut self) -> ContainerWriter {
        self.tables.write(&mut self.out);
        self.out
    }
}

fn at<T: Copy + Default>(table: &[T], row: u32) -> T {
    table.get(row as usize).copied().unwrap_or_default()
}

fn write_codes(out: &mut Sections, builder: &EditionBuilder, order: &order::Order) -> Result<()> {
    let codes = &builder.codes.texts;
    let mut by_code: Vec<(&str, u32)> =
        (0u32..).zip(&order.id_of).map(|(ordinal, &id)| (codes.get(id), ordinal)).collect();
    let mut offsets = vec![0u32];
    let mut bytes = Vec::new();
    for &(code, _) in &by_code {
        bytes.extend_from_slice(code.as_bytes());
        offsets.push(bytes.len() as u32);
    }
    by_code.sort_unstable();
    write_dictionary(out, [Section::CodeFst, Section::CodeOrder], &by_code)?;
    if builder.meta.case_sensitive == Some(false) {
        let mut folded: Vec<(String, u32)> =
            by_code.iter().map(|&(code, ordinal)| (code.to_lowercase(), ordinal)).collect();
        if folded.iter().zip(&by_code).any(|(folded, exact)| folded.0 != exact.0) {
            folded.sort_unstable();
            folded.dedup_by(|later, first| later.0 == first.0);
            write_dictionary(out, [Section::FoldedFst, Section::FoldedOrder], &folded)?;
        }
    }
    out.put_table(Table::CodeOffsets, offsets);
    out.put(Section::CodeBytes, bytes);
    let flags = |&id: &u32| {
        u8::from(at(&builder.inactive, id)) * FLAG_INACTIVE
            + u8::from(at(&builder.not_selectable, id)) * FLAG_NOT_SELECTABLE
    };
    out.put_small(Table::Flags, order.id_of.iter().map(flags));
    out.put_small(Table::Status, order.id_of.iter().map(|&id| at(&builder.status, id)));
    out.put_small(Table::Kind, order.id_of.iter().map(|&id| at(&builder.kind, id)));
    Ok(())
}

/// A dictionary from pairs in the order of their codes: as an FST, or few as a table.
fn write_dictionary(
    out: &mut Sections,
    [automaton, table]: [Section; 2],
    pairs: &[(impl AsRef<str>, u32)],
) -> Result<()> {
    if pairs.len() <= FEW {
        out.put(table, put_u32s(pairs.iter().map(|&(_, ordinal)| ordinal)));
        return Ok(());
    }
    let pairs = pairs.iter().map(|(code, ordinal)| (code.as_ref(), u64::from(*ordinal)));
    out.put(automaton, fst::Map::from_iter(pairs)?.into_fst().into_inner());
    Ok(())
}

fn write_hierarchy(out: &mut Sections, builder: &EditionBuilder, order: &order::Order) {
    if builder.edges.is_empty() {
        return;
    }
    let count = order.id_of.len();
    let ordinal = |id: u32| at(&order.ordinal_of, id);
    let mut down: Vec<(u32, u32)> =
        builder.edges.iter().map(|&(child, parent)| (ordinal(parent), ordinal(child))).collect();
    down.par_sort_unstable();
    down.dedup();
    let mut up: Vec<(u32, u32)> = down.iter().map(|&(parent, child)| (child, parent)).collect();
    up.par_sort_unstable();
    let children = Rows::from_sorted(count, &down);
    let parents = Rows::from_sorted(count, &up);
    let runs = order::descendants(&children, &parents);
    let mut run_offsets = vec![0u32];
    let mut flat = Vec::new();
    let mut counts = Vec::with_capacity(count);
    for runs in &runs {
        flat.extend(runs.iter().flat_map(|&(start, end)| [start, end]));
        run_offsets.push((flat.len() / 2) as u32);
        counts.push(runs.iter().map(|&(start, end)| end - start).sum::<u32>());
    }
    out.put_table(Table::ParentOffsets, parents.offsets);
    out.put_table(Table::Parents, parents.targets);
    out.put_table(Table::ChildOffsets, children.offsets);
    out.put_table(Table::Children, children.targets);
    out.put_table(Table::RunOffsets, run_offsets);
    out.put(Section::Runs, put_u32s(flat));
    out.put_table(Table::DescendantCounts, counts);
}

fn write_members(
    out: &mut Sections,
    builder: &mut EditionBuilder,
    order: &order::Order,
) -> Result<()> {
    if builder.members.is_empty() {
        return Ok(());
    }
    let members = std::mem::take(&mut builder.members);
    let mut rows: Vec<(bool, u16, u32, u32, u32, u16)> = (0u32..)
        .zip(&members)
        .map(|(position, row)| {
            let concept = at(&order.ordinal_of, row.concept);
            (!row.active, row.set, concept, position, row.fields, row.version)
        })
        .collect();
    rows.par_sort_unstable();
    let (active, inactive) = rows.split_at(rows.partition_point(|&(is_inactive, ..)| !is_inactive));
    let sets = |rows: &[(bool, u16, u32, u32, u32, u16)], first: usize| {
        let numbers = rows.iter().map(|&(_, set, ..)| set);
        set_starts(numbers, builder.meta.membership_sets.len(), first as u32)
    };
    let (starts, inactive_starts) = (sets(active, 0), sets(inactive, active.len()));
    let fields = std::mem::take(&mut builder.member_fields).texts;
    let mut field_offsets = vec![0u32];
    let mut texts = Vec::new();
    for number in 0..fields.len() as u32 {
        texts.extend_from_slice(fields.get(number).as_bytes());
        field_offsets.push(texts.len() as u32);
    }
    let mut posting_offsets = vec![0u32];
    let mut postings = Vec::new();
    for set in 0..builder.meta.membership_sets.len() {
        let bounds = starts.get(set).zip(starts.get(set + 1));
        let range = bounds.map_or(0..0, |(start, end)| *start as usize..*end as usize);
        let own = active.get(range).unwrap_or_default();
        let mut concepts: Vec<u32> = own.iter().map(|&(_, _, concept, ..)| concept).collect();
        concepts.dedup();
        put_posting(&mut postings, &concepts);
        let end = u32::try_from(postings.len())
            .map_err(|_| Error::TooMany { what: "bytes of members", limit: u64::from(NONE) })?;
        posting_offsets.push(end);
    }
    out.put(Section::MemberPostingOffsets, put_u32s(posting_offsets));
    out.put(Section::MemberPostings, postings);
    out.put(Section::MemberStarts, put_u32s(starts));
    out.put(Section::MemberConcepts, put_u32s(rows.iter().map(|&(_, _, concept, ..)| concept)));
    out.put(Section::MemberFields, put_u32s(rows.iter().map(|&(.., fields, _)| fields)));
    let has_versions = rows.iter().any(|&(.., version)| version != 0);
    if has_versions {
        out.put(Section::MemberVersions, put_u16s(rows.iter().map(|&(.., version)| version)));
    }
    if has_versions || !inactive.is_empty() {
        out.put(Section::InactiveMemberStarts, put_u32s(inactive_starts));
    }
    out.put(Section::FieldOffsets, put_u32s(field_offsets));
    out.put(Section::FieldTexts, texts);
    Ok(())
}

/// Where the rows of each set start, the first of them at row `first`: `sets` are the numbers of
/// their sets, ascending.
fn set_starts(sets: impl Iterator<Item = u16>, count: usize, first: u32) -> Vec<u32> {
    let mut starts = vec![0u32; count + 1];
    for set in sets {
        if let Some(slot) = starts.get_mut(usize::from(set) + 1) {
            *slot += 1;
        }
    }
    let mut sum = first;
    for slot in &mut starts {
        sum += *slot;
        *slot = sum;
    }
    starts
}

/// Whether a text can be copied into JSON as it is.
fn needs_escape(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
}

fn write_designations(
    out: &mut Sections,
    builder: &mut EditionBuilder,
    order: &order::Order,
) -> Result<()> {
    if builder.designations.is_empty() {
        return Ok(());
    }
    let raw = std::mem::take(&mut builder.designations);
    let arena = std::mem::take(&mut builder.texts);
    let mut sorted: Vec<(u32, u32)> = (0u32..)
        .zip(&raw)
        .map(|(number, designation)| (at(&order.ordinal_of, designation.concept), number))
        .collect();
    sorted.par_sort_unstable();
    let empty = RawDesignation {
        concept: 0,
        language: 0,
        use_id: 0,
        rank: DisplayRank::Note,
        active: false,
        acceptability: 0,
        version: 0,
        id: 0,
    };
    let designations: Vec<RawDesignation> = sorted
        .iter()
        .map(|&(_, number)| raw.get(number as usize).copied().unwrap_or(empty))
        .collect();
    let rows = Rows::from_sorted(order.id_of.len(), &sorted);
    let mut text_offsets = Vec::with_capacity(sorted.len() + 1);
    text_offsets.push(0u32);
    let mut texts = Vec::new();
    let mut flags = Vec::with_capacity(sorted.len());
    for (&(_, number), designation) in sorted.iter().zip(&designations) {
        let text = arena.get(number);
        texts.extend_from_slice(text.as_bytes());
        let end = u32::try_from(texts.len()).map_err(|_| Error::TooMany {
            what: "bytes of designations",
            limit: u64::from(NONE),
        })?;
        text_offsets.push(end);
        flags.push(
            designation.rank as u8
                | (u8::from(!designation.active) * DESIGNATION_INACTIVE)
                | (u8::from(needs_escape(text)) * DESIGNATION_ESCAPE),
        );
    }
    drop(raw);
    drop(arena);
    let displays = default_displays(builder, &rows, &designations);
    out.put_small(Table::DesignationLanguage, designations.iter().map(|d| d.language));
    out.put_small(Table::DesignationUse, designations.iter().map(|d| d.use_id));
    out.put_small(Table::DesignationFlags, flags.into_iter());
    if designations.iter().any(|designation| designation.version != 0) {
        let numbers = designations.iter().map(|designation| designation.version);
        out.put(Section::DesignationVersion, put_u16s(numbers));
    }
    if designations.iter().any(|designation| designation.acceptability != 0) {
        let numbers = designations.iter().map(|designation| designation.acceptability);
        out.put_small(Table::DesignationAcceptability, numbers);
        let mut offsets = vec![0u32];
        let mut pairs: Vec<u16> = Vec::new();
        for list in &builder.acceptability {
            pairs.extend(list.iter().map(|&(dialect, acceptability)| {
                u16::from(dialect) << 8 | u16::from(acceptability == Acceptability::Acceptable)
            }));
            offsets.push(pairs.len() as u32);
        }
        out.put(Section::AcceptabilityOffsets, put_u32s(offsets));
        out.put(Section::AcceptabilityPairs, put_u16s(pairs));
    }
    if designations.iter().any(|designation| designation.id != 0) {
        out.put(Section::DesignationId, put_u64s(designations.iter().map(|d| d.id)));
    }
    out.put_table(Table::Displays, displays);
    if !builder.text_index_on_demand {
        let indexed = sorted.iter().zip(&designations).zip(text_offsets.windows(2)).map(
            |((&(concept, _), designation), ends)| {
                let range = at(ends, 0) as usize..at(ends, 1) as usize;
                let language = builder.meta.languages.get(usize::from(designation.language));
                search::IndexedText {
                    concept: ConceptIx(concept),
                    text: texts
                        .get(range)
                        .and_then(|text| str::from_utf8(text).ok())
                        .unwrap_or_default(),
                    language: language.map_or("", String::as_str),
                    rank: designation.rank,
                    searchable: designation.active && designation.rank < DisplayRank::Note,
                }
            },
        );
        let concept_count = order.id_of.len() as u32;
        let text_index = search::build(search::TextInput { concept_count, designations: indexed })?;
        write_text_index(out, text_index);
    }
    let one_each = (0u32..).zip(&rows.offsets).all(|(row, &offset)| row == offset);
    if !builder.text_index_on_demand && !one_each {
        let offsets = rows.offsets.iter().copied();
        out.put(Section::TextDesignationOffsets, put_u32s(offsets));
    }
    out.put_table(Table::DesignationOffsets, rows.offsets);
    out.put_table(Table::TextOffsets, text_offsets);
    out.put(Section::Texts, texts);
    Ok(())
}

fn write_text_index(out: &mut Sections, sections: search::TextSections) {
    out.put(Section::TextHeader, sections.header);
    out.put(Section::TextTerms, sections.terms);
    out.put(Section::TextPostingOffsets, sections.posting_offsets);
    out.put(Section::TextPostings, sections.postings);
    out.put(Section::TextPlaceConcepts, sections.place_concepts);
    out.put(Section::TextPlaceDesignations, sections.place_designations);
    out.put(Section::TextQualities, sections.qualities);
    out.put(Section::TextTokenOffsets, sections.token_offsets);
    out.put(Section::TextDesignationTokens, sections.designation_tokens);
    out.put(Section::TextTokenCodes, sections.token_codes);
    out.put(Section::TextWideRanges, sections.wide_ranges);
    out.put(Section::TextFrequentRanges, sections.frequent_ranges);
}

/// The designation shown when no language is asked for, as 1-based place among those of its concept
/// and 0 for none: that of the default language, then the lowest rank, then the first.
fn default_displays(
    builder: &EditionBuilder,
    rows: &Rows,
    designations: &[RawDesignation],
) -> Vec<u32> {
    let language = &builder.meta.language;
    let foreign: Vec<bool> = builder
        .meta
        .languages
        .iter()
        .map(|known| {
            !(language.is_empty() || known.is_empty() || known.starts_with(language.as_str()))
        })
        .collect();
    let count = rows.offsets.len().saturating_sub(1);
    (0..count)
        .map(|row| {
            let start = at(&rows.offsets, row as u32);
            let end = at(&rows.offsets, row as u32 + 1);
            let own = designations.get(start as usize..end as usize).unwrap_or_default();
            (start..)
                .zip(own)
                .filter(|(_, designation)| designation.rank <= DisplayRank::FullName)
                .min_by_key(|(number, designation)| {
                    let foreign = foreign.get(usize::from(designation.language)).copied();
                    (!designation.active, foreign.unwrap_or(true), designation.rank, *number)
                })
                .map_or(0, |(number, _)| number - start + 1)
        })
        .collect()
}
