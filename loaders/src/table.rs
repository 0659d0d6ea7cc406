//! Tables with a header line, read row by row without a map per row.

use std::io::Read;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use crate::archive::File;
use crate::{Error, Report, Result};

/// A delimited text file whose columns are found by the names in its header line.
///
/// Fields may be quoted with `"`, a doubled quote inside stands for itself, and line breaks may
/// occur in quotes (RFC 4180). One record buffer serves all rows.
pub(crate) struct Table {
    path: String,
    reader: csv::Reader<Box<dyn Read + Send>>,
    headers: Vec<String>,
    record: StringRecord,
    /// Whether a line end counts when the record before it has been read; that of CRLF counts with
    /// the record after it.
    counts_line_ends: bool,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'t> {
    record: &'t StringRecord,
    /// Line of the file in which the row begins, from 1.
    pub(crate) line: u64,
}

impl<'t> Row<'t> {
    /// The field in `column` without surrounding blanks; empty when the file has no such column.
    pub(crate) fn get(&self, column: Option<usize>) -> &'t str {
        column.and_then(|column| self.record.get(column)).unwrap_or_default().trim()
    }

    /// Whether all fields are empty.
    pub(crate) fn is_blank(&self) -> bool {
        self.record.iter().all(|field| field.trim().is_empty())
    }
}

impl Table {
    /// The table in `file`: UTF-8, fields apart by comma.
    ///
    /// # Errors
    /// When the file cannot be opened or its header line is not readable.
    pub(crate) fn open(file: &File) -> Result<Self> {
        Self::new(&file.path, file.open()?, b',', true)
    }

    /// A table from `reader`, in UTF-8; `quoted` says whether `"` encloses fields.
    ///
    /// # Errors
    /// When the header line is not readable.
    pub(crate) fn new(
        path: &str,
        reader: Box<dyn Read + Send>,
        delimiter: u8,
        quoted: bool,
    ) -> Result<Self> {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(quoted)
            .buffer_capacity(1 << 17)
            .from_reader(reader);
        let headers = reader.headers().map_err(|error| describe(path, 1, &error))?;
        let headers = headers.iter().map(|name| name.trim().to_owned()).collect();
        let counts_line_ends = reader.position().line() > 1;
        let record = StringRecord::new();
        Ok(Self { path: path.into(), reader, headers, record, counts_line_ends })
    }

    /// The column names.
    pub(crate) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The number of the column called `name`, without regard to case.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.headers.iter().position(|header| header.eq_ignore_ascii_case(name))
    }

    /// The number of the column called `name`, which the format cannot do without.
    ///
    /// # Errors
    /// When it is missing.
    pub(crate) fn required(&self, name: &str) -> Result<Option<usize>> {
        match self.column(name) {
            None => Err(Error::line(
                &self.path,
                1,
                format!("no column '{name}'; found: {}", self.headers.join(", ")),
            )),
            found => Ok(found),
        }
    }

    /// The next row, none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8, or the row has more or fewer fields than the
    /// header line.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        let before = self.reader.position().line() + u64::from(!self.counts_line_ends);
        let more = self.reader.read_record(&mut self.record);
        // Blank lines are passed over, so the line is counted back from the end of the record.
        let inside = memchr::memchr_iter(b'\n', self.record.as_slice().as_bytes()).count() as u64;
        let ended = u64::from(self.counts_line_ends);
        let after = self.reader.position().line().saturating_sub(ended);
        let line = after.saturating_sub(inside).max(before);
        let more = more.map_err(|error| describe(&self.path, line, &error))?;
        Ok(more.then_some(Row { record: &self.record, line }))
    }

    /// An error in `line` of this table.
    pub(crate) fn error(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::line(&self.path, line, problem)
    }

    /// Adds the bytes read so far to the report.
    pub(crate) fn close(self, report: &mut Report) {
        report.bytes += self.reader.position().byte();
    }
}

/// What a CSV error means for people who look at the file.
fn describe(path: &str, line: u64, error: &csv::Error) -> Error {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => Error::line(
            path,
            line,
            format!("{len} fields, expected {expected_len} as in the header line"),
        ),
        ErrorKind::Utf8 { err, .. } => {
            Error::line(path, line, format!("field {} is not UTF-8", err.field() + 1))
        }
        ErrorKind::Io(source) => {
            Error::io(path, std::io::Error::new(source.kind(), source.to_string()))
        }
        _ => Error::line(path, line, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &'static [u8]) -> Result<Table> {
        Table::new("t.csv", Box::new(text), b',', true)
    }

    #[test]
    fn quotes_and_line_breaks_stay_inside_of_a_field() {
        let mut table =
            table(b"\xef\xbb\xbf\"A\",\"b\"\r\n\"x\"\"y\",\"1\n2\"\r\n\"z\",\r\n").unwrap();
        let (a, b) = (table.required("a").unwrap(), table.column("B"));
        let row = table.next().unwrap().unwrap();
        assert_eq!((row.get(a), row.get(b), row.line), ("x\"y", "1\n2", 2));
        let row = table.next().unwrap().unwrap();
        assert_eq!((row.get(a), row.get(b), row.get(None), row.line), ("z", "", "", 4));
        assert!(table.next().unwrap().is_none());
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for text in ["a,b\n1,2\n\n\n\"x\ny\",2\n3,4\n", "a,b\r\n1,2\r\n\r\n\r\n\"x\r\ny\",2\r\n3,4"]
        {
            let mut table = Table::new("t", Box::new(text.as_bytes()), b',', true).unwrap();
            for line in [2, 5, 7] {
                assert_eq!(table.next().unwrap().unwrap().line, line, "{text:?}");
            }
            assert!(table.next().unwrap().is_none());
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said_with_its_line() {
        let message = |text: &'static [u8]| {
            let mut table = table(text).unwrap();
            loop {
                match table.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => return String::new(),
                    Err(error) => return error.to_string(),
                }
            }
        };
        assert_eq!(
            message(b"a,b\n1,2\n3\n"),
            "t.csv, line 3: 1 fields, expected 2 as in the header line"
        );
        assert_eq!(message(b"a,b\n1,\xe4\n"), "t.csv, line 2: field 2 is not UTF-8");
        let missing = table(b"a,b\n").unwrap().required("code").unwrap_err();
        assert_eq!(missing.to_string(), "t.csv, line 1: no column 'code'; found: a, b");
    }
}
