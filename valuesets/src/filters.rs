//! Filters of a compose: from property, operator and value to a set of concepts.
//!
//! Source: FHIR R5 ValueSet `compose.include.filter` and the filters that code systems define
//! (Using SNOMED CT with FHIR, Using LOINC with FHIR).

use codesystems::model::{DisplayRank, PropertyId};
use codesystems::systems::snomed::{self, ecl, expression::Expression};
use codesystems::{ConceptIx, ConceptSet, Edition, PropertyKind};
use regex::Regex;

use crate::model::{Filter, FilterOp};
use crate::{Error, Result};

/// Bytes a regular expression may be long.
const MAX_PATTERN: usize = 1_000;
/// Bytes a compiled regular expression may take.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// The concepts of `edition` that a filter selects; `url` is the canonical to name in errors.
///
/// # Errors
/// [`Error::UnknownFilter`] when the code system has no such property, [`Error::FilterValue`] when
/// the value is empty, names no concept, or is no valid regular expression or boolean.
pub fn select(edition: &Edition, url: &str, filter: &Filter) -> Result<ConceptSet> {
    let stripped;
    let filter = match filter.value.strip_prefix("CUI:") {
        // Concepts of RxNorm are named so in filters. Source: Using RxNorm with FHIR.
        Some(code) if url == "http://www.nlm.nih.gov/research/umls/rxnorm" => {
            stripped = Filter { value: code.to_owned(), ..filter.clone() };
            &stripped
        }
        _ => filter,
    };
    let request = Request { edition, url, filter };
    if filter.value.is_empty() && filter.property != "constraint" {
        return Err(request.bad_value("a filter must have a value"));
    }
    match filter.property.as_str() {
        "concept" | "code" => request.by_concept(),
        "display" => request.by_text(|concept| vec![edition.display(concept).to_owned()]),
        "parent" => request.by_relative(Edition::children_set),
        "child" => request.by_relative(Edition::parents_set),
        "ancestor" => request.by_relative(Edition::descendants),
        "descendant" => request.by_relative(Edition::ancestors),
        "inactive" => request.by_flag(edition.inactive()),
        // Where concepts say it themselves, those that do not are neither: only the very value counts.
        "notSelectable" | "abstract" => match edition.property_id(&filter.property) {
            Some(id) => request.by_property(id),
            None => request.by_flag(edition.not_selectable()),
        },
        "kind" if edition.property_id("kind").is_none() => {
            request.by_text(|concept| vec![edition.kind(concept).to_owned()])
        }
        "status" if edition.property_id("status").is_none() => {
            request.by_text(|concept| vec![edition.status(concept).to_owned()])
        }
        "answers-for" if filter.op == FilterOp::Equal => request.answers_for(),
        "constraint" | "expression" if edition.meta().url == snomed::URL => request.constraint(),
        // SNOMED CT and others: whether expressions are included. There are none to list.
        "expressions" => Ok(edition.all()),
        // OMOP: `domain` for `domain-id`, `vocabulary` for `vocabulary-id`.
        property => match edition.property_id(property).or_else(|| id_of(edition, property)) {
            Some(id) => request.by_property(id),
            None => request.by_membership(property),
        },
    }
}

/// A concept's descendants, perhaps with itself.
#[derive(Debug, Clone, Copy)]
pub struct Subtree {
    root: ConceptIx,
    has_root: bool,
}

impl Subtree {
    /// Those of `concepts` that are in it.
    #[must_use]
    pub fn among(self, edition: &Edition, concepts: &ConceptSet) -> ConceptSet {
        let mut found = edition.descendants_among(self.root, concepts);
        if self.has_root && concepts.contains(self.root) {
            found.insert(self.root);
        }
        found
    }
}

/// The subtree that a filter selects; `None` where it selects otherwise.
///
/// # Errors
/// As [`select`], for filters that select a subtree.
pub fn subtree(edition: &Edition, url: &str, filter: &Filter) -> Result<Option<Subtree>> {
    let is_of_concept = matches!(filter.property.as_str(), "concept" | "code");
    let has_root = filter.op == FilterOp::IsA;
    let is_plain = is_of_concept && !filter.value.starts_with("CUI:");
    if !is_plain || !(has_root || filter.op == FilterOp::DescendentOf) {
        return Ok(None);
    }
    let root = Request { edition, url, filter }.concept()?;
    Ok(Some(Subtree { root, has_root }))
}

