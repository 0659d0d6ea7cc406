//! `ValueSet/$expand`.
//!
//! Source: FHIR R4 and R5 ValueSet-operation-expand.

use std::sync::Arc;

use axum::http::Method;
use codesystems::fhir::code_system::{DESIGNATION_EXTENSION_PROPERTY, EXTENSION_PROPERTY};
use codesystems::index::{DesignationRef as DesignationOf, LanguageScores, PropertyRef};
use codesystems::model::PropertyId;
use codesystems::{Canonical, ConceptIx, Edition, LanguagePreference, PropertyValue};
use valuesets::expand::{Entry, Expansion, Node};
use valuesets::expressions::Expressions;
use valuesets::model::ValueSet;
use valuesets::plan::{Listed, Origin, Part, Publication, Used};

use super::annotations::{self, Annotations, PROPERTIES};
use super::lookup::value_ref;
use super::{Answer, Asked, Request};
use crate::failure::Failure;
use crate::library::now;
use crate::wire::json::{
    ContainsRef, DesignationRef, ExpansionWriter, JsonWriter, write_expansion_declarations,
};
use crate::wire::{CodingRef, FhirVersion, LanguagePreferences, TextType, ValueRef, WireError};

/// From how many concepts on an expansion is written while it is sent.
const STREAM_FROM: u64 = 2_000;
/// Up to how many concepts a code system that nests its concepts is expanded nested where the
/// request does not say.
const NEST_UP_TO: u64 = 1_000;
/// How much is written before it is sent on, in bytes.
pub const CHUNK: usize = 64 << 10;

const UNCLOSED: &str = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";
const UNCLOSED_REASON: &str = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed-reason";

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
    /// R4 by GET: portals read it by position and do not take no for an answer. `version` repeats
    /// `used-codesystem`, and a concept without a display shows its code.
    is_for_readers: bool,
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
    Tag(String),
    Use(String, String),
}

impl DesignationFilter {
    fn parse(text: &str) -> Self {
        match text.split_once('|') {
            // `urn:ietf:bcp:47|de` asks for this very language, any other system for a use.
            Some(("urn:ietf:bcp:47", language)) => Self::Tag(language.to_owned()),
            Some((system, code)) => Self::Use(system.to_owned(), code.to_owned()),
            None => Self::Language(LanguagePreference::new(vec![text.to_owned()])),
        }
    }

