//! A small invented release: a clinical finding, a bone, a fracture and what may happen to them.

use codesystems::LanguagePreference;
use codesystems::model::DisplayRank;
use codesystems::systems::snomed::ecl;

use super::harness::{load, load_written, members, parents, properties, version};
use crate::Options;

const CONCEPTS: &str = "id effectiveTime active moduleId definitionStatusId
    138875005 20020131 1 900000000000207008 900000000000074008
    404684003 20020131 1 900000000000207008 900000000000074008
    10001005 20240101 1 900000000000207008 900000000000073002
    10002003 20230101 1 900000000000207008 900000000000074008
    10003008 20240101 0 900000000000207008 900000000000074008
    10004002 20240101 1 900000000000207008 900000000000074008";

const DESCRIPTIONS: &str =
    "id effectiveTime active moduleId conceptId languageCode typeId term caseSignificanceId
    1011 20020131 1 900000000000207008 10001005 en 900000000000003001 Broken|\"bone\"|(finding) 0
    1012 20020131 1 900000000000207008 10001005 en 900000000000013009 Bone|break 0
    1013 20020131 1 900000000000207008 10001005 en 900000000000013009 Broken|bone 0
    1014 20020131 1 900000000000207008 10001005 en 900000000000013009 Fractured|bone 0
    1015 20240101 0 900000000000207008 10001005 en 900000000000013009 Bust|bone 0
    1016 20020131 1 900000000000207008 10002003 en 900000000000003001 Bone|of|foot|(body|structure) 0
    1017 20240101 1 11000274103 10001005 de 900000000000013009 Knochenbruch 0
    1018 20020131 1 900000000000207008 10004002 en 900000000000003001 Site|of|finding|(attribute) 0
    1019 20020131 1 900000000000207008 999 en 900000000000013009 Lost 0";

const DEFINITIONS: &str =
    "id effectiveTime active moduleId conceptId languageCode typeId term caseSignificanceId
    2011 20240101 1 900000000000207008 10001005 en 900000000000550004 A|bone|in|pieces. 0";

const LANGUAGE: &str =
    "id effectiveTime active moduleId refsetId referencedComponentId acceptabilityId
    00000000-0000-0000-0000-000000000001 20240101 1 1 900000000000508004 1012 900000000000548007
    00000000-0000-0000-0000-000000000002 20240101 1 1 900000000000509007 1012 900000000000549004
    00000000-0000-0000-0000-000000000003 20240101 1 1 900000000000509007 1013 900000000000548007
    00000000-0000-0000-0000-000000000004 20240101 0 1 900000000000509007 1014 900000000000548007
    00000000-0000-0000-0000-000000000005 20240101 1 1 900000000000509007 1011 900000000000548007
    00000000-0000-0000-0000-000000000006 20240101 1 1 31000274107 1017 900000000000548007
    00000000-0000-0000-0000-000000000007 20240101 1 1 99000274104 1017 900000000000549004
    00000000-0000-0000-0000-000000000008 20240101 1 1 900000000000509007 77 900000000000548007";

const RELATIONSHIPS: &str = "id effectiveTime active moduleId sourceId destinationId relationshipGroup typeId characteristicTypeId modifierId
    3021 20020131 1 1 404684003 138875005 0 116680003 900000000000011006 1
    3022 20020131 1 1 10001005 404684003 0 116680003 900000000000011006 1
    3023 20020131 0 1 10001005 10002003 0 116680003 900000000000011006 1
    3024 20020131 1 1 10001005 10002003 1 10004002 900000000000011006 1
    3025 20020131 1 1 10001005 138875005 2 10004002 900000000000227009 1
    3026 20020131 1 1 10002003 138875005 0 116680003 900000000000011006 1
    3027 20020131 1 1 10003008 138875005 0 116680003 900000000000011006 1
    3028 20020131 1 1 10002003 555 0 116680003 900000000000011006 1
    3029 20020131 1 1 10002003 404684003 0 116680003 900000000000010007 1";

fn international() -> Vec<(&'static str, &'static str)> {
    vec![
        ("sct2_Concept_Snapshot_INT_20240101.txt", CONCEPTS),
        ("sct2_Description_Snapshot-en_INT_20240101.txt", DESCRIPTIONS),
        ("sct2_TextDefinition_Snapshot-en_INT_20240101.txt", DEFINITIONS),
        ("der2_cRefset_LanguageSnapshot-en_INT_20240101.txt", LANGUAGE),
        ("sct2_Relationship_Snapshot_INT_20240101.txt", RELATIONSHIPS),
    ]
}

