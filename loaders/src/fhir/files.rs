//! The resources in a file, as JSON.

use codesystems::fhir::json::{self, Text};
use codesystems::fhir::xml::{XmlLimits, published_xml_to_json};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Bundles in Bundles are opened this deep.
const DEPTH: usize = 3;

/// What is looked at to know what a resource is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Head<'a> {
    #[serde(borrow, rename = "resourceType")]
    pub(super) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(super) url: Text<'a>,
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

/// The JSON of a file in JSON or XML, and what was odd in the XML.
pub(super) fn json(bytes: Vec<u8>) -> Result<(String, Vec<String>), String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if text.trim_ascii_start().first() == Some(&b'<') {
        return published_xml_to_json(text, &XmlLimits::default())
            .map_err(|problem| problem.to_string());
    }
    let bytes = if text.len() == bytes.len() { bytes } else { text.to_vec() };
    String::from_utf8(bytes).map(|json| (json, Vec::new())).map_err(|problem| {
        format!("expected UTF-8, byte {} is not", problem.utf8_error().valid_up_to() + 1)
    })
}

/// The resources in `json`: itself, or those of a Bundle, with their place in it.
pub(super) fn resources(json: String, place: &str) -> Vec<(String, Result<String, String>)> {
    let mut found = Vec::new();
    open(json, place.to_owned(), 0, &mut found);
    found
}

fn open(
    json: String,
    place: String,
    depth: usize,
    found: &mut Vec<(String, Result<String, String>)>,
) {
    let head = match json::from_slice::<Head<'_>>("resource", json.as_bytes()) {
        Ok(head) => head,
        Err(problem) => return found.push((place, Err(problem.to_string()))),
    };
    if &*head.resource_type != "Bundle" {
        drop(head);
        return found.push((place, Ok(json)));
    }
    if depth >= DEPTH {
        return found.push((place, Err(format!("Bundles nested deeper than {DEPTH} levels"))));
    }
    for (at, entry) in head.entry.iter().enumerate() {
        if let Some(resource) = entry.resource {
            let place = format!("{place}#entry[{at}]");
            open(resource.get().to_owned(), place, depth + 1, found);
        }
    }
}
