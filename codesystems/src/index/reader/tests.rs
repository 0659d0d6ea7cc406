use super::super::column::Columns;
use super::*;
use crate::model::{
    Acceptability, DisplayRank, NewDesignation, PropertyId, PropertyKind, PropertyValue, SetId,
};
use crate::{EditionBuilder, LanguagePreference, search};

fn animals() -> EditionBuilder {
    let mut meta = EditionMeta::new("http://example.org/animals", "2026");
    meta.language = "en".into();
    meta.case_sensitive = Some(false);
    let mut builder = EditionBuilder::new(meta);
    for (code, en, de) in [
        ("A10", "Cat", "Katze"),
        ("A2", "Dog", "Hund"),
        ("A", "Animal", "Tier"),
        ("P", "Pet", "Haustier"),
    ] {
        let concept = builder.concept(code);
        builder.display(concept, "en", en);
        builder.display(concept, "de-DE", de);
    }
    for (child, parent) in [("A10", "A"), ("A2", "A"), ("A10", "P"), ("A2", "P")] {
        let (child, parent) = (builder.concept(child), builder.concept(parent));
        builder.parent(child, parent);
    }
    let legs = builder.property_id("legs", PropertyKind::Integer, "number of legs");
    let eats = builder.property_id("eats", PropertyKind::Code, "");
    let lives = builder.property_id("lives", PropertyKind::Coding, "");
    let cat = builder.concept("A10");
    let dog = builder.concept("A2");
    builder.property(cat, legs, PropertyValue::Integer(4), 0);
    builder.property(dog, legs, PropertyValue::Integer(4), 0);
    builder.property(cat, eats, PropertyValue::Code("A2"), 2);
    let home = PropertyValue::Coding { system: "s", version: "", code: "home", display: "Home" };
    builder.property(dog, lives, home, 0);
    let set = builder.membership_set("R1", "soft", &["rank", "note"]);
    builder.member(set, cat, &["1", "very"]);
    builder.member(set, cat, &["2", ""]);
    builder.set_inactive(dog, true);
    builder.set_status(dog, "retired");
    builder.set_kind(cat, "species");
    builder
}

fn open(builder: EditionBuilder) -> Edition {
    Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
}

fn codes(edition: &Edition, set: &ConceptSet) -> Vec<String> {
    set.iter().map(|concept| edition.code(concept).to_owned()).collect()
}

#[test]
fn an_edition_gives_back_what_was_built() {
    let edition = open(animals());
    let find = |code: &str| edition.find(code).unwrap();
    assert_eq!(codes(&edition, &edition.all()), ["A", "A2", "A10", "P"]);
    assert_eq!((edition.display(find("A10")), edition.find("A3")), ("Cat", None));
    assert_eq!(edition.code(find("a10")), "A10", "case-insensitive systems find any case");
    assert_eq!(codes(&edition, &edition.descendants(find("P"))), ["A2", "A10"]);
    assert_eq!(codes(&edition, &edition.ancestors(find("A2"))), ["A", "P"]);
    assert_eq!(edition.descendant_count(find("A")), 2);
    assert!(
        edition.is_ancestor(find("P"), find("A10")) && !edition.is_ancestor(find("A10"), find("P"))
    );
    assert!(!edition.is_ancestor(find("A"), find("A")));
    assert_eq!(codes(&edition, &edition.inactive()), ["A2"]);
    assert_eq!((edition.status(find("A2")), edition.kind(find("A10"))), ("retired", "species"));
    assert_eq!((edition.status(find("A")), edition.kind(find("A"))), ("", ""));
}

#[test]
fn a_text_index_made_on_demand_finds_the_same() {
    let written = open(animals());
    let mut builder = animals();
    builder.text_index_on_demand = true;
    let on_demand = open(builder);
    assert!(on_demand.byte_count() < written.byte_count());
    for query in ["katz", "ca", "tier", "xyz"] {
        let query = search::Query::parse(query);
        let selection = search::Selection { within: None, offset: 0, limit: 10 };
        let [expected, found] = [&written, &on_demand]
            .map(|edition| edition.text_index().unwrap().search(&query, &selection));
        assert_eq!(found, expected, "{query:?}");
    }
}

#[test]
fn properties_are_found_from_both_sides() {
    let edition = open(animals());
    let cat = edition.find("A10").unwrap();
    let values: Vec<_> =
        edition.properties(cat).map(|value| (value.code(), value.value(), value.group())).collect();
    assert_eq!(
        values,
        [("legs", PropertyValue::Integer(4), 0), ("eats", PropertyValue::Code("A2"), 2)]
    );
    let with = |property: &str, text: &str| {
        codes(&edition, &edition.with_value(edition.property_id(property).unwrap(), text))
    };
    assert_eq!(with("legs", "4"), ["A2", "A10"]);
    assert_eq!(with("lives", "home"), ["A2"]);
    assert_eq!(with("lives", "ho"), [""; 0]);
    assert_eq!(with("eats", "A2"), ["A10"]);
    let eaten = edition.properties(cat).find_map(PropertyRef::concept).unwrap();
    assert_eq!(edition.code(eaten), "A2");
}

