//! Media types, code system `urn:ietf:bcp:13`.
//!
//! Sources: RFC 6838, section 4.2 (names), RFC 2045, section 5.1 (parameters). Read by the crate
//! `mediatype`; whether a type is registered does not matter, as FHIR allows unregistered ones.

use mediatype::{MediaType, ReadParams};

use crate::grammar::Made;

/// Characters a type or subtype may have.
const MAX_NAME: usize = 127;

/// The media type with type and subtype in lower case, or why it is none.
pub(crate) fn check(code: &str) -> Result<Made, String> {
    if code != code.trim() {
        return Err("a media type has no blanks around it".into());
    }
    if code.ends_with(';') {
        return Err("expected a parameter behind the semicolon".into());
    }
    let parsed = MediaType::parse(code).map_err(|error| error.to_string())?;
    let suffix = parsed.suffix.map_or(0, |suffix| suffix.as_str().len() + 1);
    for (part, length) in
        [("type", parsed.ty.as_str().len()), ("subtype", parsed.subty.as_str().len() + suffix)]
    {
        if length > MAX_NAME {
            return Err(format!("the {part} is longer than {MAX_NAME} characters"));
        }
    }
    for name in [parsed.ty, parsed.subty] {
        if !name.as_str().starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(format!("'{name}' must begin with a letter or digit"));
        }
    }
    let mut seen = Vec::new();
    for (name, _) in parsed.params() {
        let name = name.as_str().to_ascii_lowercase();
        if seen.contains(&name) {
            return Err(format!("the parameter '{name}' occurs twice"));
        }
        seen.push(name);
    }
    // Values of parameters may depend on case, names of types do not.
    let (names, parameters) = code.split_at(code.find(';').unwrap_or(code.len()));
    Ok(Made::new(&format!("{}{parameters}", names.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_follow_the_syntax() {
        for (given, code) in [
            ("text/plain", "text/plain"),
            ("Text/HTML; Charset=UTF-8", "text/html; Charset=UTF-8"),
            ("application/fhir+json", "application/fhir+json"),
            ("application/fhir+json; fhirVersion=4.0", "application/fhir+json; fhirVersion=4.0"),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("multipart/mixed; boundary=\"a b\"", "multipart/mixed; boundary=\"a b\""),
            ("image/svg+xml", "image/svg+xml"),
            ("x-private/x-thing", "x-private/x-thing"),
        ] {
            assert_eq!(check(given).map(|made| made.code), Ok(code.into()), "{given}");
        }
        let long = format!("text/{}", "a".repeat(128));
        for bad in [
            "",
            "text",
            "text/",
            "/plain",
            "text/plain/x",
            "te xt/plain",
            " text/plain",
            "text/pl ain",
            "text/plain;",
            "text/plain; charset",
            "text/plain; a=1; a=2",
            "täxt/plain",
            "-a/b",
            long.as_str(),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
