//! Answers that are sent while they are written.
//!
//! A thread that may take its time writes, the connection's thread sends. A slow reader slows the writer
//! down, so that memory stays flat.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::operations::expand::{CHUNK, Pending};
use crate::pace::stand_back;
use crate::wire::json::{JsonWriter, sent};

/// How many chunks may wait for the reader.
const WAITING: usize = 4;

/// A piece of an answer; `None` says that it is complete.
type Piece = Option<Bytes>;

/// Where a body is written to.
#[derive(Debug)]
pub(crate) struct Sink(mpsc::Sender<Piece>);

/// A body and where it is written to. Must be written on a thread that may wait.
pub(crate) fn channel() -> (Sink, Body) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Sink(sender), Body::new(StreamBody::new(Pieces { receiver, is_ended: false })))
}

impl Sink {
    /// Sends a piece; whether anybody reads on.
    pub(crate) fn send(&self, piece: Vec<u8>) -> bool {
        self.0.blocking_send(Some(sent(piece))).is_ok()
    }

    /// Says that the body is complete. One that ends otherwise is cut off, so that nobody takes it for
    /// the whole answer.
    pub(crate) fn end(self) {
        // Nobody reads any more if this fails: nothing is lost.
        let _ = self.0.blocking_send(None);
    }
}

/// Writes an expansion on a thread of its own while it is sent.
pub(crate) fn expansion(pending: Pending) -> Body {
    let (sink, body) = channel();
    tokio::task::spawn_blocking(move || {
        stand_back();
        let mut json = JsonWriter::with_capacity(CHUNK + 4_096);
        let mut is_read = true;
        let mut send_full = |json: &mut JsonWriter| {
            if json.as_bytes().len() >= CHUNK {
                is_read = sink.send(json.take_chunk());
            }
            is_read
        };
        pending.write(&mut json, &mut send_full);
        if is_read && sink.send(json.into_bytes()) {
            sink.end();
        }
    });
    body
}

struct Pieces {
    receiver: mpsc::Receiver<Piece>,
    /// Layers ask again after the end.
    is_ended: bool,
}

impl futures_core::Stream for Pieces {
    type Item = std::io::Result<Frame<Bytes>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_ended {
            return Poll::Ready(None);
        }
        self.receiver.poll_recv(context).map(|piece| {
            if let Some(Some(bytes)) = piece {
                return Some(Ok(Frame::data(bytes)));
            }
            self.is_ended = true;
            match piece {
                None => Some(Err(std::io::Error::other("the answer ended early"))),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::channel;

    #[tokio::test]
    async fn a_body_is_whole_only_when_its_end_was_said() {
        for is_ended in [true, false] {
            let (sink, body) = channel();
            let writer = tokio::task::spawn_blocking(move || {
                assert!(sink.send(b"one ".to_vec()) && sink.send(b"two".to_vec()));
                if is_ended {
                    sink.end();
                }
            });
            let read = axum::body::to_bytes(body, 100).await;
            writer.await.unwrap();
            assert_eq!(read.ok().as_deref(), is_ended.then_some(&b"one two"[..]));
        }
    }

    #[tokio::test]
    async fn a_body_that_ended_stays_so() {
        let (sink, body) = channel();
        tokio::task::spawn_blocking(|| sink.end()).await.unwrap();
        let mut body = std::pin::pin!(body);
        for _ in 0..2 {
            assert!(body.as_mut().frame().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_writer_learns_that_nobody_reads() {
        let (sink, body) = channel();
        drop(body);
        let is_read = tokio::task::spawn_blocking(move || sink.send(vec![1]));
        assert!(!is_read.await.unwrap());
    }
}
