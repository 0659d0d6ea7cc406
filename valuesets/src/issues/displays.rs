//! The wording of displays.

use super::{Issue, Severity, Wording, WrongDisplay};

impl Wording {
    /// The display is not one of the concept's, or only but for its white space
    /// (Display_Name_for__should_be_one_of__instead_of, Display_Name_WS_for__…).
    #[must_use]
    pub fn wrong_display(self, wrong: &WrongDisplay<'_>, expression: String) -> Issue {
        let WrongDisplay { given, coding, valid, languages, .. } = wrong;
        let quoted = |(text, language): &(String, String)| {
            if language.is_empty() { format!("'{text}'") } else { format!("'{text}' ({language})") }
        };
        let list: Vec<String> = valid.iter().map(quoted).collect();
        let (english, german) = if wrong.only_blanks_differ {
            ("Wrong whitespace in Display Name", "Falsche Leerzeichen im Anzeigenamen")
        } else {
            ("Wrong Display Name", "Falscher Anzeigename")
        };
        let text = match list.as_slice() {
            [one] => self.pick(
                format!("{english} '{given}' for {coding}. Valid display is {one} (for the language(s) '{languages}')"),
                || format!("{german} '{given}' für {coding}. Gültig ist {one} (für die Sprache(n) '{languages}')"),
            ),
            many => self.pick(
                format!("{english} '{given}' for {coding}. Valid display is one of {} choices: {} (for the language(s) '{languages}')", many.len(), many.join(" or ")),
                || format!("{german} '{given}' für {coding}. Gültig ist einer von {}: {} (für die Sprache(n) '{languages}')", many.len(), many.join(" oder ")),
            ),
        };
        Issue {
            severity: wrong.severity,
            code: "invalid",
            kind: "invalid-display",
            message_id: if wrong.only_blanks_differ {
                "Display_Name_WS_for__should_be_one_of__instead_of"
            } else {
                "Display_Name_for__should_be_one_of__instead_of"
            },
            text,
            expression,
            is_told: true,
        }
    }

    /// The code is one that users assign, so its display may be any
    /// (Display_Name_Not_Fixed_use_Supplement).
    #[must_use]
    pub fn free_display(self, wrong: &WrongDisplay<'_>, expression: String) -> Issue {
        let WrongDisplay { given, coding, valid, languages, .. } = wrong;
        let known: Vec<String> =
            valid.iter().map(|(text, language)| format!("'{text}' ({language})")).collect();
        let text = self.pick(
            format!("The display name '{given}' is not a known display name for {coding}. Known display is {} (for the language(s) '{languages}'). Use a supplement to define displays for user assigned codes", known.join(" or ")),
            || format!("Der Anzeigename '{given}' für {coding} ist nicht bekannt. Bekannt ist {} (für die Sprache(n) '{languages}'). Anzeigenamen selbst vergebener Codes legt ein Supplement fest", known.join(" oder ")),
        );
        Issue {
            severity: Severity::Information,
            code: "invalid",
            kind: "invalid-display",
            message_id: "Display_Name_Not_Fixed_use_Supplement",
            text,
            expression,
            is_told: true,
        }
    }

    /// There is no display in the languages asked for; the one given is, or is not, a display of the
    /// default language (NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK, …_ERR).
    #[must_use]
    pub fn no_display_in_language(
        self,
        wrong: &WrongDisplay<'_>,
        default: &str,
        is_default: bool,
        expression: String,
    ) -> Issue {
        let WrongDisplay { given, coding, languages, .. } = wrong;
        let (severity, message_id, text) = if is_default {
            (Severity::Information, "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK", self.pick(
                format!("There are no valid display names found for the code {coding} for language(s) '{languages}'. The display is '{given}' which is a valid display for the default language"),
                || format!("Für den Code {coding} gibt es keinen Anzeigenamen in der/den Sprache(n) '{languages}'. Der Anzeigename '{given}' ist in der Standardsprache gültig"),
            ))
        } else {
            (wrong.severity, "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR", self.pick(
                format!("Wrong Display Name '{given}' for {coding}. There are no valid display names found for language(s) '{languages}'. Default display is '{default}'"),
                || format!("Falscher Anzeigename '{given}' für {coding}. Es gibt keinen Anzeigenamen in der/den Sprache(n) '{languages}'. Der Standard-Anzeigename ist '{default}'"),
            ))
        };
        Issue {
            severity,
            code: "invalid",
            kind: "invalid-display",
            message_id,
            text,
            expression,
            is_told: true,
        }
    }

    /// The display was one once (INACTIVE_DISPLAY_FOUND).
    #[must_use]
    pub fn inactive_display(
        self,
        given: &str,
        code: &str,
        valid: &[String],
        expression: String,
    ) -> Issue {
        let list = valid.join(",");
        let text = self.pick(
            format!("'{given}' is no longer considered a correct display for code '{code}' (status = inactive). The correct display is one of {list}."),
            || format!("'{given}' ist kein gültiger Anzeigename für den Code '{code}' mehr (Status: inactive). Gültig ist einer von {list}."),
        );
        Issue {
            severity: Severity::Warning,
            code: "invalid",
            kind: "display-comment",
            message_id: "INACTIVE_DISPLAY_FOUND",
            text,
            expression,
            is_told: false,
        }
    }
}
