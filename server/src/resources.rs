//! Reading and searching resources.
//!
//! Source: FHIR R4 and R5, RESTful API (read, search), search parameters of the canonical resources.

use std::borrow::Cow;

use codesystems::EditionMeta;
use codesystems::index::natural;
use valuesets::conceptmap::{ConceptMap, Mapping};

use crate::failure::Failure;
use crate::implied;
use crate::library::{Content, ResourceEntry, ResourceType};
use crate::operations::{Answer, Request};
use crate::wire::bundle::{SearchMode, SearchsetWriter};
use crate::wire::json::JsonWriter;
use crate::wire::respond::Head;
use crate::wire::summary::View;
use crate::wire::{FhirVersion, WireError};

/// Resources on a page where the request does not say.
const PAGE: usize = 100;

/// Answers a read.
///
/// # Errors
/// 404 for an unknown id.
pub fn read(request: &Request<'_>, kind: ResourceType, id: &str) -> Result<Answer, Failure> {
    let entry = request.snapshot.resources.by_id(kind, id).ok_or_else(|| {
        Failure::not_found(format!("there is no {} with the id '{id}'", kind.name()))
    })?;
    let view = View::from_parameters(&request.parameters)?;
    let json = shown(entry, request.version, &view, true)?;
    Ok(Answer::Json(Head::ok(), json.into_owned().into_bytes()))
}

/// The text modifiers of string search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modifier {
    Beginning,
    Contains,
    Exact,
}

