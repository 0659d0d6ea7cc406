//! Laying out finished JSON for people, and taking the layout off again.

use crate::wire::limits::string_len;

/// The same JSON with line breaks and two blanks per level. Strings and numbers are copied as they are.
///
/// Any bytes are allowed; what is not JSON comes out as something that is not JSON either.
#[must_use]
pub fn pretty(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + json.len() / 2);
    Pretty::default().lay_out(json, &mut out);
    out
}

/// The same JSON without white space between its parts. Strings and numbers are copied as they are.
///
/// Any bytes are allowed; what is not JSON comes out as something that is not JSON either.
#[must_use]
pub fn compact(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = copy_string(after, &mut out),
            b' ' | b'\t' | b'\n' | b'\r' => {}
            other => out.push(other),
        }
    }
    out
}

/// Copies a string, of which `json` is what stands behind the opening quote; returns what is behind it.
fn copy_string<'j>(json: &'j [u8], out: &mut Vec<u8>) -> &'j [u8] {
    let (text, behind) = json.split_at(string_len(json));
    out.push(b'"');
    out.extend_from_slice(text);
    behind
}

/// Lays out JSON that comes in pieces. A piece must not end inside of a string or behind the opening of an
/// object or array.
#[derive(Debug, Default)]
pub struct Pretty {
    depth: usize,
}

impl Pretty {
    /// Appends the next piece to `out`.
    pub fn lay_out(&mut self, json: &[u8], out: &mut Vec<u8>) {
        let mut rest = json;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'"' => rest = copy_string(after, out),
                b'{' | b'[' => {
                    out.push(byte);
                    rest = after.trim_ascii_start();
                    match rest.split_first() {
                        Some((close @ (b'}' | b']'), behind)) => {
                            out.push(*close);
                            rest = behind;
                        }
                        _ => {
                            self.depth += 1;
                            new_line(out, self.depth);
                        }
                    }
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    new_line(out, self.depth);
                    out.push(byte);
                }
                b',' => {
                    out.push(byte);
                    new_line(out, self.depth);
                }
                b':' => out.extend_from_slice(b": "),
                byte if byte.is_ascii_whitespace() => {}
                other => out.push(other),
            }
        }
    }
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn compact_takes_white_space_away_and_nothing_else() {
        for (json, expected) in [
            ("{ \"a\" : [ 1.0 ,\n\t2e5, true ] }\r\n", "{\"a\":[1.0,2e5,true]}"),
            (r#"{ "a b": " \" : , ", "c": "\\" }"#, r#"{"a b":" \" : , ","c":"\\"}"#),
            ("\"open ", "\"open "),
        ] {
            assert_eq!(String::from_utf8(compact(json.as_bytes())).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn objects_and_arrays_are_laid_out_and_strings_left_alone() {
        let json = br#"{"a" :[1.0,{}, [ ]],"b":"x , { \" : y","c":{"d":null}}"#;
        insta::assert_snapshot!(String::from_utf8(pretty(json)).unwrap());
    }

    #[test]
    fn pieces_are_laid_out_as_the_whole_is() {
        let json = br#"{"a":[{"b":"{,"},{"c":{}},{"d":[{"e":1}]}],"f":2}"#;
        let ends = json.iter().enumerate().filter(|(_, byte)| matches!(byte, b'}' | b']' | b','));
        for (end, _) in ends.filter(|(end, _)| *end > 14) {
            let (mut layout, mut out) = (Pretty::default(), Vec::new());
            let (first, second) = json.split_at(end + 1);
            layout.lay_out(first, &mut out);
            layout.lay_out(second, &mut out);
            assert_eq!(out, pretty(json), "cut behind {end}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = pretty(&bytes);
        }

        #[test]
        fn laying_out_changes_no_value(text in "\\PC*", number in any::<i32>()) {
            let value = serde_json::json!({"a": [text, number, {"b": []}], "c": {}});
            let laid_out = pretty(value.to_string().as_bytes());
            prop_assert_eq!(&serde_json::from_slice::<serde_json::Value>(&laid_out).unwrap(), &value);
            prop_assert_eq!(compact(&laid_out), value.to_string().into_bytes());
        }
    }
}
