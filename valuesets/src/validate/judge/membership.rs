//! Whether a coding is a member of a value set.

use std::sync::Arc;

use codesystems::{Canonical, ConceptIx, Edition};

use super::super::{Coding, Shape};
use super::{Found, Inactive, Judge, Membership, is_fragment, is_same, standing_in_value_set};
use crate::catalogue::CodeSystem;
use crate::issues::coding_text;
use crate::plan::{Compiled, IncludeRef, Part};

impl Judge<'_, '_> {
    pub(super) fn infers(&self) -> bool {
        self.rules.infer_system && self.shape == Shape::Code
    }

    /// The one system of a value set that has a code.
    pub(super) fn infer(&mut self, compiled: &Compiled, code: &str) -> Option<String> {
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
                let issue = self.wording.cannot_infer(code, &self.name(), many);
                self.say(issue);
                None
            }
        }
    }

    /// Whether a coding is in the value set, include by include.
    pub(super) fn member(
        &mut self,
        compiled: &Compiled,
        coding: Coding<'_>,
        index: usize,
    ) -> Membership {
        for value_set in &compiled.imported {
            self.standing_of_import(value_set);
        }
        let includes = self.includes_for(compiled, coding);
        if includes.is_empty() {
            return self.by_alias(compiled, coding, index);
        }
        for include in includes {
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
    pub(super) fn by_alias(
        &mut self,
        compiled: &Compiled,
        coding: Coding<'_>,
        index: usize,
    ) -> Membership {
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
    pub(super) fn within(
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

    pub(super) fn in_part(
        &mut self,
        part: &Part,
        coding: Coding<'_>,
        index: usize,
    ) -> Option<Found> {
        let edition = part.system.edition();
        let found = |concept, listed| {
            let (system, supplements) = (Arc::clone(&part.system), Arc::clone(&part.supplements));
            Some(Found { system, concept, listed, supplements })
        };
        match edition.find(coding.code) {
            Some(concept) if part.set.contains(concept) => {
                edition.touch(concept);
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
    pub(super) fn allows(
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
    pub(super) fn note_conditions(&mut self, part: &Part, coding: Coding<'_>) {
        let Some(grammar) = part.system.grammar() else { return };
        let failed = part.conditions.iter().map(|condition| grammar.meets(coding.code, condition));
        for reason in failed.filter_map(Result::err) {
            if grammar.check(coding.code).is_ok() && !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    /// Says where a code is usually written another way.
    pub(super) fn spelling(
        &mut self,
        system: &CodeSystem,
        correct: &str,
        coding: Coding<'_>,
        index: usize,
    ) {
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

    pub(super) fn note_inactive(
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

    pub(super) fn not_in(&mut self, coding: Coding<'_>, index: usize) {
        let text = coding_text(coding.system, coding.version, coding.code, coding.display);
        let path = self.shape.path(index, "code");
        let decisive = self.shape != Shape::CodeableConcept;
        let issue = self.wording.not_in_value_set(&text, &self.name(), path, decisive);
        self.say(issue);
    }
}
