//! What the files of one load say together, before it becomes an edition and maps.
//!
//! Products and languages overlap: the German and the English product 1 bring the same references,
//! every product repeats names. Facts are kept once, whatever file they come from and in whatever
//! order the files are read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rustc_hash::FxHashMap;

use super::terms::Association;

/// A day, as in the `date` of a file; all zero when the file has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day `text` begins with (`2025-12-09 07:06:32`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.get(..10)?.split('-');
        let day = Self {
            year: parts.next()?.parse().ok()?,
            month: parts.next()?.parse().ok()?,
            day: parts.next()?.parse().ok()?,
        };
        let real = (1..=12).contains(&day.month) && (1..=31).contains(&day.day);
        real.then_some(day)
    }

    /// Whether two days are so far apart that they cannot be one release: there are two a year,
    /// whose files are written within days.
    pub(super) fn is_far_from(self, other: Self) -> bool {
        let days =
            |day: Self| i32::from(day.year) * 372 + i32::from(day.month) * 31 + i32::from(day.day);
        (days(self) - days(other)).abs() > 45
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// How much a file's word counts where two differ: the nomenclature (product 1) before the other
/// products, then the newer file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    /// Whether the record is of the nomenclature.
    pub(super) nomenclature: bool,
    /// Day of the file.
    pub(super) day: Day,
}

/// A value with the weight of the file that said it.
#[derive(Debug, Clone)]
pub(super) struct Weighed<T> {
    /// The value.
    pub(super) value: T,
    weight: Weight,
}

/// Puts `value` into `slot` unless what is there has more weight, or the same and comes first.
pub(super) fn weigh<T: Ord>(slot: &mut Option<Weighed<T>>, value: T, weight: Weight) {
    let stays = slot.as_ref().is_some_and(|known| {
        known.weight > weight || (known.weight == weight && known.value <= value)
    });
    if !stays {
        *slot = Some(Weighed { value, weight });
    }
}

/// A controlled value: its id, or its name where it has no id. Names are in [`Labels`].
pub(super) type Term = String;

/// The names of controlled values, in English where any file has it, else in German, else in any
/// language.
#[derive(Debug, Default)]
pub(super) struct Labels(FxHashMap<String, (u8, String)>);

impl Labels {
    /// Notes the name of the term with `id` and gives the term.
    pub(super) fn term(&mut self, id: &str, language: &str, name: &str) -> Term {
        if id.is_empty() {
            return name.to_owned();
        }
        let rank = language_rank(language);
        let known = self.0.get(id);
        if !name.is_empty()
            && known.is_none_or(|(known, text)| (rank, name) < (*known, text.as_str()))
        {
            self.0.insert(id.to_owned(), (rank, name.to_owned()));
        }
        id.to_owned()
    }

    /// The name of a term.
    pub(super) fn name<'a>(&'a self, term: &'a str) -> &'a str {
        self.0.get(term).map_or(term, |(_, name)| name.as_str())
    }
}

/// English before German before all others: the order in which displays are offered.
pub(super) fn language_rank(language: &str) -> u8 {
    match language.split('-').next() {
        Some("en") => 0,
        Some("de") => 1,
        _ => 2,
    }
}

/// A reference to another terminology.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// Name of the terminology.
    pub(super) source: String,
    /// Code in it.
    pub(super) code: String,
    /// Mapping relation, as its short name.
    pub(super) relation: String,
    /// How an ICD code stands for the entity, empty for none.
    pub(super) icd_relation: Term,
    /// Validation status, empty for none.
    pub(super) status: Term,
    /// URL in the ICD-11 browser, empty for none.
    pub(super) url: String,
    /// Number of the ICD-11 Foundation entity, empty for none.
    pub(super) foundation: String,
}

/// A phenotype (product 4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Phenotype {
    /// HPO code.
    pub(super) code: String,
    /// HPO term.
    pub(super) name: String,
    /// How often it is seen.
    pub(super) frequency: Term,
    /// Whether it is pathognomonic or a diagnostic criterion, empty for neither.
    pub(super) criterion: Term,
}

/// A gene (product 6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gene {
    /// Symbol.
    pub(super) symbol: String,
    /// Name.
    pub(super) name: String,
    /// Number in HGNC, empty for none.
    pub(super) hgnc: String,
    /// How it is associated.
    pub(super) association: Term,
    /// Whether the association was assessed.
    pub(super) status: Term,
}

/// A figure of prevalence (product 9).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Prevalence {
    /// Point prevalence, incidence at birth, …
    pub(super) kind: Term,
    /// Value and class, class only, cases, families.
    pub(super) qualification: Term,
    /// Class (`1-9 / 100 000`), empty for none.
    pub(super) class: Term,
    /// Mean value as written, empty for none.
    pub(super) value: String,
    /// Country or region.
    pub(super) geography: Term,
    /// Validation status.
    pub(super) status: Term,
}

/// A functional consequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Disability {
    /// Activity that is limited.
    pub(super) activity: Term,
    /// How often.
    pub(super) frequency: Term,
    /// For how long.
    pub(super) temporality: Term,
    /// How severely.
    pub(super) severity: Term,
}

