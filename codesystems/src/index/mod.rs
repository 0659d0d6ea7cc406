//! The edition file: its layout ([`format`]), how it is made ([`EditionBuilder`]) and read
//! ([`Edition`]).

mod builder;
mod codec;
pub mod format;
mod order;
mod reader;
mod write;

pub use builder::EditionBuilder;
