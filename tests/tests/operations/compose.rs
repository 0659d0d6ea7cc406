//! Definitions of value sets: systems and versions, lists, filters, imports, exclusions.

use serde_json::{Value, json};
use tests::releases::ANIMALS_URL;

use super::{animals, expanded, parameters, value_set};

/// The codes that one filter, or several together, select of the first version of the animals.
fn filtered(filters: Value) -> Vec<String> {
    let include = json!({ "system": ANIMALS_URL, "version": "1.0.0", "filter": filters });
    let answer = expanded(animals(), json!({ "include": [include] }));
    answer.sorted_codes().into_iter().map(str::to_owned).collect()
}

fn filter(property: &str, op: &str, value: &str) -> Value {
    json!({ "property": property, "op": op, "value": value })
}

#[test]
fn every_operator_selects_over_the_hierarchy_and_the_codes() {
    for (property, op, value, expected) in [
        ("concept", "is-a", "mammal", "bat cat dog mammal siamese"),
        ("concept", "descendent-of", "mammal", "bat cat dog siamese"),
        ("concept", "is-not-a", "mammal", "animal bird dodo penguin sparrow stone"),
        ("concept", "generalizes", "siamese", "animal cat mammal siamese"),
        ("concept", "child-of", "mammal", "bat cat dog"),
        ("concept", "descendent-leaf", "mammal", "bat dog siamese"),
        ("concept", "=", "cat", "cat"),
        ("concept", "in", "cat,dog, none", "cat dog"),
        (
            "concept",
            "not-in",
            "animal,bird,dodo,mammal,penguin,stone,siamese",
            "bat cat dog sparrow",
        ),
        ("concept", "exists", "false", ""),
        ("code", "regex", "[bc]a.", "bat cat"),
        ("code", "regex", "a", ""),
        ("display", "=", "Siamese cat", "siamese"),
        ("display", "regex", ".*[Cc]at", "cat siamese"),
        ("parent", "=", "cat", "siamese"),
        ("parent", "exists", "false", "animal stone"),
        ("child", "=", "cat", "mammal"),
        ("child", "exists", "true", "animal bird cat mammal"),
        ("ancestor", "=", "bird", "dodo penguin sparrow"),
        ("descendant", "=", "dodo", "animal bird"),
        ("inactive", "=", "true", "dodo"),
        ("notSelectable", "=", "true", "animal mammal"),
        ("status", "=", "retired", "dodo"),
    ] {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(
            filtered(json!([filter(property, op, value)])),
            expected,
            "{property} {op} {value}"
        );
    }
}

#[test]
fn every_operator_selects_over_properties_of_every_type() {
    for (property, op, value, expected) in [
        ("legs", "=", "4", "cat dog siamese"),
        ("weight", "=", "4.50", "cat"),
        ("weight", "=", "4.5", "cat"),
        ("weight", "=", "30.0", "dog"),
        ("described", "=", "1758-01-01", "cat"),
        ("habitat", "=", "house", "cat dog"),
        ("eats", "=", "sparrow", "cat"),
        ("group", "=", "pets", "cat"),
        ("group", "=", "http://begriff.test/CodeSystem/groups|pets", "cat"),
        ("flies", "=", "true", "bat sparrow"),
        ("flies", "=", "false", "cat dog penguin"),
        ("habitat", "in", "house,ice", "cat dog penguin"),
        ("habitat", "not-in", "house,ice,cave,hedge", "animal bird dodo mammal siamese stone"),
        ("habitat", "regex", "h.+", "cat dog sparrow"),
        ("habitat", "regex", "h", ""),
        ("legs", "regex", "[34]", "cat dog siamese"),
        ("legs", "exists", "false", "animal bird mammal stone"),
        ("weight", "exists", "true", "cat dog"),
        ("eats", "is-a", "bird", "cat"),
        ("eats", "is-a", "mammal", ""),
    ] {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(
            filtered(json!([filter(property, op, value)])),
            expected,
            "{property} {op} {value}"
        );
    }
}

