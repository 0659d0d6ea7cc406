//! LOINC in the layout of its release: 108,000 terms, parts, hierarchy, answers and variants.

use std::io;
use std::path::Path;

use super::out::{Folder, Lines};
use super::texts::{Text, check_digit, condition, substance};
use super::{Shape, Written};
use crate::rf2_generator::random::Random;
use crate::rf2_generator::words::MATERIALS;

/// Terms.
pub(super) const TERMS: usize = 108_000;
const COMPONENTS: usize = 48_000;
const GROUPERS: usize = 3_000;
const LISTS: usize = 4_500;
const ANSWERS: usize = 60_000;
const CLASSES: usize = 120;
const PROPERTIES: [&str; 12] =
    ["MCnc", "SCnc", "ACnc", "NCnc", "PrThr", "Prid", "Imp", "Find", "Titr", "CCnc", "Arb", "MFr"];
const TIMES: [&str; 4] = ["Pt", "24H", "12H", "XXX"];
const SCALES: [&str; 5] = ["Qn", "Ord", "Nom", "Nar", "OrdQn"];
const METHODS: [&str; 10] =
    ["", "", "", "", "IA", "Probe.amp.tar", "Culture", "IF", "Confirm", "Microscopy"];
/// Linguistic variants with the share of terms in them, and whether they are German.
const VARIANTS: [(&str, f64, bool); 6] = [
    ("deDE15", 25.0, true),
    ("deAT24", 8.0, true),
    ("frFR18", 60.0, false),
    ("esMX28", 45.0, false),
    ("itIT16", 50.0, false),
    ("zhCN5", 80.0, false),
];
const TABLE: [&str; 20] = [
    "LOINC_NUM",
    "COMPONENT",
    "PROPERTY",
    "TIME_ASPCT",
    "SYSTEM",
    "SCALE_TYP",
    "METHOD_TYP",
    "CLASS",
    "VersionLastChanged",
    "STATUS",
    "CONSUMER_NAME",
    "CLASSTYPE",
    "SHORTNAME",
    "ORDER_OBS",
    "EXTERNAL_COPYRIGHT_NOTICE",
    "LONG_COMMON_NAME",
    "RELATEDNAMES2",
    "EXAMPLE_UNITS",
    "VersionFirstReleased",
    "DisplayName",
];
const VARIANT: [&str; 12] = [
    "LOINC_NUM",
    "COMPONENT",
    "PROPERTY",
    "TIME_ASPCT",
    "SYSTEM",
    "SCALE_TYP",
    "METHOD_TYP",
    "CLASS",
    "SHORTNAME",
    "LONG_COMMON_NAME",
    "RELATEDNAMES2",
    "LinguisticVariantDisplayName",
];
const LINKS: [&str; 7] = [
    "LoincNumber",
    "LongCommonName",
    "PartNumber",
    "PartName",
    "PartTypeName",
    "LinkTypeName",
    "Property",
];

/// The code of the term with this number.
pub(super) fn code(number: usize) -> String {
    numbered("", 1_000 + number)
}

fn numbered(prefix: &str, number: usize) -> String {
    format!("{prefix}{number}-{}", check_digit(number))
}

/// A term.
#[derive(Debug)]
struct Term {
    component: usize,
    property: usize,
    time: usize,
    system: usize,
    scale: usize,
    method: usize,
    class: usize,
    status: &'static str,
}

/// A part of each kind by its number; kinds follow each other in the numbers of parts.
#[derive(Debug)]
struct Parts {
    components: Vec<Text>,
}

