//! Whether a display is one of a concept's.
//!
//! Source: HL7 terminology ecosystem guide, languages and displays.

use std::sync::Arc;

use codesystems::grammar::{Grammar, Made};
use codesystems::model::DisplayRank;
use codesystems::systems::listed::USER_ASSIGNED_KIND;
use codesystems::{ConceptIx, Edition};

use super::Coding;
use super::judge::Judge;
use crate::CodeSystem;
use crate::issues::{Severity, WrongDisplay, coding_text};
use crate::plan::Listed;

/// A name of a concept.
#[derive(Debug, Clone, Copy)]
struct Name<'n> {
    text: &'n str,
    language: &'n str,
    /// It is shown as display, and not merely another name.
    is_display: bool,
    is_active: bool,
}

/// How two texts relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    /// But for white space.
    ButForBlanks,
    Other,
}

/// Whether texts are the same; case does not count, white space does.
fn is_same(a: &str, b: &str) -> bool {
    // Texts in ASCII differ by more than case then.
    a.eq_ignore_ascii_case(b)
        || !(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase()
}

/// How a text relates to one that is not the same.
fn likeness(a: &str, b: &str) -> Likeness {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    if words(a) == words(b) { Likeness::ButForBlanks } else { Likeness::Other }
}

/// Who names a concept beside its code system.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told<'n> {
    /// The value set that lists it.
    pub(super) listed: Option<&'n Listed>,
    /// Supplements of the code system.
    pub(super) supplements: &'n [Arc<CodeSystem>],
}

/// All names of a concept; `language` is that of the value set.
fn names<'n>(
    edition: &'n Edition,
    concept: ConceptIx,
    told: Told<'n>,
    language: &'n str,
) -> Vec<Name<'n>> {
    let mut names = Vec::new();
    if let Some(listed) = told.listed {
        if !listed.display.is_empty() {
            let text = listed.display.as_str();
            names.push(Name { text, language, is_display: true, is_active: true });
        }
        names.extend(listed.designations.iter().map(|own| Name {
            text: &own.value,
            language: &own.language,
            is_display: own.use_code.is_empty() || own.use_code == "display",
            is_active: true,
        }));
    }
    let code = edition.code(concept);
    let added = told.supplements.iter().filter_map(|supplement| {
        let edition = supplement.edition();
        Some((edition, edition.find_exact(code)?))
    });
    for (edition, concept) in std::iter::once((edition, concept)).chain(added) {
        let designations = edition.designations(concept);
        names.extend(designations.filter(|name| name.rank() < DisplayRank::Note).map(|name| {
            Name {
                text: name.value(),
                language: name.language(),
                is_display: name.rank() == DisplayRank::Preferred,
                is_active: name.is_active(),
            }
        }));
    }
    names
}

/// A text of a list: quoted where it has blanks.
fn listed_text(text: &str) -> String {
    if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() }
}

impl Judge<'_, '_> {
    /// Says where the display of `coding` is none of the concept's.
    pub(super) fn judge_display(
        &mut self,
        coding: Coding<'_>,
        index: usize,
        edition: &Edition,
        concept: ConceptIx,
        told: Told<'_>,
    ) {
        if coding.display.is_empty() {
            return;
        }
        let own_language = self.value_set.map_or("", |value_set| value_set.language.as_str());
        let names = names(edition, concept, told, own_language);
        let own = || (edition.display(concept), edition.kind(concept), &*edition.meta().language);
        self.judge_names(coding, index, &names, own);
    }

    /// The same for a code that a grammar makes.
    pub(super) fn judge_made_display(&mut self, coding: Coding<'_>, index: usize, made: &Made) {
        let names: Vec<Name<'_>> = made
            .names
            .iter()
            .map(|name| Name {
                text: &name.text,
                language: name.language,
                is_display: true,
                is_active: true,
            })
            .collect();
        let default = made.name("en").unwrap_or(&made.code);
        self.judge_names(coding, index, &names, || (default, "", "en"));
    }

    /// `own` tells the display of the code system where nothing is asked for, the kind of the
    /// concept, and the language of the code system; it is asked where the display is wrong.
    fn judge_names<'o>(
        &mut self,
        coding: Coding<'_>,
        index: usize,
        names: &[Name<'_>],
        own: impl FnOnce() -> (&'o str, &'o str, &'o str),
    ) {
        // Units have no displays of their own: any text that people understand will do.
        let is_unit = Grammar::of_system(coding.system) == Some(Grammar::Ucum);
        if coding.display.is_empty() || names.is_empty() || is_unit {
            return;
        }
        let is_asked = |name: &&Name<'_>| {
            self.scope.languages.is_empty()
                || name.language.is_empty()
                || self.scope.languages.score(name.language).is_some()
        };
        let asked: Vec<Name<'_>> = names.iter().filter(is_asked).copied().collect();
        // Most displays are one of the names: only where none is, it is looked closer.
        let found = if asked.iter().any(|name| is_same(name.text, coding.display)) {
            Likeness::Same
        } else {
            let all = asked.iter().map(|name| likeness(name.text, coding.display));
            all.min_by_key(|likeness| *likeness as u8).unwrap_or(Likeness::Other)
        };
        let path = self.shape.path(index, "display");
        if found == Likeness::Same {
            let mut valid = asked.iter().filter(|name| name.is_active);
            let is_current = valid.any(|name| is_same(name.text, coding.display));
            if !is_current {
                let current = asked.iter().filter(|name| name.is_active);
                let mut texts: Vec<&str> = current.map(|name| name.text).collect();
                texts.sort_unstable();
                let texts: Vec<String> = texts.into_iter().map(listed_text).collect();
                let issue =
                    self.wording.inactive_display(coding.display, coding.code, &texts, path);
                self.say(issue);
            }
            return;
        }
        let (default, kind, language) = own();
        let displays =
            asked.iter().filter(|name| name.is_active && name.is_display).copied().collect();
        let (shown, severity): (Vec<Name<'_>>, _) = match (displays, self.rules.lenient_display) {
            (displays, lenient) if !Vec::is_empty(&displays) => {
                (displays, if lenient { Severity::Warning } else { Severity::Error })
            }
            (_, lenient) if asked.is_empty() => {
                (Vec::new(), if lenient { Severity::Warning } else { Severity::Error })
            }
            // Other names in the language, but no display: less serious.
            _ => (asked.clone(), Severity::Warning),
        };
        let mut valid: Vec<(String, String)> = Vec::new();
        for name in &shown {
            let pair = (name.text.to_owned(), name.language.to_owned());
            if !valid.contains(&pair) {
                valid.push(pair);
            }
        }
        let tags = self.scope.languages.tags();
        let languages = if tags.is_empty() { "--".to_owned() } else { tags.join(", ") };
        let coding_text = coding_text(coding.system, "", coding.code, "");
        let wrong = WrongDisplay {
            given: coding.display,
            coding: &coding_text,
            valid: &valid,
            languages: &languages,
            only_blanks_differ: found == Likeness::ButForBlanks,
            severity,
        };
        let issue = if kind == USER_ASSIGNED_KIND {
            self.wording.free_display(&wrong, path)
        } else if shown.is_empty() {
            let is_default = names
                .iter()
                .filter(|name| is_default_language(language, name.language))
                .any(|name| is_same(name.text, coding.display));
            self.wording.no_display_in_language(&wrong, default, is_default, path)
        } else {
            self.wording.wrong_display(&wrong, path)
        };
        self.say(issue);
    }
}

fn is_default_language(own: &str, language: &str) -> bool {
    let own = if own.is_empty() { "en" } else { own };
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    language.is_empty() || primary(own) == primary(language)
}
