//! `$translate`: what the maps at hand say of a code, in both directions.
//!
//! Source: FHIR R4 and R5, operation `ConceptMap/$translate`. The choice of maps and the reading
//! of parameters happen before; here are rules only:
//!
//! - The answer is positive when at least one match has a target and a relationship other than
//!   `unmatched` and `not-related-to`.
//! - A mapping whose conditions (`dependsOn`) contradict what the request says of other elements
//!   is no match; one whose conditions the request does not speak of is, with its conditions.
//! - The default of a group (`unmapped`) holds for a code that the group does not know. The
//!   defaults of a map count only where no candidate has a mapping of its own for the code, unless
//!   the same map also has one in another group.

mod candidate;
mod scope;

use std::fmt;

use codesystems::{Canonical, PropertyValue};

pub use self::candidate::Candidate;
pub use self::scope::{Scope, versions_agree};
use super::implicit::rule;
use super::{MapGroup, Part, Relationship, Unmapped};

/// How many maps are followed from default to default (`unmapped.mode` = `other-map`).
const MAX_OTHER_MAPS: usize = 8;

/// Which way a map is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From source to target.
    Forward,
    /// From target to source.
    Reverse,
}

/// A code in its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Coding<'a> {
    /// Canonical URL of the system, empty when it is not known.
    pub system: &'a str,
    /// Version of the system, empty when it is not said.
    pub version: &'a str,
    /// The code.
    pub code: &'a str,
    /// Display, empty for none.
    pub display: &'a str,
}

/// What is to be translated, and into what.
#[derive(Debug, Clone)]
pub struct TranslateRequest<'a> {
    /// The codes to translate: one, or those of a CodeableConcept. An empty system fits any group.
    pub codings: &'a [Coding<'a>],
    /// Whether they are sources or targets.
    pub direction: Direction,
    /// System of the codes sought, empty for any.
    pub into_system: &'a str,
    /// Its version, empty for any.
    pub into_version: &'a str,
    /// Value set the source codes are from, whatever the direction.
    pub source_scope: Option<Scope<'a>>,
    /// Value set the target codes are to be from, whatever the direction.
    pub target_scope: Option<Scope<'a>>,
    /// What the request says of other elements: (name, value).
    pub dependencies: &'a [(&'a str, PropertyValue<'a>)],
    /// The candidates are named by the request, not chosen by their systems: a scope that a map
    /// does not declare is then no reason to refuse it.
    pub is_map_named: bool,
}

impl<'a> TranslateRequest<'a> {
    /// A request to translate `codings` from source to target, with nothing else said.
    #[must_use]
    pub fn new(codings: &'a [Coding<'a>]) -> Self {
        Self {
            codings,
            direction: Direction::Forward,
            into_system: "",
            into_version: "",
            source_scope: None,
            target_scope: None,
            dependencies: &[],
            is_map_named: false,
        }
    }
}

/// What the maps say.
#[derive(Debug, Clone, Default)]
pub struct Translation<'a> {
    /// Whether there is an acceptable match.
    pub result: bool,
    /// Why there is none.
    pub message: Option<TranslateMessage>,
    /// All matches, the unacceptable ones included, in the order of codings, candidates and rows.
    pub matches: Vec<Match<'a>>,
}

/// Why there is no acceptable match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranslateMessage {
    /// No map has a mapping.
    NotFound,
    /// Every mapping says that there is no target.
    NoTarget,
}

impl fmt::Display for TranslateMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotFound => "No translations found",
            Self::NoTarget => "The mappings found say that there is no corresponding concept",
        })
    }
}

/// One mapping that answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'a> {
    /// The source of the mapping, with the system of its group.
    pub source: Coding<'a>,
    /// Its target; `None` says that there is explicitly none.
    pub target: Option<Coding<'a>>,
    /// How source relates to target, whatever the direction of the request; see
    /// [`Relationship::reversed`].
    pub relationship: Relationship,
    /// Comment for people, empty for none.
    pub comment: &'a str,
    /// Properties of the mapping.
    pub properties: Vec<Part<'a>>,
    /// Conditions of the mapping.
    pub depends_on: Vec<Part<'a>>,
    /// Further elements the mapping yields.
    pub products: Vec<Part<'a>>,
    /// What made it match.
    pub origin: Origin,
}

impl Match<'_> {
    /// Whether it makes the answer positive.
    #[must_use]
    pub fn is_acceptable(&self) -> bool {
        self.target.is_some()
            && !matches!(self.relationship, Relationship::Unmatched | Relationship::NotRelatedTo)
    }
}

