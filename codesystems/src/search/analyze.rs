//! From text to tokens; the same for texts that are indexed and for queries.
//!
//! Rules, in order:
//! 1. Compatibility decomposition (Unicode NFKD), lower case, combining marks dropped; `ß` -> `ss`,
//!    `æ` -> `ae`, `œ` -> `oe`, `ø` -> `o`, `ł` -> `l`, `đ`/`ð` -> `d`, `þ` -> `th`, `ı` -> `i`.
//! 2. Words are runs of alphanumeric characters: letters and digits stay together (`hba1c`).
//! 3. A word with a, o or u under a diaeresis has a variant in which these are `ae`, `oe`, `ue`.
//! 4. Words linked by a hyphen or an apostrophe stand on their own, and each is also joined with up
//!    to [`JOINED`]` - 1` followers (`herz-kreislauf` -> `herz`, `kreislauf`, `herzkreislauf`).

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// Longest token in bytes; longer words are cut, in texts and queries alike.
pub(super) const LONGEST: usize = 64;

/// How many linked words are joined at most.
const JOINED: usize = 4;

const DIAERESIS: char = '\u{308}';

/// What a token is to its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, at the next position.
    Word,
    /// The same word with `ae`, `oe`, `ue`; same position.
    Variant,
    /// The word joined with those linked to it; same position.
    Joined,
}

/// Takes texts apart; keeps its buffers from text to text.
#[derive(Debug, Default)]
pub(super) struct Analyzer {
    plain: Chain,
    variant: Chain,
    has_variant: bool,
}

/// Linked words, one behind the other.
#[derive(Debug, Default)]
struct Chain {
    text: String,
    ends: Vec<usize>,
}

