//! What the tests of the German loaders share: files written for one test, and a sink that keeps
//! what it was given.

use std::path::{Path, PathBuf};

use codesystems::EditionBuilder;
use tempfile::TempDir;
use valuesets::conceptmap::ConceptMapBuilder;

use crate::archive::File;
use crate::{Format, Options, Release, Report, Resource, Result, Sink};

/// Files in a folder that lives as long as the test.
pub(crate) struct Written {
    folder: TempDir,
}

impl Written {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        vec![self.folder.path().to_owned()]
    }

    pub(crate) fn file(&self, name: &str) -> File {
        File::on_disk(&self.folder.path().join(name)).unwrap()
    }
}

/// Editions and maps as a loader gave them.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) editions: Vec<EditionBuilder>,
    pub(crate) maps: Vec<ConceptMapBuilder>,
}

impl Sink for Kept {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        self.editions.push(edition);
        Ok(())
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> Result<()> {
        self.maps.push(map);
        Ok(())
    }

    fn resource(&mut self, _resource: Resource<'_>) -> Result<()> {
        Ok(())
    }
}

/// Recognises and loads everything below `paths`.
pub(crate) fn load_paths(paths: &[PathBuf], options: &Options) -> Result<(Kept, Vec<Report>)> {
    let mut kept = Kept::default();
    let mut reports = Vec::new();
    for release in crate::recognise(paths, options)?.0 {
        reports.push(crate::load(&release, options, &mut kept)?);
    }
    Ok((kept, reports))
}

/// Loads `files` with default options.
pub(crate) fn load(files: &[(&str, &[u8])]) -> Result<(Kept, Vec<Report>)> {
    load_paths(&Written::new(files).paths(), &Options::default())
}

/// The releases that `files` are recognised as.
pub(crate) fn recognised(files: &[(&str, &[u8])]) -> Vec<(Format, String)> {
    let found = crate::recognise(&Written::new(files).paths(), &Options::default());
    let releases = found.map(|(releases, _)| releases).unwrap_or_default();
    releases.into_iter().map(|Release { format, key, .. }| (format, key)).collect()
}

/// A file of the shared test data, `None` (and said so) where there is none.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BEGRIFF_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = root.join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}
