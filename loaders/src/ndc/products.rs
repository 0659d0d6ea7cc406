//! Products, packages, and the two numbers of a package.

use std::rc::Rc;

use codesystems::model::{ConceptId, DisplayRank, PropertyId};
use codesystems::{NewDesignation, PropertyValue};

use super::{Loader, iso_date};
use crate::Result;
use crate::archive::File;
use crate::delimited::{Row, Rows};

/// What packages say of their product.
#[derive(Debug, Default)]
pub(super) struct Product {
    /// Proprietary name with its suffix.
    name: String,
    trade_name: String,
    kind: String,
    dose_form: String,
    routes: String,
    company: String,
    category: String,
    generic: String,
}

/// Columns of `product.txt`; those that are missing read as empty.
struct Columns {
    code: usize,
    excluded: Option<usize>,
    start: Option<usize>,
    end: Option<usize>,
    named: [Option<usize>; 8],
    application: Option<usize>,
    schedule: Option<usize>,
    substances: Option<usize>,
    classes: Option<usize>,
}

impl Columns {
    fn of(rows: &Rows) -> Result<Self> {
        Ok(Self {
            code: rows.required("PRODUCTNDC")?,
            excluded: rows.column("NDC_EXCLUDE_FLAG"),
            start: rows.column("STARTMARKETINGDATE"),
            end: rows.column("ENDMARKETINGDATE"),
            named: [
                "PROPRIETARYNAME",
                "PROPRIETARYNAMESUFFIX",
                "PRODUCTTYPENAME",
                "DOSAGEFORMNAME",
                "ROUTENAME",
                "LABELERNAME",
                "MARKETINGCATEGORYNAME",
                "NONPROPRIETARYNAME",
            ]
            .map(|name| rows.column(name)),
            application: rows.column("APPLICATIONNUMBER"),
            schedule: rows.column("DEASCHEDULE"),
            substances: rows.column("SUBSTANCENAME"),
            classes: rows.column("PHARM_CLASSES"),
        })
    }

    fn product(&self, row: Row<'_>) -> Product {
        let [trade_name, suffix, kind, dose_form, routes, company, category, generic] =
            self.named.map(|column| row.get(column));
        Product {
            name: collapsed(&format!("{trade_name} {suffix}")),
            trade_name: trade_name.into(),
            kind: kind.into(),
            dose_form: dose_form.into(),
            routes: routes.into(),
            company: company.into(),
            category: category.into(),
            generic: generic.into(),
        }
    }
}

/// The eleven digits of a package: labeler, product and package filled up to 5, 4 and 2 with
/// zeros. None when the code is not of that shape.
pub(super) fn eleven_digits(code: &str) -> Option<String> {
    let mut parts = code.split('-');
    let (labeler, product, package) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = |part: &str, width: usize| !part.is_empty() && part.len() <= width;
    let fits = fits(labeler, 5) && fits(product, 4) && fits(package, 2) && parts.next().is_none();
    let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (fits && plain).then(|| format!("{labeler:0>5}{product:0>4}{package:0>2}"))
}

/// `text` with every run of blanks as one.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a value of `NDC_EXCLUDE_FLAG` leaves a code in the directory. `Y` and `N` are both
/// listed; `E`, `U` and `I` mark what the FDA takes out, expired, or inactivated.
fn is_listed(flag: &str) -> bool {
    matches!(flag, "" | "Y" | "N")
}

