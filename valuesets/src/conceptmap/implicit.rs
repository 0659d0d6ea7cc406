//! Concept maps that SNOMED CT defines by URL: its map and association reference sets.
//!
//! Source: FHIR R4, "Using SNOMED CT with FHIR", section "Implicit Concept Maps";
//! SNOMED CT Release File Specification, map and association reference sets.
//!
//! The columns of a map reference set become properties of the mapping, under their names in the
//! release file: `mapGroup` and `mapPriority` (integers), `mapRule` and `mapAdvice` (texts),
//! `correlationId` and `mapCategoryId` (codes of SNOMED CT); the conditions of a rule become
//! `dependsOn` ([`rule`]). A map is read in the order of group and priority: within a group the first
//! mapping whose rule holds is the one to take, so where a request says of the conditions that they
//! hold, later ones are left out.

use std::sync::{Arc, OnceLock};

use codesystems::index::MemberRow;
use codesystems::model::SetId;
use codesystems::{Canonical, ConceptIx, Edition, PropertyValue};
use rustc_hash::FxHashMap;

use super::translate::{Coding, Fired, Match, Origin};
use super::{MapGroup, Part, Relationship};

pub(super) mod rule;

/// Canonical URL of SNOMED CT.
const SNOMED: &str = "http://snomed.info/sct";
/// That of its test releases (SNOMED CT URI Standard, 2.1).
const SNOMED_TEST: &str = "http://snomed.info/xsct";

/// Why a URL names no map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnomedMapError {
    /// The URL is not of the form defined.
    #[error(
        "'{url}' is not an implicit concept map of SNOMED CT; expected http://snomed.info/sct[/module[/version/YYYYMMDD]]?fhir_cm=[reference set]"
    )]
    Malformed {
        /// The URL.
        url: String,
    },
    /// The edition has no such reference set.
    #[error("SNOMED CT {version} has no reference set {refset}")]
    UnknownReferenceSet {
        /// Its concept id.
        refset: String,
        /// Version of the edition.
        version: String,
    },
    /// The reference set has no column that names a target.
    #[error(
        "reference set {refset} is no map: it has neither targetComponentId nor mapTarget nor mapSource"
    )]
    NotAMap {
        /// Its concept id.
        refset: String,
    },
}

/// What the URL of an implicit map says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnomedMapUrl<'a> {
    /// Edition or version URI, empty for whatever edition is the default.
    pub version: &'a str,
    /// Concept id of the reference set.
    pub refset: &'a str,
}

impl<'a> SnomedMapUrl<'a> {
    /// Reads `http://snomed.info/sct[/module[/version/YYYYMMDD]]?fhir_cm=[reference set]`; `None`
    /// when the URL is nothing of that kind.
    ///
    /// # Errors
    /// [`SnomedMapError::Malformed`] when it is, but ill-formed.
    #[must_use]
    pub fn parse(url: &'a str) -> Option<Result<Self, SnomedMapError>> {
        let (base, refset) = url.split_once("?fhir_cm")?;
        let edition = base.strip_prefix(SNOMED).or_else(|| base.strip_prefix(SNOMED_TEST))?;
        let refset = refset.strip_prefix('=').unwrap_or_default();
        let number = |text: &str, length: std::ops::RangeInclusive<usize>| {
            length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let parts: Vec<&str> = edition.split('/').collect();
        let edition_fits = match parts.as_slice() {
            [""] => true,
            ["", module] => number(module, 6..=18),
            ["", module, "version", date] => number(module, 6..=18) && number(date, 8..=8),
            _ => false,
        };
        if !edition_fits || !number(refset, 6..=18) {
            return Some(Err(SnomedMapError::Malformed { url: url.to_owned() }));
        }
        let version = if edition.is_empty() { "" } else { base };
        Some(Ok(Self { version, refset }))
    }
}

/// Which column of a reference set names the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A concept of SNOMED CT: an association.
    Component,
    /// A code of another system that the concept is mapped to.
    Target,
    /// A code of another system that is mapped to the concept.
    Source,
}

