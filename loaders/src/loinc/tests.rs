use crate::Options;
use crate::test_sink::{
    Kept, at, codes, designations, display, endures_damage, load_files, load_paths, shared, values,
};

const TERMS: &str = "\u{feff}\"LOINC_NUM\",\"COMPONENT\",\"PROPERTY\",\"TIME_ASPCT\",\"SYSTEM\",\"SCALE_TYP\",\"METHOD_TYP\",\"CLASS\",\"VersionLastChanged\",\"STATUS\",\"CONSUMER_NAME\",\"CLASSTYPE\",\"RELATEDNAMES2\",\"SHORTNAME\",\"EXTERNAL_COPYRIGHT_NOTICE\",\"LONG_COMMON_NAME\",\"AssociatedObservations\",\"DisplayName\"
\"10-1\",\"Sugar\",\"MCnc\",\"Pt\",\"Bld\",\"Qn\",\"\",\"CHEM\",\"2.9\",\"ACTIVE\",\"Blood sugar\",\"1\",\"Glu; Sweet \"\"stuff\"\"\",\"Sugar Bld\",\"\",\"Sugar [Mass/volume]
in Blood\",\"20-2;30-3\",\"Sugar (Bld)\"
\"20-2\",\"Sugar\",\"MCnc\",\"Pt\",\"Ser\",\"Qn\",\"Strip\",\"CHEM\",\"2.80\",\"DEPRECATED\",\"\",\"1\",\"\",\"\",\"(c) Somebody\",\"Sugar in Serum\",\"\",\"\"
\"30-3\",\"Salt\",\"MCnc\",\"Pt\",\"Ser\",\"Qn\",\"Strip\",\"CHEM\",\"2.70\",\"DISCOURAGED\",\"\",\"1\",\"\",\"\",\"\",\"\",\"\",\"\"
";

const PARTS: &str = "\"PartNumber\",\"PartTypeName\",\"PartName\",\"PartDisplayName\",\"Status\"
\"LP1-1\",\"COMPONENT\",\"Sugar\",\"Sugar\",\"ACTIVE\"
\"LP2-2\",\"CLASS\",\"CHEM\",\"Chemistry\",\"ACTIVE\"
\"LP3-3\",\"COMPONENT\",\"Old\",\"Old\",\"INACTIVE\"
";

const LINKS: &str = "\"LoincNumber\",\"LongCommonName\",\"PartNumber\",\"PartName\",\"PartCodeSystem\",\"PartTypeName\",\"LinkTypeName\",\"Property\"
\"10-1\",\"x\",\"LP1-1\",\"Sugar\",\"http://loinc.org\",\"COMPONENT\",\"Primary\",\"http://loinc.org/property/COMPONENT\"
\"10-1\",\"x\",\"LP2-2\",\"CHEM\",\"http://loinc.org\",\"CLASS\",\"Metadata\",\"http://loinc.org/property/CLASS\"
\"10-1\",\"x\",\"LP9-9\",\"Core\",\"http://loinc.org\",\"COMPONENT\",\"DetailedModel\",\"http://loinc.org/property/analyte-core\"
\"99-9\",\"x\",\"LP1-1\",\"Sugar\",\"http://loinc.org\",\"COMPONENT\",\"Primary\",\"http://loinc.org/property/COMPONENT\"
";

const HIERARCHY: &str = "\"PATH_TO_ROOT\",\"SEQUENCE\",\"IMMEDIATE_PARENT\",\"CODE\",\"CODE_TEXT\"
\"\",\"1\",\"\",\"LP0-0\",\"{component}\"
\"LP0-0\",\"1\",\"LP0-0\",\"LP1-1\",\"Sugar\"
\"LP0-0.LP1-1\",\"1\",\"LP1-1\",\"10-1\",\"Sugar Bld\"
\"LP0-0.LP7-7\",\"1\",\"LP7-7\",\"10-1\",\"Sugar Bld\"
\"LP0-0\",\"2\",\"LP0-0\",\"LP7-7\",\"Sugar | Blood\"
\"LP0-0.LP7-7\",\"2\",\"LP7-7\",\"77-7\",\"not in the table\"
";

