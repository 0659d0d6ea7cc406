use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn to_json(xml: &str) -> Value {
    let json = xml_to_json(xml.as_bytes(), &XmlLimits::default()).unwrap();
    serde_json::from_str(&json).unwrap()
}

fn problem(xml: &str) -> String {
    xml_to_json(xml.as_bytes(), &XmlLimits::default()).unwrap_err().to_string()
}

fn round_trip(json: &Value) -> Value {
    to_json(&json_to_xml(&json.to_string()).unwrap())
}

#[test]
fn lists_numbers_and_booleans_have_their_json_types() {
    let found = to_json(
        r#"<?xml version="1.0"?><!-- c --><CodeSystem xmlns="http://hl7.org/fhir">
        <id value="a"/><url value="http://x?a=1&amp;b=2"/><experimental value="true"/><count value="1"/>
        <concept><code value="1"/><property><code value="w"/><valueDecimal value="1.50"/></property></concept>
        </CodeSystem>"#,
    );
    assert_eq!(
        found,
        json!({"resourceType":"CodeSystem","id":"a","url":"http://x?a=1&b=2","experimental":true,
            "count":1,"concept":[{"code":"1","property":[{"code":"w","valueDecimal":1.50}]}]})
    );
    let xml = r#"<CodeSystem xmlns="http://hl7.org/fhir"><concept><property><valueDecimal value="1.50"/></property></concept></CodeSystem>"#;
    let json = xml_to_json(xml.as_bytes(), &XmlLimits::default()).unwrap();
    assert!(json.contains("1.50"), "decimals keep their digits: {json}");
}

#[test]
fn extensions_of_primitives_are_beside_the_value_in_json() {
    let xml = r#"<ValueSet xmlns="http://hl7.org/fhir"><title id="t" value="T"><extension url="u"><valueCode value="de"/></extension></title><compose><include><valueSet value="a"/><valueSet><extension url="v"><valueString value="x"/></extension></valueSet></include></compose></ValueSet>"#;
    let found = to_json(xml);
    assert_eq!(
        found,
        json!({"resourceType":"ValueSet","title":"T",
            "_title":{"id":"t","extension":[{"url":"u","valueCode":"de"}]},
            "compose":{"include":[{"valueSet":["a",null],
              "_valueSet":[null,{"extension":[{"url":"v","valueString":"x"}]}]}]}})
    );
    let written = json_to_xml(&found.to_string()).unwrap();
    assert_eq!(written, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{xml}"));
}

#[test]
fn resources_inside_of_resources_are_wrapped() {
    let found = json!({"resourceType":"Bundle","type":"batch-response","entry":[{
        "resource":{"resourceType":"Parameters","parameter":[
            {"name":"a","resource":{"resourceType":"ValueSet","id":"v",
                "contained":[{"resourceType":"CodeSystem","id":"c"}]}},
            {"name":"b","part":[{"name":"c","valueInteger":3}]}]},
        "response":{"status":"200","outcome":{"resourceType":"OperationOutcome",
            "issue":[{"severity":"error","code":"invalid","expression":["x","y"]}]}}}]});
    assert_eq!(round_trip(&found), found);
    let xml = json_to_xml(&found.to_string()).unwrap();
    assert!(xml.contains("<contained><CodeSystem><id value=\"c\"/></CodeSystem></contained>"));
}

#[test]
fn narrative_stays_as_it_is() {
    let div =
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">1 &lt; 2&#160;<br/></p></div>";
    let found = json!({"resourceType":"CodeSystem","text":{"status":"generated","div":div}});
    let xml = json_to_xml(&found.to_string()).unwrap();
    assert!(xml.contains(div), "{xml}");
    assert_eq!(to_json(&xml), found);
    let bare = to_json(
        r#"<CodeSystem xmlns="http://hl7.org/fhir"><text><status value="empty"/><div/></text></CodeSystem>"#,
    );
    assert_eq!(bare["text"]["div"], "<div xmlns=\"http://www.w3.org/1999/xhtml\"/>");
    for broken in ["<div>", "<div/><div/>", "x", "<!DOCTYPE a><div/>", "<div></p></div>"] {
        let json = json!({"resourceType":"CodeSystem","text":{"div":broken}}).to_string();
        let message = json_to_xml(&json).unwrap_err().to_string();
        assert!(message.starts_with("text.div: "), "{broken}: {message}");
    }
}

#[test]
fn members_are_written_in_the_order_of_the_specification() {
    let json = r#"{"concept":[{"display":"D","code":"c"}],"own":"x","status":"draft","url":"u","title:en":"t","resourceType":"CodeSystem"}"#;
    assert_eq!(
        json_to_xml(json).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CodeSystem xmlns=\"http://hl7.org/fhir\"><url value=\"u\"/><status value=\"draft\"/><concept><code value=\"c\"/><display value=\"D\"/></concept><own value=\"x\"/></CodeSystem>"
    );
}

#[test]
fn blanks_and_line_ends_in_values_survive() {
    let found = json!({"resourceType":"CodeSystem","description":"a\n\tb\r \"<&>\"","title":" x "});
    assert_eq!(round_trip(&found), found);
}

#[test]
fn the_identifier_of_a_map_is_a_list_in_r5_alone() {
    for map in [
        json!({"resourceType":"ConceptMap","identifier":{"value":"x"},"sourceUri":"a"}),
        json!({"resourceType":"ConceptMap","identifier":[{"value":"x"}],"sourceScopeUri":"a"}),
        json!({"resourceType":"ConceptMap","identifier":[{"value":"x"}],
            "group":[{"element":[{"target":[{"relationship":"equivalent"}]}]}]}),
    ] {
        assert_eq!(round_trip(&map), map);
    }
}

#[test]
fn errors_say_where_and_what_was_expected() {
    for (xml, place, expected) in [
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'>\n <colour value='a'/></CodeSystem>",
            "line 2, column 2",
            "unknown element 'colour' in CodeSystem, expected one of id, meta",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><count value='x'/></CodeSystem>",
            "line 1",
            "expected a whole number",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><count value='007'/></CodeSystem>",
            "line 1",
            "expected a whole number",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><experimental value='1'/></CodeSystem>",
            "line 1",
            "expected true or false",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><url value='1'/><url value='2'/></CodeSystem>",
            "line 1",
            "'url' may occur once",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><name/></CodeSystem>",
            "line 1",
            "neither a value nor an extension",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'>text</CodeSystem>",
            "line 1",
            "text between elements",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><url size='1'/></CodeSystem>",
            "line 1",
            "attribute 'size'",
        ),
        ("<CodeSystem/>", "line 1", "namespace http://hl7.org/fhir"),
        ("<Patient xmlns='http://hl7.org/fhir'/>", "line 1", "expected one of"),
        (
            "<!DOCTYPE x [<!ENTITY a 'b'>]><CodeSystem xmlns='http://hl7.org/fhir'/>",
            "line 1",
            "document type",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><url value='&a;'/></CodeSystem>",
            "line 1",
            "attribute",
        ),
        (
            "<CodeSystem xmlns='http://hl7.org/fhir'><url value='a'></CodeSystem>",
            "line 1",
            "not well formed",
        ),
        ("<CodeSystem xmlns='http://hl7.org/fhir'/><x/>", "line 1", "expected the end"),
        ("", "line 1", "expected a FHIR resource"),
    ] {
        let message = problem(xml);
        assert!(message.starts_with(place) && message.contains(expected), "{xml}: {message}");
    }
}

