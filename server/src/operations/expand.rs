//! `ValueSet/$expand`.
//!
//! Source: FHIR R4 and R5 ValueSet-operation-expand.

use std::sync::Arc;

use codesystems::index::LanguageScores;
use codesystems::{Edition, LanguagePreference};
use rustc_hash::FxHashMap;
use valuesets::expand::{Entry, Expansion, Node};
use valuesets::model::ValueSet;
use valuesets::plan::Part;

use super::lookup::value_ref;
use super::{Answer, Asked, Request};
use crate::failure::Failure;
use crate::library::now;
use crate::wire::json::{
    ContainsRef, DesignationRef, ExpansionWriter, JsonWriter, write_expansion_declarations,
};
use crate::wire::{CodingRef, FhirVersion, TextType, ValueRef, WireError};

/// From how many concepts on an expansion is written while it is sent.
const STREAM_FROM: u64 = 2_000;
/// Up to how many concepts a code system that nests its concepts is expanded nested where the
/// request does not say.
const NEST_UP_TO: u64 = 1_000;
/// How much is written before it is sent on, in bytes.
pub const CHUNK: usize = 64 << 10;

/// An expansion ready to be written.
#[derive(Debug)]
pub struct Pending {
    value_set: Arc<ValueSet>,
    expansion: Expansion,
    echo: Vec<(&'static str, OwnedValue)>,
    nested: bool,
    designations: Option<Vec<DesignationFilter>>,
    properties: Vec<String>,
    languages: LanguagePreference,
    version: FhirVersion,
    include_definition: bool,
}

/// A parameter echoed in `expansion.parameter`.
#[derive(Debug, Clone)]
enum OwnedValue {
    Boolean(bool),
    Integer(i64),
    Text(TextType, String),
}

/// A value of the parameter `designation`: a language, or a use as `system|code`.
#[derive(Debug, Clone)]
enum DesignationFilter {
    Language(LanguagePreference),
    Use(String, String),
}

impl DesignationFilter {
    fn parse(text: &str) -> Self {
        match text.split_once('|') {
            // `urn:ietf:bcp:47|de` asks for a language, any other system for a use.
            Some(("urn:ietf:bcp:47", language)) => {
                Self::Language(LanguagePreference::new(vec![language.to_owned()]))
            }
            Some((system, code)) => Self::Use(system.to_owned(), code.to_owned()),
            None => Self::Language(LanguagePreference::new(vec![text.to_owned()])),
        }
    }

