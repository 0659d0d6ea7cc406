//! Language tags, code system `urn:ietf:bcp:47`.
//!
//! Sources: RFC 5646 (syntax, by the crate `oxilangtag`; validity: section 2.2.9), IANA Language
//! Subtag Registry, Unicode CLDR for names in German (`codesystems/tables/README.md`).

use oxilangtag::LanguageTag;

use super::table::{EXTLANGS, GRANDFATHERED, LANGUAGES, REGIONS, SCRIPTS, VARIANTS};
use crate::grammar::Made;

/// Letters an extension may begin with. Source: IANA Language Tag Extensions Registry.
const EXTENSIONS: [char; 2] = ['t', 'u'];

/// Names of one subtag; the German one is empty where there is none.
struct Names {
    english: &'static str,
    german: &'static str,
}

/// The tag in its usual spelling with its names, or why it is none.
pub(crate) fn check(code: &str) -> Result<Made, String> {
    let irregular = GRANDFATHERED.rows().find(|row| row.get(0).eq_ignore_ascii_case(code));
    if let Some(row) = irregular {
        return Ok(Made::new(row.get(0)).named("en", row.get(1)));
    }
    let tag = LanguageTag::parse_and_normalize(code).map_err(|error| error.to_string())?;
    let made = Made::new(tag.as_str());
    if tag.primary_language().starts_with("x-") || tag.as_str().starts_with("x-") {
        return Ok(made);
    }
    let language = language(tag.primary_language())?;
    let mut details = Vec::new();
    for subtag in tag.extended_language_subtags() {
        let row = EXTLANGS.find(subtag).ok_or_else(|| unknown("extended language", subtag))?;
        if row.get(1) != tag.primary_language() {
            return Err(format!("the extended language '{subtag}' goes with '{}'", row.get(1)));
        }
        details.push(Names { english: row.get(2), german: "" });
    }
    if let Some(subtag) = tag.script() {
        details.push(script(subtag)?);
    }
    if let Some(subtag) = tag.region() {
        details.push(region(subtag)?);
    }
    let mut seen: Vec<&str> = Vec::new();
    for subtag in tag.variant_subtags() {
        let row = VARIANTS.find(subtag).ok_or_else(|| unknown("variant", subtag))?;
        if seen.contains(&subtag) {
            return Err(format!("the variant '{subtag}' occurs twice"));
        }
        seen.push(subtag);
        details.push(Names { english: row.get(1), german: "" });
    }
    for (singleton, _) in tag.extension_subtags() {
        if !EXTENSIONS.contains(&singleton) {
            return Err(format!("there is no extension '{singleton}'"));
        }
    }
    Ok(named(made, &language, &details))
}

fn unknown(kind: &str, subtag: &str) -> String {
    format!("the {kind} '{subtag}' is not registered")
}

fn named(made: Made, language: &Names, details: &[Names]) -> Made {
    let all = |name: fn(&Names) -> &'static str| {
        let names: Vec<&str> = details.iter().map(name).collect();
        let is_known = !name(language).is_empty() && names.iter().all(|name| !name.is_empty());
        is_known.then(|| match names.as_slice() {
            [] => name(language).to_owned(),
            names => format!("{} ({})", name(language), names.join(", ")),
        })
    };
    let made = match all(|names| names.english) {
        Some(english) => made.named("en", &english),
        None => made,
    };
    match all(|names| names.german) {
        Some(german) => made.named("de", &german),
        None => made,
    }
}

fn language(subtag: &str) -> Result<Names, String> {
    if subtag.len() == 3 && ("qaa"..="qtz").contains(&subtag) {
        return Ok(Names { english: "Private use", german: "Privatnutzung" });
    }
    let row = LANGUAGES.find(subtag).ok_or_else(|| unknown("language", subtag))?;
    Ok(Names { english: row.get(2), german: row.get(3) })
}

fn script(subtag: &str) -> Result<Names, String> {
    if subtag.len() == 4 && ("Qaaa"..="Qabx").contains(&subtag) {
        return Ok(Names { english: "Private use", german: "Privatnutzung" });
    }
    let row = SCRIPTS.find(subtag).ok_or_else(|| unknown("script", subtag))?;
    Ok(Names { english: row.get(1), german: row.get(2) })
}

fn region(subtag: &str) -> Result<Names, String> {
    let is_private = ("QM"..="QZ").contains(&subtag) || ("XA"..="XZ").contains(&subtag);
    if subtag.len() == 2 && is_private {
        return Ok(Names { english: "Private use", german: "Privatnutzung" });
    }
    let row = REGIONS.find(subtag).ok_or_else(|| unknown("region", subtag))?;
    Ok(Names { english: row.get(1), german: row.get(2) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_spelled_as_usual_and_named_in_english_and_german() {
        for (given, code, english, german) in [
            ("de", "de", "German", "Deutsch"),
            ("de-DE", "de-DE", "German (Germany)", "Deutsch (Deutschland)"),
            ("EN-us", "en-US", "English (United States)", "Englisch (Vereinigte Staaten)"),
            (
                "zh-hant-tw",
                "zh-Hant-TW",
                "Chinese (Han (Traditional variant), Taiwan, Province of China)",
                "Chinesisch (Traditionell, Taiwan)",
            ),
            (
                "es-419",
                "es-419",
                "Spanish (Latin America and the Caribbean)",
                "Spanisch (Lateinamerika)",
            ),
            ("de-CH-1996", "de-CH-1996", "German (Switzerland, German orthography of 1996)", ""),
            ("zh-yue", "zh-yue", "Chinese (Yue Chinese)", ""),
            ("i-klingon", "i-klingon", "Klingon", ""),
            ("de-u-co-phonebk", "de-u-co-phonebk", "German", "Deutsch"),
            ("qaa-XK", "qaa-XK", "Private use (Private use)", "Privatnutzung (Privatnutzung)"),
        ] {
            let made = check(given).unwrap();
            assert_eq!(made.code, code, "{given}");
            assert_eq!(made.name("en"), Some(english), "{given}");
            assert_eq!(made.name("de").unwrap_or_default(), german, "{given}");
        }
    }

    #[test]
    fn what_is_not_registered_is_no_tag() {
        for bad in [
            "",
            "-",
            "d",
            "xx",
            "de_DE",
            "de-",
            "de-ZY",
            "de-DEU",
            "de-Abcd",
            "de-foobar",
            "de-1996-1996",
            "de-b-foo",
            "en-yue",
            "deutsch",
            "de DE",
            "ü",
            "x",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check("x-whatever").is_ok());
    }
}
