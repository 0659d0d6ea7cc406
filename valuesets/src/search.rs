//! Text filters over the parts of a value set: designations, codes, and the synonyms that another
//! code system offers.

use std::sync::{Arc, OnceLock};

use codesystems::model::DisplayRank;
use codesystems::search::{Query, Selection};
use codesystems::{ConceptIx, ConceptSet, Edition};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::CodeSystem;
use crate::narrowed::Narrowed;
use crate::plan::{OwnWords, Part};

/// How good a hit is; smaller is better.
pub type Score = u32;

/// Codes looked at for a filter that is the beginning of codes.
const MAX_CODES: usize = 10_000;
/// Behind every hit by the concept's own designations of the same kind.
const SYNONYM_PENALTY: Score = 1 << 12;

/// A set is narrow when the code system has more than so many concepts for each of its.
const NARROW: u64 = 4;

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
    meanings: OnceLock<Meanings>,
}

/// What the concepts of a source mean, and which concepts mean one of the target.
#[derive(Debug, Default)]
struct Meanings {
    targets: Rows,
    sources: Rows,
}

/// Pairs of concepts. Most have one beside them, which is read from one place.
#[derive(Debug, Default)]
struct Rows {
    /// For each first concept the only second one, or where in `several` its row is.
    heads: Vec<ConceptIx>,
    /// Rows of several or none: how many they are, and these.
    several: Vec<ConceptIx>,
}

/// Marks a head that is a place in [`Rows::several`].
const SEVERAL: u32 = 1 << 31;

impl Rows {
    /// From pairs, ascending.
    fn from_sorted(pairs: &[(ConceptIx, ConceptIx)], first_count: u32) -> Self {
        // The row of all that stand beside nothing.
        let mut several = vec![ConceptIx(0)];
        let mut heads = vec![ConceptIx(SEVERAL); first_count as usize];
        for row in pairs.chunk_by(|(one, _), (other, _)| one == other) {
            let Some(&(first, second)) = row.first() else { continue };
            let Some(head) = heads.get_mut(first.0 as usize) else { continue };
            *head = second;
            if row.len() > 1 || second.0 >= SEVERAL {
                *head = ConceptIx(SEVERAL | several.len() as u32);
                several.push(ConceptIx(row.len() as u32));
                several.extend(row.iter().map(|(_, second)| *second));
            }
        }
        Self { heads, several }
    }

    #[inline]
    fn of(&self, concept: ConceptIx) -> &[ConceptIx] {
        let Some(head) = self.heads.get(concept.0 as usize) else { return &[] };
        if head.0 < SEVERAL {
            return std::slice::from_ref(head);
        }
        let row = self.several.get((head.0 - SEVERAL) as usize..).unwrap_or_default();
        let row = row.split_first().and_then(|(count, row)| row.get(..count.0 as usize));
        row.unwrap_or_default()
    }

    /// Everything that `concepts` stand beside, of `second_count` concepts.
    fn of_all(&self, concepts: &ConceptSet, second_count: u32) -> ConceptSet {
        let mut bits = vec![0_u8; (second_count as usize).div_ceil(8)];
        for concept in concepts.iter_from(0) {
            for second in self.of(concept) {
                if let Some(byte) = bits.get_mut(second.0 as usize / 8) {
                    *byte |= 1 << (second.0 % 8);
                }
            }
        }
        RoaringBitmap::from_lsb0_bytes(0, &bits).into()
    }
}

impl SynonymSource {
    /// A source whose `properties` hold codes of the target.
    #[must_use]
    pub fn new(system: Arc<CodeSystem>, properties: Vec<String>) -> Self {
        Self { system, properties, meanings: OnceLock::new() }
    }

    /// What each concept of the source means in `target`; computed once.
    fn meanings(&self, target: &Edition) -> &Meanings {
        self.meanings.get_or_init(|| {
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
            let targets = Rows::from_sorted(&pairs, source.concept_count());
            pairs.iter_mut().for_each(|pair| *pair = (pair.1, pair.0));
            pairs.sort_unstable();
            Meanings { targets, sources: Rows::from_sorted(&pairs, target.concept_count()) }
        })
    }

    /// Concepts of `within` that designations of the source find: all of them, and the `wanted` best
    /// with their scores. `narrowed` keeps what means these concepts.
    fn find(
        &self,
        target: &Edition,
        (within, narrowed): (&ConceptSet, Option<&Arc<Narrowed>>),
        query: &Query,
        wanted: usize,
    ) -> (ConceptSet, Vec<(ConceptIx, Score)>) {
        let Some(index) = self.system.edition().text_index() else { return Default::default() };
        let meanings = self.meanings(target);
        // Where few concepts are wanted, only what means them is searched.
        let is_narrow = within.len() * NARROW < u64::from(target.concept_count());
        let source_count = self.system.edition().concept_count();
        let kept = narrowed.and_then(|narrowed| narrowed.kept(&index));
        let sources =
            (is_narrow && kept.is_none()).then(|| meanings.sources.of_all(within, source_count));
        if let Some((narrowed, sources)) = narrowed.zip(sources.as_ref()) {
            narrowed.note_search(&self.system, sources);
        }
        let of_sources = sources.as_ref().map(ConceptSet::bitmap);
        let index = kept.unwrap_or(index);
        // Several designations may mean one concept, or one that is not wanted.
        let mut limit = wanted.saturating_mul(2).max(32);
        loop {
            let selection = Selection { within: of_sources, offset: 0, limit };
            let (matching, page) = index.find(query, &selection);
            let all = meanings.targets.of_all(&matching.into(), target.concept_count()).and(within);
            let enough = wanted.min(usize::try_from(all.len()).unwrap_or(usize::MAX));
            let mut best: Vec<(ConceptIx, Score)> = Vec::with_capacity(enough);
            let mut seen = FxHashSet::default();
            for (found, score) in page.found.iter().zip(index.scores(&page)) {
                let meant = meanings.targets.of(found.concept).iter();
                for &meant in meant.filter(|&&meant| within.contains(meant)) {
                    if seen.insert(meant) {
                        best.push((meant, score.saturating_add(SYNONYM_PENALTY)));
                    }
                }
            }
            if best.len() >= enough || page.found.len() < limit {
                return (all, best);
            }
            limit = limit.saturating_mul(4);
        }
    }
}

