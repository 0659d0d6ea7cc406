//! `ValueSet/$expand`.
//!
//! Source: FHIR R4 and R5 ValueSet-operation-expand.

mod annotations;
mod concept;
mod head;
mod wishes;

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::Method;
use codesystems::{Canonical, ConceptIx, LanguagePreference};
use valuesets::expand::{Entry, Expansion, Node};
use valuesets::model::ValueSet;
use valuesets::plan::Part;

use self::annotations::PROPERTIES;
use self::concept::{Concept, RowsAtHand, Shown, Telling, Writing, is_told};
use self::wishes::{DesignationFilter, OwnedValue, Wishes};
use super::{Answer, Asked, Extent, Request};
use crate::failure::Failure;
use crate::wire::json::{ContainsRef, ExpansionWriter, JsonWriter};
use crate::wire::{FhirVersion, ValueRef};

/// From how many concepts on an expansion is written while it is sent.
const STREAM_FROM: u64 = 2_000;
/// Up to how many concepts a code system that nests its concepts is expanded nested where the
/// request does not say.
const NEST_UP_TO: u64 = 1_000;
/// How many concepts are read together before they are written.
const BLOCK: usize = 64;
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
    /// R4 by GET: portals read it by position and do not take no for an answer. `version` repeats
    /// `used-codesystem`, and a concept without a display shows its code.
    is_for_readers: bool,
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
    let subject = asked.value_set(request, id, Extent::Whole)?;
    let compiled = asked.compiled(request, &subject).map_err(Failure::of_expansion)?;
    let value_set = subject.value_set;
    if let Some(url) = compiled.unlistable() {
        return Err(valuesets::Error::NotEnumerable { url: url.into() }.into());
    }
    let wishes = Wishes::of(request, &value_set)?;
    let ask = valuesets::expand::Request {
        filter: wishes.filter.to_owned(),
        offset: u64::from(wishes.offset.unwrap_or(0)),
        count: wishes.count.map(u64::from),
        active_only: wishes.active_only.unwrap_or(false),
        selectable_only: wishes.exclude_not_for_ui.unwrap_or(false),
    };
    let expansion = valuesets::expand::expand(compiled, &ask);
    check_limit(request, &value_set, &expansion)?;
    let nested = wishes.nested(&value_set, &expansion);
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

/// Whether concepts lie so far from each other that reading one does not bring the next.
fn are_scattered(concepts: &[ConceptIx]) -> bool {
    let ordinals = || concepts.iter().map(|concept| concept.0);
    let spread = ordinals().max().unwrap_or_default() - ordinals().min().unwrap_or_default();
    spread as usize > concepts.len() * 8
}

