//! ValueSet resources become definitions.

mod resource;

use codesystems::fhir::json::{self, NamedValue, Text, extension};
use codesystems::{Canonical, Result};
use serde_json::value::RawValue;

use crate::model::{
    Compose, Contained, EnumeratedConcept, ExpansionParameter, Filter, FilterOp, Include,
    OwnDesignation, StoredExpansion, ValueSet,
};

use super::{check_type, wrong};

const SUPPLEMENT: &str = "http://hl7.org/fhir/StructureDefinition/valueset-supplement";
const EXPANSION_PARAMETER: &str =
    "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter";
const STANDARDS_STATUS: &str =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status";
/// How R4 says the operators that it does not have itself: an extension on `op`.
const OPERATOR: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.compose.include.filter.op";

/// Reads a ValueSet from JSON.
///
/// # Errors
/// As [`from_slice`].
pub fn value_set(json: &str) -> Result<ValueSet> {
    from_slice(json.as_bytes())
}

/// Reads a ValueSet from JSON in UTF-8.
///
/// A filter without a value is read as one with an empty value: whether that makes sense is a
/// question to the code system.
///
/// # Errors
/// [`codesystems::Error::Resource`] naming the element: for JSON that is not well formed or not a
/// ValueSet, for elements of the wrong type, listed concepts without a code, filters without a
/// property and operators that FHIR does not have.
pub fn from_slice(json: &[u8]) -> Result<ValueSet> {
    let resource: resource::ValueSet<'_> = json::from_slice("ValueSet", json)?;
    check_type("ValueSet", &resource.resource_type)?;
    let extension_json = resource.extension.map_or("[]", RawValue::get);
    let extensions: Vec<NamedValue<'_>> =
        json::from_slice("ValueSet.extension", extension_json.as_bytes())?;
    let status = extension(&extensions, STANDARDS_STATUS).map(NamedValue::text);
    let compose_extensions = resource.compose.iter().flat_map(|compose| &compose.extension);
    Ok(ValueSet {
        url: resource.url.to_string(),
        version: resource.version.to_string(),
        id: resource.id.to_string(),
        name: resource.name.to_string(),
        title: resource.title.to_string(),
        status: resource.status.to_string(),
        standards_status: status.unwrap_or_default().into_owned(),
        experimental: resource.experimental,
        date: resource.date.to_string(),
        publisher: resource.publisher.to_string(),
        description: resource.description.to_string(),
        copyright: resource.copyright.to_string(),
        language: resource.language.to_string(),
        immutable: resource.immutable,
        identifiers: resource.identifier.iter().map(|identifier| identifier.owned()).collect(),
        extension: resource.extension.map(|raw| raw.get().to_owned()).unwrap_or_default(),
        supplements: supplements(&extensions),
        expansion_parameters: extensions
            .iter()
            .chain(compose_extensions)
            .filter(|extension| &*extension.name == EXPANSION_PARAMETER)
            .map(expansion_parameter)
            .collect(),
        contained: contained_value_sets(&resource.contained),
        compose: resource.compose.as_ref().map(compose).transpose()?,
        expansion: resource.expansion.as_ref().map(expansion),
    })
}

/// Contained resources that are value sets; others, and those that cannot be read, are left out: an
/// import of one says that it is not there.
fn contained_value_sets(contained: &[&RawValue]) -> Vec<ValueSet> {
    contained.iter().filter_map(|json| value_set(json.get()).ok()).collect()
}

