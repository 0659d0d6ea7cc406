//! Writing Parameters resources.

use super::JsonWriter;
use crate::wire::{CodingRef, TextType, ValueRef};

/// Writes a Parameters resource, one parameter after the other, in the order the client shall see them.
///
/// ```
/// use server::wire::json::{JsonWriter, ParametersWriter};
///
/// let mut writer = JsonWriter::with_capacity(256);
/// let mut answer = ParametersWriter::begin(&mut writer);
/// answer.boolean("result", true);
/// answer.string("display", "Diabetes mellitus");
/// answer.parts("designation", |part| {
///     part.code("language", "de");
///     part.string("value", "Zuckerkrankheit");
/// });
/// answer.finish();
/// ```
#[derive(Debug)]
pub struct ParametersWriter<'w> {
    writer: &'w mut JsonWriter,
    /// The member that holds the list being written: `parameter`, or `part` below the first level.
    list: &'static str,
    /// Whether that list was opened. It is opened by its first item, since FHIR has no empty arrays.
    opened: bool,
}

/// What designations of one language and use begin with, made once for all of them.
#[derive(Debug, Clone)]
pub struct DesignationHead(Vec<u8>);

impl DesignationHead {
    /// The head of designations in `language`, where that is not empty.
    #[must_use]
    pub fn new(language: &str, usage: Option<CodingRef<'_>>) -> Self {
        let mut json = JsonWriter::default();
        let mut out = ParametersWriter { writer: &mut json, list: "parameter", opened: true };
        out.parts("designation", |out| {
            if !language.is_empty() {
                out.code("language", language);
            }
            if let Some(usage) = usage {
                out.coding("use", usage);
            }
            out.string("value", "");
        });
        let mut head = json.into_bytes();
        // Up to the opening quote of the value.
        head.truncate(head.len() - br#""}]}"#.len());
        Self(head)
    }
}

/// Type of a property's value that is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyText {
    /// A code.
    Code,
    /// A string.
    String,
}

impl<'w> ParametersWriter<'w> {
    /// Begins the resource.
    pub fn begin(writer: &'w mut JsonWriter) -> Self {
        writer.begin_object();
        writer.field_str("resourceType", "Parameters");
        Self { writer, list: "parameter", opened: false }
    }

    /// Ends the resource.
    pub fn finish(self) {
        self.close();
    }

    /// Writes a parameter with a value of any type.
    pub fn value(&mut self, name: &'static str, value: ValueRef<'_>) {
        self.open();
        self.writer.named_value(name, value);
    }

    /// Writes a parameter with a primitive whose JSON value is a string.
    #[inline]
    pub fn text(&mut self, name: &'static str, kind: TextType, text: &str) {
        self.bytes(name, kind, text.as_bytes());
    }

    /// The same with a text in bytes, which must be UTF-8, as texts of editions are: they are copied
    /// from the map into the answer without being looked through once more.
    #[inline]
    pub fn bytes(&mut self, name: &'static str, kind: TextType, text: &[u8]) {
        self.open();
        self.writer.named_bytes(name, kind.after_name(), text);
    }

    /// Writes a parameter with `valueString`.
    #[inline]
    pub fn string(&mut self, name: &'static str, text: &str) {
        self.text(name, TextType::String, text);
    }

    /// Writes a parameter with `valueCode`.
    #[inline]
    pub fn code(&mut self, name: &'static str, text: &str) {
        self.text(name, TextType::Code, text);
    }

    /// Writes a parameter with `valueUri`.
    #[inline]
    pub fn uri(&mut self, name: &'static str, text: &str) {
        self.text(name, TextType::Uri, text);
    }

    /// Writes a parameter with `valueCanonical`.
    pub fn canonical(&mut self, name: &'static str, text: &str) {
        self.text(name, TextType::Canonical, text);
    }

    /// Writes a parameter with `valueDateTime`.
    pub fn date_time(&mut self, name: &'static str, text: &str) {
        self.text(name, TextType::DateTime, text);
    }

    /// Writes a parameter with `valueBoolean`.
    #[inline]
    pub fn boolean(&mut self, name: &'static str, value: bool) {
        self.value(name, ValueRef::Boolean(value));
    }

