//! What it takes to read a row of several tables of numbers: lying together, and each by itself.

use bench::Result;
use bench::rf2_generator::random::Random;
use codesystems::index::Column;

use crate::harness::Harness;

/// Rows of each table, as many as SNOMED CT has concepts.
const ROWS: u32 = 520_000;
/// As many tables as tell of a concept.
const TABLES: u32 = 11;
/// Rows that are asked for in turn: more than the nearest memory holds.
const ASKED: usize = 20_000;

pub(crate) fn measure(harness: &mut Harness) -> Result<()> {
    let mut random = Random::new(1, "tables");
    let tables: Vec<Vec<u32>> = (0..TABLES)
        .map(|table| match table % 2 {
            // Offsets, a few bytes apart.
            0 => (0..=ROWS).map(|row| row * 16 + random.below(16) as u32).collect(),
            _ => (0..ROWS).map(|_| random.below(200) as u32).collect(),
        })
        .collect();
    let rows: Vec<usize> = (0..ASKED).map(|_| random.below(ROWS as usize)).collect();
    let all: Vec<&[u32]> = tables.iter().map(Vec::as_slice).collect();
    let read = |tables: &[&[u32]]| Column::group(&Column::write(tables).into());
    let together = read(&all).ok_or("tables do not read as written")?;
    let apart: Vec<Column> = all.iter().filter_map(|&table| read(&[table])).flatten().collect();
    for count in [2, 5, TABLES as usize] {
        for (name, columns) in [("together", &together), ("each by itself", &apart)] {
            let columns = columns.get(..count).unwrap_or_default();
            let sum = |row: usize| -> u64 {
                columns.iter().map(|column| u64::from(column.at(row))).sum()
            };
            let of_row = |&row: &usize| -> (usize, u64) {
                let numbers = all.iter().take(count).filter_map(|table| table.get(row));
                (row, numbers.map(|&number| u64::from(number)).sum())
            };
            let asked: Vec<(usize, u64)> = rows.iter().map(of_row).collect();
            harness.measure(format!("a row of {count} tables, {name}"), "", 500, |number| {
                asked.get(number % ASKED).is_some_and(|&(row, known)| sum(row) == known)
            });
        }
    }
    Ok(())
}
