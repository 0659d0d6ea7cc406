//! A bare axum handler: what HTTP itself costs with the stack the server is built on.
//!
//! It answers every request with as many bytes as the header `X-Answer-Bytes` asks for and does
//! nothing else, so that the load driver can show each figure as a ratio. The bytes are rows of an
//! expansion, so that the driver, which counts rows, has as much to do for them.

use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many bytes an answer shall have.
static ANSWER_BYTES: HeaderName = HeaderName::from_static("x-answer-bytes");

/// How the bytes of an answer begin, and how they go on.
const BEGINNING: &[u8] = br#"{"resourceType":"ValueSet","expansion":{"contains":["#;
const ROW: &[u8] =
    br#"{"system":"http://snomed.info/sct","code":"73211009","display":"Diabetes mellitus"},"#;

/// Answers every request with a body of the size its header X-Answer-Bytes names.
#[derive(Debug, Parser)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Bytes of the largest body that can be asked for.
    #[arg(long, default_value_t = 16 << 20)]
    most: usize,
}

async fn answer(State(filling): State<Bytes>, headers: HeaderMap, _sent: Bytes) -> Response {
    let wanted = headers.get(&ANSWER_BYTES).and_then(|value| value.to_str().ok());
    let bytes = wanted.and_then(|text| text.parse().ok()).unwrap_or(0);
    if bytes > filling.len() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    ([(header::CONTENT_TYPE, "application/fhir+json")], filling.slice(..bytes)).into_response()
}

async fn serve(arguments: Arguments) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    println!("a bare handler answers at http://{}/", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // As the server does: small answers must not wait for more to be sent.
        let _ = stream.set_nodelay(true);
    });
    let bytes = BEGINNING.iter().chain(ROW.iter().cycle());
    let filling: Vec<u8> = bytes.copied().take(arguments.most).collect();
    let router = Router::new().fallback(answer).with_state(Bytes::from(filling));
    // Ended as the server is, so that a profile of what it did can be written then.
    let mut asked_to_end = signal(SignalKind::terminate())?;
    tokio::select! {
        served = axum::serve(listener, router) => served,
        _ = asked_to_end.recv() => Ok(()),
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(Arguments::parse()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bare: {error}");
            ExitCode::FAILURE
        }
    }
}
