//! A small edition with one reference set of each kind.

use codesystems::{EditionBuilder, EditionMeta};

use super::super::translate::{Candidate, Direction, TranslateRequest, translate};
use super::*;

const VERSION: &str = "http://snomed.info/sct/900000000000207008/version/20260101";

fn edition() -> Arc<Edition> {
    let mut builder = EditionBuilder::new(EditionMeta::new(SNOMED, VERSION));
    for (code, display) in [("100001", "Old"), ("100002", "New"), ("100003", "Fracture")] {
        let concept = builder.concept(code);
        builder.display(concept, "en", display);
    }
    let old = builder.concept("100001");
    let new = builder.concept("100002");
    let fracture = builder.concept("100003");
    let replaced = builder.membership_set("900000000000526001", "", &["targetComponentId"]);
    builder.member(replaced, old, &["100002"]);
    let fields = [
        "mapGroup",
        "mapPriority",
        "mapRule",
        "mapAdvice",
        "mapTarget",
        "correlationId",
        "mapCategoryId",
    ];
    let icd = builder.membership_set("447562003", "", &fields);
    let exact = "447557004";
    let unspecified = "447561005";
    builder.member(icd, fracture, &["2", "1", "TRUE", "ALWAYS X59.0", "X59.0", unspecified, "1"]);
    builder.member(
        icd,
        fracture,
        &["1", "2", "OTHERWISE TRUE", "ALWAYS S52.0", "S52.0", exact, ""],
    );
    builder.member(icd, fracture, &["1", "1", "IFA 1", "IF 1", "S52.1", "447558009", ""]);
    builder.member(icd, new, &["1", "1", "TRUE", "CANNOT BE CLASSIFIED", "", "447556008", ""]);
    builder.member(icd, old, &["1", "1", "TRUE", "ALWAYS S52.0", "S52.0", unspecified, ""]);
    let to_snomed = builder.membership_set("1193497006", "", &["mapSource"]);
    builder.member(to_snomed, fracture, &["10017076"]);
    builder.membership_set("900000000000509007", "", &["acceptabilityId"]);
    Arc::new(Edition::from_bytes(builder.finish().unwrap().into()).unwrap())
}

fn map(refset: &str) -> SnomedMap {
    SnomedMap::new(edition(), refset).unwrap()
}

#[test]
fn urls_name_edition_and_reference_set() {
    let parsed = |url| SnomedMapUrl::parse(url).map(|read| read.map_err(|_| ()));
    let dated = "http://snomed.info/sct/11000274103/version/20260515";
    for (url, expected) in [
        ("http://snomed.info/sct?fhir_cm=447562003", Some(Ok(("", "447562003")))),
        (
            "http://snomed.info/sct/11000274103?fhir_cm=447562003",
            Some(Ok(("http://snomed.info/sct/11000274103", "447562003"))),
        ),
        (&format!("{dated}?fhir_cm=447562003"), Some(Ok((dated, "447562003")))),
        ("http://snomed.info/sct?fhir_cm=", Some(Err(()))),
        ("http://snomed.info/sct?fhir_cm=x", Some(Err(()))),
        ("http://snomed.info/sct/1?fhir_cm=447562003", Some(Err(()))),
        ("http://snomed.info/sct/11000274103/20260515?fhir_cm=447562003", Some(Err(()))),
        ("http://snomed.info/sct?fhir_vs", None),
        ("http://example.org?fhir_cm=447562003", None),
    ] {
        let expected = expected.map(|read: Result<_, ()>| {
            read.map(|(version, refset)| SnomedMapUrl { version, refset })
        });
        assert_eq!(parsed(url), expected, "{url}");
    }
}

#[test]
fn an_association_leads_to_the_successor_and_back() {
    let map = map("900000000000526001");
    let [found] = map.mappings("100001").try_into().unwrap();
    let target = found.target.unwrap();
    assert_eq!((target.code, target.display, target.version), ("100002", "New", VERSION));
    assert_eq!(found.relationship, Relationship::Equivalent);
    let canonical = "http://snomed.info/sct?fhir_cm=900000000000526001";
    assert_eq!(found.origin.map.to_string(), format!("{canonical}|{VERSION}"));
    let back = map.reverse("100002");
    assert_eq!(back.iter().map(|one| one.source.code).collect::<Vec<_>>(), ["100001"]);
    assert!(map.mappings("100002").is_empty() && map.mappings("unknown").is_empty());
}