impl Loader<'_> {
    /// `product.txt`.
    pub(super) fn products(&mut self, file: &File) -> Result<()> {
        let mut rows = Rows::with_header(file, self.layout)?;
        let columns = Columns::of(&rows)?;
        while let Some(row) = rows.next_sound(self.report)? {
            let code = row.at(columns.code);
            if !self.is_new(code, file, row.line) {
                continue;
            }
            let concept = self.builder.concept(code);
            let product = columns.product(row);
            let display = collapsed(&format!("{} (product)", product.name));
            self.builder.display(concept, "en", &display);
            let properties = self.properties;
            self.set(concept, properties.code_type, PropertyValue::Code("product"));
            self.text(concept, properties.description, &display);
            self.common(concept, &product, is_listed(row.get(columns.excluded)));
            self.text(concept, properties.application, row.get(columns.application));
            self.text(concept, properties.schedule, row.get(columns.schedule));
            for substance in row.get(columns.substances).split(';') {
                self.text(concept, properties.substance, substance.trim());
            }
            for class in row.get(columns.classes).split_inclusive(']') {
                let class = class.trim_start_matches([',', ' ']).trim();
                self.text(concept, properties.class, class);
            }
            let line = row.line;
            self.date(concept, properties.start, row.get(columns.start), (file, line));
            self.date(concept, properties.end, row.get(columns.end), (file, line));
            self.products.insert(code.to_owned(), Rc::new(product));
            self.report.count("products", 1);
        }
        rows.close(self.report);
        Ok(())
    }

    /// `package.txt`.
    pub(super) fn packages(&mut self, file: &File) -> Result<()> {
        let mut rows = Rows::with_header(file, self.layout)?;
        let (code, product) = (rows.required("NDCPACKAGECODE")?, rows.required("PRODUCTNDC")?);
        let description = rows.required("PACKAGEDESCRIPTION")?;
        let excluded = rows.column("NDC_EXCLUDE_FLAG");
        let sample = rows.column("SAMPLE_PACKAGE");
        let dates = [rows.column("STARTMARKETINGDATE"), rows.column("ENDMARKETINGDATE")];
        while let Some(row) = rows.next_sound(self.report)? {
            let (code, product, line) = (row.at(code), row.at(product), row.line);
            if !self.is_new(code, file, line) {
                continue;
            }
            let eleven = eleven_digits(code).filter(|eleven| self.builder.find(eleven).is_none());
            if eleven.is_none() {
                let message = format!("{code} has no number of eleven digits of its own");
                self.report.warn(&file.path, line, message);
            }
            if !self.products.contains_key(product) {
                let message = format!("product {product} of package {code} is not in product.txt");
                self.report.warn(&file.path, line, message);
            }
            let package = Package {
                product,
                description: row.at(description),
                listed: is_listed(row.get(excluded)),
                sample: row.get(sample),
                dates: dates.map(|column| row.get(column)),
            };
            let place = (file, line);
            self.package(code, "10-digit", eleven.as_deref(), &package, place);
            if let Some(eleven) = &eleven {
                self.package(eleven, "11-digit", Some(code), &package, place);
            }
            self.report.count("packages", 1);
        }
        rows.close(self.report);
        Ok(())
    }

    /// Whether `code` is one that no row before had; the others are skipped.
    fn is_new(&mut self, code: &str, file: &File, line: u64) -> bool {
        let problem = match code {
            "" => "a row without a code was skipped".to_owned(),
            _ if self.builder.find(code).is_some() => {
                format!("{code} occurs again; the row was skipped")
            }
            _ => return true,
        };
        self.report.count("rows skipped: no code, or one that occurs again", 1);
        self.report.warn(&file.path, line, problem);
        false
    }

    fn package(
        &mut self,
        code: &str,
        code_type: &str,
        other: Option<&str>,
        package: &Package<'_>,
        place: (&File, u64),
    ) {
        let properties = self.properties;
        let concept = self.builder.concept(code);
        let product = self.products.get(package.product).map(Rc::clone).unwrap_or_default();
        let description = collapsed(package.description);
        let parts = [product.name.as_str(), description.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let display = format!("{} (package)", parts.join(", "));
        self.builder.display(concept, "en", &display);
        let synonym =
            NewDesignation::new("en", self.description, &description, DisplayRank::Synonym);
        self.builder.designation(concept, &synonym);
        self.set(concept, properties.code_type, PropertyValue::Code(code_type));
        if let Some(other) = other {
            self.set(concept, properties.synonym, PropertyValue::Code(other));
        }
        self.text(concept, properties.description, &display);
        self.common(concept, &product, package.listed);
        if !package.product.is_empty() {
            self.set(concept, properties.product, PropertyValue::Code(package.product));
        }
        if let "Y" | "N" = package.sample {
            let value = PropertyValue::Boolean(package.sample == "Y");
            self.set(concept, properties.sample, value);
        }
        let [start, end] = package.dates;
        self.date(concept, properties.start, start, place);
        self.date(concept, properties.end, end, place);
    }

    /// What products and packages both say.
    fn common(&mut self, concept: ConceptId, product: &Product, listed: bool) {
        let properties = self.properties;
        self.builder.set_inactive(concept, !listed);
        self.set(concept, properties.active, PropertyValue::Boolean(listed));
        for (property, text) in [
            (properties.kind, &product.kind),
            (properties.trade_name, &product.trade_name),
            (properties.dose_form, &product.dose_form),
            (properties.company, &product.company),
            (properties.category, &product.category),
            (properties.generic, &product.generic),
        ] {
            self.text(concept, property, text);
        }
        for route in product.routes.split(';') {
            self.text(concept, properties.route, route.trim());
        }
    }

    fn set(&mut self, concept: ConceptId, property: PropertyId, value: PropertyValue<'_>) {
        self.builder.property(concept, property, value, 0);
    }

    /// Sets a text that is not empty.
    fn text(&mut self, concept: ConceptId, property: PropertyId, text: &str) {
        if !text.is_empty() {
            self.set(concept, property, PropertyValue::String(text));
        }
    }

    fn date(
        &mut self,
        concept: ConceptId,
        property: PropertyId,
        text: &str,
        (file, line): (&File, u64),
    ) {
        match iso_date(text) {
            Some(date) => self.set(concept, property, PropertyValue::DateTime(&date)),
            None if text.is_empty() => {}
            None => {
                let message = format!("'{text}' is no date of the form YYYYMMDD; left out");
                self.report.warn(&file.path, line, message);
            }
        }
    }
}

/// A row of `package.txt`.
struct Package<'a> {
    product: &'a str,
    description: &'a str,
    listed: bool,
    sample: &'a str,
    dates: [&'a str; 2],
}
