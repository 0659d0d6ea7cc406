//! Memory that answers are written into, kept for the next ones.
//!
//! An answer is written by one thread and freed by another when it is sent. Left to the allocator, that
//! memory goes back to the kernel and comes from it again, which for answers of a few kilobytes and more
//! takes longer than writing them.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// The smallest buffers that are kept, as a power of two.
const SMALLEST: u32 = 11;
/// Sizes of buffers that are kept: powers of two from the smallest on.
const SIZES: usize = 10;
/// What is kept of all sizes together, in bytes.
const MOST_KEPT: usize = 16 << 20;
/// How many sizes larger than it must be a buffer may be.
const LARGER: usize = 2;
/// Answers that fill less than this part of their buffer are sent out of one of their own size.
const SPARSE: usize = 32;
/// The largest buffer that a thread keeps for itself.
const MOST_OWN: usize = 64 << 10;

thread_local! {
    /// The buffer that this thread wrote into or freed last: it is near, and no lock is needed.
    static OWN: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What is kept, in bytes.
static KEPT: AtomicUsize = AtomicUsize::new(0);
static BUFFERS: [Mutex<Vec<Vec<u8>>>; SIZES] = [const { Mutex::new(Vec::new()) }; SIZES];

/// The number of the size that has room for `capacity` bytes; `None` for what is not kept.
fn size_for(capacity: usize) -> Option<usize> {
    let log = capacity.checked_next_power_of_two()?.trailing_zeros();
    let number = log.checked_sub(SMALLEST)? as usize;
    (number < SIZES).then_some(number)
}

/// An empty buffer with room for at least `capacity` bytes.
pub(super) fn take(capacity: usize) -> Vec<u8> {
    let own = OWN.take();
    if own.capacity() >= capacity.max(1) {
        return own;
    }
    OWN.set(own);
    let Some(number) = size_for(capacity) else { return Vec::with_capacity(capacity) };
    // Answers that outgrow their buffers leave larger ones: who never took these would fill the room with them.
    for size in BUFFERS.iter().skip(number).take(1 + LARGER) {
        // Whoever holds the lock moves a pointer: waiting for it is not worth a system call.
        if let Some(buffer) = size.try_lock().ok().and_then(|mut kept| kept.pop()) {
            KEPT.fetch_sub(buffer.capacity(), Ordering::Relaxed);
            return buffer;
        }
    }
    Vec::with_capacity(1 << (SMALLEST + number as u32))
}

/// Keeps a buffer that nobody reads any more, where there is room for it.
pub fn give(mut buffer: Vec<u8>) {
    buffer.clear();
    let capacity = buffer.capacity();
    if capacity <= MOST_OWN {
        let own = OWN.take();
        let (larger, smaller) =
            if own.capacity() < capacity { (buffer, own) } else { (own, buffer) };
        OWN.set(larger);
        buffer = smaller;
    }
    keep(buffer);
}

/// Keeps an empty buffer for all threads.
fn keep(buffer: Vec<u8>) {
    let capacity = buffer.capacity();
    // One that grew has room for what the next smaller power of two says.
    let number = capacity.checked_ilog2().and_then(|log| log.checked_sub(SMALLEST));
    let Some(size) = number.and_then(|number| BUFFERS.get(number as usize)) else { return };
    if KEPT.load(Ordering::Relaxed) + capacity > MOST_KEPT {
        return;
    }
    if let Ok(mut kept) = size.try_lock() {
        KEPT.fetch_add(capacity, Ordering::Relaxed);
        kept.push(buffer);
    }
}

/// Keeps nothing any longer.
pub(crate) fn forget() {
    for size in &BUFFERS {
        if let Ok(mut kept) = size.lock() {
            for buffer in std::mem::take(&mut *kept) {
                KEPT.fetch_sub(buffer.capacity(), Ordering::Relaxed);
            }
        }
    }
}

/// An answer whose memory is kept when it is sent.
pub(crate) fn sent(answer: Vec<u8>) -> Bytes {
    // Who reads slowly does not hold a buffer for a few bytes of it.
    if answer.len() < answer.capacity() / SPARSE {
        let bytes = Bytes::copy_from_slice(&answer);
        give(answer);
        return bytes;
    }
    Bytes::from_owner(Sent(answer))
}

struct Sent(Vec<u8>);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        give(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_has_the_room_asked_for_and_is_empty() {
        for round in 0..3 {
            for capacity in [0, 100, 2_048, 2_049, 5_000, 70_000, 1 << 20, (1 << 20) + 1, 3 << 20] {
                let mut buffer = take(capacity);
                assert!(buffer.is_empty() && buffer.capacity() >= capacity, "{capacity}");
                buffer.resize(capacity + round * 1_000, b'x');
                if round == 1 {
                    assert_eq!(sent(buffer).len(), capacity + 1_000);
                } else {
                    give(buffer);
                }
            }
        }
    }

    #[test]
    fn what_is_kept_has_the_room_of_its_size() {
        for capacity in [2_048, 2_050, 4_095, 4_096, 6_000, 9_999] {
            give(Vec::with_capacity(capacity));
        }
        for _ in 0..8 {
            assert!(take(4_000).capacity() >= 4_096);
            assert!(take(8_000).capacity() >= 8_192);
        }
    }
}
