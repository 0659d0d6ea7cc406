//! Configuration: a file in TOML, the environment, the command line; later ones win.
//!
//! Environment variables are named after the setting: `BEGRIFF_LISTEN`, `BEGRIFF_LIBRARY`,
//! `BEGRIFF_LIMITS_BODY_BYTES`, ….

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, choose_native_strategy};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::wire;

/// All settings.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address to listen on; the default is reachable from this machine alone.
    pub listen: SocketAddr,
    /// The library directory; empty for the platform's folder, see [`Config::library_folder`].
    pub library: PathBuf,
    /// Base URL as clients see it, where a proxy stands in front; empty to take it from the request.
    pub base_url: String,
    /// Threads for operations, 0 for one per core.
    pub threads: usize,
    /// Seconds that clients may keep answers to GET; 0 lets them ask each time.
    pub max_age_s: u32,
    /// Log format: `text` or `json`.
    pub log_format: String,
    /// Whether codes may be written otherwise than their code system writes them, where a request
    /// does not say (`normalize-codes`).
    pub normalize_codes: bool,
    /// TLS of the listener; without a certificate it speaks plain HTTP.
    pub tls: Tls,
    /// Limits on what a request may ask.
    pub limits: Limits,
}

/// Limits on what a request may ask.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request body after decompression.
    pub body_bytes: usize,
    /// Depth of objects and arrays in a body.
    pub depth: usize,
    /// Bytes of a request's path and query.
    pub url_bytes: usize,
    /// Codes of one expansion, 0 for no limit.
    pub expansion_codes: u64,
    /// Entries of one batch.
    pub batch_entries: usize,
    /// Resources on one page of a search.
    pub page_size: usize,
    /// Seconds until a request is given up.
    pub request_s: u64,
    /// Concepts in one closure table.
    pub closure_concepts: usize,
    /// Bytes of each cache of what requests bring along: resources, lists of them, sessions, value
    /// sets compiled with them.
    pub sent_cache_bytes: u64,
    /// Seconds without use after which a session of `$cache-control` ends.
    pub session_idle_s: u64,
}

/// TLS of the listener.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The server's certificate and those between it and its authority: PEM or PKCS#12.
    pub certificate: PathBuf,
    /// Its private key: PEM or PKCS#12; empty where it lies in the file of the certificate.
    pub key: PathBuf,
    /// Certificates of the authorities that clients' certificates come from, PEM; empty where
    /// clients need none.
    pub client_ca: PathBuf,
    /// Names that clients' certificates are good for, of which a client must have one: subject
    /// alternative names or common names. Empty for every client of the authorities.
    pub client_names: Vec<String>,
    /// Password of PKCS#12 files.
    pub password: Secret,
}

impl Tls {
    /// Whether the listener speaks TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}

/// A text that is not to be shown.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            library: PathBuf::new(),
            base_url: String::new(),
            threads: 0,
            max_age_s: 0,
            log_format: "text".into(),
            normalize_codes: false,
            tls: Tls::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 << 20,
            depth: 128,
            url_bytes: 32 << 10,
            expansion_codes: 0,
            batch_entries: 100_000,
            page_size: 1_000,
            request_s: 120,
            closure_concepts: 200_000,
            sent_cache_bytes: 32 << 20,
            session_idle_s: 3_600,
        }
    }
}

impl Limits {
    /// The limits of the wire formats.
    #[must_use]
    pub fn wire(&self) -> wire::Limits {
        wire::Limits { max_body_bytes: self.body_bytes, max_depth: self.depth }
    }
}

/// The prefix of environment variables.
const PREFIX: &str = "BEGRIFF_";
/// Variables with the prefix that are no settings of the server.
const OTHERS: [&str; 3] = ["SHARED", "CONFIG", "LOG"];

impl Config {
    /// The library directory: the one that is set, else `begriff` in the platform's folder for the
    /// data of applications (`$XDG_DATA_HOME` or `~/.local/share`, `~/Library/Application Support`,
    /// `%LOCALAPPDATA%`).
    ///
    /// # Errors
    /// When none is set and the user has no home.
    pub fn library_folder(&self) -> Result<PathBuf> {
        if !self.library.as_os_str().is_empty() {
            return Ok(self.library.clone());
        }
        let platform = choose_native_strategy().map_err(|_| {
            Error::Config(
                "no home directory is known to keep the library in; name one with --library or BEGRIFF_LIBRARY"
                    .into(),
            )
        })?;
        // A library is large: of Windows' two folders it belongs into the one that stays on this
        // machine, which is where caches lie.
        let data = if cfg!(windows) { platform.cache_dir() } else { platform.data_dir() };
        Ok(data.join("begriff"))
    }

