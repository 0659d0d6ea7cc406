//! A map of a hospital's laboratory codes to LOINC: a CSV table of 50,000 rows.

use std::io;
use std::path::Path;

use super::out::Folder;
use super::texts::substance;
use super::{BASE, Shape, Written, loinc};
use crate::rf2_generator::random::Random;

const ROWS: usize = 50_000;

/// Canonical of the map; a table does not say it.
#[must_use]
pub fn map_url() -> String {
    format!("{BASE}/local/ConceptMap/laboratory")
}

/// Canonical of the local codes.
#[must_use]
pub fn system_url() -> String {
    format!("{BASE}/local/CodeSystem/laboratory")
}

/// Writes the table.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut random = Random::new(shape.seed, "local");
    let mut folder = Folder::new(out, "local");
    let terms = shape.of(loinc::TERMS);
    folder.file("laboratory.csv", |lines| {
        lines.line(format_args!("Quellcode;Quelltext;Ziel;Beziehung"))?;
        for number in 0..shape.of(ROWS) {
            let text = substance(&mut random).de;
            let target = loinc::code(random.below(terms));
            let relationship = ["äquivalent", "weiter"][random.below(2)];
            lines.line(format_args!("L{number:06};{text} i. S.;{target};{relationship}"))?;
        }
        Ok(())
    })?;
    Ok(folder.written)
}
