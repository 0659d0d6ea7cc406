//! Code systems that every server has: grammars and public registers.

use serde_json::{Value, json};
use tests::{Response, Server};

use super::parameters;

const UCUM: &str = "http://unitsofmeasure.org";
const LANGUAGES: &str = "urn:ietf:bcp:47";
const MIME: &str = "urn:ietf:bcp:13";
const COUNTRIES: &str = "urn:iso:std:iso:3166";
const CURRENCIES: &str = "urn:iso:std:iso:4217";
const STATES: &str = "https://www.usps.com/";
const HGVS: &str = "http://varnomen.hgvs.org";

fn validated(server: &Server, system: &str, code: &str) -> Response {
    server.ask("CodeSystem/$validate-code", &[("url", system), ("code", code)]).parameters()
}

fn expanded(server: &Server, compose: Value) -> Response {
    let value_set = json!({
        "resourceType": "ValueSet", "url": "http://begriff.test/ValueSet/made", "status": "active",
        "compose": compose,
    });
    let list = json!([{ "name": "valueSet", "resource": value_set }]);
    server.post("ValueSet/$expand", &parameters(list))
}

#[test]
fn a_server_without_releases_knows_units_languages_and_countries() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    for (system, code, display) in [
        (UCUM, "mg/dL", "mg/dL"),
        (UCUM, "mg/dL{milligram per deciliter}", "mg/dL{milligram per deciliter}"),
        (UCUM, "Cel", "Cel"),
        (LANGUAGES, "de", "German"),
        (LANGUAGES, "de-AT", "German (Austria)"),
        (MIME, "application/fhir+json; fhirVersion=4.0", "application/fhir+json; fhirVersion=4.0"),
        (COUNTRIES, "DE", "Germany"),
        (COUNTRIES, "DEU", "Germany"),
        (COUNTRIES, "276", "Germany"),
        (COUNTRIES, "XY", "User-assigned"),
        (COUNTRIES, "XAB", "User-assigned"),
        (CURRENCIES, "EUR", "Euro"),
        (STATES, "NY", "New York"),
        (HGVS, "NM_004006.2:c.4375C>T", "NM_004006.2:c.4375C>T"),
    ] {
        let answer = validated(&server, system, code);
        assert_eq!(answer.value("result"), true, "{system} {code}: {}", answer.text());
        assert_eq!(answer.value("display"), display, "{system} {code}");
    }
    for (system, code) in [
        (UCUM, "milligram"),
        (UCUM, "mg dL"),
        (LANGUAGES, "de_DE"),
        (LANGUAGES, "xx"),
        (MIME, "text"),
        (COUNTRIES, "DX"),
        (COUNTRIES, "899"),
        (CURRENCIES, "DEM"),
        (STATES, "XX"),
        (HGVS, "BRAF"),
    ] {
        let answer = validated(&server, system, code);
        assert_eq!(answer.value("result"), false, "{system} {code}: {}", answer.text());
    }
    let stated = server.get("metadata?mode=terminology").ok();
    let systems = stated.json["codeSystem"].as_array().unwrap();
    for system in [UCUM, LANGUAGES, MIME, COUNTRIES, CURRENCIES, STATES, HGVS] {
        assert!(systems.iter().any(|it| it["uri"] == system), "{system}");
    }
}

#[test]
fn names_are_told_in_german() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    for (system, code, display) in [
        (LANGUAGES, "de-AT", "Deutsch (Österreich)"),
        (LANGUAGES, "fr", "Französisch"),
        (COUNTRIES, "CH", "Schweiz"),
        (CURRENCIES, "CHF", "Schweizer Franken"),
    ] {
        let query = [("system", system), ("code", code), ("displayLanguage", "de")];
        let answer = server.ask("CodeSystem/$lookup", &query).parameters();
        assert_eq!(answer.value("display"), display, "{system} {code}");
    }
}

#[test]
fn a_code_in_unusual_spelling_is_valid_and_spelled_as_usual() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    for (system, code, usual) in [
        (LANGUAGES, "EN-us", "en-US"),
        (LANGUAGES, "DE", "de"),
        (MIME, "Text/Plain", "text/plain"),
        (COUNTRIES, "de", "DE"),
    ] {
        let answer = validated(&server, system, code);
        assert_eq!(answer.value("result"), true, "{system} {code}: {}", answer.text());
        assert_eq!(answer.value("normalized-code"), usual, "{system} {code}");
    }
}

#[test]
fn displays_of_made_codes_are_judged_and_those_of_units_are_free() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    for (system, code, display, result) in [
        (LANGUAGES, "de-AT", "German (Austria)", true),
        (LANGUAGES, "de-AT", "Deutsch (Österreich)", true),
        (LANGUAGES, "de-AT", "Dutch", false),
        (COUNTRIES, "XY", "Our own", true),
        (COUNTRIES, "FR", "Germany", false),
        (UCUM, "mg/dL", "milligrams per decilitre", true),
        (UCUM, "Cel", "°C", true),
    ] {
        let query = [("url", system), ("code", code), ("display", display)];
        let answer = server.ask("CodeSystem/$validate-code", &query).parameters();
        assert_eq!(answer.value("result"), result, "{code} {display}: {}", answer.text());
    }
}

