//! Formats, negotiation, compression, caching and connections.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Request;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tests::releases::{ANIMALS_URL, animal_files, large_code_system};
use tests::socket::{Connection, listen};
use tests::{Response, Server, runtime};

const JSON: &str = "application/fhir+json;charset=utf-8";
const XML: &str = "application/fhir+xml;charset=utf-8";

fn animals() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::with(&animal_files()).unlinked())
}

fn lookup() -> String {
    format!("CodeSystem/$lookup?system={ANIMALS_URL}&code=cat")
}

/// A request with a body and headers.
fn send(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut builder = Request::builder().method(method).uri(format!("/fhir/{path}"));
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    animals().send(builder.header("host", "tx.example").body(body.into()).unwrap())
}

#[test]
fn every_kind_of_answer_comes_as_xml() {
    for (path, root) in [
        ("metadata", "CapabilityStatement"),
        ("metadata?mode=terminology", "TerminologyCapabilities"),
        ("CodeSystem/animals", "CodeSystem"),
        ("ValueSet", "Bundle"),
        ("ConceptMap/animals-to-sounds", "ConceptMap"),
        ("NamingSystem/animals", "NamingSystem"),
        (&lookup(), "Parameters"),
        ("ValueSet/mammals/$expand?includeDesignations=true&property=legs", "ValueSet"),
        ("CodeSystem/none", "OperationOutcome"),
    ] {
        let answer = animals().get_with(path, &[("accept", "application/fhir+xml")]);
        assert_eq!(answer.header("content-type"), XML, "{path}");
        let text = answer.text();
        assert!(
            text.contains(&format!("<{root} xmlns=\"http://hl7.org/fhir\">")),
            "{path}: {text}"
        );
        // What was written can be read, and means the same.
        let json: Value =
            serde_json::from_str(&server::wire::xml::to_json(&answer.body).unwrap()).unwrap();
        let mut expected = animals().get(path).json;
        for member in ["timestamp", "identifier"] {
            if let Some(value) = expected.pointer_mut(&format!("/expansion/{member}")) {
                *value = json["expansion"][member].clone();
            }
        }
        assert_eq!(json, expected, "{path}");
    }
}

#[test]
fn every_resource_is_the_same_in_xml() {
    for server in [animals(), Server::demo()] {
        for kind in ["CodeSystem", "ValueSet", "ConceptMap", "NamingSystem"] {
            for resource in server.get(&format!("{kind}?_elements=id")).ok().resources() {
                let path = format!("{kind}/{}", resource["id"].as_str().unwrap());
                let xml = server.get_with(&path, &[("accept", "application/fhir+xml")]).ok();
                let json: Value =
                    serde_json::from_str(&server::wire::xml::to_json(&xml.body).unwrap()).unwrap();
                assert_eq!(json, server.get(&path).ok().json, "{path}");
            }
        }
    }
}

#[test]
fn bodies_in_xml_are_read_and_answered_in_xml() {
    let body = format!(
        "<Parameters xmlns=\"http://hl7.org/fhir\">\
         <parameter><name value=\"coding\"/><valueCoding><system value=\"{ANIMALS_URL}\"/>\
         <code value=\"cat\"/></valueCoding></parameter></Parameters>"
    );
    for content_type in ["application/fhir+xml", "application/xml; charset=UTF-8", "text/xml"] {
        let answer =
            send("POST", "CodeSystem/$lookup", &[("content-type", content_type)], body.clone());
        assert_eq!((answer.status, answer.header("content-type")), (200, XML), "{content_type}");
        assert!(answer.text().contains("<valueString value=\"Cat\"/>"), "{}", answer.text());
    }
    let headers = [("content-type", "application/fhir+xml"), ("accept", "application/fhir+json")];
    assert_eq!(
        send("POST", "CodeSystem/$lookup", &headers, body).parameters().value("display"),
        "Cat"
    );
}

