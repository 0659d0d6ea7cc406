//! The wire formats: everything between bytes on a connection and typed values.
//!
//! Operations must not know whether a parameter came from a URL, a form, a JSON or an XML body, nor how an
//! answer is spelled in the format a client asked for. This module reads requests into [`Parameters`] and
//! [`bundle::BatchRequest`], and writes answers with [`json::JsonWriter`] and its helpers; [`respond`] turns
//! the finished JSON into an HTTP response. All of it is synchronous and knows no terminology.
//!
//! A request goes through it like this:
//!
//! 1. [`negotiate::negotiate`] settles formats and FHIR version from method, headers and query;
//! 2. [`Parameters::from_request`] reads query and body, or [`bundle::BatchRequest::from_json`] a batch;
//! 3. the operation asks its typed getters ([`Parameters::string`], [`Parameters::coding`], …);
//! 4. the operation writes JSON ([`json::ParametersWriter`], [`json::ExpansionWriter`], …);
//! 5. [`respond::respond`] adds pretty printing or XML, ETag, caching headers and status.
//!
//! Whatever goes wrong on the way in is a [`WireError`], which knows its HTTP status and its
//! [`OperationOutcome`].

pub mod bundle;
mod error;
pub mod json;
mod limits;
pub mod negotiate;
pub mod outcome;
pub mod parameters;
pub mod respond;
pub mod summary;
mod types;
mod version;
pub mod xml;

pub use error::WireError;
pub use limits::Limits;
pub use negotiate::{LanguagePreferences, Negotiated};
pub use outcome::{Issue, IssueType, OperationOutcome, Severity};
pub use parameters::{Parameter, ParameterValue, Parameters};
pub use types::{CodeableConcept, Coding, CodingRef, NumberType, TextType, ValueRef};
pub use version::{BodyFormat, FhirVersion, Format};

#[cfg(test)]
mod contract_tests;