#[test]
fn published_files_may_repeat_what_occurs_once_and_mix_their_lists() {
    let xml = "<CodeSystem xmlns='http://hl7.org/fhir'><url value='1'/><concept><code value='a'/></concept>\n<url value='2'/><concept><code value='b'/></concept></CodeSystem>";
    let (json, warnings) = published_xml_to_json(xml.as_bytes(), &XmlLimits::default()).unwrap();
    assert_eq!(
        json,
        r#"{"resourceType":"CodeSystem","url":"1","concept":[{"code":"a"},{"code":"b"}]}"#
    );
    assert_eq!(warnings, ["line 2, column 1: 'url' may occur once, the first is kept"]);
}

#[test]
fn limits_hold() {
    let deep = format!(
        "<CodeSystem xmlns='http://hl7.org/fhir'>{}{}</CodeSystem>",
        "<concept>".repeat(100),
        "</concept>".repeat(100)
    );
    assert!(problem(&deep).contains("deeper than 64 levels"));
    let small = XmlLimits { bytes: 3, depth: 1 };
    assert!(xml_to_json(b"<CodeSystem/>", &small).unwrap_err().to_string().contains("13 bytes"));
    let json = format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300));
    let json = format!("{{\"resourceType\":\"Basic\",\"a\":{json}}}");
    assert!(json_to_xml(&json).unwrap_err().to_string().contains("deeper than 200 levels"));
}

fn text() -> impl Strategy<Value = String> {
    "[ -~äöü\n\t\r<>&\"']{1,12}".prop_filter("not blank", |text| !text.is_empty())
}

fn extension() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        text().prop_map(|text| json!({"url":"u","valueString":text})),
        any::<i32>().prop_map(|number| json!({"url":"u","valueInteger":number})),
        any::<bool>().prop_map(|value| json!({"url":"u","valueBoolean":value})),
        text().prop_map(|text| json!({"url":"u","valueCoding":{"system":"s","code":text}})),
    ];
    value.prop_recursive(3, 8, 3, |inner| {
        proptest::collection::vec(inner, 1..3)
            .prop_map(|list| json!({"id":"i","url":"u","extension":list}))
    })
}

fn concept() -> impl Strategy<Value = Value> {
    let leaf = (text(), text(), proptest::collection::vec(extension(), 0..2)).prop_map(
        |(code, display, extensions)| {
            let mut concept = json!({"code":code,"display":display});
            if !extensions.is_empty() {
                concept["_display"] = json!({"extension":extensions});
            }
            concept
        },
    );
    leaf.prop_recursive(4, 20, 4, |inner| {
        (text(), proptest::collection::vec(inner, 1..4))
            .prop_map(|(code, list)| json!({"code":code,"concept":list}))
    })
}

proptest! {
    #[test]
    fn json_survives_the_way_through_xml(
        concepts in proptest::collection::vec(concept(), 1..4),
        extensions in proptest::collection::vec(extension(), 1..3),
    ) {
        let resource = json!({"resourceType":"CodeSystem","extension":extensions,"concept":concepts});
        prop_assert_eq!(round_trip(&resource), resource);
    }

    #[test]
    fn arbitrary_text_never_panics(text: String, bytes: Vec<u8>) {
        let _ = xml_to_json(&bytes, &XmlLimits::default());
        let _ = xml_to_json(text.as_bytes(), &XmlLimits::default());
        let _ = json_to_xml(&text);
    }

    #[test]
    fn cut_documents_never_panic(cut in 0usize..200) {
        let xml = r#"<ValueSet xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p></div></text><compose><include><system value="&#x20;"/></include></compose></ValueSet>"#;
        let _ = xml_to_json(xml.get(..cut).unwrap_or(xml).as_bytes(), &XmlLimits::default());
    }
}
