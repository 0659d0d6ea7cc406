//! Writes the nomenclature as an edition.

use codesystems::EditionBuilder;
use codesystems::model::{
    ConceptId, DisplayRank, EditionMeta, Identifier, NewDesignation, PropertyId, PropertyKind,
    PropertyValue, UseId,
};

use super::nomenclature::{Entity, EntityNumber, Labels, Nomenclature, language_rank};
use super::terms::{self, Association, Target};
use super::{COPYRIGHT, LICENCE, Publication};
use crate::Report;

/// Canonical of the Human Phenotype Ontology (hl7.terminology, NamingSystem HPO).
const HPO: &str = "http://human-phenotype-ontology.org";
/// Canonical of the HUGO gene names (hl7.terminology, NamingSystem HGNC).
const HGNC: &str = "http://www.genenames.org";

/// The nomenclature as an edition, before it is handed over.
pub(super) fn build(
    nomenclature: &Nomenclature,
    publication: &Publication,
    report: &mut Report,
) -> EditionBuilder {
    let mut builder = EditionBuilder::new(meta(nomenclature, publication));
    builder.provenance = publication.provenance.clone();
    let order = nomenclature.in_code_order();
    let mut concepts = vec![ConceptId(0); nomenclature.entities.len()];
    let entities = order
        .iter()
        .filter_map(|&number| nomenclature.entities.get(number).map(|entity| (number, entity)));
    for (number, entity) in entities.clone() {
        let concept = builder.concept(&entity.code);
        if let Some(slot) = concepts.get_mut(number) {
            *slot = concept;
        }
    }
    let mut writer = Writer::new(builder, &nomenclature.labels);
    for (number, entity) in entities {
        writer.entity(concept_of(&concepts, number), entity, report);
    }
    let mut builder = writer.builder;
    hierarchy(nomenclature, publication, &concepts, &mut builder, report);
    classifications(nomenclature, &concepts, &mut builder, report);
    report.count("concepts", builder.concept_count() as u64);
    report.count("designations", builder.designation_count() as u64);
    builder
}

fn concept_of(concepts: &[ConceptId], number: EntityNumber) -> ConceptId {
    concepts.get(number).copied().unwrap_or(ConceptId(0))
}

fn meta(nomenclature: &Nomenclature, publication: &Publication) -> EditionMeta {
    let mut languages: Vec<String> = nomenclature.languages.iter().cloned().collect();
    languages.sort_by_key(|language| (language_rank(language), language.clone()));
    EditionMeta {
        // The canonical that hl7.terminology prefers, and the one German profiles use, differ in
        // the scheme only.
        aliases: vec!["https://www.orpha.net".into()],
        name: "Orphanet".into(),
        title: publication
            .title
            .clone()
            .unwrap_or_else(|| "Orphanet nomenclature of rare diseases (ORPHAcodes)".into()),
        date: publication.date.clone(),
        publisher: "INSERM".into(),
        description: "ORPHAcodes with names, classifications, phenotypes, genes and epidemiology, \
            merged from the XML products of Orphadata."
            .into(),
        copyright: format!("{COPYRIGHT} Data of {}. {LICENCE}", publication.date),
        notices: vec![format!("{COPYRIGHT} Data of {}. {LICENCE}", publication.date)],
        language: languages.first().cloned().unwrap_or_default(),
        case_sensitive: Some(false),
        // Every node is a kind of what stands above it; the heads are the medical specialties.
        hierarchy_meaning: "is-a".into(),
        compositional: Some(false),
        version_needed: Some(false),
        identifiers: vec![Identifier {
            system: "urn:ietf:rfc:3986".into(),
            value: "urn:oid:1.3.6.1.4.1.12559.11.10.1.3.1.44.5".into(),
        }],
        languages,
        ..EditionMeta::new(&publication.url, &publication.version)
    }
}

/// Writes entities one after the other.
struct Writer<'n> {
    builder: EditionBuilder,
    labels: &'n Labels,
    synonym: UseId,
    definition: UseId,
    /// Relationship group of the current entity: rows of products 4, 6, 9 are one group each.
    group: u16,
}

impl<'n> Writer<'n> {
    fn new(mut builder: EditionBuilder, labels: &'n Labels) -> Self {
        let sct = "http://snomed.info/sct";
        let synonym = builder.designation_use(sct, "900000000000013009", "Synonym");
        let definition = builder.designation_use(sct, "900000000000550004", "Definition");
        Self { builder, labels, synonym, definition, group: 0 }
    }

