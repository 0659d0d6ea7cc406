//! The JSON writer.

use super::buffers;
use super::escape::push_escaped;

/// Writes one JSON text into a growing buffer.
///
/// Commas are set by the writer; brackets are the caller's to balance. Strings are escaped; member names are
/// constants of the FHIR specification and fragments ([`JsonWriter::raw`]) are finished, so both are taken as
/// they are.
///
/// ```
/// use server::wire::json::JsonWriter;
///
/// let mut writer = JsonWriter::with_capacity(64);
/// writer.begin_object();
/// writer.field_str("resourceType", "Parameters");
/// writer.key("parameter");
/// writer.begin_array();
/// writer.end_array();
/// writer.end_object();
/// assert_eq!(writer.into_bytes(), br#"{"resourceType":"Parameters","parameter":[]}"#);
/// ```
#[derive(Debug, Clone, Default)]
pub struct JsonWriter {
    out: Vec<u8>,
    /// Whether the next key or value follows another one inside the same object or array.
    comma: bool,
}

/// A place in a [`JsonWriter`] to go back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    len: usize,
    comma: bool,
}

impl JsonWriter {
    /// A writer that appends to `out`, which is usually empty.
    #[must_use]
    pub const fn new(out: Vec<u8>) -> Self {
        Self { out, comma: false }
    }

    /// A writer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::new(buffers::take(capacity))
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// What was written so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    /// Takes what was written so far out of the writer, which then goes on behind it: for answers that are
    /// sent in pieces. A [`Mark`] set before is void.
    #[must_use]
    pub fn take_chunk(&mut self) -> Vec<u8> {
        let capacity = self.out.capacity();
        std::mem::replace(&mut self.out, buffers::take(capacity))
    }

