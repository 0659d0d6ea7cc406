//! Whole documents, through recognition and loading.

use codesystems::EditionBuilder;

use crate::bfarm::test_files::{load, load_paths, recognised, shared};
use crate::{Format, Options, Report};

fn codes(builder: &EditionBuilder) -> Vec<String> {
    let concepts = (0..builder.concept_count()).map(|n| codesystems::model::ConceptId(n as u32));
    let mut codes: Vec<String> = concepts.map(|concept| builder.code(concept).to_owned()).collect();
    codes.sort();
    codes
}

fn load_shared(path: &str) -> Option<(EditionBuilder, Report)> {
    let (mut kept, mut reports) = load_paths(&[shared(path)?], &Options::default()).unwrap();
    Some((kept.editions.remove(0), reports.remove(0)))
}

#[test]
fn the_construct_fixture_expands_as_its_comment_says() {
    let Some((builder, report)) = load_shared("data/icd10gm-derived/fixtures/claml_constructs.xml")
    else {
        return;
    };
    let expected = "Q01 Q01.0 Q01.00 Q01.01 Q01.1 Q01.10 Q01.11 Q02 Q02.0 Q02.00 Q02.01 Q02.1 \
        Q02.11 Q03 Q03.0 Q03.00 Q03.1 Q04 Q05 Q06 9-99 9-990 9-990.0 9-990.00 9-990.01 9-990.1 \
        I Q01-Q06 9 9-99...9-99";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort();
    assert_eq!(codes(&builder), expected);
    assert_eq!(report.counts["SubClass references without a class"], 1);
    println!("{report:#?}");
}

#[test]
fn rebuilt_icd_10_gm_expands_to_the_official_number_of_codes() {
    for (year, categories) in [("2025", 16_817), ("2021", 16_203)] {
        let path = format!("data/icd10gm-derived/icd10gm{year}_rekonstruiert_claml.zip");
        let Some((builder, report)) = load_shared(&path) else { return };
        let blocks = codes(&builder).iter().filter(|code| code.contains('-')).count();
        println!("{year}: {blocks} blocks, {report:#?}");
        assert_eq!(builder.concept_count(), categories + blocks + 22, "{year}");
        assert_eq!(builder.meta.version, year);
        assert_eq!(builder.meta.url, "http://fhir.de/CodeSystem/bfarm/icd-10-gm");
    }
}
