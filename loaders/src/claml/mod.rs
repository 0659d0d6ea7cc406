//! ClaML 2.0: ICD-10-GM, OPS, ICD-O-3, ICD-10-WHO.
//!
//! A ClaML file names some 12,000 classes of ICD-10-GM, but means 16,817 codes: the others come
//! into being by appending the values of *modifiers* to the codes of classes. The rules of that
//! expansion are in the module `expand`.
//!
//! What becomes what:
//!
//! | ClaML | edition |
//! |---|---|
//! | `Class`, `ModifierClass` applied to a class | concept; kind and property `kind` |
//! | class kinds other than `category` | not selectable |
//! | `preferredLong`, else `preferred` | display; `preferred` stays as a synonym where both differ |
//! | `inclusion` | designation that is searched, never shown as display |
//! | every other rubric | text property of the rubric's name (`exclusion`, `coding-hint`, `definition`, …) |
//! | references in exclusions | property `excludes-code` |
//! | `usage` | property `usage`: `dagger`, `aster`, `optional` |
//! | `Meta` | text property of its own name (`Para295`, `SexCode`, …) |
//! | `SuperClass`, `SubClass` | hierarchy |
//! | computed | properties `terminal` (nothing below) and `derivation` (`X` listed, `S` made by a modifier) |
//!
//! Source: ClaML 2.0.0 (EN 14463:2007) and the files of BfArM, which use a part of it.

mod concepts;
mod expand;
mod header;
mod hierarchy;
mod model;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod xml;

use crate::archive::File;
use crate::bfarm::systems::{self, ICD_O_3};
use crate::{Error, Options, Probe, Release, Report, Result, Sink};
use concepts::Concepts;
use header::Header;
use model::Element;
use parse::Parser;

/// Whether the file is ClaML, by its root element. Every file is a release of its own.
#[must_use]
pub fn recognise(probe: &Probe<'_>) -> Option<String> {
    (xml::root_name(probe.text)? == "ClaML").then(|| probe.file.path.clone())
}

/// Reads a ClaML document into one edition.
///
/// # Errors
/// When the document is not well-formed, truncated, has another root element, names a SuperClass
/// that does not exist, lists a class twice, or when its hierarchy has a cycle; each with the
/// line. When the classification is not known and neither named nor given a URL.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    for file in &release.files {
        let mut builder = load_file(file, options, report)?;
        builder.provenance = systems::provenance(release);
        report.count("concepts", builder.concept_count() as u64);
        report.count("designations", builder.designation_count() as u64);
        sink.edition(builder)?;
    }
    Ok(())
}

fn load_file(
    file: &File,
    options: &Options,
    report: &mut Report,
) -> Result<codesystems::EditionBuilder> {
    let mut parser = Parser::open(file)?;
    let mut header = Header::default();
    let mut concepts: Option<Concepts> = None;
    while let Some(element) = parser.next_element()? {
        let node = match element {
            Element::Meta(name, value) => {
                header.metas.push((name, value));
                continue;
            }
            Element::Identifier { authority, uid } => {
                header.identifiers.push((authority, uid));
                continue;
            }
            Element::Title { name, version, date, text } => {
                header = Header { name, version, date, title: text, ..header };
                continue;
            }
            Element::Modifier { rubrics } => {
                report.count("modifier rubrics not kept", rubrics);
                continue;
            }
            Element::ModifierClass(_) | Element::Class(_) => element,
        };
        let concepts = match &mut concepts {
            Some(concepts) => concepts,
            None => concepts.insert(start(&header, file, options, report)?),
        };
        match node {
            Element::Class(node) => concepts.class(node, report)?,
            Element::ModifierClass(node) => concepts.modifier_class(node, report),
            _ => {}
        }
    }
    report.bytes += parser.bytes();
    match concepts {
        Some(concepts) if concepts.has_classes() => concepts.finish(report),
        _ => Err(Error::file(&file.path, "there is no <Class> in the file")),
    }
}

fn start(header: &Header, file: &File, options: &Options, report: &mut Report) -> Result<Concepts> {
    let meta = header.edition_meta(&file.path, options, report)?;
    let colon_is_slash = header.system() == Some(ICD_O_3);
    Ok(Concepts::new(&file.path, meta, colon_is_slash))
}