    /// Remembers this place.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { len: self.out.len(), comma: self.comma }
    }

    /// Drops what was written since `mark`.
    pub fn rewind(&mut self, mark: Mark) {
        self.out.truncate(mark.len);
        self.comma = mark.comma;
    }

    /// Begins an object as the next value.
    #[inline]
    pub fn begin_object(&mut self) {
        self.begin(b'{');
    }

    /// Ends the object begun last.
    #[inline]
    pub fn end_object(&mut self) {
        self.end(b'}');
    }

    /// Begins an array as the next value.
    #[inline]
    pub fn begin_array(&mut self) {
        self.begin(b'[');
    }

    /// Ends the array begun last.
    #[inline]
    pub fn end_array(&mut self) {
        self.end(b']');
    }

    /// Writes a member's name, a constant without anything to escape; its value must follow.
    #[inline]
    pub fn key(&mut self, name: &'static str) {
        self.out.reserve(name.len() + 4);
        self.open_quote();
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// Writes a member's name that is not a constant, escaped; its value must follow.
    pub fn key_escaped(&mut self, name: &str) {
        self.quoted(name);
        self.out.push(b':');
        self.comma = false;
    }

    /// Writes a string value.
    #[inline]
    pub fn string(&mut self, text: &str) {
        self.quoted(text);
    }

    /// Writes an integer value.
    pub fn integer(&mut self, value: i64) {
        if value < 0 {
            self.separate();
            self.out.push(b'-');
            self.comma = false;
        }
        self.unsigned(value.unsigned_abs());
    }

    /// Writes an integer value that is not negative.
    pub fn unsigned(&mut self, value: u64) {
        let (mut digits, mut rest, mut first) = ([0_u8; 20], value, 20);
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            // The remainder of a division by ten always fits.
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            (rest, first) = (rest / 10, at);
            if rest == 0 {
                break;
            }
        }
        self.separate();
        self.out.extend_from_slice(digits.get(first..).unwrap_or_default());
    }

    /// Writes `true` or `false`.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.separate();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Writes a finished JSON value, which must be well-formed.
    #[inline]
    pub fn raw(&mut self, json: &str) {
        self.raw_bytes(json.as_bytes());
    }

    /// Writes a finished JSON value, which must be well-formed and UTF-8.
    #[inline]
    pub fn raw_bytes(&mut self, json: &[u8]) {
        self.separate();
        self.out.extend_from_slice(json);
    }

    /// Writes a member with a string value.
    #[inline]
    pub fn field_str(&mut self, name: &'static str, text: &str) {
        self.field_bytes(name, text.as_bytes());
    }

    /// Writes `{"name":"…","valueX":"…"}`, which is most of any Parameters resource, in five copies: a third
    /// of the time that member after member takes. `middle` is all that stands between the two texts.
    #[inline]
    pub(super) fn named_bytes(&mut self, name: &'static str, middle: &'static str, text: &[u8]) {
        self.out.reserve(name.len() + middle.len() + text.len() + 16);
        let lead: &[u8] = if self.comma { b",{\"name\":\"" } else { b"{\"name\":\"" };
        self.out.extend_from_slice(lead);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(middle.as_bytes());
        push_escaped(&mut self.out, text);
        self.out.extend_from_slice(b"\"}");
        self.comma = true;
    }

    /// Writes a value of finished JSON with texts in it: of each piece what stands before the text, and the
    /// text; then what stands behind the last.
    #[inline]
    pub(super) fn pieces(&mut self, pieces: &[(&'static str, &[u8])], end: &'static str) {
        let length: usize = pieces.iter().map(|(before, text)| before.len() + text.len()).sum();
        self.out.reserve(length + end.len() + 1);
        self.separate();
        for (before, text) in pieces {
            self.out.extend_from_slice(before.as_bytes());
            push_escaped(&mut self.out, text);
        }
        self.out.extend_from_slice(end.as_bytes());
    }

    /// Begins an object with `head`, which is finished JSON up to the opening quote of a text; then comes
    /// the text and, after `middle`, which stands between the closing and the next opening quote, another;
    /// `are_verbatim` where nothing in both is to escape.
    #[inline]
    pub(super) fn begin_with(
        &mut self,
        head: &[u8],
        first: &[u8],
        (middle, second): (&'static str, Option<&[u8]>),
        are_verbatim: bool,
    ) {
        let push = |out: &mut Vec<u8>, text: &[u8]| match are_verbatim {
            true => out.extend_from_slice(text),
            false => push_escaped(out, text),
        };
        let second_length = second.map_or(0, <[u8]>::len);
        self.out.reserve(head.len() + first.len() + middle.len() + second_length + 8);
        self.separate();
        self.out.extend_from_slice(head);
        push(&mut self.out, first);
        if let Some(second) = second {
            self.out.extend_from_slice(middle.as_bytes());
            push(&mut self.out, second);
        }
        self.out.push(b'"');
    }

    /// Writes again what was written behind another member.
    #[inline]
    pub(super) fn again(&mut self, members: &[u8]) {
        self.out.extend_from_slice(members);
        self.comma = true;
    }

    /// Begins `{"name":"…","part":[…]}`, which is most of the rest.
    #[inline]
    pub(super) fn begin_parts(&mut self, name: &'static str) {
        let lead: &[u8] = if self.comma { b",{\"name\":\"" } else { b"{\"name\":\"" };
        self.out.extend_from_slice(lead);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\",\"part\":[");
        self.comma = false;
    }

    /// Ends what [`Self::begin_parts`] began.
    #[inline]
    pub(super) fn end_parts(&mut self) {
        self.out.extend_from_slice(b"]}");
        self.comma = true;
    }

    /// The same with a text in bytes, which must be UTF-8, as texts of editions are.
    #[inline]
    pub fn field_bytes(&mut self, name: &'static str, text: &[u8]) {
        self.out.reserve(name.len() + text.len() + 8);
        self.open_quote();
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":\"");
        push_escaped(&mut self.out, text);
        self.out.push(b'"');
    }

    /// Writes a member with a string value, or nothing for `None` and for an empty text, which FHIR
    /// forbids.
    #[inline]
    pub fn field_opt(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.field_str(name, text);
        }
    }

    /// Writes a member with a boolean value.
    #[inline]
    pub fn field_bool(&mut self, name: &'static str, value: bool) {
        self.key(name);
        self.boolean(value);
    }

    /// Writes a member with an integer value.
    pub fn field_integer(&mut self, name: &'static str, value: i64) {
        self.key(name);
        self.integer(value);
    }

    /// Writes a member with a finished JSON value.
    pub fn field_raw(&mut self, name: &'static str, json: &str) {
        self.key(name);
        self.raw(json);
    }

    /// Writes a member with an array of strings, or nothing for an empty list (FHIR has no empty arrays).
    pub fn field_strings<S: AsRef<str>>(&mut self, name: &'static str, texts: &[S]) {
        if texts.is_empty() {
            return;
        }
        self.key(name);
        self.begin_array();
        for text in texts {
            self.string(text.as_ref());
        }
        self.end_array();
    }

    #[inline]
    fn quoted(&mut self, text: &str) {
        // One reservation for everything around and in the string, and for the colon behind a key.
        self.out.reserve(text.len() + 4);
        self.open_quote();
        push_escaped(&mut self.out, text.as_bytes());
        self.out.push(b'"');
    }

    #[inline]
    fn begin(&mut self, bracket: u8) {
        self.separate();
        self.out.push(bracket);
        self.comma = false;
    }

    #[inline]
    fn end(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.comma = true;
    }

    #[inline]
    fn open_quote(&mut self) {
        let lead: &[u8] = if self.comma { b",\"" } else { b"\"" };
        self.out.extend_from_slice(lead);
        self.comma = true;
    }

    #[inline]
    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut JsonWriter)) -> String {
        let mut writer = JsonWriter::default();
        write(&mut writer);
        String::from_utf8(writer.into_bytes()).unwrap()
    }

    #[test]
    fn integers_of_every_length_are_written_in_full() {
        let text = written(|writer| {
            writer.begin_array();
            for value in [0, 7, 10, -1, 123_456_789, i64::MAX, i64::MIN] {
                writer.integer(value);
            }
            writer.unsigned(u64::MAX);
            writer.end_array();
        });
        assert_eq!(
            text,
            "[0,7,10,-1,123456789,9223372036854775807,-9223372036854775808,18446744073709551615]"
        );
    }

    #[test]
    fn commas_stand_between_members_and_values_only() {
        let text = written(|writer| {
            writer.begin_object();
            writer.field_bool("a", true);
            writer.key("b");
            writer.begin_array();
            writer.begin_object();
            writer.end_object();
            writer.raw("null");
            writer.end_array();
            writer.field_opt("c", None);
            writer.field_strings::<&str>("d", &[]);
            writer.field_strings("e", &["x", "y"]);
            writer.end_object();
        });
        assert_eq!(text, r#"{"a":true,"b":[{},null],"e":["x","y"]}"#);
    }

    #[test]
    fn rewinding_forgets_members_and_their_comma() {
        let text = written(|writer| {
            writer.begin_array();
            let mark = writer.mark();
            writer.string("dropped");
            writer.rewind(mark);
            writer.string("kept");
            writer.end_array();
        });
        assert_eq!(text, r#"["kept"]"#);
    }

    #[test]
    fn pieces_taken_out_continue_each_other() {
        let mut writer = JsonWriter::default();
        writer.begin_array();
        writer.integer(1);
        let mut all = writer.take_chunk();
        writer.integer(2);
        writer.end_array();
        all.extend(writer.take_chunk());
        assert_eq!(all, b"[1,2]");
    }
}