#[test]
fn a_batch_in_xml_is_answered_in_xml() {
    let body = "<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"batch\"/>\
                <entry><request><method value=\"GET\"/><url value=\"CodeSystem/animals\"/></request></entry>\
                <entry><request><method value=\"GET\"/><url value=\"CodeSystem/none\"/></request></entry>\
                </Bundle>";
    let answer = send("POST", "", &[("content-type", "application/fhir+xml")], body);
    assert_eq!((answer.status, answer.header("content-type")), (200, XML));
    let text = answer.text();
    assert!(
        text.contains("<status value=\"200\"/>") && text.contains("<status value=\"404\"/>"),
        "{text}"
    );
}

#[test]
fn format_wins_over_accept() {
    for (query, accept, expected) in [
        ("_format=json", "application/fhir+xml", JSON),
        ("_format=xml", "application/fhir+json", XML),
        ("_format=application/fhir+json", "application/xml", JSON),
        ("_format=application/fhir%2Bxml", "application/json", XML),
        ("_format=text/xml", "*/*", XML),
        ("_format=", "application/fhir+xml", XML),
    ] {
        let answer =
            animals().get_with(&format!("CodeSystem/animals?{query}"), &[("accept", accept)]);
        assert_eq!((answer.status, answer.header("content-type")), (200, expected), "{query}");
    }
    let answer = animals().get("CodeSystem/animals?_format=turtle");
    answer.refused(406, "not-supported", &["_format", "turtle", "json"]);
}

#[test]
fn accept_is_weighed() {
    for (accept, expected) in [
        ("", JSON),
        ("*/*", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("application/json", JSON),
        ("application/fhir+xml;q=0.5, application/fhir+json", JSON),
        ("application/fhir+json;q=0.5, application/fhir+xml", XML),
        ("application/fhir+json; fhirVersion=4.0", JSON),
        ("application/fhir+json; fhirVersion=\"4.0\"", JSON),
        ("application/fhir+json; fhirVersion=5.0, application/fhir+xml; fhirVersion=4.0", XML),
    ] {
        let answer = animals().get_with("CodeSystem/animals", &[("accept", accept)]);
        assert_eq!((answer.status, answer.header("content-type")), (200, expected), "{accept}");
    }
    for accept in
        ["application/fhir+json; fhirVersion=5.0", "text/turtle", "image/png, application/pdf"]
    {
        let answer = animals().get_with("CodeSystem/animals", &[("accept", accept)]);
        answer.refused(406, "not-supported", &["Accept", "fhir+json"]);
    }
}

#[test]
fn a_pretty_answer_is_the_same_answer() {
    let plain = animals().get("CodeSystem/animals").ok();
    let pretty = animals().get("CodeSystem/animals?_pretty=true").ok();
    assert!(pretty.body.len() > plain.body.len() && pretty.text().contains("\n  "));
    assert_eq!(plain.json, pretty.json);
}

#[test]
fn large_answers_are_compressed_as_the_client_likes() {
    let plain = animals().get("CodeSystem/animals").ok();
    assert_eq!(plain.header("content-encoding"), "");
    let gzip = animals().get_with("CodeSystem/animals", &[("accept-encoding", "gzip")]).ok();
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let vary: Vec<_> = gzip.headers.get_all("vary").iter().collect();
    assert!(format!("{vary:?}").to_lowercase().contains("accept-encoding"), "{vary:?}");
    let mut text = String::new();
    GzDecoder::new(&gzip.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    let zstd = animals().get_with("CodeSystem/animals", &[("accept-encoding", "zstd")]).ok();
    assert_eq!(zstd.header("content-encoding"), "zstd");
    assert_eq!(&zstd.body[..4], [0x28, 0xb5, 0x2f, 0xfd], "the magic number of zstd");
    let small = format!("CodeSystem/$subsumes?system={ANIMALS_URL}&codeA=cat&codeB=dog");
    let small = animals().get_with(&small, &[("accept-encoding", "gzip")]).ok();
    assert_eq!(small.header("content-encoding"), "", "not worth it");
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_bodies_are_read() {
    let body = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "system", "valueUri": ANIMALS_URL }, { "name": "code", "valueCode": "cat" },
    ]});
    let headers = [("content-type", "application/fhir+json"), ("content-encoding", "gzip")];
    let answer = send("POST", "CodeSystem/$lookup", &headers, gzipped(&body.to_string()));
    assert_eq!(answer.parameters().value("display"), "Cat");
}