#[test]
fn descriptions_become_designations_and_the_preferred_one_is_shown() {
    let (edition, report) = load_written(&international(), &Options::default()).unwrap();
    let concept = edition.find("10001005").unwrap();
    let seen: Vec<_> = edition
        .designations(concept)
        .map(|row| (row.id(), row.rank(), row.is_active(), row.language(), row.value()))
        .collect();
    assert_eq!(
        seen,
        [
            (1013, DisplayRank::Preferred, true, "en", "Broken bone"),
            (1011, DisplayRank::FullName, true, "en", "Broken \"bone\" (finding)"),
            (1012, DisplayRank::Preferred, true, "en", "Bone break"),
            (1014, DisplayRank::Synonym, true, "en", "Fractured bone"),
            (1015, DisplayRank::Synonym, false, "en", "Bust bone"),
            (1017, DisplayRank::Preferred, true, "de", "Knochenbruch"),
            (2011, DisplayRank::Note, true, "en", "A bone in pieces."),
        ]
    );
    assert_eq!(edition.display(concept), "Broken bone");
    for (preference, expected) in [
        ("en-GB", "Bone break"),
        ("en-US", "Broken bone"),
        ("en-x-sctlang-90000000-00005080-04", "Bone break"),
        ("en-x-sctlang-90000000-00005090-07", "Broken bone"),
        ("de", "Knochenbruch"),
        ("de-DE", "Knochenbruch"),
        ("de-x-sctlang-31000274-107", "Knochenbruch"),
        // Another dialect of German, then the default of a language that is not there.
        ("de-CH", "Knochenbruch"),
        ("fr,en-GB;q=0.5", "Bone break"),
        ("fr", "Broken bone"),
    ] {
        let scores = edition.language_scores(&LanguagePreference::parse(preference));
        assert_eq!(edition.display_for(concept, &scores), expected, "{preference}");
    }
    assert_eq!(edition.display(edition.find("10002003").unwrap()), "Bone of foot (body structure)");
    assert_eq!(report.counts["descriptions of unknown concepts left out"], 1);
    assert_eq!(report.counts["language members of unknown descriptions left out"], 1);
    assert_eq!((report.counts["descriptions"], report.counts["text definitions"]), (9, 1));
}

#[test]
fn dialects_have_the_tags_of_their_reference_sets() {
    let (edition, _) = load_written(&international(), &Options::default()).unwrap();
    let dialects: Vec<_> =
        edition.meta().dialects.iter().map(|d| (d.code.as_str(), d.language.as_str())).collect();
    let expected = [
        ("900000000000509007", "en-US"),
        ("900000000000508004", "en-GB"),
        ("31000274107", "de-DE"),
        ("99000274104", "de-x-sctlang-99000274-104"),
    ];
    assert_eq!(dialects, expected);
    let concept = edition.find("10001005").unwrap();
    let break_ = edition.designations(concept).find(|row| row.id() == 1012).unwrap();
    assert_eq!(break_.acceptability().collect::<Vec<_>>(), [(0, false), (1, true)]);
    let uses = edition.meta().designation_uses.iter();
    let uses: Vec<_> = uses.map(|kind| (kind.code.as_str(), kind.display.as_str())).collect();
    assert!(uses.contains(&("900000000000003001", "Fully specified name")), "{uses:?}");
}

#[test]
fn relationships_become_the_hierarchy_and_grouped_properties() {
    let (edition, report) = load_written(&international(), &Options::default()).unwrap();
    assert_eq!(parents(&edition, "10001005"), ["404684003"]);
    assert_eq!(parents(&edition, "10002003"), ["138875005"]);
    assert_eq!(parents(&edition, "10003008"), Vec::<String>::new());
    assert_eq!(
        properties(&edition, "10001005"),
        [
            "1:10004002=10002003",
            "2:10004002=138875005",
            "effectiveTime=2024-01-01",
            "moduleId=900000000000207008",
            "sufficientlyDefined=true",
        ]
    );
    let attribute = edition.meta().properties.iter().find(|p| p.code == "10004002").unwrap();
    assert_eq!(attribute.description.as_deref(), Some("Site of finding"));
    assert_eq!(attribute.uri.as_deref(), Some("http://snomed.info/id/10004002"));
    let inactive = edition.find("10003008").unwrap();
    assert!(edition.is_inactive(inactive));
    assert_eq!(edition.status(inactive), "inactive");
    assert_eq!(edition.status(edition.find("10001005").unwrap()), "");
    assert_eq!(report.counts["relationships of unknown concepts left out"], 1);
    assert_eq!(report.counts["relationships of inactive concepts left out"], 1);
    assert_eq!(report.counts["stated relationships left out"], 1);
    let warning = report.warnings.iter().find(|w| w.message.contains("555")).unwrap();
    assert_eq!(warning.message, "relationship 3028: no concept 555");
}

