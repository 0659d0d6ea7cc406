//! How large and how deep a request body may be.

use memchr::{memchr_iter, memchr2, memchr2_iter};

use super::WireError;

/// What a request body may measure. Both values come from the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body read, in bytes (after decompression).
    pub max_body_bytes: usize,
    /// The deepest nesting of objects and arrays, counted over the whole body.
    ///
    /// Above 128 the JSON parser itself refuses wherever a value is read as a typed value.
    pub max_depth: usize,
}

impl Default for Limits {
    /// 64 MiB, 128 levels.
    fn default() -> Self {
        Self { max_body_bytes: 64 << 20, max_depth: 128 }
    }
}

impl Limits {
    /// Checks size, encoding and depth of a JSON body and gives it back as text, without a byte order mark.
    ///
    /// Cost: one pass over the bytes, no allocation.
    ///
    /// # Errors
    /// [`WireError::TooLarge`], [`WireError::Encoding`] or [`WireError::TooDeep`].
    pub fn check_json<'a>(&self, body: &'a [u8]) -> Result<&'a str, WireError> {
        let text = self.check_text(body)?;
        if is_deeper_than(text.as_bytes(), self.max_depth) {
            return Err(WireError::TooDeep { limit: self.max_depth });
        }
        Ok(text)
    }

    /// Checks size and encoding of a body of any format.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] or [`WireError::Encoding`].
    pub fn check_text<'a>(&self, body: &'a [u8]) -> Result<&'a str, WireError> {
        if body.len() > self.max_body_bytes {
            return Err(WireError::TooLarge { found: body.len(), limit: self.max_body_bytes });
        }
        let text =
            std::str::from_utf8(body).map_err(|error| wrong_byte(body, error.valid_up_to()))?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}

/// Names the line and column (both from 1, the column in bytes) of the first byte that is not UTF-8.
fn wrong_byte(body: &[u8], offset: usize) -> WireError {
    let before = body.get(..offset).unwrap_or_default();
    let line = memchr_iter(b'\n', before).count() + 1;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    WireError::Encoding { line, column: offset - line_start + 1 }
}

/// Whether brackets outside of strings nest deeper than `limit`. Any bytes are allowed.
fn is_deeper_than(mut json: &[u8], limit: usize) -> bool {
    // Most bodies have not even that many brackets.
    if memchr2_iter(b'{', b'[', json).nth(limit).is_none() {
        return false;
    }
    let mut depth = 0_usize;
    while let Some((&byte, rest)) = json.split_first() {
        json = match byte {
            b'"' => rest.get(string_len(rest)..).unwrap_or_default(),
            _ => rest,
        };
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > limit {
            return true;
        }
    }
    false
}

/// The length of a JSON string's content and its closing quote, given the bytes after the opening quote.
/// An unterminated string reaches to the end.
pub(super) fn string_len(after_quote: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = after_quote.get(at..).unwrap_or_default();
        let Some(found) = memchr2(b'"', b'\\', rest) else { return after_quote.len() };
        match rest.get(found) {
            Some(b'\\') => at += found + 2,
            _ => return at + found + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_strings_only() {
        let limits = Limits { max_depth: 2, ..Limits::default() };
        assert!(limits.check_json(br#"{"a":["[[[[", "\"[[["]}"#).is_ok());
        assert_eq!(limits.check_json(b"[[[]]]"), Err(WireError::TooDeep { limit: 2 }));
        assert!(limits.check_json(b"[[],[],[],[]]").is_ok());
    }

    #[test]
    fn a_body_above_the_limit_is_refused_with_both_sizes() {
        let limits = Limits { max_body_bytes: 3, ..Limits::default() };
        assert_eq!(limits.check_json(b"[1,2]"), Err(WireError::TooLarge { found: 5, limit: 3 }));
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_named_by_line_and_column() {
        let body = b"{\n \"a\": \"\xff\"}";
        assert_eq!(
            Limits::default().check_json(body),
            Err(WireError::Encoding { line: 2, column: 8 })
        );
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(Limits::default().check_json(b"\xef\xbb\xbf{}"), Ok("{}"));
    }

    #[test]
    fn an_unterminated_string_ends_with_the_body() {
        assert_eq!(string_len(br"abc\"), 4);
        assert_eq!(string_len(br#"a\"b"c"#), 5);
        assert!(Limits::default().check_json(br#"{"a":"\"#).is_ok());
    }
}
