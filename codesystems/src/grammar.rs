//! Code systems whose codes are made by a grammar and cannot be listed, or not all of them.

use crate::systems::{bcp47, hgvs, iso3166, mime, ucum};

/// A grammar that decides which codes exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grammar {
    /// UCUM unit expressions, case-sensitive.
    Ucum,
    /// Language tags.
    Bcp47,
    /// Media types.
    Mime,
    /// Countries: beside those listed, the codes that users assign.
    Iso3166,
    /// Variants of sequences.
    Hgvs,
}

/// A code that a grammar makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The code as it is usually spelled.
    pub code: String,
    /// Its names, the display of each language first.
    pub names: Vec<Name>,
}

/// A name in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// BCP 47 tag.
    pub language: &'static str,
    /// The name.
    pub text: String,
}

impl Made {
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.into(), names: Vec::new() }
    }

    /// The same with a further name.
    pub(crate) fn named(mut self, language: &'static str, text: &str) -> Self {
        self.names.push(Name { language, text: text.into() });
        self
    }

    /// The display in a language.
    #[must_use]
    pub fn name(&self, language: &str) -> Option<&str> {
        let found = self.names.iter().find(|name| name.language == language);
        found.map(|name| name.text.as_str())
    }

    /// The display in the language wanted most; the code where it has no name.
    #[must_use]
    pub fn display(&self, languages: &crate::LanguagePreference) -> &str {
        let wanted = self
            .names
            .iter()
            .enumerate()
            .filter_map(|(number, name)| Some((languages.score(name.language)?, number, name)))
            .min_by_key(|&(score, number, _)| (score, number))
            .map(|(_, _, name)| name);
        wanted.or_else(|| self.names.first()).map_or(&self.code, |name| &name.text)
    }
}

/// What a filter demands of codes that a grammar makes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// UCUM: the canonical form of the unit.
    Canonical(String),
}

impl Grammar {
    /// The grammar of the code system `url`, if its codes are made by one.
    #[must_use]
    pub fn of_system(url: &str) -> Option<Self> {
        Some(match url {
            "http://unitsofmeasure.org" => Self::Ucum,
            "urn:ietf:bcp:47" => Self::Bcp47,
            "urn:ietf:bcp:13" => Self::Mime,
            "urn:iso:std:iso:3166" => Self::Iso3166,
            "http://varnomen.hgvs.org" => Self::Hgvs,
            _ => return None,
        })
    }

    /// Whether `code` is well-formed and all its parts exist.
    ///
    /// # Errors
    /// Why it is not, in words; empty where there is nothing to say beyond that.
    pub fn check(self, code: &str) -> Result<Made, String> {
        match self {
            Self::Ucum => ucum::check(code),
            Self::Bcp47 => bcp47::check(code),
            Self::Mime => mime::check(code),
            Self::Iso3166 => iso3166::check(code),
            Self::Hgvs => hgvs::check(code),
        }
    }

    /// The condition that a filter `property = value` sets, where the grammar knows the property.
    #[must_use]
    pub fn condition(self, property: &str, value: &str) -> Option<Condition> {
        (self == Self::Ucum && property == "canonical").then(|| Condition::Canonical(value.into()))
    }

    /// Whether a code that the grammar makes meets a condition.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub fn meets(self, code: &str, condition: &Condition) -> Result<(), String> {
        match condition {
            Condition::Canonical(canonical) => ucum::has_canonical(code, canonical),
        }
    }

    /// Whether a list of the codes is never complete.
    #[must_use]
    pub fn is_endless(self) -> bool {
        self != Self::Iso3166
    }

    /// The value set that stands for all codes where they are to be listed.
    #[must_use]
    pub fn base_value_set(self) -> Option<&'static str> {
        match self {
            Self::Ucum => Some("http://hl7.org/fhir/ValueSet/ucum-common"),
            Self::Bcp47 => Some("http://terminology.hl7.org/ValueSet/Languages"),
            Self::Mime | Self::Iso3166 | Self::Hgvs => None,
        }
    }

    /// Whether there is nothing at all to list.
    #[must_use]
    pub fn is_unlistable(self) -> bool {
        matches!(self, Self::Mime | Self::Hgvs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_display_is_in_the_language_wanted() {
        let made = Grammar::Bcp47.check("de-AT").unwrap();
        for (wanted, display) in [
            ("", "German (Austria)"),
            ("de", "Deutsch (Österreich)"),
            ("de-CH", "Deutsch (Österreich)"),
            ("fr", "German (Austria)"),
        ] {
            let languages = crate::LanguagePreference::parse(wanted);
            assert_eq!(made.display(&languages), display, "{wanted}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in any::<String>(), near in "[a-zA-Z0-9./{}\\[\\]();:*+^_> -]{0,24}") {
            for grammar in [Grammar::Ucum, Grammar::Bcp47, Grammar::Mime, Grammar::Iso3166, Grammar::Hgvs] {
                for code in [&text, &near] {
                    if let Ok(made) = grammar.check(code) {
                        prop_assert!(grammar.check(&made.code).is_ok(), "{}", made.code);
                    }
                }
            }
            let _ = Grammar::Ucum.meets(&near, &Condition::Canonical(text));
        }
    }
}
