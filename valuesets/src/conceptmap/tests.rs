//! What was put into a map comes out of it, in both directions.

use codesystems::PropertyValue;
use proptest::prelude::*;

use super::*;

pub(super) fn open(builder: ConceptMapBuilder) -> ConceptMap {
    ConceptMap::from_bytes(builder.finish().unwrap().into()).unwrap()
}

fn meta() -> ConceptMapMeta {
    ConceptMapMeta {
        url: "http://example.org/cm".into(),
        version: "1".into(),
        ..ConceptMapMeta::default()
    }
}

fn sample() -> ConceptMapBuilder {
    let mut builder = ConceptMapBuilder::new(meta());
    let first = builder.group("http://a", "2025", "http://b", "2026");
    let second = builder.group("http://a", "", "http://c", "");
    let fixed = Unmapped { mode: "fixed".into(), code: "?".into(), ..Unmapped::default() };
    builder.unmapped(second, fixed);
    let detailed = NewMapping {
        source_display: "Two",
        target_display: "Zwei",
        comment: "\"quoted\"",
        properties: &[("automatic", PropertyValue::Boolean(true))],
        depends_on: &[("sex", PropertyValue::Code("female"))],
        products: &[("rank", PropertyValue::Integer(3))],
        ..NewMapping::new("2", "zwei", Relationship::Equivalent)
    };
    builder.mapping(first, &NewMapping::new("2", "z", Relationship::SourceIsNarrower));
    builder.mapping(first, &detailed);
    builder.mapping(second, &NewMapping::new("2", "zwei", Relationship::RelatedTo));
    builder.mapping(first, &NewMapping::new("10", "zwei", Relationship::SourceIsBroader));
    builder.mapping(first, &NewMapping::none("3"));
    builder
}

fn pairs<'a>(mappings: impl Iterator<Item = Mapping<'a>>) -> Vec<(&'a str, Option<&'a str>)> {
    mappings.map(|mapping| (mapping.source(), mapping.target())).collect()
}

#[test]
fn a_code_gives_its_mappings_by_group_in_the_order_of_the_loader() {
    let map = open(sample());
    let all = pairs(map.mappings(None, "2"));
    assert_eq!(all, [("2", Some("z")), ("2", Some("zwei")), ("2", Some("zwei"))]);
    assert_eq!(pairs(map.mappings(None, "3")), [("3", None)]);
    assert_eq!(map.mappings(Some("http://other"), "2").count(), 0);
    assert_eq!(map.mappings(None, "").count() + map.mappings(None, "22").count(), 0);
    let groups: Vec<usize> = map.mappings(None, "2").map(|one| one.group().number()).collect();
    assert_eq!(groups, [0, 0, 1]);
}

#[test]
fn a_target_gives_everything_that_leads_to_it() {
    let map = open(sample());
    let sources =
        |system| -> Vec<&str> { map.reverse(system, "zwei").map(Mapping::source).collect() };
    assert_eq!(sources(None), ["10", "2", "2"]);
    assert_eq!(sources(Some("http://c")), ["2"]);
    assert_eq!(map.reverse(None, "3").count(), 0);
}

#[test]
fn a_mapping_keeps_all_that_was_said_of_it() {
    let map = open(sample());
    let mapping = map.mappings(None, "2").nth(1).unwrap();
    assert_eq!((mapping.source_display(), mapping.target_display()), ("Two", "Zwei"));
    assert_eq!(mapping.comment(), "\"quoted\"");
    assert_eq!(mapping.property("automatic"), Some(PropertyValue::Boolean(true)));
    let part = |name, value| vec![Part { name, value }];
    assert_eq!(
        mapping.depends_on().collect::<Vec<_>>(),
        part("sex", PropertyValue::Code("female"))
    );
    assert_eq!(mapping.products().collect::<Vec<_>>(), part("rank", PropertyValue::Integer(3)));
    assert_eq!(map.mapping(mapping.row()).unwrap().comment(), mapping.comment());
    assert!(map.mapping(map.row_count()).is_none());
}

#[test]
fn the_resource_reads_back_as_groups_elements_and_targets() {
    let map = open(sample());
    let mut lines = Vec::new();
    for group in map.groups() {
        let systems = group.definition();
        lines.push(format!("{} {} {}", systems.source, systems.source_version, systems.target));
        for element in group.elements() {
            let targets: Vec<_> = element.mappings().filter_map(Mapping::target).collect();
            lines.push(format!(
                "{} '{}' {} {targets:?}",
                element.code(),
                element.display(),
                element.is_no_map()
            ));
        }
    }
    assert_eq!(
        lines,
        [
            "http://a 2025 http://b",
            r#"10 '' false ["zwei"]"#,
            r#"2 'Two' false ["z", "zwei"]"#,
            "3 '' true []",
            "http://a  http://c",
            r#"2 '' false ["zwei"]"#,
        ]
    );
    assert_eq!(map.definitions()[1].unmapped.as_ref().unwrap().code, "?");
    assert_eq!(map.meta(), &meta());
}