/// What is known of one ORPHAcode.
#[derive(Debug, Default)]
pub(super) struct Entity {
    /// ORPHAcode.
    pub(super) code: String,
    /// Preferred term by language.
    pub(super) names: BTreeMap<String, Option<Weighed<String>>>,
    /// Synonyms: language and text, in the order of the file.
    pub(super) synonyms: Vec<(String, String)>,
    /// Definition by language.
    pub(super) definitions: BTreeMap<String, Option<Weighed<String>>>,
    /// Bits of the flag.
    pub(super) flag: Option<Weighed<u32>>,
    /// Typology.
    pub(super) disorder_type: Option<Weighed<Term>>,
    /// Classification level.
    pub(super) level: Option<Weighed<Term>>,
    /// Whether it is the head of a classification.
    pub(super) head: bool,
    /// Connections with other entities.
    pub(super) associations: Vec<(Association, String)>,
    /// References to other terminologies.
    pub(super) references: Vec<Reference>,
    /// Phenotypes.
    pub(super) phenotypes: Vec<Phenotype>,
    /// Genes.
    pub(super) genes: Vec<Gene>,
    /// Prevalences.
    pub(super) prevalences: Vec<Prevalence>,
    /// Functional consequences.
    pub(super) disabilities: Vec<Disability>,
    /// Ages of onset.
    pub(super) onsets: Vec<Term>,
    /// Ages of death (files before 2020).
    pub(super) deaths: Vec<Term>,
    /// Modes of inheritance.
    pub(super) inheritances: Vec<Term>,
}

impl Entity {
    /// The preferred term in the best language there is, empty when it has no name.
    pub(super) fn name(&self) -> &str {
        let best = self
            .names
            .iter()
            .filter_map(|(language, name)| name.as_ref().map(|name| (language, name)))
            .min_by_key(|(language, _)| language_rank(language));
        best.map_or("", |(_, name)| name.value.as_str())
    }
}

/// Adds a fact unless it is known.
pub(super) fn add<T: PartialEq>(facts: &mut Vec<T>, fact: T) {
    if !facts.contains(&fact) {
        facts.push(fact);
    }
}

/// The number of an entity in [`Nomenclature::entities`].
pub(super) type EntityNumber = usize;

/// An entity at one place in one classification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// ORPHA number of the classification.
    pub(super) classification: String,
    /// The entity.
    pub(super) child: EntityNumber,
    /// The entity above it, none for the head.
    pub(super) parent: Option<EntityNumber>,
}

/// Everything that the files of one load say.
#[derive(Debug, Default)]
pub(super) struct Nomenclature {
    /// The entities, by first mention.
    pub(super) entities: Vec<Entity>,
    numbers: FxHashMap<String, EntityNumber>,
    /// Names of controlled values.
    pub(super) labels: Labels,
    /// Names of the classifications by ORPHA number: best rank of language, and name.
    pub(super) classifications: BTreeMap<String, (u8, String)>,
    /// Where entities stand in the classifications.
    pub(super) places: BTreeSet<Place>,
    /// Languages of names, synonyms and definitions.
    pub(super) languages: BTreeSet<String>,
}

impl Nomenclature {
    /// The number of the entity with `code`; it comes into being when it is first mentioned.
    pub(super) fn number(&mut self, code: &str) -> EntityNumber {
        if let Some(&number) = self.numbers.get(code) {
            return number;
        }
        let number = self.entities.len();
        self.entities.push(Entity { code: code.to_owned(), ..Entity::default() });
        self.numbers.insert(code.to_owned(), number);
        number
    }

    /// Notes the name of a classification.
    pub(super) fn classification(&mut self, number: &str, language: &str, name: &str) {
        let rank = language_rank(language);
        let known = self.classifications.entry(number.to_owned()).or_insert((u8::MAX, "".into()));
        if rank < known.0 && !name.is_empty() {
            *known = (rank, name.to_owned());
        }
    }

    /// The entities in the order of their codes, which does not depend on the order of the files.
    pub(super) fn in_code_order(&self) -> Vec<EntityNumber> {
        let mut order: Vec<EntityNumber> = (0..self.entities.len()).collect();
        order.sort_by_key(|&number| self.sort_key(number));
        order
    }

    /// By length and text: the order of the numbers.
    fn sort_key(&self, number: EntityNumber) -> (usize, &str) {
        let code = self.entities.get(number).map_or("", |entity| entity.code.as_str());
        (code.len(), code)
    }

    /// The edges (child, parent) of all classifications together, each once, in code order. Edges
    /// that would close a cycle are left out and returned beside them.
    ///
    /// One classification cannot hold a cycle, but two that disagree (or two releases) can.
    pub(super) fn edges(&self) -> (Vec<Edge>, Vec<Edge>) {
        let mut edges: Vec<Edge> = self
            .places
            .iter()
            .filter_map(|place| place.parent.map(|parent| (place.child, parent)))
            .collect();
        edges.sort_by_key(|&(child, parent)| (self.sort_key(parent), self.sort_key(child)));
        edges.dedup();
        super::cycles::split(edges, self.entities.len())
    }
}

/// Child and parent.
pub(super) type Edge = (EntityNumber, EntityNumber);
