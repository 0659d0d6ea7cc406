//! From the words of a query to ranges of tokens.

use std::ops::Range;

use super::index::TextIndex;
use super::query::{Query, QueryWord};

/// Shortest half of a compound that is looked for as two words.
const SHORTEST_HALF: usize = 3;

/// Posting bytes of the rarer half up to which two words are looked for.
const SPLIT_WEIGHT: u64 = 4_096;

/// All tokens that a word of a query stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Tokens that begin with the word; after a fuzzy lookup, tokens similar to it.
    pub(super) direct: Vec<Range<u32>>,
    /// The word itself.
    pub(super) exact: Vec<u32>,
    /// Tokens that begin with the previous word of the query and this one, joined.
    pub(super) joined: Option<Range<u32>>,
    /// The word taken as two words that follow one another.
    pub(super) splits: Vec<Split>,
    /// Whether `direct` was found by similarity.
    pub(super) fuzzy: bool,
}

/// A word as two: `left` whole, then a token of `right`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) left: u32,
    pub(super) right: Range<u32>,
}

impl Word {
    fn is_empty(&self) -> bool {
        self.direct.is_empty() && self.joined.is_none() && self.splits.is_empty()
    }

    /// Whether the word stands for `token`.
    #[inline]
    pub(super) fn contains(&self, token: u32) -> bool {
        self.direct.iter().chain(&self.joined).any(|range| range.contains(&token))
    }
}

impl TextIndex<'_> {
    /// The tokens of every word, `None` when a word has none: then nothing matches.
    pub(super) fn resolve(&self, query: &Query) -> Option<Vec<Word>> {
        let mut previous: Option<&QueryWord> = None;
        let mut words = Vec::with_capacity(query.words.len());
        for typed in &query.words {
            let (mut word, near) = self.beginnings(typed);
            word.joined = previous.and_then(|previous| self.joined(previous, typed));
            word.splits = self.splits(&typed.text, near);
            if query.fuzzy && word.direct.is_empty() && word.joined.is_none() {
                word.direct = self.similar(&typed.text);
                word.fuzzy = !word.direct.is_empty();
            }
            if word.is_empty() {
                return None;
            }
            words.push(word);
            previous = Some(typed);
        }
        Some(words)
    }

    /// The tokens that begin with a word as it is typed, and where it stands among all.
    fn beginnings(&self, typed: &QueryWord) -> (Word, u32) {
        let (mut word, mut near) = (Word::default(), None);
        for text in std::iter::once(&typed.text).chain(&typed.variant) {
            let (range, is_exact) = self.terms.look_up(text);
            near.get_or_insert(range.start);
            if range.is_empty() {
                continue;
            }
            // The word itself, if it is a token, is the first of those that begin with it.
            word.exact.extend(is_exact.then_some(range.start));
            word.direct.push(range);
        }
        (word, near.unwrap_or_default())
    }

    fn joined(&self, previous: &QueryWord, typed: &QueryWord) -> Option<Range<u32>> {
        let (left, right) = (&previous.text, &typed.text);
        let joined = format!("{left}{right}");
        can_be_apart(&joined, left.len())
            .then(|| self.terms.prefixed(&joined))
            .filter(|range| !range.is_empty())
    }

    fn splits(&self, word: &str, near: u32) -> Vec<Split> {
        let lefts = self.terms.beginnings_of(word, near, |at| can_be_apart(word, at)).into_iter();
        lefts.filter_map(|(at, left)| self.split(left, word.get(at..)?)).collect()
    }

    fn split(&self, left: u32, right: &str) -> Option<Split> {
        let right = self.terms.prefixed(right);
        let weight = self.stored_weight(&(left..left + 1)).min(self.stored_weight(&right));
        (!right.is_empty() && weight <= SPLIT_WEIGHT).then_some(Split { left, right })
    }
}

/// Whether `word` can be two words, the second beginning at `at`: both long enough, or letters and
/// digits (`b12`, `typ2`).
pub(super) fn can_be_apart(word: &str, at: usize) -> bool {
    let (left, right) = word.split_at_checked(at).unwrap_or_default();
    let is_digit = |letter: Option<char>| letter.is_some_and(char::is_numeric);
    let (before, behind) = (is_digit(left.chars().next_back()), is_digit(right.chars().next()));
    before != behind
        || !before
            && left.chars().count() >= SHORTEST_HALF
            && right.chars().count() >= SHORTEST_HALF
}
