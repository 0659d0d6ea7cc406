//! `CodeSystem/$lookup`.
//!
//! Source: FHIR R4 and R5 CodeSystem-operation-lookup; Using SNOMED CT with FHIR (properties).

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use codesystems::index::{DesignationRef, LanguageScores, PropertyRef, Told};
use codesystems::systems::snomed::{self, expression};
use codesystems::{Canonical, ConceptIx, Edition, PropertyKind, PropertyValue};
use rustc_hash::FxHashMap;
use valuesets::CodeSystem;
use valuesets::expressions::Made;

use super::normalize::{self, Reading};
use super::{Answer, Asked, Request};
use crate::failure::{Failure, bad_resource};
use crate::library::{Content, ResourceType};
use crate::wire::json::{DesignationHead, JsonWriter, ParametersWriter, PropertyText};
use crate::wire::{CodingRef, TextType, ValueRef, WireError};

mod expressions;

/// The SNOMED CT concept under which relationship groups are told.
const ROLE_GROUP: &str = "609096000";

/// Room for an answer: what most answers take, so that it is seldom moved while it grows.
const ANSWER_BYTES: usize = 6 << 10;

/// The system, version and code an operation is about.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) system: Arc<CodeSystem>,
    /// The canonical as it was asked for: it may be an alias.
    pub(super) url: String,
    pub(super) code: &'a str,
}

/// Finds the code system by instance, by the parameter `codeSystem`, or by canonical and version.
pub(super) fn code_system(
    request: &Request<'_>,
    asked: &Asked,
    id: Option<&str>,
    url: Option<&str>,
    version: Option<&str>,
) -> Result<(Arc<CodeSystem>, String), Failure> {
    if let Some(id) = id {
        let entry =
            request.snapshot.resources.by_id(ResourceType::CodeSystem, id).ok_or_else(|| {
                Failure::not_found(format!("there is no CodeSystem with the id '{id}'"))
            })?;
        if let Content::Edition(system) = &entry.content {
            check_is_no_supplement(system)?;
            return Ok((Arc::clone(system), entry.url.clone()));
        }
        let scope = asked.scope(request);
        return Ok((scope.code_system(&entry.url, Some(&entry.version))?, entry.url.clone()));
    }
    if let Some(resource) = request.parameters.resource("codeSystem")? {
        let system = crate::sent::code_system(resource.get())
            .map_err(|error| bad_resource("codeSystem", &error))?;
        check_is_no_supplement(&system)?;
        let url = system.edition().meta().url.clone();
        return Ok((Arc::new(system), url));
    }
    let url = url.ok_or_else(|| WireError::missing("system", "the canonical of a code system"))?;
    Ok((asked.scope(request).code_system(url, version)?, url.to_owned()))
}

/// A supplement has no codes of its own to ask for.
fn check_is_no_supplement(system: &CodeSystem) -> Result<(), Failure> {
    let meta = system.edition().meta();
    if meta.content != "supplement" {
        return Ok(());
    }
    Err(Failure::invalid(format!(
        "CodeSystem '{}' is a supplement, so it cannot be used as a code system; ask for '{}' with \
         the parameter 'useSupplement'",
        meta.url, meta.supplements
    )))
}

fn subject<'a>(
    request: &'a Request<'_>,
    asked: &Asked,
    id: Option<&str>,
) -> Result<Subject<'a>, Failure> {
    let parameters = &request.parameters;
    let (url, version, code) = match parameters.coding("coding")? {
        Some(coding) => {
            (coding.system.as_deref(), coding.version.as_deref(), coding.code.as_deref())
        }
        None => (parameters.string("system")?, None, parameters.string("code")?),
    };
    let version = parameters.string("version")?.or(version);
    let code = code
        .ok_or_else(|| WireError::missing("code", "a code, or the parameter 'coding' with one"))?;
    let (system, url) = code_system(request, asked, id, url, version)?;
    Ok(Subject { system, url, code })
}

/// Which properties a lookup tells.
struct Wanted<'a> {
    names: Vec<&'a str>,
}

impl Wanted<'_> {
    /// Everything where nothing is asked for, where `*` is, and where all names are unknown here.
    fn all(&self) -> bool {
        self.names.is_empty() || self.names.contains(&"*")
    }

    fn has(&self, name: &str) -> bool {
        self.all() || self.names.contains(&name)
    }

    /// `lang.de`, `lang.x`: designations of one language.
    fn language(&self) -> Option<&str> {
        self.names.iter().find_map(|name| name.strip_prefix("lang."))
    }
}

