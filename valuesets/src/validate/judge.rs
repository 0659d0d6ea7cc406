//! One verdict in the making.

mod lookup;
mod membership;

use std::sync::Arc;

use codesystems::normalize::Refusal;
use codesystems::{Canonical, ConceptIx, Edition};

use super::displays::Told;
use super::{Coding, Compile, Normalization, Result, Rules, Shape, Verdict};
use crate::catalogue::CodeSystem;
use crate::expressions::Made;
use crate::issues::{Issue, Wording};
use crate::model::ValueSet;
use crate::plan::{Compiled, IncludeRef, Listed};
use crate::scope::Scope;

/// Whether a coding is a member.
enum Membership {
    In(Found),
    Out,
    /// It depends on a code system that is not there.
    Unknown,
}

/// A member.
struct Found {
    system: Arc<CodeSystem>,
    /// The concept; `None` for a code that a grammar makes, or one of a fragment.
    concept: Option<ConceptIx>,
    listed: Option<Listed>,
    /// Supplements whose designations count.
    supplements: Arc<[Arc<CodeSystem>]>,
}

/// An inactive concept that was met.
struct Inactive {
    index: usize,
    code: String,
}

/// Collects what there is to say about the codings of one request.
pub(super) struct Judge<'s, 'a> {
    pub(super) scope: &'s Scope<'a>,
    pub(super) value_set: Option<&'s ValueSet>,
    pub(super) rules: Rules,
    pub(super) shape: Shape,
    pub(super) wording: Wording,
    pub(super) unknown: Vec<String>,
    issues: Vec<Issue>,
    reasons: Vec<String>,
    inactive: Option<Inactive>,
    status: String,
    normalized: String,
    pub(super) normalizations: Vec<Normalization>,
    /// Codings that look like codes and must not be taken for some.
    pub(super) refusals: Vec<(usize, Refusal)>,
}

