//! Expansion: which concepts of a compiled value set an answer shows, and in what order.

use std::sync::Arc;

use codesystems::{ConceptIx, ConceptSet, ConceptsFrom};
use rustc_hash::FxHashMap;

use crate::plan::{Compiled, Origin, Part};
use crate::search;

/// What an expansion is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Words that a designation must have as prefixes, in any order; empty for no filter.
    pub filter: String,
    /// How many concepts to pass over.
    pub offset: u64,
    /// How many concepts to show at most; `None` shows all.
    pub count: Option<u64>,
    /// Only concepts that are active.
    pub active_only: bool,
    /// Only concepts to be coded with, none that merely group others.
    pub selectable_only: bool,
}

/// A concept of an expansion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Number of the part in [`Compiled::parts`].
    pub part: usize,
    /// The concept.
    pub concept: ConceptIx,
}

/// A concept of an expansion with those shown below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The concept.
    pub entry: Entry,
    /// Numbers of the nodes below, in order.
    pub children: Vec<usize>,
}

/// The concepts an answer shows.
#[derive(Debug)]
pub struct Expansion {
    compiled: Arc<Compiled>,
    total: u64,
    offset: u64,
    count: u64,
    selection: Selection,
}

#[derive(Debug)]
enum Selection {
    /// Every part in its own order; the sets after `activeOnly` and `excludeNotForUI`.
    Whole(Vec<Option<ConceptSet>>),
    /// What a text filter found, best first, already cut to the page.
    Ranked(Vec<Entry>),
}

/// Expands a compiled value set. Cost: that of the page, not of the value set.
#[must_use]
pub fn expand(compiled: Arc<Compiled>, request: &Request) -> Expansion {
    let sets: Vec<Option<ConceptSet>> = compiled
        .parts
        .iter()
        .map(|part| {
            let inactive = part.system.inactive();
            let active =
                (request.active_only && !inactive.is_empty()).then(|| part.set.and_not(inactive));
            if !request.selectable_only {
                return active;
            }
            let groups = part.system.edition().not_selectable();
            Some(active.as_ref().unwrap_or(&part.set).and_not(&groups))
        })
        .collect();
    let (offset, count) = (request.offset, request.count.unwrap_or(u64::MAX));
    if request.filter.trim().is_empty() {
        let lens = compiled.parts.iter().zip(&sets);
        let total = lens.map(|(part, set)| set.as_ref().unwrap_or(&part.set).len()).sum();
        let selection = Selection::Whole(sets);
        return Expansion { compiled, total, offset, count, selection };
    }
    let wanted = usize::try_from(offset.saturating_add(count)).unwrap_or(usize::MAX);
    let mut total = 0;
    let mut ranked: Vec<(search::Score, Entry)> = Vec::new();
    let is_alone = compiled.parts.len() == 1;
    for (number, (part, set)) in compiled.parts.iter().zip(&sets).enumerate() {
        let set = set.as_ref().unwrap_or(&part.set);
        let found = search::in_part(part, set, &request.filter, (wanted, is_alone));
        total += found.total;
        let hits = found.hits.into_iter();
        ranked.extend(hits.map(|(score, concept)| (score, Entry { part: number, concept })));
    }
    // Stable: equal scores keep the order of the parts, then that of the search.
    ranked.sort_by_key(|(score, _)| *score);
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let take = usize::try_from(count).unwrap_or(usize::MAX);
    let page = ranked.into_iter().map(|(_, entry)| entry).skip(skip).take(take).collect();
    Expansion { compiled, total, offset, count, selection: Selection::Ranked(page) }
}

impl Expansion {
    /// The compiled value set.
    #[must_use]
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// How many concepts there are in all, whatever the page shows.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many concepts the page shows.
    #[must_use]
    pub fn shown(&self) -> u64 {
        match &self.selection {
            Selection::Whole(_) => self.total.saturating_sub(self.offset).min(self.count),
            Selection::Ranked(page) => page.len() as u64,
        }
    }

    /// The part of an entry.
    #[must_use]
    pub fn part(&self, entry: Entry) -> Option<&Part> {
        self.compiled.parts.get(entry.part)
    }

