//! What a request means by its canonicals: parameters that all operations share.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use codesystems::{Canonical, LanguagePreference};
use valuesets::issues::Wording;
use valuesets::model::ValueSet;
use valuesets::plan::{self, Compiled};
use valuesets::scope::VersionRules;
use valuesets::{Catalogue, Scope};

use super::Request;
use crate::failure::{Failure, bad_resource};
use crate::known::{KnownSet, KnownSets, SetKey};
use crate::library::{Content, ResourceType};
use crate::seen::QUICKLY_MADE;
use crate::sent::{SentSet, SessionName};
use crate::wire::{Issue, IssueType, OperationOutcome, Parameters, WireError};

/// What a request says about versions, languages and resources sent along; a [`Scope`] is made of it.
#[derive(Debug)]
pub struct Asked {
    sent: Option<Arc<SentSet>>,
    versions: VersionRules,
    languages: LanguagePreference,
    messages: valuesets::issues::Language,
    supplements: Vec<Canonical>,
}

/// Names of languages as displays are asked for: parameters first, then the header.
fn languages(request: &Request<'_>) -> Result<LanguagePreference, Failure> {
    for name in ["displayLanguage", "language"] {
        // HAPI asks $lookup for `language`; elsewhere the name has no other meaning here.
        let asked = request.parameters.languages(name);
        if let Some(preferences) = asked.map_err(|_| bad_language(&request.parameters, name))? {
            return Ok(preferences.preference());
        }
    }
    Ok(request.languages.preference())
}

fn bad_language(parameters: &Parameters, name: &str) -> Failure {
    let given = parameters.string(name).ok().flatten().unwrap_or_default();
    let issue = Issue::error(IssueType::Processing)
        .text(format!("Invalid displayLanguage: '{given}'"))
        .tx_issue_type("invalid-display")
        .message_id("INVALID_DISPLAY_NAME");
    Failure { outcome: OperationOutcome { issues: vec![issue] }, ..Failure::invalid(String::new()) }
}

fn canonicals(parameters: &Parameters, name: &str) -> Result<Vec<Canonical>, Failure> {
    Ok(parameters.strings(name)?.into_iter().map(Canonical::parse).collect())
}

/// Whether a parameter is none of those that operations share: one of the names that nearly all
/// requests consist of.
fn is_of_one_operation(name: &str) -> bool {
    matches!(
        name,
        "url"
            | "system"
            | "code"
            | "display"
            | "valueSet"
            | "filter"
            | "count"
            | "offset"
            | "property"
            | "codeA"
            | "codeB"
            | "target"
            | "targetsystem"
            | "source"
            | "coding"
            | "codeableConcept"
    )
}

impl Asked {
    /// Reads the shared parameters of a request.
    ///
    /// # Errors
    /// When one of them is malformed, or a resource sent along cannot be read.
    pub fn of(request: &Request<'_>) -> Result<Self, Failure> {
        let parameters = &request.parameters;
        let header = request.languages.preference();
        let messages = valuesets::issues::Language::of(&header);
        // Most requests say nothing of all this.
        if request.cache_id.is_none()
            && parameters.list.iter().all(|it| is_of_one_operation(&it.name))
        {
            let languages = header;
            return Ok(Self {
                sent: None,
                versions: VersionRules::default(),
                languages,
                messages,
                supplements: Vec::new(),
            });
        }
        let versions = VersionRules {
            default: canonicals(parameters, "system-version")?,
            check: canonicals(parameters, "check-system-version")?,
            force: canonicals(parameters, "force-system-version")?,
            default_value_set: canonicals(parameters, "default-valueset-version")?,
            preferred: Vec::new(),
        };
        let session = match (request.cache_id, parameters.string("cache-id")?) {
            (Some(id), _) => Some(SessionName::Given(id)),
            (None, Some(id)) => Some(SessionName::Own(id)),
            (None, None) => None,
        };
        let sent = match session {
            // A session also keeps the resource a request is about.
            Some(session) => request.app.sent.set(Some(session), request.sent_resources()?)?,
            None => {
                let sent = parameters.resources("tx-resource")?;
                request.app.sent.set(None, sent.map(|json| ("tx-resource", json)))?
            }
        };
        Ok(Self {
            sent,
            versions,
            languages: languages(request)?,
            messages,
            supplements: canonicals(parameters, "useSupplement")?,
        })
    }

    /// The resources sent along.
    #[must_use]
    pub fn sent(&self) -> Option<&Catalogue> {
        self.sent.as_ref().map(|sent| &sent.catalogue)
    }

    /// Words what there is to say in the language of the request.
    #[must_use]
    pub fn wording(&self) -> Wording {
        Wording::new(self.messages)
    }

    /// The languages wanted, best first.
    #[must_use]
    pub fn languages(&self) -> &LanguagePreference {
        &self.languages
    }

