//! Invented releases of all systems at full size, in their publishers' formats.
//!
//! The same shape and seed give the same bytes. Codes have the form of the real ones, texts are
//! put together from word lists; no content of a publisher is in them.

mod alpha_id;
mod claml;
mod icd10gm;
mod local;
mod loinc;
mod ops;
mod orphanet;
mod out;
mod packages;
mod rxnorm;
#[cfg(test)]
mod tests;
mod texts;

use std::io;
use std::path::Path;

use crate::rf2_generator;
pub use crate::rf2_generator::Written;
pub use local::{map_url as local_map_url, system_url as local_system_url};
pub use packages::{BASE, icd_years_value_set};

/// Canonical of SNOMED CT.
pub const SNOMED: &str = "http://snomed.info/sct";
/// Canonical of LOINC.
pub const LOINC: &str = "http://loinc.org";
/// Canonical of RxNorm.
pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// Canonical of ICD-10-GM.
pub const ICD_10_GM: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";

/// What to generate.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Concepts of SNOMED CT, at least 2,000.
    pub snomed: usize,
    /// How much of their full size the other systems have, at most 1.
    pub share: f64,
    /// Documents of ICD-10-GM, one a year.
    pub icd_years: u16,
    /// Files of Alpha-ID, one a year.
    pub alpha_id_years: u16,
    /// The newest year.
    pub year: u16,
    /// The same seed gives the same releases.
    pub seed: u64,
    /// Whether SNOMED CT has a German extension, as a second package.
    pub german: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            snomed: rf2_generator::Shape::default().concepts,
            share: 1.0,
            icd_years: 17,
            alpha_id_years: 8,
            year: 2027,
            seed: 1,
            german: false,
        }
    }
}

impl Shape {
    /// Everything as small as it can be and still have something of all kinds.
    #[must_use]
    pub fn small() -> Self {
        Self { snomed: 4_000, share: 0.02, ..Self::default() }
    }

    /// How many there are of something that a full-size release has `full` of, at least one.
    fn of(&self, full: usize) -> usize {
        ((full as f64 * self.share.clamp(0.0, 1.0)).round() as usize).max(1)
    }

    fn first_icd_year(&self) -> u16 {
        self.year.saturating_sub(self.icd_years.max(1) - 1)
    }

    /// Years of ICD-10-GM, ascending.
    pub fn icd_years(&self) -> impl Iterator<Item = u16> + use<> {
        self.first_icd_year()..=self.year
    }

    fn alpha_id_years(&self) -> impl Iterator<Item = u16> + use<> {
        self.year.saturating_sub(self.alpha_id_years.max(1) - 1)..=self.year
    }
}

/// A system that there is a generator for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// SNOMED CT in RF2.
    Snomed,
    /// LOINC with parts, answers, hierarchy and variants.
    Loinc,
    /// ICD-10-GM in ClaML, several years.
    Icd10gm,
    /// OPS in ClaML.
    Ops,
    /// Alpha-ID-SE, several years.
    AlphaId,
    /// Orphadata products 1 and 3.
    Orphanet,
    /// RxNorm in RRF.
    RxNorm,
    /// FHIR packages: small systems and maps, large value sets.
    Packages,
    /// A CSV map of local codes.
    Local,
}

impl System {
    /// All, in an order in which one finds what it needs of those before.
    pub const ALL: [Self; 9] = [
        Self::Snomed,
        Self::Loinc,
        Self::Icd10gm,
        Self::Ops,
        Self::AlphaId,
        Self::Orphanet,
        Self::RxNorm,
        Self::Packages,
        Self::Local,
    ];

    /// The name on the command line, and of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Snomed => "snomed",
            Self::Loinc => "loinc",
            Self::Icd10gm => "icd10gm",
            Self::Ops => "ops",
            Self::AlphaId => "alpha_id",
            Self::Orphanet => "orphanet",
            Self::RxNorm => "rxnorm",
            Self::Packages => "packages",
            Self::Local => "local",
        }
    }

    /// Writes the releases of this system to a folder of its name below `out`.
    ///
    /// # Errors
    /// When a file cannot be written, or the shape is too small for SNOMED CT.
    pub fn generate(self, shape: &Shape, out: &Path) -> io::Result<Written> {
        match self {
            Self::Snomed => {
                let Shape { snomed: concepts, seed, german, .. } = *shape;
                let shape = rf2_generator::Shape { concepts, seed, german, ..Default::default() };
                rf2_generator::generate(&shape, &out.join(self.name()))
            }
            Self::Loinc => loinc::generate(shape, out),
            Self::Icd10gm => icd10gm::generate(shape, out),
            Self::Ops => ops::generate(shape, out),
            Self::AlphaId => alpha_id::generate(shape, out),
            Self::Orphanet => orphanet::generate(shape, out),
            Self::RxNorm => rxnorm::generate(shape, out),
            Self::Packages => packages::generate(shape, out),
            Self::Local => local::generate(shape, out),
        }
    }
}
