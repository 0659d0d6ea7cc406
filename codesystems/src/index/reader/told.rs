//! What answers tell of many things at once, read table after table.
//!
//! What is told of a value lies in eight tables, what is told of a concept in a dozen. Asked for one
//! value after the other, the processor waits for memory at each of them; asked for one table after the
//! other, it waits for all values at once. Texts are given as bytes: answers copy them, and do not need
//! them checked for being UTF-8 each time, which took as long as copying them.

use std::hint::black_box;

use super::super::sections::{Section, Table};
use super::{Edition, LanguageScores, PropertyRef};
use crate::model::{PropertyId, PropertyKind};
use crate::{ConceptIx, PropertyValue};

/// A value of a property with everything that is told of it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'e> {
    reference: PropertyRef<'e>,
    kind: PropertyKind,
    text: &'e [u8],
    concept: Option<ConceptIx>,
    display: &'e [u8],
}

impl<'e> Told<'e> {
    /// The name of the property.
    #[must_use]
    pub fn code(&self) -> &'e str {
        self.reference.code()
    }

    /// The number of the property.
    #[must_use]
    pub fn property_id(&self) -> PropertyId {
        self.reference.property_id()
    }

    /// Type of the value.
    #[must_use]
    pub fn kind(&self) -> PropertyKind {
        self.kind
    }

    /// The value as it is stored; of a Coding its code and display alone.
    #[must_use]
    pub fn text(&self) -> &'e [u8] {
        self.text
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> PropertyValue<'e> {
        self.reference.value()
    }

    /// Relationship group, 0 for none.
    #[must_use]
    pub fn group(&self) -> u16 {
        self.reference.group()
    }

    /// The display of the concept that the value names, where it names one.
    #[must_use]
    pub fn display(&self) -> Option<&'e [u8]> {
        self.concept.map(|_| self.display)
    }
}

impl Edition {
    /// The text of a table of texts; damaged offsets give an empty one.
    fn raw(&self, texts: Section, offsets: Table, row: usize) -> &[u8] {
        self.bytes(texts).get(self.table(offsets).range(row)).unwrap_or_default()
    }

    /// As [`Self::code`], as bytes.
    #[must_use]
    pub fn code_bytes(&self, concept: ConceptIx) -> &[u8] {
        self.raw(Section::CodeBytes, Table::CodeOffsets, concept.row())
    }

    /// The text of designation `number`, as bytes.
    #[must_use]
    pub fn designation_bytes(&self, number: u32) -> &[u8] {
        self.raw(Section::Texts, Table::TextOffsets, number as usize)
    }

    /// As [`Self::display_for`], as bytes.
    #[must_use]
    pub fn display_bytes_for(&self, concept: ConceptIx, scores: &LanguageScores) -> &[u8] {
        let shown = self
            .preferred_designation(concept, scores)
            .or_else(|| self.default_designation(concept));
        match shown {
            Some(designation) => self.designation_bytes(designation.number()),
            None => self.code_bytes(concept),
        }
    }

