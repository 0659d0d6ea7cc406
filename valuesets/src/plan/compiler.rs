//! A value set and what it imports, include by include, to compiled parts.

use std::sync::Arc;

use codesystems::index::natural;
use codesystems::model::{DisplayRank, NewDesignation};
use codesystems::{Canonical, ConceptSet, EditionBuilder, EditionMeta};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Compiled, IncludeRef, Listed, Origin, Part, Publication, Used};
use crate::catalogue::CodeSystem;
use crate::expressions::Expressions;
use crate::filters;
use crate::grown;
use crate::model::{Contained, EnumeratedConcept, Filter, FilterOp, Include, ValueSet};
use crate::narrowed::AreKept;
use crate::scope::Scope;
use crate::{Error, Result};

/// How deep value sets may import each other.
const MAX_DEPTH: usize = 64;

pub(super) struct Compiler<'s, 'a> {
    scope: &'s Scope<'a>,
    path: Vec<String>,
    is_lenient: bool,
    /// Supplements to use, by what they supplement.
    supplements: Vec<Arc<CodeSystem>>,
}

fn canonical_of(value_set: &ValueSet) -> Canonical {
    Canonical::new(value_set.url.as_str(), Some(&value_set.version))
}

impl<'s, 'a> Compiler<'s, 'a> {
    pub(super) fn new(scope: &'s Scope<'a>, is_lenient: bool) -> Self {
        Self { scope, path: Vec::new(), is_lenient, supplements: Vec::new() }
    }

    pub(super) fn value_set(&mut self, value_set: &ValueSet) -> Result<Compiled> {
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
        let own_supplements = self.supplements.len();
        let asked = self.scope.supplements.iter().filter(|_| self.path.is_empty());
        for canonical in value_set.supplements.iter().chain(asked) {
            self.supplements.push(self.scope.supplement(canonical)?);
        }
        self.path.push(name);
        let compiled = match (&value_set.compose, &value_set.expansion) {
            (Some(_), _) => self.compose(value_set),
            (None, Some(expansion)) => self.stored(value_set, &expansion.contains),
            (None, None) => Ok(Compiled::default()),
        };
        self.path.pop();
        if self.path.is_empty() && !self.is_lenient {
            self.check_supplements(compiled.as_ref().ok())?;
        }
        self.supplements.truncate(own_supplements);
        compiled
    }

    fn compose(&mut self, value_set: &ValueSet) -> Result<Compiled> {
        let Some(compose) = &value_set.compose else { return Ok(Compiled::default()) };
        let mut all = Compiled::default();
        let is_matched = versions_match(value_set);
        for (number, include) in in_order(&compose.include) {
            let mut one = self.include(value_set, include, ("include", number))?;
            if compose.inactive == Some(false) {
                for part in &mut one.parts {
                    part.set = part.set.and_not(part.system.inactive());
                }
                one.includes.iter_mut().for_each(|include| include.without_inactive = true);
            }
            all.add(one, is_matched == Some(true));
        }
        let included = all.used.clone();
        for (number, exclude) in compose.exclude.iter().enumerate() {
            let without = self.include(value_set, exclude, ("exclude", number))?;
            for part in &without.parts {
                let is_included = |used: &Used| Arc::ptr_eq(&used.system, &part.system);
                let crosses = is_matched
                    .unwrap_or_else(|| !part.is_version_named || !included.iter().any(is_included));
                all.remove(part, crosses);
            }
            all.note(without);
        }
        all.are_versions_matched |= is_matched == Some(true);
        Ok(all)
    }

    fn include(
        &mut self,
        value_set: &ValueSet,
        include: &Include,
        place: Place,
    ) -> Result<Compiled> {
        let mut selected = match &include.system {
            Some(url) => Some(self.system_part(url, include, value_set, place)?),
            None => None,
        };
        for canonical in &include.value_sets {
            let imported = self.import(value_set, canonical)?;
            selected = Some(match selected {
                None => imported,
                Some(selected) => selected.intersect(imported),
            });
        }
        selected.ok_or_else(|| Error::Definition {
            element: "ValueSet.compose.include".into(),
            problem: "has neither a system nor a value set; expected at least one".into(),
        })
    }

