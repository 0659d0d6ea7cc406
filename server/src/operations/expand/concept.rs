//! A concept of an expansion with all that is told of it: by the value set, the code system, and
//! supplements to it.

use codesystems::fhir::code_system::{DESIGNATION_EXTENSION_PROPERTY, EXTENSION_PROPERTY};
use codesystems::index::{
    DesignationRef as DesignationOf, LanguageScores, PropertyRef, ShownRow, ShownRows,
};
use codesystems::model::PropertyId;
use codesystems::{ConceptIx, Edition, LanguagePreference, PropertyValue};
use valuesets::plan::{Listed, Part};

use super::super::lookup::value_ref;
use super::annotations::{self, Annotations, PROPERTIES};
use super::wishes::DesignationFilter;
use crate::wire::json::{DesignationRef, EntryHead, ExpansionWriter};
use crate::wire::{CodingRef, ValueRef};

/// The property that is told without being asked for.
const STATUS: &str = "status";

/// How one edition is written in this expansion.
pub(super) struct Writing<'e> {
    pub(super) edition: &'e Edition,
    pub(super) scores: LanguageScores,
    /// The version, where the expansion is about several of the system.
    pub(super) version: Option<&'e str>,
    pub(super) own_displays: bool,
    /// Supplements to the edition.
    pub(super) supplements: Vec<Telling<'e>>,
    pub(super) told: Telling<'e>,
    /// Whether any concept may have a status other than active.
    pub(super) has_statuses: bool,
    /// What is shown of each concept, where that is the same in every such expansion and at hand.
    pub(super) rows: Option<RowsAtHand<'e>>,
}

/// What an expansion shows of the concepts of an edition, and how it begins to write each.
pub(super) struct RowsAtHand<'e> {
    rows: &'e ShownRows,
    usual: EntryHead,
    inactive: EntryHead,
}

impl<'e> RowsAtHand<'e> {
    pub(super) fn new(rows: &'e ShownRows, system: &str, version: Option<&str>) -> Self {
        let head = |is_inactive| EntryHead::new(system, version, is_inactive);
        Self { rows, usual: head(false), inactive: head(true) }
    }

    /// How an entry begins; `None` where not all of it can be told from its row.
    pub(super) fn head(&self, row: &ShownRow<'_>) -> Option<&EntryHead> {
        let head = if row.is_inactive { &self.inactive } else { &self.usual };
        (!row.is_not_selectable && !row.code.is_empty()).then_some(head)
    }
}

impl<'e> Writing<'e> {
    /// Whether the edition says all there is of code, display and status by its tables alone.
    pub(super) fn is_plain(&self, part: &Part) -> bool {
        part.listed.is_empty()
            && self.supplements.is_empty()
            && self.told.extension.is_none()
            && self.told.number(STATUS).is_none()
    }

    /// What is shown of a concept, where it is at hand.
    pub(super) fn row(&self, concept: ConceptIx) -> Option<ShownRow<'e>> {
        self.rows.as_ref()?.rows.get(self.edition, concept)
    }

    /// Whether the edition's flags give a concept a status other than active.
    pub(super) fn has_status(&self, concept: ConceptIx) -> bool {
        let at_hand = self.rows.as_ref().and_then(|rows| rows.rows.may_have_status(concept));
        at_hand.unwrap_or_else(|| {
            self.edition.is_inactive(concept) || is_told(self.edition.status(concept))
        })
    }

    /// The status that an entry tells without being asked for it.
    pub(super) fn status(&self, row: &ShownRow<'_>, concept: ConceptIx) -> Option<&'e str> {
        if !self.has_statuses || !row.may_have_status() {
            return None;
        }
        match row.has_status {
            true => Some(self.edition.status(concept)).filter(|status| is_told(status)),
            // Inactive for whatever reason.
            false => row.is_inactive.then_some("inactive"),
        }
    }
}

/// An edition as it is told from: a code system or a supplement to one.
pub(super) struct Telling<'e> {
    pub(super) edition: &'e Edition,
    pub(super) scores: LanguageScores,
    pub(super) extension: Option<PropertyId>,
    pub(super) designation_extension: Option<PropertyId>,
    /// The properties that may be told, with their numbers; the status first.
    numbers: Vec<(&'e str, Option<PropertyId>)>,
}

impl<'e> Telling<'e> {
    pub(super) fn new(
        edition: &'e Edition,
        languages: &LanguagePreference,
        properties: &'e [String],
    ) -> Self {
        let names = std::iter::once(STATUS).chain(properties.iter().map(String::as_str));
        Self {
            edition,
            scores: edition.language_scores(languages),
            extension: edition.property_id(EXTENSION_PROPERTY),
            designation_extension: edition.property_id(DESIGNATION_EXTENSION_PROPERTY),
            numbers: names.map(|name| (name, edition.property_id(name))).collect(),
        }
    }

