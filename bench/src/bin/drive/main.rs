//! A load driver: sends checked requests to the server over HTTP and tells how fast it answers.
//!
//! Requests are drawn from whatever is loaded. In the same run a bare axum handler answers the same
//! requests with bodies of the same size, so that each figure stands beside what HTTP itself costs
//! on this machine. How to repeat the published figures: `bench/README.md`.

mod calls;
mod children;
mod client;
mod peer;
mod pools;
mod report;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use bench::rf2_generator::random::Random;
use bench::{Result, draw, process};
use clap::Parser;
use server::library::{Library, Snapshot};

use calls::{Call, Expect, Test, encoded};
use children::Started;
use client::{Base, Connection};
use pools::Pools;
use report::{Report, Row, Single};
use run::{Load, Outcome};

/// Look-ups of the large batch.
const LARGE_BATCH: usize = 10_000;
/// How often a large answer is asked for.
const SINGLE_TIMES: usize = 5;

/// Sends requests to the server over HTTP, checks the answers and tells how fast they come.
#[derive(Debug, Parser)]
struct Arguments {
    /// Library to serve and to draw requests from; with --base only to draw them. The default is
    /// 'library', and none with --base.
    #[arg(long)]
    library: Option<PathBuf>,
    /// FHIR base of a server that runs already, http://host:port/path; without --library requests
    /// are drawn over its API from the code systems named by --system.
    #[arg(long)]
    base: Option<String>,
    /// Process id of the server behind --base, if it runs on this machine: to read its processor
    /// time and memory.
    #[arg(long, requires = "base")]
    pid: Option<u32>,
    /// Code systems to ask about, instead of the largest eight.
    #[arg(long, value_delimiter = ',')]
    system: Vec<String>,
    /// Seconds of each run.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Numbers of connections, one run each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 50])]
    connections: Vec<usize>,
    /// Different requests of each test; 60000 leaves caches of answers without use.
    #[arg(long, default_value_t = 2_000)]
    pool: usize,
    /// Tests to run: lookup, lookup-unknown, validate-code, subsumes, translate, expand-hierarchy,
    /// expand-filter, expand-combined, expand-ecl, batch-100, search-url, large; all without it.
    #[arg(long, value_delimiter = ',')]
    tests: Vec<String>,
    /// File to write the figures to.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The program 'begriff', instead of the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Does not measure the bare handler.
    #[arg(long)]
    without_bare: bool,
    /// Short runs over the embedded demonstration: fails when an answer is wrong or a test has no
    /// figures, whatever the times are.
    #[arg(long, conflicts_with_all = ["base", "library"])]
    smoke: bool,
}

/// Canonicals of the largest code system's value set and code system, for large answers.
struct Large {
    value_set: String,
    system: String,
    concepts: u32,
    batch: Option<Call>,
}

/// What to ask, and of whom.
struct Plan {
    tests: Vec<Test>,
    large: Option<Large>,
    systems: Vec<String>,
}

