//! Displays and designations of concepts.

use crate::fhir::json::{NamedValue, extension};
use crate::model::{ConceptId, DisplayRank};
use crate::{EditionBuilder, NewDesignation};

use super::STANDARDS_STATUS;
use super::resource::{Concept, Designation};

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
    if !concept.display.is_empty() {
        builder.display(id, language, &concept.display);
    }
    if let Some(element) = &concept.display_element {
        add_translations(builder, id, &element.extension);
    }
    for designation in &concept.designation {
        add_one(builder, id, designation);
    }
}

fn add_one(builder: &mut EditionBuilder, id: ConceptId, designation: &Designation<'_>) {
    let purpose = &designation.purpose;
    let rank = rank(designation);
    // Without a use the numbered one is empty, and answers give none either.
    let use_id = builder.designation_use(&purpose.system, &purpose.code, &purpose.display);
    let status = extension(&designation.extension, STANDARDS_STATUS).map(NamedValue::text);
    let retired = matches!(status.as_deref(), Some("withdrawn" | "deprecated" | "retired"));
    let description_id = extension(&designation.extension, DESCRIPTION_ID)
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
    let purpose = &designation.purpose;
    match (&*purpose.system, &*purpose.code) {
        (_, "") if designation.language.is_empty() => DisplayRank::Synonym,
        (_, "" | "display" | "preferredForLanguage") => DisplayRank::Preferred,
        (_, "definition") | (SNOMED, "900000000000550004") => DisplayRank::Note,
        (SNOMED, "900000000000003001") => DisplayRank::FullName,
        _ => DisplayRank::Synonym,
    }
}

/// Translations of the display that are given as extensions of the element.
fn add_translations(builder: &mut EditionBuilder, id: ConceptId, extensions: &[NamedValue<'_>]) {
    for translation in extensions.iter().filter(|extension| &*extension.name == TRANSLATION) {
        let part = |name| {
            extension(&translation.extension, name).map(NamedValue::text).unwrap_or_default()
        };
        builder.display(id, &part("lang"), &part("content"));
    }
}