    /// Writes a parameter with `valueInteger`.
    pub fn integer(&mut self, name: &'static str, value: i64) {
        self.value(name, ValueRef::Integer(value));
    }

    /// Writes a parameter with `valueDecimal` ([`ValueRef::Decimal`]).
    pub fn decimal(&mut self, name: &'static str, digits: &str) {
        self.value(name, ValueRef::Decimal(digits));
    }

    /// Writes a parameter with `valueCoding`.
    pub fn coding(&mut self, name: &'static str, coding: CodingRef<'_>) {
        self.value(name, ValueRef::Coding(coding));
    }

    /// Writes a parameter whose `value[x]` is finished JSON: `fhir_type` is the type's name as it stands
    /// behind `value`, for example `Quantity`.
    pub fn raw_value(&mut self, name: &'static str, fhir_type: &str, json: &str) {
        self.begin_item(name);
        self.writer.key_escaped(&format!("value{fhir_type}"));
        self.writer.raw(json);
        self.writer.end_object();
    }

    /// Writes a parameter with a resource, which `write` must write as one JSON object.
    pub fn resource(&mut self, name: &'static str, write: impl FnOnce(&mut JsonWriter)) {
        self.begin_item(name);
        self.writer.key("resource");
        write(self.writer);
        self.writer.end_object();
    }

    /// Writes a parameter with a resource in finished JSON.
    pub fn resource_raw(&mut self, name: &'static str, json: &str) {
        self.resource(name, |writer| writer.raw(json));
    }

