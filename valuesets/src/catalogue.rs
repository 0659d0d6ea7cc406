//! What there is to ask: code systems in their versions, value sets, concept maps.

use std::sync::{Arc, OnceLock};

use codesystems::grammar::Grammar;
use codesystems::index::natural;
use codesystems::{Canonical, ConceptSet, Edition};
use rustc_hash::FxHashMap;

use crate::conceptmap::{ConceptMap, MapIndex};
use crate::model::ValueSet;
use crate::search::SynonymSource;

/// One code system version, ready to be asked.
#[derive(Debug)]
pub struct CodeSystem {
    edition: Arc<Edition>,
    grammar: Option<Grammar>,
    inactive: OnceLock<ConceptSet>,
    /// Made up from the concepts a value set lists, because the code system itself is not there.
    is_stand_in: bool,
    /// Content hash of the edition that this one holds further codes of, which a grammar makes.
    grown_from: Option<[u8; 32]>,
    /// The codes that stand for all, where they are to be listed, by the hash of their list.
    pub(crate) listing: OnceLock<(u64, Arc<CodeSystem>)>,
}

impl CodeSystem {
    /// A code system read from `edition`.
    #[must_use]
    pub fn new(edition: Edition) -> Self {
        Self::shared(Arc::new(edition))
    }

    /// A code system read from an edition that others use too.
    #[must_use]
    pub fn shared(edition: Arc<Edition>) -> Self {
        let meta = edition.meta();
        // A supplement makes no codes.
        let grammar = Grammar::of_system(&meta.url).filter(|_| meta.content != "supplement");
        Self {
            edition,
            grammar,
            inactive: OnceLock::new(),
            is_stand_in: false,
            grown_from: None,
            listing: OnceLock::new(),
        }
    }

    /// The code system `source` with other of the codes that its grammar makes.
    #[must_use]
    pub(crate) fn grown(edition: Edition, source: &Self) -> Self {
        Self {
            grown_from: Some(*source.origin_hash()),
            is_stand_in: source.is_stand_in,
            ..Self::new(edition)
        }
    }

    fn origin_hash(&self) -> &[u8; 32] {
        self.grown_from.as_ref().unwrap_or_else(|| self.edition.content_hash())
    }

    /// Whether this is the same version of the same code system, whichever of its codes are held.
    #[must_use]
    pub fn is_same_version(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || self.edition.meta().url == other.edition.meta().url
                && self.origin_hash() == other.origin_hash()
    }

    /// A code system that knows no more than the codes of one value set.
    #[must_use]
    pub fn stand_in(edition: Edition) -> Self {
        Self { is_stand_in: true, ..Self::new(edition) }
    }

    /// The edition.
    #[must_use]
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The edition, to be kept beyond the code system.
    #[must_use]
    pub fn shared_edition(&self) -> Arc<Edition> {
        Arc::clone(&self.edition)
    }

    /// The grammar that makes further codes, if there is one.
    #[must_use]
    pub fn grammar(&self) -> Option<Grammar> {
        self.grammar
    }

    /// Whether it holds concepts; packages bring descriptions of code systems without their content.
    fn has_content(&self) -> bool {
        self.edition.meta().content != "not-present"
    }

    /// Whether this is no code system, but the codes a value set lists of one that is not there.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        self.is_stand_in
    }

    /// The version, empty for none.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.edition.meta().version
    }

    /// Whether this is a supplement to `system`, in the version that it names if it names one.
    #[must_use]
    pub fn is_supplement_to(&self, system: &Self) -> bool {
        let about = Canonical::parse(&self.edition.meta().supplements);
        let meta = system.edition.meta();
        let is_url = about.url == meta.url || meta.aliases.contains(&about.url);
        is_url && about.version.is_none_or(|version| fits(&meta.version, &version))
    }

    /// All inactive concepts; computed once.
    #[must_use]
    pub fn inactive(&self) -> &ConceptSet {
        self.inactive.get_or_init(|| self.edition.inactive())
    }
}

/// The versions of one code system.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// Newest first.
    all: Vec<Arc<CodeSystem>>,
    default: Option<Arc<CodeSystem>>,
}

impl Versions {
    /// All versions, newest first.
    #[must_use]
    pub fn all(&self) -> &[Arc<CodeSystem>] {
        &self.all
    }

