//! Legacy encodings, declared and never guessed.
