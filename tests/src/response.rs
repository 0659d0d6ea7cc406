//! An answer and the questions tests ask of it.

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;

/// An answer of the server.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// The body as JSON, null where it is none.
    pub json: Value,
}

impl Response {
    /// An answer of these parts.
    pub fn new(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Self { status, headers, body, json }
    }

    /// Panics where the answer is no valid FHIR JSON: an element that is there is never empty.
    pub(crate) fn assert_no_empty_elements(&self) {
        if let Some(path) = empty_element(&self.json) {
            assert!(self.json.is_null(), "{path} is empty in {}", self.text());
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// This answer, which must have the status 200.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text());
        self
    }

    /// This answer, which must be Parameters with status 200.
    #[track_caller]
    pub fn parameters(self) -> Self {
        let this = self.ok();
        assert_eq!(this.json["resourceType"], "Parameters", "{}", this.text());
        this
    }

    /// The parameters of this name.
    pub fn all(&self, name: &str) -> Vec<&Value> {
        let list = self.json["parameter"].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter(|parameter| parameter["name"] == name).collect()
    }

    /// The value of the first parameter of this name, null where there is none.
    pub fn value(&self, name: &str) -> &Value {
        self.all(name).first().map_or(&Value::Null, |parameter| value_of(parameter))
    }

    /// The values of a concept property in an answer of `$lookup`.
    pub fn properties(&self, code: &str) -> Vec<&Value> {
        let properties = self.all("property");
        properties
            .into_iter()
            .filter(|property| part(property, "code") == code)
            .map(|property| part(property, "value"))
            .collect()
    }

    /// All entries of an expansion, nested ones after their parents.
    pub fn contains(&self) -> Vec<&Value> {
        flattened(&self.json["expansion"]["contains"])
    }

    /// The codes of an expansion in order; entries without a code are left out.
    pub fn codes(&self) -> Vec<&str> {
        self.contains().into_iter().filter_map(|entry| entry["code"].as_str()).collect()
    }

    /// The codes of an expansion, sorted.
    #[track_caller]
    pub fn sorted_codes(&self) -> Vec<&str> {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(self.json["resourceType"], "ValueSet", "{}", self.text());
        let mut codes = self.codes();
        codes.sort_unstable();
        codes
    }

    /// Values of the expansion parameters of this name.
    pub fn expansion_parameters(&self, name: &str) -> Vec<&Value> {
        let list = self.json["expansion"]["parameter"].as_array();
        list.map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(|parameter| parameter["name"] == name)
            .map(value_of)
            .collect()
    }

    /// The resources of a Bundle.
    pub fn resources(&self) -> Vec<&Value> {
        let entries = self.json["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| &entry["resource"]).collect()
    }

    /// A refusal: the status, an OperationOutcome with the issue code, and a text with all these
    /// words (compared without case).
    #[track_caller]
    pub fn refused(&self, status: u16, issue_code: &str, words: &[&str]) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.json["resourceType"], "OperationOutcome", "{}", self.text());
        let issue = &self.json["issue"][0];
        assert!(matches!(issue["severity"].as_str(), Some("error" | "fatal")), "{issue}");
        assert_eq!(issue["code"], issue_code, "{issue}");
        // Clients show `details.text` or `diagnostics`: both must be there.
        let text = issue["details"]["text"].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "no details.text in {issue}");
        assert!(issue["diagnostics"].is_string(), "no diagnostics in {issue}");
        let folded = text.to_lowercase();
        for word in words {
            assert!(folded.contains(&word.to_lowercase()), "'{word}' is not in: {text}");
        }
    }
}

/// The path of an element without content.
fn empty_element(value: &Value) -> Option<String> {
    let below = |name: String, value: &Value| empty_element(value).map(|path| name + &path);
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => text.is_empty().then(String::new),
        Value::Array(list) if list.is_empty() => Some("[]".into()),
        Value::Object(members) if members.is_empty() => Some("{}".into()),
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(at, value)| below(format!("[{at}]"), value))
        }
        Value::Object(members) => {
            members.iter().find_map(|(name, value)| below(format!(".{name}"), value))
        }
        _ => None,
    }
}

/// The value of a parameter: `value[x]`, a resource, or its parts.
pub fn value_of(parameter: &Value) -> &Value {
    let members = parameter.as_object();
    let value = members.and_then(|members| {
        members
            .iter()
            .find(|(name, _)| name.starts_with("value") || *name == "resource" || *name == "part")
    });
    value.map_or(&Value::Null, |(_, value)| value)
}

/// The value of a part of a parameter, null where there is none.
pub fn part<'a>(parameter: &'a Value, name: &str) -> &'a Value {
    let parts = parameter["part"].as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().find(|part| part["name"] == name).map_or(&Value::Null, value_of)
}

/// The entries of a `contains` with all entries below them.
pub fn flattened(contains: &Value) -> Vec<&Value> {
    let mut all = Vec::new();
    for entry in contains.as_array().map(Vec::as_slice).unwrap_or_default() {
        all.push(entry);
        all.extend(flattened(&entry["contains"]));
    }
    all
}
