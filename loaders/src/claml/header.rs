//! Which classification a document is, and the metadata that follows from it.

use codesystems::EditionMeta;
use codesystems::model::Identifier;

use crate::bfarm::systems::{ICD_10_GM, ICD_10_WHO, ICD_O_3, OPS, System};
use crate::{Error, Options, Report, Result};

/// What a document says of itself before its first class.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// `Meta` name and value.
    pub(super) metas: Vec<(String, String)>,
    /// `Identifier`: authority and uid.
    pub(super) identifiers: Vec<(String, String)>,
    /// `Title/@name`.
    pub(super) name: String,
    /// `Title/@version`.
    pub(super) version: String,
    /// `Title/@date`.
    pub(super) date: String,
    /// Text of `Title`.
    pub(super) title: String,
}

impl Header {
    fn meta(&self, name: &str) -> Option<&str> {
        let known = self.metas.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The known code system that the title names.
    ///
    /// `Title/@name` is `ICD-10-GM`, `OPS`, `ICD-O-3`, `ICD-10-WHO` (German) or `ICD-10-EN-2010`
    /// (WHO), in older files with the year and without hyphens.
    pub(super) fn system(&self) -> Option<System> {
        let name: String = self.name.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_uppercase();
        let name = name.trim_end_matches(|last: char| last.is_ascii_digit());
        match name {
            "ICDGM" | "ICD10GM" => Some(ICD_10_GM),
            "OPS" => Some(OPS),
            "ICDO" if self.name.contains('3') => Some(ICD_O_3),
            "ICD" if self.name.contains("10") => Some(ICD_10_WHO),
            "ICD10WHO" | "ICD10EN" => Some(ICD_10_WHO),
            _ => None,
        }
    }

    /// The metadata of the edition: what the user said, else what is known of the system, else
    /// what the document says.
    ///
    /// # Errors
    /// When an unknown classification has no name to derive a URL from, or a known one no year.
    pub(super) fn edition_meta(
        &self,
        path: &str,
        options: &Options,
        report: &mut Report,
    ) -> Result<EditionMeta> {
        let mut meta = match self.system() {
            Some(system) => self.known(system, path, options)?,
            None => self.unknown(path, options, report)?,
        };
        meta.date.clone_from(&self.date);
        if let Some(language) = self.meta("lang").filter(|_| options.language.is_none()) {
            meta.language = language.to_owned();
        }
        if let Some(copyright) = self.meta("copyright") {
            let said = [copyright, &meta.copyright].into_iter().filter(|text| !text.is_empty());
            meta.copyright = said.collect::<Vec<_>>().join(". ");
        }
        meta.identifiers = self.identifiers.iter().filter_map(|(_, uid)| identifier(uid)).collect();
        Ok(meta)
    }

    fn known(&self, system: System, path: &str, options: &Options) -> Result<EditionMeta> {
        let year = [&self.version, &self.name, &self.title].into_iter().find_map(|text| year(text));
        let Some(version) = options.version.clone().or(year) else {
            return Err(Error::file(
                path,
                format!("Title of {} names no year; give the version", system.title),
            ));
        };
        let mut meta = system.meta(&version, options);
        if !self.title.is_empty() && options.title.is_none() {
            meta.title.clone_from(&self.title);
        }
        // The German editions are BfArM's; WHO publishes its own in English.
        if self.meta("lang").is_some_and(|language| !language.starts_with("de")) {
            meta.publisher.clear();
            meta.copyright.clear();
            meta.notices.clear();
        }
        Ok(meta)
    }

    fn unknown(&self, path: &str, options: &Options, report: &mut Report) -> Result<EditionMeta> {
        let slug = slug(&self.name);
        let url = match &options.url {
            Some(url) => url.clone(),
            None if slug.is_empty() => {
                return Err(Error::file(
                    path,
                    "the classification has no Title name and is not a known one; give its URL",
                ));
            }
            None => {
                let url = format!("urn:claml:{slug}");
                report.warn(
                    path,
                    0,
                    format!(
                        "classification '{}' is not a known one; it is loaded as {url}, give its \
                         URL to load it under its own",
                        self.name
                    ),
                );
                url
            }
        };
        let version = options.version.clone().unwrap_or_else(|| self.version.clone());
        Ok(EditionMeta {
            name: slug.replace('-', "_"),
            title: options.title.clone().unwrap_or_else(|| self.title.clone()),
            language: options.language.clone().unwrap_or_default(),
            case_sensitive: Some(true),
            hierarchy_meaning: "is-a".into(),
            ..EditionMeta::new(url, version)
        })
    }
}

/// An OID as FHIR writes it; identifiers that are not OIDs have no known namespace and are left out.
fn identifier(uid: &str) -> Option<Identifier> {
    let is_oid = uid.contains('.') && uid.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_oid
        .then(|| Identifier { system: "urn:ietf:rfc:3986".into(), value: format!("urn:oid:{uid}") })
}

/// The first run of exactly four digits that is a year.
fn year(text: &str) -> Option<String> {
    let mut runs = text.split(|next: char| !next.is_ascii_digit());
    runs.find(|run| run.len() == 4 && (run.starts_with("19") || run.starts_with("20")))
        .map(str::to_owned)
}

fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|next: char| !next.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Header {
        Header { name: name.into(), version: "2026".into(), ..Header::default() }
    }