#[test]
fn several_filters_hold_together() {
    let both = json!([filter("concept", "is-a", "mammal"), filter("legs", "=", "2")]);
    assert_eq!(filtered(both), ["bat"]);
}

#[test]
fn a_system_without_version_means_the_newest_and_with_one_that_one() {
    let codes = |include: Value| {
        let answer = expanded(animals(), json!({ "include": [include] }));
        let version =
            answer.expansion_parameters("used-codesystem")[0].as_str().unwrap().to_owned();
        (answer.codes().len(), version)
    };
    assert_eq!(codes(json!({ "system": ANIMALS_URL })), (3, format!("{ANIMALS_URL}|2.0.0")));
    for version in ["1.0.0", "1.0.x", "1.*"] {
        let include = json!({ "system": ANIMALS_URL, "version": version });
        assert_eq!(codes(include), (11, format!("{ANIMALS_URL}|1.0.0")), "{version}");
    }
}

#[test]
fn two_versions_of_a_system_stand_side_by_side() {
    let compose = json!({ "include": [
        { "system": ANIMALS_URL, "version": "1.0.0", "concept": [{ "code": "dog" }] },
        { "system": ANIMALS_URL, "version": "2.0.0", "concept": [{ "code": "dog" }, { "code": "unicorn" }] },
    ]});
    let answer = expanded(animals(), compose).ok();
    let told: Vec<(&Value, &Value, &Value)> = answer
        .contains()
        .into_iter()
        .map(|entry| (&entry["code"], &entry["version"], &entry["display"]))
        .collect();
    // The newest version first.
    let expected = [
        ("dog", "2.0.0", "Domestic dog"),
        ("unicorn", "2.0.0", "Unicorn"),
        ("dog", "1.0.0", "Dog"),
    ];
    for (found, expected) in told.iter().zip(expected) {
        assert_eq!(
            (found.0.as_str().unwrap(), found.1.as_str().unwrap(), found.2.as_str().unwrap()),
            expected
        );
    }
    assert_eq!(told.len(), 3);
    assert_eq!(answer.expansion_parameters("used-codesystem").len(), 2);
}

