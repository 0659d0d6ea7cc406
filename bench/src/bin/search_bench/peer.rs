//! tantivy on the same corpus: one document a designation, words as prefixes, the shortest texts
//! first. What a server would do with it, with nothing of FHIR around.

use std::time::Instant;

use roaring::RoaringBitmap;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, FuzzyTermQuery, Query, RangeQuery};
use tantivy::schema::{FAST, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer};
use tantivy::{Index, Order, Term, doc};

use crate::Workload;
use crate::corpus::Designation;

/// Name of the analysis chain.
const FOLDED: &str = "folded";

/// Indexes `corpus` in a temporary folder and runs the workloads over all of it, and over the
/// concepts of `subtree`, which must be a run.
pub(crate) fn measure(corpus: &[Designation], workloads: &[Workload], subtree: &RoaringBitmap) {
    let mut schema = Schema::builder();
    let concept = schema.add_u64_field("concept", FAST | INDEXED);
    let length = schema.add_u64_field("length", FAST);
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(FOLDED)
        .set_index_option(IndexRecordOption::Basic);
    let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let index = Index::create_in_dir(folder.path(), schema.build()).unwrap();
    let analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build();
    index.tokenizers().register(FOLDED, analyzer.clone());
    let mut writer = index.writer_with_num_threads(2, 512 << 20).unwrap();
    for designation in corpus {
        writer
            .add_document(doc!(
                concept => u64::from(designation.concept),
                length => designation.text.len() as u64,
                text => designation.text.as_str(),
            ))
            .unwrap();
    }
    writer.commit().unwrap();
    let segments = index.searchable_segment_ids().unwrap();
    writer.merge(&segments).wait().unwrap();
    writer.wait_merging_threads().unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("\ntantivy: built in {:.2?}, {bytes} bytes", start.elapsed());

    let searcher = index.reader().unwrap().searcher();
    let (first, last) = (subtree.min().unwrap_or(0), subtree.max().unwrap_or(0));
    for (name, within) in [("all concepts", None), ("within a subtree", Some((first, last)))] {
        println!("\ntantivy, {name}");
        crate::measure(workloads, |words| {
            let mut analyzer = analyzer.clone();
            let mut tokens = analyzer.token_stream(words);
            let mut clauses: Vec<Box<dyn Query>> = Vec::new();
            while let Some(token) = tokens.next() {
                let term = Term::from_field_text(text, &token.text);
                clauses.push(Box::new(FuzzyTermQuery::new_prefix(term, 0, true)));
            }
            if let Some((first, last)) = within {
                let bound = |concept_number: u32| {
                    std::ops::Bound::Included(Term::from_field_u64(concept, concept_number.into()))
                };
                clauses.push(Box::new(RangeQuery::new(bound(first), bound(last))));
            }
            let query = BooleanQuery::intersection(clauses);
            let shortest = TopDocs::with_limit(20).order_by_fast_field::<u64>("length", Order::Asc);
            let (_, count) = searcher.search(&query, &(shortest, Count)).unwrap();
            count as u64
        });
    }
}
