//! What single code systems have beyond concepts and properties: their query languages, grammars
//! and lists.

pub(crate) mod bcp47;
pub(crate) mod hgvs;
pub(crate) mod iso3166;
pub mod listed;
pub(crate) mod mime;
pub mod snomed;
mod table;
pub(crate) mod ucum;