    fn number(&self, property: &str) -> Option<PropertyId> {
        self.numbers.iter().find(|(name, _)| *name == property)?.1
    }

    /// The extensions of a concept as JSON.
    pub(super) fn extension(&self, concept: ConceptIx) -> Option<&'e str> {
        text_of(self.edition.values_of(concept, self.extension?).next()?)
    }

    /// The extensions of the designation of this number, from 0, as JSON.
    pub(super) fn designation_extension(
        &self,
        concept: ConceptIx,
        number: usize,
    ) -> Option<&'e str> {
        let mut values = self.edition.values_of(concept, self.designation_extension?);
        text_of(values.find(|value| usize::from(value.group()) == number + 1)?)
    }
}

pub(super) fn text_of(value: PropertyRef<'_>) -> Option<&str> {
    match value.value() {
        PropertyValue::String(text) => Some(text),
        _ => None,
    }
}

/// Whether a status is worth telling.
pub(super) fn is_told(status: &str) -> bool {
    !status.is_empty() && !status.eq_ignore_ascii_case("active")
}

/// Whether concepts of an edition may have the property `code`.
pub(super) fn may_have(writing: &Writing<'_>, code: &str) -> bool {
    let tellings = || std::iter::once(&writing.told).chain(&writing.supplements);
    match code {
        "status" if writing.has_statuses => true,
        "kind" => true,
        "inactive" | "notSelectable" | "abstract" | "parent" | "child" => true,
        _ if PROPERTIES.iter().any(|(known, _)| *known == code) => {
            tellings().any(|telling| telling.extension.is_some())
        }
        _ => tellings().any(|telling| telling.edition.property_id(code).is_some()),
    }
}

/// A concept with all that is told of it.
pub(super) struct Concept<'w, 'e> {
    pub(super) writing: &'w Writing<'e>,
    pub(super) concept: ConceptIx,
    pub(super) listed: Option<&'w Listed>,
    /// The concept in the supplements that are about it.
    pub(super) supplemented: Vec<(&'w Telling<'e>, ConceptIx)>,
    pub(super) annotations: Annotations<'w>,
    pub(super) is_annotated: bool,
}

/// What is shown as display.
pub(super) enum Shown<'a> {
    /// The display that the value set gives.
    Listed(&'a str),
    /// A designation of the code system or a supplement.
    Designation(DesignationOf<'a>),
    /// Nothing.
    Nothing,
}

impl<'a> Shown<'a> {
    /// The text, in UTF-8.
    pub(super) fn text(&self) -> Option<&'a [u8]> {
        match self {
            Self::Listed(text) => Some(text.as_bytes()),
            Self::Designation(designation) => Some(designation.value_bytes()),
            Self::Nothing => None,
        }
    }

    pub(super) fn is(&self, other: DesignationOf<'_>) -> bool {
        match self {
            Self::Designation(own) => {
                own.language() == other.language() && own.value() == other.value()
            }
            _ => false,
        }
    }
}

impl<'w, 'e> Concept<'w, 'e> {
    pub(super) fn of(writing: &'w Writing<'e>, part: Option<&'w Part>, concept: ConceptIx) -> Self {
        let listed = part.filter(|part| !part.listed.is_empty());
        let listed = listed.and_then(|part| part.listed.get(&concept));
        let mut supplemented = Vec::new();
        if !writing.supplements.is_empty() {
            let code = writing.edition.code(concept);
            supplemented.extend(writing.supplements.iter().filter_map(|telling| {
                telling.edition.find_exact(code).map(|concept| (telling, concept))
            }));
        }
        let own = listed.map(|listed| listed.extension.as_str()).filter(|json| !json.is_empty());
        let told = writing.told.extension(concept);
        let added =
            supplemented.iter().filter_map(|&(telling, concept)| telling.extension(concept));
        let mut others = told.into_iter().chain(added).peekable();
        let is_annotated = own.is_some() || others.peek().is_some();
        let annotations =
            if is_annotated { Annotations::of(own, others) } else { Annotations::default() };
        Self { writing, concept, listed, supplemented, annotations, is_annotated }
    }

