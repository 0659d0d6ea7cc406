use roaring::RoaringBitmap;

use super::{ALL_ON, Text, german, index, preferred};
use crate::Error;
use crate::model::{ConceptIx, DisplayRank};
use crate::search::{Hits, IndexedText, MatchKind, Query, Selection, TextIndex, TextInput, build};

const ALL: Selection<'_> = Selection { within: None, offset: 0, limit: usize::MAX };

fn hits(texts: &[Text], query: &Query) -> Hits {
    let sections = index(texts, &ALL_ON);
    TextIndex::new(&sections.refs()).unwrap().search(query, &ALL)
}

/// The texts found by `query`, best first.
fn found(texts: &[Text], query: &str) -> Vec<String> {
    found_by(texts, &Query::parse(query))
}

fn found_by(texts: &[Text], query: &Query) -> Vec<String> {
    let hits = hits(texts, query);
    assert_eq!(hits.total as usize, hits.hits.len());
    hits.hits.iter().map(|hit| texts[hit.designation.unwrap() as usize].text.clone()).collect()
}

#[test]
fn a_text_is_found_however_it_is_typed() {
    for (text, queries) in [
        ("Übelkeit", &["Übelkeit", "Uebelkeit", "ubelkeit", "ÜBEL", "U\u{308}belkeit"][..]),
        ("Ödem", &["ödem", "oedem", "odem"]),
        ("Oedem", &["Ödem", "oedem"]),
        ("Fußpilz", &["fußp", "fussp", "FUSSPILZ", "FUẞPILZ"]),
        ("Herz-Kreislauf-Stillstand", &["herz-kreislauf", "herzkreislauf", "herz kreislauf"]),
        ("Herzkreislauf", &["herz-kreislauf", "herzkreislauf", "herz kreislauf"]),
        ("Herz Kreislauf", &["herz-kreislauf", "herzkreislauf", "herz kreislauf", "herzkreis"]),
        ("Vitamin B12", &["b12", "vitaminb12", "vitamin b12", "b 12", "vitamin b 12"]),
        ("Vitamin B 12", &["b12", "vitamin b12", "b 12"]),
        ("HbA1c im Blut", &["hba1c", "HbA1", "blut hba"]),
        ("Diabetes mellitus, Typ 2", &["typ 2 diab", "diab typ-2", "mell", "2 typ", "typ2"]),
        ("Crohn's disease", &["crohn", "crohns", "crohn's", "crohn’s"]),
        ("Morbus Ménière", &["meniere", "ménière"]),
        ("α-Amylase", &["α-amyl", "amylase α"]),
        ("10⁹/l", &["109", "10⁹"]),
        ("Ærø-Syndrom", &["aero", "ærø"]),
    ] {
        for query in queries {
            assert_eq!(found(&german(&[text]), query), [text], "{query}");
        }
    }
}

