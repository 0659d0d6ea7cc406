//! Updates by hand, and against every pair of concepts on random hierarchies.

use std::collections::BTreeSet;

use codesystems::{EditionBuilder, EditionMeta};
use proptest::prelude::*;

use super::*;

const SYSTEM: &str = "http://example.org/animals";

fn edition(version: &str, edges: &[(&str, &str)]) -> Arc<Edition> {
    let mut builder = EditionBuilder::new(EditionMeta::new(SYSTEM, version));
    for &(child, parent) in edges {
        let (child, parent) = (builder.concept(child), builder.concept(parent));
        builder.parent(child, parent);
    }
    Arc::new(Edition::from_bytes(builder.finish().unwrap().into()).unwrap())
}

fn animals() -> Arc<Edition> {
    edition("1", &[("cat", "mammal"), ("dog", "mammal"), ("mammal", "animal"), ("cat", "pet")])
}

fn concepts<'a>(codes: &[&'a str]) -> Vec<NewConcept<'a>> {
    codes.iter().map(|&code| NewConcept { system: SYSTEM, version: "", code }).collect()
}

/// `child<ancestor` of every relation.
fn pairs(update: &ClosureUpdate) -> BTreeSet<String> {
    let elements = update.groups.iter().flat_map(|group| &group.elements);
    elements
        .flat_map(|element| {
            element.ancestors.iter().map(|ancestor| format!("{}<{ancestor}", element.code))
        })
        .collect()
}

fn set(pairs: &[&str]) -> BTreeSet<String> {
    pairs.iter().map(|&pair| pair.to_owned()).collect()
}

#[test]
fn an_update_tells_only_what_is_new_whichever_side_came_later() {
    let edition = animals();
    let editions = |_: &str, _: &str| Some(edition.clone());
    let mut table = ClosureTable::new("pets");
    assert_eq!((table.version(), table.is_empty()), (0, true));
    for (codes, version, expected) in [
        (vec!["cat"], 1, vec![]),
        (vec!["animal"], 2, vec!["cat<animal"]),
        (vec!["cat"], 2, vec![]),
        (vec!["mammal", "pet", "cat"], 3, vec!["cat<mammal", "cat<pet", "mammal<animal"]),
        (vec!["dog"], 4, vec!["dog<animal", "dog<mammal"]),
        (vec![], 4, vec![]),
    ] {
        let update = table.add(&concepts(&codes), &editions).unwrap();
        assert_eq!((update.version, pairs(&update)), (version, set(&expected)), "{codes:?}");
        assert!(update.groups.len() <= 1);
    }
    assert_eq!(table.len(), 5);
}

#[test]
fn a_group_has_its_system_and_version_and_elements_all_their_ancestors() {
    let edition = animals();
    let mut table = ClosureTable::new("pets");
    let codes = concepts(&["animal", "cat", "mammal"]);
    let update = table.add(&codes, &|_, _| Some(edition.clone())).unwrap();
    let [group] = update.groups.try_into().unwrap();
    assert_eq!((group.system.as_str(), group.version.as_str()), (SYSTEM, "1"));
    let elements: Vec<_> =
        group.elements.iter().map(|one| (one.code.as_str(), one.ancestors.join(" "))).collect();
    assert_eq!(elements, [("mammal", "animal".to_owned()), ("cat", "animal mammal".to_owned())]);
    assert_eq!(
        (RELATIONSHIP.r4(), RELATIONSHIP.r5()),
        ("subsumes", "source-is-narrower-than-target")
    );
}

#[test]
fn unknown_concepts_are_named_and_left_out() {
    let edition = animals();
    let editions = |system: &str, _: &str| (system == SYSTEM).then(|| edition.clone());
    let mut table = ClosureTable::new("pets");
    let mut codes = concepts(&["unicorn", "cat"]);
    codes.push(NewConcept { system: "http://other", version: "", code: "cat" });
    let update = table.add(&codes, &editions).unwrap();
    assert_eq!((update.unknown, table.len()), (vec![0, 2], 1));
}

