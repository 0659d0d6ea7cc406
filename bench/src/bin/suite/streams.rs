//! Whole expansions that are read while something else is measured.
//!
//! They are read on threads of their own, and thrown away as they come, so that the client's
//! reading delays the measured requests as little as possible.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::calls::Call;
use crate::client::Base;

/// The last chunk of an answer.
const END: &[u8] = b"\r\n0\r\n\r\n";
/// Readers look this often whether they shall stop.
const GLANCE: Duration = Duration::from_millis(200);

/// Readers at work.
pub(crate) struct Streams {
    stop: Arc<AtomicBool>,
    readers: Vec<JoinHandle<Result<u64, String>>>,
}

impl Streams {
    /// Begins to ask for `call` over `count` connections, again and again.
    pub(crate) fn start(base: &Base, call: &Call, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let readers = (0..count)
            .map(|_| {
                let (base, request) = (base.clone(), call.bytes(base, ""));
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || {
                    read(&base, &request, &stop).map_err(|error| error.to_string())
                })
            })
            .collect();
        Self { stop, readers }
    }

    /// Ends them; bytes read in all, and what went wrong.
    pub(crate) fn end(self) -> (u64, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let (mut bytes, mut problems) = (0, Vec::new());
        for reader in self.readers {
            match reader.join() {
                Ok(Ok(read)) => bytes += read,
                Ok(Err(problem)) => problems.push(problem),
                Err(_) => problems.push("a reader of expansions ended early".into()),
            }
        }
        (bytes, problems)
    }
}

fn read(base: &Base, request: &[u8], stop: &AtomicBool) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(&base.authority)?;
    stream.set_read_timeout(Some(GLANCE))?;
    let mut buffer = vec![0; 256 << 10];
    let mut bytes = 0;
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(request)?;
        let (mut tail, mut is_first) = (Vec::new(), true);
        while !tail.ends_with(END) {
            let read = match stream.read(&mut buffer) {
                Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read,
                Err(error) if is_wait(&error) && !stop.load(Ordering::Relaxed) => continue,
                Err(error) if is_wait(&error) => return Ok(bytes),
                Err(error) => return Err(error),
            };
            let chunk = buffer.get(..read).unwrap_or_default();
            if std::mem::take(&mut is_first) && !chunk.starts_with(b"HTTP/1.1 200") {
                let text: String = String::from_utf8_lossy(chunk).chars().take(100).collect();
                return Err(std::io::Error::other(text));
            }
            bytes += read as u64;
            tail.extend_from_slice(chunk.get(read.saturating_sub(END.len())..).unwrap_or_default());
            let keep = tail.len().saturating_sub(END.len());
            tail.drain(..keep);
            if stop.load(Ordering::Relaxed) {
                return Ok(bytes);
            }
        }
    }
    Ok(bytes)
}

fn is_wait(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}
