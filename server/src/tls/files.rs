//! Certificates and keys in PEM and PKCS#12.

use std::path::Path;

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::refused;
use crate::config;
use crate::error::{Error, Result};

/// The server's certificate with its key, and where the key comes from.
pub(super) struct Identity<'s> {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) key_setting: &'static str,
    pub(super) key_path: &'s Path,
}

/// What a file holds; any of it may be missing.
struct Contents {
    certificates: Vec<CertificateDer<'static>>,
    key: Option<PrivateKeyDer<'static>>,
}

/// The certificate and key of the settings, from the bytes of their files.
pub(super) fn identity<'s>(
    settings: &'s config::Tls,
    certificate: &[u8],
    key: &[u8],
) -> Result<Identity<'s>> {
    let password = settings.password.reveal();
    let own = contents("tls.certificate", &settings.certificate, certificate, password)?;
    if own.certificates.is_empty() {
        return Err(refused("tls.certificate", &settings.certificate, "holds no certificate"));
    }
    let is_apart = !settings.key.as_os_str().is_empty();
    let (key, key_setting, key_path) = if is_apart {
        let key = contents("tls.key", &settings.key, key, password)?.key;
        (key, "tls.key", settings.key.as_path())
    } else {
        (own.key, "tls.certificate", settings.certificate.as_path())
    };
    let key = key.ok_or_else(|| {
        let hint = if is_apart { "" } else { "; name the file of the key with tls.key" };
        refused(key_setting, key_path, format!("holds no private key{hint}"))
    })?;
    Ok(Identity { certificates: own.certificates, key, key_setting, key_path })
}

fn contents(setting: &str, path: &Path, bytes: &[u8], password: &str) -> Result<Contents> {
    if is_pem(bytes) {
        from_pem(setting, path, bytes)
    } else {
        from_pkcs12(setting, path, bytes, password)
    }
}

/// DER, and PKCS#12 with it, begins with the byte of a sequence; PEM is text.
fn is_pem(bytes: &[u8]) -> bool {
    bytes.first() != Some(&0x30)
}

fn from_pem(setting: &str, path: &Path, bytes: &[u8]) -> Result<Contents> {
    let failed = |error: pem::Error| refused(setting, path, error);
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(bytes).collect::<Result<_, _>>().map_err(failed)?;
    let key = match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(key) => Some(key),
        Err(pem::Error::NoItemsFound) => {
            if bytes.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) {
                let why =
                    "its private key is encrypted; PKCS#12 is read with a password, PEM is not";
                return Err(refused(setting, path, why));
            }
            None
        }
        Err(error) => return Err(failed(error)),
    };
    Ok(Contents { certificates, key })
}

/// How the section of an encrypted key begins.
const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY";

fn from_pkcs12(setting: &str, path: &Path, bytes: &[u8], password: &str) -> Result<Contents> {
    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed);
    let store = store.map_err(|error| {
        let hint = "as PKCS#12 with the password of BEGRIFF_TLS_PASSWORD";
        refused(setting, path, format!("cannot be read {hint}: {error}"))
    })?;
    let Some((_, chain)) = store.private_key_chain() else {
        return Ok(Contents { certificates: Vec::new(), key: None });
    };
    let certificates =
        chain.certs().iter().map(|certificate| certificate.as_der().to_vec().into()).collect();
    let key = PrivateKeyDer::try_from(chain.key().as_der().to_vec());
    let key = key.map_err(|error| refused(setting, path, error))?;
    Ok(Contents { certificates, key: Some(key) })
}

/// The authorities that clients' certificates come from.
pub(super) fn authorities(setting: &str, path: &Path, bytes: &[u8]) -> Result<RootCertStore> {
    let failed = |error: &dyn std::fmt::Display| -> Error { refused(setting, path, error) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bytes) {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    if roots.is_empty() {
        return Err(failed(&"holds no certificate in PEM"));
    }
    Ok(roots)
}