#[test]
fn versions_of_one_system_are_kept_apart() {
    let editions = [animals(), edition("2", &[("cat", "pet"), ("mammal", "pet")])];
    let find = |_: &str, version: &str| {
        let wanted = if version.is_empty() { "2" } else { version };
        editions.iter().find(|edition| edition.meta().version == wanted).cloned()
    };
    let mut table = ClosureTable::new("pets");
    let concept = |version, code| NewConcept { system: SYSTEM, version, code };
    let codes = [
        concept("1", "cat"),
        concept("1", "pet"),
        concept("2", "pet"),
        concept("", "mammal"),
        concept("3", "pet"),
    ];
    let update = table.add(&codes, &find).unwrap();
    let groups: Vec<_> = update
        .groups
        .iter()
        .map(|group| (group.version.as_str(), group.elements[0].code.as_str()))
        .collect();
    assert_eq!(groups, [("1", "cat"), ("2", "mammal")]);
    assert_eq!(update.unknown, [4]);
}

#[test]
fn a_replay_tells_what_came_after_a_version() {
    let edition = animals();
    let editions = |_: &str, _: &str| Some(edition.clone());
    let mut table = ClosureTable::new("pets");
    for code in ["cat", "animal", "mammal"] {
        table.add(&concepts(&[code]), &editions).unwrap();
    }
    let stored = serde_json::to_string(&table).unwrap();
    let table: ClosureTable = serde_json::from_str(&stored).unwrap();
    for (from, expected) in [
        (0, vec!["cat<animal", "cat<mammal", "mammal<animal"]),
        (1, vec!["cat<animal", "cat<mammal", "mammal<animal"]),
        (2, vec!["cat<mammal", "mammal<animal"]),
        (3, vec![]),
    ] {
        let update = table.replay(from, &editions).unwrap();
        assert_eq!((update.version, pairs(&update)), (3, set(&expected)), "from {from}");
    }
    let error = table.replay(4, &editions).unwrap_err();
    assert_eq!(error.to_string(), "closure 'pets' has version 3, not 4");
}

#[test]
fn a_table_whose_edition_is_gone_must_be_reinitialized() {
    let (old, new) = (animals(), edition("2", &[("cat", "pet")]));
    let mut table = ClosureTable::new("pets");
    table.add(&concepts(&["cat"]), &|_, _| Some(old.clone())).unwrap();
    for gone in [table.replay(0, &|_, _| None), table.replay(0, &|_, _| Some(new.clone()))] {
        let message = gone.unwrap_err().to_string();
        assert!(message.starts_with("closure 'pets' must be reinitialized"), "{message}");
    }
    let changed = edition("1", &[("dog", "pet")]);
    let before = table.clone();
    assert!(table.add(&concepts(&["dog"]), &|_, _| Some(changed.clone())).is_err());
    assert_eq!(table, before);
}

proptest! {
    #[test]
    fn updates_and_replays_equal_the_test_of_every_pair(
        edges in prop::collection::vec((0u32..30, 0u32..30), 0..60),
        updates in prop::collection::vec(prop::collection::vec(0u32..30, 0..8), 0..6),
    ) {
        // An edge from a greater to a smaller number: no cycles.
        let names: Vec<String> = (0..30).map(|number| format!("c{number}")).collect();
        let mut lines: Vec<(&str, &str)> = vec![];
        for &(one, other) in &edges {
            if one != other {
                let (child, parent) = (one.max(other) as usize, one.min(other) as usize);
                lines.push((&names[child], &names[parent]));
            }
        }
        lines.extend(names.iter().skip(25).map(|name| (name.as_str(), "root")));
        let edition = edition("1", &lines);
        let editions = |_: &str, _: &str| Some(edition.clone());
        let mut table = ClosureTable::new("t");
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut told: Vec<BTreeSet<String>> = vec![BTreeSet::new()];
        let mut members: BTreeSet<&str> = BTreeSet::new();
        for update in &updates {
            let codes: Vec<&str> = update.iter().map(|&number| names[number as usize].as_str()).collect();
            let answer = table.add(&concepts(&codes), &editions).unwrap();
            members.extend(codes.iter().filter(|code| edition.find(code).is_some()));
            let mut every = BTreeSet::new();
            for child in &members {
                for ancestor in &members {
                    let (below, above) = (edition.find(child).unwrap(), edition.find(ancestor).unwrap());
                    if edition.is_ancestor(above, below) {
                        every.insert(format!("{child}<{ancestor}"));
                    }
                }
            }
            let new: BTreeSet<String> = every.difference(&seen).cloned().collect();
            prop_assert_eq!(&pairs(&answer), &new);
            if answer.version as usize == told.len() {
                told.push(new);
            }
            seen = every;
        }
        for from in 0..=table.version() {
            let after: BTreeSet<String> =
                told.iter().skip(from as usize + 1).flatten().cloned().collect();
            prop_assert_eq!(pairs(&table.replay(from, &editions).unwrap()), after);
        }
    }
}
