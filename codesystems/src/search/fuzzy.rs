//! Tokens that differ from a word by a slip of the fingers.

use std::ops::Range;
use std::sync::LazyLock;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};

use super::index::TextIndex;

/// Similar tokens that are looked at; the nearest ones, then in the order of tokens.
const MOST_SIMILAR: usize = 128;

/// One edit: a character added, dropped or replaced, or two neighbours exchanged.
static ONE: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

impl TextIndex<'_> {
    /// The tokens similar to `word`, ascending, as ranges of one: one edit away for 4 to 7
    /// characters, two for more, none for fewer.
    pub(super) fn similar(&self, word: &str) -> Vec<Range<u32>> {
        let automaton = match word.chars().count() {
            0..4 => return Vec::new(),
            4..8 => ONE.build_dfa(word),
            _ => TWO.build_dfa(word),
        };
        let mut found = self.accepted(&automaton);
        found.sort_unstable();
        found.truncate(MOST_SIMILAR);
        let mut tokens: Vec<u32> = found.into_iter().map(|(_, token)| token).collect();
        tokens.sort_unstable();
        tokens.into_iter().map(|token| token..token + 1).collect()
    }

    /// All tokens that `automaton` accepts, with their distance.
    ///
    /// The states after each byte of a token are kept for the next token, which shares its
    /// beginning; tokens with a beginning from which nothing is accepted are passed over.
    fn accepted(&self, automaton: &DFA) -> Vec<(u8, u32)> {
        let mut found = Vec::new();
        let mut states = vec![automaton.initial_state()];
        let mut hopeless = usize::MAX;
        let mut cursor = self.terms.cursor(0);
        while let Some(token) = cursor.next() {
            if cursor.shared() >= hopeless {
                continue;
            }
            states.truncate(cursor.shared() + 1);
            let mut state = states.last().copied().unwrap_or(SINK_STATE);
            hopeless = usize::MAX;
            for &byte in cursor.term().get(states.len() - 1..).unwrap_or_default() {
                state = automaton.transition(state, byte);
                if state == SINK_STATE {
                    hopeless = states.len();
                    break;
                }
                states.push(state);
            }
            if let Distance::Exact(distance) = automaton.distance(state) {
                found.push((distance, token));
            }
        }
        found
    }
}
