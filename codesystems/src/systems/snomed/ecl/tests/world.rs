//! A small ontology as plain lists, and the edition made from it.

use crate::index::EditionBuilder;
use crate::model::{Acceptability, DisplayRank, NewDesignation};
use crate::{Edition, EditionMeta, PropertyKind, PropertyValue};

use super::dice::{Dice, Stock};

pub(super) const ROOT: &str = "138875005";
pub(super) const IS_A: &str = "116680003";
pub(super) const TYPES: [&str; 3] =
    ["900000000000003001", "900000000000013009", "900000000000550004"];
pub(super) const STATUSES: [&str; 2] = ["900000000000074008", "900000000000073002"];
pub(super) const ACCEPTABILITIES: [&str; 2] = ["900000000000549004", "900000000000548007"];
pub(super) const DIALECTS: [(&str, &str); 2] =
    [("900000000000509007", "en-us"), ("900000000000508004", "en-gb")];
/// Same as (a property too), another historical association, a simple reference set.
pub(super) const REFSETS: [&str; 3] = ["900000000000527005", "900000000000999001", "700043003"];
pub(super) const HISTORICAL: &str = "900000000000522004";
pub(super) const WORDS: [&str; 6] = ["heart", "Heart attack", "attack", "Herz", "liver", "hepar"];
pub(super) const DATES: [&str; 3] = ["20200131", "20210731", ""];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Concept(usize),
    Number(&'static str),
    Text(&'static str),
    Boolean(bool),
}

#[derive(Debug, Clone)]
pub(super) struct Description {
    pub(super) id: u64,
    pub(super) text: &'static str,
    pub(super) language: &'static str,
    /// Number in [`TYPES`].
    pub(super) kind: usize,
    pub(super) active: bool,
    /// (number in [`DIALECTS`], preferred).
    pub(super) dialects: Vec<(usize, bool)>,
    pub(super) module: usize,
    pub(super) date: &'static str,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Concept {
    pub(super) id: String,
    pub(super) active: bool,
    pub(super) parents: Vec<usize>,
    /// (attribute as a number in [`World::concepts`], value, group).
    pub(super) rows: Vec<(usize, Value, u16)>,
    pub(super) descriptions: Vec<Description>,
    pub(super) defined: bool,
    pub(super) module: usize,
    pub(super) date: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) refset: usize,
    pub(super) concept: usize,
    pub(super) target: usize,
    pub(super) rank: &'static str,
    pub(super) active: bool,
    pub(super) module: usize,
    pub(super) date: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) concepts: Vec<Concept>,
    /// Concepts that are attributes.
    pub(super) attributes: Vec<usize>,
    pub(super) members: Vec<Member>,
    pub(super) identifier: usize,
}

impl World {
    pub(super) fn find(&self, id: &str) -> usize {
        self.concepts.iter().position(|concept| concept.id == id).unwrap()
    }

    pub(super) fn random(seed: u64) -> Self {
        let stock = stock(&[], &[], false);
        let mut dice = Dice::new(seed, &stock);
        let mut world = Self {
            concepts: Vec::new(),
            attributes: Vec::new(),
            members: Vec::new(),
            identifier: 0,
        };
        let rooted = dice.flip();
        let plain = (0..10).map(|number| (1_000_001 + number).to_string());
        let attributes = (0..3).map(|number| (2_000_001 + number).to_string());
        let fixed = TYPES.into_iter().chain(STATUSES).chain(ACCEPTABILITIES).chain(REFSETS);
        let fixed = fixed.chain(DIALECTS.map(|(id, _)| id)).chain([HISTORICAL, IS_A]);
        let ids = rooted.then(|| ROOT.to_owned()).into_iter();
        let ids = ids.chain(plain).chain(attributes).chain(fixed.map(str::to_owned));
        for id in ids {
            let active = dice.below(6) > 0 || world.concepts.is_empty() || id.len() > 7;
            world.concepts.push(Concept { id, active, ..Concept::default() });
        }
        let count = world.concepts.len();
        for number in 0..count {
            world.fill(number, rooted, &mut dice);
        }
        world.attributes = (0..3).map(|n| world.find(&(2_000_001 + n).to_string())).collect();
        for source in 0..count {
            world.relate(source, &mut dice);
        }
        let historical = world.find(HISTORICAL);
        world.concepts[historical].parents.clear();
        for refset in &REFSETS[..2] {
            let refset = world.find(refset);
            world.concepts[refset].parents = vec![historical];
        }
        for refset in 0..REFSETS.len() {
            for _ in 0..dice.below(6) {
                let member = Member {
                    refset,
                    concept: dice.below(count),
                    target: dice.below(count),
                    rank: dice.pick(&["1", "2", "10"]),
                    active: dice.below(4) > 0,
                    module: dice.below(3),
                    date: dice.pick(&DATES),
                };
                world.members.push(member);
            }
        }
        world.identifier = dice.below(count);
        world
    }

