//! Requests with what their answers must be like.

use memchr::memmem;

use crate::client::Base;

/// A request below the FHIR base, and how to tell a right answer from a wrong one.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// Below the base, with a slash at its beginning.
    pub(crate) target: String,
    /// JSON.
    pub(crate) body: Option<String>,
    pub(crate) expect: Expect,
}

/// What an answer must be like. Checks do not depend on white space: servers differ in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expect {
    /// The status; 0 for any that blames the client.
    pub(crate) status: u16,
    /// JSON strings that must occur in this order.
    pub(crate) strings: Vec<String>,
    /// A member with a plain value that must occur.
    pub(crate) member: Option<(&'static str, String)>,
    /// How many rows an expansion must have, at least and at most.
    pub(crate) rows: Option<(u64, u64)>,
}

impl Call {
    pub(crate) fn get(target: String, expect: Expect) -> Self {
        Self { method: "GET", target, body: None, expect }
    }

    pub(crate) fn post(target: &str, body: String, expect: Expect) -> Self {
        Self { method: "POST", target: target.into(), body: Some(body), expect }
    }

    /// The request as it goes over the wire; `more` are further header lines.
    pub(crate) fn bytes(&self, base: &Base, more: &str) -> Vec<u8> {
        let Self { method, target, .. } = self;
        let Base { authority, path } = base;
        // A base without a path still has one in the request line.
        let path = if path.is_empty() && !target.starts_with('/') { "/" } else { path.as_str() };
        let mut text = format!(
            "{method} {path}{target} HTTP/1.1\r\nHost: {authority}\r\nAccept: application/fhir+json\r\n{more}"
        );
        if let Some(body) = &self.body {
            text.push_str(&format!(
                "Content-Type: application/fhir+json\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        text.push_str("\r\n");
        text.push_str(self.body.as_deref().unwrap_or_default());
        text.into_bytes()
    }
}

impl Expect {
    pub(crate) fn ok() -> Self {
        Self { status: 200, ..Self::default() }
    }

    pub(crate) fn string(mut self, text: impl Into<String>) -> Self {
        self.strings.push(format!("\"{}\"", text.into()));
        self
    }

    pub(crate) fn member(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.member = Some((name, value.into()));
        self
    }

    /// An expansion of at least `least` and at most `most` rows.
    pub(crate) fn rows(mut self, least: u64, most: u64) -> Self {
        self.rows = Some((least, most));
        self
    }

    /// Whether the answer is right.
    pub(crate) fn is_met(&self, status: u16, body: &[u8]) -> bool {
        let is_status = match self.status {
            0 => (400..500).contains(&status),
            expected => status == expected,
        };
        let mut rest = body;
        let has_strings = self.strings.iter().all(|string| {
            let found = memmem::find(rest, string.as_bytes());
            rest = found.and_then(|at| rest.get(at + string.len()..)).unwrap_or_default();
            found.is_some()
        });
        is_status
            && has_strings
            && self.rows.is_none_or(|(least, most)| (least..=most).contains(&rows(body)))
            && self.member.as_ref().is_none_or(|(name, value)| has_member(body, name, value))
    }
}

/// Rows of an expansion: members `code` behind `contains`. Designations would count too; none are
/// asked for.
fn rows(body: &[u8]) -> u64 {
    const CODE: &[u8] = b"\"code\"";
    let at = memmem::find(body, b"\"contains\"").unwrap_or(body.len());
    let rest = body.get(at..).unwrap_or_default();
    let is_member = |at: &usize| {
        let behind = rest.get(at + CODE.len()..).unwrap_or_default().trim_ascii_start();
        behind.first() == Some(&b':')
    };
    memmem::find_iter(rest, CODE).filter(is_member).count() as u64
}

fn has_member(body: &[u8], name: &str, value: &str) -> bool {
    let name = format!("\"{name}\"");
    memmem::find_iter(body, name.as_bytes()).any(|at| {
        let rest = body.get(at + name.len()..).unwrap_or_default().trim_ascii_start();
        let rest = rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        let rest = rest.strip_prefix(value.as_bytes());
        rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    })
}

/// A value as it stands in a query string.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_right_by_status_strings_in_order_and_member() {
        let expect = Expect::ok().string("a").string("b").member("total", "12");
        assert!(expect.is_met(200, br#"{"a":"b","total" : 12}"#));
        assert!(!expect.is_met(404, br#"{"a":"b","total":12}"#));
        assert!(!expect.is_met(200, br#"{"b":"a","total":12}"#));
        assert!(!expect.is_met(200, br#"{"a":"b","total":123}"#));
        let page = Expect::ok().rows(1, 2);
        assert!(
            page.is_met(200, br#"{"code":0,"contains":[{"code" : "a"},{"x":"code","code":"b"}]}"#)
        );
        assert!(!page.is_met(200, br#"{"code":0,"contains":[]}"#));
        assert!(Expect::default().is_met(422, b"") && !Expect::default().is_met(500, b""));
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let base = Base { authority: "h:1".into(), path: "/fhir".into() };
        let call = Call::post("/x", "äb".into(), Expect::ok());
        let text = String::from_utf8(call.bytes(&base, "X-Y: 1\r\n")).unwrap();
        assert!(text.starts_with("POST /fhir/x HTTP/1.1\r\nHost: h:1\r\n"), "{text}");
        assert!(text.contains("\r\nX-Y: 1\r\n") && text.contains("Content-Length: 3\r\n\r\näb"));
        assert_eq!(encoded("a b|ä?"), "a%20b%7C%C3%A4%3F");
    }
}
