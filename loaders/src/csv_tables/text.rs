//! Encoding and delimiter of a table.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

use crate::archive::File;
use crate::table::Table;
use crate::{Error, Options, Report, Result};

/// What the beginning of a table tells.
#[derive(Debug)]
pub(super) struct Layout {
    /// Character between fields.
    delimiter: u8,
    /// Encoding by byte order mark, if there is one.
    marked: Option<&'static Encoding>,
    /// The header line, as far as the encoding is known: Windows-1252 when it is not UTF-8.
    pub(super) headers: Vec<String>,
}

impl Layout {
    /// Reads the header line in the first bytes of a file, none when there is no text.
    pub(super) fn of_head(head: &[u8]) -> Option<Self> {
        let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
        let (text, _) = match marked {
            Some(encoding) => encoding.decode_with_bom_removal(head),
            None => {
                let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
                let valid = std::str::from_utf8(line).is_ok();
                let encoding = if valid { UTF_8 } else { WINDOWS_1252 };
                encoding.decode_without_bom_handling(line)
            }
        };
        let line = text.lines().next()?;
        let delimiter = delimiter(line)?;
        let fields = line.split(char::from(delimiter));
        let headers = fields.map(|field| field.trim().trim_matches('"').trim().to_owned());
        Some(Self { delimiter, marked, headers: headers.collect() })
    }
}

/// The character among `;`, tab and `,` that occurs most often outside of quotes.
fn delimiter(line: &str) -> Option<u8> {
    let mut counts = [(b';', 0), (b'\t', 0), (b',', 0)];
    let mut quoted = false;
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().filter(|&count| count > 0)?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(delimiter, _)| delimiter)
}

/// Opens a table in its encoding: that of its byte order mark, else that of the options, else
/// UTF-8 if all of it is, else Windows-1252 with a warning.
///
/// # Errors
/// When the file cannot be read, or the encoding is unknown.
pub(super) fn open(
    file: &File,
    layout: &Layout,
    options: &Options,
    report: &mut Report,
) -> Result<Table> {
    let encoding = match (layout.marked, &options.encoding) {
        (Some(marked), _) => marked,
        (None, Some(name)) => named(name)?,
        (None, None) => match first_line_not_utf8(file)? {
            None => UTF_8,
            Some(line) => {
                let message = "not UTF-8; the file was read as Windows-1252. Give the encoding \
                               if it is another one";
                report.warn(&file.path, line, message);
                WINDOWS_1252
            }
        },
    };
    let reader = file.open()?;
    let reader: Box<dyn Read + Send> =
        if encoding == UTF_8 { reader } else { Box::new(Decoding::new(reader, encoding)) };
    Table::new(&file.path, reader, layout.delimiter, true)
}

fn named(name: &str) -> Result<&'static Encoding> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        let known = "utf-8, windows-1252, iso-8859-1";
        Error::Options(format!(
            "encoding '{name}' is not known for tables, expected one of: {known}"
        ))
    })
}

fn first_line_not_utf8(file: &File) -> Result<Option<u64>> {
    let mut reader = BufReader::with_capacity(1 << 16, file.open()?);
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes);
        if read.map_err(|source| Error::io(&file.path, source))? == 0 {
            break;
        }
        if std::str::from_utf8(&bytes).is_err() {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

/// Turns text in another encoding into UTF-8 while it is read.
struct Decoding<R> {
    reader: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Decoding<R> {
    fn new(reader: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { reader, decoder, raw: vec![0; 1 << 14], text: Vec::new(), given: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        let read = self.reader.read(&mut self.raw)?;
        self.ended = read == 0;
        let mut raw = self.raw.get(..read).unwrap_or_default();
        self.text.clear();
        self.given = 0;
        let most = self.decoder.max_utf8_buffer_length(read).unwrap_or(1 << 16);
        self.text.resize(most, 0);
        let mut written = 0;
        loop {
            let out = self.text.get_mut(written..).unwrap_or_default();
            let (result, taken, put, _) = self.decoder.decode_to_utf8(raw, out, self.ended);
            raw = raw.get(taken..).unwrap_or_default();
            written += put;
            if result == encoding_rs::CoderResult::InputEmpty {
                break;
            }
            self.text.resize(written + most + 16, 0);
        }
        self.text.truncate(written);
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.text.len() && !self.ended {
            self.fill()?;
        }
        let left = self.text.get(self.given..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(left) {
            *to = *from;
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_occurs_most_outside_of_quotes() {
        for (line, expected) in [
            ("code;display", Some(b';')),
            ("\"a;b;c\",b,c", Some(b',')),
            ("code\tBezeichnung, kurz", Some(b'\t')),
            ("code", None),
            ("", None),
        ] {
            assert_eq!(delimiter(line), expected, "{line}");
        }
    }

    #[test]
    fn text_is_decoded_across_the_ends_of_buffers() {
        let text: String = "Größe – naïve € ".repeat(5_000);
        let (bytes, _, _) = WINDOWS_1252.encode(&text);
        let mut decoded = String::new();
        Decoding::new(&*bytes, WINDOWS_1252).read_to_string(&mut decoded).unwrap();
        assert_eq!(decoded, text);
    }
}
