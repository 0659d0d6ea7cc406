//! Resources that come along with requests: read once, kept by their content.
//!
//! Clients send the same resources with thousands of requests (`tx-resource`), or once for a session
//! (`$cache-control`). Both end here: a resource is known by the hash of its bytes, a list of
//! resources by the hash of their hashes, so that nothing is read or compiled twice while it is kept.
//! What is kept has a budget in bytes; what is put out of it is read again.
//!
//! Source: HL7 terminology ecosystem guide, `tx-resource`, `cache-id`, `$cache-control`.

use std::sync::Arc;
use std::time::Duration;

use codesystems::Edition;
use codesystems::index::Container;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use serde_json::value::RawValue;
use valuesets::conceptmap::ConceptMap;
use valuesets::model::ValueSet;
use valuesets::{Catalogue, CodeSystem};

use crate::failure::{Failure, bad_resource};
use crate::known::{KnownSets, known_sets};
use crate::seen::Seen;
use crate::wire::json::resource_type;
use crate::wire::{Issue, IssueType, OperationOutcome};

type Hash = [u8; 32];

/// What a resource is to the operations.
#[derive(Debug, Clone)]
enum Content {
    System(Arc<CodeSystem>),
    ValueSet(Arc<ValueSet>),
    Map(Arc<ConceptMap>),
    /// Other resources may be sent along; nothing asks for them.
    Other,
}

/// A resource that was sent, read.
#[derive(Debug)]
pub struct Resource {
    hash: Hash,
    /// Bytes of memory, roughly.
    bytes: usize,
    content: Content,
}

/// Resources that one request may ask for.
#[derive(Debug)]
pub struct SentSet {
    /// Identifies the content of the resources and their order.
    pub key: String,
    /// The resources.
    pub catalogue: Catalogue,
    bytes: usize,
}

/// A session: resources kept by a name for the requests that give it.
#[derive(Debug)]
struct Session {
    /// No further resources are taken in.
    is_sealed: bool,
    resources: Vec<Arc<Resource>>,
}

impl Session {
    fn bytes(&self) -> usize {
        256 + self.resources.iter().map(|resource| resource.bytes + 64).sum::<usize>()
    }
}