/// Which map, which group and which row of it made a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The map (`originMap`).
    pub map: Canonical,
    /// Number of the group, from 0.
    pub group: usize,
    /// What in the group.
    pub fired: Fired,
}

/// What in a group made a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fired {
    /// The mapping with this number in the map, from 0.
    Row(u32),
    /// The default of the group, with its mode.
    Unmapped(String),
}

/// Translates the codings of a request by all `candidates`; `other_map` finds the map a default
/// refers to.
#[must_use]
pub fn translate<'a, 'm: 'a>(
    request: &TranslateRequest<'a>,
    candidates: &[Candidate<'a>],
    other_map: &dyn Fn(&Canonical) -> Option<Candidate<'m>>,
) -> Translation<'a> {
    let mut matches = Vec::new();
    for &coding in request.codings {
        matches.extend(translate_one(request, coding, candidates, other_map, MAX_OTHER_MAPS));
    }
    let result = matches.iter().any(Match::is_acceptable);
    let message = match (result, matches.is_empty()) {
        (true, _) => None,
        (false, true) => Some(TranslateMessage::NotFound),
        (false, false) => Some(TranslateMessage::NoTarget),
    };
    Translation { result, message, matches }
}

fn translate_one<'a, 'm: 'a>(
    request: &TranslateRequest<'a>,
    coding: Coding<'a>,
    candidates: &[Candidate<'a>],
    other_map: &dyn Fn(&Canonical) -> Option<Candidate<'m>>,
    steps_left: usize,
) -> Vec<Match<'a>> {
    let mut answers: Vec<Answer<'a>> =
        candidates.iter().map(|&candidate| answer(request, coding, candidate)).collect();
    if answers.iter().any(|answer| !answer.mapped.is_empty()) {
        answers.retain(|answer| !answer.mapped.is_empty());
    }
    let mut matches = Vec::new();
    for Answer { candidate, mapped, defaults } in answers {
        matches.extend(mapped);
        for (number, group, unmapped) in defaults {
            if unmapped.mode != "other-map" {
                let found = default_of(coding, candidate, number, group, unmapped);
                matches.extend(found.filter(|one| in_target_scope(request, candidate, one)));
            } else if let Some(steps_left) = steps_left.checked_sub(1)
                && let Some(other) = other_map(&Canonical::parse(&unmapped.other_map))
            {
                matches.extend(translate_one(request, coding, &[other], other_map, steps_left));
            }
        }
    }
    matches
}

/// What one candidate says of one coding: its mappings, and the groups whose default holds.
struct Answer<'a> {
    candidate: Candidate<'a>,
    mapped: Vec<Match<'a>>,
    defaults: Vec<(usize, &'a MapGroup, &'a Unmapped)>,
}

fn answer<'a>(
    request: &TranslateRequest<'a>,
    coding: Coding<'a>,
    candidate: Candidate<'a>,
) -> Answer<'a> {
    let mut answer = Answer { candidate, mapped: Vec::new(), defaults: Vec::new() };
    let groups: Vec<(usize, &MapGroup)> = candidate
        .groups()
        .enumerate()
        .filter(|(_, group)| group_fits(request, &coding, group))
        .collect();
    if groups.is_empty() || !scopes_fit(request, &coding, candidate, &groups) {
        return answer;
    }
    let found = candidate.matches(request.direction, coding.code);
    let mut known: Vec<usize> = found.iter().map(|one| one.origin.group).collect();
    known.dedup();
    answer.mapped = found
        .into_iter()
        .filter(|one| groups.iter().any(|(number, _)| *number == one.origin.group))
        .filter(|one| !is_contradicted(request, one) && in_target_scope(request, candidate, one))
        .collect();
    if let (Candidate::Snomed(_), Direction::Forward, false) =
        (candidate, request.direction, request.dependencies.is_empty())
    {
        answer.mapped = rule::up_to_first(answer.mapped, |one| is_confirmed(request, one));
    }
    if request.direction == Direction::Forward {
        let unknown = groups.into_iter().filter(|(number, _)| !known.contains(number));
        answer.defaults = unknown
            .filter_map(|(number, group)| Some((number, group, group.unmapped.as_ref()?)))
            .collect();
    }
    answer
}

/// Whether a group is about the systems and versions of the request. What either side does not
/// say, fits.
fn group_fits(request: &TranslateRequest<'_>, coding: &Coding<'_>, group: &MapGroup) -> bool {
    let source = (group.source.as_str(), group.source_version.as_str());
    let target = (group.target.as_str(), group.target_version.as_str());
    let (from, into) = match request.direction {
        Direction::Forward => (source, target),
        Direction::Reverse => (target, source),
    };
    let same =
        |system: &str, wanted: &str| system.is_empty() || wanted.is_empty() || system == wanted;
    same(from.0, coding.system)
        && versions_agree(from.1, coding.version)
        && same(into.0, request.into_system)
        && versions_agree(into.1, request.into_version)
}

