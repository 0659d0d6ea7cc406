//! The rules of `$translate`, one table each.

use super::super::tests::open;
use super::super::{ConceptMap, ConceptMapBuilder, ConceptMapMeta, NewMapping};
use super::*;

fn meta(url: &str) -> ConceptMapMeta {
    ConceptMapMeta {
        url: url.into(),
        version: "0.1".into(),
        source_scope: "http://vs/source".into(),
        target_scope: "http://vs/target|2".into(),
        ..ConceptMapMeta::default()
    }
}

fn unmapped(mode: &str, code: &str, other_map: &str) -> Unmapped {
    Unmapped {
        mode: mode.into(),
        code: code.into(),
        other_map: other_map.into(),
        ..Unmapped::default()
    }
}

/// A map from `a` (of 2025) to `b`, as in the tests of the terminology ecosystem.
fn full(default: Option<Unmapped>) -> ConceptMap {
    let mut builder = ConceptMapBuilder::new(meta("http://m/full"));
    let group = builder.group("a", "2025", "b", "");
    for (source, target, relationship) in [
        ("1", "eins", Relationship::Equivalent),
        ("2", "zwei", Relationship::SourceIsBroader),
        ("2", "zwei!", Relationship::NotRelatedTo),
        ("4", "vier", Relationship::NotRelatedTo),
    ] {
        builder.mapping(group, &NewMapping::new(source, target, relationship));
    }
    builder.mapping(group, &NewMapping::none("5"));
    for (target, sex) in [("sechs-w", "female"), ("sechs-m", "male")] {
        let conditions = [("sex", PropertyValue::Code(sex))];
        let mapping = NewMapping {
            depends_on: &conditions,
            ..NewMapping::new("6", target, Relationship::Equivalent)
        };
        builder.mapping(group, &mapping);
    }
    if let Some(default) = default {
        builder.unmapped(group, default);
    }
    open(builder)
}

fn coding<'a>(system: &'a str, code: &'a str) -> Coding<'a> {
    Coding { system, code, ..Coding::default() }
}

fn targets(translation: &Translation<'_>) -> Vec<String> {
    let target = |one: &Match<'_>| one.target.map_or("-".to_owned(), |target| target.code.into());
    translation.matches.iter().map(target).collect()
}

fn ask<'a>(map: &'a ConceptMap, request: &TranslateRequest<'a>) -> Translation<'a> {
    translate(request, &[Candidate::Compiled(map)], &|_| None)
}

#[test]
fn the_answer_is_positive_when_a_match_is_acceptable() {
    let map = full(None);
    for (code, result, found, message) in [
        ("1", true, vec!["eins"], None),
        ("2", true, vec!["zwei", "zwei!"], None),
        ("4", false, vec!["vier"], Some(TranslateMessage::NoTarget)),
        ("5", false, vec!["-"], Some(TranslateMessage::NoTarget)),
        ("9", false, vec![], Some(TranslateMessage::NotFound)),
    ] {
        let codings = [coding("a", code)];
        let answer = ask(&map, &TranslateRequest::new(&codings));
        assert_eq!(
            (answer.result, targets(&answer)),
            (result, found.iter().map(|&one| one.to_owned()).collect()),
            "{code}"
        );
        assert_eq!(answer.message, message, "{code}");
    }
}

#[test]
fn a_match_says_where_it_comes_from() {
    let map = full(None);
    let codings = [coding("a", "2")];
    let answer = ask(&map, &TranslateRequest::new(&codings));
    let origin = &answer.matches[1].origin;
    assert_eq!(origin.map.to_string(), "http://m/full|0.1");
    assert_eq!(origin.group, 0);
    let Fired::Row(row) = origin.fired else { panic!("{origin:?}") };
    assert_eq!(map.mapping(row).unwrap().target(), Some("zwei!"));
}

#[test]
fn several_codings_are_translated_in_their_order() {
    let map = full(None);
    let codings = [coding("a", "2"), coding("x", "1"), coding("", "1")];
    let answer = ask(&map, &TranslateRequest::new(&codings));
    assert_eq!(targets(&answer), ["zwei", "zwei!", "eins"]);
    assert_eq!(answer.matches[2].source.system, "a");
}

#[test]
fn systems_and_versions_bound_the_groups() {
    let map = full(None);
    for (version, into_system, found) in
        [("", "", 1), ("2025", "b", 1), ("2024", "b", 0), ("2025", "c", 0)]
    {
        let codings = [Coding { version, ..coding("a", "1") }];
        let request = TranslateRequest { into_system, ..TranslateRequest::new(&codings) };
        assert_eq!(ask(&map, &request).matches.len(), found, "{version} into {into_system}");
    }
}

