//! The server that is asked: one of ours without a socket, or any other at a base URL.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Sent, Version};
use crate::{Response, Server, runtime};

/// A server and how it is reached.
#[derive(Debug)]
pub enum Target {
    /// A server of ours.
    Ours(Box<Server>),
    /// A server somewhere else, by its base URL.
    Elsewhere(String, Box<Client<HttpConnector, Body>>),
}

impl Target {
    /// A server at a base URL, without TLS.
    pub fn at(base: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self::Elsewhere(base.trim_end_matches('/').to_owned(), Box::new(client))
    }

    /// Asks it in this version.
    pub fn ask(&self, sent: &Sent, version: Version) -> Response {
        let base = match self {
            Self::Ours(_) => version.base(),
            Self::Elsewhere(base, _) => base,
        };
        let mut builder =
            Request::builder().method(sent.method).uri(format!("{base}/{}", sent.path));
        if matches!(self, Self::Ours(_)) {
            builder = builder.header("host", "tx.example");
        }
        for (name, value) in &sent.headers {
            builder = builder.header(name, value);
        }
        let body = sent.body.as_ref().map(ToString::to_string).unwrap_or_default();
        let request = builder.body(Body::from(body)).unwrap();
        match self {
            Self::Ours(server) => server.send(request),
            Self::Elsewhere(_, client) => runtime().block_on(async {
                let (head, body) = client.request(request).await.unwrap().into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                Response::new(head.status.as_u16(), head.headers, body)
            }),
        }
    }

    /// The version of FHIR it says it speaks at the base for `version`; none if there is no base.
    pub fn speaks(&self, version: Version) -> Option<String> {
        let sent = Sent {
            method: "GET",
            path: "metadata".to_owned(),
            headers: vec![("accept".to_owned(), version.media_type().to_owned())],
            body: None,
        };
        let answer = self.ask(&sent, version);
        (answer.status == 200).then(|| answer.json["fhirVersion"].as_str().map(str::to_owned))?
    }
}