    /// Reads the file (if one is given) and the environment.
    ///
    /// # Errors
    /// When the file cannot be read, or a setting is unknown or malformed; names file or variable.
    pub fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut table = toml::Table::new();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|source| Error::io(path, source))?;
            table = text
                .parse()
                .map_err(|error| Error::Config(format!("{}: {error}", path.display())))?;
        }
        for (name, value) in environment {
            if let Some(setting) = name.strip_prefix(PREFIX).filter(|name| !OTHERS.contains(name)) {
                set(&mut table, &setting.to_lowercase(), value);
            }
        }
        let named =
            file.map_or_else(|| "environment".to_owned(), |path| path.display().to_string());
        table.try_into().map_err(|error: toml::de::Error| {
            Error::Config(format!("{named}: {}", error.to_string().trim_end()))
        })
    }
}

/// Settings that lie in a table of the file.
const TABLES: [&str; 2] = ["limits", "tls"];

/// Sets `limits_body_bytes` as `limits.body_bytes`; numbers become numbers, lists are written with
/// commas.
fn set(table: &mut toml::Table, setting: &str, text: String) {
    let value = value_of(setting, text);
    let below = TABLES
        .iter()
        .find_map(|name| Some((*name, setting.strip_prefix(name)?.strip_prefix('_')?)));
    let Some((name, setting)) = below else {
        table.insert(setting.to_owned(), value);
        return;
    };
    let below = table.entry(name).or_insert_with(|| toml::Table::new().into());
    if let Some(below) = below.as_table_mut() {
        below.insert(setting.to_owned(), value);
    }
}

fn value_of(setting: &str, text: String) -> toml::Value {
    let is_text = matches!(setting, "listen" | "library" | "base_url" | "log_format");
    if setting == "tls_client_names" {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        return names.map(str::to_owned).collect::<Vec<_>>().into();
    }
    if setting == "normalize_codes"
        && let Ok(flag) = text.parse::<bool>()
    {
        return flag.into();
    }
    match text.parse::<i64>() {
        Ok(number) if !is_text && !setting.starts_with("tls_") => toml::Value::Integer(number),
        _ => toml::Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("begriff.toml");
        std::fs::write(&path, text).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::read(Some(&path), environment)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = read(
            "listen = '127.0.0.1:1'\n[limits]\nbatch_entries = 5\nbody_bytes = 7",
            &[("BEGRIFF_LISTEN", "127.0.0.1:2"), ("BEGRIFF_LIMITS_BODY_BYTES", "9"), ("PATH", "x")],
        )
        .unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!((config.limits.batch_entries, config.limits.body_bytes), (5, 9));
    }

    #[test]
    fn lists_and_flags_are_set_by_the_environment_too_and_passwords_are_not_shown() {
        let config = read(
            "[tls]\ncertificate = 'a.pem'\nkey = 'a.key'",
            &[
                ("BEGRIFF_TLS_KEY", "b.key"),
                ("BEGRIFF_TLS_CLIENT_NAMES", "one.example, two.example"),
                ("BEGRIFF_TLS_PASSWORD", "1234"),
                ("BEGRIFF_NORMALIZE_CODES", "true"),
            ],
        )
        .unwrap();
        let tls = &config.tls;
        assert_eq!(
            (tls.certificate.as_path(), tls.key.as_path()),
            (Path::new("a.pem"), Path::new("b.key"))
        );
        assert_eq!(tls.client_names, ["one.example", "two.example"]);
        assert_eq!(tls.password.reveal(), "1234");
        assert!(config.normalize_codes);
        assert!(!format!("{config:?}").contains("1234"));
    }

    #[test]
    fn the_library_lies_in_the_platforms_folder_unless_one_is_set() {
        let folder = Config::default().library_folder().unwrap();
        assert!(folder.is_absolute() && folder.ends_with("begriff"), "{}", folder.display());
        let config = read("library = 'here'", &[]).unwrap();
        assert_eq!(config.library_folder().unwrap(), Path::new("here"));
        let config = read("library = 'here'", &[("BEGRIFF_LIBRARY", "there")]).unwrap();
        assert_eq!(config.library_folder().unwrap(), Path::new("there"));
    }

    #[test]
    fn unknown_and_malformed_settings_are_named() {
        let error = read("lisen = 'x'", &[]).unwrap_err().to_string();
        assert!(error.contains("lisen") && error.contains("begriff.toml"), "{error}");
        let error = read("", &[("BEGRIFF_THREADS", "many")]).unwrap_err().to_string();
        assert!(error.contains("many") || error.contains("threads"), "{error}");
    }
}
