//! Ranges of concrete values: `dec(>#0..)`, `int(#1 #2)`, `str("a" "b")`, `bool(true)`.
//!
//! Source: SNOMED CT Template Syntax (concrete replacement slots), as the MRCM attribute range
//! reference set uses it.

use super::Value;

/// What values an attribute of a concrete type may have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    kind: Kind,
    /// Any of these; none for every value of the kind.
    values: Vec<Allowed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Decimal,
    Text,
    Boolean,
}

#[derive(Debug, Clone, PartialEq)]
enum Allowed {
    /// Lower and upper bound, each with whether it is itself out.
    Between(Option<(f64, bool)>, Option<(f64, bool)>),
    Text(String),
    Boolean(bool),
}

impl Range {
    /// Reads a range; `None` for anything else, as an expression constraint.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = [
            (Kind::Integer, "int"),
            (Kind::Decimal, "dec"),
            (Kind::Text, "str"),
            (Kind::Boolean, "bool"),
        ]
        .into_iter()
        .find_map(|(kind, word)| Some((kind, text.trim().strip_prefix(word)?.trim())))?;
        let inner = match rest {
            "" => "",
            rest => rest.strip_prefix('(')?.strip_suffix(')')?.trim(),
        };
        let values = match kind {
            Kind::Text => texts(inner)?,
            Kind::Boolean => words(inner).map(boolean).collect::<Option<_>>()?,
            Kind::Integer | Kind::Decimal => words(inner).map(between).collect::<Option<_>>()?,
        };
        Some(Self { kind, values })
    }

    /// Whether a value is in the range.
    pub(super) fn allows(&self, value: &Value) -> bool {
        let is_any = self.values.is_empty();
        match (self.kind, value) {
            (Kind::Text, Value::Text(text)) => {
                let is_it = |one: &Allowed| matches!(one, Allowed::Text(known) if known == text);
                is_any || self.values.iter().any(is_it)
            }
            (Kind::Boolean, Value::Boolean(value)) => {
                is_any || self.values.contains(&Allowed::Boolean(*value))
            }
            (Kind::Integer, Value::Number(number)) if number.contains('.') => false,
            (Kind::Integer | Kind::Decimal, Value::Number(number)) => {
                let Ok(number) = number.parse::<f64>() else { return false };
                is_any || self.values.iter().any(|one| one.has(number))
            }
            _ => false,
        }
    }
}

impl Allowed {
    fn has(&self, number: f64) -> bool {
        let Self::Between(low, high) = self else { return false };
        low.is_none_or(|(low, is_out)| number > low || !is_out && number == low)
            && high.is_none_or(|(high, is_out)| number < high || !is_out && number == high)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

fn boolean(word: &str) -> Option<Allowed> {
    word.to_ascii_lowercase().parse().ok().map(Allowed::Boolean)
}

/// `#5`, `#1..#5`, `>#0..`, `..<#10`
fn between(word: &str) -> Option<Allowed> {
    let bound = |text: &str, sign: char| {
        let number = text.strip_prefix(sign);
        let value = number.unwrap_or(text).strip_prefix('#')?.parse().ok()?;
        Some((value, number.is_some()))
    };
    let Some((low, high)) = word.split_once("..") else {
        let value = word.strip_prefix('#')?.parse().ok()?;
        return Some(Allowed::Between(Some((value, false)), Some((value, false))));
    };
    let side = |text: &str, sign| match text {
        "" => Some(None),
        text => bound(text, sign).map(Some),
    };
    Some(Allowed::Between(side(low, '>')?, side(high, '<')?))
}

/// `"a" "b"`
fn texts(text: &str) -> Option<Vec<Allowed>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (one, after) = rest.strip_prefix('"')?.split_once('"')?;
        found.push(Allowed::Text(one.to_owned()));
        rest = after.trim_start();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_a_range_or_none(text in "(dec|int|str|bool)?[(]?[<>#.0-9 \"é-]{0,12}[)]?") {
            if let Some(range) = Range::parse(&text) {
                range.allows(&Value::Number("1".to_owned()));
            }
        }
    }

    #[test]
    fn ranges_have_bounds_lists_and_kinds() {
        let number = |text: &str| Value::Number(text.to_owned());
        let text = |text: &str| Value::Text(text.to_owned());
        for (range, inside, outside) in [
            ("dec(>#0..)", vec![number("0.1"), number("3")], vec![number("0"), number("-1")]),
            ("int(>#0..)", vec![number("1")], vec![number("1.5"), number("0"), text("1")]),
            ("int(#1..#5 #9)", vec![number("5"), number("9")], vec![number("6"), number("0")]),
            ("dec(..<#10)", vec![number("9.99"), number("-3")], vec![number("10")]),
            ("dec", vec![number("10.0")], vec![Value::Boolean(true)]),
            ("str(\"a b\" \"c\")", vec![text("a b"), text("c")], vec![text("a")]),
            ("bool(true)", vec![Value::Boolean(true)], vec![Value::Boolean(false)]),
        ] {
            let read = Range::parse(range).unwrap();
            for value in inside {
                assert!(read.allows(&value), "{range} {value:?}");
            }
            for value in outside {
                assert!(!read.allows(&value), "{range} {value:?}");
            }
        }
        for other in ["<< 73211009", "int(1)", "dec(#x)", "str(a)", "123037004"] {
            assert_eq!(Range::parse(other), None, "{other}");
        }
    }
}
