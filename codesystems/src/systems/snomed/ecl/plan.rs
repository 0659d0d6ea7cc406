//! How much a part of a constraint selects at most, before it is evaluated.
//!
//! Estimates only order the work; they are read from counts that the edition keeps and cost a few
//! array accesses each.

use super::ast::{Constraint, Focus, Operator, Refinement, SubConstraint};
use super::evaluator::Evaluator;

/// What an evaluation may cost, in units of roughly a nanosecond: beyond what questions need, below
/// what keeps a server from answering others.
const BUDGET: u64 = 20_000_000_000;
/// Cost of looking at the attributes or descriptions of a concept.
pub(super) const CONCEPT_COST: u64 = 500;
/// Cost of a part of a constraint whatever it selects.
pub(super) const PART_COST: u64 = 20_000;

/// Where one way of evaluation becomes cheaper than the other; the answer is the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Up to how many concepts are tested one by one instead of building the set to intersect with.
    pub(super) few: u64,
    /// Up to how many concepts of a focus are looked at, where that is cheaper than reading postings.
    pub(super) few_focus: u64,
    /// From how many sources on the concepts that name a subtree are kept for later questions.
    pub(super) keep: u64,
    /// What an evaluation may cost; an answer beyond is refused.
    pub(super) budget: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { few: 512, few_focus: 100_000, keep: 1_000, budget: BUDGET }
    }
}

/// What stands above a concept is small beside everything else.
const ABOVE: u64 = 512;

/// At most how many concepts `constraint` selects.
pub(super) fn constraint(constraint: &Constraint, evaluator: &Evaluator<'_>) -> u64 {
    let of = |operand: &SubConstraint| sub(operand, evaluator);
    match constraint {
        Constraint::Sub(only) | Constraint::Minus(only, _) => of(only),
        Constraint::And(operands) => operands.iter().map(of).min().unwrap_or(0),
        Constraint::Or(operands) => operands.iter().map(of).fold(0, u64::saturating_add),
        Constraint::Refined(focus, refinement) => of(focus).min(refined(refinement, evaluator)),
        Constraint::Dotted(..) => whole(evaluator),
    }
}

/// At most how many concepts `sub` selects.
pub(super) fn sub(sub: &SubConstraint, evaluator: &Evaluator<'_>) -> u64 {
    let whole = whole(evaluator);
    if sub.history.is_some() {
        return whole;
    }
    let edition = evaluator.edition();
    let concept = match &sub.focus {
        Focus::Concept(reference) => edition.find_exact(&reference.id),
        Focus::Nested(nested) if sub.operator.is_none() && sub.member_of.is_none() => {
            return constraint(nested, evaluator);
        }
        Focus::Identifier(_) => return if sub.operator.is_none() { 1 } else { whole },
        _ => None,
    };
    let Some(concept) = concept else { return whole };
    if sub.member_of.is_some() {
        let set = edition.membership_set(edition.code(concept));
        let rows = set.map_or(0, |(set, _)| edition.member_row_count(set) as u64);
        return if sub.operator.is_none() { rows } else { whole };
    }
    match sub.operator {
        None | Some(Operator::Top | Operator::Bottom) => 1,
        Some(Operator::DescendantOf | Operator::DescendantOrSelfOf) => {
            u64::from(edition.descendant_count(concept)) + 1
        }
        Some(Operator::ChildOf | Operator::ChildOrSelfOf) => {
            edition.children(concept).len() as u64 + 1
        }
        Some(Operator::ParentOf | Operator::ParentOrSelfOf) => {
            edition.parents(concept).len() as u64 + 1
        }
        Some(Operator::AncestorOf | Operator::AncestorOrSelfOf) => ABOVE,
    }
}

/// At most how many concepts satisfy `refinement`: known where a value is a single concept.
fn refined(refinement: &Refinement, evaluator: &Evaluator<'_>) -> u64 {
    match refinement {
        Refinement::And(all) => {
            let sizes = all.iter().map(|one| refined(one, evaluator));
            sizes.min().unwrap_or_else(|| whole(evaluator))
        }
        _ => whole(evaluator),
    }
}

fn whole(evaluator: &Evaluator<'_>) -> u64 {
    u64::from(evaluator.edition().concept_count())
}
