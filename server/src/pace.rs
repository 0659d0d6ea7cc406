//! Where a request is answered: at once on the thread that read it, or on a thread that may take its
//! time.
//!
//! Handing a request to another thread and back costs more than most answers do; answering a long
//! one at once would keep others waiting. So it is remembered how long requests of a kind took: kinds
//! that are quick are answered at once, those that are slow or not known yet are handed over.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::Uri;
use rustc_hash::FxHasher;

/// Kinds that are told apart; more share a place, which only makes the guess worse.
const KINDS: usize = 4_096;
/// Up to how long a kind may take to be answered at once.
const QUICK: Duration = Duration::from_millis(1);
/// Parameters whose values make a kind.
const TELLING: [&str; 3] = ["url", "system", "valueset"];

/// How long threads worked for requests of each kind lately: microseconds and one, 0 for kinds not known.
#[derive(Debug)]
pub struct Pace(Box<[AtomicU32]>);

/// A kind of requests, and the wider kind that stands for it while it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    own: usize,
    wider: usize,
}

impl Kind {
    /// The kind of a request: its path, how long its body is, the number of digits of the page it
    /// wants, and what it asks about; the wider kind leaves the last one out.
    #[must_use]
    pub fn of(uri: &Uri, body_bytes: usize) -> Self {
        let mut wider = FxHasher::default();
        uri.path().hash(&mut wider);
        body_bytes.checked_ilog2().hash(&mut wider);
        let pairs = || uri.query().unwrap_or_default().split('&');
        for pair in pairs() {
            if let Some(value) = pair.trim_start_matches('_').strip_prefix("count=") {
                value.len().hash(&mut wider);
            }
        }
        let mut own = wider.clone();
        for pair in pairs() {
            if pair.split_once('=').is_some_and(|(name, _)| TELLING.contains(&name)) {
                pair.hash(&mut own);
            }
        }
        let place = |hasher: FxHasher| (hasher.finish() >> 32) as usize % KINDS;
        Self { own: place(own), wider: place(wider) }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self((0..KINDS).map(|_| AtomicU32::new(0)).collect())
    }
}

impl Pace {
    fn known(&self, place: usize) -> u32 {
        self.0.get(place).map_or(0, |known| known.load(Ordering::Relaxed))
    }

    /// Whether requests of this kind, or else of the wider one, are known to be quick.
    #[must_use]
    pub fn is_quick(&self, kind: Kind) -> bool {
        let known = match self.known(kind.own) {
            0 => self.known(kind.wider),
            known => known,
        };
        known > 0 && Duration::from_micros(u64::from(known)) < QUICK
    }

    /// Takes note of how long one took. A slow one counts at once, quick ones count little by
    /// little.
    pub fn note(&self, kind: Kind, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX - 1) + 1;
        let wider = Some(kind.wider).filter(|wider| *wider != kind.own);
        for place in std::iter::once(kind.own).chain(wider) {
            let known = self.known(place);
            let next = if took >= known { took } else { known - (known - took).div_ceil(8) };
            if let Some(place) = self.0.get(place) {
                place.store(next, Ordering::Relaxed);
            }
        }
    }
}

/// How long a thread works for a request. What others had of the processor meanwhile does not count: it
/// says nothing about the request, and threads that stand back would find everything slow.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    begun: Duration,
}

impl Stopwatch {
    /// Begins to count for this thread.
    #[must_use]
    pub fn start() -> Self {
        Self { begun: worked() }
    }

    /// For how long this thread, which began it, has worked since.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        worked().saturating_sub(self.begun)
    }
}

/// The processor time that this thread has used.
#[cfg(target_os = "linux")]
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Elsewhere the time that has passed stands for it.
#[cfg(not(target_os = "linux"))]
fn worked() -> Duration {
    static BEGUN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGUN.get_or_init(std::time::Instant::now).elapsed()
}

/// How much a thread for work that takes long stands back behind those that answer at once, in the
/// steps of `nice`. Where both want a processor, it gets a tenth of what they get.
#[cfg(target_os = "linux")]
const BACK: i32 = 10;

/// Lets this thread stand back, for good, behind threads that answer at once: only where they leave a
/// processor idle it has all of it.
///
/// Linux gives each thread a priority of its own, and everybody may lower it. Elsewhere nothing happens.
pub fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        thread_local!(static STANDS_BACK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
        if !STANDS_BACK.replace(true) {
            // No process named means this thread. A thread that cannot stand back does its work all the same.
            let _ = rustix::process::setpriority_process(None, BACK);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Kind, Pace, Stopwatch};

    fn kind(uri: &str, body: usize) -> Kind {
        Kind::of(&uri.parse().unwrap(), body)
    }

    #[test]
    fn kinds_differ_by_what_decides_how_long_an_answer_takes() {
        let one = kind("/fhir/ValueSet/$expand?url=http://a.example&filter=x&count=20", 0);
        assert_eq!(one, kind("/fhir/ValueSet/$expand?url=http://a.example&filter=yz&count=50", 0));
        let other = kind("/fhir/ValueSet/$expand?url=http://b.example&filter=x&count=20", 0);
        assert_ne!(one, other);
        assert_eq!(one.wider, other.wider);
        assert_ne!(one, kind("/fhir/ValueSet/$expand?url=http://a.example&filter=x", 0));
        assert_ne!(one, kind("/fhir/ValueSet/$expand?url=http://a.example&filter=x&count=2000", 0));
        let body = |bytes| kind("/fhir/ValueSet/$expand", bytes);
        assert_eq!(body(600), body(1_000));
        assert_ne!(body(600), body(60_000));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn waiting_is_no_work() {
        let watch = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(30));
        assert!(watch.elapsed() < Duration::from_millis(20));
        while watch.elapsed() < Duration::from_millis(3) {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_kind_that_is_not_known_is_taken_for_the_wider_one() {
        let pace = Pace::default();
        let one = kind("/fhir/ValueSet/$expand?url=http://a.example", 0);
        let other = kind("/fhir/ValueSet/$expand?url=http://b.example", 0);
        pace.note(one, Duration::from_micros(80));
        assert!(pace.is_quick(other));
        pace.note(other, Duration::from_millis(30));
        assert!(pace.is_quick(one));
        assert!(!pace.is_quick(other));
        assert!(!pace.is_quick(kind("/fhir/ValueSet/$expand?url=http://c.example", 0)));
    }

    #[test]
    fn a_kind_is_quick_once_it_was_and_slow_at_once() {
        let pace = Pace::default();
        let kind = kind("/fhir/ValueSet/$expand?url=http://a.example", 0);
        assert!(!pace.is_quick(kind), "what is not known may be slow");
        pace.note(kind, Duration::from_micros(80));
        assert!(pace.is_quick(kind));
        pace.note(kind, Duration::from_millis(30));
        assert!(!pace.is_quick(kind));
        for _ in 0..10 {
            pace.note(kind, Duration::from_micros(80));
        }
        assert!(!pace.is_quick(kind), "a few quick ones do not make up for it");
        for _ in 0..40 {
            pace.note(kind, Duration::ZERO);
        }
        assert!(pace.is_quick(kind));
        pace.note(kind, Duration::MAX);
        assert!(!pace.is_quick(kind));
    }
}
