//! The relations over a small hierarchy, decided by definition and by expansion.

use serde_json::{Value, json};

use super::*;
use crate::catalogue::{Catalogue, CodeSystem};

const SYSTEM: &str = "http://example.org/letters";

fn catalogue() -> Catalogue {
    let resource = json!({
        "resourceType": "CodeSystem", "url": SYSTEM, "version": "1", "status": "active",
        "content": "complete", "concept": [
            {"code": "A", "concept": [{"code": "A1"}, {"code": "A2"}]},
            {"code": "B", "concept": [{"code": "B1"}]},
        ],
    });
    let builder = codesystems::fhir::code_system::edition_builder(&resource.to_string()).unwrap();
    let bytes = builder.finish().unwrap();
    let mut catalogue = Catalogue::new();
    let edition = codesystems::Edition::from_bytes(bytes.into()).unwrap();
    catalogue.add_code_system(Arc::new(CodeSystem::new(edition)));
    catalogue
}

fn value_set(compose: &Value) -> ValueSet {
    let resource = json!({
        "resourceType": "ValueSet", "url": "http://example.org/vs", "status": "active",
        "compose": compose,
    });
    crate::fhir::value_set::value_set(&resource.to_string()).unwrap()
}

fn list(codes: &[&str]) -> Value {
    let concepts: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
    json!({"system": SYSTEM, "concept": concepts})
}

fn below(code: &str) -> Value {
    json!({"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": code}]})
}

fn told(comparison: &Comparison) -> (&'static str, bool, String, String, String) {
    (
        comparison.relation.code(),
        comparison.expanded,
        comparison.common.join(","),
        comparison.missing.join(","),
        comparison.extra.join(","),
    )
}

#[test]
fn relations_are_told_by_definition_where_it_suffices_and_else_by_the_codes() {
    let whole = json!({"system": SYSTEM});
    let without = |code: &str| json!({"include": [whole], "exclude": [list(&[code])]});
    let one = |include: Value| json!({"include": [include]});
    let catalogue = catalogue();
    let scope = Scope::new(&catalogue);
    for (this, other, expected) in [
        (one(list(&["B", "A"])), one(list(&["A", "B"])), ("same", false, "A,B", "", "")),
        (one(list(&["A"])), one(list(&["A", "B"])), ("subset", false, "A", "", "B")),
        (one(list(&["B", "A"])), one(list(&["A"])), ("superset", false, "A", "B", "")),
        (one(list(&["A", "B"])), one(list(&["B", "B1"])), ("overlapping", false, "B", "A", "B1")),
        (one(list(&["A"])), one(list(&["B"])), ("disjoint", false, "", "A", "B")),
        (one(whole.clone()), one(whole.clone()), ("same", false, "", "", "")),
        (one(below("A")), one(below("A")), ("same", false, "", "", "")),
        (one(below("A1")), one(below("A")), ("subset", false, "", "", "")),
        (one(below("A")), one(below("A1")), ("superset", false, "", "", "")),
        (one(below("A")), one(below("B")), ("disjoint", false, "", "", "")),
        (one(below("A")), one(list(&["A2", "B"])), ("overlapping", true, "A2", "A,A1", "B")),
        (one(below("B")), one(list(&["B1", "B"])), ("same", true, "", "", "")),
        (without("A"), without("B1"), ("overlapping", true, "A1,A2,B", "B1", "A")),
        (one(list(&["none"])), without("A"), ("subset", true, "", "", "A1,A2,B,B1")),
    ] {
        let comparison = compare(&value_set(&this), &value_set(&other), &scope).unwrap();
        let (relation, expanded, common, missing, extra) = expected;
        let expected = (relation, expanded, common.into(), missing.into(), extra.into());
        assert_eq!(told(&comparison), expected, "{this} and {other}");
    }
}

#[test]
fn a_value_set_of_an_unknown_system_cannot_be_expanded() {
    let catalogue = catalogue();
    let unknown = value_set(&json!({"include": [{"system": "http://example.org/none",
        "filter": [{"property": "concept", "op": "is-a", "value": "x"}]}]}));
    let known = value_set(&json!({"include": [below("A"), list(&["B"])]}));
    let scope = Scope::new(&catalogue);
    assert_eq!(compare(&unknown, &unknown, &scope).unwrap().relation, Relation::Same);
    let mixed = value_set(&json!({"include": [{"valueSet": ["http://example.org/none"]}]}));
    assert!(compare(&mixed, &known, &scope).is_err());
}
