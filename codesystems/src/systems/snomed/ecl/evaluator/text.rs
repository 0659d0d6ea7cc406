//! Search terms against texts.

use super::super::ast::{SearchKind, SearchTerm};
use crate::search::Query;

/// A search term made ready.
#[derive(Debug)]
pub(super) enum Matcher {
    Words(Query),
    /// Literal pieces of a wildcard pattern in lower case; anything may stand between two of them.
    Pattern(Vec<String>),
    Exact(String),
}

impl Matcher {
    pub(super) fn new(term: &SearchTerm) -> Self {
        match term.kind {
            SearchKind::Match => Self::Words(Query::parse(&term.text)),
            SearchKind::Wild => Self::Pattern(pieces(&term.text)),
            SearchKind::Exact => Self::Exact(term.text.clone()),
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Words(query) => query.matches(text),
            Self::Pattern(pieces) => matches_pieces(pieces, &text.to_lowercase()),
            Self::Exact(exact) => exact == text,
        }
    }

    /// Words that every text matched has a word beginning with: a question to the text index.
    /// Empty where nothing can be said.
    pub(super) fn query(&self) -> Query {
        match self {
            Self::Words(query) => query.clone(),
            Self::Exact(text) => Query::parse(text),
            Self::Pattern(pieces) => {
                // A word counts from its beginning only: at the start of the text, after a blank.
                let mut words = String::new();
                for (number, piece) in pieces.iter().enumerate() {
                    let from = if number == 0 { Some(0) } else { piece.find(' ') };
                    words.push_str(from.and_then(|from| piece.get(from..)).unwrap_or_default());
                    words.push(' ');
                }
                Query::parse(&words)
            }
        }
    }
}

/// The pieces between the `*` of a pattern, escapes resolved.
fn pieces(pattern: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' => {
                pieces.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(piece) = pieces.last_mut() {
            piece.extend(literal.to_lowercase());
        }
    }
    pieces
}

fn matches_pieces(pieces: &[String], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = text.find(piece.as_str()) else { return false };
        text = text.get(at + piece.len()..).unwrap_or_default();
    }
    text.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(kind: SearchKind, pattern: &str, text: &str) -> bool {
        Matcher::new(&SearchTerm { kind, text: pattern.into() }).matches(text)
    }

    #[test]
    fn words_match_by_their_beginnings_in_any_order() {
        for (pattern, text, expected) in [
            ("heart att", "Heart attack", true),
            ("att heart", "Heart attack", true),
            ("eart", "Heart attack", false),
            ("heart heart", "Heart attack", true),
            ("ubelkeit", "Übelkeit", true),
            ("(disorder)", "Asthma (disorder)", true),
        ] {
            assert_eq!(matches(SearchKind::Match, pattern, text), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn a_pattern_covers_the_whole_text() {
        for (pattern, text, expected) in [
            ("heart*", "Heart attack", true),
            ("*attack", "Heart attack", true),
            ("*a*t*", "Heart attack", true),
            ("heart", "Heart attack", false),
            ("*tt*tt*", "Heart attack", false),
            ("cl*ion", "Cleansing action", true),
            ("ab*ba", "aba", false),
            ("5\\*3", "5*3", true),
            ("5\\*3", "5x3", false),
        ] {
            assert_eq!(matches(SearchKind::Wild, pattern, text), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn the_question_to_the_index_is_never_narrower_than_the_term() {
        for (kind, pattern, expected) in [
            (SearchKind::Wild, "heart at*ck", vec!["heart", "at"]),
            (SearchKind::Wild, "*art attack*", vec!["attack"]),
            (SearchKind::Wild, "*art*", vec![]),
            (SearchKind::Exact, "Heart", vec!["heart"]),
        ] {
            let query = Matcher::new(&SearchTerm { kind, text: pattern.into() }).query();
            assert_eq!(query.words().collect::<Vec<_>>(), expected, "{pattern}");
        }
    }
}
