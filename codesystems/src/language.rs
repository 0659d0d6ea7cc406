//! Which language a display is wanted in.

/// Languages in order of preference, as BCP 47 tags, best first; `*` means "any".
///
/// Source: FHIR R5 `displayLanguage`, RFC 9110 `Accept-Language`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct LanguagePreference {
    tags: Vec<String>,
    /// No other language will do (`*;q=0`).
    is_exclusive: bool,
}

impl LanguagePreference {
    /// A preference for `tags`, best first.
    #[must_use]
    pub fn new(tags: Vec<String>) -> Self {
        Self { tags, is_exclusive: false }
    }

    /// The same preference, by which no other language will do.
    #[must_use]
    pub fn exclusive(mut self) -> Self {
        self.is_exclusive = true;
        self
    }

    /// Whether no other language will do: nothing is shown where there is nothing in one of these.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }

    /// Reads `de-AT, de;q=0.9, en;q=0.5`; ranges with quality 0 are left out, `*;q=0` makes the
    /// preference exclusive. Anything that is not
    /// a language range is passed over, as RFC 9110 lets a server do.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut is_exclusive = false;
        let mut ranges: Vec<(f32, &str)> = text
            .split(',')
            .filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let tag = parts.next().filter(|tag| is_range(tag))?;
                let quality = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(Some(1.0), |quality| quality.parse().ok())?;
                is_exclusive |= tag == "*" && quality <= 0.0;
                (quality > 0.0).then_some((quality, tag))
            })
            .collect();
        ranges.sort_by(|a, b| b.0.total_cmp(&a.0));
        Self { tags: ranges.into_iter().map(|(_, tag)| tag.to_owned()).collect(), is_exclusive }
    }

    /// The tags, best first.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Whether nothing is preferred.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// How well a language matches: lower is better, `None` when it is not wanted at all.
    ///
    /// Per wanted tag, best first: the tag itself, a tag below it (`de-DE` for `de`), the tag above
    /// it (`de` for `de-AT`), another tag of the same language (`de-DE` for `de-AT`).
    #[must_use]
    pub fn score(&self, language: &str) -> Option<u16> {
        self.tags.iter().zip(0u16..).find_map(|(tag, position)| {
            closeness(tag, language).map(|closeness| position * 4 + closeness)
        })
    }
}

fn is_range(tag: &str) -> bool {
    tag == "*"
        || !tag.is_empty()
            && tag.len() <= 100
            && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn closeness(wanted: &str, language: &str) -> Option<u16> {
    if wanted == "*" {
        return Some(3);
    }
    if wanted.eq_ignore_ascii_case(language) {
        return Some(0);
    }
    if extends(language, wanted) {
        return Some(1);
    }
    if extends(wanted, language) {
        return Some(2);
    }
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    (!language.is_empty() && primary(wanted) == primary(language)).then_some(3)
}

/// Whether `long` is `short` with further subtags.
fn extends(long: &str, short: &str) -> bool {
    !short.is_empty()
        && long.len() > short.len()
        && long.as_bytes().get(short.len()) == Some(&b'-')
        && long.get(..short.len()).is_some_and(|start| start.eq_ignore_ascii_case(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_ordered_by_quality_and_nonsense_is_passed_over() {
        let preference = LanguagePreference::parse("en;q=0.5, de-AT, fr;q=0, ;;, de;q=0.9, x y");
        assert_eq!(preference.tags(), ["de-AT", "de", "en"]);
    }

    #[test]
    fn the_closest_language_wins() {
        let preference = LanguagePreference::parse("de-AT,en");
        let mut languages = ["en-US", "fr", "de-DE", "de", "de-AT", "en", ""];
        languages.sort_by_key(|language| preference.score(language).unwrap_or(u16::MAX));
        assert_eq!(languages, ["de-AT", "de", "de-DE", "en", "en-US", "fr", ""]);
        assert_eq!(preference.score("fr"), None);
    }
}
