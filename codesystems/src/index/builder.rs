//! Collects what a loader says of a code system until it is written as an edition.

use std::fmt::Write;

use rustc_hash::FxHashMap;

use crate::model::{
    Acceptability, ComponentVersion, ConceptId, DesignationUse, Dialect, DisplayRank, EditionMeta,
    MembershipSet, NewDesignation, PropertyDefinition, PropertyId, PropertyKind, PropertyValue,
    Provenance, SetId, UseId,
};

/// Texts kept end to end in one allocation, numbered by the order of [`Arena::push`].
#[derive(Debug, Clone)]
pub(super) struct Arena {
    bytes: String,
    ends: Vec<u32>,
}

impl Default for Arena {
    fn default() -> Self {
        Self { bytes: String::new(), ends: vec![0] }
    }
}

impl Arena {
    pub(super) fn push(&mut self, text: &str) -> u32 {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        (self.ends.len() - 2) as u32
    }

    pub(super) fn get(&self, number: u32) -> &str {
        let start = self.ends.get(number as usize).copied().unwrap_or_default() as usize;
        let end = self.ends.get(number as usize + 1).copied().unwrap_or_default() as usize;
        self.bytes.get(start..end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len() - 1
    }
}

/// Distinct texts, numbered by first mention; the lookup table holds hashes only.
#[derive(Debug, Clone, Default)]
pub(super) struct Interner {
    pub(super) texts: Arena,
    by_hash: FxHashMap<u64, smallvec::Numbers>,
}

mod smallvec {
    /// Numbers that share one hash: nearly always exactly one.
    #[derive(Debug, Clone)]
    pub(crate) enum Numbers {
        One(u32),
        Many(Vec<u32>),
    }

    impl Numbers {
        pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
            match self {
                Self::One(number) => std::slice::from_ref(number),
                Self::Many(numbers) => numbers.as_slice(),
            }
            .iter()
            .copied()
        }

        pub(crate) fn push(&mut self, number: u32) {
            match self {
                Self::One(first) => *self = Self::Many(vec![*first, number]),
                Self::Many(numbers) => numbers.push(number),
            }
        }
    }
}

fn hash_of(kind: u8, text: &str) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    thread_local! {
        // Loaders read files from outside: the keys must not be predictable.
        static STATE: RandomState = RandomState::new();
    }
    STATE.with(|state| state.hash_one((kind, text)))
}

impl Interner {
    pub(super) fn find(&self, kind: u8, text: &str) -> Option<u32> {
        let numbers = self.by_hash.get(&hash_of(kind, text))?;
        numbers.iter().find(|&number| self.texts.get(number) == text)
    }

    /// The number of `text`, and whether it is new.
    pub(super) fn intern(&mut self, kind: u8, text: &str) -> (u32, bool) {
        let hash = hash_of(kind, text);
        if let Some(numbers) = self.by_hash.get(&hash)
            && let Some(number) = numbers.iter().find(|&number| self.texts.get(number) == text)
        {
            return (number, false);
        }
        let number = self.texts.push(text);
        self.by_hash
            .entry(hash)
            .and_modify(|numbers| numbers.push(number))
            .or_insert(smallvec::Numbers::One(number));
        (number, true)
    }
}

/// A designation as collected; the text is number `i` of the text arena for record `i`.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawDesignation {
    pub(super) concept: u32,
    pub(super) language: u8,
    pub(super) use_id: u8,
    pub(super) rank: DisplayRank,
    pub(super) active: bool,
    pub(super) acceptability: u16,
    pub(super) version: u16,
    pub(super) id: u64,
}

/// A property value as collected.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawProperty {
    pub(super) concept: u32,
    pub(super) group: u16,
    pub(super) value: u32,
}

/// A row of a membership set as collected.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawMember {
    pub(super) set: u16,
    pub(super) concept: u32,
    pub(super) fields: u32,
    pub(super) version: u16,
    pub(super) active: bool,
}

