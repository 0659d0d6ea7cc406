//! What a library holds at one moment, opened.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use codesystems::index::{Container, ContainerKind};
use codesystems::{Canonical, Edition};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use valuesets::conceptmap::{ConceptMap, SnomedMap};
use valuesets::model::ValueSet;
use valuesets::{Catalogue, CodeSystem};

use super::bundle::{BundleFile, BundleMember};
use super::{Content, Known, Library, ResourceEntry, ResourceType, Resources, slug};
use crate::error::{Error, Result};
use crate::known::{KnownSets, known_sets};

/// One opened file.
#[derive(Debug)]
pub enum Opened {
    /// A code system version.
    Edition(Arc<CodeSystem>),
    /// A concept map.
    Map(Arc<ConceptMap>),
    /// A package.
    Bundle(OpenedBundle),
}

/// What a bundle holds, opened.
#[derive(Debug, Default)]
pub struct OpenedBundle {
    systems: Vec<Arc<CodeSystem>>,
    maps: Vec<Arc<ConceptMap>>,
    value_sets: Vec<Arc<ValueSet>>,
    resources: Vec<ResourceEntry>,
    problems: Vec<String>,
}

/// Everything a library holds, at one moment. Requests hold on to the snapshot they began with.
#[derive(Debug)]
pub struct Snapshot {
    /// What can be asked.
    pub catalogue: Catalogue,
    /// What can be read and searched.
    pub resources: Resources,
    /// Value sets compiled before, by what they were compiled from.
    pub compiled: KnownSets,
    /// Reference sets of SNOMED CT asked as maps before.
    pub snomed_maps: moka::sync::Cache<String, Arc<SnomedMap>, FxBuildHasher>,
    /// Identifies the content: equal for equal releases and defaults.
    pub hash: String,
    /// The content and this program's version as a number, for tags of answers.
    pub tag: u128,
    /// When it was opened, RFC 3339.
    pub opened_at: String,
    /// Files that could not be opened and are not served, with the reason.
    pub problems: Vec<String>,
    files: FxHashMap<PathBuf, Arc<Opened>>,
    listing: Listing,
}

/// What a library lists.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listing {
    /// Paths and hashes of the files, in the order of the releases.
    files: Vec<(PathBuf, String)>,
    /// Versions that are the default, by canonical.
    defaults: BTreeMap<String, String>,
}

impl Listing {
    fn read(library: &Library) -> Result<Self> {
        let releases = library.releases()?;
        let files = releases
            .iter()
            .flat_map(|release| &release.files)
            .map(|file| (library.root().join(&file.path), file.hash.clone()))
            .collect();
        Ok(Self { files, defaults: library.defaults()? })
    }
}

/// Reference sets kept as maps.
const MAX_SNOMED_MAPS: u64 = 1_000;
/// Bytes that compiled value sets may take.
const COMPILED_BYTES: u64 = 48 << 20;

impl Snapshot {
    /// Opens what `library` lists; files that `previous` has open are taken over from it.
    ///
    /// A file that is damaged or of an unknown format is left out and named in
    /// [`Snapshot::problems`]: the rest of the library stays usable.
    ///
    /// # Errors
    /// When the library itself cannot be read.
    pub fn open(library: &Library, previous: Option<&Self>) -> Result<Self> {
        let listing = Listing::read(library)?;
        let opened: Vec<Result<Arc<Opened>, String>> = listing
            .files
            .par_iter()
            .map(|(path, _)| {
                let known = previous.and_then(|previous| previous.files.get(path));
                known.map_or_else(
                    || {
                        open_file(path)
                            .map(Arc::new)
                            .map_err(|error| format!("{}: {error}", path.display()))
                    },
                    |known| Ok(Arc::clone(known)),
                )
            })
            .collect();
        let mut state = Self::empty();
        let mut entries = Vec::new();
        let mut hasher = blake3::Hasher::new();
        for ((path, hash), opened) in listing.files.iter().zip(opened) {
            match opened {
                Ok(opened) => {
                    hasher.update(hash.as_bytes());
                    state.add(&opened, &mut entries);
                    state.files.insert(path.clone(), opened);
                }
                Err(problem) => state.problems.push(problem),
            }
        }
        // Beside what is loaded.
        for system in state.catalogue.add_built_in() {
            hasher.update(system.edition().content_hash());
            entries.push(edition_entry(&system));
        }
        for (url, version) in &listing.defaults {
            hasher.update(format!("{url}|{version};").as_bytes());
            if !state.catalogue.set_default(url, version) {
                state.problems.push(format!(
                    "the default version '{version}' of '{url}' is not in the library"
                ));
            }
        }
        state.whole_value_sets(&mut entries);
        state.resources = Resources::new(entries);
        state.hash = super::hex(hasher.finalize().as_bytes().get(..16).unwrap_or_default());
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        state.tag =
            hasher.finalize().as_bytes().first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        state.listing = listing;
        Ok(state)
    }

