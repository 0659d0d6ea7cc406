//! Tree to text, in the brief and in the long syntax.

use std::fmt::Write;

use super::ast::{
    Acceptability, AcceptabilitySet, Attribute, Cardinality, Comparison, ConceptFilter,
    ConceptReference, Concepts, Constraint, DescriptionFilter, DescriptionType, DialectIds,
    FilterConstraint, Focus, History, MemberFilter, MemberOf, Operator, Order, Refinement,
    SearchKind, SearchTerm, SubConstraint,
};
use super::parser::is_identifier_text;

/// Which of the two syntaxes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// With symbols: `<< 73211009`.
    Brief,
    /// With words: `descendantOrSelfOf 73211009`.
    Long,
}

/// Writes a constraint so that reading it gives the same tree.
///
/// ```
/// use codesystems::systems::snomed::ecl::{self, Syntax};
///
/// let tree = ecl::parse("<<73211009|Diabetes|MINUS ^700043003")?;
/// assert_eq!(ecl::format(&tree, Syntax::Brief), "<< 73211009 |Diabetes| MINUS ^ 700043003");
/// assert_eq!(
///     ecl::format(&tree, Syntax::Long),
///     "descendantOrSelfOf 73211009 |Diabetes| MINUS memberOf 700043003"
/// );
/// # Ok::<(), ecl::Error>(())
/// ```
#[must_use]
pub fn format(constraint: &Constraint, syntax: Syntax) -> String {
    let mut writer = Writer { out: String::new(), syntax };
    writer.constraint(constraint);
    writer.out
}

/// As [`format`], of a part of a constraint.
pub(super) fn format_sub(sub: &SubConstraint, syntax: Syntax) -> String {
    let mut writer = Writer { out: String::new(), syntax };
    writer.sub(sub);
    writer.out
}

/// As [`format`], of a refinement.
pub(super) fn format_refinement(refinement: &Refinement, syntax: Syntax) -> String {
    let mut writer = Writer { out: String::new(), syntax };
    writer.refinement(refinement);
    writer.out
}

struct Writer {
    out: String,
    syntax: Syntax,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn word(&mut self, brief: &str, long: &str) {
        let text = if self.syntax == Syntax::Brief { brief } else { long };
        self.out.push_str(text);
    }

    /// Writes all, with `between` in between.
    fn joined<T>(&mut self, all: &[T], between: &str, one: fn(&mut Self, &T)) {
        for (number, item) in all.iter().enumerate() {
            if number > 0 {
                self.put(between);
            }
            one(self, item);
        }
    }

    /// One alone, several in brackets.
    fn one_or_set<T>(&mut self, all: &[T], one: fn(&mut Self, &T)) {
        match all {
            [only] => one(self, only),
            _ => self.set(all, one),
        }
    }

    fn set<T>(&mut self, all: &[T], one: fn(&mut Self, &T)) {
        self.put("(");
        self.joined(all, " ", one);
        self.put(")");
    }

    fn constraint(&mut self, constraint: &Constraint) {
        match constraint {
            Constraint::Sub(sub) => self.sub(sub),
            Constraint::And(operands) => self.joined(operands, " AND ", Self::sub),
            Constraint::Or(operands) => self.joined(operands, " OR ", Self::sub),
            Constraint::Minus(all, without) => {
                self.sub(all);
                self.put(" MINUS ");
                self.sub(without);
            }
            Constraint::Refined(focus, refinement) => {
                self.sub(focus);
                self.put(" : ");
                self.refinement(refinement);
            }
            Constraint::Dotted(focus, attributes) => {
                self.sub(focus);
                for attribute in attributes {
                    self.put(" . ");
                    self.sub(attribute);
                }
            }
        }
    }

    fn sub(&mut self, sub: &SubConstraint) {
        if let Some(operator) = sub.operator {
            let known = Operator::ALL.into_iter().find(|(known, ..)| *known == operator);
            if let Some((_, symbol, word)) = known {
                self.word(symbol, word);
                self.put(" ");
            }
        }
        if let Some(member_of) = &sub.member_of {
            self.word("^", "memberOf");
            self.put(" ");
            match member_of {
                MemberOf::Members => {}
                MemberOf::AllFields => self.put("[*] "),
                MemberOf::Fields(names) => {
                    self.put("[");
                    self.joined(names, ", ", |writer, name| writer.put(name));
                    self.put("] ");
                }
            }
        }
        self.focus(&sub.focus);
        for filters in &sub.member_filters {
            self.put(" {{ M ");
            self.joined(filters, ", ", Self::member_filter);
            self.put(" }}");
        }
        for filter in &sub.filters {
            match filter {
                FilterConstraint::Description(filters) => {
                    self.put(" {{ D ");
                    self.joined(filters, ", ", Self::description_filter);
                }
                FilterConstraint::Concept(filters) => {
                    self.put(" {{ C ");
                    self.joined(filters, ", ", Self::concept_filter);
                }
            }
            self.put(" }}");
        }
        if let Some(history) = &sub.history {
            self.put(" {{ +HISTORY");
            match history {
                History::Default => {}
                History::Minimum => self.put("-MIN"),
                History::Moderate => self.put("-MOD"),
                History::Maximum => self.put("-MAX"),
                History::Subset(subset) => {
                    self.put(" (");
                    self.constraint(subset);
                    self.put(")");
                }
            }
            self.put(" }}");
        }
    }

