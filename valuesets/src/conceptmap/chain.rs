//! Transitions over several releases: yearly maps of one code system, one after the other.
//!
//! Publishers give the transition from one release to the next (BfArM: Überleitungstabellen of
//! ICD-10-GM and OPS). A question over years composes them. Of all ways that lead to a code the one
//! with the fewest steps a person must decide on is told; where a way forks, that is told too.

use std::collections::hash_map::Entry;

use codesystems::{Canonical, PropertyValue};
use rustc_hash::FxHashMap;

use super::translate::{Coding, Direction, versions_agree};
use super::{ConceptMap, GroupRef, MapGroup, Mapping, Relationship};

/// Property of a mapping: the step from source to target may be taken without looking at the case.
pub const AUTOMATIC: &str = "automatic";
/// Property of a mapping: the step from target to source may be taken without looking at the case,
/// for publishers that give one map for both directions.
pub const AUTOMATIC_BACKWARD: &str = "automatic-backward";

/// How many codes of one release are followed.
const MAX_CODES: usize = 1_000;

/// What becomes of a code over several releases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chain<'m> {
    /// The codes it leads to, in the order in which they are met.
    pub reached: Vec<Reached<'m>>,
    /// The codes at which a way ends before the last release.
    pub ended: Vec<Ended<'m>>,
    /// The codes at which a way forks.
    pub ambiguities: Vec<Ambiguity<'m>>,
    /// More than 1,000 codes in one release: the rest was not followed.
    pub is_truncated: bool,
}

/// A code of the last release, and the best way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached<'m> {
    /// System, empty when the map does not say it.
    pub system: &'m str,
    /// Version of the system, empty when the map does not say it.
    pub version: &'m str,
    /// The code.
    pub code: &'m str,
    /// Its display, empty for none.
    pub display: &'m str,
    /// How the first code relates to this one, along the way.
    pub relationship: Relationship,
    /// Whether every step may be taken automatically.
    pub is_automatic: bool,
    /// The steps, one a map.
    pub path: Vec<Step<'m>>,
}

/// One step: the transition from one release to the next, or back.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<'m> {
    /// The map that says it.
    pub map: Canonical,
    /// Number of the group in the map.
    pub group: usize,
    /// Number of the mapping; `None` for the default of the group, to keep the code.
    pub row: Option<u32>,
    /// Code before the step.
    pub from: &'m str,
    /// Code after it.
    pub to: &'m str,
    /// How the code before relates to the one after.
    pub relationship: Relationship,
    /// Whether it may be taken without looking at the case. Where the map does not say it: whether
    /// it is the only way on and the meanings are the same.
    pub is_automatic: bool,
}

/// A way that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended<'m> {
    /// Number of the step that cannot be taken, from 0, in the direction asked for.
    pub step: usize,
    /// The code it ends at.
    pub code: &'m str,
    /// Why.
    pub ending: Ending,
}

/// Why a way ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The map does not know the code.
    NotMapped,
    /// The map says that there is no corresponding code.
    NoTarget,
}

/// A code with more than one way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguity<'m> {
    /// Number of the step, from 0, in the direction asked for.
    pub step: usize,
    /// The code.
    pub code: &'m str,
    /// The codes it leads to.
    pub targets: Vec<&'m str>,
}

/// The fewest maps that lead, one after the other, from version `from` of a code system to version
/// `to`; `None` when there is no way. Publishers that give maps of both directions (as BfArM does)
/// have a way back, too.
///
/// Cost: grows with the groups of the maps.
#[must_use]
pub fn route<'m>(
    maps: &[&'m ConceptMap],
    system: &str,
    from: &str,
    to: &str,
) -> Option<Vec<&'m ConceptMap>> {
    let is_step = |group: &&MapGroup| group.source == system && group.target == system;
    let steps: Vec<(&'m MapGroup, &'m ConceptMap)> = maps
        .iter()
        .flat_map(|&map| map.definitions().iter().filter(is_step).map(move |group| (group, map)))
        .collect();
    let mut reached: Vec<(&str, Vec<&'m ConceptMap>)> = vec![(from, Vec::new())];
    let mut next = 0;
    while let Some((version, path)) = reached.get(next).cloned() {
        if version == to {
            return Some(path);
        }
        for &(group, map) in steps.iter().filter(|(group, _)| group.source_version == version) {
            let target = group.target_version.as_str();
            if reached.iter().all(|(known, _)| *known != target) {
                let longer = path.iter().copied().chain([map]).collect();
                reached.push((target, longer));
            }
        }
        next += 1;
    }
    None
}

