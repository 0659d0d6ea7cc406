//! Displays and designations of concepts.

use crate::fhir::json::{NamedValue, extension};
use crate::model::{ConceptId, DisplayRank};
use crate::{EditionBuilder, NewDesignation, PropertyKind, PropertyValue};

use super::resource::{Concept, Designation};
use super::{DESIGNATION_EXTENSION_PROPERTY, STANDARDS_STATUS};

const SNOMED: &str = "http://snomed.info/sct";
const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
const DESCRIPTION_ID: &str = "http://hl7.org/fhir/StructureDefinition/coding-sctdescid";

/// Adds the display and all designations of `concept`.
pub(super) fn add(
    builder: &mut EditionBuilder,
    id: ConceptId,
    concept: &Concept<'_>,
    language: &str,
) {
    let mut number = 0;
    if !concept.display.is_empty() {
        builder.display(id, language, &concept.display);
        number += 1;
    }
    if let Some(element) = &concept.display_element {
        number += add_translations(builder, id, &element.extension);
    }
    for designation in concept.designation.iter().filter(|it| !it.value.is_empty()) {
        number += 1;
        add_one(builder, id, designation, number);
    }
}

/// Adds a designation; `number` is its number among those of its concept, from 1.
fn add_one(
    builder: &mut EditionBuilder,
    id: ConceptId,
    designation: &Designation<'_>,
    number: u16,
) {
    let json = designation.extension.map_or("[]", |raw| raw.get());
    let extensions: Vec<NamedValue<'_>> = serde_json::from_str(json).unwrap_or_default();
    if !extensions.is_empty() {
        let code = DESIGNATION_EXTENSION_PROPERTY;
        let property = builder.property_id(code, PropertyKind::String, "");
        builder.property(id, property, PropertyValue::String(json), number);
    }
    let rank = rank(designation);
    // Without a use the numbered one is empty, and answers give none either.
    let (system, code, display) = designation
        .purpose
        .as_ref()
        .map_or(("", "", ""), |purpose| (&purpose.system, &purpose.code, &purpose.display));
    let use_id = builder.designation_use(system, code, display);
    let status = extension(&extensions, STANDARDS_STATUS).map(NamedValue::text);
    let retired = matches!(status.as_deref(), Some("withdrawn" | "deprecated" | "retired"));
    let description_id = extension(&extensions, DESCRIPTION_ID)
        .and_then(|extension| extension.text().parse().ok())
        .unwrap_or(0);
    let mut new = NewDesignation::new(&designation.language, use_id, &designation.value, rank);
    new.active = !retired;
    new.id = description_id;
    builder.designation(id, &new);
}

/// How eligible a designation is as display.
///
/// A designation says so by its use: `display` (designation-usage) and `preferredForLanguage`
/// (hl7TermMaintInfra) are displays of their language. One with a language and without a use is
/// the ordinary way to translate a display. Source: FHIR R5, CodeSystem.concept.designation.
fn rank(designation: &Designation<'_>) -> DisplayRank {
    let purpose = designation.purpose.as_ref();
    let (system, code) = purpose.map_or(("", ""), |purpose| (&purpose.system, &purpose.code));
    match (system, code) {
        (_, "") if designation.language.is_empty() => DisplayRank::Synonym,
        (_, "" | "display" | "preferredForLanguage") => DisplayRank::Preferred,
        (_, "definition") | (SNOMED, "900000000000550004") => DisplayRank::Note,
        (SNOMED, "900000000000003001") => DisplayRank::FullName,
        _ => DisplayRank::Synonym,
    }
}

/// Translations of the display that are given as extensions of the element; returns how many.
fn add_translations(
    builder: &mut EditionBuilder,
    id: ConceptId,
    extensions: &[NamedValue<'_>],
) -> u16 {
    let mut count = 0;
    for translation in extensions.iter().filter(|extension| &*extension.name == TRANSLATION) {
        let part = |name| {
            extension(&translation.extension, name).map(NamedValue::text).unwrap_or_default()
        };
        let text = part("content");
        count += u16::from(!text.is_empty());
        builder.display(id, &part("lang"), &text);
    }
    count
}