/// Numbers of the columns that matter.
#[derive(Debug, Clone)]
struct Columns {
    side: Side,
    other: usize,
    group: Option<usize>,
    priority: Option<usize>,
    correlation: Option<usize>,
    rule: Option<usize>,
    /// Columns shown as properties.
    properties: Vec<(usize, &'static str)>,
}

/// Columns shown as properties, in the order in which they are given.
const PROPERTIES: [&str; 6] =
    ["mapGroup", "mapPriority", "mapRule", "mapAdvice", "correlationId", "mapCategoryId"];

impl Columns {
    fn of(names: &[String]) -> Option<Self> {
        let find = |name: &str| names.iter().position(|known| known == name);
        let sides = [
            ("targetComponentId", Side::Component),
            ("mapTarget", Side::Target),
            ("mapSource", Side::Source),
        ];
        let (other, side) = sides.into_iter().find_map(|(name, side)| Some((find(name)?, side)))?;
        Some(Self {
            side,
            other,
            group: find("mapGroup"),
            priority: find("mapPriority"),
            correlation: find("correlationId"),
            rule: find("mapRule"),
            properties: PROPERTIES
                .into_iter()
                .filter_map(|name| Some((find(name)?, name)))
                .collect(),
        })
    }
}

/// A map or association reference set of an edition, seen as a concept map.
///
/// Nothing is copied: mappings are read from the edition. Only reading a map against its direction
/// builds an index, once, of the codes of the other system; keep the map to keep the index.
#[derive(Debug)]
pub struct SnomedMap {
    edition: Arc<Edition>,
    set: SetId,
    refset: String,
    columns: Columns,
    relationship: Relationship,
    group: MapGroup,
    by_other: OnceLock<FxHashMap<Box<str>, Vec<ConceptIx>>>,
}

impl SnomedMap {
    /// The reference set `refset` of `edition` as a map.
    ///
    /// # Errors
    /// [`SnomedMapError::UnknownReferenceSet`] and [`SnomedMapError::NotAMap`].
    pub fn new(edition: Arc<Edition>, refset: &str) -> Result<Self, SnomedMapError> {
        let unknown = || SnomedMapError::UnknownReferenceSet {
            refset: refset.to_owned(),
            version: edition.meta().version.clone(),
        };
        let (set, definition) = edition.membership_set(refset).ok_or_else(unknown)?;
        let columns = Columns::of(&definition.fields)
            .ok_or_else(|| SnomedMapError::NotAMap { refset: refset.to_owned() })?;
        let meta = edition.meta();
        let snomed = (meta.url.clone(), meta.version.clone());
        let other = match columns.side {
            Side::Component => snomed.clone(),
            Side::Target | Side::Source => (other_system(refset).to_owned(), String::new()),
        };
        let (source, target) =
            if columns.side == Side::Source { (other, snomed) } else { (snomed, other) };
        let group = MapGroup {
            source: source.0,
            source_version: source.1,
            target: target.0,
            target_version: target.1,
            unmapped: None,
        };
        Ok(Self {
            relationship: relationship_of(refset),
            refset: refset.to_owned(),
            by_other: OnceLock::new(),
            edition,
            set,
            columns,
            group,
        })
    }

    /// The map with another system on the side that is not SNOMED CT: releases do not say which it
    /// is. No effect on associations.
    #[must_use]
    pub fn with_other_system(mut self, system: &str, version: &str) -> Self {
        let (name, known) = match self.columns.side {
            Side::Component => return self,
            Side::Target => (&mut self.group.target, &mut self.group.target_version),
            Side::Source => (&mut self.group.source, &mut self.group.source_version),
        };
        system.clone_into(name);
        version.clone_into(known);
        self
    }

