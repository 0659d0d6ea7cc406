//! Which of the BfArM files a file is, by the shape of its rows.

use super::kodes::Layout;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All codes of ICD-10-GM.
    Kodes,
    /// Its blocks.
    Gruppen,
    /// Its chapters.
    Kapitel,
    /// A transition table.
    Umsteiger,
}

impl Shape {
    /// The shape of a file of which `head` is the beginning. Only `gruppen` and `kapitel`, whose
    /// rows are too plain to be told by themselves, also need their names.
    pub(super) fn of(name: &str, head: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let named = match lower.as_str() {
            name if name.starts_with("ops") => None,
            name if name.contains("gruppen") => Some(Self::Gruppen),
            name if name.contains("kapitel") => Some(Self::Kapitel),
            _ => None,
        };
        let fits = |shape: Self| {
            let rows = whole_lines(head);
            !rows.is_empty()
                && rows.iter().all(|row| shape.is_row(row))
                && (shape != Self::Umsteiger || rows.iter().any(|row| row.ends_with(";A")))
        };
        [Some(Self::Kodes), Some(Self::Umsteiger), named].into_iter().flatten().find(|s| fits(*s))
    }

    fn is_row(self, row: &str) -> bool {
        let columns: Vec<&str> = row.split(';').map(str::trim).collect();
        match (self, columns.as_slice()) {
            (Self::Kodes, [level, place, art, _, _, _, code, ..]) => {
                Layout::of(columns.len()).is_some()
                    && matches!(*level, "3" | "4" | "5")
                    && matches!(*place, "T" | "N")
                    && matches!(*art, "X" | "S")
                    && is_icd(code)
            }
            (Self::Gruppen, [first, .., _]) => is_icd(first) && first.len() == 3,
            (Self::Kapitel, [number, _, ..]) => {
                (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
            }
            (Self::Umsteiger, [old, new, forward, backward]) => {
                is_code(old) && is_code(new) && is_flag(forward) && is_flag(backward)
            }
            (Self::Umsteiger, [old, old_side, new, new_side, forward, backward]) => {
                is_code(old)
                    && is_code(new)
                    && is_flag(forward)
                    && is_flag(backward)
                    && [old_side, new_side].into_iter().all(|side| matches!(*side, "J" | "N" | ""))
            }
            _ => false,
        }
    }
}

/// The lines of a head that are not blank; the last one may be cut off and does not count.
fn whole_lines(head: &str) -> Vec<&str> {
    let text = head.trim_start_matches('\u{feff}');
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or(text);
    let lines = whole.lines().filter(|line| !line.trim().is_empty() && *line != "\u{1a}");
    lines.take(200).collect()
}

fn is_flag(text: &str) -> bool {
    matches!(text, "A" | "")
}

fn is_code(text: &str) -> bool {
    text == "UNDEF" || is_icd(text) || is_ops(text)
}

/// `A00.0`: a letter, two digits (or a digit and a letter), then what may follow.
fn is_icd(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [letter, digit, third, ..]
        if letter.is_ascii_uppercase() && digit.is_ascii_digit() && third.is_ascii_alphanumeric())
        && text.len() <= 9
        && !bytes.contains(&b' ')
}

/// `5-470.11`: a digit, a hyphen, three characters, then what may follow.
pub(super) fn is_ops(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [chapter, b'-', first, second, ..]
        if chapter.is_ascii_digit() && first.is_ascii_alphanumeric() && second.is_ascii_alphanumeric())
        && text.len() <= 10
        && !bytes.contains(&b' ')
}
