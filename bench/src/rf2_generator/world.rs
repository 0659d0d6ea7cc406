//! Concepts, their places in the hierarchy and their attributes.

use std::collections::HashSet;

use super::Shape;
use super::attributes;
use super::metadata::{CORE, FIXED, MODEL};
use super::random::Random;
use super::sctid::{Component, sctid};
use super::terms::{Name, Namer};

/// A hierarchy below the root, or one in another (disorders among the findings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Body,
    Morphology,
    Organism,
    Substance,
    Qualifier,
    Object,
    Observable,
    Disorder,
    Finding,
    Procedure,
    Product,
    Situation,
    Event,
    Specimen,
}

/// The categories in the order in which they are made (attributes point to earlier ones), with
/// their top concept, their semantic tag and their share of 1,000 concepts.
///
/// Shares of the first seven tags by size: measured on the Global Patient Set.
pub(super) const CATEGORIES: [(Category, u64, &str, usize); 14] = [
    (Category::Body, 123_037_004, "body structure", 60),
    (Category::Morphology, 49_755_003, "morphologic abnormality", 12),
    (Category::Organism, 410_607_006, "organism", 160),
    (Category::Substance, 105_590_001, "substance", 30),
    (Category::Qualifier, 362_981_000, "qualifier value", 20),
    (Category::Object, 260_787_004, "physical object", 18),
    (Category::Observable, 363_787_002, "observable entity", 40),
    (Category::Disorder, 64_572_001, "disorder", 270),
    (Category::Finding, 404_684_003, "finding", 200),
    (Category::Procedure, 71_388_002, "procedure", 105),
    (Category::Product, 373_873_005, "medicinal product", 40),
    (Category::Situation, 243_796_009, "situation", 25),
    (Category::Event, 272_379_006, "event", 10),
    (Category::Specimen, 123_038_009, "specimen", 10),
];

/// How deep the hierarchy may be.
const DEPTH: u8 = 15;
/// Of 100 concepts, how many are active.
const ACTIVE: f64 = 71.2;

/// An attribute of a concept: relationship group, type, and the number of the target.
pub(super) type Attribute = (u16, u64, u32);

/// One concept.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: u64,
    pub(super) module: u64,
    pub(super) tag: &'static str,
    pub(super) category: Option<Category>,
    pub(super) active: bool,
    pub(super) defined: bool,
    pub(super) effective: u32,
    depth: u8,
    /// Numbers of the parents; of an inactive concept those it had.
    pub(super) parents: Vec<u32>,
    pub(super) attributes: Vec<Attribute>,
    /// Concrete values: group, type, value as written.
    pub(super) values: Vec<(u16, u64, String)>,
    pub(super) name: Name,
}

/// All concepts: those of the metadata first, then by category.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) date: u32,
    pub(super) nodes: Vec<Node>,
    /// Numbers of the active concepts of each category, in the order of [`CATEGORIES`].
    pub(super) active: [Vec<u32>; CATEGORIES.len()],
}

impl World {
    pub(super) fn new(shape: &Shape) -> Self {
        let mut world = Self {
            seed: shape.seed,
            date: shape.date,
            nodes: FIXED.iter().map(fixed).collect(),
            active: Default::default(),
        };
        world.place_fixed();
        let mut ids = Ids::new(shape.seed);
        let mut namer = Namer::new(shape.seed, shape.german);
        let invented = shape.concepts.saturating_sub(FIXED.len());
        for (place, (category, top, tag, share)) in CATEGORIES.into_iter().enumerate() {
            let last = place + 1 == CATEGORIES.len();
            let count = if last {
                shape.concepts.saturating_sub(world.nodes.len())
            } else {
                invented * share / 1_000
            };
            world.add_category(place, category, top, tag, count, &mut ids, &mut namer);
        }
        world
    }

