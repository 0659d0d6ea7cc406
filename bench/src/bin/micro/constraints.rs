//! Expression constraints of SNOMED CT: evaluated anew each time, the edition's pages in memory.

use std::hint::black_box;

use codesystems::systems::snomed::ecl;
use codesystems::{ConceptIx, Edition};

use crate::harness::Harness;

/// Descendants of the concept whose subtree is built.
const SUBTREE: u32 = 120_000;

pub(crate) fn measure(harness: &mut Harness, edition: &Edition) {
    if edition.meta().url != codesystems::systems::snomed::URL {
        return;
    }
    let top = near(edition, SUBTREE);
    one(harness, edition, "<< X", "50 µs", top.map(|top| format!("<< {}", edition.code(top))));
    one(harness, edition, "< X : A = << Y", "1 ms", refined(edition, ("", "")));
    one(harness, edition, "< X : { A = << Y }", "1 ms", refined(edition, ("{ ", " }")));
    one(harness, edition, "< X : [1..1] A = << Y", "", refined(edition, ("[1..1] ", "")));
    one(harness, edition, "^ R", "20 µs", reference_set(edition));
    let words = "* {{ D term = \"hea att\" }}".to_owned();
    one(harness, edition, "* {{ term = … }}", "", Some(words));
}

/// Measures the evaluation of one constraint, which must select as much each time.
fn one(
    harness: &mut Harness,
    edition: &Edition,
    name: &str,
    figure: &'static str,
    text: Option<String>,
) {
    let Some(Ok(constraint)) = text.map(|text| ecl::parse(&text)) else {
        return harness.nothing(name);
    };
    let Ok(expected) = ecl::evaluate(&constraint, edition) else {
        return harness.nothing(name);
    };
    let count = expected.len();
    harness.measure(format!("ECL {name}, {count} concepts"), figure, 1, |_| {
        ecl::evaluate(&constraint, edition).is_ok_and(|found| black_box(found).len() == count)
    });
}

/// The concept whose number of descendants is nearest to `wanted`.
fn near(edition: &Edition, wanted: u32) -> Option<ConceptIx> {
    let concepts = (0..edition.concept_count()).map(ConceptIx);
    concepts.min_by_key(|&concept| edition.descendant_count(concept).abs_diff(wanted))
}

/// A refinement by the attribute with the most relationships and one of its more general values.
fn refined(edition: &Edition, (before, after): (&str, &str)) -> Option<String> {
    let is_attribute = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit());
    let rows = |code: &str| -> u64 {
        let property = edition.property_id(code);
        let values = property.into_iter().flat_map(|property| edition.distinct_values(property));
        values.map(|value| u64::from(value.concept_count())).sum()
    };
    let codes = edition.meta().properties.iter().map(|property| property.code.as_str());
    let attribute = codes.filter(|code| is_attribute(code)).max_by_key(|code| rows(code))?;
    let property = edition.property_id(attribute)?;
    let values = edition.distinct_values(property).filter_map(|value| value.concept());
    let general = |&concept: &ConceptIx| edition.descendant_count(concept) < SUBTREE / 6;
    let value = values.filter(general).max_by_key(|&value| edition.descendant_count(value))?;
    let source = edition.with_value(property, edition.code(value)).iter().next()?;
    // The widest concept above the source that is not the root.
    let widest = |&above: &ConceptIx| edition.parents(above).len() > 0;
    let above = edition.ancestors(source);
    let focus = above.iter().filter(widest).max_by_key(|&above| edition.descendant_count(above))?;
    let (focus, value) = (edition.code(focus), edition.code(value));
    Some(format!("< {focus} : {before}{attribute} = << {value}{after}"))
}

/// The largest reference set that is a concept.
fn reference_set(edition: &Edition) -> Option<String> {
    let sets = edition.meta().membership_sets.iter();
    let known = sets.filter(|set| edition.find_exact(&set.code).is_some());
    let rows =
        |code: &str| edition.membership_set(code).map(|(set, _)| edition.member_row_count(set));
    known.max_by_key(|set| rows(&set.code)).map(|set| format!("^ {}", set.code))
}
