//! The edition file: its layout ([`format`]), how it is made ([`EditionBuilder`]) and read
//! ([`Edition`]).

mod builder;
mod codec;
pub mod format;
mod order;
pub use order::natural;
mod reader;
mod sections;
mod write;

pub use builder::EditionBuilder;
pub use format::{Container, ContainerKind, ContainerWriter};
pub use reader::{DesignationRef, Edition, LanguageScores, MemberRow, PropertyRef};
