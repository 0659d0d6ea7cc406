//! What can go wrong with a release file.

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a release could not be loaded. Always names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("{path}: {source}")]
    Io {
        /// The file; `archive.zip!inner/file` for a file in an archive.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not what its format asks for.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: String,
        /// Line, from 1; 0 when the whole file is meant.
        line: u64,
        /// What was found and what was expected.
        problem: String,
    },
    /// The file as a whole is not what its format asks for.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// No loader knows any of the files.
    #[error("{path}: no known release format; expected one of: {known}")]
    Unrecognised {
        /// The files, the first ones by name; or the folders, where they are empty.
        path: String,
        /// Names of the formats.
        known: String,
    },
    /// Two things asked for do not go together.
    #[error("{0}")]
    Options(String),
    /// The edition could not be built.
    #[error("{path}: {source}")]
    Edition {
        /// The file or release.
        path: String,
        /// Why.
        source: codesystems::Error,
    },
    /// What was loaded could not be stored.
    #[error("library: {0}")]
    Store(String),
}

impl Error {
    /// An I/O error on `path`.
    pub fn io(path: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// A format error in `line` (from 1) of `path`.
    pub fn line(path: impl Into<String>, line: u64, problem: impl Into<String>) -> Self {
        Self::Line { path: path.into(), line, problem: problem.into() }
    }

    /// A format error of the whole file.
    pub fn file(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::File { path: path.into(), problem: problem.into() }
    }
}