impl Chain {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Where the word being written begins.
    fn open(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn push(&mut self, letter: char) {
        if self.text.len() - self.open() < LONGEST {
            self.text.push(letter);
        }
    }

    /// Ends the word being written; false when there is none.
    fn close(&mut self) -> bool {
        let some = self.text.len() > self.open();
        if some {
            self.ends.push(self.text.len());
        }
        some
    }

    /// The words `range`, joined, cut to [`LONGEST`].
    fn words(&self, range: Range<usize>) -> &str {
        let start = range.start.checked_sub(1).and_then(|at| self.ends.get(at)).copied();
        let end = range.end.checked_sub(1).and_then(|at| self.ends.get(at)).copied();
        let text = self.text.get(start.unwrap_or(0)..end.unwrap_or(0)).unwrap_or_default();
        cut(text)
    }
}

/// The first [`LONGEST`] bytes of `text`, whole characters only.
fn cut(text: &str) -> &str {
    if text.len() <= LONGEST {
        return text;
    }
    let end = (0..=LONGEST).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

impl Analyzer {
    /// Calls `sink` with every token of `text`, each word followed by its variant and joined forms.
    pub(super) fn analyze(&mut self, text: &str, sink: &mut dyn FnMut(&str, Kind)) {
        let mut linked = false;
        for letter in text.chars() {
            if letter.is_ascii() {
                self.step(letter.to_ascii_lowercase(), &mut linked, sink);
            } else if letter != '\u{ad}' {
                self.fold(letter, &mut linked, sink);
            }
        }
        self.close();
        self.flush(sink);
    }

    /// One character beyond ASCII; a soft hyphen never comes here, it is no character of the word.
    fn fold(&mut self, letter: char, linked: &mut bool, sink: &mut dyn FnMut(&str, Kind)) {
        for part in std::iter::once(letter).nfkd().flat_map(char::to_lowercase) {
            let replacement = match part {
                DIAERESIS => {
                    self.diaeresis();
                    continue;
                }
                'ß' => "ss",
                'æ' => "ae",
                'œ' => "oe",
                'ø' => "o",
                'ł' => "l",
                'đ' | 'ð' => "d",
                'þ' => "th",
                'ı' => "i",
                'ς' => "σ",
                _ if canonical_combining_class(part) != 0 => continue,
                _ => {
                    self.step(part, linked, sink);
                    continue;
                }
            };
            replacement.chars().for_each(|part| self.step(part, linked, sink));
        }
    }

    /// One folded character: part of a word, a link between words, or the end of linked words.
    fn step(&mut self, letter: char, linked: &mut bool, sink: &mut dyn FnMut(&str, Kind)) {
        if letter.is_alphanumeric() {
            self.push(letter);
            *linked = false;
            return;
        }
        let closed = self.close();
        if closed && is_link(letter) {
            *linked = true;
        } else {
            *linked = false;
            self.flush(sink);
        }
    }

    fn push(&mut self, letter: char) {
        self.plain.push(letter);
        if self.has_variant {
            self.variant.push(letter);
        }
    }

    fn diaeresis(&mut self) {
        let word = self.plain.text.get(self.plain.open()..).unwrap_or_default();
        if !word.ends_with(['a', 'o', 'u']) {
            return;
        }
        if !self.has_variant {
            self.has_variant = true;
            self.variant.text.clone_from(&self.plain.text);
            self.variant.ends.clone_from(&self.plain.ends);
        }
        self.variant.push('e');
    }

    fn close(&mut self) -> bool {
        if self.has_variant {
            self.variant.close();
        }
        self.plain.close()
    }

    fn flush(&mut self, sink: &mut dyn FnMut(&str, Kind)) {
        let count = self.plain.ends.len();
        for first in 0..count {
            let word = self.plain.words(first..first + 1);
            sink(word, Kind::Word);
            let variant = self.variant.words(first..first + 1);
            if self.has_variant && variant != word {
                sink(variant, Kind::Variant);
            }
            let end = count.min(first + JOINED);
            if end > first + 1 {
                let joined = self.plain.words(first..end);
                sink(joined, Kind::Joined);
                let variant = self.variant.words(first..end);
                if self.has_variant && variant != joined {
                    sink(variant, Kind::Joined);
                }
            }
        }
        self.plain.clear();
        self.variant.clear();
        self.has_variant = false;
    }
}

/// Hyphens, dashes without blanks around them, apostrophes.
fn is_link(letter: char) -> bool {
    matches!(letter, '-' | '\'' | '\u{2010}'..='\u{2013}' | '\u{2019}' | '\u{2bc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> String {
        let mut all = Vec::new();
        Analyzer::default().analyze(text, &mut |token, kind| {
            all.push(match kind {
                Kind::Word => token.to_owned(),
                Kind::Variant => format!("~{token}"),
                Kind::Joined => format!("+{token}"),
            });
        });
        all.join(" ")
    }

    #[test]
    fn texts_are_folded_and_split() {
        for (text, expected) in [
            ("Diabetes mellitus, Typ 2", "diabetes mellitus typ 2"),
            ("HbA1c/Hb", "hba1c hb"),
            ("Übelkeit", "ubelkeit ~uebelkeit"),
            ("U\u{308}belkeit", "ubelkeit ~uebelkeit"),
            ("Fuß, STRASSE, GROẞ", "fuss strasse gross"),
            ("Ménière", "meniere"),
            ("Ærø", "aero"),
            ("10⁹/l", "109 l"),
            ("½", "1 2"),
            ("µg", "μg"),
            ("℃", "c"),
            ("Zuk\u{ad}kerkrank", "zukkerkrank"),
            ("neue Steuer", "neue steuer"),
            ("", ""),
            ("+++ -- '", ""),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn linked_words_are_also_joined() {
        for (text, expected) in [
            ("Herz-Kreislauf", "herz +herzkreislauf kreislauf"),
            ("Herz- und Gefäß", "herz und gefass ~gefaess"),
            ("Crohn's", "crohn +crohns s"),
            ("Lücken-Öl", "lucken ~luecken +luckenol +lueckenoel ol ~oel"),
            ("Typ-2-Diabetes", "typ +typ2diabetes 2 +2diabetes diabetes"),
            ("a-b-c-d-e", "a +abcd b +bcde c +cde d +de e"),
            ("Rand – Strich", "rand strich"),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        let long = "ж".repeat(100);
        assert_eq!(tokens(&long), "ж".repeat(32));
    }
}
