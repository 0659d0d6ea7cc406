//! Orphadata XML as a stream of tags, one record at a time as a small tree.
//!
//! The files reach 54 MB, their records a few kilobytes. DTDs are never fetched and entities they
//! might define are not known.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::text;
use crate::archive::File;
use crate::{Error, Options, Result};

/// Elements inside of elements, at most. The deepest classification known has 11 levels of 2
/// elements each, records have 7.
const MAX_DEPTH: usize = 512;

/// Bytes of one record as XML, at most. The largest known are below 1 MiB.
const MAX_RECORD: u64 = 64 << 20;

/// An opening tag, or a whole element once [`Document::element`] has read it.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Name.
    pub(super) name: String,
    /// Character data directly inside, without surrounding blanks.
    pub(super) text: String,
    /// Line of the opening tag.
    pub(super) line: u64,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
}

impl Element {
    /// The value of an attribute, unless it is absent or empty.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The first child called `name`.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child called `name`, unless it is absent or empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The elements called `item` in the child called `list`; the `count` of lists is not reliable.
    pub(super) fn items<'a>(&'a self, list: &str, item: &'a str) -> impl Iterator<Item = &'a Self> {
        let children = self.child(list).map_or(&[][..], |list| list.children.as_slice());
        children.iter().filter(move |child| child.name == item)
    }
}

/// What comes next in a document.
#[derive(Debug)]
pub(super) enum Tag {
    /// An opening tag; its content has not been read.
    Open(Element),
    /// A closing tag, also that of an empty element.
    Close(String),
}

/// One file, read from its beginning to its end.
pub(super) struct Document<'f> {
    path: &'f str,
    reader: Reader<Lines>,
    buffer: Vec<u8>,
    open: Vec<String>,
}

impl<'f> Document<'f> {
    /// Opens `file` in the encoding of `options`, or else of its byte order mark or declaration.
    pub(super) fn open(file: &'f File, options: &Options) -> Result<Self> {
        let encoding = encoding_of(file, options)?;
        let source = file.open()?;
        let source: Box<dyn Read> = if encoding == UTF_8 {
            Box::new(source)
        } else {
            Box::new(Transcoder::new(source, encoding))
        };
        let lines = Lines { source: BufReader::with_capacity(1 << 16, source), line: 1, bytes: 0 };
        let mut reader = Reader::from_reader(lines);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { path: &file.path, reader, buffer: Vec::new(), open: Vec::new() })
    }

    /// The line that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.reader.get_ref().line
    }

    /// How many bytes (in UTF-8) were read.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.get_ref().bytes
    }

    /// The next tag; text between tags is passed over. `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Tag>> {
        loop {
            match self.event()? {
                Piece::Open(element) => return Ok(Some(Tag::Open(element))),
                Piece::Close(name) => return Ok(Some(Tag::Close(name))),
                Piece::Text(_) => {}
                Piece::End => return Ok(None),
            }
        }
    }

    /// The whole element that `open` began.
    pub(super) fn element(&mut self, open: Element) -> Result<Element> {
        let (first, limit) = (open.line, self.bytes().saturating_add(MAX_RECORD));
        let mut stack = vec![open];
        loop {
            match self.event()? {
                Piece::Open(element) => stack.push(element),
                Piece::Text(text) => {
                    if let Some(element) = stack.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Piece::Close(_) => {
                    let Some(mut done) = stack.pop() else {
                        return Err(self.error("closing tag without an opening tag"));
                    };
                    done.text = text::plain(&done.text);
                    let Some(parent) = stack.last_mut() else { return Ok(done) };
                    parent.children.push(done);
                }
                Piece::End => return Err(self.error("the file ends inside of an element")),
            }
            if self.bytes() > limit {
                return Err(Error::line(self.path, first, "element of more than 64 MiB"));
            }
        }
    }

    /// An error where the document stands.
    pub(super) fn error(&self, problem: impl Into<String>) -> Error {
        Error::line(self.path, self.line(), problem)
    }

    fn event(&mut self) -> Result<Piece> {
        self.buffer.clear();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(problem) => return Err(unreadable(self.path, self.reader.get_ref().line, problem)),
        };
        let line = self.reader.get_ref().line;
        Ok(match event {
            Event::Start(start) => {
                let element =
                    opened(&start, line).map_err(|problem| unreadable(self.path, line, problem))?;
                if self.open.len() >= MAX_DEPTH {
                    return Err(Error::line(self.path, line, "elements nested too deeply"));
                }
                self.open.push(element.name.clone());
                Piece::Open(element)
            }
            Event::End(end) => {
                self.open.pop();
                Piece::Close(end.name().as_ref().to_owned())
            }
            Event::Text(text) => Piece::Text(text.xml10_content().into_owned()),
            Event::CData(text) => Piece::Text(text.xml10_content().into_owned()),
            Event::GeneralRef(reference) => Piece::Text(resolved(&reference)),
            Event::Eof => match self.open.last() {
                Some(name) => {
                    let problem = format!("the file ends inside of <{name}>; it is cut off");
                    return Err(Error::line(self.path, line, problem));
                }
                None => Piece::End,
            },
            // Empty elements arrive as opening and closing tag.
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => Piece::Text(String::new()),
        })
    }
}