    fn import(&mut self, value_set: &ValueSet, canonical: &Canonical) -> Result<Compiled> {
        if let Some(id) = canonical.url.strip_prefix('#') {
            let contained = value_set.contained.iter().find(|contained| contained.id == id);
            let contained =
                contained.ok_or_else(|| Error::UnknownValueSet { url: canonical.to_string() })?;
            return Ok(self.value_set(contained)?.imported());
        }
        let rules = &self.scope.versions.default_value_set;
        let rule = rules
            .iter()
            .find(|rule| canonical.version.is_none() && rule.url == canonical.url)
            .filter(|rule| rule.version.is_some());
        let found = self.scope.value_set(canonical).map_err(|error| match (error, rule) {
            (Error::UnknownValueSet { .. }, Some(rule)) => Error::UnknownImportVersion {
                url: rule.url.clone(),
                version: rule.version.clone().unwrap_or_default(),
            },
            (error, _) => error,
        })?;
        let mut imported = self.value_set(&found)?.imported();
        let name = canonical_of(&found);
        if let Some(publication) = Publication::of_value_set(&found, value_set) {
            imported.publications.push((name.clone(), publication));
        }
        imported.value_sets.push(name);
        imported.imported.push(found);
        if let Some(rule) = rule {
            imported.apply("default-valueset-version", rule);
        }
        Ok(imported)
    }

    /// A supplement that must be used and is about none of the code systems is as good as missing.
    fn check_supplements(&self, compiled: Option<&Compiled>) -> Result<()> {
        let Some(compiled) = compiled else { return Ok(()) };
        let is_used = |supplement: &&Arc<CodeSystem>| {
            compiled.supplements.iter().any(|used| Arc::ptr_eq(used, supplement))
        };
        match self.supplements.iter().find(|supplement| !is_used(supplement)) {
            Some(unused) => {
                let meta = unused.edition().meta();
                let url = Canonical::new(meta.url.as_str(), Some(&meta.version)).to_string();
                Err(Error::MissingSupplement { url })
            }
            None => Ok(()),
        }
    }

    /// The supplements in use that are about `system`.
    fn supplements_of(&self, system: &CodeSystem) -> Vec<Arc<CodeSystem>> {
        let is_about = |supplement: &&Arc<CodeSystem>| supplement.is_supplement_to(system);
        self.supplements.iter().filter(is_about).cloned().collect()
    }

    fn system_part(
        &mut self,
        url: &str,
        include: &Include,
        value_set: &ValueSet,
        place: Place,
    ) -> Result<Compiled> {
        let mut compiled = Compiled::default();
        if let Some((parameter, rule)) =
            self.scope.versions.decisive(url, include.version.as_deref())
        {
            compiled.apply(parameter, rule);
        }
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
        let supplements = self.supplements_of(&system);
        let mut part = Part {
            url: url.into(),
            is_version_named: version.is_some(),
            set: ConceptSet::new(),
            order: None,
            listed: Arc::default(),
            own_words: Arc::default(),
            narrowed: Arc::default(),
            are_kept: AreKept::default(),
            whole_grammar: false,
            conditions: Vec::new(),
            without: Arc::default(),
            basis: None,
            expressions: Expressions::of(edition, include),
            synonyms: self.scope.synonyms(&system),
            supplements: supplements.as_slice().into(),
            origin: Origin::Whole,
            system: Arc::clone(&system),
        };
        if include.concepts.is_empty() {
            part.set = edition.all();
            self.whole_grammar(&mut part, include, value_set, &mut compiled)?;
        } else {
            if let Some(grown) = grown_for(&system, &include.concepts)? {
                part.system = grown;
            }
            list(&mut part, &include.concepts, &mut compiled.unknown_codes);
            compiled.unknown_codes.retain(|(_, code)| !part.has_made(code));
            part.origin = Origin::Listed;
        }
        // Other filters leave few concepts of which to ask whether they are in a subtree.
        let is_refined = include.filters.len() > 1 && part.system.grammar().is_none();
        let mut subtrees = Vec::new();
        for (number, filter) in include.filters.iter().enumerate() {
            if filter.value.is_empty() && filter.property != "constraint" {
                return Err(Error::FilterWithoutValue {
                    system: url.into(),
                    property: filter.property.clone(),
                    op: filter.op.code(),
                    path: format!("ValueSet.compose.{}[{}].filter[{number}]", place.0, place.1),
                });
            }
            part.origin = Origin::Filtered;
            match filters::subtree(system.edition(), url, filter)? {
                Some(subtree) if is_refined => subtrees.push(subtree),
                _ => part.filter(url, filter)?,
            }
        }
        for subtree in subtrees {
            part.set = subtree.among(part.system.edition(), &part.set);
            part.whole_grammar = false;
        }
        compiled.supplements = supplements;
        compiled.used.push(Used {
            system,
            url: Arc::clone(&part.url),
            written_version: include.version.clone(),
        });
        compiled.parts.push(part);
        Ok(compiled)
    }

