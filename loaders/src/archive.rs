//! Files as loaders see them: on disk, in folders, in zip, tar.gz, tgz, tar.xz and gz archives.
//!
//! Zip entries are read in place; tar archives are unpacked into a temporary folder that lives as
//! long as any of their files is held. Names that would leave the folder are refused, sizes and
//! counts are bounded by [`Limits`].

use std::fs::File as DiskFile;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::options::Limits;
use crate::progress::{Progress, Told};
use crate::{Error, Result};

/// One file of a release, wherever it lies.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is, for people: `folder/a.zip!inner/b.txt`.
    pub path: String,
    /// Its name without folders.
    pub name: String,
    /// The archive or folder given by the user that it was found in; its own path when it was given itself.
    pub root: String,
    /// Uncompressed size in bytes, 0 when unknown (gz).
    pub bytes: u64,
    /// Who hears what is read of it.
    pub(crate) progress: Option<Arc<dyn Progress>>,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Disk {
        file: PathBuf,
        _keep: Option<Arc<TempDir>>,
    },
    Gzip {
        file: PathBuf,
        _keep: Option<Arc<TempDir>>,
        limit: u64,
    },
    Zip {
        file: PathBuf,
        _keep: Option<Arc<TempDir>>,
        start: u64,
        compressed: u64,
        crc: u32,
        deflated: bool,
    },
}

impl File {
    /// Opens the file for reading from its beginning; decompression happens on the way.
    ///
    /// # Errors
    /// When it cannot be opened. Damaged archives show as errors of the reader.
    pub fn open(&self) -> Result<Box<dyn Read + Send>> {
        let inner = self.open_silently()?;
        Ok(match &self.progress {
            None => inner,
            Some(progress) => {
                progress.opens(&self.path);
                Box::new(Told { inner, progress: Arc::clone(progress) })
            }
        })
    }

    fn open_silently(&self) -> Result<Box<dyn Read + Send>> {
        let disk =
            |path: &Path| DiskFile::open(path).map_err(|source| Error::io(&self.path, source));
        Ok(match &self.place {
            Place::Disk { file, .. } => Box::new(BufReader::with_capacity(1 << 18, disk(file)?)),
            Place::Gzip { file, limit, .. } => Box::new(
                flate2::read::MultiGzDecoder::new(BufReader::new(disk(file)?)).take(*limit),
            ),
            Place::Zip { file, start, compressed, crc, deflated, .. } => {
                let mut raw = disk(file)?;
                raw.seek(SeekFrom::Start(*start))
                    .map_err(|source| Error::io(&self.path, source))?;
                let raw = BufReader::with_capacity(1 << 16, raw.take(*compressed));
                let (expected, left) = (*crc, self.bytes);
                if *deflated {
                    let inner = flate2::bufread::DeflateDecoder::new(raw);
                    Box::new(Checked { inner: flate2::CrcReader::new(inner), expected, left })
                } else {
                    Box::new(Checked { inner: flate2::CrcReader::new(raw), expected, left })
                }
            }
        })
    }

    /// The first `limit` bytes, fewer if the file is shorter.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn head(&self, limit: u64) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open_silently()?
            .take(limit)
            .read_to_end(&mut head)
            .map_err(|source| Error::io(&self.path, source))?;
        Ok(head)
    }

    /// The whole file. For small files; releases are streamed with [`File::open`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        self.open()?.read_to_end(&mut bytes).map_err(|source| Error::io(&self.path, source))?;
        Ok(bytes)
    }

    /// A file on disk, given by itself.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn on_disk(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let bytes = path.metadata().map_err(|source| Error::io(&shown, source))?.len();
        let name = file_name(&shown);
        let place = Place::Disk { file: path.to_owned(), _keep: None };
        Ok(Self { root: shown.clone(), path: shown, name, bytes, progress: None, place })
    }
}

/// Compares size and CRC-32 of a zip entry when it has been read to its end.
struct Checked<R: Read> {
    inner: flate2::CrcReader<R>,
    expected: u32,
    left: u64,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| damaged("zip entry is longer than its directory says"))?;
        if read == 0
            && !buffer.is_empty()
            && (self.left > 0 || self.inner.crc().sum() != self.expected)
        {
            return Err(damaged("zip entry is damaged: size or checksum does not match"));
        }
        Ok(read)
    }
}

