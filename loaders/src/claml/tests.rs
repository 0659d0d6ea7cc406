//! Whole documents, through recognition and loading.

use codesystems::model::DisplayRank;

use crate::bfarm::test_files::{Read, load, load_paths, recognised, shared};
use crate::{Format, Options, Report};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ClaML SYSTEM "ClaML.dtd">
<ClaML version="2.0.0">
<Meta name="lang" value="de"/>
<Title date="2025-09-01" name="ICD-10-GM" version="2026">Testklassifikation 2026</Title>
<UsageKinds><UsageKind mark="*" name="aster"/><UsageKind mark="+" name="dagger"/></UsageKinds>
"#;

fn document(classes: &str) -> String {
    format!("{HEAD}{classes}\n</ClaML>\n")
}

fn read(classes: &str) -> (Read, Report) {
    let (mut kept, mut reports) = load(&[("a.xml", document(classes).as_bytes())]).unwrap();
    (Read::of(kept.editions.remove(0)), reports.remove(0))
}

fn error(document: &str) -> String {
    load(&[("a.xml", document.as_bytes())]).err().expect("refused").to_string()
}

fn class(code: &str, kind: &str, inner: &str) -> String {
    format!(
        "<Class code='{code}' kind='{kind}'>{inner}<Rubric kind='preferred'>\
         <Label xml:lang='de'>Titel {code}</Label></Rubric></Class>\n"
    )
}

fn value(modifier: &str, code: &str, inner: &str) -> String {
    format!(
        "<ModifierClass modifier='{modifier}' code='{code}'>{inner}<Rubric kind='preferred'>\
         <Label xml:lang='de'>Wert {code}</Label></Rubric></ModifierClass>\n"
    )
}

#[test]
fn a_document_is_told_by_its_root_element() {
    let files: [(&str, &[u8]); 3] = [
        ("a.xml", HEAD.as_bytes()),
        ("b.xml", b"<Other><ClaML/></Other>"),
        ("c.txt", b"the text <ClaML> in prose"),
    ];
    let found: Vec<Format> =
        recognised(&files).into_iter().map(|(f, _)| f).filter(|f| *f == Format::Claml).collect();
    assert_eq!(found.len(), 1);
}

#[test]
fn modifiers_are_applied_one_after_the_other_and_excluded_by_modifier_and_value() {
    let exclude = "<Meta name='excludeOnPrecedingModifier' value='M4 .1'/>";
    let text = value("M4", ".0", "") + &value("M4", ".1", "") + &value("M5", "0", exclude)
        + &value("M5", "1", "")
        + &class("K", "chapter", "")
        + &class("Q02", "category", "<SuperClass code='K'/><ModifiedBy code='M4'/><ModifiedBy code='M5'/>")
        + &class("Q03", "category", "<SuperClass code='K'/>")
        // The code ends in .1, but it was not made by M4.
        + &class("Q03.1", "category", "<SuperClass code='Q03'/><ModifiedBy code='M5' all='true'/>");
    let (read, report) = read(&text);
    assert_eq!(read.children("Q02"), ["Q02.0", "Q02.1"]);
    assert_eq!(read.children("Q02.0"), ["Q02.00", "Q02.01"]);
    assert_eq!(read.children("Q02.1"), ["Q02.11"]);
    assert_eq!(read.children("Q03.1"), ["Q03.10", "Q03.11"]);
    assert_eq!(read.display("Q02.11"), "Titel Q02: Wert .1: Wert 1");
    assert_eq!(report.counts["codes made by modifiers"], 7);
    for (code, derivation, terminal) in
        [("Q02", "X", "false"), ("Q02.0", "S", "false"), ("Q02.00", "S", "true")]
    {
        assert_eq!(read.values(code, "derivation"), [derivation], "{code}");
        assert_eq!(read.values(code, "terminal"), [terminal], "{code}");
    }
}

