//! Orphadata XML: the Orphanet nomenclature of rare diseases and what is known about its entities.
//!
//! All Orphadata files of one load form one release and become one code system edition, whatever
//! products and languages they are: names, synonyms, definitions and references (product 1), the
//! classifications (product 3, about 36 files), phenotypes (4), genes (6), the linearisation (7),
//! prevalences and ages (9) and functional consequences. Each terminology referred to becomes a
//! concept map.
//!
//! - **Version**: the newest day in `JDBOR/@date`, `YYYY-MM-DD`. `JDBOR/@version` is that of
//!   Orphanet's database program and did not change between the releases of June and December 2025.
//! - **Hierarchy**: the union of all classifications. Which classifications an entity is part of,
//!   and below what, is kept as a membership set each (code: the ORPHA number of the
//!   classification) and in the property `classification`. The linearisation is a property only.
//! - **Language**: English displays come first where there are any, then German, then the rest.
//! - Two files that contradict each other: product 1 counts more than the others, the newer file
//!   more than the older.
//!
//! Source: the files of 2019 (ISO-8859-1, `OrphaNumber`) and 2025 (UTF-8, `OrphaCode`), and
//! Orphanet's description of the nomenclature pack for coding.

mod cycles;
mod edition;
mod maps;
mod nomenclature;
mod read;
mod terms;
#[cfg(test)]
mod tests;
mod text;
mod xml;

use std::collections::BTreeMap;

use codesystems::model::Provenance;

use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use nomenclature::{Day, Nomenclature};
use read::Header;

/// Canonical of ORPHAcodes in German and European profiles.
const URL: &str = "http://www.orpha.net";

/// How Orphanet asks to be cited.
const COPYRIGHT: &str = "Orphadata: Free access data from Orphanet. © INSERM 1999. \
    Available on https://www.orphadata.com.";

/// The licence, and what it asks for where data was changed.
const LICENCE: &str = "Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). \
    Changed: several products and languages merged into one code system and concept maps.";

/// What edition and maps have in common.
struct Publication {
    /// Canonical of the code system.
    url: String,
    /// Version of the code system and of the maps.
    version: String,
    /// Day of the release, `YYYY-MM-DD`.
    date: String,
    /// Title asked for by the user.
    title: Option<String>,
    /// Path to name in warnings on the release as a whole.
    path: String,
    provenance: Provenance,
}

/// Whether the file is an Orphadata XML file (`<JDBOR`); all of them form one release.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    let start = probe.text.get(..probe.text.len().min(4096)).unwrap_or(probe.text);
    start.contains("<JDBOR").then(|| "orphadata".to_owned())
}

/// Reads all files of a release into one edition and one map for each terminology referred to.
///
/// # Errors
/// When a file is not well-formed, is cut off, is in an encoding other than it says, or has a
/// record without ORPHAcode; when no file has any record; when the sink refuses what was built.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let mut nomenclature = Nomenclature::default();
    let mut headers = Vec::with_capacity(release.files.len());
    for file in &release.files {
        headers.push(read::read(file, options, &mut nomenclature, report)?);
    }
    if nomenclature.entities.is_empty() {
        return Err(Error::file(release.path(), "no <Disorder> in any Orphadata file"));
    }
    warn_of_left_out(release.path(), report);
    let newest = newest(&headers, report);
    let publication = publication(release, options, newest);
    let maps = maps::build(&nomenclature, &publication, report);
    let edition = edition::build(&nomenclature, &publication, report);
    drop(nomenclature);
    sink.edition(edition)?;
    maps.into_iter().try_for_each(|map| sink.concept_map(map))
}

fn publication(release: &Release, options: &Options, newest: Day) -> Publication {
    let date = if newest == Day::default() { String::new() } else { newest.to_string() };
    Publication {
        url: options.url.clone().unwrap_or_else(|| URL.into()),
        version: options.version.clone().unwrap_or_else(|| date.clone()),
        date,
        title: options.title.clone(),
        path: release.path().to_owned(),
        provenance: Provenance {
            sources: release.sources.clone(),
            loader: "orphadata".into(),
            loader_version: env!("CARGO_PKG_VERSION").into(),
            ..Provenance::default()
        },
    }
}

/// The newest day, with a warning for each other release that was loaded beside it.
fn newest(headers: &[Header], report: &mut Report) -> Day {
    let newest = headers.iter().map(|header| header.day).max().unwrap_or_default();
    let mut others: BTreeMap<Day, Vec<&Header>> = BTreeMap::new();
    for header in headers {
        if header.day != Day::default() && newest.is_far_from(header.day) {
            others.entry(header.day).or_default().push(header);
        }
    }
    for (day, files) in others {
        let message = format!(
            "{} file(s) from this one on are of {day}, the newest of this load are of {newest}: \
             different releases, merged here under the version {newest}. Load them apart to keep \
             them apart.",
            files.len()
        );
        report.warn(files.first().map_or("", |file| file.path.as_str()), 0, message);
    }
    newest
}

/// One warning for each terminology that references were not taken from.
fn warn_of_left_out(path: &str, report: &mut Report) {
    let left_out: Vec<String> = report
        .counts
        .iter()
        .filter_map(|(name, number)| {
            let source = name.strip_prefix("references left out: ")?;
            Some(format!("{number} references to '{source}': no canonical URL is known for it"))
        })
        .collect();
    for message in left_out {
        report.warn(path, 0, message);
    }
}
