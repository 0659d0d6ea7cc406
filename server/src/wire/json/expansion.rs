//! Writing the entries of a ValueSet expansion.

use super::JsonWriter;
use crate::wire::{CodingRef, FhirVersion, ValueRef};

/// The backport of `ValueSet.expansion.property` to R4.
const PROPERTY_EXTENSION: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.property";
/// The backport of `ValueSet.expansion.contains.property` to R4.
const CONTAINS_PROPERTY_EXTENSION: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property";

/// The plain elements of one `expansion.contains` entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ContainsRef<'a> {
    /// The code system; absent for entries that only group others.
    pub system: Option<&'a str>,
    /// The code system's version, where the answer tells it.
    pub version: Option<&'a str>,
    /// The code, in UTF-8; absent for entries that only group others.
    pub code: Option<&'a [u8]>,
    /// The display, in UTF-8.
    pub display: Option<&'a [u8]>,
    /// Whether the entry cannot be chosen; written only if so.
    pub is_abstract: bool,
    /// Whether the concept is inactive; written only if so.
    pub is_inactive: bool,
}

/// One designation of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DesignationRef<'a> {
    /// The language tag.
    pub language: Option<&'a str>,
    /// How the designation is used.
    pub usage: Option<CodingRef<'a>>,
    /// The text.
    pub value: &'a str,
    /// Its extensions, each as JSON.
    pub extensions: &'a [&'a str],
}

/// What entries of one code system have before their code, made once for all of them.
#[derive(Debug, Clone)]
pub struct EntryHead(Vec<u8>);

impl EntryHead {
    /// The head of entries that can be chosen.
    #[must_use]
    pub fn new(system: &str, version: Option<&str>, is_inactive: bool) -> Self {
        let mut writer = JsonWriter::default();
        let mut out = ExpansionWriter::new(&mut writer, FhirVersion::R5);
        out.begin(&ContainsRef {
            system: Some(system),
            version,
            is_inactive,
            ..Default::default()
        });
        writer.key("code");
        let mut head = writer.into_bytes();
        head.push(b'"');
        Self(head)
    }
}

/// Writes the entries of `ValueSet.expansion.contains`, nested or flat, one after the other.
///
/// For each entry call [`Self::begin`], then all designations, then all extensions, then all properties, then the
/// nested entries between [`Self::begin_nested`] and [`Self::end_nested`], then [`Self::end`]. Properties are elements in R5
/// and backport extensions before it.
#[derive(Debug)]
pub struct ExpansionWriter<'w> {
    writer: &'w mut JsonWriter,
    version: FhirVersion,
    open: OpenList,
    /// A status, and how it was written.
    status: (String, Vec<u8>),
}

/// Which list of the current entry is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenList {
    None,
    Designations,
    Extensions,
    Properties,
}

impl<'w> ExpansionWriter<'w> {
    /// Writes entries into an array that the caller has begun and will end.
    pub const fn new(writer: &'w mut JsonWriter, version: FhirVersion) -> Self {
        Self { writer, version, open: OpenList::None, status: (String::new(), Vec::new()) }
    }

    /// The JSON writer behind, for example to take out what was written so far.
    pub const fn writer(&mut self) -> &mut JsonWriter {
        self.writer
    }

