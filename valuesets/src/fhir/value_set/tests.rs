use super::*;

const SMALL: &str = r#"{
  "resourceType": "ValueSet", "id": "v", "url": "http://example.org/vs", "version": "2",
  "extension": [
    {"url": "http://hl7.org/fhir/StructureDefinition/valueset-supplement",
     "valueCanonical": "http://example.org/sup|1"},
    {"url": "http://example.org/other", "valueString": "x"}],
  "status": "active", "experimental": false, "immutable": true,
  "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2"}],
  "compose": {
    "extension": [
      {"url": "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter", "extension": [
        {"url": "name", "valueCode": "displayLanguage"}, {"url": "value", "valueCode": "de"}]}],
    "inactive": false, "lockedDate": "2024-01-01", "property": ["definition"],
    "include": [
      {"system": "http://example.org/cs", "version": "1.x",
       "concept": [{"code": "a", "display": "A", "extension": [{"url": "u", "valueInteger": 1}],
         "designation": [{"language": "de", "use": {"system": "s", "code": "c"}, "value": "Ä"}]}]},
      {"system": "http://example.org/cs",
       "filter": [{"property": "concept", "op": "is-a",
         "_op": {"extension": [{"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.compose.include.filter.op", "valueCode": "child-of"}]},
         "value": "a"}, {"property": "p", "op": "="}]},
      {"valueSet": ["http://example.org/other|3"]}],
    "exclude": [{"system": "http://example.org/cs", "concept": [{"code": "b"}]}]
  },
  "expansion": {"timestamp": "2024", "total": 2, "parameter": [{"name": "count", "valueInteger": 5}],
    "contains": [{"system": "s", "code": "a", "abstract": true, "contains": [{"code": "b", "inactive": true}]}]}
}"#;

#[test]
fn everything_a_definition_says_is_read() {
    let read = value_set(SMALL).unwrap();
    assert_eq!((read.url.as_str(), read.version.as_str()), ("http://example.org/vs", "2"));
    assert_eq!(read.supplements, [Canonical::new("http://example.org/sup", Some("1"))]);
    assert_eq!(read.expansion_parameters.len(), 1);
    assert_eq!(read.expansion_parameters[0].name, "displayLanguage");
    assert_eq!(read.expansion_parameters[0].value, "de");
    assert_eq!(read.expansion_parameters[0].value_type, "Code");
    let compose = read.compose.unwrap();
    assert_eq!(compose.inactive, Some(false));
    assert_eq!(compose.property, ["definition"]);
    let [listed, filtered, imported] = compose.include.as_slice() else { panic!("three includes") };
    assert_eq!(listed.version.as_deref(), Some("1.x"));
    assert_eq!(listed.concepts[0].designations[0].value, "Ä");
    assert_eq!(listed.concepts[0].extension, r#"[{"url": "u", "valueInteger": 1}]"#);
    assert_eq!(imported.system, None);
    assert_eq!(imported.value_sets, [Canonical::new("http://example.org/other", Some("3"))]);
    assert_eq!(filtered.filters[1].value, "");
    assert_eq!(compose.exclude[0].concepts[0].code, "b");
}

#[test]
fn an_operator_of_r5_is_read_from_its_extension_in_r4() {
    let compose = value_set(SMALL).unwrap().compose.unwrap();
    assert_eq!(compose.include[1].filters[0].op, FilterOp::ChildOf);
}

#[test]
fn an_expansion_keeps_its_tree() {
    let expansion = value_set(SMALL).unwrap().expansion.unwrap();
    assert_eq!(expansion.parameters[0].value, "5");
    assert!(expansion.contains[0].is_abstract);
    assert!(expansion.contains[0].contains[0].inactive);
}

#[test]
fn errors_name_the_element_and_what_was_expected() {
    for (json, element, expected) in [
        (r#"{"resourceType":"Patient"}"#, "resourceType", "expected ValueSet"),
        (
            r#"{"resourceType":"ValueSet","compose":{"include":[{},{"concept":[{"display":"x"}]}]}}"#,
            "ValueSet.compose.include[1].concept[0].code",
            "missing",
        ),
        (
            r#"{"resourceType":"ValueSet","compose":{"exclude":[{"filter":[{"property":"p","op":"like"}]}]}}"#,
            "ValueSet.compose.exclude[0].filter[0].op",
            "expected one of =, is-a",
        ),
        (
            r#"{"resourceType":"ValueSet","compose":{"include":[{"system":1}]}}"#,
            "ValueSet.compose.include[0].system",
            "expected a string",
        ),
    ] {
        let message = value_set(json).unwrap_err().to_string();
        assert!(message.starts_with(element), "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
