//! The seam to the XML format: FHIR XML is turned into FHIR JSON on the way in and back on the way out.
//!
//! Everything else in [`crate::wire`] knows JSON alone. Both directions need FHIR's own rules (element
//! order, which elements repeat, attribute values), which live with the resource readers; these two functions
//! are the only place that calls them.

use codesystems::fhir::xml::{XmlLimits, json_to_xml, xml_to_json};

use super::WireError;

fn malformed(error: codesystems::Error) -> WireError {
    WireError::Xml { message: error.to_string() }
}

/// A FHIR resource in XML as the same resource in JSON.
///
/// # Errors
/// [`WireError::Xml`] where the XML is malformed, is no resource known here, or is over its limits.
pub fn to_json(xml: &[u8]) -> Result<String, WireError> {
    xml_to_json(xml, &XmlLimits::default()).map_err(malformed)
}

/// A FHIR resource in JSON as the same resource in XML.
///
/// # Errors
/// [`WireError::Xml`] where the JSON is malformed or is no resource known here.
pub fn from_json(json: &[u8]) -> Result<Vec<u8>, WireError> {
    let text = str::from_utf8(json).map_err(|error| WireError::Xml { message: error.to_string() })?;
    json_to_xml(text).map(String::into_bytes).map_err(malformed)
}
