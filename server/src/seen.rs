//! What was asked for lately, by its hash.
//!
//! Most of what is asked for once is never asked for again: to keep it costs more than to read or compile
//! it, and puts out what is asked for often. So what is made quickly is kept from the second time on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Hashes that are remembered; each puts out another one before it.
const PLACES: usize = 1 << 16;
/// What took longer is kept from the first time on.
pub(crate) const QUICKLY_MADE: Duration = Duration::from_micros(500);

/// The hashes that were seen last.
#[derive(Debug)]
pub(crate) struct Seen(Box<[AtomicU32]>);

impl Default for Seen {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }
}

impl Seen {
    /// Whether a hash was seen before, not long ago; it is from now on.
    pub(crate) fn is_seen_again(&self, hash: u64) -> bool {
        let mark = (hash >> 32) as u32 | 1;
        let place = self.0.get(hash as usize % PLACES);
        place.is_some_and(|place| place.swap(mark, Ordering::Relaxed) == mark)
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Seen};

    #[test]
    fn a_hash_is_seen_again_until_another_takes_its_place() {
        let seen = Seen::default();
        let (one, other) = (7 << 33 | 5, 9 << 33 | 5);
        assert!(!seen.is_seen_again(one));
        assert!(seen.is_seen_again(one));
        assert!(!seen.is_seen_again(other));
        assert!(!seen.is_seen_again(one));
        assert!(!seen.is_seen_again(one + 1));
        assert!(!seen.is_seen_again(0) && seen.is_seen_again(0));
        assert!(seen.is_seen_again(PLACES as u64));
    }
}
