//! Files of a package, and those of concepts, descriptions and language reference sets.

use std::fmt::Arguments;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Written;
use super::metadata::{
    ACCEPTABLE, CASE, CORE, DEFINITION, DEFINITION_STATUS, ENGLISH_REFSETS, FSN, GERMAN_MODULE,
    GERMAN_NAMESPACE, GERMAN_REFSET, MODULE_DEPENDENCY, PREFERRED, SYNONYM,
};
use super::random::Random;
use super::sctid::{Component, sctid};
use super::terms::{capital, german_variant, variant};
use super::world::{Node, World};

const DESCRIPTION: &str = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId";
const LANGUAGE: &str =
    "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId";

/// A package while it is being written.
#[derive(Debug)]
pub(super) struct Package {
    folder: PathBuf,
    namespace: &'static str,
    pub(super) date: u32,
    pub(super) written: Written,
}

/// A file while it is being written.
pub(super) struct Table {
    out: BufWriter<File>,
    path: PathBuf,
    rows: u64,
    bytes: u64,
}

impl Table {
    /// Writes a row; the line end is added.
    pub(super) fn row(&mut self, row: Arguments<'_>) -> io::Result<()> {
        self.out.write_fmt(row)?;
        self.out.write_all(b"\r\n")?;
        self.rows += 1;
        Ok(())
    }
}

impl Package {
    pub(super) fn new(out: &Path, namespace: &'static str, date: u32) -> Self {
        let folder = out.join(format!("Invented_RF2_{namespace}_{date}")).join("Snapshot");
        Self { folder, namespace, date, written: Written::default() }
    }

    /// Begins a file in a folder of the Snapshot; `{}` in its name becomes namespace and date.
    pub(super) fn begin(&self, folder: &str, name: &str, header: &str) -> io::Result<Table> {
        let folder = self.folder.join(folder);
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}_{}_{}.txt", self.namespace, self.date));
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        out.write_all(header.as_bytes())?;
        out.write_all(b"\r\n")?;
        Ok(Table { out, path, rows: 0, bytes: 0 })
    }

    /// Ends a file.
    pub(super) fn end(&mut self, mut table: Table) -> io::Result<()> {
        table.out.flush()?;
        table.bytes = table.path.metadata()?.len();
        self.written.bytes += table.bytes;
        self.written.files.push((table.path, table.rows));
        Ok(())
    }

    pub(super) fn concepts(&mut self, world: &World) -> io::Result<()> {
        let header = "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId";
        let mut table = self.begin("Terminology", "sct2_Concept_Snapshot", header)?;
        for node in &world.nodes {
            let [primitive, defined] = DEFINITION_STATUS;
            let status = if node.defined { defined } else { primitive };
            let Node { id, effective, module, .. } = node;
            let active = u8::from(node.active);
            table.row(format_args!("{id}\t{effective}\t{active}\t{module}\t{status}"))?;
        }
        self.end(table)
    }

    /// Writes descriptions, text definitions and the English language reference sets. Returns the
    /// identifiers of the inactive descriptions.
    pub(super) fn descriptions(&mut self, world: &World) -> io::Result<Vec<u64>> {
        let mut descriptions = Descriptions {
            terms: self.begin("Terminology", "sct2_Description_Snapshot-en", DESCRIPTION)?,
            definitions: self.begin(
                "Terminology",
                "sct2_TextDefinition_Snapshot-en",
                DESCRIPTION,
            )?,
            members: self.begin("Refset/Language", "der2_cRefset_LanguageSnapshot-en", LANGUAGE)?,
            random: Random::new(world.seed, "descriptions"),
            item: 10_000,
            inactive: Vec::new(),
        };
        for node in &world.nodes {
            descriptions.of(node, world)?;
        }
        let Descriptions { terms, definitions, members, inactive, .. } = descriptions;
        self.end(terms)?;
        self.end(definitions)?;
        self.end(members)?;
        Ok(inactive)
    }

    /// Writes the German extension: German terms, their language reference set, its module.
    pub(super) fn german(&mut self, world: &World) -> io::Result<()> {
        let mut random = Random::new(world.seed, "german");
        let date = self.date;
        let concept = "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId";
        let mut concepts = self.begin("Terminology", "sct2_Concept_Snapshot", concept)?;
        let [primitive, _] = DEFINITION_STATUS;
        for id in [GERMAN_MODULE, GERMAN_REFSET] {
            concepts.row(format_args!("{id}\t{date}\t1\t{GERMAN_MODULE}\t{primitive}"))?;
        }
        self.end(concepts)?;
        self.german_places()?;
        let mut terms = self.begin("Terminology", "sct2_Description_Snapshot-de", DESCRIPTION)?;
        let mut members =
            self.begin("Refset/Language", "der2_cRefset_LanguageSnapshot-de", LANGUAGE)?;
        let named = world.nodes.iter().filter(|node| node.active && !node.name.de.is_empty());
        for (item, node) in (1u64..).zip(named) {
            let more = random.run(22.0, 3);
            for number in 0..=more as u64 {
                let id = sctid(item * 10 + number, Component::Description, Some(GERMAN_NAMESPACE));
                let term = match number.checked_sub(1) {
                    None => node.name.de.clone(),
                    Some(number) => german_variant(&node.name.de, number as usize),
                };
                let (concept, case) = (node.id, CASE[1]);
                terms.row(format_args!(
                    "{id}\t{date}\t1\t{GERMAN_MODULE}\t{concept}\tde\t{SYNONYM}\t{term}\t{case}"
                ))?;
                let acceptability = if number == 0 { PREFERRED } else { ACCEPTABLE };
                let member = random.uuid();
                members.row(format_args!(
                    "{member}\t{date}\t1\t{GERMAN_MODULE}\t{GERMAN_REFSET}\t{id}\t{acceptability}"
                ))?;
            }
        }
        self.end(terms)?;
        self.end(members)?;
        self.german_dependency(world, &mut random)
    }

    fn german_places(&mut self) -> io::Result<()> {
        let date = self.date;
        let mut names = self.begin("Terminology", "sct2_Description_Snapshot-en", DESCRIPTION)?;
        let mut places =
            self.begin("Terminology", "sct2_Relationship_Snapshot", super::relationships::HEADER)?;
        let concepts = [
            (GERMAN_MODULE, "Invented German module", 900_000_000_000_443_000),
            (GERMAN_REFSET, "German language reference set", 900_000_000_000_506_000),
        ];
        for (item, (concept, name, parent)) in (1u64..).zip(concepts) {
            let id = sctid(item, Component::Description, Some(GERMAN_NAMESPACE));
            let case = CASE[1];
            names.row(format_args!(
                "{id}\t{date}\t1\t{GERMAN_MODULE}\t{concept}\ten\t{FSN}\t{name} (metadata)\t{case}"
            ))?;
            let id = sctid(item, Component::Relationship, Some(GERMAN_NAMESPACE));
            let row = super::relationships::is_a(id, date, GERMAN_MODULE, concept, parent);
            places.row(format_args!("{row}"))?;
        }
        self.end(names)?;
        self.end(places)
    }

    fn german_dependency(&mut self, world: &World, random: &mut Random) -> io::Result<()> {
        let name = "der2_ssRefset_ModuleDependencySnapshot";
        let mut table = self.begin("Refset/Metadata", name, super::refsets::DEPENDENCY)?;
        for module in [CORE, super::metadata::MODEL, super::metadata::MAP_MODULE] {
            let (member, date, base) = (random.uuid(), self.date, world.date);
            table.row(format_args!(
                "{member}\t{date}\t1\t{GERMAN_MODULE}\t{MODULE_DEPENDENCY}\t{module}\t{date}\t{base}"
            ))?;
        }
        self.end(table)
    }
}

