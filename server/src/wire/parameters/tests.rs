//! Reading parameters from every source, and asking for them.

use proptest::prelude::*;

use super::*;

fn query(text: &str) -> Parameters {
    Parameters::from_query(text).unwrap()
}

fn json(text: &str) -> Result<Parameters, WireError> {
    Parameters::from_json(text.as_bytes(), &Limits::default())
}

/// A Parameters resource with these items.
fn items(text: &str) -> Parameters {
    json(&format!(r#"{{"resourceType":"Parameters","parameter":[{text}]}}"#)).unwrap()
}

fn error_of(items_text: &str) -> String {
    let text = format!(r#"{{"resourceType":"Parameters","parameter":[{items_text}]}}"#);
    json(&text).unwrap_err().to_string()
}

#[test]
fn a_form_is_read_like_a_query() {
    let body = b"code=E11.90&display=Diabetes+mellitus%21\n";
    let read = Parameters::from_form(body, &Limits::default()).unwrap();
    assert_eq!(read.string("code"), Ok(Some("E11.90")));
    assert_eq!(read.string("display"), Ok(Some("Diabetes mellitus!")));
}

#[test]
fn parameters_of_a_url_with_an_empty_value_count_as_not_given() {
    let read = query("filter=&&code=x&version&");
    assert_eq!(read.list.len(), 1);
    assert_eq!(read.string("filter"), Ok(None));
}

#[test]
fn every_type_of_value_is_kept_with_its_type() {
    let read = items(
        r#"{"name":"a","valueUri":"u"},{"name":"b","valueBoolean":true},{"name":"c","valueDecimal":1.50},
           {"name":"d","valueQuantity":{"value":1}},{"name":"e","valueCoding":{"code":"x","userSelected":true}},
           {"name":"f","valueDateTime":"2026"},{"name":"g","resource":{"resourceType":"ValueSet"}},
           {"name":"h","part":[{"name":"i","valueCode":"j"}]},{"name":"k","valueInteger":5}"#,
    );
    let kinds: Vec<_> = read.list.iter().map(|each| each.value.fhir_type()).collect();
    let expected = ["uri", "boolean", "decimal", "Quantity", "Coding", "dateTime"].map(Some);
    assert_eq!(kinds.get(..6), Some(&expected[..]));
    assert_eq!(read.string("c"), Ok(Some("1.50")));
    assert_eq!(read.coding("e").unwrap().unwrap().user_selected, Some(true));
    assert_eq!(read.integer("k"), Ok(Some(5)));
    let part = read.part_lists("h").unwrap().next().unwrap();
    assert_eq!(part.string("i"), Ok(Some("j")));
    let resource = read.resource("g").unwrap().unwrap();
    assert_eq!(resource.get(), r#"{"resourceType":"ValueSet"}"#);
}

#[test]
fn extensions_ids_and_unknown_members_are_passed_over() {
    let read = items(
        r#"{"id":"1","extension":[{"url":"x"}],"name":"a","_valueCode":{"id":"y"},"valueCode":"z","foo":[1]}"#,
    );
    assert_eq!(read.string("a"), Ok(Some("z")));
}

#[test]
fn an_empty_parameters_resource_has_no_parameters() {
    assert!(json(r#"{"resourceType":"Parameters"}"#).unwrap().list.is_empty());
    assert!(items("").list.is_empty());
}

#[test]
fn a_bare_resource_becomes_the_parameter_it_is_meant_for() {
    for (kind, name) in
        [("ValueSet", "valueSet"), ("CodeSystem", "codeSystem"), ("ConceptMap", "conceptMap")]
    {
        let body = format!(" {{\"resourceType\":\"{kind}\",\"url\":\"http://example.org\"}}\n");
        let read = json(&body).unwrap();
        assert_eq!(read.resource(name).unwrap().unwrap().get(), body.trim());
    }
    assert_eq!(
        json(r#"{"resourceType":"Patient"}"#).unwrap_err().to_string(),
        "the body is a resource of type 'Patient', expected a Parameters, ValueSet, CodeSystem or \
         ConceptMap resource"
    );
    assert!(json("{}").unwrap_err().to_string().contains("without a resourceType"));
}

#[test]
fn query_and_body_are_read_together() {
    let body = br#"{"resourceType":"ValueSet"}"#;
    let limits = Limits::default();
    let read =
        Parameters::from_request(Some("count=1000000"), body, BodyFormat::Json, &limits).unwrap();
    assert_eq!(read.integer("count"), Ok(Some(1_000_000)));
    assert!(read.resource("valueSet").unwrap().is_some());
    let empty = Parameters::from_request(None, b" \n", BodyFormat::Json, &limits).unwrap();
    assert!(empty.list.is_empty());
}

#[test]
fn errors_in_json_name_place_path_and_expectation() {
    let text =
        "{\"resourceType\":\"Parameters\",\n\"parameter\":[\n{\"name\":\"a\",\"valueCode\":5}]}";
    let WireError::Json { line, column, message } = json(text).unwrap_err() else {
        panic!("another error");
    };
    assert_eq!((line, column), (3, 25));
    assert_eq!(message, "parameter[0].valueCode: invalid type: integer `5`, expected a string");
}

#[test]
fn what_is_wrong_in_a_parameter_is_named_by_its_path() {
    let cases = [
        (r#"{"valueCode":"x"}"#, "parameter[0]: found no name, expected a 'name'"),
        (
            r#"{"name":"a","valueCode":"x","valueUri":"y"}"#,
            "parameter[0].valueUri: found a second value, expected one value[x]",
        ),
        (
            r#"{"name":"a"},{"name":"b","valueInteger":"5"}"#,
            "parameter[1].valueInteger: found a string, expected a JSON number",
        ),
        (
            r#"{"name":"a","resource":"x"}"#,
            "parameter[0].resource: found a string, expected a resource (a JSON object)",
        ),
        (
            r#"{"name":"a","part":[{"name":"b"},{"name":"c","valueBoolean":"true"}]}"#,
            "parameter[0].part[1].valueBoolean: invalid type: string \"true\", expected a boolean",
        ),
        (
            r#"{"name":"a","valueCoding":"x"}"#,
            "parameter[0].valueCoding: invalid type: string \"x\", expected a Coding (a JSON object)",
        ),
        (r#""x""#, "parameter[0]: invalid type: string \"x\", expected a parameter"),
        (r#"{"name":"a","valueCode":null}"#, "parameter[0].valueCode: invalid type: null"),
        (r#"{"name":"a" "#, "expected `,` or `}`"),
    ];
    for (text, expected) in cases {
        let found = error_of(text);
        assert!(found.contains(expected), "{found}\nlacks\n{expected}");
    }
}

#[test]
fn texts_are_found_whatever_type_carries_them() {
    let read = items(
        r#"{"name":"system","valueString":"http://example.org/cs"},{"name":"code","valueUri":"x"},
           {"name":"n","valueInteger":7},{"name":"b","valueBoolean":false}"#,
    );
    assert_eq!(read.string("system"), Ok(Some("http://example.org/cs")));
    assert_eq!(read.string("code"), Ok(Some("x")));
    assert_eq!(read.string("n"), Ok(Some("7")));
    assert_eq!(read.string("b"), Ok(Some("false")));
    assert_eq!(read.string("absent"), Ok(None));
}

#[test]
fn a_parameter_given_twice_is_refused_where_one_is_allowed() {
    let read = query("code=a&code=b");
    assert_eq!(
        read.string("code").unwrap_err().to_string(),
        "parameter 'code' is given 2 times, expected it once"
    );
    assert_eq!(read.strings("code"), Ok(vec!["a", "b"]));
}

#[test]
fn booleans_may_be_texts_but_nothing_else() {
    let read = query("a=true&b=false&c=yes&d=TRUE");
    assert_eq!(read.boolean("a"), Ok(Some(true)));
    assert_eq!(read.boolean("b"), Ok(Some(false)));
    assert_eq!(
        read.boolean("c").unwrap_err().to_string(),
        "parameter 'c' is 'yes', expected 'true' or 'false'"
    );
    assert!(read.boolean("d").is_err());
    let typed = items(r#"{"name":"a","valueBoolean":true},{"name":"b","valueString":"false"}"#);
    assert_eq!(typed.boolean("a"), Ok(Some(true)));
    assert_eq!(typed.boolean("b"), Ok(Some(false)));
}

#[test]
fn whole_numbers_are_checked_for_their_range() {
    let read = query("a=20&b=-1&c=1.5&d=99999999999&e=0&f=%2B5");
    assert_eq!(read.integer("a"), Ok(Some(20)));
    assert_eq!(read.integer("e"), Ok(Some(0)));
    for wrong in ["b", "c", "d", "f"] {
        assert!(read.integer(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        read.integer_within("e", 1..=10).unwrap_err().to_string(),
        "parameter 'e' is '0', expected a whole number from 1 to 10"
    );
}

#[test]
fn complex_types_are_not_read_from_a_url() {
    let read = query("coding=http://loinc.org|4548-4&codeableConcept=x&valueSet=y");
    let message = read.coding("coding").unwrap_err().to_string();
    assert!(message.contains("a URL can give system, code and version"), "{message}");
    assert!(read.codeable_concept("codeableConcept").is_err());
    assert!(read.resource("valueSet").is_err());
    assert!(read.resources("valueSet").is_err());
}

#[test]
fn codings_and_concepts_are_read_with_all_their_elements() {
    let read = items(
        r#"{"name":"coding","valueCoding":{"system":"s","version":"1","code":"c","display":"d"}},
           {"name":"cc","valueCodeableConcept":{"coding":[{"code":"a"},{"code":"b"}],"text":"t"}},
           {"name":"concept","valueCoding":{"code":"1"}},{"name":"concept","valueCoding":{"code":"2"}}"#,
    );
    let coding = read.coding("coding").unwrap().unwrap();
    assert_eq!(coding.version.as_deref(), Some("1"));
    let concept = read.codeable_concept("cc").unwrap().unwrap();
    assert_eq!((concept.coding.len(), concept.text.as_deref()), (2, Some("t")));
    assert_eq!(read.codings("concept").unwrap().len(), 2);
    assert!(read.coding("cc").unwrap_err().to_string().contains("is a CodeableConcept"));
    assert!(read.string("coding").is_err());
}

#[test]
fn an_alias_is_found_under_the_name_it_stands_for() {
    let mut read = query("language=de");
    read.accept_alias("language", "displayLanguage");
    assert_eq!(read.string("displayLanguage"), Ok(Some("de")));

    let mut same = query("displayLanguage=de&language=de");
    same.accept_alias("language", "displayLanguage");
    assert_eq!(same.string("displayLanguage"), Ok(Some("de")));

    let mut different = query("displayLanguage=de&language=en");
    different.accept_alias("language", "displayLanguage");
    assert!(different.string("displayLanguage").is_err());
}

#[test]
fn a_missing_parameter_is_named_with_what_it_should_hold() {
    let error = query("a=b").required_string("code", "the code to look up").unwrap_err();
    assert_eq!(error.to_string(), "parameter 'code' is missing: expected the code to look up");
}

#[test]
fn a_parameter_without_any_content_is_not_a_text() {
    let error = items(r#"{"name":"code"}"#).string("code").unwrap_err();
    assert_eq!(error.to_string(), "parameter 'code' is without a value, expected a text");
}

#[test]
fn languages_are_read_in_order() {
    let read = query("displayLanguage=en;q=0.5,de");
    let languages = read.languages("displayLanguage").unwrap().unwrap();
    assert_eq!(languages.tags().collect::<Vec<_>>(), ["de", "en"]);
}

#[test]
fn parameters_inside_of_a_batch_entry_are_read_from_raw_text() {
    let raw: Box<RawValue> = serde_json::from_str(
        r#"{"resourceType":"Parameters","parameter":[{"name":"a","valueCode":"b"}]}"#,
    )
    .unwrap();
    assert_eq!(Parameters::from_raw(&raw).unwrap().string("a"), Ok(Some("b")));
}

/// Texts that look like parameters more often than arbitrary bytes do.
fn nearly_parameters() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        r#"{"resourceType":"Parameters","parameter":["#,
        r#"{"name":"a","#,
        r#""valueCode":"x""#,
        r#""valueInteger":1e5"#,
        r#""valueCoding":{"code":"c"}"#,
        r#""part":["#,
        r#""resource":{"resourceType":"ValueSet"}"#,
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u00",
        "null",
        "-",
        "1",
        "ä",
        " ",
    ]);
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_as_json_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Parameters::from_json(&bytes, &Limits::default());
        let _ = Parameters::from_form(&bytes, &Limits::default());
    }

    #[test]
    fn damaged_parameters_never_panic(text in nearly_parameters()) {
        if let Ok(read) = json(&text) {
            let _ = (read.string("a"), read.integer("a"), read.coding("a"), read.boolean("a"));
        }
    }

    #[test]
    fn arbitrary_queries_never_panic(text in "[a-z=&%+?|;0-9äöü]{0,60}") {
        if let Ok(read) = Parameters::from_query(&text) {
            prop_assert!(read.list.iter().all(|each| !each.name.is_empty()));
        }
    }

    #[test]
    fn an_encoded_text_comes_back_from_a_query(text in "\\PC{1,30}") {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let read = query(&format!("x=1&value={encoded}"));
        prop_assert_eq!(read.string("value").unwrap(), Some(text.as_str()));
    }
}
