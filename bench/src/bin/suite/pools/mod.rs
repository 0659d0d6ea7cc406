//! The requests of each test, drawn from a library.
//!
//! What an answer must be is worked out here from the editions, by set algebra and by the text
//! index, and not taken from the server. Another server is asked the same, but may count and word
//! otherwise.

mod expansions;
mod lookups;
mod maps;
pub(crate) mod singles;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bench::draw;
use bench::generate::{BASE as BASE_SYSTEMS, ICD_10_GM, LOINC, RXNORM, SNOMED};
use bench::rf2_generator::random::Random;
use codesystems::search::Query;
use codesystems::{ConceptIx, ConceptSet, Edition};
use serde_json::{Value, json};
use server::library::Snapshot;
use valuesets::CodeSystem;

use crate::calls::{Call, Expect, encoded};
use crate::tests::{Pool, Test};

/// How often a draw is repeated, for each request wanted, until it gives a new one.
const TRIES: usize = 8;

type Drawn = Option<Call>;

/// Draws requests from a library.
pub(crate) struct Pools<'s> {
    snapshot: &'s Snapshot,
    /// The system of most tests: SNOMED CT, or whatever is asked for.
    main: Arc<CodeSystem>,
    /// Its concepts with descendants, by number of these, ascending.
    by_size: Vec<(u32, ConceptIx)>,
    /// The server asked is another one: it may count otherwise and blame otherwise.
    is_peer: bool,
    /// Numbers of concepts that a text finds, by system and text.
    found: RefCell<HashMap<(String, String), Arc<ConceptSet>>>,
}

impl<'s> Pools<'s> {
    /// `system` takes the place of SNOMED CT; without it and SNOMED CT, the largest does.
    pub(crate) fn new(
        snapshot: &'s Snapshot,
        system: Option<&str>,
        is_peer: bool,
    ) -> bench::Result<Self> {
        let named: Vec<String> = system.iter().map(|&system| system.to_owned()).collect();
        let systems = draw::systems(snapshot, &named, usize::MAX);
        let snomed = systems.iter().find(|system| system.edition().meta().url == SNOMED);
        let Some(main) = snomed.or(systems.first()).cloned() else {
            return Err(match system {
                Some(system) => format!("the library has no code system {system}").into(),
                None => "no code system to ask about in the library".into(),
            });
        };
        let edition = main.edition();
        let mut by_size: Vec<(u32, ConceptIx)> = (0..edition.concept_count())
            .map(|ordinal| (edition.descendant_count(ConceptIx(ordinal)), ConceptIx(ordinal)))
            .filter(|(count, concept)| *count > 0 && !edition.is_inactive(*concept))
            .collect();
        by_size.sort_unstable();
        Ok(Self { snapshot, main, by_size, is_peer, found: RefCell::default() })
    }

    /// The system that most tests ask about.
    pub(crate) fn main_url(&self) -> &str {
        &self.main.edition().meta().url
    }

    /// The requests of a test, all different, as far as there are that many.
    pub(crate) fn calls(&self, test: Test, pool: Pool, wide: usize) -> Vec<Call> {
        let size = match pool {
            Pool::Published => test.pool.min(wide),
            Pool::Wide if test.name == "BA01" => (wide / 100).max(test.pool),
            Pool::Wide => wide,
        };
        let is_wide = pool == Pool::Wide;
        match test.name {
            "FS01" => self.searches(size, is_wide),
            "LK01" => self.draw(test, size, |random| self.known(&self.main, random)),
            "LK02" => self.draw(test, size, |random| self.known(self.system(LOINC)?, random)),
            "LK03" => self.small_lookups(test, size, is_wide),
            "LK04" => self.draw(test, size, |random| self.known(self.system(RXNORM)?, random)),
            "LK05" => self.draw(test, size, |random| self.unknown(random)),
            "VC01" => self.draw(test, size, |random| self.validation(false, random)),
            "VC02" => self.draw(test, size, |random| self.validation(true, random)),
            "VC03" => {
                let roots = self.roots();
                self.draw(test, size, |random| self.below_root(&roots, random))
            }
            "VC17" => self.draw(test, size, |random| self.all_years(random)),
            "EX01" => {
                let tops = self.tops(is_wide);
                self.draw(test, size, |random| self.hierarchy(&tops, is_wide, random))
            }
            "EX02" => self.draw(test, size, |random| self.relatives(random)),
            "EX03" => self.draw(test, size, |random| self.text(random)),
            "EX04" => self.large_value_sets(test, size),
            "EX05" => self.draw(test, size, |random| self.intensional(random)),
            "EX06" => self.draw(test, size, |random| self.drugs(is_wide, random)),
            "EX07" => self.draw(test, size, |random| self.systems_text(random)),
            "EX08" => self.draw(test, size, |random| self.combined(random)),
            "DE01" => self.draw(test, size, |random| self.german(random)),
            "EC01" => self.draw(test, size, |random| self.constraint(random)),
            "SS01" => self.draw(test, size, |random| self.subsumes(random)),
            "CM01" => self.replacements(test, size),
            "CM02" => self.translations(test, size, false),
            "CM03" => self.translations(test, size, true),
            "BA01" => self.draw(test, size, |random| self.batch(100, random)),
            _ => Vec::new(),
        }
    }

