use crate::Options;
use crate::test_sink::{
    Kept, at, codes, designations, display, endures_damage, load_files, load_paths, shared, values,
};

const CONCEPTS: &str = "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\tvalid_start_date\tvalid_end_date\tinvalid_reason
3019550\tSodium [Moles/volume] in \"Serum\" or Plasma\tMeasurement\tLOINC\tLab Test\tS\t2951-2\t19700101\t20991231\t
3033733\tSodium [Mass or Moles/volume] in Serum or Plasma\tMeasurement\tLOINC\tLab Test\t\t42570-2\t20150628\t20150629\tD
4097430\tSodium measurement\tMeasurement\tSNOMED\tProcedure\tS\t25197003\t20020131\t20991231\t
4208938\tSodium measurement, blood\tMeasurement\tSNOMED\tProcedure\tS\t39972003\t20020131\t20991231\t
9202\tOutpatient Visit\tVisit\tVisit\tVisit\tS\tOP\t19700101\t20991231\t
4182503\tGerman language\tMeas Value\tSNOMED\tQualifier Value\tS\t161144002\t1970\t20991231\t
";
const RELATIONSHIPS: &str =
    "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason
3019550\t3019550\tMaps to\t19700101\t20991231\t
3033733\t4208938\tMaps to\t19700101\t20991231\t
4208938\t3033733\tMapped from\t19700101\t20991231\t
4208938\t4097430\tIs a\t19700101\t20991231\t
4097430\t4208938\tSubsumes\t19700101\t20991231\t
3033733\t3019550\tMaps to\t19700101\t20150101\tD
3033733\t77\tMaps to\t19700101\t20991231\t
9202\t9202\tMaps to\t19700101\t20991231\t
";
const SYNONYMS: &str = "concept_id\tconcept_synonym_name\tlanguage_concept_id
4097430\tSodium measurement\t4180186
4097430\tNa measurement\t4180186
4097430\tNatrium-Messung\t4182503
";
const ANCESTORS: &str =
    "ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\tmax_levels_of_separation
4208938\t4208938\t0\t0
4097430\t3019550\t1\t1
4097430\t3033733\t2\t2
3019550\t4097430\t1\t1
";
const VOCABULARIES: &str = "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id
None\tOMOP Standardized Vocabularies\tOMOP generated\tv5.0 30-AUG-24\t44819096
OMOP Extension\tOMOP Extension\tOMOP generated\tOMOP Extension 20240716\t32758
LOINC\tLogical Observation Identifiers Names and Codes\thttp://loinc.org\tLOINC 2.77\t44819102
";
const DOMAINS: &str = "domain_id\tdomain_name\tdomain_concept_id\nMeasurement\tMeasurement\t21\n";
const CLASSES: &str = "concept_class_id\tconcept_class_name\tconcept_class_concept_id\nLab Test\tLab Test\t45754678\n";
const TYPES: &str = "relationship_id\trelationship_name\tis_hierarchical\tdefines_ancestry\treverse_relationship_id\trelationship_concept_id
Maps to\tNon-standard to Standard map (OMOP)\t0\t0\tMapped from\t44818977
";

fn files() -> [(&'static str, &'static [u8]); 8] {
    [
        ("CONCEPT.csv", CONCEPTS.as_bytes()),
        ("CONCEPT_RELATIONSHIP.csv", RELATIONSHIPS.as_bytes()),
        ("CONCEPT_SYNONYM.csv", SYNONYMS.as_bytes()),
        ("VOCABULARY.csv", VOCABULARIES.as_bytes()),
        ("DOMAIN.csv", DOMAINS.as_bytes()),
        ("CONCEPT_CLASS.csv", CLASSES.as_bytes()),
        ("RELATIONSHIP.csv", TYPES.as_bytes()),
        ("DRUG_STRENGTH.csv", b"drug_concept_id\tingredient_concept_id\n"),
    ]
}

