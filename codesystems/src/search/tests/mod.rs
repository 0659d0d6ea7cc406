//! What the text index finds and in which order.

mod behaviour;
mod properties;
mod reference;

use super::{BuildOptions, IndexedText, TextInput, TextSections, build_with};
use crate::model::{ConceptIx, DisplayRank};

/// A designation of a test: concept, text, language, rank, searchable.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) concept: u32,
    pub(super) text: String,
    pub(super) language: &'static str,
    pub(super) rank: DisplayRank,
    pub(super) searchable: bool,
}

/// Preferred German terms, one for each concept.
pub(super) fn german(texts: &[&str]) -> Vec<Text> {
    texts.iter().zip(0..).map(|(text, concept)| preferred(concept, text)).collect()
}

/// A preferred German term.
pub(super) fn preferred(concept: u32, text: &str) -> Text {
    let (language, rank) = ("de", DisplayRank::Preferred);
    Text { concept, text: text.into(), language, rank, searchable: true }
}

/// Everything that is left out of small indexes is on.
pub(super) const ALL_ON: BuildOptions = BuildOptions {
    compounds_from_designations: 0,
    long_from_postings: 2,
    frequent_from_postings: 2,
    frequent_in_large: (usize::MAX, usize::MAX),
    best_concepts: 512,
    sets_from_postings: 2,
    wide_from_postings: 2,
    wide_designations_per_posting: usize::MAX,
};

/// The index of `texts`; concepts are numbered up to the last one named.
pub(super) fn index(texts: &[Text], options: &BuildOptions) -> TextSections {
    let concept_count = texts.iter().map(|text| text.concept + 1).max().unwrap_or(0);
    let designations = texts.iter().map(|text| IndexedText {
        concept: ConceptIx(text.concept),
        text: &text.text,
        language: text.language,
        rank: text.rank,
        searchable: text.searchable,
    });
    build_with(TextInput { concept_count, designations }, options).unwrap()
}
