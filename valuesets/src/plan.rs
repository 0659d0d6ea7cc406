//! Definition to set algebra: a value set compiled within a scope.

use std::sync::Arc;

use codesystems::model::{DisplayRank, NewDesignation};
use codesystems::{Canonical, ConceptIx, ConceptSet, EditionBuilder, EditionMeta};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::CodeSystem;
use crate::filters;
use crate::model::{Contained, EnumeratedConcept, Include, OwnDesignation, ValueSet};
use crate::scope::Scope;
use crate::search::SynonymSource;
use crate::{Error, Result};

/// How deep value sets may import each other.
const MAX_DEPTH: usize = 64;

/// What a value set says of a concept it lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// Display of the value set, empty to take that of the code system.
    pub display: String,
    /// Further designations of the value set.
    pub designations: Vec<OwnDesignation>,
    /// Extensions of the concept, as a JSON array; empty for none.
    pub extension: String,
}

/// The concepts of one code system version in a compiled value set.
#[derive(Debug, Clone)]
pub struct Part {
    /// The code system.
    pub system: Arc<CodeSystem>,
    /// Its canonical as the value set writes it (it may be an alias).
    pub url: Arc<str>,
    /// Whether the value set names the version.
    pub is_version_named: bool,
    /// Which concepts.
    pub set: ConceptSet,
    /// The order of listed concepts; `None` means hierarchy order.
    pub order: Option<Arc<[ConceptIx]>>,
    /// What the value set says of concepts it lists, where it says more than the code.
    pub listed: Arc<FxHashMap<ConceptIx, Listed>>,
    /// Every code of the grammar is in, beyond those in `set`.
    pub whole_grammar: bool,
    /// Code systems whose designations are search synonyms of these concepts.
    pub synonyms: Arc<[Arc<SynonymSource>]>,
}

/// An include of a code system, as the definition writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncludeRef {
    /// Canonical of the code system.
    pub url: Arc<str>,
    /// The version it names; may be a pattern.
    pub version: Option<Arc<str>>,
    /// Whether all codes are meant: no list and no filter.
    pub is_whole: bool,
    /// Whether inactive concepts are left out.
    pub without_inactive: bool,
}

impl Part {
    /// Whether these are concepts of `system`, which may be an older name of it.
    #[must_use]
    pub fn is_of(&self, system: &str) -> bool {
        let meta = self.system.edition().meta();
        *self.url == *system
            || meta.url == system
            || meta.aliases.iter().any(|alias| alias == system)
    }
}

/// A value set compiled: unions, intersections and differences done, codes looked up.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// The parts, in the order of the includes; no concept is in two parts of one edition.
    pub parts: Vec<Part>,
    /// The includes of code systems, those of imported value sets among them, in their order.
    pub includes: Vec<IncludeRef>,
    /// Value sets imported, with versions.
    pub value_sets: Vec<Canonical>,
    /// The same value sets themselves.
    pub imported: Vec<Arc<ValueSet>>,
    /// Codes listed that their code system does not have: (system, code).
    pub unknown_codes: Vec<(String, String)>,
    /// Code systems that are not there, whose listed codes are taken as the value set gives them.
    pub missing_systems: Vec<Canonical>,
}

impl Compiled {
    /// How many concepts there are in all.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.set.len()).sum()
    }

    /// Whether there is no concept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.set.is_empty())
    }

    /// Whether a code of `system` is in, in whatever version; `None` where that depends on a code
    /// system that is not there.
    #[must_use]
    pub fn has(&self, system: &str, code: &str) -> Option<bool> {
        let mut parts = self.parts.iter().filter(|part| part.is_of(system));
        let is_in = parts.any(|part| {
            let found = part.system.edition().find(code);
            found.is_some_and(|concept| part.set.contains(concept))
                || part.whole_grammar
                    && part.system.grammar().is_some_and(|grammar| grammar.check(code).is_ok())
        });
        let is_missing = self.missing_systems.iter().any(|missing| missing.url == system);
        (is_in || !is_missing).then_some(is_in)
    }

    /// Bytes of memory, roughly: for caches with a byte budget.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        let part = |part: &Part| {
            let order = part.order.as_ref().map_or(0, |order| order.len() * size_of::<ConceptIx>());
            part.set.byte_count() + order + part.listed.len() * 200 + size_of::<Part>()
        };
        self.parts.iter().map(part).sum::<usize>() + self.unknown_codes.len() * 64
    }
}

