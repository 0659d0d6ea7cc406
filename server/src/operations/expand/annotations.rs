//! What answers tell of a concept from the extensions of its definitions: order, label and weight as
//! properties, what people should see or know as extensions.
//!
//! Source: FHIR R5 concept properties `order`, `label`, `itemWeight`; the extensions pack.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::ValueRef;
use crate::wire::json::ExpansionWriter;

const BASE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Extensions of concepts that answers carry on as they are.
const OF_CONCEPTS: [&str; 10] = [
    "rendering-style",
    "rendering-xhtml",
    "valueset-deprecated",
    "valueset-concept-definition",
    "valueset-concept-comments",
    "valueset-usage",
    "codesystem-alternate",
    "codesystem-concept-comments",
    "codesystem-usage",
    "codesystem-replacedby",
];

/// An extension that is carried on where a value set gives it; that of a code system is the status of
/// the concept already.
const OF_LISTED: &str = "structuredefinition-standards-status";

/// Extensions of designations that answers carry on.
const OF_DESIGNATIONS: [&str; 2] = ["coding-sctdescid", "structuredefinition-standards-status"];

/// Properties that extensions become: code, URI after `http://hl7.org/fhir/concept-properties#`.
pub(super) const PROPERTIES: [(&str, &str); 3] =
    [("order", "order"), ("label", "label"), ("weight", "itemWeight")];

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, rename = "valueString")]
    string: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "valueDecimal")]
    decimal: Option<&'a RawValue>,
    #[serde(borrow, rename = "valueInteger")]
    integer: Option<&'a RawValue>,
}

/// What the extensions of one concept say.
#[derive(Debug, Default)]
pub(super) struct Annotations<'a> {
    order: Option<&'a str>,
    label: Option<Cow<'a, str>>,
    weight: Option<&'a str>,
    extensions: Vec<(&'static str, &'a str)>,
}

impl<'a> Annotations<'a> {
    /// Reads the extensions of the definitions of one concept, given as JSON arrays: that of the value
    /// set, then those of the code system and its supplements, the one that counts most first.
    pub(super) fn of(own: Option<&'a str>, others: impl Iterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        let sources = own.into_iter().map(|own| (own, true));
        for (source, is_own) in sources.chain(others.map(|other| (other, false))) {
            let list: Vec<&RawValue> = serde_json::from_str(source).unwrap_or_default();
            for json in list {
                found.take(json.get(), is_own);
            }
        }
        found
    }

    fn take(&mut self, json: &'a str, is_own: bool) {
        let Ok(head) = serde_json::from_str::<Head<'a>>(json) else { return };
        let Some(name) = head.url.strip_prefix(BASE) else { return };
        let number = head.decimal.or(head.integer).map(RawValue::get);
        match name {
            "valueset-conceptOrder" | "codesystem-conceptOrder" => {
                self.order = self.order.or(number);
            }
            "valueset-label" | "codesystem-label" if self.label.is_none() => {
                self.label = head.string;
            }
            "itemWeight" => self.weight = self.weight.or(number),
            _ => {
                let listed = is_own.then_some(&OF_LISTED);
                let known = OF_CONCEPTS.iter().chain(listed).find(|known| **known == name);
                let is_new = |name| !self.extensions.iter().any(|(known, _)| *known == name);
                if let Some(name) = known.filter(|name| is_new(**name)) {
                    self.extensions.push((name, json));
                }
            }
        }
    }

    /// The property of this code.
    pub(super) fn property(&self, code: &str) -> Option<ValueRef<'_>> {
        match code {
            "order" => self.order.map(ValueRef::Decimal),
            "label" => self.label.as_deref().map(ValueRef::string),
            "weight" => self.weight.map(ValueRef::Decimal),
            _ => None,
        }
    }

    /// Writes the extensions of the current entry.
    pub(super) fn write_extensions(&self, out: &mut ExpansionWriter<'_>) {
        for (_, json) in &self.extensions {
            out.raw_extension(json);
        }
    }
}

/// The extensions of a designation, given as a JSON array, that answers carry on.
pub(super) fn of_designation(json: &str) -> Vec<&str> {
    let list: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let is_told = |json: &&str| {
        serde_json::from_str::<Head<'_>>(json).is_ok_and(|head| {
            head.url.strip_prefix(BASE).is_some_and(|name| OF_DESIGNATIONS.contains(&name))
        })
    };
    list.into_iter().map(RawValue::get).filter(is_told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_source_that_says_something_counts() {
        let value_set = r#"[{"url":"http://hl7.org/fhir/StructureDefinition/valueset-conceptOrder","valueInteger":0},
            {"url":"http://example.org/other","valueString":"x"}]"#;
        let code_system = r#"[{"url":"http://hl7.org/fhir/StructureDefinition/codesystem-conceptOrder","valueInteger":6},
            {"url":"http://hl7.org/fhir/StructureDefinition/itemWeight","valueDecimal":1.20}]"#;
        let found = Annotations::of(Some(value_set), [code_system].into_iter());
        assert_eq!(found.property("order"), Some(ValueRef::Decimal("0")));
        assert_eq!(found.property("weight"), Some(ValueRef::Decimal("1.20")));
        assert_eq!(found.property("label"), None);
        assert!(found.extensions.is_empty());
    }
}
