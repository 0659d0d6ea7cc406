//! Relationships, concrete values and the OWL axioms that say the same.

use std::fmt::Write;
use std::io;

use super::files::{Package, Table};
use super::metadata::{EXISTENTIAL, INFERRED, IS_A, OWL_AXIOM};
use super::random::Random;
use super::sctid::{Component, sctid};
use super::world::{Node, World};

/// Columns of a relationship file.
pub(super) const HEADER: &str = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId";
const VALUES: &str = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tvalue\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId";
const OWL: &str =
    "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\towlExpression";

/// Of 100 active relationships, how many rows there are of what a concept once had.
const RETIRED: f64 = 50.0;

/// The fields of one row.
#[derive(Debug, Clone, Copy)]
struct Edge<'a> {
    source: &'a Node,
    destination: u64,
    group: u16,
    kind: u64,
    active: bool,
}

/// The relationship file while it is being written.
struct Relationships {
    table: Table,
    item: u64,
    /// Inactive rows that are still owed, in hundredths.
    owed: f64,
}

impl Package {
    /// Writes relationships, concrete values and axioms.
    pub(super) fn relationships(&mut self, world: &World) -> io::Result<()> {
        let table = self.begin("Terminology", "sct2_Relationship_Snapshot", HEADER)?;
        let mut rows = Relationships { table, item: 1_000, owed: 0.0 };
        let mut random = Random::new(world.seed, "relationships");
        for node in &world.nodes {
            rows.of(node, world, &mut random)?;
        }
        let Relationships { table, mut item, .. } = rows;
        self.end(table)?;
        let mut table =
            self.begin("Terminology", "sct2_RelationshipConcreteValues_Snapshot", VALUES)?;
        for node in world.nodes.iter().filter(|node| node.active) {
            for (group, kind, value) in &node.values {
                item += 1;
                let id = sctid(item, Component::Relationship, None);
                let Node { id: source, effective, module, .. } = node;
                table.row(format_args!(
                    "{id}\t{effective}\t1\t{module}\t{source}\t{value}\t{group}\t{kind}\t{INFERRED}\t{EXISTENTIAL}"
                ))?;
            }
        }
        self.end(table)?;
        self.axioms(world)
    }

    fn axioms(&mut self, world: &World) -> io::Result<()> {
        let mut random = Random::new(world.seed, "axioms");
        let mut table = self.begin("Terminology", "sct2_sRefset_OWLExpressionSnapshot", OWL)?;
        for node in &world.nodes {
            if node.parents.is_empty() {
                continue;
            }
            // Some concepts have a second, general axiom.
            for general in [false, true] {
                if general && !random.chance(3.0) {
                    continue;
                }
                // The stated form leaves out what is inherited.
                let stated = match random.chance(42.0) {
                    true if !general => 1 + random.run(30.0, 4),
                    _ => usize::from(general),
                };
                let axiom = axiom(node, world, stated, general);
                let Node { id, effective, module, .. } = node;
                let (member, active) = (random.uuid(), u8::from(node.active));
                table.row(format_args!(
                    "{member}\t{effective}\t{active}\t{module}\t{OWL_AXIOM}\t{id}\t{axiom}"
                ))?;
            }
        }
        self.end(table)
    }
}

impl Relationships {
    fn of(&mut self, node: &Node, world: &World, random: &mut Random) -> io::Result<()> {
        let id_of = |number: u32| world.node(number).map_or(0, |node| node.id);
        for parent in &node.parents {
            let destination = id_of(*parent);
            self.add(Edge {
                source: node,
                destination,
                group: 0,
                kind: IS_A,
                active: node.active,
            })?;
        }
        for (group, kind, target) in &node.attributes {
            let destination = id_of(*target);
            let (group, kind) = (*group, *kind);
            self.add(Edge { source: node, destination, group, kind, active: node.active })?;
        }
        // What the concept once had: parents and attributes with other targets.
        while self.owed >= 100.0 {
            let (group, kind, target) =
                random.pick(&node.attributes).copied().unwrap_or((0, IS_A, 0));
            let nearby = random.below(world.nodes.len()) as u32;
            let target = if kind == IS_A { nearby } else { target.saturating_sub(1) };
            let destination = id_of(target);
            self.add(Edge { source: node, destination, group, kind, active: false })?;
        }
        Ok(())
    }

    fn add(&mut self, edge: Edge<'_>) -> io::Result<()> {
        self.owed += if edge.active { RETIRED } else { -100.0 };
        self.item += 1;
        let id = sctid(self.item, Component::Relationship, None);
        let Edge { source, destination, group, kind, active } = edge;
        let Node { id: concept, effective, module, .. } = source;
        let active = u8::from(active);
        self.table.row(format_args!(
            "{id}\t{effective}\t{active}\t{module}\t{concept}\t{destination}\t{group}\t{kind}\t{INFERRED}\t{EXISTENTIAL}"
        ))
    }
}

/// A row that puts a concept below another.
pub(super) fn is_a(id: u64, date: u32, module: u64, concept: u64, parent: u64) -> String {
    format!("{id}\t{date}\t1\t{module}\t{concept}\t{parent}\t0\t{IS_A}\t{INFERRED}\t{EXISTENTIAL}")
}

/// The axiom of a concept in OWL functional syntax with its first `stated` groups.
fn axiom(node: &Node, world: &World, stated: usize, general: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    for parent in node.parents.iter().take(if general { 1 } else { usize::MAX }) {
        parts.push(format!(":{}", world.node(*parent).map_or(0, |parent| parent.id)));
    }
    let mut groups: Vec<u16> = node.attributes.iter().map(|(group, ..)| *group).collect();
    groups.dedup();
    for group in groups.into_iter().take(stated) {
        let some = node.attributes.iter().filter(|(number, ..)| *number == group);
        let some: Vec<String> = some
            .map(|(_, kind, target)| {
                let target = world.node(*target).map_or(0, |target| target.id);
                format!("ObjectSomeValuesFrom(:{kind} :{target})")
            })
            .collect();
        parts.push(format!("ObjectSomeValuesFrom(:609096000 {})", intersection(&some)));
    }
    let meaning = intersection(&parts);
    let mut axiom = String::new();
    let concept = node.id;
    let written = match (general, node.defined) {
        (true, _) => write!(axiom, "SubClassOf({meaning} :{concept})"),
        (false, true) => write!(axiom, "EquivalentClasses(:{concept} {meaning})"),
        (false, false) => write!(axiom, "SubClassOf(:{concept} {meaning})"),
    };
    // Writing to a text cannot fail.
    debug_assert!(written.is_ok());
    axiom
}

fn intersection(parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        _ => format!("ObjectIntersectionOf({})", parts.join(" ")),
    }
}
