//! `ConceptMap/$translate`.
//!
//! Source: FHIR R4 and R5 ConceptMap-operation-translate; both spellings of the parameters are taken
//! on every base.

use std::sync::Arc;

use codesystems::{Canonical, PropertyValue};
use valuesets::conceptmap::{
    Candidate, Coding, ConceptMap, Direction, Fired, Match, Relationship, SnomedMap, SnomedMapUrl,
    TranslateRequest, Translation, Wanted, translate as ask,
};
use valuesets::plan::Compiled;
use valuesets::{Catalogue, Scope, conceptmap};

use super::lookup::value_ref;
use super::normalize::{self, Reading};
use super::{Answer, Asked, Extent, Request};
use crate::failure::{Failure, bad_resource};
use crate::library::{Content, ResourceType};
use crate::wire::json::{JsonWriter, ParametersWriter};
use crate::wire::{CodingRef, FhirVersion, Parameters, ValueRef, WireError};

/// What may answer: compiled maps, and a reference set of SNOMED CT.
#[derive(Default)]
struct Maps {
    compiled: Vec<Arc<ConceptMap>>,
    snomed: Option<Arc<SnomedMap>>,
    is_named: bool,
}

/// What is to be translated.
struct Subject<'a> {
    codings: Vec<Coding<'a>>,
    direction: Direction,
    into: Canonical,
}

/// Answers `$translate` at type level or, with `id`, at instance level.
///
/// # Errors
/// 404 for an unknown map, 400 for missing or malformed parameters. A code without a translation
/// is an answer with `result = false`.
pub fn translate(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let asked = Asked::of(request)?;
    let parameters = &request.parameters;
    let mut subject = subject(parameters)?;
    // Maps know code systems by their canonicals; clients also ask by older names.
    let catalogue = &request.snapshot.catalogue;
    for coding in &mut subject.codings {
        coding.system = catalogue.canonical_of(coding.system);
    }
    subject.into.url = catalogue.canonical_of(&subject.into.url).to_owned();
    let readings = readings(request, &asked, &subject.codings)?;
    for (coding, read) in subject.codings.iter_mut().zip(&readings) {
        coding.code = read.code();
    }
    let maps = maps(request, &asked, id, &subject)?;
    let candidates: Vec<Candidate<'_>> = maps
        .compiled
        .iter()
        .map(|map| Candidate::Compiled(map))
        .chain(maps.snomed.iter().map(|map| Candidate::Snomed(map)))
        .collect();
    let dependencies = dependencies(parameters)?;
    let names: Vec<(&str, PropertyValue<'_>)> = dependencies
        .iter()
        .map(|(name, value)| (name.as_str(), PropertyValue::String(value)))
        .collect();
    // R4 calls the value sets `source` and `target`; clients also name systems there.
    let source = bound(request, &asked, ["sourceScope", "source"])?;
    let target = bound(request, &asked, ["targetScope", "target"])?
        .filter(|bound| bound.value_set.url != subject.into.url);
    let tests = [&source, &target].map(|bound| bound.as_ref().and_then(Bound::test));
    let scope = |bound: &Option<Bound>, test: usize| {
        bound.as_ref().map(|bound| conceptmap::Scope {
            value_set: bound.value_set.clone(),
            contains: tests.get(test).and_then(Option::as_deref),
        })
    };
    let ask_for = TranslateRequest {
        direction: subject.direction,
        into_system: &subject.into.url,
        into_version: subject.into.version.as_deref().unwrap_or_default(),
        source_scope: scope(&source, 0),
        target_scope: scope(&target, 1),
        dependencies: &names,
        is_map_named: maps.is_named,
        ..TranslateRequest::new(&subject.codings)
    };
    let index = request.snapshot.catalogue.map_index();
    let other = |canonical: &Canonical| index.named(canonical).map(|map| Candidate::Compiled(map));
    let translation = ask(&ask_for, &candidates, &other);
    let scope = asked.scope(request);
    let telling = Telling {
        scope: &scope,
        version: request.version,
        direction: subject.direction,
        dialect: Dialect::of(parameters),
    };
    Ok(Answer::ok(telling.write(&translation, &readings)))
}

/// The codes as they were read. Maps begin at code systems that are not there, too: their codes are
/// taken as they are.
fn readings<'a>(
    request: &Request<'_>,
    asked: &Asked,
    codings: &[Coding<'a>],
) -> Result<Vec<Reading<'a>>, Failure> {
    if !normalize::is_wanted(request)? {
        return Ok(codings.iter().map(|coding| Reading::as_given(coding.code)).collect());
    }
    let scope = asked.scope(request);
    let read = |coding: &Coding<'a>| {
        let version = Some(coding.version).filter(|version| !version.is_empty());
        let system =
            scope.select(coding.system, version).or_else(|_| scope.select(coding.system, None));
        match system {
            Ok(system) => Reading::of(true, system.edition(), coding.code, asked.wording()),
            Err(_) => Reading::as_given(coding.code),
        }
    };
    Ok(codings.iter().map(read).collect())
}

