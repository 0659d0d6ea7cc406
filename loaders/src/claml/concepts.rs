//! Classes on their way into an edition.

use codesystems::model::{ConceptId, DisplayRank, NewDesignation, UseId};
use codesystems::{EditionBuilder, EditionMeta};
use rustc_hash::FxHashMap;

use super::model::{ModifiedBy, Node, Rubric, Title};
use super::text::one_line;
use crate::bfarm::vocabulary::{self, PREFERRED, USAGE};
use crate::{Error, Report, Result};

/// A class as it is needed once all classes are known. Its place in the list of classes is also
/// the number of its concept.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) concept: ConceptId,
    pub(super) kind: String,
    pub(super) line: u64,
    pub(super) titles: Vec<Title>,
    pub(super) usage: String,
    pub(super) super_classes: Vec<(String, u64)>,
    pub(super) sub_classes: Vec<String>,
    pub(super) modified_by: Vec<ModifiedBy>,
    pub(super) excluded_modifiers: Vec<String>,
}

/// One value of a modifier.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) node: Node,
    pub(super) titles: Vec<Title>,
    /// Preceding modifiers and their values with which this value must not be combined.
    pub(super) not_after: Vec<(String, String)>,
}

/// Collects the classes and modifiers of one document.
pub(super) struct Concepts {
    pub(super) path: String,
    pub(super) builder: EditionBuilder,
    pub(super) classes: Vec<Class>,
    /// Values by modifier.
    pub(super) modifiers: FxHashMap<String, Vec<Value>>,
    /// Codes named in exclusions, to be checked against the codes there are.
    exclusions: Vec<(ConceptId, String)>,
    colon_is_slash: bool,
    preferred: UseId,
    inclusion: UseId,
}

impl Concepts {
    /// `colon_is_slash`: morphology codes of ICD-O-3 are written `8000:3` in ClaML, because an
    /// NMTOKEN cannot hold the slash of `8000/3`.
    pub(super) fn new(path: &str, meta: EditionMeta, colon_is_slash: bool) -> Self {
        let url = meta.url.clone();
        let mut builder = EditionBuilder::new(meta);
        let preferred = builder.designation_use(&url, PREFERRED.0, PREFERRED.1);
        let inclusion = builder.designation_use(&url, "inclusion", "Inclusion term");
        Self {
            path: path.into(),
            builder,
            classes: Vec::new(),
            modifiers: FxHashMap::default(),
            exclusions: Vec::new(),
            colon_is_slash,
            preferred,
            inclusion,
        }
    }

    /// Whether a class was read.
    pub(super) fn has_classes(&self) -> bool {
        !self.classes.is_empty()
    }

    /// A code as users write it.
    pub(super) fn code(&self, code: &str) -> String {
        if self.colon_is_slash { code.replace(':', "/") } else { code.to_owned() }
    }

    /// Takes a class.
    ///
    /// # Errors
    /// When its code was seen before.
    pub(super) fn class(&mut self, node: Node, report: &mut Report) -> Result<()> {
        report.count("classes", 1);
        let code = self.code(&node.code);
        if self.builder.find(&code).is_some() {
            return Err(Error::line(&self.path, node.line, format!("second <Class> '{code}'")));
        }
        let concept = self.builder.concept(&code);
        vocabulary::kind(&mut self.builder, concept, &node.kind);
        vocabulary::code_property(&mut self.builder, concept, USAGE, &node.usage);
        let titles = node.titles();
        if titles.is_empty() {
            report.warn(&self.path, node.line, format!("class '{code}' has no title"));
        }
        self.titles(concept, &titles);
        self.details(concept, &node);
        self.classes.push(Class {
            concept,
            kind: node.kind,
            line: node.line,
            titles,
            usage: node.usage,
            super_classes: node.super_classes,
            sub_classes: node.sub_classes,
            modified_by: node.modified_by,
            excluded_modifiers: node.excluded_modifiers,
        });
        Ok(())
    }

