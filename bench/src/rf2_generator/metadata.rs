//! Concepts that the release format and the concept model name by identifier.
//!
//! Identifiers and names are those of the SNOMED CT model component and of the top of its
//! hierarchies; everything below is invented.

/// A concept that is the same in every release.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    /// Its identifier.
    pub(super) id: u64,
    /// Its direct parent; 0 for the root.
    pub(super) parent: u64,
    /// Its preferred term.
    pub(super) term: &'static str,
    /// Its semantic tag.
    pub(super) tag: &'static str,
}

const fn fixed(id: u64, parent: u64, term: &'static str, tag: &'static str) -> Fixed {
    Fixed { id, parent, term, tag }
}

/// The root concept.
pub(super) const ROOT: u64 = 138_875_005;
/// |SNOMED CT core module|.
pub(super) const CORE: u64 = 900_000_000_000_207_008;
/// |SNOMED CT model component module|.
pub(super) const MODEL: u64 = 900_000_000_000_012_004;
/// The module of the ICD-10 map.
pub(super) const MAP_MODULE: u64 = 449_080_006;
/// The module of the German extension.
pub(super) const GERMAN_MODULE: u64 = 11_000_274_103;
/// The German language reference set of that extension.
pub(super) const GERMAN_REFSET: u64 = 31_000_274_107;
/// Namespace of the German extension.
pub(super) const GERMAN_NAMESPACE: u64 = 1_000_274;
/// |Is a|.
pub(super) const IS_A: u64 = 116_680_003;
/// |Fully specified name|.
pub(super) const FSN: u64 = 900_000_000_000_003_001;
/// |Synonym|.
pub(super) const SYNONYM: u64 = 900_000_000_000_013_009;
/// |Definition|.
pub(super) const DEFINITION: u64 = 900_000_000_000_550_004;
/// |Preferred|.
pub(super) const PREFERRED: u64 = 900_000_000_000_548_007;
/// |Acceptable|.
pub(super) const ACCEPTABLE: u64 = 900_000_000_000_549_004;
/// The language reference sets of the International Edition, en-US and en-GB.
pub(super) const ENGLISH_REFSETS: [u64; 2] = [900_000_000_000_509_007, 900_000_000_000_508_004];
/// |Inferred relationship|.
pub(super) const INFERRED: u64 = 900_000_000_000_011_006;
/// |Existential restriction modifier|.
pub(super) const EXISTENTIAL: u64 = 900_000_000_000_451_002;
/// |Necessary but not sufficient definition status| and |Sufficiently defined|.
pub(super) const DEFINITION_STATUS: [u64; 2] = [900_000_000_000_074_008, 900_000_000_000_073_002];
/// Case significance: |entire term case insensitive|, |initial character case insensitive|.
pub(super) const CASE: [u64; 2] = [900_000_000_000_448_009, 900_000_000_000_020_002];
/// |OWL axiom reference set|.
pub(super) const OWL_AXIOM: u64 = 733_073_007;
/// |Module dependency reference set|.
pub(super) const MODULE_DEPENDENCY: u64 = 900_000_000_000_534_007;
/// |ICD-10 complex map reference set|.
pub(super) const EXTENDED_MAP: u64 = 447_562_003;
/// |CTV3 simple map reference set|
pub(super) const CTV3_MAP: u64 = 900_000_000_000_497_000;
/// |ICD-O simple map reference set|
pub(super) const ICD_O_MAP: u64 = 446_608_001;
/// |MRCM domain international reference set|
pub(super) const MRCM_DOMAIN: u64 = 723_560_006;
/// |MRCM attribute domain international reference set|
pub(super) const MRCM_ATTRIBUTE_DOMAIN: u64 = 723_561_005;
/// |MRCM attribute range international reference set|
pub(super) const MRCM_ATTRIBUTE_RANGE: u64 = 723_562_003;
/// |MRCM module scope reference set|
pub(super) const MRCM_MODULE_SCOPE: u64 = 723_563_008;
/// |Mandatory concept model rule|
pub(super) const MANDATORY: u64 = 723_597_001;
/// |All SNOMED CT content|
pub(super) const ALL_CONTENT: u64 = 723_596_005;
/// Attribute value reference sets: inactivation of concepts and of descriptions.
pub(super) const INACTIVATION: [u64; 2] = [900_000_000_000_489_007, 900_000_000_000_490_003];
/// Historical associations with how often they are used, of 100.
pub(super) const ASSOCIATIONS: [(u64, usize); 5] = [
    (900_000_000_000_527_005, 38),
    (900_000_000_000_526_001, 22),
    (900_000_000_000_523_009, 28),
    (900_000_000_000_528_000, 8),
    (1_186_921_001, 4),
];
/// Reasons of inactivation.
pub(super) const REASONS: [u64; 5] = [
    900_000_000_000_482_003,
    900_000_000_000_484_002,
    900_000_000_000_483_008,
    900_000_000_000_485_001,
    900_000_000_000_492_006,
];