    fn place_fixed(&mut self) {
        for (number, concept) in FIXED.iter().enumerate().skip(1) {
            let parent = FIXED.iter().position(|other| other.id == concept.parent).unwrap_or(0);
            let depth = self.nodes.get(parent).map_or(0, |node| node.depth) + 1;
            if let Some(node) = self.nodes.get_mut(number) {
                node.parents = vec![parent as u32];
                node.depth = depth;
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and a struct would say no more")]
    fn add_category(
        &mut self,
        place: usize,
        category: Category,
        top: u64,
        tag: &'static str,
        count: usize,
        ids: &mut Ids,
        namer: &mut Namer,
    ) {
        let mut random = Random::new(self.seed, tag);
        let top = FIXED.iter().position(|concept| concept.id == top).unwrap_or(0) as u32;
        let mut tree = Tree { members: vec![top], edges: vec![top] };
        for _ in 0..count {
            let number = self.nodes.len() as u32;
            let active = random.chance(ACTIVE);
            let parents = tree.parents(&self.nodes, &mut random);
            let depth = parents.iter().map(|parent| self.depth(*parent)).max().unwrap_or(0) + 1;
            let name = namer.name(self, category, &mut random);
            let mut node = Node {
                id: ids.next(),
                module: CORE,
                tag,
                category: Some(category),
                active,
                defined: random.chance(30.0),
                effective: self.release(&mut random, active),
                depth,
                parents,
                attributes: Vec::new(),
                values: Vec::new(),
                name,
            };
            attributes::add(self, &mut node, &mut random);
            if active {
                tree.add(number, &node.parents);
                if let Some(active) = self.active.get_mut(place) {
                    active.push(number);
                }
            }
            self.nodes.push(node);
        }
    }

    fn depth(&self, number: u32) -> u8 {
        self.nodes.get(number as usize).map_or(0, |node| node.depth)
    }

    /// A node by number.
    pub(super) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// The active concepts of a category.
    pub(super) fn of(&self, category: Category) -> &[u32] {
        let place = CATEGORIES.iter().position(|(known, ..)| *known == category);
        place.and_then(|place| self.active.get(place)).map_or(&[], Vec::as_slice)
    }

    /// Date of a release: many things are as old as the first one; what was retired came later.
    pub(super) fn release(&self, random: &mut Random, active: bool) -> u32 {
        if active && random.chance(38.0) {
            return 20_020_131;
        }
        let year = 2002 + random.below(24) as u32;
        let half = [131, 731].get(random.below(2)).copied().unwrap_or(131);
        (year * 10_000 + half).clamp(20_020_731, self.date)
    }
}

fn fixed(concept: &super::metadata::Fixed) -> Node {
    let top = CATEGORIES.iter().any(|(_, top, ..)| *top == concept.id);
    Node {
        id: concept.id,
        module: if top { CORE } else { MODEL },
        tag: concept.tag,
        category: None,
        active: true,
        defined: false,
        effective: 20_020_131,
        depth: 0,
        parents: Vec::new(),
        attributes: Vec::new(),
        values: Vec::new(),
        name: Name { us: concept.term.to_owned(), ..Name::default() },
    }
}

/// A growing hierarchy: who has children gets more of them.
struct Tree {
    members: Vec<u32>,
    /// One entry a child: drawing one draws parents by their number of children.
    edges: Vec<u32>,
}

impl Tree {
    /// Parents for a new concept: mean 1.45, at most 12.
    fn parents(&self, nodes: &[Node], random: &mut Random) -> Vec<u32> {
        let more = if random.chance(33.0) { 1 + random.run(27.0, 10) } else { 0 };
        let mut parents = Vec::with_capacity(1 + more);
        for attempt in 0..(more + 1) * 3 {
            let Some(parent) = self.parent(random) else { break };
            let deep = nodes.get(parent as usize).is_none_or(|node| node.depth >= DEPTH);
            if parents.len() <= more && !deep && !parents.contains(&parent) {
                parents.push(parent);
            } else if attempt > 0 && parents.len() > more {
                break;
            }
        }
        if parents.is_empty() {
            parents.extend(self.members.first());
        }
        parents
    }

    fn parent(&self, random: &mut Random) -> Option<u32> {
        let by_children = random.chance(58.0);
        random.pick(if by_children { &self.edges } else { &self.members }).copied()
    }

    fn add(&mut self, number: u32, parents: &[u32]) {
        self.members.push(number);
        self.edges.extend(parents);
    }
}

/// Identifiers of concepts: mostly nine digits, some eight and ten, a few six and seven.
struct Ids {
    used: HashSet<u64>,
    random: Random,
    next: [u64; 5],
}

/// Ranges of item identifiers by length with their share of 100.
const ITEMS: [(u64, u64, usize); 5] = [
    (100, 999, 1),
    (1_000, 9_999, 3),
    (10_000, 99_999, 20),
    (100_000, 999_999, 69),
    (1_000_000, 9_999_999, 7),
];

impl Ids {
    fn new(seed: u64) -> Self {
        let used = FIXED.iter().map(|concept| concept.id).collect();
        Self { used, random: Random::new(seed, "ids"), next: ITEMS.map(|(first, ..)| first) }
    }

    /// An unused identifier. A range that is used up gives way to the next longer one.
    fn next(&mut self) -> u64 {
        loop {
            let mut drawn = self.random.below(100);
            let by_share = ITEMS.iter().position(|(_, _, share)| {
                let found = drawn < *share;
                drawn = drawn.saturating_sub(*share);
                found
            });
            let wanted = by_share.unwrap_or(ITEMS.len() - 1);
            let step = 1 + self.random.below(2) as u64;
            let ranges = self.next.iter_mut().zip(ITEMS).skip(wanted);
            let free = ranges.into_iter().find(|(next, (_, last, _))| **next <= *last);
            let item = free.map(|(next, _)| {
                *next += step;
                *next - step
            });
            // The longest range holds nine million: it is never used up.
            let id = sctid(
                item.unwrap_or(10_000_000 + self.used.len() as u64),
                Component::Concept,
                None,
            );
            if self.used.insert(id) {
                return id;
            }
        }
    }
}
