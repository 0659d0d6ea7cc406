use super::*;

#[test]
fn a_map_in_r4_is_read() {
    let read = read(
        br#"{"resourceType":"ConceptMap","url":"u","version":"1","identifier":{"value":"x"},
        "sourceUri":"http://example.org/vs1","targetCanonical":"http://example.org/vs2",
        "group":[{"source":"a","sourceVersion":"1","target":"b",
          "element":[{"code":"1","target":[
            {"code":"x","equivalence":"wider","comment":"c",
             "dependsOn":[{"property":"p","system":"s","value":"v","display":"V"}],
             "product":[{"property":"q","value":"w"}]},
            {"equivalence":"unmatched"}]}],
          "unmapped":{"mode":"provided"}}]}"#,
    )
    .unwrap();
    assert_eq!(read.builder.len(), 2);
    assert_eq!(read.builder.meta.source_scope, "http://example.org/vs1");
    assert_eq!(read.builder.meta.target_scope, "http://example.org/vs2");
    assert_eq!(read.builder.meta.identifiers[0].value, "x");
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    let built = format!("{:?}", read.builder);
    for part in ["SourceIsNarrower", "Unmatched", "use-source-code", r#""v\u{1f}s\u{1f}\u{1f}V""#] {
        assert!(built.contains(part), "{part} in {built}");
    }
}

#[test]
fn a_map_in_r5_is_read() {
    let read = read(
        br#"{"resourceType":"ConceptMap","identifier":[{"value":"x"}],
        "sourceScopeCanonical":"s","targetScopeUri":"t",
        "property":[{"code":"auto","type":"boolean"}],
        "group":[{"source":"a|1","target":"b|2","element":[
          {"code":"1","noMap":true},
          {"code":"2","target":[{"code":"x","relationship":"source-is-broader-than-target",
            "property":[{"code":"auto","valueBoolean":true}],
            "dependsOn":[{"attribute":"p","valueCode":"v"}]}]}],
          "unmapped":{"mode":"other-map","otherMap":"m"}}]}"#,
    )
    .unwrap();
    assert_eq!(read.builder.len(), 2);
    assert_eq!(read.builder.meta.properties[0].code, "auto");
    let built = format!("{:?}", read.builder);
    for part in [
        "SourceIsBroader",
        r#"source_version: "1""#,
        r#"target_version: "2""#,
        r#"("auto", Boolean, "true")"#,
        r#"("p", Code, "v")"#,
    ] {
        assert!(built.contains(part), "{part} in {built}");
    }
}

#[test]
fn groups_without_systems_are_read_and_reported() {
    let read = read(
        br#"{"resourceType":"ConceptMap","targetCanonical":"http://snomed.info/sct?fhir_vs",
        "group":[{"element":[{"code":"1","target":[{"code":"x"}]},{"display":"none"},
          {"code":"2","target":[{"display":"no code","equivalence":"equal"}]}]}]}"#,
    )
    .unwrap();
    assert_eq!(read.builder.len(), 1);
    assert_eq!(
        read.warnings,
        [
            "ConceptMap.group[0].source: missing, taken as none",
            "ConceptMap.group[0].target: missing, taken as http://snomed.info/sct",
            "ConceptMap.group[0].element[0].target[0]: no relationship given, taken as related-to",
            "ConceptMap.group[0].element[1]: without a code, left out",
            "ConceptMap.group[0].element[2].target[0]: nothing instead of a code, left out",
        ]
    );
}

#[test]
fn errors_name_the_element() {
    let error = read(
        br#"{"resourceType":"ConceptMap","group":[{"source":"a","target":"b",
        "element":[{"code":"1","target":[{"code":"x","equivalence":"same"}]}]}]}"#,
    )
    .unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("ConceptMap.group[0].element[0].target[0].equivalence: expected"),
        "{message}"
    );
    assert!(read(br#"{"resourceType":"ValueSet"}"#).is_err());
}
