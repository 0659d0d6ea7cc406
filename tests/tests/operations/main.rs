//! Every operation over HTTP: by GET and POST, for a type and for an instance.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod batch;
mod closure;
mod compose;
mod constraints;
mod expand;
mod expressions;
mod grammars;
mod implicit;
mod lookup;
mod subsumes;
mod translate;
mod validate;

use std::sync::OnceLock;

use serde_json::{Value, json};
use tests::releases::{ANIMALS_2, SYMPTOMS, animal_files};
use tests::{Response, Server, load_texts};

/// Canonical of the table of symptoms.
const SYMPTOMS_URL: &str = "http://begriff.test/CodeSystem/symptoms";

/// Animals in two versions, their value sets and map, and a table of symptoms in German.
fn animals() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = server::library::Library::open(folder.path()).unwrap();
        let plain = loaders::Options::default();
        load_texts(&library, &animal_files(), &plain);
        load_texts(&library, &[("CodeSystem-animals-2.json", ANIMALS_2)], &plain);
        let table = loaders::Options {
            url: Some(SYMPTOMS_URL.into()),
            version: Some("1".into()),
            language: Some("de".into()),
            ..plain
        };
        load_texts(&library, &[("symptoms.csv", SYMPTOMS)], &table);
        Server::over(folder, |_| ()).unlinked()
    })
}

/// A Parameters resource.
fn parameters(list: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": list })
}

/// An unnamed value set with this definition.
fn value_set(compose: Value) -> Value {
    json!({ "resourceType": "ValueSet", "status": "active", "compose": compose })
}

/// The expansion of a definition.
fn expanded(server: &Server, compose: Value) -> Response {
    server.post("ValueSet/$expand", &value_set(compose))
}
