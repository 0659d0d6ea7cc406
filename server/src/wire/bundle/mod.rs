//! Bundles: batches in, batch responses and search results out.
//!
//! Batches of ten thousand look-ups are ordinary for this server's clients, so reading one borrows everything
//! from the body and writing one copies every answer once.

mod read;
mod write;

pub use read::{BatchEntry, BatchRequest, Target};
pub use write::{BatchResponseWriter, SearchMode, SearchsetWriter};
