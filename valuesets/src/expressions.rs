//! Codes that are made by combining concepts: which of them a value set has.
//!
//! They cannot be listed, so a value set keeps what decides about them. UCUM is decided by its
//! grammar alone ([`codesystems::grammar`]), SNOMED CT by subsumption.

use std::sync::Arc;

use codesystems::systems::snomed;
use codesystems::systems::snomed::expression::{self, ConceptModel, Expression, Extent};
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
            && valid(edition, code).is_ok_and(|(expression, _)| self.has(edition, &expression))
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

/// An expression that keeps to the grammar, the concepts and the mandatory rules of the concept
/// model.
///
/// # Errors
/// What is wrong with it.
pub fn valid(edition: &Edition, code: &str) -> Result<(Expression, Modelled), String> {
    let expression = expression::parse(code)
        .and_then(|parsed| expression::check(&parsed, edition).map(|()| parsed))
        .map_err(|problem| problem.to_string())?;
    let model = ConceptModel::new(edition);
    let (broken, advice): (Vec<_>, Vec<_>) =
        model.violations(&expression).into_iter().partition(|rule| rule.is_mandatory);
    if !broken.is_empty() {
        let broken: Vec<String> = broken.iter().map(ToString::to_string).collect();
        return Err(broken.join("; "));
    }
    let advice = advice.iter().map(ToString::to_string).collect();
    let is_inactive =
        |id: &&str| edition.find_exact(id).is_some_and(|one| edition.is_inactive(one));
    let inactive = expression.concepts().into_iter().filter(is_inactive).map(str::to_owned);
    let mut modelled = Modelled { extent: model.extent(), advice, inactive: inactive.collect() };
    modelled.inactive.dedup();
    Ok((expression, modelled))
}

/// How an expression stands to the concept model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modelled {
    /// How much of the concept model the edition has.
    pub extent: Extent,
    /// The optional rules that are not kept.
    pub advice: Vec<String>,
    /// The concepts in it that are inactive.
    pub inactive: Vec<String>,
}

/// What there is to say of a code that is no listed concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A valid code, with its display.
    Valid {
        /// What to show for it.
        display: String,
        /// Of an expression, how it stands to the concept model.
        modelled: Option<Modelled>,
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
                Ok(made) => Made::Valid { display: made.display(languages).into(), modelled: None },
                Err(problem) => Made::Invalid(problem),
            };
        }
        let edition = self.edition();
        if edition.meta().url != snomed::URL || !expression::is_meant(code) {
            return Made::Unknown;
        }
        match valid(edition, code) {
            Ok((parsed, modelled)) => Made::Valid {
                display: expression::display(&parsed, edition, &edition.language_scores(languages)),
                modelled: Some(modelled),
            },
            Err(problem) => Made::BadExpression(problem),
        }
    }

    /// The edition of SNOMED CT for people; empty for other systems.
    #[must_use]
    pub fn edition_name(&self) -> &'static str {
        let is_snomed = self.edition().meta().url == snomed::URL;
        if is_snomed { snomed::edition_of_version(self.version()) } else { "" }
    }
}