/// What a text filter found in a part.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) total: u64,
    /// Best first, at most as many as were wanted.
    pub(crate) hits: Vec<(Score, ConceptIx)>,
}

/// Concepts of `within` that the filter finds: by code, by their own designations, by synonyms. Where the
/// part `is_alone`, the order of hits is enough, and their scores are not looked up.
pub(crate) fn in_part(
    part: &Part,
    within: &ConceptSet,
    filter: &str,
    (wanted, is_alone): (usize, bool),
) -> Found {
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
    for (row, source) in part.synonyms.iter().enumerate() {
        let kept = part.narrowed.of_synonyms(within, (row, part.synonyms.len()));
        let (all, best) = source.find(edition, (within, kept), &query, wanted);
        extra.extend(&all);
        best.into_iter().for_each(|(concept, score)| keep(concept, score));
    }
    let own = edition.text_index();
    if let Some(index) = &own {
        let narrowed = part.narrowed.index(&part.system, (&part.set, within), &part.are_kept);
        // What is stored about frequent words counts all concepts.
        let (index, is_whole) =
            narrowed.unwrap_or((*index, within.len() == u64::from(edition.concept_count())));
        let within_or_all = (!is_whole).then_some(within.bitmap());
        let selection = Selection { within: within_or_all, offset: 0, limit: wanted };
        if extra.is_empty() {
            let page = index.page(&query, &selection);
            let concepts = page.found.iter().map(|found| found.concept);
            let hits = match is_alone {
                true => concepts.map(|concept| (0, concept)).collect(),
                false => index.scores(&page).into_iter().zip(concepts).collect(),
            };
            return Found { total: page.total, hits };
        }
        let (matching, page) = index.find(&query, &selection);
        found.total = ConceptSet::from(matching).or(&extra).len();
        let scores = index.scores(&page);
        page.found.iter().zip(scores).for_each(|(found, score)| keep(found.concept, score));
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
    let upper = Some(filter.to_uppercase()).filter(|upper| upper != filter);
    let spellings = || std::iter::once(filter).chain(upper.as_deref());
    let exact = spellings().find_map(|code| edition.find(code));
    let mut hits: Vec<(Score, ConceptIx)> = exact.map(|concept| (0, concept)).into_iter().collect();
    if !looks_like_code {
        return hits;
    }
    for prefix in spellings() {
        let begins = edition.codes_with_prefix(prefix).take(MAX_CODES);
        hits.extend(begins.map(|concept| (1, concept)));
    }
    hits
}

/// Concepts whose display the value set itself gives, and finds.
fn by_own_display(part: &Part, within: &ConceptSet, query: &Query) -> Vec<(ConceptIx, Score)> {
    if query.is_empty() || part.listed.is_empty() {
        return Vec::new();
    }
    let has_all = |own: &&OwnWords| {
        query.words().all(|wanted| own.words.iter().any(|word| word.starts_with(wanted)))
    };
    let own = part.own_words.get_or_init(|| own_words(part));
    own.iter()
        .filter(|own| within.contains(own.concept))
        .filter(has_all)
        .map(|own| (own.concept, OWN_DISPLAY_SCORE))
        .collect()
}

/// What the value set writes otherwise than the code system; most repeat it, and are found by it.
fn own_words(part: &Part) -> Vec<OwnWords> {
    let edition = part.system.edition();
    let is_known = |concept: ConceptIx, text: &str| {
        let mut known = edition.designations(concept);
        edition.text_index().is_some()
            && known.any(|known| {
                known.is_active() && known.rank() < DisplayRank::Note && known.value() == text
            })
    };
    let mut own = Vec::new();
    for (&concept, listed) in part.listed.iter() {
        let designations = listed.designations.iter().map(|own| own.value.as_str());
        for text in std::iter::once(listed.display.as_str()).chain(designations) {
            if !text.is_empty() && !is_known(concept, text) {
                let words = Query::parse(text).words().map(str::to_owned).collect();
                own.push(OwnWords { concept, words });
            }
        }
    }
    own.sort_unstable_by_key(|own| own.concept);
    own
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_hold_the_pairs_they_were_made_of(
            pairs in proptest::collection::btree_set((0..20_u32, 0..50_u32), 0..40),
        ) {
            let given: Vec<_> =
                pairs.iter().map(|&(one, two)| (ConceptIx(one), ConceptIx(two))).collect();
            let rows = Rows::from_sorted(&given, 20);
            let held: Vec<_> = (0..25)
                .flat_map(|one| rows.of(ConceptIx(one)).iter().map(move |two| (ConceptIx(one), *two)))
                .collect();
            prop_assert_eq!(&held, &given);
            let some: ConceptSet = (0..20).step_by(3).map(ConceptIx).collect();
            let beside: ConceptSet =
                given.iter().filter(|(one, _)| some.contains(*one)).map(|(_, two)| *two).collect();
            prop_assert_eq!(rows.of_all(&some, 50), beside);
        }
    }
}
