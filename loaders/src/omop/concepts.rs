//! Concepts and their synonyms.

use std::hash::{DefaultHasher, Hash, Hasher};

use codesystems::model::{ConceptId, DisplayRank, PropertyId};
use codesystems::{EditionBuilder, NewDesignation, PropertyKind, PropertyValue};
use rustc_hash::FxHashMap;

use super::Loader;
use super::tables::{Files, iso_date};
use super::vocabularies::{ENGLISH, canonical, language};
use crate::Result;
use crate::archive::File;
use crate::delimited::{Row, Rows};

/// What is kept of all concepts beside the edition.
///
/// Shape: `ids` and `names` have a row a concept, in the order in which they were read, which is
/// the number of the concept in the builder; `by_id` is sorted by number in OMOP.
#[derive(Debug, Default)]
pub(super) struct Concepts {
    by_id: Vec<(u32, u32)>,
    ids: Vec<u32>,
    /// Hash of each name, by which synonyms that repeat it are known.
    names: Vec<u64>,
    /// Codes of concepts of vocabularies with a canonical, in the order of the concepts.
    pub(super) sources: Vec<Source>,
    /// Codes in [`Concepts::sources`], end to end.
    codes: String,
    /// Vocabularies with a canonical: id, canonical.
    pub(super) vocabularies: Vec<(String, &'static str)>,
    /// Domains in the order of their first concept.
    pub(super) domains: Vec<String>,
    /// Languages of synonyms by the number of their concept.
    languages: FxHashMap<u32, &'static str>,
    /// Newest date from which a concept is valid, `YYYYMMDD`.
    pub(super) newest: String,
}

/// The code of a concept in its own vocabulary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Number of the concept in the builder.
    pub(super) concept: u32,
    /// Number of its vocabulary in [`Concepts::vocabularies`].
    pub(super) vocabulary: u16,
    start: usize,
    end: usize,
}

impl Concepts {
    /// Sorts what was read, for [`Concepts::find`].
    pub(super) fn sort(&mut self) {
        self.by_id.sort_unstable();
        self.domains.sort_unstable();
    }

    /// The concept with number `id` in OMOP. Cost: O(log n).
    pub(super) fn find(&self, id: u32) -> Option<ConceptId> {
        let position = self.by_id.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        self.by_id.get(position).map(|&(_, concept)| ConceptId(concept))
    }

    /// The number in OMOP of a concept.
    pub(super) fn id(&self, concept: u32) -> u32 {
        self.ids.get(concept as usize).copied().unwrap_or_default()
    }

    /// Gives back what only reading needs.
    pub(super) fn forget_names(&mut self) {
        self.names = Vec::new();
        self.by_id = Vec::new();
    }

    /// The source of a concept, if its vocabulary has a canonical. Cost: O(log n).
    pub(super) fn source(&self, concept: u32) -> Option<Source> {
        let position = self.sources.binary_search_by_key(&concept, |source| source.concept).ok()?;
        self.sources.get(position).copied()
    }

    /// The code of a source.
    pub(super) fn code(&self, source: Source) -> &str {
        self.codes.get(source.start..source.end).unwrap_or_default()
    }

