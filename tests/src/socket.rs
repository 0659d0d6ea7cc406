//! A server on a real socket, and the smallest client for HTTP/1.1.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use server::app::App;
use server::tls::Tls;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::runtime;

/// A server that listens until it is stopped.
#[derive(Debug)]
pub struct Listening {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Listens on a free port of this machine.
pub fn listen(app: &Arc<App>) -> Listening {
    listen_with(app, None)
}

/// The same with TLS.
pub fn listen_with(app: &Arc<App>, tls: Option<Arc<Tls>>) -> Listening {
    let app = Arc::clone(app);
    runtime().block_on(async move {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server::listener::serve(socket, app, tls, async {
            let _ = stopped.await;
        }));
        Listening { address, stop, task }
    })
}

impl Listening {
    /// Asks the server to end and waits until it has.
    pub fn stop(self) {
        let _ = self.stop.send(());
        runtime().block_on(self.task).unwrap().unwrap();
    }
}

/// One connection over which requests go one after the other.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct RawResponse {
    /// The status line.
    pub status_line: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks put together.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

impl Connection {
    /// Opens a connection.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request; `head` is the request line and headers without the empty line at its end.
    pub fn send(&mut self, head: &str, body: &[u8]) {
        let mut bytes = head.replace('\n', "\r\n").into_bytes();
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(body);
        self.stream.get_mut().write_all(&bytes).unwrap();
    }

    /// Reads one answer.
    pub fn receive(&mut self) -> RawResponse {
        let head = self.receive_head();
        self.receive_body(head)
    }

    /// Reads the head of an answer.
    pub fn receive_head(&mut self) -> RawResponse {
        let status_line = self.line();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        RawResponse { status_line, headers, body: Vec::new() }
    }

    /// Reads the body that belongs to a head.
    pub fn receive_body(&mut self, mut response: RawResponse) -> RawResponse {
        response.body = if response.header("transfer-encoding") == "chunked" {
            self.chunks()
        } else {
            self.bytes(response.header("content-length").parse().unwrap_or(0))
        };
        response
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            body.extend(self.bytes(length));
            self.line();
            if length == 0 {
                return body;
            }
        }
    }
}
