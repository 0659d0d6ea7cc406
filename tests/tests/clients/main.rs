//! What real clients send, and what they read of the answers: one module per group of clients.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod analytics;
mod forms;
mod generator;
mod hapi;
mod normalize;
mod tls;
mod validator;
