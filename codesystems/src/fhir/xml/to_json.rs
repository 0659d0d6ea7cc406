//! The tree of a document becomes JSON.

use serde_json::value::RawValue;

use crate::{Error, Result};

use super::error_at;
use super::parse::Node;
use super::schema::{Field, Kind, SCHEMA, Type};

/// Writes the resource `root` of the document `text`. With `warnings`, an element that may occur
/// once and is there several times is noted and its first occurrence kept; without, refused.
pub(super) fn resource(
    text: &str,
    root: &Node,
    warnings: Option<&mut Vec<String>>,
) -> Result<String> {
    let mut writer = Writer { text, out: String::with_capacity(text.len()), warnings };
    writer.resource(root)?;
    Ok(writer.out)
}

struct Writer<'a> {
    text: &'a str,
    out: String,
    warnings: Option<&'a mut Vec<String>>,
}

impl Writer<'_> {
    fn error(&self, node: &Node, problem: impl Into<String>) -> Error {
        error_at(self.text, node.offset, problem)
    }

    fn resource(&mut self, node: &Node) -> Result<()> {
        let Some(found) = SCHEMA.resource(&node.name) else {
            let known = SCHEMA.resources();
            let problem = format!("resource type '{}', expected one of {known}", node.name);
            return Err(self.error(node, problem));
        };
        self.out.push_str("{\"resourceType\":");
        self.string(&node.name);
        self.members(node, found, true)?;
        self.out.push('}');
        Ok(())
    }

    fn object(&mut self, node: &Node, found: &Type) -> Result<()> {
        if let Some(value) = &node.value {
            let problem = format!("'{}' has the value '{value}', expected elements", node.name);
            return Err(self.error(node, problem));
        }
        self.out.push('{');
        let mut begun = false;
        for (name, value) in [("id", &node.id), ("url", &node.url)] {
            let Some(value) = value else { continue };
            if name == "url" && found.name != "Extension" {
                return Err(self.error(node, format!("attribute 'url' at '{}'", node.name)));
            }
            self.member(name, &mut begun);
            self.string(value);
        }
        self.members(node, found, begun)?;
        self.out.push('}');
        Ok(())
    }

    /// Writes the elements in `node`, those of one name together.
    fn members(&mut self, node: &Node, found: &Type, mut begun: bool) -> Result<()> {
        for mut run in by_name(&node.children) {
            let Some(&first) = run.first() else { continue };
            let Some((_, field, kind)) = found.field(&first.name) else {
                let names = found.names();
                let problem = format!(
                    "unknown element '{}' in {}, expected one of {names}",
                    first.name, found.name
                );
                return Err(self.error(first, problem));
            };
            let list = field.repeats && !is_single(node, found, field, run.len());
            if let Some(second) = run.get(1).filter(|_| !list) {
                self.once(second)?;
                run.truncate(1);
            }
            self.run(&run, kind, list, &mut begun)?;
        }
        Ok(())
    }

    /// Refuses an element that is there a second time, or notes it.
    fn once(&mut self, second: &Node) -> Result<()> {
        let problem = self.error(second, format!("'{}' may occur once", second.name));
        let Some(warnings) = &mut self.warnings else { return Err(problem) };
        warnings.push(format!("{problem}, the first is kept"));
        Ok(())
    }

    /// Writes elements of one name.
    fn run(&mut self, run: &[&Node], kind: Kind, list: bool, begun: &mut bool) -> Result<()> {
        let Some(first) = run.first() else { return Ok(()) };
        if matches!(kind, Kind::Complex(_) | Kind::Resource) {
            self.member(&first.name, begun);
            return self.values(run, list, |writer, node| writer.complex(node, kind));
        }
        let has_value = |node: &Node| node.value.is_some() || node.xhtml.is_some();
        let has_more = |node: &Node| node.id.is_some() || !node.children.is_empty();
        if run.iter().any(|it| has_value(it)) || !run.iter().any(|it| has_more(it)) {
            self.member(&first.name, begun);
            self.values(run, list, |writer, node| writer.primitive(node, kind))?;
        }
        // The id of a div belongs to the XHTML.
        if kind != Kind::Xhtml && run.iter().any(|it| has_more(it)) {
            self.member(&format!("_{}", first.name), begun);
            let element = SCHEMA.find("Element");
            self.values(run, list, |writer, node| match element {
                Some(element) if has_more(node) => writer.extensions(node, element),
                _ => {
                    writer.out.push_str("null");
                    Ok(())
                }
            })?;
        }
        Ok(())
    }

    fn values(
        &mut self,
        run: &[&Node],
        list: bool,
        mut write: impl FnMut(&mut Self, &Node) -> Result<()>,
    ) -> Result<()> {
        if list {
            self.out.push('[');
        }
        for (at, node) in run.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            write(self, node)?;
        }
        if list {
            self.out.push(']');
        }
        Ok(())
    }

    /// What a primitive has beside its value: id and extensions.
    fn extensions(&mut self, node: &Node, element: &Type) -> Result<()> {
        self.out.push('{');
        let mut begun = false;
        if let Some(id) = &node.id {
            self.member("id", &mut begun);
            self.string(id);
        }
        self.members(node, element, begun)?;
        self.out.push('}');
        Ok(())
    }

    fn complex(&mut self, node: &Node, kind: Kind) -> Result<()> {
        if let Kind::Complex(number) = kind
            && let Some(found) = SCHEMA.complex(number)
        {
            return self.object(node, found);
        }
        match node.children.as_slice() {
            [resource] => self.resource(resource),
            _ => Err(self.error(node, format!("'{}', expected one resource in it", node.name))),
        }
    }

    fn primitive(&mut self, node: &Node, kind: Kind) -> Result<()> {
        if node.url.is_some() {
            return Err(self.error(node, format!("attribute 'url' at '{}'", node.name)));
        }
        let Some(value) = node.value.as_ref().or(node.xhtml.as_ref()) else {
            if node.children.is_empty() && node.id.is_none() {
                let problem = format!("'{}' has neither a value nor an extension", node.name);
                return Err(self.error(node, problem));
            }
            self.out.push_str("null");
            return Ok(());
        };
        let written = match kind {
            Kind::Boolean => matches!(value.as_str(), "true" | "false"),
            Kind::Integer => is_number(value) && !value.contains(['.', 'e', 'E']),
            Kind::Decimal => is_number(value),
            _ => {
                self.string(value);
                return Ok(());
            }
        };
        if !written {
            let expected = match kind {
                Kind::Boolean => "true or false",
                Kind::Integer => "a whole number",
                _ => "a decimal number",
            };
            let problem = format!("'{}' is '{value}', expected {expected}", node.name);
            return Err(self.error(node, problem));
        }
        self.out.push_str(value);
        Ok(())
    }

    fn member(&mut self, name: &str, begun: &mut bool) {
        if *begun {
            self.out.push(',');
        }
        *begun = true;
        self.string(name);
        self.out.push(':');
    }

    fn string(&mut self, text: &str) {
        // Writing a str to a String cannot fail.
        self.out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// The elements of each name together, in the order of the first of each.
fn by_name(children: &[Node]) -> Vec<Vec<&Node>> {
    let mut runs: Vec<Vec<&Node>> = Vec::new();
    for child in children {
        let same = |run: &&mut Vec<&Node>| run.first().is_some_and(|it| it.name == child.name);
        // Elements of one name nearly always stand together.
        match runs.iter_mut().rev().find(same) {
            Some(run) => run.push(child),
            None => runs.push(vec![child]),
        }
    }
    runs
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Whether `ConceptMap.identifier` is the single one of R4.
fn is_single(map: &Node, found: &Type, field: &Field, length: usize) -> bool {
    found.name == "ConceptMap" && field.name == "identifier" && length == 1 && !is_r5_map(map)
}

fn is_r5_map(map: &Node) -> bool {
    let own = ["sourceScope", "targetScope", "property", "additionalAttribute", "versionAlgorithm"];
    let inner = ["relationship", "noMap"];
    map.children.iter().any(|child| {
        own.iter().any(|name| child.name.starts_with(name))
            || (child.name == "group" && contains(child, &inner))
    })
}

fn contains(node: &Node, names: &[&str]) -> bool {
    node.children.iter().any(|it| names.contains(&it.name.as_str()) || contains(it, names))
}
