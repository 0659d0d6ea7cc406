//! What the concept model (MRCM) of an edition says of an expression.
//!
//! Read are the reference sets |MRCM attribute domain| (where an attribute may stand, whether in
//! groups, how often), |MRCM attribute range| (its values) and |MRCM domain| (which concepts a domain
//! has). Rules for precoordinated content alone are passed over, and a rule that cannot be applied,
//! because the edition lacks a concept or reference set it names, holds. Attributes are counted as
//! stated: only the upper bounds of cardinalities are looked at.
//!
//! Source: SNOMED CT Machine Readable Concept Model Specification.

use std::fmt;

use super::range::Range;
use super::{Attribute, Expression, Value};
use crate::model::SetId;
use crate::systems::snomed::ecl::{self, Evaluator};
use crate::{ConceptIx, Edition};

/// |MRCM domain international reference set|, and what those of extensions are below.
const DOMAIN: [&str; 2] = ["723560006", "723589008"];
/// |MRCM attribute domain international reference set|, and what those of extensions are below.
const ATTRIBUTE_DOMAIN: [&str; 2] = ["723561005", "723604009"];
/// |MRCM attribute range international reference set|, and what those of extensions are below.
const ATTRIBUTE_RANGE: [&str; 2] = ["723562003", "723592007"];
/// |MRCM module scope reference set|
const MODULE_SCOPE: &str = "723563008";
/// |All SNOMED CT content| and |All postcoordinated SNOMED CT content|
const CONTENT: [&str; 2] = ["723596005", "723595009"];
/// |Mandatory concept model rule|
const MANDATORY: &str = "723597001";
/// |Reference set|
const REFERENCE_SET: &str = "900000000000455006";

/// How much of the concept model an edition has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// No rule of an attribute.
    Nothing,
    /// Rules, but not which domains or modules they are for: an extract of a release.
    Part,
    /// All of it.
    Whole,
}

/// A rule that an expression breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The attribute, with its term.
    pub attribute: String,
    /// What is wrong with it.
    pub rule: Rule,
    /// Whether the rule is mandatory; others are advice.
    pub is_mandatory: bool,
}

/// What a rule demands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The focus concepts are in none of the domains of the attribute.
    Domain(Vec<String>),
    /// The value is not in the range, an expression constraint or a set of values.
    Range(String),
    /// The attribute stands in no group.
    NotGrouped,
    /// At most so many times in an expression.
    AtMost(u32),
    /// At most so many times in a group.
    AtMostInGroup(u32),
    /// The concept model does not know the attribute.
    Unknown,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attribute = &self.attribute;
        write!(formatter, "Concept model: ")?;
        match &self.rule {
            Rule::Domain(domains) => {
                let domains = domains.join(", ");
                write!(formatter, "attribute {attribute} is for concepts of the domain {domains}")
            }
            Rule::Range(range) => {
                write!(formatter, "the value of attribute {attribute} must be in: {range}")
            }
            Rule::NotGrouped => {
                write!(formatter, "attribute {attribute} cannot stand in a group")
            }
            Rule::AtMost(most) => {
                write!(formatter, "attribute {attribute} can stand at most {most} times")
            }
            Rule::AtMostInGroup(most) => {
                write!(formatter, "attribute {attribute} can stand at most {most} times in a group")
            }
            Rule::Unknown => write!(formatter, "there is no rule for attribute {attribute}"),
        }
    }
}

/// The rules of an edition.
#[derive(Debug)]
pub struct ConceptModel<'e> {
    evaluator: Evaluator<'e>,
    extent: Extent,
    domains: Vec<SetId>,
    attribute_domains: Vec<SetId>,
    attribute_ranges: Vec<SetId>,
}

/// A row of the attribute domain reference set.
struct DomainRow<'e> {
    domain: &'e str,
    is_grouped: bool,
    most: Option<u32>,
    most_in_group: Option<u32>,
    is_mandatory: bool,
}

