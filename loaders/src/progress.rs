//! How far a load has come, told while it reads.

use std::fmt::Debug;
use std::io::{self, Read};
use std::sync::Arc;

/// Hears what is read of a release. Loaders read several files at once: calls come from any thread.
pub trait Progress: Debug + Send + Sync {
    /// The file at `path` is opened.
    fn opens(&self, path: &str);

    /// `bytes` more, uncompressed, were read.
    fn reads(&self, bytes: u64);
}

/// A reader that tells how much was read.
pub(crate) struct Told<R> {
    pub(crate) inner: R,
    pub(crate) progress: Arc<dyn Progress>,
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.reads(read as u64);
        Ok(read)
    }
}
