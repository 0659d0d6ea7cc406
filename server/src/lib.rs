//! The FHIR terminology server: wire formats, operations, library and command line.

pub mod app;
pub mod capability;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
mod exchange;
pub mod failure;
pub mod implied;
mod known;
pub mod library;
pub mod listener;
mod memory;
pub mod operations;
pub mod pace;
pub mod resources;
pub mod router;
mod seen;
pub mod sent;
pub mod store;
mod streaming;
pub mod telemetry;
pub mod tls;
pub mod watch;
pub mod web;
pub mod wire;
