//! Reading Parameters resources in JSON.
//!
//! The members of a parameter are read by hand instead of by derive: which type a value has is told by the
//! member's name (`valueUri`, `valueCoding`, …), and errors shall carry the path to the parameter.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Parameter, ParameterValue, Parameters};
use crate::wire::{NumberType, TextType, WireError};

/// Reads a Parameters resource; its type was checked before.
pub(super) fn read_parameters(json: &str) -> Result<Parameters, WireError> {
    let resource: Resource = serde_json::from_str(json)?;
    Ok(resource.parameter)
}

#[derive(Deserialize)]
#[serde(expecting = "a Parameters resource (a JSON object)")]
struct Resource {
    #[serde(default, deserialize_with = "parameter_list")]
    parameter: Parameters,
}

fn parameter_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Parameters, D::Error> {
    deserializer.deserialize_seq(ListVisitor("parameter"))
}

/// Reads a list of parameters; holds the name of the list for error paths.
struct ListVisitor(&'static str);

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Parameters;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of parameters in '{}'", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Parameters, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(8));
        loop {
            match items.next_element() {
                Ok(Some(parameter)) => list.push(parameter),
                Ok(None) => return Ok(Parameters { list }),
                Err(error) => {
                    return Err(within(&format_args!("{}[{}]", self.0, list.len()), &error));
                }
            }
        }
    }
}

impl<'de> de::DeserializeSeed<'de> for ListVisitor {
    type Value = Parameters;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Parameters, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

/// Puts a path in front of an error. serde_json takes line and column back out of the message's end.
fn within<E: de::Error>(path: &dyn fmt::Display, error: &E) -> E {
    let text = error.to_string();
    match text.starts_with(['.', '[']) || text.starts_with("part[") {
        true => E::custom(format_args!("{path}.{}", text.trim_start_matches('.'))),
        false => E::custom(format_args!("{path}: {text}")),
    }
}

/// A member of a parameter, by its name.
enum Member {
    Name,
    Part,
    Resource,
    Text(TextType),
    Number(NumberType),
    Boolean,
    Coding,
    CodeableConcept,
    Other(String),
    Ignored,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(MemberVisitor)
    }
}

struct MemberVisitor;

impl Visitor<'_> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member of a parameter")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Member, E> {
        Ok(match key {
            "name" => Member::Name,
            "part" => Member::Part,
            "resource" => Member::Resource,
            "valueBoolean" => Member::Boolean,
            "valueCoding" => Member::Coding,
            "valueCodeableConcept" => Member::CodeableConcept,
            _ => match (TextType::of_value_key(key), key.strip_prefix("value")) {
                (Some(kind), _) => Member::Text(kind),
                (None, Some("") | None) => Member::Ignored,
                (None, Some(kind)) => match NumberType::of_value_key(key) {
                    Some(kind) => Member::Number(kind),
                    None => Member::Other(kind.to_owned()),
                },
            },
        })
    }
}

impl Member {
    /// The member's name, for error paths.
    fn key(&self) -> String {
        match self {
            Self::Name => "name".to_owned(),
            Self::Part => "part".to_owned(),
            Self::Resource => "resource".to_owned(),
            Self::Text(kind) => kind.value_key().to_owned(),
            Self::Number(NumberType::Decimal) => "valueDecimal".to_owned(),
            Self::Number(NumberType::Integer) => "valueInteger".to_owned(),
            Self::Number(NumberType::PositiveInt) => "valuePositiveInt".to_owned(),
            Self::Number(NumberType::UnsignedInt) => "valueUnsignedInt".to_owned(),
            Self::Boolean => "valueBoolean".to_owned(),
            Self::Coding => "valueCoding".to_owned(),
            Self::CodeableConcept => "valueCodeableConcept".to_owned(),
            Self::Other(kind) => format!("value{kind}"),
            Self::Ignored => "extension".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ParameterVisitor)
    }
}

struct ParameterVisitor;

impl<'de> Visitor<'de> for ParameterVisitor {
    type Value = Parameter;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a parameter (a JSON object with 'name')")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameter, A::Error> {
        let mut draft = Draft::default();
        while let Some(member) = map.next_key::<Member>()? {
            draft.read(&member, &mut map).map_err(|error| match member {
                // The path of a part begins with the part itself.
                Member::Part => error,
                other => within(&format_args!(".{}", other.key()), &error),
            })?;
        }
        let name = draft.name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| de::Error::custom("found no name, expected a 'name'"))?;
        Ok(Parameter {
            name,
            value: draft.value,
            parts: draft.parts.unwrap_or_default(),
            resource: draft.resource,
        })
    }
}

/// A parameter whose members are being read.
#[derive(Default)]
struct Draft {
    name: Option<String>,
    value: ParameterValue,
    parts: Option<Parameters>,
    resource: Option<Box<RawValue>>,
}

impl Draft {
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        member: &Member,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match member {
            Member::Name => set_once(&mut self.name, map.next_value()?),
            Member::Part => set_once(&mut self.parts, map.next_value_seed(ListVisitor("part"))?),
            Member::Resource => set_once(&mut self.resource, object(map.next_value()?)?),
            Member::Ignored => map.next_value::<IgnoredAny>().map(|_| ()),
            value => {
                let value = read_value(value, map)?;
                match std::mem::replace(&mut self.value, value) {
                    ParameterValue::Absent => Ok(()),
                    _ => Err(de::Error::custom("found a second value, expected one value[x]")),
                }
            }
        }
    }
}

fn set_once<T, E: de::Error>(place: &mut Option<T>, value: T) -> Result<(), E> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom("found the member twice, expected it once")),
    }
}

fn read_value<'de, A: MapAccess<'de>>(
    member: &Member,
    map: &mut A,
) -> Result<ParameterValue, A::Error> {
    Ok(match member {
        Member::Text(kind) => ParameterValue::Text(*kind, map.next_value()?),
        Member::Number(kind) => ParameterValue::Number(*kind, number(map.next_value()?)?),
        Member::Boolean => ParameterValue::Boolean(map.next_value()?),
        Member::Coding => ParameterValue::Coding(map.next_value()?),
        Member::CodeableConcept => ParameterValue::CodeableConcept(map.next_value()?),
        Member::Other(kind) => ParameterValue::Other(kind.clone(), map.next_value()?),
        Member::Name | Member::Part | Member::Resource | Member::Ignored => ParameterValue::Absent,
    })
}

/// The digits of a JSON number, as they were sent.
fn number<E: de::Error>(raw: &RawValue) -> Result<String, E> {
    let text = raw.get();
    match text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(E::custom(format_args!("found {}, expected a JSON number", kind_of(text)))),
    }
}

fn object<E: de::Error>(raw: Box<RawValue>) -> Result<Box<RawValue>, E> {
    match raw.get().starts_with('{') {
        true => Ok(raw),
        false => Err(E::custom(format_args!(
            "found {}, expected a resource (a JSON object)",
            kind_of(raw.get())
        ))),
    }
}

/// What kind of JSON value a well-formed text is.
fn kind_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}