impl<'e> ConceptModel<'e> {
    /// The rules of `edition`.
    #[must_use]
    pub fn new(edition: &'e Edition) -> Self {
        let [domains, attribute_domains, attribute_ranges] =
            [DOMAIN, ATTRIBUTE_DOMAIN, ATTRIBUTE_RANGE].map(|names| sets(edition, names));
        let has_scope = !sets(edition, [MODULE_SCOPE; 2]).is_empty();
        let extent = match (attribute_domains.is_empty(), attribute_ranges.is_empty()) {
            (false, false) if !domains.is_empty() && has_scope => Extent::Whole,
            (true, true) => Extent::Nothing,
            _ => Extent::Part,
        };
        let evaluator = Evaluator::new(edition);
        Self { evaluator, extent, domains, attribute_domains, attribute_ranges }
    }

    /// How much of the concept model there is.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// The rules that a valid expression ([`super::check`]) breaks, in its order.
    #[must_use]
    pub fn violations(&self, expression: &Expression) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.extent != Extent::Nothing {
            self.of_expression(expression, &mut found);
        }
        found
    }

    fn edition(&self) -> &'e Edition {
        self.evaluator.edition()
    }

    fn of_expression(&self, expression: &Expression, found: &mut Vec<Violation>) {
        let grouped = expression.groups.iter().flatten();
        let all: Vec<&Attribute> = expression.attributes.iter().chain(grouped).collect();
        for (place, attribute) in all.iter().enumerate() {
            let is_same = |other: &&&Attribute| other.name == attribute.name;
            let is_first = all.iter().take(place).find(is_same).is_none();
            if is_first {
                let count = all.iter().filter(is_same).count();
                self.of_attribute(expression, &attribute.name, count, found);
            }
            self.of_value(attribute, found);
            if let Value::Expression(inner) = &attribute.value {
                self.of_expression(inner, found);
            }
        }
    }

    /// Domain, grouping and cardinality. Of several domains the one that fits counts.
    fn of_attribute(
        &self,
        expression: &Expression,
        name: &str,
        count: usize,
        found: &mut Vec<Violation>,
    ) {
        let mut violated = |rule, is_mandatory| {
            found.push(Violation { attribute: self.named(name), rule, is_mandatory });
        };
        let rows = self.domain_rows(name);
        if rows.is_empty() {
            if self.extent == Extent::Whole {
                violated(Rule::Unknown, true);
            }
            return;
        }
        let fits = |row: &&DomainRow<'_>| self.is_in_domain(expression, row.domain);
        let Some(row) = rows.iter().find(fits) else {
            let domains = rows.iter().map(|row| self.named(row.domain)).collect();
            violated(Rule::Domain(domains), rows.iter().all(|row| row.is_mandatory));
            return;
        };
        let in_groups = || {
            let groups = expression.groups.iter();
            groups.map(|group| group.iter().filter(|one| one.name == name).count())
        };
        if !row.is_grouped && in_groups().any(|count| count > 0) {
            violated(Rule::NotGrouped, row.is_mandatory);
        }
        if let Some(most) = row.most.filter(|&most| count > most as usize) {
            violated(Rule::AtMost(most), row.is_mandatory);
        }
        let most = row.most_in_group.filter(|_| row.is_grouped);
        if let Some(most) = most.filter(|&most| in_groups().any(|count| count > most as usize)) {
            violated(Rule::AtMostInGroup(most), row.is_mandatory);
        }
    }

    /// A concept for people: identifier and term.
    fn named(&self, id: &str) -> String {
        let edition = self.edition();
        match edition.find_exact(id).map(|concept| edition.display(concept)) {
            Some(display) if !display.is_empty() && display != id => format!("{id} |{display}|"),
            _ => id.to_owned(),
        }
    }

    fn domain_rows(&self, attribute: &str) -> Vec<DomainRow<'e>> {
        let names = [
            "domainId",
            "grouped",
            "attributeCardinality",
            "attributeInGroupCardinality",
            "ruleStrengthId",
            "contentTypeId",
        ];
        let rows = self.rows(&self.attribute_domains, attribute, names).into_iter();
        rows.filter(|[.., content]| CONTENT.contains(content))
            .map(|[domain, grouped, most, most_in_group, strength, _]| DomainRow {
                domain,
                is_grouped: grouped != "0",
                most: upper_bound(most),
                most_in_group: upper_bound(most_in_group),
                is_mandatory: strength == MANDATORY,
            })
            .collect()
    }

    /// Whether an expression, or any of its focus concepts, is in a domain. A reference set without
    /// members tells nothing.
    fn is_in_domain(&self, expression: &Expression, domain: &str) -> bool {
        let edition = self.edition();
        let rows = self.rows(&self.domains, domain, ["domainConstraint"]);
        if let Some([constraint]) = rows.first() {
            return self.satisfies(expression, constraint);
        }
        if edition.membership_set(domain).is_some() {
            return self.satisfies(expression, &format!("^ {domain}"));
        }
        let Some(concept) = edition.find_exact(domain) else { return true };
        let is_set = edition
            .find_exact(REFERENCE_SET)
            .is_some_and(|above| edition.is_ancestor(above, concept));
        is_set || self.satisfies(expression, &format!("<< {domain}"))
    }

    /// Whether any focus concept satisfies a constraint; one that cannot be evaluated is satisfied.
    fn satisfies(&self, expression: &Expression, constraint: &str) -> bool {
        let Ok(constraint) = ecl::parse(constraint) else { return true };
        let Ok(set) = self.evaluator.evaluate(&constraint) else { return true };
        let mut focus = expression.focus.iter().filter_map(|id| self.edition().find_exact(id));
        focus.any(|concept: ConceptIx| set.contains(concept))
    }

    /// Whether the value is in a range of the attribute.
    fn of_value(&self, attribute: &Attribute, found: &mut Vec<Violation>) {
        let names = ["rangeConstraint", "ruleStrengthId", "contentTypeId"];
        let rows = self.rows(&self.attribute_ranges, &attribute.name, names).into_iter();
        let rows: Vec<_> = rows.filter(|[.., content]| CONTENT.contains(content)).collect();
        let holds = |range: &str| match Range::parse(range) {
            Some(range) => range.allows(&attribute.value),
            None => self.is_in(&attribute.value, range),
        };
        if rows.is_empty() || rows.iter().any(|[range, ..]| holds(range)) {
            return;
        }
        let ranges: Vec<&str> = rows.iter().map(|&[range, ..]| range).collect();
        found.push(Violation {
            attribute: self.named(&attribute.name),
            rule: Rule::Range(ranges.join(" OR ")),
            is_mandatory: rows.iter().all(|[_, strength, _]| *strength == MANDATORY),
        });
    }

    fn is_in(&self, value: &Value, constraint: &str) -> bool {
        let Ok(constraint) = ecl::parse(constraint) else { return true };
        let value = match value {
            Value::Concept(id) => Expression::of_concept(id),
            Value::Expression(inner) => (**inner).clone(),
            Value::Text(_) | Value::Number(_) | Value::Boolean(_) => return false,
        };
        self.evaluator.has_expression(&constraint, &value).unwrap_or(true)
    }

    /// These fields of the rows that reference sets have of a concept.
    fn rows<const N: usize>(
        &self,
        sets: &[SetId],
        concept: &str,
        names: [&str; N],
    ) -> Vec<[&'e str; N]> {
        let edition = self.edition();
        let Some(concept) = edition.find_exact(concept) else { return Vec::new() };
        let mut found = Vec::new();
        for &set in sets {
            let definition = edition.meta().membership_sets.get(usize::from(set.0));
            let known = definition.map_or(&[][..], |definition| &definition.fields);
            let places = names.map(|name| known.iter().position(|field| field == name));
            found.extend(edition.member_rows_of(set, concept).map(|row| {
                let fields: Vec<&str> = row.fields().collect();
                places.map(|place| place.and_then(|at| fields.get(at).copied()).unwrap_or_default())
            }));
        }
        found
    }
}

/// The reference sets with members that have the first name or are below the second one.
fn sets(edition: &Edition, [own, above]: [&str; 2]) -> Vec<SetId> {
    let above = edition.find_exact(above);
    let is_below = |code: &str| {
        let pair = above.zip(edition.find_exact(code));
        pair.is_some_and(|(above, set)| edition.is_ancestor(above, set))
    };
    let sets = (0u16..).map(SetId).zip(&edition.meta().membership_sets);
    let named = sets.filter(|(_, set)| set.code == own || is_below(&set.code));
    named.map(|(set, _)| set).filter(|&set| edition.member_row_count(set) > 0).collect()
}

/// The upper bound of `0..1`; none for `0..*`.
fn upper_bound(cardinality: &str) -> Option<u32> {
    cardinality.rsplit_once("..").and_then(|(_, most)| most.parse().ok())
}
