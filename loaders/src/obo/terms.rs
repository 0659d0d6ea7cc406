//! The term stanzas of an OBO file.

use std::io::BufRead;

use codesystems::model::{ConceptId, DisplayRank, PropertyId, UseId};
use codesystems::{EditionBuilder, NewDesignation, PropertyKind, PropertyValue};
use rustc_hash::{FxHashMap, FxHashSet};

use super::syntax::{Lines, identifier, plain, quoted, tag_value};
use crate::archive::File;
use crate::{Error, Report, Result};

/// System of the uses that say the scope of a synonym.
const OBO_IN_OWL: &str = "http://www.geneontology.org/formats/oboInOwl";

/// The stanza that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stanza {
    /// A term whose id was not read yet.
    TermWithoutId,
    /// A term.
    Term(ConceptId),
    /// A relation or an instance.
    Other,
}

pub(super) struct Ontology<'f, 'r> {
    pub(super) file: &'f File,
    pub(super) builder: EditionBuilder,
    pub(super) report: &'r mut Report,
    prefix: String,
    pub(super) language: String,
    /// Terms that have a stanza.
    defined: FxHashSet<ConceptId>,
    names: FxHashMap<ConceptId, String>,
    /// Child, code of the parent, line: applied when all terms are known.
    edges: Vec<(ConceptId, String, u64)>,
    /// Merged identifier, term it was merged into.
    alternates: Vec<(String, ConceptId)>,
    replacements: FxHashSet<(ConceptId, String)>,
}

impl<'f, 'r> Ontology<'f, 'r> {
    pub(super) fn new(
        file: &'f File,
        builder: EditionBuilder,
        prefix: String,
        language: String,
        report: &'r mut Report,
    ) -> Self {
        Self {
            file,
            builder,
            report,
            prefix,
            language,
            defined: FxHashSet::default(),
            names: FxHashMap::default(),
            edges: Vec::new(),
            alternates: Vec::new(),
            replacements: FxHashSet::default(),
        }
    }

    /// The concept of a term that has a stanza.
    pub(super) fn term(&self, code: &str) -> Option<ConceptId> {
        self.builder.find(code).filter(|concept| self.defined.contains(concept))
    }

    /// Reads stanzas to the end of the file; the head of the first one is already read.
    pub(super) fn read<R: BufRead>(&mut self, lines: &mut Lines<'_, R>) -> Result<()> {
        let mut stanza = self.stanza(lines.header().unwrap_or_default());
        loop {
            let Some(line) = lines.next()? else { break };
            let line = line.to_owned();
            if line.is_empty() || line.starts_with('!') {
                continue;
            }
            if line.starts_with('[') {
                self.expect_id(&stanza, lines.number)?;
                stanza = self.stanza(&line);
                continue;
            }
            let Some((tag, value)) = tag_value(&line) else {
                let problem = format!("'{line}' is no pair of tag and value");
                return Err(Error::line(&self.file.path, lines.number, problem));
            };
            stanza = match stanza {
                Stanza::TermWithoutId if tag == "id" => self.begin(value, lines.number),
                Stanza::Term(term) => {
                    self.clause(term, tag, value, lines.number);
                    Stanza::Term(term)
                }
                same => same,
            };
        }
        self.expect_id(&stanza, lines.number)?;
        self.report.bytes += lines.read;
        self.link();
        Ok(())
    }

    fn expect_id(&self, stanza: &Stanza, line: u64) -> Result<()> {
        if *stanza == Stanza::TermWithoutId {
            return Err(Error::line(&self.file.path, line, "the [Term] before has no id"));
        }
        Ok(())
    }

    fn stanza(&mut self, head: &str) -> Stanza {
        if head.starts_with("[Term]") {
            return Stanza::TermWithoutId;
        }
        self.report.count(&format!("stanzas skipped: {}", head.trim_matches(['[', ']'])), 1);
        Stanza::Other
    }

    fn begin(&mut self, value: &str, line: u64) -> Stanza {
        let code = identifier(value);
        let term = self.builder.concept(&code);
        if self.defined.insert(term) {
            self.report.count("terms", 1);
        } else {
            let message = format!("{code} has a second stanza; both were taken together");
            self.report.warn(&self.file.path, line, message);
        }
        Stanza::Term(term)
    }

