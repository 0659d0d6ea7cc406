//! The tests: what each asks, how large its pool is, and the best result published for it.
//!
//! The twenty with two letters and a number are those of tx-benchmark (the public repository
//! HealthSamurai/tx-benchmark, round 0 as of 2026-05-19, and the re-run of hades in
//! wardle/tx-benchmark). Published figures are requests per second on an Apple M3 with 8 cores.

/// A kind of request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Test {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Different requests in the pool as published.
    pub(crate) pool: usize,
    /// Best published requests per second, and by whom.
    pub(crate) best: Option<(f64, &'static str)>,
    /// Percent of the bare handler's requests that are aimed at.
    pub(crate) aim: u32,
}

const fn test(
    name: &'static str,
    about: &'static str,
    pool: usize,
    best: (f64, &'static str),
    aim: u32,
) -> Test {
    Test { name, about, pool, best: Some(best), aim }
}

const fn further(name: &'static str, about: &'static str, pool: usize, aim: u32) -> Test {
    Test { name, about, pool, best: None, aim }
}

/// All tests, in the order in which they run.
pub(crate) const TESTS: [Test; 25] = [
    test(
        "FS01",
        "value sets and code systems by url, and lists of them",
        1_800,
        (3_446.0, "termbox"),
        30,
    ),
    test("LK01", "$lookup, SNOMED CT", 2_000, (6_280.0, "termbox"), 70),
    test("LK02", "$lookup, LOINC", 2_000, (6_238.0, "termbox"), 70),
    test("LK03", "$lookup, small code systems, with version", 279, (11_685.0, "hades"), 70),
    test("LK04", "$lookup, RxNorm", 2_000, (8_014.0, "termbox"), 70),
    test("LK05", "$lookup of unknown codes", 2_000, (11_372.0, "hades"), 70),
    test("VC01", "$validate-code, all of SNOMED CT", 2_000, (7_540.0, "hades"), 70),
    test("VC02", "the same with a display", 2_000, (7_876.0, "hades"), 70),
    test("VC03", "$validate-code below ten roots, in and out", 1_831, (5_913.0, "termbox"), 70),
    test("EX01", "pages of hierarchies, 1 to 1,000 rows", 6_576, (927.0, "hades"), 50),
    test("EX02", "descendent-of, generalizes, some with a property", 256, (1_539.0, "hades"), 40),
    test("EX03", "text in all of SNOMED CT", 141, (773.0, "hades"), 30),
    test("EX04", "pages of large listed value sets, some with text", 116, (202.0, "termbox"), 30),
    test("EX05", "is-a with properties, two includes", 954, (1_006.0, "termbox"), 40),
    test("EX06", "RxNorm by term type and relationship", 39, (3_791.0, "fhirsmith"), 40),
    test("EX07", "text in two or three whole systems", 1_702, (547.0, "termbox"), 30),
    test("EX08", "is-a, property and text at once", 1_920, (4_214.0, "hades"), 30),
    test("SS01", "$subsumes", 775, (7_548.0, "hades"), 70),
    test("CM01", "$translate by REPLACED BY", 228, (6_507.0, "hades"), 70),
    test("CM02", "$translate by the maps of packages", 430, (7_321.0, "hades"), 70),
    further("CM03", "$translate of local codes by a loaded map of 50,000 rows", 2_000, 70),
    further("VC17", "CodeableConcept in a value set of all years of ICD-10-GM", 2_000, 30),
    further("DE01", "German text in ICD-10-GM, OPS, Alpha-ID and ORPHA at once", 2_000, 30),
    further("EC01", "expression constraint with one attribute, first 20", 2_000, 40),
    further("BA01", "batch of 100 $lookup", 20, 30),
];

/// The test called `name`.
pub(crate) fn named(name: &str) -> Option<Test> {
    TESTS.into_iter().find(|test| test.name == name)
}

/// Which requests a test is run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
pub(crate) enum Pool {
    /// As many different requests as published: 40 to 6,600.
    Published,
    /// So many different requests that no cache of answers holds them.
    Wide,
}

impl Pool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Wide => "wide",
        }
    }
}
