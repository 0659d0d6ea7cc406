//! Composition by hand, and against a walk over all ways.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::tests::open;
use super::super::{ConceptMapBuilder, ConceptMapMeta, NewMapping, Unmapped};
use super::*;

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";

/// (old, new or "" for none, automatic forward, automatic backward)
type Line<'a> = (&'a str, &'a str, bool, bool);

fn transition(year: u32, lines: &[Line<'_>], keeps: bool) -> ConceptMap {
    let meta = ConceptMapMeta {
        url: format!("http://example.org/icd-{year}"),
        version: (year + 1).to_string(),
        ..ConceptMapMeta::default()
    };
    let mut builder = ConceptMapBuilder::new(meta);
    let group = builder.group(ICD, &year.to_string(), ICD, &(year + 1).to_string());
    if keeps {
        let mode = "use-source-code".into();
        builder.unmapped(group, Unmapped { mode, ..Unmapped::default() });
    }
    for &(old, new, forward, backward) in lines {
        let properties = [
            (AUTOMATIC, PropertyValue::Boolean(forward)),
            (AUTOMATIC_BACKWARD, PropertyValue::Boolean(backward)),
        ];
        let mapping = NewMapping {
            target: Some(new).filter(|new| !new.is_empty()),
            properties: &properties,
            ..NewMapping::new(old, new, Relationship::RelatedTo)
        };
        builder.mapping(group, &mapping);
    }
    open(builder)
}

fn at<'a>(system: &'a str, code: &'a str) -> Coding<'a> {
    Coding { system, code, ..Coding::default() }
}

fn three_years() -> [ConceptMap; 3] {
    [
        transition(
            2023,
            &[("A", "A", true, true), ("B", "B.1", false, true), ("B", "B.2", false, true)],
            false,
        ),
        transition(
            2024,
            &[("A", "A.0", true, true), ("B.1", "C", true, false), ("B.2", "C", false, false)],
            false,
        ),
        transition(2025, &[("A.0", "", false, false), ("C", "C", true, true)], false),
    ]
}

fn ways(chain: &Chain<'_>) -> Vec<String> {
    let path = |one: &Reached<'_>| {
        let steps = one.path.iter().map(|step| {
            let arrow = if step.is_automatic { "=" } else { "-" };
            format!("{arrow}>{}", step.to)
        });
        one.path.first().map_or(String::new(), |step| step.from.to_owned())
            + &steps.collect::<String>()
    };
    chain.reached.iter().map(path).collect()
}

#[test]
fn a_code_is_followed_through_all_releases_by_the_most_automatic_way() {
    let maps = three_years();
    let maps: Vec<&ConceptMap> = maps.iter().collect();
    let chain = chain(&maps, at(ICD, "B"), Direction::Forward);
    assert_eq!(ways(&chain), ["B->B.1=>C=>C"]);
    let reached = &chain.reached[0];
    assert_eq!((reached.system, reached.version), (ICD, "2026"));
    assert!(!reached.is_automatic);
    assert_eq!(reached.path[1].map.to_string(), "http://example.org/icd-2024|2025");
    let fork = Ambiguity { step: 0, code: "B", targets: vec!["B.1", "B.2"] };
    assert_eq!((chain.ambiguities, chain.ended), (vec![fork], vec![]));
}

#[test]
fn a_code_is_followed_back() {
    let maps = three_years();
    let maps: Vec<&ConceptMap> = maps.iter().collect();
    let back = chain(&maps, at(ICD, "C"), Direction::Reverse);
    assert_eq!(ways(&back), ["C=>C->B.1=>B"]);
    assert_eq!(back.ambiguities[0].targets, ["B.1", "B.2"]);
    let new = chain(&maps, at(ICD, "N"), Direction::Reverse);
    assert_eq!(new.ended, [Ended { step: 0, code: "N", ending: Ending::NotMapped }]);
}

#[test]
fn a_retired_and_an_unknown_code_end_for_different_reasons() {
    let maps = three_years();
    let maps: Vec<&ConceptMap> = maps.iter().collect();
    for (code, step, end, ending) in
        [("A", 2, "A.0", Ending::NoTarget), ("Z", 0, "Z", Ending::NotMapped)]
    {
        let chain = chain(&maps, at(ICD, code), Direction::Forward);
        assert!(chain.reached.is_empty());
        assert_eq!(chain.ended, [Ended { step, code: end, ending }], "{code}");
    }
    let other = chain(&maps, at("http://other", "A"), Direction::Forward);
    assert_eq!(other.ended[0].ending, Ending::NotMapped);
}

#[test]
fn a_map_of_changes_keeps_the_other_codes() {
    let maps = [transition(2023, &[("A", "B", true, true)], true)];
    let maps: Vec<&ConceptMap> = maps.iter().collect();
    assert_eq!(ways(&chain(&maps, at(ICD, "Q"), Direction::Forward)), ["Q=>Q"]);
    assert_eq!(ways(&chain(&maps, at(ICD, "A"), Direction::Forward)), ["A=>B"]);
    assert_eq!(ways(&chain(&maps, at(ICD, "B"), Direction::Reverse)), ["B=>A", "B->B"]);
    assert_eq!(ways(&chain(&maps, at(ICD, "A"), Direction::Reverse)), [""; 0]);
}

