//! Writing the FHIR data types.

use super::JsonWriter;
use crate::wire::{CodeableConcept, CodingRef, ValueRef};

impl JsonWriter {
    /// Writes a Coding as the next value.
    pub fn coding(&mut self, coding: CodingRef<'_>) {
        self.begin_object();
        self.field_opt("system", coding.system);
        self.field_opt("version", coding.version);
        self.field_opt("code", coding.code);
        self.field_opt("display", coding.display);
        if let Some(user_selected) = coding.user_selected {
            self.field_bool("userSelected", user_selected);
        }
        self.end_object();
    }

    /// Writes a CodeableConcept as the next value.
    pub fn codeable_concept(&mut self, concept: &CodeableConcept) {
        self.begin_object();
        if !concept.coding.is_empty() {
            self.key("coding");
            self.begin_array();
            for coding in &concept.coding {
                self.coding(coding.borrow());
            }
            self.end_array();
        }
        self.field_opt("text", concept.text.as_deref());
        self.end_object();
    }

    /// Writes an object with `name` and `value[x]`, the shape of an item of Parameters and of
    /// `ValueSet.expansion.parameter`.
    pub fn named_value(&mut self, name: &'static str, value: ValueRef<'_>) {
        if let ValueRef::Text(kind, text) = value {
            return self.named_bytes(name, kind.after_name(), text.as_bytes());
        }
        self.begin_object();
        self.field_str("name", name);
        self.value_x(value);
        self.end_object();
    }

    /// Writes the member `value[x]`, named after the value's type.
    #[inline]
    pub fn value_x(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Text(kind, text) => self.field_str(kind.value_key(), text),
            ValueRef::Boolean(value) => self.field_bool("valueBoolean", value),
            ValueRef::Integer(value) => self.field_integer("valueInteger", value),
            ValueRef::Decimal(text) if is_json_number(text) => self.field_raw("valueDecimal", text),
            ValueRef::Decimal(text) => self.field_str("valueString", text),
            ValueRef::Coding(coding) => {
                self.key("valueCoding");
                self.coding(coding);
            }
            ValueRef::CodeableConcept(concept) => {
                self.key("valueCodeableConcept");
                self.codeable_concept(concept);
            }
        }
    }
}

/// Whether a text is a number in JSON's spelling (RFC 8259, section 6).
pub(in crate::wire) fn is_json_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && text.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: ValueRef<'_>) -> String {
        let mut writer = JsonWriter::default();
        writer.begin_object();
        writer.value_x(value);
        writer.end_object();
        String::from_utf8(writer.into_bytes()).unwrap()
    }

    #[test]
    fn decimals_keep_their_digits_and_wrong_ones_become_strings() {
        assert_eq!(written(ValueRef::Decimal("1.50")), r#"{"valueDecimal":1.50}"#);
        assert_eq!(written(ValueRef::Decimal("-0.1e3")), r#"{"valueDecimal":-0.1e3}"#);
        for wrong in ["", "01", "1.", ".5", "1 ", "NaN", "0x1", "1,2", "[1]"] {
            assert_eq!(
                written(ValueRef::Decimal(wrong)),
                format!(r#"{{"valueString":"{wrong}"}}"#)
            );
        }
    }

    #[test]
    fn a_coding_writes_what_it_has() {
        let coding = CodingRef::new("http://loinc.org", "4548-4").with_display(Some("HbA1c"));
        assert_eq!(
            written(ValueRef::Coding(coding)),
            r#"{"valueCoding":{"system":"http://loinc.org","code":"4548-4","display":"HbA1c"}}"#
        );
    }
}
