//! Code systems that every server has without a file to load: editions made from tables that are
//! part of the program, once per process.
//!
//! Sources of the tables: `codesystems/tables/README.md`; the units of UCUM are those of the crate
//! `octofhir-ucum`.

use std::sync::{Arc, OnceLock};

use super::table::{COUNTRIES, CURRENCIES, LANGUAGES, STATES, SUBDIVISIONS};
use crate::model::{
    DisplayRank, Identifier, NewDesignation, PropertyKind, PropertyValue, Provenance,
};
use crate::{Edition, EditionBuilder, EditionMeta, Result};

/// First sentence of the UCUM Copyright Notice and License 1.1, and the notices that its section
/// 3(b) asks for wherever the table is passed on.
pub const UCUM_NOTICE: &str = "The Unified Code for Units of Measure (UCUM), also known as the “UCUM \
    Specification,” is copyright ©1999-2024, Regenstrief Institute, Inc. All rights reserved. \
    UCUM is used under the UCUM Copyright Notice and License \
    (https://ucum.org/license), which includes a disclaimer of warranties.";

/// Copyright and permission notice of the Unicode License V3, which has to appear in the
/// documentation of what is made from the data.
const UNICODE_NOTICE: &str = "Names of languages, countries and currencies: Unicode CLDR, \
    Copyright © 2004-2026 Unicode, Inc. Permission is hereby granted, free of charge, to any person \
    obtaining a copy of data files and any associated documentation (the \"Data Files\") or \
    software and any associated documentation (the \"Software\") to deal in the Data Files or \
    Software without restriction, provided that this copyright and permission notice appears in \
    associated documentation. The Data Files are provided \"as is\", without warranty of any kind \
    (Unicode License V3, https://www.unicode.org/license.txt).";

/// The editions, in the order of their canonicals; none that cannot be made.
#[must_use]
pub fn editions() -> &'static [Arc<Edition>] {
    static EDITIONS: OnceLock<Vec<Arc<Edition>>> = OnceLock::new();
    EDITIONS.get_or_init(|| {
        let made = [hgvs, ucum, states, mime, languages, countries, subdivisions, currencies];
        made.into_iter().filter_map(|make| finish(make()).ok().map(Arc::new)).collect()
    })
}

fn finish(mut builder: EditionBuilder) -> Result<Edition> {
    builder.provenance = Provenance {
        loader: "built-in".into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        ..Provenance::default()
    };
    Edition::from_bytes(builder.finish()?.into())
}

/// Metadata of a code system: canonical and version, name, title, publisher.
fn meta(canonical: (&str, &str), name: &str, title: &str, publisher: &str) -> EditionMeta {
    EditionMeta {
        name: name.into(),
        title: title.into(),
        publisher: publisher.into(),
        language: "en".into(),
        case_sensitive: Some(true),
        compositional: Some(false),
        version_needed: Some(false),
        ..EditionMeta::new(canonical.0, canonical.1)
    }
}

fn oid(value: &str) -> Vec<Identifier> {
    vec![Identifier { system: "urn:ietf:rfc:3986".into(), value: format!("urn:oid:{value}") }]
}

fn unicode(meta: EditionMeta) -> EditionMeta {
    EditionMeta { copyright: UNICODE_NOTICE.into(), notices: vec![UNICODE_NOTICE.into()], ..meta }
}

/// A concept with its names in English and German; an empty name is none.
fn concept(
    builder: &mut EditionBuilder,
    code: &str,
    english: &str,
    german: &str,
) -> crate::model::ConceptId {
    let concept = builder.concept(code);
    builder.display(concept, "en", english);
    if !german.is_empty() {
        builder.display(concept, "de", german);
    }
    concept
}

fn hgvs() -> EditionBuilder {
    EditionBuilder::new(EditionMeta {
        content: "not-present".into(),
        compositional: Some(true),
        description: "Variants of sequences. Their outline is checked, not whether they fit the \
                      sequence; they cannot be listed."
            .into(),
        identifiers: oid("2.16.840.1.113883.6.282"),
        ..meta(
            ("http://varnomen.hgvs.org", ""),
            "HGVS",
            "HGVS Nomenclature",
            "HGVS Variant Nomenclature Committee",
        )
    })
}

fn mime() -> EditionBuilder {
    EditionBuilder::new(EditionMeta {
        content: "not-present".into(),
        compositional: Some(true),
        case_sensitive: Some(false),
        description: "Media types by their syntax (RFC 6838), registered or not.".into(),
        value_set: "http://hl7.org/fhir/ValueSet/mimetypes".into(),
        identifiers: oid("2.16.840.1.113883.6.10"),
        ..meta(("urn:ietf:bcp:13", ""), "MimeTypes", "MIME types (BCP 13)", "IETF")
    })
}

