//! The wording of everything an answer has to say: the only place that composes text for issues.
//!
//! Texts follow those of the terminology ecosystem (message ids in brackets), so that validators
//! recognise them; German stands beside English.

/// How serious an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The answer is no because of it.
    Error,
    /// Worth a look.
    Warning,
    /// For information.
    Information,
}

impl Severity {
    /// The code of `OperationOutcome.issue.severity`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// Something an answer has to say about its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How serious it is.
    pub severity: Severity,
    /// `OperationOutcome.issue.code`.
    pub code: &'static str,
    /// Code of `http://hl7.org/fhir/tools/CodeSystem/tx-issue-type`.
    pub kind: &'static str,
    /// Message id, for the extension `operationoutcome-message-id`.
    pub message_id: &'static str,
    /// The text.
    pub text: String,
    /// The element of the input it is about, as FHIRPath: `Coding.code`, `CodeableConcept.coding[0].code`.
    pub expression: String,
}

/// The languages messages are worded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// The first wanted language that messages are worded in, else English.
    #[must_use]
    pub fn of(preference: &codesystems::LanguagePreference) -> Self {
        let primary = |tag: &String| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        preference
            .tags()
            .iter()
            .find_map(|tag| match primary(tag).as_str() {
                "de" => Some(Self::German),
                "en" => Some(Self::English),
                _ => None,
            })
            .unwrap_or_default()
    }
}

/// Words issues in one language.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wording {
    language: Language,
}

/// `system|version#code` with what is known of it.
#[must_use]
pub fn coding_text(system: &str, version: &str, code: &str, display: &str) -> String {
    let version = if version.is_empty() { String::new() } else { format!("|{version}") };
    let display = if display.is_empty() { String::new() } else { format!(" ('{display}')") };
    format!("{system}{version}#{code}{display}")
}

