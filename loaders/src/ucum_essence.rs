//! UCUM, from `ucum-essence.xml`: base units and units as concepts.
//!
//! UCUM codes are formed by a grammar and are infinitely many, so the edition is a fragment: the
//! units that expressions are made of. Prefixes are no concepts, since most of them are spelled
//! like a unit (`m` milli and metre, `h` hecto and hour).

use codesystems::model::{ConceptId, DisplayRank, Identifier, PropertyId, Provenance, UseId};
use codesystems::systems::listed::UCUM_NOTICE;
use codesystems::{EditionBuilder, EditionMeta, NewDesignation, PropertyKind, PropertyValue};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::archive::File;
use crate::{Error, Options, Probe, Release, Report, Result, Sink};

/// Canonical URL of UCUM.
const UCUM: &str = "http://unitsofmeasure.org";

/// Whether the file is a UCUM essence table. Each file is a release of its own.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    let found = probe.text.contains("http://unitsofmeasure.org/ucum-essence");
    (found && probe.text.contains("<root")).then(|| probe.file.path.clone())
}

/// Reads the units of a release.
///
/// # Errors
/// When the file is not well-formed XML, a unit has no code, or a code occurs twice.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    for file in &release.files {
        let bytes = file.read()?;
        report.bytes += bytes.len() as u64;
        let mut essence = Essence::new(file, options);
        essence.builder.provenance = Provenance {
            sources: release.sources.clone(),
            loader: "ucum-essence".into(),
            loader_version: env!("CARGO_PKG_VERSION").into(),
            built_at: String::new(),
        };
        essence.read(&bytes, report)?;
        report.count("concepts", essence.builder.concept_count() as u64);
        sink.edition(essence.builder)?;
    }
    Ok(())
}

/// Which element of a unit a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    PrintSymbol,
    Property,
    Value,
}

impl Part {
    fn of(element: &str) -> Option<Self> {
        Some(match element {
            "name" => Self::Name,
            "printSymbol" => Self::PrintSymbol,
            "property" => Self::Property,
            "value" => Self::Value,
            _ => return None,
        })
    }
}

struct Essence<'f> {
    file: &'f File,
    builder: EditionBuilder,
    symbol_use: UseId,
    properties: Vec<(&'static str, PropertyId)>,
    /// The unit whose element is open.
    unit: Option<ConceptId>,
    /// Whether the unit has a name already; further ones are synonyms.
    named: bool,
    /// The part of the unit that is open, and its text so far.
    part: Option<(Part, String)>,
}

/// Attributes and elements of a unit that become properties.
const PROPERTIES: [(&str, PropertyKind, &str); 9] = [
    ("CODE", PropertyKind::String, "Case-insensitive code"),
    ("class", PropertyKind::String, "Table of the UCUM specification that defines the unit"),
    ("property", PropertyKind::String, "Kind of quantity"),
    ("printSymbol", PropertyKind::String, "Symbol for print"),
    ("dim", PropertyKind::String, "Dimension of a base unit"),
    ("isMetric", PropertyKind::Boolean, "Whether prefixes may be used"),
    ("isSpecial", PropertyKind::Boolean, "Whether the unit is defined by a function"),
    ("isArbitrary", PropertyKind::Boolean, "Whether the unit is defined by a procedure only"),
    ("value", PropertyKind::String, "Definition: a number and a unit expression"),
];

impl<'f> Essence<'f> {
    fn new(file: &'f File, options: &Options) -> Self {
        let mut builder = EditionBuilder::new(meta(options));
        let properties = PROPERTIES
            .iter()
            .map(|&(code, kind, text)| (code, builder.property_id(code, kind, text)))
            .collect();
        let symbol_use = builder.designation_use(UCUM, "printSymbol", "Print symbol");
        Self { file, builder, symbol_use, properties, unit: None, named: false, part: None }
    }

