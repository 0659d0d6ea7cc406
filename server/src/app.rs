//! What all requests share: configuration, the library's current snapshot, the store, the workers.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::library::{Library, Snapshot};
use crate::pace::{Pace, stand_back};
use crate::sent::SentCache;
use crate::store::Store;

/// The state of a running server.
#[derive(Debug)]
pub struct App {
    /// Settings.
    pub config: Config,
    /// The library on disk.
    pub library: Library,
    snapshot: ArcSwap<Snapshot>,
    /// What came along with requests.
    pub sent: SentCache,
    /// What changes at run time: closure tables.
    pub store: Store,
    /// Threads for work that is worth more than one.
    pub workers: rayon::ThreadPool,
    /// How long requests of each kind take.
    pub pace: Pace,
    /// Places for requests that may take long: each has a thread, and each thread keeps memory.
    pub heavy: Arc<Semaphore>,
}

/// Requests that may take long and are answered at the same time, at least.
const HEAVY_AT_ONCE: usize = 8;

impl App {
    /// Opens the library and everything else a server needs.
    ///
    /// # Errors
    /// When the library or the store cannot be opened.
    pub fn open(config: Config) -> Result<Self> {
        let library = Library::open(&config.library)?;
        let store = Store::open(&library.root().join("store.redb"));
        Self::with_store(config, store)
    }

    /// The same without the library's store, which only one process can have open: for commands
    /// that ask a question and end.
    ///
    /// # Errors
    /// When the library cannot be opened.
    pub fn without_store(config: Config) -> Result<Self> {
        Self::with_store(config, Store::in_memory())
    }

    fn with_store(config: Config, store: Result<Store>) -> Result<Self> {
        let library = Library::open(&config.library)?;
        let workers = rayon::ThreadPoolBuilder::new()
            .num_threads(config.threads)
            .thread_name(|number| format!("worker-{number}"))
            .start_handler(|_| stand_back())
            .build()
            .map_err(|error| Error::Config(format!("threads: {error}")))?;
        let snapshot = workers.install(|| Snapshot::open(&library, None))?;
        let places = (2 * workers.current_num_threads()).max(HEAVY_AT_ONCE);
        let heavy = Arc::new(Semaphore::new(places));
        let limits = &config.limits;
        let idle = Duration::from_secs(limits.session_idle_s);
        let app = Self {
            sent: SentCache::new(limits.sent_cache_bytes, idle),
            config,
            library,
            snapshot: ArcSwap::from_pointee(snapshot),
            store: store?,
            workers,
            pace: Pace::default(),
            heavy,
        };
        app.report();
        Ok(app)
    }

    /// What the library holds now. A request takes it once and keeps it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Looks at the library again; requests in flight keep what they began with.
    ///
    /// # Errors
    /// When the library cannot be read; what was served before goes on being served.
    pub fn reload(&self) -> Result<()> {
        let previous = self.snapshot();
        if previous.is_all_of(&self.library)? {
            return Ok(());
        }
        let next = self.workers.install(|| Snapshot::open(&self.library, Some(&previous)))?;
        if next.hash != previous.hash || next.problems != previous.problems {
            self.snapshot.store(Arc::new(next));
            self.report();
        }
        Ok(())
    }

    fn report(&self) {
        let snapshot = self.snapshot();
        for problem in &snapshot.problems {
            tracing::error!(%problem, "not served");
        }
        tracing::info!(
            library.code_systems = snapshot.catalogue.code_systems().len(),
            library.concept_maps = snapshot.catalogue.concept_maps().len(),
            library.resources = snapshot.resources.all().len(),
            library.hash = %snapshot.hash,
            library.folder = %self.library.root().display(),
            "library opened"
        );
    }
}
