//! Which version of a code system a coding is judged in, and what there is to say about it.

use super::judge::Judge;
use super::{Coding, Result};
use crate::Error;
use crate::catalogue::fits;
use crate::issues::{MismatchReason, Severity, VersionMismatch};
use crate::plan::{Compiled, IncludeRef};

impl Judge<'_, '_> {
    /// The version in which the codes of an include are looked up for `coding`; `None` leaves the
    /// choice to the library. Says where the coding names another.
    ///
    /// The version is that of the rules of the request and the include; the version of the coding
    /// counts where neither says one and it is there, or where it fits their pattern.
    pub(super) fn version_for(
        &mut self,
        include: &IncludeRef,
        coding: Coding<'_>,
        index: usize,
    ) -> Option<String> {
        let url = coding.system;
        let ruled = self.scope.ruled_version(url, include.version.as_deref());
        let given = coding.version;
        if given.is_empty() {
            return ruled.map(str::to_owned);
        }
        let chosen = match ruled {
            Some(ruled) if ruled != given && fits(given, ruled) => Some(given),
            Some(ruled) => Some(ruled),
            None => Some(given).filter(|given| self.scope.has_version(url, given)),
        };
        let found = self.scope.select(url, chosen).ok();
        let included = include.version.as_deref().unwrap_or_default();
        let used = found.as_ref().map(|system| system.version());
        let is_other = match used {
            Some(used) => used != given && !fits(used, given),
            None => chosen != Some(given),
        };
        if !is_other {
            return chosen.map(str::to_owned);
        }
        let (reason, severity) = match (used, chosen) {
            (Some(_), None) => {
                let needed =
                    found.as_ref().and_then(|system| system.edition().meta().version_needed);
                let is_error = needed == Some(true);
                let severity = if is_error { Severity::Error } else { Severity::Warning };
                (MismatchReason::Default, severity)
            }
            (Some(_), Some(chosen)) if chosen != included => {
                (MismatchReason::Changed, Severity::Error)
            }
            _ => (MismatchReason::Included, Severity::Error),
        };
        let mismatch = VersionMismatch {
            system: url,
            used: chosen.or(used).unwrap_or_default(),
            included,
            given,
            reason,
            severity,
        };
        let path = self.shape.path(index, "version");
        self.say(self.wording.other_version(&mismatch, path));
        if used.is_some() && !self.scope.has_version(url, given) {
            self.unknown_system(url, given, index);
        }
        chosen.map(str::to_owned)
    }

    /// The includes that count for `coding`, newest version first: those of its code system; only
    /// those of its own version, where one names it; without a version, only those of the newest
    /// version that has the code with its display, where that makes a difference.
    pub(super) fn includes_for<'c>(
        &self,
        compiled: &'c Compiled,
        coding: Coding<'_>,
    ) -> Vec<&'c IncludeRef> {
        let mut includes: Vec<&IncludeRef> = Vec::new();
        for include in compiled.includes.iter().filter(|include| *include.url == *coding.system) {
            if !includes.contains(&include) {
                includes.push(include);
            }
        }
        let names =
            |include: &IncludeRef, version: &str| include.version.as_deref() == Some(version);
        if !coding.version.is_empty() {
            if includes.iter().any(|include| names(include, coding.version)) {
                includes.retain(|include| names(include, coding.version));
            }
        } else if let Some(version) = self.applicable_version(&includes, coding) {
            includes.retain(|include| names(include, &version));
        }
        includes.sort_by(|a, b| match (&a.version, &b.version) {
            (Some(a), Some(b)) => codesystems::index::natural(b, a),
            _ => std::cmp::Ordering::Equal,
        });
        includes
    }

    fn applicable_version(&self, includes: &[&IncludeRef], coding: Coding<'_>) -> Option<String> {
        let mut versions: Vec<&str> =
            includes.iter().filter_map(|include| include.version.as_deref()).collect();
        versions.sort_by(|a, b| codesystems::index::natural(b, a));
        versions.dedup();
        if versions.len() < 2 {
            return None;
        }
        let having: Vec<&str> = versions
            .iter()
            .copied()
            .filter(|version| self.is_known_with_display(coding, version))
            .collect();
        match having.first() {
            Some(_) if having.len() == versions.len() => None,
            Some(newest) => Some((*newest).to_owned()),
            None => versions.first().map(|newest| (*newest).to_owned()),
        }
    }

    fn is_known_with_display(&self, coding: Coding<'_>, version: &str) -> bool {
        let Ok(system) = self.scope.select(coding.system, Some(version)) else { return false };
        let edition = system.edition();
        edition.find(coding.code).is_some_and(|concept| {
            coding.display.is_empty()
                || edition.designations(concept).any(|name| name.value() == coding.display)
        })
    }

    /// Says that a code system, or a version of it, is not there; once for each.
    pub(super) fn unknown_system(&mut self, url: &str, version: &str, index: usize) {
        let known = self.scope.known_versions(url);
        let canonical = if version.is_empty() || (known.is_empty() && !self.scope.knows_system(url))
        {
            url.to_owned()
        } else {
            format!("{url}|{version}")
        };
        if self.unknown.contains(&canonical) {
            return;
        }
        self.unknown.push(canonical);
        let path = self.shape.path(index, "system");
        self.say(self.wording.unknown_system(url, version, &known, path));
    }

    /// Says where the version used is not the one a check demands.
    pub(super) fn check_version(&mut self, url: &str, system: &crate::CodeSystem, index: usize) {
        if let Some(required) = self.scope.violated_check(url, system) {
            let path = self.shape.path(index, "version");
            let issue = self.wording.version_not_allowed(url, system.version(), required, path);
            self.say(issue);
        }
    }

    /// The version that the value set names for a code system, the newest where it names several.
    pub(super) fn named_version(&self, url: &str) -> Option<String> {
        let compose = self.value_set?.compose.as_ref()?;
        let versions = compose
            .include
            .iter()
            .filter(|include| include.system.as_deref() == Some(url))
            .filter_map(|include| include.version.as_deref());
        versions.max_by(|a, b| codesystems::index::natural(a, b)).map(str::to_owned)
    }

    /// Whether a code system is there in the version asked for.
    pub(super) fn find_system(
        &self,
        url: &str,
        version: Option<&str>,
    ) -> Result<Option<std::sync::Arc<crate::CodeSystem>>> {
        match self.scope.select(url, version) {
            Ok(system) => Ok(Some(system)),
            Err(Error::UnknownSystem { .. } | Error::UnknownVersion { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
