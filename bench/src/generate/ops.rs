//! OPS in ClaML: 34,213 terminal codes, three fifths of them made by modifiers.

use std::io;
use std::path::Path;

use super::claml::{self, Class, Head, Modifier};
use super::out::Folder;
use super::texts::{choose, procedure};
use super::{Shape, Written};
use crate::rf2_generator::random::Random;

/// Chapters with their share of the 239 three-digit codes.
const CHAPTERS: [(&str, usize); 6] =
    [("1", 30), ("3", 12), ("5", 100), ("6", 10), ("8", 67), ("9", 20)];
const FOUR_DIGITS: usize = 1_450;
/// Five-digit codes: those with a modifier of ten values, those with listed six-digit codes, and
/// those with nothing below.
const FIVE_DIGITS: [usize; 3] = [2_050, 900, 6_813];
const LISTED_SIX_DIGITS: usize = 6_900;
/// The last character of a five-digit code.
const FIFTH: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "x", "y"];
const MODIFIERS: usize = 30;

/// Writes the document of the newest year.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut random = Random::new(shape.seed, "ops");
    let modifiers: Vec<Modifier> = (0..MODIFIERS)
        .map(|_| (0..10).map(|digit| (digit.to_string(), procedure(&mut random).de)).collect())
        .collect();
    let mut classes = Vec::new();
    let three = three_digits(&mut classes, shape, &mut random);
    let four = below(&mut classes, &three, shape.of(FOUR_DIGITS), ("", 10), &mut random);
    let [modified, open, closed] = FIVE_DIGITS.map(|count| shape.of(count));
    let five = below(&mut classes, &four, modified + open + closed, (".", 12), &mut random);
    let marks = choose(modified, five.len(), &mut random);
    let (taken, free): (Vec<_>, Vec<_>) = five.iter().zip(marks).partition(|(_, is)| *is);
    for (number, (place, _)) in taken.into_iter().enumerate() {
        if let Some(class) = classes.get_mut(*place) {
            class.modifier = Some(number % MODIFIERS);
        }
    }
    let free: Vec<usize> = free.into_iter().map(|(place, _)| *place).take(open).collect();
    below(&mut classes, &free, shape.of(LISTED_SIX_DIGITS), ("", 10), &mut random);
    let year = shape.year;
    let head = Head { name: "OPS", year, title: "OPS Version", oid: "1.2.276.0.76.5.998" };
    let mut folder = Folder::new(out, "ops");
    let name = format!("ops{year}syst_claml_{}.xml", u32::from(year - 1) * 10_000 + 1_015);
    folder.file(&name, |lines| claml::write(lines, &head, &modifiers, &classes))?;
    Ok(folder.written)
}

fn three_digits(classes: &mut Vec<Class>, shape: &Shape, random: &mut Random) -> Vec<usize> {
    let mut places = Vec::new();
    for (chapter, count) in CHAPTERS {
        let count = shape.of(count);
        let mut add = |class: Class| {
            classes.push(Class { title: procedure(random).de, ..class });
            classes.len() - 1
        };
        let above = add(Class { code: chapter.into(), kind: "chapter", ..Class::default() });
        let codes: Vec<String> = (0..count).map(|n| format!("{chapter}-{n:02}")).collect();
        for codes in codes.chunks(5) {
            let (Some(first), Some(last)) = (codes.first(), codes.last()) else { continue };
            let code = format!("{first}...{last}");
            let block = add(Class { code, kind: "block", above: Some(above), ..Class::default() });
            for code in codes {
                let (code, above) = (code.clone(), Some(block));
                places.push(add(Class { code, kind: "category", above, ..Class::default() }));
            }
        }
    }
    places
}

/// Categories below others, `count` in all, each of which may have `(separator, most)` children.
fn below(
    classes: &mut Vec<Class>,
    parents: &[usize],
    count: usize,
    (separator, most): (&str, usize),
    random: &mut Random,
) -> Vec<usize> {
    let chosen = choose(count, parents.len() * most, random);
    let slots = parents
        .iter()
        .flat_map(|parent| FIFTH.into_iter().take(most).map(move |digit| (*parent, digit)));
    let mut places = Vec::new();
    for ((parent, digit), _) in slots.zip(chosen).filter(|(_, is)| *is) {
        let Some(above) = classes.get(parent) else { continue };
        let code = format!("{}{separator}{digit}", above.code);
        let metas = vec![("Seitenangabe", if random.chance(48.0) { "J" } else { "N" })];
        let title = procedure(random).de;
        let above = Some(parent);
        classes.push(Class { code, kind: "category", above, title, metas, ..Class::default() });
        places.push(classes.len() - 1);
    }
    places
}
