//! What Orphanet's internal numbers mean: codes that do not depend on the language of a file.
//!
//! Every controlled value carries an id (`<DisorderType id="21394">`) beside a name in the language
//! of the file; in 2019 a German name stood for two ids. Only the id is compared.

use valuesets::conceptmap::Relationship;

/// The typology of an entity (`DisorderType/@id`).
pub(super) fn disorder_type(id: &str) -> Option<&'static str> {
    Some(match id {
        "36561" => "category",
        "21436" => "clinical-group",
        "21394" => "disease",
        "21401" => "malformation-syndrome",
        "21408" => "biological-anomaly",
        "21415" => "morphological-anomaly",
        "21422" => "clinical-syndrome",
        "21429" => "particular-clinical-situation",
        "21443" => "etiological-subtype",
        "21450" => "clinical-subtype",
        "21457" => "histopathological-subtype",
        _ => return None,
    })
}

/// Entities that group others.
pub(super) const GROUP: &str = "group-of-disorders";
/// Disorders: the level Orphanet counts.
pub(super) const DISORDER: &str = "disorder";
/// Subtypes of disorders.
pub(super) const SUBTYPE: &str = "subtype-of-disorder";

/// The classification level of an entity (`DisorderGroup/@id`, `ClassificationLevel/@id`).
pub(super) fn level(id: &str) -> Option<&'static str> {
    Some(match id {
        "36540" => GROUP,
        "36547" => DISORDER,
        "36554" => SUBTYPE,
        _ => return None,
    })
}

/// The classification level that goes with a typology, for files that give the typology alone
/// (product 3). It agrees with the given level for all 9,960 entities of December 2025.
pub(super) fn level_of_type(id: &str) -> Option<&'static str> {
    Some(match id {
        "36561" | "21436" => GROUP,
        "21443" | "21450" | "21457" => SUBTYPE,
        "21394" | "21401" | "21408" | "21415" | "21422" | "21429" => DISORDER,
        _ => return None,
    })
}

/// How an entity is connected with another (`DisorderDisorderAssociationType/@id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Association {
    /// Merged into the other ("Moved to").
    MovedTo,
    /// Obsolete, the other is offered instead ("Referred to").
    ReferredTo,
    /// Head of the classification the entity is counted in ("Preferential parent").
    PreferentialParent,
}

impl Association {
    /// By id, or by English name where the id is not known.
    pub(super) fn from_id(id: &str, name: &str) -> Option<Self> {
        match (id, name) {
            ("21471", _) | (_, "Moved to") => Some(Self::MovedTo),
            ("27341", _) | (_, "Referred to") => Some(Self::ReferredTo),
            ("21485", _) | (_, "Preferential parent") => Some(Self::PreferentialParent),
            _ => None,
        }
    }

    /// The property that keeps it.
    pub(super) fn property(self) -> (&'static str, &'static str) {
        match self {
            Self::MovedTo => ("moved-to", "Active entity that this entity was merged into"),
            Self::ReferredTo => {
                ("referred-to", "Active entity to look at instead of this obsolete one")
            }
            Self::PreferentialParent => (
                "preferential-parent",
                "Head of the classification under which the entity is counted (linearisation)",
            ),
        }
    }
}

/// Bit of a disorder's flag that says "inactive".
pub(super) const INACTIVE: u32 = 8192;

/// The status that the bits of a flag and the associations of an entity say, `None` when active.
///
/// Values in use: 1, 129, 513 active; 8449 deprecated; 8208 and 9216 obsolete; 8225 not rare in
/// Europe (Orphanet nomenclature pack, `FlagValue`).
pub(super) fn inactive_status(
    flag: Option<u32>,
    associations: impl IntoIterator<Item = Association>,
) -> Option<&'static str> {
    let by_association = associations.into_iter().find_map(|association| match association {
        Association::MovedTo => Some("deprecated"),
        Association::ReferredTo => Some("obsolete"),
        Association::PreferentialParent => None,
    });
    let flag = flag.unwrap_or_default();
    if flag & INACTIVE == 0 {
        return by_association;
    }
    Some(match flag {
        flag if flag & 256 != 0 => "deprecated",
        flag if flag & 32 != 0 => "non-rare-in-europe",
        flag if flag & (16 | 1024) != 0 => "obsolete",
        _ => by_association.unwrap_or("inactive"),
    })
}

