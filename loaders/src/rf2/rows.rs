//! Lines of a release file, split at tabs.
//!
//! RF2 files have no quoting and hold quotation marks in their terms, and the large ones have
//! several million rows: lines are found in one reused buffer and fields stay bytes until they
//! are asked for.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use crate::archive::File;
use crate::lines::Lines;
use crate::{Error, Result};

/// The longest line that is read, in bytes; the longest of a release have some thousand.
const LONGEST: usize = 16 << 20;

/// Effective time of a row that has none: it is not released yet, so it is newer than all others.
pub(super) const UNRELEASED: u32 = u32::MAX;

/// A release file, read line by line.
pub(super) struct Rows {
    lines: Lines,
    header: Vec<String>,
    tabs: Vec<usize>,
}

/// One row of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    path: &'a str,
    /// Line, from 1.
    pub(super) line: u64,
    header: &'a [String],
    text: &'a [u8],
    tabs: &'a [usize],
}

impl Rows {
    /// Opens a file and reads its header.
    pub(super) fn open(file: &File) -> Result<Self> {
        let lines = Lines::open(file, LONGEST)?;
        let mut rows = Self { lines, header: Vec::new(), tabs: Vec::new() };
        let Some(bounds) = rows.content_line()? else {
            return Err(Error::file(&file.path, "the file is empty, expected a header line"));
        };
        rows.header = columns(rows.lines.text(bounds));
        Ok(rows)
    }

    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// Names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The position of the column called `name`.
    pub(super) fn column(&self, name: &str) -> Result<usize> {
        let position = self.header.iter().position(|column| column.eq_ignore_ascii_case(name));
        position.ok_or_else(|| {
            let problem = format!("no column '{name}' in the header: {}", self.header.join(", "));
            Error::line(&self.lines.path, 1, problem)
        })
    }

    /// The next row, or none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>> {
        let Some(bounds) = self.content_line()? else { return Ok(None) };
        let text = self.lines.text(bounds);
        self.tabs.clear();
        self.tabs.extend(memchr_iter(b'\t', text));
        if self.tabs.len() + 1 != self.header.len() {
            let problem = format!(
                "{} columns, expected {}: {}",
                self.tabs.len() + 1,
                self.header.len(),
                self.header.join(", ")
            );
            return Err(self.lines.error(problem));
        }
        let (path, header, tabs) = (&*self.lines.path, &*self.header, &*self.tabs);
        Ok(Some(Row { path, line: self.lines.line, header, text, tabs }))
    }

    /// The bounds of the next line that is neither empty nor a comment. Comments are no part of
    /// the format, but public test sets have them; a line without a tab cannot be a row.
    fn content_line(&mut self) -> Result<Option<Range<usize>>> {
        while let Some(bounds) = self.lines.next()? {
            let text = self.lines.text(bounds.clone());
            let comment = text.first() == Some(&b'#') && memchr(b'\t', text).is_none();
            if !text.is_empty() && !comment {
                return Ok(Some(bounds));
            }
        }
        Ok(None)
    }
}

/// The column names of a header line.
pub(super) fn columns(line: &[u8]) -> Vec<String> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    String::from_utf8_lossy(line).split('\t').map(|name| name.trim().to_owned()).collect()
}

impl<'a> Row<'a> {
    /// The file, for people.
    pub(super) fn path(&self) -> &'a str {
        self.path
    }

    /// The bytes of column `column`.
    pub(super) fn bytes(&self, column: usize) -> &'a [u8] {
        let start = column.checked_sub(1).map_or(Some(0), |tab| Some(self.tabs.get(tab)? + 1));
        let end = self.tabs.get(column).copied().unwrap_or(self.text.len());
        start.and_then(|start| self.text.get(start..end)).unwrap_or_default()
    }

    /// The text of column `column`.
    pub(super) fn text(&self, column: usize) -> Result<&'a str> {
        self.utf8(column, self.bytes(column))
    }

    /// The text of all columns from `column` on, with the tabs between them.
    pub(super) fn texts_from(&self, column: usize) -> Result<&'a str> {
        let start = column.checked_sub(1).and_then(|tab| self.tabs.get(tab));
        let rest = start.and_then(|tab| self.text.get(tab + 1..)).unwrap_or_default();
        if memchr(0x1f, rest).is_some() {
            return Err(self.error(column, "has the control character U+001F"));
        }
        self.utf8(column, rest)
    }

    /// A SNOMED CT identifier: 1 to 18 digits.
    pub(super) fn sctid(&self, column: usize) -> Result<u64> {
        let digits = self.bytes(column);
        let number = if digits.is_empty() || digits.len() > 18 { None } else { number(digits) };
        number.ok_or_else(|| self.expected(column, "a SNOMED CT identifier (1 to 18 digits)"))
    }

    /// An effective time YYYYMMDD; an empty one is [`UNRELEASED`].
    pub(super) fn effective_time(&self, column: usize) -> Result<u32> {
        let bytes = self.bytes(column);
        if bytes.is_empty() {
            return Ok(UNRELEASED);
        }
        parse_date(bytes).ok_or_else(|| self.expected(column, "a date YYYYMMDD"))
    }

    /// A flag, 0 or 1.
    pub(super) fn flag(&self, column: usize) -> Result<bool> {
        match self.bytes(column) {
            b"1" => Ok(true),
            b"0" => Ok(false),
            _ => Err(self.expected(column, "0 or 1")),
        }
    }

    /// A relationship group, 0 to 65,535.
    pub(super) fn group(&self, column: usize) -> Result<u16> {
        let group = number(self.bytes(column)).and_then(|group| u16::try_from(group).ok());
        group.ok_or_else(|| self.expected(column, "a relationship group (0 to 65535)"))
    }

    /// The identifier of a reference set member as two numbers: a UUID, or a digest of whatever
    /// else stands there (test sets have made-up ones).
    pub(super) fn member_id(&self, column: usize) -> [u64; 2] {
        let bytes = self.bytes(column);
        uuid(bytes).unwrap_or_else(|| digest(bytes))
    }

    /// What was `expected` in a column instead of what stands there.
    pub(super) fn expected(&self, column: usize, expected: &str) -> Error {
        let found = String::from_utf8_lossy(self.bytes(column));
        self.error(column, &format!("is '{found}', expected {expected}"))
    }

    fn error(&self, column: usize, problem: &str) -> Error {
        let name = self.header.get(column).map_or("", String::as_str);
        Error::line(self.path, self.line, format!("{name} {problem}"))
    }

    fn utf8(&self, column: usize, bytes: &'a [u8]) -> Result<&'a str> {
        std::str::from_utf8(bytes).map_err(|_| self.error(column, "is not UTF-8"))
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| {
        let value = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(value)
    })
}

