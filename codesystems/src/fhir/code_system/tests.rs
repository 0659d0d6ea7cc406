use super::*;
use crate::model::DisplayRank;
use crate::{ConceptIx, Edition, PropertyValue};

fn edition(concepts: &str) -> Edition {
    edition_with("", concepts)
}

fn edition_with(members: &str, concepts: &str) -> Edition {
    let json = format!(
        r#"{{"resourceType":"CodeSystem","url":"http://example.org/cs","version":"1","language":"en",{members}"content":"complete","concept":{concepts}}}"#
    );
    let read = read(json.as_bytes()).unwrap();
    Edition::from_bytes(read.builder.finish().unwrap().into()).unwrap()
}

fn warnings(concepts: &str) -> Vec<String> {
    let json =
        format!(r#"{{"resourceType":"CodeSystem","content":"complete","concept":{concepts}}}"#);
    read(json.as_bytes()).unwrap().warnings
}

fn parents(edition: &Edition, code: &str) -> Vec<String> {
    let concept = edition.find(code).unwrap();
    edition.parents(concept).map(|parent| edition.code(parent).to_owned()).collect()
}

fn stored<'e>(edition: &'e Edition, code: &str) -> Vec<(&'e str, PropertyValue<'e>)> {
    let concept = edition.find(code).unwrap();
    edition.properties(concept).map(|property| (property.code(), property.value())).collect()
}

fn ix(edition: &Edition, code: &str) -> ConceptIx {
    edition.find(code).unwrap()
}

#[test]
fn metadata_is_taken_over() {
    let members = r#"
        "id":"i","name":"N","title":"T","status":"draft","experimental":true,"date":"2024",
        "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status","valueCode":"withdrawn"}],
        "publisher":"P","description":"D","copyright":"C","caseSensitive":false,"valueSet":"vs",
        "hierarchyMeaning":"is-a","compositional":false,"versionNeeded":true,"supplements":"s|1",
        "identifier":[{"system":"a","value":"b"}],
        "filter":[{"code":"f","operator":["=","in"],"value":"x"}],
        "property":[{"code":"p","uri":"u","description":"d","type":"Coding"}],"#;
    let edition = edition_with(members, "[]");
    let meta = edition.meta();
    assert_eq!((meta.id.as_str(), meta.title.as_str(), meta.status.as_str()), ("i", "T", "draft"));
    assert_eq!(meta.standards_status, "withdrawn");
    assert_eq!((meta.experimental, meta.case_sensitive), (Some(true), Some(false)));
    assert_eq!((meta.compositional, meta.version_needed), (Some(false), Some(true)));
    assert_eq!((meta.supplements.as_str(), meta.value_set.as_str()), ("s|1", "vs"));
    assert_eq!(meta.identifiers[0].value, "b");
    assert_eq!(meta.filters[0].operators, ["=", "in"]);
    assert_eq!(meta.properties[0].kind, crate::PropertyKind::Coding);
    assert_eq!(meta.properties[0].uri.as_deref(), Some("u"));
}

#[test]
fn nested_concepts_and_parent_properties_of_any_type_make_one_hierarchy() {
    let edition = edition(
        r#"[
        {"code":"a","concept":[{"code":"b","property":[{"code":"parent","valueCode":"a"}]}]},
        {"code":"c","property":[{"code":"parent","valueString":"b"}]},
        {"code":"d","property":[{"code":"child","valueCoding":{"code":"e"}}]},
        {"code":"e","property":[{"code":"parent","valueCode":"c"}]}]"#,
    );
    assert_eq!(parents(&edition, "b"), ["a"]);
    assert_eq!(parents(&edition, "c"), ["b"]);
    assert_eq!(parents(&edition, "e").len(), 2);
    assert!(edition.is_ancestor(ix(&edition, "a"), ix(&edition, "e")));
    assert!(stored(&edition, "b").is_empty(), "edges are not stored as properties");
}

#[test]
fn a_property_declared_as_parent_is_an_edge_and_stays_a_property() {
    let edition = edition_with(
        r#""property":[{"code":"subsumedBy","uri":"http://hl7.org/fhir/concept-properties#parent","type":"code"}],"#,
        r#"[{"code":"a"},{"code":"b","property":[{"code":"subsumedBy","valueCode":"a"}]}]"#,
    );
    assert_eq!(parents(&edition, "b"), ["a"]);
    assert_eq!(stored(&edition, "b"), [("subsumedBy", PropertyValue::Code("a"))]);
}