/// One step of the reader, owned.
enum Piece {
    Open(Element),
    Close(String),
    Text(String),
    End,
}

fn opened(start: &BytesStart<'_>, line: u64) -> Result<Element, quick_xml::Error> {
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned();
        attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    let name = start.name().as_ref().to_owned();
    Ok(Element { name, attributes, line, ..Element::default() })
}

/// The text of `&…;`. A reference that is not known stays as it is written.
fn resolved(reference: &BytesRef<'_>) -> String {
    match text::character(reference) {
        Some(character) => character.to_string(),
        None => format!("&{};", &**reference),
    }
}

fn unreadable(path: &str, line: u64, problem: quick_xml::Error) -> Error {
    match problem {
        quick_xml::Error::Io(source) => {
            Error::io(path, io::Error::new(source.kind(), source.to_string()))
        }
        other => Error::line(path, line, format!("not well-formed XML: {other}")),
    }
}

/// The encoding of a file: as the user says, by byte order mark, by XML declaration, else UTF-8.
fn encoding_of(file: &File, options: &Options) -> Result<&'static Encoding> {
    let unknown = |name: &str| {
        Error::file(&file.path, format!("unknown character encoding '{name}' (utf-8 is usual)"))
    };
    if let Some(name) = &options.encoding {
        return Encoding::for_label(name.as_bytes()).ok_or_else(|| unknown(name));
    }
    let head = file.head(512)?;
    if let Some((encoding, _)) = Encoding::for_bom(&head) {
        return Ok(encoding);
    }
    let head = String::from_utf8_lossy(&head);
    let declaration = head.trim_start().split("?>").next().unwrap_or_default();
    let declared = declaration
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("encoding"))
        .and_then(|(_, rest)| rest.split(['"', '\'']).nth(1));
    match declared {
        Some(name) => Encoding::for_label(name.as_bytes()).ok_or_else(|| unknown(name)),
        None => Ok(UTF_8),
    }
}

/// Counts lines and bytes as they are consumed.
struct Lines {
    source: BufReader<Box<dyn Read>>,
    line: u64,
    bytes: u64,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Lines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let consumed = self.source.buffer().get(..amount).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', consumed).count() as u64;
        self.bytes += amount as u64;
        self.source.consume(amount);
    }
}

/// Turns another encoding into UTF-8 on the way.
struct Transcoder<R> {
    source: R,
    decoder: Decoder,
    chunk: Vec<u8>,
    text: String,
    given: usize,
    ended: bool,
}

impl<R: Read> Transcoder<R> {
    fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder(),
            chunk: vec![0; 1 << 16],
            text: String::with_capacity(1 << 18),
            given: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let length = self.source.read(&mut self.chunk)?;
        self.ended = length == 0;
        let chunk = self.chunk.get(..length).unwrap_or_default();
        self.text.clear();
        self.given = 0;
        let room = self.decoder.max_utf8_buffer_length(length).unwrap_or(4 * length + 16);
        self.text.reserve(room);
        let (_, _, malformed) = self.decoder.decode_to_string(chunk, &mut self.text, self.ended);
        if malformed {
            let encoding = self.decoder.encoding().name();
            let problem = format!("bytes that are not valid in the declared encoding {encoding}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.refill()?;
        }
        let ready = self.text.as_bytes().get(self.given..).unwrap_or_default();
        let length = ready.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(ready) {
            *to = *from;
        }
        self.given += length;
        Ok(length)
    }
}