/// Whether the source scope, and the declared target scope, allow for this map.
fn scopes_fit(
    request: &TranslateRequest<'_>,
    coding: &Coding<'_>,
    candidate: Candidate<'_>,
    groups: &[(usize, &MapGroup)],
) -> bool {
    let declared = candidate.scopes();
    let systems = |side: fn(&MapGroup) -> &str| groups.iter().map(move |(_, group)| side(group));
    let source = request.source_scope.as_ref().is_none_or(|scope| {
        let code = (request.direction == Direction::Forward).then_some(*coding);
        scope.allows_map(declared.0, systems(|group| &group.source), request.is_map_named)
            && code.is_none_or(|code| scope.has(declared.0, &code))
    });
    let target = request.target_scope.as_ref().is_none_or(|scope| {
        scope.allows_map(declared.1, systems(|group| &group.target), request.is_map_named)
    });
    source && target
}

fn in_target_scope(
    request: &TranslateRequest<'_>,
    candidate: Candidate<'_>,
    found: &Match<'_>,
) -> bool {
    let declared = candidate.scopes();
    let within = |scope: &Option<Scope<'_>>, declared: &str, coding: Option<&Coding<'_>>| {
        scope.as_ref().zip(coding).is_none_or(|(scope, coding)| scope.has(declared, coding))
    };
    within(&request.target_scope, declared.1, found.target.as_ref())
        && (request.direction == Direction::Forward
            || within(&request.source_scope, declared.0, Some(&found.source)))
}

/// Whether the request says something of an element that a condition of the mapping excludes.
/// Several values for one element are alternatives.
fn is_contradicted(request: &TranslateRequest<'_>, found: &Match<'_>) -> bool {
    found.depends_on.iter().any(|condition| {
        let mut said =
            request.dependencies.iter().filter(|(name, _)| *name == condition.name).peekable();
        said.peek().is_some() && !said.any(|(_, value)| same_value(&condition.value, value))
    })
}

/// Whether the request says of every condition of the mapping that it holds.
fn is_confirmed(request: &TranslateRequest<'_>, found: &Match<'_>) -> bool {
    let is_read = !found.depends_on.is_empty() || rule::is_always(found);
    is_read
        && found.depends_on.iter().all(|condition| {
            let mut said = request.dependencies.iter().filter(|(name, _)| *name == condition.name);
            said.any(|(_, value)| same_value(&condition.value, value))
        })
}

/// A condition as `>= 28.0 days` holds for the values that satisfy it.
fn same_value(condition: &PropertyValue<'_>, said: &PropertyValue<'_>) -> bool {
    if let PropertyValue::String(condition) = condition
        && let Some(holds) = rule::satisfies(&said.text(), condition)
    {
        return holds;
    }
    match (condition, said) {
        (
            PropertyValue::Coding { system: one, code: a, .. },
            PropertyValue::Coding { system: other, code: b, .. },
        ) => a == b && (one == other || one.is_empty() || other.is_empty()),
        _ => condition.text() == said.text(),
    }
}

/// The match that the default of a group gives.
///
/// Source: R5 `ConceptMap.group.unmapped`; `provided` is the name R4 has for `use-source-code`.
/// A relationship that is not said is the vaguest one.
fn default_of<'a>(
    coding: Coding<'a>,
    candidate: Candidate<'a>,
    number: usize,
    group: &'a MapGroup,
    unmapped: &'a Unmapped,
) -> Option<Match<'a>> {
    let (code, display) = match unmapped.mode.as_str() {
        "use-source-code" | "provided" => (coding.code, coding.display),
        "fixed" => (unmapped.code.as_str(), unmapped.display.as_str()),
        _ => return None,
    };
    let (system, version) = (group.target.as_str(), group.target_version.as_str());
    let relationship = Relationship::from_code(&unmapped.relationship);
    Some(Match {
        source: Coding { system: &group.source, version: &group.source_version, ..coding },
        target: Some(Coding { system, version, code, display }),
        relationship: relationship.unwrap_or(Relationship::RelatedTo),
        comment: "",
        properties: Vec::new(),
        depends_on: Vec::new(),
        products: Vec::new(),
        origin: Origin {
            map: candidate.canonical(),
            group: number,
            fired: Fired::Unmapped(unmapped.mode.clone()),
        },
    })
}

#[cfg(test)]
mod tests;