fn supplements(extensions: &[NamedValue<'_>]) -> Vec<Canonical> {
    extensions
        .iter()
        .filter(|extension| &*extension.name == SUPPLEMENT)
        .map(|extension| Canonical::parse(&extension.text()))
        .collect()
}

/// `expansion.parameter` has name and value; the extension has them as extensions of its own.
fn expansion_parameter(extension: &NamedValue<'_>) -> ExpansionParameter {
    let part = |name| json::extension(&extension.extension, name);
    let value = part("value");
    ExpansionParameter {
        name: part("name").map(NamedValue::text).unwrap_or_default().into_owned(),
        value: value.map(NamedValue::text).unwrap_or_default().into_owned(),
        value_type: value.map(|value| value.value_type.to_string()).unwrap_or_default(),
    }
}

fn compose(compose: &resource::Compose<'_>) -> Result<Compose> {
    let all = |list: &[resource::Include<'_>], name: &str| {
        list.iter()
            .enumerate()
            .map(|(at, part)| include(part, &format!("ValueSet.compose.{name}[{at}]")))
            .collect::<Result<Vec<_>>>()
    };
    Ok(Compose {
        inactive: compose.inactive,
        locked_date: compose.locked_date.to_string(),
        include: all(&compose.include, "include")?,
        exclude: all(&compose.exclude, "exclude")?,
        property: compose.property.iter().map(|property| property.to_string()).collect(),
    })
}

fn include(include: &resource::Include<'_>, path: &str) -> Result<Include> {
    let some = |text: &Text<'_>| text.some().map(str::to_owned);
    let concepts = include.concept.iter().enumerate();
    let filters = include.filter.iter().enumerate();
    Ok(Include {
        system: some(&include.system),
        version: some(&include.version),
        concepts: concepts
            .map(|(at, concept)| enumerated(concept, path, at))
            .collect::<Result<_>>()?,
        filters: filters.map(|(at, filter)| condition(filter, path, at)).collect::<Result<_>>()?,
        value_sets: include.value_set.iter().map(|canonical| Canonical::parse(canonical)).collect(),
        copyright: include.copyright.to_string(),
    })
}

fn enumerated(concept: &resource::Concept<'_>, path: &str, at: usize) -> Result<EnumeratedConcept> {
    if concept.code.is_empty() {
        return Err(wrong(
            format!("{path}.concept[{at}].code"),
            "missing, every listed concept needs a code",
        ));
    }
    Ok(EnumeratedConcept {
        code: concept.code.to_string(),
        display: concept.display.to_string(),
        designations: concept.designation.iter().map(designation).collect(),
        extension: concept.extension.map(|raw| raw.get().to_owned()).unwrap_or_default(),
    })
}

fn designation(designation: &resource::Designation<'_>) -> OwnDesignation {
    OwnDesignation {
        language: designation.language.to_string(),
        use_system: designation.purpose.system.to_string(),
        use_code: designation.purpose.code.to_string(),
        use_display: designation.purpose.display.to_string(),
        value: designation.value.to_string(),
        extension: designation.extension.map(|raw| raw.get().to_owned()).unwrap_or_default(),
    }
}

fn condition(filter: &resource::Filter<'_>, path: &str, at: usize) -> Result<Filter> {
    let path = |element: &str| format!("{path}.filter[{at}].{element}");
    if filter.property.is_empty() {
        return Err(wrong(path("property"), "missing, every filter needs a property"));
    }
    Ok(Filter {
        property: filter.property.to_string(),
        op: operator(filter, path)?,
        value: filter.value.to_string(),
    })
}

/// The operator; an extension on it wins, because R4 must write a lesser operator beside it.
fn operator(filter: &resource::Filter<'_>, path: impl Fn(&str) -> String) -> Result<FilterOp> {
    let element = filter.op_element.as_ref();
    let extended = element.and_then(|element| extension(&element.extension, OPERATOR));
    let code = extended.map_or_else(|| (&*filter.op).into(), NamedValue::text);
    FilterOp::from_code(&code).ok_or_else(|| {
        let known = FilterOp::ALL.map(FilterOp::code).join(", ");
        wrong(path("op"), format!("expected one of {known}, found '{code}'"))
    })
}

fn expansion(expansion: &resource::Expansion<'_>) -> StoredExpansion {
    let parameter = |parameter: &NamedValue<'_>| ExpansionParameter {
        name: parameter.name.to_string(),
        value: parameter.text().into_owned(),
        value_type: parameter.value_type.to_string(),
    };
    StoredExpansion {
        identifier: expansion.identifier.to_string(),
        timestamp: expansion.timestamp.to_string(),
        total: expansion.total,
        offset: expansion.offset,
        parameters: expansion.parameter.iter().map(parameter).collect(),
        contains: expansion.contains.iter().map(contained).collect(),
    }
}

fn contained(concept: &resource::Contains<'_>) -> Contained {
    Contained {
        system: concept.system.to_string(),
        version: concept.version.to_string(),
        code: concept.code.to_string(),
        display: concept.display.to_string(),
        is_abstract: concept.is_abstract.unwrap_or(false),
        inactive: concept.inactive.unwrap_or(false),
        designations: concept.designation.iter().map(designation).collect(),
        contains: concept.contains.iter().map(contained).collect(),
    }
}

#[cfg(test)]
mod tests;
