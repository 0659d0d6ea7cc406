//! Negotiation as clients do it.

use super::*;

const OPERATION: &str = "url=http://example.org/vs";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn answer_for(accept: &[&str]) -> Result<Format, WireError> {
    let pairs: Vec<_> = accept.iter().map(|value| ("accept", *value)).collect();
    negotiate(&Method::GET, &headers(&pairs), Some(OPERATION), FhirVersion::R4)
        .map(|settled| settled.response_format)
}

fn format_for(query: &str) -> Result<Format, WireError> {
    let xml = headers(&[("accept", "application/fhir+xml")]);
    negotiate(&Method::GET, &xml, Some(query), FhirVersion::R4)
        .map(|settled| settled.response_format)
}

fn body_for(content_type: &str) -> Result<BodyFormat, WireError> {
    let given = headers(&[("content-type", content_type)]);
    negotiate(&Method::POST, &given, None, FhirVersion::R4).map(|settled| settled.request_format)
}

#[test]
fn the_answer_is_json_unless_xml_is_wished_more() {
    assert_eq!(answer_for(&[]), Ok(Format::Json));
    assert_eq!(answer_for(&[""]), Ok(Format::Json));
    assert_eq!(answer_for(&["*/*"]), Ok(Format::Json));
    assert_eq!(answer_for(&["application/json"]), Ok(Format::Json));
    assert_eq!(answer_for(&["application/fhir+xml, */*"]), Ok(Format::Xml));
    assert_eq!(answer_for(&["*/*, application/fhir+xml"]), Ok(Format::Xml));
    assert_eq!(answer_for(&["text/xml;q=0.5, application/json;q=0.6"]), Ok(Format::Json));
    assert_eq!(answer_for(&["text/xml", "application/json;q=0.6"]), Ok(Format::Xml));
    assert_eq!(answer_for(&["application/fhir+json;q=0, */*"]), Ok(Format::Xml));
}

#[test]
fn the_accept_headers_of_known_clients_are_understood() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    assert_eq!(answer_for(&[browser]), Ok(Format::Json));
    let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    assert_eq!(answer_for(&[java]), Ok(Format::Json));
    assert_eq!(answer_for(&["application/fhir+json; fhirVersion=4.0"]), Ok(Format::Json));
    let hapi = "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, \
                application/json+fhir;q=0.9";
    assert_eq!(answer_for(&[hapi]), Ok(Format::Xml));
    let mixed = "application/fhir+json;q=1.0, application/json+fhir;q=0.9";
    assert_eq!(answer_for(&[mixed]), Ok(Format::Json));
}

#[test]
fn an_answer_that_cannot_be_given_is_refused_with_406() {
    for accept in ["image/png", "application/fhir+turtle", "application/fhir+json; fhirVersion=5.0"]
    {
        let error = answer_for(&[accept]).unwrap_err();
        assert_eq!(error.status().as_u16(), 406, "{accept}");
        assert!(error.to_string().contains(accept), "{error}");
    }
}

#[test]
fn format_parameters_override_the_header_in_all_spellings() {
    for json in [
        "_format=json",
        "_format=application/json",
        "_format=application%2Ffhir%2Bjson",
        "_format=application/fhir+json",
        "_format=text/json",
        "_format=html",
        "_format=text/json&_format=xml",
        "url=x&_format=application/fhir+json;+fhirVersion=4.0",
    ] {
        assert_eq!(format_for(json), Ok(Format::Json), "{json}");
    }
    for xml in [
        "_format=xml",
        "_format=text/xml",
        "_format=application/fhir+xml",
        "_format=application/xml",
    ] {
        assert_eq!(format_for(xml), Ok(Format::Xml), "{xml}");
    }
    assert_eq!(format_for("_format=").unwrap(), Format::Xml);
    for wrong in
        ["_format=ttl", "_format=text/plain", "_format=application/fhir+json;fhirVersion=3.0"]
    {
        assert_eq!(format_for(wrong).unwrap_err().status().as_u16(), 406, "{wrong}");
    }
}

#[test]
fn bodies_are_read_in_the_types_clients_send() {
    for json in [
        "application/fhir+json",
        "application/fhir+json; fhirVersion=4.0",
        "application/fhir+json;charset=UTF-8",
        "application/json",
        "text/json",
        "application/json+fhir",
    ] {
        assert_eq!(body_for(json), Ok(BodyFormat::Json), "{json}");
    }
    assert_eq!(body_for("application/fhir+xml"), Ok(BodyFormat::Xml));
    assert_eq!(body_for("text/xml; charset=utf-8"), Ok(BodyFormat::Xml));
    assert_eq!(body_for("application/x-www-form-urlencoded"), Ok(BodyFormat::Form));
}

#[test]
fn bodies_in_other_types_are_refused_with_415() {
    for wrong in [
        "text/plain",
        "nonsense",
        "application/fhir+json; fhirVersion=5.0",
        "application/json; charset=iso-8859-1",
        "*/*",
        "multipart/form-data; boundary=x",
    ] {
        assert_eq!(body_for(wrong).unwrap_err().status().as_u16(), 415, "{wrong}");
    }
}

#[test]
fn the_content_type_of_a_request_without_body_does_not_matter() {
    let given = headers(&[("content-type", "text/plain")]);
    assert!(negotiate(&Method::GET, &given, None, FhirVersion::R4).is_ok());
    let empty = headers(&[("content-type", "text/plain"), ("content-length", "0")]);
    assert!(negotiate(&Method::POST, &empty, None, FhirVersion::R4).is_ok());
}

#[test]
fn an_xml_body_is_answered_in_xml_unless_something_else_is_wished() {
    let settled = |pairs: &[(&'static str, &str)]| {
        negotiate(&Method::POST, &headers(pairs), None, FhirVersion::R5).unwrap().response_format
    };
    let xml = ("content-type", "application/fhir+xml; fhirVersion=5.0");
    assert_eq!(settled(&[xml]), Format::Xml);
    assert_eq!(settled(&[xml, ("accept", "*/*")]), Format::Xml);
    assert_eq!(settled(&[xml, ("accept", "application/json")]), Format::Json);
}

#[test]
fn pretty_is_true_or_false() {
    let pretty = |query| negotiate(&Method::GET, &HeaderMap::new(), Some(query), FhirVersion::R4);
    assert!(pretty("_pretty=true").unwrap().pretty);
    assert!(!pretty("_pretty=false&code=a_b").unwrap().pretty);
    assert_eq!(pretty("_pretty=yes").unwrap_err().status().as_u16(), 400);
}
