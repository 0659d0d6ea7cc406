//! Post-coordinated expressions: codes made of concepts by the compositional grammar.
//!
//! [`parse`] reads the grammar, [`check`] looks whether the concepts exist and stand where they may,
//! [`ConceptModel`] asks the rules that the edition has for attributes, [`Forms`] compares what
//! expressions mean, [`display`] writes an expression with the terms of an edition.
//!
//! Source: SNOMED CT Compositional Grammar 2.4.

use std::collections::BTreeMap;

use crate::{ConceptIx, Edition, PropertyValue};

mod axiom;
mod form;
#[cfg(test)]
mod meaning_tests;
mod model;
mod range;
mod write;

pub use form::{Form, Forms};
pub(super) use form::{Meaning, Pair};
pub use model::{ConceptModel, Extent, Rule, Violation};
pub use write::{display, terse};

/// Bytes an expression may be long.
const MAX_BYTES: usize = 64 << 10;
/// How many attributes an expression may have, nested ones included: comparing is quadratic in them.
const MAX_ATTRIBUTES: usize = 128;
/// How deep expressions may be nested.
const MAX_DEPTH: usize = 32;
/// |Concept model attribute| and |Linkage concept|: what the name of an attribute must be below.
const NAMES: [&str; 2] = ["410662002", "106237007"];

/// `expression` or `subExpression`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// `definitionStatus`: `===` or `<<<` as written, empty for none.
    pub status: String,
    /// `focusConcept`: identifiers joined by `+`, at least one.
    pub focus: Vec<String>,
    /// Attributes that stand in no group.
    pub attributes: Vec<Attribute>,
    /// `attributeGroup`: attributes in braces.
    pub groups: Vec<Vec<Attribute>>,
}

impl Expression {
    /// A concept as an expression that refines nothing.
    #[must_use]
    pub fn of_concept(id: &str) -> Self {
        Self {
            status: String::new(),
            focus: vec![id.to_owned()],
            attributes: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// The identifiers of all concepts in it, in the order in which they are written.
    #[must_use]
    pub fn concepts(&self) -> Vec<&str> {
        let mut found: Vec<&str> = self.focus.iter().map(String::as_str).collect();
        for attribute in self.attributes.iter().chain(self.groups.iter().flatten()) {
            found.push(&attribute.name);
            match &attribute.value {
                Value::Concept(id) => found.push(id),
                Value::Expression(inner) => found.extend(inner.concepts()),
                Value::Text(_) | Value::Number(_) | Value::Boolean(_) => {}
            }
        }
        found
    }

    /// The one concept it means, where it refines nothing.
    #[must_use]
    pub fn only_concept(&self) -> Option<&str> {
        match self.focus.as_slice() {
            [only] if self.attributes.is_empty() && self.groups.is_empty() => Some(only),
            _ => None,
        }
    }
}

/// `attribute`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `attributeName`
    pub name: String,
    /// `attributeValue`
    pub value: Value,
}

/// `attributeValue`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A concept.
    Concept(String),
    /// An expression in brackets.
    Expression(Box<Expression>),
    /// `stringValue`
    Text(String),
    /// `numericValue`
    Number(String),
    /// `booleanValue`
    Boolean(bool),
}

/// Why a text is no expression on an edition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not follow the grammar.
    #[error("character {position}: expected {expected}")]
    Syntax {
        /// Character, from 1.
        position: usize,
        /// What can stand there.
        expected: &'static str,
    },
    /// It is too long or too deeply nested.
    #[error(
        "the expression is too long or too deeply nested, or has more than {MAX_ATTRIBUTES} attributes"
    )]
    TooLarge,
    /// There is no such concept.
    #[error("Concept {id} not found")]
    UnknownConcept {
        /// Its identifier.
        id: String,
    },
    /// The concept cannot name an attribute.
    #[error(
        "Concept {id} is not valid in this context (must be a descendent of one of {})",
        NAMES.join(",")
    )]
    NotAnAttribute {
        /// Its identifier.
        id: String,
    },
}

