//! Terminology resources: any bytes as JSON or XML are read or refused, by the readers and by the
//! loader of files; what is read can be built, and converted to XML and back.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use codesystems::fhir::code_system;
use codesystems::fhir::xml::{XmlLimits, json_to_xml, published_xml_to_json, xml_to_json};
use codesystems::{Edition, EditionBuilder};
use libfuzzer_sys::fuzz_target;
use loaders::{Format, Options, Resource, Sink};
use tempfile::TempDir;
use valuesets::conceptmap::{ConceptMap, ConceptMapBuilder};
use valuesets::fhir::{concept_map, value_set};

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

/// Builds what it is given; cycles are refused there.
struct Built;

fn edition(builder: EditionBuilder) {
    if let Ok(bytes) = builder.finish() {
        Edition::from_bytes(bytes.into()).expect("what is built can be opened");
    }
}

fn map(builder: ConceptMapBuilder) {
    if let Ok(bytes) = builder.finish() {
        ConceptMap::from_bytes(bytes.into()).expect("what is built can be opened");
    }
}

impl Sink for Built {
    fn edition(&mut self, builder: EditionBuilder) -> loaders::Result<()> {
        edition(builder);
        Ok(())
    }

    fn concept_map(&mut self, builder: ConceptMapBuilder) -> loaders::Result<()> {
        map(builder);
        Ok(())
    }

    fn resource(&mut self, resource: Resource<'_>) -> loaders::Result<()> {
        // Texts that nothing reads are kept as they stand, half of a surrogate pair included.
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(resource.json).is_ok());
        Ok(())
    }
}

fn read(json: &str) {
    if let Ok(read) = code_system::read(json.as_bytes()) {
        edition(read.builder);
    }
    if let Ok(read) = concept_map::read(json.as_bytes()) {
        map(read.builder);
    }
    let _ = value_set::value_set(json);
}

/// What came from XML goes back to it, and comes from there unchanged.
fn there_and_back(json: &str) {
    let limits = XmlLimits::default();
    let Ok(xml) = json_to_xml(json) else { return };
    if let Ok(again) = xml_to_json(xml.as_bytes(), &limits) {
        let xml_again = json_to_xml(&again).expect("what came from XML can be written as XML");
        assert_eq!(xml, xml_again);
    }
}

fn load(name: &str, bytes: &[u8]) {
    let path: PathBuf = FOLDER.path().join(name);
    // Some file systems write a file out at once that replaces what it held.
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, bytes).expect("a file can be written");
    let options = Options { format: Some(Format::Fhir.name().to_owned()), ..Options::default() };
    let Ok((releases, _)) = loaders::recognise(&[path], &options) else { return };
    for release in &releases {
        let _ = loaders::load(release, &options, &mut Built);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    match bytes.trim_ascii_start().first() {
        Some(b'<') => {
            if let Ok(json) = xml_to_json(bytes, &XmlLimits::default()) {
                read(&json);
                there_and_back(&json);
            }
            let _ = published_xml_to_json(bytes, &XmlLimits::default());
            load("resource.xml", bytes);
        }
        _ => {
            read(text);
            let _ = json_to_xml(text);
            load("resource.json", bytes);
        }
    }
});
