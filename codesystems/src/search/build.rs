//! From designations to the sections of a text index.

use rayon::prelude::*;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U32;

use super::collect::{CHUNK, Corpus, PART, WORD};
use super::postings::{Where, write_list, write_number};
use super::sections::{Header, TextSections, VERSION};
use super::terms::{self, to_u32};
use super::unions::{self, PostingLists, Space};
use crate::model::{ConceptIx, DisplayRank};
use crate::{Error, Result};

/// A designation as the text index sees it.
#[derive(Debug, Clone, Copy)]
pub struct IndexedText<'a> {
    /// Its concept.
    pub concept: ConceptIx,
    /// The text.
    pub text: &'a str,
    /// BCP 47 tag; compounds are taken apart where the primary subtag is `de`.
    pub language: &'a str,
    /// Preferred terms come before synonyms, and these before full names.
    pub rank: DisplayRank,
    /// False to leave the text out; the designation keeps its number.
    pub searchable: bool,
}

/// What an index is built from.
#[derive(Debug, Clone)]
pub struct TextInput<I> {
    /// Number of concepts of the edition.
    pub concept_count: u32,
    /// All designations, ascending by concept; the position is the number of the designation.
    pub designations: I,
}

/// From which sizes on the costlier parts of an index are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildOptions {
    /// German compounds are taken apart when there are at least this many designations: fewer
    /// hold too few words to learn from, and inline code systems must cost nothing.
    pub compounds_from_designations: usize,
    /// The posting list of a token can be read from any place on when it has at least this many
    /// postings.
    pub long_from_postings: usize,
    /// The best designations and the number of concepts of a range of tokens are stored when it
    /// has at least this many postings.
    pub frequent_from_postings: usize,
    /// So it is from so many postings on where the index has at least so many designations: what they
    /// are lies far apart there, and takes long to be looked at.
    pub frequent_in_large: (usize, usize),
    /// The best of so many concepts are stored.
    pub best_concepts: usize,
    /// So are its concepts.
    pub sets_from_postings: usize,
    /// So are all its designations, when it has at least this many postings ...
    pub wide_from_postings: usize,
    /// ... and at least one posting for so many designations.
    pub wide_designations_per_posting: usize,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            compounds_from_designations: 256,
            long_from_postings: 1_024,
            frequent_from_postings: 2_048,
            frequent_in_large: (256, 1 << 18),
            best_concepts: 512,
            sets_from_postings: 4_096,
            wide_from_postings: 65_536,
            wide_designations_per_posting: 8,
        }
    }
}

/// Builds the text index of `input`.
///
/// # Errors
/// When the designations are not ascending by concept or name a concept beyond the count, and when
/// there are more texts than the index can number.
pub fn build<'a>(input: TextInput<impl Iterator<Item = IndexedText<'a>>>) -> Result<TextSections> {
    build_with(input, &BuildOptions::default())
}

/// Builds the text index of `input` with other limits than the usual ones.
///
/// # Errors
/// As [`build`].
pub fn build_with<'a>(
    input: TextInput<impl Iterator<Item = IndexedText<'a>>>,
    options: &BuildOptions,
) -> Result<TextSections> {
    let texts: Vec<IndexedText<'a>> = input.designations.collect();
    let designation_offsets = designation_offsets(&texts, input.concept_count)?;
    let corpus = Corpus::new(&texts, options);
    let qualities: Vec<u16> = corpus.qualities().collect();
    let places = places(&corpus, &qualities)?;
    let lists = Lists::new(&corpus, &places);
    let concept_of =
        |designation: &u32| texts.get(*designation as usize).map_or(0, |t| t.concept.0);
    let place_concepts: Vec<u32> = places.iter().map(concept_of).collect();
    let space = Space { concepts: &place_concepts, concept_count: input.concept_count };
    let (frequent_ranges, wide_ranges) = unions::encode(&corpus.terms, &lists, &space, options)?;
    let (posting_offsets, postings) = lists.encode(options.long_from_postings)?;
    let (token_codes, token_offsets, designation_tokens) = encode_tokens(&corpus)?;
    let header = Header {
        version: VERSION.into(),
        concepts: input.concept_count.into(),
        designations: to_u32(texts.len(), "designations")?.into(),
        places: to_u32(places.len(), "designations")?.into(),
        terms: to_u32(corpus.terms.len(), "tokens")?.into(),
        reserved: [U32::ZERO; 3],
    };
    Ok(TextSections {
        header: header.as_bytes().to_vec(),
        terms: terms::write(corpus.terms.iter().map(|term| &**term))?,
        posting_offsets: to_bytes(&posting_offsets),
        postings,
        place_concepts: to_bytes(&place_concepts),
        place_designations: to_bytes(&places),
        qualities: qualities.iter().flat_map(|quality| quality.to_le_bytes()).collect(),
        designation_offsets: to_bytes(&designation_offsets),
        token_offsets: to_bytes(&token_offsets),
        designation_tokens,
        token_codes: to_bytes(&token_codes),
        wide_ranges,
        frequent_ranges,
    })
}

fn to_bytes(numbers: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * 4);
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes
}