    /// URL and version of the map.
    #[must_use]
    pub fn canonical(&self) -> Canonical {
        let meta = self.edition.meta();
        Canonical::new(format!("{}?fhir_cm={}", meta.url, self.refset), Some(&meta.version))
    }

    /// Its systems and versions.
    #[must_use]
    pub fn group(&self) -> &MapGroup {
        &self.group
    }

    /// The mappings of a source code, by map group and priority; without the source's display.
    #[must_use]
    pub fn mappings(&self, code: &str) -> Vec<Match<'_>> {
        match self.columns.side {
            Side::Component | Side::Target => self.of_concept(code, false),
            Side::Source => self.of_other(code),
        }
    }

    /// The mappings that have a code as their target, by concept.
    #[must_use]
    pub fn reverse(&self, code: &str) -> Vec<Match<'_>> {
        match self.columns.side {
            Side::Component | Side::Target => self.of_other(code),
            Side::Source => self.of_concept(code, true),
        }
    }

    /// With the display of the concept or without it: reading one that nobody sees is reading memory
    /// that lies far from all else.
    fn of_concept(&self, code: &str, is_shown: bool) -> Vec<Match<'_>> {
        let Some(concept) = self.edition.find(code) else { return Vec::new() };
        let mut rows: Vec<(MemberRow<'_>, Vec<&str>)> = self
            .edition
            .member_rows_of(self.set, concept)
            .map(|row| (row, row.fields().collect()))
            .collect();
        let number = |fields: &[&str], column: Option<usize>| -> u32 {
            let field = column.and_then(|column| fields.get(column));
            field.and_then(|field| field.parse().ok()).unwrap_or_default()
        };
        let Columns { group, priority, .. } = self.columns;
        rows.sort_by_key(|(_, fields)| (number(fields, group), number(fields, priority)));
        rows.into_iter().map(|(row, fields)| self.matched(row, &fields, is_shown)).collect()
    }

    fn of_other(&self, code: &str) -> Vec<Match<'_>> {
        let concepts = self.by_other.get_or_init(|| self.index()).get(code);
        let concepts = concepts.map(Vec::as_slice).unwrap_or_default().iter();
        concepts
            .flat_map(|&concept| self.edition.member_rows_of(self.set, concept))
            .map(|row| (row, row.fields().collect::<Vec<_>>()))
            .filter(|(_, fields)| fields.get(self.columns.other) == Some(&code))
            .map(|(row, fields)| self.matched(row, &fields, true))
            .collect()
    }

    fn index(&self) -> FxHashMap<Box<str>, Vec<ConceptIx>> {
        let mut index: FxHashMap<Box<str>, Vec<ConceptIx>> = FxHashMap::default();
        for row in self.edition.member_rows(self.set) {
            let other = row.fields().nth(self.columns.other).unwrap_or_default();
            if other.is_empty() {
                continue;
            }
            let concepts = match index.get_mut(other) {
                Some(concepts) => concepts,
                None => index.entry(other.into()).or_default(),
            };
            if concepts.last() != Some(&row.concept()) {
                concepts.push(row.concept());
            }
        }
        index
    }

    fn concept_coding(&self, concept: ConceptIx, is_shown: bool) -> Coding<'_> {
        Coding {
            system: &self.edition.meta().url,
            version: &self.edition.meta().version,
            code: self.edition.code(concept),
            display: if is_shown { self.edition.display(concept) } else { "" },
        }
    }

    fn other_coding<'a>(&'a self, code: &'a str) -> Coding<'a> {
        let MapGroup { source, source_version, target, target_version, .. } = &self.group;
        let (system, version) = match self.columns.side {
            Side::Component | Side::Target => (target, target_version),
            Side::Source => (source, source_version),
        };
        let concept = (self.columns.side == Side::Component).then(|| self.edition.find(code));
        let display = concept.flatten().map_or("", |concept| self.edition.display(concept));
        Coding { system, version, code, display }
    }

    fn matched<'a>(&'a self, row: MemberRow<'a>, fields: &[&'a str], is_shown: bool) -> Match<'a> {
        let field = |column: usize| fields.get(column).copied().unwrap_or_default();
        let concept = self.concept_coding(row.concept(), is_shown);
        let code = field(self.columns.other);
        let other = (!code.is_empty()).then(|| self.other_coding(code));
        let (source, target) = match (self.columns.side, other) {
            (Side::Source, other) => (other.unwrap_or_default(), Some(concept)),
            (_, other) => (concept, other),
        };
        let correlation = self.columns.correlation.and_then(|column| correlation(field(column)));
        let relationship = match target {
            Some(_) => correlation.unwrap_or(self.relationship),
            None => Relationship::Unmatched,
        };
        let properties = self.columns.properties.iter();
        Match {
            source,
            target,
            relationship,
            comment: "",
            properties: properties
                .filter(|(column, _)| !field(*column).is_empty())
                .map(|&(column, name)| Part { name, value: property(name, field(column)) })
                .collect(),
            depends_on: self
                .columns
                .rule
                .map(|column| rule::conditions(field(column)))
                .unwrap_or_default(),
            products: Vec::new(),
            origin: Origin { map: self.canonical(), group: 0, fired: Fired::Row(row.number()) },
        }
    }
}

