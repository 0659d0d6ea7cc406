//! The characters of an expression constraint: positions, white space, comments, brackets.

use rustc_hash::FxHashMap;

use super::error::{Error, Result};

/// Bytes an expression constraint may be long.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep brackets of all kinds may be nested.
pub const MAX_DEPTH: usize = 100;

/// Characters of the input that an error shows.
const SHOWN: usize = 20;

/// Where the parser is in the text.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    position: usize,
    /// Where the bracket that opens at a byte is closed.
    closes: FxHashMap<usize, usize>,
}

impl<'t> Cursor<'t> {
    /// Looks over the whole text once: nothing is nested too deeply and everything that is quoted
    /// ends. The parser may recurse after that.
    pub(super) fn new(text: &'t str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(Error::TooLong { limit: MAX_BYTES });
        }
        let mut cursor = Self { text, position: 0, closes: FxHashMap::default() };
        let mut open: Vec<usize> = Vec::new();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'|' => at = cursor.quoted(at, "|", "the closing '|' of the term")?,
                b'"' => at = cursor.string(at)?,
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    at = cursor.quoted(at + 1, "*/", "the end of the comment, '*/'")?;
                    at += 1;
                }
                b'(' | b'{' | b'[' => {
                    open.push(at);
                    if open.len() > MAX_DEPTH {
                        return Err(Error::TooDeep { limit: MAX_DEPTH });
                    }
                }
                b')' | b'}' | b']' => {
                    if let Some(start) = open.pop() {
                        cursor.closes.insert(start, at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Ok(cursor)
    }

    /// The place of the `end` that follows the byte `at`.
    fn quoted(&self, at: usize, end: &str, expected: &str) -> Result<usize> {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        match rest.find(end) {
            Some(length) => Ok(at + 1 + length),
            None => Err(self.expected_at(self.text.len(), expected)),
        }
    }

    /// The place of the quotation mark that closes the one at byte `at`.
    fn string(&self, at: usize) -> Result<usize> {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        let mut escaped = false;
        for (offset, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return Ok(at + 1 + offset),
                _ => {}
            }
        }
        Err(self.expected_at(self.text.len(), "the closing quotation mark"))
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Goes back to (or on to) a position got from [`Self::position`].
    pub(super) fn go_to(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_at(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    /// Takes `token` if it is next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let is_next = self.is_at(token);
        if is_next {
            self.position += token.len();
        }
        is_next
    }

    /// Takes `token`, which must be next.
    pub(super) fn need(&mut self, token: &str, expected: &str) -> Result<()> {
        if self.eat(token) { Ok(()) } else { Err(self.expected(expected)) }
    }

    /// ```text
    /// ws = *( SP / HTAB / CR / LF / comment )
    /// comment = "/*" *(nonStarChar / starWithNonFSlash) "*/"
    /// ```
    pub(super) fn space(&mut self) {
        loop {
            let blank = self.take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}'));
            if let Some(comment) = self.rest().strip_prefix("/*") {
                let end = comment.find("*/").map_or(comment.len(), |end| end + 2);
                self.position += 2 + end;
            } else if blank.is_empty() {
                return;
            }
        }
    }

    /// Takes characters as long as they are `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The word of letters that is next, without taking it.
    pub(super) fn word(&self) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        rest.get(..length).unwrap_or_default()
    }

    /// Takes the word `keyword`, in any case, if it is next and whole.
    pub(super) fn eat_word(&mut self, keyword: &str) -> bool {
        let word = self.word();
        let follows = self.rest().get(word.len()..).unwrap_or_default().chars().next();
        let is_whole = !follows.is_some_and(|c| c.is_ascii_digit() || matches!(c, '-' | '_' | '#'));
        let is_next = is_whole && word.eq_ignore_ascii_case(keyword);
        if is_next {
            self.position += word.len();
        }
        is_next
    }

    /// What follows the bracket that opens here, once it is closed.
    pub(super) fn after_bracket(&self) -> &'t str {
        let Some(close) = self.closes.get(&self.position) else { return "" };
        let mut after =
            Cursor { text: self.text, position: close + 1, closes: FxHashMap::default() };
        after.space();
        after.rest()
    }

    pub(super) fn expected(&self, expected: impl Into<String>) -> Error {
        self.expected_at(self.position, expected)
    }

    fn expected_at(&self, position: usize, expected: impl Into<String>) -> Error {
        let (line, column) = self.place(position);
        let rest = self.text.get(position..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
        let word: String = rest.get(..end).unwrap_or_default().chars().take(SHOWN).collect();
        let found = match word.is_empty() {
            true if rest.is_empty() => "the end".to_owned(),
            true => "a blank".to_owned(),
            false => format!("'{word}'"),
        };
        Error::Syntax { line, column, expected: expected.into(), found }
    }

    /// An error about a rule that the text at `position` breaks.
    pub(super) fn rule(&self, position: usize, rule: &'static str) -> Error {
        let (line, column) = self.place(position);
        Error::Rule { line, column, rule }
    }

    /// Line and column of a byte, both from 1.
    fn place(&self, position: usize) -> (usize, usize) {
        let before = self.text.get(..position).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}
