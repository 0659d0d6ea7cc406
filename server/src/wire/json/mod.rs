//! Writing JSON answers straight into bytes.
//!
//! An answer is written once, front to back, without a tree in between and without an allocation per member:
//! at the request rates this server is made for, building and serialising a tree would cost more than finding
//! the answer. [`JsonWriter`] knows JSON alone; [`ParametersWriter`] and [`ExpansionWriter`] know the FHIR
//! shapes that repeat in every answer. [`pretty()`] lays a finished answer out for people.

mod buffers;
mod data_types;
mod escape;
mod expansion;
mod members;
mod parameters;
mod pretty;
mod writer;

pub use buffers::give;
pub(crate) use buffers::{forget, sent};
pub(super) use data_types::is_json_number;
pub use expansion::{
    ContainsRef, DesignationRef, EntryHead, ExpansionWriter, write_expansion_declarations,
};
pub(super) use members::BorrowedText;
pub use members::{Members, resource_type};
pub use parameters::{DesignationHead, ParametersWriter, PropertyText};
pub use pretty::{Pretty, compact, pretty};
pub use writer::{JsonWriter, Mark};
