//! Orphadata XML: product 1 in English and German, and the classifications (product 3).

use std::io;
use std::path::Path;

use super::icd10gm::Icd;
use super::out::{Folder, Lines};
use super::texts::{Text, condition};
use super::{Shape, Written};
use crate::rf2_generator::random::Random;

/// Disorders and groups in use.
pub(super) const DISORDERS: usize = 11_000;
/// Entries that were moved or made obsolete.
const INACTIVE: usize = 1_100;
const CLASSIFICATIONS: usize = 33;
/// Type: id, English, German, group id, share of 1,000.
const TYPES: [(u32, &str, &str, u32, usize); 6] = [
    (21_394, "Disease", "Krankheit", 36_547, 420),
    (21_401, "Malformation syndrome", "Fehlbildungs-Syndrom", 36_547, 180),
    (36_561, "Category", "Kategorie", 36_540, 180),
    (21_450, "Clinical subtype", "Klinischer Subtyp", 36_554, 90),
    (21_436, "Clinical group", "Klinische Gruppe", 36_540, 50),
    (21_408, "Morphological anomaly", "Morphologische Anomalie", 36_547, 80),
];
const GROUPS: [(u32, &str); 3] =
    [(36_540, "Group of disorders"), (36_547, "Disorder"), (36_554, "Subtype of disorder")];

/// The ORPHAcode of the disorder with this number.
pub(super) fn code(number: usize) -> usize {
    5 + number * 53
}

/// Writes the files.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let icd = Icd::new(shape).terminal_codes(shape.year);
    let mut random = Random::new(shape.seed, "orphanet");
    let active = shape.of(DISORDERS);
    let all = active + shape.of(INACTIVE);
    let disorders: Vec<Disorder> =
        (0..all).map(|number| Disorder::new(number, active, &icd, &mut random)).collect();
    let mut folder = Folder::new(out, "orphanet");
    for language in ["en", "de"] {
        folder.file(&format!("{language}_product1.xml"), |lines| {
            head(lines)?;
            lines.line(format_args!("<DisorderList count=\"{all}\">"))?;
            disorders.iter().try_for_each(|disorder| disorder.write(lines, language))?;
            lines.line(format_args!("</DisorderList></JDBOR>"))
        })?;
    }
    for number in 0..CLASSIFICATIONS.min(active / 3) {
        let members: Vec<&Disorder> = disorders
            .iter()
            .take(active)
            .filter(|disorder| {
                disorder.number % CLASSIFICATIONS == number
                    || (disorder.number / 2) % (CLASSIFICATIONS * 2) == number
            })
            .collect();
        folder.file(&format!("en_product3_{}.xml", 146 + number), |lines| {
            head(lines)?;
            lines.line(format_args!(
                "<ClassificationList count=\"1\"><Classification id=\"{}\"><OrphaNumber>{}</OrphaNumber><Name lang=\"en\">Invented classification {number}</Name><ClassificationNodeRootList count=\"1\">",
                146 + number,
                code(all + 1 + number)
            ))?;
            node(lines, &members, 0)?;
            lines.line(format_args!(
                "</ClassificationNodeRootList></Classification></ClassificationList></JDBOR>"
            ))
        })?;
    }
    Ok(folder.written)
}

