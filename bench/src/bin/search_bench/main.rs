//! Measures the text index: size, time and memory of a build, latencies of searches.
//!
//! `search_bench [concepts [query ...]]`, 520,000 concepts by default; queries named are measured
//! alone, each run a thousand times. With the feature `tantivy` the same corpus and
//! the same queries go through tantivy, too. What came of it: `docs/architecture.md`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program")]

mod corpus;
#[cfg(feature = "tantivy")]
mod peer;

use std::time::{Duration, Instant};

use codesystems::search::{Query, Selection, TextIndex, TextInput, build};
use corpus::{Designation, Random};
use roaring::RoaringBitmap;

/// A kind of query with its queries.
struct Workload {
    name: String,
    queries: Vec<String>,
}

fn main() {
    let concepts = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(520_000);
    let corpus = corpus::corpus(concepts);
    let characters: usize = corpus.iter().map(|designation| designation.text.len()).sum();
    println!(
        "{concepts} concepts, {} designations, {} bytes of text each; {} MiB resident before",
        corpus.len(),
        characters / corpus.len(),
        status("VmRSS:") / 1024
    );
    let start = Instant::now();
    let designations = corpus.iter().map(Designation::indexed);
    let sections = build(TextInput { concept_count: concepts, designations }).unwrap();
    println!("built in {:.2?}, peak {} MiB", start.elapsed(), status("VmHWM:") / 1024);
    let mut sum = 0;
    for (name, bytes) in sections.named() {
        sum += bytes.len();
        println!("  {name:20} {:>12} bytes", bytes.len());
    }
    println!("  {:20} {sum:>12} bytes", "all");
    let index = TextIndex::new(&sections.refs()).unwrap();
    let named: Vec<String> = std::env::args().skip(2).collect();
    if !named.is_empty() {
        let repeated = |query| Workload { name: "named".into(), queries: vec![query; 1_000] };
        let workloads: Vec<Workload> = named.into_iter().map(repeated).collect();
        measure(&workloads, |query| {
            let selection = Selection { within: None, offset: 0, limit: 20 };
            index.search(&Query::parse(query).fuzzy(true), &selection).total
        });
        return;
    }
    small_builds();
    compare_dictionaries(&corpus, &sections.terms);
    let workloads = workloads(&corpus);
    let subtree: RoaringBitmap = (concepts / 3..concepts / 3 + concepts * 10 / 52).collect();
    let mut random = Random(3);
    let scattered: RoaringBitmap =
        (0..concepts * 10 / 52).map(|_| random.below(concepts as usize) as u32).collect();
    for (name, within) in [
        ("all concepts", None),
        ("within a subtree", Some(&subtree)),
        ("within a scattered set", Some(&scattered)),
    ] {
        println!("\n{name}: {} concepts", within.map_or(concepts.into(), RoaringBitmap::len));
        measure(&workloads, |query| {
            let selection = Selection { within, offset: 0, limit: 20 };
            index.search(&Query::parse(query), &selection).total
        });
    }
    println!("\nall matches as a set");
    measure(&workloads, |query| index.matching(&Query::parse(query)).len());
    println!("\nwith a slip in the first word, fuzzy");
    let slips = Workload { name: "fuzzy".into(), queries: slips(&corpus) };
    measure(&[slips], |query| {
        let selection = Selection { within: None, offset: 0, limit: 20 };
        index.search(&Query::parse(query).fuzzy(true), &selection).total
    });
    #[cfg(feature = "tantivy")]
    peer::measure(&corpus, &workloads, &subtree);
}

/// What an inline code system costs.
fn small_builds() {
    for count in [5, 50] {
        let corpus = corpus::corpus(count);
        let mut best = Duration::MAX;
        for _ in 0..200 {
            let start = Instant::now();
            let designations = corpus.iter().map(Designation::indexed);
            build(TextInput { concept_count: count, designations }).unwrap();
            best = best.min(start.elapsed());
        }
        println!("{count} concepts, {} designations: built in {best:.2?}", corpus.len());
    }
}