    /// Begins an entry.
    pub fn begin(&mut self, entry: &ContainsRef<'_>) {
        let writer = &mut *self.writer;
        writer.begin_object();
        writer.field_opt("system", entry.system);
        if entry.is_abstract {
            writer.field_bool("abstract", true);
        }
        if entry.is_inactive {
            writer.field_bool("inactive", true);
        }
        writer.field_opt("version", entry.version);
        for (name, text) in [("code", entry.code), ("display", entry.display)] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                writer.field_bytes(name, text);
            }
        }
        self.open = OpenList::None;
    }

    /// Begins an entry with this head, a code, which must not be empty, and a display. `are_verbatim`
    /// where it is known that nothing in them is to escape.
    #[inline]
    pub fn begin_with(
        &mut self,
        head: &EntryHead,
        code: &[u8],
        display: Option<&[u8]>,
        are_verbatim: bool,
    ) {
        let display = display.filter(|text| !text.is_empty());
        self.writer.begin_with(&head.0, code, ("\",\"display\":\"", display), are_verbatim);
        self.open = OpenList::None;
    }

    /// Writes the property `status` as the only one of the current entry, which has its code already.
    /// Entries tell few different ones, and the same as the one before is copied.
    pub fn status_alone(&mut self, status: &str) {
        let list = match self.version.uses_backport_extensions() {
            true => OpenList::Extensions,
            false => OpenList::Properties,
        };
        if self.status.0 == status {
            self.writer.again(&self.status.1);
            self.open = list;
            return;
        }
        let before = self.writer.as_bytes().len();
        self.property("status", ValueRef::code(status));
        let written = self.writer.as_bytes().get(before..).unwrap_or_default().to_vec();
        self.status = (status.to_owned(), written);
    }

    /// Writes a designation of the current entry.
    pub fn designation(&mut self, designation: &DesignationRef<'_>) {
        self.open_list(OpenList::Designations, "designation");
        let writer = &mut *self.writer;
        writer.begin_object();
        if !designation.extensions.is_empty() {
            writer.key("extension");
            writer.begin_array();
            for json in designation.extensions {
                writer.raw(json);
            }
            writer.end_array();
        }
        writer.field_opt("language", designation.language);
        if let Some(usage) = designation.usage {
            writer.key("use");
            writer.coding(usage);
        }
        writer.field_str("value", designation.value);
        writer.end_object();
    }

    /// Writes an extension of the current entry.
    pub fn extension(&mut self, url: &str, value: ValueRef<'_>) {
        self.open_list(OpenList::Extensions, "extension");
        write_extension(self.writer, url, value);
    }

    /// Writes an extension of the current entry that is JSON already.
    pub fn raw_extension(&mut self, json: &str) {
        self.open_list(OpenList::Extensions, "extension");
        self.writer.raw(json);
    }

    /// Writes a property of the current entry.
    pub fn property(&mut self, code: &str, value: ValueRef<'_>) {
        if !self.version.uses_backport_extensions() {
            self.open_list(OpenList::Properties, "property");
            self.writer.begin_object();
            self.writer.field_str("code", code);
            self.writer.value_x(value);
            self.writer.end_object();
            return;
        }
        self.open_list(OpenList::Extensions, "extension");
        write_nested_extension(
            self.writer,
            CONTAINS_PROPERTY_EXTENSION,
            [("code", ValueRef::code(code)), ("value", value)],
        );
    }

    /// Begins the nested entries of the current entry.
    pub fn begin_nested(&mut self) {
        self.close_list();
        self.writer.key("contains");
        self.writer.begin_array();
    }

    /// Ends the nested entries and returns to the entry around them.
    pub fn end_nested(&mut self) {
        self.writer.end_array();
    }

    /// Ends the current entry.
    pub fn end(&mut self) {
        self.close_list();
        self.writer.end_object();
    }

    fn open_list(&mut self, list: OpenList, key: &'static str) {
        if self.open == list {
            return;
        }
        self.close_list();
        self.writer.key(key);
        self.writer.begin_array();
        self.open = list;
    }

    fn close_list(&mut self) {
        if self.open != OpenList::None {
            self.writer.end_array();
            self.open = OpenList::None;
        }
    }
}

