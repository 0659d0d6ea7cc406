//! Value sets that were compiled before, with what they were compiled from.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use valuesets::model::ValueSet;
use valuesets::plan::Compiled;

/// What identifies a compiled value set.
#[derive(Debug, Clone)]
pub struct SetKey {
    /// Its definition, by name or content, and everything of a request that it depends on.
    pub text: String,
    /// Whether the definition is a client's, of which there is no end: sent along, or in a URL.
    pub is_clients: bool,
}

impl PartialEq for SetKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SetKey {}

impl Hash for SetKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for SetKey {
    fn borrow(&self) -> &str {
        &self.text
    }
}

/// A value set and what it was compiled to.
#[derive(Debug, Clone)]
pub struct KnownSet {
    /// The definition.
    pub value_set: Arc<ValueSet>,
    /// Its compiled form.
    pub compiled: Arc<Compiled>,
}

/// Value sets by what they were compiled from.
pub(crate) type KnownSets = Cache<SetKey, KnownSet>;

/// What a cache takes for an entry beside key and value.
const ENTRY: usize = 256;
/// What a client's definition takes, and each of the codes that it lists.
const DEFINITION: usize = 1_024;
const LISTED: usize = 128;

/// A cache of at most `bytes`; `held` counts what a compiled value set keeps in memory that would be
/// gone without it.
#[must_use]
pub(crate) fn known_sets(
    bytes: u64,
    held: impl Fn(&Compiled) -> usize + Send + Sync + 'static,
) -> KnownSets {
    let weigh = move |key: &SetKey, known: &KnownSet| {
        let includes = known.value_set.compose.iter().flat_map(|compose| &compose.include);
        let listed: usize = includes.map(|include| include.concepts.len()).sum();
        let definition = if key.is_clients { DEFINITION + LISTED * listed } else { 0 };
        let own = known.compiled.byte_count() + held(&known.compiled) + definition;
        u32::try_from(ENTRY + key.text.len() + own).unwrap_or(u32::MAX)
    };
    Cache::builder()
        // By how often they are asked, many small ones would keep out a large one for good.
        .eviction_policy(EvictionPolicy::lru())
        .max_capacity(bytes)
        .weigher(weigh)
        .build()
}
