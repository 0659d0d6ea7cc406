//! Codes as people write them, turned into codes before they are judged.

use codesystems::normalize::{Change, Normalized, Refusal, normalize};

use super::Coding;
use super::judge::Judge;
use crate::plan::Compiled;
use crate::scope::Scope;

/// A code that was judged in another writing than it was given in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalization {
    /// As it was given.
    pub given: String,
    /// As the code system writes it.
    pub code: String,
    /// What differs.
    pub changes: Vec<Change>,
}

/// How a code was read.
pub(super) type Read = Result<Normalized, Refusal>;

/// Reads a code in the code system it is of.
pub(super) fn in_code_system(scope: &Scope<'_>, coding: Coding<'_>) -> Option<Read> {
    read(scope, coding.code, coding.system, Some(coding.version))
}

/// Reads a code in the versions of its code system that a value set names, the newest first; a code
/// without a system in all of the value set's.
pub(super) fn in_value_set(
    scope: &Scope<'_>,
    compiled: &Compiled,
    coding: Coding<'_>,
) -> Option<Read> {
    let is_meant = |url: &str| coding.system.is_empty() || coding.system == url;
    let mut versions: Vec<(&str, Option<&str>)> = Vec::new();
    for include in compiled.includes.iter().filter(|include| is_meant(&include.url)) {
        versions.push((&include.url, include.version.as_deref()));
    }
    versions.sort_by(|(_, a), (_, b)| {
        codesystems::index::natural(b.unwrap_or_default(), a.unwrap_or_default())
    });
    versions.dedup();
    if !coding.system.is_empty() {
        versions.insert(0, (coding.system, Some(coding.version)));
        versions.push((coding.system, None));
    }
    let mut refused = None;
    for (url, version) in versions {
        match read(scope, coding.code, url, version) {
            Some(Ok(found)) => return Some(Ok(found)),
            Some(Err(refusal)) => refused = refused.or(Some(Err(refusal))),
            None => {}
        }
    }
    refused
}

fn read(scope: &Scope<'_>, code: &str, url: &str, version: Option<&str>) -> Option<Read> {
    let version = version.filter(|version| !version.is_empty());
    normalize(scope.select(url, version).ok()?.edition(), code).transpose()
}

/// The coding with its code as it was read.
pub(super) fn as_read<'c>(coding: Coding<'c>, read: Option<&'c Read>) -> Coding<'c> {
    match read {
        Some(Ok(found)) => Coding { code: &found.code, ..coding },
        _ => coding,
    }
}

impl Judge<'_, '_> {
    /// Says how a code was read.
    pub(super) fn note_reading(&mut self, coding: Coding<'_>, index: usize, read: Option<&Read>) {
        match read {
            Some(Ok(found)) if !found.changes.is_empty() => {
                let path = self.shape.path(index, "code");
                let issue = self.wording.not_in_normal_form(
                    coding.code,
                    &found.code,
                    coding.system,
                    &found.changes,
                    path,
                );
                self.say(issue);
                self.normalizations.push(Normalization {
                    given: coding.code.to_owned(),
                    code: found.code.clone(),
                    changes: found.changes.clone(),
                });
            }
            Some(Err(refusal)) => self.refusals.push((index, refusal.clone())),
            _ => {}
        }
    }

    /// Why the code was not read as another, empty where nothing speaks against it.
    pub(super) fn refusal(&self, index: usize) -> String {
        let refusal = self.refusals.iter().find(|(refused, _)| *refused == index);
        refusal.map_or_else(String::new, |(_, refusal)| self.wording.refusal(refusal))
    }
}
