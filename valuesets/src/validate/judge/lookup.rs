//! What the code system alone says of a coding.

use codesystems::Canonical;

use super::super::displays::Told;
use super::super::{Coding, Result, Shape, Verdict};
use super::{Judge, is_absolute, is_fragment};
use crate::catalogue::CodeSystem;
use crate::expressions::Made;

impl Judge<'_, '_> {
    /// What its code system says of a coding that is not in the value set.
    pub(super) fn look_up(
        &mut self,
        coding: Coding<'_>,
        index: usize,
        verdict: &mut Verdict,
    ) -> Result<()> {
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
    pub(super) fn unfound(
        &mut self,
        coding: Coding<'_>,
        version: Option<&str>,
        index: usize,
    ) -> Result<()> {
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
    pub(super) fn by_grammar(
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
            Made::Valid { display, modelled } => {
                verdict.display = display;
                if let Some(Ok(made)) = system.grammar().map(|grammar| grammar.check(coding.code)) {
                    self.spelling(system, &made.code, coding, index);
                    self.judge_made_display(coding, index, &made);
                }
                // Of a code that is not in a value set there is nothing more to say.
                if let (Some(modelled), None) = (modelled, self.value_set) {
                    for issue in self.wording.modelled(&modelled, &path) {
                        self.say(issue);
                    }
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
}
