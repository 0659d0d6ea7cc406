//! What the tests of the German loaders share: files written for one test, and a sink that keeps
//! what it was given.

use std::path::{Path, PathBuf};

use codesystems::model::DisplayRank;
use codesystems::{ConceptIx, Edition, EditionBuilder};
use tempfile::TempDir;
use valuesets::conceptmap::{ConceptMap, ConceptMapBuilder};

use crate::archive::File;
use crate::{Format, Options, Release, Report, Resource, Result, Sink};

/// Files in a folder that lives as long as the test.
pub(crate) struct Written {
    folder: TempDir,
}

impl Written {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        vec![self.folder.path().to_owned()]
    }

    pub(crate) fn file(&self, name: &str) -> File {
        File::on_disk(&self.folder.path().join(name)).unwrap()
    }
}

/// Editions and maps as a loader gave them.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) editions: Vec<EditionBuilder>,
    pub(crate) maps: Vec<ConceptMapBuilder>,
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

/// Recognises and loads everything below `paths`.
pub(crate) fn load_paths(paths: &[PathBuf], options: &Options) -> Result<(Kept, Vec<Report>)> {
    let mut kept = Kept::default();
    let mut reports = Vec::new();
    for release in crate::recognise(paths, options)?.0 {
        reports.push(crate::load(&release, options, &mut kept)?);
    }
    Ok((kept, reports))
}

/// A builder finished and read back, with the questions that tests ask.
pub(crate) struct Read(pub(crate) Edition);

impl Read {
    pub(crate) fn of(builder: EditionBuilder) -> Self {
        Self(Edition::from_bytes(builder.finish().unwrap().into()).unwrap())
    }

    pub(crate) fn ix(&self, code: &str) -> ConceptIx {
        self.0.find_exact(code).unwrap_or_else(|| panic!("no concept '{code}'"))
    }

    /// All codes, sorted.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let mut codes: Vec<&str> =
            (0..self.0.concept_count()).map(|n| self.0.code(ConceptIx(n))).collect();
        codes.sort_unstable();
        codes
    }

    pub(crate) fn display(&self, code: &str) -> &str {
        self.0.display(self.ix(code))
    }

    pub(crate) fn parents(&self, code: &str) -> Vec<&str> {
        self.0.parents(self.ix(code)).map(|parent| self.0.code(parent)).collect()
    }

    pub(crate) fn children(&self, code: &str) -> Vec<&str> {
        self.0.children(self.ix(code)).map(|child| self.0.code(child)).collect()
    }

    /// The values of a property as text.
    pub(crate) fn values(&self, code: &str, property: &str) -> Vec<String> {
        let properties = self.0.properties(self.ix(code));
        let values = properties.filter(|value| value.code() == property);
        values.map(|value| value.value().text().into_owned()).collect()
    }

    /// How many concepts have this value of a property.
    pub(crate) fn count(&self, property: &str, value: &str) -> usize {
        let codes = self.codes();
        codes.iter().filter(|code| self.values(code, property).iter().any(|v| v == value)).count()
    }

    /// The designations as (use, rank, text).
    pub(crate) fn designations(&self, code: &str) -> Vec<(String, DisplayRank, String)> {
        let designations = self.0.designations(self.ix(code));
        let designations = designations.map(|designation| {
            let use_code = designation.designation_use().map_or("", |known| &known.code);
            (use_code.to_owned(), designation.rank(), designation.value().to_owned())
        });
        designations.collect()
    }
}

/// The mappings of a map, compiled and read back: source, target (empty for none), relationship in
/// R4 and properties as `name=value`.
pub(crate) fn mappings(map: ConceptMapBuilder) -> Vec<String> {
    let map = ConceptMap::from_bytes(map.finish().unwrap().into()).unwrap();
    let rows = (0..map.row_count()).filter_map(|row| map.mapping(row));
    let rows = rows.map(|mapping| {
        let properties = mapping.properties().map(|part| {
            let value = part.value.text().into_owned();
            format!(" {}={value}", part.name)
        });
        let (source, target) = (mapping.source(), mapping.target().unwrap_or_default());
        let equivalence = mapping.relationship().r4();
        format!("{source}>{target} {equivalence}{}", properties.collect::<String>())
    });
    rows.collect()
}

/// Loads `files` with default options.
pub(crate) fn load(files: &[(&str, &[u8])]) -> Result<(Kept, Vec<Report>)> {
    load_paths(&Written::new(files).paths(), &Options::default())
}

/// The releases that `files` are recognised as.
pub(crate) fn recognised(files: &[(&str, &[u8])]) -> Vec<(Format, String)> {
    let found = crate::recognise(&Written::new(files).paths(), &Options::default());
    let releases = found.map(|(releases, _)| releases).unwrap_or_default();
    releases.into_iter().map(|Release { format, key, .. }| (format, key)).collect()
}

/// A file of the shared test data, `None` (and said so) where there is none.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BEGRIFF_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}
