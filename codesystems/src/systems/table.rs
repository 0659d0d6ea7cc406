//! Small tables that are part of the program: rows sorted by their first column.
//!
//! Format and sources: `codesystems/tables/README.md`.

/// A table as text: one row a line, columns separated by tabs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table(pub(super) &'static str);

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row(&'static str);

impl Row {
    /// The text of column `number`, from 0; empty where the row has none.
    pub(super) fn get(self, number: usize) -> &'static str {
        self.0.split('\t').nth(number).unwrap_or_default()
    }
}

impl Table {
    /// The row whose first column is `key`.
    pub(super) fn find(self, key: &str) -> Option<Row> {
        let mut rest = self.0;
        while !rest.is_empty() {
            // The line around the middle; the middle byte may be within a character.
            let bytes = rest.as_bytes();
            let middle = bytes.len() / 2;
            let before = bytes.get(..middle)?;
            let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            let length = bytes.get(start..)?.iter().position(|&byte| byte == b'\n');
            let end = length.map_or(bytes.len(), |length| start + length);
            let row = Row(rest.get(start..end)?);
            match row.get(0).cmp(key) {
                std::cmp::Ordering::Equal => return Some(row),
                std::cmp::Ordering::Less => rest = rest.get(end + 1..).unwrap_or_default(),
                std::cmp::Ordering::Greater => rest = rest.get(..start)?,
            }
        }
        None
    }

    /// All rows in their order.
    pub(super) fn rows(self) -> impl Iterator<Item = Row> {
        self.0.lines().map(Row)
    }
}

pub(super) const LANGUAGES: Table = Table(include_str!("../../tables/languages.tsv"));
pub(super) const EXTLANGS: Table = Table(include_str!("../../tables/extlangs.tsv"));
pub(super) const SCRIPTS: Table = Table(include_str!("../../tables/scripts.tsv"));
pub(super) const REGIONS: Table = Table(include_str!("../../tables/regions.tsv"));
pub(super) const VARIANTS: Table = Table(include_str!("../../tables/variants.tsv"));
pub(super) const GRANDFATHERED: Table = Table(include_str!("../../tables/grandfathered.tsv"));
pub(super) const COUNTRIES: Table = Table(include_str!("../../tables/countries.tsv"));
pub(super) const SUBDIVISIONS: Table = Table(include_str!("../../tables/subdivisions.tsv"));
pub(super) const CURRENCIES: Table = Table(include_str!("../../tables/currencies.tsv"));
pub(super) const STATES: Table = Table(include_str!("../../tables/states.tsv"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_key_and_nothing_else_is() {
        for table in [
            LANGUAGES,
            EXTLANGS,
            SCRIPTS,
            REGIONS,
            VARIANTS,
            GRANDFATHERED,
            COUNTRIES,
            SUBDIVISIONS,
            CURRENCIES,
            STATES,
        ] {
            for row in table.rows() {
                let found = table.find(row.get(0)).map(|row| row.get(1));
                assert_eq!(found, Some(row.get(1)), "{}", row.get(0));
            }
            for absent in ["", "a\tb", "~", "\u{10ffff}", "0", "qqqqq"] {
                assert!(table.find(absent).is_none(), "{absent}");
            }
        }
    }
}