/// Answers `$lookup` at type level or, with `id`, at instance level.
///
/// # Errors
/// 404 for an unknown system or code, 400 for missing parameters.
pub fn lookup(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let asked = Asked::of(request)?;
    let subject = subject(request, &asked, id)?;
    let wanted = Wanted { names: request.parameters.strings("property")? };
    let edition = subject.system.edition();
    let scope = asked.scope(request);
    let supplements = scope.supplements_to(&subject.system)?;
    let is_lenient = normalize::is_wanted(request)?;
    let read = Reading::of(is_lenient, edition, subject.code, asked.wording());
    let mut json = JsonWriter::with_capacity(ANSWER_BYTES);
    let mut write = |edition: &Edition, concept| {
        let scores = &edition.language_scores(asked.languages());
        Writer {
            edition,
            scores,
            supplements: &supplements,
            asked: &asked,
            wanted: &wanted,
            read: &read,
        }
        .write(&mut json, &subject.url, concept);
    };
    if let Some(concept) = edition.find(read.code()) {
        write(edition, concept);
    } else if let Some(made) = valuesets::grown::with_code(&subject.system, read.code(), &scope)? {
        for concept in made.edition().all().iter() {
            write(made.edition(), concept);
        }
    } else {
        write_made(&mut json, &subject, &asked, (&read, &wanted))?;
    }
    Ok(Answer::ok(json.into_bytes()))
}

/// A code that is no concept, but made by a grammar.
fn write_made(
    json: &mut JsonWriter,
    subject: &Subject<'_>,
    asked: &Asked,
    (read, wanted): (&Reading<'_>, &Wanted<'_>),
) -> Result<(), Failure> {
    let edition = subject.system.edition();
    let meta = edition.meta();
    let problem = match subject.system.made(read.code(), asked.languages()) {
        Made::Valid { display, .. } => {
            let mut out = ParametersWriter::begin(json);
            out.string("name", &release_name(edition, &subject.url));
            out.string("version", &meta.version);
            out.string("display", &display);
            out.code("code", read.code());
            if !subject.url.is_empty() {
                out.uri("system", &subject.url);
            }
            if meta.url == snomed::URL
                && let Ok(written) = expression::parse(read.code())
            {
                let scores = &edition.language_scores(asked.languages());
                expressions::Writer { edition, wanted, scores }.write(&mut out, &written);
            }
            read.write(&mut out);
            out.finish();
            return Ok(());
        }
        Made::Invalid(problem) if problem.is_empty() => problem,
        Made::Invalid(problem) | Made::BadExpression(problem) => format!(" ({problem})"),
        Made::Unknown => read.refusal_in_brackets(),
    };
    Err(Failure::not_found(format!(
        "Unknown code '{}' in the CodeSystem '{}' version '{}'{problem}",
        subject.code, subject.url, meta.version
    )))
}

fn name_of(edition: &Edition) -> &str {
    let meta = edition.meta();
    [&meta.name, &meta.title, &meta.url]
        .into_iter()
        .find(|name| !name.is_empty())
        .map_or("", |name| name)
}

/// The name of a release of SNOMED CT is its edition and version.
fn release_name<'e>(edition: &'e Edition, url: &str) -> Cow<'e, str> {
    if edition.meta().url == snomed::URL {
        return Canonical::new(url, Some(&edition.meta().version)).to_string().into();
    }
    name_of(edition).into()
}

struct Writer<'a> {
    edition: &'a Edition,
    /// How the languages of the edition fit those that are asked for.
    scores: &'a LanguageScores,
    /// Supplements in use.
    supplements: &'a [Arc<CodeSystem>],
    asked: &'a Asked,
    wanted: &'a Wanted<'a>,
    read: &'a Reading<'a>,
}