impl<'s, 'a> Judge<'s, 'a> {
    pub(super) fn new(
        scope: &'s Scope<'a>,
        value_set: Option<&'s ValueSet>,
        rules: Rules,
        shape: Shape,
    ) -> Self {
        Self {
            scope,
            value_set,
            rules,
            shape,
            wording: Wording::new(scope.messages),
            unknown: Vec::new(),
            issues: Vec::new(),
            reasons: Vec::new(),
            inactive: None,
            status: String::new(),
            normalized: String::new(),
            normalizations: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// Adds an issue, unless the same is there already.
    pub(super) fn say(&mut self, issue: Issue) {
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }

    fn name(&self) -> String {
        match self.value_set {
            Some(value_set) if value_set.url.is_empty() => "(unidentified)".to_owned(),
            Some(value_set) => {
                Canonical::new(value_set.url.as_str(), Some(&value_set.version)).to_string()
            }
            None => String::new(),
        }
    }

    /// The verdict where an imported value set is not there.
    pub(super) fn undecided(mut self, value_set: &str, codings: &[Coding<'_>]) -> Verdict {
        self.say(self.wording.unknown_value_set(value_set));
        let mut verdict = Verdict { issues: self.issues, ..Verdict::default() };
        if let Some(coding) = codings.first().filter(|_| self.shape != Shape::CodeableConcept) {
            verdict.code = coding.code.into();
            verdict.system = coding.system.into();
            verdict.version = coding.version.into();
        }
        verdict.close()
    }

    pub(super) fn in_code_system(mut self, coding: Coding<'_>) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        if coding.system.is_empty() {
            self.say(self.wording.no_system(self.shape.whole(0)));
            verdict.code = coding.code.into();
            return Ok(self.close(verdict, coding, false));
        }
        let version = Some(coding.version).filter(|version| !version.is_empty());
        let Some(system) = self.find_system(coding.system, version)? else {
            self.unfound(coding, version, 0)?;
            verdict.is_undecided = true;
            return Ok(self.close(verdict, coding, false));
        };
        self.check_version(coding.system, &system, 0);
        self.standing_of(&system);
        let edition = system.edition();
        verdict.version = system.version().into();
        let is_in = match edition.find(coding.code) {
            Some(concept) => {
                edition.touch(concept);
                verdict.display = self.display(edition, concept, Told::default());
                let is_allowed = self.allows(&system, concept, coding, 0);
                if is_allowed || !self.rules.membership_only {
                    self.judge_display(coding, 0, edition, concept, Told::default());
                }
                is_allowed
            }
            None => self.by_grammar(&system, coding, 0, &mut verdict),
        };
        Ok(self.close(verdict, coding, is_in))
    }

    pub(super) fn in_value_set(
        mut self,
        compile: &Compile<'_>,
        codings: &[Coding<'_>],
    ) -> Result<Verdict> {
        self.standing_of_value_set();
        let mut verdict = Verdict::default();
        let mut outcome: Option<bool> = Some(false);
        let mut first = codings.first().copied().unwrap_or_default();
        // Only a code alone has no system; there is one coding then.
        let inferred = match codings {
            [coding] if coding.system.is_empty() && self.infers() => {
                let compiled = compile(None)?;
                self.infer(&compiled, coding.code).unwrap_or_default()
            }
            _ => String::new(),
        };
        for (index, &coding) in codings.iter().enumerate() {
            let mut coding = coding;
            if coding.system.is_empty() {
                if !self.infers() {
                    self.say(self.wording.no_system(self.shape.whole(index)));
                }
                coding.system = &inferred;
            }
            let membership = if coding.system.is_empty() {
                Membership::Out
            } else {
                let mut compiled = compile(None)?;
                if self.prefers(&compiled, coding) {
                    let preferred = Canonical::new(coding.system, Some(coding.version));
                    compiled = compile(Some(&preferred))?;
                }
                self.member(&compiled, coding, index)
            };
            match membership {
                Membership::In(found) => {
                    if outcome != Some(true) {
                        outcome = Some(true);
                        first = coding;
                        self.describe(&found, coding, &mut verdict);
                    }
                    if !self.rules.membership_only {
                        self.judge_display_of(&found, coding, index);
                    }
                }
                Membership::Out => {
                    if self.shape == Shape::CodeableConcept {
                        self.not_in(coding, index);
                    }
                    self.look_up(coding, index, &mut verdict)?;
                }
                Membership::Unknown => {
                    if outcome == Some(false) {
                        outcome = None;
                    }
                    self.look_up(coding, index, &mut verdict)?;
                }
            }
            if self.shape != Shape::CodeableConcept {
                first = coding;
            }
        }
        if outcome == Some(false) {
            match self.shape {
                Shape::CodeableConcept => {
                    let issue = self.wording.no_coding_in_value_set(&self.name());
                    self.say(issue);
                }
                _ => self.not_in(first, 0),
            }
        }
        verdict.is_undecided = outcome.is_none() || outcome == Some(true);
        Ok(self.close(verdict, first, outcome == Some(true)))
    }

    /// Puts the verdict together.
    fn close(mut self, mut verdict: Verdict, coding: Coding<'_>, is_in: bool) -> Verdict {
        verdict.result = is_in;
        let is_named = is_in || self.shape != Shape::CodeableConcept;
        if is_named {
            verdict.code = coding.code.into();
            if !coding.system.is_empty() {
                verdict.system = coding.system.into();
            }
            if !is_in && !coding.version.is_empty() {
                verdict.version = coding.version.into();
            }
        } else {
            verdict.code.clear();
            verdict.system.clear();
            verdict.version.clear();
            verdict.display.clear();
        }
        verdict.normalized_code = std::mem::take(&mut self.normalized);
        verdict.normalizations = std::mem::take(&mut self.normalizations);
        let is_read = |read: &&Normalization| is_named && read.code == coding.code;
        if let Some(read) = verdict.normalizations.iter().find(is_read) {
            verdict.normalized_code.clone_from(&read.code);
        }
        if let Some(inactive) = &self.inactive {
            verdict.inactive = true;
            if self.status != "inactive" {
                verdict.status.clone_from(&self.status);
            }
            let path = self.shape.whole(inactive.index);
            let path = if path.is_empty() { "code".to_owned() } else { path };
            let issue = self.wording.inactive(&inactive.code, &self.status, path);
            self.say(issue);
        } else if self.status.eq_ignore_ascii_case("deprecated") {
            verdict.status = "deprecated".into();
            let path = self.shape.whole(0);
            let path = if path.is_empty() { "code".to_owned() } else { path };
            let issue = self.wording.deprecated(coding.code, path);
            self.say(issue);
        }
        verdict.unknown_systems = self.unknown;
        verdict.reasons = self.reasons;
        verdict.issues = self.issues;
        // What decides comes first: some clients show one issue only.
        verdict.issues.sort_by_key(|issue| (issue.severity, issue.kind != "not-in-vs"));
        verdict.close()
    }

    /// Whether the version of the coding may change what the value set means.
    fn prefers(&self, compiled: &Compiled, coding: Coding<'_>) -> bool {
        let is_open = |include: &IncludeRef| {
            let ruled = self.scope.ruled_version(coding.system, include.version.as_deref());
            ruled.is_none_or(|ruled| ruled != coding.version)
        };
        !coding.version.is_empty()
            && compiled
                .includes
                .iter()
                .any(|include| *include.url == *coding.system && is_open(include))
    }

    fn judge_display_of(&mut self, found: &Found, coding: Coding<'_>, index: usize) {
        if let Some(concept) = found.concept {
            let told = Told { listed: found.listed.as_ref(), supplements: &found.supplements };
            self.judge_display(coding, index, found.system.edition(), concept, told);
        } else if let Some(made) = found.system.grammar().map(|grammar| grammar.check(coding.code))
            && let Ok(made) = made
        {
            self.judge_made_display(coding, index, &made);
        }
    }

    /// What the answer tells of the member that decides.
    fn describe(&self, found: &Found, coding: Coding<'_>, verdict: &mut Verdict) {
        verdict.version = found.system.version().into();
        verdict.display = match found.concept {
            Some(concept) => {
                let told = Told { listed: found.listed.as_ref(), supplements: &found.supplements };
                self.display(found.system.edition(), concept, told)
            }
            None => self.display_of_made(&found.system, coding.code),
        };
    }

    /// The display of a code that is no concept, empty for none.
    fn display_of_made(&self, system: &CodeSystem, code: &str) -> String {
        match system.made(code, &self.scope.languages) {
            Made::Valid { display, .. } => display,
            Made::Invalid(_) | Made::BadExpression(_) | Made::Unknown => String::new(),
        }
    }

    fn display(&self, edition: &Edition, concept: ConceptIx, told: Told<'_>) -> String {
        let own = told.listed.map(|listed| listed.display.as_str()).filter(|own| !own.is_empty());
        if let Some(own) = own.filter(|_| self.scope.languages.is_empty()) {
            return own.to_owned();
        }
        let scores = edition.language_scores(&self.scope.languages);
        if let Some(preferred) = edition.preferred_designation(concept, &scores) {
            return preferred.value().to_owned();
        }
        let code = edition.code(concept);
        let added = told.supplements.iter().find_map(|supplement| {
            let edition = supplement.edition();
            let scores = edition.language_scores(&self.scope.languages);
            let preferred = edition.preferred_designation(edition.find_exact(code)?, &scores)?;
            Some(preferred.value().to_owned())
        });
        added.unwrap_or_else(|| edition.display_for(concept, &scores).to_owned())
    }

    // -- standing of resources -----------------------------------------------------------------

    /// Says where a code system is a draft, experimental, deprecated, withdrawn or retired.
    fn standing_of(&mut self, system: &CodeSystem) {
        let meta = system.edition().meta();
        // Without a value set nothing excuses a draft.
        let source = self.value_set.map_or(("active", "", None), |source| {
            (source.status.as_str(), source.standards_status.as_str(), source.experimental)
        });
        let own = (meta.status.as_str(), meta.standards_status.as_str(), meta.experimental);
        let standing = standing(own, Some(source));
        if let Some(standing) = standing {
            let canonical = Canonical::new(meta.url.as_str(), Some(&meta.version)).to_string();
            self.say(self.wording.reference_to(standing, "CodeSystem", &canonical));
        }
    }

    fn standing_of_value_set(&mut self) {
        let Some(own) = self.value_set else { return };
        let own = (own.status.as_str(), own.standards_status.as_str(), own.experimental);
        if let Some(standing) = standing(own, Some(own)) {
            let name = self.name();
            self.say(self.wording.reference_to(standing, "ValueSet", &name));
        }
    }

    fn standing_of_import(&mut self, imported: &ValueSet) {
        let Some(source) = self.value_set else { return };
        let standing = standing(
            (&imported.status, &imported.standards_status, imported.experimental),
            Some((&source.status, &source.standards_status, source.experimental)),
        );
        if let Some(standing) = standing {
            let name = Canonical::new(imported.url.as_str(), Some(&imported.version)).to_string();
            self.say(self.wording.reference_to(standing, "ValueSet", &name));
        }
    }
}

/// Status, standards status, experimental.
type Standing<'r> = (&'r str, &'r str, Option<bool>);

/// What there is to say of a resource that `source` refers to.
fn standing(of: Standing<'_>, source: Option<Standing<'_>>) -> Option<&'static str> {
    let (status, standards_status, experimental) = of;
    let is_draft = |(status, standards_status, _): Standing<'_>| {
        status == "draft" || standards_status == "draft"
    };
    match (standards_status, status) {
        ("deprecated", _) => Some("deprecated"),
        ("withdrawn", _) => Some("withdrawn"),
        (_, "retired") => Some("retired"),
        _ => {
            let source = source?;
            if experimental == Some(true) && source.2 != Some(true) {
                Some("experimental")
            } else {
                (is_draft((status, standards_status, experimental)) && !is_draft(source))
                    .then_some("draft")
            }
        }
    }
}

/// The status a value set gives to a concept it lists, where it is worth a warning.
fn standing_in_value_set(listed: &Listed) -> Option<&'static str> {
    const STATUS: &str =
        "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status";
    const DEPRECATED: &str = "http://hl7.org/fhir/StructureDefinition/valueset-deprecated";
    let extensions: serde_json::Value = serde_json::from_str(&listed.extension).ok()?;
    let find = |url: &str| extensions.as_array()?.iter().find(|extension| extension["url"] == url);
    let status = find(STATUS).and_then(|extension| extension["valueCode"].as_str());
    match status {
        Some("withdrawn") => Some("withdrawn"),
        Some("deprecated") => Some("deprecated"),
        _ => find(DEPRECATED).map(|_| "deprecated"),
    }
}

fn is_same(a: &Arc<CodeSystem>, b: &Arc<CodeSystem>) -> bool {
    a.is_same_version(b)
}

fn is_fragment(system: &CodeSystem) -> bool {
    matches!(system.edition().meta().content.as_str(), "fragment" | "example")
        && system.grammar().is_none()
}

fn is_absolute(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}
