//! How well one designation matches, told from its tokens.

use super::collect::WORD;
use super::evaluate::{Class, MatchKind};
use super::index::{Entry, TextIndex};
use super::query::MOST_WORDS;
use super::resolve::{Split, Word};

/// How a word of the query was found; a greater one is the better one.
const MISSING: u8 = 0;
const IN_PART: u8 = 1;
const BEGINNING: u8 = 2;
const EXACT: u8 = 3;

/// The best finding of each word of the query so far.
#[derive(Debug, Default)]
struct Findings {
    best: [u8; MOST_WORDS],
    first: bool,
    first_exact: bool,
}

/// Tells how designations match a query; keeps its memory from one to the next.
#[derive(Debug)]
pub(super) struct Classifier<'q> {
    index: &'q TextIndex<'q>,
    words: &'q [Word],
    entries: Vec<Entry>,
}

impl<'q> Classifier<'q> {
    pub(super) fn new(index: &'q TextIndex<'q>, words: &'q [Word]) -> Self {
        Self { index, words, entries: Vec::new() }
    }

    /// How `designation` matches all words, `None` when it does not.
    pub(super) fn classify(&mut self, designation: u32) -> Option<Class> {
        self.entries.clear();
        self.entries.extend(self.index.entries(designation));
        // Most candidates lack a word; this tells so cheaply.
        let lacks = |word: &Word| !self.entries.iter().any(|entry| word.contains(entry.token));
        if self.words.iter().any(|word| word.splits.is_empty() && lacks(word)) {
            return None;
        }
        let mut findings = self.findings();
        let is_split =
            |word: &Word| word.splits.iter().any(|split| self.index.is_split(designation, split));
        for (word, best) in self.words.iter().zip(&mut findings.best) {
            if *best == MISSING && is_split(word) {
                *best = IN_PART;
            }
        }
        let best = findings.best.get(..self.words.len())?;
        let worst = best.iter().copied().min().filter(|&worst| worst != MISSING)?;
        let kind = self.kind(designation, worst);
        let exact = matches!(kind, MatchKind::WholeText | MatchKind::WholeWords);
        Some(Class::new(kind, if exact { findings.first_exact } else { findings.first }))
    }

    fn kind(&self, designation: u32, worst: u8) -> MatchKind {
        if self.words.iter().any(|word| word.fuzzy) {
            return MatchKind::Similar;
        }
        match worst {
            EXACT if self.index.is_whole_text(designation, self.words) => MatchKind::WholeText,
            EXACT => MatchKind::WholeWords,
            BEGINNING => MatchKind::Beginnings,
            _ => MatchKind::Parts,
        }
    }

    fn findings(&self) -> Findings {
        let mut findings = Findings::default();
        let mut position = 0_u32;
        for entry in &self.entries {
            position += u32::from(entry.kind == WORD);
            for (word, best) in self.words.iter().zip(&mut findings.best) {
                let found = finding(word, entry.token, entry.is_part());
                *best = found.max(*best);
                if position == 1 && found >= BEGINNING {
                    findings.first = true;
                    findings.first_exact |= found == EXACT;
                }
            }
        }
        findings
    }
}

impl TextIndex<'_> {
    /// Whether `designation` has both halves, one behind the other.
    pub(super) fn is_split(&self, designation: u32, split: &Split) -> bool {
        let (mut left_before, mut left_here) = (false, false);
        for entry in self.entries(designation).filter(|entry| !entry.is_part()) {
            if entry.kind == WORD {
                (left_before, left_here) = (left_here, false);
            }
            left_here |= entry.token == split.left;
            if left_before && split.right.contains(&entry.token) {
                return true;
            }
        }
        false
    }

    /// Whether `designation` is exactly `words`, in this order.
    pub(super) fn is_whole_text(&self, designation: u32, words: &[Word]) -> bool {
        let (mut position, mut equal) = (0, 0);
        for entry in self.entries(designation).filter(|entry| !entry.is_part()) {
            position += usize::from(entry.kind == WORD);
            let expected = position.checked_sub(1).and_then(|at| words.get(at));
            let same = expected.is_some_and(|word| word.exact.contains(&entry.token));
            // Two forms of one word are one word found.
            if same && equal + 1 == position {
                equal = position;
            }
        }
        position == words.len() && equal == position
    }
}

#[inline]
fn finding(word: &Word, token: u32, is_part: bool) -> u8 {
    let is_beginning = word.direct.iter().any(|range| range.contains(&token));
    if is_beginning && !is_part {
        return if word.exact.contains(&token) { EXACT } else { BEGINNING };
    }
    if is_beginning || word.joined.as_ref().is_some_and(|range| range.contains(&token)) {
        return IN_PART;
    }
    MISSING
}