#[test]
fn memberships_keep_their_rows() {
    let edition = open(animals());
    let (set, definition) = edition.membership_set("R1").unwrap();
    assert_eq!(definition.fields, ["rank", "note"]);
    let cat = edition.find("A10").unwrap();
    let rows: Vec<Vec<&str>> =
        edition.member_rows_of(set, cat).map(|row| row.fields().collect()).collect();
    assert_eq!(rows, [["1", "very"], ["2", ""]]);
    assert_eq!(codes(&edition, &edition.members(set)), ["A10"]);
    assert_eq!(edition.memberships(cat).count(), 1);
}

#[test]
fn displays_follow_the_language_asked_for() {
    let edition = open(animals());
    let cat = edition.find("A10").unwrap();
    for (wanted, display) in [
        ("de", "Katze"),
        ("de-AT", "Katze"),
        ("fr", "Cat"),
        ("fr, de;q=0.5, en;q=0.2", "Katze"),
        ("", "Cat"),
    ] {
        let scores = edition.language_scores(&LanguagePreference::parse(wanted));
        assert_eq!(edition.display_for(cat, &scores), display, "for '{wanted}'");
    }
}

#[test]
fn a_dialect_prefers_its_own_term() {
    let mut builder = EditionBuilder::new(EditionMeta::new("http://example.org", ""));
    let synonym = builder.designation_use("s", "synonym", "");
    let (us, gb) = (builder.dialect("1", "en-US"), builder.dialect("2", "en-GB"));
    let concept = builder.concept("x");
    use Acceptability::{Acceptable, Preferred};
    for (text, acceptability) in [
        ("anemia", [(us, Preferred), (gb, Acceptable)]),
        ("anaemia", [(us, Acceptable), (gb, Preferred)]),
    ] {
        let designation = NewDesignation {
            acceptability: &acceptability,
            ..NewDesignation::new("en", synonym, text, DisplayRank::Preferred)
        };
        builder.designation(concept, &designation);
    }
    let edition = open(builder);
    let shown = |wanted: &str| {
        let scores = edition.language_scores(&LanguagePreference::parse(wanted));
        edition.display_for(edition.find("x").unwrap(), &scores).to_owned()
    };
    assert_eq!(
        (shown("en-GB"), shown("en-US"), shown("en")),
        ("anaemia".into(), "anemia".into(), "anemia".into())
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(animals().finish().unwrap(), animals().finish().unwrap());
}

#[test]
fn a_cycle_is_refused_with_its_codes() {
    let mut builder = animals();
    let (parent, child) = (builder.concept("A10"), builder.concept("A"));
    builder.parent(child, parent);
    let error = builder.finish().unwrap_err().to_string();
    assert!(error.starts_with("hierarchy cycle: ") && error.contains("A10"), "{error}");
}

#[test]
fn an_empty_edition_is_an_edition() {
    let edition = open(EditionBuilder::new(EditionMeta::new("http://example.org", "")));
    assert_eq!((edition.concept_count(), edition.find("")), (0, None));
    assert!(edition.all().is_empty());
}

#[test]
fn damaged_offsets_lead_to_no_more_rows_than_there_are() {
    use {Section as S, Table as T};
    let whole = Container::from_bytes(animals().finish().unwrap().into()).unwrap();
    let mut writer = super::super::ContainerWriter::new(ContainerKind::Edition);
    for &section in S::ALL {
        let mut bytes = whole.section(section.number()).to_vec();
        if section == S::MemberStarts {
            bytes.iter_mut().skip(4).for_each(|byte| *byte = 0xff);
        }
        if section == S::Runs {
            bytes.iter_mut().skip(2).for_each(|byte| *byte = 0xff);
        }
        writer.section(section.number(), bytes);
    }
    let names = T::ALL.iter().map(|table| (table.number(), table.name()));
    let tables: [Column; TABLES] = Column::all(&whole, names).unwrap();
    let mut damaged = Columns::new(T::ALL.iter().map(|table| table.number()));
    for (&table, column) in T::ALL.iter().zip(&tables) {
        let mut numbers: Vec<u32> = column.iter().collect();
        if [T::DesignationOffsets, T::PropertyOffsets, T::PropertyStarts].contains(&table) {
            numbers.iter_mut().skip(1).for_each(|number| *number = u32::MAX);
        }
        damaged.put(table as usize, numbers);
    }
    damaged.write(&mut writer);
    let edition = Edition::from_bytes(writer.finish().into()).unwrap();
    let first = ConceptIx(0);
    assert_eq!(edition.designations(first).count(), 8);
    assert_eq!(edition.properties(first).count(), 4);
    assert_eq!(edition.distinct_values(PropertyId(0)).count(), 3);
    assert_eq!(edition.member_row_count(SetId(0)), 2);
    assert!(edition.descendants(first).len() <= 4);
}

#[test]
fn a_damaged_file_is_refused_when_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.edition");
    let mut bytes = animals().finish().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    assert!(Edition::open(&path).is_ok());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(Edition::open(&path), Err(Error::Checksum { .. })));
    std::fs::write(&path, &bytes[..middle]).unwrap();
    assert!(matches!(Edition::open(&path), Err(Error::Truncated { .. })));
    std::fs::write(&path, "something else").unwrap();
    assert!(matches!(Edition::open(&path), Err(Error::NotAnIndex)));
}
