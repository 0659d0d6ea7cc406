//! Editions by the module that names them.

/// Canonical of SNOMED CT.
pub const URL: &str = "http://snomed.info/sct";

/// Modules that name an edition, and its name.
///
/// Source: SNOMED CT URI Standard and the editions of the members of SNOMED International.
const EDITIONS: [(u64, &str); 27] = [
    (900_000_000_000_207_008, "International Edition"),
    (11_000_221_109, "Argentine Edition"),
    (32_506_021_000_036_107, "Australian Edition"),
    (11_000_234_105, "Austrian Edition"),
    (11_000_172_109, "Belgian Edition"),
    (20_611_000_087_101, "Canadian Edition"),
    (20_621_000_087_109, "Canadian English Edition"),
    (554_471_000_005_108, "Danish Edition"),
    (11_000_181_102, "Estonian Edition"),
    (11_000_229_106, "Finnish Edition"),
    (11_000_315_107, "French Edition"),
    (11_000_274_103, "German Edition"),
    (1_121_000_189_102, "Indian Edition"),
    (827_022_005, "International Patient Summary"),
    (11_000_220_105, "Irish Edition"),
    (11_000_267_109, "Korean Edition"),
    (11_000_146_104, "Netherlands Edition"),
    (21_000_210_109, "New Zealand Edition"),
    (51_000_202_101, "Norwegian Edition"),
    (449_081_005, "Spanish Language Edition"),
    (900_000_001_000_122_104, "Edition of Spain"),
    (45_991_000_052_106, "Swedish Edition"),
    (2_011_000_195_101, "Swiss Edition"),
    (83_821_000_000_107, "United Kingdom Edition"),
    (999_000_021_000_000_109, "United Kingdom Clinical Edition"),
    (5_631_000_179_106, "Uruguayan Edition"),
    (731_000_124_108, "United States Edition"),
];

/// The name of the edition that `module` stands for, if it is a published one.
#[must_use]
pub fn edition_name(module: u64) -> Option<&'static str> {
    EDITIONS.iter().find(|(known, _)| *known == module).map(|(_, name)| *name)
}

/// The name of the edition that a version URI names; an extension that is no published edition
/// counts to the International Edition that it extends.
///
/// Source: SNOMED CT URI Standard, `http://snomed.info/sct/{module}/version/{date}`.
#[must_use]
pub fn edition_of_version(version: &str) -> &'static str {
    let path = version.split("snomed.info/").nth(1).unwrap_or_default();
    let module = path.split('/').nth(1).and_then(|module| module.parse().ok());
    module.and_then(edition_name).unwrap_or("International Edition")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_named_by_the_module_of_its_version() {
        for (version, expected) in [
            ("http://snomed.info/sct/900000000000207008/version/20250201", "International Edition"),
            ("http://snomed.info/sct/11000274103/version/20250515", "German Edition"),
            ("http://snomed.info/xsct/31000003106/version/20250909", "International Edition"),
            ("", "International Edition"),
        ] {
            assert_eq!(edition_of_version(version), expected, "{version}");
        }
    }
}