#[test]
fn listed_codes_that_a_grammar_makes_are_expanded_and_valid() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    let compose = json!({ "include": [
        { "system": UCUM, "concept": [
            { "code": "mg/dL", "display": "milligram per deciliter" }, { "code": "g" }, { "code": "nonsense" },
        ] },
        { "system": LANGUAGES, "concept": [{ "code": "de-CH" }, { "code": "de" }] },
        { "system": MIME, "concept": [{ "code": "text/csv" }] },
    ] });
    let answer = expanded(&server, compose.clone()).ok();
    assert_eq!(answer.codes(), ["mg/dL", "g", "de-CH", "de", "text/csv"], "{}", answer.text());
    assert_eq!(answer.json["expansion"]["contains"][0]["display"], "milligram per deciliter");
    assert_eq!(answer.json["expansion"]["contains"][2]["display"], "German (Switzerland)");
    assert_eq!(answer.json["expansion"]["extension"], Value::Null, "a list is complete");
    for (system, code, result) in [
        (UCUM, "mg/dL", true),
        (UCUM, "mg", false),
        (LANGUAGES, "de-ch", true),
        (MIME, "a/b", false),
    ] {
        let value_set =
            json!({ "resourceType": "ValueSet", "status": "active", "compose": compose });
        let list = json!([
            { "name": "valueSet", "resource": value_set },
            { "name": "system", "valueUri": system },
            { "name": "code", "valueCode": code },
        ]);
        let answer = server.post("ValueSet/$validate-code", &parameters(list)).parameters();
        assert_eq!(answer.value("result"), result, "{system} {code}: {}", answer.text());
    }
}

#[test]
fn all_codes_of_a_grammar_are_listed_as_far_as_possible() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    let units = expanded(&server, json!({ "include": [{ "system": UCUM }] })).ok();
    assert_eq!(units.json["expansion"]["extension"][0]["valueBoolean"], true, "never complete");
    assert!(units.codes().contains(&"Cel"));
    let countries = expanded(&server, json!({ "include": [{ "system": COUNTRIES }] })).ok();
    assert_eq!(countries.json["expansion"]["total"], 789);
    assert_eq!(countries.json["expansion"]["extension"], Value::Null);
    for system in [MIME, HGVS] {
        let refused = expanded(&server, json!({ "include": [{ "system": system }] }));
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
}

#[test]
fn sets_of_made_codes_are_added_taken_away_and_intersected() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    let of_mass =
        json!({ "system": UCUM, "filter": [{ "property": "canonical", "op": "=", "value": "g" }] });
    let list =
        json!({ "system": UCUM, "concept": [{ "code": "mg" }, { "code": "mL" }, { "code": "g" }] });
    let without = json!({ "include": [{ "system": UCUM }], "exclude": [list] });
    let both = json!({ "include": [{ "valueSet": ["http://begriff.test/vs/mass", "http://begriff.test/vs/list"] }] });
    let stored = |url: &str, include: &Value| {
        json!({
            "name": "tx-resource",
            "resource": {
                "resourceType": "ValueSet", "url": url, "status": "active",
                "compose": { "include": [include] },
            },
        })
    };
    for (compose, code, result) in [
        (&json!({ "include": [of_mass] }), "kg", true),
        (&json!({ "include": [of_mass] }), "L", false),
        (&json!({ "include": [of_mass, list] }), "mL", true),
        (&without, "mg", false),
        (&without, "kg", true),
        (&both, "mg", true),
        (&both, "g", true),
        (&both, "mL", false),
        (&both, "kg", false),
    ] {
        let value_set =
            json!({ "resourceType": "ValueSet", "status": "active", "compose": compose });
        let list = json!([
            { "name": "valueSet", "resource": value_set },
            stored("http://begriff.test/vs/mass", &of_mass),
            stored("http://begriff.test/vs/list", &list),
            { "name": "system", "valueUri": UCUM },
            { "name": "code", "valueCode": code },
        ]);
        let answer = server.post("ValueSet/$validate-code", &parameters(list)).parameters();
        assert_eq!(answer.value("result"), result, "{compose} {code}: {}", answer.text());
    }
}

#[test]
fn countries_are_found_by_kind_and_tell_their_other_codes() {
    let server = Server::over(tempfile::tempdir().unwrap(), |_| ());
    let filter = json!({ "property": "kind", "op": "=", "value": "alpha-2" });
    let answer =
        expanded(&server, json!({ "include": [{ "system": COUNTRIES, "filter": [filter] }] })).ok();
    assert_eq!(answer.json["expansion"]["total"], 249);
    let query = [("system", COUNTRIES), ("code", "DE"), ("property", "alpha-3")];
    let answer = server.ask("CodeSystem/$lookup", &query).parameters();
    assert!(answer.properties("alpha-3").iter().any(|value| **value == "DEU"), "{}", answer.text());
}

#[test]
fn a_loaded_code_system_takes_the_place_of_the_one_that_is_built_in() {
    let own = json!({
        "resourceType": "CodeSystem", "url": CURRENCIES, "version": "1", "status": "active",
        "content": "complete", "concept": [{ "code": "DEM", "display": "Deutsche Mark" }],
    });
    let server = Server::with(&[("own.json", &own.to_string())]);
    assert_eq!(validated(&server, CURRENCIES, "DEM").value("result"), true);
    assert_eq!(validated(&server, CURRENCIES, "EUR").value("result"), false);
}

#[test]
fn a_description_without_content_does_not() {
    let stub = |url: &str| {
        let text = json!({
            "resourceType": "CodeSystem", "url": url, "version": "9.9", "status": "active",
            "content": "not-present",
        });
        text.to_string()
    };
    let server = Server::with(&[
        ("a.json", &stub(CURRENCIES)),
        ("b.json", &stub(LANGUAGES)),
        ("c.json", &stub(UCUM)),
    ]);
    for (system, code) in [(CURRENCIES, "EUR"), (LANGUAGES, "de-DE"), (UCUM, "mg/dL")] {
        assert_eq!(validated(&server, system, code).value("result"), true, "{code}");
        let all = expanded(&server, json!({ "include": [{ "system": system }] })).ok();
        assert!(all.codes().len() > 100, "{system}");
    }
}
