//! Filters `{{ … }}`.

use super::super::ast::{
    Acceptability, AcceptabilitySet, Comparison, ConceptFilter, ConceptReference, Concepts,
    DescriptionFilter, DescriptionType, DialectIds, FilterConstraint, History, MemberFilter, Order,
    SubConstraint,
};
use super::super::error::Result;
use super::Parser;

const DESCRIPTION: &str = "a description filter: term, language, type, typeId, dialect, dialectId, moduleId, \
     effectiveTime, active or id";
const CONCEPT: &str = "a concept filter: definitionStatus, definitionStatusId, moduleId, \
     effectiveTime or active";
const MEMBER: &str =
    "a member filter: moduleId, effectiveTime, active or a field of the reference set";

/// Filters that concepts, descriptions and members share.
enum Shared {
    Module(bool, Concepts),
    EffectiveTime(Order, Vec<String>),
    Active(bool, bool),
}

impl Parser<'_> {
    /// Takes one `{{ … }}` into `sub`.
    ///
    /// ```text
    /// descriptionFilterConstraint = "{{" ws [ "d" / "D" ] ws descriptionFilter
    ///     *(ws "," ws descriptionFilter) ws "}}"
    /// conceptFilterConstraint = "{{" ws ("c" / "C") ws conceptFilter *(ws "," ws conceptFilter) ws "}}"
    /// memberFilterConstraint = "{{" ws ("m" / "M") ws memberFilter *(ws "," ws memberFilter) ws "}}"
    /// ```
    pub(super) fn filter(&mut self, sub: &mut SubConstraint) -> Result<()> {
        let start = self.cursor.position();
        self.cursor.eat("{{");
        self.cursor.space();
        if sub.history.is_some() {
            let rule = "a history supplement is the last of what stands in '{{ … }}'";
            return Err(self.cursor.rule(start, rule));
        }
        if self.cursor.eat("+") {
            self.cursor.space();
            sub.history = Some(self.history()?);
        } else if self.cursor.eat_word("c") {
            let filters = self.list(CONCEPT, Self::concept_filter)?;
            sub.filters.push(FilterConstraint::Concept(filters));
        } else if self.cursor.eat_word("m") {
            if sub.member_of.is_none() {
                let rule = "a member filter '{{ M … }}' needs '^' in front of the reference set";
                return Err(self.cursor.rule(start, rule));
            }
            if !sub.filters.is_empty() {
                let rule = "member filters '{{ M … }}' come before all other filters";
                return Err(self.cursor.rule(start, rule));
            }
            sub.member_filters.push(self.list(MEMBER, Self::member_filter)?);
        } else {
            self.cursor.eat_word("d");
            let filters = self.list(DESCRIPTION, Self::description_filter)?;
            sub.filters.push(FilterConstraint::Description(filters));
        }
        self.cursor.space();
        self.cursor.need("}}", "a comma or the closing '}}' of the filter")
    }

    fn list<T>(
        &mut self,
        expected: &str,
        one: fn(&mut Self) -> Result<Option<T>>,
    ) -> Result<Vec<T>> {
        let mut filters = Vec::new();
        loop {
            self.cursor.space();
            match one(self)? {
                Some(filter) => filters.push(filter),
                None => return Err(self.cursor.expected(expected)),
            }
            let end = self.cursor.position();
            self.cursor.space();
            if !self.cursor.eat(",") {
                self.cursor.go_to(end);
                return Ok(filters);
            }
        }
    }

    /// ```text
    /// descriptionFilter = termFilter / languageFilter / typeFilter / dialectFilter / moduleFilter
    ///     / effectiveTimeFilter / activeFilter / descriptionIdFilter
    /// ```
    fn description_filter(&mut self) -> Result<Option<DescriptionFilter>> {
        if let Some(shared) = self.shared()? {
            return Ok(Some(match shared {
                Shared::Module(equal, concepts) => DescriptionFilter::Module(equal, concepts),
                Shared::EffectiveTime(order, times) => {
                    DescriptionFilter::EffectiveTime(order, times)
                }
                Shared::Active(equal, value) => DescriptionFilter::Active(equal, value),
            }));
        }
        Ok(Some(if self.keyword("term") {
            DescriptionFilter::Term(self.equal()?, self.search_terms()?)
        } else if self.keyword("language") {
            DescriptionFilter::Language(self.equal()?, self.one_or_set(Self::language)?)
        } else if self.keyword("typeId") {
            DescriptionFilter::TypeId(self.equal()?, self.concepts()?)
        } else if self.keyword("type") {
            DescriptionFilter::Type(self.equal()?, self.one_or_set(Self::description_type)?)
        } else if self.keyword("dialectId") {
            let (equal, ids) = (self.equal()?, self.dialect_ids()?);
            DescriptionFilter::DialectId(equal, ids, self.acceptability_set()?)
        } else if self.keyword("dialect") {
            let (equal, aliases) = (self.equal()?, self.dialect_aliases()?);
            DescriptionFilter::Dialect(equal, aliases, self.acceptability_set()?)
        } else if self.keyword("id") {
            DescriptionFilter::Id(self.equal()?, self.one_or_set(Self::sct_id)?)
        } else {
            return Ok(None);
        }))
    }

    /// ```text
    /// conceptFilter = definitionStatusFilter / moduleFilter / effectiveTimeFilter / activeFilter
    /// definitionStatusFilter = definitionStatusIdFilter / definitionStatusTokenFilter
    /// ```
    fn concept_filter(&mut self) -> Result<Option<ConceptFilter>> {
        if let Some(shared) = self.shared()? {
            return Ok(Some(match shared {
                Shared::Module(equal, concepts) => ConceptFilter::Module(equal, concepts),
                Shared::EffectiveTime(order, times) => ConceptFilter::EffectiveTime(order, times),
                Shared::Active(equal, value) => ConceptFilter::Active(equal, value),
            }));
        }
        Ok(Some(if self.keyword("definitionStatusId") {
            ConceptFilter::DefinitionStatusId(self.equal()?, self.concepts()?)
        } else if self.keyword("definitionStatus") {
            let equal = self.equal()?;
            ConceptFilter::DefinitionStatus(equal, self.one_or_set(Self::definition_status)?)
        } else {
            return Ok(None);
        }))
    }

    /// ```text
    /// memberFilter = moduleFilter / effectiveTimeFilter / activeFilter / memberFieldFilter
    /// memberFieldFilter = refsetFieldName ws (expressionComparisonOperator ws subExpressionConstraint
    ///     / numericComparisonOperator ws "#" numericValue
    ///     / stringComparisonOperator ws (typedSearchTerm / typedSearchTermSet)
    ///     / booleanComparisonOperator ws booleanValue
    ///     / ws timeComparisonOperator ws (timeValue / timeValueSet) )
    /// ```
    fn member_filter(&mut self) -> Result<Option<MemberFilter>> {
        if let Some(shared) = self.shared()? {
            return Ok(Some(match shared {
                Shared::Module(equal, concepts) => MemberFilter::Module(equal, concepts),
                Shared::EffectiveTime(order, times) => MemberFilter::EffectiveTime(order, times),
                Shared::Active(equal, value) => MemberFilter::Active(equal, value),
            }));
        }
        let name = self.cursor.take_while(|c| c.is_ascii_alphanumeric());
        if name.is_empty() {
            return Ok(None);
        }
        self.cursor.space();
        Ok(Some(MemberFilter::Field(name.to_owned(), self.member_comparison()?)))
    }

    fn member_comparison(&mut self) -> Result<Comparison> {
        self.comparison(true)
    }

    /// ```text
    /// moduleFilter = moduleIdKeyword ws booleanComparisonOperator ws
    ///     (subExpressionConstraint / eclConceptReferenceSet)
    /// effectiveTimeFilter = effectiveTimeKeyword ws timeComparisonOperator ws
    ///     ( timeValue / timeValueSet )
    /// activeFilter = activeKeyword ws booleanComparisonOperator ws activeValue
    /// activeTrueValue = "1" / "true"
    /// activeFalseValue = "0" / "false"
    /// ```
    fn shared(&mut self) -> Result<Option<Shared>> {
        Ok(Some(if self.keyword("moduleId") {
            Shared::Module(self.equal()?, self.concepts()?)
        } else if self.keyword("effectiveTime") {
            let order = self.order()?;
            self.cursor.space();
            Shared::EffectiveTime(order, self.times()?)
        } else if self.keyword("active") {
            let equal = self.equal()?;
            let value = if self.cursor.eat("1") || self.cursor.eat_word("true") {
                true
            } else if self.cursor.eat("0") || self.cursor.eat_word("false") {
                false
            } else {
                return Err(self.cursor.expected("1, 0, true or false"));
            };
            Shared::Active(equal, value)
        } else {
            return Ok(None);
        }))
    }

    /// Takes a keyword and the white space behind it.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.cursor.eat_word(keyword);
        if found {
            self.cursor.space();
        }
        found
    }

    /// `=` or `!=`, and the white space behind it.
    fn equal(&mut self) -> Result<bool> {
        let start = self.cursor.position();
        let order = self.order()?;
        self.cursor.space();
        match order {
            Order::Equal => Ok(true),
            Order::NotEqual => Ok(false),
            _ => {
                self.cursor.go_to(start);
                Err(self.cursor.expected("'=' or '!='"))
            }
        }
    }

    /// One, or several in brackets with white space between them.
    fn one_or_set<T>(&mut self, one: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if !self.cursor.eat("(") {
            return Ok(vec![one(self)?]);
        }
        let mut all = Vec::new();
        loop {
            self.cursor.space();
            if !all.is_empty() && self.cursor.eat(")") {
                return Ok(all);
            }
            all.push(one(self)?);
        }
    }

    /// ```text
    /// eclConceptReferenceSet = "(" ws eclConceptReference 1*(mws eclConceptReference) ws ")"
    /// ```
    fn concepts(&mut self) -> Result<Concepts> {
        let start = self.cursor.position();
        if self.cursor.eat("(") {
            self.cursor.space();
            if self.is_at_reference_of_set(&[]) {
                self.cursor.go_to(start);
                return Ok(Concepts::Set(self.one_or_set(Self::concept_reference)?));
            }
            self.cursor.go_to(start);
        }
        Ok(Concepts::Sub(Box::new(self.sub_constraint()?)))
    }

    /// Whether a concept reference is next that another one or one of `others` follows.
    fn is_at_reference_of_set(&mut self, others: &[char]) -> bool {
        if self.concept_reference().is_err() {
            return false;
        }
        self.cursor.space();
        self.cursor.peek().is_some_and(|c| c.is_ascii_digit() || others.contains(&c))
    }

    /// ```text
    /// languageCode = 2alpha
    /// ```
    fn language(&mut self) -> Result<String> {
        let code = self.cursor.word();
        if code.len() != 2 {
            return Err(self.cursor.expected("a language code of two letters, as in en"));
        }
        self.cursor.eat(code);
        Ok(code.to_ascii_lowercase())
    }

    /// ```text
    /// typeToken = synonym / fullySpecifiedName / definition
    /// ```
    fn description_type(&mut self) -> Result<DescriptionType> {
        for (token, kind) in [
            ("syn", DescriptionType::Synonym),
            ("fsn", DescriptionType::FullySpecifiedName),
            ("def", DescriptionType::Definition),
        ] {
            if self.cursor.eat_word(token) {
                return Ok(kind);
            }
        }
        Err(self.cursor.expected("syn, fsn or def"))
    }

    /// ```text
    /// definitionStatusToken = primitiveToken / definedToken
    /// ```
    fn definition_status(&mut self) -> Result<bool> {
        if self.cursor.eat_word("defined") {
            return Ok(true);
        }
        if self.cursor.eat_word("primitive") {
            return Ok(false);
        }
        Err(self.cursor.expected("primitive or defined"))
    }

    /// ```text
    /// dialectIdSet = "(" ws eclConceptReference [ws acceptabilitySet]
    ///     *(mws eclConceptReference [ws acceptabilitySet] ) ws ")"
    /// ```
    fn dialect_ids(&mut self) -> Result<DialectIds> {
        let start = self.cursor.position();
        if self.cursor.eat("(") {
            self.cursor.space();
            if self.is_at_reference_of_set(&['(']) {
                self.cursor.go_to(start);
                return Ok(DialectIds::Set(self.one_or_set(Self::dialect_id)?));
            }
            self.cursor.go_to(start);
        }
        Ok(DialectIds::Sub(Box::new(self.sub_constraint()?)))
    }

    fn dialect_id(&mut self) -> Result<(ConceptReference, Option<AcceptabilitySet>)> {
        Ok((self.concept_reference()?, self.acceptability_set()?))
    }

    /// ```text
    /// dialectAliasSet = "(" ws dialectAlias [ws acceptabilitySet]
    ///     *(mws dialectAlias [ws acceptabilitySet] ) ws ")"
    /// dialectAlias = alpha *( dash / alpha / integerValue)
    /// ```
    fn dialect_aliases(&mut self) -> Result<Vec<(String, Option<AcceptabilitySet>)>> {
        if self.cursor.is_at("(") {
            return self.one_or_set(|parser| Ok((parser.alias()?, parser.acceptability_set()?)));
        }
        Ok(vec![(self.alias()?, None)])
    }

    fn alias(&mut self) -> Result<String> {
        let alias = self.cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '-');
        if !alias.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.cursor.expected("a dialect, as in en-gb"));
        }
        Ok(alias.to_ascii_lowercase())
    }

    /// ```text
    /// acceptabilitySet = acceptabilityConceptReferenceSet / acceptabilityTokenSet
    /// acceptabilityToken = acceptable / preferred
    /// ```
    fn acceptability_set(&mut self) -> Result<Option<AcceptabilitySet>> {
        let end = self.cursor.position();
        self.cursor.space();
        let start = self.cursor.position();
        if !self.cursor.eat("(") {
            self.cursor.go_to(end);
            return Ok(None);
        }
        self.cursor.space();
        let is_token = self.cursor.peek().is_some_and(|c| c.is_ascii_alphabetic());
        self.cursor.go_to(start);
        Ok(Some(if is_token {
            AcceptabilitySet::Tokens(self.one_or_set(Self::acceptability)?)
        } else {
            AcceptabilitySet::Concepts(self.one_or_set(Self::concept_reference)?)
        }))
    }

    fn acceptability(&mut self) -> Result<Acceptability> {
        for (word, found) in [
            ("accept", Acceptability::Acceptable),
            ("acceptable", Acceptability::Acceptable),
            ("prefer", Acceptability::Preferred),
            ("preferred", Acceptability::Preferred),
        ] {
            if self.cursor.eat_word(word) {
                return Ok(found);
            }
        }
        Err(self.cursor.expected("accept or prefer"))
    }

    /// Whether the empty date is next.
    pub(super) fn is_empty_time(&self) -> bool {
        self.cursor.is_at("\"\"")
    }

    /// ```text
    /// timeValueSet = "(" ws timeValue *(mws timeValue) ws ")"
    /// timeValue = QM [ year month day ] QM
    /// ```
    pub(super) fn times(&mut self) -> Result<Vec<String>> {
        self.one_or_set(|parser| {
            let start = parser.cursor.position();
            let time = if parser.cursor.eat("\"") {
                parser.cursor.take_while(|c| c.is_ascii_digit())
            } else {
                ""
            };
            let part = |range: std::ops::Range<usize>| {
                time.get(range).and_then(|part| part.parse::<u8>().ok())
            };
            let is_date = time.len() == 8
                && part(4..6).is_some_and(|month| (1..=12).contains(&month))
                && part(6..8).is_some_and(|day| (1..=31).contains(&day));
            if (is_date || time.is_empty()) && parser.cursor.eat("\"") {
                return Ok(time.to_owned());
            }
            parser.cursor.go_to(start);
            Err(parser.cursor.expected("a date in quotation marks, as in \"20250131\""))
        })
    }

    /// ```text
    /// historySupplement = "{{" ws "+" ws historyKeyword
    ///     [ historyProfileSuffix / ws historySubset ] ws "}}"
    /// historySubset = "(" ws expressionConstraint ws ")"
    /// ```
    fn history(&mut self) -> Result<History> {
        if !self.cursor.word().eq_ignore_ascii_case("history") {
            return Err(self.cursor.expected("HISTORY after '+'"));
        }
        self.cursor.take_while(|c| c.is_ascii_alphabetic());
        if self.cursor.eat("-") || self.cursor.eat("_") {
            for (word, profile) in
                [("min", History::Minimum), ("mod", History::Moderate), ("max", History::Maximum)]
            {
                if self.cursor.eat_word(word) {
                    return Ok(profile);
                }
            }
            return Err(self.cursor.expected("MIN, MOD or MAX"));
        }
        self.cursor.space();
        if !self.cursor.eat("(") {
            return Ok(History::Default);
        }
        self.cursor.space();
        let subset = self.constraint()?;
        self.cursor.space();
        self.cursor.need(")", "the closing bracket ')'")?;
        Ok(History::Subset(Box::new(subset)))
    }
}
