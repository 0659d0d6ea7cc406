//! Requests: any bytes as query string, form, JSON and XML are read or refused as the client's fault.

#![no_main]

use libfuzzer_sys::fuzz_target;
use server::wire::bundle::BatchRequest;
use server::wire::{BodyFormat, LanguagePreferences, Limits, Parameters, WireError};

const BASE: &str = "http://localhost/fhir";

/// Asks for everything by every type, as operations do.
fn ask(parameters: &Parameters) {
    for parameter in &parameters.list {
        let name = parameter.name.as_str();
        refused(parameters.string(name).map(|_| ()));
        refused(parameters.strings(name).map(|_| ()));
        refused(parameters.boolean(name).map(|_| ()));
        refused(parameters.integer(name).map(|_| ()));
        refused(parameters.coding(name).map(|_| ()));
        refused(parameters.codings(name).map(|_| ()));
        refused(parameters.codeable_concept(name).map(|_| ()));
        refused(parameters.resource(name).map(|_| ()));
        refused(parameters.resources(name).map(|found| found.for_each(drop)));
        refused(parameters.part_lists(name).map(|found| found.for_each(drop)));
        refused(parameters.languages(name).map(|_| ()));
        if let Some(resource) = &parameter.resource {
            refused(Parameters::from_raw(resource).map(|_| ()));
        }
        ask(&parameter.parts);
    }
}

/// Whatever is wrong is said to be the client's fault, in an outcome with text.
fn refused(read: Result<(), WireError>) {
    if let Err(error) = read {
        assert!(error.status().is_client_error(), "{error:?}");
        assert!(!error.to_outcome().issues.is_empty(), "{error:?}");
    }
}

fn batch(body: &[u8], limits: &Limits) -> Result<(), WireError> {
    for entry in &BatchRequest::from_json(body, limits)?.entries {
        let target = entry.target(BASE);
        let query = target.as_ref().ok().and_then(|target| target.query);
        let body = entry.resource().map(|resource| resource.get().as_bytes()).unwrap_or_default();
        let read = Parameters::from_request(query, body, BodyFormat::Json, limits);
        refused(read.map(|parameters| ask(&parameters)));
        refused(target.map(|_| ()));
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(text) = std::str::from_utf8(bytes) {
        let read = Parameters::from_request(Some(text), b"", BodyFormat::Json, &limits);
        refused(read.map(|parameters| ask(&parameters)));
        refused(LanguagePreferences::parse("displayLanguage", text).map(|_| ()));
    }
    for format in [BodyFormat::Json, BodyFormat::Form, BodyFormat::Xml] {
        let read = Parameters::from_request(None, bytes, format, &limits);
        refused(read.map(|parameters| ask(&parameters)));
    }
    refused(batch(bytes, &limits));
});