/// A value set that bounds a translation.
struct Bound {
    value_set: Canonical,
    /// Its content, where it is known here.
    members: Option<Arc<Compiled>>,
}

/// Whether a code is within a bound.
type MemberTest<'a> = Box<dyn Fn(&Coding<'_>) -> bool + 'a>;

impl Bound {
    fn test(&self) -> Option<MemberTest<'_>> {
        let members = self.members.as_ref()?;
        Some(Box::new(|coding| members.has(coding.system, coding.code).unwrap_or(true)))
    }
}

fn bound(
    request: &Request<'_>,
    asked: &Asked,
    names: [&'static str; 2],
) -> Result<Option<Bound>, Failure> {
    let Some(text) = either(&request.parameters, &names)? else { return Ok(None) };
    let value_set = Canonical::parse(text);
    let subject = asked.of_canonical(request, Extent::Known, text, || value_set.clone());
    let members = subject.and_then(|subject| asked.compiled(request, &subject)).ok();
    Ok(Some(Bound { value_set, members }))
}

fn either<'a>(
    parameters: &'a Parameters,
    names: &[&'static str],
) -> Result<Option<&'a str>, WireError> {
    for name in names {
        if let Some(text) = parameters.string(name)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn subject(parameters: &Parameters) -> Result<Subject<'_>, Failure> {
    let reverse = parameters.boolean("reverse")?.unwrap_or(false);
    // R5 names the codes it starts from: `targetCode` and its like mean the way back.
    let is_from_target = ["targetCode", "targetCoding", "targetCodeableConcept"]
        .iter()
        .any(|name| parameters.contains(name));
    let direction = if reverse || is_from_target { Direction::Reverse } else { Direction::Forward };
    // Of R5's earlier drafts and of clients that follow them.
    let source = parameters.string("sourceSystem")?;
    let mut codings = Vec::new();
    for name in ["coding", "sourceCoding", "targetCoding"] {
        if let Some(coding) = parameters.coding(name)? {
            codings.push(borrow_coding(coding));
        }
    }
    for name in ["codeableConcept", "sourceCodeableConcept", "targetCodeableConcept"] {
        if let Some(concept) = parameters.codeable_concept(name)? {
            codings.extend(concept.coding.iter().map(borrow_coding));
        }
    }
    if let Some(code) = either(parameters, &["code", "sourceCode", "targetCode"])? {
        let system = match (is_from_target, parameters.string("targetSystem")?) {
            (true, Some(target)) => target,
            _ => parameters.string("system")?.or(source).unwrap_or_default(),
        };
        let version = parameters.string("version")?.unwrap_or_default();
        codings.push(Coding { system, version, code, display: "" });
    }
    if codings.is_empty() {
        let expected =
            "a code with 'system', or one of the parameters 'coding' and 'codeableConcept'";
        return Err(WireError::missing("code", expected).into());
    }
    let into = match is_from_target {
        true => source,
        false => either(parameters, &["targetsystem", "targetSystem"])?
            .or_else(|| system_as_target(parameters)),
    };
    Ok(Subject { codings, direction, into: into.map(Canonical::parse).unwrap_or_default() })
}

fn borrow_coding(coding: &crate::wire::Coding) -> Coding<'_> {
    Coding {
        system: coding.system.as_deref().unwrap_or_default(),
        version: coding.version.as_deref().unwrap_or_default(),
        code: coding.code.as_deref().unwrap_or_default(),
        display: coding.display.as_deref().unwrap_or_default(),
    }
}