    fn fill(&mut self, number: usize, rooted: bool, dice: &mut Dice<'_>) {
        let descriptions = (0..dice.below(3))
            .map(|place| Description {
                id: 5_000_000 + (number * 3 + place) as u64 % 20,
                text: dice.pick(&WORDS),
                language: dice.pick(&["en", "de"]),
                kind: dice.below(3),
                active: dice.below(4) > 0,
                dialects: (0..2)
                    .map(|dialect| (dialect, dice.flip(), dice.flip()))
                    .filter(|(_, is_in, _)| *is_in)
                    .map(|(dialect, _, preferred)| (dialect, preferred))
                    .collect(),
                module: dice.below(3),
                date: dice.pick(&DATES),
            })
            .collect();
        let active = |of: usize| self.concepts[of].active;
        let mut parents = Vec::new();
        if number > 0 && active(number) {
            for _ in 0..1 + dice.below(2) {
                let parent = dice.below(number);
                if active(parent) && !parents.contains(&parent) && (rooted || dice.flip()) {
                    parents.push(parent);
                }
            }
        }
        let concept = &mut self.concepts[number];
        concept.descriptions = descriptions;
        concept.parents = parents;
        concept.defined = dice.flip();
        concept.module = dice.below(3);
        concept.date = dice.pick(&DATES);
    }

    fn relate(&mut self, source: usize, dice: &mut Dice<'_>) {
        if !self.concepts[source].active {
            return;
        }
        for _ in 0..dice.below(5) {
            let attribute = dice.pick(&self.attributes);
            // One attribute of each kind; the last has concrete values.
            let value = match self.attributes.iter().position(|known| *known == attribute) {
                Some(2) => match dice.below(3) {
                    0 => Value::Number(dice.pick(&["1", "2", "2.5", "-1"])),
                    1 => Value::Text(dice.pick(&WORDS)),
                    _ => Value::Boolean(dice.flip()),
                },
                _ => Value::Concept(dice.below(self.concepts.len())),
            };
            let row = (attribute, value, dice.below(3) as u16);
            // A release has no relationship twice in one group.
            if !self.concepts[source].rows.contains(&row) {
                self.concepts[source].rows.push(row);
            }
        }
    }

    pub(super) fn stock(&self) -> Stock {
        let ids: Vec<String> = self.concepts.iter().map(|concept| concept.id.clone()).collect();
        let mut attributes: Vec<String> =
            self.attributes.iter().map(|&number| self.concepts[number].id.clone()).collect();
        attributes.push(IS_A.to_owned());
        stock(&ids, &attributes, false)
    }

