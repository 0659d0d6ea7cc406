//! Codes as people and hospital systems write them, turned into codes of an edition.
//!
//! `e11 90`, `E1190`, `E11.90 G` and `ICD-10-GM: E11.90` all mean `E11.90`. What is written differently
//! is told in [`Normalized::changes`]; marks that mean something of their own (dagger, asterisk, side,
//! certainty) are told apart from the code instead of being thrown away. Nothing is guessed: a result
//! always is a code of the edition, and a text that is one stands for itself.
//!
//! ```
//! use codesystems::normalize::{Change, Mark, normalize};
//! use codesystems::{Edition, EditionBuilder, EditionMeta};
//!
//! let mut builder = EditionBuilder::new(EditionMeta::new("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "2026"));
//! builder.concept("E11.90");
//! let edition = Edition::from_bytes(builder.finish()?.into())?;
//! let found = normalize(&edition, "E1190 L").ok().flatten().expect("known");
//! assert_eq!(found.code, "E11.90");
//! assert_eq!(found.changes, [Change::Blanks, Change::Separators, Change::Mark(Mark::Side('L'))]);
//! # Ok::<(), codesystems::Error>(())
//! ```

mod conventions;
#[cfg(test)]
mod tests;

use crate::grammar::Grammar;
use crate::{ConceptIx, Edition};

use conventions::Convention;

/// Characters that a text may have to be read as a code.
const MAX_CHARACTERS: usize = 256;

/// A code of an edition, and how the text it was read from differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalized {
    /// The code as the code system writes it.
    pub code: String,
    /// How the text differs; empty where it is the code.
    pub changes: Vec<Change>,
}

/// A difference between a text and the code it means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// White space was left out.
    Blanks,
    /// Upper or lower case.
    Case,
    /// Dots, dashes and slashes were put where they belong.
    Separators,
    /// The letter that codes of the system begin with was added or left out.
    Letter,
    /// The name of the code system before the code was left out.
    Name(String),
    /// The dash that stands for further digits was left out: `E11.9-`.
    Placeholder,
    /// The term after the code was left out.
    Term,
    /// A mark that is no part of the code.
    Mark(Mark),
}

/// A mark beside a code that says something of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Use of a code of ICD-10: `†` (the disease), `*` (its manifestation), `!` (additional).
    Usage(char),
    /// Side of the body: `L`, `R`, `B` (both), `U` (unknown).
    Side(char),
    /// Certainty of a diagnosis: `A` (excluded), `G` (certain), `V` (suspected), `Z` (state after).
    Certainty(char),
}

impl Mark {
    /// The code system in which the mark is a code.
    ///
    /// Source: German base profiles, extensions of Coding for ICD-10-GM.
    #[must_use]
    pub fn system(self) -> &'static str {
        match self {
            Self::Usage(_) => "http://fhir.de/CodeSystem/icd-10-gm-mehrfachcodierungs-kennzeichen",
            Self::Side(_) => "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_SEITENLOKALISATION",
            Self::Certainty(_) => {
                "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"
            }
        }
    }

    /// The code.
    #[must_use]
    pub fn code(self) -> char {
        match self {
            Self::Usage(code) | Self::Side(code) | Self::Certainty(code) => code,
        }
    }

    fn is_of_kind(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// Why a text that looks like a code must not be taken for one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A LOINC code without its check digit, or with a wrong one: it may be another code mistyped.
    CheckDigit {
        /// The code with the check digit that belongs to its number.
        right: String,
        /// Whether there was none.
        is_missing: bool,
    },
    /// An identifier of SNOMED CT that is none of a concept.
    NotAConcept {
        /// Whether it identifies a description; else a relationship.
        is_description: bool,
    },
}