#[test]
fn a_route_leads_from_version_to_version() {
    let maps = three_years();
    let mut maps: Vec<&ConceptMap> = maps.iter().collect();
    maps.reverse();
    let years = |from, to| {
        let route = route(&maps, ICD, from, to)?;
        Some(route.iter().map(|map| map.meta().version.clone()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(years("2023", "2026").as_deref(), Some("2024 2025 2026"));
    assert_eq!(years("2024", "2024").as_deref(), Some(""));
    assert_eq!(years("2026", "2023"), None);
    assert_eq!(years("2022", "2026"), None);
    assert_eq!(route(&maps, "http://other", "2023", "2026").map(|route| route.len()), None);
}

#[test]
fn a_version_that_a_map_is_not_about_is_not_mapped() {
    let maps = three_years();
    let maps: Vec<&ConceptMap> = maps.iter().collect();
    let start = Coding { version: "2024", ..at(ICD, "B") };
    let chain = chain(&maps, start, Direction::Forward);
    assert_eq!(chain.ended, [Ended { step: 0, code: "B", ending: Ending::NotMapped }]);
}

#[test]
fn no_maps_keep_the_code() {
    let chain = chain(&[], at(ICD, "A"), Direction::Forward);
    assert_eq!(chain.reached[0].code, "A");
    assert!(chain.reached[0].is_automatic && chain.reached[0].path.is_empty());
}

#[test]
fn relationships_compose() {
    use Relationship::{
        Equal, Equivalent, Inexact, RelatedTo, SourceIsBroader, SourceIsNarrower,
        TargetSubsumesSource,
    };
    for (first, second, expected) in [
        (Equal, Equal, Equal),
        (Equal, Equivalent, Equivalent),
        (Equivalent, SourceIsBroader, SourceIsBroader),
        (SourceIsNarrower, SourceIsNarrower, SourceIsNarrower),
        (SourceIsNarrower, TargetSubsumesSource, SourceIsNarrower),
        (SourceIsNarrower, SourceIsBroader, RelatedTo),
        (Inexact, Inexact, RelatedTo),
        (Inexact, Equivalent, Inexact),
    ] {
        assert_eq!(composed(first, second), expected, "{first:?} then {second:?}");
    }
}

type Release = Vec<(u8, u8, bool, bool)>;

fn built(releases: &[Release]) -> Vec<ConceptMap> {
    let maps = releases.iter().zip(2000u32..).map(|(release, year)| {
        let mut lines: BTreeMap<(String, String), (bool, bool)> = BTreeMap::new();
        for &(old, new, forward, backward) in release {
            let new = if new == 0 { String::new() } else { new.to_string() };
            lines.insert((old.to_string(), new), (forward, backward));
        }
        let lines: Vec<Line<'_>> = lines
            .iter()
            .map(|((old, new), &(forward, backward))| {
                (old.as_str(), new.as_str(), forward, backward)
            })
            .collect();
        transition(year, &lines, false)
    });
    maps.collect()
}

/// The fewest steps by hand to every code of the last release, over all ways.
fn naive(maps: &[&ConceptMap], code: &str, direction: Direction) -> BTreeMap<String, usize> {
    let mut best = BTreeMap::new();
    let mut open = vec![(0usize, code.to_owned(), 0usize)];
    while let Some((step, code, manual)) = open.pop() {
        let number = if direction == Direction::Forward {
            Some(step)
        } else {
            (maps.len() - step).checked_sub(1)
        };
        let Some(map) = number.and_then(|number| maps.get(number)) else {
            let known = best.entry(code).or_insert(manual);
            *known = manual.min(*known);
            continue;
        };
        for row in map.groups().flat_map(GroupRef::mappings) {
            let Some(target) = row.target() else { continue };
            let (from, to, flag) = match direction {
                Direction::Forward => (row.source(), target, AUTOMATIC),
                Direction::Reverse => (target, row.source(), AUTOMATIC_BACKWARD),
            };
            if from == code {
                let by_hand = row.property(flag) != Some(PropertyValue::Boolean(true));
                open.push((step + 1, to.to_owned(), manual + usize::from(by_hand)));
            }
        }
    }
    best
}

proptest! {
    #[test]
    fn a_chain_is_the_best_of_all_ways_in_both_directions(
        releases in prop::collection::vec(
            prop::collection::vec((1u8..5, 0u8..5, any::<bool>(), any::<bool>()), 0..8),
            0..5,
        ),
    ) {
        let maps = built(&releases);
        let maps: Vec<&ConceptMap> = maps.iter().collect();
        for direction in [Direction::Forward, Direction::Reverse] {
            for code in ["1", "2", "3", "4"] {
                let chain = chain(&maps, at(ICD, code), direction);
                let found: BTreeMap<String, usize> = chain
                    .reached
                    .iter()
                    .map(|one| {
                        let by_hand = one.path.iter().filter(|step| !step.is_automatic).count();
                        assert_eq!(one.is_automatic, by_hand == 0);
                        assert_eq!(one.path.len(), maps.len());
                        (one.code.to_owned(), by_hand)
                    })
                    .collect();
                prop_assert_eq!(&found, &naive(&maps, code, direction));
                for target in found.keys() {
                    let opposite = match direction {
                        Direction::Forward => Direction::Reverse,
                        Direction::Reverse => Direction::Forward,
                    };
                    let back = super::chain(&maps, at(ICD, target), opposite);
                    prop_assert!(back.reached.iter().any(|one| one.code == code));
                }
            }
        }
    }
}
