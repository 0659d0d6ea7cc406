//! XML events with line numbers, for files that come from outside.
//!
//! A document type declaration is passed over: neither the DTD it names nor any entity it declares
//! is read. Only the five predefined entities and character references mean something.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::archive::File;
use crate::encoding::{Encoding, Transcoded};
use crate::{Error, Result};

/// A buffered reader that counts the bytes and line ends it has handed out.
struct Counted {
    inner: BufReader<Box<dyn Read + Send>>,
    line: u64,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let taken = self.inner.buffer().get(..amount).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', taken).count() as u64;
        self.bytes += amount as u64;
        self.inner.consume(amount);
    }
}

/// What the reader of a format sees of a document.
#[derive(Debug)]
pub(super) enum Token {
    /// A start tag. An empty element gives its start and then its end.
    Start(Tag),
    /// An end tag.
    End,
    /// Text, a CDATA section or one resolved reference.
    Text(String),
    /// The end of the document.
    Eof,
}

/// An element with its attributes.
#[derive(Debug, Default)]
pub(super) struct Tag {
    /// Name without namespace prefix.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// Line on which the tag ends, from 1.
    pub(super) line: u64,
}

impl Tag {
    /// The value of an attribute, `None` where it is absent.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let known = self.attributes.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    }

    /// The value of an attribute, empty where it is absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.attribute(name).unwrap_or_default()
    }
}

/// Reads one document.
pub(super) struct Document {
    path: String,
    reader: quick_xml::Reader<Counted>,
    buffer: Vec<u8>,
    open: Vec<String>,
    /// An empty element was started and is to be ended next.
    pending_end: bool,
}

impl Document {
    /// Opens a file. The encoding is the one its XML declaration names.
    ///
    /// # Errors
    /// When the file cannot be opened or its encoding is not known.
    pub(super) fn open(file: &File) -> Result<Self> {
        let head = file.head(256)?;
        let encoding = match declared_encoding(&head) {
            Some(name) => Encoding::from_name(&name).map_err(|_| {
                Error::line(&file.path, 1, format!("encoding '{name}' is not read"))
            })?,
            None => Encoding::Utf8,
        };
        let stream: Box<dyn Read + Send> = Box::new(Transcoded::new(file.open()?, encoding));
        let inner = BufReader::with_capacity(1 << 16, stream);
        let reader = quick_xml::Reader::from_reader(Counted { inner, line: 1, bytes: 0 });
        let path = file.path.clone();
        Ok(Self { path, reader, buffer: Vec::new(), open: Vec::new(), pending_end: false })
    }

    /// The line that was read to, from 1.
    pub(super) fn line(&self) -> u64 {
        self.reader.get_ref().line
    }

    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.get_ref().bytes
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// A format error where the reader stands.
    pub(super) fn error(&self, problem: impl Into<String>) -> Error {
        Error::line(&self.path, self.line(), problem)
    }

