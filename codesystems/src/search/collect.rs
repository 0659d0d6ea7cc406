//! The first half of a build: every text taken apart, every token numbered.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::analyze::{Analyzer, Kind};
use super::build::{BuildOptions, IndexedText};
use super::german::Compounds;
use crate::model::DisplayRank;

/// Designations analysed at a time; also the step by which they are found again.
pub(super) const CHUNK: usize = 1 << 15;

/// Words of one designation that are indexed; longer texts are cut.
const LONGEST_TEXT: u32 = 1_000;

/// The kind of an entry, as stored: the next word, another form of it, a part of it.
pub(super) const WORD: u32 = 0;
pub(super) const FORM: u32 = 1;
pub(super) const PART: u32 = 2;

/// Tokens of [`CHUNK`] designations: `token << 2 | kind`, in text order.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    entries: Vec<u32>,
    ends: Vec<usize>,
    german: Vec<bool>,
    qualities: Vec<u16>,
}

/// The distinct tokens of a chunk, and how often each was a word of a German text.
#[derive(Debug, Default)]
struct Vocabulary {
    tokens: Vec<Box<str>>,
    german: Vec<u32>,
}

/// All designations as numbers.
#[derive(Debug)]
pub(super) struct Corpus {
    /// The sorted tokens; the row is the number.
    pub(super) terms: Vec<Box<str>>,
    chunks: Vec<Chunk>,
    designations: usize,
}

impl Corpus {
    /// Analyses `texts`, in parallel where there are many.
    pub(super) fn new(texts: &[IndexedText<'_>], options: &BuildOptions) -> Self {
        let analysed: Vec<(Chunk, Vocabulary)> = if texts.len() > CHUNK {
            texts.par_chunks(CHUNK).map(analyse).collect()
        } else {
            texts.chunks(CHUNK).map(analyse).collect()
        };
        let (mut chunks, vocabularies): (Vec<Chunk>, Vec<Vocabulary>) =
            analysed.into_iter().unzip();
        let compounds = texts.len() >= options.compounds_from_designations;
        let numbering = Numbering::new(&vocabularies, compounds);
        if chunks.len() > 1 {
            chunks.par_iter_mut().zip(&numbering.rows).for_each(|(chunk, rows)| {
                chunk.renumber(rows, &numbering.parts);
            });
        } else {
            for (chunk, rows) in chunks.iter_mut().zip(&numbering.rows) {
                chunk.renumber(rows, &numbering.parts);
            }
        }
        let terms = numbering.terms.into_iter().map(Box::from).collect();
        Self { terms, chunks, designations: texts.len() }
    }

    /// The entries of every designation, in order.
    pub(super) fn designations(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.designations).map(|designation| self.entries(designation))
    }

    /// The entries of one designation: `token << 2 | kind`.
    pub(super) fn entries(&self, designation: usize) -> &[u32] {
        let chunk = self.chunks.get(designation / CHUNK);
        chunk.map(|chunk| chunk.entries(designation % CHUNK)).unwrap_or_default()
    }

    /// The quality of every designation, in order.
    pub(super) fn qualities(&self) -> impl Iterator<Item = u16> {
        self.chunks.iter().flat_map(|chunk| chunk.qualities.iter().copied())
    }
}

impl Chunk {
    fn entries(&self, row: usize) -> &[u32] {
        let start = row.checked_sub(1).and_then(|row| self.ends.get(row)).copied().unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.entries.get(start..end).unwrap_or_default()
    }

    /// Puts the edition's numbers in place of the chunk's, and adds the parts of German compounds.
    fn renumber(&mut self, rows: &[u32], parts: &Parts) {
        let mut entries = Vec::with_capacity(self.entries.len());
        let mut ends = Vec::with_capacity(self.ends.len());
        for (row, &german) in self.german.iter().enumerate() {
            for &entry in self.entries(row) {
                let token = rows.get((entry >> 2) as usize).copied().unwrap_or(0);
                entries.push(token << 2 | entry & 3);
                if german {
                    entries.extend(parts.of(token).iter().map(|part| part << 2 | PART));
                }
            }
            ends.push(entries.len());
        }
        (self.entries, self.ends) = (entries, ends);
    }
}

fn analyse(texts: &[IndexedText<'_>]) -> (Chunk, Vocabulary) {
    let mut chunk = Chunk::default();
    let mut german_counts: Vec<u32> = Vec::new();
    let mut numbers: FxHashMap<Box<str>, u32> = FxHashMap::default();
    let mut analyzer = Analyzer::default();
    for text in texts {
        let german = is_german(text.language);
        let mut words = 0;
        if text.searchable {
            analyzer.analyze(text.text, &mut |token, kind| {
                words += u32::from(kind == Kind::Word);
                if words > LONGEST_TEXT {
                    return;
                }
                let number = number_of(&mut numbers, token);
                german_counts.resize(numbers.len(), 0);
                if let Some(count) = german_counts.get_mut(number as usize) {
                    *count += u32::from(german && kind != Kind::Joined);
                }
                chunk.entries.push(number << 2 | if kind == Kind::Word { WORD } else { FORM });
            });
        }
        chunk.ends.push(chunk.entries.len());
        chunk.german.push(german);
        chunk.qualities.push(quality(words, text.rank, text.text));
    }
    (chunk, Vocabulary { tokens: in_order(numbers), german: german_counts })
}

fn number_of(numbers: &mut FxHashMap<Box<str>, u32>, token: &str) -> u32 {
    if let Some(&number) = numbers.get(token) {
        return number;
    }
    let number = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    numbers.insert(token.into(), number);
    number
}

fn in_order(numbers: FxHashMap<Box<str>, u32>) -> Vec<Box<str>> {
    let mut tokens = vec![Box::default(); numbers.len()];
    for (token, number) in numbers {
        if let Some(slot) = tokens.get_mut(number as usize) {
            *slot = token;
        }
    }
    tokens
}

/// Words, then rank, then length; see [`super::TextSections::qualities`].
fn quality(words: u32, rank: DisplayRank, text: &str) -> u16 {
    let length = text.chars().take(255).count() as u16;
    let rank = (rank as u16).min(DisplayRank::SearchOnly as u16);
    (words.min(63) as u16) << 10 | rank << 8 | length
}

/// Whether the primary subtag of the BCP 47 tag `language` is `de`.
fn is_german(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    primary.eq_ignore_ascii_case("de")
}

/// From the numbers of each chunk to the rows of the sorted tokens.
#[derive(Debug, Default)]
struct Numbering<'v> {
    terms: Vec<&'v str>,
    rows: Vec<Vec<u32>>,
    parts: Parts,
}

