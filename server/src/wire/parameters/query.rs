//! Query strings and forms.

use std::borrow::Cow;

use crate::wire::WireError;

/// The still encoded names and values of a query string: split at `&` alone, the name ends at the first `=`.
///
/// `;` does not separate (it occurs in values), nor does a second `=` or `?`, which unencoded canonicals hold.
pub(in crate::wire) fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
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
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = if byte == b'%' { escaped_byte(after) } else { None };
        (rest, _) = match escaped {
            Some((byte, behind)) => (behind, decoded.push(byte)),
            None => (after, decoded.push(if byte == b'+' { b' ' } else { byte })),
        };
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| WireError::value(name, value, "UTF-8 text, percent-encoded"))
}

/// The byte that two hexadecimal digits at the beginning stand for, and what follows them.
fn escaped_byte(after_percent: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], behind) = after_percent.split_first_chunk::<2>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(*high)? << 4 | digit(*low)?, behind))
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