#[test]
fn a_modifier_of_an_inner_class_is_inherited_by_its_leaves_unless_excluded() {
    let text = value("M5", "0", "")
        + &value("M5", "1", "")
        + &class(
            "A00-A09",
            "block",
            "<ModifiedBy code='M5' all='false'><ValidModifierClass code='0'/></ModifiedBy>",
        )
        + &class("A01", "category", "<SuperClass code='A00-A09'/>")
        + &class("A01.0", "category", "<SuperClass code='A01'/>")
        + &class("A01.1", "category", "<SuperClass code='A01'/><ExcludeModifier code='M5'/>");
    let (read, _) = read(&text);
    assert_eq!(read.codes(), ["A00-A09", "A01", "A01.0", "A01.00", "A01.1"]);
}

#[test]
fn a_dotted_modifier_of_an_inner_class_adds_to_its_children() {
    let text = value("M4", ".0", "")
        + &value("M4", ".8", "")
        + &class("A01", "category", "<ModifiedBy code='M4'/>")
        + &class("A01.8", "category", "<SuperClass code='A01'/>");
    let (read, report) = read(&text);
    assert_eq!(read.codes(), ["A01", "A01.0", "A01.8"]);
    assert_eq!(read.display("A01.8"), "Titel A01.8");
    assert_eq!(report.counts["codes both listed and made by a modifier"], 1);
}

#[test]
fn two_levels_of_one_modifier_become_two_levels_of_codes() {
    let valid: String = [".0", ".00", ".01", ".1"]
        .map(|code| format!("<ValidModifierClass code='{code}'/>"))
        .concat();
    let text = [".0", ".00", ".01", ".1", ".x"].map(|code| value("M", code, "")).concat()
        + &class(
            "9-990",
            "category",
            &format!("<ModifiedBy code='M' all='false'>{valid}</ModifiedBy>"),
        );
    let (read, _) = read(&text);
    assert_eq!(read.children("9-990"), ["9-990.0", "9-990.1"]);
    assert_eq!(read.children("9-990.0"), ["9-990.00", "9-990.01"]);
    assert_eq!(read.display("9-990.01"), "Titel 9-990: Wert .0: Wert .01");
}

#[test]
fn what_a_class_says_is_kept() {
    let text = r#"<Class code="I" kind="chapter"><Rubric kind="preferred"><Label>Kapitel</Label></Rubric></Class>
<Class code="Q05" kind="category" usage="aster"><Meta name="Para295" value="O"/><SuperClass code="I"/>
<Rubric kind="preferredLong"><Label xml:lang="de">Leiden: Kurz</Label></Rubric>
<Rubric kind="preferred"><Label xml:lang="de">Kurz</Label></Rubric>
<Rubric kind="inclusion"><Label xml:lang="de"><Fragment type="list">Form:</Fragment><Fragment type="list">akut</Fragment></Label></Rubric>
<Rubric kind="exclusion"><Label xml:lang="de">Anderes<Reference class="in brackets" code="Q06">Q06.-</Reference></Label></Rubric>
<Rubric kind="definition"><Label xml:lang="de"><Para>Eins.</Para><Para>Zwei.</Para></Label></Rubric></Class>
<Class code="Q06" kind="category"><SuperClass code="I"/><Rubric kind="preferred"><Label>Q06</Label></Rubric></Class>"#;
    let (read, _) = read(text);
    let edition = &read.0;
    assert_eq!(edition.meta().url, "http://fhir.de/CodeSystem/bfarm/icd-10-gm");
    assert_eq!(
        (edition.meta().version.as_str(), edition.meta().date.as_str()),
        ("2026", "2025-09-01")
    );
    assert_eq!(edition.kind(read.ix("I")), "chapter");
    assert!(edition.is_not_selectable(read.ix("I")) && !edition.is_not_selectable(read.ix("Q05")));
    let designation = |code: &str, rank, text: &str| (code.to_owned(), rank, text.to_owned());
    assert_eq!(
        read.designations("Q05"),
        [
            designation("preferredForLanguage", DisplayRank::Preferred, "Leiden: Kurz"),
            designation("preferred", DisplayRank::Synonym, "Kurz"),
            designation("inclusion", DisplayRank::SearchOnly, "Form: akut"),
        ]
    );
    for (property, value) in [
        ("usage", "aster"),
        ("kind", "category"),
        ("Para295", "O"),
        ("exclusion", "Anderes (Q06.-)"),
        ("excludes-code", "Q06"),
        ("definition", "Eins.\nZwei."),
    ] {
        assert_eq!(read.values("Q05", property), [value], "{property}");
    }
}