    fn takes(&self, language: &str, system: &str, code: &str) -> bool {
        match self {
            Self::Tag(tag) => tag.eq_ignore_ascii_case(language),
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
    let wishes = Wishes::of(request, &value_set)?;
    let ask = valuesets::expand::Request {
        filter: wishes.filter.to_owned(),
        offset: u64::from(wishes.offset.unwrap_or(0)),
        count: wishes.count.map(u64::from),
        active_only: wishes.active_only.unwrap_or(false),
    };
    let expansion = valuesets::expand::expand(compiled, &ask);
    check_limit(request, &value_set, &expansion)?;
    let nested = wishes.nested(&expansion);
    let echo = wishes.echo(request, &expansion)?;
    let languages = wishes.languages(request, &value_set)?;
    let wants_designations =
        wishes.include_designations.unwrap_or(false) || !wishes.designations.is_empty();
    let filters = wishes.designations.iter().map(|text| DesignationFilter::parse(text)).collect();
    let properties = wishes.properties(&expansion);
    Ok(Pending {
        nested,
        echo,
        designations: wants_designations.then_some(filters),
        properties,
        languages,
        version: request.version,
        include_definition: parameters.boolean("includeDefinition")?.unwrap_or(false),
        is_for_readers: *request.method != Method::POST && request.version != FhirVersion::R5,
        value_set,
        expansion,
    })
}

fn check_limit(
    request: &Request<'_>,
    value_set: &ValueSet,
    expansion: &Expansion,
) -> Result<(), Failure> {
    let own = Some(request.app.config.limits.expansion_codes).filter(|limit| *limit > 0);
    let Some(limit) = own.into_iter().chain(request.too_costly_threshold).min() else {
        return Ok(());
    };
    if expansion.shown() <= limit {
        return Ok(());
    }
    let url = Canonical::new(value_set.url.as_str(), Some(&value_set.version)).to_string();
    Err(valuesets::Error::TooCostly { url, limit }.into())
}

/// What a request and, where it is silent, its value set want of an expansion.
struct Wishes<'a> {
    count: Option<u32>,
    offset: Option<u32>,
    filter: &'a str,
    active_only: Option<bool>,
    exclude_nested: Option<bool>,
    include_designations: Option<bool>,
    display_language: Option<&'a str>,
    designations: Vec<&'a str>,
    properties: Vec<&'a str>,
}

impl<'a> Wishes<'a> {
    fn of(request: &'a Request<'_>, value_set: &'a ValueSet) -> Result<Self, Failure> {
        let parameters = &request.parameters;
        let number = |name: &'static str, alias: &'static str| -> Result<Option<u32>, WireError> {
            parameters
                .integer(name)?
                .map_or_else(|| parameters.integer(alias), |number| Ok(Some(number)))
        };
        let defaults = |name: &'static str| {
            let own = value_set.expansion_parameters.iter();
            own.filter(move |own| own.name == name).map(|own| own.value.as_str())
        };
        let flag = |name: &'static str| -> Result<Option<bool>, WireError> {
            let asked = parameters.boolean(name)?;
            Ok(asked.or_else(|| defaults(name).find_map(|text| text.parse().ok())))
        };
        let list = |name: &'static str| -> Result<Vec<&'a str>, WireError> {
            let asked = parameters.strings(name)?;
            Ok(if asked.is_empty() { defaults(name).collect() } else { asked })
        };
        let header = request.languages.text();
        let display_language = parameters
            .string("displayLanguage")?
            .or_else(|| Some(header).filter(|_| !request.languages.is_empty()))
            .or_else(|| defaults("displayLanguage").next());
        let mut properties = list("property")?;
        for property in value_set.compose.iter().flat_map(|compose| &compose.property) {
            if !properties.contains(&property.as_str()) {
                properties.push(property);
            }
        }
        Ok(Self {
            count: number("count", "_count")?,
            offset: number("offset", "_offset")?,
            filter: parameters.string("filter")?.unwrap_or_default(),
            active_only: flag("activeOnly")?,
            exclude_nested: flag("excludeNested")?,
            include_designations: flag("includeDesignations")?,
            display_language,
            designations: list("designation")?,
            properties,
        })
    }

    /// Pages are flat, and so is what text filters find, unless filters of the value set chose
    /// among the concepts.
    fn nested(&self, expansion: &Expansion) -> bool {
        let is_page = self.count.is_some() || self.offset.is_some();
        let is_found = !self.filter.is_empty();
        match self.exclude_nested {
            Some(exclude) => !exclude && !is_page && !is_found,
            None => !is_page && nests_by_itself(expansion, is_found),
        }
    }

    /// Languages of displays: as asked for, else as the value set says it is written in.
    fn languages(
        &self,
        request: &Request<'_>,
        value_set: &ValueSet,
    ) -> Result<LanguagePreference, Failure> {
        if let Some(text) = self.display_language {
            if text == request.languages.text() {
                return Ok(request.languages.preference());
            }
            return Ok(LanguagePreferences::parse("displayLanguage", text)?.preference());
        }
        Ok(match value_set.language.as_str() {
            "" => LanguagePreference::default(),
            language => LanguagePreference::new(vec![language.to_owned()]),
        })
    }

    /// The properties to tell; `*` stands for all there are.
    fn properties(&self, expansion: &Expansion) -> Vec<String> {
        if !self.properties.contains(&"*") {
            return self.properties.iter().map(|&code| code.to_owned()).collect();
        }
        let mut all: Vec<String> = Vec::new();
        for part in &expansion.compiled().parts {
            for property in &part.system.edition().meta().properties {
                if !property.code.starts_with('$') && !all.contains(&property.code) {
                    all.push(property.code.clone());
                }
            }
        }
        all
    }

    /// What was asked for, as the answer repeats it: of the rules for versions those that decided.
    fn echo(
        &self,
        request: &Request<'_>,
        expansion: &Expansion,
    ) -> Result<Vec<(&'static str, OwnedValue)>, Failure> {
        let mut echo = Vec::new();
        let flags = [
            ("activeOnly", self.active_only),
            ("excludeNested", self.exclude_nested),
            ("includeDesignations", self.include_designations),
            ("includeDefinition", request.parameters.boolean("includeDefinition")?),
        ];
        for (name, value) in flags {
            echo.extend(value.map(|value| (name, OwnedValue::Boolean(value))));
        }
        for (name, value) in [("count", self.count), ("offset", self.offset)] {
            echo.extend(value.map(|value| (name, OwnedValue::Integer(i64::from(value)))));
        }
        let text = |kind, text: &str| OwnedValue::Text(kind, text.to_owned());
        if !self.filter.is_empty() {
            echo.push(("filter", text(TextType::String, self.filter)));
        }
        if let Some(language) = self.display_language {
            echo.push(("displayLanguage", text(TextType::Code, language)));
        }
        for designation in &self.designations {
            echo.push(("designation", text(TextType::String, designation)));
        }
        let compiled = expansion.compiled();
        for rule in &compiled.rules {
            echo.push((rule.parameter, text(TextType::Uri, &rule.canonical.to_string())));
        }
        if compiled.are_versions_matched {
            echo.push(("versionsMatch", OwnedValue::Boolean(true)));
        }
        Ok(echo)
    }
}

