//! Rules of extended maps.
//!
//! A rule is `TRUE`, `OTHERWISE TRUE`, or conditions joined by `AND`: `IFA 248152002 | Female |` (the
//! patient has it) and `IFA 445518008 | Age at onset | >= 28.0 days`. A condition becomes a part of
//! `dependsOn`: a concept the patient has under the name `mapRule`, a measured one under its own
//! identifier, with the comparison as text.
//!
//! Source: SNOMED CT Release File Specification, complex and extended map reference sets.

use codesystems::PropertyValue;

use super::super::Part;
use super::super::translate::Match;
use super::SNOMED;

/// The conditions of a rule; one that does not follow the form gives none.
pub(super) fn conditions(rule: &str) -> Vec<Part<'_>> {
    let clauses = rule.split("IFA ").skip(1);
    let read = clauses.map(|clause| {
        let clause = clause.trim().trim_end_matches(" AND").trim();
        let (id, rest) = clause.split_once('|').unwrap_or((clause, ""));
        let (id, (term, comparison)) = (id.trim(), rest.split_once('|').unwrap_or((rest, "")));
        let is_id = (6..=18).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        let (display, comparison) = (term.trim(), comparison.trim());
        let part = match comparison {
            "" => Part {
                name: "mapRule",
                value: PropertyValue::Coding { system: SNOMED, version: "", code: id, display },
            },
            comparison => Part { name: id, value: PropertyValue::String(comparison) },
        };
        is_id.then_some(part)
    });
    read.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Whether a mapping without conditions has none by its rule.
pub(in crate::conceptmap) fn is_always(found: &Match<'_>) -> bool {
    let rule = found.properties.iter().find(|part| part.name == "mapRule");
    rule.is_none_or(|part| part.value.text().trim().ends_with("TRUE"))
}

/// Of each map group what may still be taken: everything up to the first mapping whose conditions
/// `holds` confirms. `matches` are in the order of group and priority.
pub(in crate::conceptmap) fn up_to_first<'m>(
    matches: Vec<Match<'m>>,
    holds: impl Fn(&Match<'_>) -> bool,
) -> Vec<Match<'m>> {
    let mut decided = None;
    let group = |found: &Match<'_>| {
        let group = found.properties.iter().find(|part| part.name == "mapGroup");
        (found.source.code.to_owned(), group.map(|part| part.value.text().into_owned()))
    };
    let mut kept = matches;
    kept.retain(|found| {
        let group = Some(group(found));
        let is_open = decided != group;
        if is_open && holds(found) {
            decided = group;
        }
        is_open
    });
    kept
}

/// Whether `said`, a measured value as `35 days`, satisfies `condition`, as `>= 28.0 days`; `None`
/// where one of them is nothing of the kind or their units cannot be compared.
pub(in crate::conceptmap) fn satisfies(said: &str, condition: &str) -> Option<bool> {
    let symbols = ["<=", ">=", "<", ">", "="];
    let (symbol, limit) = symbols
        .into_iter()
        .find_map(|symbol| Some((symbol, condition.trim().strip_prefix(symbol)?)))?;
    let ((said, unit), (limit, of_limit)) = (quantity(said)?, quantity(limit)?);
    let (said, limit) = match (days(unit), days(of_limit)) {
        (Some(one), Some(other)) => (said * one, limit * other),
        _ if unit == of_limit => (said, limit),
        _ => return None,
    };
    Some(match symbol {
        "<=" => said <= limit,
        ">=" => said >= limit,
        "<" => said < limit,
        ">" => said > limit,
        _ => (said - limit).abs() < f64::EPSILON,
    })
}

fn quantity(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit.trim()))
}

/// How many days a unit of time has; months and years have their means.
fn days(unit: &str) -> Option<f64> {
    Some(match unit.strip_suffix('s').unwrap_or(unit) {
        "hour" => 1.0 / 24.0,
        "day" => 1.0,
        "week" => 7.0,
        "month" => 365.25 / 12.0,
        "year" => 365.25,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_condition_by_condition() {
        let read = |rule: &'static str| -> Vec<(&str, String)> {
            let parts = conditions(rule).into_iter();
            parts.map(|part| (part.name, part.value.text().into_owned())).collect()
        };
        assert!(read("TRUE").is_empty() && read("OTHERWISE TRUE").is_empty());
        assert_eq!(
            read("IFA 248152002 | Female (finding) |"),
            [("mapRule", "248152002".to_owned())]
        );
        assert_eq!(
            read(
                "IFA 445518008 | Age at onset of clinical finding (observable entity) | >= 28.0 \
                 days AND IFA 445518008 | Age at onset of clinical finding (observable entity) | \
                 < 1.0 years"
            ),
            [("445518008", ">= 28.0 days".to_owned()), ("445518008", "< 1.0 years".to_owned())]
        );
        assert!(read("IFA 1").is_empty() && read("IFA Female").is_empty());
    }

    #[test]
    fn measured_values_are_compared_across_units() {
        for (said, condition, expected) in [
            ("35 days", ">= 28.0 days", Some(true)),
            ("2 weeks", ">= 28.0 days", Some(false)),
            ("1 year", "< 1.0 years", Some(false)),
            ("5 mg", "> 4 mg", Some(true)),
            ("5 mg", "> 4 days", None),
            ("female", "> 4 days", None),
            ("5", "248152002", None),
        ] {
            assert_eq!(satisfies(said, condition), expected, "{said} {condition}");
        }
    }
}
