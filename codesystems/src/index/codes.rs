//! The dictionary of codes: an FST where there are many, and where there are few the ordinals in the
//! order of their codes, which takes less to make than to search.

use std::cmp::Ordering;

use bytes::Bytes;
use fst::{Automaton, IntoStreamer, Streamer};

use super::codec::u32s;
use crate::{ConceptIx, Result};

/// Up to how many codes are a sorted table instead of an FST.
///
/// Making an FST begins with 1 MB of cleared memory, which is most of what it takes to read a small
/// code system sent along with a request.
pub(super) const FEW: usize = 1_000;

/// Finds ordinals by code. Both shapes give the same answers.
#[derive(Debug)]
pub(super) enum Dictionary {
    /// Code to ordinal.
    Fst(fst::Map<Bytes>),
    /// Table of u32: ordinals in the order of their codes.
    Sorted(Bytes),
}

impl Dictionary {
    /// The dictionary of two sections of which at most one has content.
    ///
    /// # Errors
    /// When the FST is damaged.
    pub(super) fn of(fst: Bytes, sorted: Bytes) -> Result<Self> {
        Ok(if fst.is_empty() { Self::Sorted(sorted) } else { Self::Fst(fst::Map::new(fst)?) })
    }

    /// Whether it is walked byte by byte.
    pub(super) fn is_walked(&self) -> bool {
        matches!(self, Self::Fst(_))
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Fst(map) => map.is_empty(),
            Self::Sorted(table) => table.is_empty(),
        }
    }

    /// The concept whose code `compare` finds equal to `code`; `compare` tells how the code of an
    /// ordinal stands to it in the order of the dictionary.
    pub(super) fn find(
        &self,
        code: &str,
        compare: impl Fn(ConceptIx) -> Ordering,
    ) -> Option<ConceptIx> {
        match self {
            Self::Fst(map) => map.get(code).map(|ordinal| ConceptIx(ordinal as u32)),
            Self::Sorted(table) => {
                let ordinals = u32s(table);
                let row =
                    ordinals.binary_search_by(|ordinal| compare(ConceptIx(ordinal.get()))).ok()?;
                ordinals.get(row).map(|ordinal| ConceptIx(ordinal.get()))
            }
        }
    }

    /// The concepts whose whole code `automaton` accepts, in the order of the codes; `code` gives
    /// the code of an ordinal.
    pub(super) fn matching<'c>(
        &self,
        automaton: impl Automaton,
        code: impl Fn(ConceptIx) -> &'c str,
    ) -> Vec<ConceptIx> {
        let mut found = Vec::new();
        match self {
            Self::Fst(map) => {
                let mut stream = map.search(automaton).into_stream();
                while let Some((_, ordinal)) = stream.next() {
                    found.push(ConceptIx(ordinal as u32));
                }
            }
            Self::Sorted(table) => {
                let concepts = u32s(table).iter().map(|ordinal| ConceptIx(ordinal.get()));
                found.extend(concepts.filter(|&concept| accepts(&automaton, code(concept))));
            }
        }
        found
    }
}

fn accepts(automaton: &impl Automaton, code: &str) -> bool {
    let mut state = automaton.start();
    for &byte in code.as_bytes() {
        if !automaton.can_match(&state) {
            return false;
        }
        state = automaton.accept(&state, byte);
    }
    automaton.is_match(&state)
}

#[cfg(test)]
mod tests {
    use super::FEW;
    use crate::{ConceptIx, Edition, EditionBuilder, EditionMeta};

    /// An edition of `count` concepts `A0`, `A1`, … beside `few`.
    fn edition(count: usize, is_case_sensitive: bool) -> Edition {
        let mut builder = EditionBuilder::new(EditionMeta {
            case_sensitive: Some(is_case_sensitive),
            ..EditionMeta::new("http://codes.example".to_owned(), "1".to_owned())
        });
        for number in 0..count {
            builder.concept(&format!("A{number}"));
        }
        for code in ["ß-1", "b.1", "B.10", "B.2"] {
            builder.concept(code);
        }
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    #[test]
    fn few_and_many_codes_are_found_alike() {
        for is_case_sensitive in [true, false] {
            let editions = [edition(10, is_case_sensitive), edition(FEW, is_case_sensitive)];
            for edition in &editions {
                for row in 0..edition.concept_count() {
                    let code = edition.code(ConceptIx(row)).to_owned();
                    assert_eq!(edition.find(&code), Some(ConceptIx(row)), "{code}");
                }
                for unknown in ["", "A", "A00", "B.", "B.11", "ß", "zz"] {
                    assert_eq!(edition.find(unknown), None, "{unknown}");
                }
                let found = edition.find("a1").map(|concept| edition.code(concept));
                assert_eq!(found, (!is_case_sensitive).then_some("A1"));
                let codes = |concepts: Vec<ConceptIx>| -> Vec<String> {
                    concepts.into_iter().map(|concept| edition.code(concept).to_owned()).collect()
                };
                assert_eq!(codes(edition.codes_with_prefix("B.").collect()), ["B.10", "B.2"]);
                let exact = edition.codes_matching(fst::automaton::Str::new("b.1"));
                assert_eq!(codes(exact.iter().collect()), ["b.1"]);
            }
        }
    }
}