#[test]
fn usage_meta_and_inclusions_reach_the_codes_that_modifiers_make() {
    let inner =
        "<Meta name='Para301' value='P'/><Rubric kind='inclusion'><Label>links</Label></Rubric>";
    let text = value("M5", "0", inner)
        + "<Class code='M01.0' kind='category' usage='aster'><ModifiedBy code='M5'/>\
           <Rubric kind='preferred'><Label xml:lang='de'>Kurz</Label></Rubric></Class>";
    let (read, _) = read(&text);
    assert_eq!(read.display("M01.00"), "Kurz: Wert 0");
    assert_eq!(read.values("M01.00", "usage"), ["aster"]);
    assert_eq!(read.values("M01.00", "Para301"), ["P"]);
    assert_eq!(read.designations("M01.00").last().unwrap().2, "links");
}

#[test]
fn morphology_codes_of_icd_o_3_are_read_with_their_slash() {
    let text = document(
        &(class("M", "chapter", "") + &class("8000:3", "category", "<SuperClass code='M'/>")),
    );
    let text = text.replace("ICD-10-GM", "ICD-O-3");
    let (mut kept, _) = load(&[("a.xml", text.as_bytes())]).unwrap();
    let read = Read::of(kept.editions.remove(0));
    assert_eq!(read.0.meta().url, "http://terminology.hl7.org/CodeSystem/icd-o-3");
    assert_eq!(read.parents("8000/3"), ["M"]);
}

#[test]
fn a_sub_class_without_a_class_is_counted_and_no_error() {
    let text = class("Y35", "category", "<SubClass code='Y35.6'/>");
    let (read, report) = read(&text);
    assert_eq!(read.codes(), ["Y35"]);
    assert_eq!(report.counts["SubClass references without a class"], 1);
}

#[test]
fn an_older_encoding_is_read_when_the_document_declares_it() {
    let text = document(&class("A", "category", "")).replace("UTF-8", "ISO-8859-1");
    let bytes: Vec<u8> = text.replace("Titel A", "Ätiologie").chars().map(|c| c as u8).collect();
    let (mut kept, _) = load(&[("a.xml", &bytes)]).unwrap();
    assert_eq!(Read::of(kept.editions.remove(0)).display("A"), "Ätiologie");
}

#[test]
fn damaged_documents_are_refused_with_the_line() {
    let good = class("A", "category", "");
    let cycle = class("A", "category", "<SuperClass code='B'/>")
        + &class("B", "category", "<SuperClass code='A'/>");
    for (document, expected) in [
        (
            document("<Class code='A' kind='category'>\n<SuperClass code='X'/></Class>"),
            "line 8: SuperClass 'X' of 'A'",
        ),
        (document(&cycle), "line 7: hierarchy cycle: A -> B -> A"),
        (document(&(good.clone() + &good)), "line 8: second <Class> 'A'"),
        (document("<Class kind='category'/>"), "line 7: <Class> without attribute 'code'"),
        (document("<Class code='A'><Rubric></Class>"), "line 7: not well-formed XML"),
        (
            document("<Class code='A'><Rubric kind='text'><Label>&fremd;</Label></Rubric></Class>"),
            "line 7: entity &fremd;",
        ),
        (document(""), "a.xml: there is no <Class> in the file"),
        (
            HEAD.to_owned() + "<Class code='A'>\n<Rubric>",
            "line 8: the file ends inside of <Rubric>",
        ),
        (HEAD.to_owned() + &good, "line 8: the file ends inside of <ClaML>"),
    ] {
        let found = error(&document);
        assert!(found.contains(expected), "expected '{expected}', found '{found}'");
    }
    let options = Options { format: Some("claml".into()), ..Options::default() };
    let written = crate::bfarm::test_files::Written::new(&[("a.xml", b"<A>\n</A>")]);
    assert!(crate::recognise(&written.paths(), &options).is_err());
}

