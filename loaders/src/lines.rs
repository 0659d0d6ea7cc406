//! Lines of large files as bytes, found in one reused buffer.

use std::io::Read;
use std::ops::Range;

use memchr::memchr;

use crate::archive::File;
use crate::{Error, Result};

/// How much is read at once, in bytes.
pub(crate) const BUFFER: usize = 1 << 20;

/// A file, read line by line.
pub(crate) struct Lines {
    reader: Box<dyn Read + Send>,
    /// The file, for people.
    pub(crate) path: String,
    /// The line read last, from 1.
    pub(crate) line: u64,
    /// Bytes read so far.
    pub(crate) bytes: u64,
    longest: usize,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
}

impl Lines {
    /// The lines of `file`; none may be longer than `longest` bytes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn open(file: &File, longest: usize) -> Result<Self> {
        Ok(Self {
            reader: file.open()?,
            path: file.path.clone(),
            line: 0,
            bytes: 0,
            longest,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            finished: false,
        })
    }

    /// The bytes at `bounds`, until the next line is read.
    pub(crate) fn text(&self, bounds: Range<usize>) -> &[u8] {
        self.buffer.get(bounds).unwrap_or_default()
    }

    /// An error in the line read last.
    pub(crate) fn error(&self, problem: impl Into<String>) -> Error {
        Error::line(&self.path, self.line, problem)
    }

    /// The bounds of the next line, without its end (LF or CRLF); none at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read or the line is too long.
    pub(crate) fn next(&mut self) -> Result<Option<Range<usize>>> {
        let mut searched = self.start;
        loop {
            let rest = self.buffer.get(searched..self.end).unwrap_or_default();
            let end = match memchr(b'\n', rest) {
                Some(at) => searched + at,
                None if self.finished && self.start == self.end => return Ok(None),
                None if self.finished => self.end,
                None => {
                    let pending = self.end - self.start;
                    self.fill()?;
                    searched = pending;
                    continue;
                }
            };
            let start = self.start;
            self.start = (end + 1).min(self.end);
            self.line += 1;
            let line = self.buffer.get(start..end).unwrap_or_default();
            return Ok(Some(start..end - usize::from(line.last() == Some(&b'\r'))));
        }
    }

    /// Moves what is left of the buffer to its beginning and reads more behind it.
    fn fill(&mut self) -> Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            if self.end >= self.longest {
                let problem = format!("the line is longer than {} bytes", self.longest);
                return Err(Error::line(&self.path, self.line + 1, problem));
            }
            self.buffer.resize(self.end * 2, 0);
        }
        let space = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = match self.reader.read(space) {
            Err(problem) if problem.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            result => result.map_err(|source| Error::io(&self.path, source))?,
        };
        self.finished = read == 0;
        self.end += read;
        self.bytes += read as u64;
        Ok(())
    }
}
