use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use codesystems::{Edition, EditionBuilder};
use valuesets::conceptmap::ConceptMapBuilder;

use super::*;
use crate::{load as load_release, recognise as recognise_paths};

/// Keeps what it is given; editions are built and read back.
#[derive(Default)]
struct Kept {
    editions: Vec<Edition>,
    maps: Vec<ConceptMapBuilder>,
    resources: Vec<(String, String, String)>,
}

impl Sink for Kept {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        let wrong = |source| Error::Edition { path: "test".into(), source };
        let bytes = edition.finish().map_err(wrong)?;
        self.editions.push(Edition::from_bytes(bytes.into()).map_err(wrong)?);
        Ok(())
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> Result<()> {
        self.maps.push(map);
        Ok(())
    }

    fn resource(&mut self, resource: Resource<'_>) -> Result<()> {
        self.resources.push((
            resource.resource_type.into(),
            resource.fhir_version.into(),
            resource.json.into(),
        ));
        Ok(())
    }
}

/// Loads every FHIR release below `paths`.
fn load_all(paths: &[PathBuf], options: &Options) -> Result<(Kept, Vec<Report>)> {
    let options = Options { format: Some("fhir".into()), ..options.clone() };
    let (releases, _) = recognise_paths(paths, &options)?;
    let mut kept = Kept::default();
    let reports = releases
        .iter()
        .map(|release| load_release(release, &options, &mut kept))
        .collect::<Result<Vec<_>>>()?;
    Ok((kept, reports))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn load_files(files: &[(&str, &str)]) -> (Kept, Report) {
    let folder = folder(files);
    let (kept, mut reports) = load_all(&[folder.path().to_owned()], &Options::default()).unwrap();
    (kept, reports.remove(0))
}

const COLOURS: &str = r#"{"resourceType":"CodeSystem","url":"http://example.org/colours","version":"1",
  "language":"de","content":"complete","concept":[{"code":"r","display":"Rot","concept":[{"code":"h","display":"Hellrot"}]}]}"#;

#[test]
fn a_package_gives_editions_maps_and_resources_in_its_version() {
    let (kept, report) = load_files(&[
        ("p/package/package.json", r#"{"name":"x","fhirVersions":["5.0.0"]}"#),
        ("p/package/.index.json", r#"{"files":[{"resourceType":"ValueSet"}]}"#),
        ("p/package/CodeSystem-colours.json", COLOURS),
        (
            "p/package/ConceptMap-m.json",
            r#"{"resourceType":"ConceptMap","url":"http://example.org/m","group":[
          {"source":"http://a","target":"http://b","element":[{"code":"1","target":[{"code":"2","relationship":"equivalent"}]}]}]}"#,
        ),
        (
            "p/package/ValueSet-v.json",
            r#"{"resourceType":"ValueSet","url":"http://example.org/v","compose":{"include":[{"system":"http://a"}]}}"#,
        ),
        ("p/package/NamingSystem-n.json", r#"{"resourceType":"NamingSystem","name":"n"}"#),
        (
            "p/package/StructureDefinition-s.json",
            r#"{"resourceType":"StructureDefinition","url":"http://example.org/s"}"#,
        ),
        (
            "p/package/example/ValueSet-e.json",
            r#"{"resourceType":"ValueSet","url":"http://example.org/e"}"#,
        ),
    ]);
    assert_eq!(kept.editions.len(), 1);
    let edition = &kept.editions[0];
    assert_eq!(edition.display(edition.find("h").unwrap()), "Hellrot");
    assert_eq!(edition.provenance().loader, "fhir");
    assert_eq!(kept.maps.len(), 1);
    let types: Vec<&str> = kept.resources.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(types, ["CodeSystem", "ConceptMap", "NamingSystem", "ValueSet"]);
    assert!(kept.resources.iter().all(|(_, version, _)| version == "5.0"));
    assert_eq!(report.warning_count, 0, "{:?}", report.warnings);
    assert_eq!(report.counts["concepts"], 2);
    assert_eq!(report.counts["mappings"], 1);
}

#[test]
fn xml_is_kept_as_json() {
    let (kept, _) = load_files(&[(
        "colours.xml",
        r#"<?xml version="1.0"?><CodeSystem xmlns="http://hl7.org/fhir"><url value="http://example.org/c"/>
           <content value="complete"/><concept><code value="a"/><display value="A"/></concept></CodeSystem>"#,
    )]);
    assert_eq!(kept.editions.len(), 1);
    assert_eq!(
        kept.resources[0].2,
        r#"{"resourceType":"CodeSystem","url":"http://example.org/c","content":"complete","concept":[{"code":"a","display":"A"}]}"#
    );
    assert_eq!(kept.resources[0].1, "4.0");
}

#[test]
fn a_bundle_gives_the_resources_in_it() {
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{COLOURS}}},
           {{"resource":{{"resourceType":"Patient"}}}},{{"fullUrl":"x"}},
           {{"resource":{{"resourceType":"CodeSystem","url":"http://example.org/none","content":"not-present"}}}}]}}"#
    );
    let (kept, report) = load_files(&[("bundle.json", &bundle)]);
    assert_eq!((kept.editions.len(), kept.resources.len()), (1, 2));
    assert_eq!(report.counts["resources of other types"], 1);
}

