//! Bundles: the resources of one package with the editions and maps made from them, in one file.
//!
//! A package has hundreds of small code systems; a file for each would cost more than it holds.
//! Sections: 1 the members, JSON; 2 resources as JSON, end to end; 3 editions, 4 maps, each a whole
//! container beginning at a multiple of 8; 5 where all of it comes from, JSON. The editions and maps
//! do not repeat that: a package can be hundreds of files, and each of them would list them all.

use bytes::Bytes;
use codesystems::index::{Container, ContainerKind, ContainerWriter};
use codesystems::model::Provenance;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::wire::json::compact;

const MEMBERS: u32 = 1;
const RESOURCES: u32 = 2;
const EDITIONS: u32 = 3;
const MAPS: u32 = 4;
const PROVENANCE: u32 = 5;

/// A part of a section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Offset in the section.
    pub at: u64,
    /// Length in bytes.
    pub len: u64,
}

/// One member of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BundleMember {
    /// `CodeSystem`, `ValueSet`, `ConceptMap`, `NamingSystem`; empty for an edition or map.
    pub resource_type: String,
    /// FHIR version the resource is written in.
    pub fhir_version: String,
    /// Logical id.
    pub id: String,
    /// Canonical.
    pub url: String,
    /// Version.
    pub version: String,
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Publication status.
    pub status: String,
    /// The resource as JSON.
    pub resource: Option<Span>,
    /// The edition.
    pub edition: Option<Span>,
    /// The map.
    pub map: Option<Span>,
}

/// The few elements of a resource that reading and searching needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    id: String,
    url: String,
    version: String,
    name: String,
    title: String,
    status: String,
}

/// Collects the members of a bundle.
#[derive(Debug, Default)]
pub(super) struct BundleWriter {
    members: Vec<BundleMember>,
    resources: Vec<u8>,
    editions: Vec<u8>,
    maps: Vec<u8>,
}

fn append(section: &mut Vec<u8>, bytes: &[u8]) -> Span {
    section.resize(section.len().next_multiple_of(8), 0);
    let at = section.len() as u64;
    section.extend_from_slice(bytes);
    Span { at, len: bytes.len() as u64 }
}

impl BundleWriter {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn resource(
        &mut self,
        resource_type: &str,
        json: &str,
        fhir_version: &str,
    ) -> Result<()> {
        let head: Head = serde_json::from_str(json)
            .map_err(|error| Error::Library(format!("{resource_type}: {error}")))?;
        // Publishers lay their files out for people; every answer would carry that along.
        let span = append(&mut self.resources, &compact(json.as_bytes()));
        self.members.push(BundleMember {
            resource_type: resource_type.into(),
            fhir_version: fhir_version.into(),
            id: head.id,
            url: head.url,
            version: head.version,
            name: head.name,
            title: head.title,
            status: head.status,
            resource: Some(span),
            ..BundleMember::default()
        });
        Ok(())
    }

    pub(super) fn edition(&mut self, url: &str, version: &str, bytes: &[u8]) {
        let edition = Some(append(&mut self.editions, bytes));
        self.members.push(BundleMember {
            url: url.into(),
            version: version.into(),
            edition,
            ..BundleMember::default()
        });
    }

    pub(super) fn map(&mut self, url: &str, version: &str, bytes: &[u8]) {
        let map = Some(append(&mut self.maps, bytes));
        self.members.push(BundleMember {
            url: url.into(),
            version: version.into(),
            map,
            ..BundleMember::default()
        });
    }

    /// The bundle, made from the files that `provenance` names.
    pub(super) fn finish(self, provenance: &Provenance) -> Vec<u8> {
        let mut writer = ContainerWriter::new(ContainerKind::Bundle);
        // Members and provenance are plain strings and numbers: they always serialise.
        writer.section(MEMBERS, serde_json::to_vec(&self.members).unwrap_or_default());
        writer.section(RESOURCES, self.resources);
        writer.section(EDITIONS, self.editions);
        writer.section(MAPS, self.maps);
        writer.section(PROVENANCE, serde_json::to_vec(provenance).unwrap_or_default());
        writer.finish()
    }
}

/// An opened bundle.
#[derive(Debug)]
pub(super) struct BundleFile {
    pub(super) members: Vec<BundleMember>,
    resources: Bytes,
    editions: Bytes,
    maps: Bytes,
}

fn part(section: &Bytes, span: Span) -> Bytes {
    let (start, end) = (span.at as usize, (span.at + span.len) as usize);
    if end <= section.len() && start <= end { section.slice(start..end) } else { Bytes::new() }
}

impl BundleFile {
    pub(super) fn new(container: &Container) -> Result<Self> {
        let members = serde_json::from_slice(&container.section(MEMBERS))
            .map_err(|error| Error::Library(format!("members of the bundle: {error}")))?;
        Ok(Self {
            members,
            resources: container.section(RESOURCES),
            editions: container.section(EDITIONS),
            maps: container.section(MAPS),
        })
    }

    pub(super) fn resource(&self, span: Span) -> Bytes {
        part(&self.resources, span)
    }

    pub(super) fn edition(&self, span: Span) -> Bytes {
        part(&self.editions, span)
    }

    pub(super) fn map(&self, span: Span) -> Bytes {
        part(&self.maps, span)
    }
}
