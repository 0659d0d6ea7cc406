//! BfArM metadata text and transition tables.
//!
//! The metadata text of ICD-10-GM is the second form in which the classification is published: one
//! row a code, with its full title and all its attributes, but without inclusions, exclusions and
//! hints. `kodes`, `gruppen` and `kapitel` of one year together become one edition that agrees
//! with the one from ClaML in codes, hierarchy and titles ([`crate::claml`]); load one of them.
//!
//! A transition table (`umsteiger`) of ICD-10-GM or OPS becomes two concept maps, one a direction.
//!
//! Files are told by the shape of their rows. The year is in their names, or in the name of the
//! archive around them.
//!
//! Source: the files `icd10gm<year>syst_*.txt` and `ops<year>syst_umsteiger_*.txt` of BfArM
//! (formerly DIMDI) and the read-me files beside them.

mod kodes;
mod shape;
pub(crate) mod systems;
#[cfg(test)]
pub(crate) mod test_files;
#[cfg(test)]
mod tests;
mod titles;
mod umsteiger;
pub(crate) mod vocabulary;

use crate::{Options, Probe, Release, Report, Result, Sink};
use shape::Shape;

/// From this year on all files are UTF-8.
const UTF8_SINCE: u16 = 2010;

/// Whether the file is of this format. `kodes`, `gruppen` and `kapitel` of one year have one key;
/// every transition table is a release of its own.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    let file = probe.file;
    match Shape::of(&file.name, probe.text)? {
        Shape::Umsteiger => Some(file.path.clone()),
        Shape::Kodes | Shape::Gruppen | Shape::Kapitel => {
            let year = systems::year_of(&file.name, &file.path);
            Some(year.map_or_else(|| file.root.clone(), |year| format!("icd-10-gm {year}")))
        }
    }
}

/// Reads a release.
///
/// # Errors
/// When a row has another number of columns than its layout, with the line; when `kodes` is
/// missing or there twice; when the year is neither in a file name nor given.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let mut systematics = Vec::new();
    for file in &release.files {
        let head = file.head(16 * 1024)?;
        match Shape::of(&file.name, &String::from_utf8_lossy(&head)) {
            Some(Shape::Umsteiger) => umsteiger::load(file, release, options, sink, report)?,
            Some(shape) => systematics.push((shape, file)),
            None => report.warn(&file.path, 0, "not a file of the BfArM metadata; passed over"),
        }
    }
    if systematics.is_empty() {
        return Ok(());
    }
    let builder = kodes::load(&systematics, release, options, report)?;
    report.count("concepts", builder.concept_count() as u64);
    sink.edition(builder)
}
