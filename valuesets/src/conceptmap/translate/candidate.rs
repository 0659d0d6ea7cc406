//! The kinds of map that can answer, seen alike.

use codesystems::Canonical;

use super::super::implicit::SnomedMap;
use super::super::{ConceptMap, MapGroup, Mapping};
use super::{Coding, Direction, Fired, Match, Origin};

/// A map that may answer a request.
#[derive(Debug, Clone, Copy)]
pub enum Candidate<'a> {
    /// A compiled concept map.
    Compiled(&'a ConceptMap),
    /// A reference set of SNOMED CT.
    Snomed(&'a SnomedMap),
}

impl<'a> Candidate<'a> {
    /// URL and version of the map.
    #[must_use]
    pub fn canonical(self) -> Canonical {
        match self {
            Self::Compiled(map) => map.canonical(),
            Self::Snomed(map) => map.canonical(),
        }
    }

    /// Canonicals of the value sets it maps from and to, empty where it declares none.
    pub(super) fn scopes(self) -> (&'a str, &'a str) {
        match self {
            Self::Compiled(map) => (&map.meta().source_scope, &map.meta().target_scope),
            Self::Snomed(_) => ("", ""),
        }
    }

    pub(super) fn groups(self) -> std::slice::Iter<'a, MapGroup> {
        match self {
            Self::Compiled(map) => map.definitions().iter(),
            Self::Snomed(map) => std::slice::from_ref(map.group()).iter(),
        }
    }

    /// All mappings of a code in any group.
    pub(super) fn matches(self, direction: Direction, code: &str) -> Vec<Match<'a>> {
        match (self, direction) {
            (Self::Compiled(map), Direction::Forward) => {
                map.mappings(None, code).map(|mapping| compiled(map, mapping)).collect()
            }
            (Self::Compiled(map), Direction::Reverse) => {
                map.reverse(None, code).map(|mapping| compiled(map, mapping)).collect()
            }
            (Self::Snomed(map), Direction::Forward) => map.mappings(code),
            (Self::Snomed(map), Direction::Reverse) => map.reverse(code),
        }
    }
}

fn compiled<'a>(map: &'a ConceptMap, mapping: Mapping<'a>) -> Match<'a> {
    let group = mapping.definition();
    let target = mapping.target().map(|code| Coding {
        system: &group.target,
        version: &group.target_version,
        code,
        display: mapping.target_display(),
    });
    Match {
        source: Coding {
            system: &group.source,
            version: &group.source_version,
            code: mapping.source(),
            display: mapping.source_display(),
        },
        target,
        relationship: mapping.relationship(),
        comment: mapping.comment(),
        properties: mapping.properties().collect(),
        depends_on: mapping.depends_on().collect(),
        products: mapping.products().collect(),
        origin: Origin {
            map: map.canonical(),
            group: mapping.group().number(),
            fired: Fired::Row(mapping.row()),
        },
    }
}
