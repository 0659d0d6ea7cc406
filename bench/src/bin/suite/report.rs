//! What was measured.

use std::fmt::Write;

use bench::process::{Memory, mib};
use serde::Serialize;

use crate::prepare::Loaded;
use crate::run::Outcome;
use crate::tests::Pool;

/// One run of a test.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) test: &'static str,
    pub(crate) pool: Pool,
    /// Different requests in the pool.
    pub(crate) pool_size: usize,
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
pub(crate) struct Large {
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
    /// What the processor calls itself.
    pub(crate) processor: String,
    /// Nanoseconds that a dependent read waits in 4 and in 256 MiB of memory.
    pub(crate) latencies: [f64; 2],
    /// Seconds of each run.
    pub(crate) seconds: f64,
    /// Code system of the tests of SNOMED CT.
    pub(crate) main: String,
    pub(crate) systems: Vec<String>,
    pub(crate) loads: Vec<Loaded>,
    /// From the start of the process to its first answer.
    pub(crate) first_answer_ms: Option<f64>,
    pub(crate) memory_at_start: Option<Memory>,
    pub(crate) rows: Vec<Row>,
    pub(crate) larges: Vec<Large>,
    /// Look-ups alone, and while whole expansions stream.
    pub(crate) streams: Vec<Row>,
    pub(crate) streamed_bytes: u64,
    /// Tests without figures, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// Memory of the server right after the last test.
    pub(crate) memory_under_load: Option<Memory>,
    /// Memory of the server some seconds after the last test.
    pub(crate) memory_at_end: Option<Memory>,
}

impl Row {
    pub(crate) fn new(
        (test, pool, pool_size): (&'static str, Pool, usize),
        connections: usize,
        outcome: &Outcome,
        bare: Option<&Outcome>,
        memory: Option<Memory>,
    ) -> Self {
        Self {
            test,
            pool,
            pool_size,
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

    /// Requests per second of processor time, as a share of the bare handler's.
    pub(crate) fn ratio_per_cpu(&self) -> Option<f64> {
        let bare = self.bare_requests_per_cpu_second.filter(|&bare| bare > 0.0)?;
        Some(self.requests_per_cpu_second? / bare)
    }

    /// Requests per second, as a share of the bare handler's.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let bare = self.bare_requests_per_second.filter(|&bare| bare > 0.0)?;
        Some(self.requests_per_second / bare)
    }

    /// Megabytes of answers per second of processor time.
    pub(crate) fn megabytes_per_cpu_second(&self) -> Option<f64> {
        Some(self.requests_per_cpu_second? * self.average_bytes as f64 / 1e6)
    }

    /// A line for whoever watches.
    pub(crate) fn line(&self) -> String {
        let resident = mib(self.memory.map(|memory| memory.rss_kib));
        format!(
            "{:<5} {:<9} {:>3} conn. {:>8.0}/s {:>8} per CPU s, p50 {:>7.2} p95 {:>7.2} p99 {:>7.2} ms, {:>7} bytes, of bare {:>5} per CPU {:>5}, {} errors, {resident} MiB",
            self.test,
            self.pool.name(),
            self.connections,
            self.requests_per_second,
            whole(self.requests_per_cpu_second),
            self.p50_ms,
            self.p95_ms,
            self.p99_ms,
            self.average_bytes,
            percent(self.ratio()),
            percent(self.ratio_per_cpu()),
            self.errors,
        )
    }
}

impl Large {
    pub(crate) fn line(&self) -> String {
        format!(
            "{}: first byte {:.1} ms, whole {:.1} ms, {} bytes, {} errors",
            self.name, self.first_byte_ms, self.total_ms, self.bytes, self.errors
        )
    }
}

/// A number without decimals, `-` where it is not known.
pub(crate) fn whole(number: Option<f64>) -> String {
    number.map_or_else(|| "-".into(), |number| format!("{number:.0}"))
}

/// A share in percent, `-` where it is not known.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".into(), |share| format!("{:.0} %", share * 100.0))
}

impl Report {
    /// What is known before the first test.
    pub(crate) fn head(&self) -> String {
        let Self { server, cores, processor, seconds, latencies: [near, far], .. } = self;
        let mut out = format!(
            "{server}, {cores} cores ({processor}), {seconds} s a run; a dependent read waits {near:.0} ns in 4 MiB and {far:.0} ns in 256 MiB\n\n"
        );
        for system in &self.systems {
            let _ = writeln!(out, "- {system}");
        }
        if let Some(answer) = self.first_answer_ms {
            let _ = writeln!(out, "\nfirst answer {answer:.0} ms after the start");
        }
        out
    }

    /// What is known after the last test.
    pub(crate) fn tail(&self) -> String {
        let mut out = String::new();
        let memories = [
            ("at the start", self.memory_at_start),
            ("right after the last test", self.memory_under_load),
            ("at rest", self.memory_at_end),
        ];
        for (name, memory) in memories {
            if let Some(memory) = memory {
                let _ = writeln!(
                    out,
                    "memory {name}: RSS {} MiB, PSS {} MiB, anonymous {} MiB",
                    mib(Some(memory.rss_kib)),
                    mib(Some(memory.pss_kib)),
                    mib(Some(memory.anonymous_kib))
                );
            }
        }
        out
    }

    /// The run of a test with most requests per second: the figure that peers publish.
    pub(crate) fn best(&self, test: &str, pool: Pool) -> Option<&Row> {
        let runs = self.rows.iter().filter(|row| row.test == test && row.pool == pool);
        runs.max_by(|a, b| a.requests_per_second.total_cmp(&b.requests_per_second))
    }

    /// Wrong answers in all.
    pub(crate) fn errors(&self) -> u64 {
        let rows = self.rows.iter().chain(&self.streams).map(|row| row.errors).sum::<u64>();
        rows + self.larges.iter().map(|large| large.errors).sum::<u64>()
    }
}
