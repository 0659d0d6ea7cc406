//! A server over a library of its own, called without a socket.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use loaders::Options;
use serde_json::Value;
use server::app::App;
use server::cli::load_release;
use server::config::Config;
use server::library::{Library, ReleaseList};
use server::listener::Service;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::Response;

/// The base that clients of the tests believe to call.
const HOST: &str = "tx.example";

/// The runtime on which all servers of a test binary run.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap())
}

/// A server over a temporary library.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    service: Service,
    // Dropped last: the library lies in it.
    _folder: Option<TempDir>,
}

impl Server {
    /// The server over the embedded demonstration; one for the whole test binary.
    pub fn demo() -> &'static Self {
        static DEMO: OnceLock<Server> = OnceLock::new();
        DEMO.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            server::demo::load_into(&Library::open(folder.path()).unwrap()).unwrap();
            Self::over(folder, |_| ()).unlinked()
        })
    }

    /// A server over what the loaders make of these files: path and text.
    pub fn with(files: &[(&str, &str)]) -> Self {
        Self::configured(files, |_| ())
    }

    /// A server over releases that are loaded one after the other: path and text of their files.
    pub fn after(loads: &[Vec<(String, String)>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        for files in loads {
            load_texts(&library, files, &Options::default());
        }
        Self::over(folder, |_| ())
    }

    /// A server over real release files, loaded together.
    pub fn of_releases(paths: &[PathBuf], options: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        load_paths(&Library::open(folder.path()).unwrap(), paths, options);
        Self::over(folder, |_| ())
    }

    /// A server with settings changed.
    pub fn configured(files: &[(&str, &str)], configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        load_texts(&library, files, &Options::default());
        Self::over(folder, configure)
    }

    /// A server over a library that is there already.
    pub fn over(folder: TempDir, configure: impl FnOnce(&mut Config)) -> Self {
        let mut server = Self::at(folder.path(), configure);
        server._folder = Some(folder);
        server
    }

    /// The same with its files taken off the disk; what is open stays open. For a server that lives
    /// as long as the test binary and is therefore never dropped.
    #[must_use]
    pub fn unlinked(mut self) -> Self {
        self._folder = None;
        self
    }

    /// A server over a library whose folder somebody else keeps.
    pub fn at(library: &Path, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { library: library.to_owned(), threads: 2, ..Config::default() };
        configure(&mut config);
        let app = Arc::new(App::open(config).unwrap());
        let service = server::listener::service(Arc::clone(&app));
        Self { app, service, _folder: None }
    }

    /// The application, for what has no request.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// GET of a path below the base, as it stands.
    pub fn get(&self, path: &str) -> Response {
        self.send(request("GET", path).body(Body::empty()).unwrap())
    }

    /// GET with parameters, which are percent-encoded.
    pub fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Response {
        self.get(&with_query(path, parameters))
    }

    /// GET with further headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut builder = request("GET", path);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        self.send(builder.body(Body::empty()).unwrap())
    }

    /// POST of a resource as FHIR JSON.
    pub fn post(&self, path: &str, resource: &Value) -> Response {
        self.post_text(path, "application/fhir+json", &resource.to_string())
    }

    /// POST of any text.
    pub fn post_text(&self, path: &str, content_type: &str, text: &str) -> Response {
        let builder = request("POST", path).header("content-type", content_type);
        self.send(builder.body(Body::from(text.to_owned())).unwrap())
    }

    /// Any request; the path of its URI is the whole path.
    pub fn send(&self, request: Request<Body>) -> Response {
        let service = self.service.clone();
        runtime().block_on(async move {
            let response = service.oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let response = Response::new(head.status.as_u16(), head.headers, body);
            response.assert_no_empty_elements();
            response
        })
    }
}

/// A request to the FHIR base; `path` is what follows the base.
pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
    let uri = if path.is_empty() { "/fhir".to_owned() } else { format!("/fhir/{path}") };
    Request::builder().method(method).uri(uri).header("host", HOST)
}

fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Percent-encoding of a query value: all but the unreserved characters.
pub fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
    }
    out
}

/// Writes the files into a folder and loads every release found there; all must be recognised.
pub fn load_texts<P: AsRef<str>, T: AsRef<str>>(
    library: &Library,
    files: &[(P, T)],
    options: &Options,
) -> Vec<ReleaseList> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path.as_ref());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text.as_ref()).unwrap();
    }
    load_paths(library, &[folder.path().to_owned()], options)
}

/// Loads every release found below the paths.
pub fn load_paths(library: &Library, paths: &[PathBuf], options: &Options) -> Vec<ReleaseList> {
    let (releases, unknown) = loaders::recognise(paths, options).unwrap();
    assert!(unknown.is_empty(), "not recognised: {unknown:?}");
    releases.iter().map(|release| load_release(library, release, options).unwrap().0).collect()
}
