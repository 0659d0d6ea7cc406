//! Concept maps: compiled once, asked in both directions.

mod builder;
mod model;

pub use builder::{ConceptMapBuilder, GroupId, NewMapping};
pub use model::{ConceptMapMeta, MapProperty, Relationship, Unmapped};
