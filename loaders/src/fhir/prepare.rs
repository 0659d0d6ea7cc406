//! One resource, read as far as it can be without the others.

use codesystems::EditionBuilder;
use codesystems::fhir::code_system;
use codesystems::fhir::json::from_slice;
use valuesets::conceptmap::ConceptMapBuilder;
use valuesets::fhir::{concept_map, value_set};

use crate::archive::File;
use crate::{Options, Result};

use super::files::{self, Head};
use super::version;

/// Name of this loader in provenance.
const LOADER: &str = "fhir";

/// A resource on its way to the sink.
#[derive(Debug)]
pub(super) struct Prepared {
    /// File, and place in a Bundle.
    pub(super) path: String,
    pub(super) resource_type: String,
    pub(super) url: String,
    pub(super) version: String,
    /// The resource as JSON.
    pub(super) json: String,
    pub(super) fhir_version: String,
    pub(super) warnings: Vec<String>,
    /// Bytes read for it.
    pub(super) bytes: u64,
    pub(super) content: Content,
}

/// What a resource is to the engine.
#[derive(Debug)]
pub(super) enum Content {
    /// A code system with concepts.
    Edition(Box<EditionBuilder>),
    /// A concept map.
    Map(Box<ConceptMapBuilder>),
    /// Kept as a resource alone.
    Resource,
    /// Of a type that is not read.
    Other,
    /// It could not be read, for this reason.
    Refused(String),
}

/// Reads all resources of a file.
///
/// # Errors
/// When the file cannot be opened; what is wrong with its content is said in the results.
pub(super) fn file(
    file: &File,
    options: &Options,
    fhir_version: Option<&str>,
) -> Result<Vec<Prepared>> {
    let bytes = file.read()?;
    let mut length = bytes.len() as u64;
    let mut odd = Vec::new();
    let found = match files::json(bytes) {
        Ok((json, warnings)) => {
            odd = warnings;
            files::resources(json, &file.path)
        }
        Err(problem) => vec![(file.path.clone(), Err(problem))],
    };
    let prepared = found.into_iter().map(|(path, json)| {
        let mut prepared = match json {
            Ok(json) => resource(path, json, options, fhir_version),
            Err(problem) => refused(path, problem),
        };
        prepared.bytes = std::mem::take(&mut length);
        prepared.warnings.append(&mut odd);
        prepared
    });
    Ok(prepared.collect())
}

fn refused(path: String, problem: String) -> Prepared {
    Prepared {
        path,
        resource_type: String::new(),
        url: String::new(),
        version: String::new(),
        json: String::new(),
        fhir_version: String::new(),
        warnings: Vec::new(),
        bytes: 0,
        content: Content::Refused(problem),
    }
}

fn resource(path: String, json: String, options: &Options, fhir_version: Option<&str>) -> Prepared {
    let head: Head<'_> = match from_slice("resource", json.as_bytes()) {
        Ok(head) => head,
        Err(problem) => return refused(path, problem.to_string()),
    };
    let (resource_type, url, version) =
        (head.resource_type.to_string(), head.url.to_string(), head.version.to_string());
    drop(head);
    let mut warnings = Vec::new();
    let content = content(&resource_type, &url, &json, options, &mut warnings);
    let fhir_version = fhir_version.unwrap_or_else(|| version::guessed(&json)).to_owned();
    Prepared { path, resource_type, url, version, json, fhir_version, warnings, bytes: 0, content }
}

fn content(
    resource_type: &str,
    url: &str,
    json: &str,
    options: &Options,
    warnings: &mut Vec<String>,
) -> Content {
    let read = match resource_type {
        "CodeSystem" => code_system(json, options, warnings),
        "ConceptMap" => concept_map(json, warnings),
        "ValueSet" => value_set::value_set(json).map(|_| Content::Resource),
        // R4 gives a NamingSystem no url.
        "NamingSystem" => return Content::Resource,
        _ => return Content::Other,
    };
    match read {
        Err(problem) => Content::Refused(problem.to_string()),
        Ok(_) if url.is_empty() => {
            warnings.push(format!("{resource_type} without url, kept as a resource alone"));
            Content::Resource
        }
        Ok(content) => content,
    }
}

fn code_system(
    json: &str,
    options: &Options,
    warnings: &mut Vec<String>,
) -> codesystems::Result<Content> {
    let language = options.language.as_deref().unwrap_or_default();
    let mut read = code_system::read_in(json.as_bytes(), language)?;
    warnings.append(&mut read.warnings);
    if read.builder.concept_count() == 0 {
        return Ok(Content::Resource);
    }
    read.builder.provenance.loader = LOADER.to_owned();
    read.builder.provenance.loader_version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Content::Edition(Box::new(read.builder)))
}

fn concept_map(json: &str, warnings: &mut Vec<String>) -> codesystems::Result<Content> {
    let mut read = concept_map::read(json.as_bytes())?;
    warnings.append(&mut read.warnings);
    read.builder.provenance.loader = LOADER.to_owned();
    read.builder.provenance.loader_version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Content::Map(Box::new(read.builder)))
}