fn main() -> ExitCode {
    match measure(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("drive: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every answer was right.
fn measure(mut arguments: Arguments) -> Result<bool> {
    let demonstration = tempfile::tempdir()?;
    if arguments.smoke {
        server::demo::load_into(&Library::open(demonstration.path())?)?;
        arguments.library = Some(demonstration.path().to_owned());
        arguments.seconds = 0.2;
        arguments.connections = vec![1, 4];
        arguments.pool = 200;
    }
    if arguments.library.is_none() && arguments.base.is_none() {
        arguments.library = Some(PathBuf::from("library"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let report = local.block_on(&runtime, drive(&arguments))?;
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    let (errors, is_whole) = (report.errors(), !arguments.smoke || is_whole(&report));
    if errors > 0 {
        eprintln!("drive: {errors} answers were wrong");
    }
    Ok(errors == 0 && is_whole)
}

/// Whether everything that must have figures has some.
fn is_whole(report: &Report) -> bool {
    let empty: Vec<&str> =
        report.rows.iter().filter(|row| row.requests == 0).map(|row| row.test).collect();
    // A server may say that it does not support an optional test.
    let missing: Vec<&str> = report
        .left_out
        .iter()
        .filter(|(_, reason)| !reason.starts_with(UNSUPPORTED))
        .map(|(test, _)| test.as_str())
        .collect();
    let is_whole = empty.is_empty() && missing.is_empty() && !report.rows.is_empty();
    if !is_whole {
        eprintln!("drive: no figures of {empty:?} {missing:?}");
    }
    is_whole
}

/// Begins the reason for leaving out an optional test.
const UNSUPPORTED: &str = "the server says that it is not supported";

async fn drive(arguments: &Arguments) -> Result<Report> {
    let plan = plan(arguments).await?;
    let started = match (&arguments.base, &arguments.library) {
        (None, Some(library)) => Some(start(arguments, library)?),
        _ => None,
    };
    let (base, pid) = match (&started, &arguments.base) {
        (Some(started), _) => {
            (Base { path: "/fhir".into(), ..started.base.clone() }, Some(started.pid()))
        }
        (None, Some(base)) => (Base::parse(base)?, arguments.pid),
        (None, None) => return Err("neither --library nor --base is given".into()),
    };
    let bare = match arguments.without_bare {
        true => None,
        false => Some(children::bare(&children::beside("bare")?)?),
    };
    let mut report = Report {
        server: format!("http://{}{}", base.authority, base.path),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        systems: plan.systems,
        ..Report::default()
    };
    if let Some(started) = &started {
        let waited = first_answer(&base).await?;
        let listening = started.listening_after;
        report.start_ms = Some(listening.as_secs_f64() * 1e3);
        report.first_answer_ms = Some((listening + waited).as_secs_f64() * 1e3);
    }
    report.memory_at_start = pid.and_then(process::memory);
    print!("{}", report.head());
    let measured = Measured { arguments, base, pid, bare };
    for test in plan.tests {
        measured.test(test, &mut report).await?;
    }
    if let Some(large) = &plan.large {
        measured.large(large, &mut report).await?;
    }
    report.memory_at_end = pid.and_then(process::memory);
    println!("{}", report.tail());
    Ok(report)
}

fn start(arguments: &Arguments, library: &Path) -> Result<Started> {
    let program = match &arguments.server {
        Some(program) => program.clone(),
        None => children::beside("begriff")?,
    };
    children::server(&program, library)
}

/// How long the first question took.
async fn first_answer(base: &Base) -> Result<std::time::Duration> {
    let asked = Instant::now();
    let call = Call::get("/metadata?mode=terminology".into(), Expect::ok());
    let answer = Connection::open(base).await?.exchange(&call.bytes(base, "")).await?;
    match answer.status {
        200 => Ok(asked.elapsed()),
        status => Err(format!("GET metadata?mode=terminology: status {status}").into()),
    }
}

async fn plan(arguments: &Arguments) -> Result<Plan> {
    let wanted =
        |name: &str| arguments.tests.is_empty() || arguments.tests.iter().any(|test| test == name);
    let mut plan = match (&arguments.library, &arguments.base) {
        (Some(library), _) => {
            let (_, snapshot) = draw::open(library)?;
            plan_of(&snapshot, arguments)?
        }
        (None, Some(base)) => Plan {
            tests: peer::tests(&Base::parse(base)?, &arguments.system, arguments.pool).await?,
            large: None,
            systems: arguments.system.clone(),
        },
        (None, None) => return Err("neither --library nor --base is given".into()),
    };
    let known: Vec<&str> = plan.tests.iter().map(|test| test.name).chain(["large"]).collect();
    if let Some(unknown) = arguments.tests.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no test '{unknown}' here; there are: {}", known.join(", ")).into());
    }
    plan.tests.retain(|test| wanted(test.name));
    plan.large = plan.large.filter(|_| wanted("large"));
    Ok(plan)
}

fn plan_of(snapshot: &Snapshot, arguments: &Arguments) -> Result<Plan> {
    let systems = draw::systems(snapshot, &arguments.system, 8);
    let Some(largest) = systems.first() else {
        return Err("no code system to ask about in the library".into());
    };
    let edition = largest.edition();
    let size = if arguments.smoke { 100 } else { LARGE_BATCH };
    let large = Large {
        value_set: draw::whole_value_set(edition),
        system: edition.meta().url.clone(),
        concepts: edition.concept_count(),
        batch: pools::batch(&systems, size, &mut Random::new(1, "large batch")),
    };
    let named = systems.iter().map(|system| {
        let meta = system.edition().meta();
        format!("{}|{}: {} concepts", meta.url, meta.version, system.edition().concept_count())
    });
    let named = named.collect();
    let is_peer = arguments.base.is_some();
    let pools = Pools { snapshot, systems, size: arguments.pool, is_peer };
    Ok(Plan { tests: pools.tests(), large: Some(large), systems: named })
}

/// The servers of this run.
struct Measured<'a> {
    arguments: &'a Arguments,
    base: Base,
    pid: Option<u32>,
    bare: Option<Started>,
}

impl Measured<'_> {
    async fn test(&self, test: Test, report: &mut Report) -> Result<()> {
        let Some(first) = test.calls.first() else {
            let reason = "nothing in the code systems asked about to make requests from";
            report.left_out.push((test.name.into(), reason.into()));
            return Ok(());
        };
        if test.is_optional
            && let Some(reason) = self.refusal(first).await?
        {
            report.left_out.push((test.name.into(), reason));
            return Ok(());
        }
        let calls: Rc<[Call]> = test.calls.into();
        let load = Rc::new(Load::new(&self.base, self.pid, &calls));
        for &connections in &self.arguments.connections {
            let outcome = run::run(&load, connections, self.arguments.seconds).await;
            for example in &outcome.examples {
                eprintln!("{}: wrong answer to {example}", test.name);
            }
            let bare = self.bare_outcome(&calls, connections, outcome.average_bytes()).await;
            let memory = self.pid.and_then(process::memory);
            report.rows.push(Row::new(test.name, connections, &outcome, bare.as_ref(), memory));
        }
        print!("{}", report.table(test.name));
        Ok(())
    }

    async fn bare_outcome(
        &self,
        calls: &[Call],
        connections: usize,
        bytes: u64,
    ) -> Option<Outcome> {
        let bare = self.bare.as_ref()?;
        let load = Rc::new(Load::bare(&bare.base, bare.pid(), calls, bytes));
        let outcome = run::run(&load, connections, self.arguments.seconds).await;
        for example in &outcome.examples {
            eprintln!("bare: wrong answer {example}");
        }
        Some(outcome)
    }

    /// Why a server does not answer requests of an optional test; `None` where it does.
    async fn refusal(&self, call: &Call) -> Result<Option<String>> {
        let mut connection = Connection::open(&self.base).await?;
        let answer = connection.exchange(&call.bytes(&self.base, "")).await?;
        let text = String::from_utf8_lossy(connection.body());
        let is_refused = answer.status >= 400
            && ["not-supported", "not supported"].iter().any(|words| text.contains(words));
        Ok(is_refused.then(|| format!("{UNSUPPORTED} ({})", answer.status)))
    }

    async fn large(&self, large: &Large, report: &mut Report) -> Result<()> {
        let target = format!("/ValueSet/$expand?url={}", encoded(&large.value_set));
        let expect = Expect::ok().string("contains").string(large.system.as_str());
        let total = large.concepts.to_string();
        let is_peer = self.arguments.base.is_some();
        let expect = if is_peer { expect } else { expect.member("total", total) };
        let name = format!("$expand of all {} codes of {}", large.concepts, large.system);
        report.singles.push(self.single(name, &Call::get(target, expect)).await?);
        if let Some(batch) = &large.batch {
            let name = format!("batch of {} $lookup", batch.expect.strings.len());
            report.singles.push(self.single(name, batch).await?);
        }
        Ok(())
    }

    async fn single(&self, name: String, call: &Call) -> Result<Single> {
        let request = call.bytes(&self.base, "");
        let mut connection = Connection::open(&self.base).await?;
        let (mut first_bytes, mut totals) = (Vec::new(), Vec::new());
        let mut single = Single {
            name,
            times: SINGLE_TIMES,
            bytes: 0,
            first_byte_ms: 0.0,
            total_ms: 0.0,
            errors: 0,
            memory_before: self.pid.and_then(process::memory),
            memory_after: None,
        };
        for _ in 0..SINGLE_TIMES {
            let start = Instant::now();
            let answer = connection.exchange(&request).await?;
            totals.push(start.elapsed().as_secs_f64() * 1e3);
            first_bytes.push(answer.first_byte.as_secs_f64() * 1e3);
            single.bytes = connection.body().len() as u64;
            if !call.expect.is_met(answer.status, connection.body()) {
                single.errors += 1;
                let text: String =
                    String::from_utf8_lossy(connection.body()).chars().take(300).collect();
                eprintln!("{}: wrong answer, status {}: {text}", single.name, answer.status);
            }
        }
        single.first_byte_ms = median(first_bytes);
        single.total_ms = median(totals);
        single.memory_after = self.pid.and_then(process::memory);
        Ok(single)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
