//! XML becomes a tree of elements: names, values and positions, nothing else.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::Result;

use super::{NAMESPACE, XmlLimits, error_at, with_namespace};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Local name.
    pub(super) name: String,
    /// Attribute `value`.
    pub(super) value: Option<String>,
    /// Attribute `id`.
    pub(super) id: Option<String>,
    /// Attribute `url`.
    pub(super) url: Option<String>,
    /// For a narrative `div`: the element as it stands.
    pub(super) xhtml: Option<String>,
    /// Elements inside, in their order.
    pub(super) children: Vec<Node>,
    /// Where it begins in the document, in bytes.
    pub(super) offset: usize,
}

/// Reads a document.
pub(super) fn parse(text: &str, limits: &XmlLimits) -> Result<Node> {
    let mut parser = Parser { text, limits, open: Vec::new(), root: None };
    let mut reader = Reader::from_str(text);
    loop {
        let offset = position(&reader);
        let event = reader.read_event().map_err(|problem| {
            let at = usize::try_from(reader.error_position()).unwrap_or(offset);
            error_at(text, at, format!("not well formed: {problem}"))
        })?;
        match event {
            Event::Start(start) => {
                let node = parser.element(&start, offset)?;
                if parser.is_narrative(&node) {
                    reader.read_to_end(start.name()).map_err(|problem| {
                        error_at(text, offset, format!("div is not well formed: {problem}"))
                    })?;
                    parser.xhtml(node, offset, position(&reader));
                } else {
                    parser.open.push(node);
                }
            }
            Event::Empty(start) => {
                let node = parser.element(&start, offset)?;
                if parser.is_narrative(&node) {
                    parser.xhtml(node, offset, position(&reader));
                } else {
                    parser.close(node);
                }
            }
            Event::End(_) => {
                let node = parser.open.pop().unwrap_or_default();
                parser.close(node);
            }
            Event::Eof => break,
            other => parser.other(&other, offset)?,
        }
    }
    parser.root.ok_or_else(|| error_at(text, text.len(), "expected a FHIR resource, found the end"))
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

struct Parser<'a> {
    text: &'a str,
    limits: &'a XmlLimits,
    open: Vec<Node>,
    root: Option<Node>,
}

impl Parser<'_> {
    fn element(&mut self, start: &BytesStart<'_>, offset: usize) -> Result<Node> {
        if self.open.len() >= self.limits.depth {
            let problem = format!("elements nested deeper than {} levels", self.limits.depth);
            return Err(error_at(self.text, offset, problem));
        }
        if self.root.is_some() {
            return Err(error_at(self.text, offset, "expected the end after the resource"));
        }
        let mut node = Node { name: local(start.name().local_name()), offset, ..Node::default() };
        let mut namespace = !self.open.is_empty();
        for attribute in start.attributes() {
            let attribute = attribute
                .map_err(|problem| error_at(self.text, offset, format!("attribute: {problem}")))?;
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|problem| error_at(self.text, offset, format!("attribute: {problem}")))?
                .into_owned();
            match attribute.key.0 {
                "value" => node.value = Some(value),
                "id" => node.id = Some(value),
                "url" => node.url = Some(value),
                key if key.starts_with("xmlns") => namespace |= value == NAMESPACE,
                // xsi:schemaLocation and the like, and attributes of XHTML.
                key if key.contains(':') || node.name == "div" => {}
                key => {
                    let problem = format!("attribute '{key}', expected value, id or url");
                    return Err(error_at(self.text, offset, problem));
                }
            }
        }
        if !namespace {
            let problem = format!("expected a resource in the namespace {NAMESPACE}");
            return Err(error_at(self.text, offset, problem));
        }
        Ok(node)
    }

    fn is_narrative(&self, node: &Node) -> bool {
        node.name == "div" && self.open.last().is_some_and(|parent| parent.name == "text")
    }

    /// Takes the text of a narrative as it stands, with the namespace that JSON asks for.
    fn xhtml(&mut self, mut node: Node, start: usize, end: usize) {
        let verbatim = self.text.get(start..end).unwrap_or_default();
        node.xhtml = Some(with_namespace(verbatim));
        self.close(node);
    }

    fn close(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
    }

    /// Anything that is not an element: blanks, comments and declarations are skipped.
    fn other(&self, event: &Event<'_>, offset: usize) -> Result<()> {
        let problem = match event {
            Event::Text(text) if text.as_ref().trim_ascii().is_empty() => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => return Ok(()),
            Event::DocType(_) => "document type declarations are not allowed",
            _ => "text between elements, expected values as attributes",
        };
        Err(error_at(self.text, offset, problem))
    }
}

fn local(name: quick_xml::name::LocalName<'_>) -> String {
    name.as_ref().to_owned()
}
