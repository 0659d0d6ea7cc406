//! The runner's own test: answers that must pass because they are what is expected, and mutations
//! of them that must not.
//!
//! An expected answer and the answer made of it have the same shape (see [`Model`]), so that each
//! place of the answer has a place in the expected one, whose markers say what may be different.

use serde_json::{Map, Value, json};

use super::Rules;
use super::compare::{is_marker, names};
use super::pattern;

/// An expected answer, cut to the items that are in the answer made of it.
#[derive(Debug)]
pub struct Model {
    /// What is expected, with its markers; arrays are as long as those of the answer.
    pub expected: Value,
    /// The answer.
    pub answer: Value,
}

/// How much of what is optional an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Everything.
    Full,
    /// Nothing.
    Lean,
}

impl Model {
    /// The answer made of an expected one.
    pub fn of(expected: &Value, rules: &Rules<'_>, share: Share) -> Self {
        let expected = cut(expected, rules, share);
        let answer = resolved(&expected, rules);
        Self { expected, answer }
    }
}

/// What is expected without what the answer leaves out.
fn cut(expected: &Value, rules: &Rules<'_>, share: Share) -> Value {
    match expected {
        Value::Array(items) => {
            let stays = |item: &&Value| {
                rules.is_of_this_version(item) && (share == Share::Full || !rules.is_optional(item))
            };
            items.iter().filter(stays).map(|item| cut(item, rules, share)).collect()
        }
        Value::Object(members) => {
            let optional = names(members, "$optional-properties$");
            let stays = |name: &str, value: &Value| {
                let is_optional =
                    optional.contains("*") || optional.contains(name) || name == "location";
                let is_left_out = share == Share::Lean && is_optional;
                is_marker(name) || !is_left_out && value.as_array().is_none_or(|it| !it.is_empty())
            };
            members
                .iter()
                .map(|(name, value)| {
                    let value =
                        if is_marker(name) { value.clone() } else { cut(value, rules, share) };
                    (name.clone(), value)
                })
                .filter(|(name, value)| stays(name, value))
                .collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => expected.clone(),
    }
}

/// What is expected without its markers.
fn resolved(expected: &Value, rules: &Rules<'_>) -> Value {
    match expected {
        Value::Array(items) => items.iter().map(|item| resolved(item, rules)).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !is_marker(name))
            .map(|(name, value)| (name.clone(), resolved(value, rules)))
            .collect(),
        Value::String(text) => pattern::example(text, rules.version, rules.externals).into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => expected.clone(),
    }
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The last character of a text is another: `code1` becomes `code2`.
    LastCharacter,
    /// A text that no pattern accepts.
    OtherText,
    /// A number that is one more.
    OtherNumber,
    /// A boolean turned around.
    OtherBoolean,
    /// A text where there was a number or boolean.
    OtherType,
    /// A property left out.
    PropertyMissing,
    /// A property that nobody asked for.
    PropertyAdded,
    /// An item of an array left out.
    ItemMissing,
    /// An item of an array twice.
    ItemAdded,
    /// Two neighbours in an array that changed places.
    ItemsSwapped,
}

/// A step from a value to one in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into a property.
    Property(String),
    /// Into an item.
    Item(usize),
}

/// A change at a place.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// What is done.
    pub kind: Kind,
    /// Where.
    pub path: Vec<Step>,
}

impl Mutation {
    /// All mutations of an answer.
    pub fn all(answer: &Value) -> Vec<Self> {
        let mut found = Vec::new();
        collect(answer, &mut Vec::new(), &mut found);
        found
    }

