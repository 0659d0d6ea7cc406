//! Generators of full-size releases, and measurements.

pub mod ask;
pub mod draw;
pub mod generate;
pub mod process;
pub mod rf2_generator;

/// What measuring programs end with: a message for people, since nobody but people reads it.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
