//! Text to tree: one function for each production, quoted above it.
//!
//! Source: Expression Constraint Language 2.2, brief syntax (normative) and long syntax.

use super::ast::{
    AlternateIdentifier, ConceptReference, Constraint, Focus, MemberOf, Operator, SubConstraint,
};
use super::error::Result;
use super::lexer::Cursor;

mod filters;
mod refinement;
mod text;

const FOCUS: &str =
    "a concept (its identifier of 6 to 18 digits), '*', '^' with a reference set, or a bracket '('";
const MIXED: &str =
    "AND and OR stand side by side; put brackets around one of them to say which comes first";
const MINUS: &str =
    "MINUS takes one constraint away from one other; put brackets around what comes first";

/// Reads an expression constraint in brief or long syntax, or any mixture.
///
/// # Errors
/// When the text does not follow the grammar, is too long or too deeply nested.
///
/// ```
/// use codesystems::systems::snomed::ecl;
///
/// let error = ecl::parse("<< 73211009 AND").unwrap_err();
/// assert!(error.to_string().starts_with("line 1, column 16: expected a concept"));
/// ```
pub fn parse(text: &str) -> Result<Constraint> {
    let mut parser = Parser { cursor: Cursor::new(text)? };
    parser.cursor.space();
    let constraint = parser.constraint()?;
    parser.cursor.space();
    if parser.cursor.peek().is_some() {
        return Err(parser.unexpected_end(&constraint));
    }
    Ok(constraint)
}

struct Parser<'t> {
    cursor: Cursor<'t>,
}

/// How operands are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
    Minus,
}