#[test]
fn the_first_of_two_resources_with_one_url_and_version_is_kept() {
    let other = COLOURS.replace("Rot", "Röte");
    let newer = COLOURS.replace(r#""version":"1""#, r#""version":"2""#);
    let (kept, report) = load_files(&[("a.json", COLOURS), ("b.json", &other), ("c.json", &newer)]);
    let displays: Vec<&str> =
        kept.editions.iter().map(|it| it.display(it.find("r").unwrap())).collect();
    assert_eq!(displays, ["Rot", "Rot"]);
    assert_eq!(report.warnings.len(), 1);
    assert!(report.warnings[0].path.ends_with("b.json"));
    assert!(report.warnings[0].message.contains("other content"));
}

#[test]
fn a_resource_without_url_is_kept_as_a_resource_alone() {
    let (kept, report) = load_files(&[(
        "a.json",
        r#"{"resourceType":"CodeSystem","content":"complete","concept":[{"code":"a"}]}"#,
    )]);
    assert_eq!((kept.editions.len(), kept.resources.len()), (0, 1));
    assert_eq!(report.warnings[0].message, "CodeSystem without url, kept as a resource alone");
}

#[test]
fn a_bad_resource_is_left_out_with_a_warning_and_alone_it_is_an_error() {
    let bad = r#"{"resourceType":"CodeSystem","url":"http://example.org/bad","concept":[{"display":"no code"}]}"#;
    let cycle = r#"{"resourceType":"CodeSystem","url":"http://example.org/cycle","content":"complete","concept":[
      {"code":"a","property":[{"code":"parent","valueCode":"b"}]},{"code":"b","property":[{"code":"parent","valueCode":"a"}]}]}"#;
    let (kept, report) =
        load_files(&[("a.json", bad), ("b.json", cycle), ("colours.json", COLOURS)]);
    assert_eq!(kept.editions.len(), 1);
    assert_eq!(report.counts["resources refused"], 2);
    assert!(report.warnings[0].message.contains("CodeSystem.concept[0].code: missing"));
    assert!(report.warnings[1].message.contains("cycle"), "{:?}", report.warnings);
    let folder = folder(&[("a.json", bad)]);
    let problem = load_all(&[folder.path().join("a.json")], &Options::default()).err().unwrap();
    assert!(problem.to_string().contains("a.json: CodeSystem.concept[0].code"), "{problem}");
}

