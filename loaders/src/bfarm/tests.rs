//! Whole releases, through recognition and loading.

use std::fmt::Write as _;

use codesystems::ConceptIx;
use codesystems::model::DisplayRank;

use super::test_files::{Kept, Read, Written, load, load_paths, mappings, recognised, shared};
use crate::{Format, Options, Release, Result};

const GRUPPEN: &str = "Q00;Q09;17;Erfundene Gruppe; mit Strichpunkt\r\n";
const KAPITEL: &str = "17;Erfundenes Kapitel\r\n";

/// Attributes in the layout since 2018.
const ATTRIBUTES: &str = "P;P;1-002;2-001;3-003;4-002;001;9;9;j001;j124;K;N;J;J;N";

fn kodes() -> String {
    [
        format!("3;N;X;17;Q00;Q01.-;Q01;Q01;Leiden;Leiden;;;{ATTRIBUTES}"),
        format!("4;N;X;17;Q00;Q01.0-*;Q01.0;Q010;Leiden: Akut;Leiden;Akut;;{ATTRIBUTES}"),
        format!(
            "5;T;S;17;Q00;Q01.00*;Q01.00;Q0100;Leiden: Akut: Links;Leiden;Akut;Links;{ATTRIBUTES}"
        ),
        format!("3;T;X;17;Q00;Q09!;Q09;Q09;Größe;Größe;;;{ATTRIBUTES}"),
    ]
    .join("\r\n")
}

fn load_year(kodes: (&str, &[u8]), gruppen: &[u8], kapitel: &[u8]) -> Result<Read> {
    let (mut kept, _) = load(&[kodes, ("gruppen.txt", gruppen), ("kapitel.txt", kapitel)])?;
    Ok(Read::of(kept.editions.remove(0)))
}

#[test]
fn the_three_files_of_a_year_are_one_release() {
    let kodes = kodes();
    let files: [(&str, &[u8]); 5] = [
        ("icd10gm2025syst_kodes.txt", kodes.as_bytes()),
        ("icd10gm2025syst_gruppen.txt", GRUPPEN.as_bytes()),
        ("icd10gm2025syst_kapitel.txt", KAPITEL.as_bytes()),
        ("icd10gm2024syst_kodes.txt", kodes.as_bytes()),
        ("icd10gm2025syst_umsteiger_2024_2025.txt", b"A00;A00;A;A\n"),
    ];
    let found: Vec<(Format, String)> = recognised(&files);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|(format, _)| *format == Format::Bfarm));
    assert!(found.iter().any(|(_, key)| key == "icd-10-gm 2025"));
}

#[test]
fn tables_of_others_are_left_to_them() {
    let files: [(&str, &[u8]); 7] = [
        ("local.csv", b"code;display\nA00;Cholera\n"),
        ("gruppen.csv", b"code;display\n1;Gruppe\n"),
        ("map.csv", b"source;target;equivalence;comment\nA00;A01;equal;\n"),
        ("pairs.csv", b"A00;A01;;\nA02;A03;;\n"),
        ("ops2022syst_gruppen.txt", b"1-10;1-10;1;Klinische Untersuchung\n"),
        ("ops2022syst_kapitel.txt", b"1;Diagnostische Verfahren\n"),
        ("rf2.txt", b"id\teffectiveTime\tactive\n1\t2\t3\n"),
    ];
    let found = recognised(&files);
    assert!(found.iter().all(|(format, _)| *format != Format::Bfarm), "{found:?}");
}

