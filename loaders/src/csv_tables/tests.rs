use codesystems::PropertyValue;
use valuesets::conceptmap::{ConceptMap, Mapping};

use crate::Options;
use crate::test_sink::{
    Kept, at, codes, designations, display, endures_damage, load_files, values,
};

const GERMAN: &str = "Schlüssel;Bezeichnung;Bezeichnung_en;Beschreibung;Oberbegriff;Status;Synonyme;Abteilung;abstrakt
LAB;Labor;Laboratory;\"Alles; was im Labor \"\"läuft\"\"\";;aktiv;;;ja
LAB-2;Klinische Chemie;Clinical chemistry;;LAB;inaktiv;KC | Chemie;Zentrallabor;
LAB-10;Größe;;;LAB|LAB-2;;;;nein

";

fn options() -> Options {
    Options { url: Some("http://example.org/lab".into()), ..Options::default() }
}

fn load(name: &str, content: &[u8]) -> Kept {
    load_files(&[(name, content)], &options()).unwrap()
}

fn message(content: &[u8], options: &Options) -> String {
    match load_files(&[("t.csv", content)], options) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_german_table_becomes_a_code_system() {
    let options = Options { version: Some("7".into()), language: Some("de".into()), ..options() };
    let kept = load_files(&[("labor-codes.csv", GERMAN.as_bytes())], &options).unwrap();
    assert_eq!(kept.formats, ["csv"]);
    let edition = kept.edition();
    let meta = edition.meta();
    assert_eq!(
        [&meta.url, &meta.version, &meta.name, &meta.title, &meta.language],
        ["http://example.org/lab", "7", "Labor_codes", "labor-codes", "de"]
    );
    assert_eq!(codes(edition, edition.all().iter()).len(), 3);
    assert_eq!(display(edition, "LAB-2", "en"), "Clinical chemistry");
    assert_eq!(edition.display(at(edition, "LAB-2")), "Klinische Chemie");
    assert_eq!(values(edition, "LAB", "definition"), ["Alles; was im Labor \"läuft\""]);
    assert_eq!(values(edition, "LAB-2", "Abteilung"), ["Zentrallabor"]);
    assert!(designations(edition, "LAB-2").contains(&"de/900000000000013009: Chemie".to_owned()));
    let chemistry = at(edition, "LAB-2");
    assert_eq!((edition.status(chemistry), edition.is_inactive(chemistry)), ("inactive", true));
    assert!(edition.is_not_selectable(at(edition, "LAB")));
    assert!(!edition.is_not_selectable(at(edition, "LAB-10")));
    assert_eq!(edition.parents(at(edition, "LAB-10")).count(), 2);
}

#[test]
fn encodings_and_delimiters_are_found_out() {
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(GERMAN);
    let tabs = GERMAN.replace(';', "\t");
    let marked = format!("\u{feff}{}", GERMAN.replace('\n', "\r\n"));
    let wide: Vec<u8> =
        [0xfeff].into_iter().chain(GERMAN.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, content, warnings) in [
        ("utf-8", GERMAN.as_bytes(), 0),
        ("windows-1252", &latin, 1),
        ("tabs", tabs.as_bytes(), 0),
        ("byte order mark and CRLF", marked.as_bytes(), 0),
        ("utf-16", &wide, 0),
    ] {
        let kept = load("t.csv", content);
        assert_eq!(display(kept.edition(), "LAB-10", "x"), "Größe", "{name}");
        assert_eq!(kept.report.warning_count, warnings, "{name}");
        assert!(kept.report.warnings.iter().all(|warning| warning.line == 1));
    }
}

#[test]
fn the_first_line_that_is_not_utf8_is_named() {
    let kept = load("t.csv", b"code,display\na,b\nc,Gr\xf6\xdfe\n");
    assert_eq!(kept.report.warnings[0].line, 3);
    let options = Options { encoding: Some("iso-8859-1".into()), ..options() };
    let kept = load_files(&[("t.csv", b"code,display\nc,Gr\xf6\xdfe\n")], &options).unwrap();
    assert_eq!((display(kept.edition(), "c", "x"), kept.report.warning_count), ("Größe", 0));
    let options = Options { encoding: Some("cp850".into()), ..options };
    let kept = load_files(&[("t.csv", b"code,display\nc,Gr\x94\xe1e\n")], &options).unwrap();
    assert_eq!(display(kept.edition(), "c", "x"), "Größe");
}

#[test]
fn tables_that_contradict_themselves_are_refused_with_their_line() {
    for (content, expected) in [
        ("code,display\na,A\nb,B\na,C\n", "line 4: code a occurs twice, first in line 2"),
        ("code,display,parent\na,A,\nb,B,z\n", "line 3: parent z of b is not in the table"),
        (
            "code,display,parent\na,A,c\nb,B,a\nc,C,b\n",
            "line 3: the hierarchy has a cycle: a -> c -> b -> a",
        ),
        ("code,display\n,A\n", "line 2: a row without a code"),
        ("code,display,inactive\na,A,vielleicht\n", "line 2: 'vielleicht' is no truth value"),
        ("code,display\na,b,c\n", "line 2: 3 fields, expected 2"),
        ("source,target\na,b\n", "line 2: no source system"),
    ] {
        let message = message(content.as_bytes(), &options());
        assert!(message.contains(expected), "{content}: {message}");
    }
    let message = message(b"code,display\na,A\n", &Options::default());
    assert!(message.contains("give its URL (--url)"), "{message}");
}

#[test]
fn tables_of_other_formats_are_left_alone() {
    for header in [
        "LOINC_NUM,COMPONENT,PROPERTY",
        "concept_id\tconcept_name\tdomain_id\tconcept_code",
        "id\teffectiveTime\tactive\tsourceId\tdestinationId",
        "code,other",
        "display;parent",
        "A00;B01;C02",
    ] {
        let message = message(format!("{header}\n").as_bytes(), &options());
        assert!(message.contains("no known release format"), "{header}: {message}");
    }
}

#[test]
fn a_table_of_source_and_target_becomes_a_map() {
    let table = "Quellcode;Quelltext;Zielcode;Zieltext;Beziehung;Kommentar;Bearbeiter
K;Kalium;2823-3;Potassium;äquivalent;geprüft;AB
K;Kalium;6298-4;Potassium Bld;enger;;
X;Unklar;;;;nichts gefunden;
";
    let options = Options {
        source: Some("http://example.org/lab".into()),
        target: Some("http://loinc.org|2.80".into()),
        ..options()
    };
    let kept = load_files(&[("map.csv", table.as_bytes())], &options).unwrap();
    assert!(kept.editions.is_empty());
    let map = &kept.maps[0];
    assert_eq!(map.meta().url, "http://example.org/lab");
    assert_eq!(map.meta().properties[0].code, "Bearbeiter");
    let group = map.group(0).unwrap().definition();
    assert_eq!(
        [&group.source, &group.target, &group.target_version],
        ["http://example.org/lab", "http://loinc.org", "2.80"]
    );
    assert_eq!(
        lines(map),
        [
            "K Kalium -> 2823-3 Potassium: equivalent geprüft",
            "K Kalium -> 6298-4 Potassium Bld: narrower ",
            "X Unklar -> none : unmatched nichts gefunden",
        ]
    );
    let first = map.mapping(0).unwrap();
    assert_eq!(first.property("Bearbeiter"), Some(PropertyValue::String("AB")));
    assert_eq!(map.mapping(1).unwrap().properties().count(), 0);
}

fn lines(map: &ConceptMap) -> Vec<String> {
    let mappings = map.groups().flat_map(|group| group.mappings());
    let line = |mapping: Mapping<'_>| {
        format!(
            "{} {} -> {} {}: {} {}",
            mapping.source(),
            mapping.source_display(),
            mapping.target().unwrap_or("none"),
            mapping.target_display(),
            mapping.relationship().r4(),
            mapping.comment()
        )
    };
    mappings.map(line).collect()
}

#[test]
fn columns_name_the_systems_of_each_row() {
    let table = "source,target,source system,target system,relationship
a,b,http://x,http://y|2,source-is-narrower-than-target
";
    let kept = load("map.csv", table.as_bytes());
    let group = kept.maps[0].group(0).unwrap().definition();
    assert_eq!(
        [&group.source, &group.source_version, &group.target, &group.target_version],
        ["http://x", "", "http://y", "2"]
    );
    assert_eq!(lines(&kept.maps[0]), ["a  -> b : wider "]);
}

#[test]
fn other_columns_are_properties_of_type_string() {
    let kept = load("t.csv", b"code,display,loinc,note\na,A,1-8,\n");
    let edition = kept.edition();
    let value = edition.properties(at(edition, "a")).next().unwrap();
    assert_eq!((value.code(), value.value()), ("loinc", PropertyValue::String("1-8")));
    assert_eq!(edition.properties(at(edition, "a")).count(), 1);
}

#[test]
fn damaged_tables_never_panic() {
    endures_damage("t.csv", GERMAN, &options());
    endures_damage("m.csv", "source,target,source system,target system\na,b,x,y\n", &options());
}
