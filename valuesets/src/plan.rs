//! Definition to set algebra: a value set compiled within a scope.

mod algebra;
mod compiler;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use codesystems::grammar::{Condition, Grammar, Made};
use codesystems::{Canonical, ConceptIx, ConceptSet};
use rustc_hash::FxHashMap;

use crate::Result;
use crate::catalogue::CodeSystem;
use crate::expressions::Expressions;
use crate::model::{OwnDesignation, ValueSet};
use crate::narrowed::{AreKept, Narrowed};
use crate::scope::Scope;
use crate::search::SynonymSource;
use compiler::Compiler;

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
    /// Words of texts in `listed` that the code system does not have; made when they are first
    /// searched.
    pub own_words: Arc<OnceLock<Vec<OwnWords>>>,
    /// The texts of these concepts alone; kept when they are searched often.
    pub narrowed: Arc<Narrowed>,
    /// Whether they are those that are kept.
    pub are_kept: AreKept,
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

/// A text that the value set itself writes of a concept.
#[derive(Debug, Clone)]
pub struct OwnWords {
    /// The concept.
    pub concept: ConceptIx,
    /// Its words, folded as those of queries are.
    pub words: Vec<String>,
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
        fn list<T>(list: &Vec<T>) -> usize {
            list.capacity() * size_of::<T>()
        }
        let part = |part: &Part| {
            let order = part.order.as_ref().map_or(0, |order| order.len() * size_of::<ConceptIx>());
            part.set.byte_count() + order + part.listed.len() * 200
        };
        size_of::<Self>()
            + list(&self.parts)
            + list(&self.includes)
            + list(&self.value_sets)
            + list(&self.used)
            + list(&self.rules)
            + self.parts.iter().map(part).sum::<usize>()
            + self.unknown_codes.len() * 128
            + ALLOCATIONS
    }

    /// Gives back what its lists took to grow: most hold one entry, and many value sets are kept.
    fn shrunk(mut self) -> Self {
        self.parts.shrink_to_fit();
        self.includes.shrink_to_fit();
        self.value_sets.shrink_to_fit();
        self.imported.shrink_to_fit();
        self.used.shrink_to_fit();
        self
    }
}

/// What the small parts of a compiled value set take beside it, canonicals and the like.
const ALLOCATIONS: usize = 256;

/// Compiles a value set.
///
/// # Errors
/// When a code system, version or value set is not there, a filter cannot be applied, or value
/// sets import each other in a circle.
pub fn compile(value_set: &ValueSet, scope: &Scope<'_>) -> Result<Compiled> {
    Compiler::new(scope, false).value_set(value_set).map(Compiled::shrunk)
}

/// Compiles as much of a value set as can be: code systems and versions that are not there are
/// named in [`Compiled::missing_systems`]. For verdicts, which may not depend on them.
///
/// # Errors
/// As [`compile`], but not for unknown code systems and versions.
pub fn compile_known(value_set: &ValueSet, scope: &Scope<'_>) -> Result<Compiled> {
    Compiler::new(scope, true).value_set(value_set).map(Compiled::shrunk)
}