#[test]
fn a_property_that_says_nothing_is_left_out_with_a_warning() {
    let list = r#"[{"code":"a","property":[
        {"code":"","valueCode":"x"},{"valueString":"y"},{"code":"p","valueString":""},{"code":"q","valueInteger":0},
        {"code":"r","valueCoding":{"system":"http://example.org/other"}}]}]"#;
    assert_eq!(
        warnings(list),
        [
            "a property of 'a' has no code, it is left out",
            "a property of 'a' has no code, it is left out",
            "a property of 'a' has no value, it is left out",
            "a property of 'a' has no value, it is left out",
        ]
    );
    assert_eq!(stored(&edition(list), "a"), [("q", PropertyValue::Integer(0))]);
}

#[test]
fn a_parent_that_is_not_defined_is_left_out_with_a_warning() {
    let found = warnings(
        r#"[{"code":"a","property":[{"code":"parent","valueCode":"zz"},{"code":"child","valueCode":"a"}]}]"#,
    );
    assert_eq!(
        found,
        [
            "concept 'a': parent 'zz' is not defined, left out",
            "concept 'a': child 'a' is the concept itself, left out"
        ]
    );
}

#[test]
fn values_keep_their_type_declared_or_not() {
    let edition = edition_with(
        r#""property":[{"code":"weight","type":"decimal"}],"#,
        r#"[{"code":"a","property":[
            {"code":"weight","valueDecimal":1.50},{"code":"n","valueInteger":3},
            {"code":"when","valueDateTime":"2020-01"},{"code":"yes","valueBoolean":true},
            {"code":"c","valueCoding":{"system":"s","code":"x","display":"X"}}]}]"#,
    );
    let values = stored(&edition, "a");
    for expected in [
        ("weight", PropertyValue::Decimal("1.50")),
        ("n", PropertyValue::Integer(3)),
        ("when", PropertyValue::DateTime("2020-01")),
        ("yes", PropertyValue::Boolean(true)),
        ("c", PropertyValue::Coding { system: "s", version: "", code: "x", display: "X" }),
    ] {
        assert!(values.contains(&expected), "{expected:?} in {values:?}");
    }
}

#[test]
fn retired_and_inactive_make_a_concept_inactive_and_deprecated_does_not() {
    let edition = edition(
        r#"[
        {"code":"a","property":[{"code":"status","valueCode":"active"}]},
        {"code":"r","property":[{"code":"status","valueCode":"retired"}]},
        {"code":"i","property":[{"code":"inactive","valueBoolean":true}]},
        {"code":"n","property":[{"code":"inactive","valueBoolean":false}]},
        {"code":"d","property":[{"code":"status","valueCode":"deprecated"}]},
        {"code":"x","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status","valueCode":"deprecated"}]}]"#,
    );
    let mut inactive: Vec<&str> = edition.inactive().iter().map(|ix| edition.code(ix)).collect();
    inactive.sort_unstable();
    assert_eq!(inactive, ["i", "r"]);
    assert_eq!(edition.status(ix(&edition, "r")), "retired");
    assert_eq!(edition.status(ix(&edition, "d")), "deprecated");
    assert_eq!(edition.status(ix(&edition, "x")), "deprecated");
    assert_eq!(stored(&edition, "r"), [("status", PropertyValue::Code("retired"))]);
}

#[test]
fn not_selectable_is_known_by_its_uri_and_by_its_name() {
    let list = r#"[{"code":"a","property":[{"code":"NAME","valueBoolean":true}]},{"code":"b","property":[{"code":"NAME","valueBoolean":false}]}]"#;
    for (name, uri) in [
        ("not-selectable", "http://hl7.org/fhir/concept-properties#notSelectable"),
        ("notSelectable", "http://example.org/own"),
        ("abstract", ""),
    ] {
        let members =
            format!(r#""property":[{{"code":"{name}","uri":"{uri}","type":"boolean"}}],"#);
        let edition = edition_with(&members, &list.replace("NAME", name));
        let found: Vec<&str> = edition.not_selectable().iter().map(|ix| edition.code(ix)).collect();
        assert_eq!(found, ["a"], "{name}");
    }
}

#[test]
fn designations_rank_by_use_and_language() {
    let edition = edition(
        r#"[{"code":"a","display":"English","_display":{"extension":[
              {"url":"http://hl7.org/fhir/StructureDefinition/translation","extension":[
                {"url":"lang","valueCode":"fr"},{"url":"content","valueString":"français"}]}]},
            "designation":[
              {"language":"de","value":"deutsch"},
              {"language":"nl","use":{"system":"http://terminology.hl7.org/CodeSystem/designation-usage","code":"display"},"value":"nederlands"},
              {"use":{"system":"s","code":"label"},"value":"label"},
              {"value":"bare","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/coding-sctdescid","valueId":"77"}]},
              {"language":"de","use":{"code":"definition"},"value":"lang","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status","valueCode":"withdrawn"}]}]}]"#,
    );
    let concept = ix(&edition, "a");
    assert_eq!(edition.display(concept), "English");
    let found: Vec<_> = edition.designations(concept).collect();
    let rank = |value: &str| found.iter().find(|it| it.value() == value).map(|it| it.rank());
    for (value, expected) in [
        ("English", DisplayRank::Preferred),
        ("français", DisplayRank::Preferred),
        ("deutsch", DisplayRank::Preferred),
        ("nederlands", DisplayRank::Preferred),
        ("label", DisplayRank::Synonym),
        ("bare", DisplayRank::Synonym),
        ("lang", DisplayRank::Note),
    ] {
        assert_eq!(rank(value), Some(expected), "{value}");
    }
    assert!(found.iter().any(|it| it.id() == 77));
    assert_eq!(found.iter().filter(|it| !it.is_active()).count(), 1);
}

