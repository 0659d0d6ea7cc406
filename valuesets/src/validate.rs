//! Verdicts: is a code in a code system, is it in a value set, is its display right.

use codesystems::model::DisplayRank;
use codesystems::{ConceptIx, Edition};

use crate::catalogue::{CodeSystem, fits};
use crate::issues::{Issue, Language, Severity, Wording, coding_text};
use crate::plan::{Compiled, Part};
use crate::scope::Scope;
use crate::{Error, Result};

/// A code to be judged, as it was given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Coding<'a> {
    /// Canonical of the code system, empty for none.
    pub system: &'a str,
    /// Version of the code system, empty for none.
    pub version: &'a str,
    /// The code.
    pub code: &'a str,
    /// The display, empty for none.
    pub display: &'a str,
}

/// In which shape the codes were given; decides the wording of `expression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Parameters `code`, `system`, ….
    Code,
    /// A Coding.
    Coding,
    /// A CodeableConcept.
    CodeableConcept,
}

impl Shape {
    fn path(self, index: usize, element: &str) -> String {
        match self {
            Self::Code => element.to_owned(),
            Self::Coding => format!("Coding.{element}"),
            Self::CodeableConcept => format!("CodeableConcept.coding[{index}].{element}"),
        }
    }

    fn whole(self, index: usize) -> String {
        match self {
            Self::Code => String::new(),
            Self::Coding => "Coding".into(),
            Self::CodeableConcept => format!("CodeableConcept.coding[{index}]"),
        }
    }
}

/// How to judge.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Concepts that are not selectable are allowed (`abstract`, default true).
    pub allow_abstract: bool,
    /// Inactive concepts are not in the value set (`activeOnly`).
    pub active_only: bool,
    /// A wrong display is a warning (`lenient-display-validation`).
    pub lenient_display: bool,
    /// A code without a system gets the one system of the value set that has it (`inferSystem`).
    pub infer_system: bool,
    /// Only membership counts: displays and states are not judged (`valueset-membership-only`).
    pub membership_only: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            allow_abstract: true,
            active_only: false,
            lenient_display: false,
            infer_system: false,
            membership_only: false,
        }
    }
}

/// The answer to a validation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Whether the code is valid.
    pub result: bool,
    /// The errors in one sentence; for a valid code what there is to say about it.
    pub message: String,
    /// Code of the coding that decided.
    pub code: String,
    /// Its code system, empty when it was not found out.
    pub system: String,
    /// The version that decided, empty for none.
    pub version: String,
    /// The display to show.
    pub display: String,
    /// Whether the concept is inactive.
    pub inactive: bool,
    /// Status code of an inactive concept.
    pub status: String,
    /// Code in the writing of the code system, where it was given otherwise.
    pub normalized_code: String,
    /// Canonical (with version if one was asked for) of a code system that is not there.
    pub unknown_system: String,
    /// Everything there is to say.
    pub issues: Vec<Issue>,
}

impl Verdict {
    fn close(mut self) -> Self {
        let texts = |severity: Severity| {
            let of = self.issues.iter().filter(move |issue| issue.severity == severity);
            of.map(|issue| issue.text.clone()).collect::<Vec<_>>()
        };
        let mut errors = texts(Severity::Error);
        self.result = errors.is_empty();
        if errors.is_empty() {
            errors = texts(Severity::Warning);
        }
        self.message = errors.join("; ");
        self
    }
}

struct Judge<'s, 'a> {
    scope: &'s Scope<'a>,
    rules: Rules,
    shape: Shape,
    wording: Wording,
}

/// Judges a code against its code system.
///
/// # Errors
/// Only what makes the question impossible to ask; an unknown code system is part of the answer.
pub fn in_code_system(
    scope: &Scope<'_>,
    coding: Coding<'_>,
    shape: Shape,
    rules: Rules,
) -> Result<Verdict> {
    let judge = Judge::new(scope, rules, shape);
    let mut verdict = Verdict::default();
    if let Some(system) = judge.system(coding, 0, &mut verdict)? {
        judge.known_code(coding, 0, &system, &mut verdict);
    }
    Ok(verdict.close())
}