    /// Whether `library` lists what this was opened from, and each file could be opened: then there
    /// is nothing to open again.
    ///
    /// # Errors
    /// When the library itself cannot be read.
    pub fn is_all_of(&self, library: &Library) -> Result<bool> {
        let is_whole = self.listing.files.iter().all(|(path, _)| self.files.contains_key(path));
        Ok(is_whole && self.listing == Listing::read(library)?)
    }

    /// The error that `url` is no code system of the library; names those there are, the largest
    /// first: packages bring many small ones.
    #[must_use]
    pub fn unknown_system(&self, url: &str) -> Error {
        let mut systems = self.catalogue.code_systems();
        systems.sort_by_key(|system| std::cmp::Reverse(system.edition().concept_count()));
        let mut names: Vec<&str> = Vec::new();
        for system in systems {
            let name = system.edition().meta().url.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Error::Library(format!(
            "there is no code system '{url}' in the library; there are: {}",
            super::some_of(&names)
        ))
    }

    /// A snapshot of nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            catalogue: Catalogue::new(),
            resources: Resources::default(),
            compiled: known_sets(COMPILED_BYTES, |_| 0),
            snomed_maps: moka::sync::Cache::builder()
                .max_capacity(MAX_SNOMED_MAPS)
                .build_with_hasher(FxBuildHasher),
            hash: String::new(),
            tag: 0,
            opened_at: super::now(),
            problems: Vec::new(),
            files: FxHashMap::default(),
            listing: Listing::default(),
        }
    }

    fn add(&mut self, opened: &Opened, entries: &mut Vec<ResourceEntry>) {
        match opened {
            Opened::Edition(system) => {
                entries.push(edition_entry(system));
                self.catalogue.add_code_system(Arc::clone(system));
            }
            Opened::Map(map) => {
                entries.push(map_entry(map));
                self.catalogue.add_concept_map(Arc::clone(map));
            }
            Opened::Bundle(bundle) => {
                for system in &bundle.systems {
                    self.catalogue.add_code_system(Arc::clone(system));
                }
                for map in &bundle.maps {
                    self.catalogue.add_concept_map(Arc::clone(map));
                }
                for value_set in &bundle.value_sets {
                    self.catalogue.add_value_set(Arc::clone(value_set));
                }
                entries.extend(bundle.resources.iter().cloned());
                self.problems.extend(bundle.problems.iter().cloned());
            }
        }
    }

    /// Code systems name the value set of all their codes, and seldom bring a resource for it.
    fn whole_value_sets(&self, entries: &mut Vec<ResourceEntry>) {
        let mut whole = Vec::new();
        for system in self.catalogue.code_systems() {
            let value_set = Canonical::parse(&system.edition().meta().value_set);
            let is_query = value_set.url.contains('?');
            let is_defined = !self.catalogue.value_sets(&value_set.url).is_empty();
            let is_supplement = system.edition().meta().content == "supplement";
            if value_set.url.is_empty() || is_query || is_defined || is_supplement {
                continue;
            }
            whole.push(ResourceEntry {
                resource_type: ResourceType::ValueSet,
                id: id_of(&value_set.url, system.version()),
                url: value_set.url,
                content: Content::WholeSystem(Arc::clone(system)),
                known: Known::default(),
                ..edition_entry(system)
            });
        }
        entries.extend(whole);
    }
}

/// A logical id made of canonical and version.
fn id_of(url: &str, version: &str) -> String {
    let tail = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let version = version.rsplit("/version/").next().unwrap_or_default();
    slug(&format!("{tail}-{version}"))
}

