use super::products::eleven_digits;
use crate::Options;
use crate::test_sink::{
    Kept, at, codes, designations, display, endures_damage, load_files, load_paths, shared, values,
};

const PRODUCTS: &str = "PRODUCTID\tPRODUCTNDC\tPRODUCTTYPENAME\tPROPRIETARYNAME\tPROPRIETARYNAMESUFFIX\tNONPROPRIETARYNAME\tDOSAGEFORMNAME\tROUTENAME\tSTARTMARKETINGDATE\tENDMARKETINGDATE\tMARKETINGCATEGORYNAME\tAPPLICATIONNUMBER\tLABELERNAME\tSUBSTANCENAME\tACTIVE_NUMERATOR_STRENGTH\tACTIVE_INGRED_UNIT\tPHARM_CLASSES\tDEASCHEDULE\tNDC_EXCLUDE_FLAG\tLISTING_RECORD_CERTIFIED_THROUGH\r
0002-0213_a\t0002-0213\tHUMAN OTC DRUG\tHumulin\tR\tInsulin human\tINJECTION, SOLUTION\tPARENTERAL\t19830627\t20261215\tBLA\tBLA018780\tEli Lilly and Company\tINSULIN HUMAN\t100\t[iU]/mL\tInsulin [CS], Insulin [EPC]\t\tN\t\r
12345-678_b\t12345-678\tHUMAN PRESCRIPTION DRUG\tM\u{e9}dic\t\tsalt; sugar\tTABLET\tORAL; SUBLINGUAL\t2011\t\tANDA\tANDA1\tSomebody\tSALT; SUGAR\t1; 2\tmg; mg\t\tCII\tI\t20251231\r
12345-678_c\t12345-678\tHUMAN PRESCRIPTION DRUG\tAgain\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tN\t\r
";
const PACKAGES: &str = "PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION\tSTARTMARKETINGDATE\tENDMARKETINGDATE\tNDC_EXCLUDE_FLAG\tSAMPLE_PACKAGE\r
0002-0213_a\t0002-0213\t0002-0213-01\t1 VIAL in 1 CARTON (0002-0213-01)  / 3 mL in 1 VIAL\t20250501\t\tN\tY\r
12345-678_b\t12345-678\t12345-678-90\t90 TABLET in 1 BOTTLE\t20110101\t\tE\tN\r
99999-9999_c\t99999-9999\t99999-9999-9\tof an unknown product\t\t\tN\tN\r
too few\tfields\r
";

fn files() -> [(&'static str, &'static [u8]); 3] {
    [
        ("2025-07-11/product.txt", PRODUCTS.as_bytes()),
        ("2025-07-11/package.txt", PACKAGES.as_bytes()),
        ("2025-07-11/readme.txt", b"not a table"),
    ]
}

fn load() -> Kept {
    load_files(&files(), &Options::default()).unwrap()
}

#[test]
fn products_and_both_numbers_of_packages_are_concepts() {
    let kept = load();
    let edition = kept.edition();
    let package = "Humulin R, 1 VIAL in 1 CARTON (0002-0213-01) / 3 mL in 1 VIAL (package)";
    for (code, code_type, text) in [
        ("0002-0213", "product", "Humulin R (product)"),
        ("0002-0213-01", "10-digit", package),
        ("00002021301", "11-digit", package),
        ("12345-678", "product", "Médic (product)"),
        ("12345067890", "11-digit", "Médic, 90 TABLET in 1 BOTTLE (package)"),
        ("99999-9999-9", "10-digit", "of an unknown product (package)"),
    ] {
        assert_eq!(display(edition, code, "en"), text, "{code}");
        assert_eq!(values(edition, code, "code-type"), [code_type], "{code}");
    }
    let code_type = edition.property_id("code-type").unwrap();
    let products = edition.with_value(code_type, "product");
    assert_eq!(codes(edition, products.iter()), ["0002-0213", "12345-678"]);
    assert_eq!(edition.meta().url, "http://hl7.org/fhir/sid/ndc");
    assert_eq!(edition.meta().version, "20250711");
    assert_eq!(kept.report.counts["packages"], 3);
}

#[test]
fn properties_of_a_product_are_those_of_its_packages() {
    let kept = load();
    let edition = kept.edition();
    for (code, property, expected) in [
        ("0002-0213", "company", &["Eli Lilly and Company"][..]),
        ("0002-0213-01", "company", &["Eli Lilly and Company"]),
        ("00002021301", "trade-name", &["Humulin"]),
        ("00002021301", "synonym", &["0002-0213-01"]),
        ("0002-0213-01", "synonym", &["00002021301"]),
        ("0002-0213-01", "product", &["0002-0213"]),
        ("0002-0213-01", "sample-package", &["true"]),
        ("0002-0213", "pharm-class", &["Insulin [CS]", "Insulin [EPC]"]),
        ("0002-0213", "end-marketing-date", &["2026-12-15"]),
        ("12345-678", "route", &["ORAL", "SUBLINGUAL"]),
        ("12345-678", "substance", &["SALT", "SUGAR"]),
        ("12345-678", "dea-schedule", &["CII"]),
        ("12345-678", "start-marketing-date", &[]),
    ] {
        let mut found = values(edition, code, property);
        found.sort();
        assert_eq!(found, expected, "{code} {property}");
    }
    let described = "en/PACKAGEDESCRIPTION: 90 TABLET in 1 BOTTLE".to_owned();
    assert!(designations(edition, "12345-678-90").contains(&described));
}

