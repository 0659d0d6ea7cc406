//! Concepts: the first thing the builder gets, and what all other rows are resolved against.

use codesystems::model::ConceptId;
use codesystems::{EditionBuilder, PropertyKind, PropertyValue};
use rustc_hash::FxHashMap;

use super::digits::{Digits, iso_date};
use super::tables::Concept;

/// The concepts of the edition by identifier.
#[derive(Debug, Default)]
pub(super) struct Concepts(FxHashMap<u64, (ConceptId, bool)>);

impl Concepts {
    /// Adds all concepts, in the order of their identifiers, with the properties that their rows
    /// have: `effectiveTime`, `moduleId` and `sufficientlyDefined`. Inactive ones get the status
    /// `inactive`; the active ones are normal and get none.
    pub(super) fn add(builder: &mut EditionBuilder, rows: &[Concept]) -> Self {
        let [effective, module, defined] = definitions(builder);
        let mut concepts = Self::default();
        concepts.0.reserve(rows.len());
        for row in rows {
            let concept = builder.concept(Digits::of(row.id).as_str());
            concepts.0.insert(row.id, (concept, row.active));
            if !row.active {
                builder.set_inactive(concept, true);
                builder.set_status(concept, "inactive");
            }
            if let Some(date) = row.stamp.date() {
                let date = iso_date(date);
                builder.property(concept, effective, PropertyValue::DateTime(&date), 0);
            }
            let module_id = Digits::of(row.module);
            builder.property(concept, module, PropertyValue::Code(module_id.as_str()), 0);
            builder.property(concept, defined, PropertyValue::Boolean(row.defined), 0);
        }
        concepts
    }

    /// The concept with an identifier.
    pub(super) fn find(&self, id: u64) -> Option<ConceptId> {
        self.0.get(&id).map(|(concept, _)| *concept)
    }

    /// Whether there is an active concept with an identifier; none for no concept at all.
    pub(super) fn is_active(&self, id: u64) -> Option<bool> {
        self.0.get(&id).map(|(_, active)| *active)
    }
}

/// Source: FHIR R5 CodeSystem `http://snomed.info/sct`, properties.
fn definitions(builder: &mut EditionBuilder) -> [codesystems::model::PropertyId; 3] {
    let properties = [
        ("effectiveTime", PropertyKind::DateTime, "Release in which the concept last changed"),
        ("moduleId", PropertyKind::Code, "Module the concept belongs to"),
        (
            "sufficientlyDefined",
            PropertyKind::Boolean,
            "Whether the attributes of the concept suffice to define it",
        ),
    ];
    properties.map(|(code, kind, description)| {
        let property = builder.property_id(code, kind, description);
        let field = if kind == PropertyKind::Boolean { "definitionStatusId" } else { code };
        if let Some(definition) = builder.meta.properties.get_mut(usize::from(property.0)) {
            definition.uri = Some(format!("http://snomed.info/field/Concept.{field}"));
        }
        property
    })
}
