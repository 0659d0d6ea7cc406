//! Lines of an OBO file: tags, quoted texts, escapes, comments.
//!
//! Source: OBO Flat File Format 1.4, sections on tag-value pairs and escape characters.

use std::io::BufRead;

use crate::{Error, Result};

/// Reads a file line by line, with continuation lines joined.
pub(super) struct Lines<'p, R> {
    path: &'p str,
    reader: R,
    bytes: Vec<u8>,
    /// Line last read, from 1.
    pub(super) number: u64,
    /// Bytes read so far.
    pub(super) read: u64,
}

impl<'p, R: BufRead> Lines<'p, R> {
    pub(super) fn new(path: &'p str, reader: R) -> Self {
        Self { path, reader, bytes: Vec::new(), number: 0, read: 0 }
    }

    /// The file, for errors.
    pub(super) fn path(&self) -> &'p str {
        self.path
    }

    /// The line last read, as long as it is a stanza head.
    pub(super) fn header(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().map(str::trim).filter(|line| line.starts_with('['))
    }

    /// The next line without its end and surrounding blanks, none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&str>> {
        self.bytes.clear();
        loop {
            let read = self
                .reader
                .read_until(b'\n', &mut self.bytes)
                .map_err(|source| Error::io(self.path, source))?;
            if read == 0 && self.bytes.is_empty() {
                return Ok(None);
            }
            self.number += u64::from(read > 0);
            self.read += read as u64;
            while self.bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                self.bytes.pop();
            }
            let backslashes = self.bytes.iter().rev().take_while(|&&byte| byte == b'\\').count();
            if read == 0 || backslashes % 2 == 0 {
                break;
            }
            self.bytes.pop();
        }
        let text = std::str::from_utf8(&self.bytes);
        let text = text.map_err(|_| Error::line(self.path, self.number, "not UTF-8"))?;
        let text = if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        Ok(Some(text.trim()))
    }
}

/// Splits `tag: value`.
pub(super) fn tag_value(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.split_once(':')?;
    (!tag.is_empty() && !tag.contains(char::is_whitespace)).then(|| (tag, value.trim()))
}

/// Byte index of the first of `stops` that is not escaped.
fn unescaped(text: &str, stops: &[char]) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, character)| {
        let stop = !escaped && stops.contains(&character);
        escaped = !escaped && character == '\\';
        stop.then_some(at)
    })
}

/// A text without quotes: up to a comment (`!`) or trailing modifiers (`{`), escapes resolved.
pub(super) fn plain(value: &str) -> String {
    let end = unescaped(value, &['!', '{']).unwrap_or(value.len());
    unescape(value.get(..end).unwrap_or(value).trim())
}

/// An identifier: the first word, escapes resolved.
pub(super) fn identifier(value: &str) -> String {
    let mut end = value.len();
    let mut escaped = false;
    for (at, character) in value.char_indices() {
        if character.is_whitespace() && !escaped {
            end = at;
            break;
        }
        escaped = !escaped && character == '\\';
    }
    unescape(value.get(..end).unwrap_or(value))
}

/// A text in quotes and what follows it, none when `value` does not begin with a closed quote.
pub(super) fn quoted(value: &str) -> Option<(String, &str)> {
    let inner = value.strip_prefix('"')?;
    let end = unescaped(inner, &['"'])?;
    let text = unescape(inner.get(..end)?);
    Some((text, inner.get(end + 1..)?.trim_start()))
}

/// Resolves escapes: `\n` line break, `\t` tab, `\W` blank, any other character itself.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('W') => plain.push(' '),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_modifiers_end_a_text_unless_escaped() {
        for (value, expected) in [
            ("Renal cyst", "Renal cyst"),
            ("Renal cyst ! a comment", "Renal cyst"),
            ("Wow\\! done {xref=\"PMID:1\"}", "Wow! done"),
            ("a\\nb\\Wc\\\\d", "a\nb c\\d"),
        ] {
            assert_eq!(plain(value), expected);
        }
        assert_eq!(identifier("HP:0000107 ! Renal cyst"), "HP:0000107");
        assert_eq!(identifier("X\\:1\\ 2 rest"), "X:1 2");
    }

    #[test]
    fn quotes_inside_of_a_quoted_text_are_escaped() {
        let (text, rest) = quoted("\"the \\\"bullet\\\" shape\" EXACT layperson []").unwrap();
        assert_eq!((text.as_str(), rest), ("the \"bullet\" shape", "EXACT layperson []"));
        assert!(quoted("\"never closed\\\"").is_none());
        assert!(quoted("bare").is_none());
    }

    #[test]
    fn continued_lines_are_joined_and_counted() {
        let mut lines = Lines::new("x.obo", &b"name: a\\\r\n b\r\nid: 1"[..]);
        assert_eq!(lines.next().unwrap(), Some("name: a b"));
        assert_eq!(lines.number, 2);
        assert_eq!(lines.next().unwrap(), Some("id: 1"));
        assert_eq!(lines.next().unwrap(), None);
    }
}
