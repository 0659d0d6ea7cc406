//! Attributes, groups and cardinalities.

use super::super::ast::{Attribute, Cardinality, Comparison, Order, Refinement};
use super::super::error::Result;
use super::{Join, MIXED, Parser};

const COMPARISON: &str = "'=' or '!=' and the value of the attribute";

/// Whether a refinement is a group or has one.
fn has_group(refinement: &Refinement) -> bool {
    match refinement {
        Refinement::Attribute(_) => false,
        Refinement::Group(..) => true,
        Refinement::And(all) | Refinement::Or(all) => all.iter().any(has_group),
    }
}

/// Whether each join stands between two attributes, which makes a set of them.
fn is_inner(operands: &[Refinement]) -> impl Iterator<Item = bool> {
    operands.windows(2).map(|pair| !pair.iter().any(has_group))
}

/// Whether a last join to a further attribute differs from the one before it in a set of attributes.
fn ends_a_set(operands: &[Refinement], joins: &[Join]) -> bool {
    let is_set = is_inner(operands).last() == Some(true);
    is_set && joins.last_chunk::<2>().is_some_and(|[before, last]| before != last)
}

/// Whether joins do not go together: within one set of attributes, and among the joins of sets and
/// groups, all are the same. Without groups there is one set.
fn mixed(operands: &[Refinement], joins: &[Join]) -> bool {
    let (mut outer, mut inner) = (None, None);
    joins.iter().zip(is_inner(operands)).any(|(&join, is_inner)| {
        if !is_inner {
            inner = None;
        }
        let known = if is_inner { &mut inner } else { &mut outer };
        *known.get_or_insert(join) != join
    })
}

/// The operands with sets of attributes put together where they are joined in another way than the
/// groups; `None` where there are none.
fn joined(operands: Vec<Refinement>, joins: &[Join]) -> Option<Refinement> {
    let inner: Vec<bool> = is_inner(&operands).collect();
    let outer = joins.iter().zip(&inner).find(|(_, is_inner)| !**is_inner);
    let outer = outer.or_else(|| joins.iter().zip(&inner).next()).map(|(join, _)| *join);
    let mut sets: Vec<(Option<Join>, Vec<Refinement>)> = Vec::new();
    let before = std::iter::once(None).chain(joins.iter().zip(inner).map(Some));
    for (operand, before) in operands.into_iter().zip(before) {
        match (sets.last_mut(), before) {
            (Some((join, set)), Some((&own, true))) if outer != Some(own) => {
                *join = Some(own);
                set.push(operand);
            }
            _ => sets.push((None, vec![operand])),
        }
    }
    let sets = sets.into_iter().filter_map(|(join, set)| combined(join, set)).collect();
    combined(outer, sets)
}

/// One operand as it is, several as what joins them.
fn combined(join: Option<Join>, mut operands: Vec<Refinement>) -> Option<Refinement> {
    match (join, operands.len()) {
        (_, 0 | 1) => operands.pop(),
        (Some(Join::Or), _) => Some(Refinement::Or(operands)),
        _ => Some(Refinement::And(operands)),
    }
}

