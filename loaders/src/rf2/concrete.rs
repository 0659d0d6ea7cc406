//! Values of concrete domains: `#5`, `#2.5`, `"text"`, `true`.

/// A value as its file writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concrete<'a> {
    /// A whole number.
    Integer(&'a str),
    /// A number with a decimal point.
    Decimal(&'a str),
    /// A text, without its quotation marks.
    Text(&'a str),
    /// True or false.
    Boolean(bool),
}

/// Reads a value.
///
/// Source: Release File Specification, relationship concrete values file.
pub(super) fn parse(value: &str) -> Option<Concrete<'_>> {
    if let Some(number) = value.strip_prefix('#') {
        let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let number = number.strip_prefix('+').unwrap_or(number);
        return match unsigned.contains('.') {
            _ if !digits(whole) || !digits(fraction) => None,
            true => Some(Concrete::Decimal(number)),
            false if number.parse::<i64>().is_ok() => Some(Concrete::Integer(number)),
            false => Some(Concrete::Decimal(number)),
        };
    }
    match value {
        _ if value.eq_ignore_ascii_case("true") => Some(Concrete::Boolean(true)),
        _ if value.eq_ignore_ascii_case("false") => Some(Concrete::Boolean(false)),
        _ => value.strip_prefix('"')?.strip_suffix('"').map(Concrete::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_written() {
        for (value, expected) in [
            ("#5", Some(Concrete::Integer("5"))),
            ("#-5", Some(Concrete::Integer("-5"))),
            ("#+5", Some(Concrete::Integer("5"))),
            ("#5.0", Some(Concrete::Decimal("5.0"))),
            ("#99999999999999999999", Some(Concrete::Decimal("99999999999999999999"))),
            ("\"a \"b\" c\"", Some(Concrete::Text("a \"b\" c"))),
            ("true", Some(Concrete::Boolean(true))),
            ("FALSE", Some(Concrete::Boolean(false))),
            ("5", None),
            ("#", None),
            ("#5.", None),
            ("#1e3", None),
            ("\"", None),
            ("", None),
        ] {
            assert_eq!(parse(value), expected, "{value}");
        }
    }
}