    /// The scope of `request`.
    #[must_use]
    pub fn scope<'a>(&'a self, request: &'a Request<'_>) -> Scope<'a> {
        Scope {
            library: &request.snapshot.catalogue,
            sent: self.sent(),
            versions: Cow::Borrowed(&self.versions),
            languages: Cow::Borrowed(&self.languages),
            messages: self.messages,
            supplements: Cow::Borrowed(&self.supplements),
        }
    }

    /// The value set that `subject` is, compiled; taken from the cache where it was compiled before.
    /// What a client wrote and is compiled quickly is kept from the second time on.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn compiled(
        &self,
        request: &Request<'_>,
        subject: &Subject,
    ) -> valuesets::Result<Arc<Compiled>> {
        match &subject.compiled {
            Some(compiled) => Ok(Arc::clone(compiled)),
            None => self.compile(request, subject, &self.scope(request), subject.key.clone()),
        }
    }

    /// The same with a version to prefer for a code system where nothing else decides.
    ///
    /// # Errors
    /// As [`Self::compiled`].
    pub fn compiled_for(
        &self,
        request: &Request<'_>,
        subject: &Subject,
        preferred: &Canonical,
    ) -> valuesets::Result<Arc<Compiled>> {
        let mut scope = self.scope(request);
        scope.versions.to_mut().preferred.push(preferred.clone());
        let key = SetKey {
            text: format!("for {preferred} {}", subject.key.text),
            is_clients: subject.key.is_clients,
        };
        self.compile(request, subject, &scope, key)
    }

    fn compile(
        &self,
        request: &Request<'_>,
        subject: &Subject,
        scope: &Scope<'_>,
        key: SetKey,
    ) -> valuesets::Result<Arc<Compiled>> {
        let cache = self.cache(request);
        if let Some(known) = cache.get(key.text.as_str()) {
            return Ok(known.compiled);
        }
        if !is_soon_compiled(&subject.value_set) && request.is_in_hurry() {
            return Err(in_hurry());
        }
        let begun = Instant::now();
        let compiled = Arc::new(match subject.extent {
            Extent::Whole => plan::compile(&subject.value_set, scope)?,
            Extent::Known => plan::compile_known(&subject.value_set, scope)?,
        });
        let is_kept = !key.is_clients || begun.elapsed() > QUICKLY_MADE;
        if is_kept || request.app.sent.is_seen_again(hash_of(&key.text)) {
            let value_set = Arc::clone(&subject.value_set);
            cache.insert(key, KnownSet { value_set, compiled: Arc::clone(&compiled) });
        }
        Ok(compiled)
    }

    /// Where value sets are kept that mean what they do in this request.
    fn cache<'r>(&self, request: &'r Request<'_>) -> &'r KnownSets {
        match self.sent {
            None => &request.snapshot.compiled,
            Some(_) => request.app.sent.compiled(),
        }
    }

    /// What identifies a value set in [`Self::cache`].
    fn key(&self, request: &Request<'_>, extent: Extent, definition: Definition<'_>) -> SetKey {
        let extent = match extent {
            Extent::Whole => "whole ",
            Extent::Known => "known ",
        };
        let (origin, name, is_clients) = match definition {
            Definition::Canonical(name) => ("url ", name, name.contains("?fhir_vs")),
            Definition::Instance(name) => ("id ", name, false),
            Definition::Sent(name) => ("sent ", name, true),
        };
        let mut text = [extent, origin, name].concat();
        if !self.versions.is_empty() || !self.supplements.is_empty() {
            text = format!("{text}#{:?}{:?}", self.versions, self.supplements);
        }
        // What was sent is known by its content, what is loaded by the library's.
        if let Some(sent) = &self.sent {
            text = format!("{} {} {text}", sent.key, request.snapshot.hash);
        }
        SetKey { text, is_clients }
    }

    /// A value set with what identifies it, not compiled yet.
    pub(super) fn subject(
        &self,
        request: &Request<'_>,
        extent: Extent,
        value_set: Arc<ValueSet>,
        definition: Definition<'_>,
    ) -> Subject {
        let key = self.key(request, extent, definition);
        Subject { value_set, extent, key, compiled: None }
    }

    /// The value set a request is about: by instance, by the parameter `valueSet`, or by `url` with
    /// `valueSetVersion`.
    ///
    /// # Errors
    /// When none or an unknown one is named, or the one sent cannot be read.
    pub fn value_set(
        &self,
        request: &Request<'_>,
        id: Option<&str>,
        extent: Extent,
    ) -> Result<Subject, Failure> {
        const NAMES: ValueSetParameters = ValueSetParameters {
            resource: "valueSet",
            url: "url",
            versions: ["valueSetVersion", "version"],
        };
        match id {
            Some(id) => {
                let value_set = instance_value_set(request, id)?;
                Ok(self.subject(request, extent, value_set, Definition::Instance(id)))
            }
            // Beside a system the version is that of the code system.
            None if request.parameters.string("system")?.is_some() => {
                let versions = ["valueSetVersion", "valueSetVersion"];
                self.named(request, &ValueSetParameters { versions, ..NAMES }, extent)
            }
            None => self.named(request, &NAMES, extent),
        }
    }

    /// The value set that parameters of these names give.
    ///
    /// # Errors
    /// When none or an unknown one is named, or the one sent cannot be read.
    pub fn named(
        &self,
        request: &Request<'_>,
        names: &ValueSetParameters,
        extent: Extent,
    ) -> Result<Subject, Failure> {
        let parameters = &request.parameters;
        if let Some(resource) = parameters.resource(names.resource)? {
            let (value_set, hash) = request.app.sent.value_set(names.resource, resource)?;
            return Ok(self.subject(request, extent, value_set, Definition::Sent(&hash)));
        }
        let url = parameters.string(names.url)?.ok_or_else(|| {
            let what = format!(
                "the canonical of a value set, or the parameter '{}' with one",
                names.resource
            );
            WireError::missing(names.url, what)
        })?;
        let mut version = None;
        for name in names.versions.iter().rev() {
            version = parameters.string(name)?.or(version);
        }
        let canonical = || Canonical {
            version: version.map(str::to_owned).or_else(|| Canonical::parse(url).version),
            ..Canonical::parse(url)
        };
        let name = match version {
            None => Cow::Borrowed(url),
            Some(_) => Cow::Owned(canonical().to_string()),
        };
        Ok(self.of_canonical(request, extent, &name, canonical)?)
    }

    /// The value set that `canonical` means, which is written `name`.
    ///
    /// # Errors
    /// When it is unknown.
    pub(super) fn of_canonical(
        &self,
        request: &Request<'_>,
        extent: Extent,
        name: &str,
        canonical: impl FnOnce() -> Canonical,
    ) -> valuesets::Result<Subject> {
        let key = self.key(request, extent, Definition::Canonical(name));
        if let Some(KnownSet { value_set, compiled }) = self.cache(request).get(key.text.as_str()) {
            return Ok(Subject { value_set, extent, key, compiled: Some(compiled) });
        }
        let value_set = self.scope(request).value_set(&canonical())?;
        Ok(Subject { value_set, extent, key, compiled: None })
    }
}

