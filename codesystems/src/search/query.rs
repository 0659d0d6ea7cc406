//! What somebody typed.

use super::analyze::{Analyzer, Kind};

/// Words of a query that are looked at; further ones are ignored.
pub(super) const MOST_WORDS: usize = 32;

/// The words of a query, folded as texts are.
///
/// A designation matches when every word is the beginning of one of its words, in any order. A
/// query without words matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub(super) words: Vec<QueryWord>,
    pub(super) fuzzy: bool,
}

/// One word of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct QueryWord {
    /// Without marks: `ubelkeit` for `Übelkeit`.
    pub(super) text: String,
    /// With `ae`, `oe`, `ue`, where umlauts were typed.
    pub(super) variant: Option<String>,
}

impl Query {
    /// Takes `text` apart; at most 32 words are looked at.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut words: Vec<QueryWord> = Vec::new();
        Analyzer::default().analyze(text, &mut |token, kind| match kind {
            Kind::Word if words.len() < MOST_WORDS => {
                words.push(QueryWord { text: token.to_owned(), variant: None });
            }
            Kind::Variant => {
                if let Some(last) = words.last_mut() {
                    last.variant = Some(token.to_owned());
                }
            }
            Kind::Word | Kind::Joined => {}
        });
        Self { words, fuzzy: false }
    }

    /// The same query, in which a word that nothing begins with stands for similar ones: one edit
    /// away for words of 4 to 7 characters, two for longer ones.
    #[must_use]
    pub fn fuzzy(mut self, fuzzy: bool) -> Self {
        self.fuzzy = fuzzy;
        self
    }

    /// Whether there is no word in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether every word is the beginning of a word of `text`, without an index.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut open: Vec<&QueryWord> = self.words.iter().collect();
        Analyzer::default().analyze(text, &mut |token, _| {
            open.retain(|word| {
                let variant = word.variant.as_deref();
                !token.starts_with(&word.text)
                    && !variant.is_some_and(|variant| token.starts_with(variant))
            });
        });
        open.is_empty()
    }

    /// The folded words, in the order typed.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.text.as_str())
    }
}