/// Reads an expression.
///
/// # Errors
/// When the text does not follow the grammar.
///
/// ```
/// use codesystems::systems::snomed::expression;
///
/// let refined = expression::parse("10200004 |Liver structure| : 272741003 = 24028007")?;
/// assert_eq!(refined.focus, ["10200004"]);
/// assert_eq!(refined.attributes[0].name, "272741003");
/// # Ok::<(), expression::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Expression, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let mut parser = Parser { text, rest: text, depth: 0, attributes: 0 };
    parser.space();
    let mut status = String::new();
    for symbol in ["===", "<<<"] {
        if parser.eat(symbol) {
            symbol.clone_into(&mut status);
            parser.space();
        }
    }
    let mut expression = parser.sub_expression()?;
    expression.status = status;
    parser.space();
    if parser.rest.is_empty() { Ok(expression) } else { Err(parser.expected("the end")) }
}

/// Whether a text that names no concept is meant as an expression: it holds what joins concepts.
#[must_use]
pub fn is_meant(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '=' | '<' | ' '))
        && text.contains([':', '+', '|', '=', '<'])
}

/// Looks whether all concepts are there and names of attributes can be such.
///
/// # Errors
/// Of the first concept that is not.
pub fn check(expression: &Expression, edition: &Edition) -> Result<(), Error> {
    let find = |id: &str| {
        edition.find_exact(id).ok_or_else(|| Error::UnknownConcept { id: id.to_owned() })
    };
    let names: Vec<ConceptIx> = NAMES.iter().filter_map(|id| edition.find_exact(id)).collect();
    for focus in &expression.focus {
        find(focus)?;
    }
    for attribute in expression.attributes.iter().chain(expression.groups.iter().flatten()) {
        let name = find(&attribute.name)?;
        if !names.is_empty() && !names.iter().any(|&above| edition.is_ancestor(above, name)) {
            return Err(Error::NotAnAttribute { id: attribute.name.clone() });
        }
        match &attribute.value {
            Value::Concept(id) => find(id).map(|_| ())?,
            Value::Expression(inner) => check(inner, edition)?,
            Value::Text(_) | Value::Number(_) | Value::Boolean(_) => {}
        }
    }
    Ok(())
}

/// The necessary normal form of a concept: its nearest primitive ancestors, its attributes and
/// groups, `===` if these define it and `<<<` if they do not.
///
/// Source: Using SNOMED CT with FHIR, property `normalForm`.
#[must_use]
pub fn normal_form(edition: &Edition, concept: ConceptIx) -> Expression {
    let defined = edition.property_id("sufficientlyDefined");
    let is_defined = |concept: ConceptIx| {
        let mut values = defined.into_iter().flat_map(|id| edition.values_of(concept, id));
        values.any(|value| value.value() == PropertyValue::Boolean(true))
    };
    let above = edition.ancestors(concept);
    let primitive: Vec<ConceptIx> = above.iter().filter(|&one| !is_defined(one)).collect();
    let is_nearest =
        |&&one: &&ConceptIx| !primitive.iter().any(|&other| edition.is_ancestor(one, other));
    let focus = primitive.iter().filter(is_nearest).map(|&one| edition.code(one).to_owned());
    let mut expression = Expression {
        status: if is_defined(concept) { "===" } else { "<<<" }.to_owned(),
        focus: focus.collect(),
        attributes: Vec::new(),
        groups: Vec::new(),
    };
    if expression.focus.is_empty() {
        expression.focus.push(edition.code(concept).to_owned());
    }
    let mut grouped: BTreeMap<u16, Vec<Attribute>> = BTreeMap::new();
    for row in edition.properties(concept) {
        let name = row.code();
        if !name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let value = match row.value() {
            PropertyValue::Code(code) => Value::Concept(code.to_owned()),
            PropertyValue::Boolean(value) => Value::Boolean(value),
            PropertyValue::String(text) => Value::Text(text.to_owned()),
            other => Value::Number(other.stored().into_owned()),
        };
        grouped.entry(row.group()).or_default().push(Attribute { name: name.to_owned(), value });
    }
    expression.attributes = grouped.remove(&0).unwrap_or_default();
    expression.groups = grouped.into_values().collect();
    expression
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
    depth: usize,
    attributes: usize,
}

