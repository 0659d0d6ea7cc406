//! Random value sets over random code systems, against evaluation concept by concept.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::catalogue::Catalogue;
use crate::expand::{self, expand};
use crate::validate::{Coding, Rules, Shape, in_value_set};

const SYSTEM: &str = "http://example.org/random";
const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// A concept of the reference: its parents, always of smaller number, and its properties.
#[derive(Debug, Clone)]
struct Plain {
    parents: Vec<usize>,
    colour: Option<usize>,
    inactive: bool,
}

#[derive(Debug, Clone)]
enum Test {
    IsA(usize),
    DescendentOf(usize),
    IsNotA(usize),
    Generalizes(usize),
    ChildOf(usize),
    DescendentLeaf(usize),
    Colour(usize),
    ColourIn(Vec<usize>),
    HasColour(bool),
    CodeIn(Vec<usize>),
    CodeRegex(usize),
    Inactive(bool),
}

#[derive(Debug, Clone)]
enum Selection {
    Whole,
    List(Vec<usize>),
    Tests(Vec<Test>),
    Import(Box<Definition>),
}

#[derive(Debug, Clone)]
struct Definition {
    include: Vec<Selection>,
    exclude: Vec<Selection>,
}

/// Where a test names a concept that is not there, the last one is meant.
#[derive(Debug)]
struct World(Vec<Plain>);

impl World {
    fn code(&self, number: usize) -> String {
        format!("c{}", number.min(self.0.len() - 1))
    }

    fn is_below(&self, low: usize, high: usize) -> bool {
        self.0[low].parents.iter().any(|&parent| parent == high || self.is_below(parent, high))
    }

    fn passes(&self, concept: usize, test: &Test) -> bool {
        let last = self.0.len() - 1;
        let plain = &self.0[concept];
        let is_leaf = || !self.0.iter().any(|other| other.parents.contains(&concept));
        match test {
            Test::IsA(top) => concept == *top.min(&last) || self.is_below(concept, *top.min(&last)),
            Test::DescendentOf(top) => self.is_below(concept, *top.min(&last)),
            Test::IsNotA(top) => !self.passes(concept, &Test::IsA(*top)),
            Test::Generalizes(low) => {
                concept == *low.min(&last) || self.is_below(*low.min(&last), concept)
            }
            Test::ChildOf(top) => plain.parents.contains(top.min(&last)),
            Test::DescendentLeaf(top) => self.is_below(concept, *top.min(&last)) && is_leaf(),
            Test::Colour(colour) => plain.colour == Some(*colour),
            Test::ColourIn(colours) => plain.colour.is_some_and(|own| colours.contains(&own)),
            Test::HasColour(has) => plain.colour.is_some() == *has,
            Test::CodeIn(codes) => codes.iter().any(|code| code.min(&last) == &concept),
            Test::CodeRegex(digit) => self.code(concept).ends_with(&digit.to_string()),
            Test::Inactive(inactive) => plain.inactive == *inactive,
        }
    }

    fn selects(&self, selection: &Selection, concept: usize) -> bool {
        match selection {
            Selection::Whole => true,
            Selection::List(codes) => self.passes(concept, &Test::CodeIn(codes.clone())),
            Selection::Tests(tests) => tests.iter().all(|test| self.passes(concept, test)),
            Selection::Import(definition) => self.has(definition, concept),
        }
    }

    fn has(&self, definition: &Definition, concept: usize) -> bool {
        let any = |list: &[Selection]| list.iter().any(|part| self.selects(part, concept));
        any(&definition.include) && !any(&definition.exclude)
    }

