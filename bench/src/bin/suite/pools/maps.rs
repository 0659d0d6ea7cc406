//! Subsumption, translation, batches.

use bench::generate::local_map_url;
use serde_json::{Value, json};
use valuesets::conceptmap::{ConceptMap, Relationship};

use super::{Call, Drawn, Expect, Pools, Random, SNOMED, Test, code, draw, encoded, query};

/// |REPLACED BY association reference set|.
const REPLACED_BY: &str = "900000000000526001";
/// Mappings of a map of packages, at most; larger ones are tested apart.
const SMALL_MAP: usize = 1_000;

impl Pools<'_> {
    /// Pairs in the proportions of the published pool: 300 subsumes, 300 subsumed-by, 125 neither,
    /// 50 the same.
    pub(super) fn subsumes(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let (above, below) = draw::ancestor_and_descendant(edition, random)?;
        let (a, b, outcome) = match random.below(775) {
            0..300 => (above, below, "subsumes"),
            300..600 => (below, above, "subsumed-by"),
            600..725 => {
                let other = draw::concept(edition, random)?;
                if edition.is_ancestor(other, below) || edition.is_ancestor(below, other) {
                    return None;
                }
                (below, other, if below == other { "equivalent" } else { "not-subsumed" })
            }
            _ => (below, below, "equivalent"),
        };
        let pairs = query(&[
            ("system", &edition.meta().url),
            ("codeA", edition.code(a)),
            ("codeB", edition.code(b)),
        ]);
        Some(Call::get(format!("/CodeSystem/$subsumes?{pairs}"), Expect::ok().string(outcome)))
    }

    /// Inactive concepts with what they were replaced by.
    pub(super) fn replacements(&self, test: Test, size: usize) -> Vec<Call> {
        let edition = self.edition();
        let Some((set, _)) = edition.membership_set(REPLACED_BY) else { return Vec::new() };
        let rows: Vec<(&str, &str)> = edition
            .member_rows(set)
            .filter_map(|row| Some((edition.code(row.concept()), row.fields().next()?)))
            .collect();
        self.draw(test, size, |random| {
            let (source, target) = *random.pick(&rows)?;
            let url = format!("{SNOMED}?fhir_cm={REPLACED_BY}");
            Some(translation(&url, (SNOMED, source), (SNOMED, target)))
        })
    }

    /// Mappings that fire by themselves: of the map of local codes, or of the maps of packages in
    /// turn.
    pub(super) fn translations(&self, test: Test, size: usize, is_local: bool) -> Vec<Call> {
        let local = local_map_url();
        let wanted = |map: &&std::sync::Arc<ConceptMap>| match is_local {
            true => map.meta().url == local,
            false => map.groups().all(|group| group.mappings().len() <= SMALL_MAP),
        };
        let groups: Vec<_> = (self.snapshot.catalogue.concept_maps().iter().filter(wanted))
            .flat_map(|map| map.groups().map(move |group| (map, group)))
            .filter(|(_, group)| !group.definition().target.is_empty())
            .collect();
        self.draw(test, size, |random| {
            let (map, group) = random.pick(&groups)?;
            let mapping = group.mappings().nth(random.below(group.mappings().len()))?;
            let is_certain = mapping.depends_on().next().is_none()
                && !matches!(
                    mapping.relationship(),
                    Relationship::Unmatched | Relationship::NotRelatedTo
                );
            let target = mapping.target().filter(|_| is_certain)?;
            let definition = group.definition();
            let source = (definition.source.as_str(), mapping.source());
            Some(translation(&map.meta().url, source, (&definition.target, target)))
        })
    }

    /// A batch of look-ups in the largest systems; the answers must come in order.
    pub(super) fn batch(&self, size: usize, random: &mut Random) -> Drawn {
        let systems = draw::systems(self.snapshot, &[], 8);
        let mut expect = Expect::ok();
        let mut entries: Vec<Value> = Vec::with_capacity(size);
        for _ in 0..size {
            let edition = random.pick(&systems)?.edition();
            let code = code(edition, random)?;
            let pairs = query(&[("system", &edition.meta().url), ("code", &code)]);
            let url = format!("CodeSystem/$lookup?{pairs}");
            entries.push(json!({"request": {"method": "GET", "url": url}}));
            // Not every server echoes the code of a look-up.
            expect = if self.is_peer { expect } else { expect.string(code) };
        }
        let expect = if self.is_peer { expect.string("batch-response") } else { expect };
        let body = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
        Some(Call::post("", body.to_string(), expect))
    }
}

fn translation(map: &str, source: (&str, &str), target: (&str, &str)) -> Call {
    let url = format!(
        "/ConceptMap/$translate?url={}&system={}&code={}&target={}",
        encoded(map),
        encoded(source.0),
        encoded(source.1),
        encoded(target.0)
    );
    Call::get(url, Expect::ok().string(target.1).member("valueBoolean", "true"))
}
