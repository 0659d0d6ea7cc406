//! Terms from word lists, no two concepts with the same fully specified name.

use std::collections::HashSet;

use super::random::Random;
use super::words::{
    ACTIONS, APPROACHES, COURSES, DEGREES, DEVICES, DISEASES, GENERA, MATERIALS, MEASURES, MIDDLES,
    ONSETS, PARTS, PLACES, QUALIFIERS, SIDES, SIGNS, SITES, SPECIES, SUBSTANCES, Word,
};
use super::world::{Category, World};

/// The name of a concept.
#[derive(Debug, Clone, Default)]
pub(super) struct Name {
    /// In American spelling.
    pub(super) us: String,
    /// In British spelling; empty where there is no other.
    pub(super) gb: String,
    /// In German; empty where there is none.
    pub(super) de: String,
    /// In German in the genitive, of body structures.
    pub(super) genitive: String,
    /// The concept in the name, which is also its first attribute.
    pub(super) target: Option<u32>,
}

/// Makes names and remembers them.
#[derive(Debug)]
pub(super) struct Namer {
    used: HashSet<u64>,
    german: bool,
    random: Random,
}

impl Namer {
    pub(super) fn new(seed: u64, german: bool) -> Self {
        Self { used: HashSet::new(), german, random: Random::new(seed, "names") }
    }

    /// A new name. Of 100 concepts 49 get a German one, organisms none but their own.
    pub(super) fn name(&mut self, world: &World, category: Category, random: &mut Random) -> Name {
        let mut name = draft(world, category, random);
        let mut attempt = 0;
        while !self.used.insert(digest(category, &name.us)) {
            attempt += 1;
            name = match attempt {
                ..3 => draft(world, category, random),
                3..8 => draft(world, category, random).with(word(random, &SIDES)),
                _ => name.numbered(attempt),
            };
        }
        if name.gb == name.us {
            name.gb.clear();
        }
        if !self.german || !self.random.chance(49.0) {
            name.de.clear();
        }
        name
    }
}

impl Name {
    /// The name with a number, for want of another word.
    fn numbered(mut self, number: usize) -> Self {
        for text in [&mut self.us, &mut self.gb, &mut self.de] {
            if !text.is_empty() {
                text.push_str(&format!(" {number}"));
            }
        }
        self
    }

    /// The term in British spelling.
    pub(super) fn british(&self) -> &str {
        if self.gb.is_empty() { &self.us } else { &self.gb }
    }
}

/// A hash of a name within its category (FNV-1a).
fn digest(category: Category, name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ category as u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn draft(world: &World, category: Category, random: &mut Random) -> Name {
    match category {
        Category::Body => body(world, random),
        Category::Morphology => morphology(random),
        Category::Organism => organism(random),
        Category::Substance => substance(random),
        Category::Qualifier => qualifier(random),
        Category::Object => object(random),
        Category::Observable => observable(world, random),
        Category::Disorder => disorder(world, random),
        Category::Finding => finding(world, random),
        Category::Procedure => procedure(world, random),
        Category::Product => product(world, random),
        Category::Situation => situation(world, random),
        Category::Event => event(random),
        Category::Specimen => specimen(world, random),
    }
}

/// A word in the three languages; the British one is never empty.
fn word(random: &mut Random, words: &[Word]) -> (&'static str, &'static str, &'static str) {
    let (us, gb, de) = random.pick(words).copied().unwrap_or_default();
    (us, british(us, gb), de)
}

fn british(us: &'static str, gb: &'static str) -> &'static str {
    if gb.is_empty() { us } else { gb }
}

fn body(world: &World, random: &mut Random) -> Name {
    let number = world.of(Category::Body).len();
    if let Some((us, gb, de, genitive, _)) = SITES.get(number) {
        return Name {
            us: (*us).into(),
            gb: british(us, gb).into(),
            de: (*de).into(),
            genitive: (*genitive).into(),
            target: None,
        };
    }
    let (us, gb, _, genitive, _) = random.pick(&SITES).copied().unwrap_or_default();
    let (part, part_gb, part_de) = word(random, &PARTS);
    let (side, side_gb, side_de) = word(random, &SIDES);
    let gb = british(us, gb);
    if random.chance(30.0) {
        let de = format!("{part_de} {genitive}");
        return named(format!("{part} of {us}"), format!("{part_gb} of {gb}"), de);
    }
    let de = format!("{part_de} {genitive}, {side_de}");
    let name = named(format!("{part} of {side} {us}"), format!("{part_gb} of {side_gb} {gb}"), de);
    if random.chance(25.0) { name.with(word(random, &SIDES)) } else { name }
}

fn named(us: String, gb: String, de: String) -> Name {
    Name { us, gb, de, ..Name::default() }
}