const ANSWERS: &str = "\"AnswerListId\",\"AnswerListName\",\"AnswerListOID\",\"ExtDefinedYN\",\"AnswerStringId\",\"LocalAnswerCode\",\"SequenceNumber\",\"DisplayText\",\"ExtCodeId\",\"ExtCodeDisplayName\",\"ExtCodeSystem\",\"ExtCodeSystemVersion\",\"ExtCodeSystemCopyrightNotice\",\"Score\"
\"LL1-1\",\"Yes|No\",\"1.2.3\",\"N\",\"LA2-2\",\"n\",\"2\",\"No\",\"\",\"\",\"\",\"\",\"\",\"0\"
\"LL1-1\",\"Yes|No\",\"1.2.3\",\"N\",\"LA1-1\",\"y\",\"1\",\"Yes\",\"373066001\",\"Yes\",\"http://snomed.info/sct\",\"\",\"Notice of the owner\",\"1\"
\"LL2-2\",\"Yes only\",\"1.2.4\",\"N\",\"LA1-1\",\"\",\"1\",\"Yes\",\"373066001\",\"Yes\",\"http://snomed.info/sct\",\"\",\"Notice of the owner\",\"\"
\"LL3-3\",\"Elsewhere\",\"1.2.5\",\"Y\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"
";

const ANSWER_LINKS: &str =
    "LoincNumber,LongCommonName,AnswerListId,AnswerListName,AnswerListLinkType,ApplicableContext
10-1,x,LL1-1,Yes|No,EXAMPLE,
10-1,x,LL1-1,Yes|No,NORMATIVE,20-2
";

const VARIANT: &str = "LOINC_NUM,COMPONENT,PROPERTY,TIME_ASPCT,SYSTEM,SCALE_TYP,METHOD_TYP,CLASS,SHORTNAME,LONG_COMMON_NAME,RELATEDNAMES2,LinguisticVariantDisplayName";

fn release() -> Vec<(String, Vec<u8>)> {
    let german = format!(
        "{VARIANT}\n10-1,Zucker,Masse,Zeitpunkt,Blut,Quant,,CHEM,,,Süßes; Glukose,\n\
         20-2,Zucker,Masse,Zeitpunkt,Serum,Quant,Streifen,CHEM,,Zucker in Serum,,\n88-8,x,,,,,,,,,,\n"
    );
    let austrian =
        format!("{VARIANT}\n10-1,,,,,,,,,,,Zucker /Blut\n30-3,,,,,,,,,,Salz /S,Salz /Serum\n");
    [
        ("LoincTable/Loinc.csv", TERMS),
        ("Anything/teile.csv", PARTS),
        ("Anything/LoincPartLink_Primary.csv", LINKS),
        ("h/ComponentHierarchyBySystem.csv", HIERARCHY),
        ("AnswerFile/AnswerList.csv", ANSWERS),
        ("AnswerFile/LoincAnswerListLink.csv", ANSWER_LINKS),
        ("LinguisticVariants/deAT24LinguisticVariant.csv", &austrian),
        ("LinguisticVariants/deDE15LinguisticVariant.csv", &german),
        ("ConsumerName/ConsumerName.csv", "LoincNumber,ConsumerName\n10-1,\"Sugar, blood\"\n"),
        ("MapTo.csv", "LOINC,MAP_TO,COMMENT\n20-2,10-1,\n"),
        ("GroupFile/ParentGroup.csv", "ParentGroupId,ParentGroup,Status\nLG1-1,All sugar,Active\n"),
        (
            "GroupFile/Group.csv",
            "ParentGroupId,GroupId,Group,Archetype,Status,VersionFirstReleased\nLG1-1,LG2-2,Sugar|Any,,Inactive,2.6\n",
        ),
        (
            "GroupFile/GroupLoincTerms.csv",
            "Category,GroupId,Archetype,LoincNumber,LongCommonName\n,LG2-2,,10-1,x\n,LG2-2,,20-2,x\n",
        ),
        (
            "PanelsAndForms/PanelsAndForms.csv",
            "ParentId,ParentLoinc,ParentName,ID,SEQUENCE,Loinc,LoincName,DisplayNameForForm,ObservationRequiredInPanel\n\
             1,30-3,Salt,1,1,30-3,Salt,,\n1,30-3,Salt,2,2,10-1,Sugar,First,R\n",
        ),
        ("readme.txt", "not a table"),
    ]
    .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
    .into()
}

fn load(files: &[(String, Vec<u8>)]) -> Kept {
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    load_files(&files, &Options::default()).unwrap()
}

#[test]
fn terms_parts_answers_lists_and_groups_are_concepts_of_one_system() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, kind, text) in [
        ("10-1", "term", "Sugar [Mass/volume]\nin Blood"),
        ("30-3", "term", "Salt:MCnc:Pt:Ser:Qn:Strip"),
        ("LP2-2", "part", "Chemistry"),
        ("LP7-7", "part", "Sugar | Blood"),
        ("LP9-9", "part", "Core"),
        ("LA1-1", "answer", "Yes"),
        ("LL3-3", "answer-list", "Elsewhere"),
        ("LG1-1", "group", "All sugar"),
    ] {
        let concept = at(edition, code);
        assert_eq!((edition.kind(concept), edition.display(concept)), (kind, text), "{code}");
    }
    assert!(edition.find("99-9").is_none() && edition.find("77-7").is_none());
    assert!(edition.find("lp2-2").is_some(), "LOINC codes are not case-sensitive");
    assert_eq!(edition.meta().url, "http://loinc.org");
    assert_eq!(edition.meta().notices.len(), 2, "{:?}", edition.meta().notices);
    assert_eq!(kept.report.counts["rows skipped: unknown code"], 3);
}