    /// Takes a value of a modifier.
    pub(super) fn modifier_class(&mut self, mut node: Node, report: &mut Report) {
        report.count("modifier classes", 1);
        let mut not_after = Vec::new();
        node.metas.retain(|(name, value)| {
            if name != "excludeOnPrecedingModifier" {
                return true;
            }
            if let Some((modifier, value)) = value.trim().split_once(char::is_whitespace) {
                not_after.push((modifier.to_owned(), value.trim().to_owned()));
            }
            false
        });
        let titles = node.titles();
        let values = self.modifiers.entry(node.modifier.clone()).or_default();
        values.push(Value { node, titles, not_after });
    }

    /// Writes the display of a concept in every language, and the short title beside a long one.
    pub(super) fn titles(&mut self, concept: ConceptId, titles: &[Title]) {
        for title in titles {
            let language = self.language(&title.language);
            self.builder.display(concept, &language, title.display());
            if title.short != title.display() {
                let rank = DisplayRank::Synonym;
                let short = NewDesignation::new(&language, self.preferred, &title.short, rank);
                self.builder.designation(concept, &short);
            }
        }
    }

    fn language(&self, of_label: &str) -> String {
        let language = if of_label.is_empty() { &self.builder.meta.language } else { of_label };
        language.to_owned()
    }

    /// Writes what a class says beside its titles.
    pub(super) fn details(&mut self, concept: ConceptId, node: &Node) {
        for (name, value) in &node.metas {
            vocabulary::text_property(&mut self.builder, concept, (name, ""), value);
        }
        for rubric in &node.rubrics {
            self.rubric(concept, rubric);
        }
    }

    fn rubric(&mut self, concept: ConceptId, rubric: &Rubric) {
        match rubric.kind.as_str() {
            "preferred" | "preferredLong" => {}
            "inclusion" => {
                let (language, text) = (self.language(&rubric.language), one_line(&rubric.text));
                let rank = DisplayRank::SearchOnly;
                let term = NewDesignation::new(&language, self.inclusion, &text, rank);
                self.builder.designation(concept, &term);
            }
            kind => {
                let named = (kind, rubric_description(kind));
                vocabulary::text_property(&mut self.builder, concept, named, &rubric.text);
            }
        }
        if rubric.kind == "exclusion" {
            let codes = rubric.references.iter().map(|reference| reference.code.clone());
            self.exclusions.extend(codes.map(|code| (concept, code)));
        }
    }

    /// Builds hierarchy and expansion.
    ///
    /// # Errors
    /// When a SuperClass does not exist or the hierarchy has a cycle.
    pub(super) fn finish(mut self, report: &mut Report) -> Result<EditionBuilder> {
        let hierarchy = self.hierarchy(report)?;
        self.expand(&hierarchy, report);
        self.dangling(report);
        self.excluded_codes(report);
        Ok(self.builder)
    }

    /// Counts SubClass references to codes that neither a class nor a modifier brings about; they
    /// occur in every year of ICD-10-GM.
    fn dangling(&self, report: &mut Report) {
        let named = self.classes.iter().flat_map(|class| &class.sub_classes);
        let missing = named.filter(|code| self.builder.find(&self.code(code)).is_none());
        report.count("SubClass references without a class", missing.count() as u64);
    }

    fn excluded_codes(&mut self, report: &mut Report) {
        for (concept, code) in std::mem::take(&mut self.exclusions) {
            let code = self.code(code.trim());
            let stem = code.trim_end_matches(['-', '+', '*', '!', '†']).trim_end_matches('.');
            let known =
                [code.as_str(), stem].into_iter().find(|code| self.builder.find(code).is_some());
            match known.map(str::to_owned) {
                Some(code) => {
                    vocabulary::code_property(&mut self.builder, concept, EXCLUDES, &code);
                }
                None => report.count("exclusion references without a class", 1),
            }
        }
    }
}

const EXCLUDES: (&str, &str) = ("excludes-code", "Code to be used instead, named in an exclusion");

/// What is known of the rubric kinds of the BfArM files.
fn rubric_description(kind: &str) -> &'static str {
    match kind {
        "exclusion" => "What is classified elsewhere",
        "coding-hint" => "Hint for coding",
        "definition" => "Definition",
        "text" => "Text printed below the title",
        "note" => "Note",
        "introduction" => "Introduction to a chapter or block",
        "modifierlink" => "Where the fourth or fifth characters are listed",
        "footnote" => "Footnote",
        _ => "",
    }
}
