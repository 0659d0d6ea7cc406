//! Attributes in groups, and concrete values of products.

use super::random::Random;
use super::world::{Category, Node, World};

/// Attribute types of a category with the category of their targets.
pub(super) fn types(category: Category) -> &'static [(u64, Category)] {
    use Category::{
        Body, Disorder, Morphology, Object, Observable, Organism, Qualifier, Substance,
    };
    match category {
        Disorder => &[
            (363_698_007, Body),
            (116_676_008, Morphology),
            (246_075_003, Organism),
            (263_502_005, Qualifier),
            (246_112_005, Qualifier),
            (42_752_001, Disorder),
        ],
        Category::Finding => &[
            (363_698_007, Body),
            (363_714_003, Observable),
            (363_713_009, Qualifier),
            (246_112_005, Qualifier),
            (263_502_005, Qualifier),
        ],
        Category::Procedure => &[
            (405_813_007, Body),
            (260_686_004, Qualifier),
            (424_226_004, Object),
            (363_703_001, Qualifier),
            (116_676_008, Morphology),
        ],
        Category::Product => {
            &[(762_949_000, Substance), (732_945_000, Qualifier), (411_116_001, Qualifier)]
        }
        Category::Situation => {
            &[(246_090_004, Disorder), (408_729_009, Qualifier), (408_731_000, Qualifier)]
        }
        Observable => &[(704_319_004, Body), (370_130_000, Qualifier)],
        Category::Specimen => &[(363_698_007, Body), (246_075_003, Substance)],
        _ => &[],
    }
}

/// Gives a concept its attributes. The first site is that of its name.
pub(super) fn add(world: &World, node: &mut Node, random: &mut Random) {
    let Some(category) = node.category else { return };
    let types = types(category);
    if types.is_empty() || !random.chance(89.0) {
        return;
    }
    let groups = 1 + random.run(58.0, 8) as u16;
    for group in 1..=groups {
        let first = random.below(types.len());
        let wanted = 2 + random.run(60.0, 4);
        let start = if group == 1 { 0 } else { first };
        let chosen = types.iter().cycle().skip(start).take(wanted.min(types.len()));
        for (number, (kind, target)) in chosen.enumerate() {
            let named = node.name.target.filter(|_| group == 1 && number == 0);
            if let Some(target) = named.or_else(|| random.pick(world.of(*target)).copied()) {
                // A group of one is written as ungrouped now and then.
                let group = if groups == 1 && random.chance(15.0) { 0 } else { group };
                node.attributes.push((group, *kind, target));
            }
        }
    }
    if category == Category::Product {
        let strength = [1, 2, 5, 10, 20, 25, 40, 50, 80, 100, 200, 250, 400, 500, 850, 1_000];
        let strength = random.pick(&strength).copied().unwrap_or(1);
        let fraction = if random.chance(15.0) { ".5" } else { "" };
        node.values.push((1, 1_142_135_004, format!("#{strength}{fraction}")));
        node.values.push((0, 1_142_139_005, format!("#{}", 1 + random.run(25.0, 4))));
    }
}
