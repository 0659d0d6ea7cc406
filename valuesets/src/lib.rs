//! Questions about sets of concepts: compose, expand, validate, translate, closure.
//!
//! Everything is synchronous and knows nothing of transports. A [`scope::Scope`] says what one
//! request means by a canonical; [`plan::compile`] turns a value set into set algebra;
//! [`expand::expand`] and [`validate`] answer from it.

pub mod catalogue;
pub mod closure;
pub mod compare;
pub mod conceptmap;
mod error;
pub mod expand;
pub mod expressions;
pub mod fhir;
pub mod filters;
pub mod grown;
pub mod implicit;
pub mod issues;
pub mod model;
mod narrowed;
pub mod plan;
pub mod scope;
pub mod search;
pub mod validate;

pub use catalogue::{Catalogue, CodeSystem};
pub use error::{Error, Result};
pub use scope::Scope;