/// The property whose values are the ids of what `property` names.
fn id_of(edition: &Edition, property: &str) -> Option<PropertyId> {
    edition.property_id(&format!("{property}-id"))
}

/// Whether a filter selects a post-coordinated expression of SNOMED CT: by its focus concepts in
/// the hierarchy, by the attributes it states. What cannot be applied to expressions selects none.
#[must_use]
pub fn selects_expression(edition: &Edition, filter: &Filter, expression: &Expression) -> bool {
    let evaluator = ecl::Evaluator::new(edition);
    let by_constraint = |text: &str| {
        let constraint = ecl::parse(text).ok();
        constraint.is_some_and(|constraint| {
            evaluator.has_expression(&constraint, expression).unwrap_or(false)
        })
    };
    let value = filter.value.as_str();
    match (filter.property.as_str(), filter.op) {
        ("constraint" | "expression", FilterOp::Equal) => by_constraint(value),
        ("concept" | "code", FilterOp::IsA | FilterOp::DescendentOf) => {
            let concept: ConceptSet = edition.find(value).into_iter().collect();
            let is_self = filter.op == FilterOp::IsA && expression.only_concept() == Some(value);
            is_self || evaluator.is_below(expression, &concept)
        }
        ("concept" | "code", FilterOp::IsNotA) => {
            let concept: ConceptSet = edition.find(value).into_iter().collect();
            !evaluator.is_below(expression, &concept)
        }
        ("expressions", _) | ("inactive", FilterOp::Equal) => {
            (value == "true") == (filter.property == "expressions")
        }
        (attribute, FilterOp::Equal) if attribute.bytes().all(|byte| byte.is_ascii_digit()) => {
            by_constraint(&format!("* : {attribute} = {value}"))
        }
        _ => false,
    }
}

/// Sets of relatives that filters need.
trait Relatives {
    fn children_set(&self, concept: ConceptIx) -> ConceptSet;
    fn parents_set(&self, concept: ConceptIx) -> ConceptSet;
}

impl Relatives for Edition {
    fn children_set(&self, concept: ConceptIx) -> ConceptSet {
        self.children(concept).collect()
    }

    fn parents_set(&self, concept: ConceptIx) -> ConceptSet {
        self.parents(concept).collect()
    }
}

struct Request<'a> {
    edition: &'a Edition,
    url: &'a str,
    filter: &'a Filter,
}

