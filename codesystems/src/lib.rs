//! Code systems as immutable editions.
//!
//! One code system version becomes one *edition*: a single file, built once by
//! [`EditionBuilder`], memory-mapped by [`Edition`], checksummed, never changed. Inside an edition
//! a concept is a dense ordinal ([`ConceptIx`]); whatever selects concepts yields a [`ConceptSet`].
//!
//! ```
//! use codesystems::{Edition, EditionBuilder, EditionMeta};
//!
//! let mut builder = EditionBuilder::new(EditionMeta::new("http://example.org/colours", "1"));
//! let red = builder.concept("red");
//! builder.display(red, "de", "Rot");
//! let edition = Edition::from_bytes(builder.finish()?.into())?;
//! let red = edition.find("red").expect("just added");
//! assert_eq!(edition.display(red), "Rot");
//! # Ok::<(), codesystems::Error>(())
//! ```

mod error;
pub mod fhir;
pub mod grammar;
pub mod index;
pub mod language;
pub mod model;
pub mod normalize;
pub mod search;
mod set;
pub mod systems;

pub use error::{Error, Result};
pub use index::{Edition, EditionBuilder};
pub use language::LanguagePreference;
pub use model::{Canonical, ConceptIx, EditionMeta, NewDesignation, PropertyKind, PropertyValue};
pub use set::{ConceptSet, ConceptsFrom};
