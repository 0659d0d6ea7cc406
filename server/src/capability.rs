//! What the server says of itself: CapabilityStatement, TerminologyCapabilities, `$versions`.
//!
//! Sources: FHIR R4 and R5 CapabilityStatement, TerminologyCapabilities; HL7 terminology ecosystem
//! guide (feature extensions that validators ask for before they trust a server).

use std::collections::BTreeSet;

use crate::failure::Failure;
use crate::library::ResourceType;
use crate::operations::{Answer, Request};
use crate::wire::FhirVersion;
use crate::wire::json::{JsonWriter, ParametersWriter};

const FEATURE: &str = "http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature";
/// When this version of the software was released.
const RELEASE_DATE: &str = "2026-11-24";
const TEST_VERSION: &str = "http://hl7.org/fhir/uv/tx-tests/FeatureDefinition/test-version";
const CODE_SYSTEM_AS_PARAMETER: &str =
    "http://hl7.org/fhir/uv/tx-ecosystem/FeatureDefinition/CodeSystemAsParameter";
const OPERATION: &str = "http://hl7.org/fhir/OperationDefinition/";

/// Operations of a resource type: name and canonical tail.
fn operations(kind: ResourceType) -> &'static [(&'static str, &'static str)] {
    match kind {
        ResourceType::CodeSystem => &[
            ("lookup", "CodeSystem-lookup"),
            ("validate-code", "CodeSystem-validate-code"),
            ("subsumes", "CodeSystem-subsumes"),
            ("batch-validate-code", "CodeSystem-batch-validate-code"),
        ],
        ResourceType::ValueSet => &[
            ("expand", "ValueSet-expand"),
            ("validate-code", "ValueSet-validate-code"),
            ("batch-validate-code", "ValueSet-batch-validate-code"),
            ("related", "ValueSet-related"),
            ("compare", "ValueSet-compare"),
        ],
        ResourceType::ConceptMap => &[("translate", "ConceptMap-translate")],
        ResourceType::NamingSystem => &[],
    }
}

/// Answers `metadata`.
///
/// # Errors
/// 400 for an unknown `mode`.
pub fn metadata(request: &Request<'_>) -> Result<Answer, Failure> {
    match request.parameters.string("mode")? {
        None | Some("full" | "normative") => Ok(Answer::ok(capability_statement(request))),
        Some("terminology") => Ok(Answer::ok(terminology_capabilities(request))),
        Some(other) => Err(Failure::invalid(format!(
            "parameter 'mode' is '{other}', expected 'full', 'normative' or 'terminology'"
        ))),
    }
}

/// Answers `$versions`.
///
/// # Errors
/// None.
pub fn versions(request: &Request<'_>) -> Result<Answer, Failure> {
    let mut json = JsonWriter::with_capacity(256);
    let mut out = ParametersWriter::begin(&mut json);
    out.code("version", version_code(request.version));
    out.code("default", version_code(request.version));
    out.finish();
    Ok(Answer::ok(json.into_bytes()))
}

fn version_code(version: FhirVersion) -> &'static str {
    match version {
        FhirVersion::R4 => "4.0",
        FhirVersion::R4B => "4.3",
        FhirVersion::R5 => "5.0",
    }
}

fn version_number(version: FhirVersion) -> &'static str {
    match version {
        FhirVersion::R4 => "4.0.1",
        FhirVersion::R4B => "4.3.0",
        FhirVersion::R5 => "5.0.0",
    }
}

/// Licence notices of everything that is loaded, each once.
#[must_use]
pub fn notices(request: &Request<'_>) -> Vec<String> {
    let systems = request.snapshot.catalogue.code_systems();
    let notices: BTreeSet<String> =
        systems.iter().flat_map(|system| system.edition().meta().notices.iter().cloned()).collect();
    notices.into_iter().collect()
}

