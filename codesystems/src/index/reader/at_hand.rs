//! Codes at hand: a table in memory that finds a code in one step, for editions that are asked often.
//!
//! The dictionary of codes is small and needs nothing to be opened, but walks byte by byte, and waits for
//! memory at most of them: a fifth of what a `$lookup` took beyond its transport. The table takes eight to
//! sixteen bytes a concept and is made in the time of some thousand look-ups, so it is made for editions
//! that were asked some thousand times.

use std::hash::Hasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustc_hash::FxHasher;

use super::Edition;
use crate::ConceptIx;

/// After how many questions the table is made.
const OFTEN: u32 = 20_000;
/// What stands in the table where no concept is.
const FREE: u32 = u32::MAX;

/// The table, once it is made.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    asked: AtomicU32,
    table: OnceLock<Table>,
}

/// Ordinals at the place that the hash of their code gives, or at the next free one.
#[derive(Debug)]
struct Table {
    slots: Box<[u32]>,
}

impl AtHand {
    /// What the table answers: nothing while there is none. Takes note of the question then.
    #[inline]
    pub(super) fn find(&self, edition: &Edition, code: &str) -> Option<Option<ConceptIx>> {
        if let Some(table) = self.table.get() {
            return Some(table.find(edition, code.as_bytes()));
        }
        if self.asked.fetch_add(1, Ordering::Relaxed) == OFTEN {
            let _ = self.table.set(Table::of(edition));
        }
        None
    }
}

impl Table {
    fn of(edition: &Edition) -> Self {
        let count = edition.concept_count() as usize;
        let mut slots = vec![FREE; (count * 2).next_power_of_two()].into_boxed_slice();
        let mask = slots.len() - 1;
        for concept in (0..edition.concept_count()).map(ConceptIx) {
            let mut place = hash(edition.code_bytes(concept)) & mask;
            while slots.get(place).is_some_and(|&slot| slot != FREE) {
                place = (place + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = concept.0;
            }
        }
        Self { slots }
    }

    fn find(&self, edition: &Edition, code: &[u8]) -> Option<ConceptIx> {
        let mask = self.slots.len() - 1;
        let mut place = hash(code) & mask;
        loop {
            let &slot = self.slots.get(place).filter(|&&slot| slot != FREE)?;
            if edition.code_bytes(ConceptIx(slot)) == code {
                return Some(ConceptIx(slot));
            }
            place = (place + 1) & mask;
        }
    }
}

fn hash(code: &[u8]) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write(code);
    hasher.finish() as usize
}

#[cfg(test)]
mod tests {
    use super::{OFTEN, Table};
    use crate::{ConceptIx, Edition, EditionBuilder, EditionMeta};

    fn edition(count: u32) -> Edition {
        let meta = EditionMeta::new("http://codes.example".to_owned(), "1".to_owned());
        let mut builder = EditionBuilder::new(meta);
        for number in 0..count {
            builder.concept(&format!("{}", number * 7));
        }
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    #[test]
    fn the_table_finds_what_the_dictionary_finds() {
        let edition = edition(3_000);
        let table = Table::of(&edition);
        for number in 0..30_000_u32 {
            let code = number.to_string();
            assert_eq!(table.find(&edition, code.as_bytes()), edition.find_exact(&code), "{code}");
        }
        assert_eq!(table.find(&edition, b""), None);
    }

    #[test]
    fn the_same_is_found_before_the_table_is_made_and_after() {
        let edition = edition(1_500);
        for round in 0..2 * OFTEN {
            let concept = ConceptIx(round % edition.concept_count());
            assert_eq!(edition.find(edition.code(concept)), Some(concept));
            assert_eq!(edition.find("no code"), None);
        }
    }
}
