//! Reference sets other than those of languages and axioms.

use std::io;

use super::files::Package;
use super::metadata::{
    ASSOCIATIONS, CORE, CTV3_MAP, EXTENDED_MAP, ICD_O_MAP, INACTIVATION, MAP_MODULE, MODEL,
    MODULE_DEPENDENCY, REASONS,
};
use super::random::Random;
use super::world::{Category, Node, World};

/// Columns of the module dependency reference set.
pub(super) const DEPENDENCY: &str = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tsourceEffectiveTime\ttargetEffectiveTime";
/// Columns of every reference set.
pub(super) const MEMBER: &str =
    "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId";

impl Package {
    /// Writes simple, association, attribute value, map, concept model and module dependency files.
    /// `inactive` are the identifiers of inactive descriptions.
    pub(super) fn refsets(&mut self, world: &World, inactive: &[u64]) -> io::Result<()> {
        let mut random = Random::new(world.seed, "reference sets");
        self.simple(world, &mut random)?;
        self.associations(world, &mut random)?;
        self.inactivations(world, inactive, &mut random)?;
        self.extended_map(world, &mut random)?;
        self.simple_maps(world, &mut random)?;
        self.mrcm(&mut random)?;
        self.dependencies(&mut random)
    }

    /// Three simple reference sets: one of a fifth of the disorders, two small ones. They are named
    /// by concepts among the qualifiers.
    fn simple(&mut self, world: &World, random: &mut Random) -> io::Result<()> {
        let mut table = self.begin("Refset/Content", "der2_Refset_SimpleSnapshot", MEMBER)?;
        let sets = world.of(Category::Qualifier).iter().filter_map(|number| world.node(*number));
        let content =
            [(Category::Disorder, 20.0), (Category::Procedure, 2.0), (Category::Finding, 1.0)];
        for (set, (category, percent)) in sets.zip(content) {
            let nodes = world.of(category).iter().filter_map(|number| world.node(*number));
            for node in nodes {
                if random.chance(percent) {
                    let (member, set, concept) = (random.uuid(), set.id, node.id);
                    let (date, active) = (node.effective, u8::from(random.chance(92.0)));
                    table.row(format_args!(
                        "{member}\t{date}\t{active}\t{CORE}\t{set}\t{concept}"
                    ))?;
                }
            }
        }
        self.end(table)
    }

    fn associations(&mut self, world: &World, random: &mut Random) -> io::Result<()> {
        let header = format!("{MEMBER}\ttargetComponentId");
        let mut table =
            self.begin("Refset/Content", "der2_cRefset_AssociationSnapshot", &header)?;
        for node in world.nodes.iter().filter(|node| !node.active) {
            let mut drawn = random.below(100);
            let association = ASSOCIATIONS.iter().find(|(_, share)| {
                let found = drawn < *share;
                drawn = drawn.saturating_sub(*share);
                found
            });
            let Some((set, _)) = association else { continue };
            let several = matches!(*set, 900_000_000_000_523_009 | 1_186_921_001);
            for _ in 0..1 + if several { 1 + random.run(40.0, 6) } else { 0 } {
                let Some(category) = node.category else { continue };
                let target = random.pick(world.of(category)).and_then(|number| world.node(*number));
                let Some(target) = target else { continue };
                let (member, target) = (random.uuid(), target.id);
                let Node { id, effective, .. } = node;
                let active = u8::from(random.chance(90.0));
                table.row(format_args!(
                    "{member}\t{effective}\t{active}\t{CORE}\t{set}\t{id}\t{target}"
                ))?;
            }
        }
        self.end(table)
    }

    fn inactivations(
        &mut self,
        world: &World,
        inactive: &[u64],
        random: &mut Random,
    ) -> io::Result<()> {
        let header = format!("{MEMBER}\tvalueId");
        let name = "der2_cRefset_AttributeValueSnapshot";
        let mut table = self.begin("Refset/Content", name, &header)?;
        let concepts = world.nodes.iter().filter(|node| !node.active).map(|node| node.id);
        let concepts = concepts.map(|id| (INACTIVATION[0], id));
        let descriptions = inactive.iter().map(|id| (INACTIVATION[1], *id));
        for (set, component) in concepts.chain(descriptions) {
            let (member, date) = (random.uuid(), world.release(random, false));
            let reason = random.pick(&REASONS).copied().unwrap_or_default();
            let active = u8::from(random.chance(95.0));
            table.row(format_args!(
                "{member}\t{date}\t{active}\t{CORE}\t{set}\t{component}\t{reason}"
            ))?;
        }
        self.end(table)
    }