#[test]
fn concrete_values_have_one_type_an_attribute() {
    const VALUES: &str = "id effectiveTime active moduleId sourceId value relationshipGroup typeId characteristicTypeId modifierId
        4021 20240101 1 1 10001005 #3 0 7001 900000000000011006 1
        4022 20240101 1 1 10001005 #2.50 1 7002 900000000000011006 1
        4023 20240101 1 1 10002003 #2 1 7002 900000000000011006 1
        4024 20240101 1 1 10002003 \"twice|daily\" 0 7003 900000000000011006 1
        4025 20240101 1 1 10002003 true 0 7004 900000000000011006 1
        4026 20240101 0 1 10002003 #9 0 7001 900000000000011006 1";
    let mut files = international();
    files.push(("sct2_RelationshipConcreteValues_Snapshot_INT_20240101.txt", VALUES));
    let (edition, report) = load_written(&files, &Options::default()).unwrap();
    let numbers = |code: &str| -> Vec<String> {
        let all = properties(&edition, code).into_iter();
        all.filter(|property| property.contains("700"))
            .filter(|p| !p.contains("moduleId"))
            .collect()
    };
    assert_eq!(numbers("10001005"), ["1:7002=2.50", "7001=3"]);
    assert_eq!(numbers("10002003"), ["1:7002=2", "7003=twice daily", "7004=true"]);
    let kinds: Vec<_> =
        edition.meta().properties.iter().map(|p| (&*p.code, p.kind.code())).collect();
    for expected in
        [("7001", "integer"), ("7002", "decimal"), ("7003", "string"), ("7004", "boolean")]
    {
        assert!(kinds.contains(&expected), "{kinds:?}");
    }
    assert_eq!(report.counts["concrete values"], 6);
}

