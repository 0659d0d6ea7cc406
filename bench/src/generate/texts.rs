//! Invented titles in English and German, put together from the words of the RF2 generator.

use crate::rf2_generator::random::Random;
use crate::rf2_generator::words::{
    ACTIONS, APPROACHES, COURSES, DISEASES, MIDDLES, ONSETS, SITES, SUBSTANCES, Word,
};

/// A title in both languages.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) en: String,
    pub(super) de: String,
}

/// A disease of a site, half of them with a course.
pub(super) fn condition(random: &mut Random) -> Text {
    let (disease, _, disease_de, last) = random.pick(&DISEASES).copied().unwrap_or_default();
    let (site, _, _, genitive, stem) = random.pick(&SITES).copied().unwrap_or_default();
    let de = match random.chance(60.0) && !last.is_empty() {
        true => format!("{stem}{last}"),
        false => format!("{disease_de} {genitive}"),
    };
    let text = Text { en: format!("{disease} of {site}"), de };
    if random.chance(50.0) { with(text, random.pick(&COURSES), true) } else { text }
}

/// Something done to a site, half of them with an approach.
pub(super) fn procedure(random: &mut Random) -> Text {
    let (action, _, action_de, last) = random.pick(&ACTIONS).copied().unwrap_or_default();
    let (site, _, _, genitive, stem) = random.pick(&SITES).copied().unwrap_or_default();
    let de = match random.chance(50.0) && !last.is_empty() {
        true => format!("{stem}{last}"),
        false => format!("{action_de} {genitive}"),
    };
    let text = Text { en: format!("{action} of {site}"), de };
    if random.chance(50.0) { with(text, random.pick(&APPROACHES), false) } else { text }
}

fn with(mut text: Text, word: Option<&Word>, is_before: bool) -> Text {
    let Some((en, _, de)) = word else { return text };
    text.en = if is_before { format!("{en} {}", text.en) } else { format!("{} {en}", text.en) };
    text.de = format!("{}, {de}", text.de);
    text
}

/// A substance that there is not.
pub(super) fn substance(random: &mut Random) -> Text {
    let mut stem = random.pick(&ONSETS).copied().unwrap_or_default().to_owned();
    for _ in 0..1 + random.below(2) {
        stem.push_str(random.pick(&MIDDLES).copied().unwrap_or_default());
    }
    let (en, de) = random.pick(&SUBSTANCES).copied().unwrap_or_default();
    Text { en: format!("{stem}{en}"), de: format!("{stem}{de}") }
}

/// Which of `from` things are chosen, exactly `wanted` of them (Knuth, algorithm S).
pub(super) fn choose(wanted: usize, from: usize, random: &mut Random) -> Vec<bool> {
    let mut left = wanted.min(from);
    (0..from)
        .map(|number| {
            let is_chosen = random.below(from - number) < left;
            left -= usize::from(is_chosen);
            is_chosen
        })
        .collect()
}

/// The mod-10 check digit of a number (Luhn), as LOINC codes end with.
pub(super) fn check_digit(number: usize) -> usize {
    let digits = number.to_string();
    let sum: usize = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = usize::from(digit - b'0');
            match place % 2 {
                0 => digit * 2 / 10 + digit * 2 % 10,
                _ => digit,
            }
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_as_many_as_wanted_are_chosen() {
        let mut random = Random::new(1, "choose");
        for (wanted, from) in [(0, 5), (5, 5), (3, 7), (9, 4)] {
            let chosen = choose(wanted, from, &mut random);
            assert_eq!(chosen.iter().filter(|is| **is).count(), wanted.min(from));
        }
    }

    #[test]
    fn check_digits_are_those_of_loinc() {
        for (number, digit) in [(2160, 0), (718, 7), (4548, 4), (8480, 6)] {
            assert_eq!(check_digit(number), digit, "{number}");
        }
    }

    #[test]
    fn titles_have_both_languages() {
        let mut random = Random::new(1, "texts");
        for text in (0..50)
            .flat_map(|_| [condition(&mut random), procedure(&mut random), substance(&mut random)])
        {
            assert!(!text.en.is_empty() && !text.de.is_empty(), "{text:?}");
            assert!(!text.de.contains(['<', '&', '|', ';', '"']), "{text:?}");
        }
    }
}
