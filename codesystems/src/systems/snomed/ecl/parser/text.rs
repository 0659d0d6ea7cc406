//! Search terms and texts in quotation marks.

use super::super::ast::{SearchKind, SearchTerm};
use super::super::error::Result;
use super::{Parser, is_identifier_text};

impl Parser<'_> {
    /// Whether a text begins here, and not an alternate identifier in quotation marks.
    pub(super) fn is_at_search_term(&self) -> bool {
        let mut rest = self.cursor.rest();
        if let Some(inner) = rest.strip_prefix('(') {
            rest = inner.trim_start();
        }
        let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        let is_kind = ["match", "wild", "exact"].iter().any(|kind| word.eq_ignore_ascii_case(kind));
        if is_kind && after.trim_start().starts_with(':') {
            return true;
        }
        let Some(text) = rest.strip_prefix('"') else { return false };
        !is_identifier_text(text.split('"').next().unwrap_or_default())
    }

    /// ```text
    /// typedSearchTermSet = "(" ws typedSearchTerm *(mws typedSearchTerm) ws ")"
    /// ```
    pub(super) fn search_terms(&mut self) -> Result<Vec<SearchTerm>> {
        if !self.cursor.eat("(") {
            return Ok(vec![self.search_term()?]);
        }
        let mut terms = Vec::new();
        loop {
            self.cursor.space();
            if !terms.is_empty() && self.cursor.eat(")") {
                return Ok(terms);
            }
            terms.push(self.search_term()?);
        }
    }

    /// ```text
    /// typedSearchTerm = ( [ matchKeyword ws ":" ws ] matchSearchTermSet )
    ///     / ( wild ws ":" ws wildSearchTermSet )
    /// matchSearchTermSet = QM ws matchSearchTerm *(mws matchSearchTerm) ws QM
    /// wildSearchTermSet = QM wildSearchTerm QM
    /// ```
    fn search_term(&mut self) -> Result<SearchTerm> {
        let kinds = [
            ("match", SearchKind::Match),
            ("wild", SearchKind::Wild),
            ("exact", SearchKind::Exact),
        ];
        let mut kind = SearchKind::Match;
        for (word, named) in kinds {
            if self.cursor.eat_word(word) {
                kind = named;
                self.cursor.space();
                self.cursor.need(":", "':' after the search type")?;
                self.cursor.space();
            }
        }
        let text = self.quoted(kind == SearchKind::Wild)?;
        let text = if kind == SearchKind::Match { text.trim().to_owned() } else { text };
        if text.is_empty() {
            return Err(self.cursor.expected("a text with at least one character"));
        }
        Ok(SearchTerm { kind, text })
    }

    /// A text in quotation marks; the escapes of a wildcard pattern stay.
    ///
    /// ```text
    /// escapedChar = BS QM / BS BS
    /// escapedWildChar = BS QM / BS BS / BS star
    /// ```
    fn quoted(&mut self, is_pattern: bool) -> Result<String> {
        self.cursor.need("\"", "a text in quotation marks")?;
        let mut text = String::new();
        let rest = self.cursor.rest();
        let start = self.cursor.position();
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.cursor.go_to(start + at + 1);
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, '"')) => text.push('"'),
                    Some((_, escaped @ ('\\' | '*'))) if is_pattern => text.extend(['\\', escaped]),
                    Some((_, '\\')) => text.push('\\'),
                    _ => {
                        self.cursor.go_to(start + at + 1);
                        return Err(self.cursor.expected("'\"' or '\\' after the escape '\\'"));
                    }
                },
                other => text.push(other),
            }
        }
        Err(self.cursor.expected("the closing quotation mark"))
    }
}