/// Parts of compounds by the token of the compound, as compressed sparse rows.
#[derive(Debug, Default)]
struct Parts {
    offsets: Vec<u32>,
    parts: Vec<u32>,
}

impl Parts {
    fn of(&self, token: u32) -> &[u32] {
        let token = token as usize;
        let bounds = self.offsets.get(token).zip(self.offsets.get(token + 1));
        bounds
            .and_then(|(&start, &end)| self.parts.get(start as usize..end as usize))
            .unwrap_or_default()
    }
}

/// A token of a chunk, on its way to its row.
type Seen<'v> = (&'v str, u32, u32);

impl<'v> Numbering<'v> {
    fn new(vocabularies: &'v [Vocabulary], compounds: bool) -> Self {
        let mut seen: Vec<Seen<'v>> = Vec::new();
        for (chunk, vocabulary) in (0_u32..).zip(vocabularies) {
            let tokens = vocabulary.tokens.iter().zip(0_u32..);
            seen.extend(tokens.map(|(token, number)| (&**token, chunk, number)));
        }
        if vocabularies.len() > 1 {
            seen.par_sort_unstable();
        } else {
            seen.sort_unstable();
        }
        let splits = if compounds { splits(&seen, vocabularies) } else { Vec::new() };
        Self::with_splits(&seen, splits, vocabularies)
    }

    /// Numbers the tokens seen and the parts in `splits` (compound, part; ascending) together.
    fn with_splits(
        seen: &[Seen<'v>],
        splits: Vec<(&'v str, &'v str)>,
        vocabularies: &[Vocabulary],
    ) -> Self {
        let mut terms: Vec<&str> = seen.iter().map(|(token, ..)| *token).collect();
        terms.dedup();
        if !splits.is_empty() {
            terms.extend(splits.iter().map(|(_, part)| *part));
            terms.par_sort_unstable();
            terms.dedup();
        }
        let mut rows: Vec<Vec<u32>> =
            vocabularies.iter().map(|vocabulary| vec![0; vocabulary.tokens.len()]).collect();
        let mut row = 0;
        for &(token, chunk, number) in seen {
            while terms.get(row).is_some_and(|term| *term < token) {
                row += 1;
            }
            let slot = rows.get_mut(chunk as usize).and_then(|rows| rows.get_mut(number as usize));
            if let Some(slot) = slot {
                *slot = row as u32;
            }
        }
        let parts = Parts::new(&terms, splits);
        Self { terms, rows, parts }
    }
}

impl Parts {
    fn new(terms: &[&str], splits: Vec<(&str, &str)>) -> Self {
        if splits.is_empty() {
            return Self::default();
        }
        let mut all = Self { offsets: vec![0; terms.len() + 1], parts: Vec::new() };
        let mut splits = splits.into_iter().peekable();
        for (term, end) in terms.iter().zip(all.offsets.iter_mut().skip(1)) {
            while let Some((_, part)) = splits.next_if(|(compound, _)| compound == term) {
                let row = terms.partition_point(|term| *term < part);
                all.parts.push(row as u32);
            }
            *end = all.parts.len() as u32;
        }
        all
    }
}

/// All parts of all German compounds: (compound, part), ascending by compound.
fn splits<'v>(seen: &[Seen<'v>], vocabularies: &[Vocabulary]) -> Vec<(&'v str, &'v str)> {
    let mut german: Vec<(&'v str, u32)> = Vec::new();
    for &(token, chunk, number) in seen {
        let vocabulary = vocabularies.get(chunk as usize);
        let count = vocabulary.and_then(|vocabulary| vocabulary.german.get(number as usize));
        let count = count.copied().unwrap_or(0);
        match german.last_mut() {
            Some((last, sum)) if *last == token => *sum += count,
            _ if count > 0 => german.push((token, count)),
            _ => {}
        }
    }
    let compounds = Compounds::learn(german.iter().copied());
    let split = |&(word, _): &(&'v str, u32)| {
        let mut parts = Vec::new();
        compounds.split(word, &mut |at| {
            if let Some(part) = word.get(at..) {
                parts.push((word, part));
            }
        });
        parts
    };
    if german.len() > CHUNK {
        german.par_iter().flat_map_iter(split).collect()
    } else {
        german.iter().flat_map(split).collect()
    }
}
