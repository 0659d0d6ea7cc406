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
use crate::exchange::{Exchange, Stage};
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

/// What answers depend on beside the URL, by negotiation and compression.
const VARY: &str = "Accept, Accept-Language, Accept-Encoding";

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
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        if !is_plain(&request) {
            return Answering::Later(Box::pin(tower::Service::call(&mut self.layered, request)));
        }
        let app = Arc::clone(&self.app);
        let (head, body) = request.into_parts();
        if !body.is_end_stream() {
            let request = Request::from_parts(head, Body::new(body));
            return Answering::later(fhir(State(app), request));
        }
        let begun = catch_unwind(AssertUnwindSafe(|| match Exchange::begin(app, head) {
            Stage::Open(exchange) => exchange.here(),
            answered @ Stage::Answered(_) => answered,
        }));
        match begun {
            Ok(Stage::Answered(response)) => Answering::Now(Some(with_headers(response))),
            Ok(Stage::Open(exchange)) => Answering::later(exchange.elsewhere()),
            Err(_) => Answering::Now(Some(panicked())),
        }
    }
}

/// An answer that is there, as most are at once, or one that is worked on.
pub enum Answering {
    /// It is there, until it is taken.
    Now(Option<Response<Body>>),
    /// It is worked on.
    Later(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>),
}

impl std::fmt::Debug for Answering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Now(_)) { "Now" } else { "Later" })
    }
}

impl Answering {
    /// One that is worked on past the layers; a panic is answered like any failure.
    fn later(answer: impl Future<Output = Response<Body>> + Send + 'static) -> Self {
        let mut answer = Box::pin(answer);
        Self::Later(Box::pin(std::future::poll_fn(move |context| {
            let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
            match polled {
                Ok(polled) => polled.map(|response| Ok(with_headers(response))),
                Err(_) => Poll::Ready(Ok(panicked())),
            }
        })))
    }
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Now(response) => Poll::Ready(Ok(response.take().unwrap_or_else(panicked))),
            Self::Later(answer) => answer.as_mut().poll(context),
        }
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

/// The headers that the layers add.
fn with_headers(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
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
        .header_read_timeout(Duration::from_secs(HEADER_SECONDS));
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
