//! Random constraints: written and read back, evaluated and compared with the slow reference.

use proptest::prelude::*;

use super::super::plan::Limits;
use super::super::{Evaluator, Syntax, explain, format, parse};
use super::dice::Dice;
use super::world::{World, stock};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_written_is_read_back(seed: u64) {
        let ids = ["100001", "138875005", "900000000000013009"].map(str::to_owned);
        let stock = stock(&ids, &ids, true);
        let tree = Dice::new(seed, &stock).constraint(3);
        for syntax in [Syntax::Brief, Syntax::Long] {
            let text = format(&tree, syntax);
            prop_assert_eq!(parse(&text), Ok(tree.clone()), "{}", text);
        }
    }

    #[test]
    fn evaluation_agrees_with_the_reference(seed: u64) {
        let world = World::random(seed);
        let edition = world.edition();
        let stock = world.stock();
        let mut dice = Dice::new(seed ^ 0x5DEE_CE66, &stock);
        for _ in 0..12 {
            let tree = dice.constraint(3);
            let text = format(&tree, Syntax::Brief);
            let limit = |dice: &mut Dice<'_>| dice.pick(&[0, 4, 2_000]);
            let limits = Limits {
                few: limit(&mut dice),
                few_focus: limit(&mut dice),
                keep: limit(&mut dice),
                ..Limits::default()
            };
            let found = Evaluator::with_limits(&edition, limits).evaluate(&tree);
            let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
            let mut found: Vec<&str> = found.iter().map(|c| edition.code(c)).collect();
            let expected = world.evaluate(&tree);
            let mut expected: Vec<&str> =
                expected.iter().map(|&number| world.concepts[number].id.as_str()).collect();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(&found, &expected, "{}", text);
            let steps = explain(&tree, &edition).unwrap();
            prop_assert_eq!(steps[0].concepts, Some(expected.len() as u64));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ <>!^*:=.,|\"#{}()\\[\\]+/\\\\0-9A-Za-zä-]{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_change_of_a_constraint_is_read_or_refused(seed: u64, at: usize, with: char) {
        let ids = ["100001", "138875005"].map(str::to_owned);
        let stock = stock(&ids, &ids, true);
        let tree = Dice::new(seed, &stock).constraint(2);
        let mut text: Vec<char> = format(&tree, Syntax::Brief).chars().collect();
        let at = at % text.len();
        text[at] = with;
        let _ = parse(&text.into_iter().collect::<String>());
    }
}

#[test]
fn an_evaluation_beyond_its_budget_is_refused() {
    let world = World::random(1);
    let edition = world.edition();
    let limits = Limits { budget: 100_000, ..Limits::default() };
    let evaluator = Evaluator::with_limits(&edition, limits);
    let few = parse("* OR * OR *").unwrap();
    assert!(evaluator.evaluate(&few).is_ok() && evaluator.evaluate(&few).is_ok());
    for text in ["* OR * OR * OR * OR * OR *", "(* OR *) OR (* OR *) OR (* OR *)"] {
        let error = evaluator.evaluate(&parse(text).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("too costly"), "{text}");
    }
}