/// Small code systems whose resource nests its concepts are shown as they are written; everything
/// else is flat unless the request says otherwise, because most clients read one level only.
fn nests_by_itself(expansion: &Expansion, is_found: bool) -> bool {
    let nests = |part: &Part| {
        part.system.edition().meta().nested
            && (part.origin == Origin::Filtered || part.origin == Origin::Whole && !is_found)
    };
    expansion.total() <= NEST_UP_TO && expansion.compiled().parts.iter().any(nests)
}

/// How one edition is written in this expansion.
struct Writing<'e> {
    edition: &'e Edition,
    scores: LanguageScores,
    /// The version, where the expansion is about several of the system.
    version: Option<&'e str>,
    own_displays: bool,
    /// Supplements to the edition.
    supplements: Vec<Telling<'e>>,
    told: Telling<'e>,
    /// Whether any concept has a status other than active.
    has_statuses: bool,
}

/// An edition as it is told from: a code system or a supplement to one.
struct Telling<'e> {
    edition: &'e Edition,
    scores: LanguageScores,
    extension: Option<PropertyId>,
    designation_extension: Option<PropertyId>,
}

impl<'e> Telling<'e> {
    fn new(edition: &'e Edition, languages: &LanguagePreference) -> Self {
        Self {
            edition,
            scores: edition.language_scores(languages),
            extension: edition.property_id(EXTENSION_PROPERTY),
            designation_extension: edition.property_id(DESIGNATION_EXTENSION_PROPERTY),
        }
    }

    /// The extensions of a concept as JSON.
    fn extension(&self, concept: ConceptIx) -> Option<&'e str> {
        text_of(self.edition.values_of(concept, self.extension?).next()?)
    }

    /// The extensions of the designation of this number, from 0, as JSON.
    fn designation_extension(&self, concept: ConceptIx, number: usize) -> Option<&'e str> {
        let mut values = self.edition.values_of(concept, self.designation_extension?);
        text_of(values.find(|value| usize::from(value.group()) == number + 1)?)
    }
}

fn text_of(value: PropertyRef<'_>) -> Option<&str> {
    match value.value() {
        PropertyValue::String(text) => Some(text),
        _ => None,
    }
}

