use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::*;

fn small(german: bool) -> (tempfile::TempDir, Written) {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape { concepts: 6_000, german, ..Shape::default() };
    let written = generate(&shape, folder.path()).unwrap();
    (folder, written)
}

/// The rows of the files whose path contains `name`, without their headers.
fn rows(written: &Written, name: &str) -> Vec<Vec<String>> {
    let named = |path: &Path| path.to_string_lossy().contains(name);
    let mut rows = Vec::new();
    for (path, _) in written.files.iter().filter(|(path, _)| named(path)) {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect());
        rows.extend::<Vec<_>>(lines.collect());
    }
    rows
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let ((_one, first), (_other, second)) = (small(true), small(true));
    for ((path, _), (other, _)) in first.files.iter().zip(&second.files) {
        assert!(std::fs::read(path).unwrap() == std::fs::read(other).unwrap(), "{path:?}");
    }
}

#[test]
fn the_shape_is_that_of_a_release() {
    let (_folder, written) = small(false);
    let concepts = rows(&written, "Concept_");
    assert_eq!(concepts.len(), 6_000);
    let active = concepts.iter().filter(|row| row[2] == "1").count() as f64;
    assert!((0.69..0.74).contains(&(active / 6_000.0)), "{active}");
    let descriptions = rows(&written, "sct2_Description_").len() as f64;
    assert!((2.9..3.3).contains(&(descriptions / 6_000.0)), "{descriptions}");
    let members = written.rows("Language") as f64;
    assert!((1.9..2.1).contains(&(members / descriptions)), "{members}");
    let relationships = rows(&written, "sct2_Relationship_");
    let inactive = relationships.iter().filter(|row| row[2] == "0").count() as f64;
    let share = inactive / relationships.len() as f64;
    assert!((0.30..0.37).contains(&share), "{share}");
    let parents = relationships.iter().filter(|row| row[7] == "116680003" && row[2] == "1");
    let mean = parents.count() as f64 / active;
    assert!((1.35..1.55).contains(&mean), "{mean}");
    let rows_each = relationships.len() as f64 / 6_000.0;
    assert!((5.3..7.3).contains(&rows_each), "{rows_each}");
}

#[test]
fn identifiers_are_valid_and_unique_and_point_to_what_is_there() {
    let (_folder, written) = small(true);
    let concepts: HashSet<String> =
        rows(&written, "Concept_").into_iter().map(|row| row[0].clone()).collect();
    let mut seen = HashSet::new();
    for (file, references) in [
        ("sct2_Concept_", vec![3]),
        ("sct2_Description_", vec![3, 4, 6]),
        ("sct2_TextDefinition_", vec![4]),
        ("sct2_Relationship_", vec![4, 5, 7]),
        ("sct2_RelationshipConcreteValues_", vec![4, 7]),
    ] {
        for row in rows(&written, file) {
            assert!(sctid::is_valid(row[0].parse().unwrap()), "{file}: {row:?}");
            assert!(seen.insert(row[0].clone()), "{file}: {row:?}");
            let known = references.iter().all(|&column: &usize| concepts.contains(&row[column]));
            assert!(known, "{file}: {row:?}");
        }
    }
}

#[test]
fn the_hierarchy_has_one_root_and_no_two_concepts_one_name() {
    let (_folder, written) = small(false);
    let mut parents: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows(&written, "sct2_Relationship_") {
        if row[7] == "116680003" && row[2] == "1" {
            parents.entry(row[4].clone()).or_default().push(row[5].clone());
        }
    }
    let active = rows(&written, "Concept_").into_iter().filter(|row| row[2] == "1");
    let roots: Vec<String> =
        active.map(|row| row[0].clone()).filter(|id| !parents.contains_key(id)).collect();
    assert_eq!(roots, ["138875005"]);
    let mut names = HashSet::new();
    for row in rows(&written, "sct2_Description_Snapshot-en_INT") {
        assert!(row[6] != "900000000000003001" || names.insert(row[7].clone()), "{row:?}");
    }
}

#[test]
fn german_terms_are_a_package_of_their_own() {
    let (_folder, written) = small(true);
    let german = rows(&written, "Snapshot-de_DE1000274");
    let terms = rows(&written, "sct2_Description_Snapshot-de_DE1000274");
    let with_umlaut = terms.iter().filter(|row| row[7].contains(['ä', 'ö', 'ü', 'ß'])).count();
    assert!(terms.len() > 1_000 && with_umlaut * 5 > terms.len(), "{with_umlaut}");
    assert_eq!(german.len(), terms.len() * 2);
    let named: HashSet<&String> = terms.iter().map(|row| &row[4]).collect();
    let active = rows(&written, "Concept_").into_iter().filter(|row| row[2] == "1").count();
    let share = named.len() as f64 / active as f64;
    assert!((0.36..0.52).contains(&share), "{share}");
}

#[test]
fn the_concept_model_allows_what_is_written() {
    let (_folder, written) = small(false);
    let active = |row: &Vec<String>| row[2] == "1";
    let mut domains: HashMap<String, HashSet<String>> = HashMap::new();
    for row in rows(&written, "MRCMAttributeDomain") {
        domains.entry(row[5].clone()).or_default().insert(row[6].clone());
    }
    let ranges: HashSet<String> =
        rows(&written, "MRCMAttributeRange").into_iter().map(|row| row[5].clone()).collect();
    assert_eq!(rows(&written, "MRCMModuleScope").len(), 3);
    assert_eq!(rows(&written, "MRCMDomain").len(), 7);
    let is_a = "116680003";
    let mut parents: HashMap<String, Vec<String>> = HashMap::new();
    let relationships = rows(&written, "sct2_Relationship_");
    for row in relationships.iter().filter(|row| active(row) && row[7] == is_a) {
        parents.entry(row[4].clone()).or_default().push(row[5].clone());
    }
    let is_in = |concept: &str, tops: &HashSet<String>| {
        let mut open = vec![concept];
        while let Some(next) = open.pop() {
            if tops.contains(next) {
                return true;
            }
            open.extend(parents.get(next).into_iter().flatten().map(String::as_str));
        }
        false
    };
    let values = rows(&written, "RelationshipConcreteValues");
    let attributes = relationships.iter().filter(|row| row[7] != is_a).chain(&values);
    for row in attributes.filter(|row| active(row)) {
        assert!(ranges.contains(&row[7]) && is_in(&row[4], &domains[&row[7]]), "{row:?}");
    }
    let maps = rows(&written, "SimpleMap");
    let sets: HashSet<&String> = maps.iter().map(|row| &row[4]).collect();
    assert!(maps.len() > 2_000 && sets.len() == 2, "{}", maps.len());
}

#[test]
fn too_small_a_release_is_refused() {
    let shape = Shape { concepts: 100, ..Shape::default() };
    assert!(generate(&shape, Path::new("unused")).is_err());
}
