//! What is wrong with an expression constraint, in words for people who write one.

/// Why an expression constraint cannot be read or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not follow the grammar.
    #[error("line {line}, column {column}: expected {expected}, found {found}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What can stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A rule beyond the grammar is broken.
    #[error("line {line}, column {column}: {rule}")]
    Rule {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// The rule.
        rule: &'static str,
    },
    /// Brackets are nested too deeply.
    #[error("brackets are nested deeper than {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Its evaluation would take too long.
    #[error("too costly: it looks at too many concepts too often; select fewer, or in fewer parts")]
    TooCostly,
    /// It is too long.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// There is no such concept in the edition.
    #[error("unknown SNOMED CT concept {id}")]
    UnknownConcept {
        /// Its identifier.
        id: String,
    },
    /// There is no concept with this alternate identifier.
    #[error("no concept has the alternate identifier {scheme}#{code}")]
    UnknownIdentifier {
        /// Alias of the scheme.
        scheme: String,
        /// The code in it.
        code: String,
    },
    /// There is no such dialect in the edition.
    #[error("unknown dialect '{alias}'; the edition has: {}", known.join(", "))]
    UnknownDialect {
        /// The alias.
        alias: String,
        /// Dialects there are.
        known: Vec<String>,
    },
    /// No reference set selected has such a field.
    #[error("no reference set selected has the field '{field}'; there are: {}", known.join(", "))]
    UnknownField {
        /// The field.
        field: String,
        /// Fields there are.
        known: Vec<String>,
    },
    /// The edition does not hold what a filter asks for.
    #[error("the loaded edition does not hold {what}")]
    NotHeld {
        /// What.
        what: &'static str,
    },
}

/// The result of everything that reads or evaluates expression constraints.
pub type Result<T, E = Error> = std::result::Result<T, E>;
