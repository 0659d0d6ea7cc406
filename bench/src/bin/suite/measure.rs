//! Runs the tests against one server.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bench::{Result, draw, process};

use crate::calls::{Call, Expect};
use crate::children::{self, Started};
use crate::client::{Base, Connection};
use crate::pools::Pools;
use crate::pools::singles::Single;
use crate::report::{Large, Report, Row};
use crate::run::{self, Load, Outcome};
use crate::streams::Streams;
use crate::tests::{Pool, TESTS, Test, named};

/// How long a server may take to come to rest before its memory is told.
const REST: Duration = Duration::from_secs(6);

/// How often a large answer is asked for.
const LARGE_TIMES: usize = 5;
/// Whole expansions that are read while look-ups are measured.
const STREAMS: usize = 4;

/// What to measure, and how.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Library to draw requests from, and to serve where there is no `base`.
    pub(crate) library: PathBuf,
    /// Another server that runs.
    pub(crate) base: Option<String>,
    /// Its process.
    pub(crate) pid: Option<u32>,
    /// Code system in the place of SNOMED CT.
    pub(crate) system: Option<String>,
    pub(crate) seconds: f64,
    pub(crate) connections: Vec<usize>,
    /// Names of tests; all if empty.
    pub(crate) tests: Vec<String>,
    pub(crate) pools: Vec<Pool>,
    /// Requests of a wide pool.
    pub(crate) wide: usize,
    /// How many of the slowest requests of each run are told.
    pub(crate) slowest: usize,
    /// Share of their size that the large requests have.
    pub(crate) share: f64,
    pub(crate) with_bare: bool,
    pub(crate) server: PathBuf,
}

impl Plan {
    fn wants(&self, name: &str) -> bool {
        self.tests.is_empty() || self.tests.iter().any(|test| test == name)
    }
}

/// The servers of a run.
struct Servers<'p> {
    plan: &'p Plan,
    base: Base,
    pid: Option<u32>,
    bare: Option<Started>,
    /// Ends with the run.
    _started: Option<Started>,
}

/// Runs everything; call inside of a `LocalSet`.
///
/// # Errors
/// When the library cannot be read, a server does not start or does not answer.
pub(crate) async fn measure(plan: &Plan) -> Result<Report> {
    let (_, snapshot) = draw::open(&plan.library)?;
    let pools = Pools::new(&snapshot, plan.system.as_deref(), plan.base.is_some())?;
    let mut report = Report {
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        processor: process::processor(),
        latencies: [4, 256].map(|mebibytes| process::memory_latency(mebibytes << 20)),
        seconds: plan.seconds,
        main: pools.main_url().to_owned(),
        ..Report::default()
    };
    report.systems = (draw::systems(&snapshot, &[], 12).iter())
        .map(|system| {
            let (meta, count) = (system.edition().meta(), system.edition().concept_count());
            format!("{}|{}: {count} concepts", meta.url, meta.version)
        })
        .collect();
    let servers = Servers::start(plan, &mut report).await?;
    println!("{}", report.head());
    for test in TESTS.into_iter().filter(|test| plan.wants(test.name)) {
        for &pool in &plan.pools {
            servers.test(test, pool, &pools, &mut report).await?;
        }
    }
    let singles = match plan.wants("large") || plan.wants("streams") {
        true => pools.singles(plan.share),
        false => Vec::new(),
    };
    if plan.wants("large") {
        for single in &singles {
            let large = servers.large(single).await?;
            println!("{}", large.line());
            report.larges.push(large);
        }
    }
    if plan.wants("streams") {
        servers.streams(&singles, &pools, &mut report).await?;
    }
    if let Some(pid) = servers.pid {
        report.memory_under_load = process::memory(pid);
        tokio::time::sleep(REST).await;
        report.memory_at_end = process::memory(pid);
    }
    println!("{}", report.tail());
    Ok(report)
}

impl<'p> Servers<'p> {
    async fn start(plan: &'p Plan, report: &mut Report) -> Result<Self> {
        let (started, base, pid) = match &plan.base {
            Some(url) => (None, Base::parse(url)?, plan.pid),
            None => {
                let started = children::server(&plan.server, &plan.library)?;
                let base = Base { path: "/fhir".into(), ..started.base.clone() };
                let pid = started.pid();
                (Some(started), base, Some(pid))
            }
        };
        report.server = match &plan.base {
            Some(url) => url.clone(),
            None => "begriff".into(),
        };
        if let Some(started) = &started {
            let waited = first_answer(&base).await?;
            report.first_answer_ms = Some((started.listening_after + waited).as_secs_f64() * 1e3);
        }
        report.memory_at_start = pid.and_then(process::memory);
        let bare = match plan.with_bare {
            true => Some(children::bare(&children::beside("bare")?)?),
            false => None,
        };
        Ok(Self { plan, base, pid, bare, _started: started })
    }

