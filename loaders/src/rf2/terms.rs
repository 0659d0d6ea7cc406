//! Descriptions and the language reference sets that say which of them to show.

use std::collections::BTreeMap;

use codesystems::model::{Acceptability, DisplayRank, UseId};
use codesystems::{EditionBuilder, NewDesignation};
use rayon::prelude::*;

use super::concepts::Concepts;
use super::digits::Digits;
use super::ids::{DEFINITION, EN_GB, EN_US, FULLY_SPECIFIED_NAME, SYNONYM, dialect_tag};
use super::notes::Notes;
use super::tables::{Description, LanguageMember, Tables};
use crate::{Error, Result};

/// At most this many language reference sets; an edition numbers dialects in one byte.
const DIALECTS: usize = 254;

/// Descriptions in the order in which they are shown.
#[derive(Debug)]
pub(super) struct Terms {
    /// Numbers of descriptions by concept, preferred in en-US first, then by identifier.
    order: Vec<u32>,
}

/// In which dialects each description is preferred or acceptable, as compressed sparse rows.
#[derive(Debug, Default)]
struct Dialects {
    /// Row `i` of the descriptions has the entries `starts[i]..starts[i + 1]`.
    starts: Vec<u32>,
    entries: Vec<(u8, Acceptability)>,
    /// The primary language of each dialect.
    languages: Vec<String>,
    /// The dialect en-US, if there is one.
    en_us: Option<u8>,
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
        let dialects = Dialects::of(builder, tables, members, notes)?;
        let rows = &tables.descriptions;
        let mut order: Vec<u32> = (0u32..).take(rows.len()).collect();
        let key = |&number: &u32| {
            let row = rows.get(number as usize)?;
            Some((row.concept, !dialects.is_preferred_en_us(number), row.id))
        };
        order.par_sort_unstable_by_key(key);
        let mut uses = Uses::default();
        for &number in &order {
            let Some(row) = rows.get(number as usize) else { continue };
            let Some(concept) = concepts.find(row.concept) else {
                notes.add("descriptions of unknown concepts left out", "", 0, || {
                    format!("description {}: no concept {}", row.id, row.concept)
                });
                continue;
            };
            let language = language(tables, row);
            let acceptability = dialects.of_row(number);
            let designation = NewDesignation {
                language,
                use_id: uses.of(builder, row.kind),
                value: tables.text(row.stamp, row.term),
                rank: rank(row, acceptability, &dialects.languages, language),
                active: row.active,
                id: row.id,
                acceptability,
            };
            builder.designation(concept, &designation);
        }
        Ok(Self { order })
    }

    /// A name of a concept for people: its preferred term in en-US, else a fully specified name
    /// without its tag, else any term.
    pub(super) fn name(&self, tables: &Tables, concept: u64) -> Option<String> {
        let row = |number: &u32| tables.descriptions.get(*number as usize);
        let start = self
            .order
            .partition_point(|number| row(number).is_some_and(|row| row.concept < concept));
        let rows = self.order.get(start..).unwrap_or_default().iter().filter_map(row);
        let rows = rows.take_while(|row| row.concept == concept);
        let mut active = rows.filter(|row| row.active && !row.definition);
        let first = active.next()?;
        if first.kind == SYNONYM {
            return Some(tables.text(first.stamp, first.term).to_owned());
        }
        let fsn = std::iter::once(first).chain(active).find(|row| row.kind == FULLY_SPECIFIED_NAME);
        let row = fsn.unwrap_or(first);
        Some(without_tag(tables.text(row.stamp, row.term)).to_owned())
    }
}