/// The short name of a mapping relation, from its id or from the part of its name before the
/// explanation in brackets, which is the same in all languages.
pub(super) fn mapping_relation<'a>(id: &'a str, name: &'a str) -> &'a str {
    match id {
        "21527" => "E",
        "21534" => "NTBT",
        "21541" => "BTNT",
        "21548" => "ND",
        _ => name.split([' ', '(']).next().unwrap_or_default(),
    }
}

/// What a mapping relation says; source is the ORPHAcode, target the other code.
///
/// - `E`: equivalent.
/// - `NTBT`, `NTBT/E`: the ORPHAcode is the narrower term, so the target is wider.
/// - `BTNT`, `BTNT/E`: the ORPHAcode is the broader term, so the target is narrower.
/// - `W` ("wrong mapping: the two concepts are different"): not related.
/// - `ND` ("not yet decided"), `WTE` and anything unknown: related in a way that is not said. The
///   published short name is kept as a property of the mapping.
pub(super) fn relationship(relation: &str) -> Relationship {
    match relation {
        "E" => Relationship::Equivalent,
        "NTBT" | "NTBT/E" => Relationship::SourceIsNarrower,
        "BTNT" | "BTNT/E" => Relationship::SourceIsBroader,
        "W" => Relationship::NotRelatedTo,
        _ => Relationship::RelatedTo,
    }
}

/// How a code of ICD-10 or ICD-11 stands for an entity (`DisorderMappingICDRelation`).
pub(super) fn icd_relation(id: &str) -> Option<&'static str> {
    Some(match id {
        "21597" => "index-term",
        "21604" => "attributed-code",
        _ => return None,
    })
}

/// Whether a mapping was validated (`DisorderMappingValidationStatus`).
pub(super) fn validation(id: &str) -> Option<&'static str> {
    (id == "21611").then_some("validated")
}

/// A code made from a name: the part before a bracket in lower case, anything but letters and
/// digits as `-`.
pub(super) fn slug(name: &str) -> String {
    let name = name.split('(').next().unwrap_or_default().trim();
    let mut code = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => code.push(character),
            'ä' => code.push_str("ae"),
            'ö' => code.push_str("oe"),
            'ü' => code.push_str("ue"),
            'ß' => code.push_str("ss"),
            _ if code.ends_with('-') || code.is_empty() => {}
            _ => code.push('-'),
        }
    }
    code.trim_end_matches('-').to_owned()
}

/// A terminology that entities are mapped to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// `ExternalReference/Source`.
    pub(super) source: &'static str,
    /// Last part of the canonical URL of the map.
    pub(super) key: &'static str,
    /// Name in map titles.
    pub(super) name: &'static str,
    /// Canonical of the target system, as hl7.terminology 7.3 has it in its NamingSystems (OMIM,
    /// which has none there, as HL7 genomics reporting uses it).
    pub(super) system: &'static str,
    /// What codes begin with where the files leave it out.
    pub(super) prefix: &'static str,
}

/// The terminologies that maps are made for.
pub(super) const TARGETS: [Target; 8] = [
    target("ICD-10", "icd10", "ICD-10", "http://hl7.org/fhir/sid/icd-10", ""),
    target("ICD-11", "icd11", "ICD-11 MMS", "http://id.who.int/icd/release/11/mms", ""),
    target("OMIM", "omim", "OMIM", "http://www.omim.org", ""),
    target("UMLS", "umls", "UMLS", "http://terminology.hl7.org/CodeSystem/umls", ""),
    target("MeSH", "mesh", "MeSH", "https://www.nlm.nih.gov/mesh", ""),
    target("MedDRA", "meddra", "MedDRA", "https://www.meddra.org", ""),
    target("MONDO", "mondo", "Mondo", "http://purl.obolibrary.org/obo/mondo.owl", "MONDO:"),
    target("SNOMED CT", "snomed", "SNOMED CT", "http://snomed.info/sct", ""),
];

