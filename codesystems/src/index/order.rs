//! Numbers concepts in hierarchy order and closes the hierarchy.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

/// Compares codes the way people number: runs of digits by value, the rest by bytes. A total order.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, rest_x) = digits(left);
                let (y, rest_y) = digits(right);
                let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
                if order.is_ne() {
                    return order;
                }
                (left, right) = (rest_x, rest_y);
            }
            (Some(x), Some(y)) if x == y => {
                left = left.get(1..).unwrap_or_default();
                right = right.get(1..).unwrap_or_default();
            }
            // Equal by value: leading zeros decide, so that the order is total.
            (None, None) => return a.cmp(b),
            (x, y) => return x.cmp(&y),
        }
    }
}

/// The leading digits without leading zeros, and what follows them.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let zeros = number.iter().position(|&byte| byte != b'0').unwrap_or(number.len());
    (number.get(zeros..).unwrap_or_default(), rest)
}

/// Adjacency in compressed sparse rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) offsets: Vec<u32>,
    pub(super) targets: Vec<u32>,
}

impl Rows {
    /// Rows from pairs (row, target) sorted by row.
    pub(super) fn from_sorted(count: usize, pairs: &[(u32, u32)]) -> Self {
        let mut offsets = vec![0u32; count + 1];
        for &(row, _) in pairs {
            if let Some(slot) = offsets.get_mut(row as usize + 1) {
                *slot += 1;
            }
        }
        let mut sum = 0;
        for slot in &mut offsets {
            sum += *slot;
            *slot = sum;
        }
        Self { offsets, targets: pairs.iter().map(|&(_, target)| target).collect() }
    }

    pub(super) fn of(&self, row: u32) -> &[u32] {
        let start = self.offsets.get(row as usize).copied().unwrap_or(0) as usize;
        let end = self.offsets.get(row as usize + 1).copied().unwrap_or(0) as usize;
        self.targets.get(start..end).unwrap_or_default()
    }
}

/// The order of all concepts: `ordinal_of[id]` and its inverse `id_of[ordinal]`.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) ordinal_of: Vec<u32>,
    pub(super) id_of: Vec<u32>,
}

/// Depth-first order over a spanning tree; `before` sorts roots and siblings, roots that are `last`
/// come after all others (inactive concepts outside of the hierarchy).
///
/// # Errors
/// The concepts of one cycle, in order, the first repeated at the end.
pub(super) fn order(
    count: usize,
    edges: &[(u32, u32)],
    before: impl Fn(u32, u32) -> Ordering,
    last: impl Fn(u32) -> bool,
) -> Result<Order, Vec<u32>> {
    let mut down: Vec<(u32, u32)> = edges.iter().map(|&(child, parent)| (parent, child)).collect();
    down.sort_unstable();
    down.dedup();
    let mut has_parent = vec![false; count];
    for &(_, child) in &down {
        if let Some(slot) = has_parent.get_mut(child as usize) {
            *slot = true;
        }
    }
    let children = Rows::from_sorted(count, &down);
    check_acyclic(count, &children)?;
    let mut roots: Vec<u32> = (0..count as u32)
        .filter(|&id| !has_parent.get(id as usize).copied().unwrap_or(false))
        .collect();
    roots.sort_by(|&a, &b| last(a).cmp(&last(b)).then_with(|| before(a, b)));
    let mut ordinal_of = vec![u32::MAX; count];
    let mut id_of = Vec::with_capacity(count);
    let mut stack: Vec<u32> = roots.into_iter().rev().collect();
    let mut siblings: Vec<u32> = Vec::new();
    while let Some(id) = stack.pop() {
        match ordinal_of.get_mut(id as usize) {
            Some(slot) if *slot == u32::MAX => *slot = id_of.len() as u32,
            _ => continue,
        }
        id_of.push(id);
        siblings.clear();
        siblings.extend_from_slice(children.of(id));
        siblings.sort_by(|&a, &b| before(b, a));
        stack.extend_from_slice(&siblings);
    }
    Ok(Order { ordinal_of, id_of })
}

/// Kahn's algorithm; what is left over holds a cycle.
fn check_acyclic(count: usize, children: &Rows) -> Result<(), Vec<u32>> {
    let mut parents_left = vec![0u32; count];
    for &child in &children.targets {
        if let Some(slot) = parents_left.get_mut(child as usize) {
            *slot += 1;
        }
    }
    let mut ready: Vec<u32> =
        (0u32..).zip(&parents_left).filter(|&(_, &left)| left == 0).map(|(id, _)| id).collect();
    let mut seen = 0;
    while let Some(id) = ready.pop() {
        seen += 1;
        for &child in children.of(id) {
            if let Some(left) = parents_left.get_mut(child as usize) {
                *left -= 1;
                if *left == 0 {
                    ready.push(child);
                }
            }
        }
    }
    if seen == count { Ok(()) } else { Err(one_cycle(&parents_left, children)) }
}

