//! Expression constraints: any text is read or refused; what is read is written and read back.

#![no_main]

use std::sync::LazyLock;

use codesystems::systems::snomed::ecl::{self, Error, Syntax};
use codesystems::{Edition, EditionBuilder, EditionMeta};
use libfuzzer_sys::fuzz_target;

/// A few concepts, so that what is read is evaluated too.
static EDITION: LazyLock<Edition> = LazyLock::new(|| {
    let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", "1"));
    let root = builder.concept("138875005");
    builder.display(root, "en", "SNOMED CT Concept");
    for (code, display) in [("64572001", "Disease"), ("363698007", "Finding site")] {
        let concept = builder.concept(code);
        builder.display(concept, "en", display);
        builder.parent(concept, root);
    }
    let disease = builder.concept("64572001");
    let diabetes = builder.concept("73211009");
    builder.display(diabetes, "en", "Diabetes mellitus");
    builder.parent(diabetes, disease);
    let bytes = builder.finish().expect("the edition is sound");
    Edition::from_bytes(bytes.into()).expect("the edition is sound")
});

/// Line and column must be in the text, or just behind it.
fn is_in(text: &str, line: usize, column: usize) -> bool {
    let Some(line) = line.checked_sub(1).and_then(|number| text.split('\n').nth(number)) else {
        return false;
    };
    (1..=line.chars().count() + 1).contains(&column)
}

fuzz_target!(|text: &str| {
    let tree = match ecl::parse(text) {
        Ok(tree) => tree,
        Err(Error::Syntax { line, column, .. } | Error::Rule { line, column, .. }) => {
            assert!(is_in(text, line, column), "line {line}, column {column} is not in the text");
            return;
        }
        Err(_) => return,
    };
    for syntax in [Syntax::Brief, Syntax::Long] {
        let written = ecl::format(&tree, syntax);
        match ecl::parse(&written) {
            Ok(again) => assert_eq!(again, tree, "{written}"),
            Err(error) => panic!("{written}: {error}"),
        }
    }
    if let Ok(found) = ecl::evaluate(&tree, &EDITION) {
        let steps = ecl::explain(&tree, &EDITION).expect("what is evaluated is explained");
        assert_eq!(steps[0].concepts, Some(found.len()));
    }
});
