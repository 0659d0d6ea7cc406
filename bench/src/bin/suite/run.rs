//! Sends requests over several connections and keeps what came of them.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bench::process;

use crate::calls::Call;
use crate::client::{Base, Connection};

/// Wrong answers told in full.
const EXAMPLES: usize = 3;
/// Characters of a wrong answer that are told.
const EXCERPT: usize = 300;
/// How often the server and what it is compared with take turns: a machine that is quick now and slow in a
/// second is the same for both.
const TURNS: u32 = 5;
/// How long an answer may be waited for beyond the end of a measurement.
const PATIENCE: Duration = Duration::from_secs(120);

/// Requests ready to be sent to one server.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) base: Base,
    /// Where processor time is read; `None` for a server on another machine.
    pub(crate) pid: Option<u32>,
    requests: Vec<Vec<u8>>,
    /// What is to be checked.
    calls: Rc<[Call]>,
    /// Whether only the status decides: answers of the bare handler are rows that nobody asked for. They
    /// are read as those of a server are, so that the driver takes as much time for either.
    is_bare: bool,
    next: Cell<usize>,
}

/// What came of the requests of one run.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Nanoseconds of each request and which it was, ascending.
    pub(crate) latencies: Vec<(u64, usize)>,
    pub(crate) errors: u64,
    /// The first wrong answers: request and excerpt.
    pub(crate) examples: Vec<String>,
    /// Bytes of all bodies.
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    /// Processor time of the server, if it can be read.
    pub(crate) cpu_seconds: Option<f64>,
}

impl Load {
    /// The requests of a test.
    pub(crate) fn new(base: &Base, pid: Option<u32>, calls: &Rc<[Call]>) -> Self {
        let requests = calls.iter().map(|call| call.bytes(base, "")).collect();
        let calls = Rc::clone(calls);
        Self { base: base.clone(), pid, requests, calls, is_bare: false, next: Cell::new(0) }
    }

    /// The same requests for the bare handler, to be answered with `bytes` bytes.
    pub(crate) fn bare(base: &Base, pid: u32, calls: &Rc<[Call]>, bytes: u64) -> Self {
        let line = format!("X-Answer-Bytes: {bytes}\r\n");
        let requests = calls.iter().map(|call| call.bytes(base, &line)).collect();
        Self {
            base: base.clone(),
            pid: Some(pid),
            requests,
            calls: Rc::clone(calls),
            is_bare: true,
            next: Cell::new(0),
        }
    }

    fn is_right(&self, number: usize, status: u16, body: &[u8]) -> bool {
        let is_met = |call: &Call| black_box(call.expect.is_met(status, body));
        let is_met = self.calls.get(number).is_some_and(is_met);
        if self.is_bare { status == 200 } else { is_met }
    }

    /// The `most` slowest requests, a line each.
    pub(crate) fn slowest(&self, outcome: &Outcome, most: usize) -> Vec<String> {
        let slowest = outcome.latencies.iter().rev().take(most);
        slowest
            .map(|&(nanoseconds, number)| {
                let named = self.named(number, usize::MAX);
                format!("{:.2} ms: {named}", nanoseconds as f64 / 1e6)
            })
            .collect()
    }

    /// A request, with so many characters of its body.
    fn named(&self, number: usize, characters: usize) -> String {
        self.calls.get(number).map_or_else(String::new, |call| {
            let sent: String =
                call.body.iter().flat_map(|body| body.chars()).take(characters).collect();
            format!("{} {} {sent}", call.method, call.target)
        })
    }

    fn describe(&self, number: usize, what: &str, body: &[u8]) -> String {
        let named = self.named(number, EXCERPT);
        let excerpt: String = String::from_utf8_lossy(body).chars().take(EXCERPT).collect();
        format!("{named}\n    {what}: {excerpt}")
    }
}