/// Writes into the `expansion` object its extensions (URL and value) and the declarations of the properties that
/// the entries use (code and URI).
///
/// A declaration is `expansion.property` in R5 and one more extension before it, which is why both are written
/// together. Nothing is written for empty lists.
pub fn write_expansion_declarations(
    writer: &mut JsonWriter,
    version: FhirVersion,
    extensions: &[(&str, ValueRef<'_>)],
    properties: &[(&str, &str)],
) {
    let backport = version.uses_backport_extensions();
    if !extensions.is_empty() || (backport && !properties.is_empty()) {
        writer.key("extension");
        writer.begin_array();
        for (url, value) in extensions {
            write_extension(writer, url, *value);
        }
        for (code, uri) in properties.iter().filter(|_| backport) {
            let parts = [("code", ValueRef::code(code)), ("uri", ValueRef::uri(uri))];
            write_nested_extension(writer, PROPERTY_EXTENSION, parts);
        }
        writer.end_array();
    }
    if !backport && !properties.is_empty() {
        writer.key("property");
        writer.begin_array();
        for (code, uri) in properties {
            writer.begin_object();
            writer.field_str("code", code);
            writer.field_str("uri", uri);
            writer.end_object();
        }
        writer.end_array();
    }
}

fn write_extension(writer: &mut JsonWriter, url: &str, value: ValueRef<'_>) {
    writer.begin_object();
    writer.field_str("url", url);
    writer.value_x(value);
    writer.end_object();
}

/// Writes an extension that is made of two named values.
fn write_nested_extension(writer: &mut JsonWriter, url: &str, parts: [(&str, ValueRef<'_>); 2]) {
    writer.begin_object();
    writer.key("extension");
    writer.begin_array();
    for (part_url, value) in parts {
        write_extension(writer, part_url, value);
    }
    writer.end_array();
    writer.field_str("url", url);
    writer.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grouping entry with two children, one of them inactive with designation and properties.
    fn nested(version: FhirVersion) -> serde_json::Value {
        let mut writer = JsonWriter::default();
        writer.begin_object();
        let declared = [("status", "http://hl7.org/fhir/concept-properties#status")];
        let unclosed = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";
        let extensions = [(unclosed, ValueRef::Boolean(true))];
        write_expansion_declarations(&mut writer, version, &extensions, &declared);
        writer.key("contains");
        writer.begin_array();
        let mut entries = ExpansionWriter::new(&mut writer, version);
        entries.begin(&ContainsRef {
            display: Some(b"Gruppe"),
            is_abstract: true,
            ..Default::default()
        });
        entries.begin_nested();
        entries.begin(&ContainsRef {
            system: Some("http://example.org/cs"),
            version: Some("1"),
            code: Some(b"a"),
            display: Some(b"Begriff A"),
            is_inactive: true,
            ..Default::default()
        });
        entries.designation(&DesignationRef {
            language: Some("en"),
            usage: Some(CodingRef::new("http://snomed.info/sct", "900000000000013009")),
            value: "Concept A",
            ..Default::default()
        });
        entries.designation(&DesignationRef { value: "A", ..Default::default() });
        entries.extension("http://example.org/weight", ValueRef::Decimal("1.0"));
        entries.property("status", ValueRef::code("retired"));
        entries.property("weight", ValueRef::Integer(3));
        entries.end();
        entries.begin(&ContainsRef { code: Some(b"b"), ..Default::default() });
        entries.end();
        entries.end_nested();
        entries.end();
        writer.end_array();
        writer.end_object();
        serde_json::from_slice(writer.as_bytes()).unwrap()
    }

    #[test]
    fn entries_from_a_head_are_what_they_are_without_it() {
        let system = "http://example.org/\"cs\"";
        let entries = [
            (b"a".as_slice(), Some("A \"a\"".as_bytes()), true, Some("retired")),
            (b"b", None, true, Some("retired")),
            (b"c\\", Some(b"".as_slice()), false, None),
            (b"d", Some("Ä".as_bytes()), true, Some("inactive")),
        ];
        for version in [FhirVersion::R4, FhirVersion::R5] {
            for release in [None, Some("1")] {
                let written = |with_head: bool| {
                    let mut writer = JsonWriter::default();
                    writer.begin_array();
                    let mut out = ExpansionWriter::new(&mut writer, version);
                    for (code, display, is_inactive, status) in entries {
                        if with_head {
                            out.begin_with(
                                &EntryHead::new(system, release, is_inactive),
                                code,
                                display,
                                code == b"d",
                            );
                            status.iter().for_each(|status| out.status_alone(status));
                        } else {
                            out.begin(&ContainsRef {
                                system: Some(system),
                                version: release,
                                code: Some(code),
                                display,
                                is_inactive,
                                ..Default::default()
                            });
                            let status = status.map(ValueRef::code);
                            status.iter().for_each(|status| out.property("status", *status));
                        }
                        out.end();
                    }
                    writer.end_array();
                    String::from_utf8(writer.into_bytes()).unwrap()
                };
                assert_eq!(written(true), written(false));
                serde_json::from_str::<serde_json::Value>(&written(true)).unwrap();
            }
        }
    }

    #[test]
    fn r5_entries_have_property_elements() {
        insta::assert_json_snapshot!(nested(FhirVersion::R5));
    }

    #[test]
    fn r4_entries_have_backport_extensions() {
        insta::assert_json_snapshot!(nested(FhirVersion::R4));
    }
}