impl Parser<'_> {
    /// ```text
    /// eclRefinement = subRefinement ws [conjunctionRefinementSet / disjunctionRefinementSet]
    /// conjunctionRefinementSet = 1*(ws conjunction ws subRefinement)
    /// disjunctionRefinementSet = 1*(ws disjunction ws subRefinement)
    /// eclAttributeSet = subAttributeSet ws [conjunctionAttributeSet / disjunctionAttributeSet]
    /// ```
    ///
    /// Both productions, as a group differs only in what it may hold. Attributes side by side are a
    /// set before they are joined with groups: `a = b OR c = d, { … }` is `(a = b OR c = d), { … }`.
    /// Where the grammar can be read in two ways, as `a = b, c = d OR e = f`, brackets are asked for.
    pub(super) fn refinement(&mut self, in_group: bool) -> Result<Refinement> {
        let first = self.sub_refinement(in_group)?;
        let mut operands = vec![first];
        let mut joins = Vec::new();
        loop {
            let end = self.cursor.position();
            self.cursor.space();
            let start = self.cursor.position();
            let Some(next) = self.join() else {
                self.cursor.go_to(end);
                break;
            };
            if next == Join::Minus {
                return Err(self.cursor.rule(start, "MINUS cannot stand between attributes"));
            }
            self.cursor.space();
            joins.push(next);
            // What certainly is an attribute is told before it is read, as it may be wrong too.
            let may_be_group = ["{", "[", "("].into_iter().any(|open| self.cursor.is_at(open));
            let is_mixed = !may_be_group && ends_a_set(&operands, &joins);
            if !is_mixed {
                operands.push(self.sub_refinement(in_group)?);
            }
            if is_mixed || mixed(&operands, &joins) {
                return Err(self.cursor.rule(start, MIXED));
            }
        }
        joined(operands, &joins).ok_or_else(|| self.cursor.expected("an attribute"))
    }

    /// ```text
    /// subRefinement = eclAttributeSet / eclAttributeGroup / "(" ws eclRefinement ws ")"
    /// subAttributeSet = eclAttribute / "(" ws eclAttributeSet ws ")"
    /// ```
    fn sub_refinement(&mut self, in_group: bool) -> Result<Refinement> {
        // A bracket that a comparison follows holds the name of an attribute.
        if self.cursor.is_at("(") {
            let after = self.cursor.after_bracket();
            let is_name = after.starts_with(['=', '!', '<', '>', '{'])
                || after.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"));
            if !is_name {
                self.cursor.eat("(");
                self.cursor.space();
                let inner = self.refinement(in_group)?;
                self.cursor.space();
                self.cursor.need(")", "AND, OR, a comma or the closing bracket ')'")?;
                return Ok(inner);
            }
        }
        let cardinality = self.cardinality()?;
        self.cursor.space();
        if self.cursor.is_at("{") {
            return self.group(cardinality, in_group);
        }
        self.attribute(cardinality)
    }

    /// ```text
    /// eclAttributeGroup = ["[" cardinality "]" ws] "{" ws eclAttributeSet ws "}"
    /// ```
    fn group(&mut self, cardinality: Option<Cardinality>, in_group: bool) -> Result<Refinement> {
        let start = self.cursor.position();
        if in_group {
            return Err(self.cursor.rule(start, "a group '{ … }' cannot stand inside of another"));
        }
        self.cursor.eat("{");
        self.cursor.space();
        let inner = self.refinement(true)?;
        self.cursor.space();
        self.cursor.need("}", "AND, OR, a comma or the closing '}' of the group")?;
        Ok(Refinement::Group(cardinality, Box::new(inner)))
    }

    /// ```text
    /// cardinality = minValue to maxValue
    /// minValue = nonNegativeIntegerValue
    /// to = ".."
    /// maxValue = nonNegativeIntegerValue / many
    /// many = "*"
    /// ```
    fn cardinality(&mut self) -> Result<Option<Cardinality>> {
        let start = self.cursor.position();
        if !self.cursor.eat("[") {
            return Ok(None);
        }
        self.cursor.space();
        let min = self.count("the least number, as in [0..1]")?;
        self.cursor.space();
        if !self.cursor.eat("..") && !self.cursor.eat_word("to") {
            return Err(self.cursor.expected("'..' between least and greatest number"));
        }
        self.cursor.space();
        let is_many = self.cursor.eat("*") || self.cursor.eat_word("many");
        let max = match is_many {
            true => None,
            false => Some(self.count("the greatest number or '*', as in [1..*]")?),
        };
        self.cursor.space();
        self.cursor.need("]", "']' after the cardinality")?;
        if max.is_some_and(|max| max < min) {
            let rule = "the greatest number of a cardinality is below the least";
            return Err(self.cursor.rule(start, rule));
        }
        Ok(Some(Cardinality { min, max }))
    }

    fn count(&mut self, expected: &str) -> Result<u32> {
        let start = self.cursor.position();
        let digits = self.cursor.take_while(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| {
            self.cursor.go_to(start);
            self.cursor.expected(expected)
        })
    }

    /// ```text
    /// eclAttribute = ["[" cardinality "]" ws] [reverseFlag ws] eclAttributeName ws
    ///     (expressionComparisonOperator ws subExpressionConstraint
    ///     / numericComparisonOperator ws "#" numericValue
    ///     / stringComparisonOperator ws (typedSearchTerm / typedSearchTermSet)
    ///     / booleanComparisonOperator ws booleanValue)
    /// reverseFlag = "R"
    /// eclAttributeName = subExpressionConstraint
    /// ```
    fn attribute(&mut self, cardinality: Option<Cardinality>) -> Result<Refinement> {
        let reverse = self.cursor.eat_word("r") || self.cursor.eat_word("reverseOf");
        self.cursor.space();
        let name = self.sub_constraint()?;
        self.cursor.space();
        let start = self.cursor.position();
        let comparison = self.comparison(false)?;
        if reverse && !matches!(comparison, Comparison::Concept(..)) {
            let rule = "an attribute with the reverse flag R is compared with concepts only";
            return Err(self.cursor.rule(start, rule));
        }
        Ok(Refinement::Attribute(Box::new(Attribute { cardinality, reverse, name, comparison })))
    }

    /// An operator with its value: the end of `eclAttribute`, and of `memberFieldFilter` with
    /// `with_time`.
    pub(super) fn comparison(&mut self, with_time: bool) -> Result<Comparison> {
        let start = self.cursor.position();
        let order = self.order()?;
        self.cursor.space();
        let equality = match order {
            Order::Equal => Some(true),
            Order::NotEqual => Some(false),
            _ => None,
        };
        if self.cursor.eat("#") {
            return Ok(Comparison::Number(order, self.number()?));
        }
        let Some(equal) = equality else {
            if with_time {
                return Ok(Comparison::Time(order, self.times()?));
            }
            self.cursor.go_to(start);
            return Err(self.cursor.expected(format!(
                "{COMPARISON}; '{}' compares numbers written with '#', as in #5",
                order.symbol()
            )));
        };
        if with_time && self.is_empty_time() {
            return Ok(Comparison::Time(order, self.times()?));
        }
        let keyword = self.cursor.word();
        for (word, value) in [("true", true), ("false", false)] {
            if keyword.eq_ignore_ascii_case(word) && self.cursor.eat_word(word) {
                return Ok(Comparison::Boolean(equal, value));
            }
        }
        if self.is_at_search_term() {
            return Ok(Comparison::Text(equal, self.search_terms()?));
        }
        Ok(Comparison::Concept(equal, self.sub_constraint()?))
    }

    /// ```text
    /// expressionComparisonOperator = "=" / "!="
    /// numericComparisonOperator = "=" / "!=" / "<=" / "<" / ">=" / ">"
    /// ```
    pub(super) fn order(&mut self) -> Result<Order> {
        for (symbol, order) in [
            ("=", Order::Equal),
            ("!=", Order::NotEqual),
            ("<>", Order::NotEqual),
            ("<=", Order::LessOrEqual),
            ("<", Order::Less),
            (">=", Order::GreaterOrEqual),
            (">", Order::Greater),
        ] {
            if self.cursor.eat(symbol) {
                return Ok(order);
            }
        }
        let start = self.cursor.position();
        if self.cursor.eat_word("not") {
            self.cursor.space();
            if self.cursor.eat("=") {
                return Ok(Order::NotEqual);
            }
            self.cursor.go_to(start);
        }
        Err(self.cursor.expected(COMPARISON))
    }

    /// ```text
    /// numericValue = ["-"/"+"] (decimalValue / integerValue)
    /// integerValue = digitNonZero *digit / zero
    /// decimalValue = integerValue "." 1*digit
    /// ```
    fn number(&mut self) -> Result<String> {
        let start = self.cursor.position();
        let sign = if self.cursor.eat("-") { "-" } else { "" };
        if sign.is_empty() {
            self.cursor.eat("+");
        }
        let whole = self.cursor.take_while(|c| c.is_ascii_digit());
        let mut number = format!("{sign}{whole}");
        let before_dot = self.cursor.position();
        if self.cursor.eat(".") {
            let fraction = self.cursor.take_while(|c| c.is_ascii_digit());
            if fraction.is_empty() {
                self.cursor.go_to(before_dot);
            } else {
                number.push('.');
                number.push_str(fraction);
            }
        }
        if whole.is_empty() {
            self.cursor.go_to(start);
            return Err(self.cursor.expected("a number after '#', as in #5 or #-2.5"));
        }
        Ok(number)
    }
}
