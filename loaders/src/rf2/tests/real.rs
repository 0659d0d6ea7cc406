//! Published test releases, where the shared data is at hand.

use std::path::{Path, PathBuf};

use codesystems::LanguagePreference;

use super::harness::{load, members, parents, properties, shared, version};
use crate::{Options, Report};

/// Whether a report has these counts.
fn assert_counts(report: &Report, expected: &[(&str, u64)]) {
    for (name, number) in expected {
        assert_eq!(report.counts.get(*name), Some(number), "{name}: {:?}", report.counts);
    }
}

#[test]
fn the_hl7_subset_loads_as_its_readers_expect() {
    let Some(folder) = shared("hl7-tx-subset_INT_20250909") else { return };
    let uri = "http://snomed.info/xsct/31000003106/version/20250909";
    let (edition, report) = load(&[folder], &version(uri)).unwrap();
    assert_counts(
        &report,
        &[
            ("concepts", 2_258),
            ("concepts active", 2_254),
            ("descriptions", 7_882),
            ("descriptions active", 6_528),
            ("text definitions", 363),
            ("relationships", 6_945),
            ("concrete values", 8),
            ("language members", 15_909),
            ("reference set members", 2_312 + 33 + 81 + 71 + 7),
        ],
    );
    // The map module is named as depended on, but is no concept of the subset.
    let warnings: Vec<_> = report.warnings.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(warnings, ["reference set 900000000000534007: no component 449080006"]);
    assert_eq!(edition.concept_count(), 2_258);
    assert_eq!(edition.meta().version, uri);
    let root = edition.find("138875005").unwrap();
    assert_eq!(edition.display(root), "SNOMED CT Concept");
    assert_eq!(edition.descendants(root).len(), 2_250);
    let tendon = edition.find("367430006").unwrap();
    assert_eq!(edition.display(tendon), "Repair of tendon of hand");
    assert_eq!(parents(&edition, "367430006"), ["119657005", "274059009", "281760001"]);
    let attributes = properties(&edition, "367430006");
    for expected in ["1:260686004=257903006", "1:405813007=118632007", "effectiveTime=2005-01-31"] {
        assert!(attributes.contains(&expected.to_owned()), "{attributes:?}");
    }
    assert_eq!(members(&edition, "900000000000526001").len(), 1);
}

#[test]
fn the_hl7_subset_names_its_own_edition() {
    let Some(folder) = shared("hl7-tx-subset_INT_20250909") else { return };
    let (edition, _) = load(&[folder], &Options::default()).unwrap();
    assert_eq!(edition.meta().version, "http://snomed.info/xsct/31000003106/version/20250909");
    let appendicitis = edition.find("155729003").unwrap();
    assert!(edition.is_inactive(appendicitis));
    assert_eq!(edition.display(appendicitis), "Appendicitis");
}

#[test]
fn british_and_american_terms_are_told_apart() {
    let Some(folder) = shared("hl7-tx-subset_INT_20250909") else { return };
    let (edition, _) = load(&[folder], &Options::default()).unwrap();
    let [us, gb] =
        ["en-US", "en-GB"].map(|tag| edition.language_scores(&LanguagePreference::parse(tag)));
    let different = edition
        .all()
        .iter()
        .filter(|&concept| edition.display_for(concept, &us) != edition.display_for(concept, &gb))
        .count();
    assert!((1..500).contains(&different), "{different}");
}

#[test]
fn full_and_snapshot_of_one_release_give_the_same_edition() {
    let Some(folder) = shared("snowstorm-dummy/RF2Release") else { return };
    let (full, report) = load(&[folder.join("Full")], &Options::default()).unwrap();
    let (snapshot, _) = load(&[folder.join("Snapshot")], &Options::default()).unwrap();
    // One concept of the Snapshot is not in the Full file, nor what it relates to.
    assert_eq!((full.concept_count(), snapshot.concept_count()), (102, 103));
    assert!(full.find("762705008").is_none());
    assert_eq!(full.meta().version, snapshot.meta().version);
    assert!(full.meta().version.ends_with("/900000000000207008/version/20180731"));
    for concept in snapshot.all().iter() {
        let code = snapshot.code(concept);
        let Some(other) = full.find(code) else { continue };
        assert_eq!(properties(&full, code), properties(&snapshot, code), "{code}");
        let above = parents(&snapshot, code);
        if !above.contains(&"762705008".to_owned()) {
            assert_eq!(parents(&full, code), above, "{code}");
        }
        assert_eq!(full.display(other), snapshot.display(concept), "{code}");
        assert_eq!(full.is_inactive(other), snapshot.is_inactive(concept), "{code}");
    }
    assert!(report.counts["stated relationships left out"] > 100);
}

#[test]
fn a_full_release_can_be_read_as_of_an_earlier_date() {
    let Some(folder) = shared("snowstorm-dummy/RF2Release/Full") else { return };
    let (edition, report) = load(&[folder], &version("20050101")).unwrap();
    assert!(edition.meta().version.ends_with("/version/20050101"));
    assert!(report.counts["concepts"] < 103, "{:?}", report.counts);
}

