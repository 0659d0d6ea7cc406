//! Expression to text.

use std::fmt::Write;

use super::{Attribute, Expression, Value};
use crate::Edition;
use crate::index::LanguageScores;

/// The expression with identifiers alone, without blanks: `10200004:272741003=24028007`.
#[must_use]
pub fn terse(expression: &Expression) -> String {
    let mut writer = Writer { out: String::new(), terms: None };
    writer.out.push_str(&expression.status);
    writer.expression(expression);
    writer.out
}

/// The expression with the displays of an edition as terms, without blanks:
/// `10200004|Liver structure|:272741003|Laterality|=24028007|Right|`.
#[must_use]
pub fn display(expression: &Expression, edition: &Edition, scores: &LanguageScores) -> String {
    let mut writer = Writer { out: String::new(), terms: Some((edition, scores)) };
    writer.out.push_str(&expression.status);
    writer.expression(expression);
    writer.out
}

struct Writer<'w> {
    out: String,
    terms: Option<(&'w Edition, &'w LanguageScores)>,
}

impl Writer<'_> {
    fn concept(&mut self, id: &str) {
        self.out.push_str(id);
        if let Some((edition, scores)) = self.terms
            && let Some(concept) = edition.find_exact(id)
        {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "|{}|", edition.display_for(concept, scores));
        }
    }

    fn expression(&mut self, expression: &Expression) {
        for (number, focus) in expression.focus.iter().enumerate() {
            if number > 0 {
                self.out.push('+');
            }
            self.concept(focus);
        }
        let mut between = ':';
        for attribute in &expression.attributes {
            self.out.push(between);
            self.attribute(attribute);
            between = ',';
        }
        for group in &expression.groups {
            self.out.push(between);
            between = ',';
            let mut open = '{';
            for attribute in group {
                self.out.push(open);
                self.attribute(attribute);
                open = ',';
            }
            self.out.push('}');
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        self.concept(&attribute.name);
        self.out.push('=');
        match &attribute.value {
            Value::Concept(id) => self.concept(id),
            Value::Expression(inner) => {
                self.out.push('(');
                self.expression(inner);
                self.out.push(')');
            }
            Value::Text(text) => {
                let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
                let _ = write!(self.out, "\"{escaped}\"");
            }
            Value::Number(number) => {
                let _ = write!(self.out, "#{number}");
            }
            Value::Boolean(value) => {
                let _ = write!(self.out, "{value}");
            }
        }
    }
}