/// Builds one edition from what a loader reads, in any order.
///
/// Concepts come into being when they are first mentioned ([`EditionBuilder::concept`]); the
/// builder sorts, interns, closes the hierarchy and indexes the text when it is finished
/// ([`EditionBuilder::finish`]). The same calls give the same bytes.
#[derive(Debug, Default)]
pub struct EditionBuilder {
    /// What the edition says of itself; dictionaries in it (uses, languages, …) are kept by the
    /// builder's own methods.
    pub meta: EditionMeta,
    /// Which files it comes from.
    pub provenance: Provenance,
    /// Siblings keep the order in which they were mentioned (FHIR code systems); otherwise they
    /// are put into natural order of their codes.
    pub keep_order: bool,
    /// The text index is left out and made in memory when it is first asked for: editions that live
    /// for one request are seldom searched.
    pub text_index_on_demand: bool,
    pub(super) codes: Interner,
    pub(super) inactive: Vec<bool>,
    pub(super) not_selectable: Vec<bool>,
    pub(super) status: Vec<u8>,
    pub(super) kind: Vec<u8>,
    pub(super) designations: Vec<RawDesignation>,
    pub(super) texts: Arena,
    pub(super) values: Interner,
    /// Scratch space for keys of values.
    key: String,
    pub(super) value_kinds: Vec<PropertyKind>,
    pub(super) properties: Vec<RawProperty>,
    pub(super) edges: Vec<(u32, u32)>,
    pub(super) members: Vec<RawMember>,
    pub(super) member_fields: Interner,
    pub(super) acceptability: Vec<Vec<(u8, Acceptability)>>,
    acceptability_numbers: FxHashMap<Vec<(u8, Acceptability)>, u16>,
    property_numbers: FxHashMap<String, u16>,
    set_numbers: FxHashMap<String, u16>,
}

impl EditionBuilder {
    /// An empty edition of the code system `meta` describes.
    #[must_use]
    pub fn new(meta: EditionMeta) -> Self {
        let mut builder = Self {
            acceptability: vec![Vec::new()],
            meta: EditionMeta::default(),
            ..Self::default()
        };
        builder.acceptability_numbers.insert(Vec::new(), 0);
        builder.property_numbers = (0u16..)
            .zip(&meta.properties)
            .map(|(number, property)| (property.code.clone(), number))
            .collect();
        builder.set_numbers = (0u16..)
            .zip(&meta.membership_sets)
            .map(|(number, set)| (set.code.clone(), number))
            .collect();
        builder.meta = meta;
        builder
    }

    /// The concept with `code`; it comes into being when it is first mentioned, active and selectable.
    pub fn concept(&mut self, code: &str) -> ConceptId {
        let (number, new) = self.codes.intern(0, code);
        if new {
            self.inactive.push(false);
            self.not_selectable.push(false);
            self.status.push(0);
            self.kind.push(0);
        }
        ConceptId(number)
    }