/// The model component and the tops of the hierarchies, parents before their children.
pub(super) const FIXED: [Fixed; 101] = [
    fixed(ROOT, 0, "SNOMED CT Concept", "SNOMED RT+CTV3"),
    fixed(900_000_000_000_441_003, ROOT, "SNOMED CT Model Component", "metadata"),
    fixed(
        900_000_000_000_442_005,
        900_000_000_000_441_003,
        "Core metadata concept",
        "core metadata concept",
    ),
    fixed(900_000_000_000_443_000, 900_000_000_000_442_005, "Module", "core metadata concept"),
    fixed(CORE, 900_000_000_000_443_000, "SNOMED CT core module", "core metadata concept"),
    fixed(
        MODEL,
        900_000_000_000_443_000,
        "SNOMED CT model component module",
        "core metadata concept",
    ),
    fixed(MAP_MODULE, 900_000_000_000_443_000, "ICD-10 mapping module", "core metadata concept"),
    fixed(
        900_000_000_000_444_006,
        900_000_000_000_442_005,
        "Definition status",
        "core metadata concept",
    ),
    fixed(900_000_000_000_074_008, 900_000_000_000_444_006, "Primitive", "core metadata concept"),
    fixed(
        900_000_000_000_073_002,
        900_000_000_000_444_006,
        "Sufficiently defined",
        "core metadata concept",
    ),
    fixed(
        900_000_000_000_446_008,
        900_000_000_000_442_005,
        "Description type",
        "core metadata concept",
    ),
    fixed(FSN, 900_000_000_000_446_008, "Fully specified name", "core metadata concept"),
    fixed(SYNONYM, 900_000_000_000_446_008, "Synonym", "core metadata concept"),
    fixed(DEFINITION, 900_000_000_000_446_008, "Definition", "core metadata concept"),
    fixed(
        900_000_000_000_447_004,
        900_000_000_000_442_005,
        "Case significance",
        "core metadata concept",
    ),
    fixed(
        900_000_000_000_448_009,
        900_000_000_000_447_004,
        "Case insensitive",
        "core metadata concept",
    ),
    fixed(
        900_000_000_000_020_002,
        900_000_000_000_447_004,
        "Initial character case insensitive",
        "core metadata concept",
    ),
    fixed(
        900_000_000_000_449_001,
        900_000_000_000_442_005,
        "Characteristic type",
        "core metadata concept",
    ),
    fixed(INFERRED, 900_000_000_000_449_001, "Inferred relationship", "core metadata concept"),
    fixed(900_000_000_000_450_001, 900_000_000_000_442_005, "Modifier", "core metadata concept"),
    fixed(
        EXISTENTIAL,
        900_000_000_000_450_001,
        "Existential restriction modifier",
        "core metadata concept",
    ),
    fixed(
        900_000_000_000_454_005,
        900_000_000_000_441_003,
        "Foundation metadata concept",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_455_006,
        900_000_000_000_454_005,
        "Reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_506_000,
        900_000_000_000_455_006,
        "Language type reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_509_007,
        900_000_000_000_506_000,
        "US English",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_508_004,
        900_000_000_000_506_000,
        "GB English",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_511_003,
        900_000_000_000_454_005,
        "Acceptability",
        "foundation metadata concept",
    ),
    fixed(PREFERRED, 900_000_000_000_511_003, "Preferred", "foundation metadata concept"),
    fixed(ACCEPTABLE, 900_000_000_000_511_003, "Acceptable", "foundation metadata concept"),
    fixed(
        OWL_AXIOM,
        900_000_000_000_455_006,
        "OWL axiom reference set",
        "foundation metadata concept",
    ),
    fixed(
        MODULE_DEPENDENCY,
        900_000_000_000_455_006,
        "Module dependency reference set",
        "foundation metadata concept",
    ),
    fixed(
        EXTENDED_MAP,
        900_000_000_000_455_006,
        "ICD-10 complex map reference set",
        "foundation metadata concept",
    ),
    fixed(
        CTV3_MAP,
        900_000_000_000_455_006,
        "CTV3 simple map reference set",
        "foundation metadata concept",
    ),
    fixed(
        ICD_O_MAP,
        900_000_000_000_455_006,
        "ICD-O simple map reference set",
        "foundation metadata concept",
    ),
    fixed(
        MRCM_DOMAIN,
        900_000_000_000_455_006,
        "MRCM domain international reference set",
        "foundation metadata concept",
    ),
    fixed(
        MRCM_ATTRIBUTE_DOMAIN,
        900_000_000_000_455_006,
        "MRCM attribute domain international reference set",
        "foundation metadata concept",
    ),
    fixed(
        MRCM_ATTRIBUTE_RANGE,
        900_000_000_000_455_006,
        "MRCM attribute range international reference set",
        "foundation metadata concept",
    ),
    fixed(
        MRCM_MODULE_SCOPE,
        900_000_000_000_455_006,
        "MRCM module scope reference set",
        "foundation metadata concept",
    ),
    fixed(
        723_573_005,
        900_000_000_000_454_005,
        "Concept model rule strength",
        "foundation metadata concept",
    ),
    fixed(MANDATORY, 723_573_005, "Mandatory concept model rule", "foundation metadata concept"),
    fixed(723_574_004, 900_000_000_000_454_005, "Content type", "foundation metadata concept"),
    fixed(ALL_CONTENT, 723_574_004, "All SNOMED CT content", "foundation metadata concept"),
    fixed(
        900_000_000_000_480_006,
        900_000_000_000_455_006,
        "Attribute value type reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_489_007,
        900_000_000_000_480_006,
        "Concept inactivation indicator reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_490_003,
        900_000_000_000_480_006,
        "Description inactivation indicator reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_481_005,
        900_000_000_000_454_005,
        "Concept inactivation value",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_482_003,
        900_000_000_000_481_005,
        "Duplicate component",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_484_002,
        900_000_000_000_481_005,
        "Ambiguous component",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_483_008,
        900_000_000_000_481_005,
        "Outdated component",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_485_001,
        900_000_000_000_481_005,
        "Erroneous component",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_492_006,
        900_000_000_000_481_005,
        "Pending move",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_522_004,
        900_000_000_000_455_006,
        "Historical association reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_527_005,
        900_000_000_000_522_004,
        "SAME AS association reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_526_001,
        900_000_000_000_522_004,
        "REPLACED BY association reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_523_009,
        900_000_000_000_522_004,
        "POSSIBLY EQUIVALENT TO association reference set",
        "foundation metadata concept",
    ),
    fixed(
        900_000_000_000_528_000,
        900_000_000_000_522_004,
        "WAS A association reference set",
        "foundation metadata concept",
    ),
    fixed(
        1_186_921_001,
        900_000_000_000_522_004,
        "POSSIBLY REPLACED BY association reference set",
        "foundation metadata concept",
    ),
    fixed(106_237_007, 900_000_000_000_441_003, "Linkage concept", "linkage concept"),
    fixed(246_061_005, 106_237_007, "Attribute", "attribute"),
    fixed(IS_A, 246_061_005, "Is a", "attribute"),
    fixed(410_662_002, 246_061_005, "Concept model attribute", "attribute"),
    fixed(762_705_008, 410_662_002, "Concept model object attribute", "attribute"),
    fixed(762_706_009, 410_662_002, "Concept model data attribute", "attribute"),
    fixed(363_698_007, 762_705_008, "Finding site", "attribute"),
    fixed(116_676_008, 762_705_008, "Associated morphology", "attribute"),
    fixed(246_075_003, 762_705_008, "Causative agent", "attribute"),
    fixed(263_502_005, 762_705_008, "Clinical course", "attribute"),
    fixed(246_112_005, 762_705_008, "Severity", "attribute"),
    fixed(42_752_001, 762_705_008, "Due to", "attribute"),
    fixed(363_714_003, 762_705_008, "Interprets", "attribute"),
    fixed(363_713_009, 762_705_008, "Has interpretation", "attribute"),
    fixed(260_686_004, 762_705_008, "Method", "attribute"),
    fixed(405_813_007, 762_705_008, "Procedure site - Direct", "attribute"),
    fixed(424_226_004, 762_705_008, "Using device", "attribute"),
    fixed(363_703_001, 762_705_008, "Has intent", "attribute"),
    fixed(246_090_004, 762_705_008, "Associated finding", "attribute"),
    fixed(408_729_009, 762_705_008, "Finding context", "attribute"),
    fixed(408_731_000, 762_705_008, "Temporal context", "attribute"),
    fixed(704_319_004, 762_705_008, "Inheres in", "attribute"),
    fixed(370_130_000, 762_705_008, "Property", "attribute"),
    fixed(762_949_000, 762_705_008, "Has precise active ingredient", "attribute"),
    fixed(411_116_001, 762_705_008, "Has manufactured dose form", "attribute"),
    fixed(732_945_000, 762_705_008, "Has presentation strength numerator unit", "attribute"),
    fixed(1_142_135_004, 762_706_009, "Has presentation strength numerator value", "attribute"),
    fixed(1_142_139_005, 762_706_009, "Count of base of active ingredient", "attribute"),
    fixed(609_096_000, 106_237_007, "Role group", "attribute"),
    fixed(404_684_003, ROOT, "Clinical finding", "finding"),
    fixed(64_572_001, 404_684_003, "Disease", "disorder"),
    fixed(71_388_002, ROOT, "Procedure", "procedure"),
    fixed(123_037_004, ROOT, "Body structure", "body structure"),
    fixed(49_755_003, 123_037_004, "Morphologically abnormal structure", "morphologic abnormality"),
    fixed(410_607_006, ROOT, "Organism", "organism"),
    fixed(105_590_001, ROOT, "Substance", "substance"),
    fixed(373_873_005, ROOT, "Pharmaceutical / biologic product", "product"),
    fixed(363_787_002, ROOT, "Observable entity", "observable entity"),
    fixed(243_796_009, ROOT, "Situation with explicit context", "situation"),
    fixed(272_379_006, ROOT, "Event", "event"),
    fixed(260_787_004, ROOT, "Physical object", "physical object"),
    fixed(362_981_000, ROOT, "Qualifier value", "qualifier value"),
    fixed(123_038_009, ROOT, "Specimen", "specimen"),
    fixed(370_115_009, ROOT, "Special concept", "special concept"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rf2_generator::sctid::is_valid;

    #[test]
    fn every_parent_comes_before_its_children_and_every_identifier_is_valid() {
        for (number, concept) in FIXED.iter().enumerate() {
            assert!(is_valid(concept.id), "{}", concept.id);
            let before = &FIXED[..number];
            assert!(!before.iter().any(|other| other.id == concept.id), "{}", concept.id);
            let known = concept.parent == 0 || before.iter().any(|c| c.id == concept.parent);
            assert!(known, "{}", concept.id);
        }
    }
}
