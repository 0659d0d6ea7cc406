//! The container all index files share: numbered sections behind a checksummed table.
//!
//! ```text
//! offset  size
//!      0     8  magic  89 'B' 'G' 'R' 'F' 0d 0a 1a
//!      8     4  format version
//!     12     4  kind: 1 edition, 2 concept map, 3 bundle
//!     16     8  length of the whole file
//!     24     8  offset of the section table
//!     32     4  sections in the table
//!     36     4  CRC-32 of the header (this field as zero) and the table
//!     40    32  content hash: BLAKE3 over kind and every hashed section (number, length, bytes)
//!     72     8  zero
//!     80        sections, each beginning at a multiple of 8
//!          32  table entry: number u32, flags u32 (1 = outside of the content hash), offset u64,
//!              length u64, CRC-32 u32, zero u32
//! ```
//! All numbers are little-endian. The same sections give the same bytes; what may differ from one
//! build to the next (the time) stands in a section outside of the content hash.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rayon::prelude::*;

use crate::{Error, Result};

/// First bytes of every index file; a non-text byte, a line end and an end-of-file mark show
/// transfers that tampered with it.
const MAGIC: [u8; 8] = [0x89, b'B', b'G', b'R', b'F', 0x0d, 0x0a, 0x1a];
/// The format version this build writes and reads.
pub const FORMAT_VERSION: u32 = 5;
const HEADER: usize = 80;
const ENTRY: usize = 32;
const UNHASHED: u32 = 1;
/// How many bytes of a file are read at once to compare its checksums.
const READ_AT_ONCE: usize = 256 << 10;
/// Below this many bytes, one thread is done before others are awake.
const ALONE: usize = 1 << 20;

/// What a container holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// One code system version.
    Edition,
    /// One concept map.
    ConceptMap,
    /// Resources, editions and maps of one package.
    Bundle,
}

impl ContainerKind {
    fn number(self) -> u32 {
        match self {
            Self::Edition => 1,
            Self::ConceptMap => 2,
            Self::Bundle => 3,
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        [Self::Edition, Self::ConceptMap, Self::Bundle]
            .into_iter()
            .find(|kind| kind.number() == number)
    }
}

/// Collects sections and writes them as one container.
#[derive(Debug)]
pub struct ContainerWriter {
    kind: ContainerKind,
    sections: Vec<(u32, u32, Vec<u8>)>,
}

impl ContainerWriter {
    /// An empty container.
    #[must_use]
    pub fn new(kind: ContainerKind) -> Self {
        Self { kind, sections: Vec::new() }
    }

    /// Adds a section that is part of the content hash.
    pub fn section(&mut self, number: u32, bytes: Vec<u8>) {
        self.sections.push((number, 0, bytes));
    }

    /// Adds a section that is not: it may differ between builds from the same input.
    pub fn unhashed_section(&mut self, number: u32, bytes: Vec<u8>) {
        self.sections.push((number, UNHASHED, bytes));
    }

