//! The report: tables for people, plots beside them.

use std::fmt::Write;
use std::path::Path;

use bench::Result;
use bench::process::mib;

use crate::report::{Report, Row, percent, whole};
use crate::svg;
use crate::tests::{Pool, TESTS, Test};

/// Megabytes of JSON per CPU second that are enough where answers are long.
const ENOUGH_MEGABYTES: f64 = 200.0;
/// Bytes of a long answer: about 100 rows.
const LONG_ANSWER: u64 = 12_000;

/// Writes the report to `path` and its plots beside it.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let stem = path.file_stem().map_or("report".into(), |stem| stem.to_string_lossy());
    let plots = [
        (format!("{stem}-requests.svg"), requests_plot(report)),
        (format!("{stem}-ratio.svg"), ratio_plot(report)),
    ];
    let mut out = head(report);
    for (name, plot) in &plots {
        std::fs::write(path.with_file_name(name), plot)?;
        let _ = writeln!(out, "![{}]({name})\n", name.trim_end_matches(".svg"));
    }
    out.push_str(&summary(report));
    out.push_str(&others(report));
    out.push_str(&all_runs(report));
    std::fs::write(path, out)?;
    Ok(())
}

fn head(report: &Report) -> String {
    let mut out =
        "# Measured\n\nWritten by `suite`; how to read and repeat it: `bench/README.md`.\n\n"
            .to_owned();
    out.push_str(&report.head());
    let _ = writeln!(out, "\nTests of SNOMED CT ask {}.", report.main);
    if report.errors() > 0 {
        let _ = writeln!(out, "\n**{} answers were wrong.**", report.errors());
    }
    if !report.loads.is_empty() {
        out.push_str(
            "\n## Loading\n\n| system | sources MB | seconds | library MB |\n|---|--:|--:|--:|\n",
        );
    }
    for load in &report.loads {
        let (source, library) = (load.source_bytes as f64 / 1e6, load.library_bytes as f64 / 1e6);
        let _ =
            writeln!(out, "| {} | {source:.1} | {:.1} | {library:.1} |", load.system, load.seconds);
    }
    out.push('\n');
    out
}

fn summary(report: &Report) -> String {
    let mut out = "## All tests\n\nThe run with most requests per second of each pool, beside the best published figure (another machine: 8 cores) and the bare handler in the same run. `aim` is the share of the bare handler's requests that is aimed at: of those per second, driver and server on the same cores, and, which is harder, of those per CPU second of the server. Answers of 100 rows and more (12 kB) reach it by 200 MB per CPU second, too.\n\n| test | asks | best published | published pool | of published | wide pool | of bare | per CPU s | bare per CPU s | of bare per CPU s | aim | | MB per CPU s | p99 / p50 at most connections |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|--:|\n".to_owned();
    for test in TESTS {
        let (published, wide) =
            (report.best(test.name, Pool::Published), report.best(test.name, Pool::Wide));
        if published.or(wide).is_some() {
            let _ =
                writeln!(out, "{}", summary_line(test, published, wide, tail_ratio(report, test)));
        }
    }
    for (test, reason) in &report.left_out {
        let _ = writeln!(out, "\n{test}: not measured: {reason}");
    }
    out
}

fn summary_line(
    test: Test,
    published: Option<&Row>,
    wide: Option<&Row>,
    tail: Option<f64>,
) -> String {
    let best = test.best.map_or("-".into(), |(best, who)| format!("{best:.0} {who}"));
    let of_best = published.zip(test.best).map(|(row, (best, _))| row.requests_per_second / best);
    let deciding = wide.or(published);
    let ratio = deciding.and_then(Row::ratio_per_cpu);
    let megabytes = deciding.and_then(Row::megabytes_per_cpu_second);
    let is_long = deciding.is_some_and(|row| row.average_bytes >= LONG_ANSWER);
    let of_requests = deciding.and_then(Row::ratio);
    let is_reached = |ratio: f64| ratio * 100.0 >= f64::from(test.aim);
    let is_enough = is_long && megabytes.is_some_and(|megabytes| megabytes >= ENOUGH_MEGABYTES);
    let verdict = match (of_requests.map(is_reached), ratio.map(is_reached)) {
        (None, None) => "",
        (Some(true), None | Some(true)) => "reached",
        (Some(true), Some(false)) => "reached by requests per second",
        (_, Some(true)) => "reached per CPU s",
        _ if is_enough => "reached by bytes",
        _ => "missed",
    };
    format!(
        "| {} | {} | {best} | {} | {} | {} | {} | {} | {} | {} | {} % | {verdict} | {} | {} |",
        test.name,
        test.about,
        whole(published.map(|row| row.requests_per_second)),
        percent(of_best),
        whole(wide.map(|row| row.requests_per_second)),
        percent(of_requests),
        whole(deciding.and_then(|row| row.requests_per_cpu_second)),
        whole(deciding.and_then(|row| row.bare_requests_per_cpu_second)),
        percent(ratio),
        test.aim,
        whole(megabytes),
        tail.map_or("-".into(), |tail| format!("{tail:.1}")),
    )
}

