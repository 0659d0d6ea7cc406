//! Closure tables: a client collects concepts, the server tells how they subsume each other.
//!
//! Source: FHIR R4 and R5, operation `$closure` and "Maintaining a Closure Table". A client adds
//! concepts as it meets them and learns only what is new: for each concept its ancestors among
//! those in the table, whichever of the two came later. Relations hold within one version of one
//! code system.
//!
//! A table keeps concepts and the number of the update each came with, no relations: these follow
//! from the edition. So a table is small, and a replay needs no log.

use std::collections::BTreeMap;
use std::sync::Arc;

use codesystems::{ConceptIx, ConceptSet, Edition};
use serde::{Deserialize, Serialize};

use crate::conceptmap::Relationship;

/// How a concept relates to those listed for it: they subsume it (R4 `subsumes`, R5
/// `source-is-narrower-than-target`).
pub const RELATIONSHIP: Relationship = Relationship::TargetSubsumesSource;

/// Finds the edition for a system and a version, which is empty where a coding says none.
pub type Editions<'a> = &'a dyn Fn(&str, &str) -> Option<Arc<Edition>>;

/// One closure table of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureTable {
    /// Name under which the client asks for it.
    pub name: String,
    /// Number of the last update that added a concept; 0 for a new table.
    version: u32,
    /// One entry a version of a code system, in the order in which they came.
    systems: Vec<SystemEntries>,
}

/// The concepts of a table that belong to one version of one code system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SystemEntries {
    system: String,
    /// That of the edition: concepts added without a version stay with the edition of that day.
    version: String,
    /// Code to number of the update that added it.
    concepts: BTreeMap<String, u32>,
}

impl SystemEntries {
    fn belong_to(&self, edition: &Edition) -> bool {
        let meta = edition.meta();
        self.system == meta.url && self.version == meta.version
    }
}

/// A concept to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewConcept<'a> {
    /// Canonical URL of the code system.
    pub system: &'a str,
    /// Version, empty for whichever is the default.
    pub version: &'a str,
    /// The code.
    pub code: &'a str,
}

/// What an update or a replay tells the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClosureUpdate {
    /// Version of the table after it.
    pub version: u32,
    /// Exactly one group a version of a code system that has new relations.
    pub groups: Vec<ClosureGroup>,
    /// Concepts that no edition has, by their place in the request; they are not in the table.
    pub unknown: Vec<usize>,
}

/// New relations within one version of one code system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosureGroup {
    /// Canonical URL of the code system.
    pub system: String,
    /// Its version.
    pub version: String,
    /// Concepts with the ancestors that are new for them, in the order of the hierarchy.
    pub elements: Vec<ClosureElement>,
}

/// A concept with concepts of the table that subsume it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosureElement {
    /// Code of the concept.
    pub code: String,
    /// Codes of its strict ancestors, in the order of the hierarchy.
    pub ancestors: Vec<String>,
}

/// Why a table cannot be used any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClosureError {
    /// The edition that concepts of the table belong to is no longer there, or changed.
    #[error("closure '{name}' must be reinitialized: {system}|{version} is not available")]
    MustBeReinitialized {
        /// Name of the table.
        name: String,
        /// Canonical URL of the code system.
        system: String,
        /// Its version.
        version: String,
    },
    /// The client asks for a replay from an update that has not happened.
    #[error("closure '{name}' has version {current}, not {asked}")]
    UnknownVersion {
        /// Name of the table.
        name: String,
        /// Version of the table.
        current: u32,
        /// Version asked for.
        asked: u32,
    },
}

