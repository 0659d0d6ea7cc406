//! What one request means by a canonical: versions, defaults, resources sent along, languages.
//!
//! Everything below an operation asks the scope and nothing else, so that one request gets one
//! consistent answer whatever is loaded or removed meanwhile.

use std::borrow::Cow;
use std::sync::Arc;

use codesystems::index::natural;
use codesystems::{Canonical, LanguagePreference};

use crate::catalogue::{Catalogue, CodeSystem, fits};
use crate::implicit;
use crate::issues::Language;
use crate::model::ValueSet;
use crate::search::SynonymSource;
use crate::{Error, Result};

/// Rules of a request for the versions of code systems.
///
/// Source: FHIR R5 `$expand` and `$validate-code`, parameters `system-version`,
/// `check-system-version`, `force-system-version`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VersionRules {
    /// Versions to use where none is given.
    pub default: Vec<Canonical>,
    /// Versions that must come out.
    pub check: Vec<Canonical>,
    /// Versions to use whatever is given.
    pub force: Vec<Canonical>,
    /// Versions of value sets to use where none is given.
    pub default_value_set: Vec<Canonical>,
    /// Versions to use where nothing else decides and they are there: those of the codes judged.
    pub preferred: Vec<Canonical>,
}

impl VersionRules {
    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.default.is_empty()
            && self.check.is_empty()
            && self.force.is_empty()
            && self.default_value_set.is_empty()
            && self.preferred.is_empty()
    }

    /// The rule that decides which version of the code system `url` is meant where `written` is, and
    /// the name of its parameter; `None` where what is written decides.
    #[must_use]
    pub fn decisive(&self, url: &str, written: Option<&str>) -> Option<(&'static str, &Canonical)> {
        let of = |rules: &'_ [Canonical]| rules.iter().position(|rule| rule.url == url);
        if let Some(rule) = of(&self.force).and_then(|at| self.force.get(at)) {
            return Some(("force-system-version", rule));
        }
        if written.is_some_and(|version| !version.is_empty()) {
            return None;
        }
        if let Some(rule) = of(&self.default).and_then(|at| self.default.get(at)) {
            return Some(("system-version", rule));
        }
        let rule = of(&self.check).and_then(|at| self.check.get(at))?;
        Some(("check-system-version", rule))
    }
}

fn rule<'a>(rules: &'a [Canonical], url: &str) -> Option<&'a str> {
    rules.iter().find(|rule| rule.url == url).and_then(|rule| rule.version.as_deref())
}

/// The scope of one request.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// What is loaded.
    pub library: &'a Catalogue,
    /// What was sent along; looked at first.
    pub sent: Option<&'a Catalogue>,
    /// Rules for versions.
    pub versions: Cow<'a, VersionRules>,
    /// Languages of displays.
    pub languages: Cow<'a, LanguagePreference>,
    /// Language of messages.
    pub messages: Language,
    /// Code system supplements that the request wants used.
    pub supplements: Cow<'a, [Canonical]>,
}

impl<'a> Scope<'a> {
    /// A scope over what is loaded, without rules.
    #[must_use]
    pub fn new(library: &'a Catalogue) -> Self {
        Self {
            library,
            sent: None,
            versions: Cow::default(),
            languages: Cow::default(),
            messages: Language::default(),
            supplements: Cow::default(),
        }
    }

    fn catalogues(&self) -> impl Iterator<Item = &'a Catalogue> + use<'a> {
        self.sent.into_iter().chain(std::iter::once(self.library))
    }

    /// The version that the rules of the request make of the one asked for: forced, asked for,
    /// default, or the one a check demands; `None` leaves the choice to the library.
    #[must_use]
    pub fn ruled_version<'v>(&'v self, url: &str, asked: Option<&'v str>) -> Option<&'v str> {
        rule(&self.versions.force, url)
            .or_else(|| asked.filter(|version| !version.is_empty()))
            .or_else(|| rule(&self.versions.default, url))
            .or_else(|| rule(&self.versions.check, url))
    }

    /// The code system that `url` and `version` mean in this request.
    ///
    /// # Errors
    /// [`Error::UnknownSystem`], [`Error::UnknownVersion`] with the versions there are,
    /// [`Error::VersionNotAllowed`].
    pub fn code_system(&self, url: &str, version: Option<&str>) -> Result<Arc<CodeSystem>> {
        let system = self.select(url, version)?;
        match self.violated_check(url, &system) {
            Some(required) => Err(Error::VersionNotAllowed {
                url: url.into(),
                version: system.version().into(),
                required: required.into(),
            }),
            None => Ok(system),
        }
    }

    /// The code system that `url` and `version` mean, whether or not a check allows it.
    ///
    /// # Errors
    /// [`Error::UnknownSystem`], [`Error::UnknownVersion`] with the versions there are.
    pub fn select(&self, url: &str, version: Option<&str>) -> Result<Arc<CodeSystem>> {
        let ruled = self.ruled_version(url, version);
        let preferred = rule(&self.versions.preferred, url).filter(|preferred| match ruled {
            Some(ruled) => fits(preferred, ruled),
            None => self.has_version(url, preferred),
        });
        self.find_code_system(url, preferred.or(ruled))
    }

