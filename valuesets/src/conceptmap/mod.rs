//! Concept maps: compiled once, asked in both directions.

mod builder;
mod model;

pub use builder::{ConceptMapBuilder, GroupId, NewMapping};
pub use model::{ConceptMapMeta, MapProperty, Relationship, Unmapped};

/// placeholder until the compiled map arrives
#[derive(Debug)]
pub struct ConceptMap;
impl ConceptMap {
    /// placeholder
    pub fn meta(&self) -> &ConceptMapMeta {
        static M: std::sync::OnceLock<ConceptMapMeta> = std::sync::OnceLock::new();
        M.get_or_init(ConceptMapMeta::default)
    }
}
