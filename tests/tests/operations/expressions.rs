//! Post-coordinated expressions, maps with rules and inactive members of SNOMED CT, on an invented
//! release with a concept model.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tests::{Response, Server, part};

use super::parameters;

const SNOMED: &str = "http://snomed.info/sct";

/// Identifier, parent, whether sufficiently defined, term.
const CONCEPTS: [(&str, &str, bool, &str); 17] = [
    ("138875005", "", false, "SNOMED CT Concept"),
    ("116680003", "138875005", false, "Is a"),
    ("410662002", "138875005", false, "Concept model attribute"),
    ("363698007", "410662002", false, "Finding site"),
    ("116676008", "410662002", false, "Associated morphology"),
    ("404684003", "138875005", false, "Clinical finding"),
    ("64572001", "404684003", false, "Disease"),
    ("123037004", "138875005", false, "Body structure"),
    ("10200004", "123037004", false, "Liver structure"),
    ("62854008", "10200004", false, "Lobe of liver"),
    ("49755003", "138875005", false, "Morphologically abnormal structure"),
    ("23583003", "49755003", false, "Inflammation"),
    ("235856003", "64572001", true, "Disorder of liver"),
    ("128241005", "235856003", true, "Inflammatory disorder of liver"),
    ("73211009", "64572001", false, "Diabetes mellitus"),
    ("700043003", "138875005", false, "Example reference set"),
    ("723563008", "138875005", false, "MRCM module scope reference set"),
];

/// Attributes: source, attribute, value, group.
const ATTRIBUTES: [(&str, &str, &str, u8); 3] = [
    ("235856003", "363698007", "10200004", 1),
    ("128241005", "363698007", "10200004", 1),
    ("128241005", "116676008", "23583003", 1),
];

const MEMBER: &str = "id;effectiveTime;active;moduleId;refsetId;referencedComponentId";
const CORE: &str = "900000000000207008";

fn file(name: &str, lines: &[String]) -> (String, String) {
    let text = lines.join("\r\n").replace(';', "\t") + "\r\n";
    (format!("Snapshot/{name}_INT_20260101.txt"), text)
}

/// A reference set file: further columns, rows of reference set, concept, fields and whether active.
fn members(name: &str, columns: &str, rows: &[(&str, &str, &str, u8)]) -> (String, String) {
    let mut lines = vec![format!("{MEMBER}{columns}")];
    lines.extend((1..).zip(rows).map(|(number, (set, concept, fields, active))| {
        let id = format!("{name}-{number}");
        format!("{id};20260101;{active};{CORE};{set};{concept}{fields}")
    }));
    file(name, &lines)
}

/// Concepts, their names and relationships.
fn content() -> Vec<(String, String)> {
    let mut concepts = vec!["id;effectiveTime;active;moduleId;definitionStatusId".to_owned()];
    let mut terms = vec![
        "id;effectiveTime;active;moduleId;conceptId;languageCode;typeId;term;caseSignificanceId"
            .to_owned(),
    ];
    let mut relationships = vec!["id;effectiveTime;active;moduleId;sourceId;destinationId;relationshipGroup;typeId;characteristicTypeId;modifierId".to_owned()];
    let mut relate = |source: &str, kind: &str, destination: &str, group: u8| {
        let id = format!("{}020", 500 + relationships.len());
        relationships.push(format!(
            "{id};20260101;1;{CORE};{source};{destination};{group};{kind};900000000000011006;900000000000451002"
        ));
    };
    for (number, (id, parent, is_defined, term)) in (100..).zip(CONCEPTS) {
        let status = if is_defined { "900000000000073002" } else { "900000000000074008" };
        concepts.push(format!("{id};20260101;1;{CORE};{status}"));
        terms.push(format!(
            "{number}010;20260101;1;{CORE};{id};en;900000000000013009;{term};900000000000448009"
        ));
        if !parent.is_empty() {
            relate(id, "116680003", parent, 0);
        }
    }
    for (source, attribute, value, group) in ATTRIBUTES {
        relate(source, attribute, value, group);
    }
    vec![
        file("sct2_Concept_Snapshot", &concepts),
        file("sct2_Description_Snapshot-en", &terms),
        file("sct2_Relationship_Snapshot", &relationships),
    ]
}