#[test]
fn what_the_directory_excludes_is_inactive() {
    let kept = load();
    let edition = kept.edition();
    for (code, inactive) in [
        ("0002-0213", false),
        ("0002-0213-01", false),
        ("12345-678", true),
        ("12345-678-90", true),
        ("12345067890", true),
    ] {
        assert_eq!(edition.is_inactive(at(edition, code)), inactive, "{code}");
        assert_eq!(values(edition, code, "active"), [(!inactive).to_string()], "{code}");
    }
}

#[test]
fn the_eleven_digits_of_a_package_are_filled_up_part_by_part() {
    for (code, expected) in [
        ("0002-0213-01", Some("00002021301")),
        ("12345-678-90", Some("12345067890")),
        ("12345-6789-0", Some("12345678900")),
        ("12345-678", None),
        ("123456-678-90", None),
        ("1-2-3-4", None),
        ("--", None),
        ("ä-1-1", None),
    ] {
        assert_eq!(eleven_digits(code).as_deref(), expected, "{code}");
    }
}

#[test]
fn what_is_odd_is_reported_with_its_line_and_does_not_stop_the_load() {
    let kept = load();
    let said: Vec<(u64, &str)> = kept
        .report
        .warnings
        .iter()
        .map(|warning| (warning.line, warning.message.as_str()))
        .collect();
    for (line, part) in [
        (3, "'2011' is no date"),
        (4, "12345-678 occurs again"),
        (4, "product 99999-9999 of package 99999-9999-9 is not in product.txt"),
        (5, "2 fields, expected 8"),
    ] {
        assert!(said.iter().any(|(at, text)| *at == line && text.contains(part)), "{said:#?}");
    }
}

#[test]
fn lines_in_windows_1252_are_read_with_a_warning() {
    let products: Vec<u8> = encoding_rs::WINDOWS_1252.encode(PRODUCTS).0.into_owned();
    let files = [("20250711/product.txt", products.as_slice()), files()[1]];
    let files = [files[0], ("20250711/package.txt", files[1].1)];
    let kept = load_files(&files, &Options::default()).unwrap();
    assert_eq!(display(kept.edition(), "12345-678", "en"), "Médic (product)");
    assert!(kept.report.warnings.iter().any(|one| one.message.contains("Windows-1252")));
}

#[test]
fn a_directory_without_names_or_date_is_refused() {
    let [products, packages, _] = files();
    let message =
        |files: &[(&str, &[u8])]| load_files(files, &Options::default()).unwrap_err().to_string();
    assert!(message(&[packages]).contains("product.txt is missing"));
    assert!(message(&[("product.txt", products.1)]).contains("--version"));
    let options = Options { version: Some("20250712".into()), ..Options::default() };
    let kept = load_files(&[("product.txt", products.1)], &options).unwrap();
    assert_eq!(kept.edition().meta().date, "2025-07-12");
    assert!(kept.report.warnings[0].message.contains("package.txt is missing"));
}

#[test]
fn the_sample_of_the_directory_is_read_whole() {
    let Some(path) = shared("tx-ecosystem/tx-source/ndc/2025-07-11") else { return };
    let kept = load_paths(&[path], &Options::default()).unwrap();
    let edition = kept.edition();
    assert_eq!(
        (kept.formats.as_slice(), edition.meta().version.as_str()),
        (&["ndc"][..], "20250711")
    );
    assert_eq!((kept.report.counts["products"], kept.report.counts["packages"]), (72, 100));
    assert_eq!(kept.report.warning_count, 0, "{:#?}", kept.report.warnings);
    assert_eq!(display(edition, "0002-0152", "en"), "Zepbound (product)");
    assert_eq!(values(edition, "00002015201", "synonym"), ["0002-0152-01"]);
}

#[test]
fn damaged_tables_never_panic() {
    let options = Options { version: Some("20250711".into()), ..Options::default() };
    endures_damage("product.txt", PRODUCTS, &options);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn arbitrary_tables_are_read_or_refused(bytes: Vec<u8>, rows in "([0-9-]{0,12}\t?){0,30}\n") {
        let [products, packages, _] = files();
        let with = |text: &[u8]| [text, rows.as_bytes(), &bytes].concat();
        let (products, packages) = (with(products.1), with(packages.1));
        let files = [("20250711/product.txt", products.as_slice()), ("20250711/package.txt", &packages)];
        let _ = load_files(&files, &Options::default());
    }
}