/// Has what is shown of `block` at hand: of all its concepts of one part at once, since a search in
/// several systems mixes them.
fn touch(writings: &[Writing<'_>], block: &[Entry]) {
    let mut sorted = Cow::Borrowed(block);
    if writings.len() > 1 {
        sorted.to_mut().sort_by_key(|entry| entry.part);
    }
    for same_part in sorted.chunk_by(|one, other| one.part == other.part) {
        let concepts: Vec<ConceptIx> = same_part.iter().map(|entry| entry.concept).collect();
        let part = same_part.first().and_then(|entry| writings.get(entry.part));
        if let Some(part) = part.filter(|_| are_scattered(&concepts)) {
            part.edition.touch_shown(&concepts);
        }
    }
}

/// Refuses an expansion that shows more codes than the server, the header
/// `X-TOO-COSTLY-THRESHOLD` or the parameter `limit` allow.
///
/// As the terminology ecosystem's messages do, the version of the value set is left out where
/// filters select its codes.
fn check_limit(
    request: &Request<'_>,
    value_set: &ValueSet,
    expansion: &Expansion,
) -> Result<(), Failure> {
    let own = Some(request.app.config.limits.expansion_codes).filter(|limit| *limit > 0);
    let asked = request.parameters.integer("limit")?.map(u64::from);
    let limits = own.into_iter().chain(request.too_costly_threshold).chain(asked);
    let Some(limit) = limits.min().filter(|limit| expansion.shown() > *limit) else {
        return Ok(());
    };
    let mut includes = value_set.compose.iter().flat_map(|compose| &compose.include);
    let is_filtered = includes.any(|include| !include.filters.is_empty());
    let version = Some(value_set.version.as_str()).filter(|_| !is_filtered);
    let url = match value_set.url.as_str() {
        "" => "??".to_owned(),
        url => Canonical::new(url, version).to_string(),
    };
    Err(valuesets::Error::TooCostly { url, limit }.into())
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
        let mut writings = self.writings();
        // What is streamed is found while it is written.
        let is_page = self.expansion.shown() < STREAM_FROM;
        let page: Vec<Entry> = match is_page {
            true => self.expansion.entries().collect(),
            false => Vec::new(),
        };
        if is_page {
            self.look_for_statuses(&mut writings, &page);
        }
        self.head(json, &writings);
        if self.expansion.shown() > 0 {
            json.key("contains");
            json.begin_array();
            match is_page {
                true => self.entries(json, &writings, page.into_iter(), full),
                false => self.entries(json, &writings, self.expansion.entries(), full),
            }
            json.end_array();
        }
        json.end_object();
        json.end_object();
    }

    fn writings(&self) -> Vec<Writing<'_>> {
        let compiled = self.expansion.compiled();
        let written_in = self.value_set.language.as_str();
        let own_displays = self.languages.is_empty()
            || !written_in.is_empty() && self.languages.score(written_in).is_some();
        compiled.parts.iter().map(|part| self.writing(part, own_displays)).collect()
    }

    fn writing<'p>(&'p self, part: &'p Part, own_displays: bool) -> Writing<'p> {
        let edition = part.system.edition();
        let telling = |edition| Telling::new(edition, &self.languages, &self.properties);
        let supplements = part.supplements.iter();
        let several = self.expansion.compiled().has_several_versions(&part.url);
        let mut statuses = edition.meta().statuses.iter();
        let mut writing = Writing {
            edition,
            scores: edition.language_scores(&self.languages),
            version: Some(part.system.version()).filter(|version| !version.is_empty() && several),
            own_displays,
            supplements: supplements.map(|supplement| telling(supplement.edition())).collect(),
            told: telling(edition),
            has_statuses: statuses.any(|status| is_told(status))
                || !part.system.inactive().is_empty(),
            rows: None,
        };
        let tells_displays_only = self.designations.is_none() && self.properties.is_empty();
        if tells_displays_only && !writing.scores.is_any_wanted() && writing.is_plain(part) {
            // What is streamed does not wait for rows to be made.
            let shown = self.expansion.shown();
            let rows = edition.shown_rows(if shown < STREAM_FROM { shown } else { 0 });
            writing.rows = rows.map(|rows| RowsAtHand::new(rows, &part.url, writing.version));
        }
        writing
    }

    /// Leaves statuses out of the writing where no concept of a page has one: told by two tables in one
    /// pass, which is quicker than asking each concept for each form a status can have.
    fn look_for_statuses(&self, writings: &mut [Writing<'_>], page: &[Entry]) {
        let parts = &self.expansion.compiled().parts;
        let is_plain = |(writing, part): (&Writing<'_>, &Part)| writing.is_plain(part);
        let is_known = !self.is_asked("status")
            && writings.iter().zip(parts).all(is_plain)
            && writings.iter().any(|writing| writing.has_statuses);
        if !is_known {
            return;
        }
        let mut found = vec![false; writings.len()];
        for entry in page {
            if let (Some(writing), Some(found)) =
                (writings.get(entry.part), found.get_mut(entry.part))
            {
                *found |= writing.has_status(entry.concept);
            }
        }
        for (writing, found) in writings.iter_mut().zip(found) {
            writing.has_statuses &= found;
        }
    }

    fn entries(
        &self,
        json: &mut JsonWriter,
        writings: &[Writing<'_>],
        mut entries: impl Iterator<Item = Entry>,
        full: &mut dyn FnMut(&mut JsonWriter) -> bool,
    ) {
        let mut out = ExpansionWriter::new(json, self.version);
        if self.nested {
            let (nodes, roots) = self.expansion.forest();
            for root in roots {
                self.nested_entry(&mut out, writings, &nodes, root, full);
            }
            return;
        }
        let mut block: Vec<Entry> = Vec::with_capacity(BLOCK);
        loop {
            block.clear();
            block.extend(entries.by_ref().take(BLOCK));
            touch(writings, &block);
            for &entry in &block {
                self.begin(&mut out, writings, entry);
                out.end();
                if !full(out.writer()) {
                    return;
                }
            }
            if block.len() < BLOCK {
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
        let code = edition.code_bytes(concept.concept);
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
        if let Some(row) = writing.row(entry.concept)
            && let Some(head) = writing.rows.as_ref().and_then(|rows| rows.head(&row))
        {
            let display = row.display.or_else(|| self.is_for_readers.then_some(row.code));
            out.begin_with(head, row.code, display, row.is_verbatim);
            writing.status(&row, entry.concept).inspect(|status| out.status_alone(status));
            return;
        }
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