    fn clause(&mut self, term: ConceptId, tag: &str, value: &str, line: u64) {
        match tag {
            "name" => self.name(term, plain(value)),
            "def" => self.definition(term, value, line),
            "synonym" => self.synonym(term, value, line),
            "is_a" => self.edges.push((term, identifier(value), line)),
            "alt_id" => self.alternates.push((identifier(value), term)),
            "is_obsolete" if plain(value) == "true" => {
                self.builder.set_inactive(term, true);
                self.builder.set_status(term, "retired");
                self.report.count("terms obsolete", 1);
            }
            "replaced_by" => self.replaced_by(term, &identifier(value)),
            "consider" => {
                let other = identifier(value);
                self.set(term, "consider", PropertyKind::Code, PropertyValue::Code(&other));
            }
            "xref" => self.cross_reference(term, value),
            "relationship" => {
                let (relation, other) = value.split_once(' ').unwrap_or((value, ""));
                let other = identifier(other.trim_start());
                self.set(term, relation, PropertyKind::Code, PropertyValue::Code(&other));
            }
            "property_value" => {
                let (property, text) = value.split_once(' ').unwrap_or((value, ""));
                let text = quoted(text).map_or_else(|| identifier(text), |(text, _)| text);
                self.set(term, property, PropertyKind::String, PropertyValue::String(&text));
            }
            "creation_date" => {
                let date = plain(value);
                self.set(term, tag, PropertyKind::DateTime, PropertyValue::DateTime(&date));
            }
            "comment" | "subset" | "created_by" | "namespace" => {
                let text = plain(value);
                self.set(term, tag, PropertyKind::String, PropertyValue::String(&text));
            }
            _ => {}
        }
    }

    pub(super) fn property_id(&mut self, code: &str, kind: PropertyKind) -> PropertyId {
        let description = match code {
            "replacedBy" => "Term to use instead",
            "consider" => "Term that may be meant instead",
            "definition" => "What the term means, in prose",
            "xref" => "The term, or one like it, in another system",
            "subset" => "Subset of the ontology with this term",
            _ => "",
        };
        self.builder.property_id(code, kind, description)
    }

    fn set(&mut self, term: ConceptId, code: &str, kind: PropertyKind, value: PropertyValue<'_>) {
        let property = self.property_id(code, kind);
        self.builder.property(term, property, value, 0);
    }

    fn name(&mut self, term: ConceptId, name: String) {
        let language = self.language.clone();
        self.builder.display(term, &language, &name);
        self.names.insert(term, name);
    }

    fn definition(&mut self, term: ConceptId, value: &str, line: u64) {
        let Some((text, _)) = quoted(value) else {
            self.report.warn(
                &self.file.path,
                line,
                "a definition that is not in quotes was skipped",
            );
            return;
        };
        self.set(term, "definition", PropertyKind::String, PropertyValue::String(&text));
        let use_id = self.definition_use();
        self.designate(term, use_id, DisplayRank::Note, &text);
        self.report.count("definitions", 1);
    }

    /// The use of definitions among designations.
    pub(super) fn definition_use(&mut self) -> UseId {
        let system = "http://purl.obolibrary.org/obo";
        self.builder.designation_use(system, "IAO_0000115", "definition")
    }

    /// `"text" SCOPE type [sources]`. Exact synonyms may be shown, others are only searched.
    fn synonym(&mut self, term: ConceptId, value: &str, line: u64) {
        let Some((text, rest)) = quoted(value) else {
            self.report.warn(&self.file.path, line, "a synonym that is not in quotes was skipped");
            return;
        };
        let mut words = rest.split('[').next().unwrap_or_default().split_whitespace();
        let scope = words.next().unwrap_or("RELATED");
        let use_id = match words.next() {
            Some(kind) => self.synonym_type(kind),
            None => self.scope_use(scope),
        };
        let rank = if scope == "EXACT" { DisplayRank::Synonym } else { DisplayRank::SearchOnly };
        self.designate(term, use_id, rank, &text);
        self.report.count("synonyms", 1);
    }

