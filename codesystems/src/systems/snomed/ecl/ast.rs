//! An expression constraint as a tree. Names follow the productions of the language.

/// `expressionConstraint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// A sub-expression alone.
    Sub(SubConstraint),
    /// `conjunctionExpressionConstraint`: two operands or more.
    And(Vec<SubConstraint>),
    /// `disjunctionExpressionConstraint`: two operands or more.
    Or(Vec<SubConstraint>),
    /// `exclusionExpressionConstraint`: the first without the second.
    Minus(SubConstraint, SubConstraint),
    /// `refinedExpressionConstraint`.
    Refined(SubConstraint, Refinement),
    /// `dottedExpressionConstraint`: the values of the attributes, one after the other.
    Dotted(SubConstraint, Vec<SubConstraint>),
}

/// `subExpressionConstraint`: what is selected, then what narrows or widens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubConstraint {
    /// `constraintOperator`.
    pub operator: Option<Operator>,
    /// `memberOf`.
    pub member_of: Option<MemberOf>,
    /// `eclFocusConcept`, or an expression constraint in brackets.
    pub focus: Focus,
    /// `memberFilterConstraint`; only with `member_of`.
    pub member_filters: Vec<Vec<MemberFilter>>,
    /// `descriptionFilterConstraint` and `conceptFilterConstraint`, in their order.
    pub filters: Vec<FilterConstraint>,
    /// `historySupplement`.
    pub history: Option<History>,
}

impl SubConstraint {
    /// `focus` and nothing else.
    #[must_use]
    pub fn new(focus: Focus) -> Self {
        Self {
            operator: None,
            member_of: None,
            focus,
            member_filters: Vec::new(),
            filters: Vec::new(),
            history: None,
        }
    }

    /// Whether it is `focus` and nothing else.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.operator.is_none()
            && self.member_of.is_none()
            && self.member_filters.is_empty()
            && self.filters.is_empty()
            && self.history.is_none()
    }

    /// Whether it is the wildcard and nothing else.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.focus == Focus::Any && self.is_plain()
    }

    /// The one concept it stands for, if it is a concept reference and nothing else.
    #[must_use]
    pub fn concept(&self) -> Option<&ConceptReference> {
        match &self.focus {
            Focus::Concept(concept) if self.is_plain() => Some(concept),
            _ => None,
        }
    }
}

/// `constraintOperator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    DescendantOf,
    /// `<<`
    DescendantOrSelfOf,
    /// `<!`
    ChildOf,
    /// `<<!`
    ChildOrSelfOf,
    /// `>`
    AncestorOf,
    /// `>>`
    AncestorOrSelfOf,
    /// `>!`
    ParentOf,
    /// `>>!`
    ParentOrSelfOf,
    /// `!!>`: those of a set that have no ancestor in it.
    Top,
    /// `!!<`: those of a set that have no descendant in it.
    Bottom,
}

impl Operator {
    /// All of them with their symbols and words; of symbols that begin alike the longer comes first.
    pub const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Top, "!!>", "top"),
        (Self::Bottom, "!!<", "bottom"),
        (Self::ChildOrSelfOf, "<<!", "childOrSelfOf"),
        (Self::ParentOrSelfOf, ">>!", "parentOrSelfOf"),
        (Self::DescendantOrSelfOf, "<<", "descendantOrSelfOf"),
        (Self::AncestorOrSelfOf, ">>", "ancestorOrSelfOf"),
        (Self::ChildOf, "<!", "childOf"),
        (Self::ParentOf, ">!", "parentOf"),
        (Self::DescendantOf, "<", "descendantOf"),
        (Self::AncestorOf, ">", "ancestorOf"),
    ];
}

/// `memberOf`: `^`, with the fields whose values are taken instead of the referenced component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberOf {
    /// The referenced components.
    Members,
    /// `[a, b]`: the concepts named by these fields.
    Fields(Vec<String>),
    /// `[*]`: the concepts named by any field.
    AllFields,
}

/// `eclFocusConcept` or a nested expression constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Focus {
    /// `eclConceptReference`.
    Concept(ConceptReference),
    /// `wildCard`.
    Any,
    /// `altIdentifier`.
    Identifier(AlternateIdentifier),
    /// An expression constraint in brackets.
    Nested(Box<Constraint>),
}

/// `eclConceptReference`. The term is for people and never compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConceptReference {
    /// `conceptId`.
    pub id: String,
    /// `term`, without the pipes.
    pub term: Option<String>,
}

/// `altIdentifier`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternateIdentifier {
    /// `altIdentifierSchemeAlias`.
    pub scheme: String,
    /// The code in that scheme.
    pub code: String,
    /// `term`, without the pipes.
    pub term: Option<String>,
}

/// `eclRefinement`, `eclAttributeSet` and what is in them. A group is never inside a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refinement {
    /// `eclAttribute`.
    Attribute(Box<Attribute>),
    /// `eclAttributeGroup`.
    Group(Option<Cardinality>, Box<Refinement>),
    /// Joined by `AND` or commas: two or more.
    And(Vec<Refinement>),
    /// Joined by `OR`: two or more.
    Or(Vec<Refinement>),
}

/// `cardinality`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cardinality {
    /// At least this many.
    pub min: u32,
    /// At most this many, none for `*`.
    pub max: Option<u32>,
}

