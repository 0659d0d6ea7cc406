//! The text index of an edition: which concepts have a designation with these words?
//!
//! People type the beginnings of words, in any order, without accents, and expect the best known
//! concept first. A general full-text engine keeps files, threads and merge policies of its own;
//! an edition needs the opposite: byte sections that are the same for the same content, live inside
//! one mapped file, open in constant time and survive damage. So the index is written here, on
//! plain byte slices.
//!
//! * [`analyze`](self) (text -> tokens) folds case, accents, umlauts and sharp s, and keeps
//!   hyphenated words both apart and joined; `german` takes compounds apart.
//! * [`build`] turns all designations of an edition into [`TextSections`].
//! * [`TextIndex`] answers a [`Query`] from [`TextSectionRefs`]: as a set of concepts, or ranked.
//!
//! Designations are numbered a second time here, best first: few tokens, preferred term, short text
//! ([`sections`](TextSections) calls this number the *place*). Posting lists ascend by place, so a
//! walk over a union or an intersection yields the answer in order and can stop after the first
//! page.

mod analyze;
mod best;
mod bits;
mod build;
mod classify;
mod collect;
mod evaluate;
mod feed;
mod fuzzy;
mod gather;
mod german;
mod index;
mod narrow;
mod page;
mod postings;
mod qualities;
mod query;
mod resolve;
mod sections;
mod single;
mod terms;
mod unions;

#[cfg(test)]
mod tests;

pub use build::{BuildOptions, IndexedText, TextInput, build, build_with};
pub use evaluate::MatchKind;
pub use index::TextIndex;
pub use narrow::Narrow;
pub use page::{Found, Hit, Hits, Page, Selection};
pub use qualities::Qualities;
pub use query::Query;
pub use sections::{TextSectionRefs, TextSections};