    /// The version to use when none is asked for: the default that was set, else the newest
    /// complete one, else the newest one that holds anything.
    #[must_use]
    pub fn default_version(&self) -> Option<&Arc<CodeSystem>> {
        self.default.as_ref().or_else(|| {
            let complete =
                self.all.iter().find(|system| system.edition.meta().content == "complete");
            let held = || self.all.iter().find(|system| system.has_content());
            complete.or_else(held).or_else(|| self.all.first())
        })
    }

    /// The version that `wanted` means: the very version; the newest of a SNOMED CT edition given
    /// without a date; the newest that fits a pattern (`2.x`, `1.*`, `*`).
    #[must_use]
    pub fn find(&self, wanted: &str) -> Option<&Arc<CodeSystem>> {
        self.all
            .iter()
            .find(|system| system.version() == wanted)
            .or_else(|| self.all.iter().find(|system| fits(system.version(), wanted)))
    }

    /// Adds a version under `url`; one that bears the name stays before one that has it as alias.
    fn insert(&mut self, url: &str, system: Arc<CodeSystem>) {
        let bears = |system: &CodeSystem| system.edition.meta().url == url;
        let own = self.all.iter().find(|known| known.version() == system.version());
        if own.is_some_and(|own| bears(own)) && !bears(&system) {
            return;
        }
        self.all.retain(|known| known.version() != system.version());
        let at = self.all.partition_point(|known| newer(known.version(), system.version()));
        self.all.insert(at, system);
    }
}

/// Whether `version` is what the pattern `wanted` means.
///
/// Source: SNOMED CT URI standard (edition without version); FHIR version patterns with `x` and `*`.
#[must_use]
pub fn fits(version: &str, wanted: &str) -> bool {
    if version == wanted || wanted == "*" {
        return true;
    }
    if wanted.contains("snomed.info/") {
        let rest = version.strip_prefix(wanted.trim_end_matches('/'));
        return rest.is_some_and(|rest| rest.starts_with("/version/"));
    }
    let is_wild = |part: &str| matches!(part, "x" | "X" | "*");
    if !wanted.split('.').any(is_wild) {
        return false;
    }
    let mut parts = version.split('.');
    for part in wanted.split('.') {
        match parts.next() {
            Some(_) if is_wild(part) => {}
            Some(found) if found == part => {}
            _ => return false,
        }
    }
    parts.next().is_none() || wanted.ends_with(['x', 'X', '*'])
}

/// Whether version `a` comes before version `b` when the newest comes first. Of SNOMED CT the
/// International Edition comes first, then the date decides. Dates come after numbers: publishers
/// (HL7 among them) began with dates and number their versions since, never the other way round.
fn newer(a: &str, b: &str) -> bool {
    const INTERNATIONAL: &str = "/900000000000207008/";
    match (a.split_once("/version/"), b.split_once("/version/")) {
        (Some((_, date_a)), Some((_, date_b))) => {
            let key =
                |version: &str, date: &str| (version.contains(INTERNATIONAL), date.to_owned());
            key(a, date_a) > key(b, date_b)
        }
        _ => match (american_date(a), american_date(b)) {
            (Some(a), Some(b)) => a > b,
            _ => is_date(b).cmp(&is_date(a)).then_with(|| natural(a, b)).is_gt(),
        },
    }
}

/// A version `MMDDYYYY` as year, month and day.
///
/// Source: Using RxNorm with FHIR, versions.
fn american_date(version: &str) -> Option<(&str, &str, &str)> {
    if version.len() != 8 || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (month, day, year) = (version.get(..2)?, version.get(2..4)?, version.get(4..)?);
    let is_date = ("01"..="12").contains(&month)
        && ("01"..="31").contains(&day)
        && ("1900"..="2199").contains(&year);
    is_date.then_some((year, month, day))
}

/// Whether a version is a date as FHIR writes it: `2018-08-12`, `2018-08`.
fn is_date(version: &str) -> bool {
    let parts: Vec<&str> = version.split('-').collect();
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    parts.iter().all(is_number) && matches!(lengths.as_slice(), [4, 2] | [4, 2, 2])
}