/// What the axes are called in links and parts, with how many parts each has; components first.
fn axes(components: usize) -> [(&'static str, usize); 7] {
    [
        ("COMPONENT", components),
        ("PROPERTY", PROPERTIES.len()),
        ("TIME", TIMES.len()),
        ("SYSTEM", MATERIALS.len()),
        ("SCALE", SCALES.len()),
        ("METHOD", METHODS.len()),
        ("CLASS", CLASSES),
    ]
}

impl Parts {
    fn name(&self, axis: usize, number: usize) -> String {
        let of = |names: &[&str]| names.get(number).copied().unwrap_or_default().to_owned();
        match axis {
            0 => self.components.get(number).map(|text| text.en.clone()).unwrap_or_default(),
            1 => of(&PROPERTIES),
            2 => of(&TIMES),
            3 => MATERIALS.get(number).map(|word| word.0.to_owned()).unwrap_or_default(),
            4 => of(&SCALES),
            5 => of(&METHODS),
            _ => format!("CLASS{number}"),
        }
    }

    fn code(&self, axis: usize, number: usize) -> String {
        let before: usize = axes(self.components.len()).iter().take(axis).map(|axis| axis.1).sum();
        numbered("LP", 10_000 + before + number)
    }
}

impl Term {
    fn axes(&self) -> [usize; 7] {
        let Self { component, property, time, system, scale, method, class, .. } = *self;
        [component, property, time, system, scale, method, class]
    }

    fn long_name(&self, parts: &Parts) -> String {
        let name = |axis: usize| parts.name(axis, self.axes()[axis]);
        format!("{} [{}] in {}", name(0), name(1), name(3))
    }
}

/// Writes the release.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut random = Random::new(shape.seed, "loinc");
    let components = (0..shape.of(COMPONENTS)).map(|_| component(&mut random)).collect();
    let parts = Parts { components };
    let terms: Vec<Term> = (0..shape.of(TERMS)).map(|_| term(&parts, &mut random)).collect();
    let mut folder = Folder::new(out, "loinc/Loinc_2.82");
    folder.file("LoincTable/Loinc.csv", |lines| table(lines, &terms, &parts, &mut random))?;
    folder.file("AccessoryFiles/PartFile/Part.csv", |lines| part_table(lines, &parts))?;
    for (name, primary) in [("Primary", true), ("Supplementary", false)] {
        let name = format!("AccessoryFiles/PartFile/LoincPartLink_{name}.csv");
        folder.file(&name, |lines| links(lines, &terms, &parts, primary))?;
    }
    folder.file(
        "AccessoryFiles/ComponentHierarchyBySystem/ComponentHierarchyBySystem.csv",
        |lines| hierarchy(lines, shape, &terms, &parts),
    )?;
    answers(&mut folder, shape, terms.len(), &mut random)?;
    for (name, percent, is_german) in VARIANTS {
        let name = format!("AccessoryFiles/LinguisticVariants/{name}LinguisticVariant.csv");
        folder.file(&name, |lines| {
            lines.csv(&VARIANT)?;
            for (number, term) in terms.iter().enumerate().filter(|_| random.chance(percent)) {
                variant(lines, number, term, &parts, is_german)?;
            }
            Ok(())
        })?;
    }
    Ok(folder.written)
}

fn component(random: &mut Random) -> Text {
    let text = substance(random);
    match random.below(6) {
        0 => Text { en: format!("{} Ab", text.en), de: format!("{}-Antikörper", text.de) },
        1 => Text { en: format!("{} DNA", text.en), de: format!("{}-DNA", text.de) },
        2 => condition(random),
        _ => text,
    }
}

fn term(parts: &Parts, random: &mut Random) -> Term {
    Term {
        component: random.below(parts.components.len()),
        property: random.below(PROPERTIES.len()),
        time: if random.chance(90.0) { 0 } else { random.below(TIMES.len()) },
        system: random.below(MATERIALS.len()),
        scale: random.below(SCALES.len()),
        method: random.below(METHODS.len()),
        class: random.below(CLASSES),
        status: match random.below(100) {
            0..=2 => "DEPRECATED",
            3 | 4 => "TRIAL",
            5 | 6 => "DISCOURAGED",
            _ => "ACTIVE",
        },
    }
}

fn table(lines: &mut Lines, terms: &[Term], parts: &Parts, random: &mut Random) -> io::Result<()> {
    lines.csv(&TABLE)?;
    for (number, term) in terms.iter().enumerate() {
        let axes: Vec<String> =
            term.axes().iter().enumerate().map(|(axis, &at)| parts.name(axis, at)).collect();
        let long = term.long_name(parts);
        let short: String = format!("{} {}", axes[0], axes[3]).chars().take(40).collect();
        let related: Vec<String> = (0..9).map(|_| condition(random).en).collect();
        let (code, related) = (code(number), related.join("; "));
        let class_type = (1 + number % 4).to_string();
        let order = ["Both", "Observation", "Order"][number % 3];
        let unit = if term.scale == 0 { "mg/dL" } else { "" };
        let mut row: Vec<&str> = vec![&code];
        row.extend(axes.iter().map(String::as_str));
        row.extend(["2.80", term.status, "", &class_type, &short, order, "", &long, &related]);
        row.extend([unit, "1.0", ""]);
        lines.csv(&row)?;
    }
    Ok(())
}

fn part_table(lines: &mut Lines, parts: &Parts) -> io::Result<()> {
    lines.csv(&["PartNumber", "PartTypeName", "PartName", "PartDisplayName", "Status"])?;
    for (axis, (kind, count)) in axes(parts.components.len()).into_iter().enumerate() {
        for number in 0..count {
            let name = parts.name(axis, number);
            if !name.is_empty() {
                lines.csv(&[&parts.code(axis, number), kind, &name, &name, "ACTIVE"])?;
            }
        }
    }
    Ok(())
}

fn links(lines: &mut Lines, terms: &[Term], parts: &Parts, is_primary: bool) -> io::Result<()> {
    lines.csv(&LINKS)?;
    let kinds = axes(parts.components.len());
    for (number, term) in terms.iter().enumerate() {
        let (code, long) = (code(number), term.long_name(parts));
        for (axis, at) in term.axes().into_iter().enumerate() {
            let (kind, name) = (kinds[axis].0, parts.name(axis, at));
            // The supplementary links say more of the component, the system and the class.
            let property = match (is_primary, axis) {
                (true, 0..=5) => format!("http://loinc.org/property/{kind}"),
                (false, 0) => "http://loinc.org/property/analyte".into(),
                (false, 3) => "http://loinc.org/property/system-core".into(),
                (false, 4) => "http://loinc.org/property/category".into(),
                (false, 6) => "http://loinc.org/property/CLASS".into(),
                _ => continue,
            };
            if !name.is_empty() {
                let link = if is_primary { "Primary" } else { "DetailedModel" };
                lines.csv(&[&code, &long, &parts.code(axis, at), &name, kind, link, &property])?;
            }
        }
    }
    Ok(())
}

