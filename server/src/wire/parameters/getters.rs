//! Asking for parameters by name and type.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::value::RawValue;

use super::{Parameter, ParameterValue, Parameters};
use crate::wire::error::quoted;
use crate::wire::{CodeableConcept, Coding, LanguagePreferences, WireError};

/// The largest FHIR `integer`.
const MAX_INTEGER: u32 = i32::MAX as u32;

impl Parameters {
    /// The parameters of this name, in their order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Parameter> {
        self.list.iter().filter(move |parameter| parameter.name == name)
    }

    /// Whether a parameter of this name is given.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.list.iter().any(|parameter| parameter.name == name)
    }

    /// Lets `alias` be another name of `name`: parameters of that name are renamed, so that every getter finds
    /// them. Where both are given with the same text, the alias is dropped; where they differ, the getters
    /// report a repetition.
    ///
    /// For parameters that clients spell differently, such as HAPI's `language` for `displayLanguage`, or
    /// R5's `sourceCode` for R4's `code`.
    pub fn accept_alias(&mut self, alias: &str, name: &str) {
        let text = self.named(name).next().and_then(|found| found.value.text().map(str::to_owned));
        if text.is_some() {
            self.list.retain(|each| each.name != alias || each.value.text() != text.as_deref());
        }
        for parameter in self.list.iter_mut().filter(|each| each.name == alias) {
            name.clone_into(&mut parameter.name);
        }
    }

    /// A text, whatever primitive FHIR type carries it.
    ///
    /// # Errors
    /// [`WireError::Repeated`]; [`WireError::Value`] where the parameter is not a primitive.
    pub fn string(&self, name: &str) -> Result<Option<&str>, WireError> {
        self.single(name)?.map(text).transpose()
    }

    /// All texts of a parameter that may repeat.
    ///
    /// # Errors
    /// [`WireError::Value`] where one of them is not a primitive.
    pub fn strings(&self, name: &str) -> Result<Vec<&str>, WireError> {
        self.list.iter().filter(|each| each.name == name).map(text).collect()
    }

    /// A text that must be given; `expected` says what it is, for the error.
    ///
    /// # Errors
    /// [`WireError::Missing`] and the errors of [`Self::string`].
    pub fn required_string(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<&str, WireError> {
        self.string(name)?.ok_or_else(|| WireError::missing(name, expected))
    }

    /// A boolean, also where it is spelled as the text `true` or `false`.
    ///
    /// # Errors
    /// [`WireError::Repeated`]; [`WireError::Value`] for anything else.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, WireError> {
        let read = |found: &Parameter| match &found.value {
            ParameterValue::Boolean(value) => Ok(*value),
            value => match value.text() {
                Some("true") => Ok(true),
                Some("false") => Ok(false),
                _ => Err(wrong(found, "'true' or 'false'")),
            },
        };
        self.single(name)?.map(read).transpose()
    }

    /// A whole number from 0, also where it is spelled as text.
    ///
    /// # Errors
    /// As [`Self::integer_within`].
    pub fn integer(&self, name: &str) -> Result<Option<u32>, WireError> {
        self.integer_within(name, 0..=MAX_INTEGER)
    }

    /// A whole number inside a range, also where it is spelled as text.
    ///
    /// # Errors
    /// [`WireError::Repeated`]; [`WireError::Value`] for anything else and for numbers outside of the range.
    pub fn integer_within(
        &self,
        name: &str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, WireError> {
        let read = |found: &Parameter| {
            let digits = found.value.text().filter(|text| is_digits(text));
            let number = digits.and_then(|digits| digits.parse().ok());
            number.filter(|number| range.contains(number)).ok_or_else(|| {
                let (from, to) = (range.start(), range.end());
                wrong(found, format!("a whole number from {from} to {to}"))
            })
        };
        self.single(name)?.map(read).transpose()
    }

    /// A Coding.
    ///
    /// # Errors
    /// [`WireError::Repeated`]; [`WireError::Value`] for anything else. In particular a text is not a Coding:
    /// FHIR lets only primitive parameters stand in a URL.
    pub fn coding(&self, name: &str) -> Result<Option<&Coding>, WireError> {
        self.single(name)?.map(coding).transpose()
    }

    /// All Codings of a parameter that may repeat.
    ///
    /// # Errors
    /// As [`Self::coding`].
    pub fn codings(&self, name: &str) -> Result<Vec<&Coding>, WireError> {
        self.list.iter().filter(|each| each.name == name).map(coding).collect()
    }

    /// A CodeableConcept.
    ///
    /// # Errors
    /// [`WireError::Repeated`]; [`WireError::Value`] for anything else.
    pub fn codeable_concept(&self, name: &str) -> Result<Option<&CodeableConcept>, WireError> {
        self.single(name)?.map(codeable_concept).transpose()
    }

    /// A resource, as raw JSON.
    ///
    /// # Errors
    /// [`WireError::Repeated`]; [`WireError::Value`] where the parameter has a value instead.
    pub fn resource(&self, name: &str) -> Result<Option<&RawValue>, WireError> {
        self.single(name)?.map(resource).transpose()
    }

    /// All resources of a parameter that may repeat, as raw JSON in their order.
    ///
    /// # Errors
    /// [`WireError::Value`] where one of them has a value instead.
    pub fn resources<'a>(
        &'a self,
        name: &'a str,
    ) -> Result<impl Iterator<Item = &'a RawValue>, WireError> {
        self.named(name).try_for_each(|found| resource(found).map(|_| ()))?;
        Ok(self.named(name).filter_map(|found| found.resource.as_deref()))
    }

    /// The parts of each parameter of this name, as lists with the same getters.
    ///
    /// # Errors
    /// [`WireError::Value`] where one of them has no parts.
    pub fn part_lists<'a>(
        &'a self,
        name: &'a str,
    ) -> Result<impl Iterator<Item = &'a Parameters>, WireError> {
        let is_without = |found: &&Parameter| found.parts.list.is_empty();
        match self.named(name).find(is_without) {
            Some(found) => Err(wrong(found, "a list of parts")),
            None => Ok(self.named(name).map(|found| &found.parts)),
        }
    }

    /// Languages in the notation of `Accept-Language`, as `displayLanguage` gives them.
    ///
    /// # Errors
    /// The errors of [`Self::string`] and [`LanguagePreferences::parse`].
    pub fn languages(&self, name: &str) -> Result<Option<LanguagePreferences>, WireError> {
        self.string(name)?.map(|text| LanguagePreferences::parse(name, text)).transpose()
    }

    /// The only parameter of this name.
    fn single(&self, name: &str) -> Result<Option<&Parameter>, WireError> {
        let mut found = self.list.iter().filter(|parameter| parameter.name == name);
        let first = found.next();
        match found.count() {
            0 => Ok(first),
            more => Err(WireError::Repeated { name: name.to_owned(), count: more + 1 }),
        }
    }
}