/// Whether a status is worth telling.
fn is_told(status: &str) -> bool {
    !status.is_empty() && !status.eq_ignore_ascii_case("active")
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
            ("language", &value_set.language),
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
        if self.include_definition && !value_set.extension.is_empty() {
            json.field_raw("extension", &value_set.extension);
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
        let declared = self.declared_properties();
        let borrowed: Vec<(&str, &str)> =
            declared.iter().map(|(code, uri)| (*code, uri.as_str())).collect();
        let compiled = self.expansion.compiled();
        let fragments = compiled.used.iter().filter(|used| is_fragment(used));
        let reasons: Vec<String> = fragments
            .map(|used| {
                format!("This extension is based on a fragment of the code system {}", used.url)
            })
            .collect();
        let is_grammar =
            compiled.parts.iter().any(|part| part.whole_grammar || part.expressions.is_open());
        let whole =
            compiled.parts.iter().filter(|part| matches!(part.expressions, Expressions::Whole));
        let reasons: Vec<String> = reasons
            .into_iter()
            .chain(whole.map(|part| {
                let url = &part.url;
                format!("The code System '{url}' has a grammar and so has infinite members")
            }))
            .collect();
        let mut extensions: Vec<(&str, ValueRef<'_>)> = Vec::new();
        if is_grammar || !reasons.is_empty() {
            extensions.push((UNCLOSED, ValueRef::Boolean(true)));
        }
        extensions.extend(reasons.iter().map(|text| (UNCLOSED_REASON, ValueRef::string(text))));
        write_expansion_declarations(json, self.version, &extensions, &borrowed);
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
        let mut seen: Vec<(&str, String)> = Vec::new();
        let mut tell = |name: &'static str, text: &str| {
            let known = |(known, value): &(&str, String)| *known == name && value == text;
            if !seen.iter().any(known) {
                parameter(json, name, ValueRef::uri(text));
                seen.push((name, text.to_owned()));
            }
        };
        for used in compiled.used.iter().filter(|used| !used.system.is_stand_in()) {
            let meta = used.system.edition().meta();
            let text = Canonical::new(&*used.url, Some(&meta.version)).to_string();
            tell("used-codesystem", &text);
            if self.is_for_readers {
                // The older name of the same statement.
                tell("version", &text);
            }
            if is_fragment(used) {
                tell("used-fragment", &text);
            }
            let (status, standards) = (&meta.status, &meta.standards_status);
            let publication =
                Publication::of(status, standards, meta.experimental, &self.value_set);
            if let Some(publication) = publication {
                tell(warning(publication), &text);
            }
        }
        for supplement in &compiled.supplements {
            let meta = supplement.edition().meta();
            let canonical = Canonical::new(meta.url.as_str(), Some(&meta.version));
            tell("used-supplement", &canonical.to_string());
        }
        for canonical in &compiled.value_sets {
            tell("used-valueset", &canonical.to_string());
        }
        let value_set = &*self.value_set;
        if let Some(publication) = Publication::of_value_set(value_set, value_set) {
            let name = Canonical::new(value_set.url.as_str(), Some(&value_set.version));
            tell(warning(publication), &name.to_string());
        }
        for (canonical, publication) in &compiled.publications {
            tell(warning(*publication), &canonical.to_string());
        }
        for canonical in &compiled.missing_systems {
            tell("warning-unknown-codesystem", &canonical.to_string());
        }
    }

    /// The properties that the entries shown have, with what they mean. Of large expansions those
    /// that they may have.
    fn declared_properties(&self) -> Vec<(&str, String)> {
        let writings = self.writings();
        let derived = std::iter::once("status").chain(PROPERTIES.iter().map(|(code, _)| *code));
        let is_told_of = |concept: &Concept<'_, '_>, code: &str| {
            let mut has = false;
            self.each_told(concept, code, &mut |_| has = true);
            has
        };
        let mut open: Vec<&str> = self.properties.iter().map(String::as_str).collect();
        open.extend(derived.filter(|code| !self.is_asked(code)));
        let listed = self.expansion.compiled().parts.iter().any(|part| !part.listed.is_empty());
        open.retain(|code| listed || writings.iter().any(|writing| may_have(writing, code)));
        let mut found: Vec<&str> = Vec::new();
        if self.expansion.shown() >= STREAM_FROM {
            found = open;
        } else {
            for entry in self.expansion.entries() {
                if open.is_empty() {
                    break;
                }
                let Some(writing) = writings.get(entry.part) else { continue };
                let concept = Concept::of(writing, self.expansion.part(entry), entry.concept);
                found.extend(open.extract_if(.., |code| is_told_of(&concept, code)));
            }
        }
        let uri = |code: &str| {
            let editions = writings.iter().flat_map(|writing| {
                writing.supplements.iter().map(|telling| telling.edition).chain([writing.edition])
            });
            let own = editions.filter_map(|edition| {
                let meta = edition.meta();
                let definition = meta.properties.iter().find(|property| property.code == code)?;
                definition.uri.clone().or_else(|| Some(format!("{}#{code}", meta.url)))
            });
            let derived = PROPERTIES.iter().find(|(known, _)| *known == code);
            let standard = derived.map_or(code, |(_, name)| name);
            let standard = || format!("http://hl7.org/fhir/concept-properties#{standard}");
            own.into_iter().next().unwrap_or_else(standard)
        };
        found.into_iter().map(|code| (code, uri(code))).collect()
    }

    fn writings(&self) -> Vec<Writing<'_>> {
        let compiled = self.expansion.compiled();
        let parts = compiled.parts.iter();
        parts
            .map(|part| {
                let edition = part.system.edition();
                let told = Telling::new(edition, &self.languages);
                let supplements = part.supplements.iter();
                let statuses = &edition.meta().statuses;
                Writing {
                    edition,
                    scores: edition.language_scores(&self.languages),
                    version: Some(part.system.version()).filter(|version| {
                        !version.is_empty() && compiled.has_several_versions(&part.url)
                    }),
                    own_displays: self.languages.is_empty(),
                    supplements: supplements
                        .map(|supplement| Telling::new(supplement.edition(), &self.languages))
                        .collect(),
                    told,
                    has_statuses: statuses.iter().any(|status| is_told(status)),
                }
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
    fn contains<'a>(&'a self, writings: &'a [Writing<'a>], entry: Entry) -> ContainsRef<'a> {
        let (Some(part), Some(writing)) = (self.expansion.part(entry), writings.get(entry.part))
        else {
            return ContainsRef::default();
        };
        let concept = Concept::of(writing, Some(part), entry.concept);
        let shown = concept.shown(part.system.is_stand_in());
        self.contains_of(writing, part, &concept, &shown)
    }

    fn contains_of<'a>(
        &self,
        writing: &Writing<'a>,
        part: &'a Part,
        concept: &Concept<'_, 'a>,
        shown: &Shown<'a>,
    ) -> ContainsRef<'a> {
        let edition = writing.edition;
        let code = edition.code(concept.concept);
        ContainsRef {
            system: Some(&part.url),
            version: writing.version,
            code: Some(code),
            display: shown.text().or_else(|| self.is_for_readers.then_some(code)),
            is_abstract: edition.is_not_selectable(concept.concept),
            is_inactive: edition.is_inactive(concept.concept),
        }
    }

    fn begin(&self, out: &mut ExpansionWriter<'_>, writings: &[Writing<'_>], entry: Entry) {
        let (Some(part), Some(writing)) = (self.expansion.part(entry), writings.get(entry.part))
        else {
            out.begin(&ContainsRef::default());
            return;
        };
        let concept = Concept::of(writing, Some(part), entry.concept);
        let shown = concept.shown(part.system.is_stand_in());
        out.begin(&self.contains_of(writing, part, &concept, &shown));
        if let Some(filters) = &self.designations {
            concept.write_designations(out, filters, &shown);
        }
        concept.annotations.write_extensions(out);
        for name in &self.properties {
            self.each_told(&concept, name, &mut |value| out.property(name, value));
        }
        if writing.has_statuses && !self.is_asked("status") {
            self.each_told(&concept, "status", &mut |value| out.property("status", value));
        }
        if concept.is_annotated {
            for (name, _) in PROPERTIES.iter().filter(|(name, _)| !self.is_asked(name)) {
                self.each_told(&concept, name, &mut |value| out.property(name, value));
            }
        }
    }

    /// The values of a property that are told: a status that nobody asked for only where it is not
    /// the usual one.
    fn each_told(&self, concept: &Concept<'_, '_>, name: &str, tell: &mut dyn FnMut(ValueRef<'_>)) {
        let is_usual = |value: &ValueRef<'_>| {
            name == "status" && matches!(value, ValueRef::Text(_, text) if !is_told(text))
        };
        let is_asked = self.is_asked(name);
        concept.each_value(name, &mut |value| {
            if is_asked || !is_usual(&value) {
                tell(value);
            }
        });
    }

    fn is_asked(&self, property: &str) -> bool {
        self.properties.iter().any(|known| known == property)
    }
}