    fn takes(&self, language: &str, system: &str, code: &str) -> bool {
        match self {
            Self::Language(preference) => preference.score(language).is_some(),
            Self::Use(wanted_system, wanted_code) => {
                wanted_system == system && (wanted_code.is_empty() || wanted_code == code)
            }
        }
    }
}

/// Answers `$expand` at type level or, with `id`, at instance level.
///
/// # Errors
/// 404 for an unknown value set or code system, 400 for malformed parameters, 422 where the
/// expansion is over the server's limit.
pub fn expand(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let pending = prepare(request, id)?;
    if pending.expansion.shown() < STREAM_FROM {
        return Ok(Answer::ok(pending.write_all()));
    }
    Ok(Answer::Expansion(Box::new(pending)))
}

/// An expansion before it is written.
///
/// # Errors
/// As [`expand`].
pub fn prepare(request: &Request<'_>, id: Option<&str>) -> Result<Pending, Failure> {
    let asked = Asked::of(request)?;
    let parameters = &request.parameters;
    let (value_set, key) = asked.value_set(request, id)?;
    let compiled = asked.compile(request, &value_set, &key)?;
    let number = |name: &'static str, alias: &'static str| -> Result<Option<u32>, WireError> {
        parameters
            .integer(name)?
            .map_or_else(|| parameters.integer(alias), |number| Ok(Some(number)))
    };
    let count = number("count", "_count")?;
    let offset = number("offset", "_offset")?;
    let filter = parameters.string("filter")?.unwrap_or_default();
    let active_only = parameters.boolean("activeOnly")?;
    let exclude_nested = parameters.boolean("excludeNested")?;
    let include_designations = parameters.boolean("includeDesignations")?;
    let designation_filters = parameters.strings("designation")?;
    let ask = valuesets::expand::Request {
        filter: filter.to_owned(),
        offset: u64::from(offset.unwrap_or(0)),
        count: count.map(u64::from),
        active_only: active_only.unwrap_or(false),
    };
    let limit = request.app.config.limits.expansion_codes;
    let expansion = valuesets::expand::expand(compiled, &ask);
    if limit > 0 && expansion.shown() > limit {
        let url = value_set.url.clone();
        return Err(valuesets::Error::TooCostly { url, limit }.into());
    }
    let is_page = count.is_some() || offset.is_some() || !filter.is_empty();
    let nested = match exclude_nested {
        Some(exclude) => !exclude && !is_page,
        None => !is_page && nests_by_itself(&expansion),
    };
    let mut echo = Vec::new();
    let mut flag = |name, value: Option<bool>| {
        if let Some(value) = value {
            echo.push((name, OwnedValue::Boolean(value)));
        }
    };
    flag("activeOnly", active_only);
    flag("excludeNested", exclude_nested);
    flag("includeDesignations", include_designations);
    for (name, value) in [("count", count), ("offset", offset)] {
        if let Some(value) = value {
            echo.push((name, OwnedValue::Integer(i64::from(value))));
        }
    }
    if !filter.is_empty() {
        echo.push(("filter", OwnedValue::Text(TextType::String, filter.to_owned())));
    }
    if let Some(language) = parameters.string("displayLanguage")? {
        echo.push(("displayLanguage", OwnedValue::Text(TextType::Code, language.to_owned())));
    }
    for text in &designation_filters {
        echo.push(("designation", OwnedValue::Text(TextType::String, (*text).to_owned())));
    }
    for name in ["system-version", "check-system-version", "force-system-version"] {
        for text in parameters.strings(name)? {
            echo.push((name, OwnedValue::Text(TextType::Uri, text.to_owned())));
        }
    }
    let wants_designations =
        include_designations.unwrap_or(false) || !designation_filters.is_empty();
    let designations = wants_designations
        .then(|| designation_filters.iter().map(|text| DesignationFilter::parse(text)).collect());
    Ok(Pending {
        value_set,
        expansion,
        echo,
        nested,
        designations,
        properties: parameters.strings("property")?.into_iter().map(str::to_owned).collect(),
        languages: asked.languages().clone(),
        version: request.version,
        include_definition: parameters.boolean("includeDefinition")?.unwrap_or(false),
    })
}

/// Small code systems whose resource nests its concepts are shown as they are written; everything
/// else is flat unless the request says otherwise, because most clients read one level only.
fn nests_by_itself(expansion: &Expansion) -> bool {
    expansion.total() <= NEST_UP_TO
        && expansion.compiled().parts.iter().any(|part| part.system.edition().meta().nested)
}

/// How one edition is written in this expansion.
struct Writing<'e> {
    edition: &'e Edition,
    scores: LanguageScores,
    /// The version, where the expansion holds several of the system.
    version: Option<&'e str>,
    own_displays: bool,
}

impl Pending {
    /// How many concepts are shown.
    #[must_use]
    pub fn shown(&self) -> u64 {
        self.expansion.shown()
    }

    /// The whole answer.
    #[must_use]
    pub fn write_all(&self) -> Vec<u8> {
        let estimate =
            512 + usize::try_from(self.expansion.shown()).unwrap_or(0).min(100_000) * 160;
        let mut json = JsonWriter::with_capacity(estimate);
        self.write(&mut json, &mut |_| true);
        json.into_bytes()
    }

