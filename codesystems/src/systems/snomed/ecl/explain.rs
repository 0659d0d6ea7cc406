//! What each part of a constraint selects.

use super::ast::{Constraint, Focus, SubConstraint};
use super::error::Result;
use super::evaluator::Evaluator;
use super::format::{Syntax, format, format_refinement, format_sub};

/// A part of a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How deep it stands below the whole constraint, which stands at 0.
    pub depth: usize,
    /// The part, in brief syntax.
    pub text: String,
    /// How many concepts it selects by itself; none for a refinement, which selects nothing alone.
    pub concepts: Option<u64>,
}

/// The parts of a constraint from the whole down, each with the number of concepts it selects.
///
/// # Errors
/// As [`super::evaluate`].
///
/// ```
/// use codesystems::systems::snomed::ecl;
/// use codesystems::{Edition, EditionBuilder, EditionMeta};
///
/// let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", ""));
/// let (disease, diabetes) = (builder.concept("64572001"), builder.concept("73211009"));
/// builder.parent(diabetes, disease);
/// let edition = Edition::from_bytes(builder.finish()?.into())?;
/// let steps = ecl::explain(&ecl::parse("<< 64572001 MINUS 73211009")?, &edition)?;
/// let told: Vec<_> = steps.iter().map(|step| (step.text.as_str(), step.concepts)).collect();
/// assert_eq!(told, [
///     ("<< 64572001 MINUS 73211009", Some(1)),
///     ("<< 64572001", Some(2)),
///     ("73211009", Some(1)),
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain(constraint: &Constraint, edition: &crate::Edition) -> Result<Vec<Step>> {
    let mut explainer = Explainer { evaluator: Evaluator::new(edition), steps: Vec::new() };
    explainer.evaluator.evaluate(constraint)?;
    explainer.constraint(constraint, 0)?;
    Ok(explainer.steps)
}

struct Explainer<'e> {
    evaluator: Evaluator<'e>,
    steps: Vec<Step>,
}

impl Explainer<'_> {
    fn constraint(&mut self, constraint: &Constraint, depth: usize) -> Result<()> {
        if let Constraint::Sub(only) = constraint {
            return self.sub(only, depth);
        }
        let concepts = Some(self.evaluator.constraint(constraint)?.len());
        self.steps.push(Step { depth, text: format(constraint, Syntax::Brief), concepts });
        match constraint {
            Constraint::Sub(_) => {}
            Constraint::And(operands) | Constraint::Or(operands) => {
                for operand in operands {
                    self.sub(operand, depth + 1)?;
                }
            }
            Constraint::Minus(all, without) => {
                self.sub(all, depth + 1)?;
                self.sub(without, depth + 1)?;
            }
            Constraint::Refined(focus, refinement) => {
                self.sub(focus, depth + 1)?;
                let text = format_refinement(refinement, Syntax::Brief);
                self.steps.push(Step { depth: depth + 1, text, concepts: None });
            }
            Constraint::Dotted(focus, attributes) => {
                self.sub(focus, depth + 1)?;
                for attribute in attributes {
                    self.sub(attribute, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn sub(&mut self, sub: &SubConstraint, depth: usize) -> Result<()> {
        let concepts = Some(self.evaluator.sub(sub)?.len());
        let text = format_sub(sub, Syntax::Brief);
        self.steps.push(Step { depth, text, concepts });
        match &sub.focus {
            Focus::Nested(nested) => self.constraint(nested, depth + 1),
            Focus::Concept(_) | Focus::Any | Focus::Identifier(_) => Ok(()),
        }
    }
}