/// The dictionary of tokens next to a finite state transducer of the same tokens.
fn compare_dictionaries(corpus: &[Designation], terms: &[u8]) {
    let mut words: Vec<String> = corpus
        .iter()
        .flat_map(|d| d.text.split(' '))
        .filter(|w| w.is_ascii())
        .map(str::to_lowercase)
        .collect();
    words.sort_unstable();
    words.dedup();
    let map = fst::Map::from_iter(words.iter().zip(0..)).unwrap();
    let start = Instant::now();
    let small = fst::Map::from_iter([("a", 0), ("b", 1)]).unwrap();
    println!(
        "dictionary: {} bytes; fst of {} words as typed: {} bytes, of 2 words: {:.0?}",
        terms.len(),
        words.len(),
        map.as_fst().as_bytes().len(),
        start.elapsed()
    );
    drop(small);
}

fn workloads(corpus: &[Designation]) -> Vec<Workload> {
    let mut random = Random(7);
    let mut all = Vec::new();
    let letters = || (b'a'..=b'z').map(char::from);
    let one = letters().map(String::from).collect();
    let two = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}"))).collect();
    all.push(Workload { name: "every letter".into(), queries: one });
    all.push(Workload { name: "every two letters".into(), queries: two });
    for length in 1..=6 {
        let queries = (0..2_000).map(|_| typed(corpus, &mut random, 1, length..=length)).collect();
        all.push(Workload { name: format!("one word, {length} letters"), queries });
    }
    for (words, letters) in [(1, 1..=6), (2, 3..=6), (3, 3..=6), (2, 1..=2), (3, 1..=2)] {
        let name = format!("{words} word(s), {} to {} letters", letters.start(), letters.end());
        let queries =
            (0..2_000).map(|_| typed(corpus, &mut random, words, letters.clone())).collect();
        all.push(Workload { name, queries });
    }
    all
}

/// The beginnings of `words` words of a text.
fn typed(
    corpus: &[Designation],
    random: &mut Random,
    words: usize,
    letters: std::ops::RangeInclusive<usize>,
) -> String {
    loop {
        let text = random.pick(corpus).text.replace(['(', ')'], "");
        let mut all: Vec<&str> =
            text.split(' ').filter(|w| w.chars().count() >= *letters.start()).collect();
        let mut typed = Vec::new();
        while typed.len() < words && !all.is_empty() {
            let word = all.remove(random.below(all.len()));
            let length = letters.start() + random.below(letters.end() - letters.start() + 1);
            typed.push(word.chars().take(length).collect::<String>());
        }
        if typed.len() == words {
            return typed.join(" ");
        }
    }
}

fn slips(corpus: &[Designation]) -> Vec<String> {
    let mut random = Random(9);
    let mut all = Vec::new();
    while all.len() < 500 {
        let text = &random.pick(corpus).text;
        let Some(word) = text.split(' ').find(|word| word.is_ascii() && word.len() >= 8) else {
            continue;
        };
        let mut word = word.to_owned();
        word.replace_range(4..5, "q");
        all.push(word);
    }
    all
}

/// Prints percentiles of one run of `answer` over each workload, after one to warm up.
fn measure(workloads: &[Workload], mut answer: impl FnMut(&str) -> u64) {
    println!("| queries | n | median | 90 % | 99 % | worst | worst query (matches) |");
    println!("|---|---|---|---|---|---|---|");
    for workload in workloads {
        for query in &workload.queries {
            answer(query);
        }
        let mut times: Vec<(Duration, &str, u64)> = Vec::new();
        for query in &workload.queries {
            // The better of three: the machine is shared.
            let run = |_| {
                let start = Instant::now();
                let total = answer(query);
                (start.elapsed(), query.as_str(), total)
            };
            times.extend((0..3).map(run).min());
        }
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        let (worst, query, total) = at(100);
        println!(
            "| {} | {} | {:.1?} | {:.1?} | {:.1?} | {worst:.1?} | `{query}` ({total}) |",
            workload.name,
            times.len(),
            at(50).0,
            at(90).0,
            at(99).0
        );
    }
}

/// A figure of this process in KiB.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}
