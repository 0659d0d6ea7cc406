//! Small releases with invented content, written in their publishers' formats.

use serde_json::{Value, json};

/// A CodeSystem with a property of every type, nesting, abstract and inactive concepts.
pub const ANIMALS: &str = include_str!("../fixtures/CodeSystem-animals.json");
/// Its second version: `unicorn` is new, `dog` has another display.
pub const ANIMALS_2: &str = include_str!("../fixtures/CodeSystem-animals-2.json");
/// Value sets over the animals: enumerated, imported, with exclusions, for a whole system.
pub const ANIMAL_VALUE_SETS: &str = include_str!("../fixtures/Bundle-animal-value-sets.json");
/// A map from animals to sounds with conditions, unmapped codes and every kind of relationship.
pub const ANIMAL_MAP: &str = include_str!("../fixtures/ConceptMap-animals-to-sounds.json");
/// A naming system.
pub const NAMING_SYSTEM: &str = include_str!("../fixtures/NamingSystem-animals.json");
/// A table of local codes with German texts, for searching.
pub const SYMPTOMS: &str = include_str!("../fixtures/symptoms.csv");

/// Canonical of [`ANIMALS`].
pub const ANIMALS_URL: &str = "http://begriff.test/CodeSystem/animals";

/// All FHIR fixtures, as files of one package.
pub fn animal_files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("CodeSystem-animals.json", ANIMALS),
        ("Bundle-animal-value-sets.json", ANIMAL_VALUE_SETS),
        ("ConceptMap-animals-to-sounds.json", ANIMAL_MAP),
        ("NamingSystem-animals.json", NAMING_SYSTEM),
    ]
}

/// A CodeSystem of `size` concepts, a tree with ten children per node; codes are `C0`, `C1`, ….
pub fn large_code_system(url: &str, size: usize) -> Value {
    let concepts: Vec<Value> = (0..size)
        .map(|number| {
            let mut concept = json!({ "code": format!("C{number}") });
            // Every hundredth concept has no display, as happens in published systems.
            if number % 100 != 99 {
                concept["display"] = json!(format!("Concept number {number}"));
            }
            if number > 0 {
                let parent = format!("C{}", (number - 1) / 10);
                concept["property"] = json!([{ "code": "parent", "valueCode": parent }]);
            }
            concept
        })
        .collect();
    json!({
        "resourceType": "CodeSystem", "id": "large", "url": url, "version": "1", "name": "Large",
        "status": "active", "content": "complete", "caseSensitive": true,
        "hierarchyMeaning": "is-a", "valueSet": format!("{url}/vs"),
        "property": [{
            "code": "parent", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code"
        }],
        "concept": concepts,
    })
}

const CORE: &str = "900000000000207008";
const FSN: &str = "900000000000003001";
const SYNONYM: &str = "900000000000013009";
const PREFERRED: &str = "900000000000548007";
const GERMAN_DIALECT: &str = "722130004";
const US_ENGLISH: &str = "900000000000509007";

/// A concept of a small RF2 release: code, English name, German name, parent.
type Row = (&'static str, &'static str, &'static str, &'static str);

const GERMAN_EDITION: [Row; 6] = [
    ("138875005", "SNOMED CT Concept", "SNOMED-CT-Konzept", ""),
    ("404684003", "Clinical finding", "Klinischer Befund", "138875005"),
    ("64572001", "Disease", "Krankheit", "404684003"),
    ("73211009", "Diabetes mellitus", "Zuckerkrankheit", "64572001"),
    ("44054006", "Diabetes mellitus type 2", "Diabetes mellitus Typ 2", "73211009"),
    ("46635009", "Diabetes mellitus type 1", "Diabetes mellitus Typ 1", "73211009"),
];

/// A release of SNOMED CT in RF2 with German terms: path and text of its files. `date` is
/// `YYYYMMDD`; all rows are of `module`.
pub fn german_snomed(module: &str, date: &str) -> Vec<(String, String)> {
    let mut concepts = vec!["id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId".to_owned()];
    let mut terms = vec![
        "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId"
            .to_owned(),
    ];
    let mut members = vec![
        "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId"
            .to_owned(),
    ];
    let mut relationships = vec![
        "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId"
            .to_owned(),
    ];
    let rows = GERMAN_EDITION.iter().copied().chain([
        ("116680003", "Is a", "Ist ein(e)", "138875005"),
        ("900000000000441003", "SNOMED CT Model Component", "Modellkomponente", "138875005"),
    ]);
    for (number, (code, english, german, parent)) in rows.enumerate() {
        concepts.push(format!("{code}\t{date}\t1\t{module}\t900000000000074008"));
        let wordings = [
            ("en", FSN, format!("{english} (concept)"), US_ENGLISH),
            ("en", SYNONYM, english.to_owned(), US_ENGLISH),
            ("de", SYNONYM, german.to_owned(), GERMAN_DIALECT),
        ];
        for (which, (language, kind, term, dialect)) in wordings.into_iter().enumerate() {
            let id = format!("{}{:02}010", 100 + number, which);
            terms.push(format!(
                "{id}\t{date}\t1\t{module}\t{code}\t{language}\t{kind}\t{term}\t900000000000448009"
            ));
            members.push(format!(
                "00000000-0000-4000-8000-{:012}\t{date}\t1\t{module}\t{dialect}\t{id}\t{PREFERRED}",
                number * 10 + which
            ));
        }
        if !parent.is_empty() {
            relationships.push(format!(
                "{}020\t{date}\t1\t{module}\t{code}\t{parent}\t0\t116680003\t900000000000011006\t900000000000451002",
                500 + number
            ));
        }
    }
    let tag = if module == CORE { "INT" } else { "DE1000274" };
    let file = |name: String, lines: Vec<String>| {
        (format!("Snapshot/{name}_{tag}_{date}.txt"), lines.join("\r\n") + "\r\n")
    };
    vec![
        file("Terminology/sct2_Concept_Snapshot".into(), concepts),
        file("Terminology/sct2_Description_Snapshot-en".into(), terms),
        file("Terminology/sct2_Relationship_Snapshot".into(), relationships),
        file("Refset/Language/der2_cRefset_LanguageSnapshot-en".into(), members),
    ]
}
