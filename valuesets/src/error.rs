//! Why a question about a set of concepts could not be asked.
//!
//! An unknown code or a wrong display is an answer, not an error: see [`crate::validate`].

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a question could not be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The codes of a code system cannot be listed.
    #[error(
        "The code system '{url}' cannot be expanded because its codes cannot be iterated or enumerated in any meaningful sense"
    )]
    NotEnumerable {
        /// Canonical of the code system.
        url: String,
    },
    /// No version of the code system is loaded.
    #[error("A definition for CodeSystem '{url}' could not be found")]
    UnknownSystem {
        /// Canonical asked for.
        url: String,
    },
    /// The code system is loaded, the version is not.
    #[error(
        "A definition for CodeSystem '{url}' version '{version}' could not be found. Valid versions: {}",
        join_or(known)
    )]
    UnknownVersion {
        /// Canonical asked for.
        url: String,
        /// Version asked for.
        version: String,
        /// Versions there are.
        known: Vec<String>,
    },
    /// The value set is not there.
    #[error("A definition for the value Set '{url}' could not be found")]
    UnknownValueSet {
        /// Canonical asked for, with version if one was.
        url: String,
    },
    /// A value set that is imported is not there in the version that the request gives it.
    #[error("Unable to find included value set '{url}' version '{version}'")]
    UnknownImportVersion {
        /// Canonical imported.
        url: String,
        /// Version the request gives it.
        version: String,
    },
    /// A supplement that must be used is not there.
    #[error("Required supplement not found: {url}")]
    MissingSupplement {
        /// Canonical of the supplement.
        url: String,
    },
    /// A filter has no value.
    #[error("The system {system} filter with property = {property}, op = {op} has no value")]
    FilterWithoutValue {
        /// Canonical of the code system.
        system: String,
        /// Property asked for.
        property: String,
        /// Operator asked for.
        op: &'static str,
        /// Where the filter is in the value set.
        path: String,
    },
    /// The concept map is not there.
    #[error("A definition for the ConceptMap '{url}' could not be found")]
    UnknownConceptMap {
        /// Canonical asked for, with version if one was.
        url: String,
    },
    /// A value set imports itself.
    #[error(
        "Found a circularity pointing to {} processing ValueSet with pathway [{}]",
        path.first().map_or("", String::as_str),
        path.get(..path.len().saturating_sub(1)).unwrap_or_default().join(", ")
    )]
    CyclicValueSet {
        /// The canonicals on the way, the first repeated at the end.
        path: Vec<String>,
    },
    /// A filter names something the code system does not have.
    #[error("The code system '{system}' has no property or filter '{property}' for the operator '{op}'; it has: {}", known.join(", "))]
    UnknownFilter {
        /// Canonical of the code system.
        system: String,
        /// Property asked for.
        property: String,
        /// Operator asked for.
        op: &'static str,
        /// Properties there are.
        known: Vec<String>,
    },
    /// A filter's value cannot be used.
    #[error(
        "The filter '{property} {op} {value}' on the code system '{system}' is not valid: {problem}"
    )]
    FilterValue {
        /// Canonical of the code system.
        system: String,
        /// Property asked for.
        property: String,
        /// Operator asked for.
        op: &'static str,
        /// Value given.
        value: String,
        /// What is wrong with it, what was expected.
        problem: String,
    },
    /// An expression constraint of SNOMED CT cannot be read or evaluated.
    #[error("Invalid ECL expression: '{expression}': ({problem})")]
    Constraint {
        /// The expression.
        expression: String,
        /// What is wrong with it, with its place.
        problem: String,
    },
    /// The definition cannot be understood.
    #[error("{element}: {problem}")]
    Definition {
        /// Path of the element.
        element: String,
        /// What is wrong, what was expected.
        problem: String,
    },
    /// The answer would be too large.
    #[error("The value set '{url}' expansion has too many codes to produce (>{limit})")]
    TooCostly {
        /// Canonical of the value set.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// A version does not fit a rule of the request.
    #[error(
        "The version '{version}' is not allowed for system '{url}': required to be '{required}' by a version-check parameter"
    )]
    VersionNotAllowed {
        /// Canonical of the code system.
        url: String,
        /// Version that would be used.
        version: String,
        /// Version required.
        required: String,
    },
    /// Something asked for is not implemented.
    #[error("{what} is not supported")]
    NotSupported {
        /// What.
        what: String,
    },
    /// An index cannot be read.
    #[error("{0}")]
    Index(String),
}

impl Error {
    /// The text where a value set is expanded: what cannot be done for want of a code system is said.
    #[must_use]
    pub fn for_expansion(&self) -> String {
        const SO: &str = ", so the value set cannot be expanded";
        match self {
            Self::UnknownSystem { .. } => format!("{self}{SO}"),
            Self::UnknownVersion { url, version, known } => format!(
                "A definition for CodeSystem '{url}' version '{version}' could not be found{SO}. Valid versions: {}",
                join_or(known)
            ),
            Self::UnknownValueSet { url } => match url.split_once('|') {
                Some((url, version)) => {
                    format!("Unable to find included value set '{url}' version '{version}'")
                }
                None => format!("Unable to find included value set '{url}'"),
            },
            _ => self.to_string(),
        }
    }
}

/// `a`, `a or b`, `a, b and c`: as the terminology ecosystem lists versions.
pub(crate) fn join_or(known: &[String]) -> String {
    match known {
        [first @ .., last] if first.len() > 1 => format!("{} and {last}", first.join(", ")),
        _ => known.join(" or "),
    }
}

impl From<codesystems::Error> for Error {
    fn from(error: codesystems::Error) -> Self {
        Self::Index(error.to_string())
    }
}
