//! Unit expressions, code system `http://unitsofmeasure.org`.
//!
//! Source: The Unified Code for Units of Measure, 2.2; read by the crate `octofhir-ucum`.

use octofhir_ucum::{UnitExpr, generate_display_name, get_canonical_units, parse_expression};

use crate::grammar::Made;

/// The unit itself with its analysis, or why it is none.
pub(crate) fn check(code: &str) -> Result<Made, String> {
    let read = readable(code)?;
    octofhir_ucum::validate(&read).map_err(|error| error.to_string())?;
    let tree = parse_expression(&read).map_err(|error| error.to_string())?;
    // A unit is its own display: the specification names atoms, but no expressions.
    Ok(Made::new(code).named("en", code).named("en", &analysis(&tree)))
}

/// Whether the canonical form of the unit `code` is `required`, in whatever way that is written; if
/// not, why.
pub(crate) fn has_canonical(code: &str, required: &str) -> Result<(), String> {
    let form = |unit: &str| {
        let canonical = get_canonical_units(&readable(unit)?).map_err(|error| error.to_string())?;
        Ok::<_, String>(canonical.unit)
    };
    let found = form(code)?;
    if form(required)? == found {
        return Ok(());
    }
    Err(format!("Code {code} has canonical form {found}, not {required} as required"))
}

/// The expression as the parser takes it. It accepts some that UCUM does not have (powers written
/// with `^`), and none with blanks in annotations, which the specification leaves to users
/// (section 6), nor with annotations behind parentheses, which only the older grammar in Backus-Naur
/// form leaves out: HL7's list of common units has them.
fn readable(code: &str) -> Result<String, String> {
    if code.is_empty() {
        return Err("a unit must not be empty".into());
    }
    let mut read = String::with_capacity(code.len());
    let (mut is_annotation, mut is_kept, mut brackets) = (false, true, 0u32);
    for character in code.chars() {
        match character {
            '{' if is_annotation => return Err("annotations cannot be nested".into()),
            '{' => {
                is_annotation = true;
                is_kept = !read.ends_with(')');
            }
            '}' if is_annotation => {
                is_annotation = false;
                if !std::mem::replace(&mut is_kept, true) {
                    continue;
                }
            }
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            ' ' if is_annotation => {
                if is_kept {
                    read.push('_');
                }
                continue;
            }
            '^' if !is_annotation && brackets == 0 => {
                return Err("powers are written without '^', as in 10*9 or m2".into());
            }
            '!'..='~' => {}
            bad => return Err(format!("the character '{bad}' does not occur in UCUM")),
        }
        if is_kept {
            read.push(character);
        }
    }
    if is_annotation {
        return Err("an annotation is not closed".into());
    }
    Ok(read)
}

/// The names of the units of an expression and how they are put together; an annotation has no
/// meaning, and is the factor 1.
fn analysis(tree: &UnitExpr) -> String {
    let grouped = |part: &UnitExpr| match part {
        UnitExpr::Product(_) | UnitExpr::Quotient(..) | UnitExpr::Reciprocal(_) => {
            format!("({})", analysis(part))
        }
        _ => analysis(part),
    };
    match tree {
        UnitExpr::Annotation(_) => "1".into(),
        UnitExpr::Annotated(unit, _) => format!("{} * 1", analysis(unit)),
        UnitExpr::Product(factors) => {
            let mut texts = factors.iter().enumerate().map(|(number, factor)| match number {
                0 => analysis(factor),
                _ => grouped(factor),
            });
            let first = texts.next().unwrap_or_default();
            texts.fold(first, |all, text| format!("{all} * {text}"))
        }
        UnitExpr::Quotient(above, below) => format!("{} / {}", analysis(above), grouped(below)),
        UnitExpr::Reciprocal(below) => format!("1 / {}", grouped(below)),
        atom => generate_display_name(atom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_accepted_and_lookalikes_refused() {
        for good in [
            "mg/dL",
            "10*9/L",
            "mL/min/{1.73_m2}",
            "Cel",
            "[degF]",
            "1",
            "%",
            "mm[Hg]",
            "{score}",
            "mg/dL{milligram per deciliter}",
            "{a b}",
            "/min",
            "kg.m/s2",
            "U/(10.g){feces}",
            "g/(8.h){a shift}/d",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "foo",
            "mmHg",
            "10^9/L",
            "µg",
            "mg / dL",
            "mg//dL",
            "°C",
            " mg",
            "{a}}",
            "{a b",
            "{ä}",
            "mg/dL {x}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn units_are_told_in_words() {
        for (unit, words) in [
            ("mg/dL", "(milligram) / (deciliter)"),
            ("mg/dL{milligram per deciliter}", "(milligram) / (deciliter) * 1"),
            ("{score}", "1"),
            ("/min", "1 / (minute)"),
            ("kg.m/s2", "(kilogram) * (meter) / (second ^ 2)"),
            ("mL/(kg.h)", "(milliliter) / ((kilogram) * (hour))"),
        ] {
            assert_eq!(check(unit).unwrap().names.last().unwrap().text, words, "{unit}");
        }
    }

    #[test]
    fn units_with_one_canonical_form_belong_together() {
        for (unit, canonical, expected) in [
            ("kg", "g", true),
            ("[lb_av]", "g", true),
            ("mg{dry}", "g", true),
            ("mL", "g", false),
            ("g/L", "g.m-3", true),
            ("foo", "g", false),
            ("g", "foo", false),
        ] {
            assert_eq!(has_canonical(unit, canonical).is_ok(), expected, "{unit} {canonical}");
        }
    }
}
