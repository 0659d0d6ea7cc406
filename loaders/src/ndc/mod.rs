//! The National Drug Code directory of the FDA in its text form: `product.txt` and `package.txt`.
//!
//! Products (`0002-0152`) and packages (`0002-0152-01`) are concepts. Each package is a concept
//! once more under its number of eleven digits without hyphens (`00002015201`), which is what
//! claims carry; `code-type` tells the three apart (`product`, `10-digit`, `11-digit`), and
//! `synonym` leads from one number of a package to the other.
//!
//! Displays and the names of properties are those that the terminology server of FHIR uses:
//! `Zepbound (product)` and `Zepbound, 1 VIAL in 1 CARTON (0002-0152-01) (package)`. The
//! description of the package alone, which "Using NDC with HL7 Standards" takes as display, is a
//! synonym. Products and packages that the FDA excludes (`NDC_EXCLUDE_FLAG` other than `Y` or `N`)
//! are inactive. There is no hierarchy; `product` leads from a package to its product.
//!
//! Text is UTF-8, and Windows-1252 in lines that are not, with a warning.

mod products;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use codesystems::model::{FilterDefinition, Identifier, PropertyId, Provenance, UseId};
use codesystems::{EditionBuilder, EditionMeta, PropertyKind};
use rustc_hash::FxHashMap;

use crate::archive::File;
use crate::delimited::{Layout, fields};
use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use products::Product;

/// Canonical URL of the national drug codes.
const NDC: &str = "http://hl7.org/fhir/sid/ndc";

/// A table of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Products,
    Packages,
}

/// Which table begins with `text`, by its header line.
fn kind(text: &str) -> Option<Kind> {
    let names: Vec<&str> = fields(text.lines().next()?, b'\t', false).collect();
    let has = |name: &&str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if ["PRODUCTNDC", "NDCPACKAGECODE", "PACKAGEDESCRIPTION"].iter().all(has) {
        return Some(Kind::Packages);
    }
    let product = ["PRODUCTNDC", "PROPRIETARYNAME", "NONPROPRIETARYNAME"].iter().all(has);
    product.then_some(Kind::Products)
}

/// Whether the file is a table of the directory; the key is the date in its path, if there is one.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    kind(probe.text)?;
    Some(date_in(&probe.file.path).unwrap_or_else(|| "ndc".into()))
}

/// A date in a path as `YYYYMMDD`, with or without hyphens there; the innermost one counts.
fn date_in(path: &str) -> Option<String> {
    path.split(['/', '\\', '!']).rev().find_map(|component| {
        let joined: String = component.chars().filter(|c| !matches!(c, '-' | '_')).collect();
        let mut runs = joined.split(|c: char| !c.is_ascii_digit());
        runs.find(|run| iso_date(run).is_some()).map(str::to_owned)
    })
}

/// `YYYYMMDD` as `YYYY-MM-DD`.
fn iso_date(digits: &str) -> Option<String> {
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
    let number = |text: &str| text.parse::<u32>().ok();
    let sound = digits.len() == 8
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (1900..2100).contains(&number(year)?)
        && (1..=12).contains(&number(month)?)
        && (1..=31).contains(&number(day)?);
    sound.then(|| format!("{year}-{month}-{day}"))
}

/// Reads a directory. The version is that of the options, else the date in the path.
///
/// # Errors
/// When `product.txt` is missing, a file has no header or cannot be read, or the version is said
/// nowhere.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let mut files: Vec<(Kind, &File)> = Vec::new();
    for file in &release.files {
        if let Some(kind) = kind(&String::from_utf8_lossy(&file.head(16 * 1024)?)) {
            files.push((kind, file));
        }
    }
    let all = |wanted| files.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, file)| *file);
    if all(Kind::Products).next().is_none() {
        let problem = "product.txt is missing, which holds the names; give the whole directory";
        return Err(Error::file(release.path(), problem));
    }
    if all(Kind::Packages).next().is_none() {
        let message = "package.txt is missing: there are products, but no packages";
        report.warn(release.path(), 0, message);
    }
    let mut loader = Loader::new(meta(release, options)?, options, report)?;
    loader.builder.provenance = Provenance {
        sources: release.sources.clone(),
        loader: "ndc".into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        built_at: String::new(),
    };
    for file in all(Kind::Products) {
        loader.products(file)?;
    }
    for file in all(Kind::Packages) {
        loader.packages(file)?;
    }
    loader.report.count("concepts", loader.builder.concept_count() as u64);
    loader.report.count("designations", loader.builder.designation_count() as u64);
    sink.edition(loader.builder)
}