/// A body structure to name something after: an organ as often as a part of one.
fn site<'w>(world: &'w World, random: &mut Random) -> Option<(u32, &'w Name)> {
    let sites = world.of(Category::Body);
    let organs = sites.get(..SITES.len().min(sites.len())).unwrap_or_default();
    let organ = random.chance(72.0);
    let number = *random.pick(if organ { organs } else { sites })?;
    Some((number, &world.node(number)?.name))
}

/// "X of site" in three languages; in German a compound where the site is an organ.
fn of_site(
    world: &World,
    random: &mut Random,
    (us, gb, de, last): (&str, &str, &str, &str),
) -> Name {
    let Some((number, site)) = site(world, random) else { return Name::default() };
    let stem = SITES.iter().find(|(organ, ..)| *organ == site.us).map(|(.., stem)| *stem);
    let german = match stem {
        Some(stem) if !last.is_empty() => format!("{stem}{last}"),
        _ if site.genitive.is_empty() && site.de.is_empty() => String::new(),
        _ if site.genitive.is_empty() => format!("{de} – {}", site.de),
        _ => format!("{de} {}", site.genitive),
    };
    Name {
        us: format!("{us} of {}", site.us),
        gb: format!("{gb} of {}", site.british()),
        de: german,
        genitive: String::new(),
        target: Some(number),
    }
}

impl Name {
    /// With a word before it, in German behind a comma.
    fn with(mut self, (us, gb, de): (&str, &str, &str)) -> Self {
        self.us = format!("{us} {}", self.us);
        self.gb = format!("{gb} {}", self.gb);
        if !self.de.is_empty() {
            self.de = format!("{}, {de}", self.de);
        }
        self
    }

    /// With words behind it.
    fn then(mut self, (us, gb, de): (&str, &str, &str)) -> Self {
        self.us = format!("{} {us}", self.us);
        self.gb = format!("{} {gb}", self.gb);
        if !self.de.is_empty() {
            self.de = format!("{} {de}", self.de);
        }
        self
    }
}

fn morphology(random: &mut Random) -> Name {
    let (us, gb, de, _) = random.pick(&DISEASES).copied().unwrap_or_default();
    let name = named(us.into(), british(us, gb).into(), de.into()).with(word(random, &COURSES));
    if random.chance(60.0) { name.with(word(random, &COURSES)) } else { name }
}

fn disorder(world: &World, random: &mut Random) -> Name {
    let (us, gb, de, last) = random.pick(&DISEASES).copied().unwrap_or_default();
    let mut name = of_site(world, random, (us, british(us, gb), de, last));
    for percent in [60.0, 14.0] {
        if random.chance(percent) {
            name = name.with(word(random, &COURSES));
        }
    }
    if random.chance(14.0)
        && let Some(cause) = random.pick(world.of(Category::Organism))
        && let Some(cause) = world.node(*cause)
    {
        let cause = &cause.name.us;
        name = name.then((
            &format!("caused by {cause}"),
            &format!("caused by {cause}"),
            &format!("durch {cause}"),
        ));
    }
    name
}

fn finding(world: &World, random: &mut Random) -> Name {
    let (us, gb, de) = word(random, &SIGNS);
    let name = of_site(world, random, (us, gb, de, ""));
    if random.chance(60.0) { name.with(word(random, &DEGREES)) } else { name }
}

fn procedure(world: &World, random: &mut Random) -> Name {
    let (us, gb, de, last) = random.pick(&ACTIONS).copied().unwrap_or_default();
    let name = of_site(world, random, (us, british(us, gb), de, last));
    if random.chance(50.0) { name.then(word(random, &APPROACHES)) } else { name }
}

fn observable(world: &World, random: &mut Random) -> Name {
    let (us, gb, de) = word(random, &MEASURES);
    of_site(world, random, (us, gb, de, ""))
}

fn specimen(world: &World, random: &mut Random) -> Name {
    let name = of_site(world, random, ("specimen", "specimen", "Probe", "probe"));
    if random.chance(60.0) { name.with(word(random, &MATERIALS)) } else { name }
}

/// An invented name of two to five syllables before its ending.
fn invented(random: &mut Random, ending: &str) -> String {
    let mut name = random.pick(&ONSETS).copied().unwrap_or_default().to_owned();
    for _ in 0..1 + random.run(45.0, 3) {
        name.push_str(random.pick(&MIDDLES).copied().unwrap_or_default());
    }
    name.push_str(ending);
    name
}

fn organism(random: &mut Random) -> Name {
    let ending = random.pick(&GENERA).copied().unwrap_or_default();
    let mut name = invented(random, ending);
    if random.chance(85.0) {
        let ending = random.pick(&SPECIES).copied().unwrap_or_default();
        name = format!("{name} {}", invented(random, ending).to_lowercase());
    }
    if random.chance(25.0) {
        name = format!("{name} serotype O{}", 1 + random.below(190));
    }
    named(name.clone(), name.clone(), name)
}

