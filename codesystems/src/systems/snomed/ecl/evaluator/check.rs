//! Looks whether everything a constraint names exists.

use super::super::ast::{
    AcceptabilitySet, Comparison, ConceptFilter, ConceptReference, Concepts, Constraint,
    DescriptionFilter, DialectIds, FilterConstraint, Focus, History, MemberFilter, Refinement,
    SubConstraint,
};
use super::Evaluator;
use crate::systems::snomed::ecl::Result;

impl Evaluator<'_> {
    pub(super) fn check(&self, constraint: &Constraint) -> Result<()> {
        match constraint {
            Constraint::Sub(sub) => self.check_sub(sub),
            Constraint::And(all) | Constraint::Or(all) => {
                all.iter().try_for_each(|sub| self.check_sub(sub))
            }
            Constraint::Minus(all, without) => {
                self.check_sub(all)?;
                self.check_sub(without)
            }
            Constraint::Refined(focus, refinement) => {
                self.check_sub(focus)?;
                self.check_refinement(refinement)
            }
            Constraint::Dotted(focus, attributes) => {
                self.check_sub(focus)?;
                attributes.iter().try_for_each(|sub| self.check_sub(sub))
            }
        }
    }

    fn check_refinement(&self, refinement: &Refinement) -> Result<()> {
        match refinement {
            Refinement::Attribute(attribute) => {
                self.check_sub(&attribute.name)?;
                self.check_comparison(&attribute.comparison)
            }
            Refinement::Group(_, inner) => self.check_refinement(inner),
            Refinement::And(all) | Refinement::Or(all) => {
                all.iter().try_for_each(|one| self.check_refinement(one))
            }
        }
    }

    fn check_comparison(&self, comparison: &Comparison) -> Result<()> {
        match comparison {
            Comparison::Concept(_, value) => self.check_sub(value),
            Comparison::Number(..)
            | Comparison::Text(..)
            | Comparison::Boolean(..)
            | Comparison::Time(..) => Ok(()),
        }
    }

    fn check_reference(&self, reference: &ConceptReference) -> Result<()> {
        self.concept(&reference.id).map(|_| ())
    }

    fn check_sub(&self, sub: &SubConstraint) -> Result<()> {
        match &sub.focus {
            Focus::Concept(reference)
                if sub.member_of.is_some()
                    && self.edition.membership_set(&reference.id).is_some() => {}
            Focus::Concept(reference) => self.check_reference(reference)?,
            Focus::Any => {}
            Focus::Identifier(identifier) => self.identified(identifier).map(|_| ())?,
            Focus::Nested(nested) => self.check(nested)?,
        }
        for filter in sub.member_filters.iter().flatten() {
            match filter {
                MemberFilter::Module(_, concepts) => self.check_concepts(concepts)?,
                MemberFilter::Field(_, comparison) => self.check_comparison(comparison)?,
                MemberFilter::EffectiveTime(..) | MemberFilter::Active(..) => {}
            }
        }
        for filter in &sub.filters {
            match filter {
                FilterConstraint::Description(filters) => {
                    filters.iter().try_for_each(|filter| self.check_description(filter))?;
                }
                FilterConstraint::Concept(filters) => {
                    filters.iter().try_for_each(|filter| match filter {
                        ConceptFilter::DefinitionStatusId(_, concepts)
                        | ConceptFilter::Module(_, concepts) => self.check_concepts(concepts),
                        ConceptFilter::DefinitionStatus(..)
                        | ConceptFilter::EffectiveTime(..)
                        | ConceptFilter::Active(..) => Ok(()),
                    })?;
                }
            }
        }
        match &sub.history {
            Some(History::Subset(subset)) => self.check(subset),
            _ => Ok(()),
        }
    }

    fn check_concepts(&self, concepts: &Concepts) -> Result<()> {
        match concepts {
            Concepts::Sub(sub) => self.check_sub(sub),
            Concepts::Set(all) => all.iter().try_for_each(|one| self.check_reference(one)),
        }
    }

    fn check_description(&self, filter: &DescriptionFilter) -> Result<()> {
        match filter {
            DescriptionFilter::TypeId(_, concepts) | DescriptionFilter::Module(_, concepts) => {
                self.check_concepts(concepts)
            }
            DescriptionFilter::Dialect(_, aliases, all) => {
                aliases.iter().try_for_each(|(_, own)| self.check_acceptability(own))?;
                self.check_acceptability(all)
            }
            DescriptionFilter::DialectId(_, ids, all) => {
                match ids {
                    DialectIds::Sub(sub) => self.check_sub(sub)?,
                    DialectIds::Set(set) => {
                        for (reference, own) in set {
                            self.check_reference(reference)?;
                            self.check_acceptability(own)?;
                        }
                    }
                }
                self.check_acceptability(all)
            }
            DescriptionFilter::Term(..)
            | DescriptionFilter::Language(..)
            | DescriptionFilter::Type(..)
            | DescriptionFilter::EffectiveTime(..)
            | DescriptionFilter::Active(..)
            | DescriptionFilter::Id(..) => Ok(()),
        }
    }

    fn check_acceptability(&self, set: &Option<AcceptabilitySet>) -> Result<()> {
        match set {
            Some(AcceptabilitySet::Concepts(concepts)) => {
                concepts.iter().try_for_each(|concept| self.check_reference(concept))
            }
            Some(AcceptabilitySet::Tokens(_)) | None => Ok(()),
        }
    }
}
