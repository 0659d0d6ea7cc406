//! Runs an operation over and over and keeps how long it took.

use std::time::{Duration, Instant};

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    operations: usize,
    /// Nanoseconds of one operation.
    median: f64,
    p95: f64,
    worst: f64,
    /// What the design holds it to, empty for nothing.
    figure: &'static str,
}

/// Measures one operation after the other.
#[derive(Debug)]
pub(crate) struct Harness {
    budget: Duration,
    rows: Vec<Row>,
    /// What was wrong: by operation.
    pub(crate) wrong: Vec<String>,
}

impl Harness {
    /// Every operation is measured for `seconds`, after a fifth of that to warm up.
    pub(crate) fn new(seconds: f64) -> Self {
        Self { budget: Duration::from_secs_f64(seconds), rows: Vec::new(), wrong: Vec::new() }
    }

    /// Measures `operation`, which gets a running number and says whether its result was right.
    /// Times are taken of `batch` operations at once, since a clock costs tens of nanoseconds: the
    /// worst is then that of a batch. With 1 it is that of a single operation.
    pub(crate) fn measure(
        &mut self,
        name: impl Into<String>,
        figure: &'static str,
        batch: usize,
        mut operation: impl FnMut(usize) -> bool,
    ) {
        let name = name.into();
        let (mut number, mut wrong) = (0, 0);
        let mut samples = Vec::new();
        let mut run = |budget: Duration, samples: &mut Vec<f64>| {
            let until = Instant::now() + budget;
            loop {
                let start = Instant::now();
                for _ in 0..batch {
                    wrong += usize::from(!operation(number));
                    number += 1;
                }
                let end = Instant::now();
                samples.push((end - start).as_nanos() as f64 / batch as f64);
                if end >= until {
                    return;
                }
            }
        };
        run(self.budget / 5, &mut samples);
        samples.clear();
        run(self.budget, &mut samples);
        if wrong > 0 {
            self.wrong.push(format!("{name}: {wrong} of {number} results were wrong"));
        }
        samples.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let last = samples.len().saturating_sub(1);
            samples.get((samples.len() * percent / 100).min(last)).copied().unwrap_or_default()
        };
        let operations = samples.len() * batch;
        let row = Row { name, operations, median: at(50), p95: at(95), worst: at(100), figure };
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// Notes that there was nothing to measure, which is a failure.
    pub(crate) fn nothing(&mut self, name: &str) {
        self.wrong.push(format!("{name}: nothing in the library to measure it with"));
    }

    /// The head of the table.
    pub(crate) fn begin(&self) {
        println!("| path | operations | median | p95 | worst | design |");
        println!("|---|--:|--:|--:|--:|--:|");
    }
}

impl Row {
    fn line(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} |",
            self.name,
            self.operations,
            time(self.median),
            time(self.p95),
            time(self.worst),
            self.figure
        )
    }
}

/// Nanoseconds in the unit that suits them.
pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 1e3 => format!("{small:.0} ns"),
        small if small < 1e6 => format!("{:.2} µs", small / 1e3),
        large if large < 1e9 => format!("{:.2} ms", large / 1e6),
        large => format!("{:.2} s", large / 1e9),
    }
}
