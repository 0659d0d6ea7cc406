//! The loader on hand-written files of every product, and on real ones where they are at hand.

use std::path::{Path, PathBuf};

use codesystems::EditionBuilder;
use valuesets::conceptmap::ConceptMapBuilder;

use crate::{Format, Options, Report, Resource, Result, Sink, recognise};

/// Keeps what a loader hands over.
#[derive(Default)]
struct Kept {
    editions: Vec<EditionBuilder>,
    maps: Vec<ConceptMapBuilder>,
}

impl Sink for Kept {
    fn edition(&mut self, edition: EditionBuilder) -> Result<()> {
        self.editions.push(edition);
        Ok(())
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> Result<()> {
        self.maps.push(map);
        Ok(())
    }

    fn resource(&mut self, _resource: Resource<'_>) -> Result<()> {
        Ok(())
    }
}

/// Loads files or folders as the command line would.
fn load(paths: &[PathBuf]) -> Result<(Kept, Report)> {
    let options = Options::default();
    let (releases, _) = recognise(paths, &options)?;
    let orphadata = releases.iter().find(|release| release.format == Format::Orphadata);
    let mut kept = Kept::default();
    let report = crate::load(orphadata.expect("an Orphadata release"), &options, &mut kept)?;
    Ok((kept, report))
}

fn shared() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let root = std::env::var("BEGRIFF_SHARED").unwrap_or_else(|_| default.into());
    let folder = Path::new(&root).join("data/orphanet");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no Orphadata files in {}", folder.display());
    None
}

#[test]
fn real() {
    let Some(folder) = shared() else { return };
    for files in [
        &["en_product1_rebuilt.zip"][..],
        &["de_product1_rebuilt.zip"],
        &["en_product3_2025-06-24.zip"],
        &["de_product3_2019-05-15.zip"],
        &["en_product7_rebuilt.zip"],
        &[
            "en_product1_rebuilt.zip",
            "de_product1_rebuilt.zip",
            "en_product3_2025-06-24.zip",
            "en_product7_rebuilt.zip",
        ],
        &[
            "en_product1_rebuilt.zip",
            "de_product1_rebuilt.zip",
            "en_product3_2025-06-24.zip",
            "en_product7_rebuilt.zip",
            "de_product3_2019-05-15.zip",
        ],
        &["fixtures"],
    ] {
        let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
        let (kept, report) = load(&paths).expect("real files load");
        println!(
            "{files:?} {} {:#?} {:?}",
            report.seconds,
            report.counts,
            report.warnings.iter().take(3).collect::<Vec<_>>()
        );
        println!("{:?}", kept.editions[0].meta);
    }
}