/// Everything that can be asked, at one moment. Never changed once it is shared: a new release
/// means a new catalogue.
#[derive(Debug, Default)]
pub struct Catalogue {
    systems: FxHashMap<String, Versions>,
    value_sets: FxHashMap<String, Vec<Arc<ValueSet>>>,
    maps: Vec<Arc<ConceptMap>>,
    map_index: OnceLock<MapIndex>,
    /// Canonical of the value set of all codes -> canonical of the code system.
    whole_systems: FxHashMap<String, String>,
    /// Canonical of a code system -> supplements to it.
    supplements: FxHashMap<String, Vec<Arc<CodeSystem>>>,
    /// (Canonical, version) of a code system -> code systems that offer synonyms for it.
    synonyms: FxHashMap<(String, String), Vec<Arc<SynonymSource>>>,
}

impl Catalogue {
    /// An empty catalogue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a code system version; one with the same canonical and version is replaced. Supplements
    /// are kept beside the system they supplement.
    pub fn add_code_system(&mut self, system: Arc<CodeSystem>) {
        let meta = system.edition.meta();
        if meta.content == "supplement" {
            let supplemented = Canonical::parse(&meta.supplements).url;
            self.supplements.entry(supplemented).or_default().push(system);
            return;
        }
        for link in &meta.synonyms_for {
            let source = SynonymSource::new(Arc::clone(&system), link.properties.clone());
            let key = (link.system.clone(), link.version.clone());
            self.synonyms.entry(key).or_default().push(Arc::new(source));
        }
        if !meta.value_set.is_empty() {
            let value_set = Canonical::parse(&meta.value_set).url;
            self.whole_systems.insert(value_set, meta.url.clone());
        }
        for url in std::iter::once(&meta.url).chain(&meta.aliases) {
            self.systems.entry(url.clone()).or_default().insert(url, Arc::clone(&system));
        }
    }

    /// Adds the code systems that are there without being loaded, unless others of their canonical
    /// are: descriptions without content do not count where there is content. To be called last.
    pub fn add_built_in(&mut self) -> Vec<Arc<CodeSystem>> {
        static BUILT_IN: OnceLock<Vec<Arc<CodeSystem>>> = OnceLock::new();
        let built_in = BUILT_IN.get_or_init(|| {
            let editions = codesystems::systems::listed::editions().iter();
            editions.map(|edition| Arc::new(CodeSystem::shared(Arc::clone(edition)))).collect()
        });
        let is_absent = |system: &&Arc<CodeSystem>| {
            let loaded = self.versions(&system.edition.meta().url);
            loaded.is_none_or(|versions| {
                system.has_content() && !versions.all.iter().any(|known| known.has_content())
            })
        };
        let added: Vec<_> = built_in.iter().filter(is_absent).cloned().collect();
        for system in &added {
            self.add_code_system(Arc::clone(system));
        }
        added
    }

    /// Adds a value set; one with the same canonical and version is replaced.
    pub fn add_value_set(&mut self, value_set: Arc<ValueSet>) {
        let versions = self.value_sets.entry(value_set.url.clone()).or_default();
        versions.retain(|known| known.version != value_set.version);
        let at = versions.partition_point(|known| newer(&known.version, &value_set.version));
        versions.insert(at, value_set);
    }

    /// Adds a concept map beside those with the same canonical and version: of those sent along with
    /// a request, the one is asked that fits.
    pub fn add_another_concept_map(&mut self, map: Arc<ConceptMap>) {
        self.map_index = OnceLock::new();
        self.maps.push(map);
    }

    /// Adds a concept map; one with the same canonical and version is replaced.
    pub fn add_concept_map(&mut self, map: Arc<ConceptMap>) {
        self.map_index = OnceLock::new();
        let key = |map: &ConceptMap| (map.meta().url.clone(), map.meta().version.clone());
        let new = key(&map);
        match self.maps.iter().position(|known| key(known) == new) {
            Some(position) => {
                if let Some(slot) = self.maps.get_mut(position) {
                    *slot = map;
                }
            }
            None => self.maps.push(map),
        }
    }

    /// Sets the version of `url` to use when none is asked for; `false` when it is not loaded.
    pub fn set_default(&mut self, url: &str, version: &str) -> bool {
        let Some(versions) = self.systems.get_mut(url) else { return false };
        let Some(system) = versions.find(version).cloned() else { return false };
        versions.default = Some(system);
        true
    }

    /// The versions of the code system `url`.
    #[must_use]
    pub fn versions(&self, url: &str) -> Option<&Versions> {
        self.systems.get(url)
    }