/// What the readers of both tables share.
struct Loader<'r> {
    builder: EditionBuilder,
    layout: Layout,
    properties: Properties,
    description: UseId,
    /// Products by their code.
    products: FxHashMap<String, Rc<Product>>,
    report: &'r mut Report,
}

/// Properties, by the names that they have on the terminology server of FHIR.
#[derive(Debug, Clone, Copy)]
struct Properties {
    code_type: PropertyId,
    synonym: PropertyId,
    description: PropertyId,
    product: PropertyId,
    kind: PropertyId,
    active: PropertyId,
    trade_name: PropertyId,
    dose_form: PropertyId,
    route: PropertyId,
    company: PropertyId,
    category: PropertyId,
    generic: PropertyId,
    application: PropertyId,
    schedule: PropertyId,
    substance: PropertyId,
    class: PropertyId,
    start: PropertyId,
    end: PropertyId,
    sample: PropertyId,
}

impl Properties {
    fn new(builder: &mut EditionBuilder) -> Self {
        use PropertyKind::{Boolean, Code, DateTime, String};
        let mut property = |code, kind, words| builder.property_id(code, kind, words);
        Self {
            code_type: property("code-type", Code, "product, 10-digit or 11-digit"),
            synonym: property("synonym", Code, "Other number of the same package"),
            description: property("description", String, "Display, or what a package holds"),
            product: property("product", Code, "Product in the package"),
            kind: property("type", String, "Type of product"),
            active: property("active", Boolean, "Whether the FDA lists it without exclusion"),
            trade_name: property("trade-name", String, "Proprietary name"),
            dose_form: property("dose-form", String, "Dosage form"),
            route: property("route", String, "Route of administration"),
            company: property("company", String, "Labeler"),
            category: property("category", String, "Marketing category"),
            generic: property("generic", String, "Nonproprietary name"),
            application: property("application-number", String, "Number of the application"),
            schedule: property("dea-schedule", String, "Schedule of the DEA"),
            substance: property("substance", String, "Active substance"),
            class: property("pharm-class", String, "Pharmacological class"),
            start: property("start-marketing-date", DateTime, "Begin of marketing"),
            end: property("end-marketing-date", DateTime, "End of marketing"),
            sample: property("sample-package", Boolean, "Whether the package is a sample"),
        }
    }
}

impl<'r> Loader<'r> {
    fn new(meta: EditionMeta, options: &Options, report: &'r mut Report) -> Result<Self> {
        let mut builder = EditionBuilder::new(meta);
        let properties = Properties::new(&mut builder);
        let description = builder.designation_use(NDC, "PACKAGEDESCRIPTION", "Package description");
        let falls_back = options.encoding.is_none();
        let layout = Layout { falls_back, ..Layout::tabs(options)? };
        let products = FxHashMap::default();
        Ok(Self { builder, layout, properties, description, products, report })
    }
}

fn meta(release: &Release, options: &Options) -> Result<EditionMeta> {
    let found = Some(&release.key).filter(|key| iso_date(key).is_some()).cloned();
    let Some(version) = options.version.clone().or(found) else {
        let problem = "the directory does not name its date; give it as version \
                       (--version YYYYMMDD)";
        return Err(Error::file(release.path(), problem));
    };
    Ok(EditionMeta {
        name: "NDC".into(),
        title: options.title.clone().unwrap_or_else(|| "National Drug Code (NDC) Directory".into()),
        publisher: "U.S. Food and Drug Administration".into(),
        description: "Drug products and packages that are marketed in the United States".into(),
        date: iso_date(&version).unwrap_or_default(),
        language: "en".into(),
        case_sensitive: Some(true),
        compositional: Some(false),
        version_needed: Some(false),
        identifiers: vec![Identifier {
            system: "urn:ietf:rfc:3986".into(),
            value: "urn:oid:2.16.840.1.113883.6.69".into(),
        }],
        filters: vec![FilterDefinition {
            code: "code-type".into(),
            description: "Codes of a type".into(),
            operators: vec!["=".into()],
            value: "product | 10-digit | 11-digit".into(),
        }],
        ..EditionMeta::new(options.url.clone().unwrap_or_else(|| NDC.into()), version)
    })
}