/// Follows a code through `maps`: forward from source to target, from the first map to the last
/// (as [`route`] gives them); in reverse from target to source, from the last map to the first.
///
/// System and version of `start` leave out the groups of others, where they are not empty; so do
/// those of each group for the groups of the next map. Cost: at most 1,000 codes a release are
/// followed, each once.
#[must_use]
pub fn chain<'m>(maps: &[&'m ConceptMap], start: Coding<'m>, direction: Direction) -> Chain<'m> {
    let mut ordered: Vec<&'m ConceptMap> = maps.to_vec();
    if direction == Direction::Reverse {
        ordered.reverse();
    }
    let mut chain = Chain::default();
    let mut layers = vec![vec![Node::start(start)]];
    for (step, map) in ordered.iter().enumerate() {
        let before = layers.last().map(Vec::as_slice).unwrap_or_default();
        let next = chain.advance(step, map, before, direction);
        layers.push(next);
    }
    let last = layers.last().map(Vec::as_slice).unwrap_or_default();
    chain.reached = last.iter().map(|node| reached(&layers, node)).collect();
    chain
}

/// A code of one release on a way.
#[derive(Debug, Clone)]
struct Node<'m> {
    system: &'m str,
    version: &'m str,
    code: &'m str,
    display: &'m str,
    /// Steps so far that are not automatic.
    manual: usize,
    /// The node before in the layer before, and the step from there.
    via: Option<(usize, Edge<'m>)>,
}

impl<'m> Node<'m> {
    fn start(Coding { system, version, code, display }: Coding<'m>) -> Self {
        Self { system, version, code, display, manual: 0, via: None }
    }
}

/// A step that can be taken.
#[derive(Debug, Clone, Copy)]
struct Edge<'m> {
    map: &'m ConceptMap,
    group: GroupRef<'m>,
    row: Option<u32>,
    to: &'m str,
    display: &'m str,
    relationship: Relationship,
    /// `None` when the map does not say it.
    automatic: Option<bool>,
    direction: Direction,
}

impl<'m> Edge<'m> {
    fn mapping(map: &'m ConceptMap, mapping: Mapping<'m>, direction: Direction) -> Option<Self> {
        let (to, display, relationship, flag) = match direction {
            Direction::Forward => {
                (mapping.target()?, mapping.target_display(), mapping.relationship(), AUTOMATIC)
            }
            Direction::Reverse => (
                mapping.source(),
                mapping.source_display(),
                mapping.relationship().reversed(),
                AUTOMATIC_BACKWARD,
            ),
        };
        if matches!(relationship, Relationship::NotRelatedTo | Relationship::Unmatched) {
            return None;
        }
        let automatic = match mapping.property(flag) {
            Some(PropertyValue::Boolean(automatic)) => Some(automatic),
            _ => None,
        };
        let (group, row) = (mapping.group(), Some(mapping.row()));
        Some(Self { map, group, row, to, display, relationship, automatic, direction })
    }

    /// The step of a group whose default is to keep the code.
    fn kept(map: &'m ConceptMap, group: GroupRef<'m>, code: &'m str, direction: Direction) -> Self {
        let unmapped = group.definition().unmapped.as_ref();
        let said = unmapped.and_then(|one| Relationship::from_code(&one.relationship));
        Self {
            map,
            group,
            row: None,
            to: code,
            display: "",
            relationship: said.unwrap_or(Relationship::Equivalent),
            automatic: None,
            direction,
        }
    }

    fn is_automatic(&self, ways: usize) -> bool {
        let same = matches!(self.relationship, Relationship::Equivalent | Relationship::Equal);
        self.automatic.unwrap_or(same && ways == 1)
    }

    /// System and version after the step.
    fn into(&self) -> (&'m str, &'m str) {
        let group = self.group.definition();
        match self.direction {
            Direction::Forward => (&group.target, &group.target_version),
            Direction::Reverse => (&group.source, &group.source_version),
        }
    }
}

impl<'m> Chain<'m> {
    /// The codes of the next release that the codes of one lead to.
    fn advance(
        &mut self,
        step: usize,
        map: &'m ConceptMap,
        before: &[Node<'m>],
        direction: Direction,
    ) -> Vec<Node<'m>> {
        let mut next: Vec<Node<'m>> = Vec::new();
        let mut numbers: FxHashMap<(&str, &str), usize> = FxHashMap::default();
        for (number, node) in before.iter().enumerate() {
            let (edges, is_known) = edges(map, node, direction);
            self.note(step, node.code, &edges, is_known);
            for edge in &edges {
                let node = follow(node, number, edge, edges.len());
                match numbers.entry((node.system, node.code)) {
                    Entry::Occupied(known) => {
                        let known = next.get_mut(*known.get());
                        if let Some(known) = known.filter(|known| node.manual < known.manual) {
                            *known = node;
                        }
                    }
                    Entry::Vacant(_) if next.len() >= MAX_CODES => self.is_truncated = true,
                    Entry::Vacant(free) => {
                        free.insert(next.len());
                        next.push(node);
                    }
                }
            }
        }
        next
    }

