//! Generators of full-size releases, and measurements.

pub mod rf2_generator;