#[test]
fn a_word_with_two_spellings_counts_once_towards_the_whole_text() {
    let texts = german(&["Niere übel", "übel übel"]);
    for (query, kinds) in [
        ("ubel ubel", &[MatchKind::WholeText, MatchKind::WholeWords][..]),
        ("niere ubel", &[MatchKind::WholeText]),
    ] {
        let hits = hits(&texts, &Query::parse(query));
        let found: Vec<MatchKind> = hits.hits.iter().map(|hit| hit.kind).collect();
        assert_eq!(found, kinds, "{query}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    for (text, queries) in [
        ("Neue Niere", &["nu", "nue", "iere", "neuer"][..]),
        ("Übelkeit", &["belkeit", "ueubel"]),
        ("Diabetes mellitus", &["diabetes typ", "mellitus i", "diabetesx"]),
        ("Herz ohne Kreislauf", &["herzkreislauf", "herz-kreislaufs"]),
        ("Abend", &["a bend"]),
    ] {
        for query in queries {
            assert_eq!(found(&german(&[text]), query), [""; 0], "{query}");
        }
    }
}

#[test]
fn all_words_must_be_in_one_designation() {
    let texts = [preferred(0, "Diabetes mellitus"), preferred(0, "Zuckerkrankheit")];
    assert_eq!(found(&texts, "zucker diabetes"), [""; 0]);
    assert_eq!(found(&texts, "mellitus diabetes"), ["Diabetes mellitus"]);
}

#[test]
fn a_word_typed_again_asks_for_nothing_more() {
    let texts = german(&["Niere links", "Niere", "Nierenstein", "Bein links", "Tam Tam", "Tam"]);
    for query in ["niere niere", "Niere  niere, NIERE", "niere-niere"] {
        assert_eq!(found(&texts, query), ["Niere", "Niere links", "Nierenstein"]);
    }
    assert_eq!(found(&texts, "niere links niere"), ["Niere links"]);
    assert_eq!(found(&texts, "tam"), ["Tam", "Tam Tam"]);
    assert_eq!(found(&texts, "tam tam"), ["Tam Tam", "Tam"], "the text as it was typed");
}

#[test]
fn parts_of_german_compounds_are_found() {
    let texts = german(&[
        "Nierenversagen",
        "Versagen einer Niere",
        "Niere, Versagen",
        "Schilddrüsenunterfunktion",
        "Unterfunktion der Schilddrüse",
        "Funktion der Schilddrüse",
        "Unterfunktion, Funktion",
        "unter Therapie",
        "unter Belastung",
    ]);
    let versagen = ["Niere, Versagen", "Versagen einer Niere", "Nierenversagen"];
    let mut by_versagen = found(&texts, "versagen");
    by_versagen[..2].sort();
    assert_eq!(by_versagen, versagen);
    let unterfunktion = found(&texts, "unterfunktion schild");
    assert_eq!(
        unterfunktion,
        ["Unterfunktion der Schilddrüse", "Schilddrüsenunterfunktion"],
        "whole words come before parts"
    );
    assert!(found(&texts, "funktion").contains(&"Schilddrüsenunterfunktion".to_owned()));
}

#[test]
fn compounds_are_split_in_german_texts_only() {
    let mut texts = german(&["Niere, Versagen", "Niere, Versagen", "Nierenversagen"]);
    assert_eq!(found(&texts, "versagen").len(), 3);
    texts[2].language = "nl";
    assert_eq!(found(&texts, "versagen").len(), 2);
    texts[2].language = "de-AT";
    assert_eq!(found(&texts, "versagen").len(), 3);
    texts[2].language = "den";
    assert_eq!(found(&texts, "versagen").len(), 2);
}

#[test]
fn better_matches_come_first() {
    for (query, expected) in [
        (
            "diabetes",
            &["Diabetes", "Diabetes mellitus", "Juveniler Diabetes", "Schwangerschaftsdiabetes"][..],
        ),
        (
            "diabetes mellitus",
            &["Diabetes mellitus", "Mellitus Diabetes", "Diabetes mellitus Typ 2"],
        ),
        ("typ 2 diab", &["Typ 2: Diabetes", "Diabetes mellitus, Typ 2"]),
        (
            "fieber",
            &[
                "Fieber",
                "Fieber bei Kindern",
                "Gelbes Fieber",
                "Fieberkrampf",
                "Rotes Fieberbläschen",
            ],
        ),
        ("bruch", &["Bruch links", "Bruch rechts"]),
    ] {
        let mut texts: Vec<&str> = expected.to_vec();
        texts.reverse();
        let mut texts = german(&texts);
        texts.push(preferred(100, "Schwangerschaft"));
        texts.push(preferred(101, "Schwangerschaft"));
        assert_eq!(found(&texts, query), expected, "{query}");
    }
}

#[test]
fn preferred_terms_come_before_synonyms_and_full_names() {
    let ranks = [DisplayRank::SearchOnly, DisplayRank::FullName, DisplayRank::Synonym];
    let texts: Vec<Text> = (0..4)
        .zip(ranks.into_iter().chain([DisplayRank::Preferred]))
        .map(|(concept, rank)| Text { rank, ..preferred(concept, "Asthma bronchiale") })
        .collect();
    let hits = hits(&texts, &Query::parse("asthma"));
    let concepts: Vec<u32> = hits.hits.iter().map(|hit| hit.concept.0).collect();
    assert_eq!(concepts, [3, 2, 1, 0]);
}

#[test]
fn a_concept_is_found_once_by_its_best_designation() {
    let texts = [
        preferred(0, "Schwangerschaftsdiabetes"),
        preferred(0, "Diabetes in der Schwangerschaft"),
        preferred(0, "Diabetes, Schwangerschaft"),
    ];
    let hits = hits(&texts, &Query::parse("diabetes"));
    assert_eq!(hits.total, 1);
    assert_eq!(hits.hits[0].designation, Some(2));
    assert_eq!(hits.hits[0].kind, MatchKind::WholeWords);
}

#[test]
fn unsearchable_designations_keep_their_number_and_are_not_found() {
    let mut texts = german(&["Asthma", "Asthma"]);
    texts[0].searchable = false;
    let hits = hits(&texts, &Query::parse("asthma"));
    assert_eq!((hits.total, hits.hits[0].designation), (1, Some(1)));
}

#[test]
fn slips_are_forgiven_only_on_demand_and_where_nothing_else_is_found() {
    let texts = german(&["Diabetes mellitus", "Masern", "Maser", "Meister", "Rot"]);
    for (query, expected) in [
        ("diabetis", &["Diabetes mellitus"][..]),
        ("daibetes melitus", &["Diabetes mellitus"]),
        ("diabettis", &["Diabetes mellitus"]),
        ("diaxxxes", &[]),
        ("masren", &["Masern"]),
        ("maser", &["Maser", "Masern"]),
        ("rox", &[]),
    ] {
        assert_eq!(found_by(&texts, &Query::parse(query).fuzzy(true)), expected, "{query}");
    }
    assert_eq!(found(&texts, "diabetis"), [""; 0]);
    let hits = hits(&texts, &Query::parse("diabetis").fuzzy(true));
    assert_eq!(hits.hits[0].kind, MatchKind::Similar);
}

#[test]
fn a_query_without_words_matches_everything() {
    let texts = german(&["b", "a"]);
    let sections = index(&texts, &ALL_ON);
    let text_index = TextIndex::new(&sections.refs()).unwrap();
    for query in ["", "  ", "-"] {
        let query = Query::parse(query);
        assert!(query.is_empty());
        assert_eq!(text_index.matching(&query).len(), 2);
        let within = RoaringBitmap::from([1, 7]);
        let hits = text_index.search(&query, &Selection { within: Some(&within), ..ALL });
        assert_eq!((hits.total, hits.hits.len(), hits.hits[0].concept.0), (1, 1, 1));
    }
}

#[test]
fn pages_follow_one_another() {
    let texts: Vec<String> = (0..50).map(|number| format!("Fraktur {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let sections = index(&german(&texts), &ALL_ON);
    let text_index = TextIndex::new(&sections.refs()).unwrap();
    let query = Query::parse("frak");
    let all = text_index.search(&query, &ALL);
    let mut pages = Vec::new();
    for offset in (0..60).step_by(7) {
        let page = text_index.search(&query, &Selection { within: None, offset, limit: 7 });
        assert_eq!(page.total, 50);
        pages.extend(page.hits);
    }
    assert_eq!(pages, all.hits);
}

#[test]
fn designations_out_of_order_are_refused() {
    for concepts in [[1, 0], [0, 2]] {
        let designations = concepts.into_iter().map(|concept| IndexedText {
            concept: ConceptIx(concept),
            text: "a",
            language: "",
            rank: DisplayRank::Preferred,
            searchable: true,
        });
        let built = build(TextInput { concept_count: 2, designations });
        assert!(matches!(built, Err(Error::Section { section: "designations", .. })));
    }
}

#[test]
fn many_designations_are_analysed_in_parallel_to_the_same_bytes() {
    let texts: Vec<Text> = (0..70_000)
        .map(|number| preferred(number / 3, &format!("Niere {} Versagen {number}", number % 97)))
        .collect();
    let sections = index(&texts, &ALL_ON);
    assert_eq!(sections, index(&texts, &ALL_ON));
    let text_index = TextIndex::new(&sections.refs()).unwrap();
    let hits = text_index.search(&Query::parse("ver 69999"), &ALL);
    assert_eq!((hits.total, hits.hits[0].concept.0), (1, 23_333));
}

#[test]
fn an_empty_edition_has_an_empty_index() {
    let sections = index(&[], &ALL_ON);
    let text_index = TextIndex::new(&sections.refs()).unwrap();
    assert_eq!(text_index.search(&Query::parse("a"), &ALL), Hits::default());
    assert!(text_index.matching(&Query::default()).is_empty());
}

#[test]
fn damaged_offsets_promise_no_more_than_there_is() {
    let mut sections = index(&german(&["Niere", "Nierenstein"]), &ALL_ON);
    let last = sections.posting_offsets.len() - 4;
    sections.posting_offsets[last..].fill(0xff);
    let text_index = TextIndex::new(&sections.refs()).unwrap();
    let tokens = sections.posting_offsets.len() as u32 / 4 - 1;
    for start in 0..tokens {
        assert!(text_index.weight(&(start..tokens)) <= sections.postings.len() as u64);
    }
    let _ = text_index.search(&Query::parse("nieren"), &ALL);
}
