//! What an expansion is asked for.

use codesystems::LanguagePreference;
use valuesets::expand::Expansion;
use valuesets::model::ValueSet;
use valuesets::plan::{Origin, Part};

use super::super::Request;
use super::NEST_UP_TO;
use crate::failure::Failure;
use crate::wire::{LanguagePreferences, TextType, WireError};

/// A parameter echoed in `expansion.parameter`.
#[derive(Debug, Clone)]
pub(super) enum OwnedValue {
    Boolean(bool),
    Integer(i64),
    Text(TextType, String),
}

/// A value of the parameter `designation`: a language, or a use as `system|code`.
#[derive(Debug, Clone)]
pub(super) enum DesignationFilter {
    Language(LanguagePreference),
    Tag(String),
    Use(String, String),
}

impl DesignationFilter {
    pub(super) fn parse(text: &str) -> Self {
        match text.split_once('|') {
            // `urn:ietf:bcp:47|de` asks for this very language, any other system for a use.
            Some(("urn:ietf:bcp:47", language)) => Self::Tag(language.to_owned()),
            Some((system, code)) => Self::Use(system.to_owned(), code.to_owned()),
            None => Self::Language(LanguagePreference::new(vec![text.to_owned()])),
        }
    }

    pub(super) fn takes(&self, language: &str, system: &str, code: &str) -> bool {
        match self {
            Self::Tag(tag) => tag.eq_ignore_ascii_case(language),
            Self::Language(preference) => preference.score(language).is_some(),
            Self::Use(wanted_system, wanted_code) => {
                wanted_system == system && (wanted_code.is_empty() || wanted_code == code)
            }
        }
    }
}

/// What a request and, where it is silent, its value set want of an expansion.
pub(super) struct Wishes<'a> {
    pub(super) count: Option<u32>,
    pub(super) offset: Option<u32>,
    pub(super) filter: &'a str,
    pub(super) active_only: Option<bool>,
    pub(super) exclude_nested: Option<bool>,
    pub(super) exclude_not_for_ui: Option<bool>,
    pub(super) include_designations: Option<bool>,
    pub(super) display_language: Option<&'a str>,
    pub(super) designations: Vec<&'a str>,
    pub(super) properties: Vec<&'a str>,
}

