//! FHIR packages: many small code systems, value sets and translations between them; ten large
//! value sets of listed codes; a value set over all years of ICD-10-GM.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::icd10gm::Icd;
use super::out::Folder;
use super::texts::condition;
use super::{ICD_10_GM, LOINC, RXNORM, SNOMED, Shape, Written, loinc, rxnorm};
use crate::rf2_generator::random::Random;

/// Where invented resources are; also the base of their canonicals.
pub const BASE: &str = "http://bench.example";
const CODE_SYSTEMS: usize = 500;
const VALUE_SETS: usize = 800;
const MAPS: usize = 79;
/// Codes of the large value sets.
const LARGE: [usize; 10] =
    [40_000, 30_000, 25_000, 20_000, 15_000, 12_000, 10_000, 8_000, 6_000, 5_000];

/// The canonical of the value set over all years of ICD-10-GM.
#[must_use]
pub fn icd_years_value_set() -> String {
    format!("{BASE}/years/ValueSet/icd-10-gm")
}

/// Writes the packages; codes of SNOMED CT are taken from what was written to `out` before.
pub(super) fn generate(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut written = small(shape, out)?;
    for more in [large(shape, out)?, years(shape, out)?] {
        written.files.extend(more.files);
        written.bytes += more.bytes;
    }
    Ok(written)
}

fn package(out: &Path, name: &str) -> io::Result<Folder> {
    let mut folder = Folder::new(out, &format!("packages/{name}/package"));
    let manifest = json!({
        "name": name, "version": "1.0.0", "fhirVersions": ["4.0.1"], "type": "Conformance",
        "canonical": format!("{BASE}/{name}"), "author": "invented",
    });
    folder.json("package.json", &manifest)?;
    Ok(folder)
}

fn head(kind: &str, package: &str, id: &str) -> Value {
    json!({
        "resourceType": kind, "id": id, "url": format!("{BASE}/{package}/{kind}/{id}"),
        "version": "4.0.1", "name": id.replace('-', "_"), "title": id, "status": "active",
        "experimental": false, "date": "2026-10-01", "publisher": "invented",
    })
}

fn resource(kind: &str, package: &str, id: &str, name: &str, content: Value) -> Value {
    let mut resource = head(kind, package, id);
    resource[name] = content;
    resource
}

fn system_url(number: usize) -> String {
    format!("{BASE}/core/CodeSystem/system-{number:03}")
}

/// Concepts of the small code system with this number.
fn size(number: usize) -> usize {
    3 + number * 7 % 38
}

fn small(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut random = Random::new(shape.seed, "packages");
    let mut folder = package(out, "core")?;
    let systems = shape.of(CODE_SYSTEMS).max(20);
    for number in 0..systems {
        let concepts: Vec<Value> = (0..size(number))
            .map(|code| {
                let text = condition(&mut random);
                json!({"code": format!("c{code}"), "display": text.en, "definition": text.de})
            })
            .collect();
        let id = format!("system-{number:03}");
        let mut system = resource("CodeSystem", "core", &id, "concept", json!(concepts));
        system["content"] = json!("complete");
        system["caseSensitive"] = json!(true);
        system["valueSet"] = json!(format!("{BASE}/core/ValueSet/set-{number:03}"));
        folder.json(&format!("CodeSystem-{id}.json"), &system)?;
    }
    for number in 0..shape.of(VALUE_SETS).max(systems) {
        let system = number % systems;
        let mut include = json!({"system": system_url(system)});
        if number >= systems {
            let codes = (0..size(system) / 2).map(|code| json!({"code": format!("c{code}")}));
            include["concept"] = codes.collect();
        }
        let id = format!("set-{number:03}");
        let compose = json!({"include": [include]});
        let set = resource("ValueSet", "core", &id, "compose", compose);
        folder.json(&format!("ValueSet-{id}.json"), &set)?;
    }
    for number in 0..shape.of(MAPS).max(3) {
        let (source, target) = (number % systems, (number * 3 + 1) % systems);
        let elements: Vec<Value> = (0..size(source))
            .map(|code| {
                let to = format!("c{}", code % size(target));
                json!({"code": format!("c{code}"), "target": [{"code": to, "equivalence": "equivalent"}]})
            })
            .collect();
        let group = json!([{
            "source": system_url(source), "target": system_url(target), "element": elements,
        }]);
        let id = format!("map-{number:02}");
        let map = resource("ConceptMap", "core", &id, "group", group);
        folder.json(&format!("ConceptMap-{id}.json"), &map)?;
    }
    Ok(folder.written)
}

fn large(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut folder = package(out, "vsac")?;
    let snomed = snomed_codes(&out.join("snomed"))?;
    let icd = Icd::new(shape).terminal_codes(shape.year);
    let terms: Vec<String> = (0..shape.of(loinc::TERMS)).map(loinc::code).collect();
    let drugs: Vec<String> =
        (0..rxnorm::count(shape)).map(|number| rxnorm::code(number).to_string()).collect();
    let sources = [(SNOMED, snomed), (LOINC, terms), (RXNORM, drugs), (ICD_10_GM, icd)];
    let sources: Vec<_> = sources.into_iter().filter(|(_, codes)| !codes.is_empty()).collect();
    for (number, count) in LARGE.into_iter().enumerate() {
        // Every third value set lists codes of two systems.
        let systems = if number % 3 == 2 { 2 } else { 1 };
        let include: Vec<Value> = (0..systems)
            .filter_map(|more| {
                let (system, codes) = sources.get((number + more) % sources.len())?;
                let count = shape.of(count / systems).min(codes.len()).max(1);
                let step = codes.len() / count;
                let concepts: Vec<Value> = (codes.iter().step_by(step.max(1)).take(count))
                    .map(|code| json!({"code": code}))
                    .collect();
                Some(json!({"system": system, "concept": concepts}))
            })
            .collect();
        let id = format!("large-{number}");
        let set = resource("ValueSet", "vsac", &id, "compose", json!({"include": include}));
        folder.json(&format!("ValueSet-{id}.json"), &set)?;
    }
    Ok(folder.written)
}

fn years(shape: &Shape, out: &Path) -> io::Result<Written> {
    let mut folder = package(out, "years")?;
    let include: Vec<Value> = shape
        .icd_years()
        .map(|year| json!({"system": ICD_10_GM, "version": year.to_string()}))
        .collect();
    let compose = json!({"include": include});
    let set = resource("ValueSet", "years", "icd-10-gm", "compose", compose);
    folder.json("ValueSet-icd-10-gm.json", &set)?;
    Ok(folder.written)
}

/// Active concepts of the release below `folder`; none where there is none.
fn snomed_codes(folder: &Path) -> io::Result<Vec<String>> {
    let Ok(packages) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut codes = Vec::new();
    for package in packages {
        let terminology = package?.path().join("Snapshot/Terminology");
        for file in std::fs::read_dir(terminology)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with("sct2_Concept_") {
                let text = std::fs::read_to_string(file.path())?;
                let rows = text.lines().skip(1).map(|line| line.split('\t'));
                codes.extend(rows.filter_map(|mut row| {
                    let (code, active) = (row.next()?, row.nth(1)?);
                    (active == "1").then(|| code.to_owned())
                }));
            }
        }
    }
    Ok(codes)
}
