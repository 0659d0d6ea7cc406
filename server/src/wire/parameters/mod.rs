//! Parameters of an operation, wherever they came from.
//!
//! FHIR lets the same operation be called with a query string, a form, a Parameters resource in JSON or XML,
//! or a bare resource; and clients are loose about which FHIR type carries a text (`valueString` where `uri`
//! is declared, and so on). Operations therefore never look at the source: they ask [`Parameters`] for a value
//! of the type they need, by name, and get the value, nothing, or an error that names the parameter, what it
//! holds and what was expected.

mod getters;
mod json;
mod query;

use serde_json::value::RawValue;

pub(super) use query::{decode, query_pairs};

use super::json::resource_type;
use super::xml;
use super::{BodyFormat, CodeableConcept, Coding, Limits, NumberType, TextType, WireError};

/// A list of parameters in the order given: those of an operation, or the parts of one parameter.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    /// The parameters.
    pub list: Vec<Parameter>,
}

/// One parameter.
#[derive(Debug, Clone, Default)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ParameterValue,
    /// Its parts.
    pub parts: Parameters,
    /// Its resource, as the JSON text that was sent.
    pub resource: Option<Box<RawValue>>,
}

/// The value of a parameter.
#[derive(Debug, Clone, Default)]
pub enum ParameterValue {
    /// No value: the parameter has parts or a resource, or nothing at all.
    #[default]
    Absent,
    /// A text without a FHIR type, from a URL or a form.
    Untyped(String),
    /// A primitive whose JSON value is a string.
    Text(TextType, String),
    /// A primitive whose JSON value is a number, with the digits as they were sent.
    Number(NumberType, String),
    /// A boolean.
    Boolean(bool),
    /// A Coding.
    Coding(Coding),
    /// A CodeableConcept.
    CodeableConcept(CodeableConcept),
    /// Any other type: its name as it stands behind `value` (for example `Quantity`), and its JSON text.
    Other(String, Box<RawValue>),
}

impl Parameters {
    /// Reads the parameters of a request from its query string and its body, those of the body first.
    ///
    /// The body is a Parameters resource or a bare ValueSet, CodeSystem or ConceptMap, which becomes the
    /// parameter `valueSet`, `codeSystem` or `conceptMap`; or a form. An empty body adds nothing.
    ///
    /// # Errors
    /// Every error of [`Self::from_query`], [`Self::from_json`] and [`Self::from_form`]; [`WireError::Xml`].
    pub fn from_request(
        query: Option<&str>,
        body: &[u8],
        format: BodyFormat,
        limits: &Limits,
    ) -> Result<Self, WireError> {
        let mut parameters = match format {
            _ if body.trim_ascii().is_empty() => Self::default(),
            BodyFormat::Json => Self::from_json(body, limits)?,
            BodyFormat::Form => Self::from_form(body, limits)?,
            BodyFormat::Xml => {
                limits.check_text(body)?;
                Self::from_json(xml::to_json(body)?.as_bytes(), limits)?
            }
        };
        if let Some(query) = query {
            parameters.list.append(&mut Self::from_query(query)?.list);
        }
        Ok(parameters)
    }

    /// Reads a query string, without its leading `?`.
    ///
    /// Parameters are separated by `&` alone and end their name at the first `=`, so a canonical with unencoded
    /// `?`, `=` or `|` is kept whole: `url=http://snomed.info/sct?fhir_vs=isa/73211009&filter=x`. Parameters
    /// with an empty value count as not given, as forms send them for every empty field.
    ///
    /// # Errors
    /// [`WireError::Value`] where a value is not UTF-8 once its percent escapes are decoded.
    pub fn from_query(query: &str) -> Result<Self, WireError> {
        let given =
            query_pairs(query).filter(|(name, value)| !name.is_empty() && !value.is_empty());
        let list = given.map(|(name, value)| {
            let text = decode(name, value)?.into_owned();
            let name = decode("a parameter's name", name)?.into_owned();
            Ok(Parameter { name, value: ParameterValue::Untyped(text), ..Parameter::default() })
        });
        Ok(Self { list: list.collect::<Result<_, WireError>>()? })
    }

    /// Reads an `application/x-www-form-urlencoded` body.
    ///
    /// # Errors
    /// As [`Self::from_query`]; [`WireError::TooLarge`], [`WireError::Encoding`].
    pub fn from_form(body: &[u8], limits: &Limits) -> Result<Self, WireError> {
        Self::from_query(limits.check_text(body)?.trim_ascii())
    }

    /// Reads a JSON body: a Parameters resource or a bare ValueSet, CodeSystem or ConceptMap.
    ///
    /// # Errors
    /// [`WireError::Json`] with line, column, path and expectation where the JSON or the resource's structure
    /// is wrong; [`WireError::Resource`] for any other resource; the errors of [`Limits::check_json`].
    pub fn from_json(body: &[u8], limits: &Limits) -> Result<Self, WireError> {
        let text = limits.check_json(body)?;
        let kind = resource_type(text)?;
        let name = match kind.as_deref() {
            Some("Parameters") => return json::read_parameters(text),
            Some("ValueSet") => "valueSet",
            Some("CodeSystem") => "codeSystem",
            Some("ConceptMap") => "conceptMap",
            other => return Err(unexpected_resource(other)),
        };
        let resource = serde_json::from_str(text)?;
        Ok(Self { list: vec![Parameter::with_resource(name, resource)] })
    }

    /// Reads a Parameters resource from JSON text that was checked before, such as an entry of a batch or a
    /// resource inside of another parameter.
    ///
    /// # Errors
    /// [`WireError::Json`], [`WireError::Resource`].
    pub fn from_raw(resource: &RawValue) -> Result<Self, WireError> {
        match resource_type(resource.get())?.as_deref() {
            Some("Parameters") => json::read_parameters(resource.get()),
            Some("ValueSet" | "CodeSystem" | "ConceptMap") => {
                Self::from_json(resource.get().as_bytes(), &Limits::unlimited())
            }
            other => Err(unexpected_resource(other)),
        }
    }
}

impl Parameter {
    /// A parameter with a text.
    #[must_use]
    pub fn with_text(name: &str, kind: TextType, text: &str) -> Self {
        let value = ParameterValue::Text(kind, text.to_owned());
        Self { name: name.to_owned(), value, ..Self::default() }
    }

    /// A parameter with a resource.
    #[must_use]
    pub fn with_resource(name: &str, resource: Box<RawValue>) -> Self {
        Self { name: name.to_owned(), resource: Some(resource), ..Self::default() }
    }
}

fn unexpected_resource(found: Option<&str>) -> WireError {
    WireError::Resource {
        found: match found {
            Some(name) => format!("a resource of type {}", super::error::quoted(name)),
            None => "without a resourceType".to_owned(),
        },
        expected: "a Parameters, ValueSet, CodeSystem or ConceptMap resource",
    }
}

#[cfg(test)]
mod tests;