impl ParameterValue {
    /// The text of a primitive; `None` for complex types and without a value.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Untyped(text) | Self::Text(_, text) | Self::Number(_, text) => Some(text),
            Self::Boolean(true) => Some("true"),
            Self::Boolean(false) => Some("false"),
            Self::Absent | Self::Coding(_) | Self::CodeableConcept(_) | Self::Other(..) => None,
        }
    }

    /// The FHIR type's name; `None` for a text from a URL or a form, and without a value.
    #[must_use]
    pub fn fhir_type(&self) -> Option<&str> {
        match self {
            Self::Absent | Self::Untyped(_) => None,
            Self::Text(kind, _) => Some(kind.name()),
            Self::Number(kind, _) => Some(kind.name()),
            Self::Boolean(_) => Some("boolean"),
            Self::Coding(_) => Some("Coding"),
            Self::CodeableConcept(_) => Some("CodeableConcept"),
            Self::Other(kind, _) => Some(kind),
        }
    }
}

fn text(found: &Parameter) -> Result<&str, WireError> {
    found.value.text().ok_or_else(|| wrong(found, "a text"))
}

fn coding(found: &Parameter) -> Result<&Coding, WireError> {
    match &found.value {
        ParameterValue::Coding(coding) => Ok(coding),
        ParameterValue::Untyped(_) => Err(wrong(
            found,
            "a valueCoding in the request's body (a URL can give system, code and version as single parameters)",
        )),
        _ => Err(wrong(found, "a valueCoding")),
    }
}

fn codeable_concept(found: &Parameter) -> Result<&CodeableConcept, WireError> {
    match &found.value {
        ParameterValue::CodeableConcept(concept) => Ok(concept),
        _ => Err(wrong(found, "a valueCodeableConcept in the request's body")),
    }
}

fn resource(found: &Parameter) -> Result<&RawValue, WireError> {
    found.resource.as_deref().ok_or_else(|| wrong(found, "a resource in the request's body"))
}

/// An error that tells what a parameter holds.
fn wrong(found: &Parameter, expected: impl Into<Cow<'static, str>>) -> WireError {
    let value = &found.value;
    let holds = match (value.text(), value.fhir_type()) {
        (Some(text), Some(kind)) => format!("the {kind} {}", quoted(text)),
        (Some(text), None) => quoted(text),
        (None, Some(kind)) => format!("a {kind}"),
        (None, None) if found.resource.is_some() => "a resource".to_owned(),
        (None, None) if !found.parts.list.is_empty() => "a list of parts".to_owned(),
        (None, None) => "without a value".to_owned(),
    };
    WireError::Value { name: found.name.clone(), found: holds, expected: expected.into() }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
