//! Which edition and version the files are, and what it says of itself.

use std::collections::{BTreeMap, BTreeSet};

use codesystems::EditionMeta;
use codesystems::model::{FilterDefinition, Identifier};
use codesystems::systems::snomed::{URL as SYSTEM, edition_name};

use super::digits::iso_date;
use super::ids::{CORE_MODULE, MODULE_DEPENDENCY, has_namespace};
use super::names::FileName;
use super::notes::Notes;
use super::rows::parse_date;
use super::tables::Tables;
use crate::{Error, Options, Result};

const COPYRIGHT: &str = "This material includes SNOMED Clinical Terms® (SNOMED CT®) which is used \
by permission of SNOMED International. All rights reserved. SNOMED CT® was originally created by \
The College of American Pathologists. \"SNOMED\" and \"SNOMED CT\" are registered trademarks of \
SNOMED International.";

const LICENCE: &str = "Use of SNOMED CT in production requires a licence: free of charge in member \
countries of SNOMED International, otherwise under the SNOMED CT Affiliate License; see \
https://www.snomed.org/get-snomed.";

/// What the user says of the version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Module of the edition.
    pub(super) module: Option<u64>,
    /// Date of the version: of Full and Delta files, later rows are left out.
    pub(super) date: Option<u32>,
    /// Whether the version is that of a pre-production release (`xsct`), if a URI says so.
    pub(super) experimental: Option<bool>,
    /// A version that is taken as it is, for a code system under another URL.
    pub(super) verbatim: Option<String>,
}

impl Wanted {
    /// Reads the version of the options: a version URI with or without a date, or a date alone.
    ///
    /// Source: SNOMED CT URI Standard, `http://snomed.info/sct/{module}/version/{date}`.
    ///
    /// # Errors
    /// When it is none of these, unless the code system is given another URL.
    pub(super) fn of(options: &Options) -> Result<Self> {
        let Some(version) = options.version.as_deref() else { return Ok(Self::default()) };
        let other_system = options.url.as_deref().is_some_and(|url| url != SYSTEM);
        Self::parse(version).or_else(|| other_system.then(|| Self::verbatim(version))).ok_or_else(
            || {
                Error::Options(format!(
                    "version '{version}', expected http://snomed.info/sct/<module>/version/<YYYYMMDD>, \
                     http://snomed.info/sct/<module> or a date YYYYMMDD"
                ))
            },
        )
    }

    fn verbatim(version: &str) -> Self {
        Self { verbatim: Some(version.to_owned()), ..Self::default() }
    }

    fn parse(version: &str) -> Option<Self> {
        let Some(path) = version.strip_prefix("http://snomed.info/") else {
            let date = Some(parse_date(version.as_bytes())?);
            return Some(Self { date, ..Self::default() });
        };
        let mut parts = path.split('/');
        let experimental = match parts.next()? {
            "sct" => Some(false),
            "xsct" => Some(true),
            _ => return None,
        };
        let module = Some(parts.next()?.parse().ok()?);
        let date = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => None,
            (Some("version"), Some(date), None) => Some(parse_date(date.as_bytes())?),
            _ => return None,
        };
        Some(Self { module, date, experimental, verbatim: None })
    }
}

/// What the concepts of a module are.
#[derive(Debug, Clone, Copy, Default)]
struct Module {
    concepts: u64,
    newest: u32,
}

/// A row of the module dependency reference set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    module: u64,
    on: u64,
    /// Date of the version depended on, 0 if not given.
    date: u32,
}

/// The metadata of the edition the tables hold.
///
/// The edition is that of the module which depends on all others; its date is the newest one of
/// the rows, or that of the file names where no row has one.
pub(super) fn meta(
    tables: &Tables,
    names: &[&FileName],
    wanted: &Wanted,
    options: &Options,
    notes: &mut Notes,
) -> EditionMeta {
    let modules = modules(tables);
    let dependencies = dependencies(tables);
    let module = wanted.module.unwrap_or_else(|| edition_module(&modules, &dependencies));
    check(module, &modules, &dependencies, notes);
    let named = || names.iter().map(|name| name.date).max().unwrap_or_default();
    let date = wanted.date.unwrap_or(if tables.newest > 0 { tables.newest } else { named() });
    if tables.newest > date {
        notes.add("rows newer than the version", "", 0, || {
            format!("the snapshot has rows of {}, but the version is {date}", tables.newest)
        });
    }
    let experimental =
        wanted.experimental.unwrap_or_else(|| names.iter().any(|name| name.experimental));
    let scheme = if experimental { "xsct" } else { "sct" };
    let version = format!("http://snomed.info/{scheme}/{module}/version/{date:08}");
    let version = wanted.verbatim.clone().unwrap_or(version);
    let url = options.url.clone().unwrap_or_else(|| SYSTEM.to_owned());
    let edition = edition_name(module).map_or_else(|| format!("module {module}"), str::to_owned);
    let title = format!("SNOMED CT {edition} {}", iso_date(date));
    EditionMeta {
        title: options.title.clone().unwrap_or(title),
        date: iso_date(date),
        ..describe(EditionMeta::new(url, version))
    }
}

