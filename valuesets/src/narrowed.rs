//! The texts of a part's concepts alone, kept for parts that are searched again and again.
//!
//! A portal that offers a value set of some thousand codes searches it with every key that somebody
//! types. The text index of the code system would have to look at all concepts that have the words.
//! Making it takes up to some tenths of a second; it is made by a thread of its own, one at a time,
//! and nobody waits for it.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use codesystems::ConceptSet;
use codesystems::search::{Narrow, TextIndex};

use crate::catalogue::CodeSystem;

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
/// Whether a thread is at it.
static IS_BUSY: AtomicBool = AtomicBool::new(false);

/// The texts of the concepts of a part, once they are kept.
#[derive(Debug, Default)]
pub struct Narrowed {
    searches: AtomicU32,
    kept: OnceLock<Kept>,
    synonyms: OnceLock<Synonyms>,
}

/// The texts of each code system whose designations are synonyms of `concepts`, as far as they mean
/// them.
#[derive(Debug)]
struct Synonyms {
    concepts: ConceptSet,
    systems: Box<[Arc<Narrowed>]>,
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

/// Whether the concepts of a part are among those that are kept, once that was looked at. What is cloned
/// looks again: its concepts may be changed.
#[derive(Debug, Default)]
pub struct AreKept(OnceLock<bool>);

impl Clone for AreKept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The right to be the thread that is at it.
struct Busy;

impl Busy {
    fn try_new() -> Option<Self> {
        (!IS_BUSY.swap(true, Ordering::AcqRel)).then_some(Self)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        IS_BUSY.store(false, Ordering::Release);
    }
}

impl Narrowed {
    /// What is kept of the code system `row` of `count` ones with synonyms of `concepts`. `None` where
    /// a part that shares this has other concepts.
    pub(crate) fn of_synonyms(
        &self,
        concepts: &ConceptSet,
        (row, count): (usize, usize),
    ) -> Option<&Arc<Self>> {
        let synonyms = self.synonyms.get_or_init(|| Synonyms {
            concepts: concepts.clone(),
            systems: (0..count).map(|_| Arc::default()).collect(),
        });
        synonyms.systems.get(row).filter(|_| synonyms.concepts == *concepts)
    }

    /// `index` with the concepts alone that are kept, if any are.
    pub(crate) fn kept<'n>(&'n self, index: &TextIndex<'n>) -> Option<TextIndex<'n>> {
        Some(index.narrowed(&self.kept.get()?.narrow))
    }

    /// The index to search for concepts of `within`, which are among `all` of `system`, and whether
    /// it has no others. `None`: the index of the whole code system is as good, or has to do.
    pub(crate) fn index<'n>(
        self: &'n Arc<Self>,
        system: &'n Arc<CodeSystem>,
        (all, within): (&ConceptSet, &ConceptSet),
        are_kept: &AreKept,
    ) -> Option<(TextIndex<'n>, bool)> {
        let Some(kept) = self.kept.get() else {
            self.note_search(system, all);
            return None;
        };
        // Parts of another value set may share what is kept, and have other concepts.
        let concepts = kept.narrow.concepts();
        if !are_kept.0.get_or_init(|| all.bitmap().is_subset(concepts)) {
            return None;
        }
        let index = system.edition().text_index()?;
        Some((index.narrowed(&kept.narrow), within.len() == concepts.len()))
    }

    /// Takes note of a search of `concepts`, and has their texts kept from now on if there were many.
    pub(crate) fn note_search(self: &Arc<Self>, system: &Arc<CodeSystem>, concepts: &ConceptSet) {
        let (count, of) = (concepts.len(), u64::from(system.edition().concept_count()));
        if count > MOST_CONCEPTS
            || count * FEW > of
            || self.searches.fetch_add(1, Ordering::Relaxed) < OFTEN
            || KEPT.load(Ordering::Relaxed) >= BUDGET
        {
            return;
        }
        let Some(busy) = Busy::try_new() else { return };
        let (narrowed, system, concepts) = (Arc::clone(self), Arc::clone(system), concepts.clone());
        // Where there can be no thread, the index of all has to do.
        let _ = thread::Builder::new().name("narrowing".into()).spawn(move || {
            let _busy = busy;
            if let Some(index) = system.edition().text_index() {
                narrowed.kept.get_or_init(|| Kept::new(&index, &concepts));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use codesystems::search::{Hits, Query, Selection};
    use codesystems::{ConceptIx, Edition, EditionBuilder, EditionMeta};

    use super::*;

    fn fruit() -> Arc<CodeSystem> {
        let meta = EditionMeta::new("http://fruit.example".to_owned(), "1".to_owned());
        let mut builder = EditionBuilder::new(meta);
        for number in 0..40 {
            let concept = builder.concept(&format!("f{number}"));
            builder.display(
                concept,
                "en",
                &format!("{} fruit {number}", ["Red", "Ripe"][number % 2]),
            );
        }
        Arc::new(CodeSystem::new(Edition::from_bytes(builder.finish().unwrap().into()).unwrap()))
    }

    fn found(index: &TextIndex<'_>, within: Option<&ConceptSet>) -> Hits {
        let within = within.map(ConceptSet::bitmap);
        index.search(&Query::parse("ripe fr"), &Selection { within, offset: 0, limit: 3 })
    }

    #[test]
    fn what_is_searched_often_is_kept_and_found_alike() {
        let system = fruit();
        let all: ConceptSet = (3..12).map(ConceptIx).collect();
        let some: ConceptSet = (5..9).map(ConceptIx).collect();
        let (narrowed, all_kept) = (Arc::<Narrowed>::default(), AreKept::default());
        assert!(narrowed.index(&system, (&all, &all), &all_kept).is_none());
        while narrowed.index(&system, (&all, &all), &all_kept).is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        let whole = system.edition().text_index().unwrap();
        let (index, is_whole) = narrowed.index(&system, (&all, &all), &all_kept).unwrap();
        assert!(is_whole);
        assert_eq!(found(&index, None), found(&whole, Some(&all)));
        let (index, is_whole) = narrowed.index(&system, (&all, &some), &all_kept).unwrap();
        assert!(!is_whole);
        assert_eq!(found(&index, Some(&some)), found(&whole, Some(&some)));
        let others: ConceptSet = (1..6).map(ConceptIx).collect();
        assert!(narrowed.index(&system, (&others, &others), &AreKept::default()).is_none());
        assert!(narrowed.of_synonyms(&all, (0, 1)).is_some());
        assert!(narrowed.of_synonyms(&others, (0, 1)).is_none());
    }

    #[test]
    fn most_of_a_code_system_is_not_kept() {
        let system = fruit();
        let most: ConceptSet = (0..30).map(ConceptIx).collect();
        let narrowed = Arc::<Narrowed>::default();
        for _ in 0..10 {
            assert!(narrowed.index(&system, (&most, &most), &AreKept::default()).is_none());
        }
        assert!(narrowed.kept.get().is_none());
    }
}
