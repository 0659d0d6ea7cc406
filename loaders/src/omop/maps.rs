//! Concept maps between the code systems that vocabularies are and OMOP.

use codesystems::model::ConceptId;
use valuesets::conceptmap::{ConceptMapBuilder, ConceptMapMeta, NewMapping, Relationship};

use super::{Loader, OMOP, slug};
use crate::{Result, Sink};

impl Loader<'_> {
    /// Hands over two maps a vocabulary: from its codes to standard concepts, and from its concepts
    /// to its codes. One is built at a time.
    pub(super) fn maps(&mut self, sink: &mut dyn Sink) -> Result<()> {
        self.mappings.sort_unstable();
        self.mappings.dedup();
        let mappings = std::mem::take(&mut self.mappings);
        for (number, (vocabulary, system)) in (0u16..).zip(self.concepts.vocabularies.clone()) {
            let mut map = self.map(&vocabulary, Direction::From);
            let group = map.group(system, "", &self.builder.meta.url, &self.builder.meta.version);
            let begin = mappings.partition_point(|mapping| mapping.0 < number);
            let own = mappings.iter().skip(begin).take_while(|mapping| mapping.0 == number);
            for &(_, source, target) in own {
                let Some(found) = self.concepts.source(source) else { continue };
                // A concept that maps to itself is the code as it stands; another target means the
                // same or something wider, which OMOP does not tell apart.
                let relationship = match source == target {
                    true => Relationship::Equivalent,
                    false => Relationship::RelatedTo,
                };
                let target = self.builder.code(ConceptId(target));
                map.mapping(
                    group,
                    &NewMapping::new(self.concepts.code(found), target, relationship),
                );
            }
            self.hand_over(map, sink)?;
            let mut map = self.map(&vocabulary, Direction::To);
            let group = map.group(&self.builder.meta.url, &self.builder.meta.version, system, "");
            for &source in self.concepts.sources.iter().filter(|one| one.vocabulary == number) {
                let concept = self.builder.code(ConceptId(source.concept));
                let code = self.concepts.code(source);
                map.mapping(group, &NewMapping::new(concept, code, Relationship::Equivalent));
            }
            self.hand_over(map, sink)?;
        }
        Ok(())
    }

    fn map(&self, vocabulary: &str, direction: Direction) -> ConceptMapBuilder {
        let meta = &self.builder.meta;
        let slug = slug(vocabulary);
        let (word, title, description) = match direction {
            Direction::From => (
                "from",
                format!("{vocabulary} to OMOP"),
                format!("Standard concepts of OMOP that codes of {vocabulary} map to (Maps to)"),
            ),
            Direction::To => (
                "to",
                format!("OMOP to {vocabulary}"),
                format!("Codes of the concepts of OMOP that come from {vocabulary}"),
            ),
        };
        let mut map = ConceptMapBuilder::new(ConceptMapMeta {
            url: format!("{OMOP}/ConceptMap/{word}-{slug}"),
            version: meta.version.clone(),
            id: format!("omop-{word}-{slug}"),
            name: format!("OMOP{}", title.replace(|c: char| !c.is_ascii_alphanumeric(), "")),
            title,
            status: "active".into(),
            date: meta.date.clone(),
            publisher: meta.publisher.clone(),
            description,
            ..ConceptMapMeta::default()
        });
        map.provenance = self.builder.provenance.clone();
        map
    }

    fn hand_over(&mut self, map: ConceptMapBuilder, sink: &mut dyn Sink) -> Result<()> {
        if map.is_empty() {
            return Ok(());
        }
        self.report.count("mappings", map.len() as u64);
        self.report.count("concept maps", 1);
        sink.concept_map(map)
    }
}

/// Which way a map goes.
#[derive(Debug, Clone, Copy)]
enum Direction {
    From,
    To,
}
