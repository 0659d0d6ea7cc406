//! FHIR ValueSet and ConceptMap resources, read into the vocabulary of this crate.
//!
//! R4, R4B and R5 in JSON. Resources in XML are converted before
//! (`codesystems::fhir::xml::xml_to_json`).

pub mod concept_map;
pub mod value_set;

use codesystems::{Error, Result};

/// An error in the element at `element`.
fn wrong(element: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Resource { element: element.into(), problem: problem.into() }
}

/// Refuses anything but a resource of type `expected`.
fn check_type(expected: &str, found: &str) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(wrong("resourceType", format!("expected {expected}, found '{found}'")))
}
