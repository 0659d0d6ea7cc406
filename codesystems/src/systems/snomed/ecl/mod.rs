//! The Expression Constraint Language (ECL) 2.2: sets of concepts by what they are and mean.
//!
//! [`parse`] reads both syntaxes into a tree ([`ast`]), [`format()`] writes it back, [`evaluate`]
//! answers it on an edition as a set, [`explain`] says what each part selects. Every feature of the
//! language is evaluated; what the language leaves open is decided so:
//!
//! * `*` stands for the root concept and all below it; in an edition without the root for all
//!   active concepts. As the value of an attribute it stands for any value, numbers and texts too.
//! * A cardinality counts relationships, not distinct values: in a group those of the group, outside
//!   those of all groups together. Each relationship of group 0 is a group of its own.
//! * The name `*` of an attribute stands for every attribute but |Is a|, which counts only where it
//!   is selected by its identifier or by a hierarchy.
//! * A concept that the edition does not have is an error, a reference set without members is not.
//!
//! Source: SNOMED CT Expression Constraint Language Specification and Guide, version 2.2.

pub mod ast;
mod error;
mod evaluator;
mod explain;
mod format;
mod lexer;
mod parser;
mod plan;
#[cfg(test)]
mod tests;

pub use error::{Error, Result};
pub use evaluator::{Evaluator, evaluate};
pub use explain::{Step, explain};
pub use format::{Syntax, format};
pub use lexer::{MAX_BYTES, MAX_DEPTH};
pub use parser::parse;
