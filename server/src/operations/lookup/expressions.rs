//! What `$lookup` tells of a post-coordinated expression of SNOMED CT.

use codesystems::index::LanguageScores;
use codesystems::systems::snomed::expression::{self, Attribute, Expression, Forms, Value};
use codesystems::{Edition, PropertyValue};

use super::{ROLE_GROUP, Wanted, property, value_parts, value_ref};
use crate::wire::ValueRef;
use crate::wire::json::ParametersWriter;

/// Writes the properties of an expression.
pub(super) struct Writer<'a> {
    pub(super) edition: &'a Edition,
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) scores: &'a LanguageScores,
}

impl Writer<'_> {
    /// The nearest concepts it is below (or equal to), its status, its normal forms where they are
    /// asked for, and its attributes: without groups where nothing is asked for, as for concepts.
    pub(super) fn write(&self, out: &mut ParametersWriter<'_>, written: &Expression) {
        let forms = Forms::new(self.edition);
        let form = forms.expression(written);
        if self.wanted.has("inactive") {
            let inactive = form.subsumers().and_len(&self.edition.inactive()) > 0;
            property(out, "inactive", ValueRef::Boolean(inactive), None);
        }
        if self.wanted.names.iter().any(|name| matches!(*name, "*" | "sufficientlyDefined")) {
            let is_defined = ValueRef::Boolean(written.status != "<<<");
            property(out, "sufficientlyDefined", is_defined, None);
        }
        if self.wanted.has("parent") {
            for parent in forms.parents(&form) {
                let display = self.edition.display_for(parent, self.scores);
                let code = ValueRef::code(self.edition.code(parent));
                property(out, "parent", code, Some(display));
            }
        }
        let normal = forms.normal(&form);
        if self.wanted.names.contains(&"normalForm") {
            let text = expression::display(&normal, self.edition, self.scores);
            property(out, "normalForm", ValueRef::string(&text), None);
        }
        if self.wanted.names.contains(&"normalFormTerse") {
            let text = expression::terse(&normal);
            property(out, "normalFormTerse", ValueRef::string(&text), None);
        }
        self.attributes(out, &normal);
    }

    fn attributes(&self, out: &mut ParametersWriter<'_>, normal: &Expression) {
        let is_wanted = |attribute: &&Attribute| self.wanted.has(&attribute.name);
        let is_brief = self.wanted.names.is_empty();
        let grouped = normal.groups.iter().flatten().filter(|_| is_brief);
        for attribute in normal.attributes.iter().chain(grouped).filter(is_wanted) {
            out.parts("property", |out| self.parts(out, attribute));
        }
        for group in normal.groups.iter().filter(|_| !is_brief) {
            let wanted: Vec<&Attribute> = group.iter().filter(is_wanted).collect();
            if wanted.is_empty() {
                continue;
            }
            out.parts("property", |out| {
                out.code("code", ROLE_GROUP);
                for attribute in wanted {
                    out.parts("subproperty", |out| self.parts(out, attribute));
                }
            });
        }
    }

    fn parts(&self, out: &mut ParametersWriter<'_>, attribute: &Attribute) {
        let display = |id: &str| {
            let concept = self.edition.find_exact(id);
            concept.map(|concept| self.edition.display_for(concept, self.scores))
        };
        let name = attribute.name.as_str();
        match &attribute.value {
            Value::Concept(id) => value_parts(out, name, ValueRef::code(id), display(id)),
            Value::Expression(inner) => {
                let (code, text) = (
                    expression::terse(inner),
                    expression::display(inner, self.edition, self.scores),
                );
                value_parts(out, name, ValueRef::code(&code), Some(&text));
            }
            Value::Text(text) => value_parts(out, name, ValueRef::string(text), None),
            Value::Number(number) => {
                let whole = number.parse().map(PropertyValue::Integer);
                let value = whole.unwrap_or(PropertyValue::Decimal(number));
                value_parts(out, name, value_ref(value), None);
            }
            Value::Boolean(value) => value_parts(out, name, ValueRef::Boolean(*value), None),
        }
        if let (true, Some(name)) = (self.wanted.names.is_empty(), display(name)) {
            out.string("code-display", name);
        }
    }
}
