//! Reads one file into the nomenclature. The content decides, not the product's file name: whatever
//! a `Disorder` record holds is read.

use super::nomenclature::{
    Day, Disability, Entity, EntityNumber, Gene, Nomenclature, Phenotype, Place, Prevalence,
    Reference, Weight, add, weigh,
};
use super::terms::{self, Association, Target};
use super::xml::{Document, Element, Tag};
use crate::archive::File;
use crate::{Error, Options, Report, Result};

/// What the root element of a file says.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// The file.
    pub(super) path: String,
    /// Day of extraction.
    pub(super) day: Day,
}

/// One file being read.
struct Reading<'a> {
    document: Document<'a>,
    file: &'a File,
    nomenclature: &'a mut Nomenclature,
    report: &'a mut Report,
    day: Day,
    language: String,
    classification: Option<Classification>,
    disorders: u64,
}

/// A classification (product 3) while it is being read.
#[derive(Debug, Default)]
struct Classification {
    id: String,
    number: String,
    /// The open nodes from the head down; `None` until the node's entity was read.
    path: Vec<Option<EntityNumber>>,
}

/// Reads `file`.
///
/// # Errors
/// When it cannot be read, is not well-formed or cut off, or a record has no ORPHAcode.
pub(super) fn read(
    file: &File,
    options: &Options,
    nomenclature: &mut Nomenclature,
    report: &mut Report,
) -> Result<Header> {
    let mut document = Document::open(file, options)?;
    let Some(Tag::Open(root)) = document.next()? else {
        return Err(document.error("the file is empty, expected <JDBOR>"));
    };
    if root.name != "JDBOR" {
        return Err(document.error(format!("expected <JDBOR>, found <{}>", root.name)));
    }
    let date = root.attribute("date").or(root.attribute("ExtractionDate")).unwrap_or_default();
    let day = Day::parse(date).unwrap_or_default();
    if day == Day::default() {
        report.warn(&file.path, root.line, format!("no date in <JDBOR date=\"{date}\">"));
    }
    let language = options.language.clone().unwrap_or_else(|| "en".into());
    let mut reading = Reading {
        document,
        file,
        nomenclature,
        report,
        day,
        language,
        classification: None,
        disorders: 0,
    };
    reading.run()?;
    let (bytes, disorders) = (reading.document.bytes(), reading.disorders);
    report.bytes += bytes;
    report.count("files", 1);
    report.count("records", disorders);
    if disorders == 0 {
        report.warn(&file.path, 0, "no <Disorder> in this file: nothing was taken from it");
    }
    Ok(Header { path: file.path.clone(), day })
}

