//! Every generated release loads without a warning and has the counts of its shape.

use std::collections::BTreeMap;
use std::path::Path;

use loaders::Options;
use server::cli::load_release;
use server::library::Library;

use super::*;

fn load(library: &Library, path: &Path, options: &Options) -> Vec<loaders::Report> {
    let (releases, unknown) = loaders::recognise(&[path.to_owned()], options).unwrap();
    assert!(unknown.is_empty(), "{unknown:?}");
    releases.iter().map(|release| load_release(library, release, options).unwrap().1).collect()
}

#[test]
fn all_systems_load_without_warnings_and_have_the_size_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (out, library) = (folder.path().join("releases"), folder.path().join("library"));
    let shape = Shape { icd_years: 3, alpha_id_years: 2, ..Shape::small() };
    let library = Library::open(&library).unwrap();
    for system in System::ALL {
        system.generate(&shape, &out).unwrap();
        let options = match system {
            System::Local => Options {
                url: Some(local_map_url()),
                source: Some(local_system_url()),
                target: Some(LOINC.into()),
                ..Options::default()
            },
            _ => Options::default(),
        };
        for report in load(&library, &out.join(system.name()), &options) {
            assert_eq!(report.warning_count, 0, "{system:?}: {:?}", report.warnings);
        }
    }
    let (_, snapshot) = crate::draw::open(library.root()).unwrap();
    let systems = snapshot.catalogue.code_systems();
    let counts: BTreeMap<(&str, &str), u32> = systems
        .iter()
        .map(|system| {
            let meta = system.edition().meta();
            ((meta.url.as_str(), meta.version.as_str()), system.edition().concept_count())
        })
        .collect();
    assert_eq!(
        counts[&(SNOMED, "http://snomed.info/sct/900000000000207008/version/20250801")],
        4_000
    );
    assert!(counts[&(LOINC, "2.82")] > 2_160 + 960);
    assert_eq!(counts[&(RXNORM, "11022026")], 2_000);
    assert!(counts[&(ICD_10_GM, "2027")] > counts[&(ICD_10_GM, "2025")]);
    assert_eq!(counts.keys().filter(|(url, _)| *url == ICD_10_GM).count(), 3);
    assert_eq!(snapshot.catalogue.value_sets(&icd_years_value_set()).len(), 1);
}

#[test]
fn the_same_shape_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape { icd_years: 1, alpha_id_years: 1, share: 0.005, ..Shape::small() };
    let write = |name: &str| {
        let out = folder.path().join(name);
        System::ALL.map(|system| system.generate(&shape, &out).unwrap())
    };
    for (first, second) in write("one").iter().zip(&write("two")) {
        for ((path, _), (other, _)) in first.files.iter().zip(&second.files) {
            assert!(std::fs::read(path).unwrap() == std::fs::read(other).unwrap(), "{path:?}");
        }
    }
}