/// Walks up from a concept whose parents never all came up until a concept repeats.
fn one_cycle(parents_left: &[u32], children: &Rows) -> Vec<u32> {
    let stuck = |id: u32| parents_left.get(id as usize).is_some_and(|&left| left > 0);
    let stuck_parent = |id: u32| {
        (0..parents_left.len() as u32).find(|&up| stuck(up) && children.of(up).contains(&id))
    };
    let mut path: Vec<u32> =
        (0..parents_left.len() as u32).find(|&id| stuck(id)).into_iter().collect();
    let mut seen: FxHashSet<u32> = path.iter().copied().collect();
    while let Some(up) = path.last().and_then(|&id| stuck_parent(id)) {
        path.push(up);
        if !seen.insert(up) {
            let start = path.iter().position(|&id| id == up).unwrap_or(0);
            let mut cycle = path.split_off(start);
            cycle.reverse();
            return cycle;
        }
    }
    path
}

/// The strict descendants of every concept, as ascending, disjoint, non-touching runs of ordinals
/// `start..end`, from the children of every concept (all in ordinals).
pub(super) fn descendants(children: &Rows, parents: &Rows) -> Vec<Vec<(u32, u32)>> {
    let count = children.offsets.len().saturating_sub(1);
    let mut runs: Vec<Vec<(u32, u32)>> = vec![Vec::new(); count];
    let mut children_left: Vec<u32> =
        (0..count as u32).map(|ix| children.of(ix).len() as u32).collect();
    let mut ready: Vec<u32> =
        (0u32..).zip(&children_left).filter(|&(_, &left)| left == 0).map(|(ix, _)| ix).collect();
    let mut all: Vec<(u32, u32)> = Vec::new();
    while let Some(ix) = ready.pop() {
        all.clear();
        for &child in children.of(ix) {
            all.push((child, child + 1));
            all.extend_from_slice(runs.get(child as usize).map(Vec::as_slice).unwrap_or_default());
        }
        all.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for &(start, end) in &all {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged.shrink_to_fit();
        if let Some(slot) = runs.get_mut(ix as usize) {
            *slot = merged;
        }
        for &parent in parents.of(ix) {
            if let Some(left) = children_left.get_mut(parent as usize) {
                *left -= 1;
                if *left == 0 {
                    ready.push(parent);
                }
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_ordered_as_people_number() {
        let mut codes = vec!["10008-1", "1000-9", "10009-9", "A1", "A10", "A2", "A02", "", "A"];
        codes.sort_by(|a, b| natural(a, b));
        assert_eq!(codes, ["", "1000-9", "10008-1", "10009-9", "A", "A1", "A02", "A2", "A10"]);
    }

    #[test]
    fn a_cycle_is_named() {
        let cycle =
            order(4, &[(1, 0), (2, 1), (1, 3), (3, 2)], |a, b| a.cmp(&b), |_| false).unwrap_err();
        assert_eq!(cycle.first(), cycle.last());
        assert_eq!(cycle.len(), 4, "{cycle:?}");
        assert!(order(1, &[(0, 0)], |a, b| a.cmp(&b), |_| false).is_err());
    }

    #[test]
    fn subtrees_are_runs_and_shared_children_count_once() {
        // 0 -> 1, 2; both -> 3
        let edges = [(1, 0), (2, 0), (3, 1), (3, 2)];
        let order = order(4, &edges, |a, b| a.cmp(&b), |_| false).unwrap();
        assert_eq!(order.id_of, [0, 1, 3, 2]);
        let mut down: Vec<(u32, u32)> = edges
            .iter()
            .map(|&(child, parent)| {
                (order.ordinal_of[parent as usize], order.ordinal_of[child as usize])
            })
            .collect();
        down.sort_unstable();
        let mut up: Vec<(u32, u32)> = down.iter().map(|&(parent, child)| (child, parent)).collect();
        up.sort_unstable();
        let runs = descendants(&Rows::from_sorted(4, &down), &Rows::from_sorted(4, &up));
        assert_eq!(runs, [vec![(1, 4)], vec![(2, 3)], vec![], vec![(2, 3)]]);
    }
}
