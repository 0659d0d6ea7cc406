//! Expression constraints and post-coordinated expressions of SNOMED CT.

use serde_json::{Value, json};
use tests::{Response, Server, encoded};

use super::parameters;

const SNOMED: &str = "http://snomed.info/sct";

fn selected(ecl: &str) -> Response {
    let filter = json!({ "property": "constraint", "op": "=", "value": ecl });
    let compose = json!({ "include": [{ "system": SNOMED, "filter": [filter] }] });
    let value_set = json!({ "resourceType": "ValueSet", "status": "active", "compose": compose });
    let list = json!([{ "name": "valueSet", "resource": value_set }]);
    Server::demo().post("ValueSet/$expand", &parameters(list))
}

fn by_url(ecl: &str) -> Response {
    let url = format!("{SNOMED}?fhir_vs=ecl/{ecl}");
    Server::demo().ask("ValueSet/$expand", &[("url", &url)])
}

#[test]
fn a_constraint_selects_by_filter_and_by_url() {
    for (ecl, expected) in [
        ("<! 73211009", vec!["11687002", "44054006", "46635009", "8801005"]),
        ("73211009 |Diabetes| OR 44054006 |Type 2|", vec!["44054006", "73211009"]),
        ("* : 363698007 |Finding site| = << 10200004", vec!["235856003", "88518009"]),
        ("^ 900000000000526001 MINUS <<! 73211009", vec!["90688005"]),
    ] {
        let answer = selected(ecl).ok();
        let found: Vec<String> = answer.sorted_codes().into_iter().map(str::to_owned).collect();
        assert_eq!(found, expected, "{ecl}");
        assert_eq!(answer.json["expansion"]["extension"][0]["valueBoolean"], true, "unclosed");
        for url in [ecl.to_owned(), encoded(ecl)] {
            assert_eq!(by_url(&url).ok().sorted_codes(), found, "{url}");
        }
    }
}

#[test]
fn a_url_names_edition_and_version_beside_the_constraint() {
    let edition = "http://snomed.info/sct/900000000000207008";
    let expected = by_url("< 73211009").ok();
    for start in [edition.to_owned(), format!("{edition}/version/20260115")] {
        for end in ["", "|http://snomed.info/sct/900000000000207008"] {
            let url = format!("{start}?fhir_vs=ecl/< 73211009 |Diabetes|{end}");
            let answer = Server::demo().ask("ValueSet/$expand", &[("url", &url)]).ok();
            assert_eq!(answer.sorted_codes(), expected.sorted_codes(), "{url}");
        }
    }
}

#[test]
fn a_constraint_that_cannot_be_used_is_explained() {
    for (ecl, words) in [
        ("<< 73211009 AND", vec!["<< 73211009 AND", "line 1, column 16", "expected a concept"]),
        ("< 99999999", vec!["< 99999999", "unknown SNOMED CT concept 99999999"]),
        ("73211009 OR 44054006 AND 8801005", vec!["line 1, column 22", "brackets"]),
        ("* {{ D dialect = xx-yy }}", vec!["unknown dialect 'xx-yy'", "en-us"]),
    ] {
        selected(ecl).refused(400, "invalid", &words);
        by_url(ecl).refused(400, "invalid", &words);
    }
}

fn judged(parameters_of_code: &[(&str, &str)]) -> Response {
    let path = match parameters_of_code.iter().any(|(name, _)| *name == "system") {
        true => "ValueSet/$validate-code",
        false => "CodeSystem/$validate-code",
    };
    Server::demo().ask(path, parameters_of_code).parameters()
}

#[test]
fn an_expression_is_a_code_and_shown_with_its_terms() {
    let code = "73211009 : 363698007 = 10200004";
    let answer = judged(&[("url", SNOMED), ("code", code)]);
    assert_eq!(answer.value("result"), true, "{}", answer.text());
    let display = "73211009|Diabetes mellitus|:363698007|Finding site|=10200004|Liver structure|";
    assert_eq!(answer.value("display"), display);
    let issues = answer.value("issues")["issue"].as_array().unwrap();
    let is_note = |issue: &&Value| issue["details"]["coding"][0]["code"] == "process-note";
    assert_eq!(issues.iter().filter(is_note).count(), 1, "{}", answer.text());
    let looked_up = Server::demo().ask("CodeSystem/$lookup", &[("system", SNOMED), ("code", code)]);
    assert_eq!(looked_up.parameters().value("display"), display);
    for (code, problem) in [
        ("73211009 : 363698007 = 99999999", "Concept 99999999 not found"),
        ("73211009 : 10200004 = 363698007", "Concept 10200004 is not valid in this context"),
        ("73211009 :", "character 11: expected a concept"),
    ] {
        let answer = judged(&[("url", SNOMED), ("code", code)]);
        assert_eq!(answer.value("result"), false, "{code}");
        let issues = answer.value("issues")["issue"].as_array().unwrap();
        let texts: Vec<&str> =
            issues.iter().map(|issue| issue["details"]["text"].as_str().unwrap()).collect();
        assert!(texts[0].ends_with("(International Edition)"), "{texts:?}");
        let reason = format!("Not a valid expression: {problem}");
        assert!(texts.iter().any(|text| text.starts_with(&reason)), "{texts:?}");
    }
}

#[test]
fn an_expression_is_a_member_by_subsumption_and_by_its_own_attributes() {
    let code = "44054006 : { 363698007 = 10200004 }";
    for (ecl, expected) in [
        ("*", true),
        ("<< 73211009", true),
        ("< 44054006", true),
        ("44054006", false),
        ("<! 44054006", false),
        (">> 44054006", false),
        ("<< 10200004", false),
        ("<< 73211009 : 363698007 = << 10200004", true),
        ("<< 73211009 : { [1..1] 363698007 = * }", true),
        ("<< 73211009 : 363698007 != 10200004", false),
        ("<< 73211009 : [0..0] 363698007 = 10200004", false),
        ("<< 73211009 MINUS << 44054006", false),
        ("^ 900000000000526001", false),
    ] {
        let url = format!("{SNOMED}?fhir_vs=ecl/{ecl}");
        let answer = judged(&[("url", &url), ("system", SNOMED), ("code", code)]);
        assert_eq!(answer.value("result"), &Value::from(expected), "{ecl}: {}", answer.text());
    }
}

#[test]
fn a_lookup_tells_attributes_with_their_names_and_groups_where_they_are_asked_for() {
    let ask = |property: &[(&str, &str)]| {
        let query = [&[("system", SNOMED), ("code", "88518009")], property].concat();
        Server::demo().ask("CodeSystem/$lookup", &query).parameters()
    };
    let brief = ask(&[]);
    assert_eq!(brief.properties("363698007"), ["10200004"]);
    assert!(brief.properties("609096000").is_empty() && brief.properties("moduleId").is_empty());
    assert!(brief.text().contains("Finding site"), "{}", brief.text());
    let whole = ask(&[("property", "*")]);
    assert_eq!(whole.properties("moduleId"), ["900000000000207008"]);
    assert!(whole.text().contains("609096000"));
    let forms = ask(&[("property", "normalFormTerse"), ("property", "normalForm")]);
    let terse = forms.properties("normalFormTerse")[0].as_str().unwrap();
    assert!(terse.contains("363698007=10200004"), "{terse}");
    let long = forms.properties("normalForm")[0].as_str().unwrap();
    assert!(long.contains("363698007|Finding site|=10200004|Liver structure|"), "{long}");
    assert_eq!(ask(&[("property", "moduleId")]).properties("moduleId"), ["900000000000207008"]);
}