const fn target(
    source: &'static str,
    key: &'static str,
    name: &'static str,
    system: &'static str,
    prefix: &'static str,
) -> Target {
    Target { source, key, name, system, prefix }
}

impl Target {
    /// The terminology that files call `source`.
    pub(super) fn of(source: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| {
            let mut known = target.source.chars().filter(|c| c.is_ascii_alphanumeric());
            let mut given = source.chars().filter(|c| c.is_ascii_alphanumeric());
            loop {
                match (known.next(), given.next()) {
                    (None, None) => return true,
                    (Some(a), Some(b)) if a.eq_ignore_ascii_case(&b) => {}
                    _ => return false,
                }
            }
        })
    }

    /// The code as the target system writes it: with its prefix, without dagger, asterisk and
    /// exclamation mark.
    pub(super) fn code(&self, reference: &str) -> String {
        let code = reference.trim_end_matches(['*', '+', '†', '!', ' ']);
        match code.starts_with(self.prefix) {
            true => code.to_owned(),
            false => format!("{}{code}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_associations_say_why_an_entity_is_inactive() {
        let moved = [Association::MovedTo];
        for (flag, associations, expected) in [
            (Some(1), &[][..], None),
            (Some(129), &[], None),
            (Some(513), &[Association::PreferentialParent], None),
            (None, &[], None),
            (Some(8449), &moved, Some("deprecated")),
            (Some(8208), &[], Some("obsolete")),
            (Some(9216), &[Association::ReferredTo], Some("obsolete")),
            (Some(8225), &[], Some("non-rare-in-europe")),
            (Some(8192), &moved, Some("deprecated")),
            (Some(8192), &[], Some("inactive")),
            (None, &moved, Some("deprecated")),
        ] {
            assert_eq!(inactive_status(flag, associations.iter().copied()), expected, "{flag:?}");
        }
    }

    #[test]
    fn a_narrower_orphacode_has_a_wider_target() {
        for (name, r4) in [
            ("E (Exact mapping)", "equivalent"),
            ("NTBT (ORPHAcode is narrower)", "wider"),
            ("NTBT/E (exact synonym)", "wider"),
            ("BTNT (ORPHAcode is broader)", "narrower"),
            ("ND (not yet decided)", "relatedto"),
            ("W (Wrong mapping)", "disjoint"),
            ("", "relatedto"),
        ] {
            assert_eq!(relationship(mapping_relation("", name)).r4(), r4, "{name}");
        }
        assert_eq!(mapping_relation("21534", "irgendwas"), "NTBT");
    }

    #[test]
    fn sources_are_known_however_they_are_spelt() {
        for (source, key) in [("ICD-10", "icd10"), ("MESH", "mesh"), ("SNOMED-CT", "snomed")] {
            assert_eq!(Target::of(source).map(|target| target.key), Some(key));
        }
        assert!(Target::of("ICD-1").is_none());
        let mondo = Target::of("MONDO").expect("a known source");
        assert_eq!(mondo.code("0011778"), "MONDO:0011778");
        assert_eq!(mondo.code("MONDO:0011778"), "MONDO:0011778");
        assert_eq!(Target::of("ICD-10").expect("a known source").code("G63.2*"), "G63.2");
    }

    #[test]
    fn a_slug_is_the_name_before_its_explanation() {
        assert_eq!(slug("Attributed code (ICD-10: assigned)"), "attributed-code");
        assert_eq!(slug("Ätiologischer  Subtyp"), "aetiologischer-subtyp");
    }
}
