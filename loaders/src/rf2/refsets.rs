//! Reference sets of every kind but the language ones, and alternate identifiers. Inactive members
//! are kept apart from the active ones, for who asks for them; of inactive axioms the text is left
//! out, which nobody asks for and which would be a twentieth of the edition.
//!
//! A reference set becomes a membership set with the columns of its file beyond the first six. If
//! it has members that are not concepts (descriptions, relationships), those are put to the concept
//! they belong to and all rows of the set have one more field in front, `referencedComponentId`.
//! The targets of historical associations and the reason of an inactivation are also properties of
//! the inactive concept, see [`super::ids::ASSOCIATIONS`].

use std::collections::BTreeMap;

use codesystems::model::{ConceptId, PropertyId, SetId};
use codesystems::{EditionBuilder, PropertyKind, PropertyValue};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::concepts::Concepts;
use super::digits::Digits;
use super::ids::{ASSOCIATIONS, INACTIVATION_INDICATOR, OWL_AXIOM};
use super::notes::Notes;
use super::tables::{Member, Tables};
use super::terms::Terms;
use super::versions::Versions;
use crate::{Error, Result};

/// The field that names a component which is not a concept.
const COMPONENT: &str = "referencedComponentId";
/// |LOINC Code System|, an identifier scheme.
const LOINC: u64 = 705_114_005;
/// At most this many reference sets; an edition numbers them in two bytes.
const SETS: usize = 65_000;

/// A member with the concept it is put to.
#[derive(Debug, Clone, Copy)]
struct Placed {
    concept: ConceptId,
    /// Fields by which rows of a concept are ordered: map group and priority.
    order: (u32, u32),
    member: Member,
}

/// What is known of a reference set before its members are added.
#[derive(Debug, Default)]
struct Set {
    fields: Vec<String>,
    /// For each file: which of its columns is field `i` of the set.
    columns: FxHashMap<u16, Vec<Option<usize>>>,
    has_other_components: bool,
}

/// Adds the members of all reference sets. Takes them out of the tables.
///
/// # Errors
/// When there are more reference sets than an edition can number.
pub(super) fn add(
    builder: &mut EditionBuilder,
    tables: &mut Tables,
    concepts: &Concepts,
    terms: &Terms,
    notes: &mut Notes,
) -> Result<()> {
    let members = std::mem::take(&mut tables.members);
    let mut sets = sets(tables, &members);
    if sets.len() > SETS {
        let problem = format!("{} reference sets, at most {SETS} are numbered", sets.len());
        return Err(Error::file("", problem));
    }
    let owners = Owners { tables, concepts, relationships: relationships(tables, &members) };
    let mut placed = owners.place(&members, &mut sets, notes);
    drop(members);
    placed.par_sort_unstable_by(|a, b| {
        let key = |row: &Placed| (row.member.refset, row.concept, row.order, row.member.component);
        let text = |row: &Placed| tables.text(row.member.stamp, row.member.fields);
        key(a).cmp(&key(b)).then_with(|| text(a).cmp(text(b)))
    });
    emit(builder, tables, terms, &sets, &placed);
    Ok(())
}

/// The reference sets with the fields of all files that have members of them.
fn sets(tables: &Tables, members: &[Member]) -> BTreeMap<u64, Set> {
    let mut sets: BTreeMap<u64, Set> = BTreeMap::new();
    for member in members {
        let set = sets.entry(member.refset).or_default();
        let file = member.stamp.file;
        let Some(source) = tables.sources.get(usize::from(file)) else { continue };
        if set.columns.contains_key(&file) {
            continue;
        }
        for field in &source.fields {
            if !set.fields.contains(field) {
                set.fields.push(field.clone());
            }
        }
        set.columns.insert(file, Vec::new());
    }
    for set in sets.values_mut() {
        for (file, columns) in &mut set.columns {
            let found = tables.sources.get(usize::from(*file)).map_or(&[][..], |s| &s.fields);
            *columns = set.fields.iter().map(|f| found.iter().position(|have| have == f)).collect();
        }
    }
    sets
}

/// Sources of the relationships that are members of reference sets, which is rare.
fn relationships(tables: &Tables, members: &[Member]) -> FxHashMap<u64, u64> {
    let is_relationship = |id: u64| (id / 10) % 10 == 2;
    if !members.iter().any(|member| is_relationship(member.component)) {
        return FxHashMap::default();
    }
    tables.relationships.iter().map(|row| (row.id, row.source)).collect()
}

/// Finds the concept a component belongs to.
struct Owners<'a> {
    tables: &'a Tables,
    concepts: &'a Concepts,
    relationships: FxHashMap<u64, u64>,
}

impl Owners<'_> {
    /// The concept to put a component to, and whether it is that concept.
    fn find(&self, component: u64) -> Option<(ConceptId, bool)> {
        if let Some(concept) = self.concepts.find(component) {
            return Some((concept, true));
        }
        let descriptions = &self.tables.descriptions;
        let description = descriptions.binary_search_by_key(&component, |row| row.id).ok();
        let description = description.and_then(|number| descriptions.get(number));
        let owner = description.map(|row| row.concept);
        let owner = owner.or_else(|| self.relationships.get(&component).copied())?;
        Some((self.concepts.find(owner)?, false))
    }

    fn place(
        &self,
        members: &[Member],
        sets: &mut BTreeMap<u64, Set>,
        notes: &mut Notes,
    ) -> Vec<Placed> {
        let mut placed = Vec::with_capacity(members.len());
        for &member in members {
            let Some((concept, is_concept)) = self.find(member.component) else {
                notes.add("reference set members of unknown components left out", "", 0, || {
                    format!("reference set {}: no component {}", member.refset, member.component)
                });
                continue;
            };
            if let Some(set) = sets.get_mut(&member.refset) {
                set.has_other_components |= !is_concept;
            }
            placed.push(Placed { concept, order: self.order(&member), member });
        }
        placed
    }

    /// Rows of a map are tried by group and priority.
    fn order(&self, member: &Member) -> (u32, u32) {
        let source = self.tables.sources.get(usize::from(member.stamp.file));
        let fields = source.map_or(&[][..], |source| &source.fields);
        let text = self.tables.text(member.stamp, member.fields);
        let number = |names: [&str; 2]| {
            let column = fields.iter().position(|field| names.contains(&field.as_str()))?;
            text.split('\t').nth(column)?.parse().ok()
        };
        let group = number(["mapGroup", "attributeOrder"]);
        (group.unwrap_or(0), number(["mapPriority", "order"]).unwrap_or(0))
    }
}