#[test]
fn an_extended_map_is_read_by_group_and_priority() {
    let map = map("447562003");
    let found = map.mappings("100003");
    let targets: Vec<_> =
        found.iter().map(|one| (one.target.unwrap().code, one.relationship.r5())).collect();
    assert_eq!(
        targets,
        [
            ("S52.1", "source-is-narrower-than-target"),
            ("S52.0", "equivalent"),
            ("X59.0", "related-to")
        ]
    );
    assert!(found.iter().all(|one| one.target.unwrap().system == "http://hl7.org/fhir/sid/icd-10"));
    let first: Vec<_> = found[0].properties.iter().map(|part| (part.name, part.value)).collect();
    assert_eq!(
        first,
        [
            ("mapGroup", PropertyValue::Integer(1)),
            ("mapPriority", PropertyValue::Integer(1)),
            ("mapRule", PropertyValue::String("IFA 1")),
            ("mapAdvice", PropertyValue::String("IF 1")),
            ("correlationId", PropertyValue::Code("447558009")),
        ]
    );
    let back = map.reverse("S52.0");
    assert_eq!(back.iter().map(|one| one.source.code).collect::<Vec<_>>(), ["100001", "100003"]);
}

#[test]
fn what_a_request_says_of_the_conditions_decides_within_a_group() {
    let mut builder = EditionBuilder::new(EditionMeta::new(SNOMED, VERSION));
    let concept = builder.concept("100003");
    let fields = ["mapGroup", "mapPriority", "mapRule", "mapTarget"];
    let set = builder.membership_set("447562003", "", &fields);
    for row in [
        ["1", "1", "IFA 248152002 | Female (finding) |", "N94"],
        ["1", "2", "IFA 445518008 | Age at onset | < 28.0 days", "P96"],
        ["1", "3", "OTHERWISE TRUE", "R10"],
        ["2", "1", "TRUE", "X59"],
    ] {
        builder.member(set, concept, &row);
    }
    let edition = Edition::from_bytes(builder.finish().unwrap().into()).unwrap();
    let map = SnomedMap::new(Arc::new(edition), "447562003").unwrap();
    let codings = [Coding { system: SNOMED, code: "100003", ..Coding::default() }];
    let targets = |dependencies: &[(&str, PropertyValue<'_>)]| -> Vec<String> {
        let request = TranslateRequest { dependencies, ..TranslateRequest::new(&codings) };
        let answer = translate(&request, &[Candidate::Snomed(&map)], &|_| None);
        answer.matches.iter().map(|one| one.target.unwrap().code.to_owned()).collect()
    };
    let (female, male) = (PropertyValue::String("248152002"), PropertyValue::String("248153007"));
    let days = |text| ("445518008", PropertyValue::String(text));
    assert_eq!(targets(&[]), ["N94", "P96", "R10", "X59"]);
    assert_eq!(targets(&[("mapRule", female)]), ["N94", "X59"]);
    assert_eq!(targets(&[("mapRule", male), days("2 weeks")]), ["P96", "X59"]);
    assert_eq!(targets(&[("mapRule", male), days("3 years")]), ["R10", "X59"]);
    let answers = map.mappings("100003");
    let conditions: Vec<_> = answers.iter().map(|one| one.depends_on.len()).collect();
    assert_eq!(conditions, [1, 1, 0, 0]);
    let system = SNOMED;
    let expected = PropertyValue::Coding {
        system,
        version: "",
        code: "248152002",
        display: "Female (finding)",
    };
    assert_eq!(
        (answers[0].depends_on[0].name, answers[0].depends_on[0].value),
        ("mapRule", expected)
    );
}

#[test]
fn a_concept_that_cannot_be_classified_gives_no_positive_answer() {
    let map = map("447562003");
    let codings = [Coding { system: SNOMED, code: "100002", ..Coding::default() }];
    let candidates = [Candidate::Snomed(&map)];
    let answer = translate(&TranslateRequest::new(&codings), &candidates, &|_| None);
    assert_eq!((answer.result, answer.matches.len()), (false, 1));
    assert_eq!(answer.matches[0].relationship, Relationship::Unmatched);
}

#[test]
fn a_map_to_snomed_starts_at_the_other_system() {
    let map = map("1193497006").with_other_system("http://meddra", "27");
    let found = map.mappings("10017076");
    assert_eq!(
        (found[0].source.system, found[0].target.unwrap().code),
        ("http://meddra", "100003")
    );
    let codings = [Coding { system: SNOMED, code: "100003", ..Coding::default() }];
    let request =
        TranslateRequest { direction: Direction::Reverse, ..TranslateRequest::new(&codings) };
    let answer = translate(&request, &[Candidate::Snomed(&map)], &|_| None);
    assert_eq!((answer.result, answer.matches[0].source.code), (true, "10017076"));
}

#[test]
fn what_is_no_map_is_refused_by_name() {
    for (refset, expected) in [
        ("999999999", "has no reference set 999999999"),
        ("900000000000509007", "reference set 900000000000509007 is no map"),
    ] {
        let error = SnomedMap::new(edition(), refset).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
