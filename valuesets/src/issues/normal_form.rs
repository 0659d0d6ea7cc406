//! The wording of how codes were read that were not written as their code system writes them.

use codesystems::normalize::{Change, Mark, Refusal};

use super::{Issue, Severity, Wording};

impl Wording {
    /// The code was given in another writing than the code system's (CODE_NOT_IN_NORMAL_FORM).
    #[must_use]
    pub fn not_in_normal_form(
        self,
        given: &str,
        code: &str,
        system: &str,
        changes: &[Change],
        expression: String,
    ) -> Issue {
        let changes: Vec<String> = changes.iter().map(|change| self.change(change)).collect();
        let changes = changes.join(", ");
        let (english, german) = if system.is_empty() {
            ("its CodeSystem".to_owned(), "sein CodeSystem".to_owned())
        } else {
            (format!("the CodeSystem '{system}'"), format!("das CodeSystem '{system}'"))
        };
        let text = self.pick(
            format!("The text '{given}' is not written as {english} writes its codes; it was read as the code '{code}' ({changes})"),
            || format!("Der Text '{given}' ist nicht geschrieben, wie {german} seine Codes schreibt; er wurde als der Code '{code}' gelesen ({changes})"),
        );
        Issue {
            severity: Severity::Information,
            code: "business-rule",
            kind: "code-rule",
            message_id: "CODE_NOT_IN_NORMAL_FORM",
            text,
            expression,
            is_told: false,
        }
    }

    /// One difference between what was given and the code.
    #[must_use]
    pub fn change(self, change: &Change) -> String {
        let (english, german) = match change {
            Change::Blanks => ("blanks left out", "Leerzeichen entfernt"),
            Change::Case => ("case changed", "Groß- und Kleinschreibung geändert"),
            Change::Separators => {
                ("dots and dashes put where they belong", "Punkte und Striche richtig gesetzt")
            }
            Change::Letter => (
                "letter before the number added or left out",
                "Buchstabe vor der Nummer ergänzt oder entfernt",
            ),
            Change::Placeholder => {
                ("dash for further digits left out", "Strich für weitere Stellen entfernt")
            }
            Change::Term => ("term behind the code left out", "Begriff hinter dem Code entfernt"),
            Change::Name(name) => {
                return self.pick(format!("'{name}' left out"), || format!("'{name}' entfernt"));
            }
            Change::Mark(mark) => return self.mark(*mark),
            _ => ("written differently", "anders geschrieben"),
        };
        self.pick(english.to_owned(), || german.to_owned())
    }

    fn mark(self, mark: Mark) -> String {
        let code = mark.code();
        let (english, german) = match mark {
            Mark::Usage(_) => ("mark of multiple coding", "Kennzeichen der Mehrfachcodierung"),
            Mark::Side(_) => ("side", "Seitenlokalisation"),
            Mark::Certainty(_) => ("certainty of the diagnosis", "Diagnosesicherheit"),
        };
        self.pick(format!("{english} '{code}' told apart from the code"), || {
            format!("{german} '{code}' vom Code getrennt")
        })
    }

    /// Why a text that looks like a code was not taken for one.
    #[must_use]
    pub fn refusal(self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::CheckDigit { right, is_missing: true } => self
                .pick(format!("its check digit is missing; with it the code is '{right}'"), || {
                    format!("die Prüfziffer fehlt; mit ihr heißt der Code '{right}'")
                }),
            Refusal::CheckDigit { right, is_missing: false } => self.pick(
                format!("its check digit is wrong; with the right one the code is '{right}'"),
                || format!("die Prüfziffer ist falsch; mit der richtigen heißt der Code '{right}'"),
            ),
            Refusal::NotAConcept { is_description: true } => self.pick(
                "it has the form of the id of a description; a code is the id of a concept".into(),
                || {
                    "er hat die Form der Id einer Beschreibung; ein Code ist die Id eines Konzepts"
                        .into()
                },
            ),
            Refusal::NotAConcept { is_description: false } => self.pick(
                "it has the form of the id of a relationship; a code is the id of a concept".into(),
                || {
                    "er hat die Form der Id einer Beziehung; ein Code ist die Id eines Konzepts"
                        .into()
                },
            ),
            _ => String::new(),
        }
    }
}