    /// The use of synonyms without a type: their scope.
    pub(super) fn scope_use(&mut self, scope: &str) -> UseId {
        let code = match scope {
            "EXACT" => "hasExactSynonym",
            "BROAD" => "hasBroadSynonym",
            "NARROW" => "hasNarrowSynonym",
            _ => "hasRelatedSynonym",
        };
        self.builder.designation_use(OBO_IN_OWL, code, code)
    }

    /// The use of synonyms of a type of the ontology, such as `layperson`.
    pub(super) fn synonym_type(&mut self, kind: &str) -> UseId {
        let system = format!("http://purl.obolibrary.org/obo/{}", self.prefix);
        self.builder.designation_use(&system, kind, &kind.replace('_', " "))
    }

    fn designate(&mut self, term: ConceptId, use_id: UseId, rank: DisplayRank, text: &str) {
        let designation = NewDesignation::new(&self.language, use_id, text, rank);
        self.builder.designation(term, &designation);
    }

    /// `PREFIX:code "display"`; prefixes of well-known systems give a Coding.
    fn cross_reference(&mut self, term: ConceptId, value: &str) {
        let code = identifier(value);
        let rest = value.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
        let display = quoted(rest).map_or(String::new(), |(text, _)| text);
        self.report.count("cross references", 1);
        let known = code.split_once(':').and_then(|(prefix, local)| Some((system(prefix)?, local)));
        let value = match known {
            Some((system, code)) => {
                PropertyValue::Coding { system, version: "", code, display: &display }
            }
            None => PropertyValue::String(&code),
        };
        self.set(term, "xref", PropertyKind::Coding, value);
    }

    fn replaced_by(&mut self, term: ConceptId, code: &str) {
        if self.replacements.insert((term, code.to_owned())) {
            self.set(term, "replacedBy", PropertyKind::Code, PropertyValue::Code(code));
        }
    }

    /// What needs all terms to be known: parents, and identifiers that were merged into others.
    fn link(&mut self) {
        for (child, parent, line) in std::mem::take(&mut self.edges) {
            match self.term(&parent) {
                Some(parent) => self.builder.parent(child, parent),
                None => {
                    let message = format!("parent {parent} is not in the file; left out");
                    self.report.warn(&self.file.path, line, message);
                }
            }
        }
        for (code, term) in std::mem::take(&mut self.alternates) {
            let target = self.builder.code(term).to_owned();
            let merged = match self.builder.find(&code) {
                Some(known) => known,
                None => self.merged(&code, term),
            };
            self.replaced_by(merged, &target);
        }
    }

    fn merged(&mut self, code: &str, term: ConceptId) -> ConceptId {
        let merged = self.builder.concept(code);
        self.builder.set_inactive(merged, true);
        self.builder.set_status(merged, "retired");
        self.builder.set_kind(merged, "alternate id");
        if let Some(name) = self.names.get(&term) {
            self.builder.display(merged, &self.language, name);
        }
        self.report.count("alternate ids", 1);
        merged
    }

    pub(super) fn finish(self) -> EditionBuilder {
        self.builder
    }
}

/// Canonical URL of a system that HPO and others refer to by prefix.
fn system(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "SNOMEDCT_US" | "SNOMED_CT" | "SNOMEDCT" | "SCTID" => "http://snomed.info/sct",
        "UMLS" => "http://terminology.hl7.org/CodeSystem/umls",
        "NCIT" => "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
        "MEDDRA" | "MedDRA" => "http://terminology.hl7.org/CodeSystem/mdr",
        "ICD-10" | "ICD10" => "http://hl7.org/fhir/sid/icd-10",
        "ICD-9" | "ICD9" => "http://hl7.org/fhir/sid/icd-9-cm",
        "ICD-O" => "http://terminology.hl7.org/CodeSystem/icd-o-3",
        "ORPHA" | "Orphanet" => "http://www.orpha.net",
        "OMIM" => "http://www.omim.org",
        _ => return None,
    })
}