#[test]
fn definitions_and_extensions_are_kept_as_properties() {
    let edition = edition(
        r#"[{"code":"a","definition":"What it is","extension":[{"url":"u","valueInteger":6}]}]"#,
    );
    assert_eq!(
        stored(&edition, "a"),
        [
            (DEFINITION_PROPERTY, PropertyValue::String("What it is")),
            (EXTENSION_PROPERTY, PropertyValue::String(r#"[{"url":"u","valueInteger":6}]"#)),
        ]
    );
    let property = edition.property_id(DEFINITION_PROPERTY).unwrap();
    let definition = &edition.meta().properties[usize::from(property.0)];
    assert_eq!(definition.uri.as_deref(), Some(DEFINITION_URI));
}

#[test]
fn a_property_of_the_publisher_called_definition_is_left_alone() {
    let edition = edition_with(
        r#""property":[{"code":"definition","type":"code"}],"#,
        r#"[{"code":"a","definition":"text","property":[{"code":"definition","valueCode":"x"}]}]"#,
    );
    let values = stored(&edition, "a");
    assert!(values.contains(&("definition", PropertyValue::Code("x"))));
    assert!(values.contains(&("$definition", PropertyValue::String("text"))));
}

#[test]
fn a_code_defined_twice_is_kept_once_with_both_places_named() {
    let list = r#"[{"code":"a","concept":[{"code":"x","display":"first"}]},
        {"code":"b","concept":[{"code":"x","display":"second"}]}]"#;
    assert_eq!(
        warnings(list),
        [
            "CodeSystem.concept[1].concept[0]: code 'x' is defined at CodeSystem.concept[0].concept[0] already, the first definition is kept"
        ]
    );
    let edition = edition(list);
    assert_eq!(edition.display(ix(&edition, "x")), "first");
    assert_eq!(parents(&edition, "x"), ["a", "b"]);
}

#[test]
fn errors_name_the_element() {
    for (json, expected) in [
        (
            r#"{"resourceType":"CodeSystem","concept":[{"code":"a"},{"display":"x"}]}"#,
            "CodeSystem.concept[1].code: missing",
        ),
        (r#"{"resourceType":"CodeSystem","concept":[{"code":7}]}"#, "CodeSystem.concept[0].code: "),
        (r#"{"resourceType":"CodeSystem","caseSensitive":"yes"}"#, "CodeSystem.caseSensitive: "),
        (r#"{"resourceType":"ValueSet"}"#, "resourceType: expected CodeSystem, found 'ValueSet'"),
        ("[", "CodeSystem"),
        ("", "CodeSystem"),
    ] {
        let message = read(json.as_bytes()).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_count_that_does_not_fit_is_reported() {
    let json =
        br#"{"resourceType":"CodeSystem","content":"complete","count":3,"concept":[{"code":"a"}]}"#;
    assert_eq!(read(json).unwrap().warnings, ["CodeSystem.count is 3, 1 concepts are defined"]);
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn cut_resources_never_panic(cut in 0usize..120) {
        let json = r#"{"resourceType":"CodeSystem","concept":[{"code":"a","display":"\u00e4","property":[{"code":"p","valueDecimal":1.5}]}]}"#;
        let _ = read(json.get(..cut).unwrap_or(json).as_bytes());
    }
}