/// A root, groupers four below each, the components below them and the terms below those; every
/// fifth term once more below another component.
fn hierarchy(lines: &mut Lines, shape: &Shape, terms: &[Term], parts: &Parts) -> io::Result<()> {
    lines.csv(&["PATH_TO_ROOT", "SEQUENCE", "IMMEDIATE_PARENT", "CODE", "CODE_TEXT"])?;
    let groupers = shape.of(GROUPERS);
    let grouper = |number: usize| numbered("LP", 400_000 + number);
    let mut paths: Vec<String> = Vec::with_capacity(groupers);
    for number in 0..groupers {
        let code = grouper(number);
        let above = number.checked_sub(1).map(|number| number / 4);
        let path = above.and_then(|above| paths.get(above)).cloned().unwrap_or_default();
        let parent = above.map(grouper).unwrap_or_default();
        lines.csv(&[&path, "1", &parent, &code, &format!("Laboratory group {number}")])?;
        paths.push(if path.is_empty() { code } else { format!("{path}.{code}") });
    }
    let place = |component: usize| {
        let above = component % groupers;
        let path = paths.get(above).cloned().unwrap_or_default();
        (path, grouper(above))
    };
    for (number, text) in parts.components.iter().enumerate() {
        let (path, parent) = place(number);
        lines.csv(&[&path, "1", &parent, &parts.code(0, number), &text.en])?;
    }
    for (number, term) in terms.iter().enumerate() {
        let second =
            number.is_multiple_of(5).then_some((term.component + 1) % parts.components.len());
        for component in [Some(term.component), second].into_iter().flatten() {
            let (path, _) = place(component);
            let parent = parts.code(0, component);
            let path = format!("{path}.{parent}");
            lines.csv(&[&path, "1", &parent, &code(number), &term.long_name(parts)])?;
        }
    }
    Ok(())
}

fn answers(
    folder: &mut Folder,
    shape: &Shape,
    terms: usize,
    random: &mut Random,
) -> io::Result<()> {
    let (lists, rows) = (shape.of(LISTS), shape.of(ANSWERS));
    let list = |number: usize| (numbered("LL", 100 + number), format!("Answer list {number}"));
    folder.file("AccessoryFiles/AnswerFile/AnswerList.csv", |lines| {
        lines.csv(&[
            "AnswerListId",
            "AnswerListName",
            "AnswerListOID",
            "ExtDefinedYN",
            "AnswerStringId",
            "LocalAnswerCode",
            "SequenceNumber",
            "DisplayText",
        ])?;
        for number in 0..rows {
            let (code, name) = list(number * lists / rows);
            let answer = random.below(rows.div_ceil(3));
            let sequence = (number % 97 + 1).to_string();
            let (answer, text) = (numbered("LA", 5_000 + answer), format!("Answer {answer}"));
            let oid = format!("1.3.6.1.4.1.12009.10.1.{number}");
            lines.csv(&[&code, &name, &oid, "N", &answer, &sequence, &sequence, &text])?;
        }
        Ok(())
    })?;
    folder.file("AccessoryFiles/AnswerFile/LoincAnswerListLink.csv", |lines| {
        lines.csv(&[
            "LoincNumber",
            "LongCommonName",
            "AnswerListId",
            "AnswerListName",
            "AnswerListLinkType",
            "ApplicableContext",
        ])?;
        for number in 0..terms / 8 {
            let (code_of_list, name) = list(number % lists);
            let kind = ["NORMATIVE", "EXAMPLE", "PREFERRED"][number % 3];
            lines.csv(&[&code(number * 8), "", &code_of_list, &name, kind, ""])?;
        }
        Ok(())
    })
}

fn variant(
    lines: &mut Lines,
    number: usize,
    term: &Term,
    parts: &Parts,
    is_german: bool,
) -> io::Result<()> {
    let text = parts.components.get(term.component).cloned().unwrap_or_default();
    let material = MATERIALS.get(term.system).copied().unwrap_or_default();
    let component = if is_german { text.de } else { format!("{} *", text.en) };
    let system = if is_german { material.2 } else { material.0 };
    // As in the release, most terms of a variant have no name beside their axes.
    let long =
        if number.is_multiple_of(4) { format!("{component} in {system}") } else { String::new() };
    let (code, property) = (code(number), parts.name(1, term.property));
    let related = format!("{component}; {system}");
    lines.csv(&[
        &code,
        &component,
        &property,
        TIMES[term.time],
        system,
        SCALES[term.scale],
        METHODS[term.method],
        "",
        "",
        &long,
        &related,
        "",
    ])
}