/// Compiles a value set.
///
/// # Errors
/// When a code system, version or value set is not there, a filter cannot be applied, or value
/// sets import each other in a circle.
pub fn compile(value_set: &ValueSet, scope: &Scope<'_>) -> Result<Compiled> {
    Compiler { scope, path: Vec::new(), is_lenient: false }.value_set(value_set)
}

/// Compiles as much of a value set as can be: code systems and versions that are not there are
/// named in [`Compiled::missing_systems`]. For verdicts, which may not depend on them.
///
/// # Errors
/// As [`compile`], but not for unknown code systems and versions.
pub fn compile_known(value_set: &ValueSet, scope: &Scope<'_>) -> Result<Compiled> {
    Compiler { scope, path: Vec::new(), is_lenient: true }.value_set(value_set)
}

struct Compiler<'s, 'a> {
    scope: &'s Scope<'a>,
    path: Vec<String>,
    is_lenient: bool,
}

fn canonical_of(value_set: &ValueSet) -> Canonical {
    Canonical::new(value_set.url.as_str(), Some(&value_set.version))
}

impl Compiler<'_, '_> {
    fn value_set(&mut self, value_set: &ValueSet) -> Result<Compiled> {
        let name = canonical_of(value_set).to_string();
        if !name.is_empty()
            && let Some(start) = self.path.iter().position(|known| *known == name)
        {
            let mut path = self.path.split_off(start);
            path.push(name);
            return Err(Error::CyclicValueSet { path });
        }
        if self.path.len() >= MAX_DEPTH {
            return Err(Error::Definition {
                element: "ValueSet.compose".into(),
                problem: format!("imports are nested deeper than {MAX_DEPTH} value sets"),
            });
        }
        self.path.push(name);
        let compiled = match (&value_set.compose, &value_set.expansion) {
            (Some(_), _) => self.compose(value_set),
            (None, Some(expansion)) => self.stored(&expansion.contains),
            (None, None) => Ok(Compiled::default()),
        };
        self.path.pop();
        compiled
    }

    fn compose(&mut self, value_set: &ValueSet) -> Result<Compiled> {
        let Some(compose) = &value_set.compose else { return Ok(Compiled::default()) };
        let mut all = Compiled::default();
        for (number, include) in compose.include.iter().enumerate() {
            check_filters(include, "include", number)?;
            let mut one = self.include(include)?;
            if compose.inactive == Some(false) {
                for part in &mut one.parts {
                    part.set = part.set.and_not(part.system.inactive());
                }
                one.includes.iter_mut().for_each(|include| include.without_inactive = true);
            }
            all.add(one);
        }
        for (number, exclude) in compose.exclude.iter().enumerate() {
            check_filters(exclude, "exclude", number)?;
            let without = self.include(exclude)?;
            all.value_sets.extend(without.value_sets.iter().cloned());
            for part in &without.parts {
                all.remove(part);
            }
        }
        Ok(all)
    }

    fn include(&mut self, include: &Include) -> Result<Compiled> {
        let mut selected = match &include.system {
            Some(url) => Some(self.system_part(url, include)?),
            None => None,
        };
        for canonical in &include.value_sets {
            let value_set = self.scope.value_set(canonical).map_err(|error| self.import(error))?;
            let mut imported = self.value_set(&value_set)?;
            imported.value_sets.push(canonical_of(&value_set));
            imported.imported.push(value_set);
            selected = Some(match selected {
                None => imported,
                Some(selected) => selected.intersect(&imported),
            });
        }
        selected.ok_or_else(|| Error::Definition {
            element: "ValueSet.compose.include".into(),
            problem: "has neither a system nor a value set; expected at least one".into(),
        })
    }

    /// Where codes are listed, an import that is not there is told as such.
    fn import(&self, error: Error) -> Error {
        match error {
            Error::UnknownValueSet { url } if !self.is_lenient => {
                let Canonical { url, version } = Canonical::parse(&url);
                match version {
                    Some(version) => Error::UnknownImport { url, version },
                    None => Error::UnknownValueSet { url },
                }
            }
            other => other,
        }
    }

