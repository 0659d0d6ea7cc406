//! SNOMED CT: the Expression Constraint Language.

pub mod ecl;