    /// The concept with `code`, if it was mentioned before.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<ConceptId> {
        self.codes.find(0, code).map(ConceptId)
    }

    /// The code of a concept.
    #[must_use]
    pub fn code(&self, concept: ConceptId) -> &str {
        self.codes.texts.get(concept.0)
    }

    /// How many concepts were mentioned so far.
    #[must_use]
    pub fn concept_count(&self) -> usize {
        self.codes.texts.len()
    }

    /// How many designations were added so far.
    #[must_use]
    pub fn designation_count(&self) -> usize {
        self.designations.len()
    }

    /// Marks a concept as inactive: no longer to be used.
    pub fn set_inactive(&mut self, concept: ConceptId, inactive: bool) {
        if let Some(slot) = self.inactive.get_mut(concept.0 as usize) {
            *slot = inactive;
        }
    }

    /// Marks a concept as not selectable (abstract): it groups, it is not coded with.
    pub fn set_not_selectable(&mut self, concept: ConceptId, not_selectable: bool) {
        if let Some(slot) = self.not_selectable.get_mut(concept.0 as usize) {
            *slot = not_selectable;
        }
    }

    /// Gives a concept a status code of its publisher (`deprecated`, `retired`, `DISCOURAGED`, …).
    /// At most 254 different ones.
    pub fn set_status(&mut self, concept: ConceptId, status: &str) {
        let number = number_in(&mut self.meta.statuses, status);
        if let Some(slot) = self.status.get_mut(concept.0 as usize) {
            *slot = number;
        }
    }

    /// Gives a concept a kind (`chapter`, `block`, `category`, `part`, …). At most 254 different ones.
    pub fn set_kind(&mut self, concept: ConceptId, kind: &str) {
        let number = number_in(&mut self.meta.kinds, kind);
        if let Some(slot) = self.kind.get_mut(concept.0 as usize) {
            *slot = number;
        }
    }

    /// The number of a designation use; known ones are found by system and code. At most 255.
    pub fn designation_use(&mut self, system: &str, code: &str, display: &str) -> UseId {
        let uses = &mut self.meta.designation_uses;
        let known = uses.iter().position(|known| known.system == system && known.code == code);
        let number = known.unwrap_or_else(|| {
            uses.push(DesignationUse {
                system: system.into(),
                code: code.into(),
                display: display.into(),
            });
            uses.len() - 1
        });
        UseId(u8::try_from(number).unwrap_or(u8::MAX))
    }

    /// The use of the display itself: `preferredForLanguage` of
    /// `http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra`.
    pub fn display_use(&mut self) -> UseId {
        self.designation_use(
            "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra",
            "preferredForLanguage",
            "Preferred For Language",
        )
    }

    /// The number of a dialect by the code of its reference set and the BCP 47 tag it stands for. At most 255.
    pub fn dialect(&mut self, code: &str, language: &str) -> u8 {
        let dialects = &mut self.meta.dialects;
        let known = dialects.iter().position(|known| known.code == code);
        let number = known.unwrap_or_else(|| {
            dialects.push(Dialect { code: code.into(), language: language.into() });
            dialects.len() - 1
        });
        u8::try_from(number).unwrap_or(u8::MAX)
    }

    /// The 1-based number of a module and date (`YYYYMMDD`) of components. At most 65,535.
    pub fn component_version(&mut self, module: &str, date: &str) -> u16 {
        let versions = &mut self.meta.component_versions;
        let position =
            versions.iter().position(|known| known.module == module && known.date == date);
        let position = position.unwrap_or_else(|| {
            versions.push(ComponentVersion { module: module.into(), date: date.into() });
            versions.len() - 1
        });
        u16::try_from(position + 1).unwrap_or(u16::MAX)
    }

    /// Adds the display of a concept in a language (BCP 47, empty if unknown).
    pub fn display(&mut self, concept: ConceptId, language: &str, value: &str) {
        let use_id = self.display_use();
        self.designation(
            concept,
            &NewDesignation::new(language, use_id, value, DisplayRank::Preferred),
        );
    }

    /// Adds a designation. Empty texts are dropped.
    pub fn designation(&mut self, concept: ConceptId, designation: &NewDesignation<'_>) {
        if designation.value.is_empty() {
            return;
        }
        let languages = &mut self.meta.languages;
        let language = languages.iter().position(|known| known == designation.language);
        let language = language.unwrap_or_else(|| {
            languages.push(designation.language.to_owned());
            languages.len() - 1
        });
        let acceptability = self.acceptability_number(designation.acceptability);
        self.texts.push(designation.value);
        self.designations.push(RawDesignation {
            concept: concept.0,
            language: u8::try_from(language).unwrap_or(u8::MAX),
            use_id: designation.use_id.0,
            rank: designation.rank,
            active: designation.active,
            acceptability,
            version: designation.version,
            id: designation.id,
        });
    }

    fn acceptability_number(&mut self, acceptability: &[(u8, Acceptability)]) -> u16 {
        if let Some(&number) = self.acceptability_numbers.get(acceptability) {
            return number;
        }
        let number = self.acceptability.len() as u16;
        self.acceptability.push(acceptability.to_vec());
        self.acceptability_numbers.insert(acceptability.to_vec(), number);
        number
    }

    /// The number of a property; it is defined when it is first mentioned.
    pub fn property_id(&mut self, code: &str, kind: PropertyKind, description: &str) -> PropertyId {
        if let Some(&number) = self.property_numbers.get(code) {
            return PropertyId(number);
        }
        let number = self.meta.properties.len() as u16;
        self.meta.properties.push(PropertyDefinition {
            code: code.into(),
            uri: None,
            description: (!description.is_empty()).then(|| description.into()),
            kind,
        });
        self.property_numbers.insert(code.into(), number);
        PropertyId(number)
    }

    /// Gives a concept a value of a property; `group` is its relationship group, 0 for none.
    pub fn property(
        &mut self,
        concept: ConceptId,
        property: PropertyId,
        value: PropertyValue<'_>,
        group: u16,
    ) {
        let stored = value.stored();
        // One number per (property, type, text): postings are kept by value number.
        self.key.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.key, "{}\u{1f}{}\u{1f}{stored}", property.0, value.kind().byte());
        let (number, new) = self.values.intern(0, &self.key);
        if new {
            self.value_kinds.push(value.kind());
        }
        self.properties.push(RawProperty { concept: concept.0, group, value: number });
    }

    /// Says that `child` is directly below `parent`. Repeated edges count once.
    pub fn parent(&mut self, child: ConceptId, parent: ConceptId) {
        self.edges.push((child.0, parent.0));
    }

    /// The number of a named set (reference set, answer list, group); `fields` are the names of
    /// the columns its rows have beyond the concept.
    pub fn membership_set(&mut self, code: &str, name: &str, fields: &[&str]) -> SetId {
        if let Some(&number) = self.set_numbers.get(code) {
            return SetId(number);
        }
        let number = self.meta.membership_sets.len() as u16;
        self.meta.membership_sets.push(MembershipSet {
            code: code.into(),
            name: name.into(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
        });
        self.set_numbers.insert(code.into(), number);
        SetId(number)
    }

    /// Adds a concept to a named set, with the values of the set's fields in their order. A field
    /// must not contain the control character U+001F. Several rows per concept are kept, in order.
    pub fn member(&mut self, set: SetId, concept: ConceptId, fields: &[&str]) {
        self.member_of_version(set, concept, fields, 0);
    }

    /// As [`Self::member`], with the number of its module and date
    /// ([`Self::component_version`]).
    pub fn member_of_version(
        &mut self,
        set: SetId,
        concept: ConceptId,
        fields: &[&str],
        version: u16,
    ) {
        self.add_member(set, concept, fields, (version, true));
    }

    /// As [`Self::member_of_version`], for a concept that is no longer in the set: only who asks for
    /// inactive members sees the row.
    pub fn inactive_member(
        &mut self,
        set: SetId,
        concept: ConceptId,
        fields: &[&str],
        version: u16,
    ) {
        self.add_member(set, concept, fields, (version, false));
    }

    fn add_member(
        &mut self,
        set: SetId,
        concept: ConceptId,
        fields: &[&str],
        (version, active): (u16, bool),
    ) {
        let fields = self.member_fields.intern(0, &fields.join("\u{1f}")).0;
        self.members.push(RawMember { set: set.0, concept: concept.0, fields, version, active });
    }
}

/// The 1-based number of `text` in `list`, appended if new; 0 stands for "not said".
fn number_in(list: &mut Vec<String>, text: &str) -> u8 {
    if text.is_empty() {
        return 0;
    }
    let position = list.iter().position(|known| known == text).unwrap_or_else(|| {
        list.push(text.to_owned());
        list.len() - 1
    });
    u8::try_from(position + 1).unwrap_or(u8::MAX)
}