/// How a request names its session.
#[derive(Debug, Clone, Copy)]
pub enum SessionName<'a> {
    /// By the header `X-Cache-Id`: the server gave it, so it must be known.
    Given(&'a str),
    /// By the parameter `cache-id`, whose names clients make up: the first use begins it.
    Own(&'a str),
}

/// Caches of what is sent along.
#[derive(Debug)]
pub struct SentCache {
    resources: Cache<Hash, Arc<Resource>>,
    sets: Cache<Hash, Arc<SentSet>>,
    sessions: Cache<String, Arc<Session>>,
    compiled: KnownSets,
    /// What was sent, or compiled for a client, lately.
    seen: Seen,
}

/// Up to how many bytes a resource is read in little more time than keeping it takes.
const SOON_READ: usize = 4 << 10;

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl SentCache {
    /// Caches that take `bytes` each at most, and sessions that end after `idle` without use.
    #[must_use]
    pub fn new(bytes: u64, idle: Duration) -> Self {
        // By how often they are asked, many small ones would keep out a large one for good.
        let policy = EvictionPolicy::lru();
        Self {
            resources: Cache::builder()
                .eviction_policy(policy.clone())
                .max_capacity(bytes)
                .weigher(|_, resource: &Arc<Resource>| weight(resource.bytes))
                .build(),
            sets: Cache::builder()
                .eviction_policy(policy)
                .max_capacity(bytes)
                .weigher(|_, set: &Arc<SentSet>| weight(set.bytes))
                .build(),
            sessions: Cache::builder()
                .max_capacity(bytes)
                .weigher(|_, session: &Arc<Session>| weight(session.bytes()))
                .time_to_idle(idle)
                .build(),
            compiled: known_sets(bytes, |compiled| {
                // They keep the code systems they were made from.
                let systems = compiled.parts.iter().map(|part| part.system.edition());
                systems.map(Edition::byte_count).filter(|&size| size < 1 << 20).sum()
            }),
            seen: Seen::default(),
        }
    }

    /// Value sets compiled with resources that were sent.
    #[must_use]
    pub fn compiled(&self) -> &KnownSets {
        &self.compiled
    }

    /// Whether something with this hash was made for a client before, not long ago; it is from now on.
    pub(crate) fn is_seen_again(&self, hash: u64) -> bool {
        self.seen.is_seen_again(hash)
    }

    /// Reads a resource, unless it is known; `parameter` is where it came. Small ones are kept from the
    /// second time on.
    ///
    /// # Errors
    /// When it cannot be read, or its hierarchy is not acyclic.
    pub fn resource(&self, parameter: &str, json: &RawValue) -> Result<Arc<Resource>, Failure> {
        let hash = *blake3::hash(json.get().as_bytes()).as_bytes();
        if let Some(known) = self.resources.get(&hash) {
            return Ok(known);
        }
        let content = read(parameter, json.get())?;
        let own = match &content {
            // A text index may be made of it.
            Content::System(system) => system.edition().byte_count() * 2,
            // Measured of small ones: five times their JSON, the larger the less.
            Content::ValueSet(_) => 1_024 + json.get().len() * 3,
            Content::Map(map) => map.byte_count() + json.get().len(),
            Content::Other => 0,
        };
        let resource = Arc::new(Resource { hash, bytes: own + 512, content });
        let [a, b, c, d, e, f, g, h, ..] = hash;
        let number = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        if json.get().len() > SOON_READ || self.is_seen_again(number) {
            self.resources.insert(hash, Arc::clone(&resource));
        }
        Ok(resource)
    }

    /// A value set that was sent as such, and the hash of its content.
    ///
    /// # Errors
    /// When it cannot be read or is another resource.
    pub fn value_set(
        &self,
        parameter: &str,
        json: &RawValue,
    ) -> Result<(Arc<ValueSet>, String), Failure> {
        let resource = self.resource(parameter, json)?;
        match &resource.content {
            Content::ValueSet(value_set) => {
                let hash = blake3::Hash::from_bytes(resource.hash);
                Ok((Arc::clone(value_set), hash.to_hex().to_string()))
            }
            _ => Err(Failure::invalid(format!(
                "parameter '{parameter}': expected a resource of type ValueSet"
            ))),
        }
    }

    /// The resources of a request: those of its session and those sent with it, which the session
    /// keeps unless it is sealed. `None` where there are none.
    ///
    /// # Errors
    /// When a resource cannot be read, or the session is not known.
    pub fn set<'r>(
        &self,
        session: Option<SessionName<'_>>,
        sent: impl Iterator<Item = (&'static str, &'r RawValue)>,
    ) -> Result<Option<Arc<SentSet>>, Failure> {
        let sent: Vec<Arc<Resource>> = sent
            .map(|(parameter, json)| self.resource(parameter, json))
            .collect::<Result<_, _>>()?;
        let all = match session {
            Some(name) => self.in_session(name, sent)?,
            None => sent,
        };
        if all.is_empty() {
            return Ok(None);
        }
        let mut hasher = blake3::Hasher::new();
        for resource in &all {
            hasher.update(&resource.hash);
        }
        let hash = hasher.finalize();
        let set = self.sets.get_with(*hash.as_bytes(), || {
            let mut catalogue = Catalogue::new();
            for resource in &all {
                match &resource.content {
                    Content::System(system) => catalogue.add_code_system(Arc::clone(system)),
                    Content::ValueSet(value_set) => catalogue.add_value_set(Arc::clone(value_set)),
                    Content::Map(map) => catalogue.add_another_concept_map(Arc::clone(map)),
                    Content::Other => {}
                }
            }
            let bytes = all.iter().map(|resource| resource.bytes).sum();
            Arc::new(SentSet { key: hash.to_hex().to_string(), catalogue, bytes })
        });
        Ok(Some(set))
    }

    fn in_session(
        &self,
        name: SessionName<'_>,
        sent: Vec<Arc<Resource>>,
    ) -> Result<Vec<Arc<Resource>>, Failure> {
        let (SessionName::Given(id) | SessionName::Own(id)) = name;
        let key = key_of(name);
        let known = self.sessions.get(&key);
        if known.is_none() && matches!(name, SessionName::Given(_)) {
            return Err(unknown_session(id));
        }
        let (is_sealed, kept) =
            known.map_or((false, Vec::new()), |known| (known.is_sealed, known.resources.clone()));
        let is_new =
            |resource: &&Arc<Resource>| kept.iter().all(|known| known.hash != resource.hash);
        let new: Vec<Arc<Resource>> = sent.iter().filter(is_new).cloned().collect();
        if !new.is_empty() && !is_sealed {
            self.add_to_session(key, &new);
        }
        // What is sent now counts before what was sent earlier.
        let is_old = |resource: &Arc<Resource>| sent.iter().all(|now| now.hash != resource.hash);
        let earlier = kept.iter().filter(|&resource| is_old(resource)).cloned();
        Ok(earlier.chain(sent.iter().cloned()).collect())
    }

    fn add_to_session(&self, key: String, new: &[Arc<Resource>]) {
        self.sessions.entry(key).and_compute_with(|known| {
            let mut resources =
                known.map_or_else(Vec::new, |known| known.into_value().resources.clone());
            for resource in new {
                if resources.iter().all(|known| known.hash != resource.hash) {
                    resources.push(Arc::clone(resource));
                }
            }
            Op::Put(Arc::new(Session { is_sealed: false, resources }))
        });
    }

    /// Begins a session with these resources and gives it a name that nobody can guess.
    ///
    /// # Errors
    /// When a resource cannot be read.
    pub fn begin<'r>(
        &self,
        is_sealed: bool,
        sent: impl Iterator<Item = (&'static str, &'r RawValue)>,
    ) -> Result<String, Failure> {
        let resources = sent
            .map(|(parameter, json)| self.resource(parameter, json))
            .collect::<Result<_, _>>()?;
        let id = uuid::Uuid::new_v4().to_string();
        let session = Arc::new(Session { is_sealed, resources });
        self.sessions.insert(key_of(SessionName::Given(&id)), session);
        Ok(id)
    }

    /// Ends a session; one that is not there has ended before.
    pub fn end(&self, id: &str) {
        self.sessions.invalidate(&key_of(SessionName::Given(id)));
    }

    /// Whether a session is there, and if so whether it is sealed and how many resources it keeps.
    /// Asking counts as use.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<(bool, usize)> {
        let session = self.sessions.get(&key_of(SessionName::Given(id)))?;
        Some((session.is_sealed, session.resources.len()))
    }
}