/// Judges codes against a compiled value set; one that is in it suffices. `name` is the value set's
/// canonical with version.
///
/// # Errors
/// Only what makes the question impossible to ask.
pub fn in_value_set(
    scope: &Scope<'_>,
    compiled: &Compiled,
    name: &str,
    codings: &[Coding<'_>],
    shape: Shape,
    rules: Rules,
) -> Result<Verdict> {
    let judge = Judge::new(scope, rules, shape);
    let mut best: Option<Verdict> = None;
    let mut issues = Vec::new();
    for (index, &coding) in codings.iter().enumerate() {
        let (verdict, is_member) = judge.member(compiled, name, coding, index)?;
        issues.extend(verdict.issues.iter().cloned());
        if is_member && best.is_none() {
            best = Some(verdict);
        } else if shape != Shape::CodeableConcept {
            return Ok(verdict.close());
        }
    }
    if let Some(mut verdict) = best {
        // Codings beside the one that is in: not being in is no error then, being wrong is.
        issues.retain(|issue| issue.kind != "this-code-not-in-vs");
        verdict.issues = issues;
        return Ok(verdict.close());
    }
    let mut verdict = Verdict { issues, ..Verdict::default() };
    verdict.issues.insert(0, judge.wording.no_coding_in_value_set(name));
    if let Some(coding) = codings.first() {
        verdict.code = coding.code.into();
        verdict.system = coding.system.into();
        verdict.version = coding.version.into();
    }
    Ok(verdict.close())
}

/// The code as written in the edition, and how it was found.
fn locate(edition: &Edition, code: &str) -> Option<ConceptIx> {
    edition.find(code)
}

impl<'s, 'a> Judge<'s, 'a> {
    fn new(scope: &'s Scope<'a>, rules: Rules, shape: Shape) -> Self {
        Self { scope, rules, shape, wording: Wording::new(Language::of(&scope.languages)) }
    }

    /// The code system of a coding; what is wrong with it goes into the verdict.
    fn system(
        &self,
        coding: Coding<'_>,
        index: usize,
        verdict: &mut Verdict,
    ) -> Result<Option<std::sync::Arc<CodeSystem>>> {
        verdict.code = coding.code.into();
        verdict.system = coding.system.into();
        if coding.system.is_empty() {
            verdict.issues.push(self.wording.no_system(self.shape.whole(index)));
            return Ok(None);
        }
        let version = (!coding.version.is_empty()).then_some(coding.version);
        match self.scope.code_system(coding.system, version) {
            Ok(system) => Ok(Some(system)),
            Err(Error::UnknownSystem { url }) => {
                self.unknown_system(&url, "", &[], index, verdict);
                Ok(None)
            }
            Err(Error::UnknownVersion { url, version, known }) => {
                self.unknown_system(&url, &version, &known, index, verdict);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn unknown_system(
        &self,
        url: &str,
        version: &str,
        known: &[String],
        index: usize,
        verdict: &mut Verdict,
    ) {
        let expression = self.shape.path(index, "system");
        verdict.unknown_system =
            if version.is_empty() { url.to_owned() } else { format!("{url}|{version}") };
        verdict.issues.push(self.wording.unknown_system(url, version, known, expression));
    }

    /// Whether a code is in its code system; says what there is to say.
    fn known_code(
        &self,
        coding: Coding<'_>,
        index: usize,
        system: &CodeSystem,
        verdict: &mut Verdict,
    ) -> bool {
        let edition = system.edition();
        verdict.version = system.version().into();
        let path = |element: &str| self.shape.path(index, element);
        let Some(concept) = locate(edition, coding.code) else {
            return self.by_grammar(coding, index, system, verdict);
        };
        self.describe(coding, index, system, concept, verdict);
        if edition.is_inactive(concept) && !self.rules.membership_only {
            let status = verdict.status.clone();
            verdict.issues.push(self.wording.inactive(
                edition.code(concept),
                &status,
                path("code"),
            ));
        }
        if !self.rules.allow_abstract && edition.is_not_selectable(concept) {
            let text = coding_text(coding.system, "", coding.code, "");
            verdict.issues.push(self.wording.not_selectable(&text, path("code")));
        }
        true
    }

    /// A code that is not listed may still be made by the grammar of its system.
    fn by_grammar(
        &self,
        coding: Coding<'_>,
        index: usize,
        system: &CodeSystem,
        verdict: &mut Verdict,
    ) -> bool {
        let path = self.shape.path(index, "code");
        let meta = system.edition().meta();
        let problem = match system.grammar().map(|grammar| grammar.check(coding.code)) {
            Some(Ok(())) => {
                verdict.display = coding.code.into();
                return true;
            }
            Some(Err(problem)) => problem,
            None => String::new(),
        };
        let is_fragment = meta.content == "fragment" && system.grammar().is_none();
        verdict.issues.push(if is_fragment {
            self.wording.unknown_code_in_fragment(coding.code, coding.system, &meta.version, path)
        } else {
            self.wording.unknown_code(coding.code, coding.system, &meta.version, &problem, path)
        });
        is_fragment
    }

    /// Fills in what is known of a concept and judges the display.
    fn describe(
        &self,
        coding: Coding<'_>,
        index: usize,
        system: &CodeSystem,
        concept: ConceptIx,
        verdict: &mut Verdict,
    ) {
        let edition = system.edition();
        let scores = edition.language_scores(&self.scope.languages);
        verdict.display = edition.display_for(concept, &scores).into();
        verdict.version = system.version().into();
        let correct = edition.code(concept);
        if correct != coding.code {
            verdict.normalized_code = correct.into();
            let path = self.shape.path(index, "code");
            verdict.issues.push(self.wording.other_case(coding.code, correct, coding.system, path));
        }
        if edition.is_inactive(concept) {
            verdict.inactive = true;
            let status = edition.status(concept);
            verdict.status = if status.is_empty() { "inactive".into() } else { status.into() };
        }
        if !coding.display.is_empty() && !self.rules.membership_only {
            self.judge_display(coding, index, edition, concept, &[], verdict);
        }
    }

    fn judge_display(
        &self,
        coding: Coding<'_>,
        index: usize,
        edition: &Edition,
        concept: ConceptIx,
        own: &[&str],
        verdict: &mut Verdict,
    ) {
        let valid: Vec<_> = edition
            .designations(concept)
            .filter(|designation| designation.is_active() && designation.rank() < DisplayRank::Note)
            .collect();
        let is_valid = own.iter().any(|text| same_text(text, coding.display))
            || valid.iter().any(|designation| same_text(designation.value(), coding.display))
            || valid.is_empty();
        if is_valid {
            return;
        }
        let shown = edition.default_designation(concept);
        let scores = edition.language_scores(&self.scope.languages);
        let preferred = edition.preferred_designation(concept, &scores).or(shown);
        let choices: Vec<(String, String)> = preferred
            .into_iter()
            .map(|designation| (designation.value().to_owned(), designation.language().to_owned()))
            .collect();
        let text = coding_text(coding.system, "", coding.code, "");
        let languages = self.scope.languages.tags().join(",");
        let path = self.shape.path(index, "display");
        let lenient = self.rules.lenient_display;
        let issue =
            self.wording.wrong_display(coding.display, &text, &choices, &languages, lenient, path);
        verdict.issues.push(issue);
    }

    /// Judges one coding against a value set; also says whether it is a member at all.
    fn member(
        &self,
        compiled: &Compiled,
        name: &str,
        coding: Coding<'_>,
        index: usize,
    ) -> Result<(Verdict, bool)> {
        let mut verdict = Verdict {
            code: coding.code.into(),
            system: coding.system.into(),
            ..Verdict::default()
        };
        let inferred;
        let mut coding = coding;
        if coding.system.is_empty() {
            if !self.rules.infer_system {
                verdict.issues.push(self.wording.no_system(self.shape.whole(index)));
                self.not_in(name, coding, index, &mut verdict);
                return Ok((verdict, false));
            }
            match infer(compiled, coding.code).as_slice() {
                [one] => {
                    inferred = one.clone();
                    coding.system = &inferred;
                    verdict.system.clone_from(&inferred);
                }
                found => {
                    verdict.issues.push(self.wording.cannot_infer(coding.code, name, found));
                    self.not_in(name, coding, index, &mut verdict);
                    return Ok((verdict, false));
                }
            }
        }
        if let Some((part, concept)) = self.find(compiled, coding) {
            self.is_in(part, concept, name, coding, index, &mut verdict);
            return Ok((verdict, true));
        }
        if let Some(part) = grammar_part(compiled, coding) {
            verdict.version = part.system.version().into();
            verdict.display = coding.code.into();
            return Ok((verdict, true));
        }
        if let Some(missing) = missing(compiled, coding) {
            // Whether the code is in depends on a code system that is not there.
            self.not_in(name, coding, index, &mut verdict);
            let version = missing.version.as_deref().unwrap_or_default();
            let known = match self.scope.code_system(&missing.url, Some(version)) {
                Err(Error::UnknownVersion { known, .. }) => known,
                _ => Vec::new(),
            };
            self.unknown_system(&missing.url, version, &known, index, &mut verdict);
            return Ok((verdict, false));
        }
        // Not in: is it the version, the code system, the code, or only the value set?
        self.not_in(name, coding, index, &mut verdict);
        if !self.rules.membership_only
            && let Some(system) = self.system(coding, index, &mut verdict)?
        {
            let mismatch = !coding.version.is_empty();
            self.known_code(coding, index, &system, &mut verdict);
            if mismatch {
                self.version_mismatch(compiled, coding, index, &mut verdict);
            }
        }
        Ok((verdict, false))
    }

    fn version_mismatch(
        &self,
        compiled: &Compiled,
        coding: Coding<'_>,
        index: usize,
        verdict: &mut Verdict,
    ) {
        let same = compiled.parts.iter().filter(|part| part.is_of(coding.system));
        let others: Vec<&Part> = same.filter(|part| part.is_version_named).collect();
        if let [other] = others.as_slice()
            && !fits(other.system.version(), coding.version)
        {
            let path = self.shape.path(index, "version");
            verdict.issues.push(self.wording.other_version(
                coding.system,
                other.system.version(),
                coding.version,
                path,
            ));
        }
    }

    fn not_in(&self, name: &str, coding: Coding<'_>, index: usize, verdict: &mut Verdict) {
        let text = coding_text(coding.system, coding.version, coding.code, coding.display);
        let path = self.shape.path(index, "code");
        let decisive = self.shape != Shape::CodeableConcept;
        verdict.issues.push(self.wording.not_in_value_set(&text, name, path, decisive));
    }

    fn is_in(
        &self,
        part: &Part,
        concept: ConceptIx,
        name: &str,
        coding: Coding<'_>,
        index: usize,
        verdict: &mut Verdict,
    ) {
        let edition = part.system.edition();
        if part.system.is_stand_in() {
            // The value set lists the code, but nothing is known of its code system.
            self.unknown_system(coding.system, coding.version, &[], index, verdict);
            return;
        }
        let listed = part.listed.get(&concept);
        let own: Vec<&str> = listed
            .map(|listed| {
                let designations = listed.designations.iter().map(|own| own.value.as_str());
                std::iter::once(listed.display.as_str()).chain(designations).collect()
            })
            .unwrap_or_default();
        let quiet = Coding { display: "", ..coding };
        self.describe(quiet, index, &part.system, concept, verdict);
        if let Some(listed) = listed.filter(|listed| !listed.display.is_empty())
            && self.scope.languages.is_empty()
        {
            verdict.display.clone_from(&listed.display);
        }
        if self.rules.membership_only {
            return;
        }
        if !coding.display.is_empty() {
            self.judge_display(coding, index, edition, concept, &own, verdict);
        }
        let path = self.shape.path(index, "code");
        if verdict.inactive {
            let status = verdict.status.clone();
            if self.rules.active_only {
                verdict.issues.push(self.wording.not_active(coding.code, &status, path.clone()));
                self.not_in(name, coding, index, verdict);
            } else {
                verdict.issues.push(self.wording.inactive(coding.code, &status, path.clone()));
            }
        }
        if !self.rules.allow_abstract && edition.is_not_selectable(concept) {
            let text = coding_text(coding.system, "", coding.code, "");
            verdict.issues.push(self.wording.not_selectable(&text, path));
        }
    }

    fn find<'c>(
        &self,
        compiled: &'c Compiled,
        coding: Coding<'_>,
    ) -> Option<(&'c Part, ConceptIx)> {
        compiled
            .parts
            .iter()
            .filter(|part| part.is_of(coding.system))
            .filter(|part| coding.version.is_empty() || fits(part.system.version(), coding.version))
            .find_map(|part| {
                let concept = locate(part.system.edition(), coding.code)?;
                part.set.contains(concept).then_some((part, concept))
            })
    }
}

/// The code system a verdict on `coding` would need and that is not there.
fn missing<'c>(compiled: &'c Compiled, coding: Coding<'_>) -> Option<&'c codesystems::Canonical> {
    compiled.missing_systems.iter().find(|missing| {
        let version = missing.version.as_deref().unwrap_or_default();
        missing.url == coding.system
            && (coding.version.is_empty() || version.is_empty() || fits(version, coding.version))
    })
}

fn grammar_part<'c>(compiled: &'c Compiled, coding: Coding<'_>) -> Option<&'c Part> {
    compiled.parts.iter().find(|part| {
        part.whole_grammar
            && part.is_of(coding.system)
            && part.system.grammar().is_some_and(|grammar| grammar.check(coding.code).is_ok())
    })
}

/// The systems of a value set that have a code.
fn infer(compiled: &Compiled, code: &str) -> Vec<String> {
    let mut found: Vec<String> = compiled
        .parts
        .iter()
        .filter(|part| {
            locate(part.system.edition(), code).is_some_and(|concept| part.set.contains(concept))
        })
        .map(|part| part.url.to_string())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Equal but for case and white space.
fn same_text(a: &str, b: &str) -> bool {
    if a.eq_ignore_ascii_case(b) {
        return true;
    }
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_lowercase).collect() };
    words(a) == words(b)
}
