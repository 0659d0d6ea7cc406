//! Writes the references to other terminologies as concept maps, one a terminology.

use codesystems::{PropertyKind, PropertyValue};
use valuesets::conceptmap::{ConceptMapBuilder, ConceptMapMeta, MapProperty, NewMapping};

use super::nomenclature::{Labels, Nomenclature, Reference};
use super::terms::{self, TARGETS, Target};
use super::{COPYRIGHT, LICENCE, Publication};
use crate::Report;

/// What the canonical URLs of the maps begin with. Orphadata names none; these stand under its own
/// domain, so that they cannot be taken for another publisher's.
const BASE: &str = "http://www.orpha.net/ConceptMap/orpha-";

/// The maps that have at least one mapping, in the order of [`TARGETS`].
pub(super) fn build(
    nomenclature: &Nomenclature,
    publication: &Publication,
    report: &mut Report,
) -> Vec<ConceptMapBuilder> {
    let order = nomenclature.in_code_order();
    let mut maps = Vec::new();
    for target in &TARGETS {
        let mut map = ConceptMapBuilder::new(meta(target, publication));
        map.provenance = publication.provenance.clone();
        let group = map.group(&publication.url, &publication.version, target.system, "");
        for entity in order.iter().filter_map(|&number| nomenclature.entities.get(number)) {
            let references = entity.references.iter().filter(|one| one.source == target.source);
            for reference in references {
                let properties = properties(reference, &nomenclature.labels);
                let borrowed: Vec<(&str, PropertyValue<'_>)> = properties
                    .iter()
                    .filter(|(_, value, _)| !value.is_empty())
                    .map(|(name, value, is_code)| match is_code {
                        true => (*name, PropertyValue::Code(value)),
                        false => (*name, PropertyValue::String(value)),
                    })
                    .collect();
                let relationship = terms::relationship(&reference.relation);
                map.mapping(
                    group,
                    &NewMapping {
                        source_display: entity.name(),
                        properties: &borrowed,
                        ..NewMapping::new(&entity.code, &reference.code, relationship)
                    },
                );
            }
        }
        if !map.is_empty() {
            report.count(&format!("mappings to {}", target.name), map.len() as u64);
            maps.push(map);
        }
    }
    maps
}

const RELATION: &str = "mapping-relation";
const ICD_RELATION: &str = "icd-relation";
const STATUS: &str = "validation-status";
const BROWSER: &str = "icd11-url";
const FOUNDATION: &str = "icd11-foundation";

/// Name, value and whether the value is a code.
fn properties(reference: &Reference, labels: &Labels) -> [(&'static str, String, bool); 5] {
    let stable = |term: &str, known: fn(&str) -> Option<&'static str>| {
        known(term).map_or_else(|| terms::slug(labels.name(term)), str::to_owned)
    };
    let foundation = match reference.foundation.as_str() {
        "" => String::new(),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("http://id.who.int/icd/entity/{number}")
        }
        other => other.to_owned(),
    };
    [
        (RELATION, reference.relation.clone(), true),
        (ICD_RELATION, stable(&reference.icd_relation, terms::icd_relation), true),
        (STATUS, stable(&reference.status, terms::validation), true),
        (BROWSER, reference.url.clone(), false),
        (FOUNDATION, foundation, false),
    ]
}

fn meta(target: &Target, publication: &Publication) -> ConceptMapMeta {
    let property = |code: &str, kind, description: &str| MapProperty {
        code: code.into(),
        uri: String::new(),
        description: description.into(),
        kind,
    };
    ConceptMapMeta {
        url: format!("{BASE}{}", target.key),
        version: publication.version.clone(),
        id: format!("orpha-{}", target.key),
        name: format!("OrphaTo{}", target.key.to_uppercase()),
        title: format!("ORPHAcodes to {}", target.name),
        status: "active".into(),
        date: publication.date.clone(),
        publisher: "INSERM".into(),
        description: format!(
            "References of the Orphanet nomenclature to {}, with the relation that Orphanet gives.",
            target.name
        ),
        copyright: format!("{COPYRIGHT} Data of {}. {LICENCE}", publication.date),
        properties: vec![
            property(RELATION, PropertyKind::Code, "Orphanet's relation: E, NTBT, BTNT, ND, W"),
            property(
                ICD_RELATION,
                PropertyKind::Code,
                "How the ICD code stands for the entity: specific code, inclusion term, index \
                 term, attributed code",
            ),
            property(STATUS, PropertyKind::Code, "Whether Orphanet validated the mapping"),
            property(BROWSER, PropertyKind::String, "Page of the code in the ICD-11 browser"),
            property(FOUNDATION, PropertyKind::String, "URI in the ICD-11 Foundation"),
        ],
        ..ConceptMapMeta::default()
    }
}
