//! Listens, serves connections, and ends gracefully.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, Method};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel, DefaultPredicate};
use tower_http::cors::{Any, CorsLayer};
use tower_http::decompression::RequestDecompressionLayer;

use crate::app::App;
use crate::router::router;
use crate::tls::Tls;

/// Seconds that a client may take for its headers.
const HEADER_SECONDS: u64 = 10;
/// Seconds that a client may take for the handshake of TLS.
const HANDSHAKE_SECONDS: u64 = 10;
/// Seconds that requests in flight get to end.
const GRACE_SECONDS: u64 = 20;
/// Bytes from which on an answer is compressed.
const COMPRESS_FROM: u64 = 1_024;

/// Routes with everything around them: the only list of layers.
pub fn service(app: Arc<App>) -> Router {
    let exposed = ["etag", "content-language", "location"].map(HeaderName::from_static);
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS, Method::HEAD])
        .allow_headers(Any)
        .expose_headers(exposed);
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESS_FROM)));
    router(app)
        .layer(compression)
        .layer(RequestDecompressionLayer::new())
        .layer(cors)
        .layer(CatchPanicLayer::new())
}

/// Serves until `stop` is ready, then lets requests in flight end; with `tls` all connections are
/// encrypted.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let service = service(app);
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEADER_SECONDS))
        .pipeline_flush(true);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(256);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files and the like pass; the pause keeps the loop from spinning.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers must not wait for more to be sent.
        let _ = stream.set_nodelay(true);
        if let Some(tls) = &tls {
            let service = TowerToHyperService::new(service.clone());
            let connection =
                encrypted(tls.acceptor(), stream, builder.clone(), service, graceful.watcher());
            tokio::spawn(connection);
            continue;
        }
        let connection = builder
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service.clone()))
            .into_owned();
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => tracing::info!("all requests ended"),
        () = tokio::time::sleep(Duration::from_secs(GRACE_SECONDS)) => {
            tracing::warn!("requests still running after {GRACE_SECONDS} s were cut off");
        }
    }
    Ok(())
}

/// Serves one connection over TLS. The handshake takes place here, so that a slow or a bad one
/// keeps nobody else waiting.
async fn encrypted(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    builder: auto::Builder<TokioExecutor>,
    service: TowerToHyperService<Router>,
    watcher: Watcher,
) {
    let handshake =
        tokio::time::timeout(Duration::from_secs(HANDSHAKE_SECONDS), acceptor.accept(stream));
    let stream = match handshake.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            return;
        }
        Err(_) => {
            tracing::debug!("a TLS handshake took longer than {HANDSHAKE_SECONDS} s");
            return;
        }
    };
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
    }
}
