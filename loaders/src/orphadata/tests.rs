//! The loader on hand-written files of every product, and on real ones where they are at hand.

use std::path::{Path, PathBuf};

use codesystems::index::Edition;
use codesystems::model::{DisplayRank, PropertyValue};
use codesystems::{ConceptIx, EditionBuilder};
use valuesets::conceptmap::ConceptMapBuilder;

use crate::{Format, Options, Report, Resource, Result, Sink, recognise};

/// Keeps what a loader hands over.
#[derive(Default)]
struct Kept {
    editions: Vec<EditionBuilder>,
    maps: Vec<ConceptMapBuilder>,
}

impl Sink for Kept {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        self.editions.push(edition);
        Ok(())
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> Result<()> {
        self.maps.push(map);
        Ok(())
    }

    fn resource(&mut self, _resource: Resource<'_>) -> Result<()> {
        Ok(())
    }
}

/// What one load yields.
struct Loaded {
    edition: Edition,
    maps: Vec<ConceptMapBuilder>,
    report: Report,
}

/// Loads files or folders as the command line would.
fn load(paths: &[PathBuf]) -> Result<Loaded> {
    let options = Options::default();
    let (releases, _) = recognise(paths, &options)?;
    assert!(releases.iter().all(|release| release.format == Format::Orphadata));
    assert_eq!(releases.len(), 1, "all Orphadata files are one release");
    let mut kept = Kept::default();
    let report = crate::load(&releases[0], &options, &mut kept)?;
    let builder = kept.editions.remove(0);
    let bytes = builder.finish().expect("a sound edition");
    let edition = Edition::from_bytes(bytes.into()).expect("a readable edition");
    Ok(Loaded { edition, maps: kept.maps, report })
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

impl Loaded {
    fn concept(&self, code: &str) -> ConceptIx {
        self.edition.find(code).unwrap_or_else(|| panic!("no concept {code}"))
    }

    fn codes(&self, concepts: impl Iterator<Item = ConceptIx>) -> Vec<&str> {
        concepts.map(|concept| self.edition.code(concept)).collect()
    }

    /// Name, text and group of all values of a concept's property.
    fn values(&self, code: &str, property: &str) -> Vec<(String, u16)> {
        self.edition
            .properties(self.concept(code))
            .filter(|value| value.code() == property)
            .map(|value| (value.value().text().into_owned(), value.group()))
            .collect()
    }

    fn value(&self, code: &str, property: &str) -> String {
        let values = self.values(code, property);
        assert_eq!(values.len(), 1, "{property} of {code}: {values:?}");
        values[0].0.clone()
    }

    fn count(&self, name: &str) -> u64 {
        self.report.counts.get(name).copied().unwrap_or_default()
    }

    fn warned_of(&self, text: &str) -> bool {
        self.report.warnings.iter().any(|warning| warning.message.contains(text))
    }

    fn map(&self, url: &str) -> &ConceptMapBuilder {
        let map = self.maps.iter().find(|map| map.meta.url == url);
        map.unwrap_or_else(|| panic!("no map {url}"))
    }
}

#[test]
fn all_products_and_languages_become_one_edition() {
    let loaded = load(&[fixture("orphadata")]).expect("the fixtures load");
    let edition = &loaded.edition;
    assert_eq!(edition.concept_count(), 8);
    assert_eq!(edition.meta().url, "http://www.orpha.net");
    assert_eq!(edition.meta().version, "2025-12-10");
    assert_eq!(edition.meta().language, "en");
    assert_eq!(edition.meta().languages, ["en", "de"]);
    assert!(edition.meta().copyright.contains("CC BY 4.0"));
    let names: Vec<(&str, &str, DisplayRank)> = edition
        .designations(loaded.concept("900001"))
        .map(|text| (text.language(), text.value(), text.rank()))
        .collect();
    for expected in [
        ("en", "Stiff thumb-blue hair syndrome", DisplayRank::Preferred),
        ("de", "Steifer-Daumen-blaue-Haare-Syndrom", DisplayRank::Preferred),
        ("en", "STBHS", DisplayRank::Synonym),
        ("de", "Blaue Haare mit steifen Daumen", DisplayRank::Synonym),
        (
            "en",
            "An invented syndrome due to mutations of THMB1 (<1 / 1 000 000).",
            DisplayRank::Note,
        ),
    ] {
        assert!(names.contains(&expected), "{expected:?} is not in {names:?}");
    }
    assert_eq!(names.len(), 6, "a name of another product does not displace that of product 1");
    assert_eq!(edition.display(loaded.concept("900001")), "Stiff thumb-blue hair syndrome");
    assert_eq!(edition.display(loaded.concept("900008")), "Nur deutsch benannte Krankheit");
}

#[test]
fn classifications_are_merged_and_each_is_remembered() {
    let loaded = load(&[fixture("orphadata")]).expect("the fixtures load");
    let edition = &loaded.edition;
    let mut parents = loaded.codes(edition.parents(loaded.concept("900001")));
    parents.sort_unstable();
    assert_eq!(parents, ["900002", "900007"]);
    assert_eq!(loaded.codes(edition.children(loaded.concept("900001"))), ["900003"]);
    let (set, described) = edition.membership_set("910002").expect("a set a classification");
    assert_eq!(described.name, "Invented classification of rare hair diseases");
    let rows: Vec<(&str, Vec<&str>)> = edition
        .member_rows(set)
        .map(|row| (edition.code(row.concept()), row.fields().collect()))
        .collect();
    assert!(rows.contains(&("900001", vec!["900007"])), "{rows:?}");
    assert!(rows.contains(&("900007", vec![""])), "the head has no parent: {rows:?}");
    assert_eq!(rows.len(), 2);
    let classifications = loaded.values("900001", "classification");
    assert_eq!(classifications, [("910001".to_owned(), 0), ("910002".to_owned(), 0)]);
    assert_eq!(loaded.value("900001", "preferential-parent"), "900007");
}

#[test]
fn groups_are_not_selectable_and_types_do_not_depend_on_the_language() {
    let loaded = load(&[fixture("orphadata")]).expect("the fixtures load");
    for (code, kind, disorder_type, selectable) in [
        ("900001", "disorder", "malformation-syndrome", true),
        ("900002", "group-of-disorders", "category", false),
        ("900003", "subtype-of-disorder", "etiological-subtype", true),
        ("900007", "group-of-disorders", "clinical-group", false),
        ("900008", "disorder", "disease", true),
    ] {
        let concept = loaded.concept(code);
        assert_eq!(loaded.edition.kind(concept), kind, "{code}");
        assert_eq!(loaded.value(code, "disorder-type"), disorder_type, "{code}");
        assert_eq!(loaded.edition.is_not_selectable(concept), !selectable, "{code}");
    }
}

#[test]
fn inactive_entities_stay_and_name_their_replacement() {
    let loaded = load(&[fixture("orphadata")]).expect("the fixtures load");
    for (code, status, property, target) in [
        ("900004", "deprecated", "moved-to", Some("900001")),
        ("900005", "obsolete", "referred-to", Some("900002")),
        ("900006", "non-rare-in-europe", "moved-to", None),
    ] {
        let concept = loaded.concept(code);
        assert!(loaded.edition.is_inactive(concept), "{code}");
        assert_eq!(loaded.edition.status(concept), status, "{code}");
        let values = loaded.values(code, property);
        let values: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(values, target.into_iter().collect::<Vec<_>>(), "{code}");
    }
    assert!(!loaded.edition.is_inactive(loaded.concept("900001")));
    assert_eq!(loaded.count("inactive concepts"), 3);
}

#[test]
fn facts_that_belong_together_share_a_group() {
    let loaded = load(&[fixture("orphadata")]).expect("the fixtures load");
    let group_of = |property: &str, value: &str| {
        let values = loaded.values("900001", property);
        let found = values.iter().find(|(text, _)| text == value);
        found.unwrap_or_else(|| panic!("{property} '{value}' is not in {values:?}")).1
    };
    for together in [
        &[("phenotype", "HP:0000256"), ("phenotype-frequency", "Very frequent (99-80%)")][..],
        &[
            ("phenotype", "HP:0001249"),
            ("phenotype-frequency", "Occasional (29-5%)"),
            ("phenotype-criterion", "Diagnostic criterion"),
        ],
        &[
            ("gene", "THMB1"),
            ("gene-hgnc", "HGNC:99901"),
            ("gene-association", "Disease-causing germline mutation(s) in"),
            ("gene-association-status", "Assessed"),
        ],
        &[("prevalence-type", "Cases/families"), ("prevalence-value", "4.0")],
        &[("prevalence-type", "Point prevalence"), ("prevalence-class", "<1 / 1 000 000")],
        &[("disability", "Opening jars"), ("disability-severity", "Severe")],
    ] {
        let groups: Vec<u16> = together.iter().map(|(name, value)| group_of(name, value)).collect();
        assert!(groups.iter().all(|group| *group == groups[0] && *group > 0), "{together:?}");
    }
    assert_eq!(loaded.values("900001", "phenotype").len(), 2, "the German file adds none");
    assert_eq!(loaded.value("900001", "age-of-onset"), "Infancy");
    assert_eq!(loaded.value("900001", "inheritance"), "Autosomal recessive");
    assert!(loaded.edition.properties(loaded.concept("900001")).any(|property| {
        let system = "http://human-phenotype-ontology.org";
        matches!(property.value(), PropertyValue::Coding { system: found, .. } if found == system)
    }));
}

#[test]
fn each_terminology_gets_a_map_with_the_right_direction() {
    let loaded = load(&[fixture("orphadata")]).expect("the fixtures load");
    for (key, target_system, target, relationship, also) in [
        ("icd10", "http://hl7.org/fhir/sid/icd-10", "Q77.3", "SourceIsNarrower", "attributed-code"),
        (
            "icd11",
            "http://id.who.int/icd/release/11/mms",
            "LD24.61",
            "Equivalent",
            "http://id.who.int/icd/entity/1359939784",
        ),
        ("omim", "http://www.omim.org", "999001", "SourceIsBroader", "BTNT"),
        ("umls", "http://terminology.hl7.org/CodeSystem/umls", "C9900001", "Equivalent", "E"),
        ("mesh", "https://www.nlm.nih.gov/mesh", "C990001", "NotRelatedTo", "W"),
        ("meddra", "https://www.meddra.org", "10099001", "Equivalent", "E"),
        ("mondo", "http://purl.obolibrary.org/obo/mondo.owl", "MONDO:0099001", "RelatedTo", "ND"),
    ] {
        let map = loaded.map(&format!("http://www.orpha.net/ConceptMap/orpha-{key}"));
        assert_eq!(map.len(), 1, "{key}: the German file repeats what the English one says");
        assert_eq!(map.meta.version, "2025-12-10");
        let written = format!("{map:?}");
        for part in [target_system, target, also, &format!("relationship: {relationship},")] {
            assert!(written.contains(part), "{part} is not in {written}");
        }
    }
    assert_eq!(loaded.maps.len(), 7);
    assert!(loaded.warned_of("1 references to 'GARD'"));
    assert!(loaded.warned_of("reference to 'ICD-10' without a code"));
}

#[test]
fn files_of_2019_are_read_in_their_encoding_and_layout() {
    let loaded = load(&[fixture("orphadata-2019")]).expect("the fixture loads");
    assert_eq!(loaded.edition.meta().version, "2019-05-15");
    assert_eq!(loaded.edition.meta().language, "de");
    assert_eq!(loaded.edition.display(loaded.concept("900009")), "Daumenüberlänge");
    assert_eq!(loaded.value("900009", "disorder-type"), "biological-anomaly");
    let head = loaded.concept("900002");
    assert!(loaded.edition.is_not_selectable(head), "heads have no type in these files");
    assert_eq!(loaded.codes(loaded.edition.children(head)), ["900009"]);
}

#[test]
fn files_of_different_releases_are_merged_with_a_warning() {
    let loaded = load(&[fixture("orphadata"), fixture("orphadata-2019")]).expect("they load");
    assert_eq!(loaded.edition.meta().version, "2025-12-10");
    assert!(loaded.warned_of("are of 2019-05-15, the newest of this load are of 2025-12-10"));
    assert_eq!(loaded.edition.display(loaded.concept("900002")), "Rare thumb disease");
    assert_eq!(loaded.edition.concept_count(), 9);
    let same = load(&[fixture("orphadata")]).expect("the fixtures load");
    assert!(!same.warned_of("different releases"), "two days apart is one release");
}

#[test]
fn an_edge_that_closes_a_cycle_is_left_out_and_named() {
    let loaded = load(&[fixture("orphadata-cycle")]).expect("the fixture loads");
    assert_eq!(loaded.count("edges left out"), 1);
    assert!(loaded.warned_of("the edge 900001 below 900002 was left out"));
    let children = loaded.edition.children(loaded.concept("900001"));
    assert_eq!(loaded.codes(children), ["900002"]);
}

#[test]
fn damaged_files_are_refused_with_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = "<?xml version=\"1.0\"?>\n<JDBOR date=\"2025-12-09\">\n";
    for (name, content, expected) in [
        ("cut off", "<DisorderList>\n<Disorder id=\"1\">", ", line 4: "),
        (
            "no code",
            "<DisorderList>\n<Disorder id=\"1\"/></DisorderList></JDBOR>",
            "line 4: <Disorder",
        ),
        (
            "not a number",
            "<Disorder><OrphaCode>12a</OrphaCode></Disorder></JDBOR>",
            "ORPHAcode '12a': expected digits",
        ),
        ("tags crossed", "<a><b></a></b></JDBOR>", "not well-formed XML"),
        ("nothing in it", "</JDBOR>", "no <Disorder> in any Orphadata file"),
        (
            "node outside",
            "<ClassificationNode></ClassificationNode></JDBOR>",
            "outside of <Classification>",
        ),
    ] {
        let path = folder.path().join("file.xml");
        std::fs::write(&path, format!("{header}{content}")).expect("a file");
        let error = load(&[path]).err().unwrap_or_else(|| panic!("{name} was accepted"));
        let error = error.to_string();
        assert!(error.contains("file.xml") && error.contains(expected), "{name}: {error}");
    }
    let path = folder.path().join("file.xml");
    let bytes = [header.as_bytes(), b"<Name>\xe4</Name></JDBOR>"].concat();
    std::fs::write(&path, bytes).expect("a file");
    assert!(load(&[path]).is_err(), "bytes that are not UTF-8 are refused");
}

