//! The obvious way to search: every word of the query against every word of every text.

use std::collections::{BTreeMap, BTreeSet};

use super::Text;
use crate::search::analyze::{Analyzer, Kind};
use crate::search::german::Compounds;
use crate::search::query::{Query, QueryWord};
use crate::search::resolve::can_be_apart;

/// A text taken apart: the forms of each word, and the parts of compounds.
#[derive(Debug, Default)]
struct Taken {
    words: Vec<Vec<String>>,
    parts: Vec<String>,
}

/// What decides the order of hits, best first: kind, not first, words, rank, length, number.
type Key = (u8, bool, usize, u8, usize, u32);

/// Concepts found with their best designation, best first.
pub(super) fn search(texts: &[Text], query: &Query) -> Vec<(u32, u32)> {
    let taken = take_apart(texts);
    let mut best: BTreeMap<u32, Key> = BTreeMap::new();
    for ((text, taken_text), number) in texts.iter().zip(&taken).zip(0..) {
        let Some((kind, first)) = match_text(taken_text, &taken, query) else { continue };
        let length = text.text.chars().count();
        let key = (kind, !first, taken_text.words.len(), text.rank as u8, length, number);
        best.entry(text.concept).and_modify(|old| *old = key.min(*old)).or_insert(key);
    }
    let mut hits: Vec<(Key, u32)> = best.into_iter().map(|(concept, key)| (key, concept)).collect();
    hits.sort();
    hits.into_iter().map(|(key, concept)| (concept, key.5)).collect()
}

fn take_apart(texts: &[Text]) -> Vec<Taken> {
    let mut analyzer = Analyzer::default();
    let mut german: BTreeMap<String, u32> = BTreeMap::new();
    let mut all = Vec::new();
    for text in texts {
        let mut taken = Taken::default();
        if text.searchable {
            analyzer.analyze(&text.text, &mut |token, kind| {
                if text.language == "de" {
                    *german.entry(token.into()).or_default() += u32::from(kind != Kind::Joined);
                }
                match kind {
                    Kind::Word => taken.words.push(vec![token.into()]),
                    _ => taken.words.last_mut().unwrap().push(token.into()),
                }
            });
        }
        all.push(taken);
    }
    german.retain(|_, count| *count > 0);
    let compounds = Compounds::learn(german.iter().map(|(word, count)| (word.as_str(), *count)));
    for (taken, text) in all.iter_mut().zip(texts).filter(|(_, text)| text.language == "de") {
        for word in taken.words.iter().flatten().filter(|word| german.contains_key(*word)) {
            compounds.split(word, &mut |at| taken.parts.push(word[at..].into()));
        }
        assert!(text.searchable || taken.parts.is_empty());
    }
    all
}

/// Kind and whether the first word is found.
fn match_text(text: &Taken, all: &[Taken], query: &Query) -> Option<(u8, bool)> {
    let mut kinds = Vec::new();
    let (mut first, mut first_exact) = (false, false);
    for (row, word) in query.words.iter().enumerate() {
        let previous = row.checked_sub(1).map(|row| &query.words[row]);
        let found = |token: &String| is_similar(&word.text, token);
        let has_similar = |text: &Taken| text.words.iter().flatten().chain(&text.parts).any(found);
        let typed_well = all.iter().any(|text| match_token(text, word, previous).is_some());
        if query.fuzzy && !typed_well && all.iter().any(has_similar) {
            first |= text.words.first().is_some_and(|forms| forms.iter().any(found));
            kinds.push((has_similar(text) || match_split(text, word)).then_some(4)?);
            continue;
        }
        kinds.push(match_word(text, word, previous)?);
        for form in text.words.first().into_iter().flatten() {
            first |= begins(form, word);
            first_exact |= equals(form, word);
        }
    }
    let worst = *kinds.iter().max()?;
    let whole = text.words.len() == query.words.len()
        && text
            .words
            .iter()
            .zip(&query.words)
            .all(|(forms, word)| forms.iter().any(|form| equals(form, word)));
    Some(match worst {
        1 => (if whole { 0 } else { 1 }, first_exact),
        other => (other, first),
    })
}

/// 1 whole, 2 beginning, 3 part.
fn match_word(text: &Taken, word: &QueryWord, previous: Option<&QueryWord>) -> Option<u8> {
    match_token(text, word, previous).or_else(|| match_split(text, word).then_some(3))
}

fn match_token(text: &Taken, word: &QueryWord, previous: Option<&QueryWord>) -> Option<u8> {
    let forms = || text.words.iter().flatten();
    if forms().any(|form| equals(form, word)) {
        return Some(1);
    }
    if forms().any(|form| begins(form, word)) {
        return Some(2);
    }
    let in_part = text.parts.iter().any(|part| begins(part, word));
    let joined = previous.is_some_and(|previous| {
        let joined = format!("{}{}", previous.text, word.text);
        can_be_apart(&joined, previous.text.len())
            && forms().chain(&text.parts).any(|form| form.starts_with(&joined))
    });
    (in_part || joined).then_some(3)
}

fn match_split(text: &Taken, word: &QueryWord) -> bool {
    text.words.windows(2).any(|pair| {
        pair[0].iter().any(|left| {
            let rest = word.text.strip_prefix(left.as_str());
            rest.is_some_and(|rest| {
                can_be_apart(&word.text, left.len())
                    && pair[1].iter().any(|right| right.starts_with(rest))
            })
        })
    })
}

fn equals(token: &str, word: &QueryWord) -> bool {
    token == word.text || word.variant.as_deref() == Some(token)
}

fn begins(token: &str, word: &QueryWord) -> bool {
    token.starts_with(&word.text)
        || word.variant.as_ref().is_some_and(|variant| token.starts_with(variant))
}

fn is_similar(word: &str, token: &str) -> bool {
    let edits = match word.chars().count() {
        0..4 => return false,
        4..8 => 1,
        _ => 2,
    };
    let word: Vec<char> = word.chars().collect();
    let token: Vec<char> = token.chars().collect();
    distance(&word, &token) <= edits
}

/// Edits between two words; exchanging two neighbours is one.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let same = usize::from(left[i - 1] != right[j - 1]);
                let mut least =
                    (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + same);
                let exchanged =
                    i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
                if exchanged {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[left.len()][right.len()]
}

/// The distinct concepts of hits.
pub(super) fn concepts(hits: &[(u32, u32)]) -> BTreeSet<u32> {
    hits.iter().map(|(concept, _)| *concept).collect()
}