#[test]
fn arbitrary_bytes_are_refused_and_do_not_panic() {
    for cut in (HEAD.len()..).step_by(7).take(60) {
        let text =
            document(&(value("M", ".0", "") + &class("Ä", "category", "<ModifiedBy code='M'/>")));
        let bytes = text.as_bytes().get(..cut).unwrap_or(text.as_bytes());
        let outcome = load(&[("a.xml", bytes)]);
        assert_eq!(outcome.is_ok(), bytes.len() >= text.trim_end().len(), "cut at {cut}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_in_a_class_is_read_or_refused_and_never_panics(text in "[<>&;/ a-zÄ.'\"=\\-\\[\\]!]{0,60}") {
        let inner = format!("<Rubric kind='text'><Label><Para>{text}</Para></Label></Rubric>");
        let _ = load(&[("a.xml", document(&class("A", "category", &inner)).as_bytes())]);
    }
}

fn load_shared(path: &str) -> Option<(Read, Report)> {
    let (mut kept, mut reports) = load_paths(&[shared(path)?], &Options::default()).unwrap();
    Some((Read::of(kept.editions.remove(0)), reports.remove(0)))
}

#[test]
fn the_construct_fixture_expands_as_its_comment_says() {
    let Some((read, report)) = load_shared("data/icd10gm-derived/fixtures/claml_constructs.xml")
    else {
        return;
    };
    let expected = "Q01 Q01.0 Q01.00 Q01.01 Q01.1 Q01.10 Q01.11 Q02 Q02.0 Q02.00 Q02.01 Q02.1 \
        Q02.11 Q03 Q03.0 Q03.00 Q03.1 Q04 Q05 Q06 9-99 9-990 9-990.0 9-990.00 9-990.01 9-990.1 \
        I Q01-Q06 9 9-99...9-99";
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(read.codes(), expected);
    assert_eq!(report.counts["SubClass references without a class"], 1);
    assert_eq!(read.display("Q01.00"), "Testkategorie: Paranoide Teststörung: Links [Körperseite]");
    assert_eq!(
        read.values("Q01.0", "exclusion"),
        [
            "Ohne code-Attribut (Q03.0)",
            "Mit code-Attribut (Q02.-)",
            "Zustand: mit Kreuz-Verweis (Q04+) (Q05*)"
        ]
    );
    assert_eq!(read.values("Q01.0", "excludes-code"), ["Q03.0", "Q02", "Q04", "Q05"]);
    assert_eq!(read.values("I", "introduction"), ["Hinweis\n- erster Punkt\n- zweiter Punkt"]);
}

#[test]
fn rebuilt_icd_10_gm_expands_to_the_official_number_of_codes() {
    for (year, categories, blocks) in [("2025", 16_817, 243), ("2021", 16_203, 241)] {
        let path = format!("data/icd10gm-derived/icd10gm{year}_rekonstruiert_claml.zip");
        let Some((read, report)) = load_shared(&path) else { return };
        let of_kind = |kind| read.count("kind", kind);
        println!("{year}: {report:?}");
        assert_eq!(of_kind("category"), categories, "{year}");
        assert_eq!((of_kind("block"), of_kind("chapter")), (blocks, 22), "{year}");
        assert_eq!(read.0.roots().count(), 22);
        assert_eq!(read.0.meta().version, year);
    }
}

#[test]
fn rebuilt_icd_10_gm_2025_has_the_figures_of_the_official_list() {
    let path = "data/icd10gm-derived/icd10gm2025_rekonstruiert_claml.zip";
    let Some((read, _)) = load_shared(path) else { return };
    for (property, value, count) in [
        ("derivation", "X", 12_246),
        ("derivation", "S", 4_571),
        ("terminal", "true", 14_309),
        ("terminal", "false", 2_508),
        ("usage", "aster", 1_010),
        ("usage", "optional", 552),
    ] {
        assert_eq!(read.count(property, value), count, "{property} {value}");
    }
    assert_eq!(read.parents("E11.90"), ["E11.9"]);
    assert_eq!(
        read.display("E10.20"),
        "Diabetes mellitus, Typ 1: Mit Nierenkomplikationen: Nicht als entgleist bezeichnet"
    );
}
