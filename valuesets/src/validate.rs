//! Verdicts: is a code in a code system, is it in a value set, is its display right.
//!
//! Source: FHIR R5 `$validate-code`; HL7 terminology ecosystem guide (issues, versions, displays).

mod displays;
mod judge;
mod normal;
mod versions;

use std::borrow::Cow;
use std::sync::Arc;

use codesystems::Canonical;

use crate::issues::{Issue, Severity};
use crate::model::ValueSet;
use crate::plan::Compiled;
use crate::scope::Scope;
use crate::{Error, Result};

use judge::Judge;
pub use normal::Normalization;
use normal::Read;

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

    /// The coding itself.
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
    /// Codes may be written otherwise than their code system writes them (`normalize-codes`).
    pub normalize: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            allow_abstract: true,
            active_only: false,
            lenient_display: false,
            infer_system: false,
            membership_only: false,
            normalize: false,
        }
    }
}

/// The answer to a validation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Whether the code is valid.
    pub result: bool,
    /// What there is to say in one sentence: errors, warnings about the concept and its display.
    pub message: String,
    /// Code of the coding that decided, empty when none did.
    pub code: String,
    /// Its code system, empty when it was not found out.
    pub system: String,
    /// The version that decided, empty for none.
    pub version: String,
    /// The display to show.
    pub display: String,
    /// Whether the concept is inactive.
    pub inactive: bool,
    /// Status code of the concept, where it has one that matters: that of an inactive concept
    /// beyond being inactive, or `deprecated`.
    pub status: String,
    /// Code in the writing of the code system, where it was given otherwise.
    pub normalized_code: String,
    /// Codes that were read in another writing than they were given in.
    pub normalizations: Vec<Normalization>,
    /// Canonicals of code systems that are not there, with the version if one was asked for.
    pub unknown_systems: Vec<String>,
    /// Whether the answer is no because of them; else it is no whatever they say.
    pub is_undecided: bool,
    /// Everything there is to say.
    pub issues: Vec<Issue>,
    /// Why the code is not in, in words that are part of the message only.
    pub reasons: Vec<String>,
}

impl Verdict {
    fn close(mut self) -> Self {
        self.result =
            !self.issues.iter().any(|issue| issue.severity == Severity::Error) && self.result;
        let reasons = self.reasons.iter().filter(|_| !self.result);
        let mut texts: Vec<&str> = reasons.map(String::as_str).collect();
        for issue in self.issues.iter().filter(|issue| issue.is_told) {
            if !texts.contains(&issue.text.as_str()) {
                texts.push(&issue.text);
            }
        }
        self.message = texts.join("; ");
        self
    }
}

/// Compiles the value set a verdict is about as far as code systems are there
/// ([`crate::plan::compile_known`]), with a version to prefer for a code system.
pub type Compile<'c> = dyn Fn(Option<&Canonical>) -> Result<Arc<Compiled>> + 'c;

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
    let read = if rules.normalize { normal::in_code_system(scope, coding) } else { None };
    let mut judge = Judge::new(scope, None, rules, shape);
    judge.note_reading(coding, 0, read.as_ref());
    judge.in_code_system(normal::as_read(coding, read.as_ref()))
}

/// Judges codes against a value set; one that is in it suffices.
///
/// # Errors
/// Only what makes the question impossible to ask: definitions that cannot be understood, filters
/// that cannot be applied. An imported value set that is not there is part of the answer.
pub fn in_value_set(
    scope: &Scope<'_>,
    value_set: &ValueSet,
    compile: &Compile<'_>,
    codings: &[Coding<'_>],
    shape: Shape,
    rules: Rules,
) -> Result<Verdict> {
    let scope = &*in_languages_of(scope, value_set);
    let unknown = match judged(scope, value_set, compile, codings, shape, rules) {
        Err(Error::UnknownValueSet { url }) => url,
        Err(Error::UnknownImportVersion { url, version }) => format!("{url}|{version}"),
        answered => return answered,
    };
    Ok(Judge::new(scope, Some(value_set), rules, shape).undecided(&unknown, codings))
}

fn judged(
    scope: &Scope<'_>,
    value_set: &ValueSet,
    compile: &Compile<'_>,
    codings: &[Coding<'_>],
    shape: Shape,
    rules: Rules,
) -> Result<Verdict> {
    let mut judge = Judge::new(scope, Some(value_set), rules, shape);
    if !rules.normalize {
        return judge.in_value_set(compile, codings);
    }
    let compiled = compile(None)?;
    let reads: Vec<Option<Read>> =
        codings.iter().map(|&coding| normal::in_value_set(scope, &compiled, coding)).collect();
    let mut as_read = Vec::with_capacity(codings.len());
    for (index, (&coding, read)) in codings.iter().zip(&reads).enumerate() {
        judge.note_reading(coding, index, read.as_ref());
        as_read.push(normal::as_read(coding, read.as_ref()));
    }
    judge.in_value_set(compile, &as_read)
}

/// Where a request asks for no language, the value set may: by a parameter its expansion is to be
/// made with, or by its own language.
fn in_languages_of<'s, 'a>(scope: &'s Scope<'a>, value_set: &ValueSet) -> Cow<'s, Scope<'a>> {
    if !scope.languages.is_empty() {
        return Cow::Borrowed(scope);
    }
    let asked = value_set.expansion_parameters.iter().find(|it| it.name == "displayLanguage");
    let text = asked.map_or(value_set.language.as_str(), |parameter| &parameter.value);
    let languages = codesystems::LanguagePreference::parse(text);
    if languages == *scope.languages {
        return Cow::Borrowed(scope);
    }
    Cow::Owned(Scope { languages: Cow::Owned(languages), ..scope.clone() })
}
