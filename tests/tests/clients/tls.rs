//! Clients of the national services: TLS, and certificates on both sides.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, Version};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::config;
use server::tls::Tls;
use tempfile::TempDir;
use tests::socket::{Listening, listen_with};
use tests::{Server, runtime};
use tokio_rustls::TlsConnector;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn issue(&self, common_name: &str, names: &[SanType]) -> Issued {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.subject_alt_names = names.to_vec();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate, key }
    }

    fn server(&self) -> Issued {
        self.issue("server", &[host("localhost")])
    }
}

impl Issued {
    fn pkcs12(&self, authority: &Authority, password: &str) -> Vec<u8> {
        let certificate = |der: &[u8]| Certificate::from_der(der).unwrap();
        let key = PrivateKey::from_der(self.key.serialized_der()).unwrap();
        let own = certificate(self.certificate.der());
        let chain = [own, certificate(authority.certificate.der())];
        let mut store = KeyStore::new();
        let entry = KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(vec![1], key, chain));
        store.add_entry("server", entry);
        store.writer(password).write().unwrap()
    }
}

fn host(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

/// The files of a server's settings.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Writes a certificate and its key, and the settings that name them.
    fn serve(&self, issued: &Issued) -> config::Tls {
        config::Tls {
            certificate: self.write("server.pem", issued.certificate.pem()),
            key: self.write("server.key", issued.key.serialize_pem()),
            ..config::Tls::default()
        }
    }
}

struct Secured {
    listening: Listening,
    tls: Arc<Tls>,
}

fn serve(settings: &config::Tls) -> Secured {
    let tls = Arc::new(Tls::open(settings).unwrap().unwrap());
    let listening = listen_with(Server::demo().app(), Some(Arc::clone(&tls)));
    Secured { listening, tls }
}

const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// Asks for a lookup over a connection of its own; says how it was answered, or why it was not.
fn get(
    address: SocketAddr,
    trusted: &Authority,
    client: Option<&Issued>,
    protocol: &[u8],
) -> Result<(StatusCode, Version), String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.certificate.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        Some(client) => {
            let key = PrivateKeyDer::from_pem_slice(client.key.serialize_pem().as_bytes()).unwrap();
            let chain = vec![CertificateDer::from(client.certificate.der().to_vec())];
            builder.with_client_auth_cert(chain, key).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    let answer = async move {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
        let io = TokioIo::new(stream);
        let url = format!(
            "https://{address}/fhir/CodeSystem/$lookup?system=http://loinc.org&code=2345-7"
        );
        let request = Request::get(url).header("host", address.to_string());
        let request = request.body(Body::empty()).unwrap();
        let failed = |error: hyper::Error| format!("{error:?}");
        let response = if protocol == HTTP2 {
            let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
            let (mut sender, connection) = handshake.map_err(failed)?;
            tokio::spawn(connection);
            sender.send_request(request).await
        } else {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(io).await.map_err(failed)?;
            tokio::spawn(connection);
            sender.send_request(request).await
        };
        let response = response.map_err(failed)?;
        let (head, body) = response.into_parts();
        assert!(!body.collect().await.map_err(failed)?.to_bytes().is_empty());
        Ok((head.status, head.version))
    };
    // A client of HTTP/2 whose connection is cut off right after the handshake may wait for ever.
    runtime().block_on(async move {
        let answered = tokio::time::timeout(Duration::from_secs(20), answer).await;
        answered.unwrap_or_else(|_| Err("no answer".to_owned()))
    })
}

#[test]
fn a_listener_with_a_certificate_speaks_tls_with_http_1_and_2() {
    let (authority, files) = (Authority::new("authority"), Files::new());
    let server = serve(&files.serve(&authority.server()));
    let address = server.listening.address;
    let over = |protocol| get(address, &authority, None, protocol);
    assert_eq!(over(HTTP1), Ok((StatusCode::OK, Version::HTTP_11)));
    assert_eq!(over(HTTP2), Ok((StatusCode::OK, Version::HTTP_2)));
    assert!(get(address, &Authority::new("another"), None, HTTP1).is_err());
    server.listening.stop();
}

