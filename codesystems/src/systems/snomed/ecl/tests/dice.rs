//! Random expression constraints: every production of the grammar comes up.

use super::super::ast::{
    Acceptability, AcceptabilitySet, AlternateIdentifier, Attribute, Cardinality, Comparison,
    ConceptFilter, ConceptReference, Concepts, Constraint, DescriptionFilter, DescriptionType,
    DialectIds, FilterConstraint, Focus, History, MemberFilter, MemberOf, Operator, Order,
    Refinement, SearchKind, SearchTerm, SubConstraint,
};

/// What constraints are made of.
#[derive(Debug, Clone)]
pub(super) struct Stock {
    pub(super) concepts: Vec<String>,
    pub(super) attributes: Vec<String>,
    pub(super) refsets: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) dates: Vec<String>,
    pub(super) dialects: Vec<String>,
    pub(super) dialect_ids: Vec<String>,
    pub(super) types: Vec<String>,
    pub(super) fields: Vec<String>,
    pub(super) identifiers: Vec<(String, String)>,
    /// With terms and odd texts, which an evaluation ignores or never finds.
    pub(super) decorated: bool,
}

/// A sequence of numbers that depends on its seed alone.
pub(super) struct Dice<'s> {
    state: u64,
    stock: &'s Stock,
}

