//! What the tests of loaders share: files in a temporary folder, and a sink that keeps editions.

use std::path::PathBuf;

use codesystems::model::ConceptIx;
use codesystems::{Edition, EditionBuilder, LanguagePreference, PropertyValue};
use valuesets::conceptmap::{ConceptMap, ConceptMapBuilder};

use crate::{Options, Report, Resource, Result, Sink, load, recognise};

/// Keeps everything a loader hands over.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) editions: Vec<Edition>,
    pub(crate) maps: Vec<ConceptMap>,
    pub(crate) report: Report,
    pub(crate) formats: Vec<&'static str>,
}

impl Sink for Kept {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        let error = |source| crate::Error::Edition { path: "test".into(), source };
        let bytes = edition.finish().map_err(error)?;
        self.editions.push(Edition::from_bytes(bytes.into()).map_err(error)?);
        Ok(())
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> Result<()> {
        self.maps.push(ConceptMap::from_bytes(map.finish().unwrap().into()).unwrap());
        Ok(())
    }

    fn resource(&mut self, _resource: Resource<'_>) -> Result<()> {
        Ok(())
    }
}

impl Kept {
    /// The only edition.
    pub(crate) fn edition(&self) -> &Edition {
        assert_eq!(self.editions.len(), 1);
        &self.editions[0]
    }
}

/// Loads `paths` as the command line would: recognised by content, release after release.
pub(crate) fn load_paths(paths: &[PathBuf], options: &Options) -> Result<Kept> {
    let mut kept = Kept::default();
    let (releases, _) = recognise(paths, options)?;
    for release in &releases {
        kept.formats.push(release.format.name());
        kept.report = load(release, options, &mut kept)?;
    }
    Ok(kept)
}

/// Loads files given as (name, content).
pub(crate) fn load_files(files: &[(&str, &[u8])], options: &Options) -> Result<Kept> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    load_paths(&[folder.path().to_owned()], options)
}

/// A file of the shared material; says so and gives none where it is absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var("BEGRIFF_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").into());
    let path = PathBuf::from(folder).join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}

/// The concept with `code`.
pub(crate) fn at(edition: &Edition, code: &str) -> ConceptIx {
    edition.find(code).unwrap_or_else(|| panic!("{code} is missing"))
}

/// The display of a code in a language.
pub(crate) fn display<'e>(edition: &'e Edition, code: &str, language: &str) -> &'e str {
    let scores = edition.language_scores(&LanguagePreference::parse(language));
    edition.display_for(at(edition, code), &scores)
}

/// The values of a property as text.
pub(crate) fn values(edition: &Edition, code: &str, property: &str) -> Vec<String> {
    let Some(property) = edition.property_id(property) else { return Vec::new() };
    let text = |value: PropertyValue<'_>| value.text().into_owned();
    edition.values_of(at(edition, code), property).map(|value| text(value.value())).collect()
}

/// The codes of concepts.
pub(crate) fn codes(
    edition: &Edition,
    concepts: impl IntoIterator<Item = ConceptIx>,
) -> Vec<String> {
    concepts.into_iter().map(|concept| edition.code(concept).to_owned()).collect()
}

/// The designations of a code as `language/use: text`.
pub(crate) fn designations(edition: &Edition, code: &str) -> Vec<String> {
    let line = |designation: codesystems::index::DesignationRef<'_>| {
        let used = designation.designation_use().map_or("", |used| used.code.as_str());
        format!("{}/{used}: {}", designation.language(), designation.value())
    };
    edition.designations(at(edition, code)).map(line).collect()
}

/// Loads a file cut off and disturbed at many places; whatever comes out, nothing may panic.
pub(crate) fn endures_damage(name: &str, text: &str, options: &Options) {
    let bytes = text.as_bytes();
    for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
        let _ = load_files(&[(name, &bytes[..at])], options);
        for damage in [&b"\xff"[..], b"\"", b"\n", b"\\", b"<", b"\x1f"] {
            let damaged = [&bytes[..at], damage, &bytes[at..]].concat();
            let _ = load_files(&[(name, &damaged)], options);
        }
    }
}
