//! Alpha-ID and Alpha-ID-SE: the alphabetical index of ICD-10-GM as a code system of its own.
//!
//! Every diagnosis text has an identifier (`I123456`) and points to codes of ICD-10-GM *of the
//! same year*, in Alpha-ID-SE also to an ORPHAcode. A release becomes
//!
//! - an edition, whose texts also serve as synonyms of the ICD-10-GM codes they point to;
//! - a map to ICD-10-GM, `http://fhir.de/ConceptMap/bfarm/<alpha-id or alpha-id-se>-icd-10-gm`,
//!   with the property `role` on every mapping: `primary`, `primary2`, `asterisk`, `additional`;
//! - a map to ORPHAcodes, `http://fhir.de/ConceptMap/bfarm/alpha-id-se-orpha`.
//!
//! A text is narrower than the classes it is coded to. Only an additional (`!`) code beside a
//! primary one is merely related: it adds to the diagnosis and does not contain it. For ORPHAcodes
//! the publisher does not say how exactly text and entity agree, so they are related.
//!
//! Source: BfArM, Alpha-ID-SE, EDV file `icd10gm<year>_alphaidse_edvtxt_<date>.txt`.

mod layout;
#[cfg(test)]
mod tests;

use codesystems::model::{ConceptId, DisplayRank, NewDesignation, PropertyId, SynonymLink};
use codesystems::{EditionBuilder, PropertyKind, PropertyValue};
use rustc_hash::FxHashSet;
use valuesets::conceptmap::{ConceptMapBuilder, GroupId, MapProperty, NewMapping, Relationship};

use crate::archive::File;
use crate::bfarm::systems::{self, ALPHA_ID, ALPHA_ID_SE, ICD_10_GM, System};
use crate::encoding::{Encoding, Lines};
use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use layout::Layout;

const ORPHA: &str = "http://www.orpha.net";

/// From this year on all files are UTF-8; before, it changed from file to file.
const UTF8_SINCE: u16 = 2020;

/// Whether the file is an Alpha-ID file, by the shape of its rows: 6 to 8 columns separated by
/// `|`, of which the first is 0 or 1, the second an identifier, the third to fifth codes of
/// ICD-10-GM. Every file is a release of its own.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    let mut lines = probe.text.trim_start_matches('\u{feff}').lines();
    let mut rows = 0;
    // The last line of the head may be cut off.
    let whole = probe.text.lines().count().saturating_sub(usize::from(!probe.text.ends_with('\n')));
    for line in lines.by_ref().take(whole.clamp(1, 50)).filter(|line| !line.trim().is_empty()) {
        if !is_row(line) {
            return None;
        }
        rows += 1;
    }
    (rows > 0).then(|| probe.file.path.clone())
}

fn is_row(line: &str) -> bool {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let [valid, id, primary, asterisk, additional, .., _] = columns.as_slice() else {
        return false;
    };
    let digits = id.strip_prefix('I').unwrap_or(id);
    (6..=8).contains(&columns.len())
        && matches!(*valid, "0" | "1")
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && [primary, asterisk, additional].into_iter().all(|code| is_icd_or_empty(code))
}

fn is_icd_or_empty(code: &str) -> bool {
    let mut bytes = code.bytes();
    let (letter, digit) = (bytes.next(), bytes.next());
    letter.is_none()
        || letter.is_some_and(|byte| byte.is_ascii_uppercase())
            && digit.is_some_and(|byte| byte.is_ascii_digit())
}

/// Reads an Alpha-ID file.
///
/// # Errors
/// When a row has another number of columns than the first, a validity that is neither 0 nor 1,
/// or no identifier, with the line; when the year is neither in the file name nor given.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    for file in &release.files {
        let year = systems::required_year(options, &file.name, &file.path)?;
        let encoding = systems::encoding_of(file, options, UTF8_SINCE, report)?;
        let layout = Layout::of(&mut Lines::open(file, encoding)?, &file.name)?
            .ok_or_else(|| Error::line(&file.path, 1, "expected 6, 7 or 8 columns"))?;
        let mut alpha_id = AlphaId::new(layout, &year, options, release);
        let mut lines = Lines::open(file, encoding)?;
        while let Some(line) = lines.next_line()? {
            if line.text.trim().is_empty() {
                continue;
            }
            let problem = match Row::parse(&line.text, layout) {
                Ok(row) => {
                    alpha_id.row(&row, file, line.number, report);
                    continue;
                }
                Err(problem) => problem,
            };
            return Err(lines.error(problem));
        }
        report.bytes += lines.bytes();
        alpha_id.finish(sink, report)?;
    }
    Ok(())
}

