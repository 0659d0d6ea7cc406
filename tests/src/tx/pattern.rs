//! Texts of an expected answer that stand for many texts.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use super::Version;

/// Patterns by name, and a text that each matches.
const PATTERNS: [(&str, &str, &str); 8] = [
    (
        "$instant$",
        r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))",
        "2026-01-31T12:30:00.5+01:00",
    ),
    (
        "$date$",
        r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?",
        "2026-01-31",
    ),
    (
        "$uuid$",
        "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "urn:uuid:8acdbfdc-e9d2-11ed-a05b-0242ac120003",
    ),
    ("$id$", r"[A-Za-z0-9.-]{1,64}", "some-id"),
    ("$url$", r"https?://\S+", "http://tx.example/fhir"),
    ("$token$", r"[A-Za-z0-9_.-]+", "some_token-1.0"),
    ("$string$", r"(?s)\S(.*\S)?", "Some words"),
    ("$semver$", r"[0-9]+\.[0-9]+\.[0-9]+([-+][A-Za-z0-9.+-]+)?", "1.9.3"),
];

/// Whether `actual` is what `expected` stands for; else what was wanted.
pub(super) fn accepts(
    expected: &str,
    actual: &str,
    version: Version,
    externals: &Value,
) -> Result<(), String> {
    let expected = expected.replace("$version$", version.number());
    let holds = match Pattern::of(&expected) {
        Pattern::Text(text) => text == actual,
        Pattern::Anything => true,
        Pattern::Named(name) => expression(name).is_match(actual),
        Pattern::Choice(choices) => choices.split('|').any(|choice| choice == actual),
        Pattern::Fragments(fragments) => contains_all(actual, fragments),
        Pattern::External(number, fragments) => match externals[number].as_str() {
            Some(message) => {
                if message == actual {
                    return Ok(());
                }
                return Err(format!("{message:?} (message {number})"));
            }
            None => contains_all(actual, fragments),
        },
    };
    if holds { Ok(()) } else { Err(format!("{expected:?}")) }
}

/// A text that `expected` stands for.
pub(super) fn example(expected: &str, version: Version, externals: &Value) -> String {
    let expected = expected.replace("$version$", version.number());
    match Pattern::of(&expected) {
        Pattern::Text(text) => text.to_owned(),
        Pattern::Anything => "anything".to_owned(),
        Pattern::Named(name) => {
            let known = PATTERNS.iter().find(|(pattern, _, _)| *pattern == name);
            known.map(|(_, _, example)| (*example).to_owned()).unwrap_or_default()
        }
        Pattern::Choice(choices) => choices.split('|').next_back().unwrap_or_default().to_owned(),
        Pattern::Fragments(fragments) => fragments.replace('|', " and "),
        Pattern::External(number, fragments) => externals[number]
            .as_str()
            .map_or_else(|| fragments.replace('|', " and "), str::to_owned),
    }
}

/// Whether the text stands for others than itself.
pub(super) fn is_pattern(expected: &str) -> bool {
    !matches!(Pattern::of(expected), Pattern::Text(_))
}

enum Pattern<'t> {
    Text(&'t str),
    Anything,
    Named(&'t str),
    Choice(&'t str),
    Fragments(&'t str),
    External(&'t str, &'t str),
}

impl<'t> Pattern<'t> {
    fn of(text: &'t str) -> Self {
        let Some(inner) = text.strip_prefix('$').and_then(|rest| rest.strip_suffix('$')) else {
            return Self::Text(text);
        };
        if inner.is_empty() {
            return Self::Anything;
        }
        match inner.split_once(':') {
            Some(("choice", choices)) => Self::Choice(choices),
            Some(("fragments", fragments)) => Self::Fragments(fragments),
            Some(("external", message)) => {
                let (number, fragments) = message.split_once(':').unwrap_or((message, ""));
                Self::External(number, fragments)
            }
            _ => Self::Named(text),
        }
    }
}

fn contains_all(actual: &str, fragments: &str) -> bool {
    let actual = actual.to_lowercase();
    fragments.split('|').all(|fragment| actual.contains(&fragment.to_lowercase()))
}

fn expression(name: &str) -> &'static Regex {
    static EXPRESSIONS: OnceLock<HashMap<&str, Regex>> = OnceLock::new();
    let all = EXPRESSIONS.get_or_init(|| {
        let compiled = PATTERNS
            .iter()
            .map(|(name, pattern, _)| (*name, Regex::new(&format!("^(?:{pattern})$")).unwrap()));
        compiled.collect()
    });
    all.get(name)
        .unwrap_or_else(|| panic!("the suite has a pattern this runner does not know: {name}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{PATTERNS, accepts};
    use crate::tx::Version;

    #[test]
    fn each_pattern_accepts_its_example_and_refuses_what_the_suite_refuses() {
        let holds =
            |pattern: &str, text: &str| accepts(pattern, text, Version::R4, &Value::Null).is_ok();
        for (name, _, example) in PATTERNS {
            assert!(holds(name, example), "{name} {example}");
            assert!(!holds(name, ""), "{name} accepts the empty text");
        }
        for (pattern, wrong) in [
            ("$instant$", "2026-01-31T12:30:00"),
            ("$instant$", "2026-01-31"),
            ("$date$", "31.01.2026"),
            ("$uuid$", "8acdbfdc-e9d2-11ed-a05b-0242ac120003"),
            ("$uuid$", "urn:uuid:8ACDBFDC-e9d2-11ed-a05b-0242ac120003"),
            ("$url$", "urn:oid:1.2.3"),
            ("$token$", "two words"),
            ("$token$", "a/b"),
            ("$string$", " padded"),
            ("$semver$", "1.9"),
            ("$version$", "5.0.0"),
            ("$choice:invalid|not-found$", "invalid|not-found"),
            ("$fragments:one|two$", "one"),
            ("$external:1:http://a|5.0.0$", "http://b is not 5.0.0"),
            ("1.0.0", "1.0.1"),
            ("code1", "code2"),
        ] {
            assert!(!holds(pattern, wrong), "{pattern} accepts {wrong}");
        }
        for (pattern, right) in [
            ("$$", "x"),
            ("$version$", "4.0.1"),
            ("http://x|$version$", "http://x|4.0.1"),
            ("$choice:invalid|not-found$", "not-found"),
            ("$fragments:One|two$", "two and one"),
            ("$external:1$", "whatever"),
            ("$external:1:http://a|5.0.0$", "http://a|5.0.0"),
        ] {
            assert!(holds(pattern, right), "{pattern} refuses {right}");
        }
        let messages = json!({ "1": "the message" });
        assert!(accepts("$external:1:the$", "the message", Version::R4, &messages).is_ok());
        assert!(accepts("$external:1:the$", "the messages", Version::R4, &messages).is_err());
    }
}
