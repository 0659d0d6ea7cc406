//! FHIR XML and FHIR JSON, converted into each other.
//!
//! Everything else in the project reads and writes JSON; XML is translated at its edges. The rules
//! are those of the format pages of FHIR R4 and R5: primitives have their value in an attribute,
//! lists are repeated elements, the `id` of an element and the `url` of an extension are
//! attributes, resources inside of resources are wrapped, narrative is XHTML as it stands, and
//! what JSON calls `_name` is inside of the element `name`.

mod parse;
mod schema;
mod tables;
mod to_json;
mod to_xml;

use crate::{Error, Result};

/// The namespace of FHIR.
pub const NAMESPACE: &str = "http://hl7.org/fhir";

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Bounds on XML that is read.
#[derive(Debug, Clone, Copy)]
pub struct XmlLimits {
    /// Size of the document in bytes.
    pub bytes: usize,
    /// Depth of elements in elements.
    pub depth: usize,
}

impl Default for XmlLimits {
    fn default() -> Self {
        // JSON readers stop at 128 levels, and a list in a list is two of them.
        Self { bytes: 256 << 20, depth: 64 }
    }
}

/// Converts a resource from XML to JSON.
///
/// Knows CodeSystem, ValueSet, ConceptMap, NamingSystem, Parameters, Bundle, OperationOutcome,
/// CapabilityStatement and TerminologyCapabilities with everything in them, in R4 and R5.
/// Elements of one name need not stand together. `ConceptMap.identifier`, one in R4 and a list in R5, is a list where anything else in the map is
/// of R5.
///
/// # Errors
/// [`Error::Resource`] with line and column: for text that is not well formed or has a document
/// type, for elements and attributes that the type does not have, for values that are not of
/// their type, and beyond `limits`.
pub fn xml_to_json(xml: &[u8], limits: &XmlLimits) -> Result<String> {
    convert(xml, limits, None)
}

/// Converts a resource from XML to JSON as [`xml_to_json`] does, for files that have been published
/// and cannot be sent back: of an element that may occur once and is there several times, the
/// first is kept. Says so, with line and column, beside the JSON.
///
/// # Errors
/// As [`xml_to_json`] otherwise.
pub fn published_xml_to_json(xml: &[u8], limits: &XmlLimits) -> Result<(String, Vec<String>)> {
    let mut warnings = Vec::new();
    let json = convert(xml, limits, Some(&mut warnings))?;
    Ok((json, warnings))
}

fn convert(xml: &[u8], limits: &XmlLimits, warnings: Option<&mut Vec<String>>) -> Result<String> {
    if xml.len() > limits.bytes {
        return Err(Error::Resource {
            element: "document".into(),
            problem: format!("{} bytes, at most {} are read", xml.len(), limits.bytes),
        });
    }
    let text = text(xml)?;
    let root = parse::parse(text, limits)?;
    to_json::resource(text, &root, warnings)
}

/// Converts a resource from JSON to XML, with an XML declaration and in one line.
///
/// Members may come in any order. Members that FHIR does not have are written after the others, in
/// the order in which they come; those whose name cannot be that of an element are left out.
/// Resources of other types than those of [`xml_to_json`] are written as they come.
///
/// # Errors
/// [`Error::Resource`] naming the element: for text that is not JSON, for values that cannot be
/// written, for narrative that is not well formed and for resources nested deeper than 200 levels.
pub fn json_to_xml(json: &str) -> Result<String> {
    to_xml::resource(json)
}

/// The document as text. XML is UTF-8 unless it says otherwise; other encodings are refused.
fn text(xml: &[u8]) -> Result<&str> {
    let xml = xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml);
    std::str::from_utf8(xml).map_err(|problem| {
        let before = xml.get(..problem.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::Resource { element: format!("line {line}"), problem: "expected UTF-8".into() }
    })
}

/// A narrative `div` with its namespace, which both forms ask for and some publishers forget.
fn with_namespace(div: &str) -> String {
    let tag = div.split('>').next().unwrap_or_default();
    if tag.contains("xmlns") {
        return div.to_owned();
    }
    div.replacen("<div", &format!("<div xmlns=\"{XHTML}\""), 1)
}

/// An error at byte `offset` of `text`.
fn error_at(text: &str, offset: usize, problem: impl Into<String>) -> Error {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error::Resource { element: format!("line {line}, column {column}"), problem: problem.into() }
}

#[cfg(test)]
mod tests;
