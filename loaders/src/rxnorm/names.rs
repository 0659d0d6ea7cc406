//! Names of concepts: current, archived, and the identifiers that have none any more.

use codesystems::model::{ConceptId, DisplayRank};
use codesystems::{NewDesignation, PropertyKind, PropertyValue};
use rustc_hash::{FxHashMap, FxHashSet};

use super::files::{Files, Kind, is_rxcui};
use super::{Loader, RXNORM, SOURCE};
use crate::{Report, Result};

/// Whether a name is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Active,
    Obsolete,
    Suppressed,
    Archived,
}

impl State {
    /// Source: `SUPPRESS` of `RXNCONSO`.
    fn of(suppress: &str) -> Self {
        match suppress {
            "O" => Self::Obsolete,
            "Y" | "E" => Self::Suppressed,
            _ => Self::Active,
        }
    }

    /// The status of a concept whose display is in this state.
    fn status(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Obsolete => "obsolete",
            Self::Suppressed => "suppressed",
            Self::Archived => "archived",
        }
    }
}

/// A name of the source `RXNORM`.
#[derive(Debug, Clone, Copy)]
struct Atom {
    concept: ConceptId,
    /// Number of its term type.
    term_type: u16,
    state: State,
    /// Where its text ends; it begins where that of the one before ends.
    end: usize,
}

/// All names, texts end to end.
#[derive(Debug, Default)]
struct Atoms {
    atoms: Vec<Atom>,
    texts: String,
    term_types: Vec<String>,
    numbers: FxHashMap<String, u16>,
}

impl Atoms {
    fn push(&mut self, concept: ConceptId, term_type: &str, state: State, text: &str) {
        let number = match self.numbers.get(term_type) {
            Some(&number) => number,
            None => {
                let number = u16::try_from(self.term_types.len()).unwrap_or(u16::MAX);
                self.term_types.push(term_type.to_owned());
                self.numbers.insert(term_type.to_owned(), number);
                number
            }
        };
        self.texts.push_str(text);
        let end = self.texts.len();
        self.atoms.push(Atom { concept, term_type: number, state, end });
    }

    /// The names with their texts, by concept; the best as display comes first, then in the order
    /// of the release.
    fn sorted(&self) -> Vec<(Atom, &str)> {
        let mut start = 0;
        let mut sorted = Vec::with_capacity(self.atoms.len());
        for &atom in &self.atoms {
            sorted.push((atom, self.texts.get(start..atom.end).unwrap_or_default()));
            start = atom.end;
        }
        sorted
            .sort_by_key(|(atom, _)| (atom.concept, preference(self.term_type(*atom)), atom.state));
        sorted
    }

    fn term_type(&self, atom: Atom) -> &str {
        self.term_types.get(usize::from(atom.term_type)).map_or("", String::as_str)
    }
}

/// How well a term type suits as display, 0 best. Each concept has one name of its own kind;
/// prescribable names, entry terms and synonyms come beside it.
fn preference(term_type: &str) -> u8 {
    match term_type {
        "PSN" => 1,
        "SY" => 2,
        "ET" => 3,
        "TMSY" => 4,
        _ => 0,
    }
}