/// Whether concepts of an edition may have the property `code`.
fn may_have(writing: &Writing<'_>, code: &str) -> bool {
    let tellings = || std::iter::once(&writing.told).chain(&writing.supplements);
    match code {
        "status" if writing.has_statuses => true,
        "kind" => true,
        "inactive" | "notSelectable" | "abstract" | "parent" | "child" => true,
        _ if PROPERTIES.iter().any(|(known, _)| *known == code) => {
            tellings().any(|telling| telling.extension.is_some())
        }
        _ => tellings().any(|telling| telling.edition.property_id(code).is_some()),
    }
}

fn is_fragment(used: &Used) -> bool {
    !used.system.is_stand_in() && used.system.edition().meta().content == "fragment"
}

/// The parameter that mentions a publication.
fn warning(publication: Publication) -> &'static str {
    match publication {
        Publication::Draft => "warning-draft",
        Publication::Deprecated => "warning-deprecated",
        Publication::Withdrawn => "warning-withdrawn",
        Publication::Retired => "warning-retired",
        Publication::Experimental => "warning-experimental",
    }
}

/// A concept with all that is told of it.
struct Concept<'w, 'e> {
    writing: &'w Writing<'e>,
    concept: ConceptIx,
    listed: Option<&'w Listed>,
    /// The concept in the supplements that are about it.
    supplemented: Vec<(&'w Telling<'e>, ConceptIx)>,
    annotations: Annotations<'w>,
    is_annotated: bool,
}