fn languages() -> EditionBuilder {
    let mut builder = EditionBuilder::new(unicode(EditionMeta {
        content: "fragment".into(),
        compositional: Some(true),
        case_sensitive: Some(false),
        description: "Language tags. All tags of RFC 5646 whose subtags are registered are valid; \
                      the languages of ISO 639-1 and 639-2 are listed."
            .into(),
        value_set: "http://hl7.org/fhir/ValueSet/all-languages".into(),
        identifiers: oid("2.16.840.1.113883.6.316"),
        ..meta(
            ("urn:ietf:bcp:47", ""),
            "Languages",
            "Tags for identifying languages (BCP 47)",
            "IETF",
        )
    }));
    for row in LANGUAGES.rows().filter(|row| row.get(1).contains('c')) {
        concept(&mut builder, row.get(0), row.get(2), row.get(3));
    }
    builder
}

fn countries() -> EditionBuilder {
    let mut builder = EditionBuilder::new(unicode(EditionMeta {
        case_sensitive: Some(false),
        description: "Codes of countries with two and three letters and three digits. Codes that \
                      users may assign are valid; those with two letters are listed."
            .into(),
        identifiers: oid("1.0.3166.1"),
        ..meta(
            ("urn:iso:std:iso:3166", "2018"),
            "ISO3166Part1",
            "Codes for the representation of names of countries (ISO 3166-1)",
            "ISO",
        )
    }));
    const KINDS: [(&str, &str); 3] = [
        ("alpha-2", "Code of the country with two letters"),
        ("alpha-3", "Code of the country with three letters"),
        ("numeric", "Code of the country with three digits"),
    ];
    let properties = KINDS.map(|(code, text)| builder.property_id(code, PropertyKind::Code, text));
    let synonym = builder.display_use();
    for row in COUNTRIES.rows() {
        let codes = [row.get(0), row.get(1), row.get(2)];
        for ((at, code), (kind, _)) in codes.into_iter().enumerate().zip(KINDS) {
            if code.is_empty() {
                continue;
            }
            let (long, short) = (row.get(3), row.get(5));
            let name = if at > 0 && !short.is_empty() { short } else { long };
            let concept = concept(&mut builder, code, name, row.get(4));
            let is_assigned = row.get(1).is_empty();
            builder.set_kind(concept, if is_assigned { USER_ASSIGNED_KIND } else { kind });
            for other in
                [long, short].into_iter().filter(|other| *other != name && !other.is_empty())
            {
                let other = NewDesignation::new("en", synonym, other, DisplayRank::Synonym);
                builder.designation(concept, &other);
            }
            for (other, property) in codes.into_iter().zip(properties) {
                if other != code && !other.is_empty() {
                    builder.property(concept, property, PropertyValue::Code(other), 0);
                }
            }
        }
    }
    builder
}

/// Kind of the codes of countries that users assign.
pub const USER_ASSIGNED_KIND: &str = "user-assigned";

fn subdivisions() -> EditionBuilder {
    let mut builder = EditionBuilder::new(unicode(EditionMeta {
        aliases: vec!["urn:iso:std:iso:3166-2".into()],
        identifiers: oid("1.0.3166.2"),
        ..meta(
            ("urn:iso:std:iso:3166:-2", ""),
            "ISO3166Part2",
            "Codes for the representation of names of subdivisions of countries (ISO 3166-2)",
            "ISO",
        )
    }));
    for row in SUBDIVISIONS.rows() {
        concept(&mut builder, row.get(0), row.get(1), row.get(2));
    }
    builder
}

fn currencies() -> EditionBuilder {
    let mut builder = EditionBuilder::new(unicode(EditionMeta {
        value_set: "http://hl7.org/fhir/ValueSet/currencies".into(),
        identifiers: oid("1.0.4217"),
        ..meta(
            ("urn:iso:std:iso:4217", ""),
            "ISO4217",
            "Codes for the representation of currencies (ISO 4217)",
            "ISO",
        )
    }));
    let number = builder.property_id("numeric", PropertyKind::Code, "Code with three digits");
    let digits = builder.property_id("decimals", PropertyKind::Integer, "Digits of minor units");
    for row in CURRENCIES.rows() {
        let concept = concept(&mut builder, row.get(0), row.get(3), row.get(4));
        if !row.get(1).is_empty() {
            builder.property(concept, number, PropertyValue::Code(row.get(1)), 0);
        }
        if let Ok(count) = row.get(2).parse() {
            builder.property(concept, digits, PropertyValue::Integer(count), 0);
        }
    }
    builder
}

