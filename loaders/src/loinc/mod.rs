//! LOINC releases: terms, parts, answers, answer lists and groups as concepts of one code system.
//!
//! What a release says is named as the FHIR guidance for LOINC names it ("Using LOINC with FHIR",
//! terminology.hl7.org): properties by column name, parts as codes, `answer-list` and
//! `answers-for`, the Component Hierarchy as the only hierarchy. Answer lists, groups and panels
//! are membership sets.

mod answers;
mod files;
mod groups;
mod hierarchy;
mod parts;
mod terms;
#[cfg(test)]
mod tests;
mod variants;

use codesystems::model::{DisplayRank, FilterDefinition, Identifier, Provenance, UseId};
use codesystems::{EditionBuilder, EditionMeta, NewDesignation};

use crate::{Options, Probe, Release, Report, Result, Sink};
use files::{Files, Kind};

/// Canonical URL of LOINC.
const LOINC: &str = "http://loinc.org";

/// The notice that the LOINC licence asks for wherever content of LOINC is shown
/// (loinc.org/license, section 10).
const NOTICE: &str = "This material contains content from LOINC (http://loinc.org). LOINC is \
    copyright © Regenstrief Institute, Inc. and the Logical Observation Identifiers Names and \
    Codes (LOINC) Committee and is available at no cost under the license at \
    http://loinc.org/license. LOINC® is a registered United States trademark of Regenstrief \
    Institute, Inc.";

/// Whether the file is a table of a LOINC release; the key is its version if the path names one.
///
/// All files of one version given together are one release, since accessory files used to be
/// shipped as archives of their own.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    files::kind(probe.text)?;
    Some(files::version_in(&probe.file.path).unwrap_or("loinc").to_owned())
}

/// Reads a release. The version is that of the options, else the one in the file names, else the
/// newest `VersionLastChanged` of any term, with a warning.
///
/// # Errors
/// When a file is damaged or not what its format asks for, or when the table of terms is missing.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let files = Files::of(release)?;
    let mut loader = Loader::new(meta(options), report);
    loader.builder.provenance = Provenance {
        sources: release.sources.clone(),
        loader: "loinc".into(),
        loader_version: env!("CARGO_PKG_VERSION").into(),
        built_at: String::new(),
    };
    loader.read(&files)?;
    loader.set_version(options, release);
    loader.count();
    sink.edition(loader.builder)
}

/// Everything that the readers of the single tables share.
struct Loader<'r> {
    builder: EditionBuilder,
    uses: Uses,
    /// For each concept by number: bits of the axes for which a part link was read.
    linked: Vec<u8>,
    /// Newest `VersionLastChanged` of any term.
    newest: String,
    report: &'r mut Report,
}

/// Uses of designations, by the names of the columns they come from.
struct Uses {
    long_common_name: UseId,
    short_name: UseId,
    display_name: UseId,
    consumer_name: UseId,
    related_names: UseId,
    variant_name: UseId,
    part_name: UseId,
    display: UseId,
}

impl Uses {
    fn new(builder: &mut EditionBuilder) -> Self {
        let mut column = |code| builder.designation_use(LOINC, code, code);
        Self {
            long_common_name: column("LONG_COMMON_NAME"),
            short_name: column("SHORTNAME"),
            display_name: column("DisplayName"),
            consumer_name: column("ConsumerName"),
            related_names: column("RELATEDNAMES2"),
            variant_name: column("LinguisticVariantDisplayName"),
            part_name: column("PartName"),
            display: builder.display_use(),
        }
    }
}

impl<'r> Loader<'r> {
    fn new(meta: EditionMeta, report: &'r mut Report) -> Self {
        let mut builder = EditionBuilder::new(meta);
        let uses = Uses::new(&mut builder);
        Self { builder, uses, linked: Vec::new(), newest: String::new(), report }
    }

