//! The FHIR terminology server: wire formats, operations, library and command line.

pub mod wire;