#[test]
fn codes_blocks_and_chapters_form_one_hierarchy() {
    let kodes = kodes();
    let kodes = ("icd10gm2025syst_kodes.txt", kodes.as_bytes());
    let (mut kept, reports) = load(&[
        kodes,
        ("icd10gm2025syst_gruppen.txt", GRUPPEN.as_bytes()),
        ("icd10gm2025syst_kapitel.txt", KAPITEL.as_bytes()),
    ])
    .unwrap();
    let read = Read::of(kept.editions.remove(0));
    assert_eq!(reports[0].warnings, []);
    assert_eq!(read.codes(), ["Q00-Q09", "Q01", "Q01.0", "Q01.00", "Q09", "XVII"]);
    for (code, parent) in
        [("Q01.00", "Q01.0"), ("Q01.0", "Q01"), ("Q01", "Q00-Q09"), ("Q00-Q09", "XVII")]
    {
        assert_eq!(read.parents(code), [parent], "{code}");
    }
    assert_eq!(read.display("Q00-Q09"), "Erfundene Gruppe; mit Strichpunkt");
    assert_eq!(read.0.kind(read.ix("XVII")), "chapter");
    assert!(read.0.is_not_selectable(read.ix("XVII")));
    assert_eq!(read.0.meta().url, "http://fhir.de/CodeSystem/bfarm/icd-10-gm");
    assert_eq!(read.0.meta().version, "2025");
    let own = ("preferred".to_owned(), DisplayRank::Synonym, "Akut".to_owned());
    assert_eq!(read.designations("Q01.0").get(1), Some(&own));
    assert_eq!(read.designations("Q01.00").len(), 1);
    for (code, property, value) in [
        ("Q01.0", "usage", "aster"),
        ("Q09", "usage", "optional"),
        ("Q01.00", "derivation", "S"),
        ("Q01.00", "terminal", "true"),
        ("Q01", "terminal", "false"),
        ("Q01", "Para295", "P"),
        ("Q01", "MortBCode", "001"),
        ("Q01", "AgeHigh", "j124"),
        ("Q01", "Infectious", "J"),
        ("Q01", "EBMLabor", "N"),
    ] {
        assert_eq!(read.values(code, property), [value], "{code} {property}");
    }
}

#[test]
fn the_layouts_of_all_years_are_read() {
    let old = "P;V;1;2;3;4;5;9;9";
    for (year, attributes, gruppen, expected) in [
        (
            2004,
            format!("{old};t001;j124;K;N;J"),
            "Q01;Gruppe\n",
            [("AgeLowDiff", "t001"), ("Content", "J")],
        ),
        (
            2006,
            format!("{old};t;001;j;124;K;N;J;J;N"),
            "Q01;17;Gruppe\n",
            [("AgeLow", "001"), ("AgeHighDiff", "j")],
        ),
        (
            2012,
            format!("{old};t;001;j;124;K;N;J;J;N"),
            "Q01;Q09;17;Gruppe\n",
            [("AgeHigh", "124"), ("EBMLabor", "N")],
        ),
        (
            2017,
            format!("Leiden;;;{old};t;001;j;124;K;N;J;J;N"),
            "Q01;Q09;17;Gruppe\n",
            [("Para301", "V"), ("RareDisease", "N")],
        ),
    ] {
        let kodes = format!(
            "3;T;X;17;Q01;Q01;Q01;Q01;Leiden;{attributes}\n3;T;X;17;Q01;Q09;Q09;Q09;Leid;{attributes}\n"
        );
        let name = format!("codes{year}.txt");
        let files: [(&str, &[u8]); 3] = [
            (&name, kodes.as_bytes()),
            (&format!("gruppen{year}.txt"), gruppen.as_bytes()),
            (&format!("kapitel{year}.txt"), KAPITEL.as_bytes()),
        ];
        let (mut kept, _) = load(&files).unwrap();
        let read = Read::of(kept.editions.remove(0));
        assert_eq!(read.parents("Q01"), ["Q01-Q09"], "{year}");
        assert_eq!(read.parents("Q01-Q09"), ["XVII"], "{year}");
        for (property, value) in expected {
            assert_eq!(read.values("Q01", property), [value], "{year} {property}");
        }
    }
}