impl Request<'_> {
    fn bad_value(&self, problem: impl Into<String>) -> Error {
        Error::FilterValue {
            system: self.url.into(),
            property: self.filter.property.clone(),
            op: self.filter.op.code(),
            value: self.filter.value.clone(),
            problem: problem.into(),
        }
    }

    fn unknown(&self) -> Error {
        let own = self.edition.meta().properties.iter().map(|property| property.code.clone());
        let common = ["concept", "code", "display", "parent", "child", "inactive", "notSelectable"];
        Error::UnknownFilter {
            system: self.url.into(),
            property: self.filter.property.clone(),
            op: self.filter.op.code(),
            known: common.into_iter().map(str::to_owned).chain(own).collect(),
        }
    }

    fn not(&self, set: &ConceptSet) -> ConceptSet {
        self.edition.all().and_not(set)
    }

    /// The values of a list separated by commas.
    fn list(&self) -> impl Iterator<Item = &str> {
        self.filter.value.split(',').map(str::trim).filter(|value| !value.is_empty())
    }

    fn concept(&self) -> Result<ConceptIx> {
        self.edition.find(&self.filter.value).ok_or_else(|| {
            self.bad_value(format!("the code system has no concept '{}'", self.filter.value))
        })
    }

    fn by_concept(&self) -> Result<ConceptSet> {
        let edition = self.edition;
        let with = |concept, mut set: ConceptSet| {
            set.insert(concept);
            set
        };
        Ok(match self.filter.op {
            FilterOp::IsA => {
                let concept = self.concept()?;
                with(concept, edition.descendants(concept))
            }
            FilterOp::DescendentOf => edition.descendants(self.concept()?),
            FilterOp::IsNotA => {
                let concept = self.concept()?;
                self.not(&with(concept, edition.descendants(concept)))
            }
            FilterOp::Generalizes => {
                let concept = self.concept()?;
                with(concept, edition.ancestors(concept))
            }
            FilterOp::ChildOf => edition.children_set(self.concept()?),
            FilterOp::DescendentLeaf => {
                let below = edition.descendants(self.concept()?);
                below.iter().filter(|&concept| edition.children(concept).len() == 0).collect()
            }
            FilterOp::Equal => self.edition.find(&self.filter.value).into_iter().collect(),
            FilterOp::In => self.in_list(),
            FilterOp::NotIn => self.not(&self.in_list()),
            FilterOp::Regex => {
                let pattern = self.regex()?;
                (0..edition.concept_count())
                    .map(ConceptIx)
                    .filter(|&concept| pattern.is_match(edition.code(concept)))
                    .collect()
            }
            FilterOp::Exists => self.by_flag(edition.all())?,
        })
    }

    /// `constraint = <ECL>` of SNOMED CT.
    fn constraint(&self) -> Result<ConceptSet> {
        if self.filter.op != FilterOp::Equal {
            return Err(self.unknown());
        }
        let evaluate = || ecl::evaluate(&ecl::parse(&self.filter.value)?, self.edition);
        evaluate().map_err(|problem| Error::Constraint {
            expression: self.filter.value.clone(),
            problem: problem.to_string(),
        })
    }

    /// A list of codes; a single code that names a set (a reference set) means its members.
    fn in_list(&self) -> ConceptSet {
        if let Some((set, _)) = self.edition.membership_set(&self.filter.value) {
            return self.edition.members(set);
        }
        self.list().filter_map(|code| self.edition.find(code)).collect()
    }

    fn by_relative(&self, relatives: fn(&Edition, ConceptIx) -> ConceptSet) -> Result<ConceptSet> {
        match self.filter.op {
            FilterOp::Equal => Ok(relatives(self.edition, self.concept()?)),
            FilterOp::In | FilterOp::NotIn => {
                let mut set = ConceptSet::new();
                for concept in self.list().filter_map(|code| self.edition.find(code)) {
                    set.extend(&relatives(self.edition, concept));
                }
                Ok(if self.filter.op == FilterOp::In { set } else { self.not(&set) })
            }
            FilterOp::Exists => {
                let has = |concept: &ConceptIx| match self.filter.property.as_str() {
                    "parent" | "ancestor" => self.edition.parents(*concept).len() > 0,
                    _ => self.edition.children(*concept).len() > 0,
                };
                self.by_flag(self.edition.all().iter().filter(has).collect())
            }
            _ => Err(self.unknown()),
        }
    }

    /// A boolean: the concepts in `set` for true, the others for false.
    fn by_flag(&self, set: ConceptSet) -> Result<ConceptSet> {
        let wanted = match self.filter.value.as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(self.bad_value("expected 'true' or 'false'")),
        };
        Ok(if wanted { set } else { self.not(&set) })
    }

    fn regex(&self) -> Result<Regex> {
        let pattern = &self.filter.value;
        if pattern.len() > MAX_PATTERN {
            return Err(self.bad_value(format!("longer than {MAX_PATTERN} bytes")));
        }
        // The whole value must match: FHIR R5, filter operator `regex`.
        regex::RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(MAX_REGEX_BYTES)
            .dfa_size_limit(MAX_REGEX_BYTES)
            .build()
            .map_err(|error| self.bad_value(format!("not a valid regular expression: {error}")))
    }

    /// Compares texts that every concept has, without an index.
    fn by_text(&self, texts: impl Fn(ConceptIx) -> Vec<String>) -> Result<ConceptSet> {
        let having = |test: &dyn Fn(&str) -> bool| -> ConceptSet {
            (0..self.edition.concept_count())
                .map(ConceptIx)
                .filter(|&concept| texts(concept).iter().any(|text| test(text)))
                .collect()
        };
        Ok(match self.filter.op {
            FilterOp::Equal => having(&|text| text == self.filter.value),
            FilterOp::Regex => {
                let pattern = self.regex()?;
                having(&|text| pattern.is_match(text))
            }
            FilterOp::In => having(&|text| self.list().any(|value| value == text)),
            FilterOp::NotIn => having(&|text| self.list().all(|value| value != text)),
            FilterOp::Exists => self.by_flag(having(&|text| !text.is_empty()))?,
            _ => return Err(self.unknown()),
        })
    }

    fn by_property(&self, property: PropertyId) -> Result<ConceptSet> {
        let edition = self.edition;
        let value = self.filter.value.as_str();
        let any_of = |codes: &mut dyn Iterator<Item = &str>| {
            let mut set = ConceptSet::new();
            for code in codes {
                set.extend(&edition.with_value(property, code));
            }
            set
        };
        Ok(match self.filter.op {
            FilterOp::Equal => self.equal(property, value),
            FilterOp::In => any_of(&mut self.list()),
            FilterOp::NotIn => self.not(&any_of(&mut self.list())),
            FilterOp::Exists => self.by_flag(edition.with_property(property))?,
            FilterOp::Regex => {
                let pattern = self.regex()?;
                let mut set = ConceptSet::new();
                for candidate in edition.distinct_values(property) {
                    if pattern.is_match(&candidate.value().text()) {
                        set.extend(&candidate.concepts());
                    }
                }
                set.or(&self.by_named_value(property, &|name| pattern.is_match(name)))
            }
            // The property's values are concepts: those whose value the hierarchy selects.
            op => {
                let by_value = Filter { property: "concept".into(), op, value: value.into() };
                let values = select(edition, self.url, &by_value)?;
                let mut set = ConceptSet::new();
                for candidate in edition.distinct_values(property) {
                    // Loaders link values to concepts; those of resources are codes.
                    let concept = candidate.concept();
                    let concept = concept.or_else(|| edition.find(&candidate.value().text()));
                    if concept.is_some_and(|concept| values.contains(concept)) {
                        set.extend(&candidate.concepts());
                    }
                }
                set
            }
        })
    }

    /// Equal as stored, or as number or date where the property is one.
    fn equal(&self, property: PropertyId, value: &str) -> ConceptSet {
        let exact = self.edition.with_value(property, value);
        if !exact.is_empty() {
            return exact;
        }
        let definition = self.edition.meta().properties.get(usize::from(property.0));
        match definition.map(|definition| definition.kind) {
            Some(PropertyKind::Decimal | PropertyKind::Integer) => {
                let Ok(wanted) = value.parse::<f64>() else { return exact };
                let mut set = ConceptSet::new();
                for candidate in self.edition.distinct_values(property) {
                    if candidate.value().text().parse() == Ok(wanted) {
                        set.extend(&candidate.concepts());
                    }
                }
                set
            }
            // LOINC and others: a part may be named instead of coded.
            Some(PropertyKind::Code) => {
                self.by_named_value(property, &|name| name.to_lowercase() == value.to_lowercase())
            }
            // A Coding may be given as system|code.
            Some(PropertyKind::Coding) => match value.rsplit_once('|') {
                Some((_, code)) => self.edition.with_value(property, code),
                None => exact,
            },
            _ => exact,
        }
    }

    /// Concepts whose value of `property` is a concept with a designation that passes `test`.
    fn by_named_value(&self, property: PropertyId, test: &dyn Fn(&str) -> bool) -> ConceptSet {
        let mut set = ConceptSet::new();
        for candidate in self.edition.distinct_values(property) {
            let named = candidate.concept().is_some_and(|concept| {
                let names = self.edition.designations(concept);
                names
                    .filter(|name| name.rank() <= DisplayRank::FullName)
                    .any(|name| test(name.value()))
            });
            if named {
                set.extend(&candidate.concepts());
            }
        }
        set
    }

    /// `answers-for = LL…` of LOINC: the answers of a list, or of the list of a term.
    fn answers_for(&self) -> Result<ConceptSet> {
        let list = |code: &str| {
            self.edition.membership_set(code).map(|(set, _)| self.edition.members(set))
        };
        if let Some(members) = list(&self.filter.value) {
            return Ok(members);
        }
        let concept = self.concept()?;
        let mut set = ConceptSet::new();
        if let Some(property) = self.edition.property_id("answer-list") {
            for value in self.edition.values_of(concept, property) {
                set.extend(&list(&value.value().text()).unwrap_or_default());
            }
        }
        Ok(set)
    }

    /// `LIST = LL…` of LOINC and its like: the name of a membership set as property or value.
    fn by_membership(&self, property: &str) -> Result<ConceptSet> {
        if property != "LIST" || !matches!(self.filter.op, FilterOp::Equal | FilterOp::In) {
            return Err(self.unknown());
        }
        let named = self.edition.membership_set(&self.filter.value);
        named.map(|(set, _)| self.edition.members(set)).ok_or_else(|| {
            self.bad_value(format!("the code system has no list '{}'", self.filter.value))
        })
    }
}
