//! A ClaML document: what ICD-10-GM and OPS are published in.

use std::io;

use super::out::Lines;

/// What a document says of itself.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) year: u16,
    pub(super) title: &'a str,
    pub(super) oid: &'a str,
}

/// A class. Classes are written parents first.
#[derive(Debug, Default, Clone)]
pub(super) struct Class {
    pub(super) code: String,
    /// `chapter`, `block` or `category`.
    pub(super) kind: &'static str,
    /// Place of the class above in the list of classes.
    pub(super) above: Option<usize>,
    pub(super) title: String,
    /// The long title, where it differs.
    pub(super) long: String,
    /// `dagger`, `aster`, `optional` or nothing.
    pub(super) usage: &'static str,
    /// Number of the modifier that is applied.
    pub(super) modifier: Option<usize>,
    /// How many of its values are valid, if not all.
    pub(super) valid: Option<usize>,
    /// `Meta` names and values.
    pub(super) metas: Vec<(&'static str, &'static str)>,
    /// Kinds and labels of further rubrics; a label may end in the code of a class to refer to.
    pub(super) rubrics: Vec<(&'static str, String, Option<String>)>,
    /// The first year that has the class.
    pub(super) since: u16,
}

/// A modifier: the codes and titles of its values.
pub(super) type Modifier = Vec<(String, String)>;

const RUBRIC_KINDS: [&str; 6] =
    ["preferred", "preferredLong", "inclusion", "exclusion", "coding-hint", "definition"];

/// Writes the document of one year: the classes that there are since then.
pub(super) fn write(
    lines: &mut Lines,
    head: &Head<'_>,
    modifiers: &[Modifier],
    classes: &[Class],
) -> io::Result<()> {
    let Head { name, year, title, oid } = head;
    lines.line(format_args!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"))?;
    lines.line(format_args!("<!DOCTYPE ClaML SYSTEM \"ClaML.dtd\">"))?;
    lines.line(format_args!("<ClaML version=\"2.0.0\">"))?;
    lines.line(format_args!("<Meta name=\"lang\" value=\"de\"/>"))?;
    lines.line(format_args!("<Identifier authority=\"BfArM\" uid=\"{oid}\"/>"))?;
    lines.line(format_args!(
        "<Title date=\"{}-09-15\" name=\"{name}\" version=\"{year}\">{title} {year} (erfunden)</Title>",
        year - 1
    ))?;
    lines.line(format_args!("<ClassKinds><ClassKind name=\"chapter\"/><ClassKind name=\"block\"/><ClassKind name=\"category\"/></ClassKinds>"))?;
    lines.line(format_args!("<UsageKinds><UsageKind mark=\"*\" name=\"aster\"/><UsageKind mark=\"+\" name=\"dagger\"/><UsageKind mark=\"!\" name=\"optional\"/></UsageKinds>"))?;
    let kinds = RUBRIC_KINDS.map(|kind| format!("<RubricKind name=\"{kind}\"/>")).concat();
    lines.line(format_args!("<RubricKinds>{kinds}</RubricKinds>"))?;
    for (number, values) in modifiers.iter().enumerate() {
        lines.line(format_args!("<Modifier code=\"M{number}\"/>"))?;
        for (code, title) in values {
            lines.line(format_args!(
                "<ModifierClass code=\"{code}\" modifier=\"M{number}\"><SuperClass code=\"M{number}\"/>{}</ModifierClass>",
                rubric("preferred", title, None)
            ))?;
        }
    }
    let mut below: Vec<Vec<&str>> = vec![Vec::new(); classes.len()];
    let of_year = |class: &&Class| class.since <= *year;
    for class in classes.iter().filter(of_year) {
        if let Some(list) = class.above.and_then(|above| below.get_mut(above)) {
            list.push(&class.code);
        }
    }
    for (class, below) in classes.iter().zip(&below).filter(|(class, _)| of_year(class)) {
        let above = class.above.and_then(|above| classes.get(above));
        element(lines, class, above, below, modifiers)?;
    }
    lines.line(format_args!("</ClaML>"))
}

fn element(
    lines: &mut Lines,
    class: &Class,
    above: Option<&Class>,
    below: &[&str],
    modifiers: &[Modifier],
) -> io::Result<()> {
    let usage = match class.usage {
        "" => String::new(),
        usage => format!(" usage=\"{usage}\""),
    };
    lines.line(format_args!("<Class code=\"{}\" kind=\"{}\"{usage}>", class.code, class.kind))?;
    for (name, value) in &class.metas {
        lines.line(format_args!("<Meta name=\"{name}\" value=\"{value}\"/>"))?;
    }
    if let Some(above) = above {
        lines.line(format_args!("<SuperClass code=\"{}\"/>", above.code))?;
    }
    for code in below {
        lines.line(format_args!("<SubClass code=\"{code}\"/>"))?;
    }
    if let Some(number) = class.modifier {
        let values = modifiers.get(number).map_or(&[][..], Vec::as_slice);
        let valid: String = (values.iter().take(class.valid.unwrap_or(0)))
            .map(|(code, _)| format!("<ValidModifierClass code=\"{code}\"/>"))
            .collect();
        let all = class.valid.is_none();
        lines.line(format_args!(
            "<ModifiedBy all=\"{all}\" code=\"M{number}\">{valid}</ModifiedBy>"
        ))?;
    }
    if !class.long.is_empty() {
        lines.line(format_args!("{}", rubric("preferredLong", &class.long, None)))?;
    }
    lines.line(format_args!("{}", rubric("preferred", &class.title, None)))?;
    for (kind, label, reference) in &class.rubrics {
        lines.line(format_args!("{}", rubric(kind, label, reference.as_deref())))?;
    }
    lines.line(format_args!("</Class>"))
}

fn rubric(kind: &str, label: &str, reference: Option<&str>) -> String {
    let reference = reference.map_or_else(String::new, |code| {
        format!(" <Reference class=\"in brackets\">{code}</Reference>")
    });
    format!(
        "<Rubric kind=\"{kind}\"><Label xml:lang=\"de\" xml:space=\"default\">{label}{reference}</Label></Rubric>"
    )
}