impl Cardinality {
    /// `[1..*]`, which holds where no cardinality is written.
    pub const DEFAULT: Self = Self { min: 1, max: None };

    /// Whether `count` is within.
    #[must_use]
    pub fn allows(self, count: u32) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }
}

/// `eclAttribute`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// How often.
    pub cardinality: Option<Cardinality>,
    /// `reverseFlag`: the concept is the value, not the source.
    pub reverse: bool,
    /// `eclAttributeName`.
    pub name: SubConstraint,
    /// Operator and value.
    pub comparison: Comparison,
}

/// A comparison operator with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// With concepts; `true` for `=`.
    Concept(bool, SubConstraint),
    /// With a number, as written.
    Number(Order, String),
    /// With texts, of which one suffices; `true` for `=`.
    Text(bool, Vec<SearchTerm>),
    /// With a boolean; `true` for `=`.
    Boolean(bool, bool),
    /// With dates; only in member filters.
    Time(Order, Vec<String>),
}

/// `numericComparisonOperator` and `timeComparisonOperator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<=`
    LessOrEqual,
    /// `<`
    Less,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl Order {
    /// The operator as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::LessOrEqual => "<=",
            Self::Less => "<",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }

    /// Whether a value that compares as `ordering` with the value written satisfies the operator.
    #[must_use]
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Less => ordering.is_lt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }
}

/// `typedSearchTerm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    /// How it is compared.
    pub kind: SearchKind,
    /// The text without quotation marks; escapes are resolved but for those of wildcard patterns.
    pub text: String,
}

/// How a search term is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKind {
    /// Every word begins a word of the text, in any order; the default.
    Match,
    /// The whole text, in which `*` stands for anything.
    Wild,
    /// The whole text as it is.
    Exact,
}

/// `descriptionFilterConstraint` or `conceptFilterConstraint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterConstraint {
    /// One description must satisfy all of them.
    Description(Vec<DescriptionFilter>),
    /// The concept must satisfy all of them.
    Concept(Vec<ConceptFilter>),
}

/// The value of a filter on an identifier: a sub-expression, or `eclConceptReferenceSet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concepts {
    /// A sub-expression.
    Sub(Box<SubConstraint>),
    /// Two concepts or more in brackets.
    Set(Vec<ConceptReference>),
}

/// `descriptionFilter`. The boolean is `true` for `=` and `false` for `!=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptionFilter {
    /// `termFilter`
    Term(bool, Vec<SearchTerm>),
    /// `languageFilter`
    Language(bool, Vec<String>),
    /// `typeTokenFilter`
    Type(bool, Vec<DescriptionType>),
    /// `typeIdFilter`
    TypeId(bool, Concepts),
    /// `dialectAliasFilter`
    Dialect(bool, Vec<(String, Option<AcceptabilitySet>)>, Option<AcceptabilitySet>),
    /// `dialectIdFilter`
    DialectId(bool, DialectIds, Option<AcceptabilitySet>),
    /// `moduleFilter`
    Module(bool, Concepts),
    /// `effectiveTimeFilter`; dates as written, empty for none.
    EffectiveTime(Order, Vec<String>),
    /// `activeFilter`: operator and value.
    Active(bool, bool),
    /// `descriptionIdFilter`
    Id(bool, Vec<String>),
}

/// The value of `dialectIdFilter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectIds {
    /// A sub-expression.
    Sub(Box<SubConstraint>),
    /// `dialectIdSet`
    Set(Vec<(ConceptReference, Option<AcceptabilitySet>)>),
}

/// `typeToken`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptionType {
    /// `syn`
    Synonym,
    /// `fsn`
    FullySpecifiedName,
    /// `def`
    Definition,
}

/// `acceptabilitySet`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptabilitySet {
    /// `accept` and `prefer`.
    Tokens(Vec<Acceptability>),
    /// The concepts for them.
    Concepts(Vec<ConceptReference>),
}

/// `acceptabilityToken`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptability {
    /// `accept`
    Acceptable,
    /// `prefer`
    Preferred,
}

/// `conceptFilter`. The boolean is `true` for `=` and `false` for `!=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConceptFilter {
    /// `definitionStatusTokenFilter`; `true` stands for `defined`, `false` for `primitive`.
    DefinitionStatus(bool, Vec<bool>),
    /// `definitionStatusIdFilter`
    DefinitionStatusId(bool, Concepts),
    /// `moduleFilter`
    Module(bool, Concepts),
    /// `effectiveTimeFilter`
    EffectiveTime(Order, Vec<String>),
    /// `activeFilter`: operator and value.
    Active(bool, bool),
}

/// `memberFilter`. The boolean is `true` for `=` and `false` for `!=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberFilter {
    /// `moduleFilter`
    Module(bool, Concepts),
    /// `effectiveTimeFilter`
    EffectiveTime(Order, Vec<String>),
    /// `activeFilter`: operator and value.
    Active(bool, bool),
    /// `memberFieldFilter`
    Field(String, Comparison),
}

/// `historySupplement`: which historical associations lead to inactive concepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// `{{ +HISTORY }}`: as [`Self::Maximum`].
    Default,
    /// Same as.
    Minimum,
    /// Same as, replaced by, was a, partially equivalent to.
    Moderate,
    /// All historical associations.
    Maximum,
    /// The reference sets that an expression selects.
    Subset(Box<Constraint>),
}
