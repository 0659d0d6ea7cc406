use crate::Options;
use crate::test_sink::{
    Kept, at, codes, designations, display, endures_damage, load_files, load_paths, shared, values,
};

const NAMES: &str = "161|ENG||||||10001||161||RXNORM|IN|161|acetaminophen||N|4096|
161|ENG||||||10002||||MTHSPL|SU|362O9ITL9D|ACETAMINOPHEN||N||
202433|ENG||||||10003||202433||RXNORM|BN|202433|Tylenol||N|4096|
209387|ENG||||||10005||209387||RXNORM|PSN|209387|Tylenol 325 MG Oral Tablet||N|4096|
209387|ENG||||||10004||209387||RXNORM|SBD|209387|acetaminophen 325 MG Oral Tablet [Tylenol]||N|4096|
209387|ENG||||||10006||209387||RXNORM|SY|209387|Tylenol 325 MG Tablet||N|4096|
209387|ENG||||||10007||209387||RXNORM|TMSY|209387|Tylenol 325 MG Old Tablet||O|4096|
313782|ENG||||||10008||313782||RXNORM|SCD|313782|acetaminophen 325 MG Oral Tablet||N|4096|
562721|ENG||||||10009||562721||RXNORM|SCDF|562721|amylase / lipase Oral Capsule||O||
370656|ENG||||||10010||370656||RXNORM|SCDF|370656|acetaminophen Oral Tablet||N|4096|
900|ENG||||||10011||||MMSL|CD|900|of another source only||N||
";
const RELATIONSHIPS: &str = "161||CUI|RO|313782||CUI|has_ingredient|1||RXNORM||||N|4096|
313782||CUI|RO|161||CUI|ingredient_of|2||RXNORM||||N|4096|
370656||CUI|RN|313782||CUI|isa|3||RXNORM||||N|4096|
313782||CUI|RB|370656||CUI|inverse_isa|4||RXNORM||||N|4096|
313782||CUI|RB|209387||CUI|tradename_of|5||RXNORM||||N|4096|
161||CUI|RO|999||CUI|has_ingredient|6||RXNORM||||N|4096|
161|10001|AUI|SY|161|10002|AUI||7||MTHSPL||||N||
";
const TYPES: &str = "161|T109|A1.4.1.2.1|Organic Chemical||4096|
161|T121|A1.4.1.1.1|Pharmacologic Substance||4096|
313782|T200|A1.3.3|Clinical Drug||4096|
209387|T200|A1.3.3|Clinical Drug||4096|
900|T200|A1.3.3|Clinical Drug|||
";
const ATTRIBUTES: &str = "209387|||10004|AUI|209387|||NDC|RXNORM|50580060002|N|4096|
209387|||10004|AUI|209387|||RXN_HUMAN_DRUG|RXNORM|US|N|4096|
209387|||10004|AUI|209387|||NDC|MMSL|11111111111|N||
";
const RETIRED: &str = "91811|RXNORM_04AC_050210F|RXNORM_09AA_090706F|1|161|
313782|RXNORM_04AC_050210F|RXNORM_09AA_090706F|1|161|
100|RXNORM_04AC_050210F|RXNORM_09AA_090706F|2|161|
100|RXNORM_04AC_050210F|RXNORM_09AA_090706F|2|202433|
";
const ARCHIVE: &str =
    "20001||acetaminophen 300 MG Tablet|2009-07-06|||100||ENG|||RXNORM_09AA|100|RXNORM|SCD|161|
20002||acetaminophene|2009-07-06|||161||ENG|||RXNORM_09AA|161|RXNORM|IN|161|
20003||of another source|2009-07-06|||101||ENG|||MMSL_1|101|MMSL|CD|161|
";
const SOURCES: &str = "C1|C2|RXNORM_20AA_250804F|RXNORM|RxNorm Vocabulary|RXNORM|20AA_250804F|||2020AA||a;b|a;b|0||||BN,IN|NDC|ENG|UTF-8|Y|Y|RxNorm|x|
C3|C4|MMSL_2025_07_01|MMSL|Multum|MMSL|2025_07_01|||2020AA||a;b|a;b|1||||BN|NDC|ENG|UTF-8|Y|Y|Multum|x|
";
const WORDS: &str = "TTY|SCD|expanded_form|Semantic Clinical Drug|
RELA|has_ingredient|expanded_form|Has ingredient|
RELA|has_ingredient|rela_inverse|ingredient_of|
";

