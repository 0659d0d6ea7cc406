//! RxNorm in RRF: 100,000 concepts with the relationships between ingredients and drugs.

use std::io;
use std::path::Path;

use super::out::Folder;
use super::texts::substance;
use super::{Shape, Written};
use crate::rf2_generator::random::Random;

const CONCEPTS: usize = 100_000;
/// Term types with their share of 1,000 concepts, in the order of the concepts' numbers.
const TERM_TYPES: [(&str, usize); 8] = [
    ("IN", 120),
    ("PIN", 30),
    ("BN", 60),
    ("DF", 2),
    ("SCDC", 250),
    ("SCDF", 98),
    ("SCD", 270),
    ("SBD", 170),
];

/// How many concepts there are.
pub(super) fn count(shape: &Shape) -> usize {
    shape.of(CONCEPTS)
}

/// The RXCUI of the concept with this number.
pub(super) fn code(number: usize) -> usize {
    100 + number * 7
}

/// Where the concepts of each term type are.
fn range(kind: &str, count: usize) -> (usize, usize) {
    let mut start = 0;
    for (known, share) in TERM_TYPES {
        let size = (count * share / 1_000).max(1);
        if known == kind {
            return (start, size);
        }
        start += size;
    }
    (start, count.saturating_sub(start).max(1))
}

/// Writes the release.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut random = Random::new(shape.seed, "rxnorm");
    let count = count(shape);
    let mut folder = Folder::new(out, "rxnorm/RxNorm_full_11022026/rrf");
    let mut concepts = Vec::with_capacity(count);
    for (kind, _) in TERM_TYPES {
        let (start, size) = range(kind, count);
        concepts.extend((start..start + size).map(|number| (number, kind)));
    }
    let mut names: Vec<String> = Vec::with_capacity(concepts.len());
    let mut edges: Vec<(usize, &str, &str, usize)> = Vec::new();
    for &(number, kind) in &concepts {
        let drawn = |kind: &str, random: &mut Random| {
            let (start, size) = range(kind, count);
            start + random.below(size)
        };
        let ingredient = drawn("IN", &mut random);
        let name = |at: usize| names.get(at).cloned().unwrap_or_default();
        let strength = [5, 10, 20, 25, 50, 100, 250, 500][random.below(8)];
        let text = match kind {
            "IN" | "BN" => substance(&mut random).en,
            "PIN" => format!("{} hydrochloride", name(ingredient)),
            "DF" => format!("Oral Tablet {number}"),
            "SCDC" => format!("{} {strength} MG", name(ingredient)),
            "SCDF" => format!("{} Oral Tablet", name(ingredient)),
            "SCD" => format!("{} {strength} MG Oral Tablet", name(ingredient)),
            _ => {
                let (brand, drug) = (drawn("BN", &mut random), drawn("SCD", &mut random));
                edges.push((drug, "RO", "tradename_of", number));
                edges.push((brand, "RO", "has_ingredient", number));
                format!("{} [{}]", name(drug), name(brand))
            }
        };
        match kind {
            "PIN" => edges.push((ingredient, "RN", "form_of", number)),
            "BN" => edges.push((ingredient, "RO", "tradename_of", number)),
            "SCDC" | "SCDF" => edges.push((ingredient, "RO", "has_ingredient", number)),
            "SCD" => {
                edges.push((ingredient, "RO", "has_ingredient", number));
                edges.push((drawn("SCDC", &mut random), "RO", "consists_of", number));
                edges.push((drawn("SCDF", &mut random), "RN", "isa", number));
                edges.push((drawn("DF", &mut random), "RO", "has_dose_form", number));
            }
            _ => {}
        }
        names.push(text);
    }
    write(&mut folder, &concepts, &names, &edges)?;
    Ok(folder.written)
}

fn write(
    folder: &mut Folder,
    concepts: &[(usize, &str)],
    names: &[String],
    edges: &[(usize, &str, &str, usize)],
) -> io::Result<()> {
    folder.file("RXNCONSO.RRF", |lines| {
        for ((number, kind), name) in concepts.iter().zip(names) {
            let (code, suppress) = (code(*number), if number % 25 == 24 { "O" } else { "N" });
            lines.line(format_args!(
                "{code}|ENG||||||{number}||{code}||RXNORM|{kind}|{code}|{name}||{suppress}|4096|"
            ))?;
            if matches!(*kind, "SCD" | "SBD") {
                lines.line(format_args!(
                    "{code}|ENG||||||9{number}||{code}||RXNORM|PSN|{code}|{name} (prescribed)||{suppress}|4096|"
                ))?;
            }
        }
        Ok(())
    })?;
    folder.file("RXNREL.RRF", |lines| {
        for (number, (target, rel, rela, source)) in edges.iter().enumerate() {
            let (target, source) = (code(*target), code(*source));
            lines.line(format_args!(
                "{target}||CUI|{rel}|{source}||CUI|{rela}|{number}||RXNORM||||N|4096|"
            ))?;
        }
        Ok(())
    })?;
    folder.file("RXNSTY.RRF", |lines| {
        for (number, kind) in concepts {
            let (id, words) = match *kind {
                "SCD" | "SBD" | "SCDC" | "SCDF" => ("T200", "Clinical Drug"),
                _ => ("T121", "Pharmacologic Substance"),
            };
            lines.line(format_args!("{}|{id}|A1.3.3|{words}||4096|", code(*number)))?;
        }
        Ok(())
    })
}
