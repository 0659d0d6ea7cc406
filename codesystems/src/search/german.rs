//! German compounds: where inside a word do further words begin?
//!
//! `Nierenversagen` must be found by `versagen`. There is no free list of German medical words, but
//! an edition is one: words that stand alone somewhere are the parts of those that do not. A part
//! is remembered by where it begins; the token indexed for it runs to the end of the compound, so
//! that a prefix search finds the part and all that follows it.

use rustc_hash::{FxHashMap, FxHashSet};

/// Shortest part, in bytes of the folded word.
const SHORTEST_PART: usize = 4;

/// Shortest unknown last part, and shortest part in front of it.
const SHORTEST_UNKNOWN: usize = 5;

/// Shortest word that is taken apart.
const SHORTEST_COMPOUND: usize = 8;

/// Letters that two parts can be linked by; the longest come first.
const LINKS: [&str; 6] = ["en", "es", "er", "s", "n", "e"];

/// Endings of words that are always linked by an s; those in e are mostly linked by an n.
const NEED_S: [&str; 8] = ["ung", "heit", "keit", "schaft", "ion", "tat", "ling", "tum"];

/// Consonants a German word can begin with, when more than one.
const ONSETS: [&str; 42] = [
    "bl", "br", "ch", "chl", "chr", "cl", "cr", "dr", "fl", "fr", "gl", "gn", "gr", "kl", "kn",
    "kr", "pf", "pfl", "pfr", "ph", "phl", "phr", "pl", "pr", "ps", "rh", "sch", "schl", "schm",
    "schn", "schr", "schw", "sk", "sp", "spl", "spr", "st", "str", "th", "thr", "tr", "zw",
];

/// The words of one edition that can be parts of others.
#[derive(Debug, Default)]
pub(super) struct Compounds<'w> {
    known: FxHashSet<&'w str>,
}

/// Where the first part of a word ends and where the next one begins.
#[derive(Debug, Clone, Copy)]
struct Boundary {
    end: usize,
    next: usize,
}

/// Lengths of ends of one word, so that no end is tried twice.
#[derive(Debug, Default)]
struct Lengths(u128);

impl Lengths {
    fn insert(&mut self, length: usize) {
        self.0 |= 1_u128.checked_shl(length as u32).unwrap_or(0);
    }

    fn contains(&self, length: usize) -> bool {
        self.0.checked_shr(length as u32).unwrap_or(0) & 1 == 1
    }
}

impl<'w> Compounds<'w> {
    /// Learns from `words`: each distinct German word with the number of times it was seen.
    ///
    /// Known are words seen at least twice, then what remains of at least two different words
    /// behind a known one.
    pub(super) fn learn(words: impl Iterator<Item = (&'w str, u32)> + Clone) -> Self {
        let words = words.filter(|(word, _)| is_candidate(word));
        let seen_twice = words.clone().filter(|&(_, count)| count >= 2).map(|(word, _)| word);
        let mut compounds = Self { known: seen_twice.collect() };
        let mut heads: FxHashMap<&'w str, u32> = FxHashMap::default();
        for (word, _) in words.filter(|(word, _)| word.len() >= SHORTEST_COMPOUND) {
            if let Some(head) = compounds.partial(word).and_then(|at| word.get(at.next..)) {
                *heads.entry(head).or_default() += 1;
            }
        }
        compounds
            .known
            .extend(heads.iter().filter(|&(_, &count)| count >= 2).map(|(head, _)| head));
        compounds
    }

    /// Calls `sink` with the byte offset of each further part of `word`, ascending.
    pub(super) fn split(&self, word: &str, sink: &mut dyn FnMut(usize)) {
        if is_candidate(word) {
            self.split_at(word, 0, sink);
        }
    }

    fn split_at(&self, word: &str, base: usize, sink: &mut dyn FnMut(usize)) {
        if word.len() < SHORTEST_COMPOUND {
            return;
        }
        let Some(boundary) =
            self.covered(word, &mut Lengths::default()).or_else(|| self.long_partial(word))
        else {
            return;
        };
        let first = word.get(..boundary.end).unwrap_or_default();
        self.split_at(first, base, sink);
        sink(base + boundary.next);
        let rest = word.get(boundary.next..).unwrap_or_default();
        self.split_at(rest, base + boundary.next, sink);
    }

    /// The boundary behind the longest known part that leaves nothing unknown.
    fn covered(&self, word: &str, hopeless: &mut Lengths) -> Option<Boundary> {
        self.boundaries(word)
            .find(|at| self.is_covered(word.get(at.next..).unwrap_or_default(), hopeless))
    }

    fn is_covered(&self, rest: &str, hopeless: &mut Lengths) -> bool {
        if self.known.contains(rest) {
            return true;
        }
        if hopeless.contains(rest.len()) {
            return false;
        }
        let covered = self.covered(rest, hopeless).is_some();
        if !covered {
            hopeless.insert(rest.len());
        }
        covered
    }

    /// The boundary behind the longest known part, the rest being pronounceable.
    fn partial(&self, word: &str) -> Option<Boundary> {
        self.boundaries(word).find(|at| {
            let rest = word.get(at.next..).unwrap_or_default();
            rest.len() >= SHORTEST_UNKNOWN && can_begin(rest)
        })
    }

    fn long_partial(&self, word: &str) -> Option<Boundary> {
        self.partial(word).filter(|at| at.end >= SHORTEST_UNKNOWN)
    }

    /// All boundaries behind a known part, longest first; the likeliest linking element first.
    fn boundaries<'s>(&'s self, word: &'s str) -> impl Iterator<Item = Boundary> + 's {
        let last = word.len().saturating_sub(SHORTEST_PART);
        let ends = (SHORTEST_PART..=last).rev();
        ends.filter(|&end| word.get(..end).is_some_and(|part| self.known.contains(part))).flat_map(
            move |end| {
                let (part, rest) = word.split_at_checked(end).unwrap_or_default();
                let nexts = links(part, rest).map(move |link| end + link);
                nexts.filter(move |&next| next <= last).map(move |next| Boundary { end, next })
            },
        )
    }
}

/// The lengths of linking elements between `part` and `rest`: one that must be there, none, any.
fn links<'s>(part: &str, rest: &'s str) -> impl Iterator<Item = usize> + use<'s> {
    let needs_s = rest.starts_with('s') && NEED_S.iter().any(|ending| part.ends_with(ending));
    let needs_n = rest.starts_with('n') && part.ends_with('e');
    let needed = (needs_s || needs_n).then_some(1);
    let possible = LINKS.iter().filter(move |link| rest.starts_with(*link));
    needed.into_iter().chain([0]).chain(possible.map(|link| link.len()))
}

