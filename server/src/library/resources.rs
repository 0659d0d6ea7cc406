//! The resources a library holds, for reading and searching.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use codesystems::index::natural;
use rustc_hash::FxHashMap;
use valuesets::CodeSystem;
use valuesets::conceptmap::ConceptMap;

/// The resource types that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// CodeSystem.
    CodeSystem,
    /// ValueSet.
    ValueSet,
    /// ConceptMap.
    ConceptMap,
    /// NamingSystem.
    NamingSystem,
}

impl ResourceType {
    /// All types.
    pub const ALL: [Self; 4] =
        [Self::CodeSystem, Self::ValueSet, Self::ConceptMap, Self::NamingSystem];

    /// The name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeSystem => "CodeSystem",
            Self::ValueSet => "ValueSet",
            Self::ConceptMap => "ConceptMap",
            Self::NamingSystem => "NamingSystem",
        }
    }

    /// The type called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where the content of a resource comes from.
#[derive(Debug, Clone)]
pub enum Content {
    /// As it was loaded: FHIR JSON.
    Json(Bytes),
    /// Written from the metadata of an edition.
    Edition(Arc<CodeSystem>),
    /// Written from a compiled map.
    Map(Arc<ConceptMap>),
    /// The value set of all codes of a code system version.
    WholeSystem(Arc<CodeSystem>),
}

/// One resource.
#[derive(Debug, Clone)]
pub struct ResourceEntry {
    /// Its type.
    pub resource_type: ResourceType,
    /// Logical id, unique within the type.
    pub id: String,
    /// Canonical, empty for none.
    pub url: String,
    /// Version, empty for none.
    pub version: String,
    /// Computer-friendly name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Publication status.
    pub status: String,
    /// FHIR version the content is written in, empty when it is written on demand.
    pub fhir_version: String,
    /// The content.
    pub content: Content,
    /// What was found out about the content.
    pub known: Known,
}

/// What reading and searching find out about a stored resource when they first show it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Whether the stored resource carries the id it has here.
    pub has_own_id: OnceLock<bool>,
    /// Its summary (`_summary=true`) as JSON.
    pub summary: OnceLock<Box<str>>,
}

/// All resources of a library.
#[derive(Debug, Default)]
pub struct Resources {
    /// By type, canonical, then newest version first.
    entries: Vec<ResourceEntry>,
    by_id: FxHashMap<(ResourceType, String), usize>,
    by_url: FxHashMap<(ResourceType, String), Vec<usize>>,
}

impl Resources {
    /// Orders and numbers resources. Of two with the same type, canonical and version the later
    /// one stays; ids that occur twice are made different.
    #[must_use]
    pub fn new(entries: Vec<ResourceEntry>) -> Self {
        let mut last: FxHashMap<(ResourceType, String, String), usize> = FxHashMap::default();
        let mut kept: Vec<Option<ResourceEntry>> = Vec::with_capacity(entries.len());
        for (number, entry) in entries.into_iter().enumerate() {
            if !entry.url.is_empty() {
                let key = (entry.resource_type, entry.url.clone(), entry.version.clone());
                if let Some(earlier) = last.insert(key, number)
                    && let Some(slot) = kept.get_mut(earlier)
                {
                    *slot = None;
                }
            }
            kept.push(Some(entry));
        }
        let mut entries: Vec<ResourceEntry> = kept.into_iter().flatten().collect();
        entries.sort_by(|a, b| {
            let (left, right) = ((a.resource_type, &a.url), (b.resource_type, &b.url));
            left.cmp(&right)
                .then_with(|| natural(&b.version, &a.version))
                .then_with(|| a.id.cmp(&b.id))
        });
        let mut resources = Self::default();
        for mut entry in entries {
            entry.id = resources.free_id(&entry);
            let number = resources.entries.len();
            resources.by_id.insert((entry.resource_type, entry.id.clone()), number);
            let of_url = (entry.resource_type, entry.url.clone());
            resources.by_url.entry(of_url).or_default().push(number);
            resources.entries.push(entry);
        }
        resources
    }

    /// The entry's own id where it is valid and free; else made from canonical and version.
    fn free_id(&self, entry: &ResourceEntry) -> String {
        let is_id = |id: &str| {
            (1..=64).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        };
        let is_free = |id: &String| !self.by_id.contains_key(&(entry.resource_type, id.clone()));
        let version = super::slug(entry.version.trim_start_matches("http://"));
        let base = if is_id(&entry.id) { entry.id.clone() } else { super::slug(&entry.name) };
        let clip = |id: String| {
            id.get(id.len().saturating_sub(64)..)
                .map_or(id.clone(), |tail| tail.trim_start_matches(['-', '.']).to_owned())
        };
        let candidates = [base.clone(), format!("{base}-{version}")].into_iter().map(clip);
        let numbered = (2u32..).map(|number| clip(format!("{base}-{version}-{number}")));
        candidates
            .chain(numbered)
            .find(|id| is_id(id) && is_free(id))
            .unwrap_or_else(|| format!("resource-{}", self.entries.len()))
    }

    /// All resources, by type, canonical, newest version first.
    #[must_use]
    pub fn all(&self) -> &[ResourceEntry] {
        &self.entries
    }

    /// The resource with a logical id.
    #[must_use]
    pub fn by_id(&self, resource_type: ResourceType, id: &str) -> Option<&ResourceEntry> {
        let number = self.by_id.get(&(resource_type, id.to_owned()))?;
        self.entries.get(*number)
    }

    /// The versions of the resource with a canonical, newest first.
    pub fn by_url(
        &self,
        resource_type: ResourceType,
        url: &str,
    ) -> impl Iterator<Item = &ResourceEntry> {
        let numbers = self.by_url.get(&(resource_type, url.to_owned()));
        numbers.into_iter().flatten().filter_map(|&number| self.entries.get(number))
    }
}