/// Adds the sets by ascending identifier with their members.
fn emit(
    builder: &mut EditionBuilder,
    tables: &Tables,
    terms: &Terms,
    sets: &BTreeMap<u64, Set>,
    placed: &[Placed],
) {
    let mut rest = placed;
    let mut versions = Versions::default();
    for (&refset, set) in sets {
        let name = terms.name(tables, refset).unwrap_or_default();
        let first = set.has_other_components.then_some(COMPONENT);
        let fields: Vec<&str> =
            first.into_iter().chain(set.fields.iter().map(String::as_str)).collect();
        let number = builder.membership_set(Digits::of(refset).as_str(), &name, &fields);
        let property = property(builder, refset);
        let end = rest.partition_point(|row| row.member.refset <= refset);
        let (rows, others) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        for row in rows {
            let version = versions.of(builder, row.member.module, row.member.stamp);
            add_member(builder, tables, set, (number, version), row);
            add_property(builder, tables, property, row);
        }
        rest = others;
    }
}

fn add_member(
    builder: &mut EditionBuilder,
    tables: &Tables,
    set: &Set,
    (number, version): (SetId, u16),
    row: &Placed,
) {
    let is_kept = row.member.active || row.member.refset != OWL_AXIOM;
    let text = if is_kept { tables.text(row.member.stamp, row.member.fields) } else { "" };
    let columns = set.columns.get(&row.member.stamp.file).map_or(&[][..], Vec::as_slice);
    let component = Digits::of(row.member.component);
    let mut fields: Vec<&str> = Vec::with_capacity(columns.len() + 1);
    if set.has_other_components {
        fields.push(component.as_str());
    }
    let in_order = columns.iter().enumerate().all(|(field, column)| *column == Some(field));
    if in_order && !columns.is_empty() {
        fields.extend(text.split('\t'));
    } else {
        let value = |column: &Option<usize>| column.and_then(|at| text.split('\t').nth(at));
        fields.extend(columns.iter().map(|column| value(column).unwrap_or_default()));
    }
    if row.member.active {
        builder.member_of_version(number, row.concept, &fields, version);
    } else {
        builder.inactive_member(number, row.concept, &fields, version);
    }
}

/// The property that the first field of a set's members becomes, if it does.
fn property(builder: &mut EditionBuilder, refset: u64) -> Option<PropertyId> {
    let reason = (INACTIVATION_INDICATOR, "inactivationReason", "Why the concept was inactivated");
    let known = ASSOCIATIONS.into_iter().chain([reason]).find(|(known, _, _)| *known == refset);
    let (_, code, description) = known?;
    let property = builder.property_id(code, PropertyKind::Code, description);
    if let Some(definition) = builder.meta.properties.get_mut(usize::from(property.0)) {
        definition.uri = Some(format!("http://snomed.info/id/{refset}"));
    }
    Some(property)
}

fn add_property(
    builder: &mut EditionBuilder,
    tables: &Tables,
    property: Option<PropertyId>,
    row: &Placed,
) {
    let Some(property) = property.filter(|_| row.member.active) else { return };
    let text = tables.text(row.member.stamp, row.member.fields);
    let target = text.split('\t').next().unwrap_or_default();
    let is_concept = builder.code(row.concept) == Digits::of(row.member.component).as_str();
    if is_concept && !target.is_empty() {
        builder.property(row.concept, property, PropertyValue::Code(target), 0);
    }
}

/// Adds alternate identifiers as Codings in the property `alternateIdentifier`: the system is
/// `http://loinc.org` for LOINC, for another scheme the URI of its concept.
pub(super) fn add_identifiers(
    builder: &mut EditionBuilder,
    tables: &mut Tables,
    concepts: &Concepts,
    notes: &mut Notes,
) {
    let mut rows = std::mem::take(&mut tables.identifiers);
    rows.retain(|row| row.active);
    rows.sort_unstable_by_key(|row| (row.component, row.scheme, row.id));
    for row in &rows {
        let code = tables.text(row.stamp, row.code);
        let Some(concept) = concepts.find(row.component) else {
            notes.add("identifiers of unknown components left out", "", 0, || {
                format!("identifier {code} of scheme {}: no concept {}", row.scheme, row.component)
            });
            continue;
        };
        let scheme = format!("http://snomed.info/id/{}", row.scheme);
        let system = if row.scheme == LOINC { "http://loinc.org" } else { &scheme };
        let value = PropertyValue::Coding { system, version: "", code, display: "" };
        let description = "Identifier of the concept in another scheme";
        let property =
            builder.property_id("alternateIdentifier", PropertyKind::Coding, description);
        builder.property(concept, property, value, 0);
    }
}