    /// Writes a parameter with parts, which `write` gives. Without any part the parameter is left out, since
    /// FHIR has none without content.
    pub fn parts(&mut self, name: &'static str, write: impl FnOnce(&mut ParametersWriter<'_>)) {
        let (mark, opened) = (self.writer.mark(), self.opened);
        self.open();
        self.writer.begin_parts(name);
        let begun = self.writer.as_bytes().len();
        write(&mut ParametersWriter { writer: self.writer, list: "part", opened: true });
        if self.writer.as_bytes().len() == begun {
            self.writer.rewind(mark);
            self.opened = opened;
        } else {
            self.writer.end_parts();
        }
    }

    /// Writes a parameter `designation` of a `$lookup`: its head and its text, which must be UTF-8; then
    /// what `write` adds to its parts.
    #[inline]
    pub fn designation(
        &mut self,
        head: &DesignationHead,
        text: &[u8],
        write: impl FnOnce(&mut ParametersWriter<'_>),
    ) {
        self.open();
        self.writer.begin_with(&head.0, text, ("", None), false);
        self.writer.end_object();
        write(&mut ParametersWriter { writer: self.writer, list: "part", opened: true });
        self.writer.end_parts();
    }

    /// Writes a parameter `property` of a `$lookup`: its code, its value, which is a string or a code, and
    /// what describes it; then what `write` adds to its parts.
    #[inline]
    pub fn property(
        &mut self,
        code: &str,
        (kind, value): (PropertyText, &[u8]),
        description: Option<&[u8]>,
        write: impl FnOnce(&mut ParametersWriter<'_>),
    ) {
        self.open();
        let code = (r#"{"name":"property","part":[{"name":"code","valueCode":""#, code.as_bytes());
        let before = match kind {
            PropertyText::Code => r#""},{"name":"value","valueCode":""#,
            PropertyText::String => r#""},{"name":"value","valueString":""#,
        };
        match description {
            Some(text) => {
                let text = (r#""},{"name":"description","valueString":""#, text);
                self.writer.pieces(&[code, (before, value), text], r#""}"#);
            }
            None => self.writer.pieces(&[code, (before, value)], r#""}"#),
        }
        write(&mut ParametersWriter { writer: self.writer, list: "part", opened: true });
        self.writer.end_parts();
    }

    #[inline]
    fn open(&mut self) {
        if !self.opened {
            self.open_list();
        }
    }

    #[cold]
    fn open_list(&mut self) {
        self.writer.key(self.list);
        self.writer.begin_array();
        self.opened = true;
    }

    fn begin_item(&mut self, name: &'static str) {
        self.open();
        self.writer.begin_object();
        self.writer.field_str("name", name);
    }

    fn close(self) {
        if self.opened {
            self.writer.end_array();
        }
        self.writer.end_object();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::OperationOutcome;

    fn written(write: impl FnOnce(&mut ParametersWriter<'_>)) -> String {
        let mut writer = JsonWriter::default();
        let mut parameters = ParametersWriter::begin(&mut writer);
        write(&mut parameters);
        parameters.finish();
        String::from_utf8(writer.into_bytes()).unwrap()
    }

    #[test]
    fn every_kind_of_parameter_has_its_own_member() {
        let text = written(|answer| {
            answer.boolean("result", false);
            answer.string("message", "\"x\" ist unbekannt");
            answer.code("code", "x");
            answer.uri("system", "http://example.org/cs");
            answer.canonical("url", "http://example.org/vs|1");
            answer.date_time("date", "2026-01-01T00:00:00Z");
            answer.integer("count", -5);
            answer.decimal("score", "0.50");
            answer.coding("coding", CodingRef::new("http://example.org/cs", "x"));
            answer.raw_value("dose", "Quantity", r#"{"value":1}"#);
            answer.resource("issues", |w| OperationOutcome::not_found("x").write(w));
            answer.parts("property", |part| {
                part.code("code", "parent");
                part.parts("subproperty", |sub| sub.code("code", "inner"));
            });
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        insta::assert_json_snapshot!(value);
    }

    #[test]
    fn a_property_is_written_as_from_its_parts() {
        for (kind, description) in
            [(PropertyText::Code, None), (PropertyText::String, Some("ein \"Wert\""))]
        {
            let whole = written(|answer| {
                answer.property("a\\", (kind, b"b\n"), description.map(str::as_bytes), |_| ());
                answer.property("c", (kind, b"d"), None, |out| out.string("code-display", "e"));
            });
            let from_parts = written(|answer| {
                let value = |part: &mut ParametersWriter<'_>, text| match kind {
                    PropertyText::Code => part.code("value", text),
                    PropertyText::String => part.string("value", text),
                };
                answer.parts("property", |part| {
                    part.code("code", "a\\");
                    value(part, "b\n");
                    description.iter().for_each(|text| part.string("description", text));
                });
                answer.parts("property", |part| {
                    part.code("code", "c");
                    value(part, "d");
                    part.string("code-display", "e");
                });
            });
            assert_eq!(whole, from_parts);
        }
    }

    #[test]
    fn designations_from_a_head_are_what_they_are_without_it() {
        let usage = CodingRef::new("http://snomed.info/sct", "900000000000013009");
        let usage = usage.with_display(Some("Synonym \"s\""));
        let cases = [
            ("de", Some(usage), "a\\", None),
            ("", None, "", Some("http://example.org/supplement")),
            ("en", None, "b", None),
            ("", Some(usage), "ä", None),
        ];
        let from_heads = written(|answer| {
            for (language, usage, text, source) in cases {
                let head = DesignationHead::new(language, usage);
                answer.designation(&head, text.as_bytes(), |out| {
                    source.iter().for_each(|source| out.canonical("source", source));
                });
            }
        });
        let from_parts = written(|answer| {
            for (language, usage, text, source) in cases {
                answer.parts("designation", |out| {
                    if !language.is_empty() {
                        out.code("language", language);
                    }
                    usage.iter().for_each(|usage| out.coding("use", *usage));
                    out.string("value", text);
                    source.iter().for_each(|source| out.canonical("source", source));
                });
            }
        });
        assert_eq!(from_heads, from_parts);
    }

    #[test]
    fn empty_lists_are_left_out() {
        assert_eq!(written(|_| ()), r#"{"resourceType":"Parameters"}"#);
        assert_eq!(
            written(|answer| answer.parts("designation", |_| ())),
            r#"{"resourceType":"Parameters"}"#
        );
        assert_eq!(
            written(|answer| {
                answer.parts("a", |_| ());
                answer.code("b", "c");
                answer.parts("d", |_| ());
            }),
            r#"{"resourceType":"Parameters","parameter":[{"name":"b","valueCode":"c"}]}"#
        );
    }
}
