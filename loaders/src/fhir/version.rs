//! Which version of FHIR a resource is written in.

use serde::Deserialize;

use crate::{Release, Report, Result};

use super::recognise::PACKAGE;

/// What is said of FHIR versions in `package.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    #[serde(rename = "fhirVersions")]
    fhir_versions: Vec<String>,
    #[serde(rename = "fhir-version-list")]
    list: Vec<String>,
    #[serde(rename = "fhirVersion")]
    one: Option<String>,
}

/// The FHIR version that the manifest of the package names: `4.0`, `4.3` or `5.0`; `None` without
/// a manifest. Other versions are taken for 4.0, with a warning.
///
/// # Errors
/// When the manifest cannot be opened.
pub(super) fn of_package(release: &Release, report: &mut Report) -> Result<Option<String>> {
    let Some(file) = release.files.iter().find(|file| file.name == PACKAGE) else {
        return Ok(None);
    };
    let bytes = file.read()?;
    let manifest: Manifest = match serde_json::from_slice(&bytes) {
        Ok(manifest) => manifest,
        Err(problem) => {
            report.warn(&file.path, problem.line() as u64, format!("manifest not read: {problem}"));
            return Ok(None);
        }
    };
    let mut named = manifest.fhir_versions.iter().chain(&manifest.list).chain(&manifest.one);
    let Some(first) = named.next() else { return Ok(None) };
    let known = short(first);
    if known.is_none() {
        report.warn(&file.path, 0, format!("FHIR version {first} is not supported, read as 4.0"));
    }
    Ok(Some(known.unwrap_or("4.0").to_owned()))
}

/// `4.0` for `4.0.1`, and so on.
fn short(version: &str) -> Option<&'static str> {
    match version.get(..3)? {
        "4.0" => Some("4.0"),
        "4.3" => Some("4.3"),
        "5.0" => Some("5.0"),
        _ => None,
    }
}

/// Members that only R5 has, in the resources that are read.
const OF_R5: [&str; 6] = [
    "\"sourceScopeUri\"",
    "\"sourceScopeCanonical\"",
    "\"targetScopeUri\"",
    "\"targetScopeCanonical\"",
    "\"versionAlgorithmString\"",
    "\"copyrightLabel\"",
];

/// The FHIR version of a resource outside of a package.
pub(super) fn guessed(json: &str) -> &'static str {
    if OF_R5.iter().any(|member| json.contains(member)) { "5.0" } else { "4.0" }
}
