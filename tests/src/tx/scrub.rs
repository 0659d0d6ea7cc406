//! What is taken out of an answer before it is compared.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Removes narrative, metadata, diagnostics and the extensions that are no concern of the suite.
pub(super) fn scrub(answer: &mut Value, managed: &BTreeSet<String>) {
    let Some(resource) = answer.as_object_mut() else { return };
    match resource.get("resourceType").and_then(Value::as_str) {
        Some("Parameters") => parameters(resource, managed),
        Some("OperationOutcome") => outcome(resource, managed),
        Some("CapabilityStatement" | "TerminologyCapabilities") => {
            resource.remove("text");
            resource.remove("meta");
        }
        _ => {
            resource.remove("text");
            resource.remove("meta");
            extensions(resource, managed);
        }
    }
}

/// Values of parameters keep their extensions; resources in them do not.
fn parameters(resource: &mut Map<String, Value>, managed: &BTreeSet<String>) {
    resource.remove("meta");
    let Some(Value::Array(list)) = resource.get_mut("parameter") else { return };
    list.retain(|parameter| parameter["name"] != "diagnostics");
    for parameter in list {
        if let Some(inner) = parameter.get_mut("resource") {
            scrub(inner, managed);
        }
    }
}

fn outcome(resource: &mut Map<String, Value>, managed: &BTreeSet<String>) {
    resource.remove("text");
    resource.remove("meta");
    extensions(resource, managed);
    let Some(Value::Array(issues)) = resource.get_mut("issue") else { return };
    issues.retain(|issue| issue.get("diagnostics").is_none() || issue.get("details").is_some());
    for issue in issues.iter_mut().filter_map(Value::as_object_mut) {
        let diagnostics = issue.get("diagnostics").and_then(Value::as_str).unwrap_or_default();
        if !diagnostics.to_lowercase().contains("x-request-id") {
            issue.remove("diagnostics");
        }
    }
}

/// Removes extensions at every depth; inside of a definition (`compose`) at the first level only.
fn extensions(element: &mut Map<String, Value>, managed: &BTreeSet<String>) {
    if let Some(Value::Array(list)) = element.get_mut("extension") {
        list.retain(|extension| {
            let url = extension["url"].as_str().unwrap_or_default();
            !url.contains(':') || managed.contains(url)
        });
        if list.is_empty() {
            element.remove("extension");
        }
    }
    for (name, member) in element.iter_mut() {
        if name == "compose" {
            continue;
        }
        match member {
            Value::Object(members) => extensions(members, managed),
            Value::Array(list) => {
                for members in list.iter_mut().filter_map(Value::as_object_mut) {
                    extensions(members, managed);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
