//! The comparison of an expected answer, with its markers, and an actual one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use serde_json::{Map, Value};

use super::{Version, official, pattern};

/// Differences of one answer that are kept; one of them is enough to fail.
const ENOUGH: usize = 40;

/// What decides about markers.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Modes that are on.
    pub modes: &'a BTreeSet<String>,
    /// Version of the server.
    pub version: Version,
    /// Messages by number, for `$external`.
    pub externals: &'a Value,
    /// Whether what is not expected may be there (statements of capabilities).
    pub is_partial: bool,
    /// Whether the five holes of the official comparison stay open ([`super`] names them).
    pub is_official: bool,
}

/// Something that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub path: String,
    /// What.
    pub what: String,
}

impl Difference {
    /// A difference at a path.
    pub fn at(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

impl Rules<'_> {
    /// Where `actual` is not as `expected`; nothing if it passes.
    pub fn differences(&self, expected: &Value, actual: &Value) -> Vec<Difference> {
        let mut found = Vec::new();
        let path = actual["resourceType"].as_str().unwrap_or("answer");
        self.value(path, expected, actual, &mut found);
        found.truncate(ENOUGH);
        found
    }

    fn value(&self, path: &str, expected: &Value, actual: &Value, found: &mut Vec<Difference>) {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                self.object(path, expected, actual, found);
            }
            (Value::Array(expected), Value::Array(actual)) => {
                self.array(path, expected, actual, found);
            }
            (Value::String(expected), Value::String(actual)) => {
                let verdict = if self.is_official {
                    official::accepts(expected, actual, self.version, self.externals)
                } else {
                    pattern::accepts(expected, actual, self.version, self.externals)
                };
                if let Err(wanted) = verdict {
                    found.push(Difference::at(path, format!("expected {wanted}, got {actual:?}")));
                }
            }
            // `$$` may stand for what is not a string.
            (Value::String(text), Value::Bool(_) | Value::Number(_)) if text == "$$" => {}
            // Numbers compare as they are written: 1 is not 1.0.
            _ if expected == actual => {}
            _ => {
                let (expected, actual) = (brief(expected), brief(actual));
                found.push(Difference::at(path, format!("expected {expected}, got {actual}")));
            }
        }
    }

    fn object(
        &self,
        path: &str,
        expected: &Map<String, Value>,
        actual: &Map<String, Value>,
        found: &mut Vec<Difference>,
    ) {
        let optional = names(expected, "$optional-properties$");
        let counted = names(expected, "$count-arrays$");
        for (name, value) in actual.iter().filter(|(name, _)| *name != "fhir_comments") {
            let below = format!("{path}.{name}");
            match expected.get(name).filter(|_| !is_marker(name)) {
                Some(Value::Array(items)) if counted.contains(name.as_str()) => {
                    let number = value.as_array().map(Vec::len);
                    if number != Some(items.len()) {
                        let what = format!("expected {} items, got {number:?}", items.len());
                        found.push(Difference::at(below, what));
                    }
                }
                Some(wanted) => self.value(&below, wanted, value, found),
                None if self.is_partial || optional.contains(name.as_str()) => {}
                None => {
                    let what = format!("unexpected property: {}", brief(value));
                    found.push(Difference::at(below, what));
                }
            }
        }
        for (name, wanted) in expected.iter().filter(|(name, _)| !is_marker(name)) {
            let may_be_absent = name == "location"
                || optional.contains("*")
                || optional.contains(name.as_str())
                || self.may_be_empty(wanted)
                || self.is_official && official::forgives_absence(wanted);
            if !actual.contains_key(name) && !may_be_absent {
                let what = format!("missing property, expected {}", brief(wanted));
                found.push(Difference::at(format!("{path}.{name}"), what));
            }
        }
    }

    /// Whether an array may have no items at all.
    fn may_be_empty(&self, expected: &Value) -> bool {
        let Value::Array(items) = expected else { return false };
        items.iter().all(|item| !self.is_of_this_version(item) || self.is_optional(item))
    }

    /// Expected items are found in their order, optional ones where they are there.
    fn array(&self, path: &str, expected: &[Value], actual: &[Value], found: &mut Vec<Difference>) {
        let expected: Vec<&Value> =
            expected.iter().filter(|item| self.is_of_this_version(item)).collect();
        let mut rest = actual.iter().enumerate().peekable();
        let mut fits = true;
        for wanted in &expected {
            if self.is_partial {
                fits &= rest.any(|(at, item)| self.fits(path, at, wanted, item));
            } else if let Some((at, item)) = rest.peek()
                && self.fits(path, *at, wanted, item)
            {
                rest.next();
            } else {
                fits &= self.is_optional(wanted);
                if fits && self.is_official && rest.peek().is_none() {
                    break;
                }
            }
            if !fits {
                break;
            }
        }
        if !fits || !self.is_partial && rest.peek().is_some() {
            self.explain(path, &expected, actual, found);
        }
    }

    fn fits(&self, path: &str, at: usize, expected: &Value, actual: &Value) -> bool {
        let mut found = Vec::new();
        self.value(&format!("{path}[{at}]"), expected, actual, &mut found);
        found.is_empty()
    }

    /// Says what is wrong with an array, by what its items are called rather than by position.
    fn explain(
        &self,
        path: &str,
        expected: &[&Value],
        actual: &[Value],
        found: &mut Vec<Difference>,
    ) {
        let before = found.len();
        let wanted = labelled(expected.iter().copied(), self.version);
        let got = labelled(actual.iter(), self.version);
        let by_label: HashMap<&(String, usize), &Value> =
            got.iter().map(|(label, item)| (label, *item)).collect();
        let labels: HashSet<&(String, usize)> = wanted.iter().map(|(label, _)| label).collect();
        for (label, item) in &wanted {
            if found.len() > before + ENOUGH {
                return;
            }
            match by_label.get(label) {
                Some(other) => self.value(&format!("{path}[{}]", label.0), item, other, found),
                None if self.is_optional(item) => {}
                None => {
                    found.push(Difference::at(path, format!("missing item {}", brief(item))));
                }
            }
        }
        for (_, item) in got.iter().filter(|(label, _)| !self.is_partial && !labels.contains(label))
        {
            found.push(Difference::at(path, format!("unexpected item {}", brief(item))));
        }
        if found.len() == before {
            let list = |items: &[((String, usize), &Value)]| -> Vec<String> {
                items.iter().map(|((label, _), _)| label.clone()).collect()
            };
            let (wanted, got) = (list(&wanted).join(", "), list(&got).join(", "));
            found.push(Difference::at(path, format!("expected the order {wanted}, got {got}")));
        }
    }

    /// Whether an item of an expected array may be absent.
    pub(super) fn is_optional(&self, item: &Value) -> bool {
        match &item["$optional$"] {
            Value::Bool(is_optional) => *is_optional,
            Value::String(filter) => self.applies(filter),
            _ => false,
        }
    }

    /// Whether an item of an expected array is for this server at all.
    pub(super) fn is_of_this_version(&self, item: &Value) -> bool {
        match &item["$only$"] {
            Value::String(filter) => self.applies(filter),
            Value::Bool(applies) => *applies,
            _ => true,
        }
    }

    fn applies(&self, filter: &str) -> bool {
        if let Some(mode) = filter.strip_prefix('!') {
            return !self.modes.contains(mode);
        }
        match filter.split_once(':') {
            Some(("version", number)) => self.version.number().starts_with(number),
            Some(("warning", _)) => true,
            _ => self.modes.contains(filter),
        }
    }
}

