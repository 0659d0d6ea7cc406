//! Whether a file is a FHIR resource, and which release it belongs to.

use std::io::Read;

use codesystems::fhir::xml::NAMESPACE;
use memchr::memmem;
use quick_xml::events::Event;

use crate::Probe;
use crate::archive::File;

/// The manifest of a package.
pub(super) const PACKAGE: &str = "package.json";

/// Types that are read; Bundles for what is in them.
const TYPES: [&str; 5] = ["CodeSystem", "ValueSet", "ConceptMap", "NamingSystem", "Bundle"];

/// Folders of a package that hold no terminology of its own: examples, generated files, and
/// copies in other forms. Source: FHIR package specification, and the packages in use.
const OTHER_FOLDERS: [&str; 6] = ["example", "examples", "other", "openapi", "xml", "tests"];

/// Whether the file is of this format; the key names the release it belongs to: the root of the
/// package, the folder or archive, or the file itself.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    if !is_in_place(&probe.file.path) {
        return None;
    }
    let known = if probe.file.name == PACKAGE {
        is_manifest(probe.text)
    } else {
        match probe.text.trim_start_matches('\u{feff}').trim_start().as_bytes().first() {
            Some(b'{') => is_json(probe),
            Some(b'<') => is_xml(probe.text),
            _ => false,
        }
    };
    known.then(|| key(probe.file))
}

/// The part of `path` before `package/`, else the folder or archive that was given.
fn key(file: &File) -> String {
    package_root(&file.path).map_or_else(|| file.root.clone(), str::to_owned)
}

/// The part of `path` before the folder `package`.
fn package_root(path: &str) -> Option<&str> {
    path.rfind("package/")
        .map(|at| path.get(..at).unwrap_or_default())
        .filter(|root| root.is_empty() || root.ends_with('/') || root.ends_with('!'))
}

/// Whether the file is where resources are: in a package, the `.json` files outside of the folders
/// for other things. Everywhere else any file.
fn is_in_place(path: &str) -> bool {
    if path.ends_with("/.index.json") {
        return false;
    }
    in_package(path).is_none_or(|inside| {
        let folder = inside.split_once('/').map_or("", |(folder, _)| folder);
        inside.ends_with(".json") && !OTHER_FOLDERS.contains(&folder)
    })
}

/// The path in the folder `package`, if the file is in one.
fn in_package(path: &str) -> Option<&str> {
    package_root(path).and_then(|root| path.get(root.len() + "package/".len()..))
}

fn is_manifest(text: &str) -> bool {
    ["\"fhirVersions\"", "\"fhir-version-list\"", "\"fhirVersion\"", "\"canonical\""]
        .iter()
        .any(|member| text.contains(member))
}

/// Whether one of the types is named; the member may stand anywhere, so a file that is longer than
/// the head is read on for it.
fn is_json(probe: &Probe<'_>) -> bool {
    match named_type(probe.text) {
        Some(known) => known,
        None => {
            let long = probe.head.len() >= 16 * 1024 && probe.file.name.ends_with(".json");
            long && read_on(probe.file)
        }
    }
}

/// Whether `text` names one of our types as `resourceType`; `None` when it names none at all.
fn named_type(text: &str) -> Option<bool> {
    let mut names = memmem::find_iter(text.as_bytes(), b"\"resourceType\"").filter_map(|at| {
        let after = text.get(at + "\"resourceType\"".len()..)?;
        after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split('"').next()
    });
    let first = names.next()?;
    Some(TYPES.contains(&first) || names.any(|name| TYPES.contains(&name)))
}

fn read_on(file: &File) -> bool {
    let mut text = String::new();
    let read = file.open().and_then(|mut reader| {
        reader.read_to_string(&mut text).map_err(|source| crate::Error::io(&file.path, source))
    });
    read.is_ok() && named_type(&text) == Some(true)
}

fn is_xml(text: &str) -> bool {
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                let name = start.name();
                return TYPES.contains(&name.local_name().into_inner())
                    && start.attributes().flatten().any(|it| &*it.value == NAMESPACE);
            }
            Ok(Event::Eof | Event::DocType(_)) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_wherever_it_stands() {
        assert_eq!(named_type(r#"{"resourceType" : "ValueSet"}"#), Some(true));
        assert_eq!(named_type(r#"{"resourceType":"StructureDefinition"}"#), Some(false));
        let contained = r#"{"contained":[{"resourceType":"Library"}],"resourceType":"CodeSystem"}"#;
        assert_eq!(named_type(contained), Some(true));
        assert_eq!(named_type(r#"{"name":"x"}"#), None);
    }

    #[test]
    fn xml_is_known_by_its_root_and_namespace() {
        assert!(is_xml(
            "<?xml version='1.0'?>\n<!-- <a> --><CodeSystem xmlns='http://hl7.org/fhir'>"
        ));
        assert!(is_xml("<f:ValueSet xmlns:f=\"http://hl7.org/fhir\"/>"));
        assert!(!is_xml("<CodeSystem xmlns='http://example.org'/>"));
        assert!(!is_xml("<ClaML version='2.0.0'>"));
        assert!(!is_xml("<!DOCTYPE html><html/>"));
    }

    #[test]
    fn in_a_package_the_json_files_beside_the_manifest_are_read() {
        assert!(is_in_place("/x/a.tgz!package/v.json"));
        assert!(is_in_place("/x/xml/v.xml"));
        assert!(!is_in_place("/x/a.tgz!package/example/v.json"));
        assert!(!is_in_place("/x/package/xml/v.xml"));
        assert!(!is_in_place("/x/package/v"));
        assert!(!is_in_place("/x/package/.index.json"));
        assert_eq!(package_root("/x/a.tgz!package/v.json"), Some("/x/a.tgz!"));
        assert_eq!(package_root("/x/mypackage/v.json"), None);
    }
}