    /// The number of a vocabulary with a canonical.
    fn vocabulary(&mut self, id: &str, canonical: &'static str) -> u16 {
        let known = self.vocabularies.iter().position(|(known, _)| known == id);
        let number = known.unwrap_or_else(|| {
            self.vocabularies.push((id.to_owned(), canonical));
            self.vocabularies.len() - 1
        });
        u16::try_from(number).unwrap_or(u16::MAX)
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A `concept_id`: a whole number that fits 32 bits, written without sign and leading zeros.
pub(super) fn concept_id(text: &str) -> Option<u32> {
    let plain = text.starts_with(|c: char| ('1'..='9').contains(&c)) || text == "0";
    text.parse().ok().filter(|_| plain)
}

/// Columns of `CONCEPT`.
struct Columns {
    id: usize,
    name: usize,
    domain: Option<usize>,
    vocabulary: usize,
    class: Option<usize>,
    standard: Option<usize>,
    code: usize,
    start: Option<usize>,
    end: Option<usize>,
    invalid: Option<usize>,
}

impl Columns {
    fn of(rows: &Rows) -> Result<Self> {
        Ok(Self {
            id: rows.required("concept_id")?,
            name: rows.required("concept_name")?,
            domain: rows.column("domain_id"),
            vocabulary: rows.required("vocabulary_id")?,
            class: rows.column("concept_class_id"),
            standard: rows.column("standard_concept"),
            code: rows.required("concept_code")?,
            start: rows.column("valid_start_date"),
            end: rows.column("valid_end_date"),
            invalid: rows.column("invalid_reason"),
        })
    }
}

/// Properties of concepts.
#[derive(Debug, Clone, Copy)]
struct Properties {
    domain: PropertyId,
    domain_concept: PropertyId,
    vocabulary: PropertyId,
    vocabulary_concept: PropertyId,
    class: PropertyId,
    class_concept: PropertyId,
    standard: PropertyId,
    source_code: PropertyId,
    code: PropertyId,
    start: PropertyId,
    end: PropertyId,
    invalid: PropertyId,
}

impl Properties {
    fn new(builder: &mut EditionBuilder) -> Self {
        use PropertyKind::{Code, Coding, DateTime, String};
        let mut property = |code, kind, words| builder.property_id(code, kind, words);
        Self {
            domain: property("domain-id", Code, "Domain"),
            domain_concept: property("domain-concept-id", Code, "Concept of the domain"),
            vocabulary: property("vocabulary-id", String, "Vocabulary"),
            vocabulary_concept: property(
                "vocabulary-concept-id",
                Code,
                "Concept of the vocabulary",
            ),
            class: property("concept-class-id", Code, "Concept class"),
            class_concept: property("concept-class-concept-id", Code, "Concept of the class"),
            standard: property(
                "standard-concept",
                Code,
                "S standard, C classification, NS neither",
            ),
            source_code: property(
                "source-concept-code",
                Coding,
                "Code in the code system that the vocabulary is",
            ),
            code: property("concept-code", String, "Code in a vocabulary that is none of FHIR"),
            start: property("valid-start-date", DateTime, "First day on which it is valid"),
            end: property("valid-end-date", DateTime, "Last day on which it is valid"),
            invalid: property("invalid-reason", String, "D deprecated, U replaced by another"),
        }
    }
}

impl Loader<'_> {
    /// `CONCEPT`.
    pub(super) fn concepts(&mut self, files: &Files<'_>, file: &File) -> Result<()> {
        let mut rows = files.rows(file)?;
        let columns = Columns::of(&rows)?;
        let properties = Properties::new(&mut self.builder);
        while let Some(row) = rows.next()? {
            let (text, line) = (row.at(columns.id), row.line);
            let Some(id) = concept_id(text) else {
                let problem = format!("concept_id '{text}' is not a number of 32 bits");
                return Err(rows.error(line, problem));
            };
            let known = self.builder.concept_count();
            let concept = self.builder.concept(&id.to_string());
            if self.builder.concept_count() == known {
                self.report.count("rows skipped: repeated concept_id", 1);
                let message = format!("concept {id} occurs again; the row was skipped");
                self.report.warn(&file.path, line, message);
                continue;
            }
            self.concepts.by_id.push((id, concept.0));
            self.concepts.ids.push(id);
            self.names(id, concept, row, &columns);
            self.values(concept, row, &columns, properties, file);
        }
        rows.close(self.report);
        Ok(())
    }

    fn names(&mut self, id: u32, concept: ConceptId, row: Row<'_>, columns: &Columns) {
        let name = row.at(columns.name);
        self.concepts.names.push(hash(name));
        if name.is_empty() {
            self.report.count("concepts without a name", 1);
        }
        self.builder.display(concept, "en", name);
        if let Some(tag) = language(name) {
            self.concepts.languages.insert(id, tag);
        }
    }

    fn values(
        &mut self,
        concept: ConceptId,
        row: Row<'_>,
        columns: &Columns,
        properties: Properties,
        file: &File,
    ) {
        let (domain, class) = (row.get(columns.domain), row.get(columns.class));
        let vocabulary = row.at(columns.vocabulary);
        let standard = Some(row.get(columns.standard)).filter(|standard| !standard.is_empty());
        let invalid = row.get(columns.invalid);
        if !domain.is_empty() && !self.concepts.domains.iter().any(|known| known == domain) {
            self.concepts.domains.push(domain.to_owned());
        }
        let lists = &self.lists;
        let of = |list: &FxHashMap<String, String>, key| list.get(key).cloned().unwrap_or_default();
        let concepts = [
            (properties.domain_concept, of(&lists.domains, domain)),
            (properties.vocabulary_concept, of(&lists.vocabularies, vocabulary)),
            (properties.class_concept, of(&lists.classes, class)),
        ];
        for (property, code) in
            concepts.iter().map(|(property, code)| (*property, code.as_str())).chain([
                (properties.domain, domain),
                (properties.class, class),
                (properties.standard, standard.unwrap_or("NS")),
            ])
        {
            if !code.is_empty() {
                self.builder.property(concept, property, PropertyValue::Code(code), 0);
            }
        }
        for (property, text) in [(properties.vocabulary, vocabulary), (properties.invalid, invalid)]
        {
            if !text.is_empty() {
                self.builder.property(concept, property, PropertyValue::String(text), 0);
            }
        }
        if !invalid.is_empty() {
            self.builder.set_inactive(concept, true);
            self.report.count("concepts inactive", 1);
        }
        self.source_code(concept, vocabulary, row.at(columns.code), properties);
        let (start, end) = (row.get(columns.start), row.get(columns.end));
        for (property, text) in [(properties.start, start), (properties.end, end)] {
            match iso_date(text) {
                Some(date) => {
                    self.builder.property(concept, property, PropertyValue::DateTime(&date), 0);
                }
                None if text.is_empty() => {}
                None => {
                    let message = format!("'{text}' is no date of the form YYYYMMDD; left out");
                    self.report.warn(&file.path, row.line, message);
                }
            }
        }
        if iso_date(start).is_some() && start > self.concepts.newest.as_str() {
            start.clone_into(&mut self.concepts.newest);
        }
    }

    /// The code in its own vocabulary: a Coding where that is a code system of FHIR.
    fn source_code(
        &mut self,
        concept: ConceptId,
        vocabulary: &str,
        code: &str,
        properties: Properties,
    ) {
        if code.is_empty() {
            return;
        }
        let Some(system) = canonical(vocabulary) else {
            self.builder.property(concept, properties.code, PropertyValue::String(code), 0);
            return;
        };
        let value = PropertyValue::Coding { system, version: "", code, display: "" };
        self.builder.property(concept, properties.source_code, value, 0);
        let vocabulary = self.concepts.vocabulary(vocabulary, system);
        let start = self.concepts.codes.len();
        self.concepts.codes.push_str(code);
        let end = self.concepts.codes.len();
        self.concepts.sources.push(Source { concept: concept.0, vocabulary, start, end });
    }

    /// `CONCEPT_SYNONYM`, without those that repeat the name.
    pub(super) fn synonyms(&mut self, files: &Files<'_>, file: &File) -> Result<()> {
        let synonym =
            self.builder.designation_use("http://snomed.info/sct", "900000000000013009", "Synonym");
        let mut rows = files.rows(file)?;
        let (id, name) = (rows.required("concept_id")?, rows.required("concept_synonym_name")?);
        let language = rows.column("language_concept_id");
        let (mut taken, mut repeated) = (0, 0);
        while let Some(row) = rows.next()? {
            let text = row.at(name);
            let Some(concept) = concept_id(row.at(id)).and_then(|id| self.concepts.find(id)) else {
                self.unknown(file, row.line, row.at(id));
                continue;
            };
            if self.concepts.names.get(concept.0 as usize) == Some(&hash(text)) {
                repeated += 1;
                continue;
            }
            let tag = match concept_id(row.get(language)) {
                None | Some(0 | ENGLISH) => "en",
                Some(other) => self.concepts.languages.get(&other).copied().unwrap_or_default(),
            };
            let designation = NewDesignation::new(tag, synonym, text, DisplayRank::Synonym);
            self.builder.designation(concept, &designation);
            taken += 1;
        }
        self.report.count("synonyms", taken);
        self.report.count("synonyms that repeat the name", repeated);
        rows.close(self.report);
        Ok(())
    }

    /// Notes a row of `file` about a concept that is not in `CONCEPT`.
    pub(super) fn unknown(&mut self, file: &File, line: u64, id: &str) {
        self.report.count("rows skipped: unknown concept", 1);
        let message = format!("concept {id} is not in CONCEPT.csv; the row was skipped");
        self.report.warn(&file.path, line, message);
    }
}
