//! Value sets that are named by URL instead of being written down.

use std::path::Path;

use tests::{Server, encoded};

/// The codes of a value set of the demonstration, sorted; asked as it stands and encoded.
fn codes(url: &str) -> Vec<String> {
    let plain = Server::demo().get(&format!("ValueSet/$expand?url={url}"));
    let coded = Server::demo().get(&format!("ValueSet/$expand?url={}", encoded(url)));
    let owned = |answer: &tests::Response| {
        answer.sorted_codes().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(owned(&plain), owned(&coded), "{url}");
    assert_eq!(plain.json["url"], url.split('|').next().unwrap());
    owned(&plain)
}

#[test]
fn snomed_as_a_whole_by_hierarchy_and_by_reference_set() {
    assert_eq!(codes("http://snomed.info/sct?fhir_vs").len(), 150);
    let diabetes = codes("http://snomed.info/sct?fhir_vs=isa/73211009");
    assert_eq!(diabetes, ["11687002", "237599002", "44054006", "46635009", "73211009", "8801005"]);
    let edition = "http://snomed.info/sct/900000000000207008";
    for version in [edition.to_owned(), format!("{edition}/version/20260115")] {
        assert_eq!(codes(&format!("{version}?fhir_vs=isa/73211009")), diabetes, "{version}");
    }
    assert_eq!(
        codes("http://snomed.info/sct?fhir_vs=refset"),
        ["447562003", "723264001", "900000000000526001"]
    );
    assert_eq!(codes("http://snomed.info/sct?fhir_vs=refset/723264001").len(), 7);
}

#[test]
fn unknown_concepts_sets_and_forms_of_snomed_are_refused() {
    for form in ["isa/1", "refset/1", "refset/73211009", "nonsense/1", "isa/"] {
        let url = format!("http://snomed.info/sct?fhir_vs={form}");
        let answer = Server::demo().get(&format!("ValueSet/$expand?url={url}"));
        answer.refused(404, "not-found", &[&url]);
    }
    let answer = Server::demo().get("ValueSet/$expand?url=http://snomed.info/sct/1?fhir_vs");
    answer.refused(404, "not-found", &["http://snomed.info/sct", "20260115"]);
}

#[test]
fn loinc_as_a_whole_by_answer_list_and_by_part() {
    assert_eq!(codes("http://loinc.org/vs").len(), 77);
    let answers = Server::demo().get("ValueSet/$expand?url=http://loinc.org/vs/LL360-9").ok();
    assert_eq!(answers.codes(), ["LA6576-8", "LA6577-6"], "in the order of the list");
    let glucose = codes("http://loinc.org/vs/LP14635-4");
    assert_eq!(glucose, ["14749-6", "15074-8", "2339-0", "2345-7", "2350-7"]);
    let chemistry = codes("http://loinc.org/vs/LP7786-9");
    assert!(glucose.iter().all(|code| chemistry.contains(code)), "{chemistry:?}");
    for unknown in ["LL1-1", "LP1-1", "LG1-1", "2345-7"] {
        let url = format!("http://loinc.org/vs/{unknown}");
        let answer = Server::demo().get(&format!("ValueSet/$expand?url={url}"));
        answer.refused(404, "not-found", &[&url]);
    }
}

#[test]
fn loinc_by_group() {
    let table = "Loinc_2.82/LoincTable/Loinc.csv";
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/demo/loinc");
    let mut files = vec![(table.to_owned(), std::fs::read_to_string(demo.join(table)).unwrap())];
    let folder = "Loinc_2.82/AccessoryFiles/GroupFile";
    files.push((
        format!("{folder}/ParentGroup.csv"),
        "\"ParentGroupId\",\"ParentGroup\",\"Status\"\n\"LG100-4\",\"Chemistry\",\"Active\"\n"
            .into(),
    ));
    files.push((
        format!("{folder}/Group.csv"),
        "\"ParentGroupId\",\"GroupId\",\"Group\",\"Archetype\",\"Status\",\"VersionFirstReleased\"\n\
         \"LG100-4\",\"LG51018-6\",\"Glucose\",\"\",\"Active\",\"\"\n"
            .into(),
    ));
    files.push((
        format!("{folder}/GroupLoincTerms.csv"),
        "\"Category\",\"GroupId\",\"Archetype\",\"LoincNumber\",\"LongCommonName\"\n\
         \"\",\"LG51018-6\",\"\",\"2345-7\",\"Glucose\"\n\"\",\"LG51018-6\",\"\",\"2339-0\",\"Glucose\"\n"
            .into(),
    ));
    let server = Server::after(&[files]);
    let answer = server.get("ValueSet/$expand?url=http://loinc.org/vs/LG51018-6");
    assert_eq!(answer.sorted_codes(), ["2339-0", "2345-7"]);
}

#[test]
fn german_systems_as_a_whole_under_new_and_old_names() {
    for (name, total) in [("icd-10-gm", 308), ("ops", 60), ("alpha-id-se", 133), ("alpha-id", 133)]
    {
        assert_eq!(codes(&format!("http://fhir.de/ValueSet/bfarm/{name}")).len(), total, "{name}");
    }
    for (name, total) in [("icd-10-gm", 308), ("ops", 60), ("alpha-id", 133)] {
        assert_eq!(codes(&format!("http://fhir.de/ValueSet/dimdi/{name}")).len(), total, "{name}");
    }
    assert_eq!(codes("http://fhir.de/ValueSet/bfarm/icd-10-gm|2026").len(), 308);
    let answer =
        Server::demo().get("ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm|1999");
    answer.refused(404, "not-found", &["1999", "2026"]);
}

#[test]
fn a_code_system_names_the_value_set_of_all_its_codes() {
    let url = "http://begriff.test/ValueSet/all-animals";
    let answer = super::animals().get(&format!("ValueSet/$expand?url={url}|1.0.0"));
    assert_eq!(answer.sorted_codes().len(), 11);
}