fn load() -> Kept {
    load_files(&files(), &Options::default()).unwrap()
}

#[test]
fn concepts_of_all_vocabularies_are_one_code_system() {
    let kept = load();
    let edition = kept.edition();
    assert_eq!(kept.formats, ["omop"]);
    assert_eq!(edition.meta().url, "https://fhir-terminology.ohdsi.org");
    assert_eq!(
        (edition.meta().version.as_str(), edition.meta().date.as_str()),
        ("20240716", "2024-08-30")
    );
    assert_eq!(display(edition, "3019550", "en"), "Sodium [Moles/volume] in \"Serum\" or Plasma");
    for (code, property, expected) in [
        ("3033733", "concept-class-concept-id", &["45754678"][..]),
        ("3033733", "concept-class-id", &["Lab Test"]),
        ("3033733", "domain-concept-id", &["21"]),
        ("3033733", "domain-id", &["Measurement"]),
        ("3033733", "invalid-reason", &["D"]),
        ("3033733", "Maps to", &["4208938"]),
        ("4208938", "Mapped from", &["3033733"]),
        ("4208938", "Is a", &["4097430"]),
        ("3033733", "source-concept-code", &["42570-2"]),
        ("3033733", "concept-code", &[]),
        ("9202", "concept-code", &["OP"]),
        ("3033733", "standard-concept", &["NS"]),
        ("3033733", "valid-end-date", &["2015-06-29"]),
        ("3033733", "vocabulary-concept-id", &["44819102"]),
        ("3033733", "vocabulary-id", &["LOINC"]),
        ("4182503", "valid-start-date", &[]),
    ] {
        assert_eq!(values(edition, code, property), expected, "{code} {property}");
    }
    assert!(edition.is_inactive(at(edition, "3033733")));
    let maps_to = edition.property_id("Maps to").unwrap();
    let definition = &edition.meta().properties[usize::from(maps_to.0)];
    assert_eq!(definition.description.as_deref(), Some("Non-standard to Standard map (OMOP)"));
}

#[test]
fn synonyms_carry_the_language_of_their_concept_and_do_not_repeat_the_name() {
    let kept = load();
    assert_eq!(
        designations(kept.edition(), "4097430"),
        [
            "en/preferredForLanguage: Sodium measurement",
            "en/Synonym: Na measurement",
            "de/Synonym: Natrium-Messung"
        ]
        .map(|line| line.replace("Synonym:", "900000000000013009:"))
    );
    assert_eq!(kept.report.counts["synonyms that repeat the name"], 1);
}

#[test]
fn is_a_and_ancestors_one_level_apart_are_the_hierarchy() {
    let kept = load();
    let edition = kept.edition();
    assert_eq!(codes(edition, edition.parents(at(edition, "4208938"))), ["4097430"]);
    let mut files = files().to_vec();
    files.push(("CONCEPT_ANCESTOR.csv", ANCESTORS.as_bytes()));
    let kept = load_files(&files, &Options::default()).unwrap();
    let edition = kept.edition();
    let closing = kept.report.warnings.iter().filter(|one| one.message.contains("closes a cycle"));
    assert_eq!(closing.count(), 1);
    assert!(edition.is_ancestor(at(edition, "4097430"), at(edition, "4208938")));
}

#[test]
fn vocabularies_of_fhir_are_mapped_in_both_directions() {
    let kept = load();
    let answers = |url: &str, system: &str, code: &str| -> Vec<String> {
        let map = kept.maps.iter().find(|map| map.meta().url.ends_with(url)).unwrap();
        map.mappings(Some(system), code)
            .map(|found| format!("{} {}", found.relationship().r4(), found.target().unwrap()))
            .collect()
    };
    let loinc = "http://loinc.org";
    assert_eq!(answers("/from-loinc", loinc, "2951-2"), ["equivalent 3019550"]);
    assert_eq!(answers("/from-loinc", loinc, "42570-2"), ["relatedto 4208938"]);
    let omop = "https://fhir-terminology.ohdsi.org";
    assert_eq!(answers("/to-loinc", omop, "3033733"), ["equivalent 42570-2"]);
    assert_eq!(answers("/to-loinc", omop, "4097430"), [""; 0]);
    assert_eq!(kept.maps.len(), 3, "SNOMED has codes, but nothing maps from it");
}

