//! ICD-10-GM in ClaML, one document a year.
//!
//! The newest year has the numbers of ICD-10-GM 2025: 1,754 three-digit, 9,306 four-digit and
//! 5,757 five-digit codes, of which 4,571 are made by modifiers. Some codes came in later years
//! than the first.

use std::io;
use std::path::Path;

use super::claml::{self, Class, Head, Modifier};
use super::out::Folder;
use super::texts::{Text, choose, condition};
use super::{Shape, Written};
use crate::rf2_generator::random::Random;

const CHAPTERS: usize = 22;
const THREE_DIGITS: usize = 1_754;
const FOUR_DIGITS: usize = 9_306;
const LISTED_FIVE_DIGITS: usize = 1_186;
/// Four-digit codes that a modifier with ten values is applied to; one more takes one value only.
const MODIFIED: usize = 457;
const MODIFIERS: usize = 20;
const ROMAN: [&str; CHAPTERS] = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV",
    "XVI", "XVII", "XVIII", "XIX", "XX", "XXI", "XXII",
];

/// Everything but the year.
#[derive(Debug)]
pub(super) struct Icd {
    classes: Vec<Class>,
    modifiers: Vec<Modifier>,
}

/// Writes `shape.icd_years` documents.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let icd = Icd::new(shape);
    let mut folder = Folder::new(out, "icd10gm");
    for year in shape.icd_years() {
        let name = format!("icd10gm{year}syst_claml_{}.xml", u32::from(year - 1) * 10_000 + 915);
        let head =
            Head { name: "ICD-10-GM", year, title: "ICD-10-GM Version", oid: "1.2.276.0.76.5.999" };
        folder.file(&name, |lines| claml::write(lines, &head, &icd.modifiers, &icd.classes))?;
    }
    Ok(folder.written)
}

impl Icd {
    pub(super) fn new(shape: &Shape) -> Self {
        let mut random = Random::new(shape.seed, "icd10gm");
        let modifiers = (0..MODIFIERS)
            .map(|_| (0..10).map(|digit| (digit.to_string(), condition(&mut random).de)).collect())
            .collect();
        let mut icd = Self { classes: Vec::new(), modifiers };
        let three = icd.three_digits(shape, &mut random);
        let parents = some(&three, 75, &mut random);
        let four = icd.below(&parents, (shape.of(FOUR_DIGITS), "."), shape, &mut random);
        let modified = shape.of(MODIFIED).min(four.len() / 4);
        let marks = choose(modified + 1, four.len(), &mut random);
        let (taken, free): (Vec<_>, Vec<_>) = four.iter().zip(marks).partition(|(_, is)| *is);
        for (number, (place, _)) in taken.iter().enumerate() {
            let Some(class) = icd.classes.get_mut(**place) else { continue };
            class.modifier = Some(number % MODIFIERS);
            class.valid = (number == modified).then_some(1);
        }
        let free: Vec<usize> = free.into_iter().map(|(place, _)| *place).collect();
        let parents = some(&free, 3, &mut random);
        icd.below(&parents, (shape.of(LISTED_FIVE_DIGITS), ""), shape, &mut random);
        icd.describe(&mut random);
        icd
    }

    /// The terminal codes of a year, those made by modifiers included.
    pub(super) fn terminal_codes(&self, year: u16) -> Vec<String> {
        let mut has_children = vec![false; self.classes.len()];
        let of_year = |class: &&Class| class.since <= year;
        for above in self.classes.iter().filter(of_year).filter_map(|class| class.above) {
            has_children.get_mut(above).into_iter().for_each(|it| *it = true);
        }
        let mut codes = Vec::new();
        for (class, has_children) in self.classes.iter().zip(has_children) {
            if has_children || class.kind != "category" || class.since > year {
                continue;
            }
            match class.modifier {
                Some(_) => {
                    let values = class.valid.unwrap_or(10);
                    codes.extend((0..values).map(|digit| format!("{}{digit}", class.code)));
                }
                None => codes.push(class.code.clone()),
            }
        }
        codes
    }

    fn push(&mut self, class: Class) -> usize {
        self.classes.push(class);
        self.classes.len() - 1
    }

