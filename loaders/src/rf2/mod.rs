//! SNOMED CT releases in RF2.
//!
//! Reads Snapshot, Full and Delta files of one or several packages (the International Edition and
//! an extension) into one edition: of each component the row with the newest effective time
//! counts, for Full and Delta files the newest up to the date of the wanted version. Files are
//! known by their name and their columns; reference sets that nobody has heard of load with the
//! columns of their header.
//!
//! What becomes what: concepts and their descriptions as they are, is-a relationships as the
//! hierarchy, all other relationships and concrete values as grouped properties named by their
//! type, reference sets as membership sets, language reference sets as dialects of
//! the designations. Stated relationships are counted and left out; the OWL axioms that
//! replaced them are a membership set.
//!
//! Source: SNOMED CT Release File Specification; Using SNOMED CT with FHIR.

mod concepts;
mod concrete;
mod dialects;
mod digits;
mod edition;
mod ids;
mod kind;
mod names;
mod notes;
mod read;
mod refsets;
mod relationships;
mod rows;
mod tables;
mod terms;
mod versions;

use std::collections::BTreeSet;

use codesystems::EditionBuilder;
use codesystems::model::Provenance;

use self::concepts::Concepts;
use self::edition::Wanted;
use self::kind::Kind;
use self::names::{FileName, ReleaseType};
use self::notes::Notes;
use self::rows::Rows;
use self::tables::{Input, Reading, Tables};
use self::terms::Terms;
use crate::{Error, Options, Probe, Release, Report, Result, Sink};

/// Whether the file is of this format; the key names the release it belongs to.
///
/// All files of one load are one release: an extension is nothing without the edition it extends.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    if is_extract_note(&probe.file.name, probe.text) {
        return Some("snomed".to_owned());
    }
    let name = FileName::parse(&probe.file.name)?;
    let is_comment = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    let header = probe.text.lines().find(|line| !is_comment(line))?;
    Kind::of(&name, &rows::columns(header.as_bytes()))?;
    Some("snomed".to_owned())
}

/// Whether a file is the read-me of an extract made with the Subontology Extractor. An extract is no
/// published edition, so its version URI is one for experimental content (`xsct`).
///
/// Source: SNOMED CT URI standard, experimental modules.
fn is_extract_note(name: &str, text: &str) -> bool {
    name.to_ascii_lowercase().starts_with("readme") && text.contains("Subontology-Extractor")
}

/// The release without read-me files, and how many there were: whatever else was recognised is RF2.
fn without_extract_notes(release: &Release) -> (usize, Release) {
    let is_note = |name: &str| name.to_ascii_lowercase().starts_with("readme");
    let mut rest = release.clone();
    rest.files.retain(|file| !is_note(&file.name));
    (release.files.len() - rest.files.len(), rest)
}

/// Reads a release.
///
/// # Errors
/// When a file is damaged or a line malformed, when there are no concepts, when files of two
/// releases of one package are given, or when the version of the options is not one.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let mut wanted = Wanted::of(options)?;
    let (extract_notes, release) = without_extract_notes(release);
    let release = &release;
    if extract_notes > 0 && wanted.experimental.is_none() {
        wanted.experimental = Some(true);
    }
    let inputs = inputs(release, &wanted)?;
    let reading = Reading { wanted: wanted.date, several: several_rows(&inputs) };
    let mut tables = tables::read_all(&inputs, reading)?;
    let mut notes = std::mem::take(&mut tables.notes);
    tables::keep_newest(&mut tables.concepts);
    tables::keep_newest(&mut tables.descriptions);
    if tables.concepts.is_empty() {
        return Err(Error::file(
            release.path(),
            "the concept files have no rows up to the version",
        ));
    }
    count(&tables, report);
    let names: Vec<&FileName> = inputs.iter().map(|input| &input.name).collect();
    let meta = edition::meta(&tables, &names, &wanted, options, &mut notes);
    let mut builder = EditionBuilder::new(meta);
    builder.provenance = Provenance {
        sources: release.sources.clone(),
        loader: "rf2".into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        built_at: String::new(),
    };
    fill(&mut builder, tables, &mut notes).map_err(|error| at_release(error, release))?;
    notes.report(release.path(), report);
    sink.edition(builder)
}