    fn focus(&mut self, focus: &Focus) {
        match focus {
            Focus::Concept(concept) => self.concept(concept),
            Focus::Any => self.word("*", "ANY"),
            Focus::Identifier(identifier) => {
                let code = &identifier.code;
                let is_simple =
                    code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
                let mark = if is_simple { "" } else { "\"" };
                let scheme = &identifier.scheme;
                // Writing to a string cannot fail.
                let _ = write!(self.out, "{mark}{scheme}#{code}{mark}");
                self.term(identifier.term.as_deref());
            }
            Focus::Nested(constraint) => {
                self.put("(");
                self.constraint(constraint);
                self.put(")");
            }
        }
    }

    fn concept(&mut self, concept: &ConceptReference) {
        self.put(&concept.id);
        self.term(concept.term.as_deref());
    }

    fn term(&mut self, term: Option<&str>) {
        if let Some(term) = term {
            let _ = write!(self.out, " |{term}|");
        }
    }

    fn refinement(&mut self, refinement: &Refinement) {
        match refinement {
            Refinement::Attribute(attribute) => self.attribute(attribute),
            Refinement::Group(cardinality, inner) => {
                self.cardinality(*cardinality);
                self.put("{ ");
                self.refinement(inner);
                self.put(" }");
            }
            Refinement::And(all) => {
                let between = if self.syntax == Syntax::Brief { ", " } else { " AND " };
                self.joined(all, between, Self::operand);
            }
            Refinement::Or(all) => self.joined(all, " OR ", Self::operand),
        }
    }

    fn operand(&mut self, refinement: &Refinement) {
        if matches!(refinement, Refinement::And(_) | Refinement::Or(_)) {
            self.put("(");
            self.refinement(refinement);
            self.put(")");
        } else {
            self.refinement(refinement);
        }
    }

    fn cardinality(&mut self, cardinality: Option<Cardinality>) {
        let Some(Cardinality { min, max }) = cardinality else { return };
        let to = if self.syntax == Syntax::Brief { ".." } else { " to " };
        let many = if self.syntax == Syntax::Brief { "*" } else { "many" };
        let max = max.map_or_else(|| many.to_owned(), |max| max.to_string());
        let _ = write!(self.out, "[{min}{to}{max}] ");
    }

    fn attribute(&mut self, attribute: &Attribute) {
        self.cardinality(attribute.cardinality);
        if attribute.reverse {
            self.word("R", "reverseOf");
            self.put(" ");
        }
        self.sub(&attribute.name);
        self.comparison(&attribute.comparison);
    }

    fn comparison(&mut self, comparison: &Comparison) {
        match comparison {
            Comparison::Concept(equal, value) => {
                self.equal(*equal);
                self.sub(value);
            }
            Comparison::Number(order, number) => {
                let _ = write!(self.out, " {} #{number}", order.symbol());
            }
            Comparison::Text(equal, terms) => {
                self.equal(*equal);
                self.one_or_set(terms, Self::search_term);
            }
            Comparison::Boolean(equal, value) => {
                self.equal(*equal);
                self.put(if *value { "true" } else { "false" });
            }
            Comparison::Time(order, times) => {
                let _ = write!(self.out, " {} ", order.symbol());
                self.one_or_set(times, Self::time);
            }
        }
    }

    fn equal(&mut self, equal: bool) {
        self.word(if equal { " = " } else { " != " }, if equal { " = " } else { " NOT = " });
    }

    fn time(&mut self, time: &String) {
        let _ = write!(self.out, "\"{time}\"");
    }

    fn search_term(&mut self, term: &SearchTerm) {
        match term.kind {
            SearchKind::Match if is_identifier_text(&term.text) => self.put("match:"),
            SearchKind::Match => {}
            SearchKind::Wild => self.put("wild:"),
            SearchKind::Exact => self.put("exact:"),
        }
        let text = match term.kind {
            SearchKind::Wild => term.text.replace('"', "\\\""),
            _ => term.text.replace('\\', "\\\\").replace('"', "\\\""),
        };
        let _ = write!(self.out, "\"{text}\"");
    }