fn edition_entry(system: &Arc<CodeSystem>) -> ResourceEntry {
    let meta = system.edition().meta();
    let id = if meta.id.is_empty() { id_of(&meta.url, &meta.version) } else { meta.id.clone() };
    ResourceEntry {
        resource_type: ResourceType::CodeSystem,
        id,
        url: meta.url.clone(),
        version: meta.version.clone(),
        name: meta.name.clone(),
        title: meta.title.clone(),
        status: meta.status.clone(),
        fhir_version: String::new(),
        content: Content::Edition(Arc::clone(system)),
        known: Known::default(),
    }
}

fn map_entry(map: &Arc<ConceptMap>) -> ResourceEntry {
    let meta = map.meta();
    ResourceEntry {
        resource_type: ResourceType::ConceptMap,
        id: if meta.id.is_empty() { id_of(&meta.url, &meta.version) } else { meta.id.clone() },
        url: meta.url.clone(),
        version: meta.version.clone(),
        name: meta.name.clone(),
        title: meta.title.clone(),
        status: meta.status.clone(),
        fhir_version: String::new(),
        content: Content::Map(Arc::clone(map)),
        known: Known::default(),
    }
}

fn open_file(path: &std::path::Path) -> Result<Opened> {
    let container = Container::open(path).map_err(Error::from)?;
    match container.kind() {
        ContainerKind::Edition => {
            Ok(Opened::Edition(Arc::new(CodeSystem::new(Edition::open(path)?))))
        }
        ContainerKind::ConceptMap => {
            container.verify(|_| "concept map")?;
            Ok(Opened::Map(Arc::new(ConceptMap::new(&container)?)))
        }
        ContainerKind::Bundle => {
            container.verify(|_| "bundle")?;
            Ok(Opened::Bundle(open_bundle(&BundleFile::new(&container)?)))
        }
    }
}

enum Member {
    System(Arc<CodeSystem>),
    Map(Arc<ConceptMap>),
    ValueSet(Arc<ValueSet>, ResourceEntry),
    Resource(ResourceEntry),
    Problem(String),
}

fn open_bundle(file: &BundleFile) -> OpenedBundle {
    let members: Vec<Member> =
        file.members.par_iter().map(|member| open_member(file, member)).collect();
    let mut bundle = OpenedBundle::default();
    for member in members {
        match member {
            Member::System(system) => bundle.systems.push(system),
            Member::Map(map) => bundle.maps.push(map),
            Member::ValueSet(value_set, entry) => {
                bundle.value_sets.push(value_set);
                bundle.resources.push(entry);
            }
            Member::Resource(entry) => bundle.resources.push(entry),
            Member::Problem(problem) => bundle.problems.push(problem),
        }
    }
    bundle
}

fn open_member(file: &BundleFile, member: &BundleMember) -> Member {
    let named =
        |error: String| Member::Problem(format!("{}|{}: {error}", member.url, member.version));
    if let Some(span) = member.edition {
        return match Edition::from_bytes(file.edition(span)) {
            Ok(edition) => Member::System(Arc::new(CodeSystem::new(edition))),
            Err(error) => named(error.to_string()),
        };
    }
    if let Some(span) = member.map {
        let map =
            Container::from_bytes(file.map(span)).and_then(|container| ConceptMap::new(&container));
        return match map {
            Ok(map) => Member::Map(Arc::new(map)),
            Err(error) => named(error.to_string()),
        };
    }
    let Some(resource_type) = ResourceType::from_name(&member.resource_type) else {
        return named(format!("unexpected resource type '{}'", member.resource_type));
    };
    let json: Bytes = member.resource.map(|span| file.resource(span)).unwrap_or_default();
    let entry = ResourceEntry {
        resource_type,
        id: member.id.clone(),
        url: member.url.clone(),
        version: member.version.clone(),
        name: member.name.clone(),
        title: member.title.clone(),
        status: member.status.clone(),
        fhir_version: member.fhir_version.clone(),
        content: Content::Json(json.clone()),
        known: Known::default(),
    };
    if resource_type != ResourceType::ValueSet {
        return Member::Resource(entry);
    }
    match valuesets::fhir::value_set::from_slice(&json) {
        Ok(value_set) => Member::ValueSet(Arc::new(value_set), entry),
        Err(error) => named(error.to_string()),
    }
}
