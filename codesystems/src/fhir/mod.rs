//! FHIR terminology resources: read into editions, and converted between JSON and XML.
//!
//! Resources reach the code systems from two sides: as files of a package, and inside of a request
//! (`tx-resource`). Both go through the same readers, which borrow from the text they read instead
//! of building a tree of it.

pub mod code_system;
pub mod json;
mod json_path;
pub mod xml;
