//! What the end-to-end tests have in common: a server over a library that real loaders filled, and
//! answers that can be asked.
//!
//! A test that cannot go on panics, here as in the tests themselves: this crate is never shipped.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the harness of tests fails by panicking")]

pub mod releases;
mod response;
mod server;
pub mod shared;
pub mod socket;
pub mod tx;

pub use response::{Response, flattened, part, value_of};
pub use server::{Server, encoded, load_paths, load_texts, request, runtime};
