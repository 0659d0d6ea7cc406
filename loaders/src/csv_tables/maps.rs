//! A table of mappings as a concept map.

use codesystems::{Canonical, PropertyKind, PropertyValue};
use valuesets::conceptmap::{
    ConceptMapBuilder, ConceptMapMeta, MapProperty, NewMapping, Relationship,
};

use super::columns::MapColumn;
use crate::archive::File;
use crate::table::{Row, Table};
use crate::{Error, Options, Report, Result};

/// Reads a table of mappings.
///
/// # Errors
/// When the URL is not given, a system is named neither by a column nor by the options, a row has
/// no source code, or a relationship is not known.
pub(super) fn read(
    mut table: Table,
    columns: &[(usize, MapColumn)],
    file: &File,
    options: &Options,
    report: &mut Report,
) -> Result<ConceptMapBuilder> {
    let mut map = ConceptMapBuilder::new(meta(columns, file, options)?);
    let columns = Columns::of(columns);
    while let Some(row) = table.next()? {
        if !row.is_blank() {
            mapping(&mut map, row, &columns, file, options)?;
        }
    }
    report.count("mappings", map.len() as u64);
    table.close(report);
    Ok(map)
}

/// Numbers of the columns by meaning.
struct Columns<'c> {
    source: Option<usize>,
    source_display: Option<usize>,
    source_system: Option<usize>,
    target: Option<usize>,
    target_display: Option<usize>,
    target_system: Option<usize>,
    relationship: Option<usize>,
    comment: Option<usize>,
    properties: Vec<(&'c str, usize)>,
}

impl<'c> Columns<'c> {
    fn of(columns: &'c [(usize, MapColumn)]) -> Self {
        let find = |wanted: MapColumn| {
            columns.iter().find(|(_, meaning)| *meaning == wanted).map(|(column, _)| *column)
        };
        let properties = columns.iter().filter_map(|(column, meaning)| match meaning {
            MapColumn::Property(code) => Some((code.as_str(), *column)),
            _ => None,
        });
        Self {
            source: find(MapColumn::Source),
            source_display: find(MapColumn::SourceDisplay),
            source_system: find(MapColumn::SourceSystem),
            target: find(MapColumn::Target),
            target_display: find(MapColumn::TargetDisplay),
            target_system: find(MapColumn::TargetSystem),
            relationship: find(MapColumn::Relationship),
            comment: find(MapColumn::Comment),
            properties: properties.collect(),
        }
    }
}

fn mapping(
    map: &mut ConceptMapBuilder,
    row: Row<'_>,
    columns: &Columns<'_>,
    file: &File,
    options: &Options,
) -> Result<()> {
    let error = |problem: String| Error::line(&file.path, row.line, problem);
    let system = |column, option: &Option<String>, what: &str| {
        let named = Some(row.get(column)).filter(|system| !system.is_empty());
        let named = named.or(option.as_deref()).map(Canonical::parse);
        named.ok_or_else(|| {
            error(format!("no {what} system; give it (--{what}) or a column '{what} system'"))
        })
    };
    let source = system(columns.source_system, &options.source, "source")?;
    let target = system(columns.target_system, &options.target, "target")?;
    let version = |canonical: &Canonical| canonical.version.clone().unwrap_or_default();
    let group = map.group(&source.url, &version(&source), &target.url, &version(&target));
    let (code, target) = (row.get(columns.source), row.get(columns.target));
    if code.is_empty() {
        return Err(error("a row without a source code".into()));
    }
    let word = row.get(columns.relationship);
    let relationship = relationship(word)
        .ok_or_else(|| error(format!("'{word}' is no relationship, expected {EXPECTED}")))?;
    let filled = columns.properties.iter().filter(|(_, column)| !row.get(Some(*column)).is_empty());
    let properties: Vec<_> = filled
        .map(|&(code, column)| (code, PropertyValue::String(row.get(Some(column)))))
        .collect();
    let mapping = if target.is_empty() || relationship == Relationship::Unmatched {
        NewMapping::none(code)
    } else {
        NewMapping::new(code, target, relationship)
    };
    map.mapping(
        group,
        &NewMapping {
            source_display: row.get(columns.source_display),
            target_display: mapping.target.map_or("", |_| row.get(columns.target_display)),
            comment: row.get(columns.comment),
            properties: &properties,
            ..mapping
        },
    );
    Ok(())
}

const EXPECTED: &str = "a code of R4 or R5 (equivalent, wider, narrower, …) or one of: \
    äquivalent, gleich, weiter, enger, umfasst, spezialisiert, ungenau, verwandt, \
    keine Entsprechung, nicht verwandt";

/// The relationship that a word stands for; German words say, like R4, what the target is.
fn relationship(word: &str) -> Option<Relationship> {
    let word = word.to_lowercase();
    Some(match word.as_str() {
        "" | "verwandt" => Relationship::RelatedTo,
        "äquivalent" | "aequivalent" => Relationship::Equivalent,
        "gleich" | "identisch" => Relationship::Equal,
        "weiter" => Relationship::SourceIsNarrower,
        "umfasst" => Relationship::TargetSubsumesSource,
        "enger" => Relationship::SourceIsBroader,
        "spezialisiert" => Relationship::TargetSpecializesSource,
        "ungenau" => Relationship::Inexact,
        "keine entsprechung" | "keine" => Relationship::Unmatched,
        "nicht verwandt" => Relationship::NotRelatedTo,
        code => return Relationship::from_code(code),
    })
}

fn meta(columns: &[(usize, MapColumn)], file: &File, options: &Options) -> Result<ConceptMapMeta> {
    let title = super::title(file, options);
    let properties = columns.iter().filter_map(|(_, column)| match column {
        MapColumn::Property(code) => Some(MapProperty {
            code: code.clone(),
            uri: String::new(),
            description: String::new(),
            kind: PropertyKind::String,
        }),
        _ => None,
    });
    Ok(ConceptMapMeta {
        url: super::url(file, options, "map")?,
        version: options.version.clone().unwrap_or_default(),
        name: super::name(&title),
        title,
        status: "active".into(),
        properties: properties.collect(),
        ..ConceptMapMeta::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relationships_are_read_in_all_their_wordings() {
        for (word, expected) in [
            ("Äquivalent", Some(Relationship::Equivalent)),
            ("weiter", Relationship::from_code("wider")),
            ("enger", Relationship::from_code("narrower")),
            ("source-is-narrower-than-target", Some(Relationship::SourceIsNarrower)),
            ("keine Entsprechung", Some(Relationship::Unmatched)),
            ("", Some(Relationship::RelatedTo)),
            ("ungefähr so", None),
        ] {
            assert_eq!(relationship(word), expected, "{word}");
        }
    }
}
