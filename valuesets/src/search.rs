//! Text filters over the parts of a value set: designations, codes, and the synonyms that another
//! code system offers.

use std::sync::{Arc, OnceLock};

use codesystems::search::{Query, Selection};
use codesystems::{ConceptIx, ConceptSet, Edition};
use rustc_hash::FxHashMap;

use crate::catalogue::CodeSystem;
use crate::plan::Part;

/// How good a hit is; smaller is better.
pub type Score = u32;

/// Codes looked at for a filter that is the beginning of codes.
const MAX_CODES: usize = 10_000;
/// Hits of a synonym source looked at for ranking, beyond those wanted: several may mean one concept.
const SPARE_SYNONYMS: usize = 400;
/// Behind every hit by the concept's own designations of the same kind.
const SYNONYM_PENALTY: Score = 1 << 12;

/// What the value set itself writes of a concept.
const OWN_DISPLAY_SCORE: Score = Score::MAX / 4;
/// Behind hits by designations of the code system itself, as far as they are good.
const SUPPLEMENT_SCORE: Score = Score::MAX / 4;

/// A code system whose designations are search synonyms of another one's concepts, as the diagnosis
/// texts of Alpha-ID are for ICD-10-GM.
#[derive(Debug)]
pub struct SynonymSource {
    system: Arc<CodeSystem>,
    properties: Vec<String>,
    /// (concept of the source, concept of the target), ascending.
    pairs: OnceLock<Vec<(ConceptIx, ConceptIx)>>,
}

impl SynonymSource {
    /// A source whose `properties` hold codes of the target.
    #[must_use]
    pub fn new(system: Arc<CodeSystem>, properties: Vec<String>) -> Self {
        Self { system, properties, pairs: OnceLock::new() }
    }

    /// Which concept of the source is a synonym of which of `target`; computed once.
    fn pairs(&self, target: &Edition) -> &[(ConceptIx, ConceptIx)] {
        self.pairs.get_or_init(|| {
            let source = self.system.edition();
            let ids = self.properties.iter().filter_map(|property| source.property_id(property));
            let mut pairs = Vec::new();
            for value in ids.flat_map(|id| source.distinct_values(id)) {
                if let Some(meant) = target.find(&value.value().text()) {
                    pairs.extend(value.concepts().iter().map(|concept| (concept, meant)));
                }
            }
            pairs.sort_unstable();
            pairs.dedup();
            pairs
        })
    }

    fn meant<'a>(
        pairs: &'a [(ConceptIx, ConceptIx)],
        concept: ConceptIx,
    ) -> impl Iterator<Item = ConceptIx> + 'a {
        let first = pairs.partition_point(|&(source, _)| source < concept);
        let own = pairs.get(first..).unwrap_or_default().iter();
        own.take_while(move |&&(source, _)| source == concept).map(|&(_, target)| target)
    }
}

/// What a text filter found in a part.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) total: u64,
    /// Best first, at most as many as were wanted.
    pub(crate) hits: Vec<(Score, ConceptIx)>,
}

/// Concepts of `within` that the filter finds: by code, by their own designations, by synonyms.
pub(crate) fn in_part(part: &Part, within: &ConceptSet, filter: &str, wanted: usize) -> Found {
    let edition = part.system.edition();
    let query = Query::parse(filter);
    let mut found = Found::default();
    let mut extra = ConceptSet::new();
    let mut scores: FxHashMap<ConceptIx, Score> = FxHashMap::default();
    let mut keep = |concept: ConceptIx, score: Score| {
        let known = scores.entry(concept).or_insert(score);
        *known = score.min(*known);
    };
    for (score, concept) in by_code(edition, filter.trim()) {
        if within.contains(concept) {
            extra.insert(concept);
            keep(concept, score);
        }
    }
    for (concept, score) in by_own_display(part, within, &query) {
        extra.insert(concept);
        keep(concept, score);
    }
    for supplement in part.supplements.iter().map(|supplement| supplement.edition()) {
        let Some(index) = supplement.text_index() else { continue };
        for concept in index.matching(&query) {
            let meant = edition.find_exact(supplement.code(ConceptIx(concept)));
            if let Some(meant) = meant.filter(|&meant| within.contains(meant)) {
                extra.insert(meant);
                keep(meant, SUPPLEMENT_SCORE);
            }
        }
    }
    for source in part.synonyms.iter() {
        let pairs = source.pairs(edition);
        let Some(index) = source.system.edition().text_index() else { continue };
        for concept in index.matching(&query) {
            extra.extend(
                &SynonymSource::meant(pairs, ConceptIx(concept))
                    .filter(|&meant| within.contains(meant))
                    .collect(),
            );
        }
        let limit = wanted.saturating_add(SPARE_SYNONYMS);
        let page = index.search(&query, &Selection { within: None, offset: 0, limit });
        for hit in page.hits {
            for meant in SynonymSource::meant(pairs, hit.concept) {
                if within.contains(meant) {
                    keep(meant, hit.score.saturating_add(SYNONYM_PENALTY));
                }
            }
        }
    }
    let own = edition.text_index();
    if let Some(index) = &own {
        let selection = Selection { within: Some(within.bitmap()), offset: 0, limit: wanted };
        let page = index.search(&query, &selection);
        found.total = page.total;
        for hit in page.hits {
            keep(hit.concept, hit.score);
        }
        if !extra.is_empty() {
            let matched = ConceptSet::from(index.matching(&query)).and(within);
            found.total = matched.or(&extra).len();
        }
    } else {
        found.total = extra.len();
    }
    found.hits = scores.into_iter().map(|(concept, score)| (score, concept)).collect();
    found.hits.sort_unstable();
    found.hits.truncate(wanted);
    found
}

/// The concept with the filter as code, then those whose code begins with it.
fn by_code(edition: &Edition, filter: &str) -> Vec<(Score, ConceptIx)> {
    let looks_like_code = filter.len() >= 2
        && !filter.contains(char::is_whitespace)
        && filter.bytes().any(|byte| byte.is_ascii_digit());
    let exact = edition.find(filter).or_else(|| edition.find(&filter.to_uppercase()));
    let mut hits: Vec<(Score, ConceptIx)> = exact.map(|concept| (0, concept)).into_iter().collect();
    if !looks_like_code {
        return hits;
    }
    let upper = filter.to_uppercase();
    let mut prefixes = vec![filter];
    if upper != filter {
        prefixes.push(&upper);
    }
    for prefix in prefixes {
        let begins = edition.codes_with_prefix(prefix).take(MAX_CODES);
        hits.extend(begins.map(|concept| (1, concept)));
    }
    hits
}

/// Concepts whose display the value set itself gives.
fn by_own_display(part: &Part, within: &ConceptSet, query: &Query) -> Vec<(ConceptIx, Score)> {
    if query.is_empty() {
        return Vec::new();
    }
    let texts = |concept: &ConceptIx| {
        part.listed.get(concept).into_iter().flat_map(|listed| {
            let designations = listed.designations.iter().map(|own| own.value.as_str());
            std::iter::once(listed.display.as_str()).chain(designations)
        })
    };
    let has_all = |text: &str| {
        let words: Vec<String> = Query::parse(text).words().map(str::to_owned).collect();
        query.words().all(|wanted| words.iter().any(|word| word.starts_with(wanted)))
    };
    part.listed
        .keys()
        .filter(|concept| within.contains(**concept) && texts(concept).any(has_all))
        .map(|&concept| (concept, OWN_DISPLAY_SCORE))
        .collect()
}
