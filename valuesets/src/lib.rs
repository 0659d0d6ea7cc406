//! Questions about sets of concepts: compose, expand, validate, translate, closure.

pub mod closure;
pub mod conceptmap;
pub mod model;