impl Reading<'_> {
    fn run(&mut self) -> Result<()> {
        while let Some(tag) = self.document.next()? {
            match tag {
                Tag::Open(element) => self.opened(element)?,
                Tag::Close(name) => self.closed(&name)?,
            }
        }
        Ok(())
    }

    fn opened(&mut self, element: Element) -> Result<()> {
        match element.name.as_str() {
            "Disorder" => {
                let record = self.document.element(element)?;
                let number = self.disorder(&record)?;
                self.disorders += 1;
                self.place(number)?;
            }
            "Classification" => {
                let id = element.attribute("id").unwrap_or_default().to_owned();
                self.classification = Some(Classification { id, ..Classification::default() });
            }
            "ClassificationNode" => {
                let Some(classification) = &mut self.classification else {
                    return Err(self
                        .document
                        .error("<ClassificationNode> outside of <Classification>"));
                };
                classification.path.push(None);
            }
            "OrphaNumber" | "OrphaCode" | "Name" if self.in_classification_header() => {
                let element = self.document.element(element)?;
                self.classification_header(&element);
            }
            _ => {}
        }
        Ok(())
    }

    fn closed(&mut self, name: &str) -> Result<()> {
        match name {
            "Classification" => self.classification = None,
            "ClassificationNode" => {
                let node = self.classification.as_mut().and_then(|tree| tree.path.pop());
                if node == Some(None) {
                    return Err(self.document.error("<ClassificationNode> without a <Disorder>"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn in_classification_header(&self) -> bool {
        self.classification.as_ref().is_some_and(|tree| tree.path.is_empty())
    }

    fn classification_header(&mut self, element: &Element) {
        let Some(tree) = &mut self.classification else { return };
        if element.name != "Name" {
            tree.number.clone_from(&element.text);
        } else if !tree.number.is_empty() {
            let language = element.attribute("lang").unwrap_or(&self.language);
            self.nomenclature.classification(&tree.number, language, &element.text);
        }
    }

    /// Notes where the entity just read stands, if it stands in a classification.
    fn place(&mut self, child: EntityNumber) -> Result<()> {
        let Some(tree) = &mut self.classification else { return Ok(()) };
        let Some((own, above)) = tree.path.split_last_mut() else { return Ok(()) };
        *own = Some(child);
        let parent = match above.last() {
            Some(None) => {
                return Err(self.document.error("<ClassificationNodeChildList> before <Disorder>"));
            }
            Some(parent) => *parent,
            None => None,
        };
        if tree.number.is_empty() {
            // The number of the product stands in where a classification has none of its own.
            tree.number.clone_from(&tree.id);
            self.nomenclature.classification(&tree.number, &self.language, "");
        }
        let classification = tree.number.clone();
        self.nomenclature.places.insert(Place { classification, child, parent });
        if let (None, Some(entity)) = (parent, self.nomenclature.entities.get_mut(child)) {
            entity.head = true;
        }
        Ok(())
    }

    fn disorder(&mut self, record: &Element) -> Result<EntityNumber> {
        let Some(code) = code_of(record) else {
            let problem = "<Disorder> without <OrphaCode> (or <OrphaNumber>)";
            return Err(Error::line(&self.file.path, record.line, problem));
        };
        if !code.bytes().all(|byte| byte.is_ascii_digit()) {
            let problem = format!("ORPHAcode '{code}': expected digits");
            return Err(Error::line(&self.file.path, record.line, problem));
        }
        let number = self.nomenclature.number(code);
        let mut entity = match self.nomenclature.entities.get_mut(number) {
            Some(entity) => std::mem::take(entity),
            None => return Ok(number),
        };
        self.texts(&mut entity, record);
        self.nature(&mut entity, record);
        self.references(&mut entity, record);
        self.knowledge(&mut entity, record);
        let associations = self.associations(record);
        if let Some(slot) = self.nomenclature.entities.get_mut(number) {
            *slot = entity;
        }
        for (from, association, to) in associations {
            let from = self.nomenclature.number(&from);
            if let Some(entity) = self.nomenclature.entities.get_mut(from) {
                add(&mut entity.associations, (association, to));
            }
        }
        Ok(number)
    }

    fn weight(&self, record: &Element) -> Weight {
        let marks = ["SynonymList", "DisorderFlagList", "FlagValue", "ExternalReferenceList"];
        let nomenclature = marks.iter().any(|mark| record.child(mark).is_some());
        Weight { nomenclature, day: self.day }
    }

    fn texts(&mut self, entity: &mut Entity, record: &Element) {
        let weight = self.weight(record);
        if let Some(name) = record.child("Name").filter(|name| !name.text.is_empty()) {
            let language = self.spoken(name);
            weigh(entity.names.entry(language).or_default(), name.text.clone(), weight);
        }
        for synonym in record.items("SynonymList", "Synonym").filter(|one| !one.text.is_empty()) {
            let language = self.spoken(synonym);
            add(&mut entity.synonyms, (language, synonym.text.clone()));
        }
        for summary in record.items("SummaryInformationList", "SummaryInformation") {
            for section in summary.items("TextSectionList", "TextSection") {
                let kind = section.child("TextSectionType");
                let is_definition = kind.is_none_or(|kind| {
                    kind.attribute("id") == Some("16907")
                        || kind.text_of("Name") == Some("Definition")
                });
                let contents = section.text_of("Contents").filter(|_| is_definition);
                if let Some(contents) = contents.filter(|text| *text != "None") {
                    let language = self.spoken(section);
                    let slot = entity.definitions.entry(language).or_default();
                    weigh(slot, contents.to_owned(), weight);
                }
            }
        }
    }

    /// The language of an element.
    fn spoken(&mut self, element: &Element) -> String {
        let language = element.attribute("lang").unwrap_or(&self.language);
        if !self.nomenclature.languages.contains(language) {
            self.nomenclature.languages.insert(language.to_owned());
        }
        language.to_owned()
    }

    fn nature(&mut self, entity: &mut Entity, record: &Element) {
        let weight = self.weight(record);
        if let Some(term) = self.term(record.child("DisorderType")) {
            weigh(&mut entity.disorder_type, term, weight);
        }
        let level = record.child("DisorderGroup").or(record.child("ClassificationLevel"));
        if let Some(term) = self.term(level) {
            weigh(&mut entity.level, term, weight);
        }
        let values = record
            .items("DisorderFlagList", "DisorderFlag")
            .filter_map(|flag| flag.text_of("Value"))
            .chain(record.text_of("FlagValue"));
        let flags: Vec<u32> = values.filter_map(|value| value.parse().ok()).collect();
        if !flags.is_empty() {
            let bits = flags.iter().fold(0, |bits, flag| bits | flag);
            weigh(&mut entity.flag, bits, weight);
        }
    }

    /// The controlled value in an element, none when it is absent or empty.
    fn term(&mut self, element: Option<&Element>) -> Option<String> {
        let element = element?;
        let name = element.child("Name");
        let text = name.map_or(element.text.as_str(), |name| name.text.as_str());
        let language = name.and_then(|name| name.attribute("lang")).unwrap_or(&self.language);
        let id = element.attribute("id").unwrap_or_default();
        let term = self.nomenclature.labels.term(id, language, text);
        (!term.is_empty()).then_some(term)
    }

    fn term_of(&mut self, record: &Element, name: &str) -> String {
        self.term(record.child(name)).unwrap_or_default()
    }

    fn references(&mut self, entity: &mut Entity, record: &Element) {
        for external in record.items("ExternalReferenceList", "ExternalReference") {
            let source = external.text_of("Source").unwrap_or_default();
            let Some(code) = external.text_of("Reference") else {
                let problem = format!("reference to '{source}' without a code, left out");
                self.report.warn(&self.file.path, external.line, problem);
                continue;
            };
            self.report.count("references", 1);
            let Some(target) = Target::of(source) else {
                self.report.count(&format!("references left out: {source}"), 1);
                continue;
            };
            let relation = self.term_of(external, "DisorderMappingRelation");
            let short =
                terms::mapping_relation(&relation, self.nomenclature.labels.name(&relation));
            let reference = Reference {
                source: target.source.to_owned(),
                code: target.code(code),
                relation: short.to_owned(),
                icd_relation: self.term_of(external, "DisorderMappingICDRelation"),
                status: self.term_of(external, "DisorderMappingValidationStatus"),
                url: external.text_of("DisorderMappingICDRefUrl").unwrap_or_default().to_owned(),
                foundation: external
                    .text_of("DisorderMappingICDRefUri")
                    .unwrap_or_default()
                    .to_owned(),
            };
            add(&mut entity.references, reference);
        }
    }

    /// The associations of a record: from, kind, to. Either end may be the record's own entity,
    /// which is then written without a code (`<RootDisorder cycle="true"/>`).
    fn associations(&mut self, record: &Element) -> Vec<(String, Association, String)> {
        let own = code_of(record).unwrap_or_default();
        let mut found = Vec::new();
        for item in record.items("DisorderDisorderAssociationList", "DisorderDisorderAssociation") {
            let kind = self.term_of(item, "DisorderDisorderAssociationType");
            let name = self.nomenclature.labels.name(&kind);
            let Some(association) = Association::from_id(&kind, name) else {
                let problem = format!("association '{name}' is not known, left out");
                self.report.warn(&self.file.path, item.line, problem);
                continue;
            };
            let end = |name| item.child(name).and_then(code_of).unwrap_or(own);
            let (from, to) = (end("RootDisorder"), end("TargetDisorder"));
            if from != to {
                found.push((from.to_owned(), association, to.to_owned()));
            }
        }
        found
    }

    /// Products 4, 6, 9 and functional consequences.
    fn knowledge(&mut self, entity: &mut Entity, record: &Element) {
        for item in record.items("HPODisorderAssociationList", "HPODisorderAssociation") {
            self.phenotype(entity, item);
        }
        for item in record.items("DisorderGeneAssociationList", "DisorderGeneAssociation") {
            self.gene(entity, item);
        }
        for item in record.items("PrevalenceList", "Prevalence") {
            let value = item.text_of("ValMoy").filter(|value| !is_zero(value));
            let prevalence = Prevalence {
                kind: self.term_of(item, "PrevalenceType"),
                qualification: self.term_of(item, "PrevalenceQualification"),
                class: self.term_of(item, "PrevalenceClass"),
                value: value.unwrap_or_default().to_owned(),
                geography: self.term_of(item, "PrevalenceGeographic"),
                status: self.term_of(item, "PrevalenceValidationStatus"),
            };
            add(&mut entity.prevalences, prevalence);
        }
        let list = "DisabilityDisorderAssociationList";
        for item in record.items(list, "DisabilityDisorderAssociation") {
            let disability = Disability {
                activity: self.term_of(item, "Disability"),
                frequency: self.term_of(item, "FrequenceDisability"),
                temporality: self.term_of(item, "TemporalityDisability"),
                severity: self.term_of(item, "SeverityDisability"),
            };
            add(&mut entity.disabilities, disability);
        }
        for (list, item, facts) in [
            ("AverageAgeOfOnsetList", "AverageAgeOfOnset", &mut entity.onsets),
            ("AverageAgeOfDeathList", "AverageAgeOfDeath", &mut entity.deaths),
            ("TypeOfInheritanceList", "TypeOfInheritance", &mut entity.inheritances),
        ] {
            for element in record.items(list, item) {
                if let Some(term) = self.term(Some(element)) {
                    add(facts, term);
                }
            }
        }
    }

    fn phenotype(&mut self, entity: &mut Entity, item: &Element) {
        let Some(hpo) = item.child("HPO") else { return };
        let Some(code) = hpo.text_of("HPOId") else {
            self.report.warn(&self.file.path, item.line, "phenotype without <HPOId>, left out");
            return;
        };
        let phenotype = Phenotype {
            code: code.to_owned(),
            name: hpo.text_of("HPOTerm").unwrap_or_default().to_owned(),
            frequency: self.term_of(item, "HPOFrequency"),
            criterion: self.term_of(item, "DiagnosticCriteria"),
        };
        add(&mut entity.phenotypes, phenotype);
    }

    fn gene(&mut self, entity: &mut Entity, item: &Element) {
        let Some(gene) = item.child("Gene") else { return };
        let hgnc = gene
            .items("ExternalReferenceList", "ExternalReference")
            .find(|reference| reference.text_of("Source") == Some("HGNC"))
            .and_then(|reference| reference.text_of("Reference"));
        let gene = Gene {
            symbol: gene.text_of("Symbol").unwrap_or_default().to_owned(),
            name: gene.text_of("Name").unwrap_or_default().to_owned(),
            hgnc: hgnc.unwrap_or_default().to_owned(),
            association: self.term_of(item, "DisorderGeneAssociationType"),
            status: self.term_of(item, "DisorderGeneAssociationStatus"),
        };
        add(&mut entity.genes, gene);
    }
}

fn is_zero(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|number| number == 0.0)
}

/// The ORPHAcode of a record. `@id` is a number of Orphanet's database, not the code.
fn code_of(record: &Element) -> Option<&str> {
    let code = record.text_of("OrphaCode").or(record.text_of("OrphaNumber"))?;
    Some(code.trim_start_matches("ORPHA:"))
}