#[test]
fn only_deprecated_terms_are_inactive() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, status, inactive) in [
        ("10-1", "ACTIVE", false),
        ("20-2", "DEPRECATED", true),
        ("30-3", "DISCOURAGED", false),
        ("LP3-3", "INACTIVE", true),
        ("LG2-2", "INACTIVE", true),
    ] {
        let concept = at(edition, code);
        assert_eq!((edition.status(concept), edition.is_inactive(concept)), (status, inactive));
    }
    assert_eq!(values(edition, "20-2", "MAP_TO"), ["10-1"]);
    assert_eq!(values(edition, "20-2", "STATUS"), ["DEPRECATED"]);
}

#[test]
fn columns_become_properties_and_axes_the_codes_of_their_parts() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, property, expected) in [
        ("10-1", "COMPONENT", &["LP1-1"][..]),
        ("10-1", "CLASS", &["LP2-2"]),
        ("10-1", "SYSTEM", &["Bld"]),
        ("10-1", "analyte-core", &["LP9-9"]),
        ("10-1", "AssociatedObservations", &["20-2", "30-3"]),
        ("10-1", "copyright", &["LOINC"]),
        ("20-2", "copyright", &["3rdParty"]),
        ("20-2", "COMPONENT", &["Sugar"]),
        ("10-1", "METHOD_TYP", &[]),
        ("10-1", "LONG_COMMON_NAME", &[]),
        ("LP2-2", "PartTypeName", &["CLASS"]),
        ("LG2-2", "ParentGroupId", &["LG1-1"]),
    ] {
        assert_eq!(values(edition, code, property), expected, "{code} {property}");
    }
    let component = edition.property_id("COMPONENT").unwrap();
    assert_eq!(codes(edition, edition.with_value(component, "LP1-1").iter()), ["10-1"]);
    let property = &edition.meta().properties[usize::from(component.0)];
    assert_eq!(property.uri.as_deref(), Some("http://loinc.org/property/COMPONENT"));
}

#[test]
fn names_are_designations_by_the_column_they_come_from() {
    let kept = load(&release());
    let found = designations(kept.edition(), "10-1");
    for expected in [
        "en/LONG_COMMON_NAME: Sugar [Mass/volume]\nin Blood",
        "en/SHORTNAME: Sugar Bld",
        "en/DisplayName: Sugar (Bld)",
        "en/ConsumerName: Sugar, blood",
        "en/RELATEDNAMES2: Glu",
        "en/RELATEDNAMES2: Sweet \"stuff\"",
        "de-DE/RELATEDNAMES2: Glukose",
        "de-AT/LinguisticVariantDisplayName: Zucker /Blut",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected} in {found:#?}");
    }
    // The file of consumer names takes the place of the column.
    assert!(!found.iter().any(|line| line.contains("Blood sugar")), "{found:#?}");
    assert!(designations(kept.edition(), "LP2-2").contains(&"en/PartName: CHEM".to_owned()));
}

#[test]
fn german_is_shown_from_germany_then_austria_then_english() {
    let kept = load(&release());
    let edition = kept.edition();
    for (code, language, expected) in [
        ("10-1", "de", "Zucker:Masse:Zeitpunkt:Blut:Quant"),
        ("10-1", "de-AT", "Zucker /Blut"),
        ("20-2", "de", "Zucker in Serum"),
        ("30-3", "de-DE", "Salz /Serum"),
        ("LP2-2", "de", "Chemistry"),
    ] {
        assert_eq!(display(edition, code, language), expected, "{code} {language}");
    }
}

#[test]
fn the_component_hierarchy_is_the_hierarchy() {
    let kept = load(&release());
    let edition = kept.edition();
    let mut parents = codes(edition, edition.parents(at(edition, "10-1")));
    parents.sort();
    assert_eq!(parents, ["LP1-1", "LP7-7"]);
    assert!(edition.is_ancestor(at(edition, "LP0-0"), at(edition, "10-1")));
    assert_eq!(edition.parents(at(edition, "LA1-1")).count(), 0);
}

