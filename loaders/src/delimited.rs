//! Rows of large text files without quoting, split at one byte.
//!
//! Files of drug and research vocabularies reach gigabytes: lines are found in one reused buffer,
//! decoded once a line, and their fields borrow from it.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use crate::archive::File;
use crate::encoding::Encoding;
use crate::lines::Lines;
use crate::{Error, Options, Report, Result};

/// The longest line that is read, in bytes; the longest of a release have some thousand.
const LONGEST: usize = 4 << 20;

/// How rows are laid out and decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Stands between fields.
    pub(crate) delimiter: u8,
    /// Whether the delimiter stands behind the last field too.
    pub(crate) trailing: bool,
    /// Encoding of the text.
    pub(crate) encoding: Encoding,
    /// Whether a line that is not in that encoding is read as Windows-1252.
    pub(crate) falls_back: bool,
}

impl Layout {
    /// Fields apart by tabs, in the encoding that the options name, else UTF-8.
    ///
    /// # Errors
    /// When the options name an unknown encoding.
    pub(crate) fn tabs(options: &Options) -> Result<Self> {
        let encoding = options.encoding.as_deref().map_or(Ok(Encoding::Utf8), Encoding::from_name);
        Ok(Self { delimiter: b'\t', trailing: false, encoding: encoding?, falls_back: false })
    }

    /// Fields apart by `|` with one at the end (Rich Release Format), else as [`Layout::tabs`].
    ///
    /// # Errors
    /// When the options name an unknown encoding.
    pub(crate) fn pipes(options: &Options) -> Result<Self> {
        Ok(Self { delimiter: b'|', trailing: true, ..Self::tabs(options)? })
    }
}

/// The fields of a line, by its layout.
pub(crate) fn fields(line: &str, delimiter: u8, trailing: bool) -> impl Iterator<Item = &str> {
    let delimiter = char::from(delimiter);
    let line = line.trim_start_matches('\u{feff}').trim_end_matches('\r');
    let line = if trailing { line.strip_suffix(delimiter).unwrap_or(line) } else { line };
    line.split(delimiter).map(str::trim)
}

/// A file, read row by row. Blank lines are passed over.
pub(crate) struct Rows {
    lines: Lines,
    layout: Layout,
    header: Vec<String>,
    width: usize,
    decoded: String,
    cuts: Vec<usize>,
    fallback: Option<u64>,
}

/// One row of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Line, from 1.
    pub(crate) line: u64,
    text: &'a str,
    cuts: &'a [usize],
}

impl<'a> Row<'a> {
    /// The field in column `column`, from 0, without surrounding blanks; empty beyond the last.
    pub(crate) fn at(&self, column: usize) -> &'a str {
        let start = column.checked_sub(1).map_or(Some(0), |cut| Some(self.cuts.get(cut)? + 1));
        let end = self.cuts.get(column).copied().unwrap_or(self.text.len());
        start.and_then(|start| self.text.get(start..end)).unwrap_or_default().trim()
    }

    /// The field in `column`; empty when the file has no such column.
    pub(crate) fn get(&self, column: Option<usize>) -> &'a str {
        column.map_or("", |column| self.at(column))
    }
}

