//! Files of a release while they are written.

use std::fmt::Arguments;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::rf2_generator::Written;

/// A folder that a release is written to.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    pub(super) written: Written,
}

/// A file while it is written, line by line.
#[derive(Debug)]
pub(super) struct Lines {
    out: BufWriter<File>,
    path: PathBuf,
    count: u64,
}

impl Folder {
    pub(super) fn new(out: &Path, name: &str) -> Self {
        Self { path: out.join(name), written: Written::default() }
    }

    /// Writes a file whose lines `write` says; `name` may begin with folders.
    pub(super) fn file(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Lines) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
        let out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        let mut lines = Lines { out, path, count: 0 };
        write(&mut lines)?;
        lines.out.flush()?;
        self.written.bytes += std::fs::metadata(&lines.path)?.len();
        self.written.files.push((lines.path, lines.count));
        Ok(())
    }

    /// Writes a file of one line of JSON.
    pub(super) fn json(&mut self, name: &str, value: &serde_json::Value) -> io::Result<()> {
        self.file(name, |lines| lines.line(format_args!("{value}")))
    }
}

impl Lines {
    /// Writes a line; its end is added.
    pub(super) fn line(&mut self, line: Arguments<'_>) -> io::Result<()> {
        self.out.write_fmt(line)?;
        self.out.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    /// Writes a line of CSV, every field quoted.
    pub(super) fn csv(&mut self, fields: &[&str]) -> io::Result<()> {
        let quoted: Vec<String> =
            fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
        self.line(format_args!("{}", quoted.join(",")))
    }
}