    fn system_part(&mut self, url: &str, include: &Include) -> Result<Compiled> {
        let mut compiled = Compiled::default();
        let version = include.version.as_deref();
        compiled.includes.push(IncludeRef {
            url: url.into(),
            version: version.map(Into::into),
            is_whole: include.concepts.is_empty() && include.filters.is_empty(),
            without_inactive: false,
        });
        let system = if self.is_lenient {
            // A version that a check forbids is an issue of the verdict.
            self.scope.select(url, version)
        } else {
            self.scope.code_system(url, version)
        };
        let system = match system {
            Ok(system) => system,
            Err(error @ (Error::UnknownSystem { .. } | Error::UnknownVersion { .. })) => {
                // Codes a value set lists are worth showing even where their system is not there.
                let is_list = !include.concepts.is_empty() && include.filters.is_empty();
                if !is_list && !self.is_lenient {
                    return Err(error);
                }
                compiled.missing_systems.push(Canonical::new(url, version));
                if !is_list {
                    return Ok(compiled);
                }
                Arc::new(CodeSystem::stand_in(stand_in(url, version, &include.concepts)?))
            }
            Err(error) => return Err(error),
        };
        let edition = system.edition();
        let mut part = Part {
            url: url.into(),
            is_version_named: version.is_some(),
            set: ConceptSet::new(),
            order: None,
            listed: Arc::default(),
            whole_grammar: false,
            synonyms: self.scope.synonyms(&system),
            system: Arc::clone(&system),
        };
        if include.concepts.is_empty() {
            part.set = edition.all();
            part.whole_grammar = system.grammar().is_some() && include.filters.is_empty();
        } else {
            list(&mut part, &include.concepts, &mut compiled.unknown_codes);
        }
        for filter in &include.filters {
            part.set = part.set.and(&filters::select(edition, url, filter)?);
        }
        compiled.parts.push(part);
        Ok(compiled)
    }

    /// A value set that brings its content instead of a definition.
    fn stored(&mut self, contains: &[Contained]) -> Result<Compiled> {
        let mut flat: Vec<(&str, &str, Vec<EnumeratedConcept>)> = Vec::new();
        let mut open: Vec<&Contained> = contains.iter().rev().collect();
        while let Some(entry) = open.pop() {
            open.extend(entry.contains.iter().rev());
            if entry.code.is_empty() {
                continue;
            }
            let concept = EnumeratedConcept {
                code: entry.code.clone(),
                display: entry.display.clone(),
                designations: entry.designations.clone(),
                extension: String::new(),
            };
            let same = |known: &&mut (&str, &str, Vec<EnumeratedConcept>)| {
                known.0 == entry.system && known.1 == entry.version
            };
            match flat.iter_mut().find(same) {
                Some(known) => known.2.push(concept),
                None => flat.push((&entry.system, &entry.version, vec![concept])),
            }
        }
        let mut all = Compiled::default();
        for (system, version, concepts) in flat {
            let version = (!version.is_empty()).then(|| version.to_owned());
            let include =
                Include { system: Some(system.into()), version, concepts, ..Include::default() };
            all.add(self.system_part(system, &include)?);
        }
        Ok(all)
    }
}

/// Every filter must have a value.
fn check_filters(include: &Include, kind: &str, number: usize) -> Result<()> {
    let missing = include.filters.iter().position(|filter| filter.value.is_empty());
    let Some((at, filter)) = missing.and_then(|at| Some((at, include.filters.get(at)?))) else {
        return Ok(());
    };
    Err(Error::FilterWithoutValue {
        system: include.system.clone().unwrap_or_default(),
        property: filter.property.clone(),
        op: filter.op.code(),
        element: format!("ValueSet.compose.{kind}[{number}].filter[{at}]"),
    })
}