/// One condition of a search: any of the values.
#[derive(Debug)]
enum Condition<'a> {
    Url(Vec<&'a str>, bool),
    Version(Vec<&'a str>),
    Id(Vec<&'a str>),
    Status(Vec<&'a str>),
    Name(Vec<&'a str>, Modifier),
    Title(Vec<&'a str>, Modifier),
}

/// Parameters that shape the answer instead of selecting.
const SHAPING: [&str; 10] = [
    "_count",
    "_offset",
    "_summary",
    "_elements",
    "_sort",
    "_format",
    "_pretty",
    "_total",
    "count",
    "offset",
];

/// Answers a search.
///
/// # Errors
/// 400 for malformed values of known parameters. Unknown parameters are named in an outcome among
/// the results, as the specification recommends for lenient handling.
pub fn search(request: &Request<'_>, kind: ResourceType) -> Result<Answer, Failure> {
    let parameters = &request.parameters;
    let mut conditions = Vec::new();
    let mut ignored = Vec::new();
    for parameter in &parameters.list {
        let name = parameter.name.as_str();
        let text = parameter.value.text().unwrap_or_default();
        match condition(name, text) {
            Some(condition) => conditions.push(condition),
            None if SHAPING.contains(&name) => {}
            None => ignored.push(name),
        }
    }
    let view = View::from_parameters(parameters)?;
    let mut found = select(request, kind, &conditions);
    let implied = match conditions.as_slice() {
        [Condition::Url(urls, false)] if kind == ResourceType::ValueSet && found.is_empty() => {
            urls.iter().filter_map(|url| implied::value_set(&request.snapshot, url)).collect()
        }
        _ => Vec::new(),
    };
    found.extend(&implied);
    sort(&mut found, parameters.string("_sort")?)?;
    let total = found.len();
    let limit = request.app.config.limits.page_size;
    let count =
        parameters.integer("_count")?.map_or(PAGE.min(limit), |count| (count as usize).min(limit));
    let offset = parameters.integer("_offset")?.map_or(0, |offset| offset as usize);
    let only_count = view == View::Count || count == 0;
    let page: &[&ResourceEntry] = if only_count {
        &[]
    } else {
        found.get(offset.min(total)..(offset.saturating_add(count)).min(total)).unwrap_or_default()
    };
    let links = links(request, kind, total, offset, if only_count { 0 } else { count });
    let borrowed: Vec<(&str, &str)> =
        links.iter().map(|(relation, url)| (*relation, url.as_str())).collect();
    let mut json = JsonWriter::with_capacity(1024 + page.len() * 1024);
    let mut out = SearchsetWriter::begin(&mut json, Some(total as u64), &borrowed);
    for entry in page {
        let shown = shown(entry, request.version, &view, view == View::Whole)?;
        let url = format!("{}/{}/{}", request.base, kind.name(), entry.id);
        let url = Some(url.as_str()).filter(|_| !entry.id.is_empty());
        out.entry(url, SearchMode::Match, shown.as_bytes());
    }
    if !ignored.is_empty() {
        let text = format!("search parameters not known here were ignored: {}", ignored.join(", "));
        let outcome = crate::wire::OperationOutcome::informational(text).to_json();
        out.entry(None, SearchMode::Outcome, &outcome);
    }
    out.finish();
    Ok(Answer::ok(json.into_bytes()))
}

fn condition<'a>(name: &str, text: &'a str) -> Option<Condition<'a>> {
    let (name, modifier) = name.split_once(':').unwrap_or((name, ""));
    let values = || text.split(',').collect::<Vec<_>>();
    let how = match modifier {
        "contains" => Modifier::Contains,
        "exact" => Modifier::Exact,
        _ => Modifier::Beginning,
    };
    Some(match (name, modifier) {
        // A canonical may hold a comma nowhere, but a bar: url|version.
        ("url" | "system", "") => Condition::Url(values(), false),
        ("url", "below") => Condition::Url(values(), true),
        ("version", "" | "exact") => Condition::Version(values()),
        ("_id", "") => Condition::Id(values()),
        ("status", "") => Condition::Status(values()),
        ("name", "" | "contains" | "exact") => Condition::Name(values(), how),
        ("title", "" | "contains" | "exact") => Condition::Title(values(), how),
        _ => return None,
    })
}

fn select<'a>(
    request: &'a Request<'_>,
    kind: ResourceType,
    conditions: &[Condition<'_>],
) -> Vec<&'a ResourceEntry> {
    let resources = &request.snapshot.resources;
    // The usual search is by canonical: answered from the index.
    let by_url = conditions.iter().find_map(|condition| match condition {
        Condition::Url(urls, false) => Some(urls),
        _ => None,
    });
    let meets = |entry: &&ResourceEntry| conditions.iter().all(|condition| condition.is_met(entry));
    match by_url {
        Some(urls) => {
            let mut found: Vec<&ResourceEntry> = Vec::new();
            for url in urls {
                let bare = url.split('|').next().unwrap_or(url);
                // Some resources have a bar in their canonical itself: the tables of HL7 v2.
                let literal = resources.by_url(kind, url);
                let named = resources.by_url(kind, bare).chain(aliased(request, kind, bare));
                for entry in named.chain(literal).filter(meets) {
                    if !found.iter().any(|known| std::ptr::eq(*known, entry)) {
                        found.push(entry);
                    }
                }
            }
            found
        }
        None => resources
            .all()
            .iter()
            .filter(|entry| entry.resource_type == kind)
            .filter(meets)
            .collect(),
    }
}

/// Code systems asked for by an older name.
fn aliased<'a>(request: &'a Request<'_>, kind: ResourceType, url: &str) -> Vec<&'a ResourceEntry> {
    if kind != ResourceType::CodeSystem {
        return Vec::new();
    }
    let versions = request.snapshot.catalogue.versions(url);
    let canonical = versions
        .and_then(|versions| versions.all().first())
        .map(|system| system.edition().meta().url.as_str())
        .filter(|canonical| *canonical != url);
    canonical.map_or_else(Vec::new, |canonical| {
        request.snapshot.resources.by_url(kind, canonical).collect()
    })
}

impl Condition<'_> {
    fn is_met(&self, entry: &ResourceEntry) -> bool {
        let text = |wanted: &[&str], modifier: Modifier, found: &str| {
            let folded = found.to_lowercase();
            wanted.iter().any(|wanted| match modifier {
                Modifier::Beginning => folded.starts_with(&wanted.to_lowercase()),
                Modifier::Contains => folded.contains(&wanted.to_lowercase()),
                Modifier::Exact => found == *wanted,
            })
        };
        match self {
            Self::Url(urls, below) => urls.iter().any(|url| {
                let (bare, version) = url.split_once('|').unwrap_or((url, ""));
                let aliases = match &entry.content {
                    Content::Edition(system) => system.edition().meta().aliases.as_slice(),
                    _ => &[],
                };
                let is_literal = entry.url == *url;
                let is_url = entry.url == bare
                    || aliases.iter().any(|alias| alias == bare)
                    || *below && entry.url.starts_with(bare);
                is_literal || is_url && (version.is_empty() || entry.version == version)
            }),
            Self::Version(versions) => versions.contains(&entry.version.as_str()),
            Self::Id(ids) => ids.contains(&entry.id.as_str()),
            Self::Status(codes) => codes
                .iter()
                .any(|code| code.rsplit('|').next().is_some_and(|code| code == entry.status)),
            Self::Name(names, modifier) => text(names, *modifier, &entry.name),
            Self::Title(titles, modifier) => text(titles, *modifier, &entry.title),
        }
    }
}

fn sort(found: &mut [&ResourceEntry], rules: Option<&str>) -> Result<(), WireError> {
    let Some(rules) = rules else { return Ok(()) };
    // Sorting by the least important rule first leaves the most important one decisive.
    for rule in rules.split(',').rev() {
        let (name, descending) = rule.strip_prefix('-').map_or((rule, false), |name| (name, true));
        let key: fn(&ResourceEntry) -> &str = match name {
            "url" => |entry| &entry.url,
            "version" => |entry| &entry.version,
            "name" => |entry| &entry.name,
            "title" => |entry| &entry.title,
            "status" => |entry| &entry.status,
            "_id" => |entry| &entry.id,
            _ => {
                let expected =
                    "a list of url, version, name, title, status, _id; '-' before one sorts down";
                return Err(WireError::value("_sort", rule, expected));
            }
        };
        found.sort_by(|a, b| {
            let order = natural(key(a), key(b));
            if descending { order.reverse() } else { order }
        });
    }
    Ok(())
}

fn links(
    request: &Request<'_>,
    kind: ResourceType,
    total: usize,
    offset: usize,
    count: usize,
) -> Vec<(&'static str, String)> {
    let with = |offset: usize| {
        let mut query: Vec<String> = request
            .parameters
            .list
            .iter()
            .filter(|parameter| !matches!(parameter.name.as_str(), "_offset" | "_count"))
            .map(|parameter| {
                let value = parameter.value.text().unwrap_or_default();
                format!("{}={}", encoded(&parameter.name), encoded(value))
            })
            .collect();
        // What was answered, which may be less than what was asked for.
        query.push(format!("_count={count}"));
        if offset > 0 {
            query.push(format!("_offset={offset}"));
        }
        format!("{}/{}?{}", request.base, kind.name(), query.join("&"))
    };
    let mut links = vec![("self", with(offset))];
    if count == 0 {
        return links;
    }
    if offset > 0 {
        links.push(("previous", with(offset.saturating_sub(count))));
    }
    if offset.saturating_add(count) < total {
        links.push(("next", with(offset + count)));
    }
    links
}

/// Percent-encoding of a query value: everything but what is unreserved and harmless there.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b':'
            | b'/'
            | b'|'
            | b',' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// As much of a resource as `view` wants. Summaries of what is stored are made once.
fn shown<'e>(
    entry: &'e ResourceEntry,
    version: FhirVersion,
    view: &View,
    whole: bool,
) -> Result<Cow<'e, str>, Failure> {
    if let Some(summary) = entry.known.summary.get().filter(|_| *view == View::Summary) {
        return Ok(Cow::Borrowed(summary));
    }
    let shown = match write(entry, version, whole)? {
        Cow::Borrowed(json) => view.apply(json)?,
        Cow::Owned(json) => Cow::Owned(view.apply(&json)?.into_owned()),
    };
    if *view == View::Summary && matches!(entry.content, Content::Json(_)) {
        let _ = entry.known.summary.set(Box::from(&*shown));
    }
    Ok(shown)
}