    pub(super) fn edition(&self) -> Edition {
        let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", "x"));
        for concept in &self.concepts {
            let id = builder.concept(&concept.id);
            builder.set_inactive(id, !concept.active);
        }
        let uses = TYPES.map(|kind| builder.designation_use("http://snomed.info/sct", kind, ""));
        let dialects = DIALECTS.map(|(id, tag)| builder.dialect(id, tag));
        for concept in &self.concepts {
            self.add(&mut builder, concept, &uses, &dialects);
        }
        let same_as = builder.property_id("sameAs", PropertyKind::Code, "");
        builder.meta.properties.last_mut().unwrap().uri =
            Some(format!("http://snomed.info/id/{}", REFSETS[0]));
        let sets = REFSETS
            .map(|refset| builder.membership_set(refset, "", &["targetComponentId", "rank"]));
        for member in &self.members {
            let concept = builder.concept(&self.concepts[member.concept].id);
            let target = self.concepts[member.target].id.clone();
            let module = &self.concepts[member.module].id;
            let version = builder.component_version(module, member.date);
            let fields = [target.as_str(), member.rank];
            let set = sets[member.refset];
            if member.active {
                builder.member_of_version(set, concept, &fields, version);
            } else {
                builder.inactive_member(set, concept, &fields, version);
            }
            if member.refset == 0 && member.active {
                builder.property(concept, same_as, PropertyValue::Code(&target), 0);
            }
        }
        let property = builder.property_id("alternateIdentifier", PropertyKind::Coding, "");
        let concept = builder.concept(&self.concepts[self.identifier].id);
        let system = "http://loinc.org";
        let value = PropertyValue::Coding { system, version: "", code: "1-8", display: "" };
        builder.property(concept, property, value, 0);
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    fn add(
        &self,
        builder: &mut EditionBuilder,
        concept: &Concept,
        uses: &[crate::model::UseId; 3],
        dialects: &[u8; 2],
    ) {
        let id = builder.concept(&concept.id);
        for &parent in &concept.parents {
            let parent = builder.concept(&self.concepts[parent].id);
            builder.parent(id, parent);
        }
        let module = builder.property_id("moduleId", PropertyKind::Code, "");
        let date = builder.property_id("effectiveTime", PropertyKind::DateTime, "");
        let defined = builder.property_id("sufficientlyDefined", PropertyKind::Boolean, "");
        let module_id = &self.concepts[concept.module].id;
        builder.property(id, module, PropertyValue::Code(module_id), 0);
        builder.property(id, defined, PropertyValue::Boolean(concept.defined), 0);
        if let (Some(year), Some(month), Some(day)) =
            (concept.date.get(..4), concept.date.get(4..6), concept.date.get(6..))
        {
            let iso = format!("{year}-{month}-{day}");
            builder.property(id, date, PropertyValue::DateTime(&iso), 0);
        }
        for (attribute, value, group) in &concept.rows {
            let kind = PropertyKind::Code;
            let property = builder.property_id(&self.concepts[*attribute].id, kind, "");
            let value = match value {
                Value::Concept(target) => PropertyValue::Code(&self.concepts[*target].id),
                Value::Number(number) => match number.parse() {
                    Ok(whole) => PropertyValue::Integer(whole),
                    Err(_) => PropertyValue::Decimal(number),
                },
                Value::Text(text) => PropertyValue::String(text),
                Value::Boolean(value) => PropertyValue::Boolean(*value),
            };
            builder.property(id, property, value, *group);
        }
        for description in &concept.descriptions {
            let rank = [DisplayRank::FullName, DisplayRank::Synonym, DisplayRank::Note];
            let acceptability: Vec<(u8, Acceptability)> = description
                .dialects
                .iter()
                .map(|&(dialect, preferred)| match preferred {
                    true => (dialects[dialect], Acceptability::Preferred),
                    false => (dialects[dialect], Acceptability::Acceptable),
                })
                .collect();
            let module = &self.concepts[description.module].id;
            let designation = NewDesignation {
                active: description.active,
                id: description.id,
                acceptability: &acceptability,
                version: builder.component_version(module, description.date),
                ..NewDesignation::new(
                    description.language,
                    uses[description.kind],
                    description.text,
                    rank[description.kind],
                )
            };
            builder.designation(id, &designation);
        }
    }
}

pub(super) fn stock(ids: &[String], attributes: &[String], decorated: bool) -> Stock {
    let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    Stock {
        concepts: ids.to_vec(),
        attributes: attributes.to_vec(),
        refsets: owned(&REFSETS),
        words: owned(&WORDS),
        dates: owned(&DATES),
        dialects: DIALECTS.map(|(_, tag)| tag.to_owned()).to_vec(),
        dialect_ids: DIALECTS.map(|(id, _)| id.to_owned()).to_vec(),
        types: owned(&TYPES),
        fields: owned(&["targetComponentId", "rank", "referencedComponentId"]),
        identifiers: vec![("LOINC".to_owned(), "1-8".to_owned())],
        decorated,
    }
}