    fn read(&mut self, bytes: &[u8], report: &mut Report) -> Result<()> {
        let mut reader = Reader::from_reader(bytes);
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let position = reader.buffer_position();
            let event = reader.read_event_into(&mut buffer);
            let line =
                line_of(bytes, if event.is_ok() { position } else { reader.error_position() });
            let damaged = |error: quick_xml::Error| self.error(line, error.to_string());
            match event.map_err(damaged)? {
                Event::Start(start) => self.open(&start, line, report)?,
                Event::Empty(start) => self.open_empty(&start, line)?,
                Event::End(end) => self.close(end.local_name().as_ref()),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => self.text(character.encode_utf8(&mut [0; 4])),
                    Ok(None) => self.text(entity(&reference)),
                    Err(error) => return Err(self.error(line, error.to_string())),
                },
                Event::Eof => return self.finish(report),
                _ => {}
            }
        }
    }

    fn error(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::line(&self.file.path, line, problem)
    }

    fn open(&mut self, start: &BytesStart<'_>, line: u64, report: &mut Report) -> Result<()> {
        match start.local_name().as_ref() {
            "root" => self.root(start, line),
            kind @ ("base-unit" | "unit") => {
                report.count(if kind == "unit" { "units" } else { "base units" }, 1);
                self.open_unit(start, line, kind)
            }
            "prefix" => {
                report.count("prefixes (kept in the grammar, not as concepts)", 1);
                Ok(())
            }
            element => {
                if self.unit.is_some() && self.part.is_none() {
                    self.part = Part::of(element).map(|part| (part, String::new()));
                    if element == "value" {
                        self.value(start, line)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn root(&mut self, start: &BytesStart<'_>, line: u64) -> Result<()> {
        if self.builder.meta.version.is_empty() {
            self.builder.meta.version = self.attribute(start, "version", line)?.unwrap_or_default();
        }
        // Old files have an unexpanded "$Date: …$" here.
        let date = self.attribute(start, "revision-date", line)?.unwrap_or_default();
        if date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            self.builder.meta.date = date;
        }
        Ok(())
    }

    fn open_unit(&mut self, start: &BytesStart<'_>, line: u64, kind: &str) -> Result<()> {
        let code = self.attribute(start, "Code", line)?.filter(|code| !code.is_empty());
        let Some(code) = code else {
            return Err(self.error(line, format!("a {kind} without attribute 'Code'")));
        };
        if self.builder.find(&code).is_some() {
            return Err(self.error(line, format!("unit {code} occurs twice")));
        }
        let unit = self.builder.concept(&code);
        self.builder.set_kind(unit, kind);
        // Expressions have no names, so a unit is its own display everywhere.
        self.builder.display(unit, "en", &code);
        (self.unit, self.named) = (Some(unit), false);
        for (name, kind, _) in PROPERTIES {
            match self.attribute(start, name, line)? {
                None => {}
                Some(value) if kind == PropertyKind::Boolean => {
                    self.property(name, PropertyValue::Boolean(value == "yes"));
                }
                Some(value) => self.property(name, PropertyValue::String(&value)),
            }
        }
        Ok(())
    }

    /// The definition as `value unit`, for special units as the function expression.
    fn value(&mut self, start: &BytesStart<'_>, line: u64) -> Result<()> {
        let number = self.attribute(start, "value", line)?.unwrap_or_default();
        let unit = self.attribute(start, "Unit", line)?.unwrap_or_default();
        let definition = format!("{number} {unit}");
        self.property("value", PropertyValue::String(definition.trim()));
        Ok(())
    }

    /// An empty `value` element defines like one with text.
    fn open_empty(&mut self, start: &BytesStart<'_>, line: u64) -> Result<()> {
        let is_value = start.local_name().as_ref() == "value";
        if is_value && self.unit.is_some() && self.part.is_none() {
            self.value(start, line)?;
        }
        Ok(())
    }

    fn attribute(&self, start: &BytesStart<'_>, name: &str, line: u64) -> Result<Option<String>> {
        let attribute =
            start.try_get_attribute(name).map_err(|error| self.error(line, error.to_string()))?;
        attribute
            .map(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0))
            .transpose()
            .map(|value| value.map(std::borrow::Cow::into_owned))
            .map_err(|error| self.error(line, error.to_string()))
    }

    fn property(&mut self, code: &str, value: PropertyValue<'_>) {
        let property = self.properties.iter().find(|known| known.0 == code);
        if let (Some(unit), Some(&(_, property))) = (self.unit, property) {
            self.builder.property(unit, property, value, 0);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, collected)) = &mut self.part {
            collected.push_str(text);
        }
    }

    fn close(&mut self, element: &str) {
        if matches!(element, "base-unit" | "unit") {
            self.unit = None;
            return;
        }
        let closes = |(part, _): &mut (Part, String)| Part::of(element) == Some(*part);
        let Some((part, text)) = self.part.take_if(closes) else { return };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match part {
            Part::Name => self.name(&text),
            Part::Property => self.property("property", PropertyValue::String(&text)),
            Part::PrintSymbol => {
                self.property("printSymbol", PropertyValue::String(&text));
                self.designate(self.symbol_use, DisplayRank::SearchOnly, &text);
            }
            Part::Value => {}
        }
    }

    fn name(&mut self, text: &str) {
        let rank = if self.named { DisplayRank::Synonym } else { DisplayRank::FullName };
        self.named = true;
        let use_id = self.builder.display_use();
        self.designate(use_id, rank, text);
    }

    fn designate(&mut self, use_id: UseId, rank: DisplayRank, text: &str) {
        if let Some(unit) = self.unit {
            self.builder.designation(unit, &NewDesignation::new("en", use_id, text, rank));
        }
    }

    fn finish(&mut self, report: &mut Report) -> Result<()> {
        if self.builder.concept_count() == 0 {
            return Err(Error::file(&self.file.path, "no units, expected elements 'unit'"));
        }
        if self.builder.meta.version.is_empty() {
            report.warn(&self.file.path, 0, "the file names no version; give one if you know it");
        }
        Ok(())
    }
}

/// The five entities that XML itself defines; others cannot occur without a DTD.
fn entity(name: &str) -> &str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

/// The line, from 1, of the byte at `position`.
fn line_of(bytes: &[u8], position: u64) -> u64 {
    let before = bytes.get(..usize::try_from(position).unwrap_or(usize::MAX)).unwrap_or(bytes);
    memchr::memchr_iter(b'\n', before).count() as u64 + 1
}

fn meta(options: &Options) -> EditionMeta {
    let url = options.url.clone().unwrap_or_else(|| UCUM.into());
    EditionMeta {
        name: "UCUM".into(),
        title: options
            .title
            .clone()
            .unwrap_or_else(|| "Unified Code for Units of Measure (UCUM)".into()),
        publisher: "Regenstrief Institute, Inc.".into(),
        copyright: UCUM_NOTICE.into(),
        notices: vec![UCUM_NOTICE.into()],
        language: "en".into(),
        case_sensitive: Some(true),
        value_set: "http://unitsofmeasure.org/vs".into(),
        compositional: Some(true),
        version_needed: Some(false),
        content: "fragment".into(),
        identifiers: vec![Identifier {
            system: "urn:ietf:rfc:3986".into(),
            value: "urn:oid:2.16.840.1.113883.6.8".into(),
        }],
        ..EditionMeta::new(url, options.version.clone().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use crate::Options;
    use crate::test_sink::{
        at, designations, display, endures_damage, load_files, load_paths, shared, values,
    };

    const ESSENCE: &str = r#"<?xml version="1.0" encoding="ascii"?>
<root xmlns="http://unitsofmeasure.org/ucum-essence" version="9.9" revision-date="2030-01-02">
   <prefix Code="q" CODE="Q"><name>quux</name><printSymbol>q</printSymbol><value value="1e9">1</value></prefix>
   <base-unit Code="q" CODE="Q" dim="L"><name>quid</name><printSymbol>q</printSymbol><property>length</property></base-unit>
   <unit Code="[x_0]" CODE="[X_0]" isMetric="no" isArbitrary="yes" class="misc">
      <name>ex &amp; &#181;y</name>
      <name>other
         name</name>
      <printSymbol>&#956;<sub>0</sub>(<i>x</i>)</printSymbol>
      <property>number</property>
      <value Unit="degx(5 q)" UNIT="DEGX(5 Q)"><function name="degX" value="5" Unit="q"/></value>
   </unit>
</root>"#;

    #[test]
    fn units_have_names_symbols_and_definitions() {
        let files = [("ucum-essence.xml", ESSENCE.as_bytes())];
        let kept = load_files(&files, &Options::default()).unwrap();
        let edition = kept.edition();
        let meta = edition.meta();
        assert_eq!(
            [&meta.url, &meta.version, &meta.date, &meta.content],
            ["http://unitsofmeasure.org", "9.9", "2030-01-02", "fragment"]
        );
        assert_eq!(edition.concept_count(), 2, "prefixes are no concepts");
        assert_eq!(display(edition, "[x_0]", "en"), "[x_0]");
        for name in ["ex & µy", "other name"] {
            let expected = format!("en/preferredForLanguage: {name}");
            assert!(designations(edition, "[x_0]").contains(&expected), "{name}");
        }
        for (property, expected) in [
            ("printSymbol", "μ0(x)"),
            ("CODE", "[X_0]"),
            ("property", "number"),
            ("class", "misc"),
            ("isMetric", "false"),
            ("isArbitrary", "true"),
            ("value", "degx(5 q)"),
        ] {
            assert_eq!(values(edition, "[x_0]", property), [expected], "{property}");
        }
        assert_eq!(edition.kind(at(edition, "q")), "base-unit");
        assert!(edition.find("Q").is_none(), "codes are case-sensitive");
    }

    #[test]
    fn damaged_files_are_refused_with_their_line() {
        for (text, expected) in [
            (ESSENCE.replace("Code=\"[x_0]\" ", ""), "line 5: a unit without attribute 'Code'"),
            (ESSENCE.replace("[x_0]", "q"), "line 5: unit q occurs twice"),
            (ESSENCE.replace("</sub>", "</sup>"), "line 9: "),
        ] {
            let loaded = load_files(&[("u.xml", text.as_bytes())], &Options::default());
            let message = loaded.err().unwrap().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn damaged_files_never_panic() {
        endures_damage("u.xml", ESSENCE, &Options::default());
    }

    #[test]
    fn the_real_essence_holds_all_units() {
        let Some(path) = shared("data/ucum/ucum-essence.xml") else { return };
        let kept = load_paths(&[path], &Options::default()).unwrap();
        let edition = kept.edition();
        assert_eq!(edition.concept_count(), 7 + 305);
        assert_eq!(edition.meta().version, "2.2");
        assert_eq!(display(edition, "Cel", "en"), "Cel");
        assert!(
            designations(edition, "Cel")
                .contains(&"en/preferredForLanguage: degree Celsius".to_owned())
        );
        assert_eq!(values(edition, "Cel", "printSymbol"), ["°C"]);
        assert_eq!(values(edition, "mol", "value"), ["6.02214076 10*23"]);
    }
}