fn head(json: &mut JsonWriter, request: &Request<'_>, kind: &str, id: &str, name: &str) {
    json.begin_object();
    json.field_str("resourceType", kind);
    json.field_str("id", id);
    if kind == "CapabilityStatement" {
        features(json);
    }
    json.field_str(
        "url",
        &format!(
            "{}/metadata{}",
            request.base,
            if kind == "CapabilityStatement" { "" } else { "?mode=terminology" }
        ),
    );
    json.field_str("version", env!("CARGO_PKG_VERSION"));
    json.field_str("name", name);
    json.field_str("title", "Begriff, a FHIR terminology server");
    json.field_str("status", "active");
    json.field_str("date", &request.snapshot.opened_at);
    let notices = notices(request);
    if !notices.is_empty() {
        json.field_str("copyright", &notices.join("\n\n"));
    }
    json.field_str("kind", "instance");
    if kind == "CapabilityStatement" {
        json.field_strings(
            "instantiates",
            &["http://hl7.org/fhir/CapabilityStatement/terminology-server"],
        );
    }
    json.key("software");
    json.begin_object();
    json.field_str("name", "Begriff");
    // Clients keep answers per software version: it changes with the content.
    let hash = request.snapshot.hash.get(..12).unwrap_or_default();
    json.field_str("version", &format!("{}-{hash}", env!("CARGO_PKG_VERSION")));
    json.field_str("releaseDate", RELEASE_DATE);
    json.end_object();
    json.key("implementation");
    json.begin_object();
    json.field_str("description", "Begriff");
    json.field_str("url", request.base);
    json.end_object();
}

fn features(json: &mut JsonWriter) {
    json.key("extension");
    json.begin_array();
    let mut feature = |definition: &str, write: &dyn Fn(&mut JsonWriter)| {
        json.begin_object();
        json.key("extension");
        json.begin_array();
        json.begin_object();
        json.field_str("url", "definition");
        json.field_str("valueCanonical", definition);
        json.end_object();
        json.begin_object();
        json.field_str("url", "value");
        write(json);
        json.end_object();
        json.end_array();
        json.field_str("url", FEATURE);
        json.end_object();
    };
    feature(TEST_VERSION, &|json| json.field_str("valueCode", "1.9.0"));
    feature(CODE_SYSTEM_AS_PARAMETER, &|json| json.field_bool("valueBoolean", true));
    json.end_array();
}

fn capability_statement(request: &Request<'_>) -> Vec<u8> {
    let mut json = JsonWriter::with_capacity(8192);
    let out = &mut json;
    head(out, request, "CapabilityStatement", "begriff", "Begriff");
    out.field_str("fhirVersion", version_number(request.version));
    out.field_strings("format", &["application/fhir+json", "application/fhir+xml", "json", "xml"]);
    out.key("rest");
    out.begin_array();
    out.begin_object();
    out.field_str("mode", "server");
    out.key("security");
    out.begin_object();
    out.field_bool("cors", true);
    out.end_object();
    out.key("resource");
    out.begin_array();
    for kind in ResourceType::ALL {
        resource(out, kind);
    }
    out.end_array();
    out.key("interaction");
    out.begin_array();
    out.begin_object();
    out.field_str("code", "batch");
    out.end_object();
    out.end_array();
    let operations = [
        ("versions", "-s-versions"),
        ("closure", "ConceptMap-closure"),
        ("cache-control", "-s-cache-control"),
    ];
    operation_list(out, &operations);
    out.end_object();
    out.end_array();
    out.end_object();
    json.into_bytes()
}

