//! The suite is written in R5. For an R4 server the official runner turns the resources it sends
//! into R4 ones and the answers into R5 ones; names of parameters it leaves alone.

use serde_json::{Map, Value, json};

use super::Version;

const FILTER_OP: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.compose.include.filter.op";
const VERSION_ALGORITHM: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-CanonicalResource.versionAlgorithm";
const PROPERTY: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.property";
const CONTAINS_PROPERTY: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property";

/// Makes a resource what a server of this version is sent.
pub(super) fn resource_to(version: Version, resource: &mut Value) {
    drop_unknown(resource);
    if version == Version::R5 {
        return;
    }
    match resource["resourceType"].as_str() {
        Some("CodeSystem") => version_algorithm(resource),
        Some("ValueSet") => {
            version_algorithm(resource);
            filter_operators(resource);
        }
        Some("ConceptMap") => {
            version_algorithm(resource);
            concept_map(resource);
        }
        _ => {}
    }
}

/// Members such as `title:de` are no FHIR; a client with a model of the resources drops them.
fn drop_unknown(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(drop_unknown),
        Value::Object(members) => {
            members.retain(|name, _| !name.contains(':'));
            members.values_mut().for_each(drop_unknown);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn version_algorithm(resource: &mut Value) {
    let Some(members) = resource.as_object_mut() else { return };
    for name in ["versionAlgorithmString", "versionAlgorithmCoding"] {
        if let Some(value) = members.remove(name) {
            let kind = name.replace("versionAlgorithm", "value");
            add_extension(members, &json!({ "url": VERSION_ALGORITHM, kind: value }));
        }
    }
}

/// `child-of` and `descendent-leaf` are not among R4's operators.
fn filter_operators(resource: &mut Value) {
    for part in ["include", "exclude"] {
        for set in list(&mut resource["compose"], part) {
            for filter in list(set, "filter") {
                let op = filter["op"].as_str().unwrap_or_default().to_owned();
                if let Some(members) = filter.as_object_mut()
                    && ["child-of", "descendent-leaf"].contains(&op.as_str())
                {
                    members.remove("op");
                    let extension = json!({ "url": FILTER_OP, "valueCode": op });
                    members.insert("_op".into(), json!({ "extension": [extension] }));
                }
            }
        }
    }
}

fn concept_map(resource: &mut Value) {
    if let Some(members) = resource.as_object_mut() {
        for side in ["source", "target"] {
            for kind in ["Uri", "Canonical"] {
                if let Some(value) = members.remove(&format!("{side}Scope{kind}")) {
                    members.insert(format!("{side}{kind}"), value);
                }
            }
        }
    }
    for group in list(resource, "group") {
        for side in ["source", "target"] {
            let canonical = group[side].as_str().unwrap_or_default().to_owned();
            if let Some((system, version)) = canonical.split_once('|') {
                group[side] = json!(system);
                group[format!("{side}Version")] = json!(version);
            }
        }
        for element in list(group, "element") {
            for target in list(element, "target") {
                let relationship = target["relationship"].as_str().unwrap_or_default().to_owned();
                if let Some(members) = target.as_object_mut()
                    && members.remove("relationship").is_some()
                {
                    members.insert("equivalence".into(), json!(equivalence(&relationship)));
                }
            }
        }
        if let Some(unmapped) = group.get_mut("unmapped").and_then(Value::as_object_mut) {
            unmapped.remove("relationship");
            if unmapped.get("mode").is_some_and(|mode| mode == "use-source-code") {
                unmapped.insert("mode".into(), json!("provided"));
            }
        }
    }
}

fn equivalence(relationship: &str) -> &str {
    match relationship {
        "equivalent" => "equivalent",
        "source-is-narrower-than-target" => "wider",
        "source-is-broader-than-target" => "narrower",
        "not-related-to" => "disjoint",
        _ => "relatedto",
    }
}

/// Makes the answer of an R4 server an R5 one. What R4 does not know is dropped, and an issue type
/// it does not know cannot be read.
///
/// # Errors
/// Where the client would not be able to read the answer.
pub(super) fn answer_from(version: Version, answer: &mut Value) -> Result<(), String> {
    if version == Version::R5 {
        return Ok(());
    }
    match answer["resourceType"].as_str() {
        Some("ValueSet") => {
            if let Some(expansion) = answer.get_mut("expansion") {
                properties(expansion, PROPERTY);
                list(expansion, "contains").iter_mut().for_each(contains);
            }
        }
        Some("OperationOutcome") => {
            for issue in list(answer, "issue") {
                let code = issue["code"].as_str().unwrap_or_default();
                if ["success", "limited-filter"].contains(&code) {
                    return Err(format!("issue type '{code}' is not one of R4"));
                }
            }
        }
        Some("Parameters") => {
            for parameter in list(answer, "parameter") {
                if let Some(resource) = parameter.get_mut("resource") {
                    answer_from(version, resource)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn contains(entry: &mut Value) {
    properties(entry, CONTAINS_PROPERTY);
    list(entry, "contains").iter_mut().for_each(contains);
}

/// Moves the extensions for properties to `property`.
fn properties(element: &mut Value, url: &str) {
    let Some(members) = element.as_object_mut() else { return };
    members.remove("property");
    let Some(Value::Array(extensions)) = members.remove("extension") else { return };
    let (moved, kept): (Vec<_>, Vec<_>) =
        extensions.into_iter().partition(|extension| extension["url"] == url);
    if !kept.is_empty() {
        members.insert("extension".into(), Value::Array(kept));
    }
    if !moved.is_empty() {
        members.insert("property".into(), moved.into_iter().map(property).collect());
    }
}

fn property(extension: Value) -> Value {
    let mut property = Map::new();
    for part in extension["extension"].as_array().into_iter().flatten() {
        let url = part["url"].as_str().unwrap_or_default();
        let value =
            part.as_object().into_iter().flatten().find(|(name, _)| name.starts_with("value"));
        match (url, value) {
            ("code" | "uri", Some((_, value))) => {
                property.insert(url.to_owned(), value.clone());
            }
            ("value", Some((name, value))) => {
                property.insert(name.clone(), value.clone());
            }
            _ => add_extension(&mut property, part),
        }
    }
    Value::Object(property)
}

/// The reverse of [`answer_from`]: what an R4 server would answer.
pub(super) fn answer_to(version: Version, answer: &mut Value) {
    if version == Version::R5 {
        return;
    }
    if let Some(expansion) = answer.get_mut("expansion") {
        as_extensions(expansion, PROPERTY);
        list(expansion, "contains").iter_mut().for_each(contains_to);
    }
}

fn contains_to(entry: &mut Value) {
    as_extensions(entry, CONTAINS_PROPERTY);
    list(entry, "contains").iter_mut().for_each(contains_to);
}

fn as_extensions(element: &mut Value, url: &str) {
    let Some(members) = element.as_object_mut() else { return };
    let Some(Value::Array(properties)) = members.remove("property") else { return };
    for property in properties {
        let mut parts = Vec::new();
        for (name, value) in property.as_object().into_iter().flatten() {
            match name.as_str() {
                "code" => parts.push(json!({ "url": "code", "valueCode": value })),
                "uri" => parts.push(json!({ "url": "uri", "valueUri": value })),
                "extension" => parts.extend(value.as_array().cloned().unwrap_or_default()),
                _ => parts.push(json!({ "url": "value", name: value })),
            }
        }
        add_extension(members, &json!({ "url": url, "extension": parts }));
    }
}

fn add_extension(members: &mut Map<String, Value>, extension: &Value) {
    let extensions = members.entry("extension").or_insert_with(|| json!([]));
    if let Some(list) = extensions.as_array_mut() {
        list.push(extension.clone());
    }
}

/// The items of a member, none where it is absent.
fn list<'v>(value: &'v mut Value, name: &str) -> &'v mut [Value] {
    let list = value.get_mut(name).and_then(Value::as_array_mut);
    list.map(Vec::as_mut_slice).unwrap_or_default()
}