impl Parser<'_> {
    fn unexpected_end(&self, constraint: &Constraint) -> super::Error {
        let expected = match constraint {
            Constraint::Sub(_) => "AND, OR, MINUS, ':', '.', '{{' or the end",
            Constraint::And(_) => "AND, a comma or the end",
            Constraint::Or(_) => "OR or the end",
            Constraint::Minus(..) => "the end",
            Constraint::Refined(..) => "AND, OR, a comma or the end",
            Constraint::Dotted(..) => "'.' or the end",
        };
        self.cursor.expected(expected)
    }

    /// ```text
    /// expressionConstraint = ws ( refinedExpressionConstraint / compoundExpressionConstraint
    ///     / dottedExpressionConstraint / subExpressionConstraint ) ws
    /// refinedExpressionConstraint = subExpressionConstraint ws ":" ws eclRefinement
    /// dottedExpressionConstraint = subExpressionConstraint 1*(ws dottedExpressionAttribute)
    /// dottedExpressionAttribute = dot ws eclAttributeName
    /// ```
    fn constraint(&mut self) -> Result<Constraint> {
        let first = self.sub_constraint()?;
        self.cursor.space();
        if self.cursor.eat(":") {
            self.cursor.space();
            return Ok(Constraint::Refined(first, self.refinement(false)?));
        }
        if self.cursor.is_at(".") {
            let mut attributes = Vec::new();
            while self.cursor.eat(".") {
                self.cursor.space();
                attributes.push(self.sub_constraint()?);
                self.cursor.space();
            }
            return Ok(Constraint::Dotted(first, attributes));
        }
        self.compound(first)
    }

    /// ```text
    /// compoundExpressionConstraint = conjunctionExpressionConstraint
    ///     / disjunctionExpressionConstraint / exclusionExpressionConstraint
    /// conjunctionExpressionConstraint = subExpressionConstraint
    ///     1*(ws conjunction ws subExpressionConstraint)
    /// disjunctionExpressionConstraint = subExpressionConstraint
    ///     1*(ws disjunction ws subExpressionConstraint)
    /// exclusionExpressionConstraint = subExpressionConstraint ws exclusion ws subExpressionConstraint
    /// ```
    fn compound(&mut self, first: SubConstraint) -> Result<Constraint> {
        let Some(join) = self.join() else { return Ok(Constraint::Sub(first)) };
        self.cursor.space();
        let mut operands = vec![first, self.sub_constraint()?];
        loop {
            self.cursor.space();
            let start = self.cursor.position();
            let Some(next) = self.join() else { break };
            if next == Join::Minus || join == Join::Minus {
                return Err(self.cursor.rule(start, MINUS));
            }
            if next != join {
                return Err(self.cursor.rule(start, MIXED));
            }
            self.cursor.space();
            operands.push(self.sub_constraint()?);
        }
        Ok(match join {
            Join::And => Constraint::And(operands),
            Join::Or => Constraint::Or(operands),
            Join::Minus => {
                let mut operands = operands.into_iter();
                match (operands.next(), operands.next()) {
                    (Some(all), Some(without)) => Constraint::Minus(all, without),
                    _ => return Err(self.cursor.expected(FOCUS)),
                }
            }
        })
    }

    /// ```text
    /// conjunction = (("a"/"A") ("n"/"N") ("d"/"D") mws) / ","
    /// disjunction = ("o"/"O") ("r"/"R") mws
    /// exclusion = ("m"/"M") ("i"/"I") ("n"/"N") ("u"/"U") ("s"/"S") mws
    /// ```
    fn join(&mut self) -> Option<Join> {
        if self.cursor.eat(",") || self.cursor.eat_word("and") {
            return Some(Join::And);
        }
        if self.cursor.eat_word("or") {
            return Some(Join::Or);
        }
        self.cursor.eat_word("minus").then_some(Join::Minus)
    }

    /// ```text
    /// subExpressionConstraint = [constraintOperator ws] ( ( [memberOf ws]
    ///     (eclFocusConcept / "(" ws expressionConstraint ws ")") *(ws memberFilterConstraint))
    ///     / (eclFocusConcept / "(" ws expressionConstraint ws ")") )
    ///     *(ws (descriptionFilterConstraint / conceptFilterConstraint)) [ws historySupplement]
    /// ```
    fn sub_constraint(&mut self) -> Result<SubConstraint> {
        let operator = self.operator();
        self.cursor.space();
        let member_of = self.member_of()?;
        self.cursor.space();
        let focus = self.focus()?;
        let mut sub = SubConstraint { operator, member_of, ..SubConstraint::new(focus) };
        loop {
            let end = self.cursor.position();
            self.cursor.space();
            if !self.cursor.is_at("{{") {
                self.cursor.go_to(end);
                return Ok(sub);
            }
            self.filter(&mut sub)?;
        }
    }

    /// ```text
    /// constraintOperator = childOf / childOrSelfOf / descendantOrSelfOf / descendantOf / parentOf
    ///     / parentOrSelfOf / ancestorOrSelfOf / ancestorOf / top / bottom
    /// ```
    fn operator(&mut self) -> Option<Operator> {
        let found = Operator::ALL.into_iter().find(|(operator, symbol, word)| {
            // The words of top and bottom are no part of a published syntax but with "Of".
            let long = [*word, if *operator == Operator::Top { "topOf" } else { "bottomOf" }];
            let words = match operator {
                Operator::Top | Operator::Bottom => &long[..],
                _ => &long[..1],
            };
            self.cursor.eat(symbol) || words.iter().any(|word| self.cursor.eat_word(word))
        });
        found.map(|(operator, ..)| operator)
    }

    /// ```text
    /// memberOf = "^" [ ws "[" ws (refsetFieldNameSet / wildCard) ws "]" ]
    /// refsetFieldNameSet = refsetFieldName *(ws "," ws refsetFieldName)
    /// refsetFieldName = 1*alpha
    /// ```
    fn member_of(&mut self) -> Result<Option<MemberOf>> {
        if !self.cursor.eat("^") && !self.cursor.eat_word("memberOf") {
            return Ok(None);
        }
        self.cursor.space();
        if !self.cursor.eat("[") {
            return Ok(Some(MemberOf::Members));
        }
        self.cursor.space();
        let selection = if self.cursor.eat("*") {
            MemberOf::AllFields
        } else {
            let mut names = Vec::new();
            loop {
                let name = self.cursor.take_while(|c| c.is_ascii_alphanumeric());
                if name.is_empty() {
                    return Err(self.cursor.expected("the name of a field of the reference set"));
                }
                names.push(name.to_owned());
                self.cursor.space();
                if !self.cursor.eat(",") {
                    break;
                }
                self.cursor.space();
            }
            MemberOf::Fields(names)
        };
        self.cursor.space();
        self.cursor.need("]", "a comma or ']' after the names of fields")?;
        Ok(Some(selection))
    }

    /// ```text
    /// eclFocusConcept = eclConceptReference / wildCard / altIdentifier
    /// wildCard = "*"
    /// ```
    fn focus(&mut self) -> Result<Focus> {
        match self.cursor.peek() {
            Some('*') => {
                self.cursor.eat("*");
                Ok(Focus::Any)
            }
            Some('(') => {
                self.cursor.eat("(");
                self.cursor.space();
                let nested = self.constraint()?;
                self.cursor.space();
                self.cursor.need(")", "AND, OR, MINUS, ':' or the closing bracket ')'")?;
                Ok(Focus::Nested(Box::new(nested)))
            }
            Some(c) if c.is_ascii_digit() => Ok(Focus::Concept(self.concept_reference()?)),
            Some('"') => self.alternate_identifier().map(Focus::Identifier),
            Some(c) if c.is_ascii_alphabetic() => {
                if self.cursor.eat_word("any") {
                    return Ok(Focus::Any);
                }
                self.alternate_identifier().map(Focus::Identifier)
            }
            _ => Err(self.cursor.expected(FOCUS)),
        }
    }

    /// ```text
    /// eclConceptReference = conceptId [ws "|" ws term ws "|"]
    /// conceptId = sctId
    /// sctId = digitNonZero 5*17( digit )
    /// ```
    fn concept_reference(&mut self) -> Result<ConceptReference> {
        Ok(ConceptReference { id: self.sct_id()?, term: self.term()? })
    }

    fn sct_id(&mut self) -> Result<String> {
        let start = self.cursor.position();
        let id = self.cursor.take_while(|c| c.is_ascii_alphanumeric());
        let is_id = (6..=18).contains(&id.len())
            && !id.starts_with('0')
            && id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_id {
            self.cursor.go_to(start);
            return Err(self.cursor.expected("an identifier of 6 to 18 digits"));
        }
        Ok(id.to_owned())
    }

    /// ```text
    /// term = 1*nonwsNonPipe *( 1*SP 1*nonwsNonPipe )
    /// ```
    fn term(&mut self) -> Result<Option<String>> {
        let end = self.cursor.position();
        self.cursor.space();
        if !self.cursor.eat("|") {
            self.cursor.go_to(end);
            return Ok(None);
        }
        let term = self.cursor.take_while(|c| c != '|').trim();
        if term.is_empty() {
            return Err(self.cursor.expected("the term of the concept between '|' and '|'"));
        }
        self.cursor.need("|", "the closing '|' of the term")?;
        Ok(Some(term.to_owned()))
    }

    /// ```text
    /// altIdentifier = (QM altIdentifierSchemeAlias "#" altIdentifierCodeWithinQuotes QM
    ///     / altIdentifierSchemeAlias "#" altIdentifierCodeWithoutQuotes) [ws "|" ws term ws "|"]
    /// altIdentifierSchemeAlias = alpha *(dash / alpha / integerValue)
    /// altIdentifierCodeWithinQuotes = 1*anyNonEscapedChar
    /// altIdentifierCodeWithoutQuotes = 1*(alpha / digit / dash / "." / "_")
    /// ```
    fn alternate_identifier(&mut self) -> Result<AlternateIdentifier> {
        let start = self.cursor.position();
        let is_quoted = self.cursor.eat("\"");
        let scheme = self.cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '-');
        let begins_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins_well || !self.cursor.eat("#") {
            self.cursor.go_to(start);
            return Err(self.cursor.expected(FOCUS));
        }
        let code = if is_quoted {
            self.cursor.take_while(|c| c != '"' && c != '\\')
        } else {
            self.cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        };
        if code.is_empty() {
            return Err(self.cursor.expected("the code of the alternate identifier after '#'"));
        }
        if is_quoted {
            self.cursor.need("\"", "the closing quotation mark of the alternate identifier")?;
        }
        Ok(AlternateIdentifier {
            scheme: scheme.to_owned(),
            code: code.to_owned(),
            term: self.term()?,
        })
    }
}

/// Whether a quoted text can only be read as an alternate identifier.
pub(super) fn is_identifier_text(text: &str) -> bool {
    text.split_once('#').is_some_and(|(scheme, code)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !code.is_empty()
            && !code.contains('\\')
    })
}