    fn draw(
        &self,
        test: Test,
        size: usize,
        mut draw: impl FnMut(&mut Random) -> Drawn,
    ) -> Vec<Call> {
        let mut random = Random::new(1, test.name);
        let mut seen: HashSet<(String, Option<String>)> = HashSet::new();
        let mut calls = Vec::new();
        let mut fruitless = 0;
        while calls.len() < size && fruitless < TRIES * 50 + calls.len() / 4 {
            let new = draw(&mut random)
                .filter(|call| seen.insert((call.target.clone(), call.body.clone())));
            match new {
                Some(call) => {
                    calls.push(call);
                    fruitless = 0;
                }
                None => fruitless += 1,
            }
        }
        self.found.borrow_mut().clear();
        calls
    }

    /// The version of a system that answers when none is named.
    fn system(&self, url: &str) -> Option<&Arc<CodeSystem>> {
        self.snapshot.catalogue.versions(url)?.default_version()
    }

    fn edition(&self) -> &Edition {
        self.main.edition()
    }

    /// The concept whose number of descendants is nearest to `wanted`.
    fn near(&self, wanted: u32) -> Option<(u32, ConceptIx)> {
        let at = self.by_size.partition_point(|(count, _)| *count < wanted);
        let nearest = [at.checked_sub(1), Some(at)].into_iter().flatten();
        nearest
            .filter_map(|at| self.by_size.get(at).copied())
            .min_by_key(|(count, _)| count.abs_diff(wanted))
    }

    /// The concepts of a system that a text finds; kept, since pools ask for texts again.
    fn matching(&self, system: &CodeSystem, text: &str) -> Option<Arc<ConceptSet>> {
        let edition = system.edition();
        let key = (edition.meta().url.clone(), text.to_owned());
        if let Some(known) = self.found.borrow().get(&key) {
            return Some(Arc::clone(known));
        }
        let found = edition.text_index()?.matching(&Query::parse(text));
        let found = Arc::new(ConceptSet::from(found));
        let mut kept = self.found.borrow_mut();
        if kept.len() < 512 {
            kept.insert(key, Arc::clone(&found));
        }
        Some(found)
    }

    /// What a page of `total` rows must be like. Another server may leave the total out.
    fn page(&self, total: u64, offset: u64, count: u64) -> Expect {
        let shown = total.saturating_sub(offset).min(count);
        if self.is_peer {
            return Expect::ok().rows(shown.min(1), count);
        }
        Expect::ok().member("total", total.to_string()).rows(shown, shown)
    }
}

/// An active concept whose code reads the same in JSON, as text.
fn code(edition: &Edition, random: &mut Random) -> Option<String> {
    draw::concept(edition, random).map(|concept| edition.code(concept).to_owned())
}

/// A filter of a compose.
fn filter_of(property: &str, op: &str, value: &str) -> Value {
    json!({"property": property, "op": op, "value": value})
}

/// One include of a compose.
fn include(system: &str, filters: &[Value]) -> Value {
    match filters {
        [] => json!({"system": system}),
        filters => json!({"system": system, "filter": filters}),
    }
}

/// `$expand` of a value set that is sent along; an empty text is no filter.
fn expand(includes: &[Value], text: &str, count: u64, expect: Expect) -> Call {
    let value_set = json!({
        "resourceType": "ValueSet", "status": "active", "compose": {"include": includes},
    });
    let mut parameters = vec![
        json!({"name": "valueSet", "resource": value_set}),
        json!({"name": "count", "valueInteger": count}),
    ];
    if !text.is_empty() {
        parameters.push(json!({"name": "filter", "valueString": text}));
    }
    let body = json!({"resourceType": "Parameters", "parameter": parameters});
    Call::post("/ValueSet/$expand", body.to_string(), expect)
}

fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}