    #[test]
    fn known_classifications_are_told_by_their_names() {
        for (name, system) in [
            ("ICD-10-GM", Some(ICD_10_GM)),
            ("ICD10gm2009", Some(ICD_10_GM)),
            ("OPS", Some(OPS)),
            ("OPS-2014", Some(OPS)),
            ("ICD-O-3", Some(ICD_O_3)),
            ("ICD-10-WHO", Some(ICD_10_WHO)),
            ("ICD-10-EN-2010", Some(ICD_10_WHO)),
            ("ICD-10", Some(ICD_10_WHO)),
            ("ICD-10-CM", None),
            ("ICF", None),
            ("", None),
        ] {
            assert_eq!(named(name).system(), system, "{name}");
        }
    }

    #[test]
    fn a_known_classification_gets_its_canonicals_and_the_year() {
        let mut header = named("ICD-10-GM");
        header.identifiers.push(("BfArM".into(), "1.2.276.0.76.5".into()));
        let mut report = Report::default();
        let meta = header.edition_meta("a.xml", &Options::default(), &mut report).unwrap();
        assert_eq!(meta.url, "http://fhir.de/CodeSystem/bfarm/icd-10-gm");
        assert_eq!(meta.aliases, ["http://fhir.de/CodeSystem/dimdi/icd-10-gm"]);
        assert_eq!((meta.version.as_str(), meta.version_needed), ("2026", Some(true)));
        assert_eq!(meta.identifiers[0].value, "urn:oid:1.2.276.0.76.5");
        assert!(meta.notices[0].contains("maschinenlesbaren Fassung"));
    }

    #[test]
    fn an_unknown_classification_is_loaded_under_a_derived_url_with_a_warning() {
        let mut report = Report::default();
        let meta = named("Meine Klassifikation");
        let meta = meta.edition_meta("a.xml", &Options::default(), &mut report).unwrap();
        assert_eq!(meta.url, "urn:claml:meine-klassifikation");
        assert_eq!(report.warning_count, 1);
        let error = named("").edition_meta("a.xml", &Options::default(), &mut report).unwrap_err();
        assert!(error.to_string().contains("give its URL"), "{error}");
    }

    #[test]
    fn what_the_user_says_wins() {
        let options = Options {
            url: Some("http://example.org/x".into()),
            version: Some("7".into()),
            title: Some("X".into()),
            language: Some("de-AT".into()),
            ..Options::default()
        };
        for name in ["ICD-10-GM", "unbekannt"] {
            let mut report = Report::default();
            let meta = named(name).edition_meta("a.xml", &options, &mut report).unwrap();
            assert_eq!(meta.url, "http://example.org/x");
            assert_eq!((meta.version.as_str(), meta.title.as_str()), ("7", "X"));
            assert_eq!(meta.language, "de-AT");
            assert_eq!(report.warning_count, 0);
        }
    }
}