    /// The answer with the change made; none where it would change nothing.
    pub fn applied(&self, answer: &Value) -> Option<Value> {
        let mut mutated = answer.clone();
        let (last, above) = self.path.split_last()?;
        let parent = at_mut(&mut mutated, above)?;
        match (self.kind, last) {
            (Kind::PropertyMissing, Step::Property(name)) => {
                parent.as_object_mut()?.shift_remove(name)?;
            }
            (Kind::PropertyAdded, Step::Property(name)) => {
                parent.as_object_mut()?.insert(name.clone(), json!(true));
            }
            (Kind::ItemMissing, Step::Item(index)) => {
                parent.as_array_mut()?.remove(*index);
            }
            (Kind::ItemAdded, Step::Item(index)) => {
                let items = parent.as_array_mut()?;
                let item = items.get(*index)?.clone();
                items.insert(*index, item);
            }
            (Kind::ItemsSwapped, Step::Item(index)) => {
                let items = parent.as_array_mut()?;
                if items.get(*index)? == items.get(index + 1)? {
                    return None;
                }
                items.swap(*index, index + 1);
            }
            (kind, _) => {
                let value = at_mut(parent, std::slice::from_ref(last))?;
                *value = other(kind, value)?;
            }
        }
        Some(mutated)
    }

