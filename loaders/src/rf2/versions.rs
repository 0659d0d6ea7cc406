//! Modules and dates of components, which are few and numbered.

use codesystems::EditionBuilder;
use rustc_hash::FxHashMap;

use super::digits::Digits;
use super::tables::Stamp;

/// The modules and dates met, with their numbers in the edition.
#[derive(Debug, Default)]
pub(super) struct Versions(FxHashMap<(u64, u32), u16>);

impl Versions {
    pub(super) fn of(&mut self, builder: &mut EditionBuilder, module: u64, stamp: Stamp) -> u16 {
        *self.0.entry((module, stamp.effective)).or_insert_with(|| {
            let date = stamp.date().map(|date| format!("{date:08}")).unwrap_or_default();
            builder.component_version(Digits::of(module).as_str(), &date)
        })
    }
}