#[test]
fn listed_concepts_keep_their_order_display_and_designations() {
    let body = parameters(json!([
        { "name": "url", "valueUri": "http://begriff.test/ValueSet/pets" },
        { "name": "includeDesignations", "valueBoolean": true },
    ]));
    let answer = animals().post("ValueSet/$expand", &body).ok();
    // The newest version has no cat; the first has both.
    assert_eq!(answer.codes(), ["dog"]);
    let pinned = parameters(json!([
        { "name": "url", "valueUri": "http://begriff.test/ValueSet/pets" },
        { "name": "system-version", "valueCanonical": format!("{ANIMALS_URL}|1.0.0") },
        { "name": "includeDesignations", "valueBoolean": true },
    ]));
    let answer = animals().post("ValueSet/$expand", &pinned).ok();
    assert_eq!(answer.codes(), ["cat", "dog"]);
    let cat = answer.contains()[0];
    assert_eq!(cat["display"], "House cat");
    let values: Vec<&Value> =
        cat["designation"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
    assert!(values.iter().any(|value| *value == "Hauskatze"), "{cat}");
}

#[test]
fn imports_are_united_intersected_and_reduced() {
    let first = format!("{ANIMALS_URL}|1.0.0");
    let (mammals, flying, pets) = (
        "http://begriff.test/ValueSet/mammals",
        "http://begriff.test/ValueSet/flying",
        "http://begriff.test/ValueSet/pets",
    );
    for (compose, expected) in [
        (
            json!({ "include": [{ "valueSet": [mammals] }, { "valueSet": [flying] }] }),
            "bat cat dog mammal siamese sparrow",
        ),
        (json!({ "include": [{ "valueSet": [mammals, flying] }] }), "bat"),
        (
            json!({ "include": [{ "valueSet": [mammals] }], "exclude": [{ "valueSet": [flying] }] }),
            "cat dog mammal siamese",
        ),
        (
            json!({ "include": [{ "system": ANIMALS_URL, "filter": [filter("legs", "=", "4")], "valueSet": [pets] }] }),
            "cat dog",
        ),
        (
            json!({
                "include": [{ "system": ANIMALS_URL }],
                "exclude": [
                    { "system": ANIMALS_URL, "filter": [filter("concept", "is-a", "bird")] },
                    { "system": ANIMALS_URL, "concept": [{ "code": "stone" }, { "code": "cat" }] },
                ],
            }),
            "animal bat dog mammal siamese",
        ),
        (
            json!({ "include": [{ "system": ANIMALS_URL }], "exclude": [{ "system": ANIMALS_URL }] }),
            "",
        ),
        (
            json!({ "include": [{ "valueSet": ["http://begriff.test/ValueSet/quiet-pets"] }] }),
            "cat",
        ),
    ] {
        let body = parameters(json!([
            { "name": "valueSet", "resource": value_set(compose.clone()) },
            { "name": "system-version", "valueCanonical": first },
        ]));
        let answer = animals().post("ValueSet/$expand", &body);
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(answer.sorted_codes(), expected, "{compose}");
        assert_eq!(answer.json["expansion"]["total"], expected.len(), "{compose}");
    }
}

#[test]
fn an_empty_expansion_still_tells_which_version_was_asked() {
    let include =
        json!({ "system": ANIMALS_URL, "version": "1.0.0", "filter": [filter("legs", "=", "99")] });
    let whole = json!({ "system": ANIMALS_URL, "version": "1.0.0" });
    for compose in
        [json!({ "include": [include] }), json!({ "include": [whole], "exclude": [whole] })]
    {
        let answer = expanded(animals(), compose).ok();
        assert_eq!(answer.json["expansion"]["total"], 0);
        let expected = json!(format!("{ANIMALS_URL}|1.0.0"));
        assert_eq!(answer.expansion_parameters("used-codesystem"), [&expected]);
    }
}

#[test]
fn a_definition_may_leave_inactive_concepts_out() {
    for (inactive, has_dodo) in [(json!(true), true), (json!(null), true), (json!(false), false)] {
        let mut compose = json!({ "include": [{ "system": ANIMALS_URL, "version": "1.0.0" }] });
        if !inactive.is_null() {
            compose["inactive"] = inactive.clone();
        }
        let answer = expanded(animals(), compose);
        assert_eq!(answer.sorted_codes().contains(&"dodo"), has_dodo, "inactive={inactive}");
    }
}

#[test]
fn a_stored_expansion_is_taken_where_there_is_no_definition() {
    let stored = json!({
        "resourceType": "ValueSet", "status": "active",
        "expansion": { "timestamp": "2026-01-01", "contains": [
            { "system": ANIMALS_URL, "version": "1.0.0", "code": "bird", "contains": [
                { "system": ANIMALS_URL, "version": "1.0.0", "code": "sparrow" },
            ]},
        ]},
    });
    let answer = animals().post("ValueSet/$expand", &stored);
    assert_eq!(answer.sorted_codes(), ["bird", "sparrow"]);
}

#[test]
fn codes_of_a_system_that_is_not_there_are_shown_as_listed() {
    let include = json!({
        "system": "http://example.org/elsewhere",
        "concept": [{ "code": "a", "display": "Somewhere else" }],
    });
    let answer = expanded(animals(), json!({ "include": [include] })).ok();
    assert_eq!(answer.contains()[0]["display"], "Somewhere else");
    let whole = json!({ "include": [{ "system": "http://example.org/elsewhere" }] });
    let answer = expanded(animals(), whole);
    answer.refused(404, "not-found", &["http://example.org/elsewhere"]);
}