#[test]
fn a_map_is_read_backwards() {
    let map = full(None);
    let codings = [coding("b", "zwei")];
    let request = TranslateRequest {
        direction: Direction::Reverse,
        into_system: "a",
        ..TranslateRequest::new(&codings)
    };
    let answer = ask(&map, &request);
    let found = &answer.matches[0];
    assert_eq!((found.source.code, found.target.unwrap().code), ("2", "zwei"));
    assert_eq!(found.relationship, Relationship::SourceIsBroader, "as the map words it");
    assert!(answer.result);
}

#[test]
fn conditions_that_contradict_the_request_exclude_a_mapping() {
    let map = full(None);
    let codings = [coding("a", "6")];
    let female = [("sex", PropertyValue::String("female"))];
    let both = [("sex", PropertyValue::Code("female")), ("sex", PropertyValue::Code("male"))];
    let other = [("age", PropertyValue::Integer(3))];
    for (dependencies, found) in [
        (&[] as &[_], vec!["sechs-w", "sechs-m"]),
        (&female, vec!["sechs-w"]),
        (&both, vec!["sechs-w", "sechs-m"]),
        (&other, vec!["sechs-w", "sechs-m"]),
    ] {
        let request = TranslateRequest { dependencies, ..TranslateRequest::new(&codings) };
        assert_eq!(targets(&ask(&map, &request)), found, "{dependencies:?}");
    }
}

#[test]
fn a_group_has_a_default_for_codes_it_does_not_know() {
    for (mode, code, expected) in [
        ("use-source-code", "9", vec!["9"]),
        ("provided", "9", vec!["9"]),
        ("fixed", "9", vec!["temp"]),
        ("fixed", "5", vec!["-"]),
        ("fixed", "1", vec!["eins"]),
        ("unheard-of", "9", vec![]),
    ] {
        let map = full(Some(unmapped(mode, "temp", "")));
        let codings = [coding("a", code)];
        let answer = ask(&map, &TranslateRequest::new(&codings));
        assert_eq!(targets(&answer), expected, "{mode} for {code}");
        if code == "9" && !expected.is_empty() {
            assert_eq!(answer.matches[0].origin.fired, Fired::Unmapped(mode.into()));
            assert_eq!(answer.matches[0].relationship, Relationship::RelatedTo);
        }
    }
}

#[test]
fn the_default_is_for_the_system_of_the_group_only() {
    let map = full(Some(unmapped("fixed", "temp", "")));
    let codings = [coding("x", "9")];
    assert!(ask(&map, &TranslateRequest::new(&codings)).matches.is_empty());
    let codings = [coding("b", "9")];
    let request =
        TranslateRequest { direction: Direction::Reverse, ..TranslateRequest::new(&codings) };
    assert!(ask(&map, &request).matches.is_empty(), "nor backwards");
}

#[test]
fn the_default_may_be_another_map_and_circles_end() {
    let first = full(Some(unmapped("other-map", "", "http://m/second|1")));
    let mut builder = ConceptMapBuilder::new(meta("http://m/second"));
    let group = builder.group("a", "", "c", "");
    builder.unmapped(group, unmapped("other-map", "", "http://m/full"));
    builder.mapping(group, &NewMapping::new("8", "acht", Relationship::Equal));
    let second = open(builder);
    let find = |canonical: &Canonical| match canonical.url.as_str() {
        "http://m/full" => Some(Candidate::Compiled(&first)),
        "http://m/second" => Some(Candidate::Compiled(&second)),
        _ => None,
    };
    for (code, expected) in [("8", vec!["acht"]), ("9", vec![])] {
        let codings = [coding("a", code)];
        let candidates = [Candidate::Compiled(&first)];
        let answer = translate(&TranslateRequest::new(&codings), &candidates, &find);
        assert_eq!(targets(&answer), expected, "{code}");
    }
}

#[test]
fn a_default_gives_way_to_a_mapping_of_another_map() {
    let with_default = full(Some(unmapped("fixed", "temp", "")));
    let mut builder = ConceptMapBuilder::new(meta("http://m/other"));
    let group = builder.group("a", "", "b", "");
    builder.mapping(group, &NewMapping::new("9", "neun", Relationship::Equal));
    let other = open(builder);
    let candidates = [Candidate::Compiled(&with_default), Candidate::Compiled(&other)];
    for (code, expected) in [("9", "neun"), ("10", "temp")] {
        let codings = [coding("a", code)];
        let answer = translate(&TranslateRequest::new(&codings), &candidates, &|_| None);
        assert_eq!(targets(&answer), [expected], "{code}");
    }
}

