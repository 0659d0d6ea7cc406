//! Descriptions as designations.

use codesystems::model::{Acceptability, DisplayRank, UseId};
use codesystems::{EditionBuilder, NewDesignation};
use rayon::prelude::*;

use super::concepts::Concepts;
use super::dialects::Dialects;
use super::digits::Digits;
use super::ids::{DEFINITION, FULLY_SPECIFIED_NAME, SYNONYM};
use super::notes::Notes;
use super::tables::{Description, Tables};
use super::versions::Versions;
use crate::Result;

/// Descriptions in the order in which they are shown.
#[derive(Debug)]
pub(super) struct Terms {
    /// Numbers of descriptions by concept, preferred in en-US first, then by identifier.
    order: Vec<u32>,
    /// By number of a description: whether it is an active synonym preferred in en-US.
    preferred: Vec<bool>,
}

impl Terms {
    /// Adds all descriptions as designations. Takes the language members out of the tables.
    ///
    /// # Errors
    /// When there are more language reference sets than an edition can number.
    pub(super) fn add(
        builder: &mut EditionBuilder,
        tables: &mut Tables,
        concepts: &Concepts,
        notes: &mut Notes,
    ) -> Result<Self> {
        let members = std::mem::take(&mut tables.language_members);
        let dialects = Dialects::add(builder, tables, members, notes)?;
        let rows = &tables.descriptions;
        let preferred: Vec<bool> = (0u32..)
            .zip(rows)
            .map(|(number, row)| {
                row.active && row.kind == SYNONYM && dialects.is_preferred_en_us(number)
            })
            .collect();
        let mut order: Vec<u32> = (0u32..).take(rows.len()).collect();
        order.par_sort_unstable_by_key(|&number| {
            let row = rows.get(number as usize)?;
            Some((row.concept, preferred.get(number as usize) != Some(&true), row.id))
        });
        let mut uses = Uses::default();
        let mut versions = Versions::default();
        for &number in &order {
            let Some(row) = rows.get(number as usize) else { continue };
            let Some(concept) = concepts.find(row.concept) else {
                notes.add("descriptions of unknown concepts left out", "", 0, || {
                    format!("description {}: no concept {}", row.id, row.concept)
                });
                continue;
            };
            let language = tables.language(row);
            let acceptability = dialects.of_row(number);
            let designation = NewDesignation {
                language,
                use_id: uses.of(builder, row.kind),
                value: tables.text(row.stamp, row.term),
                rank: rank(row, acceptability, &dialects, language),
                active: row.active,
                id: row.id,
                acceptability,
                version: versions.of(builder, row.module, row.stamp),
            };
            builder.designation(concept, &designation);
        }
        Ok(Self { order, preferred })
    }

    /// A name of a concept for people: its preferred term in en-US, else a fully specified name
    /// without its tag, else any term.
    pub(super) fn name(&self, tables: &Tables, concept: u64) -> Option<String> {
        let row = |number: &u32| tables.descriptions.get(*number as usize);
        let start = self
            .order
            .partition_point(|number| row(number).is_some_and(|row| row.concept < concept));
        let numbers = self.order.get(start..).unwrap_or_default().iter();
        let rows = numbers.filter_map(|number| Some((*number, row(number)?)));
        let rows = rows.take_while(|(_, row)| row.concept == concept);
        let is_preferred = |number| self.preferred.get(number as usize) == Some(&true);
        let best = rows
            .filter(|(_, row)| row.active && !row.definition)
            .min_by_key(|&(number, row)| (!is_preferred(number), row.kind != FULLY_SPECIFIED_NAME));
        best.map(|(_, row)| {
            let text = tables.text(row.stamp, row.term);
            let is_fsn = row.kind == FULLY_SPECIFIED_NAME;
            (if is_fsn { without_tag(text) } else { text }).to_owned()
        })
    }
}

/// The description types met, as uses of designations.
#[derive(Debug, Default)]
struct Uses(Vec<(u64, UseId)>);

impl Uses {
    fn of(&mut self, builder: &mut EditionBuilder, kind: u64) -> UseId {
        if let Some((_, known)) = self.0.iter().find(|(known, _)| *known == kind) {
            return *known;
        }
        let display = match kind {
            FULLY_SPECIFIED_NAME => "Fully specified name",
            SYNONYM => "Synonym",
            DEFINITION => "Definition",
            _ => "",
        };
        let code = Digits::of(kind);
        let new = builder.designation_use("http://snomed.info/sct", code.as_str(), display);
        self.0.push((kind, new));
        new
    }
}

/// A synonym is a preferred term when a language reference set of its own language says so.
fn rank(
    row: &Description,
    acceptability: &[(u8, Acceptability)],
    dialects: &Dialects,
    language: &str,
) -> DisplayRank {
    let preferred = || {
        acceptability.iter().any(|(dialect, acceptability)| {
            *acceptability == Acceptability::Preferred && dialects.speaks(*dialect, language)
        })
    };
    match row.kind {
        FULLY_SPECIFIED_NAME => DisplayRank::FullName,
        DEFINITION => DisplayRank::Note,
        SYNONYM if row.active && preferred() => DisplayRank::Preferred,
        SYNONYM => DisplayRank::Synonym,
        _ => DisplayRank::SearchOnly,
    }
}

/// A fully specified name without the semantic tag at its end.
fn without_tag(name: &str) -> &str {
    let Some(inner) = name.strip_suffix(')') else { return name };
    inner.rsplit_once(" (").map_or(name, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_semantic_tag_is_the_last_bracket() {
        for (name, expected) in [
            ("Fracture of bone (disorder)", "Fracture of bone"),
            ("Fracture (closed) of bone (disorder)", "Fracture (closed) of bone"),
            ("Plain", "Plain"),
            ("(metadata)", "(metadata)"),
        ] {
            assert_eq!(without_tag(name), expected);
        }
    }
}