    /// The canonical of the code system that is also called `url`; `url` itself where it is none.
    #[must_use]
    pub fn canonical_of<'a>(&'a self, url: &'a str) -> &'a str {
        let newest = self.versions(url).and_then(|versions| versions.all.first());
        newest.map_or(url, |system| system.edition.meta().url.as_str())
    }

    /// Every code system version once, by canonical, newest first.
    #[must_use]
    pub fn code_systems(&self) -> Vec<&Arc<CodeSystem>> {
        let mut systems: Vec<&Arc<CodeSystem>> = self
            .systems
            .iter()
            .flat_map(|(url, versions)| {
                versions.all.iter().filter(move |system| &system.edition.meta().url == url)
            })
            .chain(self.supplements.values().flatten())
            .collect();
        systems.sort_by(|a, b| {
            let (left, right) = (a.edition.meta(), b.edition.meta());
            left.url.cmp(&right.url).then_with(|| natural(&right.version, &left.version))
        });
        systems
    }

    /// The supplements to the code system `url`.
    #[must_use]
    pub fn supplements(&self, url: &str) -> &[Arc<CodeSystem>] {
        self.supplements.get(url).map(Vec::as_slice).unwrap_or_default()
    }

    /// The newest supplement that a canonical means, whatever it supplements.
    #[must_use]
    pub fn supplement(&self, canonical: &Canonical) -> Option<&Arc<CodeSystem>> {
        let is_meant = |system: &&Arc<CodeSystem>| {
            let wanted = canonical.version.as_deref().unwrap_or("*");
            system.edition.meta().url == canonical.url && fits(system.version(), wanted)
        };
        self.supplements
            .values()
            .flatten()
            .filter(is_meant)
            .max_by(|a, b| natural(a.version(), b.version()))
    }

    /// The code systems that offer search synonyms for a code system version.
    #[must_use]
    pub fn synonyms(&self, url: &str, version: &str) -> &[Arc<SynonymSource>] {
        let key = (url.to_owned(), version.to_owned());
        self.synonyms.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The versions of the value set `url`, newest first.
    #[must_use]
    pub fn value_sets(&self, url: &str) -> &[Arc<ValueSet>] {
        self.value_sets.get(url).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every value set.
    pub fn all_value_sets(&self) -> impl Iterator<Item = &Arc<ValueSet>> {
        self.value_sets.values().flatten()
    }

    /// The code system all of whose codes are in the value set `url`.
    #[must_use]
    pub fn whole_system(&self, url: &str) -> Option<&str> {
        self.whole_systems.get(url).map(String::as_str)
    }

    /// The concept maps by URL and by the systems of their groups; made when first asked.
    #[must_use]
    pub fn map_index(&self) -> &MapIndex {
        self.map_index.get_or_init(|| MapIndex::new(self.maps.clone()))
    }

    /// Every concept map, in the order in which they were added.
    #[must_use]
    pub fn concept_maps(&self) -> &[Arc<ConceptMap>] {
        &self.maps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_pattern_means_what_it_says() {
        for (version, wanted, expected) in [
            ("2.78", "2.78", true),
            ("2.78", "2.x", true),
            ("2.78", "2", false),
            ("1.0.3", "1.0.x", true),
            ("1.1.3", "1.0.x", false),
            ("1.1.3", "1.*", true),
            ("5", "*", true),
            (
                "http://snomed.info/sct/11000274103/version/20250515",
                "http://snomed.info/sct/11000274103",
                true,
            ),
            (
                "http://snomed.info/sct/11000274103/version/20250515",
                "http://snomed.info/sct/1100027410",
                false,
            ),
        ] {
            assert_eq!(fits(version, wanted), expected, "{version} for {wanted}");
        }
    }

    #[test]
    fn the_newest_version_comes_first() {
        for (newest, older) in [
            ("2026", "2025"),
            ("2.100", "2.99"),
            ("3.0.0", "2018-08-12"),
            ("2025-12-09", "2025-06-24"),
            ("01052026", "08042025"),
            ("20260101", "20251231"),
            (
                "http://snomed.info/sct/900000000000207008/version/20240101",
                "http://snomed.info/sct/11000274103/version/20250515",
            ),
            (
                "http://snomed.info/sct/11000274103/version/20250515",
                "http://snomed.info/sct/11000274103/version/20241115",
            ),
        ] {
            assert!(newer(newest, older) && !newer(older, newest), "{newest} before {older}");
        }
    }
}
