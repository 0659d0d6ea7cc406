//! Union, difference and intersection of compiled value sets, part by part.

use std::sync::Arc;

use codesystems::{Canonical, ConceptSet};

use super::{AppliedRule, Compiled, Origin, Part, Used};
use crate::expressions::Expressions;

/// The concepts of `target` with the codes of `source`, another version of its code system.
fn codes_of(source: &Part, target: &Part) -> ConceptSet {
    let (own, other) = (target.system.edition(), source.system.edition());
    source.set.iter().filter_map(|concept| own.find_exact(other.code(concept))).collect()
}

/// Whether both are of one version whose codes a grammar makes, so that codes and not ordinals are
/// to be compared.
fn is_same_grammar(a: &Part, b: &Part) -> bool {
    a.system.grammar().is_some() && a.system.is_same_version(&b.system)
}

pub(super) fn is_same_edition(a: &Part, b: &Part) -> bool {
    Arc::ptr_eq(&a.system, &b.system)
        || a.system.edition().content_hash() == b.system.edition().content_hash()
            && a.system.edition().meta().url == b.system.edition().meta().url
}

impl Compiled {
    /// Union: concepts that earlier parts have already stay where they are.
    /// With `is_matched`, codes count as the same whatever the version.
    pub(super) fn add(&mut self, mut other: Self, is_matched: bool) {
        for mut part in std::mem::take(&mut other.parts) {
            for known in &self.parts {
                if is_same_edition(known, &part) {
                    part.set = part.set.and_not(&known.set);
                } else if is_same_grammar(known, &part) || is_matched && known.url == part.url {
                    part.set = part.set.and_not(&codes_of(known, &part));
                }
            }
            if !part.set.is_empty() || part.has_made_codes() {
                self.parts.push(part);
            }
        }
        self.includes.append(&mut other.includes);
        self.imported.append(&mut other.imported);
        self.unknown_codes.append(&mut other.unknown_codes);
        self.missing_systems.append(&mut other.missing_systems);
        self.note(other);
    }

    /// Takes over what another says of where it comes from.
    pub(super) fn note(&mut self, other: Self) {
        self.value_sets.extend(other.value_sets);
        for used in other.used {
            let is_known = |known: &Used| {
                Arc::ptr_eq(&known.system, &used.system)
                    && known.url == used.url
                    && known.written_version == used.written_version
            };
            if !self.used.iter().any(is_known) {
                self.used.push(used);
            }
        }
        for supplement in other.supplements {
            if !self.supplements.iter().any(|known| Arc::ptr_eq(known, &supplement)) {
                self.supplements.push(supplement);
            }
        }
        for rule in other.rules {
            self.apply(rule.parameter, &rule.canonical);
        }
        self.are_versions_matched |= other.are_versions_matched;
        for publication in other.publications {
            if !self.publications.contains(&publication) {
                self.publications.push(publication);
            }
        }
    }

    pub(super) fn apply(&mut self, parameter: &'static str, canonical: &Canonical) {
        let rule = AppliedRule { parameter, canonical: canonical.clone() };
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    /// The same as content of another value set.
    pub(super) fn imported(mut self) -> Self {
        for part in &mut self.parts {
            part.origin = Origin::Imported;
        }
        self
    }

    /// Whether includes and excludes name or mean more than one version of the code system `url`.
    #[must_use]
    pub fn has_several_versions(&self, url: &str) -> bool {
        let mut all = self.used.iter().filter(|used| &*used.url == url);
        let Some(first) = all.next() else { return false };
        all.any(|used| {
            used.system.version() != first.system.version()
                || used.written_version != first.written_version
        })
    }

    /// Difference. A part whose version is not named takes its codes out of every version; one
    /// whose version is named takes them out of that version, or, where no include is about it,
    /// out of the others (`crosses`).
    pub(super) fn remove(&mut self, without: &Part, crosses: bool) {
        for part in &mut self.parts {
            if is_same_grammar(part, without) {
                part.set = part.only(|code| !without.has(code));
                part.whole_grammar &= !without.whole_grammar || !without.conditions.is_empty();
                if part.whole_grammar {
                    part.without = part.without.iter().chain([without]).cloned().collect();
                }
            } else if is_same_edition(part, without) {
                part.set = part.set.and_not(&without.set);
                part.expressions =
                    std::mem::take(&mut part.expressions).without(without.expressions.clone());
            } else if part.url == without.url && crosses {
                part.set = part.set.and_not(&codes_of(without, part));
                self.are_versions_matched |= without.is_version_named;
            }
        }
        self.parts.retain(|part| !part.set.is_empty() || part.has_made_codes());
    }

    /// Intersection: what both have, in the order of this one.
    pub(super) fn intersect(mut self, other: Self) -> Self {
        let mut parts = Vec::new();
        for part in std::mem::take(&mut self.parts) {
            let mut set = ConceptSet::new();
            let mut expressions = Expressions::Nothing;
            for known in &other.parts {
                if is_same_grammar(known, &part) {
                    parts.extend(made_by_both(&part, known));
                } else if is_same_edition(known, &part) {
                    set.extend(&part.set.and(&known.set));
                    let shared = part.expressions.clone().and(known.expressions.clone());
                    expressions = expressions.or(shared);
                }
            }
            if !set.is_empty() || !expressions.is_nothing() {
                parts.push(Part { set, expressions, origin: Origin::Imported, ..part });
            }
        }
        let mut includes = self.includes.clone();
        includes.extend(other.includes.iter().cloned());
        let mut imported = self.imported.clone();
        imported.extend(other.imported.iter().cloned());
        let mut both = Self { parts, includes, imported, ..self };
        both.note(Self { parts: Vec::new(), ..other });
        both
    }
}

/// The codes of a grammar that two parts have in common: those that one lists, then those the other
/// lists beyond, as the first part that makes the rest.
fn made_by_both(a: &Part, b: &Part) -> Vec<Part> {
    let mut first = Part { set: a.only(|code| b.has(code)), origin: Origin::Imported, ..a.clone() };
    first.whole_grammar &= b.whole_grammar;
    first.conditions.extend(b.conditions.iter().cloned());
    first.without = a.without.iter().chain(b.without.iter()).cloned().collect();
    let is_beyond = |code: &str| a.has(code) && !first.set_has(code);
    let second = Part {
        set: b.only(is_beyond),
        whole_grammar: false,
        origin: Origin::Imported,
        ..b.clone()
    };
    [first, second].into_iter().filter(|part| !part.set.is_empty() || part.whole_grammar).collect()
}
