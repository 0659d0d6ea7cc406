//! What can go wrong in the server, and the one place that turns it into statuses and outcomes.

use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The library is not as it should be.
    #[error("{0}")]
    Library(String),
    /// The configuration is not as it should be.
    #[error("configuration: {0}")]
    Config(String),
    /// A release could not be loaded.
    #[error(transparent)]
    Load(#[from] loaders::Error),
    /// An index could not be opened.
    #[error(transparent)]
    Index(#[from] codesystems::Error),
}

impl Error {
    /// An I/O error on `path`.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}
