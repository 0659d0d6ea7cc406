//! A load on its way into the library: everything is written beside, then takes effect at once.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use codesystems::index::{Container, ContainerKind};
use codesystems::model::Provenance;
use codesystems::{Edition, EditionBuilder};
use loaders::{Format, Release, Resource, Sink};
use tempfile::TempDir;
use valuesets::conceptmap::{ConceptMap, ConceptMapBuilder};

use super::bundle::BundleWriter;
use super::{Library, ReleaseFile, ReleaseList, hex, now, slug};
use crate::error::{Error, Result};

/// How the names of folders of loads on their way begin.
const STAGING: &str = ".staging-";
/// The file in them that is locked while the load lives.
const ALIVE: &str = "alive";

/// Removes what loads left that were killed on their way.
pub(super) fn sweep_staging(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root).map_err(|source| Error::io(root, source))? {
        let entry = entry.map_err(|source| Error::io(root, source))?;
        if !entry.file_name().to_string_lossy().starts_with(STAGING) {
            continue;
        }
        let path = entry.path();
        // A folder without the file belongs to a load that just begins.
        if File::open(path.join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok()) {
            fs::remove_dir_all(&path).map_err(|source| Error::io(&path, source))?;
        }
    }
    Ok(())
}

/// What a loader hands over, until it is published.
#[derive(Debug)]
pub struct Staging {
    library: Library,
    name: String,
    format: Format,
    provenance: Provenance,
    /// Locked as long as this load lives: a folder whose lock is free is a leftover.
    _alive: File,
    folder: TempDir,
    /// Written file and what it will be.
    files: Vec<(PathBuf, ReleaseFile)>,
    bundle: BundleWriter,
}

impl Staging {
    /// Prepares the load of `release` into `library`.
    ///
    /// # Errors
    /// When no temporary folder can be made inside the library.
    pub fn new(library: &Library, release: &Release) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(STAGING)
            .tempdir_in(library.root())
            .map_err(|source| Error::io(library.root(), source))?;
        let path = folder.path().join(ALIVE);
        let alive = File::create(&path).map_err(|source| Error::io(&path, source))?;
        alive.lock().map_err(|source| Error::io(&path, source))?;
        // A bundle's hash covers the editions and maps inside of it, provenance and all: they do not
        // tell the time, or the same package would never make the same bundle twice.
        let is_package = release.format == Format::Fhir;
        let provenance = Provenance {
            sources: release.sources.clone(),
            loader: release.format.name().into(),
            loader_version: env!("CARGO_PKG_VERSION").into(),
            built_at: if is_package { String::new() } else { now() },
        };
        let key =
            Path::new(&release.key).file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            library: library.clone(),
            name: slug(&format!(
                "{}-{}",
                release.format.name(),
                key.unwrap_or_else(|| release.key.clone())
            )),
            format: release.format,
            provenance,
            _alive: alive,
            folder,
            files: Vec::new(),
            bundle: BundleWriter::default(),
        })
    }

    fn is_package(&self) -> bool {
        self.format == Format::Fhir
    }

    /// What an edition or map says of where it comes from: in a bundle, which says it once, no files.
    fn member_provenance(&self) -> Provenance {
        if self.is_package() {
            return Provenance {
                loader: self.provenance.loader.clone(),
                loader_version: self.provenance.loader_version.clone(),
                ..Provenance::default()
            };
        }
        self.provenance.clone()
    }

    fn add_edition(&mut self, mut builder: EditionBuilder) -> loaders::Result<()> {
        builder.provenance = self.member_provenance();
        let (url, version) = (builder.meta.url.clone(), builder.meta.version.clone());
        let failed = |source| loaders::Error::Edition { path: format!("{url}|{version}"), source };
        if self.is_package() {
            let bytes = builder.finish().map_err(failed)?;
            self.bundle.edition(&url, &version, &bytes);
            return Ok(());
        }
        let path = self.folder.path().join(format!("{}.edition", self.files.len()));
        let io = |source| loaders::Error::io(path.display().to_string(), source);
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(io)?);
        builder.finish_into(&mut out).map_err(failed)?;
        out.into_inner().map_err(|error| io(error.into_error()))?.sync_all().map_err(io)?;
        // Reading back is the proof that what was written can be served.
        let edition = Edition::open(&path).map_err(failed)?;
        let hash = hex(edition.content_hash());
        let file = release_file("editions", "edition", &url, &version, &hash, edition.byte_count());
        self.files.push((path, file));
        Ok(())
    }

    fn add_map(&mut self, mut builder: ConceptMapBuilder) -> loaders::Result<()> {
        builder.provenance = self.member_provenance();
        let (url, version) = (builder.meta.url.clone(), builder.meta.version.clone());
        let failed = |source| loaders::Error::Edition { path: format!("{url}|{version}"), source };
        let bytes = builder.finish().map_err(failed)?;
        if self.is_package() {
            self.bundle.map(&url, &version, &bytes);
            return Ok(());
        }
        let path = self.folder.path().join(format!("{}.map", self.files.len()));
        write_synced(&path, &bytes)
            .map_err(|source| loaders::Error::io(path.display().to_string(), source))?;
        let container = Container::open(&path).map_err(failed)?;
        ConceptMap::new(&container).map_err(failed)?;
        let hash = hex(container.content_hash());
        self.files.push((path, release_file("maps", "map", &url, &version, &hash, bytes.len())));
        Ok(())
    }

    fn write_bundle(&mut self) -> Result<()> {
        if self.bundle.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.bundle).finish(&self.provenance);
        let path = self.folder.path().join("resources.bundle");
        write_synced(&path, &bytes).map_err(|source| Error::io(&path, source))?;
        let container =
            Container::open(&path).map_err(|error| Error::Library(error.to_string()))?;
        container.verify(|_| "bundle").map_err(|error| Error::Library(error.to_string()))?;
        debug_assert_eq!(container.kind(), ContainerKind::Bundle);
        let hash = hex(container.content_hash());
        let name = self.name.clone();
        let mut file = release_file("bundles", "bundle", &name, "", &hash, bytes.len());
        file.url = String::new();
        self.files.push((path, file));
        Ok(())
    }

    /// Releases of publishers are named after what they hold, so that another version stands beside
    /// them and the same version, loaded again, takes their place; packages after their file.
    fn release_name(&self) -> String {
        let main = self.files.iter().find(|(_, file)| !file.url.is_empty());
        let Some((_, file)) = main.filter(|_| !self.is_package()) else {
            let name = self.name.as_str();
            let endings = [".tgz", ".tar.gz", ".tar.xz", ".zip", ".json", ".xml"];
            return endings
                .iter()
                .find_map(|ending| name.strip_suffix(ending))
                .unwrap_or(name)
                .to_owned();
        };
        let version = file.version.trim_start_matches("http://snomed.info/");
        let tail =
            |url: &str| url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        slug(&format!("{}-{version}", tail(&file.url)))
    }

    /// Moves everything into the library and makes it take effect.
    ///
    /// # Errors
    /// When a file cannot be moved or the list of the release cannot be written. Until the list is
    /// in place nothing has changed for anyone.
    pub fn publish(mut self) -> Result<ReleaseList> {
        self.write_bundle()?;
        self.name = self.release_name();
        let _lock = self.library.lock()?;
        for (staged, file) in &self.files {
            let target = self.library.root().join(&file.path);
            fs::rename(staged, &target).map_err(|source| Error::io(&target, source))?;
        }
        for folder in ["editions", "maps", "bundles"] {
            sync_folder(&self.library.root().join(folder))?;
        }
        let sequence = self.library.releases()?.iter().map(|release| release.sequence + 1).max();
        let list = ReleaseList {
            name: self.name.clone(),
            format: self.format.name().into(),
            loaded_at: now(),
            sequence: sequence.unwrap_or(1),
            files: self.files.iter().map(|(_, file)| file.clone()).collect(),
        };
        let text =
            serde_json::to_vec_pretty(&list).map_err(|error| Error::Library(error.to_string()))?;
        write_atomically(&self.library.list_path(&self.name), &text)?;
        self.library.sweep()?;
        Ok(list)
    }
}

