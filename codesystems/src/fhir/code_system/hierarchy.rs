//! Edges that are given as properties, by code.

use std::borrow::Cow;

use crate::EditionBuilder;
use crate::model::ConceptId;

/// Warnings of one kind that are written out; the rest is counted.
pub(super) const SHOWN: usize = 20;

/// Edges whose other end may be defined further down in the resource.
#[derive(Debug, Default)]
pub(super) struct Edges<'a> {
    /// Child, code of the parent.
    parents: Vec<(ConceptId, Cow<'a, str>)>,
    /// Parent, code of the child.
    children: Vec<(ConceptId, Cow<'a, str>)>,
}

impl<'a> Edges<'a> {
    pub(super) fn parent(&mut self, child: ConceptId, parent: Cow<'a, str>) {
        self.parents.push((child, parent));
    }

    pub(super) fn child(&mut self, parent: ConceptId, child: Cow<'a, str>) {
        self.children.push((parent, child));
    }

    /// Adds the edges to `builder`. Codes that are no concept of the resource, and concepts that
    /// are their own parent, are left out with a warning: a concept exists because it is defined,
    /// not because it is mentioned.
    pub(super) fn resolve(self, builder: &mut EditionBuilder, warnings: &mut Vec<String>) {
        let mut left_out = 0;
        let parents = self.parents.iter().map(|(id, code)| (*id, code, "parent"));
        let children = self.children.iter().map(|(id, code)| (*id, code, "child"));
        for (id, code, what) in parents.chain(children) {
            match builder.find(code) {
                Some(other) if other != id && what == "parent" => builder.parent(id, other),
                Some(other) if other != id => builder.parent(other, id),
                other => {
                    left_out += 1;
                    if left_out <= SHOWN {
                        let why = if other.is_some() {
                            "is the concept itself"
                        } else {
                            "is not defined"
                        };
                        let concept = builder.code(id);
                        warnings
                            .push(format!("concept '{concept}': {what} '{code}' {why}, left out"));
                    }
                }
            }
        }
        if left_out > SHOWN {
            warnings.push(format!("{} more parents or children left out", left_out - SHOWN));
        }
    }
}