fn substance(random: &mut Random) -> Name {
    let (en, de) = random.pick(&SUBSTANCES).copied().unwrap_or_default();
    let german = invented(random, "");
    let name = format!("{german}{en}");
    named(name.clone(), name, format!("{german}{de}"))
}

fn product(world: &World, random: &mut Random) -> Name {
    let Some(&number) = random.pick(world.of(Category::Substance)) else { return Name::default() };
    let substance = world.node(number).map_or("", |node| node.name.us.as_str());
    let strength = 5 * (1 + random.below(200));
    let forms = [
        ("milligram oral tablet", "milligram oral tablet", "mg Tablette"),
        ("milligram oral capsule", "milligram oral capsule", "mg Hartkapsel"),
        ("milligram/milliliter solution", "milligram/millilitre solution", "mg/ml Lösung"),
        ("milligram/gram cutaneous ointment", "milligram/gram cutaneous ointment", "mg/g Salbe"),
    ];
    let (us, gb, de) = random.pick(&forms).copied().unwrap_or_default();
    let mut name = named(
        format!("{substance} {strength} {us}"),
        format!("{substance} {strength} {gb}"),
        format!("{substance} {strength} {de}"),
    );
    name.target = Some(number);
    name
}

fn qualifier(random: &mut Random) -> Name {
    let (us, gb, de) = word(random, &QUALIFIERS);
    let name = named(us.into(), gb.into(), de.into());
    if random.chance(80.0) { name.with(word(random, &DEGREES)) } else { name }
}

fn object(random: &mut Random) -> Name {
    let (us, gb, de) = word(random, &DEVICES);
    let name = named(us.into(), gb.into(), de.into()).with(word(random, &MATERIALS));
    if random.chance(70.0) { name.with(word(random, &MATERIALS)) } else { name }
}

fn situation(world: &World, random: &mut Random) -> Name {
    let Some(&number) = random.pick(world.of(Category::Disorder)) else { return Name::default() };
    let Some(node) = world.node(number) else { return Name::default() };
    let contexts = [
        ("History of", "Zustand nach"),
        ("Family history of", "Familienanamnese:"),
        ("Suspected", "Verdacht auf"),
        ("No evidence of", "Kein Anhalt für"),
        ("At risk of", "Risiko für"),
    ];
    let (en, de) = random.pick(&contexts).copied().unwrap_or_default();
    let german = &node.name.de;
    Name {
        us: format!("{en} {}", node.name.us),
        gb: format!("{en} {}", node.name.british()),
        de: if german.is_empty() { String::new() } else { format!("{de} {german}") },
        genitive: String::new(),
        target: Some(number),
    }
}

fn event(random: &mut Random) -> Name {
    let (us, gb, de) = word(random, &DEVICES);
    let kinds = [
        ("accidental contact with", "zufälliger Kontakt mit"),
        ("intentional misuse of", "absichtlicher Missbrauch von"),
        ("failure of", "Versagen von"),
        ("exposure to", "Exposition gegenüber"),
    ];
    let (kind, kind_de) = random.pick(&kinds).copied().unwrap_or_default();
    let (of, of_gb, of_de) = word(random, &MATERIALS);
    let name = named(
        format!("{kind} {of} {us}"),
        format!("{kind} {of_gb} {gb}"),
        format!("{kind_de} {de} {of_de}"),
    );
    if random.chance(60.0) { name.then(word(random, &PLACES)) } else { name }
}

/// With a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Another way to say a term: turned round, with a comma, with a hyphen, with a word behind it.
pub(super) fn variant(term: &str, number: usize) -> String {
    const BEHIND: [&str; 5] = ["NOS", "unspecified", "form", "variety", "not elsewhere classified"];
    let (first, rest) = term.split_once(' ').unwrap_or((term, ""));
    let turned = match (number % 4, term.split_once(" of ")) {
        (0, Some((what, whose))) => format!("{whose} {what}"),
        (1, _) if !rest.is_empty() && !rest.starts_with("of ") => format!("{rest}, {first}"),
        (2, Some((what, whose))) => format!("{what} - {whose}"),
        (3, _) if !rest.is_empty() => {
            let short: String = first.chars().take(3).collect();
            format!("{short}. {rest}")
        }
        _ => format!("{term}, {}", BEHIND.get(number % 5).copied().unwrap_or_default()),
    };
    let behind = number.checked_sub(4).and_then(|number| BEHIND.get(number / 4));
    capital(&behind.map_or(turned.clone(), |behind| format!("{turned} {behind}")))
}

/// Another way to say a German term.
pub(super) fn german_variant(term: &str, number: usize) -> String {
    match (number % 3, term.split_once(" – ")) {
        (0, Some((what, whose))) => format!("{whose}: {what}"),
        (1, _) => format!("{term}, nicht näher bezeichnet"),
        (2, _) => format!("Sonstiges: {term}"),
        _ => format!("{term} o. n. A."),
    }
}