    /// Concepts first, then what points to them: so a link to a code that no table defines is
    /// noticed and does not bring a nameless concept into being.
    fn read(&mut self, files: &Files<'_>) -> Result<()> {
        self.register_terms(files.terms)?;
        for file in files.all(Kind::Parts) {
            self.parts(file)?;
        }
        for file in files.all(Kind::Hierarchy) {
            self.hierarchy(file)?;
        }
        for file in files.all(Kind::PartLinks) {
            self.part_links(file)?;
        }
        let consumer_names = files.all(Kind::ConsumerNames).next().is_some();
        let links = files.all(Kind::PartLinks).next().is_some();
        self.terms(files.terms, links, !consumer_names)?;
        for file in files.all(Kind::ConsumerNames) {
            self.consumer_names(file)?;
        }
        for file in files.all(Kind::MapTo) {
            self.map_to(file)?;
        }
        for file in files.all(Kind::Answers) {
            self.answers(file)?;
        }
        for file in files.all(Kind::AnswerLinks) {
            self.answer_links(file)?;
        }
        self.variants(files.all(Kind::Variant).collect())?;
        for kind in [Kind::ParentGroups, Kind::Groups, Kind::GroupTerms, Kind::Panels] {
            for file in files.all(kind) {
                match kind {
                    Kind::ParentGroups => self.parent_groups(file)?,
                    Kind::Groups => self.groups(file)?,
                    Kind::GroupTerms => self.group_terms(file)?,
                    _ => self.panels(file)?,
                }
            }
        }
        Ok(())
    }

    fn designate(
        &mut self,
        concept: codesystems::model::ConceptId,
        language: &str,
        use_id: UseId,
        rank: DisplayRank,
        value: &str,
    ) {
        self.builder.designation(concept, &NewDesignation::new(language, use_id, value, rank));
    }

    /// Notes that `code` in a row of `file` is not defined by the release.
    fn unknown(&mut self, path: &str, line: u64, code: &str) {
        self.report.count("rows skipped: unknown code", 1);
        self.report.warn(path, line, format!("{code} is not in the release; the row was skipped"));
    }

    fn set_version(&mut self, options: &Options, release: &Release) {
        let meta = &mut self.builder.meta;
        if options.version.is_some() {
            return;
        }
        if release.key.starts_with(|c: char| c.is_ascii_digit()) {
            meta.version.clone_from(&release.key);
            return;
        }
        meta.version.clone_from(&self.newest);
        let message = format!(
            "the release does not name its version; took {}, the newest VersionLastChanged of a \
             term. Give the version if it is another one",
            self.newest
        );
        self.report.warn(release.path(), 0, message);
    }

    fn count(&mut self) {
        for property in &mut self.builder.meta.properties {
            property.uri.get_or_insert_with(|| format!("{LOINC}/property/{}", property.code));
        }
        self.report.count("concepts", self.builder.concept_count() as u64);
        self.report.count("designations", self.builder.designation_count() as u64);
        self.report.count("membership sets", self.builder.meta.membership_sets.len() as u64);
    }
}

/// Source: the CodeSystem resource that the FHIR guidance for LOINC gives (loinc.org/fhir).
fn meta(options: &Options) -> EditionMeta {
    let url = options.url.clone().unwrap_or_else(|| LOINC.into());
    EditionMeta {
        name: "LOINC".into(),
        title: options.title.clone().unwrap_or_else(|| "LOINC Code System".into()),
        publisher: "Regenstrief Institute, Inc.".into(),
        description: "LOINC is a freely available international standard for tests, \
                      measurements, and observations"
            .into(),
        copyright: NOTICE.into(),
        notices: vec![NOTICE.into()],
        language: "en".into(),
        case_sensitive: Some(false),
        value_set: "http://loinc.org/vs".into(),
        hierarchy_meaning: "is-a".into(),
        compositional: Some(false),
        version_needed: Some(false),
        identifiers: vec![Identifier {
            system: "urn:ietf:rfc:3986".into(),
            value: "urn:oid:2.16.840.1.113883.6.1".into(),
        }],
        filters: filters(),
        ..EditionMeta::new(url, options.version.clone().unwrap_or_default())
    }
}

fn filters() -> Vec<FilterDefinition> {
    [
        (
            "parent",
            "Codes directly below a part in the Component Hierarchy by System",
            "A part code",
        ),
        (
            "child",
            "Codes directly above a code in the Component Hierarchy by System",
            "A part or LOINC code",
        ),
        ("copyright", "Terms without or with a third-party copyright notice", "LOINC | 3rdParty"),
        ("LIST", "Answers of an answer list", "An answer list code"),
        (
            "answers-for",
            "Answers of an answer list, or of the lists of a term",
            "An answer list or LOINC code",
        ),
    ]
    .map(|(code, description, value)| FilterDefinition {
        code: code.into(),
        description: description.into(),
        operators: vec!["=".into()],
        value: value.into(),
    })
    .into()
}
