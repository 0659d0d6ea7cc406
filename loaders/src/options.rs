//! What a user can say about a release that its files do not.

/// Overrides for what cannot be read from the files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the format, instead of recognising it by content.
    pub format: Option<String>,
    /// Canonical URL of the code system (or of the map).
    pub url: Option<String>,
    /// Version of the code system (or of the map).
    pub version: Option<String>,
    /// Language of texts that do not say theirs, BCP 47.
    pub language: Option<String>,
    /// Title or name.
    pub title: Option<String>,
    /// Character encoding of text files (`utf-8`, `windows-1252`, `iso-8859-1`, `cp850`).
    pub encoding: Option<String>,
    /// Source system of a map.
    pub source: Option<String>,
    /// Target system of a map.
    pub target: Option<String>,
    /// Limits on what is read.
    pub limits: Limits,
}

/// Limits that keep a hostile or broken archive from filling memory or disk.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Entries in one archive.
    pub entries: usize,
    /// Uncompressed bytes of one file.
    pub file_bytes: u64,
    /// Uncompressed bytes of one archive.
    pub archive_bytes: u64,
    /// Uncompressed over compressed bytes of one file.
    pub ratio: u64,
    /// Depth of archives in archives.
    pub nesting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 200_000,
            file_bytes: 8 << 30,
            archive_bytes: 32 << 30,
            ratio: 1_000,
            nesting: 3,
        }
    }
}
