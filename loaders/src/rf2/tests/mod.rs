//! Releases written by hand, and real ones where they are at hand.

mod harness;
mod invented;
mod real;