    pub(super) fn shown(&self, is_stand_in: bool) -> Shown<'w> {
        let Writing { edition, scores, .. } = self.writing;
        let own = self.listed.map(|listed| listed.display.as_str());
        let own = own.filter(|text| !text.is_empty());
        if let Some(own) = own.filter(|_| self.writing.own_displays || is_stand_in) {
            return Shown::Listed(own);
        }
        let translated = || {
            self.supplemented.iter().find_map(|(telling, concept)| {
                telling.edition.preferred_designation(*concept, &telling.scores)
            })
        };
        let preferred = edition.preferred_designation(self.concept, scores);
        if let Some(shown) = preferred.or_else(translated) {
            return Shown::Designation(shown);
        }
        // In no language that was asked for: what the value set says goes before the rest.
        match (edition.shown_designation(self.concept, scores), own) {
            (None, _) => Shown::Nothing,
            (Some(_), Some(own)) => Shown::Listed(own),
            (Some(designation), None) => Shown::Designation(designation),
        }
    }

    pub(super) fn write_designations(
        &self,
        out: &mut ExpansionWriter<'_>,
        filters: &[DesignationFilter],
        shown: &Shown<'_>,
    ) {
        let takes = |language: &str, system: &str, code: &str| {
            filters.is_empty() || filters.iter().any(|filter| filter.takes(language, system, code))
        };
        let own = (&self.writing.told, self.concept);
        let mut is_shown = false;
        for (telling, concept) in std::iter::once(own).chain(self.supplemented.iter().copied()) {
            for (number, designation) in telling.edition.designations(concept).enumerate() {
                let extension = telling.designation_extension(concept, number);
                // What is withdrawn is told where the resource says so, with the word for it.
                if !designation.is_active() && extension.is_none() {
                    continue;
                }
                let usage = designation.designation_use().filter(|usage| !usage.code.is_empty());
                let (system, code) = usage.map_or(("", ""), |usage| (&usage.system, &usage.code));
                // What is shown is not said again, unless its use says something of its own: that it
                // is a synonym, a full name.
                let is_display = matches!(code, "" | "display" | "preferredForLanguage");
                if is_display && !is_shown && shown.is(designation) {
                    is_shown = true;
                    continue;
                }
                if !takes(designation.language(), system, code) {
                    continue;
                }
                let usage = usage.map(|usage| {
                    CodingRef::new(&usage.system, &usage.code).with_display(some(&usage.display))
                });
                out.designation(&DesignationRef {
                    language: some(designation.language()),
                    usage,
                    value: designation.value(),
                    extensions: &extension.map(annotations::of_designation).unwrap_or_default(),
                });
            }
        }
        for own in self.listed.into_iter().flat_map(|listed| &listed.designations) {
            if takes(&own.language, &own.use_system, &own.use_code) {
                let usage = (!own.use_code.is_empty()).then(|| {
                    CodingRef::new(&own.use_system, &own.use_code)
                        .with_display(some(&own.use_display))
                });
                out.designation(&DesignationRef {
                    language: some(&own.language),
                    usage,
                    value: &own.value,
                    extensions: &annotations::of_designation(&own.extension),
                });
            }
        }
    }

    /// Calls `tell` with every value of the property `name`.
    pub(super) fn each_value(&self, name: &str, tell: &mut dyn FnMut(ValueRef<'_>)) {
        let (edition, concept) = (self.writing.edition, self.concept);
        if let Some(value) = self.annotations.property(name) {
            return tell(value);
        }
        let mut told = false;
        let own = (&self.writing.told, concept);
        for (telling, concept) in std::iter::once(own).chain(self.supplemented.iter().copied()) {
            let Some(id) = telling.number(name) else { continue };
            for value in telling.edition.values_of(concept, id) {
                tell(value_ref(value.value()));
                told = true;
            }
        }
        if told {
            return;
        }
        match name {
            "inactive" => tell(ValueRef::Boolean(edition.is_inactive(concept))),
            "status" if !edition.status(concept).is_empty() => {
                tell(ValueRef::code(edition.status(concept)));
            }
            // Inactive for whatever reason.
            "status" if edition.is_inactive(concept) => tell(ValueRef::code("inactive")),
            "kind" if !edition.kind(concept).is_empty() => {
                tell(ValueRef::code(edition.kind(concept)));
            }
            "notSelectable" | "abstract" => {
                tell(ValueRef::Boolean(edition.is_not_selectable(concept)));
            }
            "parent" => {
                for parent in edition.parents(concept) {
                    tell(ValueRef::code(edition.code(parent)));
                }
            }
            "child" => {
                for child in edition.children(concept) {
                    tell(ValueRef::code(edition.code(child)));
                }
            }
            _ => {}
        }
    }
}

pub(super) fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