fn resource(out: &mut JsonWriter, kind: ResourceType) {
    out.begin_object();
    out.field_str("type", kind.name());
    out.key("interaction");
    out.begin_array();
    for code in ["read", "search-type"] {
        out.begin_object();
        out.field_str("code", code);
        out.end_object();
    }
    out.end_array();
    out.field_str("versioning", "no-version");
    out.key("searchParam");
    out.begin_array();
    let parameters = [
        ("url", "uri"),
        ("version", "token"),
        ("name", "string"),
        ("title", "string"),
        ("status", "token"),
        ("_id", "token"),
    ];
    for (name, kind) in parameters {
        out.begin_object();
        out.field_str("name", name);
        out.field_str("type", kind);
        out.end_object();
    }
    out.end_array();
    if !operations(kind).is_empty() {
        operation_list(out, operations(kind));
    }
    out.end_object();
}

fn operation_list(out: &mut JsonWriter, operations: &[(&str, &str)]) {
    out.key("operation");
    out.begin_array();
    for (name, canonical) in operations {
        out.begin_object();
        out.field_str("name", name);
        out.field_str("definition", &format!("{OPERATION}{canonical}"));
        out.end_object();
    }
    out.end_array();
}

fn terminology_capabilities(request: &Request<'_>) -> Vec<u8> {
    let systems = request.snapshot.catalogue.code_systems();
    let mut json = JsonWriter::with_capacity(4096 + systems.len() * 200);
    let out = &mut json;
    head(out, request, "TerminologyCapabilities", "begriff-terminology", "BegriffTerminology");
    if !systems.is_empty() {
        out.key("codeSystem");
        out.begin_array();
        code_systems(out, request);
        out.end_array();
    }
    out.key("expansion");
    out.begin_object();
    out.field_bool("hierarchical", true);
    out.field_bool("paging", true);
    out.field_bool("incomplete", false);
    out.key("parameter");
    out.begin_array();
    let parameters = [
        "url",
        "valueSet",
        "valueSetVersion",
        "filter",
        "offset",
        "count",
        "includeDesignations",
        "designation",
        "includeDefinition",
        "activeOnly",
        "excludeNested",
        "displayLanguage",
        "property",
        "system-version",
        "check-system-version",
        "force-system-version",
        "tx-resource",
    ];
    for name in parameters {
        out.begin_object();
        out.field_str("name", name);
        out.end_object();
    }
    out.end_array();
    out.field_str("textFilter", "every word of the filter is the beginning of a word of one designation, in any order; umlauts and accents are folded");
    out.end_object();
    out.field_str("codeSearch", "all");
    out.key("validateCode");
    out.begin_object();
    out.field_bool("translations", true);
    out.end_object();
    out.key("translation");
    out.begin_object();
    out.field_bool("needsMap", false);
    out.end_object();
    out.key("closure");
    out.begin_object();
    out.field_bool("translation", false);
    out.end_object();
    out.end_object();
    json.into_bytes()
}

fn code_systems(out: &mut JsonWriter, request: &Request<'_>) {
    let catalogue = &request.snapshot.catalogue;
    let systems = catalogue.code_systems();
    let mut open: Option<&str> = None;
    for system in &systems {
        let meta = system.edition().meta();
        if open != Some(meta.url.as_str()) {
            if open.is_some() {
                out.end_array();
                out.end_object();
            }
            out.begin_object();
            out.field_str("uri", &meta.url);
            out.key("version");
            out.begin_array();
            open = Some(&meta.url);
        }
        let default =
            catalogue.versions(&meta.url).and_then(valuesets::catalogue::Versions::default_version);
        out.begin_object();
        if !meta.version.is_empty() {
            out.field_str("code", &meta.version);
        }
        out.field_bool(
            "isDefault",
            default.is_some_and(|default| std::sync::Arc::ptr_eq(default, system)),
        );
        if let Some(compositional) = meta.compositional {
            out.field_bool("compositional", compositional);
        }
        if !meta.languages.is_empty() {
            let languages: Vec<&String> =
                meta.languages.iter().filter(|tag| !tag.is_empty()).collect();
            if !languages.is_empty() {
                out.field_strings("language", &languages);
            }
        }
        out.end_object();
    }
    if open.is_some() {
        out.end_array();
        out.end_object();
    }
}
