use proptest::prelude::*;

use super::{Change, Mark, Normalized, Refusal, normalize};
use crate::{Edition, EditionBuilder, EditionMeta};

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const OPS: &str = "http://fhir.de/CodeSystem/bfarm/ops";
const ATC: &str = "http://fhir.de/CodeSystem/bfarm/atc";
const ALPHA_ID: &str = "http://fhir.de/CodeSystem/bfarm/alpha-id";
const ORPHA: &str = "http://www.orpha.net";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const UCUM: &str = "http://unitsofmeasure.org";
const LOCAL: &str = "http://klinik.example/CodeSystem/labor";

/// A code system, its codes, and whether case counts in them.
const SYSTEMS: [(&str, &[&str], bool); 9] = [
    (ICD, &["I", "IV", "A00-A09", "E10-E14", "E11", "E11.9", "E11.90", "G63.2", "U69.00"], true),
    (
        OPS,
        &["5", "5-46...5-47", "5-47", "5-470", "5-470.1", "5-470.11", "5-38", "5-38a", "5-38a.c"],
        true,
    ),
    (ATC, &["A10", "A10BA02"], true),
    (ALPHA_ID, &["I95123"], true),
    (ORPHA, &["558"], false),
    (LOINC, &["2345-7", "LP14635-4"], false),
    (SNOMED, &["73211009"], false),
    (UCUM, &["mg"], true),
    (LOCAL, &["Glu A", "glu b"], true),
];

fn edition(url: &str) -> Edition {
    let (_, codes, case) = SYSTEMS.into_iter().find(|(known, ..)| *known == url).unwrap();
    let mut meta = EditionMeta::new(url, "2026");
    meta.case_sensitive = Some(case);
    let mut builder = EditionBuilder::new(meta);
    for code in codes {
        builder.concept(code);
    }
    Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
}

fn name(text: &str) -> Change {
    Change::Name(text.to_owned())
}

fn usage(mark: char) -> Change {
    Change::Mark(Mark::Usage(mark))
}

fn side(mark: char) -> Change {
    Change::Mark(Mark::Side(mark))
}

fn certainty(mark: char) -> Change {
    Change::Mark(Mark::Certainty(mark))
}

#[test]
fn codes_are_read_as_hospital_systems_write_them() {
    use Change::{Blanks, Case, Letter, Placeholder, Separators, Term};
    for (url, text, code, changes) in [
        (ICD, "e11.90", "E11.90", vec![Case]),
        (ICD, "E1190", "E11.90", vec![Separators]),
        (ICD, "e11 90", "E11.90", vec![Blanks, Case, Separators]),
        (ICD, "E11.90 ", "E11.90", vec![Blanks]),
        (ICD, "\u{a0}E11.90\t", "E11.90", vec![Blanks]),
        (ICD, "E11.9-", "E11.9", vec![Placeholder]),
        (ICD, "E11.-", "E11", vec![Placeholder]),
        (ICD, "E11.--", "E11", vec![Placeholder]),
        (ICD, "E11.90+", "E11.90", vec![usage('†')]),
        (ICD, "E11.90†", "E11.90", vec![usage('†')]),
        (ICD, "G63.2*", "G63.2", vec![usage('*')]),
        (ICD, "U69.00!", "U69.00", vec![usage('!')]),
        (ICD, "U6900 !", "U69.00", vec![Blanks, Separators, usage('!')]),
        (ICD, "E11.90 G", "E11.90", vec![Blanks, certainty('G')]),
        (ICD, "e1190g", "E11.90", vec![Case, Separators, certainty('G')]),
        (ICD, "E11.90 (V)", "E11.90", vec![Blanks, certainty('V')]),
        (ICD, "E11.90 L", "E11.90", vec![Blanks, side('L')]),
        (ICD, "E11.90+ G R", "E11.90", vec![Blanks, usage('†'), certainty('G'), side('R')]),
        (ICD, "ICD-10-GM: E11.90", "E11.90", vec![Blanks, name("ICD-10-GM")]),
        (ICD, "ICD-10-GM-2026 E11.90", "E11.90", vec![Blanks, name("ICD-10-GM")]),
        (ICD, "A00-A09", "A00-A09", vec![]),
        (ICD, "a00 – a09", "A00-A09", vec![Blanks, Case, Separators]),
        (ICD, "iv", "IV", vec![Case]),
        (OPS, "5-470.11", "5-470.11", vec![]),
        (OPS, "5470.11", "5-470.11", vec![Separators]),
        (OPS, "547011", "5-470.11", vec![Separators]),
        (OPS, "5-470.11:L", "5-470.11", vec![side('L')]),
        (OPS, "5-470.11 b", "5-470.11", vec![Blanks, side('B')]),
        (OPS, "OPS 5-470", "5-470", vec![Blanks, name("OPS")]),
        (OPS, "5-38A.C", "5-38a.c", vec![Case]),
        (OPS, "5-47.-", "5-47", vec![Placeholder]),
        (OPS, "5-46…5-47", "5-46...5-47", vec![Separators]),
        (OPS, "5-46-5-47", "5-46...5-47", vec![Separators]),
        (ATC, "a10ba02", "A10BA02", vec![Case]),
        (ATC, "A10 BA 02", "A10BA02", vec![Blanks]),
        (ORPHA, "ORPHA:558", "558", vec![name("ORPHA")]),
        (ORPHA, "Orpha 558", "558", vec![Blanks, name("Orpha")]),
        (ORPHA, "558", "558", vec![]),
        (ALPHA_ID, "95123", "I95123", vec![Letter]),
        (ALPHA_ID, "i95123", "I95123", vec![Case]),
        (ALPHA_ID, "Alpha-ID I95123", "I95123", vec![Blanks, name("Alpha-ID")]),
        (LOINC, "LOINC 2345-7", "2345-7", vec![Blanks, name("LOINC")]),
        (LOINC, "2345–7", "2345-7", vec![Separators]),
        (LOINC, "lp14635-4", "LP14635-4", vec![Case]),
        (SNOMED, "73211009 |Diabetes mellitus|", "73211009", vec![Blanks, Term]),
        (SNOMED, "SCTID: 73211009", "73211009", vec![Blanks, name("SCTID")]),
        (UCUM, " mg/dL ", "mg/dL", vec![Blanks]),
        (LOCAL, " Glu A", "Glu A", vec![Blanks]),
    ] {
        let found = normalize(&edition(url), text).unwrap();
        let expected = Normalized { code: code.to_owned(), changes };
        assert_eq!(found, Some(expected), "{text}");
    }
}