/// Where the designations of each concept begin; checks their order on the way.
fn designation_offsets(texts: &[IndexedText<'_>], concept_count: u32) -> Result<Vec<u32>> {
    let problem = |problem| Error::Section { section: "designations", problem };
    let mut offsets = vec![0; concept_count as usize + 1];
    let mut previous = ConceptIx(0);
    for text in texts {
        if text.concept < previous {
            return Err(problem("are not in the order of their concepts"));
        }
        previous = text.concept;
        let count = offsets.get_mut(text.concept.row() + 1);
        *count.ok_or(problem("name a concept beyond the last one"))? += 1;
    }
    let mut sum = 0;
    for offset in &mut offsets {
        sum += *offset;
        *offset = sum;
    }
    Ok(offsets)
}

/// The designations that can be found, best first.
fn places(corpus: &Corpus, qualities: &[u16]) -> Result<Vec<u32>> {
    // Postings and entries carry two bits beside the number.
    let limit = u32::MAX >> 2;
    if qualities.len() > limit as usize || corpus.terms.len() > limit as usize {
        return Err(Error::TooMany { what: "designations or tokens", limit: limit.into() });
    }
    let found = corpus.designations().zip(qualities).zip(0_u32..);
    let mut places: Vec<u64> = found
        .filter(|((entries, _), _)| !entries.is_empty())
        .map(|((_, &quality), designation)| u64::from(quality) << 32 | u64::from(designation))
        .collect();
    if places.len() > CHUNK {
        places.par_sort_unstable();
    } else {
        places.sort_unstable();
    }
    Ok(places.into_iter().map(|key| key as u32).collect())
}

/// The posting lists of all tokens, not yet encoded: `place << 2 | where`.
#[derive(Debug)]
pub(super) struct Lists {
    starts: Vec<usize>,
    ends: Vec<usize>,
    postings: Vec<u32>,
}

impl Lists {
    fn new(corpus: &Corpus, places: &[u32]) -> Self {
        let mut starts = vec![0_usize; corpus.terms.len()];
        for entry in corpus.designations().flatten() {
            if let Some(count) = starts.get_mut((entry >> 2) as usize) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            (*start, sum) = (sum, sum + *start);
        }
        let mut lists = Self { ends: starts.clone(), starts, postings: vec![0; sum] };
        let mut best = Vec::new();
        for (&designation, place) in places.iter().zip(0_u32..) {
            best_wheres(corpus.entries(designation as usize), &mut best);
            best.iter().for_each(|&posting| lists.push(posting >> 2, place << 2 | posting & 3));
        }
        lists
    }

    fn push(&mut self, token: u32, posting: u32) {
        let Some(end) = self.ends.get_mut(token as usize) else { return };
        if let Some(slot) = self.postings.get_mut(*end) {
            *slot = posting;
            *end += 1;
        }
    }

    fn encode(&self, long_from: usize) -> Result<(Vec<u32>, Vec<u8>)> {
        let mut offsets = Vec::with_capacity(self.starts.len() + 1);
        let mut bytes = Vec::with_capacity(self.postings.len() * 2);
        for token in 0..self.starts.len() {
            offsets.push(to_u32(bytes.len(), "bytes of postings")?);
            write_list(&mut bytes, self.of(token), long_from);
        }
        offsets.push(to_u32(bytes.len(), "bytes of postings")?);
        Ok((offsets, bytes))
    }
}

impl PostingLists for Lists {
    fn of(&self, token: usize) -> &[u32] {
        let bounds = self.starts.get(token).zip(self.ends.get(token));
        bounds.and_then(|(&start, &end)| self.postings.get(start..end)).unwrap_or_default()
    }
}

/// The best place of each token in one designation: `token << 2 | where`, ascending.
pub(super) fn best_wheres(entries: &[u32], best: &mut Vec<u32>) {
    best.clear();
    let mut words = 0;
    for entry in entries {
        words += u32::from(entry & 3 == WORD);
        let found = match entry & 3 {
            PART => Where::Part,
            _ if words > 1 => Where::Later,
            _ => Where::First,
        };
        best.push(entry & !3 | found as u32);
    }
    best.sort_unstable_by(|left, right| right.cmp(left));
    best.dedup_by_key(|posting| *posting >> 2);
    best.reverse();
}

/// Tokens by descending frequency, offsets of designations, tokens of designations.
fn encode_tokens(corpus: &Corpus) -> Result<(Vec<u32>, Vec<u32>, Vec<u8>)> {
    let mut frequencies: Vec<(u32, u32)> = (0..corpus.terms.len() as u32).map(|t| (0, t)).collect();
    for entry in corpus.designations().flatten() {
        if let Some((count, _)) = frequencies.get_mut((entry >> 2) as usize) {
            *count += 1;
        }
    }
    frequencies.sort_unstable_by_key(|&(count, token)| (std::cmp::Reverse(count), token));
    let codes: Vec<u32> = frequencies.into_iter().map(|(_, token)| token).collect();
    let mut code_of = vec![0; codes.len()];
    for (&token, code) in codes.iter().zip(0_u32..) {
        if let Some(slot) = code_of.get_mut(token as usize) {
            *slot = code;
        }
    }
    let mut offsets = vec![0];
    let mut bytes = Vec::new();
    for entries in corpus.designations() {
        for entry in entries {
            let code = code_of.get((entry >> 2) as usize).copied().unwrap_or(0);
            write_number(&mut bytes, code << 2 | entry & 3);
        }
        offsets.push(to_u32(bytes.len(), "bytes of designations")?);
    }
    Ok((codes, offsets, bytes))
}
