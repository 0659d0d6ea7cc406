//! Writing batch responses and search results.

use axum::http::StatusCode;

use crate::wire::OperationOutcome;
use crate::wire::json::JsonWriter;

/// Writes a Bundle of type `batch-response`, one entry for each entry of the batch, in its order.
#[derive(Debug)]
pub struct BatchResponseWriter<'w> {
    entries: Entries<'w>,
}

impl<'w> BatchResponseWriter<'w> {
    /// Begins the Bundle.
    pub fn begin(writer: &'w mut JsonWriter) -> Self {
        begin_bundle(writer, "batch-response");
        Self { entries: Entries::new(writer) }
    }

    /// Writes an answer that is finished JSON.
    ///
    /// `response.status` is the bare number (`200`), which clients compare as text.
    pub fn answer(&mut self, status: StatusCode, resource: &[u8]) {
        let writer = self.entries.begin();
        writer.key("resource");
        writer.raw_bytes(resource);
        begin_response(writer, status);
        writer.end_object();
        writer.end_object();
    }

    /// Writes an answer without a resource, or one that only an OperationOutcome explains.
    pub fn outcome(&mut self, status: StatusCode, outcome: Option<&OperationOutcome>) {
        let writer = self.entries.begin();
        begin_response(writer, status);
        if let Some(outcome) = outcome {
            writer.key("outcome");
            outcome.write(writer);
        }
        writer.end_object();
        writer.end_object();
    }

    /// How many bytes wait in the writer.
    #[must_use]
    pub fn written(&self) -> usize {
        self.entries.writer.as_bytes().len()
    }

    /// Takes what was written so far out of the writer, which then goes on behind it.
    #[must_use]
    pub fn take_chunk(&mut self) -> Vec<u8> {
        self.entries.writer.take_chunk()
    }

    /// Ends the Bundle.
    pub fn finish(self) {
        self.entries.finish();
    }
}

/// Why a resource is part of a search result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchMode {
    /// It matches the search.
    Match,
    /// A match refers to it.
    Include,
    /// It is an OperationOutcome about the search itself.
    Outcome,
}

impl SearchMode {
    const fn code(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Include => "include",
            Self::Outcome => "outcome",
        }
    }
}

/// Writes a Bundle of type `searchset`.
#[derive(Debug)]
pub struct SearchsetWriter<'w> {
    entries: Entries<'w>,
}

impl<'w> SearchsetWriter<'w> {
    /// Begins the Bundle.
    ///
    /// `total` counts all matches, not only those of this page. `links` are pairs of relation (`self`, `next`,
    /// `previous`, …) and absolute URL.
    pub fn begin(writer: &'w mut JsonWriter, total: Option<u64>, links: &[(&str, &str)]) -> Self {
        begin_bundle(writer, "searchset");
        if let Some(total) = total {
            writer.key("total");
            writer.unsigned(total);
        }
        if !links.is_empty() {
            writer.key("link");
            writer.begin_array();
            for (relation, url) in links {
                writer.begin_object();
                writer.field_str("relation", relation);
                writer.field_str("url", url);
                writer.end_object();
            }
            writer.end_array();
        }
        Self { entries: Entries::new(writer) }
    }

    /// Writes a resource that is finished JSON. `full_url` must be absolute, since clients follow it.
    pub fn entry(&mut self, full_url: Option<&str>, mode: SearchMode, resource: &[u8]) {
        let writer = self.entries.begin();
        writer.field_opt("fullUrl", full_url);
        writer.key("resource");
        writer.raw_bytes(resource);
        writer.key("search");
        writer.begin_object();
        writer.field_str("mode", mode.code());
        writer.end_object();
        writer.end_object();
    }

    /// Ends the Bundle.
    pub fn finish(self) {
        self.entries.finish();
    }
}

/// The array `entry`, which is opened by its first item, since FHIR has no empty arrays.
#[derive(Debug)]
struct Entries<'w> {
    writer: &'w mut JsonWriter,
    opened: bool,
}

impl<'w> Entries<'w> {
    const fn new(writer: &'w mut JsonWriter) -> Self {
        Self { writer, opened: false }
    }

    fn begin(&mut self) -> &mut JsonWriter {
        if !self.opened {
            self.writer.key("entry");
            self.writer.begin_array();
            self.opened = true;
        }
        self.writer.begin_object();
        self.writer
    }

    fn finish(self) {
        if self.opened {
            self.writer.end_array();
        }
        self.writer.end_object();
    }
}

fn begin_bundle(writer: &mut JsonWriter, kind: &str) {
    writer.begin_object();
    writer.field_str("resourceType", "Bundle");
    writer.field_str("type", kind);
}

fn begin_response(writer: &mut JsonWriter, status: StatusCode) {
    writer.key("response");
    writer.begin_object();
    writer.field_str("status", status.as_str());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(writer: &JsonWriter) -> serde_json::Value {
        serde_json::from_slice(writer.as_bytes()).unwrap()
    }

    #[test]
    fn a_batch_response_has_answers_and_outcomes_in_order() {
        let mut writer = JsonWriter::default();
        let mut batch = BatchResponseWriter::begin(&mut writer);
        batch.answer(StatusCode::OK, br#"{"resourceType":"Parameters"}"#);
        batch.outcome(StatusCode::NOT_FOUND, Some(&OperationOutcome::not_found("no such code")));
        batch.outcome(StatusCode::NO_CONTENT, None);
        batch.finish();
        insta::assert_json_snapshot!(value(&writer));
    }

    #[test]
    fn a_search_result_has_total_links_and_absolute_urls() {
        let mut writer = JsonWriter::default();
        let links = [
            ("self", "https://example.org/fhir/ValueSet?_count=1"),
            ("next", "https://example.org/fhir/ValueSet?_count=1&_offset=1"),
        ];
        let mut result = SearchsetWriter::begin(&mut writer, Some(2), &links);
        let url = Some("https://example.org/fhir/ValueSet/x");
        result.entry(url, SearchMode::Match, br#"{"resourceType":"ValueSet","id":"x"}"#);
        let outcome = OperationOutcome::informational("parameter '_foo' was ignored").to_json();
        result.entry(None, SearchMode::Outcome, &outcome);
        result.finish();
        insta::assert_json_snapshot!(value(&writer));
    }

    #[test]
    fn an_empty_search_result_has_no_entry_member() {
        let mut writer = JsonWriter::default();
        SearchsetWriter::begin(&mut writer, Some(0), &[]).finish();
        assert_eq!(
            writer.into_bytes(),
            br#"{"resourceType":"Bundle","type":"searchset","total":0}"#
        );
    }
}