/// All files below `paths`, archives opened, sorted by path.
///
/// # Errors
/// When a path does not exist, an archive is damaged or a limit is exceeded.
pub fn files(paths: &[PathBuf], limits: &Limits) -> Result<Vec<File>> {
    let mut found = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        visit(&mut found, path, &shown, &shown, None, limits, 0)?;
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

/// Name, size and SHA-256 of the files below `paths` as they lie on disk (archives not opened).
///
/// # Errors
/// When a file cannot be read.
pub fn provenance(paths: &[PathBuf]) -> Result<Vec<codesystems::model::SourceFile>> {
    let mut on_disk = Vec::new();
    for path in paths {
        walk(path, &mut on_disk)?;
    }
    on_disk.sort();
    on_disk.dedup();
    use rayon::prelude::*;
    on_disk.par_iter().map(|path| hash(path)).collect()
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let error = |source| Error::io(path.display().to_string(), source);
    if path.metadata().map_err(error)?.is_dir() {
        for entry in path.read_dir().map_err(error)? {
            walk(&entry.map_err(error)?.path(), found)?;
        }
    } else {
        found.push(path.to_owned());
    }
    Ok(())
}

fn hash(path: &Path) -> Result<codesystems::model::SourceFile> {
    let shown = path.display().to_string();
    let mut file = DiskFile::open(path).map_err(|source| Error::io(&shown, source))?;
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut file, &mut hasher).map_err(|source| Error::io(&shown, source))?;
    let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(codesystems::model::SourceFile { name: file_name(&shown), bytes, sha256 })
}

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\', '!']).next().unwrap_or(path).to_owned()
}

/// Files of the system and of editors that no release means to ship.
fn is_noise(name: &str) -> bool {
    name.starts_with('.') && !name.starts_with(".index")
        || name == "__MACOSX"
        || name == "Thumbs.db"
}

fn visit(
    found: &mut Vec<File>,
    path: &Path,
    shown: &str,
    root: &str,
    keep: Option<&Arc<TempDir>>,
    limits: &Limits,
    depth: usize,
) -> Result<()> {
    let error = |source| Error::io(shown, source);
    let metadata = path.metadata().map_err(error)?;
    if metadata.is_dir() {
        for entry in path.read_dir().map_err(error)? {
            let entry = entry.map_err(error)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !is_noise(&name) {
                let inner = if shown.ends_with('!') {
                    format!("{shown}{name}")
                } else {
                    format!("{shown}/{name}")
                };
                visit(found, &entry.path(), &inner, root, keep, limits, depth)?;
            }
        }
        return Ok(());
    }
    let mut start = [0u8; 6];
    let length = DiskFile::open(path).and_then(|mut file| file.read(&mut start)).map_err(error)?;
    let archive_depth = || {
        if depth >= limits.nesting {
            return Err(Error::file(
                shown,
                format!("archives nested deeper than {} levels", limits.nesting),
            ));
        }
        Ok(depth + 1)
    };
    match start.get(..length).unwrap_or_default() {
        [b'P', b'K', 3, 4, ..] => zip_entries(found, path, shown, keep, limits, archive_depth()?),
        [0x1f, 0x8b, ..]
            if is_tar(flate2::read::MultiGzDecoder::new(DiskFile::open(path).map_err(error)?)) =>
        {
            let file = BufReader::new(DiskFile::open(path).map_err(error)?);
            unpack(found, flate2::read::MultiGzDecoder::new(file), shown, limits, archive_depth()?)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0] => {
            let file = BufReader::new(DiskFile::open(path).map_err(error)?);
            unpack(
                found,
                xz2::read::XzDecoder::new_multi_decoder(file),
                shown,
                limits,
                archive_depth()?,
            )
        }
        [0x1f, 0x8b, ..] => {
            let place = Place::Gzip {
                file: path.to_owned(),
                _keep: keep.cloned(),
                limit: limits.file_bytes,
            };
            let name = file_name(shown);
            let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
            found.push(File {
                path: shown.into(),
                name,
                root: root.into(),
                bytes: 0,
                progress: None,
                place,
            });
            Ok(())
        }
        _ => {
            let place = Place::Disk { file: path.to_owned(), _keep: keep.cloned() };
            found.push(File {
                path: shown.into(),
                name: file_name(shown),
                root: root.into(),
                bytes: metadata.len(),
                progress: None,
                place,
            });
            Ok(())
        }
    }
}

fn is_tar(reader: impl Read) -> bool {
    let mut block = Vec::with_capacity(512);
    let read = reader.take(512).read_to_end(&mut block);
    read.is_ok() && block.get(257..262) == Some(b"ustar")
}