    /// Writes the container.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_to(self, out: &mut impl Write) -> std::io::Result<()> {
        let sum = |(_, _, bytes): &(u32, u32, Vec<u8>)| crc32fast::hash(bytes);
        let size: usize = self.sections.iter().map(|(_, _, bytes)| bytes.len()).sum();
        let sums: Vec<u32> = if size < ALONE {
            self.sections.iter().map(sum).collect()
        } else {
            self.sections.par_iter().map(sum).collect()
        };
        let mut table = Vec::with_capacity(self.sections.len() * ENTRY);
        let mut offset = HEADER;
        for ((number, flags, bytes), sum) in self.sections.iter().zip(sums) {
            table.extend_from_slice(&number.to_le_bytes());
            table.extend_from_slice(&flags.to_le_bytes());
            table.extend_from_slice(&(offset as u64).to_le_bytes());
            table.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            table.extend_from_slice(&sum.to_le_bytes());
            table.extend_from_slice(&[0; 4]);
            offset += bytes.len().next_multiple_of(8);
        }
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        header.extend_from_slice(&self.kind.number().to_le_bytes());
        header.extend_from_slice(&((offset + table.len()) as u64).to_le_bytes());
        header.extend_from_slice(&(offset as u64).to_le_bytes());
        header.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&self.content_hash());
        header.extend_from_slice(&[0; 8]);
        let sum = header_sum(&header, &table).to_le_bytes();
        if let Some(field) = header.get_mut(36..40) {
            field.copy_from_slice(&sum);
        }
        out.write_all(&header)?;
        for (_, _, bytes) in self.sections {
            out.write_all(&bytes)?;
            let padding = bytes.len().next_multiple_of(8) - bytes.len();
            out.write_all([0u8; 8].get(..padding).unwrap_or_default())?;
        }
        out.write_all(&table)
    }

    /// The container as bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let sections: usize =
            self.sections.iter().map(|(_, _, bytes)| bytes.len() + 8 + ENTRY).sum();
        let mut out = Vec::with_capacity(HEADER + sections);
        // Writing to a vector cannot fail.
        let _ = self.write_to(&mut out);
        out
    }

    fn content_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.kind.number().to_le_bytes());
        for (number, flags, bytes) in &self.sections {
            if flags & UNHASHED == 0 {
                hasher.update(&number.to_le_bytes());
                hasher.update(&(bytes.len() as u64).to_le_bytes());
                if bytes.len() >= ALONE {
                    hasher.update_rayon(bytes);
                } else {
                    hasher.update(bytes);
                }
            }
        }
        *hasher.finalize().as_bytes()
    }
}

fn header_sum(header: &[u8], table: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(header.get(..36).unwrap_or_default());
    sum.update(&[0; 4]);
    sum.update(header.get(40..HEADER).unwrap_or_default());
    sum.update(table);
    sum.finalize()
}

/// A section as the table lists it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    number: u32,
    offset: usize,
    length: usize,
    sum: u32,
}

/// An opened container: the bytes and where its sections are.
#[derive(Debug, Clone)]
pub struct Container {
    bytes: Bytes,
    kind: ContainerKind,
    hash: [u8; 32],
    entries: Vec<Entry>,
    /// The file that is mapped.
    path: Option<PathBuf>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let field = bytes.get(at..at + 8).and_then(|field| field.try_into().ok());
    field.map_or(0, u64::from_le_bytes)
}

impl Container {
    /// Maps a file into memory and checks header and section table; the sections' own checksums
    /// are compared by [`Container::verify`].
    ///
    /// # Errors
    /// When the file cannot be mapped, is not an index file, is of an unknown format version or is
    /// truncated.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let container = Self::from_bytes(Bytes::from_owner(map(&file).map_err(io)?))?;
        Ok(Self { path: Some(path.to_owned()), ..container })
    }

    /// A container in memory, or a part of a larger one.
    ///
    /// # Errors
    /// As [`Container::open`].
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        if bytes.get(..8) != Some(MAGIC.as_slice()) {
            return Err(Error::NotAnIndex);
        }
        let found = u32_at(&bytes, 8);
        if found != FORMAT_VERSION {
            return Err(Error::UnknownFormat { found, supported: FORMAT_VERSION });
        }
        let (expected, present) = (u64_at(&bytes, 16), bytes.len() as u64);
        if expected != present || bytes.len() < HEADER {
            return Err(Error::Truncated { expected, found: present });
        }
        let damaged = || Error::Checksum { section: "header" };
        let table_offset = usize::try_from(u64_at(&bytes, 24)).map_err(|_| damaged())?;
        let table = bytes.get(table_offset..).ok_or_else(damaged)?;
        let count = u32_at(&bytes, 32) as usize;
        if table.len() != count * ENTRY || header_sum(&bytes, table) != u32_at(&bytes, 36) {
            return Err(damaged());
        }
        let kind = ContainerKind::from_number(u32_at(&bytes, 12)).ok_or_else(damaged)?;
        let entries = table.chunks_exact(ENTRY).map(|entry| Entry {
            number: u32_at(entry, 0),
            offset: u64_at(entry, 8) as usize,
            length: u64_at(entry, 16) as usize,
            sum: u32_at(entry, 24),
        });
        let entries: Vec<Entry> = entries.collect();
        let hash = bytes.get(40..72).and_then(|hash| hash.try_into().ok()).ok_or_else(damaged)?;
        Ok(Self { kind, hash, entries, bytes, path: None })
    }

    /// What the container holds.
    #[must_use]
    pub fn kind(&self) -> ContainerKind {
        self.kind
    }

    /// The content hash: equal for equal content, whenever it was built.
    #[must_use]
    pub fn content_hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Length of the container in bytes.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Section `number`; empty when the container has none.
    #[must_use]
    pub fn section(&self, number: u32) -> Bytes {
        let entry = self.entries.iter().find(|entry| entry.number == number);
        let range = entry.map(|entry| entry.offset..entry.offset.saturating_add(entry.length));
        match range {
            Some(range) if range.end <= self.bytes.len() => self.bytes.slice(range),
            _ => Bytes::new(),
        }
    }

    /// Compares every section with its checksum. Reads the whole file, in parallel.
    ///
    /// A mapped file is read beside the map: what was looked through once would count as memory of the
    /// process for good, whether anybody asks for it or not.
    ///
    /// # Errors
    /// [`Error::Checksum`] for the first section that does not fit.
    pub fn verify(&self, name: fn(u32) -> &'static str) -> Result<()> {
        self.entries.par_iter().try_for_each(|entry| {
            let sum = match &self.path {
                Some(path) => {
                    entry.sum_in(path).map_err(|source| Error::Io { path: path.clone(), source })?
                }
                None => {
                    let end = entry.offset.saturating_add(entry.length);
                    self.bytes.get(entry.offset..end).map(crc32fast::hash)
                }
            };
            match sum {
                Some(sum) if sum == entry.sum => Ok(()),
                _ => Err(Error::Checksum { section: name(entry.number) }),
            }
        })
    }
}

