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

/// Ordinals at the place that the hash of their code gives, or at the next free one, each below a few
/// bits of the hash, as far as there is room: what has others need not be looked at.
#[derive(Debug)]
struct Table {
    slots: Box<[u32]>,
    /// The bits that an ordinal takes.
    ordinals: u32,
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
        let slots = vec![FREE; (count * 2).next_power_of_two()].into_boxed_slice();
        // No ordinal has all of these bits: `FREE` stays free.
        let unused = edition.concept_count().leading_zeros();
        let mut table = Self { slots, ordinals: u32::MAX.checked_shr(unused).unwrap_or_default() };
        let mask = table.slots.len() - 1;
        for concept in (0..edition.concept_count()).map(ConceptIx) {
            let hash = hash(edition.code_bytes(concept));
            let mut place = hash as usize & mask;
            while table.slots.get(place).is_some_and(|&slot| slot != FREE) {
                place = (place + 1) & mask;
            }
            let slot = table.mark(hash) | concept.0;
            if let Some(place) = table.slots.get_mut(place) {
                *place = slot;
            }
        }
        table
    }

    /// The bits of `hash` that stand above an ordinal.
    fn mark(&self, hash: u64) -> u32 {
        (hash >> 32) as u32 & !self.ordinals
    }

    fn find(&self, edition: &Edition, code: &[u8]) -> Option<ConceptIx> {
        let mask = self.slots.len() - 1;
        let hash = hash(code);
        let mark = self.mark(hash);
        let mut place = hash as usize & mask;
        loop {
            let &slot = self.slots.get(place).filter(|&&slot| slot != FREE)?;
            let concept = ConceptIx(slot & self.ordinals);
            if slot & !self.ordinals == mark && edition.code_bytes(concept) == code {
                return Some(concept);
            }
            place = (place + 1) & mask;
        }
    }
}

fn hash(code: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(code);
    hasher.finish()
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