fn shared(file: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let root = std::env::var("BEGRIFF_SHARED").unwrap_or_else(|_| default.into());
    let path = Path::new(&root).join("data/orphanet").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

#[test]
fn real_files_have_the_figures_they_are_known_for() {
    for (file, version, figures) in [
        (
            "en_product1_rebuilt.zip",
            "2025-12-09",
            &[
                ("records", 9_960),
                ("concepts", 9_960),
                ("synonyms", 13_888),
                ("references", 8_435),
                ("mappings to OMIM", 8_435),
                ("definitions", 6_891),
            ][..],
        ),
        ("de_product1_rebuilt.zip", "2025-12-09", &[("concepts", 8_299)]),
        (
            "en_product3_2025-06-24.zip",
            "2025-06-24",
            &[("records", 15_767), ("concepts", 7_450), ("edges", 10_751), ("classifications", 32)],
        ),
        (
            "de_product3_2019-05-15.zip",
            "2019-05-15",
            &[("records", 20_257), ("concepts", 8_761), ("edges", 13_668), ("classifications", 33)],
        ),
        ("en_product7_rebuilt.zip", "2025-12-09", &[("records", 9_784), ("concepts", 9_784)]),
    ] {
        let Some(path) = shared(file) else { return };
        let loaded = load(&[path]).expect("real files load");
        assert_eq!(loaded.edition.meta().version, version, "{file}");
        for (name, expected) in figures {
            assert_eq!(loaded.count(name), *expected, "{name} of {file}");
        }
        assert_eq!(u64::from(loaded.edition.concept_count()), loaded.count("concepts"));
        assert_eq!(loaded.count("edges left out"), 0, "no real file holds a cycle");
    }
}

#[test]
fn real_products_of_two_languages_become_their_union() {
    let files = [
        "en_product1_rebuilt.zip",
        "de_product1_rebuilt.zip",
        "en_product3_2025-06-24.zip",
        "en_product7_rebuilt.zip",
    ];
    let paths: Option<Vec<PathBuf>> = files.into_iter().map(shared).collect();
    let Some(paths) = paths else { return };
    let loaded = load(&paths).expect("real files load");
    // 9,960 of product 1, 70 more of product 3 of June, 4 more of product 7.
    assert_eq!(loaded.edition.concept_count(), 10_034);
    assert_eq!(loaded.maps.iter().map(ConceptMapBuilder::len).sum::<usize>(), 8_435);
    let property = loaded.edition.property_id("preferential-parent").expect("product 7");
    assert_eq!(loaded.edition.with_property(property).len(), 9_753);
    let marfan = loaded.concept("558");
    assert_eq!(loaded.edition.display(marfan), "Marfan syndrome");
    assert!(loaded.edition.designations(marfan).any(|name| name.value() == "Marfan-Syndrom"));
    assert!(loaded.warned_of("are of 2025-06-24"));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn damaged_bytes_never_panic(at in 0usize..9_000, byte: u8, cut in 0usize..9_000) {
        let mut bytes = std::fs::read(fixture("orphadata/en_product1.xml")).expect("the fixture");
        if let Some(slot) = bytes.get_mut(at) {
            *slot = byte;
        }
        bytes.truncate(bytes.len().saturating_sub(cut % 3 * cut));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file.xml");
        std::fs::write(&path, bytes).expect("a file");
        let _ = load_any(&[path]);
    }
}

/// Loads whatever is recognised, without expecting it to be sound.
fn load_any(paths: &[PathBuf]) -> Result<Report> {
    let options = Options::default();
    let (releases, _) = recognise(paths, &options)?;
    let mut kept = Kept::default();
    let mut report = Report::default();
    for release in releases.iter().filter(|release| release.format == Format::Orphadata) {
        report = crate::load(release, &options, &mut kept)?;
    }
    for edition in kept.editions {
        let _ = edition.finish();
    }
    Ok(report)
}