#[test]
fn a_body_that_is_not_what_its_encoding_says_is_refused() {
    let headers = [("content-type", "application/fhir+json"), ("content-encoding", "gzip")];
    let mut damaged = gzipped(&"{}".repeat(1_000));
    damaged.truncate(damaged.len() / 2);
    for body in [damaged, b"this is no gzip".to_vec()] {
        let answer = send("POST", "CodeSystem/$lookup", &headers, body);
        answer.refused(400, "structure", &["body"]);
    }
    let headers = [("content-type", "application/fhir+json"), ("content-encoding", "br")];
    assert_eq!(send("POST", "CodeSystem/$lookup", &headers, "{}").status, 415);
}

#[test]
fn browsers_of_other_sites_may_ask() {
    let preflight = send(
        "OPTIONS",
        "ValueSet/$expand",
        &[
            ("origin", "https://lforms.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ],
        "",
    );
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert!(preflight.header("access-control-allow-methods").contains("POST"));
    assert!(matches!(preflight.header("access-control-allow-headers"), "*" | "content-type"));
    for path in [&lookup(), "CodeSystem/none"] {
        let answer = animals().get_with(path, &[("origin", "https://lforms.example")]);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
}

#[test]
fn a_tag_names_content_format_and_layout() {
    let tag = |path: &str, headers: &[(&str, &str)]| {
        let answer = animals().get_with(path, headers).ok();
        assert!(!answer.header("etag").is_empty());
        answer.header("etag").to_owned()
    };
    let plain = tag("CodeSystem/animals", &[]);
    assert_eq!(plain, tag("CodeSystem/animals", &[]), "the same question, the same tag");
    let xml = tag("CodeSystem/animals", &[("accept", "application/fhir+xml")]);
    let pretty = tag("CodeSystem/animals?_pretty=true", &[]);
    assert!(plain != xml && plain != pretty);
    let again = animals().get_with(
        "CodeSystem/animals",
        &[("accept", "application/fhir+xml"), ("if-none-match", &plain)],
    );
    assert_eq!(again.status, 200, "the tag of the JSON is not that of the XML");
    for list in [format!("\"x\", {plain}"), plain.trim_start_matches("W/").to_owned()] {
        let again = animals().get_with("CodeSystem/animals", &[("if-none-match", &list)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{list}");
    }
    let refused = animals().get_with("CodeSystem/none", &[("if-none-match", "*")]);
    assert_eq!(refused.status, 404, "what is not there was not kept either");
}

#[test]
fn head_is_get_without_content() {
    for path in [&lookup(), "CodeSystem/animals", "metadata", "ValueSet/mammals/$expand"] {
        let get = send("GET", path, &[], "");
        let head = send("HEAD", path, &[], "");
        assert_eq!(head.status, 200, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    assert_eq!(send("HEAD", "CodeSystem/none", &[], "").status, 404);
}

#[test]
fn canonicals_need_no_encoding_and_may_be_encoded() {
    let demo = Server::demo();
    for path in [
        "ValueSet/$expand?url=http://snomed.info/sct?fhir_vs=isa/73211009",
        "ValueSet/$expand?url=http%3A%2F%2Fsnomed.info%2Fsct%3Ffhir_vs%3Disa%2F73211009",
        "ValueSet/%24expand?url=http://snomed.info/sct?fhir_vs=isa/73211009&count=100",
        "ValueSet/$expand/?url=http://snomed.info/sct?fhir_vs=isa/73211009",
        "/ValueSet/$expand?count=100&url=http://snomed.info/sct?fhir_vs=isa/73211009",
    ] {
        assert_eq!(demo.get(path).ok().json["expansion"]["total"], 6, "{path}");
    }
    let barred = "CodeSystem?url=http://fhir.de/CodeSystem/bfarm/icd-10-gm|2026";
    assert_eq!(demo.get(barred).ok().json["total"], 1);
    let plus = demo
        .get("ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&filter=typ+2+diab")
        .ok();
    let blank = demo
        .get("ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&filter=typ%202%20diab");
    assert_eq!(plus.codes(), blank.ok().codes());
}

#[test]
fn one_connection_of_http_1_answers_request_after_request() {
    let listening = listen(animals().app());
    let mut connection = Connection::open(listening.address);
    let body = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "system", "valueUri": ANIMALS_URL }, { "name": "code", "valueCode": "cat" },
    ]})
    .to_string();
    for _ in 0..20 {
        connection.send(&format!("GET /fhir/{} HTTP/1.1\nHost: x", lookup()), b"");
        let answer = connection.receive();
        assert_eq!(answer.status_line, "HTTP/1.1 200 OK");
        assert_eq!(answer.header("connection"), "");
        let head = format!(
            "POST /fhir/CodeSystem/$lookup HTTP/1.1\nHost: x\nContent-Type: application/fhir+json\nContent-Length: {}",
            body.len()
        );
        connection.send(&head, body.as_bytes());
        let answer: Value = serde_json::from_slice(&connection.receive().body).unwrap();
        assert_eq!(answer["parameter"][0]["name"], "name");
    }
    // Several requests at once are answered in their order.
    for code in ["cat", "dog", "bat"] {
        let path = format!("CodeSystem/$lookup?system={ANIMALS_URL}&code={code}");
        connection.send(&format!("GET /fhir/{path} HTTP/1.1\nHost: x"), b"");
    }
    for display in ["Cat", "Dog", "Bat"] {
        let text = String::from_utf8(connection.receive().body).unwrap();
        assert!(text.contains(&format!("\"valueString\":\"{display}\"")), "{text}");
    }
    drop(connection);
    listening.stop();
}

#[test]
fn large_expansions_are_sent_in_chunks_and_are_whole() {
    let url = "http://begriff.test/CodeSystem/large";
    let system = large_code_system(url, 5_000).to_string();
    let server = Server::with(&[("CodeSystem-large.json", &system)]);
    let listening = listen(server.app());
    let mut connection = Connection::open(listening.address);
    for _ in 0..2 {
        connection.send(&format!("GET /fhir/ValueSet/$expand?url={url}/vs HTTP/1.1\nHost: x"), b"");
        let answer = connection.receive();
        assert_eq!(answer.header("transfer-encoding"), "chunked");
        let json: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(json["expansion"]["contains"].as_array().unwrap().len(), 5_000);
    }
    // A client that goes away in the middle harms nobody.
    connection.send(&format!("GET /fhir/ValueSet/$expand?url={url}/vs HTTP/1.1\nHost: x"), b"");
    drop(connection);
    let mut connection = Connection::open(listening.address);
    connection.send("GET /health HTTP/1.1\nHost: x", b"");
    assert_eq!(connection.receive().body, b"ok\n");
    drop(connection);
    listening.stop();
}

#[test]
fn long_batches_are_sent_in_chunks_with_the_answers_in_their_order() {
    let codes = ["cat", "dog", "no such animal", "bat"];
    let entry = |number: usize| {
        let code = codes[number % codes.len()].replace(' ', "%20");
        let url = format!("CodeSystem/$lookup?system={ANIMALS_URL}&code={code}");
        json!({ "request": { "method": "GET", "url": url } })
    };
    let batch = |count: usize| {
        let entries: Vec<Value> = (0..count).map(entry).collect();
        json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }).to_string()
    };
    let headers = [("content-type", "application/fhir+json")];
    let short = send("POST", "", &headers, batch(codes.len())).ok();
    let expected = short.json["entry"].as_array().unwrap();
    let check = |body: &[u8]| {
        let json: Value = serde_json::from_slice(body).unwrap();
        let entries = json["entry"].as_array().unwrap();
        assert_eq!(entries.len(), 1_000);
        for (number, entry) in entries.iter().enumerate() {
            assert_eq!(*entry, expected[number % codes.len()], "{number}");
        }
    };
    let listening = listen(animals().app());
    let mut connection = Connection::open(listening.address);
    let body = batch(1_000);
    for _ in 0..2 {
        let head = format!(
            "POST /fhir HTTP/1.1\nHost: tx.example\nContent-Type: application/fhir+json\nContent-Length: {}",
            body.len()
        );
        connection.send(&head, body.as_bytes());
        let answer = connection.receive();
        assert_eq!(answer.header("transfer-encoding"), "chunked");
        check(&answer.body);
    }
    drop(connection);
    listening.stop();
    let headers = [("content-type", "application/fhir+json"), ("accept-encoding", "gzip")];
    let answer = send("POST", "", &headers, body);
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut plain = Vec::new();
    GzDecoder::new(&answer.body[..]).read_to_end(&mut plain).unwrap();
    check(&plain);
}

#[test]
fn a_body_that_never_comes_is_not_waited_for_for_ever() {
    let server = Server::configured(&animal_files(), |config| config.limits.request_s = 1);
    let listening = listen(server.app());
    let mut connection = Connection::open(listening.address);
    let head = "POST /fhir/CodeSystem/$lookup HTTP/1.1\nHost: x\nContent-Type: application/fhir+json\nContent-Length: 100";
    connection.send(head, b"{\"resourceType\":");
    let answer = connection.receive();
    assert!(answer.status_line.starts_with("HTTP/1.1 408"), "{}", answer.status_line);
    let outcome: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(outcome["issue"][0]["code"], "timeout");
    drop(connection);
    listening.stop();
}

#[test]
fn a_server_that_stops_ends_the_requests_in_flight() {
    let url = "http://begriff.test/CodeSystem/large";
    let system = large_code_system(url, 20_000).to_string();
    let server = Server::with(&[("CodeSystem-large.json", &system)]);
    let listening = listen(server.app());
    let address = listening.address;
    let mut connection = Connection::open(address);
    connection.send(&format!("GET /fhir/ValueSet/$expand?url={url}/vs HTTP/1.1\nHost: x"), b"");
    let head = connection.receive_head();
    let stopped = std::thread::spawn(move || listening.stop());
    let json: Value = serde_json::from_slice(&connection.receive_body(head).body).unwrap();
    assert_eq!(json["expansion"]["contains"].as_array().unwrap().len(), 20_000);
    stopped.join().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn http_2_is_spoken_with_prior_knowledge() {
    let listening = listen(animals().app());
    let address = listening.address;
    runtime().block_on(async move {
        let client: Client<HttpConnector, Empty<bytes::Bytes>> =
            Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        let ask = |code: &'static str| {
            let uri = format!(
                "http://{address}/fhir/CodeSystem/$lookup?system={ANIMALS_URL}&code={code}"
            );
            let answer = client.get(uri.parse().unwrap());
            async move {
                let answer = answer.await.unwrap();
                assert_eq!(answer.version(), hyper::Version::HTTP_2);
                assert_eq!(answer.status(), 200);
                answer.into_body().collect().await.unwrap().to_bytes()
            }
        };
        let answers = tokio::join!(ask("cat"), ask("dog"), ask("bat"));
        for (body, display) in [(answers.0, "Cat"), (answers.1, "Dog"), (answers.2, "Bat")] {
            let json: Value = serde_json::from_slice(&body).unwrap();
            let parameters = json["parameter"].as_array().unwrap();
            let shown = parameters.iter().find(|parameter| parameter["name"] == "display").unwrap();
            assert_eq!(shown["valueString"], display);
        }
    });
    listening.stop();
}

#[test]
fn full_urls_are_those_of_http_2_too() {
    // HTTP/2 has no Host header: the authority stands in the request itself.
    let request = Request::builder()
        .uri("http://tx.klinik.example/fhir/CodeSystem?_id=animals")
        .body(Body::empty())
        .unwrap();
    let answer = animals().send(request).ok();
    assert_eq!(
        answer.json["entry"][0]["fullUrl"],
        "http://tx.klinik.example/fhir/CodeSystem/animals"
    );
}