fn property<'a>(name: &str, text: &'a str) -> PropertyValue<'a> {
    match name {
        "mapGroup" | "mapPriority" => {
            text.parse().map_or(PropertyValue::String(text), PropertyValue::Integer)
        }
        "correlationId" | "mapCategoryId" => PropertyValue::Code(text),
        _ => PropertyValue::String(text),
    }
}

/// The relationship of the mappings of a reference set, unless a row has a correlation of its own.
///
/// The first four are those of the FHIR page (given in the wording of R4). It is silent on the
/// others: theirs follow the meaning that the release file specification gives them, and the
/// vaguest one stands where it gives none.
fn relationship_of(refset: &str) -> Relationship {
    match refset {
        // POSSIBLY EQUIVALENT TO, REPLACED BY, SAME AS, ALTERNATIVE
        "900000000000523009" | "900000000000530003" => Relationship::Inexact,
        "900000000000526001" => Relationship::Equivalent,
        "900000000000527005" => Relationship::Equal,
        // WAS A: the target was above the source.
        "900000000000528000" => Relationship::SourceIsNarrower,
        // SIMILAR TO, POSSIBLY REPLACED BY, PARTIALLY EQUIVALENT TO
        "900000000000529008" | "1186921001" | "1186924009" => Relationship::Inexact,
        _ => Relationship::RelatedTo,
    }
}

/// What a map correlation value (descendant of 447247004) says; `None` for "not specified".
fn correlation(code: &str) -> Option<Relationship> {
    Some(match code {
        "447556008" => Relationship::Unmatched,
        "447557004" => Relationship::Equivalent,
        "447558009" => Relationship::SourceIsNarrower,
        "447559001" => Relationship::SourceIsBroader,
        "447560006" => Relationship::Inexact,
        _ => return None,
    })
}

/// Canonical URL of the system on the other side of a well-known map; empty when it is not known.
fn other_system(refset: &str) -> &'static str {
    match refset {
        // ICD-10 complex map, ICD-10-CM extended map, ICD-O simple map
        "447562003" => "http://hl7.org/fhir/sid/icd-10",
        "6011000124106" => "http://hl7.org/fhir/sid/icd-10-cm",
        "446608001" => "http://terminology.hl7.org/CodeSystem/icd-o-3",
        // CTV3 simple map, Orphanet simple map, MedDRA in both directions
        "900000000000497000" => "http://read.info/ctv3",
        "784008009" => "http://www.orpha.net",
        "816210007" | "1193497006" => "http://terminology.hl7.org/CodeSystem/mdr",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