impl Wording {
    /// Words issues in `language`.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    fn pick(self, english: String, german: impl FnOnce() -> String) -> String {
        match self.language {
            Language::English => english,
            Language::German => german(),
        }
    }

    /// The code is not in the value set (None_of_the_provided_codes_are_in_the_value_set_one).
    #[must_use]
    pub fn not_in_value_set(
        self,
        coding: &str,
        value_set: &str,
        expression: String,
        decisive: bool,
    ) -> Issue {
        let text = self.pick(
            format!("The provided code '{coding}' was not found in the value set '{value_set}'"),
            || {
                format!(
                    "Der angegebene Code '{coding}' ist nicht im ValueSet '{value_set}' enthalten"
                )
            },
        );
        Issue {
            severity: if decisive { Severity::Error } else { Severity::Information },
            code: "code-invalid",
            kind: if decisive { "not-in-vs" } else { "this-code-not-in-vs" },
            message_id: "None_of_the_provided_codes_are_in_the_value_set_one",
            text,
            expression,
        }
    }

    /// No coding of a CodeableConcept is in the value set (TX_GENERAL_CC_ERROR_MESSAGE).
    #[must_use]
    pub fn no_coding_in_value_set(self, value_set: &str) -> Issue {
        let text = self
            .pick(format!("No valid coding was found for the value set '{value_set}'"), || {
                format!("Kein gültiges Coding für das ValueSet '{value_set}' gefunden")
            });
        Issue {
            severity: Severity::Error,
            code: "code-invalid",
            kind: "not-in-vs",
            message_id: "TX_GENERAL_CC_ERROR_MESSAGE",
            text,
            expression: String::new(),
        }
    }

    /// The code system is not there (UNKNOWN_CODESYSTEM, UNKNOWN_CODESYSTEM_VERSION).
    #[must_use]
    pub fn unknown_system(
        self,
        system: &str,
        version: &str,
        known: &[String],
        expression: String,
    ) -> Issue {
        let text = if version.is_empty() || known.is_empty() {
            self.pick(
                format!("A definition for CodeSystem '{system}' could not be found, so the code cannot be validated"),
                || format!("Für das CodeSystem '{system}' liegt keine Definition vor, der Code kann daher nicht geprüft werden"),
            )
        } else {
            let list = known.join(" or ");
            self.pick(
                format!("A definition for CodeSystem '{system}' version '{version}' could not be found, so the code cannot be validated. Valid versions: {list}"),
                || format!("Für das CodeSystem '{system}' liegt die Version '{version}' nicht vor, der Code kann daher nicht geprüft werden. Vorhandene Versionen: {}", known.join(" oder ")),
            )
        };
        Issue {
            severity: Severity::Error,
            code: "not-found",
            kind: "not-found",
            message_id: if version.is_empty() || known.is_empty() {
                "UNKNOWN_CODESYSTEM"
            } else {
                "UNKNOWN_CODESYSTEM_VERSION"
            },
            text,
            expression,
        }
    }

    /// The code system has no such code (Unknown_Code_in_Version).
    #[must_use]
    pub fn unknown_code(
        self,
        code: &str,
        system: &str,
        version: &str,
        reason: &str,
        expression: String,
    ) -> Issue {
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        let text = if version.is_empty() {
            self.pick(format!("Unknown code '{code}' in the CodeSystem '{system}'{reason}"), || {
                format!("Der Code '{code}' ist im CodeSystem '{system}' nicht enthalten{reason}")
            })
        } else {
            self.pick(
                format!("Unknown code '{code}' in the CodeSystem '{system}' version '{version}'{reason}"),
                || format!("Der Code '{code}' ist im CodeSystem '{system}' Version '{version}' nicht enthalten{reason}"),
            )
        };
        Issue {
            severity: Severity::Error,
            code: "code-invalid",
            kind: "invalid-code",
            message_id: if version.is_empty() {
                "Unknown_Code_in"
            } else {
                "Unknown_Code_in_Version"
            },
            text,
            expression,
        }
    }

    /// The code system is a fragment without the code (UNKNOWN_CODE_IN_FRAGMENT).
    #[must_use]
    pub fn unknown_code_in_fragment(
        self,
        code: &str,
        system: &str,
        version: &str,
        expression: String,
    ) -> Issue {
        let text = self.pick(
            format!("Unknown Code '{code}' in the CodeSystem '{system}' version '{version}' - note that the code system is labeled as a fragment, so the code may be valid in some other fragment"),
            || format!("Der Code '{code}' ist im CodeSystem '{system}' Version '{version}' nicht enthalten; das CodeSystem ist nur ein Ausschnitt, der Code kann also dennoch gültig sein"),
        );
        Issue {
            severity: Severity::Warning,
            code: "code-invalid",
            kind: "invalid-code",
            message_id: "UNKNOWN_CODE_IN_FRAGMENT",
            text,
            expression,
        }
    }

    /// The display is not one of the concept's (Display_Name_for__should_be_one_of__instead_of).
    #[must_use]
    pub fn wrong_display(
        self,
        given: &str,
        coding: &str,
        valid: &[(String, String)],
        languages: &str,
        lenient: bool,
        expression: String,
    ) -> Issue {
        let languages = if languages.is_empty() { "--" } else { languages };
        let quoted = |(text, language): &(String, String)| {
            if language.is_empty() { format!("'{text}'") } else { format!("'{text}' ({language})") }
        };
        let list: Vec<String> = valid.iter().map(quoted).collect();
        let text = match list.as_slice() {
            [one] => self.pick(
                format!("Wrong Display Name '{given}' for {coding}. Valid display is {one} (for the language(s) '{languages}')"),
                || format!("Falscher Anzeigename '{given}' für {coding}. Gültig ist {one} (für die Sprache(n) '{languages}')"),
            ),
            many => self.pick(
                format!("Wrong Display Name '{given}' for {coding}. Valid display is one of {} choices: {} (for the language(s) '{languages}')", many.len(), many.join(" or ")),
                || format!("Falscher Anzeigename '{given}' für {coding}. Gültig ist einer von {}: {} (für die Sprache(n) '{languages}')", many.len(), many.join(" oder ")),
            ),
        };
        Issue {
            severity: if lenient { Severity::Warning } else { Severity::Error },
            code: "invalid",
            kind: "invalid-display",
            message_id: "Display_Name_for__should_be_one_of__instead_of",
            text,
            expression,
        }
    }

    /// The concept is inactive (INACTIVE_CONCEPT_FOUND).
    #[must_use]
    pub fn inactive(self, code: &str, status: &str, expression: String) -> Issue {
        let text = self.pick(
            format!("The concept '{code}' has a status of {status} and its use should be reviewed"),
            || format!("Das Konzept '{code}' hat den Status {status}; seine Verwendung sollte geprüft werden"),
        );
        Issue {
            severity: Severity::Warning,
            code: "business-rule",
            kind: "code-comment",
            message_id: "INACTIVE_CONCEPT_FOUND",
            text,
            expression,
        }
    }

    /// Only active concepts were asked for (STATUS_CODE_WARNING_CODE).
    #[must_use]
    pub fn not_active(self, code: &str, status: &str, expression: String) -> Issue {
        let text = self.pick(
            format!("The concept '{code}' is valid but is not active (status {status})"),
            || format!("Das Konzept '{code}' ist gültig, aber nicht aktiv (Status {status})"),
        );
        Issue {
            severity: Severity::Error,
            code: "business-rule",
            kind: "code-rule",
            message_id: "STATUS_CODE_WARNING_CODE",
            text,
            expression,
        }
    }

    /// The concept is abstract and may not be used as data (ABSTRACT_CODE_NOT_ALLOWED).
    #[must_use]
    pub fn not_selectable(self, coding: &str, expression: String) -> Issue {
        let text = self
            .pick(format!("Code '{coding}' is abstract, and not allowed in this context"), || {
                format!("Der Code '{coding}' ist abstrakt und hier nicht zulässig")
            });
        Issue {
            severity: Severity::Error,
            code: "business-rule",
            kind: "code-rule",
            message_id: "ABSTRACT_CODE_NOT_ALLOWED",
            text,
            expression,
        }
    }

    /// The code is written with other case than the code system's (CODE_CASE_DIFFERENCE).
    #[must_use]
    pub fn other_case(self, given: &str, correct: &str, system: &str, expression: String) -> Issue {
        let text = self.pick(
            format!("The code '{given}' differs from the correct code '{correct}' by case. Although the code system '{system}' is case insensitive, implementers are strongly encouraged to use the correct case anyway"),
            || format!("Der Code '{given}' unterscheidet sich in der Groß- und Kleinschreibung vom richtigen Code '{correct}'. Das CodeSystem '{system}' unterscheidet sie nicht, die richtige Schreibung ist dennoch zu empfehlen"),
        );
        Issue {
            severity: Severity::Information,
            code: "business-rule",
            kind: "code-rule",
            message_id: "CODE_CASE_DIFFERENCE",
            text,
            expression,
        }
    }

    /// A Coding without a system cannot be validated (Coding_has_no_system__cannot_validate).
    #[must_use]
    pub fn no_system(self, expression: String) -> Issue {
        let text = self.pick(
            "Coding has no system. A code with no system has no defined meaning, and it cannot be validated. A system should be provided".into(),
            || "Das Coding hat kein System. Ein Code ohne System hat keine festgelegte Bedeutung und kann nicht geprüft werden; das System ist anzugeben".into(),
        );
        Issue {
            severity: Severity::Warning,
            code: "invalid",
            kind: "invalid-data",
            message_id: "Coding_has_no_system__cannot_validate",
            text,
            expression,
        }
    }

    /// The system cannot be inferred from the value set (UNABLE_TO_INFER_CODESYSTEM).
    #[must_use]
    pub fn cannot_infer(self, code: &str, value_set: &str, found: &[String]) -> Issue {
        let (message_id, text) = if found.is_empty() {
            ("UNABLE_TO_INFER_CODESYSTEM", self.pick(
                format!("The System URI could not be determined for the code '{code}' in the ValueSet '{value_set}'"),
                || format!("Für den Code '{code}' lässt sich im ValueSet '{value_set}' kein System bestimmen"),
            ))
        } else {
            ("Unable_to_resolve_system__value_set_has_multiple_matches", self.pick(
                format!("The System URI could not be determined for the code '{code}' in the ValueSet '{value_set}': value set expansion has multiple matches: [{}]", found.join(", ")),
                || format!("Für den Code '{code}' lässt sich im ValueSet '{value_set}' kein System bestimmen, es kommen mehrere in Frage: [{}]", found.join(", ")),
            ))
        };
        Issue {
            severity: Severity::Error,
            code: "not-found",
            kind: "cannot-infer",
            message_id,
            text,
            expression: "code".into(),
        }
    }

    /// The version of the coding is not that of the value set (VALUESET_VALUE_MISMATCH).
    #[must_use]
    pub fn other_version(
        self,
        system: &str,
        included: &str,
        given: &str,
        expression: String,
    ) -> Issue {
        let text = self.pick(
            format!("The code system '{system}' version '{included}' in the ValueSet include is different to the one in the value ('{given}')"),
            || format!("Das ValueSet verwendet das CodeSystem '{system}' in der Version '{included}', der Wert jedoch in der Version '{given}'"),
        );
        Issue {
            severity: Severity::Error,
            code: "invalid",
            kind: "vs-invalid",
            message_id: "VALUESET_VALUE_MISMATCH",
            text,
            expression,
        }
    }
}