#[test]
fn a_language_can_be_given_for_resources_that_do_not_say_theirs() {
    let options = Options { language: Some("de".into()), ..Options::default() };
    let silent = COLOURS.replace(r#""language":"de","#, "");
    let folder = folder(&[("a.json", &silent)]);
    let (kept, _) = load_all(&[folder.path().to_owned()], &options).unwrap();
    assert_eq!(kept.editions[0].meta().language, "de");
    assert_eq!(kept.editions[0].meta().languages, ["de"]);
}

/// The folder with real releases, if there is one.
fn shared(below: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let root = std::env::var("BEGRIFF_SHARED").unwrap_or_else(|_| default.into());
    let path = Path::new(&root).join("data/fhir").join(below);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn load_shared(below: &str) -> Option<(Kept, BTreeMap<String, u64>)> {
    let path = shared(below)?;
    let (kept, reports) = load_all(&[path], &Options::default()).unwrap();
    let mut counts = BTreeMap::new();
    for report in &reports {
        println!("{:.2} s, {} bytes, {:?}", report.seconds, report.bytes, report.counts);
        for warning in report.warnings.iter().take(6) {
            println!("  {}: {}", warning.path, warning.message);
        }
        for (name, count) in &report.counts {
            *counts.entry(name.clone()).or_default() += count;
        }
        *counts.entry("warnings".to_owned()).or_default() += report.warning_count;
    }
    println!("{below}: {counts:?}");
    Some((kept, counts))
}

/// Every resource that is kept says the same after a way through XML.
fn survives_xml(kept: &Kept) {
    use codesystems::fhir::xml::{XmlLimits, json_to_xml, xml_to_json};
    kept.resources.par_iter().for_each(|(name, _, json)| {
        let mut before: serde_json::Value = serde_json::from_str(json).unwrap();
        // Some publishers forget the namespace of the narrative.
        if let Some(div) = before.pointer("/text/div").and_then(|div| div.as_str())
            && div.starts_with("<div xml:lang")
        {
            let div = div.replacen("<div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"", 1);
            before["text"]["div"] = div.into();
        }
        let xml = json_to_xml(json).unwrap();
        let back = xml_to_json(xml.as_bytes(), &XmlLimits::default()).unwrap_or_else(|problem| {
            panic!("{name} {}: {problem}", before["url"]);
        });
        let after: serde_json::Value = serde_json::from_str(&back).unwrap();
        for (member, value) in before.as_object().unwrap() {
            assert!(
                after[member] == *value,
                "{name} {} {member}: {}",
                before["url"],
                after[member]
            );
        }
        assert_eq!(before.as_object().unwrap().len(), after.as_object().unwrap().len());
    });
}

#[test]
fn the_german_packages_hold_seven_atc_versions_and_both_icd_10_who() {
    let Some((kept, counts)) = load_shared("mii") else { return };
    let of = |url: &str| -> BTreeMap<String, &Edition> {
        let found = kept.editions.iter().filter(|it| it.meta().url == url);
        found.map(|it| (it.meta().version.clone(), it)).collect()
    };
    let atc = of("http://fhir.de/CodeSystem/bfarm/atc");
    let sizes: Vec<u32> = atc.values().map(|it| it.concept_count()).collect();
    assert_eq!(sizes, [8_148, 8_271, 8_360, 8_336, 8_579, 8_703, 8_837]);
    assert!(atc.values().all(|it| it.roots().count() == 14));
    let who: Vec<&Edition> =
        kept.editions.iter().filter(|it| matches!(it.concept_count(), 11_429 | 11_462)).collect();
    assert_eq!(who.len(), 2);
    for edition in who {
        let code = edition.find("A00.0").unwrap();
        let parents: Vec<&str> = edition.parents(code).map(|it| edition.code(it)).collect();
        assert_eq!(parents, ["A00"]);
        assert_eq!(edition.roots().count(), 22);
    }
    assert_eq!(counts.get("resources refused"), None);
    survives_xml(&kept);
}

#[test]
fn the_international_packages_load() {
    let Some((kept, counts)) = load_shared("packages") else { return };
    assert_eq!(counts["ValueSet"], 828);
    assert_eq!(counts["ConceptMap"], 5);
    assert_eq!(counts.get("resources refused"), None);
    assert!(kept.resources.iter().any(|(_, version, _)| version == "5.0"));
    survives_xml(&kept);
}

#[test]
fn the_definitions_of_r4_load() {
    let Some((kept, counts)) = load_shared("r4-definitions") else { return };
    assert_eq!((counts["CodeSystem"], counts["ValueSet"]), (1_063, 1_317));
    assert_eq!(counts["ConceptMap"], 19);
    survives_xml(&kept);
}

#[test]
fn the_sources_of_hl7_terminology_load() {
    let Some((kept, counts)) =
        load_shared("terminology/hl7.terminology_utg_7.3.0_sourceOfTruth.tar.xz")
    else {
        return;
    };
    assert_eq!(counts["CodeSystem"], 892);
    assert_eq!(counts["ValueSet"], 2_517);
    assert_eq!(counts["NamingSystem"], 675);
    assert_eq!(counts["concepts"], 18_545);
    survives_xml(&kept);
}
