//! The Component Hierarchy by System, formerly Multi-Axial Hierarchy.

use super::Loader;
use crate::Result;
use crate::archive::File;
use crate::table::Table;

impl Loader<'_> {
    /// Every row places a code below its immediate parent. A code occurs once for each of its
    /// places, and once more for each place of its ancestors; repeated edges count once.
    pub(super) fn hierarchy(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, above) = (table.required("CODE")?, table.required("IMMEDIATE_PARENT")?);
        let text = table.column("CODE_TEXT");
        let mut waiting = Vec::new();
        while let Some(row) = table.next()? {
            let number = row.get(code);
            let child = match self.builder.find(number) {
                Some(known) => known,
                // Grouping parts such as "Bacteria | Urine" are defined here and nowhere else.
                None if number.starts_with("LP") => self.part(number, row.get(text), ""),
                None => {
                    self.unknown(&file.path, row.line, number);
                    continue;
                }
            };
            self.report.count("hierarchy rows", 1);
            match self.builder.find(row.get(above)) {
                _ if row.get(above).is_empty() => {}
                Some(parent) => self.builder.parent(child, parent),
                None => waiting.push((child, row.get(above).to_owned(), row.line)),
            }
        }
        // Rows are not promised to come parents first.
        for (child, above, line) in waiting {
            match self.builder.find(&above) {
                Some(parent) => self.builder.parent(child, parent),
                None => self.unknown(&file.path, line, &above),
            }
        }
        table.close(self.report);
        Ok(())
    }
}
