//! The texts of a part's concepts alone, kept for parts that are searched again and again.
//!
//! A portal that offers a value set of some thousand codes searches it with every key that somebody
//! types. The text index of the code system would have to look at all concepts that have the words.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use codesystems::ConceptSet;
use codesystems::search::{Narrow, TextIndex};

/// Searches of a part before its texts are kept.
const OFTEN: u32 = 3;
/// Concepts of a part whose texts are kept.
const MOST_CONCEPTS: u64 = 1 << 16;
/// A part of more than one concept in so many is searched in the index of all as fast.
const FEW: u64 = 4;
/// What all parts together may keep, in bytes; further ones are searched in the index of all.
const BUDGET: usize = 32 << 20;

/// What all parts together keep, in bytes.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// The texts of the concepts of a part, once they are kept.
#[derive(Debug, Default)]
pub struct Narrowed {
    searches: AtomicU32,
    kept: OnceLock<Kept>,
}

#[derive(Debug)]
struct Kept {
    narrow: Narrow,
    bytes: usize,
}

impl Drop for Kept {
    fn drop(&mut self) {
        KEPT.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Kept {
    fn new(index: &TextIndex<'_>, concepts: &ConceptSet) -> Self {
        let narrow = index.narrow(concepts.bitmap());
        let bytes = narrow.byte_count();
        KEPT.fetch_add(bytes, Ordering::Relaxed);
        Self { narrow, bytes }
    }
}

impl Narrowed {
    /// The index to search for concepts of `within`, which are among `all`, and whether it has no
    /// others. `None`: the index of the whole code system, of `concept_count` concepts, is as good.
    pub(crate) fn index<'n>(
        &'n self,
        index: &TextIndex<'n>,
        (all, within): (&ConceptSet, &ConceptSet),
        concept_count: u32,
    ) -> Option<(TextIndex<'n>, bool)> {
        let count = all.len();
        if count > MOST_CONCEPTS || count * FEW > u64::from(concept_count) {
            return None;
        }
        if self.kept.get().is_none()
            && (self.searches.fetch_add(1, Ordering::Relaxed) < OFTEN
                || KEPT.load(Ordering::Relaxed) >= BUDGET)
        {
            return None;
        }
        let kept = self.kept.get_or_init(|| Kept::new(index, all));
        // Parts of another value set may share what is kept, and have other concepts.
        let concepts = kept.narrow.concepts();
        if !within.bitmap().is_subset(concepts) {
            return None;
        }
        Some((index.narrowed(&kept.narrow), within.len() == concepts.len()))
    }
}
