//! The hierarchy of the classes, checked before anything is derived from it.

use rustc_hash::FxHashSet;

use super::concepts::Concepts;
use crate::{Error, Report, Result};

/// Classes by their place in the list of classes.
#[derive(Debug)]
pub(super) struct Hierarchy {
    /// Parents of every class.
    pub(super) parents: Vec<Vec<usize>>,
    /// Children of every class.
    pub(super) children: Vec<Vec<usize>>,
    /// All classes, parents before children.
    pub(super) order: Vec<usize>,
}

impl Concepts {
    /// Connects the classes by their SuperClass and SubClass references.
    ///
    /// # Errors
    /// When a SuperClass does not exist or the hierarchy has a cycle.
    pub(super) fn hierarchy(&mut self, report: &mut Report) -> Result<Hierarchy> {
        let mut edges = self.stated_parents()?;
        let stated: FxHashSet<(usize, usize)> = edges.iter().copied().collect();
        for (parent, class) in self.classes.iter().enumerate() {
            let children = class.sub_classes.iter().filter_map(|code| self.place(code));
            for child in children.filter(|&child| !stated.contains(&(child, parent))) {
                let problem = format!(
                    "SubClass '{}' does not name '{}' as its SuperClass; it is put below it",
                    self.code_of(child),
                    self.code_of(parent)
                );
                report.warn(&self.path, class.line, problem);
                edges.push((child, parent));
            }
        }
        let mut parents = vec![Vec::new(); self.classes.len()];
        let mut children = vec![Vec::new(); self.classes.len()];
        for &(child, parent) in &edges {
            parents.get_mut(child).into_iter().for_each(|list| list.push(parent));
            children.get_mut(parent).into_iter().for_each(|list| list.push(child));
        }
        let order = self.in_order(&parents, &children)?;
        self.write_edges(&edges);
        Ok(Hierarchy { parents, children, order })
    }

    fn stated_parents(&self) -> Result<Vec<(usize, usize)>> {
        let mut edges = Vec::new();
        for (child, class) in self.classes.iter().enumerate() {
            for (code, line) in &class.super_classes {
                let Some(parent) = self.place(code) else {
                    let problem =
                        format!("SuperClass '{code}' of '{}' has no <Class>", self.code_of(child));
                    return Err(Error::line(&self.path, *line, problem));
                };
                if !edges.ends_with(&[(child, parent)]) {
                    edges.push((child, parent));
                }
            }
        }
        Ok(edges)
    }

    fn write_edges(&mut self, edges: &[(usize, usize)]) {
        for &(child, parent) in edges {
            let concept = |at: usize| self.classes.get(at).map(|class| class.concept);
            if let (Some(child), Some(parent)) = (concept(child), concept(parent)) {
                self.builder.parent(child, parent);
            }
        }
    }

    /// The place of a class in the list of classes: the number of its concept, because nothing
    /// else has made concepts yet.
    fn place(&self, code: &str) -> Option<usize> {
        self.builder.find(&self.code(code)).map(|concept| concept.0 as usize)
    }

    fn code_of(&self, place: usize) -> &str {
        self.classes.get(place).map_or("", |class| self.builder.code(class.concept))
    }

    /// Parents before children.
    fn in_order(&self, parents: &[Vec<usize>], children: &[Vec<usize>]) -> Result<Vec<usize>> {
        let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
        let roots = waiting.iter().enumerate().filter(|(_, left)| **left == 0);
        let mut order: Vec<usize> = roots.map(|(place, _)| place).collect();
        let mut next = 0;
        while let Some(&place) = order.get(next) {
            next += 1;
            for &child in children.get(place).into_iter().flatten() {
                let Some(left) = waiting.get_mut(child) else { continue };
                *left -= 1;
                if *left == 0 {
                    order.push(child);
                }
            }
        }
        if order.len() == parents.len() { Ok(order) } else { Err(self.cycle(parents, &waiting)) }
    }

    /// Walks up from a class that never became free: it must come around.
    fn cycle(&self, parents: &[Vec<usize>], waiting: &[usize]) -> Error {
        let stuck = |place: &usize| waiting.get(*place).is_some_and(|left| *left > 0);
        let mut walked = Vec::new();
        let mut at = (0..waiting.len()).find(stuck);
        while let Some(place) = at {
            if let Some(start) = walked.iter().position(|seen| *seen == place) {
                walked.drain(..start);
                walked.push(place);
                break;
            }
            walked.push(place);
            at = parents.get(place).into_iter().flatten().copied().find(stuck);
        }
        let codes: Vec<&str> = walked.iter().map(|place| self.code_of(*place)).collect();
        let line = walked.first().and_then(|place| self.classes.get(*place));
        let line = line.map_or(0, |class| class.line);
        Error::line(&self.path, line, format!("hierarchy cycle: {}", codes.join(" -> ")))
    }
}
