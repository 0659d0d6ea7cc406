//! Description filters `{{ D … }}`: a concept stays if one of its descriptions satisfies them all.

use super::super::ast::{
    Acceptability, AcceptabilitySet, DescriptionFilter, DescriptionType, DialectIds, Order,
};
use super::super::error::{Error, Result};
use super::concepts::compares;
use super::text::Matcher;
use super::{CONCEPT_COST, Evaluator};
use crate::ConceptSet;
use crate::index::DesignationRef;

const FULLY_SPECIFIED_NAME: &str = "900000000000003001";
const SYNONYM: &str = "900000000000013009";
const DEFINITION: &str = "900000000000550004";
/// |Preferred|
const PREFERRED: &str = "900000000000548007";
/// |Acceptable|
const ACCEPTABLE: &str = "900000000000549004";

/// A description filter with everything in it evaluated.
enum Test<'c> {
    Term(bool, Vec<Matcher>),
    Language(bool, &'c [String]),
    /// Codes of description types.
    Type(bool, Vec<String>),
    /// Numbers of dialects; whether preferred and acceptable descriptions count.
    Dialect(bool, Vec<(u8, Accepts)>),
    Module(bool, ConceptSet),
    EffectiveTime(Order, &'c [String]),
    Active(bool),
    Id(bool, Vec<u64>),
}

/// Which acceptabilities count.
#[derive(Clone, Copy)]
struct Accepts {
    preferred: bool,
    acceptable: bool,
}

impl Evaluator<'_> {
    pub(super) fn by_descriptions(
        &self,
        set: &ConceptSet,
        filters: &[DescriptionFilter],
    ) -> Result<ConceptSet> {
        let mut tests = filters
            .iter()
            .map(|filter| self.description_test(filter))
            .collect::<Result<Vec<_>>>()?;
        if !tests.iter().any(|test| matches!(test, Test::Active(_))) {
            tests.push(Test::Active(true));
        }
        // Cheap tests first: terms are read last.
        tests.sort_by_key(|test| matches!(test, Test::Term(..)));
        let set = self.with_words(set, &tests);
        self.spend(set.len() * CONCEPT_COST)?;
        let edition = self.edition;
        let one_passes = |&concept: &crate::ConceptIx| {
            edition
                .designations(concept)
                .any(|designation| tests.iter().all(|test| self.passes(designation, test)))
        };
        Ok(set.iter().filter(one_passes).collect())
    }

    /// What of `set` can have a description with the words of the terms, by the text index. It
    /// holds active descriptions but for definitions, which are looked at in any case.
    fn with_words(&self, set: &ConceptSet, tests: &[Test<'_>]) -> ConceptSet {
        let edition = self.edition;
        let wants_active = tests.iter().any(|test| matches!(test, Test::Active(true)));
        let Some(index) = edition.text_index().filter(|_| wants_active) else { return set.clone() };
        let mut possible: Option<ConceptSet> = None;
        for test in tests {
            let Test::Term(true, matchers) = test else { continue };
            let queries: Vec<_> = matchers.iter().map(Matcher::query).collect();
            if queries.iter().any(|query| query.is_empty()) {
                continue;
            }
            let mut found = ConceptSet::new();
            for query in &queries {
                found.extend(&index.matching(query).into());
            }
            possible = Some(possible.map_or_else(|| found.clone(), |known| known.and(&found)));
        }
        let Some(possible) = possible else { return set.clone() };
        let wants_definitions = tests.iter().all(|test| match test {
            Test::Type(equal, types) => types.iter().any(|code| code == DEFINITION) == *equal,
            _ => true,
        });
        let mut chosen = set.and(&possible);
        if wants_definitions && edition.meta().designation_uses.iter().any(|u| u.code == DEFINITION)
        {
            chosen.extend(&edition.with_notes().and(set));
        }
        chosen
    }

    fn description_test<'c>(&self, filter: &'c DescriptionFilter) -> Result<Test<'c>> {
        Ok(match filter {
            DescriptionFilter::Term(equal, terms) => {
                Test::Term(*equal, terms.iter().map(Matcher::new).collect())
            }
            DescriptionFilter::Language(equal, codes) => Test::Language(*equal, codes),
            DescriptionFilter::Type(equal, types) => {
                let code = |kind: &DescriptionType| match kind {
                    DescriptionType::Synonym => SYNONYM.to_owned(),
                    DescriptionType::FullySpecifiedName => FULLY_SPECIFIED_NAME.to_owned(),
                    DescriptionType::Definition => DEFINITION.to_owned(),
                };
                Test::Type(*equal, types.iter().map(code).collect())
            }
            DescriptionFilter::TypeId(equal, concepts) => {
                let types = self.concepts(concepts)?;
                let uses = self.edition.meta().designation_uses.iter();
                let is_chosen = |code: &String| {
                    self.edition.find_exact(code).is_some_and(|concept| types.contains(concept))
                };
                Test::Type(*equal, uses.map(|usage| usage.code.clone()).filter(is_chosen).collect())
            }
            DescriptionFilter::Dialect(equal, aliases, all) => {
                let mut dialects = Vec::new();
                for (alias, own) in aliases {
                    let accepts = self.accepts(own.as_ref().or(all.as_ref()));
                    dialects.push((self.dialect(alias)?, accepts));
                }
                Test::Dialect(*equal, dialects)
            }
            DescriptionFilter::DialectId(equal, ids, all) => {
                Test::Dialect(*equal, self.dialects(ids, all.as_ref())?)
            }
            DescriptionFilter::Module(equal, concepts) => {
                self.holds_versions()?;
                Test::Module(*equal, self.concepts(concepts)?)
            }
            DescriptionFilter::EffectiveTime(order, times) => {
                self.holds_versions()?;
                Test::EffectiveTime(*order, times)
            }
            DescriptionFilter::Active(equal, value) => Test::Active(equal == value),
            DescriptionFilter::Id(equal, ids) => {
                Test::Id(*equal, ids.iter().filter_map(|id| id.parse().ok()).collect())
            }
        })
    }

    fn holds_versions(&self) -> Result<()> {
        let what = "the modules and effective times of descriptions; load the release again";
        self.edition.has_designation_versions().then_some(()).ok_or(Error::NotHeld { what })
    }

    fn dialect(&self, alias: &str) -> Result<u8> {
        let dialects = &self.edition.meta().dialects;
        let same = |known: &crate::model::Dialect| known.is_named(alias);
        let position = dialects.iter().position(same);
        position.and_then(|position| u8::try_from(position).ok()).ok_or_else(|| {
            let known = dialects.iter().map(|known| known.language.to_lowercase());
            Error::UnknownDialect { alias: alias.to_owned(), known: known.collect() }
        })
    }

    fn dialects(
        &self,
        ids: &DialectIds,
        all: Option<&AcceptabilitySet>,
    ) -> Result<Vec<(u8, Accepts)>> {
        let numbered = || (0u8..).zip(&self.edition.meta().dialects);
        match ids {
            DialectIds::Sub(sub) => {
                let chosen = self.sub(sub)?;
                let accepts = self.accepts(all);
                let is_chosen = |code: &str| {
                    self.edition.find_exact(code).is_some_and(|concept| chosen.contains(concept))
                };
                let dialects = numbered().filter(|(_, dialect)| is_chosen(&dialect.code));
                Ok(dialects.map(|(number, _)| (number, accepts)).collect())
            }
            DialectIds::Set(set) => {
                let one = |(reference, own): &(super::super::ast::ConceptReference, _)| {
                    let own: &Option<AcceptabilitySet> = own;
                    let dialect = numbered().find(|(_, dialect)| dialect.code == reference.id)?;
                    Some((dialect.0, self.accepts(own.as_ref().or(all))))
                };
                Ok(set.iter().filter_map(one).collect())
            }
        }
    }

    fn accepts(&self, set: Option<&AcceptabilitySet>) -> Accepts {
        match set {
            None => Accepts { preferred: true, acceptable: true },
            Some(AcceptabilitySet::Tokens(tokens)) => Accepts {
                preferred: tokens.contains(&Acceptability::Preferred),
                acceptable: tokens.contains(&Acceptability::Acceptable),
            },
            Some(AcceptabilitySet::Concepts(concepts)) => Accepts {
                preferred: concepts.iter().any(|concept| concept.id == PREFERRED),
                acceptable: concepts.iter().any(|concept| concept.id == ACCEPTABLE),
            },
        }
    }

    fn passes(&self, designation: DesignationRef<'_>, test: &Test<'_>) -> bool {
        match test {
            Test::Term(equal, matchers) => {
                matchers.iter().any(|matcher| matcher.matches(designation.value())) == *equal
            }
            Test::Language(equal, codes) => {
                let primary = designation.language().split('-').next().unwrap_or_default();
                codes.iter().any(|code| code.eq_ignore_ascii_case(primary)) == *equal
            }
            Test::Type(equal, types) => {
                let code = designation.designation_use().map_or("", |usage| usage.code.as_str());
                types.iter().any(|kind| kind == code) == *equal
            }
            Test::Dialect(equal, dialects) => {
                let is_in = designation.acceptability().any(|(number, preferred)| {
                    dialects.iter().any(|(dialect, accepts)| {
                        let accepted =
                            if preferred { accepts.preferred } else { accepts.acceptable };
                        *dialect == number && accepted
                    })
                });
                is_in == *equal
            }
            Test::Module(equal, modules) => {
                let module = self.edition.find_exact(designation.module());
                module.is_some_and(|module| modules.contains(module)) == *equal
            }
            Test::EffectiveTime(order, times) => {
                compares(designation.effective_time(), *order, times)
            }
            Test::Active(wanted) => designation.is_active() == *wanted,
            Test::Id(equal, ids) => ids.contains(&designation.id()) == *equal,
        }
    }
}
