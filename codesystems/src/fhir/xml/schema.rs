//! Which elements a type has: their order, their type and whether they repeat.
//!
//! XML does not tell a single element from a list of one, nor a number from a text; JSON does not
//! keep the order that XML asks for. Both conversions ask the same tables.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::tables::{BACKBONE, DOMAIN_RESOURCES, RESOURCES, TYPES};

/// How the value of an element is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A primitive that JSON writes as a string.
    Text,
    /// A primitive that JSON writes as true or false.
    Boolean,
    /// A primitive that JSON writes as a whole number.
    Integer,
    /// A primitive that JSON writes as a number.
    Decimal,
    /// The XHTML of a narrative.
    Xhtml,
    /// Any resource.
    Resource,
    /// Made of elements: the type by number.
    Complex(usize),
}

/// An element of a type.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Name; without `[x]` where the type is part of the name.
    pub(super) name: &'static str,
    /// Whether the type of the value is part of the name (`value[x]`).
    pub(super) choice: bool,
    /// Whether it is a list.
    pub(super) repeats: bool,
    kind: Kind,
}

/// A type: a resource, a data type or a part of one.
#[derive(Debug)]
pub(super) struct Type {
    /// Its name; `CodeSystem.concept` for parts.
    pub(super) name: &'static str,
    /// Its elements in the order of the specification.
    pub(super) fields: Vec<Field>,
}

/// All types.
#[derive(Debug)]
pub(super) struct Schema {
    types: Vec<Type>,
    by_name: FxHashMap<&'static str, usize>,
}

/// The one schema, the union of R4 and R5.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::new);

impl Schema {
    fn new() -> Self {
        let lines = || {
            TYPES.lines().filter_map(|line| {
                let (name, fields) = line.split_once('=')?;
                Some((name.trim(), fields))
            })
        };
        let by_name: FxHashMap<_, _> =
            lines().enumerate().map(|(number, (name, _))| (name, number)).collect();
        let types = lines()
            .map(|(name, own)| {
                let base = base(name);
                let words = base.split_whitespace().chain(own.split_whitespace());
                Type { name, fields: words.map(|word| field(word, &by_name)).collect() }
            })
            .collect();
        Self { types, by_name }
    }

    /// The type called `name`.
    pub(super) fn find(&self, name: &str) -> Option<&Type> {
        self.by_name.get(name).and_then(|&number| self.types.get(number))
    }

    /// The resource type called `name`.
    pub(super) fn resource(&self, name: &str) -> Option<&Type> {
        self.find(name).filter(|found| is_resource(found.name))
    }

    /// The type of an element of kind [`Kind::Complex`].
    pub(super) fn complex(&self, number: usize) -> Option<&Type> {
        self.types.get(number)
    }

    /// The names of all resource types.
    pub(super) fn resources(&self) -> String {
        let names: Vec<&str> =
            self.types.iter().map(|found| found.name).filter(|name| is_resource(name)).collect();
        names.join(", ")
    }

    /// The kind of a value whose type is part of its name: `Code`, `Coding`, ….
    fn choice(&self, suffix: &str) -> Option<Kind> {
        if let Some(&number) = self.by_name.get(suffix) {
            return Some(Kind::Complex(number));
        }
        let mut letters = suffix.chars();
        let first = letters.next()?.to_ascii_lowercase();
        primitive(&format!("{first}{}", letters.as_str()))
    }
}

impl Type {
    /// The element called `name`: its position, and how it is written.
    pub(super) fn field(&self, name: &str) -> Option<(usize, &Field, Kind)> {
        let exact = self.fields.iter().position(|field| !field.choice && field.name == name);
        if let Some(at) = exact {
            return self.fields.get(at).map(|field| (at, field, field.kind));
        }
        self.fields.iter().enumerate().find_map(|(at, field)| {
            let suffix = name.strip_prefix(field.name).filter(|_| field.choice)?;
            Some((at, field, SCHEMA.choice(suffix)?))
        })
    }

    /// The names of all elements, for errors.
    pub(super) fn names(&self) -> String {
        let name = |field: &Field| {
            let choice = if field.choice { "[x]" } else { "" };
            format!("{}{choice}", field.name)
        };
        self.fields.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

fn is_resource(name: &str) -> bool {
    RESOURCES.contains(&name) || DOMAIN_RESOURCES.contains(&name)
}

/// The elements that a type inherits.
fn base(name: &str) -> &'static str {
    if DOMAIN_RESOURCES.contains(&name) {
        "id:id meta:Meta implicitRules language text:Narrative contained:Resource* \
         extension:Extension* modifierExtension:Extension*"
    } else if RESOURCES.contains(&name) {
        "id:id meta:Meta implicitRules language"
    } else if name.contains('.') || BACKBONE.contains(&name) {
        "extension:Extension* modifierExtension:Extension*"
    } else {
        "extension:Extension*"
    }
}

fn field(word: &'static str, types: &FxHashMap<&'static str, usize>) -> Field {
    let (word, repeats) = word.strip_suffix('*').map_or((word, false), |word| (word, true));
    let (name, kind) = word.split_once(':').unwrap_or((word, "string"));
    let (name, choice) = name.strip_suffix("[x]").map_or((name, false), |name| (name, true));
    let kind = match kind {
        "Resource" => Kind::Resource,
        "xhtml" => Kind::Xhtml,
        _ => types
            .get(kind)
            .map(|&number| Kind::Complex(number))
            .or_else(|| primitive(kind))
            .unwrap_or(Kind::Text),
    };
    Field { name, choice, repeats, kind }
}

fn primitive(name: &str) -> Option<Kind> {
    Some(match name {
        "boolean" => Kind::Boolean,
        "integer" | "positiveInt" | "unsignedInt" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "string" | "code" | "id" | "uri" | "url" | "canonical" | "oid" | "uuid" | "markdown"
        | "base64Binary" | "date" | "dateTime" | "instant" | "time" | "integer64" => Kind::Text,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_in_a_table_is_in_it() {
        for line in TYPES.lines().filter(|line| line.contains('=')) {
            let (name, fields) = line.split_once('=').unwrap();
            for word in fields.split_whitespace() {
                let kind = word.trim_end_matches('*').split_once(':').map_or("string", |it| it.1);
                let known = SCHEMA.find(kind).is_some()
                    || primitive(kind).is_some()
                    || matches!(kind, "Resource" | "xhtml");
                assert!(known, "{kind} in {name}");
            }
        }
        for name in RESOURCES.iter().chain(&DOMAIN_RESOURCES) {
            assert!(SCHEMA.resource(name).is_some(), "{name}");
        }
    }

    #[test]
    fn choices_are_found_by_the_type_in_their_name_and_exact_names_win() {
        let extension = SCHEMA.find("Extension").unwrap();
        assert_eq!(extension.field("valueDecimal").unwrap().2, Kind::Decimal);
        assert!(matches!(extension.field("valueCoding").unwrap().2, Kind::Complex(_)));
        assert!(extension.field("valueNonsense").is_none());
        let depends = SCHEMA.find("ConceptMap.group.element.target.dependsOn").unwrap();
        assert_eq!(depends.field("valueSet").unwrap().2, Kind::Text);
        assert_eq!(depends.field("valueSet").unwrap().1.name, "valueSet");
    }
}