impl<'s> Dice<'s> {
    pub(super) fn new(seed: u64, stock: &'s Stock) -> Self {
        Self { state: seed, stock }
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    pub(super) fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn several<T>(&mut self, least: usize, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        let count = least + self.below(2);
        (0..count).map(|_| one(self)).collect()
    }

    fn reference(&mut self, from: &[String]) -> ConceptReference {
        let id = self.pick(from);
        let decorated = self.stock.decorated && self.flip();
        let term =
            decorated.then(|| self.pick(&["Liver (body structure)", "x AND y", "ä <"]).into());
        ConceptReference { id, term }
    }

    pub(super) fn constraint(&mut self, depth: usize) -> Constraint {
        match self.below(if depth == 0 { 2 } else { 8 }) {
            0 | 1 => Constraint::Sub(self.sub(depth)),
            2 => Constraint::And(self.several(2, |dice| dice.sub(depth - 1))),
            3 => Constraint::Or(self.several(2, |dice| dice.sub(depth - 1))),
            4 => Constraint::Minus(self.sub(depth - 1), self.sub(depth - 1)),
            5 => {
                let attributes = self.several(1, |dice| dice.name(depth - 1));
                Constraint::Dotted(self.sub(depth - 1), attributes)
            }
            _ => Constraint::Refined(self.sub(depth - 1), self.refinement(depth - 1, false)),
        }
    }

    pub(super) fn sub(&mut self, depth: usize) -> SubConstraint {
        let mut sub = SubConstraint::new(self.focus(depth));
        if self.flip() {
            sub.operator = Some(self.pick(&Operator::ALL).0);
        }
        if self.one_in(4) {
            sub.member_of = Some(match self.below(4) {
                0 => MemberOf::AllFields,
                1 => {
                    let fields = self.stock.fields.clone();
                    MemberOf::Fields(self.several(1, |dice| dice.pick(&fields)))
                }
                _ => MemberOf::Members,
            });
            if self.flip() {
                sub.focus = match self.below(4) {
                    0 => Focus::Any,
                    1 => {
                        Focus::Nested(Box::new(Constraint::Or(vec![self.refset(), self.refset()])))
                    }
                    _ => self.refset().focus,
                };
                if self.flip() {
                    sub.member_filters =
                        self.several(1, |dice| dice.several(1, |dice| dice.member_filter(depth)));
                }
            }
        }
        if self.one_in(4) {
            sub.filters = self.several(1, |dice| {
                if dice.flip() {
                    FilterConstraint::Concept(dice.several(1, |dice| dice.concept_filter(depth)))
                } else {
                    let filters = dice.several(1, |dice| dice.description_filter(depth));
                    FilterConstraint::Description(filters)
                }
            });
        }
        if self.one_in(6) {
            sub.history = Some(match self.below(5) {
                0 => History::Default,
                1 => History::Minimum,
                2 => History::Moderate,
                3 => History::Maximum,
                _ => History::Subset(Box::new(Constraint::Sub(self.refset()))),
            });
        }
        sub
    }

    fn refset(&mut self) -> SubConstraint {
        let refsets = self.stock.refsets.clone();
        SubConstraint::new(Focus::Concept(self.reference(&refsets)))
    }

    fn focus(&mut self, depth: usize) -> Focus {
        let concepts = self.stock.concepts.clone();
        match self.below(if depth == 0 { 7 } else { 10 }) {
            0 => Focus::Any,
            1 => {
                let (scheme, code) = self.pick(&self.stock.identifiers.clone());
                Focus::Identifier(AlternateIdentifier { scheme, code, term: None })
            }
            2..7 => Focus::Concept(self.reference(&concepts)),
            _ => Focus::Nested(Box::new(self.constraint(depth - 1))),
        }
    }

    fn name(&mut self, depth: usize) -> SubConstraint {
        let attributes = self.stock.attributes.clone();
        match self.below(8) {
            0 => SubConstraint::new(Focus::Any),
            1 => self.sub(depth),
            2 => SubConstraint {
                operator: Some(Operator::DescendantOrSelfOf),
                ..SubConstraint::new(Focus::Concept(self.reference(&attributes)))
            },
            _ => SubConstraint::new(Focus::Concept(self.reference(&attributes))),
        }
    }

    fn cardinality(&mut self) -> Option<Cardinality> {
        self.flip().then(|| {
            let min = self.below(3) as u32;
            let max = self.flip().then(|| min + self.below(2) as u32);
            Cardinality { min, max }
        })
    }

    fn refinement(&mut self, depth: usize, in_group: bool) -> Refinement {
        match self.below(if depth == 0 { 1 } else { 5 }) {
            0 | 1 => self.attribute(depth),
            2 if !in_group => {
                let cardinality = self.cardinality();
                Refinement::Group(cardinality, Box::new(self.refinement(depth - 1, true)))
            }
            2 | 3 => Refinement::And(self.several(2, |dice| dice.refinement(depth - 1, in_group))),
            _ => Refinement::Or(self.several(2, |dice| dice.refinement(depth - 1, in_group))),
        }
    }

    fn attribute(&mut self, depth: usize) -> Refinement {
        let cardinality = self.cardinality();
        let reverse = self.one_in(5);
        let name = self.name(depth.saturating_sub(1));
        let comparison = match self.below(if reverse { 1 } else { 6 }) {
            0..3 => self.comparison_with_concepts(depth),
            3 => Comparison::Number(self.order(), self.pick(&["1", "2", "2.5", "-1"]).into()),
            4 => Comparison::Text(self.flip(), self.search_terms()),
            _ => Comparison::Boolean(self.flip(), self.flip()),
        };
        Refinement::Attribute(Box::new(Attribute { cardinality, reverse, name, comparison }))
    }

    fn comparison_with_concepts(&mut self, depth: usize) -> Comparison {
        if self.one_in(4) {
            return Comparison::Concept(self.flip(), SubConstraint::new(Focus::Any));
        }
        Comparison::Concept(self.flip(), self.sub(depth.saturating_sub(1)))
    }

    fn order(&mut self) -> Order {
        self.pick(&[
            Order::Equal,
            Order::NotEqual,
            Order::Less,
            Order::LessOrEqual,
            Order::Greater,
            Order::GreaterOrEqual,
        ])
    }

    fn search_terms(&mut self) -> Vec<SearchTerm> {
        self.several(1, |dice| {
            let kind = dice.pick(&[SearchKind::Match, SearchKind::Wild, SearchKind::Exact]);
            let word = dice.pick(&dice.stock.words.clone());
            let text = match kind {
                SearchKind::Match => word.chars().take(2 + dice.below(3)).collect(),
                SearchKind::Wild => format!("*{}*", word.get(1..).unwrap_or_default()),
                SearchKind::Exact => word,
            };
            let odd = ["a \"b\" \\c", "LOINC#1", "x(y", "z|w"];
            let odd = (dice.stock.decorated && dice.flip()).then(|| dice.pick(&odd));
            let text = match (odd, kind) {
                (Some(odd), SearchKind::Wild) => odd.replace('\\', "\\\\"),
                (Some(odd), _) => odd.to_owned(),
                (None, _) => text,
            };
            SearchTerm { kind, text }
        })
    }

    fn concepts(&mut self, depth: usize) -> Concepts {
        let concepts = self.stock.concepts.clone();
        if self.flip() {
            return Concepts::Set(self.several(2, |dice| dice.reference(&concepts)));
        }
        Concepts::Sub(Box::new(self.sub(depth.saturating_sub(1))))
    }

    fn times(&mut self) -> Vec<String> {
        let dates = self.stock.dates.clone();
        self.several(1, |dice| dice.pick(&dates))
    }

    fn concept_filter(&mut self, depth: usize) -> ConceptFilter {
        match self.below(5) {
            0 => ConceptFilter::DefinitionStatus(self.flip(), self.several(1, Self::flip)),
            1 => ConceptFilter::DefinitionStatusId(self.flip(), self.concepts(depth)),
            2 => ConceptFilter::Module(self.flip(), self.concepts(depth)),
            3 => ConceptFilter::EffectiveTime(self.order(), self.times()),
            _ => ConceptFilter::Active(self.flip(), self.flip()),
        }
    }

    fn member_filter(&mut self, depth: usize) -> MemberFilter {
        match self.below(6) {
            0 => MemberFilter::Module(self.flip(), self.concepts(depth)),
            1 => MemberFilter::EffectiveTime(self.order(), self.times()),
            2 => MemberFilter::Active(self.flip(), self.flip()),
            _ => {
                let comparison = match self.below(5) {
                    0 => self.comparison_with_concepts(depth),
                    1 => Comparison::Number(self.order(), self.pick(&["1", "2"]).into()),
                    2 => Comparison::Boolean(self.flip(), self.flip()),
                    3 => {
                        let order = self.pick(&[Order::Less, Order::GreaterOrEqual]);
                        Comparison::Time(order, self.times())
                    }
                    _ => Comparison::Text(self.flip(), self.search_terms()),
                };
                MemberFilter::Field(self.pick(&self.stock.fields.clone()), comparison)
            }
        }
    }

    fn acceptability(&mut self) -> Option<AcceptabilitySet> {
        let tokens = [Acceptability::Acceptable, Acceptability::Preferred];
        match self.below(4) {
            0 => Some(AcceptabilitySet::Tokens(self.several(1, |dice| dice.pick(&tokens)))),
            1 => {
                let concepts = self.stock.concepts.clone();
                Some(AcceptabilitySet::Concepts(self.several(1, |dice| dice.reference(&concepts))))
            }
            _ => None,
        }
    }

    fn description_filter(&mut self, depth: usize) -> DescriptionFilter {
        match self.below(12) {
            0 => DescriptionFilter::Language(
                self.flip(),
                self.several(1, |dice| dice.pick(&["en", "de"]).into()),
            ),
            1 => {
                let types = [
                    DescriptionType::Synonym,
                    DescriptionType::FullySpecifiedName,
                    DescriptionType::Definition,
                ];
                DescriptionFilter::Type(self.flip(), self.several(1, |dice| dice.pick(&types)))
            }
            2 => {
                let types = self.stock.types.clone();
                let set = self.several(2, |dice| dice.reference(&types));
                DescriptionFilter::TypeId(self.flip(), Concepts::Set(set))
            }
            3 => {
                let dialects = self.stock.dialects.clone();
                let several = self.several(1, |dice| (dice.pick(&dialects), dice.acceptability()));
                DescriptionFilter::Dialect(self.flip(), several, self.acceptability())
            }
            4 => {
                let ids = self.stock.dialect_ids.clone();
                let ids = if self.flip() {
                    let concept = Focus::Concept(self.reference(&ids));
                    DialectIds::Sub(Box::new(SubConstraint::new(concept)))
                } else {
                    DialectIds::Set(
                        self.several(2, |dice| (dice.reference(&ids), dice.acceptability())),
                    )
                };
                DescriptionFilter::DialectId(self.flip(), ids, self.acceptability())
            }
            5 => DescriptionFilter::Module(self.flip(), self.concepts(depth)),
            6 => DescriptionFilter::EffectiveTime(self.order(), self.times()),
            7 => DescriptionFilter::Active(self.flip(), self.flip()),
            8 => DescriptionFilter::Id(
                self.flip(),
                self.several(1, |dice| (5_000_000 + dice.below(20)).to_string()),
            ),
            _ => DescriptionFilter::Term(self.flip(), self.search_terms()),
        }
    }
}
