//! Query strings and forms.

use std::borrow::Cow;

use crate::wire::WireError;

/// The still encoded names and values of a query string: split at `&` alone, the name ends at the first `=`.
///
/// `;` does not separate (it occurs in values), nor does a second `=` or `?`, which unencoded canonicals hold.
pub(in crate::wire) fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(query);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(b'&', text.as_bytes());
        let pair = end.map_or(text, |end| text.get(..end).unwrap_or_default());
        rest = end.and_then(|end| text.get(end + 1..));
        // Names are short.
        let equal = pair.bytes().position(|byte| byte == b'=');
        Some(
            equal.and_then(|at| Some((pair.get(..at)?, pair.get(at + 1..)?))).unwrap_or((pair, "")),
        )
    })
}

/// Decodes one value: `+` is a blank, `%` with two hexadecimal digits a byte. A `%` without them stands for
/// itself (URL Standard, "percent-decode"), so that an unencoded `100 %` is understood.
///
/// # Errors
/// [`WireError::Value`] for the parameter `name` where the decoded bytes are not UTF-8.
pub(in crate::wire) fn decode<'a>(name: &str, value: &'a str) -> Result<Cow<'a, str>, WireError> {
    if memchr::memchr2(b'%', b'+', value.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(value));
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some(at) = memchr::memchr2(b'%', b'+', rest) {
        let (plain, marked) = rest.split_at(at);
        decoded.extend_from_slice(plain);
        let Some((&mark, after)) = marked.split_first() else { break };
        let escaped = if mark == b'%' { escaped_byte(after) } else { None };
        let itself = if mark == b'+' { b' ' } else { mark };
        let (byte, behind) = escaped.unwrap_or((itself, after));
        decoded.push(byte);
        rest = behind;
    }
    decoded.extend_from_slice(rest);
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| WireError::value(name, value, "UTF-8 text, percent-encoded"))
}

/// The byte that two hexadecimal digits at the beginning stand for, and what follows them.
fn escaped_byte(after_percent: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], behind) = after_percent.split_first_chunk::<2>()?;
    Some((digit(*high)? << 4 | digit(*low)?, behind))
}

/// The value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_escapes_and_plus_signs_are_decoded() {
        assert_eq!(decode("filter", "Z%C3%B6liakie+typ%202").unwrap(), "Zöliakie typ 2");
        assert_eq!(decode("filter", "a%2Bb%7cc").unwrap(), "a+b|c");
    }

    #[test]
    fn a_percent_sign_that_escapes_nothing_stands_for_itself() {
        assert_eq!(decode("filter", "100%").unwrap(), "100%");
        assert_eq!(decode("filter", "5%xy%4").unwrap(), "5%xy%4");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_by_name() {
        let error = decode("filter", "%ff").unwrap_err();
        assert_eq!(
            error.to_string(),
            "parameter 'filter' is '%ff', expected UTF-8 text, percent-encoded"
        );
    }
}