/// A resource as JSON. `whole` also writes the mappings of a map made by a loader.
///
/// # Errors
/// When stored bytes are not text: a damaged library.
pub fn write(
    entry: &ResourceEntry,
    version: FhirVersion,
    whole: bool,
) -> Result<Cow<'_, str>, Failure> {
    match &entry.content {
        Content::Json(json) => {
            let text = str::from_utf8(json).map_err(Failure::internal)?;
            with_id(text, entry)
        }
        Content::Edition(system) => Ok(Cow::Owned(code_system(
            entry,
            system.edition().meta(),
            system.edition().concept_count(),
            version,
        ))),
        Content::Map(map) => Ok(Cow::Owned(concept_map(entry, map, version, whole))),
        Content::WholeSystem(system) => {
            Ok(Cow::Owned(whole_system(entry, system.edition().meta())))
        }
    }
}

/// The resource under the id it has here, where that differs from the one it came with.
fn with_id<'a>(json: &'a str, entry: &ResourceEntry) -> Result<Cow<'a, str>, Failure> {
    if entry.known.has_own_id.get() == Some(&true) {
        return Ok(Cow::Borrowed(json));
    }
    let id = entry.id.as_str();
    let members = crate::wire::json::Members::of(json)?;
    let has_own_id = members.get("id").map_or("", |known| known.trim_matches('"')) == id;
    let _ = entry.known.has_own_id.set(has_own_id);
    if has_own_id {
        return Ok(Cow::Borrowed(json));
    }
    let mut out = JsonWriter::with_capacity(json.len() + 80);
    out.begin_object();
    for (name, value) in &members.0 {
        if name == "id" {
            continue;
        }
        out.key_escaped(name);
        out.raw(value.get());
        if name == "resourceType" {
            out.field_str("id", id);
        }
    }
    out.end_object();
    String::from_utf8(out.into_bytes()).map(Cow::Owned).map_err(Failure::internal)
}