impl Writer<'_> {
    fn write(&self, json: &mut JsonWriter, url: &str, concept: ConceptIx) {
        let edition = self.edition;
        let meta = edition.meta();
        edition.touch(concept);
        let mut out = ParametersWriter::begin(json);
        out.string("name", &release_name(edition, url));
        if !meta.version.is_empty() {
            out.string("version", &meta.version);
        }
        let display = edition.display_bytes_for(concept, self.scores);
        out.bytes("display", TextType::String, display);
        out.bytes("code", TextType::Code, edition.code_bytes(concept));
        if !url.is_empty() {
            out.uri("system", url);
        }
        if edition.is_not_selectable(concept) {
            out.boolean("abstract", true);
        }
        let definition = edition.property_id("definition");
        if let Some(id) = definition
            && self.wanted.has("definition")
            && let Some(value) = edition.values_of(concept, id).next()
        {
            out.string("definition", &value.value().text());
        }
        self.designations(&mut out, concept, None);
        self.derived(&mut out, concept);
        self.own(&mut out, concept);
        self.supplemented(&mut out, edition.code(concept));
        self.read.write(&mut out);
        out.finish();
    }

    /// What supplements add, and which supplements are in use.
    fn supplemented(&self, out: &mut ParametersWriter<'_>, code: &str) {
        for supplement in self.supplements {
            let edition = supplement.edition();
            let meta = edition.meta();
            let source = Canonical::new(meta.url.as_str(), Some(&meta.version)).to_string();
            if let Some(concept) = edition.find_exact(code) {
                let scores = &edition.language_scores(self.asked.languages());
                let added = Writer { edition, scores, supplements: &[], ..*self };
                added.designations(out, concept, Some(&source));
                added.own(out, concept);
            }
            out.canonical("used-supplement", &source);
        }
    }

    fn designations(
        &self,
        out: &mut ParametersWriter<'_>,
        concept: ConceptIx,
        source: Option<&str>,
    ) {
        let language = self.wanted.language();
        if !self.wanted.has("designation") && language.is_none() {
            return;
        }
        let preference = language.map(codesystems::LanguagePreference::parse);
        let mut heads = HEADS.take();
        let of_edition = heads.of(self.edition);
        for designation in self.edition.designations(concept) {
            let is_wanted = preference
                .as_ref()
                .is_none_or(|preference| preference.score(designation.language()).is_some());
            if !designation.is_active() || !is_wanted {
                continue;
            }
            let head = of_edition.entry(designation.language_and_use());
            let head = head.or_insert_with(|| head_of(designation));
            let value = self.edition.designation_bytes(designation.number());
            out.designation(head, value, |out| {
                if let Some(source) = source {
                    out.canonical("source", source);
                }
            });
        }
        HEADS.set(heads);
    }

    /// Properties that follow from the edition itself.
    fn derived(&self, out: &mut ParametersWriter<'_>, concept: ConceptIx) {
        let edition = self.edition;
        // A code system may say the same in properties of its own.
        let is_unsaid = |name: &str| {
            let own = edition.property_id(name);
            own.is_none_or(|id| edition.values_of(concept, id).next().is_none())
        };
        let wanted = |name: &str| self.wanted.has(name) && is_unsaid(name);
        if wanted("inactive") {
            property(out, "inactive", ValueRef::Boolean(edition.is_inactive(concept)), None);
        }
        let (status, kind) = (edition.status(concept), edition.kind(concept));
        if wanted("status") && !status.is_empty() {
            property(out, "status", ValueRef::code(status), None);
        }
        if wanted("kind") && !kind.is_empty() {
            property(out, "kind", ValueRef::code(kind), None);
        }
        // Only where they are asked for by name: they are long.
        for name in ["normalForm", "normalFormTerse"] {
            if self.is_snomed() && self.wanted.names.contains(&name) {
                let form = expression::normal_form(edition, concept);
                let text = match name {
                    "normalForm" => expression::display(&form, edition, self.scores),
                    _ => expression::terse(&form),
                };
                property(out, name, ValueRef::string(&text), None);
            }
        }
        let mut relatives = |name: &str, relatives: &[ConceptIx]| {
            for (code, display) in edition.named_for(relatives, self.scores) {
                out.property(name, (PropertyText::Code, code), Some(display), |_| ());
            }
        };
        if self.wanted.has("parent") {
            relatives("parent", &edition.parents(concept).collect::<Vec<_>>());
        }
        if self.wanted.has("child") {
            relatives("child", &edition.children(concept).collect::<Vec<_>>());
        }
    }

    fn is_snomed(&self) -> bool {
        self.edition.meta().url == snomed::URL
    }

    fn own(&self, out: &mut ParametersWriter<'_>, concept: ConceptIx) {
        // Of SNOMED CT two properties and the groups of attributes are told where they are asked for.
        let is_brief = self.is_snomed() && self.wanted.names.is_empty();
        let told = |value: &PropertyRef<'_>| {
            let code = value.code();
            let is_extra = is_brief && matches!(code, "moduleId" | "sufficientlyDefined");
            code != "definition" && !code.starts_with('$') && !is_extra && self.wanted.has(code)
        };
        let mut values: Vec<PropertyRef<'_>> =
            self.edition.properties(concept).filter(told).collect();
        if is_brief {
            leave_out_repeated(&mut values);
            for told in self.edition.tell(&values, self.scores) {
                self.attribute(out, &told);
            }
            return;
        }
        let values = self.edition.tell(&values, self.scores);
        let has_role_groups = self.is_snomed();
        for value in values.iter().filter(|value| !has_role_groups || value.group() == 0) {
            told_property(out, value, |_| ());
        }
        if !has_role_groups {
            return;
        }
        let mut groups: Vec<u16> =
            values.iter().map(Told::group).filter(|&group| group > 0).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            out.parts("property", |out| {
                out.code("code", ROLE_GROUP);
                for value in values.iter().filter(|value| value.group() == group) {
                    out.parts("subproperty", |out| told_parts(out, value));
                }
            });
        }
    }

    /// A property of SNOMED CT without its group, an attribute with its name.
    fn attribute(&self, out: &mut ParametersWriter<'_>, told: &Told<'_>) {
        told_property(out, told, |out| {
            if let Some(name) = self.edition.concept_of_property(told.property_id()) {
                let display = self.edition.display_bytes_for(name, self.scores);
                out.bytes("code-display", TextType::String, display);
            }
        });
    }
}

