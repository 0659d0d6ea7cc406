//! `$closure`, at system level.
//!
//! Source: FHIR R4 and R5 ConceptMap-operation-closure. A table is kept in the server's store until
//! it is initialised again.

use std::sync::Arc;

use codesystems::Edition;
use valuesets::closure::{ClosureError, ClosureTable, ClosureUpdate, NewConcept, RELATIONSHIP};

use super::{Answer, Asked, Request};
use crate::failure::Failure;
use crate::wire::json::JsonWriter;
use crate::wire::{FhirVersion, WireError};

/// Characters that the name of a table may have.
const MAX_NAME: usize = 255;

/// Initialises a table (only `name`), adds concepts to it (`concept`), or replays what it said
/// since a version (`version`).
///
/// # Errors
/// 400 for missing or malformed parameters, 422 where a table would outgrow its limit or must be
/// initialised again.
pub fn closure(request: &Request<'_>) -> Result<Answer, Failure> {
    let parameters = &request.parameters;
    let name = parameters
        .string("name")?
        .ok_or_else(|| WireError::missing("name", "the name of a closure table"))?;
    if name.chars().count() > MAX_NAME {
        return Err(WireError::value("name", name, format!("at most {MAX_NAME} characters")).into());
    }
    let version = match parameters.string("version")? {
        Some(text) => Some(
            text.parse::<u32>()
                .map_err(|_| WireError::value("version", text, "the number of an update"))?,
        ),
        None => None,
    };
    let codings = parameters.codings("concept")?;
    if version.is_some() && !codings.is_empty() {
        return Err(Failure::invalid("parameters 'concept' and 'version' exclude each other"));
    }
    let asked = Asked::of(request)?;
    let scope = asked.scope(request);
    let editions = |system: &str, version: &str| -> Option<Arc<Edition>> {
        let version = Some(version).filter(|version| !version.is_empty());
        scope.code_system(system, version).ok().map(|system| system.shared_edition())
    };
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    if version.is_none() && codings.is_empty() {
        let table = ClosureTable::new(name);
        request.app.store.change_closure(name, |_| Ok::<_, Failure>((state(&table)?, ())))?;
        return Ok(Answer::ok(write(
            request,
            name,
            &ClosureUpdate { version: 0, groups: Vec::new(), unknown: Vec::new() },
        )));
    }
    if let Some(version) = version {
        let known = request.app.store.closure(name).map_err(Failure::internal)?;
        let table = read(name, known.as_deref())?;
        let update = table.replay(version, &editions).map_err(|error| refused(&error))?;
        return Ok(Answer::ok(write(request, name, &update)));
    }
    let owned: Vec<(String, String, String)> = codings
        .iter()
        .map(|coding| (text(&coding.system), text(&coding.version), text(&coding.code)))
        .collect();
    let concepts: Vec<NewConcept<'_>> =
        owned.iter().map(|(system, version, code)| NewConcept { system, version, code }).collect();
    let limit = request.app.config.limits.closure_concepts;
    let update = request.app.store.change_closure(name, |known| {
        let mut table = read(name, known)?;
        if table.len() + concepts.len() > limit {
            return Err(Failure::too_costly(format!(
                "closure '{name}' would have more than {limit} concepts"
            )));
        }
        let update = table.add(&concepts, &editions).map_err(|error| refused(&error))?;
        if let Some(unknown) = update.unknown.first().and_then(|&number| concepts.get(number)) {
            return Err(Failure::not_found(format!(
                "Unknown code '{}' in the CodeSystem '{}'; nothing was added to closure '{name}'",
                unknown.code, unknown.system
            )));
        }
        Ok((state(&table)?, update))
    })?;
    Ok(Answer::ok(write(request, name, &update)))
}

fn state(table: &ClosureTable) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(table).map_err(Failure::internal)
}

fn read(name: &str, state: Option<&[u8]>) -> Result<ClosureTable, Failure> {
    let state = state.ok_or_else(|| {
        Failure::not_found(format!(
            "closure '{name}' is not initialised: send its name alone first"
        ))
    })?;
    serde_json::from_slice(state).map_err(Failure::internal)
}

fn refused(error: &ClosureError) -> Failure {
    Failure {
        status: axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        ..Failure::invalid(error.to_string())
    }
}

fn write(request: &Request<'_>, name: &str, update: &ClosureUpdate) -> Vec<u8> {
    let is_r5 = request.version == FhirVersion::R5;
    let mut json = JsonWriter::with_capacity(512);
    json.begin_object();
    json.field_str("resourceType", "ConceptMap");
    json.field_str("version", &update.version.to_string());
    json.field_str("name", name);
    json.field_str("status", "active");
    json.field_bool("experimental", true);
    json.field_str("date", &crate::library::now());
    if !update.groups.is_empty() {
        json.key("group");
        json.begin_array();
        for group in &update.groups {
            json.begin_object();
            let sides = [("source", "sourceVersion"), ("target", "targetVersion")];
            for (system, version) in sides {
                if is_r5 {
                    let canonical =
                        codesystems::Canonical::new(group.system.as_str(), Some(&group.version));
                    json.field_str(system, &canonical.to_string());
                } else {
                    json.field_str(system, &group.system);
                    if !group.version.is_empty() {
                        json.field_str(version, &group.version);
                    }
                }
            }
            json.key("element");
            json.begin_array();
            for element in &group.elements {
                json.begin_object();
                json.field_str("code", &element.code);
                json.key("target");
                json.begin_array();
                for ancestor in &element.ancestors {
                    json.begin_object();
                    json.field_str("code", ancestor);
                    if is_r5 {
                        json.field_str("relationship", RELATIONSHIP.r5());
                    } else {
                        json.field_str("equivalence", RELATIONSHIP.r4());
                    }
                    json.end_object();
                }
                json.end_array();
                json.end_object();
            }
            json.end_array();
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    json.into_bytes()
}
