//! Definition to set algebra: a value set compiled within a scope.

use std::sync::Arc;

use codesystems::grammar::{Condition, Grammar, Made};
use codesystems::index::natural;
use codesystems::model::{DisplayRank, NewDesignation};
use codesystems::{Canonical, ConceptIx, ConceptSet, EditionBuilder, EditionMeta};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::CodeSystem;
use crate::expressions::Expressions;
use crate::filters;
use crate::grown;
use crate::model::{
    Contained, EnumeratedConcept, Filter, FilterOp, Include, OwnDesignation, ValueSet,
};
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

/// How a part came to be: what an answer shows nested depends on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// All concepts of the code system.
    #[default]
    Whole,
    /// What filters select.
    Filtered,
    /// Concepts listed one by one.
    Listed,
    /// Another value set, or an intersection with one.
    Imported,
}

/// A version rule of the request that decided about a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedRule {
    /// Name of the parameter.
    pub parameter: &'static str,
    /// The rule.
    pub canonical: Canonical,
}

/// A code system version that a value set is made of, whether or not any concept of it is in.
#[derive(Debug, Clone)]
pub struct Used {
    /// The code system.
    pub system: Arc<CodeSystem>,
    /// Its canonical as the value set writes it.
    pub url: Arc<str>,
    /// The version as the value set writes it.
    pub written_version: Option<String>,
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
    /// What codes that the grammar makes must meet to be in.
    pub conditions: Vec<Condition>,
    /// What is taken out of the codes that the grammar makes.
    pub without: Arc<[Part]>,
    /// The value set that the codes in `set` are from, where they stand for those of a grammar.
    pub basis: Option<Arc<str>>,
    /// Post-coordinated expressions of SNOMED CT that are in, beyond those in `set`.
    pub expressions: Expressions,
    /// Code systems whose designations are search synonyms of these concepts.
    pub synonyms: Arc<[Arc<SynonymSource>]>,
    /// Supplements whose designations and properties are told with these concepts.
    pub supplements: Arc<[Arc<CodeSystem>]>,
    /// How the part came to be.
    pub origin: Origin,
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
    /// Whether codes are in that no concept stands for.
    #[must_use]
    pub fn has_made_codes(&self) -> bool {
        self.whole_grammar || !self.expressions.is_nothing()
    }

    /// Whether `code`, which is no concept of the system, is in.
    #[must_use]
    pub fn has_made(&self, code: &str) -> bool {
        self.makes(code).is_some() || self.expressions.has_code(self.system.edition(), code)
    }

    /// Whether these are concepts of `system`, which may be an older name of it.
    #[must_use]
    pub fn is_of(&self, system: &str) -> bool {
        let meta = self.system.edition().meta();
        *self.url == *system
            || meta.url == system
            || meta.aliases.iter().any(|alias| alias == system)
    }

    /// Whether a code is in.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        match self.system.edition().find(code) {
            Some(concept) => self.set.contains(concept),
            None => self.has_made(code),
        }
    }

    /// The code as the grammar makes it, if it is in beyond those in `set`.
    #[must_use]
    pub fn makes(&self, code: &str) -> Option<Made> {
        let grammar = self.system.grammar().filter(|_| self.whole_grammar)?;
        let made = grammar.check(code).ok()?;
        let is_in = self.conditions.iter().all(|condition| grammar.meets(code, condition).is_ok())
            && !self.without.iter().any(|without| without.has(code));
        is_in.then_some(made)
    }

    fn set_has(&self, code: &str) -> bool {
        self.system.edition().find(code).is_some_and(|concept| self.set.contains(concept))
    }

    /// The concepts that `test` holds for.
    fn only(&self, test: impl Fn(&str) -> bool) -> ConceptSet {
        let edition = self.system.edition();
        self.set.iter().filter(|&concept| test(edition.code(concept))).collect()
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
    /// Code system versions that includes and excludes are about, each once.
    pub used: Vec<Used>,
    /// Supplements in use, each once.
    pub supplements: Vec<Arc<CodeSystem>>,
    /// Rules of the request that decided about versions, each once.
    pub rules: Vec<AppliedRule>,
    /// Codes of different versions of a code system were taken to be the same.
    pub are_versions_matched: bool,
    /// What to mention of value sets that are imported.
    pub publications: Vec<(Canonical, Publication)>,
}

