//! Tables of what was measured.

use std::fmt::Write;

use bench::process::{Memory, mib};
use serde::Serialize;

use crate::run::Outcome;

/// One line of a test's table.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) test: &'static str,
    pub(crate) connections: usize,
    pub(crate) requests: usize,
    pub(crate) requests_per_second: f64,
    pub(crate) requests_per_cpu_second: Option<f64>,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) errors: u64,
    pub(crate) average_bytes: u64,
    pub(crate) bare_requests_per_second: Option<f64>,
    pub(crate) bare_requests_per_cpu_second: Option<f64>,
    /// Memory of the server after the run.
    pub(crate) memory: Option<Memory>,
}

/// A request too large to be sent again and again.
#[derive(Debug, Serialize)]
pub(crate) struct Single {
    pub(crate) name: String,
    pub(crate) times: usize,
    pub(crate) bytes: u64,
    /// Medians.
    pub(crate) first_byte_ms: f64,
    pub(crate) total_ms: f64,
    pub(crate) errors: u64,
    pub(crate) memory_before: Option<Memory>,
    pub(crate) memory_after: Option<Memory>,
}

/// Everything, as it is written with `--json`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) server: String,
    pub(crate) cores: usize,
    pub(crate) systems: Vec<String>,
    /// From the start of the process until it listened.
    pub(crate) start_ms: Option<f64>,
    /// From the start of the process to its first answer.
    pub(crate) first_answer_ms: Option<f64>,
    pub(crate) memory_at_start: Option<Memory>,
    pub(crate) rows: Vec<Row>,
    pub(crate) singles: Vec<Single>,
    /// Tests without figures, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
    pub(crate) memory_at_end: Option<Memory>,
}

impl Row {
    pub(crate) fn new(
        test: &'static str,
        connections: usize,
        outcome: &Outcome,
        bare: Option<&Outcome>,
        memory: Option<Memory>,
    ) -> Self {
        Self {
            test,
            connections,
            requests: outcome.latencies.len(),
            requests_per_second: outcome.per_second(),
            requests_per_cpu_second: outcome.per_cpu_second(),
            p50_ms: outcome.percentile(50),
            p95_ms: outcome.percentile(95),
            p99_ms: outcome.percentile(99),
            errors: outcome.errors,
            average_bytes: outcome.average_bytes(),
            bare_requests_per_second: bare.map(Outcome::per_second),
            bare_requests_per_cpu_second: bare.and_then(Outcome::per_cpu_second),
            memory,
        }
    }

    fn line(&self) -> String {
        let cpu_ratio = self.requests_per_cpu_second.zip(self.bare_requests_per_cpu_second);
        let ratio = self.bare_requests_per_second.map(|bare| (self.requests_per_second, bare));
        let memory = self.memory;
        format!(
            "| {} | {:.0} | {} | {:.2} | {:.2} | {:.2} | {} | {} | {} | {} | {} | {} | {} / {} / {} |",
            self.connections,
            self.requests_per_second,
            whole(self.requests_per_cpu_second),
            self.p50_ms,
            self.p95_ms,
            self.p99_ms,
            self.errors,
            self.average_bytes,
            whole(self.bare_requests_per_second),
            whole(self.bare_requests_per_cpu_second),
            percent(ratio),
            percent(cpu_ratio),
            mib(memory.map(|memory| memory.rss_kib)),
            mib(memory.map(|memory| memory.pss_kib)),
            mib(memory.map(|memory| memory.anonymous_kib)),
        )
    }
}

fn whole(number: Option<f64>) -> String {
    number.map_or_else(|| "-".into(), |number| format!("{number:.0}"))
}

fn percent(pair: Option<(f64, f64)>) -> String {
    pair.filter(|(_, bare)| *bare > 0.0)
        .map_or_else(|| "-".into(), |(own, bare)| format!("{:.0} %", own / bare * 100.0))
}

const HEADER: &str = "| connections | requests/s | requests per CPU s | p50 ms | p95 ms | p99 ms | errors | bytes | bare requests/s | bare per CPU s | of bare | of bare per CPU s | RSS / PSS / anonymous MiB |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

impl Report {
    /// The table of one test.
    pub(crate) fn table(&self, test: &str) -> String {
        let mut out = format!("\n### {test}\n\n{HEADER}\n");
        for row in self.rows.iter().filter(|row| row.test == test) {
            out.push_str(&row.line());
            out.push('\n');
        }
        out
    }

    /// What is known before the first test.
    pub(crate) fn head(&self) -> String {
        let mut out = format!("## {}\n\n{} cores\n", self.server, self.cores);
        for system in &self.systems {
            let _ = writeln!(out, "- {system}");
        }
        if let Some((listening, answer)) = self.start_ms.zip(self.first_answer_ms) {
            let _ = writeln!(
                out,
                "\nlistens after {listening:.0} ms, first answer after {answer:.0} ms"
            );
        }
        out
    }

    /// What is known after the last test.
    pub(crate) fn tail(&self) -> String {
        let mut out = String::new();
        if !self.singles.is_empty() {
            out.push_str("\n### Large answers, one at a time\n\n| request | times | bytes | first byte ms | total ms | errors | RSS MiB before, after | anonymous MiB before, after |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
        }
        for single in &self.singles {
            let (before, after) = (single.memory_before, single.memory_after);
            let _ = writeln!(
                out,
                "| {} | {} | {} | {:.2} | {:.1} | {} | {}, {} | {}, {} |",
                single.name,
                single.times,
                single.bytes,
                single.first_byte_ms,
                single.total_ms,
                single.errors,
                mib(before.map(|memory| memory.rss_kib)),
                mib(after.map(|memory| memory.rss_kib)),
                mib(before.map(|memory| memory.anonymous_kib)),
                mib(after.map(|memory| memory.anonymous_kib)),
            );
        }
        for (test, reason) in &self.left_out {
            let _ = writeln!(out, "\n{test}: not measured: {reason}");
        }
        for (name, memory) in [("start", self.memory_at_start), ("end", self.memory_at_end)] {
            if let Some(memory) = memory {
                let _ = writeln!(
                    out,
                    "\nmemory at the {name}: RSS {} MiB, PSS {} MiB, anonymous {} MiB",
                    mib(Some(memory.rss_kib)),
                    mib(Some(memory.pss_kib)),
                    mib(Some(memory.anonymous_kib))
                );
            }
        }
        out
    }

    /// Wrong answers in all.
    pub(crate) fn errors(&self) -> u64 {
        let rows = self.rows.iter().map(|row| row.errors).sum::<u64>();
        rows + self.singles.iter().map(|single| single.errors).sum::<u64>()
    }
}