/// `target` is a value set; many clients write a code system there.
fn system_as_target(parameters: &Parameters) -> Option<&str> {
    let target = parameters.string("target").ok().flatten()?;
    let is_value_set =
        target.contains("/ValueSet/") || target.contains("?fhir_vs") || target.contains("/vs");
    (!is_value_set).then_some(target)
}

fn maps(
    request: &Request<'_>,
    asked: &Asked,
    id: Option<&str>,
    subject: &Subject<'_>,
) -> Result<Maps, Failure> {
    let parameters = &request.parameters;
    let index = request.snapshot.catalogue.map_index();
    if let Some(id) = id {
        let entry =
            request.snapshot.resources.by_id(ResourceType::ConceptMap, id).ok_or_else(|| {
                Failure::not_found(format!("there is no ConceptMap with the id '{id}'"))
            })?;
        let map = match &entry.content {
            Content::Map(map) => Some(map),
            _ => index.named(&Canonical::new(entry.url.as_str(), Some(&entry.version))),
        };
        return Ok(named(map.into_iter().cloned().collect()));
    }
    if let Some(resource) = parameters.resource("conceptMap")? {
        return Ok(named(vec![Arc::new(sent_map(resource.get())?)]));
    }
    let sent: Option<&Catalogue> = asked.sent();
    if let Some(url) = either(parameters, &["url", "conceptMap"])? {
        let mut canonical = Canonical::parse(url);
        if let Some(version) = parameters.string("conceptMapVersion")? {
            canonical.version = Some(version.to_owned());
        }
        if let Some(map) = snomed_map(request, asked, url)? {
            return Ok(Maps { snomed: Some(map), is_named: true, ..Maps::default() });
        }
        let found = sent
            .and_then(|sent| sent.map_index().named(&canonical))
            .or_else(|| index.named(&canonical));
        let map =
            found.ok_or(valuesets::Error::UnknownConceptMap { url: canonical.to_string() })?;
        return Ok(named(vec![Arc::clone(map)]));
    }
    let mut compiled: Vec<Arc<ConceptMap>> = Vec::new();
    for coding in &subject.codings {
        let wanted = Wanted {
            direction: subject.direction,
            system: coding.system,
            version: coding.version,
            into_system: &subject.into.url,
        };
        for index in sent.map(Catalogue::map_index).into_iter().chain([index]) {
            for map in index.fitting(&wanted) {
                if !compiled.iter().any(|known| Arc::ptr_eq(known, map)) {
                    compiled.push(Arc::clone(map));
                }
            }
        }
    }
    Ok(Maps { compiled, ..Maps::default() })
}

fn named(compiled: Vec<Arc<ConceptMap>>) -> Maps {
    Maps { compiled, snomed: None, is_named: true }
}

/// A ConceptMap resource as a map that can be asked.
pub(super) fn sent_map(json: &str) -> Result<ConceptMap, Failure> {
    let failed = |error: codesystems::Error| bad_resource("conceptMap", &error);
    crate::sent::concept_map(json).map_err(failed)
}

