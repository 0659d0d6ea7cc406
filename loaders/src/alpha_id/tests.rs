//! Whole files, through recognition and loading.

use crate::bfarm::test_files::{
    Kept, Read, Written, load, load_paths, mappings, recognised, shared,
};
use crate::{Error, Format, Options, Report, Result};

const SE: &str = "1|I100|||B95.41!|||Erfundener Erreger\r\n\
    1|I101|A17.0+|G01*||||Erfundene Meningitis\r\n\
    1|I102|E10.20||U60.1!|E11.20|558|Erfundenes Syndrom; mit \"Zeichen\" [X] \r\n\
    0|I103|E10.30|||||Alte Bezeichnung\r\n";

fn load_one(name: &str, bytes: &[u8]) -> Result<(Kept, Report)> {
    let (kept, mut reports) = load(&[(name, bytes)])?;
    Ok((kept, reports.remove(0)))
}

#[test]
fn files_are_told_by_their_rows_and_not_by_their_names() {
    for (row, expected) in [
        ("1|I1|A00.0|||Text\n", true),
        ("0|I1||||558|Text\n", true),
        ("1|I1|A00.0||||558|Text\n", true),
        ("\u{feff}1|I1|||B95.41!|||Text\n", true),
        // The alphabet of OPS: type, id, code, code, text.
        ("1|P1|5-470.0||Text\n", false),
        ("valid|id|primary|star|additional|text\n", false),
        ("1|2|3\n", false),
        ("1|I1|a|b|c|Text\n", false),
        ("1|I1|A00.0|||Text\nsomething else\n", false),
        ("", false),
    ] {
        let found = recognised(&[("a.txt", row.as_bytes())]);
        let found = found.iter().any(|(format, _)| *format == Format::AlphaId);
        assert_eq!(found, expected, "{row}");
    }
}

#[test]
fn rows_become_concepts_that_point_to_icd_10_gm_of_the_same_year() {
    let name = "icd10gm2026_alphaidse_edvtxt_20250926.txt";
    let (mut kept, report) = load_one(name, SE.as_bytes()).unwrap();
    let read = Read::of(kept.editions.remove(0));
    let meta = read.0.meta();
    assert_eq!(meta.url, "http://fhir.de/CodeSystem/bfarm/alpha-id-se");
    assert_eq!(meta.version, "2026");
    assert_eq!(meta.synonyms_for[0].system, "http://fhir.de/CodeSystem/bfarm/icd-10-gm");
    assert_eq!(meta.synonyms_for[0].version, "2026");
    assert_eq!(read.display("I102"), "Erfundenes Syndrom; mit \"Zeichen\" [X]");
    for (code, property, value) in [
        ("I100", "icd-10-gm-additional", "B95.41"),
        ("I101", "icd-10-gm-primary", "A17.0"),
        ("I101", "icd-10-gm-asterisk", "G01"),
        ("I102", "icd-10-gm-primary2", "E11.20"),
        ("I102", "orpha", "558"),
    ] {
        assert_eq!(read.values(code, property), [value], "{code} {property}");
    }
    assert!(read.0.is_inactive(read.ix("I103")) && !read.0.is_inactive(read.ix("I100")));
    assert_eq!((report.counts["rows"], report.counts["invalid"]), (4, 1));
    assert_eq!(report.counts["rows with an ORPHAcode"], 1);
}

#[test]
fn maps_lead_to_icd_10_gm_and_to_orphacodes() {
    let (mut kept, _) = load_one("icd10gm2026_alphaidse_edvtxt.txt", SE.as_bytes()).unwrap();
    let maps: Vec<(&str, &str, usize)> = kept
        .maps
        .iter()
        .map(|map| (map.meta.url.as_str(), map.meta.version.as_str(), map.len()))
        .collect();
    assert_eq!(
        maps,
        [
            ("http://fhir.de/ConceptMap/bfarm/alpha-id-se-icd-10-gm", "2026", 7),
            ("http://fhir.de/ConceptMap/bfarm/alpha-id-se-orpha", "2026", 1),
        ]
    );
    assert_eq!(
        mappings(kept.maps.remove(0)),
        [
            "I100>B95.41 wider role=additional",
            "I101>A17.0 wider role=primary",
            "I101>G01 wider role=asterisk",
            "I102>E10.20 wider role=primary",
            "I102>U60.1 relatedto role=additional",
            "I102>E11.20 wider role=primary2",
            "I103>E10.30 wider role=primary",
        ]
    );
    assert_eq!(mappings(kept.maps.remove(0)), ["I102>558 relatedto"]);
}

