//! The wording of what is said of post-coordinated expressions.

use codesystems::systems::snomed::expression::Extent;

use super::{Issue, Severity, Wording};
use crate::expressions::Modelled;

impl Wording {
    /// A post-coordinated expression is valid: how far it was checked against the concept model, and
    /// which of its optional rules it does not keep, and which of its concepts are inactive.
    #[must_use]
    pub fn modelled(self, modelled: &Modelled, expression: &str) -> Vec<Issue> {
        let advice = modelled.advice.iter().map(|advice| Issue {
            severity: Severity::Warning,
            code: "business-rule",
            kind: "code-comment",
            message_id: "",
            text: self.pick(format!("{advice} (optional rule)"), || {
                format!("{advice} (Regel ohne Zwang)")
            }),
            expression: expression.to_owned(),
            is_told: false,
        });
        let note = Issue {
            severity: Severity::Information,
            code: "informational",
            kind: "process-note",
            message_id: "",
            text: self.extent(modelled.extent),
            expression: expression.to_owned(),
            is_told: false,
        };
        let inactive = modelled.inactive.iter();
        let inactive = inactive.map(|code| self.inactive(code, "", expression.to_owned()));
        std::iter::once(note).chain(advice).chain(inactive).collect()
    }

    /// What was and what was not checked. Rules of an extract are applied, but do not make a check.
    fn extent(self, extent: Extent) -> String {
        let unchecked = self.pick(
            "The expression is grammatically correct and the concepts are valid, but the expression has not been checked against the SNOMED CT concept model (MRCM)".to_owned(),
            || "Der Ausdruck ist grammatisch richtig und seine Konzepte sind gültig, er wurde aber nicht gegen das SNOMED-CT-Konzeptmodell (MRCM) geprüft".to_owned(),
        );
        match extent {
            Extent::Whole => self.pick(
                "The expression keeps the rules of the SNOMED CT concept model (MRCM) for domains, ranges, groups and greatest numbers of attributes; it has not been classified".to_owned(),
                || "Der Ausdruck hält die Regeln des SNOMED-CT-Konzeptmodells (MRCM) für Domänen, Wertebereiche, Gruppen und Höchstzahlen der Attribute ein; er wurde nicht klassifiziert".to_owned(),
            ),
            Extent::Part => unchecked,
            Extent::Nothing => self.pick(
                format!("{unchecked}, as the edition has no reference sets of it"),
                || format!("{unchecked}, weil die Edition keine Referenzmengen davon hat"),
            ),
        }
    }
}