/// A simple reference set, the concept model, a map with rules.
fn reference_sets() -> Vec<(String, String)> {
    let domain = ";domainId;grouped;attributeCardinality;attributeInGroupCardinality;ruleStrengthId;contentTypeId";
    let finding = ";404684003;1;0..*;0..1;723597001;723596005";
    let range = |constraint: &str| format!(";{constraint};;723597001;723596005");
    let (sites, morphologies) = (range("<< 123037004"), range("<< 49755003"));
    let rule = |rule: &str| format!(";{rule};447561005");
    vec![
        members(
            "der2_Refset_SimpleSnapshot",
            "",
            &[("700043003", "73211009", "", 1), ("700043003", "64572001", "", 0)],
        ),
        members(
            "der2_cissccRefset_MRCMAttributeDomainSnapshot",
            domain,
            &[("723561005", "363698007", finding, 1), ("723561005", "116676008", finding, 1)],
        ),
        members(
            "der2_ssccRefset_MRCMAttributeRangeSnapshot",
            ";rangeConstraint;attributeRule;ruleStrengthId;contentTypeId",
            &[("723562003", "363698007", &sites, 1), ("723562003", "116676008", &morphologies, 1)],
        ),
        members(
            "der2_sRefset_MRCMDomainSnapshot",
            ";domainConstraint",
            &[("723560006", "404684003", ";<< 404684003", 1)],
        ),
        members(
            "der2_cRefset_MRCMModuleScopeSnapshot",
            ";mrcmRuleRefsetId",
            &[("723563008", "138875005", ";723561005", 1)],
        ),
        members(
            "der2_iisssccRefset_ExtendedMapSnapshot",
            ";mapGroup;mapPriority;mapRule;mapAdvice;mapTarget;correlationId",
            &[
                (
                    "447562003",
                    "73211009",
                    &rule("1;1;IFA 248152002 | Female (finding) |;IF FEMALE CHOOSE O24;O24"),
                    1,
                ),
                ("447562003", "73211009", &rule("1;2;OTHERWISE TRUE;ALWAYS E14;E14"), 1),
                ("447562003", "73211009", &rule("2;1;TRUE;ALWAYS X59;X59"), 0),
            ],
        ),
    ]
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::after(&[[content(), reference_sets()].concat()]))
}

fn issues(answer: &Response) -> Vec<String> {
    let issues = answer.value("issues")["issue"].as_array().cloned().unwrap_or_default();
    issues.iter().map(|issue| issue["details"]["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn subsumption_compares_expressions_and_concepts() {
    let lobe = "64572001:{363698007=62854008}";
    for (a, b, expected) in [
        ("64572001:{363698007=10200004}", "235856003", "equivalent"),
        ("235856003", lobe, "subsumes"),
        (lobe, "235856003 |Disorder of liver|", "subsumed-by"),
        (lobe, "64572001 : 363698007 = 10200004 |Liver|", "subsumed-by"),
        ("128241005", lobe, "not-subsumed"),
        ("128241005", "64572001:{116676008=23583003,363698007=62854008}", "subsumes"),
    ] {
        let query = [("system", SNOMED), ("codeA", a), ("codeB", b)];
        let answer = server().ask("CodeSystem/$subsumes", &query).parameters();
        assert_eq!(answer.value("outcome"), expected, "{a} {b}");
    }
    let query = [("system", SNOMED), ("codeA", "64572001:363698007=1"), ("codeB", "64572001")];
    let answer = server().ask("CodeSystem/$subsumes", &query);
    answer.refused(404, "not-found", &["64572001:363698007=1", "expected a concept"]);
}

#[test]
fn the_concept_model_decides_and_what_was_checked_is_said() {
    let ask = |code: &str| {
        let query = [("url", SNOMED), ("code", code)];
        server().ask("CodeSystem/$validate-code", &query).parameters()
    };
    let answer = ask("64572001:{363698007=62854008}");
    assert_eq!(answer.value("result"), true);
    let [note] = issues(&answer).try_into().unwrap();
    assert!(
        note.starts_with("The expression keeps the rules of the SNOMED CT concept model"),
        "{note}"
    );
    for (code, expected) in [
        (
            "10200004:{363698007=62854008}",
            "attribute 363698007 |Finding site| is for concepts of the domain 404684003 |Clinical finding|",
        ),
        (
            "64572001:{363698007=23583003}",
            "the value of attribute 363698007 |Finding site| must be in: << 123037004",
        ),
    ] {
        let answer = ask(code);
        assert_eq!(answer.value("result"), false);
        assert!(issues(&answer).iter().any(|text| text.contains(expected)), "{}", answer.text());
        // Nor is it a member of a value set of all expressions.
        let query =
            [("url", "http://snomed.info/sct?fhir_vs=ecl/*"), ("system", SNOMED), ("code", code)];
        let answer = server().ask("ValueSet/$validate-code", &query).parameters();
        assert_eq!(answer.value("result"), false, "{code}");
    }
    let demo = Server::demo().ask(
        "CodeSystem/$validate-code",
        &[("url", SNOMED), ("code", "73211009:363698007=10200004")],
    );
    let demo = demo.parameters();
    let notes = issues(&demo);
    let is_said =
        |note: &String| note.ends_with("(MRCM), as the edition has no reference sets of it");
    assert!(notes.iter().any(is_said), "{notes:?}");
    // The demonstration has an inactive concept.
    let code = "90688005:363698007=64033007";
    let query = [("url", SNOMED), ("code", code)];
    let answer = Server::demo().ask("CodeSystem/$validate-code", &query).parameters();
    let warned = "The concept '90688005' has a status of inactive and its use should be reviewed";
    assert_eq!(answer.value("result"), true);
    assert!(issues(&answer).iter().any(|text| text == warned), "{}", answer.text());
}

#[test]
fn a_lookup_of_an_expression_tells_its_place_attributes_and_normal_form() {
    let code = "235856003:{363698007=62854008}";
    let ask = |property: &[(&str, &str)]| {
        let query = [&[("system", SNOMED), ("code", code)], property].concat();
        server().ask("CodeSystem/$lookup", &query).parameters()
    };
    let brief = ask(&[]);
    assert_eq!(brief.properties("parent"), ["235856003"]);
    assert_eq!(brief.properties("363698007"), ["62854008"]);
    assert_eq!(brief.properties("inactive"), [&Value::from(false)]);
    let forms = ask(&[("property", "normalForm"), ("property", "normalFormTerse")]);
    assert_eq!(forms.properties("normalFormTerse"), ["===64572001:{363698007=62854008}"]);
    let long = "===64572001|Disease|:{363698007|Finding site|=62854008|Lobe of liver|}";
    assert_eq!(forms.properties("normalForm"), [long]);
    let whole = ask(&[("property", "*")]);
    assert_eq!(whole.properties("sufficientlyDefined"), [&Value::from(true)]);
    assert!(whole.text().contains("609096000"), "{}", whole.text());
}

#[test]
fn a_constraint_is_applied_to_what_an_expression_means() {
    for (ecl, expected) in [
        ("<< 235856003", true),
        ("< 235856003", true),
        ("<< 128241005", false),
        ("< 404684003 : { 363698007 = << 10200004 }", true),
        ("< 404684003 : [2..*] 363698007 = *", false),
    ] {
        let url = format!("{SNOMED}?fhir_vs=ecl/{ecl}");
        let code = "64572001:{363698007=62854008}";
        let query = [("url", url.as_str()), ("system", SNOMED), ("code", code)];
        let answer = server().ask("ValueSet/$validate-code", &query).parameters();
        assert_eq!(answer.value("result"), &Value::from(expected), "{ecl}");
    }
}

#[test]
fn inactive_members_are_found_by_who_asks_for_them() {
    for (ecl, expected) in [
        ("^ 700043003", vec!["73211009"]),
        ("^ 700043003 {{ M active = 0 }}", vec!["64572001"]),
        ("^ 700043003 {{ M active = false, effectiveTime > \"20270101\" }}", vec![]),
    ] {
        let url = format!("{SNOMED}?fhir_vs=ecl/{ecl}");
        let answer = server().ask("ValueSet/$expand", &[("url", &url)]).ok();
        assert_eq!(answer.sorted_codes(), expected, "{ecl}");
    }
}

/// The value of one of `parts`.
fn inner<'a>(parts: &'a Value, name: &str) -> &'a Value {
    let found = parts.as_array().unwrap().iter().find(|part| part["name"] == name);
    tests::value_of(found.unwrap())
}

