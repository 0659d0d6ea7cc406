//! tantivy on the same corpus.