#[test]
fn a_bad_or_slow_handshake_costs_nobody_else() {
    let (authority, files) = (Authority::new("authority"), Files::new());
    let server = serve(&files.serve(&authority.server()));
    let address = server.listening.address;
    let _silent: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut plain = TcpStream::connect(address).unwrap();
    plain.write_all(b"GET /fhir/metadata HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answered = Vec::new();
    let _ = plain.read_to_end(&mut answered);
    assert!(!answered.starts_with(b"HTTP"), "plain HTTP is not answered");
    let begun = Instant::now();
    assert!(get(address, &authority, None, HTTP2).is_ok());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn clients_must_have_a_certificate_of_the_authority() {
    let (authority, files) = (Authority::new("authority"), Files::new());
    let clients = Authority::new("authority of clients");
    let mut settings = files.serve(&authority.server());
    settings.client_ca = files.write("clients.pem", clients.certificate.pem());
    let server = serve(&settings);
    let address = server.listening.address;
    let stranger = Authority::new("authority of clients").issue("client", &[]);
    let known = clients.issue("client", &[]);
    for protocol in [HTTP1, HTTP2] {
        assert!(get(address, &authority, None, protocol).is_err());
        assert!(get(address, &authority, Some(&stranger), protocol).is_err());
        let answered = get(address, &authority, Some(&known), protocol);
        assert_eq!(answered.map(|(status, _)| status), Ok(StatusCode::OK));
    }
}

#[test]
fn clients_must_have_one_of_the_names() {
    let (authority, files) = (Authority::new("authority"), Files::new());
    let mut settings = files.serve(&authority.server());
    settings.client_ca = files.write("clients.pem", authority.certificate.pem());
    settings.client_names = ["etl.klinik.example", "Etl Dienst", "spiffe://klinik/etl", "10.0.0.7"]
        .map(str::to_owned)
        .to_vec();
    let server = serve(&settings);
    let uri = |text: &str| SanType::URI(text.try_into().unwrap());
    for (common_name, name, is_served) in [
        ("anyone", Some(host("ETL.klinik.example")), true),
        ("Etl Dienst", None, true),
        ("anyone", Some(uri("spiffe://klinik/etl")), true),
        ("anyone", Some(SanType::IpAddress([10, 0, 0, 7].into())), true),
        ("etl dienst", None, false),
        ("anyone", Some(host("klinik.example")), false),
        ("anyone", Some(host("*.klinik.example")), false),
        ("anyone", Some(uri("spiffe://klinik/ETL")), false),
        ("anyone", Some(SanType::IpAddress([10, 0, 0, 8].into())), false),
        ("anyone", None, false),
    ] {
        let client = authority.issue(common_name, name.as_slice());
        let answered = get(server.listening.address, &authority, Some(&client), HTTP2);
        assert_eq!(answered.is_ok(), is_served, "{common_name}, {name:?}: {answered:?}");
    }
}

#[test]
fn certificates_are_read_again_when_their_files_change() {
    let (old, new, files) = (Authority::new("old"), Authority::new("new"), Files::new());
    let settings = files.serve(&old.server());
    let server = serve(&settings);
    let address = server.listening.address;
    assert!(get(address, &old, None, HTTP1).is_ok());
    assert!(!server.tls.reload().unwrap(), "nothing has changed");
    // Half of the pair: what there was stays.
    let next = new.server();
    files.write("server.pem", next.certificate.pem());
    assert!(server.tls.reload().is_err());
    assert!(get(address, &old, None, HTTP1).is_ok());
    let watching = Arc::clone(&server.tls).watch(Duration::from_millis(20));
    let watching = runtime().spawn(watching);
    files.write("server.key", next.key.serialize_pem());
    let begun = Instant::now();
    while get(address, &new, None, HTTP1).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "not read again");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(get(address, &old, None, HTTP1).is_err());
    watching.abort();
}

#[test]
fn keys_come_from_pkcs12_and_from_the_certificates_own_file() {
    let (authority, files) = (Authority::new("authority"), Files::new());
    let issued = authority.server();
    let both = format!("{}{}", issued.key.serialize_pem(), issued.certificate.pem());
    let in_one = config::Tls { certificate: files.write("both.pem", both), ..Default::default() };
    let store = files.write("server.p12", issued.pkcs12(&authority, "geheim"));
    let in_store = config::Tls {
        certificate: store,
        password: "geheim".to_owned().into(),
        ..Default::default()
    };
    for settings in [&in_one, &in_store] {
        let server = serve(settings);
        assert!(get(server.listening.address, &authority, None, HTTP1).is_ok(), "{settings:?}");
    }
    let wrong = config::Tls { password: "falsch".to_owned().into(), ..in_store };
    let error = Tls::open(&wrong).unwrap_err().to_string();
    assert!(error.contains("server.p12") && error.contains("BEGRIFF_TLS_PASSWORD"), "{error}");
}

#[test]
fn what_is_wrong_with_a_setting_is_told_with_its_file() {
    let (authority, files) = (Authority::new("authority"), Files::new());
    let good = files.serve(&authority.server());
    let other = files.write("other.key", KeyPair::generate().unwrap().serialize_pem());
    let empty = files.write("empty.pem", "");
    let encrypted = files.write("encrypted.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n");
    let absent = files.path("absent.pem");
    let with = |change: fn(&mut config::Tls, &Path), path: &Path| {
        let mut settings = good.clone();
        change(&mut settings, path);
        Tls::open(&settings).unwrap_err().to_string()
    };
    let certificate: fn(&mut config::Tls, &Path) = |tls, path| tls.certificate = path.to_owned();
    let key: fn(&mut config::Tls, &Path) = |tls, path| tls.key = path.to_owned();
    let client_ca: fn(&mut config::Tls, &Path) = |tls, path| tls.client_ca = path.to_owned();
    for (change, path, expected) in [
        (certificate, &absent, "tls.certificate"),
        (certificate, &empty, "holds no certificate"),
        (certificate, &PathBuf::new(), "means nothing without tls.certificate"),
        (key, &absent, "tls.key"),
        (key, &empty, "holds no private key"),
        (key, &encrypted, "encrypted"),
        (key, &other, "not the key of the certificate in"),
        (key, &PathBuf::new(), "tls.key"),
        (client_ca, &absent, "tls.client_ca"),
        (client_ca, &empty, "holds no certificate"),
    ] {
        let error = with(change, path);
        assert!(error.contains(expected), "{expected}: {error}");
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        assert!(error.contains(&name.unwrap_or_default()), "{path:?}: {error}");
    }
    let names: fn(&mut config::Tls, &Path) = |tls, _| tls.client_names = vec!["x".into()];
    assert!(with(names, Path::new("")).contains("tls.client_names"));
}
