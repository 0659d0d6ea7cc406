use crate::Options;
use crate::test_sink::{
    at, designations, display, endures_damage, load_files, load_paths, shared, values,
};

const ONTOLOGY: &str = r#"format-version: 1.2
data-version: hp/releases/2024-12-01
synonymtypedef: layperson "layperson term"
ontology: hp.obo
property_value: dc:title "Human Phenotype Ontology" xsd:string
property_value: terms:license https://example.org/license

[Term]
id: HP:0000001
name: All
comment: The root. {xref="PMID:1"}

[Term]
id: HP:0000002
name: Kidney finding
alt_id: HP:0009002
alt_id: HP:0000004
def: "A finding \"of\" the kidney, or\nboth." [PMID:1, orcid:2]
synonym: "Renal finding" EXACT []
synonym: "Bad kidney" EXACT layperson [PMID:2]
synonym: "Kidney thing" BROAD layperson []
synonym: "Finding near kidney" RELATED []
subset: core
xref: SNOMEDCT_US:123456 "Kidney \"finding\""
xref: Fyler:42
is_a: HP:0000001 ! All
is_a: HP:0000077 ! not here
created_by: somebody
creation_date: 2008-02-27T02:20:00Z

[Term]
id: HP:0000003
name: Kidney finding in two places ! not shown
is_a: HP:0000002 ! Kidney finding
is_a: HP:0000001
relationship: part_of HP:0000001 ! All

[Term]
id: HP:0000004
name: obsolete Old finding
is_obsolete: true
replaced_by: HP:0000002
consider: HP:0000003

[Typedef]
id: part_of
name: part of
"#;

const BABELON: &str = "source_language\tsource_value\tsubject_id\tpredicate_id\ttranslation_language\ttranslation_value\ttranslation_status
en\tKidney finding\tHP:0000002\trdfs:label\tde\tNierenbefund\tCANDIDATE
en\tAll\tHP:0000001\trdfs:label\tde\tAlle\tOFFICIAL
en\tx\tHP:0999999\trdfs:label\tde\tUnbekannt\tOFFICIAL
";

const SYNONYMS: &str = "subject_id\ttranslation_value\tsynonym_type\tcontributor
ID\tAL oboInOwl:hasExactSynonym@de SPLIT=|\t>AI oboInOwl:hasSynonymType\tAI dc:contributor
HP:0000002\tKranke Niere|Niere auffällig\thttp://purl.obolibrary.org/obo/hp#layperson\t
";

#[test]
fn terms_have_parents_definitions_synonyms_and_references() {
    let kept = load_files(&[("hp.obo", ONTOLOGY.as_bytes())], &Options::default()).unwrap();
    let edition = kept.edition();
    let meta = edition.meta();
    assert_eq!(
        [&meta.url, &meta.version, &meta.date, &meta.title],
        [
            "http://human-phenotype-ontology.org",
            "2024-12-01",
            "2024-12-01",
            "Human Phenotype Ontology"
        ]
    );
    assert!(meta.aliases.iter().any(|alias| alias == "http://purl.obolibrary.org/obo/hp.owl"));
    assert_eq!(edition.parents(at(edition, "HP:0000003")).count(), 2);
    assert_eq!(edition.parents(at(edition, "HP:0000002")).count(), 1);
    assert_eq!(edition.display(at(edition, "HP:0000003")), "Kidney finding in two places");
    for (code, property, expected) in [
        ("HP:0000002", "definition", "A finding \"of\" the kidney, or\nboth."),
        ("HP:0000002", "subset", "core"),
        ("HP:0000002", "created_by", "somebody"),
        ("HP:0000002", "creation_date", "2008-02-27T02:20:00Z"),
        ("HP:0000001", "comment", "The root."),
        ("HP:0000003", "part_of", "HP:0000001"),
    ] {
        assert_eq!(values(edition, code, property), [expected], "{code} {property}");
    }
    assert_eq!(values(edition, "HP:0000002", "xref"), ["123456", "Fyler:42"]);
    let found = designations(edition, "HP:0000002");
    for expected in [
        "en/preferredForLanguage: Kidney finding",
        "en/hasExactSynonym: Renal finding",
        "en/layperson: Bad kidney",
        "en/hasRelatedSynonym: Finding near kidney",
        "en/900000000000550004: A finding \"of\" the kidney, or\nboth.",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected} in {found:#?}");
    }
    assert_eq!(kept.report.counts["stanzas skipped: Typedef"], 1);
    assert_eq!(kept.report.warnings[0].message, "parent HP:0000077 is not in the file; left out");
}

