//! What a request means by its canonicals: parameters that all operations share.

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
use crate::library::{Content, ResourceType};
use crate::seen::QUICKLY_MADE;
use crate::sent::{INLINE, SentSet, SessionName};
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

impl Asked {
    /// Reads the shared parameters of a request.
    ///
    /// # Errors
    /// When one of them is malformed, or a resource sent along cannot be read.
    pub fn of(request: &Request<'_>) -> Result<Self, Failure> {
        let parameters = &request.parameters;
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
        let header = request.languages.preference();
        Ok(Self {
            sent,
            versions,
            languages: languages(request)?,
            messages: valuesets::issues::Language::of(&header),
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
            versions: self.versions.clone(),
            languages: self.languages.clone(),
            messages: self.messages,
            supplements: self.supplements.clone(),
        }
    }

    /// A value set compiled; taken from the cache where it was compiled before. `key` identifies
    /// the definition. What a client wrote and is compiled quickly is kept from the second time on.
    ///
    /// # Errors
    /// Those of compiling.
    pub fn compile(
        &self,
        request: &Request<'_>,
        value_set: &ValueSet,
        key: &str,
    ) -> Result<Arc<Compiled>, Failure> {
        let compiled =
            self.compile_by(request, &self.scope(request), value_set, key, plan::compile);
        compiled.map_err(Failure::of_expansion)
    }

    /// As [`Self::compile`], as far as code systems are there: for verdicts.
    ///
    /// With a version to prefer for a code system where nothing else decides.
    ///
    /// # Errors
    /// Those of compiling but for unknown code systems.
    pub fn compile_known(
        &self,
        request: &Request<'_>,
        value_set: &ValueSet,
        key: &str,
        preferred: Option<&Canonical>,
    ) -> valuesets::Result<Arc<Compiled>> {
        let key = match preferred {
            Some(preferred) => format!("known for {preferred} {key}"),
            None => format!("known {key}"),
        };
        let mut scope = self.scope(request);
        scope.versions.preferred.extend(preferred.cloned());
        self.compile_by(request, &scope, value_set, &key, plan::compile_known)
    }

    fn compile_by(
        &self,
        request: &Request<'_>,
        scope: &Scope<'_>,
        value_set: &ValueSet,
        key: &str,
        compile: fn(&ValueSet, &Scope<'_>) -> valuesets::Result<Compiled>,
    ) -> valuesets::Result<Arc<Compiled>> {
        let key = if self.versions.is_empty() && self.supplements.is_empty() {
            key.to_owned()
        } else {
            format!("{key}#{:?}{:?}", self.versions, self.supplements)
        };
        let (cache, key) = match &self.sent {
            None => (&request.snapshot.compiled, key),
            // What was sent is known by its content, what is loaded by the library's.
            Some(sent) => {
                let key = format!("{} {} {key}", sent.key, request.snapshot.hash);
                (request.app.sent.compiled(), key)
            }
        };
        if let Some(known) = cache.get(&key) {
            return Ok(known);
        }
        if !is_soon_compiled(value_set) && request.is_in_hurry() {
            return Err(in_hurry());
        }
        let begun = Instant::now();
        let compiled = Arc::new(compile(value_set, scope)?);
        let is_kept = !is_written_by_client(&key) || begun.elapsed() > QUICKLY_MADE;
        if is_kept || request.app.sent.is_seen_again(hash_of(&key)) {
            cache.insert(key, Arc::clone(&compiled));
        }
        Ok(compiled)
    }

    /// The value set a request is about and the key of its definition: by instance, by the
    /// parameter `valueSet`, or by `url` with `valueSetVersion`.
    ///
    /// # Errors
    /// When none or an unknown one is named, or the one sent cannot be read.
    pub fn value_set(
        &self,
        request: &Request<'_>,
        id: Option<&str>,
    ) -> Result<(Arc<ValueSet>, String), Failure> {
        // Generators of portals turn `url|version` into `url` and `version`.
        const NAMES: ValueSetParameters = ValueSetParameters {
            resource: "valueSet",
            url: "url",
            versions: ["valueSetVersion", "version"],
        };
        match id {
            Some(id) => instance_value_set(request, id),
            // Beside a system the version is that of the code system.
            None if request.parameters.string("system")?.is_some() => {
                let versions = ["valueSetVersion", "valueSetVersion"];
                self.named_value_set(request, &ValueSetParameters { versions, ..NAMES })
            }
            None => self.named_value_set(request, &NAMES),
        }
    }

    /// The value set that parameters of these names give.
    ///
    /// # Errors
    /// When none or an unknown one is named, or the one sent cannot be read.
    pub fn named_value_set(
        &self,
        request: &Request<'_>,
        names: &ValueSetParameters,
    ) -> Result<(Arc<ValueSet>, String), Failure> {
        let parameters = &request.parameters;
        if let Some(resource) = parameters.resource(names.resource)? {
            return request.app.sent.value_set(names.resource, resource);
        }
        let url = parameters.string(names.url)?.ok_or_else(|| {
            let what = format!(
                "the canonical of a value set, or the parameter '{}' with one",
                names.resource
            );
            WireError::missing(names.url, what)
        })?;
        let mut canonical = Canonical::parse(url);
        for name in names.versions.iter().rev() {
            if let Some(version) = parameters.string(name)? {
                canonical.version = Some(version.to_owned());
            }
        }
        let value_set = self.scope(request).value_set(&canonical)?;
        Ok((value_set, canonical.to_string()))
    }
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

/// Whether the definition with this key is a client's, of which there is no end: sent along, or in a URL.
fn is_written_by_client(key: &str) -> bool {
    key.contains(INLINE) || key.contains("?fhir_vs")
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

pub(super) fn instance_value_set(
    request: &Request<'_>,
    id: &str,
) -> Result<(Arc<ValueSet>, String), Failure> {
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
    let value_set = match &entry.content {
        Content::Json(json) => Arc::new(
            valuesets::fhir::value_set::from_slice(json)
                .map_err(|error| bad_resource("id", &error))?,
        ),
        _ => Scope::new(&request.snapshot.catalogue).value_set(&canonical)?,
    };
    Ok((value_set, format!("id:{id}")))
}
