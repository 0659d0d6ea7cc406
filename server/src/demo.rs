//! The embedded demonstration: hand-written miniature releases in the publishers' own formats,
//! loaded by the real loaders.

use std::path::PathBuf;

use include_dir::{Dir, include_dir};
use loaders::Options;

use codesystems::EditionBuilder;
use loaders::{Resource, Sink};
use valuesets::conceptmap::ConceptMapBuilder;

use crate::error::{Error, Result};
use crate::library::{Library, Staging};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// What to try when the demonstration runs; `{base}` stands for the server.
pub const WHAT_TO_TRY: &str = "
Try, for example:
  search while typing      curl '{base}/fhir/ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&filter=diab+typ+2&count=5'
  a code                   curl '{base}/fhir/CodeSystem/$lookup?system=http://fhir.de/CodeSystem/bfarm/icd-10-gm&code=E11.90'
  subsumption              curl '{base}/fhir/CodeSystem/$subsumes?system=http://snomed.info/sct&codeA=73211009&codeB=44054006'
  from free text to ICD    curl '{base}/fhir/ConceptMap/$translate?system=http://fhir.de/CodeSystem/bfarm/alpha-id-se&code=I990002&targetsystem=http://fhir.de/CodeSystem/bfarm/icd-10-gm'
  everything there is      curl '{base}/fhir/metadata?mode=terminology'
Stop with Ctrl-C. Then load your own releases: begriff load PATH…; begriff serve";

/// Writes the embedded files out and loads them into `library`.
///
/// # Errors
/// When a file cannot be written or loaded.
pub fn load_into(library: &Library) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|source| Error::io(library.root(), source))?;
    FILES.extract(folder.path()).map_err(|source| Error::io(folder.path(), source))?;
    let mut systems: Vec<PathBuf> =
        FILES.dirs().map(|dir| folder.path().join(dir.path())).collect();
    systems.sort();
    for system in systems {
        let name =
            system.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = Options::default();
        let (releases, _) = loaders::recognise(&[system], &options)?;
        for release in &releases {
            let options =
                if name == "local" { local_options(&release.key) } else { options.clone() };
            let mut excerpt = Excerpt(Staging::new(library, release)?);
            loaders::load(release, &options, &mut excerpt)?;
            excerpt.0.publish()?;
        }
    }
    Ok(())
}

/// Marks what it passes on as an excerpt, so that nobody takes it for the release.
struct Excerpt(Staging);

impl Sink for Excerpt {
    fn edition(&mut self, mut edition: EditionBuilder) -> loaders::Result<()> {
        edition.meta.title.push_str(" (Auszug zur Demonstration)");
        edition.meta.experimental = Some(true);
        self.0.edition(edition)
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> loaders::Result<()> {
        self.0.concept_map(map)
    }

    fn resource(&mut self, resource: Resource<'_>) -> loaders::Result<()> {
        self.0.resource(resource)
    }
}

/// Tables of local codes do not say what they are; whoever loads them does.
fn local_options(key: &str) -> Options {
    if key.ends_with("labor_nach_loinc.csv") {
        return Options {
            url: Some("http://klinik.example/ConceptMap/labor-loinc".into()),
            version: Some("2026".into()),
            title: Some("Hauskatalog Labor nach LOINC".into()),
            source: Some("http://klinik.example/CodeSystem/labor".into()),
            target: Some("http://loinc.org".into()),
            ..Options::default()
        };
    }
    Options {
        url: Some("http://klinik.example/CodeSystem/labor".into()),
        version: Some("2026".into()),
        title: Some("Hauskatalog Labor".into()),
        language: Some("de".into()),
        ..Options::default()
    }
}