#[test]
fn an_empty_map_is_a_map() {
    let map = open(ConceptMapBuilder::default());
    assert_eq!((map.row_count(), map.groups().len(), map.mappings(None, "x").count()), (0, 0, 0));
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    assert_eq!(sample().finish().unwrap(), sample().finish().unwrap());
}

#[test]
fn an_edition_is_not_a_concept_map() {
    let edition = codesystems::EditionBuilder::new(codesystems::EditionMeta::new("http://a", ""));
    let error = ConceptMap::from_bytes(edition.finish().unwrap().into()).unwrap_err();
    assert!(error.to_string().contains("concept map"), "{error}");
}

#[test]
fn damaged_bytes_are_refused_and_damaged_tables_never_panic() {
    let whole = sample().finish().unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        if let Ok(map) = ConceptMap::from_bytes(flipped.into()) {
            // Padding between sections is not content.
            assert_eq!(map.mappings(None, "2").count(), 3, "byte {at}");
        }
    }
}

#[test]
fn tables_that_do_not_fit_together_give_empty_answers() {
    use codesystems::index::{Container, ContainerKind, ContainerWriter};
    let container = Container::from_bytes(sample().finish().unwrap().into()).unwrap();
    for section in sections::Section::ALL {
        use sections::Section::{SourceFst, TargetFst};
        if matches!(section, SourceFst | TargetFst) {
            continue;
        }
        let mut writer = ContainerWriter::new(ContainerKind::ConceptMap);
        for other in sections::Section::ALL {
            let bytes = container.section(other.number()).to_vec();
            let same = other == section;
            let bytes = if same { bytes.iter().map(|byte| !byte).collect() } else { bytes };
            writer.section(other.number(), bytes);
        }
        let Ok(map) = ConceptMap::from_bytes(writer.finish().into()) else { continue };
        for group in map.groups() {
            for mapping in group.elements().take(50).flat_map(|element| element.mappings().take(50))
            {
                let parts = mapping.properties().count() + mapping.products().count();
                let _ = (mapping.source(), mapping.target(), mapping.relationship(), parts);
            }
        }
        let _ = map.mappings(None, "2").count() + map.reverse(None, "zwei").count();
    }
}

/// (group, source, target, relationship, comment)
type Row = (u8, String, Option<String>, u8, String);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let code = "[ab.0-1é]{0,2}";
    let row = (0u8..3, code, proptest::option::of(code), 0u8..10, "[xy]{0,1}");
    proptest::collection::vec(row, 0..60)
}

fn built(rows: &[Row]) -> ConceptMap {
    let mut builder = ConceptMapBuilder::new(meta());
    for group in 0..3 {
        builder.group("http://s", "", &format!("http://t{group}"), "");
    }
    for (group, source, target, relationship, comment) in rows {
        let mapping = NewMapping {
            target: target.as_deref(),
            comment,
            properties: &[("p", PropertyValue::String(comment))],
            ..NewMapping::new(source, "", Relationship::from_byte(*relationship))
        };
        builder.mapping(GroupId(u16::from(*group)), &mapping);
    }
    open(builder)
}

fn row_of(mapping: Mapping<'_>) -> Row {
    assert_eq!(mapping.property("p"), Some(PropertyValue::String(mapping.comment())));
    (
        mapping.group().number() as u8,
        mapping.source().into(),
        mapping.target().map(str::to_owned),
        mapping.relationship() as u8,
        mapping.comment().into(),
    )
}

proptest! {
    #[test]
    fn a_map_reads_back_what_was_written(rows in rows()) {
        let map = built(&rows);
        let mut expected = rows.clone();
        expected.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let elements = map.groups().flat_map(GroupRef::elements);
        let read: Vec<Row> = elements.flat_map(|element| element.mappings()).map(row_of).collect();
        prop_assert_eq!(&read, &expected);
        for (_, code, ..) in &rows {
            let own: Vec<Row> = map.mappings(None, code).map(row_of).collect();
            let of_code: Vec<Row> =
                expected.iter().filter(|row| row.1 == *code).cloned().collect();
            prop_assert_eq!(own, of_code);
        }
    }

    #[test]
    fn reverse_is_the_mirror_of_forward(rows in rows()) {
        let map = built(&rows);
        let targets = rows.iter().filter_map(|row| row.2.as_deref());
        for target in targets {
            let backward: Vec<u32> = map.reverse(None, target).map(Mapping::row).collect();
            let all = map.groups().flat_map(GroupRef::mappings);
            let forward: Vec<u32> =
                all.filter(|one| one.target() == Some(target)).map(Mapping::row).collect();
            prop_assert_eq!(backward, forward);
        }
    }
}