    /// Chapters, blocks of ten categories, and the categories; the places of the latter.
    fn three_digits(&mut self, shape: &Shape, random: &mut Random) -> Vec<usize> {
        let count = shape.of(THREE_DIGITS);
        let chosen = choose(count, 2_600, random);
        let codes: Vec<String> = (0..2_600u32)
            .zip(chosen)
            .filter(|(_, is)| *is)
            .map(|(number, _)| {
                format!("{}{:02}", char::from(b'A' + (number / 100) as u8), number % 100)
            })
            .collect();
        let mut places = Vec::new();
        let chapter_size = codes.len().div_ceil(CHAPTERS).max(1);
        for (chapter, codes) in ROMAN.iter().zip(codes.chunks(chapter_size)) {
            let title = condition(random).de;
            let class =
                Class { code: (*chapter).into(), kind: "chapter", title, ..Class::default() };
            let chapter = self.push(class);
            for codes in codes.chunks(8) {
                let (first, last) = (codes.first(), codes.last());
                let (Some(first), Some(last)) = (first, last) else { continue };
                let code = format!("{first}-{last}");
                let title = condition(random).de;
                let above = Some(chapter);
                let class = Class { code, kind: "block", above, title, ..Class::default() };
                let block = self.push(class);
                for code in codes {
                    places.push(self.push(category(code.clone(), block, condition(random), 0)));
                }
            }
        }
        places
    }

    /// Categories below others, `count` in all; the places of the new ones.
    fn below(
        &mut self,
        parents: &[usize],
        (count, separator): (usize, &str),
        shape: &Shape,
        random: &mut Random,
    ) -> Vec<usize> {
        let chosen = choose(count, parents.len() * 10, random);
        let slots = parents.iter().flat_map(|parent| (0..10).map(move |digit| (*parent, digit)));
        let mut places = Vec::new();
        let (first, last) = (shape.first_icd_year(), shape.year);
        for ((parent, digit), _) in slots.zip(chosen).filter(|(_, is)| *is) {
            let Some(above) = self.classes.get(parent) else { continue };
            let later = random.chance(10.0);
            let drawn =
                first + u16::try_from(random.below(usize::from(last - first) + 1)).unwrap_or(0);
            let since = if later { drawn.max(above.since) } else { above.since };
            let code = format!("{}{separator}{digit}", above.code);
            places.push(self.push(category(code, parent, condition(random), since)));
        }
        places
    }

    /// What stands beside the titles: long titles, inclusions, exclusions, marks and metadata.
    fn describe(&mut self, random: &mut Random) {
        let codes: Vec<String> = self.classes.iter().map(|class| class.code.clone()).collect();
        for class in self.classes.iter_mut().filter(|class| class.kind == "category") {
            if random.chance(11.0) {
                class.long = format!("{}, nicht näher bezeichnet", class.title);
            }
            if random.chance(35.0) {
                for _ in 0..1 + random.run(60.0, 12) {
                    class.rubrics.push(("inclusion", condition(random).de, None));
                }
            }
            if random.chance(17.0) {
                for _ in 0..1 + random.run(40.0, 11) {
                    let code = random.pick(&codes).cloned();
                    class.rubrics.push(("exclusion", condition(random).de, code));
                }
            }
            class.usage = match random.below(1_000) {
                0..=33 => "dagger",
                34..=92 => "aster",
                93..=125 => "optional",
                _ => "",
            };
            let pick = |random: &mut Random, values: &[&'static str]| {
                random.pick(values).copied().unwrap_or_default()
            };
            class.metas = vec![
                ("Para295", pick(random, &["P", "P", "P", "O", "Z", "V"])),
                ("Para301", pick(random, &["P", "P", "P", "O", "Z", "V"])),
                ("SexCode", pick(random, &["9", "9", "9", "M", "W"])),
                ("SexReject", pick(random, &["9", "9", "K", "M"])),
                ("RareDisease", pick(random, &["N", "N", "N", "J"])),
                ("Content", "J"),
                ("Infectious", pick(random, &["N", "N", "J"])),
                ("EBMLabor", pick(random, &["N", "N", "J"])),
            ];
        }
    }
}

fn category(code: String, above: usize, title: Text, since: u16) -> Class {
    Class { code, kind: "category", above: Some(above), title: title.de, since, ..Class::default() }
}

/// `percent` of the places, at least one, in order.
fn some(places: &[usize], percent: usize, random: &mut Random) -> Vec<usize> {
    let wanted = (places.len() * percent).div_ceil(100);
    let chosen = choose(wanted, places.len(), random);
    places.iter().zip(chosen).filter(|(_, is)| *is).map(|(place, _)| *place).collect()
}
