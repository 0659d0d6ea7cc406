//! One verdict in the making.

use std::sync::Arc;

use codesystems::normalize::Refusal;
use codesystems::{Canonical, ConceptIx, Edition};

use super::displays::Told;
use super::{Coding, Compile, Normalization, Result, Rules, Shape, Verdict};
use crate::catalogue::CodeSystem;
use crate::expressions::Made;
use crate::issues::{Issue, Wording, coding_text};
use crate::model::ValueSet;
use crate::plan::{Compiled, IncludeRef, Listed, Part};
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
        let name = self.name();
        self.standing_of_value_set();
        let mut verdict = Verdict::default();
        let mut outcome: Option<bool> = Some(false);
        let mut first = codings.first().copied().unwrap_or_default();
        // Only a code alone has no system; there is one coding then.
        let inferred = match codings {
            [coding] if coding.system.is_empty() && self.infers() => {
                let compiled = compile(None)?;
                self.infer(&compiled, coding.code, &name).unwrap_or_default()
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
                        self.not_in(&name, coding, index);
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
                Shape::CodeableConcept => self.say(self.wording.no_coding_in_value_set(&name)),
                _ => self.not_in(&name, first, 0),
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

    fn infers(&self) -> bool {
        self.rules.infer_system && self.shape == Shape::Code
    }

    /// The one system of a value set that has a code.
    fn infer(&mut self, compiled: &Compiled, code: &str, name: &str) -> Option<String> {
        let has = |part: &&Part| {
            let found = part.system.edition().find(code);
            found.is_some_and(|concept| part.set.contains(concept))
        };
        let mut found: Vec<String> =
            compiled.parts.iter().filter(has).map(|part| part.url.to_string()).collect();
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [one] => Some(one.clone()),
            many => {
                self.say(self.wording.cannot_infer(code, name, many));
                None
            }
        }
    }

    /// Whether a coding is in the value set, include by include.
    fn member(&mut self, compiled: &Compiled, coding: Coding<'_>, index: usize) -> Membership {
        for value_set in &compiled.imported {
            self.standing_of_import(value_set);
        }
        let includes: Vec<IncludeRef> =
            self.includes_for(compiled, coding).into_iter().cloned().collect();
        if includes.is_empty() {
            return self.by_alias(compiled, coding, index);
        }
        for include in &includes {
            let version = self.version_for(include, coding, index);
            let selected = self.find_system(coding.system, version.as_deref());
            let Ok(Some(system)) = selected else {
                if self.rules.membership_only {
                    return Membership::Out;
                }
                self.unknown_system(coding.system, version.as_deref().unwrap_or_default(), index);
                return Membership::Unknown;
            };
            self.check_version(coding.system, &system, index);
            self.standing_of(&system);
            if let Some(found) = self.within(compiled, include, &system, coding, index) {
                return Membership::In(found);
            }
        }
        Membership::Out
    }

    /// Code systems that the value set names by another of their canonicals.
    fn by_alias(&mut self, compiled: &Compiled, coding: Coding<'_>, index: usize) -> Membership {
        for part in compiled.parts.iter().filter(|part| part.is_of(coding.system)) {
            let fits = coding.version.is_empty()
                || crate::catalogue::fits(part.system.version(), coding.version);
            if let Some(found) = self.in_part(part, coding, index).filter(|_| fits) {
                return Membership::In(found);
            }
        }
        Membership::Out
    }

    /// Whether the code is in what the value set selects of one edition.
    fn within(
        &mut self,
        compiled: &Compiled,
        include: &IncludeRef,
        system: &Arc<CodeSystem>,
        coding: Coding<'_>,
        index: usize,
    ) -> Option<Found> {
        let edition = system.edition();
        for part in compiled.parts.iter().filter(|part| is_same(&part.system, system)) {
            if let Some(found) = self.in_part(part, coding, index) {
                return Some(found);
            }
        }
        match edition.find(coding.code) {
            Some(concept) if include.without_inactive && edition.is_inactive(concept) => {
                self.note_inactive(edition, concept, coding, index);
                if include.is_whole {
                    let path = self.shape.path(index, "code");
                    self.say(self.wording.not_active(coding.code, path));
                }
                None
            }
            None if include.is_whole && is_fragment(system) => {
                let meta = edition.meta();
                let path = self.shape.path(index, "code");
                let issue = self.wording.unknown_code_in_fragment(
                    coding.code,
                    coding.system,
                    &meta.version,
                    path,
                );
                self.say(issue);
                let supplements = Arc::default();
                Some(Found { system: Arc::clone(system), concept: None, listed: None, supplements })
            }
            _ => None,
        }
    }

    fn in_part(&mut self, part: &Part, coding: Coding<'_>, index: usize) -> Option<Found> {
        let edition = part.system.edition();
        let found = |concept, listed| {
            let (system, supplements) = (Arc::clone(&part.system), Arc::clone(&part.supplements));
            Some(Found { system, concept, listed, supplements })
        };
        match edition.find(coding.code) {
            Some(concept) if part.set.contains(concept) => {
                let listed = part.listed.get(&concept).cloned();
                if !self.allows(&part.system, concept, coding, index) {
                    return None;
                }
                if let Some(status) = listed.as_ref().and_then(standing_in_value_set) {
                    let name = self.name();
                    let path = self.shape.path(index, "code");
                    let issue = self.wording.deprecated_in_value_set(
                        coding.code,
                        coding.system,
                        &name,
                        status,
                        path,
                    );
                    self.say(issue);
                }
                found(Some(concept), listed)
            }
            Some(_) => {
                self.note_conditions(part, coding);
                None
            }
            None if part.has_made(coding.code) => {
                if let Some(made) = part.makes(coding.code) {
                    self.spelling(&part.system, &made.code, coding, index);
                }
                found(None, None)
            }
            None => {
                self.note_conditions(part, coding);
                None
            }
        }
    }

    /// Whether the rules of the request allow a concept; says why not, and how it is written.
    fn allows(
        &mut self,
        system: &CodeSystem,
        concept: ConceptIx,
        coding: Coding<'_>,
        index: usize,
    ) -> bool {
        let edition = system.edition();
        self.spelling(system, edition.code(concept), coding, index);
        if !self.rules.allow_abstract && edition.is_not_selectable(concept) {
            if !self.rules.membership_only {
                let text = coding_text(coding.system, "", coding.code, "");
                let issue = self.wording.not_selectable(&text, self.shape.path(index, "code"));
                self.say(issue);
            }
            return false;
        }
        let is_inactive = edition.is_inactive(concept);
        if is_inactive && self.rules.active_only {
            self.note_inactive(edition, concept, coding, index);
            let issue = self.wording.not_active(coding.code, self.shape.path(index, "code"));
            self.say(issue);
            return false;
        }
        if is_inactive {
            self.note_inactive(edition, concept, coding, index);
        } else if self.inactive.is_none() && self.status.is_empty() {
            edition.status(concept).clone_into(&mut self.status);
        }
        true
    }

    /// Notes which conditions of the value set a code does not meet.
    fn note_conditions(&mut self, part: &Part, coding: Coding<'_>) {
        let Some(grammar) = part.system.grammar() else { return };
        let failed = part.conditions.iter().map(|condition| grammar.meets(coding.code, condition));
        for reason in failed.filter_map(std::result::Result::err) {
            if grammar.check(coding.code).is_ok() && !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    /// Says where a code is usually written another way.
    fn spelling(&mut self, system: &CodeSystem, correct: &str, coding: Coding<'_>, index: usize) {
        if correct == coding.code {
            return;
        }
        let version = system.version();
        let canonical = Canonical::new(coding.system, Some(version)).to_string();
        let path = self.shape.path(index, "code");
        let issue = self.wording.other_case(coding.code, correct, &canonical, path);
        correct.clone_into(&mut self.normalized);
        self.say(issue);
    }

    fn note_inactive(
        &mut self,
        edition: &Edition,
        concept: ConceptIx,
        coding: Coding<'_>,
        index: usize,
    ) {
        if self.inactive.is_some() || self.rules.membership_only {
            return;
        }
        self.inactive = Some(Inactive { index, code: coding.code.to_owned() });
        let status = edition.status(concept);
        let status = if status.is_empty() { "inactive" } else { status };
        status.clone_into(&mut self.status);
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

    fn not_in(&mut self, name: &str, coding: Coding<'_>, index: usize) {
        let text = coding_text(coding.system, coding.version, coding.code, coding.display);
        let path = self.shape.path(index, "code");
        let decisive = self.shape != Shape::CodeableConcept;
        let issue = self.wording.not_in_value_set(&text, name, path, decisive);
        self.say(issue);
    }

    /// What its code system says of a coding that is not in the value set.
    fn look_up(&mut self, coding: Coding<'_>, index: usize, verdict: &mut Verdict) -> Result<()> {
        if self.rules.membership_only || coding.system.is_empty() {
            return Ok(());
        }
        let version = if coding.version.is_empty() {
            self.named_version(coding.system)
        } else {
            Some(coding.version.to_owned())
        };
        let Some(system) = self.find_system(coding.system, version.as_deref())? else {
            return self.unfound(coding, version.as_deref(), index);
        };
        self.check_version(coding.system, &system, index);
        self.standing_of(&system);
        let edition = system.edition();
        let Some(concept) = edition.find(coding.code) else {
            self.by_grammar(&system, coding, index, verdict);
            if self.shape != Shape::CodeableConcept {
                verdict.version = system.version().into();
            }
            return Ok(());
        };
        if verdict.display.is_empty() {
            verdict.display = self.display(edition, concept, Told::default());
        }
        if edition.is_inactive(concept) {
            self.note_inactive(edition, concept, coding, index);
        }
        self.judge_display(coding, index, edition, concept, Told::default());
        if self.shape != Shape::CodeableConcept {
            verdict.version = system.version().into();
        }
        Ok(())
    }

    /// A code system that is not there: is it a value set, a supplement, or nothing known?
    fn unfound(&mut self, coding: Coding<'_>, version: Option<&str>, index: usize) -> Result<()> {
        let url = coding.system;
        let path = self.shape.path(index, "system");
        if !is_absolute(url) {
            self.say(self.wording.relative_system(path.clone()));
        }
        if self.scope.value_set(&Canonical::new(url, None)).is_ok() {
            self.say(self.wording.system_is_value_set(url, path));
        } else if let Ok(supplement) = self.scope.supplement(&Canonical::new(url, None)) {
            let meta = supplement.edition().meta();
            let canonical = Canonical::new(meta.url.as_str(), Some(&meta.version)).to_string();
            self.say(self.wording.system_is_supplement(&canonical, path));
        } else {
            self.unknown_system(url, version.unwrap_or_default(), index);
        }
        Ok(())
    }

    /// A code that is not listed may still be made by the grammar of its system, or belong to
    /// another part of it than the one that is there.
    fn by_grammar(
        &mut self,
        system: &CodeSystem,
        coding: Coding<'_>,
        index: usize,
        verdict: &mut Verdict,
    ) -> bool {
        let path = self.shape.path(index, "code");
        let meta = system.edition().meta();
        let mut remark = None;
        let problem = match system.made(coding.code, &self.scope.languages) {
            Made::Valid { display, is_unchecked } => {
                verdict.display = display;
                if let Some(Ok(made)) = system.grammar().map(|grammar| grammar.check(coding.code)) {
                    self.spelling(system, &made.code, coding, index);
                    self.judge_made_display(coding, index, &made);
                }
                // Of a code that is not in a value set there is nothing more to say.
                if is_unchecked && self.value_set.is_none() {
                    self.say(self.wording.unchecked_expression(path));
                }
                return true;
            }
            Made::Invalid(problem) => problem,
            Made::BadExpression(problem) => {
                remark = Some(self.wording.bad_expression(&problem, path.clone()));
                system.edition_name().to_owned()
            }
            Made::Unknown => {
                let refusal = self.refusal(index);
                if refusal.is_empty() { system.edition_name().to_owned() } else { refusal }
            }
        };
        let is_fragment = is_fragment(system);
        let (code, url, version) = (coding.code, coding.system, meta.version.as_str());
        let issue = if is_fragment {
            self.wording.unknown_code_in_fragment(code, url, version, path)
        } else {
            self.wording.unknown_code(code, url, version, &problem, path)
        };
        self.say(issue);
        if let Some(remark) = remark {
            self.say(remark);
        }
        is_fragment
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
