//! JSON becomes XML.
//!
//! Each object is split into its members as pieces of the text, so that numbers are written as
//! they stand and nothing but the members of one level is held.

use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::fhir::json::Text;
use crate::{Error, Result};

use super::schema::{Kind, SCHEMA, Type};
use super::{NAMESPACE, with_namespace};

/// Levels of JSON that are converted.
const DEPTH: usize = 200;

/// Writes the resource `json`.
pub(super) fn resource(json: &str) -> Result<String> {
    let mut writer = Writer { out: String::with_capacity(json.len()), path: Vec::new() };
    writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    writer.resource(json, true)?;
    Ok(writer.out)
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// One member with what its `_name` says.
struct Member<'a> {
    name: String,
    value: Option<&'a str>,
    element: Option<&'a str>,
}

struct Writer {
    out: String,
    /// Names of the members that are open, for errors.
    path: Vec<String>,
}

impl Writer {
    fn error(&self, problem: impl Into<String>) -> Error {
        let element = if self.path.is_empty() { "resource".into() } else { self.path.join(".") };
        Error::Resource { element, problem: problem.into() }
    }

    fn parse<'a, T: serde::Deserialize<'a>>(&self, json: &'a str) -> Result<T> {
        serde_json::from_str(json).map_err(|problem| self.error(problem.to_string()))
    }

    fn resource(&mut self, json: &str, root: bool) -> Result<()> {
        let members: Members<'_> = self.parse(json)?;
        let kind = members.0.iter().find(|(name, _)| &**name == "resourceType");
        let Some((_, kind)) = kind else {
            return Err(self.error("resourceType is missing, expected a resource"));
        };
        let kind: Text<'_> = self.parse(kind.get())?;
        if !is_name(&kind) {
            return Err(self.error(format!("resourceType '{}' cannot be an element", &*kind)));
        }
        self.out.push('<');
        self.out.push_str(&kind);
        if root {
            self.out.push_str(&format!(" xmlns=\"{NAMESPACE}\""));
        }
        self.out.push('>');
        self.members(members, SCHEMA.resource(&kind), true)?;
        self.end(&kind);
        Ok(())
    }

