//! Identifiers that the release format itself gives a meaning to.
//!
//! Source: SNOMED CT Release File Specification; metadata hierarchy 900000000000441003
//! |SNOMED CT Model Component|.

/// |Is a|, the relationship that makes the hierarchy.
pub(super) const IS_A: u64 = 116_680_003;
/// |Fully specified name|, a description type.
pub(super) const FULLY_SPECIFIED_NAME: u64 = 900_000_000_000_003_001;
/// |Synonym|, a description type.
pub(super) const SYNONYM: u64 = 900_000_000_000_013_009;
/// |Definition|, the description type of text definitions.
pub(super) const DEFINITION: u64 = 900_000_000_000_550_004;
/// |Preferred|, an acceptability.
pub(super) const PREFERRED: u64 = 900_000_000_000_548_007;
/// |Acceptable|, an acceptability.
pub(super) const ACCEPTABLE: u64 = 900_000_000_000_549_004;
/// |Sufficiently defined by necessary conditions|, a definition status.
pub(super) const DEFINED: u64 = 900_000_000_000_073_002;
/// |Stated relationship|, a characteristic type; retired in favour of the OWL reference sets.
pub(super) const STATED: u64 = 900_000_000_000_010_007;
/// |Module dependency reference set|.
pub(super) const MODULE_DEPENDENCY: u64 = 900_000_000_000_534_007;
/// |Concept inactivation indicator attribute value reference set|.
pub(super) const INACTIVATION_INDICATOR: u64 = 900_000_000_000_489_007;
/// |OWL axiom reference set|.
pub(super) const OWL_AXIOM: u64 = 733_073_007;
/// |SNOMED CT core module|, which stands for the International Edition.
pub(super) const CORE_MODULE: u64 = 900_000_000_000_207_008;
/// |United States of America English language reference set|.
pub(super) const EN_US: u64 = 900_000_000_000_509_007;
/// |Great Britain English language reference set|.
pub(super) const EN_GB: u64 = 900_000_000_000_508_004;

/// Historical association reference sets and the properties their targets become: reference set,
/// property, what it says of the inactive concept.
pub(super) const ASSOCIATIONS: [(u64, &str, &str); 11] = [
    (900_000_000_000_523_009, "possiblyEquivalentTo", "One of several possible equivalents"),
    (900_000_000_000_524_003, "movedTo", "Namespace to which the concept was moved"),
    (900_000_000_000_525_002, "movedFrom", "Concept it was moved from"),
    (900_000_000_000_526_001, "replacedBy", "Concept that replaces it"),
    (900_000_000_000_527_005, "sameAs", "Concept with the same meaning"),
    (900_000_000_000_528_000, "wasA", "Parent it had before it was inactivated"),
    (900_000_000_000_529_008, "similarTo", "Concept with a similar meaning"),
    (900_000_000_000_530_003, "alternative", "Alternative for a classification concept"),
    (900_000_000_000_531_004, "refersTo", "Concept the inactive description belongs to"),
    (1_186_921_001, "possiblyReplacedBy", "One of several possible replacements"),
    (1_186_924_009, "partiallyEquivalentTo", "Part of the meaning of the concept"),
];

/// Language reference sets of published editions and the tags of the dialects they stand for.
///
/// Source: Expression Constraint Language specification, appendix C (dialect aliases), and the
/// national editions of Germany, Austria and Switzerland.
const DIALECTS: [(u64, &str); 30] = [
    (EN_US, "en-US"),
    (EN_GB, "en-GB"),
    (32_570_271_000_036_106, "en-AU"),
    (19_491_000_087_109, "en-CA"),
    (21_000_220_103, "en-IE"),
    (271_000_210_107, "en-NZ"),
    (722_130_004, "de"),
    (31_000_274_107, "de-DE"),
    (21_000_234_103, "de-AT"),
    (2_041_000_195_100, "de-CH"),
    (120_961_000_172_108, "de-BE"),
    (2_021_000_195_106, "fr-CH"),
    (2_031_000_195_108, "it-CH"),
    (722_131_000, "fr"),
    (21_000_172_104, "fr-BE"),
    (20_581_000_087_109, "fr-CA"),
    (10_031_000_315_102, "fr-FR"),
    (554_461_000_005_103, "da-DK"),
    (448_879_004, "es"),
    (450_828_004, "es-AR"),
    (5_641_000_179_103, "es-UY"),
    (71_000_181_105, "et-EE"),
    (722_129_009, "ja"),
    (21_000_267_104, "ko-KR"),
    (61_000_202_103, "nb-NO"),
    (91_000_202_106, "nn-NO"),
    (31_000_172_101, "nl-BE"),
    (31_000_146_106, "nl-NL"),
    (46_011_000_052_107, "sv-SE"),
    (722_128_001, "zh"),
];

/// The language tag of a language reference set. One that is not known gets a private tag on the
/// `language` of its descriptions, its identifier in groups of eight digits.
///
/// Source: Using SNOMED CT with FHIR, language reference sets (`en-x-sctlang-32570271-00003610-6`).
pub(super) fn dialect_tag(refset: u64, language: &str) -> String {
    if let Some((_, tag)) = DIALECTS.iter().find(|(known, _)| *known == refset) {
        return (*tag).to_owned();
    }
    let mut tag = format!("{language}-x-sctlang");
    for (position, digit) in refset.to_string().chars().enumerate() {
        if position % 8 == 0 {
            tag.push('-');
        }
        tag.push(digit);
    }
    tag
}

/// Whether an identifier carries the namespace of an extension (partition 10, 11, 12, …).
pub(super) fn has_namespace(sctid: u64) -> bool {
    (sctid / 100) % 10 == 1 && sctid >= 10_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_language_reference_set_gets_a_private_tag_in_groups_of_eight_digits() {
        for (refset, language, expected) in [
            (EN_US, "en", "en-US"),
            (31_000_274_107, "de", "de-DE"),
            (32_570_271_000_036_107, "en", "en-x-sctlang-32570271-00003610-7"),
            (999_001_261_000_000_100, "en", "en-x-sctlang-99900126-10000001-00"),
            (12_345_678, "fr", "fr-x-sctlang-12345678"),
        ] {
            assert_eq!(dialect_tag(refset, language), expected);
        }
    }

    #[test]
    fn extensions_are_known_by_their_partition() {
        assert!(has_namespace(11_000_274_103) && has_namespace(31_000_003_106));
        assert!(!has_namespace(CORE_MODULE) && !has_namespace(449_080_006));
    }
}
