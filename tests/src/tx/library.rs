//! What the server under test holds: the subsets that come with the suite, from the core of FHIR the
//! few resources that its cases refer to, and the concepts that its cases for OMOP name, in a
//! download written by hand (`fixtures/omop`).

use std::fs::File;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use loaders::Options;
use serde_json::{Value, json};
use server::cli::load_release;
use server::library::Library;

use super::Version;
use crate::{Server, shared};

/// Resources of the core definitions that cases refer to.
const CORE: [&str; 7] = [
    "http://hl7.org/fhir/administrative-gender",
    "http://hl7.org/fhir/ValueSet/administrative-gender",
    "http://hl7.org/fhir/publication-status",
    "http://hl7.org/fhir/ValueSet/publication-status",
    "http://hl7.org/fhir/event-status",
    "http://hl7.org/fhir/ValueSet/event-status",
    "http://hl7.org/fhir/ValueSet/ucum-common",
];

/// A server over all that is at hand; what is absent is said.
pub fn server(version: Version) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    // The subset of LOINC does not say its version; the suite expects this one.
    let loinc = Options { version: Some("2.82".into()), ..Options::default() };
    let omop = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/omop");
    let releases = [
        (Some(omop), Options::default()),
        (shared::ecosystem("tx-source/snomed"), Options::default()),
        (shared::ecosystem("tx-source/loinc"), loinc),
        (shared::path("ucum/ucum-essence.xml"), Options::default()),
    ];
    for (path, options) in releases {
        if let Some(path) = path {
            load(&library, &path, &options);
        }
    }
    if let Some(definitions) = shared::path("fhir/r4-definitions/valuesets.json.gz") {
        let excerpt = tempfile::tempdir().unwrap();
        let path = excerpt.path().join("Bundle-core.json");
        std::fs::write(&path, core(&definitions, version).to_string()).unwrap();
        load(&library, &path, &Options::default());
    }
    Server::over(folder, |_| ())
}

/// A release that cannot be loaded is said and left out: the cases that need it fail.
fn load(library: &Library, path: &Path, options: &Options) {
    let releases = match loaders::recognise(&[PathBuf::from(path)], options) {
        Ok((releases, _)) => releases,
        Err(error) => return println!("not recognised: {}: {error}", path.display()),
    };
    for release in releases {
        match load_release(library, &release, options) {
            Ok((list, _)) => println!("loaded: {}", list.name),
            Err(error) => println!("not loaded: {}: {error}", path.display()),
        }
    }
}

/// The core resources as a Bundle; they carry the version of FHIR they come with.
fn core(definitions: &Path, version: Version) -> Value {
    let file = File::open(definitions).unwrap();
    let text = std::io::read_to_string(GzDecoder::new(file)).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let wanted = entries.into_iter().filter_map(|mut entry| {
        let resource = entry.get_mut("resource")?.take();
        CORE.iter().any(|url| resource["url"] == *url).then_some(resource)
    });
    let entries: Vec<Value> = wanted
        .map(|mut resource| {
            resource["version"] = json!(version.number());
            json!({ "resource": resource })
        })
        .collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}
