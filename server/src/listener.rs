//! Listens, serves connections, and ends gracefully.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, header};
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
use crate::router::{fhir, is_below_base, panicked, router};
use crate::tls::Tls;

/// Seconds that a client may take for its headers.
const HEADER_SECONDS: u64 = 10;
/// Seconds that a client may take for the handshake of TLS.
const HANDSHAKE_SECONDS: u64 = 10;
/// Seconds that requests in flight get to end.
const GRACE_SECONDS: u64 = 20;
/// Bytes from which on an answer is compressed.
const COMPRESS_FROM: u64 = 1_024;
/// Headers that pages of other origins may read.
const EXPOSED_HEADERS: &str = "etag,content-language,location";

/// Everything that is served: the routes with their layers, and a way past both.
///
/// Most requests of programs ask for nothing of what the layers do: nothing is compressed either way,
/// no other origin asks. For these, layers and routing took as long as answering a `$lookup`, so they
/// go from the connection to the FHIR endpoint at once.
#[derive(Debug, Clone)]
pub struct Service {
    app: Arc<App>,
    layered: Router,
}

/// The service of an application.
#[must_use]
pub fn service(app: Arc<App>) -> Service {
    Service { layered: layered(Arc::clone(&app)), app }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !is_plain(&request) {
            return Box::pin(tower::Service::call(&mut self.layered, request));
        }
        let mut answer = Box::pin(direct(Arc::clone(&self.app), request.map(Body::new)));
        Box::pin(std::future::poll_fn(move |context| {
            let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
            polled.map_or_else(|_| Poll::Ready(Ok(panicked())), |polled| polled.map(Ok))
        }))
    }
}

/// Whether the layers would have nothing to do.
fn is_plain<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let asks_for_more = [header::ACCEPT_ENCODING, header::CONTENT_ENCODING, header::ORIGIN]
        .iter()
        .any(|name| headers.contains_key(name));
    let is_routed_alike = matches!(*request.method(), Method::GET | Method::POST);
    is_routed_alike && !asks_for_more && is_below_base(request.uri().path())
}

/// Answers as the routes do, with the headers that the layers add.
async fn direct(app: Arc<App>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let mut response = fhir(State(app), head.method, head.uri, head.headers, body).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers
        .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    response
}

/// Routes with everything around them: the only list of layers.
fn layered(app: Arc<App>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS, Method::HEAD])
        .allow_headers(Any)
        .expose_headers(
            EXPOSED_HEADERS.split(',').map(HeaderName::from_static).collect::<Vec<_>>(),
        );
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
    service: TowerToHyperService<Service>,
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