#[test]
fn the_version_comes_from_options_then_vocabularies_then_the_newest_concept() {
    let [concepts, relationships, ..] = files();
    let kept = load_files(&[concepts, relationships], &Options::default()).unwrap();
    assert_eq!(kept.edition().meta().version, "20150628");
    assert!(kept.report.warnings.iter().any(|one| one.message.contains("VOCABULARY.csv")));
    let options = Options { version: Some("20250101".into()), ..Options::default() };
    assert_eq!(load_files(&files(), &options).unwrap().edition().meta().version, "20250101");
}

#[test]
fn what_is_odd_is_reported_with_its_line_and_what_is_damaged_refused() {
    let kept = load();
    let said = |line, part: &str| {
        kept.report.warnings.iter().any(|one| one.line == line && one.message.contains(part))
    };
    assert!(said(8, "concept 77 is not in CONCEPT.csv"), "{:#?}", kept.report.warnings);
    assert!(said(7, "'1970' is no date"), "{:#?}", kept.report.warnings);
    let message = |name: &str, text: &str| {
        load_files(&[(name, text.as_bytes())], &Options::default()).unwrap_err().to_string()
    };
    assert!(message("R.csv", RELATIONSHIPS).contains("CONCEPT.csv is missing"));
    let word = CONCEPTS.replace("9202", "x9202");
    assert!(message("c.csv", &word).contains("line 6: concept_id 'x9202' is not a number"));
    let short = format!("{CONCEPTS}1\t2\n");
    assert!(message("c.csv", &short).contains("line 8: 2 fields, expected 10"));
    let again = format!("{CONCEPTS}{}", CONCEPTS.lines().last().unwrap());
    let kept = load_files(&[("c.csv", again.as_bytes())], &Options::default()).unwrap();
    assert_eq!(kept.report.counts["rows skipped: repeated concept_id"], 1);
}

#[test]
fn the_synthetic_set_is_read_whole() {
    let Some(path) = shared("data/omop") else { return };
    let kept = load_paths(&[path], &Options::default()).unwrap();
    assert_eq!(kept.formats, ["omop"]);
    let edition = kept.edition();
    assert_eq!(edition.concept_count(), 1593);
    assert_eq!(kept.report.counts["relationships"], 3508);
    assert_eq!(kept.report.counts["concepts inactive"], 88);
    assert_eq!(display(edition, "9202", "en"), "Outpatient Visit");
    assert_eq!(values(edition, "40762516", "Panel contains").first().unwrap(), "40762524");
    let urls: Vec<&str> = kept.maps.iter().map(|map| map.meta().url.as_str()).collect();
    for word in ["from-ucum", "to-ucum", "from-loinc", "to-loinc", "from-rxnorm", "to-rxnorm"] {
        assert!(urls.iter().any(|url| url.ends_with(word)), "{word} in {urls:?}");
    }
}

#[test]
fn damaged_tables_never_panic() {
    endures_damage("CONCEPT.csv", CONCEPTS, &Options::default());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn arbitrary_tables_are_read_or_refused(bytes: Vec<u8>, rows in "([0-9]{0,9}\t?){0,12}\n") {
        let mut files = files().to_vec();
        files.push(("CONCEPT_ANCESTOR.csv", ANCESTORS.as_bytes()));
        for damaged in 0..files.len() {
            let (name, text) = files[damaged];
            let with = [text, rows.as_bytes(), &bytes].concat();
            let mut files = files.clone();
            files[damaged] = (name, &with);
            let _ = load_files(&files, &Options::default());
        }
    }
}