    /// Where a grammar makes the codes: those that stand for all of them.
    fn whole_grammar(
        &self,
        part: &mut Part,
        include: &Include,
        value_set: &ValueSet,
        compiled: &mut Compiled,
    ) -> Result<()> {
        let Some(grammar) = part.system.grammar() else { return Ok(()) };
        part.whole_grammar = true;
        part.basis = grammar.base_value_set().map(Into::into);
        let Some(listing) = grown::listing(&part.system, self.scope)? else { return Ok(()) };
        part.set = listing.system.edition().all();
        part.system = listing.system;
        let base = &listing.value_set;
        if let Some(publication) = Publication::of_value_set(base, value_set)
            && include.filters.is_empty()
        {
            compiled.publications.push((canonical_of(base), publication));
        }
        Ok(())
    }

    /// A value set that brings its content instead of a definition.
    fn stored(&mut self, value_set: &ValueSet, contains: &[Contained]) -> Result<Compiled> {
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
            all.add(self.system_part(system, &include, value_set, ("include", 0))?, false);
        }
        Ok(all.imported())
    }
}

/// Where in a compose something is: `include` or `exclude`, and its number.
type Place = (&'static str, usize);

/// Includes with their numbers, in the order in which they are shown: as written, but of the
/// includes of one system that name different versions the newest first. Codes that versions share
/// are so told by the newest.
fn in_order(includes: &[Include]) -> Vec<(usize, &Include)> {
    let mut ordered: Vec<(usize, &Include)> = includes.iter().enumerate().collect();
    for at in 1..ordered.len() {
        let mut now = at;
        while let Some(before) = now.checked_sub(1)
            && let (Some((_, one)), Some((_, two))) = (ordered.get(before), ordered.get(now))
            && one.system.is_some()
            && one.system == two.system
            && let (Some(first), Some(second)) = (&one.version, &two.version)
            && natural(first, second).is_lt()
        {
            ordered.swap(before, now);
            now = before;
        }
    }
    ordered
}

/// Whether codes of different versions of a code system are the same, where the value set says.
///
/// Source: parameter `versionsMatch` in the extension `valueset-expansion-parameter`.
fn versions_match(value_set: &ValueSet) -> Option<bool> {
    let said = value_set.expansion_parameters.iter().find(|it| it.name == "versionsMatch")?;
    said.value.parse().ok()
}

impl Part {
    /// Keeps what a filter selects.
    fn filter(&mut self, url: &str, filter: &Filter) -> Result<()> {
        let grammar = self.system.grammar();
        let condition = grammar.filter(|_| filter.op == FilterOp::Equal).and_then(|grammar| {
            Some((grammar, grammar.condition(&filter.property, &filter.value)?))
        });
        if let Some((grammar, condition)) = condition {
            self.set = self.only(|code| grammar.meets(code, &condition).is_ok());
            self.conditions.push(condition);
        } else {
            let edition = self.system.edition();
            let selected = filters::select(edition, url, filter)?;
            let is_whole = self.set.len() == u64::from(edition.concept_count());
            self.set = if is_whole { selected } else { self.set.and(&selected) };
            self.whole_grammar = false;
        }
        Ok(())
    }
}

/// The code system with the codes among `concepts` that its grammar makes; `None` where it has all
/// that there are.
fn grown_for(
    system: &CodeSystem,
    concepts: &[EnumeratedConcept],
) -> Result<Option<Arc<CodeSystem>>> {
    let Some(grammar) = system.grammar() else { return Ok(None) };
    let is_made = |concept: &EnumeratedConcept| {
        system.edition().find(&concept.code).is_none() && grammar.check(&concept.code).is_ok()
    };
    if !concepts.iter().any(is_made) {
        return Ok(None);
    }
    let codes: Vec<(&str, &str)> =
        concepts.iter().map(|concept| (concept.code.as_str(), "")).collect();
    Ok(Some(Arc::new(grown::grow(system, &codes)?)))
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