    async fn test(
        &self,
        test: Test,
        pool: Pool,
        pools: &Pools<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let calls = pools.calls(test, pool, self.plan.wide);
        let problem = match calls.first() {
            None => Some("the library has nothing to make requests from".to_owned()),
            Some(first) if self.plan.base.is_some() => self.preflight(first).await?,
            Some(_) => None,
        };
        if let Some(problem) = problem {
            println!("{} {}: not measured: {problem}", test.name, pool.name());
            report.left_out.push((format!("{} {}", test.name, pool.name()), problem));
            return Ok(());
        }
        let calls: Rc<[Call]> = calls.into();
        let load = Rc::new(Load::new(&self.base, self.pid, &calls));
        for &connections in &self.plan.connections {
            let bare = |bytes| {
                let bare = self.bare.as_ref()?;
                Some(Rc::new(Load::bare(&bare.base, bare.pid(), &calls, bytes)))
            };
            let (outcome, bare) = run::beside(&load, bare, connections, self.plan.seconds).await;
            tell(test.name, &outcome);
            bare.iter().for_each(|bare| tell("bare", bare));
            let memory = self.pid.and_then(process::memory);
            let named = (test.name, pool, calls.len());
            let row = Row::new(named, connections, &outcome, bare.as_ref(), memory);
            println!("{}", row.line());
            report.rows.push(row);
            for line in load.slowest(&outcome, self.plan.slowest) {
                println!("    {line}");
            }
        }
        Ok(())
    }

    /// Why another server's first answer is not what it must be; `None` where it is.
    async fn preflight(&self, call: &Call) -> Result<Option<String>> {
        let mut connection = Connection::open(&self.base).await?;
        let answer = connection.exchange(&call.bytes(&self.base, "")).await?;
        let text: String = String::from_utf8_lossy(connection.body()).chars().take(200).collect();
        let is_right = call.expect.is_met(answer.status, connection.body());
        Ok((!is_right).then(|| format!("the first answer is wrong, {}: {text}", answer.status)))
    }

    async fn large(&self, single: &Single) -> Result<Large> {
        let mut connection = Connection::open(&self.base).await?;
        let (mut first_bytes, mut totals) = (Vec::new(), Vec::new());
        let memory_before = self.pid.and_then(process::memory);
        let (mut bytes, mut errors) = (0, 0);
        for _ in 0..LARGE_TIMES {
            if let Some(before) = &single.before {
                connection.exchange(&before.bytes(&self.base, "")).await?;
            }
            let request = single.call.bytes(&self.base, "");
            let start = Instant::now();
            let answer = connection.exchange(&request).await?;
            totals.push(start.elapsed().as_secs_f64() * 1e3);
            first_bytes.push(answer.first_byte.as_secs_f64() * 1e3);
            bytes = connection.body().len() as u64;
            if !single.call.expect.is_met(answer.status, connection.body()) {
                errors += 1;
                let text = String::from_utf8_lossy(connection.body());
                let text: String = text.chars().take(300).collect();
                eprintln!("{}: wrong answer, status {}: {text}", single.name, answer.status);
            }
        }
        Ok(Large {
            name: single.name.clone(),
            times: LARGE_TIMES,
            bytes,
            first_byte_ms: median(first_bytes),
            total_ms: median(totals),
            errors,
            memory_before,
            memory_after: self.pid.and_then(process::memory),
        })
    }

    /// Look-ups while whole expansions are read over connections of their own.
    async fn streams(
        &self,
        singles: &[Single],
        pools: &Pools<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let mut expansions = singles.iter().filter(|single| single.call.method == "GET");
        let Some(whole) = expansions.next_back() else { return Ok(()) };
        let Some(test) = named("LK01") else { return Ok(()) };
        let calls: Rc<[Call]> = pools.calls(test, Pool::Wide, self.plan.wide).into();
        let load = Rc::new(Load::new(&self.base, self.pid, &calls));
        for (name, count) in [("LK01 alone", 0), ("LK01 while 4 whole expansions stream", STREAMS)]
        {
            let streams = Streams::start(&self.base, &whole.call, count);
            let outcome = run::run(&load, 10, self.plan.seconds).await;
            let (read, problems) = streams.end();
            for problem in &problems {
                eprintln!("{name}: {problem}");
            }
            tell(name, &outcome);
            let memory = self.pid.and_then(process::memory);
            let named = (name, Pool::Wide, calls.len());
            let mut row = Row::new(named, 10, &outcome, None, memory);
            // Bytes of expansions took processor time, too.
            row.requests_per_cpu_second = None;
            row.errors += problems.len() as u64;
            println!("{} {read} bytes were streamed", row.line());
            report.streamed_bytes += read;
            report.streams.push(row);
        }
        Ok(())
    }
}

fn tell(name: &str, outcome: &Outcome) {
    for example in &outcome.examples {
        eprintln!("{name}: wrong answer to {example}");
    }
}

/// How long the first question took.
async fn first_answer(base: &Base) -> Result<Duration> {
    let asked = Instant::now();
    let call = Call::get("/metadata?mode=terminology".into(), Expect::ok());
    let answer = Connection::open(base).await?.exchange(&call.bytes(base, "")).await?;
    match answer.status {
        200 => Ok(asked.elapsed()),
        status => Err(format!("GET metadata?mode=terminology: status {status}").into()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