    fn filter(&self, test: &Test) -> Value {
        let codes = |codes: &[usize]| {
            codes.iter().map(|&code| self.code(code)).collect::<Vec<_>>().join(",")
        };
        let colours = |colours: &[usize]| {
            colours.iter().map(|&colour| COLOURS[colour]).collect::<Vec<_>>().join(",")
        };
        let (property, op, value) = match test {
            Test::IsA(code) => ("concept", "is-a", self.code(*code)),
            Test::DescendentOf(code) => ("concept", "descendent-of", self.code(*code)),
            Test::IsNotA(code) => ("concept", "is-not-a", self.code(*code)),
            Test::Generalizes(code) => ("concept", "generalizes", self.code(*code)),
            Test::ChildOf(code) => ("concept", "child-of", self.code(*code)),
            Test::DescendentLeaf(code) => ("concept", "descendent-leaf", self.code(*code)),
            Test::Colour(colour) => ("colour", "=", COLOURS[*colour].to_owned()),
            Test::ColourIn(list) => ("colour", "in", colours(list)),
            Test::HasColour(has) => ("colour", "exists", has.to_string()),
            Test::CodeIn(list) => ("code", "in", codes(list)),
            Test::CodeRegex(digit) => ("code", "regex", format!("c[0-9]*{digit}")),
            Test::Inactive(inactive) => ("inactive", "=", inactive.to_string()),
        };
        json!({"property": property, "op": op, "value": value})
    }

    /// The selection as it stands in a compose; imported value sets go into `catalogue`.
    fn part(&self, selection: &Selection, catalogue: &mut Catalogue, names: &mut usize) -> Value {
        match selection {
            Selection::Whole => json!({"system": SYSTEM}),
            Selection::List(codes) => {
                let list: Vec<Value> =
                    codes.iter().map(|&code| json!({"code": self.code(code)})).collect();
                json!({"system": SYSTEM, "concept": list})
            }
            Selection::Tests(tests) => {
                let list: Vec<Value> = tests.iter().map(|test| self.filter(test)).collect();
                json!({"system": SYSTEM, "filter": list})
            }
            Selection::Import(definition) => {
                let value_set = self.value_set(definition, catalogue, names);
                let url = value_set.url.clone();
                catalogue.add_value_set(Arc::new(value_set));
                json!({"valueSet": [url]})
            }
        }
    }

    fn value_set(
        &self,
        definition: &Definition,
        catalogue: &mut Catalogue,
        names: &mut usize,
    ) -> ValueSet {
        let mut parts = |list: &[Selection]| {
            list.iter().map(|part| self.part(part, catalogue, names)).collect::<Vec<_>>()
        };
        let (include, exclude) = (parts(&definition.include), parts(&definition.exclude));
        *names += 1;
        let resource = json!({
            "resourceType": "ValueSet", "url": format!("http://example.org/vs/{names}"),
            "status": "active", "compose": {"include": include, "exclude": exclude},
        });
        crate::fhir::value_set::value_set(&resource.to_string()).unwrap()
    }

    fn code_system(&self) -> CodeSystem {
        let concepts: Vec<Value> = self
            .0
            .iter()
            .enumerate()
            .map(|(number, plain)| {
                let mut properties: Vec<Value> = plain
                    .parents
                    .iter()
                    .map(|&parent| json!({"code": "parent", "valueCode": self.code(parent)}))
                    .collect();
                if let Some(colour) = plain.colour {
                    properties.push(json!({"code": "colour", "valueCode": COLOURS[colour]}));
                }
                properties.push(json!({"code": "inactive", "valueBoolean": plain.inactive}));
                json!({"code": self.code(number), "property": properties})
            })
            .collect();
        let resource = json!({
            "resourceType": "CodeSystem", "url": SYSTEM, "version": "1", "status": "active",
            "content": "complete", "concept": concepts,
            "property": [{"code": "colour", "type": "code"}],
        });
        let builder =
            codesystems::fhir::code_system::edition_builder(&resource.to_string()).unwrap();
        let bytes = builder.finish().unwrap();
        CodeSystem::new(codesystems::Edition::from_bytes(bytes.into()).unwrap())
    }
}

fn world() -> impl Strategy<Value = World> {
    let plain = |number: usize| {
        let parents = proptest::collection::btree_set(0..number.max(1), 0..=number.min(2));
        (parents, proptest::option::of(0..3usize), any::<bool>()).prop_map(
            move |(parents, colour, inactive)| Plain {
                parents: parents.into_iter().filter(|_| number > 0).collect(),
                colour,
                inactive,
            },
        )
    };
    (1..14usize)
        .prop_flat_map(move |count| (0..count).map(plain).collect::<Vec<_>>())
        .prop_map(World)
}