/// What a reader of an answer should know of a resource it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// Still a draft.
    Draft,
    /// Discouraged.
    Deprecated,
    /// Withdrawn.
    Withdrawn,
    /// Retired.
    Retired,
    /// For testing only.
    Experimental,
}

impl Publication {
    /// What a resource says of itself: its standards status counts more than its status. A draft
    /// in a draft and a test in a test are nothing to mention: `source` is what uses it.
    #[must_use]
    pub fn of(
        status: &str,
        standards_status: &str,
        experimental: Option<bool>,
        source: &ValueSet,
    ) -> Option<Self> {
        let is_draft = |status: &str, standards: &str| status == "draft" || standards == "draft";
        match (standards_status, status) {
            ("deprecated", _) => Some(Self::Deprecated),
            ("withdrawn", _) => Some(Self::Withdrawn),
            (_, "retired") => Some(Self::Retired),
            _ if experimental == Some(true) && source.experimental != Some(true) => {
                Some(Self::Experimental)
            }
            _ if is_draft(status, standards_status)
                && !is_draft(&source.status, &source.standards_status) =>
            {
                Some(Self::Draft)
            }
            _ => None,
        }
    }

    /// What a value set says of itself, used by `source`.
    #[must_use]
    pub fn of_value_set(value_set: &ValueSet, source: &ValueSet) -> Option<Self> {
        let (status, standards_status) = (&value_set.status, &value_set.standards_status);
        Self::of(status, standards_status, value_set.experimental, source)
    }
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
        let is_in = parts.any(|part| part.has(code));
        let is_missing = self.missing_systems.iter().any(|missing| missing.url == system);
        (is_in || !is_missing).then_some(is_in)
    }

    /// The code system whose codes make this a value set that cannot be listed.
    #[must_use]
    pub fn unlistable(&self) -> Option<&str> {
        let is_unlistable = |part: &&Part| {
            part.whole_grammar && part.system.grammar().is_some_and(Grammar::is_unlistable)
        };
        self.parts.iter().find(is_unlistable).map(|part| &*part.url)
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
    Compiler::new(scope, false).value_set(value_set)
}

/// Compiles as much of a value set as can be: code systems and versions that are not there are
/// named in [`Compiled::missing_systems`]. For verdicts, which may not depend on them.
///
/// # Errors
/// As [`compile`], but not for unknown code systems and versions.
pub fn compile_known(value_set: &ValueSet, scope: &Scope<'_>) -> Result<Compiled> {
    Compiler::new(scope, true).value_set(value_set)
}

struct Compiler<'s, 'a> {
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
    fn new(scope: &'s Scope<'a>, is_lenient: bool) -> Self {
        Self { scope, path: Vec::new(), is_lenient, supplements: Vec::new() }
    }

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
            part.filter(url, filter)?;
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
            self.set = self.set.and(&filters::select(self.system.edition(), url, filter)?);
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

fn is_same_edition(a: &Part, b: &Part) -> bool {
    Arc::ptr_eq(&a.system, &b.system)
        || a.system.edition().content_hash() == b.system.edition().content_hash()
            && a.system.edition().meta().url == b.system.edition().meta().url
}

impl Compiled {
    /// Union: concepts that earlier parts have already stay where they are.
    /// With `is_matched`, codes count as the same whatever the version.
    fn add(&mut self, mut other: Self, is_matched: bool) {
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
    fn note(&mut self, other: Self) {
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

    fn apply(&mut self, parameter: &'static str, canonical: &Canonical) {
        let rule = AppliedRule { parameter, canonical: canonical.clone() };
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    /// The same as content of another value set.
    fn imported(mut self) -> Self {
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
    fn remove(&mut self, without: &Part, crosses: bool) {
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
    fn intersect(mut self, other: Self) -> Self {
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

#[cfg(test)]
mod tests;