fn head(lines: &mut Lines) -> io::Result<()> {
    lines.line(format_args!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"))?;
    lines.line(format_args!(
        "<JDBOR date=\"2026-06-23 07:07:12\" version=\"1.3.42 / 4.1.8 [2025-03-03]\" copyright=\"invented\">"
    ))
}

/// A member of a classification with those below it: four children each.
fn node(lines: &mut Lines, members: &[&Disorder], place: usize) -> io::Result<()> {
    let Some(disorder) = members.get(place) else { return Ok(()) };
    let Disorder { number, name, .. } = disorder;
    lines.line(format_args!(
        "<ClassificationNode><Disorder id=\"{number}\"><OrphaCode>{}</OrphaCode><Name lang=\"en\">{}</Name></Disorder><ClassificationNodeChildList>",
        code(*number),
        name.en
    ))?;
    for child in place * 4 + 1..=place * 4 + 4 {
        node(lines, members, child)?;
    }
    lines.line(format_args!("</ClassificationNodeChildList></ClassificationNode>"))
}

/// An entity.
#[derive(Debug)]
struct Disorder {
    number: usize,
    name: Text,
    synonyms: Vec<Text>,
    kind: (u32, &'static str, &'static str, u32, usize),
    icd: Option<String>,
    /// The number of the entity to use in its place, of inactive ones.
    moved_to: Option<usize>,
}

impl Disorder {
    fn new(number: usize, active: usize, icd: &[String], random: &mut Random) -> Self {
        let drawn = random.below(1_000);
        let mut sum = 0;
        let kind = TYPES.into_iter().find(|kind| {
            sum += kind.4;
            drawn < sum
        });
        let syndrome = |text: Text| Text {
            en: format!("{} syndrome", text.en),
            de: format!("{}-Syndrom", text.de),
        };
        let name = condition(random);
        Self {
            number,
            name: if random.chance(30.0) { syndrome(name) } else { name },
            synonyms: (0..random.run(58.0, 8)).map(|_| condition(random)).collect(),
            kind: kind.unwrap_or(TYPES[0]),
            icd: random.chance(59.0).then(|| random.pick(icd).cloned()).flatten(),
            moved_to: (number >= active).then(|| random.below(active)),
        }
    }

    fn write(&self, lines: &mut Lines, language: &str) -> io::Result<()> {
        let of = |text: &Text| if language == "de" { text.de.clone() } else { text.en.clone() };
        let (id, code) = (self.number, code(self.number));
        lines.line(format_args!("<Disorder id=\"{id}\"><OrphaCode>{code}</OrphaCode>"))?;
        lines.line(format_args!("<Name lang=\"{language}\">{}</Name>", of(&self.name)))?;
        let flag = if self.moved_to.is_some() { 8_192 } else { 1 };
        lines.line(format_args!(
            "<DisorderFlagList count=\"1\"><DisorderFlag id=\"475\"><Value>{flag}</Value><Label></Label></DisorderFlag></DisorderFlagList>"
        ))?;
        let synonyms: String = (self.synonyms.iter())
            .map(|text| format!("<Synonym lang=\"{language}\">{}</Synonym>", of(text)))
            .collect();
        lines.line(format_args!("<SynonymList>{synonyms}</SynonymList>"))?;
        let (kind, en, de, group, _) = self.kind;
        let kind_name = if language == "de" { de } else { en };
        let group_name = GROUPS.iter().find(|known| known.0 == group).map_or("", |known| known.1);
        lines.line(format_args!(
            "<DisorderType id=\"{kind}\"><Name lang=\"{language}\">{kind_name}</Name></DisorderType><DisorderGroup id=\"{group}\"><Name lang=\"en\">{group_name}</Name></DisorderGroup>"
        ))?;
        if let Some(icd) = &self.icd {
            lines.line(format_args!(
                "<ExternalReferenceList count=\"1\"><ExternalReference id=\"{id}\"><Source>ICD-10</Source><Reference>{icd}</Reference><DisorderMappingRelation id=\"21534\"><Name lang=\"en\">NTBT (ORPHAcode's concept is narrower than the targeted code)</Name></DisorderMappingRelation><DisorderMappingICDRelation id=\"21604\"><Name lang=\"en\">Attributed code</Name></DisorderMappingICDRelation><DisorderMappingValidationStatus id=\"21611\"><Name lang=\"en\">Validated</Name></DisorderMappingValidationStatus></ExternalReference></ExternalReferenceList>"
            ))?;
        }
        if let Some(target) = self.moved_to {
            lines.line(format_args!(
                "<DisorderDisorderAssociationList count=\"1\"><DisorderDisorderAssociation><TargetDisorder id=\"{target}\"><OrphaCode>{}</OrphaCode></TargetDisorder><DisorderDisorderAssociationType id=\"21471\"><Name lang=\"en\">Moved to</Name></DisorderDisorderAssociationType></DisorderDisorderAssociation></DisorderDisorderAssociationList>",
                self::code(target)
            ))?;
        }
        lines.line(format_args!("</Disorder>"))
    }
}
