//! The runner of HL7's terminology ecosystem suite: the cases of `test-cases.json`, sent as the
//! official runner sends them and judged at least as strictly.
//!
//! ```text
//! manifest  which cases there are          request   what a case sends
//! r4        R5 fixtures and an R4 server   scrub, sort   what an answer is before it is compared
//! compare, pattern   the comparison        official   what the official one lets pass
//! verdict   one case from request to differences
//! accepted, report   what may fail         library, target   the server under test
//! stub      answers that must pass, and mutations of them that must not
//! ```
//!
//! The official comparison has five holes, which are closed here: strings that differ are compared
//! as base64, which ignores most characters; a missing array of primitives is forgiven; so is a
//! missing array whose items carry `$optional$` with a filter that does not apply; required items
//! behind an optional one are not asked for once the answer's array ends; fragments are cut at the
//! first colon. Only a missing `location`, which `expression` superseded, is never held against a
//! server.

pub mod accepted;
pub mod compare;
pub mod library;
pub mod manifest;
mod official;
mod pattern;
mod r4;
pub mod report;
mod request;
mod scrub;
mod sort;
pub mod stub;
pub mod target;
pub mod verdict;

use std::fmt;

pub use compare::{Difference, Rules};
pub use manifest::{Case, Files};
pub use request::Sent;
pub use target::Target;

/// The version of FHIR a server is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// R4, 4.0.1.
    R4,
    /// R5, 5.0.0, in which the suite is written.
    R5,
}

impl Version {
    /// Both.
    pub const ALL: [Self; 2] = [Self::R4, Self::R5];

    /// The number, as `fhirVersion` gives it.
    pub fn number(self) -> &'static str {
        match self {
            Self::R4 => "4.0.1",
            Self::R5 => "5.0.0",
        }
    }

    /// The path of the base on a server of ours.
    pub fn base(self) -> &'static str {
        match self {
            Self::R4 => "/fhir",
            Self::R5 => "/r5",
        }
    }

    /// The media type of bodies, with its parameter.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::R4 => "application/fhir+json; fhirVersion=4.0",
            Self::R5 => "application/fhir+json; fhirVersion=5.0",
        }
    }

    /// The version of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.to_string() == name)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::R4 => "R4",
            Self::R5 => "R5",
        })
    }
}
