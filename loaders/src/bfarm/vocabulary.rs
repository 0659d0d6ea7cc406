//! Properties that an edition of a BfArM classification has whichever format it was read from.

use codesystems::model::ConceptId;
use codesystems::{EditionBuilder, PropertyKind, PropertyValue};

/// Kind of class: `chapter`, `block`, `category`.
pub(crate) const KIND: (&str, &str) = ("kind", "Kind of class");

/// `dagger`, `aster` or `optional`.
pub(crate) const USAGE: (&str, &str) = (
    "usage",
    "How the code is used with others: dagger (etiology), aster (manifestation), optional (additional)",
);

/// `X` or `S`.
pub(crate) const DERIVATION: (&str, &str) =
    ("derivation", "X: listed in the classification; S: made by a subclassification");

/// Whether a category has no finer codes.
pub(crate) const TERMINAL: (&str, &str) = ("terminal", "Whether there is no finer code below");

/// Designation use of a title that is meant to be read below its parent's, beside the full one.
/// The system of the use is the code system itself.
pub(crate) const PREFERRED: (&str, &str) = ("preferred", "Preferred title");

/// Gives a concept a property of kind code; an empty value is none.
pub(crate) fn code_property(
    builder: &mut EditionBuilder,
    concept: ConceptId,
    (name, description): (&str, &str),
    value: &str,
) {
    if !value.is_empty() {
        let property = builder.property_id(name, PropertyKind::Code, description);
        builder.property(concept, property, PropertyValue::Code(value), 0);
    }
}

/// Gives a concept a text property; an empty name or value is none.
pub(crate) fn text_property(
    builder: &mut EditionBuilder,
    concept: ConceptId,
    (name, description): (&str, &str),
    value: &str,
) {
    if !name.is_empty() && !value.is_empty() {
        let property = builder.property_id(name, PropertyKind::String, description);
        builder.property(concept, property, PropertyValue::String(value), 0);
    }
}

/// Says whether a category is terminal.
pub(crate) fn terminal(builder: &mut EditionBuilder, concept: ConceptId, value: bool) {
    let property = builder.property_id(TERMINAL.0, PropertyKind::Boolean, TERMINAL.1);
    builder.property(concept, property, PropertyValue::Boolean(value), 0);
}

/// Sets the kind of a concept, as a kind and as a property. Only categories are coded with.
pub(crate) fn kind(builder: &mut EditionBuilder, concept: ConceptId, kind: &str) {
    builder.set_kind(concept, kind);
    builder.set_not_selectable(concept, kind != "category");
    code_property(builder, concept, KIND, kind);
}
