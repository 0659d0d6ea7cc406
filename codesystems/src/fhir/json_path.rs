//! The element at a position of a JSON text, for errors.
//!
//! The readers keep no path while they read; only when one fails is the text walked again.

/// One level of nesting.
enum Level {
    Object { key: String, key_next: bool },
    Array { index: usize },
}

/// The path of the element that contains byte `offset` of `json`, as in `concept[3].code`; empty
/// for the root.
pub(super) fn path_at(json: &[u8], offset: usize) -> String {
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    while at < offset {
        let Some(&byte) = json.get(at) else { break };
        match byte {
            b'"' => {
                let end = string_end(json, at);
                if let Some(Level::Object { key, key_next }) = levels.last_mut()
                    && *key_next
                {
                    let text = json.get(at + 1..end).unwrap_or_default();
                    *key = String::from_utf8_lossy(text).into_owned();
                    *key_next = false;
                }
                at = end;
            }
            b'{' => levels.push(Level::Object { key: String::new(), key_next: true }),
            b'[' => levels.push(Level::Array { index: 0 }),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Object { key_next, .. }) => *key_next = true,
                Some(Level::Array { index }) => *index += 1,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    written(&levels)
}

/// The position of the quote that ends the string beginning at `start`.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    json.len()
}

fn written(levels: &[Level]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object { key, .. } if key.is_empty() => {}
            Level::Object { key, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Level::Array { index } => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// The byte offset of `column` (from 1, in bytes) in `line` (from 1).
pub(super) fn offset_of(json: &[u8], line: usize, column: usize) -> usize {
    let start = json
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .nth(line.saturating_sub(2));
    let start = if line <= 1 { 0 } else { start.unwrap_or(json.len()) };
    start + column.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_members_and_positions_and_skips_what_is_closed() {
        let json = r#"{"a":"x,\"{","concept":[{"code":"1"},{"code":"2","b":[[],[7]]}]}"#;
        let at = |needle: &str| path_at(json.as_bytes(), json.find(needle).unwrap());
        assert_eq!(at("\"x,"), "a");
        assert_eq!(at("\"1\""), "concept[0].code");
        assert_eq!(at("7"), "concept[1].b[1][0]");
        assert_eq!(path_at(json.as_bytes(), usize::MAX), "");
    }

    #[test]
    fn lines_and_columns_become_offsets() {
        let json = b"{\n \"a\":\n1}";
        assert_eq!(offset_of(json, 1, 1), 0);
        assert_eq!(offset_of(json, 2, 2), 3);
        assert_eq!(offset_of(json, 3, 1), 8);
    }
}
