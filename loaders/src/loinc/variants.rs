//! Linguistic variants: names of terms in other languages, one file for each producer.

use codesystems::model::{ConceptId, DisplayRank};

use super::Loader;
use super::terms::{axis_columns, fully_specified_name};
use crate::Result;
use crate::archive::File;
use crate::table::{Row, Table};

/// Language and country in a name like `deAT24LinguisticVariant.csv`, as a BCP 47 tag.
pub(super) fn language_tag(name: &str) -> Option<String> {
    let upper = name.find(|c: char| !c.is_ascii_lowercase()).filter(|at| (2..=3).contains(at))?;
    let (language, rest) = name.split_at_checked(upper)?;
    let (country, rest) = rest.split_at_checked(2)?;
    let is_country = country.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_country && rest.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| format!("{language}-{country}"))
}

/// Sorts the variant of the country that a language is named after before the others of that
/// language: designations added first win, so a wish for `de` is answered in deDE, then deAT.
fn preference(tag: &str) -> (String, bool) {
    let (language, country) = tag.split_once('-').unwrap_or((tag, ""));
    (language.to_owned(), !country.eq_ignore_ascii_case(language))
}

/// Columns of a variant that hold names.
struct Columns {
    code: Option<usize>,
    axes: Vec<Option<usize>>,
    display: Option<usize>,
    long: Option<usize>,
    short: Option<usize>,
    related: Option<usize>,
}

impl Loader<'_> {
    /// Reads all variants, in the order in which they shall be shown.
    pub(super) fn variants(&mut self, files: Vec<&File>) -> Result<()> {
        let mut variants = Vec::new();
        for file in files {
            match language_tag(&file.name) {
                Some(tag) => variants.push((preference(&tag), tag, file)),
                None => self.report.warn(
                    &file.path,
                    0,
                    "a linguistic variant whose file name does not begin with language, country \
                     and number (deDE15…); it was skipped",
                ),
            }
        }
        variants.sort_by(|a, b| (&a.0, &a.2.name).cmp(&(&b.0, &b.2.name)));
        for (_, tag, file) in variants {
            self.variant(file, &tag)?;
        }
        Ok(())
    }

    fn variant(&mut self, file: &File, tag: &str) -> Result<()> {
        let mut table = Table::open(file)?;
        let columns = Columns {
            code: table.required("LOINC_NUM")?,
            axes: axis_columns(&table),
            display: table.column("LinguisticVariantDisplayName"),
            long: table.column("LONG_COMMON_NAME"),
            short: table.column("SHORTNAME"),
            related: table.column("RELATEDNAMES2"),
        };
        let mut rows = 0;
        while let Some(row) = table.next()? {
            let Some(concept) = self.builder.find(row.get(columns.code)) else {
                self.unknown(&file.path, row.line, row.get(columns.code));
                continue;
            };
            self.variant_names(concept, tag, row, &columns);
            rows += 1;
        }
        self.report.count(&format!("terms in {tag}"), rows);
        table.close(self.report);
        Ok(())
    }

    /// The first of display name, long common name and fully specified name is the display.
    fn variant_names(&mut self, concept: ConceptId, tag: &str, row: Row<'_>, columns: &Columns) {
        let mut rank = DisplayRank::Preferred;
        for (text, use_id) in [
            (row.get(columns.display), self.uses.variant_name),
            (row.get(columns.long), self.uses.long_common_name),
        ] {
            if !text.is_empty() {
                self.designate(concept, tag, use_id, rank, text);
                rank = DisplayRank::Synonym;
            }
        }
        if rank == DisplayRank::Preferred {
            let name = fully_specified_name(row, &columns.axes);
            self.designate(concept, tag, self.uses.display, rank, &name);
        }
        let short = row.get(columns.short);
        self.designate(concept, tag, self.uses.short_name, DisplayRank::Synonym, short);
        let related = row.get(columns.related);
        for name in related_names(related) {
            let use_id = self.uses.related_names;
            self.designate(concept, tag, use_id, DisplayRank::SearchOnly, name);
        }
    }
}

/// The names in RELATEDNAMES2 of a variant: apart by `; ` where a producer lists a few synonyms.
///
/// Long lists stay one text, which is searched by its words: they are copies of the English column
/// or groups of words without a separator that could be relied on (in the release, blanks between
/// groups and `;` inside of them).
fn related_names(text: &str) -> impl Iterator<Item = &str> {
    const FEW: usize = 4;
    let few = text.matches("; ").count() < FEW;
    text.split(if few { "; " } else { "\n" }).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_and_country_are_read_from_the_file_name() {
        for (name, expected) in [
            ("deDE15LinguisticVariant.csv", Some("de-DE")),
            ("zhCN5LinguisticVariant.csv", Some("zh-CN")),
            ("filPH31LinguisticVariant.csv", Some("fil-PH")),
            ("LinguisticVariants.csv", None),
            ("deutsch.csv", None),
            ("ü", None),
        ] {
            assert_eq!(language_tag(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn short_lists_of_names_are_taken_apart() {
        let names = |text| related_names(text).collect::<Vec<_>>();
        assert_eq!(names("COHb; CO-Hämoglobin"), ["COHb", "CO-Hämoglobin"]);
        assert_eq!(names("水平;浓度 血;血液"), ["水平;浓度 血;血液"]);
        assert_eq!(names("a; b; c; d; e"), ["a; b; c; d; e"]);
    }

    #[test]
    fn the_country_of_the_language_comes_first() {
        let mut tags = ["fr-BE", "de-AT", "fr-FR", "de-DE", "es-AR", "fr-CA"];
        tags.sort_by_key(|tag| (preference(tag), *tag));
        assert_eq!(tags, ["de-DE", "de-AT", "es-AR", "fr-FR", "fr-BE", "fr-CA"]);
    }
}
