//! What properties of concepts mean beyond their own value.

use crate::fhir::json::Value;

use super::resource::Property;

/// The namespace of the standard concept properties.
///
/// Source: FHIR R5, CodeSystem, section "Defined Concept Properties".
pub const CONCEPT_PROPERTIES: &str = "http://hl7.org/fhir/concept-properties#";

/// What a property says about its concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing the engine knows of.
    Plain,
    /// `status`: a code; `retired` and `inactive` make the concept inactive.
    Status,
    /// `inactive`: true makes the concept inactive.
    Inactive,
    /// `retired`: true makes the concept inactive.
    Retired,
    /// `deprecated`: true gives the status of that name.
    Deprecated,
    /// `notSelectable`: true makes the concept abstract.
    NotSelectable,
    /// `parent`: a code directly above.
    Parent,
    /// `child`: a code directly below.
    Child,
}

/// The standard names and what they mean.
const STANDARD: [(&str, Role); 8] = [
    ("status", Role::Status),
    ("inactive", Role::Inactive),
    ("retired", Role::Retired),
    ("deprecated", Role::Deprecated),
    ("notSelectable", Role::NotSelectable),
    ("abstract", Role::NotSelectable),
    ("parent", Role::Parent),
    ("child", Role::Child),
];

impl Role {
    /// The role of the property called `code`, declared as `declared` says or not at all.
    ///
    /// A property that is declared with one of the standard URIs has its meaning whatever it is
    /// called. The standard names without a declaration, or declared with a URI of somebody else,
    /// keep theirs: real resources declare `status` with a local URI and mean the same.
    pub(super) fn of(code: &str, declared: Option<&Property<'_>>) -> Self {
        let named = |name: &str| {
            STANDARD.iter().find(|(standard, _)| *standard == name).map(|(_, role)| *role)
        };
        declared
            .and_then(|property| property.uri.strip_prefix(CONCEPT_PROPERTIES))
            .and_then(named)
            .or_else(|| named(code))
            .unwrap_or(Self::Plain)
    }

    /// Whether values with this role are edges of the hierarchy.
    pub(super) fn is_edge(self) -> bool {
        matches!(self, Self::Parent | Self::Child)
    }
}

/// Whether a status code makes its concept inactive.
///
/// Source: HL7 terminology ecosystem: `retired` and `inactive` do, `deprecated` (still to be used,
/// reluctantly) does not; `withdrawn` is the word of the extension standards-status.
pub(super) fn is_inactive_status(status: &str) -> bool {
    matches!(status, "retired" | "inactive" | "withdrawn")
}

/// What one value says about the state of its concept.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) inactive: bool,
    pub(super) not_selectable: bool,
    pub(super) status: Option<String>,
}

impl State {
    /// Takes a value of a property with `role` into account.
    pub(super) fn note(&mut self, role: Role, value: &Value<'_>) {
        match role {
            Role::Status => {
                let status = value.text();
                self.inactive |= is_inactive_status(&status);
                self.status = Some(status.into_owned());
            }
            Role::Inactive => self.inactive |= value.is_true(),
            Role::Retired if value.is_true() => {
                self.inactive = true;
                self.status.get_or_insert_with(|| "retired".to_owned());
            }
            Role::Deprecated if value.is_true() => {
                self.status.get_or_insert_with(|| "deprecated".to_owned());
            }
            Role::NotSelectable => self.not_selectable |= value.is_true(),
            _ => {}
        }
    }

    /// Takes the extension standards-status of the concept into account, which counts where no
    /// property gives a status.
    pub(super) fn note_standards_status(&mut self, status: &str) {
        if self.status.is_none() && !status.is_empty() {
            self.inactive |= is_inactive_status(status);
            self.status = Some(status.to_owned());
        }
    }
}
