//! The properties of an edition, from both sides.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::super::codec::{self, posting, posting_len};
use super::super::sections::{Section, Table};
use super::super::write::NONE;
use super::Edition;
use crate::model::{PART, PropertyDefinition, PropertyId, PropertyKind, PropertyValue};
use crate::set::Marks;
use crate::{ConceptIx, ConceptSet};

impl Edition {
    /// The number of the property called `code`.
    #[must_use]
    pub fn property_id(&self, code: &str) -> Option<PropertyId> {
        let numbers = self.property_numbers.get_or_init(|| {
            let mut numbers = FxHashMap::default();
            for (number, property) in (0..=u16::MAX).zip(&self.meta.properties) {
                numbers.entry(property.code.clone()).or_insert(PropertyId(number));
            }
            numbers
        });
        numbers.get(code).copied()
    }

    /// The properties of a concept, in the order in which they were added.
    pub fn properties(&self, concept: ConceptIx) -> impl Iterator<Item = PropertyRef<'_>> + '_ {
        let values = self.table(Table::PropertyValues);
        let range = self.table(Table::PropertyOffsets).range_within(concept.row(), values.len());
        let groups = self.table(Table::PropertyGroups);
        range.map(move |record| PropertyRef {
            edition: self,
            value: values.get(record).unwrap_or(NONE),
            group: groups.at(record) as u16,
        })
    }

    /// The values of one property of a concept.
    pub fn values_of(
        &self,
        concept: ConceptIx,
        property: PropertyId,
    ) -> impl Iterator<Item = PropertyRef<'_>> + '_ {
        self.properties(concept).filter(move |value| value.property_id() == property)
    }

    /// All distinct values of a property that occur in the edition, sorted by their text.
    pub fn distinct_values(
        &self,
        property: PropertyId,
    ) -> impl Iterator<Item = PropertyRef<'_>> + '_ {
        self.value_numbers(property).map(|number| self.value_ref(number))
    }

    /// The numbers of the distinct values of a property; ascending by their text.
    pub(crate) fn value_numbers(&self, property: PropertyId) -> Range<u32> {
        let count = self.value_count() as usize;
        let starts = self.table(Table::PropertyStarts);
        let range = starts.range_within(usize::from(property.0), count);
        range.start as u32..range.end as u32
    }

    /// How many distinct values there are of all properties together.
    pub(crate) fn value_count(&self) -> u32 {
        self.table(Table::ValueKinds).len() as u32
    }

    /// The concept that the value with a number names.
    pub(crate) fn value_concept(&self, value: u32) -> Option<ConceptIx> {
        self.value_ref(value).concept()
    }