/// What is shown as display.
enum Shown<'a> {
    /// The display that the value set gives.
    Listed(&'a str),
    /// A designation of the code system or a supplement.
    Designation(DesignationOf<'a>),
    /// Nothing.
    Nothing,
}

impl<'a> Shown<'a> {
    fn text(&self) -> Option<&'a str> {
        match self {
            Self::Listed(text) => Some(text),
            Self::Designation(designation) => Some(designation.value()),
            Self::Nothing => None,
        }
    }

    fn is(&self, other: DesignationOf<'_>) -> bool {
        match self {
            Self::Designation(own) => {
                own.language() == other.language() && own.value() == other.value()
            }
            _ => false,
        }
    }
}

impl<'w, 'e> Concept<'w, 'e> {
    fn of(writing: &'w Writing<'e>, part: Option<&'w Part>, concept: ConceptIx) -> Self {
        let listed = part.filter(|part| !part.listed.is_empty());
        let listed = listed.and_then(|part| part.listed.get(&concept));
        let mut supplemented = Vec::new();
        if !writing.supplements.is_empty() {
            let code = writing.edition.code(concept);
            supplemented.extend(writing.supplements.iter().filter_map(|telling| {
                telling.edition.find_exact(code).map(|concept| (telling, concept))
            }));
        }
        let own = listed.map(|listed| listed.extension.as_str()).filter(|json| !json.is_empty());
        let told = writing.told.extension(concept);
        let added =
            supplemented.iter().filter_map(|&(telling, concept)| telling.extension(concept));
        let mut sources = own.into_iter().chain(told).chain(added).peekable();
        let is_annotated = sources.peek().is_some();
        let annotations =
            if is_annotated { Annotations::of(sources) } else { Annotations::default() };
        Self { writing, concept, listed, supplemented, annotations, is_annotated }
    }

