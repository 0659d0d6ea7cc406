//! Decoded lines with their numbers.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};

use super::Encoding;
use crate::archive::File;
use crate::{Error, Result};

/// Longest line that is read, in bytes. A file without line ends is not a text release.
const LONGEST_LINE: u64 = 1 << 20;

/// One line of a text file.
#[derive(Debug)]
pub struct Line<'a> {
    /// Number, from 1.
    pub number: u64,
    /// Its text without line end and byte order mark.
    pub text: Cow<'a, str>,
}

/// The lines of a file: decoded, ended by LF or CRLF, numbered from 1, without byte order mark.
pub struct Lines {
    path: String,
    encoding: Encoding,
    reader: BufReader<Box<dyn Read + Send>>,
    raw: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Lines")
            .field("path", &self.path)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Lines {
    /// The lines of `file`, which is in `encoding`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(file: &File, encoding: Encoding) -> Result<Self> {
        Ok(Self {
            path: file.path.clone(),
            encoding,
            reader: BufReader::with_capacity(1 << 16, file.open()?),
            raw: Vec::new(),
            number: 0,
            bytes: 0,
        })
    }

    /// Number of the line read last, from 1; 0 before the first.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes read so far, line ends included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// An error in the line read last.
    pub fn error(&self, problem: impl Into<String>) -> Error {
        Error::line(&self.path, self.number, problem)
    }

    /// The next line, `None` at the end. A Ctrl-Z that DOS programs leave at the end of a file
    /// counts as the end.
    ///
    /// # Errors
    /// When the file cannot be read, when a line is longer than 1 MiB, or when it holds a byte
    /// that has no meaning in the encoding.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        self.raw.clear();
        let mut limited = (&mut self.reader).take(LONGEST_LINE);
        let read = limited
            .read_until(b'\n', &mut self.raw)
            .map_err(|source| Error::io(&self.path, source))? as u64;
        if read == 0 || self.raw == [0x1a] {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read;
        if read == LONGEST_LINE && self.raw.last() != Some(&b'\n') {
            return Err(self.error(format!("the line is longer than {LONGEST_LINE} bytes")));
        }
        let bytes = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let bytes = match self.number {
            1 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            _ => bytes,
        };
        match self.encoding.decode(bytes) {
            Ok(text) => Ok(Some(Line { number: self.number, text })),
            Err(malformed) => Err(Error::line(
                &self.path,
                self.number,
                format!(
                    "byte 0x{:02X} at position {} is not {}; if the file is in another encoding, \
                     declare it (utf-8, windows-1252, iso-8859-1, cp850)",
                    malformed.byte,
                    malformed.at + 1,
                    self.encoding.name()
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bfarm::test_files::Written;

    fn lines(bytes: &[u8], encoding: Encoding) -> Result<Vec<(u64, String)>> {
        let written = Written::new(&[("a.txt", bytes)]);
        let mut lines = Lines::open(&written.file("a.txt"), encoding)?;
        let mut found = Vec::new();
        while let Some(line) = lines.next_line()? {
            found.push((line.number, line.text.into_owned()));
        }
        Ok(found)
    }

    #[test]
    fn line_ends_and_byte_order_mark_are_no_part_of_the_text() {
        let found = lines(b"\xef\xbb\xbfa\r\nb\n\nc", Encoding::Utf8).unwrap();
        let expected = [(1, "a"), (2, "b"), (3, ""), (4, "c")];
        assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn a_dos_end_of_file_ends_the_lines() {
        assert_eq!(lines(b"a\r\n\x1a", Encoding::Cp850).unwrap().len(), 1);
    }

    #[test]
    fn a_malformed_byte_is_named_with_line_and_way_out() {
        let error = lines(b"gut\nSchl\xfcssel\n", Encoding::Utf8).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("0xFC at position 5"), "{error}");
        assert!(error.contains("iso-8859-1"), "{error}");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let long = vec![b'x'; 2 << 20];
        assert!(lines(&long, Encoding::Utf8).unwrap_err().to_string().contains("longer"));
    }
}