#[test]
fn rules_of_a_map_are_conditions_in_r4_and_r5() {
    let url = format!("{SNOMED}?fhir_cm=447562003");
    let code = json!({ "system": SNOMED, "code": "73211009" });
    let r4 = json!([{ "name": "url", "valueUri": url }, { "name": "coding", "valueCoding": code }]);
    let answer = server().post("ConceptMap/$translate", &parameters(r4)).parameters();
    let matches = answer.all("match");
    assert_eq!(matches.len(), 2, "{}", answer.text());
    let condition = part(matches[0], "dependsOn");
    assert_eq!(inner(condition, "element"), "mapRule");
    assert_eq!(inner(condition, "concept")["code"], "248152002");
    let said = json!({ "coding": [{ "system": SNOMED, "code": "248153007" }] });
    let dependency = json!({ "name": "dependency", "part": [
        { "name": "element", "valueUri": "mapRule" },
        { "name": "concept", "valueCodeableConcept": said },
    ]});
    let r4 = json!([
        { "name": "url", "valueUri": url }, { "name": "coding", "valueCoding": code }, dependency,
    ]);
    let answer = server().post("ConceptMap/$translate", &parameters(r4)).parameters();
    let [only] = answer.all("match").try_into().unwrap();
    assert_eq!(part(only, "concept")["code"], "E14");
    let r5 = json!([
        { "name": "url", "valueUri": url },
        { "name": "sourceCoding", "valueCoding": code },
        { "name": "dependency", "part": [
            { "name": "attribute", "valueUri": "mapRule" },
            { "name": "value", "valueCoding": { "system": SNOMED, "code": "248152002" } },
        ]},
    ]);
    let request = Request::post("/r5/ConceptMap/$translate")
        .header("content-type", "application/fhir+json")
        .body(Body::from(parameters(r5).to_string()))
        .unwrap();
    let answer = server().send(request).parameters();
    let [only] = answer.all("match").try_into().unwrap();
    assert_eq!(part(only, "concept")["code"], "O24");
    let condition = part(only, "dependsOn");
    assert_eq!(inner(condition, "attribute"), "mapRule");
    assert_eq!(inner(condition, "value")["display"], "Female (finding)");
}
