//! The wording of what is inactive, deprecated, draft or withdrawn.

use super::{Issue, Severity, Wording};

impl Wording {
    /// The concept is inactive (INACTIVE_CONCEPT_FOUND).
    #[must_use]
    pub fn inactive(self, code: &str, status: &str, expression: String) -> Issue {
        let status = match status {
            "" | "inactive" => "inactive".to_owned(),
            "DISCOURAGED" => status.to_owned(),
            other => self.pick(format!("{other} and inactive"), || format!("{other} und inactive")),
        };
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
            is_told: true,
        }
    }

    /// The concept is deprecated (DEPRECATED_CONCEPT_FOUND).
    #[must_use]
    pub fn deprecated(self, code: &str, expression: String) -> Issue {
        let text = self.pick(
            format!("The concept '{code}' is deprecated and its use should be reviewed"),
            || format!("Das Konzept '{code}' ist veraltet (deprecated); seine Verwendung sollte geprüft werden"),
        );
        Issue {
            severity: Severity::Warning,
            code: "business-rule",
            kind: "code-comment",
            message_id: "DEPRECATED_CONCEPT_FOUND",
            text,
            expression,
            is_told: true,
        }
    }

    /// The value set marks the concept as deprecated or withdrawn (CONCEPT_DEPRECATED_IN_VALUESET).
    #[must_use]
    pub fn deprecated_in_value_set(
        self,
        code: &str,
        system: &str,
        value_set: &str,
        status: &str,
        expression: String,
    ) -> Issue {
        let text = self.pick(
            format!("The presence of the concept '{code}' in the system '{system}' in the value set {value_set} is marked with a status of {status} and its use should be reviewed"),
            || format!("Das Konzept '{code}' des Systems '{system}' ist im ValueSet {value_set} mit dem Status {status} gekennzeichnet; seine Verwendung sollte geprüft werden"),
        );
        Issue {
            severity: Severity::Warning,
            code: "business-rule",
            kind: "code-comment",
            message_id: "CONCEPT_DEPRECATED_IN_VALUESET",
            text,
            expression,
            is_told: false,
        }
    }

    /// A resource of this standing is used (MSG_DRAFT, MSG_DEPRECATED, MSG_WITHDRAWN, MSG_RETIRED,
    /// MSG_EXPERIMENTAL). `standing` is one of the words in these names.
    #[must_use]
    pub fn reference_to(self, standing: &str, kind: &str, canonical: &str) -> Issue {
        let text = self.pick(format!("Reference to {standing} {kind} {canonical}"), || {
            format!("Verweis auf {kind} {canonical} mit dem Status {standing}")
        });
        let message_id = match standing {
            "draft" => "MSG_DRAFT",
            "deprecated" => "MSG_DEPRECATED",
            "withdrawn" => "MSG_WITHDRAWN",
            "retired" => "MSG_RETIRED",
            _ => "MSG_EXPERIMENTAL",
        };
        Issue {
            severity: Severity::Information,
            code: "business-rule",
            kind: "status-check",
            message_id,
            text,
            expression: String::new(),
            is_told: false,
        }
    }

    /// Only active concepts were asked for (STATUS_CODE_WARNING_CODE).
    #[must_use]
    pub fn not_active(self, code: &str, expression: String) -> Issue {
        let text = self.pick(format!("The concept '{code}' is valid but is not active"), || {
            format!("Das Konzept '{code}' ist gültig, aber nicht aktiv")
        });
        Issue {
            severity: Severity::Error,
            code: "business-rule",
            kind: "code-rule",
            message_id: "STATUS_CODE_WARNING_CODE",
            text,
            expression,
            is_told: true,
        }
    }
}
