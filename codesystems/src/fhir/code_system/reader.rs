//! Walks the concepts of a CodeSystem into a builder.

use rustc_hash::FxHashMap;

use crate::fhir::json::{NamedValue, Value, extension, property_kind};
use crate::model::{ConceptId, FilterDefinition, PropertyDefinition, PropertyId};
use crate::{EditionBuilder, EditionMeta, Error, PropertyKind, PropertyValue, Result};

use super::hierarchy::{Edges, SHOWN};
use super::resource::{CodeSystem, Concept, ConceptProperty};
use super::roles::{Role, State};
use super::{
    DEFINITION_PROPERTY, DEFINITION_URI, EXTENSION_PROPERTY, Read, STANDARDS_STATUS, designations,
};

/// Properties that an edition can number.
const MAX_PROPERTIES: usize = u16::MAX as usize;

pub(super) fn read(resource: &CodeSystem<'_>) -> Result<Read> {
    let mut reader = Reader {
        builder: EditionBuilder::new(meta(resource)),
        resource,
        known: FxHashMap::default(),
        edges: Edges::default(),
        definition: None,
        extension: None,
        repeated: 0,
        warnings: Vec::new(),
    };
    // The order of the resource means something to its author: expansions keep it.
    reader.builder.keep_order = true;
    reader.concepts(&resource.concept, None, &mut Vec::new())?;
    Ok(reader.finished())
}

fn meta(resource: &CodeSystem<'_>) -> EditionMeta {
    let text = |text: &str| text.to_owned();
    let standards_status = extension(&resource.extension, STANDARDS_STATUS);
    EditionMeta {
        url: text(&resource.url),
        version: text(&resource.version),
        id: text(&resource.id),
        name: text(&resource.name),
        title: text(&resource.title),
        status: text(&resource.status),
        standards_status: standards_status.map_or_else(String::new, |it| it.text().into_owned()),
        experimental: resource.experimental,
        date: text(&resource.date),
        publisher: text(&resource.publisher),
        description: text(&resource.description),
        copyright: text(&resource.copyright),
        language: text(&resource.language),
        case_sensitive: resource.case_sensitive,
        value_set: text(&resource.value_set),
        hierarchy_meaning: text(&resource.hierarchy_meaning),
        compositional: resource.compositional,
        version_needed: resource.version_needed,
        content: text(&resource.content),
        supplements: text(&resource.supplements),
        identifiers: resource.identifier.iter().map(|identifier| identifier.owned()).collect(),
        properties: properties(resource),
        filters: filters(resource),
        nested: resource.concept.iter().any(|concept| !concept.concept.is_empty()),
        ..EditionMeta::default()
    }
}

fn properties(resource: &CodeSystem<'_>) -> Vec<PropertyDefinition> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let declared = resource.property.iter().take(MAX_PROPERTIES);
    declared
        .map(|property| PropertyDefinition {
            code: property.code.to_string(),
            uri: some(&property.uri),
            description: some(&property.description),
            kind: property_kind(&property.kind),
        })
        .collect()
}

fn filters(resource: &CodeSystem<'_>) -> Vec<FilterDefinition> {
    let one = |filter: &super::resource::Filter<'_>| FilterDefinition {
        code: filter.code.to_string(),
        description: filter.description.to_string(),
        operators: filter.operator.iter().map(|operator| operator.to_string()).collect(),
        value: filter.value.to_string(),
    };
    resource.filter.iter().map(one).collect()
}

