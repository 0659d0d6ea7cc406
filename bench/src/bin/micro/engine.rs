//! Paths of the library crates: codes, hierarchy, text, filters, membership.

use std::hint::black_box;
use std::sync::Arc;

use bench::rf2_generator::random::Random;
use bench::{Result, draw};
use codesystems::search::{Query, Selection};
use codesystems::{Canonical, ConceptIx, Edition, LanguagePreference};
use server::library::Snapshot;
use valuesets::model::{Filter, FilterOp};
use valuesets::validate::{Coding, Rules, Shape, in_value_set};
use valuesets::{CodeSystem, Scope, filters, implicit, plan};

use crate::harness::Harness;

/// Operations timed at once where one takes nanoseconds.
const BATCH: usize = 500;
/// Letters of the longest beginning of a word that is searched for.
const LETTERS: usize = 6;

/// The `number`-th of a pool that is asked round and round.
fn turn<T>(pool: &[T], number: usize) -> Option<&T> {
    pool.get(number % pool.len().max(1))
}

pub(crate) fn measure(
    harness: &mut Harness,
    snapshot: &Snapshot,
    system: &CodeSystem,
    pool: usize,
) -> Result<()> {
    let edition = system.edition();
    let mut random = Random::new(1, "micro");
    codes(harness, edition, pool, &mut random);
    hierarchy(harness, edition, pool, &mut random);
    text(harness, edition, pool, &mut random);
    properties(harness, edition, pool, &mut random);
    membership(harness, snapshot, edition, pool, &mut random)
}

fn draws<T>(pool: usize, draw: impl FnMut() -> Option<T>) -> Vec<T> {
    std::iter::repeat_with(draw).take(pool).flatten().collect()
}

fn codes(harness: &mut Harness, edition: &Edition, pool: usize, random: &mut Random) {
    let name = "code -> ordinal -> preferred term";
    let codes = draws(pool, || Some(edition.code(draw::concept(edition, random)?).to_owned()));
    if codes.is_empty() {
        return harness.nothing(name);
    }
    for (language, preference) in [
        ("default language", LanguagePreference::default()),
        ("de", LanguagePreference::parse("de")),
        ("en", LanguagePreference::parse("en")),
    ] {
        let scores = edition.language_scores(&preference);
        harness.measure(format!("{name} ({language})"), "0.5 µs", BATCH, |number| {
            let concept = turn(&codes, number).and_then(|code| edition.find(code));
            concept
                .is_some_and(|concept| !black_box(edition.display_for(concept, &scores)).is_empty())
        });
    }
}

fn hierarchy(harness: &mut Harness, edition: &Edition, pool: usize, random: &mut Random) {
    let pairs = draws(pool, || draw::ancestor_and_descendant(edition, random));
    if pairs.is_empty() {
        return harness.nothing("subsumption");
    }
    harness.measure("subsumption, true", "0.1 µs", BATCH, |number| {
        turn(&pairs, number).is_some_and(|&(above, below)| edition.is_ancestor(above, below))
    });
    harness.measure("subsumption, false", "0.1 µs", BATCH, |number| {
        turn(&pairs, number).is_some_and(|&(above, below)| !edition.is_ancestor(below, above))
    });
    harness.measure("descendants as a set", "", 1, |number| {
        turn(&pairs, number)
            .is_some_and(|&(above, below)| black_box(edition.descendants(above)).contains(below))
    });
    harness.measure("number of descendants", "", BATCH, |number| {
        turn(&pairs, number).is_some_and(|&(above, _)| edition.descendant_count(above) > 0)
    });
    harness.measure("ancestors as a set", "", 1, |number| {
        turn(&pairs, number)
            .is_some_and(|&(above, below)| black_box(edition.ancestors(below)).contains(above))
    });
}

fn text(harness: &mut Harness, edition: &Edition, pool: usize, random: &mut Random) {
    let Some(index) = edition.text_index() else { return harness.nothing("search") };
    let find = |text: &str| {
        let selection = Selection { within: None, offset: 0, limit: 20 };
        !black_box(index.search(&Query::parse(text), &selection)).hits.is_empty()
    };
    for letters in 1..=LETTERS {
        let name = format!("ranked search, first 20, {letters} letters");
        let prefixes = draw::prefixes(edition, letters, pool, random);
        if prefixes.is_empty() {
            harness.nothing(&name);
            continue;
        }
        harness.measure(name, "150 µs, worst 2 ms", 1, |number| {
            turn(&prefixes, number).is_some_and(|prefix| find(prefix))
        });
    }
    let two = draws(pool, || {
        let concept = draw::concept(edition, random)?;
        draw::typed(edition.display(concept), 8, random)
    });
    harness.measure("ranked search, first 20, two words", "150 µs, worst 2 ms", 1, |number| {
        turn(&two, number).is_some_and(|words| find(words))
    });
}

fn properties(harness: &mut Harness, edition: &Edition, pool: usize, random: &mut Random) {
    let name = "filter by property, as a set";
    let wanted: Vec<(Filter, ConceptIx)> = draws(pool, || {
        let concept = draw::concept(edition, random)?;
        let (property, value) = draw::property(edition, concept, random)?;
        Some((Filter { property, op: FilterOp::Equal, value }, concept))
    });
    if wanted.is_empty() {
        return harness.nothing(name);
    }
    let url = edition.meta().url.clone();
    harness.measure(name, "", 1, |number| {
        turn(&wanted, number).is_some_and(|(filter, concept)| {
            filters::select(edition, &url, filter).is_ok_and(|set| set.contains(*concept))
        })
    });
}

/// Compiles the value set of a large subtree, then asks for codes in it.
fn membership(
    harness: &mut Harness,
    snapshot: &Snapshot,
    edition: &Edition,
    pool: usize,
    random: &mut Random,
) -> Result<()> {
    let pairs = draws(pool, || draw::ancestor_and_descendant(edition, random));
    let largest = pairs.iter().map(|&(above, _)| above);
    let Some(top) = largest.max_by_key(|&above| edition.descendant_count(above)) else {
        harness.nothing("validate-code");
        return Ok(());
    };
    let below: Vec<&str> = pairs
        .iter()
        .filter(|&&(_, below)| edition.is_ancestor(top, below))
        .map(|&(_, below)| edition.code(below))
        .collect();
    let system = edition.meta().url.as_str();
    let name = format!("{system}?fhir_vs=isa/{}", edition.code(top));
    let scope = Scope::new(&snapshot.catalogue);
    let canonical = Canonical::parse(&name);
    let Some(value_set) = implicit::value_set(&canonical, &scope)? else {
        return Err(format!("'{name}' is not an implicit value set").into());
    };
    harness.measure("compile a subtree's value set", "", 1, |_| {
        plan::compile(&value_set, &scope).is_ok_and(|compiled| !compiled.is_empty())
    });
    let compiled = Arc::new(plan::compile(&value_set, &scope)?);
    let known = |_: Option<&Canonical>| Ok(Arc::clone(&compiled));
    harness.measure("validate-code in a compiled value set", "", 50, |number| {
        let code = turn(&below, number).copied().unwrap_or_default();
        let coding = Coding { system, code, ..Coding::default() };
        let verdict =
            in_value_set(&scope, &value_set, &known, &[coding], Shape::Code, Rules::default());
        verdict.is_ok_and(|verdict| verdict.result)
    });
    Ok(())
}
