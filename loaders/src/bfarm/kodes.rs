//! `kodes`: one row a code of ICD-10-GM.

use codesystems::EditionBuilder;
use codesystems::model::{ConceptId, DisplayRank, NewDesignation, UseId};
use rustc_hash::FxHashMap;

use super::UTF8_SINCE;
use super::shape::Shape;
use super::systems::{self, ICD_10_GM};
use super::titles::Titles;
use super::vocabulary::{self, DERIVATION, PREFERRED, USAGE};
use crate::archive::File;
use crate::encoding::Lines;
use crate::{Error, Options, Release, Report, Result};

/// What the columns of a file mean.
///
/// All layouts begin with: level (3, 4, 5), place (T terminal, N not), kind (X listed, S made by a
/// subclassification), chapter, first code of the block, code with `-`, `*`, `!`, code, code
/// without dot, full title. Since 2013 the three parts of the title follow; then the attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Place of the first part of the title, from 0.
    parts: Option<usize>,
    /// Place of the first attribute, from 0.
    first_attribute: usize,
    /// Names of the attributes, those of `Meta` in ClaML.
    attributes: &'static [&'static str],
}

const SINCE_2018: [&str; 16] = [
    "Para295",
    "Para301",
    "MortL1Code",
    "MortL2Code",
    "MortL3Code",
    "MortL4Code",
    "MortBCode",
    "SexCode",
    "SexReject",
    "AgeLow",
    "AgeHigh",
    "AgeReject",
    "RareDisease",
    "Content",
    "Infectious",
    "EBMLabor",
];
const TO_2017: [&str; 18] = [
    "Para295",
    "Para301",
    "MortL1Code",
    "MortL2Code",
    "MortL3Code",
    "MortL4Code",
    "MortBCode",
    "SexCode",
    "SexReject",
    "AgeLowDiff",
    "AgeLow",
    "AgeHighDiff",
    "AgeHigh",
    "AgeReject",
    "RareDisease",
    "Content",
    "Infectious",
    "EBMLabor",
];
const OF_2004: [&str; 14] = [
    "Para295",
    "Para301",
    "MortL1Code",
    "MortL2Code",
    "MortL3Code",
    "MortL4Code",
    "MortBCode",
    "SexCode",
    "SexReject",
    "AgeLowDiff",
    "AgeHighDiff",
    "AgeReject",
    "RareDisease",
    "Content",
];

impl Layout {
    /// The layout of rows with this many columns: 23 (2004), 27 (2005 to 2012), 30 (2013 to 2017)
    /// or 28 (since 2018).
    pub(super) fn of(columns: usize) -> Option<Self> {
        Some(match columns {
            23 => Self { parts: None, first_attribute: 9, attributes: &OF_2004 },
            27 => Self { parts: None, first_attribute: 9, attributes: &TO_2017 },
            28 => Self { parts: Some(9), first_attribute: 12, attributes: &SINCE_2018 },
            30 => Self { parts: Some(9), first_attribute: 12, attributes: &TO_2017 },
            _ => return None,
        })
    }
}

/// Reads the three files of one year.
pub(super) fn load(
    files: &[(Shape, &File)],
    release: &Release,
    options: &Options,
    report: &mut Report,
) -> Result<EditionBuilder> {
    let mut titles = Titles::default();
    let mut kodes = None;
    for (shape, file) in files {
        let encoding = systems::encoding_of(file, options, UTF8_SINCE, report)?;
        match shape {
            Shape::Kapitel => titles.read_chapters(file, encoding, report)?,
            Shape::Gruppen => titles.read_blocks(file, encoding, report)?,
            Shape::Kodes => {
                if let Some((first, _)) = kodes.replace((*file, encoding)) {
                    let first: &File = first;
                    let problem = format!("a second list of codes beside {}", first.path);
                    return Err(Error::file(&file.path, problem));
                }
            }
            Shape::Umsteiger => {}
        }
    }
    let Some((file, encoding)) = kodes else {
        return Err(Error::file(release.path(), "'kodes', the list of codes, is missing"));
    };
    let year = systems::required_year(options, &file.name, &file.path)?;
    let mut builder = EditionBuilder::new(ICD_10_GM.meta(&year, options));
    builder.provenance = systems::provenance(release);
    let use_id = builder.designation_use(ICD_10_GM.url, PREFERRED.0, PREFERRED.1);
    let mut codes =
        Codes { builder, titles, use_id, categories: Vec::new(), last: FxHashMap::default() };
    codes.read(file, Lines::open(file, encoding)?, report)?;
    codes.connect(&file.path, report)
}

/// A category with what its place in the hierarchy follows from.
struct Category {
    concept: ConceptId,
    chapter: String,
    block: String,
}

struct Codes {
    builder: EditionBuilder,
    titles: Titles,
    use_id: UseId,
    categories: Vec<Category>,
    /// Last three-digit code of each block, by its first.
    last: FxHashMap<String, String>,
}