impl Dialects {
    /// Joins language members and descriptions (which are sorted by identifier).
    fn of(
        builder: &mut EditionBuilder,
        tables: &Tables,
        mut members: Vec<LanguageMember>,
        notes: &mut Notes,
    ) -> Result<Self> {
        members.retain(|member| member.active);
        members.par_sort_unstable_by_key(|member| {
            (member.description, member.refset, !member.preferred)
        });
        let refsets = refsets(&members);
        if refsets.len() > DIALECTS {
            let problem = format!("{} language reference sets, at most {DIALECTS}", refsets.len());
            return Err(Error::file("", problem));
        }
        let number = |refset| refsets.iter().position(|known| *known == refset);
        let mut found = Self::default();
        let mut used: Vec<BTreeMap<&str, u64>> = vec![BTreeMap::new(); refsets.len()];
        let mut members = members.iter().peekable();
        let unknown = |member: &LanguageMember| {
            format!("reference set {}: no description {}", member.refset, member.description)
        };
        for row in &tables.descriptions {
            found.starts.push(found.entries.len() as u32);
            while let Some(member) = members.next_if(|member| member.description <= row.id) {
                if member.description < row.id {
                    notes.add(UNKNOWN, "", 0, || unknown(member));
                    continue;
                }
                let Some(number) = number(member.refset) else { continue };
                let start = found.starts.last().copied().unwrap_or_default() as usize;
                let mut same = found.entries.get(start..).unwrap_or_default().iter();
                if same.any(|(dialect, _)| usize::from(*dialect) == number) {
                    continue;
                }
                let acceptability = match member.preferred {
                    true => Acceptability::Preferred,
                    false => Acceptability::Acceptable,
                };
                found.entries.push((number as u8, acceptability));
                if let Some(count) = used.get_mut(number) {
                    *count.entry(language(tables, row)).or_default() += 1;
                }
            }
        }
        members.for_each(|member| notes.add(UNKNOWN, "", 0, || unknown(member)));
        found.starts.push(found.entries.len() as u32);
        found.number(builder, &refsets, &used);
        Ok(found)
    }

    /// Gives the builder the dialects, in the order in which the entries number them.
    fn number(
        &mut self,
        builder: &mut EditionBuilder,
        refsets: &[u64],
        used: &[BTreeMap<&str, u64>],
    ) {
        for (refset, used) in refsets.iter().zip(used) {
            let most = used.iter().max_by_key(|(_, count)| **count);
            let language = most.map_or("und", |(language, _)| *language);
            let tag = dialect_tag(*refset, language);
            let number = builder.dialect(Digits::of(*refset).as_str(), &tag);
            self.languages.push(primary(&tag).to_owned());
            if *refset == EN_US {
                self.en_us = Some(number);
            }
        }
    }

    fn of_row(&self, row: u32) -> &[(u8, Acceptability)] {
        let row = row as usize;
        let bounds = self.starts.get(row).zip(self.starts.get(row + 1));
        let range = bounds.map(|(start, end)| *start as usize..*end as usize);
        range.and_then(|range| self.entries.get(range)).unwrap_or_default()
    }

    fn is_preferred_en_us(&self, row: u32) -> bool {
        let Some(en_us) = self.en_us else { return false };
        self.of_row(row).contains(&(en_us, Acceptability::Preferred))
    }
}

const UNKNOWN: &str = "language members of unknown descriptions left out";

/// The reference sets among the members: en-US and en-GB first, so that their numbers do not depend
/// on what an extension adds.
fn refsets(members: &[LanguageMember]) -> Vec<u64> {
    let mut refsets: Vec<u64> = Vec::new();
    for member in members {
        if !refsets.contains(&member.refset) {
            refsets.push(member.refset);
        }
    }
    refsets.sort_unstable_by_key(|refset| (*refset != EN_US, *refset != EN_GB, *refset));
    refsets
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
    dialects: &[String],
    language: &str,
) -> DisplayRank {
    let preferred = || {
        acceptability.iter().any(|(dialect, acceptability)| {
            let spoken = dialects.get(usize::from(*dialect)).map_or("", String::as_str);
            *acceptability == Acceptability::Preferred
                && spoken.eq_ignore_ascii_case(primary(language))
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

fn language<'t>(tables: &'t Tables, row: &Description) -> &'t str {
    let source = tables.sources.get(usize::from(row.stamp.file));
    let language = source.and_then(|source| source.languages.get(usize::from(row.language)));
    language.map_or("", String::as_str)
}

/// The language of a tag: `de` of `de-CH`.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
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