fn zip_entries(
    found: &mut Vec<File>,
    path: &Path,
    shown: &str,
    keep: Option<&Arc<TempDir>>,
    limits: &Limits,
    depth: usize,
) -> Result<()> {
    let file = DiskFile::open(path).map_err(|source| Error::io(shown, source))?;
    let damaged = |problem: zip::result::ZipError| {
        Error::file(shown, format!("damaged zip archive: {problem}"))
    };
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.len() > limits.entries {
        return Err(Error::file(
            shown,
            format!("{} entries, at most {} are read", archive.len(), limits.entries),
        ));
    }
    let mut total = 0u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let inner = entry.name().map_err(damaged)?.into_owned();
        let name = file_name(&inner);
        if entry.is_dir() || inner.split('/').any(is_noise) {
            continue;
        }
        let at = format!("{shown}!{inner}");
        if entry.encrypted() {
            return Err(Error::file(at, "the entry is encrypted; unpack the archive first"));
        }
        total = total.saturating_add(entry.size());
        let ratio = entry.size() / entry.compressed_size().max(1);
        if entry.size() > limits.file_bytes
            || total > limits.archive_bytes
            || ratio > limits.ratio.max(1) * 2
        {
            return Err(Error::file(
                at,
                format!("unpacks to {} bytes, over the limit", entry.size()),
            ));
        }
        let deflated = match entry.compression() {
            zip::CompressionMethod::Stored => false,
            zip::CompressionMethod::Deflated => true,
            other => {
                return Err(Error::file(
                    at,
                    format!("compression method {other} is not supported"),
                ));
            }
        };
        let start = entry
            .data_start()
            .ok_or_else(|| Error::file(&at, "damaged zip archive: entry without data"))?;
        let place = Place::Zip {
            file: path.to_owned(),
            _keep: keep.cloned(),
            start,
            compressed: entry.compressed_size(),
            crc: entry.crc32(),
            deflated,
        };
        let file = File {
            path: at.clone(),
            name,
            root: shown.into(),
            bytes: entry.size(),
            progress: None,
            place,
        };
        drop(entry);
        if is_archive(&file)? {
            unpack_nested(found, &file, limits, depth)?;
        } else {
            found.push(file);
        }
    }
    Ok(())
}

fn is_archive(file: &File) -> Result<bool> {
    let lower = file.name.to_ascii_lowercase();
    if ![".zip", ".tgz", ".tar.gz", ".tar.xz", ".txz", ".gz"]
        .iter()
        .any(|ending| lower.ends_with(ending))
    {
        return Ok(false);
    }
    let head = file.head(6)?;
    Ok(matches!(
        head.as_slice(),
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] | [0xfd, b'7', b'z', b'X', b'Z', 0]
    ))
}

/// An archive in an archive: written out, then visited like one on disk.
fn unpack_nested(found: &mut Vec<File>, file: &File, limits: &Limits, depth: usize) -> Result<()> {
    let folder = Arc::new(TempDir::new().map_err(|source| Error::io(&file.path, source))?);
    let target = folder.path().join("archive");
    let mut out = DiskFile::create(&target).map_err(|source| Error::io(&file.path, source))?;
    io::copy(&mut file.open()?, &mut out).map_err(|source| Error::io(&file.path, source))?;
    visit(found, &target, &file.path, &file.path, Some(&folder), limits, depth)
}

fn unpack(
    found: &mut Vec<File>,
    reader: impl Read,
    shown: &str,
    limits: &Limits,
    depth: usize,
) -> Result<()> {
    let folder = Arc::new(TempDir::new().map_err(|source| Error::io(shown, source))?);
    let damaged = |source: io::Error| Error::file(shown, format!("damaged tar archive: {source}"));
    let mut archive = tar::Archive::new(reader);
    let (mut entries, mut total) = (0usize, 0u64);
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        entries += 1;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        total = total.saturating_add(entry.size());
        if entries > limits.entries
            || total > limits.archive_bytes
            || entry.size() > limits.file_bytes
        {
            return Err(Error::file(shown, "unpacks to more files or bytes than the limits allow"));
        }
        let inside = entry.unpack_in(folder.path()).map_err(damaged)?;
        if !inside {
            let name = entry.path().map(|path| path.display().to_string()).unwrap_or_default();
            return Err(Error::file(
                shown,
                format!("entry '{name}' would be written outside of its folder"),
            ));
        }
    }
    visit(found, folder.path(), &format!("{shown}!"), shown, Some(&folder), limits, depth)
}