impl Loader<'_> {
    /// Reads all names, and what became of identifiers that have none.
    pub(super) fn names(&mut self, files: &Files<'_>) -> Result<()> {
        let mut atoms = Atoms::default();
        let mut others = 0;
        for file in files.all(Kind::Names) {
            let mut rows = files.rows(Kind::Names, file)?;
            while let Some(row) = rows.next()? {
                if row.at(11) != SOURCE {
                    others += 1;
                    continue;
                }
                let (code, line) = (row.at(0), row.line);
                if !is_rxcui(code) {
                    let problem = format!("RXCUI '{code}' is not a number");
                    return Err(rows.error(line, problem));
                }
                let concept = self.builder.concept(code);
                atoms.push(concept, row.at(12), State::of(row.at(16)), row.at(14));
            }
            rows.close(self.report);
        }
        self.report.count("names", atoms.atoms.len() as u64);
        self.report.count("names of other sources", others);
        let current = self.builder.concept_count();
        self.sources(files)?;
        let mut replacements = Replacements::default();
        self.archive(files, current, &mut atoms, &mut replacements)?;
        self.retired(files, current, &mut replacements)?;
        self.designate(&atoms);
        self.replace(&replacements);
        let inactive = self.builder.concept_count() - current;
        self.report.count("concepts without a current name", inactive as u64);
        Ok(())
    }

    /// Which sources have a name for a concept.
    fn sources(&mut self, files: &Files<'_>) -> Result<()> {
        let property = self.property("SAB", PropertyKind::Code, "Source that has a name for it");
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut seen = FxHashSet::default();
        for file in files.all(Kind::Names) {
            let mut rows = files.rows(Kind::Names, file)?;
            while let Some(row) = rows.next()? {
                let Some(concept) = self.builder.find(row.at(0)) else { continue };
                let source = row.at(11);
                let number = match numbers.get(source) {
                    Some(&number) => number,
                    None => {
                        let number = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                        numbers.insert(source.to_owned(), number);
                        number
                    }
                };
                if seen.insert((concept, number)) {
                    self.builder.property(concept, property, PropertyValue::Code(source), 0);
                }
            }
        }
        Ok(())
    }

    /// Names that were taken back, of concepts that have no other; with what they were merged into.
    fn archive(
        &mut self,
        files: &Files<'_>,
        current: usize,
        atoms: &mut Atoms,
        replacements: &mut Replacements,
    ) -> Result<()> {
        for file in files.all(Kind::Archive) {
            let mut rows = files.rows(Kind::Archive, file)?;
            while let Some(row) = rows.next()? {
                let (code, merged) = (row.at(12), row.at(15));
                if row.at(13) != SOURCE || !is_rxcui(code) {
                    continue;
                }
                let concept = self.builder.concept(code);
                if (concept.0 as usize) < current {
                    continue;
                }
                atoms.push(concept, row.at(14), State::Archived, row.at(2));
                replacements.add(concept, code, merged);
                self.report.count("names from the archive", 1);
            }
            rows.close(self.report);
        }
        Ok(())
    }

    /// Identifiers that were retired, with those that took their place.
    fn retired(
        &mut self,
        files: &Files<'_>,
        current: usize,
        replacements: &mut Replacements,
    ) -> Result<()> {
        for file in files.all(Kind::Retired) {
            let mut rows = files.rows(Kind::Retired, file)?;
            while let Some(row) = rows.next()? {
                let (code, line, replacement) = (row.at(0), row.line, row.at(4));
                if !is_rxcui(code) {
                    let message = format!("'{code}' is no RXCUI; the row was skipped");
                    self.report.warn(&file.path, line, message);
                    continue;
                }
                let known = self.builder.concept_count();
                let concept = self.builder.concept(code);
                if (concept.0 as usize) < current {
                    self.report.count("retired identifiers still in use", 1);
                    continue;
                }
                if self.builder.concept_count() > known {
                    self.builder.set_inactive(concept, true);
                    self.builder.set_status(concept, "retired");
                }
                replacements.add(concept, code, replacement);
                self.report.count("retired identifiers", 1);
            }
            rows.close(self.report);
        }
        Ok(())
    }

    /// Adds the names of each concept, its term types, and whether it is in use.
    fn designate(&mut self, atoms: &Atoms) {
        let term_types = self.property("TTY", PropertyKind::Code, "Term type of a name");
        let suppress = self.property("SUPPRESS", PropertyKind::Code, "Suppressibility of the name");
        let uses: Vec<_> = atoms
            .term_types
            .iter()
            .map(|code| {
                let words = self.words("TTY", code);
                self.builder.designation_use(RXNORM, code, &words)
            })
            .collect();
        let mut before = None;
        let mut seen: Vec<u16> = Vec::new();
        for (atom, text) in atoms.sorted() {
            let is_display = before != Some(atom.concept);
            before = Some(atom.concept);
            if is_display {
                seen.clear();
                self.state(atom);
            }
            if !seen.contains(&atom.term_type) {
                seen.push(atom.term_type);
                let value = PropertyValue::Code(atoms.term_type(atom));
                self.builder.property(atom.concept, term_types, value, 0);
            }
            let Some(&use_id) = uses.get(usize::from(atom.term_type)) else { continue };
            let rank = if is_display { DisplayRank::Preferred } else { DisplayRank::Synonym };
            let active = is_display || matches!(atom.state, State::Active | State::Archived);
            let designation =
                NewDesignation { active, ..NewDesignation::new("en", use_id, text, rank) };
            self.builder.designation(atom.concept, &designation);
            if is_display && atom.state != State::Archived {
                let value = match atom.state {
                    State::Obsolete => "O",
                    State::Suppressed => "Y",
                    State::Active | State::Archived => "N",
                };
                self.builder.property(atom.concept, suppress, PropertyValue::Code(value), 0);
            }
        }
    }

    /// The state of a concept is that of its display.
    fn state(&mut self, display: Atom) {
        self.builder.set_status(display.concept, display.state.status());
        if display.state != State::Active {
            self.builder.set_inactive(display.concept, true);
            count_state(self.report, display.state);
        }
    }

    fn replace(&mut self, replacements: &Replacements) {
        let property =
            self.property("replacedBy", PropertyKind::Code, "Concept to use in its place");
        for (concept, code) in &replacements.pairs {
            self.builder.property(*concept, property, PropertyValue::Code(code), 0);
        }
        self.report.count("replacements", replacements.pairs.len() as u64);
    }
}

fn count_state(report: &mut Report, state: State) {
    report.count(&format!("concepts {}", state.status()), 1);
}

/// Concepts with the codes that took their place, each pair once.
#[derive(Debug, Default)]
struct Replacements {
    pairs: Vec<(ConceptId, String)>,
    seen: FxHashSet<(ConceptId, String)>,
}

impl Replacements {
    fn add(&mut self, concept: ConceptId, code: &str, replacement: &str) {
        if is_rxcui(replacement)
            && replacement != code
            && self.seen.insert((concept, replacement.to_owned()))
        {
            self.pairs.push((concept, replacement.to_owned()));
        }
    }
}
