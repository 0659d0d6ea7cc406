//! Vocabularies of OMOP that are code systems of FHIR, and the languages of synonyms.

/// Vocabulary and canonical URL of its code system.
///
/// Source: the canonical URLs are those of terminology.hl7.org and of the base profiles for
/// Germany. Only vocabularies whose codes in OMOP are written as in the code system are listed.
const CANONICALS: [(&str, &str); 18] = [
    ("ATC", "http://www.whocc.no/atc"),
    ("CPT4", "http://www.ama-assn.org/go/cpt"),
    ("CVX", "http://hl7.org/fhir/sid/cvx"),
    ("HCPCS", "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes"),
    ("ICD10", "http://hl7.org/fhir/sid/icd-10"),
    ("ICD10CM", "http://hl7.org/fhir/sid/icd-10-cm"),
    ("ICD10GM", "http://fhir.de/CodeSystem/bfarm/icd-10-gm"),
    ("ICD10PCS", "http://www.cms.gov/Medicare/Coding/ICD10"),
    ("ICD9CM", "http://hl7.org/fhir/sid/icd-9-cm"),
    ("ICD9Proc", "http://hl7.org/fhir/sid/icd-9-proc"),
    ("LOINC", "http://loinc.org"),
    ("MedDRA", "http://terminology.hl7.org/CodeSystem/mdr"),
    ("NDC", "http://hl7.org/fhir/sid/ndc"),
    ("NUCC", "http://nucc.org/provider-taxonomy"),
    ("OPS", "http://fhir.de/CodeSystem/bfarm/ops"),
    ("RxNorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    ("SNOMED", "http://snomed.info/sct"),
    ("UCUM", "http://unitsofmeasure.org"),
];

/// The canonical URL of a vocabulary's code system, if it is one of FHIR.
pub(super) fn canonical(vocabulary: &str) -> Option<&'static str> {
    CANONICALS.iter().find(|(id, _)| *id == vocabulary).map(|&(_, canonical)| canonical)
}

/// Number of the concept `English language`, in which nearly all synonyms are.
pub(super) const ENGLISH: u32 = 4_180_186;

/// The BCP 47 tag of a language by the name of its concept (`German language`).
pub(super) fn language(concept_name: &str) -> Option<&'static str> {
    Some(match concept_name.strip_suffix(" language")? {
        "Chinese" => "zh",
        "Czech" => "cs",
        "Danish" => "da",
        "Dutch" => "nl",
        "English" => "en",
        "Estonian" => "et",
        "Finnish" => "fi",
        "French" => "fr",
        "German" => "de",
        "Greek" => "el",
        "Hungarian" => "hu",
        "Italian" => "it",
        "Japanese" => "ja",
        "Korean" => "ko",
        "Norwegian" => "no",
        "Polish" => "pl",
        "Portuguese" => "pt",
        "Russian" => "ru",
        "Spanish" => "es",
        "Swedish" => "sv",
        "Turkish" => "tr",
        "Ukrainian" => "uk",
        _ => return None,
    })
}