/// p99 as a multiple of p50 with the most connections, of the wide pool where there is one.
fn tail_ratio(report: &Report, test: Test) -> Option<f64> {
    let of = |pool: Pool| {
        let runs = report.rows.iter().filter(move |row| row.test == test.name && row.pool == pool);
        runs.max_by_key(|row| row.connections)
    };
    let row = of(Pool::Wide).or_else(|| of(Pool::Published))?;
    (row.p50_ms > 0.0).then(|| row.p99_ms / row.p50_ms)
}

fn others(report: &Report) -> String {
    let mut out = String::new();
    if !report.larges.is_empty() {
        out.push_str("\n## Large answers, one at a time\n\nMedians.\n\n| request | times | bytes | first byte ms | whole ms | errors | RSS MiB before, after | anonymous MiB before, after |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
    }
    for large in &report.larges {
        let (before, after) = (large.memory_before, large.memory_after);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {:.2} | {:.1} | {} | {}, {} | {}, {} |",
            large.name,
            large.times,
            large.bytes,
            large.first_byte_ms,
            large.total_ms,
            large.errors,
            mib(before.map(|memory| memory.rss_kib)),
            mib(after.map(|memory| memory.rss_kib)),
            mib(before.map(|memory| memory.anonymous_kib)),
            mib(after.map(|memory| memory.anonymous_kib)),
        );
    }
    if !report.streams.is_empty() {
        let megabytes = report.streamed_bytes as f64 / 1e6;
        let _ = writeln!(
            out,
            "\n## Look-ups while whole expansions stream\n\n10 connections look codes up; {megabytes:.0} MB of expansions were read meanwhile.\n\n| | requests/s | p50 ms | p95 ms | p99 ms | errors |\n|---|--:|--:|--:|--:|--:|"
        );
    }
    for row in &report.streams {
        let _ = writeln!(
            out,
            "| {} | {:.0} | {:.2} | {:.2} | {:.2} | {} |",
            row.test, row.requests_per_second, row.p50_ms, row.p95_ms, row.p99_ms, row.errors
        );
    }
    let _ = writeln!(out, "\n{}", report.tail());
    out
}

fn all_runs(report: &Report) -> String {
    let mut out = "## Every run\n\n| test | pool | different requests | connections | requests/s | per CPU s | p50 ms | p95 ms | p99 ms | errors | bytes | bare requests/s | bare per CPU s | of bare | of bare per CPU s | RSS / PSS / anonymous MiB |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n".to_owned();
    for row in &report.rows {
        let memory = row.memory;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {:.0} | {} | {:.2} | {:.2} | {:.2} | {} | {} | {} | {} | {} | {} | {} / {} / {} |",
            row.test,
            row.pool.name(),
            row.pool_size,
            row.connections,
            row.requests_per_second,
            whole(row.requests_per_cpu_second),
            row.p50_ms,
            row.p95_ms,
            row.p99_ms,
            row.errors,
            row.average_bytes,
            whole(row.bare_requests_per_second),
            whole(row.bare_requests_per_cpu_second),
            percent(row.ratio()),
            percent(row.ratio_per_cpu()),
            mib(memory.map(|memory| memory.rss_kib)),
            mib(memory.map(|memory| memory.pss_kib)),
            mib(memory.map(|memory| memory.anonymous_kib)),
        );
    }
    out
}

fn requests_plot(report: &Report) -> String {
    let rows: Vec<_> = TESTS
        .into_iter()
        .map(|test| {
            let of = |pool| report.best(test.name, pool).map(|row| row.requests_per_second);
            let best = test.best.map(|(best, _)| best);
            (test.name.to_owned(), vec![of(Pool::Published), best, of(Pool::Wide)])
        })
        .collect();
    let series = ["this run, pool as published", "best published (8 cores)", "this run, wide pool"];
    svg::bars("requests per second, best of all numbers of connections", &series, &rows)
}

fn ratio_plot(report: &Report) -> String {
    let rows: Vec<_> = TESTS
        .into_iter()
        .map(|test| {
            let of = |pool| {
                let row = report.best(test.name, pool)?;
                Some(row.ratio_per_cpu()? * 100.0)
            };
            let aim = Some(f64::from(test.aim));
            (test.name.to_owned(), vec![of(Pool::Published), aim, of(Pool::Wide)])
        })
        .collect();
    let series = ["pool as published", "aim", "wide pool"];
    svg::bars("percent of the bare handler's requests per CPU second", &series, &rows)
}
