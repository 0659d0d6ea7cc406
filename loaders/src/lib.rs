//! Release files of the publishers, read as streams into editions, maps and resources.
//!
//! One module a release format. Each says whether a file is its own ([`recognise`]), reads the
//! files of one release and hands what it finds to a [`Sink`], with a [`Report`] of what it saw.
//! The loaders know no byte layout and no directory: that is the business of `codesystems::index`
//! and of whoever implements the sink.

mod acyclic;
pub mod alpha_id;
pub mod archive;
pub mod bfarm;
pub mod claml;
pub mod csv_tables;
mod delimited;
pub mod encoding;
mod error;
pub mod fhir;
mod lines;
pub mod loinc;
pub mod ndc;
pub mod obo;
pub mod omop;
pub mod options;
pub mod orphadata;
mod progress;
mod recognise;
mod report;
pub mod rf2;
pub mod rxnorm;
mod sink;
mod table;
#[cfg(test)]
mod test_sink;
pub mod ucum_essence;

pub use error::{Error, Result};
pub use options::Options;
pub use progress::Progress;
pub use recognise::{Format, Probe, Release, load, recognise};
pub use report::{Report, Warning};
pub use sink::{Resource, Sink};
