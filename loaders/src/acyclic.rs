//! Hierarchies of publishers that do not promise to be free of cycles.

/// How far the walk has come with a node.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Unseen,
    OnPath,
    Done,
}

/// Takes the edges (child, parent) that lead back to an ancestor out of `edges` and returns them.
///
/// Nodes are `0..nodes`; edges are sorted and made unique by parent, then child. The walk begins at
/// nodes without a parent, so that a cycle is cut where it is entered from a root if it can be. The
/// same edges give the same answer. Cost: O(edges log edges), 5 bytes a node and 8 an edge.
pub(crate) fn cut_cycles(edges: &mut Vec<(u32, u32)>, nodes: usize) -> Vec<(u32, u32)> {
    edges.sort_unstable_by_key(|&(child, parent)| (parent, child));
    edges.dedup();
    let mut offsets = vec![0u32; nodes + 1];
    let mut has_parent = vec![false; nodes];
    for &(child, parent) in edges.iter() {
        if let Some(offset) = offsets.get_mut(parent as usize + 1) {
            *offset += 1;
        }
        if let Some(flag) = has_parent.get_mut(child as usize) {
            *flag = true;
        }
    }
    let mut sum = 0;
    for offset in &mut offsets {
        sum += *offset;
        *offset = sum;
    }
    let mut walk = Walk { edges, offsets, state: vec![State::Unseen; nodes], closing: Vec::new() };
    for wants_root in [true, false] {
        for (node, has_parent) in (0u32..).zip(&has_parent) {
            if *has_parent != wants_root {
                walk.from(node);
            }
        }
    }
    let mut closing = walk.closing;
    closing.sort_unstable();
    if !closing.is_empty() {
        edges.retain(|edge| closing.binary_search(edge).is_err());
    }
    closing
}

struct Walk<'e> {
    edges: &'e [(u32, u32)],
    offsets: Vec<u32>,
    state: Vec<State>,
    closing: Vec<(u32, u32)>,
}

impl Walk<'_> {
    /// Depth first with a stack of its own: the depth of the input is not trusted.
    fn from(&mut self, start: u32) {
        if self.state.get(start as usize) != Some(&State::Unseen) {
            return;
        }
        self.enter(start, State::OnPath);
        let mut path = vec![(start, self.begin(start))];
        while let Some((parent, next)) = path.last_mut() {
            let (parent, at) = (*parent, *next);
            *next += 1;
            if at >= self.begin(parent + 1) {
                self.enter(parent, State::Done);
                path.pop();
                continue;
            }
            let Some(&(child, _)) = self.edges.get(at as usize) else { continue };
            match self.state.get(child as usize) {
                Some(State::OnPath) => self.closing.push((child, parent)),
                Some(State::Unseen) => {
                    self.enter(child, State::OnPath);
                    path.push((child, self.begin(child)));
                }
                Some(State::Done) | None => {}
            }
        }
    }

    fn begin(&self, node: u32) -> u32 {
        self.offsets.get(node as usize).copied().unwrap_or_default()
    }

    fn enter(&mut self, node: u32, state: State) {
        if let Some(slot) = self.state.get_mut(node as usize) {
            *slot = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::cut_cycles;

    #[test]
    fn only_the_edge_that_closes_a_cycle_is_cut() {
        let mut diamond = vec![(3, 2), (1, 0), (2, 0), (3, 1), (3, 1)];
        assert_eq!(cut_cycles(&mut diamond, 4), []);
        assert_eq!(diamond, [(1, 0), (2, 0), (3, 1), (3, 2)]);
        let mut entered = vec![(1, 2), (2, 1), (2, 0)];
        assert_eq!(cut_cycles(&mut entered, 3), [(2, 1)]);
        assert_eq!(entered, [(2, 0), (1, 2)]);
        let mut itself = vec![(0, 0)];
        assert_eq!(cut_cycles(&mut itself, 1), [(0, 0)]);
        assert!(itself.is_empty());
    }
}