impl Codes {
    fn read(&mut self, file: &File, mut lines: Lines, report: &mut Report) -> Result<()> {
        let mut expected = None;
        while let Some(line) = lines.next_line()? {
            if line.text.trim().is_empty() {
                continue;
            }
            let columns: Vec<&str> = line.text.split(';').map(str::trim).collect();
            let known = Layout::of(columns.len())
                .filter(|layout| expected.is_none_or(|expected: Layout| expected == *layout));
            let Some(layout) = known else {
                let problem = format!(
                    "{} columns, expected {}",
                    columns.len(),
                    expected.map_or("23, 27, 28 or 30".into(), |layout| {
                        (layout.first_attribute + layout.attributes.len()).to_string()
                    })
                );
                return Err(lines.error(problem));
            };
            expected = Some(layout);
            if let Err(problem) = self.row(&columns, layout) {
                return Err(Error::line(&file.path, line.number, problem));
            }
        }
        report.bytes += lines.bytes();
        report.count("codes", self.categories.len() as u64);
        Ok(())
    }

    fn row(&mut self, columns: &[&str], layout: Layout) -> Result<(), String> {
        let column = |at: usize| columns.get(at).copied().unwrap_or_default();
        let (level, place, derivation, code) = (column(0), column(1), column(2), column(6));
        if code.is_empty() {
            return Err("no code in column 7".into());
        }
        if self.builder.find(code).is_some() {
            return Err(format!("code '{code}' again"));
        }
        let concept = self.builder.concept(code);
        let builder = &mut self.builder;
        vocabulary::kind(builder, concept, "category");
        vocabulary::code_property(builder, concept, USAGE, usage(column(5)));
        vocabulary::code_property(builder, concept, DERIVATION, derivation);
        let language = builder.meta.language.clone();
        builder.display(concept, &language, column(8));
        let level: usize = level.parse().map_err(|_| format!("level '{level}' in column 1"))?;
        let own = layout.parts.and_then(|parts| Some(column(parts + level.checked_sub(3)?)));
        if let Some(own) = own.filter(|own| derivation == "X" && *own != column(8)) {
            let title = NewDesignation::new(&language, self.use_id, own, DisplayRank::Synonym);
            builder.designation(concept, &title);
        }
        for (at, name) in (layout.first_attribute..).zip(layout.attributes) {
            vocabulary::text_property(builder, concept, (name, ""), column(at));
        }
        vocabulary::terminal(builder, concept, place == "T");
        let (chapter, block) = (column(3).to_owned(), column(4).to_owned());
        if code.len() == 3 {
            let last = self.last.entry(block.clone()).or_insert_with(|| code.to_owned());
            if last.as_str() < code {
                code.clone_into(last);
            }
        }
        self.categories.push(Category { concept, chapter, block });
        Ok(())
    }

    /// Puts codes below codes, three-digit codes below blocks, blocks below chapters.
    fn connect(mut self, path: &str, report: &mut Report) -> Result<EditionBuilder> {
        let blocks = self.blocks(path, report);
        for category in std::mem::take(&mut self.categories) {
            let code = self.builder.code(category.concept).to_owned();
            let above = (1..code.len()).rev().filter_map(|end| code.get(..end));
            let above = above.filter(|above| above.len() >= 3 && !above.ends_with('.'));
            let parent = above.into_iter().find_map(|above| self.builder.find(above));
            let parent = parent.or_else(|| blocks.get(&category.block).copied());
            let parent = parent.unwrap_or_else(|| {
                report.count("codes without a block", 1);
                self.titles.chapter(&category.chapter, &mut self.builder, path, report)
            });
            self.builder.parent(category.concept, parent);
        }
        Ok(self.builder)
    }

    /// The concepts of the blocks, by their first code.
    fn blocks(&mut self, path: &str, report: &mut Report) -> FxHashMap<String, ConceptId> {
        let mut chapters = FxHashMap::default();
        for category in &self.categories {
            chapters.entry(category.block.clone()).or_insert_with(|| category.chapter.clone());
        }
        let mut blocks: Vec<_> = std::mem::take(&mut self.titles.blocks).into_iter().collect();
        blocks.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut concepts = FxHashMap::default();
        for (first, block) in blocks {
            let last = block.last.as_ref().or(self.last.get(&first)).unwrap_or(&first);
            let concept = self.builder.concept(&format!("{first}-{last}"));
            vocabulary::kind(&mut self.builder, concept, "block");
            let language = self.builder.meta.language.clone();
            self.builder.display(concept, &language, &block.title);
            if let Some(chapter) = block.chapter.as_ref().or(chapters.get(&first)) {
                let chapter = self.titles.chapter(chapter, &mut self.builder, path, report);
                self.builder.parent(concept, chapter);
            }
            concepts.insert(first, concept);
        }
        report.count("blocks", concepts.len() as u64);
        if concepts.is_empty() {
            report.warn(path, 0, "no blocks: 'gruppen' is missing; codes are put below chapters");
        }
        concepts
    }
}

/// The usage that the marks of column 6 stand for.
fn usage(marked: &str) -> &'static str {
    match marked {
        marked if marked.contains('*') => "aster",
        marked if marked.contains('!') => "optional",
        marked if marked.contains(['+', '†']) => "dagger",
        _ => "",
    }
}
