//! The seam to the XML format: FHIR XML is turned into FHIR JSON on the way in and back on the way out.
//!
//! Everything else in [`crate::wire`] knows JSON alone. Both directions need FHIR's own rules (element
//! order, which elements repeat, attribute values), which live with the resource readers; these two functions
//! are the only place that calls them.

use super::WireError;

/// A FHIR resource in XML as the same resource in JSON.
///
/// # Errors
/// [`WireError::XmlUnavailable`]: this build has no XML codec.
pub fn to_json(_xml: &[u8]) -> Result<String, WireError> {
    Err(WireError::XmlUnavailable)
}

/// A FHIR resource in JSON as the same resource in XML.
///
/// # Errors
/// [`WireError::XmlUnavailable`]: this build has no XML codec.
pub fn from_json(_json: &[u8]) -> Result<Vec<u8>, WireError> {
    Err(WireError::XmlUnavailable)
}