    fn entity(&mut self, concept: ConceptId, entity: &Entity, report: &mut Report) {
        self.group = 0;
        self.designations(concept, entity, report);
        self.nature(concept, entity, report);
        self.associations(concept, entity);
        self.phenotypes(concept, entity);
        self.genes(concept, entity);
        self.epidemiology(concept, entity);
        self.references(concept, entity);
        for (name, number) in [
            ("synonyms", entity.synonyms.len()),
            ("phenotypes", entity.phenotypes.len()),
            ("genes", entity.genes.len()),
            ("prevalences", entity.prevalences.len()),
            ("functional consequences", entity.disabilities.len()),
        ] {
            if number > 0 {
                report.count(name, number as u64);
            }
        }
    }

    fn designations(&mut self, concept: ConceptId, entity: &Entity, report: &mut Report) {
        for (language, name) in &entity.names {
            if let Some(name) = name {
                self.builder.display(concept, language, &name.value);
            }
        }
        for (language, text) in &entity.synonyms {
            let synonym = NewDesignation::new(language, self.synonym, text, DisplayRank::Synonym);
            self.builder.designation(concept, &synonym);
        }
        for (language, text) in &entity.definitions {
            let Some(text) = text else { continue };
            let note =
                NewDesignation::new(language, self.definition, &text.value, DisplayRank::Note);
            self.builder.designation(concept, &note);
            report.count("definitions", 1);
        }
    }

    fn nature(&mut self, concept: ConceptId, entity: &Entity, report: &mut Report) {
        let kind = entity.disorder_type.as_ref().map_or("", |kind| kind.value.as_str());
        if !kind.is_empty() {
            let known = terms::disorder_type(kind).map(str::to_owned);
            let code = known.unwrap_or_else(|| terms::slug(self.labels.name(kind)));
            self.code(concept, "disorder-type", "Typology of the entity", &code, 0);
        }
        let level = match &entity.level {
            Some(level) => terms::level(&level.value)
                .map_or_else(|| terms::slug(self.labels.name(&level.value)), str::to_owned),
            None => terms::level_of_type(kind).unwrap_or_default().to_owned(),
        };
        self.builder.set_kind(concept, &level);
        // Files of 2019 give the heads of classifications neither typology nor level.
        let untyped_head = entity.head && level.is_empty();
        self.builder.set_not_selectable(concept, level == terms::GROUP || untyped_head);
        let associations = entity.associations.iter().map(|(association, _)| *association);
        let flag = entity.flag.as_ref().map(|flag| flag.value);
        if let Some(status) = terms::inactive_status(flag, associations) {
            self.builder.set_inactive(concept, true);
            self.builder.set_status(concept, status);
            report.count("inactive concepts", 1);
        }
    }

    fn associations(&mut self, concept: ConceptId, entity: &Entity) {
        for (association, target) in &entity.associations {
            let (code, description) = Association::property(*association);
            self.code(concept, code, description, target, 0);
        }
    }

    fn phenotypes(&mut self, concept: ConceptId, entity: &Entity) {
        for phenotype in &entity.phenotypes {
            let group = self.next_group();
            let coding = PropertyValue::Coding {
                system: HPO,
                version: "",
                code: &phenotype.code,
                display: &phenotype.name,
            };
            let id = self.id("phenotype", PropertyKind::Coding, "Phenotypic abnormality (HPO)");
            self.builder.property(concept, id, coding, group);
            self.term(
                concept,
                "phenotype-frequency",
                "How often the phenotype of the same group is seen",
                &phenotype.frequency,
                group,
            );
            self.term(
                concept,
                "phenotype-criterion",
                "Whether the phenotype of the same group is pathognomonic or a criterion",
                &phenotype.criterion,
                group,
            );
        }
    }

    fn genes(&mut self, concept: ConceptId, entity: &Entity) {
        for gene in &entity.genes {
            let group = self.next_group();
            self.string(concept, "gene", "Symbol of an associated gene", &gene.symbol, group);
            if !gene.hgnc.is_empty() {
                let id = self.id(
                    "gene-hgnc",
                    PropertyKind::Coding,
                    "HGNC identifier of the gene of the same group",
                );
                let coding = PropertyValue::Coding {
                    system: HGNC,
                    version: "",
                    code: &format!("HGNC:{}", gene.hgnc),
                    display: &gene.name,
                };
                self.builder.property(concept, id, coding, group);
            }
            let description = "How the gene of the same group is associated";
            self.term(concept, "gene-association", description, &gene.association, group);
            let description = "Whether the association of the same group was assessed";
            self.term(concept, "gene-association-status", description, &gene.status, group);
        }
    }

