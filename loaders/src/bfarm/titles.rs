//! Titles of chapters and blocks.

use codesystems::EditionBuilder;
use codesystems::model::ConceptId;
use rustc_hash::FxHashMap;

use super::vocabulary;
use crate::archive::File;
use crate::encoding::{Encoding, Lines};
use crate::{Report, Result};

/// A row of `gruppen`. Files before 2007 do not say where a block ends, those of 2004 not even to
/// which chapter it belongs; both follow from the codes.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) last: Option<String>,
    pub(super) chapter: Option<String>,
    pub(super) title: String,
}

/// Chapters by number without leading zero, blocks by their first code.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pub(super) chapters: FxHashMap<String, String>,
    pub(super) blocks: FxHashMap<String, Block>,
    /// Concepts of chapters made so far.
    made: FxHashMap<String, ConceptId>,
}

impl Titles {
    /// Reads `kapitel`: number;title.
    pub(super) fn read_chapters(
        &mut self,
        file: &File,
        encoding: Encoding,
        report: &mut Report,
    ) -> Result<()> {
        let mut lines = Lines::open(file, encoding)?;
        while let Some(line) = lines.next_line()? {
            if line.text.trim().is_empty() {
                continue;
            }
            let Some((number, title)) = line.text.split_once(';') else {
                return Err(lines.error("1 column, expected 2: number;title"));
            };
            self.chapters.insert(plain_number(number).into(), title.trim().into());
        }
        report.bytes += lines.bytes();
        Ok(())
    }

    /// Reads `gruppen`: first;last;chapter;title, before 2007 first;chapter;title, in 2004
    /// first;title.
    pub(super) fn read_blocks(
        &mut self,
        file: &File,
        encoding: Encoding,
        report: &mut Report,
    ) -> Result<()> {
        let mut lines = Lines::open(file, encoding)?;
        while let Some(line) = lines.next_line()? {
            if line.text.trim().is_empty() {
                continue;
            }
            let Some((first, rest)) = line.text.split_once(';') else {
                return Err(lines.error("1 column, expected 4: first;last;chapter;title"));
            };
            self.blocks.insert(first.trim().to_owned(), block(rest));
        }
        report.bytes += lines.bytes();
        Ok(())
    }

    /// The concept of a chapter, with Roman number as in ClaML; made when it is first asked for.
    pub(super) fn chapter(
        &mut self,
        number: &str,
        builder: &mut EditionBuilder,
        path: &str,
        report: &mut Report,
    ) -> ConceptId {
        let number = plain_number(number);
        if let Some(&concept) = self.made.get(number) {
            return concept;
        }
        let concept = builder.concept(&roman(number));
        vocabulary::kind(builder, concept, "chapter");
        match self.chapters.get(number) {
            Some(title) => {
                let language = builder.meta.language.clone();
                builder.display(concept, &language, title);
            }
            None => {
                report.warn(path, 0, format!("no title of chapter {number}: 'kapitel' is missing"))
            }
        }
        self.made.insert(number.to_owned(), concept);
        concept
    }
}

fn block(rest: &str) -> Block {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut columns = rest.splitn(3, ';').map(str::trim);
    let (second, third, fourth) = (columns.next(), columns.next(), columns.next());
    match (second, third, fourth) {
        (Some(last), Some(chapter), Some(title)) if is_number(chapter) && last.len() == 3 => {
            Block { last: Some(last.into()), chapter: Some(chapter.into()), title: title.into() }
        }
        (Some(chapter), Some(_), _) if is_number(chapter) => {
            let title = rest.split_once(';').map_or("", |(_, title)| title.trim());
            Block { last: None, chapter: Some(chapter.into()), title: title.into() }
        }
        _ => Block { last: None, chapter: None, title: rest.trim().into() },
    }
}

fn plain_number(text: &str) -> &str {
    text.trim().trim_start_matches('0')
}

/// A chapter number as ClaML writes it; what is not a number stays.
pub(super) fn roman(number: &str) -> String {
    let Ok(mut left) = number.parse::<u8>() else { return number.to_owned() };
    let mut roman = String::new();
    for (value, letters) in [
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ] {
        while left >= value {
            roman.push_str(letters);
            left -= value;
        }
    }
    roman
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_have_roman_numbers() {
        let numbers = ["1", "4", "9", "14", "19", "22"];
        assert_eq!(numbers.map(roman), ["I", "IV", "IX", "XIV", "XIX", "XXII"]);
    }

    #[test]
    fn blocks_are_read_in_the_layouts_of_all_years() {
        for (rest, last, chapter) in [
            ("Q09;17;Erfundene Gruppe; mit Strichpunkt", Some("Q09"), Some("17")),
            ("17;Erfundene Gruppe; mit Strichpunkt", None, Some("17")),
            ("Erfundene Gruppe; mit Strichpunkt", None, None),
        ] {
            let block = block(rest);
            assert_eq!((block.last.as_deref(), block.chapter.as_deref()), (last, chapter));
            assert_eq!(block.title, "Erfundene Gruppe; mit Strichpunkt");
        }
    }
}