/// Names of properties that are instructions to the comparison.
pub(super) fn is_marker(name: &str) -> bool {
    name.starts_with('$') || name == "fhir_comments"
}

/// The names that a marker lists.
pub(super) fn names<'v>(object: &'v Map<String, Value>, marker: &str) -> HashSet<&'v str> {
    object
        .get(marker)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

type Labelled<'v> = Vec<((String, usize), &'v Value)>;

/// Items with what they are called; the number tells equal names apart.
fn labelled<'v>(items: impl Iterator<Item = &'v Value>, version: Version) -> Labelled<'v> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    items
        .map(|item| {
            let label = label(item).replace("$version$", version.number());
            let number = seen.entry(label.clone()).or_default();
            *number += 1;
            ((label, *number), item)
        })
        .collect()
}

fn label(item: &Value) -> String {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    if !item.is_object() {
        return brief(item);
    }
    if item.get("severity").is_some() {
        let kind = item["details"]["coding"][0]["code"].as_str().unwrap_or_default();
        return format!("{} {}", text("severity"), kind);
    }
    match text("name") {
        "designation" | "property" => {
            let key = |name: &str| crate::part(item, name).as_str().unwrap_or_default().to_owned();
            format!("{} {}{}", text("name"), key("code"), key("language"))
        }
        "" => ["url", "code", "type", "language", "mode", "value"]
            .into_iter()
            .map(text)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned(),
        name => match item.get("valueUri").and_then(Value::as_str) {
            Some(uri) if name.starts_with("used-") => format!("{name} {uri}"),
            _ => name.to_owned(),
        },
    }
}

