//! Escaping of JSON strings.

/// How many bytes are looked at together; the loop over one block compiles to vector instructions.
const BLOCK: usize = 16;

/// Appends a text (UTF-8) as the content of a JSON string: quote, backslash and control characters are escaped, all
/// other characters stand as they are (RFC 8259, section 7).
///
/// Cost: one pass and one copy where nothing is to escape, which is nearly always.
#[inline]
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        out.extend_from_slice(text);
        return;
    }
    push_escaped_slowly(out, text);
}

/// The same where something is to escape.
#[cold]
fn push_escaped_slowly(out: &mut Vec<u8>, mut rest: &[u8]) {
    while let Some(at) = first_special(rest) {
        let (plain, from_special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((special, after)) = from_special.split_first() else { return };
        push_escape(out, *special);
        rest = after;
    }
    out.extend_from_slice(rest);
}

/// The offset of the first byte that must be escaped.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    if is_plain(bytes) {
        return None;
    }
    bytes.iter().position(|byte| is_special(*byte))
}

/// Whether nothing must be escaped. The last block overlaps the one before it, so that no text is looked at
/// byte by byte unless it is shorter than four.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk::<BLOCK>() {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        return !has_special(last) && !blocks.iter().any(has_special);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return !word_has_special(u64::from_le_bytes(*first))
            && !word_has_special(u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let both =
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
        return !word_has_special(both);
    }
    !bytes.iter().any(|byte| is_special(*byte))
}

#[inline]
fn has_special(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(false, |found, byte| found | is_special(*byte))
}

/// The same for eight bytes in one word.
#[inline]
const fn word_has_special(word: u64) -> bool {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const QUOTE: u64 = u64::from_ne_bytes([b'"'; 8]);
    const BACKSLASH: u64 = u64::from_ne_bytes([b'\\'; 8]);
    const CONTROL: u64 = u64::from_ne_bytes([0x20; 8]);
    let zero_in_quote = (word ^ QUOTE).wrapping_sub(LOW) & !(word ^ QUOTE);
    let zero_in_backslash = (word ^ BACKSLASH).wrapping_sub(LOW) & !(word ^ BACKSLASH);
    let below = word.wrapping_sub(CONTROL) & !word;
    (zero_in_quote | zero_in_backslash | below) & HIGH != 0
}

#[inline]
const fn is_special(byte: u8) -> bool {
    // `|` instead of `||` keeps the loop free of branches.
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[cold]
fn push_escape(out: &mut Vec<u8>, special: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match special {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                digit(special >> 4),
                digit(special & 15),
            ]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str) -> Vec<u8> {
        let mut out = vec![b'"'];
        push_escaped(&mut out, text.as_bytes());
        out.push(b'"');
        out
    }

    #[test]
    fn control_characters_quotes_and_backslashes_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n\u{1}ä"), "\"a\\\"b\\\\c\\n\\u0001ä\"".as_bytes());
    }

    #[test]
    fn every_special_byte_is_found_at_every_offset_of_every_length() {
        for (special, len) in
            [0, 1, 0x1f, b'"', b'\\'].into_iter().flat_map(|s| (1..40).map(move |l| (s, l)))
        {
            for at in 0..len {
                let mut bytes = vec![b'x'; len];
                bytes[at] = special;
                assert!(!is_plain(&bytes), "{special} at {at} of {len}");
            }
        }
    }

    #[test]
    fn other_bytes_are_plain_in_every_length() {
        for byte in (0x20..=0xff).filter(|byte| !matches!(byte, b'"' | b'\\')) {
            for len in 0..40 {
                assert!(is_plain(&vec![byte; len]), "{byte} times {len}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_its_escaped_form(text in "\\PC*|[\\x00-\\x7f]*") {
            let back: String = serde_json::from_slice(&quoted(&text)).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