fn release() -> Vec<(String, Vec<u8>)> {
    [
        ("rrf/RXNCONSO.RRF", NAMES),
        ("rrf/RXNREL.RRF", RELATIONSHIPS),
        ("rrf/RXNSTY.RRF", TYPES),
        ("rrf/RXNSAT.RRF", ATTRIBUTES),
        ("rrf/RXNCUI.RRF", RETIRED),
        ("rrf/RXNATOMARCHIVE.RRF", ARCHIVE),
        ("rrf/RXNSAB.RRF", SOURCES),
        ("rrf/RXNDOC.RRF", WORDS),
        ("prescribe/rrf/RXNCONSO.RRF", NAMES),
        ("Readme.txt", "not a table"),
    ]
    .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
    .into()
}

fn load(files: &[(String, Vec<u8>)]) -> Kept {
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    load_files(&files, &Options::default()).unwrap()
}

#[test]
fn concepts_are_those_that_rxnorm_itself_names() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, text) in [
        ("161", "acetaminophen"),
        ("209387", "acetaminophen 325 MG Oral Tablet [Tylenol]"),
        ("313782", "acetaminophen 325 MG Oral Tablet"),
        ("100", "acetaminophen 300 MG Tablet"),
        ("91811", "91811"),
    ] {
        assert_eq!(display(edition, code, "en"), text, "{code}");
    }
    assert!(edition.find("900").is_none() && edition.find("101").is_none());
    assert_eq!(edition.meta().url, "http://www.nlm.nih.gov/research/umls/rxnorm");
    assert_eq!(
        (edition.meta().version.as_str(), edition.meta().date.as_str()),
        ("08042025", "2025-08-04")
    );
    assert_eq!(kept.formats, ["rxnorm"]);
}

#[test]
fn names_beside_the_display_are_synonyms_by_their_term_type() {
    let kept = load(&release());
    let edition = kept.edition();
    assert_eq!(
        designations(edition, "209387"),
        [
            "en/SBD: acetaminophen 325 MG Oral Tablet [Tylenol]",
            "en/PSN: Tylenol 325 MG Oral Tablet",
            "en/SY: Tylenol 325 MG Tablet",
            "en/TMSY: Tylenol 325 MG Old Tablet",
        ]
    );
    assert_eq!(values(edition, "209387", "TTY"), ["SBD", "PSN", "SY", "TMSY"]);
    assert_eq!(values(edition, "161", "SAB"), ["RXNORM", "MTHSPL"]);
    let drug = edition.meta().designation_uses.iter().find(|one| one.code == "SCD").unwrap();
    assert_eq!(drug.display, "Semantic Clinical Drug");
}

#[test]
fn types_attributes_and_relationships_of_both_directions_are_properties() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, property, expected) in [
        ("161", "STY", &["T109", "T121"][..]),
        ("313782", "STY-name", &["Clinical Drug"]),
        ("209387", "NDC", &["50580060002"]),
        ("209387", "RXN_HUMAN_DRUG", &["US"]),
        ("313782", "has_ingredient", &["161"]),
        ("161", "ingredient_of", &["313782"]),
        ("313782", "RN", &["370656"]),
        ("209387", "tradename_of", &["313782"]),
        ("161", "has_ingredient", &[]),
    ] {
        assert_eq!(values(edition, code, property), expected, "{code} {property}");
    }
    let branded = edition.property_id("TTY").unwrap();
    assert_eq!(codes(edition, edition.with_value(branded, "SBD").iter()), ["209387"]);
    assert_eq!(kept.report.counts["rows skipped: unknown concept"], 1);
    let warning = &kept.report.warnings[0];
    assert_eq!((warning.line, warning.message.starts_with("999 is not in RXNCONSO")), (6, true));
}

#[test]
fn isa_in_either_direction_is_the_hierarchy() {
    let kept = load(&release());
    let edition = kept.edition();
    assert_eq!(codes(edition, edition.parents(at(edition, "313782"))), ["370656"]);
    assert!(edition.is_ancestor(at(edition, "370656"), at(edition, "313782")));
    let cycle = format!("{RELATIONSHIPS}313782||CUI|RN|370656||CUI|isa|8||RXNORM||||N|4096|\n");
    let mut files = release();
    files[1].1 = cycle.into_bytes();
    let kept = load(&files);
    assert!(kept.report.warnings.iter().any(|warning| warning.message.contains("closes a cycle")));
}