    /// The value with a number, outside of any group.
    pub(crate) fn value_ref(&self, number: u32) -> PropertyRef<'_> {
        PropertyRef { edition: self, value: number, group: 0 }
    }

    /// The number of the value of a property that is the code `code`. Cost: binary search.
    pub(crate) fn code_value(&self, property: PropertyId, code: &str) -> Option<u32> {
        let range = self.value_numbers(property);
        let first = self.first_value_from(range.clone(), code);
        let same = (first..range.end).take_while(|&value| self.value_text(value) == code);
        same.map(|value| self.value_ref(value))
            .find(|value| value.concept().is_some())
            .map(PropertyRef::number)
    }

    /// How many concepts have the value with this number.
    pub(crate) fn posting_count(&self, value: u32) -> u32 {
        posting_len(self.value_posting(value))
    }

    /// Tells the concepts that have the value with this number.
    pub(super) fn each_with_value(&self, value: u32, tell: impl FnMut(u32)) {
        codec::for_each_posting(self.value_posting(value), tell);
    }

    /// Marks the concepts that have the value with this number.
    pub(crate) fn mark_value(&self, value: u32, marks: &mut Marks) {
        self.each_with_value(value, |ordinal| marks.insert(ordinal));
    }

    /// Whether any concept that has the value with this number is in `set`.
    pub(crate) fn is_value_of_any(&self, value: u32, set: &ConceptSet) -> bool {
        codec::any_posting(self.value_posting(value), |ordinal| set.contains(ConceptIx(ordinal)))
    }

    /// The first of `range` whose text is not before `text`.
    fn first_value_from(&self, range: Range<u32>, text: &str) -> u32 {
        let Range { start: mut low, end: mut high } = range;
        while low < high {
            let middle = low.midpoint(high);
            if self.value_text(middle) < text { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The concepts that have a value of `property` whose text (the code, for a Coding) is `text`.
    /// Cost: binary search over the distinct values, then one posting.
    #[must_use]
    pub fn with_value(&self, property: PropertyId, text: &str) -> ConceptSet {
        let range = self.value_numbers(property);
        let low = self.first_value_from(range.clone(), text);
        // Values that begin with the text follow each other; among them are those of other types
        // and Codings with the code.
        let mut set = ConceptSet::new();
        for value in (low..range.end).take_while(|&value| self.value_text(value).starts_with(text))
        {
            let reference = self.value_ref(value);
            if reference.value().text() == text {
                set.extend(&reference.concepts());
            }
        }
        set
    }

    /// The concepts that have any value of a property.
    #[must_use]
    pub fn with_property(&self, property: PropertyId) -> ConceptSet {
        let mut set = ConceptSet::new();
        for value in self.distinct_values(property) {
            set.extend(&value.concepts());
        }
        set
    }

    fn value_text(&self, value: u32) -> &str {
        self.text(Section::ValueTexts, self.table(Table::ValueOffsets).range(value as usize))
    }

    fn value_posting(&self, value: u32) -> &[u8] {
        let range = self.table(Table::PostingOffsets).range(value as usize);
        self.bytes(Section::Postings).get(range).unwrap_or_default()
    }
}

/// One value of a property in a mapped edition.
#[derive(Debug, Clone, Copy)]
pub struct PropertyRef<'e> {
    edition: &'e Edition,
    value: u32,
    group: u16,
}

impl<'e> PropertyRef<'e> {
    /// The number of the value in the edition: one for each property, type and text.
    #[must_use]
    pub fn number(self) -> u32 {
        self.value
    }

    /// The number of the property.
    #[must_use]
    pub fn property_id(self) -> PropertyId {
        let property = self.edition.table(Table::ValueProperties).get(self.value as usize);
        PropertyId(property.and_then(|number| u16::try_from(number).ok()).unwrap_or(u16::MAX))
    }

    /// What the property is.
    #[must_use]
    pub fn definition(self) -> Option<&'e PropertyDefinition> {
        self.edition.meta.properties.get(usize::from(self.property_id().0))
    }

    /// The name of the property.
    #[must_use]
    pub fn code(self) -> &'e str {
        self.definition().map_or("", |definition| definition.code.as_str())
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> PropertyValue<'e> {
        let kind = self.edition.table(Table::ValueKinds).get(self.value as usize);
        let kind = kind.and_then(|kind| PropertyKind::from_byte(kind as u8));
        let text = self.edition.value_text(self.value);
        match kind.unwrap_or(PropertyKind::String) {
            PropertyKind::Coding => {
                let (code, display) = text.split_once(PART).unwrap_or((text, ""));
                let (system, version) = self.origin();
                PropertyValue::Coding { system, version, code, display }
            }
            kind => PropertyValue::from_stored(kind, text),
        }
    }

    /// System and version of a Coding.
    fn origin(self) -> (&'e str, &'e str) {
        let number = self.edition.table(Table::ValueOrigins).at(self.value as usize) as usize;
        let range =
            number.checked_sub(1).map(|row| self.edition.table(Table::OriginOffsets).range(row));
        let text = self.edition.text(Section::OriginTexts, range.unwrap_or_default());
        text.split_once(PART).unwrap_or((text, ""))
    }

    /// The concept of this edition that a code value names.
    #[must_use]
    pub fn concept(self) -> Option<ConceptIx> {
        let ordinal = self.edition.table(Table::ValueConcepts).at(self.value as usize);
        ordinal.checked_sub(1).map(ConceptIx)
    }

    /// Relationship group, 0 for none.
    #[must_use]
    pub fn group(self) -> u16 {
        self.group
    }

    /// The concepts that have this value of this property.
    #[must_use]
    pub fn concepts(self) -> ConceptSet {
        posting(self.edition.value_posting(self.value)).into()
    }

    /// How many concepts have this value. Cost: one array access.
    #[must_use]
    pub fn concept_count(self) -> u32 {
        posting_len(self.edition.value_posting(self.value))
    }
}
