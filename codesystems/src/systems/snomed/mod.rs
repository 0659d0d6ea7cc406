//! SNOMED CT: the Expression Constraint Language, post-coordinated expressions, editions.

pub mod ecl;
mod edition;
pub mod expression;

pub use edition::{URL, edition_name, edition_of_version};