#[test]
fn what_was_suppressed_archived_or_retired_is_inactive_and_names_its_replacement() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, status, inactive, replacements) in [
        ("161", "active", false, &[][..]),
        ("313782", "active", false, &[]),
        ("562721", "obsolete", true, &[]),
        ("100", "archived", true, &["161", "202433"]),
        ("91811", "retired", true, &["161"]),
    ] {
        let concept = at(edition, code);
        assert_eq!((edition.status(concept), edition.is_inactive(concept)), (status, inactive));
        assert_eq!(values(edition, code, "replacedBy"), replacements, "{code}");
    }
    assert_eq!(values(edition, "562721", "SUPPRESS"), ["O"]);
}

#[test]
fn files_are_known_by_their_columns_and_the_version_by_the_path() {
    let named = ("RxNorm_full_01052026/names.txt", NAMES.as_bytes());
    let types = ("RxNorm_full_01052026/types.txt", TYPES.as_bytes());
    let kept = load_files(&[named, types], &Options::default()).unwrap();
    assert_eq!(kept.edition().meta().version, "01052026");
    assert_eq!(values(kept.edition(), "313782", "STY"), ["T200"]);
    let options = Options { version: Some("02022026".into()), ..Options::default() };
    let kept = load_files(&[named, types], &options).unwrap();
    assert_eq!(kept.edition().meta().version, "02022026");
}

#[test]
fn a_release_that_cannot_be_right_is_refused_with_file_and_line() {
    let message = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        load_files(&files, &Options::default()).unwrap_err().to_string()
    };
    let types = message(&[("RXNSTY.RRF", TYPES), ("RXNSAB.RRF", SOURCES)]);
    assert!(types.contains("RXNCONSO.RRF is missing") && types.contains("RXNSTY.RRF"), "{types}");
    assert!(message(&[("RXNCONSO.RRF", NAMES)]).contains("--version"));
    let short = format!("{NAMES}5|ENG|\n");
    let short = message(&[("RXNCONSO.RRF", &short), ("RXNSAB.RRF", SOURCES)]);
    assert!(short.ends_with("RXNCONSO.RRF, line 12: 2 fields, expected 18"), "{short}");
    let word = NAMES.replacen("202433|", "x|", 1);
    let word = message(&[("RXNCONSO.RRF", &word), ("RXNSAB.RRF", SOURCES)]);
    assert!(word.ends_with("line 3: RXCUI 'x' is not a number"), "{word}");
    let two = message(&[("a/RXNCONSO.RRF", NAMES), ("b/RXNCONSO.RRF", NAMES)]);
    assert!(two.contains("one release at a time"), "{two}");
}

#[test]
fn a_release_without_its_names_is_refused_and_says_so() {
    let Some(path) = shared("tx-ecosystem/tx-source/rxnorm") else { return };
    let error = load_paths(&[path], &Options::default()).unwrap_err().to_string();
    assert!(error.contains("RXNCONSO.RRF is missing"), "{error}");
    assert!(error.contains("RXNCUI.RRF, RXNSAB.RRF, RXNSTY.RRF"), "{error}");
}

#[test]
fn the_tables_of_a_real_release_are_read_with_names_made_up_for_them() {
    let Some(path) = shared("tx-ecosystem/tx-source/rxnorm") else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("RXNCONSO.RRF"), NAMES).unwrap();
    let paths = [path, folder.path().to_owned()];
    let kept = load_paths(&paths, &Options::default()).unwrap();
    assert_eq!(kept.edition().meta().version, "08042025");
    assert_eq!(values(kept.edition(), "161", "STY"), ["T109", "T121"]);
    assert_eq!(kept.report.counts["retired identifiers"], 6023);
    assert_eq!(values(kept.edition(), "91811", "replacedBy"), ["857082"]);
}

#[test]
fn damaged_tables_never_panic() {
    let options = Options { version: Some("08042025".into()), ..Options::default() };
    endures_damage("RXNCONSO.RRF", NAMES, &options);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn arbitrary_tables_are_read_or_refused(
        bytes: Vec<u8>,
        rows in "([0-9]{1,3}\\|){3}([A-Z0-9x\"]{0,3}\\|){2,15}\n",
    ) {
        let mut files = release();
        for file in &mut files {
            file.1.extend(rows.as_bytes());
            file.1.extend(&bytes);
        }
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
        let _ = load_files(&files, &Options::default());
        for (name, text) in &files {
            let conso = ("RXNCONSO.RRF", NAMES.as_bytes());
            let name = name.rsplit('/').next().unwrap();
            let _ = load_files(&[conso, (name, text)], &Options::default());
        }
    }
}