    /// Why nobody needs to notice this change; none where it must be noticed. What is said here is
    /// read off the markers and does not ask the comparison.
    pub fn excuse(&self, model: &Model, rules: &Rules<'_>) -> Option<&'static str> {
        let (last, above) = self.path.split_last()?;
        for depth in 0..self.path.len().saturating_sub(1) {
            // Below of an array of which only the length counts.
            if let (Some(Value::Object(members)), Some(Step::Property(name))) =
                (at(&model.expected, &self.path[..depth]), self.path.get(depth))
                && names(members, "$count-arrays$").contains(name.as_str())
            {
                let is_length = depth + 2 == self.path.len()
                    && matches!(self.kind, Kind::ItemAdded | Kind::ItemMissing);
                if !is_length {
                    return Some("only the number of items counts");
                }
            }
        }
        if is_in_bare_issue(&model.expected, &self.path) {
            return Some("an issue of diagnostics alone");
        }
        let parent = at(&model.expected, above)?;
        match (self.kind, last) {
            (Kind::PropertyAdded, _) | (Kind::ItemAdded, _) if rules.is_partial => {
                Some("more may be stated")
            }
            (Kind::PropertyMissing, Step::Property(name)) => {
                let members = parent.as_object()?;
                let optional = names(members, "$optional-properties$");
                let items = members.get(name).and_then(Value::as_array);
                if name == "location" {
                    Some("location is superseded")
                } else if optional.contains("*") || optional.contains(name.as_str()) {
                    Some("optional property")
                } else if items.is_some_and(|items| items.iter().all(|it| rules.is_optional(it))) {
                    Some("all items are optional")
                } else {
                    None
                }
            }
            (Kind::ItemMissing, Step::Item(index)) => {
                let is_optional = rules.is_optional(parent.get(index)?)
                    || parent.as_array()?.len() == 1
                        && is_optional_property(&model.expected, above);
                is_optional.then_some("optional item")
            }
            (Kind::ItemsSwapped, Step::Item(_)) => {
                is_sorted(&model.expected, above).then_some("the runner sorts")
            }
            (Kind::LastCharacter | Kind::OtherText, Step::Property(name))
                if name == "diagnostics" && is_optional_property(&model.expected, &self.path) =>
            {
                Some("optional diagnostics, which are left out unless they name the request")
            }
            (Kind::LastCharacter, Step::Property(name))
                if name == "url" && is_optional_extension(&model.expected, above, rules) =>
            {
                Some("another extension, in place of an optional one")
            }
            (
                Kind::LastCharacter
                | Kind::OtherText
                | Kind::OtherType
                | Kind::OtherNumber
                | Kind::OtherBoolean,
                _,
            ) => {
                let Some(Value::String(text)) = at(&model.expected, &self.path) else {
                    return None;
                };
                let is_free = text == "$$"
                    || text.starts_with("$external:")
                        && !text[10..].contains(':')
                        && !rules.externals.is_object();
                match self.kind {
                    _ if is_free => Some("any text"),
                    Kind::LastCharacter if pattern::is_pattern(text) => Some("a pattern"),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether the runner sorts the array at this path, so that its order does not matter.
fn is_sorted(expected: &Value, path: &[Step]) -> bool {
    let Some(Step::Property(name)) = path.last() else { return false };
    let is_in = |member: &str| {
        path.iter().any(|step| matches!(step, Step::Property(name) if name == member))
    };
    match name.as_str() {
        "parameter" | "part" | "contains" | "property" => true,
        "designation" | "extension" => is_in("expansion"),
        "issue" => is_in("parameter"),
        "codeSystem" => expected["resourceType"] == "TerminologyCapabilities",
        "format" | "instantiates" | "rest" | "resource" | "interaction" | "operation" => {
            expected["resourceType"] == "CapabilityStatement"
        }
        _ => false,
    }
}

/// Whether the path leads into an issue that the runner leaves out, or changes places with one.
fn is_in_bare_issue(expected: &Value, path: &[Step]) -> bool {
    let is_bare =
        |issue: &Value| issue.get("diagnostics").is_some() && issue.get("details").is_none();
    (1..path.len()).any(|depth| {
        let is_issues = matches!(&path[depth - 1], Step::Property(name) if name == "issue");
        let Some(Step::Item(index)) = path.get(depth).filter(|_| is_issues) else { return false };
        let issues = at(expected, &path[..depth]);
        let is_bare_at =
            |index: usize| issues.and_then(|issues| issues.get(index)).is_some_and(is_bare);
        is_bare_at(*index) || depth + 1 == path.len() && is_bare_at(index + 1)
    })
}

fn is_optional_extension(expected: &Value, path: &[Step], rules: &Rules<'_>) -> bool {
    let is_extension = matches!(
        path,
        [.., Step::Property(name), Step::Item(_)] if name == "extension"
    );
    is_extension
        && (at(expected, path).is_some_and(|item| rules.is_optional(item))
            || path.split_last().is_some_and(|(_, list)| is_optional_property(expected, list)))
}

/// Whether the path ends in a property that may be absent.
fn is_optional_property(expected: &Value, path: &[Step]) -> bool {
    let Some((Step::Property(name), above)) = path.split_last() else { return false };
    let members = at(expected, above).and_then(Value::as_object);
    members.is_some_and(|it| names(it, "$optional-properties$").contains(name.as_str()))
}

fn collect(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Mutation>) {
    let add = |kinds: &[Kind], path: &[Step], found: &mut Vec<Mutation>| {
        found.extend(kinds.iter().map(|&kind| Mutation { kind, path: path.to_vec() }));
    };
    match value {
        Value::Object(members) => {
            path.push(Step::Property("somethingElse".into()));
            add(&[Kind::PropertyAdded], path, found);
            path.pop();
            for (name, member) in members {
                path.push(Step::Property(name.clone()));
                add(&[Kind::PropertyMissing], path, found);
                collect(member, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Item(index));
                add(&[Kind::ItemMissing, Kind::ItemAdded], path, found);
                if index + 1 < items.len() {
                    add(&[Kind::ItemsSwapped], path, found);
                }
                collect(item, path, found);
                path.pop();
            }
        }
        Value::String(_) => add(&[Kind::LastCharacter, Kind::OtherText], path, found),
        Value::Number(_) => add(&[Kind::OtherNumber, Kind::OtherType], path, found),
        Value::Bool(_) => add(&[Kind::OtherBoolean, Kind::OtherType], path, found),
        Value::Null => {}
    }
}

fn other(kind: Kind, value: &Value) -> Option<Value> {
    match (kind, value) {
        (Kind::LastCharacter, Value::String(text)) => {
            let mut text = text.clone();
            let last = text.pop()?;
            text.push(match last {
                '1' => '2',
                'e' => 'f',
                _ if last.is_ascii_digit() => '1',
                _ => 'e',
            });
            Some(text.into())
        }
        (Kind::OtherText, Value::String(_)) => Some(" !".into()),
        (Kind::OtherNumber, Value::Number(number)) => Some(json!(number.as_f64()? + 1.0)),
        (Kind::OtherBoolean, Value::Bool(it)) => Some(json!(!it)),
        (Kind::OtherType, value) => Some(value.to_string().into()),
        _ => None,
    }
}

fn at<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Property(name) => value.get(name),
        Step::Item(index) => value.get(index),
    })
}

fn at_mut<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Property(name) => {
            value.as_object_mut().and_then(|it: &mut Map<_, _>| it.get_mut(name))
        }
        Step::Item(index) => value.get_mut(index),
    })
}