/// What is the same for every edition.
///
/// Source: FHIR, CodeSystem `http://snomed.info/sct`.
fn describe(meta: EditionMeta) -> EditionMeta {
    EditionMeta {
        name: "SNOMED_CT".into(),
        publisher: "SNOMED International".into(),
        description: "SNOMED CT, the clinical terminology owned and maintained by SNOMED \
                      International."
            .into(),
        copyright: COPYRIGHT.into(),
        notices: vec![COPYRIGHT.into(), LICENCE.into()],
        language: "en".into(),
        case_sensitive: Some(false),
        value_set: format!("{}?fhir_vs", meta.url),
        hierarchy_meaning: "is-a".into(),
        compositional: Some(true),
        version_needed: Some(false),
        identifiers: vec![Identifier {
            system: "urn:ietf:rfc:3986".into(),
            value: "urn:oid:2.16.840.1.113883.6.96".into(),
        }],
        filters: filters(),
        ..meta
    }
}

fn filters() -> Vec<FilterDefinition> {
    let filter =
        |code: &str, operators: &[&str], value: &str, description: &str| FilterDefinition {
            code: code.into(),
            description: description.into(),
            operators: operators.iter().map(|&operator| operator.to_owned()).collect(),
            value: value.into(),
        };
    vec![
        filter(
            "concept",
            &[
                "is-a",
                "descendent-of",
                "generalizes",
                "child-of",
                "descendent-leaf",
                "is-not-a",
                "in",
                "=",
            ],
            "A SNOMED CT code; a list of codes or the code of a reference set for 'in'",
            "Concepts by their place in the hierarchy or their membership in a reference set",
        ),
        filter(
            "constraint",
            &["="],
            "An expression constraint (ECL)",
            "Concepts that satisfy an expression constraint",
        ),
        filter(
            "expression",
            &["="],
            "An expression constraint (ECL)",
            "Concepts that satisfy an expression constraint; the older name of 'constraint'",
        ),
        filter(
            "expressions",
            &["="],
            "true or false",
            "Whether post-coordinated expressions are included",
        ),
    ]
}

fn modules(tables: &Tables) -> BTreeMap<u64, Module> {
    let mut modules: BTreeMap<u64, Module> = BTreeMap::new();
    for concept in &tables.concepts {
        let module = modules.entry(concept.module).or_default();
        module.concepts += 1;
        module.newest = module.newest.max(concept.stamp.date().unwrap_or_default());
    }
    modules
}

fn dependencies(tables: &Tables) -> BTreeSet<Dependency> {
    let rows = tables.members.iter().filter(|row| row.active && row.refset == MODULE_DEPENDENCY);
    let dependencies = rows.map(|row| {
        let source = tables.sources.get(usize::from(row.stamp.file));
        let fields = source.map_or(&[][..], |source| &source.fields);
        let column =
            fields.iter().position(|field| field.eq_ignore_ascii_case("targetEffectiveTime"));
        let text = tables.text(row.stamp, row.fields);
        let date = column.and_then(|column| text.split('\t').nth(column));
        let date = date.and_then(|date| parse_date(date.as_bytes())).unwrap_or_default();
        Dependency { module: row.module, on: row.component, date }
    });
    dependencies.filter(|row| row.module != row.on).collect()
}

/// The module that names the edition: among the modules of known editions, else among those of
/// extensions, the one on which no other depends; the core module for the International Edition,
/// on which its own map modules depend.
fn edition_module(modules: &BTreeMap<u64, Module>, dependencies: &BTreeSet<Dependency>) -> u64 {
    let sources = dependencies.iter().map(|row| row.module);
    let candidates: BTreeSet<u64> = modules.keys().copied().chain(sources).collect();
    let tiers: [fn(u64) -> bool; 4] = [
        |module| module != CORE_MODULE && edition_name(module).is_some(),
        has_namespace,
        |module| module == CORE_MODULE,
        |_| true,
    ];
    let weight = |module: &u64| {
        let depends_on = dependencies.iter().filter(|row| row.module == *module).count();
        let concepts = modules.get(module).copied().unwrap_or_default().concepts;
        (depends_on, concepts, std::cmp::Reverse(*module))
    };
    let of_tier = tiers.iter().find_map(|tier| {
        let members: BTreeSet<u64> = candidates.iter().copied().filter(|id| tier(*id)).collect();
        let depended_on = |module: &u64| {
            dependencies.iter().any(|row| row.on == *module && members.contains(&row.module))
        };
        let roots = members.iter().filter(|module| !depended_on(module));
        roots.max_by_key(|module| weight(module)).or_else(|| members.first()).copied()
    });
    of_tier.unwrap_or(CORE_MODULE)
}