struct Reader<'a> {
    builder: EditionBuilder,
    resource: &'a CodeSystem<'a>,
    /// Role and number of the properties seen so far. Edges called `parent` and `child` have no
    /// number: they are answered from the hierarchy.
    known: FxHashMap<&'a str, (Role, Option<PropertyId>)>,
    edges: Edges<'a>,
    definition: Option<PropertyId>,
    extension: Option<PropertyId>,
    repeated: usize,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads `list`; `path` holds the positions of the concepts above it.
    fn concepts(
        &mut self,
        list: &'a [Concept<'a>],
        parent: Option<ConceptId>,
        path: &mut Vec<usize>,
    ) -> Result<()> {
        for (position, concept) in list.iter().enumerate() {
            path.push(position);
            let id = self.concept(concept, path)?;
            if let Some(parent) = parent {
                self.builder.parent(id, parent);
            }
            self.concepts(&concept.concept, Some(id), path)?;
            path.pop();
        }
        Ok(())
    }

    fn concept(&mut self, concept: &'a Concept<'a>, path: &[usize]) -> Result<ConceptId> {
        if concept.code.is_empty() {
            return Err(Error::Resource {
                element: format!("{}.code", element(path)),
                problem: "missing, every concept needs a code".into(),
            });
        }
        let before = self.builder.concept_count();
        let id = self.builder.concept(&concept.code);
        if self.builder.concept_count() == before {
            self.repeated(concept, path);
            return Ok(id);
        }
        designations::add(&mut self.builder, id, concept, &self.resource.language);
        if !concept.definition.is_empty() {
            let property = self.definition_property();
            self.builder.property(id, property, PropertyValue::String(&concept.definition), 0);
        }
        let mut state = State::default();
        for property in &concept.property {
            self.property(id, property, &mut state)?;
        }
        self.extensions(id, concept, &mut state)?;
        self.builder.set_inactive(id, state.inactive);
        self.builder.set_not_selectable(id, state.not_selectable);
        self.builder.set_status(id, state.status.as_deref().unwrap_or_default());
        Ok(id)
    }

    fn property(
        &mut self,
        id: ConceptId,
        property: &'a ConceptProperty<'a>,
        state: &mut State,
    ) -> Result<()> {
        let Some(value) = &property.value else { return Ok(()) };
        if property.code.is_empty() || value.is_empty() {
            let missing = if property.code.is_empty() { "code" } else { "value" };
            let code = self.builder.code(id);
            self.warnings.push(format!("a property of '{code}' has no {missing}, it is left out"));
            return Ok(());
        }
        let (role, number) = self.known_property(&property.code, value)?;
        match role {
            Role::Parent => self.edges.parent(id, value.text()),
            Role::Child => self.edges.child(id, value.text()),
            _ => state.note(role, value),
        }
        if let Some(number) = number {
            self.builder.property(id, number, value.as_property(), 0);
        }
        Ok(())
    }

    fn known_property(
        &mut self,
        code: &'a str,
        value: &Value<'_>,
    ) -> Result<(Role, Option<PropertyId>)> {
        if let Some(&known) = self.known.get(code) {
            return Ok(known);
        }
        let declared = self.resource.property.iter().find(|property| &*property.code == code);
        let role = Role::of(code, declared);
        let number = if role.is_edge() && matches!(code, "parent" | "child") {
            None
        } else {
            Some(self.property_id(code, value.as_property().kind())?)
        };
        self.known.insert(code, (role, number));
        Ok((role, number))
    }

    fn property_id(&mut self, code: &str, kind: PropertyKind) -> Result<PropertyId> {
        if self.builder.meta.properties.len() >= MAX_PROPERTIES {
            return Err(Error::TooMany { what: "properties", limit: MAX_PROPERTIES as u64 });
        }
        Ok(self.builder.property_id(code, kind, ""))
    }

    fn definition_property(&mut self) -> PropertyId {
        if let Some(property) = self.definition {
            return property;
        }
        let declared = &self.builder.meta.properties;
        let ours = |property: &PropertyDefinition| {
            property.code == DEFINITION_PROPERTY && property.uri.as_deref() != Some(DEFINITION_URI)
        };
        let name = if declared.iter().any(ours) { "$definition" } else { DEFINITION_PROPERTY };
        let property = self.builder.property_id(name, PropertyKind::String, "");
        if let Some(definition) = self.builder.meta.properties.get_mut(usize::from(property.0)) {
            definition.uri = Some(DEFINITION_URI.to_owned());
        }
        self.definition = Some(property);
        property
    }

    /// Keeps the extensions of a concept as JSON, and reads its standards-status.
    fn extensions(
        &mut self,
        id: ConceptId,
        concept: &'a Concept<'a>,
        state: &mut State,
    ) -> Result<()> {
        let Some(json) = concept.extension.map(|raw| raw.get()) else { return Ok(()) };
        if json.contains("structuredefinition-standards-status") {
            let list: Vec<NamedValue<'_>> = serde_json::from_str(json).unwrap_or_default();
            let status = extension(&list, STANDARDS_STATUS).map(NamedValue::text);
            state.note_standards_status(&status.unwrap_or_default());
        }
        let property = match self.extension {
            Some(property) => property,
            None => self.property_id(EXTENSION_PROPERTY, PropertyKind::String)?,
        };
        self.extension = Some(property);
        self.builder.property(id, property, PropertyValue::String(json), 0);
        Ok(())
    }

    /// A code defined twice: the first definition counts, its place in the hierarchy is added.
    fn repeated(&mut self, concept: &Concept<'_>, path: &[usize]) {
        self.repeated += 1;
        if self.repeated <= SHOWN {
            let first = first_position(&self.resource.concept, &concept.code, &mut Vec::new());
            self.warnings.push(format!(
                "{}: code '{}' is defined at {} already, the first definition is kept",
                element(path),
                &*concept.code,
                first.as_deref().map_or_else(|| "an earlier place".to_owned(), element),
            ));
        }
    }

    fn finished(mut self) -> Read {
        if self.repeated > SHOWN {
            self.warnings.push(format!("{} more codes defined twice", self.repeated - SHOWN));
        }
        self.edges.resolve(&mut self.builder, &mut self.warnings);
        let found = self.builder.concept_count() as u64;
        if let Some(count) = self.resource.count
            && &*self.resource.content == "complete"
            && count != found
        {
            self.warnings
                .push(format!("CodeSystem.count is {count}, {found} concepts are defined"));
        }
        Read { builder: self.builder, warnings: self.warnings }
    }
}

fn element(path: &[usize]) -> String {
    path.iter().fold("CodeSystem".to_owned(), |path, at| format!("{path}.concept[{at}]"))
}

fn first_position(list: &[Concept<'_>], code: &str, path: &mut Vec<usize>) -> Option<Vec<usize>> {
    for (position, concept) in list.iter().enumerate() {
        path.push(position);
        if &*concept.code == code {
            return Some(path.clone());
        }
        if let Some(found) = first_position(&concept.concept, code, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}
