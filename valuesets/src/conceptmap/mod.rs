//! Concept maps: compiled once, asked in both directions.
//!
//! A loader fills a [`ConceptMapBuilder`]; its result is read as a [`ConceptMap`]. Maps are chosen
//! by [`MapIndex`] and answer through [`translate()`]; reference sets of SNOMED CT answer alike
//! ([`SnomedMap`]); yearly transition maps are chained by [`route`] and
//! [`chain()`].

mod builder;
mod chain;
mod implicit;
mod model;
mod reader;
mod sections;
mod select;
mod translate;
mod write;

pub use builder::{ConceptMapBuilder, Dependency, GroupId, NewMapping};
pub use chain::{
    AUTOMATIC, AUTOMATIC_BACKWARD, Ambiguity, Chain, Ended, Ending, Reached, Step, chain, route,
};
pub use implicit::{SnomedMap, SnomedMapError, SnomedMapUrl};
pub use model::{ConceptMapMeta, MapGroup, MapProperty, Relationship, Unmapped};
pub use reader::{ConceptMap, Element, GroupRef, Mapping, Part};
pub use select::{MapIndex, Wanted};
pub use translate::{
    Candidate, Coding, Direction, Fired, Match, Origin, Scope, TranslateMessage, TranslateRequest,
    Translation, translate, versions_agree,
};

#[cfg(test)]
mod tests;
