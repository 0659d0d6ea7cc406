//! The header of an OBO file: which ontology in which version, and under which terms.

use std::io::BufRead;

use codesystems::EditionMeta;
use codesystems::model::Identifier;

use super::syntax::{Lines, plain, quoted, tag_value};
use crate::{Error, Options, Result};

/// The prefix of an ontology named `hp`, `hp.obo`, `hp/hp-base.owl` or `…/hp.owl`, in lower case.
pub(super) fn prefix(ontology: &str) -> String {
    let name = ontology.trim().rsplit('/').next().unwrap_or_default();
    let name = name.split(['.', '-']).next().unwrap_or_default();
    if name.is_empty() { "obo".into() } else { name.to_ascii_lowercase() }
}

/// The version in `data-version`, as in `hp/releases/2025-01-16` or `releases/2025-01-16`.
fn version(data_version: &str) -> &str {
    let data_version = data_version.trim_end_matches('/');
    match data_version.split_once("releases/") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => data_version,
    }
}

/// Reads up to the first stanza; metadata and prefix of the ontology.
///
/// # Errors
/// When the file is not readable or has no stanza.
pub(super) fn read<R: BufRead>(
    lines: &mut Lines<'_, R>,
    options: &Options,
) -> Result<(EditionMeta, String)> {
    let mut meta = EditionMeta::new("", "");
    let (mut id, mut rights, mut license) = (String::new(), String::new(), String::new());
    loop {
        let Some(line) = lines.next()? else {
            return Err(Error::file(lines.path(), "an OBO header without any stanza"));
        };
        if line.starts_with('[') {
            break;
        }
        let Some((tag, value)) = tag_value(line) else { continue };
        match tag {
            "ontology" => id = plain(value),
            "data-version" => meta.version = version(&plain(value)).to_owned(),
            "property_value" => {
                let (property, text) = value.split_once(' ').unwrap_or((value, ""));
                let text = quoted(text).map_or_else(|| plain(text), |(text, _)| text);
                match property.rsplit(['/', ':', '#']).next().unwrap_or_default() {
                    "title" => meta.title = text,
                    "description" => meta.description = text,
                    "rights" => rights = text,
                    "license" => license = text,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let prefix = prefix(&id);
    meta.copyright = [rights, license]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    identify(&mut meta, &prefix);
    if let Some(url) = &options.url {
        meta.url.clone_from(url);
        meta.aliases.retain(|alias| alias != url);
    }
    if let Some(version) = &options.version {
        meta.version.clone_from(version);
    }
    if let Some(title) = &options.title {
        meta.title.clone_from(title);
    }
    Ok((meta, prefix))
}

/// URL, name and notices by prefix. For HPO: NamingSystem HPO of terminology.hl7.org, which names
/// the owner's URL, hp.owl as a second one, and the statement that users should show.
fn identify(meta: &mut EditionMeta, prefix: &str) {
    meta.case_sensitive = Some(true);
    meta.hierarchy_meaning = "is-a".into();
    meta.compositional = Some(false);
    let date = meta.version.as_bytes();
    if date.len() == 10 && date.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
        meta.date.clone_from(&meta.version);
    }
    meta.name = prefix.to_ascii_uppercase();
    let owl = format!("http://purl.obolibrary.org/obo/{prefix}.owl");
    if prefix != "hp" {
        meta.url = owl;
        return;
    }
    meta.url = "http://human-phenotype-ontology.org".into();
    meta.aliases = vec![owl, "http://purl.obolibrary.org/obo/hp.fhir".into()];
    meta.name = "HPO".into();
    meta.publisher = "Human Phenotype Ontology Consortium".into();
    meta.identifiers = vec![Identifier {
        system: "urn:ietf:rfc:3986".into(),
        value: "urn:oid:2.16.840.1.113883.6.339".into(),
    }];
    meta.notices = vec![format!(
        "This service/product uses the Human Phenotype Ontology (version {}). Find out more at \
         http://www.human-phenotype-ontology.org",
        meta.version
    )];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ontology_and_version_are_read_in_all_their_spellings() {
        for (name, expected) in [
            ("hp", "hp"),
            ("hp.obo", "hp"),
            ("hp/hp-base.owl", "hp"),
            (" ", "obo"),
            ("MONDO", "mondo"),
        ] {
            assert_eq!(prefix(name), expected, "{name}");
        }
        for (text, expected) in [
            ("hp/releases/2025-01-16", "2025-01-16"),
            ("releases/2025-01-16/hp.owl", "2025-01-16"),
            ("1.7", "1.7"),
        ] {
            assert_eq!(version(text), expected);
        }
    }
}