    /// Writes the answer; `full` is called after every concept and may take out what is written so
    /// far. Writing ends early when it says `false`: nobody reads any more.
    pub fn write(&self, json: &mut JsonWriter, full: &mut dyn FnMut(&mut JsonWriter) -> bool) {
        json.begin_object();
        json.field_str("resourceType", "ValueSet");
        let value_set = &self.value_set;
        let texts = [
            ("id", &value_set.id),
            ("url", &value_set.url),
            ("version", &value_set.version),
            ("name", &value_set.name),
            ("title", &value_set.title),
        ];
        for (name, text) in texts {
            if !text.is_empty() {
                json.field_str(name, text);
            }
        }
        let status = if value_set.status.is_empty() { "unknown" } else { &value_set.status };
        json.field_str("status", status);
        if let Some(experimental) = value_set.experimental {
            json.field_bool("experimental", experimental);
        }
        for (name, text) in [("date", &value_set.date), ("publisher", &value_set.publisher)] {
            if !text.is_empty() && self.include_definition {
                json.field_str(name, text);
            }
        }
        json.key("expansion");
        json.begin_object();
        self.head(json);
        if self.expansion.shown() > 0 {
            json.key("contains");
            json.begin_array();
            self.entries(json, full);
            json.end_array();
        }
        json.end_object();
        json.end_object();
    }

