//! What a case sends.

use serde_json::{Value, json};

use super::{Case, Files, Version, r4};
use crate::encoded;

/// A request below the base of a server.
#[derive(Debug, Clone)]
pub struct Sent {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path below the base, with the query.
    pub path: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Value>,
}

impl Sent {
    /// What `case` sends to a server of this version.
    pub fn of(case: &Case, files: &Files, version: Version) -> Self {
        let mut headers = vec![
            ("accept".to_owned(), version.media_type().to_owned()),
            ("x-request-id".to_owned(), format!("txTests:{}", case.id())),
        ];
        headers.extend(case.accept_language.clone().map(|it| ("accept-language".to_owned(), it)));
        headers.extend(case.header.clone());
        let Some(request) = &case.request else {
            let path = if case.operation == "metadata" {
                "metadata".to_owned()
            } else {
                "metadata?mode=terminology".to_owned()
            };
            return Self { method: "GET", path, headers, body: None };
        };
        let parameters = parameters(case, files, request, version);
        let path = path(&case.operation).to_owned();
        // The clients of the official runner ask with GET where they can, but for these only.
        if path.ends_with("validate-code")
            && let Some(query) = query(&parameters)
        {
            return Self { method: "GET", path: format!("{path}?{query}"), headers, body: None };
        }
        headers.push(("content-type".to_owned(), version.media_type().to_owned()));
        let body = json!({ "resourceType": "Parameters", "parameter": parameters });
        Self { method: "POST", path, headers, body: Some(body) }
    }
}

fn path(operation: &str) -> &'static str {
    match operation {
        "expand" => "ValueSet/$expand",
        "validate-code" => "ValueSet/$validate-code",
        "cs-validate-code" => "CodeSystem/$validate-code",
        "batch-validate" => "ValueSet/$batch-validate-code",
        "lookup" => "CodeSystem/$lookup",
        "translate" => "ConceptMap/$translate",
        "compare" => "ValueSet/$compare",
        "subsumes" => "CodeSystem/$subsumes",
        "closure" => "$closure",
        other => panic!("the suite has an operation this runner does not know: {other}"),
    }
}

/// The parameters of the request, the resources sent along, the profile's parameters.
fn parameters(case: &Case, files: &Files, request: &str, version: Version) -> Vec<Value> {
    let list = |name: &str| files.json(name)["parameter"].as_array().cloned().unwrap_or_default();
    let mut parameters = list(request);
    // A file that the suite names and does not hold cannot be sent.
    for name in case.setup.iter().filter(|name| files.has(name)) {
        parameters.push(json!({ "name": "tx-resource", "resource": files.json(name) }));
    }
    parameters.extend(list(&case.profile));
    for parameter in &mut parameters {
        if let Some(resource) = parameter.get_mut("resource") {
            r4::resource_to(version, resource);
        }
    }
    parameters
}

/// The parameters as a query, if all are primitive; it ends in `&`, as the official one does.
fn query(parameters: &[Value]) -> Option<String> {
    let mut query = String::new();
    for parameter in parameters {
        let members = parameter.as_object()?;
        let (_, value) = members.iter().find(|(name, _)| name.starts_with("value"))?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        let name = parameter["name"].as_str()?;
        query.push_str(&format!("{name}={}&", encoded(&text)));
    }
    Some(query)
}