/// JSON for a message, cut where it is long.
pub(super) fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::Rules;
    use crate::tx::Version;

    fn passes(modes: &[&str], is_partial: bool, expected: &Value, actual: &Value) -> bool {
        let modes: BTreeSet<String> = modes.iter().map(|&mode| mode.to_owned()).collect();
        let externals = Value::Null;
        let rules = Rules {
            modes: &modes,
            version: Version::R4,
            externals: &externals,
            is_partial,
            is_official: false,
        };
        let passes = rules.differences(expected, actual).is_empty();
        if passes {
            let official = Rules { is_official: true, ..rules };
            assert!(official.differences(expected, actual).is_empty(), "stricter: {expected}");
        }
        passes
    }

    fn passes_officially(expected: &Value, actual: &Value) -> bool {
        let modes = BTreeSet::new();
        let externals = Value::Null;
        let rules = Rules {
            modes: &modes,
            version: Version::R4,
            externals: &externals,
            is_partial: false,
            is_official: true,
        };
        rules.differences(expected, actual).is_empty()
    }

    #[test]
    fn markers_say_what_may_be_absent() {
        let optional =
            |filter: Value| json!({ "a": [{ "$optional$": filter, "x": 1 }, { "y": 1 }] });
        for (modes, filter, is_optional) in [
            (&[][..], json!(true), true),
            (&[], json!(false), false),
            (&[], json!("!tx"), true),
            (&["tx"], json!("!tx"), false),
            (&["tx"], json!("tx"), true),
            (&[], json!("tx"), false),
            (&[], json!("version:4"), true),
            (&[], json!("version:5"), false),
            (&[], json!("warning:version"), true),
        ] {
            let without = json!({ "a": [{ "y": 1 }] });
            assert_eq!(passes(modes, false, &optional(filter.clone()), &without), is_optional);
            let with = json!({ "a": [{ "x": 1 }, { "y": 1 }] });
            assert!(passes(modes, false, &optional(filter.clone()), &with), "{filter}");
            let wrong = json!({ "a": [{ "x": 2 }, { "y": 1 }] });
            assert!(!passes(modes, false, &optional(filter.clone()), &wrong), "{filter}");
            // The whole array may be absent only where each item may be.
            let only = json!({ "a": [{ "$optional$": filter, "x": 1 }] });
            assert_eq!(passes(modes, false, &only, &json!({})), is_optional);
        }
    }

    #[test]
    fn items_for_another_version_must_not_be_there() {
        let expected = |filter: &str| json!({ "a": [{ "$only$": filter, "x": 1 }, { "y": 1 }] });
        let with = json!({ "a": [{ "x": 1 }, { "y": 1 }] });
        let without = json!({ "a": [{ "y": 1 }] });
        assert!(passes(&[], false, &expected("version:4"), &with));
        assert!(!passes(&[], false, &expected("version:4"), &without));
        assert!(!passes(&[], false, &expected("version:5"), &with));
        assert!(passes(&[], false, &expected("version:5"), &without));
    }

    #[test]
    fn what_the_official_comparison_lets_pass_is_noticed() {
        for (expected, actual) in [
            (json!({ "a": "code1" }), json!({ "a": "code2" })),
            (json!({ "a": "1.0.0" }), json!({ "a": "1.0.1" })),
            (json!({ "expression": ["code"] }), json!({})),
            (json!({ "a": [{ "$optional$": true, "x": 1 }, { "y": 1 }] }), json!({ "a": [] })),
            (json!({ "a": "$external:1:http://a$" }), json!({ "a": "http://b" })),
        ] {
            assert!(!passes(&[], false, &expected, &actual), "{expected} accepts {actual}");
            assert!(passes_officially(&expected, &actual), "{expected} refuses {actual}");
        }
        for (expected, actual) in [
            (json!({ "a": 1 }), json!({ "a": 1.0 })),
            (json!({ "a": 1 }), json!({ "a": "1" })),
            (json!({ "a": "Display 1" }), json!({ "a": "Display 2 of it" })),
            (json!({ "a": [{ "x": 1 }] }), json!({})),
            (json!({ "a": [{ "y": 1 }, { "$optional$": true, "x": 1 }] }), json!({ "a": [] })),
        ] {
            assert!(!passes(&[], false, &expected, &actual), "{expected} accepts {actual}");
            assert!(!passes_officially(&expected, &actual), "{expected} accepts {actual}");
        }
        assert!(passes(&[], false, &json!({ "location": ["code"] }), &json!({})));
        assert!(!passes(&[], false, &json!({ "location": ["a"] }), &json!({ "location": ["b"] })));
    }

    #[test]
    fn properties_and_counts() {
        let expected = json!({ "$optional-properties$": ["id", "b"], "a": 1, "b": 2 });
        for (actual, expected_verdict) in [
            (json!({ "a": 1 }), true),
            (json!({ "a": 1, "b": 2, "id": "x" }), true),
            (json!({ "a": 1, "b": 3 }), false),
            (json!({ "b": 2 }), false),
            (json!({ "a": 1, "c": 1 }), false),
        ] {
            assert_eq!(passes(&[], false, &expected, &actual), expected_verdict, "{actual}");
        }
        let counted = json!({ "$count-arrays$": ["a"], "a": [1, 2] });
        assert!(passes(&[], false, &counted, &json!({ "a": [3, 4] })));
        assert!(!passes(&[], false, &counted, &json!({ "a": [1] })));
        assert!(!passes(&[], false, &counted, &json!({ "a": 2 })));
        let everything = json!({ "$optional-properties$": ["*"], "a": 1 });
        assert!(passes(&[], false, &everything, &json!({})));
        assert!(!passes(&[], false, &everything, &json!({ "x": 1 })));
    }

    #[test]
    fn statements_may_say_more_in_the_given_order() {
        let expected = json!({ "a": [{ "x": 1 }, { "x": 3 }] });
        assert!(passes(
            &[],
            true,
            &expected,
            &json!({ "a": [{ "x": 1 }, { "x": 2 }, { "x": 3, "y": 0 }], "b": 1 })
        ));
        assert!(!passes(&[], true, &expected, &json!({ "a": [{ "x": 3 }, { "x": 1 }] })));
        assert!(!passes(&[], true, &expected, &json!({ "a": [{ "x": 1 }] })));
    }
}
