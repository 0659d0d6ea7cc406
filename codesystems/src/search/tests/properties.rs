use std::sync::OnceLock;

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::{ALL_ON, Text, index, reference};
use crate::model::DisplayRank;
use crate::search::evaluate::Costs;
use crate::search::{BuildOptions, Query, Selection, TextIndex, TextSectionRefs, TextSections};

fn word() -> impl Strategy<Value = String> + Clone {
    const KNOWN: &[&str] = &[
        "niere",
        "versagen",
        "Nierenversagen",
        "Herz",
        "herzversagen",
        "übel",
        "uebel",
        "b12",
        "b",
        "12",
        "typ",
        "2",
        "typ2",
        "a",
        "ab",
        "aba",
        "Versagensniere",
        "Größe",
        "Herz-Niere",
        "crohn's",
    ];
    prop_oneof![4 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => "[a-cä]{1,4}"]
}

/// One word several times.
fn repeated(word: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<String>> {
    (word, 2..4_usize).prop_map(|(word, times)| vec![word; times])
}

fn text() -> impl Strategy<Value = Text> {
    let words = proptest::collection::vec(word(), 0..5);
    let words = prop_oneof![8 => words, 1 => repeated(word())];
    let separator = proptest::sample::select(&[" ", ", ", "-"][..]);
    (0..8_u32, words, separator, 0..5_u8, any::<bool>(), 0..10_u8).prop_map(
        |(concept, words, separator, rank, german, seldom)| Text {
            concept,
            text: words.join(separator),
            language: if german { "de" } else { "en" },
            rank: DisplayRank::from_byte(rank.min(3)),
            searchable: seldom > 0,
        },
    )
}

fn texts() -> impl Strategy<Value = Vec<Text>> {
    proptest::collection::vec(text(), 0..30).prop_map(|mut texts| {
        texts.sort_by_key(|text| text.concept);
        texts
    })
}

fn query() -> impl Strategy<Value = Query> {
    let word = (word(), 1..9_usize, any::<bool>()).prop_map(|(mut word, length, whole)| {
        if !whole && let Some((at, _)) = word.char_indices().nth(length) {
            word.truncate(at);
        }
        word
    });
    let words = proptest::collection::vec(word.clone(), 1..4);
    let words = prop_oneof![4 => words, 1 => repeated(word)];
    (words, any::<bool>()).prop_map(|(words, fuzzy)| Query::parse(&words.join(" ")).fuzzy(fuzzy))
}

/// One way of evaluation made cheap, the other dear.
fn costs() -> [Costs; 3] {
    let usual = Costs::default();
    let listing = Costs { classify: 0, many: 2, ..usual };
    let gathering = Costs { classify: 1 << 30, postings: 0, span: 0, probe: 0, visit: 0, many: 0 };
    [usual, listing, gathering]
}

fn check(texts: &[Text], options: &BuildOptions, query: &Query, within: Option<&RoaringBitmap>) {
    let sections = index(texts, options);
    let plain = TextIndex::new(&sections.refs()).unwrap();
    let expected = reference::search(texts, query);
    let kept = OnceLock::new();
    for (mut text_index, costs) in [plain, plain.keeping(&kept)].into_iter().cycle().zip(costs()) {
        text_index.costs = costs;
        let matching: Vec<u32> = text_index.matching(query).iter().collect();
        assert!(matching.iter().eq(&reference::concepts(&expected)), "{query:?} {costs:?}");
        let mut wanted = expected.clone();
        wanted.retain(|(concept, _)| within.is_none_or(|within| within.contains(*concept)));
        for (offset, limit) in [(0, usize::MAX), (0, 2), (1, 2)] {
            let hits = text_index.search(query, &Selection { within, offset, limit });
            let found: Vec<(u32, u32)> =
                hits.hits.iter().map(|hit| (hit.concept.0, hit.designation.unwrap())).collect();
            let page: Vec<(u32, u32)> = wanted.iter().copied().skip(offset).take(limit).collect();
            assert_eq!(found, page, "{query:?} {costs:?}");
            assert_eq!(hits.total as usize, wanted.len());
            let selection = Selection { within, offset, limit };
            let (all, page) = text_index.find(query, &selection);
            assert_eq!(text_index.hits(&page), hits);
            assert!(all.iter().eq(reference::concepts(&wanted)), "{query:?} {costs:?}");
            if let Some(within) = within {
                let narrow = text_index.narrow_with(within, options);
                let narrowed = text_index.narrowed(&narrow);
                let alone = Selection { within: None, ..selection };
                assert_eq!(narrowed.search(query, &alone), hits, "{query:?} {costs:?}");
                assert_eq!(narrowed.search(query, &selection), hits, "{query:?} {costs:?}");
                let (all_narrowed, page) = narrowed.find(query, &alone);
                assert_eq!(
                    (all_narrowed, narrowed.hits(&page)),
                    (all, hits),
                    "{query:?} {costs:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_index_answers_as_the_obvious_search_does(
        texts in texts(),
        query in query(),
        within in proptest::option::of(proptest::collection::btree_set(0..9_u32, 0..6)),
        wide in prop_oneof![Just(2), Just(8), Just(usize::MAX)],
        best_concepts in 1..4_usize,
    ) {
        let options = BuildOptions {
            frequent_from_postings: wide,
            best_concepts,
            sets_from_postings: wide.saturating_mul(2),
            wide_from_postings: wide.saturating_mul(3),
            ..ALL_ON
        };
        let within: Option<RoaringBitmap> = within.map(|within| within.into_iter().collect());
        check(&texts, &options, &query, within.as_ref());
    }

    #[test]
    fn the_same_texts_give_the_same_bytes(texts in texts()) {
        prop_assert_eq!(index(&texts, &ALL_ON), index(&texts, &ALL_ON));
    }

    #[test]
    fn damaged_bytes_are_survived(
        texts in texts(),
        query in query(),
        damage in proptest::collection::vec((0..13_usize, any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in proptest::option::of(0..13_usize),
    ) {
        let mut sections = index(&texts, &ALL_ON);
        let slots = slots(&mut sections);
        for (section, at, byte) in damage {
            if !slots[section].is_empty() {
                let at = at.index(slots[section].len());
                slots[section][at] = byte;
            }
        }
        if let Some(section) = cut {
            slots[section].pop();
        }
        ask_everything(&sections.refs(), &query);
    }

    #[test]
    fn arbitrary_sections_are_survived(
        bytes in proptest::collection::vec(any::<Vec<u8>>(), 13),
        query in query(),
    ) {
        let mut sections = TextSections::default();
        slots(&mut sections).into_iter().zip(bytes).for_each(|(slot, bytes)| *slot = bytes);
        ask_everything(&sections.refs(), &query);
    }
}

fn slots(sections: &mut TextSections) -> [&mut Vec<u8>; 13] {
    let TextSections {
        header,
        terms,
        posting_offsets,
        postings,
        place_concepts,
        place_designations,
        qualities,
        designation_offsets,
        token_offsets,
        designation_tokens,
        token_codes,
        wide_ranges,
        frequent_ranges,
    } = sections;
    [
        header,
        terms,
        posting_offsets,
        postings,
        place_concepts,
        place_designations,
        qualities,
        designation_offsets,
        token_offsets,
        designation_tokens,
        token_codes,
        wide_ranges,
        frequent_ranges,
    ]
}

fn ask_everything(sections: &TextSectionRefs<'_>, query: &Query) {
    let Ok(mut text_index) = TextIndex::new(sections) else { return };
    let within = RoaringBitmap::from([0, 2, 3, 900]);
    for costs in costs() {
        text_index.costs = costs;
        for query in [query, &Query::default(), &Query::parse("a"), &Query::parse("nier ver")] {
            let _ = text_index.matching(query);
            for within in [None, Some(&within)] {
                let _ = text_index.search(query, &Selection { within, offset: 0, limit: 5 });
            }
        }
    }
}
