//! ConceptMap resources become maps.
//!
//! R4 and R5 differ much here: `equivalence` against `relationship` (whose direction is turned),
//! `unmatched` against `noMap`, system and version as two elements against a canonical, texts
//! against typed values in `dependsOn` and `product`. All of it is read by one reader, since
//! resources in the wild mix them.

mod resource;

use codesystems::fhir::json::{self, Identifier, NamedValue, property_kind};
use codesystems::{Canonical, PropertyValue, Result};

use crate::conceptmap::{
    ConceptMapBuilder, ConceptMapMeta, GroupId, MapProperty, NewMapping, Relationship, Unmapped,
};

use super::{check_type, wrong};

/// A ConceptMap that was read.
#[derive(Debug)]
pub struct Read {
    /// Everything it says.
    pub builder: ConceptMapBuilder,
    /// What was odd and what was done about it, with the path of the element.
    pub warnings: Vec<String>,
}

/// Reads a ConceptMap from JSON; warnings are dropped.
///
/// # Errors
/// As [`read`].
pub fn concept_map(json: &str) -> Result<ConceptMapBuilder> {
    read(json.as_bytes()).map(|read| read.builder)
}

/// Reads a ConceptMap from JSON in UTF-8, with warnings.
///
/// Groups without source or target system are taken, with an empty system; where the scope of that
/// side is the implicit value set of a whole system (`…?fhir_vs`), its system is taken instead.
///
/// # Errors
/// [`codesystems::Error::Resource`] naming the element: for JSON that is not well formed or not a
/// ConceptMap, for elements of the wrong type and for relationships that FHIR does not have.
pub fn read(json: &[u8]) -> Result<Read> {
    let resource: resource::ConceptMap<'_> = json::from_slice("ConceptMap", json)?;
    check_type("ConceptMap", &resource.resource_type)?;
    let mut reader = Reader {
        builder: ConceptMapBuilder::new(meta(&resource)?),
        resource: &resource,
        warnings: Vec::new(),
    };
    for (at, group) in resource.group.iter().enumerate() {
        reader.group(group, &format!("ConceptMap.group[{at}]"))?;
    }
    Ok(Read { builder: reader.builder, warnings: reader.warnings })
}

fn meta(resource: &resource::ConceptMap<'_>) -> Result<ConceptMapMeta> {
    let property = |property: &resource::Property<'_>| MapProperty {
        code: property.code.to_string(),
        uri: property.uri.to_string(),
        description: property.description.to_string(),
        kind: property_kind(&property.kind),
    };
    Ok(ConceptMapMeta {
        url: resource.url.to_string(),
        version: resource.version.to_string(),
        id: resource.id.to_string(),
        name: resource.name.to_string(),
        title: resource.title.to_string(),
        status: resource.status.to_string(),
        date: resource.date.to_string(),
        publisher: resource.publisher.to_string(),
        description: resource.description.to_string(),
        copyright: resource.copyright.to_string(),
        source_scope: resource.source_canonical.to_string(),
        target_scope: resource.target_canonical.to_string(),
        identifiers: identifiers(resource)?,
        properties: resource.property.iter().map(property).collect(),
    })
}

fn identifiers(resource: &resource::ConceptMap<'_>) -> Result<Vec<codesystems::model::Identifier>> {
    let Some(raw) = resource.identifier.map(|raw| raw.get()) else { return Ok(Vec::new()) };
    let element = "ConceptMap.identifier";
    let list: Vec<Identifier<'_>> = if raw.starts_with('[') {
        json::from_slice(element, raw.as_bytes())?
    } else {
        vec![json::from_slice(element, raw.as_bytes())?]
    };
    Ok(list.iter().map(Identifier::owned).collect())
}

