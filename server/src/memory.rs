//! How a server keeps its memory small: a setting of the kernel, and free memory given back at rest.
//!
//! Under load the allocator keeps what is free for the next requests: given back each time, memory of
//! batches and searches took up to twice the processor time. When the load ends, nobody comes back for it,
//! so a server that has nothing to do gives it back then.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::wire::json;

/// How often a server looks whether it has something to do.
const LOOK: Duration = Duration::from_millis(500);
/// The share of that time for which a server at rest runs, at most: one in so many.
const AT_REST: u32 = 50;

/// How many looks at rest it takes: one, and as many as threads for long work need to end.
const GIVE_BACK_AT: [u32; 2] = [1, 8];
/// How long a thread for long work waits for more of it.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// Settings for a process that stays; commands that end want speed instead. To be called before there
/// are other threads.
pub(crate) fn spare() {
    #[cfg(target_os = "linux")]
    {
        // Keeps the kernel from backing the heap with huge pages: many small, short-lived allocations on
        // many threads use little of each. Refused in some sandboxes: more memory, nothing else.
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}

/// Gives free memory back whenever the server comes to rest, as long as it runs. To be called in the
/// runtime that answers.
pub(crate) async fn give_back_at_rest(app: Arc<App>) {
    let mut used = processor_time();
    let mut looks_at_rest = u32::MAX;
    loop {
        tokio::time::sleep(LOOK).await;
        let is_at_rest = processor_time().saturating_sub(used) <= LOOK / AT_REST;
        looks_at_rest = if is_at_rest { looks_at_rest.saturating_add(1) } else { 0 };
        if GIVE_BACK_AT.contains(&looks_at_rest) {
            give_back(&app);
        }
        used = processor_time();
    }
}

/// Has every thread give back what it keeps free.
fn give_back(app: &App) {
    json::forget();
    app.workers.spawn_broadcast(|_| collect());
    let runtime = tokio::runtime::Handle::current();
    for _ in 0..runtime.metrics().num_workers() * 2 {
        // A thread that sleeps for a moment leaves the next of these to another one.
        runtime.spawn(async {
            collect();
            std::thread::sleep(Duration::from_millis(1));
        });
    }
}

/// How long this process has run on any processor.
fn processor_time() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
        Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

/// Gives back what this thread's heap and ended threads keep free.
#[expect(unsafe_code, reason = "the allocator has no other interface to this")]
fn collect() {
    // SAFETY: may be called by any thread at any time; it touches free memory alone.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