/// How much of a value set is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: a code system that is not there is an error ([`plan::compile`]).
    Whole,
    /// As far as code systems are there ([`plan::compile_known`]): for verdicts.
    Known,
}

/// Where the definition of a value set is from, and what identifies it there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Definition<'a> {
    /// What this canonical means.
    Canonical(&'a str),
    /// The instance with this id.
    Instance(&'a str),
    /// Sent along, with this hash.
    Sent(&'a str),
}

/// A value set that a request is about.
#[derive(Debug)]
pub struct Subject {
    /// Its definition.
    pub value_set: Arc<ValueSet>,
    extent: Extent,
    key: SetKey,
    /// There where it was compiled before.
    compiled: Option<Arc<Compiled>>,
}

/// Names of the parameters that give a value set.
#[derive(Debug, Clone, Copy)]
pub struct ValueSetParameters {
    /// The resource itself.
    pub resource: &'static str,
    /// Its canonical.
    pub url: &'static str,
    /// Its version, the name that counts more first.
    pub versions: [&'static str; 2],
}

/// Up to how many bytes a value set is read in less time than handing over takes.
const SOON_READ: usize = 16 << 10;
/// Up to how many codes a listed value set is compiled in little more than that.
const SOON_COMPILED: usize = 200;

/// Whether compiling a value set takes no longer than a few look-ups: it lists few codes, or selects
/// whole code systems.
fn is_soon_compiled(value_set: &ValueSet) -> bool {
    let Some(compose) = &value_set.compose else { return value_set.expansion.is_none() };
    let includes = || compose.include.iter().chain(&compose.exclude);
    let listed: usize = includes().map(|include| include.concepts.len()).sum();
    listed <= SOON_COMPILED
        && includes().all(|include| include.filters.is_empty() && include.value_sets.is_empty())
}

fn hash_of(key: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}

/// What stands for an answer that takes too long for the thread; the request is answered on another
/// one then.
fn in_hurry() -> valuesets::Error {
    valuesets::Error::NotSupported { what: "compiling a value set on this thread".to_owned() }
}

/// The value set that is the instance `id`.
fn instance_value_set(request: &Request<'_>, id: &str) -> Result<Arc<ValueSet>, Failure> {
    let entry =
        request.snapshot.resources.by_id(ResourceType::ValueSet, id).ok_or_else(|| {
            Failure::not_found(format!("there is no ValueSet with the id '{id}'"))
        })?;
    if let Content::Json(json) = &entry.content
        && json.len() > SOON_READ
        && request.is_in_hurry()
    {
        return Err(in_hurry().into());
    }
    let canonical = Canonical::new(entry.url.as_str(), Some(&entry.version));
    match &entry.content {
        Content::Json(json) => {
            let read = valuesets::fhir::value_set::from_slice(json);
            Ok(Arc::new(read.map_err(|error| bad_resource("id", &error))?))
        }
        _ => Ok(Scope::new(&request.snapshot.catalogue).value_set(&canonical)?),
    }
}