/// Notes what the edition depends on and what is not there, or there in another version.
fn check(
    edition: u64,
    modules: &BTreeMap<u64, Module>,
    dependencies: &BTreeSet<Dependency>,
    notes: &mut Notes,
) {
    let is_source = |module| dependencies.iter().any(|row| row.module == module);
    for row in dependencies.iter().filter(|row| row.module == edition) {
        let Dependency { on, date, .. } = *row;
        match modules.get(&on) {
            None if !is_source(on) => {
                notes.add("modules that are not among the files", "", 0, || {
                    format!(
                        "module {edition} depends on module {on} of {date}, which is not among the \
                         files; load its package together with this one"
                    )
                });
            }
            Some(module) if date > 0 && module.newest > date => {
                notes.add("modules of another release", "", 0, || {
                    format!(
                        "module {edition} depends on module {on} of {date}, but the files have it \
                         of {}; its packages may not go together",
                        module.newest
                    )
                });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(version: &str) -> Option<(Option<u64>, Option<u32>, Option<bool>)> {
        let options = Options { version: Some(version.into()), ..Options::default() };
        let wanted = Wanted::of(&options).ok()?;
        Some((wanted.module, wanted.date, wanted.experimental))
    }

    #[test]
    fn a_version_is_a_uri_with_or_without_a_date_or_a_date() {
        for (version, expected) in [
            (
                "http://snomed.info/sct/11000274103/version/20240515",
                Some((Some(11_000_274_103), Some(20_240_515), Some(false))),
            ),
            (
                "http://snomed.info/xsct/31000003106/version/20250909",
                Some((Some(31_000_003_106), Some(20_250_909), Some(true))),
            ),
            ("http://snomed.info/sct/11000274103", Some((Some(11_000_274_103), None, Some(false)))),
            ("20240515", Some((None, Some(20_240_515), None))),
            ("20241315", None),
            ("http://snomed.info/sct/11000274103/version/20241315", None),
            ("http://snomed.info/sct/German", None),
            ("http://snomed.info/sct/11000274103/20240515", None),
            ("2024", None),
        ] {
            assert_eq!(wanted(version), expected, "{version}");
        }
    }

    #[test]
    fn another_code_system_may_have_any_version() {
        let options = Options {
            version: Some("2024".into()),
            url: Some("http://example.org/terms".into()),
            ..Options::default()
        };
        assert_eq!(Wanted::of(&options).unwrap().verbatim.as_deref(), Some("2024"));
    }

    fn chosen(concepts: &[(u64, u64)], depends: &[(u64, u64)]) -> u64 {
        let modules = concepts.iter().map(|&(id, concepts)| (id, Module { concepts, newest: 0 }));
        let rows = depends.iter().map(|&(module, on)| Dependency { module, on, date: 0 });
        edition_module(&modules.collect(), &rows.collect())
    }

    #[test]
    fn the_edition_is_named_by_the_module_that_depends_on_the_others() {
        const MODEL: u64 = 900_000_000_000_012_004;
        const MAP: u64 = 449_080_006;
        const GERMAN: u64 = 11_000_274_103;
        const US: u64 = 731_000_124_108;
        const US_MAP: u64 = 5_991_000_124_107;
        const OWN: u64 = 31_000_003_106;
        let core = [(CORE_MODULE, 100), (MODEL, 10)];
        let international = [(CORE_MODULE, MODEL), (MAP, CORE_MODULE), (MAP, MODEL)];
        assert_eq!(chosen(&core, &international), CORE_MODULE);
        assert_eq!(chosen(&core, &[]), CORE_MODULE);
        let with = |more: &[(u64, u64)]| [&international[..], more].concat();
        assert_eq!(chosen(&core, &with(&[(GERMAN, CORE_MODULE), (GERMAN, MAP)])), GERMAN);
        assert_eq!(chosen(&core, &with(&[(US, CORE_MODULE), (US_MAP, US)])), US);
        assert_eq!(chosen(&core, &with(&[(OWN, CORE_MODULE)])), OWN);
        assert_eq!(chosen(&core, &with(&[(GERMAN, CORE_MODULE), (OWN, GERMAN)])), GERMAN);
    }
}
