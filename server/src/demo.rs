//! The embedded demonstration: hand-written miniature releases in the publishers' own formats,
//! loaded by the real loaders.

use std::path::PathBuf;

use include_dir::{Dir, include_dir};
use loaders::Options;

use crate::cli::load_release;
use crate::error::{Error, Result};
use crate::library::Library;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// What to try when the demonstration runs; `{base}` stands for the server.
pub const WHAT_TO_TRY: &str = "
Try, for example:
  search while typing      curl '{base}/fhir/ValueSet/$expand?url=http://fhir.de/ValueSet/bfarm/icd-10-gm&filter=diab+typ+2&count=5'
  a code                   curl '{base}/fhir/CodeSystem/$lookup?system=http://fhir.de/CodeSystem/bfarm/icd-10-gm&code=E11.90'
  subsumption              curl '{base}/fhir/CodeSystem/$subsumes?system=http://snomed.info/sct&codeA=73211009&codeB=44054006'
  from free text to ICD    curl '{base}/fhir/ConceptMap/$translate?system=http://fhir.de/CodeSystem/bfarm/alpha-id-se&code=I75070&targetsystem=http://fhir.de/CodeSystem/bfarm/icd-10-gm'
  everything there is      curl '{base}/fhir/metadata?mode=terminology'
Stop with Ctrl-C. Then load your own releases: begriff load PATH…; begriff serve";

/// Writes the embedded files out and loads them into `library`.
///
/// # Errors
/// When a file cannot be written or loaded.
pub fn load_into(library: &Library) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|source| Error::io(library.root(), source))?;
    FILES.extract(folder.path()).map_err(|source| Error::io(folder.path(), source))?;
    let mut systems: Vec<PathBuf> = FILES.dirs().map(|dir| folder.path().join(dir.path())).collect();
    systems.sort();
    for system in systems {
        let name = system.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = options(&name);
        let (releases, _) = loaders::recognise(&[system], &options)?;
        for release in &releases {
            let options = if name == "local" { local_options(&release.key) } else { options.clone() };
            load_release(library, release, &options)?;
        }
    }
    Ok(())
}

fn options(_system: &str) -> Options {
    Options::default()
}

/// Tables of local codes do not say what they are; whoever loads them does.
fn local_options(key: &str) -> Options {
    if key.ends_with("labor_nach_loinc.csv") {
        return Options {
            url: Some("http://begriff.example/ConceptMap/labor-nach-loinc".into()),
            version: Some("2026".into()),
            title: Some("Hauskatalog Labor nach LOINC".into()),
            source: Some("http://begriff.example/CodeSystem/hauskatalog-labor".into()),
            target: Some("http://loinc.org".into()),
            ..Options::default()
        };
    }
    Options {
        url: Some("http://begriff.example/CodeSystem/hauskatalog-labor".into()),
        version: Some("2026".into()),
        title: Some("Hauskatalog Labor".into()),
        language: Some("de".into()),
        ..Options::default()
    }
}
