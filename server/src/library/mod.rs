//! Editions, maps and resources on disk: load, open, switch, remove, watch.
//!
//! ```text
//! library/
//!   editions/<name>-<version>-<hash>.edition   one file per code system version
//!   maps/<name>-<version>-<hash>.map           one file per concept map
//!   bundles/<name>-<hash>.bundle               resources, small editions and maps of one package
//!   releases/<name>.json                       what one load brought: the list of its files
//!   defaults.json                              version per code system to use when none is asked for
//! ```
//! Only files that a release lists exist for the server, so the rename of the release's list is the
//! one moment at which a load takes effect: a crash before it leaves the library as it was.

mod bundle;
mod open;
mod resources;
mod stage;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use bundle::BundleMember;
pub use open::{Opened, Snapshot};
pub use resources::{Content, Known, ResourceEntry, ResourceType, Resources};
pub use stage::Staging;

use crate::error::{Error, Result};

/// A library directory.
#[derive(Debug, Clone)]
pub struct Library {
    root: PathBuf,
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFile {
    /// Path below the library, with `/`.
    pub path: String,
    /// Canonical of what it holds, empty for bundles.
    pub url: String,
    /// Version of what it holds.
    pub version: String,
    /// Content hash, lower-case hex.
    pub hash: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// What one load brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseList {
    /// Name of the release: format and key.
    pub name: String,
    /// Name of the loader.
    pub format: String,
    /// When it was loaded, RFC 3339.
    pub loaded_at: String,
    /// Grows with every load: of two releases with the same code system version the later wins.
    pub sequence: u64,
    /// The files.
    pub files: Vec<ReleaseFile>,
}

impl Library {
    /// The library in `root`; the directory is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(root: &Path) -> Result<Self> {
        for folder in ["editions", "maps", "bundles", "releases"] {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(|source| Error::io(&path, source))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All releases, in the order in which they were loaded.
    ///
    /// # Errors
    /// When a list cannot be read.
    pub fn releases(&self) -> Result<Vec<ReleaseList>> {
        let folder = self.root.join("releases");
        let mut releases = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|source| Error::io(&folder, source))? {
            let path = entry.map_err(|source| Error::io(&folder, source))?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let text = match fs::read(&path) {
                    Ok(text) => text,
                    // Removed since the directory was read.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    Err(source) => return Err(Error::io(&path, source)),
                };
                let list: ReleaseList = serde_json::from_slice(&text)
                    .map_err(|error| Error::Library(format!("{}: {error}", path.display())))?;
                releases.push(list);
            }
        }
        releases.sort_by_key(|release| release.sequence);
        Ok(releases)
    }

    /// The version per code system to use when none is asked for.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn defaults(&self) -> Result<BTreeMap<String, String>> {
        let path = self.root.join("defaults.json");
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| Error::Library(format!("{}: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(source) => Err(Error::io(&path, source)),
        }
    }

    /// Sets (or, with `None`, forgets) the version of `url` to use when none is asked for.
    ///
    /// # Errors
    /// When the code system or the version is not in the library (what there is instead is named),
    /// or the file cannot be written.
    pub fn set_default(&self, url: &str, version: Option<&str>) -> Result<()> {
        let _lock = self.lock()?;
        let mut defaults = self.defaults()?;
        // The default of a code system that is gone can still be forgotten.
        if version.is_some() || !defaults.contains_key(url) {
            let snapshot = Snapshot::open(self, None)?;
            let versions =
                snapshot.catalogue.versions(url).ok_or_else(|| snapshot.unknown_system(url))?;
            if let Some(version) = version
                && versions.find(version).is_none()
            {
                let known = versions.all().iter().map(|system| system.version());
                return Err(Error::Library(format!(
                    "'{url}' has no version '{version}' in the library; there are: {}",
                    known.collect::<Vec<_>>().join(", ")
                )));
            }
        }
        match version {
            Some(version) => defaults.insert(url.to_owned(), version.to_owned()),
            None => defaults.remove(url),
        };
        let text = serde_json::to_vec_pretty(&defaults)
            .map_err(|error| Error::Library(error.to_string()))?;
        stage::write_atomically(&self.root.join("defaults.json"), &text)
    }

    /// Waits until no other process changes the library, and keeps others from it while the file
    /// is held: the files of a release on its way in must not be taken for leftovers.
    fn lock(&self) -> Result<fs::File> {
        let path = self.root.join(".lock");
        let file = fs::File::create(&path).map_err(|source| Error::io(&path, source))?;
        file.lock().map_err(|source| Error::io(&path, source))?;
        Ok(file)
    }

    /// Removes the releases called `name`, or that hold the code system version `name`
    /// (`url|version`); returns what was removed. Files that another release lists stay. A server
    /// that has them open goes on serving them until it looks again.
    ///
    /// # Errors
    /// When there is no such release, or a file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<Vec<ReleaseList>> {
        let _lock = self.lock()?;
        let (url, version) = name.split_once('|').unwrap_or((name, ""));
        let holds = |release: &ReleaseList| {
            release.name == name
                || release
                    .files
                    .iter()
                    .any(|file| file.url == url && !version.is_empty() && file.version == version)
        };
        let (gone, kept): (Vec<_>, Vec<_>) = self.releases()?.into_iter().partition(holds);
        if gone.is_empty() {
            let names: Vec<String> = kept.into_iter().map(|release| release.name).collect();
            return Err(Error::Library(format!(
                "there is no release '{name}' in the library; there are: {}",
                some_of(&names)
            )));
        }
        for release in &gone {
            let path = self.list_path(&release.name);
            fs::remove_file(&path).map_err(|source| Error::io(&path, source))?;
        }
        self.sweep()?;
        Ok(gone)
    }

    fn list_path(&self, name: &str) -> PathBuf {
        self.root.join("releases").join(format!("{name}.json"))
    }

    /// Removes files that no release lists: leftovers of removed releases and of broken loads.
    fn sweep(&self) -> Result<()> {
        stage::sweep_staging(&self.root)?;
        let listed: std::collections::BTreeSet<PathBuf> = self
            .releases()?
            .iter()
            .flat_map(|release| release.files.iter().map(|file| self.root.join(&file.path)))
            .collect();
        for folder in ["editions", "maps", "bundles"] {
            let folder = self.root.join(folder);
            for entry in fs::read_dir(&folder).map_err(|source| Error::io(&folder, source))? {
                let path = entry.map_err(|source| Error::io(&folder, source))?.path();
                if !listed.contains(&path) {
                    fs::remove_file(&path).map_err(|source| Error::io(&path, source))?;
                }
            }
        }
        Ok(())
    }
}

/// Names for an error to name what there is; not more than anyone reads.
fn some_of<S: AsRef<str>>(names: &[S]) -> String {
    const NAMED: usize = 20;
    let shown: Vec<&str> = names.iter().take(NAMED).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(NAMED) {
        _ if names.is_empty() => "none".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A name that can be part of a file name and of a FHIR id: letters, digits, `-` and `.`.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        match character {
            'a'..='z' | '0'..='9' | '.' => slug.push(character),
            'A'..='Z' => slug.push(character.to_ascii_lowercase()),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_matches(['-', '.']).to_owned()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The time now, RFC 3339 in UTC, whole seconds.
#[must_use]
pub fn now() -> String {
    let now = time::OffsetDateTime::now_utc().replace_nanosecond(0);
    now.ok()
        .and_then(|now| now.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_default()
}
