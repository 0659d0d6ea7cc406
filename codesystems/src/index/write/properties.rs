//! The sections of properties: by concept, by value, and the distinct values themselves.

use std::collections::HashMap;

use rayon::prelude::*;

use super::super::builder::EditionBuilder;
use super::super::codec::put_posting;
use super::super::order::{Order, Rows};
use super::super::sections::{Section, Table};
use super::{NONE, Sections, at, set_starts};
use crate::model::{PART, PropertyKind};
use crate::{Error, Result};

/// One distinct value of a property; the order of the fields is the order in which they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Value<'b> {
    property: u16,
    text: &'b str,
    kind: u8,
    /// Its number in the builder.
    number: u32,
}

pub(super) fn write(out: &mut Sections, builder: &mut EditionBuilder, order: &Order) -> Result<()> {
    if builder.properties.is_empty() {
        return Ok(());
    }
    let texts = std::mem::take(&mut builder.values).texts;
    let kinds = std::mem::take(&mut builder.value_kinds);
    // A stored value is `property U+001F type U+001F text`, see EditionBuilder::property.
    let mut values: Vec<Value<'_>> = (0..texts.len() as u32)
        .map(|number| {
            let mut parts = texts.get(number).splitn(3, PART);
            let property = parts.next().and_then(|property| property.parse().ok());
            let kind = kinds.get(number as usize).copied().unwrap_or(PropertyKind::String);
            Value {
                property: property.unwrap_or_default(),
                text: parts.nth(1).unwrap_or_default(),
                kind: kind.byte(),
                number,
            }
        })
        .collect();
    values.par_sort_unstable();
    write_records(out, builder, order, &values)?;
    write_values(out, builder, order, &values);
    Ok(())
}

/// Which concept has which values, from both sides.
fn write_records(
    out: &mut Sections,
    builder: &mut EditionBuilder,
    order: &Order,
    values: &[Value<'_>],
) -> Result<()> {
    let mut rank = vec![0u32; values.len()];
    for (position, value) in (0u32..).zip(values) {
        if let Some(slot) = rank.get_mut(value.number as usize) {
            *slot = position;
        }
    }
    let mut records: Vec<(u32, u32, u16, u32)> = (0u32..)
        .zip(&std::mem::take(&mut builder.properties))
        .map(|(position, raw)| {
            (at(&order.ordinal_of, raw.concept), position, raw.group, at(&rank, raw.value))
        })
        .collect();
    records.par_sort_unstable();
    let pairs: Vec<(u32, u32)> =
        records.iter().map(|&(concept, _, _, value)| (concept, value)).collect();
    let forward = Rows::from_sorted(order.id_of.len(), &pairs);
    let mut inverted: Vec<(u32, u32)> =
        pairs.iter().map(|&(concept, value)| (value, concept)).collect();
    inverted.par_sort_unstable();
    inverted.dedup();
    let inverted = Rows::from_sorted(values.len(), &inverted);
    let mut posting_offsets = vec![0u32];
    let mut postings = Vec::new();
    for value in 0..values.len() as u32 {
        put_posting(&mut postings, inverted.of(value));
        let end = u32::try_from(postings.len())
            .map_err(|_| Error::TooMany { what: "bytes of postings", limit: u64::from(NONE) })?;
        posting_offsets.push(end);
    }
    out.put_table(Table::PropertyOffsets, forward.offsets);
    out.put_table(Table::PropertyValues, forward.targets);
    if records.iter().any(|&(_, _, group, _)| group != 0) {
        let groups: Vec<u32> = records.iter().map(|&(_, _, group, _)| u32::from(group)).collect();
        out.put_table(Table::PropertyGroups, groups);
    }
    out.put_table(Table::PostingOffsets, posting_offsets);
    out.put(Section::Postings, postings);
    Ok(())
}

/// The distinct values.
fn write_values(out: &mut Sections, builder: &EditionBuilder, order: &Order, values: &[Value<'_>]) {
    let starts =
        set_starts(values.iter().map(|value| value.property), builder.meta.properties.len(), 0);
    let mut text_offsets = vec![0u32];
    let mut texts = Vec::new();
    let mut concepts = Vec::with_capacity(values.len());
    let mut origins = Origins::default();
    let mut of_values = Vec::with_capacity(values.len());
    for value in values {
        if value.kind == PropertyKind::Coding.byte() {
            of_values.push(origins.take(value.text, &mut texts));
        } else {
            texts.extend_from_slice(value.text.as_bytes());
            of_values.push(0);
        }
        text_offsets.push(texts.len() as u32);
        let is_code = value.kind == PropertyKind::Code.byte();
        let named = is_code.then(|| builder.codes.find(0, value.text)).flatten();
        concepts.push(named.map_or(0, |id| at(&order.ordinal_of, id) + 1));
    }
    let properties: Vec<u32> = values.iter().map(|value| u32::from(value.property)).collect();
    out.put_table(Table::ValueProperties, properties);
    out.put_small(Table::ValueKinds, values.iter().map(|value| value.kind));
    out.put_table(Table::ValueOffsets, text_offsets);
    out.put(Section::ValueTexts, texts);
    out.put_table(Table::ValueConcepts, concepts);
    out.put_table(Table::PropertyStarts, starts);
    if !origins.texts.is_empty() {
        out.put_table(Table::ValueOrigins, of_values);
        origins.write(out);
    }
}

/// Systems and versions of Codings: many values are from one of few.
///
/// The keys come from files of others, hence the hash that cannot be predicted.
#[derive(Default)]
struct Origins<'b> {
    numbers: HashMap<(&'b str, &'b str), u32>,
    texts: Vec<(&'b str, &'b str)>,
}

impl<'b> Origins<'b> {
    /// Appends code and display of a stored Coding to `texts`; the number of the rest, from 1.
    fn take(&mut self, stored: &'b str, texts: &mut Vec<u8>) -> u32 {
        let mut parts = stored.splitn(4, PART);
        let mut part = || parts.next().unwrap_or_default();
        let (code, system, version, display) = (part(), part(), part(), part());
        texts.extend_from_slice(code.as_bytes());
        if !display.is_empty() {
            texts.push(PART as u8);
            texts.extend_from_slice(display.as_bytes());
        }
        let next = self.texts.len() as u32 + 1;
        let number = *self.numbers.entry((system, version)).or_insert(next);
        if number == next {
            self.texts.push((system, version));
        }
        number
    }

    fn write(self, out: &mut Sections) {
        let mut offsets = vec![0u32];
        let mut texts = Vec::new();
        for (system, version) in self.texts {
            texts.extend_from_slice(format!("{system}{PART}{version}").as_bytes());
            offsets.push(texts.len() as u32);
        }
        out.put_table(Table::OriginOffsets, offsets);
        out.put(Section::OriginTexts, texts);
    }
}
