//! `ValueSet/$related`, which servers also publish as `$compare`.
//!
//! Source: HL7 terminology ecosystem guide, operation `$related`.

use codesystems::Canonical;
use valuesets::compare::{Comparison, Relation};
use valuesets::model::ValueSet;

use super::scope::ValueSetParameters;
use super::{Answer, Asked, Extent, Request};
use crate::failure::Failure;
use crate::wire::json::{JsonWriter, ParametersWriter};

const THIS: ValueSetParameters = ValueSetParameters {
    resource: "thisValueSet",
    url: "thisUrl",
    versions: ["thisVersion", "thisValueSetVersion"],
};
const OTHER: ValueSetParameters = ValueSetParameters {
    resource: "otherValueSet",
    url: "otherUrl",
    versions: ["otherVersion", "otherValueSetVersion"],
};

/// Answers `$related` at type level or, with `id` as this value set, at instance level.
///
/// Out: `result` (same, empty, subset, superset, overlapping, disjoint, indeterminate), `message`,
/// `performed-expansion`, and with `diagnostics` the codes that were compared.
///
/// # Errors
/// When a value set is missing, unknown or cannot be read. One that cannot be expanded is part of
/// the answer.
pub fn compare(request: &Request<'_>, id: Option<&str>) -> Result<Answer, Failure> {
    let asked = Asked::of(request)?;
    let this = match id {
        Some(_) => asked.value_set(request, id, Extent::Whole)?,
        None => asked.named(request, &THIS, Extent::Whole)?,
    };
    let this = this.value_set;
    let other = asked.named(request, &OTHER, Extent::Whole)?.value_set;
    let tells_codes = request.parameters.boolean("diagnostics")?.unwrap_or(false);
    let names = (name(&this), name(&other));
    let mut json = JsonWriter::with_capacity(512);
    let mut out = ParametersWriter::begin(&mut json);
    match valuesets::compare::compare(&this, &other, &asked.scope(request)) {
        Ok(comparison) => {
            out.code("result", comparison.relation.code());
            out.string("message", &message(comparison.relation, &names));
            out.boolean("performed-expansion", comparison.expanded);
            if tells_codes {
                codes(&mut out, &comparison);
            }
        }
        Err(error) => {
            out.code("result", "indeterminate");
            let (this, other) = &names;
            out.string(
                "message",
                &format!("Unable to compare {this} and {other}: This expansion failed: {error}"),
            );
            out.boolean("performed-expansion", true);
        }
    }
    out.finish();
    Ok(Answer::ok(json.into_bytes()))
}

fn name(value_set: &ValueSet) -> String {
    Canonical::new(value_set.url.as_str(), Some(&value_set.version)).to_string()
}

fn codes(out: &mut ParametersWriter<'_>, comparison: &Comparison) {
    let lists = [
        ("common-codes", &comparison.common),
        ("missing-codes", &comparison.missing),
        ("extra-codes", &comparison.extra),
    ];
    for (name, codes) in lists {
        if !codes.is_empty() {
            out.string(name, &codes.join(","));
        }
    }
}

fn message(relation: Relation, (this, other): &(String, String)) -> String {
    match relation {
        Relation::Same => format!("The value sets {this} and {other} contain the same codes"),
        Relation::Empty => format!("The value sets {this} and {other} contain no codes"),
        Relation::Subset => format!("The valueSet {this} is a sub-set of the valueSet {other}"),
        Relation::Superset => {
            format!("The valueSet {this} is a super-set of the valueSet {other}")
        }
        Relation::Overlapping => format!(
            "Both value sets {this} and {other} contain the codes the other doesn't, but there is some overlap"
        ),
        Relation::Disjoint => format!("No shared codes between the value sets {this} and {other}"),
    }
}