fn begin(json: &mut JsonWriter, kind: &str, entry: &ResourceEntry) {
    json.begin_object();
    json.field_str("resourceType", kind);
    json.field_str("id", &entry.id);
}

fn text(json: &mut JsonWriter, name: &'static str, text: &str) {
    if !text.is_empty() {
        json.field_str(name, text);
    }
}

fn identifiers(json: &mut JsonWriter, identifiers: &[codesystems::model::Identifier]) {
    if identifiers.is_empty() {
        return;
    }
    json.key("identifier");
    json.begin_array();
    for identifier in identifiers {
        json.begin_object();
        text(json, "system", &identifier.system);
        text(json, "value", &identifier.value);
        json.end_object();
    }
    json.end_array();
}

/// The metadata of an edition as CodeSystem. The concepts are not part of it: they are asked for.
fn code_system(
    entry: &ResourceEntry,
    meta: &EditionMeta,
    count: u32,
    version: FhirVersion,
) -> String {
    let mut json = JsonWriter::with_capacity(2048);
    let out = &mut json;
    begin(out, "CodeSystem", entry);
    text(out, "language", &meta.language);
    text(out, "url", &meta.url);
    identifiers(out, &meta.identifiers);
    text(out, "version", &meta.version);
    text(out, "name", &meta.name);
    text(out, "title", &meta.title);
    out.field_str("status", if meta.status.is_empty() { "active" } else { &meta.status });
    if let Some(experimental) = meta.experimental {
        out.field_bool("experimental", experimental);
    }
    text(out, "date", &meta.date);
    text(out, "publisher", &meta.publisher);
    text(out, "description", &meta.description);
    text(out, "copyright", &meta.copyright);
    if let Some(case_sensitive) = meta.case_sensitive {
        out.field_bool("caseSensitive", case_sensitive);
    }
    text(out, "valueSet", &meta.value_set);
    text(out, "hierarchyMeaning", &meta.hierarchy_meaning);
    if let Some(compositional) = meta.compositional {
        out.field_bool("compositional", compositional);
    }
    if let Some(version_needed) = meta.version_needed {
        out.field_bool("versionNeeded", version_needed);
    }
    // The resource that is written here has no concepts, whatever the server knows.
    out.field_str("content", "not-present");
    text(out, "supplements", &meta.supplements);
    out.field_integer("count", i64::from(count));
    filters(out, meta);
    properties(out, meta, version);
    out.end_object();
    into_string(json)
}

fn filters(out: &mut JsonWriter, meta: &EditionMeta) {
    if meta.filters.is_empty() {
        return;
    }
    out.key("filter");
    out.begin_array();
    for filter in &meta.filters {
        out.begin_object();
        out.field_str("code", &filter.code);
        text(out, "description", &filter.description);
        out.field_strings("operator", &filter.operators);
        out.field_str("value", if filter.value.is_empty() { "a value" } else { &filter.value });
        out.end_object();
    }
    out.end_array();
}

fn properties(out: &mut JsonWriter, meta: &EditionMeta, _version: FhirVersion) {
    let shown: Vec<_> =
        meta.properties.iter().filter(|property| !property.code.starts_with('$')).collect();
    if shown.is_empty() {
        return;
    }
    out.key("property");
    out.begin_array();
    for property in shown {
        out.begin_object();
        out.field_str("code", &property.code);
        out.field_opt("uri", property.uri.as_deref());
        out.field_opt("description", property.description.as_deref());
        out.field_str("type", property.kind.code());
        out.end_object();
    }
    out.end_array();
}

