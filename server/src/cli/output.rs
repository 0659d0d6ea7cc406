//! What commands print: aligned tables for people, CSV for tables of others, JSON for programs.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use clap::{Args, ValueEnum};
use unicode_width::UnicodeWidthStr;

use crate::error::{Error, Result};

/// In which form to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned columns, for people.
    Table,
    /// The answer of the FHIR operation; of other commands plain JSON.
    Json,
    /// Comma-separated values (RFC 4180) with a header.
    Csv,
}

/// The option `--format`.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Output {
    /// Form of what is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// Standard output failed; that a reader has seen enough (`| head`) is nobody's error.
pub(super) fn settle(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io(Path::new("standard output"), error))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard output.
pub(super) fn say(line: &str) -> Result<()> {
    settle(writeln!(io::stdout(), "{line}"))
}

/// Writes a line to standard error, which is not needed for anything.
pub(super) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a value as JSON for people and programs.
pub(super) fn say_json(value: &serde_json::Value) -> Result<()> {
    say(&format!("{value:#}"))
}

/// Rows a table looks at to find the widths of its columns, before it prints the first.
const MEASURED: usize = 1_000;
/// Between two columns.
const GAP: &str = "  ";

/// Rows on their way to standard output, as a table or as CSV. Memory stays flat: a table holds no
/// more rows than it measures.
pub(super) struct Rows(Form<BufWriter<Stdout>>);

enum Form<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Table(Columns<W>),
}

struct Columns<W> {
    out: W,
    /// The rows measured and not yet printed, the header first.
    held: Vec<Vec<String>>,
    /// Of all columns but the last; empty until they are known.
    widths: Vec<usize>,
}

impl Rows {
    /// Begins with the names of the columns. For `Format::Json` there are no rows: it is a table.
    pub(super) fn begin(format: Format, header: &[&str]) -> Result<Self> {
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        let form = match format {
            Format::Csv => Form::Csv(Box::new(csv::Writer::from_writer(out))),
            Format::Table | Format::Json => {
                Form::Table(Columns { out, held: Vec::new(), widths: Vec::new() })
            }
        };
        let mut rows = Self(form);
        settle(rows.row(header))?;
        Ok(rows)
    }

    /// Prints a row.
    pub(super) fn row(&mut self, cells: &[&str]) -> io::Result<()> {
        match &mut self.0 {
            Form::Csv(csv) => csv.write_record(cells).map_err(from_csv),
            Form::Table(columns) => columns.row(cells),
        }
    }

    /// Prints what is held back.
    pub(super) fn end(self) -> io::Result<()> {
        match self.0 {
            Form::Csv(mut csv) => csv.flush(),
            Form::Table(mut columns) => {
                columns.print_held()?;
                columns.out.flush()
            }
        }
    }
}

/// Prints a whole table.
pub(super) fn print_rows(format: Format, header: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let mut out = Rows::begin(format, header)?;
    let written = rows.iter().try_for_each(|row| {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        out.row(&cells)
    });
    settle(written.and_then(|()| out.end()))
}

fn from_csv(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

impl<W: Write> Columns<W> {
    fn row(&mut self, cells: &[&str]) -> io::Result<()> {
        let cells: Vec<String> = cells.iter().map(|cell| printable(cell)).collect();
        if !self.widths.is_empty() {
            return self.print(&cells);
        }
        self.held.push(cells);
        if self.held.len() > MEASURED { self.print_held() } else { Ok(()) }
    }

    fn print_held(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let columns = held.first().map_or(0, Vec::len);
        if self.widths.is_empty() {
            self.widths = (0..columns)
                .map(|column| {
                    let cells = held.iter().filter_map(|row| row.get(column));
                    cells.map(|cell| cell.width()).max().unwrap_or(0)
                })
                .collect();
        }
        held.iter().try_for_each(|row| self.print(row))
    }

    fn print(&mut self, cells: &[String]) -> io::Result<()> {
        let mut line = String::new();
        for (number, cell) in cells.iter().enumerate() {
            if number > 0 {
                line.push_str(GAP);
            }
            line.push_str(cell);
            let width = self.widths.get(number).copied().unwrap_or(0);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
        }
        writeln!(self.out, "{}", line.trim_end())
    }
}

/// A cell on one line; nothing in it can command the terminal.
fn printable(cell: &str) -> String {
    if cell.is_empty() {
        return "-".to_owned();
    }
    cell.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_the_terminal_shows() {
        let mut columns = Columns { out: Vec::new(), held: Vec::new(), widths: Vec::new() };
        for cells in [["code", "display"], ["ü", "a\nb"], ["日本", ""]] {
            columns.row(&cells).unwrap();
        }
        columns.print_held().unwrap();
        let text = String::from_utf8(columns.out).unwrap();
        assert_eq!(text, "code  display\nü     a b\n日本  -\n");
    }

    #[test]
    fn a_long_table_is_printed_while_it_comes() {
        let mut columns = Columns { out: Vec::new(), held: Vec::new(), widths: Vec::new() };
        for _ in 0..=MEASURED {
            columns.row(&["a", "b"]).unwrap();
        }
        assert!(columns.held.is_empty());
        columns.row(&["wider than measured", "b"]).unwrap();
        assert!(columns.out.ends_with(b"wider than measured  b\n"));
    }
}
