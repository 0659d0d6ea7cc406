//! Everything with tiny data and short runs, for checking that it works.

use bench::Result;
use bench::generate::Shape;

use crate::report::Report;
use crate::tests::{Pool, TESTS};
use crate::{How, children, growth, markdown, measure, prepare};

/// Whether all answers were right and everything that must have figures has some.
///
/// # Errors
/// When data cannot be made or a server does not start.
pub(crate) fn run() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let out = folder.path();
    let server = children::beside("begriff")?;
    let loads = prepare::library(out, &Shape::small(), &server)?;
    let plan = measure::Plan {
        library: out.join("library"),
        base: None,
        pid: None,
        system: None,
        seconds: 0.1,
        connections: vec![4],
        tests: Vec::new(),
        pools: vec![Pool::Published, Pool::Wide],
        wide: 150,
        slowest: 1,
        share: 0.01,
        with_bare: true,
        server,
    };
    let mut report = crate::measured(&plan)?;
    report.loads = loads;
    let path = out.join("report.md");
    markdown::write(&report, &path)?;
    let how = How {
        seconds: Some(0.1),
        connections: Vec::new(),
        tests: Vec::new(),
        pools: Vec::new(),
        wide: 100,
        slowest: 0,
        system: None,
        quick: false,
        without_bare: true,
        server: None,
        json: None,
    };
    let growth = growth::measure(&out.join("growth"), &[0.004, 0.008], &how)?;
    growth.write(&out.join("growth.md"))?;
    let missing = missing(&report);
    if !missing.is_empty() {
        eprintln!("suite: no figures of {missing:?}");
    }
    let text = std::fs::read_to_string(&path)?;
    let is_told = TESTS.iter().all(|test| text.contains(test.name));
    let errors = report.errors() + growth.errors();
    if errors > 0 {
        eprintln!("suite: {errors} answers were wrong");
    }
    Ok(errors == 0 && missing.is_empty() && is_told)
}

/// What must have figures and has none.
fn missing(report: &Report) -> Vec<&str> {
    let mut missing: Vec<&str> = report.left_out.iter().map(|(test, _)| test.as_str()).collect();
    let empty = |row: &&crate::report::Row| row.requests == 0;
    missing.extend(report.rows.iter().chain(&report.streams).filter(empty).map(|row| row.test));
    for (name, count) in [("large", report.larges.len()), ("streams", report.streams.len())] {
        if count == 0 {
            missing.push(name);
        }
    }
    if report.rows.len() != TESTS.len() * 2 {
        missing.push("rows of all tests and both pools");
    }
    missing
}
