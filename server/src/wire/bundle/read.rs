//! Reading batches.

use axum::http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::error::quoted;
use crate::wire::json::BorrowedText;
use crate::wire::{Limits, WireError};

/// A Bundle of type `batch`, borrowed from the request's body.
#[derive(Debug, Clone)]
pub struct BatchRequest<'a> {
    /// The entries in their order; the response must have as many, in the same order.
    pub entries: Vec<BatchEntry<'a>>,
}

/// One entry of a batch. What is missing in it is its own error and does not concern the other entries.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, expecting = "an entry of a Bundle (a JSON object)")]
pub struct BatchEntry<'a> {
    #[serde(skip)]
    index: usize,
    #[serde(borrow, rename = "fullUrl")]
    full_url: Option<BorrowedText<'a>>,
    #[serde(borrow)]
    request: Option<EntryRequest<'a>>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, expecting = "the request of an entry (a JSON object)")]
struct EntryRequest<'a> {
    #[serde(borrow)]
    method: Option<BorrowedText<'a>>,
    #[serde(borrow)]
    url: Option<BorrowedText<'a>>,
}

/// What an entry asks to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'a> {
    /// The HTTP method.
    pub method: Method,
    /// The path below the server's base, without a leading `/`, still percent-encoded.
    pub path: &'a str,
    /// The query string without its `?`.
    pub query: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(expecting = "a Bundle (a JSON object)")]
struct Bundle<'a> {
    #[serde(borrow, rename = "resourceType")]
    resource_type: Option<BorrowedText<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<BorrowedText<'a>>,
    #[serde(borrow, default)]
    entry: Vec<BatchEntry<'a>>,
}

impl<'a> BatchRequest<'a> {
    /// Reads a batch from a JSON body.
    ///
    /// Cost: one pass over the body after the pass that checks it; allocates the list of entries.
    ///
    /// # Errors
    /// [`WireError::Json`]; [`WireError::Resource`] for anything but a Bundle; [`WireError::BundleType`] for any
    /// type but `batch`, in particular for `transaction`, which promises that all entries succeed or none; the
    /// errors of [`Limits::check_json`].
    pub fn from_json(body: &'a [u8], limits: &Limits) -> Result<Self, WireError> {
        let bundle: Bundle<'a> = serde_json::from_str(limits.check_json(body)?)?;
        match bundle.resource_type {
            Some(BorrowedText(name)) if name == "Bundle" => {}
            other => return Err(not_a_bundle(other)),
        }
        check_type(bundle.kind)?;
        let mut entries = bundle.entry;
        entries.iter_mut().enumerate().for_each(|(index, entry)| entry.index = index);
        Ok(Self { entries })
    }
}

impl BatchEntry<'_> {
    /// The entry's `fullUrl`.
    #[must_use]
    pub fn full_url(&self) -> Option<&str> {
        self.full_url.as_ref().map(|text| text.0.as_ref())
    }

    /// The entry's resource as raw JSON: the body of the request it stands for.
    #[must_use]
    pub const fn resource(&self) -> Option<&RawValue> {
        self.resource
    }

    /// What the entry asks to be called. The URL may be relative to the server's base, or absolute below it.
    ///
    /// `base` is the server's own base URL, for example `https://example.org/fhir`.
    ///
    /// # Errors
    /// [`WireError::BundleEntry`] where method or URL are missing, the method is none, or the URL leads to
    /// another server.
    pub fn target(&self, base: &str) -> Result<Target<'_>, WireError> {
        let request = self.request.as_ref();
        let method = request.and_then(|request| request.method.as_ref());
        let url = request.and_then(|request| request.url.as_ref());
        let method = method.ok_or_else(|| {
            self.wrong("request.method", "missing".to_owned(), "GET, POST, PUT or DELETE")
        })?;
        let url = url
            .filter(|url| !url.0.is_empty())
            .ok_or_else(|| self.wrong("request.url", "missing".to_owned(), RELATIVE_URL))?;
        let method = Method::from_bytes(method.0.as_bytes()).map_err(|_| {
            self.wrong("request.method", quoted(&method.0), "GET, POST, PUT or DELETE")
        })?;
        let below = below_base(&url.0, base)
            .ok_or_else(|| self.wrong("request.url", quoted(&url.0), RELATIVE_URL))?;
        let (path, query) = match below.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (below, None),
        };
        Ok(Target { method, path, query })
    }

    fn wrong(&self, element: &'static str, found: String, expected: &'static str) -> WireError {
        WireError::BundleEntry { index: self.index, element, found, expected: expected.into() }
    }
}

const RELATIVE_URL: &str = "a URL relative to this server's base";

/// The part of a URL below the base; `None` where it leads elsewhere.
fn below_base<'u>(url: &'u str, base: &str) -> Option<&'u str> {
    let base = base.trim_end_matches('/');
    let path_of = |(_, behind): (&'_ str, &'_ str)| behind.find('/');
    let base_path = base.split_once("://").and_then(path_of).and_then(|at| {
        let scheme_end = base.find("://")? + 3;
        base.get(scheme_end + at..)
    });
    let strip = |prefix: &str| {
        let rest = url.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    };
    let below = match url.starts_with("http://") || url.starts_with("https://") {
        true => strip(base)?,
        false => base_path.and_then(strip).unwrap_or(url),
    };
    Some(below.trim_start_matches('/'))
}