#[test]
fn a_delta_on_top_of_the_snapshot_wins() {
    let Some(folder) = shared("snowstorm-dummy/RF2Release") else { return };
    let paths = [folder.join("Snapshot"), folder.join("Delta")];
    let (edition, report) = load(&paths, &Options::default()).unwrap();
    assert_counts(&report, &[("concepts", 103)]);
    assert!(edition.meta().version.ends_with("/version/20180831"), "{}", edition.meta().version);
    let bleeding = edition.find("131148009").unwrap();
    let changed = edition.designations(bleeding).filter(|row| row.id() == 210_860_014).count();
    assert_eq!((edition.display(bleeding), changed), ("Bleeding", 1));
}

#[test]
fn unreleased_rows_are_read_and_stated_relationships_left_out() {
    let Some(folder) = shared("snowstorm-dummy") else { return };
    let paths = [folder.join("RF2Release/Snapshot"), folder.join("conversion-to-complete-owl")];
    let (edition, report) = load(&paths, &Options::default()).unwrap();
    let (owl, set) = edition.membership_set("733073007").unwrap();
    assert_eq!(set.fields, ["owlExpression"]);
    assert!(edition.members(owl).len() > 50);
    assert!(report.counts["stated relationships left out"] > 100);
    assert!(edition.meta().version.ends_with("/version/20180731"));
}

#[test]
fn the_mini_release_has_concrete_values_and_an_identifier_file() {
    let Some(folder) = shared("snowstorm-dummy/SnomedCT_MiniRF2") else { return };
    let (edition, report) = load(&[folder.join("Snapshot")], &Options::default()).unwrap();
    assert_counts(&report, &[("concepts", 13), ("concrete values", 5), ("identifiers", 1)]);
    assert_eq!(report.counts["identifiers of unknown components left out"], 1);
    let disorder = properties(&edition, "362969004");
    for expected in [
        "363698007=113331007",
        "363698007=Before bed",
        "363698007=Daily",
        "sufficientlyDefined=true",
    ] {
        assert!(disorder.contains(&expected.to_owned()), "{disorder:?}");
    }
    let (whole, _) = load(&[folder], &Options::default()).unwrap();
    assert!(whole.concept_count() >= edition.concept_count());
}

#[test]
fn mini_releases_of_axioms_load_with_and_without_their_deltas() {
    let Some(folder) = shared("owl-toolkit-mini") else { return };
    let base = folder.join("SnomedCT_MiniRF2_Base_with_Axioms_snapshot");
    let (edition, _) = load(std::slice::from_ref(&base), &Options::default()).unwrap();
    assert_eq!(edition.concept_count(), 15);
    assert_eq!(parents(&edition, "30171000"), ["362969004"]);
    assert_eq!(members(&edition, "733073007").len(), 1);
    assert!(edition.membership_set("762103008").is_some());
    let complete = folder.join("SnomedCT_MiniRF2_Base_CompleteOwl_snapshot");
    assert!(load(&[complete], &Options::default()).is_ok());
    for (delta, concept, parent) in [
        ("SnomedCT_MiniRF2_Active_Ingredient_Property_Chain_delta", "100206001", "100204001"),
        ("SnomedCT_MiniRF2_Add_Diabetes_delta", "362969004", "404684003"),
        ("SnomedCT_MiniRF2_Anatomy_Transitive_Reflexive_delta", "362969004", "404684003"),
    ] {
        let paths = [base.clone(), folder.join(delta)];
        let (edition, _) = load(&paths, &Options::default()).unwrap();
        assert!(parents(&edition, concept).contains(&parent.to_owned()), "{delta}");
        let alone = load(&[folder.join(delta)], &Options::default());
        assert!(alone.unwrap_err().to_string().contains("only Delta files"), "{delta}");
    }
}

#[test]
fn maps_of_concepts_that_are_not_there_are_counted_and_their_columns_known() {
    let Some(folder) = shared("hermes-example-snapshot") else { return };
    let (edition, report) = load(&[folder], &Options::default()).unwrap();
    let fields = |set: &str| edition.membership_set(set).unwrap().1.fields.join(" ");
    assert_eq!(
        fields("447562003"),
        "mapGroup mapPriority mapRule mapAdvice mapTarget correlationId mapCategoryId"
    );
    assert_eq!(fields("22671000001102"), "mapTarget mapTargetDescription");
    assert_counts(
        &report,
        &[
            ("concepts", 4),
            ("reference set members", 6),
            ("reference set members of unknown components left out", 6),
        ],
    );
}

#[test]
fn a_release_reads_the_same_from_an_archive() {
    let Some(folder) = shared("hl7-tx-subset_INT_20250909") else { return };
    let target = tempfile::tempdir().unwrap();
    let archive = target.path().join("release.zip");
    zip_folder(&folder, &archive);
    let (from_zip, _) = load(&[archive], &Options::default()).unwrap();
    let (from_folder, _) = load(&[folder], &Options::default()).unwrap();
    assert_eq!(from_zip.concept_count(), from_folder.concept_count());
    assert_eq!(from_zip.designation_count(), from_folder.designation_count());
    assert_eq!(from_zip.provenance().sources.len(), 1);
}

fn zip_folder(folder: &Path, archive: &Path) {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::fs::File::create(archive).unwrap());
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(&std::fs::read(&path).unwrap()).unwrap();
        }
    }
    writer.finish().unwrap();
}
