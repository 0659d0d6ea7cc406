//! Value sets that bound a translation, and versions that bound a group.

use std::fmt;

use codesystems::Canonical;

use super::Coding;

/// A value set that the codes of one side are from.
///
/// A map that declares this very value set as its scope fits. Otherwise it is asked whether each
/// code is a member, if the caller can tell; if not, a map fits that is named by the request, and
/// one whose systems the value set holds as a whole.
#[derive(Clone)]
pub struct Scope<'a> {
    /// The value set.
    pub value_set: Canonical,
    /// Whether a code is in it; `None` when its content is not known.
    pub contains: Option<&'a dyn Fn(&Coding<'_>) -> bool>,
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Scope({}, known: {})", self.value_set, self.contains.is_some())
    }
}

impl Scope<'_> {
    /// Whether the scope a map declares is this one.
    fn is(&self, declared: &str) -> bool {
        let declared = Canonical::parse(declared);
        let version = |canonical: &Canonical| canonical.version.clone().unwrap_or_default();
        declared.url == self.value_set.url
            && versions_agree(&version(&declared), &version(&self.value_set))
    }

    /// Whether a map with the scope `declared` (empty for none) and groups of these systems can
    /// answer within this scope.
    pub(super) fn allows_map<'s>(
        &self,
        declared: &str,
        mut systems: impl Iterator<Item = &'s str>,
        is_map_named: bool,
    ) -> bool {
        is_map_named
            || self.contains.is_some()
            || self.is(declared)
            || systems.any(|system| is_whole(&self.value_set.url, system))
    }

    /// Whether a code of a map with the scope `declared` is within this scope, as far as is known.
    pub(super) fn has(&self, declared: &str, coding: &Coding<'_>) -> bool {
        self.is(declared) || self.contains.is_none_or(|contains| contains(coding))
    }
}

/// Whether a URL means all codes of a system: the system itself, or the implicit value set of all
/// of it (`…?fhir_vs` of SNOMED CT, `…/vs` of LOINC and UCUM).
fn is_whole(url: &str, system: &str) -> bool {
    !system.is_empty()
        && url.strip_prefix(system).is_some_and(|rest| matches!(rest, "" | "?fhir_vs" | "/vs"))
}

/// Whether two versions of a system can be the same one: equal, one of them not said, or one the
/// edition of SNOMED CT that the other is a version of.
#[must_use]
pub fn versions_agree(one: &str, other: &str) -> bool {
    let extends = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.starts_with("/version/"))
    };
    one.is_empty() || other.is_empty() || one == other || extends(one, other) || extends(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_agree_when_neither_contradicts_the_other() {
        let german = "http://snomed.info/sct/11000274103";
        let dated = "http://snomed.info/sct/11000274103/version/20260515";
        for (one, other, expected) in [
            ("2025", "2025", true),
            ("2025", "", true),
            ("", "", true),
            ("2025", "2026", false),
            ("2025", "20251", false),
            (german, dated, true),
            (dated, german, true),
            ("http://snomed.info/sct/1", dated, false),
        ] {
            assert_eq!(versions_agree(one, other), expected, "{one} and {other}");
        }
    }

    #[test]
    fn the_whole_of_a_system_has_several_names() {
        for (url, system, expected) in [
            ("http://snomed.info/sct?fhir_vs", "http://snomed.info/sct", true),
            ("http://snomed.info/sct", "http://snomed.info/sct", true),
            ("http://loinc.org/vs", "http://loinc.org", true),
            ("http://snomed.info/sct?fhir_vs=isa/1", "http://snomed.info/sct", false),
            ("http://loinc.org/vs/LL1", "http://loinc.org", false),
            ("?fhir_vs", "", false),
        ] {
            assert_eq!(is_whole(url, system), expected, "{url} of {system}");
        }
    }
}