#[test]
fn obsolete_terms_and_merged_identifiers_resolve_to_their_replacement() {
    let kept = load_files(&[("hp.obo", ONTOLOGY.as_bytes())], &Options::default()).unwrap();
    let edition = kept.edition();
    for (code, name) in [("HP:0009002", "Kidney finding"), ("HP:0000004", "obsolete Old finding")] {
        let concept = at(edition, code);
        assert!(edition.is_inactive(concept));
        assert_eq!((edition.status(concept), edition.display(concept)), ("retired", name));
        assert_eq!(values(edition, code, "replacedBy"), ["HP:0000002"], "{code}");
    }
    assert_eq!(values(edition, "HP:0000004", "consider"), ["HP:0000003"]);
}

#[test]
fn german_tables_given_along_add_designations() {
    let files: [(&str, &[u8]); 3] = [
        ("hp.obo", ONTOLOGY.as_bytes()),
        ("hp-de.babelon.tsv", BABELON.as_bytes()),
        ("hp-de.synonyms.tsv", SYNONYMS.as_bytes()),
    ];
    let kept = load_files(&files, &Options::default()).unwrap();
    let edition = kept.edition();
    assert_eq!(display(edition, "HP:0000002", "de"), "Nierenbefund");
    assert_eq!(display(edition, "HP:0000003", "de"), "Kidney finding in two places");
    assert!(designations(edition, "HP:0000002").contains(&"de/layperson: Niere auffällig".into()));
    assert_eq!(values(edition, "HP:0000002", "translation_status"), ["de: candidate"]);
    assert_eq!(kept.report.counts["translations to de (candidate)"], 1);
    assert_eq!(kept.report.counts["translations skipped: unknown term"], 1);
    let alone = load_files(&files[1..], &Options::default()).err().unwrap().to_string();
    assert!(alone.contains("give its OBO file along"), "{alone}");
}

#[test]
fn malformed_files_are_refused_with_their_line() {
    for (text, expected) in [
        ("format-version: 1.2\n", "without any stanza"),
        ("format-version: 1.2\n\n[Term]\nname: x\n", "line 4: the [Term] before has no id"),
        ("format-version: 1.2\n\n[Term]\nid: A:1\nrubbish\n", "line 5: 'rubbish' is no pair"),
    ] {
        let error = load_files(&[("x.obo", text.as_bytes())], &Options::default());
        let message = error.err().unwrap().to_string();
        assert!(message.contains(expected), "{message}");
    }
    let latin = b"format-version: 1.2\n\n[Term]\nid: A:1\nname: Gr\xf6\xdfe\n";
    let error = load_files(&[("x.obo", latin)], &Options::default()).err().unwrap().to_string();
    assert!(error.contains("line 5: not UTF-8"), "{error}");
}

#[test]
fn the_human_phenotype_ontology_is_read_whole() {
    let names = ["hp_2025-01-16.obo.gz", "hp-de.babelon.tsv.gz", "hp-de.synonyms.tsv"];
    let paths: Option<Vec<_>> =
        names.iter().map(|name| shared(&format!("data/hpo/{name}"))).collect();
    let Some(paths) = paths else { return };
    let kept = load_paths(&paths, &Options::default()).unwrap();
    let edition = kept.edition();
    for (name, count) in [
        ("terms", 19_484),
        ("terms obsolete", 450),
        ("synonyms", 23_519),
        ("cross references", 18_173 - 3), // three are those of relations
        ("definitions", 16_454),
        ("stanzas skipped: Typedef", 3),
        ("alternate ids", 3_832 - 387),
        ("translations to de (official)", 587),
        ("translations to de (candidate)", 2_901),
    ] {
        assert_eq!(kept.report.counts.get(name), Some(&count), "{name}");
    }
    assert_eq!(edition.meta().version, "2025-01-16");
    assert_eq!(display(edition, "HP:0000878", "de"), "11 Rippenpaare");
    assert_eq!(values(edition, "HP:0004715", "replacedBy"), ["HP:0000003"]);
    assert!(edition.is_ancestor(at(edition, "HP:0000001"), at(edition, "HP:0000003")));
    assert_eq!(edition.inactive().len(), 450 + 3_832 - 387);
}

#[test]
fn damaged_files_never_panic() {
    endures_damage("hp.obo", ONTOLOGY, &Options::default());
}