fn test() -> impl Strategy<Value = Test> {
    let code = || 0..14usize;
    prop_oneof![
        code().prop_map(Test::IsA),
        code().prop_map(Test::DescendentOf),
        code().prop_map(Test::IsNotA),
        code().prop_map(Test::Generalizes),
        code().prop_map(Test::ChildOf),
        code().prop_map(Test::DescendentLeaf),
        (0..3usize).prop_map(Test::Colour),
        proptest::collection::vec(0..3usize, 1..3).prop_map(Test::ColourIn),
        any::<bool>().prop_map(Test::HasColour),
        proptest::collection::vec(code(), 1..4).prop_map(Test::CodeIn),
        (0..10usize).prop_map(Test::CodeRegex),
        any::<bool>().prop_map(Test::Inactive),
    ]
}

fn definition() -> impl Strategy<Value = Definition> {
    let leaf = prop_oneof![
        Just(Selection::Whole),
        proptest::collection::vec(0..14usize, 1..5).prop_map(Selection::List),
        proptest::collection::vec(test(), 1..3).prop_map(Selection::Tests),
    ];
    let selection = leaf.prop_recursive(2, 12, 4, |inner| {
        let list = || proptest::collection::vec(inner.clone(), 1..3);
        let exclude = proptest::collection::vec(inner.clone(), 0..2);
        (list(), exclude).prop_map(|(include, exclude)| {
            Selection::Import(Box::new(Definition { include, exclude }))
        })
    });
    (proptest::collection::vec(selection.clone(), 1..4), proptest::collection::vec(selection, 0..3))
        .prop_map(|(include, exclude)| Definition { include, exclude })
}

fn codes(compiled: &Arc<Compiled>, request: &expand::Request) -> Vec<String> {
    let expansion = expand(Arc::clone(compiled), request);
    expansion
        .entries()
        .filter_map(|entry| {
            let part = expansion.part(entry)?;
            Some(part.system.edition().code(entry.concept).to_owned())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn set_algebra_says_of_every_concept_what_its_definition_says(
        world in world(),
        definition in definition(),
        page in 1..5u64,
    ) {
        let mut catalogue = Catalogue::new();
        catalogue.add_code_system(Arc::new(world.code_system()));
        let value_set = world.value_set(&definition, &mut catalogue, &mut 0);
        let scope = Scope::new(&catalogue);
        let compiled = Arc::new(compile(&value_set, &scope).unwrap());

        let expected: BTreeSet<String> = (0..world.0.len())
            .filter(|&concept| world.has(&definition, concept))
            .map(|concept| world.code(concept))
            .collect();
        let whole = codes(&compiled, &expand::Request::default());
        prop_assert_eq!(whole.len() as u64, compiled.len(), "no code twice");
        prop_assert_eq!(&whole.iter().cloned().collect::<BTreeSet<_>>(), &expected);

        let mut paged = Vec::new();
        for offset in (0..whole.len() as u64).step_by(page as usize) {
            let request = expand::Request { offset, count: Some(page), ..Default::default() };
            paged.extend(codes(&compiled, &request));
        }
        prop_assert_eq!(paged, whole, "pages one after the other are the whole");

        let active = expand::Request { active_only: true, ..Default::default() };
        let expected_active: BTreeSet<String> = (0..world.0.len())
            .filter(|&concept| world.has(&definition, concept) && !world.0[concept].inactive)
            .map(|concept| world.code(concept))
            .collect();
        let found: BTreeSet<String> = codes(&compiled, &active).into_iter().collect();
        prop_assert_eq!(found, expected_active);

        for concept in 0..world.0.len() {
            let code = world.code(concept);
            let coding = Coding { system: SYSTEM, version: "", code: &code, display: "" };
            let (shape, rules) = (Shape::Coding, Rules::default());
            let known = |_: Option<&Canonical>| Ok(Arc::clone(&compiled));
            let verdict =
                in_value_set(&scope, &value_set, &known, &[coding], shape, rules).unwrap();
            prop_assert_eq!(verdict.result, expected.contains(&code), "{}", code);
        }
    }
}
