//! The text index of an edition.

use super::super::codec::put_u32s;
use super::super::sections::{Section, Table};
use super::Edition;
use crate::ConceptIx;
use crate::search::{self, TextIndex, TextSectionRefs, TextSections};

impl Edition {
    /// The text index over all active designations but notes; `None` when there are none.
    #[must_use]
    pub fn text_index(&self) -> Option<TextIndex<'_>> {
        if self.bytes(Section::TextHeader).is_empty() {
            let sections = self.text_on_demand.get_or_init(|| self.build_text_index());
            return self.text_index_of(&sections.as_ref()?.refs());
        }
        let refs = TextSectionRefs {
            header: self.bytes(Section::TextHeader),
            terms: self.bytes(Section::TextTerms),
            posting_offsets: self.bytes(Section::TextPostingOffsets),
            postings: self.bytes(Section::TextPostings),
            place_concepts: self.bytes(Section::TextPlaceConcepts),
            place_designations: self.bytes(Section::TextPlaceDesignations),
            qualities: self.bytes(Section::TextQualities),
            designation_offsets: self.plain_designation_offsets(),
            token_offsets: self.bytes(Section::TextTokenOffsets),
            designation_tokens: self.bytes(Section::TextDesignationTokens),
            token_codes: self.bytes(Section::TextTokenCodes),
            wide_ranges: self.bytes(Section::TextWideRanges),
            frequent_ranges: self.bytes(Section::TextFrequentRanges),
        };
        self.text_index_of(&refs)
    }

    fn text_index_of<'e>(&'e self, sections: &TextSectionRefs<'e>) -> Option<TextIndex<'e>> {
        Some(TextIndex::new(sections).ok()?.keeping(&self.text_qualities))
    }

    /// The offsets of designations as a table of `u32`.
    fn plain_designation_offsets(&self) -> &[u8] {
        let stored = self.bytes(Section::TextDesignationOffsets);
        if !stored.is_empty() {
            return stored;
        }
        let offsets = self.table(Table::DesignationOffsets);
        self.one_designation_each.get_or_init(|| put_u32s(offsets.iter()))
    }

    fn build_text_index(&self) -> Option<TextSections> {
        let designations = (0..self.count).map(ConceptIx).flat_map(|concept| {
            self.designations(concept).map(move |designation| search::IndexedText {
                concept,
                text: designation.value(),
                language: designation.language(),
                rank: designation.rank(),
                searchable: designation.is_searchable(),
            })
        });
        let input = search::TextInput { concept_count: self.count, designations };
        search::build(input).ok()
    }
}
