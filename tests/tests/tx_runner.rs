//! The runner of the terminology ecosystem suite, tested on the suite itself: what is expected
//! passes, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use tests::shared;
use tests::tx::stub::{Kind, Model, Mutation, Share};
use tests::tx::verdict::Judge;
use tests::tx::{Files, Version};

/// Mutations tried in one case; the larger the answer, the fewer.
fn budget(size_bytes: usize) -> usize {
    (4_000_000 / size_bytes.max(1)).clamp(40, 400)
}

#[test]
fn an_answer_as_expected_passes() {
    let Some(root) = shared::ecosystem("tests") else { return };
    let files = Files::open(&root);
    let mut unsorted = BTreeSet::new();
    for case in files.cases() {
        for version in Version::ALL.into_iter().filter(|version| case.is_for(*version)) {
            let judge = Judge::of(&case, &files, version, &BTreeSet::new());
            for share in [Share::Lean, Share::Full] {
                let model = Model::of(&judge.expected, &judge.rules(), share);
                let answer = judge.on_the_wire(model.answer);
                let (_, differences) = judge.judge(judge.status(), answer);
                match (share, differences.first()) {
                    (_, None) => {}
                    // Some expected answers list optional items out of the order that an answer is
                    // brought into, so that no answer with all of them passes.
                    (Share::Full, Some(_)) => {
                        unsorted.insert(case.id());
                    }
                    (Share::Lean, Some(difference)) => {
                        panic!("{version} {}: {difference}", case.id())
                    }
                }
            }
        }
    }
    println!("{} cases with optional items out of order: {unsorted:?}", unsorted.len());
    assert!(unsorted.len() <= 20, "{} cases", unsorted.len());
}

#[test]
fn the_wrong_class_of_status_fails() {
    let Some(root) = shared::ecosystem("tests") else { return };
    let files = Files::open(&root);
    for case in files.cases() {
        let judge = Judge::of(&case, &files, Version::R5, &BTreeSet::new());
        let model = Model::of(&judge.expected, &judge.rules(), Share::Lean);
        for status in [200, 302, 404, 422, 500] {
            let (_, differences) = judge.judge(status, model.answer.clone());
            let is_right = status / 100 == judge.status() / 100;
            assert_eq!(differences.is_empty(), is_right, "{} {status}", case.id());
        }
    }
}

#[test]
fn no_mutation_goes_unnoticed_except_where_a_marker_allows_it() {
    let Some(root) = shared::ecosystem("tests") else { return };
    let files = Files::open(&root);
    let mut noticed: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut excused: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
    let mut unnoticed = Vec::new();
    for case in files.cases() {
        let judge = Judge::of(&case, &files, Version::R5, &BTreeSet::new());
        let rules = judge.rules();
        let full = Model::of(&judge.expected, &rules, Share::Full);
        let is_sorted = judge.judge(judge.status(), full.answer.clone()).1.is_empty();
        let model = if is_sorted { full } else { Model::of(&judge.expected, &rules, Share::Lean) };
        let mutations = Mutation::all(&model.answer);
        let step = mutations.len().div_ceil(budget(model.answer.to_string().len())).max(1);
        // Steps that are no multiple of the kinds' rhythm reach all kinds.
        for mutation in mutations.iter().step_by(if step > 1 { step | 1 } else { 1 }) {
            let Some(answer) = mutation.applied(&model.answer) else { continue };
            let (_, differences) = judge.judge(judge.status(), answer);
            let excuse = mutation.excuse(&model, &rules);
            if !differences.is_empty() {
                *noticed.entry(mutation.kind).or_default() += 1;
            } else if let Some(excuse) = excuse {
                *excused.entry((mutation.kind, excuse)).or_default() += 1;
            } else {
                unnoticed.push(format!("{} {:?} {:?}", case.id(), mutation.kind, mutation.path));
            }
        }
    }
    for (kind, number) in &noticed {
        println!("{number:>7} {kind:?} noticed");
    }
    for ((kind, excuse), number) in &excused {
        println!("{number:>7} {kind:?} allowed: {excuse}");
    }
    assert!(noticed.len() == 10, "a kind was never noticed: {noticed:?}");
    assert!(
        unnoticed.is_empty(),
        "{} unnoticed: {:#?}",
        unnoticed.len(),
        unnoticed.iter().take(20).collect::<Vec<_>>()
    );
}