#[test]
fn answer_lists_groups_and_panels_are_membership_sets() {
    let kept = load(&release());
    let edition = kept.edition();
    let rows = |set: &str| -> Vec<String> {
        let (set, _) = edition.membership_set(set).unwrap();
        let mut rows: Vec<_> = edition
            .member_rows(set)
            .map(|row| {
                let fields = row.fields().collect::<Vec<_>>().join("/");
                format!("{} {fields}", edition.code(row.concept()))
            })
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(rows("LL1-1"), ["LA1-1 1/Yes/y/1", "LA2-2 2/No/n/0"]);
    assert_eq!(rows("LL2-2"), ["LA1-1 1/Yes//"]);
    assert!(edition.membership_set("LL3-3").is_none());
    assert_eq!(rows("LG2-2"), ["10-1 ", "20-2 "]);
    assert_eq!(rows("30-3"), ["10-1 2/First/R/"]);
    assert_eq!(values(edition, "10-1", "answer-list"), ["LL1-1"]);
    assert_eq!(values(edition, "LL1-1", "answers-for"), ["10-1"]);
    assert_eq!(values(edition, "LL1-1", "Answer"), ["LA1-1", "LA2-2"]);
    assert_eq!(values(edition, "LA1-1", "AnswerList"), ["LL1-1", "LL2-2"]);
    assert_eq!(values(edition, "LA1-1", "ExtCode"), ["373066001"]);
}

#[test]
fn the_version_comes_from_options_then_names_then_the_newest_term() {
    let table = ("LoincTable/Loinc.csv", TERMS.as_bytes());
    let kept = load_files(&[table], &Options::default()).unwrap();
    assert_eq!(kept.edition().meta().version, "2.80");
    assert_eq!(kept.report.warning_count, 1);
    let named = ("Loinc_2.81/LoincTable/Loinc.csv", TERMS.as_bytes());
    assert_eq!(load_files(&[named], &Options::default()).unwrap().edition().meta().version, "2.81");
    let options = Options { version: Some("2.82".into()), ..Options::default() };
    assert_eq!(load_files(&[named], &options).unwrap().edition().meta().version, "2.82");
}

#[test]
fn a_release_that_cannot_be_right_is_refused_with_file_and_line() {
    let parts = ("Part.csv", PARTS.as_bytes());
    let message = |files: &[(&str, &[u8])]| {
        load_files(files, &Options::default()).err().map(|error| error.to_string()).unwrap()
    };
    assert!(message(&[parts]).contains("without Loinc.csv"));
    let twice = format!("{TERMS}\"10-1\"{}\n", ",\"x\"".repeat(17));
    assert!(
        message(&[("l.csv", twice.as_bytes())]).ends_with("line 6: LOINC_NUM 10-1 occurs twice")
    );
    let short = format!("{TERMS}\"40-4\",\"x\"\n");
    assert!(message(&[("l.csv", short.as_bytes())]).contains("line 6: 2 fields, expected 18"));
    let two = [("a/Loinc.csv", TERMS.as_bytes()), ("b/Loinc.csv", TERMS.as_bytes())];
    assert!(message(&two).contains("a second table of LOINC terms"));
}

#[test]
fn the_hl7_subset_holds_what_its_tables_hold() {
    let Some(path) = shared("data/loinc/hl7-tx-subset") else { return };
    let kept = load_paths(&[path], &Options::default()).unwrap();
    assert_eq!(kept.formats, ["loinc"]);
    let edition = kept.edition();
    for (name, count) in [
        ("terms", 322),
        ("parts", 147),
        ("part links", 574),
        ("hierarchy rows", 24),
        ("answers", 8),
        ("answers in lists", 8),
        ("answer lists", 3),
        ("answer list links", 8),
        ("consumer names", 311),
        ("terms in de-DE", 98),
        ("terms in de-AT", 49),
        ("terms deprecated", 7),
    ] {
        assert_eq!(kept.report.counts.get(name), Some(&count), "{name}");
    }
    assert_eq!(edition.meta().version, "2.79");
    assert_eq!(edition.inactive().len(), 7);
    assert_eq!(display(edition, "2821-7", "de"), "Kalium [Mol/Volumen] in Körperflüssigkeit");
    assert_eq!(display(edition, "77142-8", "de"), "Kalium /Serum,Plasma,Blut");
    assert_eq!(values(edition, "100041-3", "answer-list"), ["LL360-9"]);
    let bacteria = edition.descendants(at(edition, "LP14082-9"));
    assert!(bacteria.iter().any(|concept| edition.code(concept) == "595-9"));
}

#[test]
fn damaged_tables_never_panic() {
    endures_damage("Loinc.csv", TERMS, &Options::default());
}