/// In which English dialects a term is preferred, acceptable or not used any more.
#[derive(Clone, Copy)]
struct Standing {
    us: Option<bool>,
    gb: Option<bool>,
}

/// The description files while they are being written.
struct Descriptions {
    terms: Table,
    definitions: Table,
    members: Table,
    random: Random,
    item: u64,
    inactive: Vec<u64>,
}

impl Descriptions {
    fn of(&mut self, node: &Node, world: &World) -> io::Result<()> {
        let both = |preferred| Standing { us: Some(preferred), gb: Some(preferred) };
        let name = capital(&node.name.us);
        self.add(node, FSN, &format!("{name} ({})", node.tag), true, both(true))?;
        if node.name.gb.is_empty() {
            self.add(node, SYNONYM, &name, true, both(true))?;
        } else {
            let british = capital(&node.name.gb);
            self.add(node, SYNONYM, &name, true, Standing { us: Some(true), gb: None })?;
            self.add(node, SYNONYM, &british, true, Standing { us: None, gb: Some(true) })?;
        }
        if node.category.is_none() {
            return Ok(());
        }
        let several = node.active && self.random.chance(30.0);
        let more = if several { 1 + self.random.run(52.0, 15) } else { 0 };
        for number in 0..more {
            self.add(node, SYNONYM, &variant(&name, number), true, both(false))?;
        }
        for number in 0..usize::from(self.random.chance(34.0)) + self.random.run(16.0, 3) {
            let old = format!("{}, NOS", variant(&name, more + number));
            self.add(node, SYNONYM, &old, false, Standing { us: None, gb: None })?;
        }
        if node.active && self.random.chance(2.2) {
            self.define(node, world)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        node: &Node,
        kind: u64,
        term: &str,
        active: bool,
        standing: Standing,
    ) -> io::Result<()> {
        let id = self.next();
        let (concept, module, date) = (node.id, node.module, node.effective);
        let flag = u8::from(active);
        let case = CASE[usize::from(self.random.chance(30.0))];
        let row =
            format_args!("{id}\t{date}\t{flag}\t{module}\t{concept}\ten\t{kind}\t{term}\t{case}");
        self.terms.row(row)?;
        if !active {
            self.inactive.push(id);
        }
        self.member(id, node, standing)
    }

    fn member(&mut self, id: u64, node: &Node, standing: Standing) -> io::Result<()> {
        for (refset, preferred) in ENGLISH_REFSETS.into_iter().zip([standing.us, standing.gb]) {
            let acceptability = if preferred == Some(true) { PREFERRED } else { ACCEPTABLE };
            let active = u8::from(preferred.is_some());
            let (member, date, module) = (self.random.uuid(), node.effective, node.module);
            self.members.row(format_args!(
                "{member}\t{date}\t{active}\t{module}\t{refset}\t{id}\t{acceptability}"
            ))?;
        }
        Ok(())
    }

    fn define(&mut self, node: &Node, world: &World) -> io::Result<()> {
        let parent = node.parents.first().and_then(|parent| world.node(*parent));
        let parent = parent.map_or("", |parent| parent.name.us.as_str());
        let (id, name) = (self.next(), &node.name.us);
        let (concept, module, date, case) = (node.id, node.module, node.effective, CASE[0]);
        let term =
            format!("A kind of {parent} that is known as {name} and told apart from others by it.");
        self.definitions.row(format_args!(
            "{id}\t{date}\t1\t{module}\t{concept}\ten\t{DEFINITION}\t{term}\t{case}"
        ))?;
        self.member(id, node, Standing { us: Some(true), gb: Some(true) })
    }

    fn next(&mut self) -> u64 {
        self.item += 1;
        sctid(self.item, Component::Description, None)
    }
}
