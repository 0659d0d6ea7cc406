//! Value sets that a URL implies, as resources: clients search for a value set before they use it.

use codesystems::Canonical;
use valuesets::Scope;
use valuesets::model::{Include, ValueSet};

use crate::library::{Content, Known, ResourceEntry, ResourceType, Snapshot};
use crate::wire::json::{self, JsonWriter};

/// The value set that `url` implies, with a version behind a bar or without. It has no id: it is in
/// no library and cannot be read.
#[must_use]
pub fn value_set(snapshot: &Snapshot, url: &str) -> Option<ResourceEntry> {
    let canonical = Canonical::parse(url);
    let implied =
        valuesets::implicit::value_set(&canonical, &Scope::new(&snapshot.catalogue)).ok()??;
    Some(ResourceEntry {
        resource_type: ResourceType::ValueSet,
        id: String::new(),
        url: implied.url.clone(),
        version: implied.version.clone(),
        name: String::new(),
        title: String::new(),
        status: implied.status.clone(),
        fhir_version: String::new(),
        content: Content::Json(json::sent(write(&implied))),
        known: Known::default(),
    })
}

fn write(value_set: &ValueSet) -> Vec<u8> {
    let mut json = JsonWriter::with_capacity(256);
    json.begin_object();
    json.field_str("resourceType", "ValueSet");
    json.field_str("url", &value_set.url);
    json.field_opt("version", Some(value_set.version.as_str()).filter(|text| !text.is_empty()));
    json.field_str("status", &value_set.status);
    if let Some(compose) = &value_set.compose {
        json.key("compose");
        json.begin_object();
        json.key("include");
        json.begin_array();
        for part in &compose.include {
            include(&mut json, part);
        }
        json.end_array();
        json.end_object();
    }
    json.end_object();
    json.into_bytes()
}

fn include(json: &mut JsonWriter, include: &Include) {
    json.begin_object();
    json.field_opt("system", include.system.as_deref());
    json.field_opt("version", include.version.as_deref());
    if !include.concepts.is_empty() {
        json.key("concept");
        json.begin_array();
        for concept in &include.concepts {
            json.begin_object();
            json.field_str("code", &concept.code);
            json.end_object();
        }
        json.end_array();
    }
    if !include.filters.is_empty() {
        json.key("filter");
        json.begin_array();
        for filter in &include.filters {
            json.begin_object();
            json.field_str("property", &filter.property);
            json.field_str("op", filter.op.code());
            json.field_str("value", &filter.value);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}