fn not_a_bundle(found: Option<BorrowedText<'_>>) -> WireError {
    WireError::Resource {
        found: match found {
            Some(name) => format!("a resource of type {}", quoted(&name.0)),
            None => "without a resourceType".to_owned(),
        },
        expected: "a Bundle of type batch",
    }
}

fn check_type(kind: Option<BorrowedText<'_>>) -> Result<(), WireError> {
    let (found, hint) = match &kind {
        Some(kind) if kind.0 == "batch" => return Ok(()),
        Some(kind) if kind.0 == "transaction" => (
            quoted(&kind.0),
            " (a transaction promises that all of its entries succeed or none, which this server does not \
             offer: send the same entries as a batch)",
        ),
        Some(kind) => (quoted(&kind.0), ""),
        None => ("missing".to_owned(), ""),
    };
    Err(WireError::BundleType { found, hint })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::Parameters;

    const BASE: &str = "https://example.org/fhir";

    fn read(text: &str) -> Result<BatchRequest<'_>, WireError> {
        BatchRequest::from_json(text.as_bytes(), &Limits::default())
    }

    fn batch_of(entry: &str) -> String {
        format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{entry}]}}"#)
    }

    #[test]
    fn a_batch_of_look_ups_is_read_with_its_parameters() {
        let text = batch_of(
            r#"{"fullUrl":"urn:uuid:1","request":{"method":"POST","url":"CodeSystem/$lookup"},
                "resource":{"resourceType":"Parameters","parameter":[{"name":"code","valueCode":"x"}]}},
               {"request":{"method":"GET","url":"CodeSystem/$lookup?system=http://a?b=c&code=x"}}"#,
        );
        let batch = read(&text).unwrap();
        let [first, second] = batch.entries.as_slice() else { panic!("two entries") };
        assert_eq!(first.full_url(), Some("urn:uuid:1"));
        assert_eq!(
            first.target(BASE),
            Ok(Target { method: Method::POST, path: "CodeSystem/$lookup", query: None })
        );
        let parameters = Parameters::from_raw(first.resource().unwrap()).unwrap();
        assert_eq!(parameters.string("code"), Ok(Some("x")));
        let target = second.target(BASE).unwrap();
        assert_eq!(target.query, Some("system=http://a?b=c&code=x"));
    }

    #[test]
    fn urls_may_be_relative_or_absolute_below_the_base() {
        let below = |url| below_base(url, BASE);
        assert_eq!(below("ValueSet/x"), Some("ValueSet/x"));
        assert_eq!(below("/ValueSet/x"), Some("ValueSet/x"));
        assert_eq!(below("/fhir/ValueSet/x"), Some("ValueSet/x"));
        assert_eq!(below("https://example.org/fhir/ValueSet/x"), Some("ValueSet/x"));
        assert_eq!(below("https://example.org/fhir?x"), Some("?x"));
        assert_eq!(below("/fhirworks/x"), Some("fhirworks/x"));
        assert_eq!(below("https://example.org/fhir2/ValueSet/x"), None);
        assert_eq!(below("http://elsewhere.org/ValueSet/x"), None);
    }

    #[test]
    fn what_an_entry_lacks_is_an_error_of_that_entry() {
        let text = batch_of(
            r#"{}, {"request":{"method":"GET"}}, {"request":{"method":"G T","url":"x"}},
               {"request":{"method":"GET","url":"http://elsewhere.org/x"}}"#,
        );
        let batch = read(&text).unwrap();
        let errors: Vec<_> =
            batch.entries.iter().map(|entry| entry.target(BASE).unwrap_err().to_string()).collect();
        assert_eq!(
            errors,
            [
                "Bundle.entry[0].request.method is missing, expected GET, POST, PUT or DELETE",
                "Bundle.entry[1].request.url is missing, expected a URL relative to this server's base",
                "Bundle.entry[2].request.method is 'G T', expected GET, POST, PUT or DELETE",
                "Bundle.entry[3].request.url is 'http://elsewhere.org/x', expected a URL relative to \
                 this server's base",
            ]
        );
    }

    #[test]
    fn other_bundles_and_resources_are_refused() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        let transaction = refused(r#"{"resourceType":"Bundle","type":"transaction"}"#);
        assert!(transaction.contains("'transaction'"), "{transaction}");
        assert!(transaction.contains("send the same entries as a batch"), "{transaction}");
        assert!(refused(r#"{"resourceType":"Bundle"}"#).contains("missing"));
        assert!(refused(r#"{"resourceType":"Parameters"}"#).contains("'Parameters'"));
        assert!(refused("[]").contains("line 1"));
    }

    #[test]
    fn an_empty_batch_has_no_entries() {
        assert!(read(r#"{"resourceType":"Bundle","type":"batch"}"#).unwrap().entries.is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = BatchRequest::from_json(&bytes, &Limits::default());
        }

        #[test]
        fn arbitrary_urls_never_panic(url in "[htps:/.a-zä?&=]{0,40}", base in "[htps:/.a-z]{0,30}") {
            let _ = below_base(&url, &base);
        }
    }
}