    /// The displays of several concepts, each as [`Self::display_bytes_for`] gives it.
    #[must_use]
    pub fn displays_for<'e>(
        &'e self,
        concepts: &[ConceptIx],
        scores: &LanguageScores,
    ) -> Vec<&'e [u8]> {
        if scores.is_any_wanted() {
            let display = |&concept| self.display_bytes_for(concept, scores);
            return concepts.iter().map(display).collect();
        }
        if let Some(rows) = self.shown_rows(concepts.len() as u64) {
            let named = rows.named(self, concepts);
            let displays: Vec<&[u8]> = named.map(|(_, display)| display).collect();
            touch(displays.iter().copied());
            return displays;
        }
        let displays = self.table(Table::Displays);
        let places: Vec<u32> = concepts.iter().map(|concept| displays.at(concept.row())).collect();
        let first = self.table(Table::DesignationOffsets);
        let rows = concepts.iter().zip(&places);
        let numbers: Vec<Option<u32>> = rows
            .map(|(concept, place)| first.get(concept.row())?.checked_add(place.checked_sub(1)?))
            .collect();
        let rows = concepts.iter().zip(&numbers);
        let texts: Vec<&[u8]> = rows
            .map(|(&concept, number)| match number {
                None => self.code_bytes(concept),
                Some(number) => self.designation_bytes(*number),
            })
            .collect();
        touch(texts.iter().copied());
        texts
    }

    /// Code and display of several concepts, each as [`Self::code_bytes`] and [`Self::display_bytes_for`] give
    /// it.
    #[must_use]
    pub fn named_for<'e>(
        &'e self,
        concepts: &[ConceptIx],
        scores: &LanguageScores,
    ) -> Vec<(&'e [u8], &'e [u8])> {
        if !scores.is_any_wanted()
            && let Some(rows) = self.shown_rows(concepts.len() as u64)
        {
            let named: Vec<_> = rows.named(self, concepts).collect();
            touch(named.iter().flat_map(|&(code, display)| [code, display]));
            return named;
        }
        let displays = self.displays_for(concepts, scores).into_iter();
        concepts.iter().map(|&concept| self.code_bytes(concept)).zip(displays).collect()
    }

    /// Everything that is told of these values of this edition.
    #[must_use]
    pub fn tell<'e>(
        &'e self,
        values: &[PropertyRef<'e>],
        scores: &LanguageScores,
    ) -> Vec<Told<'e>> {
        let kinds = self.table(Table::ValueKinds);
        let told = |&reference: &PropertyRef<'e>| {
            let number = reference.number() as usize;
            let kind = kinds.get(number).and_then(|kind| PropertyKind::from_byte(kind as u8));
            Told {
                reference,
                kind: kind.unwrap_or(PropertyKind::String),
                text: self.raw(Section::ValueTexts, Table::ValueOffsets, number),
                concept: reference.concept(),
                display: &[],
            }
        };
        let mut told: Vec<Told<'e>> = values.iter().map(told).collect();
        let concepts: Vec<ConceptIx> = told.iter().filter_map(|told| told.concept).collect();
        let mut displays = self.displays_for(&concepts, scores).into_iter();
        for told in told.iter_mut().filter(|told| told.concept.is_some()) {
            told.display = displays.next().unwrap_or_default();
        }
        touch(told.iter().map(|told| told.text));
        told
    }

    /// The concept that a property is named after: attributes of SNOMED CT are concepts.
    ///
    /// Cost: one array access; the first question finds those of all properties.
    #[must_use]
    pub fn concept_of_property(&self, property: PropertyId) -> Option<ConceptIx> {
        let concepts = self.property_concepts.get_or_init(|| {
            self.meta.properties.iter().map(|property| self.find_exact(&property.code)).collect()
        });
        concepts.get(usize::from(property.0)).copied().flatten()
    }

    /// Reads a word of everything that is told of a concept, so that it is at hand when it is asked
    /// for: the processor fetches it all at once instead of one after the other.
    pub fn touch(&self, concept: ConceptIx) {
        let row = concept.row();
        let at = |table: Table, row: u32| self.table(table).at(row as usize);
        // What ends a range stands in the next row.
        let (first, last) = (self.table(Table::CodeOffsets), self.table(Table::PropertyOffsets));
        let start = |table: Table| self.table(table).at(row);
        let (name, value) = (start(Table::DesignationOffsets), start(Table::PropertyOffsets));
        let code = self.bytes(Section::CodeBytes).get(first.at(row) as usize);
        let read = [
            last.at(row + 1),
            u32::from(code.copied().unwrap_or_default()),
            at(Table::Parents, start(Table::ParentOffsets)),
            at(Table::Children, start(Table::ChildOffsets)),
            at(Table::TextOffsets, name),
            at(Table::PropertyValues, value),
        ];
        black_box(read.iter().fold(0, |seen, number| seen ^ number));
    }
}