#[test]
fn reference_sets_load_with_the_columns_of_their_header() {
    const ASSOCIATIONS: &str =
        "id effectiveTime active moduleId refsetId referencedComponentId targetComponentId
        a1 20240101 1 1 900000000000527005 10003008 10001005
        a2 20240101 0 1 900000000000527005 10003008 10002003
        a3 20240101 1 1 734139008 10002003 10001005
        a4 20240101 1 1 900000000000531004 1015 10002003";
    const VALUES: &str = "id effectiveTime active moduleId refsetId referencedComponentId valueId
        v1 20240101 1 1 900000000000489007 10003008 900000000000482003
        v2 20240101 1 1 900000000000490003 1015 900000000000495008";
    const MAP: &str = "id effectiveTime active moduleId refsetId referencedComponentId mapGroup mapPriority mapRule mapAdvice mapTarget correlationId mapCategoryId
        m1 20240101 1 1 447562003 10001005 2 1 TRUE ALWAYS|Y2 Y2 1 2
        m2 20240101 1 1 447562003 10001005 1 2 OTHERWISE|TRUE ALWAYS|X9  1 2
        m3 20240101 1 1 447562003 10001005 1 1 IFA|1 IF X1 1 2
        m4 20240101 1 1 447562003 888 1 1 TRUE ALWAYS Z9 1 2";
    const NOVEL: &str = "id effectiveTime active moduleId refsetId referencedComponentId colour
        n1 20240101 1 1 10002003 10001005 red";
    const SIMPLE: &str = "id effectiveTime active moduleId refsetId referencedComponentId
        s1 20240101 1 1 723264001 10002003
        s2 20230101 0 1 723264001 10001005";
    const OWL: &str =
        "id effectiveTime active moduleId refsetId referencedComponentId owlExpression
        o1 20240101 1 1 733073007 10001005 SubClassOf(:10001005|:404684003)
        o2 20240101 0 1 733073007 10002003 SubClassOf(:10002003|:404684003)";
    let mut files = international();
    files.push(("der2_cRefset_AssociationSnapshot_INT_20240101.txt", ASSOCIATIONS));
    files.push(("der2_cRefset_AttributeValueSnapshot_INT_20240101.txt", VALUES));
    files.push(("der2_iisssccRefset_ExtendedMapSnapshot_INT_20240101.txt", MAP));
    files.push(("der2_sRefset_NovelSnapshot_INT_20240101.txt", NOVEL));
    files.push(("der2_Refset_SimpleSnapshot_INT_20240101.txt", SIMPLE));
    files.push(("sct2_sRefset_OWLExpressionSnapshot_INT_20240101.txt", OWL));
    let (edition, report) = load_written(&files, &Options::default()).unwrap();
    assert_eq!(members(&edition, "900000000000527005"), ["10003008: 10001005"]);
    assert_eq!(members(&edition, "734139008"), ["10002003: 10001005"]);
    assert_eq!(members(&edition, "10002003"), ["10001005: red"]);
    assert_eq!(members(&edition, "733073007"), ["10001005: SubClassOf(:10001005 :404684003)"]);
    assert_eq!(edition.membership_set("10002003").unwrap().1.name, "Bone of foot");
    let simple = edition.membership_set("723264001").unwrap();
    assert!(simple.1.fields.is_empty() && edition.members(simple.0).len() == 1);
    // Rows and descriptions keep their module and date, for filters of expression constraints.
    let row = edition.member_rows(simple.0).next().unwrap();
    assert_eq!((row.module(), row.effective_time()), ("1", "20240101"));
    let selects = |text: &str| {
        let found = ecl::evaluate(&ecl::parse(text).unwrap(), &edition).unwrap();
        found.iter().map(|concept| edition.code(concept).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(selects("^ 723264001 {{ M effectiveTime >= \"20240101\" }}"), ["10002003"]);
    assert!(selects("^ 723264001 {{ M effectiveTime < \"20240101\" }}").is_empty());
    assert_eq!(selects("^ 723264001 {{ M active = 0 }}"), ["10001005"]);
    assert_eq!(selects("^ 733073007 {{ M active = 0 }}"), ["10002003"]);
    assert_eq!(selects("^ 723264001 {{ M active = 1 }}"), selects("^ 723264001"));
    assert_eq!(selects("10001005 {{ +HISTORY-MIN }}"), ["10001005", "10003008"]);
    assert!(!selects("* {{ D effectiveTime > \"19000101\" }}").is_empty());
    // A description is put to its concept, with its own identifier in front.
    assert_eq!(members(&edition, "900000000000490003"), ["10001005: 1015, 900000000000495008"]);
    let fields = &edition.membership_set("900000000000531004").unwrap().1.fields;
    assert_eq!(fields, &["referencedComponentId", "targetComponentId"]);
    let inactive = properties(&edition, "10003008");
    assert!(inactive.contains(&"sameAs=10001005".to_owned()), "{inactive:?}");
    assert!(inactive.contains(&"inactivationReason=900000000000482003".to_owned()), "{inactive:?}");
    assert!(!properties(&edition, "10001005").iter().any(|p| p.starts_with("refersTo")));
    let (map, _) = edition.membership_set("447562003").unwrap();
    let targets: Vec<_> = edition
        .member_rows(map)
        .map(|row| row.fields().take(5).collect::<Vec<_>>().join("/"))
        .collect();
    assert_eq!(
        targets,
        ["1/1/IFA 1/IF/X1", "1/2/OTHERWISE TRUE/ALWAYS X9/", "2/1/TRUE/ALWAYS Y2/Y2"]
    );
    assert_eq!(report.counts["reference set members of unknown components left out"], 1);
}

#[test]
fn alternate_identifiers_are_codings_of_their_scheme() {
    const IDENTIFIERS: &str =
        "alternateIdentifier effectiveTime active moduleId identifierSchemeId referencedComponentId
        634-6 20240101 1 1 705114005 10001005
        K77 20240101 1 1 10002003 10001005
        X9 20240101 0 1 10002003 10001005
        123-4 20240101 1 1 705114005 999";
    let mut files = international();
    files.push(("sct2_Identifier_Snapshot_INT_20240101.txt", IDENTIFIERS));
    let (edition, report) = load_written(&files, &Options::default()).unwrap();
    let found = properties(&edition, "10001005");
    for expected in [
        "alternateIdentifier=http://loinc.org#634-6",
        "alternateIdentifier=http://snomed.info/id/10002003#K77",
    ] {
        assert!(found.contains(&expected.to_owned()), "{found:?}");
    }
    assert!(!found.iter().any(|property| property.ends_with("X9")));
    assert_eq!(report.counts["identifiers of unknown components left out"], 1);
}

#[test]
fn an_extension_overrides_and_adds_to_the_international_edition() {
    let mut files = international();
    files.push((
        "sct2_Concept_Snapshot_DE1000274_20240515.txt",
        "id effectiveTime active moduleId definitionStatusId
        11000274103 20240515 1 11000274103 900000000000074008
        10002003 20240515 0 11000274103 900000000000074008",
    ));
    files.push((
        "sct2_Relationship_Snapshot_DE1000274_20240515.txt",
        "id effectiveTime active moduleId sourceId destinationId relationshipGroup typeId characteristicTypeId modifierId
        3022 20240515 0 11000274103 10001005 404684003 0 116680003 900000000000011006 1
        5021 20240515 1 11000274103 10001005 138875005 0 116680003 900000000000011006 1",
    ));
    files.push((
        "der2_ssRefset_ModuleDependencySnapshot_DE1000274_20240515.txt",
        "id effectiveTime active moduleId refsetId referencedComponentId sourceEffectiveTime targetEffectiveTime
        d1 20240515 1 11000274103 900000000000534007 900000000000207008 20240515 20240101",
    ));
    let (edition, report) = load_written(&files, &Options::default()).unwrap();
    assert_eq!(edition.meta().version, "http://snomed.info/sct/11000274103/version/20240515");
    assert_eq!(edition.meta().title, "SNOMED CT German Edition 2024-05-15");
    assert_eq!(edition.meta().date, "2024-05-15");
    assert!(edition.is_inactive(edition.find("10002003").unwrap()));
    assert_eq!(parents(&edition, "10001005"), ["138875005"]);
    assert_eq!(report.counts["concepts"], 7);
    assert!(!report.counts.contains_key("modules of another release"));
}

#[test]
fn packages_that_do_not_go_together_are_noted() {
    let dependency = |date: &str, module: &str| {
        format!(
            "id effectiveTime active moduleId refsetId referencedComponentId sourceEffectiveTime targetEffectiveTime
            d1 20240515 1 11000274103 900000000000534007 {module} 20240515 {date}"
        )
    };
    let (older, missing) =
        (dependency("20230101", "900000000000207008"), dependency("20230101", "11000172109"));
    let name = "der2_ssRefset_ModuleDependencySnapshot_DE1000274_20240515.txt";
    for (rows, kind) in
        [(&older, "modules of another release"), (&missing, "modules that are not among the files")]
    {
        let mut files = international();
        files.push((name, rows));
        let (_, report) = load_written(&files, &Options::default()).unwrap();
        assert_eq!(report.counts.get(kind), Some(&1), "{kind}");
    }
}

#[test]
fn full_files_give_the_release_of_the_wanted_date() {
    const FULL: &str = "id effectiveTime active moduleId definitionStatusId
        138875005 20020131 1 900000000000207008 900000000000074008
        10001005 20020131 1 900000000000207008 900000000000074008
        10001005 20200131 1 900000000000207008 900000000000073002
        10001005 20240101 0 900000000000207008 900000000000073002
        10002003 20240101 1 900000000000207008 900000000000073002";
    let files = [("sct2_Concept_Full_INT_20240101.txt", FULL)];
    let (edition, report) = load_written(&files, &Options::default()).unwrap();
    assert!(edition.is_inactive(edition.find("10001005").unwrap()));
    assert_eq!((report.counts["rows read"], report.counts["concepts"]), (5, 3));
    let wanted = "http://snomed.info/sct/900000000000207008/version/20210131";
    let (edition, _) = load_written(&files, &version(wanted)).unwrap();
    let concept = edition.find("10001005").unwrap();
    assert!(!edition.is_inactive(concept) && edition.find("10002003").is_none());
    assert!(properties(&edition, "10001005").contains(&"effectiveTime=2020-01-31".to_owned()));
    assert_eq!(edition.meta().version, wanted);
    let error = load_written(&files, &version("19990101")).unwrap_err().to_string();
    assert!(error.contains("no rows up to the version"), "{error}");
}

#[test]
fn a_delta_changes_the_snapshot_it_is_given_with() {
    let delta = (
        "sct2_Concept_Delta_INT_20240201.txt",
        "id effectiveTime active moduleId definitionStatusId
        10001005 20240201 0 900000000000207008 900000000000074008
        10009005  1 900000000000207008 900000000000074008",
    );
    let mut files = international();
    files.push(delta);
    let (edition, report) = load_written(&files, &Options::default()).unwrap();
    assert!(edition.is_inactive(edition.find("10001005").unwrap()));
    assert_eq!(report.counts["concepts"], 7);
    assert!(edition.meta().version.ends_with("/version/20240201"));
    // A row that is not released yet has no date.
    assert_eq!(
        properties(&edition, "10009005"),
        ["moduleId=900000000000207008", "sufficientlyDefined=false"]
    );
    let error = load_written(&[delta], &Options::default()).unwrap_err().to_string();
    assert!(error.contains("only Delta files"), "{error}");
}

#[test]
fn what_the_edition_says_of_itself_follows_the_files_and_the_options() {
    let (edition, _) = load_written(&international(), &Options::default()).unwrap();
    let meta = edition.meta();
    assert_eq!(meta.url, "http://snomed.info/sct");
    assert_eq!(meta.version, "http://snomed.info/sct/900000000000207008/version/20240101");
    assert_eq!(meta.title, "SNOMED CT International Edition 2024-01-01");
    assert_eq!(meta.value_set, "http://snomed.info/sct?fhir_vs");
    assert_eq!((&*meta.language, &*meta.content), ("en", "complete"));
    assert!(meta.notices.iter().any(|notice| notice.contains("SNOMED International")));
    let files = [("xsct2_Concept_Snapshot_INT_20240101.txt", CONCEPTS)];
    let (edition, _) = load_written(&files, &Options::default()).unwrap();
    let experimental = "http://snomed.info/xsct/900000000000207008/version/20240101";
    assert_eq!(edition.meta().version, experimental);
    let options = Options {
        url: Some("http://example.org/terms".into()),
        title: Some("Terms".into()),
        ..version("7")
    };
    let (edition, _) = load_written(&files, &options).unwrap();
    let meta = edition.meta();
    assert_eq!(
        (&*meta.url, &*meta.version, &*meta.title),
        ("http://example.org/terms", "7", "Terms")
    );
    let (_, report) = load_written(&international(), &version("20230101")).unwrap();
    assert_eq!(report.counts["rows newer than the version"], 1);
    assert!(load_written(&international(), &version("2023-13-01")).is_err());
}

#[test]
fn damaged_releases_are_refused_with_file_and_line() {
    let concept = "sct2_Concept_Snapshot_INT_20240101.txt";
    let header = "id effectiveTime active moduleId definitionStatusId";
    for (row, expected) in [
        ("1 20240101 1 1", "line 2: 4 columns, expected 5"),
        ("x 20240101 1 1 1", "line 2: id is 'x', expected a SNOMED CT identifier"),
        ("1 2024 1 1 1", "line 2: effectiveTime is '2024', expected a date"),
        ("1 20240101 yes 1 1", "line 2: active is 'yes', expected 0 or 1"),
    ] {
        let content = format!("{header}\n{row}");
        let error = load_written(&[(concept, &content)], &Options::default()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(concept) && error.contains(expected), "{error}");
    }
    let without = [("sct2_Description_Snapshot-en_INT_20240101.txt", DESCRIPTIONS)];
    let error = load_written(&without, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("no concept file"), "{error}");
}

#[test]
fn a_cycle_of_is_a_relationships_is_refused() {
    let mut files = international();
    files.push((
        "sct2_Relationship_Snapshot_XX_20240101.txt",
        "id effectiveTime active moduleId sourceId destinationId relationshipGroup typeId characteristicTypeId modifierId
        6021 20240101 1 1 404684003 10001005 0 116680003 900000000000011006 1",
    ));
    let error = load_written(&files, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("cycle"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_follows_a_header_is_read_or_refused(bytes: Vec<u8>, rows in "([0-9#\"x]{0,12}\t?){0,40}\n") {
        let folder = tempfile::tempdir().unwrap();
        for (name, header) in [
            ("sct2_Concept_Snapshot_INT_20240101.txt", CONCEPTS),
            ("sct2_Description_Snapshot-en_INT_20240101.txt", DESCRIPTIONS),
            ("der2_cRefset_LanguageSnapshot-en_INT_20240101.txt", LANGUAGE),
            ("sct2_Relationship_Snapshot_INT_20240101.txt", RELATIONSHIPS),
        ] {
            let header = header.lines().next().unwrap().replace(' ', "\t");
            let mut content = format!("{header}\n{rows}").into_bytes();
            content.extend(&bytes);
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let _ = load(&[folder.path().to_owned()], &Options::default());
    }
}
