//! The cases: `test-cases.json` and the files it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Version;

/// The mode of suites that name none; they are for every server.
pub const EVERY_SERVER: &str = "all";

/// The suite on disk.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    externals: Value,
    managed: BTreeSet<String>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The suite it belongs to.
    pub suite: String,
    /// Its name in the suite.
    pub name: String,
    /// The mode that must be on for it.
    pub mode: String,
    /// The operation: `expand`, `validate-code`, ….
    pub operation: String,
    /// What it checks.
    pub description: String,
    /// The class of the HTTP status expected, as in `2xx`.
    pub status_class: String,
    /// The header Accept-Language.
    pub accept_language: Option<String>,
    /// Any other header.
    pub header: Option<(String, String)>,
    /// The versions of FHIR it is for, as the start of the number; all where absent.
    pub version: Option<String>,
    /// Resources sent along.
    pub setup: Vec<String>,
    /// Parameters added to each request.
    pub profile: String,
    /// The request, none for metadata.
    pub request: Option<String>,
    /// Expected answers by mode; the one for no special mode is filed under the empty text.
    pub responses: BTreeMap<String, String>,
}

impl Files {
    /// The suite in this folder, which holds `test-cases.json`.
    pub fn open(root: &Path) -> Self {
        let mut files =
            Self { root: root.to_owned(), externals: Value::Null, managed: BTreeSet::new() };
        files.externals = files.json("messages-tx.fhir.org.json");
        let mut managed = BTreeSet::new();
        for case in files.cases() {
            for response in case.responses.values().filter(|name| files.has(name)) {
                extension_urls(&files.json(response), &mut managed);
            }
        }
        files.managed = managed;
        files
    }

    /// All cases in the order of the suite; a case listed twice comes once.
    pub fn cases(&self) -> Vec<Case> {
        let manifest = self.json("test-cases.json");
        let mut seen = BTreeSet::new();
        let mut cases = Vec::new();
        for suite in items(&manifest["suites"]) {
            for test in items(&suite["tests"]) {
                let case = Case::read(suite, test);
                if seen.insert(case.id()) {
                    cases.push(case);
                }
            }
        }
        cases
    }

    /// Whether the file is there; the suite names some that it does not hold.
    pub fn has(&self, name: &str) -> bool {
        self.root.join(name).is_file()
    }

    /// A file as JSON.
    pub fn json(&self, name: &str) -> Value {
        let path = self.root.join(name);
        let text = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
        // Some begin with a byte order mark.
        serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text))
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}", path.display()))
    }

    /// The messages expected in the answer of this name, by number.
    pub fn externals(&self, response: &str) -> &Value {
        &self.externals[response]
    }

    /// The extensions that expected answers use; others are no concern of the comparison.
    pub fn managed(&self) -> &BTreeSet<String> {
        &self.managed
    }
}

impl Case {
    fn read(suite: &Value, test: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let responses = test.as_object().into_iter().flatten().filter_map(|(name, value)| {
            let mode = match name.strip_prefix("response")? {
                "" => "",
                other => other.strip_prefix(':')?,
            };
            Some((mode.to_owned(), text(value)?))
        });
        let header = &test["header"];
        Self {
            suite: text(&suite["name"]).unwrap_or_default(),
            name: text(&test["name"]).unwrap_or_default(),
            mode: text(&test["mode"])
                .or_else(|| text(&suite["mode"]))
                .unwrap_or_else(|| EVERY_SERVER.to_owned()),
            operation: text(&test["operation"]).unwrap_or_default(),
            description: text(&test["description"]).unwrap_or_default(),
            status_class: text(&test["http-code"]).unwrap_or_else(|| "2xx".to_owned()),
            accept_language: text(&test["Accept-Language"]),
            header: text(&header["name"]).zip(text(&header["value"])),
            version: text(&test["version"]),
            setup: items(&suite["setup"]).iter().filter_map(text).collect(),
            profile: text(&test["profile"]).unwrap_or_else(|| "parameters-default.json".to_owned()),
            request: text(&test["request"]),
            responses: responses.collect(),
        }
    }

    /// Suite and name, as the lists of this crate write it.
    pub fn id(&self) -> String {
        format!("{}/{}", self.suite, self.name)
    }

    /// Whether it is meant for servers of this version.
    pub fn is_for(&self, version: Version) -> bool {
        self.version.as_deref().is_none_or(|wanted| version.number().starts_with(wanted))
    }

    /// The file of the expected answer.
    pub fn response(&self, modes: &BTreeSet<String>) -> &str {
        let special = self.responses.iter().find(|(mode, _)| modes.contains(*mode));
        special.map_or_else(
            || self.responses.get("").map(String::as_str).unwrap_or_default(),
            |(_, file)| file.as_str(),
        )
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn extension_urls(value: &Value, urls: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| extension_urls(item, urls)),
        Value::Object(members) => {
            for extension in members.get("extension").map(items).unwrap_or_default() {
                urls.extend(extension["url"].as_str().map(str::to_owned));
            }
            members.values().for_each(|member| extension_urls(member, urls));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
