//! Real release files, where they are at hand.

use std::path::PathBuf;

/// The path of a file or folder among the real release files; where it is absent, that is said
/// plainly and the test has nothing to do.
pub fn path(below: &str) -> Option<PathBuf> {
    beside(&format!("data/{below}"))
}

/// The path of the HL7 terminology ecosystem's files, or of one of them; the same where absent.
pub fn ecosystem(below: &str) -> Option<PathBuf> {
    beside(&format!("tx-ecosystem/{below}"))
}

fn beside(below: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BEGRIFF_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let path = root.join(below);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}