    fn concepts(&mut self, concepts: &Concepts) {
        match concepts {
            Concepts::Sub(sub) => self.sub(sub),
            Concepts::Set(all) => self.set(all, Self::concept),
        }
    }

    fn acceptability(&mut self, set: &Option<AcceptabilitySet>) {
        let Some(set) = set else { return };
        self.put(" ");
        match set {
            AcceptabilitySet::Tokens(tokens) => self.set(tokens, |writer, token| {
                writer.put(match token {
                    Acceptability::Acceptable => "accept",
                    Acceptability::Preferred => "prefer",
                });
            }),
            AcceptabilitySet::Concepts(concepts) => self.set(concepts, Self::concept),
        }
    }

    fn module(&mut self, equal: bool, concepts: &Concepts) {
        self.put("moduleId");
        self.equal(equal);
        self.concepts(concepts);
    }

    fn effective_time(&mut self, order: Order, times: &[String]) {
        let _ = write!(self.out, "effectiveTime {} ", order.symbol());
        self.one_or_set(times, Self::time);
    }

    fn active(&mut self, equal: bool, value: bool) {
        self.put("active");
        self.equal(equal);
        self.word(if value { "1" } else { "0" }, if value { "true" } else { "false" });
    }

    fn member_filter(&mut self, filter: &MemberFilter) {
        match filter {
            MemberFilter::Module(equal, concepts) => self.module(*equal, concepts),
            MemberFilter::EffectiveTime(order, times) => self.effective_time(*order, times),
            MemberFilter::Active(equal, value) => self.active(*equal, *value),
            MemberFilter::Field(name, comparison) => {
                self.put(name);
                self.comparison(comparison);
            }
        }
    }

    fn concept_filter(&mut self, filter: &ConceptFilter) {
        match filter {
            ConceptFilter::Module(equal, concepts) => self.module(*equal, concepts),
            ConceptFilter::EffectiveTime(order, times) => self.effective_time(*order, times),
            ConceptFilter::Active(equal, value) => self.active(*equal, *value),
            ConceptFilter::DefinitionStatusId(equal, concepts) => {
                self.put("definitionStatusId");
                self.equal(*equal);
                self.concepts(concepts);
            }
            ConceptFilter::DefinitionStatus(equal, statuses) => {
                self.put("definitionStatus");
                self.equal(*equal);
                self.one_or_set(statuses, |writer, defined| {
                    writer.put(if *defined { "defined" } else { "primitive" });
                });
            }
        }
    }

    fn description_filter(&mut self, filter: &DescriptionFilter) {
        let mut begin = |name: &str, equal: bool| {
            self.put(name);
            self.equal(equal);
        };
        match filter {
            DescriptionFilter::Module(equal, concepts) => self.module(*equal, concepts),
            DescriptionFilter::EffectiveTime(order, times) => self.effective_time(*order, times),
            DescriptionFilter::Active(equal, value) => self.active(*equal, *value),
            DescriptionFilter::Term(equal, terms) => {
                begin("term", *equal);
                self.one_or_set(terms, Self::search_term);
            }
            DescriptionFilter::Language(equal, codes) => {
                begin("language", *equal);
                self.one_or_set(codes, |writer, code| writer.put(code));
            }
            DescriptionFilter::Type(equal, types) => {
                begin("type", *equal);
                self.one_or_set(types, |writer, kind| {
                    writer.put(match kind {
                        DescriptionType::Synonym => "syn",
                        DescriptionType::FullySpecifiedName => "fsn",
                        DescriptionType::Definition => "def",
                    });
                });
            }
            DescriptionFilter::TypeId(equal, concepts) => {
                begin("typeId", *equal);
                self.concepts(concepts);
            }
            DescriptionFilter::Dialect(equal, aliases, acceptability) => {
                begin("dialect", *equal);
                let alias = |writer: &mut Self, (alias, own): &(String, _)| {
                    writer.put(alias);
                    writer.acceptability(own);
                };
                match aliases.as_slice() {
                    [(only, None)] => self.put(only),
                    all => self.set(all, alias),
                }
                self.acceptability(acceptability);
            }
            DescriptionFilter::DialectId(equal, ids, acceptability) => {
                begin("dialectId", *equal);
                match ids {
                    DialectIds::Sub(sub) => self.sub(sub),
                    DialectIds::Set(all) => self.set(all, |writer, (concept, own)| {
                        writer.concept(concept);
                        writer.acceptability(own);
                    }),
                }
                self.acceptability(acceptability);
            }
            DescriptionFilter::Id(equal, ids) => {
                begin("id", *equal);
                self.one_or_set(ids, |writer, id| writer.put(id));
            }
        }
    }
}