impl<'a> Wishes<'a> {
    pub(super) fn of(request: &'a Request<'_>, value_set: &'a ValueSet) -> Result<Self, Failure> {
        let parameters = &request.parameters;
        let number = |name: &'static str, alias: &'static str| -> Result<Option<u32>, WireError> {
            parameters
                .integer(name)?
                .map_or_else(|| parameters.integer(alias), |number| Ok(Some(number)))
        };
        let defaults = |name: &'static str| {
            let own = value_set.expansion_parameters.iter();
            own.filter(move |own| own.name == name).map(|own| own.value.as_str())
        };
        let flag = |name: &'static str| -> Result<Option<bool>, WireError> {
            let asked = parameters.boolean(name)?;
            Ok(asked.or_else(|| defaults(name).find_map(|text| text.parse().ok())))
        };
        let list = |name: &'static str| -> Result<Vec<&'a str>, WireError> {
            let asked = parameters.strings(name)?;
            Ok(if asked.is_empty() { defaults(name).collect() } else { asked })
        };
        let header = request.languages.text();
        let display_language = parameters
            .string("displayLanguage")?
            .or_else(|| defaults("displayLanguage").next())
            .or_else(|| Some(header).filter(|_| !request.languages.is_empty()));
        let mut properties = list("property")?;
        for property in value_set.compose.iter().flat_map(|compose| &compose.property) {
            if !properties.contains(&property.as_str()) {
                properties.push(property);
            }
        }
        Ok(Self {
            count: number("count", "_count")?,
            offset: number("offset", "_offset")?,
            filter: parameters.string("filter")?.unwrap_or_default(),
            active_only: flag("activeOnly")?,
            exclude_nested: flag("excludeNested")?,
            exclude_not_for_ui: flag("excludeNotForUI")?,
            include_designations: flag("includeDesignations")?,
            display_language,
            designations: list("designation")?,
            properties,
        })
    }

    /// Pages are flat, and so is what text filters find, unless a filter of the value set chose
    /// among the concepts. Lists, imports and combined filters are in no hierarchy.
    pub(super) fn nested(&self, value_set: &ValueSet, expansion: &Expansion) -> bool {
        let is_page = self.count.is_some() || self.offset.is_some();
        let is_found = !self.filter.is_empty();
        let composes = value_set.compose.iter();
        let mut all = composes.flat_map(|compose| compose.include.iter().chain(&compose.exclude));
        let is_plain = all.all(|part| {
            part.concepts.is_empty() && part.value_sets.is_empty() && part.filters.len() <= 1
        });
        match self.exclude_nested {
            _ if is_page || !is_plain => false,
            Some(exclude) => !exclude && !is_found,
            None => nests_by_itself(expansion, is_found),
        }
    }

    /// Languages of displays: as asked for, else as the value set says it is written in.
    pub(super) fn languages(
        &self,
        request: &Request<'_>,
        value_set: &ValueSet,
    ) -> Result<LanguagePreference, Failure> {
        if let Some(text) = self.display_language {
            if text == request.languages.text() {
                return Ok(request.languages.preference());
            }
            return Ok(LanguagePreferences::parse("displayLanguage", text)?.preference());
        }
        Ok(match value_set.language.as_str() {
            "" => LanguagePreference::default(),
            language => LanguagePreference::new(vec![language.to_owned()]),
        })
    }

    /// The properties to tell; `*` stands for all there are.
    pub(super) fn properties(&self, expansion: &Expansion) -> Vec<String> {
        if !self.properties.contains(&"*") {
            return self.properties.iter().map(|&code| code.to_owned()).collect();
        }
        let mut all: Vec<String> = Vec::new();
        for part in &expansion.compiled().parts {
            for property in &part.system.edition().meta().properties {
                if !property.code.starts_with('$') && !all.contains(&property.code) {
                    all.push(property.code.clone());
                }
            }
        }
        all
    }

    /// What was asked for, as the answer repeats it: of the rules for versions those that decided.
    pub(super) fn echo(
        &self,
        request: &Request<'_>,
        expansion: &Expansion,
    ) -> Result<Vec<(&'static str, OwnedValue)>, Failure> {
        let mut echo = Vec::new();
        let flags = [
            ("activeOnly", self.active_only),
            ("excludeNested", self.exclude_nested),
            ("excludeNotForUI", self.exclude_not_for_ui),
            ("includeDesignations", self.include_designations),
            ("includeDefinition", request.parameters.boolean("includeDefinition")?),
        ];
        for (name, value) in flags {
            echo.extend(value.map(|value| (name, OwnedValue::Boolean(value))));
        }
        for (name, value) in [("count", self.count), ("offset", self.offset)] {
            echo.extend(value.map(|value| (name, OwnedValue::Integer(i64::from(value)))));
        }
        let text = |kind, text: &str| OwnedValue::Text(kind, text.to_owned());
        if !self.filter.is_empty() {
            echo.push(("filter", text(TextType::String, self.filter)));
        }
        if let Some(language) = self.display_language {
            echo.push(("displayLanguage", text(TextType::Code, language)));
        }
        for designation in &self.designations {
            echo.push(("designation", text(TextType::String, designation)));
        }
        let compiled = expansion.compiled();
        for rule in &compiled.rules {
            echo.push((rule.parameter, text(TextType::Uri, &rule.canonical.to_string())));
        }
        if compiled.are_versions_matched {
            echo.push(("versionsMatch", OwnedValue::Boolean(true)));
        }
        Ok(echo)
    }
}

/// Small code systems whose resource nests its concepts are shown as they are written; everything
/// else is flat unless the request says otherwise, because most clients read one level only.
pub(super) fn nests_by_itself(expansion: &Expansion, is_found: bool) -> bool {
    let nests = |part: &Part| {
        part.system.edition().meta().nested
            && (part.origin == Origin::Filtered || part.origin == Origin::Whole && !is_found)
    };
    expansion.total() <= NEST_UP_TO && expansion.compiled().parts.iter().any(nests)
}