fn is_candidate(word: &str) -> bool {
    word.len() >= SHORTEST_PART && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Whether a German word can begin like this: at most one consonant, or a known group of them.
fn can_begin(word: &str) -> bool {
    let consonants = word.bytes().take_while(|&byte| !is_vowel(byte)).count();
    consonants <= 1
        || word.get(..consonants).is_some_and(|onset| onset == "q" || ONSETS.contains(&onset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(known: &[&str], word: &str) -> Vec<String> {
        let words: Vec<(&str, u32)> =
            known.iter().map(|word| (*word, 2)).chain([(word, 1)]).collect();
        let compounds = Compounds::learn(words.iter().copied());
        let mut parts = Vec::new();
        compounds.split(word, &mut |at| parts.push(word[at..].to_owned()));
        parts
    }

    #[test]
    fn compounds_are_split_at_known_words_with_linking_elements() {
        let known = [
            "niere",
            "versagen",
            "schilddruse",
            "unterfunktion",
            "funktion",
            "herz",
            "kreislauf",
            "stillstand",
            "schwangerschaft",
            "diabetes",
            "magen",
            "darm",
            "entzundung",
        ];
        for (word, expected) in [
            ("nierenversagen", &["versagen"][..]),
            ("schilddrusenunterfunktion", &["unterfunktion"]),
            ("herzkreislaufstillstand", &["kreislaufstillstand", "stillstand"]),
            ("schwangerschaftsdiabetes", &["diabetes"]),
            ("magendarmentzundung", &["darmentzundung", "entzundung"]),
            ("diabetes", &[]),
            ("herz", &[]),
        ] {
            assert_eq!(parts(&known, word), expected, "{word}");
        }
    }

    #[test]
    fn an_unknown_last_part_is_kept_when_it_can_begin_a_word() {
        assert_eq!(parts(&["niere"], "nierenversagen"), ["versagen"]);
        assert_eq!(parts(&["schwangerschaft"], "schwangerschaftsdiabetes"), ["diabetes"]);
        assert!(parts(&["herz"], "herzinfarkt").is_empty(), "four letters are too little to go by");
    }

    #[test]
    fn what_follows_a_known_word_twice_is_known() {
        let words = [("herz", 2), ("leber", 2), ("herzversagen", 1), ("leberversagen", 1)];
        let all = words.into_iter().chain([("hautversagen", 1), ("haut", 2)]);
        let compounds = Compounds::learn(all);
        let mut starts = Vec::new();
        compounds.split("hautversagen", &mut |at| starts.push(at));
        assert_eq!(starts, [4]);
    }
}