fn fill(builder: &mut EditionBuilder, mut tables: Tables, notes: &mut Notes) -> Result<()> {
    let concepts = Concepts::add(builder, &tables.concepts);
    let terms = Terms::add(builder, &mut tables, &concepts, notes)?;
    relationships::add(builder, &mut tables, &concepts, &terms, notes);
    refsets::add(builder, &mut tables, &concepts, &terms, notes)?;
    refsets::add_identifiers(builder, &mut tables, &concepts, notes);
    Ok(())
}

/// Names the release in an error that concerns no file of its own.
fn at_release(error: Error, release: &Release) -> Error {
    match error {
        Error::File { path, problem } if path.is_empty() => Error::file(release.path(), problem),
        other => other,
    }
}

/// The files to read with their kinds; later ones override earlier ones of the same date.
fn inputs<'a>(release: &'a Release, wanted: &Wanted) -> Result<Vec<Input<'a>>> {
    let mut inputs = Vec::new();
    for (file, name) in names::select(&release.files, wanted.date)? {
        let rows = Rows::open(file)?;
        let Some(kind) = Kind::of(&name, rows.header()) else { continue };
        let number = u16::try_from(inputs.len())
            .map_err(|_| Error::file(release.path(), "more than 65,536 files"))?;
        inputs.push(Input { file, name, kind, number });
    }
    let concepts = || inputs.iter().filter(|input| input.kind == Kind::Concept);
    if concepts().count() == 0 {
        let problem =
            "no concept file (sct2_Concept_Snapshot_….txt) among the files of the release";
        return Err(Error::file(release.path(), problem));
    }
    if concepts().all(|input| input.name.release_type == ReleaseType::Delta) {
        let problem = "only Delta files; give the Snapshot or Full files that they change as well";
        return Err(Error::file(release.path(), problem));
    }
    Ok(inputs)
}

/// Whether several rows of one component are possible: not in the Snapshot of one package.
fn several_rows(inputs: &[Input<'_>]) -> bool {
    let snapshot = |input: &Input<'_>| input.name.release_type == ReleaseType::Snapshot;
    let packages: BTreeSet<&str> =
        inputs.iter().map(|input| input.name.namespace.as_str()).collect();
    let distinct: BTreeSet<&str> = inputs.iter().map(|input| input.file.name.as_str()).collect();
    !inputs.iter().all(snapshot) || packages.len() > 1 || distinct.len() < inputs.len()
}

fn count(tables: &Tables, report: &mut Report) {
    report.bytes += tables.bytes;
    let concepts = tables.count(Kind::Concept, &tables.concepts, |row| row.active);
    let (definitions, terms): (Vec<_>, Vec<_>) =
        tables.descriptions.iter().map(|row| (row.definition, row.active)).partition(|row| row.0);
    let active = |rows: &[(bool, bool)]| rows.iter().filter(|row| row.1).count() as u64;
    let relationships = tables.count(Kind::Relationship, &tables.relationships, |row| row.active);
    let values = tables.count(Kind::ConcreteValue, &tables.concrete_values, |row| row.active);
    let language = tables.count(Kind::Language, &tables.language_members, |row| row.active);
    let members = tables.count(Kind::Refset, &tables.members, |row| row.active);
    let identifiers = tables.count(Kind::Identifier, &tables.identifiers, |row| row.active);
    for (name, number) in [
        ("rows read", tables.rows),
        ("concepts", concepts.total),
        ("concepts active", concepts.active),
        ("descriptions", terms.len() as u64),
        ("descriptions active", active(&terms)),
        ("text definitions", definitions.len() as u64),
        ("text definitions active", active(&definitions)),
        ("relationships", relationships.total),
        ("relationships active", relationships.active),
        ("concrete values", values.total),
        ("concrete values active", values.active),
        ("language members", language.total),
        ("language members active", language.active),
        ("reference set members", members.total),
        ("reference set members active", members.active),
        ("identifiers", identifiers.total),
        ("stated relationships left out", tables.stated),
    ] {
        report.count(name, number);
    }
}

#[cfg(test)]
mod tests;
