//! Loads files as the program does and keeps what comes out.

use std::path::{Path, PathBuf};

use codesystems::{Edition, EditionBuilder, PropertyValue};
use valuesets::conceptmap::ConceptMapBuilder;

use crate::{Options, Report, Resource, Result, Sink};

#[derive(Default)]
struct Kept(Option<EditionBuilder>);

impl Sink for Kept {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        self.0 = Some(edition);
        Ok(())
    }

    fn concept_map(&mut self, _: ConceptMapBuilder) -> Result<()> {
        Ok(())
    }

    fn resource(&mut self, _: Resource<'_>) -> Result<()> {
        Ok(())
    }
}

/// Recognises and loads what lies below `paths`.
pub(super) fn load(paths: &[PathBuf], options: &Options) -> Result<(Edition, Report)> {
    let (releases, _) = crate::recognise(paths, options)?;
    let mut sink = Kept::default();
    assert_eq!(releases.len(), 1, "all RF2 files of a load are one release");
    let report = crate::load(&releases[0], options, &mut sink)?;
    let bytes = sink.0.unwrap().finish();
    let bytes = bytes.map_err(|source| crate::Error::Edition { path: String::new(), source })?;
    Ok((Edition::from_bytes(bytes.into()).unwrap(), report))
}

/// A release written by hand: each file is written with spaces for tabs, a vertical bar for a space.
pub(super) fn load_written(files: &[(&str, &str)], options: &Options) -> Result<(Edition, Report)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let lines: Vec<String> = content
            .lines()
            .map(|line| line.trim().replace(' ', "\t").replace('|', " "))
            .filter(|line| !line.is_empty())
            .collect();
        std::fs::write(folder.path().join(name), lines.join("\r\n") + "\r\n").unwrap();
    }
    load(&[folder.path().to_owned()], options)
}

/// Options that name a version.
pub(super) fn version(version: &str) -> Options {
    Options { version: Some(version.into()), ..Options::default() }
}

/// The folder of the shared test data, if it is there.
pub(super) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BEGRIFF_SHARED").map_or_else(
        || Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).to_owned(),
        PathBuf::from,
    );
    let found = root.join("data/snomed").join(path);
    if !found.exists() {
        println!("skipped: {} is not there", found.display());
        return None;
    }
    Some(found)
}

/// The properties of a concept as `code=value`, with their group where they have one.
pub(super) fn properties(edition: &Edition, code: &str) -> Vec<String> {
    let concept = edition.find(code).unwrap();
    let mut found: Vec<String> = edition
        .properties(concept)
        .map(|property| {
            let group = property.group();
            let group = if group == 0 { String::new() } else { format!("{group}:") };
            let value = match property.value() {
                PropertyValue::Coding { system, code, .. } => format!("{system}#{code}"),
                value => value.text().into_owned(),
            };
            format!("{group}{}={value}", property.code())
        })
        .collect();
    found.sort();
    found
}

/// The codes of the parents of a concept.
pub(super) fn parents(edition: &Edition, code: &str) -> Vec<String> {
    let concept = edition.find(code).unwrap();
    let mut found: Vec<String> =
        edition.parents(concept).map(|parent| edition.code(parent).to_owned()).collect();
    found.sort();
    found
}

/// The members of a reference set as `code: field, field`.
pub(super) fn members(edition: &Edition, set: &str) -> Vec<String> {
    let (number, _) = edition.membership_set(set).unwrap();
    let mut found: Vec<String> = edition
        .member_rows(number)
        .map(|row| {
            let fields: Vec<&str> = row.fields().collect();
            format!("{}: {}", edition.code(row.concept()), fields.join(", "))
        })
        .collect();
    found.sort();
    found
}