/// The code of `edition` that `text` means; `None` where it means none.
///
/// Cost: a few walks through the dictionary for each character taken off, at most 256 of them.
///
/// # Errors
/// When the text looks like a code and must not be taken for one.
pub fn normalize(edition: &Edition, text: &str) -> Result<Option<Normalized>, Refusal> {
    if edition.find_exact(text).is_some() {
        return Ok(Some(Normalized { code: text.to_owned(), changes: Vec::new() }));
    }
    if text.chars().take(MAX_CHARACTERS + 1).count() > MAX_CHARACTERS {
        return Ok(None);
    }
    let trimmed = text.trim();
    if let Some(grammar) = Grammar::of_system(&edition.meta().url)
        && grammar.check(trimmed).is_ok()
    {
        let changes = if trimmed == text { Vec::new() } else { vec![Change::Blanks] };
        return Ok(Some(Normalized { code: trimmed.to_owned(), changes }));
    }
    let convention = Convention::of(edition.meta());
    let reading = Reading { edition, convention };
    match reading.read(text) {
        Some(found) => Ok(Some(found)),
        None => match convention.and_then(|convention| (convention.refuse)(trimmed)) {
            Some(refusal) => Err(refusal),
            None => Ok(None),
        },
    }
}

/// One text being read.
struct Reading<'e> {
    edition: &'e Edition,
    convention: Option<&'static Convention>,
}

impl Reading<'_> {
    fn read(&self, text: &str) -> Option<Normalized> {
        let mut changes = Vec::new();
        let mut body = text.trim();
        if let Some(found) = self.find(body) {
            return Some(self.normalized(found, text, body, changes));
        }
        let convention = self.convention?;
        if let Some((name, rest)) = convention.without_name(body) {
            changes.push(Change::Name(name.to_owned()));
            body = rest;
        }
        if convention.has_terms
            && let Some((code, _)) = body.split_once('|')
        {
            changes.push(Change::Term);
            body = code.trim_end();
        }
        let mut marks: Vec<Mark> = Vec::new();
        loop {
            if let Some(found) = self.find(body) {
                changes.extend(marks.into_iter().rev().map(Change::Mark));
                return Some(self.normalized(found, text, body, changes));
            }
            let last = body.chars().next_back()?;
            let rest = body.strip_suffix(last)?;
            let stands_well = !convention.marks_stand_apart || is_before_separator(rest);
            let mark = (convention.mark)(last)
                .filter(|mark| stands_well && !marks.iter().any(|known| known.is_of_kind(*mark)));
            // What is left must still have a digit: chapter `I` is not meant by `IG`.
            let has_digit = rest.bytes().any(|byte| byte.is_ascii_digit());
            body = match mark {
                Some(mark) if has_digit => {
                    marks.push(mark);
                    rest
                }
                _ if is_separator(last) => rest,
                _ if last == '-' && convention.has_placeholders => {
                    if !changes.contains(&Change::Placeholder) {
                        changes.push(Change::Placeholder);
                    }
                    rest.trim_end_matches(['-', '.'])
                }
                _ => return None,
            };
        }
    }

    /// The concept whose code is spelled as `body` is, or nearly so.
    fn find(&self, body: &str) -> Option<ConceptIx> {
        if body.is_empty() {
            return None;
        }
        let found = self.edition.find(body);
        found.or_else(|| {
            let spellings = (self.convention?.spellings)(body);
            spellings.iter().find_map(|spelling| self.edition.find(spelling))
        })
    }

    fn normalized(
        &self,
        concept: ConceptIx,
        text: &str,
        body: &str,
        others: Vec<Change>,
    ) -> Normalized {
        let code = self.edition.code(concept).to_owned();
        let mut changes = Vec::new();
        let blanks = |text: &str| text.matches(char::is_whitespace).count();
        if blanks(text) > blanks(&code) {
            changes.push(Change::Blanks);
        }
        let letters =
            |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
        let others_of = |text: &str| -> String {
            text.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace()).collect()
        };
        let (given, right) = (letters(body), letters(&code));
        let is_other_letter = given.chars().count() != right.chars().count();
        if given != right && !is_other_letter {
            changes.push(Change::Case);
        }
        if others_of(body) != others_of(&code) {
            changes.push(Change::Separators);
        }
        if is_other_letter {
            changes.push(Change::Letter);
        }
        changes.extend(others);
        Normalized { code, changes }
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, ',' | ';' | ':' | '(' | ')' | '[' | ']' | '/' | '|')
}

/// Whether what is left ends where something else begins.
fn is_before_separator(rest: &str) -> bool {
    rest.chars().next_back().is_some_and(is_separator)
}
