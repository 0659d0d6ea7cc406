//! TLS of the listener: certificates, who may connect, and reading them again when they change.

mod clients;
mod files;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio_rustls::TlsAcceptor;

use crate::config;
use crate::error::{Error, Result};

use clients::Named;
use files::{Identity, authorities, identity};

/// How often the files are looked at. Looking is reading them: it finds links that point elsewhere
/// and files that were replaced on any file system.
pub const POLL: Duration = Duration::from_secs(10);

/// What new connections are encrypted with; replaced as a whole, connections keep theirs.
#[derive(Debug)]
pub struct Tls {
    settings: config::Tls,
    current: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// Of the files it was read from.
    hash: blake3::Hash,
}

impl Tls {
    /// Reads the files that are set; `None` where no certificate is.
    ///
    /// # Errors
    /// When a file is missing, cannot be read, does not hold what it should, or does not fit the
    /// others; names setting and file.
    pub fn open(settings: &config::Tls) -> Result<Option<Self>> {
        if !settings.is_on() {
            let dependent = [("tls.key", &settings.key), ("tls.client_ca", &settings.client_ca)];
            let mut dependent = dependent.iter().filter(|(_, path)| !path.as_os_str().is_empty());
            return match dependent.next() {
                Some((name, path)) => {
                    Err(refused(name, path, "means nothing without tls.certificate"))
                }
                None => Ok(None),
            };
        }
        if !settings.client_names.is_empty() && settings.client_ca.as_os_str().is_empty() {
            return Err(Error::Config(
                "tls.client_names mean nothing without tls.client_ca".into(),
            ));
        }
        let current = ArcSwap::from_pointee(load(settings)?);
        Ok(Some(Self { settings: settings.clone(), current }))
    }

    /// What accepts the next connection.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.load().config))
    }

    /// Reads the files again if they have changed; says whether they had. New connections get what
    /// is in them now, those that are open keep what they have.
    ///
    /// # Errors
    /// As [`Self::open`]; what there was stays.
    pub fn reload(&self) -> Result<bool> {
        if self.hash_of_files() == self.current.load().hash {
            return Ok(false);
        }
        self.current.store(Arc::new(load(&self.settings)?));
        Ok(true)
    }

    /// Looks at the files again and again, and at once when the process gets SIGHUP.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        // Files are often replaced one after the other: what does not fit yet is told only if it
        // stays so.
        let mut failed = String::new();
        let mut told = String::new();
        let mut hangups = Hangups::new();
        loop {
            let is_asked = tokio::select! {
                () = tokio::time::sleep(every) => false,
                () = hangups.next() => true,
            };
            let tls = Arc::clone(&self);
            let Ok(done) = tokio::task::spawn_blocking(move || tls.reload()).await else {
                continue;
            };
            let error = match done {
                Ok(is_new) => {
                    if is_new {
                        tracing::info!("certificates were read again");
                    }
                    String::new()
                }
                Err(error) => error.to_string(),
            };
            if !error.is_empty() && told != error && (is_asked || failed == error) {
                tracing::error!(%error, "certificates could not be read again; those before stay");
                told.clone_from(&error);
            }
            if error.is_empty() {
                told.clear();
            }
            failed = error;
        }
    }

    fn hash_of_files(&self) -> blake3::Hash {
        let settings = &self.settings;
        let mut hasher = blake3::Hasher::new();
        for path in [&settings.certificate, &settings.key, &settings.client_ca] {
            let bytes = std::fs::read(path).unwrap_or_default();
            hasher.update(&bytes.len().to_le_bytes());
            hasher.update(&bytes);
        }
        hasher.finalize()
    }
}

/// SIGHUP, where there is such a thing.
struct Hangups {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            signals: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

/// A setting that cannot be followed.
fn refused(setting: &str, path: &Path, why: impl std::fmt::Display) -> Error {
    Error::Config(format!("{setting}: {}: {why}", path.display()))
}

fn load(settings: &config::Tls) -> Result<Loaded> {
    let mut hasher = blake3::Hasher::new();
    let mut read = |setting: &str, path: &Path| -> Result<Vec<u8>> {
        let bytes = if path.as_os_str().is_empty() {
            Vec::new()
        } else {
            std::fs::read(path).map_err(|error| refused(setting, path, error))?
        };
        hasher.update(&bytes.len().to_le_bytes());
        hasher.update(&bytes);
        Ok(bytes)
    };
    let certificate = read("tls.certificate", &settings.certificate)?;
    let key = read("tls.key", &settings.key)?;
    let client_ca = read("tls.client_ca", &settings.client_ca)?;
    let hash = hasher.finalize();
    let provider = Arc::new(ring::default_provider());
    let Identity { certificates, key, key_setting, key_path } =
        identity(settings, &certificate, &key)?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Config(format!("tls: {error}")))?;
    let builder = match verifier(settings, &client_ca, provider)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(certificates, key).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => refused(
            key_setting,
            key_path,
            format!("not the key of the certificate in {}", settings.certificate.display()),
        ),
        error => refused(key_setting, key_path, error),
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), hash })
}

/// Who may connect; `None` for everybody.
fn verifier(
    settings: &config::Tls,
    client_ca: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>> {
    let path = &settings.client_ca;
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let roots = authorities("tls.client_ca", path, client_ca)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| refused("tls.client_ca", path, error))?;
    if settings.client_names.is_empty() {
        return Ok(Some(verifier));
    }
    Ok(Some(Arc::new(Named::new(verifier, settings.client_names.clone()))))
}
