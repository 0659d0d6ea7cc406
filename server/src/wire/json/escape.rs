//! Escaping of JSON strings.

/// How many bytes are looked at together; the loop over one block compiles to vector instructions.
const BLOCK: usize = 16;

/// Appends a text as the content of a JSON string: quote, backslash and control characters are escaped, all
/// other characters stand as they are (RFC 8259, section 7).
///
/// Cost: one pass and one copy where nothing is to escape, which is nearly always.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
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
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (blocks, tail) = bytes.as_chunks::<BLOCK>();
    let clean = blocks.iter().take_while(|block| !has_special(*block)).count() * BLOCK;
    if clean == blocks.len() * BLOCK && !has_special(tail) {
        return None;
    }
    let rest = bytes.get(clean..).unwrap_or_default();
    rest.iter().position(|byte| is_special(*byte)).map(|at| clean + at)
}

#[inline]
fn has_special(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | is_special(*byte))
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
        push_escaped(&mut out, text);
        out.push(b'"');
        out
    }

    #[test]
    fn control_characters_quotes_and_backslashes_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n\u{1}ä"), "\"a\\\"b\\\\c\\n\\u0001ä\"".as_bytes());
    }

    #[test]
    fn a_special_character_is_found_at_every_offset() {
        for at in 0..40 {
            let text = format!("{}\"{}", "x".repeat(at), "y".repeat(40 - at));
            let back: String = serde_json::from_slice(&quoted(&text)).unwrap();
            assert_eq!(back, text);
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
