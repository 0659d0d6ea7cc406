//! Canonical URLs with an optional version.

use std::fmt;

/// A canonical reference: `url` or `url|version`.
///
/// Source: FHIR R5, data type `canonical`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Canonical {
    /// The URL without version and fragment.
    pub url: String,
    /// The version after `|`, if any.
    pub version: Option<String>,
}

impl Canonical {
    /// A reference to `url`, in `version` if one is given; an empty version counts as none.
    pub fn new(url: impl Into<String>, version: Option<&str>) -> Self {
        let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
        Self { url: url.into(), version }
    }

    /// Splits `url|version`; everything after the first `|` is the version.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once('|') {
            Some((url, version)) => Self::new(url, Some(version)),
            None => Self::new(text, None),
        }
    }
}

impl fmt::Display for Canonical {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)?;
        if let Some(version) = &self.version {
            formatter.write_str("|")?;
            formatter.write_str(version)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_is_split_at_the_first_bar() {
        for (text, url, version) in [
            ("http://a", "http://a", None),
            ("http://a|1", "http://a", Some("1")),
            ("http://a|", "http://a", None),
            ("http://a|1|2", "http://a", Some("1|2")),
        ] {
            let canonical = Canonical::parse(text);
            assert_eq!((canonical.url.as_str(), canonical.version.as_deref()), (url, version));
        }
    }
}
