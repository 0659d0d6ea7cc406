//! Languages in the order a client wants them.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use codesystems::LanguagePreference;

use super::media_type::quality;
use crate::wire::WireError;

/// One language with its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageRange {
    /// A BCP 47 tag, or `*` for any language.
    pub tag: String,
    /// The weight in thousandths, 0 to 1000; 0 means "not this one".
    pub quality: u16,
}

/// Languages by falling weight, in the given order where weights are equal.
///
/// The same notation serves the header `Accept-Language` and the parameter `displayLanguage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LanguagePreferences {
    ranges: Vec<LanguageRange>,
    text: String,
}

impl LanguagePreferences {
    /// Reads a list such as `de-DE, de;q=0.9, *;q=0.1`.
    ///
    /// An underscore counts as hyphen (`de_DE`), as Java and POSIX locales are written.
    ///
    /// # Errors
    /// [`WireError::Value`] for the parameter `name`, where the text is not such a list.
    pub fn parse(name: &str, text: &str) -> Result<Self, WireError> {
        let ranges = text.split(',').map(|each| {
            range(each).ok_or_else(|| {
                WireError::value(
                    name,
                    text,
                    "language tags as in Accept-Language, for example 'de, en;q=0.5'",
                )
            })
        });
        Ok(Self::sorted(ranges.collect::<Result<_, _>>()?, text.to_owned()))
    }

    /// Reads all `Accept-Language` headers. What cannot be read is passed over, since a wrong preference is no
    /// reason to refuse an answer.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let headers = headers.get_all(ACCEPT_LANGUAGE).iter();
        let texts: Vec<&str> = headers.filter_map(|header| header.to_str().ok()).collect();
        let ranges = texts.iter().flat_map(|text| text.split(',')).filter_map(range);
        let ranges: Vec<LanguageRange> = ranges.collect();
        // What some HTTP clients send unasked: any language is no preference.
        if ranges.iter().all(|range| range.tag == "*" && range.quality > 0) {
            return Self::default();
        }
        Self::sorted(ranges, texts.join(","))
    }

    /// All ranges, by falling weight.
    #[must_use]
    pub fn ranges(&self) -> &[LanguageRange] {
        &self.ranges
    }

    /// The wanted tags in order, `*` included, without those of weight 0.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.ranges.iter().filter(|range| range.quality > 0).map(|range| range.tag.as_str())
    }

    /// Whether no language is preferred.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The list as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same as the domain understands it.
    #[must_use]
    pub fn preference(&self) -> LanguagePreference {
        let preference = LanguagePreference::new(self.tags().map(str::to_owned).collect());
        let none_else = self.ranges.iter().any(|range| range.tag == "*" && range.quality == 0);
        if none_else { preference.exclusive() } else { preference }
    }

    fn sorted(mut ranges: Vec<LanguageRange>, text: String) -> Self {
        ranges.sort_by_key(|range| std::cmp::Reverse(range.quality));
        Self { ranges, text }
    }
}

fn range(text: &str) -> Option<LanguageRange> {
    let mut pieces = text.split(';').map(str::trim);
    let tag = pieces.next().filter(|tag| *tag == "*" || is_tag(tag))?;
    let mut weight = 1000;
    for piece in pieces {
        let (key, value) = piece.split_once('=')?;
        weight = quality(value.trim()).filter(|_| key.trim().eq_ignore_ascii_case("q"))?;
    }
    Some(LanguageRange { tag: tag.replace('_', "-"), quality: weight })
}

/// Whether a text has the form of a language tag: subtags of 1 to 8 letters and digits, the first of letters.
fn is_tag(text: &str) -> bool {
    let mut subtags = text.split(['-', '_']);
    let is_primary = |subtag: &str| subtag.bytes().all(|byte| byte.is_ascii_alphabetic());
    subtags.next().is_some_and(|first| is_subtag(first) && is_primary(first))
        && subtags.all(is_subtag)
}

fn is_subtag(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<(String, u16)> {
        let read = LanguagePreferences::parse("displayLanguage", text).unwrap();
        read.ranges.into_iter().map(|range| (range.tag, range.quality)).collect()
    }

    #[test]
    fn languages_are_sorted_by_weight_and_keep_their_order_otherwise() {
        let read = tags("en;q=0.5, de-DE , fr;q=0.5,*;q=0.1,nl");
        let names: Vec<_> = read.iter().map(|(tag, _)| tag.as_str()).collect();
        assert_eq!(names, ["de-DE", "nl", "en", "fr", "*"]);
    }

    #[test]
    fn long_private_subtags_and_underscores_are_read() {
        assert_eq!(
            tags("de-x-sctlang-31000274-107"),
            [("de-x-sctlang-31000274-107".to_owned(), 1000)]
        );
        assert_eq!(tags("de_DE"), [("de-DE".to_owned(), 1000)]);
    }

    #[test]
    fn weight_zero_excludes_a_language() {
        let read = LanguagePreferences::parse("displayLanguage", "de,*;q=0").unwrap();
        assert_eq!(read.tags().collect::<Vec<_>>(), ["de"]);
        assert_eq!(read.ranges().last().map(|range| range.quality), Some(0));
    }

    #[test]
    fn a_wrong_list_is_refused_as_parameter_and_passed_over_as_header() {
        for wrong in ["", "de,,en", "d e", "toolongtag", "de;q=x", "1de", "de;level=1"] {
            let error = LanguagePreferences::parse("displayLanguage", wrong).unwrap_err();
            assert!(matches!(error, WireError::Value { .. }), "{wrong}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, "de,,!,en;q=0.1".parse().unwrap());
        let read = LanguagePreferences::from_headers(&headers);
        assert_eq!(read.tags().collect::<Vec<_>>(), ["de", "en"]);
    }
}