#[test]
fn an_alpha_id_without_letters_loses_the_letter() {
    let mut builder = EditionBuilder::new(EditionMeta::new(ALPHA_ID, "2026"));
    builder.concept("95123");
    let edition = Edition::from_bytes(builder.finish().unwrap().into()).unwrap();
    let found = normalize(&edition, "I95123").unwrap().unwrap();
    assert_eq!((found.code.as_str(), found.changes), ("95123", vec![Change::Letter]));
}

#[test]
fn what_means_no_code_is_not_guessed() {
    for (url, text) in [
        (ICD, ""),
        (ICD, "-"),
        (ICD, "E99.9"),
        (ICD, "E11.90 L R"),
        (ICD, "E11.90+ G63.2*"),
        (ICD, "IG"),
        (ICD, "E11.90 X"),
        (OPS, "5-38b"),
        (OPS, "5-38B"),
        (OPS, "5-470.12"),
        (LOINC, "99999-5"),
        (LOINC, "glucose"),
        (SNOMED, "44054006"),
        (LOCAL, "GLU A"),
        (UCUM, "mg dL"),
    ] {
        assert_eq!(normalize(&edition(url), text), Ok(None), "{text}");
    }
}

#[test]
fn a_loinc_code_needs_its_check_digit() {
    let loinc = edition(LOINC);
    for (text, right, is_missing) in [
        ("2345", "2345-7", true),
        ("2345-", "2345-7", true),
        ("2345-1", "2345-7", false),
        ("LOINC:2345-1", "2345-7", false),
        ("4548", "4548-4", true),
        ("14749-0", "14749-6", false),
    ] {
        let expected = Refusal::CheckDigit { right: right.to_owned(), is_missing };
        assert_eq!(normalize(&loinc, text), Err(expected), "{text}");
    }
}

#[test]
fn identifiers_of_descriptions_and_relationships_are_no_codes() {
    let snomed = edition(SNOMED);
    for (text, is_description) in
        [("121589010", true), ("900000000000003011", true), ("100022", false)]
    {
        let expected = Refusal::NotAConcept { is_description };
        assert_eq!(normalize(&snomed, text), Err(expected), "{text}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    let codes: Vec<&str> = SYSTEMS.iter().flat_map(|(_, codes, _)| codes.iter().copied()).collect();
    prop_oneof![
        any::<String>(),
        "[A-Za-z0-9.:+*!†|…– -]{0,24}",
        (proptest::sample::select(codes), "[ ,;:.GLRVAZU+*!†-]{0,8}")
            .prop_map(|(code, tail)| format!("{code}{tail}")),
    ]
}

proptest! {
    #[test]
    fn a_result_is_a_code_of_the_edition_and_stands_for_itself(text in texts()) {
        for (url, codes, _) in SYSTEMS {
            let edition = edition(url);
            if let Ok(Some(found)) = normalize(&edition, &text) {
                prop_assert!(url == UCUM || codes.contains(&found.code.as_str()), "{found:?}");
                let again = normalize(&edition, &found.code);
                prop_assert_eq!(again, Ok(Some(Normalized { code: found.code, changes: Vec::new() })));
            }
        }
    }
}
