//! The order into which an answer is brought before it is compared; expected answers are written
//! in it. Items that compare equal keep the server's order.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{part, value_of};

/// Sorts an answer.
pub(super) fn sort(answer: &mut Value) {
    match answer["resourceType"].as_str() {
        Some("Parameters") => parameters(answer),
        Some("ValueSet") => value_set(answer),
        Some("CapabilityStatement") => capability_statement(answer),
        Some("TerminologyCapabilities") => terminology_capabilities(answer),
        _ => {}
    }
}

fn parameters(resource: &mut Value) {
    by(resource, "parameter", parameter_order);
    for parameter in list(resource, "parameter") {
        parts(parameter);
        if let Some(inner) = parameter.get_mut("resource") {
            match inner["resourceType"].as_str() {
                // An outcome of its own, as a whole answer, keeps its order.
                Some("OperationOutcome") => by(inner, "issue", issue_order),
                Some("Parameters") => parameters(inner),
                _ => {}
            }
        }
        if parameter["name"] == "message"
            && let Some(text) = parameter["valueString"].as_str()
        {
            let mut pieces: Vec<&str> = text.split("; ").collect();
            pieces.sort_unstable();
            parameter["valueString"] = pieces.join("; ").into();
        }
    }
}

fn parts(parameter: &mut Value) {
    by(parameter, "part", parameter_order);
    list(parameter, "part").iter_mut().for_each(parts);
}

fn parameter_order(left: &Value, right: &Value) -> Ordering {
    let lower = |parameter: &Value, name: &str| text(part(parameter, name)).to_lowercase();
    let names = text(&left["name"]).cmp(&text(&right["name"]));
    let keys: &[&str] = match left["name"].as_str() {
        Some("property") => &["code", "value"],
        Some("designation") => &["language"],
        _ => &[],
    };
    names.then_with(|| {
        let key = |parameter: &Value| -> Vec<String> {
            keys.iter().map(|name| lower(parameter, name)).collect()
        };
        key(left).cmp(&key(right))
    })
}

fn issue_order(left: &Value, right: &Value) -> Ordering {
    let key = |issue: &Value| {
        [&issue["severity"], &issue["code"], &issue["expression"][0], &issue["details"]["text"]]
            .map(text)
    };
    key(left).cmp(&key(right))
}

fn value_set(resource: &mut Value) {
    by(resource, "extension", url_order);
    let Some(expansion) = resource.get_mut("expansion") else { return };
    by(expansion, "parameter", |left, right| {
        let key = |parameter: &Value| (text(&parameter["name"]), text(value_of(parameter)));
        key(left).cmp(&key(right))
    });
    by(expansion, "property", |left, right| {
        let key = |property: &Value| (text(&property["uri"]), text(&property["code"]));
        key(left).cmp(&key(right))
    });
    contains(expansion);
}

/// The entries below an entry or an expansion.
fn contains(above: &mut Value) {
    by(above, "extension", url_order);
    by(above, "contains", code_order);
    for entry in list(above, "contains") {
        designations(entry);
        by(entry, "property", code_order);
        contains(entry);
    }
}

/// The order of designations is none where some lack a language, so that the result depends on the
/// way of sorting: binary insertion after the run at the start, as the official runner's does.
fn designations(entry: &mut Value) {
    let Some(Value::Array(items)) = entry.get_mut("designation") else { return };
    let order = |left: &Value, right: &Value| {
        let key = if left.get("language").is_some() && right.get("language").is_some() {
            "language"
        } else {
            "value"
        };
        text(&left[key]).cmp(&text(&right[key]))
    };
    let mut sorted: Vec<Value> = Vec::with_capacity(items.len());
    let mut in_run = true;
    for item in items.drain(..) {
        in_run = in_run && sorted.last().is_none_or(|last| order(&item, last) != Ordering::Less);
        let at = if in_run {
            sorted.len()
        } else {
            sorted.partition_point(|other| order(&item, other) != Ordering::Less)
        };
        sorted.insert(at, item);
    }
    *items = sorted;
}

fn capability_statement(resource: &mut Value) {
    by(resource, "format", text_order);
    by(resource, "instantiates", text_order);
    by(resource, "rest", |left, right| text(&left["mode"]).cmp(&text(&right["mode"])));
    for rest in list(resource, "rest") {
        by(rest, "resource", |left, right| text(&left["type"]).cmp(&text(&right["type"])));
        for kind in list(rest, "resource") {
            by(kind, "interaction", code_order);
            by(kind, "operation", name_order);
            by(kind, "searchParam", name_order);
        }
        by(rest, "interaction", code_order);
        by(rest, "operation", name_order);
    }
}

fn terminology_capabilities(resource: &mut Value) {
    by(resource, "codeSystem", |left, right| text(&left["uri"]).cmp(&text(&right["uri"])));
    for system in list(resource, "codeSystem") {
        by(system, "version", code_order);
    }
    if let Some(expansion) = resource.get_mut("expansion") {
        by(expansion, "parameter", name_order);
    }
}

fn by(value: &mut Value, name: &str, order: impl Fn(&Value, &Value) -> Ordering) {
    list(value, name).sort_by(order);
}

fn code_order(left: &Value, right: &Value) -> Ordering {
    text(&left["code"]).cmp(&text(&right["code"]))
}

fn name_order(left: &Value, right: &Value) -> Ordering {
    text(&left["name"]).cmp(&text(&right["name"]))
}

fn url_order(left: &Value, right: &Value) -> Ordering {
    text(&left["url"]).cmp(&text(&right["url"]))
}

fn text_order(left: &Value, right: &Value) -> Ordering {
    text(left).cmp(&text(right))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn list<'v>(value: &'v mut Value, name: &str) -> &'v mut [Value] {
    let list = value.get_mut(name).and_then(Value::as_array_mut);
    list.map(Vec::as_mut_slice).unwrap_or_default()
}
