//! A minimal HTTP/1.1 client: one connection kept alive, one request at a time.
//!
//! It shares the cores with the server it measures, so it does next to nothing: requests are bytes
//! made before the measurement, answers are read into one buffer.

use std::io;
use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes made room for before a read.
const ROOM: usize = 32 << 10;

/// Where a server is: scheme and authority, and the path of its FHIR base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Host and port, as they stand in the header `Host`.
    pub(crate) authority: String,
    /// Path without a slash at its end.
    pub(crate) path: String,
}

impl Base {
    /// Reads `http://host[:port][/path]`.
    pub(crate) fn parse(url: &str) -> bench::Result<Self> {
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!(
                "'{url}': expected http://host:port/path; encrypted connections are not measured"
            )
        })?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = match authority.rsplit_once(':') {
            Some(_) => authority.to_owned(),
            None => format!("{authority}:80"),
        };
        Ok(Self { authority, path: path.trim_end_matches('/').to_owned() })
    }
}

/// How far an answer has been read, besides its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// From the request to the first byte of the body (to the head, where there is no body).
    pub(crate) first_byte: Duration,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: Vec<u8>,
    is_closing: bool,
}

struct Head {
    status: u16,
    /// Where the body begins.
    end: usize,
    length: Option<usize>,
    is_chunked: bool,
    is_closing: bool,
}

fn broken(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Connection {
    pub(crate) async fn open(base: &Base) -> io::Result<Self> {
        let stream = TcpStream::connect(&base.authority).await?;
        stream.set_nodelay(true)?;
        let buffer = Vec::with_capacity(2 * ROOM);
        Ok(Self { stream, buffer, body: Vec::new(), is_closing: false })
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let start = Instant::now();
        self.buffer.clear();
        self.body.clear();
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        let has_body = head.is_chunked || head.length.is_some_and(|length| length > 0);
        if has_body && self.buffer.len() == head.end {
            self.more().await?;
        }
        let first_byte = start.elapsed();
        self.is_closing = head.is_closing;
        if head.is_chunked {
            self.chunks(head.end).await?;
        } else {
            self.counted(&head).await?;
        }
        Ok(Answer { status: head.status, first_byte })
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the server said that it closes the connection.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.reserve(ROOM);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up")),
            _ => Ok(()),
        }
    }

    async fn head(&mut self) -> io::Result<Head> {
        loop {
            if let Some(at) = memmem::find(&self.buffer, b"\r\n\r\n") {
                return head(self.buffer.get(..at).unwrap_or_default(), at + 4)
                    .ok_or_else(|| broken("the head of the answer is not HTTP/1.1"));
            }
            self.more().await?;
        }
    }

    async fn counted(&mut self, head: &Head) -> io::Result<()> {
        let end = head.end + head.length.unwrap_or(0);
        while self.buffer.len() < end {
            self.more().await?;
        }
        self.body.extend_from_slice(self.buffer.get(head.end..end).unwrap_or_default());
        Ok(())
    }

    async fn chunks(&mut self, mut at: usize) -> io::Result<()> {
        loop {
            let line = loop {
                let rest = self.buffer.get(at..).unwrap_or_default();
                if let Some(end) = memmem::find(rest, b"\r\n") {
                    break rest.get(..end).unwrap_or_default();
                }
                self.more().await?;
            };
            let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| usize::from_str_radix(digits.trim(), 16).ok())
                .ok_or_else(|| broken("the size of a chunk is not a hexadecimal number"))?;
            let start = at + line.len() + 2;
            at = start + size + 2;
            while self.buffer.len() < at {
                self.more().await?;
            }
            if size == 0 {
                return Ok(());
            }
            self.body.extend_from_slice(self.buffer.get(start..start + size).unwrap_or_default());
        }
    }
}

fn head(bytes: &[u8], end: usize) -> Option<Head> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let mut head = Head { status, end, length: None, is_chunked: false, is_closing: false };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.length = Some(value.parse().ok()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.is_chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            head.is_closing = value.eq_ignore_ascii_case("close");
        }
    }
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_has_a_port_and_no_slash_at_its_end() {
        let base =
            |authority: &str, path: &str| Base { authority: authority.into(), path: path.into() };
        assert_eq!(Base::parse("http://a:1/fhir/").unwrap(), base("a:1", "/fhir"));
        assert_eq!(Base::parse("http://a").unwrap(), base("a:80", ""));
        assert!(Base::parse("https://a/fhir").is_err());
    }

    #[test]
    fn answers_are_read_by_length_and_by_chunks() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let authority = listener.local_addr().unwrap().to_string();
            let server = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 1];
                for part in [
                    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                    "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n",
                ] {
                    stream.read_exact(&mut asked).await.unwrap();
                    for byte in part.as_bytes() {
                        stream.write_all(&[*byte]).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                }
            });
            let mut connection =
                Connection::open(&Base { authority, path: String::new() }).await.unwrap();
            for status in [200, 404] {
                assert_eq!(connection.exchange(b"x").await.unwrap().status, status);
                assert_eq!(connection.body(), b"abc");
            }
            server.await.unwrap();
        });
    }
}