impl ClosureTable {
    /// An empty table, of version 0.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The number of the last update that added a concept.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many concepts are in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.systems.iter().map(|entries| entries.concepts.len()).sum()
    }

    /// Whether no concept is in the table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.systems.is_empty()
    }

    /// Adds concepts and tells the relations that are new by it. Concepts that are in the table
    /// already are passed over; an update without a new concept has the version of the table as it
    /// was. On an error the table is as before.
    ///
    /// Cost: per new concept a walk over its ancestors and one over the smaller of its descendants
    /// and the table; no pair of concepts is tested.
    ///
    /// # Errors
    /// [`ClosureError::MustBeReinitialized`].
    pub fn add(
        &mut self,
        concepts: &[NewConcept<'_>],
        editions: Editions<'_>,
    ) -> Result<ClosureUpdate, ClosureError> {
        let (found, unknown) = sort_in(concepts, editions);
        let mut fresh = Vec::new();
        for (edition, asked) in found {
            let entries = self.systems.iter().find(|entries| entries.belong_to(&edition));
            let before = entries.map(|entries| self.members(entries, &edition, |_| true));
            let before = before.transpose()?.unwrap_or_default();
            let added = asked.and_not(&before);
            if !added.is_empty() {
                fresh.push((edition, before, added));
            }
        }
        self.version = self.version.saturating_add(u32::from(!fresh.is_empty()));
        let mut groups = Vec::new();
        for (edition, before, added) in &fresh {
            self.store(edition, added);
            groups.extend(group(edition, before, added));
        }
        Ok(ClosureUpdate { version: self.version, groups, unknown })
    }

    /// All relations that were new after version `from`, in one update.
    ///
    /// # Errors
    /// [`ClosureError::UnknownVersion`] and [`ClosureError::MustBeReinitialized`].
    pub fn replay(&self, from: u32, editions: Editions<'_>) -> Result<ClosureUpdate, ClosureError> {
        if from > self.version {
            let name = self.name.clone();
            return Err(ClosureError::UnknownVersion { name, current: self.version, asked: from });
        }
        let mut groups = Vec::new();
        for entries in &self.systems {
            let edition = editions(&entries.system, &entries.version)
                .filter(|edition| entries.belong_to(edition))
                .ok_or_else(|| self.stale(entries))?;
            let before = self.members(entries, &edition, |version| version <= from)?;
            let added = self.members(entries, &edition, |version| version > from)?;
            groups.extend(group(&edition, &before, &added));
        }
        Ok(ClosureUpdate { version: self.version, groups, unknown: Vec::new() })
    }

    /// Stores new concepts as those of the current version.
    fn store(&mut self, edition: &Edition, added: &ConceptSet) {
        let codes = added.iter().map(|concept| (edition.code(concept).to_owned(), self.version));
        match self.systems.iter_mut().find(|entries| entries.belong_to(edition)) {
            Some(entries) => entries.concepts.extend(codes),
            None => self.systems.push(SystemEntries {
                system: edition.meta().url.clone(),
                version: edition.meta().version.clone(),
                concepts: codes.collect(),
            }),
        }
    }

    /// The concepts of the table in their edition, of the updates chosen.
    fn members(
        &self,
        entries: &SystemEntries,
        edition: &Edition,
        chosen: impl Fn(u32) -> bool,
    ) -> Result<ConceptSet, ClosureError> {
        let codes = entries.concepts.iter().filter(|&(_, &version)| chosen(version));
        let concepts = codes.map(|(code, _)| edition.find_exact(code));
        concepts.collect::<Option<ConceptSet>>().ok_or_else(|| self.stale(entries))
    }

    fn stale(&self, entries: &SystemEntries) -> ClosureError {
        ClosureError::MustBeReinitialized {
            name: self.name.clone(),
            system: entries.system.clone(),
            version: entries.version.clone(),
        }
    }
}

/// Finds the concepts in their editions: per edition, in the order of first mention.
fn sort_in(
    concepts: &[NewConcept<'_>],
    editions: Editions<'_>,
) -> (Vec<(Arc<Edition>, ConceptSet)>, Vec<usize>) {
    let mut found: Vec<(Arc<Edition>, ConceptSet)> = Vec::new();
    let mut asked: BTreeMap<(&str, &str), Option<usize>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (place, concept) in concepts.iter().enumerate() {
        let number = *asked.entry((concept.system, concept.version)).or_insert_with(|| {
            let edition = editions(concept.system, concept.version)?;
            let known = found.iter().position(|(known, _)| is_same(known, &edition));
            Some(known.unwrap_or_else(|| {
                found.push((edition, ConceptSet::new()));
                found.len() - 1
            }))
        });
        let entry = number.and_then(|number| found.get_mut(number));
        let located = entry.and_then(|(edition, set)| Some((edition.find(concept.code)?, set)));
        match located {
            Some((concept, set)) => set.insert(concept),
            None => unknown.push(place),
        }
    }
    (found, unknown)
}

fn is_same(one: &Edition, other: &Edition) -> bool {
    one.meta().url == other.meta().url && one.meta().version == other.meta().version
}

/// The relations that come with `added`, when `before` was there; `None` when there are none.
fn group(edition: &Edition, before: &ConceptSet, added: &ConceptSet) -> Option<ClosureGroup> {
    let codes = |set: ConceptSet| -> Vec<String> {
        set.iter().map(|concept| edition.code(concept).to_owned()).collect()
    };
    let elements: Vec<ClosureElement> = relations(edition, before, added)
        .into_iter()
        .map(|(concept, ancestors)| ClosureElement {
            code: edition.code(concept).to_owned(),
            ancestors: codes(ancestors),
        })
        .collect();
    let meta = edition.meta();
    (!elements.is_empty()).then(|| ClosureGroup {
        system: meta.url.clone(),
        version: meta.version.clone(),
        elements,
    })
}

/// Per concept its ancestors in the table, of which one side at least is new.
fn relations(
    edition: &Edition,
    before: &ConceptSet,
    added: &ConceptSet,
) -> BTreeMap<ConceptIx, ConceptSet> {
    let all = before.or(added);
    let mut relations: BTreeMap<ConceptIx, ConceptSet> = BTreeMap::new();
    for concept in added.iter() {
        let ancestors = edition.ancestors(concept).and(&all);
        if !ancestors.is_empty() {
            relations.insert(concept, ancestors);
        }
        for child in within(edition, before, concept) {
            relations.entry(child).or_default().insert(concept);
        }
    }
    relations
}

/// The concepts of `set` below `concept`: found by walking over whichever is fewer, the
/// descendants or the set.
fn within(edition: &Edition, set: &ConceptSet, concept: ConceptIx) -> Vec<ConceptIx> {
    if u64::from(edition.descendant_count(concept)) >= set.len() {
        return set.iter().filter(|&below| edition.is_ancestor(concept, below)).collect();
    }
    let runs = edition.descendant_runs(concept);
    runs.flat_map(|(start, end)| set.bitmap().range(start..end)).map(ConceptIx).collect()
}

#[cfg(test)]
mod tests;
