//! The language as a whole: reading, writing and evaluating.

mod dice;
mod grammar;
mod properties;
mod reference;
mod world;
