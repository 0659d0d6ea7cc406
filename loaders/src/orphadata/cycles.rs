//! Edges that close a cycle in the merged hierarchy.

use super::nomenclature::Edge;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    OnPath,
    Done,
}

/// Splits `edges` (child, parent), sorted by parent, over `nodes` nodes into those of an acyclic
/// graph and those that lead back to an ancestor when the graph is walked from the parents in the
/// given order. The same edges in the same order give the same answer. O(nodes + edges).
pub(super) fn split(edges: Vec<Edge>, nodes: usize) -> (Vec<Edge>, Vec<Edge>) {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for &(child, parent) in &edges {
        if let Some(list) = children.get_mut(parent) {
            list.push(child);
        }
    }
    let mut state = vec![State::Unseen; nodes];
    let mut closing = Vec::new();
    for &(_, start) in &edges {
        walk(start, &children, &mut state, &mut closing);
    }
    if closing.is_empty() {
        return (edges, closing);
    }
    let kept = edges.into_iter().filter(|edge| !closing.contains(edge)).collect();
    (kept, closing)
}

/// Depth first with a stack of its own: the depth of the input is not trusted.
fn walk(start: usize, children: &[Vec<usize>], state: &mut [State], closing: &mut Vec<Edge>) {
    if state.get(start) != Some(&State::Unseen) {
        return;
    }
    set(state, start, State::OnPath);
    let mut path = vec![(start, 0)];
    while let Some((node, next)) = path.last_mut() {
        let (parent, at) = (*node, *next);
        *next += 1;
        let Some(&child) = children.get(parent).and_then(|list| list.get(at)) else {
            set(state, parent, State::Done);
            path.pop();
            continue;
        };
        match state.get(child) {
            Some(State::OnPath) => closing.push((child, parent)),
            Some(State::Unseen) => {
                set(state, child, State::OnPath);
                path.push((child, 0));
            }
            Some(State::Done) | None => {}
        }
    }
}

fn set(state: &mut [State], node: usize, value: State) {
    if let Some(slot) = state.get_mut(node) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn only_the_edge_that_closes_the_cycle_is_left_out() {
        let diamond = vec![(1, 0), (2, 0), (3, 1), (3, 2)];
        assert_eq!(split(diamond.clone(), 4), (diamond, vec![]));
        let cycle = vec![(1, 0), (2, 1), (0, 2)];
        assert_eq!(split(cycle, 3), (vec![(1, 0), (2, 1)], vec![(0, 2)]));
        assert_eq!(split(vec![(0, 0)], 1), (vec![], vec![(0, 0)]));
    }
}