    fn epidemiology(&mut self, concept: ConceptId, entity: &Entity) {
        for row in &entity.prevalences {
            let group = self.next_group();
            for (code, description, term) in [
                ("prevalence-type", "What the figure of the same group counts", &row.kind),
                ("prevalence-class", "Class of prevalence", &row.class),
                ("prevalence-qualification", "Nature of the figure", &row.qualification),
                ("prevalence-geography", "Where the figure holds", &row.geography),
                ("prevalence-status", "Whether the figure was validated", &row.status),
            ] {
                self.term(concept, code, description, term, group);
            }
            if !row.value.is_empty() {
                let description = "Mean value: per 100 000, or number of cases or families";
                let id = self.id("prevalence-value", PropertyKind::Decimal, description);
                self.builder.property(concept, id, PropertyValue::Decimal(&row.value), group);
            }
        }
        for row in &entity.disabilities {
            let group = self.next_group();
            for (code, description, term) in [
                ("disability", "Activity that is limited", &row.activity),
                ("disability-frequency", "How often it is limited", &row.frequency),
                ("disability-temporality", "For how long it is limited", &row.temporality),
                ("disability-severity", "How severely it is limited", &row.severity),
            ] {
                self.term(concept, code, description, term, group);
            }
        }
        for (code, description, terms) in [
            ("age-of-onset", "Age of onset", &entity.onsets),
            ("age-of-death", "Age of death", &entity.deaths),
            ("inheritance", "Mode of inheritance", &entity.inheritances),
        ] {
            for term in terms {
                self.term(concept, code, description, term, 0);
            }
        }
    }

    fn references(&mut self, concept: ConceptId, entity: &Entity) {
        for reference in &entity.references {
            let Some(target) = Target::of(&reference.source) else { continue };
            let description = "Code in another terminology; how the two relate is in the map";
            let id = self.id("xref", PropertyKind::Coding, description);
            let coding = PropertyValue::Coding {
                system: target.system,
                version: "",
                code: &reference.code,
                display: "",
            };
            self.builder.property(concept, id, coding, 0);
        }
    }

    fn next_group(&mut self) -> u16 {
        self.group = self.group.saturating_add(1);
        self.group
    }

    fn id(&mut self, code: &str, kind: PropertyKind, description: &str) -> PropertyId {
        self.builder.property_id(code, kind, description)
    }

    fn code(&mut self, concept: ConceptId, code: &str, description: &str, value: &str, group: u16) {
        let id = self.id(code, PropertyKind::Code, description);
        self.builder.property(concept, id, PropertyValue::Code(value), group);
    }

    fn string(&mut self, concept: ConceptId, code: &str, about: &str, value: &str, group: u16) {
        if !value.is_empty() {
            let id = self.id(code, PropertyKind::String, about);
            self.builder.property(concept, id, PropertyValue::String(value), group);
        }
    }

    fn term(&mut self, concept: ConceptId, code: &str, about: &str, term: &str, group: u16) {
        let labels = self.labels;
        self.string(concept, code, about, labels.name(term), group);
    }
}

fn hierarchy(
    nomenclature: &Nomenclature,
    publication: &Publication,
    concepts: &[ConceptId],
    builder: &mut EditionBuilder,
    report: &mut Report,
) {
    let (edges, closing) = nomenclature.edges();
    for &(child, parent) in &edges {
        builder.parent(concept_of(concepts, child), concept_of(concepts, parent));
    }
    let code = |number: EntityNumber| {
        nomenclature.entities.get(number).map_or("", |entity| entity.code.as_str())
    };
    for &(child, parent) in &closing {
        let message = format!(
            "the classifications together put {0} below {1} and {1} below {0}; \
             the edge {0} below {1} was left out",
            code(child),
            code(parent)
        );
        report.warn(&publication.path, 0, message);
        report.count("edges left out", 1);
    }
    report.count("edges", edges.len() as u64);
}

/// Tree membership: a set per classification, whose rows name the parent in that classification,
/// and a property to filter by.
fn classifications(
    nomenclature: &Nomenclature,
    concepts: &[ConceptId],
    builder: &mut EditionBuilder,
    report: &mut Report,
) {
    if nomenclature.places.is_empty() {
        return;
    }
    let description = "ORPHA number of a classification that the entity is part of";
    let property = builder.property_id("classification", PropertyKind::Code, description);
    let mut last = None;
    for place in &nomenclature.places {
        let name = nomenclature.classifications.get(&place.classification);
        let name = name.map_or("", |(_, name)| name.as_str());
        let set = builder.membership_set(&place.classification, name, &["parent"]);
        let concept = concept_of(concepts, place.child);
        let parent = place.parent.and_then(|parent| nomenclature.entities.get(parent));
        builder.member(set, concept, &[parent.map_or("", |parent| parent.code.as_str())]);
        // Places are sorted by classification and child: rows of one child stand together.
        if last != Some((&place.classification, place.child)) {
            builder.property(concept, property, PropertyValue::Code(&place.classification), 0);
            report.count("classification members", 1);
        }
        last = Some((&place.classification, place.child));
    }
    report.count("classifications", nomenclature.classifications.len() as u64);
}