#[test]
fn an_additional_code_contains_the_text_only_where_it_stands_alone() {
    use valuesets::conceptmap::Relationship::{RelatedTo, SourceIsNarrower};
    let layout = super::Layout { columns: 8, second_primary: Some(5), orpha: Some(6) };
    for (line, expected) in [
        ("1|I1|||B95.41!|||x", vec![("B95.41", SourceIsNarrower)]),
        (
            "1|I1|A17.0+|G01*|U60.1!|||x",
            vec![("A17.0", SourceIsNarrower), ("G01", SourceIsNarrower), ("U60.1", RelatedTo)],
        ),
    ] {
        let row = super::Row::parse(line, layout).unwrap();
        let found: Vec<_> = row.icd_codes().map(|(_, code, how)| (code, how)).collect();
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn seven_columns_hold_an_orphacode_or_a_second_primary_code() {
    for (name, rows, url, property, value) in [
        (
            "icd10gm2018_alphaid.txt",
            "1|I1|A00.0||||Text\n1|I2|A00.1|||558|Text\n",
            "alpha-id-se",
            "orpha",
            "558",
        ),
        (
            "icd10gm2021_alphaid.txt",
            "1|I1|A00.0||||Text\n1|I2|A00.1|||B01.1|Text\n",
            "alpha-id",
            "icd-10-gm-primary2",
            "B01.1",
        ),
    ] {
        let (mut kept, _) = load_one(name, rows.as_bytes()).unwrap();
        let read = Read::of(kept.editions.remove(0));
        assert_eq!(read.0.meta().url, format!("http://fhir.de/CodeSystem/bfarm/{url}"));
        assert_eq!(read.values("I2", property), [value]);
    }
}

#[test]
fn six_columns_of_an_old_year_are_read_in_their_old_encoding() {
    let bytes = b"1|I4|A00.0|||K\xfcnstliche Cholera\r\n";
    let (mut kept, report) = load_one("icd10gm2012_alphaid_edvtxt.txt", bytes).unwrap();
    let read = Read::of(kept.editions.remove(0));
    assert_eq!(read.display("I4"), "Künstliche Cholera");
    assert_eq!(read.0.meta().url, "http://fhir.de/CodeSystem/bfarm/alpha-id");
    assert!(report.warnings[0].message.contains("iso-8859-1"));
    let error = load_one("icd10gm2026_alphaid_edvtxt.txt", bytes).err().unwrap().to_string();
    assert!(error.contains("line 1: byte 0xFC"), "{error}");
}

#[test]
fn damaged_rows_are_refused_with_their_line() {
    let good = "1|I1|A00.0|||||Text\n";
    for (row, expected) in [
        ("1|I2|A00.0||||Text\n", "line 2: 7 columns, expected 8"),
        ("2|I2|A00.0|||||Text\n", "line 2: validity '2'"),
        ("1||A00.0|||||Text\n", "line 2: no identifier"),
        ("1|I2|A00.0|||||\n", "line 2: no text in column 8"),
    ] {
        let written = Written::new(&[("alphaidse2026.txt", (good.to_owned() + row).as_bytes())]);
        let release = crate::Release {
            format: Format::AlphaId,
            key: String::new(),
            files: vec![written.file("alphaidse2026.txt")],
            sources: Vec::new(),
        };
        let error = crate::load(&release, &Options::default(), &mut Kept::default()).unwrap_err();
        assert!(matches!(error, Error::Line { .. }));
        assert!(error.to_string().contains(expected), "expected '{expected}', found '{error}'");
    }
}

#[test]
fn a_file_without_a_year_needs_a_version() {
    let written = Written::new(&[("alphaid.txt", b"1|I1|A00.0|||Text\n")]);
    let error = load_paths(&written.paths(), &Options::default()).err().unwrap().to_string();
    assert!(error.contains("give the version"), "{error}");
    let options = Options { version: Some("2024".into()), ..Options::default() };
    let (kept, _) = load_paths(&written.paths(), &options).unwrap();
    assert_eq!(kept.editions[0].meta.version, "2024");
}

#[test]
fn the_full_size_synthetic_file_is_read_whole() {
    let Some(path) = shared("data/alphaid-synthetic/synthetic2026_alphaidse_edvtxt.zip") else {
        return;
    };
    let (kept, reports) = load_paths(&[path], &Options::default()).unwrap();
    let report = &reports[0];
    println!("{report:?}");
    for (name, count) in [
        ("rows", 89_937),
        ("invalid", 1_023),
        ("rows with an ORPHAcode", 7_517),
        ("distinct ORPHAcodes", 5_000),
        ("concepts", 89_937),
    ] {
        assert_eq!(report.counts[name], count, "{name}");
    }
    assert_eq!(kept.editions[0].meta.version, "2026");
    assert_eq!(kept.maps[1].len(), 7_517);
}
