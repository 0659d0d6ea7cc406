//! Draws what to ask from whatever a library holds: codes, relatives, words, property values.
//!
//! Nothing is asked that the library cannot answer, so that every answer can be checked. The same
//! seed and library give the same questions.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use codesystems::{ConceptIx, Edition, PropertyKind};
use server::library::{Library, Snapshot};
use valuesets::CodeSystem;

use crate::Result;
use crate::rf2_generator::random::Random;

/// How often a draw is repeated until it fits.
const TRIES: usize = 64;
/// Characters of a property's value that is still asked for.
const LONGEST_VALUE: usize = 64;
/// Filters that mean something else than a property of their name, or that not every concept has.
const NO_PROPERTIES: [&str; 14] = [
    "concept",
    "code",
    "display",
    "parent",
    "child",
    "ancestor",
    "descendant",
    "inactive",
    "notSelectable",
    "abstract",
    "constraint",
    "expression",
    "expressions",
    "definition",
];

/// Opens a library that is there; makes none.
///
/// # Errors
/// When there is no library in `root`, or it cannot be read, or a file of it is damaged.
pub fn open(root: &Path) -> Result<(Library, Snapshot)> {
    if !root.join("releases").is_dir() {
        return Err(format!(
            "there is no library in '{}'; load a release with 'begriff load PATH', or name another with --library",
            root.display()
        )
        .into());
    }
    let library = Library::open(root)?;
    let snapshot = Snapshot::open(&library, None)?;
    if snapshot.problems.is_empty() {
        return Ok((library, snapshot));
    }
    Err(snapshot.problems.join("\n").into())
}

/// The code systems to ask about, each in the version that answers when none is named, largest
/// first: those in `named`, or the `most` largest where none is named.
#[must_use]
pub fn systems(snapshot: &Snapshot, named: &[String], most: usize) -> Vec<Arc<CodeSystem>> {
    let is_default = |system: &Arc<CodeSystem>| {
        let versions = snapshot.catalogue.versions(&system.edition().meta().url);
        let default = versions.and_then(|versions| versions.default_version());
        default.is_some_and(|default| Arc::ptr_eq(default, system))
    };
    let mut systems: Vec<Arc<CodeSystem>> = snapshot
        .catalogue
        .code_systems()
        .into_iter()
        .filter(|system| is_default(system) && system.edition().concept_count() > 0)
        .filter(|system| named.is_empty() || named.contains(&system.edition().meta().url))
        .cloned()
        .collect();
    systems.sort_by_key(|system| std::cmp::Reverse(system.edition().concept_count()));
    if named.is_empty() {
        systems.truncate(most);
    }
    systems
}

/// The canonical of the value set of all codes of a system.
#[must_use]
pub fn whole_value_set(edition: &Edition) -> String {
    let meta = edition.meta();
    if meta.value_set.is_empty() { format!("{}?fhir_vs", meta.url) } else { meta.value_set.clone() }
}

/// An active concept whose code reads the same in JSON.
pub fn concept(edition: &Edition, random: &mut Random) -> Option<ConceptIx> {
    let is_plain = |byte: u8| (byte == b' ' || byte.is_ascii_graphic()) && !b"\"\\".contains(&byte);
    (0..TRIES).find_map(|_| {
        let ordinal = u32::try_from(random.below(edition.concept_count() as usize)).ok()?;
        let concept = ConceptIx(ordinal);
        let code = edition.code(concept);
        (!edition.is_inactive(concept) && !code.is_empty() && code.bytes().all(is_plain))
            .then_some(concept)
    })
}

/// One of the strict ancestors of a concept; `None` for a root.
pub fn ancestor(edition: &Edition, concept: ConceptIx, random: &mut Random) -> Option<ConceptIx> {
    let ancestors: Vec<ConceptIx> = edition.ancestors(concept).iter().collect();
    random.pick(&ancestors).copied()
}

/// A concept and one of its strict ancestors.
pub fn ancestor_and_descendant(
    edition: &Edition,
    random: &mut Random,
) -> Option<(ConceptIx, ConceptIx)> {
    if !edition.has_hierarchy() {
        return None;
    }
    (0..TRIES).find_map(|_| {
        let below = concept(edition, random)?;
        Some((ancestor(edition, below, random)?, below))
    })
}

/// The words of a text: runs of at least three letters, as written.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphabetic())
        .filter(|word| word.chars().count() >= 3)
}

/// What somebody types who looks for `display`: the first `shape` letters of one of its words for
/// 1 to 6, a whole word for 7, two different words for more, where it has as many.
pub fn typed(display: &str, shape: usize, random: &mut Random) -> Option<String> {
    let mut words: Vec<&str> = words(display).collect();
    let word = *random.pick(&words)?;
    words.retain(|other| !other.eq_ignore_ascii_case(word));
    Some(match (shape, random.pick(&words)) {
        (1..=6, _) => word.chars().take(shape).collect(),
        (7, _) | (_, None) => word.to_owned(),
        (_, Some(other)) => format!("{other} {word}"),
    })
}

/// Distinct beginnings of words in displays, of `letters` letters.
#[must_use]
pub fn prefixes(
    edition: &Edition,
    letters: usize,
    most: usize,
    random: &mut Random,
) -> Vec<String> {
    let mut found = BTreeSet::new();
    for _ in 0..most.saturating_mul(4) {
        let Some(concept) = concept(edition, random) else { break };
        if let Some(prefix) = typed(edition.display(concept), letters, random)
            && prefix.chars().count() == letters
        {
            found.insert(prefix.to_lowercase());
        }
        if found.len() == most {
            break;
        }
    }
    found.into_iter().collect()
}

/// A property of a concept to filter by: its name and the value's text.
pub fn property(
    edition: &Edition,
    concept: ConceptIx,
    random: &mut Random,
) -> Option<(String, String)> {
    let candidates: Vec<(String, String)> = edition
        .properties(concept)
        .filter(|value| !NO_PROPERTIES.contains(&value.code()) && !value.code().starts_with('$'))
        .filter(|value| {
            let kind = value.definition().map(|definition| definition.kind);
            !matches!(kind, None | Some(PropertyKind::Decimal | PropertyKind::DateTime))
        })
        .map(|value| (value.code().to_owned(), value.value().text().into_owned()))
        .filter(|(_, text)| !text.is_empty() && text.len() <= LONGEST_VALUE)
        .collect();
    random.pick(&candidates).cloned()
}

/// An attribute of a SNOMED CT concept that has a concept as value: type and value.
pub fn attribute(
    edition: &Edition,
    concept: ConceptIx,
    random: &mut Random,
) -> Option<(String, ConceptIx)> {
    let is_number = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    let candidates: Vec<(String, ConceptIx)> = edition
        .properties(concept)
        .filter(|value| is_number(value.code()))
        .filter_map(|value| Some((value.code().to_owned(), value.concept()?)))
        .collect();
    random.pick(&candidates).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_begins_a_word_of_the_display() {
        let mut random = Random::new(1, "test");
        let display = "Diabetes mellitus, Typ 2";
        for shape in 1..=8 {
            let text = typed(display, shape, &mut random).unwrap();
            for word in text.split(' ') {
                assert!(words(display).any(|known| known.starts_with(word)), "{text}");
            }
        }
        assert_eq!(typed("42", 3, &mut random), None);
    }
}
