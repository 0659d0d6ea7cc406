//! Edition files: any bytes are refused, damage is noticed; damage behind right checksums gives
//! poor answers, never a panic.

#![no_main]

use std::sync::LazyLock;

use codesystems::fhir::code_system;
use codesystems::index::{Container, ContainerKind, ContainerWriter};
use codesystems::search::{Query, Selection};
use codesystems::{ConceptIx, Edition, LanguagePreference};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

const RESOURCE: &str = r#"{"resourceType":"CodeSystem","url":"http://example.org/s","version":"1",
"status":"active","content":"complete","caseSensitive":true,"language":"en",
"property":[{"code":"colour","type":"code"},{"code":"weight","type":"decimal"}],
"concept":[{"code":"a","display":"Animal","definition":"What moves.",
"designation":[{"language":"de","value":"Tier","use":{"system":"http://snomed.info/sct","code":"900000000000013009"}}],
"concept":[{"code":"b","display":"Bird","property":[{"code":"colour","valueCode":"red"},
{"code":"weight","valueDecimal":1.5}]},{"code":"c","display":"Cat called Bird",
"property":[{"code":"parent","valueCode":"d"},{"code":"inactive","valueBoolean":true}]}]},
{"code":"d","display":"Dwelling","property":[{"code":"notSelectable","valueBoolean":true}]}]}"#;

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut builder = code_system::edition_builder(RESOURCE).expect("the resource is sound");
    builder.meta.title = "Sound".to_owned();
    builder.finish().expect("the resource is sound")
});

/// Sections that hold automata of the `fst` crate, which trusts what a checksum has confirmed.
const AUTOMATA: [u32; 2] = [10, 13];
/// No section has a number as high.
const NUMBERS: u32 = 128;
/// Every hit.
const ALL: Selection<'_> = Selection { within: None, offset: 0, limit: usize::MAX };

#[derive(Debug, Arbitrary)]
enum Damage {
    /// These bytes and no others.
    Bytes(Vec<u8>),
    /// A sound file, cut off, with bytes changed, and no checksum put right.
    Spoilt { keep: u16, changes: Vec<(u16, u8)> },
    /// A file whose checksums are right and whose sections are not.
    Forged { sections: Vec<(u8, Change)> },
}

#[derive(Debug, Arbitrary)]
enum Change {
    Byte(u16, u8),
    Cut(u16),
    Grow(u8, u8),
    Drop,
}

fn spoilt(keep: u16, changes: &[(u16, u8)]) -> Vec<u8> {
    let mut bytes = WHOLE.clone();
    for &(at, with) in changes {
        let at = usize::from(at) % bytes.len();
        bytes[at] ^= with;
    }
    bytes.truncate(bytes.len().saturating_sub(usize::from(keep)));
    bytes
}

fn forged(changes: &[(u8, Change)]) -> Vec<u8> {
    let container = Container::from_bytes(WHOLE.clone().into()).expect("the file is sound");
    let mut sections: Vec<(u32, Vec<u8>)> = (0..NUMBERS)
        .map(|number| (number, container.section(number).to_vec()))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    for (number, change) in changes {
        let number = usize::from(*number) % sections.len();
        let (section, bytes) = &mut sections[number];
        match *change {
            _ if AUTOMATA.contains(section) => {}
            Change::Byte(at, with) => {
                let at = usize::from(at) % bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = with;
                }
            }
            Change::Cut(length) => bytes.truncate(usize::from(length)),
            Change::Grow(by, with) => bytes.extend(std::iter::repeat_n(with, by.into())),
            Change::Drop => bytes.clear(),
        }
    }
    let mut writer = ContainerWriter::new(ContainerKind::Edition);
    for (number, bytes) in sections {
        writer.section(number, bytes);
    }
    writer.finish()
}

/// Asks an edition for everything it can tell.
fn ask(edition: &Edition) {
    let scores = edition.language_scores(&LanguagePreference::parse("de, en;q=0.5"));
    let concepts = edition.concept_count().min(8);
    for concept in (0..=concepts).map(ConceptIx) {
        let _ = (edition.code(concept), edition.status(concept), edition.kind(concept));
        let _ = (edition.is_inactive(concept), edition.is_not_selectable(concept));
        let _ = (edition.display(concept), edition.display_for(concept, &scores));
        edition.parents(concept).chain(edition.children(concept)).for_each(drop);
        let _ = (edition.descendants(concept).len(), edition.descendant_count(concept));
        let _ = (edition.ancestors(concept).len(), edition.is_ancestor(concept, ConceptIx(0)));
        for designation in edition.designations(concept).take(8) {
            let _ = (designation.language(), designation.value(), designation.id());
            let _ = (designation.designation_use(), designation.rank(), designation.is_active());
            let _ = (designation.module(), designation.effective_time());
            designation.acceptability().take(8).for_each(drop);
        }
        for property in edition.properties(concept).take(8) {
            let _ = (property.code(), property.value().text(), property.concept());
            let _ = (property.group(), property.definition());
            let _ = (property.concepts().len(), property.concept_count());
        }
        edition.memberships(concept).take(8).for_each(drop);
    }
    for definition in &edition.meta().properties {
        let Some(property) = edition.property_id(&definition.code) else { continue };
        let _ = (edition.with_property(property).len(), edition.with_value(property, "red").len());
        edition.distinct_values(property).take(8).for_each(drop);
    }
    for code in ["a", "B", "zebra"] {
        let _ = edition.find(code);
        edition.codes_with_prefix(code).take(8).for_each(drop);
    }
    edition.roots().take(8).for_each(drop);
    let _ = (edition.inactive().len(), edition.not_selectable().len());
    if let Some(index) = edition.text_index() {
        for text in ["bird", "ca", "anmal"] {
            for fuzzy in [false, true] {
                let query = Query::parse(text).fuzzy(fuzzy);
                let _ = (index.matching(&query).len(), index.search(&query, &ALL));
            }
        }
    }
}

fuzz_target!(|damage: Damage| {
    match damage {
        Damage::Bytes(bytes) => {
            assert!(Edition::from_bytes(bytes.into()).is_err());
        }
        Damage::Spoilt { keep, changes } => {
            let bytes = spoilt(keep, &changes);
            let is_whole = bytes == *WHOLE;
            let Ok(container) = Container::from_bytes(bytes.into()) else { return };
            let opened = Edition::new(&container);
            if is_whole {
                opened.expect("a sound file is opened");
            }
        }
        Damage::Forged { sections } => {
            if let Ok(edition) = Edition::from_bytes(forged(&sections).into()) {
                ask(&edition);
            }
        }
    }
});