    fn note(&mut self, step: usize, code: &'m str, edges: &[Edge<'m>], is_known: bool) {
        if edges.is_empty() {
            let ending = if is_known { Ending::NoTarget } else { Ending::NotMapped };
            self.ended.push(Ended { step, code, ending });
        } else if edges.len() > 1 {
            let targets = edges.iter().map(|edge| edge.to).collect();
            self.ambiguities.push(Ambiguity { step, code, targets });
        }
    }
}

fn follow<'m>(node: &Node<'m>, number: usize, edge: &Edge<'m>, ways: usize) -> Node<'m> {
    let is_automatic = edge.is_automatic(ways);
    let (system, version) = edge.into();
    Node {
        system: if system.is_empty() { node.system } else { system },
        version,
        code: edge.to,
        display: edge.display,
        manual: node.manual + usize::from(!is_automatic),
        via: Some((number, Edge { automatic: Some(is_automatic), ..*edge })),
    }
}

/// The steps from a code, each target once, and whether the map knows the code.
fn edges<'m>(map: &'m ConceptMap, node: &Node<'m>, direction: Direction) -> (Vec<Edge<'m>>, bool) {
    let fits = |group: &'m MapGroup| {
        let (system, version) = match direction {
            Direction::Forward => (&group.source, &group.source_version),
            Direction::Reverse => (&group.target, &group.target_version),
        };
        (node.system.is_empty() || system.is_empty() || system == node.system)
            && versions_agree(version, node.version)
    };
    let rows: Vec<Mapping<'m>> = match direction {
        Direction::Forward => map.mappings(None, node.code).collect(),
        Direction::Reverse => map.reverse(None, node.code).collect(),
    };
    let rows = rows.into_iter().filter(|row| fits(row.definition()));
    let mut is_known = false;
    let mut edges: Vec<Edge<'m>> = rows
        .inspect(|_| is_known = true)
        .filter_map(|row| Edge::mapping(map, row, direction))
        .collect();
    // A group that keeps codes by default keeps those it has no mapping for, seen from its source.
    let keeps = map
        .groups()
        .filter(|group| fits(group.definition()) && keeps_codes(*group))
        .filter(|group| {
            !map.mappings(None, node.code).any(|row| row.group().number() == group.number())
        });
    edges.extend(keeps.map(|group| Edge::kept(map, group, node.code, direction)));
    let mut seen: Vec<(&str, &str)> = Vec::new();
    edges.retain(|edge| {
        let target = (edge.into().0, edge.to);
        let is_new = !seen.contains(&target);
        seen.push(target);
        is_new
    });
    (edges, is_known)
}

fn keeps_codes(group: GroupRef<'_>) -> bool {
    let unmapped = group.definition().unmapped.as_ref();
    unmapped.is_some_and(|one| matches!(one.mode.as_str(), "use-source-code" | "provided"))
}

/// Walks back from a code of the last release.
fn reached<'m>(layers: &[Vec<Node<'m>>], last: &Node<'m>) -> Reached<'m> {
    let mut path = Vec::new();
    let mut node = last;
    for layer in layers.iter().rev().skip(1) {
        let Some((number, edge)) = &node.via else { break };
        let Some(before) = layer.get(*number) else { break };
        path.push(Step {
            map: edge.map.canonical(),
            group: edge.group.number(),
            row: edge.row,
            from: before.code,
            to: edge.to,
            relationship: edge.relationship,
            is_automatic: edge.automatic.unwrap_or_default(),
        });
        node = before;
    }
    path.reverse();
    let relationship = path.iter().map(|step| step.relationship).reduce(composed);
    Reached {
        system: last.system,
        version: last.version,
        code: last.code,
        display: last.display,
        relationship: relationship.unwrap_or(Relationship::Equal),
        is_automatic: last.manual == 0,
        path,
    }
}

/// How a relates to c, when a relates to b in one way and b to c in another.
fn composed(first: Relationship, second: Relationship) -> Relationship {
    use Relationship::{
        Equal, Equivalent, RelatedTo, SourceIsBroader, SourceIsNarrower, TargetSpecializesSource,
        TargetSubsumesSource,
    };
    match (first, second) {
        (one, other) if one == other => match one {
            Relationship::Inexact | Relationship::NotRelatedTo => RelatedTo,
            one => one,
        },
        (Equal, other) | (other, Equal) | (Equivalent, other) | (other, Equivalent) => other,
        (SourceIsNarrower | TargetSubsumesSource, SourceIsNarrower | TargetSubsumesSource) => {
            SourceIsNarrower
        }
        (SourceIsBroader | TargetSpecializesSource, SourceIsBroader | TargetSpecializesSource) => {
            SourceIsBroader
        }
        _ => RelatedTo,
    }
}

#[cfg(test)]
mod tests;