/// A reference set of SNOMED CT named as a map, kept with the snapshot.
fn snomed_map(
    request: &Request<'_>,
    asked: &Asked,
    url: &str,
) -> Result<Option<Arc<SnomedMap>>, Failure> {
    let Some(parsed) = SnomedMapUrl::parse(url) else { return Ok(None) };
    let failed = |error: conceptmap::SnomedMapError| Failure::not_found(error.to_string());
    let parsed = parsed.map_err(failed)?;
    let version = Some(parsed.version).filter(|version| !version.is_empty());
    let scope = asked.scope(request);
    let system = scope.code_system("http://snomed.info/sct", version)?;
    let key = format!("{}#{}", system.version(), parsed.refset);
    if let Some(known) = request.snapshot.snomed_maps.get(&key) {
        return Ok(Some(known));
    }
    let map = Arc::new(SnomedMap::new(system.shared_edition(), parsed.refset).map_err(failed)?);
    request.snapshot.snomed_maps.insert(key, Arc::clone(&map));
    Ok(Some(map))
}

/// `dependency` (R4: parts `element` and `concept`; R5: `attribute` and `value`).
fn dependencies(parameters: &Parameters) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for parts in parameters.part_lists("dependency")? {
        let name = either(parts, &["element", "attribute"])?.unwrap_or_default().to_owned();
        let value = match parts.codeable_concept("concept")? {
            Some(concept) => concept.coding.first().and_then(|coding| coding.code.clone()),
            None => match parts.coding("value")? {
                Some(coding) => coding.code.clone(),
                None => parts.string("value")?.map(str::to_owned),
            },
        };
        found.push((name, value.unwrap_or_default()));
    }
    Ok(found)
}

/// How a translation is told.
struct Telling<'a> {
    scope: &'a Scope<'a>,
    version: FhirVersion,
    direction: Direction,
    dialect: Dialect,
}

/// Whose names a request uses, and its answer with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// `code`, `coding`, `targetsystem`: the map is told as the version of the base does it, displays
    /// are looked up, and what fired is explained.
    R4,
    /// `sourceCode`, `targetCoding`, `targetSystem`: matches as the map has them, with `originMap`.
    R5,
}

impl Dialect {
    fn of(parameters: &Parameters) -> Self {
        let names = [
            "sourceCode",
            "sourceCoding",
            "sourceCodeableConcept",
            "targetCode",
            "targetCoding",
            "targetCodeableConcept",
        ];
        if names.iter().any(|name| parameters.contains(name)) { Self::R5 } else { Self::R4 }
    }
}

impl Telling<'_> {
    fn write(&self, translation: &Translation<'_>, readings: &[Reading<'_>]) -> Vec<u8> {
        let mut json = JsonWriter::with_capacity(256 + translation.matches.len() * 384);
        let mut out = ParametersWriter::begin(&mut json);
        out.boolean("result", translation.result);
        if let Some(message) = &translation.message {
            let why: String = readings.iter().map(Reading::refusal_in_brackets).collect();
            out.string("message", &format!("{message}{why}"));
        }
        for found in &translation.matches {
            out.parts("match", |out| match self.dialect {
                Dialect::R4 => {
                    let display = self.display(found);
                    write_match(out, found, self.version, self.direction, &display);
                }
                Dialect::R5 => self.write_plain(out, found),
            });
        }
        for read in readings {
            read.write(&mut out);
        }
        out.finish();
        json.into_bytes()
    }

    /// A match as the map has it: the target as `concept` whichever way was asked, on the way back the
    /// source beside it.
    fn write_plain(&self, out: &mut ParametersWriter<'_>, found: &Match<'_>) {
        write_relationship(out, self.version, found.relationship);
        if let Some(target) = &found.target {
            out.coding("concept", coding_of(target, target.display));
        }
        if self.direction == Direction::Reverse {
            out.coding("source", coding_of(&found.source, found.source.display));
        }
        write_parts(out, found, self.version);
        out.canonical("originMap", &found.origin.map.to_string());
    }

    /// The display of the code that is answered: that of the map, else that of its code system.
    fn display(&self, found: &Match<'_>) -> String {
        let answered = match self.direction {
            Direction::Forward => found.target,
            Direction::Reverse => Some(found.source),
        };
        let Some(coding) = answered else { return String::new() };
        if !coding.display.is_empty() {
            return coding.display.to_owned();
        }
        let version = Some(coding.version).filter(|version| !version.is_empty());
        let Ok(system) = self.scope.code_system(coding.system, version) else {
            return String::new();
        };
        let edition = system.edition();
        let scores = edition.language_scores(&self.scope.languages);
        let concept = edition.find(coding.code);
        concept.map_or_else(String::new, |concept| edition.display_for(concept, &scores).to_owned())
    }
}