    /// Maps disorders and a part of the findings, some by rules.
    fn extended_map(&mut self, world: &World, random: &mut Random) -> io::Result<()> {
        let header = format!(
            "{MEMBER}\tmapGroup\tmapPriority\tmapRule\tmapAdvice\tmapTarget\tcorrelationId\tmapCategoryId"
        );
        let name = "der2_iisssccRefset_ExtendedMapSnapshot";
        let mut table = self.begin("Refset/Map", name, &header)?;
        let findings =
            world.of(Category::Finding).iter().take(world.of(Category::Finding).len() / 3);
        let sources = world.of(Category::Disorder).iter().chain(findings);
        for node in sources.filter_map(|number| world.node(*number)) {
            let alternatives = 1 + random.run(18.0, 5);
            for priority in 1..=alternatives {
                let target = target(random);
                let (member, id, date) = (random.uuid(), node.id, node.effective);
                let last = priority == alternatives;
                let rule = match (last, alternatives) {
                    (_, 1) => "TRUE".to_owned(),
                    (true, _) => "OTHERWISE TRUE".to_owned(),
                    (false, _) => format!("IFA {CORE} | Invented condition {priority} |"),
                };
                let active = u8::from(random.chance(90.0));
                table.row(format_args!(
                    "{member}\t{date}\t{active}\t{MAP_MODULE}\t{EXTENDED_MAP}\t{id}\t1\t{priority}\t{rule}\tALWAYS {target}\t{target}\t447561005\t447637006"
                ))?;
            }
        }
        self.end(table)
    }

    /// A code of the older terminology for most concepts, a code of the tumour classification for
    /// morphologies.
    fn simple_maps(&mut self, world: &World, random: &mut Random) -> io::Result<()> {
        let header = format!("{MEMBER}\tmapTarget");
        let mut table = self.begin("Refset/Map", "der2_sRefset_SimpleMapSnapshot", &header)?;
        for node in world.nodes.iter().filter(|node| node.category.is_some()) {
            let tumour = node.category == Some(Category::Morphology) && random.chance(30.0);
            let old = random.chance(60.0).then(|| (CTV3_MAP, old_code(random)));
            let codes = tumour.then(|| (ICD_O_MAP, tumour_code(random)));
            for (set, code) in old.into_iter().chain(codes) {
                let (member, id, date) = (random.uuid(), node.id, node.effective);
                let active = u8::from(random.chance(98.0));
                table
                    .row(format_args!("{member}\t{date}\t{active}\t{CORE}\t{set}\t{id}\t{code}"))?;
            }
        }
        self.end(table)
    }

    fn dependencies(&mut self, random: &mut Random) -> io::Result<()> {
        let name = "der2_ssRefset_ModuleDependencySnapshot";
        let mut table = self.begin("Refset/Metadata", name, DEPENDENCY)?;
        for (module, on) in [(CORE, MODEL), (MAP_MODULE, CORE), (MAP_MODULE, MODEL)] {
            let (member, date) = (random.uuid(), self.date);
            table.row(format_args!(
                "{member}\t{date}\t1\t{module}\t{MODULE_DEPENDENCY}\t{on}\t{date}\t{date}"
            ))?;
        }
        self.end(table)
    }
}

/// A code in the form of Read codes, version 3.
fn old_code(random: &mut Random) -> String {
    const SIGNS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz";
    let mut sign = || char::from(SIGNS.get(random.below(SIGNS.len())).copied().unwrap_or(b'0'));
    let [first, second, third] = [sign(), sign(), sign()];
    format!("X{first}{second}{third}.")
}

/// A code in the form of the morphology of ICD-O.
fn tumour_code(random: &mut Random) -> String {
    format!("{}/{}", 8_000 + random.below(1_900), random.below(4))
}

/// A code in the form of ICD-10.
fn target(random: &mut Random) -> String {
    let letter = char::from(b'A' + random.below(20) as u8);
    format!("{letter}{:02}.{}", random.below(100), random.below(10))
}
