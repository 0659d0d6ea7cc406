//! Language reference sets: in which dialects a description is preferred or acceptable.

use std::collections::BTreeMap;

use codesystems::EditionBuilder;
use codesystems::model::Acceptability;
use rayon::prelude::*;

use super::digits::Digits;
use super::ids::{EN_GB, EN_US, dialect_tag};
use super::notes::Notes;
use super::tables::{LanguageMember, Tables};
use crate::{Error, Result};

/// At most this many language reference sets; an edition numbers dialects in one byte.
const MOST: usize = 254;

/// In which dialects each description is preferred or acceptable, as compressed sparse rows.
#[derive(Debug, Default)]
pub(super) struct Dialects {
    /// Row `i` of the descriptions has the entries `starts[i]..starts[i + 1]`.
    starts: Vec<u32>,
    entries: Vec<(u8, Acceptability)>,
    /// The primary language of each dialect.
    languages: Vec<String>,
    /// The dialect en-US, if there is one.
    en_us: Option<u8>,
}

impl Dialects {
    /// Joins language members and descriptions (which are sorted by identifier) and gives the
    /// builder the dialects.
    ///
    /// # Errors
    /// When there are more language reference sets than an edition can number.
    pub(super) fn add(
        builder: &mut EditionBuilder,
        tables: &Tables,
        members: Vec<LanguageMember>,
        notes: &mut Notes,
    ) -> Result<Self> {
        let refsets = refsets(&members)?;
        let mut found = Self::default();
        let used = found.join(tables, &refsets, &numbered(members, &refsets), notes);
        for (refset, used) in refsets.iter().zip(used) {
            let most = used.iter().max_by_key(|(_, count)| **count);
            let tag = dialect_tag(*refset, most.map_or("und", |(language, _)| *language));
            let number = builder.dialect(Digits::of(*refset).as_str(), &tag);
            found.languages.push(primary(&tag).to_owned());
            if *refset == EN_US {
                found.en_us = Some(number);
            }
        }
        Ok(found)
    }

    /// Fills the rows. Returns how many descriptions of which language each dialect has.
    fn join<'t>(
        &mut self,
        tables: &'t Tables,
        refsets: &[u64],
        members: &[Numbered],
        notes: &mut Notes,
    ) -> Vec<BTreeMap<&'t str, u64>> {
        let mut used = vec![BTreeMap::new(); refsets.len()];
        let mut members = members.iter().peekable();
        let mut lost = |member: &Numbered| {
            notes.add("language members of unknown descriptions left out", "", 0, || {
                let refset = refsets.get(usize::from(member.dialect)).copied().unwrap_or_default();
                format!("reference set {refset}: no description {}", member.description)
            });
        };
        for row in &tables.descriptions {
            self.starts.push(self.entries.len() as u32);
            while let Some(member) = members.next_if(|member| member.description <= row.id) {
                if member.description < row.id {
                    lost(member);
                    continue;
                }
                self.entries.push((member.dialect, member.acceptability));
                if let Some(count) = used.get_mut(usize::from(member.dialect)) {
                    *count.entry(tables.language(row)).or_default() += 1;
                }
            }
        }
        members.for_each(lost);
        self.starts.push(self.entries.len() as u32);
        used
    }

    /// Dialects of the description with this number, ascending.
    pub(super) fn of_row(&self, row: u32) -> &[(u8, Acceptability)] {
        let row = row as usize;
        let bounds = self.starts.get(row).zip(self.starts.get(row + 1));
        let range = bounds.map(|(start, end)| *start as usize..*end as usize);
        range.and_then(|range| self.entries.get(range)).unwrap_or_default()
    }

    /// Whether the description with this number is preferred in en-US.
    pub(super) fn is_preferred_en_us(&self, row: u32) -> bool {
        let Some(en_us) = self.en_us else { return false };
        self.of_row(row).contains(&(en_us, Acceptability::Preferred))
    }

    /// Whether a dialect is one of `language`.
    pub(super) fn speaks(&self, dialect: u8, language: &str) -> bool {
        let spoken = self.languages.get(usize::from(dialect));
        spoken.is_some_and(|spoken| spoken.eq_ignore_ascii_case(primary(language)))
    }
}

/// An active member with the number of its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Numbered {
    description: u64,
    dialect: u8,
    acceptability: Acceptability,
}

/// The active members by description and dialect. Where a description is twice in one reference
/// set, preferred counts.
fn numbered(members: Vec<LanguageMember>, refsets: &[u64]) -> Vec<Numbered> {
    let active = members.par_iter().filter(|member| member.active);
    let mut found: Vec<Numbered> = active
        .filter_map(|member| {
            let dialect = refsets.iter().position(|refset| *refset == member.refset)?;
            let acceptability = match member.preferred {
                true => Acceptability::Preferred,
                false => Acceptability::Acceptable,
            };
            let dialect = u8::try_from(dialect).ok()?;
            Some(Numbered { description: member.description, dialect, acceptability })
        })
        .collect();
    drop(members);
    found.par_sort_unstable();
    found.dedup_by_key(|member| (member.description, member.dialect));
    found
}

/// The reference sets among the members: en-US and en-GB first, so that their numbers do not depend
/// on what an extension adds.
fn refsets(members: &[LanguageMember]) -> Result<Vec<u64>> {
    let mut refsets: Vec<u64> = Vec::new();
    for member in members.iter().filter(|member| member.active) {
        if !refsets.contains(&member.refset) {
            refsets.push(member.refset);
            if refsets.len() > MOST {
                return Err(Error::file("", format!("more than {MOST} language reference sets")));
            }
        }
    }
    refsets.sort_unstable_by_key(|refset| (*refset != EN_US, *refset != EN_GB, *refset));
    Ok(refsets)
}

/// The language of a tag: `de` of `de-CH`.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}
