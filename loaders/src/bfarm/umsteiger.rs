//! Transition tables: what became of each code from one year to the next.
//!
//! Rows of ICD-10-GM are `old;new;forward;backward`, of OPS `old;side;new;side;forward;backward`
//! (before laterality as for ICD-10-GM). `A` says that the code may be translated automatically in
//! that direction, nothing that a person has to look. `UNDEF` is the target of a code that ended
//! and the source of one that is new.
//!
//! A table becomes two maps, because the automatic mark belongs to a direction:
//! `http://fhir.de/ConceptMap/bfarm/<icd-10-gm or ops>-<old>-<new>` and `…-<new>-<old>`, both in
//! the version of the new year.
//!
//! How old and new relate, as far as the table says so:
//!
//! | table | relationship of the old code |
//! |---|---|
//! | one to one, automatic in both directions | equivalent |
//! | split into codes that come from nowhere else | broader than each |
//! | merged with others into a code, and into no other | narrower |
//! | anything else | related |

use codesystems::model::Canonical;
use codesystems::{PropertyKind, PropertyValue};
use rustc_hash::{FxHashMap, FxHashSet};
use valuesets::conceptmap::{ConceptMapBuilder, MapProperty, NewMapping, Relationship};

use super::UTF8_SINCE;
use super::shape::is_ops;
use super::systems::{self, ICD_10_GM, OPS, System};
use crate::archive::File;
use crate::encoding::Lines;
use crate::{Error, Options, Release, Report, Result, Sink};

const AUTOMATIC: &str = "automatic";
const SOURCE_SIDE: &str = "source-laterality";
const TARGET_SIDE: &str = "target-laterality";
const UNDEF: &str = "UNDEF";

#[derive(Debug, PartialEq, Eq)]
struct Row {
    old: String,
    new: String,
    forward: bool,
    backward: bool,
    /// Whether a side must be given with the old and the new code, where the table says so.
    sides: Option<(bool, bool)>,
}

impl Row {
    fn parse(line: &str) -> Result<Self, String> {
        let columns: Vec<&str> = line.split(';').map(str::trim).collect();
        let (old, new, forward, backward, sides) = match columns.as_slice() {
            [old, new, forward, backward] => (old, new, forward, backward, None),
            [old, old_side, new, new_side, forward, backward] => {
                (old, new, forward, backward, Some((*old_side == "J", *new_side == "J")))
            }
            _ => return Err(format!("{} columns, expected 4 or 6", columns.len())),
        };
        let flag = |text: &str| match text {
            "A" => Ok(true),
            "" => Ok(false),
            _ => Err(format!("'{text}', expected A or nothing")),
        };
        let code = |text: &str| text.trim_end_matches(['+', '*', '!', '†']).to_owned();
        let (old, new) = (code(old), code(new));
        if old.is_empty() || new.is_empty() {
            return Err("no code, expected one or UNDEF".into());
        }
        Ok(Self { old, new, forward: flag(forward)?, backward: flag(backward)?, sides })
    }

    fn pair(&self) -> (&str, &str) {
        (&self.old, &self.new)
    }
}

/// Reads a transition table into two maps.
pub(super) fn load(
    file: &File,
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let rows = read(file, options, report)?;
    let known = |code: &str| code != UNDEF;
    let first = rows.iter().flat_map(|row| [&row.old, &row.new]).find(|code| known(code));
    let system = if first.is_some_and(|code| is_ops(code)) { OPS } else { ICD_10_GM };
    let ends = Ends::of(system, file, options)?;
    let relationships = Relationships::of(&rows);
    for direction in [Direction::Forward, Direction::Backward] {
        let mut map = ends.map(direction, options);
        map.provenance = systems::provenance(release);
        if rows.iter().any(|row| row.sides.is_some()) {
            map.meta.properties.extend([side(SOURCE_SIDE), side(TARGET_SIDE)]);
        }
        fill(&mut map, direction, &ends, &rows, &relationships, report);
        report.count("mappings", map.len() as u64);
        sink.concept_map(map)?;
    }
    Ok(())
}