#[test]
fn scopes_bound_maps_and_codes() {
    let map = full(Some(unmapped("fixed", "temp", "")));
    let none = |_: &Coding<'_>| false;
    let two = |coding: &Coding<'_>| coding.code == "zwei";
    type Content<'a> = Option<&'a dyn Fn(&Coding<'_>) -> bool>;
    let cases: [(&str, Content<'_>, bool, &[&str]); 8] = [
        ("http://vs/target", None, false, &["zwei", "zwei!"]),
        ("http://vs/target|2", Some(&none), false, &["zwei", "zwei!"]),
        ("http://vs/target|3", None, false, &[]),
        ("http://vs/other", None, false, &[]),
        ("http://vs/other", None, true, &["zwei", "zwei!"]),
        ("http://vs/other", Some(&two), false, &["zwei"]),
        ("http://vs/other", Some(&none), true, &[]),
        ("b", None, false, &["zwei", "zwei!"]),
    ];
    for (value_set, contains, is_map_named, expected) in cases {
        let codings = [coding("a", "2")];
        let scope = Scope { value_set: Canonical::parse(value_set), contains };
        let request = TranslateRequest {
            target_scope: Some(scope),
            is_map_named,
            ..TranslateRequest::new(&codings)
        };
        let context =
            format!("{value_set}, named {is_map_named}, {contains}", contains = contains.is_some());
        assert_eq!(targets(&ask(&map, &request)), expected, "{context}");
    }
}

#[test]
fn a_code_outside_of_the_source_scope_has_no_default() {
    let map = full(Some(unmapped("fixed", "temp", "")));
    let known = |coding: &Coding<'_>| coding.code != "9";
    for (code, found) in [("8", 1), ("9", 0)] {
        let codings = [coding("a", code)];
        let scope =
            Scope { value_set: Canonical::parse("http://vs/elsewhere"), contains: Some(&known) };
        let request =
            TranslateRequest { source_scope: Some(scope), ..TranslateRequest::new(&codings) };
        assert_eq!(ask(&map, &request).matches.len(), found, "{code}");
    }
}

#[test]
fn a_group_without_systems_fits_any() {
    let mut builder = ConceptMapBuilder::new(ConceptMapMeta::default());
    let group = builder.group("", "", "", "");
    builder.mapping(group, &NewMapping::new("1", "eins", Relationship::Equivalent));
    let map = open(builder);
    let codings = [coding("a", "1")];
    let request = TranslateRequest { into_system: "b", ..TranslateRequest::new(&codings) };
    assert!(ask(&map, &request).result);
}

/// A file of the terminology ecosystem's tests, where they are at hand.
fn ecosystem(name: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let shared = std::env::var("BEGRIFF_SHARED").unwrap_or_else(|_| beside.into());
    let path = std::path::Path::new(&shared).join("tx-ecosystem/tests/translate").join(name);
    let text = std::fs::read_to_string(&path);
    if text.is_err() {
        println!("skipped: {} is not there", path.display());
    }
    text.ok()
}

#[test]
fn the_ecosystem_map_answers_as_its_tests_expect() {
    let Some(json) = ecosystem("ConceptMap-full.json") else { return };
    let map = open(crate::fhir::concept_map::concept_map(&json).unwrap());
    let system = |name: &str| format!("http://hl7.org/fhir/test/CodeSystem/{name}");
    let (source, target) = (system("source"), system("target"));
    let forward = [coding(&source, "code-1")];
    let request = TranslateRequest { into_system: &target, ..TranslateRequest::new(&forward) };
    let backward = [coding(&target, "code1")];
    let reverse = TranslateRequest {
        into_system: &source,
        direction: Direction::Reverse,
        ..TranslateRequest::new(&backward)
    };
    for request in [request, reverse] {
        let answer = ask(&map, &request);
        assert!(answer.result);
        let [found] = answer.matches.try_into().unwrap();
        assert_eq!((found.source.code, found.target.unwrap().code), ("code-1", "code1"));
        assert_eq!(found.relationship.r5(), "equivalent");
        let origin = found.origin.map.to_string();
        assert_eq!(origin, "http://hl7.org/fhir/test/ConceptMap/full|0.1.0");
    }
    let unknown = [coding(&source, "code-6")];
    let answer = ask(&map, &TranslateRequest::new(&unknown));
    assert_eq!(targets(&answer), ["temp"], "the fixed default of the group");
}
