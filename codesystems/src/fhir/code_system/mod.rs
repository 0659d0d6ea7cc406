//! CodeSystem resources become editions.
//!
//! Reads R4, R4B and R5. What has no place of its own in an edition is kept as properties:
//! the definition of a concept as [`DEFINITION_PROPERTY`] and its extensions, as JSON, as
//! [`EXTENSION_PROPERTY`].

mod designations;
mod hierarchy;
mod reader;
mod resource;
mod roles;

pub use roles::CONCEPT_PROPERTIES;

use crate::{EditionBuilder, Error, Result};

use super::json;

/// Code of the property that holds `concept.definition`, of kind string, unless the code system
/// declares a property of that name itself (then it has `$` before). It is recognised by
/// [`DEFINITION_URI`] and answered as `definition`, not among the properties.
pub const DEFINITION_PROPERTY: &str = "definition";

/// URI of the property that holds `concept.definition`.
pub const DEFINITION_URI: &str = "http://hl7.org/fhir/concept-properties#definition";

/// Code of the property that holds `concept.extension` as a JSON array, of kind string. It is for
/// those who write answers (order, label, weight, rendering, replaced-by, comments) and never
/// listed or filtered by.
pub const EXTENSION_PROPERTY: &str = "$extension";

/// Code of the property that holds the extensions of a designation as a JSON array, of kind string;
/// its group is the number of the designation among those of its concept, from 1. For those who
/// write answers.
pub const DESIGNATION_EXTENSION_PROPERTY: &str = "$designation";

/// Finer publication status, on resources, concepts and designations.
const STANDARDS_STATUS: &str =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status";

/// A CodeSystem that was read.
#[derive(Debug)]
pub struct Read {
    /// Everything it says.
    pub builder: EditionBuilder,
    /// What was odd and what was done about it, with the path of the element.
    pub warnings: Vec<String>,
}

/// Reads a CodeSystem from JSON; warnings are dropped.
///
/// # Errors
/// As [`read`].
pub fn edition_builder(json: &str) -> Result<EditionBuilder> {
    from_slice(json.as_bytes())
}

/// Reads a CodeSystem from JSON in UTF-8; warnings are dropped.
///
/// # Errors
/// As [`read`].
pub fn from_slice(json: &[u8]) -> Result<EditionBuilder> {
    read(json).map(|read| read.builder)
}

/// Reads a CodeSystem from JSON, with warnings.
///
/// # Errors
/// As [`read_in`].
pub fn read(json: &[u8]) -> Result<Read> {
    read_in(json, "")
}

/// Reads a CodeSystem from JSON, with warnings. Where the resource does not say its language, it
/// is taken to be in `language` (BCP 47, empty for unknown).
///
/// # Errors
/// [`Error::Resource`] naming the element: for JSON that is not well formed or not a CodeSystem,
/// for elements of the wrong type and for concepts without a code.
pub fn read_in(json: &[u8], language: &str) -> Result<Read> {
    let mut resource: resource::CodeSystem<'_> = json::from_slice("CodeSystem", json)?;
    if resource.language.is_empty() {
        resource.language = json::Text(language.into());
    }
    if &*resource.resource_type != "CodeSystem" {
        return Err(Error::Resource {
            element: "resourceType".into(),
            problem: format!("expected CodeSystem, found '{}'", &*resource.resource_type),
        });
    }
    reader::read(&resource)
}

#[cfg(test)]
mod tests;