fn write_match(
    out: &mut ParametersWriter<'_>,
    found: &Match<'_>,
    version: FhirVersion,
    direction: Direction,
    display: &str,
) {
    // The relationship is said as seen from the code that was asked for.
    let relationship = match direction {
        Direction::Forward => found.relationship,
        Direction::Reverse => found.relationship.reversed(),
    };
    write_relationship(out, version, relationship);
    let concept = match direction {
        Direction::Forward => found.target,
        Direction::Reverse => Some(found.source),
    };
    if let Some(concept) = concept {
        out.coding("concept", coding_of(&concept, display));
    }
    write_parts(out, found, version);
    let map = found.origin.map.to_string();
    if version == FhirVersion::R5 {
        out.canonical("originMap", &map);
    } else {
        out.uri("source", &map);
    }
    let fired = match &found.origin.fired {
        Fired::Row(row) => format!("group {}, mapping {}", found.origin.group, row),
        Fired::Unmapped(mode) => format!("group {}, default '{mode}'", found.origin.group),
    };
    out.value("explanation", ValueRef::string(&fired));
}

fn coding_of<'a>(coding: &Coding<'a>, display: &'a str) -> CodingRef<'a> {
    let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    CodingRef::new(coding.system, coding.code)
        .with_version(some(coding.version))
        .with_display(some(display))
}

fn write_relationship(
    out: &mut ParametersWriter<'_>,
    version: FhirVersion,
    relationship: Relationship,
) {
    if version == FhirVersion::R5 {
        out.code("relationship", relationship.r5());
    } else {
        out.code("equivalence", relationship.r4());
    }
}

/// Properties, conditions, products and comment of a match.
fn write_parts(out: &mut ParametersWriter<'_>, found: &Match<'_>, version: FhirVersion) {
    for part in &found.properties {
        out.parts("property", |out| {
            out.uri("uri", part.name);
            out.value("value", value_ref(part.value));
        });
    }
    for (name, parts) in [("dependsOn", &found.depends_on), ("product", &found.products)] {
        for part in parts {
            out.parts(name, |out| {
                if version == FhirVersion::R5 {
                    out.uri("attribute", part.name);
                    out.value("value", value_ref(part.value));
                } else {
                    out.uri("element", part.name);
                    out.coding("concept", dependency_concept(part.value));
                }
            });
        }
    }
    if !found.comment.is_empty() {
        out.string("comment", found.comment);
    }
}

/// R4 writes conditions and products as Coding, whatever they are.
fn dependency_concept<'a>(value: PropertyValue<'a>) -> CodingRef<'a> {
    match value {
        PropertyValue::Coding { system, version, code, display } => {
            let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
            CodingRef {
                system: some(system),
                version: some(version),
                code: Some(code),
                display: some(display),
                user_selected: None,
            }
        }
        PropertyValue::Code(text)
        | PropertyValue::String(text)
        | PropertyValue::Decimal(text)
        | PropertyValue::DateTime(text) => CodingRef {
            system: None,
            version: None,
            code: Some(text),
            display: None,
            user_selected: None,
        },
        PropertyValue::Boolean(flag) => CodingRef {
            system: None,
            version: None,
            code: Some(if flag { "true" } else { "false" }),
            display: None,
            user_selected: None,
        },
        PropertyValue::Integer(_) => CodingRef {
            system: None,
            version: None,
            code: None,
            display: None,
            user_selected: None,
        },
    }
}