impl Entry {
    /// The checksum of the section in a file; `None` where the file ends before it does.
    fn sum_in(&self, path: &Path) -> std::io::Result<Option<u32>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.offset as u64))?;
        let mut hasher = crc32fast::Hasher::new();
        let mut rest = self.length;
        let mut block = vec![0; rest.min(READ_AT_ONCE)];
        while rest > 0 {
            let wanted = rest.min(READ_AT_ONCE);
            let read = match file.read(block.get_mut(..wanted).unwrap_or_default()) {
                Ok(0) => return Ok(None),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(block.get(..read).unwrap_or_default());
            rest -= read;
        }
        Ok(Some(hasher.finalize()))
    }
}

/// Maps a file that no one changes.
#[expect(unsafe_code, reason = "a memory map is the point of the edition format")]
fn map(file: &File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: index files are written under a temporary name, renamed into place and never
    // written again; removing one leaves the mapping valid until it is dropped.
    unsafe { memmap2::Mmap::map(file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = ContainerWriter::new(ContainerKind::Edition);
        writer.section(7, b"seven".to_vec());
        writer.unhashed_section(9, b"today".to_vec());
        writer.finish()
    }

    #[test]
    fn a_container_gives_back_its_sections() {
        let container = Container::from_bytes(sample().into()).unwrap();
        assert_eq!(container.section(7), "seven");
        assert_eq!(container.section(9), "today");
        assert_eq!(container.section(8), "");
        container.verify(|_| "x").unwrap();
    }

    #[test]
    fn the_content_hash_leaves_out_unhashed_sections() {
        let mut other = ContainerWriter::new(ContainerKind::Edition);
        other.section(7, b"seven".to_vec());
        other.unhashed_section(9, b"later".to_vec());
        let other = Container::from_bytes(other.finish().into()).unwrap();
        assert_eq!(
            Container::from_bytes(sample().into()).unwrap().content_hash(),
            other.content_hash()
        );
    }

    #[test]
    fn every_truncation_and_every_flipped_byte_is_refused() {
        let whole = sample();
        for length in 0..whole.len() {
            assert!(
                Container::from_bytes(whole[..length].to_vec().into()).is_err(),
                "cut at {length}"
            );
        }
        let padding = [80 + 5..88, 88 + 5..96];
        for at in (0..whole.len()).filter(|at| !padding.iter().any(|range| range.contains(at))) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x40;
            let verdict =
                Container::from_bytes(flipped.into()).and_then(|read| read.verify(|_| "x"));
            assert!(verdict.is_err(), "byte {at} flipped");
        }
    }
}