impl Rows {
    /// The rows of `file`, which has no header line; each has `width` fields.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(file: &File, layout: Layout, width: usize) -> Result<Self> {
        Ok(Self {
            lines: Lines::open(file, LONGEST)?,
            layout,
            header: Vec::new(),
            width,
            decoded: String::new(),
            cuts: Vec::new(),
            fallback: None,
        })
    }

    /// The rows of `file` behind its header line; each has as many fields as that.
    ///
    /// # Errors
    /// When the file cannot be read or is empty.
    pub(crate) fn with_header(file: &File, layout: Layout) -> Result<Self> {
        let mut rows = Self::open(file, layout, 0)?;
        let Some(bounds) = rows.content_line()? else {
            return Err(Error::file(&file.path, "the file is empty, expected a header line"));
        };
        let line = String::from_utf8_lossy(rows.lines.text(bounds));
        rows.header = fields(&line, layout.delimiter, layout.trailing).map(str::to_owned).collect();
        rows.width = rows.header.len();
        Ok(rows)
    }

    /// The column called `name`, without regard to case.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// The column called `name`, which the format cannot do without.
    ///
    /// # Errors
    /// When it is missing.
    pub(crate) fn required(&self, name: &str) -> Result<usize> {
        self.column(name).ok_or_else(|| {
            let problem = format!("no column '{name}'; found: {}", self.header.join(", "));
            Error::line(&self.lines.path, 1, problem)
        })
    }

    /// The next row, none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, the line is not in its encoding, or has another number of
    /// fields than it should.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        if !self.advance()? {
            return Ok(None);
        }
        match self.unequal() {
            Some(problem) => Err(self.lines.error(problem)),
            None => Ok(Some(self.row())),
        }
    }

    /// The next row with the right number of fields; others are skipped with a warning.
    ///
    /// # Errors
    /// When the file cannot be read or a line is not in its encoding.
    pub(crate) fn next_sound(&mut self, report: &mut Report) -> Result<Option<Row<'_>>> {
        while self.advance()? {
            match self.unequal() {
                Some(problem) => {
                    report.count("rows skipped: number of fields", 1);
                    report.warn(
                        &self.lines.path,
                        self.lines.line,
                        format!("{problem}; the row was skipped"),
                    );
                }
                None => return Ok(Some(self.row())),
            }
        }
        Ok(None)
    }

    /// An error in `line` of this file.
    pub(crate) fn error(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::line(&self.lines.path, line, problem)
    }

    /// Adds the bytes read to the report, and says where another encoding was found.
    pub(crate) fn close(self, report: &mut Report) {
        report.bytes += self.lines.bytes;
        if let Some(line) = self.fallback {
            let message = format!(
                "not {}; this line and others like it were read as Windows-1252",
                self.layout.encoding.name()
            );
            report.warn(&self.lines.path, line, message);
        }
    }

    fn row(&self) -> Row<'_> {
        Row { line: self.lines.line, text: &self.decoded, cuts: &self.cuts }
    }

    fn unequal(&self) -> Option<String> {
        let found = self.cuts.len() + 1;
        (found != self.width).then(|| match self.header.is_empty() {
            true => format!("{found} fields, expected {}", self.width),
            false => format!("{found} fields, expected {} as in the header line", self.width),
        })
    }

    /// Decodes and cuts the next line.
    fn advance(&mut self) -> Result<bool> {
        let Some(bounds) = self.content_line()? else { return Ok(false) };
        let mut line = self.lines.text(bounds);
        if self.layout.trailing {
            line = line.strip_suffix(&[self.layout.delimiter]).unwrap_or(line);
        }
        self.decoded.clear();
        match self.layout.encoding.decode(line) {
            Ok(text) => self.decoded.push_str(&text),
            Err(_) if self.layout.falls_back => {
                self.fallback.get_or_insert(self.lines.line);
                let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(line).0;
                self.decoded.push_str(&text);
            }
            Err(malformed) => {
                let problem = format!(
                    "byte 0x{:02X} at position {} is not {}; if the file is in another encoding, \
                     declare it (utf-8, windows-1252, iso-8859-1, cp850)",
                    malformed.byte,
                    malformed.at + 1,
                    self.layout.encoding.name()
                );
                return Err(self.lines.error(problem));
            }
        }
        // Marks the separator of stored values; no text has a use for it.
        if memchr(0x1f, self.decoded.as_bytes()).is_some() {
            let problem = "has the control character U+001F";
            return Err(self.lines.error(problem));
        }
        self.cuts.clear();
        self.cuts.extend(memchr_iter(self.layout.delimiter, self.decoded.as_bytes()));
        Ok(true)
    }

    /// The bounds of the next line that is not blank, without byte order mark.
    fn content_line(&mut self) -> Result<Option<Range<usize>>> {
        while let Some(mut bounds) = self.lines.next()? {
            if self.lines.line == 1 && self.lines.text(bounds.clone()).starts_with(b"\xef\xbb\xbf")
            {
                bounds.start += 3;
            }
            let line = self.lines.text(bounds.clone());
            if !line.is_empty() && line != b"\x1a" {
                return Ok(Some(bounds));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bfarm::test_files::Written;

    const PIPES: Layout =
        Layout { delimiter: b'|', trailing: true, encoding: Encoding::Utf8, falls_back: false };
    const TABS: Layout = Layout { delimiter: b'\t', trailing: false, ..PIPES };

    fn all(bytes: &[u8], layout: Layout, width: usize) -> Result<Vec<(u64, Vec<String>)>> {
        let written = Written::new(&[("a", bytes)]);
        let mut rows = Rows::open(&written.file("a"), layout, width)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.line, (0..width).map(|column| row.at(column).to_owned()).collect()));
        }
        Ok(found)
    }

    #[test]
    fn lines_are_cut_at_the_delimiter_and_counted_as_an_editor_counts_them() {
        let found = all(b"\xef\xbb\xbfa|\"b|\r\n\n|x y |\nlast||", PIPES, 2).unwrap();
        let expected = [(1, ["a", "\"b"]), (3, ["", "x y"]), (4, ["last", ""])];
        let expected = expected.map(|(line, row)| (line, row.map(str::to_owned).to_vec()));
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_longer_than_the_buffer_are_read_whole() {
        let long = "x".repeat(crate::lines::BUFFER + 5);
        let found = all(format!("{long}\ta\nb\tc").as_bytes(), TABS, 2).unwrap();
        assert_eq!((found[0].1[0].len(), found[1].1[1].as_str()), (long.len(), "c"));
        let endless = vec![b'x'; LONGEST + 1];
        assert!(all(&endless, TABS, 2).unwrap_err().to_string().contains("longer than"));
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said_with_its_line() {
        let message = |bytes: &[u8]| all(bytes, PIPES, 2).unwrap_err().to_string();
        assert!(message(b"a|b|\na|\n").ends_with("line 2: 1 fields, expected 2"));
        assert!(message(b"a|\xe4|\n").contains("line 1: byte 0xE4 at position 3 is not utf-8"));
        assert!(message(b"a|\x1f|\n").contains("U+001F"));
        let lenient = Layout { falls_back: true, ..TABS };
        assert_eq!(all(b"a\t\xe4", lenient, 2).unwrap()[0].1[1], "ä");
    }
}