fn states() -> EditionBuilder {
    let mut builder = EditionBuilder::new(EditionMeta {
        value_set: "http://hl7.org/fhir/us/core/ValueSet/us-core-usps-state".into(),
        identifiers: oid("2.16.840.1.113883.6.92"),
        ..meta(
            ("https://www.usps.com/", ""),
            "USPSStates",
            "Abbreviations of states (USPS Publication 28)",
            "United States Postal Service",
        )
    });
    for row in STATES.rows() {
        concept(&mut builder, row.get(0), row.get(1), "");
    }
    builder
}

fn ucum() -> EditionBuilder {
    let mut builder = EditionBuilder::new(EditionMeta {
        content: "fragment".into(),
        compositional: Some(true),
        copyright: UCUM_NOTICE.into(),
        notices: vec![UCUM_NOTICE.into()],
        value_set: "http://unitsofmeasure.org/vs".into(),
        identifiers: oid("2.16.840.1.113883.6.8"),
        ..meta(
            ("http://unitsofmeasure.org", octofhir_ucum::get_model().version),
            "UCUM",
            "Unified Code for Units of Measure (UCUM)",
            "Regenstrief Institute, Inc.",
        )
    });
    let property = builder.property_id("property", PropertyKind::String, "Kind of quantity");
    let class = builder.property_id("class", PropertyKind::String, "Table of the specification");
    let metric =
        builder.property_id("isMetric", PropertyKind::Boolean, "Whether it takes prefixes");
    let (name, symbol) = (
        builder.display_use(),
        builder.designation_use("http://unitsofmeasure.org", "printSymbol", "Print symbol"),
    );
    for unit in octofhir_ucum::get_all_units() {
        let concept = concept(&mut builder, unit.code, unit.code, "");
        builder.set_kind(concept, if unit.is_base { "base-unit" } else { "unit" });
        let names = [
            (name, DisplayRank::FullName, unit.display_name),
            (symbol, DisplayRank::SearchOnly, unit.print_symbol),
        ];
        for (use_id, rank, text) in names.into_iter().filter(|(.., text)| !text.is_empty()) {
            builder.designation(concept, &NewDesignation::new("en", use_id, text, rank));
        }
        for (property, text) in [(property, unit.property), (class, unit.class)] {
            if !text.is_empty() {
                builder.property(concept, property, PropertyValue::String(text), 0);
            }
        }
        builder.property(concept, metric, PropertyValue::Boolean(unit.is_metric), 0);
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::super::iso3166::USER_ASSIGNED;
    use super::*;

    fn edition(url: &str) -> &'static Edition {
        editions().iter().find(|edition| edition.meta().url == url).unwrap()
    }

    #[test]
    fn all_tables_make_editions() {
        let counts = editions().iter().map(|edition| {
            (
                edition.meta().url.as_str(),
                edition.meta().version.as_str(),
                edition.concept_count() as usize,
            )
        });
        assert_eq!(
            counts.collect::<Vec<_>>(),
            [
                ("http://varnomen.hgvs.org", "", 0),
                ("http://unitsofmeasure.org", "2.2", 312),
                ("https://www.usps.com/", "", 62),
                ("urn:ietf:bcp:13", "", 0),
                ("urn:ietf:bcp:47", "", 485),
                ("urn:iso:std:iso:3166", "2018", 789),
                ("urn:iso:std:iso:3166:-2", "", SUBDIVISIONS.rows().count()),
                ("urn:iso:std:iso:4217", "", 177),
            ]
        );
    }

    #[test]
    fn names_are_english_and_german() {
        for (url, code, english, german) in [
            ("urn:iso:std:iso:3166", "DE", "Germany", "Deutschland"),
            ("urn:iso:std:iso:3166", "DEU", "Germany", "Deutschland"),
            ("urn:iso:std:iso:3166", "276", "Germany", "Deutschland"),
            ("urn:iso:std:iso:3166", "GBR", "United Kingdom", "Vereinigtes Königreich"),
            ("urn:iso:std:iso:3166", "XY", USER_ASSIGNED, USER_ASSIGNED),
            ("urn:iso:std:iso:3166:-2", "DE-BY", "Bavaria", "Bayern"),
            ("urn:iso:std:iso:4217", "CHF", "Swiss Franc", "Schweizer Franken"),
            ("urn:ietf:bcp:47", "fr", "French", "Französisch"),
            ("https://www.usps.com/", "CA", "California", "California"),
            ("http://unitsofmeasure.org", "Cel", "Cel", "Cel"),
        ] {
            let edition = edition(url);
            let found = edition.find(code).unwrap();
            for (language, expected) in [("en", english), ("de", german)] {
                let scores = edition.language_scores(&crate::LanguagePreference::parse(language));
                assert_eq!(
                    edition.display_for(found, &scores),
                    expected,
                    "{url} {code} {language}"
                );
            }
        }
    }
}