    fn head(&self, json: &mut JsonWriter) {
        let declared: Vec<(&str, String)> = self.declared_properties();
        let borrowed: Vec<(&str, &str)> =
            declared.iter().map(|(code, uri)| (*code, uri.as_str())).collect();
        let unclosed = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";
        let is_unclosed = self.expansion.compiled().parts.iter().any(|part| part.whole_grammar);
        let extensions: &[(&str, ValueRef<'_>)] =
            if is_unclosed { &[(unclosed, ValueRef::Boolean(true))] } else { &[] };
        write_expansion_declarations(json, self.version, extensions, &borrowed);
        json.field_str("identifier", &self.identifier());
        json.field_str("timestamp", &now());
        json.field_integer("total", i64::try_from(self.expansion.total()).unwrap_or(i64::MAX));
        let offset = self.echo.iter().find_map(|(name, value)| match value {
            OwnedValue::Integer(number) if *name == "offset" => Some(*number),
            _ => None,
        });
        if let Some(offset) = offset {
            json.field_integer("offset", offset);
        }
        let used = self.expansion.compiled();
        let is_nothing_used =
            used.parts.is_empty() && used.value_sets.is_empty() && used.missing_systems.is_empty();
        if self.echo.is_empty() && is_nothing_used {
            return;
        }
        json.key("parameter");
        json.begin_array();
        for (name, value) in &self.echo {
            let value = match value {
                OwnedValue::Boolean(flag) => ValueRef::Boolean(*flag),
                OwnedValue::Integer(number) => ValueRef::Integer(*number),
                OwnedValue::Text(kind, text) => ValueRef::Text(*kind, text),
            };
            parameter(json, name, value);
        }
        self.used(json);
        json.end_array();
    }

    /// The same answer has the same identifier.
    fn identifier(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(
            format!(
                "{}|{} {:?} {:?}",
                self.value_set.url, self.value_set.version, self.echo, self.properties
            )
            .as_bytes(),
        );
        for part in &self.expansion.compiled().parts {
            hasher.update(part.system.edition().content_hash());
            hasher.update(&part.set.len().to_le_bytes());
        }
        let hex = hasher.finalize().to_hex();
        let at = |range| hex.get(range).unwrap_or_default();
        format!(
            "urn:uuid:{}-{}-4{}-8{}-{}",
            at(0..8),
            at(8..12),
            at(12..15),
            at(15..18),
            at(18..30)
        )
    }

    fn used(&self, json: &mut JsonWriter) {
        let compiled = self.expansion.compiled();
        let mut seen: Vec<String> = Vec::new();
        for part in &compiled.parts {
            if part.system.is_stand_in() {
                continue;
            }
            let meta = part.system.edition().meta();
            let text = if meta.version.is_empty() {
                part.url.to_string()
            } else {
                format!("{}|{}", part.url, meta.version)
            };
            if seen.contains(&text) {
                continue;
            }
            parameter(json, "used-codesystem", ValueRef::uri(&text));
            // The older name of the same statement, which clients still read: of codes that are in.
            let is_same = |other: &&Part| Arc::ptr_eq(&other.system, &part.system);
            let mut same = compiled.parts.iter().filter(is_same);
            if same.any(|same| !same.set.is_empty() || same.whole_grammar) {
                parameter(json, "version", ValueRef::uri(&text));
            }
            let warnings = [("draft", "warning-draft"), ("retired", "warning-retired")];
            for (status, name) in warnings {
                if meta.status == status {
                    parameter(json, name, ValueRef::uri(&text));
                }
            }
            if meta.experimental == Some(true) && self.value_set.experimental != Some(true) {
                parameter(json, "warning-experimental", ValueRef::uri(&text));
            }
            seen.push(text);
        }
        for canonical in &compiled.value_sets {
            let text = canonical.to_string();
            if !seen.contains(&text) {
                parameter(json, "used-valueset", ValueRef::uri(&text));
                seen.push(text);
            }
        }
        for canonical in &compiled.missing_systems {
            let text = canonical.to_string();
            if !seen.contains(&text) {
                parameter(json, "warning-unknown-codesystem", ValueRef::uri(&text));
                seen.push(text);
            }
        }
    }

    fn declared_properties(&self) -> Vec<(&str, String)> {
        let uri = |code: &str| {
            let parts = &self.expansion.compiled().parts;
            let own = parts.iter().find_map(|part| {
                let meta = part.system.edition().meta();
                let definition = meta.properties.iter().find(|property| property.code == code)?;
                definition.uri.clone().or_else(|| Some(format!("{}#{code}", meta.url)))
            });
            own.unwrap_or_else(|| format!("http://hl7.org/fhir/concept-properties#{code}"))
        };
        self.properties.iter().map(|code| (code.as_str(), uri(code))).collect()
    }

    fn writings(&self) -> Vec<Writing<'_>> {
        let parts = &self.expansion.compiled().parts;
        let mut versions: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for part in parts {
            let known = versions.entry(&part.url).or_default();
            if !known.contains(&part.system.version()) {
                known.push(part.system.version());
            }
        }
        let several = |part: &Part| versions.get(&*part.url).is_some_and(|known| known.len() > 1);
        parts
            .iter()
            .map(|part| Writing {
                edition: part.system.edition(),
                scores: part.system.edition().language_scores(&self.languages),
                version: Some(part.system.version())
                    .filter(|version| several(part) && !version.is_empty()),
                own_displays: self.languages.is_empty(),
            })
            .collect()
    }

    fn entries(&self, json: &mut JsonWriter, full: &mut dyn FnMut(&mut JsonWriter) -> bool) {
        let writings = self.writings();
        let mut out = ExpansionWriter::new(json, self.version);
        if self.nested {
            let (nodes, roots) = self.expansion.forest();
            for root in roots {
                self.nested_entry(&mut out, &writings, &nodes, root, full);
            }
            return;
        }
        for entry in self.expansion.entries() {
            self.begin(&mut out, &writings, entry);
            out.end();
            if !full(out.writer()) {
                return;
            }
        }
    }

    /// Depth is that of the hierarchy; the walk keeps its own stack.
    fn nested_entry(
        &self,
        out: &mut ExpansionWriter<'_>,
        writings: &[Writing<'_>],
        nodes: &[Node],
        root: usize,
        full: &mut dyn FnMut(&mut JsonWriter) -> bool,
    ) {
        let children = |number: usize| {
            nodes.get(number).map(|node| node.children.as_slice()).unwrap_or_default()
        };
        let mut stack: Vec<std::slice::Iter<'_, usize>> = Vec::new();
        let mut next = Some(root);
        loop {
            if let Some(number) = next.take() {
                let Some(node) = nodes.get(number) else { return };
                self.begin(out, writings, node.entry);
                if children(number).is_empty() {
                    out.end();
                } else {
                    out.begin_nested();
                    stack.push(children(number).iter());
                }
                full(out.writer());
            }
            match stack.last_mut().map(Iterator::next) {
                None => return,
                Some(Some(&child)) => next = Some(child),
                Some(None) => {
                    stack.pop();
                    out.end_nested();
                    out.end();
                }
            }
        }
    }

    /// Calls `each` with every concept shown, in order and without nesting, until it says `false`.
    pub fn rows(&self, each: &mut dyn FnMut(&ContainsRef<'_>) -> bool) {
        let writings = self.writings();
        for entry in self.expansion.entries() {
            if !each(&self.contains(&writings, entry)) {
                return;
            }
        }
    }

    /// Of a concept, what every form of the expansion tells.
    fn contains<'a>(&'a self, writings: &[Writing<'a>], entry: Entry) -> ContainsRef<'a> {
        let (Some(part), Some(writing)) = (self.expansion.part(entry), writings.get(entry.part))
        else {
            return ContainsRef::default();
        };
        let (edition, concept) = (writing.edition, entry.concept);
        let listed = if part.listed.is_empty() { None } else { part.listed.get(&concept) };
        let own = listed.map(|listed| listed.display.as_str()).filter(|text| !text.is_empty());
        let own = own.filter(|_| writing.own_displays || part.system.is_stand_in());
        ContainsRef {
            system: Some(&part.url),
            version: writing.version,
            code: Some(edition.code(concept)),
            display: Some(own.unwrap_or_else(|| edition.display_for(concept, &writing.scores))),
            is_abstract: edition.is_not_selectable(concept),
            is_inactive: edition.is_inactive(concept),
        }
    }

    fn begin(&self, out: &mut ExpansionWriter<'_>, writings: &[Writing<'_>], entry: Entry) {
        out.begin(&self.contains(writings, entry));
        let (Some(part), Some(writing)) = (self.expansion.part(entry), writings.get(entry.part))
        else {
            return;
        };
        let (edition, concept) = (writing.edition, entry.concept);
        let listed = if part.listed.is_empty() { None } else { part.listed.get(&concept) };
        if let Some(filters) = &self.designations {
            let takes = |language: &str, system: &str, code: &str| {
                filters.is_empty()
                    || filters.iter().any(|filter| filter.takes(language, system, code))
            };
            for own in listed.into_iter().flat_map(|listed| &listed.designations) {
                if takes(&own.language, &own.use_system, &own.use_code) {
                    let usage = (!own.use_code.is_empty())
                        .then(|| CodingRef::new(&own.use_system, &own.use_code));
                    out.designation(&DesignationRef {
                        language: some(&own.language),
                        usage,
                        value: &own.value,
                    });
                }
            }
            for designation in
                edition.designations(concept).filter(|designation| designation.is_active())
            {
                let usage = designation.designation_use().filter(|usage| !usage.code.is_empty());
                let (system, code) = usage.map_or(("", ""), |usage| (&usage.system, &usage.code));
                if takes(designation.language(), system, code) {
                    let usage = usage.map(|usage| {
                        CodingRef::new(&usage.system, &usage.code)
                            .with_display(some(&usage.display))
                    });
                    out.designation(&DesignationRef {
                        language: some(designation.language()),
                        usage,
                        value: designation.value(),
                    });
                }
            }
        }
        if !self.properties.is_empty() {
            self.write_properties(out, writing, entry);
        }
    }

    fn write_properties(&self, out: &mut ExpansionWriter<'_>, writing: &Writing<'_>, entry: Entry) {
        let (edition, concept) = (writing.edition, entry.concept);
        for name in &self.properties {
            let mut told = false;
            if let Some(id) = edition.property_id(name) {
                for value in edition.values_of(concept, id) {
                    out.property(name, value_ref(value.value()));
                    told = true;
                }
            }
            if told {
                continue;
            }
            match name.as_str() {
                "inactive" => out.property(name, ValueRef::Boolean(edition.is_inactive(concept))),
                "status" if !edition.status(concept).is_empty() => {
                    out.property(name, ValueRef::code(edition.status(concept)));
                }
                "kind" if !edition.kind(concept).is_empty() => {
                    out.property(name, ValueRef::code(edition.kind(concept)));
                }
                "notSelectable" | "abstract" => {
                    out.property(name, ValueRef::Boolean(edition.is_not_selectable(concept)));
                }
                "parent" => {
                    for parent in edition.parents(concept) {
                        out.property(name, ValueRef::code(edition.code(parent)));
                    }
                }
                "child" => {
                    for child in edition.children(concept) {
                        out.property(name, ValueRef::code(edition.code(child)));
                    }
                }
                _ => {}
            }
        }
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn parameter(json: &mut JsonWriter, name: &str, value: ValueRef<'_>) {
    json.begin_object();
    json.field_str("name", name);
    json.value_x(value);
    json.end_object();
}
