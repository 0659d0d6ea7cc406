//! What can go wrong below the value sets: damaged files, impossible input.

use std::path::PathBuf;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an edition could not be built, opened or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The bytes do not begin with the magic number of an index file.
    #[error("not a Begriff index file (it does not begin with the magic number)")]
    NotAnIndex,
    /// The file is of a format version that this build does not know.
    #[error(
        "index format version {found} is not supported, this build reads version {supported}; load the release again"
    )]
    UnknownFormat {
        /// Version in the header.
        found: u32,
        /// Version this build reads.
        supported: u32,
    },
    /// The file is shorter or longer than its header says.
    #[error("truncated index: the header promises {expected} bytes, the file has {found}")]
    Truncated {
        /// Bytes promised.
        expected: u64,
        /// Bytes present.
        found: u64,
    },
    /// A checksum does not fit its bytes.
    #[error("damaged index: checksum of section {section} does not match")]
    Checksum {
        /// Name of the section.
        section: &'static str,
    },
    /// A section is missing or has an impossible size.
    #[error("damaged index: section {section} {problem}")]
    Section {
        /// Name of the section.
        section: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The hierarchy is not acyclic.
    #[error("hierarchy cycle: {}", codes.join(" -> "))]
    Cycle {
        /// The codes of one cycle, in order, the first repeated at the end.
        codes: Vec<String>,
    },
    /// More distinct values than the index format can number.
    #[error("too many {what}: at most {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// An FST could not be built or read.
    #[error("dictionary: {0}")]
    Fst(#[from] fst::Error),
    /// Metadata of the edition is not readable.
    #[error("metadata: {0}")]
    Metadata(#[from] serde_json::Error),
    /// A resource is not what was expected.
    #[error("{element}: {problem}")]
    Resource {
        /// Path of the element, as in `CodeSystem.concept[3].code`.
        element: String,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// A regular expression was refused.
    #[error("regular expression '{pattern}': {problem}")]
    Regex {
        /// The expression.
        pattern: String,
        /// Why.
        problem: String,
    },
}