/// One row; codes without their marks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row<'a> {
    valid: bool,
    id: &'a str,
    primary: &'a str,
    asterisk: &'a str,
    additional: &'a str,
    second_primary: &'a str,
    orpha: &'a str,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str, layout: Layout) -> Result<Self, String> {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        if columns.len() != layout.columns {
            return Err(format!("{} columns, expected {}", columns.len(), layout.columns));
        }
        let column = |at: usize| columns.get(at).copied().unwrap_or_default();
        let code = |at: usize| column(at).trim_end_matches(['+', '*', '!', '†']);
        let valid = match column(0) {
            "0" => false,
            "1" => true,
            other => return Err(format!("validity '{other}' in column 1, expected 0 or 1")),
        };
        if column(1).is_empty() {
            return Err("no identifier in column 2".into());
        }
        if column(layout.columns - 1).is_empty() {
            return Err(format!("no text in column {}", layout.columns));
        }
        Ok(Self {
            valid,
            id: column(1),
            primary: code(2),
            asterisk: code(3),
            additional: code(4),
            second_primary: layout.second_primary.map(code).unwrap_or_default(),
            orpha: layout.orpha.map(column).unwrap_or_default().trim_start_matches("ORPHA:"),
            text: column(layout.columns - 1),
        })
    }

    /// The ICD-10-GM codes: role, code, and how the text relates to it.
    fn icd_codes(&self) -> impl Iterator<Item = (Role, &'a str, Relationship)> {
        let has_primary = !self.primary.is_empty() || !self.second_primary.is_empty();
        let beside =
            if has_primary { Relationship::RelatedTo } else { Relationship::SourceIsNarrower };
        [
            (Role::Primary, self.primary, Relationship::SourceIsNarrower),
            (Role::Asterisk, self.asterisk, Relationship::SourceIsNarrower),
            (Role::Additional, self.additional, beside),
            (Role::SecondPrimary, self.second_primary, Relationship::SourceIsNarrower),
        ]
        .into_iter()
        .filter(|(_, code, _)| !code.is_empty())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Primary,
    Asterisk,
    Additional,
    SecondPrimary,
}

impl Role {
    const ALL: [Self; 4] = [Self::Primary, Self::Asterisk, Self::Additional, Self::SecondPrimary];

    /// The value of the property `role` of a mapping.
    fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Asterisk => "asterisk",
            Self::Additional => "additional",
            Self::SecondPrimary => "primary2",
        }
    }

    /// The property of the concept.
    fn property(self) -> (&'static str, &'static str) {
        match self {
            Self::Primary => ("icd-10-gm-primary", "Primary code, also where it has a dagger"),
            Self::Asterisk => ("icd-10-gm-asterisk", "Asterisk code (manifestation)"),
            Self::Additional => ("icd-10-gm-additional", "Additional code (marked !)"),
            Self::SecondPrimary => ("icd-10-gm-primary2", "Second primary code"),
        }
    }
}

/// What one file becomes.
struct AlphaId {
    builder: EditionBuilder,
    icd_version: String,
    roles: [(Role, PropertyId); 4],
    orpha: PropertyId,
    to_icd: ConceptMapBuilder,
    icd_group: GroupId,
    to_orpha: ConceptMapBuilder,
    orpha_group: GroupId,
    orpha_codes: FxHashSet<String>,
}