fn release_file(
    folder: &str,
    ending: &str,
    url: &str,
    version: &str,
    hash: &str,
    bytes: usize,
) -> ReleaseFile {
    let short = hash.get(..12).unwrap_or(hash);
    let name = slug(url.trim_start_matches("http://").trim_start_matches("https://"));
    let tail = name.get(name.len().saturating_sub(80)..).unwrap_or(&name);
    let version_slug = slug(version.rsplit('/').next().unwrap_or_default());
    ReleaseFile {
        path: format!("{folder}/{tail}-{version_slug}-{short}.{ending}"),
        url: url.into(),
        version: version.into(),
        hash: hash.into(),
        bytes: bytes as u64,
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Windows opens no folders as files, and has no need of this.
fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    let folder = File::open(path).map_err(|source| Error::io(path, source))?;
    folder.sync_all().map_err(|source| Error::io(path, source))
}

/// Writes a small file so that readers see the old or the new one, never half of it.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file =
        tempfile::NamedTempFile::new_in(parent).map_err(|source| Error::io(parent, source))?;
    file.write_all(bytes).map_err(|source| Error::io(path, source))?;
    file.as_file().sync_all().map_err(|source| Error::io(path, source))?;
    file.persist(path).map_err(|error| Error::io(path, error.error))?;
    sync_folder(parent)
}

impl Sink for Staging {
    fn edition(&mut self, edition: EditionBuilder) -> loaders::Result<()> {
        self.add_edition(edition)
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> loaders::Result<()> {
        self.add_map(map)
    }

    fn resource(&mut self, resource: Resource<'_>) -> loaders::Result<()> {
        self.bundle
            .resource(resource.resource_type, resource.json, resource.fhir_version)
            .map_err(|error| loaders::Error::Store(error.to_string()))
    }
}
