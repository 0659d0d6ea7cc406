//! Codes that are made by combining concepts: which of them a value set has.
//!
//! They cannot be listed, so a value set keeps what decides about them. UCUM is decided by its
//! grammar alone ([`codesystems::grammar`]), SNOMED CT by subsumption.

use std::sync::Arc;

use codesystems::systems::snomed::{self, expression, expression::Expression};
use codesystems::{Edition, LanguagePreference};

use crate::catalogue::CodeSystem;
use crate::filters;
use crate::model::{Filter, Include};

/// Which post-coordinated expressions of SNOMED CT a value set has.
#[derive(Debug, Clone, Default)]
pub enum Expressions {
    /// None.
    #[default]
    Nothing,
    /// All that are valid.
    Whole,
    /// Those that all of these filters select.
    Filtered(Arc<[Filter]>),
    /// Those listed.
    Listed(Arc<[Expression]>),
    /// Those of either.
    Either(Box<Self>, Box<Self>),
    /// Those of both.
    Both(Box<Self>, Box<Self>),
    /// Those of the first that are not of the second.
    Without(Box<Self>, Box<Self>),
}

impl Expressions {
    /// What an include selects.
    #[must_use]
    pub fn of(edition: &Edition, include: &Include) -> Self {
        if edition.meta().url != snomed::URL {
            return Self::Nothing;
        }
        let forbids = |filter: &Filter| filter.property == "expressions" && filter.value == "false";
        if include.filters.iter().any(forbids) {
            return Self::Nothing;
        }
        if !include.concepts.is_empty() {
            let unknown =
                include.concepts.iter().filter(|concept| edition.find(&concept.code).is_none());
            let listed: Vec<Expression> =
                unknown.filter_map(|concept| expression::parse(&concept.code).ok()).collect();
            return if listed.is_empty() { Self::Nothing } else { Self::Listed(listed.into()) };
        }
        match include.filters.as_slice() {
            [] => Self::Whole,
            filters => Self::Filtered(filters.into()),
        }
    }

    /// Whether there are more than can be listed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Nothing | Self::Listed(_) => false,
            Self::Whole | Self::Filtered(_) => true,
            Self::Either(one, two) => one.is_open() || two.is_open(),
            Self::Both(one, two) => one.is_open() && two.is_open(),
            Self::Without(one, _) => one.is_open(),
        }
    }

    /// Whether all that are valid are in.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }

    /// Whether there is none for certain.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    fn has(&self, edition: &Edition, expression: &Expression) -> bool {
        match self {
            Self::Nothing => false,
            Self::Whole => true,
            Self::Filtered(filters) => filters
                .iter()
                .all(|filter| filters::selects_expression(edition, filter, expression)),
            Self::Listed(listed) => listed.contains(expression),
            Self::Either(one, two) => one.has(edition, expression) || two.has(edition, expression),
            Self::Both(one, two) => one.has(edition, expression) && two.has(edition, expression),
            Self::Without(one, two) => {
                one.has(edition, expression) && !two.has(edition, expression)
            }
        }
    }

    /// Whether `code` is one of them.
    #[must_use]
    pub fn has_code(&self, edition: &Edition, code: &str) -> bool {
        !self.is_nothing()
            && valid(edition, code).is_some_and(|expression| self.has(edition, &expression))
    }

    /// Those of this and another.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, one) | (one, Self::Nothing) => one,
            (one, two) => Self::Either(Box::new(one), Box::new(two)),
        }
    }

    /// Those that another has too.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::Whole, one) | (one, Self::Whole) => one,
            (one, two) => Self::Both(Box::new(one), Box::new(two)),
        }
    }

    /// Those that another does not have.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        match (self, other) {
            (one, Self::Nothing) => one,
            (Self::Nothing, _) | (_, Self::Whole) => Self::Nothing,
            (one, two) => Self::Without(Box::new(one), Box::new(two)),
        }
    }
}

fn valid(edition: &Edition, code: &str) -> Option<Expression> {
    let expression = expression::parse(code).ok()?;
    expression::check(&expression, edition).is_ok().then_some(expression)
}

/// What there is to say of a code that is no listed concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A valid code, with its display.
    Valid {
        /// What to show for it.
        display: String,
        /// Whether a concept model would have more to check.
        is_unchecked: bool,
    },
    /// No code, for a reason that names the grammar's objection.
    Invalid(String),
    /// An expression that does not hold.
    BadExpression(String),
    /// The system has no other codes than its concepts.
    Unknown,
}

impl CodeSystem {
    /// What `code`, which is no concept of the system, is.
    #[must_use]
    pub fn made(&self, code: &str, languages: &LanguagePreference) -> Made {
        if let Some(grammar) = self.grammar() {
            return match grammar.check(code) {
                Ok(made) => {
                    Made::Valid { display: made.display(languages).into(), is_unchecked: false }
                }
                Err(problem) => Made::Invalid(problem),
            };
        }
        let edition = self.edition();
        if edition.meta().url != snomed::URL || !expression::is_meant(code) {
            return Made::Unknown;
        }
        let checked = expression::parse(code)
            .and_then(|parsed| expression::check(&parsed, edition).map(|()| parsed));
        match checked {
            Ok(parsed) => Made::Valid {
                display: expression::display(&parsed, edition, &edition.language_scores(languages)),
                is_unchecked: true,
            },
            Err(problem) => Made::BadExpression(problem.to_string()),
        }
    }

    /// The edition of SNOMED CT for people; empty for other systems.
    #[must_use]
    pub fn edition_name(&self) -> &'static str {
        let is_snomed = self.edition().meta().url == snomed::URL;
        if is_snomed { snomed::edition_of_version(self.version()) } else { "" }
    }
}