    /// The concepts of the page, in order; found while walking, so that an answer can be streamed.
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        let mut parts = Vec::new();
        let sets = match &self.selection {
            Selection::Ranked(page) => {
                let none = parts.into_iter();
                return Entries { ranked: page.iter(), parts: none, walk: None, left: 0 };
            }
            Selection::Whole(sets) => sets,
        };
        let mut skip = self.offset;
        for (number, (part, set)) in self.compiled.parts.iter().zip(sets).enumerate() {
            let set = set.as_ref().unwrap_or(&part.set);
            let passed = skip.min(set.len());
            skip -= passed;
            if passed < set.len() {
                parts.push((number, Walk::of(part, set, passed)));
            }
        }
        let mut parts = parts.into_iter();
        let left = usize::try_from(self.count).unwrap_or(usize::MAX);
        Entries { ranked: [].iter(), walk: parts.next(), parts, left }
    }

    /// The concepts of the page as a forest: each below the first of its parents that is shown.
    /// Returns all nodes and the numbers of the roots, in order.
    #[must_use]
    pub fn forest(&self) -> (Vec<Node>, Vec<usize>) {
        let mut nodes: Vec<Node> =
            self.entries().map(|entry| Node { entry, children: Vec::new() }).collect();
        let numbers: FxHashMap<(usize, ConceptIx), usize> = nodes
            .iter()
            .enumerate()
            .map(|(number, node)| ((node.entry.part, node.entry.concept), number))
            .collect();
        let mut roots = Vec::new();
        for number in 0..nodes.len() {
            let Some(entry) = nodes.get(number).map(|node| node.entry) else { continue };
            // What is listed or imported is in no hierarchy.
            let is_nested = |part: &&Part| matches!(part.origin, Origin::Whole | Origin::Filtered);
            let above = self.part(entry).filter(is_nested).and_then(|part| {
                let mut parents = part.system.edition().parents(entry.concept);
                parents.find_map(|parent| numbers.get(&(entry.part, parent)).copied())
            });
            match above.and_then(|above| nodes.get_mut(above)) {
                Some(above) => above.children.push(number),
                None => roots.push(number),
            }
        }
        (nodes, roots)
    }
}

/// The concepts of a page, in order; see [`Expansion::entries`].
#[derive(Debug)]
pub struct Entries<'a> {
    /// All of them, where a text filter found them.
    ranked: std::slice::Iter<'a, Entry>,
    /// Else the concepts of the part that is walked, ...
    walk: Option<(usize, Walk<'a>)>,
    /// ... of those to come, ...
    parts: std::vec::IntoIter<(usize, Walk<'a>)>,
    /// ... and how many of all are wanted at most.
    left: usize,
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    #[inline]
    fn next(&mut self) -> Option<Entry> {
        if let Some(entry) = self.ranked.next() {
            return Some(*entry);
        }
        self.left = self.left.checked_sub(1)?;
        loop {
            let (part, walk) = self.walk.as_mut()?;
            match walk.next() {
                Some(concept) => return Some(Entry { part: *part, concept }),
                None => self.walk = self.parts.next(),
            }
        }
    }
}

/// The concepts of one part.
#[derive(Debug)]
enum Walk<'a> {
    /// Ascending.
    Set(ConceptsFrom<'a>),
    /// In the order of the part, of which the first are left out.
    Ordered { order: std::slice::Iter<'a, ConceptIx>, set: &'a ConceptSet, skip: u64 },
}

impl<'a> Walk<'a> {
    fn of(part: &'a Part, set: &'a ConceptSet, skip: u64) -> Self {
        match &part.order {
            Some(order) => Self::Ordered { order: order.iter(), set, skip },
            None => Self::Set(set.iter_from(skip)),
        }
    }

    #[inline]
    fn next(&mut self) -> Option<ConceptIx> {
        match self {
            Self::Set(concepts) => concepts.next(),
            Self::Ordered { order, set, skip } => order.find_map(|&concept| {
                if !set.contains(concept) {
                    return None;
                }
                let is_passed = *skip > 0;
                *skip = skip.saturating_sub(1);
                (!is_passed).then_some(concept)
            }),
        }
    }
}