fn read(file: &File, options: &Options, report: &mut Report) -> Result<Vec<Row>> {
    let encoding = systems::encoding_of(file, options, UTF8_SINCE, report)?;
    let mut lines = Lines::open(file, encoding)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(line) = lines.next_line()? {
        if line.text.trim().is_empty() {
            continue;
        }
        match Row::parse(&line.text) {
            Ok(row) => rows.push(row),
            Err(problem) => return Err(lines.error(problem)),
        }
    }
    report.bytes += lines.bytes();
    report.count("rows", rows.len() as u64);
    Ok(rows)
}

fn side(code: &str) -> MapProperty {
    MapProperty {
        code: code.into(),
        uri: String::new(),
        description: "Whether a side (left, right, both) must be given with the code".into(),
        kind: PropertyKind::Boolean,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

/// The two code system versions that a table stands between.
#[derive(Debug)]
struct Ends {
    system: System,
    old: Canonical,
    new: Canonical,
}

impl Ends {
    /// What the user gave as source and target (`url|version`), else the two years in the name.
    fn of(system: System, file: &File, options: &Options) -> Result<Self> {
        let years = years(file);
        let end = |given: &Option<String>, at: usize| {
            let given = given.as_deref().map(Canonical::parse);
            let year = years.get(at).map(u16::to_string);
            let version = given.as_ref().and_then(|given| given.version.clone()).or(year);
            let url = given.map_or_else(|| system.url.to_owned(), |given| given.url);
            version.map(|version| Canonical { url, version: Some(version) })
        };
        match (end(&options.source, 0), end(&options.target, 1)) {
            (Some(old), Some(new)) => Ok(Self { system, old, new }),
            _ => Err(Error::file(
                &file.path,
                "the file name does not say between which two years the table stands; give source \
                 and target as url|version",
            )),
        }
    }

    fn map(&self, direction: Direction, options: &Options) -> ConceptMapBuilder {
        let (from, to) = self.in_direction(direction);
        let year = |end: &Canonical| end.version.clone().unwrap_or_default();
        let url = match (&options.url, direction) {
            (Some(url), Direction::Forward) => url.clone(),
            (Some(url), Direction::Backward) => format!("{url}-backward"),
            (None, _) => format!(
                "http://fhir.de/ConceptMap/bfarm/{}-{}-{}",
                self.system.slug,
                year(from),
                year(to)
            ),
        };
        let version = options.version.clone().unwrap_or_else(|| year(&self.new));
        let name = format!("{}_{}_{}", self.system.name, year(from), year(to));
        let title = format!("{}: {} to {}", self.system.title, year(from), year(to));
        let mut meta = systems::map_meta(url, name, title, &version);
        let value_set = |end: &Canonical| format!("{}|{}", self.system.value_set, year(end));
        meta.source_scope = value_set(from);
        meta.target_scope = value_set(to);
        meta.properties.push(MapProperty {
            code: AUTOMATIC.into(),
            uri: String::new(),
            description: "Whether the code may be translated without a person looking at it".into(),
            kind: PropertyKind::Boolean,
        });
        ConceptMapBuilder::new(meta)
    }

    fn in_direction(&self, direction: Direction) -> (&Canonical, &Canonical) {
        match direction {
            Direction::Forward => (&self.old, &self.new),
            Direction::Backward => (&self.new, &self.old),
        }
    }
}

/// The two years that a table stands between: behind `umsteiger` in its name, else the last two
/// in its path (older tables have no year in their names).
fn years(file: &File) -> Vec<u16> {
    let distinct = |text: &str| {
        let years = systems::years(text).into_iter().filter(|year| !year.is_date);
        let mut years: Vec<u16> = years.map(|year| year.year).collect();
        years.dedup();
        years
    };
    let name = file.name.to_ascii_lowercase();
    let in_name = distinct(name.split_once("umsteiger").map_or(name.as_str(), |(_, rest)| rest));
    if in_name.len() >= 2 {
        return in_name;
    }
    let in_path = distinct(&file.path);
    in_path.get(in_path.len().saturating_sub(2)..).unwrap_or_default().to_vec()
}

/// How often each code occurs on its side.
struct Relationships<'a> {
    targets: FxHashMap<&'a str, usize>,
    sources: FxHashMap<&'a str, usize>,
    /// Old codes of which a target has further sources.
    shared: FxHashSet<&'a str>,
    /// New codes of which a source has further targets.
    divided: FxHashSet<&'a str>,
}

impl<'a> Relationships<'a> {
    fn of(rows: &'a [Row]) -> Self {
        let (mut targets, mut sources) = (FxHashMap::default(), FxHashMap::default());
        let pairs: FxHashSet<(&str, &str)> = rows.iter().map(Row::pair).collect();
        for &(old, new) in pairs.iter().filter(|(old, new)| *old != UNDEF && *new != UNDEF) {
            *targets.entry(old).or_default() += 1;
            *sources.entry(new).or_default() += 1;
        }
        let many = |counts: &FxHashMap<&str, usize>, code| counts.get(code).is_some_and(|n| *n > 1);
        let shared = pairs.iter().filter(|(_, new)| many(&sources, new)).map(|(old, _)| *old);
        let divided = pairs.iter().filter(|(old, _)| many(&targets, old)).map(|(_, new)| *new);
        let (shared, divided) = (shared.collect(), divided.collect());
        Self { targets, sources, shared, divided }
    }

    /// How the old code relates to the new one.
    fn relationship(&self, row: &Row) -> Relationship {
        let (old, new) = row.pair();
        let targets = self.targets.get(old).copied().unwrap_or_default();
        let sources = self.sources.get(new).copied().unwrap_or_default();
        match (targets, sources) {
            (1, 1) if row.forward && row.backward => Relationship::Equivalent,
            (2.., 1) if !self.shared.contains(old) => Relationship::SourceIsBroader,
            (1, 2..) if !self.divided.contains(new) => Relationship::SourceIsNarrower,
            _ => Relationship::RelatedTo,
        }
    }
}

fn fill(
    map: &mut ConceptMapBuilder,
    direction: Direction,
    ends: &Ends,
    rows: &[Row],
    relationships: &Relationships<'_>,
    report: &mut Report,
) {
    let (from, to) = ends.in_direction(direction);
    let version = |end: &'_ Canonical| end.version.clone().unwrap_or_default();
    let group = map.group(&from.url, &version(from), &to.url, &version(to));
    let mut written: FxHashSet<(&str, &str)> = FxHashSet::default();
    for row in rows {
        let forward = direction == Direction::Forward;
        let (old, new) = row.pair();
        let (source, target) = if forward { (old, new) } else { (new, old) };
        if source == UNDEF || !written.insert((source, target)) {
            continue;
        }
        if target == UNDEF {
            map.mapping(group, &NewMapping::none(source));
            report.count(if forward { "ended codes" } else { "new codes" }, 1);
            continue;
        }
        let automatic = if forward { row.forward } else { row.backward };
        if !automatic {
            report
                .count(if forward { "not automatic forward" } else { "not automatic backward" }, 1);
        }
        let (source_side, target_side) = match (row.sides.unwrap_or_default(), forward) {
            ((old, new), true) => (old, new),
            ((old, new), false) => (new, old),
        };
        let properties = [
            (AUTOMATIC, PropertyValue::Boolean(automatic)),
            (SOURCE_SIDE, PropertyValue::Boolean(source_side)),
            (TARGET_SIDE, PropertyValue::Boolean(target_side)),
        ];
        let count = if row.sides.is_some() { 3 } else { 1 };
        let relationship = relationships.relationship(row);
        let relationship = if forward { relationship } else { relationship.reversed() };
        let properties = properties.get(..count).unwrap_or_default();
        map.mapping(
            group,
            &NewMapping { properties, ..NewMapping::new(source, target, relationship) },
        );
    }
}