impl Outcome {
    /// The latency in milliseconds that `percent` of the requests stay below.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (self.latencies.len() * percent / 100).min(last);
        self.latencies.get(at).map_or(0.0, |&(nanoseconds, _)| nanoseconds as f64 / 1e6)
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds.max(1e-9)
    }

    pub(crate) fn per_cpu_second(&self) -> Option<f64> {
        let seconds = self.cpu_seconds.filter(|&seconds| seconds > 0.0)?;
        Some(self.latencies.len() as f64 / seconds)
    }

    pub(crate) fn average_bytes(&self) -> u64 {
        self.bytes / (self.latencies.len() as u64).max(1)
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.bytes += other.bytes;
        self.seconds += other.seconds;
        self.cpu_seconds =
            other.cpu_seconds.map(|seconds| seconds + self.cpu_seconds.unwrap_or_default());
        self.add_problems(Self {
            errors: other.errors,
            examples: other.examples,
            ..Self::default()
        });
    }

    /// Adds what went wrong, and no figures.
    fn add_problems(&mut self, other: Self) {
        self.errors += other.errors;
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES);
    }

    fn wrong(&mut self, example: impl FnOnce() -> String) {
        self.errors += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }
}

/// Sends the requests one after the other over `connections` connections for `seconds`, after a
/// fifth of that to warm up. Runs on the calling thread; call inside of a `LocalSet`.
pub(crate) async fn run(load: &Rc<Load>, connections: usize, seconds: f64) -> Outcome {
    beside(load, |_| None, connections, seconds).await.0
}

/// As [`run`], in turns with another load for as many seconds: the one that `other` gives for the average
/// number of bytes of an answer.
pub(crate) async fn beside(
    load: &Rc<Load>,
    other: impl FnOnce(u64) -> Option<Rc<Load>>,
    connections: usize,
    seconds: f64,
) -> (Outcome, Option<Outcome>) {
    let warm_up = phase(load, connections, seconds / 5.0).await;
    let other = other(warm_up.average_bytes());
    let mut outcome = Outcome::default();
    let mut others = Outcome::default();
    if let Some(other) = &other {
        others.add_problems(phase(other, connections, seconds / 5.0).await);
    }
    // Wrong is wrong, also while warming up.
    outcome.add_problems(warm_up);
    let turns = if other.is_some() { TURNS } else { 1 };
    for _ in 0..turns {
        outcome.add(phase(load, connections, seconds / f64::from(turns)).await);
        if let Some(other) = &other {
            others.add(phase(other, connections, seconds / f64::from(turns)).await);
        }
    }
    outcome.latencies.sort_unstable();
    others.latencies.sort_unstable();
    (outcome, other.map(|_| others))
}

async fn phase(load: &Rc<Load>, connections: usize, seconds: f64) -> Outcome {
    let cpu = || load.pid.and_then(process::cpu_time);
    let before = cpu();
    let start = Instant::now();
    let until = start + Duration::from_secs_f64(seconds);
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let load = Rc::clone(load);
            let working = async move { connection(&load, until).await };
            tokio::task::spawn_local(tokio::time::timeout(
                until.saturating_duration_since(start) + PATIENCE,
                working,
            ))
        })
        .collect();
    let mut outcome = Outcome::default();
    for task in tasks {
        match task.await {
            Ok(Ok(one)) => outcome.add(one),
            _ => outcome.wrong(|| "a connection got no answer in time".into()),
        }
    }
    outcome.seconds = start.elapsed().as_secs_f64();
    let used = before.zip(cpu()).map(|(before, after)| after.saturating_sub(before));
    outcome.cpu_seconds = used.map(|used| used.as_secs_f64());
    outcome
}

async fn connection(load: &Load, until: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    let mut open: Option<Connection> = None;
    while Instant::now() < until {
        let number = load.next.get();
        load.next.set((number + 1) % load.requests.len().max(1));
        let Some(request) = load.requests.get(number) else { break };
        let mut connection = match open.take() {
            Some(connection) => connection,
            None => match Connection::open(&load.base).await {
                Ok(connection) => connection,
                Err(error) => {
                    outcome.wrong(|| format!("no connection: {error}"));
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let sent = Instant::now();
        match connection.exchange(request).await {
            Ok(answer) => {
                outcome.latencies.push((sent.elapsed().as_nanos() as u64, number));
                outcome.bytes += connection.body().len() as u64;
                if !load.is_right(number, answer.status, connection.body()) {
                    let what = format!("status {}", answer.status);
                    outcome.wrong(|| load.describe(number, &what, connection.body()));
                }
                if !connection.is_closing() {
                    open = Some(connection);
                }
            }
            Err(error) => outcome.wrong(|| load.describe(number, &error.to_string(), b"")),
        }
    }
    outcome
}
