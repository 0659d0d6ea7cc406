//! Questions about sets of concepts: compose, expand, validate, translate, closure.

pub mod conceptmap;
pub mod fhir;
pub mod model;
