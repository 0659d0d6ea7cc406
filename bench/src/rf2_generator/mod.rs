//! Full-size SNOMED CT releases in RF2, invented.
//!
//! The shape is that of the International Edition: hierarchies by semantic tag, parents and
//! children with their heavy tails, descriptions in two English dialects, grouped attributes,
//! concrete values, OWL axioms, historical associations, an extended map and simple maps, the concept
//! model; and, if wanted, a German extension in a package of its own. Terms are put together from word lists, identifiers have
//! valid check digits, and the same seed gives the same bytes. Concepts of the model component keep
//! their published identifiers, since loaders ask for them.
//!
//! Two thirds of the relationship rows are active, as in a release; to reach 3.3 million rows with
//! 370,000 active concepts, a concept has more attributes than in a release.

mod attributes;
mod files;
mod metadata;
mod mrcm;
pub mod random;
mod refsets;
mod relationships;
pub mod sctid;
mod terms;
pub(crate) mod words;
mod world;

use std::io;
use std::path::{Path, PathBuf};

/// What to generate.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Concepts in all, active and inactive; at least 2,000.
    pub concepts: usize,
    /// The same seed gives the same release.
    pub seed: u64,
    /// Whether there is a German extension, as a second package.
    pub german: bool,
    /// Date of the International Edition, YYYYMMDD.
    pub date: u32,
}

impl Default for Shape {
    fn default() -> Self {
        Self { concepts: 520_000, seed: 1, german: false, date: 20_250_801 }
    }
}

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Files with their number of rows, header lines not counted.
    pub files: Vec<(PathBuf, u64)>,
    /// Bytes in all.
    pub bytes: u64,
}

impl Written {
    /// How many rows the files whose name contains `name` have.
    #[must_use]
    pub fn rows(&self, name: &str) -> u64 {
        let named = |path: &Path| path.to_string_lossy().contains(name);
        self.files.iter().filter(|(path, _)| named(path)).map(|(_, rows)| rows).sum()
    }
}

/// Writes a release below the folder `out`.
///
/// # Errors
/// When a file cannot be written, or when `shape` asks for fewer than 2,000 concepts.
pub fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    if shape.concepts < 2_000 {
        let problem = format!("{} concepts, at least 2,000 are needed", shape.concepts);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let world = world::World::new(shape);
    let mut package = files::Package::new(out, "INT", shape.date);
    package.concepts(&world)?;
    let described = package.descriptions(&world)?;
    package.relationships(&world)?;
    package.refsets(&world, &described)?;
    let mut written = package.written;
    if shape.german {
        let mut extension = files::Package::new(out, "DE1000274", shape.date + 14);
        extension.german(&world)?;
        written.files.append(&mut extension.written.files);
        written.bytes += extension.written.bytes;
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