#[test]
fn old_encodings_are_told_apart_by_their_bytes_or_declared() {
    let kodes = kodes();
    let bytes = |umlaut: &[u8], sharp: &[u8]| {
        let text = kodes.as_bytes().to_vec();
        let text = replace(&text, "ö".as_bytes(), umlaut);
        replace(&text, "ß".as_bytes(), sharp)
    };
    for (umlaut, sharp) in
        [(&b"\x94"[..], &b"\xe1"[..]), (b"\xf6", b"\xdf"), (b"\xc3\xb6", b"\xc3\x9f")]
    {
        let kodes = bytes(umlaut, sharp);
        let read = load_year(("codes2009.txt", &kodes), b"", b"").unwrap();
        assert_eq!(read.display("Q09"), "Größe");
    }
    let kodes = bytes(b"\xf6", b"\xdf");
    let written = Written::new(&[("icd10gm2025syst_kodes.txt", &kodes)]);
    let error = load_paths(&written.paths(), &Options::default()).err().unwrap().to_string();
    assert!(error.contains("line 4: byte 0xF6"), "{error}");
    let options = Options { encoding: Some("iso-8859-1".into()), ..Options::default() };
    let (mut kept, _) = load_paths(&written.paths(), &options).unwrap();
    assert_eq!(Read::of(kept.editions.remove(0)).display("Q09"), "Größe");
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

fn load_files(written: &Written, names: &[&str]) -> Result<(Kept, crate::Report)> {
    let release = Release {
        format: Format::Bfarm,
        key: String::new(),
        files: names.iter().map(|name| written.file(name)).collect(),
        sources: Vec::new(),
    };
    let mut kept = Kept::default();
    let report = crate::load(&release, &Options::default(), &mut kept)?;
    Ok((kept, report))
}

#[test]
fn damaged_and_missing_files_are_named() {
    let kodes = kodes();
    let short = kodes.clone() + "\r\n3;T;X;17;Q00;Q10;Q10;Q10;Text\r\n";
    let twice = kodes.clone() + "\r\n" + kodes.lines().last().unwrap() + "\r\n";
    let written = Written::new(&[
        ("short2025kodes.txt", short.as_bytes()),
        ("twice2025kodes.txt", twice.as_bytes()),
        ("a2025kodes.txt", kodes.as_bytes()),
        ("b2025kodes.txt", kodes.as_bytes()),
        ("kodes.txt", kodes.as_bytes()),
        ("gruppen2025.txt", GRUPPEN.as_bytes()),
    ]);
    for (names, expected) in [
        (&["twice2025kodes.txt"][..], "line 5: code 'Q09' again"),
        (&["a2025kodes.txt", "b2025kodes.txt"], "a second list of codes beside"),
        (&["gruppen2025.txt"], "'kodes', the list of codes, is missing"),
        (&["kodes.txt"], "give the version"),
    ] {
        let error = load_files(&written, names).err().unwrap().to_string();
        assert!(error.contains(expected), "expected '{expected}', found '{error}'");
    }
    let head = format!("{}\n", kodes.lines().next().unwrap()).repeat(1);
    let long = head.clone() + &" \n".repeat(9000) + "3;T;X;17;Q00;Q10;Q10;Q10;Text\n";
    let written = Written::new(&[("icd10gm2025syst_kodes.txt", long.as_bytes())]);
    let error = load_files(&written, &["icd10gm2025syst_kodes.txt"]).err().unwrap().to_string();
    assert!(error.contains("line 9002: 9 columns, expected 28"), "{error}");
}

#[test]
fn codes_alone_are_put_below_chapters_with_a_warning() {
    let kodes = kodes();
    let written = Written::new(&[("icd10gm2025syst_kodes.txt", kodes.as_bytes())]);
    let (mut kept, report) = load_files(&written, &["icd10gm2025syst_kodes.txt"]).unwrap();
    assert_eq!(Read::of(kept.editions.remove(0)).parents("Q01"), ["XVII"]);
    assert!(report.warnings.iter().any(|warning| warning.message.contains("'gruppen' is missing")));
}

/// Writes an edition as the text files would have it.
fn as_text(read: &Read) -> (String, String, String) {
    let (mut kodes, mut gruppen, mut kapitel) = (String::new(), String::new(), String::new());
    let edition = &read.0;
    let chapters: Vec<ConceptIx> =
        (1..=22).map(|number: u8| read.ix(&super::titles::roman(&number.to_string()))).collect();
    for (number, chapter) in (1..).zip(&chapters) {
        writeln!(kapitel, "{number:02};{}", edition.display(*chapter)).unwrap();
    }
    let chapter_of = |concept: ConceptIx| {
        let mut chapters = chapters.iter();
        chapters.position(|chapter| edition.is_ancestor(*chapter, concept)).unwrap() + 1
    };
    for code in read.codes() {
        let concept = read.ix(code);
        let one = |property: &str| read.values(code, property).pop().unwrap_or_default();
        match edition.kind(concept) {
            "chapter" => {}
            "block" => {
                let (first, last) = code.split_once('-').unwrap();
                let title = edition.display(concept);
                writeln!(gruppen, "{first};{last};{:02};{title}", chapter_of(concept)).unwrap();
            }
            _ => {
                let block = edition.ancestors(concept);
                let block = block.iter().map(|at| edition.code(at)).find(|code| code.contains('-'));
                let mark = match one("usage").as_str() {
                    "aster" => "*",
                    "optional" => "!",
                    _ => "",
                };
                let attributes = super::kodes::SINCE_2018.map(one).join(";");
                writeln!(
                    kodes,
                    "{};{};{};{:02};{};{code}{mark};{code};{};{};;;;{attributes}",
                    code.replace('.', "").len(),
                    if one("terminal") == "true" { "T" } else { "N" },
                    one("derivation"),
                    chapter_of(concept),
                    block.unwrap().get(..3).unwrap(),
                    code.replace('.', ""),
                    edition.display(concept),
                )
                .unwrap();
            }
        }
    }
    (kodes, gruppen, kapitel)
}

#[test]
fn text_and_claml_of_one_year_give_the_same_codes_titles_and_hierarchy() {
    let path = "data/icd10gm-derived/icd10gm2025_rekonstruiert_claml.zip";
    let Some(path) = shared(path) else { return };
    let (mut kept, _) = load_paths(&[path], &Options::default()).unwrap();
    let claml = Read::of(kept.editions.remove(0));
    let (kodes, gruppen, kapitel) = as_text(&claml);
    let (mut kept, reports) = load(&[
        ("icd10gm2025syst_kodes.txt", kodes.as_bytes()),
        ("icd10gm2025syst_gruppen.txt", gruppen.as_bytes()),
        ("icd10gm2025syst_kapitel.txt", kapitel.as_bytes()),
    ])
    .unwrap();
    println!("{:?}", reports[0]);
    let text = Read::of(kept.editions.remove(0));
    assert_eq!(claml.codes(), text.codes());
    for code in claml.codes() {
        assert_eq!(claml.display(code), text.display(code), "{code}");
        assert_eq!(claml.parents(code), text.parents(code), "{code}");
        for property in ["kind", "usage", "derivation", "terminal"] {
            assert_eq!(claml.values(code, property), text.values(code, property), "{code}");
        }
    }
}

mod transitions {
    use super::*;

    const ICD: &str = "A00.0;A00.0;A;A\n\
        B01;B01.1;;A\nB01;B01.2;;A\n\
        C01;C03;A;\nC02;C03;A;\n\
        D01;UNDEF;;\nUNDEF;E01;;\n\
        F01;F02;A;A\n\
        G01;G01;;A\n";

    #[test]
    fn a_table_becomes_one_map_a_direction() {
        let (kept, reports) =
            load(&[("icd10gm2025syst_umsteiger_2024_2025.txt", ICD.as_bytes())]).unwrap();
        let maps: Vec<(&str, &str, usize)> = kept
            .maps
            .iter()
            .map(|map| (map.meta.url.as_str(), map.meta.version.as_str(), map.len()))
            .collect();
        assert_eq!(
            maps,
            [
                ("http://fhir.de/ConceptMap/bfarm/icd-10-gm-2024-2025", "2025", 8),
                ("http://fhir.de/ConceptMap/bfarm/icd-10-gm-2025-2024", "2025", 8),
            ]
        );
        let meta = &kept.maps[1].meta;
        assert_eq!(meta.source_scope, "http://fhir.de/ValueSet/bfarm/icd-10-gm|2025");
        assert_eq!(meta.target_scope, "http://fhir.de/ValueSet/bfarm/icd-10-gm|2024");
        assert_eq!(meta.properties[0].code, "automatic");
        let counts = &reports[0].counts;
        assert_eq!(counts["rows"], 9);
        assert_eq!((counts["ended codes"], counts["new codes"]), (1, 1));
        assert_eq!((counts["not automatic forward"], counts["not automatic backward"]), (3, 2));
    }

    #[test]
    fn every_mapping_says_how_it_relates_and_whether_it_is_automatic_in_its_direction() {
        let (mut kept, _) =
            load(&[("icd10gm2025syst_umsteiger_2024_2025.txt", ICD.as_bytes())]).unwrap();
        let backward = mappings(kept.maps.remove(1));
        assert_eq!(
            mappings(kept.maps.remove(0)),
            [
                "A00.0>A00.0 equivalent automatic=true",
                "B01>B01.1 narrower automatic=false",
                "B01>B01.2 narrower automatic=false",
                "C01>C03 wider automatic=true",
                "C02>C03 wider automatic=true",
                "D01> unmatched",
                "F01>F02 equivalent automatic=true",
                "G01>G01 relatedto automatic=false",
            ]
        );
        assert_eq!(
            backward,
            [
                "A00.0>A00.0 equivalent automatic=true",
                "B01.1>B01 wider automatic=true",
                "B01.2>B01 wider automatic=true",
                "C03>C01 narrower automatic=false",
                "C03>C02 narrower automatic=false",
                "E01> unmatched",
                "F02>F01 equivalent automatic=true",
                "G01>G01 relatedto automatic=true",
            ]
        );
    }

    #[test]
    fn procedures_carry_their_laterality() {
        let rows = "1-426.2;J;1-426.20;J;;A\n5-470.0;N;5-470.0;N;A;A\n";
        let (mut kept, _) =
            load(&[("ops2025syst_umsteiger_2024_2025.txt", rows.as_bytes())]).unwrap();
        let meta = &kept.maps[0].meta;
        assert_eq!(meta.url, "http://fhir.de/ConceptMap/bfarm/ops-2024-2025");
        let properties: Vec<&str> = meta.properties.iter().map(|p| p.code.as_str()).collect();
        assert_eq!(properties, ["automatic", "source-laterality", "target-laterality"]);
        assert_eq!(
            mappings(kept.maps.remove(0)),
            [
                "1-426.2>1-426.20 relatedto automatic=false source-laterality=true \
                 target-laterality=true",
                "5-470.0>5-470.0 equivalent automatic=true source-laterality=false \
                 target-laterality=false",
            ]
        );
    }

    #[test]
    fn the_years_are_read_from_the_names_of_all_ages() {
        for (name, url) in [
            ("icd10gm2023syst_umsteiger_2022_2023_20221206.txt", "icd-10-gm-2022-2023"),
            ("icd10gm2024syst_umsteiger_2023_20221206_2024.txt", "icd-10-gm-2023-2024"),
            ("umsteiger_icd10gmsyst2008_icd10gmsyst2009.txt", "icd-10-gm-2008-2009"),
            ("umsteiger20072008.txt", "icd-10-gm-2007-2008"),
            ("Umsteiger_2006_2007.txt", "icd-10-gm-2006-2007"),
        ] {
            let (kept, _) = load(&[(name, ICD.as_bytes())]).unwrap();
            assert!(kept.maps[0].meta.url.ends_with(url), "{name}: {}", kept.maps[0].meta.url);
        }
        let error = load(&[("table.txt", ICD.as_bytes())]).err().unwrap().to_string();
        assert!(error.contains("give source and target"), "{error}");
    }
}