struct Reader<'a> {
    builder: ConceptMapBuilder,
    resource: &'a resource::ConceptMap<'a>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn group(&mut self, group: &resource::Group<'_>, path: &str) -> Result<()> {
        let scopes = (&*self.resource.source_canonical, &*self.resource.target_canonical);
        let source = self.end(&group.source, &group.source_version, scopes.0, path, "source");
        let target = self.end(&group.target, &group.target_version, scopes.1, path, "target");
        let version = |end: &Canonical| end.version.clone().unwrap_or_default();
        let id = self.builder.group(&source.url, &version(&source), &target.url, &version(&target));
        for (at, element) in group.element.iter().enumerate() {
            self.element(id, element, &format!("{path}.element[{at}]"))?;
        }
        if let Some(unmapped) = &group.unmapped {
            self.builder.unmapped(id, owned_unmapped(unmapped));
        }
        Ok(())
    }

    /// System and version of one side of a group.
    fn end(
        &mut self,
        system: &str,
        version: &str,
        scope: &str,
        path: &str,
        side: &str,
    ) -> Canonical {
        if system.is_empty() {
            let implied = scope.split_once("?fhir_vs").map_or("", |(system, _)| system);
            let taken = if implied.is_empty() { "none" } else { implied };
            self.warnings.push(format!("{path}.{side}: missing, taken as {taken}"));
            return Canonical::new(implied, Some(version));
        }
        let end = Canonical::parse(system);
        if version.is_empty() { end } else { Canonical::new(end.url, Some(version)) }
    }

    fn element(
        &mut self,
        group: GroupId,
        element: &resource::Element<'_>,
        path: &str,
    ) -> Result<()> {
        if element.code.is_empty() {
            let why = if element.value_set.is_empty() {
                "without a code"
            } else {
                "for a value set instead of a code"
            };
            self.warnings.push(format!("{path}: {why}, left out"));
            return Ok(());
        }
        if element.no_map == Some(true) {
            let none =
                NewMapping { source_display: &element.display, ..NewMapping::none(&element.code) };
            self.builder.mapping(group, &none);
        }
        for (at, target) in element.target.iter().enumerate() {
            self.target(group, element, target, &format!("{path}.target[{at}]"))?;
        }
        Ok(())
    }

    fn target(
        &mut self,
        group: GroupId,
        element: &resource::Element<'_>,
        target: &resource::Target<'_>,
        path: &str,
    ) -> Result<()> {
        let relationship = self.relationship(target, path)?;
        let unmatched = relationship == Relationship::Unmatched;
        if target.code.is_empty() && !unmatched {
            let what = if target.value_set.is_empty() { "nothing" } else { "a value set" };
            self.warnings.push(format!("{path}: {what} instead of a code, left out"));
            return Ok(());
        }
        self.builder.mapping(
            group,
            &NewMapping {
                source_display: &element.display,
                target: target.code.some().filter(|_| !unmatched),
                target_display: &target.display,
                comment: &target.comment,
                properties: &target.property.iter().filter_map(property).collect::<Vec<_>>(),
                depends_on: &target.depends_on.iter().filter_map(dependency).collect::<Vec<_>>(),
                products: &target.product.iter().filter_map(dependency).collect::<Vec<_>>(),
                ..NewMapping::new(&element.code, &target.code, relationship)
            },
        );
        Ok(())
    }

    fn relationship(&mut self, target: &resource::Target<'_>, path: &str) -> Result<Relationship> {
        let (code, name) = match (target.relationship.some(), target.equivalence.some()) {
            // The wording of R4 is the finer one.
            (_, Some(code)) => (code, "equivalence"),
            (Some(code), None) => (code, "relationship"),
            (None, None) => {
                self.warnings.push(format!("{path}: no relationship given, taken as related-to"));
                return Ok(Relationship::RelatedTo);
            }
        };
        Relationship::from_code(code).ok_or_else(|| {
            wrong(
                format!("{path}.{name}"),
                format!("expected a code such as equivalent, wider or source-is-narrower-than-target, found '{code}'"),
            )
        })
    }
}

fn property<'x>(property: &'x NamedValue<'_>) -> Option<(&'x str, PropertyValue<'x>)> {
    Some((&*property.name, property.value.as_ref()?.as_property()))
}

/// A dependency or product; R4 gives system, code and display beside each other.
fn dependency<'x>(part: &'x NamedValue<'_>) -> Option<(&'x str, PropertyValue<'x>)> {
    let value = part.value.as_ref()?.as_property();
    let value = match value {
        PropertyValue::String(code) if !part.system.is_empty() => PropertyValue::Coding {
            system: &part.system,
            version: "",
            code,
            display: &part.display,
        },
        value => value,
    };
    Some((&*part.name, value))
}

fn owned_unmapped(unmapped: &resource::Unmapped<'_>) -> Unmapped {
    let mode = if &*unmapped.mode == "provided" { "use-source-code" } else { &*unmapped.mode };
    Unmapped {
        mode: mode.to_owned(),
        code: unmapped.code.to_string(),
        display: unmapped.display.to_string(),
        relationship: unmapped.relationship.to_string(),
        other_map: unmapped.other_map.to_string(),
    }
}

#[cfg(test)]
mod tests;