/// What designations begin with, for the editions that a thread asked last: few kinds of them differ in
/// language and use.
#[derive(Debug, Default)]
struct Heads(Vec<([u8; 32], OfEdition)>);

/// Heads by the numbers of language and use.
type OfEdition = FxHashMap<(u8, u8), DesignationHead>;

/// Editions whose heads a thread keeps.
const MOST_HEADS: usize = 8;

thread_local! {
    static HEADS: Cell<Heads> = Cell::default();
}

impl Heads {
    fn of(&mut self, edition: &Edition) -> &mut OfEdition {
        let hash = edition.content_hash();
        let at = self.0.iter().position(|(known, _)| known == hash).unwrap_or_else(|| {
            if self.0.len() >= MOST_HEADS {
                self.0.remove(0);
            }
            self.0.push((*hash, OfEdition::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

fn head_of(designation: DesignationRef<'_>) -> DesignationHead {
    let usage = designation.designation_use().filter(|usage| !usage.code.is_empty());
    let usage = usage.map(|usage| {
        let display = Some(usage.display.as_str()).filter(|display| !display.is_empty());
        CodingRef::new(&usage.system, &usage.code).with_display(display)
    });
    DesignationHead::new(designation.language(), usage)
}

/// Values that stand in several groups are told once, where they stand first.
fn leave_out_repeated(values: &mut Vec<PropertyRef<'_>>) {
    let mut seen: Vec<u32> = Vec::with_capacity(values.len());
    values.retain(|value| {
        let is_new = !seen.contains(&value.number());
        if is_new {
            seen.push(value.number());
        }
        is_new
    });
}

/// A property with a value and its description, and what `write` adds.
fn told_property(
    out: &mut ParametersWriter<'_>,
    told: &Told<'_>,
    write: impl FnOnce(&mut ParametersWriter<'_>),
) {
    let kind = match told.kind() {
        PropertyKind::Code => PropertyText::Code,
        PropertyKind::String => PropertyText::String,
        _ => {
            return out.parts("property", |out| {
                told_parts(out, told);
                write(out);
            });
        }
    };
    out.property(told.code(), (kind, told.text()), told.display(), write);
}

/// A value with its description.
fn told_parts(out: &mut ParametersWriter<'_>, told: &Told<'_>) {
    out.code("code", told.code());
    match told.kind() {
        PropertyKind::Code => out.bytes("value", TextType::Code, told.text()),
        PropertyKind::String => out.bytes("value", TextType::String, told.text()),
        _ => out.value("value", value_ref(told.value())),
    }
    if let Some(display) = told.display() {
        out.bytes("description", TextType::String, display);
    }
}

/// A property's value as it is written.
pub(super) fn value_ref<'a>(value: PropertyValue<'a>) -> ValueRef<'a> {
    let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    match value {
        PropertyValue::Code(text) => ValueRef::code(text),
        PropertyValue::String(text) => ValueRef::string(text),
        PropertyValue::Decimal(text) => ValueRef::Decimal(text),
        PropertyValue::DateTime(text) => ValueRef::date_time(text),
        PropertyValue::Integer(number) => ValueRef::Integer(number),
        PropertyValue::Boolean(flag) => ValueRef::Boolean(flag),
        PropertyValue::Coding { system, version, code, display } => ValueRef::Coding(
            CodingRef::new(system, code).with_version(some(version)).with_display(some(display)),
        ),
    }
}

fn property(
    out: &mut ParametersWriter<'_>,
    code: &str,
    value: ValueRef<'_>,
    description: Option<&str>,
) {
    out.parts("property", |out| value_parts(out, code, value, description));
}

/// Clients read the parts by position: the code first, the value second.
fn value_parts(
    out: &mut ParametersWriter<'_>,
    code: &str,
    value: ValueRef<'_>,
    description: Option<&str>,
) {
    out.code("code", code);
    out.value("value", value);
    if let Some(description) = description {
        out.string("description", description);
    }
}