impl Edition {
    /// Reads what a list of concepts shows of each, code and display, so that it is at hand when it is
    /// asked for: concepts that a search found lie far from each other in every table.
    pub fn touch_shown(&self, concepts: &[ConceptIx]) {
        if let Some(rows) = self.rows_if_made() {
            return rows.touch(self, concepts);
        }
        let numbers: Vec<(u32, u32)> = concepts
            .iter()
            .map(|concept| {
                let at = |table: Table| self.table(table).at(concept.row());
                let designation = at(Table::DesignationOffsets).wrapping_add(at(Table::Displays));
                (at(Table::CodeOffsets), designation.saturating_sub(1))
            })
            .collect();
        let codes = self.bytes(Section::CodeBytes);
        let texts: Vec<&[u8]> = numbers
            .iter()
            .map(|&(code, designation)| {
                black_box(codes.get(code as usize).copied());
                self.designation_bytes(designation)
            })
            .collect();
        touch(texts.iter().copied());
    }
}

/// Reads the ends of texts, so that the processor fetches all of them at once.
pub(super) fn touch<'t>(texts: impl IntoIterator<Item = &'t [u8]>) {
    let ends = |text: &[u8]| {
        text.first().copied().unwrap_or_default() ^ text.last().copied().unwrap_or_default()
    };
    black_box(texts.into_iter().fold(0, |seen, text| seen ^ ends(text)));
}

#[cfg(test)]
mod tests {
    use crate::model::DisplayRank;
    use crate::{
        ConceptIx, Edition, EditionBuilder, EditionMeta, LanguagePreference, NewDesignation,
        PropertyKind, PropertyValue,
    };

    fn edition() -> Edition {
        let meta = EditionMeta::new("http://colours.example".to_owned(), "1".to_owned());
        let mut builder = EditionBuilder::new(meta);
        let red = builder.concept("red");
        let blue = builder.concept("blue");
        builder.concept("bare");
        builder.display(red, "de", "Rot");
        let usage = builder.display_use();
        let english = NewDesignation::new("en", usage, "Red", DisplayRank::Preferred);
        builder.designation(red, &english);
        builder.display(blue, "de", "Blau");
        let near = builder.property_id("near", PropertyKind::Code, "");
        let hue = builder.property_id("blue", PropertyKind::Integer, "");
        builder.property(red, near, PropertyValue::Code("blue"), 0);
        builder.property(red, hue, PropertyValue::Integer(7), 0);
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    #[test]
    fn many_are_told_what_each_is_told() {
        let edition = edition();
        let concepts: Vec<ConceptIx> = edition.all().iter().collect();
        for tags in [vec![], vec!["en".to_owned()], vec!["fr".to_owned()]] {
            let scores = edition.language_scores(&LanguagePreference::new(tags));
            let displays = edition.displays_for(&concepts, &scores);
            let named = edition.named_for(&concepts, &scores);
            for ((&concept, display), named) in concepts.iter().zip(&displays).zip(named) {
                assert_eq!(named, (edition.code_bytes(concept), *display));
                edition.touch(concept);
                assert_eq!(*display, edition.display_for(concept, &scores).as_bytes());
                assert_eq!(edition.code_bytes(concept), edition.code(concept).as_bytes());
                let values: Vec<_> = edition.properties(concept).collect();
                let told = edition.tell(&values, &scores);
                assert_eq!(told.len(), values.len());
                for (told, value) in told.iter().zip(&values) {
                    assert_eq!(told.code(), value.code());
                    assert_eq!(told.kind(), value.value().kind());
                    assert_eq!(told.text(), value.value().stored().as_bytes());
                    let display =
                        value.concept().map(|named| edition.display_for(named, &scores).as_bytes());
                    assert_eq!(told.display(), display);
                }
            }
        }
        edition.touch(ConceptIx(u32::MAX));
        edition.touch_shown(&[ConceptIx(0), ConceptIx(u32::MAX)]);
        let scores = edition.language_scores(&LanguagePreference::default());
        assert_eq!(edition.displays_for(&[ConceptIx(u32::MAX)], &scores), [b""]);
    }

    #[test]
    fn a_property_is_named_after_the_concept_with_its_code() {
        let edition = edition();
        let named = |code| edition.concept_of_property(edition.property_id(code).unwrap());
        assert_eq!(named("blue"), edition.find("blue"));
        assert_eq!(named("near"), None);
    }
}