impl AlphaId {
    fn new(layout: Layout, year: &str, options: &Options, release: &Release) -> Self {
        let system: System = if layout.is_se() { ALPHA_ID_SE } else { ALPHA_ID };
        let mut meta = system.meta(year, options);
        meta.synonyms_for.push(SynonymLink {
            system: ICD_10_GM.url.into(),
            version: year.into(),
            properties: Role::ALL.map(|role| role.property().0.to_owned()).into(),
        });
        let (url, version) = (meta.url.clone(), meta.version.clone());
        let mut builder = EditionBuilder::new(meta);
        builder.provenance = systems::provenance(release);
        let roles = Role::ALL.map(|role| {
            let (code, description) = role.property();
            (role, builder.property_id(code, PropertyKind::Coding, description))
        });
        let orpha = builder.property_id("orpha", PropertyKind::Coding, "ORPHAcode");
        let map = |target: &str, to: &str| {
            let slug = system.slug;
            let mut map = ConceptMapBuilder::new(systems::map_meta(
                format!("http://fhir.de/ConceptMap/bfarm/{slug}-{target}"),
                format!("{}_{}", system.name, target.replace('-', "_")),
                format!("{} {version}: {to}", system.title),
                &version,
            ));
            map.provenance = systems::provenance(release);
            map
        };
        let mut to_icd = map(ICD_10_GM.slug, "ICD-10-GM");
        to_icd.meta.properties.push(MapProperty {
            code: "role".into(),
            uri: String::new(),
            description: "Column of the code: primary, primary2, asterisk, additional".into(),
            kind: PropertyKind::String,
        });
        let icd_group = to_icd.group(&url, &version, ICD_10_GM.url, year);
        let mut to_orpha = map("orpha", "ORPHAcodes");
        let orpha_group = to_orpha.group(&url, &version, ORPHA, "");
        Self {
            builder,
            icd_version: year.into(),
            roles,
            orpha,
            to_icd,
            icd_group,
            to_orpha,
            orpha_group,
            orpha_codes: FxHashSet::default(),
        }
    }

    fn row(&mut self, row: &Row<'_>, file: &File, line: u64, report: &mut Report) {
        report.count("rows", 1);
        if self.builder.find(row.id).is_some() {
            let problem = format!("identifier '{}' again; its text is kept as a synonym", row.id);
            report.warn(&file.path, line, problem);
            let concept = self.builder.concept(row.id);
            let use_id = self.builder.display_use();
            let language = self.builder.meta.language.clone();
            let text = NewDesignation::new(&language, use_id, row.text, DisplayRank::Synonym);
            self.builder.designation(concept, &text);
            return;
        }
        let concept = self.builder.concept(row.id);
        let language = self.builder.meta.language.clone();
        self.builder.display(concept, &language, row.text);
        if !row.valid {
            self.builder.set_inactive(concept, true);
            report.count("invalid", 1);
        }
        self.icd_codes(concept, row);
        self.orpha_code(concept, row, report);
        if row.icd_codes().next().is_none() {
            report.count("rows without an ICD-10-GM code", 1);
        }
    }

    fn icd_codes(&mut self, concept: ConceptId, row: &Row<'_>) {
        for (role, code, relationship) in row.icd_codes() {
            let property = self.roles.iter().find(|(known, _)| *known == role);
            let value = PropertyValue::Coding {
                system: ICD_10_GM.url,
                version: &self.icd_version,
                code,
                display: "",
            };
            if let Some((_, property)) = property {
                self.builder.property(concept, *property, value, 0);
            }
            let properties = [("role", PropertyValue::String(role.name()))];
            let mapping = NewMapping {
                source_display: row.text,
                properties: &properties,
                ..NewMapping::new(row.id, code, relationship)
            };
            self.to_icd.mapping(self.icd_group, &mapping);
        }
    }

    fn orpha_code(&mut self, concept: ConceptId, row: &Row<'_>, report: &mut Report) {
        if row.orpha.is_empty() {
            return;
        }
        report.count("rows with an ORPHAcode", 1);
        self.orpha_codes.insert(row.orpha.to_owned());
        let code = row.orpha;
        let value = PropertyValue::Coding { system: ORPHA, version: "", code, display: "" };
        self.builder.property(concept, self.orpha, value, 0);
        let mapping = NewMapping {
            source_display: row.text,
            ..NewMapping::new(row.id, code, Relationship::RelatedTo)
        };
        self.to_orpha.mapping(self.orpha_group, &mapping);
    }

    fn finish(self, sink: &mut dyn Sink, report: &mut Report) -> Result<()> {
        report.count("concepts", self.builder.concept_count() as u64);
        report.count("distinct ORPHAcodes", self.orpha_codes.len() as u64);
        report.count("mappings", (self.to_icd.len() + self.to_orpha.len()) as u64);
        sink.edition(self.builder)?;
        for map in [self.to_icd, self.to_orpha] {
            if !map.is_empty() {
                sink.concept_map(map)?;
            }
        }
        Ok(())
    }
}
