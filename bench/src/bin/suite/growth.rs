//! How tests of SNOMED CT grow with its size.

use std::fmt::Write;
use std::path::Path;

use bench::Result;
use bench::generate::Shape;

use crate::measure::Plan;
use crate::report::Row;
use crate::tests::Pool;
use crate::{How, prepare, svg};

/// The tests that ask SNOMED CT alone.
const TESTS: [&str; 11] =
    ["LK01", "LK05", "VC01", "VC03", "EX01", "EX02", "EX03", "EX05", "EX08", "SS01", "CM01"];
/// Connections of a run.
const CONNECTIONS: usize = 10;

/// The runs at each number of concepts.
#[derive(Debug)]
pub(crate) struct Growth {
    sizes: Vec<(usize, Vec<Row>)>,
}

/// Makes a library for each size, and runs the tests with wide pools.
///
/// # Errors
/// When data cannot be made, or a server does not start.
pub(crate) fn measure(out: &Path, scales: &[f64], how: &How) -> Result<Growth> {
    let mut sizes = Vec::new();
    for scale in scales {
        let full = Shape::default();
        let snomed = (full.snomed as f64 * scale) as usize;
        // The other systems stay small: they are not asked.
        let shape = Shape { snomed, icd_years: 1, alpha_id_years: 1, ..Shape::small() };
        let folder = out.join(format!("snomed-{snomed}"));
        let plan = how.plan(folder.join("library"))?;
        prepare::library(&folder, &shape, &plan.server)?;
        let mut plan = Plan { pools: vec![Pool::Wide], connections: vec![CONNECTIONS], ..plan };
        if plan.tests.is_empty() {
            plan.tests = TESTS.map(str::to_owned).into();
        }
        sizes.push((snomed, crate::measured(&plan)?.rows));
    }
    Ok(Growth { sizes })
}

impl Growth {
    /// Microseconds of processor time of one request, by test and number of concepts.
    fn costs(&self) -> Vec<(String, Vec<(f64, f64)>)> {
        let mut series: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
        for (concepts, rows) in &self.sizes {
            for row in rows {
                let Some(per_second) = row.requests_per_cpu_second else { continue };
                let point = (*concepts as f64, 1e6 / per_second);
                match series.iter_mut().find(|(name, _)| name == row.test) {
                    Some((_, points)) => points.push(point),
                    None => series.push((row.test.to_owned(), vec![point])),
                }
            }
        }
        series
    }

    /// Writes a report with a plot beside it.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let stem = path.file_stem().map_or("growth".into(), |stem| stem.to_string_lossy());
        let plot = format!("{stem}.svg");
        let costs = self.costs();
        let axes = ("concepts of SNOMED CT", "µs of CPU a request");
        let title = "processor time of one request by size, wide pools, 10 connections";
        std::fs::write(path.with_file_name(&plot), svg::lines(title, axes, &costs))?;
        let mut out = format!(
            "# Growth\n\nWritten by `suite growth`. Microseconds of the server's processor time for one request, p50 in milliseconds, average bytes of an answer; wide pools, {CONNECTIONS} connections.\n\n![growth]({plot})\n\n| test |"
        );
        for (concepts, _) in &self.sizes {
            let _ = write!(out, " {concepts} concepts |");
        }
        out.push_str(" largest / smallest |\n|---|");
        out.push_str(&"--:|".repeat(self.sizes.len() + 1));
        out.push('\n');
        for (name, points) in &costs {
            let _ = write!(out, "| {name} |");
            for (concepts, rows) in &self.sizes {
                let row = rows.iter().find(|row| row.test == name);
                let cost = points.iter().find(|point| point.0 == *concepts as f64);
                let _ = match row.zip(cost) {
                    Some((row, (_, cost))) => write!(
                        out,
                        " {cost:.1} µs, {:.2} ms, {} B |",
                        row.p50_ms, row.average_bytes
                    ),
                    None => write!(out, " - |"),
                };
            }
            let ends = points.first().zip(points.last());
            let ratio = ends.map(|(first, last)| last.1 / first.1);
            let _ = writeln!(out, " {} |", ratio.map_or("-".into(), |ratio| format!("{ratio:.2}")));
        }
        std::fs::write(path, out)?;
        println!("\nwritten: {}", path.display());
        Ok(())
    }

    /// Wrong answers in all.
    pub(crate) fn errors(&self) -> u64 {
        self.sizes.iter().flat_map(|(_, rows)| rows).map(|row| row.errors).sum()
    }
}
