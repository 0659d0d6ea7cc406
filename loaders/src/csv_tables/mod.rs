//! Local code systems and local maps as CSV tables.
//!
//! A table has a header line, fields apart by `;`, `,` or tab (found from the header line), and
//! fields may be quoted with `"`. It is read as UTF-8 (with or without byte order mark) or UTF-16
//! (with one); a file that is not UTF-8 is read as Windows-1252, with a warning, unless an encoding
//! is given. Headers are read in English or German, without regard to case; `_`, `-` and blanks
//! are the same. Blank lines are passed over.
//!
//! # Code systems
//!
//! A table with the columns *code* and *display* is a code system. Its URL must be given (`--url`);
//! version, language of texts without one, and title can be (`--version`, `--language`,
//! `--title`). Concepts keep the order of the file.
//!
//! | column | headers | meaning |
//! |---|---|---|
//! | code | `code`, `Kode`, `Schlüssel` | the code; needed, once in the file |
//! | display | `display`, `Anzeige`, `Bezeichnung`, `Text`, `Titel`, `title` | the text to show; needed |
//! | definition | `definition`, `description`, `Definition`, `Beschreibung` | what the code means |
//! | parent | `parent`, `Eltern`, `Oberbegriff`, `übergeordnet` | codes directly above, apart by `\|` |
//! | status | `status` | a status code; `aktiv`, `inaktiv`, `Entwurf`, `zurückgezogen`, `veraltet` are put into English. `retired` and `inactive` make the code inactive |
//! | inactive | `inactive`, `inaktiv` | whether the code is no longer to be used: `true`, `1`, `x`, `yes`, `ja`, … or `false`, `0`, `no`, `nein`, empty |
//! | not selectable | `notSelectable`, `abstract`, `abstrakt`, `nicht wählbar` | whether the code only groups others, written as above |
//! | synonyms | `synonym`, `synonyms`, `Synonym`, `Synonyme` | further texts, apart by `\|` |
//! | any other | | a property of type string with the header as its code |
//!
//! Display, definition and synonyms may be given in several languages, with the BCP 47 tag after
//! the name: `display:en`, `Bezeichnung_de-AT`, `Synonyme (fr)`.
//!
//! # Maps
//!
//! A table with the columns *source* and *target* is a concept map. Its URL must be given
//! (`--url`), and the systems, if no columns name them (`--source`, `--target`, each with
//! `|version` if wanted).
//!
//! | column | headers | meaning |
//! |---|---|---|
//! | source | `source`, `source code`, `Quelle`, `Quellcode` | source code; needed |
//! | source display | `source display`, `Quelltext`, `Quellbezeichnung`, `Quellanzeige` | its display |
//! | target | `target`, `target code`, `Ziel`, `Zielcode` | target code; empty says that there is none |
//! | target display | `target display`, `Zieltext`, `Zielbezeichnung`, `Zielanzeige` | its display |
//! | relationship | `relationship`, `equivalence`, `Beziehung`, `Äquivalenz` | see below; empty is `related-to` |
//! | comment | `comment`, `Kommentar`, `Bemerkung` | for people |
//! | source system | `source system`, `Quellsystem` | canonical, with `\|version` if wanted |
//! | target system | `target system`, `Zielsystem` | canonical, with `\|version` if wanted |
//! | any other | | a property of the mapping, of type string, with the header as its code |
//!
//! Relationships are the codes of FHIR R4 (`equivalent`, `equal`, `wider`, `subsumes`, `narrower`,
//! `specializes`, `inexact`, `relatedto`, `unmatched`, `disjoint`) and R5
//! (`source-is-narrower-than-target`, …), or German words. Those say, like R4, what the *target*
//! is: `äquivalent`, `gleich`, `weiter` (the target is wider), `enger` (the target is narrower),
//! `umfasst`, `spezialisiert`, `ungenau`, `verwandt`, `keine Entsprechung`, `nicht verwandt`.

mod codes;
mod columns;
mod maps;
#[cfg(test)]
mod tests;
mod text;

use codesystems::model::Provenance;

use crate::archive::File;
use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use columns::{Column, MapColumn};
use text::Layout;

/// Whether the file is a table of codes or of mappings; each file is a release of its own.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    let layout = Layout::of_head(probe.head)?;
    (columns::is_map(&layout.headers) || columns::is_code_system(&layout.headers))
        .then(|| probe.file.path.clone())
}

/// Reads the tables of a release.
///
/// # Errors
/// When a file is damaged, a code occurs twice, a parent is missing, the hierarchy has a cycle, or
/// the URL of the code system or map is not given.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    for file in &release.files {
        let Some(layout) = Layout::of_head(&file.head(16 * 1024)?) else {
            return Err(Error::line(&file.path, 1, "no header line"));
        };
        let table = text::open(file, &layout, options, report)?;
        let provenance = Provenance {
            sources: release.sources.clone(),
            loader: "csv".into(),
            loader_version: env!("CARGO_PKG_VERSION").into(),
            built_at: String::new(),
        };
        if columns::is_map(table.headers()) {
            let columns = columns::roles(table.headers(), MapColumn::of);
            let mut map = maps::read(table, &columns, file, options, report)?;
            map.provenance = provenance;
            sink.concept_map(map)?;
        } else {
            let columns = columns::roles(table.headers(), Column::of);
            let mut edition = codes::read(table, &columns, file, options, report)?;
            edition.provenance = provenance;
            sink.edition(edition)?;
        }
    }
    Ok(())
}

/// The URL from the options, which a table cannot say itself.
fn url(file: &File, options: &Options, what: &str) -> Result<String> {
    options.url.clone().ok_or_else(|| {
        let problem = format!("a table does not name the {what} it holds; give its URL (--url)");
        Error::file(&file.path, problem)
    })
}

/// The title from the options, else the file name without its ending.
fn title(file: &File, options: &Options) -> String {
    let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
    options.title.clone().unwrap_or_else(|| stem.to_owned())
}

/// A name that begins with a capital letter and has letters, digits and `_` only, as FHIR asks of
/// names (invariant `cnl-0`).
fn name(title: &str) -> String {
    let ascii: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut characters = ascii.trim_matches('_').chars();
    match characters.next() {
        Some(first) if first.is_ascii_alphabetic() => {
            first.to_ascii_uppercase().to_string() + characters.as_str()
        }
        Some(first) => format!("T{first}{}", characters.as_str()),
        None => "Table".into(),
    }
}