    fn shown(&self, is_stand_in: bool) -> Shown<'w> {
        let Writing { edition, scores, .. } = self.writing;
        let own = self.listed.map(|listed| listed.display.as_str());
        let own = own.filter(|text| !text.is_empty());
        if let Some(own) = own.filter(|_| self.writing.own_displays || is_stand_in) {
            return Shown::Listed(own);
        }
        let translated = || {
            self.supplemented.iter().find_map(|(telling, concept)| {
                telling.edition.preferred_designation(*concept, &telling.scores)
            })
        };
        let preferred = edition.preferred_designation(self.concept, scores);
        let shown = preferred.or_else(translated);
        let shown = shown.or_else(|| edition.shown_designation(self.concept, scores));
        shown.map_or(Shown::Nothing, Shown::Designation)
    }

    fn write_designations(
        &self,
        out: &mut ExpansionWriter<'_>,
        filters: &[DesignationFilter],
        shown: &Shown<'_>,
    ) {
        let takes = |language: &str, system: &str, code: &str| {
            filters.is_empty() || filters.iter().any(|filter| filter.takes(language, system, code))
        };
        let own = (&self.writing.told, self.concept);
        let mut is_shown = false;
        for (telling, concept) in std::iter::once(own).chain(self.supplemented.iter().copied()) {
            for (number, designation) in telling.edition.designations(concept).enumerate() {
                let extension = telling.designation_extension(concept, number);
                // What is withdrawn is told where the resource says so, with the word for it.
                if !designation.is_active() && extension.is_none() {
                    continue;
                }
                if !is_shown && shown.is(designation) {
                    is_shown = true;
                    continue;
                }
                let usage = designation.designation_use().filter(|usage| !usage.code.is_empty());
                let (system, code) = usage.map_or(("", ""), |usage| (&usage.system, &usage.code));
                if !takes(designation.language(), system, code) {
                    continue;
                }
                let usage = usage.map(|usage| {
                    CodingRef::new(&usage.system, &usage.code).with_display(some(&usage.display))
                });
                out.designation(&DesignationRef {
                    language: some(designation.language()),
                    usage,
                    value: designation.value(),
                    extensions: &extension.map(annotations::of_designation).unwrap_or_default(),
                });
            }
        }
        for own in self.listed.into_iter().flat_map(|listed| &listed.designations) {
            if takes(&own.language, &own.use_system, &own.use_code) {
                let usage = (!own.use_code.is_empty()).then(|| {
                    CodingRef::new(&own.use_system, &own.use_code)
                        .with_display(some(&own.use_display))
                });
                out.designation(&DesignationRef {
                    language: some(&own.language),
                    usage,
                    value: &own.value,
                    extensions: &annotations::of_designation(&own.extension),
                });
            }
        }
    }

    /// Calls `tell` with every value of the property `name`.
    fn each_value(&self, name: &str, tell: &mut dyn FnMut(ValueRef<'_>)) {
        let (edition, concept) = (self.writing.edition, self.concept);
        if let Some(value) = self.annotations.property(name) {
            return tell(value);
        }
        let mut told = false;
        let own = (edition, concept);
        let added = self.supplemented.iter().map(|(telling, concept)| (telling.edition, *concept));
        for (edition, concept) in std::iter::once(own).chain(added) {
            let Some(id) = edition.property_id(name) else { continue };
            for value in edition.values_of(concept, id) {
                tell(value_ref(value.value()));
                told = true;
            }
        }
        if told {
            return;
        }
        match name {
            "inactive" => tell(ValueRef::Boolean(edition.is_inactive(concept))),
            "status" if !edition.status(concept).is_empty() => {
                tell(ValueRef::code(edition.status(concept)));
            }
            "kind" if !edition.kind(concept).is_empty() => {
                tell(ValueRef::code(edition.kind(concept)));
            }
            "notSelectable" | "abstract" => {
                tell(ValueRef::Boolean(edition.is_not_selectable(concept)));
            }
            "parent" => {
                for parent in edition.parents(concept) {
                    tell(ValueRef::code(edition.code(parent)));
                }
            }
            "child" => {
                for child in edition.children(concept) {
                    tell(ValueRef::code(edition.code(child)));
                }
            }
            _ => {}
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
