//! Relationships: the hierarchy, and attributes as grouped properties.

use std::collections::{BTreeMap, BTreeSet};

use codesystems::model::PropertyId;
use codesystems::{EditionBuilder, PropertyKind, PropertyValue};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::concepts::Concepts;
use super::concrete::{self, Concrete};
use super::digits::Digits;
use super::ids::IS_A;
use super::notes::Notes;
use super::tables::{ConcreteValue, Relationship, Tables};
use super::terms::Terms;

/// Attribute types with their property.
type Attributes = FxHashMap<u64, (PropertyId, PropertyKind)>;

/// Adds the active relationships whose source is active: is-a as parents, all others as properties
/// named by the identifier of their type. Every characteristic type but the stated one counts.
pub(super) fn add(
    builder: &mut EditionBuilder,
    tables: &mut Tables,
    concepts: &Concepts,
    terms: &Terms,
    notes: &mut Notes,
) {
    let attributes = define(builder, tables, terms);
    let mut rows = std::mem::take(&mut tables.relationships);
    rows.retain(|row| row.active);
    rows.par_sort_unstable_by_key(|row| (row.source, row.group, row.kind, row.destination, row.id));
    for row in &rows {
        add_one(builder, row, concepts, &attributes, notes);
    }
    tables.relationships = rows;
    let mut values = std::mem::take(&mut tables.concrete_values);
    values.retain(|row| row.active);
    values.sort_unstable_by_key(|row| (row.source, row.group, row.kind, row.id));
    for row in &values {
        add_value(builder, tables, row, concepts, &attributes, notes);
    }
}

fn add_one(
    builder: &mut EditionBuilder,
    row: &Relationship,
    concepts: &Concepts,
    attributes: &Attributes,
    notes: &mut Notes,
) {
    let ends = concepts.find(row.source).zip(concepts.find(row.destination));
    let Some((source, destination)) = ends else {
        notes.add("relationships of unknown concepts left out", "", 0, || {
            let end =
                if concepts.find(row.source).is_none() { row.source } else { row.destination };
            format!("relationship {}: no concept {end}", row.id)
        });
        return;
    };
    let active = |id| concepts.is_active(id) == Some(true);
    let is_a = row.kind == IS_A;
    if !active(row.source) || is_a && !active(row.destination) {
        notes.add("relationships of inactive concepts left out", "", 0, || {
            format!("relationship {}: {} or {} is inactive", row.id, row.source, row.destination)
        });
    } else if is_a {
        builder.parent(source, destination);
    } else if let Some((property, _)) = attributes.get(&row.kind) {
        let code = Digits::of(row.destination);
        builder.property(source, *property, PropertyValue::Code(code.as_str()), row.group);
    }
}

fn add_value(
    builder: &mut EditionBuilder,
    tables: &Tables,
    row: &ConcreteValue,
    concepts: &Concepts,
    attributes: &Attributes,
    notes: &mut Notes,
) {
    let Some(source) = concepts.find(row.source) else {
        notes.add("relationships of unknown concepts left out", "", 0, || {
            format!("concrete value {}: no concept {}", row.id, row.source)
        });
        return;
    };
    if concepts.is_active(row.source) != Some(true) {
        notes.add("relationships of inactive concepts left out", "", 0, || {
            format!("concrete value {}: {} is inactive", row.id, row.source)
        });
        return;
    }
    let value = concrete::parse(tables.text(row.stamp, row.value));
    let Some((value, (property, kind))) = value.zip(attributes.get(&row.kind)) else { return };
    let value = match value {
        // An attribute of decimals may be given whole: one attribute has one type.
        Concrete::Integer(number) if *kind != PropertyKind::Integer => {
            PropertyValue::Decimal(number)
        }
        Concrete::Integer(number) => PropertyValue::from_stored(PropertyKind::Integer, number),
        Concrete::Decimal(number) => PropertyValue::Decimal(number),
        Concrete::Text(text) => PropertyValue::String(text),
        Concrete::Boolean(truth) => PropertyValue::Boolean(truth),
    };
    builder.property(source, *property, value, row.group);
}

/// Defines one property for each type of the active relationships, by ascending identifier.
fn define(builder: &mut EditionBuilder, tables: &Tables, terms: &Terms) -> Attributes {
    let mut kinds: BTreeMap<u64, PropertyKind> = BTreeMap::new();
    for row in tables.concrete_values.iter().filter(|row| row.active) {
        let kind = match concrete::parse(tables.text(row.stamp, row.value)) {
            Some(Concrete::Integer(_)) => PropertyKind::Integer,
            Some(Concrete::Decimal(_)) => PropertyKind::Decimal,
            Some(Concrete::Boolean(_)) => PropertyKind::Boolean,
            Some(Concrete::Text(_)) | None => PropertyKind::String,
        };
        let known = kinds.entry(row.kind).or_insert(kind);
        if *known == PropertyKind::Integer && kind == PropertyKind::Decimal {
            *known = kind;
        }
    }
    let types: BTreeSet<u64> =
        tables.relationships.iter().filter(|row| row.active).map(|row| row.kind).collect();
    kinds.extend(types.iter().filter(|kind| **kind != IS_A).map(|id| (*id, PropertyKind::Code)));
    let defined = kinds.into_iter().map(|(id, kind)| {
        let name = terms.name(tables, id).unwrap_or_default();
        let property = builder.property_id(Digits::of(id).as_str(), kind, &name);
        if let Some(definition) = builder.meta.properties.get_mut(usize::from(property.0)) {
            definition.uri = Some(format!("http://snomed.info/id/{id}"));
        }
        (id, (property, kind))
    });
    defined.collect()
}