/// Looks listed codes up and keeps their order and what is said of them.
fn list(part: &mut Part, concepts: &[EnumeratedConcept], unknown: &mut Vec<(String, String)>) {
    let system = Arc::clone(&part.system);
    let edition = system.edition();
    let mut order = Vec::with_capacity(concepts.len());
    let mut seen = FxHashSet::default();
    let mut listed = FxHashMap::default();
    for concept in concepts {
        let Some(found) = edition.find(&concept.code) else {
            unknown.push((part.url.to_string(), concept.code.clone()));
            continue;
        };
        if !seen.insert(found) {
            continue;
        }
        order.push(found);
        let says_more = !concept.display.is_empty()
            || !concept.designations.is_empty()
            || !concept.extension.is_empty();
        if says_more {
            let said = Listed {
                display: concept.display.clone(),
                designations: concept.designations.clone(),
                extension: concept.extension.clone(),
            };
            listed.insert(found, said);
        }
    }
    part.set = order.iter().copied().collect();
    part.order = Some(order.into());
    part.listed = Arc::new(listed);
}

/// An edition of no more than the codes a value set lists.
fn stand_in(
    url: &str,
    version: Option<&str>,
    concepts: &[EnumeratedConcept],
) -> Result<codesystems::Edition> {
    let mut meta = EditionMeta::new(url, version.unwrap_or_default());
    meta.content = "fragment".into();
    let mut builder = EditionBuilder::new(meta);
    builder.keep_order = true;
    let use_id = builder.display_use();
    for concept in concepts {
        let id = builder.concept(&concept.code);
        let display = NewDesignation::new("", use_id, &concept.display, DisplayRank::Preferred);
        builder.designation(id, &display);
    }
    Ok(codesystems::Edition::from_bytes(builder.finish()?.into())?)
}

fn is_same_edition(a: &Part, b: &Part) -> bool {
    Arc::ptr_eq(&a.system, &b.system)
        || a.system.edition().content_hash() == b.system.edition().content_hash()
            && a.system.edition().meta().url == b.system.edition().meta().url
}

impl Compiled {
    /// Union: concepts that earlier parts have already stay where they are.
    fn add(&mut self, other: Self) {
        for mut part in other.parts {
            let mut is_known = false;
            for known in &self.parts {
                if is_same_edition(known, &part) {
                    part.set = part.set.and_not(&known.set);
                    is_known = true;
                }
            }
            // A part without a concept still tells which code system version was asked.
            if !part.set.is_empty() || part.whole_grammar || !is_known {
                self.parts.push(part);
            }
        }
        self.includes.extend(other.includes);
        self.value_sets.extend(other.value_sets);
        self.imported.extend(other.imported);
        self.unknown_codes.extend(other.unknown_codes);
        self.missing_systems.extend(other.missing_systems);
    }

    /// Difference. A part whose version is not named takes its codes out of every version.
    fn remove(&mut self, without: &Part) {
        for part in &mut self.parts {
            if is_same_edition(part, without) {
                part.set = part.set.and_not(&without.set);
                part.whole_grammar &= !without.whole_grammar;
            } else if *part.url == *without.url && !without.is_version_named {
                let (own, other) = (part.system.edition(), without.system.edition());
                let codes =
                    without.set.iter().filter_map(|concept| own.find_exact(other.code(concept)));
                part.set = part.set.and_not(&codes.collect());
            }
        }
    }

    /// Intersection: what both have, in the order of this one.
    fn intersect(self, other: &Self) -> Self {
        let mut parts = Vec::new();
        for part in self.parts {
            let mut set = ConceptSet::new();
            let mut whole_grammar = false;
            for known in other.parts.iter().filter(|known| is_same_edition(known, &part)) {
                set.extend(&part.set.and(&known.set));
                whole_grammar |= part.whole_grammar && known.whole_grammar;
                if part.whole_grammar {
                    set.extend(&known.set);
                }
            }
            if !set.is_empty() || whole_grammar {
                parts.push(Part { set, whole_grammar, ..part });
            }
        }
        let mut value_sets = self.value_sets;
        value_sets.extend(other.value_sets.iter().cloned());
        let mut imported = self.imported;
        imported.extend(other.imported.iter().cloned());
        let mut includes = self.includes;
        includes.extend(other.includes.iter().cloned());
        Self {
            parts,
            includes,
            value_sets,
            imported,
            unknown_codes: self.unknown_codes,
            missing_systems: self.missing_systems,
        }
    }
}

#[cfg(test)]
mod tests;
