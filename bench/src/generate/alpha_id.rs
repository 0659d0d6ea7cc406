//! Alpha-ID-SE: 90,000 diagnosis texts a year that point to codes of ICD-10-GM of that year.

use std::io;
use std::path::Path;

use super::icd10gm::Icd;
use super::out::Folder;
use super::texts::condition;
use super::{Shape, Written, orphanet};
use crate::rf2_generator::random::Random;

const ROWS: usize = 90_000;

/// Writes `shape.alpha_id_years` files; later years have more rows.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let icd = Icd::new(shape);
    let mut folder = Folder::new(out, "alpha_id");
    for year in shape.alpha_id_years() {
        let mut random = Random::new(shape.seed, "alpha-id");
        let codes = icd.terminal_codes(year);
        let rows = shape.of(ROWS - usize::from(shape.year - year) * 1_200);
        let name = format!("icd10gm{year}_alphaidse_edvtxt_{}0925.txt", year - 1);
        folder.file(&name, |lines| {
            for number in 0..rows {
                let text = condition(&mut random).de;
                let pick = |random: &mut Random, percent: f64| match random.chance(percent) {
                    true => random.pick(&codes).map_or("", String::as_str),
                    false => "",
                };
                let (primary, star) = (pick(&mut random, 99.5), pick(&mut random, 4.9));
                let additional = pick(&mut random, 1.0);
                let additional = if primary.is_empty() && additional.is_empty() {
                    codes.first().map_or("", String::as_str)
                } else {
                    additional
                };
                let second = pick(&mut random, 0.3);
                let orpha = match random.chance(8.0) {
                    true => orphanet::code(random.below(shape.of(orphanet::DISORDERS))).to_string(),
                    false => String::new(),
                };
                let valid = u8::from(!random.chance(1.2));
                let mark = |code: &str, mark: &str| match code {
                    "" => String::new(),
                    code => format!("{code}{mark}"),
                };
                let (star, additional) = (mark(star, "*"), mark(additional, "!"));
                let primary = if star.is_empty() { primary.to_owned() } else { mark(primary, "+") };
                lines.line(format_args!(
                    "{valid}|I{number}|{primary}|{star}|{additional}|{second}|{orpha}|{text}\r"
                ))?;
            }
            Ok(())
        })?;
    }
    Ok(folder.written)
}
