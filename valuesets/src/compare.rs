//! How two value sets relate: the same, one within the other, overlapping, disjoint.
//!
//! Source: HL7 terminology ecosystem guide, operation `$related` (published by servers as `$compare`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::expand;
use crate::model::{Filter, FilterOp, Include, ValueSet};
use crate::plan;
use crate::scope::Scope;
use crate::{Error, Result};

/// How a value set relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Both hold the same codes.
    Same,
    /// Neither holds a code.
    Empty,
    /// The other holds all codes of this one and more.
    Subset,
    /// This one holds all codes of the other and more.
    Superset,
    /// Some codes are in both, and each has some that the other has not.
    Overlapping,
    /// No code is in both.
    Disjoint,
}

impl Relation {
    /// The code of the parameter `result`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Empty => "empty",
            Self::Subset => "subset",
            Self::Superset => "superset",
            Self::Overlapping => "overlapping",
            Self::Disjoint => "disjoint",
        }
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The relation of this value set to the other.
    pub relation: Relation,
    /// Whether the definitions did not suffice and both were expanded.
    pub expanded: bool,
    /// Codes in both, as far as codes were compared.
    pub common: Vec<String>,
    /// Codes that only this one has.
    pub missing: Vec<String>,
    /// Codes that only the other has.
    pub extra: Vec<String>,
}

/// Which sides have codes of their own, and which they share.
#[derive(Debug, Default)]
struct Shares {
    common: bool,
    missing: bool,
    extra: bool,
}

impl Shares {
    fn relation(&self) -> Relation {
        match (self.common, self.missing, self.extra) {
            (false, false, false) => Relation::Empty,
            (true, false, false) => Relation::Same,
            // Nothing is a part of everything.
            (_, false, true) => Relation::Subset,
            (_, true, false) => Relation::Superset,
            (true, true, true) => Relation::Overlapping,
            (false, true, true) => Relation::Disjoint,
        }
    }

    fn add(&mut self, other: &Self) {
        self.common |= other.common;
        self.missing |= other.missing;
        self.extra |= other.extra;
    }
}

/// Compares `this` with `other`. Definitions are compared first; only where they do not decide are
/// the value sets expanded, and then codes are compared by system and code, whatever the version.
///
/// # Errors
/// [`Error`] of compiling either value set, when the definitions did not decide.
pub fn compare(this: &ValueSet, other: &ValueSet, scope: &Scope<'_>) -> Result<Comparison> {
    if let Some(decided) = by_definition(this, other, scope) {
        return Ok(decided);
    }
    by_expansion(this, other, scope)
}

/// What a definition without imports and exclusions says of one code system.
#[derive(Debug, Default, PartialEq, Eq)]
struct Defined<'v> {
    is_whole: bool,
    codes: BTreeSet<&'v str>,
    /// Each include by filters: its version and its filters, in whatever order.
    filtered: BTreeSet<(Option<&'v str>, BTreeSet<FilterKey<'v>>)>,
}

impl Defined<'_> {
    /// Whether the codes are all there is.
    fn is_listed(&self) -> bool {
        !self.is_whole && self.filtered.is_empty()
    }
}

type FilterKey<'v> = (&'v str, &'static str, &'v str);

fn key(filter: &Filter) -> FilterKey<'_> {
    (&filter.property, filter.op.code(), &filter.value)
}

/// The definition by code system; `None` where it says more than can be compared as it stands.
fn defined(value_set: &ValueSet) -> Option<BTreeMap<&str, Defined<'_>>> {
    let compose = value_set.compose.as_ref()?;
    if !compose.exclude.is_empty() {
        return None;
    }
    let mut systems: BTreeMap<&str, Defined<'_>> = BTreeMap::new();
    for include in &compose.include {
        let Include { system, version, concepts, filters, value_sets, .. } = include;
        if !value_sets.is_empty() || (!concepts.is_empty() && !filters.is_empty()) {
            return None;
        }
        let defined = systems.entry(system.as_deref()?).or_default();
        if !concepts.is_empty() {
            defined.codes.extend(concepts.iter().map(|concept| concept.code.as_str()));
        } else if filters.is_empty() {
            defined.is_whole = true;
        } else {
            defined.filtered.insert((version.as_deref(), filters.iter().map(key).collect()));
        }
    }
    Some(systems)
}

