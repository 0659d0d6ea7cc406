//! Media types and media ranges, as far as FHIR uses them.

use crate::wire::{BodyFormat, Format};

/// A media type or media range with the parameters that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MediaRange<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// The weight in thousandths; 1000 where none is given.
    pub(super) quality: u16,
    /// The parameter `fhirVersion`.
    pub(super) fhir_version: Option<&'a str>,
    /// The parameter `charset`.
    pub(super) charset: Option<&'a str>,
}

impl<'a> MediaRange<'a> {
    /// Reads one media range; a lone `*` counts as `*/*`, since the JDK's default `Accept` holds one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut pieces = text.split(';').map(str::trim);
        let name = pieces.next()?;
        let (kind, subtype) = if name == "*" { ("*", "*") } else { name.split_once('/')? };
        if kind.is_empty() || subtype.is_empty() {
            return None;
        }
        let mut range = Self { kind, subtype, quality: 1000, fhir_version: None, charset: None };
        for (key, value) in pieces.filter_map(|piece| piece.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match key.trim() {
                key if key.eq_ignore_ascii_case("q") => range.quality = quality(value)?,
                key if key.eq_ignore_ascii_case("fhirVersion") => range.fhir_version = Some(value),
                key if key.eq_ignore_ascii_case("charset") => range.charset = Some(value),
                _ => {}
            }
        }
        Some(range)
    }

    /// How exactly this range names a format (3 for the format's own FHIR type, 0 for `*/*`); `None` where it
    /// does not match.
    pub(super) fn specificity_for(&self, format: Format) -> Option<u8> {
        match (self.kind, self.subtype) {
            ("*", "*") => return Some(0),
            ("application" | "text", "*") => return Some(1),
            _ => {}
        }
        let (fhir, legacy, plain) = match format {
            Format::Json => ("fhir+json", "json+fhir", "json"),
            Format::Xml => ("fhir+xml", "xml+fhir", "xml"),
        };
        let is = |name: &str| self.subtype.eq_ignore_ascii_case(name);
        match () {
            () if !self.is_application_or_text() => None,
            () if is(fhir) => Some(3),
            () if is(legacy) || is(plain) => Some(2),
            () => None,
        }
    }

    /// Whether this is what a browser asks for first.
    pub(super) fn is_html(&self) -> bool {
        self.kind.eq_ignore_ascii_case("text") && self.subtype.eq_ignore_ascii_case("html")
    }

    /// The format of a body of this type.
    pub(super) fn body_format(&self) -> Option<BodyFormat> {
        if self.subtype == "*" {
            return None;
        }
        if self.specificity_for(Format::Json).is_some() {
            return Some(BodyFormat::Json);
        }
        if self.specificity_for(Format::Xml).is_some() {
            return Some(BodyFormat::Xml);
        }
        let is_form = self.subtype.eq_ignore_ascii_case("x-www-form-urlencoded");
        is_form.then_some(BodyFormat::Form)
    }

    fn is_application_or_text(&self) -> bool {
        self.kind.eq_ignore_ascii_case("application") || self.kind.eq_ignore_ascii_case("text")
    }
}

/// A weight in thousandths (RFC 9110, section 12.4.2, and also `.2` without its zero); more than three digits
/// are cut.
pub(super) fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    if whole > 1 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain([b'0'; 3]).take(3);
    let thousandths = digits.fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    Some((whole * 1000 + thousandths).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_thousandths() {
        let read = ["1", "1.000", "0.8", ".2", "0.1234", "0", "1.5"].map(quality);
        assert_eq!(
            read,
            [Some(1000), Some(1000), Some(800), Some(200), Some(123), Some(0), Some(1000)]
        );
        assert_eq!(["2", "x", "0.x", "-1"].map(quality), [None; 4]);
    }

    #[test]
    fn mime_parameters_are_read_in_any_case_and_with_quotes() {
        let text = "Application/FHIR+JSON; fhirversion=\"4.0\" ;Charset=UTF-8;q=0.5";
        let range = MediaRange::parse(text).unwrap();
        assert_eq!(range.fhir_version, Some("4.0"));
        assert_eq!(range.charset, Some("UTF-8"));
        assert_eq!(range.quality, 500);
        assert_eq!(range.body_format(), Some(BodyFormat::Json));
    }
}
