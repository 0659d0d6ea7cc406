//! Notices new and removed releases while the server runs.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};

use crate::app::App;

/// How long the library must be quiet before it is looked at again.
const QUIET: Duration = Duration::from_millis(150);
/// How often it is looked at where the file system sends no events.
const POLL: Duration = Duration::from_secs(30);

/// Watches the library on a thread of its own until the process ends. Where the file system sends
/// no events (some network drives), the library is looked at every 30 s.
pub fn watch(app: &Arc<App>) {
    let app = Arc::clone(app);
    std::thread::spawn(move || {
        let (sender, events) = channel();
        let root = app.library.root().to_owned();
        // The store lies in the library too; its changes are none of the library's.
        let matters = |path: &std::path::PathBuf| {
            path.ends_with("defaults.json")
                || path.parent().is_some_and(|parent| parent.ends_with("releases"))
        };
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(matters)) {
                // The receiver lives as long as the process.
                let _ = sender.send(());
            }
        });
        let watching = watcher.and_then(|mut watcher| {
            watcher.watch(&root.join("releases"), RecursiveMode::NonRecursive)?;
            watcher.watch(&root, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        if let Err(error) = &watching {
            tracing::warn!(%error, "the library cannot be watched; it is looked at every {} s", POLL.as_secs());
        }
        loop {
            match events.recv_timeout(POLL) {
                Ok(()) => while events.recv_timeout(QUIET).is_ok() {},
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(POLL),
            }
            if let Err(error) = app.reload() {
                tracing::error!(%error, "the library could not be read again; what was served goes on");
            }
        }
    });
}
