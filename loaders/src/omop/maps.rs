//! Concept maps between the code systems that vocabularies are and OMOP.

use codesystems::EditionMeta;
use codesystems::model::Provenance;
use valuesets::conceptmap::{ConceptMapBuilder, ConceptMapMeta, NewMapping, Relationship};

use super::concepts::Concepts;
use super::{OMOP, slug};
use crate::{Report, Result, Sink};

/// A valid `Maps to` of a concept whose vocabulary has a canonical: number of the vocabulary,
/// source, target.
pub(super) type Mapping = (u16, u32, u32);

/// What maps are made of when the edition is written.
pub(super) struct Maps<'r> {
    pub(super) concepts: Concepts,
    pub(super) meta: EditionMeta,
    pub(super) provenance: Provenance,
    pub(super) report: &'r mut Report,
}

impl Maps<'_> {
    /// Hands over two maps a vocabulary: from its codes to standard concepts, and from its concepts
    /// to its codes. One is built at a time.
    pub(super) fn hand_over(
        &mut self,
        mut mappings: Vec<Mapping>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        mappings.sort_unstable();
        mappings.dedup();
        for (number, (vocabulary, system)) in (0u16..).zip(self.concepts.vocabularies.clone()) {
            let begin = mappings.partition_point(|mapping| mapping.0 < number);
            let end = mappings.partition_point(|mapping| mapping.0 <= number);
            let own = mappings.get(begin..end).unwrap_or_default();
            self.give(self.codes_to_concepts(&vocabulary, system, own), sink)?;
            self.give(self.concepts_to_codes(&vocabulary, system, number), sink)?;
        }
        Ok(())
    }

    fn codes_to_concepts(
        &self,
        vocabulary: &str,
        system: &str,
        own: &[Mapping],
    ) -> ConceptMapBuilder {
        let description =
            format!("Standard concepts of OMOP that codes of {vocabulary} map to (Maps to)");
        let mut map = self.map("from", vocabulary, format!("{vocabulary} to OMOP"), description);
        let group = map.group(system, "", &self.meta.url, &self.meta.version);
        for &(_, source, target) in own {
            let Some(found) = self.concepts.source(source) else { continue };
            // A concept that maps to itself is the code as it stands; another target means the
            // same or something wider, which OMOP does not tell apart.
            let relationship = match source == target {
                true => Relationship::Equivalent,
                false => Relationship::RelatedTo,
            };
            let target = self.concepts.id(target).to_string();
            let code = self.concepts.code(found);
            map.mapping(group, &NewMapping::new(code, &target, relationship));
        }
        map
    }

    fn concepts_to_codes(&self, vocabulary: &str, system: &str, number: u16) -> ConceptMapBuilder {
        let description = format!("Codes of the concepts of OMOP that come from {vocabulary}");
        let mut map = self.map("to", vocabulary, format!("OMOP to {vocabulary}"), description);
        let group = map.group(&self.meta.url, &self.meta.version, system, "");
        for &source in self.concepts.sources.iter().filter(|one| one.vocabulary == number) {
            let concept = self.concepts.id(source.concept).to_string();
            let code = self.concepts.code(source);
            map.mapping(group, &NewMapping::new(&concept, code, Relationship::Equivalent));
        }
        map
    }

    fn map(
        &self,
        direction: &str,
        vocabulary: &str,
        title: String,
        description: String,
    ) -> ConceptMapBuilder {
        let slug = slug(vocabulary);
        let mut map = ConceptMapBuilder::new(ConceptMapMeta {
            url: format!("{OMOP}/ConceptMap/{direction}-{slug}"),
            version: self.meta.version.clone(),
            id: format!("omop-{direction}-{slug}"),
            name: format!("OMOP{}", title.replace(|c: char| !c.is_ascii_alphanumeric(), "")),
            title,
            status: "active".into(),
            date: self.meta.date.clone(),
            publisher: self.meta.publisher.clone(),
            description,
            ..ConceptMapMeta::default()
        });
        map.provenance = self.provenance.clone();
        map
    }

    fn give(&mut self, map: ConceptMapBuilder, sink: &mut dyn Sink) -> Result<()> {
        if map.is_empty() {
            return Ok(());
        }
        self.report.count("mappings", map.len() as u64);
        self.report.count("concept maps", 1);
        sink.concept_map(map)
    }
}
