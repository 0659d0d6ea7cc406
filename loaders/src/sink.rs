//! Where loaders put what they read.

use codesystems::EditionBuilder;
use valuesets::conceptmap::ConceptMapBuilder;

use crate::Result;

/// A FHIR resource that is kept as it came.
#[derive(Debug, Clone)]
pub struct Resource<'a> {
    /// `ValueSet`, `ConceptMap`, `NamingSystem` or `CodeSystem`.
    pub resource_type: &'a str,
    /// The resource as FHIR JSON, in the wording of `fhir_version`.
    pub json: &'a str,
    /// FHIR version it is written in: `4.0`, `4.3` or `5.0`.
    pub fhir_version: &'a str,
}

/// Takes editions, maps and resources from a loader.
///
/// All that one release yields is either stored whole or not at all: the implementor publishes it
/// when the loader has come to its end.
pub trait Sink {
    /// Takes a complete code system.
    ///
    /// # Errors
    /// When the edition cannot be built (for example for a cycle in the hierarchy) or stored.
    fn edition(&mut self, edition: EditionBuilder) -> Result<()>;

    /// Takes a complete concept map.
    ///
    /// # Errors
    /// When it cannot be built or stored.
    fn concept_map(&mut self, map: ConceptMapBuilder) -> Result<()>;

    /// Takes a FHIR resource as it came (value sets, naming systems, concept maps, code systems).
    /// A CodeSystem or ConceptMap is handed over twice: here for reading it back, and as an
    /// edition or map for asking it.
    ///
    /// # Errors
    /// When it cannot be stored.
    fn resource(&mut self, resource: Resource<'_>) -> Result<()>;
}