/// A date YYYYMMDD as a number, if it is one of the calendar.
pub(super) fn parse_date(bytes: &[u8]) -> Option<u32> {
    let date = number(bytes).filter(|_| bytes.len() == 8)? as u32;
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (year >= 1900 && (1..=days).contains(&day)).then_some(date)
}

fn uuid(bytes: &[u8]) -> Option<[u64; 2]> {
    let hyphens = [8, 13, 18, 23];
    if bytes.len() != 36 || hyphens.iter().any(|&at| bytes.get(at) != Some(&b'-')) {
        return None;
    }
    let mut digits = 0u32;
    let mut halves = [0u64; 2];
    for byte in bytes.iter().filter(|byte| **byte != b'-') {
        let digit = char::from(*byte).to_digit(16)?;
        let half = halves.get_mut((digits / 16) as usize)?;
        *half = *half << 4 | u64::from(digit);
        digits += 1;
    }
    (digits == 32).then_some(halves)
}

fn digest(bytes: &[u8]) -> [u64; 2] {
    use std::hash::Hasher;
    [0u8, 1].map(|half| {
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write_u8(half);
        hasher.write(bytes);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &[u8]) -> (tempfile::TempDir, File) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sct2_Test.txt");
        std::fs::write(&path, content).unwrap();
        let file = File::on_disk(&path).unwrap();
        (folder, file)
    }

    fn all(content: &[u8]) -> Result<Vec<Vec<String>>> {
        let (_folder, file) = file(content);
        let mut rows = Rows::open(&file)?;
        let columns = rows.header().len();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((0..columns).map(|at| row.text(at).unwrap().to_owned()).collect());
        }
        Ok(found)
    }

    #[test]
    fn rows_are_split_at_tabs_alone_whatever_the_line_ends() {
        let expected = vec![vec!["1", "the \"big\" one", ""], vec!["2", "", "ä"]];
        for content in [
            "a\tb\tc\r\n1\tthe \"big\" one\t\r\n2\t\tä\r\n",
            "a\tb\tc\n1\tthe \"big\" one\t\n2\t\tä",
            "\u{feff}a\tb\tc\n# no row\n\n1\tthe \"big\" one\t\n2\t\tä\n\n",
        ] {
            assert_eq!(all(content.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn lines_longer_than_the_buffer_are_read_whole() {
        let long = "x".repeat(crate::lines::BUFFER * 2 + 17);
        let rows = all(format!("a\tb\n1\t{long}\n2\ty\n").as_bytes()).unwrap();
        assert_eq!(rows[0][1].len(), long.len());
        assert_eq!(rows[1], ["2", "y"]);
    }

    #[test]
    fn a_line_with_too_few_columns_is_named_with_what_was_expected() {
        let error = all(b"a\tb\n1\t2\n3\n").unwrap_err().to_string();
        assert!(error.contains("line 3: 1 columns, expected 2: a, b"), "{error}");
    }

    #[test]
    fn values_that_do_not_fit_are_refused_with_column_and_line() {
        let (_folder, file) = file(b"id\ttime\tactive\tgroup\nx1\t20251301\t2\t70000\n");
        let mut rows = Rows::open(&file).unwrap();
        let row = rows.next().unwrap().unwrap();
        for (error, expected) in [
            (row.sctid(0).unwrap_err(), "line 2: id is 'x1', expected a SNOMED CT identifier"),
            (row.effective_time(1).unwrap_err(), "time is '20251301', expected a date YYYYMMDD"),
            (row.flag(2).unwrap_err(), "active is '2', expected 0 or 1"),
            (row.group(3).unwrap_err(), "group is '70000', expected a relationship group"),
        ] {
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn member_identifiers_are_told_apart() {
        assert_eq!(
            uuid(b"00005b30-d2ad-5891-ae82-060d2e20a9fc"),
            Some([0x0000_5b30_d2ad_5891, 0xae82_060d_2e20_a9fc])
        );
        assert_eq!(uuid(b"00005b30-d2ad-5891-ae82-060d2e20a9fx"), None);
        assert_ne!(digest(b"one"), digest(b"two"));
    }

    #[test]
    fn only_dates_of_the_calendar_are_dates() {
        for good in ["20240229", "20020131", "19000101"] {
            assert!(parse_date(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["20230229", "20021301", "20020100", "2002013", "200201311", "2002013x", ""] {
            assert!(parse_date(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
