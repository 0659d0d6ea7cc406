//! What single code systems have beyond concepts and properties: their query languages and grammars.

pub mod snomed;