/// Names that clients make up are told apart from those the server gave.
fn key_of(name: SessionName<'_>) -> String {
    match name {
        SessionName::Given(id) => format!("given {id}"),
        SessionName::Own(id) => format!("own {id}"),
    }
}

/// The refusal of a session that is not known (any more).
#[must_use]
pub fn unknown_session(id: &str) -> Failure {
    let text = format!(
        "The cache '{id}' is not known: it was never begun here, was ended, or was not used for too long; \
         begin another with $cache-control?mode=start"
    );
    let issue = Issue::error(IssueType::NotFound)
        .text(text.clone())
        .diagnostics(text)
        .tx_issue_type("cache-id-unknown");
    Failure {
        outcome: OperationOutcome { issues: vec![issue] },
        ..Failure::not_found(String::new())
    }
}

fn read(parameter: &str, json: &str) -> Result<Content, Failure> {
    let failed = |error: codesystems::Error| bad_resource(parameter, &error);
    Ok(match resource_type(json)?.as_deref() {
        Some("CodeSystem") => Content::System(Arc::new(code_system(json).map_err(failed)?)),
        Some("ValueSet") => {
            let value_set = valuesets::fhir::value_set::value_set(json).map_err(failed)?;
            Content::ValueSet(Arc::new(value_set))
        }
        Some("ConceptMap") => Content::Map(Arc::new(concept_map(json).map_err(failed)?)),
        _ => Content::Other,
    })
}

/// A CodeSystem resource as a code system that can be asked.
///
/// # Errors
/// When the resource cannot be read or its hierarchy is not acyclic.
pub fn code_system(json: &str) -> Result<CodeSystem, codesystems::Error> {
    let mut builder = codesystems::fhir::code_system::edition_builder(json)?;
    builder.text_index_on_demand = true;
    Ok(CodeSystem::new(Edition::from_bytes(builder.finish()?.into())?))
}

/// A ConceptMap resource as a map that can be asked.
///
/// # Errors
/// When the resource cannot be read.
pub fn concept_map(json: &str) -> Result<ConceptMap, codesystems::Error> {
    let builder = valuesets::fhir::concept_map::concept_map(json)?;
    ConceptMap::new(&Container::from_bytes(builder.finish()?.into())?)
}