    /// The next token. Comments, processing instructions and the document type are passed over.
    ///
    /// # Errors
    /// When the document is not well-formed, ends inside of an element, or refers to an entity
    /// that only its DTD could know.
    pub(super) fn next(&mut self) -> Result<Token> {
        if std::mem::take(&mut self.pending_end) {
            self.open.pop();
            return Ok(Token::End);
        }
        loop {
            self.buffer.clear();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(problem) => return Err(malformed(&self.path, self.reader.get_ref(), problem)),
            };
            let line = self.reader.get_ref().line;
            let fail = |problem: String| Error::line(&self.path, line, problem);
            match event {
                Event::Start(start) => {
                    let tag = tag(&start, line).map_err(fail)?;
                    self.open.push(tag.name.clone());
                    return Ok(Token::Start(tag));
                }
                Event::Empty(start) => {
                    let tag = tag(&start, line).map_err(fail)?;
                    self.open.push(tag.name.clone());
                    self.pending_end = true;
                    return Ok(Token::Start(tag));
                }
                Event::End(_) => {
                    self.open.pop();
                    return Ok(Token::End);
                }
                Event::Text(text) => return Ok(Token::Text(text.xml10_content().into_owned())),
                Event::CData(text) => return Ok(Token::Text(text.xml10_content().into_owned())),
                Event::GeneralRef(reference) => {
                    return reference_text(&reference).map(Token::Text).map_err(fail);
                }
                Event::Eof => return self.end(),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn end(&self) -> Result<Token> {
        match self.open.last() {
            None => Ok(Token::Eof),
            Some(name) => Err(self.error(format!(
                "the file ends inside of <{name}>; it is truncated, expected </{name}>"
            ))),
        }
    }

    /// Passes over the rest of the element that was started last.
    ///
    /// # Errors
    /// As [`Document::next`].
    pub(super) fn skip(&mut self) -> Result<()> {
        let outside = self.depth().saturating_sub(1);
        while self.depth() > outside {
            self.next()?;
        }
        Ok(())
    }
}

fn malformed(path: &str, reader: &Counted, problem: quick_xml::Error) -> Error {
    match problem {
        quick_xml::Error::Io(source) => {
            Error::io(path, io::Error::new(source.kind(), source.to_string()))
        }
        problem => Error::line(path, reader.line, format!("not well-formed XML: {problem}")),
    }
}

fn tag(start: &BytesStart<'_>, line: u64) -> Result<Tag, String> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|problem| format!("<{name}>: {problem}"))?;
        let key = attribute.key.as_ref();
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|problem| format!("<{name}>, attribute {key}: {problem}"))?;
        attributes.push((key.to_owned(), value.into_owned()));
    }
    Ok(Tag { name, attributes, line })
}

fn reference_text(name: &quick_xml::events::BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = name.resolve_char_ref().map_err(|problem| problem.to_string())? {
        return Ok(character.to_string());
    }
    let text: Option<Cow<'_, str>> =
        quick_xml::escape::resolve_predefined_entity(name).map(Cow::Borrowed);
    let text = text.ok_or_else(|| {
        format!("entity &{};: only predefined entities are known, none is read from a DTD", &**name)
    })?;
    Ok(text.into_owned())
}

/// The encoding named in an XML declaration.
fn declared_encoding(head: &[u8]) -> Option<String> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = String::from_utf8_lossy(head);
    let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next().map(str::to_owned)
}

/// The name of the root element of a document of which `head` is the beginning, if it is in it.
pub(super) fn root_name(head: &str) -> Option<&str> {
    let mut rest = head.trim_start_matches('\u{feff}').trim_start();
    loop {
        let after = rest.strip_prefix('<')?;
        let (end, skip) = match after {
            after if after.starts_with("!--") => ("-->", 3),
            after if after.starts_with('?') => ("?>", 2),
            after if after.starts_with('!') && has_subset(after) => ("]>", 2),
            after if after.starts_with('!') => (">", 1),
            after => {
                let name = after.split(|next: char| next.is_whitespace() || "/>".contains(next));
                return name.into_iter().next().filter(|name| !name.is_empty());
            }
        };
        rest = after.get(after.find(end)? + skip..)?.trim_start();
    }
}

/// Whether a document type declaration has declarations of its own in brackets.
fn has_subset(doctype: &str) -> bool {
    doctype.split('>').next().is_some_and(|start| start.contains('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_behind_declaration_comment_and_document_type() {
        for (head, root) in [
            ("<ClaML version=\"2.0.0\">", Some("ClaML")),
            (
                "\u{feff}<?xml version=\"1.0\"?>\n<!-- <Other> -->\n<!DOCTYPE A SYSTEM \"A.dtd\"><A/>",
                Some("A"),
            ),
            ("<!DOCTYPE A [<!ENTITY x \"y\">]><A/>", Some("A")),
            ("a;b;c <ClaML>", None),
            ("<!-- never ended <ClaML>", None),
            ("", None),
        ] {
            assert_eq!(root_name(head), root, "{head}");
        }
    }

    #[test]
    fn the_declared_encoding_is_found() {
        for (head, name) in [
            ("<?xml version='1.0' encoding='ISO-8859-1'?><A/>", Some("ISO-8859-1")),
            ("<?xml version=\"1.0\" encoding = \"UTF-8\" standalone=\"no\"?>", Some("UTF-8")),
            ("<?xml version=\"1.0\"?><A encoding=\"x\"/>", None),
            ("<A/>", None),
        ] {
            assert_eq!(declared_encoding(head.as_bytes()).as_deref(), name, "{head}");
        }
    }
}