fn by_definition(this: &ValueSet, other: &ValueSet, scope: &Scope<'_>) -> Option<Comparison> {
    let inactive = |value_set: &ValueSet| value_set.compose.as_ref().and_then(|c| c.inactive);
    if inactive(this) != inactive(other) {
        return None;
    }
    let (ours, theirs) = (defined(this)?, defined(other)?);
    let systems: BTreeSet<&str> = ours.keys().chain(theirs.keys()).copied().collect();
    let mut shares = Shares::default();
    let (mut common, mut missing, mut extra) = (Vec::new(), Vec::new(), Vec::new());
    let list =
        |codes: &BTreeSet<&str>| codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>();
    for system in systems {
        match (ours.get(system), theirs.get(system)) {
            (Some(ours), None) => {
                shares.missing = true;
                missing.extend(list(&ours.codes));
            }
            (None, Some(theirs)) => {
                shares.extra = true;
                extra.extend(list(&theirs.codes));
            }
            (Some(ours), Some(theirs)) => {
                shares.add(&within_system(system, ours, theirs, scope)?);
                if !ours.is_listed() || !theirs.is_listed() {
                    continue;
                }
                common.extend(list(&ours.codes.intersection(&theirs.codes).copied().collect()));
                missing.extend(list(&ours.codes.difference(&theirs.codes).copied().collect()));
                extra.extend(list(&theirs.codes.difference(&ours.codes).copied().collect()));
            }
            (None, None) => {}
        }
    }
    Some(Comparison { relation: shares.relation(), expanded: false, common, missing, extra })
}

fn within_system(
    system: &str,
    ours: &Defined<'_>,
    theirs: &Defined<'_>,
    scope: &Scope<'_>,
) -> Option<Shares> {
    let is_filtered = |side: &Defined<'_>| !side.is_whole && side.codes.is_empty();
    if ours == theirs || ours.is_whole && theirs.is_whole {
        return Some(Shares { common: true, ..Shares::default() });
    }
    if ours.is_listed() && theirs.is_listed() {
        return Some(Shares {
            common: !ours.codes.is_disjoint(&theirs.codes),
            missing: !ours.codes.is_subset(&theirs.codes),
            extra: !theirs.codes.is_subset(&ours.codes),
        });
    }
    if !is_filtered(ours) || !is_filtered(theirs) {
        return None;
    }
    if ours.filtered == theirs.filtered {
        return Some(Shares { common: true, ..Shares::default() });
    }
    let (our_version, our_top) = only_subtree(ours)?;
    let (their_version, their_top) = only_subtree(theirs)?;
    if our_version != their_version {
        return None;
    }
    let system = scope.code_system(system, our_version).ok()?;
    let edition = system.edition();
    let (ours, theirs) = (edition.find(our_top)?, edition.find(their_top)?);
    if edition.is_ancestor(theirs, ours) {
        return Some(Shares { common: true, missing: false, extra: true });
    }
    if edition.is_ancestor(ours, theirs) {
        return Some(Shares { common: true, missing: true, extra: false });
    }
    let shared = edition.descendants(ours).and(&edition.descendants(theirs));
    shared.is_empty().then_some(Shares { common: false, missing: true, extra: true })
}

/// The version and the top of a side that is one subtree and nothing else.
fn only_subtree<'v>(side: &Defined<'v>) -> Option<(Option<&'v str>, &'v str)> {
    let mut includes = side.filtered.iter();
    let (version, filters) = includes.next().filter(|_| side.filtered.len() == 1)?;
    let (property, op, top) = filters.first().filter(|_| filters.len() == 1)?;
    let is_hierarchy = matches!(*property, "concept" | "code") && *op == FilterOp::IsA.code();
    is_hierarchy.then_some((*version, *top))
}

/// A code with its system.
type Key = (Arc<str>, String);

fn expanded(value_set: &ValueSet, scope: &Scope<'_>) -> Result<Vec<Key>> {
    let compiled = Arc::new(plan::compile(value_set, scope)?);
    if compiled.parts.iter().any(|part| part.whole_grammar) {
        return Err(Error::NotSupported {
            what: format!("listing the codes of '{}', which a grammar makes,", value_set.url),
        });
    }
    let expansion = expand::expand(compiled, &expand::Request::default());
    let keys = expansion.entries().filter_map(|entry| {
        let part = expansion.part(entry)?;
        Some((Arc::clone(&part.url), part.system.edition().code(entry.concept).to_owned()))
    });
    Ok(keys.collect())
}

fn by_expansion(this: &ValueSet, other: &ValueSet, scope: &Scope<'_>) -> Result<Comparison> {
    let (ours, theirs) = (expanded(this, scope)?, expanded(other, scope)?);
    let our_keys: FxHashSet<&Key> = ours.iter().collect();
    let their_keys: FxHashSet<&Key> = theirs.iter().collect();
    let codes = |keys: &[Key], keep: &dyn Fn(&Key) -> bool| {
        keys.iter().filter(|key| keep(key)).map(|(_, code)| code.clone()).collect::<Vec<_>>()
    };
    let common = codes(&ours, &|key| their_keys.contains(key));
    let missing = codes(&ours, &|key| !their_keys.contains(key));
    let extra = codes(&theirs, &|key| !our_keys.contains(key));
    let shares = Shares {
        common: !common.is_empty(),
        missing: !missing.is_empty(),
        extra: !extra.is_empty(),
    };
    let relation = shares.relation();
    // All codes of two equal value sets tell nothing.
    let common = if relation == Relation::Same { Vec::new() } else { common };
    Ok(Comparison { relation, expanded: true, common, missing, extra })
}

#[cfg(test)]
mod tests;