fn whole_system(entry: &ResourceEntry, meta: &EditionMeta) -> String {
    let mut json = JsonWriter::with_capacity(512);
    let out = &mut json;
    begin(out, "ValueSet", entry);
    text(out, "url", &entry.url);
    text(out, "version", &entry.version);
    text(out, "name", &entry.name);
    text(out, "title", &entry.title);
    out.field_str("status", if entry.status.is_empty() { "active" } else { &entry.status });
    text(out, "publisher", &meta.publisher);
    text(out, "copyright", &meta.copyright);
    out.key("compose");
    out.begin_object();
    out.key("include");
    out.begin_array();
    out.begin_object();
    out.field_str("system", &meta.url);
    text(out, "version", &meta.version);
    out.end_object();
    out.end_array();
    out.end_object();
    out.end_object();
    into_string(json)
}

/// A compiled map as ConceptMap.
fn concept_map(
    entry: &ResourceEntry,
    map: &ConceptMap,
    version: FhirVersion,
    whole: bool,
) -> String {
    let meta = map.meta();
    let is_r5 = version == FhirVersion::R5;
    let mut json =
        JsonWriter::with_capacity(1024 + if whole { map.row_count() as usize * 120 } else { 0 });
    let out = &mut json;
    begin(out, "ConceptMap", entry);
    text(out, "url", &meta.url);
    text(out, "version", &meta.version);
    text(out, "name", &meta.name);
    text(out, "title", &meta.title);
    out.field_str("status", if meta.status.is_empty() { "active" } else { &meta.status });
    text(out, "date", &meta.date);
    text(out, "publisher", &meta.publisher);
    text(out, "description", &meta.description);
    text(out, "copyright", &meta.copyright);
    let (source, target) =
        if is_r5 { ("sourceScopeUri", "targetScopeUri") } else { ("sourceUri", "targetUri") };
    text(out, source, &meta.source_scope);
    text(out, target, &meta.target_scope);
    if whole && map.row_count() > 0 {
        out.key("group");
        out.begin_array();
        for group in map.groups() {
            let definition = group.definition();
            out.begin_object();
            let canonical = |url: &str, version: &str| {
                codesystems::Canonical::new(url, Some(version)).to_string()
            };
            if is_r5 {
                text(out, "source", &canonical(&definition.source, &definition.source_version));
                text(out, "target", &canonical(&definition.target, &definition.target_version));
            } else {
                text(out, "source", &definition.source);
                text(out, "sourceVersion", &definition.source_version);
                text(out, "target", &definition.target);
                text(out, "targetVersion", &definition.target_version);
            }
            out.key("element");
            out.begin_array();
            for element in group.elements() {
                out.begin_object();
                out.field_str("code", element.code());
                text(out, "display", element.display());
                if element.is_no_map() && is_r5 {
                    out.field_bool("noMap", true);
                } else {
                    out.key("target");
                    out.begin_array();
                    for mapping in element.mappings() {
                        map_target(out, mapping, is_r5);
                    }
                    out.end_array();
                }
                out.end_object();
            }
            out.end_array();
            out.end_object();
        }
        out.end_array();
    }
    out.end_object();
    into_string(json)
}

fn map_target(out: &mut JsonWriter, mapping: Mapping<'_>, is_r5: bool) {
    out.begin_object();
    out.field_opt("code", mapping.target());
    text(out, "display", mapping.target_display());
    if is_r5 {
        out.field_str("relationship", mapping.relationship().r5());
    } else {
        out.field_str("equivalence", mapping.relationship().r4());
    }
    let properties: Vec<String> =
        mapping.properties().map(|part| format!("{}={}", part.name, part.value.text())).collect();
    // R4 has no properties of mappings: they are told as comment, so that nothing is lost.
    let comment = [mapping.comment().to_owned(), properties.join("; ")];
    let comment: Vec<&str> =
        comment.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    text(out, "comment", &comment.join("; "));
    out.end_object();
}

fn into_string(json: JsonWriter) -> String {
    // The writer takes text only.
    String::from_utf8(json.into_bytes()).unwrap_or_default()
}
