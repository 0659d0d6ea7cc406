//! The edition file: its layout ([`format`]), how it is made ([`EditionBuilder`]) and read
//! ([`Edition`]).

mod builder;
pub mod codec;
mod codes;
mod column;
pub mod format;
mod order;
mod reader;
mod sections;
mod write;

pub use builder::EditionBuilder;
pub use column::{Column, Columns};
pub use format::{Container, ContainerKind, ContainerWriter};
pub use order::natural;
pub use reader::{
    DesignationRef, Edition, LanguageScores, MemberRow, PropertyRef, ShownRow, ShownRows, Told,
};
pub(crate) use reader::{NamingRows, Subtree};