impl<'t> Parser<'t> {
    fn expected(&self, expected: &'static str) -> Error {
        let before = self.text.len() - self.rest.len();
        let characters = self.text.get(..before).map_or(0, |before| before.chars().count());
        Error::Syntax { position: characters + 1, expected }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// ```text
    /// subExpression = focusConcept [ws ":" ws refinement]
    /// focusConcept = conceptReference *(ws "+" ws conceptReference)
    /// ```
    fn sub_expression(&mut self) -> Result<Expression, Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::TooLarge);
        }
        let mut expression = Expression {
            status: String::new(),
            focus: vec![self.concept()?],
            attributes: Vec::new(),
            groups: Vec::new(),
        };
        self.space();
        while self.eat("+") {
            self.space();
            expression.focus.push(self.concept()?);
            self.space();
        }
        if self.eat(":") {
            self.space();
            self.refinement(&mut expression)?;
        }
        self.depth -= 1;
        Ok(expression)
    }

    /// ```text
    /// refinement = (attributeSet / attributeGroup) *( ws ["," ws] attributeGroup )
    /// attributeGroup = "{" ws attributeSet ws "}"
    /// ```
    fn refinement(&mut self, expression: &mut Expression) -> Result<(), Error> {
        loop {
            if self.eat("{") {
                let mut group = Vec::new();
                loop {
                    self.space();
                    group.push(self.attribute()?);
                    self.space();
                    if !self.eat(",") {
                        break;
                    }
                }
                if !self.eat("}") {
                    return Err(self.expected("a comma or '}'"));
                }
                expression.groups.push(group);
            } else {
                expression.attributes.push(self.attribute()?);
            }
            self.space();
            if !self.eat(",") && !self.rest.starts_with('{') {
                return Ok(());
            }
            self.space();
        }
    }

    /// ```text
    /// attribute = attributeName ws "=" ws attributeValue
    /// attributeValue = expressionValue / QM stringValue QM / "#" numericValue / booleanValue
    /// expressionValue = conceptReference / "(" ws subExpression ws ")"
    /// ```
    fn attribute(&mut self) -> Result<Attribute, Error> {
        self.attributes += 1;
        if self.attributes > MAX_ATTRIBUTES {
            return Err(Error::TooLarge);
        }
        let name = self.concept()?;
        self.space();
        if !self.eat("=") {
            return Err(self.expected("'='"));
        }
        self.space();
        Ok(Attribute { name, value: self.value()? })
    }

    fn value(&mut self) -> Result<Value, Error> {
        if self.eat("(") {
            self.space();
            let inner = self.sub_expression()?;
            self.space();
            if !self.eat(")") {
                return Err(self.expected("')'"));
            }
            return Ok(Value::Expression(Box::new(inner)));
        }
        if self.eat("#") {
            let number = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
            return match number.parse::<f64>() {
                Ok(_) => Ok(Value::Number(number.to_owned())),
                Err(_) => Err(self.expected("a number")),
            };
        }
        if self.eat("\"") {
            return self.text();
        }
        let word: String = self.rest.chars().take_while(char::is_ascii_alphabetic).collect();
        for (keyword, value) in [("true", true), ("false", false)] {
            if word.eq_ignore_ascii_case(keyword) {
                self.take_while(|c| c.is_ascii_alphabetic());
                return Ok(Value::Boolean(value));
            }
        }
        self.concept().map(Value::Concept)
    }

    fn text(&mut self) -> Result<Value, Error> {
        let mut text = String::new();
        let mut characters = self.rest.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    self.rest = characters.as_str();
                    return Ok(Value::Text(text));
                }
                '\\' => text.extend(characters.next()),
                other => text.push(other),
            }
        }
        Err(self.expected("a closing quotation mark"))
    }

    /// ```text
    /// conceptReference = conceptId [ws "|" ws term ws "|"]
    /// sctId = digitNonZero 5*17( digit )
    /// ```
    fn concept(&mut self) -> Result<String, Error> {
        let before = self.rest;
        let id = self.take_while(|c| c.is_ascii_alphanumeric());
        let is_id = (6..=18).contains(&id.len())
            && !id.starts_with('0')
            && id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_id {
            self.rest = before;
            return Err(self.expected("a concept: an identifier of 6 to 18 digits"));
        }
        let end = self.rest;
        self.space();
        if !self.eat("|") {
            self.rest = end;
            return Ok(id.to_owned());
        }
        self.take_while(|c| c != '|');
        if !self.eat("|") {
            return Err(self.expected("the closing '|' of the term"));
        }
        Ok(id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::LanguageScores;
    use crate::{EditionBuilder, EditionMeta};

    fn edition() -> Edition {
        let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", ""));
        for (id, term) in [
            ("10200004", "Liver structure"),
            ("272741003", "Laterality"),
            ("24028007", "Right"),
            ("410662002", "Concept model attribute"),
        ] {
            let concept = builder.concept(id);
            builder.display(concept, "en", term);
        }
        let (name, above) = (builder.concept("272741003"), builder.concept("410662002"));
        builder.parent(name, above);
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    #[test]
    fn expressions_are_written_with_terms_and_without_blanks() {
        let edition = edition();
        for (text, expected) in [
            (
                "10200004 |x| : 272741003 |y| = 24028007 |z|",
                "10200004|Liver structure|:272741003|Laterality|=24028007|Right|",
            ),
            (
                "=== 10200004 + 24028007 : { 272741003 = ( 24028007 : 272741003 = #-1.5 ) } \
                 { 272741003 = \"a\\\"b\", 272741003 = TRUE }",
                "===10200004|Liver structure|+24028007|Right|:{272741003|Laterality|=(24028007|Right|:\
                 272741003|Laterality|=#-1.5)},{272741003|Laterality|=\"a\\\"b\",\
                 272741003|Laterality|=true}",
            ),
        ] {
            let parsed = parse(text).unwrap();
            assert_eq!(check(&parsed, &edition), Ok(()));
            let written = display(&parsed, &edition, &LanguageScores::default());
            assert_eq!(written, expected);
            assert_eq!(parse(&written), Ok(parsed));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let edition = edition();
        for (text, expected) in [
            ("10200004:{272741003=99999999}", "Concept 99999999 not found"),
            (
                "10200004:{24028007=272741003}",
                "Concept 24028007 is not valid in this context (must be a descendent of one of \
                 410662002,106237007)",
            ),
            ("10200004:", "character 10: expected a concept: an identifier of 6 to 18 digits"),
            ("10200004:{272741003=24028007", "character 29: expected a comma or '}'"),
            ("10200004 10200004", "character 10: expected the end"),
        ] {
            let error = parse(text).and_then(|parsed| check(&parsed, &edition)).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
        assert_eq!(parse(&"111111:111111=(".repeat(60)), Err(Error::TooLarge));
        let wide = |count| format!("111111:{}", vec!["111111=111111"; count].join(","));
        assert!(parse(&wide(128)).is_ok());
        assert_eq!(parse(&wide(129)), Err(Error::TooLarge));
    }

    #[test]
    fn a_normal_form_stands_on_the_nearest_primitive_ancestors() {
        use crate::PropertyKind;
        let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", ""));
        let defined = builder.property_id("sufficientlyDefined", PropertyKind::Boolean, "");
        for (id, parent, is_defined) in [
            ("64572001", "", false),
            ("73211009", "64572001", false),
            ("44054006", "73211009", true),
            ("313436004", "44054006", true),
        ] {
            let concept = builder.concept(id);
            builder.property(concept, defined, PropertyValue::Boolean(is_defined), 0);
            if !parent.is_empty() {
                let parent = builder.concept(parent);
                builder.parent(concept, parent);
            }
        }
        let site = builder.property_id("363698007", PropertyKind::Code, "");
        let concept = builder.concept("313436004");
        builder.property(concept, site, PropertyValue::Code("10200004"), 0);
        builder.property(concept, site, PropertyValue::Code("113331007"), 2);
        let edition = Edition::from_bytes(builder.finish().unwrap().into()).unwrap();
        for (id, expected) in [
            ("313436004", "===73211009:363698007=10200004,{363698007=113331007}"),
            ("73211009", "<<<64572001"),
            ("64572001", "<<<64572001"),
        ] {
            let form = normal_form(&edition, edition.find_exact(id).unwrap());
            assert_eq!(terse(&form), expected);
            assert_eq!(parse(&terse(&form)), Ok(form));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ 0-9:=+{}()|,#\"a-zé]{0,50}") {
            let _ = parse(&text);
        }
    }
}