    /// The version a check of the request demands, where `system` does not fit it.
    #[must_use]
    pub fn violated_check(&self, url: &str, system: &CodeSystem) -> Option<&str> {
        rule(&self.versions.check, url).filter(|required| !fits(system.version(), required))
    }

    /// Whether a version of the code system is there that `wanted` means.
    #[must_use]
    pub fn has_version(&self, url: &str, wanted: &str) -> bool {
        self.catalogues()
            .filter_map(|catalogue| catalogue.versions(url))
            .any(|versions| versions.find(wanted).is_some())
    }

    /// All versions of a code system that are there, the oldest first.
    #[must_use]
    pub fn known_versions(&self, url: &str) -> Vec<String> {
        let catalogues = self.catalogues().filter_map(|catalogue| catalogue.versions(url));
        let mut known: Vec<String> = catalogues
            .flat_map(|versions| versions.all().iter().map(|system| system.version().to_owned()))
            .filter(|version| !version.is_empty())
            .collect();
        known.sort_by(|a, b| natural(a, b));
        known.dedup();
        known
    }

    fn find_code_system(&self, url: &str, wanted: Option<&str>) -> Result<Arc<CodeSystem>> {
        let mut is_known = false;
        for versions in self.catalogues().filter_map(|catalogue| catalogue.versions(url)) {
            let found = match wanted {
                Some(wanted) => versions.find(wanted),
                None => versions.default_version(),
            };
            if let Some(system) = found {
                return Ok(Arc::clone(system));
            }
            is_known = true;
        }
        match wanted {
            Some(version) if is_known => {
                let known = self.known_versions(url);
                Err(Error::UnknownVersion { url: url.into(), version: version.into(), known })
            }
            _ => Err(Error::UnknownSystem { url: url.into() }),
        }
    }

    /// Whether any version of the code system is there.
    #[must_use]
    pub fn knows_system(&self, url: &str) -> bool {
        self.catalogues().any(|catalogue| catalogue.versions(url).is_some())
    }

    /// The value set that a canonical means: one sent along, one that is loaded, or one that a code
    /// system implies.
    ///
    /// # Errors
    /// [`Error::UnknownValueSet`]; errors of the code system an implicit value set is about.
    pub fn value_set(&self, canonical: &Canonical) -> Result<Arc<ValueSet>> {
        let wanted = canonical
            .version
            .as_deref()
            .or_else(|| rule(&self.versions.default_value_set, &canonical.url));
        for catalogue in self.catalogues() {
            let versions = catalogue.value_sets(&canonical.url);
            let found = match wanted {
                Some(wanted) => versions
                    .iter()
                    .find(|value_set| value_set.version == wanted)
                    .or_else(|| versions.iter().find(|value_set| fits(&value_set.version, wanted))),
                None => versions.first(),
            };
            if let Some(found) = found {
                return Ok(Arc::clone(found));
            }
        }
        let implied = implicit::value_set(canonical, self)?;
        implied.map(Arc::new).ok_or_else(|| Error::UnknownValueSet {
            url: Canonical::new(canonical.url.as_str(), wanted).to_string(),
        })
    }

    /// The supplement that a canonical means.
    ///
    /// # Errors
    /// [`Error::MissingSupplement`].
    pub fn supplement(&self, canonical: &Canonical) -> Result<Arc<CodeSystem>> {
        self.catalogues()
            .find_map(|catalogue| catalogue.supplement(canonical))
            .map(Arc::clone)
            .ok_or_else(|| Error::MissingSupplement { url: canonical.to_string() })
    }

    /// The supplements to `system` that the request wants used.
    ///
    /// # Errors
    /// [`Error::MissingSupplement`] for any that it wants and that is not there.
    pub fn supplements_to(&self, system: &CodeSystem) -> Result<Vec<Arc<CodeSystem>>> {
        let wanted = self.supplements.iter().map(|canonical| self.supplement(canonical));
        let mut found = wanted.collect::<Result<Vec<_>>>()?;
        found.retain(|supplement| supplement.is_supplement_to(system));
        Ok(found)
    }

    /// The code systems whose designations are search synonyms of `system`'s concepts.
    #[must_use]
    pub fn synonyms(&self, system: &CodeSystem) -> Arc<[Arc<SynonymSource>]> {
        let meta = system.edition().meta();
        self.catalogues()
            .flat_map(|catalogue| catalogue.synonyms(&meta.url, &meta.version))
            .cloned()
            .collect()
    }

    /// The code system all of whose codes are in the value set `url`.
    #[must_use]
    pub fn whole_system(&self, url: &str) -> Option<&'a str> {
        self.catalogues().find_map(|catalogue| catalogue.whole_system(url))
    }
}