    /// Writes the members of an object as elements, in the order of `found`.
    fn members(
        &mut self,
        members: Members<'_>,
        found: Option<&Type>,
        is_resource: bool,
    ) -> Result<()> {
        if self.path.len() >= DEPTH {
            return Err(self.error(format!("nested deeper than {DEPTH} levels")));
        }
        let is_extension = found.is_some_and(|found| found.name == "Extension");
        let attribute = |name: &str| match name {
            "id" => !is_resource,
            "url" => is_extension,
            "resourceType" => is_resource,
            _ => false,
        };
        let mut ordered = joined(members, attribute);
        let position = |member: &Member<'_>| {
            found.and_then(|found| found.field(&member.name)).map_or(usize::MAX, |it| it.0)
        };
        ordered.sort_by_key(position);
        for member in &ordered {
            self.path.push(member.name.clone());
            self.member(member, found)?;
            self.path.pop();
        }
        Ok(())
    }

    fn member(&mut self, member: &Member<'_>, found: Option<&Type>) -> Result<()> {
        let kind = type_of(&member.name, found);
        let list = |json: Option<&str>| json.is_some_and(|json| json.starts_with('['));
        if !list(member.value) && !list(member.element) {
            return self.element(&member.name, member.value, member.element, kind);
        }
        let values = self.items(member.value)?;
        let elements = self.items(member.element)?;
        for at in 0..values.len().max(elements.len()) {
            let value = values.get(at).map(|item| item.get());
            let element = elements.get(at).map(|item| item.get());
            self.element(&member.name, value, element, kind)?;
        }
        Ok(())
    }

    fn items<'a>(&self, json: Option<&'a str>) -> Result<Vec<&'a RawValue>> {
        json.map_or(Ok(Vec::new()), |json| self.parse(json))
    }

    /// Writes one element from its value and what is said about it beside the value.
    fn element(
        &mut self,
        name: &str,
        value: Option<&str>,
        element: Option<&str>,
        kind: Option<&Type>,
    ) -> Result<()> {
        let given = |json: &&str| *json != "null";
        let (value, element) = (value.filter(given), element.filter(given));
        match value {
            None if element.is_none() => Ok(()),
            Some(json) if json.starts_with('{') => self.complex(name, json, kind),
            Some(json) if json.starts_with('[') => {
                Err(self.error("a list in a list, expected a value"))
            }
            Some(json) if name == "div" && json.starts_with('"') => self.xhtml(json),
            value => self.primitive(name, value, element),
        }
    }

    fn complex(&mut self, name: &str, json: &str, kind: Option<&Type>) -> Result<()> {
        let members: Members<'_> = self.parse(json)?;
        if members.0.iter().any(|(name, _)| &**name == "resourceType") {
            self.out.push_str(&format!("<{name}>"));
            self.resource(json, false)?;
            self.end(name);
            return Ok(());
        }
        self.out.push('<');
        self.out.push_str(name);
        let is_extension = kind.is_some_and(|kind| kind.name == "Extension");
        for (key, value) in &members.0 {
            if &**key == "id" || (is_extension && &**key == "url") {
                let value: Text<'_> = self.parse(value.get())?;
                self.attribute(key, &value);
            }
        }
        self.out.push('>');
        self.members(members, kind, false)?;
        self.end(name);
        Ok(())
    }

    fn primitive(&mut self, name: &str, value: Option<&str>, element: Option<&str>) -> Result<()> {
        self.out.push('<');
        self.out.push_str(name);
        let beside = element.map(|json| self.parse::<Members<'_>>(json)).transpose()?;
        let id = beside.iter().flat_map(|it| &it.0).find(|(key, _)| &**key == "id");
        if let Some((_, id)) = id {
            let id: Text<'_> = self.parse(id.get())?;
            self.attribute("id", &id);
        }
        if let Some(value) = value {
            if value.starts_with('"') {
                let text: Text<'_> = self.parse(value)?;
                self.attribute("value", &text);
            } else {
                self.attribute("value", value);
            }
        }
        let Some(beside) = beside.filter(|it| it.0.iter().any(|(key, _)| &**key != "id")) else {
            self.out.push_str("/>");
            return Ok(());
        };
        self.out.push('>');
        self.members(beside, SCHEMA.find("Element"), false)?;
        self.end(name);
        Ok(())
    }

    /// Writes a narrative as it stands, with its namespace.
    fn xhtml(&mut self, json: &str) -> Result<()> {
        let text: Text<'_> = self.parse(json)?;
        check_xhtml(&text).map_err(|problem| self.error(problem))?;
        self.out.push_str(&with_namespace(text.trim()));
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push_str(&format!(" {name}=\""));
        for character in value.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // As they stand they would be read as blanks.
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '\t' => self.out.push_str("&#9;"),
                // XML has no way to write them.
                '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// Joins `name` and `_name`, without what is an attribute and what cannot be an element.
fn joined<'a>(members: Members<'a>, attribute: impl Fn(&str) -> bool) -> Vec<Member<'a>> {
    let mut ordered: Vec<Member<'a>> = Vec::with_capacity(members.0.len());
    for (key, value) in members.0 {
        let (name, beside) = key.strip_prefix('_').map_or((&*key, false), |name| (name, true));
        if !is_name(name) || attribute(name) {
            continue;
        }
        let at = ordered.iter().position(|member| member.name == name).unwrap_or_else(|| {
            ordered.push(Member { name: name.to_owned(), value: None, element: None });
            ordered.len() - 1
        });
        if let Some(member) = ordered.get_mut(at) {
            let slot = if beside { &mut member.element } else { &mut member.value };
            *slot = Some(value.get());
        }
    }
    ordered
}

/// The type of the element `name`; extensions are extensions wherever they are.
fn type_of(name: &str, found: Option<&Type>) -> Option<&'static Type> {
    if matches!(name, "extension" | "modifierExtension") {
        return SCHEMA.find("Extension");
    }
    match found?.field(name)?.2 {
        Kind::Complex(number) => SCHEMA.complex(number),
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric())
}

/// Refuses narrative that would break the document it is written into.
fn check_xhtml(text: &str) -> Result<(), String> {
    let mut reader = Reader::from_str(text.trim());
    let (mut depth, mut closed) = (0usize, false);
    loop {
        let event = reader.read_event().map_err(|problem| format!("not well formed: {problem}"))?;
        match event {
            Event::Start(_) | Event::Empty(_) if closed => {
                return Err("more than one element, expected one div".into());
            }
            Event::Start(_) => depth += 1,
            Event::Empty(_) => closed = depth == 0,
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                closed = depth == 0;
            }
            Event::DocType(_) | Event::Decl(_) => return Err("expected a div".into()),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if depth == 0 => {
                return Err("text outside of the div".into());
            }
            Event::Eof if closed => return Ok(()),
            Event::Eof => return Err("not well formed: the div is not closed".into()),
            _ => {}
        }
    }
}
